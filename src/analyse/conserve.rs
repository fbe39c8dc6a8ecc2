//! Question: was a log silent because no requests came, because the way to it was cut, or because its
//! lines are lost?
//! Method: conservation between tiers. What a tier answered from behind must stand in the log of the
//! next tier in. The ratio of the two is read around the silence; in the silence it says how many
//! requests this log should have held beyond its siblings', and whether they arrived further in.
//! Assumes: the ratio holds through the silence; failures further out are failures of requests that
//! were passed on.
//! Reference: conservation as a test of gaps: `docs/methods.md`, Gaps.

use super::detect::RISE_MIN;
use super::gaps::Group;
use super::trace::{Trace, around};
use crate::case::gaps::Class;
use crate::event::Tier;
use crate::stats::interval::{Z95, newcombe, wilson};
use crate::survey::{Cube, Passed};
use crate::words::count;
use std::collections::BTreeMap;

/// Requests of the silent log, in the other tier's terms, below which that tier cannot witness for it.
const WITNESS_MIN: f64 = 10.0;

/// What is to be seen must exceed this many times the ordinary scatter of the ratio.
const SCATTER: f64 = 3.0;

/// Ordinary scatter is taken to be at least this share of the traffic: few stretches show too little.
const SCATTER_MIN: f64 = 0.03;

/// From this share on of what the silent log would have held, requests are taken to have gone on.
const WENT_ON: f64 = 0.5;

/// Up to this share a tier is as good as silent itself, and cannot witness.
const SILENT: f64 = 0.05;

/// Up to this share, they are taken not to have.
const STOPPED: f64 = 0.25;

/// One log over time: events, and what it passed on.
#[derive(Debug)]
pub struct Flow {
    /// All events.
    pub events: Trace,
    /// What was surely answered from behind.
    pub(super) served: Trace,
    /// What failed, and not out of a cache.
    pub(super) failed: Trace,
}

/// All logs of one tier.
#[derive(Debug)]
pub(super) struct Level {
    pub(super) flow: Flow,
    valid: Trace,
    bad: Trace,
}

/// All logs and tiers over time, in bins of `width` bins of the survey.
#[derive(Debug)]
pub struct Flows {
    /// One per group.
    pub logs: Vec<Flow>,
    pub(super) levels: BTreeMap<Tier, Level>,
    /// How many bins.
    pub bins: usize,
}

/// What the other tiers say of a silence.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// What kind of silence it is.
    pub class: Class,
    /// The evidence in a sentence.
    pub says: String,
    /// Whether the requests were served, where another tier saw what became of them.
    pub served: Option<bool>,
}

impl Flows {
    /// Of the survey, from its bin `start` on.
    #[must_use]
    pub fn of(cube: &Cube, groups: &[Group], start: u32, width: u32) -> Flows {
        let bins = cube.bins();
        let place = |bin: u32| (bin.saturating_sub(start) / width) as usize;
        let flow = |sources: &[usize]| {
            let passed = |pick: fn(&Passed) -> u32| {
                Trace::of(
                    sources.iter().flat_map(|&s| &cube.sources[s].passed).map(move |(b, p)| (place(*b), u64::from(pick(p)))),
                )
            };
            Flow {
                events: Trace::of(sources.iter().flat_map(|&s| &cube.sources[s].per_bin).map(|(b, n)| (place(*b), *n))),
                served: passed(|p| p.served),
                failed: passed(|p| p.failed),
            }
        };
        let mut levels = BTreeMap::new();
        for tier in groups.iter().map(|g| g.tier).filter(|t| *t != Tier::Unknown) {
            levels.entry(tier).or_insert_with(|| {
                let all: Vec<usize> = groups.iter().filter(|g| g.tier == tier).flat_map(|g| g.sources.iter().copied()).collect();
                let cells = || cube.cells.iter().filter(|(s, _, _)| cube.series[*s as usize].tier == tier);
                Level {
                    flow: flow(&all),
                    valid: Trace::of(cells().map(|(_, b, c)| (place(*b), c.valid()))),
                    bad: Trace::of(cells().map(|(_, b, c)| (place(*b), c.bad()))),
                }
            });
        }
        let logs = groups.iter().map(|g| flow(&g.sources)).collect();
        Flows { logs, levels, bins: (bins.end - bins.start).div_ceil(width) as usize }
    }

    /// What tiers further out and further in say of the silence of `group` in the bins `from..to`.
    #[must_use]
    pub fn ask(&self, groups: &[Group], group: usize, from: usize, to: usize) -> Option<Told> {
        let tier = groups[group].tier;
        if tier == Tier::Unknown {
            return None;
        }
        let outer = self.levels.range(..tier).next_back();
        let inner = self.levels.range(tier..).find(|(t, _)| **t != tier);
        outer
            .and_then(|(t, level)| self.told_outside(*t, level, tier, group, from, to))
            .or_else(|| inner.and_then(|(t, level)| self.told_inside(*t, level, tier, group, from, to)))
    }

    /// Where the log and the other tier both hold lines: outside of it nothing can be compared.
    fn common(&self, group: usize, other: &Level) -> (usize, usize) {
        let own = &self.logs[group].events;
        (own.first.max(other.flow.events.first), own.end().min(other.flow.events.end()))
    }

    /// A tier further out: did it still pass requests on, and were they answered?
    fn told_outside(&self, name: Tier, outer: &Level, tier: Tier, group: usize, from: usize, to: usize) -> Option<Told> {
        let own = &self.logs[group].events;
        let all = &self.levels.get(&tier)?.flow.events;
        let (low, high) = self.common(group, outer);
        let usual = |t: &Trace| around(low, high, (from, to), |a, b| t.sum(a, b) as f64).map(|v| v.0);
        let (served, failed) = (&outer.flow.served, &outer.flow.failed);
        let (usual_served, usual_failed, usual_own) = (usual(served)?, usual(failed)?, usual(own)?);
        let (now, now_failed) = (served.sum(from, to) as f64, failed.sum(from, to) as f64);
        let name = name.name();
        let surge = now_failed - usual_failed;
        if usual_served < WITNESS_MIN {
            // No word of what came from behind: only failures, or silence further out too, say something.
            let events = &outer.flow.events;
            let (before, seen) = (usual(events)?, events.sum(from, to) as f64);
            if before < WITNESS_MIN {
                return None;
            }
            if surge >= WENT_ON * usual_own.min(before) && surge >= WITNESS_MIN {
                return Some(cut(name, now_failed));
            }
            return (seen <= STOPPED * before && seen > 0.0).then(|| gone(name, seen, before));
        }
        let ratio = around(low, high, (from, to), |a, b| all.sum(a, b) as f64)?.0 / usual_served;
        let scatter = around(low, high, (from, to), |a, b| all.sum(a, b) as f64 - ratio * served.sum(a, b) as f64)?.1;
        // Both are held against the demand of the time: in an outage people ask less.
        let (due, held) = (ratio * now, (all.sum(from, to) - own.sum(from, to)) as f64);
        let level = (now / usual_served).min(1.0);
        let scatter = (scatter * level).max(SCATTER_MIN * due).max(due.sqrt());
        // Without siblings whatever was answered was answered here.
        let resolved = held <= 0.0 || usual_own * level >= SCATTER * scatter;
        let lost = (due - held) / (usual_own * level).max(1.0);
        let failing = now_failed >= WENT_ON * (now + now_failed);
        let is_cut = surge >= WITNESS_MIN && (failing || surge * ratio >= WENT_ON * usual_own);
        if outer.flow.events.sum(from, to) as f64 <= SILENT * usual(&outer.flow.events)? {
            return None;
        }
        if resolved && lost >= WENT_ON && due - held >= WITNESS_MIN {
            let says = format!(
                "The {name} tier was answered from behind {} times meanwhile, which this log should hold: lines are missing, not requests.",
                count(now as u64)
            );
            return Some(Told { class: Class::LogLost, says, served: Some(!is_cut) });
        }
        if is_cut {
            return Some(cut(name, now_failed));
        }
        if lost <= STOPPED.max(WITNESS_MIN / usual_own.max(1.0)) && surge < WITNESS_MIN {
            return Some(if resolved && now >= 0.75 * usual_served {
                let says = format!(
                    "The other logs of this tier hold what the {name} tier was answered from behind: they took the requests over."
                );
                Told { class: Class::DemandGone, says, served: Some(true) }
            } else {
                gone(name, now, usual_served)
            });
        }
        None
    }

    /// A tier further in: did it still get requests that only this log can have passed on?
    fn told_inside(&self, name: Tier, inner: &Level, tier: Tier, group: usize, from: usize, to: usize) -> Option<Told> {
        let level = self.levels.get(&tier)?;
        let (low, high) = self.common(group, inner);
        // What surely came from behind, where the tier's logs tell; else all of it.
        let tells = level.flow.served.total() > 0;
        let sent = |f: &'_ Flow, with_failed: bool, a: usize, b: usize| match (tells, with_failed) {
            (false, _) => f.events.sum(a, b) as f64,
            (true, false) => f.served.sum(a, b) as f64,
            (true, true) => (f.served.sum(a, b) + f.failed.sum(a, b)) as f64,
        };
        let mean = |value: &dyn Fn(usize, usize) -> f64| around(low, high, (from, to), value).map(|v| v.0);
        let own = &self.logs[group];
        let arrived = &inner.flow.events;
        // Whether failed requests went on to the next tier is seen in which of the two ratios holds better
        // around the silence.
        let wobble = |with: bool| {
            let sum = |value: &dyn Fn(usize, usize) -> f64| around(low, high, (from, to), value);
            let ratio = sum(&|a, b| arrived.sum(a, b) as f64)?.0 / sum(&|a, b| sent(&level.flow, with, a, b))?.0.max(1.0);
            sum(&|a, b| arrived.sum(a, b) as f64 - ratio * sent(&level.flow, with, a, b)).map(|v| v.1)
        };
        let went_on = wobble(true)? < wobble(false)?;
        let pick = |f: &'_ Flow, a: usize, b: usize| sent(f, went_on, a, b);
        let usual_all = mean(&|a, b| pick(&level.flow, a, b))?;
        let usual_arrived = mean(&|a, b| arrived.sum(a, b) as f64)?;
        if usual_all < WITNESS_MIN {
            return None;
        }
        let ratio = usual_arrived / usual_all;
        let expected = ratio * mean(&|a, b| pick(own, a, b))?;
        let scatter = around(low, high, (from, to), |a, b| arrived.sum(a, b) as f64 - ratio * pick(&level.flow, a, b))?.1;
        let siblings = pick(&level.flow, from, to) - pick(own, from, to);
        let alone = level.flow.events.sum(from, to) == 0;
        let scatter = if alone { 0.0 } else { scatter.max(SCATTER_MIN * usual_arrived).max(usual_arrived.sqrt()) };
        if expected < WITNESS_MIN || expected < SCATTER * scatter {
            return None;
        }
        let seen = arrived.sum(from, to) as f64;
        // Where the siblings failed as never around it, their failed requests may or may not have gone on.
        let failed = if tells { level.flow.failed.sum(from, to) as f64 } else { 0.0 };
        let usual_failed = mean(&|a, b| level.flow.failed.sum(a, b) as f64)?;
        let failed = if went_on || failed <= 2.0 * usual_failed + WITNESS_MIN { 0.0 } else { failed };
        let least = (seen - ratio * (siblings + failed)) / expected;
        let most = (seen - ratio * siblings) / expected;
        let tier_in = name.name();
        if least >= WENT_ON {
            let served = self.stayed_healthy(inner, (low, high), from, to);
            let fate = match served {
                Some(true) => "and failed no more than before and after",
                Some(false) => "and failed more than before and after",
                None => "too few to tell how they fared",
            };
            let says = format!(
                "The {tier_in} tier, further in, logged {} requests meanwhile, {fate}: requests still arrived, so lines are missing here.",
                count(seen as u64)
            );
            return Some(Told { class: Class::LogLost, says, served });
        }
        if most <= STOPPED && seen > SILENT * usual_arrived {
            let says = format!(
                "The {tier_in} tier, further in, got as many requests less ({} where {} were usual): these never went further in. \
                 These logs cannot tell whether nobody asked or this part was down.",
                count(seen as u64),
                count(usual_arrived.round() as u64)
            );
            return Some(Told { class: Class::CannotTell, says, served: None });
        }
        None
    }

    /// Whether the tier failed no more in the bins than in as much time before and after; `None` with too
    /// few requests.
    pub(super) fn stayed_healthy(&self, level: &Level, (low, high): (usize, usize), from: usize, to: usize) -> Option<bool> {
        let part = |a: usize, b: usize| (level.bad.sum(a, b) as f64, level.valid.sum(a, b) as f64);
        let (bad, n) = part(from, to);
        let length = to - from;
        let (a, b) = (from.saturating_sub(length).max(low).min(from), (to + length).min(high).max(to));
        let (before, after) = (part(a, from), part(to, b));
        let (base_bad, base) = (before.0 + after.0, before.1 + after.1);
        if n < 2.0 * WITNESS_MIN || base < 2.0 * WITNESS_MIN {
            return None;
        }
        let (p1, p0) = (bad / n, base_bad / base);
        Some(newcombe(p1, wilson(p1, n, Z95), p0, wilson(p0, base, Z95)).low <= RISE_MIN)
    }

    /// Whether anything at all was logged elsewhere in the bins, at half its usual rate or more.
    #[must_use]
    pub fn others_went_on(&self, group: usize, from: usize, to: usize) -> bool {
        (0..self.logs.len()).filter(|&g| g != group).any(|g| {
            let t = &self.logs[g].events;
            let inside = t.sum(from, to);
            let length = to - from;
            let (a, b) = (from.saturating_sub(length), (to + length).min(self.bins));
            let usual = (t.sum(a, from) + t.sum(to, b)) as f64 * length as f64 / ((from - a) + (b - to)).max(1) as f64;
            inside > 0 && inside as f64 >= WENT_ON * usual
        })
    }

    /// Whether a log of another tier was written both while this one was and while it was not.
    #[must_use]
    pub fn beside(&self, groups: &[Group], group: usize, from: usize, to: usize) -> bool {
        let own = &self.logs[group].events;
        let known = groups[group].tier != Tier::Unknown;
        (0..groups.len()).filter(|&g| g != group).any(|g| {
            let related = groups[g].tier == groups[group].tier || (known && groups[g].tier != Tier::Unknown);
            let other = &self.logs[g].events;
            related && other.sum(from, to) > 0 && other.sum(own.first, own.end()) > 0
        })
    }
}

fn cut(name: &str, failed: f64) -> Told {
    let says = format!(
        "The {name} tier, further out, still passed requests on, and {} failed there: this tier was cut off from them. That is an outage of the way between, no hole in the log.",
        count(failed as u64)
    );
    Told { class: Class::DemandCut, says, served: Some(false) }
}

fn gone(name: &str, now: f64, usual: f64) -> Told {
    let says = format!(
        "The {name} tier, further out, had fewer requests to pass on too ({} where {} were usual), and nothing failed for it.",
        count(now as u64),
        count(usual.round() as u64)
    );
    Told { class: Class::DemandGone, says, served: Some(true) }
}

#[cfg(test)]
impl Level {
    /// Of (events, served, failed) by bin.
    pub(super) fn made(bins: usize, of: &dyn Fn(usize) -> (u64, u64, u64)) -> Level {
        let trace =
            |pick: fn((u64, u64, u64)) -> u64| Trace::of((0..bins).map(|i| (i, pick(of(i)))).collect::<Vec<_>>().into_iter());
        let flow = Flow { events: trace(|r| r.0), served: trace(|r| r.1), failed: trace(|r| r.2) };
        Level { flow, valid: trace(|r| r.0), bad: trace(|r| r.2) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An hour in minutes: per tier events, served, failed as functions of the minute.
    type Rate<'a> = &'a dyn Fn(usize) -> (u64, u64, u64);

    fn told(logs: &[(Tier, Rate<'_>)], group: usize) -> Option<Told> {
        let groups: Vec<Group> =
            logs.iter().map(|(tier, _)| Group { label: String::new(), tier: *tier, sources: vec![], known: vec![] }).collect();
        let mut levels = BTreeMap::new();
        for tier in logs.iter().map(|l| l.0) {
            let all = |i: usize| {
                logs.iter().filter(|l| l.0 == tier).map(|l| (l.1)(i)).fold((0, 0, 0), |s, r| (s.0 + r.0, s.1 + r.1, s.2 + r.2))
            };
            levels.insert(tier, Level::made(60, &all));
        }
        let flows = Flows { logs: logs.iter().map(|l| Level::made(60, l.1).flow).collect(), levels, bins: 60 };
        flows.ask(&groups, group, 20, 30)
    }

    fn hole(i: usize) -> bool {
        (20..30).contains(&i)
    }

    fn class(told: Option<Told>) -> Option<(Class, Option<bool>)> {
        told.map(|t| (t.class, t.served))
    }

    #[test]
    fn an_inner_log_is_lost_cut_off_or_idle_as_the_edge_tells() {
        let origin = |i: usize| -> (u64, u64, u64) { if hole(i) { (0, 0, 0) } else { (50, 0, 0) } };
        let served = |_: usize| -> (u64, u64, u64) { (100, 50, 0) };
        let failing = |i: usize| -> (u64, u64, u64) { if hole(i) { (100, 0, 50) } else { (100, 50, 0) } };
        let idle = |i: usize| -> (u64, u64, u64) { if hole(i) { (50, 0, 0) } else { (100, 50, 0) } };
        for (edge, want) in [
            (&served as Rate<'_>, (Class::LogLost, Some(true))),
            (&failing, (Class::DemandCut, Some(false))),
            (&idle, (Class::DemandGone, Some(true))),
        ] {
            assert_eq!(class(told(&[(Tier::Edge, edge), (Tier::Origin, &origin)], 1)), Some(want));
        }
    }

    #[test]
    fn of_two_inner_logs_the_silent_one_is_lost_or_its_sibling_took_over() {
        let edge = |_: usize| -> (u64, u64, u64) { (200, 100, 0) };
        let silent = |i: usize| -> (u64, u64, u64) { if hole(i) { (0, 0, 0) } else { (50, 0, 0) } };
        let same = |_: usize| -> (u64, u64, u64) { (50, 0, 0) };
        let more = |i: usize| -> (u64, u64, u64) { if hole(i) { (100, 0, 0) } else { (50, 0, 0) } };
        let of = |sibling: Rate<'_>| class(told(&[(Tier::Edge, &edge), (Tier::Origin, &silent), (Tier::Origin, sibling)], 1));
        assert_eq!(of(&same), Some((Class::LogLost, Some(true))));
        assert_eq!(of(&more), Some((Class::DemandGone, Some(true))));
    }

    #[test]
    fn of_two_edges_the_silent_one_is_lost_where_its_requests_went_on_and_open_where_they_did_not() {
        let silent = |i: usize| -> (u64, u64, u64) { if hole(i) { (0, 0, 0) } else { (60, 30, 0) } };
        let other = |_: usize| -> (u64, u64, u64) { (100, 50, 0) };
        let full = |_: usize| -> (u64, u64, u64) { (80, 80, 0) };
        let less = |i: usize| -> (u64, u64, u64) { if hole(i) { (50, 50, 0) } else { (80, 80, 0) } };
        let ill = |i: usize| -> (u64, u64, u64) { if hole(i) { (80, 50, 30) } else { (80, 80, 0) } };
        let of = |inner: Rate<'_>| class(told(&[(Tier::Edge, &silent), (Tier::Edge, &other), (Tier::Balancer, inner)], 0));
        assert_eq!(of(&full), Some((Class::LogLost, Some(true))));
        assert_eq!(of(&less), Some((Class::CannotTell, None)));
        assert_eq!(of(&ill), Some((Class::LogLost, Some(false))));
    }

    #[test]
    fn thin_traffic_and_logs_of_no_known_tier_witness_for_nothing() {
        let silent = |i: usize| -> (u64, u64, u64) { if hole(i) { (0, 0, 0) } else { (1, 0, 0) } };
        let edge = |i: usize| -> (u64, u64, u64) { (5, u64::from(i.is_multiple_of(5)), 0) };
        assert_eq!(told(&[(Tier::Edge, &edge), (Tier::Origin, &silent)], 1), None);
        let plenty = |_: usize| -> (u64, u64, u64) { (100, 50, 0) };
        assert_eq!(told(&[(Tier::Unknown, &plenty), (Tier::Unknown, &silent)], 1), None);
    }
}

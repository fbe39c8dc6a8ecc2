//! How the logs of the tiers fit together: their clocks before the survey is believed, and afterwards who
//! made the failures.

use super::copies::Found as CopiesFound;
use super::sources::Surveyed;
use super::{Look, Story};
use crate::analyse::blame::{FOUND_MIN, Known, LOOKED_FOR_MIN, blame};
use crate::analyse::clocks::{Clock, Found, Writer, clocks, found};
use crate::analyse::evidence::Evidence;
use crate::analyse::scope::Finding;
use crate::bundle::{Bundle, names};
use crate::case::Share;
use crate::case::tiers::{ClockFound, FoundAt, Made, MadeBy, Tiers};
use crate::event::Tier;
use crate::time::{SECOND, Span, without};
use crate::words::count;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Most logs whose clocks are compared: those with most requests. A fleet's clocks are set together.
const WRITERS_MAX: usize = 64;

/// What was found of clocks and of requests at several tiers.
#[derive(Debug, Default)]
pub(super) struct Agreed {
    logs: Vec<Log>,
    /// Requests of the outermost tier found at inner ones.
    found: BTreeMap<Tier, Found>,
}

#[derive(Debug)]
struct Log {
    who: String,
    tier: Tier,
    sources: Vec<usize>,
    clock: Clock,
}

/// Compares the logs of the tiers.
pub(super) fn find(bundle: &Bundle, surveyed: &Surveyed, copies: &CopiesFound) -> Agreed {
    let (cube, infos) = (&surveyed.cube, &surveyed.context.sources);
    let mut by: BTreeMap<(Tier, String), Vec<usize>> = BTreeMap::new();
    for (i, source) in bundle.sources.iter().enumerate() {
        if let Some(info) = infos[i].get()
            && cube.sources[i].ledger.events > 0
            && info.tier != Tier::Unknown
        {
            by.entry((info.tier, names::group(&source.path))).or_default().push(i);
        }
    }
    let tiers: BTreeSet<Tier> = by.keys().map(|k| k.0).collect();
    if tiers.len() < 2 {
        return Agreed::default();
    }
    let mut order: Vec<((Tier, String), Vec<usize>)> = by.into_iter().collect();
    let events = |of: &[usize]| of.iter().map(|&i| cube.sources[i].ledger.events).sum::<u64>();
    order.sort_by_cached_key(|(key, of)| (Reverse(events(of)), key.clone()));
    order.truncate(WRITERS_MAX);
    order.sort();
    let given = |of: &[usize]| of.iter().any(|&i| infos[i].get().is_some_and(|s| s.clock_given));
    let writers: Vec<Writer<'_>> = order
        .iter()
        .map(|((tier, _), of)| {
            // A copy's lines are those of its elder.
            let own = of.iter().filter(|i| !copies.of.contains_key(i)).map(|&i| &cube.sources[i]).collect();
            Writer { tier: *tier, sources: own, given: given(of) }
        })
        .collect();
    let clocks = clocks(&writers);
    let outermost = tiers.first().copied().unwrap_or_default();
    let inner = tiers.iter().skip(1).map(|&t| (t, found(&writers, &clocks, outermost, t))).collect();
    let logs = order.into_iter().zip(clocks);
    let logs =
        logs.map(|(((tier, name), sources), clock)| Log { who: format!("{name} ({})", tier.name()), tier, sources, clock });
    Agreed { logs: logs.collect(), found: inner }
}

impl Agreed {
    /// Microseconds to add to the stamps of each of `n` sources; empty where no clock is off.
    pub(super) fn clocks(&self, n: usize) -> Vec<i64> {
        if self.logs.iter().all(|l| l.clock.add == 0) {
            return Vec::new();
        }
        let mut out = vec![0; n];
        for log in &self.logs {
            log.sources.iter().for_each(|&i| out[i] = log.clock.add);
        }
        out
    }

    /// What was found of the clocks, a sentence for each log.
    pub(super) fn words(&self) -> Vec<String> {
        let one = |log: &Log| {
            let Some((ahead, low, high)) = log.clock.ahead else {
                return format!(
                    "{}: its clock cannot be compared: no requests were surely found in the logs of another tier too. It is taken to be right.",
                    log.who
                );
            };
            let s = |micros: i64| format!("{:.1}", micros as f64 / SECOND as f64);
            let off = format!("{} seconds ({} to {}) ahead of the others", s(ahead), s(low), s(high));
            let added = match log.clock.add {
                0 if (low, high) == (0, 0) => return format!("{}: the clock that the others are compared with.", log.who),
                0 => "that is not surely more than the stamps can show, and nothing was changed".to_owned(),
                add => format!("{} seconds were added to its stamps", add as f64 / SECOND as f64),
            };
            format!("{}: {off}, from {} requests that two tiers logged; {added}.", log.who, count(log.clock.pairs))
        };
        self.logs.iter().map(one).collect()
    }
}

/// The finished account: clocks, and who made the failures of the target.
pub(super) fn tiers(look: &Look<'_>, story: &Story<'_>, e: &Evidence<'_>, finding: &Finding, timed: bool) -> Tiers {
    let agreed = &story.surveyed.agreed;
    let seconds = |micros: i64| micros as f64 / SECOND as f64;
    let clock = |log: &Log| ClockFound {
        who: log.who.clone(),
        tier: log.tier,
        ahead: log.clock.ahead.map(|a| seconds(a.0)),
        low: log.clock.ahead.map(|a| seconds(a.1)),
        high: log.clock.ahead.map(|a| seconds(a.2)),
        requests: log.clock.pairs,
        added: seconds(log.clock.add),
    };
    let made = if timed { made(look, story, e, finding) } else { None };
    Tiers { clocks: agreed.logs.iter().map(clock).collect(), made }
}

fn made(look: &Look<'_>, story: &Story<'_>, e: &Evidence<'_>, finding: &Finding) -> Option<Made> {
    let agreed = &story.surveyed.agreed;
    let any = finding.set_aside.is_none() && finding.in_target.contains(&true);
    let chosen = |l: usize| if any { finding.in_target[l] } else { e.view.is_ours(l) };
    let inner: BTreeMap<Tier, Known> = agreed
        .found
        .iter()
        .filter(|(tier, _)| **tier > look.tier)
        .map(|(&tier, f)| {
            let found = share(f);
            (tier, Known { found, covered: covered(look, story, tier) })
        })
        .collect();
    let b = blame(&e.examined.failures, look.tier, &inner, e.window, &chosen);
    let mut by: Vec<MadeBy> =
        b.by.iter()
            .map(|(&maker, &failures)| {
                let share = b.share(maker);
                let share = share.map_or(Share::NONE, |(v, l, h)| Share { value: Some(v), low: Some(l), high: Some(h) });
                MadeBy { maker: maker.name(), failures, share }
            })
            .collect();
    by.sort_by_key(|m| (Reverse(m.failures), m.maker));
    let found = agreed.found.iter().map(|(&tier, f)| FoundAt {
        tier,
        looked_for: f.looked_for,
        found: f.found,
        shows_missing: share(f).is_some_and(|s| s >= FOUND_MIN),
    });
    let found = found.collect();
    (b.failures > 0).then_some(Made {
        tier: look.tier,
        failures: b.failures,
        one_in: b.sampling,
        said: b.said,
        matched: b.matched,
        by,
        found,
    })
}

/// The share of requests found at an inner tier, where enough were looked for.
fn share(f: &Found) -> Option<f64> {
    (f.looked_for >= LOOKED_FOR_MIN).then(|| f.found as f64 / f.looked_for as f64)
}

/// When the logs of a tier have lines: from the first to the last, without what any one of them lacks (a log
/// that begins late or ends early is silent there).
fn covered(look: &Look<'_>, story: &Story<'_>, tier: Tier) -> Vec<Span> {
    let span = |sources: &[usize]| {
        let ends = sources.iter().filter_map(|&i| look.cube.sources[i].span);
        ends.map(|(a, b)| Span::new(a, b.plus(1))).reduce(Span::hull)
    };
    let groups: Vec<usize> = (0..story.groups.len()).filter(|&g| story.groups[g].tier == tier).collect();
    let all = groups.iter().filter_map(|&g| span(&story.groups[g].sources)).reduce(Span::hull);
    let holes = story.silent.iter().filter(|s| groups.contains(&s.group)).map(|s| s.span);
    let mut left: Vec<Span> = all.into_iter().collect();
    for hole in holes {
        left = without(left, hole);
    }
    left
}

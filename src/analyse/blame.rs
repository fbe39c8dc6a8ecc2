//! Question: At which tier was each failure made?
//!
//! Method: First what the line of the outermost tier itself says: the client left, refused here, no answer
//! from behind, the next tier answered so. Where it says nothing, or that the next tier answered so, the
//! request is looked for at the inner tiers: by request id where both lines have the same one, else by what
//! was asked for, in order of time, one to one, between the failure's start and its end, with two seconds to
//! spare. A line with the same status is preferred to another failing one, that to a good one. That a request
//! is missing at an inner tier says something only if requests are ordinarily found there.
//!
//! Assumes: Paths and queries are not rewritten between tiers (else none are found, and the answer is
//! "unknown"); clocks were aligned before.
//!
//! Reference: greedy one-to-one matching as in record linkage (Fellegi and Sunter, 1969), with equality
//! of content in place of weights.

use crate::event::Tier;
use crate::examine::{Failure, Failures, Inner, LONGEST, Maker, Said};
use crate::stats::interval::{Z95, wilson};
use crate::time::{Micros, SECOND, Span};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Two logs that stamp in whole seconds can differ by one second each way.
const SPARE: i64 = 2 * SECOND;

/// Share of ordinary requests that must be found at a tier before a missing one says anything.
pub const FOUND_MIN: f64 = 0.8;

/// Requests that must have been looked for at a tier: fewer say nothing of a share near all.
pub const LOOKED_FOR_MIN: u64 = 20;

/// What is known of an inner tier.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Share of ordinary requests handed on by the outermost tier that are found at this one; `None`
    /// where too few could be looked for.
    pub found: Option<f64>,
    /// When its logs have lines, without its silences, in order.
    pub covered: Vec<Span>,
}

impl Known {
    fn would_show(&self, at: Micros) -> bool {
        self.found.is_some_and(|f| f >= FOUND_MIN) && self.covered.iter().any(|s| s.contains(at))
    }
}

/// Who made the failures of the target in the window.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Blame {
    /// Failures looked at one by one.
    pub failures: u64,
    /// One in so many was looked at.
    pub sampling: u64,
    /// Failures by who made them.
    pub by: BTreeMap<Maker, u64>,
    /// Failures whose own line said who made them.
    pub said: u64,
    /// Failures that were found at an inner tier.
    pub matched: u64,
}

impl Blame {
    /// The share made by `maker` with its 95 % interval: as of a sample of such failures.
    #[must_use]
    pub fn share(&self, maker: Maker) -> Option<(f64, f64, f64)> {
        let n = self.failures as f64;
        let k = self.by.get(&maker).copied().unwrap_or(0) as f64;
        let i = wilson(k / n.max(1.0), n, Z95);
        (n > 0.0).then_some((k / n, i.low, i.high))
    }
}

/// Attributes the failures within `window` on the chosen leaves. `inner` tells of the tiers behind
/// `outermost` that have logs.
#[must_use]
pub fn blame(
    seen: &Failures,
    outermost: Tier,
    inner: &BTreeMap<Tier, Known>,
    window: Span,
    chosen: &dyn Fn(usize) -> bool,
) -> Blame {
    // Everything that failed competes for the inner lines, not the target alone.
    let all = &seen.failures;
    let open = |i: &usize| (all[*i].key != 0 || all[*i].id != 0) && !matches!(all[*i].said, Said::By(_));
    let mut order: Vec<usize> = (0..all.len()).filter(open).collect();
    // What is known to be made further in has the first choice.
    order.sort_by_key(|&i| (all[i].said != Said::Further, all[i].at, i));
    let mut found: BTreeMap<Tier, Vec<Option<&Inner>>> = BTreeMap::new();
    for &tier in inner.keys() {
        let lines = Lines::new(seen.inner.iter().filter(|i| i.tier == tier));
        found.insert(tier, lines.matched(all, &order));
    }
    let mut out = Blame { sampling: 1 << seen.shift.min(63), ..Blame::default() };
    for (i, f) in all.iter().enumerate().filter(|(_, f)| window.contains(f.at) && chosen(f.leaf as usize)) {
        let at = |tier: Tier| found.get(&tier).and_then(|m| m[i]);
        let would = |tier: Tier| inner.get(&tier).is_some_and(|k| k.would_show(f.at));
        let maker = match f.said {
            Said::By(maker) => maker,
            Said::Further | Said::Nothing => judged(f, outermost, inner, &at, &would),
        };
        out.failures += 1;
        out.said += u64::from(matches!(f.said, Said::By(_)) || maker == Maker::Behind);
        out.matched += u64::from(inner.keys().any(|&t| at(t).is_some()));
        *out.by.entry(maker).or_default() += 1;
    }
    out
}

/// Who made a failure of which the line itself does not say it.
fn judged<'a>(
    f: &Failure,
    outermost: Tier,
    inner: &BTreeMap<Tier, Known>,
    at: &dyn Fn(Tier) -> Option<&'a Inner>,
    would: &dyn Fn(Tier) -> bool,
) -> Maker {
    let (balancer, origin) = (at(Tier::Balancer), at(Tier::Origin));
    let at_origin = |i: &Inner| i.status >= 500 || i.said == Said::By(Maker::Client);
    if outermost == Tier::Unknown || outermost == Tier::Origin {
        return Maker::Unknown;
    }
    if outermost == Tier::Balancer {
        return match (f.said, origin) {
            (Said::Further, _) => Maker::Origin,
            (_, Some(o)) if at_origin(o) => Maker::Origin,
            (_, Some(_)) => Maker::BehindBalancer,
            (_, None) if would(Tier::Origin) => Maker::Balancer,
            _ => Maker::Unknown,
        };
    }
    if let Some(b) = balancer {
        return match b.said {
            // The edge hung up on the balancer, or got a good answer and passed on an error.
            Said::By(Maker::Client) => Maker::BehindEdge,
            _ if b.status < 500 && b.status != 429 && b.status != 0 => Maker::BehindEdge,
            Said::By(Maker::BehindBalancer) if origin.is_some_and(at_origin) => Maker::Origin,
            Said::By(maker) => maker,
            Said::Further => Maker::Origin,
            Said::Nothing => match origin {
                Some(o) if at_origin(o) => Maker::Origin,
                Some(_) => Maker::BehindBalancer,
                None if would(Tier::Origin) => Maker::Balancer,
                None => Maker::Unknown,
            },
        };
    }
    if let Some(o) = origin {
        return if at_origin(o) { Maker::Origin } else { Maker::BehindEdge };
    }
    // Not found at any inner tier.
    let next = inner.keys().next();
    match f.said {
        // Whatever answered there, the edge did not make it.
        Said::Further => Maker::Behind,
        _ => match next {
            Some(&tier) if would(tier) && matches!(f.status, 502..=504 | 520..=530) => Maker::BehindEdge,
            Some(&tier) if would(tier) => Maker::Edge,
            _ => Maker::Unknown,
        },
    }
}

/// The lines of one inner tier, to be taken one by one.
struct Lines<'a> {
    by_id: FxHashMap<u64, &'a Inner>,
    /// By what was asked for and status, in order of time.
    by_key: FxHashMap<u64, BTreeMap<u16, Vec<&'a Inner>>>,
}

impl<'a> Lines<'a> {
    fn new(lines: impl Iterator<Item = &'a Inner>) -> Self {
        let mut all = Lines { by_id: FxHashMap::default(), by_key: FxHashMap::default() };
        for line in lines {
            if line.id != 0 {
                all.by_id.insert(line.id, line);
            }
            all.by_key.entry(line.key).or_default().entry(line.status).or_default().push(line);
        }
        for lines in all.by_key.values_mut().flat_map(BTreeMap::values_mut) {
            lines.sort_by_key(|l| (l.at, **l));
        }
        all
    }

    /// The line of each of `all` that has one; those in `order` are asked, in this order.
    fn matched(&self, all: &[Failure], order: &[usize]) -> Vec<Option<&'a Inner>> {
        let mut free: FxHashMap<(u64, u16), Free> = FxHashMap::default();
        let mut out = vec![None; all.len()];
        for &n in order {
            let f = &all[n];
            if let Some(line) = self.by_id.get(&f.id).filter(|_| f.id != 0) {
                out[n] = Some(*line);
                continue;
            }
            let Some(of) = self.by_key.get(&f.key) else { continue };
            let span = reach(f);
            let rank = |status: u16| (status != f.status, status < 500, status);
            let mut statuses: Vec<u16> = of.keys().copied().collect();
            statuses.sort_unstable_by_key(|&s| rank(s));
            for status in statuses {
                let lines = &of[&status];
                let free = free.entry((f.key, status)).or_insert_with(|| Free((0..=lines.len()).collect()));
                let i = free.at_or_after(lines.partition_point(|l| l.at < span.from));
                if let Some(line) = lines.get(i).filter(|l| l.at < span.to) {
                    free.take(i);
                    out[n] = Some(*line);
                    break;
                }
            }
        }
        out
    }
}

/// Which of a row of places are free: each place knows one at or after it that may be.
struct Free(Vec<usize>);

impl Free {
    /// The first free place from `i` on; the end of the row where there is none.
    fn at_or_after(&mut self, i: usize) -> usize {
        let mut end = i;
        while self.0[end] != end {
            end = self.0[end];
        }
        let mut at = i;
        while self.0[at] != end {
            at = std::mem::replace(&mut self.0[at], end);
        }
        end
    }

    fn take(&mut self, i: usize) {
        self.0[i] = i + 1;
    }
}

/// When the request of a failure can have reached an inner tier.
fn reach(f: &Failure) -> Span {
    let lasted = f.lasted.unwrap_or(LONGEST).clamp(0, LONGEST);
    let from = if f.started { f.at } else { f.at.plus(-lasted) };
    Span::new(from.plus(-SPARE), f.at.plus(if f.started { lasted } else { 0 }).plus(SPARE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(key: u64, at: i64, said: Said) -> Failure {
        let at = Micros::from_secs(at);
        Failure { key, id: 0, at, started: true, lasted: Some(SECOND), status: 503, said, leaf: 0 }
    }

    fn line(key: u64, at: i64, tier: Tier, status: u16, said: Said) -> Inner {
        Inner { key, id: 0, tier, at: Micros::from_secs(at), status, said }
    }

    fn known(found: f64) -> Known {
        Known { found: Some(found), covered: vec![Span::new(Micros(0), Micros::from_secs(10_000))] }
    }

    fn asked(failures: Vec<Failure>, inner: Vec<Inner>, tiers: &[(Tier, Known)]) -> BTreeMap<Maker, u64> {
        let seen = Failures { shift: 0, failures, inner };
        let window = Span::new(Micros(0), Micros::from_secs(10_000));
        blame(&seen, Tier::Edge, &tiers.iter().cloned().collect(), window, &|_| true).by
    }

    #[test]
    fn a_failure_is_followed_inwards_until_a_line_says_who_made_it() {
        let tiers = [(Tier::Balancer, known(1.0)), (Tier::Origin, known(1.0))];
        let failures = (1..=5).map(|k| failure(k, 100, Said::Nothing)).collect();
        let inner = vec![
            line(1, 100, Tier::Balancer, 503, Said::By(Maker::Balancer)),
            line(2, 100, Tier::Balancer, 503, Said::Further),
            line(2, 100, Tier::Origin, 503, Said::By(Maker::Origin)),
            line(3, 100, Tier::Balancer, 502, Said::By(Maker::BehindBalancer)),
            line(4, 100, Tier::Balancer, 200, Said::Nothing),
        ];
        let by = asked(failures, inner, &tiers);
        let want = [(Maker::BehindEdge, 2), (Maker::Balancer, 1), (Maker::BehindBalancer, 1), (Maker::Origin, 1)];
        assert_eq!(by, BTreeMap::from(want));
    }

    #[test]
    fn a_request_missing_at_a_tier_where_requests_are_not_ordinarily_found_says_nothing() {
        let one = || vec![failure(1, 100, Said::Nothing)];
        assert_eq!(asked(one(), vec![], &[(Tier::Origin, known(0.3))]), BTreeMap::from([(Maker::Unknown, 1)]));
        assert_eq!(asked(one(), vec![], &[(Tier::Origin, known(0.99))]), BTreeMap::from([(Maker::BehindEdge, 1)]));
        let silent = Known { found: Some(0.99), covered: vec![] };
        assert_eq!(asked(one(), vec![], &[(Tier::Origin, silent)]), BTreeMap::from([(Maker::Unknown, 1)]));
        assert_eq!(asked(one(), vec![], &[]), BTreeMap::from([(Maker::Unknown, 1)]));
    }

    #[test]
    fn each_inner_line_stands_for_one_failure_and_only_in_its_time() {
        let failures = vec![failure(1, 100, Said::Nothing), failure(1, 101, Said::Nothing), failure(1, 500, Said::Nothing)];
        let inner = vec![line(1, 101, Tier::Origin, 503, Said::By(Maker::Origin))];
        let by = asked(failures, inner, &[(Tier::Origin, known(1.0))]);
        assert_eq!(by, BTreeMap::from([(Maker::BehindEdge, 2), (Maker::Origin, 1)]));
    }

    #[test]
    fn equal_ids_are_one_request_whatever_else_differs() {
        let f = Failure { id: 9, ..failure(1, 100, Said::Nothing) };
        let i = Inner { id: 9, ..line(2, 300, Tier::Origin, 500, Said::By(Maker::Origin)) };
        assert_eq!(asked(vec![f], vec![i], &[(Tier::Origin, known(1.0))]), BTreeMap::from([(Maker::Origin, 1)]));
    }
}

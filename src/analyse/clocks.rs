//! Question: By how much do the clocks of the servers differ, and are requests of one tier found at the next?
//!
//! Method: A request leaves a line at every tier that it passes. For two logs of different tiers the
//! differences of the instants at which both saw the same rare key (path and query, at most eight times in
//! each) are taken, within 26 hours. True pairs pile up at one difference, chance pairs lie scattered. The
//! three seconds with the most keys are the candidate; it stands if so many keys could not lie there by chance
//! (Poisson, Chernoff's bound, over all places) and no other place comes near. The median of the differences
//! there is the offset, order statistics give its interval, and stamps in whole seconds widen it. A tree of the
//! best pairs gives every clock; the clock most logs agree with is taken for the true one, the outermost
//! tier's among equals.
//!
//! Assumes: One log has one clock error. What stands between two tiers delays a request by much less than
//! [`SURE`]; where a log tells the end of a request only, by less than [`SURE_ENDS`].
//!
//! Reference: Paxson (1998) and Moon, Skelly and Towsley (1999) for offsets under one-sided delays; David and
//! Nagaraja (2003), order statistics, for the interval of a median.

use crate::event::Tier;
use crate::stats::interval::Z95;
use crate::survey::{Sighting, SourceSeen};
use crate::time::{Micros, SECOND};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Zones span 26 hours (UTC-12 to UTC+14): no wrong zone is farther off.
const REACH: i64 = 26 * 3_600 * SECOND;

/// Width of a place: two stamps in whole seconds, and a second between the tiers.
const WIDTH: i64 = 3 * SECOND;

/// A slow answer spreads differences beyond a place: what lies nearer is no other place.
const APART: i64 = 30 * SECOND;

/// Fewest keys that make an offset: the interval of a median needs about as many.
const KEYS_MIN: usize = 10;

/// Chance allowed that a place stands out by accident, over all places.
const CHANCE: f64 = 1e-6;

/// How far the best place must be above the next.
const AHEAD: u64 = 3;

/// An offset is applied if it surely exceeds this: whole-second stamps on either side differ by up to one
/// second, and another is allowed for the way.
pub const SURE: i64 = 2 * SECOND;

/// The same where a log tells only when requests ended: the time an answer may take (the ordinary limit of
/// proxies).
pub const SURE_ENDS: i64 = 60 * SECOND;

/// Longest that a request that was answered well takes from one tier to the next, with the resolution of
/// stamps: few wait longer to be handed on, and those lower the share found by little.
const WAY: i64 = 10 * SECOND;

/// A weight that all numbers of sightings divide.
const WEIGHT: u64 = 840;

/// All rotations of one log.
#[derive(Clone, Debug)]
pub struct Writer<'a> {
    /// Its tier.
    pub tier: Tier,
    /// What was seen of its files.
    pub sources: Vec<&'a SourceSeen>,
    /// Whether the user gave its offset.
    pub given: bool,
}

/// What is known of the clock of one log.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clock {
    /// Microseconds by which it is ahead of the reference, with its 95 % interval; `None` where it cannot be
    /// aligned with any other log.
    pub ahead: Option<(i64, i64, i64)>,
    /// Requests it rests on.
    pub pairs: u64,
    /// Microseconds to add to its stamps; 0 where it does not surely differ.
    pub add: i64,
}

/// How the requests of the outermost tier are found at an inner one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// Requests looked for: those asked for once, answered well, and handed on as far as the line says.
    pub looked_for: u64,
    /// Those found.
    pub found: u64,
}

/// Instants at which a log saw each of its rare keys.
type Seen = FxHashMap<u64, Vec<Sighting>>;

fn pooled(w: &Writer<'_>) -> Seen {
    let mut all: FxHashMap<u64, (u32, Vec<Sighting>)> = FxHashMap::default();
    for (key, trace) in w.sources.iter().flat_map(|s| &s.traces) {
        let known = all.entry(*key).or_default();
        known.0 += trace.seen;
        known.1.extend(&trace.sightings);
    }
    let rare = |(n, s): &(u32, Vec<Sighting>)| *n as usize <= crate::survey::SIGHTINGS_MAX && !s.is_empty();
    all.into_iter().filter(|(_, t)| rare(t)).map(|(key, (_, s))| (key, s)).collect()
}

/// An offset of one clock against another.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pair {
    /// Microseconds that the second clock is ahead, lower end, upper end.
    ahead: (i64, i64, i64),
    keys: u64,
}

/// The clocks of the writers, in their order.
#[must_use]
pub fn clocks(writers: &[Writer<'_>]) -> Vec<Clock> {
    let seen: Vec<Seen> = writers.iter().map(pooled).collect();
    let mut pairs: Vec<(usize, usize, Pair)> = Vec::new();
    for a in 0..writers.len() {
        for b in a + 1..writers.len() {
            if writers[a].tier != writers[b].tier
                && let Some(pair) = pair(&seen[a], &seen[b])
            {
                pairs.push((a, b, pair));
            }
        }
    }
    // The best pairs first; those that close a circle say nothing new.
    pairs.sort_by_key(|&(a, b, p)| (std::cmp::Reverse(p.keys), a, b));
    let mut body: Vec<usize> = (0..writers.len()).collect();
    let mut tree: Vec<(usize, usize, Pair)> = Vec::new();
    for (a, b, p) in pairs {
        let (into, from) = (body[a], body[b]);
        if into != from {
            body.iter_mut().filter(|x| **x == from).for_each(|x| *x = into);
            tree.push((a, b, p));
        }
    }
    let ends = |w: usize| seen[w].values().flatten().filter(|s| !s.started).count();
    let loose = |w: usize| 2 * ends(w) > seen[w].values().flatten().count();
    let mut out = vec![Clock::default(); writers.len()];
    for root in 0..writers.len() {
        let from_root = along(&tree, root, writers.len());
        let members: Vec<(usize, i64)> = from_root.iter().enumerate().filter_map(|(w, at)| at.map(|at| (w, at.0))).collect();
        if members.first().map(|m| m.0) != Some(root) || members.len() < 2 {
            continue;
        }
        let reference = reference(writers, &members);
        for (w, at) in along(&tree, reference, writers.len()).into_iter().enumerate() {
            let Some((ahead, low, high)) = at else { continue };
            let sure = if loose(w) || loose(reference) { SURE_ENDS } else { SURE };
            let off = (low > sure || high < -sure) && !writers[w].given;
            let add = if off { -roundest(ahead, low, high) } else { 0 };
            let pairs = tree.iter().filter(|(a, b, _)| *a == w || *b == w).map(|t| t.2.keys).max().unwrap_or(0);
            out[w] = Clock { ahead: Some((ahead, low, high)), pairs, add };
        }
    }
    out
}

/// By how much every clock that the tree reaches is ahead of that of `root`: intervals add up on the way.
fn along(tree: &[(usize, usize, Pair)], root: usize, n: usize) -> Vec<Option<(i64, i64, i64)>> {
    let mut at = vec![None; n];
    at[root] = Some((0, 0, 0));
    let mut open = vec![root];
    while let Some(w) = open.pop() {
        let Some((ahead, low, high)) = at[w] else { continue };
        for &(a, b, p) in tree {
            let (next, step) = match (a == w, b == w) {
                (true, _) => (b, p.ahead),
                (_, true) => (a, (-p.ahead.0, -p.ahead.2, -p.ahead.1)),
                _ => continue,
            };
            if at[next].is_none() {
                at[next] = Some((ahead + step.0, low + step.1, high + step.2));
                open.push(next);
            }
        }
    }
    at
}

/// Of writers with their clocks the one to set the others by: among those that most agree with; the user's
/// word counts more than any number, and the outermost tier decides among equals.
fn reference(writers: &[Writer<'_>], members: &[(usize, i64)]) -> usize {
    let rank = |c: &&(usize, i64)| {
        let agree: Vec<usize> = members.iter().filter(|m| (m.1 - c.1).abs() <= SURE).map(|m| m.0).collect();
        let given = agree.iter().any(|&m| writers[m].given);
        let outermost = agree.iter().map(|&m| writers[m].tier).min();
        (given, agree.len(), std::cmp::Reverse(outermost), std::cmp::Reverse((writers[c.0].tier, c.0)))
    };
    members.iter().max_by_key(rank).map_or(0, |c| c.0)
}

/// The roundest number of seconds in an interval: clocks are wrong by a whole zone or by anything, and
/// stamps of whole seconds should stay such.
fn roundest(best: i64, low: i64, high: i64) -> i64 {
    let near = |unit: i64| (best + unit / 2).div_euclid(unit) * unit;
    let units = [3_600, 1_800, 900, 60, 1].map(|s| s * SECOND);
    units.into_iter().map(near).find(|&x| low <= x && x <= high).unwrap_or(best)
}

fn pair(a: &Seen, b: &Seen) -> Option<Pair> {
    // Half a second is what a stamp in whole seconds lies behind on average.
    let mid = |s: &Sighting| s.at.0 + if s.whole { SECOND / 2 } else { 0 };
    let mut shared: Vec<u64> = a.keys().filter(|k| b.contains_key(k)).copied().collect();
    shared.sort_unstable();
    let mut all: Vec<(i64, usize)> = Vec::new();
    let mut weight: Vec<u64> = Vec::with_capacity(shared.len());
    let (mut whole, mut lines) = ([0usize; 2], [0usize; 2]);
    for (n, key) in shared.iter().enumerate() {
        let (x, y) = (&a[key], &b[key]);
        weight.push(WEIGHT / x.len().max(y.len()).max(1) as u64);
        for (side, of) in [x, y].into_iter().enumerate() {
            whole[side] += of.iter().filter(|s| s.whole).count();
            lines[side] += of.len();
        }
        let differences = x.iter().flat_map(|s| y.iter().map(move |t| mid(t) - mid(s)));
        all.extend(differences.filter(|d| d.abs() <= REACH).map(|d| (d, n)));
    }
    all.sort_unstable();
    let (from, keys, best) = busiest(&all, &weight, |_| true)?;
    let middle = from + WIDTH / 2;
    let next = busiest(&all, &weight, |d| (d - middle).abs() > APART).map_or(0, |p| p.2);
    if keys < KEYS_MIN || best < AHEAD * next || !stands_out(&all, middle, keys) {
        return None;
    }
    // Of each key the difference nearest to the place.
    let mut nearest: BTreeMap<usize, i64> = BTreeMap::new();
    for &(d, n) in all.iter().filter(|(d, _)| (d - middle).abs() <= WIDTH) {
        let known = nearest.entry(n).or_insert(d);
        if (d - middle).abs() < (*known - middle).abs() {
            *known = d;
        }
    }
    let mut at: Vec<i64> = nearest.into_values().collect();
    at.sort_unstable();
    let n = at.len();
    let reach = (Z95 / 2.0 * (n as f64).sqrt()).ceil() as usize;
    let (low, high) = (at[(n / 2).saturating_sub(reach)], at[(n / 2 + reach).min(n - 1)]);
    let coarse = (0..2).filter(|&i| 2 * whole[i] > lines[i]).count() as i64;
    let spare = coarse * SECOND / 2;
    Some(Pair { ahead: (at[n / 2], low - spare, high + spare), keys: n as u64 })
}

/// The place with the greatest weight of keys: where it begins, how many keys, their weight.
fn busiest(all: &[(i64, usize)], weight: &[u64], allowed: impl Fn(i64) -> bool) -> Option<(i64, usize, u64)> {
    let mut inside: FxHashMap<usize, u32> = FxHashMap::default();
    let (mut first, mut sum) = (0, 0u64);
    let mut best: Option<(i64, usize, u64)> = None;
    let all: Vec<(i64, usize)> = all.iter().copied().filter(|(d, _)| allowed(*d)).collect();
    for &(d, n) in &all {
        let times = inside.entry(n).or_insert(0);
        *times += 1;
        if *times == 1 {
            sum += weight[n];
        }
        while d - all[first].0 > WIDTH {
            let gone = all[first].1;
            if let Some(times) = inside.get_mut(&gone) {
                *times -= 1;
                if *times == 0 {
                    inside.remove(&gone);
                    sum -= weight[gone];
                }
            }
            first += 1;
        }
        if best.is_none_or(|b| sum > b.2) {
            best = Some((all[first].0, inside.len(), sum));
        }
    }
    // The middle of what lies there, not its edge.
    best.map(|(from, keys, sum)| {
        let here: Vec<i64> = all.iter().map(|x| x.0).filter(|d| (from..=from + WIDTH).contains(d)).collect();
        (here[here.len() / 2] - WIDTH / 2, keys, sum)
    })
}

/// Whether `keys` at one place are more than chance: the differences elsewhere tell how many to expect.
fn stands_out(all: &[(i64, usize)], middle: i64, keys: usize) -> bool {
    let (Some(first), Some(last)) = (all.first(), all.last()) else { return false };
    let elsewhere = all.iter().filter(|(d, _)| (d - middle).abs() > APART).count() as f64;
    let places = ((last.0 - first.0) as f64 / WIDTH as f64).max(1.0);
    // Chance differences lie denser in the middle than at the ends: at most three times the mean.
    let expected = (3.0 * elsewhere / places).max(0.1);
    let n = keys as f64;
    n > expected && (n - expected + n * (expected / n).ln()) + places.ln() < CHANCE.ln()
}

/// Of the requests of the writers of tier `outer` that were handed on, how many are found at tier `inner`,
/// by the clocks that are now in force.
#[must_use]
pub fn found(writers: &[Writer<'_>], clocks: &[Clock], outer: Tier, inner: Tier) -> Found {
    let mut there: FxHashMap<u64, Vec<Micros>> = FxHashMap::default();
    let (mut below, mut span) = (u64::MAX, None::<(Micros, Micros)>);
    for (w, clock) in writers.iter().zip(clocks).filter(|(w, _)| w.tier == inner) {
        for source in &w.sources {
            below = below.min(source.traces_below);
            if let Some((from, to)) = source.span {
                let (from, to) = (from.plus(clock.add), to.plus(clock.add));
                span = Some(span.map_or((from, to), |s| (s.0.min(from), s.1.max(to))));
            }
            for (key, trace) in &source.traces {
                // What was seen too often keeps no instants; it is not rare at the outer tier either.
                there.entry(*key).or_default().extend(trace.sightings.iter().map(|s| s.at.plus(clock.add)));
            }
        }
    }
    let mut out = Found { looked_for: 0, found: 0 };
    let Some((from, to)) = span else { return out };
    for (w, clock) in writers.iter().zip(clocks).filter(|(w, _)| w.tier == outer) {
        for (key, s) in pooled(w).iter().filter(|(key, s)| **key < below && s.len() == 1).map(|(key, s)| (key, &s[0])) {
            let at = s.at.plus(clock.add);
            let slack = if s.started { WAY } else { SURE_ENDS };
            if !s.good || s.handed_on == Some(false) || at < from.plus(slack) || at > to.plus(-slack) {
                continue;
            }
            out.looked_for += 1;
            let near = |t: &Micros| (t.0 - at.0).abs() <= slack;
            out.found += u64::from(there.get(key).is_some_and(|all| all.iter().any(near)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::{SIGHTINGS_MAX, Trace};

    /// A log of requests at these instants (microseconds) for these keys, with an own clock error.
    fn log(requests: &[(u64, i64)], error: i64) -> SourceSeen {
        let mut traces: BTreeMap<u64, Trace> = BTreeMap::new();
        for &(key, at) in requests {
            let at = Micros((at + error).div_euclid(SECOND) * SECOND);
            let trace = traces.entry(key).or_default();
            trace.seen += 1;
            trace.sightings.push(Sighting { at, started: true, whole: true, good: true, handed_on: None });
        }
        traces.values_mut().filter(|t| t.seen as usize > SIGHTINGS_MAX).for_each(|t| t.sightings.clear());
        let ends = |f: fn(i64, i64) -> i64| requests.iter().map(|r| r.1 + error).reduce(f).map(Micros);
        let span = ends(i64::min).zip(ends(i64::max));
        SourceSeen { traces: traces.into_iter().collect(), traces_below: u64::MAX, span, ..SourceSeen::default() }
    }

    /// 400 requests in an hour, `keys` different ones; without pattern, the same every time.
    fn requests(keys: u64, seed: u64) -> Vec<(u64, i64)> {
        let mut x = seed;
        let mut next = || {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            x >> 33
        };
        (0..400).map(|_| (next() % keys, (next() % 3_600_000) as i64 * 1_000)).collect()
    }

    fn writer(tier: Tier, seen: &SourceSeen) -> Writer<'_> {
        Writer { tier, sources: vec![seen], given: false }
    }

    #[test]
    fn a_planted_offset_is_found_within_its_interval_and_only_what_surely_differs_is_corrected() {
        let asked = requests(200, 1);
        for error in [0i64, 1_000, 90_000, -90_000, 3_600_000, -7_200_000, 37_400] {
            let (edge, lb, origin) = (log(&asked, 0), log(&asked, 20_000), log(&asked, error * 1_000 + 40_000));
            let writers = [writer(Tier::Edge, &edge), writer(Tier::Balancer, &lb), writer(Tier::Origin, &origin)];
            let found = clocks(&writers);
            let (ahead, low, high) = found[2].ahead.expect("aligned");
            let error = error * 1_000;
            assert!(low <= error && error <= high && high - low < 5 * SECOND, "{error}: {ahead} {low} {high}");
            assert_eq!((found[0].add, found[1].add), (0, 0));
            let left = error + found[2].add;
            assert!(left.abs() <= SECOND && (error.abs() > SECOND || found[2].add == 0), "{error}: {}", found[2].add);
        }
    }

    #[test]
    fn the_clock_that_most_agree_with_is_right_and_the_outermost_tiers_among_equals() {
        let asked = requests(300, 2);
        let hour = 3_600 * SECOND;
        let (edge, lb, origin) = (log(&asked, hour), log(&asked, 0), log(&asked, 0));
        let writers = [writer(Tier::Edge, &edge), writer(Tier::Balancer, &lb), writer(Tier::Origin, &origin)];
        assert_eq!(clocks(&writers).iter().map(|c| c.add).collect::<Vec<_>>(), [-hour, 0, 0]);
        assert_eq!(clocks(&writers[..2]).iter().map(|c| c.add).collect::<Vec<_>>(), [0, hour]);
        let mut given = writers.clone();
        given[0].given = true;
        assert_eq!(clocks(&given).iter().map(|c| c.add).collect::<Vec<_>>(), [0, hour, hour]);
    }

    #[test]
    fn logs_that_share_no_requests_or_none_at_a_common_distance_are_not_aligned() {
        let (a, b) = (log(&requests(200, 3), 0), log(&requests(200, 4), 0));
        let far: Vec<(u64, i64)> = requests(200, 3).into_iter().map(|(k, t)| (k + 1_000, t)).collect();
        let c = log(&far, 0);
        for other in [&b, &c] {
            let found = clocks(&[writer(Tier::Edge, &a), writer(Tier::Origin, other)]);
            assert!(found.iter().all(|f| f.ahead.is_none() && f.add == 0), "{found:?}");
        }
    }

    #[test]
    fn requests_are_found_at_the_next_tier_as_far_as_its_logs_hold_them() {
        let asked: Vec<(u64, i64)> = (0..400).map(|i| (i, i as i64 * 9 * SECOND)).collect();
        let half: Vec<(u64, i64)> = asked.iter().copied().filter(|r| r.0 % 2 == 0).collect();
        let (edge, all, some) = (log(&asked, 0), log(&asked, 0), log(&half, 0));
        for (inner, want) in [(&all, 1.0), (&some, 0.5)] {
            let writers = [writer(Tier::Edge, &edge), writer(Tier::Origin, inner)];
            let found = found(&writers, &clocks(&writers), Tier::Edge, Tier::Origin);
            let share = found.found as f64 / found.looked_for as f64;
            assert!(found.looked_for > 300 && (share - want).abs() < 0.02, "{found:?}");
        }
    }
}

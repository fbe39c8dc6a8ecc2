//! Question: what did users get, as against what requests got?
//! Method: attempts of one client at one thing belong together until one succeeds (`stats::retries`);
//! users' time by what they were answered last (`stats::uptime`); who was never served, and when the
//! others were.
//! Assumes: address and user agent tell clients apart; what was asked for is host, path and method;
//! failures come before a success of the same second, the order that the stamps do not tell.
//! Reference: Hauer, Hoffmann, Lunney, Ardelean and Diwan, "Meaningful Availability", NSDI 2020.

use super::evidence::{BASELINE, Evidence};
use super::few::clients_unknown;
use super::shares::Measured;
use super::surge::{Counted, surge};
use crate::case::operations::{FirstSuccess, Operations, Phase, Usage, Worst};
use crate::case::{Avail, Share};
use crate::examine::Attempt;
use crate::stats::cluster::{Clusters, Proportion};
use crate::stats::interval::{Z95, wilson};
use crate::stats::ratio::{Pairs, quotient, share};
use crate::stats::retries::{Operation, Rule, Try, operations};
use crate::stats::uptime::{Segment, Timeline, segments};
use crate::time::{Micros, SECOND, Span};
use std::collections::BTreeMap;

/// How long somebody waits to be served before it counts as not served, seconds. A minute: pages
/// and apps have told the user by then that it did not work.
pub const PATIENCE: i64 = 60;

/// Longest pause between two attempts that belong together, seconds: half of [`PATIENCE`], so that
/// at least two pauses fit; shorter where clients ordinarily try again sooner.
const GAP_MAX: i64 = 30;

/// Shortest: a pause of little more than one second can look like two.
const GAP_MIN: i64 = 2;

/// Pauses after a failure from which on the baseline's own 95th percentile is taken: with 20 it is
/// not simply the longest.
const GAPS_MIN: u64 = 20;

/// Longest cutoff of activity, seconds: half an hour, the one of Hauer et al. for a mail service.
pub(super) const CUTOFF_MAX: i64 = 1_800;

/// Pauses between requests from which on their 99th percentile can be read.
pub(super) const ARRIVALS_MIN: u64 = 100;

/// Clients poll where nine of ten pauses are at most twice the median one.
pub(super) const POLL_SPREAD: f64 = 2.0;

/// A player that misses three polls in a row has nothing left to play (HLS and DASH keep about
/// three segments): it is inactive after three periods.
const POLLS_MISSED: i64 = 3;

/// Operations of the baseline below which a part is compared with the site.
const OPERATIONS_MIN: u64 = 20;

/// Lengths of windows: 1, 2, 5 of every power of ten, seconds and minutes as a reader expects them.
const WINDOWS: [i64; 21] = [
    1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 18_000, 43_200, 86_400, 172_800, 432_000, 864_000,
    2_592_000,
];

const SITE: usize = 0;
const TARGET: usize = 1;
const REST: usize = 2;

/// What one client did in one second in one part: (second, good, bad).
type Answers = Vec<(i64, u64, u64)>;

/// Answers the question for the site, and for what failed (`target`) and the rest if anything did.
#[must_use]
pub fn users(e: &Evidence<'_>, target: Option<&[bool]>, timed: bool) -> Operations {
    let attempts = &e.examined.attempts;
    let mut out = Operations { patience: PATIENCE, sampling: attempts.sampling(), ..Operations::default() };
    let known: u64 = attempts.list().iter().map(|a| tried(a).0 + tried(a).1).sum();
    let unknown = clients_unknown(e.examined, e.clients_known).map(|why| format!("{why}: who tried again cannot be told."));
    out.unknown = unknown.or_else(|| (known == 0).then(|| "There is no request that counts.".into()));
    if out.unknown.is_some() {
        return out;
    }
    let mut w = Walk::new(e, target, timed);
    w.learn(attempts.list());
    w.count(attempts.list());
    out.gap = Some(w.rule.gap);
    out.surge = (timed).then(|| surge(&w.counted(if w.sides[TARGET].is_some() { TARGET } else { SITE }), e));
    [out.site, out.target, out.rest] = w.usages();
    out
}

/// Good and bad attempts as the rules count; ambiguous ones are as if they had not been made.
pub(super) fn tried(a: &Attempt) -> (u64, u64) {
    (u64::from(a.good), u64::from(a.failed) + u64::from(a.degraded))
}

/// Sums of one phase of one part.
#[derive(Default)]
struct Sums {
    operations: u64,
    unserved: u64,
    unsure: u64,
    /// Operations by client and by time.
    clients: Clusters,
    times: BTreeMap<i64, (u64, u64)>,
    /// Attempts per operation, by client.
    attempts: Pairs,
    /// Seconds up and active, by client.
    uptime: Pairs,
}

/// One part of the traffic.
struct Side {
    /// Pauses between requests in the baseline, seconds.
    pauses: BTreeMap<i64, u64>,
    cutoff: i64,
    polls: bool,
    /// Baseline and window.
    sums: [Sums; 2],
    timeline: Timeline,
    /// Clients with an operation in the window, and those never served.
    clients: (u64, u64),
    /// For clients whose first answer in the window was bad: seconds to the first good one.
    waits: Vec<Option<i64>>,
    /// Attempts of every client in operations of the window.
    busy: Vec<u64>,
    /// By second: attempts, bad ones, operations begun anew.
    seconds: BTreeMap<i64, [u64; 3]>,
}

struct Walk<'a> {
    e: &'a Evidence<'a>,
    /// Whether there is a window to speak of.
    timed: bool,
    /// By leaf: whether it is the target's.
    target: Option<&'a [bool]>,
    baseline: Vec<(i64, i64)>,
    /// The part of it before the window, where it is long enough to compare demand with.
    before: Vec<(i64, i64)>,
    window: (i64, i64),
    rule: Rule,
    sides: [Option<Side>; 3],
}

/// A span in whole seconds.
fn in_seconds(s: &Span) -> (i64, i64) {
    (s.from.0.div_euclid(SECOND), s.to.0.saturating_add(SECOND - 1).div_euclid(SECOND))
}

/// The baseline before the window: a crowd that stays on would hide in what came after. Empty where it is shorter than
/// ten seconds or a twentieth of the window.
pub(super) fn before(e: &Evidence<'_>) -> Vec<(i64, i64)> {
    let (from, to) = in_seconds(&e.window);
    let spans: Vec<(i64, i64)> = e.baseline_spans(&[crate::examine::Phase::Before]).iter().map(in_seconds).collect();
    let longest = spans.iter().map(|s| s.1 - s.0).max().unwrap_or(0);
    if longest >= ((to - from) / 20).max(10).min(to - from) { spans } else { Vec::new() }
}

/// A percentile of a histogram: the smallest value that at least `share` of it does not exceed.
pub(super) fn percentile(histogram: &BTreeMap<i64, u64>, share: f64) -> Option<i64> {
    let all: u64 = histogram.values().sum();
    let mut below = 0;
    histogram.iter().find_map(|(&value, &n)| {
        below += n;
        (below as f64 >= share * all as f64).then_some(value)
    })
}

impl<'a> Walk<'a> {
    fn new(e: &'a Evidence<'a>, target: Option<&'a [bool]>, timed: bool) -> Self {
        let (from, to) = in_seconds(&e.plan.axis);
        let step = e.examined.fine.0.max(1);
        let bins = ((to - from) / step).clamp(0, 1 << 20) as usize;
        let side = || Side {
            pauses: BTreeMap::new(),
            cutoff: CUTOFF_MAX,
            polls: false,
            sums: Default::default(),
            timeline: Timeline::new(from, step, bins),
            clients: (0, 0),
            waits: Vec::new(),
            busy: Vec::new(),
            seconds: BTreeMap::new(),
        };
        Walk {
            e,
            timed,
            target,
            baseline: e.baseline_spans(&BASELINE).iter().map(in_seconds).collect(),
            before: before(e),
            window: in_seconds(&e.window),
            rule: Rule { gap: GAP_MAX, patience: PATIENCE },
            sides: [Some(side()), target.map(|_| side()), target.map(|_| side())],
        }
    }

    /// 0 for the baseline, 1 for the window.
    fn phase(&self, at: i64) -> Option<usize> {
        let inside = |s: &(i64, i64)| s.0 <= at && at < s.1;
        if self.timed && inside(&self.window) {
            return Some(1);
        }
        self.baseline.iter().any(inside).then_some(0)
    }

    /// The parts that a leaf belongs to.
    fn parts(&self, leaf: u32) -> [usize; 2] {
        match self.target {
            Some(t) if t.get(leaf as usize).copied().unwrap_or(false) => [SITE, TARGET],
            Some(_) => [SITE, REST],
            None => [SITE, SITE],
        }
    }

    /// First walk: how long clients ordinarily pause.
    fn learn(&mut self, list: &[Attempt]) {
        let mut after_failure: BTreeMap<i64, u64> = BTreeMap::new();
        for client in list.chunk_by(|a, b| a.client == b.client) {
            for asked in client.chunk_by(|a, b| a.ask == b.ask) {
                for pair in asked.windows(2).filter(|p| tried(&p[0]).1 > 0 && tried(&p[0]).0 == 0 && p[1].at > p[0].at) {
                    if self.phase(pair[0].at) == Some(0) {
                        *after_failure.entry(pair[1].at - pair[0].at).or_default() += 1;
                    }
                }
            }
            for (part, answers) in self.answers(client).into_iter().enumerate() {
                let pauses: Vec<i64> =
                    answers.windows(2).filter(|p| self.phase(p[0].0) == Some(0)).map(|p| p[1].0 - p[0].0).collect();
                if let Some(side) = &mut self.sides[part] {
                    pauses.into_iter().for_each(|p| *side.pauses.entry(p).or_default() += 1);
                }
            }
        }
        if after_failure.values().sum::<u64>() >= GAPS_MIN {
            self.rule.gap = percentile(&after_failure, 0.95).unwrap_or(GAP_MAX).clamp(GAP_MIN, GAP_MAX);
        }
        let enough = |s: &Side| s.pauses.values().sum::<u64>() >= ARRIVALS_MIN;
        let of = |s: &Side| {
            let (p50, p90) = (percentile(&s.pauses, 0.5)?, percentile(&s.pauses, 0.9)?);
            // Within a second or two every pause looks like every other.
            let polls = p50 > 1 && p90 as f64 <= POLL_SPREAD * p50 as f64;
            let cutoff = if polls { POLLS_MISSED * p50 } else { percentile(&s.pauses, 0.99)? };
            Some((cutoff.clamp(1, CUTOFF_MAX), polls))
        };
        let site = self.sides[SITE].as_ref().filter(|s| enough(s)).and_then(of);
        for side in self.sides.iter_mut().flatten() {
            let own = if enough(side) { of(side) } else { site };
            (side.cutoff, side.polls) = own.unwrap_or((CUTOFF_MAX, false));
        }
    }

    /// What a client was answered, second by second, per part. Failures in the second of a success of
    /// the same thing belong to its operation and are no answer of their own.
    fn answers(&self, client: &[Attempt]) -> [Answers; 3] {
        let mut out: [Answers; 3] = Default::default();
        for asked in client.chunk_by(|a, b| a.ask == b.ask) {
            for second in asked.chunk_by(|a, b| a.at == b.at) {
                let (good, bad) = second.iter().map(tried).fold((0, 0), |s, t| (s.0 + t.0, s.1 + t.1));
                let answer = if good > 0 { (second[0].at, good, 0) } else { (second[0].at, 0, u64::from(bad > 0)) };
                let [a, b] = self.parts(second[0].leaf);
                if good + bad > 0 {
                    out[a].push(answer);
                    if b != a {
                        out[b].push(answer);
                    }
                }
            }
        }
        for list in &mut out {
            list.sort_unstable();
            list.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                if same {
                    (kept.1, kept.2) = (kept.1 + next.1, kept.2 + next.2);
                }
                same
            });
        }
        out
    }

    /// Second walk: operations, and users' time.
    fn count(&mut self, list: &[Attempt]) {
        for client in list.chunk_by(|a, b| a.client == b.client) {
            // Per part and phase: operations, unserved ones, attempts.
            let mut own = [[(0u64, 0u64, 0u64); 2]; 3];
            for asked in client.chunk_by(|a, b| a.ask == b.ask) {
                self.collapse(asked, &mut own);
            }
            for (part, phases) in own.iter().enumerate() {
                let Some(side) = &mut self.sides[part] else { continue };
                for (sums, &(n, unserved, attempts)) in side.sums.iter_mut().zip(phases) {
                    sums.clients.add(unserved, n);
                    sums.attempts.add(attempts as f64, n as f64);
                }
                let (n, unserved, attempts) = phases[1];
                side.busy.extend((n > 0).then_some(attempts));
                side.clients.0 += u64::from(n > 0);
                side.clients.1 += u64::from(n > 0 && unserved == n);
            }
            for (part, answers) in self.answers(client).into_iter().enumerate() {
                self.live(part, &answers);
            }
        }
    }

    fn collapse(&mut self, asked: &[Attempt], own: &mut [[(u64, u64, u64); 2]; 3]) {
        let mut tries: Vec<Try> = Vec::new();
        let mut leaves: Vec<u32> = Vec::new();
        for second in asked.chunk_by(|a, b| a.at == b.at) {
            let (good, bad) = second.iter().map(tried).fold((0, 0), |s, t| (s.0 + t.0, s.1 + t.1));
            if good + bad > 0 {
                tries.push(Try { at: second[0].at, good, bad });
                leaves.push(second[0].leaf);
                for part in distinct(self.parts(second[0].leaf)) {
                    if let Some(side) = &mut self.sides[part] {
                        let s = side.seconds.entry(second[0].at).or_default();
                        (s[0], s[1]) = (s[0] + good + bad, s[1] + bad);
                    }
                }
            }
        }
        let mut list: Vec<Operation> = Vec::new();
        operations(&tries, self.rule, |o| list.push(o));
        let mut failed: Option<i64> = None;
        for o in list {
            // An operation belongs where its first attempt went: where the others go may depend on how
            // that one ended.
            let parts = self.parts(leaves[o.first]);
            let anew = failed.is_none_or(|at| o.from - at > CUTOFF_MAX);
            failed = (!o.served).then_some(o.to);
            let phase = self.phase(o.from);
            let step = self.e.step.0.max(1);
            for part in distinct(parts) {
                let Some(side) = &mut self.sides[part] else { continue };
                side.seconds.entry(o.from).or_default()[2] += u64::from(anew);
                let Some(phase) = phase else { continue };
                let unserved = u64::from(!o.served);
                let sums = &mut side.sums[phase];
                sums.operations += 1;
                sums.unserved += unserved;
                sums.unsure += u64::from(o.unsure);
                let time = sums.times.entry(o.from.div_euclid(step)).or_default();
                *time = (time.0 + unserved, time.1 + 1);
                let own = &mut own[part][phase];
                *own = (own.0 + 1, own.1 + unserved, own.2 + o.attempts);
            }
        }
    }

    /// One client's time in one part.
    fn live(&mut self, part: usize, answers: &Answers) {
        let (window, timed) = (self.window, self.timed);
        let baseline = &self.baseline;
        let Some(side) = &mut self.sides[part] else { return };
        let mut spent = [(0.0, 0.0); 2];
        let timeline = &mut side.timeline;
        segments(answers, side.cutoff, |s: Segment| {
            timeline.add(s);
            let inside = |(from, to): (i64, i64)| (s.to.min(to) - s.from.max(from)).max(0) as f64;
            // What an answer of the window leaves behind is no part of the ordinary: who was denied stays down after it.
            let left_over = timed && (window.0..window.1).contains(&s.from);
            let base: f64 = if left_over { 0.0 } else { baseline.iter().map(|&b| inside(b)).sum() };
            let during = if timed { inside(window) } else { 0.0 };
            for (spent, secs) in spent.iter_mut().zip([base, during]) {
                *spent = (spent.0 + secs * s.up, spent.1 + secs);
            }
        });
        for (sums, (up, active)) in side.sums.iter_mut().zip(spent) {
            sums.uptime.add(up, active);
        }
        let mut inside = answers.iter().skip_while(|a| a.0 < window.0);
        if let Some(&(at, 0, _)) = inside.next().filter(|a| timed && a.0 < window.1) {
            side.waits.push(inside.find(|a| a.1 > 0).map(|a| a.0 - at));
        }
    }

    fn counted(&self, part: usize) -> Counted<'_> {
        let side = self.sides[part].as_ref();
        let empty = const { &BTreeMap::new() };
        Counted {
            seconds: side.map_or(empty, |s| &s.seconds),
            concentrated: side.is_some_and(|s| concentrated(&s.busy)),
            baseline: if self.before.is_empty() { &self.baseline } else { &self.before },
            window: self.window,
            step: self.e.step.0.max(1),
        }
    }

    fn usages(&mut self) -> [Option<Usage>; 3] {
        let site = self.sides[SITE].as_ref().map(|s| s.sums[0].attempts);
        [SITE, TARGET, REST].map(|part| {
            let side = self.sides[part].take()?;
            Some(self.usage(part, side, site))
        })
    }

    fn usage(&self, part: usize, mut side: Side, site: Option<Pairs>) -> Usage {
        let chosen = |l: usize| {
            let inside = self.target.is_some_and(|t| t[l]);
            self.e.view.is_ours(l) && [true, inside, !inside][part]
        };
        let [before, now] = &side.sums;
        let own = before.operations >= OPERATIONS_MIN;
        let base = if own { Some(before.attempts) } else { site };
        let amplified = base.filter(|_| now.operations > 0).and_then(|base| quotient(&now.attempts, &base));
        let amplification =
            amplified.map_or(Share::NONE, |(q, i)| Share { value: Some(q), low: i.map(|i| i.low), high: i.map(|i| i.high) });
        let phase = |i: usize, requests: Measured| self.phase_of(&side, i, requests.avail());
        let baseline = phase(0, self.e.baseline(&chosen, &BASELINE));
        let during = if self.timed { phase(1, self.e.during(&chosen)) } else { Phase::default() };
        side.waits.sort_unstable_by_key(|w| w.unwrap_or(i64::MAX));
        let sampling = self.e.examined.attempts.sampling();
        Usage {
            baseline,
            during,
            amplification,
            compared_with: amplification.value.map(|_| if own { "own" } else { "site" }),
            cutoff: side.cutoff,
            polls: side.polls,
            denied: of_clients(side.clients.1, side.clients.0),
            first_success: FirstSuccess {
                clients: side.waits.len() as u64 * sampling,
                median: waited(&side.waits, 0.5),
                p90: waited(&side.waits, 0.9),
                never: of_clients(side.waits.iter().filter(|w| w.is_none()).count() as u64, side.waits.len() as u64),
            },
            worst: worst(&side.timeline),
        }
    }

    fn phase_of(&self, side: &Side, i: usize, requests: Avail) -> Phase {
        let sums = &side.sums[i];
        let mut times = Clusters::default();
        sums.times.values().for_each(|&(bad, n)| times.add(bad, n));
        let proportion = Proportion::clustered(sums.unserved, sums.operations, &sums.clients, &times);
        let measured = Measured { share: proportion, clients: sums.clients.count as u64, clients_bad: 0 };
        let per = sums.attempts.ratio();
        let half = sums.attempts.variance().map(|v| Z95 * v.sqrt());
        let uptime = share(&sums.uptime, &self.by_time(side, i)).map_or(Share::NONE, |(p, i)| Share {
            value: Some(p),
            low: Some(i.low),
            high: Some(i.high),
        });
        let clients = measured.clients * self.e.examined.attempts.sampling();
        Phase {
            requests,
            operations: Avail { clients, ..measured.avail() },
            unsure: sums.unsure,
            // At least one attempt makes an operation.
            attempts: Share {
                value: per,
                low: per.zip(half).map(|(p, h)| (p - h).max(1.0)),
                high: per.zip(half).map(|(p, h)| p + h),
            },
            uptime,
        }
    }

    /// Seconds up and active by cluster in time, of one phase.
    fn by_time(&self, side: &Side, phase: usize) -> Pairs {
        let mut clusters: BTreeMap<i64, (f64, f64)> = BTreeMap::new();
        for (at, up, active) in side.timeline.bins().filter(|b| self.phase(b.0) == Some(phase)) {
            let c = clusters.entry(at.div_euclid(self.e.step.0.max(1))).or_default();
            *c = (c.0 + up, c.1 + active);
        }
        let mut pairs = Pairs::default();
        clusters.values().for_each(|&(up, active)| pairs.add(up, active));
        pairs
    }
}

/// Part of the clients, the busiest, that must not make half of the attempts for these to pass as retries.
const BUSIEST: f64 = 0.1;

/// Whether a tenth of the clients makes more than half of the attempts, as machines do that go on
/// whatever they are answered.
fn concentrated(busy: &[u64]) -> bool {
    let mut busy = busy.to_vec();
    busy.sort_unstable_by_key(|&n| std::cmp::Reverse(n));
    let few = (BUSIEST * busy.len() as f64).ceil() as usize;
    2 * busy[..few].iter().sum::<u64>() > busy.iter().sum::<u64>()
}

fn distinct([a, b]: [usize; 2]) -> impl Iterator<Item = usize> {
    [Some(a), (b != a).then_some(b)].into_iter().flatten()
}

/// A share of clients, which are independent of one another.
fn of_clients(some: u64, all: u64) -> Share {
    if all == 0 {
        return Share::NONE;
    }
    let p = some as f64 / all as f64;
    let i = wilson(p, all as f64, Z95);
    Share { value: Some(p), low: Some(i.low), high: Some(i.high) }
}

/// The time within which `part` of the clients was served; `None` where fewer ever were.
fn waited(waits: &[Option<i64>], part: f64) -> Option<i64> {
    let place = (part * waits.len() as f64).ceil() as usize;
    waits.get(place.max(1) - 1).copied().flatten()
}

fn worst(timeline: &Timeline) -> Vec<Worst> {
    let (step, whole) = (timeline.step(), timeline.step() * timeline.len() as i64);
    let lengths = WINDOWS.into_iter().filter(|w| w % step == 0 && *w < whole).chain([whole]);
    let found = lengths.filter_map(|window| {
        let (uptime, from) = timeline.worst((window / step) as usize)?;
        Some(Worst { window, uptime, from: Micros::from_secs(from) })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_smallest_value_that_enough_do_not_exceed() {
        let histogram = BTreeMap::from([(1, 50), (2, 40), (30, 10)]);
        assert_eq!([0.5, 0.9, 0.95].map(|s| percentile(&histogram, s)), [Some(1), Some(2), Some(30)]);
        assert_eq!(percentile(&BTreeMap::new(), 0.5), None);
    }

    #[test]
    fn a_tenth_of_the_clients_that_makes_half_of_the_attempts_is_told_from_everybody_trying_again() {
        let storm: Vec<u64> = (0..100).map(|i| 1 + i % 9).collect();
        let flood: Vec<u64> = (0..100).map(|i| if i < 10 { 500 } else { 3 }).collect();
        assert_eq!([concentrated(&storm), concentrated(&flood), concentrated(&[])], [false, true, false]);
    }

    #[test]
    fn who_never_is_served_waits_longest() {
        let waits = [Some(2), Some(4), Some(8), None];
        assert_eq!([0.5, 0.75, 0.9].map(|p| waited(&waits, p)), [Some(4), Some(8), None]);
        assert_eq!(waited(&[], 0.5), None);
    }

    #[test]
    fn the_worst_windows_end_with_the_whole_axis() {
        let mut axis = Timeline::new(0, 5, 14);
        axis.add(Segment { from: 0, to: 70, up: 0.5 });
        let lengths: Vec<i64> = worst(&axis).iter().map(|w| w.window).collect();
        assert_eq!(lengths, [5, 10, 20, 30, 60, 70]);
    }
}

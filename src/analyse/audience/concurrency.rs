//! Question: how many were there at one time?
//! Method: what clients ask for at regular times tells that they are there: polls at most three pauses apart
//! belong together (once and five times beside it), and the presence lasts one pause beyond the last. Of what is
//! answered by connections that last, these are the presence. A sweep gives the number at every second.
//! Assumes: somebody who listens polls; an answer that failed shows nobody listening.
//! Reference: the readings of a gap as sensitivity; `stats::concurrent`.

use crate::analyse::evidence::Evidence;
use crate::analyse::operations::{ARRIVALS_MIN, CUTOFF_MAX, POLL_SPREAD, percentile, tried};
use crate::case::Axis;
use crate::case::audience::{Basis, Concurrency, GapReading, Peak, Present};
use crate::examine::people::LASTING_MIN;
use crate::outcome::Outcome;
use crate::stats::concurrent::{Counted, Sweep, join, stretches};
use crate::stats::interval::Z95;
use crate::time::{Micros, SECOND};
use std::collections::BTreeMap;

/// How many ordinary pauses are bridged, in the readings told: a player that misses three polls has nothing
/// left to play (HLS and DASH keep about three segments); once and five times show what hangs on that.
const TIMES: [i64; 3] = [1, 3, 5];

/// The reading that is the answer.
const ANSWER: usize = 1;

/// Polls that make a client one that polls: two pauses.
const POLLS_MIN: u64 = 3;

/// Clients that poll, or connections that last, from which on a thing has an audience: a few are monitoring.
const LISTENERS_MIN: u64 = 20;

/// Those present at one time.
pub(super) struct Crowd {
    of: String,
    of_target: bool,
    basis: Basis,
    pause: i64,
    counted: [Counted; 3],
    clients: u64,
    sampling: u64,
}

/// What is asked for, as far as presence goes.
#[derive(Default)]
struct Thing {
    /// Pauses between good answers of one client: to the very same request, and to any.
    same: BTreeMap<i64, u64>,
    any: BTreeMap<i64, u64>,
    /// Seconds with a good answer: of all clients, and of those that poll.
    good: u64,
    regular: u64,
    pollers: u64,
    /// Good answers, and those that lasted.
    answers: u64,
    lasting: u64,
}

impl Thing {
    /// Seconds between two polls, if it is polled.
    fn pause(&self) -> Option<i64> {
        if self.pollers < LISTENERS_MIN || 2 * self.regular < self.good {
            return None;
        }
        let enough = |h: &&BTreeMap<i64, u64>| h.values().sum::<u64>() >= ARRIVALS_MIN;
        // A list of segments is asked for again and again; segments themselves are each another request.
        let pauses = [&self.same, &self.any].into_iter().find(enough)?;
        let (p50, p90) = (percentile(pauses, 0.5)?, percentile(pauses, 0.9)?);
        (p50 > 1 && p50 <= CUTOFF_MAX / TIMES[ANSWER] && p90 as f64 <= POLL_SPREAD * p50 as f64).then_some(p50)
    }

    /// Whether its answers are connections that last.
    fn streams(&self) -> bool {
        self.lasting >= LISTENERS_MIN && 2 * self.lasting >= self.answers
    }
}

/// Counts who was present at the target (its leaves and its name) if it is polled or streamed, else at what has
/// most listeners.
pub(super) fn crowd(e: &Evidence<'_>, target: Option<(&[bool], &str)>) -> Result<Crowd, String> {
    let (names, thing_of) = things(e, target);
    let things = learn(e, names.len(), &thing_of);
    // The target first, then by listeners, then by name.
    let is_target = |i: usize| target.is_some() && i == 0;
    let polled = (0..things.len()).filter_map(|i| Some((i, Basis::Polls, things[i].pause()?, things[i].pollers)));
    let streamed =
        (0..things.len()).filter(|&i| things[i].streams()).map(|i| (i, Basis::Connections, LASTING_MIN, things[i].lasting));
    let best = polled
        .chain(streamed)
        .min_by_key(|&(i, basis, _, n)| (!is_target(i), basis == Basis::Connections, std::cmp::Reverse(n), names[i].clone()));
    let Some((i, basis, pause, _)) = best else {
        return Err("No resource here is asked for at regular times by its clients, as players and applications do, and none is answered \
                    by connections that last: how many were there at one time cannot be told from these logs."
            .into());
    };
    let (counted, clients, sampling) = match basis {
        Basis::Polls => present_by_polls(e, pause, &|leaf| thing_of[leaf as usize] == Some(i)),
        Basis::Connections => present_by_connections(e, pause, &|leaf| thing_of[leaf as usize] == Some(i)),
    };
    Ok(Crowd { of: names[i].clone(), of_target: is_target(i), basis, pause, counted, clients: clients * sampling, sampling })
}

/// The things told apart, and which one each leaf belongs to.
fn things(e: &Evidence<'_>, target: Option<(&[bool], &str)>) -> (Vec<String>, Vec<Option<usize>>) {
    let mut names: Vec<String> = target.iter().map(|t| t.1.to_owned()).collect();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let thing_of = e.examined.leaves.iter().enumerate().map(|(l, leaf)| {
        if !e.view.is_ours(l) {
            return None;
        }
        if target.is_some_and(|t| t.0[l]) {
            return Some(0);
        }
        let name = e.view.name(leaf);
        Some(*known.entry(name.clone()).or_insert_with(|| {
            names.push(name);
            names.len() - 1
        }))
    });
    let thing_of = thing_of.collect();
    (names, thing_of)
}

fn learn(e: &Evidence<'_>, n: usize, thing_of: &[Option<usize>]) -> Vec<Thing> {
    let mut things: Vec<Thing> = (0..n).map(|_| Thing::default()).collect();
    let mut own: Vec<(usize, i64)> = Vec::new();
    for client in e.examined.attempts.list().chunk_by(|a, b| a.client == b.client) {
        own.clear();
        for asked in client.chunk_by(|a, b| a.ask == b.ask) {
            let mut last: Option<(usize, i64)> = None;
            for a in asked.iter().filter(|a| tried(a).0 > 0) {
                let Some(thing) = thing_of[a.leaf as usize] else { continue };
                if let Some((_, at)) = last.filter(|l| l.0 == thing && l.1 < a.at) {
                    *things[thing].same.entry(a.at - at).or_default() += 1;
                }
                last = Some((thing, a.at));
                own.push((thing, a.at));
            }
        }
        own.sort_unstable();
        own.dedup();
        for run in own.chunk_by(|a, b| a.0 == b.0) {
            let thing = &mut things[run[0].0];
            run.windows(2).for_each(|w| *thing.any.entry(w[1].1 - w[0].1).or_default() += 1);
            let polls = run.len() as u64;
            thing.good += polls;
            if polls >= POLLS_MIN {
                thing.regular += polls;
                thing.pollers += 1;
            }
        }
    }
    let people = &e.examined.people;
    for l in &people.lasting {
        if let Some(thing) = thing_of[l.leaf as usize] {
            things[thing].lasting += people.lasting_sampling;
        }
    }
    for (leaf, _, moment) in &e.examined.moments {
        if let Some(thing) = thing_of[*leaf as usize] {
            things[thing].answers += moment.cell.of(Outcome::Good);
        }
    }
    things
}

/// Stretches of presence under every reading, counted.
struct Present3([Sweep; 3], u64);

impl Present3 {
    fn counted(self, sampling: u64) -> ([Counted; 3], u64, u64) {
        (self.0.map(Sweep::counted), self.1, sampling)
    }
}

fn present_by_polls(e: &Evidence<'_>, pause: i64, ours: &dyn Fn(u32) -> bool) -> ([Counted; 3], u64, u64) {
    let mut all = Present3(Default::default(), 0);
    super::by_client(e, &|a| ours(a.leaf), |seconds| {
        let signs: Vec<i64> = seconds.iter().filter(|s| s.1 > 0).map(|s| s.0).collect();
        all.1 += u64::from(!signs.is_empty());
        for (sweep, times) in all.0.iter_mut().zip(TIMES) {
            stretches(&signs, times * pause, pause, |from, to| sweep.add(from, to));
        }
    });
    all.counted(e.examined.attempts.sampling())
}

fn present_by_connections(e: &Evidence<'_>, pause: i64, ours: &dyn Fn(u32) -> bool) -> ([Counted; 3], u64, u64) {
    let mut all = Present3(Default::default(), 0);
    for client in e.examined.people.lasting.chunk_by(|a, b| a.client == b.client) {
        let own: Vec<(i64, i64)> = client.iter().filter(|l| ours(l.leaf)).map(|l| (l.from, l.to)).collect();
        all.1 += u64::from(!own.is_empty());
        for (sweep, times) in all.0.iter_mut().zip(TIMES) {
            // Who connects again within the pause was there all the time.
            let mut own: Vec<(i64, i64)> = own.iter().map(|&(a, b)| (a, b + times * pause)).collect();
            join(&mut own);
            own.iter().for_each(|&(a, b)| sweep.add(a, b - times * pause));
        }
    }
    all.counted(e.examined.people.lasting_sampling)
}

impl Crowd {
    /// Seconds without a sign of life that end a visit to the target, if this is about the target.
    pub(super) fn target_gap(&self) -> Option<i64> {
        (self.of_target && self.basis == Basis::Polls).then_some(TIMES[ANSWER] * self.pause)
    }

    /// The most at one time, with the range over the readings, and of the sample where there is one: of `n`
    /// clients one in `s` was looked at, so the standard deviation of the estimate is the root of n (s - 1).
    pub(super) fn peak(&self) -> Option<Peak> {
        let (at, n) = self.counted[ANSWER].peak()?;
        let all: Vec<u64> = self.counted.iter().filter_map(|c| c.peak().map(|p| p.1 * self.sampling)).collect();
        let spread = |n: u64| (Z95 * (n as f64 * (self.sampling - 1) as f64).sqrt()).ceil() as u64;
        let low = all.iter().copied().min().unwrap_or(0);
        let high = all.iter().copied().max().unwrap_or(0);
        Some(Peak {
            value: n * self.sampling,
            at: Micros(at * SECOND),
            low: low.saturating_sub(spread(low)),
            high: high + spread(high),
        })
    }

    /// How it was counted.
    pub(super) fn told(&self) -> Concurrency {
        let reading = |(counted, times): (&Counted, i64)| {
            let (at, n) = counted.peak()?;
            Some(GapReading { times, gap: times * self.pause, value: n * self.sampling, at: Micros(at * SECOND) })
        };
        Concurrency {
            of: self.of.clone(),
            of_target: self.of_target,
            basis: self.basis,
            pause: self.pause,
            readings: self.counted.iter().zip(TIMES).filter_map(reading).collect(),
            clients: self.clients,
            hours: (self.counted[ANSWER].total() * self.sampling) as f64 / 3_600.0,
            sampling: self.sampling,
        }
    }

    /// Writes the numbers at one time into the bins.
    pub(super) fn fill(&self, axis: &Axis, series: &mut [Present]) {
        for p in series {
            let from = p.t.0.div_euclid(SECOND);
            let most = |c: &Counted| c.most(from, from + axis.step.0.max(1)) * self.sampling;
            let all = self.counted.each_ref().map(most);
            p.concurrent = Some(all[ANSWER]);
            p.low = all.iter().min().copied();
            p.high = all.iter().max().copied();
        }
    }
}

//! Question: did good answers take far longer for a while?
//! Method: the logarithms of durations, each against the mean of its own resource (so that another mixture of
//! resources is no slowness), are cut into stretches of constant level; those that lie two doublings or more above the
//! level of the fastest ones are told: of the whole tier first, then of single resources.
//! Assumes: at least a quarter of the time was as fast as ever; durations are alike in kind within a resource.
//! Reference: `stats::level`; ratio of geometric means, for durations are skewed (Limpert, Stahel and Abbt,
//! BioScience 51, 2001).

use super::quiet::MAJOR;
use crate::case::Share;
use crate::case::slow::Slow;
use crate::event::Tier;
use crate::stats::interval::Z95;
use crate::stats::level::cuts;
use crate::survey::{Cube, LOG_STEPS};
use crate::time::Span;
use crate::words::{answer_time, percent};
use std::collections::BTreeMap;

/// Most bins looked at, as in the search for failures.
const BINS: u32 = 360;

/// Resources looked at: those with most good answers.
const THINGS_MAX: usize = 60;

/// Stretches told.
pub const TOLD_MAX: usize = 6;

/// Told from so many times the ordinary duration on: what loads and crowds do to a healthy service is less.
const TIMES_MIN: f64 = 4.0;

/// A typical answer of so many seconds is noticed: up to a tenth it seems to be at once (Nielsen, *Usability
/// Engineering*, 1993, ch. 5). Below, slowness is told and leaves no verdict open.
pub const NOTICED: f64 = 0.1;

/// Share of the bins with answers taken as ordinary: the fastest quarter, as in the search for failures.
const ORDINARY: f64 = 0.25;

/// Fewest answers in the stretch and outside it.
const ANSWERS_MIN: f64 = 30.0;

/// Shortest stretch told, in bins and in seconds: as in the search for fewer requests.
const LENGTH_MIN: usize = 3;
const SECS_MIN: f64 = 10.0;

/// A stretch with which the logs begin must be this part of them: caches are cold at first.
const FIRST_PART: f64 = 0.1;

/// Score below which chance may have made it: the square of five standard errors, beyond what the number of stretches
/// in [`BINS`] bins of [`THINGS_MAX`] resources lets chance reach once in a hundred bundles.
const SCORE_MIN: f64 = 30.0;

/// The stretches, those of the whole tier first. The outermost tier that tells durations for half of its good answers
/// is read.
#[must_use]
pub fn slow(cube: &Cube) -> Vec<Slow> {
    let mut by_tier: BTreeMap<Tier, (u64, u64)> = BTreeMap::new();
    for (s, _, cell) in &cube.cells {
        let sum = by_tier.entry(cube.series[*s as usize].tier).or_default();
        *sum = (sum.0 + cell.durations().0, sum.1 + cell.valid() - cell.bad());
    }
    let Some((&tier, _)) = by_tier.iter().find(|(_, (timed, good))| 2 * timed >= *good && *timed > 0) else { return Vec::new() };
    let hosts: std::collections::BTreeSet<&str> =
        cube.series.iter().filter(|s| s.tier == tier).map(|s| s.host.as_str()).collect();
    let name = |s: usize| {
        let of = &cube.series[s];
        if hosts.len() > 1 && of.name.starts_with('/') { format!("{}{}", of.host, of.name) } else { of.name.clone() }
    };
    let mut things: BTreeMap<String, (u64, Vec<usize>)> = BTreeMap::new();
    let mut answers = vec![0u64; cube.series.len()];
    for (s, _, cell) in &cube.cells {
        answers[*s as usize] += cell.durations().0;
    }
    for s in (0..cube.series.len()).filter(|&s| cube.series[s].tier == tier && answers[s] > 0) {
        let thing = things.entry(name(s)).or_default();
        thing.0 += answers[s];
        thing.1.push(s);
    }
    let all: Vec<usize> = things.values().flat_map(|t| t.1.iter().copied()).collect();
    let mut list: Vec<(String, u64, Vec<usize>)> = things.into_iter().map(|(k, (n, s))| (k, n, s)).collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list.truncate(THINGS_MAX);
    let whole = Levels::of(cube, &all);
    let mut found = whole.told(cube, "site", tier, &whole);
    let mut single: Vec<Slow> = list.iter().flat_map(|(k, _, s)| Levels::of(cube, s).told(cube, k, tier, &whole)).collect();
    single.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| (&a.resource, a.from).cmp(&(&b.resource, b.from))));
    // Of single resources only what is noticed: some are always answered in no time at all.
    for s in single.into_iter().filter(|s| s.during >= NOTICED) {
        let at = Span::new(s.from, s.to);
        let told =
            |f: &Slow| f.resource == "site" && Span::new(f.from, f.to).intersect(at).is_some_and(|i| i.secs() >= 0.5 * at.secs());
        if !found.iter().any(told) {
            found.push(s);
        }
    }
    found.truncate(TOLD_MAX);
    found
}

/// Whether a stretch keeps "nothing happened" from being said: a major part of the traffic, and slow enough to notice.
#[must_use]
pub fn matters(s: &Slow) -> bool {
    s.during >= NOTICED && (s.resource == "site" || s.share >= MAJOR)
}

/// What it means, in a sentence without the resource's name.
#[must_use]
pub fn says(s: &Slow) -> String {
    let of = |x: Option<f64>| x.map_or_else(|| "?".to_owned(), short);
    format!(
        "good answers took {} times as long as otherwise ({} to {} times): typically {} instead of {}{}. An answer that comes late is still \
         counted as good; whether users waited for it is not in these logs.",
        of(s.times.value),
        of(s.times.low),
        of(s.times.high),
        answer_time(s.during),
        answer_time(s.before),
        if s.resource == "site" { String::new() } else { format!(" ({} of all answers then)", percent(s.share)) }
    )
}

fn short(x: f64) -> String {
    if x < 10.0 { format!("{x:.1}") } else { format!("{x:.0}") }
}

/// Mean deviation of the logarithm from that of the same series, by bin: (answers, sum of deviations).
struct Levels {
    start: u32,
    width: u32,
    bins: Vec<(f64, f64)>,
    /// Of all bins: answers and sum of logarithms, as logged.
    raw: Vec<(u64, u64)>,
}

impl Levels {
    fn of(cube: &Cube, series: &[usize]) -> Levels {
        let range = cube.bins();
        let width = (range.end - range.start).div_ceil(BINS).max(1);
        let m = (range.end - range.start).div_ceil(width) as usize;
        let mut chosen = vec![false; cube.series.len()];
        series.iter().for_each(|&s| chosen[s] = true);
        let mut usual = vec![(0u64, 0u64); cube.series.len()];
        let cells = || cube.cells.iter().filter(|(s, ..)| chosen[*s as usize]).map(|(s, b, c)| (*s as usize, *b, c.durations()));
        for (s, _, (n, logs)) in cells() {
            usual[s] = (usual[s].0 + n, usual[s].1 + logs);
        }
        let (mut bins, mut raw) = (vec![(0.0, 0.0); m], vec![(0, 0); m]);
        for (s, bin, (n, logs)) in cells().filter(|c| c.2.0 > 0) {
            let at = ((bin - range.start) / width) as usize;
            let mean = usual[s].1 as f64 / usual[s].0 as f64;
            bins[at] = (bins[at].0 + n as f64, bins[at].1 + logs as f64 - n as f64 * mean);
            raw[at] = (raw[at].0 + n, raw[at].1 + logs);
        }
        Levels { start: range.start, width, bins, raw }
    }

    /// Stretches above the ordinary: first and end bin.
    fn search(&self) -> Vec<(usize, usize, f64, f64)> {
        let filled: Vec<usize> = (0..self.bins.len()).filter(|&i| self.bins[i].0 > 0.0).collect();
        let Some(variance) = self.variance(&filled) else { return Vec::new() };
        let mut sums = vec![(0.0, 0.0, 0.0)];
        for &i in &filled {
            let ((n, d), last) = (self.bins[i], sums[sums.len() - 1]);
            sums.push((last.0 + n, last.1 + d, last.2 + d * d / n));
        }
        let of = |a: usize, b: usize| (sums[b].0 - sums[a].0, sums[b].1 - sums[a].1, sums[b].2 - sums[a].2);
        let cost = |a: usize, b: usize| {
            let (n, d, squares) = of(a, b);
            (squares - d * d / n) / variance
        };
        let borders = cuts(filled.len(), 2.0 * (filled.len().max(2) as f64).ln(), cost);
        let mut stretches: Vec<(usize, usize, f64, f64)> = borders
            .windows(2)
            .map(|w| {
                let (n, d, _) = of(w[0], w[1]);
                (w[0], w[1], n, d / n)
            })
            .collect();
        let mut order: Vec<usize> = (0..stretches.len()).collect();
        order.sort_by(|&a, &b| stretches[a].3.total_cmp(&stretches[b].3).then_with(|| a.cmp(&b)));
        let (mut have, mut n, mut sum) = (0.0, 0.0, 0.0);
        for i in order {
            let s = stretches[i];
            if have >= ORDINARY * filled.len() as f64 {
                break;
            }
            (have, n, sum) = (have + (s.1 - s.0) as f64, n + s.2, sum + s.2 * s.3);
        }
        if n < ANSWERS_MIN {
            return Vec::new();
        }
        let level = sum / n;
        stretches.retain(|s| s.3 - level >= f64::from(LOG_STEPS) * TIMES_MIN.log2());
        let runs = stretches.chunk_by(|a, b| a.1 == b.0).map(|run| {
            let (a, b) = (run[0].0, run[run.len() - 1].1);
            let (inside, d, _) = of(a, b);
            let rise = d / inside - level;
            let error = (variance * (1.0 / inside + 1.0 / n)).sqrt();
            (filled[a], filled[b - 1] + 1, inside, rise, error)
        });
        let sure = |r: &(usize, usize, f64, f64, f64)| r.2 >= ANSWERS_MIN && (r.3 / r.4).powi(2) >= SCORE_MIN;
        runs.filter(sure).map(|(a, b, _, rise, error)| (a, b, rise, error)).collect()
    }

    /// Variance of one answer's deviation that bins differ by: from differences of neighbours, so that steps do not
    /// count, and at least that of a sixteenth of a doubling, for clocks have grains.
    fn variance(&self, filled: &[usize]) -> Option<f64> {
        let pair = |w: &[usize]| {
            let ((n, d), (m, e)) = (self.bins[w[0]], self.bins[w[1]]);
            (d / n - e / m).powi(2) / (1.0 / n + 1.0 / m)
        };
        let mut squares: Vec<f64> = filled.windows(2).map(pair).collect();
        if squares.len() < 8 {
            return None;
        }
        squares.sort_by(f64::total_cmp);
        Some((squares[squares.len() / 2] / 0.455).max(0.25))
    }

    fn told(&self, cube: &Cube, resource: &str, tier: Tier, whole: &Levels) -> Vec<Slow> {
        let sum = |raw: &[(u64, u64)]| raw.iter().fold((0, 0), |s, r| (s.0 + r.0, s.1 + r.1));
        let at = |i: usize| cube.step.start(i64::from(self.start) + i as i64 * i64::from(self.width));
        let times = |steps: f64| (steps / f64::from(LOG_STEPS)).exp2();
        let found = self.search();
        let whole_secs = Span::new(at(0), at(self.bins.len())).secs();
        let long = |a: usize, b: usize| {
            let secs = Span::new(at(a), at(b)).secs();
            let first = self.raw[..a].iter().all(|r| r.0 == 0);
            b - a >= LENGTH_MIN && secs >= SECS_MIN && (!first || secs >= FIRST_PART * whole_secs)
        };
        found
            .into_iter()
            .filter(|&(a, b, ..)| long(a, b))
            .map(|(a, b, rise, error)| {
                let (n, logs) = sum(&self.raw[a..b]);
                let typical = times(logs as f64 / n as f64) / 1e6;
                Slow {
                    resource: resource.to_owned(),
                    tier,
                    from: at(a),
                    to: at(b),
                    requests: n,
                    share: n as f64 / sum(&whole.raw[a..b]).0.max(1) as f64,
                    times: Share {
                        value: Some(times(rise)),
                        low: Some(times(rise - Z95 * error)),
                        high: Some(times(rise + Z95 * error)),
                    },
                    before: typical / times(rise),
                    during: typical,
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(level: impl Fn(usize) -> f64) -> Vec<(usize, usize, f64)> {
        let noise = [0.5, -0.3, 0.8, -0.9, 0.1, -0.2, 0.4];
        let bins = (0..100).map(|i| (20.0, 20.0 * (level(i) + noise[i * 3 % 7]))).collect();
        let levels = Levels { start: 0, width: 1, bins, raw: vec![(20, 0); 100] };
        levels.search().iter().map(|s| (s.0, s.1, s.2)).collect()
    }

    #[test]
    fn answers_ten_times_as_slow_are_found_and_twice_as_slow_are_ordinary() {
        let tenfold = f64::from(LOG_STEPS) * 10f64.log2();
        let slow = found(|i| if (40..60).contains(&i) { tenfold } else { 0.0 });
        assert!(matches!(slow[..], [(40, 60, rise)] if (rise - tenfold).abs() < 1.0), "{slow:?}");
        assert!(found(|i| if (40..60).contains(&i) { f64::from(LOG_STEPS) } else { 0.0 }).is_empty());
        // A slow course of the day, a doubling in all.
        assert!(found(|i| i as f64 / 100.0 * f64::from(LOG_STEPS)).is_empty());
    }
}

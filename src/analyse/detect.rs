//! Question: when and on what did failures rise beyond the ordinary?
//! Method: every series of the survey (site, host, resource, POP, backend, instance) is cut into
//! stretches of constant failing share; stretches significantly above the series' healthy share
//! are candidates.
//! Assumes: at least a quarter of the time with evidence was healthy.
//! Reference: `stats::segment`; likelihood ratio against the shrunk healthy share.

use super::leaves::pool;
use super::localise::SHRINK;
use super::refused::refused;
use crate::event::Tier;
use crate::outcome::Outcome;
use crate::stats::bouts::FOOTHILL;
use crate::stats::segment::{Count, Stretch, dispersion, stretches};
use crate::stats::special::x_ln_ratio;
use crate::survey::{Cell, Cube, Series};
use crate::time::Span;
use std::collections::BTreeMap;

/// Most bins a series is cut into for detection; dating is finer (see `dating`).
const BINS: u32 = 360;

/// Most series looked at per attribute: those with most bad responses.
pub(super) const SERIES_MAX: usize = 60;

/// Least rise of a candidate: what cuts its bouts asks for the same.
pub use crate::stats::bouts::RISE_MIN;

/// Chance of one false candidate in a bundle, by Bonferroni over all stretches of all series.
const FALSE_ALARM: f64 = 0.01;

/// As [`FALSE_ALARM`], for what is no candidate and yet keeps "nothing failed" from being said. The bound of
/// Bonferroni is far from reached, since neighbouring stretches and the series of one request are alike: in
/// simulations where nothing failed (docs/calibration.md) about one log in a hundred has such a stretch.
const FAINT_ALARM: f64 = 100.0;

/// Share of bins with evidence taken as healthy: a quarter, so that an outage may last most of the log.
const HEALTHY_SHARE: f64 = 0.25;

/// A pause shorter than this part of the whole is a dip in one failure, not the end of it.
pub const PAUSE_SHARE: f64 = 0.1;

/// One stretch of failure of one series.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// `site`, `host`, `resource`, `pop`, `backend` or `instance`.
    pub attribute: &'static str,
    /// Its value; empty for the site.
    pub value: String,
    /// From the first to the end of the last elevated bin.
    pub span: Span,
    /// Valid requests.
    pub requests: u64,
    /// Bad ones.
    pub bad: u64,
    /// Log-likelihood ratio against the healthy share, after dispersion.
    pub score: f64,
    /// Whether what rose is not failures but refusals (4xx) of a resource that hardly ever had any:
    /// a page that is gone for its visitors is down, whatever the status says.
    pub refused: bool,
    /// The host, where what was refused is a resource of one.
    pub host: String,
    /// What was refused: resources (host, name) that ordinarily are not.
    pub gone: Vec<(String, String)>,
}

/// What is counted as bad.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Failed, shed, degraded, among valid requests.
    Failures,
    /// Failed, shed, degraded and ambiguous, among valid and ambiguous requests.
    Worst,
}

/// Survey bins per detection bin.
pub(super) fn width(cube: &Cube) -> u32 {
    let range = cube.bins();
    (range.end - range.start).div_ceil(BINS).max(1)
}

type Key = fn(&Series) -> &str;

pub(super) const ATTRIBUTES: [(&str, Key); 6] = [
    ("site", |_| "site"),
    ("host", |s| &s.host),
    ("resource", |s| &s.name),
    ("pop", |s| &s.pop),
    ("backend", |s| pool(&s.backend)),
    ("instance", |s| &s.instance),
];

/// All candidates of `tier`, strongest first.
#[must_use]
pub fn candidates(cube: &Cube, tier: Tier) -> Vec<Candidate> {
    search(cube, tier, Kind::Failures, FALSE_ALARM)
}

/// As [`candidates`], with those as well that chance may have made: what could hide where nothing
/// else was found.
#[must_use]
pub fn faint_candidates(cube: &Cube, tier: Tier) -> Vec<Candidate> {
    search(cube, tier, Kind::Failures, FAINT_ALARM)
}

/// As [`candidates`], with ambiguous answers as failures.
#[must_use]
pub fn candidates_at_worst(cube: &Cube, tier: Tier) -> Vec<Candidate> {
    search(cube, tier, Kind::Worst, FALSE_ALARM)
}

fn search(cube: &Cube, tier: Tier, failing: Kind, alarms: f64) -> Vec<Candidate> {
    let range = cube.bins();
    let width = width(cube);
    let bins = (range.end - range.start).div_ceil(width) as usize;
    let mut found = Vec::new();
    let (bad, n) = cube.cells.iter().filter(|(s, ..)| cube.series[*s as usize].tier == tier).fold((0, 0), |sum, (_, _, cell)| {
        let mut one = Count::default();
        add(&mut one, cell, failing);
        (sum.0 + one.bad, sum.1 + one.n)
    });
    // Told anew from its healthy stretches once the site itself has been cut.
    let mut site_rate = (bad as f64 + 0.5) / (n as f64 + 1.0);
    for (attribute, key) in ATTRIBUTES {
        let mut series: BTreeMap<&str, Vec<Count>> = BTreeMap::new();
        for (s, bin, cell) in &cube.cells {
            let of = &cube.series[*s as usize];
            let value = key(of);
            if of.tier == tier && !value.is_empty() {
                let counts = series.entry(value).or_insert_with(|| vec![Count::default(); bins]);
                add(&mut counts[((bin - range.start) / width) as usize], cell, failing);
            }
        }
        if attribute != "site" && series.len() < 2 && attribute != "resource" {
            continue;
        }
        for (value, counts) in most_bad(series) {
            let phi = dispersion(&counts);
            let cuts = stretches(&counts, phi);
            let healthy = healthy(&cuts, &counts);
            if attribute == "site" {
                site_rate = (healthy.bad as f64 + 0.5) / (healthy.n as f64 + 1.0);
            }
            for (from, to, sum, score) in elevated(&cuts, &counts, healthy, (site_rate, phi), alarms) {
                let bin = |i: usize| i64::from(range.start + (i as u32) * width);
                let span = Span::new(cube.step.start(bin(from)), cube.step.start(bin(to)));
                let value = if attribute == "site" { String::new() } else { value.to_owned() };
                found.push(Candidate {
                    attribute,
                    value,
                    span,
                    requests: sum.n,
                    bad: sum.bad,
                    score,
                    refused: false,
                    host: String::new(),
                    gone: Vec::new(),
                });
            }
        }
    }
    found.extend(refused(cube, tier, alarms));
    found.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| (a.attribute, &a.value, a.span).cmp(&(b.attribute, &b.value, b.span)))
    });
    found
}

fn add(count: &mut Count, cell: &Cell, kind: Kind) {
    match kind {
        Kind::Failures => (count.bad, count.n) = (count.bad + cell.bad(), count.n + cell.valid()),
        Kind::Worst => {
            let open = cell.of(Outcome::Ambiguous);
            (count.bad, count.n) = (count.bad + cell.bad() + open, count.n + cell.valid() + open);
        }
    }
}

/// The series with most bad answers, first those; with fewer than three there is nothing to find.
pub(super) fn most_bad<K: Ord>(series: BTreeMap<K, Vec<Count>>) -> Vec<(K, Vec<Count>)> {
    let bad = |c: &[Count]| c.iter().map(|x| x.bad).sum::<u64>();
    let mut list: Vec<(K, Vec<Count>)> = series.into_iter().filter(|(_, c)| bad(c) >= 3).collect();
    list.sort_by(|a, b| bad(&b.1).cmp(&bad(&a.1)).then_with(|| a.0.cmp(&b.0)));
    list.truncate(SERIES_MAX);
    list
}

/// The healthiest stretches that together hold [`HEALTHY_SHARE`] of the bins with evidence, summed.
pub(super) fn healthy(cuts: &[Stretch], counts: &[Count]) -> Count {
    let mut order: Vec<&Stretch> = cuts.iter().filter(|s| s.n > 0).collect();
    order.sort_by(|a, b| a.rate().total_cmp(&b.rate()).then_with(|| a.from.cmp(&b.from)));
    let filled = |s: &Stretch| counts[s.from..s.to].iter().filter(|c| c.n > 0).count() as f64;
    let wanted = HEALTHY_SHARE * order.iter().map(|s| filled(s)).sum::<f64>();
    let (mut sum, mut have) = (Count::default(), 0.0);
    for s in order {
        if have >= wanted && have > 0.0 {
            break;
        }
        sum = Count { bad: sum.bad + s.bad, n: sum.n + s.n };
        have += filled(s);
    }
    sum
}

/// Runs of neighbouring elevated stretches: first bin, end bin, counts, score.
pub(super) fn elevated(
    cuts: &[Stretch],
    counts: &[Count],
    healthy: Count,
    (site_rate, phi): (f64, f64),
    alarms: f64,
) -> Vec<Run> {
    let bins = counts.len();
    let p0 = (healthy.bad as f64 + SHRINK * site_rate) / (healthy.n as f64 + SHRINK);
    let stretches_possible = (bins * (bins + 1)) as f64 / 2.0;
    // Searched twice: for failures and for refusals.
    let series = (SERIES_MAX * 2 * ATTRIBUTES.len()) as f64;
    let needed = (stretches_possible * series / alarms).ln();
    let llr = |bad: u64, n: u64| {
        let (v, n) = (bad as f64, n as f64);
        (x_ln_ratio(v, n * p0) + x_ln_ratio(n - v, n * (1.0 - p0))) / phi
    };
    let is_elevated = |s: &&Stretch| s.n > 0 && s.rate() >= p0 + RISE_MIN.max(p0) && llr(s.bad, s.n) >= 3.0;
    let all: Vec<&Stretch> = cuts.iter().filter(is_elevated).collect();
    let runs = all.chunk_by(|a, b| a.to == b.from).map(|run| {
        let run = without_foothills(run);
        let (from, to) = trimmed(counts, run[0].from, run[run.len() - 1].to, p0);
        (from, to, sum(&counts[from..to]))
    });
    let runs = runs.collect();
    let scored = bridged(runs, counts).into_iter().map(|(a, b, c)| (a, b, c, llr(c.bad, c.n))).collect();
    recurring(scored, counts, (series / alarms).ln()).into_iter().filter(|r| r.3 >= needed).collect()
}

/// A run: first bin, end bin, counts, score.
pub(super) type Run = (usize, usize, Count, f64);

/// From so many alike runs on they are bouts of one failure that comes back.
pub const BOUTS_MIN: usize = 3;

/// Bouts of one failure differ in length by no more than this factor: short outages before a long one
/// are outages of their own.
pub const BOUTS_ALIKE: usize = 3;

/// A pause between bouts is at most so many times as long as the longest bout: what is rarer is told
/// one by one.
pub const PAUSE_MAX: usize = 5;

/// Joins runs that are alike and come back soon into one failure with bouts. Each must be worth its
/// own place, as likely as any other beforehand; all together must be worth theirs and that of the
/// series, whose price is `ln_series`. As much as [`HEALTHY_SHARE`] of the bins with evidence must be
/// left to compare with. The score is that of the bouts.
fn recurring(runs: Vec<Run>, counts: &[Count], ln_series: f64) -> Vec<Run> {
    let bins = counts.len() as f64;
    let filled = |a: usize, b: usize| counts[a..b].iter().filter(|c| c.n > 0).count() as f64;
    let (sure, mut out): (Vec<Run>, Vec<Run>) = runs.into_iter().partition(|r| r.3 >= (bins * (bins + 1.0) / 2.0).ln());
    let alike = |chain: &[Run], next: &Run| {
        let lengths = chain.iter().chain([next]).map(|r| r.1 - r.0);
        let (short, long) = lengths.fold((usize::MAX, 0), |s, l| (s.0.min(l), s.1.max(l)));
        let pause = next.0 - chain.last().map_or(next.0, |last| last.1);
        long <= BOUTS_ALIKE * short && pause <= PAUSE_MAX * long
    };
    let mut rest = sure.as_slice();
    while let Some(first) = rest.first() {
        let mut n = 1;
        while rest.get(n).is_some_and(|next| alike(&rest[..n], next)) {
            n += 1;
        }
        let chain = &rest[..n];
        let (from, to) = (first.0, chain[n - 1].1);
        let score: f64 = chain.iter().map(|r| r.3).sum();
        // ln of the ways to choose two ends for each of n bouts.
        let places: f64 = (0..2 * n).map(|i| ((bins - i as f64).max(1.0) / (i + 1) as f64).ln()).sum();
        let left = filled(0, counts.len()) - filled(from, to);
        if n >= BOUTS_MIN && score >= places + ln_series && left >= HEALTHY_SHARE * filled(0, counts.len()) {
            out.push((from, to, sum(&counts[from..to]), score));
        } else {
            out.extend(chain);
        }
        rest = &rest[n..];
    }
    out.sort_by_key(|r| r.0);
    out
}

/// A run without the stretches at its ends that fail for less than [`FOOTHILL`] of its peak: a stray
/// failure in thin traffic next to an outage is not its beginning.
fn without_foothills<'s, 'c>(run: &'s [&'c Stretch]) -> &'s [&'c Stretch] {
    let peak = run.iter().map(|s| s.rate()).fold(0.0, f64::max);
    let high = |s: &&Stretch| s.rate() >= FOOTHILL * peak;
    let from = run.iter().position(high).unwrap_or(0);
    let to = run.iter().rposition(high).map_or(run.len(), |i| i + 1);
    &run[from..to]
}

pub(super) fn sum(counts: &[Count]) -> Count {
    counts.iter().sum()
}

/// The bins `from..to` without those at either end that fit the healthy share `p0` better than the
/// run's own: where traffic before an outage is thin and the outage itself uneven, the cut by
/// segments may come too early. Cumulative sum of log-likelihood ratios (Page, Biometrika 41, 1954).
#[must_use]
pub fn trimmed(counts: &[Count], from: usize, to: usize, p0: f64) -> (usize, usize) {
    let all = sum(&counts[from..to]);
    let p1 = (all.bad as f64 / all.n.max(1) as f64).min(0.999);
    if p1 <= p0 {
        return (from, to);
    }
    let fits_healthy = |c: &Count| c.bad as f64 * (p0 / p1).ln() + (c.n - c.bad) as f64 * ((1.0 - p0) / (1.0 - p1)).ln();
    let best = |bins: &mut dyn Iterator<Item = &Count>| {
        let (mut reached, mut most, mut cut) = (0.0, 0.0, 0);
        for (i, c) in bins.enumerate() {
            reached += fits_healthy(c);
            if reached > most {
                (most, cut) = (reached, i + 1);
            }
        }
        cut
    };
    let head = best(&mut counts[from..to].iter());
    let tail = best(&mut counts[from + head..to].iter().rev());
    // Silence at either end is no failure: nobody asked.
    let silent = |bins: &mut dyn Iterator<Item = &Count>| bins.take_while(|c| c.n == 0).count();
    let (from, to) = (from + head, to - tail);
    let from = (from + silent(&mut counts[from..to].iter())).min(to);
    (from, to - silent(&mut counts[from..to].iter().rev()))
}

/// Joins runs whose pause is at most [`PAUSE_SHARE`] of both together: a dip, not a recovery.
fn bridged(runs: Vec<(usize, usize, Count)>, counts: &[Count]) -> Vec<(usize, usize, Count)> {
    let mut out: Vec<(usize, usize, Count)> = Vec::new();
    for run in runs {
        let mut run = run;
        while let Some(last) = out.last() {
            if (run.0 - last.1) as f64 > PAUSE_SHARE * (run.1 - last.0) as f64 {
                break;
            }
            let pause = sum(&counts[last.1..run.0]);
            run = (last.0, run.1, Count { bad: last.2.bad + pause.bad + run.2.bad, n: last.2.n + pause.n + run.2.n });
            out.pop();
        }
        out.push(run);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(plan: &[(usize, u64, u64)]) -> Vec<Count> {
        plan.iter().flat_map(|&(bins, bad, n)| std::iter::repeat_n(Count { bad, n }, bins)).collect()
    }

    #[test]
    fn thin_traffic_before_an_uneven_outage_is_cut_off_its_head() {
        let mut counts = bins(&[(10, 0, 2), (1, 1, 1), (10, 0, 3), (10, 20, 25), (10, 40, 40)]);
        assert_eq!(trimmed(&counts, 0, 41, 0.002), (21, 41));
        counts.extend(bins(&[(5, 0, 30)]));
        assert_eq!(trimmed(&counts, 0, 46, 0.002), (21, 41));
    }

    #[test]
    fn a_short_pause_is_bridged_and_a_long_one_is_not() {
        let counts = bins(&[(20, 8, 10), (2, 0, 10), (20, 8, 10)]);
        let runs = |to_second| vec![(0, 20, sum(&counts[0..20])), (to_second, 42, sum(&counts[to_second..42]))];
        assert_eq!(bridged(runs(22), &counts).len(), 1);
        let counts = bins(&[(20, 8, 10), (20, 0, 10), (20, 8, 10)]);
        assert_eq!(bridged(vec![(0, 20, sum(&counts[0..20])), (40, 60, sum(&counts[40..60]))], &counts).len(), 2);
    }

    #[test]
    fn bouts_that_come_back_are_one_failure_and_unlike_ones_are_not() {
        let plan = |lengths: &[usize]| {
            let mut plan = vec![(60, 0, 20)];
            plan.extend(lengths.iter().flat_map(|l| [(*l, 12, 20), (20, 0, 20)]));
            plan.push((60, 0, 20));
            let counts = bins(&plan);
            let mut at = 60;
            let runs = lengths.iter().map(|l| {
                let run = (at, at + l, sum(&counts[at..at + l]), 100.0);
                at += l + 20;
                run
            });
            recurring(runs.collect(), &counts, 10.0).iter().map(|r| (r.0, r.1)).collect::<Vec<_>>()
        };
        assert_eq!(plan(&[10, 10, 12]), [(60, 132)]);
        assert_eq!(plan(&[10, 10]), [(60, 70), (90, 100)]);
        assert_eq!(plan(&[4, 5, 60]).len(), 3);
        // Too little would be left to compare with.
        assert_eq!(plan(&[20; 12]).len(), 12);
    }

    #[test]
    fn the_healthy_share_is_that_of_the_healthiest_quarter() {
        let counts = bins(&[(30, 9, 10), (10, 0, 10)]);
        let cuts = stretches(&counts, 1.0);
        assert_eq!(healthy(&cuts, &counts), Count { bad: 0, n: 100 });
    }
}

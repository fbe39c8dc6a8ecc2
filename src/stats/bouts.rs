//! Cuts a stretch of failure into bouts, and dates each of them.

use super::change::{ChangePoint, OUTAGE_BINS, STRONG, change_point, ln_factor, outage};
use super::segment::{Count, Stretch, dispersion_within, stretches};

/// Most bins that are cut: more are pooled. Cutting takes up to the square of it.
const BINS: usize = 1_024;

/// What fails does so for at least this much more than the healthy share: one percentage point, and as much again as the
/// healthy share. Smaller rises are real in large logs, but no outage anyone asks about ...
pub const RISE_MIN: f64 = 0.01;

/// ... and for at least this part of the worst stretch's: less is the healthy state with stragglers in it.
pub const FOOTHILL: f64 = 0.1;

/// Bins at least that are looked at on either side of a change, and within the failure.
const CONTEXT: usize = 60;

/// The bouts of a stretch of failure, as half-open ranges of bins, and the dispersion within bouts
/// and pauses.
#[derive(Clone, Debug, PartialEq)]
pub struct Bouts {
    /// In order; none overlap.
    pub spans: Vec<(usize, usize)>,
    /// How much more bins of one state differ than chance lets them; at least 1.
    pub dispersion: f64,
}

/// Cuts `counts`, whose healthy failing share is `healthy`, into bouts: optimal partitioning, then
/// neighbouring stretches of the same state joined. Every pause and every bout stands only where the
/// data favour it strongly (see [`ln_factor`]) over none; so there may be no bout at all.
#[must_use]
pub fn bouts(counts: &[Count], healthy: f64) -> Bouts {
    let width = counts.len().div_ceil(BINS).max(1);
    let pooled: Vec<Count> = counts.chunks(width).map(|c| c.iter().sum()).collect();
    let m = pooled.len();
    // Cut as if there were no dispersion, the states show how much there is; then cut with it.
    let first = dispersion_of(&pooled, &failing(&pooled, healthy, 1.0));
    let mut runs = failing(&pooled, healthy, first);
    let phi = dispersion_of(&pooled, &runs).max(first);
    let sum = |from: usize, to: usize| pooled[from..to].iter().sum::<Count>();
    // A pause that is none, the least sure first.
    while let Some((i, factor)) = least_of((1..runs.len()).map(|i| {
        let (a, b) = (runs[i - 1], runs[i]);
        ln_factor(sum(a.0, a.1), sum(a.1, b.0), sum(b.0, b.1), m, phi)
    })) && factor < STRONG
    {
        runs[i].1 = runs[i + 1].1;
        runs.remove(i + 1);
    }
    // A bout that is none.
    while let Some((i, factor)) = least_of((0..runs.len()).map(|i| {
        let (from, to) = (if i == 0 { 0 } else { runs[i - 1].1 }, runs.get(i + 1).map_or(m, |n| n.0));
        ln_factor(sum(from, runs[i].0), sum(runs[i].0, runs[i].1), sum(runs[i].1, to), m, phi)
    })) && factor < STRONG
    {
        runs.remove(i);
    }
    let phi = dispersion_of(&pooled, &runs);
    let spans: Vec<(usize, usize)> = runs.iter().map(|r| (r.0 * width, (r.1 * width).min(counts.len()))).collect();
    Bouts { spans, dispersion: phi }
}

/// Runs of stretches that fail, by optimal partitioning.
fn failing(counts: &[Count], healthy: f64, dispersion: f64) -> Vec<(usize, usize)> {
    let cuts = stretches(counts, dispersion);
    let peak = cuts.iter().map(Stretch::rate).fold(0.0, f64::max);
    let least = healthy + RISE_MIN.max(healthy).max(FOOTHILL * (peak - healthy));
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for s in cuts.iter().filter(|s| s.n > 0 && s.rate() >= least) {
        match runs.last_mut() {
            Some(last) if last.1 == s.from => last.1 = s.to,
            _ => runs.push((s.from, s.to)),
        }
    }
    runs
}

/// The dispersion of the worse of both states: bouts, and what lies before, between and after them.
/// One cannot stand for the other: a failing share that goes up and down from minute to minute is no
/// rarity, while the healthy one is steady.
fn dispersion_of(counts: &[Count], runs: &[(usize, usize)]) -> f64 {
    let mut pauses = Vec::new();
    let mut at = 0;
    for &(from, to) in runs {
        pauses.push((at, from));
        at = to;
    }
    pauses.push((at, counts.len()));
    dispersion_within(counts, runs).max(dispersion_within(counts, &pauses))
}

fn least_of(values: impl Iterator<Item = f64>) -> Option<(usize, f64)> {
    values.enumerate().reduce(|a, b| if b.1 < a.1 { b } else { a })
}

impl Bouts {
    /// Onset and recovery of bout `i`, in borders of the same `counts`; `None` where no change can
    /// be seen on that side. Looked at is the bout with what lies on both sides of it, up to its
    /// neighbours: all of it together where that is short ([`outage`]), else an eighth of the bout or
    /// sixty bins (whichever is more) on both sides of either end, so that a failure that eases
    /// half-way has its end where it ends, not where it changed most. Where the range reaches to the
    /// edge of that, twice as much is looked at, and so on.
    #[must_use]
    pub fn ends(&self, counts: &[Count], i: usize) -> (Option<ChangePoint>, Option<ChangePoint>) {
        let Some(&(from, to)) = self.spans.get(i) else { return (None, None) };
        let first = if i == 0 { 0 } else { self.spans[i - 1].1 };
        let last = self.spans.get(i + 1).map_or(counts.len(), |n| n.0);
        let reach = ((to - from) / 8).max(CONTEXT);
        let (low, high) = (first.max(from.saturating_sub(2 * reach)), last.min(to + 2 * reach));
        if high - low <= OUTAGE_BINS
            && let Some((a, b)) = outage(&counts[low..high], self.dispersion)
        {
            return (Some(a.moved(low)), Some(b.moved(low)));
        }
        let middle = from.midpoint(to).max(from + 1);
        let onset = within(from, (first, middle), reach, |a, b| change_point(&counts[a..b], self.dispersion, true));
        let recovery = within(to, (middle.min(to - 1), last), reach, |a, b| change_point(&counts[a..b], self.dispersion, false));
        (onset, recovery)
    }
}

/// Dates the change near `border` in ever wider surroundings, until its range no longer reaches to
/// their edge or they are all there is of `limits`.
fn within(
    border: usize,
    limits: (usize, usize),
    reach: usize,
    date: impl Fn(usize, usize) -> Option<ChangePoint>,
) -> Option<ChangePoint> {
    let mut reach = reach;
    loop {
        let (from, to) = (limits.0.max(border.saturating_sub(reach)), limits.1.min(border + reach));
        let found = date(from, to).map(|c| c.moved(from));
        let margin = (to - from) / 10;
        let inside = |c: &ChangePoint| (from == limits.0 || c.low >= from + margin) && (to == limits.1 || c.high + margin <= to);
        if (from, to) == limits || found.as_ref().is_some_and(inside) {
            return found;
        }
        reach *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(plan: &[(usize, u64, u64)]) -> Vec<Count> {
        plan.iter().flat_map(|&(bins, bad, n)| std::iter::repeat_n(Count { bad, n }, bins)).collect()
    }

    #[test]
    fn failures_that_come_back_are_bouts_each_dated() {
        let plan: Vec<(usize, u64, u64)> = (0..9).map(|i| (20, if i % 2 == 0 { 0 } else { 12 }, 15)).collect();
        let counts = steps(&plan);
        let found = bouts(&counts, 0.001);
        assert_eq!(found.spans, [(20, 40), (60, 80), (100, 120), (140, 160)]);
        for (i, span) in found.spans.iter().enumerate() {
            let (a, b) = found.ends(&counts, i);
            assert_eq!((a.map(|a| a.at), b.map(|b| b.at)), (Some(span.0), Some(span.1)));
        }
    }

    #[test]
    fn a_dip_that_a_few_good_answers_make_is_no_pause() {
        let counts = steps(&[(50, 0, 10), (30, 5, 10), (2, 0, 2), (30, 5, 10), (50, 0, 10)]);
        assert_eq!(bouts(&counts, 0.001).spans, [(50, 112)]);
        let silent = steps(&[(50, 0, 10), (30, 9, 10), (20, 0, 0), (30, 9, 10), (50, 0, 10)]);
        assert_eq!(bouts(&silent, 0.001).spans.len(), 1, "nobody asked: no evidence of a pause");
    }

    #[test]
    fn many_bins_are_pooled_and_the_ends_dated_in_the_fine_ones() {
        let counts = steps(&[(2_001, 0, 3), (1_003, 2, 3), (1_000, 0, 3)]);
        let found = bouts(&counts, 0.001);
        assert_eq!(found.spans.len(), 1);
        let (a, b) = found.ends(&counts, 0);
        assert_eq!((a.map(|a| a.at), b.map(|b| b.at)), (Some(2_001), Some(3_004)));
    }

    #[test]
    fn bouts_are_found_in_thin_traffic_too() {
        // A request every ten bins of five seconds, nine of ten failing for ten minutes of twenty.
        let failing = |i: usize| i / 120 % 2 == 1;
        let counts: Vec<Count> = (0..1_080)
            .map(|i| Count { bad: u64::from(i % 10 == 0 && failing(i) && i % 100 != 50), n: u64::from(i % 10 == 0) })
            .collect();
        assert_eq!(bouts(&counts, 0.002).spans.len(), 4);
    }

    #[test]
    fn nothing_is_no_bout() {
        assert!(bouts(&[], 0.01).spans.is_empty());
        assert!(bouts(&steps(&[(50, 0, 10)]), 0.001).spans.is_empty());
        assert!(bouts(&steps(&[(50, 0, 0)]), 0.001).spans.is_empty());
    }
}

//! How long good answers took: counts in buckets of time by leaf and stretch of the axis.
//!
//! Only good answers, as quick errors would make a failing service look fast (Beyer, Jones, Petoff and
//! Murphy, *Site Reliability Engineering*, 2016, ch. 6).

use crate::stats::quantile::{COARSEST, bucket, error, middle, quantiles};
use crate::time::{Micros, SECOND, Span, Step};
use rustc_hash::FxHashMap;

/// Most counts of one partial: about 12 MB. Beyond, buckets are joined two by two everywhere, and once they
/// are whole powers of two, stretches of time are.
pub const LATENCY_MAX: usize = 400_000;

/// Most stretches of the axis: quantiles near the end of a distribution need many answers each.
const STRETCHES: i64 = 120;

/// Answers that a median needs: with fewer one answer more moves it by a tenth of them.
pub const MEDIAN_MIN: u64 = 5;

/// Answers that a 95th percentile needs: of twenty, one is beyond it.
pub const P95_MIN: u64 = 20;

/// A mergeable part: counts by leaf, stretch and bucket.
#[derive(Clone, Debug, Default)]
pub struct Latency {
    counts: FxHashMap<u64, u32>,
    level: u32,
}

fn key(leaf: u32, stretch: u16, bucket: u16) -> u64 {
    (u64::from(leaf) << 32) | (u64::from(stretch) << 16) | u64::from(bucket)
}

fn parts(key: u64) -> (u32, u16, u16) {
    ((key >> 32) as u32, (key >> 16) as u16, key as u16)
}

/// How far buckets and stretches are joined at a level, as shifts.
fn shifts(level: u32) -> (u32, u32) {
    (level.min(COARSEST), level.saturating_sub(COARSEST))
}

/// Highest level: one stretch.
const LEVEL_MAX: u32 = COARSEST + 7;

/// The stretches of an axis, in whole fine bins.
#[must_use]
pub fn step(axis: Span, fine: Step) -> Step {
    let bins = ((axis.to.0 - axis.from.0) / SECOND / fine.0.max(1)).max(1);
    Step(fine.0.max(1) * (bins + STRETCHES - 1).div_euclid(STRETCHES).max(1))
}

impl Latency {
    /// Takes a good answer at `at` that took `micros`.
    pub fn take(&mut self, leaf: u32, at: Micros, micros: i64, axis: Span, step: Step) {
        if axis.contains(at) && micros >= 0 {
            let stretch = (at.0 - axis.from.0) / (step.0 * SECOND);
            let (b, s) = shifts(self.level);
            let key = key(leaf, stretch.clamp(0, i64::from(u16::MAX)) as u16 >> s, bucket(micros.unsigned_abs()) >> b);
            let n = self.counts.entry(key).or_default();
            *n = n.saturating_add(1);
        }
    }

    /// Joins counts until there are at most `most`.
    pub fn bound(&mut self, most: usize) {
        while self.counts.len() > most && self.level < LEVEL_MAX {
            self.raise(self.level + 1);
        }
    }

    fn raise(&mut self, level: u32) {
        let ((b0, s0), (b1, s1)) = (shifts(self.level), shifts(level));
        if level <= self.level {
            return;
        }
        self.level = level;
        for (k, n) in std::mem::take(&mut self.counts) {
            let (leaf, stretch, bucket) = parts(k);
            let sum = self.counts.entry(key(leaf, stretch >> (s1 - s0), bucket >> (b1 - b0))).or_default();
            *sum = sum.saturating_add(n);
        }
    }

    /// Adds another part; `moved` gives the place of its leaves here.
    pub fn merge(&mut self, mut other: Latency, moved: &[u32]) {
        let level = self.level.max(other.level);
        self.raise(level);
        other.raise(level);
        for (k, n) in other.counts {
            let (leaf, stretch, bucket) = parts(k);
            let sum = self.counts.entry(key(moved[leaf as usize], stretch, bucket)).or_default();
            *sum = sum.saturating_add(n);
        }
        self.bound(LATENCY_MAX);
    }

    /// Puts everything in order; `place` gives the final place of each leaf.
    #[must_use]
    pub fn finish(mut self, place: &[u32], axis: Span, step: Step) -> Latencies {
        self.bound(LATENCY_MAX);
        let (b, s) = shifts(self.level);
        let placed = |(k, n): (u64, u32)| {
            let (leaf, stretch, bucket) = parts(k);
            (place[leaf as usize], stretch, bucket, n)
        };
        let mut counts: Vec<(u32, u16, u16, u32)> = self.counts.into_iter().map(placed).collect();
        counts.sort_unstable();
        Latencies { counts, shift: b, from: axis.from, step: Step(step.0 << s) }
    }
}

/// The finished counts.
#[derive(Clone, Debug)]
pub struct Latencies {
    /// (leaf, stretch, bucket, answers), ascending; one key may come more than once.
    counts: Vec<(u32, u16, u16, u32)>,
    shift: u32,
    from: Micros,
    /// Length of a stretch.
    pub step: Step,
}

impl Default for Latencies {
    fn default() -> Self {
        Latencies { counts: Vec::new(), shift: 0, from: Micros(0), step: Step(1) }
    }
}

/// Median and 95th percentile of some answers, seconds, where there are enough of them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Took {
    /// Answers.
    pub answers: u64,
    /// Median.
    pub p50: Option<f64>,
    /// 95th percentile.
    pub p95: Option<f64>,
}

impl Latencies {
    /// Whether any answer had a duration.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Relative error of a quantile.
    #[must_use]
    pub fn error(&self) -> f64 {
        error(self.shift)
    }

    /// The start of stretch `i`.
    #[must_use]
    pub fn start(&self, i: usize) -> Micros {
        self.from.plus(i as i64 * self.step.0 * SECOND)
    }

    /// Of the chosen leaves, for each stretch how long answers took.
    #[must_use]
    pub fn course(&self, chosen: &dyn Fn(usize) -> bool) -> Vec<Took> {
        let last = self.counts.iter().map(|c| usize::from(c.1)).max();
        let mut by: Vec<Vec<(u16, u64)>> = vec![Vec::new(); last.map_or(0, |l| l + 1)];
        for &(leaf, stretch, bucket, n) in &self.counts {
            if chosen(leaf as usize) {
                by[usize::from(stretch)].push((bucket, u64::from(n)));
            }
        }
        by.into_iter().map(|counts| self.took(counts)).collect()
    }

    /// Of the chosen leaves in the stretches whose middle lies in one of `spans`, how long answers took.
    #[must_use]
    pub fn within(&self, chosen: &dyn Fn(usize) -> bool, spans: &[Span]) -> Took {
        let half = self.step.0 * SECOND / 2;
        let inside = |stretch: u16| spans.iter().any(|s| s.contains(self.start(usize::from(stretch)).plus(half)));
        let ours = self.counts.iter().filter(|c| chosen(c.0 as usize) && inside(c.1));
        self.took(ours.map(|c| (c.2, u64::from(c.3))).collect())
    }

    fn took(&self, mut counts: Vec<(u16, u64)>) -> Took {
        counts.sort_unstable();
        let answers = counts.iter().map(|c| c.1).sum();
        let read = quantiles(&counts, [0.5, 0.95]).map(|q| q.map(|b| middle(b, self.shift) / SECOND as f64));
        let at_least = |least: u64, i: usize| read.filter(|_| answers >= least).map(|q| q[i]);
        Took { answers, p50: at_least(MEDIAN_MIN, 0), p95: at_least(P95_MIN, 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const AXIS: Span = Span { from: Micros(0), to: Micros(120 * SECOND) };

    fn taken(list: &[(u32, i64, i64)]) -> Latency {
        let mut all = Latency::default();
        list.iter().for_each(|&(leaf, at, ms)| all.take(leaf, Micros(at * SECOND), ms * 1_000, AXIS, Step(1)));
        all
    }

    #[test]
    fn quantiles_by_stretch_and_leaf_come_out_within_their_error() {
        let list: Vec<_> = (1..=100).flat_map(|ms| [(0, 10, ms), (1, 10, 10 * ms), (0, 70, 5)]).collect();
        let done = taken(&list).finish(&[0, 1], AXIS, Step(1));
        let near = |got: Option<f64>, want: f64| {
            assert!((got.expect("a value") / want - 1.0).abs() <= done.error() + 1e-3, "{got:?} {want}")
        };
        let course = done.course(&|l| l == 0);
        near(course[10].p50, 0.05);
        near(course[10].p95, 0.095);
        near(course[70].p95, 0.005);
        assert_eq!((course.len(), course[11].answers, course[11].p50), (71, 0, None));
        near(done.within(&|l| l == 1, &[AXIS]).p50, 0.5);
        assert_eq!(done.within(&|_| true, &[Span::new(Micros(0), Micros(5 * SECOND))]).answers, 0);
    }

    #[test]
    fn an_axis_has_at_most_a_hundred_and_twenty_stretches() {
        for (secs, fine) in [(120, 1), (121, 1), (6_300, 5), (1_209_600, 300), (1, 1)] {
            let s = step(Span::new(Micros(0), Micros::from_secs(secs)), Step(fine));
            assert!(secs / s.0 <= STRETCHES && s.0 % fine == 0, "{secs} {fine} {s:?}");
        }
    }

    proptest! {
        #[test]
        fn any_order_gives_the_same_whole_under_the_bound(list in prop::collection::vec((0u32..3, 0i64..120, 0i64..100_000), 0..300), cut in 0usize..300, most in 1usize..80) {
            let part = |list: &[(u32, i64, i64)]| {
                let mut p = taken(list);
                p.bound(most);
                p
            };
            let (a, b) = list.split_at(cut.min(list.len()));
            let both = |one: &[_], two: &[_]| {
                let mut p = part(one);
                p.merge(part(two), &[0, 1, 2]);
                p.bound(most);
                let d = p.finish(&[0, 1, 1], AXIS, Step(1));
                (d.counts, d.shift, d.step)
            };
            let whole = { let d = part(&list).finish(&[0, 1, 1], AXIS, Step(1)); (d.counts, d.shift, d.step) };
            prop_assert_eq!(&both(a, b), &whole);
            prop_assert_eq!(&both(b, a), &whole);
        }
    }
}

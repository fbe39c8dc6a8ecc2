//! Counts of one log, tier or thing over time, ready to be summed over any stretch; and what its other
//! stretches let expect of one.

use crate::case::gaps::Forecast;
use crate::stats::interval::Z95;
use crate::stats::negbin::Expected;

/// Fewest stretches apart from each other to compare one with.
pub(super) const COMPARED_MIN: usize = 3;

/// Counts per bin from the first to the last occupied one: of thousands of short logs no more is kept
/// than they hold.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The first occupied bin, counted from the bundle's.
    pub first: usize,
    /// `sums[i]`: all counts in the `i` bins from `first` on.
    sums: Vec<u64>,
}

impl Trace {
    /// Of (bin, count) in any order, the same bin more than once perhaps. Counts of 0 are no bins.
    pub fn of(counts: impl Iterator<Item = (usize, u64)> + Clone) -> Trace {
        let occupied = || counts.clone().filter(|c| c.1 > 0);
        let first = occupied().map(|c| c.0).min().unwrap_or(0);
        let mut sums = vec![0u64; occupied().map(|c| c.0 - first + 2).max().unwrap_or(1)];
        for (bin, n) in occupied() {
            sums[bin - first + 1] += n;
        }
        for i in 1..sums.len() {
            sums[i] += sums[i - 1];
        }
        Trace { first, sums }
    }

    /// One past the last occupied bin.
    #[must_use]
    pub fn end(&self) -> usize {
        self.first + self.len()
    }

    /// Bins from the first to the last occupied one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sums.len().saturating_sub(1)
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.sums.last().copied().unwrap_or(0)
    }

    /// Counts in the bundle's bins `from..to`.
    #[must_use]
    pub fn sum(&self, from: usize, to: usize) -> u64 {
        let at = |i: usize| self.sums.get(i.saturating_sub(self.first).min(self.len())).copied().unwrap_or(0);
        at(to) - at(from).min(at(to))
    }

    /// All runs of empty bins within the bundle's `m` bins.
    #[must_use]
    pub fn empty_runs(&self, m: usize) -> Vec<(usize, usize)> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut runs: Vec<(usize, usize)> = [(0, self.first), (self.end(), m)].into_iter().filter(|r| r.0 < r.1).collect();
        let mut from = None;
        for i in 0..self.len() {
            match (self.sums[i + 1] - self.sums[i], from) {
                (0, None) => from = Some(i),
                (1.., Some(start)) => {
                    runs.push((self.first + start, self.first + i));
                    from = None;
                }
                _ => {}
            }
        }
        runs
    }

    /// Counts in the same hours of other days (up to a week away) that the trace covers.
    #[must_use]
    pub fn same_hours(&self, m: usize, from: usize, to: usize, day: Option<usize>) -> Vec<u64> {
        let Some(day) = day else { return Vec::new() };
        let shifted = (1..=7).flat_map(|d| {
            let shift = d * day;
            [from.checked_sub(shift).zip(to.checked_sub(shift)), Some((from + shift, to + shift))]
        });
        shifted
            .flatten()
            .filter(|&(a, b)| a >= self.first && b <= self.end().min(m) && (b <= from || a >= to))
            .map(|(a, b)| self.sum(a, b))
            .collect()
    }

    /// Counts of the other stretches of the same length that do not overlap each other, outward from
    /// `from..to` on both sides and without what `avoid` says.
    #[must_use]
    pub fn alike(&self, from: usize, to: usize, avoid: &dyn Fn(usize, usize) -> bool) -> Vec<u64> {
        let length = (to - from).max(1);
        let mut out = Vec::new();
        let mut a = from;
        while a >= self.first + length {
            a -= length;
            if !avoid(a, a + length) {
                out.push(self.sum(a, a + length));
            }
        }
        let mut b = to;
        while b + length <= self.end() {
            if !avoid(b, b + length) {
                out.push(self.sum(b, b + length));
            }
            b += length;
        }
        out
    }

    /// What is to be expected of the bins `from..to`, from the first of these that there is: the same
    /// hours of at least two other days; three other stretches of the same length; the stretches on
    /// either side in eighths, as far away as it is long.
    #[must_use]
    pub fn expected(
        &self,
        m: usize,
        (from, to): (usize, usize),
        day: Option<usize>,
        avoid: &dyn Fn(usize, usize) -> bool,
    ) -> Option<Expected> {
        let of = |counts: &[u64]| Expected::of(&counts.iter().map(|&n| n as f64).collect::<Vec<_>>());
        let hours = self.same_hours(m, from, to, day);
        if hours.len() >= 2 {
            return of(&hours);
        }
        let alike = self.alike(from, to, avoid);
        if alike.len() >= COMPARED_MIN {
            return of(&alike);
        }
        let length = to - from;
        let piece = (length / 8).max(1);
        let near = |a: usize, b: usize| avoid(a, b) || a + length < from || b > to + length;
        let pieces: Vec<f64> =
            pieces(self, (from, to), piece).filter(|&(a, b)| !near(a, b)).map(|(a, b)| self.sum(a, b) as f64).collect();
        if pieces.len() < 2 {
            return None;
        }
        Expected::scaled(&pieces, length as f64 / piece as f64)
    }
}

/// Stretches of `piece` bins outward from `from..to`, inside the trace.
fn pieces(trace: &Trace, (from, to): (usize, usize), piece: usize) -> impl Iterator<Item = (usize, usize)> {
    let (first, end) = (trace.first, trace.end());
    let before = (1..).map(move |i| i * piece).take_while(move |d| from >= first + d).map(move |d| (from - d, from - d + piece));
    let after = (1..).map(move |i| i * piece).take_while(move |d| to + d <= end).map(move |d| (to + d - piece, to + d));
    before.chain(after)
}

/// Mean and spread of `value` over up to four stretches as long as `from..to` on either side of it,
/// between the bins `low` and `high`; the side's remainder, scaled, where not even one fits.
pub(super) fn around(
    low: usize,
    high: usize,
    (from, to): (usize, usize),
    value: impl Fn(usize, usize) -> f64,
) -> Option<(f64, f64)> {
    let length = to - from;
    let before = (1..=4).filter(|i| from >= low + i * length).map(|i| (from - i * length, from - (i - 1) * length));
    let after = (1..=4).filter(|i| to + i * length <= high).map(|i| (to + (i - 1) * length, to + i * length));
    let mut values: Vec<f64> = before.chain(after).map(|(a, b)| value(a, b)).collect();
    if values.is_empty() {
        let parts = [(low.min(from), from), (to, high.max(to))];
        let (sum, bins) = parts.iter().filter(|p| p.1 > p.0).fold((0.0, 0), |s, &(a, b)| (s.0 + value(a, b), s.1 + b - a));
        if bins == 0 {
            return None;
        }
        values.push(sum * length as f64 / bins as f64);
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread = if values.len() < 3 { 0.0 } else { (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt() };
    Some((mean, spread))
}

/// For the reader: the mean and the 95 % predictive interval.
#[must_use]
pub fn forecast(e: &Expected) -> Forecast {
    Forecast { value: e.mean, low: e.quantile(-Z95), high: e.quantile(Z95).max(e.mean) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(bins: &[u64]) -> Trace {
        Trace::of(bins.iter().copied().enumerate())
    }

    #[test]
    fn any_stretch_is_summed_and_what_lies_outside_holds_nothing() {
        let t = trace(&[0, 0, 3, 0, 4, 0]);
        assert_eq!((t.first, t.end(), t.len(), t.total()), (2, 5, 3, 7));
        assert_eq!([(0, 2), (0, 3), (2, 5), (3, 4), (4, 9), (7, 9)].map(|(a, b)| t.sum(a, b)), [0, 3, 7, 0, 4, 0]);
        assert_eq!(t.empty_runs(6), [(0, 2), (5, 6), (3, 4)]);
        assert!(trace(&[]).is_empty() && trace(&[0, 0]).empty_runs(2).is_empty());
    }

    #[test]
    fn what_is_expected_comes_from_the_same_hours_then_from_stretches_alike_then_from_the_sides() {
        let never = |_: usize, _: usize| false;
        // Noons hold 40 an hour, nights none: of a silent noon much is expected, of a night nothing.
        let days: Vec<u64> = (0..96).map(|h| if h % 24 < 8 || (58..61).contains(&h) { 0 } else { 40 }).collect();
        let t = trace(&days);
        let noon = t.expected(96, (58, 61), Some(24), &never).expect("days");
        assert!((noon.mean - 120.0).abs() < 1e-9 && noon.none() < 1e-12, "{noon:?}");
        let night = t.expected(96, (49, 55), Some(24), &never).expect("days");
        assert!(night.mean < 1e-9);
        // One log of an hour and a half: other stretches of the same length.
        let flat: Vec<u64> = (0..90).map(|i| if (40..50).contains(&i) { 0 } else { 10 }).collect();
        let alike = trace(&flat).expected(90, (40, 50), None, &never).expect("stretches");
        assert!((alike.mean - 100.0).abs() < 1e-9, "{alike:?}");
        // Longer than what is left of the log: its sides.
        let long: Vec<u64> = (0..100).map(|i| if (20..70).contains(&i) { 0 } else { 10 }).collect();
        let sides = trace(&long).expected(100, (20, 70), None, &never).expect("sides");
        assert!((sides.mean - 500.0).abs() < 60.0, "{sides:?}");
    }

    #[test]
    fn the_surroundings_are_averaged_where_they_are_and_scaled_where_they_are_short() {
        let flat = |a: usize, b: usize| (b - a) as f64;
        assert_eq!(around(0, 100, (40, 50), flat), Some((10.0, 0.0)));
        assert_eq!(around(35, 55, (40, 50), flat), Some((10.0, 0.0)));
        assert_eq!(around(40, 50, (40, 50), flat), None);
    }
}

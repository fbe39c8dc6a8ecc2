//! Question: did requests become far fewer at once, everywhere, without being silent?
//! Method: the outermost tier's requests are cut into stretches of constant rate; a stretch, or several in a row, is
//! told where it holds fewer than two thirds of what the same hours of other days, or else the time around it, let
//! expect, fewer than any of these, far below their over-dispersed scatter; and where it began or ended at once.
//! Assumes: the ordinary course of a day is slow, and the level before or after is the ordinary one: the end of a crowd
//! comes back to a level that was there before.
//! Reference: `stats::level` for the cuts, negative-binomial expectation (`stats::negbin`): `docs/methods.md`, Fewer.

use super::gaps::{Group, Silence};
use super::trace::{COMPARED_MIN, Trace, forecast};
use crate::case::Share;
use crate::case::gaps::{Class, Forecast};
use crate::event::Tier;
use crate::stats::interval::Z95;
use crate::stats::level::{count_dispersion, rate_cuts};
use crate::stats::negbin::Expected;
use crate::survey::Cube;
use crate::time::Span;
use crate::words::{count, percent};

/// Most bins looked at: minutes of a day.
const BINS: u32 = 1_440;

/// A stretch is told only with fewer than this part of what was to be expected: a third of the requests is missing.
/// Smaller changes are the everyday life of a site.
pub const PART_MAX: f64 = 2.0 / 3.0;

/// ... and with fewer than this part of the least of all that it is compared with: it is lower than anything there.
const LEAST_PART: f64 = 0.75;

/// Point of the normal distribution of a one-sided chance of 1 in 10,000: the cuts have chosen the stretch among many.
const Z_SURE: f64 = 3.719;

/// At an abrupt end this part at most is left from one side to the other ...
const ABRUPT: f64 = 0.6;

/// ... which must be three standard errors ...
const Z_ABRUPT: f64 = 3.0;

/// ... over this part of the stretch on both sides: a tenth. The steepest hours of a day that goes from one to ten
/// lose less than [`ABRUPT`] in a tenth of a night.
const EDGE_PART: usize = 10;

/// Requests on the higher side from which on an end can be told abrupt.
const EDGE_MIN: u64 = 60;

/// Time around a stretch that it is compared with, in its own lengths ...
const AROUND: usize = 4;

/// ... and at least so many seconds: a quarter of a day.
const AROUND_SECS: i64 = 6 * 3_600;

/// Shortest stretch told, in bins ...
const LENGTH_MIN: usize = 3;

/// ... and in seconds: what is shorter is a stall, within the patience of those who wait (Nielsen, as in `outcome`).
const SECS_MIN: i64 = 10;

/// One that lasts to the end of the logs must be this part of them, as a thing that fell silent: the last bin is
/// rarely full, and a log that is being cut off looks like a loss.
const OPEN_PART: usize = 10;

/// Stretches told: those in which most is missing.
pub const TOLD_MAX: usize = 3;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Dip {
    /// When.
    pub span: Span,
    /// Valid requests that came.
    pub observed: u64,
    /// Those to be expected.
    pub expected: Forecast,
    /// Observed over expected.
    pub left: Share,
}

/// All of them, by time.
#[must_use]
pub fn fewer(cube: &Cube, tier: Tier, groups: &[Group], silent: &[Silence]) -> Vec<Dip> {
    let range = cube.bins();
    let width = (range.end - range.start).div_ceil(BINS).max(1);
    let m = (range.end - range.start).div_ceil(width) as usize;
    let secs = cube.step.0 * i64::from(width);
    let ours = || cube.cells.iter().filter(|(s, _, _)| cube.series[*s as usize].tier == tier);
    let place = |bin: u32| ((bin - range.start) / width) as usize;
    let start = |i: usize| cube.step.start(i64::from(range.start) + i as i64 * i64::from(width));
    let holes: Vec<(usize, usize)> = (silent.iter().filter(|s| groups[s.group].tier == tier))
        .map(|s| {
            let at = |t: crate::time::Micros| ((t.0 - start(0).0).max(0) / (secs * crate::time::SECOND)) as usize;
            (at(s.span.from).min(m), (at(s.span.to) + 1).min(m))
        })
        .collect();
    let traffic = Traffic {
        valid: Trace::of(ours().map(|(_, b, c)| (place(*b), c.valid()))),
        all: Trace::of(ours().map(|(_, b, c)| (place(*b), c.total()))),
        day: (86_400 % secs == 0).then(|| (86_400 / secs) as usize),
        around: (AROUND_SECS / secs).max(1) as usize,
        least: LENGTH_MIN.max((SECS_MIN / secs) as usize),
        holes,
    };
    let found = traffic.search();
    found
        .into_iter()
        .map(|(a, b, observed, e, phi)| Dip {
            span: Span::new(start(a), start(b)),
            observed,
            expected: forecast(&e),
            left: left(observed, &e, phi),
        })
        .collect()
}

/// The sentence that says what a dip means.
#[must_use]
pub fn means(dip: &Dip) -> String {
    let f = &dip.expected;
    let part = |p: Option<f64>| percent(p.unwrap_or(0.0));
    format!(
        "Requests stopped coming: {} came, where {} ({} to {}) were to be expected, so {} of them were left ({} to {}), and what \
         came was answered as ever. Demand may have gone, it may have been cut off before it reached these logs, or lines may be \
         missing; these logs cannot tell which.",
        count(dip.observed),
        count(f.value.round() as u64),
        count(f.low.round() as u64),
        count(f.high.round() as u64),
        part(dip.left.value),
        part(dip.left.low),
        part(dip.left.high)
    )
}

/// What it is taken for: no tier tells.
pub const CLASS: Class = Class::CannotTell;

/// Observed over expected, its interval on the scale of logarithms: what was to be expected is known as well as its
/// blocks agree, the count as well as its own dispersion lets it.
fn left(observed: u64, e: &Expected, phi: f64) -> Share {
    let n = observed as f64 + 0.5;
    let spread = Z95 * (phi / n + e.variance / (e.mean * e.mean)).sqrt();
    let value = observed as f64 / e.mean;
    let of = |z: f64| (n / e.mean * z.exp()).min(1.0);
    Share { value: Some(value), low: Some(of(-spread).min(value)), high: Some(of(spread).max(value)) }
}

/// The counts of the outermost tier.
struct Traffic {
    /// Valid requests: a scanner's wrong addresses are no demand.
    valid: Trace,
    /// All lines: what was refused came all the same.
    all: Trace,
    /// A day in bins.
    day: Option<usize>,
    /// [`AROUND_SECS`] in bins.
    around: usize,
    /// Fewest bins of a stretch.
    least: usize,
    /// Unexpected silences and lost lines of this tier, told elsewhere.
    holes: Vec<(usize, usize)>,
}

/// First bin, end bin, what came, what was to be expected, dispersion.
type Found = (usize, usize, u64, Expected, f64);

impl Traffic {
    fn search(&self) -> Vec<Found> {
        let (first, end) = (self.valid.first, self.valid.end());
        let counts: Vec<u64> = (first..end).map(|i| self.valid.sum(i, i + 1)).collect();
        let phi = count_dispersion(&counts);
        let borders: Vec<usize> = rate_cuts(&counts, phi).iter().map(|b| first + b).collect();
        let mut runs: Vec<(f64, Found)> = Vec::new();
        // Nothing is known of before the first request: what is told begins later.
        for (i, &a) in borders.iter().enumerate().skip(1) {
            for &b in &borders[i + 1..] {
                if let Some(found) = self.judge(a, b, phi) {
                    let missing = found.3.mean - found.2 as f64;
                    runs.push((missing * missing / found.3.mean, found));
                }
            }
        }
        runs.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| (x.1.0, x.1.1).cmp(&(y.1.0, y.1.1))));
        let mut out: Vec<Found> = Vec::new();
        for (_, found) in runs {
            if out.len() < TOLD_MAX && !out.iter().any(|o| found.0 < o.1 && o.0 < found.1) {
                out.push(found);
            }
        }
        out.sort_by_key(|f| f.0);
        out
    }

    fn hits(&self, a: usize, b: usize) -> bool {
        self.holes.iter().any(|h| h.0 < b && a < h.1)
    }

    /// The bins `a..b`, if they hold surely far less than was to be expected and end at once on one side at least.
    fn judge(&self, a: usize, b: usize, phi: f64) -> Option<Found> {
        if b - a < self.least || (b >= self.valid.end() && (b - a) * OPEN_PART < self.valid.len()) {
            return None;
        }
        // A silence inside it is a part of it.
        let hidden: usize = self.holes.iter().map(|h| h.1.min(b).saturating_sub(h.0.max(a))).sum();
        if 2 * hidden >= b - a {
            return None;
        }
        let n = self.valid.sum(a, b);
        let (blocks, times) = self.compared(a, b)?;
        let counts: Vec<f64> = blocks.iter().map(|&(x, y)| self.valid.sum(x, y) as f64).collect();
        let mut e = Expected::scaled(&counts, times)?;
        e.variance = e.variance.max(phi * e.mean * (1.0 + 1.0 / counts.len() as f64));
        let least = counts.iter().copied().fold(f64::INFINITY, f64::min) * times;
        let came = n as f64;
        if came >= PART_MAX * e.mean || came >= LEAST_PART * least || came >= e.quantile(-Z_SURE) {
            return None;
        }
        let all = blocks.iter().map(|&(x, y)| self.all.sum(x, y) as f64).sum::<f64>() / blocks.len() as f64 * times;
        if self.all.sum(a, b) as f64 >= LEAST_PART * all {
            return None;
        }
        let abrupt = self.abrupt(a, b, phi, true) || (b < self.valid.end() && self.abrupt(a, b, phi, false));
        abrupt.then_some((a, b, n, e, phi))
    }

    /// What `a..b` is compared with, and how many of its blocks make its length: the same hours of two other days or
    /// more; three stretches of its own length around it; or quarters of its length. A stretch that does not come back
    /// is compared with all that was before; one that does needs blocks on both sides.
    fn compared(&self, a: usize, b: usize) -> Option<(Vec<(usize, usize)>, f64)> {
        let length = b - a;
        let (first, end) = (self.valid.first, self.valid.end());
        let hours = self.same_hours(a, b);
        if hours.len() >= 2 {
            return Some((hours, 1.0));
        }
        let open = b >= end;
        let reach = (AROUND * length).max(self.around);
        let (low, high) = if open { (first, end) } else { (first.max(a.saturating_sub(reach)), end.min(b + reach)) };
        let blocks = |unit: usize| {
            let before = (1..).map(|i| i * unit).take_while(|d| a >= low + d).map(|d| (a - d, a - d + unit));
            let after = (1..).map(|i| i * unit).take_while(|d| b + d <= high).map(|d| (b + d - unit, b + d));
            let clear = |x: &(usize, usize)| !self.hits(x.0, x.1);
            let (before, after): (Vec<_>, Vec<_>) = (before.filter(clear).collect(), after.filter(clear).collect());
            let enough = before.len() + after.len() >= COMPARED_MIN && !before.is_empty() && (open || !after.is_empty());
            enough.then(|| [before, after].concat())
        };
        let quarter = (length / 4).max(1);
        blocks(length).map(|x| (x, 1.0)).or_else(|| Some((blocks(quarter)?, length as f64 / quarter as f64)))
    }

    /// The same hours of other days, up to a week away.
    fn same_hours(&self, a: usize, b: usize) -> Vec<(usize, usize)> {
        let Some(day) = self.day else { return Vec::new() };
        let (first, end) = (self.valid.first, self.valid.end());
        let shifted = (1..=7).flat_map(|d| {
            let s = d * day;
            [a.checked_sub(s).zip(b.checked_sub(s)), Some((a + s, b + s))]
        });
        shifted.flatten().filter(|&(x, y)| x >= first && y <= end && (y <= a || x >= b) && !self.hits(x, y)).collect()
    }

    /// Whether the number of requests falls at once at `a`, or rises at once at `b`. The bins next to the border may
    /// belong to either side. What the same hours of other days do there is ordinary.
    fn abrupt(&self, a: usize, b: usize, phi: f64, front: bool) -> bool {
        let length = b - a;
        let skip = usize::from(length >= 4);
        let sides = |w: usize| {
            if front {
                (a.checked_sub(skip + w).map(|x| (x, x + w)), (a + skip, a + skip + w))
            } else {
                (Some((b + skip, b + skip + w)).filter(|x| x.1 <= self.valid.end()), (b - skip - w, b - skip))
            }
        };
        let longest = length - 2 * skip;
        let mut w = (length / EDGE_PART).clamp(1, longest.max(1));
        loop {
            let (Some(out), inside) = sides(w) else { return false };
            let (high, low) = (self.valid.sum(out.0, out.1) as f64, self.valid.sum(inside.0, inside.1) as f64);
            if (high as u64) < EDGE_MIN && w < longest {
                w += 1;
                continue;
            }
            let hours =
                |x: (usize, usize)| self.same_hours(x.0, x.1).iter().map(|h| self.valid.sum(h.0, h.1)).sum::<u64>() as f64;
            let usual = if self.same_hours(a, b).len() >= 2 { (hours(out) + 1.0) / (hours(inside) + 1.0) } else { 1.0 };
            let low = low * usual;
            return high >= EDGE_MIN as f64 && low <= ABRUPT * high && high - low >= Z_ABRUPT * (phi * (high + low)).sqrt();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bins: usize, day: Option<usize>, rate: impl Fn(usize) -> u64) -> Vec<(usize, usize)> {
        let noise = [1, 0, 2, 1, 3, 0, 1, 2, 0, 3, 2, 1];
        let trace = || Trace::of((0..bins).map(|i| (i, rate(i) * (18 + noise[i * 7 % 12]) / 20)).collect::<Vec<_>>().into_iter());
        let t = Traffic { valid: trace(), all: trace(), day, around: 60, least: 3, holes: Vec::new() };
        t.search().iter().map(|f| (f.0, f.1)).collect()
    }

    #[test]
    fn a_fall_at_once_is_found_with_and_without_a_return() {
        assert_eq!(found(200, None, |i| if (80..100).contains(&i) { 20 } else { 100 }), [(80, 100)]);
        assert_eq!(found(200, None, |i| if i >= 120 { 20 } else { 100 }), [(120, 200)]);
        assert!(found(200, None, |_| 100).is_empty());
    }

    #[test]
    fn what_comes_back_to_an_earlier_level_and_what_declines_slowly_is_no_fall() {
        assert!(found(300, None, |i| if (100..200).contains(&i) { 500 } else { 100 }).is_empty());
        assert!(found(300, None, |i| 1_000 - 3 * i as u64).is_empty());
        // Begun low: nobody knows what was before.
        assert!(found(200, None, |i| if i < 40 { 20 } else { 100 }).is_empty());
    }

    #[test]
    fn what_happens_every_day_at_that_hour_is_ordinary() {
        let pause = |i: usize| if (40..55).contains(&(i % 100)) { 20 } else { 100 };
        assert!(found(400, Some(100), pause).is_empty());
        assert_eq!(found(400, Some(100), |i| if (240..260).contains(&i) { 20 } else { 100 }), [(240, 260)]);
    }

    #[test]
    fn the_part_that_is_left_has_an_interval_that_is_wider_for_fewer() {
        let e = Expected { mean: 1_000.0, variance: 1_200.0 };
        let (few, many) = (left(20, &e, 1.0), left(200, &e, 1.0));
        assert!(few.low < few.value && few.value < few.high && many.value == Some(0.2));
        let width = |s: &Share| s.high.unwrap_or(1.0) / s.low.unwrap_or(0.1);
        assert!(width(&few) > width(&many));
    }
}

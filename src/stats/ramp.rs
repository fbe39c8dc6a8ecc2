//! Was a rise gradual? A straight ramp between two rates against a step.

use super::change::{STRONG, densest};
use super::segment::Count;

/// Bins the counts are pooled to: three thousand pairs of beginning and end.
const BINS: usize = 80;

/// Least bins (after pooling) that a ramp must take: a shorter one is a step that fell into a bin.
const LENGTH_MIN: usize = 4;

/// Parts of the rise that come at once where a step gets worse afterwards: half or more is no ramp.
const JUMPS: [f64; 2] = [0.5, 0.75];

/// Rounds of weighted least squares for the two rates: the third changes the fourth digit.
const ROUNDS: usize = 3;

/// A gradual rise, in bins of the counts that were given (fractions are parts of a bin).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    /// Beginning, best estimate.
    pub from: f64,
    /// Earliest and latest beginning, 95 %.
    pub from_range: (f64, f64),
    /// End: the full rate holds from here on.
    pub to: f64,
    /// Rate before.
    pub before: f64,
    /// Rate afterwards.
    pub full: f64,
    /// Log of the Bayes factor against a step.
    pub ln_factor: f64,
}

impl Ramp {
    /// When `part` (0 to 1) of the rise was reached, in bins.
    #[must_use]
    pub fn reached(&self, part: f64) -> f64 {
        self.from + part * (self.to - self.from)
    }
}

/// The ramp that fits a rise best, if the data strongly favour one: the rate is constant, rises in a
/// straight line, and is constant again (a hinge; Hudson, JASA 61, 1966). All beginnings and ends are
/// tried, the two rates by weighted least squares, likelihoods divided by the dispersion. Against it
/// stands a step at any place (or a rise within three bins, or a step of half the rise or more that
/// gets worse to the end), both with the mean over their places, so
/// that the freedom of the second place is paid for. `None` for fewer than twelve bins, without requests, for a fall, or
/// where a step does as well.
#[must_use]
pub fn ramp(counts: &[Count], dispersion: f64) -> Option<Ramp> {
    let width = counts.len().div_ceil(BINS).max(1);
    let pooled: Vec<Count> = counts.chunks(width).map(|c| c.iter().sum()).collect();
    let m = pooled.len();
    if m < 3 * LENGTH_MIN {
        return None;
    }
    let mut steps = Vec::new();
    let mut ramps: Vec<(usize, usize, Fit)> = Vec::new();
    for from in 0..m {
        // A step may fall into a bin, or look as if it took a few: the ramps that take no time to speak of.
        for to in from..=m {
            let Some(found) = fit(&pooled, &|bin| slope(bin, from, to), dispersion) else { continue };
            if to < from + LENGTH_MIN {
                steps.push(found.ln_likelihood);
            } else {
                ramps.push((from, to, found));
            }
        }
    }
    // Or come at once for the most part, and get worse.
    for (from, part) in (0..m).flat_map(|from| JUMPS.map(|part| (from, part))) {
        let height = |bin| if bin < from { 0.0 } else { part + (1.0 - part) * slope(bin, from, m) };
        steps.extend(fit(&pooled, &height, dispersion).map(|f| f.ln_likelihood));
    }
    let best = ramps.iter().reduce(|a, b| if b.2.ln_likelihood > a.2.ln_likelihood { b } else { a })?;
    let weights: Vec<f64> = ramps.iter().map(|r| r.2.ln_likelihood).collect();
    let ln_factor = ln_mean(&weights) - ln_mean(&steps);
    if ln_factor < STRONG {
        return None;
    }
    let mut starts = vec![f64::NEG_INFINITY; m];
    let top = best.2.ln_likelihood;
    for (from, _, f) in &ramps {
        let sum = if starts[*from] == f64::NEG_INFINITY { 0.0 } else { (starts[*from] - top).exp() };
        starts[*from] = (sum + (f.ln_likelihood - top).exp()).ln() + top;
    }
    let (low, high) = densest(&starts)?;
    let place = |bin: usize| (bin * width).min(counts.len()) as f64;
    Some(Ramp {
        from: place(best.0),
        // The beginning may lie anywhere between two of the borders that were tried.
        from_range: (place(low.saturating_sub(1)), place(high)),
        to: place(best.1),
        before: best.2.rates.0,
        full: best.2.rates.1,
        ln_factor,
    })
}

#[derive(Clone, Copy)]
struct Fit {
    rates: (f64, f64),
    ln_likelihood: f64,
}

/// How far up the ramp from border `from` to border `to` the middle of a bin is.
fn slope(bin: usize, from: usize, to: usize) -> f64 {
    if bin < from {
        0.0
    } else if bin >= to {
        1.0
    } else {
        (bin as f64 + 0.5 - from as f64) / (to - from) as f64
    }
}

/// The two rates and the likelihood of a rise with these heights (0 to 1) in the middle of the bins.
fn fit(counts: &[Count], height: &dyn Fn(usize) -> f64, dispersion: f64) -> Option<Fit> {
    let (mut p0, mut p1): (f64, f64) = (0.0, 0.0);
    for round in 0..ROUNDS {
        // Normal equations of share = p0 (1 - h) + p1 h.
        let (mut aa, mut ab, mut bb, mut ay, mut by) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (bin, c) in counts.iter().enumerate().filter(|(_, c)| c.n > 0) {
            let (h, n) = (height(bin), c.n as f64);
            let p = p0 + (p1 - p0) * h;
            let weight = if round == 0 { n } else { n / (p * (1.0 - p)) };
            let y = c.bad as f64 / n;
            let (a, b) = (1.0 - h, h);
            aa += weight * a * a;
            ab += weight * a * b;
            bb += weight * b * b;
            ay += weight * a * y;
            by += weight * b * y;
        }
        let det = aa * bb - ab * ab;
        if det <= 1e-9 * aa * bb || aa <= 0.0 || bb <= 0.0 {
            return None;
        }
        let least = 1e-4;
        p0 = ((ay * bb - by * ab) / det).clamp(least, 1.0 - least);
        p1 = ((by * aa - ay * ab) / det).clamp(least, 1.0 - least);
    }
    if p1 <= p0 {
        return None;
    }
    let of = |(bin, c): (usize, &Count)| {
        let p = p0 + (p1 - p0) * height(bin);
        c.bad as f64 * p.ln() + (c.n - c.bad) as f64 * (1.0 - p).ln()
    };
    Some(Fit { rates: (p0, p1), ln_likelihood: counts.iter().enumerate().map(of).sum::<f64>() / dispersion })
}

fn ln_mean(values: &[f64]) -> f64 {
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + (values.iter().map(|v| (v - top).exp()).sum::<f64>() / values.len() as f64).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rising(from: usize, to: usize, bins: usize, n: u64) -> Vec<Count> {
        let share = |i: usize| ((i as f64 + 0.5 - from as f64) / (to - from) as f64).clamp(0.0, 1.0) * 0.8;
        // Rounded up and down by turns, as chance would.
        (0..bins).map(|i| Count { bad: (share(i) * n as f64 + 0.5 * ((i % 2) as f64)) as u64, n }).collect()
    }

    #[test]
    fn a_slow_rise_is_told_from_its_beginning_to_its_end() {
        let found = ramp(&rising(30, 90, 120, 40), 1.0).expect("a ramp");
        assert!((found.from - 30.0).abs() <= 4.0 && (found.to - 90.0).abs() <= 4.0, "{found:?}");
        assert!(found.from_range.0 <= 30.0 && 30.0 <= found.from_range.1, "{found:?}");
        assert!((found.reached(0.5) - 60.0).abs() <= 3.0 && (found.full - 0.8).abs() < 0.05, "{found:?}");
    }

    #[test]
    fn a_step_is_no_ramp_nor_is_a_fall_or_silence() {
        let step: Vec<Count> = (0..100).map(|i| Count { bad: if i < 47 { 0 } else { 30 }, n: 40 }).collect();
        assert!(ramp(&step, 1.0).is_none());
        let fall: Vec<Count> = rising(30, 90, 120, 40).into_iter().rev().collect();
        assert!(ramp(&fall, 1.0).is_none());
        assert!(ramp(&vec![Count::default(); 100], 1.0).is_none());
        let half_way: Vec<Count> =
            (0..100).map(|i| Count { bad: [0, 17, 30][usize::from(i >= 47) + usize::from(i >= 48)], n: 40 }).collect();
        assert!(ramp(&half_way, 1.0).is_none());
    }

    #[test]
    fn a_step_that_gets_worse_is_no_ramp() {
        let share = |i: u64| if i < 40 { 0 } else { 18 + (i - 40) / 6 };
        let worse: Vec<Count> = (0..120).map(|i| Count { bad: share(i) + i % 2, n: 40 }).collect();
        assert!(ramp(&worse, 1.0).is_none());
    }

    #[test]
    fn noise_that_could_make_a_ramp_of_a_step_makes_none() {
        assert!(ramp(&rising(48, 54, 100, 3), 20.0).is_none());
    }
}

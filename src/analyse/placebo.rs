//! Question: how often does the same search find as much where nothing was found?
//! Method: the baseline is cut into stretches as long as the window; in each, the largest Poisson
//! log-likelihood ratio of any single attribute value against the rest of the baseline is taken, as
//! it is in the window. The share of stretches with as much, the window itself counted as one, is a
//! p-value that assumes nothing about the noise.
//! Assumes: the stretches are like the window but for the incident. The window was chosen because
//! much failed in it, so a small value proves little; a large one is what counts.
//! Reference: Abadie, Diamond and Hainmueller, JASA 105 (2010) 493-505, for placebo tests.

use super::evidence::{BASELINE, Evidence};
use super::localise::{RATE_MIN, SHRINK};
use crate::case::Placebo;
use crate::stats::special::x_ln_ratio;
use crate::time::Span;

/// Most stretches: with forty the smallest value is one in forty-one.
const WINDOWS_MAX: usize = 40;

/// Bad and valid requests.
type Sum = (f64, f64);

/// Runs the test; nothing without a stretch to compare with.
#[must_use]
pub fn placebo(e: &Evidence<'_>) -> Option<Placebo> {
    let windows = stretches(&e.baseline_spans(&BASELINE), e.window);
    if windows.is_empty() {
        return None;
    }
    let k = windows.len();
    // By leaf: each stretch, the window, the whole baseline.
    let leaves: Vec<Vec<Sum>> = (0..e.examined.leaves.len()).map(|leaf| sums(e, leaf, &windows)).collect();
    let mut largest = vec![0.0_f64; k + 1];
    let overall = group(&leaves, (0..leaves.len()).filter(|&l| e.view.is_ours(l)));
    let rate = (overall[k + 1].0 + 0.5) / (overall[k + 1].1 + 1.0);
    for members in std::iter::once((0..leaves.len()).filter(|&l| e.view.is_ours(l)).collect()).chain(e.view.singles(e.plan)) {
        let g = group(&leaves, members.into_iter());
        for (i, most) in largest.iter_mut().enumerate() {
            // A stretch is held against the baseline without itself.
            let own = if i < k { g[i] } else { (0.0, 0.0) };
            let base = (g[k + 1].0 - own.0, g[k + 1].1 - own.1);
            *most = most.max(excess(g[i], base, rate));
        }
    }
    let as_large = largest[..k].iter().filter(|t| **t >= largest[k]).count() as u64;
    Some(Placebo { windows: k as u64, as_large, p: (1 + as_large) as f64 / (1 + k) as f64 })
}

/// Log-likelihood ratio of more failures than expected; 0 where there are not.
fn excess(now: Sum, base: Sum, overall: f64) -> f64 {
    let rate = ((base.0 + SHRINK * overall) / (base.1 + SHRINK)).max(RATE_MIN);
    let expected = now.1 * rate;
    if now.0 > expected { x_ln_ratio(now.0, expected) - (now.0 - expected) } else { 0.0 }
}

/// Stretches as long as the window, side by side, in whole.
fn stretches(baseline: &[Span], window: Span) -> Vec<Span> {
    let length = window.to.0 - window.from.0;
    let mut out = Vec::new();
    for span in baseline.iter().filter(|_| length > 0) {
        let n = (span.to.0 - span.from.0) / length;
        out.extend((0..n).map(|i| Span::new(span.from.plus(i * length), span.from.plus((i + 1) * length))));
    }
    // Evenly from all of them.
    let n = out.len();
    if n > WINDOWS_MAX {
        out = (0..WINDOWS_MAX).map(|i| out[i * n / WINDOWS_MAX]).collect();
    }
    out
}

fn sums(e: &Evidence<'_>, leaf: usize, windows: &[Span]) -> Vec<Sum> {
    let k = windows.len();
    let mut out = vec![(0.0, 0.0); k + 2];
    for (_, bin, moment) in e.examined.moments_of(leaf) {
        let at = e.examined.fine.span(*bin);
        let (bad, valid) = (moment.cell.bad() as f64, moment.cell.valid() as f64);
        let mut put = |i: usize| out[i] = (out[i].0 + bad, out[i].1 + valid);
        if e.window.overlaps(at) {
            put(k);
        } else if e.is_baseline(at) {
            put(k + 1);
            let place = windows.partition_point(|w| w.from <= at.from);
            if place > 0 && windows[place - 1].contains(at.from) {
                put(place - 1);
            }
        }
    }
    out
}

fn group(leaves: &[Vec<Sum>], members: impl Iterator<Item = usize>) -> Vec<Sum> {
    let mut out = vec![(0.0, 0.0); leaves.first().map_or(0, Vec::len)];
    for leaf in members {
        for (sum, more) in out.iter_mut().zip(&leaves[leaf]) {
            *sum = (sum.0 + more.0, sum.1 + more.1);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;

    fn span(from: i64, to: i64) -> Span {
        Span::new(Micros::from_secs(from), Micros::from_secs(to))
    }

    #[test]
    fn stretches_are_as_long_as_the_window_and_lie_within_the_baseline() {
        let found = stretches(&[span(0, 25), span(40, 50), span(60, 69)], span(25, 35));
        assert_eq!(found, [span(0, 10), span(10, 20), span(40, 50)]);
        assert_eq!(stretches(&[span(0, 10_000)], span(20_000, 20_010)).len(), WINDOWS_MAX);
        assert!(stretches(&[span(0, 5)], span(5, 15)).is_empty());
    }

    #[test]
    fn only_more_than_expected_counts_as_excess() {
        assert_eq!(excess((1.0, 1_000.0), (100.0, 1_000.0), 0.1), 0.0);
        assert!(excess((300.0, 1_000.0), (100.0, 1_000.0), 0.1) > 100.0);
    }
}

//! Question: where nothing failed, was there a time in which demand stood out?
//! Method: for the site and each thing asked for, the stretch with the largest sum of requests beyond half
//! again the ordinary (maximum-sum interval); it stands out if it has twice what the rest has and half
//! again what the rest has at its busiest times. Of several the surest one.
//! Assumes: the same time of day elsewhere in the logs is as busy, where they hold several days.
//! Reference: Bentley, *Communications of the ACM* 27 (1984) 865, for the interval; Bhatia and others, NCA 2012, for
//! what makes a flash event.

use super::evidence::Evidence;
use crate::examine::OTHERS;
use crate::time::Span;
use std::collections::BTreeMap;

/// Bins of the search: a stretch is dated to half a hundredth of what is looked at.
const BINS: usize = 240;

/// A stretch in which demand stood out has at least twice what the rest has ...
const TIMES: f64 = 2.0;

/// ... and half again what the busiest twentieth of the rest has: so the top of an ordinary day is none.
const TIMES_BUSY: f64 = 1.5;

/// Requests in it, below which its shape and its clients say nothing.
const REQUESTS_MIN: f64 = 200.0;

/// A stretch of demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// When.
    pub span: Span,
    /// What was asked for, by its name; `None` for the site.
    pub name: Option<String>,
    /// Requests in it over those of the rest, per second.
    pub times: f64,
}

/// Looks for one.
#[must_use]
pub fn stretch(e: &Evidence<'_>) -> Option<Stretch> {
    let axis = e.plan.axis;
    let fine = e.examined.fine;
    let (first, last) = (fine.bin(axis.from), fine.bin(axis.to.plus(-1)));
    let pool = usize::try_from(last - first + 1).ok()?.div_ceil(BINS).max(1);
    let n = ((last - first + 1) as usize).div_ceil(pool);
    let mut series: BTreeMap<Option<String>, Vec<f64>> = BTreeMap::new();
    for (l, leaf) in e.examined.leaves.iter().enumerate().filter(|(l, _)| e.view.is_ours(*l)) {
        let name = (leaf.row != OTHERS).then(|| e.view.name(leaf));
        for (_, bin, moment) in e.examined.moments_of(l) {
            let Some(at) = usize::try_from(*bin - first).ok().map(|i| i / pool).filter(|&i| i < n) else { continue };
            let requests = moment.cell.total() as f64;
            for name in std::iter::once(None).chain(name.clone().map(Some)) {
                series.entry(name).or_insert_with(|| vec![0.0; n])[at] += requests;
            }
        }
    }
    let mut best: Option<(f64, Stretch)> = None;
    for (name, x) in series {
        let Some((from, to, times, score)) = stands_out(&x) else { continue };
        if best.as_ref().is_none_or(|b| score > b.0) {
            let at = |i: usize| fine.start(first + (i * pool) as i64);
            let span = Span::new(at(from).max(axis.from), at(to).min(axis.to));
            best = Some((score, Stretch { span, name, times }));
        }
    }
    best.map(|b| b.1)
}

/// The stretch of bins that stands out, how many times the rest it has, and how sure that is (logarithm of a likelihood
/// ratio of Poisson counts, over the dispersion of the rest).
fn stands_out(x: &[f64]) -> Option<(usize, usize, f64, f64)> {
    let n = x.len();
    if n < 12 {
        return None;
    }
    let mut sorted = x.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mean = x.iter().sum::<f64>() / n as f64;
    let level = (TIMES_BUSY * sorted[n / 2]).max(mean);
    let (mut best, mut from, mut sum) = ((0.0, 0, 0), 0, 0.0);
    for (i, v) in x.iter().enumerate() {
        if sum <= 0.0 {
            (sum, from) = (0.0, i);
        }
        sum += v - level;
        if sum > best.0 {
            best = (sum, from, i + 1);
        }
    }
    let (_, from, to) = best;
    if to - from < 3 || 2 * (to - from) > n {
        return None;
    }
    let inside: f64 = x[from..to].iter().sum();
    let mut rest: Vec<f64> = x[..from].iter().chain(&x[to..]).copied().collect();
    rest.sort_by(f64::total_cmp);
    let m = rest.len() as f64;
    let outside = rest.iter().sum::<f64>() / m;
    let busy = rest[((m * 0.95) as usize).min(rest.len() - 1)];
    let rate = inside / (to - from) as f64;
    if inside < REQUESTS_MIN || rate < TIMES * outside || rate < TIMES_BUSY * busy {
        return None;
    }
    let variance = rest.iter().map(|v| (v - outside).powi(2)).sum::<f64>() / m;
    let dispersion = (variance / outside.max(0.1)).max(1.0);
    let expected = (outside * (to - from) as f64).max(0.5);
    Some((from, to, rate / outside.max(0.5 / m), (inside * (inside / expected).ln() - (inside - expected)) / dispersion))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_stands_out_and_the_top_of_an_ordinary_day_does_not() {
        let mut x = vec![100.0; 200];
        x[80..100].iter_mut().for_each(|v| *v = 350.0);
        assert_eq!(stands_out(&x).map(|s| (s.0, s.1)), Some((80, 100)));
        let days: Vec<f64> = (0..240).map(|i| 100.0 + 80.0 * (f64::from(i) / 40.0 * std::f64::consts::TAU).sin()).collect();
        assert_eq!(stands_out(&days), None);
        let day: Vec<f64> = (0..240).map(|i| 100.0 + 80.0 * (f64::from(i) / 240.0 * std::f64::consts::TAU).sin()).collect();
        assert_eq!(stands_out(&day), None);
    }
}

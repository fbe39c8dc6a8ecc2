//! Question: how many requests came in the window, and how many were to be expected?
//! Method: the baseline is cut into blocks; their mean and scatter, scaled to the window's length, give
//! the expectation with its predictive interval. What is missing counts as failed for the lost-demand
//! bound of availability: good / max(observed, lower end of the expectation, one-sided 95 %).
//! Assumes: blocks are independent; the hour of the day does not matter over the stretch looked at.
//! Reference: half of a real outage is often silence: `docs/methods.md`, Volume.

use super::evidence::{BASELINE, Evidence};
use super::extent::MEASURABLE_MIN;
use super::trace::forecast;
use crate::case::gaps::Volume;
use crate::stats::interval::Z95_ONE_SIDED;
use crate::stats::negbin::Expected;
use crate::time::Span;

/// Blocks that the baseline is cut into: enough to see its scatter, and long enough to hold the
/// traffic's slower changes.
const BLOCKS: usize = 12;

/// The volume of the chosen leaves. Time in `gaps` of the outermost logs is no baseline.
#[must_use]
pub fn volume(e: &Evidence<'_>, chosen: &dyn Fn(usize) -> bool, gaps: &[Span]) -> Volume {
    let (valid, bad) = e.during(chosen).counts();
    let good = valid - bad;
    // What was refused or broke off came all the same.
    let inside = |bin: i64| e.window.overlaps(e.examined.fine.span(bin));
    let observed: u64 = e.examined.series(chosen).iter().filter(|(b, _)| inside(**b)).map(|(_, m)| m.cell.total()).sum();
    let expected = if e.baseline(chosen, &BASELINE).counts().0 < MEASURABLE_MIN { None } else { expected(e, chosen, gaps) };
    let missing = expected.as_ref().map(forecast).filter(|f| (observed as f64) < f.low).map(|f| f.value - observed as f64);
    let never_came = |x: &Expected| (x.quantile(-Z95_ONE_SIDED) - observed as f64).max(0.0);
    let bound = expected.map(|x| good as f64 / (valid as f64 + never_came(&x)).max(1.0));
    Volume { observed, good, expected: expected.as_ref().map(forecast), missing, lost_demand_bound: bound }
}

fn expected(e: &Evidence<'_>, chosen: &dyn Fn(usize) -> bool, gaps: &[Span]) -> Option<Expected> {
    let fine = e.examined.fine;
    let series = e.examined.series(chosen);
    // The baseline wherever it lies: one that the user gave may be the same hours of another day.
    let of = |s: Span| fine.bin(s.from)..=fine.bin(s.to.plus(-1));
    let free = |bin: &i64| !gaps.iter().any(|g| g.overlaps(fine.span(*bin)));
    let mut bins: Vec<i64> = e.baseline_spans(&BASELINE).into_iter().flat_map(of).filter(free).collect();
    bins.sort_unstable();
    bins.dedup();
    let window = e.window.secs();
    let block = (bins.len() / BLOCKS).clamp(1, ((window / fine.0 as f64).ceil() as usize).max(1));
    // Only bins in a row make a block.
    let mut counts = Vec::new();
    let mut at = 0;
    while at + block <= bins.len() {
        if bins[at + block - 1] - bins[at] == block as i64 - 1 {
            let sum: u64 = bins[at..at + block].iter().filter_map(|b| series.get(b)).map(|m| m.cell.total()).sum();
            counts.push(sum as f64);
            at += block;
        } else {
            at += 1;
        }
    }
    Expected::scaled(&counts, window / (block as i64 * fine.0) as f64)
}

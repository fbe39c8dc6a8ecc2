//! The curves of both reports on one time: seconds since the onset of each.
//!
//! Nothing is resampled: every bin keeps its own width and its own counts, only its time is told from the onset.

use super::view::{At, Report};
use crate::time::{Micros, SECOND};
use serde::Serialize;

/// One bin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Bin {
    /// Its start, seconds since the onset; negative before it.
    pub seconds: f64,
    /// Valid requests.
    pub requests: u64,
    /// Failed ones.
    pub failed: u64,
}

/// The curves of one report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curves {
    /// What is second 0: the onset, or without one the start of the record.
    pub zero: Option<Micros>,
    /// Whether second 0 is the onset.
    pub at_onset: bool,
    /// Seconds from the onset to the recovery; `None` without an onset.
    pub length: Option<f64>,
    /// Seconds a bin lasts.
    pub step: f64,
    /// What failed; everything where nothing in particular did. Empty where the report holds no curve.
    pub target: Vec<Bin>,
    /// Everything else.
    pub rest: Vec<Bin>,
}

/// The curves of both.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Aligned {
    /// The first.
    pub a: Curves,
    /// The second.
    pub b: Curves,
}

/// Lays both at their onsets.
#[must_use]
pub fn align(a: &Report, b: &Report) -> Aligned {
    Aligned { a: curves(a), b: curves(b) }
}

/// Seconds from `zero` to `t`.
fn since(zero: Micros, t: Micros) -> f64 {
    t.0.saturating_sub(zero.0) as f64 / SECOND as f64
}

fn curves(r: &Report) -> Curves {
    let (target, rest) = (r.scope.target_series.as_deref().unwrap_or(&[]), r.scope.rest_series.as_deref().unwrap_or(&[]));
    let first = target.iter().chain(rest).map(|p| p.t).min();
    let zero = r.window.map(|w| w.from).or(first);
    let told = |series: &[At]| -> Vec<Bin> {
        let Some(zero) = zero else { return Vec::new() };
        series.iter().map(|p| Bin { seconds: since(zero, p.t), requests: p.requests, failed: p.failed }).collect()
    };
    Curves {
        zero,
        at_onset: r.window.is_some(),
        length: r.window.map(|w| since(w.from, w.to)),
        step: r.axis.map_or(60.0, |a| a.step as f64),
        target: told(target),
        rest: told(rest),
    }
}

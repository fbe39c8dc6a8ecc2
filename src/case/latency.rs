//! How long good answers took.

use crate::time::{Micros, Step};
use serde::Serialize;

/// Median and 95th percentile of the time to a good answer, at the outermost tier.
#[derive(Clone, Debug, Serialize)]
pub struct Latency {
    /// Length of the stretches, seconds.
    pub step: Step,
    /// Relative error of a quantile.
    pub error: f64,
    /// Of the target, or of everything where nothing failed.
    pub target: Took,
    /// Of everything else; `None` where nothing failed.
    pub rest: Option<Took>,
}

/// How long the answers of one part took.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Took {
    /// In the baseline.
    pub baseline: Quantiles,
    /// In the window.
    pub during: Quantiles,
    /// Over time.
    pub series: Vec<TookAt>,
}

/// Quantiles in seconds, `None` where there are too few answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Quantiles {
    /// Good answers with a duration.
    pub answers: u64,
    /// Half took at most so long.
    pub p50: Option<f64>,
    /// Nineteen of twenty took at most so long.
    pub p95: Option<f64>,
}

/// One stretch.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TookAt {
    /// Its start.
    pub t: Micros,
    /// What it held.
    #[serde(flatten)]
    pub took: Quantiles,
}

//! How sure the verdict is: the tests behind it, and what it hangs on.

use super::{Share, Verdict};
use serde::Serialize;

/// How sure the verdict is, and why.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Certainty {
    /// The tests that the verdict rests on.
    pub tests: Vec<Test>,
    /// The same answer judged by other readings of the same logs.
    pub readings: Vec<Reading>,
    /// The same search over stretches in which nothing was found.
    pub placebo: Option<Placebo>,
    /// The baseline before the window against the one after it.
    pub baselines: Vec<Baselines>,
    /// The resources of the rest, one by one.
    pub resources: Option<OneByOne>,
    /// The failures of the target in the window by status, most first.
    pub statuses: Vec<StatusCount>,
    /// What else the verdict hangs on, one sentence each.
    pub remarks: Vec<String>,
}

/// One test.
#[derive(Clone, Debug, Serialize)]
pub struct Test {
    /// `target-rose`, `rest-stayed-healthy` or `share-of-excess`.
    pub id: String,
    /// The measured value with its interval.
    pub value: Share,
    /// What it is held against.
    pub limit: f64,
    /// Smallest value that the test would have noticed with 80 % probability.
    pub detectable: Option<f64>,
    /// Valid requests in the window it rests on.
    pub requests: u64,
    /// As many independent ones would say as much.
    pub effective: Option<f64>,
    /// Distinct clients among them.
    pub clients: u64,
    /// Variance of the baseline's share over that of independent requests; at least 1.
    pub dispersion: Option<f64>,
    /// Passed, failed, or `None` where the traffic cannot tell.
    pub passed: Option<bool>,
}

/// The verdict by another reading.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// What was read otherwise, in words that follow "the verdict ...".
    pub what: String,
    /// The verdict then.
    pub verdict: Verdict,
    /// Whether it is the same as by the ordinary reading.
    pub same: bool,
}

/// The search over stretches of the baseline as long as the window.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Placebo {
    /// How many stretches.
    pub windows: u64,
    /// In how many the search found as much as in the window.
    pub as_large: u64,
    /// (1 + as large) / (1 + windows): how often chance finds as much.
    pub p: f64,
}

/// The baseline before the window against the one after it.
#[derive(Clone, Debug, Serialize)]
pub struct Baselines {
    /// `target` or `rest`.
    pub part: String,
    /// Failing share after the window minus the one before it.
    pub difference: Share,
    /// Whether they surely differ by less than the rest's limit (`true`), surely by more (`false`), or neither is sure.
    pub agree: Option<bool>,
}

/// The resources of the rest, one by one.
#[derive(Clone, Debug, Serialize)]
pub struct OneByOne {
    /// How many there are.
    pub known: u64,
    /// How many have traffic enough to be measured.
    pub measurable: u64,
    /// Valid requests in the window of the others.
    pub unmeasured_requests: u64,
    /// Those that surely failed beyond the ordinary, at a false discovery rate of 1 %.
    pub degraded: Vec<String>,
    /// Largest rise that fits the figures of any of those that did not, 95 % for all together.
    pub largest_rise: Option<f64>,
}

/// Failures of one status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusCount {
    /// `503`, a class such as `5xx`, or `none` where none was sent.
    pub status: String,
    /// Failures.
    pub failed: u64,
}

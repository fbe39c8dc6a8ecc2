//! What a claim was held against: the figures behind its standing.

use crate::time::Span;
use serde::Serialize;

/// The test of a claim, with its figures.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Held {
    /// Key of the test in `incident.toml`; `None` where it names none.
    pub test: Option<&'static str>,
    /// The moment (`from` is `to`) or the stretch that the claim speaks of, where it does.
    pub about: Option<Span>,
    /// The number claimed, in `unit`.
    pub claimed: Option<f64>,
    /// The difference allowed.
    pub tolerance: Option<f64>,
    /// What the numbers count: `minutes`, `requests`, `clients`, `views`, `share`.
    pub unit: Option<&'static str>,
    /// What the logs hold, under each definition that was tried.
    pub measured: Vec<Measure>,
}

/// A figure of the logs under one definition.
#[derive(Clone, Debug, Serialize)]
pub struct Measure {
    /// The definition in words.
    pub definition: String,
    /// The figure.
    pub value: f64,
    /// Lowest that the data allow.
    pub low: f64,
    /// Highest that the data allow; `None` where there is no upper end.
    pub high: Option<f64>,
    /// Whether the claim fits; `None` where the data allow both.
    pub fits: Option<bool>,
}

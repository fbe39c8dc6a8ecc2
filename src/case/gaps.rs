//! Silence: what a gap in a log means, what was to be expected in it, and what the verdict would be
//! under the readings of it that the logs leave open.

use super::Verdict;
use crate::time::Micros;
use serde::Serialize;

/// What kind of silence it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Fewer requests came: tiers further out passed on fewer, and nothing failed for it; or others of
    /// its kind took them over.
    DemandGone,
    /// A tier further out still passed requests on, and they failed: the way to here was down.
    DemandCut,
    /// Requests went on, their lines are missing.
    LogLost,
    /// These logs cannot tell.
    CannotTell,
}

impl Class {
    /// As in `report.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Class::DemandGone => "demand-gone",
            Class::DemandCut => "demand-cut",
            Class::LogLost => "log-lost",
            Class::CannotTell => "cannot-tell",
        }
    }

    /// For readers.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Class::DemandGone => "no requests came",
            Class::DemandCut => "cut off from requests",
            Class::LogLost => "lines lost",
            Class::CannotTell => "cannot be told",
        }
    }
}

/// A number of requests that was to be expected, with its 95 % predictive interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// Best estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A thing that was asked for all the time and then was not, while others were.
#[derive(Clone, Debug, Serialize)]
pub struct Quiet {
    /// `resource`, `host` or `pop`.
    pub attribute: String,
    /// Its value.
    pub value: String,
    /// From the last request before, to the step of the survey.
    pub from: Micros,
    /// To the first request after.
    pub to: Micros,
    /// Requests that were to be expected.
    pub expected: Forecast,
    /// Their share of all that was to be expected at the same tier in the same time, 0 to 1.
    pub share: f64,
    /// What it is taken for.
    pub class: Class,
    /// In a sentence.
    pub means: String,
}

/// How many requests came in the window, and how many the time around it lets expect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Volume {
    /// Requests that came, whatever became of them.
    pub observed: u64,
    /// Good ones among them.
    pub good: u64,
    /// What was to be expected; `None` where it was hardly asked for before, or nothing can be compared.
    pub expected: Option<Forecast>,
    /// Expected less observed, where even the lower end of the expectation was not reached.
    pub missing: Option<f64>,
    /// Share of good answers if every missing request of the lower end (one-sided 95 %) had failed.
    pub lost_demand_bound: Option<f64>,
}

/// The volume of what failed and of the rest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Volumes {
    /// What failed.
    pub target: Volume,
    /// Everything else.
    pub rest: Volume,
}

/// How the lines that a gap lost are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reading {
    /// Every request in it failed.
    AllFailed,
    /// Every request in it for what failed was good.
    AllGood,
}

/// The verdict under one reading of one gap.
#[derive(Clone, Debug, Serialize)]
pub struct GapReading {
    /// Index into `completeness.gaps`.
    pub gap: usize,
    /// Which reading.
    pub reading: Reading,
    /// Requests taken to be lost: for what failed, and for the rest.
    pub lost: (u64, u64),
    /// The verdict then.
    pub verdict: Verdict,
    /// Whether the answer is another one then: in its word, or in what it names.
    pub changes: bool,
    /// Why the logs exclude this reading, if they do.
    pub excluded: Option<String>,
}

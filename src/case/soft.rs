//! Answers that look good by their status and may be none: error pages sent with status 200,
//! visitors sent elsewhere.

use crate::time::Micros;
use serde::Serialize;

/// By what the answers are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SoftKind {
    /// Status 200 with a size that was not served before.
    Size,
    /// Status 204, or status 200 without a byte, where there was a body otherwise.
    Empty,
    /// A redirect (301, 302, 303, 307, 308) where there had been hardly any.
    Redirect,
}

/// Answers of one thing that look good by their status, as the outermost tier logged them.
#[derive(Clone, Debug, Serialize)]
pub struct SoftAnswers {
    /// Path or resource asked for.
    pub resource: String,
    /// Its host; `None` where it is not known.
    pub host: Option<String>,
    /// By what they are known.
    pub kind: SoftKind,
    /// How it was asked for: `GET`, or `POST` for all that sends something.
    pub method: &'static str,
    /// Whether they are counted as failures; else they are only suspected.
    pub counted: bool,
    /// Sizes of these answers, smallest and largest, bytes; `None` for redirects and status 204.
    pub bytes: Option<(u64, u64)>,
    /// Sizes of nine tenths of its other answers, smallest and largest, bytes.
    pub usual_bytes: Option<(u64, u64)>,
    /// The first of them while they dominated.
    pub from: Micros,
    /// The last of them while they dominated.
    pub to: Micros,
    /// Answers with status 200 and redirects from `from` to `to`, to a step of the survey.
    pub answers: u64,
    /// Those of them that are meant.
    pub soft: u64,
    /// Answers before and after that.
    pub answers_elsewhere: u64,
    /// Those of them that are meant.
    pub soft_elsewhere: u64,
    /// Distinct clients that got one; at least so many where it is 32.
    pub clients: u64,
    /// What speaks for failures, one sentence each.
    pub because: Vec<String>,
    /// What speaks against it or is open, one sentence each.
    pub open: Vec<String>,
    /// Whether it may be an outage all the same, so that "nothing failed" cannot be said.
    #[serde(skip)]
    pub may_be_outage: bool,
    /// The rule for `incident.toml` that decides it the other way.
    pub rule: String,
}

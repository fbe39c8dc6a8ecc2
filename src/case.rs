//! The finished case: the only thing renderers see.
//!
//! `report.json` is this value, serialised; its keys are a contract (`docs/report-json.md`).
//! Times are RFC 3339 UTC, spans half-open, rates fractions 0 to 1, durations seconds, intervals 95 %.

pub mod audience;
mod certainty;
pub mod claimed;
pub mod course;
pub mod fewer;
pub mod gaps;
pub mod latency;
pub mod operations;
pub mod soft;
pub mod slow;
mod source;
mod stance;
pub mod tiers;
pub mod weighing;

pub use crate::outcome::Classes;
pub use audience::{Audience, Peak};
pub use certainty::{Baselines, Certainty, OneByOne, Placebo, Reading, StatusCount, Test};
pub use course::{Bout, Course, Gradual, Shape};
pub use source::{RejectedLine, Source, Totals};
pub use stance::{Claim, ClaimStanding, Evidence, Explanation, Standing};

use crate::event::Tier;
use crate::time::{Micros, Span, Step};
use gaps::{Class, Forecast, GapReading, Quiet, Volumes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Version of the `report.json` schema.
pub const SCHEMA: u32 = 1;

/// Everything the program found out.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Program name and version.
    pub program: String,
    /// What the user calls the incident, or the bundle's name.
    pub title: String,
    /// Name of the bundle (last part of its path).
    pub bundle: String,
    /// Whether the bundle says of itself that its data is made.
    pub synthetic: bool,
    /// IANA zone told beside UTC.
    pub timezone: Option<String>,
    /// The time axis of every series and chart.
    pub axis: Axis,
    /// The incident; `None` where none was found.
    pub window: Option<Window>,
    /// What was compared with it.
    pub baseline: Vec<Span>,
    /// Every file of the bundle.
    pub sources: Vec<Source>,
    /// Sums over the sources.
    pub totals: Totals,
    /// Was it confined to one thing?
    pub scope: Scope,
    /// How sure that is, and why.
    pub certainty: Certainty,
    /// Stretches of failure, by start.
    pub episodes: Vec<Episode>,
    /// Which of them is the incident: an index; `None` where nothing failed or its ends could not be dated.
    pub incident_episode: Option<usize>,
    /// Availability of every resource kept, most damaged first.
    pub resources: Vec<Resource>,
    /// Resources with requests that are not listed one by one; their requests are in the totals.
    pub resources_left_out: u64,
    /// Error share per POP, backend, instance and tier.
    pub segments: Vec<Segment>,
    /// Competing explanations.
    pub explanations: Vec<Explanation>,
    /// How they were weighed: what was measured, and what that says of each pair of rivals.
    pub weighing: weighing::Weighing,
    /// Claims of `incident.toml`, tested.
    pub claims: Vec<Claim>,
    /// Who asked.
    pub audience: Audience,
    /// How long good answers took; `None` where the logs have no durations.
    pub latency: Option<latency::Latency>,
    /// What users got, beyond what requests got; and the bounds of availability.
    pub operations: operations::Operations,
    /// What is missing, late, doubled or invisible.
    pub completeness: Completeness,
    /// Requests that came in the window and that were to be expected; `None` without an incident.
    pub volumes: Option<Volumes>,
    /// The verdict under the readings of the gaps that matter to it.
    pub gap_readings: Vec<GapReading>,
    /// How the logs of the tiers fit together: their clocks, and who made the failures.
    pub tiers: tiers::Tiers,
    /// Events of `incident.toml`, for the time line and the charts.
    pub events: Vec<Mark>,
    /// Answers that look good by their status and may be none, those counted as failures first.
    pub soft: Vec<soft::SoftAnswers>,
    /// The rules by which a response counted as good, failed and so on, in force order.
    pub outcome_rules: Vec<String>,
    /// Stretches in which good answers took far longer than otherwise.
    pub slow: Vec<slow::Slow>,
    /// Things the reader must know about how this was computed (folding, sampling, chosen tier).
    pub notes: Vec<String>,
    /// The pictures.
    pub charts: Vec<Chart>,
    /// How to get the same report again.
    pub reproduce: Reproduce,
}

/// The time axis: `bins` steps from `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Axis {
    /// Start of the first bin.
    pub from: Micros,
    /// End of the last bin.
    pub to: Micros,
    /// Width of a bin, seconds.
    #[serde(rename = "step")]
    pub step: Step,
    /// How many.
    pub bins: usize,
}

impl Axis {
    /// Start of bin `i`.
    #[must_use]
    pub fn start(&self, i: usize) -> Micros {
        self.from.plus(i as i64 * self.step.0 * crate::time::SECOND)
    }

    /// The bin that holds `t`, if it lies on the axis.
    #[must_use]
    pub fn bin(&self, t: Micros) -> Option<usize> {
        (self.from <= t && t < self.to).then(|| ((t.0 - self.from.0) / (self.step.0 * crate::time::SECOND)) as usize)
    }

    /// The whole axis as a span.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(self.from, self.to)
    }
}

/// The incident's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Onset.
    pub from: Micros,
    /// Recovery.
    pub to: Micros,
    /// `given` by the user or `detected`.
    pub chosen: Chosen,
}

impl Window {
    /// As a span.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(self.from, self.to)
    }
}

/// Who chose the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Chosen {
    /// `--from`/`--to` or `[window]`.
    Given,
    /// Found in the logs.
    Detected,
}

/// A share with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Best estimate; `None` without evidence.
    pub value: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl Share {
    /// No evidence.
    pub const NONE: Share = Share { value: None, low: None, high: None };
}

/// Availability: good answers among valid requests (good, degraded, failed, shed), with a 95 %
/// interval that allows for clustering by client and by minute.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Avail {
    /// Best estimate, 0 to 1; `None` without valid requests.
    pub value: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Valid requests it rests on.
    pub requests: u64,
    /// Distinct clients among them.
    pub clients: u64,
    /// Requests after allowing for clustering: as many independent ones would say as much.
    pub effective: Option<f64>,
}

impl Avail {
    /// No evidence.
    pub const NONE: Avail = Avail { value: None, low: None, high: None, requests: 0, clients: 0, effective: None };
}

/// The answer to "was it confined?".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// One resource or host (or a named few) failed; the rest passed the test of staying healthy.
    Confined,
    /// A set across resources failed (a POP, a backend, more than a few resources) and the rest passed the
    /// test; or something failed and the rest surely rose as well.
    Partial,
    /// Resources with at least half of the baseline's measurable traffic failed.
    SiteWide,
    /// No failure beyond the ordinary was found.
    NoIncident,
    /// The logs cannot tell.
    Inconclusive,
}

impl Verdict {
    /// As in `report.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Confined => "confined",
            Verdict::Partial => "partial",
            Verdict::SiteWide => "site-wide",
            Verdict::NoIncident => "no-incident",
            Verdict::Inconclusive => "inconclusive",
        }
    }
}

/// The scope of the failure.
#[derive(Clone, Debug, Serialize)]
pub struct Scope {
    /// The answer.
    pub verdict: Verdict,
    /// What failed: any of these sets (attribute = value, all of one set together).
    pub cause_set: Vec<BTreeMap<String, String>>,
    /// Share of the excess failures that the cause set explains.
    pub share_of_excess: Share,
    /// What failed.
    pub target: Part,
    /// Everything else.
    pub rest: Rest,
    /// Distinct clients that met a failure in the target during the window.
    pub clients_affected: u64,
    /// The reasons, one sentence each.
    pub because: Vec<String>,
    /// Of an open verdict the reason that left it open, where a judgement was there and could not stand.
    pub open: Option<String>,
    /// Other sets the data cannot tell from the cause set, in words.
    pub indistinguishable: Vec<String>,
    /// Failing share of the target per bin.
    pub target_series: Vec<Point>,
    /// Failing share of the rest per bin.
    pub rest_series: Vec<Point>,
}

/// Counts and availability of a part of the traffic.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// Valid requests in the window.
    pub requests: u64,
    /// Failed ones among them (failed, shed, degraded).
    pub failed: u64,
    /// Before the window (the baseline).
    pub before: Avail,
    /// In the window.
    pub during: Avail,
    /// After the window.
    pub after: Avail,
}

/// The rest, and the test that it stayed healthy.
#[derive(Clone, Debug, Serialize)]
pub struct Rest {
    /// Valid requests in the window.
    pub requests: u64,
    /// Failed ones among them.
    pub failed: u64,
    /// Before the window (the baseline).
    pub before: Avail,
    /// In the window.
    pub during: Avail,
    /// After the window.
    pub after: Avail,
    /// Rise of the failing share, window minus baseline.
    pub increase: Share,
    /// Largest rise that still counts as healthy, fixed before looking.
    pub margin: f64,
    /// Smallest margin that would have passed.
    pub margin_needed: Option<f64>,
    /// Smallest rise that the test would have noticed with 80 % probability.
    pub detectable: Option<f64>,
    /// Passed, failed, or `None` where the traffic cannot tell.
    pub healthy: Option<bool>,
}

/// One stretch of failure.
#[derive(Clone, Debug, Serialize)]
pub struct Episode {
    /// What failed, or `site`.
    pub resource: String,
    /// Onset.
    pub from: Micros,
    /// Earliest onset the data allow.
    pub from_low: Micros,
    /// Latest onset the data allow.
    pub from_high: Micros,
    /// Recovery.
    pub to: Micros,
    /// Earliest recovery the data allow.
    pub to_low: Micros,
    /// Latest recovery the data allow.
    pub to_high: Micros,
    /// Valid requests in it.
    pub requests: u64,
    /// Failed ones.
    pub failed: u64,
    /// Distinct clients that met a failure; `None` where they were not counted.
    pub clients_affected: Option<u64>,
    /// Whether the logs begin or end inside it.
    pub open: Option<String>,
    /// Why it is no outage for users, where it was set aside (one scanner).
    pub set_aside: Option<String>,
    /// How it went.
    #[serde(flatten)]
    pub course: Course,
}

/// State of a resource in a bin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The data do not show 5 % or more failing.
    Ok,
    /// At least 5 % failing, surely.
    Degraded,
    /// At least half failing, surely.
    Down,
    /// No valid request: neither up nor down.
    NoEvidence,
}

impl State {
    /// As in `report.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            State::Ok => "ok",
            State::Degraded => "degraded",
            State::Down => "down",
            State::NoEvidence => "no-evidence",
        }
    }
}

/// One bin of one series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Point {
    /// Start of the bin.
    pub t: Micros,
    /// Valid requests.
    pub requests: u64,
    /// Failed, shed or degraded ones.
    pub failed: u64,
    /// State.
    pub state: State,
    /// All requests by status class.
    #[serde(skip)]
    pub classes: Classes,
}

/// Availability of one resource.
#[derive(Clone, Debug, Serialize)]
pub struct Resource {
    /// Path template, or the one thing itself, with its host where the bundle has several.
    pub name: String,
    /// The rule of `incident.toml` that named it, if one did.
    pub rule: Option<String>,
    /// Whether it belongs to the cause set.
    pub in_cause: bool,
    /// Valid requests, over the stretch looked at and the baseline.
    pub requests: u64,
    /// Failed ones.
    pub failed: u64,
    /// Request-weighted, over the stretch looked at.
    pub availability: Avail,
    /// Share of bins with evidence that were not down, over the stretch looked at.
    pub time_availability: Share,
    /// In the baseline before the window.
    pub before: Avail,
    /// In the window.
    pub during: Avail,
    /// After it.
    pub after: Avail,
    /// Failed requests in the window beyond what the baseline lets expect.
    pub excess: f64,
    /// Per bin; bins without evidence are listed too.
    pub series: Vec<Point>,
}

/// Error share of one POP, backend, instance or tier.
#[derive(Clone, Debug, Serialize)]
pub struct Segment {
    /// `pop`, `backend`, `instance` or `tier`.
    pub attribute: String,
    /// Its value.
    pub value: String,
    /// The tier whose logs say it.
    pub tier: Tier,
    /// Valid requests, over the stretch looked at and the baseline.
    pub requests: u64,
    /// Failed ones.
    pub failed: u64,
    /// Per bin.
    pub series: Vec<Point>,
}

/// What is missing, late, doubled or invisible.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Completeness {
    /// Unexpected silences.
    pub gaps: Vec<Gap>,
    /// What stopped being asked for while the rest went on.
    pub quiet: Vec<Quiet>,
    /// Stretches in which far fewer requests came than were to be expected, everywhere.
    pub fewer: Vec<fewer::Fewer>,
    /// Clock offsets between sources, as found.
    pub clock_offsets: Vec<String>,
    /// Lines that are copies of others.
    pub duplicates: u64,
    /// Which files hold lines of other files, in words.
    pub copies: Vec<String>,
    /// What these logs cannot show.
    pub blind_spots: Vec<String>,
}

/// An unexpected silence of some sources.
#[derive(Clone, Debug, Serialize)]
pub struct Gap {
    /// Whose: a group of sources in words.
    pub who: String,
    /// Indexes into `sources`.
    #[serde(skip)]
    pub sources: Vec<usize>,
    /// Last event before.
    pub from: Micros,
    /// First event after.
    pub to: Micros,
    /// Requests such a stretch held at the very least elsewhere.
    pub expected_at_least: u64,
    /// What was to be expected, where there is enough to compare with.
    pub expected: Option<Forecast>,
    /// Share of its lines that are missing, 0 to 1; 1 for a silence.
    pub share: f64,
    /// What it is taken for.
    pub class: Class,
    /// What it means for the verdict.
    pub means: String,
}

/// A moment on the time line.
#[derive(Clone, Debug, Serialize)]
pub struct Mark {
    /// When.
    pub at: Micros,
    /// What happened.
    pub says: String,
}

/// A picture of the report.
#[derive(Clone, Debug, Serialize)]
pub struct Chart {
    /// File name under `charts/`.
    pub file: String,
    /// The finding in words and numbers.
    pub title: String,
    /// What the picture shows, for those who cannot see it.
    pub alt: String,
}

/// How to get the same report again.
#[derive(Clone, Debug, Serialize)]
pub struct Reproduce {
    /// Command line, with paths as names only.
    pub command: String,
    /// Options that differ from their defaults.
    pub options: BTreeMap<String, String>,
    /// The incident file that was used.
    pub incident: Option<Fingerprint>,
    /// The table of autonomous systems that was used.
    pub asn: Option<Fingerprint>,
}

/// A file that went in and is no log.
#[derive(Clone, Debug, Serialize)]
pub struct Fingerprint {
    /// Name, without the folders it lies in.
    pub path: String,
    /// SHA-256 of its content.
    pub sha256: String,
    /// Bytes.
    pub size: u64,
}

impl Case {
    /// The episode that is the incident, unless it was set aside.
    #[must_use]
    pub fn incident(&self) -> Option<&Episode> {
        self.episodes.get(self.incident_episode?).filter(|e| e.set_aside.is_none())
    }

    /// The name of the cause set as a reader says it: `/i/spaces/1yN`, `POP ams`, `a and b`.
    #[must_use]
    pub fn cause_words(&self) -> String {
        let sets: Vec<String> = self.scope.cause_set.iter().map(set_words).collect();
        match sets.len() {
            0 => "nothing in particular".into(),
            1 => sets[0].clone(),
            n => format!("{} and {}", sets[..n - 1].join(", "), sets[n - 1]),
        }
    }
}

/// One cause set in words.
#[must_use]
pub fn set_words(set: &BTreeMap<String, String>) -> String {
    let one = |(k, v): (&String, &String)| match k.as_str() {
        "resource" | "template" => v.clone(),
        "pop" => format!("POP {v}"),
        "site" => "the whole site".into(),
        "agent" => format!("program or browser {v}"),
        "agent_version" => format!("program version {v}"),
        "client_network" => format!("network {v}"),
        "client_asn" => format!("network operator {v}"),
        "cache" => format!("cache result {v}"),
        k => format!("{k} {v}"),
    };
    set.iter().map(one).collect::<Vec<_>>().join(" at ")
}

/// A made-up case, for tests of whatever looks at one.
#[cfg(test)]
pub(crate) mod example {
    pub(crate) use crate::render::sample::case;
}

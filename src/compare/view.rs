//! What is read of a `report.json`: a view of the keys that are compared, and no more.
//!
//! The file is the interface, so that reports of other machines and of other versions with the same schema can be
//! compared. A key that is missing is missing here too; a key that holds something else than it should makes the
//! file damaged.

use crate::case::operations::Follows;
use crate::case::{Avail, Shape, Share, Standing, Verdict, Window};
use crate::event::Tier;
use crate::time::Micros;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A report, as far as it is compared.
#[derive(Clone, Debug, Deserialize)]
pub struct Report {
    /// Program and version.
    pub program: Option<String>,
    /// Title of the incident.
    pub title: Option<String>,
    /// Whether the data is made.
    pub synthetic: bool,
    /// IANA zone told beside UTC.
    pub timezone: Option<String>,
    /// The time axis of the series.
    pub axis: Option<Axis>,
    /// The incident.
    pub window: Option<Window>,
    /// The files.
    #[serde(default)]
    pub sources: Vec<Source>,
    /// The scope.
    pub scope: Scope,
    /// Stretches of failure.
    #[serde(default)]
    pub episodes: Vec<Episode>,
    /// Competing explanations.
    #[serde(default)]
    pub explanations: Vec<Explanation>,
    /// Who asked.
    #[serde(default)]
    pub audience: Audience,
    /// What users got.
    #[serde(default)]
    pub operations: Operations,
    /// Gaps.
    #[serde(default)]
    pub completeness: Completeness,
    /// Who made the failures.
    #[serde(default)]
    pub tiers: Tiers,
    /// How answers were counted.
    pub outcome_rules: Option<Vec<String>>,
}

/// The time axis.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Axis {
    /// Width of a bin, seconds.
    pub step: i64,
}

/// A log file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Source {
    /// SHA-256.
    pub sha256: String,
    /// Its tier.
    pub tier: Tier,
    /// Lines counted as requests.
    pub events: u64,
}

/// The scope.
#[derive(Clone, Debug, Deserialize)]
pub struct Scope {
    /// The verdict.
    pub verdict: Verdict,
    /// What failed.
    #[serde(default)]
    pub cause_set: Vec<BTreeMap<String, String>>,
    /// Share of the excess it explains.
    pub share_of_excess: Option<Share>,
    /// What failed.
    pub target: Option<Part>,
    /// Everything else.
    pub rest: Option<Rest>,
    /// Clients that met a failure of the target.
    pub clients_affected: Option<u64>,
    /// Bins of what failed.
    pub target_series: Option<Vec<At>>,
    /// Bins of the rest.
    pub rest_series: Option<Vec<At>>,
}

/// What failed.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Part {
    /// Availability in the window.
    pub during: Option<Avail>,
    /// In the baseline.
    pub before: Option<Avail>,
}

/// Everything else.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Rest {
    /// Availability in the window.
    pub during: Option<Avail>,
    /// Rise of the failing share.
    pub increase: Option<Share>,
    /// Whether it passed the test of staying healthy.
    pub healthy: Option<bool>,
}

/// One bin.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct At {
    /// Its start.
    pub t: Micros,
    /// Valid requests.
    pub requests: u64,
    /// Failed ones.
    pub failed: u64,
}

/// A stretch of failure.
#[derive(Clone, Debug, Deserialize)]
pub struct Episode {
    /// What failed, or `site`.
    pub resource: String,
    /// Onset, with its earliest and latest.
    pub from: Micros,
    /// Earliest onset.
    pub from_low: Option<Micros>,
    /// Latest onset.
    pub from_high: Option<Micros>,
    /// Recovery, with its earliest and latest.
    pub to: Micros,
    /// Earliest recovery.
    pub to_low: Option<Micros>,
    /// Latest recovery.
    pub to_high: Option<Micros>,
    /// Whether the logs begin or end inside it.
    pub open: Option<String>,
    /// Why it is no outage.
    pub set_aside: Option<String>,
    /// Its shape.
    pub shape: Option<Shape>,
    /// Its uninterrupted stretches.
    pub bouts: Option<Vec<Bout>>,
    /// Seconds it failed.
    pub downtime: Option<f64>,
}

/// An uninterrupted stretch of failure.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Bout {
    /// Onset.
    pub from: Micros,
    /// Recovery.
    pub to: Micros,
}

/// An explanation.
#[derive(Clone, Debug, Deserialize)]
pub struct Explanation {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub standing: Standing,
    /// How strongly, in words.
    pub strength: Option<String>,
}

/// Who asked.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Audience {
    /// Requests.
    pub requests: Option<u64>,
    /// Distinct clients.
    pub distinct_clients: Option<u64>,
    /// Distinct clients of the target in the window.
    pub target_clients: Option<u64>,
    /// Most at one time.
    pub peak_concurrent: Option<Peak>,
    /// Pages viewed.
    pub page_views: Option<Number>,
    /// Visits without a longer pause.
    pub sessions: Option<Number>,
    /// Who got in.
    pub admission: Option<Admission>,
}

/// A number of something in all.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Number {
    /// How many.
    pub all: Option<u64>,
}

/// Who got into what failed, in the incident.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Admission {
    /// Clients that were served in it.
    pub admitted: Option<u64>,
    /// Clients that were not.
    pub denied: Option<u64>,
}

/// The most clients at one time.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Peak {
    /// How many.
    pub value: u64,
}

/// What users got.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Operations {
    /// Why there are none.
    pub unknown: Option<String>,
    /// What failed.
    pub target: Option<Usage>,
    /// Whether more was asked for.
    pub surge: Option<Surge>,
}

/// How it went for the users of what failed.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Usage {
    /// In the window.
    pub during: Option<Phase>,
    /// Attempts per operation, window over baseline.
    pub amplification: Option<Share>,
    /// Clients that were not served once.
    pub denied: Option<Share>,
    /// The time it took to be served.
    pub first_success: Option<FirstSuccess>,
}

/// One phase of it.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Phase {
    /// Availability of operations.
    pub operations: Option<Avail>,
    /// Share of active time in which users were up.
    pub uptime: Option<Share>,
}

/// When those whose first attempt failed were first served.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct FirstSuccess {
    /// Half of them within so many seconds.
    pub median: Option<u64>,
    /// Share that was not.
    pub never: Option<Share>,
}

/// Whether more was asked for.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Surge {
    /// The answer.
    pub follows: Option<Follows>,
    /// Requests a second, window over baseline.
    pub requests: Option<Share>,
}

/// What is missing.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Completeness {
    /// Silences.
    #[serde(default)]
    pub gaps: Vec<Bout>,
}

/// How the logs of the tiers fit together.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Tiers {
    /// Who made the failures.
    pub made: Option<Made>,
}

/// Who made the failures.
#[derive(Clone, Debug, Deserialize)]
pub struct Made {
    /// By maker.
    #[serde(default)]
    pub by: Vec<MadeBy>,
}

/// Failures made by one.
#[derive(Clone, Debug, Deserialize)]
pub struct MadeBy {
    /// Who.
    pub maker: String,
    /// Share of the failures.
    pub share: Share,
}

impl Report {
    /// The stretch of failure that is the incident: of what failed or of the site, not set aside, the one that
    /// shares most time with the window.
    #[must_use]
    pub fn episode(&self) -> Option<&Episode> {
        let window = self.window?;
        let named =
            |e: &&Episode| e.resource == "site" || self.scope.cause_set.iter().any(|set| set.values().any(|v| *v == e.resource));
        let shared = |e: &Episode| e.to.min(window.to).0.saturating_sub(e.from.max(window.from).0);
        self.episodes.iter().filter(|e| e.set_aside.is_none()).filter(named).filter(|e| shared(e) > 0).max_by_key(|e| shared(e))
    }

    /// Why a figure of the window may be lacking.
    #[must_use]
    pub fn why_not(&self) -> &'static str {
        if self.window.is_none() { "it found no incident" } else { "it does not hold the figure" }
    }
}

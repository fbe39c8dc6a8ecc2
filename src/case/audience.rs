//! Who was there: requests, page views, clients, sessions, who got in, and how many at one time.

use crate::time::Micros;
use serde::Serialize;

/// Who asked, at the outermost tier, in the stretch looked at.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Audience {
    /// Requests.
    pub requests: u64,
    /// Distinct client addresses.
    pub distinct_clients: u64,
    /// Relative standard error of that; `None` where they were counted one by one.
    pub distinct_clients_error: Option<f64>,
    /// Distinct client addresses of the target in the window.
    pub target_clients: Option<u64>,
    /// Pages looked at.
    pub page_views: PageViews,
    /// Visits; `None` where clients cannot be told apart.
    pub sessions: Option<Sessions>,
    /// Who got in; `None` where nothing failed, or clients cannot be told apart.
    pub admission: Option<Admission>,
    /// Most clients at one time; `None` where not measured.
    pub peak_concurrent: Option<Peak>,
    /// How those at one time were counted; `None` where they were not.
    pub concurrency: Option<Concurrency>,
    /// Why there are no numbers at one time, or of sessions: a sentence.
    pub unknown: Option<String>,
    /// How many people one client of made data stands for, where its manifest says so.
    pub scale: Option<f64>,
    /// Over time, by bin of the axis; empty where neither was counted.
    pub series: Vec<Present>,
}

/// Views of pages: documents asked for by people and answered well.
#[derive(Clone, Debug, Default, Serialize)]
pub struct PageViews {
    /// Of everything.
    pub all: u64,
    /// Of the target, over the whole stretch looked at; `None` where nothing failed.
    pub target: Option<u64>,
    /// Pages that programs fetched by their own word; they are not in the others.
    pub programs: u64,
    /// By resource, those with most views first.
    pub resources: Vec<ResourceViews>,
}

/// Views of one resource.
#[derive(Clone, Debug, Serialize)]
pub struct ResourceViews {
    /// Its name.
    pub name: String,
    /// Views of pages.
    pub views: u64,
}

/// Visits: requests of one client with no longer pause between them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sessions {
    /// Seconds without a request that end a visit.
    pub gap: i64,
    /// Visits to the site.
    pub all: u64,
    /// Clients (address and user agent) that made them.
    pub clients: u64,
    /// Seconds without a request that end a visit to the target.
    pub target_gap: Option<i64>,
    /// Visits to the target.
    pub target: Option<u64>,
}

/// Who of those that asked for the target in the window got in. Clients are addresses with user agents.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Admission {
    /// Clients that asked.
    pub clients: u64,
    /// Answered well at least once in the window.
    pub admitted: u64,
    /// Not once.
    pub denied: u64,
    /// Of the denied, answered well after the window, within what is looked at.
    pub later: u64,
}

/// The most clients at one time.
#[derive(Clone, Debug, Serialize)]
pub struct Peak {
    /// How many.
    pub value: u64,
    /// When.
    pub at: Micros,
    /// Fewest under the other readings.
    pub low: u64,
    /// Most under the other readings.
    pub high: u64,
}

/// What shows that somebody is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// Requests at regular times, as players and applications make them.
    Polls,
    /// Answers that last as long as somebody listens.
    Connections,
}

/// How those present at one time were counted.
#[derive(Clone, Debug, Serialize)]
pub struct Concurrency {
    /// At what.
    pub of: String,
    /// Whether that is the target.
    pub of_target: bool,
    /// By what.
    pub basis: Basis,
    /// Seconds between two polls; for connections the shortest that is kept.
    pub pause: i64,
    /// Under each reading of how long a pause may be.
    pub readings: Vec<GapReading>,
    /// Clients (address and user agent) that were ever present.
    pub clients: u64,
    /// Hours of presence of all of them together.
    pub hours: f64,
    /// One client in so many was looked at.
    pub sampling: u64,
}

/// The most at one time if a client counts as gone after so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct GapReading {
    /// Pauses of so many times the ordinary one are bridged.
    pub times: i64,
    /// That is so many seconds.
    pub gap: i64,
    /// Most at one time.
    pub value: u64,
    /// When.
    pub at: Micros,
}

/// One bin of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Present {
    /// Start of the bin.
    pub t: Micros,
    /// Most at one time in it; `None` where not measured.
    pub concurrent: Option<u64>,
    /// Under the reading with fewest.
    pub low: Option<u64>,
    /// Under the reading with most.
    pub high: Option<u64>,
    /// Clients that the target answered well at least once in it.
    pub served: u64,
    /// Clients that asked for the target in it and were not answered well once.
    pub denied: u64,
    /// Clients that the target answered well for the first time since the window began.
    pub first_served: u64,
}

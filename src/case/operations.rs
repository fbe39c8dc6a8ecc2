//! What users got, beyond what requests got: operations, uptime, denial; and the bounds of availability.

use super::{Avail, Share, Verdict};
use crate::time::Micros;
use serde::{Deserialize, Serialize};

/// Requests put together into what somebody wanted, and how that went.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Operations {
    /// Why there are no operations, where there are none: a sentence.
    pub unknown: Option<String>,
    /// Longest pause between two attempts of one operation, seconds.
    pub gap: Option<i64>,
    /// How long an operation may last from its first attempt, seconds.
    pub patience: i64,
    /// One client in so many was looked at; 1 where all were. Numbers of operations are of those, numbers of
    /// clients are estimates for all.
    pub sampling: u64,
    /// Everything at the outermost tier.
    pub site: Option<Usage>,
    /// What failed; `None` where nothing in particular did.
    pub target: Option<Usage>,
    /// Everything else.
    pub rest: Option<Usage>,
    /// Whether more was asked for, and whether that followed from the failures; `None` without a window.
    pub surge: Option<Surge>,
    /// The bounds of availability, and what the verdict is under each of them.
    pub readings: Readings,
}

/// How it went for the users of a part of the traffic.
#[derive(Clone, Debug, Serialize)]
pub struct Usage {
    /// In the baseline.
    pub baseline: Phase,
    /// In the window; without a window nothing.
    pub during: Phase,
    /// Attempts per operation in the window over those in the baseline.
    pub amplification: Share,
    /// What the amplification is compared with: `own` baseline, or the `site`'s where the part has
    /// hardly any; `None` where there is no amplification.
    pub compared_with: Option<&'static str>,
    /// After so many seconds without a request a user counts as inactive.
    pub cutoff: i64,
    /// Whether the cutoff is three times the pause of clients that poll.
    pub polls: bool,
    /// Share of the clients that began an operation in the window and were not served once.
    pub denied: Share,
    /// The time it took to be served.
    pub first_success: FirstSuccess,
    /// The worst user-uptime over windows of every length, shortest first.
    pub worst: Vec<Worst>,
}

/// One phase of [`Usage`].
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Phase {
    /// Availability of requests.
    pub requests: Avail,
    /// Availability of operations; its `requests` counts operations.
    pub operations: Avail,
    /// Operations whose success rests on the order of answers within one second.
    pub unsure: u64,
    /// Attempts per operation.
    pub attempts: Share,
    /// Share of the users' active time in which they were up.
    pub uptime: Share,
}

/// Of the clients whose first attempt in the window failed: when they were first served.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct FirstSuccess {
    /// How many such clients.
    pub clients: u64,
    /// Half of them were served within so many seconds; `None` where fewer than half ever were.
    pub median: Option<i64>,
    /// Nine of ten were served within so many seconds; `None` where fewer ever were.
    pub p90: Option<i64>,
    /// Share that was not served before the end of what is looked at.
    pub never: Share,
}

/// The worst window of one length.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Worst {
    /// Length of the window, seconds.
    pub window: i64,
    /// User-uptime in it, 0 to 1.
    pub uptime: f64,
    /// When it begins.
    pub from: Micros,
}

/// How a rise of requests goes with the failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Follows {
    /// Requests did not surely rise.
    NoSurge,
    /// They rose, and with retries put together they did not: it followed from the failures.
    Consequence,
    /// They rose also with retries put together.
    Demand,
    /// The figures do not decide.
    Undecided,
}

/// Whether more was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct Surge {
    /// The answer.
    pub follows: Follows,
    /// The answer as a sentence with its figures.
    pub says: String,
    /// Requests a second, window over baseline.
    pub requests: Share,
    /// Operations a second that were begun anew (not after one that had failed), window over baseline.
    pub begun: Share,
    /// Seconds by which changes of the failing share precede changes in the number of requests; negative
    /// where they follow. `None` where no such order shows.
    pub lead: Option<i64>,
}

/// Availability between its bounds, and the verdict under each.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Readings {
    /// What failed, or everything where nothing in particular did.
    pub target: Option<Bounds>,
    /// Everything else.
    pub rest: Option<Bounds>,
    /// Verdict as the rules count.
    pub as_ruled: Option<Verdict>,
    /// Verdict with ambiguous, degraded and slow answers as failures; `None` where not judged.
    pub worst: Option<Verdict>,
    /// Verdict with ambiguous answers left out and degraded ones good; `None` where not judged.
    pub best: Option<Verdict>,
    /// What the verdict depends on, where it does: a sentence.
    pub depends: Option<String>,
    /// Why the verdict was or was not judged anew, in a sentence.
    pub why: String,
}

/// Availability of a part of the traffic under both readings.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Bounds {
    /// In the baseline.
    pub baseline: Bound,
    /// In the window; without a window nothing.
    pub during: Bound,
}

/// One phase of [`Bounds`].
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Bound {
    /// Ambiguous, degraded and slow answers are failures.
    pub low: Avail,
    /// Ambiguous answers are left out, degraded ones are good.
    pub high: Avail,
    /// Ambiguous answers.
    pub ambiguous: u64,
    /// Degraded ones.
    pub degraded: u64,
    /// Good ones that were slow.
    pub slow: u64,
}

impl Default for Phase {
    fn default() -> Self {
        Phase { requests: Avail::NONE, operations: Avail::NONE, unsure: 0, attempts: Share::NONE, uptime: Share::NONE }
    }
}

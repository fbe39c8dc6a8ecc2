//! The second pass: only the stretches around baseline and incident, with the detail that is too
//! dear to keep for everything: rows for single things that stand out, and who asked.
//!
//! Like the survey an [`Examine`] is a mergeable partial; order and threads do not matter.

pub mod agent;
mod attempts;
mod doubts;
pub mod facets;
mod failures;
pub mod latency;
pub mod network;
pub mod people;
pub mod probe;
mod reread;
mod suppose;
mod take;
mod view;
pub mod views;
pub mod visits;

pub use attempts::{ATTEMPTS_MAX, Attempt, Attempts};
pub use doubts::{Doubt, Doubtful, Grades, SLOW_GRADES};
pub use facets::{Attribute, Facets, Split};
pub use failures::{Failure, Failures, Inner, LONGEST, Maker, Said, said};
pub use network::Network;
pub use reread::Reading;
pub use suppose::Supposed;
pub(crate) use take::gone_name;
pub use take::{Examine, Moment};
pub use view::{Client, Examined, Leaf};
pub use visits::Visits;

use crate::asn::AsnTable;
use crate::survey::Cube;
use crate::time::{Micros, Span, Step};
use std::collections::BTreeSet;

/// Most rows (resources and single things) kept; the smallest are summed in [`OTHERS`].
pub const ROWS_MAX: usize = 400;

/// Name of the row that sums the smallest resources.
pub const OTHERS: &str = "(other resources)";

/// Most (client, series) pairs of one partial before only a sample of the clients is kept: about
/// 100 MB. Clients are sampled by their hash, so every part keeps the same ones.
pub const CLIENTS_MAX: usize = 1_500_000;

/// Share of all requests that gives a single path a row of its own.
pub const OWN_REQUESTS: f64 = 0.01;

/// Share of all bad responses that gives a single path a row of its own ...
pub const OWN_BAD: f64 = 0.02;

/// ... if there are at least this many of them: fewer are ordinary noise.
pub const OWN_BAD_MIN: u64 = 20;

/// Which part of the time an event falls in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Baseline before the window.
    Before,
    /// The window.
    During,
    /// Baseline after the window.
    After,
    /// The other episode with this number.
    Aside(u8),
    /// In the window as it was detected and outside it as it was dated: neither window nor baseline.
    Beside,
}

/// What to look at in the second pass.
#[derive(Clone, Debug)]
pub struct Plan<'c> {
    /// The finished survey.
    pub cube: &'c Cube,
    /// Width of the fine bins.
    pub fine: Step,
    /// The stretch shown on the charts.
    pub axis: Span,
    /// The window: as it was detected or given, or as it was dated since.
    pub window: Option<Span>,
    /// The whole fine bins of the window: what is counted as in it, of requests and of clients alike.
    pub during: Option<Span>,
    /// The window as it was detected or given.
    pub detected: Option<Span>,
    /// Keys of clients, ascending, whose requests in the window are counted as excluded: machines that are no
    /// users.
    pub without: Vec<u64>,
    /// Stretches of the user's baseline; empty means the axis outside window and other episodes.
    pub given_baseline: Vec<Span>,
    /// Other episodes: neither baseline nor window.
    pub aside: Vec<Span>,
    /// Requests that give a path its own row.
    pub own_requests: u64,
    /// Bad responses that give a path its own row.
    pub own_bad: u64,
    /// Resources (host, a space, name) whose refusals (4xx) count as failures: they hardly ever had any before, and
    /// then had them for a good part of their visitors.
    pub gone: BTreeSet<String>,
    /// What else the outermost tier's leaves are told apart by.
    pub split: Option<Split>,
    /// Who routes which address, where the user gave a table.
    pub asn: Option<&'c AsnTable>,
    /// The user's own limit from which on a good answer is slow, microseconds; `None` for the grades of
    /// [`SLOW_GRADES`].
    pub slow: Option<Micros>,
}

impl Plan<'_> {
    /// Whether anything at `t` is looked at.
    #[must_use]
    pub fn covers(&self, t: Micros) -> bool {
        self.axis.contains(t) || self.given_baseline.iter().any(|s| s.contains(t))
    }

    /// The phase `t` belongs to, if any.
    #[must_use]
    pub fn phase(&self, t: Micros) -> Option<Phase> {
        if self.during.is_some_and(|w| w.contains(t)) {
            return Some(Phase::During);
        }
        if let Some(i) = self.aside.iter().position(|s| s.contains(t)) {
            return Some(Phase::Aside(u8::try_from(i).unwrap_or(u8::MAX)));
        }
        if self.detected.is_some_and(|w| w.contains(t)) {
            return Some(Phase::Beside);
        }
        let side = if self.window.is_none_or(|w| t < w.from) { Phase::Before } else { Phase::After };
        let counts = if self.given_baseline.is_empty() {
            self.axis.contains(t)
        } else {
            self.given_baseline.iter().any(|s| s.contains(t))
        };
        counts.then_some(side)
    }
}

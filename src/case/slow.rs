//! Good answers that took far longer than otherwise.

use super::Share;
use crate::event::Tier;
use crate::time::Micros;
use serde::Serialize;

/// A stretch in which good answers took far longer than in the rest of the logs.
#[derive(Clone, Debug, Serialize)]
pub struct Slow {
    /// The resource, or `site`.
    pub resource: String,
    /// Whose log tells the durations.
    pub tier: Tier,
    /// Its beginning, to a step of the search.
    pub from: Micros,
    /// Its end.
    pub to: Micros,
    /// Good answers with a duration in it.
    pub requests: u64,
    /// Their share of all good answers with a duration in that time, 0 to 1.
    pub share: f64,
    /// How many times as long they took as those of the same resources otherwise (geometric means), with its 95 %
    /// interval.
    pub times: Share,
    /// The typical answer otherwise (geometric mean), seconds.
    pub before: f64,
    /// And in the stretch, seconds.
    pub during: f64,
}

//! How a failure went: in one piece or in bouts, at once or gradually, and how finely that can be told.

use crate::time::Micros;
use serde::{Deserialize, Serialize};

/// The shape of a failure over time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// It came and went at once.
    #[default]
    Step,
    /// It came, or went, gradually.
    Ramp,
    /// It came back again and again.
    Oscillating,
}

impl Shape {
    /// As in `report.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Shape::Step => "step",
            Shape::Ramp => "ramp",
            Shape::Oscillating => "oscillating",
        }
    }
}

/// One uninterrupted stretch of failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bout {
    /// Onset.
    pub from: Micros,
    /// Earliest onset the data allow (95 %).
    pub from_low: Micros,
    /// Latest onset the data allow.
    pub from_high: Micros,
    /// Recovery.
    pub to: Micros,
    /// Earliest recovery the data allow.
    pub to_low: Micros,
    /// Latest recovery the data allow.
    pub to_high: Micros,
    /// Valid requests in it, in whole bins.
    pub requests: u64,
    /// Failed ones.
    pub failed: u64,
}

/// When a gradual change had gone 5, 50 and 95 % of its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Gradual {
    /// A twentieth.
    pub at_5: Micros,
    /// Half.
    pub at_50: Micros,
    /// All but a twentieth.
    pub at_95: Micros,
}

/// The course of one episode.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Course {
    /// Its shape.
    pub shape: Shape,
    /// Its uninterrupted stretches in order; empty where only the whole could be told.
    pub bouts: Vec<Bout>,
    /// Seconds it failed: the bouts together; `None` without bouts.
    pub downtime: Option<f64>,
    /// Part of the time from the first onset to the last recovery in which it failed, 0 to 1; `None`
    /// unless it is oscillating.
    pub duty_cycle: Option<f64>,
    /// Seconds from one onset to the next, where they are regular.
    pub period: Option<f64>,
    /// Seconds: finer than this nothing was dated; `None` where the episode was not dated.
    pub resolution: Option<f64>,
    /// The onset, where it was gradual.
    pub gradual_onset: Option<Gradual>,
    /// The recovery, where it was gradual.
    pub gradual_recovery: Option<Gradual>,
}

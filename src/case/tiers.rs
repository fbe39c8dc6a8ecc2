//! How the logs of the tiers fit together: clocks, and who made the failures.

use super::Share;
use crate::event::Tier;
use serde::Serialize;

/// How the logs of the tiers fit together.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tiers {
    /// The clock of each log that has another tier to be compared with.
    pub clocks: Vec<ClockFound>,
    /// Who made the target's failures in the window; `None` where no window or no failure was found.
    pub made: Option<Made>,
}

/// What was found of the clock of one log (all its rotations).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClockFound {
    /// The log, in words.
    pub who: String,
    /// Its tier.
    pub tier: Tier,
    /// Seconds by which its clock is ahead of the reference; `None` where no requests of it were surely found
    /// at another tier.
    pub ahead: Option<f64>,
    /// Lower end, 95 %.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Requests found at another tier that this rests on.
    pub requests: u64,
    /// Seconds added to its stamps because of this; 0 where it does not surely differ.
    pub added: f64,
}

/// Who made the failures.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Made {
    /// The tier at which failures are counted.
    pub tier: Tier,
    /// Failures looked at.
    pub failures: u64,
    /// One in so many was looked at.
    pub one_in: u64,
    /// Failures whose own line said who made them.
    pub said: u64,
    /// Failures that were found at an inner tier.
    pub matched: u64,
    /// By maker, most failures first.
    pub by: Vec<MadeBy>,
    /// How ordinary requests are found at each inner tier that has logs.
    pub found: Vec<FoundAt>,
}

/// Failures made by one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MadeBy {
    /// `client`, `edge-refused`, `edge`, `between-edge-and-next`, `behind-edge`, `balancer`, `between-balancer-and-origin`,
    /// `origin` or `unknown`.
    pub maker: &'static str,
    /// How many.
    pub failures: u64,
    /// Share of the failures looked at.
    pub share: Share,
}

/// How requests that the outermost tier handed on are found at an inner one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FoundAt {
    /// The inner tier.
    pub tier: Tier,
    /// Requests looked for.
    pub looked_for: u64,
    /// Those found.
    pub found: u64,
    /// Whether so many were found that a failure which is missing there did not reach it.
    pub shows_missing: bool,
}

/// Made-up values for tests of renderers.
#[cfg(test)]
#[must_use]
pub(crate) fn sample() -> Tiers {
    let clock = |who: &str, tier, ahead: f64, added| ClockFound {
        who: who.into(),
        tier,
        ahead: Some(ahead),
        low: Some(ahead - 0.6),
        high: Some(ahead + 0.7),
        requests: 812,
        added,
    };
    let by = |maker, failures: u64, value: f64| MadeBy {
        maker,
        failures,
        share: Share { value: Some(value), low: Some(value - 0.01), high: Some((value + 0.01).min(1.0)) },
    };
    Tiers {
        clocks: vec![clock("edge", Tier::Edge, 0.0, 0.0), clock("balancer lb/haproxy.log", Tier::Balancer, 90.1, -90.0)],
        made: Some(Made {
            tier: Tier::Edge,
            failures: 7_300,
            one_in: 1,
            said: 120,
            matched: 7_180,
            by: vec![by("origin", 7_154, 0.98), by("balancer", 146, 0.02)],
            found: vec![FoundAt { tier: Tier::Balancer, looked_for: 400, found: 396, shows_missing: true }],
        }),
    }
}

//! The coefficients of the scores, fitted on scenarios whose truth is known (`docs/methods.md`,
//! `docs/validation.md`). `make validate FIT=1` writes this file from [`SOURCE`] to its end.

/// What one measure adds to a score: `weight * (x - centre) / spread`, with x on the measure's own
/// scale (`case::weighing::Scale`). A measure without a value adds nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// The measure.
    pub id: &'static str,
    /// Its mean over the cases of both classes.
    pub centre: f64,
    /// Its standard deviation over them.
    pub spread: f64,
    /// Its weight, natural logarithm of odds per standard deviation.
    pub weight: f64,
}

/// The score of one pair of rivals. With s = intercept + sum of the rows, the natural logarithm of the
/// likelihood ratio is `offset + slope * s`: offset and slope come from the calibration on cases left
/// out, with the prior odds of the cases taken out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Table {
    /// The score where every measure is at its centre.
    pub intercept: f64,
    /// The rows.
    pub rows: &'static [Row],
    /// Slope of the calibration.
    pub slope: f64,
    /// Offset of the calibration.
    pub offset: f64,
    /// Standard error of the calibrated score, natural logarithm: what the coefficients themselves leave open.
    pub error: f64,
    /// Validated cases of the first and of the second.
    pub cases: [u32; 2],
}

/// Where the coefficients come from, for readers.
pub const SOURCE: &str = "fitted on scenarios made for it (docs/validation.md)";

const fn row(id: &'static str, centre: f64, spread: f64, weight: f64) -> Row {
    Row { id, centre, spread, weight }
}

/// Attack against flash crowd.
pub const WHO: Table = Table {
    intercept: 0.675,
    rows: &[
        row("heavy", -4.156, 2.866, 0.312),
        row("pace", -2.195, 1.756, 0.304),
        row("growth-clients", 0.628, 0.379, -0.66),
        row("burstiness", -0.542, 1.212, -0.198),
        row("lock-step", 0.168, 0.278, 0.781),
        row("assets", -1.472, 1.604, -0.774),
        row("queries", -1.032, 2.476, 0.645),
        row("agents", -5.041, 2.496, 0.867),
        row("agent-top", 1.289, 2.124, 0.711),
        row("protocol", -4.183, 2.786, 0.943),
        row("referrer", 0.532, 2.611, 0.424),
        row("ramp", -1.933, 0.74, -0.733),
        row("end", -1.13, 0.729, -0.406),
        row("after-refusal", 1.107, 1.333, -0.528),
        row("elsewhere", 0.608, 2.584, -0.378),
    ],
    slope: 1.0,
    offset: 0.073,
    error: 0.92,
    cases: [119, 111],
};

/// A surge of demand (attack or crowd) against a fault without one.
pub const DEMAND: Table = Table {
    intercept: 1.893,
    rows: &[
        row("demand", 0.934, 1.576, 2.183),
        row("demand-before", 0.862, 1.205, 2.078),
        row("lead", 0.023, 0.138, 0.241),
        row("equal-load", 0.472, 1.463, 2.324),
        row("dose", 0.09, 0.392, 0.776),
        row("shed", 0.275, 3.747, 0.394),
    ],
    slope: 1.0,
    offset: 0.604,
    error: 0.935,
    cases: [154, 120],
};

//! The coefficients of the scores. Written by hand for now: modest weights with the signs that the
//! literature gives (see `docs/methods.md`), to be replaced by fitted ones:
//! command that writes this file: `make validate FIT=1`.

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
pub const SOURCE: &str = "set by hand from the literature, not yet fitted; until then no ratio beyond ten is told";

const fn row(id: &'static str, centre: f64, spread: f64, weight: f64) -> Row {
    Row { id, centre, spread, weight }
}

/// Attack against flash crowd.
pub const WHO: Table = Table {
    intercept: 0.0,
    rows: &[
        row("rate", 0.7, 1.0, 0.6),
        row("heavy", -4.3, 2.0, 0.8),
        row("busiest", -3.0, 1.2, 0.5),
        row("pace", -2.0, 1.5, 0.5),
        row("growth-clients", 0.7, 0.5, -0.5),
        row("novelty", -2.0, 2.5, 0.2),
        row("burstiness", 0.0, 1.0, -0.4),
        row("single-path", 3.0, 2.0, 0.3),
        row("assets", -2.5, 1.5, -0.4),
        row("queries", 1.0, 1.5, 0.6),
        row("cache-miss", 1.0, 1.5, 0.3),
        row("agents", -4.5, 1.8, 0.8),
        row("agent-top", 1.5, 1.5, 0.8),
        row("protocol", -4.5, 1.8, 0.8),
        row("referrer", 2.0, 1.5, 0.6),
        row("ramp", -2.0, 1.0, -0.3),
        row("end", -1.5, 1.0, -0.2),
        row("after-refusal", 1.0, 1.5, -0.6),
        row("elsewhere", -1.0, 2.0, -0.3),
    ],
    slope: 0.8,
    offset: -0.5,
    error: 0.5,
    cases: [30, 30],
};

/// A surge of demand (attack or crowd) against a fault without one.
pub const DEMAND: Table = Table {
    intercept: 0.0,
    rows: &[
        row("demand", 0.6, 0.7, 1.5),
        row("demand-before", 0.3, 0.4, 0.7),
        row("lead", 0.0, 0.1, 0.4),
        row("equal-load", 0.2, 0.7, 0.8),
        row("dose", 0.1, 0.4, 0.3),
        row("shed", 0.0, 3.0, 0.2),
    ],
    slope: 1.0,
    offset: 0.0,
    error: 0.5,
    cases: [30, 30],
};

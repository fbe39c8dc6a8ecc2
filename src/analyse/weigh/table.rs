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
    intercept: 0.86,
    rows: &[
        row("heavy", -4.081, 2.91, 0.419),
        row("pace", -2.117, 1.811, 0.302),
        row("growth-clients", 0.617, 0.377, -0.743),
        row("burstiness", -0.509, 1.162, -0.229),
        row("lock-step", 0.164, 0.276, 0.79),
        row("assets", -1.523, 1.628, -0.803),
        row("queries", -0.917, 2.395, 0.714),
        row("agents", -5.033, 2.487, 0.998),
        row("agent-top", 1.381, 2.126, 0.873),
        row("protocol", -5.155, 2.563, 0.936),
        row("referrer", 0.629, 2.505, 0.445),
        row("ramp", -1.929, 0.734, -0.713),
        row("end", -1.157, 0.73, -0.331),
        row("after-refusal", 1.066, 1.288, -0.497),
        row("elsewhere", 0.634, 2.505, -0.484),
    ],
    slope: 1.208,
    offset: 0.019,
    error: 0.631,
    cases: [159, 148],
};

/// A surge of demand (attack or crowd) against a fault without one.
pub const DEMAND: Table = Table {
    intercept: 2.236,
    rows: &[
        row("demand", 0.853, 1.462, 2.443),
        row("demand-before", 0.87, 1.218, 1.981),
        row("lead", 0.018, 0.136, 0.187),
        row("equal-load", 0.974, 1.393, 1.717),
        row("dose", 0.286, 0.399, 1.771),
        row("shed", 0.223, 3.742, 0.356),
    ],
    slope: 1.587,
    offset: 0.716,
    error: 1.132,
    cases: [210, 160],
};

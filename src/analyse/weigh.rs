//! Question: which explanation do the measures favour, how much, and what does that rest on?
//! Method: one score per group of correlated measures, a logistic on their standardised values; the
//! calibrated score is the logarithm of a likelihood ratio for one pair of rivals.
//! Assumes: the cases that the coefficients were fitted on are like this one.
//! Reference: Aitken and Taroni, *Statistics and the Evaluation of Evidence*, 2004, for ratios of
//! pairs; Morrison, *Speech Communication* 2013, for calibration by logistic regression.

pub mod table;

use crate::case::weighing::Measure;
use table::Table;

/// The natural logarithm of a likelihood ratio: value and half width of its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Value.
    pub ln: f64,
    /// Half width.
    pub half: f64,
    /// Measures that had a value.
    pub used: usize,
}

/// The score of a table on these measures, `without` one of them.
#[must_use]
pub fn score(table: &Table, measures: &[Measure], without: Option<&str>) -> Scored {
    let (mut sum, mut square, mut used) = (table.intercept, (1.96 * table.error).powi(2), 0);
    for row in table.rows.iter().filter(|r| without != Some(r.id)) {
        let Some([x, low, high]) = measures.iter().find(|m| m.id == row.id).and_then(Measure::features) else {
            continue;
        };
        let per = table.slope * row.weight / row.spread;
        sum += row.weight * (x - row.centre) / row.spread;
        square += (per * (high - low) / 2.0).powi(2);
        used += 1;
    }
    Scored { ln: table.offset + table.slope * sum, half: square.sqrt(), used }
}

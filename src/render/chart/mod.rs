//! The pictures of a case, as PNG: one file per chart, one line of registration each.
//!
//! Rules that hold for all of them: the title states the finding; times are UTC and every tick is
//! true; bins without requests are shown as no evidence, never as healthy or failed; colour is never
//! the only sign; equal cases give equal bytes.

mod audience;
mod axis;
mod backend;
mod came;
mod canvas;
mod claims;
mod classes;
pub mod compare;
mod columns;
mod coverage;
mod demand;
mod evidence;
mod finding;
mod frame;
mod heatmap;
mod impact;
mod label;
mod mark;
mod markers;
mod palette;
mod phases;
mod segments;
mod text;
mod uptime;

pub(crate) use demand::took_words;

use crate::case::Case;
use crate::error::Result;

/// A finished picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// File name: `1-impact.png`. The number is the chart's own and stays when others are left out.
    pub file: String,
    /// The finding in words and numbers.
    pub title: String,
    /// What the picture shows, for those who cannot see it.
    pub alt: String,
    /// The PNG, 1600 pixels wide.
    pub png: Vec<u8>,
}

/// A chart: the picture of a case, or nothing where the case gives it nothing to show.
type Chart = fn(&Case) -> Option<Result<Picture>>;

/// Every chart, in the order of the report.
const CHARTS: [Chart; 12] = [
    impact::draw,
    heatmap::draw,
    classes::draw,
    segments::draw,
    phases::draw,
    coverage::draw,
    uptime::draw,
    evidence::draw,
    came::draw,
    audience::draw,
    demand::draw,
    claims::draw,
];

/// Draws every chart that has something to show.
///
/// # Errors
/// The drawing layer or the PNG packer refused: a defect of the program, not of the case.
pub fn all(case: &Case) -> Result<Vec<Picture>> {
    if case.axis.bins == 0 || case.axis.to <= case.axis.from || case.axis.step.0 <= 0 {
        return Ok(vec![]);
    }
    CHARTS.iter().filter_map(|chart| chart(case)).collect()
}

#[cfg(test)]
mod tests;

//! Requests that became fewer at once, everywhere, although not silent.

use super::Share;
use super::gaps::{Class, Forecast};
use crate::time::Micros;
use serde::Serialize;

/// A stretch in which far fewer requests came than the time around it lets expect, and which began or ended at once.
#[derive(Clone, Debug, Serialize)]
pub struct Fewer {
    /// Its beginning, to a step of the search.
    pub from: Micros,
    /// Its end.
    pub to: Micros,
    /// Valid requests that came.
    pub observed: u64,
    /// Those that were to be expected.
    pub expected: Forecast,
    /// The part that was left: observed over expected, 0 to 1, with its 95 % interval.
    pub left: Share,
    /// What it is taken for.
    pub class: Class,
    /// In a sentence.
    pub means: String,
}

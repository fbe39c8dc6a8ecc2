//! What one survey of a bundle teaches for the next: errors of the record that only show once all
//! of it was seen. Where there are any, the bundle is surveyed again with them, and the second pass
//! uses them too. No corrections is the ordinary case and costs nothing.

use super::Copies;
use crate::outcome::FoundRule;
use crate::time::Micros;

/// The corrections in force while a bundle is read.
#[derive(Debug, Default)]
pub struct Corrections {
    /// Microseconds to add to the stamps of each source, by its index; empty where no clock is off.
    pub clocks: Vec<i64>,
    /// Lines that are copies of another source's.
    pub copies: Copies,
    /// Answers that look good by their status and are none.
    pub soft: Vec<FoundRule>,
}

impl Corrections {
    /// Whether there is nothing to correct.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.clocks.is_empty() && self.copies.is_empty() && self.soft.is_empty()
    }

    /// Microseconds to add to the stamps of a source.
    #[must_use]
    pub fn clock(&self, source: usize) -> i64 {
        self.clocks.get(source).copied().unwrap_or(0)
    }

    /// Whether line `number` of `source`, at `at` with its clock corrected, is a copy of another source's.
    #[must_use]
    pub fn is_copy(&self, source: usize, at: Micros, number: u64, line: &[u8]) -> bool {
        !self.copies.is_empty() && self.copies.holds(source, at.plus(-self.clock(source)), number, line)
    }
}

//! Which lines of a source are copies of lines of another one: the filter that both passes apply once
//! overlapping exports were found.

use super::line_hash;
use crate::time::{Micros, SECOND, Step};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// The copies of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies {
    /// Width of the bins in which sources were compared.
    pub step: Step,
    /// Sources that hold copies, by index.
    pub of: BTreeMap<usize, CopiesOf>,
}

impl Default for Copies {
    fn default() -> Self {
        Copies { step: Step(1), of: BTreeMap::new() }
    }
}

/// The copies in one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopiesOf {
    /// Bins whose lines another source holds all of, ascending.
    pub whole: Vec<u32>,
    /// Bins of which another source holds some lines, ascending.
    pub mixed: Vec<u32>,
    /// Hashes of lines all of which are copies.
    pub lines: FxHashSet<u64>,
    /// Hashes of lines that this source holds more often than the other: those up to the line with
    /// this number are copies, the further ones are not.
    pub up_to: FxHashMap<u64, u64>,
}

impl Copies {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.of.is_empty()
    }

    /// The bin that `at` falls into.
    #[must_use]
    pub fn bin(&self, at: Micros) -> u32 {
        bin(self.step, at)
    }

    /// Whether line `number` of `source` is a copy; `at` is its instant as it was when the sources were
    /// compared.
    #[must_use]
    pub fn holds(&self, source: usize, at: Micros, number: u64, line: &[u8]) -> bool {
        let Some(known) = self.of.get(&source) else { return false };
        let bin = self.bin(at);
        if known.whole.binary_search(&bin).is_ok() {
            return true;
        }
        if known.mixed.binary_search(&bin).is_err() {
            return false;
        }
        let hash = line_hash(line);
        known.lines.contains(&hash) || known.up_to.get(&hash).is_some_and(|&last| number <= last)
    }
}

/// The bin of `step` that `at` falls into, as the survey numbers them.
#[must_use]
pub(crate) fn bin(step: Step, at: Micros) -> u32 {
    u32::try_from(at.0.div_euclid(step.0 * SECOND).max(0)).unwrap_or(u32::MAX)
}

//! What is kept at hand while one chunk is counted, so that an ordinary line costs few look-ups.

use super::SourceInfo;
use super::front::Fronting;
use super::take::{Ends, Survey};
use crate::time::Micros;

/// The running state of one chunk.
pub(super) struct Batch<'s> {
    pub(super) source: u32,
    pub(super) info: &'s SourceInfo,
    pub(super) fronting: Fronting<'s>,
    /// Hash of host and path of each request, and whether it was bad: for the tier's sketch.
    pub(super) requests: Vec<(u64, bool)>,
    /// First and last event so far.
    ends: Option<Ends>,
    /// A bin, and how many events in a row fell into it.
    run: (u32, u64),
}

impl<'s> Batch<'s> {
    /// Begins a chunk of `source`.
    pub(super) fn begin(source: usize, info: &'s SourceInfo) -> Self {
        Batch { source: source as u32, info, fronting: Fronting::new(info), requests: Vec::new(), ends: None, run: (0, 0) }
    }

    /// Counts an event in `bin`; gives the run that this ends, if it ends one.
    pub(super) fn count(&mut self, bin: u32) -> Option<(u32, u64)> {
        if self.run.0 == bin {
            self.run.1 += 1;
            return None;
        }
        let over = std::mem::replace(&mut self.run, (bin, 1));
        (over.1 > 0).then_some(over)
    }

    /// Widens the first and last event to one at `at` in line `line`.
    pub(super) fn see(&mut self, at: Micros, line: u64) {
        let here = (at, line);
        self.ends = Some(self.ends.map_or((here, here), |e| (e.0.min(here), e.1.max(here))));
    }

    /// Ends the chunk: gives `survey` what was kept apart.
    pub(super) fn end(self, survey: &mut Survey<'_>) {
        if self.run.1 > 0 {
            survey.occupy(self.source, self.run);
        }
        if let Some(ends) = self.ends {
            survey.extend_ends(self.source as usize, ends);
        }
        survey.sketches.entry(self.info.tier).or_default().add(&self.requests);
    }
}

//! What is kept at hand while one chunk is counted, so that an ordinary line costs few look-ups.

use super::front::Fronting;
use super::take::{Ends, Survey};
use super::{Passed, SourceInfo};
use crate::time::Micros;

/// The running state of one chunk.
pub(super) struct Batch<'s> {
    pub(super) source: u32,
    pub(super) info: &'s SourceInfo,
    pub(super) fronting: Fronting<'s>,
    /// Hash of host and path of each request, and whether it was bad: for the tier's sketch.
    pub(super) requests: Vec<(u64, bool)>,
    /// A bin and the events in a row that fell into it.
    run: Option<(u32, Run)>,
}

/// Events of one source in one bin: how many, and the first and last with their lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) events: u64,
    pub(super) ends: Ends,
    pub(super) passed: Passed,
}

impl Run {
    /// Adds more events of the same source and bin.
    pub(super) fn merge(&mut self, other: Run) {
        self.events += other.events;
        self.ends = (self.ends.0.min(other.ends.0), self.ends.1.max(other.ends.1));
        self.passed.merge(other.passed);
    }
}

impl<'s> Batch<'s> {
    /// Begins a chunk of `source`.
    pub(super) fn begin(source: usize, info: &'s SourceInfo) -> Self {
        Batch { source: source as u32, info, fronting: Fronting::new(info), requests: Vec::new(), run: None }
    }

    /// Counts an event in `bin`, at `at` in line `line`; gives the run that this ends, if it ends one.
    pub(super) fn count(&mut self, bin: u32, at: Micros, line: u64, passed: Passed) -> Option<(u32, Run)> {
        let one = Run { events: 1, ends: ((at, line), (at, line)), passed };
        match &mut self.run {
            Some((b, run)) if *b == bin => {
                run.merge(one);
                None
            }
            run => run.replace((bin, one)),
        }
    }

    /// Ends the chunk: gives `survey` what was kept apart.
    pub(super) fn end(self, survey: &mut Survey<'_>) {
        if let Some(run) = self.run {
            survey.occupy(self.source, run);
        }
        survey.sketches.entry(self.info.tier).or_default().add(&self.requests);
    }
}

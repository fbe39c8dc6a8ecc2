//! What is kept at hand while one chunk is counted, so that an ordinary line costs few look-ups.

use super::front::Fronting;
use super::prints::{Print, Prints, prints};
use super::sizes::Answer;
use super::take::{Ends, Survey};
use super::traces::{SIGHTINGS_MAX, Sighting, Trace, Traces, traces};
use super::{Passed, SourceInfo};
use crate::time::Micros;

/// Places in the memory for common keys of a chunk.
const COMMON: usize = 1_024;

/// The running state of one chunk.
pub(super) struct Batch<'s> {
    pub(super) source: u32,
    pub(super) info: &'s SourceInfo,
    pub(super) fronting: Fronting<'s>,
    /// Hash of host and path of each request, and whether it was bad: for the tier's sketch.
    pub(super) requests: Vec<(u64, bool)>,
    /// Fingerprints of lines that may be among the lowest of the source.
    pub(super) prints: Vec<(u64, Print)>,
    /// Fingerprints from here on cannot be.
    pub(super) below: u64,
    /// Keys that may be among the lowest of the source, with when they were seen.
    traces: Vec<(u64, Sighting)>,
    traces_below: u64,
    /// Keys of this chunk and how often they were seen: one that is common already need not be looked up.
    common: Box<[(u64, u8); COMMON]>,
    /// Answers whose size or redirect is compared.
    pub(super) answers: Vec<Answer>,
    /// A bin and the events in a row that fell into it.
    run: Option<(u32, Run)>,
}

/// Events of one source in one bin: how many, and the first and last with their lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) events: u64,
    /// Sum of the hashes of their lines, wrapping; zero where lines are not compared.
    pub(super) hashes: u64,
    pub(super) ends: Ends,
    pub(super) passed: Passed,
}

impl Run {
    /// Adds more events of the same source and bin.
    pub(super) fn merge(&mut self, other: Run) {
        self.events += other.events;
        self.hashes = self.hashes.wrapping_add(other.hashes);
        self.ends = (self.ends.0.min(other.ends.0), self.ends.1.max(other.ends.1));
        self.passed.merge(other.passed);
    }
}

impl<'s> Batch<'s> {
    /// Begins a chunk of `source`.
    pub(super) fn begin(source: usize, info: &'s SourceInfo, survey: &Survey<'_>) -> Self {
        let below = survey.prints.get(&source).map_or(u64::MAX, Prints::below);
        let traces_below = survey.traces.get(&source).map_or(u64::MAX, Traces::below);
        Batch {
            source: source as u32,
            info,
            fronting: Fronting::new(info),
            requests: Vec::new(),
            answers: Vec::new(),
            prints: Vec::new(),
            below,
            traces: Vec::new(),
            traces_below,
            common: Box::new([(0, 0); COMMON]),
            run: None,
        }
    }

    /// Whether the sighting of a key may matter.
    pub(super) fn wants(&mut self, key: u64) -> bool {
        if key >= self.traces_below {
            return false;
        }
        let known = &mut self.common[key as usize % COMMON];
        if known.0 != key {
            *known = (key, 0);
        }
        // One more than is kept shows that there were too many.
        known.1 = known.1.saturating_add(1);
        usize::from(known.1) <= SIGHTINGS_MAX + 1
    }

    /// Notes the sighting of a key.
    pub(super) fn trace(&mut self, key: u64, sighting: Sighting) {
        self.traces.push((key, sighting));
    }

    /// Counts an event in `bin`, at `at` in line `line` with the hash `hash`; gives the run that this ends, if it ends one.
    pub(super) fn count(&mut self, bin: u32, at: Micros, line: u64, hash: u64, passed: Passed) -> Option<(u32, Run)> {
        let one = Run { events: 1, hashes: hash, ends: ((at, line), (at, line)), passed };
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
        if !self.prints.is_empty() {
            let all = survey.context.sources.len();
            let known = survey.prints.entry(self.source as usize).or_insert_with(|| prints(all));
            self.prints.into_iter().for_each(|(hash, print)| known.add(hash, print));
        }
        if !self.traces.is_empty() {
            let all = survey.context.sources.len();
            let known = survey.traces.entry(self.source as usize).or_insert_with(|| traces(all));
            self.traces.into_iter().for_each(|(key, s)| known.add(key, Trace::of(s)));
        }
        survey.sizes.add(self.info.tier, &self.answers);
        survey.sketches.entry(self.info.tier).or_default().add(&self.requests);
    }
}

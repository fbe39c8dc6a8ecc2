//! What stays the same from line to line of one chunk, or nearly so: kept at hand, so that an
//! ordinary line costs few look-ups.

use super::take::{Ends, Front, Survey, instance_as_pop};
use super::{NAMES_MAX, Recent, Sketch, SourceInfo};
use crate::event::Event;
use crate::time::Micros;

/// The running state of one chunk.
pub(super) struct Batch<'s> {
    pub(super) source: u32,
    pub(super) info: &'s SourceInfo,
    /// Of the source's tier: taken out of the survey while the chunk lasts.
    pub(super) sketch: Sketch,
    /// First and last event so far.
    pub(super) ends: Option<Ends>,
    instance: u32,
    host: Recent,
    pop: Recent,
    backend: Recent,
    front: Option<(Front, u32)>,
    /// A bin, and how many events in a row fell into it.
    run: (u32, u64),
}

impl<'s> Batch<'s> {
    /// Begins a chunk of `source`.
    pub(super) fn begin(survey: &mut Survey<'_>, source: usize, info: &'s SourceInfo) -> Self {
        Batch {
            source: source as u32,
            info,
            sketch: survey.sketches.remove(&info.tier).unwrap_or_default(),
            ends: None,
            instance: survey.names.id(info.instance.as_deref().map_or(b"", str::as_bytes)),
            host: Recent::default(),
            pop: Recent::default(),
            backend: Recent::default(),
            front: None,
            run: (0, 0),
        }
    }

    /// The number of the event's front in `survey`.
    pub(super) fn front(&mut self, survey: &mut Survey<'_>, event: &Event<'_>, host: &[u8]) -> u32 {
        let pop = event.pop.as_deref().unwrap_or_else(|| instance_as_pop(self.info));
        let front = Front {
            tier: self.info.tier,
            instance: self.instance,
            host: self.host.id_up_to(&mut survey.names, host, NAMES_MAX),
            pop: self.pop.id_up_to(&mut survey.names, pop, NAMES_MAX),
            backend: self.backend.id_up_to(&mut survey.names, event.backend.as_deref().unwrap_or(b""), NAMES_MAX),
        };
        match self.front {
            Some((known, id)) if known == front => id,
            _ => {
                let id = survey.fronts.insert_full(front).0 as u32;
                self.front = Some((front, id));
                id
            }
        }
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

    /// Ends the chunk: gives back to `survey` what was kept apart.
    pub(super) fn end(self, survey: &mut Survey<'_>) {
        if self.run.1 > 0 {
            survey.occupy(self.source, self.run);
        }
        if let Some(ends) = self.ends {
            survey.extend_ends(self.source as usize, ends);
        }
        survey.sketches.insert(self.info.tier, self.sketch);
    }
}

//! The first pass: everything, once, at memory speed. Counts per resource, bin, tier and outcome.
//!
//! A [`Survey`] is a mergeable partial: chunks may come in any order, on any number of threads,
//! and the merged whole is the same. Where a bound is reached, detail is coarsened in steps that
//! depend on what was seen, not on who saw it first: the time step widens when there are too many
//! bins, templates lose their deeper segments when there are too many templates.

mod batch;
mod cell;
mod copies;
mod corrections;
mod cube;
mod front;
mod intern;
mod lowest;
mod merge;
mod pages;
mod passed;
mod prints;
mod ranks;
mod sizes;
mod sketch;
mod take;
mod tally;
mod traces;
mod votes;

pub use cell::{Cell, LOG_STEPS};
pub(crate) use copies::bin;
pub use copies::{Copies, CopiesOf};
pub use corrections::Corrections;
pub use cube::{Cube, Series, SourceSeen};
pub use front::{Front, Fronting, Fronts};
pub use intern::{Interner, Recent};
pub use lowest::Lowest;
pub(crate) use merge::at_level;
pub use pages::Pages;
pub use passed::Passed;
pub use prints::{Print, line_hash};
pub(crate) use ranks::{places, ranks};
pub use sizes::{SizesSeen, bucket};
pub use sketch::{Sketch, path_hash};
pub use take::{Survey, host_of, when_and_where};
pub use tally::Tallied;
pub use traces::{SIGHTINGS_MAX, Sighting, Trace, content_key};
pub use votes::{EMPTY, Mode, NO_CONTENT, REDIRECT, Votes, answer_class, size_class};

use crate::event::{Event, Tier};
use crate::format::Facts;
use crate::format::catalogue::Catalogue;
use crate::outcome::Rules;
use crate::resource::NameRules;
use crate::time::{Micros, Zone};
use std::sync::OnceLock;

/// Steps of the survey's time axis in seconds; each divides the next.
pub const STEPS: [i64; 9] = [1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400];

/// Most occupied bins before the step widens: enough for one bin a second over an hour, or one
/// every five minutes over two weeks.
pub const BINS_MAX: usize = 4_096;

/// Most cells of one partial before the step widens: about 100 MB.
pub const CELLS_MAX: usize = 1_500_000;

/// Most different templates (or hosts, POPs, backends) before they are folded.
pub const NAMES_MAX: usize = 20_000;

/// Most servers that are told apart by the names of their files. More such names are no fleet but
/// pieces of one log, each too small to judge by itself; then none of them counts as a server.
pub const INSTANCES_MAX: usize = 1_000;

/// What is known of one source before its first line is read, or from its first chunk.
#[derive(Debug, Clone)]
pub struct SourceInfo {
    /// The format's facts; `None` while nothing was recognised.
    pub facts: &'static Facts,
    /// Share of the sample that the format reads.
    pub confidence: f64,
    /// What its lines are wrapped in, if they are.
    pub wrapper: Option<&'static str>,
    /// Why this format.
    pub why: String,
    /// Where it was written.
    pub tier: Tier,
    /// POP, host or node.
    pub instance: Option<String>,
    /// Host for lines that carry none.
    pub host: Option<String>,
    /// Microseconds to add to its stamps.
    pub clock_offset: i64,
    /// Whether the user gave the offset.
    pub clock_given: bool,
    /// Zone of stamps without an offset.
    pub zone: Option<Zone>,
}

impl SourceInfo {
    /// Where an instant of a line is by what is known of the source: its zone, where the format's stamps
    /// have none, and the offset of its clock.
    #[must_use]
    pub fn corrected(&self, at: Micros) -> Micros {
        let zone = self.zone.filter(|_| self.facts.zoneless);
        zone.map_or(at, |zone| zone.to_utc(at)).plus(self.clock_offset)
    }

    /// Moves the event's instants to where they are.
    pub fn correct(&self, event: &mut Event<'_>) {
        let at = event.when();
        event.shift(self.corrected(at).0.saturating_sub(at.0));
    }
}

/// What all workers share.
#[derive(Debug)]
pub struct Context {
    /// How responses count.
    pub rules: Rules,
    /// The user's names.
    pub names: NameRules,
    /// The formats of the run.
    pub catalogue: Catalogue,
    /// Whether files are told apart as servers by their names: at most [`INSTANCES_MAX`] such names.
    pub instances: bool,
    /// What earlier surveys of the same bundle taught.
    pub corrections: Corrections,
    /// Whether sources are to be compared with one another: there are several, and nothing was learnt of
    /// them yet.
    pub compares: bool,
    /// One place per source, filled when it is recognised.
    pub sources: Vec<OnceLock<SourceInfo>>,
}

//! A closer look at what answers looked like: the exact sizes, before, during and after a stretch in
//! which the survey's votes let one suspect that most answers of something were an error page.
//!
//! Like the survey a [`Probe`] is a mergeable partial; order and threads do not matter. It is run
//! only where there is a suspect.

use crate::event::{Event, Tier};
use crate::format::Parsed;
use crate::format::reader::LineReader;
use crate::outcome::{Outcome, Verb};
use crate::read::Chunk;
use crate::resource::{NAME_MAX, NO_PATH, template};
use crate::survey::{Context, Cube, Mode, answer_class, at_level, bucket, path_hash, when_and_where};
use crate::time::{Micros, Span};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// Most suspects; each is one bit of a word.
pub const SUSPECTS_MAX: usize = 32;

/// Most paths of one suspect and kind of log that are told apart: those first by hash. A bucket of
/// paths is then whole on sites with up to four million paths.
pub const PATHS_MAX: usize = 1_024;

/// Clients told apart exactly; more are "at least so many".
pub const CLIENTS_TOLD: usize = 32;

/// Most paths whose suspects are remembered; beyond, the memory is emptied and filled anew.
const REMEMBERED_MAX: usize = 1 << 16;

/// Of what most answers are suspected to be no good ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// A resource of the survey.
    Resource(String),
    /// One path among those in this bucket (see [`bucket`]).
    Bucket(u32),
}

/// Something that may have answered with an error page for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// What.
    pub whom: Whom,
    /// While the size in question dominated, to a step of the votes.
    pub span: Span,
    /// The same with a margin on both sides that belongs to neither.
    pub wide: Span,
    /// Classes of the size in question.
    pub mode: Mode,
    /// How it was asked for.
    pub verb: Verb,
    /// Whether its share rose, to whatever it is; else it dominates the stretch.
    pub risen: bool,
}

/// Where an answer lies as a suspect sees it.
pub const BEFORE: usize = 0;
/// First half of its stretch.
pub const FIRST: usize = 1;
/// Second half.
pub const SECOND: usize = 2;
/// After it.
pub const AFTER: usize = 3;

impl Suspect {
    /// The part of the time `at` lies in; `None` for the margins.
    fn part(&self, at: Micros) -> Option<usize> {
        let middle = Micros(self.span.from.0 + (self.span.to.0 - self.span.from.0) / 2);
        match () {
            () if at < self.wide.from => Some(BEFORE),
            () if at >= self.wide.to => Some(AFTER),
            () if !self.span.contains(at) => None,
            () if at < middle => Some(FIRST),
            () => Some(SECOND),
        }
    }
}

/// Answers of one class of size in one part of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sized {
    /// How many.
    pub n: u64,
    /// Smallest and largest size, bytes.
    pub bytes: (u64, u64),
    /// First and last of them.
    pub ends: (Micros, Micros),
}

impl Sized {
    /// Adds others of the same class.
    pub fn merge(&mut self, other: &Sized) {
        self.n += other.n;
        self.bytes = (self.bytes.0.min(other.bytes.0), self.bytes.1.max(other.bytes.1));
        self.ends = (self.ends.0.min(other.ends.0), self.ends.1.max(other.ends.1));
    }
}

/// Answers by class, for each part of the time.
pub type Parts = [BTreeMap<u16, Sized>; 4];

/// Distinct clients: those first by hash.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clients(BTreeSet<u64>);

impl Clients {
    fn add(&mut self, hash: u64) {
        self.0.insert(hash);
        while self.0.len() > CLIENTS_TOLD {
            self.0.pop_last();
        }
    }

    /// The one client with this hash.
    #[must_use]
    pub fn of(hash: u64) -> Self {
        Clients(BTreeSet::from([hash]))
    }

    /// Adds those of another part.
    pub fn merge(&mut self, other: &Clients) {
        other.0.iter().for_each(|&hash| self.add(hash));
    }

    /// How many; at least so many where it is [`CLIENTS_TOLD`].
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// How many there were, about: from how closely the smallest hashes lie (Bar-Yossef et al., RANDOM 2002); exact below
    /// [`CLIENTS_TOLD`], above that within about a fifth.
    #[must_use]
    pub fn estimate(&self) -> f64 {
        match self.0.last() {
            Some(&last) if self.0.len() >= CLIENTS_TOLD => (self.0.len() - 1) as f64 / (last as f64 / u64::MAX as f64).max(1e-18),
            _ => self.0.len() as f64,
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What one path of a suspect answered, as one tier logged it in one format.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thing {
    /// Answers by class.
    pub parts: Parts,
    /// Clients that got the size in question in its stretch.
    pub hit: Clients,
    /// Clients served outside the stretch.
    pub others: Clients,
}

impl Thing {
    /// Adds what another part of the logs, or another path, holds.
    pub fn merge(&mut self, other: &Thing) {
        for (mine, theirs) in self.parts.iter_mut().zip(&other.parts) {
            for (class, sized) in theirs {
                mine.entry(*class).and_modify(|s| s.merge(sized)).or_insert(*sized);
            }
        }
        self.hit.merge(&other.hit);
        self.others.merge(&other.others);
    }
}

/// Whose answers: in the order in which they are told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// Which tier logged it.
    pub tier: Tier,
    /// In which format: sizes are comparable only within one.
    pub format: &'static str,
    /// Host in lower case; empty where not logged.
    pub host: Vec<u8>,
    /// The path, as far as it is kept.
    pub path: Vec<u8>,
}

/// Suspect, tier, format, and the hashes of host with path and of the path alone.
type Place = (u8, Tier, &'static str, u64, u64);

/// What was seen of each suspect.
pub type Probed = Vec<BTreeMap<Key, Thing>>;

/// A mergeable partial of the closer look.
pub struct Probe<'p> {
    context: &'p Context,
    cube: &'p Cube,
    suspects: &'p [Suspect],
    /// The suspects that a path belongs to, by its hash.
    known: FxHashMap<u64, u32>,
    seen: FxHashMap<Place, (Vec<u8>, Vec<u8>, Thing)>,
    scratch: Vec<u8>,
}

impl<'p> Probe<'p> {
    /// An empty partial for at most [`SUSPECTS_MAX`] suspects.
    #[must_use]
    pub fn new(context: &'p Context, cube: &'p Cube, suspects: &'p [Suspect]) -> Self {
        let suspects = &suspects[..suspects.len().min(SUSPECTS_MAX)];
        Probe { context, cube, suspects, known: FxHashMap::default(), seen: FxHashMap::default(), scratch: Vec::new() }
    }

    /// Looks at every line of a chunk.
    pub fn take(&mut self, chunk: &Chunk) {
        let context = self.context;
        let Some(info) = context.sources[chunk.source].get() else { return };
        let mut reader = LineReader::new(chunk.dialect.clone(), chunk.facts, &context.catalogue);
        let mut host = Vec::new();
        for (_, line) in chunk.lines() {
            let (facts, parsed) = reader.read(line);
            let Parsed::Event(event) = parsed else { continue };
            let Some(path) = event.path.as_deref() else { continue };
            let hash = path_hash(b"", path);
            let suspects = self.suspects_of(path, hash);
            if suspects == 0 {
                continue;
            }
            let (at, host) = when_and_where(&event, info, &mut host);
            if context.rules.judge(&event, info.tier, host) == (Outcome::Good, false) && self.cube.plausible.contains(at) {
                self.event(&event, (info.tier, facts.name), at, host, hash, suspects);
            }
        }
        self.bound();
    }

    fn event(&mut self, event: &Event<'_>, log: (Tier, &'static str), at: Micros, host: &[u8], hash: u64, suspects: u32) {
        let (Some((verb, class)), Some(path)) = (answer_class(event), event.path.as_deref()) else { return };
        let bytes = event.bytes.unwrap_or(0);
        for (i, suspect) in self.suspects.iter().enumerate().filter(|(i, _)| suspects >> i & 1 == 1) {
            let Some(part) = suspect.part(at).filter(|_| suspect.verb == verb) else { continue };
            let place = (i as u8, log.0, log.1, path_hash(host, path), hash);
            let (_, _, thing) = self
                .seen
                .entry(place)
                .or_insert_with(|| (host.to_vec(), path[..path.len().min(NAME_MAX)].to_vec(), Thing::default()));
            let one = Sized { n: 1, bytes: (bytes, bytes), ends: (at, at) };
            thing.parts[part].entry(class).and_modify(|s| s.merge(&one)).or_insert(one);
            let Some(client) = event.client.as_deref() else { continue };
            let inside = part == FIRST || part == SECOND;
            if !inside {
                thing.others.add(mixed(path_hash(b"", client)));
            } else if (suspect.mode.low..=suspect.mode.high).contains(&class) {
                thing.hit.add(mixed(path_hash(b"", client)));
            }
        }
    }

    /// The suspects that `path` belongs to, one bit each.
    fn suspects_of(&mut self, path: &[u8], hash: u64) -> u32 {
        if let Some(&known) = self.known.get(&hash) {
            return known;
        }
        let name = match self.context.names.name(path) {
            Some((name, _)) => String::from_utf8_lossy(&name).into_owned(),
            None => {
                template(path, &mut self.scratch);
                self.cube.resource(&at_level(&self.scratch, self.cube.level))
            }
        };
        let belongs = |s: &Suspect| match &s.whom {
            Whom::Resource(n) => *n == name && name != NO_PATH,
            Whom::Bucket(b) => bucket(hash) == *b,
        };
        let found = self.suspects.iter().enumerate().filter(|(_, s)| belongs(s)).fold(0, |bits, (i, _)| bits | 1 << i);
        if self.known.len() >= REMEMBERED_MAX {
            self.known.clear();
        }
        self.known.insert(hash, found);
        found
    }

    /// Keeps the paths of each suspect that come first by hash: the same ones whoever saw them.
    fn bound(&mut self) {
        if self.seen.len() <= PATHS_MAX {
            return;
        }
        let mut ranks: FxHashMap<u8, BTreeSet<u64>> = FxHashMap::default();
        for &(suspect, .., path) in self.seen.keys() {
            let ranks = ranks.entry(suspect).or_default();
            ranks.insert(mixed(path));
            if ranks.len() > PATHS_MAX {
                ranks.pop_last();
            }
        }
        self.seen.retain(|&(suspect, .., path), _| ranks.get(&suspect).is_some_and(|r| r.contains(&mixed(path))));
    }

    /// Adds another partial. Any order of merging gives the same whole.
    pub fn merge(&mut self, other: Probe<'p>) {
        for (place, (host, path, thing)) in other.seen {
            self.seen.entry(place).and_modify(|(.., mine)| mine.merge(&thing)).or_insert((host, path, thing));
        }
        self.bound();
    }

    /// What was seen of each suspect, in an order that depends on the data alone.
    #[must_use]
    pub fn finish(self) -> Probed {
        let mut out: Probed = vec![BTreeMap::new(); self.suspects.len()];
        for ((suspect, tier, format, ..), (host, path, thing)) in self.seen {
            if let Some(things) = out.get_mut(usize::from(suspect)) {
                things.entry(Key { tier, format, host, path }).or_default().merge(&thing);
            }
        }
        out
    }
}

/// A hash whose order says nothing of the bucket it falls into.
fn mixed(hash: u64) -> u64 {
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_margins_belong_to_no_part_and_the_stretch_has_two_halves() {
        let span = |a, b| Span::new(Micros(a), Micros(b));
        let mode = Mode { low: 5, high: 5 };
        let suspect =
            Suspect { whom: Whom::Bucket(0), span: span(20, 40), wide: span(15, 45), mode, verb: Verb::Get, risen: false };
        let parts = [0, 15, 20, 29, 30, 39, 40, 44, 45].map(|t| suspect.part(Micros(t)));
        assert_eq!(parts, [Some(BEFORE), None, Some(FIRST), Some(FIRST), Some(SECOND), Some(SECOND), None, None, Some(AFTER)]);
    }

    #[test]
    fn the_first_clients_by_hash_are_kept_in_any_order() {
        let (mut up, mut down) = (Clients::default(), Clients::default());
        (0..100).for_each(|i| up.add(mixed(i)));
        (0..100).rev().for_each(|i| down.add(mixed(i)));
        assert_eq!((up.clone(), up.len()), (down, CLIENTS_TOLD));
        assert!((60.0..160.0).contains(&up.estimate()), "{}", up.estimate());
        assert!((Clients::of(7).estimate() - 1.0).abs() < 1e-9);
    }
}

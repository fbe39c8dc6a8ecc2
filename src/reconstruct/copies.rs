//! Finds the lines that several sources hold, and makes the filter that sets copies aside.
//!
//! Where whole bins are equal nothing need be read again. Of the others the younger sources' lines are
//! read once to know their hashes, and once more beside the elder ones to count how often each is there:
//! a client may really ask twice in one second, so that as many copies are set aside as the elder source
//! holds, and no more.

use super::again::Again;
use super::sources::Surveyed;
use crate::analyse::copies::{LINES_MAX, Log, Part, links, parts};
use crate::bundle::{Bundle, names};
use crate::config::{Options, glob_matches};
use crate::format::Parsed;
use crate::format::reader::LineReader;
use crate::progress::Progress;
use crate::read::Chunk;
use crate::survey::{Copies, CopiesOf, bin, line_hash, when_and_where};
use crate::time::Step;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// What was found of copies.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The filter.
    pub(super) copies: Copies,
    /// Per source with copies the sources that hold its lines too, and events that were not compared.
    pub(super) of: BTreeMap<usize, (Vec<usize>, u64)>,
}

/// Compares the sources of a survey.
pub(super) fn find(bundle: &Bundle, options: &Options, surveyed: &Surveyed, progress: &dyn Progress) -> Found {
    find_within(LINES_MAX, bundle, options, surveyed, progress)
}

fn find_within(lines_max: u64, bundle: &Bundle, options: &Options, surveyed: &Surveyed, progress: &dyn Progress) -> Found {
    let logs: Vec<Option<Log<'_>>> = (0..bundle.sources.len()).map(|i| log(bundle, options, surveyed, i)).collect();
    let parts = parts(&logs, &links(&logs), lines_max);
    if parts.is_empty() {
        return Found::default();
    }
    let step = surveyed.cube.step;
    let mut of: BTreeMap<usize, CopiesOf> = BTreeMap::new();
    for (&i, part) in &parts {
        of.insert(i, CopiesOf { whole: part.whole.clone(), mixed: part.mixed.clone(), ..CopiesOf::default() });
    }
    if parts.values().any(|p| !p.mixed.is_empty()) {
        let again = Again { bundle, options, context: &surveyed.context, progress };
        let reading = Reading { again, step, parts: &parts };
        reading.compare(&mut of);
    }
    let found = parts.into_iter().map(|(i, p)| (i, (p.elders, p.unchecked))).collect();
    Found { copies: Copies { step, of }, of: found }
}

fn log<'a>(bundle: &Bundle, options: &Options, surveyed: &'a Surveyed, i: usize) -> Option<Log<'a>> {
    let (seen, info) = (&surveyed.cube.sources[i], surveyed.context.sources[i].get()?);
    let path = &bundle.sources[i].path;
    let rule = options.incident.source.iter().find(|r| glob_matches(&r.pattern, path));
    let read = format!("{:?} {} {:?} {:?}", info.zone, info.clock_offset, info.wrapper, info.host);
    (seen.ledger.events > 0).then(|| Log {
        seen,
        like: (info.facts.name, info.tier, read),
        instance: info.instance.as_deref(),
        named: rule.is_some_and(|r| r.instance.is_some()),
        group: names::group(path),
    })
}

/// Lines of one hash in one source.
type Count = FxHashMap<(u64, usize), u64>;

struct Reading<'a> {
    again: Again<'a>,
    step: Step,
    parts: &'a BTreeMap<usize, Part>,
}

impl Reading<'_> {
    /// Fills in which lines of mixed bins are copies.
    fn compare(&self, of: &mut BTreeMap<usize, CopiesOf>) {
        let mixed = |i: usize| self.parts.get(&i).filter(|p| !p.mixed.is_empty());
        let young: Count = self.again.read(
            "comparing",
            &|i| mixed(i).is_some(),
            &Count::default,
            &|seen: &mut Count, chunk| {
                let Some(part) = mixed(chunk.source) else { return };
                self.each(chunk, |at, _, hash| {
                    if part.mixed.binary_search(&at).is_ok() {
                        *seen.entry((hash(), chunk.source)).or_default() += 1;
                    }
                });
            },
            |all, more| more.into_iter().for_each(|(k, n)| *all.entry(k).or_default() += n),
        );
        let wanted: FxHashSet<u64> = young.keys().map(|k| k.0).collect();
        let bins: FxHashSet<u32> = self.parts.values().flat_map(|p| p.mixed.iter().copied()).collect();
        let involved: FxHashSet<usize> = self
            .parts
            .iter()
            .filter(|(_, p)| !p.mixed.is_empty())
            .flat_map(|(&i, p)| p.elders.iter().copied().chain([i]))
            .collect();
        // Per source and hash how often, and for lines that a younger source holds several times, where.
        type Seen = (Count, FxHashMap<(u64, usize), Vec<u64>>);
        let (held, places): Seen = self.again.read(
            "comparing",
            &|i| involved.contains(&i),
            &Seen::default,
            &|seen: &mut Seen, chunk| {
                self.each(chunk, |at, number, hash| {
                    if !bins.contains(&at) {
                        return;
                    }
                    let hash = hash();
                    if wanted.contains(&hash) {
                        *seen.0.entry((hash, chunk.source)).or_default() += 1;
                        if young.get(&(hash, chunk.source)).is_some_and(|&n| n > 1) {
                            seen.1.entry((hash, chunk.source)).or_default().push(number);
                        }
                    }
                });
            },
            |all, more| {
                more.0.into_iter().for_each(|(k, n)| *all.0.entry(k).or_default() += n);
                more.1.into_iter().for_each(|(k, lines)| all.1.entry(k).or_default().extend(lines));
            },
        );
        for (&(hash, source), &n) in &young {
            let (Some(part), Some(copies)) = (self.parts.get(&source), of.get_mut(&source)) else { continue };
            let elder = part.elders.iter().filter_map(|&e| held.get(&(hash, e))).copied().max().unwrap_or(0);
            if elder >= n {
                copies.lines.insert(hash);
            } else if elder > 0
                && let Some(lines) = places.get(&(hash, source))
            {
                let mut lines = lines.clone();
                lines.sort_unstable();
                if let Some(&last) = lines.get(elder as usize - 1) {
                    copies.up_to.insert(hash, last);
                }
            }
        }
    }

    /// Calls `with` for every event of a chunk with its bin, its line's number and its line's hash.
    fn each(&self, chunk: &Chunk, mut with: impl FnMut(u32, u64, &dyn Fn() -> u64)) {
        let Some(info) = self.again.context.sources[chunk.source].get() else { return };
        let mut reader = LineReader::new(chunk.dialect.clone(), chunk.facts, &self.again.context.catalogue);
        let mut host = Vec::new();
        for (number, line) in chunk.lines() {
            if let Parsed::Event(event) = reader.read(line).1 {
                let (at, _) = when_and_where(&event, info, &mut host);
                with(bin(self.step, at), number, &|| line_hash(line));
            }
        }
    }
}

//! Lines in, counts out: the worker's part of the survey.

use super::batch::{Batch, Run};
use super::merge::at_level;
use super::prints::{Prints, line_hash, print};
use super::sizes::{Answer, Sizes};
use super::traces::{Traces, content_key, sighting};
use super::votes::answer_class;
use super::{Cell, Context, Fronts, Interner, Pages, Passed, STEPS, Sketch, SourceInfo, path_hash};
use crate::event::{Event, Tier};
use crate::format::Parsed;
use crate::format::reader::LineReader;
use crate::ledger::{Ledger, Reject, Stretch};
use crate::outcome::Outcome;
use crate::read::Chunk;
use crate::resource::{NO_PATH, template};
use crate::time::{Micros, SECOND};
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

/// Most paths whose template is remembered; beyond, the memory is emptied and filled anew.
const PATHS_MAX: usize = 1 << 16;

/// From here on steps of a second have no number of 32 bits: 1 January 2106.
/// Situation: `[10/Sep/2206:14:00:00 +0000]`, a year that was typed.
const LATEST: Micros = Micros(4_291_747_200 * SECOND);

/// A series: the numbers of its front and of its template.
pub(super) type Key = (u32, u32);

/// The one path behind a template, while there is only one.
#[derive(Clone, Debug)]
pub(super) enum Sole {
    /// Only this path so far.
    One(Box<[u8]>),
    /// Several.
    Many,
}

/// First and last event of a source: instant and line.
pub(super) type Ends = ((Micros, u64), (Micros, u64));

/// A mergeable partial of the survey.
pub struct Survey<'c> {
    pub(super) context: &'c Context,
    /// Index into [`STEPS`].
    pub(super) step: usize,
    /// How far templates are folded by depth: 0 for not at all.
    pub(super) level: usize,
    pub(super) templates: Interner,
    pub(super) soles: Vec<Sole>,
    pub(super) rules: Vec<Option<usize>>,
    /// Template by hash of the path.
    pub(super) paths: FxHashMap<u64, u32>,
    pub(super) fronts: Fronts,
    pub(super) series: IndexSet<Key, FxBuildHasher>,
    pub(super) cells: Pages<u32, Cell>,
    pub(super) per_source: FxHashMap<(u32, u32), Run>,
    pub(super) sketches: FxHashMap<Tier, Sketch>,
    pub(super) sizes: Sizes,
    pub(super) ledgers: FxHashMap<usize, Ledger>,
    pub(super) prints: FxHashMap<usize, Prints>,
    pub(super) traces: FxHashMap<usize, Traces>,
    scratch: Vec<u8>,
}

/// The instant an event is counted at and the host it belongs to (lower case, without port), after
/// the source's clock offset and zone. Both passes use this, so that they see the same events.
#[must_use]
pub fn when_and_where<'a>(event: &'a Event<'_>, info: &'a SourceInfo, host: &'a mut Vec<u8>) -> (Micros, &'a [u8]) {
    (info.corrected(event.when()), host_of(event, info, host))
}

/// The host of an event in lower case, without its port; that of its source where the line has none.
pub fn host_of<'a>(event: &'a Event<'_>, info: &'a SourceInfo, host: &'a mut Vec<u8>) -> &'a [u8] {
    host.clear();
    let name = event.host.as_deref().or(info.host.as_deref().map(str::as_bytes)).unwrap_or(b"");
    let without_port = match memchr::memrchr(b':', name) {
        Some(i) if name[i + 1..].iter().all(u8::is_ascii_digit) => &name[..i],
        _ => name,
    };
    host.extend(without_port.iter().take(100).map(u8::to_ascii_lowercase));
    host
}

impl<'c> Survey<'c> {
    /// An empty partial.
    #[must_use]
    pub fn new(context: &'c Context) -> Self {
        Survey {
            context,
            step: 0,
            level: 0,
            templates: Interner::default(),
            soles: Vec::new(),
            rules: Vec::new(),
            paths: FxHashMap::default(),
            fronts: Fronts::default(),
            series: IndexSet::default(),
            cells: Pages::default(),
            per_source: FxHashMap::default(),
            sketches: FxHashMap::default(),
            sizes: Sizes::default(),
            ledgers: FxHashMap::default(),
            prints: FxHashMap::default(),
            traces: FxHashMap::default(),
            scratch: Vec::new(),
        }
    }

    /// Counts every line of a chunk.
    pub fn take(&mut self, chunk: &Chunk) {
        let context = self.context;
        let Some(info) = context.sources[chunk.source].get() else { return };
        let mut reader = LineReader::new(chunk.dialect.clone(), chunk.facts, &context.catalogue);
        let mut ledger = Ledger::default();
        let mut host = Vec::new();
        let mut batch = Batch::begin(chunk.source, info, self);
        for defect in &chunk.defects {
            ledger.reject(defect.reason, defect.line, &defect.excerpt);
        }
        // Lines in a row are mostly of one format: it is noted when it changes.
        let mut stretch: Option<(&'static str, Stretch)> = None;
        for (number, line) in chunk.lines() {
            let (facts, parsed) = reader.read(line);
            match parsed {
                Parsed::Event(event) => {
                    let (at, host) = when_and_where(&event, info, &mut host);
                    if !(Micros(0)..LATEST).contains(&at) {
                        ledger.reject(Reject::BeyondTime, number, line);
                        continue;
                    }
                    if context.corrections.is_copy(chunk.source, at, number, line) {
                        ledger.duplicate();
                        continue;
                    }
                    ledger.event();
                    ledger.repaired += u64::from(event.repaired);
                    match &mut stretch {
                        Some((name, run)) if std::ptr::eq(*name, facts.name) => run.merge(Stretch::of(number)),
                        other => {
                            if let Some((name, run)) = other.replace((facts.name, Stretch::of(number))) {
                                ledger.read_by(name, run);
                            }
                        }
                    }
                    let hash = if context.compares { line_hash(line) } else { 0 };
                    if hash < batch.below && context.compares {
                        batch.prints.push((hash, print(&event, at)));
                    }
                    self.event(&mut batch, &event, at, host, (number, hash));
                }
                Parsed::Skip(reason) | Parsed::Aside(_, reason) => ledger.skip(reason),
                Parsed::Reject(reason) => ledger.reject(reason, number, line),
            }
        }
        batch.end(self);
        if let Some((name, run)) = stretch {
            ledger.read_by(name, run);
        }
        self.ledgers.entry(chunk.source).or_default().merge(ledger);
        self.bound();
    }

    fn event(&mut self, batch: &mut Batch<'_>, event: &Event<'_>, at: Micros, host: &[u8], (line, hash): (u64, u64)) {
        let (outcome, by_user) = self.context.rules.judge(event, batch.info.tier, host);
        if self.context.compares
            && let Some(key) = content_key(event)
            && batch.wants(key)
        {
            batch.trace(key, sighting(event, at, outcome == Outcome::Good));
        }
        let (template, path) = self.template(event.path.as_deref());
        let front = batch.fronting.of(event, host, &mut self.fronts);
        let series = self.series.insert_full((front, template)).0 as u32;
        let bin = self.bin(at);
        let cell = self.cells.at(bin, series);
        cell.add(outcome, event.status);
        // A connection that was switched to another protocol lasts as long as it is wanted.
        if let Some(duration) = event.duration.filter(|_| outcome == Outcome::Good && event.status != Some(101)) {
            cell.took(duration);
        }
        if let Some(run) = batch.count(bin, at, line, hash, Passed::of(event, outcome, batch.info.tier)) {
            self.occupy(batch.source, run);
        }
        // What the user's rules decide is not looked into.
        if outcome == Outcome::Good
            && !by_user
            && self.sizes.wants(batch.info.tier)
            && let Some(seen) = answer_class(event)
        {
            batch.answers.push(Answer::new(at, template, path, seen));
        }
        batch.requests.push((path_hash(host, event.path.as_deref().unwrap_or(b"")), outcome.is_bad()));
    }

    /// Counts a run of events of `source` in one bin.
    pub(super) fn occupy(&mut self, source: u32, (bin, run): (u32, Run)) {
        self.per_source.entry((source, bin)).and_modify(|known| known.merge(run)).or_insert(run);
    }

    fn bin(&self, at: Micros) -> u32 {
        u32::try_from(at.0.div_euclid(STEPS[self.step] * SECOND).max(0)).unwrap_or(u32::MAX)
    }

    /// The number of the template of `path`, and the hash of the path.
    fn template(&mut self, path: Option<&[u8]>) -> (u32, u64) {
        let Some(path) = path else { return (self.intern(NO_PATH.as_bytes(), b"", None), path_hash(b"", b"")) };
        let hash = path_hash(b"", path);
        if let Some(&id) = self.paths.get(&hash) {
            if let Some(Sole::One(p)) = self.soles.get(id as usize)
                && **p != *cut(path)
            {
                self.soles[id as usize] = Sole::Many;
            }
            return (id, hash);
        }
        let id = if let Some((name, rule)) = self.context.names.name(path) {
            self.intern(&name, path, Some(rule))
        } else {
            let mut folded = std::mem::take(&mut self.scratch);
            template(path, &mut folded);
            let kept = at_level(&folded, self.level);
            let id = self.intern(&kept, path, None);
            self.scratch = folded;
            id
        };
        if self.paths.len() >= PATHS_MAX {
            self.paths.clear();
        }
        self.paths.insert(hash, id);
        (id, hash)
    }

    pub(super) fn intern(&mut self, name: &[u8], path: &[u8], rule: Option<usize>) -> u32 {
        let id = self.templates.id(name);
        let path = cut(path);
        if let Some(known) = self.rules.get_mut(id as usize) {
            *known = first_rule(*known, rule);
        }
        match self.soles.get_mut(id as usize) {
            None => {
                self.soles.push(Sole::One(path.into()));
                self.rules.push(rule);
            }
            Some(sole) => {
                if matches!(sole, Sole::One(p) if **p != *path) {
                    *sole = Sole::Many;
                }
            }
        }
        id
    }
}

/// A path as far as it is kept.
fn cut(path: &[u8]) -> &[u8] {
    &path[..path.len().min(crate::resource::NAME_MAX)]
}

/// Of the rules that gave the same name the first one written, whoever was seen first.
pub(super) fn first_rule(a: Option<usize>, b: Option<usize>) -> Option<usize> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

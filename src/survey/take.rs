//! Lines in, counts out: the worker's part of the survey.

use super::{BINS_MAX, CELLS_MAX, Cell, Context, Interner, NAMES_MAX, STEPS, Sketch, SourceInfo, path_hash};
use crate::event::{Event, Tier};
use crate::format::Parsed;
use crate::format::reader::LineReader;
use crate::ledger::Ledger;
use crate::read::Chunk;
use crate::resource::{NO_PATH, template};
use crate::time::{Micros, SECOND};
use rustc_hash::{FxHashMap, FxHashSet};

/// Most paths whose template is remembered; beyond, the memory is emptied and filled anew.
const PATHS_MAX: usize = 1 << 16;

/// Segments of a template kept at each level of folding.
const LEVELS: [usize; 5] = [usize::MAX, 3, 2, 1, 0];

/// What tells series apart: tier, instance, host, template, POP, backend, as local numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub tier: Tier,
    pub instance: u32,
    pub host: u32,
    pub template: u32,
    pub pop: u32,
    pub backend: u32,
}

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
    /// Index into [`LEVELS`].
    pub(super) level: usize,
    pub(super) names: Interner,
    pub(super) templates: Interner,
    pub(super) soles: Vec<Sole>,
    pub(super) rules: Vec<Option<usize>>,
    paths: FxHashMap<u64, u32>,
    pub(super) series: Vec<Key>,
    index: FxHashMap<Key, u32>,
    pub(super) cells: FxHashMap<(u32, u32), Cell>,
    pub(super) bins: FxHashSet<u32>,
    pub(super) per_source: FxHashMap<(u32, u32), u64>,
    pub(super) sketches: FxHashMap<Tier, Sketch>,
    pub(super) ledgers: FxHashMap<usize, Ledger>,
    pub(super) ends: FxHashMap<usize, Ends>,
    scratch: Vec<u8>,
}

/// The instant an event is counted at and the host it belongs to (lower case, without port), after
/// the source's clock offset and zone. Both passes use this, so that they see the same events.
#[must_use]
pub fn when_and_where<'a>(event: &'a Event<'_>, info: &'a SourceInfo, host: &'a mut Vec<u8>) -> (Micros, &'a [u8]) {
    let mut at = event.when();
    if let Some(zone) = info.zone.filter(|_| info.facts.zoneless) {
        at = zone.to_utc(at);
    }
    host.clear();
    let name = event.host.as_deref().or(info.host.as_deref().map(str::as_bytes)).unwrap_or(b"");
    let without_port = match memchr::memrchr(b':', name) {
        Some(i) if name[i + 1..].iter().all(u8::is_ascii_digit) => &name[..i],
        _ => name,
    };
    host.extend(without_port.iter().take(100).map(u8::to_ascii_lowercase));
    (at.plus(info.clock_offset), host)
}

impl<'c> Survey<'c> {
    /// An empty partial.
    #[must_use]
    pub fn new(context: &'c Context) -> Self {
        Survey {
            context,
            step: 0,
            level: 0,
            names: Interner::default(),
            templates: Interner::default(),
            soles: Vec::new(),
            rules: Vec::new(),
            paths: FxHashMap::default(),
            series: Vec::new(),
            index: FxHashMap::default(),
            cells: FxHashMap::default(),
            bins: FxHashSet::default(),
            per_source: FxHashMap::default(),
            sketches: FxHashMap::default(),
            ledgers: FxHashMap::default(),
            ends: FxHashMap::default(),
            scratch: Vec::new(),
        }
    }

    /// Counts every line of a chunk.
    pub fn take(&mut self, chunk: &Chunk) {
        let context = self.context;
        let Some(info) = context.sources[chunk.source].get() else { return };
        let mut reader = LineReader::new(chunk.dialect.clone(), chunk.facts);
        let mut ledger = Ledger::default();
        let mut host = Vec::new();
        for defect in &chunk.defects {
            ledger.reject(defect.reason, defect.line, &defect.excerpt);
        }
        for (number, line) in chunk.lines() {
            match reader.read(line).1 {
                Parsed::Event(event) => {
                    ledger.event();
                    let (at, host) = when_and_where(&event, info, &mut host);
                    self.event(chunk.source, info, &event, at, host, number);
                }
                Parsed::Skip(reason) => ledger.skip(reason),
                Parsed::Reject(reason) => ledger.reject(reason, number, line),
            }
        }
        self.ledgers.entry(chunk.source).or_default().merge(ledger);
        self.bound();
    }

    fn event(&mut self, source: usize, info: &SourceInfo, event: &Event<'_>, at: Micros, host: &[u8], line: u64) {
        let outcome = self.context.rules.classify(event, info.tier);
        let template = self.template(event.path.as_deref());
        let instance = info.instance.as_deref().map_or(b"".as_slice(), str::as_bytes);
        let key = Key {
            tier: info.tier,
            instance: self.names.id(instance),
            host: self.names.id_up_to(host, NAMES_MAX),
            template,
            pop: self.names.id_up_to(event.pop.as_deref().unwrap_or(instance_as_pop(info)), NAMES_MAX),
            backend: self.names.id_up_to(event.backend.as_deref().unwrap_or(b""), NAMES_MAX),
        };
        let series = self.series_of(key);
        let bin = self.bin(at);
        self.cells.entry((series, bin)).or_default().add(outcome, event.status);
        self.bins.insert(bin);
        *self.per_source.entry((source as u32, bin)).or_default() += 1;
        let path = event.path.as_deref().unwrap_or(b"");
        self.sketches.entry(info.tier).or_default().add(path_hash(host, path), outcome.is_bad());
        let here = (at, line);
        let ends = self.ends.entry(source).or_insert((here, here));
        *ends = (ends.0.min(here), ends.1.max(here));
    }

    fn bin(&self, at: Micros) -> u32 {
        u32::try_from(at.0.div_euclid(STEPS[self.step] * SECOND).max(0)).unwrap_or(u32::MAX)
    }

    fn template(&mut self, path: Option<&[u8]>) -> u32 {
        let Some(path) = path else { return self.intern(NO_PATH.as_bytes(), b"", None) };
        let hash = path_hash(b"", path);
        if let Some(&id) = self.paths.get(&hash) {
            if let Some(Sole::One(p)) = self.soles.get(id as usize)
                && **p != *path
            {
                self.soles[id as usize] = Sole::Many;
            }
            return id;
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
        id
    }

    fn intern(&mut self, name: &[u8], path: &[u8], rule: Option<usize>) -> u32 {
        let id = self.templates.id(name);
        let path = &path[..path.len().min(crate::resource::NAME_MAX)];
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

    fn series_of(&mut self, key: Key) -> u32 {
        *self.index.entry(key).or_insert_with(|| {
            self.series.push(key);
            (self.series.len() - 1) as u32
        })
    }

    /// Coarsens while a bound is passed.
    fn bound(&mut self) {
        while self.templates.len() > NAMES_MAX && self.level + 1 < LEVELS.len() {
            self.raise_level(self.level + 1);
        }
        while (self.bins.len() > BINS_MAX || self.cells.len() > CELLS_MAX) && self.step + 1 < STEPS.len() {
            self.widen(self.step + 1);
        }
    }

    fn widen(&mut self, step: usize) {
        let factor = (STEPS[step] / STEPS[self.step]) as u32;
        for ((series, bin), cell) in std::mem::take(&mut self.cells) {
            self.cells.entry((series, bin / factor)).or_default().merge(&cell);
        }
        for ((source, bin), n) in std::mem::take(&mut self.per_source) {
            *self.per_source.entry((source, bin / factor)).or_default() += n;
        }
        self.bins = self.bins.iter().map(|b| b / factor).collect();
        self.step = step;
    }

    fn raise_level(&mut self, level: usize) {
        let (templates, soles, rules) =
            (std::mem::take(&mut self.templates), std::mem::take(&mut self.soles), std::mem::take(&mut self.rules));
        let mut moved = Vec::with_capacity(templates.len());
        for ((name, sole), rule) in templates.iter().zip(&soles).zip(&rules) {
            let kept = if rule.is_some() { name.to_vec() } else { at_level(name, level) };
            let id = self.intern(&kept, b"", *rule);
            match sole {
                Sole::One(p) if kept == name => self.soles[id as usize] = Sole::One(p.clone()),
                _ => self.soles[id as usize] = Sole::Many,
            }
            moved.push(id);
        }
        self.paths.clear();
        self.level = level;
        self.remap(|key| Key { template: moved[key.template as usize], ..key });
    }

    fn remap(&mut self, new: impl Fn(Key) -> Key) {
        let (series, cells) = (std::mem::take(&mut self.series), std::mem::take(&mut self.cells));
        self.index.clear();
        let ids: Vec<u32> = series.iter().map(|&k| self.series_of(new(k))).collect();
        for ((s, bin), cell) in cells {
            self.cells.entry((ids[s as usize], bin)).or_default().merge(&cell);
        }
    }

    /// Adds another partial. Any order of merging gives the same whole.
    pub fn merge(&mut self, mut other: Survey<'c>) {
        let (step, level) = (self.step.max(other.step), self.level.max(other.level));
        for part in [&mut *self, &mut other] {
            if part.level < level {
                part.raise_level(level);
            }
            if part.step < step {
                part.widen(step);
            }
        }
        let mut templates = Vec::with_capacity(other.templates.len());
        for (i, name) in other.templates.iter().enumerate() {
            let known = self.templates.len();
            let id = self.templates.id(name) as usize;
            if id == known {
                self.soles.push(other.soles[i].clone());
                self.rules.push(other.rules[i]);
            } else if !matches!((&self.soles[id], &other.soles[i]), (Sole::One(a), Sole::One(b)) if a == b) {
                self.soles[id] = Sole::Many;
            }
            templates.push(id as u32);
        }
        let names: Vec<u32> = other.names.iter().map(|n| self.names.id(n)).collect();
        let ids: Vec<u32> = other
            .series
            .iter()
            .map(|k| {
                self.series_of(Key {
                    tier: k.tier,
                    instance: names[k.instance as usize],
                    host: names[k.host as usize],
                    template: templates[k.template as usize],
                    pop: names[k.pop as usize],
                    backend: names[k.backend as usize],
                })
            })
            .collect();
        for ((series, bin), cell) in other.cells {
            self.cells.entry((ids[series as usize], bin)).or_default().merge(&cell);
        }
        self.bins.extend(other.bins);
        for (key, n) in other.per_source {
            *self.per_source.entry(key).or_default() += n;
        }
        for (tier, sketch) in other.sketches {
            self.sketches.entry(tier).or_default().merge(&sketch);
        }
        for (source, ledger) in other.ledgers {
            self.ledgers.entry(source).or_default().merge(ledger);
        }
        for (source, ends) in other.ends {
            let mine = self.ends.entry(source).or_insert(ends);
            *mine = (mine.0.min(ends.0), mine.1.max(ends.1));
        }
        self.bound();
    }

    /// The level of folding reached: 0 for none.
    #[must_use]
    pub fn level(&self) -> usize {
        self.level
    }
}

/// An edge without a POP field is its own POP: `edge-ams.log` stands for `ams`.
pub(crate) fn instance_as_pop(info: &SourceInfo) -> &[u8] {
    match (&info.instance, info.tier) {
        (Some(name), Tier::Edge) => name.as_bytes(),
        _ => b"",
    }
}

/// A template cut to what its level keeps.
pub(crate) fn at_level(name: &[u8], level: usize) -> Vec<u8> {
    let keep = LEVELS[level.min(LEVELS.len() - 1)];
    match memchr::memchr_iter(b'/', name).nth(keep) {
        Some(end) => [&name[..end], "/…".as_bytes()].concat(),
        None => name.to_vec(),
    }
}

//! How partial surveys stay bounded and become one: what is coarsened depends on what was seen, not
//! on who saw it first.

use super::take::{Key, Sole, Survey, first_rule};
use super::{BINS_MAX, CELLS_MAX, NAMES_MAX, STEPS};
use std::collections::hash_map::Entry;

/// Segments of a template kept at each level of folding.
const LEVELS: [usize; 5] = [usize::MAX, 3, 2, 1, 0];

impl<'c> Survey<'c> {
    /// Coarsens while a bound is passed.
    pub(super) fn bound(&mut self) {
        while self.templates.len() > NAMES_MAX && self.level + 1 < LEVELS.len() {
            self.raise_level(self.level + 1);
        }
        if self.fronts.is_over() {
            self.fold_fronts();
        }
        while (self.cells.bins() > BINS_MAX || self.cells.cells() > CELLS_MAX) && self.step + 1 < STEPS.len() {
            self.widen(self.step + 1);
        }
    }

    fn widen(&mut self, step: usize) {
        let factor = (STEPS[step] / STEPS[self.step]) as u32;
        for (bin, series, cell) in std::mem::take(&mut self.cells).drain() {
            self.cells.at(bin / factor, series).merge(&cell);
        }
        for ((source, bin), run) in std::mem::take(&mut self.per_source) {
            self.occupy(source, (bin / factor, run));
        }
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
        self.sizes.renumber(|template| moved[template as usize]);
        self.remap(|(front, template)| (front, moved[template as usize]));
    }

    fn fold_fronts(&mut self) {
        let moved = self.fronts.fold();
        self.remap(|(front, template)| (moved[front as usize], template));
    }

    fn remap(&mut self, new: impl Fn(Key) -> Key) {
        let (series, cells) = (std::mem::take(&mut self.series), std::mem::take(&mut self.cells));
        let ids: Vec<u32> = series.into_iter().map(|k| self.series.insert_full(new(k)).0 as u32).collect();
        for (bin, series, cell) in cells.drain() {
            self.cells.at(bin, ids[series as usize]).merge(&cell);
        }
    }

    /// Adds another partial. Any order of merging gives the same whole.
    pub fn merge(&mut self, mut other: Survey<'c>) {
        let (step, level) = (self.step.max(other.step), self.level.max(other.level));
        let folded = self.fronts.is_folded() || other.fronts.is_folded();
        for part in [&mut *self, &mut other] {
            if folded && !part.fronts.is_folded() {
                part.fold_fronts();
            }
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
            } else {
                self.rules[id] = first_rule(self.rules[id], other.rules[i]);
                if !matches!((&self.soles[id], &other.soles[i]), (Sole::One(a), Sole::One(b)) if a == b) {
                    self.soles[id] = Sole::Many;
                }
            }
            templates.push(id as u32);
        }
        let fronts = self.fronts.adopt(&other.fronts);
        let key = |(front, template): Key| (fronts[front as usize], templates[template as usize]);
        let ids: Vec<u32> = other.series.into_iter().map(|k| self.series.insert_full(key(k)).0 as u32).collect();
        for (bin, series, cell) in other.cells.drain() {
            self.cells.at(bin, ids[series as usize]).merge(&cell);
        }
        for ((source, bin), run) in other.per_source {
            self.occupy(source, (bin, run));
        }
        self.sizes.merge(other.sizes, |template| templates[template as usize]);
        for (tier, sketch) in other.sketches {
            self.sketches.entry(tier).or_default().merge(&sketch);
        }
        for (source, ledger) in other.ledgers {
            self.ledgers.entry(source).or_default().merge(ledger);
        }
        for (source, traces) in other.traces {
            match self.traces.entry(source) {
                Entry::Occupied(mut known) => known.get_mut().merge(traces),
                Entry::Vacant(free) => {
                    free.insert(traces);
                }
            }
        }
        for (source, prints) in other.prints {
            match self.prints.entry(source) {
                Entry::Occupied(mut known) => known.get_mut().merge(prints),
                Entry::Vacant(free) => {
                    free.insert(prints);
                }
            }
        }
        self.bound();
    }

    /// The level of folding reached: 0 for none.
    #[must_use]
    pub fn level(&self) -> usize {
        self.level
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

//! How many answers had which class of size: by step of time, template and method. Unlike votes these
//! are numbers, so that a size that only one answer in twenty has is seen beside the others.

use super::sizes::SLICES_MAX;
use super::votes::{NO_CONTENT, Votes};
use super::{Pages, STEPS};
use crate::outcome::Verb;
use crate::time::{Micros, Step};
use std::collections::BTreeMap;

/// Most numbers of one partial before the step widens: about 10 MB.
pub(super) const CELLS_MAX: usize = 500_000;

/// Bits of a class in a key (see [`super::size_class`]).
const CLASS_BITS: u32 = 10;

/// Largest number of a template that fits into a key beside the method and the class.
const TEMPLATE_MAX: u32 = u32::MAX >> (CLASS_BITS + 1);

/// A mergeable partial.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    /// Index into [`STEPS`].
    step: usize,
    /// By step of time, and by template, method and class in one number.
    pages: Pages<u32, u32>,
}

fn key(template: u32, verb: Verb, class: u16) -> u32 {
    (template.min(TEMPLATE_MAX) << (CLASS_BITS + 1)) | (u32::from(verb == Verb::Post) << CLASS_BITS) | u32::from(class)
}

/// Template, method and class of a key.
fn parts(key: u32) -> (u32, Verb, u16) {
    let verb = if (key >> CLASS_BITS) & 1 == 1 { Verb::Post } else { Verb::Get };
    (key >> (CLASS_BITS + 1), verb, (key & ((1 << CLASS_BITS) - 1)) as u16)
}

impl Tally {
    /// Counts one answer, `at` seconds after the epoch.
    pub(super) fn add(&mut self, at: u32, template: u32, verb: Verb, class: u16) {
        self.count(at / STEPS[self.step] as u32, key(template, verb, class), 1);
    }

    fn count(&mut self, slice: u32, key: u32, n: u32) {
        let known = self.pages.at(slice, key);
        *known = known.saturating_add(n);
    }

    fn widen(&mut self, step: usize) {
        let factor = (STEPS[step] / STEPS[self.step]) as u32;
        for (slice, key, n) in std::mem::take(&mut self.pages).drain() {
            self.count(slice / factor, key, n);
        }
        self.step = step;
    }

    /// Coarsens while a bound is passed.
    pub(super) fn bound(&mut self) {
        while (self.pages.bins() > SLICES_MAX || self.pages.cells() > CELLS_MAX) && self.step + 1 < STEPS.len() {
            self.widen(self.step + 1);
        }
    }

    /// Gives templates new numbers; those with the same one are merged.
    pub(super) fn renumber(&mut self, new: impl Fn(u32) -> u32) {
        for (slice, old, n) in std::mem::take(&mut self.pages).drain() {
            let (template, verb, class) = parts(old);
            self.count(slice, key(new(template), verb, class), n);
        }
    }

    /// Adds another partial, whose templates have the numbers `new` here.
    pub(super) fn merge(&mut self, mut other: Tally, new: impl Fn(u32) -> u32) {
        let step = self.step.max(other.step);
        for tally in [&mut *self, &mut other] {
            if tally.step < step {
                tally.widen(step);
            }
        }
        for (slice, old, n) in other.pages.drain() {
            let (template, verb, class) = parts(old);
            self.count(slice, key(new(template), verb, class), n);
        }
    }

    /// Ends the counting; `names` tells the resource of each template, `keeps` which instants are plausible.
    pub(super) fn finish(self, names: &[String], keeps: impl Fn(Micros) -> bool) -> Tallied {
        let step = Step(STEPS[self.step]);
        let mut all: BTreeMap<(&str, Verb), Numbers> = BTreeMap::new();
        for (slice, key, n) in self.pages.drain().filter(|(slice, ..)| keeps(step.start(i64::from(*slice)))) {
            let (template, verb, class) = parts(key);
            let Some(name) = names.get(template as usize) else { continue };
            let known = all.entry((name, verb)).or_default().entry((slice, class)).or_default();
            *known = known.saturating_add(n);
        }
        let list = |cells: Numbers| cells.into_iter().map(|((slice, class), n)| (slice, class, n)).collect();
        Tallied { step, of: all.into_iter().map(|((name, verb), cells)| ((name.to_owned(), verb), list(cells))).collect() }
    }
}

/// Numbers of answers by slice and class.
type Numbers = BTreeMap<(u32, u16), u32>;

/// A slice, a class of size, and how many answers had it.
pub(crate) type ClassCount = (u32, u16, u32);

/// How many answers of each resource had which class of size when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tallied {
    /// Width of the slices.
    pub step: Step,
    /// By resource and method: slice (counted from the epoch), class and number, ascending.
    pub of: BTreeMap<(String, Verb), Vec<ClassCount>>,
}

impl Tallied {
    /// The same as votes: answers to GET with status 200 and redirects.
    pub(super) fn votes(&self) -> BTreeMap<String, BTreeMap<u32, Votes>> {
        let mut out: BTreeMap<String, BTreeMap<u32, Votes>> = BTreeMap::new();
        for ((name, _), cells) in self.of.iter().filter(|((_, verb), _)| *verb == Verb::Get) {
            let resource = out.entry(name.clone()).or_default();
            for &(slice, class, n) in cells.iter().filter(|c| c.1 != NO_CONTENT) {
                resource.entry(slice).or_default().add_all(class, n);
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_back_what_it_was_made_of() {
        for (template, verb, class) in
            [(0, Verb::Get, 0), (1, Verb::Post, 1_023), (20_000, Verb::Get, 77), (TEMPLATE_MAX, Verb::Post, 0)]
        {
            assert_eq!(parts(key(template, verb, class)), (template, verb, class));
        }
    }

    #[test]
    fn the_step_widens_where_there_are_too_many_numbers_and_none_is_lost() {
        let mut tally = Tally::default();
        for at in 0..3_000 {
            tally.add(at, at % 7, Verb::Get, (at % 11) as u16);
        }
        tally.bound();
        let seen = tally.finish(&(0..7).map(|i| format!("/{i}")).collect::<Vec<_>>(), |_| true);
        assert_eq!(seen.step, Step(15));
        assert_eq!(seen.of.values().flatten().map(|c| c.2).sum::<u32>(), 3_000);
        assert_eq!(seen.votes().values().flat_map(BTreeMap::values).map(Votes::n).sum::<u64>(), 3_000);
    }
}

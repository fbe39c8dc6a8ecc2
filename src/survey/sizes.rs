//! What size answers had when, for the outermost tier seen: numbers by class of size for each template, votes
//! for each bucket of paths, in steps of time. Sizes of different tiers are never added: formats count with headers or without.

use super::tally::{Tallied, Tally};
use super::votes::{NO_CONTENT, Votes};
use super::{Pages, STEPS};
use crate::event::Tier;
use crate::outcome::Verb;
use crate::time::{Micros, SECOND, Step};
use std::collections::BTreeMap;

/// Most steps of time with votes before the step widens.
pub(super) const SLICES_MAX: usize = 512;

/// Most sums of votes of one kind and partial before the step widens: about 20 MB.
pub(super) const VOTES_MAX: usize = 200_000;

/// Paths are told apart by this many buckets: one that holds a hundredth of the requests is then
/// disturbed by others for a fortieth of its votes.
const BUCKETS_BITS: u32 = 12;

/// The bucket of a path, from its hash without the host (see [`super::path_hash`]). The upper bits of the hash are its
/// best ones.
#[must_use]
pub fn bucket(hash: u64) -> u32 {
    (hash >> (64 - BUCKETS_BITS)) as u32
}

/// One answer, as the worker keeps it until the end of its chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    /// Seconds since the epoch.
    at: u32,
    /// Number of its template.
    pub(super) template: u32,
    /// Bucket of its path.
    bucket: u32,
    /// Class of its size.
    class: u16,
    /// How it was asked for.
    verb: Verb,
}

impl Answer {
    /// An answer at `at` for the path with hash `path`.
    pub(super) fn new(at: Micros, template: u32, path: u64, (verb, class): (Verb, u16)) -> Self {
        let at = u32::try_from(at.0.div_euclid(SECOND).max(0)).unwrap_or(u32::MAX);
        Answer { at, template, bucket: bucket(path), class, verb }
    }
}

/// Votes by step of time and by a number.
#[derive(Clone, Debug, Default)]
struct Ballot {
    /// Index into [`STEPS`].
    step: usize,
    pages: Pages<u32, Votes>,
}

impl Ballot {
    fn add(&mut self, at: u32, key: u32, class: u16) {
        self.pages.at(at / STEPS[self.step] as u32, key).add(class);
    }

    fn widen(&mut self, step: usize) {
        let factor = (STEPS[step] / STEPS[self.step]) as u32;
        for (slice, key, votes) in std::mem::take(&mut self.pages).drain() {
            self.pages.at(slice / factor, key).merge(&votes);
        }
        self.step = step;
    }

    fn bound(&mut self) {
        while (self.pages.bins() > SLICES_MAX || self.pages.cells() > VOTES_MAX) && self.step + 1 < STEPS.len() {
            self.widen(self.step + 1);
        }
    }

    fn merge(&mut self, mut other: Ballot) {
        let step = self.step.max(other.step);
        for ballot in [&mut *self, &mut other] {
            if ballot.step < step {
                ballot.widen(step);
            }
        }
        for (slice, key, votes) in other.pages.drain() {
            self.pages.at(slice, key).merge(&votes);
        }
    }
}

/// A mergeable partial: votes of the outermost tier that it has seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Sizes {
    tier: Option<Tier>,
    templates: Tally,
    paths: Ballot,
}

impl Sizes {
    /// Whether answers of `tier` are wanted: not where a tier further out was seen.
    pub(super) fn wants(&self, tier: Tier) -> bool {
        self.tier.is_none_or(|known| tier <= known)
    }

    /// Counts the answers of one chunk.
    pub(super) fn add(&mut self, tier: Tier, answers: &[Answer]) {
        if answers.is_empty() || !self.wants(tier) {
            return;
        }
        if self.tier != Some(tier) {
            *self = Sizes { tier: Some(tier), ..Sizes::default() };
        }
        for a in answers {
            self.templates.add(a.at, a.template, a.verb, a.class);
        }
        for a in answers.iter().filter(|a| a.verb == Verb::Get && a.class != NO_CONTENT) {
            self.paths.add(a.at, a.bucket, a.class);
        }
        self.bound();
    }

    /// Coarsens while a bound is passed.
    fn bound(&mut self) {
        self.templates.bound();
        self.paths.bound();
    }

    /// Gives templates new numbers; those with the same one are merged.
    pub(super) fn renumber(&mut self, new: impl Fn(u32) -> u32) {
        self.templates.renumber(new);
    }

    /// Adds another partial, whose templates have the numbers `new` here.
    pub(super) fn merge(&mut self, other: Sizes, new: impl Fn(u32) -> u32) {
        let Some(tier) = other.tier else { return };
        if !self.wants(tier) {
            return;
        }
        if self.tier != Some(tier) {
            *self = Sizes { tier: Some(tier), ..Sizes::default() };
        }
        self.templates.merge(other.templates, new);
        self.paths.merge(other.paths);
        self.bound();
    }

    /// Ends the counting; `names` tells the resource of each template, `keeps` which instants are plausible.
    pub(super) fn finish(self, names: &[String], keeps: impl Fn(Micros) -> bool) -> SizesSeen {
        let step = Step(STEPS[self.paths.step]);
        let mut buckets: BTreeMap<u32, BTreeMap<u32, Votes>> = BTreeMap::new();
        for (slice, key, votes) in self.paths.pages.drain().filter(|(slice, ..)| keeps(step.start(i64::from(*slice)))) {
            buckets.entry(key).or_default().insert(slice, votes);
        }
        let tallied = self.templates.finish(names, keeps);
        SizesSeen { tier: self.tier, template_step: tallied.step, resources: tallied.votes(), tallied, path_step: step, buckets }
    }
}

/// The sizes of answers at the outermost tier that has any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizesSeen {
    /// Which tier; `None` without answers that have a size.
    pub tier: Option<Tier>,
    /// Step of the resources' votes.
    pub template_step: Step,
    /// Votes of each resource by step, counted from the epoch.
    pub resources: BTreeMap<String, BTreeMap<u32, Votes>>,
    /// Numbers of each resource by step, class of size and method.
    pub tallied: Tallied,
    /// Step of the buckets' votes.
    pub path_step: Step,
    /// Votes of each bucket of paths by step, counted from the epoch.
    pub buckets: BTreeMap<u32, BTreeMap<u32, Votes>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finished(sizes: Sizes) -> SizesSeen {
        sizes.finish(&["/a".into(), "/b".into(), "/a".into()], |_| true)
    }

    proptest! {
        #[test]
        fn the_order_of_chunks_and_the_partials_they_fall_into_do_not_matter(
            answers in proptest::collection::vec((0u32..3, 0i64..40_000, 0u64..50, 0u16..1023), 0..300),
            parts in 1usize..5,
        ) {
            let tiers = [Tier::Balancer, Tier::Edge, Tier::Edge];
            let answer = |&(_, at, path, class): &(u32, i64, u64, u16)| {
                Answer::new(Micros::from_secs(at * 60), (path % 3) as u32, path << 52, (if path % 5 == 0 { Verb::Post } else { Verb::Get }, class))
            };
            let mut whole = Sizes::default();
            let mut split = vec![Sizes::default(); parts];
            for (i, a) in answers.iter().enumerate() {
                whole.add(tiers[a.0 as usize], &[answer(a)]);
                split[i * 7 % parts].add(tiers[a.0 as usize], &[answer(a)]);
            }
            let merged = split.into_iter().rev().reduce(|mut a, b| { a.merge(b, |t| t); a }).expect("parts");
            prop_assert_eq!(finished(merged), finished(whole));
        }
    }

    #[test]
    fn the_outermost_tier_alone_is_counted_and_its_step_widens_with_its_length() {
        let mut sizes = Sizes::default();
        let at = |secs: i64| Answer::new(Micros::from_secs(secs), 0, 0, (Verb::Get, 5));
        sizes.add(Tier::Origin, &[at(0), at(1)]);
        sizes.add(Tier::Edge, &(0..2_000).map(at).collect::<Vec<_>>());
        sizes.add(Tier::Balancer, &[at(7)]);
        let seen = finished(sizes);
        assert_eq!((seen.tier, seen.template_step), (Some(Tier::Edge), Step(5)));
        assert_eq!(seen.resources["/a"].values().map(Votes::n).sum::<u64>(), 2_000);
        assert_eq!(seen.buckets[&0].len(), 400);
    }
}

//! A bounded sample by hash: of everything that was seen, what has the lowest hashes. Two samples of
//! different logs taken so hold the same things wherever both logs do, which no random sample would.
//!
//! Reference: the bottom-k sketch of Cohen and Kaplan (2007).

use rustc_hash::FxHashMap;

/// What can be gathered under one hash, in any order with the same result.
pub trait Gather {
    /// Takes in what was seen under the same hash elsewhere.
    fn gather(&mut self, other: Self);
}

/// The entries with the `limit` lowest hashes of all that were added; each hash once.
#[derive(Clone, Debug)]
pub struct Lowest<T> {
    limit: usize,
    below: u64,
    kept: FxHashMap<u64, T>,
}

impl<T: Gather> Lowest<T> {
    /// Nothing yet.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        Lowest { limit: limit.max(1), below: u64::MAX, kept: FxHashMap::default() }
    }

    /// Only hashes below this can be among the lowest.
    #[must_use]
    pub fn below(&self) -> u64 {
        self.below
    }

    /// Adds one entry.
    pub fn add(&mut self, hash: u64, entry: T) {
        if hash >= self.below {
            return;
        }
        match self.kept.entry(hash) {
            std::collections::hash_map::Entry::Occupied(mut known) => known.get_mut().gather(entry),
            std::collections::hash_map::Entry::Vacant(free) => {
                free.insert(entry);
            }
        }
        // Cut only now and then: finding the limit looks at all of them.
        if self.kept.len() >= 2 * self.limit {
            self.cut();
        }
    }

    /// Adds another sample. Any order gives the same lowest entries.
    pub fn merge(&mut self, other: Lowest<T>) {
        self.below = self.below.min(other.below);
        for (hash, entry) in other.kept {
            self.add(hash, entry);
        }
        let below = self.below;
        self.kept.retain(|&hash, _| hash < below);
    }

    /// The entries by hash, ascending, and the bound below which nothing was left out.
    #[must_use]
    pub fn finish(mut self) -> (Vec<(u64, T)>, u64) {
        self.cut();
        let mut all: Vec<(u64, T)> = self.kept.into_iter().collect();
        all.sort_unstable_by_key(|e| e.0);
        // Of what was left out each part of the sample knew another first one; the last one kept is the same.
        let last = all.last().map_or(0, |e| e.0);
        let below = if self.below == u64::MAX { u64::MAX } else { last + 1 };
        (all, below)
    }

    fn cut(&mut self) {
        if self.kept.len() <= self.limit {
            return;
        }
        let mut hashes: Vec<u64> = self.kept.keys().copied().collect();
        let (_, &mut first_out, _) = hashes.select_nth_unstable(self.limit);
        self.below = first_out;
        self.kept.retain(|&hash, _| hash < first_out);
    }
}

/// Mixes a hash so that its order says nothing of what was hashed.
#[must_use]
pub(super) const fn mixed(hash: u64) -> u64 {
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    impl Gather for u64 {
        fn gather(&mut self, other: u64) {
            *self += other;
        }
    }

    fn sample(hashes: &[u64]) -> Lowest<u64> {
        let mut sample = Lowest::new(5);
        hashes.iter().for_each(|&h| sample.add(h, 1));
        sample
    }

    proptest! {
        #[test]
        fn the_sample_is_the_lowest_hashes_with_all_that_was_seen_of_them_however_it_was_put_together(
            hashes in prop::collection::vec(0u64..60, 0..200), cut in 0usize..200,
        ) {
            let mut want: std::collections::BTreeMap<u64, u64> = Default::default();
            hashes.iter().for_each(|&h| *want.entry(h).or_default() += 1);
            let want: Vec<(u64, u64)> = want.into_iter().take(5).collect();
            let (a, b) = hashes.split_at(cut.min(hashes.len()));
            let (mut ab, mut ba) = (sample(a), sample(b));
            ab.merge(sample(b));
            ba.merge(sample(a));
            prop_assert_eq!(&sample(&hashes).finish().0, &want);
            let (ab, ba) = (ab.finish(), ba.finish());
            prop_assert_eq!(&ab, &ba);
            prop_assert_eq!(ab.0, want);
        }
    }
}

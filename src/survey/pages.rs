//! Counts by bin, and within a bin by series. Logs are nearly in order of time, so that lines in a
//! row find their counts in one small table that stays in the processor's cache, where one large
//! table of everything would be a miss of memory for each line.

use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::hash::Hash;

/// A table of `C` for each bin. The order of its bins and series means nothing.
#[derive(Clone, Debug)]
pub struct Pages<B, C> {
    pages: IndexMap<B, FxHashMap<u32, C>, FxBuildHasher>,
    last: usize,
}

impl<B, C> Default for Pages<B, C> {
    fn default() -> Self {
        Pages { pages: IndexMap::default(), last: 0 }
    }
}

impl<B: Copy + Ord + Hash, C: Copy + Default> Pages<B, C> {
    /// The counts of `series` in `bin`.
    pub fn at(&mut self, bin: B, series: u32) -> &mut C {
        if self.pages.get_index(self.last).is_none_or(|(known, _)| *known != bin) {
            let entry = self.pages.entry(bin);
            self.last = entry.index();
            entry.or_default();
        }
        self.pages[self.last].entry(series).or_default()
    }

    /// How many bins hold counts.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.pages.len()
    }

    /// How many counts there are.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.pages.values().map(FxHashMap::len).sum()
    }

    /// All counts.
    pub fn iter(&self) -> impl Iterator<Item = (B, u32, &C)> {
        self.pages.iter().flat_map(|(&bin, page)| page.iter().map(move |(&series, counts)| (bin, series, counts)))
    }

    /// All counts, given up page by page: what was taken is no longer held.
    pub fn drain(self) -> impl Iterator<Item = (B, u32, C)> {
        self.pages.into_iter().flat_map(|(bin, page)| page.into_iter().map(move |(series, counts)| (bin, series, counts)))
    }

    /// The counts of the bins that `keeps` names as (place, bin, counts), ascending: `place` tells
    /// for each series one of `places` places, and those in the same one are merged. The order
    /// comes from counting, not from comparing.
    #[must_use]
    pub fn sorted(
        &self,
        place: &[u32],
        places: usize,
        keeps: impl Fn(B) -> bool,
        merge: impl Fn(&mut C, &C),
    ) -> Vec<(u32, B, C)> {
        let mut bins: Vec<(B, &FxHashMap<u32, C>)> =
            self.pages.iter().map(|(&bin, page)| (bin, page)).filter(|(bin, _)| keeps(*bin)).collect();
        bins.sort_unstable_by_key(|&(bin, _)| bin);
        let mut next = vec![0; places + 1];
        for &series in bins.iter().flat_map(|(_, page)| page.keys()) {
            next[place[series as usize] as usize + 1] += 1;
        }
        for i in 1..next.len() {
            next[i] += next[i - 1];
        }
        let Some(&(first, _)) = bins.first() else { return Vec::new() };
        let mut out = vec![(0, first, C::default()); next[places]];
        for (bin, page) in bins {
            for (&series, counts) in page {
                let place = place[series as usize];
                out[next[place as usize]] = (place, bin, *counts);
                next[place as usize] += 1;
            }
        }
        out.dedup_by(|later, kept| {
            let same = (later.0, later.1) == (kept.0, kept.1);
            if same {
                merge(&mut kept.2, &later.2);
            }
            same
        });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_out_by_place_and_bin_and_those_of_one_place_are_added() {
        let mut pages: Pages<u32, u64> = Pages::default();
        for (bin, series, n) in [(9, 0, 1), (2, 1, 10), (9, 0, 1), (2, 2, 100), (5, 0, 7), (9, 2, 5), (7, 1, 3)] {
            *pages.at(bin, series) += n;
        }
        assert_eq!((pages.bins(), pages.cells()), (4, 6));
        let got = pages.sorted(&[1, 0, 0], 2, |bin| bin != 7, |a, b| *a += b);
        assert_eq!(got, [(0, 2, 110), (0, 9, 5), (1, 5, 7), (1, 9, 2)]);
        assert_eq!(pages.iter().map(|(_, _, n)| n).sum::<u64>(), 127);
        assert_eq!(pages.drain().map(|(_, _, n)| n).sum::<u64>(), 127);
    }

    #[test]
    fn nothing_is_nothing() {
        let pages: Pages<i64, u32> = Pages::default();
        assert!(pages.sorted(&[], 0, |_| true, |_, _| ()).is_empty());
    }
}

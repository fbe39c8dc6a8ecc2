//! How many at one time: signs of life put together to stretches of presence, and those counted by a sweep.
//!
//! A sweep adds one where a stretch begins and takes one away where it ends. By Little's law (Little,
//! Operations Research 9, 1961) the mean over a span is the presence in it over its length.

/// Puts the signs of life of one visitor together, which are given in ascending order of their seconds:
/// those at most `gap` apart belong to one stretch, which lasts for `hold` beyond the last.
/// Half-open seconds.
pub fn stretches(signs: &[i64], gap: i64, hold: i64, mut each: impl FnMut(i64, i64)) {
    for run in signs.chunk_by(|a, b| b - a <= gap) {
        if let (Some(first), Some(last)) = (run.first(), run.last()) {
            each(*first, last + hold.max(1));
        }
    }
}

/// Joins half-open stretches that overlap or touch. `list` comes out ascending.
pub fn join(list: &mut Vec<(i64, i64)>) {
    list.sort_unstable();
    list.dedup_by(|next, kept| {
        let meets = next.0 <= kept.1;
        if meets {
            kept.1 = kept.1.max(next.1);
        }
        meets
    });
}

/// Numbers present over time.
#[derive(Clone, Debug, Default)]
pub struct Sweep {
    changes: Vec<(i64, i64)>,
}

impl Sweep {
    /// Somebody is there from `from` until before `to`.
    pub fn add(&mut self, from: i64, to: i64) {
        if from < to {
            self.changes.extend([(from, 1), (to, -1)]);
        }
    }

    /// Counts: from each second listed on there are so many, until the next one listed.
    #[must_use]
    pub fn counted(mut self) -> Counted {
        self.changes.sort_unstable();
        let mut now = 0i64;
        let steps = self.changes.chunk_by(|a, b| a.0 == b.0).map(|at| {
            now += at.iter().map(|c| c.1).sum::<i64>();
            (at[0].0, now.max(0) as u64)
        });
        Counted { steps: steps.collect() }
    }
}

/// The numbers present, as steps in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    steps: Vec<(i64, u64)>,
}

impl Counted {
    /// The most, and the first second of it; `None` where nobody ever was.
    #[must_use]
    pub fn peak(&self) -> Option<(i64, u64)> {
        self.steps.iter().copied().filter(|s| s.1 > 0).max_by_key(|s| (s.1, std::cmp::Reverse(s.0)))
    }

    /// How many there were in second `at`.
    #[must_use]
    pub fn at(&self, at: i64) -> u64 {
        let next = self.steps.partition_point(|s| s.0 <= at);
        next.checked_sub(1).and_then(|i| self.steps.get(i)).map_or(0, |s| s.1)
    }

    /// The most in the seconds from `from` until before `to`.
    #[must_use]
    pub fn most(&self, from: i64, to: i64) -> u64 {
        let (a, b) = (self.steps.partition_point(|s| s.0 <= from), self.steps.partition_point(|s| s.0 < to));
        self.steps.get(a..b).unwrap_or_default().iter().map(|s| s.1).fold(self.at(from), u64::max)
    }

    /// Seconds of presence of all together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.steps.windows(2).map(|w| (w[1].0 - w[0].0).max(0) as u64 * w[0].1).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn polls_within_the_gap_are_one_presence_that_outlasts_the_last_by_one_poll() {
        let mut out = Vec::new();
        stretches(&[0, 10, 20, 55, 65], 30, 10, |a, b| out.push((a, b)));
        assert_eq!(out, [(0, 30), (55, 75)]);
    }

    #[test]
    fn the_peak_is_told_with_its_first_second() {
        let mut sweep = Sweep::default();
        for (from, to) in [(0, 10), (5, 15), (15, 20), (12, 18), (3, 3)] {
            sweep.add(from, to);
        }
        let counted = sweep.counted();
        assert_eq!(counted.peak(), Some((5, 2)));
        assert_eq!([0, 5, 10, 12, 15, 18, 20, 99].map(|t| counted.at(t)), [1, 2, 1, 2, 2, 1, 0, 0]);
        assert_eq!((counted.most(10, 12), counted.most(10, 13), counted.most(20, 30)), (1, 2, 0));
        assert_eq!(counted.total(), 10 + 10 + 5 + 6);
        assert_eq!(Sweep::default().counted().peak(), None);
    }

    proptest! {
        #[test]
        fn a_wider_gap_never_means_fewer_at_any_time(mut signs in prop::collection::vec(0i64..500, 0..60), gap in 1i64..40) {
            signs.sort_unstable();
            let of = |gap| {
                let mut s = Sweep::default();
                stretches(&signs, gap, 5, |a, b| s.add(a, b));
                s.counted()
            };
            // One visitor never counts twice while the hold is no longer than the gap.
            let (narrow, wide) = (of(gap.max(5)), of(gap.max(5) * 3));
            for t in 0..510 {
                prop_assert!(narrow.at(t) <= wide.at(t) && wide.at(t) <= 1);
            }
        }

        #[test]
        fn joined_stretches_are_apart_and_cover_the_same(list in prop::collection::vec((0i64..100, 1i64..20), 0..30)) {
            let list: Vec<(i64, i64)> = list.into_iter().map(|(a, n)| (a, a + n)).collect();
            let mut joined = list.clone();
            join(&mut joined);
            prop_assert!(joined.windows(2).all(|w| w[0].1 < w[1].0));
            for t in 0..130 {
                let inside = |l: &[(i64, i64)]| l.iter().any(|s| s.0 <= t && t < s.1);
                prop_assert_eq!(inside(&list), inside(&joined));
            }
        }
    }
}

//! The second pass without some clients: their requests of the window are counted as excluded, as the
//! clients' own doing.
//!
//! Who asked when is not kept for each client, so what is taken from a leaf is taken evenly from its
//! failing and its served requests in the window. Sums are exact, their course within the window is not.

use super::{Examined, Phase};
use crate::outcome::Outcome;
use std::collections::BTreeMap;

/// Outcomes of failing requests, in the order in which they are taken.
const BAD: [Outcome; 3] = [Outcome::Failed, Outcome::Shed, Outcome::Degraded];

impl Examined {
    /// Counts the window's requests of the clients with these keys (ascending) as excluded. `inside` tells
    /// whether a fine bin belongs to the window.
    pub fn set_aside(&mut self, keys: &[u64], inside: &dyn Fn(i64) -> bool) {
        let mut taken: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        for c in self.clients.iter_mut().filter(|c| c.phase == Phase::During && keys.binary_search(&c.key).is_ok()) {
            let of = taken.entry(c.leaf).or_default();
            *of = (of.0 + u64::from(c.bad), of.1 + u64::from(c.valid.saturating_sub(c.bad)));
            (c.valid, c.bad) = (0, 0);
        }
        for (leaf, (bad, good)) in taken {
            let of_leaf = self.moments_of[leaf as usize]..self.moments_of[leaf as usize + 1];
            let moments: Vec<_> = self.moments[of_leaf].iter_mut().filter(|m| inside(m.1)).collect();
            let sums = moments.iter().fold((0, 0), |s, m| (s.0 + m.2.cell.bad(), s.1 + m.2.cell.of(Outcome::Good)));
            let mut seen = (0, 0);
            for (_, _, moment) in moments {
                let cell = &mut moment.cell;
                let here = (cell.bad(), cell.of(Outcome::Good));
                let mut left = part(bad, seen.0, here.0, sums.0);
                for outcome in BAD {
                    let n = cell.of(outcome).min(left);
                    cell.recount(outcome, Outcome::Excluded, u32::try_from(n).unwrap_or(u32::MAX));
                    left -= n;
                }
                let served = part(good, seen.1, here.1, sums.1);
                cell.recount(Outcome::Good, Outcome::Excluded, u32::try_from(served).unwrap_or(u32::MAX));
                seen = (seen.0 + here.0, seen.1 + here.1);
            }
        }
    }
}

/// Of `n` to be taken from `all`, what falls to the `here` that come after `before`: whole numbers that
/// add up to `n`, or to all there are.
fn part(n: u64, before: u64, here: u64, all: u64) -> u64 {
    let upto = |k: u64| u64::try_from(u128::from(n.min(all)) * u128::from(k) / u128::from(all.max(1))).unwrap_or(u64::MAX);
    (upto(before + here) - upto(before)).min(here)
}

#[cfg(test)]
mod tests {
    use super::part;

    #[test]
    fn parts_add_up_to_what_is_taken_and_none_is_more_than_there_is() {
        for n in [0, 1, 7, 10, 25] {
            let bins = [3_u64, 0, 1, 6];
            let all: u64 = bins.iter().sum();
            let mut before = 0;
            let mut sum = 0;
            for here in bins {
                let taken = part(n, before, here, all);
                assert!(taken <= here);
                (before, sum) = (before + here, sum + taken);
            }
            assert_eq!(sum, n.min(all));
        }
    }
}

//! The second pass under another reading of the answers that can be read in two ways.
//!
//! Bounds, not choices (Manski, *Partial Identification of Probability Distributions*, 2003): what
//! an ambiguous answer was is unknown, so availability lies between what it is if all of them were
//! failures and what it is without them. Reading the counts anew, not the logs, lets every question
//! be asked again without a change to the code that asks it.

use super::doubts::{Doubtful, Grades, SLOW_GRADES};
use super::view::by_leaf;
use super::{Client, Examined, Leaf, Moment, Phase, Plan};
use crate::outcome::Outcome;
use crate::time::Step;
use std::collections::BTreeMap;

/// How answers are counted that may be read in two ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As the rules say.
    AsRuled,
    /// Ambiguous, degraded and slow answers are failures: the lower bound of availability.
    Worst,
    /// Ambiguous answers are left out, degraded ones are good: the upper bound.
    Best,
    /// Only ambiguous, degraded and slow answers are failures: how frequent they are.
    DoubtsOnly,
}

/// Share of a resource's ordinary answers that may be slow before the next grade is looked at: the
/// limit is then its 99th percentile, rounded up to a grade.
const SLOW_ORDINARY: f64 = 0.01;

/// For every leaf the grade from which a good answer of its resource is slow; `None` where no
/// grade is out of the ordinary. Of a resource that the baseline does not know, the first grade is.
pub(super) fn slow_from(
    leaves: &[Leaf],
    moments: &[(u32, i64, Moment)],
    doubts: &Doubtful,
    plan: &Plan<'_>,
) -> Vec<Option<usize>> {
    if plan.slow.is_some() || doubts.slow.is_empty() {
        return vec![Some(0); leaves.len()];
    }
    let fine: Step = plan.fine;
    let ordinary = |bin: i64| matches!(plan.phase(fine.start(bin)), Some(Phase::Before | Phase::After));
    let name = |leaf: u32| (leaves[leaf as usize].tier, leaves[leaf as usize].host.as_str(), leaves[leaf as usize].row.as_str());
    let mut good: BTreeMap<_, (u64, Grades)> = BTreeMap::new();
    for ((leaf, bin), grades) in &doubts.slow {
        let sums = good.entry(name(*leaf)).or_default();
        if ordinary(*bin) {
            sums.1.iter_mut().zip(grades).for_each(|(a, b)| *a = a.saturating_add(*b));
        }
    }
    for (leaf, bin, moment) in moments {
        if let Some(sums) = good.get_mut(&name(*leaf)).filter(|_| ordinary(*bin)) {
            sums.0 += moment.cell.of(Outcome::Good);
        }
    }
    let first_rare = |(n, grades): &(u64, Grades)| {
        (0..SLOW_GRADES.len()).find(|&g| grades[g..].iter().map(|&n| f64::from(n)).sum::<f64>() <= SLOW_ORDINARY * *n as f64)
    };
    (0..leaves.len() as u32).map(|leaf| good.get(&name(leaf)).map_or(Some(0), first_rare)).collect()
}

impl Examined {
    /// The same second pass with the answers of the leaves it `applies` to read in another way.
    /// Without attempts and doubts: it is read once.
    #[must_use]
    pub fn read_as(&self, reading: Reading, applies: &dyn Fn(usize) -> bool) -> Examined {
        let slow = |leaf: u32, grades: &Grades| {
            let from = self.slow_from[leaf as usize];
            from.map_or(0, |g| grades[g..].iter().fold(0u32, |a, &b| a.saturating_add(b)))
        };
        let moment = |&(leaf, bin, mut moment): &(u32, i64, Moment)| {
            let cell = &mut moment.cell;
            match reading {
                _ if !applies(leaf as usize) => {}
                Reading::AsRuled => {}
                Reading::Worst | Reading::DoubtsOnly => {
                    if reading == Reading::DoubtsOnly {
                        cell.recount(Outcome::Failed, Outcome::Good, u32::MAX);
                        cell.recount(Outcome::Shed, Outcome::Good, u32::MAX);
                    }
                    cell.recount(Outcome::Ambiguous, Outcome::Failed, u32::MAX);
                    if let Ok(i) = self.doubts.slow.binary_search_by_key(&(leaf, bin), |s| s.0) {
                        cell.recount(Outcome::Good, Outcome::Degraded, slow(leaf, &self.doubts.slow[i].1));
                    }
                }
                Reading::Best => cell.recount(Outcome::Degraded, Outcome::Good, u32::MAX),
            }
            (leaf, bin, moment)
        };
        let moments: Vec<_> = self.moments.iter().map(moment).collect();
        let mut clients = self.clients.clone();
        // One entry for each client, leaf and phase, so that each finds its doubts.
        clients.dedup_by(|next, kept| {
            let same = (next.key, next.leaf, next.phase) == (kept.key, kept.leaf, kept.phase);
            if same {
                kept.valid = kept.valid.saturating_add(next.valid);
                kept.bad = kept.bad.saturating_add(next.bad);
            }
            same
        });
        let doubts = &self.doubts.clients;
        for c in clients.iter_mut().filter(|c| applies(c.leaf as usize)) {
            let own = doubts.binary_search_by_key(&(c.key, c.leaf, c.phase), |d| d.0).map_or(0, |i| doubts[i].1.degraded);
            match reading {
                Reading::AsRuled | Reading::Worst => {}
                Reading::Best => c.bad = c.bad.saturating_sub(own),
                Reading::DoubtsOnly => c.bad = own.min(c.bad),
            }
        }
        if matches!(reading, Reading::Worst | Reading::DoubtsOnly) {
            // Entries of their own: readers sum those of one client.
            let more = doubts.iter().filter(|(key, _)| applies(key.1 as usize)).map(|&((key, leaf, phase), d)| Client {
                key,
                leaf,
                phase,
                valid: d.ambiguous,
                bad: d.ambiguous.saturating_add(slow(leaf, &d.slow)),
            });
            clients.extend(more);
        }
        clients.sort_unstable();
        let (by_leaf, clients_of) = by_leaf(&clients, self.leaves.len());
        Examined {
            fine: self.fine,
            leaves: self.leaves.clone(),
            moments,
            clients,
            sampling: self.sampling,
            attempts: super::Attempts::default(),
            visits: super::Visits::default(),
            doubts: Doubtful::default(),
            // Who made a failure and how it was asked for are questions to the answers as the rules count them.
            failures: super::Failures::default(),
            networks: Vec::new(),
            facets: super::Facets::default(),
            slow_from: self.slow_from.clone(),
            moments_of: self.moments_of.clone(),
            by_leaf,
            clients_of,
        }
    }

    /// Doubtful answers of the chosen leaves in fine bin `bin` and leaf order: ambiguous, degraded,
    /// and good ones that were slow.
    #[must_use]
    pub fn doubtful(&self, chosen: &dyn Fn(usize) -> bool, inside: &dyn Fn(i64) -> bool) -> [u64; 3] {
        let mut sums = [0; 3];
        for (leaf, bin, moment) in self.moments.iter().filter(|m| chosen(m.0 as usize) && inside(m.1)) {
            sums[0] += moment.cell.of(Outcome::Ambiguous);
            sums[1] += moment.cell.of(Outcome::Degraded);
            if let Ok(i) = self.doubts.slow.binary_search_by_key(&(*leaf, *bin), |s| s.0) {
                let from = self.slow_from[*leaf as usize];
                sums[2] += from.map_or(0, |g| self.doubts.slow[i].1[g..].iter().map(|&n| u64::from(n)).sum());
            }
        }
        sums
    }
}

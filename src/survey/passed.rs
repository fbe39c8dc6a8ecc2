//! What a tier's log says of the requests it passed on to the next tier in: the one count by which the
//! logs of two tiers can be held against each other.

use crate::event::{Cache, Event, Tier};
use crate::outcome::Outcome;

/// Requests that this tier did not answer by itself. Merges by addition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Surely answered, and well, by what stands behind: the next tier in must have logged each.
    pub served: u32,
    /// Failed, and not out of this tier's cache: what stands behind may not have seen them.
    pub failed: u32,
}

impl Passed {
    /// What one event says. An edge's answer without a word of its cache may have come from there, so it
    /// says nothing; what a balancer answered well came from behind.
    #[must_use]
    pub fn of(event: &Event<'_>, outcome: Outcome, tier: Tier) -> Passed {
        let behind = match event.cache {
            Some(Cache::Miss | Cache::Pass | Cache::Revalidated) => true,
            Some(Cache::Hit | Cache::Stale | Cache::Synth) => false,
            None => tier == Tier::Balancer,
        };
        Passed {
            served: u32::from(behind && outcome == Outcome::Good),
            failed: u32::from(outcome.is_bad() && event.cache != Some(Cache::Hit)),
        }
    }

    /// Adds another count.
    pub fn merge(&mut self, other: Passed) {
        self.served = self.served.saturating_add(other.served);
        self.failed = self.failed.saturating_add(other.failed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;

    #[test]
    fn only_what_surely_came_from_behind_counts_as_served_there() {
        let of = |cache, outcome, tier| {
            let mut event = Event::at(Micros(0));
            event.cache = cache;
            let p = Passed::of(&event, outcome, tier);
            (p.served, p.failed)
        };
        for (cache, outcome, tier, want) in [
            (Some(Cache::Miss), Outcome::Good, Tier::Edge, (1, 0)),
            (Some(Cache::Pass), Outcome::Good, Tier::Edge, (1, 0)),
            (Some(Cache::Hit), Outcome::Good, Tier::Edge, (0, 0)),
            (None, Outcome::Good, Tier::Edge, (0, 0)),
            (None, Outcome::Good, Tier::Balancer, (1, 0)),
            (None, Outcome::Failed, Tier::Edge, (0, 1)),
            (Some(Cache::Miss), Outcome::Shed, Tier::Edge, (0, 1)),
            (Some(Cache::Hit), Outcome::Failed, Tier::Edge, (0, 0)),
            (Some(Cache::Miss), Outcome::Excluded, Tier::Edge, (0, 0)),
        ] {
            assert_eq!(of(cache, outcome, tier), want, "{cache:?} {outcome:?} {tier:?}");
        }
    }
}

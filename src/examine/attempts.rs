//! What every client asked for, second by second: the raw material of operations (retries that
//! belong together), of users' uptime and of the time until somebody is served.
//!
//! Kept for the outermost tier only. A second is the grain: most logs stamp no finer, and a client
//! that floods makes one entry a second, however many requests that are. Clients are told apart by
//! address and user agent together, because a household or a company behind one address would
//! otherwise lend one person's success to another. What is asked for is host, path and method
//! without the query: retries often carry another query each time (cache busters, tokens).

use crate::event::Event;
use crate::outcome::Outcome;
use crate::survey::path_hash;
use crate::time::{Micros, SECOND};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Most entries before only a sample of the clients is kept: about 32 MB when packed, twice that
/// while they are collected. Clients are sampled by their hash, so every part keeps the same ones.
pub const ATTEMPTS_MAX: usize = 1_000_000;

/// What one client asked of one thing through one leaf in one second. Counts stop at 65,535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attempt {
    /// The client: hash of address and user agent.
    pub client: u64,
    /// What was asked for: hash of host, path and method.
    pub ask: u32,
    /// The second, since the epoch.
    pub at: i64,
    /// Index into the leaves.
    pub leaf: u32,
    /// Answered well.
    pub good: u16,
    /// Failed or shed.
    pub failed: u16,
    /// Degraded.
    pub degraded: u16,
    /// Ambiguous.
    pub ambiguous: u16,
}

impl Attempt {
    fn key(&self) -> (u64, u32, i64, u32) {
        (self.client, self.ask, self.at, self.leaf)
    }

    fn add(&mut self, other: &Attempt) {
        self.good = self.good.saturating_add(other.good);
        self.failed = self.failed.saturating_add(other.failed);
        self.degraded = self.degraded.saturating_add(other.degraded);
        self.ambiguous = self.ambiguous.saturating_add(other.ambiguous);
    }
}

/// The attempts of the second pass: a mergeable part of it, and, in order, of its result.
#[derive(Clone, Debug, Default)]
pub struct Attempts {
    list: Vec<Attempt>,
    /// One client in 2^shift is kept.
    shift: u32,
    /// Requests whose line names no client: they cannot be put together.
    pub nameless: u64,
}

impl Attempts {
    /// Takes one request of the outermost tier, counted under `leaf`.
    /// Gives the client's key, if it is kept.
    pub(super) fn take(&mut self, event: &Event<'_>, at: Micros, host: &[u8], leaf: u32, outcome: Outcome) -> Option<u64> {
        let Some(address) = event.client.as_deref() else {
            self.nameless += 1;
            return None;
        };
        let client = client_hash(address, event.user_agent.as_deref().unwrap_or_default());
        if client.trailing_zeros() < self.shift {
            return None;
        }
        let path = path_hash(host, event.path.as_deref().unwrap_or_default());
        let ask = ask_hash(path, event.method.as_deref().unwrap_or_default());
        let one = |o: Outcome| u16::from(outcome == o);
        self.list.push(Attempt {
            client,
            ask,
            at: at.0.div_euclid(SECOND),
            leaf,
            good: one(Outcome::Good),
            failed: one(Outcome::Failed) + one(Outcome::Shed),
            degraded: one(Outcome::Degraded),
            ambiguous: one(Outcome::Ambiguous),
        });
        if self.list.len() >= 2 * ATTEMPTS_MAX {
            self.pack(ATTEMPTS_MAX);
        }
        Some(client)
    }

    /// One client in 2^shift is kept.
    pub(super) fn shift(&self) -> u32 {
        self.shift
    }

    /// Sums entries of one key and, while there are still more than `most`, halves the clients.
    /// A part never samples more coarsely than the whole would have to, so any order gives the same.
    fn pack(&mut self, most: usize) {
        self.list.sort_unstable_by_key(Attempt::key);
        self.list.dedup_by(|next, kept| {
            let same = next.key() == kept.key();
            if same {
                kept.add(next);
            }
            same
        });
        while self.list.len() > most {
            self.sample(self.shift + 1);
        }
    }

    fn sample(&mut self, shift: u32) {
        self.shift = self.shift.max(shift);
        let shift = self.shift;
        self.list.retain(|a| a.client.trailing_zeros() >= shift);
    }

    /// Adds another part; `moved` gives the place of its leaves here.
    pub(super) fn merge(&mut self, other: Attempts, moved: &[u32]) {
        self.merge_up_to(other, moved, ATTEMPTS_MAX);
    }

    fn merge_up_to(&mut self, other: Attempts, moved: &[u32], most: usize) {
        self.nameless += other.nameless;
        self.sample(other.shift);
        let shift = self.shift;
        let kept = other.list.into_iter().filter(|a| a.client.trailing_zeros() >= shift);
        self.list.extend(kept.map(|a| Attempt { leaf: moved[a.leaf as usize], ..a }));
        if self.list.len() > most {
            self.pack(most);
        }
    }

    /// Puts everything in order; `place` gives the final place of each leaf.
    pub(super) fn finish(mut self, place: &[u32]) -> Attempts {
        self.pack(ATTEMPTS_MAX);
        for a in &mut self.list {
            a.leaf = place[a.leaf as usize];
        }
        // Leaves that were folded into one may meet in one second.
        self.pack(ATTEMPTS_MAX);
        self.list.shrink_to_fit();
        self
    }

    /// By client, then what was asked for, then time, then leaf.
    #[must_use]
    pub fn list(&self) -> &[Attempt] {
        &self.list
    }

    /// One client in so many is kept; 1 where all are.
    #[must_use]
    pub fn sampling(&self) -> u64 {
        1 << self.shift.min(63)
    }
}

/// Low bits decide who is sampled, so they must be well mixed.
pub(super) fn client_hash(address: &[u8], agent: &[u8]) -> u64 {
    let mut h = FxHasher::default();
    h.write(address);
    h.write_u8(0xff);
    h.write(agent);
    let x = h.finish();
    (x ^ (x >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

fn ask_hash(path: u64, method: &[u8]) -> u32 {
    let mut h = FxHasher::default();
    h.write_u64(path);
    h.write(method);
    (h.finish() >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn event(client: Option<&'static str>, agent: &'static str, path: &'static str) -> Event<'static> {
        Event {
            client: client.map(|c| c.as_bytes().into()),
            user_agent: Some(agent.as_bytes().into()),
            path: Some(path.as_bytes().into()),
            ..Event::at(Micros(0))
        }
    }

    fn taken(list: &[(Event<'static>, i64, u32, Outcome)]) -> Attempts {
        let mut all = Attempts::default();
        for (event, at, leaf, outcome) in list {
            all.take(event, Micros(at * SECOND + 250_000), b"h", *leaf, *outcome);
        }
        all
    }

    #[test]
    fn a_second_of_one_client_at_one_thing_is_one_entry_and_nobody_is_no_client() {
        let a = || event(Some("192.0.2.1"), "x", "/a");
        let all = taken(&[
            (a(), 5, 0, Outcome::Failed),
            (a(), 5, 0, Outcome::Shed),
            (a(), 5, 0, Outcome::Good),
            (a(), 6, 0, Outcome::Ambiguous),
            (event(Some("192.0.2.1"), "y", "/a"), 5, 0, Outcome::Good),
            (event(Some("192.0.2.1"), "x", "/b"), 5, 0, Outcome::Degraded),
            (event(None, "x", "/b"), 5, 0, Outcome::Good),
        ])
        .finish(&[0]);
        let counts: Vec<_> = all.list().iter().map(|a| (a.at, a.good, a.failed, a.degraded, a.ambiguous)).collect();
        assert_eq!(counts.len(), 4, "{counts:?}");
        for want in [(5, 1, 2, 0, 0), (6, 0, 0, 0, 1), (5, 1, 0, 0, 0), (5, 0, 0, 1, 0)] {
            assert!(counts.contains(&want), "{want:?} in {counts:?}");
        }
        assert_eq!((all.nameless, all.sampling()), (1, 1));
    }

    fn entries() -> impl Strategy<Value = Vec<Attempt>> {
        let one = (0..40u64, 0..3u32, 0..6i64, 0..3u32, 0..3u16, 0..3u16).prop_map(|(client, ask, at, leaf, good, failed)| {
            // Spread like a hash, so that sampling has bits to look at.
            let client = client_hash(&client.to_le_bytes(), b"");
            Attempt { client, ask, at, leaf, good, failed, degraded: 0, ambiguous: good }
        });
        prop::collection::vec(one, 0..200)
    }

    proptest! {
        #[test]
        fn any_order_and_any_grouping_gives_the_same_whole(list in entries(), cut in 0..200usize, most in 5..60usize) {
            let part = |list: &[Attempt]| {
                let mut p = Attempts { list: list.to_vec(), ..Attempts::default() };
                p.pack(most);
                p
            };
            let moved = [0, 1, 2];
            let (a, b) = list.split_at(cut.min(list.len()));
            let (mut whole, mut ab, mut ba) = (part(&list), part(a), part(b));
            ab.merge_up_to(part(b), &moved, most);
            ba.merge_up_to(part(a), &moved, most);
            for p in [&mut whole, &mut ab, &mut ba] {
                p.pack(most);
            }
            prop_assert_eq!(&whole.list, &ab.list);
            prop_assert_eq!(&whole.list, &ba.list);
            prop_assert_eq!(whole.shift, ab.shift);
            prop_assert_eq!(whole.shift, ba.shift);
        }
    }
}

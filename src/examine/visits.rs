//! What tells visits apart beyond what was asked and answered: the client's network, whether the line
//! names a page it came from, and queries that nobody repeats. Kept for the outermost tier only.

use super::{Network, Phase};
use crate::event::Event;
use crate::survey::path_hash;
use rustc_hash::{FxHashMap, FxHasher};
use std::collections::BTreeMap;
use std::hash::Hasher;

/// Most different (leaf, path with query) before only a sample of the queries is kept, chosen by hash:
/// about 10 MB.
pub const QUERIES_MAX: usize = 200_000;

/// Requests of one leaf by whether their line names a referrer, each in the baseline and in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Referred {
    /// Requests that name one.
    pub named: [u64; 2],
    /// Requests that name none.
    pub none: [u64; 2],
}

/// Queries of one leaf, each in the baseline and in the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queries {
    /// Requests with a query.
    pub requests: [u64; 2],
    /// Those whose path and query came only once in that phase.
    pub once: [u64; 2],
}

/// The finished table.
#[derive(Clone, Debug, Default)]
pub struct Visits {
    /// Network of each client of the attempts that has one, by the client's key there.
    pub networks: Vec<(u64, Network)>,
    /// By leaf.
    pub referred: BTreeMap<u32, Referred>,
    /// By leaf; of a sample of the queries.
    pub queries: BTreeMap<u32, Queries>,
}

/// A mergeable part of the second pass.
#[derive(Clone, Debug, Default)]
pub(super) struct Partial {
    networks: FxHashMap<u64, Network>,
    referred: FxHashMap<u32, Referred>,
    /// (leaf, hash of path and query) -> requests in the baseline and in the window.
    queries: FxHashMap<(u32, u64), [u32; 2]>,
    /// One query in 2^shift is kept.
    shift: u32,
    /// One client in 2^client_shift is kept.
    client_shift: u32,
}

impl Partial {
    /// Takes one request that counts; `client` is its key in the attempts, which keep one client in
    /// 2^`client_shift`.
    pub(super) fn take(
        &mut self,
        event: &Event<'_>,
        host: &[u8],
        leaf: u32,
        phase: Option<Phase>,
        client: Option<u64>,
        client_shift: u32,
    ) {
        if client_shift > self.client_shift {
            self.keep_clients(client_shift);
        }
        if let Some(client) = client.filter(|c| !self.networks.contains_key(c))
            && let Some(network) = event.client.as_deref().and_then(Network::of)
        {
            self.networks.insert(client, network);
        }
        let at = match phase {
            Some(Phase::During) => 1,
            Some(Phase::Before | Phase::After) => 0,
            _ => return,
        };
        let referred = self.referred.entry(leaf).or_default();
        let named = event.referrer.as_deref().is_some_and(|r| !r.is_empty() && r != b"-");
        if named {
            referred.named[at] += 1
        } else {
            referred.none[at] += 1
        }
        if let Some(query) = event.query.as_deref().filter(|q| !q.is_empty()) {
            let hash = query_hash(path_hash(host, event.path.as_deref().unwrap_or_default()), query);
            if hash.trailing_zeros() >= self.shift {
                let counts = self.queries.entry((leaf, hash)).or_default();
                counts[at] = counts[at].saturating_add(1);
                self.bound(QUERIES_MAX);
            }
        }
    }

    fn keep_clients(&mut self, shift: u32) {
        self.client_shift = shift;
        self.networks.retain(|c, _| c.trailing_zeros() >= shift);
    }

    fn bound(&mut self, most: usize) {
        while self.queries.len() > most {
            self.sample(self.shift + 1);
        }
    }

    fn sample(&mut self, shift: u32) {
        self.shift = self.shift.max(shift);
        let shift = self.shift;
        self.queries.retain(|(_, hash), _| hash.trailing_zeros() >= shift);
    }

    /// Adds another part; `moved` gives the place of its leaves here.
    pub(super) fn merge(&mut self, other: Partial, moved: &[u32]) {
        self.merge_up_to(other, moved, QUERIES_MAX);
    }

    fn merge_up_to(&mut self, other: Partial, moved: &[u32], most: usize) {
        self.networks.extend(other.networks);
        self.keep_clients(self.client_shift.max(other.client_shift));
        for (leaf, theirs) in other.referred {
            let mine = self.referred.entry(moved[leaf as usize]).or_default();
            for i in 0..2 {
                mine.named[i] += theirs.named[i];
                mine.none[i] += theirs.none[i];
            }
        }
        self.sample(other.shift);
        for ((leaf, hash), theirs) in other.queries {
            if hash.trailing_zeros() >= self.shift {
                let mine = self.queries.entry((moved[leaf as usize], hash)).or_default();
                *mine = [mine[0].saturating_add(theirs[0]), mine[1].saturating_add(theirs[1])];
            }
        }
        self.bound(most);
    }

    /// The finished table; leaf `i` is shown as `place[i]`, and the attempts keep one client in 2^`client_shift`.
    pub(super) fn finish(mut self, place: &[u32], client_shift: u32) -> Visits {
        self.keep_clients(client_shift.max(self.client_shift));
        let mut networks: Vec<(u64, Network)> = self.networks.into_iter().collect();
        networks.sort_unstable();
        let mut out = Visits { networks, ..Visits::default() };
        for (leaf, r) in self.referred {
            let sum = out.referred.entry(place[leaf as usize]).or_default();
            for i in 0..2 {
                sum.named[i] += r.named[i];
                sum.none[i] += r.none[i];
            }
        }
        for ((leaf, _), counts) in self.queries {
            let sum = out.queries.entry(place[leaf as usize]).or_default();
            for (i, n) in counts.into_iter().enumerate() {
                sum.requests[i] += u64::from(n);
                sum.once[i] += u64::from(n == 1);
            }
        }
        out
    }
}

/// Low bits decide what is sampled, so they must be well mixed.
fn query_hash(path: u64, query: &[u8]) -> u64 {
    let mut h = FxHasher::default();
    h.write_u64(path);
    h.write(query);
    let x = h.finish();
    (x ^ (x >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;
    use proptest::prelude::*;

    fn event(address: &str, query: &str, referrer: Option<&str>) -> Event<'static> {
        Event {
            client: Some(address.as_bytes().to_vec().into()),
            path: Some(b"/a".to_vec().into()),
            query: Some(query.as_bytes().to_vec().into()),
            referrer: referrer.map(|r| r.as_bytes().to_vec().into()),
            ..Event::at(Micros(0))
        }
    }

    type Request = (u32, u16, u8, bool, bool);

    fn taken(list: &[Request], most: usize) -> Partial {
        let mut p = Partial::default();
        for &(leaf, query, client, referred, now) in list {
            let e = event(&format!("192.0.2.{client}"), &format!("q={query}"), referred.then_some("https://example.org/"));
            let phase = if now { Phase::During } else { Phase::Before };
            p.take(&e, b"h", leaf, Some(phase), Some(u64::from(client) << 4), 0);
            p.bound(most);
        }
        p
    }

    #[test]
    fn queries_that_come_once_and_requests_without_a_referrer_are_counted_by_phase() {
        let v = taken(&[(0, 1, 1, true, false), (0, 1, 2, false, true), (0, 2, 2, false, true), (0, 2, 3, true, true)], 100);
        let v = v.finish(&[0], 0);
        assert_eq!(v.referred[&0], Referred { named: [1, 1], none: [0, 2] });
        assert_eq!(v.queries[&0], Queries { requests: [1, 3], once: [1, 1] });
        assert_eq!(v.networks.len(), 3);
    }

    proptest! {
        #[test]
        fn any_order_of_merging_gives_the_same_table(
            list in prop::collection::vec((0u32..3, 0u16..60, 0u8..9, any::<bool>(), any::<bool>()), 0..150),
            cut in 0usize..150,
            most in 5usize..40,
        ) {
            let (a, b) = list.split_at(cut.min(list.len()));
            let whole = taken(&list, most).finish(&[0, 1, 2], 5);
            for (first, second) in [(a, b), (b, a)] {
                let mut merged = taken(first, most);
                merged.merge_up_to(taken(second, most), &[0, 1, 2], most);
                let merged = merged.finish(&[0, 1, 2], 5);
                prop_assert_eq!(&merged.networks, &whole.networks);
                prop_assert_eq!(&merged.referred, &whole.referred);
                prop_assert_eq!(&merged.queries, &whole.queries);
            }
        }
    }
}

//! What else tells requests apart: method, cache result, version of HTTP, family of user agent; and
//! the status of the failures. Too many combinations for the leaves, so they are kept beside them as
//! plain sums over baseline and window, for the outermost tier.
//!
//! A cause that is found here is measured by a further pass over the stretch, in which the leaves are
//! [`Split`] by it. Networks of clients are no part of the table: a client has one, so the clients'
//! own counts tell of them.

use super::agent;
use super::network::Network;
use crate::asn::AsnTable;
use crate::event::{Cache, Event, Protocol};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHasher};
use std::collections::BTreeMap;
use std::hash::Hasher;

/// Most combinations of leaf and facet: about 15 MB. Beyond, what has most values is no longer told
/// apart: first versions of user agents, then user agents, then cache results, then all of it.
pub const FACETS_MAX: usize = 200_000;

/// Most different user agents (family and version); beyond, versions and then families are no
/// longer told apart.
pub const AGENTS_MAX: usize = 2_000;

/// Most combinations of leaf and status of failures; beyond, only the class of a status is kept.
pub const STATUSES_MAX: usize = 100_000;

/// User agents remembered with their family; beyond, the memory is emptied and filled anew.
const KNOWN_MAX: usize = 1 << 16;

/// What a request can be told apart by, beyond the leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attribute {
    /// Method.
    Method,
    /// Version of HTTP.
    Protocol,
    /// Family of the user agent.
    Agent,
    /// Family and main version of the user agent.
    AgentVersion,
    /// /24 or /48 of the client.
    Network,
    /// /16 or /32 of the client.
    WideNetwork,
    /// Autonomous system of the client.
    Asn,
    /// Cache result.
    Cache,
}

impl Attribute {
    /// Its key in a cause set.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Attribute::Method => "method",
            Attribute::Protocol => "protocol",
            Attribute::Agent => "agent",
            Attribute::AgentVersion => "agent_version",
            Attribute::Network | Attribute::WideNetwork => "client_network",
            Attribute::Asn => "client_asn",
            Attribute::Cache => "cache",
        }
    }
}

/// Leaves are told apart by whether they have one of these values, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Of what.
    pub attribute: Attribute,
    /// The values; at most 255 count.
    pub values: Vec<String>,
}

/// Methods by name; others are told as `other`.
const METHODS: [&str; 9] = ["", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "other"];

/// Cache results in the order of their numbers.
const CACHES: [&str; 7] = ["", "hit", "miss", "pass", "stale", "revalidated", "synth"];

/// Versions of HTTP in the order of their numbers.
const PROTOCOLS: [&str; 5] = ["", "HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/3"];

/// Method, cache result, protocol and user agent as small numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Facet {
    method: u8,
    cache: u8,
    protocol: u8,
    agent: u32,
}

/// Valid and bad requests in the baseline, then in the window.
pub type Counts = [u64; 4];

/// One line of the finished table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// Index into the leaves.
    pub leaf: u32,
    /// Method; empty where not logged.
    pub method: &'static str,
    /// Cache result; empty where not logged.
    pub cache: &'static str,
    /// Version of HTTP; empty where not logged.
    pub protocol: &'static str,
    /// User agent: index into [`Facets::agents`].
    pub agent: u32,
    /// The counts.
    pub counts: Counts,
}

/// The finished table, in an order that depends on the data alone.
#[derive(Debug, Default)]
pub struct Facets {
    /// The lines, by leaf and then by their values.
    pub lines: Vec<Line>,
    /// Names of user agents, with versions where they could be kept.
    pub agents: Vec<String>,
    /// Failures by leaf and status (a class such as 5 where there were too many; 0 where none was
    /// sent): in the baseline and in the window.
    pub statuses: Vec<(u32, u16, [u64; 2])>,
    /// How much had to be folded, 0 to 4.
    pub folded: u8,
}

/// What is known of one user agent as it was logged.
#[derive(Clone, Copy, Default)]
struct Known {
    id: u32,
    /// Which value of the split it is, from 1.
    side: u8,
}

/// The part of a partial.
#[derive(Default)]
pub(super) struct Partial {
    lines: FxHashMap<(u32, Facet), Counts>,
    agents: indexmap::IndexSet<String, FxBuildHasher>,
    known: FxHashMap<u64, Known>,
    statuses: FxHashMap<(u32, u16), [u64; 2]>,
    folded: u8,
    classes: bool,
}

/// The attributes of one request.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    facet: Facet,
    /// Which value of the split it has, from 1; 0 where none.
    pub(super) side: u8,
}

impl Partial {
    /// The attributes of an event.
    pub(super) fn see(&mut self, event: &Event<'_>, split: Option<&Split>, asn: Option<&AsnTable>) -> Seen {
        let method = event.method.as_deref().map_or(0, method);
        let cache = event.cache.map_or(0, |c| match c {
            Cache::Hit => 1,
            Cache::Miss => 2,
            Cache::Pass => 3,
            Cache::Stale => 4,
            Cache::Revalidated => 5,
            Cache::Synth => 6,
        });
        let protocol = event.protocol.map_or(0, |p| match p {
            Protocol::Http10 => 1,
            Protocol::Http11 => 2,
            Protocol::Http2 => 3,
            Protocol::Http3 => 4,
        });
        let known = event.user_agent.as_deref().map_or_else(Known::default, |agent| self.agent(agent, split));
        let facet = Facet { method, cache, protocol, agent: known.id };
        let side = split.map_or(0, |split| {
            let text = |text: &str| place(split, text);
            let network = || event.client.as_deref().and_then(Network::of);
            match split.attribute {
                Attribute::Method => text(METHODS[method as usize]),
                Attribute::Cache => text(CACHES[cache as usize]),
                Attribute::Protocol => text(PROTOCOLS[protocol as usize]),
                Attribute::Agent | Attribute::AgentVersion => known.side,
                Attribute::Network => network().map_or(0, |n| text(&n.to_string())),
                Attribute::WideNetwork => network().map_or(0, |n| text(&n.wide().to_string())),
                Attribute::Asn => network().and_then(|n| asn?.named(n.first())).map_or(0, |name| text(&name)),
            }
        });
        Seen { facet: facet.at(self.folded), side }
    }

    fn agent(&mut self, agent: &[u8], split: Option<&Split>) -> Known {
        let mut h = FxHasher::default();
        h.write(agent);
        let hash = h.finish();
        if let Some(&known) = self.known.get(&hash) {
            return known;
        }
        let named = agent::named(agent);
        let side = split.map_or(0, |s| match s.attribute {
            Attribute::Agent => place(s, agent::family(&named)),
            Attribute::AgentVersion => place(s, &named),
            _ => 0,
        });
        let known = Known { id: self.name(&named), side };
        if self.known.len() >= KNOWN_MAX {
            self.known.clear();
        }
        self.known.insert(hash, known);
        known
    }

    /// The number of a user agent's name, 0 for none.
    fn name(&mut self, named: &str) -> u32 {
        let kept = match self.folded {
            0 => named,
            1 => agent::family(named),
            _ => "",
        };
        if kept.is_empty() {
            return 0;
        }
        if let Some(i) = self.agents.get_index_of(kept) {
            return i as u32 + 1;
        }
        self.agents.insert_full(kept.to_owned()).0 as u32 + 1
    }

    /// Counts a valid request.
    pub(super) fn add(&mut self, leaf: u32, seen: Seen, now: bool, bad: Option<Option<u16>>) {
        let counts = self.lines.entry((leaf, seen.facet.at(self.folded))).or_default();
        let at = usize::from(now);
        counts[2 * at] += 1;
        if let Some(status) = bad {
            counts[2 * at + 1] += 1;
            let status = status.unwrap_or(0);
            let status = if self.classes { status / 100 } else { status };
            self.statuses.entry((leaf, status)).or_default()[at] += 1;
        }
    }

    /// Coarsens until the bounds hold: what remains depends on what was seen, not on the order.
    pub(super) fn bound(&mut self) {
        while self.folded < 4 && (self.lines.len() > FACETS_MAX || (self.folded < 2 && self.agents.len() > AGENTS_MAX)) {
            self.fold(self.folded + 1);
        }
        if !self.classes && self.statuses.len() > STATUSES_MAX {
            self.fold_statuses();
        }
    }

    fn fold_statuses(&mut self) {
        self.classes = true;
        for ((leaf, status), n) in std::mem::take(&mut self.statuses) {
            let sum = self.statuses.entry((leaf, status / 100)).or_default();
            *sum = [sum[0] + n[0], sum[1] + n[1]];
        }
    }

    fn fold(&mut self, to: u8) {
        if to <= self.folded {
            return;
        }
        self.folded = to;
        self.known.clear();
        let old = std::mem::take(&mut self.agents);
        let ids: Vec<u32> = old.iter().map(|name| self.name(name)).collect();
        for ((leaf, facet), counts) in std::mem::take(&mut self.lines) {
            let agent = facet.agent.checked_sub(1).map_or(0, |i| ids[i as usize]);
            add(self.lines.entry((leaf, Facet { agent, ..facet }.at(to))).or_default(), &counts);
        }
    }

    /// Adds another part, whose leaf `i` is ours with number `moved[i]`.
    pub(super) fn merge(&mut self, mut other: Partial, moved: &[u32]) {
        let folded = self.folded.max(other.folded);
        self.fold(folded);
        other.fold(folded);
        let ids: Vec<u32> = other.agents.iter().map(|name| self.name(name)).collect();
        for ((leaf, facet), counts) in other.lines {
            let agent = facet.agent.checked_sub(1).map_or(0, |i| ids[i as usize]);
            add(self.lines.entry((moved[leaf as usize], Facet { agent, ..facet })).or_default(), &counts);
        }
        if other.classes && !self.classes {
            self.fold_statuses();
        }
        for ((leaf, status), n) in other.statuses {
            let status = if self.classes && !other.classes { status / 100 } else { status };
            let sum = self.statuses.entry((moved[leaf as usize], status)).or_default();
            *sum = [sum[0] + n[0], sum[1] + n[1]];
        }
        self.bound();
    }

    /// The finished table; leaf `i` is shown as `place[i]`.
    pub(super) fn finish(self, place: &[u32]) -> Facets {
        let mut agents: Vec<String> = self.agents.iter().cloned().collect();
        agents.push(String::new());
        agents.sort_unstable();
        let rank = |id: u32| {
            let name = id.checked_sub(1).and_then(|i| self.agents.get_index(i as usize)).map_or("", String::as_str);
            agents.binary_search_by(|a| a.as_str().cmp(name)).unwrap_or(0) as u32
        };
        let mut lines: BTreeMap<(u32, Facet), Counts> = BTreeMap::new();
        for ((leaf, facet), counts) in &self.lines {
            add(lines.entry((place[*leaf as usize], Facet { agent: rank(facet.agent), ..*facet })).or_default(), counts);
        }
        let mut statuses: BTreeMap<(u32, u16), [u64; 2]> = BTreeMap::new();
        for ((leaf, status), n) in &self.statuses {
            let sum = statuses.entry((place[*leaf as usize], *status)).or_default();
            *sum = [sum[0] + n[0], sum[1] + n[1]];
        }
        let line = |((leaf, f), counts): ((u32, Facet), Counts)| Line {
            leaf,
            method: METHODS[f.method as usize],
            cache: CACHES[f.cache as usize],
            protocol: PROTOCOLS[f.protocol as usize],
            agent: f.agent,
            counts,
        };
        Facets {
            lines: lines.into_iter().map(line).collect(),
            agents,
            statuses: statuses.into_iter().map(|((leaf, status), n)| (leaf, status, n)).collect(),
            folded: self.folded,
        }
    }
}

impl Facet {
    /// As far as it is told apart at this level.
    fn at(self, folded: u8) -> Facet {
        let agent = if folded >= 2 { 0 } else { self.agent };
        let cache = if folded >= 3 { 0 } else { self.cache };
        if folded >= 4 { Facet::default() } else { Facet { agent, cache, ..self } }
    }
}

fn add(sum: &mut Counts, more: &Counts) {
    sum.iter_mut().zip(more).for_each(|(s, m)| *s += m);
}

fn method(name: &[u8]) -> u8 {
    (1..METHODS.len() - 1).find(|&i| METHODS[i].as_bytes() == name).unwrap_or(METHODS.len() - 1) as u8
}

/// The place of a value in the split, from 1; 0 where it has none.
fn place(split: &Split, value: &str) -> u8 {
    split.values.iter().take(255).position(|v| v == value).map_or(0, |i| i as u8 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;
    use proptest::prelude::*;

    fn event<'a>(method: &'a str, agent: &'a str) -> Event<'a> {
        let mut e = Event::at(Micros(0));
        e.method = Some(method.as_bytes().into());
        e.user_agent = Some(agent.as_bytes().into());
        e
    }

    fn taken(requests: &[(u32, String, bool)]) -> Partial {
        let mut p = Partial::default();
        for (leaf, agent, bad) in requests {
            let seen = p.see(&event("GET", agent), None, None);
            p.add(*leaf, seen, true, bad.then_some(Some(503)));
            p.bound();
        }
        p
    }

    #[test]
    fn a_split_names_the_side_of_each_request() {
        let split = Split { attribute: Attribute::AgentVersion, values: vec!["App 2.1".into(), "App 2.2".into()] };
        let mut p = Partial::default();
        for (agent, want) in [("App/2.1.9 x", 1), ("App/2.2", 2), ("App/2.3", 0), ("App/2.1.9 x", 1)] {
            assert_eq!(p.see(&event("GET", agent), Some(&split), None).side, want, "{agent}");
        }
        let split = Split { attribute: Attribute::Method, values: vec!["POST".into()] };
        assert_eq!(p.see(&event("POST", "x"), Some(&split), None).side, 1);
        assert_eq!(p.see(&event("BREW", "x"), Some(&split), None).side, 0);
    }

    #[test]
    fn too_many_user_agents_lose_first_their_versions_and_then_their_names() {
        let versions = (0..=AGENTS_MAX).map(|i| (0, format!("App/{}.{}", i / 50, i % 50), true)).collect::<Vec<_>>();
        let f = taken(&versions).finish(&[0]);
        assert_eq!((f.folded, f.agents, f.lines.len()), (1, vec![String::new(), "App".to_owned()], 1));
        let names = (0..=AGENTS_MAX).map(|i| (0, format!("App{}x/1.0", i), false)).collect::<Vec<_>>();
        let f = taken(&names).finish(&[0]);
        assert_eq!((f.folded, f.lines.len(), f.lines[0].counts), (2, 1, [0, 0, AGENTS_MAX as u64 + 1, 0]));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn any_order_of_merging_gives_the_same_table(
            requests in proptest::collection::vec((0u32..3, 0usize..3_000, any::<bool>()), 1..60),
            cut in 0usize..60,
            many in any::<bool>(),
        ) {
            let mut requests: Vec<(u32, String, bool)> =
                requests.into_iter().map(|(leaf, n, bad)| (leaf, format!("App/{}.{}", n / 99, n % 99), bad)).collect();
            if many {
                requests.extend((0..AGENTS_MAX).map(|i| (0, format!("Tool{}a/1", i), false)));
            }
            let whole = taken(&requests).finish(&[0, 1, 2]);
            let (a, b) = requests.split_at(cut.min(requests.len()));
            for (first, second) in [(a, b), (b, a)] {
                let mut merged = taken(first);
                merged.merge(taken(second), &[0, 1, 2]);
                let merged = merged.finish(&[0, 1, 2]);
                prop_assert_eq!(&merged.lines, &whole.lines);
                prop_assert_eq!((&merged.agents, &merged.statuses, merged.folded), (&whole.agents, &whole.statuses, whole.folded));
            }
        }
    }
}

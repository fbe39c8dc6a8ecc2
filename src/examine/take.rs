//! Lines in, detail out: the worker's part of the second pass.

use super::attempts::Attempts;
use super::doubts::{Doubts, grade};
use super::failures::{Failures, near};
use super::{CLIENTS_MAX, Network, Phase, Plan, facets, people, views, visits};
use crate::event::{Event, Tier};
use crate::format::Parsed;
use crate::format::reader::LineReader;
use crate::outcome::Outcome;
use crate::read::Chunk;
use crate::resource::{NO_PATH, template};
use crate::survey::{Cell, Context, Fronting, Fronts, Interner, Pages, SourceInfo, path_hash, when_and_where};
use crate::time::Micros;
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHasher};
use std::collections::hash_map::Entry;
use std::hash::Hasher;

/// Most paths whose row is remembered; beyond, the memory is emptied and filled anew.
const PATHS_MAX: usize = 1 << 16;

/// Counts of one leaf in one fine bin, with the instants of its first and last good and bad event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The counts.
    pub cell: Cell,
    /// First and last bad valid event.
    pub bad: Option<(Micros, Micros)>,
    /// First and last good event.
    pub good: Option<(Micros, Micros)>,
}

impl Moment {
    pub(super) const EMPTY: Option<(Micros, Micros)> = None;

    /// Notes when a valid event was.
    pub(super) fn saw(&mut self, bad: bool, at: Micros) {
        let which = if bad { &mut self.bad } else { &mut self.good };
        *which = ends(*which, Some((at, at)));
    }

    /// Adds another one.
    pub fn merge(&mut self, other: &Moment) {
        self.cell.merge(&other.cell);
        self.bad = ends(self.bad, other.bad);
        self.good = ends(self.good, other.good);
    }
}

impl Default for Moment {
    fn default() -> Self {
        Moment { cell: Cell::default(), bad: Self::EMPTY, good: Self::EMPTY }
    }
}

fn ends(a: Option<(Micros, Micros)>, b: Option<(Micros, Micros)>) -> Option<(Micros, Micros)> {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (a, b) => a.or(b),
    }
}

/// What tells leaves apart, as local numbers: the front, and the names of row and template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub front: u32,
    pub row: u32,
    pub template: u32,
    /// Which value of [`Plan::split`] it has, from 1; 0 where none.
    pub side: u8,
}

/// What a path is counted under.
#[derive(Clone, Copy)]
struct Row {
    row: u32,
    template: u32,
    /// Whether the resource is one of [`Plan::gone`].
    gone: bool,
    /// Whether the path is that of a page for people.
    page: bool,
}

/// How a resource of a host is named in [`Plan::gone`].
pub(crate) fn gone_name(host: &[u8], name: &[u8]) -> String {
    format!("{} {}", String::from_utf8_lossy(host), String::from_utf8_lossy(name))
}

/// A mergeable partial of the second pass.
pub struct Examine<'p> {
    context: &'p Context,
    pub(super) plan: &'p Plan<'p>,
    pub(super) outermost: Tier,
    pub(super) fronts: Fronts,
    /// Rows and templates.
    pub(super) names: Interner,
    rows: FxHashMap<u64, Row>,
    pub(super) leaves: IndexSet<Key, FxBuildHasher>,
    /// By fine bin and leaf.
    pub(super) moments: Pages<i64, Moment>,
    /// (client, leaf, phase) -> (valid, bad).
    pub(super) clients: FxHashMap<(u64, u32, Phase), (u32, u32)>,
    /// Failures of the window and what inner tiers logged meanwhile.
    pub(super) failures: Failures,
    /// The network of each client that is kept and has one.
    pub(super) networks: FxHashMap<u64, Network>,
    pub(super) facets: facets::Partial,
    /// What every client asked for, second by second.
    pub(super) attempts: Attempts,
    /// Networks, referrers and queries.
    pub(super) visits: visits::Partial,
    /// What only another reading of the answers needs.
    pub(super) doubts: Doubts,
    /// Who was there.
    pub(super) people: people::Partial,
    /// One client in 2^shift is kept.
    pub(super) shift: u32,
    scratch: Vec<u8>,
}

impl<'p> Examine<'p> {
    /// An empty partial. Clients are kept for the tier `outermost` only.
    #[must_use]
    pub fn new(context: &'p Context, plan: &'p Plan<'p>, outermost: Tier) -> Self {
        Examine {
            context,
            plan,
            outermost,
            fronts: Fronts::new(plan.cube.folded),
            names: Interner::default(),
            rows: FxHashMap::default(),
            leaves: IndexSet::default(),
            moments: Pages::default(),
            clients: FxHashMap::default(),
            failures: Failures::default(),
            networks: FxHashMap::default(),
            facets: facets::Partial::default(),
            attempts: Attempts::default(),
            visits: visits::Partial::default(),
            doubts: Doubts::default(),
            people: people::Partial::default(),
            shift: 0,
            scratch: Vec::new(),
        }
    }

    /// Looks at every line of a chunk.
    pub fn take(&mut self, chunk: &Chunk) {
        let context = self.context;
        let Some(info) = context.sources[chunk.source].get() else { return };
        let mut reader = LineReader::new(chunk.dialect.clone(), chunk.facts, &context.catalogue);
        let mut host = Vec::new();
        let mut fronting = Fronting::new(info);
        for (number, line) in chunk.lines() {
            if let Parsed::Event(event) = reader.read(line).1 {
                let (at, host) = when_and_where(&event, info, &mut host);
                let ours = self.plan.covers(at) && self.plan.cube.plausible.contains(at);
                if ours && !context.corrections.is_copy(chunk.source, at, number, line) {
                    let front = fronting.of(&event, host, &mut self.fronts);
                    self.event(info, front, &event, at, host);
                }
            }
        }
        self.facets.bound();
        self.failures.bound();
        self.people.bound();
        self.bound_clients();
    }

    fn bound_clients(&mut self) {
        while self.clients.len() + self.doubts.clients.len() > CLIENTS_MAX {
            self.sample(self.shift + 1);
        }
    }

    fn event(&mut self, info: &SourceInfo, front: u32, event: &Event<'_>, at: Micros, host: &[u8]) {
        let Row { row, template, gone, page } = self.row(info.tier, host, event.path.as_deref());
        let ours = info.tier == self.outermost;
        let phase = if ours { self.plan.phase(at) } else { None };
        let during = phase == Some(Phase::During);
        let outcome = match self.context.rules.judge(event, info.tier, host).0 {
            _ if during && self.is_machine(event) => Outcome::Excluded,
            Outcome::Excluded if gone && matches!(event.status, Some(400..=499)) => Outcome::Failed,
            other => other,
        };
        let seen = if ours { self.facets.see(event, self.plan.split.as_ref(), self.plan.asn) } else { facets::Seen::default() };
        let leaf = self.leaves.insert_full(Key { front, row, template, side: seen.side }).0 as u32;
        if !ours {
            if self.plan.window.is_some_and(|w| near(w, at)) {
                self.failures.inner(event, info.tier, at);
            }
        } else if outcome.is_bad() && during {
            self.failures.failure(event, info.tier, at, leaf);
        }
        let bin = self.plan.fine.bin(at);
        let moment = self.moments.at(bin, leaf);
        moment.cell.add(outcome, event.status);
        if ours {
            self.people.take(event, people::Counted { at, bin, leaf, outcome, page }, self.plan);
        }
        if outcome == Outcome::Excluded {
            return;
        }
        if outcome.is_valid() {
            let which = if outcome.is_bad() { &mut moment.bad } else { &mut moment.good };
            *which = ends(*which, Some((at, at)));
        }
        let slow = self.slow(info, event, outcome);
        if let Some(grade) = slow {
            self.doubts.note_slow(leaf, bin, grade);
        }
        if !ours {
            return;
        }
        let kept = self.attempts.take(event, at, host, leaf, outcome);
        self.visits.take(event, host, leaf, phase, kept, self.attempts.shift());
        let Some(phase) = phase else { return };
        if outcome.is_valid() && !matches!(phase, Phase::Aside(_) | Phase::Beside) {
            self.facets.add(leaf, seen, during, outcome.is_bad().then_some(event.status));
        }
        // Lines without an address are nobody in particular: they are counted (`Attempts::nameless`), not told apart.
        let Some(client) = event.client.as_deref().map(client_hash) else { return };
        if !self.keeps(client) {
            return;
        }
        if slow.is_some() || matches!(outcome, Outcome::Ambiguous | Outcome::Degraded) {
            self.doubts.note(client, leaf, phase, outcome, slow);
        }
        if outcome.is_valid() {
            let entry = self.clients.entry((client, leaf, phase));
            if let (Entry::Vacant(_), Some(address)) = (&entry, event.client.as_deref())
                && let Some(network) = Network::of(address)
            {
                self.networks.insert(client, network);
            }
            let counts = entry.or_default();
            *counts = (counts.0.saturating_add(1), counts.1.saturating_add(u32::from(outcome.is_bad())));
        }
    }

    /// Whether the client is one of [`Plan::without`].
    fn is_machine(&self, event: &Event<'_>) -> bool {
        let named = |client: &[u8]| self.plan.without.binary_search(&client_hash(client)).is_ok();
        !self.plan.without.is_empty() && event.client.as_deref().is_some_and(named)
    }

    /// How slow a good answer was, if it was. A connection that was switched to another protocol lasts as
    /// long as it is wanted, and what a rule of the user calls good is good.
    fn slow(&self, info: &SourceInfo, event: &Event<'_>, outcome: Outcome) -> Option<usize> {
        if outcome != Outcome::Good || event.status == Some(101) {
            return None;
        }
        grade(event.duration, self.plan.slow).filter(|_| !self.context.rules.is_ruled(event, info.tier))
    }

    fn row(&mut self, tier: Tier, host: &[u8], path: Option<&[u8]>) -> Row {
        let Some(path) = path else {
            let id = self.names.id(NO_PATH.as_bytes());
            return Row { row: id, template: id, gone: false, page: false };
        };
        let hash = path_hash(host, path) ^ (tier as u64);
        if let Some(&known) = self.rows.get(&hash) {
            return known;
        }
        let (plan, cube) = (self.plan, self.plan.cube);
        let (row, template) = if let Some((name, _)) = self.context.names.name(path) {
            let id = self.names.id(&name);
            (id, id)
        } else {
            template(path, &mut self.scratch);
            let name = cube.resource(&crate::survey::at_level(&self.scratch, cube.level));
            let template = self.names.id(name.as_bytes());
            let own = cube.stands_out(tier, host, path, plan.own_requests, plan.own_bad);
            let kept = &path[..path.len().min(crate::resource::NAME_MAX)];
            (if own { self.names.id(kept) } else { template }, template)
        };
        if self.rows.len() >= PATHS_MAX {
            self.rows.clear();
        }
        let named = |name: &String| gone_name(host, self.names.name(template)) == *name;
        let found = Row { row, template, gone: plan.gone.iter().any(named), page: views::is_page(path) };
        self.rows.insert(hash, found);
        found
    }

    fn keeps(&self, client: u64) -> bool {
        client.trailing_zeros() >= self.shift
    }

    fn sample(&mut self, shift: u32) {
        self.shift = self.shift.max(shift);
        let shift = self.shift;
        self.clients.retain(|(client, _, _), _| client.trailing_zeros() >= shift);
        self.networks.retain(|client, _| client.trailing_zeros() >= shift);
        self.doubts.clients.retain(|(client, _, _), _| client.trailing_zeros() >= shift);
    }

    /// Adds another partial. Any order of merging gives the same whole.
    pub fn merge(&mut self, other: Examine<'p>) {
        let shift = self.shift.max(other.shift);
        let names: Vec<u32> = other.names.iter().map(|n| self.names.id(n)).collect();
        let fronts = self.fronts.adopt(&other.fronts);
        let key = |k: Key| Key {
            front: fronts[k.front as usize],
            row: names[k.row as usize],
            template: names[k.template as usize],
            ..k
        };
        let moved: Vec<u32> = other.leaves.into_iter().map(|k| self.leaves.insert_full(key(k)).0 as u32).collect();
        for (bin, leaf, moment) in other.moments.drain() {
            self.moments.at(bin, moved[leaf as usize]).merge(&moment);
        }
        for ((client, leaf, phase), theirs) in other.clients {
            let mine = self.clients.entry((client, moved[leaf as usize], phase)).or_default();
            *mine = (mine.0.saturating_add(theirs.0), mine.1.saturating_add(theirs.1));
        }
        self.failures.merge(other.failures, &moved);
        self.networks.extend(other.networks);
        self.facets.merge(other.facets, &moved);
        self.attempts.merge(other.attempts, &moved);
        self.visits.merge(other.visits, &moved);
        self.doubts.merge(other.doubts, &moved);
        self.people.merge(other.people, &moved);
        self.sample(shift);
        self.bound_clients();
    }
}

/// A client's key by its address alone.
pub(super) fn address_hash(client: &[u8]) -> u64 {
    client_hash(client)
}

/// A client's key. Low bits decide who is sampled, so they must be well mixed.
fn client_hash(client: &[u8]) -> u64 {
    let mut h = FxHasher::default();
    h.write(client);
    let x = h.finish();
    (x ^ (x >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

//! The finished second pass, in an order that depends on the data alone.

use super::people::People;
use super::take::Key;
use super::{Attempts, Doubtful, Examine, Facets, Failures, Moment, Network, OTHERS, Phase, ROWS_MAX, Visits};
use crate::event::Tier;
use crate::survey::{places, ranks};
use crate::time::Step;
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One leaf: the finest division of the traffic that is kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Leaf {
    /// Which tier logged it.
    pub tier: Tier,
    /// Host; empty where not logged.
    pub host: String,
    /// Resource or single thing.
    pub row: String,
    /// The template the row belongs to.
    pub template: String,
    /// Point of presence.
    pub pop: String,
    /// Backend.
    pub backend: String,
    /// Instance of the tier.
    pub instance: String,
    /// Its value of [`super::Plan::split`]; empty where it has none of those.
    pub facet: String,
}

/// Valid and bad requests of one client at one leaf in one phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Client {
    /// The client's key.
    pub key: u64,
    /// Index into the leaves.
    pub leaf: u32,
    /// When.
    pub phase: Phase,
    /// Valid requests.
    pub valid: u32,
    /// Bad ones.
    pub bad: u32,
}

/// The finished second pass.
#[derive(Debug)]
pub struct Examined {
    /// Width of the fine bins.
    pub fine: Step,
    /// Leaves in order.
    pub leaves: Vec<Leaf>,
    /// (leaf, fine bin) with its counts, ascending.
    pub moments: Vec<(u32, i64, Moment)>,
    /// Clients of the outermost tier, by key, then leaf. One in [`Examined::sampling`] is kept.
    pub clients: Vec<Client>,
    /// Failures of the window and what inner tiers logged meanwhile, in order.
    pub failures: Failures,
    /// 1 where every client is kept.
    pub sampling: u64,
    /// The network of each client that has one, by key.
    pub networks: Arc<Vec<(u64, Network)>>,
    /// What else tells requests apart.
    pub facets: Facets,
    /// What every client asked for, second by second.
    pub attempts: Arc<Attempts>,
    /// Who was there.
    pub people: People,
    /// Networks, referrers and queries.
    pub visits: Visits,
    /// What only another reading of the answers needs.
    pub doubts: Doubtful,
    /// For every leaf the grade of [`super::SLOW_GRADES`] from which a good answer is slow.
    pub slow_from: Vec<Option<usize>>,
    /// Leaf `l` has the moments `moments_of[l]..moments_of[l + 1]`.
    pub(super) moments_of: Vec<usize>,
    /// Places in `clients`, by leaf and then ascending; leaf `l` has those at
    /// `clients_of[l]..clients_of[l + 1]`.
    pub(super) by_leaf: Vec<u32>,
    pub(super) clients_of: Vec<usize>,
}

/// Places of clients by leaf and then ascending, and where each leaf's begin.
fn by_leaf(clients: &[Client], leaves: usize) -> (Vec<u32>, Vec<usize>) {
    let mut by_leaf: Vec<u32> = (0..clients.len() as u32).collect();
    by_leaf.sort_by_key(|&i| clients[i as usize].leaf);
    (by_leaf, begins(clients.iter().map(|c| c.leaf), leaves))
}

/// Where each of `n` leaves begins in an ascending list of leaves, and where the last one ends.
fn begins(leaves: impl Iterator<Item = u32>, n: usize) -> Vec<usize> {
    let mut begins = vec![0; n + 1];
    for leaf in leaves {
        if let Some(next) = begins.get_mut(leaf as usize + 1) {
            *next += 1;
        }
    }
    for i in 1..begins.len() {
        begins[i] += begins[i - 1];
    }
    begins
}

impl Examine<'_> {
    /// Ends the second pass: folds rows that do not stand out after all, puts everything in order.
    #[must_use]
    pub fn finish(mut self) -> Examined {
        let failures = std::mem::take(&mut self.failures);
        let kept = self.kept_rows();
        let (fronts, texts, mut names) = (&self.fronts, self.fronts.texts(), self.texts());
        let others = names.len() as u32;
        names.push(OTHERS.to_owned());
        // Row and template as shown, by number.
        let shown = |k: &Key| {
            let host = fronts.front(k.front).host;
            match (kept.contains(&(host, k.row)), kept.contains(&(host, k.template))) {
                (true, _) => (k.row, k.template),
                (false, true) => (k.template, k.template),
                (false, false) => (others, others),
            }
        };
        let (text, name) = (ranks(&texts), ranks(&names));
        let key = |k: &Key| {
            let (f, (row, template)) = (fronts.front(k.front), shown(k));
            let (of, row, template) = (|id: u32| text[id as usize], name[row as usize], name[template as usize]);
            (f.tier, of(f.host), row, template, of(f.pop), of(f.backend), of(f.instance), k.side)
        };
        let (place, holders) = places(&self.leaves.iter().map(key).collect::<Vec<_>>());
        let leaf = |&i: &usize| {
            let k = self.leaves[i];
            let (f, (row, template)) = (fronts.front(k.front), shown(&k));
            let of = |id: u32| texts[id as usize].clone();
            let (row, template) = (names[row as usize].clone(), names[template as usize].clone());
            Leaf {
                tier: f.tier,
                host: of(f.host),
                row,
                template,
                pop: of(f.pop),
                backend: of(f.backend),
                instance: of(f.instance),
                facet: self.facet(k.side),
            }
        };
        let leaves: Vec<Leaf> = holders.iter().map(leaf).collect();
        let moments = self.moments.sorted(&place, leaves.len(), |_| true, Moment::merge);
        let mut clients: Vec<Client> = self
            .clients
            .iter()
            .map(|(&(key, leaf, phase), &(valid, bad))| Client { key, leaf: place[leaf as usize], phase, valid, bad })
            .collect();
        // Leaves that were folded into one leave several entries of one client: summed by readers.
        clients.sort_unstable();
        let mut networks: Vec<(u64, Network)> = self.networks.iter().map(|(&client, &network)| (client, network)).collect();
        networks.sort_unstable();
        let (by_leaf, clients_of) = by_leaf(&clients, leaves.len());
        let attempts = self.attempts.finish(&place);
        let visits = self.visits.finish(&place, attempts.shift());
        let doubts = self.doubts.finish(&place);
        let people = self.people.finish(&place, leaves.len(), self.plan);
        Examined {
            networks: Arc::new(networks),
            facets: self.facets.finish(&place),
            fine: self.plan.fine,
            slow_from: super::reread::slow_from(&leaves, &moments, &doubts, self.plan),
            attempts: Arc::new(attempts),
            people,
            visits,
            doubts,
            moments_of: begins(moments.iter().map(|m| m.0), leaves.len()),
            clients_of,
            leaves,
            moments,
            clients,
            by_leaf,
            failures: failures.finish(&place),
            sampling: 1 << self.shift.min(63),
        }
    }

    /// The split's value with this number.
    fn facet(&self, side: u8) -> String {
        let values = self.plan.split.as_ref().map_or(&[][..], |s| &s.values);
        usize::from(side).checked_sub(1).and_then(|i| values.get(i)).cloned().unwrap_or_default()
    }

    /// Names of rows and templates as shown, by number.
    fn texts(&self) -> Vec<String> {
        self.names.iter().map(|n| String::from_utf8_lossy(n).into_owned()).collect()
    }

    /// The rows that stand out by exact count, and the busiest others up to [`ROWS_MAX`], by
    /// (host, name). A row of its own that does not stand out is counted with its template.
    fn kept_rows(&self) -> FxHashSet<(u32, u32)> {
        let mut exact: BTreeMap<(u32, u32), (u64, u64)> = BTreeMap::new();
        let mut by_template: BTreeMap<(u32, u32), (u64, u64)> = BTreeMap::new();
        for (_, leaf, moment) in self.moments.iter() {
            let k = self.leaves[leaf as usize];
            let of = |name| (self.fronts.front(k.front).host, name);
            let add = |e: &mut (u64, u64)| *e = (e.0 + moment.cell.total(), e.1 + moment.cell.bad());
            // Users' rows are those of the outermost tier; tiers are never added together.
            if k.row != k.template && self.fronts.front(k.front).tier == self.outermost {
                add(exact.entry(of(k.row)).or_default());
            }
            add(by_template.entry(of(k.template)).or_default());
        }
        exact.retain(|_, (n, bad)| *n >= self.plan.own_requests || *bad >= self.plan.own_bad);
        let mut all: Vec<((u32, u32), (u64, u64))> = exact.into_iter().chain(by_template).collect();
        let name = |id: u32| self.names.name(id);
        all.sort_by(|a, b| {
            let weight = |x: &(u64, u64)| x.0.saturating_add(x.1.saturating_mul(50));
            (weight(&b.1).cmp(&weight(&a.1)))
                .then_with(|| self.fronts.name(a.0.0).cmp(self.fronts.name(b.0.0)))
                .then_with(|| name(a.0.1).cmp(name(b.0.1)))
        });
        all.truncate(ROWS_MAX);
        all.into_iter().map(|(k, _)| k).collect()
    }
}

impl Examined {
    /// The same leaves with other counts: `moments` by leaf and bin, `clients` in any order. Who asked for what and
    /// when is the same however answers are counted; who made the failures, how they were asked for and which
    /// answers are doubtful belongs to the counts as they were read, so it is left out.
    pub(super) fn rebuilt(&self, moments: Vec<(u32, i64, Moment)>, mut clients: Vec<Client>) -> Examined {
        clients.sort_unstable();
        let (by_leaf, clients_of) = by_leaf(&clients, self.leaves.len());
        Examined {
            fine: self.fine,
            leaves: self.leaves.clone(),
            moments_of: begins(moments.iter().map(|m| m.0), self.leaves.len()),
            moments,
            clients,
            by_leaf,
            clients_of,
            sampling: self.sampling,
            slow_from: self.slow_from.clone(),
            failures: Failures::default(),
            networks: Arc::clone(&self.networks),
            facets: Facets::default(),
            attempts: Arc::clone(&self.attempts),
            people: People::default(),
            visits: Visits::default(),
            doubts: Doubtful::default(),
        }
    }

    /// Sums the moments of the chosen leaves per fine bin, ascending.
    #[must_use]
    pub fn series(&self, chosen: &dyn Fn(usize) -> bool) -> BTreeMap<i64, Moment> {
        let chosen: Vec<usize> = (0..self.leaves.len()).filter(|&leaf| chosen(leaf)).collect();
        self.series_of(&chosen)
    }

    /// As [`Examined::series`], for the leaves listed.
    #[must_use]
    pub fn series_of(&self, leaves: &[usize]) -> BTreeMap<i64, Moment> {
        let mut out: BTreeMap<i64, Moment> = BTreeMap::new();
        for (_, bin, moment) in leaves.iter().flat_map(|&leaf| self.moments_of(leaf)) {
            out.entry(*bin).or_default().merge(moment);
        }
        out
    }

    /// The moments of one leaf, ascending.
    #[must_use]
    pub fn moments_of(&self, leaf: usize) -> &[(u32, i64, Moment)] {
        &self.moments[self.moments_of[leaf]..self.moments_of[leaf + 1]]
    }

    /// Per client, (valid, bad) over the chosen leaves in the chosen phases; clients without valid
    /// requests there are left out. In order of the clients' keys.
    pub fn per_client(&self, chosen: &dyn Fn(usize) -> bool, phases: &[Phase]) -> impl Iterator<Item = (u64, u64)> {
        self.per_client_keyed(chosen, phases).map(|(_, valid, bad)| (valid, bad))
    }

    /// As [`Examined::per_client`], each with the client's key before its counts.
    pub fn per_client_keyed(&self, chosen: &dyn Fn(usize) -> bool, phases: &[Phase]) -> impl Iterator<Item = (u64, u64, u64)> {
        let mut rows: Vec<u32> = Vec::new();
        for leaf in (0..self.leaves.len()).filter(|&leaf| chosen(leaf)) {
            let here = &self.by_leaf[self.clients_of[leaf]..self.clients_of[leaf + 1]];
            rows.extend(here.iter().filter(|&&i| phases.contains(&self.clients[i as usize].phase)));
        }
        rows.sort_unstable();
        let mut sums: Vec<(u64, (u64, u64))> = Vec::new();
        for row in rows.into_iter().map(|i| self.clients[i as usize]) {
            let more = (u64::from(row.valid), u64::from(row.bad));
            match sums.last_mut() {
                Some((key, sum)) if *key == row.key => *sum = (sum.0 + more.0, sum.1 + more.1),
                _ => sums.push((row.key, more)),
            }
        }
        sums.into_iter().map(|(key, (valid, bad))| (key, valid, bad)).filter(|sum| sum.1 > 0)
    }
}

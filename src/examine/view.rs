//! The finished second pass, in an order that depends on the data alone.

use super::{Examine, Moment, OTHERS, Phase, ROWS_MAX};
use crate::event::Tier;
use crate::time::{Span, Step};
use std::collections::BTreeMap;

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
    /// 1 where every client is kept.
    pub sampling: u64,
}

impl Examine<'_> {
    /// Ends the second pass: folds rows that do not stand out after all, puts everything in order.
    #[must_use]
    pub fn finish(self) -> Examined {
        let text = |id: u32| String::from_utf8_lossy(self.names.name(id)).into_owned();
        let kept = self.kept_rows();
        let named: Vec<Leaf> = self
            .leaves
            .iter()
            .map(|k| {
                let row = match (kept.contains_key(&(k.host, k.row)), kept.contains_key(&(k.host, k.template))) {
                    (true, _) => text(k.row),
                    (false, true) => text(k.template),
                    (false, false) => OTHERS.to_owned(),
                };
                let template = if row == OTHERS { row.clone() } else { text(k.template) };
                Leaf {
                    tier: k.tier,
                    host: text(k.host),
                    row,
                    template,
                    pop: text(k.pop),
                    backend: text(k.backend),
                    instance: text(k.instance),
                }
            })
            .collect();
        let mut leaves = named.clone();
        leaves.sort_unstable();
        leaves.dedup();
        let place: Vec<u32> = named.iter().map(|l| leaves.partition_point(|x| x < l) as u32).collect();
        let mut moments: BTreeMap<(u32, i64), Moment> = BTreeMap::new();
        for ((leaf, bin), moment) in &self.moments {
            moments.entry((place[*leaf as usize], *bin)).or_default().merge(moment);
        }
        let mut clients: Vec<Client> = self
            .clients
            .iter()
            .map(|(&(key, leaf, phase), &(valid, bad))| Client { key, leaf: place[leaf as usize], phase, valid, bad })
            .collect();
        // Leaves that were folded into one leave several entries of one client: summed by readers.
        clients.sort_unstable();
        Examined {
            fine: self.plan.fine,
            leaves,
            moments: moments.into_iter().map(|((l, b), m)| (l, b, m)).collect(),
            clients,
            sampling: 1 << self.shift.min(63),
        }
    }

    /// The rows that stand out by exact count, and the busiest others up to [`ROWS_MAX`], by
    /// (host, name). A row of its own that does not stand out is counted with its template.
    fn kept_rows(&self) -> BTreeMap<(u32, u32), ()> {
        let mut exact: BTreeMap<(u32, u32), (u64, u64)> = BTreeMap::new();
        let mut by_template: BTreeMap<(u32, u32), (u64, u64)> = BTreeMap::new();
        for ((leaf, _), moment) in &self.moments {
            let k = self.leaves[*leaf as usize];
            let of = |name| (k.host, name);
            let add = |e: &mut (u64, u64)| *e = (e.0 + moment.cell.total(), e.1 + moment.cell.bad());
            if k.row != k.template {
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
                .then_with(|| name(a.0.0).cmp(name(b.0.0)))
                .then_with(|| name(a.0.1).cmp(name(b.0.1)))
        });
        all.truncate(ROWS_MAX);
        all.into_iter().map(|(k, _)| (k, ())).collect()
    }
}

impl Examined {
    /// Sums the moments of the chosen leaves per fine bin, ascending.
    #[must_use]
    pub fn series(&self, chosen: &dyn Fn(usize) -> bool) -> BTreeMap<i64, Moment> {
        let mut out: BTreeMap<i64, Moment> = BTreeMap::new();
        for (leaf, bin, moment) in &self.moments {
            if chosen(*leaf as usize) {
                out.entry(*bin).or_default().merge(moment);
            }
        }
        out
    }

    /// Whether fine bin `bin` begins inside `span`.
    #[must_use]
    pub fn inside(&self, bin: i64, span: Span) -> bool {
        span.contains(self.fine.start(bin))
    }

    /// Per client, (valid, bad) over the chosen leaves in the chosen phases; clients without valid
    /// requests there are left out. In order of the clients' keys.
    pub fn per_client<'a>(
        &'a self,
        chosen: &'a dyn Fn(usize) -> bool,
        phases: &'a [Phase],
    ) -> impl Iterator<Item = (u64, u64)> + 'a {
        self.clients.chunk_by(|a, b| a.key == b.key).filter_map(move |rows| {
            let mut sum = (0u64, 0u64);
            for row in rows.iter().filter(|r| phases.contains(&r.phase) && chosen(r.leaf as usize)) {
                sum = (sum.0 + u64::from(row.valid), sum.1 + u64::from(row.bad));
            }
            (sum.0 > 0).then_some(sum)
        })
    }
}

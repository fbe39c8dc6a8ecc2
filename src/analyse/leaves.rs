//! The leaves of the second pass as the table that `localise` searches, and their names for readers.

use super::localise::{Ranked, Row, Set, Table};
use crate::event::Tier;
use crate::examine::{Examined, Leaf, OTHERS, Plan};
use crate::time::Span;
use std::collections::BTreeMap;

/// A second host counts when it has at least this share of the requests (and ten of them): less is
/// stray `Host` headers of scanners.
const HOST_SHARE: f64 = 0.005;

/// Whether there are several hosts to tell apart, by the requests of each.
#[must_use]
pub fn several_hosts(requests: impl Iterator<Item = u64> + Clone) -> bool {
    let total: u64 = requests.clone().sum();
    requests.filter(|&n| n >= 10 && n as f64 >= HOST_SHARE * total as f64).count() > 1
}

/// The leaves of one tier with their names.
#[derive(Debug)]
pub struct View<'a> {
    /// The second pass.
    pub examined: &'a Examined,
    /// The tier looked at.
    pub tier: Tier,
    /// Whether hosts are part of names.
    pub several_hosts: bool,
}

/// How a leaf's value of an attribute is read; empty where it has none.
type Value = fn(&View<'_>, &Leaf) -> String;

/// Attributes in order of preference where sets cover the same traffic.
const ATTRIBUTES: [(&str, Value); 8] = [
    ("host", |v, l| if v.several_hosts { l.host.clone() } else { String::new() }),
    // What was asked for before where it was answered: a backend that serves one thing only is told by that thing.
    ("resource", |v, l| if l.row == OTHERS { String::new() } else { v.name(l) }),
    ("template", |v, l| if l.row == OTHERS { String::new() } else { v.with_host(l, &l.template) }),
    ("pop", |_, l| l.pop.clone()),
    ("backend", |_, l| pool(&l.backend).to_owned()),
    (
        "server",
        |_, l| if pool(&l.backend) == l.backend || l.backend.ends_with("/<NOSRV>") { String::new() } else { l.backend.clone() },
    ),
    ("instance", |_, l| l.instance.clone()),
    // Told by the name of what the leaves were split by.
    (SPLIT, |_, l| l.facet.clone()),
];

/// Stands for what the plan splits leaves by.
const SPLIT: &str = "split";

/// The pool of a backend: HAProxy writes `pool/server`, and `pool/<NOSRV>` where no server was to be
/// had. The server is then a consequence of the failure, the pool may be its place.
#[must_use]
pub fn pool(backend: &str) -> &str {
    match backend.split_once('/') {
        Some((pool, _)) if !pool.is_empty() && !pool.contains(':') => pool,
        _ => backend,
    }
}

impl<'a> View<'a> {
    /// The view of `tier`.
    #[must_use]
    pub fn new(examined: &'a Examined, tier: Tier) -> Self {
        let mut hosts: BTreeMap<&str, u64> = BTreeMap::new();
        for (leaf, _, moment) in &examined.moments {
            let leaf = &examined.leaves[*leaf as usize];
            if leaf.tier == tier && !leaf.host.is_empty() {
                *hosts.entry(&leaf.host).or_default() += moment.cell.total();
            }
        }
        View { examined, tier, several_hosts: several_hosts(hosts.values().copied()) }
    }

    /// Whether a leaf belongs to the tier.
    #[must_use]
    pub fn is_ours(&self, leaf: usize) -> bool {
        self.examined.leaves[leaf].tier == self.tier
    }

    /// The resource's name: with its host where the bundle has several.
    #[must_use]
    pub fn name(&self, leaf: &Leaf) -> String {
        self.with_host(leaf, &leaf.row)
    }

    fn with_host(&self, leaf: &Leaf, name: &str) -> String {
        match (self.several_hosts && !leaf.host.is_empty(), name.starts_with('/')) {
            (true, true) => format!("{}{name}", leaf.host),
            (true, false) => format!("{} {name}", leaf.host),
            _ => name.to_owned(),
        }
    }

    /// The leaves of the tier by each value of each attribute.
    #[must_use]
    pub fn singles(&self, plan: &Plan<'_>) -> Vec<Vec<usize>> {
        let mut out: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
        for (i, leaf) in self.examined.leaves.iter().enumerate().filter(|(i, _)| self.is_ours(*i)) {
            let used = ATTRIBUTES.iter().enumerate().filter(|(_, (name, _))| *name != SPLIT || plan.split.is_some());
            for (a, (_, value)) in used {
                let value = value(self, leaf);
                if !value.is_empty() {
                    out.entry((a, value)).or_default().push(i);
                }
            }
        }
        out.into_values().collect()
    }

    /// The search table: one row per combination of attribute values, and for each row its leaves.
    /// Bins that overlap the window are `now`; the phases before and after it are `base`.
    #[must_use]
    pub fn table(&self, plan: &Plan<'_>, window: Span) -> (Table, Vec<Vec<usize>>) {
        let values: Vec<Vec<String>> =
            self.examined.leaves.iter().map(|l| ATTRIBUTES.iter().map(|(_, value)| value(self, l)).collect()).collect();
        let ours: Vec<usize> = (0..values.len()).filter(|&i| self.is_ours(i)).collect();
        // An attribute with one value divides nothing; one that repeats another adds nothing.
        let used: Vec<usize> = (0..ATTRIBUTES.len())
            .filter(|&a| {
                let distinct = |i: usize| ours.iter().any(|&j| values[j][a] != values[i][a]);
                let repeats = ATTRIBUTES[a].0 == "template" && ours.iter().all(|&i| values[i][a] == values[i][1]);
                ours.first().is_some_and(|&i| distinct(i)) && !repeats
            })
            .collect();
        let mut rows: BTreeMap<Vec<String>, (Row, Vec<usize>)> = BTreeMap::new();
        let mut place: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for &leaf in &ours {
            let key: Vec<String> = used.iter().map(|&a| values[leaf][a].clone()).collect();
            let row = || (Row { values: key.clone(), base: (0.0, 0.0), now: (0.0, 0.0) }, Vec::new());
            rows.entry(key.clone()).or_insert_with(row).1.push(leaf);
            place.insert(leaf, key);
        }
        for (leaf, bin, moment) in &self.examined.moments {
            let Some((row, _)) = place.get(&(*leaf as usize)).and_then(|key| rows.get_mut(key)) else { continue };
            let at = self.examined.fine.span(*bin);
            let counts = (moment.cell.bad() as f64, moment.cell.valid() as f64);
            let part = if window.overlaps(at) {
                &mut row.now
            } else if is_baseline(plan, at) {
                &mut row.base
            } else {
                continue;
            };
            *part = (part.0 + counts.0, part.1 + counts.1);
        }
        let name = |a: usize| match (ATTRIBUTES[a].0, &plan.split) {
            (SPLIT, Some(split)) => split.attribute.name().to_owned(),
            (name, _) => name.to_owned(),
        };
        let attributes = used.iter().map(|&a| name(a)).collect();
        let (rows, leaves) = rows.into_values().unzip();
        (Table { attributes, rows }, leaves)
    }
}

/// Whether a fine bin belongs to the baseline.
#[must_use]
pub fn is_baseline(plan: &Plan<'_>, at: Span) -> bool {
    use crate::examine::Phase::{After, Before};
    plan.window.is_none_or(|w| !w.overlaps(at)) && matches!(plan.phase(at.from), Some(Before | After))
}

/// The sets of an answer as attribute = value. A template is told as the resource it is.
#[must_use]
pub fn as_maps(answer: &Ranked, table: &Table) -> Vec<BTreeMap<String, String>> {
    answer.sets.iter().map(|s| as_map(s, table)).collect()
}

/// One set as attribute = value.
#[must_use]
pub fn as_map(set: &Set, table: &Table) -> BTreeMap<String, String> {
    let name = |a: usize| match table.attributes[a].as_str() {
        "template" => "resource".to_owned(),
        other => other.to_owned(),
    };
    set.iter().map(|(a, v)| (name(*a), v.clone())).collect()
}

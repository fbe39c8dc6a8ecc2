//! Question: does something that the leaves do not tell apart (method, version of HTTP, user agent,
//! network of the client) explain the excess better than what they do?
//! Method: one attribute at a time, the scan of `localise` over its values, alone and inside the
//! target found so far. What wins must leave a good part of the same traffic, and leave it healthy.
//! Assumes: the status is what a failure looks like and no place of it; a cache result follows from
//! whether the origin answered (what is in the cache cannot fail), so it never narrows a cause.
//! Reference: as `localise`.

use super::evidence::Evidence;
use super::extent::{MEASURABLE_MIN, SEGMENT_SHARE, SHARE_MIN};
use super::localise::{ALIKE, Ranked, Row, Table, localise};
use crate::examine::facets::Counts;
use crate::examine::{Attribute, Network, Phase, Split, agent};
use std::collections::BTreeMap;

/// Attributes in order of preference where they explain the same: what says least about others first.
const SEARCHED: [Attribute; 7] = [
    Attribute::Method,
    Attribute::Protocol,
    Attribute::Agent,
    Attribute::AgentVersion,
    Attribute::Network,
    Attribute::Asn,
    Attribute::WideNetwork,
];

/// Values of one attribute that are searched: those with most failures in the window. A set that
/// explains four fifths of the excess has at most six values, so each of them is large.
const VALUES_MAX: usize = 60;

/// Largest part of the answer's own failing share at which the traffic it leaves can still be
/// healthy: a first look only, the test comes with the pass that splits the leaves.
const LEFT_MAX: f64 = 0.25;

/// What the search found.
#[derive(Debug, Default)]
pub struct Beyond {
    /// What the leaves should be split by.
    pub split: Option<Split>,
    /// Sets that explain the excess as well as the target does.
    pub alike: Vec<BTreeMap<String, String>>,
}

/// By value and by whether it lies in the target.
type Sums = BTreeMap<(String, bool), Counts>;

/// Searches. `target` are the leaves found so far.
#[must_use]
pub fn beyond(e: &Evidence<'_>, target: &[bool], skip: &[bool]) -> Beyond {
    let mut found: Vec<(f64, Attribute, Vec<String>)> = Vec::new();
    let mut alike = Vec::new();
    for attribute in SEARCHED {
        let sums = pruned(sums(e, attribute, target, skip));
        let table = table(attribute, &sums);
        let ranked = localise(&table, 40);
        let target_alone = |set: &[(usize, String)]| matches!(set, [(1, _)]);
        let is_own = |r: &&Ranked| r.sets.len() == 1 && r.sets.iter().chain(&r.twins).any(|s| target_alone(s));
        let own = ranked.iter().find(is_own).map_or(0.0, |r| r.score);
        let values =
            |r: &Ranked| r.sets.iter().filter_map(|s| s.iter().find(|(a, _)| *a == 0)).map(|s| s.1.clone()).collect::<Vec<_>>();
        let named = |r: &&Ranked| values(r).len() == r.sets.len();
        let Some(best) = ranked.iter().find(named) else { continue };
        if best.share >= SHARE_MIN && best.score > own && leaves_enough(best, &table) {
            found.push((best.score, attribute, values(best)));
        }
        let as_good = ranked.iter().filter(named).filter(|r| r.sets.len() == 1 && r.sets[0].len() == 1);
        for r in as_good.filter(|r| own > 0.0 && r.score >= ALIKE * own && r.share >= SHARE_MIN).take(1) {
            alike.push(BTreeMap::from([(attribute.name().to_owned(), values(r).swap_remove(0))]));
        }
    }
    // The best score; of equal ones the first.
    let best = found.into_iter().reduce(|a, b| if b.0 > a.0 { b } else { a });
    Beyond { split: best.map(|(_, attribute, values)| Split { attribute, values }), alike }
}

/// Whether the answer leaves, of the traffic it was found in, enough that could have failed and did not.
fn leaves_enough(best: &Ranked, table: &Table) -> bool {
    let inside = best.sets.iter().all(|s| s.iter().any(|(a, _)| *a == 1));
    let (mut ours, mut left) = ((0.0, 0.0), (0.0, 0.0));
    for (i, row) in table.rows.iter().enumerate().filter(|(_, r)| !inside || !r.values[1].is_empty()) {
        let sum = if best.rows.binary_search(&i).is_ok() { &mut ours } else { &mut left };
        *sum = (sum.0 + row.now.0, sum.1 + row.now.1);
    }
    let enough = left.1 >= (MEASURABLE_MIN as f64).max(SEGMENT_SHARE * (ours.1 + left.1));
    enough && ours.1 > 0.0 && left.0 / left.1 <= LEFT_MAX * ours.0 / ours.1
}

/// The table of one attribute: its value, and whether the request lies in the target.
fn table(attribute: Attribute, sums: &Sums) -> Table {
    let whole = sums.keys().all(|(_, inside)| *inside);
    let row = |((value, inside), n): (&(String, bool), &Counts)| {
        let part = if *inside && !whole { "target" } else { "" };
        Row { values: vec![value.clone(), part.to_owned()], base: (n[1] as f64, n[0] as f64), now: (n[3] as f64, n[2] as f64) }
    };
    Table { attributes: vec![attribute.name().to_owned(), "part".into()], rows: sums.iter().map(row).collect() }
}

/// The values with most failures; the others together, without a name.
fn pruned(sums: Sums) -> Sums {
    let mut bad: BTreeMap<&str, u64> = BTreeMap::new();
    for ((value, _), n) in &sums {
        *bad.entry(value).or_default() += n[3];
    }
    let mut order: Vec<(&str, u64)> = bad.into_iter().collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let kept: Vec<String> = order.iter().take(VALUES_MAX).map(|(v, _)| (*v).to_owned()).collect();
    let mut out = Sums::new();
    for ((value, inside), n) in sums {
        let value = if kept.contains(&value) { value } else { String::new() };
        add(out.entry((value, inside)).or_default(), &n);
    }
    out
}

fn sums(e: &Evidence<'_>, attribute: Attribute, target: &[bool], skip: &[bool]) -> Sums {
    let is = |list: &[bool], leaf: u32| list.get(leaf as usize).copied().unwrap_or(false);
    let facets = &e.examined.facets;
    let mut out = Sums::new();
    if matches!(attribute, Attribute::Network | Attribute::WideNetwork | Attribute::Asn) {
        if !e.clients_known {
            return out;
        }
        let mut by_network: BTreeMap<(Option<Network>, bool), Counts> = BTreeMap::new();
        let mut networks = e.examined.networks.iter().peekable();
        // Both lists are in the order of the clients' keys.
        for c in e.examined.clients.iter().filter(|c| !is(skip, c.leaf)) {
            while networks.peek().is_some_and(|n| n.0 < c.key) {
                networks.next();
            }
            let network = networks.peek().filter(|n| n.0 == c.key).map(|n| n.1);
            let (valid, bad) = (u64::from(c.valid), u64::from(c.bad));
            let counts = match c.phase {
                Phase::During => [0, 0, valid, bad],
                Phase::Before | Phase::After => [valid, bad, 0, 0],
                Phase::Aside(_) | Phase::Beside => continue,
            };
            add(by_network.entry((network, is(target, c.leaf))).or_default(), &counts);
        }
        for ((network, inside), n) in by_network {
            let value = network.and_then(|n| match attribute {
                Attribute::Network => Some(n.to_string()),
                Attribute::WideNetwork => Some(n.wide().to_string()),
                _ => e.plan.asn?.named(n.first()),
            });
            add(out.entry((value.unwrap_or_default(), inside)).or_default(), &n);
        }
        return out;
    }
    for line in facets.lines.iter().filter(|l| !is(skip, l.leaf)) {
        let named = facets.agents.get(line.agent as usize).map_or("", String::as_str);
        let value = match attribute {
            Attribute::Method => line.method,
            Attribute::Protocol => line.protocol,
            Attribute::Cache => line.cache,
            Attribute::Agent => agent::family(named),
            _ => named,
        };
        add(out.entry((value.to_owned(), is(target, line.leaf))).or_default(), &line.counts);
    }
    out
}

/// Requests and failures in the window of what came from the cache, and of all else, of the chosen
/// leaves; nothing where no cache result is logged.
#[must_use]
pub fn from_cache(e: &Evidence<'_>, chosen: &[bool]) -> Option<[(u64, u64); 2]> {
    let (mut hits, mut others) = ((0, 0), (0, 0));
    let ours = |l: &&crate::examine::facets::Line| chosen.get(l.leaf as usize).copied().unwrap_or(false);
    for line in e.examined.facets.lines.iter().filter(ours) {
        let sum = if matches!(line.cache, "hit" | "stale" | "revalidated") { &mut hits } else { &mut others };
        *sum = (sum.0 + line.counts[2], sum.1 + line.counts[3]);
    }
    (hits.0 > 0 && others.0 > 0).then_some([hits, others])
}

/// The failures of the chosen leaves in the window by status, most first; 0 stands for none sent, a
/// number below 10 for a class.
#[must_use]
pub fn by_status(e: &Evidence<'_>, chosen: &[bool]) -> Vec<(u16, u64)> {
    let mut out: BTreeMap<u16, u64> = BTreeMap::new();
    for (leaf, status, n) in &e.examined.facets.statuses {
        if n[1] > 0 && chosen.get(*leaf as usize).copied().unwrap_or(false) {
            *out.entry(*status).or_default() += n[1];
        }
    }
    let mut out: Vec<(u16, u64)> = out.into_iter().collect();
    out.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    out
}

fn add(sum: &mut Counts, more: &Counts) {
    sum.iter_mut().zip(more).for_each(|(s, m)| *s += m);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums_of(list: &[(&str, bool, Counts)]) -> Sums {
        list.iter().map(|(v, inside, n)| (((*v).to_owned(), *inside), *n)).collect()
    }

    fn found(list: &[(&str, bool, Counts)]) -> Option<(Vec<String>, bool)> {
        let table = table(Attribute::Method, &sums_of(list));
        let best = localise(&table, 1).into_iter().find(|r| r.sets.iter().all(|s| s.iter().any(|x| x.0 == 0)))?;
        let values = best.sets.iter().flatten().filter(|x| x.0 == 0).map(|x| x.1.clone()).collect();
        Some((values, leaves_enough(&best, &table)))
    }

    #[test]
    fn one_method_inside_the_target_is_found_where_the_others_stayed_healthy() {
        let healthy = |inside, method| (method, inside, [1_000, 1, 500, 1]);
        let list = [("POST", true, [1_000, 1, 500, 450]), healthy(true, "GET"), healthy(false, "GET"), healthy(false, "POST")];
        assert_eq!(found(&list), Some((vec!["POST".to_owned()], true)));
    }

    #[test]
    fn a_handful_of_healthy_requests_is_no_reason_to_narrow_the_cause() {
        let list = [("GET", true, [1_000, 1, 500, 450]), ("HEAD", true, [30, 0, 15, 0]), ("GET", false, [9_000, 9, 4_500, 4])];
        assert!(found(&list).is_none_or(|(_, enough)| !enough));
    }

    #[test]
    fn values_beyond_the_bound_lose_their_names_and_keep_their_requests() {
        let list: Vec<(String, Counts)> = (0..100).map(|i| (format!("v{i}"), [10, 0, 10, i % 7])).collect();
        let sums: Sums = list.iter().map(|(v, n)| ((v.clone(), true), *n)).collect();
        let kept = pruned(sums);
        assert_eq!((kept.len(), kept.values().map(|n| n[2]).sum::<u64>()), (VALUES_MAX + 1, 1_000));
    }
}

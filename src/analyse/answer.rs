//! Question: what failed? The traffic to be judged, and what it is called.
//! Method: the best set of `localise`; sets that explain as much are told beside it. Where no set
//! explains half of the excess though the whole rose, the whole is the answer; where not even the
//! whole rose, it is what the window was detected on.
//! Assumes: as `localise`.

use super::evidence::Evidence;
use super::leaves::{as_map, as_maps};
use super::localise::{LOCATED_SHARE, Ranked, Table, indistinguishable, localise};
use std::collections::BTreeMap;

/// Attribute = value.
pub type Named = BTreeMap<String, String>;

/// Answers of the search that are looked at for sets that cannot be told from the best one.
const LOOKED_AT: usize = 30;

/// Most sets told beside the best one.
const ALIKE_MAX: usize = 5;

/// What is judged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// For each leaf, whether it belongs to the target.
    pub leaves: Vec<bool>,
    /// Attribute = value sets; none where the whole is the target.
    pub sets: Vec<Named>,
    /// How many sets the search joined; 0 where it found none.
    pub joined: usize,
    /// Other names of the very same traffic.
    pub twins: Vec<Named>,
    /// Sets of other traffic that explain the excess as well, each with its leaves.
    pub alike: Vec<(Vec<Named>, Vec<bool>)>,
    /// Of a cause that needs the attribute that leaves are split by: the traffic without that need.
    pub wider: Option<Vec<bool>>,
    /// Whether the whole is the target because no set explains the excess.
    pub unlocated: bool,
}

/// Whether the best set explains so much of the excess that it is an answer. What is outside may have risen
/// nearly as much here: the rest is tested by itself.
fn explains_enough(best: &Ranked) -> bool {
    best.share >= LOCATED_SHARE
}

/// Finds the answer among the leaves that are not in `skip`; `whole` is all of them, if it surely rose.
#[must_use]
pub fn find(e: &Evidence<'_>, skip: &[bool], whole: Option<Vec<bool>>) -> Option<Answer> {
    if let Some(pattern) = e.resource {
        let leaves = asked(e, pattern).filter(|l| l.contains(&true))?;
        let sets = vec![BTreeMap::from([("resource".to_owned(), pattern.to_owned())])];
        return Some(Answer { leaves, sets, ..Answer::default() });
    }
    let skipped = |leaf: usize| skip.get(leaf).copied().unwrap_or(false);
    let (mut table, rows) = e.view.table(e.plan, e.window);
    let keep: Vec<bool> = rows.iter().map(|leaves| leaves.iter().any(|&l| !skipped(l))).collect();
    let mut kept = keep.iter();
    table.rows.retain(|_| kept.next().copied().unwrap_or(true));
    let mut kept = keep.iter();
    let rows: Vec<Vec<usize>> = rows.into_iter().filter(|_| kept.next().copied().unwrap_or(true)).collect();
    let ranked = localise(&table, LOOKED_AT);
    let best = ranked.first();
    if best.is_none_or(|b| !explains_enough(b))
        && let Some(leaves) = whole
    {
        return Some(Answer { leaves, unlocated: best.is_some(), ..Answer::default() });
    }
    let Some(best) = best else {
        let (leaves, set) = e.candidate.as_ref()?;
        let clear = !leaves.iter().enumerate().any(|(i, &x)| x && skipped(i));
        return clear.then(|| Answer { leaves: leaves.clone(), sets: vec![set.clone()], ..Answer::default() });
    };
    let mut sets = as_maps(best, &table);
    if let (Some(split), [set]) = (&e.plan.split, sets.as_mut_slice())
        && set.len() == 1
        && set.contains_key(split.attribute.name())
        && let Some(resource) = one_resource(best, &table)
    {
        set.insert("resource".to_owned(), resource);
    }
    let twins = best.twins.iter().map(|t| as_map(t, &table)).filter(|t| !sets.contains(t)).collect();
    let others = ranked[..indistinguishable(&ranked)].iter().filter(|r| r.rows != best.rows);
    let others = others.map(|r| (as_maps(r, &table), members(&r.rows, &rows, e)));
    let alike = others.filter(|(named, _)| *named != sets).take(ALIKE_MAX).collect();
    let leaves = members(&best.rows, &rows, e);
    let wider = wider(e, best, &table).map(|r| members(&r, &rows, e));
    Some(Answer { leaves, sets, joined: best.sets.len(), twins, alike, wider, unlocated: false })
}

fn members(chosen: &[usize], rows: &[Vec<usize>], e: &Evidence<'_>) -> Vec<bool> {
    let mut out = vec![false; e.examined.leaves.len()];
    for &leaf in chosen.iter().flat_map(|&r| &rows[r]) {
        out[leaf] = true;
    }
    out
}

/// The resource that all the answer's traffic in the window was for, if it was one: then the cause is
/// told as a part of that.
fn one_resource(best: &Ranked, table: &Table) -> Option<String> {
    let at = table.attributes.iter().position(|a| a == "resource")?;
    let mut asked = best.rows.iter().map(|&r| &table.rows[r]).filter(|r| r.now.1 > 0.0).map(|r| &r.values[at]);
    let first = asked.next().filter(|v| !v.is_empty())?;
    asked.all(|v| v == first).then(|| first.clone())
}

/// The rows that satisfy the answer but for the attribute that leaves are split by, where it needs
/// that and something else.
fn wider(e: &Evidence<'_>, best: &Ranked, table: &Table) -> Option<Vec<usize>> {
    let split = e.plan.split.as_ref()?.attribute.name();
    let at = table.attributes.iter().position(|a| a == split)?;
    let needs = |set: &[(usize, String)]| set.len() > 1 && set.iter().any(|(a, _)| *a == at);
    if !best.sets.iter().any(|s| needs(s)) {
        return None;
    }
    let fits = |values: &[String]| best.sets.iter().any(|s| s.iter().all(|(a, v)| *a == at || values[*a] == *v));
    Some(table.rows.iter().enumerate().filter(|(_, r)| fits(&r.values)).map(|(i, _)| i).collect())
}

/// The leaves whose resource the user asked about: by exact name, else by part of the name.
fn asked(e: &Evidence<'_>, pattern: &str) -> Option<Vec<bool>> {
    let names: Vec<String> = e.examined.leaves.iter().map(|l| e.view.name(l)).collect();
    let pick = |test: &dyn Fn(&str) -> bool| -> Vec<bool> {
        names.iter().enumerate().map(|(i, n)| e.view.is_ours(i) && test(n)).collect()
    };
    let exact = pick(&|n| n == pattern);
    let found = if exact.contains(&true) { exact } else { pick(&|n| n.contains(pattern)) };
    found.contains(&true).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::localise::Row;

    fn table(rows: &[(&str, &str, f64)]) -> Table {
        let row = |&(method, resource, n): &(&str, &str, f64)| Row {
            values: vec![method.to_owned(), resource.to_owned()],
            base: (0.0, 100.0),
            now: (n, n),
        };
        Table { attributes: vec!["method".into(), "resource".into()], rows: rows.iter().map(row).collect() }
    }

    fn ranked(rows: Vec<usize>, score: f64, share: f64) -> Ranked {
        Ranked { sets: vec![vec![(0, "POST".to_owned())]], score, share, rows, twins: Vec::new(), finer: Vec::new() }
    }

    #[test]
    fn a_cause_whose_traffic_was_all_for_one_resource_names_it() {
        let t = table(&[("POST", "/cart", 50.0), ("POST", "/news", 0.0), ("GET", "/cart", 50.0), ("POST", "/login", 9.0)]);
        assert_eq!(one_resource(&ranked(vec![0, 1], 1.0, 1.0), &t).as_deref(), Some("/cart"));
        assert_eq!(one_resource(&ranked(vec![0, 3], 1.0, 1.0), &t), None);
    }

    #[test]
    fn answers_within_a_twentieth_of_the_best_are_not_told_apart() {
        let list = [ranked(vec![0], 100.0, 0.9), ranked(vec![1], 95.0, 0.9), ranked(vec![2], 94.0, 0.9)];
        assert_eq!((indistinguishable(&list), indistinguishable(&[])), (2, 0));
        assert!(!explains_enough(&ranked(vec![0], 100.0, 0.49)));
    }
}

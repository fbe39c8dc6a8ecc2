//! Question: which set of attribute values explains the excess of failures?
//! Method: a Poisson scan over every conjunction of up to three attributes and over unions within
//! one attribute, weighted by the share of the excess the set explains.
//! Assumes: the baseline rate of a leaf, shrunk to the overall one, says what to expect of it.
//! Reference: Kulldorff, Comm. Stat. Theory Methods 26 (1997) 1481-1496, for the scan; the weight
//! by explained share keeps it from preferring over-specific sets.

use crate::stats::special::x_ln_ratio;
use std::collections::BTreeMap;

/// Requests of the overall baseline that a leaf's own baseline is mixed with: a leaf with fewer
/// than these says little of its own.
const SHRINK: f64 = 200.0;

/// Lowest baseline rate assumed: one in a thousand. Below it a single stray failure would make one
/// set look ten times healthier than its neighbour.
const RATE_MIN: f64 = 0.001;

/// Power of the explained share in the score. High: a set that leaves a fifth of the excess
/// unexplained loses three fifths of its score.
const SHARE_POWER: i32 = 4;

/// Most attributes in one set.
const DEPTH_MAX: usize = 3;

/// Most elements of a union; more is no short answer.
const UNION_MAX: usize = 6;

/// A union's element must itself fail at this multiple of what is expected.
const UNION_RATIO: f64 = 1.3;

/// A table of counts by attribute values.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Names of the attributes; earlier ones are preferred where sets cover the same rows.
    pub attributes: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One combination of attribute values.
#[derive(Clone, Debug)]
pub struct Row {
    /// One value per attribute; empty where the row has none.
    pub values: Vec<String>,
    /// Bad and all requests of the baseline.
    pub base: (f64, f64),
    /// Bad and all requests of the window.
    pub now: (f64, f64),
}

/// A conjunction: attribute (by index) = value.
pub type Set = Vec<(usize, String)>;

/// One answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    /// Any of these sets.
    pub sets: Vec<Set>,
    /// Log-likelihood ratio times the explained share to the fourth power, over the number of sets.
    pub score: f64,
    /// Share of the excess explained, 0 to 1.
    pub share: f64,
    /// Indexes of the rows covered, ascending.
    pub rows: Vec<usize>,
    /// Other sets that cover the very same rows.
    pub twins: Vec<Set>,
}

struct Totals {
    bad: f64,
    expected: f64,
}

/// Expected bad requests of each row in the window, from its own baseline shrunk to the overall.
fn expected(table: &Table) -> Vec<f64> {
    let (bad, all) = table.rows.iter().fold((0.0, 0.0), |s, r| (s.0 + r.base.0, s.1 + r.base.1));
    let overall = (bad + 0.5) / (all + 1.0);
    let rate = |r: &Row| (r.base.0 + SHRINK * overall) / (r.base.1 + SHRINK);
    table.rows.iter().map(|r| r.now.1 * rate(r).max(RATE_MIN)).collect()
}

/// Ranks the sets that explain the excess, best first; at most `most`. Empty without any excess.
#[must_use]
pub fn localise(table: &Table, most: usize) -> Vec<Ranked> {
    let expected = expected(table);
    let totals = Totals { bad: table.rows.iter().map(|r| r.now.0).sum(), expected: expected.iter().sum() };
    if totals.bad <= totals.expected {
        return Vec::new();
    }
    let mut found: Vec<Ranked> = Vec::new();
    let mut elements: Vec<Element> = Vec::new();
    // Rows covered -> the simplest set that covers them.
    for (rows, mut sets) in covers(table) {
        sets.sort_by(|a, b| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
        let (score, share) = score(&rows, table, &expected, &totals);
        elements.extend(sets.first().and_then(|s| element(s, &rows, table, &expected)));
        if score > 0.0 {
            let mut sets = sets.into_iter();
            let Some(first) = sets.next() else { continue };
            let n = first.len();
            let twins = sets.filter(|s| s.len() <= n.max(1)).collect();
            found.push(Ranked { sets: vec![first], score, share, rows, twins });
        }
    }
    found.extend(unions(elements, table, &expected, &totals));
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.sets.cmp(&b.sets)));
    found.truncate(most);
    found
}

/// Every conjunction of up to [`DEPTH_MAX`] attributes that some row satisfies, grouped by the rows
/// it covers.
fn covers(table: &Table) -> BTreeMap<Vec<usize>, Vec<Set>> {
    let mut by_set: BTreeMap<Set, Vec<usize>> = BTreeMap::new();
    let masks: Vec<u32> = (1u32..1 << table.attributes.len().min(12)).filter(|m| m.count_ones() as usize <= DEPTH_MAX).collect();
    for (i, row) in table.rows.iter().enumerate() {
        for &mask in &masks {
            let picked = (0..table.attributes.len()).filter(|a| mask & (1 << a) != 0);
            let set: Set = picked.map(|a| (a, row.values[a].clone())).collect();
            if set.iter().all(|(_, v)| !v.is_empty()) {
                by_set.entry(set).or_default().push(i);
            }
        }
    }
    let mut by_rows: BTreeMap<Vec<usize>, Vec<Set>> = BTreeMap::new();
    for (set, rows) in by_set {
        by_rows.entry(rows).or_default().push(set);
    }
    by_rows
}

/// Score and explained share of the rows taken together.
fn score(rows: &[usize], table: &Table, expected: &[f64], totals: &Totals) -> (f64, f64) {
    let (v, e) = rows.iter().fold((0.0, 0.0), |s, &i| (s.0 + table.rows[i].now.0, s.1 + expected[i]));
    let (v_out, e_out) = ((totals.bad - v).max(0.0), (totals.expected - e).max(1e-9));
    if v < 3.0 || e <= 0.0 || v / e <= v_out / e_out {
        return (0.0, 0.0);
    }
    let llr = x_ln_ratio(v, e) + x_ln_ratio(v_out, e_out) - x_ln_ratio(totals.bad, totals.expected);
    let share = ((v - e) / (totals.bad - totals.expected)).clamp(0.0, 1.0);
    (llr * share.powi(SHARE_POWER), share)
}

/// One value of one attribute that fails more than expected: what unions are made of. It need not
/// stand out from the outside, for its fellow elements are there.
struct Element {
    attribute: usize,
    value: String,
    rows: Vec<usize>,
    excess: f64,
}

fn element(set: &Set, rows: &[usize], table: &Table, expected: &[f64]) -> Option<Element> {
    let [(attribute, value)] = set.as_slice() else { return None };
    let (v, e) = rows.iter().fold((0.0, 0.0), |s, &i| (s.0 + table.rows[i].now.0, s.1 + expected[i]));
    (v >= 3.0 && v > UNION_RATIO * e).then(|| Element {
        attribute: *attribute,
        value: value.clone(),
        rows: rows.to_vec(),
        excess: v - e,
    })
}

/// Unions within one attribute: the elements with the largest excess, added one by one.
fn unions(mut elements: Vec<Element>, table: &Table, expected: &[f64], totals: &Totals) -> Vec<Ranked> {
    elements.sort_by(|a, b| b.excess.total_cmp(&a.excess).then_with(|| (a.attribute, &a.value).cmp(&(b.attribute, &b.value))));
    let mut out = Vec::new();
    for attribute in 0..table.attributes.len() {
        let (mut sets, mut rows): (Vec<Set>, Vec<usize>) = (Vec::new(), Vec::new());
        for e in elements.iter().filter(|e| e.attribute == attribute).take(UNION_MAX) {
            sets.push(vec![(attribute, e.value.clone())]);
            rows.extend(&e.rows);
            rows.sort_unstable();
            rows.dedup();
            if sets.len() > 1 {
                let (score, share) = score(&rows, table, expected, totals);
                let score = score / sets.len() as f64;
                if score > 0.0 {
                    out.push(Ranked { sets: sets.clone(), score, share, rows: rows.clone(), twins: Vec::new() });
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Traffic on 3 POPs x 5 resources, with `bad(pop, resource)` failing shares in the window.
    fn table(bad: impl Fn(usize, usize) -> f64) -> Table {
        let rows = (0..3)
            .flat_map(|p| (0..5).map(move |r| (p, r)))
            .map(|(p, r)| Row {
                values: vec![format!("/r{r}"), format!("pop{p}")],
                base: (2.0, 1_000.0),
                now: ((500.0 * bad(p, r)).round(), 500.0),
            })
            .collect();
        Table { attributes: vec!["resource".into(), "pop".into()], rows }
    }

    fn best(t: &Table) -> Vec<Set> {
        localise(t, 5).first().map(|r| r.sets.clone()).unwrap_or_default()
    }

    #[test]
    fn one_resource_one_pop_and_their_conjunction_are_each_named_as_such() {
        assert_eq!(best(&table(|_, r| if r == 2 { 0.8 } else { 0.002 })), [vec![(0, "/r2".to_owned())]]);
        assert_eq!(best(&table(|p, _| if p == 1 { 0.5 } else { 0.002 })), [vec![(1, "pop1".to_owned())]]);
        assert_eq!(
            best(&table(|p, r| if p == 1 && r == 2 { 0.9 } else { 0.002 })),
            [vec![(0, "/r2".to_owned()), (1, "pop1".to_owned())]]
        );
    }

    #[test]
    fn two_failing_endpoints_are_named_together() {
        let sets = best(&table(|_, r| if r == 1 || r == 3 { 0.4 } else { 0.002 }));
        assert_eq!(sets, [vec![(0, "/r1".to_owned())], vec![(0, "/r3".to_owned())]]);
    }

    #[test]
    fn endpoints_are_named_together_also_where_only_one_of_them_ever_failed_before() {
        let mut t = table(|_, r| if r == 1 || r == 3 { 0.5 } else { 0.0 });
        for row in &mut t.rows {
            row.base.0 = if row.values[0] == "/r3" { 1.0 } else { 0.0 };
        }
        assert_eq!(best(&t), [vec![(0, "/r1".to_owned())], vec![(0, "/r3".to_owned())]]);
    }

    #[test]
    fn no_excess_gives_no_answer() {
        assert!(localise(&table(|_, _| 0.0), 5).is_empty());
        assert!(localise(&Table::default(), 5).is_empty());
    }

    #[test]
    fn sets_that_cover_the_same_rows_are_told_as_twins() {
        let mut t = table(|p, _| if p == 1 { 0.5 } else { 0.002 });
        t.attributes.push("instance".into());
        for row in &mut t.rows {
            let pop = row.values[1].clone();
            row.values.push(format!("node-{pop}"));
        }
        let answer = localise(&t, 1).remove(0);
        assert_eq!(answer.sets, [vec![(1, "pop1".to_owned())]]);
        assert_eq!(answer.twins, [vec![(2, "node-pop1".to_owned())]]);
    }
}

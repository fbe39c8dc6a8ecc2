//! Question: which set of attribute values explains the excess of failures?
//! Method: a Poisson scan over every conjunction of up to three attributes and over unions within
//! one group of attributes, weighted by the share of the excess the set explains.
//! Assumes: the baseline rate of a row, shrunk to the overall one, says what to expect of it.
//! Reference: Kulldorff, Comm. Stat. Theory Methods 26 (1997) 1481-1496, for the scan; the weight
//! by explained share keeps it from preferring over-specific sets. The constants were chosen by
//! cross-validation over rooms on the data of RobustSpot (Sun et al., IEEE Trans. Services
//! Computing, 2023): docs/localise.md.

pub mod listing;
pub mod minutes;
mod sets;
mod unions;

use crate::stats::special::x_ln_ratio;
use sets::{Counted, Grid};
use std::collections::BTreeMap;

/// Most attributes in one set.
pub const DEPTH_MAX: usize = 3;

/// Most attributes that are searched; those after them are passed over.
pub const ATTRIBUTES_MAX: usize = 12;

/// Lowest baseline rate assumed: one in a thousand. Below it a single stray failure would make one
/// set look ten times healthier than its neighbour.
pub const RATE_MIN: f64 = 0.001;

/// Requests of the overall baseline that a part's own baseline is mixed with: a part with fewer than these says little of
/// its own.
pub const SHRINK: f64 = 200.0;

/// Fewer failures than these show nothing.
const BAD_MIN: f64 = 3.0;

/// Sets that hold less than this share of the excess, even counting only their rows with an excess,
/// are dropped: two in a hundred, the least that RiskLoc calls part of an explanation (Kalander,
/// arXiv 2205.10004, 2022). With the score's fourth power such a set has no chance.
const SHARE_MIN: f64 = 0.02;

/// Answers at the top among which only one union may stand: further ones mostly repeat the first with
/// another second element, and a reader looks at few.
const TOP: usize = 5;

/// Answers whose score is within so much of the best are not told apart by it.
pub const ALIKE: f64 = 0.95;

/// Least share of the excess that the best set must explain to be called a location.
pub const LOCATED_SHARE: f64 = 0.5;

/// How much of the overall rise may be found outside the located set as well.
const LOCATED_OUTSIDE: f64 = 0.75;

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
    /// Log-likelihood ratio times the explained share to a power, over the number of sets.
    pub score: f64,
    /// Share of the excess explained, 0 to 1.
    pub share: f64,
    /// Indexes of the rows covered, ascending.
    pub rows: Vec<usize>,
    /// Other sets, of no more attributes, that cover the very same traffic of the window.
    pub twins: Vec<Set>,
    /// Sets of more attributes that cover the very same traffic of the window.
    pub finer: Vec<Set>,
}

/// What the score depends on beside the data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    /// Requests of the overall baseline that a row's own baseline is mixed with: a row with fewer
    /// than these says little of its own.
    pub shrink: f64,
    /// Power of the explained share in the score. High: at 4, a set that leaves a fifth of the excess
    /// unexplained loses three fifths of its score.
    pub share_power: f64,
    /// Power of the number of sets that a union's score is divided by. At 1, each further set must
    /// bring as much as the first ones did on average.
    pub union_power: f64,
}

impl Constants {
    /// Those chosen by cross-validation over rooms (docs/localise.md).
    pub const CHOSEN: Constants = Constants { shrink: SHRINK, share_power: 4.0, union_power: 1.0 };
}

/// Bad and expected requests of the whole table.
#[derive(Clone, Copy, Debug)]
struct Totals {
    bad: f64,
    expected: f64,
}

/// Expected bad requests of each row in the window, from its own baseline shrunk to the overall one.
fn expected(table: &Table, shrink: f64) -> Vec<f64> {
    let (bad, all) = table.rows.iter().fold((0.0, 0.0), |s, r| (s.0 + r.base.0, s.1 + r.base.1));
    let overall = (bad + 0.5) / (all + 1.0);
    let rate = |r: &Row| (r.base.0 + shrink * overall) / (r.base.1 + shrink);
    table.rows.iter().map(|r| r.now.1 * rate(r).max(RATE_MIN)).collect()
}

/// Ranks the sets that explain the excess, best first; at most `most`. Empty without any excess.
#[must_use]
pub fn localise(table: &Table, most: usize) -> Vec<Ranked> {
    Search::new(table, Constants::CHOSEN).answers(most, false)
}

/// How many of the first answers score within 5 % of the best: the score does not tell them apart.
#[must_use]
pub fn indistinguishable(ranked: &[Ranked]) -> usize {
    let best = ranked.first().map_or(0.0, |r| r.score);
    ranked.iter().take_while(|r| r.score >= ALIKE * best).count()
}

/// Whether the best answer names a place at all. It does not where it explains less than half of the
/// excess, or where everything else rose nearly as much (by three quarters of the overall rise or
/// more): the cause is then none of the recorded attributes, as with the external causes of PSqueeze
/// (Li et al., J. Systems and Software, 2023).
#[must_use]
pub fn is_located(best: &Ranked, table: &Table) -> bool {
    let expected = expected(table, Constants::CHOSEN.shrink);
    let excess =
        |rows: &mut dyn Iterator<Item = usize>| rows.fold((0.0, 0.0), |s, i| (s.0 + table.rows[i].now.0, s.1 + expected[i]));
    let (bad, all) = excess(&mut (0..table.rows.len()));
    let (bad_in, all_in) = excess(&mut best.rows.iter().copied().filter(|&i| i < table.rows.len()));
    let (rise, outside) = (bad / all - 1.0, (bad - bad_in) / (all - all_in).max(1e-9) - 1.0);
    best.share >= LOCATED_SHARE && all_in < all && outside <= LOCATED_OUTSIDE * rise
}

/// One search: every set that explains some of the excess, with its score.
#[derive(Debug)]
pub struct Search<'a> {
    table: &'a Table,
    constants: Constants,
    share_min: f64,
    grid: Grid<'a>,
    found: Vec<Found>,
    strongest: f64,
}

/// What covers one and the same traffic.
#[derive(Debug)]
struct Found {
    /// Members of the union; of a conjunction only one.
    members: Vec<Counted>,
    /// Further conjunctions that cover the same, the simplest first.
    same: Vec<Counted>,
    score: f64,
    share: f64,
}

impl Found {
    /// From the simplest on: sets, attributes, then by their place in the table.
    fn simplicity(&self) -> (usize, usize, Vec<&[(u8, u32)]>) {
        (self.members.len(), self.members.iter().map(|m| m.key().len()).sum(), self.members.iter().map(Counted::key).collect())
    }
}

impl<'a> Search<'a> {
    /// Searches `table`.
    #[must_use]
    pub fn new(table: &'a Table, constants: Constants) -> Self {
        Search::of_share(table, constants, SHARE_MIN)
    }

    /// Searches `table` for sets that can hold `share_min` of the excess.
    fn of_share(table: &'a Table, constants: Constants, share_min: f64) -> Self {
        let grid = Grid::new(table, expected(table, constants.shrink));
        let totals = grid.totals();
        let mut search = Search { table, constants, share_min, grid, found: Vec::new(), strongest: 0.0 };
        if totals.bad <= totals.expected {
            return search;
        }
        let groups = search.grid.groups(share_min * (totals.bad - totals.expected));
        let mut same: BTreeMap<(u64, u32), Vec<Counted>> = BTreeMap::new();
        for set in groups.iter().flatten() {
            same.entry(set.print()).or_default().push(*set);
        }
        let unions = unions::within(&groups, |print| same.contains_key(&print));
        let conjunctions = same.into_values().map(|mut sets| {
            sets.sort_by_key(|s| (s.key().len(), *s.parts()));
            let first = sets.remove(0);
            (vec![first], sets)
        });
        for (members, same) in conjunctions.chain(unions.into_iter().map(|members| (members, Vec::new()))) {
            let (llr, share) = ratio(&members, totals);
            search.strongest = search.strongest.max(llr);
            let score = llr * share.powf(constants.share_power) / (members.len() as f64).powf(constants.union_power);
            search.found.push(Found { members, same, score, share });
        }
        search.found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.simplicity().cmp(&b.simplicity())));
        search
    }

    /// Largest log-likelihood ratio of any set, in nats; 0 without any excess.
    #[must_use]
    pub fn strongest(&self) -> f64 {
        self.strongest
    }

    /// The best answers, at most `most`; if `fill`, also sets that score nothing, those that hold most
    /// of the excess first, so that there are five where the table has so many.
    #[must_use]
    pub fn answers(&self, most: usize, fill: bool) -> Vec<Ranked> {
        let (mut order, mut idle): (Vec<&Found>, Vec<&Found>) = self.found.iter().partition(|f| f.score > 0.0);
        only_one_union_first(&mut order);
        if fill {
            idle.retain(|f| f.members.len() == 1);
            idle.sort_by(|a, b| b.share.total_cmp(&a.share));
            order.extend(idle);
            if order.len() < most.min(TOP) && self.share_min > 0.0 {
                return Search::of_share(self.table, self.constants, 0.0).answers(most, true);
            }
        }
        order.into_iter().take(most).map(|f| self.ranked(f)).collect()
    }

    fn ranked(&self, f: &Found) -> Ranked {
        let n = f.members[0].key().len();
        let sets = |of: &mut dyn Iterator<Item = &Counted>| of.map(|s| self.grid.set(s)).collect();
        Ranked {
            sets: sets(&mut f.members.iter()),
            score: f.score,
            share: f.share,
            rows: self.grid.rows(&f.members),
            twins: sets(&mut f.same.iter().filter(|s| s.key().len() <= n)),
            finer: sets(&mut f.same.iter().filter(|s| s.key().len() > n)),
        }
    }
}

/// Moves all unions but the best behind the first [`TOP`] answers.
fn only_one_union_first(order: &mut Vec<&Found>) {
    let mut unions = 0;
    let (mut first, mut later) = (Vec::new(), Vec::new());
    for f in order.drain(..) {
        unions += usize::from(f.members.len() > 1);
        if first.len() >= TOP || f.members.len() == 1 || unions == 1 { first.push(f) } else { later.push(f) }
    }
    let at = TOP.min(first.len());
    let tail = first.split_off(at);
    *order = first;
    let mut rest = [later, tail].concat();
    rest.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.simplicity().cmp(&b.simplicity())));
    order.extend(rest);
}

/// Log-likelihood ratio of "inside and outside have each their own multiple of what is expected"
/// against "one multiple for all", where the inside is the worse one (else 0), and the share of the
/// excess that is inside.
fn ratio(members: &[Counted], totals: Totals) -> (f64, f64) {
    let (v, e) = members.iter().fold((0.0, 0.0), |s, m| (s.0 + m.bad, s.1 + m.expected));
    let (v_out, e_out) = ((totals.bad - v).max(0.0), (totals.expected - e).max(1e-9));
    let share = ((v - e) / (totals.bad - totals.expected)).clamp(0.0, 1.0);
    if v < BAD_MIN || e <= 0.0 || v / e <= v_out / e_out {
        return (0.0, share);
    }
    let llr = x_ln_ratio(v, e) + x_ln_ratio(v_out, e_out) - x_ln_ratio(totals.bad, totals.expected);
    (llr.max(0.0), share)
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
    fn two_resources_at_one_pop_are_among_the_first_answers() {
        // The POP alone explains as much in fewer words and comes first.
        let answers = localise(&table(|p, r| if p == 1 && (r == 1 || r == 3) { 0.4 } else { 0.002 }), 5);
        let set = |r: &str| vec![(0, r.to_owned()), (1, "pop1".to_owned())];
        assert!(answers.iter().any(|a| a.sets == [set("/r1"), set("/r3")]), "{answers:?}");
    }

    #[test]
    fn a_union_that_covers_all_of_something_is_told_as_that() {
        // Both resources of the table fail at one POP: that is the POP, not a union.
        let mut t = table(|p, _| if p == 1 { 0.5 } else { 0.002 });
        t.rows.retain(|r| ["/r1", "/r2"].contains(&r.values[0].as_str()));
        let answers = localise(&t, 20);
        assert_eq!(answers[0].sets, [vec![(1, "pop1".to_owned())]]);
        assert!(answers.iter().all(|a| a.sets.len() == 1 || a.rows != answers[0].rows), "{answers:?}");
    }

    #[test]
    fn of_unions_only_one_stands_among_the_first_five() {
        let answers = localise(&table(|p, r| [0.1, 0.3, 0.5, 0.2, 0.4][r] * [1.0, 0.8, 0.6][p]), 20);
        assert!(answers.iter().filter(|a| a.sets.len() > 1).count() > 1);
        assert!(answers.len() > 5 && answers[..5].iter().filter(|a| a.sets.len() > 1).count() <= 1);
    }

    #[test]
    fn the_order_of_rows_does_not_matter() {
        let t = table(|p, r| if r == 2 { 0.3 + 0.1 * p as f64 } else { 0.002 + 0.01 * p as f64 });
        let mut turned = t.clone();
        turned.rows.reverse();
        let names = |t: &Table| localise(t, 20).into_iter().map(|r| (r.sets, r.twins)).collect::<Vec<_>>();
        assert_eq!(names(&t), names(&turned));
    }

    #[test]
    fn a_place_is_where_most_of_the_excess_is_and_the_rest_is_not_raised_alike() {
        let located = |t: &Table| localise(t, 1).first().map(|b| is_located(b, t));
        assert_eq!(located(&table(|_, r| if r == 2 { 0.8 } else { 0.002 })), Some(true));
        assert_eq!(located(&table(|p, r| 0.3 + 0.01 * ((p + r) % 2) as f64)), Some(false));
        assert_eq!(located(&table(|_, _| 0.0)), None);
        // Most of the traffic failed, and what is left did not.
        assert_eq!(located(&table(|p, _| if p == 0 { 0.002 } else { 0.5 })), Some(true));
    }

    #[test]
    fn answers_within_a_twentieth_of_the_best_are_not_told_apart() {
        let answer = |score| Ranked { sets: vec![], score, share: 1.0, rows: vec![], twins: vec![], finer: vec![] };
        assert_eq!(indistinguishable(&[answer(100.0), answer(96.0), answer(94.0), answer(99.0)]), 2);
        assert_eq!(indistinguishable(&[]), 0);
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

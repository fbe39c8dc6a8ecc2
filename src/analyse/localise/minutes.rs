//! Question: at one time of an aggregated table, which sets explain the excess over the times before,
//! and do earlier times show as much by chance?
//! Method: the search on that time against the ten before it. Where the table as a whole fails less
//! than before, what is expected is lowered to what most of it shows. For the chance, every earlier
//! time takes the part of the one asked about, and the strongest sets are compared (a permutation
//! test of the scan's maximum).
//! Assumes: earlier times are alike but for chance; an incident among them makes the answer cautious.
//! Reference: Kulldorff, Comm. Stat. Theory Methods 26 (1997) 1481-1496; Davison and Hinkley,
//! Bootstrap Methods and their Application, 1997, section 4.3 for (1 + k) / (1 + n).

use super::{Constants, Ranked, Row, Search, Table, expected};
use crate::aggregate::Aggregate;
use std::collections::BTreeMap;

/// Times before the one asked about that make the baseline, unless told otherwise. In cross-validation
/// ten did better than four or five; more than ten were not at hand in most cases.
pub const BASELINE_TIMES: usize = 10;

/// Most earlier times that are tried for the chance: p cannot become smaller than 1 in 100.
const PLACEBOS_MAX: usize = 99;

/// How the strongest set compares with those of earlier times.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// Largest log-likelihood ratio of any set at the time asked about, in nats.
    pub strongest: f64,
    /// Earlier times that were tried in its place.
    pub tried: usize,
    /// How many of them showed as strong a set.
    pub as_strong: usize,
    /// (1 + `as_strong`) / (1 + `tried`): 1 where nothing could be tried.
    pub p: f64,
}

/// Bad and all requests of the table with `now` as the window and `base` as the baseline, both by
/// their place among the times.
#[must_use]
pub fn table(of: &Aggregate, now: usize, base: &[usize]) -> Table {
    let mut sums = vec![((0.0, 0.0), (0.0, 0.0)); of.places.len()];
    for &t in base {
        for &(place, bad, all) in &of.cells[t] {
            let sum = &mut sums[place].0;
            *sum = (sum.0 + bad, sum.1 + all);
        }
    }
    for &(place, bad, all) in &of.cells[now] {
        sums[place].1 = (bad, all);
    }
    let rows = of.places.iter().zip(sums).filter(|(_, (base, now))| base.1 > 0.0 || now.1 > 0.0);
    let rows = rows.map(|(values, (base, now))| Row { values: values.clone(), base, now }).collect();
    Table { attributes: of.attributes.clone(), rows }
}

/// The `n` times before `now`.
#[must_use]
pub fn before(now: usize, n: usize) -> Vec<usize> {
    (now.saturating_sub(n)..now).collect()
}

/// By what multiple most of the table changed, where that is less than 1: the median over all single
/// attribute values of bad against expected requests, weighted by what is expected; where that leaves
/// no excess, the lower quartile. The baseline of `table` is lowered by it, so that a quieter minute
/// cannot hide one set that got worse.
pub fn follow_drift(table: &mut Table) -> f64 {
    let expected = expected(table, Constants::CHOSEN.shrink);
    let mut by_value: BTreeMap<(usize, &str), (f64, f64)> = BTreeMap::new();
    for (row, e) in table.rows.iter().zip(&expected) {
        for (a, value) in row.values.iter().enumerate().filter(|(_, v)| !v.is_empty()) {
            let sum = by_value.entry((a, value)).or_default();
            *sum = (sum.0 + row.now.0, sum.1 + e);
        }
    }
    let mut ratios: Vec<(f64, f64)> = by_value.into_values().filter(|(_, e)| *e > 0.0).map(|(bad, e)| (bad / e, e)).collect();
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let weight: f64 = ratios.iter().map(|r| r.1).sum();
    let quantile = |q: f64| {
        let mut below = 0.0;
        let reached = |r: &&(f64, f64)| {
            below += r.1;
            below >= q * weight
        };
        ratios.iter().find(reached).map_or(1.0, |r| r.0.min(1.0))
    };
    let (bad, all): (f64, f64) = (table.rows.iter().map(|r| r.now.0).sum(), expected.iter().sum());
    let drift = [0.5, 0.25].map(quantile).into_iter().find(|d| bad > d * all).unwrap_or(1.0);
    table.rows.iter_mut().for_each(|r| r.base.0 *= drift);
    drift
}

/// How the strongest set of `now` compares with the strongest of earlier times, each against the
/// `baseline` earlier times nearest to it.
#[must_use]
pub fn chance(of: &Aggregate, now: usize, baseline: usize) -> Chance {
    let strongest = |t: usize, base: &[usize]| {
        let mut table = table(of, t, base);
        follow_drift(&mut table);
        Search::new(&table, Constants::CHOSEN).strongest()
    };
    let own = strongest(now, &before(now, baseline));
    let tried: Vec<usize> = (0..now).rev().take(if now > 1 { PLACEBOS_MAX } else { 0 }).collect();
    let as_strong = tried.iter().filter(|&&t| strongest(t, &nearest(t, now, baseline)) >= own).count();
    Chance { strongest: own, tried: tried.len(), as_strong, p: (1 + as_strong) as f64 / (1 + tried.len()) as f64 }
}

/// The `n` times nearest to `t` but itself, of those before `end`; the earlier of two at one distance.
fn nearest(t: usize, end: usize, n: usize) -> Vec<usize> {
    let mut others: Vec<usize> = (0..end).filter(|&o| o != t).collect();
    others.sort_by_key(|&o| (o.abs_diff(t), o));
    others.truncate(n);
    others
}

/// Over-dispersion of the failures of `answer`'s rows over the baseline times: the mean squared
/// deviation from one common rate over what independent requests would give, at least 1; `None` with
/// fewer than three times.
#[must_use]
pub fn dispersion(of: &Aggregate, base: &[usize], answer: &Ranked, table: &Table) -> Option<f64> {
    let own = |place: usize| answer.rows.iter().any(|&r| table.rows[r].values == of.places[place]);
    let own: Vec<bool> = (0..of.places.len()).map(own).collect();
    let counts: Vec<(f64, f64)> = base
        .iter()
        .map(|&t| of.cells[t].iter().filter(|c| own[c.0]).fold((0.0, 0.0), |s, c| (s.0 + c.1, s.1 + c.2)))
        .filter(|c| c.1 > 0.0)
        .collect();
    let (bad, all) = counts.iter().fold((0.0, 0.0), |s, c| (s.0 + c.0, s.1 + c.1));
    let p = bad / all;
    if counts.len() < 3 || p <= 0.0 || p >= 1.0 {
        return None;
    }
    let sum: f64 = counts.iter().map(|(v, n)| (v - n * p).powi(2) / (n * p * (1.0 - p))).sum();
    Some((sum / (counts.len() - 1) as f64).max(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::Columns;

    /// `minutes` of two POPs by three bitrates, of 1000 requests each, with bad requests as told.
    fn aggregate(minutes: usize, bad: impl Fn(usize, &str, usize) -> usize) -> Aggregate {
        let mut text = "t,bad,all,pop,rate\n".to_owned();
        for t in 0..minutes {
            for pop in ["ams", "fra"] {
                for rate in 0..3 {
                    text += &format!("{},{},1000,{pop},{rate}\n", 60 * t, bad(t, pop, rate));
                }
            }
        }
        Aggregate::read(text.as_bytes(), "x", Columns { time: "t", bad: "bad", total: "all" }).expect("a table")
    }

    /// Ordinary failures: about 20 of 1000, with an ordinary unrest.
    fn ordinary(t: usize, pop: &str, rate: usize) -> usize {
        20 + (t * 7 + rate * 3 + pop.len()) % 5
    }

    #[test]
    fn a_jump_of_one_set_is_stronger_than_any_earlier_minute() {
        let a = aggregate(11, |t, pop, rate| if (t, pop, rate) == (10, "ams", 1) { 200 } else { ordinary(t, pop, rate) });
        let c = chance(&a, 10, 10);
        assert_eq!((c.tried, c.as_strong), (10, 0));
        assert!((c.p - 1.0 / 11.0).abs() < 1e-12 && c.strongest > 50.0, "{c:?}");
    }

    #[test]
    fn a_minute_like_all_others_is_not() {
        let c = chance(&aggregate(11, ordinary), 10, 10);
        assert!(c.p > 0.2, "{c:?}");
        assert_eq!(chance(&aggregate(1, ordinary), 0, 10).p, 1.0, "with no earlier minute nothing is tried");
    }

    #[test]
    fn a_set_that_got_worse_is_found_also_where_the_whole_got_better() {
        let a = aggregate(11, |t, pop, rate| match (t, pop, rate) {
            (10, "ams", 1) => 40,
            (10, ..) => 10,
            _ => 20,
        });
        let mut t = table(&a, 10, &before(10, 10));
        assert!(Search::new(&t, Constants::CHOSEN).answers(5, false).is_empty());
        let drift = follow_drift(&mut t);
        assert!(drift < 0.8, "{drift}");
        let best = Search::new(&t, Constants::CHOSEN).answers(5, false).remove(0);
        assert_eq!(best.sets, [vec![(0, "ams".to_owned()), (1, "1".to_owned())]]);
    }

    #[test]
    fn unrest_between_minutes_shows_as_dispersion() {
        let calm = aggregate(11, ordinary);
        let wild = aggregate(11, |t, _, _| if t % 2 == 0 { 10 } else { 40 });
        let of = |a: &Aggregate| {
            let t = table(a, 10, &before(10, 10));
            let all =
                Ranked { sets: vec![], score: 1.0, share: 1.0, rows: (0..t.rows.len()).collect(), twins: vec![], finer: vec![] };
            dispersion(a, &before(10, 10), &all, &t).expect("ten minutes")
        };
        assert!(of(&calm) < 1.5 && of(&wild) > 10.0, "{} {}", of(&calm), of(&wild));
    }
}

//! Question: which single resources failed, and how far can any other have failed unnoticed?
//! Method: each measurable resource by itself, against its own baseline; the Benjamini-Hochberg
//! procedure over all of them; for those that did not surely fail
//! the upper ends of their rises, simultaneous by Bonferroni.
//! Assumes: a resource's requests are clustered by client and time as `shares` allows for.
//! Reference: Benjamini and Hochberg, JRSS-B 57 (1995) 289-300; Newcombe, Stat. Med. 17 (1998).

use super::detect::RISE_MIN;
use super::evidence::{BASELINE, Evidence};
use super::extent::{MEASURABLE_MIN, by_resource_name};
use super::shares::Measured;
use crate::stats::interval::newcombe;
use crate::stats::normal::{discoveries, upper_point, upper_tail};

/// False discovery rate: of a hundred resources that are named beside the one that failed, one is
/// named wrongly.
pub const RATE: f64 = 0.01;

/// One measurable resource.
#[derive(Clone, Debug)]
pub struct Each {
    /// Its name.
    pub name: String,
    /// Its leaves, ascending.
    pub leaves: Vec<usize>,
    /// In the window.
    pub now: Measured,
    /// In the baseline.
    pub base: Measured,
    /// One-sided p-value of "its failing share did not rise by more than one percentage point".
    pub p: f64,
    /// Whether it surely rose, all of them looked at together.
    pub rose: bool,
}

/// The resources among the chosen leaves that can be measured: at least [`MEASURABLE_MIN`] valid
/// requests in the window and in the baseline. By name. And how many there are in all.
#[must_use]
pub fn each(e: &Evidence<'_>, chosen: &dyn Fn(usize) -> bool) -> (Vec<Each>, usize) {
    let all = by_resource_name(e, chosen);
    let known = all.len();
    let measured = all.into_iter().filter_map(|(name, leaves)| {
        let ours = |l: usize| leaves.binary_search(&l).is_ok();
        let (now, base) = (e.during(&ours), e.baseline(&ours, &BASELINE));
        let enough = now.counts().0 >= MEASURABLE_MIN && base.counts().0 >= MEASURABLE_MIN;
        let p = enough.then(|| rose_by_chance(&now, &base))?;
        Some(Each { name, leaves, now, base, p, rose: false })
    });
    let mut list: Vec<Each> = measured.collect();
    let found = discoveries(&list.iter().map(|r| r.p).collect::<Vec<_>>(), RATE);
    list.iter_mut().zip(found).for_each(|(r, rose)| r.rose = rose);
    (list, known)
}

/// The upper end of the rise of any of these resources, all of them together at 95 %; 0 for none.
#[must_use]
pub fn largest_rise(list: &[&Each]) -> f64 {
    let z = upper_point(0.05 / list.len().max(1) as f64);
    let upper = |r: &&Each| match (r.now.share, r.base.share) {
        (Some(n), Some(b)) => newcombe(n.p, n.interval(z), b.p, b.interval(z)).high,
        _ => 1.0,
    };
    list.iter().map(upper).fold(0.0, f64::max)
}

/// One-sided p-value by inverting the interval: the confidence at which its lower end still exceeds
/// [`RISE_MIN`].
fn rose_by_chance(now: &Measured, base: &Measured) -> f64 {
    let (Some(n), Some(b)) = (now.share, base.share) else { return 1.0 };
    let rises = |z: f64| newcombe(n.p, n.interval(z), b.p, b.interval(z)).low > RISE_MIN;
    if !rises(0.0) {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 37.0);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if rises(middle) { low = middle } else { high = middle }
    }
    upper_tail(low)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::cluster::{Clusters, Proportion};

    fn measured(bad: u64, n: u64) -> Measured {
        let mut alone = Clusters::default();
        alone.add_singles(bad, n);
        Measured { share: Proportion::clustered(bad, n, &alone, &Clusters::default()), clients: n, clients_bad: bad }
    }

    #[test]
    fn the_p_value_is_small_where_the_rise_is_sure_and_one_where_there_is_none() {
        assert!(rose_by_chance(&measured(50, 100), &measured(1, 1_000)) < 1e-9);
        assert_eq!(rose_by_chance(&measured(1, 1_000), &measured(1, 1_000)), 1.0);
        let p = rose_by_chance(&measured(4, 100), &measured(1, 1_000));
        assert!((0.001..0.2).contains(&p), "{p}");
    }

    #[test]
    fn more_resources_looked_at_widen_what_may_have_gone_unnoticed() {
        let one = Each { name: "/".into(), leaves: vec![], now: measured(1, 400), base: measured(2, 800), p: 1.0, rose: false };
        let few = largest_rise(&[&one]);
        let many = largest_rise(&vec![&one; 50]);
        assert!(0.0 < few && few < many && many < 0.1, "{few} {many}");
        assert_eq!(largest_rise(&[]), 0.0);
    }
}

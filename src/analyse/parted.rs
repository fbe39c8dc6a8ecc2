//! Question: did the site fail for whoever asked, or for some clients wholly and for the others not at all?
//! Method: two ways to tell what each client met, one answer of each in every twentieth of the window: every request
//! had the same chance of failing, which may be another in each twentieth or for each resource; or clients are of two
//! kinds, each with its own chance (a mixture of two binomials, by expectation and maximisation). The second is taken
//! where it tells the answers far better than either form of the first, and its lower chance is the ordinary one.
//! Assumes: a client's answers more than a twentieth of the window apart are independent but for its kind. Clients that
//! asked once tell nothing, and then nothing is said.
//! Reference: Dempster, Laird and Rubin, JRSS-B 39 (1977) 1-38; the weight of a difference in log-likelihoods: Kass and
//! Raftery, JASA 90 (1995) 773-795.

use super::detect::RISE_MIN;
use super::evidence::{BASELINE, Evidence};
use super::extent::SEGMENT_SHARE;
use crate::words::count;
use std::collections::BTreeMap;

/// By so much the logarithm of the likelihood must be better: a factor of 20,000. The other side may choose a chance
/// for every twentieth or every resource at no price, so this is on the safe side of any penalty.
const BETTER: f64 = 10.0;

/// Steps of the search for the mixture: it changes no more than in the fourth digit after some thirty.
const ROUNDS: usize = 60;

/// Chances are kept this far from 0 and 1: no number of answers shows certainty.
const LEAST: f64 = 1e-4;

/// What the two ways say.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mixture {
    /// Part of the clients that are of the failing kind.
    part: f64,
    /// Chance of failing of this kind and of the other.
    chances: (f64, f64),
    /// Logarithm of the likelihood.
    likelihood: f64,
}

/// What is to be said where it failed for some clients and not for the others.
pub(super) fn some_clients_only(e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool) -> Option<String> {
    if !e.clients_known {
        return None;
    }
    let second = |t: crate::time::Micros| t.0.div_euclid(crate::time::SECOND);
    let (from, to) = (second(e.window.from), second(e.window.to.plus(-1)) + 1);
    // One answer of each client in each step, the latest: what it met at one moment shares its fate.
    let mut seen: BTreeMap<(u64, i64), (bool, u32)> = BTreeMap::new();
    for a in e.examined.attempts.list().iter().filter(|a| (from..to).contains(&a.at) && ours(a.leaf as usize)) {
        let bad = a.failed + a.degraded;
        if bad + a.good > 0 {
            seen.insert((a.client, a.at.div_euclid(e.step.0.max(1))), (bad >= a.good, a.leaf));
        }
    }
    let mut by_step: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
    let mut by_name: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut clients: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for ((client, step), (bad, leaf)) in seen {
        let add = |c: &mut (u64, u64)| *c = (c.0 + 1, c.1 + u64::from(bad));
        add(by_step.entry(step).or_default());
        add(by_name.entry(e.view.name(&e.examined.leaves[leaf as usize])).or_default());
        add(clients.entry(client).or_default());
    }
    let alike = homogeneous(by_step.values()).max(homogeneous(by_name.values()));
    let clients: Vec<(u64, u64)> = clients.into_values().collect();
    let m = mixture(&clients)?;
    let ordinary = e.baseline(ours, &BASELINE).share.map_or(0.0, |s| s.p);
    if m.likelihood - alike < BETTER || 1.0 - m.part < SEGMENT_SHARE || m.chances.1 > ordinary + RISE_MIN {
        return None;
    }
    let sampling = e.examined.attempts.sampling();
    let hit = clients.iter().filter(|c| c.1 > 0).count() as u64;
    Some(format!(
        "It failed for some clients, and not for the others: {} of {} met a failure, and what each met at different times is told far \
         better by two kinds of clients than by one chance for all.",
        count(hit * sampling),
        count(clients.len() as u64 * sampling)
    ))
}

/// Logarithm of the likelihood where all answers of one group had one chance.
fn homogeneous<'a>(groups: impl Iterator<Item = &'a (u64, u64)>) -> f64 {
    let x_ln_x = |x: u64, n: u64| if x == 0 { 0.0 } else { x as f64 * (x as f64 / n as f64).ln() };
    groups.map(|&(n, bad)| x_ln_x(bad, n) + x_ln_x(n - bad, n)).sum()
}

/// The two kinds that tell the clients' (answers, bad ones) best. `None` where nothing or everything failed.
fn mixture(clients: &[(u64, u64)]) -> Option<Mixture> {
    let (n, bad) = clients.iter().fold((0, 0), |s, c| (s.0 + c.0, s.1 + c.1));
    if bad == 0 || bad == n {
        return None;
    }
    // Clients with the same counts are one case.
    let mut cases: BTreeMap<(u64, u64), f64> = BTreeMap::new();
    clients.iter().for_each(|&c| *cases.entry(c).or_default() += 1.0);
    let (mut part, mut chances) = (bad as f64 / n as f64, (0.9, 0.01));
    let one = |p: f64, (n, bad): (u64, u64)| bad as f64 * p.ln() + (n - bad) as f64 * (1.0 - p).ln();
    let keep = |p: f64| p.clamp(LEAST, 1.0 - LEAST);
    let mut likelihood = f64::NEG_INFINITY;
    for _ in 0..ROUNDS {
        let (mut kind, mut all, mut sums, mut total) = (0.0, 0.0, [(0.0, 0.0); 2], 0.0);
        for (&c, &times) in &cases {
            let (a, b) = (part.ln() + one(chances.0, c), (1.0 - part).ln() + one(chances.1, c));
            let top = a.max(b);
            let whole = top + ((a - top).exp() + (b - top).exp()).ln();
            let first = (a - whole).exp();
            total += times * whole;
            (kind, all) = (kind + times * first, all + times);
            for (sum, weight) in sums.iter_mut().zip([first, 1.0 - first]) {
                *sum = (sum.0 + times * weight * c.0 as f64, sum.1 + times * weight * c.1 as f64);
            }
        }
        likelihood = total;
        part = keep(kind / all);
        let share = |s: (f64, f64)| keep(s.1 / s.0.max(f64::MIN_POSITIVE));
        chances = (share(sums[0]), share(sums[1]));
    }
    Some(Mixture { part, chances, likelihood })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thirty_clients_of_six_hundred_that_fail_wholly_are_a_kind_of_their_own() {
        let clients = [vec![(3, 3); 30], vec![(3, 0); 570]].concat();
        let m = mixture(&clients).expect("two kinds");
        let all = homogeneous([(1_800, 90)].iter());
        assert!(m.likelihood - all > 100.0 && (m.part - 0.05).abs() < 0.01 && m.chances.1 < 0.001, "{m:?} {all}");
    }

    #[test]
    fn failures_spread_as_requests_are_make_no_kinds() {
        // Of two answers each with a chance of a half: a quarter, a half, a quarter.
        let clients = [vec![(2, 0); 100], vec![(2, 1); 200], vec![(2, 2); 100]].concat();
        let m = mixture(&clients).expect("some");
        assert!(m.likelihood - homogeneous([(800, 400)].iter()) < 3.0, "{m:?}");
        // Clients that asked once tell nothing.
        let m = mixture(&[vec![(1, 0); 570], vec![(1, 1); 30]].concat()).expect("some");
        assert!(m.likelihood - homogeneous([(600, 30)].iter()) < 1.0, "{m:?}");
    }
}

//! Question: did users meet the failures, or one scanner?
//! Method: the failures of the three clients with most of them are taken away, together with all
//! their other requests; what is left must still show the rise.
//! Assumes: an outage hits whoever asks; three clients are no audience.
//! Reference: real logs in which one client made nine thousand 5xx in forty minutes while every
//! other client was served.

use super::detect::RISE_MIN;
use super::shares::{Measured, Stretch, measure, rise};
use crate::examine::{Examined, Phase};
use crate::stats::cluster::{Clusters, Proportion};

/// How many clients are taken away.
pub const FEW: usize = 3;

/// Share of the bad requests that the few must hold before the question is asked at all.
const FEW_SHARE: f64 = 0.8;

/// Valid requests of the others in the window below which they cannot witness for anything.
const WITNESS_MIN: u64 = 20;

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Crowd {
    /// Many clients met the failures.
    Many,
    /// Only a few did, while others were served: no outage for users. A sentence.
    FewOnly(String),
    /// Only a few did, and the others asked too little to tell. A sentence.
    TooThin(String),
}

/// Asks the question for the chosen leaves in `phase`.
#[must_use]
pub fn crowd(
    examined: &Examined,
    chosen: &dyn Fn(usize) -> bool,
    phase: Phase,
    now: &Measured,
    base: &Measured,
    now_stretch: &Stretch<'_>,
) -> Crowd {
    let phases = [phase];
    let mut clients: Vec<(u64, u64)> = examined.per_client(chosen, &phases).collect();
    clients.sort_by_key(|&(n, bad)| (std::cmp::Reverse(bad), n));
    let bad: u64 = clients.iter().map(|c| c.1).sum();
    let few: u64 = clients.iter().take(FEW).map(|c| c.1).sum();
    if bad == 0 || (few as f64) < FEW_SHARE * bad as f64 {
        return Crowd::Many;
    }
    let others = &clients[clients.len().min(FEW)..];
    let (n, left) = others.iter().fold((0, 0), |s, c| (s.0 + c.0, s.1 + c.1));
    let mut clusters = Clusters::default();
    for &(n, bad) in others {
        clusters.add(bad, n);
    }
    let without = Measured { share: Proportion::clustered(left, n, &clusters, &Clusters::default()), ..*now };
    let still = rise(&without, base).is_some_and(|(_, interval, _)| interval.low > RISE_MIN);
    let who = clients.iter().take(FEW).filter(|c| c.1 > 0).count();
    let made = format!("{who} client{} made {few} of the {bad} failing requests", if who == 1 { "" } else { "s" });
    if still {
        return Crowd::Many;
    }
    if n < WITNESS_MIN || others.len() < FEW {
        let sites = measure(examined, &|l| examined.leaves[l].tier == tier_of(examined, chosen), now_stretch);
        if sites.clients <= FEW as u64 {
            return Crowd::TooThin(format!("{made}, and hardly anybody else asked: whether users were affected cannot be told."));
        }
    }
    Crowd::FewOnly(format!(
        "{made}; the other {} clients met {left} failures in {n} requests: no outage for users.",
        others.len()
    ))
}

fn tier_of(examined: &Examined, chosen: &dyn Fn(usize) -> bool) -> crate::event::Tier {
    (0..examined.leaves.len()).find(|&l| chosen(l)).map_or_else(Default::default, |l| examined.leaves[l].tier)
}

//! Question: did users meet the failures, or one scanner?
//! Method: the failures of the three clients with most of them are taken away, together with all
//! their other requests; what is left must still show the rise.
//! Assumes: an outage hits whoever asks; three clients are no audience.
//! Reference: real logs in which one client made nine thousand 5xx in forty minutes while every
//! other client was served.

use super::detect::RISE_MIN;
use super::shares::{Measured, Stretch, rise};
use crate::event::Tier;
use crate::examine::{Examined, Phase};
use crate::stats::cluster::{Clusters, Proportion};
use crate::words::count;

/// How many clients are taken away.
pub const FEW: usize = 3;

/// How many are taken away from what was hardly ever served before.
pub const FEW_UNSERVED: usize = 10;

/// Share of the bad requests that the few must hold before the question is asked at all.
const FEW_SHARE: f64 = 0.8;

/// Share of the tier's requests that a few addresses must make to be taken for proxies.
const PROXY_SHARE: f64 = 0.95;

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

/// Asks the question for the chosen leaves in `phase`. `base` is what to compare with, `own` the
/// chosen leaves' own baseline.
#[must_use]
pub fn crowd(
    examined: &Examined,
    chosen: &dyn Fn(usize) -> bool,
    phase: Phase,
    now: &Measured,
    (base, own): (&Measured, &Measured),
    now_stretch: &Stretch<'_>,
) -> Crowd {
    let phases = [phase];
    let keyed = examined.per_client_keyed(chosen, &phases).filter(|c| now_stretch.without != Some(c.0));
    let mut clients: Vec<(u64, u64)> = keyed.map(|(_, n, bad)| (n, bad)).collect();
    clients.sort_by_key(|&(n, bad)| (std::cmp::Reverse(bad), n));
    let bad: u64 = clients.iter().map(|c| c.1).sum();
    let served = own.counts().0 - own.counts().1;
    // What was never served has no users yet: a handful that ask for it are no audience either.
    let at_most = if served < WITNESS_MIN { FEW_UNSERVED } else { FEW };
    let few: u64 = clients.iter().take(at_most).map(|c| c.1).sum();
    if bad == 0 || (few as f64) < FEW_SHARE * bad as f64 {
        return Crowd::Many;
    }
    let hit = clients.iter().filter(|c| c.1 > 0).count();
    // Of a sample each client stands for many.
    if !now_stretch.clients_known || (examined.sampling > 1 && hit > at_most) {
        return Crowd::Many;
    }
    let others = &clients[clients.len().min(at_most)..];
    let (n, left) = others.iter().fold((0, 0), |s, c| (s.0 + c.0, s.1 + c.1));
    let mut clusters = Clusters::default();
    for &(n, bad) in others {
        clusters.add(bad, n);
    }
    let without = Measured { share: Proportion::clustered(left, n, &clusters, &Clusters::default()), ..*now };
    let still = rise(&without, base).is_some_and(|(_, interval, _)| interval.low > RISE_MIN);
    let who = clients.iter().take(at_most).filter(|c| c.1 > 0).count();
    let made =
        format!("{who} client{} made {} of the {} failing requests", if who == 1 { "" } else { "s" }, count(few), count(bad));
    if still {
        return Crowd::Many;
    }
    if n < WITNESS_MIN || others.len() < FEW {
        // Nobody is left to witness. What was served before has users, however few; what never was
        // is an address that only a scanner asks for.
        if served >= WITNESS_MIN {
            return Crowd::TooThin(format!(
                "{made}, and hardly anybody else asked for it, though it was answered {} times before: whether users were affected cannot be told.",
                count(served)
            ));
        }
    }
    Crowd::FewOnly(match others.len() {
        0 => format!("{made}, and nobody else asked for that: no outage for users."),
        1 => format!("{made}; the one other client met {} failures in {} requests: no outage for users.", count(left), count(n)),
        k => format!(
            "{made}; the other {} clients met {} failures in {} requests: no outage for users.",
            count(k as u64),
            count(left),
            count(n)
        ),
    })
}

/// Whether addresses do not tell clients apart: a few of them make nearly all requests of the tier,
/// in and outside the window. They are proxies that stand for many users (a CDN in front of a
/// balancer), or all the users there are; either way taking them away takes the audience away.
#[must_use]
pub fn proxied(examined: &Examined, tier: Tier) -> bool {
    let ours = |l: usize| examined.leaves[l].tier == tier;
    let few = |phases: &[Phase]| {
        let mut counts: Vec<u64> = examined.per_client(&ours, phases).map(|c| c.0).collect();
        counts.sort_unstable_by_key(|&n| std::cmp::Reverse(n));
        let all: u64 = counts.iter().sum();
        counts.iter().take(FEW).sum::<u64>() as f64 >= PROXY_SHARE * all as f64
    };
    few(&[Phase::Before, Phase::After]) && few(&[Phase::During])
}

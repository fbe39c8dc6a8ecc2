//! Question: did users meet the failures, or a few machines?
//! Method: the failures of the three clients with most of them are taken away, together with all
//! their other requests; what is left must still show the rise. The same for a swarm: the clients
//! with most requests, if a tenth of those that asked, or fewer, made most of what failed.
//! Assumes: an outage hits whoever asks; three clients are no audience, nor is the busiest tenth
//! where everybody else was served. The swarm is chosen by requests, not by failures, so the others
//! are no biased sample: of an outage they met their share.
//! Reference: real logs in which one client made nine thousand 5xx in forty minutes while every
//! other client was served.

use super::detect::RISE_MIN;
use super::shares::{Measured, Stretch, rise};
use crate::event::Tier;
use crate::examine::{Attempt, Examined, Network, Phase};
use crate::stats::cluster::{Clusters, Proportion};
use crate::words::{count, percent};
use std::collections::{BTreeMap, BTreeSet};

/// How many clients are taken away.
pub const FEW: usize = 3;

/// How many are taken away from what was hardly ever served before.
pub const FEW_UNSERVED: usize = 10;

/// Share of the bad requests that the few must hold before the question is asked at all.
const FEW_SHARE: f64 = 0.8;

/// Share of the failures from which on a client is one of those that are said to have made them.
const NAMED_SHARE: f64 = 0.05;

/// Part of the clients that asked that a swarm may be. An outage that spares nine clients of ten and
/// strikes just the busiest is not one that these logs can tell from a flood.
const SWARM_PART: usize = 10;

/// Most clients that are taken for a swarm; more are a crowd, whoever they are.
const SWARM_MAX: usize = 20;

/// Part of the rise that the others may have met at most (upper end) to count as served: as for the rest
/// of the site (`extent`).
const OTHERS_PART: f64 = 0.1;

/// Share of the tier's requests that a few addresses must make to be taken for proxies.
const PROXY_SHARE: f64 = 0.95;

/// Valid requests of the others in the window below which they cannot witness for anything.
const WITNESS_MIN: u64 = 20;

/// So many others must have asked for each of the few: half of an audience is not "a few".
const WITNESSES: usize = 3;

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
    if now_stretch.clients_known
        && examined.sampling == 1
        && let Some(found) = swarm(&mut clients, now, base)
    {
        return found;
    }
    if now_stretch.clients_known
        && let Some(found) = few_networks(examined, chosen, phase, now, (base, own))
    {
        return found;
    }
    clients.sort_by_key(|&(n, bad)| (std::cmp::Reverse(bad), n));
    let bad: u64 = clients.iter().map(|c| c.1).sum();
    // Most failures have no name: who met them is not known.
    if examined.sampling == 1 && (bad as f64) < FEW_SHARE * now.counts().1 as f64 {
        return Crowd::Many;
    }
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
    let without = others_of(others, now);
    let (n, left) = without.counts();
    let still = rise(&without, base).is_some_and(|(_, interval, _)| interval.low > RISE_MIN);
    let who = clients.iter().take(at_most).filter(|c| c.1 > 0).count();
    // Stray failures of two others do not make three of one.
    let named: Vec<u64> = clients.iter().take(at_most).map(|c| c.1).filter(|&b| b as f64 >= NAMED_SHARE * bad as f64).collect();
    let made = format!(
        "{} client{} made {} of the {} failing requests",
        named.len(),
        if named.len() == 1 { "" } else { "s" },
        count(named.iter().sum()),
        count(bad)
    );
    if still {
        return Crowd::Many;
    }
    if n < WITNESS_MIN || others.len() < WITNESSES * who {
        // More than a scanner asked for what had been served, if hardly ever: as like as not its users.
        if served > 0 && who > FEW {
            return Crowd::TooThin(format!(
                "{made}, hardly anybody else asked for it, and it was answered only {} times before: whether these are its users cannot be told.",
                count(served)
            ));
        }
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

/// What is to be said if a swarm made most of what failed: more clients than [`FEW`], the busiest of
/// those that asked, that hold [`FEW_SHARE`] of the failures. `None` if none did, or if the others met
/// the failures as well.
fn swarm(clients: &mut [(u64, u64)], now: &Measured, base: &Measured) -> Option<Crowd> {
    clients.sort_by_key(|&(n, bad)| (std::cmp::Reverse(n), bad));
    let bad: u64 = clients.iter().map(|c| c.1).sum();
    let mut held = 0;
    let holds = |c: &(u64, u64)| {
        held += c.1;
        held as f64 >= FEW_SHARE * bad as f64
    };
    let enough = 1 + clients.iter().position(holds)?;
    // A swarm has no first and last: who asks at least half as often as the least busy of these is one of them.
    let pace = clients[enough - 1].0;
    let k = enough + clients[enough..].iter().take_while(|c| 2 * c.0 >= pace).count();
    if bad == 0 || k <= FEW || k > SWARM_MAX || k * SWARM_PART > clients.len() {
        return None;
    }
    let (made, others) = clients.split_at(k);
    let without = others_of(others, now);
    let (_, interval, upper) = rise(&without, base)?;
    let (rose, _, _) = rise(now, base)?;
    if interval.low > RISE_MIN {
        return None;
    }
    let few: u64 = made.iter().map(|c| c.1).sum();
    let (n, left) = without.counts();
    let says = format!(
        "The {k} busiest clients made {} of the {} failing requests; the other {} clients met {} failures in {} requests",
        count(few),
        count(bad),
        count(others.len() as u64),
        count(left),
        count(n)
    );
    Some(if upper <= RISE_MIN.max(OTHERS_PART * rose) {
        Crowd::FewOnly(format!("{says}: no outage for users."))
    } else {
        Crowd::TooThin(format!("{says}, too few to tell whether users were affected."))
    })
}

/// What is to be said if the clients of a few networks (/24, /48) alone met what failed, while what they asked for was
/// hardly ever served to them before: forty machines of one network are one scanner. `None` where they had been
/// served, for then their network may be what failed; where the audience lives in few networks anyway; or where the
/// others met the failures as well.
fn few_networks(
    examined: &Examined,
    chosen: &dyn Fn(usize) -> bool,
    phase: Phase,
    now: &Measured,
    (base, own): (&Measured, &Measured),
) -> Option<Crowd> {
    let network = |key: u64| examined.networks.binary_search_by_key(&key, |n| n.0).ok().map(|i| examined.networks[i].1);
    let mut by_network: BTreeMap<Network, (u64, u64, u64)> = BTreeMap::new();
    let mut nowhere = Vec::new();
    for (key, n, bad) in examined.per_client_keyed(chosen, &[phase]) {
        match network(key) {
            Some(at) => {
                let sum = by_network.entry(at).or_default();
                *sum = (sum.0 + n, sum.1 + bad, sum.2 + 1);
            }
            None => nowhere.push((n, bad)),
        }
    }
    let mut list: Vec<(Network, (u64, u64, u64))> = by_network.into_iter().collect();
    list.sort_by_key(|(at, (_, bad, _))| (std::cmp::Reverse(*bad), *at));
    let bad: u64 = list.iter().map(|x| x.1.1).sum::<u64>() + nowhere.iter().map(|c| c.1).sum::<u64>();
    let mut held = 0;
    let k = 1 + list.iter().take(FEW).position(|x| {
        held += x.1.1;
        held as f64 >= FEW_SHARE * bad as f64
    })?;
    let (few, others) = list.split_at(k);
    let is_few = |key: u64| network(key).is_some_and(|at| few.iter().any(|f| f.0 == at));
    let everything = |_: usize| true;
    // Who was there: without other networks there is nobody to tell these apart from.
    let there: BTreeSet<Network> = examined.per_client_keyed(&everything, &[phase]).filter_map(|c| network(c.0)).collect();
    let machines: u64 = few.iter().map(|f| f.1.2).sum();
    if bad == 0 || machines <= FEW as u64 || there.len() < (1 + WITNESSES) * k {
        return None;
    }
    let before = [Phase::Before, Phase::After];
    let own_before: u64 = examined.per_client_keyed(chosen, &before).filter(|c| is_few(c.0)).map(|c| c.1 - c.2).sum();
    if own_before >= WITNESS_MIN {
        return None;
    }
    // The others that asked for it, network by network: the clients of one share their fate.
    let left: Vec<(u64, u64)> = others.iter().map(|x| (x.1.0, x.1.1)).chain(nowhere.iter().copied()).collect();
    let without = others_of(&left, now);
    let (n, failed) = without.counts();
    if rise(&without, base).is_some_and(|(_, interval, _)| interval.low > RISE_MIN) {
        return None;
    }
    let made = format!(
        "{} clients of {} made {} of the {} failing requests",
        count(machines),
        if k == 1 { format!("one network ({})", few[0].0) } else { format!("{k} networks") },
        count(few.iter().map(|f| f.1.1).sum()),
        count(bad)
    );
    if n < WITNESS_MIN {
        let served = own.counts().0 - own.counts().1;
        return Some(if served >= WITNESS_MIN {
            Crowd::TooThin(format!(
                "{made}, and hardly anybody else asked for it, though it was answered {} times before: whether users were affected cannot be told.",
                count(served)
            ))
        } else {
            Crowd::FewOnly(format!(
                "{made}, and nobody of the {} other networks asked for that: no outage for users.",
                count((there.len() - k) as u64)
            ))
        });
    }
    let (_, _, upper) = rise(&without, base)?;
    let (rose, _, _) = rise(now, base)?;
    Some(if upper <= RISE_MIN.max(OTHERS_PART * rose) {
        Crowd::FewOnly(format!(
            "{made}; clients of the other networks met {} failures in {} requests: no outage for users.",
            count(failed),
            count(n)
        ))
    } else {
        return None;
    })
}

/// What these clients met.
fn others_of(others: &[(u64, u64)], now: &Measured) -> Measured {
    let (n, left) = others.iter().fold((0, 0), |s, c| (s.0 + c.0, s.1 + c.1));
    let mut clusters = Clusters::default();
    for &(n, bad) in others {
        clusters.add(bad, n);
    }
    Measured { share: Proportion::clustered(left, n, &clusters, &Clusters::default()), ..*now }
}

/// Share of requests without a client's address above which clients are not told apart: what a tenth of the
/// requests met cannot change much of what is said of clients.
pub const NAMELESS_MAX: f64 = 0.1;

/// Share of the outermost tier's requests whose lines name no client.
/// Situation: `"-"` for the address in the exports of a proxy that hides it, or a format without one.
#[must_use]
pub fn nameless(examined: &Examined) -> f64 {
    let attempts = &examined.attempts;
    let of = |a: &Attempt| u64::from(a.good) + u64::from(a.failed) + u64::from(a.degraded) + u64::from(a.ambiguous);
    let known: u64 = attempts.list().iter().map(of).sum();
    attempts.nameless as f64 / (attempts.nameless + known * attempts.sampling()).max(1) as f64
}

/// Why clients cannot be told apart, where they cannot: the beginning of a sentence.
#[must_use]
pub fn clients_unknown(examined: &Examined, clients_known: bool) -> Option<String> {
    let nameless = nameless(examined);
    if nameless > NAMELESS_MAX {
        Some(format!("{} of the requests name no client", percent(nameless)))
    } else if !clients_known {
        Some("Nearly all requests come from a few addresses, so these are taken for proxies".into())
    } else {
        None
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(clients: &[(u64, u64)]) -> Measured {
        let none = Measured { share: None, clients: 0, clients_bad: 0 };
        others_of(clients, &none)
    }

    fn said(machines: &[(u64, u64)], others: &[(u64, u64)]) -> Option<Crowd> {
        let mut all = [machines, others].concat();
        let (now, base) = (measured(&all), measured(&[(5, 0); 400]));
        swarm(&mut all, &now, &base)
    }

    #[test]
    fn five_machines_that_flood_while_everybody_else_is_served_are_no_outage() {
        let found = said(&[(200, 190); 5], &[(3, 0); 80]);
        assert!(matches!(&found, Some(Crowd::FewOnly(why)) if why.contains("5 busiest")), "{found:?}");
    }

    #[test]
    fn an_outage_that_everybody_met_is_none_of_five_machines() {
        assert_eq!(said(&[(200, 190); 5], &[(3, 1); 80]), None);
        // The busiest have most failures because they ask most.
        assert_eq!(said(&[(20, 1); 5], &[(3, 0); 80]).map(|c| matches!(c, Crowd::FewOnly(_))), Some(false));
    }

    #[test]
    fn a_swarm_is_a_small_part_of_those_that_ask() {
        assert_eq!(said(&[(200, 190); 5], &[(3, 0); 40]), None);
        assert_eq!(said(&[(200, 190); 3], &[(3, 0); 80]), None, "that is the question for the few");
        assert_eq!(said(&[(200, 190); 21], &[(3, 0); 400]), None, "that is a crowd");
    }
}

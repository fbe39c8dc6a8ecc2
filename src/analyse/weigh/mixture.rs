//! Question: of how many kinds were the clients that came?
//! Method: those that kept up a pace that hardly anybody has ordinarily; of the others those that had asked before, and
//! those that had not.
//! Assumes: machines that keep to people's pace pass as people.
//! Reference: Jung, Krishnamurthy and Rabinovich, WWW 2002, for old and new clients.

use crate::analyse::measure::{Ground, Stay};
use crate::case::weighing::Component;
use crate::words::{count, counted, percent};
use std::collections::BTreeMap;

/// The components that have clients; machine-like ones always.
#[must_use]
pub fn components(g: &Ground<'_>) -> Vec<Component> {
    // A client once, over all pieces of the window.
    let mut clients: BTreeMap<u64, Stay> = BTreeMap::new();
    for s in g.stays_now() {
        let mine = clients.entry(s.key).or_insert(Stay { requests: 0, failed: 0, documents: 0, ..*s });
        mine.requests += s.requests;
        mine.failed += s.failed;
        mine.documents += s.documents;
        mine.active = (mine.active.0.min(s.active.0), mine.active.1.max(s.active.1));
    }
    let all: u64 = clients.values().map(|s| s.requests).sum();
    let kind = |s: &Stay| {
        if g.machines.contains(&s.key) {
            0
        } else if s.known {
            1
        } else {
            2
        }
    };
    let names = [("machine-like", "with the pace of machines"), ("known", "seen before"), ("new", "not seen before")];
    let mut out = Vec::new();
    for (i, (id, name)) in names.into_iter().enumerate() {
        let own: Vec<&Stay> = clients.values().filter(|s| kind(s) == i).collect();
        if own.is_empty() && i > 0 {
            continue;
        }
        let mut paces: Vec<f64> = own.iter().map(|s| s.pace()).collect();
        paces.sort_by(f64::total_cmp);
        let sum = |of: fn(&Stay) -> u64| own.iter().map(|s| of(s)).sum::<u64>() * g.sampling;
        let (n, requests, failed) = (own.len() as u64 * g.sampling, sum(|s| s.requests), sum(|s| s.failed));
        let share = requests as f64 / (all * g.sampling).max(1) as f64;
        let says = if n == 0 {
            format!("No client kept up {:.1} requests a second or more.", g.machine_pace)
        } else {
            format!(
                "{} {name} made {} of the requests ({}), and {} of these failed.",
                counted(n, "client", "clients"),
                percent(share),
                count(requests),
                count(failed)
            )
        };
        out.push(Component { id, name, clients: n, requests, failed, share, rate: paces.get(paces.len() / 2).copied(), says });
    }
    out
}

//! What the second pass would hold if requests that no log has had been logged: for the readings of a
//! gap. Nothing of what was seen is changed.

use super::view::begins;
use super::{Attempts, Client, Doubtful, Examined, Facets, Failures, Moment, Phase};
use crate::outcome::Outcome;
use crate::time::Span;
use std::collections::BTreeMap;

/// Clients that the requests of one leaf are spread over, at most: enough that they are not a few.
const CLIENTS: u64 = 200;

/// Requests of one leaf, evenly over a span.
#[derive(Clone, Copy, Debug)]
pub struct Supposed {
    /// Index of the leaf.
    pub leaf: usize,
    /// When.
    pub span: Span,
    /// How many.
    pub requests: u64,
    /// Whether they failed.
    pub failed: bool,
}

impl Examined {
    /// With these requests added, all in the window.
    #[must_use]
    pub fn supposing(&self, more: &[Supposed]) -> Examined {
        let mut moments: BTreeMap<(u32, i64), Moment> = self.moments.iter().map(|m| ((m.0, m.1), m.2)).collect();
        let mut clients = self.clients.clone();
        for s in more.iter().filter(|s| s.requests > 0 && s.leaf < self.leaves.len()) {
            let (first, last) = (self.fine.bin(s.span.from), self.fine.bin(s.span.to.plus(-1)).max(self.fine.bin(s.span.from)));
            let bins = (last - first + 1).unsigned_abs();
            let steps = bins.min(s.requests);
            let (outcome, status) = if s.failed { (Outcome::Failed, 503) } else { (Outcome::Good, 200) };
            for i in 0..steps {
                let bin = first + (i * bins / steps).cast_signed();
                let here = (i + 1) * s.requests / steps - i * s.requests / steps;
                let at = self.fine.span(bin).from.max(s.span.from);
                let moment = moments.entry((s.leaf as u32, bin)).or_default();
                moment.cell.add_many(outcome, Some(status), u32::try_from(here).unwrap_or(u32::MAX));
                moment.saw(s.failed, at);
            }
            // Of a sample each client stands for several.
            let count = (s.requests / self.sampling).clamp(1, CLIENTS);
            for i in 0..count {
                let valid = u32::try_from((i + 1) * s.requests / count - i * s.requests / count).unwrap_or(u32::MAX);
                let key = (s.leaf as u64 * CLIENTS + i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                let bad = if s.failed { valid } else { 0 };
                clients.push(Client { key, leaf: s.leaf as u32, phase: Phase::During, valid, bad });
            }
        }
        clients.sort_unstable();
        let mut by_leaf: Vec<u32> = (0..clients.len() as u32).collect();
        by_leaf.sort_by_key(|&i| clients[i as usize].leaf);
        let moments: Vec<(u32, i64, Moment)> = moments.into_iter().map(|((leaf, bin), m)| (leaf, bin, m)).collect();
        Examined {
            fine: self.fine,
            leaves: self.leaves.clone(),
            moments_of: begins(moments.iter().map(|m| m.0), self.leaves.len()),
            clients_of: begins(clients.iter().map(|c| c.leaf), self.leaves.len()),
            moments,
            clients,
            by_leaf,
            sampling: self.sampling,
            // What is supposed was made by nobody, from no network and in no particular way.
            failures: Failures::default(),
            networks: Vec::new(),
            facets: Facets::default(),
            attempts: Attempts::default(),
            visits: super::Visits::default(),
            doubts: Doubtful::default(),
            slow_from: self.slow_from.clone(),
        }
    }
}

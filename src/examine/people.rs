//! Who was there, at the outermost tier: different addresses, views of pages, answers that lasted, and how
//! long answers took. What polls and visits are made of is in [`super::Attempts`].

use super::attempts::client_hash;
use super::latency::{LATENCY_MAX, Latencies, Latency, step};
use super::views::{Agents, is_view};
use super::{Plan, take::address_hash};
use crate::event::Event;
use crate::outcome::Outcome;
use crate::stats::distinct::Distinct;
use crate::survey::Pages;
use crate::time::{Micros, SECOND, Step};

/// From how many seconds on an answer is kept as one that lasts, as a stream over one connection does. The limit
/// for keeping a user's attention (Nielsen, *Usability Engineering*, 1993, ch. 5): no page takes longer that
/// anybody waits for.
pub const LASTING_MIN: i64 = 10;

/// Most lasting answers of one partial before only a sample of the clients is kept: about 10 MB.
pub const LASTING_MAX: usize = 250_000;

/// One answer that lasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lasting {
    /// The client, as in [`super::Attempt`].
    pub client: u64,
    /// Index into the leaves.
    pub leaf: u32,
    /// Its first second.
    pub from: i64,
    /// The second after its last.
    pub to: i64,
}

/// A mergeable part.
#[derive(Debug, Default)]
pub(super) struct Partial {
    addresses: Distinct,
    /// By fine bin and leaf.
    views: Pages<i64, u32>,
    programs_views: u64,
    agents: Agents,
    lasting: Vec<Lasting>,
    shift: u32,
    latency: Latency,
    step: Option<Step>,
}

/// Where and how a request counted.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    pub at: Micros,
    pub bin: i64,
    pub leaf: u32,
    pub outcome: Outcome,
    /// Whether its path is that of a page.
    pub page: bool,
}

impl Partial {
    /// Takes one request of the outermost tier.
    pub(super) fn take(&mut self, event: &Event<'_>, c: Counted, plan: &Plan<'_>) {
        if let Some(address) = event.client.as_deref() {
            self.addresses.add(address_hash(address));
        }
        if c.page && c.outcome == Outcome::Good && is_view(event) {
            if self.agents.is_program(event.user_agent.as_deref().unwrap_or_default()) {
                self.programs_views += 1;
            } else {
                let n = self.views.at(c.bin, c.leaf);
                *n = n.saturating_add(1);
            }
        }
        let Some(took) = event.duration else { return };
        // A stream often ends because the listener leaves: that is no failure of it.
        let streamed = event.status == Some(101) || matches!(c.outcome, Outcome::Good | Outcome::Ambiguous);
        if streamed && took >= LASTING_MIN * SECOND {
            self.last(event, c, took);
        }
        if matches!(c.outcome, Outcome::Good | Outcome::Degraded) && event.status != Some(101) {
            let step = *self.step.get_or_insert_with(|| step(plan.axis, plan.fine));
            self.latency.take(c.leaf, c.at, took, plan.axis, step);
        }
    }

    fn last(&mut self, event: &Event<'_>, c: Counted, took: i64) {
        let Some(address) = event.client.as_deref() else { return };
        let client = client_hash(address, event.user_agent.as_deref().unwrap_or_default());
        if client.trailing_zeros() >= self.shift {
            let (from, to) = (c.at.0.div_euclid(SECOND), c.at.plus(took).0.div_euclid(SECOND) + 1);
            self.lasting.push(Lasting { client, leaf: c.leaf, from, to });
            self.sample(self.shift);
        }
    }

    /// Keeps one client in 2^`shift`, and fewer while there are too many entries.
    fn sample(&mut self, shift: u32) {
        if shift > self.shift {
            self.shift = shift;
            self.lasting.retain(|l| l.client.trailing_zeros() >= shift);
        }
        while self.lasting.len() > LASTING_MAX {
            self.sample(self.shift + 1);
        }
    }

    /// Keeps within bounds.
    pub(super) fn bound(&mut self) {
        self.latency.bound(LATENCY_MAX);
    }

    /// Adds another part; `moved` gives the place of its leaves here.
    pub(super) fn merge(&mut self, other: Partial, moved: &[u32]) {
        self.addresses.merge(other.addresses);
        for (bin, leaf, n) in other.views.drain() {
            let mine = self.views.at(bin, moved[leaf as usize]);
            *mine = mine.saturating_add(n);
        }
        self.programs_views += other.programs_views;
        let shift = self.shift.max(other.shift);
        self.lasting.extend(other.lasting.into_iter().map(|l| Lasting { leaf: moved[l.leaf as usize], ..l }));
        // The other's may be more than its own sample by now: all are held against the wider one.
        self.lasting.retain(|l| l.client.trailing_zeros() >= shift);
        self.shift = shift;
        self.sample(shift);
        self.latency.merge(other.latency, moved);
    }

    /// Puts everything in order; `place` gives the final place of each of `leaves` leaves.
    pub(super) fn finish(mut self, place: &[u32], leaves: usize, plan: &Plan<'_>) -> People {
        self.lasting.iter_mut().for_each(|l| l.leaf = place[l.leaf as usize]);
        self.lasting.sort_unstable();
        let (addresses, addresses_error) = self.addresses.count();
        People {
            addresses,
            addresses_error,
            views: self.views.sorted(place, leaves, |_| true, |a, b| *a = a.saturating_add(*b)),
            programs_views: self.programs_views,
            lasting: self.lasting,
            lasting_sampling: 1 << self.shift.min(63),
            latency: self.latency.finish(place, plan.axis, step(plan.axis, plan.fine)),
        }
    }
}

/// Who was there.
#[derive(Debug, Default)]
pub struct People {
    /// Different client addresses of all requests that are looked at.
    pub addresses: u64,
    /// Relative standard error of that; `None` where they were counted one by one.
    pub addresses_error: Option<f64>,
    /// (leaf, fine bin, views of pages), ascending.
    pub views: Vec<(u32, i64, u32)>,
    /// Pages that programs asked for by their own word.
    pub programs_views: u64,
    /// Answers of at least [`LASTING_MIN`] seconds, by client.
    pub lasting: Vec<Lasting>,
    /// One client in so many is in `lasting`.
    pub lasting_sampling: u64,
    /// How long good answers took.
    pub latency: Latencies,
}

impl People {
    /// Views of pages of the chosen leaves in the chosen fine bins.
    #[must_use]
    pub fn views_of(&self, chosen: &dyn Fn(usize) -> bool, inside: &dyn Fn(i64) -> bool) -> u64 {
        self.views.iter().filter(|v| chosen(v.0 as usize) && inside(v.1)).map(|v| u64::from(v.2)).sum()
    }
}

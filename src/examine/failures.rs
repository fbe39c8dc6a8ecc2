//! The failures of the window one by one, and what the inner tiers logged meanwhile: what is needed to
//! say at which tier each failure was made.

use crate::event::{Cache, Ending, Event, Tier};
use crate::survey::content_key;
use crate::time::{Micros, SECOND, Span};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Most failures and inner lines of one partial before only a sample is kept: about 60 MB. Beyond, one
/// in 2, 4, 8 ... of (what was asked for, slice of time) is kept, chosen by hash at every tier alike.
const KEPT_MAX: usize = 1_000_000;

/// Longest time for which a request is looked for at the next tier: the ordinary limit of proxies
/// (nginx `proxy_read_timeout`, CloudFront's longest origin timeout, both 60 s).
pub const LONGEST: i64 = 60 * SECOND;

/// A slice of time, the unit of sampling: a few times [`LONGEST`], so that a failure and its inner line
/// mostly lie in one.
const SLICE: i64 = 300 * SECOND;

/// Who made a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Maker {
    /// The client left before the answer.
    Client,
    /// The edge refused it: policy, or a limit of its own.
    EdgeRefused,
    /// The edge answered so from its own store or configuration.
    Edge,
    /// The edge got no usable answer from behind: no connection, no answer in time, or a good one that did
    /// not arrive.
    BehindEdge,
    /// Something behind the edge: its line says that the answer came from there, and no log tells more.
    Behind,
    /// The balancer: its queue, its limits, or no server to give it to.
    Balancer,
    /// The balancer got no usable answer from the server it chose.
    BehindBalancer,
    /// The origin answered so, or took the request and did not answer in time.
    Origin,
    /// These logs cannot tell.
    Unknown,
}

impl Maker {
    /// As in `report.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Maker::Client => "client",
            Maker::EdgeRefused => "edge-refused",
            Maker::Edge => "edge",
            Maker::BehindEdge => "between-edge-and-next",
            Maker::Behind => "behind-edge",
            Maker::Balancer => "balancer",
            Maker::BehindBalancer => "between-balancer-and-origin",
            Maker::Origin => "origin",
            Maker::Unknown => "unknown",
        }
    }
}

/// What a line itself says of who made its failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Said {
    /// It was made here, or on the way to the next tier.
    By(Maker),
    /// The next tier answered so.
    Further,
    /// Nothing.
    Nothing,
}

/// What the line of `event`, logged by `tier`, says of who made its failure.
#[must_use]
pub fn said(event: &Event<'_>, tier: Tier) -> Said {
    if event.ending == Ending::ClientLeft || matches!(event.status, None | Some(408 | 460 | 499)) {
        return Said::By(Maker::Client);
    }
    match tier {
        Tier::Edge => match event.ending {
            Ending::Shed | Ending::Policy => Said::By(Maker::EdgeRefused),
            Ending::UpstreamUnreachable => Said::By(Maker::BehindEdge),
            Ending::UpstreamError => Said::Further,
            _ => match (event.origin_status, event.cache, event.status) {
                (Some(500..), ..) => Said::Further,
                (_, Some(Cache::Hit | Cache::Synth), _) => Said::By(Maker::Edge),
                // Only CDNs write these: what stood behind refused, was not found or spoke wrongly.
                (_, _, Some(520..=527 | 530)) => Said::By(Maker::BehindEdge),
                _ => Said::Nothing,
            },
        },
        Tier::Balancer => match event.ending {
            Ending::Shed | Ending::Policy => Said::By(Maker::Balancer),
            Ending::UpstreamUnreachable => match event.backend.as_deref() {
                Some(b) if !b.is_empty() && b != b"-" && !b.ends_with(b"<NOSRV>") => Said::By(Maker::BehindBalancer),
                _ => Said::By(Maker::Balancer),
            },
            Ending::UpstreamError => Said::Further,
            _ if event.origin_status.is_some_and(|s| s >= 500) => Said::Further,
            _ => Said::Nothing,
        },
        Tier::Origin => Said::By(Maker::Origin),
        Tier::Unknown => Said::Nothing,
    }
}

/// One failure at the outermost tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Failure {
    /// What was asked for; zero where the line does not say.
    pub key: u64,
    /// Request id; zero where there is none.
    pub id: u64,
    /// When.
    pub at: Micros,
    /// Whether `at` is the request's first byte.
    pub started: bool,
    /// Microseconds until its end, where logged.
    pub lasted: Option<i64>,
    /// Status, 0 for none.
    pub status: u16,
    /// What the line itself says.
    pub said: Said,
    /// Its leaf.
    pub leaf: u32,
}

/// One line of an inner tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Inner {
    /// What was asked for.
    pub key: u64,
    /// Request id; zero where there is none.
    pub id: u64,
    /// Which tier.
    pub tier: Tier,
    /// When.
    pub at: Micros,
    /// Status, 0 for none.
    pub status: u16,
    /// What the line itself says.
    pub said: Said,
}

/// Failures of the window and inner lines near it. A mergeable partial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// One in 2^shift is kept.
    pub shift: u32,
    /// The failures.
    pub failures: Vec<Failure>,
    /// The lines of inner tiers.
    pub inner: Vec<Inner>,
}

/// Whether an inner line at `at` can belong to a failure of the window.
pub(super) fn near(window: Span, at: Micros) -> bool {
    Span::new(window.from.plus(-LONGEST), window.to.plus(2 * LONGEST)).contains(at)
}

impl Failures {
    pub(super) fn failure(&mut self, event: &Event<'_>, tier: Tier, at: Micros, leaf: u32) {
        let key = content_key(event).unwrap_or(0);
        if !sampled(key, at, self.shift) {
            return;
        }
        self.failures.push(Failure {
            key,
            id: id(event),
            at,
            started: event.start.is_some(),
            lasted: event.duration,
            status: event.status.unwrap_or(0),
            said: said(event, tier),
            leaf,
        });
    }

    pub(super) fn inner(&mut self, event: &Event<'_>, tier: Tier, at: Micros) {
        let Some(key) = content_key(event) else { return };
        if !(sampled(key, at, self.shift) || sampled(key, at.plus(-LONGEST), self.shift)) {
            return;
        }
        let said = said(event, tier);
        self.inner.push(Inner { key, id: id(event), tier, at, status: event.status.unwrap_or(0), said });
    }

    /// Keeps a smaller share while there are too many.
    pub(super) fn bound(&mut self) {
        while self.failures.len() + self.inner.len() > KEPT_MAX && self.shift < 63 {
            self.sample(self.shift + 1);
        }
    }

    fn sample(&mut self, shift: u32) {
        if shift > self.shift {
            self.shift = shift;
            self.failures.retain(|f| sampled(f.key, f.at, shift));
            self.inner.retain(|i| sampled(i.key, i.at, shift) || sampled(i.key, i.at.plus(-LONGEST), shift));
        }
    }

    /// Adds another partial, whose leaf `l` is `leaves[l]` here.
    pub(super) fn merge(&mut self, mut other: Failures, leaves: &[u32]) {
        let shift = self.shift.max(other.shift);
        self.sample(shift);
        other.sample(shift);
        self.failures.extend(other.failures.into_iter().map(|f| Failure { leaf: leaves[f.leaf as usize], ..f }));
        self.inner.extend(other.inner);
        self.bound();
    }

    /// In an order that depends on the data alone; leaf `l` is `place[l]` from now on.
    pub(super) fn finish(mut self, place: &[u32]) -> Failures {
        self.failures.iter_mut().for_each(|f| f.leaf = place[f.leaf as usize]);
        self.failures.sort_unstable();
        self.inner.sort_unstable();
        self
    }
}

fn sampled(key: u64, at: Micros, shift: u32) -> bool {
    let mut h = FxHasher::default();
    h.write_u64(key);
    h.write_i64(at.0.div_euclid(SLICE));
    let x = h.finish();
    shift == 0 || ((x ^ (x >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)).trailing_zeros() >= shift
}

fn id(event: &Event<'_>) -> u64 {
    let Some(text) = event.request_id.as_deref().filter(|t| t.len() > 1) else { return 0 };
    let mut h = FxHasher::default();
    h.write(text);
    h.finish().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(status: u16, ending: Ending) -> Event<'static> {
        Event { status: Some(status), ending, ..Event::at(Micros(0)) }
    }

    #[test]
    fn a_line_says_no_more_of_who_made_its_failure_than_its_tier_can_know() {
        use Ending::{ClientLeft, Policy, Shed, Unsaid, UpstreamError, UpstreamUnreachable};
        for (tier, status, ending, want) in [
            (Tier::Edge, 503, Unsaid, Said::Nothing),
            (Tier::Edge, 503, UpstreamError, Said::Further),
            (Tier::Edge, 502, UpstreamUnreachable, Said::By(Maker::BehindEdge)),
            (Tier::Edge, 503, Shed, Said::By(Maker::EdgeRefused)),
            (Tier::Edge, 522, Unsaid, Said::By(Maker::BehindEdge)),
            (Tier::Edge, 499, Unsaid, Said::By(Maker::Client)),
            (Tier::Balancer, 503, UpstreamUnreachable, Said::By(Maker::Balancer)),
            (Tier::Balancer, 429, Policy, Said::By(Maker::Balancer)),
            (Tier::Balancer, 500, UpstreamError, Said::Further),
            (Tier::Origin, 500, Unsaid, Said::By(Maker::Origin)),
            (Tier::Unknown, 500, Unsaid, Said::Nothing),
            (Tier::Unknown, 200, ClientLeft, Said::By(Maker::Client)),
        ] {
            assert_eq!(said(&event(status, ending), tier), want, "{tier:?} {status} {ending:?}");
        }
        let chosen = |backend: &'static [u8]| Event { backend: Some(backend.into()), ..event(502, UpstreamUnreachable) };
        assert_eq!(said(&chosen(b"be/web1"), Tier::Balancer), Said::By(Maker::BehindBalancer));
        assert_eq!(said(&chosen(b"be/<NOSRV>"), Tier::Balancer), Said::By(Maker::Balancer));
        let answered = Event { origin_status: Some(503), cache: Some(Cache::Hit), ..event(503, Unsaid) };
        assert_eq!(said(&answered, Tier::Edge), Said::Further);
        let stored = Event { cache: Some(Cache::Hit), ..event(503, Unsaid) };
        assert_eq!(said(&stored, Tier::Edge), Said::By(Maker::Edge));
    }

    #[test]
    fn any_order_of_merging_and_any_moment_of_sampling_keeps_the_same_failures() {
        let part = |range: std::ops::Range<i64>, shift| {
            let mut part = Failures::default();
            for i in range {
                let path = format!("/{}", i % 7).into_bytes();
                let e = Event { path: Some(path.into()), ..event(503, Ending::Unsaid) };
                part.failure(&e, Tier::Edge, Micros(i * 40 * SECOND), 0);
                part.inner(&e, Tier::Origin, Micros(i * 40 * SECOND + 5));
            }
            part.sample(shift);
            part
        };
        let (mut ab, mut ba) = (part(0..300, 2), part(300..900, 1));
        ab.merge(part(300..900, 1), &[0]);
        ba.merge(part(0..300, 2), &[0]);
        let (ab, ba) = (ab.finish(&[0]), ba.finish(&[0]));
        assert_eq!(ab, ba);
        assert!((100..400).contains(&ab.failures.len()), "{}", ab.failures.len());
    }
}

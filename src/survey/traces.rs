//! Requests that may be found again at another tier: a sample of what was asked for, chosen by a hash
//! that every tier's log gives alike, with the instants at which it was seen.

use super::Lowest;
use super::lowest::{Gather, mixed};
use crate::event::{Cache, Event};
use crate::time::{Micros, SECOND};
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Most times a key may be seen in one source: what is asked for more often tells little of which
/// request is which.
pub const SIGHTINGS_MAX: usize = 8;

/// Most keys sampled of one source, fewest, and of all together.
const KEYS: (usize, usize, usize) = (4_096, 256, 1 << 17);

/// One time that a key was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sighting {
    /// When it is counted.
    pub at: Micros,
    /// Whether that is the request's first byte; else it may be the response's last.
    pub started: bool,
    /// Whether the line's stamp is a whole second.
    pub whole: bool,
    /// Whether it was answered well.
    pub good: bool,
    /// Whether it was handed on to the next tier; `None` where the line does not say.
    pub handed_on: Option<bool>,
}

/// All that was seen of one key in one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// How often it was seen, up to one more than [`SIGHTINGS_MAX`].
    pub seen: u32,
    /// When, in no order; empty where it was seen more than [`SIGHTINGS_MAX`] times.
    pub sightings: Vec<Sighting>,
}

impl Trace {
    /// Seen once.
    #[must_use]
    pub fn of(sighting: Sighting) -> Self {
        Trace { seen: 1, sightings: vec![sighting] }
    }
}

impl Gather for Trace {
    fn gather(&mut self, other: Trace) {
        self.seen = (self.seen + other.seen).min(SIGHTINGS_MAX as u32 + 1);
        if self.seen as usize > SIGHTINGS_MAX {
            self.sightings = Vec::new();
        } else {
            self.sightings.extend(other.sightings);
        }
    }
}

/// The sampled keys of one source.
pub(super) type Traces = Lowest<Trace>;

/// An empty sample for one of `sources` sources.
#[must_use]
pub(super) fn traces(sources: usize) -> Traces {
    Lowest::new((KEYS.2 / sources.max(1)).clamp(KEYS.1, KEYS.0))
}

/// What is asked for, as every tier's log says it alike: path and query. The host is not logged by every
/// tier, and a balancer sees the edge's address in the client's place.
#[must_use]
pub fn content_key(event: &Event<'_>) -> Option<u64> {
    let path = event.path.as_deref()?;
    let mut h = FxHasher::default();
    h.write(path);
    if let Some(query) = event.query.as_deref().filter(|q| !q.is_empty() && *q != b"-") {
        h.write_u8(b'?');
        h.write(query);
    }
    Some(mixed(h.finish()))
}

/// One time that an event's key was seen, counted at `at`.
#[must_use]
pub(super) fn sighting(event: &Event<'_>, at: Micros, good: bool) -> Sighting {
    let handed_on = event.cache.map(|c| matches!(c, Cache::Miss | Cache::Pass));
    Sighting { at, started: event.start.is_some(), whole: event.stamp.0 % SECOND == 0, good, handed_on }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_what_was_asked_for_however_the_query_is_told() {
        let at = |path: &'static [u8], query: Option<&'static [u8]>| {
            content_key(&Event { path: Some(path.into()), query: query.map(Into::into), ..Event::at(Micros(0)) })
        };
        assert_eq!(at(b"/a", None), at(b"/a", Some(b"-")));
        assert_eq!(at(b"/a", None), at(b"/a", Some(b"")));
        assert_ne!(at(b"/a", None), at(b"/a", Some(b"b")));
        assert_ne!(at(b"/ab", None), at(b"/a", Some(b"b")));
        assert_eq!(content_key(&Event::at(Micros(0))), None);
    }

    #[test]
    fn what_is_asked_for_often_keeps_no_instants_whatever_the_order() {
        let one = |s| Trace::of(Sighting { at: Micros(s), started: true, whole: true, good: true, handed_on: None });
        let many = |range: std::ops::Range<i64>| {
            range.map(one).reduce(|mut a, b| {
                a.gather(b);
                a
            })
        };
        let (mut a, mut b) = (many(0..6).expect("some"), many(6..10).expect("some"));
        let (c, d) = (a.clone(), b.clone());
        a.gather(d);
        b.gather(c);
        assert_eq!(a, b);
        assert_eq!((a.seen, a.sightings.len()), (9, 0));
    }
}

//! The fault model: which uncached requests fail, where on the way, and how each tier sees it.

use super::rng::Rng;
use super::world::{Kind, Pop};

/// How one request fails; every way leaves its own traces in the tiers (`platform` draws them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The application answers 503: overloaded.
    App503,
    /// The application answers 500.
    App500,
    /// The web server in front of the application has nobody behind it: 502.
    AppGone,
    /// Waited in the balancer's queue until its limit: 503, never seen by the origin.
    QueueTimeout,
    /// The server refused the balancer's connections: 503, never seen by the origin.
    Refused,
    /// The server died before the headers: 502, never logged by the origin.
    Died,
    /// No answer within the balancer's limit: 504; the origin logs that its caller left.
    Timeout,
    /// Admission limit at the balancer: 429.
    Shed,
    /// The application answers with a small page that says "not available", and status 200.
    Soft,
    /// The edge cannot connect to the balancer: 502, seen only at the edge.
    EdgeConnect,
    /// The edge gets no answer from the balancer: 504, seen only at the edge.
    EdgeTimeout,
}

/// Failures with their weights.
pub(crate) type Mix = &'static [(u32, Failure)];

/// An overloaded application behind a queue.
pub(crate) const OVERLOAD: Mix = &[(55, Failure::App503), (35, Failure::QueueTimeout), (10, Failure::Refused)];
/// A broken application.
pub(crate) const BROKEN: Mix = &[(45, Failure::App500), (25, Failure::AppGone), (15, Failure::Died), (15, Failure::App503)];
/// An application that says "not available" in the page only.
pub(crate) const SOFT: Mix = &[(1, Failure::Soft)];
/// A whole site out of capacity.
pub(crate) const EXHAUSTED: Mix =
    &[(40, Failure::QueueTimeout), (25, Failure::App503), (20, Failure::Timeout), (15, Failure::Refused)];
/// A POP that lost its way to the balancer.
pub(crate) const CUT_OFF: Mix = &[(70, Failure::EdgeConnect), (30, Failure::EdgeTimeout)];
/// What goes wrong on any day.
const EVERYDAY: Mix = &[(60, Failure::App500), (25, Failure::Died), (15, Failure::Timeout)];
/// Share of uncached requests that fail on any day, in a million (about 0.2 % of all).
const EVERYDAY_PPM: u32 = 5_500;

/// One fault: in `[from, to)`, for requests in scope.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// Kinds it meets; empty: all.
    pub(crate) kinds: &'static [Kind],
    /// The POP it meets; `None`: both.
    pub(crate) pop: Option<Pop>,
    /// Share that fails, in a million, at the start and at the end; straight between.
    pub(crate) share: (u32, u32),
    pub(crate) mix: Mix,
    /// Factor on the application's time while it lasts.
    pub(crate) slow: i64,
}

impl Fault {
    fn meets(&self, at: i64, kind: Kind, pop: Pop) -> bool {
        self.from <= at
            && at < self.to
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
            && self.pop.is_none_or(|p| p == pop)
    }

    fn share_at(&self, at: i64) -> u32 {
        let (first, last) = (i64::from(self.share.0), i64::from(self.share.1));
        (first + (last - first) * (at - self.from) / (self.to - self.from).max(1)) as u32
    }
}

/// All faults of a bundle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Weather(pub(crate) Vec<Fault>);

impl Weather {
    /// What goes wrong for one uncached request, if anything.
    pub(crate) fn strike(&self, rng: &mut Rng, at: i64, kind: Kind, pop: Pop) -> Option<Failure> {
        for fault in self.0.iter().filter(|f| f.meets(at, kind, pop)) {
            if rng.chance(fault.share_at(at)) {
                return Some(draw(rng, fault.mix));
            }
        }
        rng.chance(EVERYDAY_PPM).then(|| draw(rng, EVERYDAY))
    }

    /// Factor on the application's time.
    pub(crate) fn slowness(&self, at: i64, kind: Kind, pop: Pop) -> i64 {
        self.0.iter().filter(|f| f.meets(at, kind, pop)).map(|f| f.slow).max().unwrap_or(1)
    }
}

/// One of a mix.
pub(crate) fn draw(rng: &mut Rng, mix: Mix) -> Failure {
    mix.get(rng.weighted(mix.iter().map(|m| m.0))).map_or(Failure::App500, |m| m.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_meets_only_its_span_its_kinds_and_its_pop_and_its_share_runs_straight() {
        let fault =
            Fault { from: 100, to: 200, kinds: &[Kind::Home], pop: Some(Pop::Lhr), share: (0, 1_000_000), mix: CUT_OFF, slow: 3 };
        for (at, kind, pop, want) in [
            (100, Kind::Home, Pop::Lhr, true),
            (200, Kind::Home, Pop::Lhr, false),
            (150, Kind::Media, Pop::Lhr, false),
            (150, Kind::Home, Pop::Iad, false),
        ] {
            assert_eq!(fault.meets(at, kind, pop), want, "{at} {kind:?} {pop:?}");
        }
        assert_eq!(fault.share_at(150), 500_000);
        let weather = Weather(vec![fault]);
        assert_eq!((weather.slowness(150, Kind::Home, Pop::Lhr), weather.slowness(99, Kind::Home, Pop::Lhr)), (3, 1));
    }
}

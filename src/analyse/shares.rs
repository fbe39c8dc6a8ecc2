//! Question: how available was a part of the traffic, and how sure is that?
//! Method: good over valid requests; Wilson interval on the effective number of requests, with
//! variance over clients and over bins.
//! Assumes: clients are told apart by address (see the report's blind spots).
//! Reference: `stats::cluster`, `stats::interval`.

use crate::case::{Avail, Share, State};
use crate::examine::{Examined, Phase};
use crate::stats::cluster::{Clusters, Proportion};
use crate::stats::interval::{Interval, Z95, Z95_ONE_SIDED, newcombe, wilson};
use crate::time::{Span, Step};

/// What is counted as one stretch of time, with its phases of clients.
#[derive(Clone, Debug)]
pub struct Stretch<'a> {
    /// Fine bins that overlap one of these are in.
    pub spans: &'a [Span],
    /// Clients' counts of these phases.
    pub phases: &'a [Phase],
    /// Width of the clusters in time.
    pub step: Step,
    /// Whether addresses tell clients apart. Behind a proxy they do not, and only time clusters.
    pub clients_known: bool,
    /// A client that is left out, by its key.
    pub without: Option<u64>,
}

/// Bad share of the chosen leaves in a stretch, with clients.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// The share; `None` without valid requests.
    pub share: Option<Proportion>,
    /// Distinct clients with valid requests.
    pub clients: u64,
    /// Distinct clients with bad ones.
    pub clients_bad: u64,
}

/// Measures the bad share of the chosen leaves.
#[must_use]
pub fn measure(examined: &Examined, chosen: &dyn Fn(usize) -> bool, stretch: &Stretch<'_>) -> Measured {
    let (mut bad, mut n) = (0u64, 0u64);
    let mut minutes = Clusters::default();
    let mut open: Option<(i64, u64, u64)> = None;
    for (bin, moment) in examined.series(chosen) {
        let at = examined.fine.span(bin);
        if !stretch.spans.iter().any(|s| s.overlaps(at)) {
            continue;
        }
        let (b, v) = (moment.cell.bad(), moment.cell.valid());
        (bad, n) = (bad + b, n + v);
        let minute = stretch.step.bin(at.from);
        match &mut open {
            Some(o) if o.0 == minute => (o.1, o.2) = (o.1 + b, o.2 + v),
            _ => {
                if let Some((_, b, v)) = open.replace((minute, b, v)) {
                    minutes.add(b, v);
                }
            }
        }
    }
    if let Some((_, b, v)) = open {
        minutes.add(b, v);
    }
    // Requests of unknown clients: each its own.
    let mut alone = Clusters::default();
    if !stretch.clients_known {
        alone.add_singles(bad, n);
    }
    let mut clients = Clusters::default();
    let mut clients_bad = 0;
    for (key, valid, failed) in examined.per_client_keyed(chosen, stretch.phases) {
        if stretch.without == Some(key) {
            // Its requests stay in the clusters of time, which only makes these less alike.
            (bad, n) = (bad.saturating_sub(failed), n.saturating_sub(valid));
            continue;
        }
        clients.add(failed, valid);
        clients_bad += u64::from(failed > 0);
    }
    let bad = bad.min(n);
    Measured {
        share: Proportion::clustered(bad, n, if stretch.clients_known { &clients } else { &alone }, &minutes),
        clients: clients.count as u64 * examined.sampling,
        clients_bad: clients_bad * examined.sampling,
    }
}

impl Measured {
    /// Requests and bad ones.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        self.share.map_or((0, 0), |s| (s.n, s.bad))
    }

    /// Independent requests that say as much of whether anything failed; 0 without requests. The larger of two: by how
    /// what failed is spread over clients and time, and by what each client's requests are taken to be worth beforehand
    /// (one busy machine takes nothing from what all others say).
    #[must_use]
    pub fn worth(&self) -> f64 {
        self.share.map_or(0.0, |s| s.effective.max(s.independent))
    }

    /// As availability.
    #[must_use]
    pub fn avail(&self) -> Avail {
        let Some(s) = self.share else { return Avail::NONE };
        let i = s.interval(Z95);
        Avail {
            value: Some(1.0 - s.p),
            low: Some(1.0 - i.high),
            high: Some(1.0 - i.low),
            requests: s.n,
            clients: self.clients,
            effective: Some(s.effective),
        }
    }
}

/// Rise of the bad share from `base` to `now`, 95 % two-sided; and its one-sided 95 % upper end, as
/// the test of "no worse than" needs. `None` unless both have valid requests.
#[must_use]
pub fn rise(now: &Measured, base: &Measured) -> Option<(f64, Interval, f64)> {
    let (now, base) = (now.share?, base.share?);
    let two_sided = newcombe(now.p, now.interval(Z95), base.p, base.interval(Z95));
    let upper = newcombe(now.p, now.interval(Z95_ONE_SIDED), base.p, base.interval(Z95_ONE_SIDED)).high;
    Some((now.p - base.p, two_sided, upper))
}

/// Failing share from which on a bin is degraded, if it surely (97.5 %) is that high: 5 %, one
/// request in twenty.
pub const DEGRADED: f64 = 0.05;

/// Failing share from which on a bin is down, if it surely is that high: half.
pub const DOWN: f64 = 0.5;

/// State of a bin with `bad` of `valid` requests.
#[must_use]
pub fn state(bad: u64, valid: u64) -> State {
    if valid == 0 {
        return State::NoEvidence;
    }
    let low = wilson(bad as f64 / valid as f64, valid as f64, Z95).low;
    match low {
        l if l >= DOWN => State::Down,
        l if l >= DEGRADED => State::Degraded,
        _ => State::Ok,
    }
}

/// Share of bins with evidence that were not down: what a clock sees, whatever the traffic. The
/// number of independent bins is reduced by their first autocorrelation r to m (1-r)/(1+r).
#[must_use]
pub fn time_share(states: impl Iterator<Item = State>) -> Share {
    let up: Vec<f64> = states.filter(|s| *s != State::NoEvidence).map(|s| if s == State::Down { 0.0 } else { 1.0 }).collect();
    if up.is_empty() {
        return Share::NONE;
    }
    let m = up.len() as f64;
    let mean = up.iter().sum::<f64>() / m;
    let variance = mean * (1.0 - mean);
    let r = if variance > 0.0 {
        (up.windows(2).map(|w| (w[0] - mean) * (w[1] - mean)).sum::<f64>() / (m * variance)).clamp(0.0, 0.99)
    } else {
        0.0
    };
    let i = wilson(mean, (m * (1.0 - r) / (1.0 + r)).max(1.0), Z95);
    Share { value: Some(mean), low: Some(i.low), high: Some(i.high) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_needs_evidence_and_silence_is_neither_up_nor_down() {
        for (bad, valid, want) in [
            (0, 0, State::NoEvidence),
            (0, 1, State::Ok),
            (1, 1, State::Degraded),
            (4, 4, State::Down),
            (1, 100, State::Ok),
            (30, 100, State::Degraded),
            (80, 100, State::Down),
        ] {
            assert_eq!(state(bad, valid), want, "{bad} of {valid}");
        }
    }

    #[test]
    fn time_availability_widens_when_bad_bins_come_in_one_run() {
        let states = |scattered: bool| {
            (0..100).map(move |i| if (scattered && i % 5 == 0) || (!scattered && i < 20) { State::Down } else { State::Ok })
        };
        let (s, run) = (time_share(states(true)), time_share(states(false)));
        assert_eq!((s.value, run.value), (Some(0.8), Some(0.8)));
        assert!(run.high > s.high && run.low < s.low, "{s:?} {run:?}");
        assert_eq!(time_share(std::iter::repeat_n(State::NoEvidence, 3)), Share::NONE);
    }
}

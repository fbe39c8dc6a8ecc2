//! Question: were more requests made during the failure because of the failure?
//! Method: requests a second in the window against the baseline; the same with retries put together
//! and without those who came back after they had not been served; whether changes of the failing
//! share come before changes of the number of requests (cross-correlation of differences).
//! Assumes: one course of the day; what rises with it rises in both counts. People who try again are
//! many; where a tenth of the clients makes half of the attempts, these may be machines.
//! Reference: Box, Jenkins and Reinsel, *Time Series Analysis*, 1994, ch. 11, for the correlation of
//! differences; Bartlett, JRSS Supplement 8, 1946, for its variance.

use super::evidence::Evidence;
use super::operations::CUTOFF_MAX;
use crate::case::Share;
use crate::case::operations::{Follows, Surge};
use crate::stats::normal::upper_point;
use crate::stats::ratio::{Pairs, quotient};
use crate::words::duration_in_full;
use std::collections::BTreeMap;

/// A rise by less than a fifth is what a day's course brings.
const SURGE_MIN: f64 = 1.2;

/// Part of a surge that must vanish with the retries for it to have followed from the failures: most of it.
const VANISHES: f64 = 0.5;

/// Furthest shift looked at, in clusters of time (twentieths of the window).
const LAGS: i64 = 5;

/// Steps that a correlation needs: its limit is then below one half.
const STEPS_MIN: usize = 20;

/// Counts by second.
pub(super) struct Counted<'a> {
    /// Attempts, bad ones, operations begun anew.
    pub seconds: &'a BTreeMap<i64, [u64; 3]>,
    /// Spans of the baseline in seconds.
    pub baseline: &'a [(i64, i64)],
    /// The window in seconds.
    pub window: (i64, i64),
    /// Width of a cluster in time, seconds.
    pub step: i64,
    /// Whether a few clients make most attempts.
    pub concentrated: bool,
}

pub(super) fn surge(counted: &Counted<'_>, e: &Evidence<'_>) -> Surge {
    let window = [counted.window];
    let rise = |which: usize| {
        let found = quotient(&counted.rates(&window, which), &counted.rates(counted.baseline, which));
        found.map_or(Share::NONE, |(q, i)| Share { value: Some(q), low: i.map(|i| i.low), high: i.map(|i| i.high) })
    };
    let (requests, begun) = (rise(0), rise(2));
    let lead = counted.lead(e.examined.fine.0.max(1));
    let follows = follows(requests, begun, lead, counted.concentrated);
    Surge { follows, says: sentence(follows, requests, begun, lead), requests, begun, lead }
}

fn follows(requests: Share, begun: Share, lead: Option<i64>, concentrated: bool) -> Follows {
    let (Some(r), Some(b)) = (requests.value, begun.value) else { return Follows::Undecided };
    let surely = |s: Share| s.low.is_some_and(|low| low > SURGE_MIN);
    if !surely(requests) {
        return if requests.high.is_some() { Follows::NoSurge } else { Follows::Undecided };
    }
    if surely(begun) {
        return Follows::Demand;
    }
    let vanishes = (r - b) >= VANISHES * (r - 1.0);
    if vanishes && !concentrated && lead.is_none_or(|lead| lead >= 0) { Follows::Consequence } else { Follows::Undecided }
}

fn sentence(follows: Follows, requests: Share, begun: Share, lead: Option<i64>) -> String {
    let times = |s: Share| match (s.value, s.low, s.high) {
        (Some(v), Some(l), Some(h)) => format!("{v:.2} times ({l:.2} to {h:.2})"),
        (Some(v), ..) => format!("{v:.2} times"),
        _ => "some times".into(),
    };
    if requests.value.is_none() || begun.value.is_none() {
        return "Hardly anything was asked for otherwise, so a rise in the number of requests cannot be told in figures.".into();
    }
    let (r, b) = (times(requests), times(begun));
    let order = match lead {
        Some(l) if l != 0 => format!(
            " Changes of the failing share came about {} {} changes in the number of requests.",
            duration_in_full(l as f64),
            if l > 0 { "before" } else { "after" }
        ),
        _ => String::new(),
    };
    let minutes = CUTOFF_MAX / 60;
    match follows {
        Follows::NoSurge => format!("Requests a second were {r} the ordinary: no sure rise by a fifth or more."),
        Follows::Consequence => format!(
            "Requests a second were {r} the ordinary; with retries put together, and without whoever came back within {minutes} minutes of \
             not being served, {b}: the surge was a consequence of the failures, not their cause.{order}"
        ),
        Follows::Demand => format!(
            "Requests a second were {r} the ordinary; with retries put together, and without whoever came back within {minutes} minutes of \
             not being served, still {b}: more was asked for than ordinarily, beyond what the failures themselves bring about.{order}"
        ),
        Follows::Undecided => format!(
            "Requests a second were {r} the ordinary and, with retries put together, {b}: whether failures brought about more requests, or \
             more requests the failures, these figures do not decide.{order}"
        ),
    }
}

impl Counted<'_> {
    /// Counts over seconds by cluster in time; clusters are cut at the ends of the spans.
    fn rates(&self, spans: &[(i64, i64)], which: usize) -> Pairs {
        let mut pairs = Pairs::default();
        for &(from, to) in spans {
            let mut at = from;
            while at < to {
                let end = (at.div_euclid(self.step) + 1) * self.step;
                let end = end.min(to);
                let n: u64 = self.seconds.range(at..end).map(|(_, c)| c[which]).sum();
                pairs.add(n as f64, (end - at) as f64);
                at = end;
            }
        }
        pairs
    }

    /// By how many seconds changes of the failing share precede changes in the number of attempts.
    /// Looked at in steps as fine as give each some attempts, over the window and half its length on
    /// both sides. `None` where no shift correlates beyond two standard errors.
    fn lead(&self, fine: i64) -> Option<i64> {
        let (from, to) = self.window;
        let half = (to - from) / 2;
        let (from, to) = (from - half, to + half);
        let step = (self.step / LAGS).max(fine).div_euclid(fine) * fine;
        let n = ((to - from) / step) as usize;
        if n < STEPS_MIN {
            return None;
        }
        let mut last = 0.0;
        let steps: Vec<(f64, f64)> = (0..n as i64)
            .map(|i| {
                let span = from + i * step..from + (i + 1) * step;
                let (all, bad) = self.seconds.range(span).fold((0, 0), |s, (_, c)| (s.0 + c[0], s.1 + c[1]));
                if all > 0 {
                    last = bad as f64 / all as f64;
                }
                (last, all as f64)
            })
            .collect();
        let change: Vec<(f64, f64)> = steps.windows(2).map(|w| (w[1].0 - w[0].0, w[1].1 - w[0].1)).collect();
        let most = LAGS * LAGS;
        let mut best: Option<(f64, i64)> = None;
        // The nearest shifts first: of equal ones the nearest counts.
        for lag in (0..=most).flat_map(|l| if l == 0 { vec![0] } else { vec![l, -l] }) {
            let r = correlation(&change, lag)?;
            if best.is_none_or(|b| r > b.0 + 1e-9) {
                best = Some((r, lag));
            }
        }
        best.filter(|b| b.0 > limit(2 * most + 1) / (n as f64).sqrt()).map(|b| b.1 * step)
    }
}

/// Largest correlation, times the root of the number of steps, that chance brings in 95 of 100 cases among so many
/// shifts. Differences of independent counts correlate with their neighbours by -1/2, which makes the variance of a
/// cross-correlation one and a half times 1/n (Bartlett 1946); each shift gets its part of the 5 % (Bonferroni).
fn limit(shifts: i64) -> f64 {
    1.5f64.sqrt() * upper_point(0.05 / shifts as f64)
}

/// Correlation of the first of each pair with the second of the pair `lag` places later.
fn correlation(pairs: &[(f64, f64)], lag: i64) -> Option<f64> {
    let n = pairs.len() as f64;
    let mean = pairs.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0 / n, s.1 + p.1 / n));
    let (sx, sy) = pairs.iter().fold((0.0, 0.0), |s, p| (s.0 + (p.0 - mean.0).powi(2), s.1 + (p.1 - mean.1).powi(2)));
    if !(sx > 0.0 && sy > 0.0) {
        return None;
    }
    let sum: f64 = (0..pairs.len() as i64)
        .filter_map(|i| {
            let later = pairs.get(usize::try_from(i + lag).ok()?)?;
            Some((pairs[i as usize].0 - mean.0) * (later.1 - mean.1))
        })
        .sum();
    Some(sum / (sx * sy).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(value: f64, low: f64, high: f64) -> Share {
        Share { value: Some(value), low: Some(low), high: Some(high) }
    }

    #[test]
    fn a_surge_follows_from_failures_only_where_it_vanishes_with_the_retries() {
        let flat = share(1.0, 0.9, 1.1);
        for (requests, begun, lead, want) in [
            (flat, flat, None, Follows::NoSurge),
            (share(3.0, 2.5, 3.6), flat, None, Follows::Consequence),
            (share(3.0, 2.5, 3.6), flat, Some(4), Follows::Consequence),
            (share(3.0, 2.5, 3.6), flat, Some(-4), Follows::Undecided),
            (share(3.0, 2.5, 3.6), share(2.8, 2.4, 3.3), Some(4), Follows::Demand),
            (share(3.0, 2.5, 3.6), share(2.4, 1.1, 5.0), None, Follows::Undecided),
            (Share::NONE, flat, None, Follows::Undecided),
        ] {
            assert_eq!(follows(requests, begun, lead, false), want, "{requests:?} {begun:?} {lead:?}");
            assert!(!sentence(want, requests, begun, lead).contains("NaN"));
        }
        // Machines that go on whatever they are answered are no retries.
        assert_eq!(follows(share(3.0, 2.5, 3.6), flat, None, true), Follows::Undecided);
    }

    /// Failures step up at second 100 and down at 300; requests follow five seconds later.
    #[test]
    fn the_lead_of_failures_over_requests_is_found() {
        let mut seconds = BTreeMap::new();
        for t in 0..400i64 {
            let failing = (100..300).contains(&t);
            let many = (105..305).contains(&t);
            let n = if many { 40 } else { 10 };
            seconds.insert(t, [n, if failing { n / 2 } else { 0 }, 1]);
        }
        let counted =
            Counted { seconds: &seconds, baseline: &[(0, 100), (300, 400)], window: (100, 300), step: 5, concentrated: false };
        assert_eq!(counted.lead(1), Some(5));
        let rates = counted.rates(&[(100, 300)], 0).ratio().expect("a rate");
        assert!((rates - 39.25).abs() < 1e-9, "{rates}");
    }

    /// Numbers that look like chance and are the same on every machine (Marsaglia 2003, xorshift).
    fn noise(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state >> 33
    }

    #[test]
    fn failures_and_requests_that_have_nothing_to_do_with_each_other_seldom_show_an_order() {
        let mut state = 0x9E37_79B9_7F4A_7C15;
        let runs = 200;
        let mut found = 0;
        for _ in 0..runs {
            let seconds: BTreeMap<i64, [u64; 3]> = (0..2_000)
                .map(|t| {
                    let n = 20 + noise(&mut state) % 20;
                    (t, [n, (0..n).filter(|_| noise(&mut state).is_multiple_of(3)).count() as u64, 1])
                })
                .collect();
            let counted = Counted { seconds: &seconds, baseline: &[], window: (500, 1_500), step: 50, concentrated: false };
            found += u32::from(counted.lead(5).is_some());
        }
        assert!(found <= runs / 10, "{found} of {runs}; one in twenty is to be expected");
    }
}

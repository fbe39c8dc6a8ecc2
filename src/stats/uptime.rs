//! User-uptime and windowed user-uptime.
//!
//! Reference: Hauer, Hoffmann, Lunney, Ardelean and Diwan, "Meaningful Availability", NSDI 2020,
//! 545-557. A user is up after a success and down after a failure until the next answer, for at
//! most the cutoff; after it the user is inactive and counts as neither.

/// A stretch of one user's time, seconds, with the part of it that was up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Start.
    pub from: i64,
    /// End, not included.
    pub to: i64,
    /// Part of it that was up, 0 to 1.
    pub up: f64,
}

/// One user's time, from the seconds in which answers came: (second, good, bad), ascending, each
/// second once. Answers of one second have no known order; the state after it is the share of good
/// ones, which is what a random order gives on average.
pub fn segments(answers: &[(i64, u64, u64)], cutoff: i64, mut each: impl FnMut(Segment)) {
    for (i, &(at, good, bad)) in answers.iter().enumerate() {
        let next = answers.get(i + 1).map_or(i64::MAX, |n| n.0);
        let to = at.saturating_add(cutoff.max(0)).min(next);
        if good + bad > 0 && to > at {
            each(Segment { from: at, to, up: good as f64 / (good + bad) as f64 });
        }
    }
}

/// Up and active user-seconds in equal bins of a time axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Timeline {
    from: i64,
    step: i64,
    up: Vec<f64>,
    active: Vec<f64>,
    /// Changes of (up, active) from one whole bin to the next: long segments cost no more than short ones.
    change: Vec<(f64, f64)>,
}

impl Timeline {
    /// An empty one: `bins` bins of `step` seconds from second `from`.
    #[must_use]
    pub fn new(from: i64, step: i64, bins: usize) -> Self {
        Timeline { from, step: step.max(1), up: vec![0.0; bins], active: vec![0.0; bins], change: vec![(0.0, 0.0); bins + 1] }
    }

    /// Adds a segment, clipped to the axis.
    pub fn add(&mut self, s: Segment) {
        let end = self.from.saturating_add(self.step.saturating_mul(self.up.len() as i64));
        let (from, to) = (s.from.max(self.from), s.to.min(end));
        if from >= to {
            return;
        }
        // The first and the last bin are met in part, those between them whole.
        let (first, last) = ((from - self.from) / self.step, (to - 1 - self.from) / self.step);
        for bin in (first..=last).step_by((last - first).max(1) as usize) {
            let start = self.from + bin * self.step;
            let secs = ((start + self.step).min(to) - start.max(from)) as f64;
            self.up[bin as usize] += secs * s.up;
            self.active[bin as usize] += secs;
        }
        if last - first > 1 {
            let whole = self.step as f64;
            for (bin, sign) in [(first + 1, 1.0), (last, -1.0)] {
                let c = &mut self.change[bin as usize];
                *c = (c.0 + sign * whole * s.up, c.1 + sign * whole);
            }
        }
    }

    /// First second of every bin with its up and active user-seconds.
    pub fn bins(&self) -> impl Iterator<Item = (i64, f64, f64)> + '_ {
        let mut run = (0.0, 0.0);
        (0..self.up.len()).map(move |i| {
            run = (run.0 + self.change[i].0, run.1 + self.change[i].1);
            (self.from + i as i64 * self.step, self.up[i] + run.0, self.active[i] + run.1)
        })
    }

    /// Up over active user time of the whole axis.
    #[must_use]
    pub fn uptime(&self) -> Option<f64> {
        let (up, active) = self.bins().fold((0.0, 0.0), |s, b| (s.0 + b.1, s.1 + b.2));
        (active >= 1e-3).then(|| up / active)
    }

    /// The worst user-uptime of any `bins` bins in a row (minimal cumulative ratio), and the first
    /// second of the earliest such window. Windows in which nobody was active say nothing. By prefix
    /// sums, in one pass. It grows with the window only along whole multiples of it.
    #[must_use]
    pub fn worst(&self, bins: usize) -> Option<(f64, i64)> {
        if bins == 0 || bins > self.up.len() {
            return None;
        }
        let (mut up, mut active) = (0.0, 0.0);
        let mut worst: Option<(f64, i64)> = None;
        let mut sums = vec![(0.0, 0.0)];
        for (_, u, a) in self.bins() {
            (up, active) = (up + u, active + a);
            sums.push((up, active));
        }
        for start in 0..=self.up.len() - bins {
            let (a, b) = (sums[start], sums[start + bins]);
            // Less than a thousandth of a second is what is left of rounding.
            if b.1 - a.1 < 1e-3 {
                continue;
            }
            let ratio = ((b.0 - a.0) / (b.1 - a.1)).clamp(0.0, 1.0);
            if worst.is_none_or(|w| ratio < w.0) {
                worst = Some((ratio, self.from + start as i64 * self.step));
            }
        }
        worst
    }

    /// Width of a bin, seconds.
    #[must_use]
    pub fn step(&self) -> i64 {
        self.step
    }

    /// How many bins.
    #[must_use]
    pub fn len(&self) -> usize {
        self.up.len()
    }

    /// Whether it has no bin.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.up.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listed(answers: &[(i64, u64, u64)], cutoff: i64) -> Vec<(i64, i64, f64)> {
        let mut out = Vec::new();
        segments(answers, cutoff, |s| out.push((s.from, s.to, s.up)));
        out
    }

    #[test]
    fn a_user_is_up_after_a_success_and_down_after_a_failure_and_inactive_after_the_cutoff() {
        for (what, answers, want) in [
            ("nothing", &[][..], &[][..]),
            ("success, failure, success", &[(0, 1, 0), (10, 0, 1), (15, 1, 0)], &[(0, 10, 1.0), (10, 15, 0.0), (15, 45, 1.0)]),
            ("a silence longer than the cutoff", &[(0, 0, 1), (100, 1, 0)], &[(0, 30, 0.0), (100, 130, 1.0)]),
            ("one second holds both", &[(0, 1, 3), (4, 1, 0)], &[(0, 4, 0.25), (4, 34, 1.0)]),
        ] {
            assert_eq!(listed(answers, 30), want, "{what}");
        }
    }

    /// The situation that the paper opens with: a user who fails all the time and asks rarely
    /// counts by time, not by requests. One user asks every second and is served; the other asks
    /// every ten seconds and never is. Requests say 91 %, users' time says 50 %.
    #[test]
    fn a_busy_healthy_user_does_not_hide_one_who_is_never_served() {
        let busy: Vec<_> = (0..100).map(|t| (t, 1, 0)).collect();
        let denied: Vec<_> = (0..100).step_by(10).map(|t| (t, 0, 1)).collect();
        let mut axis = Timeline::new(0, 1, 100);
        for user in [&busy, &denied] {
            segments(user, 30, |s| axis.add(s));
        }
        assert_eq!(axis.uptime(), Some(0.5));
        let (good, bad) = [&busy, &denied].into_iter().flatten().fold((0.0, 0.0), |s, a| (s.0 + a.1 as f64, s.1 + a.2 as f64));
        assert!((good / (good + bad) - 0.909f64).abs() < 1e-3);
    }

    /// Four minutes: all up but for the second one, half of whose user time is down.
    #[test]
    fn the_worst_window_is_found_at_every_length() {
        let mut axis = Timeline::new(600, 60, 4);
        axis.add(Segment { from: 600, to: 660, up: 1.0 });
        axis.add(Segment { from: 660, to: 690, up: 0.0 });
        axis.add(Segment { from: 690, to: 840, up: 1.0 });
        for (bins, want) in [(1, Some((0.5, 660))), (2, Some((0.75, 600))), (4, Some((0.875, 600))), (5, None), (0, None)] {
            assert_eq!(axis.worst(bins), want, "{bins} bins");
        }
        assert_eq!(axis.uptime(), Some(0.875));
        assert_eq!(Timeline::new(0, 60, 3).worst(1), None);
    }

    #[test]
    fn a_long_segment_fills_every_bin_it_meets() {
        let mut axis = Timeline::new(100, 10, 5);
        axis.add(Segment { from: 95, to: 133, up: 0.5 });
        axis.add(Segment { from: 112, to: 118, up: 1.0 });
        axis.add(Segment { from: 140, to: 900, up: 1.0 });
        let bins: Vec<_> = axis.bins().collect();
        assert_eq!(bins, [(100, 5.0, 10.0), (110, 11.0, 16.0), (120, 5.0, 10.0), (130, 1.5, 3.0), (140, 10.0, 10.0)]);
    }

    proptest! {
        #[test]
        fn the_worst_window_never_improves_on_its_multiples(
            list in prop::collection::vec((0..200i64, 1..40i64, 0..2u8), 1..40), w in 1..20usize, k in 2..5usize,
        ) {
            let mut axis = Timeline::new(0, 1, 200);
            for (from, length, up) in list {
                axis.add(Segment { from, to: from + length, up: f64::from(up) });
            }
            if let (Some(short), Some(long)) = (axis.worst(w), axis.worst(w * k)) {
                prop_assert!(short.0 <= long.0 + 1e-9, "{short:?} {long:?}");
            }
        }
    }
}

//! Question: which silences are not what the traffic lets expect, and what does each mean?
//! Method: a run of empty bins of a group of logs is unexpected when every other stretch of the
//! same length of the same group held at least [`EXPECTED_MIN`] events, or the same hours of other
//! days did, or when none is next to impossible for a negative binomial count of its mean and
//! dispersion; where there is nothing like it, the stretches on either side decide. Rotations that
//! the sequence of file names misses, and files cut short, are told apart from that. What a silence
//! means is read off the other tiers (`conserve`).
//! Assumes: nothing on the shape of the day; at least three other stretches of that length.
//! Reference: negative-binomial silence and conservation: `docs/methods.md`, Gaps.

use super::conserve::{Flows, Told};
use super::trace::{COMPARED_MIN, Trace, forecast};
use crate::case::gaps::{Class, Forecast};
use crate::event::Tier;
use crate::survey::Cube;
use crate::time::Span;

/// Fewest events that every other stretch of that length must hold: with 20 expected, an empty
/// stretch has a Poisson chance of 2e-9.
pub const EXPECTED_MIN: u64 = 20;

/// Chance of an empty stretch below which it is unexpected, over all the runs looked at (Bonferroni):
/// one false alarm in a million bundles.
const CHANCE_MAX: f64 = 1e-6;

/// Of a rotation that its neighbours' names let expect this much is enough, in lines: that no file was
/// written because nobody asked has then a Poisson chance of 5 %.
const MISSED_MIN: f64 = 3.0;

/// Shortest silence told, in bins: one empty bin is a pause. Where a log begins or ends it must also
/// be a hundredth of all the time: logs never begin in the same second.
const LENGTH_MIN: usize = 2;

/// Most bins looked at.
pub(super) const BINS_MAX: u32 = 16_384;

/// Logs of one writer: all rotations of one log.
#[derive(Clone, Debug)]
pub struct Group {
    /// As told to the reader.
    pub label: String,
    /// Their tier.
    pub tier: Tier,
    /// Indexes of their sources.
    pub sources: Vec<usize>,
    /// Holes that are known without looking at the traffic.
    pub known: Vec<Known>,
}

/// A hole known from the files themselves: a rotation is not there, or a file was cut short.
#[derive(Clone, Debug)]
pub struct Known {
    /// From the last event before to the first after.
    pub span: Span,
    /// How it is known, in a sentence.
    pub why: String,
}

/// One unexpected silence.
#[derive(Clone, Debug)]
pub struct Silence {
    /// Index of the group.
    pub group: usize,
    /// From the last event before to the first after, to the bin (exactly where `known`).
    pub span: Span,
    /// Fewest events in any other stretch of that length.
    pub expected_at_least: u64,
    /// What was to be expected, where there is enough to compare with.
    pub expected: Option<Forecast>,
    /// What it is taken for.
    pub class: Class,
    /// The evidence, a sentence each.
    pub says: Vec<String>,
    /// Whether its requests were served, where another tier saw what became of them.
    pub served: Option<bool>,
    /// Whether it is no hole but the log begins after the others, or ends before them.
    pub at_edge: bool,
    /// Share of the lines that are missing: 1 for a silence.
    pub share: f64,
}

/// The bins that silences are looked for in: those of the survey, or several of them as one.
pub(super) struct Grid {
    pub(super) start: u32,
    pub(super) width: u32,
    /// How many.
    pub(super) m: usize,
    /// A day in bins, where it is a whole number of them.
    pub(super) day: Option<usize>,
}

impl Grid {
    /// A few lines may span years: the bins looked at are as wide as it takes to bound their number.
    pub(super) fn of(cube: &Cube) -> Grid {
        let range = cube.bins();
        let width = (range.end - range.start).div_ceil(BINS_MAX).max(1);
        let secs = cube.step.0 * i64::from(width);
        let day = (86_400 % secs == 0).then(|| (86_400 / secs) as usize);
        Grid { start: range.start, width, m: (range.end - range.start).div_ceil(width) as usize, day }
    }

    pub(super) fn span(&self, cube: &Cube, from: usize, to: usize) -> Span {
        let at = |i: usize| cube.step.start(i64::from(self.start) + i as i64 * i64::from(self.width));
        Span::new(at(from), at(to))
    }

    /// The bins that lie wholly between events at the ends of `span`, at least one.
    fn inside(&self, cube: &Cube, span: Span) -> (usize, usize) {
        let width = cube.step.0 * i64::from(self.width) * crate::time::SECOND;
        let zero = cube.step.start(i64::from(self.start)).0;
        let place = |t: i64| usize::try_from(t.max(0)).unwrap_or(0).min(self.m);
        let from = place((span.from.0 - zero).div_euclid(width) + 1);
        let to = place((span.to.0 - zero).div_euclid(width));
        (from.min(self.m.saturating_sub(1)), to.max(from + 1))
    }
}

/// Finds the unexpected silences of every group, in order of group and time.
#[must_use]
pub fn silences(cube: &Cube, groups: &[Group]) -> Vec<Silence> {
    let grid = Grid::of(cube);
    let flows = Flows::of(cube, groups, grid.start, grid.width);
    let mut found = Vec::new();
    for (group, flow) in flows.logs.iter().enumerate() {
        let trace = &flow.events;
        let runs = unexpected(trace, grid.m, grid.day);
        let hits = |a: usize, b: usize| runs.iter().any(|r| r.0 < b && a < r.1);
        let expected = |from, to| trace.expected(grid.m, (from, to), grid.day, &hits);
        let known: Vec<(&Known, (usize, usize))> = groups[group].known.iter().map(|k| (k, grid.inside(cube, k.span))).collect();
        for (k, (from, to)) in &known {
            let e = expected(*from, *to);
            if trace.sum(*from, *to) > 0 || e.is_none_or(|e| e.mean < MISSED_MIN) {
                continue;
            }
            let told = flows.ask(groups, group, *from, *to);
            let mut says = vec![k.why.clone()];
            says.extend(told.as_ref().filter(|t| t.class != Class::CannotTell).map(|t| t.says.clone()));
            found.push(Silence {
                group,
                span: k.span,
                expected_at_least: e.map_or(0, |e| e.quantile(-crate::stats::interval::Z95) as u64),
                expected: e.as_ref().map(forecast),
                class: Class::LogLost,
                says,
                served: told.filter(|t| t.class == Class::LogLost).and_then(|t| t.served),
                at_edge: false,
                share: 1.0,
            });
        }
        for &(from, to, expected_at_least) in &runs {
            let at_edge = from == 0 || to == grid.m;
            if at_edge && !flows.beside(groups, group, from, to) {
                continue;
            }
            // Told already, as a file that is missing.
            if found.iter().any(|s| s.group == group && s.span.overlaps(grid.span(cube, from, to))) {
                continue;
            }
            let Told { class, says, served } = flows.ask(groups, group, from, to).unwrap_or_else(|| {
                let says = if flows.others_went_on(group, from, to) { OTHERS_WENT_ON } else { ALL_SILENT };
                Told { class: Class::CannotTell, says: says.into(), served: None }
            });
            let edge = at_edge.then(|| "This log begins after the others or ends before them.".to_owned());
            found.push(Silence {
                group,
                span: grid.span(cube, from, to),
                expected_at_least,
                expected: expected(from, to).as_ref().map(forecast),
                class,
                says: edge.into_iter().chain([says]).collect(),
                served,
                at_edge,
                share: 1.0,
            });
        }
    }
    super::partial::partial(cube, groups, &flows, &grid, &mut found);
    found.sort_by_key(|s| (s.group, s.span.from));
    found
}

const OTHERS_WENT_ON: &str = "Other logs went on. These logs cannot tell whether the lines were lost or the requests never came.";

const ALL_SILENT: &str =
    "Nothing was logged anywhere. These logs cannot tell whether the service was down, nobody asked, or the lines were lost.";

impl Silence {
    /// What it means, in words.
    #[must_use]
    pub fn means(&self) -> String {
        self.says.join(" ")
    }

    /// Why the logs exclude that the lost requests failed, if they do.
    #[must_use]
    pub fn excluded(&self) -> Option<&str> {
        self.says.last().filter(|_| self.served == Some(true)).map(String::as_str)
    }
}

/// Unexpected runs of empty bins, in the bundle's `m` bins: between the group's events, before the
/// first and after the last (other groups have events there): (from, to, expected).
pub(super) fn unexpected(trace: &Trace, m: usize, day: Option<usize>) -> Vec<(usize, usize, u64)> {
    let (n, first, total) = (trace.len(), trace.first, trace.total());
    if n == 0 {
        return Vec::new();
    }
    // Long runs first; a shorter one is judged outside the longer ones already found.
    let mut runs = trace.empty_runs(m);
    let looked_at = runs.len() as f64;
    runs.sort_by_key(|r| (std::cmp::Reverse(r.1 - r.0), r.0));
    let mut found: Vec<(usize, usize, u64)> = Vec::new();
    for (from, to) in runs.into_iter().take(64) {
        let length = to - from;
        let at_edge = from == 0 || to == m;
        let thin = total * (length as u64) < EXPECTED_MIN * n as u64;
        if length < LENGTH_MIN || (at_edge && length * 100 < m) || thin {
            continue;
        }
        let hits = |a: usize, b: usize| (from < b && a < to) || found.iter().any(|f| f.0 < b && a < f.1);
        let (mut least, mut apart, mut free) = (u64::MAX, 0, 0);
        for a in (0..(n + 1).saturating_sub(length)).filter(|&a| !hits(a + first, a + first + length)) {
            least = least.min(trace.sum(a + first, a + first + length));
            if a >= free {
                (apart, free) = (apart + 1, a + length);
            }
        }
        let least_at = || trace.same_hours(m, from, to, day).into_iter().min();
        let expected = if at_edge {
            // Half of what the log usually holds: enough to say that it does not reach so far.
            least_at().unwrap_or(total * length as u64 / n as u64 / 2)
        } else if apart >= COMPARED_MIN && least >= EXPECTED_MIN {
            least
        } else if let Some(same) = least_at() {
            // Other stretches may be as silent, but perhaps not at this time of day.
            same
        } else if apart >= COMPARED_MIN {
            if next_to_impossible(trace, (from, to), &hits, looked_at) { EXPECTED_MIN.max(least) } else { 0 }
        } else {
            beside(trace, m, from, to).unwrap_or(0)
        };
        if expected >= EXPECTED_MIN {
            found.push((from, to, expected));
        }
    }
    found.sort_unstable();
    found
}

/// Whether no event at all would be next to impossible by mean and dispersion of at least five other
/// stretches, none of which was silent.
fn next_to_impossible(trace: &Trace, (from, to): (usize, usize), hits: &dyn Fn(usize, usize) -> bool, runs: f64) -> bool {
    let alike = trace.alike(from, to, hits);
    let counts: Vec<f64> = alike.iter().map(|&n| n as f64).collect();
    alike.len() >= 5
        && alike.iter().all(|&n| n > 0)
        && crate::stats::negbin::Expected::of(&counts)
            .is_some_and(|e| e.mean >= EXPECTED_MIN as f64 && e.none() * runs < CHANCE_MAX)
}

/// Without anything to compare with: what the quieter of the stretches on either side lets expect.
/// Each must be at least a quarter as long as the silence. Too long a silence to be told from an
/// outage must not pass for nothing.
fn beside(trace: &Trace, m: usize, from: usize, to: usize) -> Option<u64> {
    let (begin, end) = (trace.first, trace.end().min(m));
    let length = to - from;
    let side = |a: usize, b: usize| {
        let (a, b) = (a.max(begin), b.min(end));
        (b > a && (b - a) * 4 >= length).then(|| trace.sum(a, b) * length as u64 / (b - a) as u64)
    };
    Some(side(from.saturating_sub(length), from)?.min(side(to, to + length)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The unexpected silences of one group whose bins are all of the bundle's.
    fn found(bins: &[u64]) -> Vec<(usize, usize, u64)> {
        unexpected(&Trace::of(bins.iter().copied().enumerate()), bins.len(), Some(24))
    }

    #[test]
    fn a_hole_in_steady_traffic_is_unexpected_and_a_quiet_night_is_not() {
        let steady: Vec<u64> = (0..100).map(|i| if (40..52).contains(&i) { 0 } else { 10 }).collect();
        assert_eq!(found(&steady), [(40, 52, 120)]);
        let nights: Vec<u64> = (0..96).map(|h| if h % 24 < 8 { 0 } else { 30 }).collect();
        assert!(found(&nights).is_empty());
        let thin: Vec<u64> = (0..300).map(|i| u64::from(i % 37 == 0)).collect();
        assert!(found(&thin).is_empty());
    }

    #[test]
    fn a_log_that_ends_before_the_others_is_told() {
        let cut: Vec<u64> = (0..100).map(|i| if i < 80 { 10 } else { 0 }).collect();
        assert_eq!(found(&cut), [(80, 100, 200)]);
    }

    #[test]
    fn a_hole_too_long_to_compare_is_judged_by_its_sides() {
        let bins: Vec<u64> = (0..100).map(|i| if (20..70).contains(&i) { 0 } else { 10 }).collect();
        assert_eq!(found(&bins), [(20, 70, 500)]);
    }

    #[test]
    fn a_silent_noon_is_told_although_every_night_is_silent() {
        let bins: Vec<u64> = (0..96).map(|h| if h % 24 < 8 || (58..61).contains(&h) { 0 } else { 30 }).collect();
        assert_eq!(found(&bins), [(58, 61, 90)]);
    }

    #[test]
    fn bursts_make_a_silence_likelier_and_steadiness_makes_it_next_to_impossible() {
        let never = |a: usize, b: usize| a < 60 && 50 < b;
        // One stretch of ten bins holds 15, the others 40: too little for the plain rule, yet far from none.
        let steady: Vec<u64> = (0..200)
            .map(|i| {
                if (50..60).contains(&i) {
                    0
                } else if (100..110).contains(&i) {
                    2
                } else {
                    4
                }
            })
            .collect();
        let wild: Vec<u64> = (0..200)
            .map(|i| {
                if (50..60).contains(&i) {
                    0
                } else if i % 40 < 10 {
                    15
                } else {
                    u64::from(i % 10 == 0)
                }
            })
            .collect();
        let of = |bins: &[u64]| next_to_impossible(&Trace::of(bins.iter().copied().enumerate()), (50, 60), &never, 1.0);
        assert!(of(&steady));
        assert!(!of(&wild));
    }
}

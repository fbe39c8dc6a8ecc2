//! Question: which silences are not what the traffic lets expect?
//! Method: a run of empty bins of a group of logs is unexpected when every other stretch of the
//! same length of the same group held at least [`EXPECTED_MIN`] events, or the same hours of other
//! days did; where there is neither, the stretches on either side decide. What it means is read off
//! the other groups.
//! Assumes: nothing on the shape of the day; at least three other stretches of that length.

use crate::event::Tier;
use crate::survey::Cube;
use crate::time::Span;

/// Fewest events that every other stretch of that length must hold: with 20 expected, an empty
/// stretch has a Poisson chance of 2e-9.
pub const EXPECTED_MIN: u64 = 20;

/// Fewest stretches apart from each other to compare a silence with.
const COMPARED_MIN: usize = 3;

/// Shortest silence told, in bins: one empty bin is a pause. Where a log begins or ends it must also
/// be a hundredth of all the time: logs never begin in the same second.
const LENGTH_MIN: usize = 2;

/// Most bins looked at.
const BINS_MAX: u32 = 16_384;

/// Logs of one writer: all rotations of one log.
#[derive(Clone, Debug)]
pub struct Group {
    /// As told to the reader.
    pub label: String,
    /// Their tier.
    pub tier: Tier,
    /// Indexes of their sources.
    pub sources: Vec<usize>,
}

/// What an unexpected silence means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Tiers further in saw ordinary traffic: lines are missing, not requests.
    LinesLost,
    /// Others went on, none further in can tell.
    Unknown,
    /// Nothing was logged anywhere.
    AllSilent,
}

/// One unexpected silence.
#[derive(Clone, Debug)]
pub struct Silence {
    /// Index of the group.
    pub group: usize,
    /// From the last event before to the first after, to the bin.
    pub span: Span,
    /// Fewest events in any other stretch of that length.
    pub expected_at_least: u64,
    /// What it means.
    pub meaning: Meaning,
    /// Whether it is no hole but the log begins after the others, or ends before them.
    pub at_edge: bool,
}

/// Finds the unexpected silences of every group, in order of group and time.
#[must_use]
pub fn silences(cube: &Cube, groups: &[Group]) -> Vec<Silence> {
    let range = cube.bins();
    // A few lines may span years: the bins looked at are as wide as it takes to bound their number.
    let width = (range.end - range.start).div_ceil(BINS_MAX).max(1);
    let m = (range.end - range.start).div_ceil(width) as usize;
    let day = day_in_bins(cube.step.0 * i64::from(width));
    let per_group: Vec<Trace> = groups.iter().map(|g| Trace::of(cube, g, range.start, width)).collect();
    let mut found = Vec::new();
    for (group, trace) in per_group.iter().enumerate() {
        for (from, to, expected_at_least) in unexpected(trace, m, day) {
            let meaning = meaning(&per_group, m, groups, group, from, to);
            let at_edge = from == 0 || to == m;
            if at_edge && !beside_others(&per_group, groups, group, from, to) {
                continue;
            }
            let at = |i: usize| cube.step.start(i64::from(range.start) + i as i64 * i64::from(width));
            found.push(Silence { group, span: Span::new(at(from), at(to)), expected_at_least, meaning, at_edge });
        }
    }
    found
}

/// Events per bin of one group, from its first to its last occupied bin: of thousands of short logs
/// no more is kept than they hold.
struct Trace {
    /// Its first bin, counted from the bundle's.
    first: usize,
    bins: Vec<u64>,
}

impl Trace {
    fn of(cube: &Cube, group: &Group, start: u32, width: u32) -> Trace {
        let occupied = || {
            let bins = group.sources.iter().flat_map(|&s| &cube.sources[s].per_bin);
            bins.map(|(bin, n)| (bin.saturating_sub(start) / width, *n))
        };
        let first = occupied().map(|b| b.0).min().unwrap_or(0);
        let mut bins = vec![0u64; occupied().map(|b| (b.0 - first) as usize + 1).max().unwrap_or(0)];
        for (bin, n) in occupied() {
            bins[(bin - first) as usize] += n;
        }
        Trace { first: first as usize, bins }
    }

    /// Events in the bundle's bins `from..to`.
    fn sum(&self, from: usize, to: usize) -> u64 {
        let at = |i: usize| i.saturating_sub(self.first).min(self.bins.len());
        self.bins[at(from)..at(to)].iter().sum()
    }
}

/// Unexpected runs of empty bins, in the bundle's `m` bins: between the group's events, before the
/// first and after the last (other groups have events there): (from, to, expected).
fn unexpected(trace: &Trace, m: usize, day: Option<usize>) -> Vec<(usize, usize, u64)> {
    let bins = &trace.bins;
    let n = bins.len();
    if n == 0 {
        return Vec::new();
    }
    let mut sums = vec![0u64; n + 1];
    for (i, count) in bins.iter().enumerate() {
        sums[i + 1] = sums[i] + count;
    }
    // Long runs first; a shorter one is judged outside the longer ones already found.
    let mut runs = empty_runs(trace, m);
    runs.sort_by_key(|r| (std::cmp::Reverse(r.1 - r.0), r.0));
    let mut found: Vec<(usize, usize, u64)> = Vec::new();
    for (from, to) in runs.into_iter().take(64) {
        let length = to - from;
        let at_edge = from == 0 || to == m;
        let thin = sums[n] * (length as u64) < EXPECTED_MIN * n as u64;
        if length < LENGTH_MIN || (at_edge && length * 100 < m) || thin {
            continue;
        }
        let hits = |a: usize, b: usize| (from < b && a < to) || found.iter().any(|f| f.0 < b && a < f.1);
        let (mut least, mut apart, mut free) = (u64::MAX, 0, 0);
        for a in (0..(n + 1).saturating_sub(length)).filter(|&a| !hits(a + trace.first, a + trace.first + length)) {
            least = least.min(sums[a + length] - sums[a]);
            if a >= free {
                (apart, free) = (apart + 1, a + length);
            }
        }
        let expected = if at_edge {
            // Half of what the log usually holds: enough to say that it does not reach so far.
            at_same_hours(trace, m, from, to, day).unwrap_or(Some(sums[n] * length as u64 / n as u64 / 2))
        } else {
            match (apart >= COMPARED_MIN, least >= EXPECTED_MIN) {
                (true, true) => Some(least),
                // Other stretches are as silent, but perhaps not at this time of day.
                (true, false) => at_same_hours(trace, m, from, to, day).flatten(),
                (false, _) => at_same_hours(trace, m, from, to, day).unwrap_or_else(|| beside(trace, m, from, to)),
            }
        };
        found.extend(expected.filter(|&n| n >= EXPECTED_MIN).map(|n| (from, to, n)));
    }
    found.sort_unstable();
    found
}

/// A day in bins, where it is a whole number of them.
fn day_in_bins(bin_secs: i64) -> Option<usize> {
    (86_400 % bin_secs == 0).then(|| (86_400 / bin_secs) as usize)
}

/// Fewest events in the same hours of other days (up to a week away) that the group's log covers:
/// a night that is always silent is ordinary, a noon that is not is not. `None` without such a day.
fn at_same_hours(trace: &Trace, m: usize, from: usize, to: usize, day: Option<usize>) -> Option<Option<u64>> {
    let day = day?;
    let (begin, end) = (trace.first, trace.first + trace.bins.len());
    let shifted = (1..=7).flat_map(|d| {
        let shift = d * day;
        [from.checked_sub(shift).zip(to.checked_sub(shift)), Some((from + shift, to + shift))]
    });
    let counts: Vec<u64> = shifted
        .flatten()
        .filter(|&(a, b)| a >= begin && b <= end.min(m) && (b <= from || a >= to))
        .map(|(a, b)| trace.sum(a, b))
        .collect();
    (!counts.is_empty()).then(|| counts.iter().copied().min())
}

/// Without anything to compare with: what the quieter of the stretches on either side lets expect.
/// Each must be at least a quarter as long as the silence. Too long a silence to be told from an
/// outage must not pass for nothing.
fn beside(trace: &Trace, m: usize, from: usize, to: usize) -> Option<u64> {
    let (begin, end) = (trace.first, (trace.first + trace.bins.len()).min(m));
    let length = to - from;
    let side = |a: usize, b: usize| {
        let (a, b) = (a.max(begin), b.min(end));
        (b > a && (b - a) * 4 >= length).then(|| trace.sum(a, b) * length as u64 / (b - a) as u64)
    };
    Some(side(from.saturating_sub(length), from)?.min(side(to, to + length)?))
}

/// All runs of empty bins of a group within the bundle's `m` bins.
fn empty_runs(trace: &Trace, m: usize) -> Vec<(usize, usize)> {
    let end = trace.first + trace.bins.len();
    let mut runs: Vec<(usize, usize)> = [(0, trace.first), (end, m)].into_iter().filter(|r| r.0 < r.1).collect();
    let mut from = None;
    for (i, &n) in trace.bins.iter().enumerate() {
        match (n, from) {
            (0, None) => from = Some(i),
            (1.., Some(start)) => {
                runs.push((trace.first + start, trace.first + i));
                from = None;
            }
            _ => {}
        }
    }
    runs
}

/// Whether another log of the same tier was written both while this one was and while it was not:
/// only then does it begin late or end early. Logs that follow one another do neither.
fn beside_others(per_group: &[Trace], groups: &[Group], group: usize, from: usize, to: usize) -> bool {
    let own = &per_group[group];
    (0..groups.len()).filter(|&g| g != group && groups[g].tier == groups[group].tier).any(|g| {
        let other = &per_group[g];
        other.sum(from, to) > 0 && other.sum(own.first, own.first + own.bins.len()) > 0
    })
}

/// A tier further in that carried at least this share of its neighbouring traffic is taken to have
/// gone on: half, far from both silence and any wobble.
const WENT_ON: f64 = 0.5;

/// What the silence of `group` from bin `from` to bin `to` of the bundle's `m` means.
fn meaning(per_group: &[Trace], m: usize, groups: &[Group], group: usize, from: usize, to: usize) -> Meaning {
    let went_on = |trace: &Trace| {
        let length = to - from;
        let inside = trace.sum(from, to);
        let (before, after) = (trace.sum(from.saturating_sub(length), from), trace.sum(to, (to + length).min(m)));
        let bins_around = (from - from.saturating_sub(length)) + ((to + length).min(m) - to);
        let usual = (before + after) as f64 * length as f64 / bins_around.max(1) as f64;
        inside > 0 && inside as f64 >= WENT_ON * usual
    };
    let others = || (0..groups.len()).filter(|&g| g != group);
    // Only a tier that serves this one can witness for it: further in, and unknown tiers do not.
    let further_in = |g: &usize| groups[*g].tier > groups[group].tier && groups[*g].tier != Tier::Unknown;
    if others().filter(further_in).any(|g| went_on(&per_group[g])) {
        let siblings = others().any(|g| groups[g].tier == groups[group].tier);
        // With siblings still feeding the inner tiers, their traffic must not have dropped at all.
        let full = |g: usize| {
            let inside = per_group[g].sum(from, to);
            let before = per_group[g].sum(from.saturating_sub(to - from), from);
            inside as f64 >= 0.85 * before as f64
        };
        if !siblings || others().filter(further_in).any(full) {
            return Meaning::LinesLost;
        }
        return Meaning::Unknown;
    }
    if others().any(|g| went_on(&per_group[g])) { Meaning::Unknown } else { Meaning::AllSilent }
}

impl Meaning {
    /// What the reader is told.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Meaning::LinesLost => {
                "Logs further in show that requests still arrived as usual, so these lines are missing, not the requests."
            }
            Meaning::Unknown => {
                "Other logs went on. These logs cannot tell whether the lines were lost or the requests never came."
            }
            Meaning::AllSilent => {
                "Nothing was logged anywhere. These logs cannot tell whether the service was down or the lines were lost."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The unexpected silences of one group whose bins are all of the bundle's.
    fn found(bins: &[u64]) -> Vec<(usize, usize, u64)> {
        let first = bins.iter().position(|&n| n > 0).unwrap_or(0);
        let last = bins.iter().rposition(|&n| n > 0).map_or(first, |i| i + 1);
        unexpected(&Trace { first, bins: bins[first..last].to_vec() }, bins.len(), Some(24))
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
}

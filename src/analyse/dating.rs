//! Question: when exactly did failures begin and end?
//! Method: posterior of one change point on either side, on the target's fine bins; then the first
//! and last bad event and the good ones next to them.
//! Assumes: one onset and one recovery inside the stretch looked at; a ramp is dated to its
//! steepest part.
//! Reference: `stats::change`.

use crate::examine::Moment;
use crate::stats::change::change_point;
use crate::stats::segment::{Count, dispersion};
use crate::time::{Micros, SECOND, Span, Step};
use std::collections::BTreeMap;

/// Fine bins that must lie outside the failure on a side before a change there can be dated.
const EDGE_BINS: i64 = 2;

/// How far around a rough end is looked, in units of its slack.
const NEIGHBOURHOOD: i64 = 6;

/// An instant with the range the data allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dated {
    /// Best estimate.
    pub at: Micros,
    /// Earliest.
    pub low: Micros,
    /// Latest.
    pub high: Micros,
}

/// Onset and recovery; `None` where the stretch shows no change on that side (the logs begin or
/// end inside the failure).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dates {
    /// Onset.
    pub onset: Option<Dated>,
    /// Recovery.
    pub recovery: Option<Dated>,
}

/// Dates the failure that `window` encloses to within `slack` microseconds, in the target's
/// `series`, looking no further than `limits`. Only the neighbourhood of either end is looked at:
/// a failure that eases half-way has its end where it ends, not where it changed most.
#[must_use]
pub fn date(series: &BTreeMap<i64, Moment>, fine: Step, window: Span, slack: i64, limits: Span) -> Dates {
    let middle = Micros(window.from.0 + (window.to.0 - window.from.0) / 2);
    let reach = ((window.to.0 - window.from.0) / 8).max(NEIGHBOURHOOD * slack).max(NEIGHBOURHOOD * fine.0 * SECOND);
    let before = Span::new(window.from.plus(-reach).max(limits.from), window.from.plus(reach).min(middle));
    let after = Span::new(window.to.plus(-reach).max(middle), window.to.plus(reach).min(limits.to));
    // A failure at the very edge of what may be looked at has its other side outside.
    let edge = EDGE_BINS * fine.0 * SECOND;
    let begins = window.from.0 - limits.from.0 >= edge;
    let ends = limits.to.0 - window.to.0 >= edge;
    Dates {
        onset: if begins { onset(series, fine, before, window) } else { None },
        recovery: if ends { recovery(series, fine, after, window) } else { None },
    }
}

fn counts(series: &BTreeMap<i64, Moment>, fine: Step, span: Span) -> (i64, Vec<Count>) {
    let (first, last) = (fine.bin(span.from), fine.bin(span.to.plus(-1)));
    let counts = (first..=last.max(first))
        .map(|b| series.get(&b).map_or(Count::default(), |m| Count { bad: m.cell.bad(), n: m.cell.valid() }))
        .collect();
    (first, counts)
}

/// Bad events in one fine bin that are more than a stray one.
const SEVERAL: u64 = 3;

/// Part of the failing share from which on a bin next to the border belongs to the failure.
const HALF: f64 = 0.5;

fn onset(series: &BTreeMap<i64, Moment>, fine: Step, span: Span, window: Span) -> Option<Dated> {
    let (first, counts) = counts(series, fine, span);
    let silent = series.range(fine.bin(span.from)..fine.bin(window.from)).all(|(_, m)| m.cell.valid() == 0);
    let Some(found) = change_point(&counts, dispersion(&counts), true).filter(|_| !silent) else {
        return first_asked(series, fine, span);
    };
    let rate = share(&counts[found.at..]);
    let back = counts[..found.at].iter().rev().take_while(|c| c.bad > 0 && share(std::slice::from_ref(c)) >= HALF * rate).count();
    let start = |i: usize| first + i as i64;
    let border = start(found.at - back);
    // The failure's first sign: the first bad event from the border on.
    let at = series.range(border..).find_map(|(_, m)| m.bad).map_or(fine.start(border), |b| b.0);
    let last_good = series
        .range(..=border)
        .rev()
        .filter_map(|(_, m)| m.good)
        .find_map(|g| if g.1 < at { Some(g.1) } else { (g.0 < at).then_some(g.0) });
    let low = match last_good {
        Some(good) if found.low == found.at => good,
        _ => fine.start(start(found.low)),
    };
    // Several failures in the bin before may have been its beginning.
    let before = series.get(&(border - 1)).filter(|m| m.cell.bad() >= SEVERAL).and_then(|m| m.bad);
    let low = before.map_or(low, |b| b.0.min(low));
    let high = fine.start(start(found.high));
    Some(Dated { at, low: low.min(at), high: high.max(at) })
}

/// The onset where nobody asked before: the first bad event; it may have begun any time since the
/// last event before, if there is one. `None` where others were served first.
fn first_asked(series: &BTreeMap<i64, Moment>, fine: Step, span: Span) -> Option<Dated> {
    let at = series.range(fine.bin(span.from)..=fine.bin(span.to.plus(-1))).find_map(|(_, m)| m.bad)?.0;
    let before = series.range(..=fine.bin(at)).rev().filter_map(|(_, m)| m.good).find(|g| g.0 < at);
    let low = before.map_or(span.from, |g| if g.1 < at { g.1 } else { g.0 });
    (low <= span.from || fine.bin(low) < fine.bin(at)).then_some(Dated { at, low: low.min(at), high: at })
}

fn share(counts: &[Count]) -> f64 {
    let (bad, n) = counts.iter().fold((0, 0), |s, c| (s.0 + c.bad, s.1 + c.n));
    bad as f64 / n.max(1) as f64
}

fn recovery(series: &BTreeMap<i64, Moment>, fine: Step, span: Span, window: Span) -> Option<Dated> {
    let (first, counts) = counts(series, fine, span);
    let after = fine.bin(window.to.plus(-1)) + 1;
    let silent =
        after <= fine.bin(span.to.plus(-1)) && series.range(after..=fine.bin(span.to.plus(-1))).all(|(_, m)| m.cell.valid() == 0);
    let Some(found) = change_point(&counts, dispersion(&counts), false).filter(|_| !silent) else {
        return last_asked(series, fine, span);
    };
    let rate = share(&counts[..found.at]);
    let on = counts[found.at..].iter().take_while(|c| c.bad > 0 && share(std::slice::from_ref(c)) >= HALF * rate).count();
    let start = |i: usize| first + i as i64;
    let border = start(found.at + on);
    // The failure's last sign: the last bad event before the border. The end is not included, so
    // it is the next full second.
    let last_bad = series.range(..border).rev().find_map(|(_, m)| m.bad).map(|b| b.1);
    let at = last_bad.map_or(fine.start(border), |b| Micros::from_secs(b.plus(SECOND).secs()));
    let next_good = series.range(border..).find_map(|(_, m)| m.good).map(|g| g.0);
    let high = match next_good {
        Some(good) if found.high == found.at => good,
        _ => fine.start(start(found.high) + 1),
    };
    let low = fine.start(start(found.low));
    Some(Dated { at, low: low.min(at), high: high.max(at) })
}

/// The recovery where nobody asked any more: the last bad event; it may have lasted until the next
/// event, or to the end of what is looked at. `None` where others were served last.
fn last_asked(series: &BTreeMap<i64, Moment>, fine: Step, span: Span) -> Option<Dated> {
    let last = series.range(fine.bin(span.from)..=fine.bin(span.to.plus(-1))).rev().find_map(|(_, m)| m.bad)?.1;
    let after = series.range(fine.bin(last)..).filter_map(|(_, m)| m.good).find(|g| g.1 > last);
    let at = Micros::from_secs(last.plus(SECOND).secs());
    let high = after.map_or(span.to, |g| if g.0 > last { g.0 } else { g.1 });
    Some(Dated { at, low: at, high: high.max(at) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;

    fn moment(at: i64, bad: u32, good: u32) -> Moment {
        let mut m = Moment::default();
        let t = Micros::from_secs(at);
        for _ in 0..bad {
            m.cell.add(Outcome::Failed, Some(503));
            m.bad = Some((t, t));
        }
        for _ in 0..good {
            m.cell.add(Outcome::Good, Some(200));
            m.good = Some((t, t));
        }
        m
    }

    #[test]
    fn a_dense_partial_failure_is_dated_to_the_second() {
        let series = (0..120).map(|s| (s, if (40..80).contains(&s) { moment(s, 20, 5) } else { moment(s, 0, 25) })).collect();
        let whole = Span::new(Micros(0), Micros::from_secs(120));
        let d = date(&series, Step(1), Span::new(Micros::from_secs(38), Micros::from_secs(83)), SECOND, whole);
        let (onset, recovery) = (d.onset.expect("onset"), d.recovery.expect("recovery"));
        assert_eq!(onset.at, Micros::from_secs(40));
        assert_eq!(recovery.at, Micros::from_secs(80));
        assert!(onset.low >= Micros::from_secs(38) && recovery.high <= Micros::from_secs(82));
    }

    #[test]
    fn in_thin_traffic_the_range_reaches_to_the_neighbouring_good_events() {
        let good = [100, 900, 1_700, 2_500, 3_100, 11_900, 13_000, 14_000, 15_000];
        let bad = [3_700, 4_200, 5_000, 6_100, 7_000, 8_000, 9_500, 10_400];
        let mut series = BTreeMap::new();
        for t in good {
            series.insert(t / 300, moment(t, 0, 3));
        }
        for t in bad {
            series.insert(t / 300, moment(t, 3, 0));
        }
        let window = Span::new(Micros::from_secs(3_600), Micros::from_secs(10_800));
        let d = date(&series, Step(300), window, 300 * SECOND, Span::new(Micros(0), Micros::from_secs(15_300)));
        let (onset, recovery) = (d.onset.expect("onset"), d.recovery.expect("recovery"));
        assert_eq!((onset.at, recovery.at), (Micros::from_secs(3_700), Micros::from_secs(10_401)));
        assert!(onset.low <= Micros::from_secs(3_100) && recovery.high >= Micros::from_secs(11_900));
    }

    #[test]
    fn a_failure_that_the_logs_begin_in_has_no_onset() {
        let series = (0..60).map(|s| (s, if s < 30 { moment(s, 20, 0) } else { moment(s, 0, 20) })).collect();
        let whole = Span::new(Micros(0), Micros::from_secs(60));
        let d = date(&series, Step(1), Span::new(Micros(0), Micros::from_secs(30)), SECOND, whole);
        assert!(d.onset.is_none());
        assert_eq!(d.recovery.map(|r| r.at), Some(Micros::from_secs(30)));
    }
}

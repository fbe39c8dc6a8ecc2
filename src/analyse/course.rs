//! Question: did a failure come and go at once, gradually, or again and again?
//! Method: a ramp against a step at either end; from three bouts on, the share of the pauses and how
//! alike the times from onset to onset are.
//! Assumes: bouts and pauses were told apart before (`stats::bouts`).
//! Reference: `stats::ramp`; Cox and Lewis, *The Statistical Analysis of Series of Events*, 1966.

use super::dating::{Bout as DatedBout, Dates, Gradual as DatedGradual};
use super::detect::{BOUTS_ALIKE, BOUTS_MIN, PAUSE_MAX, PAUSE_SHARE};
use crate::case::{Bout, Course, Gradual, Shape};
use crate::examine::Moment;
use crate::stats::bouts::Bouts;
use crate::stats::ramp::ramp;
use crate::stats::segment::Count;
use crate::time::{SECOND, Span, Step};
use std::collections::BTreeMap;

/// A change is gradual if it took at least this part of the bout: less is the manner in which a step
/// shows in logs that are written when an answer ends.
const GRADUAL_SHARE: f64 = 0.2;

/// Part of the bouts that must be alike in length: one of four may have been cut short or in two.
const ALIKE_SHARE: f64 = 0.75;

/// From so many bouts on a period can be told, and up to this coefficient of variation of the times
/// from onset to onset: three exponential waits are as alike as this by chance once in twenty.
const REGULAR: (usize, f64) = (4, 0.25);

/// Bins at least that are looked at before a ramp.
const CONTEXT: usize = 60;

/// A ramp in bins of the counts looked at, told upwards in time or, for a recovery, downwards.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slope {
    /// Where it had not risen yet (for a recovery: any more).
    foot: f64,
    /// Where it had its full height.
    top: f64,
    /// 95 % range of the foot, ascending.
    pub range: (f64, f64),
}

impl Slope {
    /// Where `part` of the rise is reached, from the foot.
    #[must_use]
    pub fn reached(&self, part: f64) -> f64 {
        self.foot + part * (self.top - self.foot)
    }
}

/// The ramp at the beginning (`upwards`) or end of bout `i`, if the change there was gradual.
#[must_use]
pub fn gradual(counts: &[Count], bouts: &Bouts, i: usize, upwards: bool) -> Option<Slope> {
    let &(from, to) = bouts.spans.get(i)?;
    let length = to - from;
    let reach = length.max(CONTEXT);
    let rate = |a: usize, b: usize| {
        let (bad, n) = counts[a..b].iter().fold((0u64, 0u64), |s, c| (s.0 + c.bad, s.1 + c.n));
        bad as f64 / n.max(1) as f64
    };
    let middle = from.midpoint(to);
    let (early, late) = (rate(from, middle), rate(middle, to));
    // The other half belongs to the rise only where the rise goes on in it.
    let (low, high) = if upwards {
        let first = if i == 0 { 0 } else { bouts.spans[i - 1].1 };
        (first.max(from.saturating_sub(reach)), if late >= early { to } else { middle })
    } else {
        let last = bouts.spans.get(i + 1).map_or(counts.len(), |n| n.0);
        (if early >= late { from } else { middle }, last.min(to + reach))
    };
    let mut part = counts[low..high].to_vec();
    if !upwards {
        part.reverse();
    }
    let found = ramp(&part, bouts.dispersion)?;
    if found.to - found.from < GRADUAL_SHARE * length as f64 {
        return None;
    }
    let place = |bins: f64| if upwards { low as f64 + bins } else { high as f64 - bins };
    let (a, b) = (place(found.from_range.0), place(found.from_range.1));
    Some(Slope { foot: place(found.from), top: place(found.to), range: (a.min(b), a.max(b)) })
}

/// What the dates say of the course of an episode from `whole.from` to `whole.to`.
#[must_use]
pub fn course(dates: &Dates, whole: Span, series: &BTreeMap<i64, Moment>, fine: Step) -> Course {
    let bouts: Vec<Bout> = dates.bouts.iter().map(|b| told(b, whole, series, fine)).collect();
    let downtime = bouts.iter().map(|b| Span::new(b.from, b.to).secs()).sum::<f64>();
    let share = downtime / whole.secs().max(1e-6);
    let gradual = |g: Option<DatedGradual>| g.map(|g| Gradual { at_5: g.at[0], at_50: g.at[1], at_95: g.at[2] });
    let shape = match () {
        () if recurring(&dates.bouts) && share <= 1.0 - PAUSE_SHARE => Shape::Oscillating,
        () if dates.gradual_onset.is_some() || dates.gradual_recovery.is_some() => Shape::Ramp,
        () => Shape::Step,
    };
    Course {
        shape,
        downtime: Some(downtime),
        duty_cycle: (shape == Shape::Oscillating).then_some(share.clamp(0.0, 1.0)),
        period: if shape == Shape::Oscillating { period(&bouts) } else { None },
        bouts,
        resolution: Some(dates.resolution as f64 / SECOND as f64),
        gradual_onset: gradual(dates.gradual_onset),
        gradual_recovery: gradual(dates.gradual_recovery),
    }
}

/// Whether these are bouts of one failure that comes back: three or more, of much the same length,
/// with pauses that are not much longer (as in the search for candidates).
fn recurring(bouts: &[DatedBout]) -> bool {
    let mut lengths: Vec<f64> = bouts.iter().map(|b| b.span.secs()).collect();
    lengths.sort_by(f64::total_cmp);
    let (Some(&median), Some(&longest)) = (lengths.get(lengths.len() / 2), lengths.last()) else { return false };
    let factor = BOUTS_ALIKE as f64;
    let alike = lengths.iter().filter(|&&l| l <= factor * median && median <= factor * l).count() as f64;
    let pauses = || bouts.windows(2).map(|w| Span::new(w[0].span.to, w[1].span.from).secs());
    bouts.len() >= BOUTS_MIN && alike >= ALIKE_SHARE * lengths.len() as f64 && pauses().all(|p| p <= PAUSE_MAX as f64 * longest)
}

/// Several episodes where bouts that do not belong together were dated in one go: they part at every
/// pause of more than [`PAUSE_SHARE`] of the time from the first to the last, and so do the parts.
#[must_use]
pub fn apart(dates: &Dates) -> Vec<Dates> {
    let (Some(first), Some(last)) = (dates.bouts.first(), dates.bouts.last()) else { return vec![dates.clone()] };
    let least = PAUSE_SHARE * Span::new(first.span.from, last.span.to).secs();
    if recurring(&dates.bouts) {
        return vec![dates.clone()];
    }
    let groups: Vec<&[DatedBout]> = dates.bouts.chunk_by(|a, b| Span::new(a.span.to, b.span.from).secs() <= least).collect();
    let n = groups.len();
    if n == 1 {
        return vec![dates.clone()];
    }
    let part = |(i, bouts): (usize, &[DatedBout])| Dates {
        onset: bouts.first().and_then(|b| b.onset),
        recovery: bouts.last().and_then(|b| b.recovery),
        bouts: bouts.to_vec(),
        resolution: dates.resolution,
        found: dates.found,
        gradual_onset: dates.gradual_onset.filter(|_| i == 0),
        gradual_recovery: dates.gradual_recovery.filter(|_| i + 1 == n),
    };
    groups.into_iter().enumerate().map(part).flat_map(|part| apart(&part)).collect()
}

/// Mean seconds from one onset to the next, where they are alike.
fn period(bouts: &[Bout]) -> Option<f64> {
    let waits: Vec<f64> = bouts.windows(2).map(|w| Span::new(w[0].from, w[1].from).secs()).collect();
    let n = waits.len() as f64;
    let mean = waits.iter().sum::<f64>() / n;
    let variance = waits.iter().map(|w| (w - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (bouts.len() >= REGULAR.0 && variance.sqrt() <= REGULAR.1 * mean).then_some(mean)
}

fn told(b: &DatedBout, whole: Span, series: &BTreeMap<i64, Moment>, fine: Step) -> Bout {
    let from = b.onset.map_or(b.span.from.max(whole.from), |d| d.at);
    let to = b.recovery.map_or(b.span.to.min(whole.to), |d| d.at).max(from);
    let counts = series.range(fine.bin(from)..=fine.bin(to.plus(-1).max(from)));
    let (requests, failed) = counts.fold((0, 0), |s, (_, m)| (s.0 + m.cell.valid(), s.1 + m.cell.bad()));
    Bout {
        from,
        from_low: b.onset.map_or(from, |d| d.low).min(from),
        from_high: b.onset.map_or(from, |d| d.high).max(from),
        to,
        to_low: b.recovery.map_or(to, |d| d.low).min(to),
        to_high: b.recovery.map_or(to, |d| d.high).max(to),
        requests,
        failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;

    fn bout(from: i64, to: i64) -> DatedBout {
        let at = |s| {
            Some(super::super::dating::Dated { at: Micros::from_secs(s), low: Micros::from_secs(s), high: Micros::from_secs(s) })
        };
        DatedBout { span: Span::new(Micros::from_secs(from), Micros::from_secs(to)), onset: at(from), recovery: at(to) }
    }

    fn dates(bouts: &[(i64, i64)]) -> (Dates, Span) {
        let bouts: Vec<DatedBout> = bouts.iter().map(|&(a, b)| bout(a, b)).collect();
        let whole = Span::new(bouts[0].span.from, bouts[bouts.len() - 1].span.to);
        let (onset, recovery) = (bouts[0].onset, bouts[bouts.len() - 1].recovery);
        let (resolution, found) = (SECOND, true);
        (Dates { onset, recovery, bouts, resolution, found, gradual_onset: None, gradual_recovery: None }, whole)
    }

    fn of(bouts: &[(i64, i64)]) -> Course {
        let (dates, whole) = dates(bouts);
        course(&dates, whole, &BTreeMap::new(), Step(1))
    }

    #[test]
    fn outages_that_have_nothing_to_do_with_each_other_are_told_apart() {
        let parts = |bouts: &[(i64, i64)]| apart(&dates(bouts).0).iter().map(|d| d.bouts.len()).collect::<Vec<_>>();
        assert_eq!(parts(&[(0, 100), (400, 2_000)]), [1, 1]);
        assert_eq!(parts(&[(0, 100), (110, 1_000), (2_000, 2_020), (2_022, 2_040)]), [2, 2]);
        // A pause that is short beside the whole may be long beside what it parts.
        assert_eq!(parts(&[(0, 3_000), (4_000, 4_200), (4_400, 4_600)]), [1, 1, 1]);
        assert_eq!(parts(&[(0, 100), (300, 400), (600, 710)]), [3]);
        assert_eq!(parts(&[(0, 100)]), [1]);
    }

    #[test]
    fn what_comes_back_regularly_has_a_period_and_a_duty_cycle() {
        let c = of(&[(0, 100), (300, 400), (600, 710), (910, 1_000)]);
        assert_eq!((c.shape, c.downtime, c.duty_cycle), (Shape::Oscillating, Some(400.0), Some(0.4)));
        assert!(c.period.is_some_and(|p| (p - 303.3).abs() < 0.1));
        let irregular = of(&[(0, 100), (120, 200), (600, 700), (1_000, 1_100)]);
        assert_eq!((irregular.shape, irregular.period), (Shape::Oscillating, None));
    }

    #[test]
    fn one_pause_or_short_dips_make_no_oscillation() {
        assert_eq!(of(&[(0, 100), (300, 400)]).shape, Shape::Step);
        assert_eq!(of(&[(0, 100), (103, 200), (203, 300)]).shape, Shape::Step);
        assert_eq!(of(&[(0, 100), (103, 200), (203, 300)]).downtime, Some(294.0));
    }
}

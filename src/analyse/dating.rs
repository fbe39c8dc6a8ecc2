//! Question: when exactly did failures begin and end, and in how many bouts?
//! Method: the target's fine bins are cut into bouts; each end has the posterior of its change, or of
//! both ends together; then the first and last bad event and the good ones next to them. No range is
//! narrower than what the logs can tell apart.
//! Assumes: the healthy share is known; requests of one state differ from bin to bin no more than
//! their dispersion says.
//! Reference: `stats::bouts`, `stats::change`.

use super::course::gradual;
use crate::examine::Moment;
use crate::stats::bouts::{Bouts, bouts};
use crate::stats::change::ChangePoint;
use crate::stats::segment::Count;
use crate::time::{Micros, SECOND, Span, Step};
use std::collections::BTreeMap;

/// Fine bins that must lie outside the failure on a side before a change there can be dated.
const EDGE_BINS: i64 = 2;

/// How far around a rough end is looked at least, in units of its slack.
const NEIGHBOURHOOD: i64 = 6;

/// Fine bins around the window that are looked at in any case: enough on either side to know the
/// healthy share by.
const AROUND: i64 = 60;

/// A failing share, at its lower end, from which on a good answer shows that the failure had not
/// begun: of forty requests in the failure at most one is answered well.
const CERTAIN: f64 = 0.975;

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

/// One uninterrupted stretch of failure; an end is `None` where the stretch shows no change on that
/// side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bout {
    /// Its rough place, in whole fine bins.
    pub span: Span,
    /// Onset.
    pub onset: Option<Dated>,
    /// Recovery.
    pub recovery: Option<Dated>,
}

/// When a gradual change had gone 5, 50 and 95 % of its way, and the range of its beginning (of the
/// end, for a recovery).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gradual {
    /// A twentieth, half, all but a twentieth.
    pub at: [Micros; 3],
    /// Where the change began, or ended where it is a recovery: 95 %.
    pub range: (Micros, Micros),
}

/// Onset and recovery; `None` where the stretch shows no change on that side (the logs begin or
/// end inside the failure).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dates {
    /// Onset of the first bout.
    pub onset: Option<Dated>,
    /// Recovery of the last bout.
    pub recovery: Option<Dated>,
    /// The bouts in order, at least one.
    pub bouts: Vec<Bout>,
    /// Whether they stand out by themselves; else the only one is what was asked about.
    pub found: bool,
    /// Microseconds: no range is narrower than this.
    pub resolution: i64,
    /// The onset, where it was gradual.
    pub gradual_onset: Option<Gradual>,
    /// The recovery, where it was gradual.
    pub gradual_recovery: Option<Gradual>,
}

/// Dates the failure that `window` encloses to within `slack` microseconds, in the target's
/// `series`, looking no further than `limits`. `healthy` is the target's failing share while nothing
/// is wrong; `clocks` the microseconds by which the clocks of its logs may still be off.
#[must_use]
pub fn date(
    series: &BTreeMap<i64, Moment>,
    fine: Step,
    (window, slack): (Span, i64),
    limits: Span,
    healthy: f64,
    clocks: i64,
) -> Dates {
    let bin = fine.0 * SECOND;
    let reach = (window.to.0 - window.from.0).max(NEIGHBOURHOOD * slack).max(AROUND * bin);
    let around = Span::new(window.from.plus(-reach).max(limits.from), window.to.plus(reach).min(limits.to));
    let look = Look::at(series, fine, around, healthy);
    let near = Span::new(window.from.plus(-slack), window.to.plus(slack));
    let own: Vec<usize> = (0..look.bouts.spans.len()).filter(|&i| look.span(look.bouts.spans[i]).overlaps(near)).collect();
    // Where nothing stands out by itself, the window is what there is.
    let mut found: Vec<Bout> = if own.is_empty() {
        let alone = look.only(window);
        vec![alone.bout(0, limits)]
    } else {
        own.iter().map(|&i| look.bout(i, limits)).collect()
    };
    let turns = found.iter().flat_map(|b| [b.onset, b.recovery]).flatten().map(|d| d.at);
    let resolution = bin.max(clocks).max(stamps(series)).max(arrivals(series, turns, AROUND * bin, fine));
    let (mut gradual_onset, mut gradual_recovery) = (None, None);
    if let ([.., last], [first, ..]) = (own.as_slice(), own.as_slice()) {
        gradual_onset = gradual(&look.counts, &look.bouts, *first, true).map(|g| look.gradual(&g, true));
        gradual_recovery = gradual(&look.counts, &look.bouts, *last, false).map(|g| look.gradual(&g, false));
    }
    if let (Some(g), Some(b)) = (gradual_onset, found.first_mut()) {
        let onset = Dated { at: g.at[0], low: g.range.0.min(g.at[0]), high: g.range.1.max(g.at[0]) };
        b.onset = b.onset.map(|_| onset);
    }
    if let (Some(g), Some(b)) = (gradual_recovery, found.last_mut()) {
        let recovery = Dated { at: g.at[2], low: g.range.0.min(g.at[2]), high: g.range.1.max(g.at[2]) };
        b.recovery = b.recovery.map(|_| recovery);
    }
    // An end that was not seen came neither at once nor gradually.
    gradual_onset = gradual_onset.filter(|_| found.first().is_some_and(|b| b.onset.is_some()));
    gradual_recovery = gradual_recovery.filter(|_| found.last().is_some_and(|b| b.recovery.is_some()));
    for d in found.iter_mut().flat_map(|b| [&mut b.onset, &mut b.recovery]).flatten() {
        *d = no_finer(*d, resolution);
    }
    Dates {
        onset: found.first().and_then(|b| b.onset),
        recovery: found.last().and_then(|b| b.recovery),
        bouts: found,
        found: !own.is_empty(),
        resolution,
        gradual_onset,
        gradual_recovery,
    }
}

/// The same with a range of at least `least` microseconds, widened alike on both sides.
fn no_finer(d: Dated, least: i64) -> Dated {
    let missing = (least - (d.high.0 - d.low.0)).max(0);
    Dated { at: d.at, low: d.low.plus(-(missing / 2)), high: d.high.plus(missing - missing / 2) }
}

/// Stamps that must agree before they are taken to be whole minutes: that many of whole seconds fall
/// on minutes by chance once in 60^12.
const STAMPS_MIN: usize = 12;

/// The resolution of the time stamps, microseconds: a minute, a second, or finer (told as 0: a bin
/// is never finer than a second).
fn stamps(series: &BTreeMap<i64, Moment>) -> i64 {
    let all: Vec<i64> = series.values().flat_map(|m| [m.good, m.bad]).flatten().flat_map(|(a, b)| [a.0, b.0]).collect();
    let whole = |unit: i64| all.iter().all(|t| t % unit == 0);
    match () {
        () if all.len() >= STAMPS_MIN && whole(60 * SECOND) => 60 * SECOND,
        () if whole(SECOND) => SECOND,
        () => 0,
    }
}

/// Median microseconds between requests within `reach` of any of the `turns`, as far as the first and
/// last good and bad ones of each bin tell: exact where they are so thin that it matters.
fn arrivals(series: &BTreeMap<i64, Moment>, turns: impl Iterator<Item = Micros>, reach: i64, fine: Step) -> i64 {
    let mut waits: Vec<i64> = Vec::new();
    for t in turns {
        let bins = series.range(fine.bin(t.plus(-reach))..=fine.bin(t.plus(reach)));
        let mut stamps: Vec<i64> = bins
            .flat_map(|(_, m)| [m.good, m.bad])
            .flatten()
            .flat_map(|(a, b)| if a == b { vec![a.0] } else { vec![a.0, b.0] })
            .collect();
        stamps.sort_unstable();
        waits.extend(stamps.windows(2).map(|w| w[1] - w[0]));
    }
    waits.sort_unstable();
    waits.get(waits.len() / 2).copied().unwrap_or(0)
}

/// What is looked at: the counts of the fine bins from `first` on, and their bouts.
struct Look<'s> {
    series: &'s BTreeMap<i64, Moment>,
    fine: Step,
    first: i64,
    counts: Vec<Count>,
    bouts: Bouts,
}

impl<'s> Look<'s> {
    fn at(series: &'s BTreeMap<i64, Moment>, fine: Step, span: Span, healthy: f64) -> Self {
        let (first, last) = (fine.bin(span.from), fine.bin(span.to.plus(-1)));
        let count = |b| series.get(&b).map_or(Count::default(), |m: &Moment| Count { bad: m.cell.bad(), n: m.cell.valid() });
        let counts: Vec<Count> = (first..=last.max(first)).map(count).collect();
        let bouts = bouts(&counts, healthy);
        Look { series, fine, first, counts, bouts }
    }

    /// The same with `window` as its only bout.
    fn only(&self, window: Span) -> Self {
        let index = |b: i64| usize::try_from(b - self.first).unwrap_or(0).min(self.counts.len());
        let (from, to) = (index(self.fine.bin(window.from)), index(self.fine.bin(window.to.plus(-1)) + 1));
        let bouts = Bouts { spans: vec![(from, to.max(from + 1))], dispersion: self.bouts.dispersion };
        Look { series: self.series, fine: self.fine, first: self.first, counts: self.counts.clone(), bouts }
    }

    /// The bin at a border of the counts.
    fn bin(&self, border: usize) -> i64 {
        self.first + border as i64
    }

    fn start(&self, border: usize) -> Micros {
        self.fine.start(self.bin(border))
    }

    fn span(&self, (from, to): (usize, usize)) -> Span {
        Span::new(self.start(from), self.start(to))
    }

    fn share(&self, from: usize, to: usize) -> f64 {
        let (bad, n) = self.counts[from..to.max(from)].iter().fold((0, 0), |s, c| (s.0 + c.bad, s.1 + c.n));
        bad as f64 / n.max(1) as f64
    }

    /// Whether hardly any request in these bins was answered well, with half a request to spare.
    fn certain(&self, from: usize, to: usize) -> bool {
        let (bad, n) = self.counts[from..to.max(from)].iter().fold((0, 0), |s, c| (s.0 + c.bad, s.1 + c.n));
        (bad as f64 + 0.5) / (n as f64 + 1.0) >= CERTAIN
    }

    fn silent(&self, from: usize, to: usize) -> bool {
        self.counts[from.min(to)..to].iter().all(|c| c.n == 0)
    }

    fn bout(&self, i: usize, limits: Span) -> Bout {
        let span @ (from, to) = self.bouts.spans[i];
        let before = if i == 0 { 0 } else { self.bouts.spans[i - 1].1 };
        let after = self.bouts.spans.get(i + 1).map_or(self.counts.len(), |n| n.0);
        let (onset, recovery) = self.bouts.ends(&self.counts, i);
        // A failure at the very edge of what may be looked at has its other side outside.
        let edge = EDGE_BINS * self.fine.0 * SECOND;
        let (begins, ends) = (self.start(from).0 - limits.from.0 >= edge, limits.to.0 - self.start(to).0 >= edge);
        let onset = match onset.filter(|_| !self.silent(before, from)) {
            _ if !begins => None,
            Some(found) => Some(self.onset(found, to)),
            None => self.first_asked(before, to),
        };
        let recovery = match recovery.filter(|_| !self.silent(to, after)) {
            _ if !ends => None,
            Some(found) => Some(self.recovery(found, from)),
            None => self.last_asked(from, after),
        };
        Bout { span: self.span(span), onset, recovery }
    }

    /// The onset by its first sign: the first bad event from the border on.
    fn onset(&self, found: ChangePoint, to: usize) -> Dated {
        let rate = self.share(found.at, to);
        let near = |c: &&Count| c.bad > 0 && c.bad as f64 / c.n as f64 >= HALF * rate;
        let border = self.bin(found.at - self.counts[..found.at].iter().rev().take_while(near).count());
        let at = self.series.range(border..).find_map(|(_, m)| m.bad).map_or(self.fine.start(border), |b| b.0);
        let goods = self.series.range(..=border).rev().filter_map(|(_, m)| m.good);
        let last_good = goods
            .filter(|_| self.certain(found.at, to))
            .find_map(|g| if g.1 < at { Some(g.1) } else { (g.0 < at).then_some(g.0) });
        let low = self.start(found.low);
        let low = last_good.map_or(low, |good| good.max(low));
        // Several failures in the bin before may have been its beginning.
        let before = self.series.get(&(border - 1)).filter(|m| m.cell.bad() >= SEVERAL).and_then(|m| m.bad);
        let low = before.map_or(low, |b| b.0.min(low));
        Dated { at, low: low.min(at), high: self.start(found.high).max(at) }
    }

    /// The recovery by the last sign of the failure: the last bad event before the border. The end is
    /// not included, so it is the next full second.
    fn recovery(&self, found: ChangePoint, from: usize) -> Dated {
        let rate = self.share(from, found.at);
        let near = |c: &&Count| c.bad > 0 && c.bad as f64 / c.n as f64 >= HALF * rate;
        let border = self.bin(found.at + self.counts[found.at..].iter().take_while(near).count());
        let last_bad = self.series.range(..border).rev().find_map(|(_, m)| m.bad).map(|b| b.1);
        let at = last_bad.map_or(self.fine.start(border), |b| Micros::from_secs(b.plus(SECOND).secs()));
        let high = self.start(found.high);
        let next_good = self.series.range(border..).find_map(|(_, m)| m.good).filter(|_| self.certain(from, found.at));
        let high = next_good.map_or(high, |good| good.0.min(high));
        Dated { at, low: self.start(found.low).min(at), high: high.max(at) }
    }

    /// The onset where nobody asked before: the first bad event; it may have begun any time since the
    /// last event before, if there is one. `None` where others were served first.
    fn first_asked(&self, from: usize, to: usize) -> Option<Dated> {
        let (series, fine) = (self.series, self.fine);
        let at = series.range(self.bin(from)..self.bin(to)).find_map(|(_, m)| m.bad)?.0;
        let before = series.range(..=fine.bin(at)).rev().filter_map(|(_, m)| m.good).find(|g| g.0 < at);
        let start = self.start(from);
        let low = before.map_or(start, |g| if g.1 < at { g.1 } else { g.0 });
        (low <= start || fine.bin(low) < fine.bin(at)).then_some(Dated { at, low: low.min(at), high: at })
    }

    /// The recovery where nobody asked any more: the last bad event; it may have lasted until the next
    /// event, or to the end of what is looked at. `None` where others were served last.
    fn last_asked(&self, from: usize, to: usize) -> Option<Dated> {
        let last = self.series.range(self.bin(from)..self.bin(to)).rev().find_map(|(_, m)| m.bad)?.1;
        let after = self.series.range(self.fine.bin(last)..).filter_map(|(_, m)| m.good).find(|g| g.1 > last);
        let at = Micros::from_secs(last.plus(SECOND).secs());
        let high = after.map_or(self.start(to), |g| if g.0 > last { g.0 } else { g.1 });
        Some(Dated { at, low: at, high: high.max(at) })
    }

    /// A ramp, in bins of the counts, as instants; a recovery is told in the order of time.
    fn gradual(&self, g: &super::course::Slope, upwards: bool) -> Gradual {
        let bin = (self.fine.0 * SECOND) as f64;
        let instant = |bins: f64| self.start(0).plus((bins * bin) as i64);
        let parts = if upwards { [0.05, 0.5, 0.95] } else { [0.95, 0.5, 0.05] };
        Gradual { at: parts.map(|p| instant(g.reached(p))), range: (instant(g.range.0), instant(g.range.1)) }
    }
}

/// Bad events in one fine bin that are more than a stray one.
const SEVERAL: u64 = 3;

/// Part of the failing share from which on a bin next to the border belongs to the failure.
const HALF: f64 = 0.5;

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
        let d = date(&series, Step(1), (Span::new(Micros::from_secs(38), Micros::from_secs(83)), SECOND), whole, 0.001, 0);
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
        let d = date(&series, Step(300), (window, 300 * SECOND), Span::new(Micros(0), Micros::from_secs(15_300)), 0.001, 0);
        let (onset, recovery) = (d.onset.expect("onset"), d.recovery.expect("recovery"));
        assert_eq!((onset.at, recovery.at), (Micros::from_secs(3_700), Micros::from_secs(10_401)));
        assert!(onset.low <= Micros::from_secs(3_100) && recovery.high >= Micros::from_secs(11_900));
    }

    #[test]
    fn a_failure_that_the_logs_begin_in_has_no_onset() {
        let series = (0..60).map(|s| (s, if s < 30 { moment(s, 20, 0) } else { moment(s, 0, 20) })).collect();
        let whole = Span::new(Micros(0), Micros::from_secs(60));
        let d = date(&series, Step(1), (Span::new(Micros(0), Micros::from_secs(30)), SECOND), whole, 0.001, 0);
        assert!(d.onset.is_none());
        assert_eq!(d.recovery.map(|r| r.at), Some(Micros::from_secs(30)));
    }

    #[test]
    fn no_range_is_narrower_than_the_logs_can_tell_apart() {
        let series = (0..120).map(|s| (s, if (40..80).contains(&s) { moment(s, 20, 0) } else { moment(s, 0, 25) })).collect();
        let whole = Span::new(Micros(0), Micros::from_secs(120));
        let window = (Span::new(Micros::from_secs(40), Micros::from_secs(80)), SECOND);
        let d = date(&series, Step(1), window, whole, 0.001, 0);
        assert_eq!(d.resolution, SECOND);
        let d = date(&series, Step(1), window, whole, 0.001, 5 * SECOND);
        let onset = d.onset.expect("onset");
        assert!(d.resolution == 5 * SECOND && onset.high.0 - onset.low.0 >= 5 * SECOND, "{onset:?}");
        let minutes =
            (0..200).map(|m| (m, if (90..120).contains(&m) { moment(m * 60, 5, 0) } else { moment(m * 60, 0, 5) })).collect();
        assert_eq!(stamps(&minutes), 60 * SECOND);
    }

    #[test]
    fn a_failure_that_comes_back_has_its_bouts_dated_one_by_one() {
        let bad = |s: i64| (60..300).contains(&s) && s % 60 < 20;
        let series = (0..360).map(|s| (s, if bad(s) { moment(s, 8, 2) } else { moment(s, 0, 10) })).collect();
        let whole = Span::new(Micros(0), Micros::from_secs(360));
        let d = date(&series, Step(1), (Span::new(Micros::from_secs(60), Micros::from_secs(260)), SECOND), whole, 0.001, 0);
        let told: Vec<(i64, i64)> = d.bouts.iter().filter_map(|b| Some((b.onset?.at.secs(), b.recovery?.at.secs()))).collect();
        assert_eq!(told, [(60, 80), (120, 140), (180, 200), (240, 260)]);
    }

    #[test]
    fn a_slow_rise_is_told_by_its_twentieth_and_its_half() {
        let bad = |s: i64| if (100..220).contains(&s) { ((s - 100) / 6) as u32 + (s % 2) as u32 } else { 0 };
        let series = (0..400).map(|s| (s, moment(s, bad(s), 24 - bad(s).min(24)))).collect();
        let whole = Span::new(Micros(0), Micros::from_secs(400));
        let d = date(&series, Step(1), (Span::new(Micros::from_secs(125), Micros::from_secs(220)), SECOND), whole, 0.001, 0);
        let g = d.gradual_onset.expect("a ramp");
        assert!((g.at[0].secs() - 106).abs() <= 6 && (g.at[1].secs() - 160).abs() <= 6, "{g:?}");
        assert!(g.range.0.secs() <= 100 && 100 <= g.range.1.secs(), "{g:?}");
        assert!(d.gradual_recovery.is_none());
        assert_eq!(d.recovery.map(|r| r.at.secs()), Some(220));
    }
}

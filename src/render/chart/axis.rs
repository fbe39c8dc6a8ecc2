//! Axes whose ticks the program chooses. The drawing layer's own ticks fall on decimal steps and
//! put false hours under a time axis; here every label is made from its tick's own value.

use crate::case;
use crate::time::{Micros, SECOND};
use crate::words;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use std::ops::Range;

/// One mark of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tick {
    /// Where, in the axis' unit.
    pub(crate) at: f64,
    /// What stands there.
    pub(crate) label: String,
    /// A second line: the date, at the first tick and at midnight.
    pub(crate) date: Option<String>,
}

/// A linear axis with its ticks. Values beyond its ends are drawn at its ends.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    pub(crate) range: Range<f64>,
    pub(crate) ticks: Vec<Tick>,
}

impl Axis {
    /// Without the sign before lengths of time: for lengths that count from nothing.
    pub(crate) fn unsigned(mut self) -> Self {
        self.ticks.iter_mut().for_each(|t| t.label = t.label.trim_start_matches('+').to_owned());
        self
    }
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (low, high): (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        let part = if part.is_finite() { part.clamp(0.0, 1.0) } else { 0.0 };
        low + (part * f64::from(high - low)).round() as i32
    }

    fn key_points<H: KeyPointHint>(&self, _: H) -> Vec<f64> {
        self.ticks.iter().map(|t| t.at).collect()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

/// Seconds from the start of the case's axis to `t`: the unit of every time axis.
pub(crate) fn seconds(axis: &case::Axis, t: Micros) -> f64 {
    (t.0.saturating_sub(axis.from.0)) as f64 / SECOND as f64
}

/// More ticks than any picture has room for.
const TICKS_MAX: usize = 50;

/// Round steps, in seconds.
const STEPS: [i64; 25] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 259_200, 604_800,
    1_209_600, 2_419_200, 7_257_600, 31_449_600,
];

/// Room that a label takes, pixels, by the step that decides its form.
fn label_room(step: i64) -> f64 {
    if step < 60 { 118.0 } else { 96.0 }
}

/// The time axis of the case, `room` pixels long, with ticks at round UTC times as close together
/// as their labels allow.
pub(crate) fn time(axis: &case::Axis, room: f64) -> Axis {
    let secs = seconds(axis, axis.to).max(1.0);
    let enough = |step: i64| room * step as f64 / secs >= label_room(step);
    let mut step = STEPS.into_iter().find(|s| enough(*s)).unwrap_or(STEPS[STEPS.len() - 1]);
    while !enough(step) && step < i64::MAX / (4 * SECOND) {
        step *= 2;
    }
    let first = -(-axis.from.0).div_euclid(step * SECOND);
    let ticks = (first..)
        .map(|n| Micros(n.saturating_mul(step).saturating_mul(SECOND)))
        .take_while(|t| *t <= axis.to)
        .take(TICKS_MAX)
        .enumerate()
        .map(|(i, t)| tick(axis, t, i == 0, step))
        .collect();
    Axis { range: 0.0..secs, ticks }
}

fn tick(axis: &case::Axis, t: Micros, first: bool, step: i64) -> Tick {
    let midnight = t.0.rem_euclid(86_400 * SECOND) == 0;
    let (label, date) = match step {
        s if s >= 86_400 => (t.day_month(), None),
        s if s >= 60 => (t.hour_minute(), (first || midnight).then(|| t.day_month())),
        _ => (t.hour_minute_second(), (first || midnight).then(|| t.day_month())),
    };
    Tick { at: seconds(axis, t), label, date }
}

/// An axis of seconds around an onset from `from` to `to`, `room` pixels long, with ticks at whole steps before and
/// after it: `-10 min`, `0`, `1 h 30 min`.
pub(crate) fn since(from: f64, to: f64, room: f64) -> Axis {
    let length = (to - from).max(1.0);
    let enough = |step: i64| room * step as f64 / length >= 130.0;
    let step = STEPS.into_iter().find(|s| enough(*s)).unwrap_or(STEPS[STEPS.len() - 1]) as f64;
    let first = (from / step).ceil();
    let ticks = (0..TICKS_MAX)
        .map(|i| (first + i as f64) * step)
        .take_while(|at| *at <= to)
        .map(|at| Tick { at, label: signed(at), date: None })
        .collect();
    Axis { range: from..from + length, ticks }
}

fn signed(at: f64) -> String {
    match at {
        0.0 => "0".into(),
        at if at < 0.0 => format!("-{}", words::duration(at)),
        at => format!("+{}", words::duration(at)),
    }
}

/// The next value of 1, 2, 5 times a power of ten at or above `value` (which is above 0).
pub(crate) fn nice(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|v| *v >= value * (1.0 - 1e-9)).unwrap_or(10.0 * power)
}

/// An axis of counts from 0 to at least `max`, with at most `most` + 1 ticks at whole numbers.
pub(crate) fn counts(max: u64, most: usize) -> Axis {
    let step = nice((max.max(1) as f64 / most.max(1) as f64).max(1.0));
    let steps = (max.max(1) as f64 / step).ceil().max(1.0);
    let ticks =
        (0..=steps as u64).map(|i| i as f64 * step).map(|at| Tick { at, label: words::count(at as u64), date: None }).collect();
    Axis { range: 0.0..steps * step, ticks }
}

/// An axis of shares between `low` and `high` (fractions) with ticks every `step`.
pub(crate) fn shares(low: f64, high: f64, step: f64) -> Axis {
    let steps = ((high - low) / step).round().max(1.0) as u32;
    let ticks = (0..=steps)
        .map(|i| low + f64::from(i) * (high - low) / f64::from(steps))
        .map(|at| Tick { at, label: tick_percent(at), date: None })
        .collect();
    Axis { range: low..high, ticks }
}

/// Axis values are round: no rounding, only the digits they have.
fn tick_percent(at: f64) -> String {
    let text = format!("{:.4}", at * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// An axis of failing shares from 0 to a round end above `max`: 100 % unless all are small. With
/// `coarse`, only its ends and middle have ticks.
pub(crate) fn failing(max: f64, coarse: bool) -> Axis {
    let (end, step) = match max {
        m if m <= 0.08 => (0.10, 0.02),
        m if m <= 0.18 => (0.20, 0.05),
        m if m <= 0.45 => (0.50, 0.10),
        _ => (1.0, 0.20),
    };
    shares(0.0, end, if coarse { end / 2.0 } else { step })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Step;
    use proptest::prelude::*;

    fn case_axis(from: i64, secs: i64) -> case::Axis {
        let from = Micros::from_secs(from);
        case::Axis { from, to: from.plus(secs * SECOND), step: Step(1), bins: secs as usize }
    }

    #[test]
    fn ticks_stand_at_round_times_with_the_date_first_and_at_midnight() {
        let from = Micros::parse_rfc3339("2024-08-12T23:30:00Z").expect("a time").secs();
        let labels: Vec<_> = time(&case_axis(from, 7_200), 1_000.0).ticks.into_iter().map(|t| (t.at, t.label, t.date)).collect();
        let want = [(0.0, "23:30"), (900.0, "23:45"), (1_800.0, "00:00"), (2_700.0, "00:15")];
        for ((at, label, date), (want_at, want_label)) in labels.iter().zip(want) {
            assert_eq!((*at, label.as_str()), (want_at, want_label));
            assert_eq!(date.is_some(), want_at == 0.0 || want_label == "00:00");
        }
        assert_eq!(labels.len(), 9);
    }

    proptest! {
        #[test]
        fn every_time_label_is_the_time_at_its_place(
            from in -4_000_000_000i64..8_000_000_000,
            secs in 1i64..400_000_000,
            room in 200.0..1_600.0f64,
        ) {
            let case = case_axis(from, secs);
            let axis = time(&case, room);
            for pair in axis.ticks.windows(2) {
                let apart = (pair[1].at - pair[0].at) * room / secs as f64;
                prop_assert!(apart >= 95.0, "labels {} pixels apart", apart);
            }
            for (i, tick) in axis.ticks.iter().enumerate() {
                prop_assert!(tick.at >= 0.0 && tick.at <= secs as f64);
                let t = case.from.plus((tick.at * SECOND as f64) as i64);
                let spelled = [t.hour_minute(), t.hour_minute_second(), t.day_month()];
                prop_assert!(spelled.contains(&tick.label));
                if tick.label == t.hour_minute() {
                    prop_assert_eq!(t.secs().rem_euclid(60), 0);
                    prop_assert_eq!(tick.date.is_some(), i == 0 || tick.label == "00:00");
                }
                if tick.label == t.day_month() {
                    prop_assert_eq!(t.secs().rem_euclid(86_400), 0);
                }
            }
        }

        #[test]
        fn count_axes_hold_their_largest_value_and_label_whole_numbers(max in 0u64..1_000_000_000_000, most in 1usize..8) {
            let axis = counts(max, most);
            prop_assert!(axis.range.end >= max as f64);
            prop_assert!(axis.ticks.len() <= most + 1);
            for tick in axis.ticks {
                prop_assert_eq!(tick.label.replace(',', "").parse::<f64>().ok(), Some(tick.at));
            }
        }
    }

    #[test]
    fn ticks_around_an_onset_count_from_it() {
        let axis = since(-900.0, 2_700.0, 1_400.0);
        let told: Vec<(f64, &str)> = axis.ticks.iter().map(|t| (t.at, t.label.as_str())).collect();
        assert_eq!(told[..4], [(-600.0, "-10 min"), (0.0, "0"), (600.0, "+10 min"), (1_200.0, "+20 min")]);
        assert_eq!(axis.range, -900.0..2_700.0);
        assert!(axis.unsigned().ticks.iter().all(|t| !t.label.starts_with('+')));
        assert!(since(-3e11, 3e11, 1_400.0).ticks.len() <= TICKS_MAX);
    }

    #[test]
    fn share_ticks_say_exactly_where_they_stand() {
        for axis in [
            failing(0.9, false),
            failing(0.3, true),
            failing(0.1, false),
            failing(0.01, true),
            shares(0.9, 1.0, 0.02),
            shares(0.999, 1.0, 0.0002),
        ] {
            for tick in &axis.ticks {
                let said: f64 = tick.label.trim_end_matches(" %").parse().expect("a number");
                assert!((said / 100.0 - tick.at).abs() < 1e-9, "{tick:?}");
            }
        }
    }
}

//! Question: which stretch is worth the second look, and in which steps?
//! Method: the whole bundle where it is short, else the window with twice its length before and
//! once after; the finest bins that still give a readable axis.
//! Assumes: what happened just before is the best comparison.

use crate::survey::STEPS;
use crate::time::{SECOND, Span, Step};

/// Steps a reader expects on an axis, seconds.
const NICE: [i64; 22] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800,
    2_592_000,
];

/// Most bins on a chart: at 1600 px a bin is then at least four pixels wide.
const BINS_SHOWN: i64 = 360;

/// Most fine bins; they date onset and recovery.
const BINS_FINE: i64 = 4_096;

/// Least context on either side of the window, in survey bins.
const CONTEXT_MIN: i64 = 60;

/// The axis and its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What is shown and compared, aligned to `bin`.
    pub axis: Span,
    /// Step of the report's series.
    pub bin: Step,
    /// Step of dating; divides `bin`.
    pub fine: Step,
}

/// Chooses the frame for a bundle that spans `whole`, surveyed in steps of `survey`, around
/// `window` if there is one; `bin` is the user's wish in seconds.
#[must_use]
pub fn frame(whole: Span, survey: Step, window: Option<Span>, bin: Option<i64>) -> Frame {
    let stretch = window.map_or(whole, |w| around(w, whole, survey));
    let secs = (stretch.to.0 - stretch.from.0).div_euclid(SECOND) + 1;
    let fine = STEPS.into_iter().find(|s| secs / s <= BINS_FINE).unwrap_or(STEPS[STEPS.len() - 1]);
    let fits = |b: &i64| *b % fine == 0 && secs / *b <= BINS_SHOWN;
    let nice = NICE.into_iter().find(fits).unwrap_or(NICE[NICE.len() - 1]);
    // A wish finer than dating allows is rounded up to it.
    let bin = bin.map_or(nice, |b| b.max(fine).div_euclid(fine) * fine);
    let step = Step(bin);
    let axis = Span::new(step.start(step.bin(stretch.from)), step.start(step.bin(stretch.to.plus(-1)) + 1));
    Frame { axis, bin: step, fine: Step(fine) }
}

fn around(window: Span, whole: Span, survey: Step) -> Span {
    let least = CONTEXT_MIN * survey.0 * SECOND;
    let length = window.to.0 - window.from.0;
    let wanted = Span::new(window.from.plus(-(2 * length).max(least)), window.to.plus(length.max(least)));
    let Some(clipped) = wanted.intersect(whole) else { return whole };
    // Where half of the bundle is needed anyway, all of it is shown.
    if clipped.secs() * 2.0 >= whole.secs() { whole } else { clipped }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;

    fn span(from: i64, to: i64) -> Span {
        Span::new(Micros::from_secs(from), Micros::from_secs(to))
    }

    #[test]
    fn a_short_bundle_is_shown_whole_in_seconds_and_a_long_one_in_hours() {
        let f = frame(span(0, 120), Step(1), Some(span(40, 80)), None);
        assert_eq!((f.axis, f.bin, f.fine), (span(0, 120), Step(1), Step(1)));
        let f = frame(span(0, 14 * 86_400), Step(300), Some(span(4 * 86_400, 9 * 86_400)), None);
        assert_eq!((f.bin, f.fine), (Step(3_600), Step(300)));
    }

    #[test]
    fn a_short_incident_in_a_long_bundle_is_shown_close_up() {
        let f = frame(span(0, 14 * 86_400), Step(300), Some(span(500_000, 502_400)), None);
        assert!(f.axis.secs() < 60_000.0 && f.bin.0 <= 120, "{f:?}");
        assert_eq!(f.bin.0 % f.fine.0, 0);
    }

    #[test]
    fn a_wished_step_is_kept_unless_finer_than_dating() {
        assert_eq!(frame(span(0, 3_600), Step(1), None, Some(60)).bin, Step(60));
        assert_eq!(frame(span(0, 14 * 86_400), Step(300), None, Some(1)).bin, Step(300));
    }
}

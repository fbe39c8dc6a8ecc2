//! What the explanations are weighed on: the window of the failures, or, where nothing failed, the stretch in which
//! demand stood out, examined once more for it.

use super::{Look, Seen};
use crate::analyse::evidence::Evidence;
use crate::analyse::leaves::View;
use crate::analyse::measure::Place;
use crate::analyse::scope::Finding;
use crate::analyse::stretch::stretch;
use crate::analyse::weigh::{Asked, weigh};
use crate::case::operations::Surge;
use crate::case::weighing::Weighing;
use crate::case::{Axis, Explanation};
use crate::time::{SECOND, Span};

/// What is known of the record beside the window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    /// Silences without reason in what is looked at.
    pub silences: &'a [Span],
    /// Whether some of them are surely lost lines.
    pub surely_lost: bool,
    /// Whether lines are missing within the window.
    pub in_window: bool,
}

/// The explanations and how they were weighed.
pub(super) fn explanations(
    look: &Look<'_>,
    e: &Evidence<'_>,
    f: &Finding,
    surge: Option<&Surge>,
    record: Record<'_>,
    axis: &Axis,
) -> (Vec<Explanation>, Weighing) {
    let failed = f.set_aside.is_none() && f.in_target.contains(&true);
    let silent = |w: Span| {
        let inside = record.silences.iter().filter_map(|s| s.intersect(w)).map(|s| s.secs()).sum::<f64>();
        if w.secs() > 0.0 { (inside / w.secs()).min(1.0) } else { 0.0 }
    };
    let asked = |e: &Evidence<'_>, target: Option<&[bool]>, demand: bool, axis: &Axis| {
        let place = Place::of(f, failed, silent(e.window));
        weigh(&Asked {
            e,
            f,
            target,
            failed,
            demand,
            surge: surge.filter(|_| failed),
            place,
            surely_lost: record.surely_lost,
            lost_in_window: record.in_window,
            axis,
        })
    };
    if failed {
        return asked(e, Some(&f.in_target), true, axis);
    }
    if look.options.window.is_some() {
        return asked(e, None, true, axis);
    }
    let Some(found) = stretch(e) else { return asked(e, None, false, axis) };
    // The detail of baseline and window is kept for the window that was planned, so it is read again.
    let again: Seen<'_> = look.examine(Some(found.span), None);
    let view = View::new(&again.examined, look.tier);
    let e = again.evidence(&view, look, found.span);
    let target: Option<Vec<bool>> = found.name.as_ref().map(|name| {
        again.examined.leaves.iter().enumerate().map(|(l, leaf)| view.is_ours(l) && view.name(leaf) == *name).collect()
    });
    let target = target.filter(|t| t.contains(&true));
    let (span, step) = (again.frame.axis, again.frame.bin);
    let axis = Axis { from: span.from, to: span.to, step, bins: ((span.to.0 - span.from.0) / (step.0 * SECOND)) as usize };
    asked(&e, target.as_deref(), true, &axis)
}

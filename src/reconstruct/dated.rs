//! The window as it is told: dated on what failed in it, and everything counted anew in just that stretch.
//!
//! The second pass counts clients, failures one by one and attributes in the window that it is given, and that is
//! the one in which the failure was detected: in coarse steps, with what comes before and after it. Dating
//! moves the ends. Were they only cut off where there are fine bins, requests would be counted in one window and
//! clients in another; so the stretch is read once more.

use super::{Look, Seen, episodes};
use crate::analyse::dating::Dates;
use crate::analyse::leaves::View;
use crate::analyse::scope::{Finding, judge};
use crate::time::Span;

/// The last look, with the window that it counts in.
pub(super) struct Dated<'a> {
    pub(super) seen: Seen<'a>,
    /// The window told, if any.
    pub(super) window: Option<Span>,
    pub(super) finding: Finding,
    /// Where the failure could be dated.
    pub(super) dates: Option<Dates>,
}

/// Whether something failed that is no scanner's doing.
fn failed(f: &Finding) -> bool {
    f.set_aside.is_none() && f.in_target.contains(&true)
}

/// The span from onset to recovery; where one of them is not known, from or to the end of `window`.
pub(super) fn span(dates: &Dates, window: Span) -> Span {
    Span::new(dates.onset.map_or(window.from, |d| d.at), dates.recovery.map_or(window.to, |d| d.at))
}

/// Dates the failure and judges it in the window that it is dated to.
pub(super) fn settle<'a>(look: &Look<'a>, seen: Seen<'a>, finding: Finding) -> Dated<'a> {
    let given = look.options.window.is_some();
    let (rough, dates) = {
        let view = View::new(&seen.examined, look.tier);
        let Some(rough) = seen.window(&view, look).filter(|_| failed(&finding)) else {
            return Dated { window: look.options.window, seen, finding, dates: None };
        };
        // The window was detected on something; what failed may have failed for less long.
        let rough = if given { rough } else { episodes::tight(&seen, &|l| finding.in_target[l], rough) };
        (rough, episodes::dates(&seen, &view, look, &finding, rough))
    };
    let span = span(&dates, rough);
    let window = if given || span.secs() <= 0.0 { rough } else { span };
    let again = |seen: &Seen<'_>| judge(&seen.evidence(&View::new(&seen.examined, look.tier), look, window));
    let moved = seen.plan.during != Some(seen.frame.fine.cover(window));
    let other = moved.then(|| look.examine_again(&seen, Some(window), seen.plan.without.clone()));
    let judged = again(other.as_ref().unwrap_or(&seen));
    // Dating moves the window a little; a finding that does not survive that was none to date.
    if failed(&judged) {
        Dated { seen: other.unwrap_or(seen), window: Some(window), finding: judged, dates: Some(dates) }
    } else {
        Dated { seen, window: Some(rough), finding, dates: None }
    }
}

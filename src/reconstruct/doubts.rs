//! Availability between its bounds, and whether the verdict depends on how doubtful answers count.
//!
//! The rule. Ambiguous, degraded and slow answers (the doubtful ones) can only have made a difference
//! where they became surely more or less frequent from the baseline to the window, by more than the
//! rest's own margin. Parts (what failed, the rest) of which that holds are read anew, at their worst
//! and at their best, and the window is judged again. A handful of clients that leave early, as some
//! always do, is thus no reason to doubt: it is as frequent as ever, and to count it as failures would
//! only add noise. Where a verdict other than the one told comes out, the answer is open.

use super::{Look, Seen};
use crate::analyse::detect::{Candidate, candidates_at_worst, faint_candidates};
use crate::analyse::evidence::{BASELINE, Evidence};
use crate::analyse::extent::MARGIN_MIN;
use crate::analyse::few::FEW;
use crate::analyse::leaves::View;
use crate::analyse::scope::{Finding, judge};
use crate::analyse::shares::rise;
use crate::case::Verdict;
use crate::case::operations::{Bound, Bounds, Readings};
use crate::examine::{Examined, Reading};
use crate::time::Span;
use crate::words::{count, span_on_date};

/// Stretches that fail only at the worst reading and are looked at.
const HIDDEN_MAX: usize = 2;

/// Whether something surely failed, for users.
fn failed(f: &Finding) -> bool {
    f.set_aside.is_none() && f.in_target.contains(&true) && f.verdict != Verdict::NoIncident
}

/// The window judged on other counts of the same leaves.
fn judged(e: &Evidence<'_>, examined: &Examined) -> Finding {
    let view = View::new(examined, e.view.tier);
    judge(&Evidence { examined, view: &view, ..e.clone() })
}

/// The chosen leaves under one reading, as AVAIL in baseline and window.
fn measured(e: &Evidence<'_>, examined: &Examined, chosen: &dyn Fn(usize) -> bool) -> [crate::analyse::shares::Measured; 2] {
    let view = View::new(examined, e.view.tier);
    let e = Evidence { examined, view: &view, resource: None, candidate: None, ..e.clone() };
    [e.baseline(chosen, &BASELINE), e.during(chosen)]
}

/// Bounds, and verdicts under other readings; a verdict that depends on the reading becomes inconclusive.
pub(super) fn weigh(look: &Look<'_>, seen: &Seen<'_>, finding: &mut Finding, window: Option<Span>) -> Readings {
    let view = View::new(&seen.examined, look.tier);
    let e = seen.evidence(&view, look, window.or(seen.plan.window).unwrap_or(seen.frame.axis));
    let timed = window.or(seen.plan.window).is_some();
    let named = finding.set_aside.is_none() && finding.in_target.contains(&true);
    let in_target = finding.in_target.clone();
    let target = |l: usize| view.is_ours(l) && (!named || in_target[l]);
    let rest = |l: usize| view.is_ours(l) && named && !in_target[l];
    let parts: [&dyn Fn(usize) -> bool; 2] = [&target, &rest];

    let doubtful = |chosen: &dyn Fn(usize) -> bool, during: bool| {
        let inside = |bin: i64| {
            let at = e.examined.fine.span(bin);
            if during { timed && e.window.overlaps(at) } else { e.is_baseline(at) }
        };
        e.examined.doubtful(chosen, &inside)
    };
    let counts = parts.map(|p| [doubtful(p, false), doubtful(p, true)]);
    let everywhere = |_: usize| true;
    let bounds = {
        // One at a time: each is as large as the second pass itself.
        let read = |reading| {
            let examined = e.examined.read_as(reading, &everywhere);
            parts.map(|p| measured(&e, &examined, p))
        };
        let (low, high) = (read(Reading::Worst), read(Reading::Best));
        [0, 1].map(|part| {
            let bound = |phase: usize| {
                let [ambiguous, degraded, slow] = counts[part][phase];
                let (low, high) = (low[part][phase].avail(), high[part][phase].avail());
                Bound { low, high, ambiguous, degraded, slow }
            };
            let nothing =
                Bound { low: crate::case::Avail::NONE, high: crate::case::Avail::NONE, ambiguous: 0, degraded: 0, slow: 0 };
            Bounds { baseline: bound(0), during: if timed { bound(1) } else { nothing } }
        })
    };
    let mut out = Readings {
        target: Some(bounds[0]),
        rest: named.then_some(bounds[1]),
        as_ruled: Some(finding.verdict),
        ..Readings::default()
    };
    if !timed {
        out.why = "There is no window, so there is no verdict about one to judge anew.".into();
        return out;
    }
    if counts.iter().flatten().flatten().all(|&n| n == 0) {
        out.why = "No answer can be read in two ways: none was ambiguous, degraded or slow.".into();
        return out;
    }
    let changed = {
        let only = e.examined.read_as(Reading::DoubtsOnly, &everywhere);
        parts.map(|p| {
            let [base, now] = measured(&e, &only, p);
            rise(&now, &base).is_some_and(|(_, i, _)| i.low > MARGIN_MIN || i.high < -MARGIN_MIN)
        })
    };
    if changed == [false, false] {
        out.why = "Answers that can be read in two ways were about as frequent in the window as otherwise, so they cannot have made the \
                   difference."
            .into();
        return out;
    }
    let applies = |l: usize| (changed[0] && target(l)) || (changed[1] && rest(l));
    let worst = judged(&e, &e.examined.read_as(Reading::Worst, &applies));
    let best = judged(&e, &e.examined.read_as(Reading::Best, &applies));
    (out.worst, out.best) = (Some(worst.verdict), Some(best.verdict));
    out.why = format!(
        "Answers that can be read in two ways became surely more or less frequent in the window ({}), so it was judged anew with \
         them counted at their worst and at their best.",
        match changed {
            [true, true] => "in what failed and in the rest",
            [true, false] if named => "in what failed",
            [true, false] => "over the whole site",
            _ => "in the rest",
        }
    );
    let other = |f: &Finding| {
        let elsewhere = failed(f) && failed(finding) && !f.in_target.iter().zip(&finding.in_target).any(|(a, b)| *a && *b);
        f.verdict != finding.verdict || elsewhere
    };
    if finding.verdict == Verdict::Inconclusive || !(other(&worst) || other(&best)) {
        return out;
    }
    let (which, f) = if other(&worst) { (WORST, &worst) } else { (BEST, &best) };
    let instead = if f.verdict == finding.verdict { "another cause".to_owned() } else { format!("“{}”", f.verdict.name()) };
    let says = format!(
        "The answer depends on how {} are counted: as the rules count it would be “{}”; {which} it is {instead}.",
        kinds(&counts.map(|c| c[1])),
        finding.verdict.name()
    );
    finding.because.insert(0, says.clone());
    finding.verdict = Verdict::Inconclusive;
    out.depends = Some(says);
    out
}

const WORST: &str = "with all of them as failures";
const BEST: &str = "with clients that left not counted and answers cut short counted as good";

/// The kinds of doubtful answers that there are in the window.
fn kinds(during: &[[u64; 3]; 2]) -> String {
    let names = ["answers to clients that left or were given no status", "answers that were cut short or spoilt", "slow answers"];
    let found: Vec<String> = (0..3)
        .map(|k| (during[0][k] + during[1][k], names[k]))
        .filter(|(n, _)| *n > 0)
        .map(|(n, name)| format!("{} {name}", count(n)))
        .collect();
    if found.is_empty() { "doubtful answers of the baseline".into() } else { found.join(", ") }
}

/// The first of the strongest candidates, clear of one another and of what was looked at, of which `judge`
/// finds that it failed for more than a few clients.
fn first_failing(
    look: &Look<'_>,
    found: &[Candidate],
    clear_of: &[Span],
    judge: impl Fn(&Seen<'_>, &Look<'_>, Span) -> Finding,
) -> Option<(Span, Finding)> {
    let mut looked_at: Vec<Span> = clear_of.to_vec();
    for c in found {
        if looked_at.iter().any(|s| s.overlaps(c.span)) {
            continue;
        }
        if looked_at.len() >= clear_of.len() + HIDDEN_MAX {
            break;
        }
        looked_at.push(c.span);
        let look = Look { found, ..*look };
        let f = judge(&look.examine(Some(c.span), None), &look, c.span);
        if failed(&f) && f.target.0.clients_bad > FEW as u64 {
            return Some((c.span, f));
        }
    }
    None
}

/// Where nothing failed as the rules count: a stretch that failed if ambiguous answers are failures. A
/// server that hangs makes its clients leave, and of such a request the log may say nothing else.
pub(super) fn hidden(look: &Look<'_>, clear_of: &[Span]) -> Option<String> {
    let at_worst = |seen: &Seen<'_>, look: &Look<'_>, span: Span| {
        let view = View::new(&seen.examined, look.tier);
        let e = seen.evidence(&view, look, span);
        judged(&e, &seen.examined.read_as(Reading::Worst, &|_| true))
    };
    let (span, worst) = first_failing(look, &candidates_at_worst(look.cube, look.tier), clear_of, at_worst)?;
    let (n, bad) = worst.target.0.counts();
    Some(format!(
        "Nothing failed as the rules count, but from {} {} of {} requests for one part of the site were not answered well or \
         broke off without a known answer; if those were failures the answer would be “{}”. It depends on how clients that left \
         are counted.",
        span_on_date(span),
        count(bad),
        count(n),
        worst.verdict.name()
    ))
}

/// Where nothing failed beyond doubt: a stretch that chance might have made, and that would be told as a
/// failure if it were sure. "Nothing failed" would say more than these logs do.
pub(super) fn faint(look: &Look<'_>, clear_of: &[Span]) -> Option<String> {
    let found = faint_candidates(look.cube, look.tier);
    let (span, f) = first_failing(look, &found, clear_of, |seen, look, _| seen.judge(look))?;
    let (n, bad) = f.target.0.counts();
    Some(format!(
        "From {} {} of {} requests for one part of the site failed, by {} clients. Among so many stretches and resources chance \
         may make as much, so it is no sure failure; but it is too much to say that nothing failed.",
        span_on_date(span),
        count(bad),
        count(n),
        count(f.target.0.clients_bad)
    ))
}

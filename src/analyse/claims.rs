//! Question: do the logs agree with what somebody said?
//! Method: each claim carries one test; it is consistent, contradicted, or not testable with the
//! reason.
//! Assumes: a claim about "the service" means the outermost tier.

use super::evidence::Evidence;
use super::scope::Finding;
use crate::case::{Case, Claim, ClaimStanding, Standing, Verdict};
use crate::config::ClaimNote;
use crate::stats::interval::{Z95, newcombe, wilson};
use crate::time::{Micros, SECOND, Span};
use crate::words::{count, duration_in_full};

/// Stretch compared on either side of a claimed change: a quarter of an hour.
const CHANGE_SECS: i64 = 900;

/// A change of the failing share that surely stays within this is none: five percentage points, what
/// parts "degraded" from "ok" elsewhere.
const SAME: f64 = 0.05;

/// Allowed relative difference for numbers where the claim gives none: a tenth.
const TOLERANCE: f64 = 0.1;

type Answer = (ClaimStanding, String);

/// Tests every claim against the case so far (its claims are still empty).
#[must_use]
pub fn claims(notes: &[ClaimNote], case: &Case, e: Option<&Evidence<'_>>, f: &Finding) -> Vec<Claim> {
    notes
        .iter()
        .map(|note| {
            let (standing, because) = test(note, case, e, f);
            Claim { id: note.id.clone(), says: note.says.clone(), by: note.by.clone(), at: note.at, standing, because }
        })
        .collect()
}

fn test(note: &ClaimNote, case: &Case, e: Option<&Evidence<'_>>, f: &Finding) -> Answer {
    if let Some(scope) = &note.scope {
        return scope_test(scope, note.resource.as_deref(), case);
    }
    if let Some(id) = &note.explanation {
        return explanation_test(id, case);
    }
    if let Some(minutes) = note.downtime {
        return downtime_test(minutes, note.tolerance, note.resource.as_deref(), case);
    }
    if let Some(healthy) = note.rest_healthy {
        return rest_test(healthy, case);
    }
    if let Some(at) = note.change_at {
        return change_test(at, e, f);
    }
    if let (Some(n), Some(name)) = (note.requests, note.resource.as_deref()) {
        return match case.resources.iter().find(|r| r.name == name) {
            Some(r) => number_test(n, r.requests, note.tolerance, &format!("valid requests for {name} in the stretch looked at")),
            None => (ClaimStanding::NotTestable, format!("{name} is not among the resources told apart here.")),
        };
    }
    if let Some(n) = note.requests {
        let (what, counted) = match case.window {
            Some(_) if !case.scope.cause_set.is_empty() => {
                ("valid requests for what failed, in the window", case.scope.target.requests)
            }
            _ => ("requests in the stretch looked at", case.audience.requests),
        };
        return number_test(n, counted, note.tolerance, what);
    }
    if let Some(n) = note.distinct_clients {
        let (what, counted) = match case.audience.target_clients {
            Some(n) => ("distinct addresses asked for what failed, in the window", n),
            None => ("distinct addresses asked in the stretch looked at", case.audience.distinct_clients),
        };
        return number_test(n, counted, note.tolerance, what);
    }
    if note.peak_concurrent.is_some() {
        return (
            ClaimStanding::NotTestable,
            "How many clients were connected at one time is not measured by this version.".into(),
        );
    }
    (ClaimStanding::NotTestable, "The claim names no test that access logs could decide.".into())
}

fn scope_test(scope: &str, resource: Option<&str>, case: &Case) -> Answer {
    let (target, rest) = (&case.scope.target, &case.scope.rest);
    let numbers = format!(
        "{} of {} requests for {} failed in the window; of {} requests for everything else {} did.",
        count(target.failed),
        count(target.requests),
        case.cause_words(),
        count(rest.requests),
        count(rest.failed)
    );
    let verdict = case.scope.verdict;
    match (scope, verdict) {
        (_, Verdict::Inconclusive) => (ClaimStanding::NotTestable, "The logs do not decide how far the failure reached.".into()),
        ("site-wide", Verdict::SiteWide) => (ClaimStanding::Consistent, numbers),
        ("site-wide", Verdict::NoIncident) | ("confined", Verdict::NoIncident) => {
            (ClaimStanding::Contradicted, "No failure beyond the ordinary was found.".into())
        }
        ("site-wide", _) => (ClaimStanding::Contradicted, numbers),
        ("confined", Verdict::Confined) => match resource {
            Some(r) if !is_cause(case, r) => {
                (ClaimStanding::Contradicted, format!("It was confined, but to {}. {numbers}", case.cause_words()))
            }
            _ => (ClaimStanding::Consistent, numbers),
        },
        ("confined", _) => (ClaimStanding::Contradicted, numbers),
        _ => (ClaimStanding::NotTestable, format!("`{scope}` is no scope this program tests (site-wide, confined).")),
    }
}

/// Whether the cause set names exactly this.
fn is_cause(case: &Case, name: &str) -> bool {
    case.scope.cause_set.iter().any(|set| set.values().any(|v| v == name))
}

fn explanation_test(id: &str, case: &Case) -> Answer {
    let Some(found) = case.explanations.iter().find(|x| x.id == id) else {
        return (ClaimStanding::NotTestable, format!("`{id}` is no explanation this program knows."));
    };
    let why = found.evidence.first().map_or_else(String::new, |e| e.says.clone());
    match found.standing {
        Standing::Supported => (ClaimStanding::Consistent, why),
        Standing::Contradicted => (ClaimStanding::Contradicted, why),
        Standing::Undecided => (ClaimStanding::NotTestable, format!("These logs do not decide it. {why}")),
        Standing::NotObservable => (ClaimStanding::NotTestable, why),
    }
}

fn downtime_test(minutes: f64, tolerance: Option<f64>, resource: Option<&str>, case: &Case) -> Answer {
    let Some(window) = case.window else {
        return match case.scope.verdict {
            Verdict::NoIncident => (ClaimStanding::Contradicted, "No failure beyond the ordinary was found.".into()),
            _ => (ClaimStanding::NotTestable, "The failure could not be dated.".into()),
        };
    };
    if let Some(r) = resource.filter(|r| !is_cause(case, r)) {
        return (
            ClaimStanding::NotTestable,
            format!("The failure that was dated is that of {}, not of {r}.", case.cause_words()),
        );
    }
    let span = window.span();
    let (mut short, mut long) = (span.secs(), span.secs());
    if let Some(e) = case.episodes.iter().find(|e| e.set_aside.is_none() && Span::new(e.from, e.to).overlaps(span)) {
        short = Span::new(e.from_high, e.to_low).secs().min(short);
        long = Span::new(e.from_low, e.to_high).secs().max(long);
        // Whether the pauses of a failure that comes back are downtime is a matter of words.
        let bouts = e.course.bouts.iter().map(|b| Span::new(b.from_high, b.to_low).secs().max(0.0));
        short = if e.course.bouts.len() > 1 { bouts.sum::<f64>().min(short) } else { short };
    }
    let allowed = tolerance.unwrap_or(TOLERANCE * minutes);
    let (low, high) = (short / 60.0 - allowed, long / 60.0 + allowed);
    let measured = format!(
        "Failures lasted {} (the data allow {} to {}); the claim is {minutes} minutes with {allowed} allowed.",
        duration_in_full(span.secs()),
        duration_in_full(short),
        duration_in_full(long)
    );
    let fits = low <= minutes && minutes <= high;
    (if fits { ClaimStanding::Consistent } else { ClaimStanding::Contradicted }, measured)
}

fn rest_test(healthy: bool, case: &Case) -> Answer {
    let rest = &case.scope.rest;
    let numbers =
        format!("In the window {} of {} valid requests for everything else failed.", count(rest.failed), count(rest.requests));
    match rest.healthy {
        Some(found) if found == healthy => (ClaimStanding::Consistent, numbers),
        Some(_) => (ClaimStanding::Contradicted, numbers),
        None => (ClaimStanding::NotTestable, format!("{numbers} That is too little to tell.")),
    }
}

fn number_test(claimed: f64, counted: u64, tolerance: Option<f64>, what: &str) -> Answer {
    let allowed = tolerance.unwrap_or(TOLERANCE * claimed);
    let fits = (counted as f64 - claimed).abs() <= allowed;
    let text = format!(
        "The logs hold {} {what}; the claim is {} with {} allowed. Views or impressions that a platform counts are another quantity than requests or addresses in access logs.",
        count(counted),
        count(claimed.max(0.0).round() as u64),
        count(allowed.max(0.0).round() as u64)
    );
    (if fits { ClaimStanding::Consistent } else { ClaimStanding::Contradicted }, text)
}

fn change_test(at: Micros, e: Option<&Evidence<'_>>, f: &Finding) -> Answer {
    let Some(e) = e.filter(|_| f.in_target.contains(&true)) else {
        return (ClaimStanding::NotTestable, "Nothing failed whose change could be looked at.".into());
    };
    let series = e.examined.series(&|l| f.in_target[l]);
    let side = |from: Micros, to: Micros| {
        if to <= from {
            return (0, 0);
        }
        let span = Span::new(from, to);
        let bins = series.range(e.examined.fine.bin(span.from)..=e.examined.fine.bin(span.to.plus(-1)));
        bins.fold((0u64, 0u64), |s, (_, m)| (s.0 + m.cell.bad(), s.1 + m.cell.valid()))
    };
    let reach = CHANGE_SECS * SECOND;
    let before = side(at.plus(-reach).max(e.window.from), at);
    let after = side(at, at.plus(reach).min(e.window.to));
    if before.1 < 20 || after.1 < 20 {
        return (ClaimStanding::NotTestable, "Fewer than 20 requests on one side of that moment, within the failure.".into());
    }
    let p = |x: (u64, u64)| (x.0 as f64 / x.1 as f64, wilson(x.0 as f64 / x.1 as f64, x.1 as f64, Z95));
    let ((p0, i0), (p1, i1)) = (p(before), p(after));
    let change = newcombe(p1, i1, p0, i0);
    let text = format!(
        "The failing share was {:.1} % in the quarter hour before and {:.1} % after (within the failure): a change of {:+.1} points, {:+.1} to {:+.1}.",
        100.0 * p0,
        100.0 * p1,
        100.0 * (p1 - p0),
        100.0 * change.low,
        100.0 * change.high
    );
    let changed = change.low > 0.0 || change.high < 0.0;
    let unchanged = change.low > -SAME && change.high < SAME;
    match (changed, unchanged) {
        (true, _) => (ClaimStanding::Consistent, text),
        (false, true) => (ClaimStanding::Contradicted, text),
        (false, false) => (ClaimStanding::NotTestable, format!("{text} That may be a change or none.")),
    }
}

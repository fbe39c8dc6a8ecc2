//! Question: do the logs agree with what somebody said?
//! Method: each claim carries one test; its figure is measured under every definition that the words allow; it is
//! consistent if it fits one of them, contradicted if it surely fits none, and else not testable, with the reason.
//! Assumes: a claim about "the service" means the outermost tier.
//! Reference: ENFSI, *Guideline for Evaluative Reporting in Forensic Science*, 2015: what evidence
//! leaves open is told as open.

mod change;
mod downtime;
mod numbers;

use super::evidence::Evidence;
use super::scope::Finding;
use crate::case::claimed::{Held, Measure};
use crate::case::{Case, Claim, ClaimStanding, Standing, Verdict};
use crate::config::ClaimNote;
use crate::words::count;

/// Allowed relative difference for numbers where the claim gives none: a tenth, as a round number is said.
const TOLERANCE: f64 = 0.1;

/// What came of a test.
struct Answer {
    standing: ClaimStanding,
    because: String,
    held: Held,
}

impl Answer {
    fn new(standing: ClaimStanding, because: impl Into<String>) -> Self {
        Answer { standing, because: because.into(), held: Held::default() }
    }

    fn untestable(because: impl Into<String>) -> Self {
        Answer::new(ClaimStanding::NotTestable, because)
    }

    fn under(mut self, test: &'static str) -> Self {
        self.held.test = Some(test);
        self
    }
}

/// Tests every claim against the case so far (its claims are still empty).
#[must_use]
pub fn claims(notes: &[ClaimNote], case: &Case, e: Option<&Evidence<'_>>, f: &Finding) -> Vec<Claim> {
    notes
        .iter()
        .map(|note| {
            let a = test(note, case, e, f);
            Claim {
                id: note.id.clone(),
                says: note.says.clone(),
                by: note.by.clone(),
                at: note.at,
                standing: a.standing,
                because: a.because,
                held: a.held,
            }
        })
        .collect()
}

fn test(note: &ClaimNote, case: &Case, e: Option<&Evidence<'_>>, f: &Finding) -> Answer {
    if let Some(scope) = &note.scope {
        return scope_test(scope, note.resource.as_deref(), case).under("scope");
    }
    if let Some(id) = &note.explanation {
        return explanation_test(id, case).under("explanation");
    }
    if let Some(minutes) = note.downtime {
        return downtime::test(minutes, note, case).under("downtime");
    }
    if let Some(healthy) = note.rest_healthy {
        return rest_test(healthy, case).under("rest_healthy");
    }
    if let Some(at) = note.change_at {
        return change::test(at, case, e, f).under("change_at");
    }
    numbers::test(note, case).unwrap_or_else(|| Answer::untestable("The claim names no test that access logs could decide."))
}

/// How a claimed number stands to figures under several definitions: whether each fits is filled in. It fits if the
/// figure lies within what is allowed and the data do not reach farther than twice that; it surely
/// does not if all that the data allow lies outside.
fn judge(claimed: f64, allowed: f64, mut measured: Vec<Measure>) -> (ClaimStanding, Vec<Measure>) {
    for m in &mut measured {
        let within = |x: f64, times: f64| (x - claimed).abs() <= times * allowed;
        let narrow = within(m.low, 2.0) && m.high.is_some_and(|h| within(h, 2.0));
        let apart = m.low > claimed + allowed || m.high.is_some_and(|h| h < claimed - allowed);
        m.fits = match (within(m.value, 1.0) && narrow, apart) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        };
    }
    let standing = if measured.iter().any(|m| m.fits == Some(true)) {
        ClaimStanding::Consistent
    } else if !measured.is_empty() && measured.iter().all(|m| m.fits == Some(false)) {
        ClaimStanding::Contradicted
    } else {
        ClaimStanding::NotTestable
    };
    (standing, measured)
}

/// Where the definitions do not agree, which ones the claim fits.
fn said_of_definitions(measured: &[Measure]) -> String {
    let of = |fits: Option<bool>| {
        let list: Vec<&str> = measured.iter().filter(|m| m.fits == fits).map(|m| m.definition.as_str()).collect();
        list.join("; ")
    };
    let (yes, no) = (of(Some(true)), measured.iter().filter(|m| m.fits != Some(true)).count());
    if yes.is_empty() || no == 0 { String::new() } else { format!(" It fits only if this is meant: {yes}.") }
}

fn scope_test(scope: &str, resource: Option<&str>, case: &Case) -> Answer {
    use ClaimStanding::{Consistent, Contradicted};
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
        (_, Verdict::Inconclusive) => {
            let why = case.scope.because.first().map_or_else(String::new, |b| format!(" {b}"));
            Answer::untestable(format!("The logs do not decide how far the failure reached.{why}"))
        }
        ("site-wide", Verdict::SiteWide) => Answer::new(Consistent, numbers),
        ("site-wide" | "confined", Verdict::NoIncident) => Answer::new(Contradicted, "No failure beyond the ordinary was found."),
        ("site-wide", _) => Answer::new(Contradicted, numbers + &rest_rose(case)),
        ("confined", Verdict::Confined) => match resource {
            Some(r) if !is_cause(case, r) => {
                Answer::new(Contradicted, format!("It was confined, but to {}. {numbers}", case.cause_words()))
            }
            _ => Answer::new(Consistent, numbers + &rest_rose(case)),
        },
        ("confined", _) => Answer::new(Contradicted, numbers),
        _ => Answer::untestable(format!("`{scope}` is no scope this program tests (site-wide, confined).")),
    }
}

/// How far the rest's failing share rose, with its interval and limit; empty where that is unknown.
fn rest_rose(case: &Case) -> String {
    let rest = &case.scope.rest;
    match (rest.increase.value, rest.increase.low, rest.increase.high) {
        (Some(v), Some(l), Some(h)) => format!(
            " The failing share of everything else changed by {:+.2} points ({:+.2} to {:+.2}); up to {:+.2} counts as healthy.",
            100.0 * v,
            100.0 * l,
            100.0 * h,
            100.0 * rest.margin
        ),
        _ => String::new(),
    }
}

/// Whether the cause set names exactly this.
fn is_cause(case: &Case, name: &str) -> bool {
    case.scope.cause_set.iter().any(|set| set.values().any(|v| v == name))
}

fn explanation_test(id: &str, case: &Case) -> Answer {
    let Some(found) = case.explanations.iter().find(|x| x.id == id) else {
        return Answer::untestable(format!("`{id}` is no explanation this program knows."));
    };
    // The piece of evidence that made it so, where there is one.
    let (favours, against) = (found.standing == Standing::Supported, found.standing == Standing::Contradicted);
    let telling = found.evidence.iter().find(|e| (favours && e.favours) || (against && e.against)).or(found.evidence.first());
    let why = telling.map_or_else(String::new, |e| e.says.clone());
    match found.standing {
        Standing::Supported => Answer::new(ClaimStanding::Consistent, why),
        Standing::Contradicted => Answer::new(ClaimStanding::Contradicted, why),
        Standing::Undecided => Answer::untestable(format!("These logs do not decide it. {why}")),
        Standing::NotObservable => Answer::untestable(why),
    }
}

fn rest_test(healthy: bool, case: &Case) -> Answer {
    let rest = &case.scope.rest;
    let numbers =
        format!("In the window {} of {} valid requests for everything else failed.", count(rest.failed), count(rest.requests))
            + &rest_rose(case);
    let decided = |found: bool, text: String| {
        Answer::new(if found == healthy { ClaimStanding::Consistent } else { ClaimStanding::Contradicted }, text)
    };
    let mut answer = match (case.scope.verdict, rest.healthy) {
        (Verdict::NoIncident, _) => decided(true, "No failure beyond the ordinary was found in anything.".into()),
        (Verdict::Inconclusive, _) => {
            let why = case.scope.because.first().map_or_else(String::new, |b| format!(" {b}"));
            Answer::untestable(format!("{numbers} But the logs do not decide how far the failure reached.{why}"))
        }
        (_, Some(found)) => decided(found, numbers),
        (_, None) => Answer::untestable(format!("{numbers} That is too little to tell.")),
    };
    if let (Some(value), Some(low)) = (rest.increase.value, rest.increase.low) {
        let definition = "change of the failing share of everything else, window against baseline".to_owned();
        answer.held.measured = vec![Measure { definition, value, low, high: rest.increase.high, fits: None }];
        answer.held.unit = Some("share");
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::example;

    fn measure(value: f64, low: f64, high: Option<f64>) -> Measure {
        Measure { definition: "d".into(), value, low, high, fits: None }
    }

    #[test]
    fn a_number_is_contradicted_only_where_all_that_the_data_allow_lies_outside() {
        use ClaimStanding::{Consistent, Contradicted, NotTestable};
        for (list, want) in [
            (vec![measure(42.0, 41.0, Some(43.0))], Consistent),
            (vec![measure(60.0, 59.0, Some(61.0))], Contradicted),
            (vec![measure(46.0, 43.0, Some(49.0))], NotTestable),
            // So wide that it would fit anything.
            (vec![measure(42.0, 10.0, Some(90.0))], NotTestable),
            (vec![measure(20.0, 20.0, None)], NotTestable),
            (vec![measure(60.0, 60.0, None)], Contradicted),
            (vec![measure(60.0, 59.0, Some(61.0)), measure(42.0, 42.0, Some(42.0))], Consistent),
            (vec![measure(60.0, 59.0, Some(61.0)), measure(46.0, 43.0, Some(49.0))], NotTestable),
            (vec![], NotTestable),
        ] {
            let (standing, measured) = judge(40.0, 4.0, list);
            assert_eq!(standing, want, "{measured:?}");
        }
    }

    #[test]
    fn what_an_inconclusive_verdict_leaves_open_is_never_called_contradicted() {
        let mut case = example::case();
        let standing = |case: &Case, scope: &str| scope_test(scope, None, case).standing;
        assert_eq!(standing(&case, "site-wide"), ClaimStanding::Contradicted);
        assert_eq!(rest_test(true, &case).standing, ClaimStanding::Consistent);
        assert_eq!(rest_test(false, &case).standing, ClaimStanding::Contradicted);
        case.scope.verdict = Verdict::Inconclusive;
        for scope in ["site-wide", "confined"] {
            assert_eq!(standing(&case, scope), ClaimStanding::NotTestable);
        }
        assert_eq!(rest_test(false, &case).standing, ClaimStanding::NotTestable);
        case.scope.verdict = Verdict::NoIncident;
        assert_eq!(standing(&case, "confined"), ClaimStanding::Contradicted);
        assert_eq!(rest_test(true, &case).standing, ClaimStanding::Consistent);
    }
}

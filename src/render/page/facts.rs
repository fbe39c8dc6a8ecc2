//! The key figures, each with its range or the reason why it has none.

use crate::case::{Avail, Case, Chosen, Verdict, Window};
use crate::render::doc::{Block, Text};
use crate::render::story::course::of_incident;
use crate::render::story::phrases::{Clock, answered, counted, failing};
use crate::render::story::window::{dated, lasted};
use crate::words::count;

/// The list of key figures.
pub(super) fn key_figures(case: &Case) -> Vec<Block> {
    let mut facts: Vec<(String, Text)> = Vec::new();
    facts.push(("Time the logs cover".into(), covered(case)));
    if let Some(window) = case.window {
        facts.extend(if case.scope.verdict == Verdict::NoIncident { asked_about(case, window) } else { incident(case, window) });
    }
    let mut add = |name: &str, value: Text| facts.push((name.into(), value));
    let a = &case.audience;
    if a.requests > 0 {
        let from = match a.distinct_clients {
            0 => "whose lines name no client".to_owned(),
            n if a.distinct_clients_error.is_some() => format!("from about {}", counted(n, "client address")),
            n => format!("from {}", counted(n, "client address")),
        };
        let all = format!("{} {from}, in all that is looked at", counted(a.requests, "request"));
        let target = a
            .target_clients
            .filter(|_| case.window.is_some() && a.distinct_clients > 0)
            .map_or(String::new(), |n| format!("; {} asked for what was hit during the incident", count(n)));
        add(
            "Who asked",
            format!(
                "{all}{target} (counted, so {})",
                if a.distinct_clients_error.is_some() { "the addresses to half a per cent" } else { "without a range" }
            )
            .into(),
        );
    }
    if let Some(p) = &a.peak_concurrent {
        let range = if (p.low, p.high) == (p.value, p.value) {
            "the same under every reading of what “at one time” means".into()
        } else {
            format!("{} to {} under other readings of what “at one time” means", count(p.low), count(p.high))
        };
        add("Most clients at one time", format!("{} at {} ({range})", count(p.value), Clock::of(case).moment(p.at)).into());
    }
    vec![Block::Facts(facts)]
}

type Fact = (String, Text);

fn incident(case: &Case, window: Window) -> Vec<Fact> {
    let (target, rest) = (&case.scope.target, &case.scope.rest);
    let mut facts: Vec<Fact> = Vec::new();
    let mut add = |name: &str, value: String| facts.push((name.into(), value.into()));
    add("Time of the incident", when(case, window));
    let undated = || "no range: its ends could not be dated".into();
    add("Dated from the logs", dated(case).unwrap_or_else(undated));
    add("Duration", lasted(case, window));
    if let Some(bouts) = of_incident(case) {
        add("Failing, without the pauses", bouts);
    }
    if target.requests > 0 {
        add("Failed, of what was hit", part(&target.during, target.requests, target.failed, &target.before));
    }
    if rest.requests > 0 {
        add("Failed, of everything else", part(&rest.during, rest.requests, rest.failed, &rest.before));
    }
    if target.after.requests > 0 {
        add("Afterwards", format!("{} of the requests for what was hit were answered well", answered(&target.after)));
    }
    if target.requests > 0 {
        let n = count(case.scope.clients_affected);
        add("Client addresses that met a failure", format!("{n} (counted, so without a range)"));
    }
    facts
}

fn asked_about(case: &Case, window: Window) -> Vec<Fact> {
    let (target, rest) = (&case.scope.target, &case.scope.rest);
    let mut facts: Vec<Fact> = vec![("Time looked at".into(), when(case, window).into())];
    for (during, requests, failed, before) in [
        (&target.during, target.requests, target.failed, &target.before),
        (&rest.during, rest.requests, rest.failed, &rest.before),
    ] {
        if requests > 0 {
            facts.push(("Failed in it".into(), part(during, requests, failed, before).into()));
        }
    }
    facts
}

fn covered(case: &Case) -> Text {
    let first = case.sources.iter().filter_map(|s| s.first).min();
    let last = case.sources.iter().filter_map(|s| s.last).max();
    match (first, last) {
        (Some(a), Some(b)) => Clock::of(case).from_to(crate::time::Span::new(a, b)).into(),
        _ => "no request with a time is on record".into(),
    }
}

fn when(case: &Case, window: Window) -> String {
    let how = match window.chosen {
        Chosen::Given => "given by whoever asked for this report, not found in the logs",
        Chosen::Detected => "found in the logs",
    };
    format!("{}; {how}", Clock::of(case).from_to(window.span()))
}

fn part(during: &Avail, requests: u64, failed: u64, before: &Avail) -> String {
    let counts = format!("{} of {}", count(failed), counted(requests, "request"));
    format!("{}: {counts}. Before: {}", failing(during), failing(before))
}

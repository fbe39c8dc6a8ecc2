//! The key figures, each with its range or the reason why it has none.

use crate::case::{Case, Chosen, Episode, Window};
use crate::render::doc::{Block, Text};
use crate::render::story::phrases::{Clock, answered, counted, failing, minute};
use crate::render::words::{count, duration};

/// The list of key figures.
pub(super) fn key_figures(case: &Case) -> Vec<Block> {
    let mut facts: Vec<(String, Text)> = Vec::new();
    let mut add = |name: &str, value: Text| facts.push((name.into(), value));
    add("Time the logs cover", covered(case));
    if let Some(window) = case.window {
        add("Time of the incident", when(case, window));
        add("Dated from the logs", dated(case, window));
        add("Duration", lasted(case, window));
        let (target, rest) = (&case.scope.target, &case.scope.rest);
        if target.requests > 0 {
            add(
                "Failed, of what was hit",
                part(failing(&target.during), target.requests, target.failed, failing(&target.before)),
            );
        }
        if rest.requests > 0 {
            add("Failed, of everything else", part(failing(&rest.during), rest.requests, rest.failed, failing(&rest.before)));
        }
        if target.requests > 0 && target.after.requests > 0 {
            add("Afterwards", format!("{} of what was hit were answered well again", answered(&target.after)).into());
        }
        if target.requests > 0 {
            let n = count(case.scope.clients_affected);
            add("Client addresses that met a failure", format!("{n} (counted, so without a range)").into());
        }
    }
    let a = &case.audience;
    if a.requests > 0 {
        let all = format!(
            "{} from {}, over all the logs",
            counted(a.requests, "request"),
            counted(a.distinct_clients, "client address")
        );
        let target = a
            .target_clients
            .filter(|_| case.window.is_some())
            .map_or(String::new(), |n| format!("; {} asked for what was hit during the incident", count(n)));
        add("Who asked", format!("{all}{target} (counted, so without a range)").into());
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

/// The episodes of the cause set that make up the window: same things, overlapping, not set aside.
pub(super) fn of_window(case: &Case, window: Window) -> Vec<&Episode> {
    let named =
        |e: &Episode| case.scope.cause_set.iter().any(|set| set.values().any(|v| *v == e.resource)) || e.resource == "site";
    let span = |e: &Episode| crate::time::Span::new(e.from, e.to);
    case.episodes.iter().filter(|e| e.set_aside.is_none() && named(e) && span(e).overlaps(window.span())).collect()
}

fn covered(case: &Case) -> Text {
    let first = case.sources.iter().filter_map(|s| s.first).min();
    let last = case.sources.iter().filter_map(|s| s.last).max();
    match (first, last) {
        (Some(a), Some(b)) => Clock::of(case).from_to(crate::time::Span::new(a, b)).into(),
        _ => "no request with a time is on record".into(),
    }
}

fn when(case: &Case, window: Window) -> Text {
    let how = match window.chosen {
        Chosen::Given => "given by whoever asked for this report, not found in the logs",
        Chosen::Detected => "found in the logs",
    };
    format!("{}; {how}", Clock::of(case).from_to(window.span())).into()
}

fn dated(case: &Case, window: Window) -> Text {
    let found = of_window(case, window);
    let (Some(first), Some(last)) = (found.iter().min_by_key(|e| e.from), found.iter().max_by_key(|e| e.to)) else {
        return "no range for beginning and end: no single stretch of failure fits this time".into();
    };
    let mut text = format!(
        "the failures began between {} and {} and ended between {} and {} UTC",
        minute(first.from_low),
        minute(first.from_high),
        minute(last.to_low),
        minute(last.to_high)
    );
    if let Some(open) = first.open.as_ref().or(last.open.as_ref()) {
        text.push_str(&format!("; {open}"));
    }
    text.into()
}

fn lasted(case: &Case, window: Window) -> Text {
    let secs = duration(window.span().secs());
    let found = of_window(case, window);
    let (Some(first), Some(last)) = (found.iter().min_by_key(|e| e.from), found.iter().max_by_key(|e| e.to)) else {
        return format!("{secs} (no range: no single stretch of failure fits this time)").into();
    };
    let between = |a: crate::time::Micros, b: crate::time::Micros| duration(crate::time::Span::new(a, b).secs());
    let (short, long) = (between(first.from_high, last.to_low), between(first.from_low, last.to_high));
    format!("{secs} ({short} to {long})").into()
}

fn part(share: String, requests: u64, failed: u64, before: String) -> Text {
    format!("{share}: {} of {}. Before: {before}", count(failed), counted(requests, "request")).into()
}

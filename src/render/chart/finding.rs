//! Findings as sentences: the titles of the pictures.

use super::canvas::LABEL;
use super::text;
use crate::case::{Case, Point, Verdict, set_words};
use crate::time::Span;
use crate::words::{count, counted, percent, span, span_on_date};

/// Share of requests from which on something is drawn or named as failing: one in twenty, as for the state of a bin.
pub(crate) const FAILING: f64 = 0.05;

/// Longest name inside a title, pixels at the title's size.
const NAME_ROOM: f64 = 560.0;

/// `name` short enough for a title.
pub(crate) fn title_name(name: &str) -> String {
    text::shorten(name, 30.0, true, NAME_ROOM)
}

/// What failed, as a reader says it; of many things the first, and how many more.
pub(crate) fn target_name(case: &Case) -> String {
    match case.scope.cause_set.as_slice() {
        [] => "the whole site".into(),
        [_] | [_, _] => text::clean(&case.cause_words()),
        [first, more @ ..] => format!("{} and {} more", text::clean(&set_words(first)), more.len()),
    }
}

/// The same, at most `room` pixels wide at the given size: the name gives way, the number stays.
fn target_fitted(case: &Case, size: f64, room: f64) -> String {
    match case.scope.cause_set.as_slice() {
        [first, more @ ..] if more.len() > 1 => {
            let more = format!(" and {} more", more.len());
            text::shorten(&set_words(first), size, true, room - text::width(&more, size, true)) + &more
        }
        _ => text::shorten(&target_name(case), size, true, room),
    }
}

/// The same, short enough for a label of `room` pixels.
pub(crate) fn target_label(case: &Case, room: f64) -> String {
    target_fitted(case, LABEL.size, room)
}

/// What the window is called: no incident where none was found in it.
pub(crate) fn period(case: &Case) -> &'static str {
    if case.scope.verdict == Verdict::NoIncident { "examined window" } else { "incident" }
}

/// A stretch of time in words, with its date where the case covers more than a day.
pub(crate) fn when(case: &Case, s: Span) -> String {
    if case.axis.span().secs() > 86_400.0 { span_on_date(s) } else { span(s) }
}

/// Failed and valid requests of whole series.
pub(crate) fn totals(series: &[&[Point]]) -> (u64, u64) {
    series
        .iter()
        .flat_map(|s| s.iter())
        .fold((0u64, 0u64), |(f, n), p| (f.saturating_add(p.failed), n.saturating_add(p.requests)))
}

/// A failing share, or that there is none to tell.
pub(crate) fn failing(failed: u64, requests: u64) -> String {
    if requests == 0 { "no requests".into() } else { percent(failed as f64 / requests as f64) }
}

/// The answer of the whole report in one sentence.
pub(crate) fn headline(case: &Case) -> String {
    let scope = &case.scope;
    let Some(window) = case.window else {
        let (failed, requests) = totals(&[&scope.target_series, &scope.rest_series]);
        let numbers = format!("{} of {} failed", failing(failed, requests), counted(requests, "request", "requests"));
        return match (scope.verdict, requests) {
            (_, 0) => "Inconclusive: no request that could have failed was logged".into(),
            (Verdict::Inconclusive, _) => format!("Inconclusive: the logs cannot tell whether anything failed; {numbers}"),
            _ => format!("No failure beyond the ordinary: {numbers}"),
        };
    };
    let (target, when) = (&scope.target, when(case, window.span()));
    let share = failing(target.failed, target.requests);
    if scope.verdict == Verdict::NoIncident {
        let failed = target.failed.saturating_add(scope.rest.failed);
        let requests = target.requests.saturating_add(scope.rest.requests);
        return format!(
            "No failure beyond the ordinary from {when}: {} of {} requests failed",
            failing(failed, requests),
            count(requests)
        );
    }
    let name = target_fitted(case, 30.0, NAME_ROOM);
    let mut out = match target.requests {
        0 => format!("{name}: no requests from {when}"),
        n => format!("{name} failed for {share} of {} from {when}", counted(n, "request", "requests")),
    };
    if !scope.rest_series.is_empty() {
        out += &format!("; the rest of the site: {}", failing(scope.rest.failed, scope.rest.requests));
    }
    match scope.verdict {
        Verdict::Inconclusive => format!("Scope inconclusive: {out}"),
        _ => sentence(&out),
    }
}

/// With a capital first letter, unless it begins with a path.
pub(crate) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(c) if text.starts_with("the ") => c.to_uppercase().chain(chars).collect(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn the_headline_says_what_the_verdict_allows_and_no_more() {
        let mut case = sample::case();
        assert_eq!(
            headline(&case),
            "/i/spaces/1yNGaNLDPvqJj failed for 82 % of 8,000 requests from 00:10 to 00:50 UTC; the rest of the site: 0.2 %"
        );
        case.scope.verdict = Verdict::Inconclusive;
        assert!(headline(&case).starts_with("Scope inconclusive: /i/spaces"));
        case.scope.verdict = Verdict::SiteWide;
        case.scope.cause_set.clear();
        case.scope.rest_series.clear();
        assert_eq!(headline(&case), "The whole site failed for 82 % of 8,000 requests from 00:10 to 00:50 UTC");
        case.scope.verdict = Verdict::NoIncident;
        assert!(headline(&case).starts_with("No failure beyond the ordinary from 00:10 to 00:50 UTC: "));
        case.window = None;
        assert!(headline(&case).starts_with("No failure beyond the ordinary: "));
        case.scope.verdict = Verdict::Inconclusive;
        assert!(headline(&case).starts_with("Inconclusive: "));
        case.scope.target_series.clear();
        assert_eq!(headline(&case), "Inconclusive: no request that could have failed was logged");
    }
}

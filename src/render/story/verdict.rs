//! The answer in a label and two sentences: what failed, and what the rest did meanwhile.

use super::phrases::{Clock, answered, cause, counted, failing, points, rise};
use super::window::lasted;
use crate::case::{Avail, Case, Chosen, Rest, Verdict, Window};
use crate::render::doc::Text;
use crate::words::count;

/// The answer in a few words. It claims nothing of the rest that the test of the rest does not carry.
#[must_use]
pub fn label(case: &Case) -> &'static str {
    let passed = case.scope.rest.healthy == Some(true) && case.window.is_some();
    match (case.scope.verdict, case.scope.cause_set.len() > 1) {
        (Verdict::Confined, false) if passed => "The failure was confined to one thing",
        (Verdict::Confined, true) if passed => "The failure was confined to a few things",
        (Verdict::Confined, false) => "One thing failed",
        (Verdict::Confined, true) => "A few things failed",
        (Verdict::Partial, _) => "Part of the service failed",
        (Verdict::SiteWide, _) => "The failure was site-wide",
        (Verdict::NoIncident, _) => "No incident found",
        (Verdict::Inconclusive, _) => "These logs cannot tell",
    }
}

/// The two sentences.
#[must_use]
pub fn sentences(case: &Case) -> Vec<Text> {
    let reason = || first_reason(case).unwrap_or_else(|| "The sections below say what is missing.".into());
    match (case.scope.verdict, case.window) {
        (Verdict::NoIncident, window) => no_incident(case, window),
        (Verdict::Inconclusive, None) => {
            vec![format!("Whether anything failed cannot be told from these logs, {}.", covered(case)).into(), reason()]
        }
        (_, None) => vec!["No time of an incident could be named, so before and during cannot be compared.".into(), reason()],
        (Verdict::Inconclusive, Some(window)) => vec![what_failed(case, window), undecided(case)],
        (_, Some(window)) => vec![what_failed(case, window), rest_of(case)],
    }
}

fn what_failed(case: &Case, window: Window) -> Text {
    let part = &case.scope.target;
    let when = Clock::of(case).from_to(window.span());
    let text = Text::from(capital(&format!("{when}, for {}, {}", lasted(case, window), off_and_on(case))));
    if part.requests == 0 {
        return text.say("no request ").then(cause(case)).say(" is on record, so no failing share can be given.");
    }
    let text = text
        .strong(failing(&part.during))
        .say(format!(" of {} ", counted(part.requests, "request")))
        .then(cause(case))
        .say(format!(" failed{}", against(&part.before, failing)));
    match case.scope.clients_affected {
        0 => text.say("."),
        n => text.say(format!("; {} met at least one of these failures.", counted(n, "client address"))),
    }
}

/// What the rest did, as its test came out: the verdict never says more than the test.
fn rest_of(case: &Case) -> Text {
    let rest = &case.scope.rest;
    let site_wide = case.scope.verdict == Verdict::SiteWide;
    let why =
        if site_wide { "It is called site-wide because at least half of the traffic that can be judged was hit. " } else { "" };
    if rest.requests == 0 {
        return format!("{why}No other traffic is on record to compare with.").into();
    }
    let others = counted(rest.requests, "other request");
    let both = format!("{} of {others} were answered well{}", answered(&rest.during), against(&rest.before, answered));
    let elsewhere = match case.scope.verdict {
        Verdict::Partial => "Everything that went another way",
        _ => "The rest of the site",
    };
    match rest.healthy {
        Some(true) => format!("{why}{elsewhere} stayed healthy in the same time: {both}, and {}.", within(rest)).into(),
        Some(false) if site_wide => format!("{why}The remainder did not stay healthy either: {both}{}.", risen(rest)).into(),
        Some(false) => format!("{elsewhere} did not pass the test of having stayed healthy: {both}{}.", risen(rest)).into(),
        None => format!("{why}Whether the rest stayed healthy cannot be told: {both}; {}.", could_hide(rest)).into(),
    }
}

/// That it failed with pauses, where it did: the shares told are of the whole time, pauses included.
fn off_and_on(case: &Case) -> String {
    super::course::of_incident(case).map_or_else(String::new, |bouts| format!("not all the time but {bouts}: "))
}

fn undecided(case: &Case) -> Text {
    if let Some(depends) = &case.operations.readings.depends {
        return depends.as_str().into();
    }
    if let Some(open) = &case.scope.open {
        return open.as_str().into();
    }
    let rest = &case.scope.rest;
    if rest.requests > 0 && rest.healthy != Some(true) {
        return rest_of(case);
    }
    let why = first_reason(case).unwrap_or_else(|| "the sections below give the reasons.".into());
    Text::from("Whether this was all that failed is not settled by these logs: ").then(why)
}

fn no_incident(case: &Case, window: Option<Window>) -> Vec<Text> {
    let Some(window) = window else {
        // Without an incident all is the rest; what is summed here is what the pictures show.
        let parts = case.scope.target_series.iter().chain(&case.scope.rest_series);
        let (requests, failed) = parts.fold((0u64, 0u64), |s, p| (s.0.saturating_add(p.requests), s.1.saturating_add(p.failed)));
        return vec![
            format!("No failure beyond the ordinary shows in these logs, {}.", covered(case)).into(),
            format!(
                "Of {} that could succeed or fail, {} failed (plain counts, so without a range); failures too short or too rare \
                 to stand out from these are not excluded.",
                counted(requests, "request"),
                count(failed)
            )
            .into(),
        ];
    };
    let when = Clock::of(case).from_to(window.span());
    let (target, rest) = (&case.scope.target, &case.scope.rest);
    let told = if target.requests > 0 {
        told(&target.during, &target.before, target.requests)
    } else {
        told(&rest.during, &rest.before, rest.requests)
    };
    let asked = if window.chosen == Chosen::Given { ", the time that was asked about" } else { "" };
    vec![
        format!("No failure beyond the ordinary shows in these logs {when}{asked}.").into(),
        format!("{told}; failures too short or too rare to stand out from the ordinary are not excluded.").into(),
    ]
}

fn told(during: &Avail, before: &Avail, requests: u64) -> String {
    if requests == 0 {
        return "No request that could succeed or fail is on record for it".into();
    }
    let n = counted(requests, "request");
    format!("In it, {} of {n} were answered well{}", answered(during), against(before, answered))
}

fn within(rest: &Rest) -> String {
    let limit = points(rest.margin);
    match rest.margin_needed.filter(|needed| *needed < rest.margin) {
        Some(high) => format!(
            "even the largest rise in failures that fits these figures with 95 % confidence, {} percentage points, is below the \
             limit of {limit} set beforehand",
            points(high.max(0.0))
        ),
        None => format!("it passed the test against the limit of {limit} percentage points set beforehand"),
    }
}

fn risen(rest: &Rest) -> String {
    let verb = if rest.increase.low.is_some_and(|low| low > 0.0) { "rose" } else { "changed" };
    rise(rest.increase)
        .map(|r| {
            format!("; its share of failures {verb} by {r}, where a limit of {} had been set beforehand", points(rest.margin))
        })
        .unwrap_or_default()
}

fn could_hide(rest: &Rest) -> String {
    match rest.margin_needed.filter(|needed| *needed >= rest.margin) {
        Some(high) => format!(
            "a rise in failures of up to {} percentage points could hide in these figures, where the limit set beforehand is {}",
            points(high),
            points(rest.margin)
        ),
        None => "that is too little to judge by".into(),
    }
}

/// The comparison with the time before, or that there is none.
fn against(before: &Avail, told: fn(&Avail) -> String) -> String {
    match before.value {
        Some(_) => format!(", against {} before", told(before)),
        None => " (no requests before it are on record to compare with)".into(),
    }
}

fn first_reason(case: &Case) -> Option<Text> {
    case.scope.because.first().map(|s| Text::from(s.as_str()))
}

fn covered(case: &Case) -> String {
    let first = case.sources.iter().filter_map(|s| s.first).min();
    let last = case.sources.iter().filter_map(|s| s.last).max();
    match (first, last) {
        (Some(a), Some(b)) => format!("which reach {}", Clock::of(case).from_to(crate::time::Span::new(a, b))),
        _ => "which hold no request with a time".into(),
    }
}

fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Share;
    use crate::render::sample;

    fn said(case: &Case) -> String {
        sentences(case).iter().map(Text::bare).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_confined_case_names_the_thing_the_share_the_clients_and_the_test_of_the_rest() {
        let text = said(&sample::case());
        for part in [
            "/i/spaces/1yNGaNLDPvqJj",
            "82 % (",
            "8,000 requests",
            "2,345 client addresses",
            "40 minutes",
            "stayed healthy",
            "0.19 percentage points",
            "limit of 0.5",
            "EDT",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn every_kind_of_verdict_says_only_what_its_test_carries() {
        let mut case = sample::case();
        case.scope.verdict = Verdict::Partial;
        case.scope.cause_set = vec![[("pop".to_owned(), "ams".to_owned())].into()];
        assert!(said(&case).contains("point of presence, POP) ams failed"), "{}", said(&case));
        case.scope.verdict = Verdict::SiteWide;
        case.scope.rest.healthy = Some(false);
        case.scope.rest.increase = Share { value: Some(0.3), low: Some(0.2), high: Some(0.4) };
        assert!(said(&case).contains("did not stay healthy either") && said(&case).contains("30 percentage points (20 to 40)"));
        case.scope.rest.requests = 0;
        assert!(said(&case).contains("No other traffic"), "{}", said(&case));
        let mut case = sample::case();
        case.scope.verdict = Verdict::Inconclusive;
        case.scope.rest.healthy = None;
        case.scope.rest.margin_needed = Some(0.032);
        let text = said(&case);
        assert!(text.contains("up to 3.2 percentage points could hide") && !text.contains("stayed healthy in"), "{text}");
        case.window = None;
        assert!(said(&case).contains("cannot be told from these logs"), "{}", said(&case));
    }

    #[test]
    fn the_headline_of_an_open_verdict_gives_the_reason_that_left_it_open() {
        let mut case = sample::case();
        case.scope.verdict = Verdict::Inconclusive;
        case.scope.because = vec!["The cause set explains 97 % of the excess failures.".into(), "And more.".into()];
        case.scope.open = Some("The gap would change it.".into());
        assert!(
            said(&case).contains("The gap would change it.") && !said(&case).contains("97 % of the excess"),
            "{}",
            said(&case)
        );
    }

    #[test]
    fn no_incident_gives_plain_counts_or_the_given_window_and_excludes_nothing() {
        let mut case = sample::case();
        case.scope.verdict = Verdict::NoIncident;
        case.window = case.window.map(|w| Window { chosen: Chosen::Given, ..w });
        assert!(said(&case).contains("the time that was asked about"), "{}", said(&case));
        case.window = None;
        let text = said(&case);
        assert!(text.contains("No failure beyond the ordinary") && text.contains("not excluded"), "{text}");
    }

    #[test]
    fn no_label_or_sentence_says_more_than_the_test_of_the_rest() {
        let mut case = sample::case();
        assert!(label(&case).contains("confined"));
        case.scope.rest.healthy = None;
        assert!(!label(&case).contains("confined"));
        assert!(said(&case).contains("too little to judge by"), "a bound inside the limit hides nothing: {}", said(&case));
        case.scope.rest.healthy = Some(true);
        case.scope.rest.margin_needed = Some(0.02);
        assert!(!said(&case).contains("is below the limit"), "{}", said(&case));
        case.scope.rest.healthy = Some(false);
        assert!(said(&case).contains("changed by 0.05"), "a rise that may be none is no rise: {}", said(&case));
    }

    #[test]
    fn a_target_without_requests_gets_no_invented_share() {
        let mut case = sample::case();
        case.scope.target.requests = 0;
        case.scope.target.during = Avail::NONE;
        assert!(said(&case).contains("no failing share can be given"), "{}", said(&case));
        let mut case = sample::case();
        case.scope.target.before = Avail::NONE;
        assert!(said(&case).contains("failed (no requests before it are on record"), "{}", said(&case));
    }
}

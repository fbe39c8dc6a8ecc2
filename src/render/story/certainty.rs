//! How sure the answer is and why, and what the logs cannot tell at all.

use super::gaps;
use super::phrases::{counted, points, rise, share};
use crate::case::{Avail, Baselines, Case, OneByOne, Placebo, Rest, Test};
use crate::render::doc::Text;
use crate::words::{count, percent, span};

/// The reasons behind the verdict, one item each.
#[must_use]
pub fn reasons(case: &Case) -> Vec<Text> {
    let scope = &case.scope;
    let mut out: Vec<Text> = scope.because.iter().map(|s| Text::from(s.as_str())).collect();
    if case.window.is_some() {
        let s = scope.share_of_excess;
        if s.value.is_some() && !scope.cause_set.is_empty() {
            out.push(
                format!(
                    "Of all failures beyond the ordinary, {} fell on what is named above as having failed.",
                    share(s.value, s.low, s.high)
                )
                .into(),
            );
        }
        out.extend(test_of_the_rest(&scope.rest));
        out.extend(worth(&[("what failed", &scope.target.during), ("the rest", &scope.rest.during)]));
    }
    out.extend(gaps::reasons(case));
    if !case.baseline.is_empty() {
        let spans: Vec<String> = case.baseline.iter().map(|s| span(*s)).collect();
        out.push(
            format!(
                "What is ordinary was read from: {}. “Before” is the part of it that precedes the incident.",
                spans.join("; ")
            )
            .into(),
        );
    }
    if let [first, ..] = case.certainty.statuses.as_slice() {
        let said: Vec<String> =
            case.certainty.statuses.iter().map(|s| format!("{} with {}", count(s.failed), status(&s.status))).collect();
        let only = case.certainty.statuses.len() == 1 && first.failed > 0;
        out.push(
            format!(
                "The failures by status, over the time in which they were first noticed{}: {}.",
                if only { ", all alike" } else { "" },
                said.join(", ")
            )
            .into(),
        );
    }
    out.extend(scope.indistinguishable.iter().map(|s| Text::from("These records cannot be told apart from: ").say(s.as_str())));
    out
}

/// What would change the verdict, and what stands behind it, one item each. Other analyses add theirs
/// to `case.certainty.remarks`.
#[must_use]
pub fn hangs_on(case: &Case) -> Vec<Text> {
    let c = &case.certainty;
    let mut out: Vec<Text> = Vec::new();
    out.extend(c.placebo.map(placebo));
    out.extend(c.baselines.iter().filter_map(baselines));
    out.extend(c.resources.as_ref().map(one_by_one));
    out.extend(c.remarks.iter().map(|s| Text::from(s.as_str())));
    out
}

fn placebo(p: Placebo) -> Text {
    format!(
        "The same search was made in {} of the ordinary time, each as long as the incident: in {} it found as much as in the \
         incident (p = {:.2}; with so few stretches it cannot be smaller than {:.2}).",
        if p.windows == 1 { "1 stretch".to_owned() } else { format!("{} stretches", count(p.windows)) },
        count(p.as_large),
        p.p,
        1.0 / (1 + p.windows) as f64
    )
    .into()
}

fn baselines(b: &Baselines) -> Option<Text> {
    let who = if b.part == "target" { "what failed" } else { "the rest" };
    let by = rise(b.difference)?;
    let said = match b.agree {
        Some(true) => "the two agree",
        Some(false) => "they disagree, so what is ordinary for it is not settled",
        None => "too little to say that they agree or that they do not",
    };
    Some(format!("Ordinary time after the incident against the time before it, for {who}: the share of failures differs by {by}; {said}.").into())
}

fn one_by_one(r: &OneByOne) -> Text {
    let mut said = format!(
        "Looked at one by one, {} of {} of the rest have traffic enough to be measured",
        count(r.measurable),
        counted(r.known, "page or thing")
    )
    .replace("page or things", "pages or things");
    if r.known > r.measurable {
        said += &format!(" (the others had {} in the incident)", counted(r.unmeasured_requests, "request"));
    }
    said += &match r.degraded.as_slice() {
        [] => "; not one of them surely failed beyond the ordinary".to_owned(),
        list => format!("; {} of them surely failed beyond the ordinary", count(list.len() as u64)),
    };
    let mut text = Text::from(said);
    for (i, name) in r.degraded.iter().take(3).enumerate() {
        text = text.say(if i == 0 { ": " } else { ", " }).name(name);
    }
    match r.largest_rise {
        Some(high) => text.say(format!(
            ". The largest rise that still fits the figures of any of the others, all taken together with 95 % confidence, is {} \
             percentage points.",
            points(high)
        )),
        None => text.say("."),
    }
}

/// What a test asks, in words.
#[must_use]
pub fn asked(test: &Test) -> &'static str {
    match test.id.as_str() {
        "target-rose" => "Did failures of what is named above surely rise?",
        "rest-stayed-healthy" => "Did those of the rest surely rise by less than the limit?",
        "share-of-excess" => "Does what is named above hold nearly all failures beyond the ordinary?",
        _ => "Another test",
    }
}

/// The measured value of a test, in its own unit.
#[must_use]
pub fn measured(test: &Test) -> String {
    if test.id == "share-of-excess" {
        return share(test.value.value, test.value.low, test.value.high);
    }
    rise(test.value).map_or_else(|| "not measured".into(), |r| r.replace(" percentage points", " points"))
}

/// What it is held against.
#[must_use]
pub fn limit(test: &Test) -> String {
    match test.id.as_str() {
        "share-of-excess" => format!("at least {}", percent(test.limit)),
        "target-rose" => format!("more than {} percentage point", points(test.limit)),
        _ => format!("less than {} points", points(test.limit)),
    }
}

fn test_of_the_rest(rest: &Rest) -> Option<Text> {
    let noticed = rest
        .detectable
        .filter(|d| d.is_finite() && *d < 1.0)
        .map_or_else(String::new, |d| format!(" A rise of {} points would have been noticed with 80 % probability.", points(d)));
    let rise = rise(rest.increase)?;
    let limit = points(rest.margin);
    let needed = match rest.margin_needed {
        Some(m) => format!(" The smallest limit it would have passed is {} points.{}", points(m), noticed),
        None => " No limit can be named that it would have passed.".into(),
    };
    let result = match rest.healthy {
        Some(true) => "it passed",
        Some(false) => "it failed",
        None => "there was too little traffic to decide",
    };
    Some(
        format!(
            "The rest counts as healthy only if its share of failures surely rose by less than {limit} percentage points, a limit \
             set before looking; that no failures were noticed would not be enough. It changed by {rise}: {result}.{needed}"
        )
        .into(),
    )
}

fn status(name: &str) -> String {
    match name {
        "none" => "no answer".into(),
        "others" => "other statuses".into(),
        name => name.into(),
    }
}

fn worth(parts: &[(&str, &Avail)]) -> Option<Text> {
    let said: Vec<String> = parts
        .iter()
        .filter_map(|(who, a)| {
            let unrelated = a.effective.filter(|e| e.is_finite() && *e >= 1.0)?.round() as u64;
            let (all, few) = (counted(a.requests, "request"), count(unrelated));
            (unrelated < a.requests).then(|| format!("the {all} for {who} say only as much as about {few} unrelated ones"))
        })
        .collect();
    (!said.is_empty()).then(|| {
        format!(
            "Requests of one client, or of one minute, tend to succeed or fail together: {}. The ranges allow for that.",
            said.join(", and ")
        )
        .into()
    })
}

/// What the logs cannot tell: blind spots, clocks, copies.
#[must_use]
pub fn blind(case: &Case) -> Vec<Text> {
    let c = &case.completeness;
    let mut out: Vec<Text> = c.blind_spots.iter().map(|s| Text::from(s.as_str())).collect();
    out.push(
        "A failure is seen only where a server wrote a line about it: a request that reached no recording server is missing here \
         without a trace."
            .into(),
    );
    if c.blind_spots.is_empty() {
        out.push(
            "A flood of network traffic below the level of requests cannot be judged; nothing here supports or excludes it."
                .into(),
        );
    }
    out.extend(c.clock_offsets.iter().map(|s| Text::from("Clocks: ").say(s.as_str())));
    if c.duplicates > 0 {
        out.push(format!("{} copied another line and were counted once.", counted(c.duplicates, "line")).into());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    fn bare(items: &[Text]) -> String {
        items.iter().map(Text::bare).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_reasons_give_the_test_its_limit_and_what_the_requests_are_worth() {
        let text = bare(&reasons(&sample::case()));
        for part in [
            "less than 0.5 percentage points",
            "it passed",
            "0.19 points",
            "about 2,000 unrelated ones",
            "99.6 % (99.1 % to 99.9 %)",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn an_undecided_test_is_not_told_as_passed() {
        let mut case = sample::case();
        case.scope.rest.healthy = None;
        case.scope.rest.margin_needed = None;
        let text = bare(&reasons(&case));
        assert!(text.contains("too little traffic to decide") && !text.contains("it passed"), "{text}");
    }

    #[test]
    fn the_blind_spots_are_always_told() {
        assert!(bare(&blind(&sample::case())).contains("without a trace"));
    }
}

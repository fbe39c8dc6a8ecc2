//! How sure the answer is and why, and what the logs cannot tell at all.

use super::gaps;
use super::phrases::{counted, points, rise, share};
use crate::case::{Avail, Case, Rest};
use crate::render::doc::Text;
use crate::words::{count, span};

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
    out.extend(scope.indistinguishable.iter().map(|s| Text::from("These records cannot be told apart from: ").say(s.as_str())));
    out
}

fn test_of_the_rest(rest: &Rest) -> Option<Text> {
    let rise = rise(rest.increase)?;
    let limit = points(rest.margin);
    let needed = match rest.margin_needed {
        Some(m) => format!(" The smallest limit it would have passed is {} points.", points(m)),
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

//! What gaps and missing requests mean for the answer, in sentences.

use super::phrases::counted;
use crate::case::Case;
use crate::case::gaps::{Forecast, GapReading, Reading, Volume};
use crate::render::doc::Text;
use crate::time::Span;
use crate::words::{count, percent, span};

/// One item per gap that was looked at for the verdict, then the volume of requests.
#[must_use]
pub fn reasons(case: &Case) -> Vec<Text> {
    let mut out: Vec<Text> = case.gap_readings.iter().filter_map(|r| reading(case, r)).collect();
    if let Some(v) = &case.volumes {
        out.extend(volume("what failed", &v.target));
        if v.rest.observed > 0 {
            out.extend(volume("the rest", &v.rest));
        }
    }
    out
}

fn reading(case: &Case, r: &GapReading) -> Option<Text> {
    let gap = case.completeness.gaps.get(r.gap)?;
    let lost = counted(r.lost.0 + r.lost.1, "request");
    let head = Text::from("The gap of ").say(gap.who.as_str()).say(format!(
        " in {} may hide about {lost}. Had {}, the answer would {}",
        span(Span::new(gap.from, gap.to)),
        match r.reading {
            Reading::AllFailed => "all of them failed",
            Reading::AllGood => "all of them been good",
        },
        if r.changes { format!("be “{}”", r.verdict.name()) } else { "be the same".into() },
    ));
    Some(match (&r.excluded, r.changes) {
        (Some(why), true) => head.say(". The logs exclude that: ").say(why.as_str()),
        (None, true) => head.say(". The logs do not exclude that, so the answer is left open."),
        (_, false) => head.say("."),
    })
}

fn volume(who: &str, v: &Volume) -> Option<Text> {
    let Some(f) = v.expected else {
        return (v.observed > 0).then(|| {
            format!("For {who} nothing is to be expected from before, because it was hardly asked for then: requests that never came cannot be told.").into()
        });
    };
    let missing = v.missing?;
    let bound = match v.lost_demand_bound {
        Some(b) if who == "what failed" => format!(
            " If even the fewest of those that were surely to be expected had all failed, {} would have been answered well.",
            percent(b)
        ),
        _ => String::new(),
    };
    Some(
        format!(
            "For {who} {} came in the incident, where {} were to be expected from the time around it: about {} never came or were not \
             logged. A failure can also be met in silence.{bound}",
            counted(v.observed, "request"),
            forecast(&f),
            count(missing.round() as u64)
        )
        .into(),
    )
}

/// `9,600 (9,100 to 10,150)`.
#[must_use]
pub fn forecast(f: &Forecast) -> String {
    let n = |x: f64| count(x.max(0.0).round() as u64);
    format!("{} ({} to {})", n(f.value), n(f.low), n(f.high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    fn bare(case: &Case) -> String {
        reasons(case).iter().map(Text::bare).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn a_reading_is_told_with_what_it_would_change_and_whether_the_logs_exclude_it() {
        let mut case = sample::case();
        let text = bare(&case);
        assert!(
            text.contains("300 requests") && text.contains("“inconclusive”") && text.contains("The logs exclude that"),
            "{text}"
        );
        case.gap_readings[0].excluded = None;
        assert!(bare(&case).contains("left open"));
        case.gap_readings[0].changes = false;
        let text = bare(&case);
        assert!(text.contains("would be the same.") && !text.contains("left open"), "{text}");
    }

    #[test]
    fn missing_requests_are_told_only_where_they_surely_are() {
        let mut case = sample::case();
        let text = bare(&case);
        assert!(text.contains("9,600 (9,100 to 10,150)") && text.contains("1,600 never came"), "{text}");
        assert!(!text.contains("For the rest"), "{text}");
        if let Some(v) = &mut case.volumes {
            v.target.expected = None;
        }
        assert!(bare(&case).contains("hardly asked for"));
    }
}

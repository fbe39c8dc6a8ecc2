//! Question: did it last that long?
//! Method: the measured stretch of failure under each definition of "how long": from the first failure to the
//! recovery; its bouts alone; and from the moment the claim counts from to the recovery.
//! Assumes: the dating's intervals (`analyse::dating`); where the logs end in the failure there is no upper end.
//! Reference: none; definitions are told one by one.

use super::{Answer, TOLERANCE, is_cause, judge, said_of_definitions};
use crate::case::claimed::{Held, Measure};
use crate::case::{Case, ClaimStanding, Episode, Verdict};
use crate::config::ClaimNote;
use crate::time::{Micros, SECOND, Span};
use crate::words::{clock, duration_in_full};

pub(super) fn test(minutes: f64, note: &ClaimNote, case: &Case) -> Answer {
    let named = note.resource.as_deref();
    let Some(episode) = episode(named, case) else {
        return match (case.scope.verdict, named) {
            (Verdict::NoIncident, _) => Answer::new(ClaimStanding::Contradicted, "No failure beyond the ordinary was found."),
            (_, Some(r)) if case.window.is_some() => {
                Answer::untestable(format!("The failure that was dated is that of {}, not of {r}.", case.cause_words()))
            }
            _ => Answer::untestable("The failure could not be dated."),
        };
    };
    let allowed = note.tolerance.unwrap_or(TOLERANCE * minutes).abs();
    let (standing, measured) = judge(minutes, allowed, definitions(episode, note.from));
    let told: Vec<String> = measured.iter().map(|m| format!("{}: {}", m.definition, lasted(m))).collect();
    let mut because = format!("{}. The claim is {minutes} minutes with {allowed} allowed.", told.join("; "));
    because += &said_of_definitions(&measured);
    if standing == ClaimStanding::NotTestable {
        because += " The data allow it, and also that it was otherwise.";
    }
    let from = note.from.unwrap_or(episode.from);
    let about = (0.0..1e9).contains(&minutes).then(|| Span::new(from, from.plus((minutes * 60.0) as i64 * SECOND)));
    let held =
        Held { about, claimed: Some(minutes), tolerance: Some(allowed), unit: Some("minutes"), measured, ..Held::default() };
    Answer { held, ..Answer::new(standing, because) }
}

/// The stretch of failure that the claim speaks of: the incident's own, or that of the resource named.
fn episode<'c>(named: Option<&str>, case: &'c Case) -> Option<&'c Episode> {
    let real = |e: &&Episode| e.set_aside.is_none();
    let own = |e: &&Episode| {
        named.is_none_or(|r| is_cause(case, r)) && case.window.is_some_and(|w| Span::new(e.from, e.to).overlaps(w.span()))
    };
    let overlap = |e: &Episode| {
        let span = Span::new(e.from, e.to);
        case.window.and_then(|w| span.intersect(w.span())).map_or(0, |s| s.to.0 - s.from.0)
    };
    let of_name = |e: &&Episode| named == Some(e.resource.as_str());
    let longest = |e: &Episode| e.to.0 - e.from.0;
    (case.episodes.iter().filter(real).filter(own).max_by_key(|e| overlap(e)))
        .or_else(|| case.episodes.iter().filter(real).filter(of_name).max_by_key(|e| longest(e)))
}

fn definitions(e: &Episode, counted_from: Option<Micros>) -> Vec<Measure> {
    let minutes = |from: Micros, to: Micros| ((to.0 - from.0).max(0)) as f64 / (60 * SECOND) as f64;
    // Where the logs begin or end inside it, nobody knows how much longer it was.
    let upper = |m: f64| e.open.is_none().then_some(m);
    let mut out = vec![Measure {
        definition: "From the first failure to the recovery".into(),
        value: minutes(e.from, e.to),
        low: minutes(e.from_high, e.to_low),
        high: upper(minutes(e.from_low, e.to_high)),
        fits: None,
    }];
    let bouts = &e.course.bouts;
    if bouts.len() > 1 {
        let sum = |of: &dyn Fn(&crate::case::Bout) -> f64| bouts.iter().map(of).sum::<f64>();
        out.push(Measure {
            definition: format!("its {} bouts alone, without the pauses", bouts.len()),
            value: sum(&|b| minutes(b.from, b.to)),
            low: sum(&|b| minutes(b.from_high, b.to_low)),
            high: upper(sum(&|b| minutes(b.from_low, b.to_high))),
            fits: None,
        });
    }
    if let Some(from) = counted_from {
        out.push(Measure {
            definition: format!("from {} UTC, as the claim counts, to the recovery", clock(from)),
            value: minutes(from, e.to),
            low: minutes(from, e.to_low),
            high: upper(minutes(from, e.to_high)),
            fits: None,
        });
    }
    out
}

fn lasted(m: &Measure) -> String {
    let words = |minutes: f64| duration_in_full(60.0 * minutes);
    match m.high {
        Some(high) if (high - m.low).abs() < 1.0 / 60.0 => words(m.value),
        Some(high) => format!("{} (the data allow {} to {})", words(m.value), words(m.low), words(high)),
        None => format!("{} or more (what is looked at begins or ends inside it)", words(m.value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::example;

    fn claim(text: &str) -> ClaimNote {
        toml::from_str(&format!("id = \"C\"\nsays = \"s\"\n{text}")).expect("a claim")
    }

    fn standing(text: &str, case: &Case) -> ClaimStanding {
        let note = claim(text);
        test(note.downtime.expect("minutes"), &note, case).standing
    }

    #[test]
    fn a_length_is_held_against_onset_to_recovery_and_against_the_moment_it_counts_from() {
        use ClaimStanding::{Consistent, Contradicted, NotTestable};
        // The sample fails from minute 40 to minute 80 of an axis that begins at 23:30.
        let mut case = example::case();
        assert_eq!(standing("downtime = 40\ntolerance = 2", &case), Consistent);
        assert_eq!(standing("downtime = 54\ntolerance = 2", &case), Contradicted);
        assert_eq!(standing("downtime = 54\ntolerance = 2\nfrom = 2024-08-12T23:56:00Z", &case), Consistent);
        assert_eq!(standing("downtime = 40\nresource = \"/home\"", &case), NotTestable);
        assert_eq!(standing("downtime = 40\nresource = \"/i/spaces/1yNGaNLDPvqJj\"", &case), Consistent);
        let both = test(54.0, &claim("downtime = 54\nfrom = 2024-08-12T23:56:00Z"), &case);
        assert!(both.because.contains("It fits only if this is meant: from 23:56 UTC"), "{}", both.because);
        case.episodes[0].open = Some("what is looked at ends inside it".into());
        assert_eq!(standing("downtime = 54\ntolerance = 2", &case), NotTestable);
        assert_eq!(standing("downtime = 20\ntolerance = 2", &case), Contradicted);
        case.episodes.clear();
        assert_eq!(standing("downtime = 40", &case), NotTestable);
    }
}

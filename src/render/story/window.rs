//! When it was and how long it lasted, with the ranges that the dating of the episodes allows.

use super::phrases;
use crate::case::{Case, Chosen, Episode, Window};
use crate::time::{Micros, Span};
use crate::words::duration_in_full as duration;

/// How long it lasted, with its range or the reason for having none; a window that was given has
/// its own length, and what failed in it another.
#[must_use]
pub fn lasted(case: &Case, window: Window) -> String {
    let whole = window.span().secs();
    let found = case.incident();
    match (window.chosen, found) {
        (Chosen::Given, None) => format!("{} (as given)", duration(whole)),
        (Chosen::Given, Some(e)) => {
            let failing = between(e.from, e.to);
            format!("{} (as given; the failures in it {} {})", duration(whole), duration(failing), range(e))
        }
        (Chosen::Detected, Some(e)) if e.open.as_ref().is_some_and(|o| o.contains("ends inside")) => {
            format!("at least {} (it was still failing where the logs looked at end)", duration(whole))
        }
        (Chosen::Detected, Some(e)) if e.open.as_ref().is_some_and(|o| o.contains("begins inside")) => {
            format!("at least {} (it was failing already where the logs looked at begin)", duration(whole))
        }
        (Chosen::Detected, Some(e)) if fits(whole, e) => format!("{} {}", duration(whole), range(e)),
        (Chosen::Detected, _) => format!("{} (no range: its ends could not be dated)", duration(whole)),
    }
}

/// Between which moments it began and ended.
#[must_use]
pub fn dated(case: &Case) -> Option<String> {
    let e = case.incident()?;
    let text = format!(
        "the failures began {} and ended {} UTC",
        phrases::between(e.from_low, e.from_high),
        phrases::between(e.to_low, e.to_high)
    );
    Some(match e.open.as_ref() {
        Some(open) => format!("{text}; {open}"),
        None => text,
    })
}

fn between(a: Micros, b: Micros) -> f64 {
    Span::new(a, b).secs()
}

fn fits(secs: f64, e: &Episode) -> bool {
    between(e.from_high, e.to_low) <= secs && secs <= between(e.from_low, e.to_high)
}

fn range(e: &Episode) -> String {
    // A failure that is shorter than its ends are sure may have been no time at all.
    let (short, long) = (between(e.from_high, e.to_low).max(0.0), between(e.from_low, e.to_high));
    let (low, high) = (duration(short), duration(long));
    // Where rounding hides the range, its width is told.
    if low == high { format!("(known to within {})", duration(long - short)) } else { format!("({low} to {high})") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn a_failure_that_was_there_from_the_first_line_on_lasted_at_least_so_long() {
        let mut case = sample::case();
        let window = case.window.map(|w| Window { chosen: Chosen::Detected, ..w }).expect("a window");
        case.episodes.iter_mut().for_each(|e| e.open = Some("what is looked at begins inside it".into()));
        assert!(lasted(&case, window).starts_with("at least"), "{}", lasted(&case, window));
    }

    #[test]
    fn a_duration_has_a_range_that_holds_it_or_says_why_it_has_none() {
        let mut case = sample::case();
        let window = case.window.expect("a window");
        assert_eq!(lasted(&case, window), "40 minutes (38 minutes 40 seconds to 41 minutes 30 seconds)");
        let wide = Window { from: window.from.plus(-3_600_000_000), chosen: Chosen::Given, ..window };
        let want = "1 hour 40 minutes (as given; the failures in it 40 minutes (38 minutes 40 seconds to 41 minutes 30 seconds))";
        assert_eq!(lasted(&case, wide), want);
        let detected = Window { chosen: Chosen::Detected, ..wide };
        assert!(lasted(&case, detected).contains("no range"));
        case.episodes[0].resource = "POP ams".into();
        assert!(dated(&case).is_some(), "by whatever name it goes");
        case.incident_episode = None;
        assert!(dated(&case).is_none(), "another thing's failure does not date this one's");
        case.incident_episode = Some(0);
        case.episodes[0].set_aside = Some("one scanner".into());
        assert!(lasted(&case, window).contains("no range") && dated(&case).is_none());
    }
}

//! How a failure went: in bouts or in one piece, at once or gradually, and how finely it was dated.

use super::phrases::{at_day, counted};
use crate::case::{Case, Course, Episode, Gradual, Shape};
use crate::render::doc::Text;
use crate::words::{duration_in_full as duration, percent};

/// What the course of an episode adds to its ends: one sentence for each thing worth telling.
#[must_use]
pub fn sentences(e: &Episode) -> Vec<Text> {
    let named = || if e.resource == "site" { Text::from("The whole site") } else { Text::new().name(&e.resource) };
    let mut out = Vec::new();
    if let Some(text) = in_bouts(&e.course) {
        out.push(named().say(" failed ").say(text).say("."));
    }
    let way = |g: &Gradual, what: &str| {
        named().say(format!(
            " {what}: a twentieth of the way at {}, half of it at {}, all but a twentieth at {}.",
            at_day(g.at_5),
            at_day(g.at_50),
            at_day(g.at_95)
        ))
    };
    out.extend(e.course.gradual_onset.iter().map(|g| way(g, "began to fail gradually, not at once")));
    out.extend(e.course.gradual_recovery.iter().map(|g| way(g, "recovered gradually, not at once")));
    if let Some(secs) = e.course.resolution {
        out.push(Text::from("The times of ").then(named()).say(format!(
            " cannot be told more finely than to {}: that is what the steps of counting, the time stamps and the waits between its \
             requests allow.",
            duration(secs)
        )));
    }
    out
}

/// "in 6 bouts, together 18 minutes (55 % of the time from the first to the last), about every 6
/// minutes"; `None` where it failed in one piece.
#[must_use]
pub fn in_bouts(c: &Course) -> Option<String> {
    let down = c.downtime.filter(|_| c.bouts.len() > 1)?;
    let mut text = format!("in {}, together {}", counted(c.bouts.len() as u64, "bout"), duration(down));
    if let Some(share) = c.duty_cycle {
        text.push_str(&format!(" ({} of the time from the first to the last)", percent(share)));
    }
    if let Some(period) = c.period {
        text.push_str(&format!(", a new one about every {}", duration(period.round())));
    }
    if c.shape != Shape::Oscillating {
        text.push_str(if c.bouts.len() == 2 {
            ", with a healthy pause between them"
        } else {
            ", with healthy pauses between them"
        });
    }
    Some(text)
}

/// The same for what failed in the window.
#[must_use]
pub fn of_incident(case: &Case) -> Option<String> {
    in_bouts(&case.incident()?.course)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn bouts_are_told_with_their_sum_and_a_ramp_with_its_half() {
        let mut e = sample::case().episodes[0].clone();
        assert_eq!(in_bouts(&e.course), None);
        let one = e.course.bouts[0].clone();
        e.course = Course {
            shape: Shape::Oscillating,
            bouts: vec![one.clone(), one.clone(), one.clone(), one],
            downtime: Some(600.0),
            duty_cycle: Some(0.4),
            period: Some(360.2),
            ..e.course
        };
        assert_eq!(
            in_bouts(&e.course).as_deref(),
            Some(
                "in 4 bouts, together 10 minutes (40 % of the time from the first to the last), a new one about every 6 minutes"
            )
        );
        e.course.gradual_onset = Some(Gradual { at_5: e.from, at_50: e.to, at_95: e.to });
        let told: Vec<String> = sentences(&e).iter().map(Text::bare).collect();
        assert!(told.len() == 3 && told[1].contains("gradually") && told[2].contains("15 seconds"), "{told:?}");
    }
}

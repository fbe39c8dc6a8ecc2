//! How sure the answer is and why: the reasons, the tests with their figures, what would change it.

use super::list;
use crate::case::{Case, Verdict};
use crate::render::doc::{Block, Table, Text};
use crate::render::story::certainty::{asked, hangs_on, limit, measured, reasons};
use crate::words::count;

/// The section.
pub(super) fn blocks(case: &Case) -> Vec<Block> {
    let mut blocks = list(reasons(case));
    blocks.extend(tests(case));
    blocks.extend(readings(case));
    let more = hangs_on(case);
    if !more.is_empty() {
        blocks.push(Block::Para("What else the answer was held against:".into()));
        blocks.extend(list(more));
    }
    blocks
}

fn tests(case: &Case) -> Vec<Block> {
    let tests = &case.certainty.tests;
    if tests.is_empty() {
        return Vec::new();
    }
    let mut table =
        Table::new(&["Test", "#Measured", "#Held against", "Result", "#Requests", "#Worth unrelated ones", "#Client addresses"]);
    for t in tests {
        let result = match t.passed {
            Some(true) => "yes",
            Some(false) => "no",
            None => "too little to tell",
        };
        let worth = t.effective.filter(|e| e.is_finite()).map_or_else(|| "–".into(), |e| count(e.round() as u64));
        let mut row: Vec<Text> = vec![asked(t).into(), measured(t).into(), limit(t).into(), Text::new().strong(result)];
        row.extend([count(t.requests), worth, count(t.clients)].map(Text::from));
        table.row(row);
    }
    let said = "The tests behind the answer. The limits were set before looking. Requests that share a client or a moment tend to \
        fail together, so they are worth fewer unrelated ones, and the ranges rest on these.";
    vec![Block::Para(said.into()), Block::Table(table)]
}

fn readings(case: &Case) -> Vec<Block> {
    let readings = &case.certainty.readings;
    if readings.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&["The same answer, judged ...", "What it would be called"]);
    for r in readings {
        let name = words(r.verdict);
        let name = if r.verdict == case.scope.verdict { format!("{name}, as above") } else { name.to_owned() };
        let told = if r.same { Text::from(name) } else { Text::new().strong(name) };
        table.row(vec![r.what.as_str().into(), told]);
    }
    let changed = readings.iter().filter(|r| !r.same).count();
    // The answer itself was left open for another reason than these readings are about.
    let capped = readings.iter().any(|r| r.same && r.verdict != case.scope.verdict);
    let said = match changed {
        _ if capped => {
            "The answer is left open for the reason told first above, which lies outside these readings. Apart from it, the \
                        same answer would be called:"
                .to_owned()
        }
        0 => "What would change the answer: not one of these other readings of the same logs does.".to_owned(),
        n => format!("What would change the answer: {n} of {} other readings of the same logs would.", readings.len()),
    };
    vec![Block::Para(said.into()), Block::Table(table)]
}

fn words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Confined => "confined to one thing or a few",
        Verdict::Partial => "a part of the service",
        Verdict::SiteWide => "site-wide",
        Verdict::NoIncident => "no incident",
        Verdict::Inconclusive => "not to be told",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::doc::Doc;
    use crate::render::markdown;
    use crate::render::sample;

    fn told(case: &Case) -> String {
        markdown::write(&Doc { title: "t".into(), blocks: blocks(case) })
    }

    #[test]
    fn readings_of_an_answer_that_was_left_open_are_not_said_to_change_nothing() {
        let mut case = sample::case();
        case.certainty.readings.iter_mut().for_each(|r| (r.same, r.verdict) = (true, Verdict::Confined));
        assert!(told(&case).contains("not one of these"));
        case.scope.verdict = Verdict::Inconclusive;
        assert!(told(&case).contains("lies outside these readings") && !told(&case).contains("not one of these"));
    }

    #[test]
    fn the_tests_the_other_readings_and_what_else_was_held_against_the_answer_are_told() {
        let text = told(&sample::case());
        for part in [
            "surely rise by less than the limit",
            "less than 0.5 points",
            "1 of 2 other readings",
            "confined to one thing or a few, as above",
            "2 stretches of the ordinary time",
            "cannot be smaller than 0.33",
            "5 of 6 pages or things",
            "1.3 percentage points",
            "the two agree",
            "most careful reading of every gap",
            "6,500 with 503, 60 with no answer",
            "would have been noticed with 80 %",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn where_nothing_was_judged_there_is_no_table() {
        let mut case = sample::case();
        case.certainty = crate::case::Certainty::default();
        assert!(!told(&case).contains("What would change"));
    }
}

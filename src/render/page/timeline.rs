//! Everything with a time, in the order of time: what was announced, what was said, what the logs show.

use super::{ROWS_MAX, rest_is_in};
use crate::case::{Case, Chosen, Episode};
use crate::render::doc::{Block, Table, Text};
use crate::render::story::phrases::{Clock, at_day, between, counted, minute};
use crate::time::{Micros, Span};
use crate::words::{count, duration_in_full as duration, percent};

/// Most stretches of failure told here; all are in `tables/episodes.csv`.
const EPISODES_MAX: usize = 10;

/// The time line as a table; nothing where nothing has a time.
pub(super) fn blocks(case: &Case) -> Vec<Block> {
    let mut moments = announced(case);
    moments.extend(seen(case));
    // The rank keeps a fixed order among things of the same instant; the text, last, settles the rest.
    moments.sort_by_key(|m| (m.0, m.1, m.3.bare()));
    if moments.is_empty() {
        return Vec::new();
    }
    let zone = Clock::of(case).zone();
    let mut head = vec!["Time (UTC)"];
    let local = zone.map(|z| format!("Time ({})", z.name()));
    head.extend(local.as_deref());
    head.extend(["Told by", "What"]);
    let mut table = Table::new(&head);
    for (at, _, from, what) in moments.iter().take(ROWS_MAX * 2) {
        let mut row = vec![Text::from(at_day(*at))];
        row.extend(zone.map(|z| Text::from(z.hour_minute(*at))));
        row.extend([Text::from(*from), what.clone()]);
        table.row(row);
    }
    let (shown, all) = (table.rows.len(), moments.len());
    let about = "“Notes” and “statements” were handed in together with the logs; the rest was read from the logs.";
    let mut blocks = if case.events.is_empty() && case.claims.is_empty() { vec![] } else { vec![Block::Para(about.into())] };
    blocks.push(Block::Table(table));
    blocks.extend(rest_is_in(shown, all, "report.json"));
    blocks
}

type Moment = (Micros, u8, &'static str, Text);

fn announced(case: &Case) -> Vec<Moment> {
    let mut out: Vec<Moment> = case.events.iter().map(|m| (m.at, 1, "notes", Text::from(m.says.as_str()))).collect();
    for claim in &case.claims {
        if let Some(at) = claim.at {
            let by = claim.by.as_deref().unwrap_or("somebody");
            out.push((at, 2, "a statement", format!("{by}: “{}”", claim.says).into()));
        }
    }
    out
}

fn seen(case: &Case) -> Vec<Moment> {
    let mut out = Vec::new();
    let mut worst: Vec<&Episode> = case.episodes.iter().filter(|e| e.set_aside.is_none()).collect();
    worst.sort_by(|a, b| b.failed.cmp(&a.failed).then_with(|| (a.from, &a.resource).cmp(&(b.from, &b.resource))));
    for e in worst.iter().take(EPISODES_MAX) {
        let range = |a, b| format!(" ({})", between(a, b));
        let failures = format!("; {} of {} failed until it ended", count(e.failed), counted(e.requests, "request"));
        out.push((
            e.from,
            3,
            "the logs",
            thing(&e.resource).say(" begins to fail").say(range(e.from_low, e.from_high)).say(failures),
        ));
        let end = match &e.open {
            Some(open) => Text::from(" is last seen failing; ").say(open.as_str()),
            None => Text::from(" works again").say(range(e.to_low, e.to_high)),
        };
        out.push((e.to, 5, "the logs", thing(&e.resource).then(end)));
    }
    if let Some(w) = case.window.filter(|_| case.incident().is_none()) {
        let (by, what) = match w.chosen {
            Chosen::Given => ("the question", "the time that was asked about"),
            Chosen::Detected => ("the logs", "the time of the incident"),
        };
        out.push((w.from, 0, by, format!("{what} begins").into()));
        out.push((w.to, 6, by, format!("{what} ends").into()));
    }
    for gap in &case.completeness.gaps {
        let long = duration(Span::new(gap.from, gap.to).secs());
        let text = format!("no lines for {long} until {}: {}. {}", minute(gap.to), gap.who, gap.means);
        out.push((gap.from, 4, "the logs (gap)", text.into()));
    }
    for f in &case.completeness.fewer {
        let left = f.left.value.map_or_else(|| "few".into(), percent);
        let text = format!("only {left} of the requests to be expected come, for everything, until {}", minute(f.to));
        out.push((f.from, 4, "the logs", text.into()));
    }
    for s in &case.slow {
        let times = s.times.value.unwrap_or(1.0);
        let text = thing(&s.resource).say(format!(" takes {times:.1} times as long to answer, until {}", minute(s.to)));
        out.push((s.from, 4, "the logs", text));
    }
    out
}

fn thing(resource: &str) -> Text {
    if resource == "site" { "The whole site".into() } else { Text::new().name(resource) }
}

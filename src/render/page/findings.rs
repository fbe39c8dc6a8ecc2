//! Tables of findings: what was asked for, claims, stretches of failure.

use super::{ROWS_MAX, rest_is_in};
use crate::case::{Avail, Case, ClaimStanding, Episode};
use crate::render::doc::{Block, Table, Text};
use crate::render::story::phrases::{Clock, answered, at_day, between};
use crate::time::Micros;
use crate::words::count;

/// Resources, most damaged first.
pub(super) fn resources(case: &Case) -> Vec<Block> {
    if case.resources.is_empty() {
        return Vec::new();
    }
    let timed = case.window.is_some();
    let head: &[&str] = if timed {
        &["Page or thing", "#Before", "#During", "#After", "#Requests during", "#Requests in all"]
    } else {
        &["Page or thing", "#Answered well", "#Requests", "#Failed"]
    };
    let mut table = Table::new(head);
    for r in case.resources.iter().take(ROWS_MAX) {
        let name = Text::new().name(&r.name);
        let name = if r.in_cause { name.say(" ").strong("(what was hit)") } else { name };
        table.row(if timed {
            let shares = [&r.before, &r.during, &r.after].map(cell);
            let counts = [r.during.requests, r.requests].map(|n| Text::from(count(n)));
            [name].into_iter().chain(shares).chain(counts).collect()
        } else {
            vec![name, cell(&r.availability), count(r.requests).into(), count(r.failed).into()]
        });
    }
    let mut blocks = vec![Block::Para(
        "The share of requests that were answered well, for each page or thing that was asked for, the most damaged first. What is ordinary \
         was read from the times named under “How sure this is, and why”. A part written with a colon, such as :id, stands for any value in its place."
            .into(),
    )];
    blocks.push(Block::Table(table));
    blocks.extend(rest_is_in(case.resources.len().min(ROWS_MAX), case.resources.len(), "tables/resources.csv"));
    blocks
}

fn cell(a: &Avail) -> Text {
    if a.value.is_none() { "no requests".into() } else { answered(a).into() }
}

/// Claims and whether the logs agree.
pub(super) fn claims(case: &Case) -> Vec<Block> {
    if case.claims.is_empty() {
        return Vec::new();
    }
    let clock = Clock::of(case);
    let mut table = Table::new(&["Said", "By, at", "Result", "Why"]);
    for c in case.claims.iter().take(ROWS_MAX) {
        let by = [c.by.clone(), c.at.map(|at| clock.moment(at))].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let standing = match c.standing {
            ClaimStanding::Consistent => "the logs agree",
            ClaimStanding::Contradicted => "the logs disagree",
            ClaimStanding::NotTestable => "these logs cannot tell",
        };
        table.row(vec![format!("“{}”", c.says).into(), by.into(), Text::new().strong(standing), c.because.as_str().into()]);
    }
    let mut blocks = vec![
        Block::Para("That the logs agree with a statement does not show that it is the only one they would agree with.".into()),
        Block::Table(table),
    ];
    blocks.extend(rest_is_in(case.claims.len().min(ROWS_MAX), case.claims.len(), "tables/claims.csv"));
    blocks
}

/// Stretches of failure, those that count and those set aside.
pub(super) fn episodes(case: &Case) -> Vec<Block> {
    let (aside, counted): (Vec<&Episode>, Vec<&Episode>) = case.episodes.iter().partition(|e| e.set_aside.is_some());
    let mut blocks = Vec::new();
    if !counted.is_empty() {
        blocks
            .push(Block::Para("Times are UTC; the brackets give the earliest and the latest moment that fits the logs.".into()));
        blocks.push(table(&counted, "Remark", |e| e.open.as_deref()));
    }
    if !aside.is_empty() {
        blocks.push(Block::Para("Looked at and set aside, because users did not meet them as an outage:".into()));
        blocks.push(table(&aside, "Why set aside", |e| e.set_aside.as_deref()));
    }
    let shown = counted.len().min(ROWS_MAX) + aside.len().min(ROWS_MAX);
    blocks.extend(rest_is_in(shown, case.episodes.len(), "tables/episodes.csv"));
    blocks
}

fn table(episodes: &[&Episode], last: &str, remark: fn(&Episode) -> Option<&str>) -> Block {
    let mut head = vec!["What failed", "From", "To", "#Requests", "#Failed", "#Client addresses hit"];
    let remarks = episodes.iter().any(|e| remark(e).is_some());
    if remarks {
        head.push(last);
    }
    let mut table = Table::new(&head);
    let dated = |t: Micros, low, high| Text::from(format!("{} ({})", at_day(t), between(low, high)));
    for e in episodes.iter().take(ROWS_MAX) {
        let what = if e.resource == "site" { "the whole site".into() } else { Text::new().name(&e.resource) };
        let mut row = vec![what, dated(e.from, e.from_low, e.from_high), dated(e.to, e.to_low, e.to_high)];
        row.extend([e.requests, e.failed].map(|n| Text::from(count(n))));
        row.push(Text::from(e.clients_affected.map_or_else(|| "not counted".into(), count)));
        if remarks {
            row.push(remark(e).unwrap_or("").into());
        }
        table.row(row);
    }
    Block::Table(table)
}

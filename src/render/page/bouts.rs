//! How stretches of failure went, and the bouts of those that came back.

use super::{ROWS_MAX, rest_is_in};
use crate::case::{Case, Episode};
use crate::render::doc::{Block, Table, Text};
use crate::render::story::course::sentences;
use crate::render::story::phrases::{at_day, between};
use crate::words::count;

/// Sentences on the course of every episode that counts, then the table of bouts.
pub(super) fn blocks(case: &Case) -> Vec<Block> {
    let told: Vec<&Episode> = case.episodes.iter().filter(|e| e.set_aside.is_none()).collect();
    let says: Vec<Text> = told.iter().take(ROWS_MAX).flat_map(|e| sentences(e)).collect();
    let mut blocks = if says.is_empty() { Vec::new() } else { vec![Block::List(says)] };
    let mut table = Table::new(&["What failed", "Bout", "From", "To", "#Requests", "#Failed"]);
    let mut all = 0;
    for e in told.iter().filter(|e| e.course.bouts.len() > 1) {
        for (i, b) in e.course.bouts.iter().enumerate() {
            all += 1;
            if table.rows.len() < ROWS_MAX {
                let what = if e.resource == "site" { "the whole site".into() } else { Text::new().name(&e.resource) };
                let from = format!("{} ({})", at_day(b.from), between(b.from_low, b.from_high));
                let to = format!("{} ({})", at_day(b.to), between(b.to_low, b.to_high));
                let number = Text::from(count(i as u64 + 1));
                table.row(vec![what, number, from.into(), to.into(), count(b.requests).into(), count(b.failed).into()]);
            }
        }
    }
    if all > 0 {
        let shown = table.rows.len();
        blocks.push(Block::Table(table));
        blocks.extend(rest_is_in(shown, all, "tables/bouts.csv"));
    }
    blocks
}

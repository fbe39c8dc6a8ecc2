//! Stretches in which good answers took far longer than otherwise.

use crate::case::Case;
use crate::render::doc::{Block, Table, Text};
use crate::render::story::phrases::at_day;
use crate::words::{answer_time, count, percent};

/// The table of slow stretches.
pub(super) fn slow(case: &Case) -> Vec<Block> {
    if case.slow.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&[
        "What",
        "From (UTC)",
        "To (UTC)",
        "#Answers",
        "#Share of all then",
        "#Times as long (range)",
        "#Typical answer, before and then",
    ]);
    for s in &case.slow {
        let what = if s.resource == "site" { Text::from("everything") } else { Text::new().name(&s.resource) };
        let of = |x: Option<f64>| x.map_or_else(|| "–".to_owned(), |x| format!("{x:.1}"));
        table.row(vec![
            what,
            at_day(s.from).into(),
            at_day(s.to).into(),
            count(s.requests).into(),
            percent(s.share).into(),
            format!("{} ({} to {})", of(s.times.value), of(s.times.low), of(s.times.high)).into(),
            format!("{}, {}", answer_time(s.before), answer_time(s.during)).into(),
        ]);
    }
    vec![
        Block::Para(
            "Good answers took far longer in these stretches than those of the same resources did otherwise. An answer that \
             comes late still counts as good."
                .into(),
        ),
        Block::Table(table),
    ]
}

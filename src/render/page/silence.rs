//! What stopped being asked for, and how many requests never came.

use crate::case::Case;
use crate::render::doc::{Block, Table, Text};
use crate::render::story::gaps::forecast;
use crate::render::story::phrases::{at_day, share};
use crate::words::{count, percent};

/// The table of things that fell silent, and of the volume in the incident.
pub(super) fn silence(case: &Case) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(v) = &case.volumes {
        blocks.push(Block::Para(
            "Requests that came in the incident, beside those that the time around it lets expect. Where fewer came, users gave up, \
             could not get through, or were not there; logs of servers cannot tell these apart."
                .into(),
        ));
        let mut table =
            Table::new(&["What", "#Requests that came", "#To be expected (range)", "Answered well if the missing ones failed"]);
        for (who, v) in [("what failed", &v.target), ("the rest", &v.rest)] {
            if v.observed == 0 && v.expected.is_none() {
                continue;
            }
            let expected = v.expected.as_ref().map_or_else(|| "hardly asked for before".to_owned(), forecast);
            let bound = v.lost_demand_bound.map_or_else(|| "–".to_owned(), |b| format!("at least {}", percent(b)));
            table.row(vec![who.into(), count(v.observed).into(), expected.into(), bound.into()]);
        }
        blocks.push(Block::Table(table));
    }
    let quiet = &case.completeness.quiet;
    if !quiet.is_empty() {
        blocks.push(Block::Para("What stopped being asked for although everything else went on:".into()));
        let mut table =
            Table::new(&["What", "From (UTC)", "To (UTC)", "#Requests to be expected", "#Share of all", "What it means"]);
        for q in quiet {
            let what = Text::from(format!("{} ", q.attribute)).name(&q.value);
            let (from, to) = (Text::from(at_day(q.from)), Text::from(at_day(q.to)));
            table.row(vec![what, from, to, forecast(&q.expected).into(), percent(q.share).into(), q.means.as_str().into()]);
        }
        blocks.push(Block::Table(table));
    }
    let fewer = &case.completeness.fewer;
    if !fewer.is_empty() {
        blocks.push(Block::Para("Far fewer requests came, for everything, than the time around lets expect:".into()));
        let mut table = Table::new(&[
            "From (UTC)",
            "To (UTC)",
            "#Requests that came",
            "#To be expected (range)",
            "#Part that was left (range)",
            "What it means",
        ]);
        for f in fewer {
            table.row(vec![
                at_day(f.from).into(),
                at_day(f.to).into(),
                count(f.observed).into(),
                forecast(&f.expected).into(),
                share(f.left.value, f.left.low, f.left.high).into(),
                f.means.as_str().into(),
            ]);
        }
        blocks.push(Block::Table(table));
    }
    blocks
}

//! Who made the failures.

use super::list;
use crate::case::Case;
use crate::case::tiers::Made;
use crate::event::Tier;
use crate::render::doc::{Block, Table, Text};
use crate::render::story::makers;
use crate::render::story::phrases::{counted, share};
use crate::words::{count, percent};

/// Who made the failures, each with its share.
pub(super) fn makers(case: &Case) -> Vec<Block> {
    let Some(made) = &case.tiers.made else { return Vec::new() };
    let mut blocks: Vec<Block> = makers::sentence(case).into_iter().map(Block::Para).collect();
    let mut table = Table::new(&["Who made the failure", "#Failures", "#Share"]);
    for m in &made.by {
        table.row(vec![
            makers::words(m.maker).into(),
            count(m.failures).into(),
            share(m.share.value, m.share.low, m.share.high).into(),
        ]);
    }
    blocks.push(Block::Table(table));
    blocks.extend(list(how(made)));
    blocks
}

fn how(made: &Made) -> Vec<Text> {
    let mut out: Vec<Text> = vec![
        format!(
            "Counted at the {}. The lines of {} say themselves who made them; {} were found in the logs of a server further in.",
            place(made.tier),
            counted(made.said, "failure"),
            count(made.matched)
        )
        .into(),
    ];
    if made.one_in > 1 {
        out.push(format!("There are so many that one in {} was looked at, chosen by a hash.", count(made.one_in)).into());
    }
    for f in &made.found {
        let found = if f.looked_for == 0 {
            "No ordinary request could be looked for there".to_owned()
        } else {
            format!(
                "Of {} handed on without a failure, {} were found there",
                counted(f.looked_for, "sampled request"),
                percent(f.found as f64 / f.looked_for as f64)
            )
        };
        let means = if f.shows_missing {
            "so that a failure which is missing there did not reach it."
        } else {
            "so that a failure which is missing there may have reached it all the same."
        };
        out.push(format!("Logs of the {}: {found}, {means}", place(f.tier)).into());
    }
    out
}

fn place(tier: Tier) -> &'static str {
    match tier {
        Tier::Edge => "edge, the first server a visitor meets",
        Tier::Balancer => "load balancer, which hands requests on",
        Tier::Origin => "application's own server",
        Tier::Unknown => "server that wrote the logs",
    }
}

//! The report in reading order, as one would attach it to a postmortem: the story first, then the
//! figures, then the account of how they were come by.

mod account;
mod audience;
mod bouts;
mod certainty;
mod explanations;
mod facts;
mod findings;
mod tiers;
mod soft;
mod operations;
mod silence;
mod slow;
mod timeline;

use super::doc::{Block, Doc, Text};
use super::story::verdict;
use crate::case::{Case, Chart};

/// Most rows of a table on the page; the rest is in the CSV files.
pub const ROWS_MAX: usize = 20;

/// The report.
#[must_use]
pub fn report(case: &Case) -> Doc {
    let mut blocks = Vec::new();
    if case.synthetic {
        blocks.push(Block::Banner(
            "SYNTHETIC DATA: the logs behind this report were made up by a program. Nothing here happened.".into(),
        ));
    }
    blocks.push(Block::Verdict { label: verdict::label(case).into(), says: verdict::sentences(case) });
    blocks.push(Block::Note(HOW_TO_READ.into()));
    let (headline, others) = case.charts.split_at(case.charts.len().min(1));
    blocks.extend(headline.iter().map(figure));
    section(&mut blocks, "Key figures", facts::key_figures(case));
    section(&mut blocks, "Good by their status, but not what was asked for", soft::answers(case));
    section(&mut blocks, "What happened when", timeline::blocks(case));
    section(&mut blocks, "The pictures", others.iter().map(figure).collect());
    section(&mut blocks, "What people said, and whether the logs agree", findings::claims(case));
    section(&mut blocks, "Possible explanations", explanations::blocks(case));
    section(&mut blocks, "What was asked for: before, during and after", findings::resources(case));
    section(&mut blocks, "What users got, beyond single requests", operations::users(case));
    section(&mut blocks, "Who was there, and how many", audience::audience(case));
    section(&mut blocks, "How long good answers took", audience::latency(case));
    section(&mut blocks, "Who made the failures", tiers::makers(case));
    section(&mut blocks, "Stretches of failure", [findings::episodes(case), bouts::blocks(case)].concat());
    section(&mut blocks, "Requests that never came", silence::silence(case));
    section(&mut blocks, "Answers that came late", slow::slow(case));
    section(&mut blocks, "How sure this is, and why", certainty::blocks(case));
    section(&mut blocks, "How much depends on how answers are counted", operations::readings(case));
    section(&mut blocks, "What the logs cannot tell", account::completeness(case));
    section(&mut blocks, "How answers were counted", account::counting(case));
    section(&mut blocks, "The log files", account::sources(case));
    section(&mut blocks, "How to get this report again", account::reproduce(case));
    Doc { title: case.title.clone(), blocks }
}

const HOW_TO_READ: &str = "A range in brackets belongs to the figure before it: the figure comes from a limited number of requests, \
    and a range made in this way holds the true value in 95 of 100 such cases. A request failed if the server answered with an error \
    of its own, turned it away to protect itself, or answered only in part; the exact rules stand under “How answers were counted”. \
    A client address is the network address a request came from: one person may use several, and several people may share one.";

fn figure(chart: &Chart) -> Block {
    Block::Figure { file: chart.file.clone(), title: chart.title.clone(), alt: chart.alt.clone() }
}

/// A section, left out where it has nothing to say.
fn section(blocks: &mut Vec<Block>, title: &str, inside: Vec<Block>) {
    if !inside.is_empty() {
        blocks.push(Block::Heading(title.into()));
        blocks.extend(inside);
    }
}

fn list(items: Vec<Text>) -> Vec<Block> {
    if items.is_empty() { Vec::new() } else { vec![Block::List(items)] }
}

/// The remark under a table that was cut.
fn rest_is_in(shown: usize, all: usize, file: &str) -> Option<Block> {
    (shown < all)
        .then(|| Block::Para(Text::from(format!("The first {shown} of {all} are shown; all are in ")).name(file).say(".")))
}

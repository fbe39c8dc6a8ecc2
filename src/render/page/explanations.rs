//! The competing explanations: one sentence, then the matrix, then for engineers the details of each pair.

use crate::case::weighing::{Measure, Pair};
use crate::case::{Case, Evidence, Explanation, Standing};
use crate::render::doc::{Block, Table, Text};
use crate::render::story::explanations::name;
use crate::words::count;

/// Most pieces of evidence in a cell of the matrix; they stand with what weighs most first.
const SAID_MAX: usize = 4;

/// The whole section.
pub(super) fn blocks(case: &Case) -> Vec<Block> {
    if case.explanations.is_empty() {
        return Vec::new();
    }
    let mut blocks = Vec::new();
    if !case.weighing.says.is_empty() {
        blocks.push(Block::Para(Text::new().strong(case.weighing.says.clone())));
    }
    blocks.push(Block::Para(
        "Several explanations can be true together, and one the evidence speaks for is not thereby the only one. The same \
         evidence is held against each. Nothing here says how probable an explanation is, only how much better one fits than its rival."
            .into(),
    ));
    blocks.push(Block::Table(matrix(case)));
    blocks.extend(components(case));
    blocks.extend(pairs(case));
    blocks.extend(measures(case));
    blocks
}

fn matrix(case: &Case) -> Table {
    let mut table = Table::new(&["Explanation", "How it stands", "Supports it", "Speaks against it", "Does not tell apart"]);
    for e in &case.explanations {
        let pick = |keep: fn(&Evidence) -> bool| {
            let said: Vec<&str> = e.evidence.iter().filter(|v| keep(v)).map(|v| v.says.as_str()).collect();
            let mut text = said.iter().take(SAID_MAX).copied().collect::<Vec<_>>().join(" ");
            if said.len() > SAID_MAX {
                text += &format!(" And {} more, listed below.", said.len() - SAID_MAX);
            }
            Text::from(if text.is_empty() { "–".to_owned() } else { text })
        };
        table.row(vec![
            name(&e.id).map_or_else(|| Text::new().name(&e.id), Text::from),
            Text::new().strong(standing(e)),
            pick(|v| v.favours && !v.against),
            pick(|v| v.against && !v.favours),
            pick(|v| v.favours == v.against),
        ]);
    }
    table
}

fn standing(e: &Explanation) -> String {
    let words = match e.standing {
        Standing::Supported => "the evidence speaks for it",
        Standing::Contradicted => "the evidence speaks against it",
        Standing::Undecided => "the evidence does not decide",
        Standing::NotObservable => "access logs cannot show it: nothing here supports or excludes it",
    };
    words.to_owned()
}

fn components(case: &Case) -> Vec<Block> {
    let parts = &case.weighing.components;
    if parts.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&["Clients", "#How many", "#Requests", "#Share", "#Failed", "#Requests a second"]);
    for c in parts {
        table.row(vec![
            c.name.into(),
            count(c.clients).into(),
            count(c.requests).into(),
            crate::words::percent(c.share).into(),
            count(c.failed).into(),
            c.rate.map_or_else(|| "–".into(), |r| format!("{r:.2}")).into(),
        ]);
    }
    vec![
        Block::Para(
            "Those who asked, parted by how they asked. The pace is that of the middle client while it was active; a client is an \
             address together with a browser. Machines that keep to people’s pace are not told from people here."
                .into(),
        ),
        Block::Table(table),
    ]
}

fn pairs(case: &Case) -> Vec<Block> {
    let w = &case.weighing;
    if w.pairs.is_empty() {
        return Vec::new();
    }
    let mut blocks = vec![Block::Para(Text::from(format!(
        "For each pair of rivals the figures that bear on it are weighed together, because they overlap; the numbers say how many times as \
         probable the figures are under one as under the other. Coefficients: {}.",
        w.coefficients
    )))];
    for p in &w.pairs {
        blocks.push(Block::Para(Text::new().strong(title(p)).say(format!(" {} {}", p.words, rests(p, &w.measures)))));
        let mut table = Table::new(&["What was measured", "#Moves the logarithm by", "#Without it", "In words"]);
        for part in &p.parts {
            let Some(m) = w.measures.iter().find(|m| m.id == part.id) else { continue };
            table.row(vec![
                m.name.into(),
                format!("{:+.2}", part.log10).into(),
                format!("{:+.2}", part.without).into(),
                m.says.as_str().into(),
            ]);
        }
        if !p.parts.is_empty() {
            blocks.push(Block::Table(table));
        }
    }
    blocks
}

fn title(p: &Pair) -> &'static str {
    match p.a {
        "attack" => "Was it an attack or a crowd?",
        _ => "Did more demand bring it about, or did something break without it?",
    }
}

fn rests(p: &Pair, measures: &[Measure]) -> String {
    if p.log10_lr.is_none() {
        return String::new();
    }
    if p.rests_on.is_empty() {
        return "This is stable: left out one at a time, none of the figures changes it.".into();
    }
    let names: Vec<&str> = p.rests_on.iter().map(|id| measures.iter().find(|m| m.id == *id).map_or(*id, |m| m.name)).collect();
    format!("This rests on each of these alone; without it, it would stand otherwise: {}.", names.join("; "))
}

fn measures(case: &Case) -> Vec<Block> {
    let unknown: Vec<&Measure> = case.weighing.measures.iter().filter(|m| m.value.is_none()).collect();
    if unknown.is_empty() {
        return Vec::new();
    }
    let mut table = Table::new(&["Could not be measured", "Why"]);
    for m in unknown {
        table.row(vec![m.name.into(), m.says.as_str().into()]);
    }
    vec![Block::Para("What could not be measured here neither supports nor opposes anything:".into()), Block::Table(table)]
}

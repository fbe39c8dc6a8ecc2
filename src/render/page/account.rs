//! The account of how the figures were come by: what is missing, the rules, the files, the command.

use super::{ROWS_MAX, list, rest_is_in};
use crate::case::{Case, Gap, Source};
use crate::event::Tier;
use crate::render::doc::{Block, Table, Text};
use crate::render::story::certainty;
use crate::render::story::phrases::{at_day, counted};
use crate::time::Span;
use crate::words::{count, duration_in_full as duration, percent};

/// Blind spots, then gaps, then notes on how this was computed.
pub(super) fn completeness(case: &Case) -> Vec<Block> {
    let mut blocks = list(certainty::blind(case));
    let gaps = &case.completeness.gaps;
    if !gaps.is_empty() {
        blocks.push(Block::Para(
            "Gaps in the logs: silences where lines were to be expected, and parts of lines that are missing:".into(),
        ));
        let mut table = Table::new(&[
            "Who is silent",
            "From (UTC)",
            "To (UTC)",
            "Length",
            "#Lines missing, at least",
            "Taken for",
            "What it means",
        ]);
        for g in gaps.iter().take(ROWS_MAX) {
            let at = |t| Text::from(at_day(t));
            let length = duration(Span::new(g.from, g.to).secs());
            let (who, means) = (Text::from(g.who.as_str()), Text::from(g.means.as_str()));
            table.row(vec![who, at(g.from), at(g.to), length.into(), missing(g).into(), g.class.words().into(), means]);
        }
        blocks.push(Block::Table(table));
        blocks.extend(rest_is_in(gaps.len().min(ROWS_MAX), gaps.len(), "report.json"));
    }
    if !case.notes.is_empty() {
        blocks.push(Block::Para("Notes on how this was computed:".into()));
        blocks.extend(list(case.notes.iter().map(|n| Text::from(n.as_str())).collect()));
    }
    blocks
}

/// How many lines are missing: all that were to be expected, or a part of them.
fn missing(g: &Gap) -> String {
    match g.expected {
        Some(f) if g.share < 1.0 => count((f.low * g.share).round() as u64),
        _ => count(g.expected_at_least),
    }
}

/// The rules by which answers count.
pub(super) fn counting(case: &Case) -> Vec<Block> {
    if case.outcome_rules.is_empty() {
        return Vec::new();
    }
    let rules = case.outcome_rules.iter().map(|r| Text::from(r.as_str())).collect();
    let intro = "“Status” is the three-digit code with which a server says how a request went. The first rule that fits decides. \
         “Failed”, “degraded” (answered only in part or badly) and “shed” (turned away to protect capacity) all count as failures; \
         “excluded” requests, such as those for pages that do not exist, count neither way.";
    vec![Block::Details { summary: "The rules, in order".into(), blocks: vec![Block::Para(intro.into()), Block::List(rules)] }]
}

/// The files, the ledger and the lines that could not be used.
pub(super) fn sources(case: &Case) -> Vec<Block> {
    let t = case.totals;
    let mut blocks = vec![Block::Para(
        format!(
            "{} in {}: {} counted as requests, {} set aside as copies, {} left out on purpose (headers, server messages), {} not \
             usable. Every line is in exactly one of these.",
            counted(t.lines, "line"),
            counted(case.sources.len() as u64, "file"),
            count(t.events),
            count(t.duplicates),
            count(t.skipped),
            count(t.rejected)
        )
        .into(),
    )];
    blocks.extend(list(case.completeness.copies.iter().map(|c| Text::from(c.as_str())).collect()));
    let mut inside = vec![Block::Para(
        "“Written by” says where on the way from the visitor to the application a log was kept. “Recognised” is the share of sampled \
         lines that the format reads. The SHA-256 fingerprint identifies a file's exact content; it is shortened here and whole in \
         manifest.json."
            .into(),
    )];
    inside.push(files(case));
    inside.extend(rest_is_in(case.sources.len().min(ROWS_MAX), case.sources.len(), "tables/sources.csv"));
    inside.extend(trouble(case));
    blocks.push(Block::Details { summary: "File by file".into(), blocks: inside });
    blocks.extend(unusable(case));
    blocks
}

fn files(case: &Case) -> Block {
    let mut table = Table::new(&[
        "File",
        "Format",
        "#Recognised",
        "Written by",
        "#Lines",
        "#Requests",
        "#Copies",
        "#Left out",
        "#Not usable",
        "SHA-256",
    ]);
    for s in case.sources.iter().take(ROWS_MAX) {
        let format = s.format.clone().unwrap_or_else(|| format!("not read: {}", s.why));
        let mut row = vec![Text::new().name(&s.path), format.into(), s.confidence.map_or("–".into(), percent).into(), writer(s)];
        row.extend([s.lines, s.events, s.duplicates, s.skipped, s.rejected].map(|n| Text::from(count(n))));
        row.push(Text::new().name(&format!("{}…", s.sha256.chars().take(12).collect::<String>())));
        table.row(row);
    }
    Block::Table(table)
}

fn writer(s: &Source) -> Text {
    let tier = match s.tier {
        Tier::Edge => "the edge, the first server a visitor meets",
        Tier::Balancer => "a load balancer, which hands requests on",
        Tier::Origin => "the application's own server",
        Tier::Unknown => "not known",
    };
    match &s.instance {
        Some(name) if s.format.is_some() => Text::from(tier).say("; ").name(name),
        _ => tier.into(),
    }
}

fn trouble(case: &Case) -> Vec<Block> {
    let said: Vec<Text> = case
        .sources
        .iter()
        .filter_map(|s| s.trouble.as_ref().map(|t| Text::new().name(&s.path).say(": ").say(t.as_str())))
        .take(ROWS_MAX)
        .collect();
    list(said)
}

fn unusable(case: &Case) -> Option<Block> {
    let mut table = Table::new(&["File", "#Line", "Why", "Its beginning"]);
    let examples = case.sources.iter().flat_map(|s| s.examples.iter().map(move |e| (s, e)));
    for (s, e) in examples.take(ROWS_MAX) {
        let excerpt = Text::new().name(&e.excerpt);
        table.row(vec![Text::new().name(&s.path), count(e.line).into(), e.reason.as_str().into(), excerpt]);
    }
    let about = Text::from("Characters that cannot be seen are written as escapes such as \\x1b. More examples are in ")
        .name("tables/rejected.csv")
        .say(", the counts by reason in ")
        .name("tables/ledger.csv")
        .say(".");
    (!table.rows.is_empty()).then(|| Block::Details {
        summary: "Examples of lines that could not be used".into(),
        blocks: vec![Block::Para(about), Block::Table(table)],
    })
}

/// How to get the same bytes again.
pub(super) fn reproduce(case: &Case) -> Vec<Block> {
    let mut blocks = vec![
        Block::Para(Text::from(format!(
            "Made by {}. The same files and the same command give the same report, byte for byte:",
            case.program
        ))),
        Block::Command(case.reproduce.command.clone()),
    ];
    if !case.reproduce.options.is_empty() {
        let options = case.reproduce.options.iter().map(|(k, v)| Text::new().name(k).say(" = ").name(v)).collect();
        blocks.push(Block::Para("Options that differ from their defaults:".into()));
        blocks.push(Block::List(options));
    }
    blocks.push(Block::Para(
        Text::from("Beside this page: ")
            .name("report.json")
            .say(" (everything, for programs), ")
            .name("tables/")
            .say(
                " (every number, for spreadsheets; a text that a spreadsheet would run as a formula begins with an apostrophe), ",
            )
            .name("charts/")
            .say(" (the pictures) and ")
            .name("manifest.json")
            .say(" (the fingerprints of all files that went in and came out)."),
    ));
    blocks
}

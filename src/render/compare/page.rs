//! The page of a comparison in reading order: what agrees and what does not, the curves, each point in a sentence.

use super::super::doc::{Block, Doc, Table, Text};
use super::super::escape::{NAME_MAX, shortened};
use crate::case::Chart;
use crate::compare::item::{Item, Standing, Topic};
use crate::compare::{Comparison, Told};
use crate::time::Span;
use crate::words;

/// Most names told in one sentence.
const NAMES_MAX: usize = 12;

/// What must stand under every comparison.
pub(super) const NO_CAUSE: &str = "That two records agree does not show that the two failures had the same cause, and that they \
    differ does not show that they had not: different causes can leave the same traces in access logs, and one cause different ones.";

const HOW_TO_READ: &str = "A range in brackets is a 95 % interval. Two figures are said to differ where the interval of their \
    difference leaves out 0, and not to be told apart where it does not, which is no sign that they are equal. Among twenty \
    figures that are truly equal, one will seem to differ by chance. Words agree where they are the same. Plain counts depend on how much was logged and are only shown. A and B are compared through their reports; what a report \
    does not hold is not guessed.";

/// The page.
pub(super) fn compare(c: &Comparison) -> Doc {
    let mut blocks = Vec::new();
    if c.synthetic {
        let whose = match (c.a.synthetic, c.b.synthetic) {
            (true, true) => "both reports",
            (true, false) => "report A",
            _ => "report B",
        };
        blocks.push(Block::Banner(
            format!("SYNTHETIC DATA: the logs behind {whose} were made up by a program. What they show did not happen.").into(),
        ));
    }
    blocks.push(Block::Verdict { label: label(c), says: sentences(c) });
    blocks.push(Block::Note(HOW_TO_READ.into()));
    let (headline, others) = c.charts.split_at(c.charts.len().min(1));
    blocks.extend(headline.iter().map(figure));
    if !c.cautions.is_empty() {
        blocks.push(Block::Heading("Before you compare".into()));
        blocks.push(Block::List(c.cautions.iter().map(|s| s.as_str().into()).collect()));
    }
    blocks.push(Block::Heading("The two".into()));
    blocks.push(Block::Table(both(c)));
    blocks.extend(others.iter().map(figure));
    for (topic, title) in Topic::ALL {
        let items: Vec<&Item> = c.of(topic).collect();
        if !items.is_empty() {
            blocks.push(Block::Heading(title.into()));
            blocks.push(Block::List(items.iter().map(|i| sentence(i)).collect()));
        }
    }
    blocks.push(Block::Heading("All points in one table".into()));
    blocks.push(Block::Details { summary: "Each point with both values".into(), blocks: vec![Block::Table(points(c))] });
    blocks.push(Block::Heading("How to get this comparison again".into()));
    blocks.push(Block::Command(c.command.clone()));
    Doc { title: title(c), blocks }
}

fn title(c: &Comparison) -> String {
    format!("Side by side: {} (A) and {} (B)", shortened(&c.a.title, NAME_MAX), shortened(&c.b.title, NAME_MAX))
}

/// How the points came out, in a few words.
pub(super) fn label(c: &Comparison) -> String {
    let n = c.counts;
    let part = |k: usize, one: &str, many: &str| match k {
        1 => format!("1 {one}"),
        k => format!("{k} {many}"),
    };
    let mut parts = vec![
        part(n.agree, "point agrees", "points agree"),
        part(n.differ, "differs", "differ"),
        part(n.open, "is left open", "are left open"),
    ];
    if n.not_comparable > 0 {
        parts.push(part(n.not_comparable, "cannot be compared", "cannot be compared"));
    }
    parts.join(", ")
}

/// What agrees, what differs, and what neither shows.
pub(super) fn sentences(c: &Comparison) -> Vec<Text> {
    let mut out = Vec::new();
    for (standing, begin) in [
        (Standing::Agrees, "The same in both:"),
        (Standing::Differs, "Not the same:"),
        (Standing::Open, "Left open:"),
        (Standing::NotComparable, "Cannot be compared:"),
    ] {
        // How the two were measured is no likeness of the incidents.
        let told = |i: &&Item| i.standing == standing && i.topic != Topic::Conditions;
        let names: Vec<String> = c.points.iter().filter(told).map(brief).collect();
        if names.is_empty() {
            continue;
        }
        let more = names.len().saturating_sub(NAMES_MAX);
        let end = if more > 0 { format!("; and {more} more.") } else { ".".to_owned() };
        out.push(
            Text::new().strong(begin).say(" ").say(names.into_iter().take(NAMES_MAX).collect::<Vec<_>>().join("; ")).say(end),
        );
    }
    out.push(NO_CAUSE.into());
    out
}

/// The name of a point with what it is, where that takes few words.
fn brief(i: &Item) -> String {
    match i.standing {
        Standing::Agrees => format!("{} ({})", i.name, shortened(&i.a.text, NAME_MAX)),
        Standing::Differs => {
            let short = |t: &str| shortened(t.split(" (").next().unwrap_or(t), 60);
            format!("{} ({} and {})", i.name, short(&i.a.text), short(&i.b.text))
        }
        _ => i.name.clone(),
    }
}

fn sentence(i: &Item) -> Text {
    Text::new().strong(format!("{}.", i.standing.words())).say(format!(" {}", i.says))
}

fn both(c: &Comparison) -> Table {
    let mut table = Table::new(&["", "A", "B"]);
    let mut row = |name: &str, of: &dyn Fn(&Told) -> Text| table.row(vec![name.into(), of(&c.a), of(&c.b)]);
    row("Title", &|t| shortened(&t.title, 2 * NAME_MAX).into());
    row("Report", &|t| {
        let text = Text::new().name(&t.name);
        if t.made { text.say(" (made for this comparison, from the bundle)") } else { text }
    });
    row("Data", &|t| if t.synthetic { Text::new().strong("synthetic") } else { "not marked as synthetic".into() });
    row("Incident", &|t| match t.onset.zip(t.recovery) {
        Some((from, to)) => words::dated_span(Span::new(from, to)).into(),
        None => "none found".into(),
    });
    row("Verdict", &|t| t.verdict.name().replace('-', " ").into());
    row("What failed", &|t| if t.failed.is_empty() { "nothing in particular".into() } else { t.failed.join(", ").into() });
    row("Made by", &|t| t.program.clone().unwrap_or_else(|| "unknown".into()).into());
    row("SHA-256 of report.json", &|t| Text::new().name(t.sha256.get(..16).unwrap_or(&t.sha256)));
    table
}

fn points(c: &Comparison) -> Table {
    let mut table = Table::new(&["Point", "A", "B", "Comparison"]);
    for (topic, _) in Topic::ALL {
        for i in c.of(topic) {
            let cell = |t: &str| if t.is_empty() { Text::from("not given") } else { Text::from(t) };
            table.row(vec![i.name.as_str().into(), cell(&i.a.text), cell(&i.b.text), i.standing.words().into()]);
        }
    }
    table
}

fn figure(chart: &Chart) -> Block {
    Block::Figure { file: chart.file.clone(), title: chart.title.clone(), alt: chart.alt.clone() }
}

//! `report.md`: the report as GitHub Flavored Markdown, pictures by relative path.

use super::doc::{Block, Doc, Inline, Table, Text};
use super::escape::{markdown, markdown_code, visible};
use std::fmt::Write;

/// The page.
#[must_use]
pub fn write(doc: &Doc) -> String {
    let mut out = format!("# {}\n\n", markdown(&doc.title));
    blocks(&mut out, &doc.blocks, 2);
    format!("{}\n", out.trim_end())
}

fn blocks(out: &mut String, blocks: &[Block], level: usize) {
    for block in blocks {
        one(out, block, level);
    }
}

fn one(out: &mut String, block: &Block, level: usize) {
    // Writing to a String cannot fail.
    let _ = match block {
        Block::Banner(t) => write!(out, "> **{}**\n\n", markdown(&t.bare())),
        Block::Verdict { label, says } => {
            let said: Vec<String> = says.iter().map(text).collect();
            write!(out, "**{}.** {}\n\n", markdown(label), said.join(" "))
        }
        Block::Heading(title) => write!(out, "{} {}\n\n", "#".repeat(level), markdown(title)),
        Block::Para(t) => write!(out, "{}\n\n", text(t)),
        Block::Note(t) => write!(out, "*How to read this.* {}\n\n", text(t)),
        Block::List(items) => {
            for item in items {
                let _ = writeln!(out, "- {}", text(item));
            }
            writeln!(out)
        }
        Block::Facts(facts) => {
            for (name, value) in facts {
                let _ = writeln!(out, "- **{}:** {}", markdown(name), text(value));
            }
            writeln!(out)
        }
        Block::Table(t) => table(out, t),
        Block::Figure { file, title, alt } => {
            write!(out, "{} {}\n\n![{}](charts/{file})\n\n", "#".repeat(level + 1), markdown(title), markdown(alt))
        }
        Block::Command(line) => write!(out, "    {}\n\n", visible(line)),
        Block::Details { summary, blocks: inside } => {
            let _ = write!(out, "{} {}\n\n", "#".repeat(level + 1), markdown(summary));
            blocks(out, inside, level + 1);
            Ok(())
        }
    };
}

fn table(out: &mut String, table: &Table) -> std::fmt::Result {
    let head: Vec<String> = table.head.iter().map(|h| markdown(h)).collect();
    writeln!(out, "| {} |", head.join(" | "))?;
    let rule: Vec<&str> = table.numeric.iter().map(|n| if *n { "--:" } else { "---" }).collect();
    writeln!(out, "| {} |", rule.join(" | "))?;
    for row in &table.rows {
        let cells: Vec<String> = row.iter().map(text).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    writeln!(out)
}

fn text(text: &Text) -> String {
    let said: String = text
        .0
        .iter()
        .map(|part| match part {
            Inline::Plain(s) => markdown(s),
            Inline::Code(s) => markdown_code(s),
            Inline::Strong(s) => format!("**{}**", markdown(s.trim())),
        })
        .collect();
    said.trim().to_owned()
}

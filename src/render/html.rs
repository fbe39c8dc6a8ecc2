//! `report.html`: the report as one file that needs nothing else: pictures inside, no script, no
//! request to anywhere (its own content policy forbids it), fit for a screen, a phone and paper.

use super::base64;
use super::chart::Picture;
use super::doc::{Block, Doc, Inline, Table, Text};
use super::escape::html;

/// The style: dark on light, system fonts, wide tables scroll inside themselves.
const STYLE: &str = include_str!("page.css");

/// The page, with the pictures the document names.
#[must_use]
pub fn write(doc: &Doc, pictures: &[Picture]) -> String {
    let title = html(&doc.title);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
    );
    for block in &doc.blocks {
        one(&mut out, block, pictures);
    }
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn one(out: &mut String, block: &Block, pictures: &[Picture]) {
    match block {
        Block::Banner(t) => out.push_str(&format!("<p class=\"banner\" role=\"note\">{}</p>\n", text(t))),
        Block::Verdict { label, says } => {
            out.push_str(&format!("<section class=\"verdict\">\n<p class=\"label\">{}</p>\n", html(label)));
            says.iter().for_each(|s| out.push_str(&format!("<p>{}</p>\n", text(s))));
            out.push_str("</section>\n");
        }
        Block::Heading(title) => out.push_str(&format!("<h2>{}</h2>\n", html(title))),
        Block::Para(t) => out.push_str(&format!("<p>{}</p>\n", text(t))),
        Block::Note(t) => out.push_str(&format!("<p class=\"note\"><em>How to read this.</em> {}</p>\n", text(t))),
        Block::List(items) => {
            out.push_str("<ul>\n");
            items.iter().for_each(|i| out.push_str(&format!("<li>{}</li>\n", text(i))));
            out.push_str("</ul>\n");
        }
        Block::Facts(facts) => {
            out.push_str("<dl>\n");
            for (name, value) in facts {
                out.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>\n", html(name), text(value)));
            }
            out.push_str("</dl>\n");
        }
        Block::Table(t) => table(out, t),
        Block::Figure { file, title, alt } => figure(out, file, title, alt, pictures),
        Block::Command(line) => out.push_str(&format!("<pre><code>{}</code></pre>\n", html(line))),
        Block::Details { summary, blocks } => {
            out.push_str(&format!("<details>\n<summary>{}</summary>\n", html(summary)));
            blocks.iter().for_each(|b| one(out, b, pictures));
            out.push_str("</details>\n");
        }
    }
}

fn figure(out: &mut String, file: &str, title: &str, alt: &str, pictures: &[Picture]) {
    let source = match pictures.iter().find(|p| p.file == file) {
        Some(p) => format!("data:image/png;base64,{}", base64::encode(&p.png)),
        None => format!("charts/{}", html(file)),
    };
    out.push_str(&format!(
        "<figure>\n<h3>{}</h3>\n<img alt=\"{alt}\" src=\"{source}\">\n</figure>\n",
        html(title),
        alt = html(alt)
    ));
}

fn table(out: &mut String, table: &Table) {
    let class = |i: usize| if table.numeric.get(i) == Some(&true) { " class=\"n\"" } else { "" };
    out.push_str("<div class=\"scroll\" tabindex=\"0\"><table>\n<thead><tr>");
    for (i, head) in table.head.iter().enumerate() {
        out.push_str(&format!("<th scope=\"col\"{}>{}</th>", class(i), html(head)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        out.push_str("<tr>");
        for (i, (cell, head)) in row.iter().zip(&table.head).enumerate() {
            // On a phone each row becomes a card, and the column's head stands before its value.
            out.push_str(&format!("<td{} data-label=\"{}\">{}</td>", class(i), html(head), text(cell)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table></div>\n");
}

fn text(text: &Text) -> String {
    let part = |p: &Inline| match p {
        Inline::Plain(s) => together(s),
        Inline::Code(s) => format!("<code>{}</code>", html(s)),
        Inline::Strong(s) => format!("<strong>{}</strong>", together(s)),
    };
    text.0.iter().map(part).collect()
}

/// Escaped prose in which no line break parts a figure from its per cent sign.
fn together(prose: &str) -> String {
    html(prose).replace(" %", "\u{a0}%")
}

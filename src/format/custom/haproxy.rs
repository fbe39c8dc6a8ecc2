//! HAProxy `log-format`.
//!
//! Accepted as the whole directive (`log-format "..."`), quoted, or as the bare text. Blanks that the
//! configuration escapes (`\ `) are blanks. `%hr` and `%hs` are written only where headers are
//! captured, so lines with and without them are read.

use super::{Custom, fields};
use crate::event::{Stamp, Tier};
use crate::format::Parsed;
use crate::format::haproxy::ending;
use crate::format::part::draft::Draft;
use crate::format::part::field::Quoting;
use crate::format::part::slot::Slot;
use crate::format::part::template::{Piece, Shapes, Template};
use crate::ledger::Reject;
use std::sync::Arc;

/// Names that only HAProxy's language has.
const OWN: [&str; 8] = ["%ci", "%ST", "%tr", "%tsc", "%[", "%HM", "%{+Q}", "%Ta"];

/// Whether the text is in HAProxy's language.
pub(super) fn is(text: &str) -> bool {
    text.starts_with("log-format") || OWN.iter().filter(|own| text.contains(*own)).count() >= 2
}

/// Reads it.
pub(super) fn new(text: &str) -> Result<Custom, String> {
    let text = unquoted(text);
    let parts = variables(&text)?;
    let shapes: Result<Vec<Template>, String> =
        [true, false].into_iter().map(|captures| Template::of(pieces(&parts, captures))).collect();
    let mut shapes = shapes.map_err(|e| format!("HAProxy log-format: {e}"))?;
    shapes.dedup();
    let slots = fields(shapes.iter().flat_map(Template::slots));
    let zoneless = parts.iter().any(|p| matches!(p, Part::Variable(v, _) if v == "t" || v == "tr"));
    let dialect = Arc::new(Shapes::of(shapes, make));
    Ok(Custom { language: "HAProxy log-format", dialect, slots, stamp: Stamp::Start, tier: Tier::Balancer, zoneless })
}

fn unquoted(text: &str) -> String {
    let rest = text.strip_prefix("log-format").map_or(text, str::trim_start);
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'') && rest.len() > 1 && rest.ends_with(*c));
    let inside = quote.map_or(rest, |c| rest.trim_matches(c));
    let mut out = String::new();
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
    out
}

/// A variable with whether it is in quotes, or text.
#[derive(Debug)]
enum Part {
    Text(String),
    Variable(String, bool),
}

fn variables(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut all_quoted = false;
    while let Some((before, after)) = rest.split_once('%') {
        parts.push(Part::Text(before.to_owned()));
        if let Some(left) = after.strip_prefix('%') {
            parts.push(Part::Text("%".into()));
            rest = left;
            continue;
        }
        let (flags, after) = match after.strip_prefix('{').and_then(|a| a.split_once('}')) {
            Some((flags, after)) => (flags, after),
            None => ("", after),
        };
        let quoted = flags.contains("+Q") || (all_quoted && !flags.contains("-Q"));
        let (name, left) = match after.strip_prefix('[') {
            Some(expression) => expression.split_once(']').ok_or("a `%[` without its `]`")?,
            None => after.split_at(after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len())),
        };
        match name {
            // `%{+Q}o` is no value: it says how those after it are written.
            "o" => all_quoted = flags.contains("+Q"),
            "" => return Err("a `%` without a name".into()),
            name => parts.push(Part::Variable(name.to_owned(), quoted)),
        }
        rest = left;
    }
    parts.push(Part::Text(rest.to_owned()));
    Ok(parts)
}

/// Pieces of the shape, with or without captured headers.
fn pieces(parts: &[Part], captures: bool) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut skip_blank = false;
    for part in parts {
        match part {
            Part::Text(text) => {
                let text = if skip_blank { text.strip_prefix(' ').unwrap_or(text) } else { text };
                pieces.push(Piece::Literal(text.as_bytes().into()));
                skip_blank = false;
            }
            Part::Variable(name, _) if matches!(name.as_str(), "hr" | "hs") && !captures => skip_blank = true,
            Part::Variable(name, _) if matches!(name.as_str(), "hr" | "hs") => {
                pieces.push(Piece::Literal(b"{"[..].into()));
                pieces.push(Piece::value(Slot::Ignore, Quoting::Hash));
                pieces.push(Piece::Literal(b"}"[..].into()));
            }
            Part::Variable(name, quoted) => {
                let mark: &[u8] = if *quoted { b"\"" } else { b"" };
                pieces.push(Piece::Literal(mark.into()));
                pieces.push(Piece::value(slot(name), Quoting::Hash));
                pieces.push(Piece::Literal(mark.into()));
            }
        }
    }
    pieces
}

/// What a variable or sample expression means.
fn slot(name: &str) -> Slot {
    match name {
        "ci" | "src" => Slot::Client,
        "t" | "tr" | "trg" | "trl" | "T" | "Tl" => Slot::Time,
        "Ts" => Slot::Start,
        "s" => Slot::Backend,
        "ST" | "status" => Slot::Status,
        "B" | "bytes_out" => Slot::TotalBytes,
        "Ta" | "Tt" => Slot::Millis,
        "tsc" | "ts" => Slot::Note0,
        "r" => Slot::Request,
        "HM" | "method" => Slot::Method,
        "HU" | "url" => Slot::Target,
        "HP" | "path" | "HPO" => Slot::Path,
        "HQ" | "query" => Slot::Query,
        "ID" | "unique-id" => Slot::RequestId,
        name if name.contains("hdr") || name.contains("var(") => header(&name.to_ascii_lowercase()),
        _ => Slot::Ignore,
    }
}

/// A captured or fetched header, by its name.
fn header(expression: &str) -> Slot {
    match () {
        () if expression.contains("x-forwarded-for") => Slot::Forwarded,
        () if expression.contains("user-agent") || expression.contains("user_agent") => Slot::UserAgent,
        () if expression.contains("referer") => Slot::Referrer,
        () if expression.contains("(host") || expression.contains(".host") => Slot::Host,
        () if expression.contains("request-id") => Slot::RequestId,
        () => Slot::Ignore,
    }
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let mut event = draft.event(Stamp::Start)?;
    if let Some(state) = draft.bytes(Slot::Note0) {
        event.ending = ending(state, event.status);
        if state.starts_with(b"--") {
            event.origin_status = event.status;
        }
    }
    Ok(Parsed::Event(event))
}

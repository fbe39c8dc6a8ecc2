//! HAProxy `log-format`.
//!
//! Accepted as the whole directive (`log-format "..."`), quoted, or as the bare text. Blanks that the
//! configuration escapes (`\ `) are blanks. `%hr` and `%hs` are written only where headers are
//! captured, so lines with and without them are read. `%b/%s` is one value, the backend with its server, as
//! in `option httplog`.

use super::{Custom, fields};
use crate::event::{Stamp, Tier};
use crate::format::Parsed;
use crate::format::part::draft::Draft;
use crate::format::part::field::{Quoting, is_absent};
use crate::format::part::haproxy::conclude;
use crate::format::part::slot::Slot;
use crate::format::part::template::{Piece, Shapes, Template};
use crate::ledger::Reject;
use std::borrow::Cow;
use std::sync::Arc;

/// Termination state.
const STATE: Slot = Slot::Note0;
/// Backend without its server.
const POOL: Slot = Slot::Note1;

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
    // Bare text may begin and end with quotes of its own, `"%[src]" .. "%r"`: then there are such quotes inside.
    let within = |quote: char| rest.strip_prefix(quote)?.strip_suffix(quote).filter(|inside| !has_bare(inside, quote));
    let inside = within('"').or_else(|| within('\'')).unwrap_or(rest);
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

/// Whether the text has that quote without a backslash before it.
fn has_bare(text: &str, quote: char) -> bool {
    let mut escaped = false;
    text.chars().any(|c| {
        let bare = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        bare
    })
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
    let mut rest = parts;
    while let [part, after @ ..] = rest {
        rest = after;
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
            Part::Variable(name, false) if name == "b" && is_server(after) => {
                pieces.push(Piece::value(Slot::Backend, Quoting::Hash));
                rest = after.get(2..).unwrap_or_default();
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

/// Whether what follows a backend is its server: `/%s`.
fn is_server(after: &[Part]) -> bool {
    matches!(after, [Part::Text(slash), Part::Variable(server, false), ..] if slash == "/" && server == "s")
}

/// What a variable or sample expression means.
fn slot(name: &str) -> Slot {
    match name {
        "ci" | "src" => Slot::Client,
        "t" | "tr" | "trg" | "trl" | "T" | "Tl" => Slot::Time,
        "Ts" => Slot::Start,
        "b" => POOL,
        "s" => Slot::Backend,
        "ST" | "status" => Slot::Status,
        "B" | "bytes_out" => Slot::TotalBytes,
        "Ta" | "Tt" => Slot::Millis,
        "tsc" | "ts" => STATE,
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
    let pool = draft.text(POOL).filter(|pool| !is_absent(pool));
    let server = match (pool, event.backend.take()) {
        // The one allocation: the two stand apart.
        (Some(pool), Some(server)) => Some(Cow::Owned([&*pool, b"/", &*server].concat())),
        (_, server) => server,
    };
    conclude(&mut event, server, draft.bytes(STATE).unwrap_or_default());
    Ok(Parsed::Event(event))
}

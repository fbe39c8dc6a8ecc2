//! Apache httpd `LogFormat`; Tomcat's and Jetty's patterns are written in nearly the same words.
//!
//! Accepted as the whole directive (`LogFormat "..." name`), quoted, or as the bare text. `%t` brings
//! its own brackets; neighbours that make one instant together (`%{%d/%b/%Y %T}t.%{msec_frac}t
//! %{%z}t`) and one target together (`%U%q`) are read as one.
//!
//! Quirks:
//! - `%D` is microseconds to httpd and milliseconds to Tomcat up to 10.0, and nothing in a line tells
//!   which. It is read as httpd's, except in a pattern that has words of Tomcat's (`%F`, `%{x}r`,
//!   `%{x}s`, `%{x}c`; `%S` and `%I` too, where no word is httpd's alone: `%O`, `%>s`): there no duration
//!   is given. Described with `%{ms}T` in its place, it is read as milliseconds.

use super::{Custom, fields};
use crate::event::{Ending, Stamp, Tier};
use crate::format::Parsed;
use crate::format::part::draft::Draft;
use crate::format::part::field::Quoting;
use crate::format::part::slot::Slot;
use crate::format::part::template::{Holds, Piece, Shapes, Template};
use crate::ledger::Reject;
use std::sync::Arc;

/// Whether the text is in Apache's language.
pub(super) fn is(text: &str) -> bool {
    text.contains('%')
}

/// Reads it.
pub(super) fn new(text: &str) -> Result<Custom, String> {
    let text = unquoted(text);
    let template = Template::of(joined(directives(&text)?)).map_err(|e| format!("Apache LogFormat: {e}"))?;
    let slots = fields(template.slots());
    let dialect = Arc::new(Shapes::of(vec![template], make));
    Ok(Custom { language: "Apache LogFormat", dialect, slots, stamp: Stamp::Start, tier: Tier::Origin, zoneless: false })
}

/// The text without the directive and the quotes around it.
fn unquoted(text: &str) -> String {
    let rest = ["LogFormat", "CustomLog"].iter().find_map(|d| text.strip_prefix(d)).unwrap_or(text).trim();
    let Some(body) = rest.strip_prefix('"') else { return rest.to_owned() };
    // Bare text may begin with a quote of its own, `"%r"`: without a backslash before its quotes it is
    // no configuration's string.
    if rest == text && !text.contains("\\\"") && text.matches('"').count() != 2 {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut chars = body.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('t') => out.push('\t'),
                Some('n') => out.push('\n'),
                Some(c) => out.push(c),
                None => {}
            },
            c => out.push(c),
        }
    }
    out
}

/// A directive or text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Value(Slot),
    /// `%D`, whose unit the other directives tell.
    Taken,
    /// A piece of an instant: `%{...}t` with its argument.
    Time(String),
}

fn directives(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = text;
    let final_status = text.contains("%>s");
    let mut words = Words::default();
    while let Some((before, after)) = rest.split_once('%') {
        parts.push(Part::Text(before.to_owned()));
        if let Some(left) = after.strip_prefix('%') {
            parts.push(Part::Text("%".into()));
            rest = left;
            continue;
        }
        // `%>s`, `%<s`, `%!200,304{Referer}i`
        let conditions = after.find(|c: char| !(c.is_ascii_digit() || matches!(c, '<' | '>' | '!' | ','))).unwrap_or(after.len());
        let (flags, after) = after.split_at(conditions);
        let (argument, after) = match after.strip_prefix('{').and_then(|a| a.split_once('}')) {
            Some((argument, after)) => (Some(argument), after),
            None => (None, after),
        };
        let letters = if after.starts_with("^t") { 3 } else { after.chars().next().map_or(0, char::len_utf8) };
        let (letter, left) = after.split_at_checked(letters).filter(|(l, _)| !l.is_empty()).ok_or("a `%` without its letter")?;
        words.note(flags, letter, argument);
        match (letter, argument) {
            ("D", _) => parts.push(Part::Taken),
            ("t", None) => parts.extend([Part::Text("[".into()), Part::Value(Slot::Time), Part::Text("]".into())]),
            ("t", Some(argument)) => parts.push(Part::Time(argument.to_owned())),
            ("s", _) if final_status && !flags.contains('>') => parts.push(Part::Value(Slot::Ignore)),
            _ => parts.push(Part::Value(slot(letter, argument))),
        }
        rest = left;
    }
    parts.push(Part::Text(rest.to_owned()));
    let taken = if words.are_tomcats() { Slot::Ignore } else { Slot::Micros };
    parts.iter_mut().filter(|p| **p == Part::Taken).for_each(|p| *p = Part::Value(taken));
    parts.retain(|p| !matches!(p, Part::Text(t) if t.is_empty()));
    Ok(parts)
}

/// Whose words a pattern has.
#[derive(Clone, Copy, Debug, Default)]
struct Words {
    httpd: bool,
    tomcat: bool,
    /// Words of both, which are usual in patterns of Tomcat: session, thread.
    either: bool,
}

impl Words {
    fn note(&mut self, flags: &str, letter: &str, argument: Option<&str>) {
        self.httpd |= letter == "O" || !flags.is_empty();
        self.tomcat |= matches!((letter, argument), ("F", None) | ("r" | "s" | "c", Some(_)));
        self.either |= matches!((letter, argument), ("S" | "I", None));
    }

    fn are_tomcats(self) -> bool {
        self.tomcat || (self.either && !self.httpd)
    }
}

/// What a directive means.
fn slot(letter: &str, argument: Option<&str>) -> Slot {
    let named = argument.unwrap_or_default().to_ascii_lowercase();
    match (letter, named.as_str()) {
        ("h", _) | ("a", "") => Slot::Client,
        ("a", _) => Slot::Peer,
        ("r", "") => Slot::Request,
        ("m", _) => Slot::Method,
        ("H", _) => Slot::Protocol,
        ("U", _) => Slot::Path,
        ("q", _) => Slot::Query,
        ("s", "") => Slot::Status,
        ("b" | "B", _) => Slot::Bytes,
        ("O", _) => Slot::TotalBytes,
        ("T", "us") => Slot::Micros,
        ("T", "ms") => Slot::Millis,
        ("T", _) => Slot::Seconds,
        ("X", _) => Slot::Note0,
        ("v" | "V", _) | ("i", "host") => Slot::Host,
        ("i", "referer") => Slot::Referrer,
        ("i", "user-agent") => Slot::UserAgent,
        ("i", "x-forwarded-for" | "x-real-ip" | "true-client-ip" | "cf-connecting-ip") => Slot::Forwarded,
        ("i", "x-request-id") | ("e", "unique_id") | ("L", _) => Slot::RequestId,
        ("o" | "e", "cache-status" | "x-cache") => Slot::Cache,
        ("e", "balancer_worker_name") => Slot::Backend,
        _ => Slot::Ignore,
    }
}

/// Pieces of the shape, with neighbours that make one thing together joined.
fn joined(parts: Vec<Part>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut n = 0;
    while let Some(part) = parts.get(n) {
        let mut blanks = 0;
        let slot = match part {
            Part::Text(text) => {
                pieces.push(Piece::Literal(text.as_bytes().into()));
                n += 1;
                continue;
            }
            Part::Value(Slot::Path) if parts.get(n + 1) == Some(&Part::Value(Slot::Query)) => {
                n += 1;
                Slot::Target
            }
            Part::Value(slot) => *slot,
            Part::Taken => Slot::Micros,
            Part::Time(argument) => {
                blanks = argument.matches(' ').count();
                while let Some((used, text)) = more_time(&parts, n + 1) {
                    n += used;
                    blanks += text.matches(' ').count();
                }
                time(argument)
            }
        };
        n += 1;
        let holds = match slot {
            Slot::Forwarded => Holds::List,
            _ if blanks == 0 => Holds::Nothing,
            _ => Holds::Blanks(u8::try_from(blanks).unwrap_or(u8::MAX)),
        };
        pieces.push(Piece::Value { slot, holds, maybe_quoted: false, quoting: Quoting::Backslash });
    }
    pieces
}

/// Whether a stamp goes on at `n`: a piece of an instant that is none by itself, perhaps after a blank,
/// a point or a `T`. Gives how many parts that are, and their text.
fn more_time(parts: &[Part], n: usize) -> Option<(usize, String)> {
    let whole = ["%d", "%Y", "%F", "%D", "%c", "%s", "sec", "end:", "begin:"];
    let is_piece = |argument: &str| argument.ends_with("_frac") || !whole.iter().any(|w| argument.contains(w));
    match (parts.get(n)?, parts.get(n + 1)) {
        (Part::Time(argument), _) if is_piece(argument) => Some((1, argument.clone())),
        (Part::Text(text), Some(Part::Time(argument)))
            if is_piece(argument) && matches!(text.as_str(), " " | "." | "," | "T" | "Z") =>
        {
            Some((2, format!("{text}{argument}")))
        }
        _ => None,
    }
}

/// Which instant `%{...}t` tells.
fn time(argument: &str) -> Slot {
    let (end, format) = match argument.split_once(':') {
        Some(("begin", format)) => (false, format),
        Some(("end", format)) => (true, format),
        _ => (false, argument),
    };
    match (end, format) {
        (true, _) => Slot::End,
        (false, "sec") => Slot::Time,
        (false, "msec" | "usec") => Slot::FineTime,
        (false, "msec_frac" | "usec_frac") => Slot::Ignore,
        (false, _) => Slot::Time,
    }
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let mut event = draft.event(Stamp::Start)?;
    // `%X`: the client was gone before the answer was complete.
    if draft.bytes(Slot::Note0) == Some(b"X") {
        event.ending = Ending::ClientLeft;
    }
    Ok(Parsed::Event(event))
}

//! Lines of a fixed shape: literal text with values between, as servers' own configurations
//! describe them.
//!
//! Shipped formats write their shape in the house's way, [`Template::new`]: `{slot}` is a value,
//! everything else literal text.
//!
//! | written | read |
//! |---|---|
//! | `{status}` | a value, up to the literal that follows |
//! | `{_}` | a value of no interest |
//! | `{origin_status*}` | a value that may be a list, `0.000, 0.002 : 0.001`: separators of lists do not end it |
//! | `{?referrer}` | in double quotes or, where the server has none, bare |
//! | `{..}` at the end | anything more |
//!
//! A value in double quotes ends at the quote that the following literal fits, so that quotes inside
//! which a server did not escape do no harm. One space of the template stands for one or more.

use super::clf::read;
use super::draft::Draft;
use super::field::{Quoting, Raw};
use super::json::Make;
use super::slot::Slot;
use crate::format::{Dialect, Parsed};
use crate::ledger::Reject;
use memchr::{memchr, memchr_iter, memchr2};
use nom::error::{Error, ErrorKind};

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text that is there, exactly.
    Literal(Box<[u8]>),
    /// A value.
    Value {
        /// What it means.
        slot: Slot,
        /// What it may hold that would otherwise end it.
        holds: Holds,
        /// Whether it may be in quotes of its own.
        maybe_quoted: bool,
        /// How its quoting is undone; where it is in double quotes, backslashes in it are respected.
        quoting: Quoting,
    },
    /// Anything more, to the end.
    Rest,
}

/// What a bare value may hold although it is what follows the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Holds {
    /// Nothing.
    #[default]
    Nothing,
    /// The separators of a list.
    List,
    /// So many blanks: `20/Nov/2026 07:48:12 +0000`.
    Blanks(u8),
}

impl Piece {
    /// A plain value.
    #[must_use]
    pub const fn value(slot: Slot, quoting: Quoting) -> Self {
        Piece::Value { slot, holds: Holds::Nothing, maybe_quoted: false, quoting }
    }
}

/// The shape of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

/// A format whose lines have one of a few shapes.
#[derive(Debug)]
pub struct Shapes {
    shapes: Vec<Template>,
    make: Make,
}

impl Shapes {
    /// Lines of these shapes, written in the house's way and tried in this order.
    #[must_use]
    pub fn new(shapes: &[&str], quoting: Quoting, make: Make) -> Self {
        let read: Vec<_> = shapes.iter().map(|shape| Template::new(shape, quoting)).collect();
        debug_assert!(read.iter().all(Result::is_ok), "{read:?}");
        Shapes { shapes: read.into_iter().filter_map(Result::ok).collect(), make }
    }

    /// Lines of these shapes, tried in this order.
    #[must_use]
    pub fn of(shapes: Vec<Template>, make: Make) -> Self {
        Shapes { shapes, make }
    }
}

impl Dialect for Shapes {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            for shape in self.shapes.iter().filter(|shape| shape.begins(line)) {
                let mut draft = Draft::default();
                if shape.read(line, &mut draft).is_ok() {
                    return (self.make)(&draft, line);
                }
            }
            Err(Reject::UnknownFormat)
        })
    }
}

/// Most pieces of a shape: a bound on configurations.
const PIECES_MAX: usize = 200;

impl Template {
    /// Reads a shape written in the house's way; values are quoted as `quoting` says.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn new(text: &str, quoting: Quoting) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((literal, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or_else(|| format!("`{{` without `}}` in `{text}`"))?;
            pieces.push(Piece::Literal(literal.as_bytes().into()));
            pieces.push(if name == ".." {
                Piece::Rest
            } else {
                let bare = name.trim_start_matches('?').trim_end_matches('*');
                let slot = Slot::named(bare).ok_or_else(|| format!("`{name}` is no value of a line"))?;
                let holds = if name.ends_with('*') { Holds::List } else { Holds::Nothing };
                Piece::Value { slot, holds, maybe_quoted: name.starts_with('?'), quoting }
            });
            rest = after;
        }
        pieces.push(Piece::Literal(rest.as_bytes().into()));
        Template::of(pieces)
    }

    /// A shape of these pieces. Neighbouring literals are joined and empty ones left out.
    ///
    /// # Errors
    /// What is wrong with them, in words: two values without anything between them, too many, none.
    pub fn of(pieces: Vec<Piece>) -> Result<Self, String> {
        let mut kept: Vec<Piece> = Vec::new();
        for piece in pieces {
            match (kept.last_mut(), piece) {
                (_, Piece::Literal(text)) if text.is_empty() => {}
                (Some(Piece::Literal(before)), Piece::Literal(text)) => *before = [&before[..], &text[..]].concat().into(),
                (Some(Piece::Value { .. }), Piece::Value { .. }) => {
                    return Err("two values with nothing between them cannot be told apart".into());
                }
                (_, piece) => kept.push(piece),
            }
        }
        let values = kept.iter().filter(|p| matches!(p, Piece::Value { .. })).count();
        match () {
            () if values == 0 => Err("there is no value in it".into()),
            () if kept.len() > PIECES_MAX => Err(format!("it has more than {PIECES_MAX} pieces")),
            () => Ok(Template { pieces: kept }),
        }
    }

    /// What its values mean.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        self.pieces.iter().filter_map(|piece| if let Piece::Value { slot, .. } = piece { Some(*slot) } else { None })
    }

    /// Whether the line begins with the text that the shape begins with, if any: a quick look before the
    /// line is read.
    fn begins(&self, line: &[u8]) -> bool {
        match self.pieces.first() {
            Some(Piece::Literal(text)) => literal(line, text).is_some(),
            _ => true,
        }
    }

    /// Reads a line of this shape into `draft`; what follows the shape's end is left in the result.
    ///
    /// # Errors
    /// The line has another shape.
    pub fn read<'a>(&self, line: &'a [u8], draft: &mut Draft<'a>) -> Result<(), nom::Err<Error<&'a [u8]>>> {
        let refused = |i| Err(nom::Err::Error(Error::new(i, ErrorKind::Verify)));
        let mut rest = line;
        let mut in_quotes = false;
        for (n, piece) in self.pieces.iter().enumerate() {
            match piece {
                Piece::Rest => return Ok(()),
                Piece::Literal(text) => {
                    // A shape may end in a space or bracket that a tool trimmed off.
                    let Some(after) = literal(rest, text)
                        .or_else(|| (n + 1 == self.pieces.len() && text.trim_ascii().is_empty()).then_some(rest))
                    else {
                        return refused(rest);
                    };
                    in_quotes = text.last() == Some(&b'"');
                    rest = after;
                }
                Piece::Value { slot, holds, maybe_quoted, quoting } => {
                    let next = match self.pieces.get(n + 1) {
                        Some(Piece::Literal(text)) => &text[..],
                        _ => b"",
                    };
                    let (raw, after) = match (*maybe_quoted, rest.strip_prefix(b"\"")) {
                        (true, Some(body)) => {
                            let Some((raw, after)) = quoted(body, b"\"", *quoting) else { return refused(rest) };
                            (raw, after.strip_prefix(b"\"").unwrap_or(after))
                        }
                        _ if in_quotes && next.first() == Some(&b'"') => match quoted(rest, next, *quoting) {
                            Some(found) => found,
                            None => return refused(rest),
                        },
                        _ => match bare(rest, next, *holds, *slot) {
                            // A word with a blank in it is a piece of something else, of a syslog prefix perhaps.
                            Some((bytes, after))
                                if *holds != Holds::Nothing || !slot.is_word() || memchr(b' ', bytes).is_none() =>
                            {
                                (Raw { bytes, quoting: *quoting }, after)
                            }
                            _ => return refused(rest),
                        },
                    };
                    draft.put(*slot, raw);
                    rest = after;
                }
            }
        }
        if rest.trim_ascii().is_empty() { Ok(()) } else { refused(rest) }
    }
}

/// What follows the literal, where the text begins with it. A space stands for one or more.
fn literal<'a>(text: &'a [u8], literal: &[u8]) -> Option<&'a [u8]> {
    if let Some(rest) = text.strip_prefix(literal) {
        return Some(if literal.last() == Some(&b' ') { blanks(rest) } else { rest });
    }
    let mut rest = text;
    for b in literal {
        rest = match b {
            b' ' => blanks(rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"\t"))?),
            b => rest.strip_prefix(std::slice::from_ref(b))?,
        };
    }
    Some(rest)
}

fn blanks(text: &[u8]) -> &[u8] {
    let n = text.iter().take_while(|b| **b == b' ').count();
    text.get(n..).unwrap_or_default()
}

/// A bare value: up to the literal `next`, or to the end where there is none.
fn bare<'a>(text: &'a [u8], next: &[u8], holds: Holds, slot: Slot) -> Option<(&'a [u8], &'a [u8])> {
    // The port of an address follows its last colon: IPv6 has others.
    if next == b":" && matches!(slot, Slot::Client | Slot::Peer | Slot::Backend) {
        let word = text.get(..memchr(b' ', text).unwrap_or(text.len()))?;
        return text.split_at_checked(memchr::memrchr(b':', word)?);
    }
    let mut at = 0;
    let mut blanks = if let Holds::Blanks(n) = holds { n } else { 0 };
    loop {
        let rest = text.get(at..)?;
        let n = match next {
            [] => rest.trim_ascii_end().len(),
            [one] => memchr(*one, rest).or_else(|| (*one == b' ').then_some(rest.len()))?,
            // At the line's end blanks of the literal may have been trimmed off.
            // Literals are a few bytes long: looking for their first byte is quicker than preparing a search.
            [first, ..] => memchr_iter(*first, rest).find(|at| rest.get(*at..).is_some_and(|r| r.starts_with(next)))?,
        };
        let end = at + n;
        let before = text.get(..end)?;
        let separates =
            matches!(before.last(), Some(b',' | b':')) || text.get(end..).is_some_and(|rest| rest.starts_with(b" : "));
        let blank = blanks > 0 && next.first() == Some(&b' ');
        blanks -= u8::from(blank);
        let goes_on = (blank || (holds == Holds::List && separates)) && end < text.len();
        if !goes_on {
            return Some((before, text.get(end..)?));
        }
        at = end + 1;
    }
}

/// A value in quotes, whose opening one has been read: up to the quote that `next` fits.
fn quoted<'a>(text: &'a [u8], next: &[u8], quoting: Quoting) -> Option<(Raw<'a>, &'a [u8])> {
    let fits = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        rest.starts_with(next)
            || literal(rest, next).is_some()
            || literal(rest, next.trim_ascii_end()).is_some_and(<[u8]>::is_empty)
    };
    let escapes = matches!(quoting, Quoting::Backslash | Quoting::Json);
    let mut at = 0;
    let mut found = None;
    while let Some(n) = text.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        let place = at + n;
        if text.get(place) == Some(&b'\\') {
            at = place + if escapes { 2 } else { 1 };
        } else if fits(place) {
            found = Some(place);
            break;
        } else {
            at = place + 1;
        }
    }
    // Situation: a bare backslash stands right before the closing quote (h2o does not escape it).
    let end = found.or_else(|| memchr_iter(b'"', text).find(|&at| fits(at)))?;
    let (bytes, rest) = text.split_at_checked(end)?;
    let quoting = if quoting == Quoting::Backslash && memchr(b'\\', bytes).is_none() { Quoting::None } else { quoting };
    Some((Raw { bytes, quoting }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(shape: &str, line: &str) -> Option<Vec<(Slot, String)>> {
        let template = Template::new(shape, Quoting::Backslash).expect(shape);
        let mut draft = Draft::default();
        let line: &'static str = line.to_owned().leak();
        template.read(line.as_bytes(), &mut draft).ok()?;
        let slots = super::super::slot::NAMES
            .iter()
            .filter_map(|(_, slot)| draft.text(*slot).map(|t| (*slot, String::from_utf8_lossy(&t).into_owned())));
        Some(slots.collect())
    }

    #[test]
    fn values_stand_between_literals() {
        use Slot::{Backend, Client, Host, OriginStatus, Referrer, Request, Status, Time, UserAgent};
        for (shape, line, want) in [
            (
                "{client} - {_} [{time}] {status}",
                "192.0.2.1 - john doe [now] 200",
                vec![(Time, "now"), (Client, "192.0.2.1"), (Status, "200")],
            ),
            ("\"{request}\" {status}", r#""GET /\"a\" HTTP/1.1" 200"#, vec![(Request, r#"GET /"a" HTTP/1.1"#), (Status, "200")]),
            ("\"{user_agent}\" \"{host}\"", r#""My "Agent" \" "h""#, vec![(Host, "h"), (UserAgent, r#"My "Agent" \"#)]),
            (
                "{backend*} {origin_status*} {client}",
                "10.0.0.1:80, 10.0.0.2:80 502, 200 : 304 c",
                vec![(Client, "c"), (OriginStatus, "502, 200 : 304"), (Backend, "10.0.0.1:80, 10.0.0.2:80")],
            ),
            ("{?referrer} {?user_agent} {status}", r#"- "curl 8" 200"#, vec![(Status, "200"), (UserAgent, "curl 8")]),
            ("{?referrer} {?user_agent} {status}", r#""http://x/" - 200"#, vec![(Status, "200"), (Referrer, "http://x/")]),
            ("{time} {status} {client}", "1795.1      0   c", vec![(Time, "1795.1"), (Client, "c"), (Status, "0")]),
            ("{client}|{status}|{..}", "c|200|a|b", vec![(Client, "c"), (Status, "200")]),
            ("{client} {status} ", "c 200", vec![(Client, "c"), (Status, "200")]),
            ("{client} {status}", "c 200   ", vec![(Client, "c"), (Status, "200")]),
        ] {
            let want: Vec<(Slot, String)> = want.into_iter().map(|(s, t)| (s, t.to_owned())).collect();
            assert_eq!(read(shape, line), Some(want), "{shape} on {line}");
        }
    }

    #[test]
    fn a_line_of_another_shape_is_refused() {
        for (shape, line) in [
            ("{client} {status}", "alone"),
            ("[{time}] {status}", "x] 200"),
            ("\"{request}\" {status}", "\"never closed 200"),
            ("{client}|{status}", "c"),
        ] {
            assert_eq!(read(shape, line), None, "{shape} on {line}");
        }
    }

    #[test]
    fn a_shape_that_cannot_be_read_is_refused_with_the_reason() {
        for (shape, want) in [
            ("{client}{status}", "nothing between"),
            ("{nobody}", "no value of a line"),
            ("{client", "without"),
            ("plain", "no value"),
        ] {
            let why = Template::new(shape, Quoting::None).expect_err(shape);
            assert!(why.contains(want), "{why}");
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            for shape in ["{client} - {_} [{time}] \"{request}\" {status} {backend*} {?referrer}{..}", "{client}|\"{host}\""] {
                let _ = Template::new(shape, Quoting::Backslash).expect("a shape").read(&line, &mut Draft::default());
            }
        }
    }
}

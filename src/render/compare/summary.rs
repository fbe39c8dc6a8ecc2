//! What standard output shows of a comparison.

use super::super::escape::{NAME_MAX, shortened, visible};
use super::super::summary::wrapped;
use super::page::{label, sentences};
use crate::compare::{Comparison, Told};
use crate::time::Span;
use crate::words;

/// The summary; `place` is where the comparison lies.
#[must_use]
pub fn text(c: &Comparison, place: &str) -> String {
    let mut lines = Vec::new();
    let one = |letter: &str, t: &Told| {
        let mark = if t.synthetic { "[SYNTHETIC DATA] " } else { "" };
        let when = match t.onset.zip(t.recovery) {
            Some((from, to)) => words::dated_span(Span::new(from, to)),
            None => "no incident found".to_owned(),
        };
        wrapped(&format!("{letter}  {mark}{}: {}, {when}", visible(&shortened(&t.title, NAME_MAX)), t.verdict.name()), 3)
    };
    lines.extend(one("A", &c.a));
    lines.extend(one("B", &c.b));
    lines.push(String::new());
    lines.extend(wrapped(&format!("{}.", label(c)), 0));
    sentences(c).iter().for_each(|s| lines.extend(wrapped(&s.bare(), 3)));
    lines.extend(wrapped(&format!("comparison   {}", visible(place)), 13));
    let mut out = lines.join("\n");
    out.push('\n');
    out
}

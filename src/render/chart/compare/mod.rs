//! The pictures of a comparison: the curves of both at their onsets, and the figures of both side by side.

mod curves;
mod figures;

use super::Picture;
use super::frame::Around;
use crate::compare::Comparison;
use crate::error::Result;
use crate::words;

/// Every picture that has something to show.
///
/// # Errors
/// The drawing layer or the PNG packer refused: a defect of the program.
pub fn all(c: &Comparison) -> Result<Vec<Picture>> {
    [curves::draw, figures::draw].iter().filter_map(|draw| draw(c)).collect()
}

/// What stands around both.
fn around(c: &Comparison) -> Around<'_> {
    let made = match (c.a.synthetic, c.b.synthetic) {
        (true, true) => " · the data of both is synthetic",
        (true, false) => " · the data of A is synthetic",
        (false, true) => " · the data of B is synthetic",
        _ => "",
    };
    let name = |t: &crate::compare::Told| super::canvas::LABEL.shorten(&t.name, 360.0);
    Around {
        synthetic: c.synthetic,
        program: &c.program,
        caption: format!("{} · A: {} · B: {}{made}", c.program, name(&c.a), name(&c.b)),
    }
}

/// What A or B is, for a subtitle: its onset, or that it has none.
fn when(letter: &str, t: &crate::compare::Told) -> String {
    match t.onset.zip(t.recovery) {
        Some((from, to)) => format!("{letter}: {}", words::dated_span(crate::time::Span::new(from, to))),
        None => format!("{letter}: no incident found"),
    }
}

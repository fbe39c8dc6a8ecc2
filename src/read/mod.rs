//! From sources to chunks of whole lines, in parallel, bounded and deterministic.
//!
//! Readers unpack, hash and cut; workers get [`Chunk`]s and count. A chunk is self-contained (it
//! knows its source, its first line's number and how to read its lines), so any worker may take it.
//! Where a source is JSON documents and not one record a line, its records are its lines.

mod cutter;
mod pump;
mod queue;
mod records;
mod utf16;

pub use pump::{Outcome, Sniffed, pump, pump_again};

use crate::format::{Dialect, Facts};
use crate::ledger::Reject;
use std::sync::Arc;

/// Bytes of a chunk, as a rule; one with a long line may be longer by [`LINE_MAX`]. Also the most
/// that a recogniser is given to look at.
pub const CHUNK_BYTES: usize = 1 << 20;

/// Bytes of the longest line that is read, without its `\n`. Longer ones are counted and passed over
/// in bounded memory.
pub const LINE_MAX: usize = 1 << 20;

/// Bytes of a cut-out line that are kept to show.
const EXCERPT: usize = 120;

/// What ends a line in a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineEnds {
    /// `\n` or `\r\n`.
    Lf,
    /// `\r` alone (old Mac): the source's first MiB has `\r` and no `\n`.
    CrOnly,
}

impl LineEnds {
    const fn byte(self) -> u8 {
        match self {
            LineEnds::Lf => b'\n',
            LineEnds::CrOnly => b'\r',
        }
    }
}

/// A line the reader itself had to cut out of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// Its number, from 1.
    pub line: u64,
    /// [`Reject::TooLong`] or [`Reject::CutShort`].
    pub reason: Reject,
    /// Its first bytes, raw.
    pub excerpt: Vec<u8>,
}

/// Whole lines of one source, in a row.
#[derive(Debug)]
pub struct Chunk {
    /// Index into the bundle's sources.
    pub source: usize,
    /// Number of the first line, from 1. The lines in `bytes` are numbered without a hole.
    pub first_line: u64,
    /// Whole lines; may be empty where there are only defects.
    pub bytes: Vec<u8>,
    /// What ends a line.
    pub ends: LineEnds,
    /// How the first line is read. If it has directives, the reader of the chunk follows
    /// [`Dialect::after`] from line to line; the next chunk already begins with the right one.
    pub dialect: Arc<dyn Dialect>,
    /// What the source's format gives.
    pub facts: &'static Facts,
    /// Lines cut out right after `bytes`. They count as lines of the source.
    pub defects: Vec<Defect>,
}

impl Chunk {
    /// The lines with their numbers, without their ends.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        (self.first_line..).zip(Lines { rest: &self.bytes, ends: self.ends })
    }
}

/// Lines of some text, without their ends; a last line may lack its end.
struct Lines<'a> {
    rest: &'a [u8],
    ends: LineEnds,
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = match memchr::memchr(self.ends.byte(), self.rest) {
            Some(at) => (&self.rest[..at], &self.rest[at + 1..]),
            None => (self.rest, &[][..]),
        };
        self.rest = rest;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

//! Fingerprints of the lines of a source: enough to find out whether another source holds the same
//! lines, without keeping any. A sum of hashes per bin tells equal bins; a sample tells shared lines.

use super::Lowest;
use super::lowest::{Gather, mixed};
use crate::event::Event;
use crate::time::Micros;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Most lines sampled of one source.
const SAMPLE_MAX: usize = 1_024;

/// Fewest lines sampled of one source, however many there are.
const SAMPLE_MIN: usize = 64;

/// Lines sampled of all sources together, as long as there are not too many for [`SAMPLE_MIN`].
const SAMPLES_ALL: usize = 1 << 18;

/// One sampled line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Print {
    /// When.
    pub at: Micros,
    /// Hash of who asked for what: a health check is one kind however often it is made.
    pub kind: u64,
}

impl Gather for Print {
    fn gather(&mut self, other: Print) {
        // Equal lines have equal prints; should two lines share a hash by chance, either will do, but
        // always the same one.
        *self = (*self).min(other);
    }
}

/// The sampled lines of one source, by hash of the line.
pub(super) type Prints = Lowest<Print>;

/// An empty sample for one of `sources` sources.
#[must_use]
pub(super) fn prints(sources: usize) -> Prints {
    Lowest::new((SAMPLES_ALL / sources.max(1)).clamp(SAMPLE_MIN, SAMPLE_MAX))
}

/// Hash of a whole line, without its end.
#[must_use]
pub fn line_hash(line: &[u8]) -> u64 {
    let mut h = FxHasher::default();
    h.write(line);
    mixed(h.finish())
}

/// The print of an event.
#[must_use]
pub(super) fn print(event: &Event<'_>, at: Micros) -> Print {
    let mut h = FxHasher::default();
    for text in [&event.client, &event.path] {
        h.write(text.as_deref().unwrap_or(b""));
        h.write_u8(0);
    }
    Print { at, kind: h.finish() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_anywhere_have_different_hashes() {
        let line = b"192.0.2.1 - - [12/Aug/2024:17:00:00 +0000] \"GET /a HTTP/1.1\" 200 512 \"-\" \"agent/1\" rt=0.010".to_vec();
        let mut seen = std::collections::BTreeSet::from([line_hash(&line)]);
        for i in 0..line.len() {
            let mut other = line.clone();
            other[i] ^= 1;
            assert!(seen.insert(line_hash(&other)), "byte {i} does not matter");
        }
    }
}

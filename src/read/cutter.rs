//! Cuts a stream into pieces of whole lines and numbers them.
//!
//! The same lines with the same numbers come out whatever the size of the pieces. The text is copied
//! once, by the system; only the unfinished line at a piece's end is copied again.

use super::records::{Records, is_documents};
use super::utf16::Utf16;
use super::{Defect, EXCERPT, LineEnds};
use crate::bundle::raw::Peek;
use crate::ledger::Reject;
use std::io::{self, Read};

/// Sizes in bytes; parameters only so that tests can make them small.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sizes {
    /// Of a piece.
    pub(super) chunk: usize,
    /// Of the longest line.
    pub(super) line: usize,
    /// Of the beginning that decides on line ends and format. Not the piece's size, on which nothing
    /// may depend.
    pub(super) head: usize,
}

/// Whole lines in a row, and the lines cut out right after them.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) bytes: Vec<u8>,
    pub(super) first_line: u64,
    pub(super) defects: Vec<Defect>,
}

/// How the text after the last whole line goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tail {
    /// It may still become a line.
    Short,
    /// It is the beginning of a line that is too long.
    TooLong,
}

/// Cuts one source.
pub(super) struct Cutter<'a> {
    text: Peek<'a>,
    sizes: Sizes,
    ends: LineEnds,
    /// Read, but not yet given out.
    carry: Vec<u8>,
    /// Lines given out or cut out so far.
    lines: u64,
    over: bool,
    trouble: Option<String>,
}

impl<'a> Cutter<'a> {
    /// Looks at the beginning of `text`: takes off a byte order mark, turns UTF-16 into UTF-8 and JSON
    /// documents into one record a line, finds out the line ends.
    pub(super) fn new(mut text: Peek<'a>, mut sizes: Sizes) -> Self {
        let utf16 = Utf16::marked(text.head());
        let mark = if text.head().starts_with(b"\xef\xbb\xbf") { 3 } else { utf16.map_or(0, |_| 2) };
        // The mark was seen, so reading over it cannot fail.
        let _ = text.read_exact(&mut [0; 3][..mark]);
        let text: Box<dyn Read + 'a> = match utf16 {
            Some(order) => Box::new(Utf16::new(text, order)),
            None => Box::new(text),
        };
        let mut text = Peek::new(text, sizes.head);
        let documents = is_documents(text.head(), text.is_whole());
        if documents {
            text = Peek::new(Box::new(Records::new(text)), sizes.head);
        }
        let head = text.head();
        let cr_only = !documents && memchr::memchr(b'\n', head).is_none() && memchr::memchr(b'\r', head).is_some();
        if text.is_whole() {
            sizes.chunk = sizes.chunk.min(head.len().max(1));
        }
        let ends = if cr_only { LineEnds::CrOnly } else { LineEnds::Lf };
        Cutter { text, sizes, ends, carry: Vec::new(), lines: 0, over: false, trouble: None }
    }

    /// The beginning of the text, before the first piece was taken.
    pub(super) fn head(&self) -> &[u8] {
        self.text.head()
    }

    pub(super) fn ends(&self) -> LineEnds {
        self.ends
    }

    /// Lines so far, those cut out included.
    pub(super) fn lines(&self) -> u64 {
        self.lines
    }

    /// Why reading ended before the end, if it did.
    pub(super) fn trouble(self) -> Option<String> {
        self.trouble
    }

    /// The next piece, in `buf`, whose contents do not matter; `None` at the end.
    pub(super) fn next(&mut self, mut buf: Vec<u8>) -> Option<Piece> {
        let mut used = self.carry.len();
        let mut target = self.sizes.chunk.max(used);
        buf.resize(buf.len().max(target), 0);
        buf[..used].copy_from_slice(&self.carry);
        self.carry.clear();
        loop {
            self.fill(&mut buf, &mut used, target);
            let (end, tail) = self.whole_lines(&buf[..used]);
            if end > 0 || tail == Tail::TooLong || self.over {
                return self.piece(buf, used, end, tail);
            }
            target = used + self.sizes.chunk;
        }
    }

    fn fill(&mut self, buf: &mut Vec<u8>, used: &mut usize, target: usize) {
        buf.resize(buf.len().max(target), 0);
        while *used < target && !self.over {
            match self.text.read(&mut buf[*used..target]) {
                Ok(0) => self.over = true,
                Ok(n) => *used += n,
                Err(e) => self.fail(&e),
            }
        }
    }

    fn fail(&mut self, e: &io::Error) {
        match e.kind() {
            io::ErrorKind::Interrupted => return,
            io::ErrorKind::UnexpectedEof => self.trouble = Some(format!("cut short: {e}")),
            _ => self.trouble = Some(format!("reading stopped: {e}")),
        }
        self.over = true;
    }

    /// Where the whole lines at the beginning of `bytes` end, none of them too long.
    fn whole_lines(&self, bytes: &[u8]) -> (usize, Tail) {
        let mut end = 0;
        loop {
            let rest = &bytes[end..];
            let window = &rest[..rest.len().min(self.sizes.line + 1)];
            match memchr::memrchr(self.ends.byte(), window) {
                Some(at) => end += at + 1,
                None if rest.len() > self.sizes.line => return (end, Tail::TooLong),
                None => return (end, Tail::Short),
            }
        }
    }

    fn piece(&mut self, mut buf: Vec<u8>, used: usize, end: usize, tail: Tail) -> Option<Piece> {
        let rest = &buf[end..used];
        let mut end = end;
        let reason = match tail {
            Tail::TooLong => Some(Reject::TooLong),
            Tail::Short if !self.over || rest.is_empty() => None,
            Tail::Short if self.trouble.is_some() => Some(Reject::CutShort),
            Tail::Short => {
                end = used;
                None
            }
        };
        let excerpt = rest[..rest.len().min(EXCERPT)].to_vec();
        match reason {
            Some(Reject::TooLong) => self.pass_over(&buf[end..used]),
            Some(_) => {}
            None => self.carry.extend_from_slice(&buf[end..used]),
        }
        buf.truncate(end);
        let first_line = self.lines + 1;
        let ended = memchr::memchr_iter(self.ends.byte(), &buf).count() as u64;
        self.lines += ended + u64::from(buf.last().is_some_and(|&b| b != self.ends.byte()));
        let defects: Vec<Defect> = reason.map(|reason| Defect { line: self.lines + 1, reason, excerpt }).into_iter().collect();
        self.lines += defects.len() as u64;
        (!buf.is_empty() || !defects.is_empty()).then_some(Piece { bytes: buf, first_line, defects })
    }

    /// Passes over the line that `seen` begins, in bounded memory; what follows it is carried on.
    fn pass_over(&mut self, seen: &[u8]) {
        let byte = self.ends.byte();
        if let Some(at) = memchr::memchr(byte, seen) {
            return self.carry.extend_from_slice(&seen[at + 1..]);
        }
        let mut buf = vec![0; self.sizes.chunk.min(1 << 16)];
        while !self.over {
            match self.text.read(&mut buf) {
                Ok(0) => self.over = true,
                Ok(n) => {
                    if let Some(at) = memchr::memchr(byte, &buf[..n]) {
                        return self.carry.extend_from_slice(&buf[at + 1..n]);
                    }
                }
                Err(e) => self.fail(&e),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::raw::Exact;
    use crate::read::{LINE_MAX, Lines};
    use proptest::prelude::*;

    type Line = (u64, Vec<u8>);
    type Cut = (Vec<Line>, Vec<(u64, Reject)>, u64, Option<String>);

    fn cut(text: Box<dyn Read + '_>, sizes: Sizes) -> Cut {
        let mut cutter = Cutter::new(Peek::new(text, 512), sizes);
        let (mut lines, mut defects) = (Vec::new(), Vec::new());
        let mut buf = Vec::new();
        while let Some(piece) = cutter.next(buf) {
            let here = Lines { rest: &piece.bytes, ends: cutter.ends() };
            lines.extend((piece.first_line..).zip(here.map(<[u8]>::to_vec)));
            defects.extend(piece.defects.iter().map(|d| (d.line, d.reason)));
            assert!(piece.bytes.len() <= sizes.chunk + sizes.line + 1);
            buf = piece.bytes;
        }
        (lines, defects, cutter.lines(), cutter.trouble())
    }

    fn small(chunk: usize) -> Sizes {
        Sizes { chunk, line: 8, head: 64 }
    }

    fn whole(text: &[u8]) -> Cut {
        cut(Box::new(text), Sizes { chunk: 1 << 20, line: LINE_MAX, head: 1 << 20 })
    }

    fn texts(cut: &Cut) -> Vec<&[u8]> {
        cut.0.iter().map(|(_, line)| line.as_slice()).collect()
    }

    #[test]
    fn line_ends_of_every_kind_and_a_missing_last_one_give_the_same_lines() {
        for text in ["a\nb\n\nc\n", "a\nb\n\nc", "a\r\nb\r\n\r\nc\r\n", "a\rb\r\rc\r", "a\rb\r\rc", "\u{feff}a\nb\n\nc\n"] {
            let cut = whole(text.as_bytes());
            assert_eq!(texts(&cut), [&b"a"[..], b"b", b"", b"c"], "{text:?}");
            assert_eq!((cut.2, cut.3), (4, None));
        }
        assert_eq!(whole(b""), (vec![], vec![], 0, None));
    }

    #[test]
    fn utf_16_is_read_in_both_byte_orders() {
        let units: Vec<u16> = "\u{feff}a\r\nü\u{1f680}\n".encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|u| u.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|u| u.to_be_bytes()).collect();
        for text in [little, big] {
            assert_eq!(texts(&whole(&text)), [b"a".as_slice(), "ü\u{1f680}".as_bytes()]);
        }
    }

    #[test]
    fn a_line_of_ten_megabytes_is_passed_over_and_its_neighbours_keep_their_numbers() {
        let text = [b"good\n".as_slice(), &vec![b'x'; 10 << 20], b"\nalso good\n"].concat();
        let cut = whole(&text);
        assert_eq!(cut.0, [(1, b"good".to_vec()), (3, b"also good".to_vec())]);
        assert_eq!((cut.1, cut.2, cut.3), (vec![(2, Reject::TooLong)], 3, None));
    }

    #[test]
    fn a_line_of_exactly_the_longest_length_is_read_and_one_byte_more_is_not() {
        for (length, read) in [(LINE_MAX, true), (LINE_MAX + 1, false)] {
            for end in ["\n", ""] {
                let cut = whole(&[vec![b'x'; length].as_slice(), end.as_bytes()].concat());
                assert_eq!((cut.0.len(), cut.1.len(), cut.2), (usize::from(read), usize::from(!read), 1), "{length} {end:?}");
            }
        }
    }

    #[test]
    fn the_half_line_before_damage_is_a_defect_and_a_whole_one_is_not() {
        let cut = |text: &'static str| cut(Box::new(Exact::new(text.as_bytes(), 99)), small(16));
        let (lines, defects, n, trouble) = cut("a\nhal");
        assert_eq!((lines, defects, n), (vec![(1, b"a".to_vec())], vec![(2, Reject::CutShort)], 2));
        assert!(trouble.is_some_and(|t| t.starts_with("cut short")));
        let (lines, defects, n, trouble) = cut("a\nb\n");
        assert_eq!((lines.len(), defects.len(), n, trouble.is_some()), (2, 0, 2, true));
    }

    #[test]
    fn records_of_a_document_are_lines_with_numbers() {
        let long = "x".repeat(LINE_MAX);
        let text = format!("\u{feff}{{\"records\":[\r\n {{\"a\":\"1\r2\"}},\r\n {{\"b\":\"{long}\"}}, {{\"c\":\r\n3}}]}}");
        let cut = whole(text.as_bytes());
        assert_eq!(cut.0, [(1, b"{\"a\":\"1\r2\"}".to_vec()), (3, b"{\"c\":  3}".to_vec())]);
        assert_eq!((cut.1, cut.2, cut.3), (vec![(2, Reject::TooLong)], 3, None));
    }

    /// The obvious way to do the same, for text without CR and byte order marks.
    fn naive(text: &[u8], longest: usize) -> (Vec<Line>, Vec<(u64, Reject)>, u64) {
        let mut parts: Vec<&[u8]> = text.split(|&b| b == b'\n').collect();
        if parts.last().is_some_and(|p| p.is_empty()) {
            parts.pop();
        }
        let (good, long): (Vec<_>, Vec<_>) = (1u64..).zip(parts.iter()).partition(|(_, p)| p.len() <= longest);
        let long = long.into_iter().map(|(n, _)| (n, Reject::TooLong)).collect();
        (good.into_iter().map(|(n, p)| (n, p.to_vec())).collect(), long, parts.len() as u64)
    }

    proptest! {
        #[test]
        fn the_size_of_the_pieces_changes_neither_lines_nor_numbers(
            text in proptest::collection::vec(prop_oneof![3 => Just(b'a'), 1 => Just(b'\n')], 0..200),
            chunk in 1usize..40,
        ) {
            let (lines, defects, n, _) = cut(Box::new(&text[..]), small(chunk));
            prop_assert_eq!((lines, defects, n), naive(&text, 8));
        }

        #[test]
        fn also_with_carriage_returns_and_marks_in_it(
            text in proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'\n'), Just(b'\r'), Just(0xff), Just(0xfe), Just(0)], 0..200),
            chunk in 1usize..40,
        ) {
            prop_assert_eq!(cut(Box::new(&text[..]), small(chunk)), cut(Box::new(&text[..]), small(1 << 10)));
        }

        #[test]
        fn also_for_records_of_a_document(text in r#"(\{"a":1\}|"b\n?"|[\[\]{},:x\n]){0,40}"#, chunk in 1usize..40) {
            let text = format!("{{\"records\":[{{\"a\":1}},{text}");
            prop_assert_eq!(cut(Box::new(text.as_bytes()), small(chunk)), cut(Box::new(text.as_bytes()), small(1 << 10)));
        }
    }
}

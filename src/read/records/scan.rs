//! Follows one JSON value through a text that comes in pieces: where it ends, or where it is damaged.
//!
//! It builds nothing and does not recurse. It is strict where bytes stand between strings, since that
//! is what shows early that a quote or a bracket is missing, and asks nothing of what stands inside.

/// Why [`Scan::advance`] stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The piece is used up.
    More,
    /// The value ended before this place.
    End,
    /// Before this place is a line break outside strings; the value goes on.
    Line,
    /// At this place a string holds a raw line break.
    Break,
    /// At this place stands what cannot stand there.
    Odd,
}

/// What a byte is outside strings.
#[derive(Clone, Copy)]
enum Kind {
    Word,
    Blank,
    Break,
    Quote,
    Separator,
    Open,
    Close,
}

const KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Word; 256];
    kinds[b' ' as usize] = Kind::Blank;
    kinds[b'\t' as usize] = Kind::Blank;
    kinds[b'\n' as usize] = Kind::Break;
    kinds[b'\r' as usize] = Kind::Break;
    kinds[b'"' as usize] = Kind::Quote;
    kinds[b',' as usize] = Kind::Separator;
    kinds[b':' as usize] = Kind::Separator;
    kinds[b'{' as usize] = Kind::Open;
    kinds[b'[' as usize] = Kind::Open;
    kinds[b'}' as usize] = Kind::Close;
    kinds[b']' as usize] = Kind::Close;
    kinds
};

/// Depth down to which it is known whether an object or an array is open; below that any closing
/// bracket closes any.
const KNOWN: u64 = 64;

/// Place inside a value.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scan {
    /// Objects and arrays open.
    depth: u64,
    /// Which of the first [`KNOWN`] of them are arrays.
    arrays: u64,
    string: bool,
    /// After a backslash.
    escaped: bool,
    /// The last byte outside strings that is not blank.
    last: u8,
    /// Whether a value must begin on its key's line. Every printer does it so, and a document that was cut
    /// off after a key does not swallow the next one.
    same_line: bool,
}

impl Scan {
    /// After the byte that begins a value: `{`, `[` or `"`.
    pub(super) fn begun(with: u8) -> Self {
        let (depth, arrays) = (u64::from(with != b'"'), u64::from(with == b'['));
        Scan { depth, arrays, string: with == b'"', escaped: false, last: with, same_line: false }
    }

    /// Inside `depth` objects that are around records, after a member's value.
    pub(super) fn after_value(depth: u64) -> Self {
        Scan { depth, arrays: 0, string: false, escaped: false, last: b'}', same_line: true }
    }

    /// Goes on through the next bytes, up to the first place that is told.
    pub(super) fn advance(&mut self, text: &[u8]) -> (usize, Stop) {
        let mut at = 0;
        loop {
            let rest = text.get(at..).unwrap_or_default();
            let (n, stop) = if self.string { self.inside(rest) } else { self.outside(rest) };
            at += n;
            match stop {
                Some(stop) => return (at, stop),
                None if at == text.len() => return (at, Stop::More),
                None => {}
            }
        }
    }

    /// Up to the end of the string.
    fn inside(&mut self, text: &[u8]) -> (usize, Option<Stop>) {
        let mut at = 0;
        while let Some(&first) = text.get(at) {
            if self.escaped && first != b'\n' {
                self.escaped = false;
                at += 1;
                continue;
            }
            let Some(n) = memchr::memchr3(b'"', b'\\', b'\n', &text[at..]) else { break };
            at += n + 1;
            match text[at - 1] {
                b'\\' => self.escaped = true,
                b'\n' => return (at - 1, Some(Stop::Break)),
                _ => {
                    (self.string, self.last) = (false, b'"');
                    return (at, (self.depth == 0).then_some(Stop::End));
                }
            }
        }
        (text.len(), None)
    }

    /// Up to the beginning of a string, or a line break.
    fn outside(&mut self, text: &[u8]) -> (usize, Option<Stop>) {
        for (at, &b) in text.iter().enumerate() {
            let sound = match KINDS[usize::from(b)] {
                Kind::Separator => true,
                Kind::Word => !matches!(self.last, b'"' | b'}' | b']'),
                Kind::Quote => {
                    self.string = begins(self.last);
                    if self.string {
                        return (at + 1, None);
                    }
                    false
                }
                Kind::Blank => continue,
                Kind::Break => {
                    if self.same_line && self.last == b':' {
                        self.last = b;
                    }
                    return (at + 1, Some(Stop::Line));
                }
                Kind::Open => self.open(b),
                Kind::Close => self.close(b),
            };
            if !sound {
                return (at, Some(Stop::Odd));
            }
            self.last = b;
            if self.depth == 0 {
                return (at + 1, Some(Stop::End));
            }
        }
        (text.len(), None)
    }

    /// Whether an object is the innermost thing open, as far as that is known.
    fn in_object(&self) -> Option<bool> {
        (1..=KNOWN).contains(&self.depth).then(|| self.arrays >> (self.depth - 1) & 1 == 0)
    }

    fn open(&mut self, b: u8) -> bool {
        if !begins(self.last) || (self.last != b':' && self.in_object() == Some(true)) {
            return false;
        }
        if self.depth < KNOWN {
            let place = 1 << self.depth;
            self.arrays = if b == b'[' { self.arrays | place } else { self.arrays & !place };
        }
        self.depth += 1;
        true
    }

    fn close(&mut self, b: u8) -> bool {
        let fits = self.in_object().is_none_or(|object| object == (b == b'}'));
        self.depth -= u64::from(fits && self.depth > 0);
        fits
    }
}

/// Whether a key or a value can begin after this byte.
const fn begins(last: u8) -> bool {
    matches!(last, b'{' | b'[' | b',' | b':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Where the value that the text begins with stops, and why; line breaks outside strings are passed.
    fn stop(text: &str) -> (usize, Stop) {
        stop_in(text, text.len())
    }

    fn stop_in(text: &str, size: usize) -> (usize, Stop) {
        let mut scan = Scan::begun(text.as_bytes()[0]);
        let mut at = 1;
        while at < text.len() {
            let piece = &text.as_bytes()[at..text.len().min(at.saturating_add(size))];
            let (n, stop) = scan.advance(piece);
            at += n;
            if !matches!(stop, Stop::More | Stop::Line) {
                return (at, stop);
            }
        }
        (at, Stop::More)
    }

    #[test]
    fn a_value_ends_where_its_first_bracket_is_closed() {
        for text in [
            "{}",
            r#"{"a":1,"b":"}{\"]["}"#,
            r#"{"a":[{"b":[[]]},{"c":{}}],"d":-1.5e3,"e":null}"#,
            "{ \"a\" :\r\n\t[ 1 , 2 ] }",
            r#"["a",{"b":1},[2]]"#,
            r#""a\\\"b\\""#,
            r#"{"\\":"\x22\\"}"#,
        ] {
            assert_eq!(stop(&format!("{text} ,{{")), (text.len(), Stop::End), "{text}");
            assert_eq!(stop(&text[..text.len() - 1]).1, Stop::More, "{text}");
        }
    }

    #[test]
    fn damage_is_seen_where_it_shows() {
        for (text, sound, want) in [
            ("{\"a\":\"b\nc\"}", "{\"a\":\"b", Stop::Break),
            ("{\"a\":\"b\\\nc\"}", "{\"a\":\"b\\", Stop::Break),
            (r#"{"a":"b{"a":1}"#, r#"{"a":"b{""#, Stop::Odd),
            (r#"{"a":"say "hello""}"#, r#"{"a":"say ""#, Stop::Odd),
            (r#"{"a":1 {"b":2}"#, r#"{"a":1 "#, Stop::Odd),
            (r#"{"a":1,{"b":2}"#, r#"{"a":1,"#, Stop::Odd),
            (r#"{"a":{"b":2}{"#, r#"{"a":{"b":2}"#, Stop::Odd),
            (r#"{"a":1]"#, r#"{"a":1"#, Stop::Odd),
            (r#"{"a":[1}"#, r#"{"a":[1"#, Stop::Odd),
        ] {
            assert_eq!(stop(text), (sound.len(), want), "{text}");
        }
    }

    #[test]
    fn depth_has_no_end() {
        let text = ["[".repeat(500_000), "]".repeat(500_000)].concat();
        assert_eq!(stop(&text), (1_000_000, Stop::End));
        assert_eq!(stop(&"{\"a\":".repeat(100_000)).1, Stop::More);
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_stop_at_the_same_place(text in r#"[{\["][{}\[\]",:\\a1 \n]{0,40}"#, size in 1usize..9) {
            prop_assert_eq!(stop_in(&text, size), stop(&text));
        }

        #[test]
        fn whatever_a_strict_reader_accepts_ends_at_the_same_place(text in r#"[{\["]([{}\[\],:1]|"a":|"b"){0,12}"#) {
            let mut values = serde_json::Deserializer::from_str(&text).into_iter::<serde::de::IgnoredAny>();
            if matches!(values.next(), Some(Ok(_))) {
                prop_assert_eq!(stop(&text), (values.byte_offset(), Stop::End));
            }
        }
    }
}

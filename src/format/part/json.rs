//! JSON log lines: the values of one object with the path that leads to each, without building a
//! tree, without allocating, and without refusing what servers write although JSON forbids it.
//!
//! - nginx `escape=json` and `varnishncsa -j` let raw bytes through that are no UTF-8: kept as bytes.
//! - Apache "JSON" formats write `\xe2`: read as that byte.
//! - A line of an exported array ends with a comma: passed over.
//!
//! Lines of the first two kinds are read and counted as repaired.
//!
//! Paths are joined by dots: `{"a":{"b":1}}` and `{"a.b":1}` both give `a.b`. Elements of an array
//! have the path of the array. An object in an array that names its value, as OpenTelemetry and AWS
//! write them (`{"key":"http.method","value":{"stringValue":"GET"}}`, `{"name":"Host","value":"x"}`),
//! gives the value under its name: `attributes.http.method.stringValue`, `headers.Host`.

use super::clf::read;
use super::draft::Draft;
use super::field::{Quoting, Raw, hex};
use super::slot::Keys;
use crate::event::Text;
use crate::format::{Dialect, Parsed};
use crate::ledger::Reject;
use memchr::{memchr2, memmem};
use std::borrow::Cow;

/// What a format makes of the values of one line.
pub type Make = for<'a> fn(&Draft<'a>, &'a [u8]) -> Result<Parsed<'a>, Reject>;

/// A format of one JSON object a line.
#[derive(Debug)]
pub struct JsonLines {
    marks: &'static [&'static str],
    keys: Keys,
    make: Make,
}

impl JsonLines {
    /// Lines that contain one of `marks` (all lines where there are none), whose members mean what
    /// `keys` say, and what is made of them.
    #[must_use]
    pub fn new(marks: &'static [&'static str], keys: Keys, make: Make) -> Self {
        JsonLines { marks, keys, make }
    }
}

impl Dialect for JsonLines {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            let marked = || self.marks.is_empty() || self.marks.iter().any(|m| memmem::find(line, m.as_bytes()).is_some());
            if line.trim_ascii_start().first() != Some(&b'{') || !marked() {
                return Err(Reject::UnknownFormat);
            }
            let mut draft = Draft::default();
            let read = walk(line, &mut |path, raw| {
                if let Some(slot) = self.keys.slot(path) {
                    draft.put(slot, raw);
                }
            });
            draft.repaired = read.ok_or(Reject::UnknownFormat)? == Read::Repaired;
            (self.make)(&draft, line)
        })
    }
}

/// How an object could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// It is JSON.
    Clean,
    /// It broke the rules of JSON in a way that is understood.
    Repaired,
}

/// Objects and arrays inside one another that are followed; what is deeper is passed over.
const DEPTH_MAX: usize = 16;

/// Bytes of the longest path; longer ones are cut, and match nothing.
const PATH_MAX: usize = 160;

/// Calls `each` with path and value of every string, number and boolean of the object in `line`, in
/// their order; `null` is no value. `None` where it is no JSON object; `each` may have been called
/// before that shows.
pub fn walk<'a>(line: &'a [u8], each: &mut impl FnMut(&[u8], Raw<'a>)) -> Option<Read> {
    let mut walker = Walker::new(line);
    if walker.rest.first() != Some(&b'{') {
        return None;
    }
    walker.object(each)?;
    let over = walker.rest.trim_ascii();
    // ASCII is checked first: that is all of most lines, and quicker.
    let repaired = walker.repaired || !(line.is_ascii() || std::str::from_utf8(line).is_ok());
    matches!(over, b"" | b",").then_some(if repaired { Read::Repaired } else { Read::Clean })
}

/// A member of an object, as it stands in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Member<'a> {
    /// A string, number or boolean.
    Text(Raw<'a>),
    /// An object, with its braces.
    Object(&'a [u8]),
    /// An array, with its brackets.
    Array(&'a [u8]),
}

/// Calls `each` with key and value of every member of the object in `line`, without looking into
/// nested ones. `None` where it is no JSON object; `each` may have been called before that shows.
pub fn members<'a>(line: &'a [u8], each: &mut dyn FnMut(&[u8], Member<'a>)) -> Option<()> {
    let mut walker = Walker::new(line);
    if walker.next_byte()? != b'{' || !walker.open(b'{')? {
        return None;
    }
    loop {
        let key = walker.key()?;
        let rest = match walker.next_byte()? {
            b'"' => {
                each(key, Member::Text(walker.string()?));
                None
            }
            b'{' | b'[' => Some(walker.rest),
            _ => {
                if let Some(raw) = walker.word()? {
                    each(key, Member::Text(raw));
                }
                None
            }
        };
        if let Some(from) = rest {
            walker.pass_over()?;
            let nested = from.get(..from.len() - walker.rest.len())?;
            each(key, if nested.first() == Some(&b'{') { Member::Object(nested) } else { Member::Array(nested) });
        }
        match walker.next_byte()? {
            b',' => walker.skip(1),
            b'}' => return Some(()),
            _ => return None,
        }
    }
}

/// The text of a line that is one JSON string.
#[must_use]
pub fn string(line: &[u8]) -> Option<Raw<'_>> {
    let mut walker = Walker::new(line);
    (walker.next_byte()? == b'"').then_some(())?;
    let raw = walker.string()?;
    matches!(walker.rest.trim_ascii(), b"" | b",").then_some(raw)
}

/// The path to a value.
struct Path {
    bytes: [u8; PATH_MAX],
    length: usize,
}

impl Default for Path {
    fn default() -> Self {
        Path { bytes: [0; PATH_MAX], length: 0 }
    }
}

impl Path {
    fn push(&mut self, part: &[u8]) {
        let dot: &[u8] = if self.length == 0 { b"" } else { b"." };
        for piece in [dot, part] {
            let room = self.bytes.get_mut(self.length..).unwrap_or_default();
            let n = piece.len().min(room.len());
            if let (Some(room), Some(piece)) = (room.get_mut(..n), piece.get(..n)) {
                room.copy_from_slice(piece);
            }
            self.length += n;
        }
    }

    fn get(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// An object or array that is open.
#[derive(Clone, Copy, Debug, Default)]
struct Frame<'a> {
    is_array: bool,
    /// Length of the path to it.
    path: usize,
    /// In an object in an array: the name that it gives its value.
    name: Option<&'a [u8]>,
}

struct Walker<'a> {
    rest: &'a [u8],
    repaired: bool,
    path: Path,
    stack: [Frame<'a>; DEPTH_MAX],
    depth: usize,
}

impl<'a> Walker<'a> {
    fn new(line: &'a [u8]) -> Self {
        let path = Path::default();
        Walker { rest: line.trim_ascii_start(), repaired: false, path, stack: [Frame::default(); DEPTH_MAX], depth: 0 }
    }

    /// Reads the object that begins here, to its end.
    fn object(&mut self, each: &mut impl FnMut(&[u8], Raw<'a>)) -> Option<()> {
        let mut key: &'a [u8] = b"";
        loop {
            // A value is expected.
            match self.next_byte()? {
                open @ (b'{' | b'[') => {
                    if self.open(open)? {
                        if self.top()?.is_array {
                            continue;
                        }
                        key = self.key()?;
                        continue;
                    }
                }
                b'"' => {
                    let raw = self.string()?;
                    let frame = self.top_mut()?;
                    if !frame.is_array && matches!(key, b"key" | b"name" | b"Name") {
                        frame.name = Some(raw.bytes);
                    }
                    each(self.path.get(), raw);
                }
                _ => {
                    if let Some(raw) = self.word()? {
                        each(self.path.get(), raw);
                    }
                }
            }
            // What follows a value.
            loop {
                let frame = *self.top()?;
                self.path.length = frame.path;
                match (self.next_byte()?, frame.is_array) {
                    (b',', true) => {
                        self.skip(1);
                        break;
                    }
                    (b',', false) => {
                        self.skip(1);
                        key = self.key()?;
                        break;
                    }
                    (b']', true) | (b'}', false) => {
                        self.skip(1);
                        self.depth -= 1;
                        if self.depth == 0 {
                            return Some(());
                        }
                    }
                    _ => return None,
                }
            }
        }
    }

    fn top(&self) -> Option<&Frame<'a>> {
        self.stack.get(self.depth.checked_sub(1)?)
    }

    fn top_mut(&mut self) -> Option<&mut Frame<'a>> {
        self.stack.get_mut(self.depth.checked_sub(1)?)
    }

    fn skip(&mut self, n: usize) {
        self.rest = self.rest.get(n..).unwrap_or_default();
    }

    /// The next byte that is no white space.
    fn next_byte(&mut self) -> Option<u8> {
        match self.rest.first() {
            Some(b' ' | b'\t' | b'\r' | b'\n') => {
                self.rest = self.rest.trim_ascii_start();
                self.rest.first().copied()
            }
            other => other.copied(),
        }
    }

    /// Opens an object or array. False where it is empty or too deep, and has been passed over.
    fn open(&mut self, byte: u8) -> Option<bool> {
        let is_array = byte == b'[';
        if self.depth == DEPTH_MAX {
            self.pass_over()?;
            return Some(false);
        }
        self.skip(1);
        if self.next_byte()? == if is_array { b']' } else { b'}' } {
            self.skip(1);
            if self.depth == 0 {
                return None;
            }
            return Some(false);
        }
        *self.stack.get_mut(self.depth)? = Frame { is_array, path: self.path.length, name: None };
        self.depth += 1;
        Some(true)
    }

    /// Passes over a nested value that is too deep to be followed.
    fn pass_over(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            let n = self.rest.iter().position(|b| matches!(b, b'"' | b'{' | b'[' | b'}' | b']'))?;
            self.skip(n);
            match self.rest.first()? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                _ => depth -= 1,
            }
            self.skip(1);
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// `"key":`, added to the path.
    fn key(&mut self) -> Option<&'a [u8]> {
        (self.next_byte()? == b'"').then_some(())?;
        let key = self.string()?.bytes;
        (self.next_byte()? == b':').then_some(())?;
        self.skip(1);
        let frame = *self.top()?;
        self.path.length = frame.path;
        let in_array = self.depth >= 2 && self.stack.get(self.depth - 2)?.is_array;
        match frame.name.filter(|_| in_array && matches!(key, b"value" | b"Value")) {
            Some(name) => self.path.push(name),
            None => self.path.push(key),
        }
        Some(key)
    }

    /// A string, without its quotes.
    fn string(&mut self) -> Option<Raw<'a>> {
        let body = self.rest.get(1..)?;
        let mut at = 0;
        let mut quoting = Quoting::None;
        loop {
            at += memchr2(b'"', b'\\', body.get(at..)?)?;
            if body.get(at) == Some(&b'"') {
                break;
            }
            quoting = Quoting::Json;
            self.repaired |= !matches!(body.get(at + 1), Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u'));
            at += 2;
        }
        let (bytes, rest) = body.split_at_checked(at)?;
        self.rest = rest.get(1..)?;
        Some(Raw { bytes, quoting })
    }

    /// A number, `true`, `false`, or nothing for `null`.
    fn word(&mut self) -> Option<Option<Raw<'a>>> {
        let n = self.rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.')).count();
        let (bytes, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        match bytes {
            b"" => None,
            b"null" => Some(None),
            b"true" | b"false" => Some(Some(Raw::plain(bytes))),
            [b'-' | b'0'..=b'9', ..] => Some(Some(Raw::plain(bytes))),
            _ => None,
        }
    }
}

/// Undoes JSON's quoting, and `\xhh`, which is not JSON's. Half of a surrogate pair becomes U+FFFD; a
/// backslash before anything else is itself.
#[must_use]
pub fn unescape(text: &[u8]) -> Text<'_> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(n) = memchr::memchr(b'\\', rest) {
        let (plain, quoted) = rest.split_at(n);
        out.extend_from_slice(plain);
        let (value, left): (&[u8], &[u8]) = match quoted {
            [_, c @ (b'"' | b'\\' | b'/'), left @ ..] => (std::slice::from_ref(c), left),
            [_, b'n', left @ ..] => (b"\n", left),
            [_, b't', left @ ..] => (b"\t", left),
            [_, b'r', left @ ..] => (b"\r", left),
            [_, b'b', left @ ..] => (b"\x08", left),
            [_, b'f', left @ ..] => (b"\x0c", left),
            [_, b'u', ..] => match character(quoted) {
                Some((c, left)) => {
                    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    (b"", left)
                }
                None => (b"\\", quoted.get(1..).unwrap_or_default()),
            },
            [_, b'x', high, low, left @ ..] => match hex(*high, *low) {
                Some(value) => {
                    out.push(value);
                    (b"", left)
                }
                None => (b"\\", quoted.get(1..).unwrap_or_default()),
            },
            _ => (b"\\", quoted.get(1..).unwrap_or_default()),
        };
        out.extend_from_slice(value);
        rest = left;
    }
    out.extend_from_slice(rest);
    Cow::Owned(out)
}

/// The character of `\uXXXX`, or of a pair of them, and what follows.
fn character(text: &[u8]) -> Option<(char, &[u8])> {
    let unit = |text: &[u8]| match text {
        [b'\\', b'u', a, b, c, d, ..] => Some(u32::from(hex(*a, *b)?) << 8 | u32::from(hex(*c, *d)?)),
        _ => None,
    };
    let first = unit(text)?;
    let rest = text.get(6..)?;
    if (0xd800..0xdc00).contains(&first)
        && let Some(second @ 0xdc00..0xe000) = unit(rest)
    {
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return Some((char::from_u32(code)?, rest.get(6..)?));
    }
    Some((char::from_u32(first).unwrap_or('\u{fffd}'), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values(line: &[u8]) -> Option<(Vec<(String, String)>, Read)> {
        let mut all = Vec::new();
        let lossy = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let read = walk(line, &mut |path, raw| all.push((lossy(path), lossy(&raw.text()))))?;
        Some((all, read))
    }

    #[test]
    fn values_come_with_the_path_that_leads_to_them() {
        for (line, want) in [
            (r#"{"a":"x","b":12,"c":-0.5e3,"d":null,"e":true}"#, vec![("a", "x"), ("b", "12"), ("c", "-0.5e3"), ("e", "true")]),
            (r#" { "a" : { "b" : 1 , "c" : { } } , "d" : 2 } "#, vec![("a.b", "1"), ("d", "2")]),
            (r#"{"a.b":1},"#, vec![("a.b", "1")]),
            (
                r#"{"a":["x","y"],"b":[],"c":[{"d":1},{"d":2}],"e":3}"#,
                vec![("a", "x"), ("a", "y"), ("c.d", "1"), ("c.d", "2"), ("e", "3")],
            ),
            (
                r#"{"h":[{"name":"Host","value":"x"},{"name":"Via","value":"y"}],"value":"z"}"#,
                vec![("h.name", "Host"), ("h.Host", "x"), ("h.name", "Via"), ("h.Via", "y"), ("value", "z")],
            ),
            (
                r#"{"attributes":[{"key":"http.method","value":{"stringValue":"GET"}}]}"#,
                vec![("attributes.key", "http.method"), ("attributes.http.method.stringValue", "GET")],
            ),
            (r#"{"name":"n","value":"v"}"#, vec![("name", "n"), ("value", "v")]),
            (r#"{"a":"q\"z\\ \u00e9 \ud83d\ude00 \/ \n"}"#, vec![("a", "q\"z\\ é 😀 / \n")]),
        ] {
            let (got, read) = values(line.as_bytes()).expect(line);
            let got: Vec<(&str, &str)> = got.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            assert_eq!((got, read), (want, Read::Clean), "{line}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for line in [
            "",
            "[]",
            "{",
            "{}",
            "{\"a\":1} x",
            "12",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":\"x}",
            "{\"a\":[1}",
            "{\"a\":nul}",
            "{a:1}",
        ] {
            assert_eq!(values(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn what_json_forbids_and_servers_write_is_repaired() {
        let raw = b"{\"a\":\"caf\xe9\"}";
        let mut got = Vec::new();
        assert_eq!(walk(raw, &mut |_, raw| got = raw.text().into_owned()), Some(Read::Repaired));
        assert_eq!(got, b"caf\xe9");
        let (got, read) = values(br#"{"a":"\xe2\x82\xac \q"}"#).expect("readable");
        assert_eq!((got[0].1.as_str(), read), ("€ \\q", Read::Repaired));
    }

    #[test]
    fn halves_of_pairs_and_cut_escapes_do_no_harm() {
        for (text, want) in
            [(r"\ud83d", "\u{fffd}"), (r"\ud83dA", "\u{fffd}A"), (r"\u12", r"\u12"), (r"\", r"\"), (r"\xz1", r"\xz1")]
        {
            assert_eq!(String::from_utf8_lossy(&unescape(text.as_bytes())), want, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded_and_what_is_too_deep_is_passed_over() {
        let deep = format!("{{\"a\":{}1{},\"z\":2}}", "[".repeat(50), "]".repeat(50));
        assert_eq!(values(deep.as_bytes()).map(|(v, _)| v), Some(vec![("z".into(), "2".into())]));
        assert_eq!(values("{\"a\":".repeat(100_000).as_bytes()), None);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = (values(&line), unescape(&line));
        }

        #[test]
        fn what_a_json_library_writes_is_read_back(text: String, n: i64, flag: bool) {
            let line = serde_json::json!({"a": text, "b": {"c": n}, "d": [flag]}).to_string();
            let (got, read) = values(line.as_bytes()).expect("JSON");
            let want = [("a".to_owned(), text), ("b.c".to_owned(), n.to_string()), ("d".to_owned(), flag.to_string())];
            prop_assert_eq!((got.as_slice(), read), (&want[..], Read::Clean));
        }

        #[test]
        fn arbitrary_pieces_of_json_never_panic(pieces in proptest::collection::vec(prop_oneof![
            Just("{"), Just("}"), Just("["), Just("]"), Just("\""), Just("\\"), Just(","), Just(":"), Just("a"), Just("1"), Just("\"value\":"),
            Just("\"name\":\"x\""), Just("null"), Just(" "), Just("\\u"), Just("\\x"),
        ], 0..60)) {
            let _ = values(pieces.concat().as_bytes());
        }
    }
}

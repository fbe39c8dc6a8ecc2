//! Parsers of single fields, shared by the formats.
//!
//! They are nom parsers over bytes with `memchr` inside: a field is found first and its quoting is
//! undone only where there is any, so that an ordinary line is read without an allocation.

use crate::event::{Protocol, Text};
use memchr::{memchr, memchr2, memmem};
use nom::character::complete::char as byte;
use nom::error::{Error, ErrorKind};
use nom::{IResult, Parser};
use std::borrow::Cow;

/// Result of a field parser: what is left, and the field.
pub type Step<'a, T> = IResult<&'a [u8], T>;

/// A refusal at `i`.
pub(crate) fn refuse<T>(i: &[u8]) -> Step<'_, T> {
    Err(nom::Err::Error(Error::new(i, ErrorKind::Verify)))
}

/// How a server wrote what it could not write as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quoting {
    /// As it is.
    #[default]
    None,
    /// nginx `\xHH`, Apache `\" \\ \n \xhh`.
    Backslash,
    /// JSON, with the `\xhh` that some servers write into it although JSON forbids it.
    Json,
    /// `%20` (CloudFront, Akamai).
    Percent,
    /// `%2520`: percent-encoded, perhaps twice (user agents of CloudFront).
    PercentTwice,
    /// `+` for a space (IIS).
    Plus,
    /// `#22` (HAProxy).
    Hash,
}

/// A field as it stands in the line, with how its quoting has to be undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Raw<'a> {
    /// The bytes between the quotes.
    pub bytes: &'a [u8],
    /// How to undo their quoting.
    pub quoting: Quoting,
}

impl<'a> Raw<'a> {
    /// The field with its quoting undone.
    #[must_use]
    pub fn text(self) -> Text<'a> {
        match self.quoting {
            Quoting::None => Cow::Borrowed(self.bytes),
            Quoting::Backslash => unescape(self.bytes),
            Quoting::Json => super::json::unescape(self.bytes),
            Quoting::Percent => unmark(self.bytes, b'%'),
            Quoting::PercentTwice => unmark_twice(self.bytes),
            Quoting::Plus => spaced(self.bytes),
            Quoting::Hash => unmark(self.bytes, b'#'),
        }
    }

    /// A field that is quoted in no way.
    #[must_use]
    pub const fn plain(bytes: &'a [u8]) -> Self {
        Raw { bytes, quoting: Quoting::None }
    }

    /// The field, or nothing where the server wrote `-` or left it empty.
    #[must_use]
    pub fn present(self) -> Option<Text<'a>> {
        (!is_absent(self.bytes)).then(|| self.text())
    }

    /// Another piece of the same field.
    pub(crate) fn piece(self, bytes: &'a [u8]) -> Text<'a> {
        Raw { bytes, ..self }.text()
    }
}

/// Whether the field is empty or `-`, the common ways to say "nothing".
#[must_use]
pub fn is_absent(field: &[u8]) -> bool {
    matches!(field, b"" | b"-")
}

/// The field as text, or nothing where it is absent.
#[must_use]
pub fn present(field: &[u8]) -> Option<Text<'_>> {
    (!is_absent(field)).then_some(Cow::Borrowed(field))
}

/// One or more spaces or tabs.
pub fn gap(i: &[u8]) -> Step<'_, ()> {
    let n = i.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
    match i.split_at_checked(n) {
        Some((_, rest)) if n > 0 => Ok((rest, ())),
        _ => refuse(i),
    }
}

/// A word up to a space or the end, with the spaces after it taken away. Never empty.
pub fn word(i: &[u8]) -> Step<'_, &[u8]> {
    let n = memchr(b' ', i).unwrap_or(i.len());
    let (word, rest) = i.split_at(n);
    if word.is_empty() {
        return refuse(i);
    }
    Ok((rest.trim_ascii_start(), word))
}

/// A value in double quotes or a bare word, with the spaces after it taken away.
pub fn value(i: &[u8]) -> Step<'_, Raw<'_>> {
    match i.first() {
        Some(b'"') => quoted(i).map(|(rest, raw)| (rest.trim_ascii_start(), raw)),
        _ => word(i).map(|(rest, bytes)| (rest, Raw::plain(bytes))),
    }
}

/// A word that may be a list as nginx writes it, `10.0.0.1:80, 10.0.0.2:80` or `502, 200 : 304`, with
/// the spaces after it taken away. Never empty.
pub fn list(i: &[u8]) -> Step<'_, &[u8]> {
    let mut rest = i;
    loop {
        let (after, element) = word(rest)?;
        let goes_on = element.ends_with(b",") || element == b":" || after.starts_with(b": ");
        if !goes_on || after.is_empty() {
            let n = i.len() - after.len();
            return Ok((after, i.get(..n).unwrap_or_default().trim_ascii_end()));
        }
        rest = after;
    }
}

/// A field in double quotes. A quote closes it only before a space or the end of the line: some
/// servers (Squid, nginx with `escape=none`) do not escape the quotes inside.
pub fn quoted(i: &[u8]) -> Step<'_, Raw<'_>> {
    quoted_after(i, 0)
}

/// As [`quoted`], but the closing quote is looked for only `from` bytes into the field.
fn quoted_after(i: &[u8], from: usize) -> Step<'_, Raw<'_>> {
    let (body, _) = byte('"').parse(i)?;
    match closing(body, from) {
        Some((n, escaped)) => {
            let (bytes, rest) = body.split_at(n);
            let quoting = if escaped { Quoting::Backslash } else { Quoting::None };
            Ok((rest.get(1..).unwrap_or_default(), Raw { bytes, quoting }))
        }
        None => refuse(i),
    }
}

/// Place of the closing quote, and whether there is a backslash before it.
fn closing(body: &[u8], from: usize) -> Option<(usize, bool)> {
    let mut at = from;
    let mut escaped = from > 0;
    while let Some(n) = body.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        let place = at + n;
        if body.get(place) == Some(&b'\\') {
            escaped = true;
            at = place + 2;
        } else if ends_field(body, place) {
            return Some((place, escaped));
        } else {
            at = place + 1;
        }
    }
    // Situation: a bare backslash stands right before the closing quote (h2o does not escape it).
    // Example: `"-" "agent\"`. The quote is then taken as the closing one.
    let mut at = from;
    while let Some(n) = body.get(at..).and_then(|rest| memchr(b'"', rest)) {
        if ends_field(body, at + n) {
            return Some((at + n, true));
        }
        at += n + 1;
    }
    None
}

fn ends_field(body: &[u8], quote: usize) -> bool {
    matches!(body.get(quote + 1), None | Some(b' ' | b'\t'))
}

/// Most quotes inside a request that are tried as its end: a bound on hostile lines.
const INNER_QUOTES_MAX: usize = 64;

/// A quoted request line and the status after it.
///
/// Situation: quotes inside the request are not escaped and one stands before a space, as in
/// `"GET /a" b HTTP/1.1" 400 0`. The request ends at the first quote that a status follows.
pub fn request_and_status(i: &[u8]) -> Step<'_, (Raw<'_>, Option<u16>)> {
    let mut from = 0;
    for _ in 0..INNER_QUOTES_MAX {
        let (rest, raw) = quoted_after(i, from)?;
        if let Ok((rest, (_, status))) = (gap, status).parse(rest) {
            return Ok((rest, (raw, status)));
        }
        from = raw.bytes.len() + 1;
    }
    refuse(i)
}

/// A status of three digits; `-`, `0`, `000` and `-1` are no answer. A space or the end must follow.
pub fn status(i: &[u8]) -> Step<'_, Option<u16>> {
    let (rest, status) = match i {
        [a @ b'0'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9', rest @ ..] => {
            let n = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
            (rest, (n != 0).then_some(n))
        }
        [b'-', b'1', rest @ ..] | [b'-' | b'0', rest @ ..] => (rest, None),
        _ => return refuse(i),
    };
    if matches!(rest.first(), None | Some(b' ' | b'\t')) { Ok((rest, status)) } else { refuse(i) }
}

/// A byte count, or `-`. A space or the end must follow.
pub fn size(i: &[u8]) -> Step<'_, Option<u64>> {
    let n = i.iter().take_while(|b| !matches!(b, b' ' | b'\t')).count();
    let (word, rest) = i.split_at(n);
    match (word, number(word)) {
        (b"-", _) => Ok((rest, None)),
        (_, Some(n)) => Ok((rest, Some(n))),
        _ => refuse(i),
    }
}

/// A whole non-negative number and nothing else; nothing if it does not fit 64 bits.
#[must_use]
pub fn number(text: &[u8]) -> Option<u64> {
    let digit = |n: u64, b: &u8| n.checked_mul(10)?.checked_add(u64::from(b.is_ascii_digit().then(|| b - b'0')?));
    if text.is_empty() { None } else { text.iter().try_fold(0, digit) }
}

/// A status in a field of its own (a column, a JSON value).
#[must_use]
pub fn status_field(text: &[u8]) -> Option<u16> {
    u16::try_from(number(text)?).ok().filter(|n| (1..=999).contains(n))
}

/// Whether a column has the shape of a status: `-` or three digits.
#[must_use]
pub fn is_status(text: &[u8]) -> bool {
    text == b"-" || (text.len() == 3 && text.iter().all(u8::is_ascii_digit))
}

/// Whether a column has the shape of a date, be it a date or not: `2026-13-13` is a wrong date, but an
/// address is another format.
#[must_use]
pub fn is_date(text: &[u8]) -> bool {
    text.len() == 10 && text.iter().enumerate().all(|(n, b)| if matches!(n, 4 | 7) { *b == b'-' } else { b.is_ascii_digit() })
}

/// Seconds with or without a fraction (`0.001`, `12`), in microseconds; further digits are cut.
#[must_use]
pub fn seconds(text: &[u8]) -> Option<i64> {
    let (whole, fraction) = match memchr(b'.', text) {
        Some(n) => (text.get(..n)?, text.get(n + 1..)?),
        None => (text, b"".as_slice()),
    };
    let whole = i64::try_from(number(whole)?).ok()?.checked_mul(1_000_000)?;
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let kept = fraction.iter().chain(std::iter::repeat(&b'0')).take(6);
    whole.checked_add(kept.fold(0, |sum, b| sum * 10 + i64::from(b - b'0')))
}

/// Whole milliseconds in microseconds; nothing for `-1` and for `+42`.
#[must_use]
pub fn millis(text: &[u8]) -> Option<i64> {
    i64::try_from(number(text)?).ok()?.checked_mul(1_000)
}

/// Milliseconds with or without a fraction (`41`, `0.5`), in microseconds; further digits are cut.
#[must_use]
pub fn fine_millis(text: &[u8]) -> Option<i64> {
    seconds(text).map(|thousandfold| thousandfold / 1_000)
}

/// Undoes backslash quoting: nginx `\xHH`, Apache `\" \\ \n \t \r \b \v \xhh`. A backslash before
/// anything else is itself.
#[must_use]
pub fn unescape(text: &[u8]) -> Text<'_> {
    let Some(first) = memchr(b'\\', text) else { return Cow::Borrowed(text) };
    let (plain, mut rest) = text.split_at(first);
    let mut out = Vec::with_capacity(text.len());
    out.extend_from_slice(plain);
    while let Some((&b, after)) = rest.split_first() {
        let (value, left) = match (b, after) {
            (b'\\', [b'x', high, low, left @ ..]) => match hex(*high, *low) {
                Some(value) => (value, left),
                None => (b, after),
            },
            (b'\\', [c @ (b'"' | b'\\'), left @ ..]) => (*c, left),
            (b'\\', [b'n', left @ ..]) => (b'\n', left),
            (b'\\', [b't', left @ ..]) => (b'\t', left),
            (b'\\', [b'r', left @ ..]) => (b'\r', left),
            (b'\\', [b'b', left @ ..]) => (8, left),
            (b'\\', [b'v', left @ ..]) => (11, left),
            _ => (b, after),
        };
        out.push(value);
        rest = left;
    }
    Cow::Owned(out)
}

/// Undoes a quoting of one mark and two hex digits: `%20` of CloudFront, `#22` of HAProxy.
#[must_use]
pub fn unmark(text: &[u8], mark: u8) -> Text<'_> {
    if memchr(mark, text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&b, after)) = rest.split_first() {
        let decoded = match after {
            [high, low, left @ ..] if b == mark => hex(*high, *low).map(|value| (value, left)),
            _ => None,
        };
        let (value, left) = decoded.unwrap_or((b, after));
        out.push(value);
        rest = left;
    }
    Cow::Owned(out)
}

/// The text with its percent-encoding undone, for values that a product encodes inside another
/// quoting (JSON of Akamai).
#[must_use]
pub fn percent(text: Text<'_>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => unmark(text, b'%'),
        Cow::Owned(text) => Cow::Owned(unmark(&text, b'%').into_owned()),
    }
}

/// As [`percent`], and once more where it was done twice: user agents of CloudFront.
#[must_use]
pub fn percent_twice(text: Text<'_>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => unmark_twice(text),
        Cow::Owned(text) => Cow::Owned(unmark_twice(&text).into_owned()),
    }
}

/// Undoes percent-encoding, and once more where it was done twice: `Mozilla/5.0%2520(X11)`.
fn unmark_twice(text: &[u8]) -> Text<'_> {
    let once = unmark(text, b'%');
    if memmem::find(&once, b"%20").is_none() {
        return once;
    }
    Cow::Owned(unmark(&once, b'%').into_owned())
}

/// `+` read as a space.
fn spaced(text: &[u8]) -> Text<'_> {
    if memchr(b'+', text).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect())
}

/// Two hex digits as a byte.
pub(crate) fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    Some(digit(high)? << 4 | digit(low)?)
}

/// What a request line tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request<'a> {
    /// Method.
    pub method: Option<Text<'a>>,
    /// Host of an absolute-form target, without its port.
    pub host: Option<Text<'a>>,
    /// Path.
    pub path: Option<Text<'a>>,
    /// Query without the `?`.
    pub query: Option<Text<'a>>,
    /// Whether the target was an absolute URL.
    pub absolute: bool,
    /// Version of HTTP.
    pub protocol: Option<Protocol>,
}

/// Splits a request line into method and target.
///
/// What is no request line gives nothing, but is no reason to lose the event: the empty probe
/// `""`, `"-"`, TLS bytes on a plain port (`"\x16\x03\x01"`), one word (`"HELP"`), and
/// `"- http://localhost HTTP/1.0"`, which varnishncsa makes up for a request it could not read.
/// HTTP/0.9 has no protocol (`"GET /"`); a target may hold spaces (`"GET /a b HTTP/1.1"`).
#[must_use]
pub fn request(line: Raw<'_>) -> Request<'_> {
    let Some((method, rest)) = memchr(b' ', line.bytes).map(|n| line.bytes.split_at(n)) else { return Request::default() };
    if !is_method(method) {
        return Request::default();
    }
    let rest = rest.trim_ascii();
    let (url, protocol) = match memchr::memrchr(b' ', rest).map(|n| rest.split_at(n)) {
        Some((url, protocol)) if protocol.starts_with(b" HTTP/") => (url.trim_ascii_end(), protocol.get(1..)),
        _ => (rest, None),
    };
    if !(protocol.is_some() || matches!(url.first(), Some(b'/' | b'*')) || memmem::find(url, b"://").is_some()) {
        return Request::default();
    }
    let target = target(Raw { bytes: url, ..line }, method == b"CONNECT");
    // Inside a JSON text that is not undone the line's last quote leaves its backslash: `HTTP/1.1\`.
    let protocol = protocol.and_then(|p| Protocol::named(p.strip_suffix(b"\\").unwrap_or(p)));
    Request { method: Some(line.piece(method)), protocol, ..target }
}

/// Splits a request target: `/path?query`, `http://host/path?query`, `*`, or `host:port` of CONNECT.
#[must_use]
pub fn target(url: Raw<'_>, connect: bool) -> Request<'_> {
    if connect {
        return Request { host: url.piece_of_host(url.bytes), absolute: true, ..Request::default() };
    }
    let (host, rest, absolute) = match url.bytes.first() {
        Some(b'/') | None => (None, url.bytes, false),
        _ => match scheme(url.bytes) {
            Some(after) => {
                let n = memchr::memchr3(b'/', b'?', b'#', after).unwrap_or(after.len());
                let (authority, rest) = after.split_at(n);
                (url.piece_of_host(authority), rest, true)
            }
            None => (None, url.bytes, false),
        },
    };
    let (path, query) = match memchr(b'?', rest).map(|n| rest.split_at(n)) {
        Some((path, query)) => (path, query.get(1..)),
        None => (rest, None),
    };
    let path = match path {
        b"" if absolute => Some(Cow::Borrowed(b"/".as_slice())),
        path => present(path).map(|_| url.piece(path)),
    };
    Request { host, path, query: query.filter(|q| !q.is_empty()).map(|q| url.piece(q)), absolute, ..Request::default() }
}

impl<'a> Raw<'a> {
    /// The host of an authority: without user and port, IPv6 without its brackets.
    fn piece_of_host(self, authority: &'a [u8]) -> Option<Text<'a>> {
        let host = memchr::memrchr(b'@', authority).and_then(|n| authority.get(n + 1..)).unwrap_or(authority);
        let host = super::client::strip_port(host);
        (!is_absent(host)).then(|| self.piece(host))
    }
}

/// What follows `scheme://`, if the target begins with a scheme.
fn scheme(url: &[u8]) -> Option<&[u8]> {
    let n = url.iter().take(12).take_while(|b| b.is_ascii_alphanumeric()).count();
    url.get(n..).filter(|_| n > 0)?.strip_prefix(b"://")
}

/// Whether the text is a method that HTTP servers are asked with: those of RFC 9110, PATCH, WebDAV's and
/// those of caches. Other services log words in its place too (`RCPT`, `SELECT`, `run`).
#[must_use]
pub fn is_http_method(text: &[u8]) -> bool {
    const METHODS: [&[u8]; 24] = [
        b"GET",
        b"HEAD",
        b"POST",
        b"PUT",
        b"DELETE",
        b"CONNECT",
        b"OPTIONS",
        b"TRACE",
        b"PATCH",
        b"PROPFIND",
        b"PROPPATCH",
        b"MKCOL",
        b"COPY",
        b"MOVE",
        b"LOCK",
        b"UNLOCK",
        b"REPORT",
        b"SEARCH",
        b"PURGE",
        b"BAN",
        b"REFRESH",
        b"QUERY",
        b"LINK",
        b"UNLINK",
    ];
    METHODS.contains(&text)
}

/// A method is a short token (RFC 9110); the odd ones of WebDAV and of scanners included.
fn is_method(text: &[u8]) -> bool {
    (2..=24).contains(&text.len()) && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn milliseconds_are_whole_or_may_have_decimals() {
        for (text, whole, fine) in [
            ("41", Some(41_000), Some(41_000)),
            ("0", Some(0), Some(0)),
            ("0.5", None, Some(500)),
            ("-1", None, None),
            ("+42", None, None),
            ("-", None, None),
            ("9223372036854776", None, None),
        ] {
            assert_eq!((millis(text.as_bytes()), fine_millis(text.as_bytes())), (whole, fine), "{text}");
        }
    }

    #[test]
    fn a_value_is_quoted_or_bare() {
        for (text, want) in [
            ("a b", Some(("b", "a"))),
            (r#""a b"  c"#, Some(("c", "a b"))),
            (r#""-" c"#, Some(("c", "-"))),
            (r#""" c"#, Some(("c", ""))),
            ("", None),
            (r#""a b"#, None),
        ] {
            let found = value(text.as_bytes()).ok().map(|(rest, raw)| (rest, raw.bytes));
            assert_eq!(found, want.map(|(rest, bytes)| (rest.as_bytes(), bytes.as_bytes())), "{text}");
        }
    }

    fn split(line: &str) -> [String; 4] {
        let r = request(Raw { bytes: line.as_bytes(), quoting: Quoting::Backslash });
        [r.method, r.host, r.path, r.query].map(|t| t.map_or("-".into(), |t| String::from_utf8_lossy(&t).into_owned()))
    }

    #[test]
    fn a_request_line_gives_what_can_be_known_of_it() {
        for (line, want) in [
            ("GET /a?b=c HTTP/1.1", ["GET", "-", "/a", "b=c"]),
            ("GET /", ["GET", "-", "/", "-"]),
            ("GET /a b HTTP/1.1", ["GET", "-", "/a b", "-"]),
            ("OPTIONS * HTTP/1.1", ["OPTIONS", "-", "*", "-"]),
            ("GET http://x.example:80/p?q HTTP/1.1", ["GET", "x.example", "/p", "q"]),
            ("GET https://u:p@[2001:db8::1]:443 HTTP/2.0", ["GET", "2001:db8::1", "/", "-"]),
            ("CONNECT x.example:443 HTTP/1.1", ["CONNECT", "x.example", "-", "-"]),
            ("GET /a\\x22b HTTP/1.1", ["GET", "-", "/a\"b", "-"]),
            ("GET /go?to=http://y.example/ HTTP/1.1", ["GET", "-", "/go", "to=http://y.example/"]),
            ("GET /? HTTP/1.1", ["GET", "-", "/", "-"]),
            ("HELP", ["-"; 4]),
            ("", ["-"; 4]),
            ("-", ["-"; 4]),
            ("- http://localhost HTTP/1.0", ["-"; 4]),
            ("- - HTTP/1.0", ["-"; 4]),
            ("\\x16\\x03\\x01 \\x00", ["-"; 4]),
            ("hello world", ["-"; 4]),
        ] {
            assert_eq!(split(line), want, "{line}");
        }
    }

    #[test]
    fn a_quoted_field_ends_where_the_server_ended_it() {
        for (line, field, rest) in [
            (r#""plain" x"#, "plain", " x"),
            (r#""a \"b\" c" x"#, r#"a "b" c"#, " x"),
            (r#""a"b" x"#, r#"a"b"#, " x"),
            (r#""\\" x"#, r"\", " x"),
            (r#""tail\" x"#, r"tail\", " x"),
            (r#""\x41\x4a\n""#, "AJ\n", ""),
            (r#""" 400"#, "", " 400"),
        ] {
            let (left, raw) = quoted(line.as_bytes()).expect(line);
            assert_eq!((String::from_utf8_lossy(&raw.text()).as_ref(), left), (field, rest.as_bytes()), "{line}");
        }
        assert!(quoted(b"\"never closed").is_err());
    }

    #[test]
    fn a_quote_inside_a_request_does_not_end_it() {
        let (rest, (raw, status)) = request_and_status(br#""GET /a" b "c" HTTP/1.1" 404 12"#).expect("a request");
        assert_eq!((raw.bytes, status, rest), (br#"GET /a" b "c" HTTP/1.1"#.as_slice(), Some(404), b" 12".as_slice()));
    }

    #[test]
    fn a_list_ends_where_no_separator_goes_on() {
        for (line, field, rest) in [
            ("a b", "a", "b"),
            ("a, b c", "a, b", "c"),
            ("a, b : c d", "a, b : c", "d"),
            ("- : 10.0.0.1:80 0", "- : 10.0.0.1:80", "0"),
            ("a,", "a,", ""),
            ("a", "a", ""),
        ] {
            let (left, got) = list(line.as_bytes()).expect(line);
            assert_eq!((String::from_utf8_lossy(got).as_ref(), left), (field, rest.as_bytes()), "{line}");
        }
        assert!(list(b"").is_err());
    }

    #[test]
    fn no_answer_has_no_status() {
        for (text, want) in [("200", Some(200)), ("000 ", None), ("0 1", None), ("- -", None), ("-1 0", None)] {
            assert_eq!(status(text.as_bytes()).map(|(_, s)| s), Ok(want), "{text}");
        }
        for text in ["20", "2000", "20x", "", "x"] {
            assert!(status(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn seconds_become_microseconds_without_rounding() {
        for (text, want) in [
            ("0.001", Some(1_000)),
            ("12", Some(12_000_000)),
            ("0.1234567", Some(123_456)),
            ("-", None),
            ("1.x", None),
            ("", None),
        ] {
            assert_eq!(seconds(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn columns_are_known_by_their_shape() {
        for (text, status, date) in [
            ("200", true, false),
            ("000", true, false),
            ("-", true, false),
            ("", false, false),
            ("20", false, false),
            ("2x0", false, false),
            ("2026-11-20", false, true),
            ("2026-13-13", false, true),
            ("2026/11/20", false, false),
            ("192.0-2.10", false, false),
        ] {
            assert_eq!((is_status(text.as_bytes()), is_date(text.as_bytes())), (status, date), "{text}");
        }
    }

    #[test]
    fn marks_are_undone_only_before_two_hex_digits() {
        assert_eq!(unmark(b"a%20b%2", b'%').as_ref(), b"a b%2");
        assert_eq!(unmark(b"My #22Agent#22 \\ v1 #zz", b'#').as_ref(), b"My \"Agent\" \\ v1 #zz");
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(text in proptest::collection::vec(any::<u8>(), 0..60), from in 0_usize..80) {
            let _ = (quoted_after(&text, from), request_and_status(&text), status(&text), size(&text), word(&text));
            let _ = (unescape(&text), unmark(&text, b'%'), seconds(&text));
            let _ = (request(Raw { bytes: &text, quoting: Quoting::Backslash }), target(Raw { bytes: &text, quoting: Quoting::Backslash }, true));
        }
    }
}

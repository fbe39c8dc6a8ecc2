//! What carries a log line through syslog, containers and exports, taken off again.
//!
//! | wrapper | a line in it |
//! |---|---|
//! | syslog, RFC 3164 | `<190>Nov 20 07:47:44 vm nginx: LINE`, without `<190>`, without the host (HAProxy) |
//! | syslog, RFC 5424 | `<158>1 2026-11-20T07:47:44Z host app 12 - - LINE`, octet-counted too (`83 <158>1 ...`) |
//! | syslog, ISO stamp | `2026-11-20T07:47:44.1+00:00 host nginx[71]: LINE` |
//! | Kubernetes CRI | `2026-11-20T07:47:44.518608527+01:00 stdout F LINE` |
//! | docker json-file | `{"log":"LINE\n","stream":"stdout","time":"..."}` |
//! | journald JSON | `{"MESSAGE":"LINE","_SYSTEMD_UNIT":"nginx.service",...}`, the message also as a list of bytes |
//! | GELF | `{"version":"1.1","short_message":"LINE",...}` |
//! | exports | `{"message":"LINE"}`, `@message` (CloudWatch), `_raw` (Splunk), `line` (Loki), `textPayload` (Google), below `_source` or `result` too; the value may be a JSON object instead of a text |
//! | a JSON string | `"LINE"`, an element of an exported array |
//! | a word and a bar | `web_1  | LINE` (docker compose), `[pod/web/nginx] LINE` (kubectl) |
//! | grep | `access.log:LINE` |
//! | text before JSON | `2026-11-20T07:47:44Z 192.0.2.1 {...}` (drains) |
//!
//! The stamp that counts is the one in the line: a wrapper's own says when it was received. A sample of
//! its lines tells what a file is wrapped in; any other line is taken out of its wrapper, up to three
//! deep, where no format reads it as it is.

use super::part::field::Raw;
use super::part::json::{self, Member};
use super::part::stamp;
use super::{Dialect, Parsed};
use crate::ledger::Reject;
use memchr::{memchr, memmem};
use std::borrow::Cow;
use std::sync::Arc;

/// Wrappers inside one another that are taken off.
const DEPTH_MAX: usize = 3;

/// Longest text before a message, in bytes: longer ones are no prefix of a syslog line.
const PREFIX_MAX: usize = 300;

/// What is tried on the line inside a wrapper, with the wrapper's name.
type Try<'t, 'a, T> = &'t mut dyn FnMut(&'static str, Cow<'a, [u8]>) -> Option<T>;

/// Calls `inner` with what may be the line inside a wrapper, until it says it is.
pub fn peel<'a, T>(line: &'a [u8], inner: Try<'_, 'a, T>) -> Option<T> {
    match line.first()? {
        b'{' => object(line, inner, DEPTH_MAX),
        b'"' => inner("a JSON string", trimmed(json::string(line)?)),
        b'<' => after_priority(line).and_then(|rest| syslog(rest, inner)),
        b'0'..=b'9' if after_count(line).is_some() => syslog(after_count(line)?, inner),
        b'0'..=b'9' | b'A'..=b'Z' => syslog(line, inner).or_else(|| named(line, inner)).or_else(|| before_json(line, inner)),
        _ => named(line, inner).or_else(|| before_json(line, inner)),
    }
}

/// `<190>`, taken off.
fn after_priority(line: &[u8]) -> Option<&[u8]> {
    let n = memchr(b'>', line.get(..5.min(line.len()))?)?;
    let digits = line.get(1..n)?;
    (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit)).then(|| line.get(n + 1..)).flatten()
}

/// `83 <158>`, taken off: the length that frames a message on a TCP connection.
fn after_count(line: &[u8]) -> Option<&[u8]> {
    let n = line.iter().take(7).take_while(|b| b.is_ascii_digit()).count();
    after_priority(line.get(n..)?.strip_prefix(b" ")?)
}

/// The words of a prefix up to a message.
fn syslog<'a, T>(line: &'a [u8], inner: Try<'_, 'a, T>) -> Option<T> {
    if let Some(rest) = line.strip_prefix(b"1 ") {
        return rfc5424(rest).and_then(|message| inner("syslog", Cow::Borrowed(message)));
    }
    let rest = dated(line)?;
    if let Some(container) = container(rest) {
        return container.and_then(|message| inner("Kubernetes CRI", Cow::Borrowed(message)));
    }
    // `host tag: LINE`, `tag: LINE`; without a tag `LINE`, or `host LINE`. Where there is a tag, no shorter
    // prefix is tried: what is left of it would pass for a part of the line.
    if let Some(message) = tag(rest) {
        return inner("syslog", Cow::Borrowed(message));
    }
    let after_host = || {
        let n = memchr(b' ', rest.get(..PREFIX_MAX.min(rest.len()))?)?;
        Some(Cow::Borrowed(rest.get(n..)?.trim_ascii_start()))
    };
    // RFC 3164 has the host behind its date, always; other stamps stand alone more often than not.
    if line.first().is_some_and(u8::is_ascii_alphabetic) {
        return inner("syslog", after_host()?);
    }
    inner("a time stamp", Cow::Borrowed(rest)).or_else(|| inner("syslog", after_host()?))
}

/// What follows a date: `Nov 20 07:47:44 `, `Nov 20 2026 07:47:44 ` or ISO 8601.
fn dated(line: &[u8]) -> Option<&[u8]> {
    if line.first()?.is_ascii_digit() {
        let n = memchr(b' ', line.get(..40.min(line.len()))?)?;
        let (date, rest) = line.split_at_checked(n)?;
        return stamp::iso8601(date).map(|_| rest.trim_ascii_start());
    }
    let mut rest = line;
    for n in 0..4 {
        let end = memchr(b' ', rest.get(..16.min(rest.len()))?)?;
        let word = rest.get(..end)?;
        rest = rest.get(end..)?.trim_ascii_start();
        let fits = match n {
            0 => word.len() == 3 && word.iter().all(u8::is_ascii_alphabetic),
            1 => word.len() <= 2 && word.iter().all(u8::is_ascii_digit),
            _ if word.get(2) == Some(&b':') => return Some(rest),
            _ => n == 2 && word.len() == 4 && word.iter().all(u8::is_ascii_digit),
        };
        if !fits {
            return None;
        }
    }
    None
}

/// `stdout F LINE`; `Some(None)` for a piece of a line that the container runtime split (`P`).
fn container(rest: &[u8]) -> Option<Option<&[u8]>> {
    let rest = rest.strip_prefix(b"stdout ").or_else(|| rest.strip_prefix(b"stderr "))?;
    match rest {
        [b'F', b' ', message @ ..] => Some(Some(message)),
        [b'P', b' ', ..] => Some(None),
        _ => None,
    }
}

/// The message after `tag: ` or `tag[71]: `, with or without a host before it.
fn tag(rest: &[u8]) -> Option<&[u8]> {
    let mut i = rest.get(..PREFIX_MAX.min(rest.len()))?;
    let mut at = 0;
    for _ in 0..4 {
        let n = memchr(b' ', i)?;
        let (word, after) = i.split_at_checked(n)?;
        at += n;
        if word.len() > 1 && word.ends_with(b":") && !word.contains(&b'"') {
            let message = rest.get(at..)?.trim_ascii_start();
            return Some(message.strip_prefix(b"@cee:").map_or(message, <[u8]>::trim_ascii_start));
        }
        i = after.get(1..)?;
        at += 1;
    }
    None
}

/// `TIME HOST APP PROCID MSGID SD LINE`.
fn rfc5424(rest: &[u8]) -> Option<&[u8]> {
    let mut i = rest;
    for _ in 0..5 {
        let n = memchr(b' ', i.get(..PREFIX_MAX.min(i.len()))?)?;
        i = i.get(n + 1..)?;
    }
    if let Some(message) = i.strip_prefix(b"- ") {
        return Some(message.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(message));
    }
    let mut quoted = false;
    let end = i.iter().enumerate().find(|(n, b)| {
        quoted ^= **b == b'"' && i.get(n.wrapping_sub(1)) != Some(&b'\\');
        !quoted && **b == b']' && i.get(n + 1) == Some(&b' ')
    });
    i.starts_with(b"[").then(|| i.get(end?.0 + 2..)).flatten()
}

/// `web_1  | LINE`, `[pod/web/nginx] LINE`.
fn named<'a, T>(line: &'a [u8], inner: Try<'_, 'a, T>) -> Option<T> {
    if line.starts_with(b"[pod/") {
        let n = memmem::find(line.get(..PREFIX_MAX.min(line.len()))?, b"] ")?;
        return inner("kubectl", Cow::Borrowed(line.get(n + 2..)?));
    }
    if let Some(found) = file(line) {
        return inner("grep", Cow::Borrowed(found));
    }
    let head = line.get(..64.min(line.len()))?;
    let n = memmem::find(head, b" | ")?;
    let is_word = head.get(..n)?.trim_ascii_end().iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    is_word.then(|| inner("docker compose", Cow::Borrowed(line.get(n + 3..)?))).flatten()
}

/// `access.log:LINE`, `logs/web1/access.log.1-LINE`: what grep and its like put before a line.
fn file(line: &[u8]) -> Option<&[u8]> {
    let head = line.get(..PREFIX_MAX.min(line.len()))?;
    let n = memchr::memchr2(b':', b' ', head).filter(|n| head.get(*n) == Some(&b':'))?;
    let name = head.get(..n)?;
    let is_file = memmem::find(name, b"log").is_some() && memchr(b'"', name).is_none() && memchr(b'{', name).is_none();
    let rest = line.get(n + 1..).filter(|_| is_file)?;
    // `grep -n` puts the line's number behind the name.
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    match rest.get(digits) {
        Some(b':') if digits > 0 => rest.get(digits + 1..),
        _ => Some(rest),
    }
}

/// Text before a JSON object that ends the line.
fn before_json<'a, T>(line: &'a [u8], inner: Try<'_, 'a, T>) -> Option<T> {
    let n = memchr(b'{', line.get(..PREFIX_MAX.min(line.len()))?)?;
    let ends = line.trim_ascii_end().last() == Some(&b'}');
    (ends && n > 0).then(|| inner("text before JSON", Cow::Borrowed(line.get(n..)?))).flatten()
}

/// Members that hold a line, and what their wrapper is called.
const MEMBERS: [(&str, &str); 14] = [
    ("log", "docker json-file"),
    ("MESSAGE", "journald JSON"),
    ("_raw", "JSON with the line in _raw"),
    ("@message", "JSON with the line in @message"),
    ("message", "JSON with the line in message"),
    ("line", "JSON with the line in line"),
    ("textPayload", "JSON with the line in textPayload"),
    ("msg", "JSON with the line in msg"),
    ("full_message", "GELF"),
    ("short_message", "GELF"),
    ("original", "JSON with the line in event.original"),
    ("_source", ""),
    ("result", ""),
    ("event", ""),
];

/// The line in one of the known members of an object, or of one that is a member of it, `depth` deep:
/// anybody may write `{"event":{"event":{"event":...`.
fn object<'a, T>(line: &'a [u8], inner: Try<'_, 'a, T>, depth: usize) -> Option<T> {
    let mut found = [None; MEMBERS.len()];
    json::members(line, &mut |key, member| {
        let place = MEMBERS.iter().position(|(name, _)| name.as_bytes() == key);
        if let Some(place) = place.and_then(|n| found.get_mut(n)) {
            *place = Some(member);
        }
    });
    found.iter().zip(MEMBERS).find_map(|(member, (_, wrapper))| match (*member)? {
        // `{"event":"LINE"}`, as Splunk's collector writes it.
        Member::Text(raw) => inner(if wrapper.is_empty() { "JSON with the line in event" } else { wrapper }, trimmed(raw)),
        Member::Object(_) if wrapper.is_empty() && depth <= 1 => None,
        Member::Object(object) if wrapper.is_empty() => self::object(object, inner, depth - 1),
        Member::Object(object) => inner(wrapper, Cow::Borrowed(object)),
        Member::Array(array) if wrapper == "journald JSON" => inner(wrapper, Cow::Owned(bytes(array)?)),
        Member::Array(_) => None,
    })
}

/// The text without the line end that docker keeps.
fn trimmed(raw: Raw<'_>) -> Cow<'_, [u8]> {
    match raw.text() {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii_end()),
        Cow::Owned(mut text) => {
            text.truncate(text.trim_ascii_end().len());
            Cow::Owned(text)
        }
    }
}

/// journald writes a message that is no UTF-8 as a list of its bytes: `[49,57,50]`.
fn bytes(array: &[u8]) -> Option<Vec<u8>> {
    let inside = array.strip_prefix(b"[")?.strip_suffix(b"]")?;
    inside.split(|b| *b == b',').map(|n| std::str::from_utf8(n.trim_ascii()).ok()?.parse().ok()).collect()
}

/// Reads with `read` whatever is inside the wrappers of a line; gives the innermost wrapper's name with
/// what it made of it. The line as it is is not tried.
pub fn unwrapped<'a>(
    line: &'a [u8],
    read: &mut dyn for<'b> FnMut(&'b [u8]) -> Option<Parsed<'b>>,
) -> Option<(&'static str, Parsed<'a>)> {
    deeper(line, read, DEPTH_MAX)
}

/// Everything that may be the line inside the wrappers of a line, with the wrapper's name, in the order in
/// which it is tried.
#[must_use]
pub fn candidates(line: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut all = Vec::new();
    gather(line, DEPTH_MAX, &mut all);
    all
}

fn gather(line: &[u8], depth: usize, all: &mut Vec<(&'static str, Vec<u8>)>) {
    if depth > 0 {
        let _: Option<()> = peel(line, &mut |wrapper, inside| {
            all.push((wrapper, inside.to_vec()));
            gather(&inside, depth - 1, all);
            None
        });
    }
}

fn deeper<'a>(
    line: &'a [u8],
    read: &mut dyn for<'b> FnMut(&'b [u8]) -> Option<Parsed<'b>>,
    depth: usize,
) -> Option<(&'static str, Parsed<'a>)> {
    if depth == 0 {
        return None;
    }
    peel(line, &mut |wrapper, inside| match inside {
        Cow::Borrowed(inside) => read(inside).map(|parsed| (wrapper, parsed)).or_else(|| deeper(inside, read, depth - 1)),
        Cow::Owned(inside) => {
            let found = read(&inside).map(|parsed| (wrapper, parsed)).or_else(|| deeper(&inside, read, depth - 1));
            found.map(|(wrapper, parsed)| (wrapper, parsed.into_owned()))
        }
    })
}

/// A format inside wrappers.
#[derive(Debug)]
pub struct Wrapped(pub Arc<dyn Dialect>);

impl Dialect for Wrapped {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        let mut reason = Reject::UnknownFormat;
        let found = unwrapped(line, &mut |inside| match self.0.line(inside) {
            Parsed::Reject(why) => {
                if why != Reject::UnknownFormat {
                    reason = why;
                }
                None
            }
            read => Some(read),
        });
        // Bare lines among the wrapped ones come last: a loose shape may fit the wrapper as well.
        match (found, reason) {
            (Some((_, parsed)), _) => parsed,
            (None, Reject::UnknownFormat) => self.0.line(line),
            (None, reason) => Parsed::Reject(reason),
        }
    }

    fn has_directives(&self) -> bool {
        self.0.has_directives()
    }

    fn after(&self, line: &[u8]) -> Option<Arc<dyn Dialect>> {
        Some(Arc::new(Wrapped(self.0.after(line)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LINE: &str = r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a HTTP/1.1" 200 5"#;

    fn inside(line: &str) -> Option<(&'static str, String)> {
        let want = |text: &[u8]| text == LINE.as_bytes() || text.starts_with(br#"{"Edge""#);
        peel(line.as_bytes(), &mut |wrapper, inner| want(&inner).then(|| (wrapper, String::from_utf8_lossy(&inner).into_owned())))
    }

    #[test]
    fn every_wrapper_gives_its_line() {
        let quoted = LINE.replace('"', "\\\"");
        let listed = LINE.bytes().map(|b| b.to_string()).collect::<Vec<_>>().join(",");
        for (line, want) in [
            (format!("<190>Nov 20 07:47:44 vm nginx: {LINE}"), "syslog"),
            (format!("Nov  2 07:47:44 haproxy[16702]: {LINE}"), "syslog"),
            (format!("Nov 20 2026 07:47:44 vm nginx: {LINE}"), "syslog"),
            (format!("2026-11-20T07:47:44.1+00:00 vm nginx[71]: {LINE}"), "syslog"),
            (format!("<158>1 2026-11-20T07:47:44Z host app 12 - - {LINE}"), "syslog"),
            (format!("<158>1 2026-11-20T07:47:44Z host app 12 - [a b=\"c ] d\"][e] {LINE}"), "syslog"),
            (format!("83 <158>1 2026-11-20T07:47:44Z host app 12 - - {LINE}"), "syslog"),
            (format!("2026-11-20T07:47:44.518608527+01:00 stdout F {LINE}"), "Kubernetes CRI"),
            (format!("2026-11-20T07:47:44Z {LINE}"), "a time stamp"),
            (format!("2026-11-20T07:47:44Z 198.51.100.1 {LINE}"), "syslog"),
            (format!(r#"{{"log":"{quoted}\n","stream":"stdout","time":"2026-11-20T07:47:44Z"}}"#), "docker json-file"),
            (format!(r#"{{"MESSAGE":"{quoted}","_PID":"7"}}"#), "journald JSON"),
            (format!(r#"{{"MESSAGE":[{listed}],"_PID":"7"}}"#), "journald JSON"),
            (format!(r#"{{"timestamp":1,"message":"{quoted}"}}"#), "JSON with the line in message"),
            (format!(r#"{{"@timestamp":"x","@message":"{quoted}"}}"#), "JSON with the line in @message"),
            (format!(r#"{{"preview":false,"result":{{"_raw":"{quoted}"}}}}"#), "JSON with the line in _raw"),
            (format!(r#"{{"_index":"x","_source":{{"message":"{quoted}"}}}}"#), "JSON with the line in message"),
            (format!(r#"{{"_source":{{"event":{{"original":"{quoted}"}}}}}}"#), "JSON with the line in event.original"),
            (r#"{"log":{"Edge":1},"time":"x"}"#.into(), "docker json-file"),
            (format!("\"{quoted}\""), "a JSON string"),
            (format!("web_1  | {LINE}"), "docker compose"),
            (format!("[pod/web-7/nginx] {LINE}"), "kubectl"),
            (format!("logs/access.log.1:{LINE}"), "grep"),
            (format!("access.log:117:{LINE}"), "grep"),
            (format!("Nov 20 07:47:44 vm {LINE}"), "syslog"),
            (r#"2026-11-20T07:47:44Z 192.0.2.1  {"Edge":1}"#.into(), "syslog"),
            (format!(r#"{{"time":1,"event":"{quoted}"}}"#), "JSON with the line in event"),
            (r#"drain: id=7 {"Edge":1}"#.into(), "text before JSON"),
        ] {
            assert_eq!(inside(&line).map(|(w, _)| w), Some(want), "{line}");
        }
    }

    #[test]
    fn what_is_no_wrapper_gives_nothing() {
        for line in
            ["", "hello", "{}", "<x>y", "Nov 20", "2026-11-20T07:47:44Z stdout P half a line", r#"{"log":7}"#, "{\"log\":\"x"]
        {
            assert_eq!(inside(line), None, "{line}");
        }
    }

    #[test]
    fn objects_inside_one_another_are_followed_so_far_and_no_further() {
        let within = |n: usize| {
            let line = LINE.replace('"', "\\\"");
            inside(&format!(r#"{}{{"message":"{line}"}}{}"#, r#"{"event":"#.repeat(n), "}".repeat(n))).is_some()
        };
        assert!(within(2));
        assert!(!within(3));
        assert!(!within(90_000), "and none is too deep for the stack");
    }

    #[test]
    fn wrappers_inside_one_another_are_taken_off() {
        let syslog = format!("<190>Nov 20 07:47:44 vm nginx: {LINE}").replace('"', "\\\"");
        let line = format!(r#"2026-11-20T07:47:44Z stdout F {{"log":"{syslog}\n","stream":"stdout"}}"#);
        let dialect = Wrapped((super::super::common::FORMAT.dialect)());
        assert!(matches!(dialect.line(line.as_bytes()), Parsed::Event(e) if e.status == Some(200)));
        assert!(matches!(dialect.line(LINE.as_bytes()), Parsed::Event(_)), "a bare line among them is read too");
        let dated = line.replace("20/Nov", "99/Nov");
        assert_eq!(dialect.line(dated.as_bytes()), Parsed::Reject(Reject::BadTime));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(line in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = unwrapped(&line, &mut |_| None);
        }

        #[test]
        fn arbitrary_pieces_never_panic(pieces in proptest::collection::vec(prop_oneof![
            Just("{\"log\":"), Just("\"message\":"), Just("\""), Just("}"), Just("[49,50]"), Just("<13>"), Just("Nov 20 07:47:44 "),
            Just("2026-11-20T07:47:44Z "), Just("stdout F "), Just("tag: "), Just("1 "), Just(" "), Just("\\"), Just(" | "), Just("[pod/"), Just("] "), Just("a"),
        ], 0..30)) {
            let _ = unwrapped(pieces.concat().as_bytes(), &mut |_| None);
        }
    }
}

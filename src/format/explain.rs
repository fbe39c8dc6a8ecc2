//! Why a line is no request, in words, for a line that no format reads.
//!
//! Asked only for lines that are shown (`outscope events`): it may look longer than a reader may.

use super::part::field::request_and_status;
use super::part::json::{self, Member};
use super::part::stamp;
use memchr::{memchr, memmem};

/// Most members of a JSON object that are named.
const MEMBERS_MAX: usize = 12;

/// What the line seems to be, or what it lacks.
#[must_use]
pub fn why(line: &[u8]) -> String {
    let line = line.trim_ascii();
    if line.starts_with(b"{") {
        return object(line);
    }
    if is_nginx_error(line) {
        return "an error-log line of nginx".into();
    }
    if is_apache_error(line) {
        return "an error-log line of Apache".into();
    }
    if line.contains(&0) {
        return "it holds NUL bytes: a block of the disk that was never written, or binary data".into();
    }
    if memmem::find(line, b" stdout P ").or_else(|| memmem::find(line, b" stderr P ")).is_some() {
        return "a piece of a line that the container runtime split".into();
    }
    dated(line).unwrap_or_else(|| "it has no stamp in brackets, is no JSON object, and has no shape that is known".into())
}

/// A JSON object that no format knows, or something that only begins like one.
fn object(line: &[u8]) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut more = false;
    let whole = json::members(line, &mut |name, member| {
        let kind = if matches!(member, Member::Object(_)) { "{..}" } else { "" };
        if names.len() < MEMBERS_MAX {
            names.push(format!("{}{kind}", String::from_utf8_lossy(name)));
        } else {
            more = true;
        }
    });
    let named = format!("{}{}", names.join(", "), if more { ", ..." } else { "" });
    match whole {
        Some(()) => {
            format!("a JSON object without a time, a status and a client or request under names that are known; it has {named}")
        }
        None if names.is_empty() => "it begins like a JSON object and is none".into(),
        None => format!("a JSON object that is broken or cut short after {named}"),
    }
}

/// A line with a stamp in brackets: what is wrong with what follows it.
fn dated(line: &[u8]) -> Option<String> {
    let open = memchr(b'[', line)?;
    let inside = line.get(open + 1..)?;
    let Some(close) = memchr(b']', inside) else { return Some("it is cut short inside its stamp".into()) };
    let date = inside.get(..close)?;
    if stamp::clf(date).is_none() && stamp::iso8601(date).is_none() {
        return None;
    }
    let rest = inside.get(close + 1..)?.trim_ascii_start();
    if rest.is_empty() {
        return Some("it ends after its stamp".into());
    }
    if !rest.starts_with(b"\"") {
        return Some("there is no request in quotes behind its stamp, and the whole is no shape that is known".into());
    }
    let body = rest.get(1..)?;
    match request_and_status(rest) {
        Ok(_) => Some("what stands before its stamp is neither an address nor a host".into()),
        Err(_) if memchr(b'"', body).is_none() => Some("it is cut short inside its request".into()),
        Err(_) => Some("there is no status behind its request".into()),
    }
}

/// `2026/11/20 07:47:58 [error] 71#71: *5 ...`
pub(super) fn is_nginx_error(line: &[u8]) -> bool {
    let date = line.get(4) == Some(&b'/') && line.get(7) == Some(&b'/') && line.get(10) == Some(&b' ');
    date && line.get(20) == Some(&b'[') && line.first().is_some_and(u8::is_ascii_digit)
}

/// `[Fri Nov 20 07:47:58.123456 2026] [core:error] [pid 7] ...`
pub(super) fn is_apache_error(line: &[u8]) -> bool {
    let inside = line.strip_prefix(b"[").and_then(|l| l.get(..memchr(b']', l)?));
    inside.is_some_and(|date| date.first().is_some_and(u8::is_ascii_uppercase) && date.len() >= 20)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_that_is_refused_is_told_what_it_is_or_lacks() {
        let head = "192.0.2.1 - - [20/Nov/2026:07:48:12 +0000]";
        for (line, want) in [
            ("2026/11/20 07:47:58 [error] 71#71: *5 connect() failed", "nginx"),
            ("[Fri Nov 20 07:47:58.1 2026] [core:error] [pid 7] x", "Apache"),
            (r#"{"level":"info","http":{"a":1},"msg":"up"}"#, "it has level, http{..}, msg"),
            (r#"{"level":"info","msg":"u"#, "cut short after level"),
            ("{x}", "is none"),
            (&format!("{head} \"GET /a HTTP/1.1"), "cut short inside its request"),
            (&format!("{head} \"GET /a HTTP/1.1\" x"), "no status"),
            (&format!("{head} x"), "no request in quotes"),
            (head, "ends after its stamp"),
            ("192.0.2.1 - - [20/Nov", "inside its stamp"),
            ("2026-11-20T07:48:12Z stdout P half", "container runtime"),
            ("a\0b", "NUL"),
            ("Dear all", "no shape that is known"),
            ("", "no shape that is known"),
        ] {
            assert!(why(line.as_bytes()).contains(want), "{line}: {}", why(line.as_bytes()));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(line in proptest::collection::vec(any::<u8>(), 0..80)) {
            let _ = why(&line);
        }
    }
}

//! Heroku's router: logfmt behind the prefix of Logplex.
//!
//! ```text
//! 2026-11-20T07:48:12.186641+00:00 heroku[router]: at=info method=GET path="/" host=www.example fwd="192.0.2.1" dyno=web.1 connect=1ms service=3ms status=200 bytes=15
//! <158>1 2026-11-20T07:48:12.186641+00:00 host heroku router - at=info ...
//! ```
//!
//! The second shape, perhaps with the length of the message before it, is that of a drain. The stamp is
//! that of the prefix: the router has no other. It is the end of the request.
//!
//! `code=H12` says that the router made the answer, and why (table `ending`); a 5xx without a code
//! is the application's.
//!
//! Quirks:
//! - `service` is the time from the dyno's connection to the end, the duration; `connect` comes before it
//!   and is not part of it.
//! - `dyno=` is empty and `connect=0ms service=` too where no dyno was chosen.
//! - `fwd` is the forwarded-for list; the router has no other client.
//! - Some drains cut lines at 10 kB: what is there is read.
//! - `heroku[web.1]: State changed ..` and the application's own lines, `app[web.1]: ..`, are messages:
//!   an access log that the application writes tells the router's requests once more.

use super::part::clf::read;
use super::part::draft::Draft;
use super::part::field::Raw;
use super::part::logfmt::walk;
use super::part::slot::{Keys, Slot};
use super::part::stamp;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Ending, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use memchr::memmem;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "heroku",
        about: "Heroku router, as heroku logs or a drain gives it",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
            "origin_status",
            "bytes",
            "duration",
            "backend",
            "request_id",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Balancer,
        blind: "no user agent and no referrer; drains may drop messages under load",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"2026-11-20T07:48:12.848866+00:00 heroku[router]: at=error code=H12 desc="Request timeout" method=POST path="/poll?x=1" host=www.example request_id=50a4bf5b fwd="192.0.2.1" dyno=web.1 connect=1ms service=30000ms status=503 bytes=0 protocol=https"#,
            r#"<158>1 2026-11-20T07:48:13.515030+00:00 host heroku router - at=info method=GET path="/" host=www.example request_id=d7c85cc2 fwd="203.0.113.49, 192.0.2.9" dyno=web.2 connect=1ms service=36ms status=200 bytes=153 protocol=https"#,
        ],
    },
    || Arc::new(Heroku { keys: Keys::new(KEYS) }),
);

const KEYS: &[(&str, Slot)] = &[
    ("code", Slot::Note0),
    ("method", Slot::Method),
    ("path", Slot::Target),
    ("host", Slot::Host),
    ("request_id", Slot::RequestId),
    ("fwd", Slot::Forwarded),
    ("dyno", Slot::Backend),
    ("service", Slot::Duration),
    ("status", Slot::Status),
    ("bytes", Slot::Bytes),
];

#[derive(Debug)]
struct Heroku {
    keys: Keys,
}

impl Dialect for Heroku {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            let (head, source, body) = prefix(line).ok_or(Reject::UnknownFormat)?;
            if source != b"router" {
                return Ok(Parsed::Skip(Skip::ServerMessage));
            }
            let mut draft = Draft::default();
            draft.put(Slot::Time, Raw::plain(time(head)));
            walk(body, |key, raw| {
                if let Some(slot) = self.keys.slot(key) {
                    draft.put(slot, raw);
                }
            });
            make(&draft)
        })
    }
}

fn make<'a>(draft: &Draft<'a>) -> Result<Parsed<'a>, Reject> {
    if !(draft.has(Slot::Status) || draft.has(Slot::Note0)) {
        // The router's own messages: `heroku[router]: Starting ..`.
        return Ok(Parsed::Skip(Skip::ServerMessage));
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    match draft.bytes(Slot::Note0) {
        Some(code) => event.ending = ending(code),
        None => {
            event.origin_status = event.status.filter(|_| event.backend.is_some());
            if event.origin_status.is_some_and(|s| s >= 500) {
                event.ending = Ending::UpstreamError;
            }
        }
    }
    Ok(Parsed::Event(event))
}

/// What an error code of the router means (Heroku Dev Center, "Heroku Error Codes").
fn ending(code: &[u8]) -> Ending {
    match code {
        // Client request interrupted; client connection idle.
        b"H27" | b"H28" => Ending::ClientLeft,
        // Backlog too deep; connection limit reached.
        b"H11" | b"H22" => Ending::Shed,
        // Request error; misdirected request.
        b"H26" | b"H31" => Ending::Policy,
        // Poorly formatted response; a response that breaks HTTP's restrictions.
        b"H17" | b"H25" => Ending::UpstreamError,
        // Idle connection, forced close: the answer had begun.
        b"H15" | b"H24" => Ending::CutShort,
        // Crashed, timeout, closed without response, no web dynos, server request interrupted, backend
        // connection timeout, boot timeout, connection refused, endpoint misconfigured.
        b"H10" | b"H12" | b"H13" | b"H14" | b"H18" | b"H19" | b"H20" | b"H21" | b"H23" => Ending::UpstreamUnreachable,
        // H80 (maintenance), H99 (platform error) and those to come.
        _ => Ending::Unsaid,
    }
}

/// Most bytes before the message.
const PREFIX_MAX: usize = 200;

/// Splits a line into what stands before the source, the process that wrote it, and the message.
fn prefix(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let start = line.get(..PREFIX_MAX).unwrap_or(line);
    if let Some(n) = memmem::find(start, b"]: ") {
        let (head, body) = (line.get(..n)?, line.get(n + 3..)?);
        let open = memchr::memrchr(b'[', head)?;
        let before = head.get(..open)?;
        let before = before.strip_suffix(b" heroku").or_else(|| before.strip_suffix(b" app"))?;
        return Some((before, head.get(open + 1..)?, body));
    }
    let (word, n) = [&b" heroku "[..], b" app "].into_iter().find_map(|w| Some((w, memmem::find(start, w)?)))?;
    let rest = line.get(n + word.len()..)?;
    let end = memmem::find(rest.get(..PREFIX_MAX).unwrap_or(rest), b" - ")?;
    let (source, body) = rest.split_at_checked(end)?;
    let head = line.get(..n)?;
    // A drain's prefix has a priority.
    let drained = head.contains(&b'<') && source.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    drained.then(|| (head, source, body.get(3..).unwrap_or_default()))
}

/// The word of the prefix that is a time stamp; the first word where none is one.
fn time(head: &[u8]) -> &[u8] {
    let mut words = head.split(|b| *b == b' ');
    let first = words.clone().next().unwrap_or_default();
    words.find(|w| stamp::iso8601(w).is_some()).unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::format::part::clf::shown;

    fn parsed(line: &str) -> Parsed<'_> {
        (FORMAT.dialect)().line(line.as_bytes())
    }

    fn event(line: &str) -> Event<'_> {
        match parsed(line) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    const BODY: &str =
        r#"method=GET path="/a?b=c" host=www.example request_id=50a4 fwd="192.0.2.1" dyno=web.1 connect=1ms service=36ms"#;

    #[test]
    fn the_same_request_is_read_behind_any_prefix() {
        for prefix in [
            "2026-11-20T07:48:12.848866+00:00 heroku[router]: ",
            "<158>1 2026-11-20T07:48:12.848866+00:00 host heroku router - ",
            "276 <158>1 2026-11-20T07:48:12.848866+00:00 d.5a-b heroku router - ",
        ] {
            let line = format!("{prefix}at=info {BODY} status=200 bytes=153 protocol=https");
            let e = event(&line);
            assert_eq!(e.stamp.to_string(), "2026-11-20T07:48:12.848866Z", "{prefix}");
            assert_eq!(
                [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.backend), shown(&e.request_id)],
                ["192.0.2.1", "www.example", "/a", "b=c", "web.1", "50a4"]
            );
            assert_eq!((e.duration, e.bytes, e.end, e.origin_status), (Some(36_000), Some(153), Some(e.stamp), Some(200)));
        }
    }

    #[test]
    fn the_code_says_who_made_the_error() {
        for (code, status, want, origin) in [
            ("", 500, Ending::UpstreamError, Some(500)),
            ("", 404, Ending::Unsaid, Some(404)),
            ("code=H10", 503, Ending::UpstreamUnreachable, None),
            ("code=H11", 503, Ending::Shed, None),
            ("code=H12", 503, Ending::UpstreamUnreachable, None),
            ("code=H13", 503, Ending::UpstreamUnreachable, None),
            ("code=H15", 503, Ending::CutShort, None),
            ("code=H17", 503, Ending::UpstreamError, None),
            ("code=H26", 400, Ending::Policy, None),
            ("code=H27", 499, Ending::ClientLeft, None),
            ("code=H99", 503, Ending::Unsaid, None),
        ] {
            let line = format!("2026-11-20T07:48:12.848866+00:00 heroku[router]: at=error {code} {BODY} status={status} bytes=0");
            let e = event(&line);
            assert_eq!((e.ending, e.origin_status), (want, origin), "{code} {status}");
        }
        let e = event(
            "2026-11-20T07:48:12+00:00 heroku[router]: at=error code=H14 desc=\"No web processes running\" method=GET path=\"/\" host=www.example fwd=\"192.0.2.1\" dyno= connect= service= status=503 bytes=",
        );
        assert_eq!((e.duration, e.bytes, e.backend, e.status), (None, None, None, Some(503)));
    }

    #[test]
    fn messages_beside_the_router_are_no_requests() {
        for line in [
            "2026-11-20T07:48:12.848866+00:00 heroku[web.1]: State changed from starting to up",
            "2026-11-20T07:48:12.848866+00:00 app[web.1]: 192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] \"GET / HTTP/1.1\" 200 5",
            "<45>1 2026-11-20T07:48:12.848866+00:00 host heroku web.1 - Error R14 (Memory quota exceeded)",
        ] {
            assert_eq!(parsed(line), Parsed::Skip(Skip::ServerMessage), "{line}");
        }
    }

    #[test]
    fn other_lines_are_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            ("2026-13-20T07:48:12+00:00 heroku[router]: at=info method=GET path=\"/\" status=200", Reject::BadTime),
            ("Nov 20 07:48:12 lb1 haproxy[16702]: Proxy fe started.", Reject::UnknownFormat),
            ("at=info method=GET path=\"/\" status=200", Reject::UnknownFormat),
            ("2026-11-20T07:48:12Z the app - is here", Reject::UnknownFormat),
            ("", Reject::UnknownFormat),
        ] {
            let got = parsed(line);
            assert!(got == Parsed::Reject(want) || line.is_empty(), "{line}: {got:?}");
        }
    }
}

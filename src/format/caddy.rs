//! Caddy's access log: one JSON object a line, or the same behind four words of its console format.
//!
//! `ts` is when the answer was complete: the end. It is an epoch in seconds with decimals, or text, as
//! `time_format` says; `duration` is seconds with decimals, or text (`1.5ms`, `1m2.5s`), as
//! `duration_format` says. A whole number as duration may be of any unit and is left out.
//!
//! Quirks:
//! - `"status":0`: nothing was sent. The client left before the answer, or, within a millisecond, no
//!   handler had one (Caddy then sends an empty 200).
//! - 502, 503 and 504 with `"size":0` and no `Date` or `Content-Length` among the answer's headers: Caddy
//!   made the answer since its upstream did not. What the upstream said is not logged.
//! - `"logger":"http.log.error"` tells of a request that the access log tells of too, with the reason: set
//!   aside. Other loggers' lines (`"logger":"http.handlers.reverse_proxy"`) are messages of the server.
//! - `client_ip` (2.7) is the client after trusted proxies, else `remote_ip`; 2.4 and older have
//!   `remote_addr`, with the port, and a member `common_log`, which says nothing more and is passed over.
//! - Headers are arrays: `"User-Agent":["curl/8"]`; the first element counts.
//! - Console: `2026/11/20 07:48:12.123<tab>INFO<tab>http.log.access<tab>handled request<tab>{..}`, the stamp
//!   in front, in the server's local time without a zone or as an epoch.

use super::part::clf::read;
use super::part::draft::Draft;
use super::part::field::Raw;
use super::part::json::{Read, walk};
use super::part::slot::{Keys, Slot};
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Ending, Event, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use memchr::{memchr, memmem};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "caddy",
        about: "Caddy JSON and console",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
            "bytes",
            "duration",
            "user_agent",
            "referrer",
            "request_id",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Balancer,
        blind: "the status of the upstream is not logged: an error with a body may be its own or Caddy's",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"level":"info","ts":1795160893.443459,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"192.0.2.1","remote_port":"51360","client_ip":"192.0.2.1","proto":"HTTP/2.0","method":"GET","host":"www.example","uri":"/a?b=c","headers":{"User-Agent":["curl/8"],"Referer":["https://example.net/"],"X-Request-Id":["a1"],"Accept":["*/*"]}},"bytes_read":0,"user_id":"","duration":0.000794,"size":18630,"status":200,"resp_headers":{"Server":["Caddy"],"Content-Type":["text/html; charset=utf-8"]}}"#,
            r#"{"level":"error","ts":"2026-11-20T07:48:14.433Z","logger":"http.log.access","msg":"handled request","request":{"remote_addr":"[2001:db8::7]:51348","proto":"HTTP/1.1","method":"GET","host":"www.example","uri":"/b","headers":{"User-Agent":["curl/8"]}},"common_log":"2001:db8::7 - - [20/Nov/2026:07:48:14 +0000] \"GET /b HTTP/1.1\" 502 0","duration":3.0012,"size":0,"status":502,"resp_headers":{"Server":["Caddy"]}}"#,
        ],
    },
    || Arc::new(Caddy { keys: Keys::new(KEYS) }),
);

const LOGGER: Slot = Slot::Note0;
const ANSWERED: Slot = Slot::Note1;
const SIZE: Slot = Slot::Bytes;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("ts", Slot::Time),
    ("logger", LOGGER),
    ("request.client_ip", Slot::Client),
    ("request.remote_ip", Slot::Peer),
    ("request.remote_addr", Slot::Peer),
    ("request.headers.X-Forwarded-For", Slot::Forwarded),
    ("request.method", Slot::Method),
    ("request.proto", Slot::Protocol),
    ("request.host", Slot::Host),
    ("request.uri", Slot::Target),
    ("request.headers.User-Agent", Slot::UserAgent),
    ("request.headers.Referer", Slot::Referrer),
    ("request.headers.X-Request-Id", Slot::RequestId),
    ("duration", Slot::Duration),
    ("size", SIZE),
    ("status", Slot::Status),
    ("resp_headers.Date", ANSWERED),
    ("resp_headers.Content-Length", ANSWERED),
];

/// Shortest time in which a client can be said to have given up, in microseconds.
///
/// Why: a request that no handler answers takes some microseconds; a client that leaves had to send its
/// request and to lose its patience.
const PATIENCE: i64 = 1_000;

#[derive(Debug)]
struct Caddy {
    keys: Keys,
}

impl Dialect for Caddy {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            const MARKS: [&[u8]; 3] = [b"http.log.access", b"http.log.error", b"\"logger\":\"http"];
            if !MARKS.iter().any(|mark| memmem::find(line, mark).is_some()) {
                return Err(Reject::UnknownFormat);
            }
            let mut draft = Draft::default();
            let json = if line.first() == Some(&b'{') { line } else { console(line, &mut draft).ok_or(Reject::UnknownFormat)? };
            let read = walk(json, &mut |path, raw| {
                if let Some(slot) = self.keys.slot(path) {
                    draft.put(slot, raw);
                }
            });
            draft.repaired = read.ok_or(Reject::UnknownFormat)? == Read::Repaired;
            make(&draft)
        })
    }
}

/// Reads the words of a console line into `draft`; gives the JSON behind them.
fn console<'a>(line: &'a [u8], draft: &mut Draft<'a>) -> Option<&'a [u8]> {
    let mut rest = line;
    for slot in [Slot::Time, Slot::Ignore, LOGGER, Slot::Ignore] {
        let (word, after) = rest.split_at(memchr(b'\t', rest)?);
        draft.put(slot, Raw::plain(word));
        rest = after.get(1..)?;
    }
    (rest.first() == Some(&b'{')).then_some(rest)
}

fn make<'a>(draft: &Draft<'a>) -> Result<Parsed<'a>, Reject> {
    let logger = draft.bytes(LOGGER).unwrap_or_default();
    let is_error = logger.starts_with(b"http.log.error");
    if !is_error && !logger.starts_with(b"http.log.access") {
        let server = logger.starts_with(b"http");
        return if server { Ok(Parsed::Skip(Skip::ServerMessage)) } else { Err(Reject::UnknownFormat) };
    }
    if !draft.has(Slot::Method) || !(draft.has(Slot::Status) || is_error) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    event.ending = ending(&event, draft.has(ANSWERED));
    Ok(if is_error { Parsed::Aside(event, Skip::ServerMessage) } else { Parsed::Event(event) })
}

fn ending(event: &Event<'_>, answered: bool) -> Ending {
    match (event.status, event.bytes) {
        (None, _) if event.duration.is_some_and(|d| d < PATIENCE) => Ending::Unsaid,
        (None | Some(499), _) => Ending::ClientLeft,
        (Some(502..=504), None | Some(0)) if !answered => Ending::UpstreamUnreachable,
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    fn read(line: &str) -> Parsed<'_> {
        (FORMAT.dialect)().line(line.as_bytes())
    }

    fn event(line: &str) -> Event<'_> {
        match read(line) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn line(ts: &str, duration: &str, status: &str) -> String {
        format!(
            r#"{{"level":"info","ts":{ts},"logger":"http.log.access.log0","msg":"handled request","request":{{"remote_ip":"192.0.2.1","method":"GET","host":"x.example:8080","uri":"/a?b","headers":{{"User-Agent":["curl/8","2"]}}}},"duration":{duration},{status}}}"#
        )
    }

    #[test]
    fn stamps_and_durations_of_every_kind_are_read() {
        for (ts, duration, want, micros) in [
            ("1795160892.25", "0.000002693", "2026-11-20T07:48:12.25Z", Some(2)),
            ("1795160892250.5", "\"1.5ms\"", "2026-11-20T07:48:12.2505Z", Some(1_500)),
            ("\"2026-11-20T07:48:12.250Z\"", "\"1m2.5s\"", "2026-11-20T07:48:12.25Z", Some(62_500_000)),
            ("\"2026/11/20 07:48:12.250\"", "0", "2026-11-20T07:48:12.25Z", Some(0)),
            ("1795160892250000000", "17", "2026-11-20T07:48:12.25Z", None),
        ] {
            let line = line(ts, duration, r#""size":5,"status":200"#);
            let e = event(&line);
            assert_eq!((e.stamp.to_string().as_str(), e.end, e.duration), (want, Some(e.stamp), micros), "{ts} {duration}");
            assert_eq!(
                [shown(&e.client), shown(&e.host), shown(&e.query), shown(&e.user_agent)],
                ["192.0.2.1", "x.example:8080", "b", "curl/8"]
            );
        }
    }

    #[test]
    fn status_and_size_say_what_can_be_said() {
        for (duration, answer, want) in [
            ("1.0", r#""size":0,"status":0"#, Ending::ClientLeft),
            ("0.000002", r#""size":0,"status":0"#, Ending::Unsaid),
            ("1.0", r#""size":0,"status":499"#, Ending::ClientLeft),
            ("1.0", r#""size":0,"status":502"#, Ending::UpstreamUnreachable),
            ("1.0", r#""size":0,"status":503,"resp_headers":{"Content-Length":["0"]}"#, Ending::Unsaid),
            ("1.0", r#""size":77,"status":503"#, Ending::Unsaid),
            ("1.0", r#""size":0,"status":500"#, Ending::Unsaid),
            ("1.0", r#""size":0,"status":304"#, Ending::Unsaid),
        ] {
            let line = line("1795160892.25", duration, answer);
            assert_eq!(event(&line).ending, want, "{answer}");
        }
    }

    #[test]
    fn the_console_format_is_read_too() {
        for stamp in ["2026/11/20 07:48:12.250", "1795160892.250"] {
            let line = format!(
                "{stamp}\tINFO\thttp.log.access.log0\thandled request\t{}",
                r#"{"request":{"remote_addr":"192.0.2.1:5","method":"GET","host":"x.example","uri":"/a"},"duration":0.5,"size":5,"status":200}"#
            );
            let e = event(&line);
            assert_eq!((e.stamp.to_string().as_str(), e.duration), ("2026-11-20T07:48:12.25Z", Some(500_000)), "{stamp}");
            assert_eq!([shown(&e.client), shown(&e.path)], ["192.0.2.1", "/a"]);
        }
    }

    #[test]
    fn other_loggers_lines_are_no_requests() {
        let error =
            line("1795160892.25", "0.1", r#""status":502,"err_id":"x""#).replace("http.log.access.log0", "http.log.error.log0");
        assert!(matches!(read(&error), Parsed::Aside(e, Skip::ServerMessage) if e.status == Some(502)));
        let handler = r#"{"level":"debug","ts":1795160892.25,"logger":"http.handlers.reverse_proxy","msg":"upstream roundtrip","request":{"method":"GET"},"status":502}"#;
        assert_eq!(read(handler), Parsed::Skip(Skip::ServerMessage));
    }

    #[test]
    fn foreign_json_is_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            (
                r#"{"level":"info","ts":1795160892.25,"logger":"app","msg":"http.log.access","status":200}"#.to_owned(),
                Reject::UnknownFormat,
            ),
            (r#"{"ts":1795160892.25,"status":200,"request":{"method":"GET"}}"#.to_owned(), Reject::UnknownFormat),
            (line("\"yesterday\"", "0.1", r#""status":200"#), Reject::BadTime),
        ] {
            assert_eq!(read(&line), Parsed::Reject(want), "{line}");
        }
    }
}

//! `combined`: common plus `"referrer" "user agent"`. Apache, nginx, LiteSpeed, h2o and lighttpd
//! write it by default.
//!
//! Apache stamps the start of a request and nginx its end, and nothing in the line tells which
//! server wrote it: the stamp's meaning is unknown.
//!
//! Quirks:
//! - A tail of the administrator's own behind the user agent, as in `"curl/8" 87 137 2500850 2 X`:
//!   accepted and not interpreted, since the same figure may be bytes, seconds or microseconds.
//! - A forwarded-for list in that tail (`"192.0.2.1, 10.0.0.1"`, `X-Forwarded-For="192.0.2.1"`):
//!   the client is taken from it where the peer is a private address. `"10.0.0.5:8080"`, private and
//!   with a port, is an upstream and no client.
//! - Status 499 is nginx's word for "the client left".

use super::part::clf::read;
use super::part::tail::{Forwarded, tailed};
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "combined",
        about: "combined: the default of Apache, nginx, LiteSpeed, h2o and lighttpd",
        fields: &["client", "host", "method", "path", "query", "status", "bytes", "user_agent", "referrer", "ending"],
        stamp: Stamp::Unknown,
        tier: Tier::Unknown,
        blind: "no duration, no upstream status, and the format does not tell whether the stamp is a request's start or end",
        specificity: 2,
        zoneless: false,
        samples: &[
            r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a?b=c HTTP/1.1" 200 512 "https://example.net/" "My \"Agent\" 1""#,
            r#"192.0.2.2 www.example - [20/Nov/2026:07:48:13 +0000] "GET /a HTTP/1.1" 499 0 "-" "curl/8""#,
        ],
    },
    || Arc::new(Combined),
);

#[derive(Debug)]
struct Combined;

impl Dialect for Combined {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| tailed(line, FORMAT.facts.stamp, |_, _: &Forwarded<'a>| true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ending;
    use crate::format::part::clf::shown;
    use crate::ledger::Skip;

    fn event(line: &str) -> crate::event::Event<'_> {
        match Combined.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn whatever_the_request_was_the_line_is_an_event() {
        for (request, method, path) in [
            ("GET /a?b HTTP/1.1", "GET", "/a"),
            ("", "-", "-"),
            ("-", "-", "-"),
            ("HELP", "-", "-"),
            ("GET /", "GET", "/"),
            ("OPTIONS * HTTP/1.1", "OPTIONS", "*"),
            ("GET http://x.example/y HTTP/1.1", "GET", "/y"),
            (r"\x16\x03\x01\x02\x00\x01", "-", "-"),
            (r#"GET /a"b c" d HTTP/1.1"#, "GET", r#"/a"b c" d"#),
            (r#"GET /raw\"quote\\back HTTP/1.1"#, "GET", r#"/raw"quote\back"#),
        ] {
            let line = format!(r#"192.0.2.1 - john doe [20/Nov/2026:07:47:59 +0000] "{request}" 400 157 "-" "-""#);
            let e = event(&line);
            assert_eq!(
                (shown(&e.method).as_str(), shown(&e.path).as_str(), e.status, e.bytes),
                (method, path, Some(400), Some(157))
            );
            assert_eq!((shown(&e.client).as_str(), e.user_agent.as_deref()), ("192.0.2.1", None), "{request}");
        }
    }

    #[test]
    fn bytes_that_are_no_utf8_are_kept_as_they_are() {
        let line = b"192.0.2.1 - - [20/Nov/2026:07:47:59 +0000] \"GET /caf\xE9 HTTP/1.1\" 200 5 \"-\" \"\xFF\"";
        match Combined.line(line) {
            Parsed::Event(e) => {
                assert_eq!((e.path.as_deref(), e.user_agent.as_deref()), (Some(&b"/caf\xE9"[..]), Some(&b"\xFF"[..])))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn unknown_tails_are_accepted_and_a_forwarded_list_among_them_is_used() {
        for (peer, tail, client) in [
            ("192.0.2.1", "", "192.0.2.1"),
            ("192.0.2.1", " 87 137 2500850 2 X 0 av_7N-oeQXKNJP9 \"-\" 1795160887553", "192.0.2.1"),
            ("10.0.0.1", " 12 \"203.0.113.9, 10.0.0.2\"", "203.0.113.9"),
            ("10.0.0.1", " X-Forwarded-For=\"203.0.113.9\"", "203.0.113.9"),
            ("192.0.2.1", " X-Forwarded-For=\"10.0.0.2,10.0.0.1\"", "192.0.2.1"),
            ("10.0.0.1", " \"-\"", "10.0.0.1"),
            ("10.0.0.1", " \"10.0.0.5:8080\"", "10.0.0.1"),
            ("10.0.0.1", " \"10.0.0.5:8080, 10.0.0.6:8080\" \"203.0.113.9\"", "203.0.113.9"),
            ("10.0.0.1", " \"203.0.113.9:4711\"", "203.0.113.9"),
            ("10.0.0.1", " \"never closed", "10.0.0.1"),
        ] {
            let line = format!(r#"{peer} - - [20/Nov/2026:07:47:59 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"{tail}"#);
            assert_eq!(shown(&event(&line).client), client, "{line}");
        }
    }

    #[test]
    fn a_request_the_server_made_to_itself_is_no_user() {
        let line =
            br#"::1 - - [20/Nov/2026:07:47:59 +0000] "OPTIONS * HTTP/1.0" 200 126 "-" "Apache/2.4 (internal dummy connection)""#;
        assert_eq!(Combined.line(line), Parsed::Skip(Skip::Internal));
    }

    #[test]
    fn a_499_is_a_client_that_left_and_no_instant_is_guessed() {
        let e = event(r#"192.0.2.1 - - [20/Nov/2026:07:47:59 +0000] "GET / HTTP/1.1" 499 0 "-" "curl/8""#);
        assert_eq!((e.ending, e.start, e.end), (Ending::ClientLeft, None, None));
    }
}

//! Envoy's default text log, as Envoy itself, Contour, Envoy Gateway and Ambassador write it:
//! `[time] "request" status flags received sent duration upstream "forwarded" "agent" "id" "authority"
//! "upstream host"`.
//!
//! The stamp is the request's start, in milliseconds and UTC; durations are milliseconds. How lines are
//! read and who ended an exchange: `src/format/part/envoy.rs`.
//!
//! Quirks:
//! - `received` and `sent` are the bodies of request and answer; bytes are those sent. Parsers that are
//!   often copied have them the other way round.
//! - `"- - -" 0`: a TCP connection, no request: set aside. `"- - HTTP/1.1" 400`: a request that could not
//!   be read, and an event.
//! - Status 0: the client left before the answer.
//! - `"tcp://192.0.2.80:80"`: old versions name a scheme; left out.
//! - `ACCESS [2026-11-20T07:48:12.980Z] ..`: Ambassador's prefix, passed over.
//! - Values are not quoted: `"My "Agent""` ends at a quote that a space follows.
//! - The address of the peer is not logged: the client is the forwarded-for list's.

use super::part::clf::read;
use super::part::envoy;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::Reject;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "envoy",
        about: "Envoy default text (Contour, Envoy Gateway, Ambassador)",
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
            "user_agent",
            "request_id",
            "ending",
        ],
        stamp: Stamp::Start,
        tier: Tier::Balancer,
        blind: "the peer's address is not logged: without a forwarded-for header a line has no client",
        specificity: 8,
        zoneless: false,
        samples: &[
            r#"[2026-11-20T07:48:12.980Z] "GET /a?b=c HTTP/1.1" 200 - 0 89 41 39 "203.0.113.9" "curl/8" "078d1daa-b786-4d6d-85a5-7e4366adaa19" "www.example" "192.0.2.80:80""#,
            r#"ACCESS [2026-11-20T07:48:13.101Z] "POST /b HTTP/2" 503 UF,URX 154 91 226 - "2001:db8::7" "curl/8" "cc21d9b0-cf5c-432b-8c7e-98aeb7988cd2" "www.example" "192.0.2.81:80""#,
        ],
    },
    || Arc::new(Envoy),
);

#[derive(Debug)]
struct Envoy;

impl Dialect for Envoy {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            let read = envoy::text(line)?;
            if read.is_istio { Err(Reject::UnknownFormat) } else { Ok(read.parsed) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Ending, Event};
    use crate::format::part::clf::shown;
    use crate::ledger::Skip;

    fn event(line: &str) -> Event<'_> {
        match Envoy.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn every_value_finds_its_place() {
        let e = event(FORMAT.facts.samples[0]);
        assert_eq!(e.start.map(|t| t.to_string()).as_deref(), Some("2026-11-20T07:48:12.98Z"));
        assert_eq!((e.bytes, e.duration, e.origin_status, e.ending), (Some(89), Some(41_000), Some(200), Ending::Unsaid));
        assert_eq!(
            [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.backend), shown(&e.user_agent)],
            ["203.0.113.9", "www.example", "/a", "b=c", "192.0.2.80:80", "curl/8"]
        );
    }

    #[test]
    fn without_details_flags_and_the_next_tiers_time_say_who_answered() {
        for (middle, upstream, origin, want) in [
            ("503 - 0 89 41 39", "192.0.2.80:80", Some(503), Ending::UpstreamError),
            ("503 - 0 89 41 -", "192.0.2.80:80", Some(503), Ending::UpstreamError),
            ("503 UC 0 95 41 -", "192.0.2.80:80", None, Ending::UpstreamUnreachable),
            ("503 UH 0 19 0 -", "-", None, Ending::UpstreamUnreachable),
            ("404 NR 0 0 0 -", "-", None, Ending::Policy),
            ("301 - 0 0 0 -", "-", None, Ending::Unsaid),
            ("0 DC 0 0 900 -", "192.0.2.80:80", None, Ending::ClientLeft),
        ] {
            let line = format!(r#"[2026-11-20T07:48:12.980Z] "GET / HTTP/1.1" {middle} "203.0.113.9" "-" "-" "x" "{upstream}""#);
            let e = event(&line);
            assert_eq!((e.origin_status, e.ending), (origin, want), "{middle}");
        }
    }

    #[test]
    fn odd_lines_are_understood() {
        let e =
            event(r#"[2026-11-20T07:48:12.980Z] "- - HTTP/1.1" 400 DPE 0 11 0 - "-" "My "Agent" \ v1" "-" "-" "-" more words"#);
        assert_eq!((shown(&e.method), shown(&e.user_agent).as_str(), e.client), ("-".into(), r#"My "Agent" \ v1"#, None));
        let tcp = r#"[2026-11-20T07:48:12.533Z] "- - -" 0 - 87 254 4 - "-" "-" "-" "-" "192.0.2.80:80""#;
        assert!(matches!(Envoy.line(tcp.as_bytes()), Parsed::Aside(e, Skip::Connection) if e.bytes == Some(254)));
    }

    #[test]
    fn other_lines_are_refused_and_a_wrong_date_is_named() {
        let sample = FORMAT.facts.samples[0];
        for (line, want) in [
            ("", Parsed::Skip(Skip::Blank)),
            (&sample.replace("-20T", "-40T")[..], Parsed::Reject(Reject::BadTime)),
            (&sample.replace(" 200 ", " abc "), Parsed::Reject(Reject::UnknownFormat)),
            (&sample.replace(" 0 89", " x 89"), Parsed::Reject(Reject::UnknownFormat)),
            ("[2026-11-20T07:48:12.980Z] \"GET / HTTP/1.1\" 200 5 \"-\" \"c\"", Parsed::Reject(Reject::UnknownFormat)),
        ] {
            assert_eq!(Envoy.line(line.as_bytes()), want, "{line}");
        }
    }
}

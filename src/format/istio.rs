//! Istio's text log: Envoy's, with `details termination "failure"` behind the flags and `cluster local
//! local remote sni route` behind the upstream host.
//!
//! How lines are read and who ended an exchange: `src/format/part/envoy.rs`.
//!
//! Quirks:
//! - **Each request inside the mesh is logged twice**, by the sidecar of the caller (`outbound|8000||..`)
//!   and by that of the callee (`inbound|8000||`), mostly in files of their own. Neither is dropped here:
//!   both tell of the same host as backend, and share the request id.
//! - `503 UH no_healthy_upstream - "-" .. "-" outbound|8000||httpbin.example`: no host was chosen; the
//!   backend is the cluster.
//! - Old versions have no details: `200 - "-" "-" 0 135 25 25 ..`: the flags say who ended it.
//! - `via_upstream` alone means that the next tier answered; `upstream_reset_after_response_started{..}`
//!   that it began to.
//! - The client is the downstream's remote address unless that is private; then the forwarded-for list's.
//! - `"- - -" 0 - - - "-" 1234 5678 ..`: a TCP connection, no request: set aside.

use super::part::clf::read;
use super::part::envoy;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::Reject;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "istio",
        about: "Istio (Envoy) text",
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
        blind: "inside a mesh each request is logged twice, by the caller's and by the callee's sidecar, and both are counted: name one side's files",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"[2026-11-20T07:48:12.362Z] "GET /a?b=c HTTP/1.1" 200 - via_upstream - "-" 0 135 25 24 "203.0.113.9" "curl/8" "adc1465d-589f-9119-bdcf-2ea373ff7d7a" "www.example:8000" "10.0.0.7:80" outbound|8000||www.example 10.0.0.6:57130 10.0.0.9:8000 10.0.0.6:50514 - default"#,
            r#"[2026-11-20T07:48:13.118Z] "GET /a HTTP/1.1" 503 UH no_healthy_upstream - "-" 0 19 1 - "-" "curl/8" "5735b2d0-4949-9384-b082-9d4c368eb9dc" "www.example:8000" "-" outbound|8000||www.example - 10.0.0.9:8000 10.0.0.6:44690 - default"#,
        ],
    },
    || Arc::new(Istio),
);

#[derive(Debug)]
struct Istio;

impl Dialect for Istio {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            let read = envoy::text(line)?;
            if read.is_istio { Ok(read.parsed) } else { Err(Reject::UnknownFormat) }
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
        match Istio.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn clients_backends_and_endings_are_told() {
        let [answered, nobody] = FORMAT.facts.samples else { panic!("two samples") };
        let e = event(answered);
        assert_eq!((e.bytes, e.duration, e.origin_status, e.ending), (Some(135), Some(25_000), Some(200), Ending::Unsaid));
        assert_eq!([shown(&e.client), shown(&e.peer), shown(&e.backend)], ["203.0.113.9", "10.0.0.6", "10.0.0.7:80"]);
        let e = event(nobody);
        assert_eq!((e.origin_status, e.ending), (None, Ending::UpstreamUnreachable));
        assert_eq!([shown(&e.client), shown(&e.backend)], ["10.0.0.6", "outbound|8000||www.example"]);
    }

    #[test]
    fn other_ages_of_the_format_are_read() {
        let tail = r#""-" "curl/8" "id" "h:80" "10.0.0.7:80" inbound|80|| - 10.0.0.9:80 [2001:db8::7]:50514 - default"#;
        for (middle, status, bytes, origin, want) in [
            (r#"200 - "-" "-" 0 135 25 24"#, Some(200), Some(135), Some(200), Ending::Unsaid),
            (r#"200 - "-" 0 135 25 24"#, Some(200), Some(135), Some(200), Ending::Unsaid),
            (r#"0 DC downstream_remote_disconnect - "-" 0 0 900 -"#, None, Some(0), None, Ending::ClientLeft),
            (
                r#"503 UF,URX upstream_reset_before_response_started{connection failure, TLS error} - "TLS error: 1" 0 91 9 -"#,
                Some(503),
                Some(91),
                None,
                Ending::UpstreamUnreachable,
            ),
            (
                r#"200 UC upstream_reset_after_response_started{x} - "-" 0 44 9 8"#,
                Some(200),
                Some(44),
                Some(200),
                Ending::CutShort,
            ),
        ] {
            let line = format!(r#"[2026-11-20T07:48:12.362Z] "GET /a HTTP/1.1" {middle} {tail}"#);
            let e = event(&line);
            assert_eq!((e.status, e.bytes, e.origin_status, e.ending), (status, bytes, origin, want), "{middle}");
            assert_eq!(shown(&e.client), "2001:db8::7");
        }
    }

    #[test]
    fn connections_are_set_aside_and_plain_envoy_is_refused() {
        let tcp = r#"[2026-11-20T07:48:12.362Z] "- - -" 0 - - - "-" 1234 5678 100 - "-" "-" "-" "-" "10.0.0.7:3306" outbound|3306||db.example 10.0.0.6:1 10.0.0.9:3306 10.0.0.6:2 - -"#;
        assert!(matches!(Istio.line(tcp.as_bytes()), Parsed::Aside(e, Skip::Connection) if e.bytes == Some(5678)));
        let plain = r#"[2026-11-20T07:48:12.980Z] "GET / HTTP/1.1" 200 - 0 89 41 39 "-" "curl/8" "id" "h" "192.0.2.80:80""#;
        assert_eq!(Istio.line(plain.as_bytes()), Parsed::Reject(Reject::UnknownFormat));
        let late = FORMAT.facts.samples[0].replace("2026-11-20", "2026-11-31");
        assert_eq!(Istio.line(late.as_bytes()), Parsed::Reject(Reject::BadTime));
    }
}

//! nginx Proxy Manager: the formats `proxy` and `standard` of its image.
//!
//! ```text
//! [time] MISS 200 200 - GET https www.example "/x" [Client 192.0.2.1] [Length 1543] [Gzip 2.45] [Sent-to 10.0.0.15] "agent" "referrer"
//! [time] 301 - POST http www.example "/x" [Client 192.0.2.1] [Length 0] [Gzip -] "agent" "referrer"
//! ```
//!
//! The first has cache result, upstream status and status; the second is of hosts that only redirect
//! or answer by themselves. The stamp is the end of the request.
//!
//! Quirks:
//! - Agent and referrer stand the other way round than in combined.
//! - A 502 or 504 does not tell whether the upstream made it: neither header time nor length is logged
//!   ([`super::part::upstream`]).
//! - Its error log (`2026/11/20 07:47:58 [error] 334#334: *338 user "x": password mismatch`) is no
//!   access log.

use super::part::draft::Draft;
use super::part::field::Quoting;
use super::part::slot::Slot;
use super::part::template::Shapes;
use super::{Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::Reject;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "nginx-proxy-manager",
        about: "nginx Proxy Manager, proxy and standard",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
            "origin_status",
            "bytes",
            "cache",
            "backend",
            "user_agent",
            "referrer",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Balancer,
        blind: "no duration; a 502 or 504 does not tell whether the backend or nginx made it",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"[20/Nov/2026:07:48:12 +0000] MISS 500 500 - GET https www.example "/a?b=c" [Client 192.0.2.1] [Length 1543] [Gzip 2.45] [Sent-to 10.0.0.15] "curl/8" "https://example.net/""#,
            r#"[20/Nov/2026:07:48:13 +0000] 301 - POST http old.example "/form" [Client 192.0.2.2] [Length 166] [Gzip -] "curl/8" "-""#,
        ],
    },
    || Arc::new(Shapes::new(SHAPES, Quoting::Backslash, make)),
);

/// `proxy` and `standard`.
const SHAPES: &[&str] = &[
    r#"[{time}] {cache} {origin_status*} {status} - {method} {_} {host} "{target}" [Client {client}] [Length {bytes}] [Gzip {_}] [Sent-to {backend}] "{user_agent}" "{referrer}""#,
    r#"[{time}] {status} - {method} {_} {host} "{target}" [Client {client}] [Length {bytes}] [Gzip {_}] "{user_agent}" "{referrer}""#,
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    if !draft.has(Slot::Status) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    draft.upstream().put(&mut event);
    Ok(Parsed::Event(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Cache, Ending, Event};
    use crate::format::part::clf::shown;

    fn event(line: &str) -> Event<'_> {
        match (FORMAT.dialect)().line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn both_shapes_give_the_request_and_who_answered() {
        let rest = r#"- GET https www.example "/a?b=c" [Client 2001:db8::7] [Length 15] [Gzip -]"#;
        for (head, sent, cache, status, origin, backend, ending) in [
            ("HIT 200 200", " [Sent-to 10.0.0.15:8080]", Some(Cache::Hit), 200, Some(200), "10.0.0.15:8080", Ending::Unsaid),
            ("- 500 500", " [Sent-to app]", None, 500, Some(500), "app", Ending::UpstreamError),
            ("- 502, 502 502", " [Sent-to app]", None, 502, None, "app", Ending::Unsaid),
            ("- - 304", " [Sent-to app]", None, 304, None, "app", Ending::Unsaid),
            ("- - 499", " [Sent-to app]", None, 499, None, "app", Ending::ClientLeft),
            ("404", "", None, 404, None, "-", Ending::Unsaid),
        ] {
            let line = format!(r#"[20/Nov/2026:07:48:12 +0100] {head} {rest}{sent} "My "Agent" 1" "https://example.net/""#);
            let e = event(&line);
            assert_eq!((e.cache, e.status, e.origin_status, e.ending), (cache, Some(status), origin, ending), "{line}");
            assert_eq!(
                [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.backend), shown(&e.user_agent)],
                ["2001:db8::7", "www.example", "/a", "b=c", backend, r#"My "Agent" 1"#]
            );
            assert_eq!((e.bytes, e.stamp.to_string().as_str(), e.end), (Some(15), "2026-11-20T06:48:12Z", Some(e.stamp)));
        }
    }

    #[test]
    fn other_lines_are_refused_and_a_wrong_date_is_named() {
        let good = FORMAT.facts.samples[0];
        for (line, want) in [
            (good.replace("20/Nov", "31/Feb"), Reject::BadTime),
            (good.replace("500 500", "500 5x0"), Reject::UnknownFormat),
            (good.replace("[Client", "[Peer"), Reject::UnknownFormat),
            (r#"2026/11/20 07:47:58 [error] 334#334: *338 user "x": password mismatch"#.into(), Reject::UnknownFormat),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

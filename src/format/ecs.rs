//! Access logs in the Elastic Common Schema: JSON, nested or with dotted names, as Elastic's agents and
//! integrations (nginx, Apache, HAProxy, Traefik, Envoy, ...) write them and Elasticsearch exports them.
//!
//! A line is an access record if it tells `http.response.status_code` and a client, a method or a URL.
//!
//! Quirks:
//! - `event.duration` is nanoseconds. `event.start` and `event.end` go before `@timestamp`, whose instant
//!   is that of the server it was read from: known by `event.dataset` (`nginx.access` stamps the end,
//!   `apache.access` the start), else unknown.
//! - `url.original` is what the request asked for, a path with its query or a whole URL.
//! - `source.address` may be a name; `source.ip` and `client.ip` go before it.
//! - `"event":{"kind":"alert"}`: a firewall's or a detection's record of a request; set aside.
//! - An upstream's status of 502 or 504 is nginx's own where nobody answered; the length of the
//!   upstream's answer tells it: [`super::part::upstream`].
//! - A document exported from Elasticsearch has its members inside `_source`.

use super::part::draft::Draft;
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Ending, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "ecs",
        about: "access logs in the Elastic Common Schema (JSON)",
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
            "referrer",
            "request_id",
            "ending",
        ],
        stamp: Stamp::Unknown,
        tier: Tier::Unknown,
        blind: "what the server logged beyond the schema's common fields is not read",
        specificity: 8,
        zoneless: false,
        samples: &[
            r#"{"@timestamp":"2026-11-20T07:48:12.056Z","ecs":{"version":"8.11.0"},"event":{"dataset":"nginx.access","kind":"event","duration":23000000},"source":{"address":"192.0.2.1","ip":"192.0.2.1"},"http":{"request":{"method":"GET","referrer":"https://example.net/","id":"r1"},"response":{"status_code":200,"body":{"bytes":900}}},"url":{"domain":"www.example","original":"/a?b=c","path":"/a","query":"b=c"},"user_agent":{"original":"curl/8"}}"#,
            r#"{"@timestamp":"2026-11-20T07:48:13.056Z","event.dataset":"nginx.ingress_controller","source.ip":"2001:db8::7","http.request.method":"POST","http.response.status_code":503,"url.path":"/b","nginx.ingress_controller.upstream.response.status_code":503,"nginx.ingress_controller.upstream.ip":"10.0.0.2"}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["status_code\""], keys(), make)),
);

const KIND: Slot = Slot::Note0;
const DATASET: Slot = Slot::Note1;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("@timestamp", Slot::Time),
    ("event.start", Slot::Start),
    ("event.end", Slot::End),
    ("event.duration", Slot::Nanos),
    ("source.ip", Slot::Client),
    ("client.ip", Slot::Client),
    ("client.address", Slot::Peer),
    ("source.address", Slot::Peer),
    ("network.forwarded_ip", Slot::Forwarded),
    ("http.request.headers.x-forwarded-for", Slot::Forwarded),
    ("http.request.method", Slot::Method),
    ("http.request.referrer", Slot::Referrer),
    ("http.request.id", Slot::RequestId),
    ("url.original", Slot::Target),
    ("url.full", Slot::OtherTarget),
    ("url.path", Slot::Path),
    ("url.query", Slot::Query),
    ("url.domain", Slot::Host),
    ("destination.domain", Slot::OtherHost),
    ("server.domain", Slot::OtherHost),
    ("http.response.status_code", Slot::Status),
    ("http.response.body.bytes", Slot::Bytes),
    ("http.response.bytes", Slot::TotalBytes),
    ("user_agent.original", Slot::UserAgent),
    ("event.kind", KIND),
    ("event.dataset", DATASET),
    ("data_stream.dataset", DATASET),
    ("event.module", DATASET),
    ("nginx.ingress_controller.upstream.response.status_code", Slot::OriginStatus),
    ("nginx.ingress_controller.upstream.response.length", Slot::OriginLength),
    ("nginx.ingress_controller.upstream.ip", Slot::Backend),
    ("traefik.access.backend_url", Slot::Backend),
    ("haproxy.server_name", Slot::Backend),
];

/// The members, on top and inside `_source`.
fn keys() -> Keys {
    Keys::under(&["", "_source."], KEYS)
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let named = [Slot::Client, Slot::Peer, Slot::Method, Slot::Target, Slot::OtherTarget, Slot::Path];
    if !(draft.has(Slot::Status) && named.into_iter().any(|slot| draft.has(slot))) {
        return Err(Reject::UnknownFormat);
    }
    let dataset = draft.bytes(DATASET).unwrap_or_default();
    let mut event = draft.event(stamp(dataset))?;
    // HAProxy's word for no server.
    event.backend = event.backend.take().filter(|backend| &**backend != b"<NOSRV>");
    // Only nginx has an upstream's status in the schema.
    draft.upstream().put(&mut event);
    if event.status == Some(499) && !dataset.starts_with(b"nginx") {
        event.ending = Ending::Unsaid;
    }
    Ok(if draft.bytes(KIND) == Some(b"alert") { Parsed::Aside(event, Skip::Firewall) } else { Parsed::Event(event) })
}

/// Which instant `@timestamp` tells, by the server it was read from.
fn stamp(dataset: &[u8]) -> Stamp {
    let is = |names: &[&[u8]]| names.iter().any(|name| dataset.starts_with(name));
    if is(&[b"nginx"]) {
        Stamp::End
    } else if is(&[b"apache", b"traefik", b"haproxy", b"envoyproxy"]) {
        Stamp::Start
    } else {
        Stamp::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    #[test]
    fn nested_and_dotted_names_are_the_same() {
        for line in [
            r#"{"@timestamp":"2026-11-20T07:48:12.5Z","source":{"ip":"192.0.2.1"},"http":{"request":{"method":"GET"},"response":{"status_code":200,"body":{"bytes":9}}},"url":{"path":"/a","query":"b=c","domain":"x.example"},"event":{"duration":1500000}}"#,
            r#"{"@timestamp":"2026-11-20T07:48:12.5Z","client.ip":"192.0.2.1","http.request.method":"GET","http.response.status_code":"200","http.response.body.bytes":9,"url.original":"https://x.example/a?b=c","event.duration":1500000}"#,
            r#"{"_index":"logs","_source":{"@timestamp":"2026-11-20T07:48:12.5Z","source.address":"192.0.2.1","http":{"request.method":"GET","response.status_code":200,"response.bytes":9},"url.original":"/a?b=c","url.domain":"x.example","event":{"duration":1500000}}}"#,
        ] {
            let dialect = (FORMAT.dialect)();
            let Parsed::Event(e) = dialect.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!(
                [shown(&e.client), shown(&e.method), shown(&e.host), shown(&e.path), shown(&e.query)],
                ["192.0.2.1", "GET", "x.example", "/a", "b=c"],
                "{line}"
            );
            assert_eq!((e.status, e.bytes, e.duration, e.start), (Some(200), Some(9), Some(1_500), None), "{line}");
        }
    }

    #[test]
    fn the_instant_is_that_of_the_server_or_of_the_event() {
        let line = |more: &str| {
            format!(
                r#"{{"@timestamp":"2026-11-20T07:48:12Z","source.ip":"192.0.2.1","http.response.status_code":200,"event.duration":500000000{more}}}"#
            )
        };
        for (more, start) in [
            ("", "-"),
            (r#","event.dataset":"nginx.access""#, "2026-11-20T07:48:11.5Z"),
            (r#","event.dataset":"apache.access""#, "2026-11-20T07:48:12Z"),
            (r#","event.start":"2026-11-20T07:48:10.1Z""#, "2026-11-20T07:48:10.1Z"),
        ] {
            let line = line(more);
            let dialect = (FORMAT.dialect)();
            let Parsed::Event(e) = dialect.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!(e.start.map_or("-".into(), |t| t.to_string()), start, "{more}");
        }
    }

    #[test]
    fn an_error_is_the_upstreams_only_where_something_says_that_it_answered() {
        for (status, upstream, origin, want) in [
            (502, r#""status_code":502"#, None, Ending::Unsaid),
            (502, r#""status_code":502,"length":20"#, Some(502), Ending::UpstreamError),
            (502, r#""status_code":502,"length":0"#, None, Ending::UpstreamUnreachable),
            (500, r#""status_code":500"#, Some(500), Ending::UpstreamError),
            (502, r#""status_code":200"#, Some(200), Ending::Unsaid),
        ] {
            let line = format!(
                r#"{{"@timestamp":"2026-11-20T07:48:12Z","event.dataset":"nginx.ingress_controller","source.ip":"192.0.2.1","http.response":{{"status_code":{status},"body.bytes":157}},"nginx.ingress_controller.upstream.response":{{{upstream}}}}}"#
            );
            let dialect = (FORMAT.dialect)();
            let Parsed::Event(e) = dialect.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((e.origin_status, e.ending), (origin, want), "{status} {upstream}");
        }
    }

    #[test]
    fn alerts_are_set_aside_and_other_documents_refused() {
        let alert = r#"{"@timestamp":"2026-11-20T07:48:12Z","event":{"kind":"alert"},"source.ip":"192.0.2.1","http.response.status_code":403}"#;
        assert!(matches!((FORMAT.dialect)().line(alert.as_bytes()), Parsed::Aside(_, Skip::Firewall)));
        for (line, want) in [
            (r#"{"@timestamp":"2026-11-20T07:48:12Z","status_code":200,"method":"GET"}"#, Reject::UnknownFormat),
            (r#"{"@timestamp":"2026-11-20T07:48:12Z","http.response.status_code":200}"#, Reject::UnknownFormat),
            (r#"{"@timestamp":"x","http.response.status_code":200,"source.ip":"192.0.2.1"}"#, Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

//! Envoy's JSON logs, as Envoy, Istio, Envoy Gateway, Contour and Ambassador name their members.
//!
//! The stamp is the request's start; durations are milliseconds, as numbers or as text. How an exchange
//! ended: `src/format/part/envoy.rs`.
//!
//! Quirks:
//! - Names differ: Istio's `authority`, `path`, `request_id`, `upstream_service_time`; Envoy Gateway's
//!   `:authority`, `x-envoy-origin-path`, `x-request-id`, `x-envoy-upstream-service-time`; Contour's
//!   `@timestamp`. What is absent is `null` or `"-"`.
//! - `bytes_received` and `bytes_sent` are the bodies of request and answer; bytes are those sent.
//! - `"response_code":0` without a method and a protocol: a TCP connection, set aside; with them: the
//!   client left before the answer.
//! - Inside a mesh each request is logged by both sidecars (`"upstream_cluster":"outbound|.."` and
//!   `"inbound|.."`): neither is dropped, both tell of the same host as backend.

use super::part::draft::Draft;
use super::part::envoy::{Said, backend, conclude, timed};
use super::part::field::is_absent;
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::{Reject, Skip};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "envoy-json",
        about: "Envoy JSON (Istio, Envoy Gateway, Contour)",
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
        stamp: Stamp::Start,
        tier: Tier::Balancer,
        blind: "the configuration chooses the members; inside a mesh each request is logged twice, by the caller's and by the callee's sidecar, and both are counted: name one side's files",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{":authority":"www.example","bytes_received":0,"bytes_sent":358,"connection_termination_details":null,"downstream_local_address":"10.0.0.77:10080","downstream_remote_address":"192.0.2.45:33045","duration":15,"method":"GET","protocol":"HTTP/1.1","referer":"https://example.net/","response_code":200,"response_code_details":"via_upstream","response_flags":"-","route_name":"r/0","start_time":"2026-11-20T07:48:12.951Z","upstream_cluster":"c/0","upstream_host":"10.0.0.5:9080","user-agent":"curl/8","x-envoy-origin-path":"/a?b=c","x-envoy-upstream-service-time":"14","x-forwarded-for":"192.0.2.45","x-request-id":"a9864e02-c6f5-4375-a27d-3ffd7f312811"}"#,
            r#"{"authority":"www.example:8000","bytes_received":0,"bytes_sent":19,"downstream_remote_address":"10.0.0.13:43612","duration":1,"method":"GET","path":"/a","protocol":"HTTP/1.1","request_id":"9fcc7101-13bd-9753-98d6-820806088d9d","response_code":503,"response_code_details":"no_healthy_upstream","response_flags":"UH","start_time":"2026-11-20T07:48:13.656Z","upstream_cluster":"outbound|8000||www.example","upstream_host":null,"upstream_service_time":null,"user_agent":"curl/8","x_forwarded_for":null}"#,
        ],
    },
    || {
        Arc::new(JsonLines::new(
            &["\"response_flags\"", "\"response_code_details\"", "\"upstream_cluster\""],
            Keys::new(KEYS),
            make,
        ))
    },
);

const FLAGS: Slot = Slot::Note0;
const DETAILS: Slot = Slot::Note1;
const CLUSTER: Slot = Slot::Note2;
const PROTOCOL: Slot = Slot::Protocol;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    // A shipper may have added stamps of its own.
    ("start_time", Slot::FineTime),
    ("@timestamp", Slot::Time),
    ("timestamp", Slot::Time),
    ("downstream_remote_address", Slot::Client),
    ("downstream_direct_remote_address", Slot::Peer),
    ("x_forwarded_for", Slot::Forwarded),
    ("x-forwarded-for", Slot::Forwarded),
    ("method", Slot::Method),
    (":method", Slot::Method),
    ("x-envoy-origin-path", Slot::Target),
    ("x-envoy-original-path", Slot::Target),
    ("x_envoy_origin_path", Slot::Target),
    ("x_envoy_original_path", Slot::Target),
    ("path", Slot::OtherTarget),
    (":path", Slot::OtherTarget),
    ("protocol", PROTOCOL),
    ("authority", Slot::Host),
    (":authority", Slot::Host),
    ("response_code", Slot::Status),
    ("response_flags", FLAGS),
    ("response_code_details", DETAILS),
    ("bytes_sent", Slot::Bytes),
    ("duration", Slot::Millis),
    ("upstream_service_time", Slot::HeaderTime),
    ("x-envoy-upstream-service-time", Slot::HeaderTime),
    ("x_envoy_upstream_service_time", Slot::HeaderTime),
    ("upstream_host", Slot::Backend),
    ("upstream_cluster", CLUSTER),
    ("upstream_cluster_raw", CLUSTER),
    ("user_agent", Slot::UserAgent),
    ("user-agent", Slot::UserAgent),
    ("referer", Slot::Referrer),
    ("request_id", Slot::RequestId),
    ("x-request-id", Slot::RequestId),
    ("x_request_id", Slot::RequestId),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    if !draft.has(Slot::Status) || !(draft.has(FLAGS) || draft.has(DETAILS) || draft.has(CLUSTER)) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    let note = |slot| draft.bytes(slot).unwrap_or_default();
    let said = Said { flags: note(FLAGS), details: note(DETAILS), header: timed(draft.bytes(Slot::HeaderTime)) };
    conclude(&mut event, backend(note(Slot::Backend), draft.bytes(CLUSTER)), said);
    let connection = event.status.is_none() && event.method.is_none() && is_absent(note(PROTOCOL));
    Ok(if connection { Parsed::Aside(event, Skip::Connection) } else { Parsed::Event(event) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ending;
    use crate::format::part::clf::shown;

    fn line(more: &str) -> String {
        format!(r#"{{"start_time":"2026-11-20T07:48:12.951Z","downstream_remote_address":"[2001:db8::7]:5000"{more}}}"#)
    }

    #[test]
    fn names_of_every_kind_are_understood() {
        let [gateway, istio] = FORMAT.facts.samples else { panic!("two samples") };
        let dialect = (FORMAT.dialect)();
        let Parsed::Event(e) = dialect.line(gateway.as_bytes()) else { panic!("{gateway}") };
        assert_eq!((e.bytes, e.duration, e.origin_status, e.ending), (Some(358), Some(15_000), Some(200), Ending::Unsaid));
        assert_eq!(
            [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.backend)],
            ["192.0.2.45", "www.example", "/a", "b=c", "10.0.0.5:9080"]
        );
        let Parsed::Event(e) = dialect.line(istio.as_bytes()) else { panic!("{istio}") };
        assert_eq!((e.origin_status, e.ending), (None, Ending::UpstreamUnreachable));
        assert_eq!([shown(&e.client), shown(&e.backend)], ["10.0.0.13", "outbound|8000||www.example"]);
    }

    #[test]
    fn a_connection_is_told_from_a_client_that_left() {
        let dialect = (FORMAT.dialect)();
        let left = line(r#","response_code":0,"response_flags":"DC","method":"GET","protocol":"HTTP/1.1","path":"/a""#);
        assert!(matches!(dialect.line(left.as_bytes()),
            Parsed::Event(e) if e.ending == Ending::ClientLeft && e.status.is_none() && shown(&e.client) == "2001:db8::7"));
        for more in [
            r#","response_code":0,"response_flags":"-","method":null,"protocol":null"#,
            r#","response_code":"0","response_flags":"UF","method":"-","protocol":"-""#,
        ] {
            let line = line(more);
            assert!(matches!(dialect.line(line.as_bytes()), Parsed::Aside(_, Skip::Connection)), "{more}");
        }
        let unread =
            line(r#","response_code":400,"response_flags":"DPE","response_code_details":"http1.codec_error","method":"-""#);
        assert!(matches!(dialect.line(unread.as_bytes()), Parsed::Event(e) if e.ending == Ending::Policy));
    }

    #[test]
    fn foreign_json_is_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            (r#"{"start_time":"2026-11-20T07:48:12Z","response_code":200,"method":"GET"}"#, Reject::UnknownFormat),
            (r#"{"start_time":"2026-11-20T07:48:12Z","response_flags":"-"}"#, Reject::UnknownFormat),
            (r#"{"start_time":"2026-11-40T07:48:12Z","response_flags":"-","response_code":200}"#, Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

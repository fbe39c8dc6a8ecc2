//! Google Cloud HTTP(S) load balancers with Cloud CDN: log entries, one JSON object each.
//!
//! The request is in `httpRequest`, what the balancer did in `jsonPayload`. The stamp is when the front
//! end received the request; the latency has its unit, `0.005192s`.
//!
//! Quirks:
//! - `statusDetails` tells who made the answer: `response_sent_by_backend` the backend, `response_from_*`
//!   the cache, anything else the balancer. Regional and internal balancers write it inside
//!   `proxyStatus`: `error="http_response_timeout"; details="backend_timeout"`.
//! - No `status`, or 0: the client left before any answer.
//! - `cacheHit` and `cacheLookup` are there only where they are true; a request that was never looked
//!   up has no cache result.
//! - `cacheId` is `SFO-fbae48ad`: the place is the airport, `SFO`. Only Cloud CDN writes it.
//! - `remoteIp` and `serverIp` may have a port; backends keep it. Where no server was chosen, the
//!   backend is the backend service.
//! - Entries of other resources with an `httpRequest` (Cloud Run, App Engine) are not of this format.

use super::part::draft::Draft;
use super::part::field::Raw;
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Cache, Ending, Stamp, Tier};
use crate::ledger::Reject;
use memchr::memmem;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "gcp-lb",
        about: "Google Cloud HTTP(S) load balancer and Cloud CDN",
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
            "cache",
            "pop",
            "backend",
            "user_agent",
            "referrer",
            "request_id",
            "ending",
        ],
        stamp: Stamp::Start,
        tier: Tier::Edge,
        blind: "the backend service may sample its requests",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"insertId":"1oek5rg3l3fxj7","jsonPayload":{"@type":"type.googleapis.com/google.cloud.loadbalancing.type.LoadBalancerLogEntry","cacheId":"SFO-fbae48ad","statusDetails":"response_sent_by_backend"},"httpRequest":{"requestMethod":"GET","requestUrl":"https://www.example/a?b=c","requestSize":"577","status":200,"responseSize":"157","userAgent":"curl/8","remoteIp":"192.0.2.156","serverIp":"10.20.0.4","referer":"https://example.net/","cacheLookup":true,"latency":"0.005192s"},"resource":{"type":"http_load_balancer","labels":{"backend_service_name":"web","forwarding_rule_name":"fr","project_id":"p"}},"timestamp":"2026-11-20T07:48:12.078651Z","severity":"INFO","spanId":"7b6537d3672e08e1","trace":"projects/p/traces/241d"}"#,
            r#"{"insertId":"2oek5rg3l3fxj7","jsonPayload":{"@type":"type.googleapis.com/google.cloud.loadbalancing.type.LoadBalancerLogEntry","statusDetails":"failed_to_pick_backend"},"httpRequest":{"requestMethod":"GET","requestUrl":"https://www.example/a","requestSize":"577","status":502,"responseSize":"157","userAgent":"curl/8","remoteIp":"2001:db8::7","latency":"0.002s"},"resource":{"type":"http_load_balancer","labels":{"backend_service_name":"web"}},"timestamp":"2026-11-20T07:48:13.078651Z","severity":"WARNING"}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["LoadBalancerLogEntry", "http_load_balancer", "lb_rule"], Keys::new(KEYS), make)),
);

const DETAILS: Slot = Slot::Note0;
const PROXY: Slot = Slot::Note1;
/// The backend service, named where no server was chosen.
const SERVICE: Slot = Slot::Note2;
const LOOKUP: Slot = Slot::Note3;
const VALIDATED: Slot = Slot::Note4;
const RESOURCE: Slot = Slot::Note5;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("timestamp", Slot::Time),
    ("httpRequest.requestMethod", Slot::Method),
    ("httpRequest.protocol", Slot::Protocol),
    ("httpRequest.requestUrl", Slot::Target),
    ("httpRequest.status", Slot::Status),
    ("httpRequest.responseSize", Slot::Bytes),
    ("httpRequest.userAgent", Slot::UserAgent),
    ("httpRequest.referer", Slot::Referrer),
    ("httpRequest.remoteIp", Slot::Client),
    ("httpRequest.serverIp", Slot::Backend),
    ("httpRequest.latency", Slot::Duration),
    ("httpRequest.cacheHit", Slot::Cache),
    ("httpRequest.cacheLookup", LOOKUP),
    ("httpRequest.cacheValidatedWithOriginServer", VALIDATED),
    ("jsonPayload.remoteIp", Slot::Peer),
    ("jsonPayload.statusDetails", DETAILS),
    ("jsonPayload.proxyStatus", PROXY),
    ("jsonPayload.cacheId", Slot::Pop),
    ("resource.type", RESOURCE),
    ("resource.labels.backend_service_name", SERVICE),
    ("insertId", Slot::RequestId),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let resource = draft.bytes(RESOURCE).unwrap_or_default();
    let balancer = resource == b"http_load_balancer" || resource.ends_with(b"lb_rule");
    if !(balancer && (draft.has(Slot::Method) || draft.has(Slot::Target))) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    let details = draft.bytes(DETAILS).filter(|d| !d.is_empty()).or_else(|| detail(draft.bytes(PROXY)?)).unwrap_or_default();
    if details == b"response_sent_by_backend" {
        event.origin_status = event.status;
    }
    event.pop = draft.raw(Slot::Pop).map(|id| id.piece(airport(id.bytes)));
    event.backend = event.backend.or_else(|| draft.raw(SERVICE).and_then(Raw::present));
    let set = |slot| draft.bytes(slot) == Some(b"true");
    event.cache = match () {
        () if set(VALIDATED) => Some(Cache::Revalidated),
        () if event.cache == Some(Cache::Hit) => event.cache,
        () if set(LOOKUP) => Some(Cache::Miss),
        () => None,
    };
    event.ending = ending(event.status, details);
    Ok(Parsed::Event(event))
}

/// `backend_timeout` of `error="..."; details="backend_timeout"`, with the quotes as JSON writes them.
fn detail(proxy: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"details=";
    let rest = proxy.get(memmem::find(proxy, NAME)? + NAME.len()..)?;
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
    let from = rest.iter().position(is_word)?;
    let word = rest.get(from..)?;
    word.get(..word.iter().position(|b| !is_word(b)).unwrap_or(word.len()))
}

/// `SFO` of `SFO-fbae48ad`.
fn airport(id: &[u8]) -> &[u8] {
    memchr::memchr(b'-', id).and_then(|n| id.get(..n)).unwrap_or(id)
}

/// What the details say.
fn ending(status: Option<u16>, details: &[u8]) -> Ending {
    let refused = matches!(status, Some(400..=599));
    match details {
        b"response_sent_by_backend" if matches!(status, Some(500..=599)) => Ending::UpstreamError,
        b"throttled_by_security_policy" | b"banned_by_security_policy" => Ending::Shed,
        b"denied_by_security_policy" if status == Some(429) => Ending::Shed,
        b"denied_by_security_policy" => Ending::Policy,
        b"handled_by_identity_aware_proxy" | b"redirected_by_security_policy" if refused => Ending::Policy,
        b"failed_to_connect_to_backend"
        | b"failed_to_pick_backend"
        | b"failed_to_negotiate_alpn"
        | b"backend_timeout"
        | b"backend_connection_closed_before_data_sent_to_client"
        | b"invalid_external_origin_endpoint"
        | b"ssl_certificate_san_verification_failed"
        | b"ssl_certificate_chain_verification_failed" => Ending::UpstreamUnreachable,
        b"backend_response_corrupted"
        | b"backend_response_headers_too_long"
        | b"backend_early_response_with_non_error_status"
        | b"backend_interim_response_not_supported"
        | b"aborted_request_due_to_backend_early_response"
        | b"error_uncompressing_gzipped_body" => Ending::UpstreamError,
        b"body_not_allowed"
        | b"headers_too_long"
        | b"http_version_not_supported"
        | b"invalid_request_headers"
        | b"malformed_chunked_body"
        | b"request_body_too_large"
        | b"request_loop_detected"
        | b"required_body_but_no_content_length"
        | b"secure_url_rejected"
        | b"unsupported_100_continue"
        | b"unsupported_method"
        | b"upgrade_header_rejected"
        | b"uri_too_long" => Ending::Policy,
        b"byte_range_caching_aborted" => Ending::CutShort,
        _ if details.starts_with(b"client_disconnected_") || details == b"client_timed_out" => Ending::ClientLeft,
        _ if details.starts_with(b"signed_request_") && refused => Ending::Policy,
        _ if details.ends_with(b"_after_partial_response") || details.ends_with(b"_after_partial_response_sent") => {
            Ending::CutShort
        }
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::format::part::clf::shown;

    fn line(kind: &str, request: &str, payload: &str) -> String {
        format!(
            r#"{{"httpRequest":{{"requestMethod":"GET","requestUrl":"https://www.example:8080/a?b","remoteIp":"192.0.2.1:9989"{request}}},"insertId":"i","jsonPayload":{{"@type":"x"{payload}}},"resource":{{"labels":{{"backend_service_name":"web"}},"type":"{kind}"}},"timestamp":"2026-11-20T07:48:12.5Z"}}"#
        )
    }

    fn event(line: &str) -> Event<'_> {
        match (FORMAT.dialect)().line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn an_entry_gives_its_request_from_the_start() {
        let line =
            line("http_load_balancer", r#","status":200,"latency":"0.5s","serverIp":"10.0.0.4:80""#, r#","cacheId":"FRA-1a2b""#);
        let e = event(&line);
        assert_eq!((e.start, e.end, e.duration), (Some(e.stamp), Some(e.stamp.plus(500_000)), Some(500_000)));
        assert_eq!(
            [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.pop), shown(&e.backend)],
            ["192.0.2.1", "www.example", "/a", "b", "FRA", "10.0.0.4:80"]
        );
    }

    #[test]
    fn cache_results_are_told_by_three_flags() {
        for (flags, want) in [
            ("", None),
            (r#","cacheLookup":true"#, Some(Cache::Miss)),
            (r#","cacheHit":true,"cacheLookup":true"#, Some(Cache::Hit)),
            (r#","cacheHit":true,"cacheLookup":true,"cacheValidatedWithOriginServer":true"#, Some(Cache::Revalidated)),
            (r#","cacheHit":false,"cacheLookup":false"#, None),
        ] {
            assert_eq!(event(&line("http_load_balancer", &format!(r#","status":200{flags}"#), "")).cache, want, "{flags}");
        }
    }

    #[test]
    fn details_tell_who_made_the_answer() {
        for (status, details, origin, want) in [
            ("200", "response_sent_by_backend", Some(200), Ending::Unsaid),
            ("503", "response_sent_by_backend", Some(503), Ending::UpstreamError),
            ("200", "response_from_cache", None, Ending::Unsaid),
            ("502", "failed_to_pick_backend", None, Ending::UpstreamUnreachable),
            ("502", "backend_connection_closed_before_data_sent_to_client", None, Ending::UpstreamUnreachable),
            ("504", "backend_timeout", None, Ending::UpstreamUnreachable),
            ("200", "backend_connection_closed_after_partial_response_sent", None, Ending::CutShort),
            ("0", "client_disconnected_before_any_response", None, Ending::ClientLeft),
            ("200", "client_disconnected_after_partial_response", None, Ending::ClientLeft),
            ("403", "denied_by_security_policy", None, Ending::Policy),
            ("429", "denied_by_security_policy", None, Ending::Shed),
            ("429", "throttled_by_security_policy", None, Ending::Shed),
            ("413", "request_body_too_large", None, Ending::Policy),
            ("502", "backend_response_corrupted", None, Ending::UpstreamError),
            ("302", "handled_by_identity_aware_proxy", None, Ending::Unsaid),
            ("500", "internal_error", None, Ending::Unsaid),
        ] {
            for payload in
                [format!(r#","statusDetails":"{details}""#), format!(r#","proxyStatus":"error=\"x\"; details=\"{details}\"""#)]
            {
                let line = line("internal_http_lb_rule", &format!(r#","status":{status}"#), &payload);
                let e = event(&line);
                assert_eq!((e.origin_status, e.ending), (origin, want), "{payload}");
                assert_eq!(shown(&e.backend), "web");
            }
        }
    }

    #[test]
    fn a_missing_status_is_no_answer() {
        let line = line("http_load_balancer", "", r#","statusDetails":"client_disconnected_before_any_response""#);
        assert_eq!((event(&line).status, event(&line).ending), (None, Ending::ClientLeft));
    }

    #[test]
    fn other_resources_are_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            (line("cloud_run_revision", r#","status":200"#, r#","t":"http_load_balancer""#), Reject::UnknownFormat),
            (
                r#"{"resource":{"type":"http_load_balancer"},"timestamp":"2026-11-20T07:48:12Z"}"#.to_owned(),
                Reject::UnknownFormat,
            ),
            (line("http_load_balancer", r#","status":200"#, "").replace("2026-11-20T", "2026-11-99T"), Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

//! nginx `log_format ... escape=json`, and any flat JSON access log with the same words.
//!
//! nginx has no standard names for the members, so each field is found by its synonyms (`KEYS`).
//! A line is an access record if it tells a time and a status and at least a client, a method or a
//! request; other JSON (application logs) is refused.
//!
//! Quirks:
//! - Numbers are often strings, and `""` means absent.
//! - A request nginx could not read: `"request_method":"","status":"400"`; an event with what is known.
//! - Raw bytes (`"/caf\xE9"` as one byte) and Apache's `\xe2`: read and counted
//!   as repaired, see [`super::part::json`].
//! - `"upstream_status":"502, 200"`: the last element answered. `"upstream_header_time":"-"` with 502
//!   or 504: nobody did, whatever the upstream status says.
//! - A duration is taken only where its unit is plain: a value with a decimal point (seconds, as nginx
//!   writes `request_time`), or a name that says it (`_ms`, `Us`, `_seconds`). A whole number under
//!   `request_time` may be Apache's `%D`.
//! - `server_name` is the name that the configuration gives, used where no other host is logged; its `_`
//!   is none. `bytes_sent` counts the header too and is used where the body's bytes are not logged.
//!   `realip_remote_addr` is the peer, `remote_addr` the client that the real-IP module found.
//! - Apache's `%U` under `request`, `"request":"/a"`: a path. `"query":"?x=1"`: its mark goes.
//! - Apache stamps the start and nginx the end: where no name of nginx's own is in the line, its stamp is
//!   of an unknown instant.
//! - pino-http of Node, `"req":{"id":1,"method":"GET"},"res":{"statusCode":200},"responseTime":5`:
//!   milliseconds.

use super::part::draft::Draft;
use super::part::field::{is_http_method, seconds, target};
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Ending, Stamp, Tier};
use crate::ledger::Reject;
use memchr::memmem;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "nginx-json",
        about: "nginx escape=json, and flat JSON access logs with the usual names",
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
            "backend",
            "user_agent",
            "referrer",
            "request_id",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Origin,
        blind: "member names are not standard: a field under an unknown name is not read",
        specificity: 5,
        zoneless: false,
        samples: &[
            r#"{"time_iso8601":"2026-11-20T07:47:58+00:00","msec":"1795160878.438","remote_addr":"10.0.0.1","x_forwarded_for":"203.0.113.9","request_method":"GET","host":"www.example","request_uri":"/a?b=c","status":"502","body_bytes_sent":"157","request_time":"0.002","upstream_addr":"10.0.0.2:80, 10.0.0.3:80","upstream_status":"502, 502","upstream_header_time":"-, -","upstream_cache_status":"MISS","http_referer":"https://example.net/","http_user_agent":"curl/8","request_id":"59ecfd29"}"#,
            r#"{"time_iso8601":"2026-11-20T07:47:58+00:00","remote_addr":"192.0.2.1","request_method":"GET","host":"www.example","request_uri":"/a","status":"500","body_bytes_sent":"16","request_time":"0.001","upstream_addr":"10.0.0.2:80","upstream_status":"500","upstream_header_time":"0.001","upstream_cache_status":"","http_user_agent":"curl/8"}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["status", "Status", "_code", "Code"], Keys::new(KEYS), make)),
);

/// Names of members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("msec", Slot::FineTime),
    ("time_iso8601", Slot::Time),
    ("time", Slot::Time),
    ("@timestamp", Slot::Time),
    ("timestamp", Slot::Time),
    ("time_local", Slot::Time),
    ("ts", Slot::Time),
    ("date", Slot::Time),
    ("datetime", Slot::Time),
    ("request_start", Slot::Time),
    ("time_iso", Slot::Time),
    ("start_time", Slot::Time),
    ("remote_addr", Slot::Client),
    ("client", Slot::Client),
    ("clientip", Slot::Client),
    ("client_ip", Slot::Client),
    ("remote_ip", Slot::Client),
    ("remote_host", Slot::Client),
    ("clientIp", Slot::Client),
    ("realip_remote_addr", Slot::Peer),
    ("clientIP", Slot::Client),
    ("client_addr", Slot::Client),
    ("remoteIP", Slot::Client),
    ("remoteIp", Slot::Client),
    ("remote_address", Slot::Client),
    ("remoteAddr", Slot::Client),
    ("remoteAddress", Slot::Client),
    ("req.remoteAddress", Slot::Client),
    ("http_x_forwarded_for", Slot::Forwarded),
    ("x_forwarded_for", Slot::Forwarded),
    ("xff", Slot::Forwarded),
    ("forwarded_for", Slot::Forwarded),
    ("proxy_add_x_forwarded_for", Slot::Forwarded),
    ("xForwardedFor", Slot::Forwarded),
    ("forwardedFor", Slot::Forwarded),
    ("x-forwarded-for", Slot::Forwarded),
    ("X-Forwarded-For", Slot::Forwarded),
    ("req.headers.x-forwarded-for", Slot::Forwarded),
    ("request", Slot::Request),
    ("request_line", Slot::Request),
    ("requestLine", Slot::Request),
    ("firstLine", Slot::Request),
    ("request_method", Slot::Method),
    ("server_protocol", Slot::Protocol),
    ("method", Slot::Method),
    ("verb", Slot::Method),
    ("http_method", Slot::Method),
    ("requestMethod", Slot::Method),
    ("httpMethod", Slot::Method),
    ("req.method", Slot::Method),
    ("request_uri", Slot::Target),
    ("uri", Slot::Target),
    ("path", Slot::Target),
    ("url", Slot::Target),
    ("request_path", Slot::Target),
    ("requestURI", Slot::Target),
    ("requestUri", Slot::Target),
    ("requestPath", Slot::Target),
    ("requestUrl", Slot::Target),
    ("requestURL", Slot::Target),
    ("request_url", Slot::Target),
    ("req.url", Slot::Target),
    ("args", Slot::Query),
    ("query", Slot::Query),
    ("query_string", Slot::Query),
    ("querystring", Slot::Query),
    ("queryString", Slot::Query),
    ("requestQuery", Slot::Query),
    ("request_query", Slot::Query),
    ("host", Slot::Host),
    ("http_host", Slot::Host),
    ("server_name", Slot::OtherHost),
    ("vhost", Slot::Host),
    ("virtual_host", Slot::Host),
    ("domain", Slot::Host),
    ("httpHost", Slot::Host),
    ("serverName", Slot::OtherHost),
    ("virtualHost", Slot::Host),
    ("req.headers.host", Slot::Host),
    ("status", Slot::Status),
    ("status_code", Slot::Status),
    ("response_status", Slot::Status),
    ("http_status", Slot::Status),
    ("response_code", Slot::Status),
    ("statusCode", Slot::Status),
    ("responseStatus", Slot::Status),
    ("responseCode", Slot::Status),
    ("httpStatus", Slot::Status),
    ("res.statusCode", Slot::Status),
    ("upstream_status", Slot::OriginStatus),
    ("origin_status", Slot::OriginStatus),
    ("upstream_header_time", Slot::HeaderTime),
    ("upstream_response_length", Slot::OriginLength),
    ("body_bytes_sent", Slot::Bytes),
    ("bytes_sent", Slot::TotalBytes),
    ("bytes", Slot::Bytes),
    ("size", Slot::Bytes),
    ("response_size", Slot::Bytes),
    ("bytesSent", Slot::TotalBytes),
    ("responseSize", Slot::Bytes),
    ("responseBytes", Slot::Bytes),
    ("response_bytes", Slot::Bytes),
    ("request_time", Slot::Duration),
    ("duration", Slot::Duration),
    ("response_time", Slot::Duration),
    ("responsetime", Slot::Duration),
    ("elapsed", Slot::Duration),
    ("took", Slot::Duration),
    ("latency", Slot::Duration),
    ("processingTime", Slot::Duration),
    ("processing_time", Slot::Duration),
    ("timeTaken", Slot::Duration),
    ("time_taken", Slot::Duration),
    ("responseTime", Slot::Note0),
    ("req.id", Slot::Note2),
    ("duration_s", Slot::Seconds),
    ("duration_seconds", Slot::Seconds),
    ("response_time_seconds", Slot::Seconds),
    ("request_time_seconds", Slot::Seconds),
    ("duration_ms", Slot::Millis),
    ("response_time_ms", Slot::Millis),
    ("request_time_ms", Slot::Millis),
    ("latency_ms", Slot::Millis),
    ("elapsed_ms", Slot::Millis),
    ("durationMs", Slot::Millis),
    ("responseTimeMs", Slot::Millis),
    ("elapsedMs", Slot::Millis),
    ("latencyMs", Slot::Millis),
    ("time_taken_ms", Slot::Millis),
    ("duration_us", Slot::Micros),
    ("response_time_us", Slot::Micros),
    ("request_time_us", Slot::Micros),
    ("latency_us", Slot::Micros),
    ("elapsed_us", Slot::Micros),
    ("durationUs", Slot::Micros),
    ("responseTimeUs", Slot::Micros),
    ("time_taken_us", Slot::Micros),
    ("duration_micros", Slot::Micros),
    ("response_time_microseconds", Slot::Micros),
    ("microseconds", Slot::Micros),
    ("upstream_cache_status", Slot::Cache),
    ("cache_status", Slot::Cache),
    ("cache", Slot::Cache),
    ("upstream_addr", Slot::Backend),
    ("upstream", Slot::Backend),
    ("backend", Slot::Backend),
    ("http_user_agent", Slot::UserAgent),
    ("user_agent", Slot::UserAgent),
    ("agent", Slot::UserAgent),
    ("useragent", Slot::UserAgent),
    ("userAgent", Slot::UserAgent),
    ("httpUserAgent", Slot::UserAgent),
    ("user-agent", Slot::UserAgent),
    ("User-Agent", Slot::UserAgent),
    ("User-agent", Slot::UserAgent),
    ("req.headers.user-agent", Slot::UserAgent),
    ("http_referer", Slot::Referrer),
    ("http_referrer", Slot::Referrer),
    ("referer", Slot::Referrer),
    ("referrer", Slot::Referrer),
    ("httpReferer", Slot::Referrer),
    ("Referer", Slot::Referrer),
    ("req.headers.referer", Slot::Referrer),
    ("request_id", Slot::RequestId),
    ("req_id", Slot::RequestId),
    ("x_request_id", Slot::RequestId),
    ("requestId", Slot::RequestId),
    ("requestID", Slot::RequestId),
    ("unique_id", Slot::RequestId),
    ("uniqueId", Slot::RequestId),
    ("UNIQUE_ID", Slot::RequestId),
];

/// Names that only nginx uses.
const OWN: [&str; 5] = ["\"time_iso8601\"", "\"msec\"", "\"body_bytes_sent\"", "\"request_time\"", "\"upstream_"];

/// Whether a client asked for something over HTTP: other JSON has a `status`, a `client` and even a `method`
/// too, as in `{"method":"card","status":"200","client":"acme"}`, and so have logs of requests that were
/// sent, not received.
fn is_request(draft: &Draft<'_>) -> bool {
    let is_url = |text: &[u8]| matches!(text.first(), Some(b'/' | b'*')) || memmem::find(text, b"://").is_some();
    let is_line = |line: &[u8]| {
        let (method, rest) = line.split_at(memchr::memchr(b' ', line).unwrap_or(0));
        line.first() == Some(&b'/') || (is_http_method(method) && is_url(rest.trim_ascii()))
    };
    let asked = match (draft.bytes(Slot::Request), draft.bytes(Slot::Method), draft.bytes(Slot::Target)) {
        (Some(line), ..) if is_line(line) => true,
        (_, Some(method), Some(url)) => is_http_method(method) && is_url(url),
        (_, Some(method), None) => is_http_method(method),
        _ => false,
    };
    asked && [Slot::Client, Slot::Peer, Slot::Forwarded].into_iter().any(|slot| draft.has(slot))
}

fn make<'a>(draft: &Draft<'a>, line: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let status = draft.bytes(Slot::Status).ok_or(Reject::UnknownFormat)?;
    let nginx = OWN.iter().any(|name| memmem::find(line, name.as_bytes()).is_some());
    // An unreadable request on nginx has no request; its own names vouch for the line then.
    if !(nginx || is_request(draft)) || !status.iter().all(u8::is_ascii_digit) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(if nginx { Stamp::End } else { Stamp::Unknown })?;
    draft.upstream().put(&mut event);
    if event.status == Some(499) && !nginx {
        event.ending = Ending::Unsaid;
    }
    // `"request":"/a"`: Apache's `%U`, which is no request line.
    if let (None, Some(raw)) = (&event.path, draft.raw(Slot::Request).filter(|raw| raw.bytes.starts_with(b"/"))) {
        let url = target(raw, false);
        event.path = url.path;
        event.query = event.query.take().or(url.query);
    }
    let scale = match draft.bytes(Slot::Note0) {
        _ if event.duration.is_some() => None,
        // pino counts milliseconds; others with the same name do not say what they count.
        Some(time) if draft.has(Slot::Note2) => Some((time, 1_000)),
        Some(time) if time.contains(&b'.') => Some((time, 1)),
        _ => None,
    };
    if let Some((time, per_second)) = scale {
        event.duration = seconds(time).map(|n| n / per_second);
        event.place(if nginx { Stamp::End } else { Stamp::Unknown });
    }
    Ok(Parsed::Event(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::format::part::clf::shown;

    fn event(line: &'static [u8]) -> Event<'static> {
        match (FORMAT.dialect)().line(line) {
            Parsed::Event(e) => e,
            other => panic!("{}: {other:?}", String::from_utf8_lossy(line)),
        }
    }

    #[test]
    fn members_are_found_by_their_synonyms() {
        let e = event(br#"{"time_iso8601":"2026-11-20T07:47:58+00:00","msec":"1795160878.438","remote_addr":"10.0.0.1","x_forwarded_for":"203.0.113.9","request_method":"GET","host":"x.example","request_uri":"/a?b=c","status":"502","body_bytes_sent":"157","request_time":"0.002","upstream_addr":"10.0.0.2:80, 10.0.0.3:80","upstream_status":"502, 502","upstream_header_time":"-, -","upstream_cache_status":"MISS","http_user_agent":"curl/8","request_id":"59ec"}"#);
        assert_eq!(e.stamp.to_string(), "2026-11-20T07:47:58.438Z");
        assert_eq!(
            [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.query)],
            ["203.0.113.9", "x.example", "/a", "b=c"]
        );
        assert_eq!((e.status, e.origin_status, e.ending), (Some(502), None, Ending::UpstreamUnreachable));
        assert_eq!((e.duration, e.bytes, shown(&e.backend).as_str()), (Some(2_000), Some(157), "10.0.0.3:80"));
        let e = event(br#"{"@timestamp":"2026-11-20T07:47:58.5Z","clientip":"192.0.2.1","verb":"POST","url":"/x","status":201,"bytes":5,"duration_ms":12}"#);
        assert_eq!((e.status, e.duration, e.start, shown(&e.method).as_str()), (Some(201), Some(12_000), None, "POST"));
        let e = event(br#"{"time_local":"20/Nov/2026:07:47:58 +0000","remote_addr":"192.0.2.1","request":"GET /y?z HTTP/1.1","status":499,"request_time":1.0}"#);
        assert_eq!((shown(&e.path).as_str(), e.ending, e.duration), ("/y", Ending::ClientLeft, Some(1_000_000)));
    }

    #[test]
    fn the_order_of_members_changes_nothing() {
        for [one, other] in [
            [r#""realip_remote_addr":"10.0.0.1""#, r#""remote_addr":"192.0.2.1""#],
            [r#""server_name":"_""#, r#""host":"www.example""#],
            [r#""bytes_sent":400"#, r#""body_bytes_sent":157"#],
        ] {
            let events = [format!("{one},{other}"), format!("{other},{one}")].map(|both| {
                let rest = r#""remote_addr":"192.0.2.1","host":"www.example","body_bytes_sent":157"#;
                let line = format!(
                    r#"{{"time_iso8601":"2026-11-20T07:47:58+00:00",{both},{rest},"request":"GET / HTTP/1.1","status":200}}"#
                );
                event(line.into_bytes().leak())
            });
            for e in events {
                assert_eq!([shown(&e.client), shown(&e.host)], ["192.0.2.1", "www.example"], "{one}");
                assert_eq!(e.bytes, Some(157), "{one}");
            }
        }
        let alone = br#"{"time_iso8601":"2026-11-20T07:47:58+00:00","server_name":"_","bytes_sent":400,"realip_remote_addr":"192.0.2.1","request":"GET / HTTP/1.1","status":200}"#;
        let e = event(alone);
        assert_eq!((shown(&e.client).as_str(), e.host, e.bytes), ("192.0.2.1", None, Some(400)), "`_` is no host");
    }

    #[test]
    fn apache_and_node_have_names_of_their_own() {
        let e = event(br#"{"time":"[20/Nov/2026:07:48:01 +0000]","remoteIP":"192.0.2.1","host":"www.example","request":"/a","query":"?x=1","method":"GET","status":"200","responseTime":"2500","userAgent":"curl/8","referer":"-"}"#);
        assert_eq!(
            [shown(&e.client), shown(&e.path), shown(&e.query), shown(&e.user_agent)],
            ["192.0.2.1", "/a", "x=1", "curl/8"]
        );
        assert_eq!((e.duration, e.start, e.end, e.referrer), (None, None, None, None));
        let e = event(br#"{"timestamp":"2026-11-20T07:48:01Z","remoteAddr":"192.0.2.1","requestMethod":"GET","requestPath":"/a","statusCode":200,"request_time":2500}"#);
        assert_eq!((e.status, e.duration), (Some(200), None), "a whole number may be anything");
        let e = event(br#"{"level":30,"time":1795160878438,"pid":7,"req":{"id":1,"method":"GET","url":"/a?b","headers":{"host":"www.example","user-agent":"curl/8"},"remoteAddress":"192.0.2.1"},"res":{"statusCode":200},"responseTime":5,"msg":"request completed"}"#);
        assert_eq!(
            [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.user_agent)],
            ["192.0.2.1", "www.example", "/a", "curl/8"]
        );
        assert_eq!((e.duration, e.status), (Some(5_000), Some(200)));
    }

    #[test]
    fn a_request_nginx_could_not_read_is_an_event() {
        let e = event(br#"{"time_iso8601":"2026-11-20T07:47:58+00:00","remote_addr":"192.0.2.1","request_method":"","request_uri":"","status":"400","body_bytes_sent":"157"}"#);
        assert_eq!((e.status, e.method, e.path), (Some(400), None, None));
    }

    #[test]
    fn json_that_json_forbids_is_read_nevertheless() {
        let e = event(b"{\"time_iso8601\":\"2026-11-20T07:47:58+00:00\",\"remote_addr\":\"192.0.2.1\",\"request_method\":\"GET\",\"request_uri\":\"/caf\xE9\",\"status\":\"200\"}");
        assert_eq!((e.path.as_deref(), e.repaired), (Some(&b"/caf\xE9"[..]), true));
        let e = event(br#"{"time":"2026-11-20T07:47:58+00:00","client":"192.0.2.1","request":"GET /\xe2\x80\x99 HTTP/1.1","query":"?x=1","status":"200"}"#);
        assert_eq!((shown(&e.path).as_str(), shown(&e.query).as_str()), ("/\u{2019}", "x=1"));
    }

    #[test]
    fn other_json_is_refused() {
        for (line, want) in [
            (&br#"{"level":"info","msg":"started","time":"2026-11-20T07:47:58Z"}"#[..], Reject::UnknownFormat),
            (br#"{"time":"2026-11-20T07:47:58Z","status":"ok","method":"GET"}"#, Reject::UnknownFormat),
            (br#"{"status":200,"time":"2026-11-20T07:47:58Z"}"#, Reject::UnknownFormat),
            (br#"{"status":200,"remote_addr":"192.0.2.1","method":"GET"}"#, Reject::BadTime),
            (br#"{"time":"2026-11-20T07:47:58Z","method":"card","status":"200","client":"acme"}"#, Reject::UnknownFormat),
            (br#"{"status":200,"remote_addr":"192.0.2.1""#, Reject::UnknownFormat),
        ] {
            assert_eq!((FORMAT.dialect)().line(line), Parsed::Reject(want), "{}", String::from_utf8_lossy(line));
        }
    }
}

//! Amazon API Gateway access logs (REST, HTTP and WebSocket APIs): JSON, and the documented text forms.
//!
//! The stage's owner writes the format himself; nearly all take one of the documented ones:
//! - JSON with the names of the examples, `{"requestId":"...","ip":"...","httpMethod":"GET",...}`;
//! - `ip caller user [time] "GET /pets HTTP/1.1" 200 500 request-id extended-id`, the Common Log Format
//!   with the request id, and sometimes the extended one, behind it;
//! - the same values separated by commas.
//!
//! The stamp is when the request came.
//!
//! Quirks:
//! - A common line that ends in a UUID, `200 500 c6af9ac6-7b61-11e6-9a41-93e8deadbeef`: Express, Tomcat and
//!   others that log `X-Request-Id` write the same, and nothing tells whose it is. It is read as common,
//!   of an unknown instant. Only behind an id of the gateway's own kind, `GQIVriFLIAMEMsA=`, is it the
//!   gateway's.
//! - `resourcePath` is the resource as configured (`/users/{id}`), `routeKey` the route (`GET
//!   /users/{id}`, `$default`). Where `path` is logged, it is what was asked for, with the stage in
//!   front, and is preferred.
//! - WebSocket APIs: `eventType` is `CONNECT`, `MESSAGE` or `DISCONNECT` and the route a name
//!   (`$connect`, `sendmessage`). Nobody waits for an answer to `DISCONNECT`: set aside.
//! - `integrationStatus` `-` or empty: nothing behind the gateway was asked, or nothing came. Beside
//!   `status` 504, 503 or 502 nothing could be reached; beside 401, 403 and their like a rule refused.
//! - `integrationStatus` 200 beside a 5xx: for a Lambda function it only says that it ran, so the error
//!   came from behind.
//! - `integrationLatency` is not the whole: only `responseLatency` is a duration.

use super::part::draft::Draft;
use super::part::field::{Quoting, Raw, is_absent};
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::part::template::Shapes;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Ending, Event, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "api-gateway",
        about: "Amazon API Gateway access logs (JSON, CLF, CSV)",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "status",
            "origin_status",
            "bytes",
            "duration",
            "user_agent",
            "request_id",
            "ending",
        ],
        stamp: Stamp::Start,
        tier: Tier::Balancer,
        blind: "the stage chooses the fields; queries are not logged, and paths often only as the route that was configured",
        specificity: 8,
        zoneless: false,
        samples: &[
            r#"{"requestId":"GQIVriFLIAMEMsA=","ip":"192.0.2.1","requestTime":"20/Nov/2026:07:48:12 +0000","httpMethod":"GET","routeKey":"GET /users/{id}","path":"/users/7","status":"200","protocol":"HTTP/1.1","responseLength":"47140","responseLatency":"41","integrationStatus":"200","domainName":"api.example","userAgent":"curl/8"}"#,
            r#"{"requestId":"HQIVriFLIAMEMsA=","ip":"2001:db8::7","requestTime":"20/Nov/2026:07:48:13 +0000","httpMethod":"GET","routeKey":"GET /users/{id}","status":"504","protocol":"HTTP/1.1","responseLength":"33","responseLatency":"29001","integrationStatus":"-"}"#,
            r#"192.0.2.1 - - [20/Nov/2026:07:48:14 +0000] "GET /pets HTTP/1.1" 200 500 c6af9ac6-7b61-11e6-9a41-93e8deadbeef GQIVriFLIAMEMsA="#,
        ],
    },
    || Arc::new(Gateway::new()),
);

const INTEGRATION: Slot = Slot::OriginStatus;
const ROUTE: Slot = Slot::Note0;
const EVENT: Slot = Slot::Note1;
const REASON: Slot = Slot::Note2;
/// Members of which an object must have one, so that it is of this product.
const OWN: Slot = Slot::Note3;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("requestTimeEpoch", Slot::FineTime),
    ("requestTime", Slot::Time),
    ("ip", Slot::Client),
    ("sourceIp", Slot::Client),
    ("identity.sourceIp", Slot::Client),
    ("httpMethod", Slot::Method),
    ("path", Slot::Target),
    ("resourcePath", Slot::OtherTarget),
    ("routeKey", ROUTE),
    ("eventType", EVENT),
    ("domainName", Slot::Host),
    ("status", Slot::Status),
    ("integrationStatus", INTEGRATION),
    ("integration.status", INTEGRATION),
    ("integration.integrationStatus", INTEGRATION),
    ("responseLength", Slot::Bytes),
    ("responseLatency", Slot::Millis),
    ("userAgent", Slot::UserAgent),
    ("identity.userAgent", Slot::UserAgent),
    ("requestId", Slot::RequestId),
    ("extendedRequestId", Slot::Note4),
    ("connectionId", OWN),
    ("apiId", OWN),
    ("stage", OWN),
    ("responseType", REASON),
    ("error.responseType", REASON),
    ("errorResponseType", REASON),
];

/// The documented text forms; what they do not separate is told by the request id.
const SHAPES: &[&str] = &[
    r#"{client} {_} {_} [{time}] "{request}" {status} {bytes} {request_id} {note4}"#,
    r#"{client} {_} {_} [{time}] "{request}" {status} {bytes} {request_id}"#,
    "{client},{_},{_},{time},{method},{target},{_},{status},{bytes},{request_id}",
];

/// Reads all of them.
#[derive(Debug)]
struct Gateway {
    json: JsonLines,
    text: Shapes,
}

impl Gateway {
    fn new() -> Self {
        const MARKS: &[&str] =
            &["\"routeKey\"", "\"resourcePath\"", "\"integrationStatus\"", "\"apiId\"", "\"requestTimeEpoch\""];
        Gateway { json: JsonLines::new(MARKS, Keys::new(KEYS), from_json), text: Shapes::new(SHAPES, Quoting::None, from_text) }
    }
}

impl Dialect for Gateway {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        let object = line.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
        // Text ends in a request id.
        if object || !line.trim_ascii_end().rsplit(|b| matches!(b, b' ' | b',')).next().is_some_and(is_id) {
            return self.json.line(line);
        }
        self.text.line(line)
    }
}

/// `c6af9ac6-7b61-11e6-9a41-93e8deadbeef`, or `GQIVriFLIAMEMsA=`.
fn is_id(text: &[u8]) -> bool {
    let is_uuid =
        || text.iter().enumerate().all(|(n, b)| if matches!(n, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() });
    is_own_id(text) || (text.len() == 36 && is_uuid())
}

/// `GQIVriFLIAMEMsA=`, which no other server writes.
fn is_own_id(text: &[u8]) -> bool {
    let body = text.strip_suffix(b"=").unwrap_or_default();
    body.len() == 15 && body.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'+' | b'/'))
}

fn from_text<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let client = draft.bytes(Slot::Client).unwrap_or_default();
    let id = draft.bytes(Slot::RequestId).unwrap_or_default();
    if !(super::part::client::is_address(client) && is_id(id) && draft.has(Slot::Status)) {
        return Err(Reject::UnknownFormat);
    }
    // A common line; one separated by commas has a shape of its own.
    let common = draft.has(Slot::Request);
    if common && !is_own_id(id) && !draft.bytes(Slot::Note4).is_some_and(is_own_id) {
        return Err(Reject::UnknownFormat);
    }
    draft.event(FORMAT.facts.stamp).map(Parsed::Event)
}

fn from_json<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let identified = draft.has(Slot::RequestId) || draft.has(Slot::Note4);
    let asked = draft.has(Slot::Method) || draft.has(ROUTE) || draft.has(EVENT);
    if !(identified && asked && draft.has(Slot::Status)) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    put_route(&mut event, draft);
    event.request_id = event.request_id.or_else(|| draft.raw(Slot::Note4).and_then(Raw::present));
    let reason = draft.bytes(REASON).unwrap_or_default();
    event.ending = ending(event.status, event.origin_status, reason);
    let over = draft.bytes(EVENT) == Some(b"DISCONNECT");
    Ok(if over { Parsed::Aside(event, Skip::Internal) } else { Parsed::Event(event) })
}

/// Path and method of the route, where nothing better is known.
fn put_route<'a>(event: &mut Event<'a>, draft: &Draft<'a>) {
    let Some(route) = draft.raw(ROUTE).filter(|r| !is_absent(r.bytes) && r.bytes != b"$default") else { return };
    let (method, path) = match memchr::memchr(b' ', route.bytes).map(|n| route.bytes.split_at(n)) {
        Some((method, path)) => (Some(method), path.trim_ascii_start()),
        None => (None, route.bytes),
    };
    if event.method.is_none() {
        event.method = method.filter(|m| *m != b"ANY").map(|m| route.piece(m));
    }
    if event.path.is_none() {
        event.path = Some(route.piece(path));
    }
}

/// Who made the answer: what was integrated, or the gateway in its place.
fn ending(status: Option<u16>, integration: Option<u16>, reason: &[u8]) -> Ending {
    match reason {
        b"THROTTLED" | b"QUOTA_EXCEEDED" => return Ending::Shed,
        b"WAF_FILTERED"
        | b"ACCESS_DENIED"
        | b"UNAUTHORIZED"
        | b"INVALID_API_KEY"
        | b"MISSING_AUTHENTICATION_TOKEN"
        | b"REQUEST_TOO_LARGE"
        | b"BAD_REQUEST_BODY"
        | b"BAD_REQUEST_PARAMETERS" => return Ending::Policy,
        b"INTEGRATION_TIMEOUT" => return Ending::UpstreamUnreachable,
        _ => {}
    }
    match (status, integration) {
        (Some(500..=599), Some(_)) => Ending::UpstreamError,
        (Some(502..=504), None) => Ending::UpstreamUnreachable,
        (Some(429), None) => Ending::Shed,
        (Some(400 | 401 | 403 | 413 | 415), None) => Ending::Policy,
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    fn line(more: &str) -> String {
        format!(r#"{{"requestId":"c6af","ip":"192.0.2.1","requestTime":"20/Nov/2026:07:48:12 +0000"{more}}}"#)
    }

    fn read(line: &str) -> Parsed<'_> {
        let dialect = (FORMAT.dialect)();
        dialect.line(line.as_bytes())
    }

    fn event(line: &str) -> Event<'_> {
        match read(line) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_path_is_the_best_that_is_logged() {
        for (more, want) in [
            (r#","status":"200","httpMethod":"GET","path":"/v1/users/7","resourcePath":"/users/{id}""#, ["GET", "/v1/users/7"]),
            (r#","status":"200","httpMethod":"GET","resourcePath":"/users/{id}""#, ["GET", "/users/{id}"]),
            (r#","status":"200","httpMethod":"GET","routeKey":"ANY /users/{id}""#, ["GET", "/users/{id}"]),
            (r#","status":"200","routeKey":"PUT /users""#, ["PUT", "/users"]),
            (r#","status":"200","httpMethod":"GET","routeKey":"$default""#, ["GET", "-"]),
            (r#","status":"200","eventType":"MESSAGE","routeKey":"sendmessage""#, ["-", "sendmessage"]),
        ] {
            let line = line(more);
            let e = event(&line);
            assert_eq!([shown(&e.method), shown(&e.path)], want, "{more}");
        }
    }

    #[test]
    fn what_was_integrated_tells_who_made_the_error() {
        for (status, integration, reason, want) in [
            ("200", "200", "-", Ending::Unsaid),
            ("500", "200", "-", Ending::UpstreamError),
            ("502", "502", "-", Ending::UpstreamError),
            ("504", "-", "-", Ending::UpstreamUnreachable),
            ("504", "-", "INTEGRATION_TIMEOUT", Ending::UpstreamUnreachable),
            ("500", "-", "-", Ending::Unsaid),
            ("429", "-", "THROTTLED", Ending::Shed),
            ("429", "-", "-", Ending::Shed),
            ("403", "-", "WAF_FILTERED", Ending::Policy),
            ("403", "403", "-", Ending::Unsaid),
            ("404", "", "-", Ending::Unsaid),
        ] {
            let line = line(&format!(
                r#","httpMethod":"GET","routeKey":"$default","status":"{status}","integrationStatus":"{integration}","error.responseType":"{reason}""#
            ));
            let e = event(&line);
            assert_eq!((e.ending, e.origin_status), (want, integration.parse().ok()), "{status} {integration} {reason}");
        }
    }

    #[test]
    fn times_are_the_start_and_only_the_whole_latency_is_a_duration() {
        let line = line(
            r#","requestTimeEpoch":"1795160892250","httpMethod":"GET","apiId":"a1","status":200,"integrationLatency":"30","responseLatency":41"#,
        );
        let e = event(&line);
        assert_eq!((e.start, e.duration, e.end), (Some(e.stamp), Some(41_000), Some(e.stamp.plus(41_000))));
        assert_eq!(e.stamp.to_string(), "2026-11-20T07:48:12.25Z");
    }

    #[test]
    fn the_end_of_a_websocket_is_no_request() {
        let line = line(r#","status":200,"eventType":"DISCONNECT","routeKey":"$disconnect","connectionId":"x=""#);
        assert!(matches!(read(&line), Parsed::Aside(_, Skip::Internal)));
    }

    #[test]
    fn the_text_forms_end_in_a_request_id() {
        for line in [
            r#"192.0.2.1 caller user [20/Nov/2026:07:48:14 +0000] "GET /pets HTTP/1.1" 200 500 c6af9ac6-7b61-11e6-9a41-93e8deadbeef GQIVriFLIAMEMsA="#,
            "192.0.2.1,-,-,20/Nov/2026:07:48:14 +0000,GET,/pets,HTTP/1.1,200,500,c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        ] {
            let e = event(line);
            assert_eq!((e.status, e.bytes, shown(&e.path).as_str()), (Some(200), Some(500), "/pets"), "{line}");
            assert_eq!(shown(&e.request_id), "c6af9ac6-7b61-11e6-9a41-93e8deadbeef");
        }
        let e = event(r#"192.0.2.1 - - [20/Nov/2026:07:48:14 +0000] "GET /pets HTTP/1.1" 200 500 GQIVriFLIAMEMsA="#);
        assert_eq!(shown(&e.request_id), "GQIVriFLIAMEMsA=");
    }

    #[test]
    fn a_uuid_behind_a_common_line_is_anybodys() {
        let uuid = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef";
        for tail in [uuid.to_owned(), format!("- {uuid}"), format!("{uuid} {uuid}")] {
            let line = format!(r#"192.0.2.1 - - [20/Nov/2026:07:48:14 +0000] "GET /pets HTTP/1.1" 200 500 {tail}"#);
            assert_eq!(read(&line), Parsed::Reject(Reject::UnknownFormat), "{tail}");
        }
    }

    #[test]
    fn foreign_lines_are_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            (line(r#","status":"200","httpMethod":"GET""#), Reject::UnknownFormat),
            (line(r#","routeKey":"$default","httpMethod":"GET""#), Reject::UnknownFormat),
            (r#"{"apiId":"x","status":"200","message":"started"}"#.to_owned(), Reject::UnknownFormat),
            (r#"192.0.2.1 - - [20/Nov/2026:07:48:14 +0000] "GET /pets HTTP/1.1" 200 500"#.to_owned(), Reject::UnknownFormat),
            (line(r#","routeKey":"$default","httpMethod":"GET","status":"200""#).replace("20/Nov", "99/Nov"), Reject::BadTime),
        ] {
            assert_eq!(read(&line), Parsed::Reject(want), "{line}");
        }
    }
}

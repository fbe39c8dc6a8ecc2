//! Fastly real-time logs in JSON, as the usual templates write them (Better Stack, New Relic, Datadog,
//! Splunk, BigQuery, Elasticsearch), flat or dotted, on top or inside `event`.
//!
//! There is no standard: the log string is the customer's own. A line is Fastly's if it tells a status
//! and one of: a cache state in Fastly's words under a name of Fastly's, a server `cache-cdg20764-CDG`,
//! or `fastly_is_edge`. The CLF template (`192.0.2.1 "-" "-" [..] "GET / HTTP/1.1" 404 345`) is read as
//! common.
//!
//! Quirks:
//! - `"request":"GET"` is the method (New Relic); `"request":"GET /a HTTP/1.1"` the request.
//! - `time_elapsed` is microseconds. Datadog's `request_time_ms` holds `%D`, which is microseconds, in
//!   spite of its name; others put milliseconds there: not used.
//! - `"fastly_is_edge":false`: a shield answers the edge, which logs the request too; set aside. So is a
//!   background fetch (state `BG-...`).
//! - The server is `cache-cdg20764-CDG`; the POP is the airport, `CDG`.
//! - State `ERROR` or `SYNTH`: VCL made the answer. With 502 to 504 that is how a backend that cannot be
//!   reached shows; with 4xx a rule's refusal. `MISS` or `PASS` with 5xx: the backend said it.
//! - Lines begin with blanks, and members are padded.

use super::part::cache;
use super::part::draft::Draft;
use super::part::field::{is_absent, request};
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Ending, Event, Stamp, Text, Tier};
use crate::ledger::{Reject, Skip};
use memchr::memrchr;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "fastly",
        about: "Fastly real-time logs (JSON of the usual templates)",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
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
        blind: "the template chooses the names: what stands under an unknown one is not read; without fastly_is_edge a request that went through a shield may be counted twice; the origin's status is not logged",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"timestamp":"2026-11-20T07:48:12+0000","client_ip":"192.0.2.1","host":"www.example","url":"/a?b=c","request_method":"GET","request_protocol":"HTTP/2","request_referer":"https://example.net/","request_user_agent":"curl/8","response_state":"MISS-CLUSTER","response_status":200,"response_body_size":564,"time_elapsed":23000,"fastly_server":"cache-cdg20764-CDG","fastly_is_edge":true}"#,
            r#"{"timestamp":"2026-11-20T07:48:13+0000","client_ip":"2001:db8::7","host":"www.example","url":"/b","request":"POST","fastly_info.state":"ERROR","resp.status":"503","response_reason":"first byte timeout","resp_body_size":"450","backend":"origin_0","request_id":"f1","server_datacenter":"AMS"}"#,
        ],
    },
    || Arc::new(JsonLines::new(MARKS, keys(), make)),
);

/// Names of Fastly's templates, one of which is in every line.
const MARKS: &[&str] = &["astly", "\"response_state\"", "\"time_elapsed\"", "\"cache-", "\"server_datacenter\""];

const STATE: Slot = Slot::Note0;
/// A cache state under a name that others use too.
const CACHE: Slot = Slot::Note1;
const SERVER: Slot = Slot::Note2;
const EDGE: Slot = Slot::Note3;
const REASON: Slot = Slot::Note4;
const REQUEST: Slot = Slot::Note5;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("timestamp", Slot::Time),
    ("@timestamp", Slot::Time),
    ("time_start", Slot::Time),
    ("date", Slot::Time),
    ("time", Slot::Time),
    ("start_time", Slot::Time),
    ("time_end", Slot::End),
    ("time_elapsed", Slot::Micros),
    ("time_elapsed_usec", Slot::Micros),
    ("time.elapsed.usec", Slot::Micros),
    ("request_processing_time_us", Slot::Micros),
    ("time_elapsed_msec", Slot::Millis),
    ("time_elapsed_ms", Slot::Millis),
    ("time.elapsed.msec", Slot::Millis),
    ("client_ip", Slot::Client),
    ("client.ip", Slot::Client),
    ("req.http.Fastly-Client-IP", Slot::Client),
    ("network.client.ip", Slot::Client),
    ("http.request_x_forwarded_for", Slot::Forwarded),
    ("forwarded_for", Slot::Forwarded),
    ("x_forwarded_for", Slot::Forwarded),
    ("original_host", Slot::OtherHost),
    ("host", Slot::Host),
    ("request_host", Slot::Host),
    ("req.http.host", Slot::Host),
    ("req.http.Host", Slot::Host),
    ("origin_host", Slot::OtherHost),
    ("request", REQUEST),
    ("request_method", Slot::Method),
    ("request_protocol", Slot::Protocol),
    ("method", Slot::Method),
    ("http.method", Slot::Method),
    ("req.method", Slot::Method),
    ("req.request", Slot::Method),
    ("url", Slot::Target),
    ("request_url", Slot::Target),
    ("http.url", Slot::Target),
    ("req.url", Slot::Target),
    ("request_referer", Slot::Referrer),
    ("http.referer", Slot::Referrer),
    ("req.http.referer", Slot::Referrer),
    ("req.http.Referer", Slot::Referrer),
    ("request_user_agent", Slot::UserAgent),
    ("user_agent", Slot::UserAgent),
    ("http.useragent", Slot::UserAgent),
    ("req.http.User-Agent", Slot::UserAgent),
    ("response_status", Slot::Status),
    ("status", Slot::Status),
    ("status_code", Slot::Status),
    ("http.status_code", Slot::Status),
    ("resp.status", Slot::Status),
    ("response", Slot::Status),
    ("response_reason", REASON),
    ("resp.response", REASON),
    ("response_body_size", Slot::Bytes),
    ("response_body_size_bytes", Slot::Bytes),
    ("resp_body_size", Slot::Bytes),
    ("resp.body_bytes_written", Slot::Bytes),
    ("network.bytes_written", Slot::Bytes),
    ("bytes_written", Slot::Bytes),
    ("resp.bytes_written", Slot::TotalBytes),
    ("response_state", STATE),
    ("fastly_info.state", STATE),
    ("fastly_info_state", STATE),
    ("fastly.cache_status", STATE),
    ("cache_status", CACHE),
    ("cache_result", CACHE),
    ("cache_response", CACHE),
    ("fastly_server", SERVER),
    ("server_identity", SERVER),
    ("server.identity", SERVER),
    ("fastly.server", SERVER),
    ("server_datacenter", Slot::Pop),
    ("server.datacenter", Slot::Pop),
    ("pop_datacenter", Slot::Pop),
    ("datacenter", Slot::Pop),
    ("pop", Slot::Pop),
    ("fastly_is_edge", EDGE),
    ("is_edge", EDGE),
    ("backend", Slot::Backend),
    ("backend_name", Slot::Backend),
    ("req.backend", Slot::Backend),
    ("fastly_backend", Slot::Backend),
    ("request_id", Slot::RequestId),
    ("req_id", Slot::RequestId),
    ("req.http.X-Request-ID", Slot::RequestId),
];

/// The members, on top and inside Splunk's `event`.
fn keys() -> Keys {
    Keys::under(&["", "event."], KEYS)
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let own = draft.bytes(STATE).is_some_and(is_state)
        || draft.bytes(EDGE).is_some_and(|e| matches!(e, b"true" | b"false"))
        || draft.bytes(SERVER).is_some_and(|s| s.starts_with(b"cache-"))
        // New Relic's template has no name of its own but this pair.
        || (draft.has(Slot::Micros) && draft.bytes(CACHE).is_some_and(is_state));
    if !(own && draft.has(Slot::Status)) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    let state = draft.bytes(STATE).or(draft.bytes(CACHE)).unwrap_or_default();
    event.cache = cache::result(state);
    put_request(&mut event, draft);
    if let (None, Some(server)) = (&event.pop, draft.bytes(SERVER)) {
        event.pop = airport(server).map(Cow::Borrowed);
    }
    event.ending = ending(event.status, state, draft.text(REASON));
    let shield = matches!(draft.bytes(EDGE), Some(b"false"));
    Ok(if shield || state.starts_with(b"BG-") { Parsed::Aside(event, Skip::Internal) } else { Parsed::Event(event) })
}

/// The method, or the whole request line, of `request`.
fn put_request<'a>(event: &mut Event<'a>, draft: &Draft<'a>) {
    let Some(raw) = draft.raw(REQUEST).filter(|raw| !is_absent(raw.bytes)) else { return };
    if !raw.bytes.contains(&b' ') {
        event.method = event.method.take().or_else(|| Some(raw.text()));
        return;
    }
    let asked = request(raw);
    event.method = event.method.take().or(asked.method);
    event.protocol = event.protocol.or(asked.protocol);
    if event.path.is_none() {
        event.path = asked.path;
        event.query = asked.query;
    }
}

/// Whether the word is a state of Fastly's cache.
fn is_state(word: &[u8]) -> bool {
    let first = word.split(|b| *b == b'-').next().unwrap_or_default();
    matches!(first, b"HIT" | b"MISS" | b"PASS" | b"HITPASS" | b"ERROR" | b"SYNTH" | b"PIPE" | b"BG" | b"NONE")
}

/// `CDG` of `cache-cdg20764-CDG`.
fn airport(server: &[u8]) -> Option<&[u8]> {
    let code = server.get(memrchr(b'-', server)? + 1..)?;
    ((3..=4).contains(&code.len()) && code.iter().all(u8::is_ascii_uppercase)).then_some(code)
}

fn ending(status: Option<u16>, state: &[u8], reason: Option<Text<'_>>) -> Ending {
    let made = state.starts_with(b"ERROR") || state.starts_with(b"SYNTH") || state.starts_with(b"HIT-SYNTH");
    let fetched = state.starts_with(b"MISS") || state.starts_with(b"PASS") || state.starts_with(b"HITPASS");
    match status {
        Some(429) if made => Ending::Shed,
        Some(400..=499) if made => Ending::Policy,
        Some(502..=504) if made => Ending::UpstreamUnreachable,
        Some(500..=599) if fetched && reason.is_some_and(|reason| is_timeout(&reason)) => Ending::UpstreamUnreachable,
        Some(500..=599) if fetched => Ending::UpstreamError,
        _ => Ending::Unsaid,
    }
}

/// Whether the reason is one that Fastly gives where no answer came from the backend.
fn is_timeout(reason: &[u8]) -> bool {
    const OURS: [&[u8]; 4] = [b"first byte timeout", b"connection timed out", b"connection refused", b"backend fetch failed"];
    OURS.iter().any(|r| reason.eq_ignore_ascii_case(r))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Cache;
    use crate::format::part::clf::shown;

    fn line(more: &str) -> String {
        format!(r#" {{ "timestamp": "2026-11-20T07:48:12+0000", "client_ip": "192.0.2.1", "url": "/a?b=c"{more} }}"#)
    }

    #[test]
    fn names_of_every_template_are_understood() {
        for more in [
            r#","host":"x.example","request":"GET","response_state":"HIT-CLUSTER","response_status":"200","resp_body_size":"9","time_elapsed":"1500","server_datacenter":"CDG""#,
            r#","host":"x.example","request_method":"GET","fastly_info":{"state":"HIT"},"resp":{"status":200,"body_bytes_written":9},"time.elapsed.usec":1500,"server.identity":"cache-cdg20764-CDG""#,
            r#","host":"x.example","request":"GET /a?b=c HTTP/2","cache_status":"HIT","status":200,"bytes_written":9,"time_elapsed":1500,"datacenter":"CDG""#,
            r#","http":{"method":"GET","status_code":"200"},"network":{"bytes_written":"9"},"fastly":{"cache_status":"HIT"},"host":"x.example","time_elapsed_msec":1.5,"pop":"CDG""#,
        ] {
            let line = line(more);
            let Parsed::Event(e) = (FORMAT.dialect)().line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!(
                [shown(&e.method), shown(&e.path), shown(&e.query), shown(&e.host), shown(&e.pop)],
                ["GET", "/a", "b=c", "x.example", "CDG"],
                "{line}"
            );
            assert_eq!((e.status, e.bytes, e.cache, e.duration), (Some(200), Some(9), Some(Cache::Hit), Some(1_500)), "{line}");
            assert_eq!(e.start, Some(e.stamp));
        }
        let splunk = r#"{"time":1795160892,"event":{"client_ip":"192.0.2.1","request":"GET","url":"/s","status":"200","cache_status":"MISS","time_elapsed":"7"}}"#;
        let dialect = (FORMAT.dialect)();
        assert!(matches!(dialect.line(splunk.as_bytes()), Parsed::Event(e) if shown(&e.path) == "/s" && e.duration == Some(7)));
    }

    #[test]
    fn the_state_tells_who_made_the_answer() {
        for (state, status, reason, want) in [
            ("MISS", 200, "OK", Ending::Unsaid),
            ("MISS-CLUSTER", 503, "Service Unavailable", Ending::UpstreamError),
            ("PASS", 503, "first byte timeout", Ending::UpstreamUnreachable),
            ("ERROR", 503, "backend read error", Ending::UpstreamUnreachable),
            ("ERROR", 500, "oops", Ending::Unsaid),
            ("SYNTH", 403, "Forbidden", Ending::Policy),
            ("ERROR", 429, "Too Many Requests", Ending::Shed),
            ("HIT", 503, "Service Unavailable", Ending::Unsaid),
        ] {
            assert_eq!(ending(Some(status), state.as_bytes(), Some(Cow::Borrowed(reason.as_bytes()))), want, "{state} {status}");
        }
    }

    #[test]
    fn shields_and_background_fetches_are_set_aside() {
        for (more, aside) in [
            (r#","response_state":"MISS","status":200,"fastly_is_edge":false"#, true),
            (r#","response_state":"MISS","status":200,"fastly_is_edge":true"#, false),
            (r#","response_state":"BG-ERROR","status":503"#, true),
        ] {
            let line = line(more);
            let got = matches!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Aside(_, Skip::Internal));
            assert_eq!(got, aside, "{more}");
        }
    }

    #[test]
    fn json_that_is_not_fastlys_is_refused() {
        for (line, want) in [
            (
                r#"{"time_elapsed":5,"status":200,"timestamp":"2026-11-20T07:48:12Z","client_ip":"192.0.2.1"}"#,
                Reject::UnknownFormat,
            ),
            (r#"{"response_state":"done","status":200,"timestamp":"2026-11-20T07:48:12Z"}"#, Reject::UnknownFormat),
            (r#"{"response_state":"HIT","timestamp":"2026-11-20T07:48:12Z"}"#, Reject::UnknownFormat),
            (r#"{"response_state":"HIT","status":200,"timestamp":"never"}"#, Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

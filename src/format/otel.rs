//! OpenTelemetry log records of HTTP requests in JSON: one record a line.
//!
//! Records are read with the semantic conventions of both ages (`http.request.method` and
//! `http.method`), and with attributes as a map (`"attributes":{"url.path":"/a"}`), as a list
//! (`[{"key":"url.path","value":{"stringValue":"/a"}}]`), or flat beside `timeUnixNano`; alone or in
//! OTLP's envelope `resourceLogs[].scopeLogs[].logRecords[]`.
//!
//! Quirks:
//! - An envelope may hold many records. A line is one request here, so only a line with one record is
//!   read; others are rejected rather than read in part. (A collector's batch processor makes them; its
//!   file exporter writes a batch in one line.)
//! - Whole numbers are text in OTLP: `{"intValue":"200"}`.
//! - `timeUnixNano` is the time of the event, `observedTimeUnixNano` that of its collection, which is
//!   used where there is no other.
//! - Durations: `http.server.request.duration` in seconds, the older `http.server.duration` in
//!   milliseconds.
//! - Headers are lists: `http.request.header.referer`.

use super::part::draft::Draft;
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
        name: "otel",
        about: "OpenTelemetry log records of HTTP requests (JSON, OTLP)",
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
        blind: "which instant of the request the record's time is, and which server made it, is not told; lines with several records are not read",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"timeUnixNano":"1795160892056000000","severityText":"INFO","attributes":{"http.request.method":"GET","url.path":"/a","url.query":"b=c","server.address":"www.example","http.response.status_code":200,"http.response.body.size":900,"http.server.request.duration":0.023,"client.address":"192.0.2.1","user_agent.original":"curl/8","http.request.header.referer":["https://example.net/"],"http.request.header.x-request-id":["r1"]}}"#,
            r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"web"}}]},"scopeLogs":[{"logRecords":[{"timeUnixNano":"1795160893056000000","attributes":[{"key":"http.method","value":{"stringValue":"POST"}},{"key":"http.target","value":{"stringValue":"/b"}},{"key":"http.status_code","value":{"intValue":"503"}},{"key":"net.peer.ip","value":{"stringValue":"2001:db8::7"}},{"key":"upstream.address","value":{"stringValue":"10.0.0.2:80"}},{"key":"upstream.status_code","value":{"intValue":"503"}}]}]}]}]}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["imeUnixNano\"", "\"attributes\"", "\"Attributes\""], keys(), make)),
);

/// The record's own members: its time.
const TIMES: &[(&str, Slot)] = &[
    ("timeUnixNano", Slot::FineTime),
    ("time_unix_nano", Slot::FineTime),
    ("TimeUnixNano", Slot::FineTime),
    ("Timestamp", Slot::FineTime),
    ("timestamp", Slot::FineTime),
    ("@timestamp", Slot::FineTime),
    ("time", Slot::FineTime),
    ("observedTimeUnixNano", Slot::Time),
    ("ObservedTimestamp", Slot::Time),
    ("observed_timestamp", Slot::Time),
    ("observedTimestamp", Slot::Time),
];

/// Attributes and what they mean.
const ATTRIBUTES: &[(&str, Slot)] = &[
    ("http.request.method", Slot::Method),
    ("http.method", Slot::Method),
    ("url.original", Slot::Target),
    ("http.target", Slot::Target),
    ("url.full", Slot::OtherTarget),
    ("http.url", Slot::OtherTarget),
    ("url.path", Slot::Path),
    ("url.query", Slot::Query),
    ("server.address", Slot::Host),
    ("url.domain", Slot::Host),
    ("http.host", Slot::Host),
    ("http.server_name", Slot::OtherHost),
    ("net.host.name", Slot::OtherHost),
    ("http.response.status_code", Slot::Status),
    ("http.status_code", Slot::Status),
    ("http.response.body.size", Slot::Bytes),
    ("http.response_content_length", Slot::Bytes),
    ("http.response.body.bytes", Slot::Bytes),
    ("http.response.size", Slot::TotalBytes),
    ("client.address", Slot::Client),
    ("http.client_ip", Slot::Client),
    ("source.address", Slot::Client),
    ("network.peer.address", Slot::Peer),
    ("net.sock.peer.addr", Slot::Peer),
    ("net.peer.ip", Slot::Peer),
    ("http.request.header.x-forwarded-for", Slot::Forwarded),
    ("http.request.header.x_forwarded_for", Slot::Forwarded),
    ("user_agent.original", Slot::UserAgent),
    ("http.user_agent", Slot::UserAgent),
    ("http.request.header.referer", Slot::Referrer),
    ("http.request.header.x-request-id", Slot::RequestId),
    ("http.request.header.x_request_id", Slot::RequestId),
    ("http.request_id", Slot::RequestId),
    ("http.server.request.duration", Slot::Seconds),
    ("http.server.duration", Slot::Millis),
    ("upstream.address", Slot::Backend),
    ("upstream_address", Slot::Backend),
    ("upstream.status_code", Slot::OriginStatus),
];

/// Where a record may stand.
const RECORDS: [&str; 2] = ["", "resourceLogs.scopeLogs.logRecords."];

/// Where its attributes may stand.
const PLACES: [&str; 3] = ["", "attributes.", "Attributes."];

/// What may follow an attribute's name, by the kind of its value.
const KINDS: [&str; 5] = ["", ".stringValue", ".intValue", ".doubleValue", ".arrayValue.values.stringValue"];

fn keys() -> Keys {
    let mut all: Vec<(String, Slot)> = Vec::new();
    let mut add = |name: String, slot| all.push((name, slot));
    for record in RECORDS {
        TIMES.iter().for_each(|(name, slot)| add(format!("{record}{name}"), *slot));
        for (name, slot) in ATTRIBUTES {
            for place in PLACES {
                KINDS.iter().for_each(|kind| add(format!("{record}{place}{name}{kind}"), *slot));
            }
        }
    }
    all.into_iter().collect()
}

fn make<'a>(draft: &Draft<'a>, line: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let named = [Slot::Method, Slot::Target, Slot::OtherTarget, Slot::Path];
    if !(is_one(line) && draft.has(Slot::Status) && named.into_iter().any(|slot| draft.has(slot))) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    event.ending = match (event.status, event.origin_status) {
        (Some(500..=599), Some(500..=599)) => Ending::UpstreamError,
        _ => Ending::Unsaid,
    };
    Ok(Parsed::Event(event))
}

/// Whether the line holds one record: each has at most one time of either kind.
fn is_one(line: &[u8]) -> bool {
    const TIMES: [&[u8]; 2] = [b"\"timeUnixNano\"", b"\"observedTimeUnixNano\""];
    TIMES.iter().all(|name| memmem::find_iter(line, name).nth(1).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    #[test]
    fn records_of_every_shape_give_the_same_request() {
        for line in [
            r#"{"timeUnixNano":"1795160892056000000","http.request.method":"GET","url.path":"/a","url.query":"b","http.response.status_code":200,"client.address":"192.0.2.1","server.address":"x.example"}"#,
            r#"{"Timestamp":"2026-11-20T07:48:12.056Z","Attributes":{"http.method":"GET","http.target":"/a?b","http.status_code":200,"http.client_ip":"192.0.2.1","http.host":"x.example"}}"#,
            r#"{"timeUnixNano":1795160892056000000,"attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.full","value":{"stringValue":"https://x.example/a?b"}},{"key":"http.response.status_code","value":{"intValue":"200"}},{"key":"network.peer.address","value":{"stringValue":"192.0.2.1"}}]}"#,
            r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"observedTimeUnixNano":"1795160892056000000","attributes":[{"key":"http.method","value":{"stringValue":"GET"}},{"key":"http.url","value":{"stringValue":"http://x.example/a?b"}},{"key":"http.status_code","value":{"intValue":200}},{"key":"net.sock.peer.addr","value":{"stringValue":"192.0.2.1"}}]}]}]}]}"#,
        ] {
            let dialect = (FORMAT.dialect)();
            let Parsed::Event(e) = dialect.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!(
                [shown(&e.client), shown(&e.method), shown(&e.host), shown(&e.path), shown(&e.query)],
                ["192.0.2.1", "GET", "x.example", "/a", "b"],
                "{line}"
            );
            assert_eq!((e.status, e.stamp.to_string().as_str()), (Some(200), "2026-11-20T07:48:12.056Z"), "{line}");
        }
    }

    #[test]
    fn a_line_of_several_records_is_not_read_in_part() {
        let [_, one] = FORMAT.facts.samples else { panic!("two samples") };
        assert!(matches!((FORMAT.dialect)().line(one.as_bytes()), Parsed::Event(_)));
        let two = one.replace("\"logRecords\":[", "\"logRecords\":[{\"timeUnixNano\":\"1\"},");
        for line in [two.clone(), two.replace("timeUnixNano", "observedTimeUnixNano")] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(Reject::UnknownFormat), "{line}");
        }
    }

    #[test]
    fn records_of_other_things_are_refused() {
        for (line, want) in [
            (r#"{"timeUnixNano":"1795160892056000000","body":{"stringValue":"started"},"attributes":[]}"#, Reject::UnknownFormat),
            (r#"{"attributes":{"http.status_code":200},"time":"2026-11-20T07:48:12Z"}"#, Reject::UnknownFormat),
            (r#"{"attributes":{"http.status_code":200,"http.method":"GET"},"time":"never"}"#, Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

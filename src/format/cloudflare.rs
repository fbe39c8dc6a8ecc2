//! Cloudflare Logpush `http_requests` (and the older Logpull, which has the same names): one JSON
//! object a line.
//!
//! Stamps are RFC 3339 or an epoch in seconds or nanoseconds, as the job is set; the digits tell.
//! `EdgeStartTimestamp` is the start and the line's stamp, `EdgeEndTimestamp` the end.
//!
//! Quirks:
//! - `OriginResponseStatus` 0: no answer came from the origin; the edge made the one the client got.
//! - `ClientRequestSource` other than `eyeball` with a `ParentRayID`: a sub-request of a Worker, not
//!   a user's; set aside. (`"ParentRayID":"00"` means none.)
//! - Whole-second stamps: the difference of two of them is no duration (0 or 1 s for most requests),
//!   so none is given.
//! - `ClientRequestURI` holds path and query; `ClientRequestPath` may be that of the outer request
//!   and is used only where the URI is not logged.

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
        name: "cloudflare",
        about: "Cloudflare Logpush http_requests (NDJSON)",
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
        blind: "the job chooses the fields and may sample: requests of a Worker are left out",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"ClientIP":"192.0.2.1","ClientRequestHost":"www.example","ClientRequestMethod":"GET","ClientRequestURI":"/a?b=c","ClientRequestReferer":"https://example.net/","ClientRequestUserAgent":"curl/8","EdgeStartTimestamp":1795160892056000000,"EdgeEndTimestamp":1795160892079000000,"EdgeResponseStatus":200,"EdgeResponseBytes":900,"EdgeColoCode":"SEA","RayID":"87a1b2c3d4e5f001","CacheCacheStatus":"miss","OriginIP":"198.51.100.7","OriginResponseStatus":200}"#,
            r#"{"ClientIP":"2001:db8::7","ClientRequestHost":"www.example","ClientRequestMethod":"POST","ClientRequestURI":"/b","EdgeStartTimestamp":"2026-11-20T07:48:12Z","EdgeEndTimestamp":"2026-11-20T07:48:42Z","EdgeResponseStatus":522,"EdgeResponseBytes":157,"EdgeColoCode":"AMS","RayID":"87a1b2c3d4e5f002","CacheCacheStatus":"dynamic","OriginIP":"198.51.100.7","OriginResponseStatus":0}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["\"Edge"], Keys::new(KEYS), make)),
);

const PARENT: Slot = Slot::Note0;
const SOURCE: Slot = Slot::Note1;
const ACTION: Slot = Slot::Note2;
const ORIGIN: Slot = Slot::OriginStatus;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("EdgeStartTimestamp", Slot::Start),
    ("EdgeEndTimestamp", Slot::End),
    ("ClientIP", Slot::Client),
    ("ClientRequestHost", Slot::Host),
    ("ClientRequestMethod", Slot::Method),
    ("ClientRequestProtocol", Slot::Protocol),
    ("ClientRequestURI", Slot::Target),
    ("ClientRequestPath", Slot::OtherTarget),
    ("ClientRequestUserAgent", Slot::UserAgent),
    ("ClientRequestReferer", Slot::Referrer),
    ("ClientRequestSource", SOURCE),
    ("ParentRayID", PARENT),
    ("EdgeResponseStatus", Slot::Status),
    ("EdgeResponseBodyBytes", Slot::Bytes),
    ("EdgeResponseBytes", Slot::TotalBytes),
    ("EdgeColoCode", Slot::Pop),
    ("CacheCacheStatus", Slot::Cache),
    ("OriginIP", Slot::Backend),
    ("OriginResponseStatus", ORIGIN),
    ("RayID", Slot::RequestId),
    ("SecurityAction", ACTION),
    ("SecurityActions", ACTION),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    if !draft.has(Slot::Status) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    let ruled = draft.bytes(ACTION).is_some_and(|a| !matches!(a, b"" | b"unknown" | b"allow" | b"log" | b"skip"));
    event.ending = ending(event.status, event.origin_status, draft.has(ORIGIN), ruled);
    let sub =
        draft.bytes(SOURCE).is_some_and(|s| !matches!(s, b"" | b"eyeball")) && draft.bytes(PARENT).is_none_or(|p| p != b"00");
    Ok(if sub { Parsed::Aside(event, Skip::Internal) } else { Parsed::Event(event) })
}

/// Who made the answer. 520 to 527 and 530 are Cloudflare's words for trouble with the origin.
fn ending(status: Option<u16>, origin: Option<u16>, contacted: bool, ruled: bool) -> Ending {
    match (status, origin) {
        (Some(499), _) => Ending::ClientLeft,
        (Some(429), None) => Ending::Shed,
        (Some(400..=599), None) if ruled => Ending::Policy,
        (Some(520), _) => Ending::UpstreamError,
        (Some(521..=527 | 530), _) => Ending::UpstreamUnreachable,
        (Some(502 | 504), None) if contacted => Ending::UpstreamUnreachable,
        (Some(500..=599), Some(500..=599)) => Ending::UpstreamError,
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Cache;
    use crate::format::part::clf::shown;

    fn line(start: &str, end: &str, more: &str) -> String {
        format!(
            r#"{{"ClientIP":"192.0.2.1","ClientRequestHost":"x.example","ClientRequestMethod":"GET","ClientRequestURI":"/a?b=c","ClientRequestPath":"/outer","EdgeStartTimestamp":{start},"EdgeEndTimestamp":{end},"EdgeResponseBytes":900,"EdgeColoCode":"SEA","RayID":"87a1","CacheCacheStatus":"dynamic"{more}}}"#
        )
    }

    #[test]
    fn stamps_of_any_kind_are_read() {
        for (start, end, want, duration) in [
            ("1712790000100000000", "1712790000123000000", "2024-04-10T23:00:00.1Z", Some(23_000)),
            ("\"2024-04-10T23:00:00.1Z\"", "\"2024-04-10T23:00:00.123Z\"", "2024-04-10T23:00:00.1Z", Some(23_000)),
            ("1712790000", "1712790001", "2024-04-10T23:00:00Z", None),
            ("\"2024-04-10T23:00:00Z\"", "\"2024-04-10T23:00:00Z\"", "2024-04-10T23:00:00Z", None),
        ] {
            let line = line(start, end, r#","EdgeResponseStatus":200"#);
            let Parsed::Event(e) = (FORMAT.dialect)().line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((e.stamp.to_string().as_str(), e.duration, e.start), (want, duration, Some(e.stamp)), "{start}");
            assert_eq!([shown(&e.path), shown(&e.query), shown(&e.pop), shown(&e.host)], ["/a", "b=c", "SEA", "x.example"]);
            assert_eq!((e.cache, e.bytes), (Some(Cache::Pass), Some(900)));
        }
    }

    #[test]
    fn the_origin_status_tells_who_made_the_answer() {
        for (more, origin, want) in [
            (r#","EdgeResponseStatus":200,"OriginResponseStatus":200"#, Some(200), Ending::Unsaid),
            (r#","EdgeResponseStatus":503,"OriginResponseStatus":503"#, Some(503), Ending::UpstreamError),
            (r#","EdgeResponseStatus":504,"OriginResponseStatus":0"#, None, Ending::UpstreamUnreachable),
            (r#","EdgeResponseStatus":522,"OriginResponseStatus":0"#, None, Ending::UpstreamUnreachable),
            (r#","EdgeResponseStatus":403,"OriginResponseStatus":0,"SecurityActions":["block"]"#, None, Ending::Policy),
            (r#","EdgeResponseStatus":403,"OriginResponseStatus":403,"SecurityActions":["log"]"#, Some(403), Ending::Unsaid),
            (r#","EdgeResponseStatus":429,"OriginResponseStatus":0"#, None, Ending::Shed),
            (r#","EdgeResponseStatus":499,"OriginResponseStatus":200"#, Some(200), Ending::ClientLeft),
            (r#","EdgeResponseStatus":502"#, None, Ending::Unsaid),
        ] {
            let line = line("1712790000", "1712790001", more);
            let Parsed::Event(e) = (FORMAT.dialect)().line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((e.origin_status, e.ending), (origin, want), "{more}");
        }
    }

    #[test]
    fn requests_of_a_worker_are_no_users() {
        let ends = |more: &str| {
            let line = line("1712790000", "1712790001", more);
            matches!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Aside(_, Skip::Internal))
        };
        assert!(ends(r#","EdgeResponseStatus":200,"ClientRequestSource":"edgeWorkerFetch","ParentRayID":"87a0""#));
        assert!(ends(r#","EdgeResponseStatus":200,"ClientRequestSource":"edgeWorkerFetch""#), "the job may not log the parent");
        assert!(!ends(r#","EdgeResponseStatus":200,"ClientRequestSource":"eyeball","ParentRayID":"00""#));
        assert!(!ends(r#","EdgeResponseStatus":200,"ClientRequestSource":"edgeWorkerFetch","ParentRayID":"00""#));
    }

    #[test]
    fn foreign_json_is_refused_and_a_missing_time_is_named() {
        for (line, want) in [
            (r#"{"Edge":1}"#, Reject::UnknownFormat),
            (r#"{"status":200,"time":"2024-04-10T23:00:00Z","method":"GET"}"#, Reject::UnknownFormat),
            (r#"{"EdgeResponseStatus":200,"EdgeStartTimestamp":"yesterday"}"#, Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

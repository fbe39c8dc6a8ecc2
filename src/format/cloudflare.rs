//! Cloudflare Logpush `http_requests` (and the older Logpull, which has the same names): one JSON
//! object a line.
//!
//! Stamps are RFC 3339 or an epoch in seconds or nanoseconds, as the job is set; the digits tell.
//! `EdgeStartTimestamp` is the start and the line's stamp, `EdgeEndTimestamp` the end.
//!
//! Quirks:
//! - `OriginResponseStatus` 0: no answer came from the origin; the edge made the one the client got.
//! - `ClientRequestSource` other than `eyeball` with a `ParentRayID`: a sub-request of a Worker, not
//!   a user's; skipped. (`"ParentRayID":"00"` means none.)
//! - Whole-second stamps: the difference of two of them is no duration (0 or 1 s for most requests),
//!   so none is given.
//! - `ClientRequestURI` holds path and query; `ClientRequestPath` may be that of the outer request
//!   and is used only where the URI is not logged.

use super::clf::read;
use super::field::{Raw, Request, number, status_field, target};
use super::json::{Value, members, parsed};
use super::{Dialect, Facts, Format, Parsed, stamp};
use crate::event::{Cache, Ending, Event, Stamp, Text, Tier};
use crate::ledger::{Reject, Skip};
use crate::time::{Micros, SECOND};
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
#[derive(Debug)]
pub struct Cloudflare;

static FACTS: Facts = Facts {
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
};

impl Format for Cloudflare {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn dialect(&self) -> Arc<dyn Dialect> {
        Arc::new(Cloudflare)
    }
}

impl Dialect for Cloudflare {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            parsed(line, b"\"Edge", |line| {
                let mut record = Record::default();
                members(line, &mut |key, value| record.put(key, value)).then(|| record.parsed())
            })
        })
    }
}

type Member<'a> = Option<Cow<'a, str>>;

#[derive(Debug, Default)]
struct Record<'a> {
    start: Member<'a>,
    end: Member<'a>,
    client: Member<'a>,
    host: Member<'a>,
    method: Member<'a>,
    uri: Member<'a>,
    path: Member<'a>,
    source: Member<'a>,
    parent: Member<'a>,
    status: Member<'a>,
    origin_status: Member<'a>,
    body_bytes: Member<'a>,
    bytes: Member<'a>,
    cache: Member<'a>,
    pop: Member<'a>,
    origin: Member<'a>,
    agent: Member<'a>,
    referrer: Member<'a>,
    ray: Member<'a>,
    /// Whether a security rule acted.
    ruled: bool,
}

impl<'a> Record<'a> {
    fn put(&mut self, key: &str, value: Value<'a>) {
        let place = match key {
            "EdgeStartTimestamp" => &mut self.start,
            "EdgeEndTimestamp" => &mut self.end,
            "ClientIP" => &mut self.client,
            "ClientRequestHost" => &mut self.host,
            "ClientRequestMethod" => &mut self.method,
            "ClientRequestURI" => &mut self.uri,
            "ClientRequestPath" => &mut self.path,
            "ClientRequestSource" => &mut self.source,
            "ParentRayID" => &mut self.parent,
            "EdgeResponseStatus" => &mut self.status,
            "OriginResponseStatus" => &mut self.origin_status,
            "EdgeResponseBodyBytes" => &mut self.body_bytes,
            "EdgeResponseBytes" => &mut self.bytes,
            "CacheCacheStatus" => &mut self.cache,
            "EdgeColoCode" => &mut self.pop,
            "OriginIP" => &mut self.origin,
            "ClientRequestUserAgent" => &mut self.agent,
            "ClientRequestReferer" => &mut self.referrer,
            "RayID" => &mut self.ray,
            "SecurityAction" | "SecurityActions" => {
                self.ruled |= match value {
                    Value::Array(any) => any,
                    value => value.present().is_some_and(|t| !matches!(t.as_ref(), "unknown" | "allow" | "log" | "skip")),
                };
                return;
            }
            _ => return,
        };
        *place = value.present();
    }

    fn parsed(self) -> Result<Parsed<'a>, Reject> {
        let status = self.status.as_ref().ok_or(Reject::UnknownFormat)?;
        let status = status_field(status.as_bytes());
        let sub = self.source.as_ref().is_some_and(|s| s != "eyeball") && self.parent.as_ref().is_some_and(|p| p != "00");
        let time = |text: &Member<'a>| text.as_ref().and_then(|t| stamp::any(t.as_bytes()));
        let (start, end) = (time(&self.start), time(&self.end));
        let stamp = start.or(end).ok_or(Reject::BadTime)?;
        if sub {
            return Ok(Parsed::Skip(Skip::Internal));
        }
        let mut event = Event::at(stamp);
        (event.start, event.end) = (start, end);
        event.duration = duration(start, end);
        event.status = status;
        event.origin_status = self.origin_status.as_ref().and_then(|t| status_field(t.as_bytes()));
        let contacted = self.origin_status.is_some();
        event.ending = ending(status, event.origin_status, contacted, self.ruled);
        event.bytes = self.body_bytes.or(self.bytes).and_then(|t| number(t.as_bytes()));
        event.cache = self.cache.and_then(|t| cache(&t));
        (event.path, event.query) = self.uri.or(self.path).map(bytes).map_or((None, None), split);
        event.client = self.client.map(bytes);
        event.host = self.host.map(bytes);
        event.method = self.method.map(bytes);
        event.pop = self.pop.map(bytes);
        event.backend = self.origin.map(bytes);
        event.user_agent = self.agent.map(bytes);
        event.referrer = self.referrer.map(bytes);
        event.request_id = self.ray.map(bytes);
        Ok(Parsed::Event(event))
    }
}

fn bytes(text: Cow<'_, str>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

fn split(uri: Text<'_>) -> (Option<Text<'_>>, Option<Text<'_>>) {
    match uri {
        Cow::Borrowed(uri) => {
            let Request { path, query, .. } = target(Raw { bytes: uri, escaped: false }, false);
            (path, query)
        }
        Cow::Owned(uri) => {
            let Request { path, query, .. } = target(Raw { bytes: &uri, escaped: false }, false);
            (path.map(|t| Cow::Owned(t.into_owned())), query.map(|t| Cow::Owned(t.into_owned())))
        }
    }
}

/// End minus start, unless both have whole seconds only.
fn duration(start: Option<Micros>, end: Option<Micros>) -> Option<i64> {
    let (start, end) = (start?, end?);
    let coarse = start.0 % SECOND == 0 && end.0 % SECOND == 0;
    (!coarse && end >= start).then(|| end.0.saturating_sub(start.0))
}

fn cache(text: &str) -> Option<Cache> {
    Some(match text {
        "hit" | "stream_hit" => Cache::Hit,
        "miss" | "expired" | "deferred" => Cache::Miss,
        "stale" | "updating" => Cache::Stale,
        "revalidated" => Cache::Revalidated,
        "bypass" | "dynamic" | "ignored" => Cache::Pass,
        _ => return None,
    })
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
    use crate::format::clf::shown;

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
            let Parsed::Event(e) = Cloudflare.line(line.as_bytes()) else { panic!("{line}") };
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
            let Parsed::Event(e) = Cloudflare.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((e.origin_status, e.ending), (origin, want), "{more}");
        }
    }

    #[test]
    fn requests_of_a_worker_are_no_users() {
        let ends = |more: &str| {
            let line = line("1712790000", "1712790001", more);
            matches!(Cloudflare.line(line.as_bytes()), Parsed::Skip(Skip::Internal))
        };
        assert!(ends(r#","EdgeResponseStatus":200,"ClientRequestSource":"edgeWorkerFetch","ParentRayID":"87a0""#));
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
            assert_eq!(Cloudflare.line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

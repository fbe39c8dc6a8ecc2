//! nginx `log_format ... escape=json`, and any flat JSON access log with the same words.
//!
//! nginx has no standard names for the members, so each field is found by its synonyms (`slot`).
//! A line is an access record if it tells a time and a status and at least a client, a method or a
//! request; other JSON (application logs) is refused.
//!
//! Quirks:
//! - Numbers are often strings, and `""` means absent.
//! - A request nginx could not read: `"request_method":"","status":"400"`; an event with what is known.
//! - Raw bytes (`"/caf\xE9"` as one byte) and Apache's `\xe2`: repaired, see [`super::json::repaired`].
//! - `"upstream_status":"502, 200"`: the last element answered. `"upstream_header_time":"-"` with 502
//!   or 504: nobody did, whatever the upstream status says.
//! - A duration is taken only where its unit is plain: `request_time` (nginx, seconds), another name
//!   with a decimal point (seconds), or a name that ends in `_ms` or `_us`.

use super::clf::read;
use super::field::{Raw, Request, number, request, seconds, status_field, target};
use super::json::{Value, members, own, parsed};
use super::{Dialect, Facts, Format, Parsed, client, stamp};
use crate::event::{Cache, Ending, Event, Stamp, Text, Tier};
use crate::ledger::Reject;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
#[derive(Debug)]
pub struct NginxJson;

static FACTS: Facts = Facts {
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
};

impl Format for NginxJson {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn dialect(&self) -> Arc<dyn Dialect> {
        Arc::new(NginxJson)
    }
}

impl Dialect for NginxJson {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            parsed(line, b"status", |line| {
                let mut record = Record::default();
                members(line, &mut |key, value| record.put(key, value)).then(|| record.event().map(Parsed::Event))
            })
        })
    }
}

/// The fields looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    FineTime,
    Time,
    Client,
    Forwarded,
    Request,
    Method,
    Url,
    Query,
    Host,
    Status,
    OriginStatus,
    HeaderTime,
    Bytes,
    Seconds,
    MaybeSeconds,
    Millis,
    Micros,
    Cache,
    Backend,
    UserAgent,
    Referrer,
    RequestId,
}

const SLOTS: usize = Slot::RequestId as usize + 1;

/// Which field a member is.
fn slot(key: &str) -> Option<Slot> {
    Some(match key {
        "msec" => Slot::FineTime,
        "time_iso8601" | "time" | "@timestamp" | "timestamp" | "time_local" | "ts" | "date" | "datetime" | "request_start"
        | "time_iso" | "start_time" => Slot::Time,
        "remote_addr" | "client" | "clientip" | "client_ip" | "remote_ip" | "remote_host" | "clientIp" | "realip_remote_addr" => {
            Slot::Client
        }
        "http_x_forwarded_for" | "x_forwarded_for" | "xff" | "forwarded_for" | "proxy_add_x_forwarded_for" => Slot::Forwarded,
        "request" | "request_line" => Slot::Request,
        "request_method" | "method" | "verb" | "http_method" => Slot::Method,
        "request_uri" | "uri" | "path" | "url" | "request_path" => Slot::Url,
        "args" | "query" | "query_string" | "querystring" => Slot::Query,
        "host" | "http_host" | "server_name" | "vhost" | "virtual_host" | "domain" => Slot::Host,
        "status" | "status_code" | "response_status" | "http_status" | "response_code" => Slot::Status,
        "upstream_status" | "origin_status" => Slot::OriginStatus,
        "upstream_header_time" => Slot::HeaderTime,
        "body_bytes_sent" | "bytes_sent" | "bytes" | "size" | "response_size" => Slot::Bytes,
        "request_time" => Slot::Seconds,
        "duration" | "response_time" | "responsetime" | "elapsed" | "took" | "latency" => Slot::MaybeSeconds,
        "duration_ms" | "response_time_ms" | "request_time_ms" | "latency_ms" | "elapsed_ms" => Slot::Millis,
        "duration_us" | "response_time_us" | "request_time_us" | "latency_us" | "elapsed_us" => Slot::Micros,
        "upstream_cache_status" | "cache_status" | "cache" => Slot::Cache,
        "upstream_addr" | "upstream" | "backend" => Slot::Backend,
        "http_user_agent" | "user_agent" | "agent" | "useragent" | "userAgent" => Slot::UserAgent,
        "http_referer" | "http_referrer" | "referer" | "referrer" => Slot::Referrer,
        "request_id" | "req_id" | "x_request_id" | "requestId" => Slot::RequestId,
        _ => return None,
    })
}

/// The values found, the first one of each field.
#[derive(Debug, Default)]
struct Record<'a> {
    values: [Option<Cow<'a, str>>; SLOTS],
    /// Whether there was a name that only nginx uses.
    nginx: bool,
}

impl<'a> Record<'a> {
    fn put(&mut self, key: &str, value: Value<'a>) {
        self.nginx |= matches!(key, "time_iso8601" | "msec" | "body_bytes_sent" | "request_time") || key.starts_with("upstream_");
        let Some(slot) = slot(key) else { return };
        let value = match value {
            // "-" says of a header time that no header came: that is not the same as its absence.
            Value::Text(text) if slot == Slot::HeaderTime && !text.is_empty() => Some(text),
            value => value.present(),
        };
        if let Some(place) = self.values.get_mut(slot as usize)
            && place.is_none()
        {
            *place = value;
        }
    }

    fn take(&mut self, slot: Slot) -> Option<Cow<'a, str>> {
        self.values.get_mut(slot as usize)?.take()
    }

    fn text(&mut self, slot: Slot) -> Option<Text<'a>> {
        self.take(slot).map(bytes)
    }

    fn event(mut self) -> Result<Event<'a>, Reject> {
        let status = self.take(Slot::Status).ok_or(Reject::UnknownFormat)?;
        let named = [Slot::Client, Slot::Forwarded, Slot::Request, Slot::Method, Slot::Url];
        let known = named.into_iter().any(|slot| self.values.get(slot as usize).is_some_and(Option::is_some));
        // An unreadable request on nginx has none of them; its own names vouch for the line then.
        if !(known || self.nginx) || !status.bytes().all(|b| b.is_ascii_digit()) {
            return Err(Reject::UnknownFormat);
        }
        let (fine, time) = (self.take(Slot::FineTime), self.take(Slot::Time));
        let stamp = [fine, time].into_iter().flatten().find_map(|t| stamp::any(t.as_bytes())).ok_or(Reject::BadTime)?;
        let mut event = Event::at(stamp);
        event.status = status_field(status.as_bytes());
        self.put_request(&mut event);
        self.put_client(&mut event);
        event.bytes = self.take(Slot::Bytes).and_then(|t| number(t.as_bytes()));
        event.duration = self.duration();
        event.cache = self.take(Slot::Cache).and_then(|t| cache(&t));
        event.backend = self.take(Slot::Backend).map(last);
        event.user_agent = self.text(Slot::UserAgent);
        event.referrer = self.text(Slot::Referrer);
        event.request_id = self.text(Slot::RequestId);
        self.put_ending(&mut event);
        event.place(if self.nginx { Stamp::End } else { Stamp::Unknown });
        Ok(event)
    }

    fn put_request(&mut self, event: &mut Event<'a>) {
        let (line, url) = (self.text(Slot::Request), self.text(Slot::Url));
        let read = |text: Text<'a>, split: fn(Raw<'_>) -> Request<'_>| match text {
            Cow::Borrowed(bytes) => split(Raw { bytes, escaped: false }),
            Cow::Owned(bytes) => owned_request(split(Raw { bytes: &bytes, escaped: false })),
        };
        let mut asked = line.map(|text| read(text, request)).unwrap_or_default();
        if let (None, Some(url)) = (&asked.path, url) {
            asked = Request { method: asked.method, ..read(url, |raw| target(raw, false)) };
        }
        event.method = asked.method.or_else(|| self.text(Slot::Method));
        event.path = asked.path;
        event.query = asked.query.or_else(|| self.text(Slot::Query).map(without_mark));
        event.host = self.text(Slot::Host).or(asked.host);
    }

    fn put_client(&mut self, event: &mut Event<'a>) {
        let (peer, list) = (self.text(Slot::Client), self.text(Slot::Forwarded));
        let (peer_bytes, list_bytes) = (peer.as_deref().map(client::strip_port), list.as_deref());
        let chosen = client::choose(peer_bytes, list_bytes).map(<[u8]>::to_vec);
        event.client = match peer {
            Some(peer) if chosen.as_deref() == Some(&*peer) => Some(peer),
            _ => chosen.map(Cow::Owned),
        };
    }

    fn duration(&mut self) -> Option<i64> {
        let scaled = |text: Cow<'_, str>, scale: i64| seconds(text.as_bytes()).map(|n| n / scale);
        let plain = self.take(Slot::Seconds).or_else(|| self.take(Slot::MaybeSeconds).filter(|t| t.contains('.')));
        plain
            .and_then(|t| scaled(t, 1))
            .or_else(|| self.take(Slot::Millis).and_then(|t| scaled(t, 1_000)))
            .or_else(|| self.take(Slot::Micros).and_then(|t| scaled(t, 1_000_000)))
    }

    fn put_ending(&mut self, event: &mut Event<'a>) {
        let header = self.take(Slot::HeaderTime).map(|t| seconds(&last(t)).is_some());
        if header != Some(false) {
            event.origin_status = self.take(Slot::OriginStatus).and_then(|t| status_field(&last(t)));
        }
        event.ending = match (event.status, header) {
            (Some(499), _) if self.nginx => Ending::ClientLeft,
            (Some(502 | 504), Some(false)) => Ending::UpstreamUnreachable,
            (Some(500..=599), Some(true)) => Ending::UpstreamError,
            _ => Ending::Unsaid,
        };
    }
}

fn bytes(text: Cow<'_, str>) -> Text<'_> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

/// The element of a list that answered: the last one.
fn last(text: Cow<'_, str>) -> Text<'_> {
    let from = text.rfind([',', ' ']).map_or(0, |n| n + 1);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes().get(from..).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.as_bytes().get(from..).unwrap_or_default().to_vec()),
    }
}

/// Apache's `%q` begins with the `?`.
fn without_mark(query: Text<'_>) -> Text<'_> {
    match query {
        Cow::Borrowed(q) => Cow::Borrowed(q.strip_prefix(b"?").unwrap_or(q)),
        Cow::Owned(q) => Cow::Owned(q.strip_prefix(b"?").map(<[u8]>::to_vec).unwrap_or(q)),
    }
}

fn cache(text: &str) -> Option<Cache> {
    Some(match text.to_ascii_uppercase().as_str() {
        "HIT" => Cache::Hit,
        "MISS" | "EXPIRED" => Cache::Miss,
        "BYPASS" | "PASS" => Cache::Pass,
        "STALE" | "UPDATING" => Cache::Stale,
        "REVALIDATED" => Cache::Revalidated,
        _ => return None,
    })
}

fn owned_request<'b>(r: Request<'_>) -> Request<'b> {
    Request { method: own(r.method), host: own(r.host), path: own(r.path), query: own(r.query), absolute: r.absolute }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::clf::shown;

    fn event(line: &[u8]) -> Event<'_> {
        match NginxJson.line(line) {
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
    fn a_request_nginx_could_not_read_is_an_event() {
        let e = event(br#"{"time_iso8601":"2026-11-20T07:47:58+00:00","remote_addr":"192.0.2.1","request_method":"","request_uri":"","status":"400","body_bytes_sent":"157"}"#);
        assert_eq!((e.status, e.method, e.path), (Some(400), None, None));
    }

    #[test]
    fn json_that_json_forbids_is_read_nevertheless() {
        let e = event(b"{\"time_iso8601\":\"2026-11-20T07:47:58+00:00\",\"remote_addr\":\"192.0.2.1\",\"request_method\":\"GET\",\"request_uri\":\"/caf\xE9\",\"status\":\"200\"}");
        assert_eq!(shown(&e.path), "/caf\u{e9}");
        let e = event(br#"{"time":"2026-11-20T07:47:58+00:00","client":"192.0.2.1","request":"GET /\xe2\x80\x99 HTTP/1.1","query":"?x=1","status":"200"}"#);
        assert_eq!((shown(&e.path).as_str(), shown(&e.query).as_str()), ("/\u{2019}", "x=1"));
    }

    #[test]
    fn other_json_is_refused() {
        for (line, want) in [
            (&br#"{"level":"info","msg":"started","time":"2026-11-20T07:47:58Z"}"#[..], Reject::UnknownFormat),
            (br#"{"time":"2026-11-20T07:47:58Z","status":"ok","method":"GET"}"#, Reject::UnknownFormat),
            (br#"{"status":200,"time":"2026-11-20T07:47:58Z"}"#, Reject::UnknownFormat),
            (br#"{"status":200,"remote_addr":"192.0.2.1"}"#, Reject::BadTime),
            (br#"{"status":200,"remote_addr":"192.0.2.1""#, Reject::UnknownFormat),
        ] {
            assert_eq!(NginxJson.line(line), Parsed::Reject(want), "{}", String::from_utf8_lossy(line));
        }
    }
}

//! nginx: combined with the usual tails of timings, upstream and cache.
//!
//! nginx has no standard format with timings, but the tails that people write are few and their
//! words tell them apart, so a small grammar reads any mix of them, in any order:
//!
//! | word | taken as |
//! |---|---|
//! | `rt=0.001 uct="0.000" uht="0.001" urt="0.001"`, long names too | timings in seconds |
//! | `0.001 0.002` | request time, then upstream time |
//! | `. p` | `$pipe` |
//! | `HIT MISS BYPASS EXPIRED STALE UPDATING REVALIDATED` | `$upstream_cache_status` |
//! | `"192.0.2.1, 10.0.0.1"` | forwarded-for |
//! | `"10.0.0.5:8080"`, private and with a port, or `unix:/run/x.sock` | `$upstream_addr` |
//! | `"www.example"` | host |
//! | `1795160878.438` | `$msec`: the stamp more finely |
//! | `request_time 0.002`, `request_time: 0.002` | as `request_time=0.002` |
//!
//! The stamp is the end of the request: nginx writes the line when it is done.
//!
//! Quirks:
//! - Several tried servers give a list, `urt="0.000, 0.002"`, an internal redirect ` : `; the last
//!   element is the one that answered. Without quotes (`urt=0.000, 0.002`, `10.0.0.5:80, 10.0.0.6:80`) a
//!   comma at a word's end goes on.
//! - `ua="Mozilla/5.0 (X11)"` is the user agent and `ua="10.0.0.5:80"` the upstream: only a host with its
//!   port or a local socket is one under that name.
//! - `uht="-"` with 502 or 504: no header came from upstream, nginx made the error itself. A number
//!   there with a 5xx: the upstream answered, and its answer was the error. Without a header time the
//!   length of the upstream's answer tells it (`ul="0"`), else nothing: [`super::part::upstream`].

use super::part::clf::read;
use super::part::client;
use super::part::draft::last;
use super::part::field::{gap, is_absent, list, quoted, seconds};
use super::part::stamp;
use super::part::tail::{Tail, tailed};
use super::part::upstream::{Upstream, is_servers, is_upstream};
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Cache, Event, Stamp, Tier};
use crate::time::Micros;
use memchr::memchr;
use nom::Parser;
use nom::combinator::opt;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "nginx-timed",
        about: "nginx combined with timings: rt= uct= uht= urt=, bare times, cache status, forwarded-for, host",
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
        blind: "",
        specificity: 5,
        zoneless: false,
        samples: &[
            r#"10.0.0.1 - - [20/Nov/2026:07:47:58 +0000] "GET /a?b=c HTTP/1.1" 200 20 "https://example.net/" "curl/8" "203.0.113.9" "www.example" rt=0.011 uct="0.000" uht="0.010" urt="0.011" us="200" ua="10.0.0.2:80" cs=MISS rid=59ecfd29"#,
            r#"192.0.2.1 - - [20/Nov/2026:07:47:58 +0000] "GET /dead HTTP/1.1" 502 157 "-" "curl/8" rt=0.000 uct="-, -" uht="-, -" urt="0.000, 0.000""#,
        ],
    },
    || Arc::new(NginxTimed),
);

#[derive(Debug)]
struct NginxTimed;

impl Dialect for NginxTimed {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| tailed(line, FORMAT.facts.stamp, |_, tail: &Words<'a>| tail.telling))
    }
}

/// Most words of a tail that are looked at.
const TAIL_WORDS_MAX: usize = 32;

/// What the words behind the user agent told.
#[derive(Clone, Copy, Debug, Default)]
struct Words<'a> {
    /// Whether a word was there that only nginx writes.
    telling: bool,
    bare_times: u8,
    request_time: Option<i64>,
    fine: Option<Micros>,
    upstream: Upstream<'a>,
    cache: Option<Cache>,
    forwarded: Option<&'a [u8]>,
    host: Option<&'a [u8]>,
    backend: Option<&'a [u8]>,
    request_id: Option<&'a [u8]>,
}

impl<'a> Tail<'a> for Words<'a> {
    fn read(rest: &'a [u8]) -> Self {
        let mut tail = Words::default();
        let mut i = rest.trim_ascii_start();
        for _ in 0..TAIL_WORDS_MAX {
            let key = key(i);
            let value = i.get(key.map_or(0, |k| k.len() + 1)..).unwrap_or_default();
            if value.first() == Some(&b'"') {
                let Ok((rest, (raw, _))) = (quoted, opt(gap)).parse(value) else { break };
                match key {
                    Some(key) => tail.named(key, raw.bytes),
                    None => tail.in_quotes(raw.bytes),
                }
                i = rest;
                continue;
            }
            let Ok((rest, value)) = list(value) else { break };
            i = rest;
            match key {
                Some(key) => tail.named(key, value),
                // `request_time 0.002`, `request_time: 0.002`.
                None if is_name(value) => {
                    let next = if rest.starts_with(b"\"") { None } else { list(rest).ok() };
                    if let Some((rest, of_it)) = next {
                        tail.named(value.strip_suffix(b":").unwrap_or(value), of_it);
                        i = rest;
                    }
                }
                None => tail.bare(value),
            }
        }
        tail
    }

    fn forwarded(&self) -> Option<&'a [u8]> {
        self.forwarded
    }

    fn put(self, event: &mut Event<'a>) {
        event.duration = self.request_time;
        event.cache = self.cache;
        event.backend = self.backend.filter(|b| !is_absent(b)).map(Cow::Borrowed);
        event.request_id = self.request_id.filter(|b| !is_absent(b)).map(Cow::Borrowed);
        if let Some(host) = self.host.filter(|h| !is_absent(h)) {
            event.host = Some(Cow::Borrowed(host));
        }
        event.stamp = self.fine.unwrap_or(event.stamp);
        self.upstream.put(event);
    }
}

impl<'a> Words<'a> {
    fn named(&mut self, key: &[u8], value: &'a [u8]) {
        match key {
            b"rt" | b"request_time" | b"reqtime" | b"req_time" => {
                self.telling |= is_list_of_times(value);
                self.request_time = seconds(last(value));
            }
            b"uht" | b"upstream_header_time" | b"uhtime" => {
                self.telling |= is_list_of_times(value);
                self.upstream.header_time = Some(value);
            }
            b"urt" | b"uct" | b"ut" | b"upstream_response_time" | b"upstream_connect_time" | b"uptime" => {
                self.telling |= is_list_of_times(value)
            }
            b"us" | b"ups" | b"upstream_status" | b"ustatus" => self.upstream.status = Some(value),
            b"ul" | b"upstream_response_length" => self.upstream.length = Some(value),
            b"msec" | b"ts" if is_time(value) => self.fine = stamp::epoch(value),
            b"cs" | b"cache" | b"cache_status" | b"ucs" | b"upstream_cache_status" => self.cache = cache(value),
            b"xff" | b"X-Forwarded-For" | b"x_forwarded_for" | b"fwd" if client::is_address_list(value) => {
                self.forwarded = Some(value);
            }
            b"host" | b"h" | b"vhost" => self.host = Some(value),
            b"sn" | b"server_name" => self.host = self.host.or(Some(value)),
            b"ua" | b"addr" if is_absent(value) || !is_servers(value) => {}
            b"ua" | b"addr" | b"upstream" | b"upstream_addr" => self.backend = Some(last(value)),
            b"rid" | b"request_id" | b"id" | b"req_id" => self.request_id = Some(value),
            _ => {}
        }
    }

    fn in_quotes(&mut self, value: &'a [u8]) {
        if is_absent(value) {
            return;
        }
        if is_list_of_times(value) {
            self.time(value);
        } else if let Some(cache) = cache(value) {
            self.cache = Some(cache);
            self.telling = true;
        } else if is_upstream(value) {
            self.backend = self.backend.or(Some(last(value)));
        } else if client::is_address_list(value) {
            self.forwarded = self.forwarded.or(Some(value));
        } else if self.host.is_none() && is_host(value) {
            self.host = Some(value);
        }
    }

    fn bare(&mut self, value: &'a [u8]) {
        let element = last(value);
        if is_time(element) || (value.len() > element.len() && is_list_of_times(value)) {
            self.time(value);
        } else if let Some(cache) = cache(element) {
            self.cache = Some(cache);
            self.telling = true;
        } else if is_upstream(value) {
            self.backend = self.backend.or(Some(element));
        }
    }

    /// A time without a name: the first one is the whole request's, the second the upstream's. One of
    /// ten digits is no duration but `$msec`.
    fn time(&mut self, value: &'a [u8]) {
        self.telling = true;
        if value.len() == 14 && memchr(b'.', value) == Some(10) {
            self.fine = self.fine.or(stamp::epoch(value));
            return;
        }
        if self.bare_times == 0 && self.request_time.is_none() {
            self.request_time = seconds(last(value));
        }
        self.bare_times = self.bare_times.saturating_add(1);
    }
}

/// Names of nginx that stand before their values, without an equals sign.
fn is_name(word: &[u8]) -> bool {
    const NAMES: [&[u8]; 8] = [
        b"request_time",
        b"upstream_response_time",
        b"upstream_connect_time",
        b"upstream_header_time",
        b"upstream_addr",
        b"upstream_status",
        b"upstream_cache_status",
        b"msec",
    ];
    NAMES.contains(&word.strip_suffix(b":").unwrap_or(word))
}

/// `key` of `key=value`.
fn key(i: &[u8]) -> Option<&[u8]> {
    let n = i.iter().take(32).take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')).count();
    (n > 0 && i.get(n) == Some(&b'=')).then(|| i.get(..n)).flatten()
}

/// nginx writes times as seconds with exactly three decimals.
fn is_time(text: &[u8]) -> bool {
    match memchr(b'.', text).map(|n| text.split_at(n)) {
        Some((whole, [b'.', a, b, c])) => !whole.is_empty() && whole.iter().chain([a, b, c]).all(u8::is_ascii_digit),
        _ => false,
    }
}

/// A list of nginx times, in which `-` may stand for a server that was not reached.
fn is_list_of_times(list: &[u8]) -> bool {
    !list.is_empty() && list.split(|b| matches!(b, b',' | b' ')).all(|e| matches!(e, b"" | b"-" | b":") || is_time(e))
}

/// nginx writes cache results in capitals.
fn cache(text: &[u8]) -> Option<Cache> {
    Some(match text {
        b"HIT" => Cache::Hit,
        b"MISS" | b"EXPIRED" => Cache::Miss,
        b"BYPASS" => Cache::Pass,
        b"STALE" | b"UPDATING" => Cache::Stale,
        b"REVALIDATED" => Cache::Revalidated,
        _ => return None,
    })
}

/// A host name: letters, digits, dots and dashes, with a dot.
fn is_host(text: &[u8]) -> bool {
    text.contains(&b'.')
        && text.len() <= 255
        && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ending;
    use crate::format::part::clf::shown;

    const HEAD: &str = r#"10.0.0.1 - - [20/Nov/2026:07:47:58 +0000] "GET /a HTTP/1.1" "#;

    fn read_tail(status: u16, tail: &str) -> Option<(Event<'static>, String)> {
        let line: &'static str = format!(r#"{HEAD}{status} 20 "-" "curl/8" {tail}"#).leak();
        match NginxTimed.line(line.as_bytes()) {
            Parsed::Event(e) => {
                let client = shown(&e.client);
                Some((e, client))
            }
            _ => None,
        }
    }

    #[test]
    fn any_mix_of_the_usual_tails_gives_duration_and_client() {
        for (tail, duration, client, host) in [
            (r#"rt=0.011 uct="0.000" uht="0.001" urt="0.001""#, Some(11_000), "10.0.0.1", "-"),
            (r#""203.0.113.9" rt=0.011 uct="0.000" uht="0.001" urt="0.001""#, Some(11_000), "203.0.113.9", "-"),
            (r#""203.0.113.9, 10.0.0.2" "www.example" rt=0.011"#, Some(11_000), "203.0.113.9", "www.example"),
            ("1.500 0.002 .", Some(1_500_000), "10.0.0.1", "-"),
            ("1.500 0.000, 0.002 p", Some(1_500_000), "10.0.0.1", "-"),
            ("0.100 - .", Some(100_000), "10.0.0.1", "-"),
            (r#"MISS 0.100 "0.090" "www.example""#, Some(100_000), "10.0.0.1", "www.example"),
            (r#""-" "0.100" "0.000, 0.002""#, Some(100_000), "10.0.0.1", "-"),
            ("request_time=0.250 request_id=abc host=www.example", Some(250_000), "10.0.0.1", "www.example"),
            ("HIT", None, "10.0.0.1", "-"),
            (r#""203.0.113.9:4711" 0.100"#, Some(100_000), "203.0.113.9", "-"),
            ("upstream_response_time 0.001 request_time 0.002", Some(2_000), "10.0.0.1", "-"),
            ("upstream_response_time: 0.000, 0.001 request_time: 0.002", Some(2_000), "10.0.0.1", "-"),
            ("urt=0.000, 0.001 rt=0.002", Some(2_000), "10.0.0.1", "-"),
            ("0.002 - : 0.001 p", Some(2_000), "10.0.0.1", "-"),
            ("10.0.0.5:80, 10.0.0.6:80 0.002", Some(2_000), "10.0.0.1", "-"),
            (r#"sn="www.example" rt=0.002"#, Some(2_000), "10.0.0.1", "www.example"),
        ] {
            let (e, got) = read_tail(200, tail).expect(tail);
            assert_eq!((e.duration, got.as_str(), shown(&e.host).as_str()), (duration, client, host), "{tail}");
            assert_eq!(e.end, Some(e.stamp));
            assert_eq!(e.start, duration.map(|d| e.stamp.plus(-d)));
        }
    }

    #[test]
    fn the_header_time_tells_who_made_the_error() {
        for (status, tail, want) in [
            (502, r#"rt=0.000 uct="-, -" uht="-, -" urt="0.000, 0.000""#, Ending::UpstreamUnreachable),
            (504, r#"rt=60.000 uct="0.000" uht="-" urt="60.001""#, Ending::UpstreamUnreachable),
            (502, r#"rt=0.001 uct="0.000" uht="-, 0.001" urt="0.000, 0.001""#, Ending::UpstreamError),
            (500, r#"rt=0.001 uct="0.000" uht="0.001" urt="0.001""#, Ending::UpstreamError),
            (499, r#"rt=1.000 uct="0.000" uht="-" urt="1.001""#, Ending::ClientLeft),
            (503, r#"rt=0.000 uct="-" uht="-" urt="-""#, Ending::Unsaid),
            (502, "0.001 0.001 .", Ending::Unsaid),
            (200, r#"rt=0.001 uct="0.000" uht="0.001" urt="0.001""#, Ending::Unsaid),
        ] {
            assert_eq!(read_tail(status, tail).expect(tail).0.ending, want, "{status} {tail}");
        }
    }

    #[test]
    fn the_last_of_several_upstreams_answered() {
        let (e, _) =
            read_tail(200, r#"rt=0.010 uht="-, 0.004" us="502, 200" ua="10.1.0.1:80, 10.1.0.2:80" cs=STALE"#).expect("an event");
        assert_eq!((e.origin_status, shown(&e.backend).as_str(), e.cache), (Some(200), "10.1.0.2:80", Some(Cache::Stale)));
        for tail in
            [r#"0.010 "10.1.0.1:80, 10.1.0.2:80""#, "0.010 10.1.0.1:80, 10.1.0.2:80 200", "0.010 unix:/run/x : 10.1.0.2:80"]
        {
            let (e, client) = read_tail(200, tail).expect("an event");
            assert_eq!((shown(&e.backend).as_str(), client.as_str()), ("10.1.0.2:80", "10.0.0.1"), "{tail}");
        }
        let (e, _) = read_tail(502, r#"rt=0.010 uht="-, -" us="502, 502""#).expect("an event");
        assert_eq!(e.origin_status, None, "nobody answered, whatever $upstream_status says");
    }

    #[test]
    fn a_user_agent_is_no_upstream() {
        for (tail, want) in [
            (r#"rt=0.010 ua="Mozilla/5.0 (X11; rv:1.0) Gecko/20100101""#, "-"),
            (r#"rt=0.010 ua="curl/8""#, "-"),
            (r#"rt=0.010 ua="-""#, "-"),
            ("rt=0.010 addr=192.0.2.9", "-"),
            (r#"rt=0.010 ua="app:8080""#, "app:8080"),
            (r#"rt=0.010 ua="198.51.100.7:80, [2001:db8::7]:80""#, "[2001:db8::7]:80"),
            (r#"rt=0.010 ua="unix:/run/app.sock""#, "unix:/run/app.sock"),
            ("rt=0.010 upstream_addr=app", "app"),
        ] {
            assert_eq!(shown(&read_tail(200, tail).expect(tail).0.backend), want, "{tail}");
        }
    }

    #[test]
    fn msec_is_the_stamp_and_no_duration() {
        for tail in ["1795160878.438 0.002 0.001 .", "0.002 0.001 . 1795160878.438", "msec=1795160878.438 rt=0.002"] {
            let (e, _) = read_tail(200, tail).expect(tail);
            assert_eq!((e.duration, e.end), (Some(2_000), Some(e.stamp)), "{tail}");
            assert_eq!(e.stamp.to_string(), "2026-11-20T07:47:58.438Z");
        }
    }

    #[test]
    fn tails_of_other_servers_are_left_to_them() {
        for tail in [
            "",
            "miss 13754 ams",
            "95 0.000045 hit hit 0.000095",
            r#"262 "Host-1" "http://172.19.0.3:5601" 2ms"#,
            r#""192.0.2.1""#,
            "86 544 60060292 60 + 0",
        ] {
            assert!(read_tail(200, tail).is_none(), "{tail}");
        }
    }
}

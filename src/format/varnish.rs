//! varnishncsa: combined with an absolute URL in the request, and the usual tails.
//!
//! The request holds `http://host/path`, made from the Host header, so the host is known without a
//! column for it. Behind the user agent people add how the request was handled, how long it took
//! and which server or POP it was: `miss 13754 ams`, `95 0.000045 hit hit 0.000095`.
//! The stamp is the start of the request.
//!
//! Quirks:
//! - Several handling words (`%{Varnish:hitmiss}x` and `%{Varnish:handling}x`): the one that says
//!   most is kept, so `miss pass` is a pass and `miss synth` was made by Varnish.
//! - A whole number is `%D`, microseconds; a fraction is seconds. Where both stand, `%D` is taken;
//!   of several fractions the longest, since the time to the first byte is never the longer one.
//! - `- - - [..] "- http://localhost HTTP/1.0" 400 0`: a request Varnish could not read; the URL is
//!   made up, so nothing but time and status is kept.
//! - Absolute URLs alone make a line Varnish's here, since its default format has no other mark. In
//!   a combined log they are scanners looking for open proxies; recognition weighs the whole file,
//!   so a few of them do not turn it into Varnish's.
//! - A 503 does not tell whether the backend made it or Varnish did: nothing is said of the ending.

use super::part::clf::read;
use super::part::client;
use super::part::field::{gap, is_absent, number, quoted, seconds, word};
use super::part::tail::{Tail, tailed};
use super::part::upstream::is_upstream;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Cache, Event, Stamp, Tier};
use nom::Parser;
use nom::combinator::opt;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "varnish",
        about: "varnishncsa: combined with an absolute URL, handling, duration and server",
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
            "user_agent",
            "referrer",
        ],
        stamp: Stamp::Start,
        tier: Tier::Edge,
        blind: "a 503 does not tell whether the backend or Varnish itself made it",
        specificity: 6,
        zoneless: false,
        samples: &[
            r#"192.0.2.1 - - [20/Nov/2026:07:48:21 +0000] "GET http://www.example/a?b=c HTTP/1.1" 200 19 "https://example.net/" "curl/8" hit 95 ams"#,
            r#"192.0.2.1 - - [20/Nov/2026:07:48:23 +0000] "GET http://www.example/dead HTTP/1.1" 503 282 "-" "curl/8" miss 2000761 ams"#,
        ],
    },
    || Arc::new(Varnish),
);

#[derive(Debug)]
struct Varnish;

impl Dialect for Varnish {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            tailed(line, FORMAT.facts.stamp, |read, tail: &Words<'a>| {
                read.absolute || tail.handling.is_some() || is_unread(&read.event, line)
            })
        })
    }
}

/// A request that Varnish could not read.
fn is_unread(event: &Event<'_>, line: &[u8]) -> bool {
    event.method.is_none() && memchr::memmem::find(line, b"] \"- http://").is_some()
}

/// Most words of a tail that are looked at.
const TAIL_WORDS_MAX: usize = 24;

#[derive(Clone, Copy, Debug, Default)]
struct Words<'a> {
    handling: Option<(u8, Cache)>,
    /// `%D`.
    micros: Option<i64>,
    /// The longest of the fractions.
    seconds: Option<i64>,
    pop: Option<&'a [u8]>,
    forwarded: Option<&'a [u8]>,
}

impl<'a> Tail<'a> for Words<'a> {
    fn read(rest: &'a [u8]) -> Self {
        let mut tail = Words::default();
        let mut i = rest.trim_ascii_start();
        for _ in 0..TAIL_WORDS_MAX {
            if i.first() == Some(&b'"') {
                let Ok((rest, (raw, _))) = (quoted, opt(gap)).parse(i) else { break };
                if !is_absent(raw.bytes) && client::is_address_list(raw.bytes) && !is_upstream(raw.bytes) {
                    tail.forwarded = tail.forwarded.or(Some(raw.bytes));
                } else {
                    tail.word(raw.bytes);
                }
                i = rest;
                continue;
            }
            let Ok((rest, value)) = word(i) else { break };
            tail.word(value);
            i = rest;
        }
        tail
    }

    fn forwarded(&self) -> Option<&'a [u8]> {
        self.forwarded
    }

    fn put(self, event: &mut Event<'a>) {
        event.duration = self.micros.or(self.seconds);
        event.cache = self.handling.map(|(_, cache)| cache);
        event.pop = self.pop.map(Cow::Borrowed);
    }
}

impl<'a> Words<'a> {
    fn word(&mut self, value: &'a [u8]) {
        if let Some(handling) = handling(value) {
            self.handling = Some(self.handling.map_or(handling, |known| if known.0 >= handling.0 { known } else { handling }));
        } else if let Some(n) = number(value) {
            self.micros = self.micros.or_else(|| i64::try_from(n).ok());
        } else if let Some(time) = seconds(value) {
            self.seconds = Some(self.seconds.map_or(time, |known| known.max(time)));
        } else if is_name(value) {
            self.pop = Some(value);
        }
    }
}

/// A handling word, with how much it says.
fn handling(text: &[u8]) -> Option<(u8, Cache)> {
    Some(match text {
        b"miss" => (0, Cache::Miss),
        b"hit" => (1, Cache::Hit),
        b"hitmiss" => (2, Cache::Miss),
        b"hitpass" | b"pass" | b"pipe" => (3, Cache::Pass),
        b"synth" => (4, Cache::Synth),
        _ => return None,
    })
}

/// The name of a server or POP: `ams`, `cache-iad-7`.
fn is_name(text: &[u8]) -> bool {
    (2..=64).contains(&text.len())
        && text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    fn read_line(line: &str) -> Option<Event<'_>> {
        match Varnish.line(line.as_bytes()) {
            Parsed::Event(e) => Some(e),
            _ => None,
        }
    }

    #[test]
    fn tails_give_handling_duration_and_server() {
        for (tail, cache, duration, pop) in [
            ("", None, None, "-"),
            (" miss 13754 ams", Some(Cache::Miss), Some(13_754), "ams"),
            (" 95 0.000045 hit hit 0.000095", Some(Cache::Hit), Some(95), "-"),
            (" 0.000045 hit 0.000095 iad", Some(Cache::Hit), Some(95), "iad"),
            (" miss pass 2000761 cache-iad-7", Some(Cache::Pass), Some(2_000_761), "cache-iad-7"),
            (" pass miss", Some(Cache::Pass), None, "-"),
            (" miss synth 12", Some(Cache::Synth), Some(12), "-"),
        ] {
            let line = format!(
                r#"192.0.2.1 - - [20/Nov/2026:07:48:21 +0000] "GET http://x.example/p?q=1 HTTP/1.1" 200 16 "-" "curl/8"{tail}"#
            );
            let e = read_line(&line).expect(tail);
            assert_eq!((e.cache, e.duration, shown(&e.pop).as_str()), (cache, duration, pop), "{tail}");
            assert_eq!((shown(&e.host).as_str(), shown(&e.path).as_str(), shown(&e.query).as_str()), ("x.example", "/p", "q=1"));
            assert_eq!((e.start, e.end), (Some(e.stamp), duration.map(|d| e.stamp.plus(d))));
        }
    }

    #[test]
    fn a_request_it_could_not_read_keeps_time_and_status() {
        let e = read_line(r#"- - - [20/Nov/2026:07:48:21 +0000] "- http://localhost HTTP/1.0" 400 0 "-" "-""#).expect("an event");
        assert_eq!((e.status, e.client, e.method, e.host, e.path), (Some(400), None, None, None, None));
    }

    #[test]
    fn lines_without_its_marks_are_not_its() {
        for line in [
            r#"192.0.2.1 - - [20/Nov/2026:07:48:21 +0000] "GET /p HTTP/1.1" 200 16 "-" "curl/8""#,
            r#"192.0.2.1 - - [20/Nov/2026:07:48:21 +0000] "GET /p HTTP/1.1" 200 16 "-" "curl/8" rt=0.001"#,
        ] {
            assert!(read_line(line).is_none(), "{line}");
        }
    }
}

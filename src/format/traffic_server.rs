//! Apache Traffic Server, `extended` and `extended2`: common and the bytes and statuses of both sides.
//!
//! ```text
//! 192.0.2.1 - - [20/Nov/2026:07:48:34 +0000] "GET http://www.example/a HTTP/1.1" 200 512 200 512 0 0 180 240 200 210 0
//! .. 0 DIRECT FIN FIN TCP_MISS
//! ```
//!
//! Behind common's bytes: origin status, origin's bytes, four sizes of bodies and headers, two more,
//! and the time in whole seconds; `extended2` adds hierarchy, how client and origin side finished, and
//! the result. Its `squid` format is [`super::squid`]'s. The stamp is the start of the request.
//!
//! Quirks:
//! - `extended` is told from common with an administrator's own numbers by having exactly nine, of
//!   which the first is a status of three digits.
//! - The time has whole seconds, 0 for most requests: it is no duration.
//! - Origin status `000`: the origin was not asked, or did not answer.
//! - `INTR` on the client's side: the client left. `INTR` or `TIMEOUT` on the origin's side alone: the
//!   answer was cut short.
//! - Debian's package writes a binary log by default (`squid.blog`): `traffic_logcat` makes text of it.

use super::part::clf::{clf, read};
use super::part::field::{number, status_field, word};
use super::part::squid::{is_result, is_word, judge};
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Ending, Stamp, Tier};
use crate::ledger::Reject;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "traffic-server",
        about: "Apache Traffic Server extended and extended2",
        fields: &["client", "host", "method", "path", "query", "status", "origin_status", "bytes", "cache", "ending"],
        stamp: Stamp::Start,
        tier: Tier::Edge,
        blind: "no duration finer than a second; extended does not name the cache result",
        specificity: 4,
        zoneless: false,
        samples: &[
            r#"192.0.2.1 - - [20/Nov/2026:07:48:34 +0000] "GET http://www.example/a?b=c HTTP/1.1" 200 512 200 512 0 0 180 240 200 210 0 DIRECT FIN FIN TCP_MISS"#,
            r#"192.0.2.2 - - [20/Nov/2026:07:48:35 +0000] "GET http://www.example/dead HTTP/1.1" 502 300 000 0 0 0 180 240 200 0 3 DIRECT FIN FIN ERR_CONNECT_FAIL"#,
            r#"192.0.2.2 - - [20/Nov/2026:07:48:36 +0000] "GET http://www.example/b HTTP/1.1" 500 20 500 20 0 0 180 240 200 210 0"#,
        ],
    },
    || Arc::new(TrafficServer),
);

#[derive(Debug)]
struct TrafficServer;

impl Dialect for TrafficServer {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, event)
    }
}

/// Columns behind the bytes: those of `extended` and those that `extended2` adds.
const NUMBERS: usize = 9;
const WORDS: usize = 4;

fn event(line: &[u8]) -> Result<Parsed<'_>, Reject> {
    let read = clf(line)?;
    let (origin, words) = columns(read.rest).ok_or(Reject::UnknownFormat)?;
    let mut event = read.event;
    event.origin_status = status_field(origin);
    if let Some([hierarchy, client, server, result]) = words {
        judge(&mut event, result, hierarchy);
        if event.ending == Ending::Unsaid {
            event.ending = match (client, server) {
                (b"INTR", _) => Ending::ClientLeft,
                (_, b"INTR" | b"TIMEOUT") if event.origin_status.is_some() => Ending::CutShort,
                _ => Ending::Unsaid,
            };
        }
    }
    if event.ending == Ending::Unsaid && event.origin_status.is_some_and(|s| s >= 500) && event.origin_status == event.status {
        event.ending = Ending::UpstreamError;
    }
    event.place(FORMAT.facts.stamp);
    Ok(Parsed::Event(event))
}

/// Origin status, and the words of `extended2`.
type Columns<'a> = (&'a [u8], Option<[&'a [u8]; WORDS]>);

/// The columns behind the bytes, where they are this format's.
fn columns(rest: &[u8]) -> Option<Columns<'_>> {
    let mut i = rest.trim_ascii();
    let mut origin: &[u8] = b"";
    for n in 0..NUMBERS {
        let (after, value) = word(i).ok()?;
        number(value)?;
        if n == 0 {
            origin = Some(value)
                .filter(|v| v.len() == 3 && (*v == b"000" || status_field(v).is_some_and(|s| (100..600).contains(&s))))?;
        }
        i = after;
    }
    if i.is_empty() {
        return Some((origin, None));
    }
    let mut words: [&[u8]; WORDS] = [b""; WORDS];
    for place in &mut words {
        let (after, value) = word(i).ok().filter(|(_, value)| is_word(value))?;
        *place = value;
        i = after;
    }
    (i.is_empty() && words.last().is_some_and(|result| is_result(result))).then_some((origin, Some(words)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Cache, Event};
    use crate::format::part::clf::shown;

    fn parsed(status: u16, tail: &str) -> Parsed<'static> {
        let line: &'static str =
            format!(r#"192.0.2.1 - - [20/Nov/2026:07:48:34 +0000] "GET http://www.example/a HTTP/1.1" {status} 512{tail}"#)
                .leak();
        TrafficServer.line(line.as_bytes())
    }

    fn event(status: u16, tail: &str) -> Event<'static> {
        match parsed(status, tail) {
            Parsed::Event(e) => e,
            other => panic!("{status} {tail}: {other:?}"),
        }
    }

    #[test]
    fn both_sides_are_told() {
        for (status, tail, origin, cache, want) in [
            (200, " 200 512 0 0 180 240 200 210 0", Some(200), None, Ending::Unsaid),
            (500, " 500 512 0 0 180 240 200 210 0", Some(500), None, Ending::UpstreamError),
            (200, " 200 512 0 0 180 240 200 210 0 DIRECT FIN FIN TCP_MISS", Some(200), Some(Cache::Miss), Ending::Unsaid),
            (200, " 000 0 0 0 180 240 0 0 0 NONE FIN FIN TCP_HIT", None, Some(Cache::Hit), Ending::Unsaid),
            (200, " 000 0 0 0 180 240 0 0 0 DIRECT FIN FIN TCP_REF_FAIL_HIT", None, Some(Cache::Stale), Ending::Unsaid),
            (200, " 200 5 0 0 180 240 0 0 0 DIRECT INTR FIN TCP_MISS", Some(200), Some(Cache::Miss), Ending::ClientLeft),
            (200, " 200 5 0 0 180 240 0 0 0 DIRECT FIN TIMEOUT TCP_MISS", Some(200), Some(Cache::Miss), Ending::CutShort),
            (502, " 000 0 0 0 180 240 0 0 3 DIRECT FIN FIN ERR_CONNECT_FAIL", None, None, Ending::UpstreamUnreachable),
        ] {
            let e = event(status, tail);
            assert_eq!((e.origin_status, e.cache, e.ending), (origin, cache, want), "{tail}");
            assert_eq!((shown(&e.host).as_str(), e.start, e.duration), ("www.example", Some(e.stamp), None));
        }
    }

    #[test]
    fn other_tails_are_left_to_their_formats() {
        for tail in [
            "",
            " 45",
            " 86 512 0 0 180 240 200 210 0",
            " 200 512 0 0 180 240 200 210",
            " 200 512 0 0 180 240 200 210 0 1",
            " 200 512 0 0 180 240 200 210 0 DIRECT FIN FIN MISS",
            r#" "-" "curl/8""#,
        ] {
            assert_eq!(parsed(200, tail), Parsed::Reject(Reject::UnknownFormat), "{tail}");
        }
    }
}

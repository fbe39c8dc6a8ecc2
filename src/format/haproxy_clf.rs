//! HAProxy `option httplog clf`: begins like combined and goes on with HAProxy's own columns.
//!
//! ```text
//! 192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a HTTP/1.1" 200 152 "" "" 41054 056 "fe" "be" "app1" 0 0 0 41 41 "----" 1 1 0 0 0 0 0 "-" "-" "" ""
//! ```
//!
//! Behind two empty agents: port, milliseconds of the stamp, frontend, backend, server, five timers
//! (ms), termination state. The rest is not looked at. The stamp is the request's first byte, and here
//! it has a zone. The backend is named as in `option httplog`, `be/app1`.
//!
//! Quirks:
//! - Names may stand with or without quotes (`%{+Q}o` came and went between releases).
//! - `-1` as a timer or status, `+41` and `+152` (`option logasap`), `<BADREQ>`, `#22` and the
//!   termination state: as in [`super::haproxy`].

use super::part::clf::{clf, read};
use super::part::field::{millis, number, value, word};
use super::part::haproxy::{conclude, put_request};
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::Reject;
use memchr::memchr;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "haproxy-clf",
        about: "HAProxy option httplog clf",
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
            "ending",
        ],
        stamp: Stamp::Start,
        tier: Tier::Balancer,
        blind: "no user agent, no referrer",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET http://www.example/a?b=c HTTP/1.1" 200 152 "" "" 41054 056 "fe_main" "be_app" "app1" 0 0 0 41 41 "----" 1 1 0 0 0 0 0 "" "" "www.example" """#,
            r#"192.0.2.1 - - [20/Nov/2026:07:48:15 +0000] "GET /dead HTTP/1.1" 503 217 "" "" 41086 162 "fe_main" "be_dead" "dead1" 0 0 -1 -1 3004 "SC--" 1 1 0 0 3 0 0 "" "" "" """#,
        ],
    },
    || Arc::new(HaproxyClf),
);

#[derive(Debug)]
struct HaproxyClf;

impl Dialect for HaproxyClf {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, event)
    }
}

/// The columns that are looked at.
struct Tail<'a> {
    fraction: i64,
    backend: &'a [u8],
    server: &'a [u8],
    total: &'a [u8],
    state: &'a [u8],
}

fn event(line: &[u8]) -> Result<Parsed<'_>, Reject> {
    let read = clf(line)?;
    let tail = tail(read.rest).ok_or(Reject::UnknownFormat)?;
    let mut event = read.event;
    event.stamp = event.stamp.plus(tail.fraction);
    // HAProxy leaves backslashes alone, and has no bare quote in a request.
    let request = memchr(b'"', line).and_then(|n| line.get(n + 1..)).unwrap_or_default();
    put_request(&mut event, request.get(..memchr(b'"', request).unwrap_or(request.len())).unwrap_or_default());
    event.duration = millis(tail.total);
    // The one allocation: the two stand in two columns.
    let server = Cow::Owned([tail.backend, b"/", tail.server].concat());
    conclude(&mut event, Some(server), tail.state);
    event.place(FORMAT.facts.stamp);
    Ok(Parsed::Event(event))
}

fn tail(rest: &[u8]) -> Option<Tail<'_>> {
    let mut i = rest.trim_ascii_start();
    // `+152`: bytes before the end.
    if i.starts_with(b"+") {
        i = word(i).ok()?.0;
    }
    i = i.strip_prefix(b"\"\" \"\" ")?;
    let mut next = || {
        let (after, raw) = value(i).ok()?;
        i = after;
        Some(raw.bytes)
    };
    let (port, fraction) = (next()?, next()?);
    let (_frontend, backend, server) = (next()?, next()?, next()?);
    let timers = [next()?, next()?, next()?, next()?, next()?];
    let state = next()?;
    let timed = timers.iter().all(|t| *t == b"-1" || number(t.strip_prefix(b"+").unwrap_or(t)).is_some());
    let fraction = number(fraction).filter(|ms| *ms < 1_000).and_then(|ms| i64::try_from(ms * 1_000).ok())?;
    let fits = number(port).is_some() && timed && (2..=4).contains(&state.len());
    fits.then_some(Tail { fraction, backend, server, total: timers.last()?, state })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Ending, Event};
    use crate::format::part::clf::shown;

    fn parsed(line: &str) -> Parsed<'_> {
        HaproxyClf.line(line.as_bytes())
    }

    fn event(line: &str) -> Event<'_> {
        match parsed(line) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn columns_with_and_without_quotes_give_the_same() {
        let head = r#"2001:db8::7 - - [20/Nov/2026:07:48:12 +0100] "GET /a\#23?b=#22 HTTP/1.1" 200 152 "" "" "#;
        for tail in [
            r#"41054 056 "fe" "be" "app1" 0 0 0 41 41 "----" 1 1 0 0 0 0 0 "" "" "x" "" "#,
            "41054 056 fe~ be app1 0 0 0 41 41 ---- 1 1 0 0 0 0 0 - - ",
        ] {
            let line = format!("{head}{tail}");
            let e = event(&line);
            assert_eq!(
                [shown(&e.client), shown(&e.path), shown(&e.query), shown(&e.backend)],
                ["2001:db8::7", "/a\\#", "b=\"", "be/app1"]
            );
            assert_eq!((e.duration, e.bytes, e.origin_status), (Some(41_000), Some(152), Some(200)));
            assert_eq!((e.stamp.to_string().as_str(), e.start), ("2026-11-20T06:48:12.056Z", Some(e.stamp)));
        }
    }

    #[test]
    fn odd_lines_give_what_can_be_known() {
        let e = event(
            r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "<BADREQ>" -1 0 "" "" 5 900 "fe" "fe" "<NOSRV>" -1 -1 -1 -1 900 "CR--" 1 1 0 0 0 0 0"#,
        );
        assert_eq!((e.status, e.path, e.ending, e.origin_status), (None, None, Ending::ClientLeft, None));
        let e = event(
            r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET / HTTP/1.1" 200 +152 "" "" 5 900 "fe" "be" "s" 0 0 0 3 +5 "----" 1 1"#,
        );
        assert_eq!((e.bytes, e.duration, e.status), (None, None, Some(200)));
    }

    #[test]
    fn other_lines_are_refused_and_a_wrong_date_is_named() {
        let good = FORMAT.facts.samples[0];
        for (line, want) in [
            (good.replace("20/Nov", "31/Feb"), Reject::BadTime),
            (good.replace(r#""" "" 41054"#, r#""-" "curl/8" 41054"#), Reject::UnknownFormat),
            (good.replace(" 056 ", " 1056 "), Reject::UnknownFormat),
            (good.replace(" 41 41 ", " 41 x "), Reject::UnknownFormat),
        ] {
            assert_eq!(parsed(&line), Parsed::Reject(want), "{line}");
        }
    }
}

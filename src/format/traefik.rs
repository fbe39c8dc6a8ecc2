//! Traefik's access log in its default text format: combined, and behind it the number of the request,
//! the router, the server and the duration.
//!
//! `host - user [date] "request" status bytes "referrer" "agent" 262 "app@docker" "http://10.0.0.3:80" 2ms`
//!
//! The date is the request's start. Status and bytes are those the client got.
//!
//! Quirks:
//! - Absent values are a bare `-`, in later versions `"-"`.
//! - The client column is the forwarded-for list where the entry point trusts the one who sent it:
//!   `10.0.0.2,192.0.2.1 - - [..`.
//! - Router `"-"` (version 1: `"backend not found" "/"`): no route fits, Traefik made the 404. With a
//!   router and no server it answered by a middleware (a redirect, a limit, a login) or had no server
//!   to ask.
//! - With a server, 502 and 504 are Traefik's words for a server that does not answer, and may be the
//!   server's own: the text format does not tell them apart, the JSON format does.
//! - `"root@docker -> leaf@docker"`: routers that follow one another; passed over.

use super::part::clf::{clf, read};
use super::part::field::{Step, is_absent, millis, number, refuse, value, word};
use super::part::traefik::{client_of, ending, server_of};
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Event, Stamp, Tier};
use crate::ledger::Reject;
use nom::Parser;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "traefik",
        about: "Traefik text (Common Log Format with a tail)",
        fields: &[
            "client",
            "method",
            "path",
            "query",
            "status",
            "bytes",
            "duration",
            "backend",
            "user_agent",
            "referrer",
            "ending",
        ],
        stamp: Stamp::Start,
        tier: Tier::Balancer,
        blind: "the server's own status is not logged, and filters of the access log may have dropped the successes",
        specificity: 8,
        zoneless: false,
        samples: &[
            r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a?b=c HTTP/2.0" 200 304 "https://example.net/" "curl/8" 262 "app@docker" "http://10.0.0.3:5601" 2ms"#,
            r#"2001:db8::7 - - [20/Nov/2026:07:48:13 +0000] "GET /b HTTP/1.1" 503 20 "-" "-" 263 "app@docker" "-" 0ms"#,
        ],
    },
    || Arc::new(Traefik),
);

#[derive(Debug)]
struct Traefik;

impl Dialect for Traefik {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            // A cheap look: no other relative of the format ends like this.
            if !line.trim_ascii_end().ends_with(b"ms") {
                return Err(Reject::UnknownFormat);
            }
            let mut read = clf(line)?;
            if let Some(Cow::Borrowed(list)) = read.event.forwarded {
                read.event.client = client_of(list).map(Cow::Borrowed);
            }
            tail(&mut read.event, read.rest).map_err(|_| Reject::UnknownFormat)?;
            read.event.place(FORMAT.facts.stamp);
            Ok(Parsed::Event(read.event))
        })
    }
}

fn tail<'a>(event: &mut Event<'a>, rest: &'a [u8]) -> Step<'a, ()> {
    let rest = rest.trim_ascii_start();
    let (rest, (referrer, agent, count)) = (value, value, word).parse(rest)?;
    let (rest, (router, server, taken)) = (value, value, word).parse(rest)?;
    let duration = taken.strip_suffix(b"ms").and_then(millis);
    if number(count).is_none() || duration.is_none() || !rest.is_empty() {
        return refuse(rest);
    }
    event.referrer = referrer.present();
    event.user_agent = agent.present();
    event.duration = duration;
    let server = server_of(server.bytes);
    event.backend = server.map(Cow::Borrowed);
    let routed = !is_absent(router.bytes) && router.bytes != b"backend not found";
    event.ending = ending(event.status, routed, server.is_some());
    Ok((rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ending;
    use crate::format::part::clf::shown;

    fn event(line: &str) -> Event<'_> {
        match Traefik.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    const HEAD: &str = r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a?b=c HTTP/1.1""#;

    #[test]
    fn the_tail_tells_server_and_duration() {
        for (tail, referrer, agent, backend, micros) in [
            (
                r#"200 5 "https://x.example/" "curl/8" 262 "app@docker" "http://10.0.0.3:80" 247ms"#,
                "https://x.example/",
                "curl/8",
                "10.0.0.3:80",
                247_000,
            ),
            (r#"200 5 - "curl/8" 13 "Host-x-0" "https://10.0.0.3/" 0ms"#, "-", "curl/8", "10.0.0.3", 0),
            (
                r#"200 5 "-" "My \"Agent\"" 13 "a@docker -> b@docker" "http://10.0.0.3:80" 1ms"#,
                "-",
                "My \"Agent\"",
                "10.0.0.3:80",
                1_000,
            ),
            (r#"200 5 "-" - 13 - - 1ms"#, "-", "-", "-", 1_000),
        ] {
            let line = format!("{HEAD} {tail}");
            let e = event(&line);
            assert_eq!([shown(&e.referrer), shown(&e.user_agent), shown(&e.backend)], [referrer, agent, backend], "{tail}");
            assert_eq!((e.duration, e.start, e.end), (Some(micros), Some(e.stamp), Some(e.stamp.plus(micros))), "{tail}");
        }
    }

    #[test]
    fn without_a_server_traefik_made_the_answer() {
        for (status, tail, want) in [
            (404, r#""-" "-""#, Ending::Policy),
            (404, r#""backend not found" "/""#, Ending::Policy),
            (404, r#""app@file" "http://10.0.0.3:80""#, Ending::Unsaid),
            (503, r#""app@file" "-""#, Ending::UpstreamUnreachable),
            (429, r#""app@file" "-""#, Ending::Shed),
            (401, r#""app@file" "-""#, Ending::Policy),
            (499, r#""app@file" "http://10.0.0.3:80""#, Ending::ClientLeft),
            (502, r#""app@file" "http://10.0.0.3:80""#, Ending::Unsaid),
        ] {
            let line = format!(r#"{HEAD} {status} 19 "-" "-" 7 {tail} 0ms"#);
            assert_eq!(event(&line).ending, want, "{status} {tail}");
        }
    }

    #[test]
    fn a_list_of_addresses_may_stand_first() {
        let line = FORMAT.facts.samples[0].replacen("192.0.2.1", "10.0.0.2,192.0.2.1", 1);
        assert_eq!(shown(&event(&line).client), "192.0.2.1");
        let line = FORMAT.facts.samples[0].replacen("192.0.2.1", "10.0.0.2, 10.0.0.3", 1);
        let e = event(&line);
        assert_eq!([shown(&e.client), shown(&e.peer), shown(&e.forwarded)], ["10.0.0.3", "-", "10.0.0.2, 10.0.0.3"]);
    }

    #[test]
    fn other_relatives_are_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            (format!(r#"{HEAD} 200 5 "-" "curl/8""#), Reject::UnknownFormat),
            (format!(r#"{HEAD} 200 5 "-" "curl/8" 12ms"#), Reject::UnknownFormat),
            (format!(r#"{HEAD} 200 5 "-" "curl/8" x "r" "s" 12ms"#), Reject::UnknownFormat),
            (FORMAT.facts.samples[0].replace("20/Nov", "31/Nov"), Reject::BadTime),
        ] {
            assert_eq!(Traefik.line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

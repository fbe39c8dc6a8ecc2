//! AWS classic Elastic Load Balancer: fields separated by spaces, the request and the agent in quotes.
//!
//! `timestamp elb client:port backend:port t1 t2 t3 elb_status backend_status received sent "request"
//! "agent" cipher protocol`. The stamp is when the request came. Bytes are those of the body.
//!
//! Quirks:
//! - The oldest lines stop after the request: no user agent.
//! - A TCP or SSL listener: `... - - 82 305 "- - - " "-" - -` tells a connection, not a request; set
//!   aside.
//! - Times of `-1`: no backend was reached, the backend closed, or a timeout passed. There is no
//!   duration then.
//! - Backend `-`: none was chosen (none is healthy, or the request was refused).
//! - Backend status `0` or `-` beside 504: the backend did not answer in time.

use super::part::alb::value;
use super::part::clf::read;
use super::part::client::{is_address, strip_port};
use super::part::field::{Raw, is_absent, is_status, number, present, request, seconds, status_field, word};
use super::part::stamp;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Ending, Event, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use nom::Parser;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "elb",
        about: "AWS classic Elastic Load Balancer",
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
            "ending",
        ],
        stamp: Stamp::Start,
        tier: Tier::Balancer,
        blind: "delivery is best effort; connections of TCP listeners tell no request; why a backend was not reached is not logged",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"2026-11-20T07:48:12.945958Z front 192.0.2.39:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://www.example:80/a?b=c HTTP/1.1" "curl/8" - -"#,
            r#"2026-11-20T07:48:13.945958Z front [2001:db8::7]:2817 - -1 -1 -1 503 - 0 0 "GET https://www.example:443/ HTTP/1.1" "curl/8" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2"#,
            r#"2026-11-20T07:48:14.945958Z front 192.0.2.39:2818 10.0.0.1:5432 0.001069 0.000028 0.000041 - - 82 305 "- - - " "-" - -"#,
        ],
    },
    || Arc::new(Elb),
);

#[derive(Debug)]
struct Elb;

impl Dialect for Elb {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, parse)
    }
}

fn parse(line: &[u8]) -> Result<Parsed<'_>, Reject> {
    let unknown = |_| Reject::UnknownFormat;
    if !(line.get(4) == Some(&b'-') && line.get(10) == Some(&b'T')) {
        return Err(Reject::UnknownFormat);
    }
    let (rest, (time, _elb, peer, backend)) = (word, word, word, word).parse(line).map_err(unknown)?;
    if !is_address(peer) {
        return Err(Reject::UnknownFormat);
    }
    let (rest, (t1, t2, t3, status, backend_status)) = (word, word, word, word, word).parse(rest).map_err(unknown)?;
    let (rest, (_received, sent, line)) = (word, word, value).parse(rest).map_err(unknown)?;
    let timed = [t1, t2, t3].iter().all(|t| *t == b"-1" || seconds(t).is_some());
    let answered = is_status(status);
    if !(timed && answered && number(sent).is_some()) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = Event::at(stamp::iso8601(time).ok_or(Reject::BadTime)?);
    let asked = request(line);
    event.client = Some(Cow::Borrowed(strip_port(peer)));
    event.method = asked.method;
    event.protocol = asked.protocol;
    event.host = asked.host;
    event.path = asked.path;
    event.query = asked.query;
    event.status = status_field(status);
    event.origin_status = status_field(backend_status);
    event.bytes = number(sent);
    event.backend = present(backend);
    event.user_agent = value(rest).ok().and_then(|(_, agent): (_, Raw<'_>)| agent.present());
    event.duration = [t1, t2, t3].into_iter().map(seconds).try_fold(0_i64, |sum, t| sum.checked_add(t?));
    event.place(Stamp::Start);
    event.ending = ending(event.status, event.origin_status);
    let connection = is_absent(status) && event.method.is_none();
    Ok(if connection { Parsed::Aside(event, Skip::Connection) } else { Parsed::Event(event) })
}

/// Who made the error: a backend that answered, or the balancer in its place.
fn ending(status: Option<u16>, backend: Option<u16>) -> Ending {
    match (status, backend) {
        (Some(500..=599), Some(500..=599)) => Ending::UpstreamError,
        (Some(502..=504), None) => Ending::UpstreamUnreachable,
        (Some(400 | 405), None) => Ending::Policy,
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    fn line(backend: &str, times: &str, statuses: &str, rest: &str) -> String {
        format!("2026-07-02T22:23:00.186641Z lb 192.0.2.39:2817 {backend} {times} {statuses} 34 366 {rest}")
    }

    const REST: &str = r#""POST https://www.example:443/p?q=1 HTTP/1.1" "curl/8" ECDHE TLSv1.2"#;

    #[test]
    fn a_line_of_any_age_gives_start_end_and_backend() {
        for (rest, agent) in [(REST, "curl/8"), (r#""POST https://www.example:443/p?q=1 HTTP/1.1""#, "-")] {
            let line = line("10.0.0.1:80", "0.086 0.048 0.037", "200 200", rest);
            let Parsed::Event(e) = Elb.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!(e.start.map(|t| t.to_string()).as_deref(), Some("2026-07-02T22:23:00.186641Z"));
            assert_eq!((e.duration, e.end, e.bytes), (Some(171_000), Some(e.stamp.plus(171_000)), Some(366)));
            assert_eq!(
                [shown(&e.client), shown(&e.method), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.user_agent)],
                ["192.0.2.39", "POST", "www.example", "/p", "q=1", agent]
            );
        }
    }

    #[test]
    fn statuses_tell_who_made_the_error() {
        for (backend, times, statuses, want) in [
            ("10.0.0.1:80", "0.0 0.1 0.0", "200 200", Ending::Unsaid),
            ("10.0.0.1:80", "0.0 0.1 0.0", "503 503", Ending::UpstreamError),
            ("-", "-1 -1 -1", "503 -", Ending::UpstreamUnreachable),
            ("10.0.0.1:80", "0.0 -1 -1", "504 0", Ending::UpstreamUnreachable),
            ("-", "-1 -1 -1", "400 -", Ending::Policy),
            ("-", "-1 -1 -1", "408 -", Ending::Unsaid),
        ] {
            let line = line(backend, times, statuses, REST);
            let Parsed::Event(e) = Elb.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((e.ending, e.duration.is_none()), (want, times.contains("-1")), "{statuses}");
        }
    }

    #[test]
    fn connections_of_tcp_listeners_are_set_aside() {
        let line = line("10.0.0.1:80", "0.001 0.002 0.003", "- -", r#""- - - " "-" - -"#);
        let Parsed::Aside(e, Skip::Connection) = Elb.line(line.as_bytes()) else { panic!("{line}") };
        assert_eq!((e.status, e.method, e.path, e.duration), (None, None, None, Some(6_000)));
    }

    #[test]
    fn foreign_lines_are_refused_and_a_wrong_date_is_named() {
        let good = line("10.0.0.1:80", "0.0 0.1 0.0", "200 200", REST);
        for (line, want) in [
            (good.replace("2026-07-02", "2026-77-02"), Reject::BadTime),
            (good.replace("192.0.2.39:2817", "kernel:"), Reject::UnknownFormat),
            (good.replace(" 200 200 ", " 2000 200 "), Reject::UnknownFormat),
            (good.replace(" 366 ", " many "), Reject::UnknownFormat),
            (good.replace("0.0 0.1 0.0", "a b c"), Reject::UnknownFormat),
            ("2026-07-02T22:23:00Z 192.0.2.1 GET /a 200 5".to_owned(), Reject::UnknownFormat),
        ] {
            assert_eq!(Elb.line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

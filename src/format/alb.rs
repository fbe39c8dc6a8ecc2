//! AWS Application Load Balancer: 29 fields and more, separated by spaces, some in quotes.
//!
//! `type time elb client:port target:port t1 t2 t3 elb_status target_status received sent "request"
//! "agent" cipher protocol target_group "trace" "domain" "certificate" priority creation_time
//! "actions" ...`. Fields after the ones used are not looked at: the format grows at its end.
//! `time` is when the answer was made (the stamp), `request_creation_time` when the request came.
//!
//! Quirks:
//! - Times of `-1`: the request was not dispatched, the target closed, or a timeout passed. Their sum
//!   says nothing then, and the duration is end minus start.
//! - Target `-`: no target was chosen (a rule answered, or none was healthy).
//! - 460: the client left before the answer. 463 and 400: the balancer refused the request.
//! - A vendor example lacks a space, `"-"1 2018-07-02T...`: accepted.
//! - The oldest lines end after the trace id or the actions: fields that are not there are absent.
//! - Actions with `fixed-response` and no target, `503 - ... "waf,fixed-response"`: the answer was made
//!   by a rule on purpose (a maintenance page), so no target was out of reach.
//! - Error reason `LambdaThrottling`: the function was not run, to protect it. `LambdaInvalidResponse`,
//!   `LambdaResponseTooLarge`, `LambdaUnhandled`: the function ran and its answer was the error. The
//!   target's status is `-` for all of them.

use super::part::alb::{ending, value};
use super::part::clf::read;
use super::part::field::{Raw, is_absent, number, present, request, seconds, status_field, word};
use super::part::{client, stamp};
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Event, Stamp, Tier};
use crate::ledger::Reject;
use nom::Parser;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "alb",
        about: "AWS Application Load Balancer",
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
            "request_id",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Balancer,
        blind: "delivery is best effort, not a complete account of all requests; health checks are not logged",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"https 2026-11-20T07:48:12.186641Z app/front/50dc6c495c0c9188 192.0.2.39:2817 10.0.0.1:80 0.001 0.020 0.000 200 200 34 366 "GET https://www.example:443/a?b=c HTTP/2.0" "curl/8" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/t/73e2 "Root=1-58337262-36d2" "www.example" "session-reused" 0 2026-11-20T07:48:12.165000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_1234abcd"#,
            r#"http 2026-11-20T07:48:13.186641Z app/front/50dc6c495c0c9188 [2001:db8::7]:2817 - -1 -1 -1 502 - 34 277 "GET http://www.example:80/a HTTP/1.1" "curl/8" - - arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/t/73e2 "Root=1-58337364-23a8" "-" "-" 0 2026-11-20T07:48:13.100000Z "forward" "-" "-" "-" "-" "-" "-""#,
        ],
    },
    || Arc::new(Alb),
);

#[derive(Debug)]
struct Alb;

impl Dialect for Alb {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            let (rest, kind) = word(line).map_err(|_| Reject::UnknownFormat)?;
            if !matches!(kind, b"http" | b"https" | b"h2" | b"grpc" | b"grpcs" | b"ws" | b"wss") {
                return Err(Reject::UnknownFormat);
            }
            event(rest).map(Parsed::Event)
        })
    }
}

fn event(rest: &[u8]) -> Result<Event<'_>, Reject> {
    let unknown = |_| Reject::UnknownFormat;
    let (rest, (time, _elb, peer, target)) = (word, word, word, word).parse(rest).map_err(unknown)?;
    let (rest, (t1, t2, t3, status, target_status)) = (word, word, word, word, word).parse(rest).map_err(unknown)?;
    let (rest, (_received, sent)) = (word, word).parse(rest).map_err(unknown)?;
    let (rest, line) = request_line(rest).or_else(|| value(rest).ok()).ok_or(Reject::UnknownFormat)?;
    if !(is_absent(status) || status_field(status).is_some()) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = Event::at(stamp::iso8601(time).ok_or(Reject::BadTime)?);
    let asked = request(line);
    event.client = (!is_absent(peer)).then(|| Cow::Borrowed(client::strip_port(peer)));
    event.method = asked.method;
    event.protocol = asked.protocol;
    event.path = asked.path;
    event.query = asked.query;
    event.status = status_field(status);
    event.origin_status = status_field(target_status);
    event.bytes = number(sent);
    event.backend = present(target);

    let later = Later::read(rest);
    event.user_agent = later.agent.and_then(Raw::present);
    event.request_id = later.trace.and_then(Raw::present);
    event.host = later.domain.and_then(Raw::present).or(asked.host);
    event.end = Some(event.stamp);
    event.start = later.created.filter(|t| *t <= event.stamp);
    let phases = [t1, t2, t3].into_iter().map(seconds).try_fold(0_i64, |sum, t| sum.checked_add(t?));
    event.duration = phases.or_else(|| event.start.map(|start| event.stamp.0.saturating_sub(start.0)));
    event.ending = ending(event.status, event.origin_status, later.actions, later.reason);
    Ok(event)
}

/// A value in quotes that holds what the client sent as it sent it: quotes in it are not escaped, so it ends
/// where what must follow `fits`.
fn as_sent(i: &[u8], fits: fn(&[u8]) -> bool) -> Option<(&[u8], Raw<'_>)> {
    let body = i.strip_prefix(b"\"")?;
    // The last that fits: a client may send what looks like the columns after it.
    let end = memchr::memmem::find_iter(body, b"\" ").take(QUOTES_MAX).filter(|n| body.get(n + 2..).is_some_and(fits)).last()?;
    Some((body.get(end + 2..)?, Raw::plain(body.get(..end)?)))
}

/// The request, which ends with its protocol before the quote: `HTTP/1.1" `, or `- - - " `.
fn request_line(i: &[u8]) -> Option<(&[u8], Raw<'_>)> {
    let body = i.strip_prefix(b"\"")?;
    let is_end = |n: &usize| {
        let before = body.get(..*n).unwrap_or_default();
        let protocol = before.rsplit(|b| *b == b' ').next().unwrap_or_default();
        protocol.starts_with(b"HTTP/") || before.ends_with(b"- - - ")
    };
    let end = memchr::memmem::find_iter(body, b"\" ").take(QUOTES_MAX).find(is_end)?;
    Some((body.get(end + 2..)?, Raw::plain(body.get(..end)?)))
}

/// Most quotes in a value that are tried as its end: a bound on hostile lines.
const QUOTES_MAX: usize = 64;

/// Whether cipher, protocol and target group begin here.
fn is_tls(after: &[u8]) -> bool {
    let Ok((_, (cipher, protocol, group))) = (word, word, word).parse(after) else { return false };
    let is_cipher = cipher.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
    is_cipher
        && (protocol == b"-" || protocol.starts_with(b"TLS") || protocol.starts_with(b"SSL"))
        && (group == b"-" || group.starts_with(b"arn:"))
}

/// The fields behind the request, as far as the line has them.
#[derive(Debug, Default)]
struct Later<'a> {
    agent: Option<Raw<'a>>,
    trace: Option<Raw<'a>>,
    domain: Option<Raw<'a>>,
    created: Option<crate::time::Micros>,
    actions: &'a [u8],
    reason: &'a [u8],
}

impl<'a> Later<'a> {
    fn read(mut rest: &'a [u8]) -> Self {
        let mut later = Later::default();
        // agent, cipher, protocol, group, trace, domain, certificate, priority, creation time, actions,
        // redirect, error reason
        for place in 0..12 {
            let agent = if place == 0 { as_sent(rest, is_tls) } else { None };
            let Some((after, raw)) = agent.or_else(|| value(rest).ok()) else { break };
            match place {
                0 => later.agent = Some(raw),
                4 => later.trace = Some(raw),
                5 => later.domain = Some(raw),
                8 => later.created = stamp::iso8601(raw.bytes),
                9 => later.actions = raw.bytes,
                11 => later.reason = raw.bytes,
                _ => {}
            }
            rest = after;
        }
        later
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ending;
    use crate::format::part::clf::shown;

    fn line(kind: &str, target: &str, times: &str, statuses: &str, request: &str, rest: &str) -> String {
        format!(
            "{kind} 2026-07-02T22:23:00.186641Z app/lb/50dc 192.0.2.39:2817 {target} {times} {statuses} 34 366 \"{request}\" \"curl/8\" {rest}"
        )
    }

    const REST: &str = r#"- TLSv1.3 arn:aws:x "Root=1-5833" "www.example" "-" 0 2026-07-02T22:22:48.364000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-" TID_12"#;

    fn event_of(line: &str) -> Event<'_> {
        match Alb.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_full_line_gives_both_instants_and_the_target() {
        let line =
            line("https", "10.0.0.1:80", "0.086 0.048 0.037", "200 200", "GET https://other.example:443/p?q HTTP/1.1", REST);
        let e = event_of(&line);
        assert_eq!(e.end.map(|t| t.to_string()).as_deref(), Some("2026-07-02T22:23:00.186641Z"));
        assert_eq!(e.start.map(|t| t.to_string()).as_deref(), Some("2026-07-02T22:22:48.364Z"));
        assert_eq!((e.duration, e.bytes, e.origin_status), (Some(171_000), Some(366), Some(200)));
        assert_eq!(
            [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.backend), shown(&e.request_id)],
            ["192.0.2.39", "www.example", "/p", "q", "10.0.0.1:80", "Root=1-5833"]
        );
    }

    #[test]
    fn statuses_tell_who_made_the_error() {
        for (target, times, statuses, want) in [
            ("10.0.0.1:80", "0.0 0.1 0.0", "200 200", Ending::Unsaid),
            ("10.0.0.1:80", "0.0 0.1 0.0", "503 503", Ending::UpstreamError),
            ("-", "-1 -1 -1", "503 -", Ending::UpstreamUnreachable),
            ("10.0.0.1:80", "-1 -1 -1", "504 -", Ending::UpstreamUnreachable),
            ("10.0.0.1:80", "-1 -1 -1", "460 -", Ending::ClientLeft),
            ("-", "-1 -1 -1", "403 -", Ending::Policy),
            ("-", "-1 -1 -1", "404 -", Ending::Unsaid),
        ] {
            let line = line("h2", target, times, statuses, "GET http://x.example:80/ HTTP/2.0", REST);
            let e = event_of(&line);
            assert_eq!(e.ending, want, "{statuses}");
            assert_eq!(e.duration, if times.starts_with('-') { Some(11_822_641) } else { Some(100_000) }, "{times}");
        }
    }

    #[test]
    fn actions_and_reasons_tell_what_the_statuses_do_not() {
        for (statuses, actions, reason, want) in [
            ("503 -", "waf,fixed-response", "-", Ending::Policy),
            ("503 -", "waf,forward", "-", Ending::UpstreamUnreachable),
            ("502 -", "forward", "LambdaInvalidResponse", Ending::UpstreamError),
            ("502 -", "forward", "LambdaUnhandled", Ending::UpstreamError),
            ("502 -", "forward", "LambdaThrottling", Ending::Shed),
            ("502 -", "forward", "LambdaConnectionTimeout", Ending::UpstreamUnreachable),
            ("200 200", "forward", "-", Ending::Unsaid),
        ] {
            let rest = REST.replace("\"forward\" \"-\" \"-\"", &format!("\"{actions}\" \"-\" \"{reason}\""));
            let line = line("h2", "-", "-1 -1 -1", statuses, "GET http://x.example:80/ HTTP/2.0", &rest);
            assert_eq!(event_of(&line).ending, want, "{statuses} {actions} {reason}");
        }
    }

    #[test]
    fn damaged_short_and_odd_lines_are_events_too() {
        let glued = REST.replace("\"-\" 0 2026", "\"-\"0 2026");
        for (request, rest, path, started) in [
            ("GET http://x.example:80/a HTTP/1.1", glued.as_str(), "/a", true),
            ("GET http://x.example:80/a HTTP/1.1", "- -", "/a", false),
            ("- http://x.example:80- -", REST, "-", true),
        ] {
            let line = line("http", "-", "0.0 0.0 0.0", "400 -", request, rest);
            let e = event_of(&line);
            assert_eq!((shown(&e.path).as_str(), e.start.is_some()), (path, started), "{line}");
        }
    }

    #[test]
    fn foreign_lines_are_refused() {
        for line in
            ["", "http", "http://x.example/ is down", "tls 2.0 2026-07-02T22:23:00 net/lb/1 g3 192.0.2.1:5 10.0.0.1:443 5 2"]
        {
            assert!(matches!(Alb.line(line.as_bytes()), Parsed::Reject(_) | Parsed::Skip(_)), "{line}");
        }
        let late =
            line("http", "-", "0 0 0", "200 200", "GET / HTTP/1.1", REST).replace("2026-07-02T22:23:00", "2026-77-02T22:23:00");
        assert_eq!(Alb.line(late.as_bytes()), Parsed::Reject(Reject::BadTime));
    }

    #[test]
    fn quotes_that_the_client_sent_end_nothing() {
        let line = r#"https 2026-11-20T07:48:12.186641Z app/l/5 192.0.2.39:2817 10.0.0.1:80 0.001 0.020 0.000 200 200 34 366 "GET https://www.example:443/a?q="x HTTP/2.0" "My "Agent" 1\" ECDHE-RSA TLSv1.2 arn:aws:x "Root=1-5" "www.example" "arn:c" 0 2026-11-20T07:48:12.165000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-""#;
        let Parsed::Event(e) = Alb.line(line.as_bytes()) else { panic!("{line}") };
        assert_eq!([shown(&e.host), shown(&e.request_id)], ["www.example", "Root=1-5"]);
        assert_eq!([shown(&e.query), shown(&e.user_agent)], ["q=\"x", r#"My "Agent" 1\"#]);
        assert!(e.start.is_some());
    }
}

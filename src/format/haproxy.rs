//! HAProxy `option httplog` and `option httpslog` (1.x to 3.x), bare or behind any syslog prefix.
//!
//! `client:port [date] frontend backend/server TR/Tw/Tc/Tr/Ta status bytes cc cs tsc conns queues
//! {captures} "request"`. The prefix needs no grammar of its own (RFC 3164 with or without a host
//! name, a `<134>` priority, RFC 5424): the request begins at the word before the bracketed date.
//! The stamp is the request's first byte, in the server's local time without a zone: read as UTC.
//!
//! The termination state says who ended the exchange (configuration manual 8.5); it is the best
//! witness there is and becomes [`crate::event::Ending`], see [`super::part::haproxy`].
//!
//! Quirks:
//! - A word between server and timers, `app/node2 www.example 0/0/1/17/18 302`, as some formats add
//!   for the host: passed over, and taken as the host if it looks like one.
//! - `-1` in the timers: that phase was not reached; `-1` as status: no answer.
//! - `{198.51.100.7, 10.0.0.3|curl/8}`: a captured header that is a list of addresses is a forwarded-for
//!   list.
//! - `+42` (`option logasap`): the line was written before the end, so total time and bytes are not
//!   those of the whole answer: both absent.
//! - `<BADREQ>` for a request that could not be read; a line cut at the syslog limit has no closing
//!   quote: what is there is read.
//! - `option httpslog` adds the errors of the TLS side and `www.example/TLSv1.3/cipher`: the name the
//!   client's TLS asked for is the host where nothing else names one.
//! - `fe be/s 0/0/5007 212 -- ..` (`option tcplog`): a connection without a status, read but not counted.
//! - Handshake failures, `Server x/y is DOWN`, `Proxy x started`,
//!   `Connect from`: no requests, skipped as messages of the server.

use super::part::clf::read;
use super::part::client::{self, is_address, is_address_list};
use super::part::field::{is_absent, millis, number, status_field, word};
use super::part::haproxy::{conclude, ending, put_request};
use super::part::stamp;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Event, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use crate::time::Micros;
use memchr::{memchr, memchr_iter, memmem, memrchr};
use nom::Parser;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "haproxy",
        about: "HAProxy option httplog, bare or in syslog",
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
        blind: "stamps carry no time zone: they are read as UTC unless the source's zone is given",
        specificity: 8,
        zoneless: true,
        samples: &[
            r#"<134>Nov 20 07:48:12 haproxy[16702]: 192.0.2.1:41054 [20/Nov/2026:07:48:12.056] fe_main be_app/app1 0/0/0/41/41 200 152 - - ---- 1/1/0/0/0 0/0 {www.example|curl/8} {16} "GET http://www.example/a?b=c HTTP/1.1""#,
            r#"192.0.2.1:41086 [20/Nov/2026:07:48:15.162] fe_main be_dead/dead1 0/0/-1/-1/3004 503 217 - - SC-- 1/1/0/0/3 0/0 "GET /dead HTTP/1.1""#,
        ],
    },
    || Arc::new(Haproxy),
);

#[derive(Debug)]
struct Haproxy;

impl Dialect for Haproxy {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| match dated(line) {
            Some((peer, date, rest)) => http(peer, date, rest),
            None if is_message(line) => Ok(Parsed::Skip(Skip::ServerMessage)),
            None => Err(Reject::UnknownFormat),
        })
    }
}

/// Splits at the bracketed date: the peer before it, the date, and what follows.
fn dated(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    for n in memchr_iter(b'[', line).take(8) {
        let (before, after) = line.split_at(n);
        let (Some(before), Some(after)) = (before.strip_suffix(b" "), after.get(1..)) else { continue };
        let Some((date, rest)) = memchr(b']', after).and_then(|n| after.split_at_checked(n)) else { break };
        // `dd/Mon/yyyy:` tells the date from a process id or a level in brackets.
        if date.get(2) != Some(&b'/') || date.get(11) != Some(&b':') {
            continue;
        }
        let peer = before.get(memrchr(b' ', before).map_or(0, |n| n + 1)..)?;
        // IPv6 stands without brackets, so the port is what follows the last colon.
        let (peer, port) = peer.split_at(memrchr(b':', peer)?);
        let follows = rest.strip_prefix(b"] ")?;
        // Anything else before the date is a piece of something that carries the line.
        if !(is_address(peer) || is_absent(peer) || peer.starts_with(b"unix")) {
            return None;
        }
        return (number(port.get(1..)?).is_some() && follows.first() != Some(&b'"')).then_some((peer, date, follows));
    }
    None
}

/// The request itself, from the frontend on.
fn http<'a>(peer: &'a [u8], date: &[u8], rest: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let unknown = |_| Reject::UnknownFormat;
    let (rest, (frontend, server)) = (word, word).parse(rest).map_err(unknown)?;
    // Situation: the TLS handshake of a client fails, `192.0.2.1:5 [..] fe/1: SSL handshake failure`.
    if frontend.ends_with(b":") {
        return Ok(Parsed::Skip(Skip::ServerMessage));
    }
    let (rest, timers, extra) = timers(rest).ok_or(Reject::UnknownFormat)?;
    let stamp = stamp::clf(date).ok_or(Reject::BadTime)?;
    let total = match timers {
        Timing::Request(total) => total,
        Timing::Connection(total) => return tcp(peer, stamp, total, server, rest),
    };
    let (rest, (status, bytes, _, _, state)) = (word, word, word, word, word).parse(rest).map_err(unknown)?;
    if !(status == b"-1" || number(status).is_some())
        || number(bytes.strip_prefix(b"+").unwrap_or(bytes)).is_none()
        || state.len() < 2
    {
        return Err(Reject::UnknownFormat);
    }
    let (head, line) = rest.split_at(memchr(b'"', rest).ok_or(Reject::UnknownFormat)?);
    let line = line.get(1..).unwrap_or_default();
    let (line, tls) = line.split_at(memchr(b'"', line).unwrap_or(line.len()));

    let mut event = Event::at(stamp);
    put_request(&mut event, line);
    event.peer = Some(peer).filter(|p| !is_absent(p)).map(Cow::Borrowed);
    event.forwarded = forwarded(head).map(Cow::Borrowed);
    event.client = client::of(event.peer.as_ref(), event.forwarded.as_ref());
    event.host = event.host.take().or(extra.filter(|e| e.contains(&b'.')).or_else(|| asked_by_tls(tls)).map(Cow::Borrowed));
    event.status = status_field(status);
    event.bytes = number(bytes);
    event.duration = millis(total);
    conclude(&mut event, Some(Cow::Borrowed(server)), state);
    event.place(FORMAT.facts.stamp);
    Ok(Parsed::Event(event))
}

/// A forwarded-for list among the captured headers, `{198.51.100.7, 10.0.0.3|curl/8}`. The captures have no
/// names: only a list of addresses can be told from other headers.
fn forwarded(head: &[u8]) -> Option<&[u8]> {
    let inside = head.get(memchr(b'{', head)? + 1..)?;
    let inside = inside.get(..memchr(b'}', inside)?)?;
    inside.split(|b| *b == b'|').find(|value| is_address_list(value))
}

/// A connection in TCP mode: bytes, state of two letters, counts.
fn tcp<'a>(peer: &'a [u8], stamp: Micros, total: &[u8], server: &'a [u8], rest: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let (_, (bytes, state)) = (word, word).parse(rest).map_err(|_| Reject::UnknownFormat)?;
    let mut event = Event::at(stamp);
    event.client = Some(peer).filter(|p| !is_absent(p)).map(Cow::Borrowed);
    event.bytes = number(bytes);
    event.duration = millis(total);
    event.backend = Some(Cow::Borrowed(server));
    event.ending = ending(state, None);
    event.place(FORMAT.facts.stamp);
    Ok(Parsed::Aside(event, Skip::Connection))
}

/// The name of `www.example/TLSv1.3/cipher`, a word behind the request.
fn asked_by_tls(rest: &[u8]) -> Option<&[u8]> {
    let words = rest.split(|b| *b == b' ').take(8);
    words.into_iter().find_map(|w| {
        let (name, after) = w.split_at_checked(memchr(b'/', w)?)?;
        (after.starts_with(b"/TLSv") && !is_absent(name)).then_some(name)
    })
}

/// The last of the timers: of five, or of the three of TCP mode.
#[derive(Clone, Copy, Debug)]
enum Timing<'a> {
    Request(&'a [u8]),
    Connection(&'a [u8]),
}

/// The text after the timers, the last of them, and a word before them.
type Timers<'a> = (&'a [u8], Timing<'a>, Option<&'a [u8]>);

/// Finds the timers, at most three words on.
fn timers(rest: &[u8]) -> Option<Timers<'_>> {
    let (mut i, mut extra) = (rest, None);
    for _ in 0..4 {
        let (after, candidate) = word(i).ok()?;
        let mut parts = 0;
        let timed = candidate.split(|b| *b == b'/').all(|part| {
            parts += 1;
            part == b"-1" || number(part.strip_prefix(b"+").unwrap_or(part)).is_some()
        });
        let last = candidate.rsplit(|b| *b == b'/').next().unwrap_or_default();
        match (timed, parts) {
            (true, 5) => return Some((after, Timing::Request(last), extra)),
            (true, 3) => return Some((after, Timing::Connection(last), extra)),
            _ => extra = extra.or(Some(candidate)),
        }
        i = after;
    }
    None
}

/// How HAProxy's own messages begin.
const MESSAGES: [&[u8]; 18] = [
    b"Server ",
    b"Backup Server ",
    b"Proxy ",
    b"backend ",
    b"Backend ",
    b"Connect from ",
    b"Health check ",
    b"Stopping ",
    b"Pausing ",
    b"Enabling ",
    b"Disabling ",
    b"Starting ",
    b"Loading ",
    b"New worker",
    b"Former worker",
    b"Exiting ",
    b"[WARNING]",
    b"[ALERT]",
];

/// What follows the tag of HAProxy, `haproxy: ` or `haproxy[71]: `, near the beginning of a line.
fn tagged(line: &[u8]) -> Option<&[u8]> {
    let head = line.get(..120.min(line.len()))?;
    memmem::find_iter(head, b"haproxy").find_map(|n| {
        let begins = n == 0 || matches!(head.get(n - 1), Some(b' ' | b'>'));
        let after = line.get(n + b"haproxy".len()..).filter(|_| begins)?;
        let after = match after.strip_prefix(b"[") {
            Some(pid) => pid.get(memchr(b']', pid.get(..12.min(pid.len()))?)? + 1..)?,
            None => after,
        };
        after.strip_prefix(b": ")
    })
}

/// Whether the line is a message of HAProxy itself, bare or behind a syslog prefix.
fn is_message(line: &[u8]) -> bool {
    // A request in it is another server's, on a machine or from a container called so.
    if let Some(body) = tagged(line) {
        return !body.is_empty() && is_syslog(line) && memmem::find(body, b" HTTP/").is_none();
    }
    let body = line;
    MESSAGES.iter().any(|m| body.starts_with(m))
        && [
            &b" is DOWN"[..],
            b" is UP",
            b" is going DOWN",
            b" started",
            b" stopped",
            b"no server available",
            b"Connect from ",
            b"check",
            b"worker",
        ]
        .iter()
        .any(|m| memmem::find(body, m).is_some())
}

/// Whether the line begins like a syslog line: a priority, a month, or an ISO date.
fn is_syslog(line: &[u8]) -> bool {
    line.first() == Some(&b'<')
        || stamp::iso8601(line.get(..19).unwrap_or_default()).is_some()
        || line.starts_with(b"haproxy")
        || (line.get(3) == Some(&b' ') && line.first().is_some_and(u8::is_ascii_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ending;
    use crate::format::part::clf::shown;

    fn event(line: &str) -> Event<'_> {
        match Haproxy.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    const BODY: &str = r#"192.0.2.1:41054 [20/Nov/2026:07:48:12.056] fe be/app1 0/0/0/12/36 200 152 - - ---- 1/1/0/0/0 0/0 {x.example|My #22Agent#22} {16} "GET /a#23b?id=42 HTTP/1.1""#;

    #[test]
    fn the_same_request_is_read_behind_any_prefix() {
        let bare = event(BODY);
        assert_eq!(bare.stamp.to_string(), "2026-11-20T07:48:12.056Z");
        assert_eq!(
            [shown(&bare.client), shown(&bare.path), shown(&bare.query), shown(&bare.backend)],
            ["192.0.2.1", "/a#b", "id=42", "be/app1"]
        );
        assert_eq!((bare.duration, bare.bytes, bare.origin_status), (Some(36_000), Some(152), Some(200)));
        assert_eq!(bare.end, Some(bare.stamp.plus(36_000)));
        for prefix in [
            "Nov 20 07:48:12 lb1 haproxy[16702]: ",
            "<134>Nov 20 07:48:12 haproxy[16702]: ",
            "2026-11-20T07:48:12.1+00:00 lb1 haproxy[16702]: ",
            "<134>1 2026-11-20T07:48:12Z lb1 haproxy 16702 - - ",
            "Nov  2 07:48:12 lb1 edge-proxy: ",
        ] {
            let line = format!("{prefix}{BODY}");
            assert_eq!(event(&line), bare, "{prefix}");
        }
    }

    #[test]
    fn odd_lines_give_what_can_be_known() {
        let e = event(
            r#"-:47625 [22/Jun/2026:12:02:53.473] www~ app/node2 www.example 0/0/1/17/18 302 291 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#,
        );
        assert_eq!((e.client.is_none(), shown(&e.host).as_str(), e.status), (true, "www.example", Some(302)));
        let e = event(
            r#"192.0.2.1:5 [22/Jun/2026:12:02:53.473] fe fe/<NOSRV> -1/-1/-1/-1/0 400 187 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>""#,
        );
        assert_eq!((e.method, e.path, e.ending, e.origin_status), (None, None, Ending::Policy, None));
        let e = event(
            r#"192.0.2.1:5 [22/Jun/2026:12:02:53.473] fe be/s 5/0/1/17/+18 200 +291 - - ---- 1/1/0/0/0 0/0 "GET /cut-at-the-limit"#,
        );
        assert_eq!((shown(&e.path).as_str(), e.duration, e.bytes), ("/cut-at-the-limit", None, None));
        let e = event(
            r#"192.0.2.1:5 [22/Jun/2026:12:02:53.473] fe be/<NOSRV> -1/-1/-1/-1/900 -1 0 - - CR-- 1/1/0/0/0 0/0 "<BADREQ>""#,
        );
        assert_eq!((e.status, e.ending), (None, Ending::ClientLeft));
        let e = event(
            r#"2001:db8::7:4711 [22/Jun/2026:12:02:53.473] fe be/s 5/0/1/17/18 200 291 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/2.0""#,
        );
        assert_eq!(shown(&e.client), "2001:db8::7");
    }

    #[test]
    fn a_connection_in_tcp_mode_is_read_but_is_no_request() {
        let line = "192.0.2.1:5 [22/Jun/2026:12:02:53.473] tcp-fe tcp-be/s 0/0/5007 212 SD 0/0/0/0/3 0/0";
        match Haproxy.line(line.as_bytes()) {
            Parsed::Aside(e, Skip::Connection) => {
                assert_eq!([shown(&e.client), shown(&e.backend)], ["192.0.2.1", "tcp-be/s"]);
                assert_eq!((e.status, e.bytes, e.duration, e.ending), (None, Some(212), Some(5_007_000), Ending::CutShort));
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn httpslog_names_the_host_that_tls_asked_for() {
        for (tail, host) in [
            (" 0/0000000000000000/0/0/0 www.example/TLSv1.3/TLS_AES_256_GCM_SHA384", "www.example"),
            (" 0/0000000000000000/0/0/1 -/TLSv1.2/ECDHE-RSA-AES128-GCM-SHA256", "-"),
            (" 0/0/0/0/0 /TLSv1.2/x", "-"),
            ("", "-"),
        ] {
            let line = format!(
                r#"192.0.2.1:5 [22/Jun/2026:12:02:53.473] fe~ be/s 5/0/1/17/18 200 291 - - ---- 1/1/0/0/0 0/0 "GET /a HTTP/1.1"{tail}"#
            );
            let e = event(&line);
            assert_eq!([shown(&e.host).as_str(), shown(&e.path).as_str()], [host, "/a"], "{tail}");
        }
    }

    #[test]
    fn messages_of_the_server_are_no_requests() {
        for line in [
            "Nov 20 07:48:12 lb1 haproxy[16702]: Server be/app1 is DOWN, reason: Layer4 connection problem",
            "<133>Nov 20 07:48:12 haproxy[16702]: Proxy fe started.",
            "Nov 20 07:48:12 lb1 haproxy[16702]: backend be has no server available!",
            "Nov 20 07:48:12 lb1 haproxy[16702]: Connect from 192.0.2.1:5 to 192.0.2.9:80 (fe/HTTP)",
            "Server be/app1 is DOWN, reason: Layer4 timeout",
            "192.0.2.1:5 [22/Jun/2026:12:02:53.473] fe/1: SSL handshake failure",
        ] {
            assert_eq!(Haproxy.line(line.as_bytes()), Parsed::Skip(Skip::ServerMessage), "{line}");
        }
    }

    #[test]
    fn other_lines_are_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            (r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET / HTTP/1.1" 200 5 "-" "haproxy: x""#, Reject::UnknownFormat),
            ("Nov 20 07:48:12 lb1 sshd[16702]: Server listening on port 22", Reject::UnknownFormat),
            (
                r#"192.0.2.1:5 [99/Nov/2026:07:48:12.056] fe be/app1 0/0/0/12/36 200 152 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#,
                Reject::BadTime,
            ),
        ] {
            assert_eq!(Haproxy.line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

//! Barracuda Web Application Firewall: its access log (`TR`) in the default format, as sent by syslog.
//!
//! `<134>2026-11-20 08:48:12.959 +0100  unit TR` and then: the service's address and port, the client's
//! address and port, `"login"`, `"certificate user"`, method, protocol, host, version, status, bytes sent,
//! bytes received, cache hit, time taken in ms, the server's address and port, the server's time in ms,
//! session, response type, profile matched, protected, rule matched, URL, query, referrer, cookie,
//! `"user agent"`, the proxy's address and port, user, three headers, and an id.
//!
//! Quirks:
//! - Absent values are `"-"` in quotes; others are bare, but the user agent. A cookie may hold spaces and
//!   is not quoted: it ends where the quoted user agent begins.
//! - The stamp is the end of the request: the id's first half is the start in hexadecimal
//!   milliseconds, and the stamp is that plus the time taken.
//! - Response type `INTERNAL`: the firewall made the answer; `SERVER`: the server did. With `INTERNAL`,
//!   a 4xx and rule matched `INVALID`, a rule refused. An `INTERNAL` 5xx does not tell why.
//! - `WF` lines are the firewall's record of a request that has a `TR` line too: set aside; `SYS`, `AUDIT` and `NF`
//!   lines are messages.

use super::part::clf::read;
use super::part::client::is_address;
use super::part::draft::Draft;
use super::part::field::{Raw, value, word};
use super::part::slot::Slot;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Cache, Ending, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "barracuda-waf",
        about: "Barracuda Web Application Firewall access log",
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
        tier: Tier::Balancer,
        blind: "whether a 5xx that the firewall made means that the server was unreachable; a log in another format than the default is not read",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"<134>2026-11-20 08:48:12.959 +0100  waf1 TR 198.51.100.4 443 192.0.2.1 8210 "-" "-" GET TLSv1.3 www.example HTTP/1.1 404 791 293 0 3 10.0.0.1 443 0 "-" INTERNAL DEFAULT PROTECTED INVALID /a b=c https://example.net/ "-" "Mozilla/5.0 (X11)" 192.0.2.1 8210 "-" "-" "-" "-" 19aa00000ff-db6c9f3"#,
            r#"<134>2026-11-20 08:48:13.197 +0100  waf1 TR 198.51.100.4 443 2001:db8::7 20783 "-" "-" POST TLSv1.3 www.example HTTP/1.1 503 877 113 0 189 10.0.0.1 443 180 "-" SERVER PROFILED PROTECTED VALID /b "-" "-" a=b; c=d "curl/8" 2001:db8::7 20783 "-" "-" "-" "-" 19aa00001ff-e0b89cc7"#,
        ],
    },
    || Arc::new(Barracuda),
);

/// Reads one line.
#[derive(Clone, Copy, Debug)]
struct Barracuda;

const MADE_BY: Slot = Slot::Note0;
const RULE: Slot = Slot::Note1;
const HIT: Slot = Slot::Note2;

/// Columns from the service's address to the referrer.
const COLUMNS: [Slot; 26] = [
    Slot::Note3,
    Slot::Ignore,
    Slot::Client,
    Slot::Ignore,
    Slot::Ignore,
    Slot::Ignore,
    Slot::Method,
    Slot::Ignore,
    Slot::Host,
    Slot::Note4,
    Slot::Status,
    Slot::Bytes,
    Slot::Ignore,
    HIT,
    Slot::Millis,
    Slot::Backend,
    Slot::Ignore,
    Slot::Ignore,
    Slot::Ignore,
    MADE_BY,
    Slot::Ignore,
    Slot::Ignore,
    RULE,
    Slot::Path,
    Slot::Query,
    Slot::Referrer,
];

impl Dialect for Barracuda {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            let mut draft = Draft::default();
            let (kind, rest) = head(line, &mut draft).ok_or(Reject::UnknownFormat)?;
            match kind {
                b"TR" => {}
                b"WF" => {
                    verdict(rest, &mut draft).ok_or(Reject::UnknownFormat)?;
                    return draft.event(FORMAT.facts.stamp).map(|event| Parsed::Aside(event, Skip::Firewall));
                }
                _ => return Ok(Parsed::Skip(Skip::ServerMessage)),
            }
            columns(rest, &mut draft).ok_or(Reject::UnknownFormat)?;
            make(&draft)
        })
    }
}

/// Reads priority, stamp and unit; gives what kind of line it is and what follows.
fn head<'a>(line: &'a [u8], draft: &mut Draft<'a>) -> Option<(&'a [u8], &'a [u8])> {
    let priority = line.strip_prefix(b"<").and_then(|t| memchr::memchr(b'>', t.get(..4)?).and_then(|n| t.get(n + 1..)));
    let line = priority.unwrap_or(line);
    // `2026-11-20 08:48:12.959 +0100`
    let (stamp, rest) = line.split_at_checked(29)?;
    let shape = |n: usize, b: u8| stamp.get(n) == Some(&b);
    let dated = shape(4, b'-') && shape(10, b' ') && shape(13, b':') && shape(19, b'.') && shape(23, b' ');
    let zoned = shape(24, b'+') || shape(24, b'-');
    (dated && zoned && rest.first() == Some(&b' ')).then_some(())?;
    let (rest, _) = word(rest.trim_ascii_start()).ok()?;
    let (rest, kind) = word(rest).ok()?;
    matches!(kind, b"TR" | b"WF" | b"SYS" | b"AUDIT" | b"NF").then_some(())?;
    draft.put(Slot::Time, Raw::plain(stamp));
    Some((kind, rest))
}

/// The columns of a `WF` line as far as the URL: severity, attack, client and port, service and port, rule,
/// its type, action, what follows, `[detail]` with blanks and brackets in it, method, URL, protocol.
fn verdict<'a>(text: &'a [u8], draft: &mut Draft<'a>) -> Option<()> {
    let mut rest = text;
    for n in 0..10 {
        let (more, word) = word(rest).ok()?;
        if n == 2 {
            is_address(word).then(|| draft.put(Slot::Client, Raw::plain(word)))?;
        }
        rest = more;
    }
    for n in memchr::memmem::find_iter(rest, b"] ").take(DETAIL_BRACKETS_MAX) {
        let (Ok((more, method)), true) = (word(rest.get(n + 2..)?), rest.starts_with(b"[")) else { break };
        if method.iter().all(u8::is_ascii_uppercase) && more.starts_with(b"/") {
            let (_, url) = word(more).ok()?;
            draft.put(Slot::Method, Raw::plain(method));
            draft.put(Slot::Target, Raw::plain(url));
            break;
        }
    }
    Some(())
}

/// Most brackets inside a detail that are tried as its end: a bound on hostile lines.
const DETAIL_BRACKETS_MAX: usize = 32;

fn columns<'a>(text: &'a [u8], draft: &mut Draft<'a>) -> Option<()> {
    let mut rest = text;
    for slot in COLUMNS {
        let (more, raw) = value(rest).ok()?;
        draft.put(slot, raw);
        rest = more;
    }
    if rest.first() == Some(&b'"') {
        rest = value(rest).ok()?.0;
    } else {
        rest = rest.get(memchr::memmem::find(rest, b" \"")? + 1..)?;
    }
    let (rest, agent) = value(rest).ok()?;
    draft.put(Slot::UserAgent, agent);
    let id = rest.trim_ascii_end().rsplit(|b| *b == b' ').next()?;
    draft.put(Slot::RequestId, Raw::plain(id));
    Some(())
}

fn make<'a>(draft: &Draft<'a>) -> Result<Parsed<'a>, Reject> {
    let address = |slot| draft.bytes(slot).is_some_and(is_address);
    let version = draft.bytes(Slot::Note4).is_some_and(|v| v.starts_with(b"HTTP/") || v == b"-");
    if !(address(Slot::Client) && address(Slot::Note3) && version) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    event.cache = match draft.bytes(HIT) {
        Some(b"1") => Some(Cache::Hit),
        Some(b"0") => Some(Cache::Miss),
        _ => None,
    };
    let server = draft.bytes(MADE_BY) == Some(b"SERVER");
    let refused = draft.bytes(MADE_BY) == Some(b"INTERNAL") && draft.bytes(RULE) == Some(b"INVALID");
    event.origin_status = event.status.filter(|_| server);
    event.ending = match event.status {
        Some(500..=599) if server => Ending::UpstreamError,
        Some(400..=499) if refused => Ending::Policy,
        _ => Ending::Unsaid,
    };
    Ok(Parsed::Event(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::format::part::clf::shown;

    fn line(status: &str, by: &str, rule: &str, url: &str, cookie: &str) -> String {
        format!(
            r#"<134>2026-11-20 08:48:12.959 +0100  waf1 TR 198.51.100.4 443 192.0.2.1 8210 "-" "-" GET TLSv1.3 x.example HTTP/1.1 {status} 791 293 0 3 10.0.0.1 443 0 "-" {by} DEFAULT PROTECTED {rule} {url} {cookie} "my \"agent\"" 192.0.2.1 8210 "-" "-" "-" "-" 19aa-db6c"#
        )
    }

    fn event(line: &str) -> Event<'static> {
        let line: &'static str = line.to_owned().leak();
        match Barracuda.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn columns_are_found_whatever_is_quoted() {
        for (url, cookie, want) in [
            (r#"/a b=c http://r.example/"#, r#""-""#, ["/a", "b=c", "http://r.example/", "my \"agent\""]),
            (r#"/a "-" "-""#, "a=b; c=d", ["/a", "-", "-", "my \"agent\""]),
        ] {
            let e = event(&line("200", "SERVER", "VALID", url, cookie));
            let got = [shown(&e.path), shown(&e.query), shown(&e.referrer), shown(&e.user_agent)];
            assert_eq!(got.each_ref().map(String::as_str), want, "{url} {cookie}");
            assert_eq!(
                [shown(&e.client), shown(&e.host), shown(&e.backend), shown(&e.request_id)],
                ["192.0.2.1", "x.example", "10.0.0.1", "19aa-db6c"]
            );
            assert_eq!((e.status, e.bytes, e.duration), (Some(200), Some(791), Some(3_000)));
            assert_eq!(e.start.map(|t| t.to_string()).as_deref(), Some("2026-11-20T07:48:12.956Z"));
        }
    }

    #[test]
    fn the_response_type_tells_who_made_the_answer() {
        for (status, by, rule, origin, want) in [
            ("200", "SERVER", "VALID", Some(200), Ending::Unsaid),
            ("503", "SERVER", "VALID", Some(503), Ending::UpstreamError),
            ("503", "INTERNAL", "INVALID", None, Ending::Unsaid),
            ("403", "INTERNAL", "INVALID", None, Ending::Policy),
            ("404", "INTERNAL", "VALID", None, Ending::Unsaid),
        ] {
            let e = event(&line(status, by, rule, r#"/a "-" "-""#, r#""-""#));
            assert_eq!((e.origin_status, e.ending), (origin, want), "{status} {by} {rule}");
        }
    }

    #[test]
    fn other_kinds_of_lines_are_no_requests() {
        let good = line("200", "SERVER", "VALID", r#"/a "-" "-""#, r#""-""#);
        for (line, want) in [
            (
                "<134>2026-11-20 08:48:12.502 +0100  waf1 SYS APS INFO 19034 clients : 0".to_owned(),
                Parsed::Skip(Skip::ServerMessage),
            ),
            ("<134>2026-11-20 08:48:12.502 +0100  host app[1]: TR x".to_owned(), Parsed::Reject(Reject::UnknownFormat)),
            (good.replace("192.0.2.1 8210 \"-\" \"-\" GET", "me 8210 \"-\" \"-\" GET"), Parsed::Reject(Reject::UnknownFormat)),
            (good.replace("-11-20", "-11-40"), Parsed::Reject(Reject::BadTime)),
        ] {
            assert_eq!(Barracuda.line(line.as_bytes()), want, "{line}");
        }
    }

    #[test]
    fn a_verdict_is_set_aside_with_what_it_tells() {
        let line = r#"<129>2026-11-20 08:48:12.502 +0100  waf1 WF ALER NO_MATCH 192.0.2.1 61507 198.51.100.4 443 shop:url URL_PROFILE LOG NONE [Parameter\="0x\\[\\] " value\="a b"] POST /a?b TLSv1.3 "-" "curl/8" 192.0.2.1 61507 "-" "-" 19aa-01"#;
        let Parsed::Aside(e, Skip::Firewall) = (FORMAT.dialect)().line(line.as_bytes()) else { panic!("{line}") };
        assert_eq!([shown(&e.client), shown(&e.method), shown(&e.path), shown(&e.query)], ["192.0.2.1", "POST", "/a", "b"]);
        assert_eq!(e.stamp.to_string(), "2026-11-20T07:48:12.502Z");
    }
}

//! IIS and other writers of W3C extended logs (WebLogic, Tomcat, Apache modules): columns named by a
//! `#Fields:` line, which may change inside a file; and IIS's lines without one.
//!
//! Stamps are UTC, whole seconds, at the end of the request. `+` stands for a space, `-` for nothing.
//!
//! Without `#Fields:` the columns are inferred from each line, around what cannot be mistaken (a method with a
//! port three columns on and an address five columns on; a status with two numbers after it):
//! `date time [site] [computer] [s-ip] method stem query port user c-ip [version] [agent] [cookie]
//! [referrer] [host] status substatus win32 [sc-bytes cs-bytes] [time-taken] [more]`.
//!
//! Quirks:
//! - Between client and status one value is the agent, two are agent and referrer, four are agent, cookie,
//!   referrer and host. Three are told by the last: a host, or a referrer (with `://`, or `-`).
//! - After the three result codes one number is the time taken, three are bytes sent, bytes received and time.
//!   Of two it cannot be known which they are: neither is used.
//! - A column behind them without a name (`.. 200 0 0 26 198.51.100.9`) is not known to be a forwarded-for list:
//!   the client is `c-ip`, be it private. With `#Fields:` a column named like one is used.
//! - `time-taken` is milliseconds; with decimals (`0.015`, WebLogic and Tomcat) it is seconds.
//! - `::1%0`: the zone of an IPv6 address is left out.
//! - `[192.0.2.1](http://192.0.2.1)`: a ticket system made a link of an address or host; its text counts.
//! - `"Mozilla/5.0 (X11)"`: other writers quote values with blanks.
//! - Names of columns are of any case; `cs(X-Forwarded-For)`, `X-Forwarded-For`, `OriginalIP` are one.

use super::part::clf::read;
use super::part::client;
use super::part::columns::{Columns, Product, fields, is_directive};
use super::part::draft::Draft;
use super::part::field::{Quoting, Raw, is_absent, is_date, is_http_method, millis, number, seconds};
use super::part::slot::Slot;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Ending, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use memchr::memmem;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "iis",
        about: "IIS and other W3C extended logs, with #Fields or without",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
            "bytes",
            "duration",
            "pop",
            "user_agent",
            "referrer",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Origin,
        blind: "stamps have whole seconds; a stopped application pool answers 503 without a line here: ask for HTTPERR too",
        specificity: 8,
        zoneless: false,
        samples: &[
            "2026-11-20 07:48:12 W3SVC1 WEB01 192.0.2.80 GET /a b=c 443 - 198.51.100.7 HTTP/1.1 Mozilla/5.0+(X11) - https://example.net/ www.example 502 3 12029 1353 313 15",
            "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
            "2026-11-20 07:48:13 192.0.2.80 GET /us - 80 - 2001:db8::7 curl/8 - 404 0 2 130",
        ],
    },
    || Arc::new(Bare),
);

const SUBSTATUS: Slot = Slot::Note0;
const WIN32: Slot = Slot::Note1;
const TAKEN: Slot = Slot::Note2;

static PRODUCT: Product = Product {
    owns: |names| {
        let names = names.to_ascii_lowercase();
        let has = |name: &[u8]| memmem::find(&names, name).is_some();
        // Others' columns: CloudFront, HTTPERR, FTP.
        let foreign = has(b"x-edge-") || has(b"s-reason") || has(b"x-session");
        !foreign && has(b"sc-status") && (has(b"cs-method") || has(b"cs-uri"))
    },
    keys: &[
        ("date", Slot::Date),
        ("time", Slot::Clock),
        ("s-computername", Slot::Pop),
        ("c-ip", Slot::Client),
        ("cs-method", Slot::Method),
        ("cs-version", Slot::Protocol),
        ("cs-uri-stem", Slot::Path),
        ("cs-uri-path", Slot::Path),
        ("cs-uri-query", Slot::Query),
        ("cs-uri", Slot::Target),
        ("cs-host", Slot::Host),
        ("cs(Host)", Slot::Host),
        ("cs(User-Agent)", Slot::UserAgent),
        ("cs(Referer)", Slot::Referrer),
        ("cs(Referrer)", Slot::Referrer),
        ("cs(X-Request-ID)", Slot::RequestId),
        ("sc-status", Slot::Status),
        ("sc-substatus", SUBSTATUS),
        ("sc-win32-status", WIN32),
        ("bytes", Slot::Bytes),
        ("sc-bytes", Slot::TotalBytes),
        ("time-taken", TAKEN),
        ("X-Forwarded-For", Slot::Forwarded),
        ("cs(X-Forwarded-For)", Slot::Forwarded),
        ("XForwardedFor", Slot::Forwarded),
        ("X_Forwarded_For", Slot::Forwarded),
        ("X-Forwarded", Slot::Forwarded),
        ("XFF", Slot::Forwarded),
        ("OriginalIP", Slot::Forwarded),
        ("X-Real-IP", Slot::Forwarded),
        ("cs(X-Real-IP)", Slot::Forwarded),
        ("X-Client-IP", Slot::Forwarded),
        ("cs(X-Client-IP)", Slot::Forwarded),
        ("True-Client-IP", Slot::Forwarded),
        ("cs(True-Client-IP)", Slot::Forwarded),
        ("CF-Connecting-IP", Slot::Forwarded),
        ("cs(CF-Connecting-IP)", Slot::Forwarded),
    ],
    quoting,
    default: "",
    fewest: 4,
    make,
};

/// Numbers and addresses are never quoted; a space in anything else is a plus.
fn quoting(slot: Slot) -> Quoting {
    match slot {
        Slot::Path | Slot::Query | Slot::Target | Slot::UserAgent | Slot::Referrer | Slot::Forwarded => Quoting::Plus,
        _ => Quoting::None,
    }
}

/// Before any header.
#[derive(Debug)]
struct Bare;

impl Dialect for Bare {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            if is_directive(line) {
                return Ok(Parsed::Skip(Skip::Directive));
            }
            let mut draft = Draft::default();
            infer(line, &mut draft).ok_or(Reject::UnknownFormat)?;
            make(&draft, line)
        })
    }

    fn has_directives(&self) -> bool {
        true
    }

    fn after(&self, line: &[u8]) -> Option<Arc<dyn Dialect>> {
        let names = fields(line).filter(|names| (PRODUCT.owns)(names))?;
        Some(Arc::new(Columns::of(&PRODUCT, names)))
    }
}

/// Most columns of a line without a header that are looked at.
const WORDS_MAX: usize = 40;

/// Reads a line without a header into `draft`.
fn infer<'a>(line: &'a [u8], draft: &mut Draft<'a>) -> Option<()> {
    // A cheap look before splitting: a date and a time.
    if !(is_date(line.get(..10)?) && matches!(line.get(10), Some(b' ' | b'\t')) && line.get(13) == Some(&b':')) {
        return None;
    }
    let mut words = [b"".as_slice(); WORDS_MAX];
    let mut count = 0;
    for (place, word) in words.iter_mut().zip(line.split(|b| matches!(b, b' ' | b'\t')).filter(|w| !w.is_empty())) {
        *place = word;
        count += 1;
    }
    let words = words.get(..count)?;
    let method = (2..=5).find(|m| is_request(words.get(*m..).unwrap_or_default()))?;
    let (head, asked) = words.split_at_checked(method)?;
    let (asked, rest) = asked.split_at_checked(6)?;
    let rest = match rest.split_first() {
        Some((version, rest)) if version.starts_with(b"HTTP/") => rest,
        _ => rest,
    };
    let status = (0..=5).find(|s| is_result(rest.get(*s..).unwrap_or_default()))?;
    let (between, result) = rest.split_at_checked(status)?;
    // Of five values the first is a version that is absent.
    let between = between.get(between.len().saturating_sub(4)..)?;

    let mut put = |slot, bytes: Option<&&'a [u8]>| {
        if let Some(bytes) = bytes {
            draft.put(slot, Raw { bytes, quoting: quoting(slot) });
        }
    };
    put(Slot::Date, head.first());
    put(Slot::Clock, head.get(1));
    put(Slot::Pop, computer(head.get(2..)?));
    for (slot, value) in [Slot::Method, Slot::Path, Slot::Query].into_iter().zip(asked) {
        put(slot, Some(value));
    }
    put(Slot::Client, asked.get(5).map(|c| client::unlinked(c)).as_ref());
    put_between(&mut put, between);
    for (slot, value) in [Slot::Status, SUBSTATUS, WIN32].into_iter().zip(result) {
        put(slot, Some(value));
    }
    let numbers = result.get(3..)?.iter().take_while(|w| **w == b"-" || number(w).is_some()).count();
    let numbers = result.get(3..3 + numbers)?;
    // An absent value behind the time is a column of its own.
    let last = numbers.iter().rposition(|w| *w != b"-").map_or(0, |n| n + 1);
    match last {
        1 => put(TAKEN, numbers.first()),
        2 | 0 => {}
        _ => {
            put(Slot::TotalBytes, numbers.first());
            put(TAKEN, numbers.get(2));
        }
    }
    Some(())
}

/// The values between the client and the status.
fn put_between<'a>(put: &mut impl FnMut(Slot, Option<&&'a [u8]>), between: &[&'a [u8]]) {
    let is_url = |word: &[u8]| memmem::find(word, b"://").is_some() && !word.starts_with(b"[");
    let (referrer, host) = match between {
        [_, referrer] | [_, _, referrer] if is_url(referrer) => (Some(referrer), None),
        [_, referrer, host] => (Some(referrer), Some(host)),
        [_, _, referrer, host, ..] => (Some(referrer), Some(host)),
        _ => (None, None),
    };
    put(Slot::UserAgent, between.first());
    put(Slot::Referrer, referrer.filter(|r| between.len() == 4 || is_url(r)));
    put(Slot::Host, host.map(|h| client::unlinked(h)).as_ref());
}

/// The computer's name among the words between time and method: `[site] [computer] [address]`.
fn computer<'s, 'a>(words: &'s [&'a [u8]]) -> Option<&'s &'a [u8]> {
    let names = words.iter().take_while(|w| !client::is_linked(w)).count();
    match words.get(..names)? {
        [name] if !name.starts_with(b"W3SVC") && words.len() > 1 => Some(name),
        [_, name, ..] => Some(name),
        _ => None,
    }
}

/// `method stem query port user client`.
fn is_request(words: &[&[u8]]) -> bool {
    let [method, stem, _, port, _, peer, ..] = words else { return false };
    let token = method.len() <= 24 && method.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_'));
    token && (is_absent(port) || number(port).is_some_and(|n| n <= 65_535)) && {
        client::is_linked(peer) || (is_absent(peer) && stem.starts_with(b"/"))
    }
}

/// `status substatus win32`.
fn is_result(words: &[&[u8]]) -> bool {
    let [status, substatus, win32, ..] = words else { return false };
    let numeric = |word: &[u8]| word == b"-" || number(word).is_some();
    status.len() == 3 && number(status).is_some_and(|n| n >= 100) && numeric(substatus) && numeric(win32)
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    if !is_date(draft.bytes(Slot::Date).unwrap_or_default()) {
        return Err(Reject::UnknownFormat);
    }
    // The services of mail and files log in this shape too: `RCPT - +TO:<a@b> 550`, `PASS file.txt 530`.
    let asked = match (draft.bytes(Slot::Path), draft.bytes(Slot::Method)) {
        (Some(stem), _) => matches!(stem.first(), Some(b'/' | b'*')) || memmem::find(stem, b"://").is_some(),
        (None, Some(method)) => is_http_method(method),
        (None, None) => true,
    };
    if !asked {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    event.duration = draft.bytes(TAKEN).and_then(taken);
    event.place(FORMAT.facts.stamp);
    let code = |slot| draft.bytes(slot).and_then(number).unwrap_or(0);
    event.ending = ending(event.status.unwrap_or(0), code(SUBSTATUS), code(WIN32));
    Ok(Parsed::Event(event))
}

/// Microseconds of a time taken: milliseconds, or seconds with decimals.
fn taken(text: &[u8]) -> Option<i64> {
    if text.contains(&b'.') { seconds(text) } else { millis(text) }
}

/// What status, substatus and the Windows error say (IIS's own list of codes).
///
/// - Windows errors 64, 995, 1229 and 1236: the connection was gone or taken down when the answer was sent; 121: it
///   stalled until a timeout.
/// - 12002, 12007, 12029, 12030: the proxy module could not reach, or lost, the server behind.
fn ending(status: u16, substatus: u64, win32: u64) -> Ending {
    match (status, substatus, win32) {
        (_, _, 64 | 995 | 1229 | 1236) => Ending::ClientLeft,
        (200..=399, _, 121) => Ending::CutShort,
        // Concurrency and queue limits, "too busy", dynamic restriction of addresses by rate.
        (503, 2..=4, _) | (500, 13, _) | (403, 501 | 502, _) => Ending::Shed,
        (502 | 504, 1.., _) | (503, _, _) | (500.., _, 12_002 | 12_007 | 12_029 | 12_030) => Ending::UpstreamUnreachable,
        // Request filtering; refusals by address, certificate, protocol or listing.
        (404, 5..=16 | 18..=20, _) | (400 | 403 | 405 | 406 | 412 | 413, 1.., _) => Ending::Policy,
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::format::part::clf::shown;

    fn event_of<'a>(dialect: &dyn Dialect, line: &'a str) -> Event<'a> {
        match dialect.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn every_optional_column_may_be_there_or_not() {
        let asked = "GET /a/b+c x=%20+y 443 -";
        for (line, client, pop, host, referrer, agent, bytes, millis) in [
            (
                format!("192.0.2.80 {asked} 198.51.100.7 M/5+(X) - 200 0 0 12"),
                "198.51.100.7",
                "-",
                "-",
                "-",
                "M/5 (X)",
                None,
                Some(12),
            ),
            (format!("192.0.2.80 {asked} 198.51.100.7 - 200 0 0 12"), "198.51.100.7", "-", "-", "-", "-", None, Some(12)),
            (
                format!("192.0.2.80 {asked} 198.51.100.7 M http://r.example/ 200 0 0 12"),
                "198.51.100.7",
                "-",
                "-",
                "http://r.example/",
                "M",
                None,
                Some(12),
            ),
            (
                format!("192.0.2.80 {asked} 198.51.100.7 M - h.example 200 0 0 12"),
                "198.51.100.7",
                "-",
                "h.example",
                "-",
                "M",
                None,
                Some(12),
            ),
            (
                format!("192.0.2.80 {asked} 198.51.100.7 M http://r.example/ h.example 200 0 0 12"),
                "198.51.100.7",
                "-",
                "h.example",
                "http://r.example/",
                "M",
                None,
                Some(12),
            ),
            (
                format!("192.0.2.80 {asked} 198.51.100.7 M c=d http://r.example/ 200 0 0 12"),
                "198.51.100.7",
                "-",
                "-",
                "http://r.example/",
                "M",
                None,
                Some(12),
            ),
            (
                format!(
                    "W3SVC1 WEB1 192.0.2.80 {asked} 198.51.100.7 HTTP/1.1 M c=d http://r.example/ h.example 200 0 0 50 60 12"
                ),
                "198.51.100.7",
                "WEB1",
                "h.example",
                "http://r.example/",
                "M",
                Some(50),
                Some(12),
            ),
            (
                format!("W3SVC1 WEB1 192.0.2.80 {asked} 198.51.100.7 - M - - h.example 200 0 0 - - 12"),
                "198.51.100.7",
                "WEB1",
                "h.example",
                "-",
                "M",
                None,
                Some(12),
            ),
            (format!("W3SVC1 192.0.2.80 {asked} 198.51.100.7 HTTP/2 M 200 0 0"), "198.51.100.7", "-", "-", "-", "M", None, None),
            (
                format!("web1 fe80::1%4 {asked} fe80::7%4 M - 200 0 0 3 198.51.100.1,10.0.0.1 56041"),
                "fe80::7",
                "web1",
                "-",
                "-",
                "M",
                None,
                Some(3),
            ),
            (format!("::1%0 {asked} ::1%0 M - 200 0 0 3 -"), "::1", "-", "-", "-", "M", None, Some(3)),
            (format!("192.0.2.80 {asked} 10.0.0.7 M - 200 0 0 3 198.51.100.1"), "10.0.0.7", "-", "-", "-", "M", None, Some(3)),
            (format!("192.0.2.80 {asked} 10.0.0.7 M - 200 0 0 50 60"), "10.0.0.7", "-", "-", "-", "M", None, None),
            (format!("{asked} 198.51.100.7 M - 200 0 0 12"), "198.51.100.7", "-", "-", "-", "M", None, Some(12)),
            (
                format!(
                    "[192.0.2.80](http://192.0.2.80) {asked} [10.0.0.7](http://10.0.0.7) M - [h.example](https://h.example/) 200 0 0 3"
                ),
                "10.0.0.7",
                "-",
                "h.example",
                "-",
                "M",
                None,
                Some(3),
            ),
        ] {
            let line = format!("2026-11-20 07:48:12 {line}");
            let e = event_of(&Bare, &line);
            assert_eq!(
                [shown(&e.client), shown(&e.pop), shown(&e.host), shown(&e.referrer), shown(&e.user_agent)],
                [client, pop, host, referrer, agent],
                "{line}"
            );
            assert_eq!((e.bytes, e.duration.map(|d| d / 1_000), e.status), (bytes, millis, Some(200)), "{line}");
            assert_eq!([shown(&e.method), shown(&e.path), shown(&e.query)], ["GET", "/a/b c", "x=%20 y"], "{line}");
        }
    }

    #[test]
    fn headers_name_the_columns_and_may_change() {
        for (header, line, client, millis) in [
            (
                "date time c-ip cs-method cs-uri-stem sc-status time-taken",
                "2026-11-20 07:48:12 192.0.2.1 GET /a 200 15",
                "192.0.2.1",
                Some(15),
            ),
            (
                "DATE TIME C-IP CS-METHOD CS-URI-STEM SC-STATUS TIME-TAKEN x-forwarded-for",
                "2026-11-20 07:48:12 10.0.0.1 GET /a 200 15 198.51.100.7,+10.0.0.2",
                "198.51.100.7",
                Some(15),
            ),
            (
                "date time c-ip cs-method cs-uri-stem sc-status OriginalIP",
                "2026-11-20 07:48:12 10.0.0.1 GET /a 200 198.51.100.7:4711",
                "198.51.100.7",
                None,
            ),
            (
                "c-ip date time cs-method cs-uri sc-status time-taken cs(User-Agent)",
                "fe80::1 2026-11-20 07:48:12 GET /a 200 0.015 \"M (X) y\"",
                "fe80::1",
                Some(15),
            ),
            (
                "date\ttime\tcs-method\tcs-uri\tsc-status\tc-ip",
                "2026-11-20\t07:48:12\tGET\t/a\t200\t192.0.2.1",
                "192.0.2.1",
                None,
            ),
        ] {
            let header = format!("#Fields: {header}");
            let dialect = Bare.after(header.as_bytes()).expect("a header");
            let e = event_of(&*dialect, line);
            assert_eq!((shown(&e.client).as_str(), shown(&e.path).as_str()), (client, "/a"), "{header}");
            assert_eq!((e.duration.map(|d| d / 1_000), e.end), (millis, Some(e.stamp)), "{header}");
            assert!(dialect.after(b"#Fields: date time cs-method sc-status").is_some());
        }
        for foreign in ["date time x-edge-location sc-status cs-method", "date time cs-method cs-uri sc-status s-reason", "a b"] {
            assert!(Bare.after(format!("#Fields: {foreign}").as_bytes()).is_none(), "{foreign}");
        }
        assert_eq!(Bare.line(b"#Software: Microsoft Internet Information Services 10.0"), Parsed::Skip(Skip::Directive));
    }

    #[test]
    fn substatus_and_windows_error_say_what_happened() {
        for (codes, want) in [
            ("200 0 0", Ending::Unsaid),
            ("200 0 64", Ending::ClientLeft),
            ("200 0 995", Ending::ClientLeft),
            ("200 0 1236", Ending::ClientLeft),
            ("200 0 121", Ending::CutShort),
            ("502 3 12029", Ending::UpstreamUnreachable),
            ("502 5 0", Ending::UpstreamUnreachable),
            ("502 0 0", Ending::Unsaid),
            ("503 0 0", Ending::UpstreamUnreachable),
            ("503 2 0", Ending::Shed),
            ("500 13 0", Ending::Shed),
            ("500 19 5", Ending::Unsaid),
            ("403 14 5", Ending::Policy),
            ("403 502 0", Ending::Shed),
            ("404 0 2", Ending::Unsaid),
            ("404 13 0", Ending::Policy),
            ("401 2 5", Ending::Unsaid),
        ] {
            let line = format!("2026-11-20 07:48:12 192.0.2.80 GET /a - 80 - 198.51.100.7 M - {codes} 12");
            assert_eq!(event_of(&Bare, &line).ending, want, "{codes}");
        }
    }

    #[test]
    fn other_lines_are_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            ("2026-11-20 07:48:12 192.0.2.1 2094 192.0.2.80 80 HTTP/1.1 GET /a 503 1 QueueFull P", Reject::UnknownFormat),
            ("2026-11-20 07:48:12 INFO a message with many words in it 200 0 0 12 and more words", Reject::UnknownFormat),
            ("2026-11-20 07:48:12 192.0.2.80 GET /a - 80 - nobody M - 200 0 0 12", Reject::UnknownFormat),
            ("2026-11-20 07:48:12 192.0.2.80 GET /a - 80 - 198.51.100.7 M - 0x0 0 0 12", Reject::UnknownFormat),
            ("2026-11-20", Reject::UnknownFormat),
            ("2026-11-31 07:48:12 192.0.2.80 GET /a - 80 - 198.51.100.7 M - 200 0 0 12", Reject::BadTime),
        ] {
            assert_eq!(Bare.line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

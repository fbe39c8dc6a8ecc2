//! CloudFront real-time logs: values separated by tabs, without a header.
//!
//! The configuration chooses the fields, and the delivery keeps the documented order of 43 (later ones
//! are appended or come after the ones used here). The stamp is an epoch with milliseconds, UTC, and the
//! end of the request.
//!
//! Without a header only the values tell which column is which:
//! - Lines of 33 columns or more whose first ones have the documented shapes (epoch, address, seconds,
//!   status, bytes, method, protocol, host, `/path`, bytes, location, id, host, seconds, `HTTP/2.0`) are
//!   read in the documented order, all columns.
//! - Of lines with fewer columns only what has an unmistakable shape is taken, in the documented order:
//!   `1795160892.123  192.0.2.1  200  900  GET  www.example  /a  FRA56-C2  0.002  HTTP/2.0  Hit`. Status
//!   and bytes are known by each other: the two whole numbers before the method. Where only one is
//!   there, `392` may be either, and the line is refused.
//!
//! Quirks:
//! - `cs-uri-stem` holds the query too: it is split off.
//! - `cs-host` is the name asked for and `x-host-header` the distribution: the reverse of standard logs.
//! - Values are percent-encoded and never quoted; `-` is absent.
//! - `sc-status` 000: the viewer left before anything was sent.

use super::part::clf::read;
use super::part::client::is_address;
use super::part::cloudfront::{DETAILED, RESPONSE, RESULT, asked, cache, conclude, ending, is_location};
use super::part::draft::Draft;
use super::part::field::{Quoting, Raw, is_absent, number, seconds};
use super::part::slot::Slot;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::Reject;
use memchr::memchr;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "cloudfront-realtime",
        about: "Amazon CloudFront real-time logs (tabs, no header)",
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
            "request_id",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Edge,
        blind: "the configuration chooses fields and may sample requests; fields other than the documented ones in their order cannot be told without a header",
        specificity: 9,
        zoneless: false,
        samples: &[
            "1795160892.123\t192.0.2.200\t0.101\t502\t900\tGET\thttps\twww.example\t/favicon.ico?a=b\t675\tSEA19-C1\tabc==\td111.cloudfront.net\t0.102\tHTTP/2.0\tIPv4\tMozilla/5.0%20(X11)\thttps://example.net/\t-\ta=b\tError\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tError\t-\t-\ttext/html\t507\t-\t-\t25260\tOriginDnsError\tUS\tgzip\t*/*\t*\tHost:www.example\tHost\t1\t0.080\t0.081\t64496",
            "1795160893.456\t2001:db8::7\t0.002\t200\t1200\tGET\thttps\twww.example\t/a\t75\tAMS1-P2\tabd==\td111.cloudfront.net\t0.002\tHTTP/3.0\tIPv6\tcurl/8\t-\t-\t-\tHit\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tHit\t-\t-\ttext/html\t1000\t-\t-\t25261\tHit\tNL\t-\t*/*\t*\t-\t-\t0\t-\t-\t64496",
        ],
    },
    || Arc::new(Realtime),
);

/// The documented order as far as it is used: up to `x-edge-detailed-result-type`.
const ORDER: [Slot; 33] = [
    Slot::Time,
    Slot::Client,
    Slot::Ignore, // time to first byte
    Slot::Status,
    Slot::TotalBytes,
    Slot::Method,
    Slot::Ignore, // protocol
    Slot::Host,
    Slot::Target,
    Slot::Ignore, // bytes received
    Slot::Pop,
    Slot::RequestId,
    Slot::OtherHost,
    Slot::Seconds,
    Slot::Protocol,
    Slot::Ignore, // IPv4
    Slot::UserAgent,
    Slot::Referrer,
    Slot::Ignore, // cookie
    Slot::Query,
    RESPONSE,
    Slot::Forwarded,
    Slot::Ignore, // TLS protocol
    Slot::Ignore, // cipher
    RESULT,
    Slot::Ignore, // encrypted fields
    Slot::Ignore, // their status
    Slot::Ignore, // content type
    Slot::Bytes,
    Slot::Ignore, // range start
    Slot::Ignore, // range end
    Slot::Ignore, // port
    DETAILED,
];

/// Fewest columns of a line that is read by shapes: stamp, status, bytes, method, path, location.
const FEWEST: usize = 6;

#[derive(Debug)]
struct Realtime;

impl Dialect for Realtime {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            // `1795160892.123` and a tab.
            let first = memchr(b'\t', line).and_then(|n| line.get(..n)).ok_or(Reject::UnknownFormat)?;
            if !is_epoch(first) {
                return Err(Reject::UnknownFormat);
            }
            let draft = full(line).or_else(|| subset(line)).ok_or(Reject::UnknownFormat)?;
            make(&draft)
        })
    }
}

/// The line in the documented order, where it has all columns and they have the documented shapes.
fn full(line: &[u8]) -> Option<Draft<'_>> {
    let mut draft = Draft::default();
    let mut columns = 0;
    for (place, (slot, bytes)) in ORDER.iter().zip(line.split(|b| *b == b'\t')).enumerate() {
        let fits = is_absent(bytes)
            || match place {
                1 => is_address(bytes),
                2 | 13 => seconds(bytes).is_some(),
                3 => is_status(bytes),
                4 | 9 => number(bytes).is_some(),
                5 => is_method(bytes),
                10 => is_location(bytes),
                14 => bytes.starts_with(b"HTTP/"),
                _ => true,
            };
        if !fits {
            return None;
        }
        draft.put(*slot, value(*slot, bytes));
        columns = place + 1;
    }
    (columns == ORDER.len() && draft.has(Slot::Pop)).then_some(draft)
}

/// What can be told of a line with fewer columns by shapes alone.
fn subset(line: &[u8]) -> Option<Draft<'_>> {
    let mut draft = Draft::default();
    let mut columns = line.split(|b| *b == b'\t').enumerate();
    let mut numbers = [None; 2];
    let mut whole = 0_usize;
    // Up to the method: stamp, address, seconds, status, bytes.
    for (place, bytes) in columns.by_ref() {
        match place {
            0 => draft.put(Slot::Time, Raw::plain(bytes)),
            _ if is_method(bytes) => {
                draft.put(Slot::Method, Raw::plain(bytes));
                break;
            }
            _ if number(bytes).is_some() => {
                *numbers.get_mut(whole)? = Some(bytes);
                whole += 1;
            }
            1 if is_address(bytes) => draft.put(Slot::Client, Raw::plain(bytes)),
            _ if is_absent(bytes) || seconds(bytes).is_some() => {}
            _ => return None,
        }
    }
    let [Some(status), Some(bytes)] = numbers else { return None };
    draft.put(Slot::Status, Raw::plain(status));
    draft.put(Slot::TotalBytes, Raw::plain(bytes));
    let (mut results, mut count) = ([None; 3], 2);
    for (place, bytes) in columns {
        count = place + 1;
        let (has_path, has_pop) = (draft.has(Slot::Target), draft.has(Slot::Pop));
        match bytes.first() {
            Some(b'/') if !has_path && !has_pop => draft.put(Slot::Target, Raw::plain(bytes)),
            Some(b'A'..=b'Z') if !has_pop && is_place(bytes) => draft.put(Slot::Pop, Raw::plain(bytes)),
            Some(b'0'..=b'9') if has_pop && bytes.contains(&b'.') && seconds(bytes).is_some() => {
                draft.put(Slot::Seconds, Raw::plain(bytes));
            }
            Some(b'A'..=b'Z') if has_pop && is_result(bytes) => {
                if let Some(free) = results.iter_mut().find(|r| r.is_none()) {
                    *free = Some(bytes);
                }
            }
            Some(b'a'..=b'z' | b'0'..=b'9') if !has_path && bytes.contains(&b'.') && !is_absent(bytes) => {
                draft.put(Slot::Host, Raw::plain(bytes));
            }
            _ => {}
        }
    }
    match results {
        [Some(response), Some(result), Some(detailed)] => {
            draft.put(RESPONSE, Raw::plain(response));
            draft.put(RESULT, Raw::plain(result));
            draft.put(DETAILED, Raw::plain(detailed));
        }
        // Which of the three it is cannot be told, but hit or miss it is in each.
        [Some(some), other, _] => {
            draft.put(RESULT, Raw::plain(some));
            draft.put(DETAILED, Raw::plain(other.unwrap_or(some)));
        }
        _ => {}
    }
    (count >= FEWEST && draft.has(Slot::Target) && draft.has(Slot::Pop)).then_some(draft)
}

fn make<'a>(draft: &Draft<'a>) -> Result<Parsed<'a>, Reject> {
    if !draft.bytes(Slot::Status).is_none_or(is_status) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    event.host = asked(draft.text(Slot::Host), draft.text(Slot::OtherHost));
    conclude(draft, &mut event);
    Ok(Parsed::Event(event))
}

fn value(slot: Slot, bytes: &[u8]) -> Raw<'_> {
    let quoting = match slot {
        Slot::UserAgent => Quoting::PercentTwice,
        Slot::Referrer => Quoting::Percent,
        _ => Quoting::None,
    };
    Raw { bytes, quoting }
}

/// Ten digits, a point and up to six more.
fn is_epoch(text: &[u8]) -> bool {
    let (whole, fraction) = (text.get(..10).unwrap_or_default(), text.get(11..).unwrap_or_default());
    whole.len() == 10
        && whole.iter().chain(fraction).all(u8::is_ascii_digit)
        && (text.len() == 10 || (text.get(10) == Some(&b'.') && (1..=6).contains(&fraction.len())))
}

fn is_status(text: &[u8]) -> bool {
    text.len() == 3 && text.iter().all(u8::is_ascii_digit) && matches!(text.first(), Some(b'0'..=b'5'))
}

fn is_method(text: &[u8]) -> bool {
    (3..=16).contains(&text.len()) && text.iter().all(u8::is_ascii_uppercase)
}

/// `FRA56-C2`: three letters of an airport and a number.
fn is_place(text: &[u8]) -> bool {
    is_location(text) && text.get(3).is_some_and(u8::is_ascii_digit) && text.len() <= 12
}

/// A word of one of the three result columns.
fn is_result(text: &[u8]) -> bool {
    cache(text).is_some()
        || matches!(text, b"Error" | b"LimitExceeded" | b"CapacityExceeded")
        || ending(b"", b"", text, true) != crate::event::Ending::Unsaid
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Cache, Ending, Event};
    use crate::format::part::clf::shown;

    fn event(line: &str) -> Event<'_> {
        match Realtime.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_documented_order_is_read_with_any_columns_behind_it() {
        let full = FORMAT.facts.samples[0];
        let (columns, longer): (Vec<&str>, String) = (full.split('\t').collect(), format!("{full}\t-\t-\t-"));
        for line in [full.to_owned(), columns[..40].join("\t"), columns[..33].join("\t"), longer] {
            let e = event(&line);
            assert_eq!(e.end.map(|t| t.to_string()).as_deref(), Some("2026-11-20T07:48:12.123Z"));
            assert_eq!(
                (e.status, e.bytes, e.duration, e.ending),
                (Some(502), Some(507), Some(102_000), Ending::UpstreamUnreachable)
            );
            assert_eq!(
                [shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.pop), shown(&e.user_agent), shown(&e.request_id)],
                ["www.example", "/favicon.ico", "a=b", "SEA", "Mozilla/5.0 (X11)", "abc=="]
            );
        }
    }

    #[test]
    fn of_fewer_columns_only_what_is_certain_is_taken() {
        let e = event("1795160892.123\t192.0.2.1\t200\t900\tGET\twww.example\t/a?b=c\tFRA56-C2\t0.002\tHTTP/2.0\tHit");
        assert_eq!((e.status, e.bytes, e.duration, e.cache), (Some(200), Some(900), Some(2_000), Some(Cache::Hit)));
        assert_eq!(
            [shown(&e.client), shown(&e.method), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.pop)],
            ["192.0.2.1", "GET", "www.example", "/a", "b=c", "FRA"]
        );
        let e = event("1795160892.123\t0.100\t000\t0\tPOST\thttps\t/a\t75\tFRA56-C2\tError\tError\tClientCommError");
        assert_eq!((e.status, e.ending, e.client, e.duration), (None, Ending::ClientLeft, None, None));
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        for line in [
            "1795160892.123\t192.0.2.1\t200\tGET\t/a\tFRA56-C2",
            "1795160892.123\t192.0.2.1\t200\t900\tGET\t/a",
            "1795160892.123\t192.0.2.1\t900\t200\tGET\t/a\tFRA56-C2",
            "1795160892.123\t192.0.2.1\tTCP_MISS/200\t900\tGET\t/a\tFRA56-C2",
            "1795160892.123 192.0.2.1 200 900 GET /a FRA56-C2",
            "2026-11-20\t07:48:12\tSEA19-C1\t900\t192.0.2.200\tGET\td111.cloudfront.net\t/a\t200",
            "1795160892.123\t",
        ] {
            assert_eq!(Realtime.line(line.as_bytes()), Parsed::Reject(Reject::UnknownFormat), "{line}");
        }
    }
}

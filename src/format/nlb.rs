//! AWS Network Load Balancer, TLS listeners: one line for each connection, fields separated by spaces.
//!
//! `tls version time elb listener client:port destination:port connection_time handshake_time received
//! sent alert certificate serial cipher protocol group domain alpn...`, in newer lines with the time at
//! which the connection was made at the end. `time` is UTC without a zone and the end of the connection;
//! the connection time is in milliseconds.
//!
//! Quirks:
//! - There is no request and no status: each line is a connection that may have carried any number of
//!   requests. All are set aside; they show when traffic flowed and to which targets.
//! - `domain` is the name in the handshake (SNI), `-` where the client named none.
//! - Times of `-`: the handshake failed.

use super::part::clf::read;
use super::part::client::{is_address, strip_port};
use super::part::field::{fine_millis, is_absent, number, present, word};
use super::part::stamp;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Event, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use nom::Parser;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "nlb",
        about: "AWS Network Load Balancer (TLS listeners)",
        fields: &["client", "host", "bytes", "duration", "backend"],
        stamp: Stamp::End,
        tier: Tier::Balancer,
        blind: "connections, not requests: no status, no path; whole seconds; only TLS listeners are logged",
        specificity: 9,
        zoneless: false,
        samples: &[
            "tls 2.0 2026-11-20T07:48:12 net/front/c6e77e28c25b2234 g3d4b5e8bb8464cd 192.0.2.154:51341 10.0.0.185:443 5 2 98 246 - arn:aws:acm:us-east-2:123456789012:certificate/2a10 - ECDHE-RSA-AES128-SHA tlsv12 - www.example h2 h2 \"h2\",\"http/1.1\" 2026-11-20T07:47:12",
            "tls 2.0 2026-11-20T07:48:13 net/front/c6e77e28c25b2234 g3d4b5e8bb8464cd [2001:db8::7]:51341 10.0.0.185:443 5 2 98 246 - arn:aws:acm:us-east-2:123456789012:certificate/2a10 - ECDHE-RSA-AES128-SHA tlsv12 - www.example - - -",
        ],
    },
    || Arc::new(Nlb),
);

#[derive(Debug)]
struct Nlb;

impl Dialect for Nlb {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| event(line).map(|event| Parsed::Aside(event, Skip::Connection)))
    }
}

/// Words between the bytes sent and the domain: alert, certificate, serial, cipher, protocol, group.
const BEFORE_DOMAIN: usize = 6;
/// Words between the domain and the time at which the connection was made: three about ALPN.
const BEFORE_CREATED: usize = 3;

fn event(line: &[u8]) -> Result<Event<'_>, Reject> {
    let unknown = |_| Reject::UnknownFormat;
    let rest = line.strip_prefix(b"tls ").ok_or(Reject::UnknownFormat)?;
    let (rest, (version, time, elb, _listener)) = (word, word, word, word).parse(rest).map_err(unknown)?;
    let (rest, (peer, target, taken, _handshake)) = (word, word, word, word).parse(rest).map_err(unknown)?;
    let (rest, (_received, sent)) = (word, word).parse(rest).map_err(unknown)?;
    let numbers = (is_absent(taken) || number(taken).is_some()) && (is_absent(sent) || number(sent).is_some());
    if !(matches!(version, b"1.0" | b"2.0") && elb.starts_with(b"net/") && is_address(peer) && numbers) {
        return Err(Reject::UnknownFormat);
    }
    let mut words = rest.split(|b| *b == b' ').filter(|w| !w.is_empty());
    let mut event = Event::at(stamp::iso8601(time).ok_or(Reject::BadTime)?);
    event.client = Some(Cow::Borrowed(strip_port(peer)));
    event.backend = present(target);
    event.bytes = number(sent);
    event.duration = fine_millis(taken);
    event.host = words.nth(BEFORE_DOMAIN).and_then(present);
    event.place(Stamp::End);
    event.start = event.start.or_else(|| words.nth(BEFORE_CREATED).and_then(stamp::iso8601));
    Ok(event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    #[test]
    fn a_connection_is_set_aside_with_what_it_tells() {
        for (line, client) in FORMAT.facts.samples.iter().zip(["192.0.2.154", "2001:db8::7"]) {
            let Parsed::Aside(e, Skip::Connection) = Nlb.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!([shown(&e.client), shown(&e.host), shown(&e.backend)], [client, "www.example", "10.0.0.185:443"]);
            assert_eq!((e.duration, e.bytes, e.status), (Some(5_000), Some(246), None));
            assert_eq!((e.end, e.start), (Some(e.stamp), Some(e.stamp.plus(-5_000))));
        }
    }

    #[test]
    fn a_failed_handshake_has_no_times() {
        let line = FORMAT.facts.samples[0].replace(" 5 2 98 246 ", " - - 98 0 ").replace(" www.example ", " - ");
        let Parsed::Aside(e, _) = Nlb.line(line.as_bytes()) else { panic!("{line}") };
        assert_eq!((e.duration, e.host, e.bytes), (None, None, Some(0)));
        assert_eq!(e.start.map(|t| t.to_string()).as_deref(), Some("2026-11-20T07:47:12Z"));
    }

    #[test]
    fn foreign_lines_are_refused_and_a_wrong_date_is_named() {
        let good = FORMAT.facts.samples[0];
        for (line, want) in [
            (good.replace("2026-11-20T07:48:12 ", "2026-11-99T07:48:12 "), Reject::BadTime),
            (good.replace("net/front", "app/front"), Reject::UnknownFormat),
            (good.replace("192.0.2.154:51341", "somebody"), Reject::UnknownFormat),
            ("tls 2.0".to_owned(), Reject::UnknownFormat),
            ("tls handshake failed for 192.0.2.1 with a b c d e f g h i".to_owned(), Reject::UnknownFormat),
        ] {
            assert_eq!(Nlb.line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

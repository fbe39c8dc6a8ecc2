//! CloudFront standard logs: W3C, one line of values under a `#Fields:` header.
//!
//! The header decides which column is what and may change inside a file (files are often
//! concatenated). Where a file has lost its header, the documented order of 33 columns is used.
//! The stamp is UTC, whole seconds, and the end of the request.
//!
//! Quirks:
//! - Values are percent-encoded, never quoted. User agent and referrer are decoded; old logs encoded
//!   the user agent twice (`Mozilla/5.0%2520(X11)`), which is undone. The path stays as logged.
//! - Spaces instead of tabs, a trailing empty column, appended unknown columns: accepted.
//! - `sc-status` 000: the viewer left before anything was sent.
//! - `sc-bytes` counts the headers too; `sc-content-len` is the body and is preferred.
//! - `x-edge-location` is `SEA19-C1`: three letters of the airport, a number, and sometimes a cluster.
//!   The POP is the airport, `SEA`: clusters of one place share its fate, and other formats name the
//!   place alone.
//! - `cs(Host)` is the distribution (`d111.cloudfront.net`); the host asked for is `x-host-header`.

use super::clf::read;
use super::field::{is_absent, number, present, seconds, status_field, unmark};
use super::{Dialect, Facts, Format, Parsed, client, stamp};
use crate::event::{Cache, Ending, Event, Stamp, Text, Tier};
use crate::ledger::{Reject, Skip};
use memchr::{memchr, memmem};
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
#[derive(Debug)]
pub struct Cloudfront;

static FACTS: Facts = Facts {
    name: "cloudfront",
    about: "Amazon CloudFront standard logs (W3C with #Fields)",
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
    blind: "delivery is best effort and may be up to 24 hours late; stamps have whole seconds; the origin's status is not logged",
    specificity: 9,
    zoneless: false,
};

impl Format for Cloudfront {
    fn facts(&self) -> &'static Facts {
        &FACTS
    }

    fn dialect(&self) -> Arc<dyn Dialect> {
        Arc::new(Columns { columns: Columns::of(DEFAULT) })
    }
}

/// The documented order of columns (33), which files without a header follow.
const DEFAULT: &[u8] = b"date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) \
cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken \
x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port \
time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Date,
    Time,
    Location,
    Bytes,
    Client,
    Method,
    DistributionHost,
    Path,
    Status,
    Referrer,
    UserAgent,
    Query,
    Result,
    RequestId,
    Host,
    Taken,
    Forwarded,
    ResponseResult,
    DetailedResult,
    ContentLength,
    Other,
}

const COLUMNS: usize = Column::Other as usize + 1;

fn column(name: &[u8]) -> Column {
    match name {
        b"date" => Column::Date,
        b"time" => Column::Time,
        b"x-edge-location" => Column::Location,
        b"sc-bytes" => Column::Bytes,
        b"c-ip" => Column::Client,
        b"cs-method" => Column::Method,
        b"cs(Host)" => Column::DistributionHost,
        b"cs-uri-stem" => Column::Path,
        b"sc-status" => Column::Status,
        b"cs(Referer)" => Column::Referrer,
        b"cs(User-Agent)" => Column::UserAgent,
        b"cs-uri-query" => Column::Query,
        b"x-edge-result-type" => Column::Result,
        b"x-edge-request-id" => Column::RequestId,
        b"x-host-header" => Column::Host,
        b"time-taken" => Column::Taken,
        b"x-forwarded-for" => Column::Forwarded,
        b"x-edge-response-result-type" => Column::ResponseResult,
        b"x-edge-detailed-result-type" => Column::DetailedResult,
        b"sc-content-len" => Column::ContentLength,
        _ => Column::Other,
    }
}

/// The order of columns in force.
#[derive(Debug)]
struct Columns {
    columns: Vec<Column>,
}

/// More columns than any version of the format has: a bound on hostile headers.
const COLUMNS_MAX: usize = 128;

impl Columns {
    fn of(names: &[u8]) -> Vec<Column> {
        names.split(|b| matches!(b, b' ' | b'\t' | b'\r')).filter(|n| !n.is_empty()).take(COLUMNS_MAX).map(column).collect()
    }
}

impl Dialect for Columns {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            if line.first() == Some(&b'#') {
                let known = [&b"#Fields:"[..], b"#Version:", b"#Date:", b"#Software:", b"#Start-Date:", b"#Remark:"];
                let directive = known.iter().any(|d| line.starts_with(d));
                return if directive { Ok(Parsed::Skip(Skip::Directive)) } else { Err(Reject::UnknownFormat) };
            }
            // Every value column but the first begins after a separator: a cheap look before splitting.
            if !line.first().is_some_and(|b| b.is_ascii_digit() || *b == b'-') && self.columns.first() == Some(&Column::Date) {
                return Err(Reject::UnknownFormat);
            }
            self.event(line).map(Parsed::Event)
        })
    }

    fn has_directives(&self) -> bool {
        true
    }

    fn after(&self, line: &[u8]) -> Option<Arc<dyn Dialect>> {
        let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        let names = line.strip_prefix(b"#Fields:")?;
        // Other products write `#Fields:` too (IIS); only this one names an edge.
        memmem::find(names, b"x-edge-")?;
        Some(Arc::new(Columns { columns: Columns::of(names) }))
    }
}

impl Columns {
    fn event<'a>(&self, line: &'a [u8]) -> Result<Event<'a>, Reject> {
        let separator = if memchr(b'\t', line).is_some() { b'\t' } else { b' ' };
        let mut values: [&'a [u8]; COLUMNS] = [b""; COLUMNS];
        let mut count = 0;
        for (column, value) in self.columns.iter().zip(line.split(|b| *b == separator)) {
            if let Some(place) = values.get_mut(*column as usize) {
                *place = value;
            }
            count += 1;
        }
        let get = |column: Column| values.get(column as usize).copied().unwrap_or_default();
        // A line cut inside would give a wrong column: everything the event rests on must be there.
        let (date, time) = (get(Column::Date), get(Column::Time));
        let whole = count >= self.columns.len().min(12);
        if !(whole && is_date(date) && is_location(get(Column::Location)) && is_status(get(Column::Status))) {
            return Err(Reject::UnknownFormat);
        }
        let stamp = day_and_clock(date, time).ok_or(Reject::BadTime)?;

        let mut event = Event::at(stamp);
        event.client = client::choose(peer(get(Column::Client)), peer(get(Column::Forwarded))).map(Cow::Borrowed);
        event.method = present(get(Column::Method));
        event.host = present(get(Column::Host)).or_else(|| present(get(Column::DistributionHost)));
        event.path = present(get(Column::Path));
        event.query = present(get(Column::Query));
        event.status = status_field(get(Column::Status));
        event.bytes = number(get(Column::ContentLength)).or_else(|| number(get(Column::Bytes)));
        event.duration = seconds(get(Column::Taken));
        event.pop = present(get(Column::Location)).map(|_| Cow::Borrowed(airport(get(Column::Location))));
        event.user_agent = present(get(Column::UserAgent)).map(|_| decoded_agent(get(Column::UserAgent)));
        event.referrer = present(get(Column::Referrer)).map(|_| unmark(get(Column::Referrer), b'%'));
        event.request_id = present(get(Column::RequestId));
        event.cache = cache(get(Column::Result));
        let answered = event.status.is_some();
        event.ending = ending(get(Column::Result), get(Column::ResponseResult), get(Column::DetailedResult), answered);
        event.place(FACTS.stamp);
        Ok(event)
    }
}

fn day_and_clock(date: &[u8], time: &[u8]) -> Option<crate::time::Micros> {
    let mut text = [b' '; 19];
    text.get_mut(..10).filter(|_| date.len() == 10)?.copy_from_slice(date);
    text.get_mut(11..).filter(|_| time.len() == 8)?.copy_from_slice(time);
    stamp::iso8601(&text)
}

/// Whether the value has the shape of a date, be it a date or not: `2026-13-13` is a wrong date, but
/// an address is another format.
fn is_date(text: &[u8]) -> bool {
    text.len() == 10 && text.get(4) == Some(&b'-') && text.get(7) == Some(&b'-')
}

fn peer(address: &[u8]) -> Option<&[u8]> {
    (!is_absent(address)).then_some(address)
}

fn is_location(text: &[u8]) -> bool {
    is_absent(text) || (text.len() >= 3 && text.iter().take(3).all(u8::is_ascii_uppercase))
}

fn is_status(text: &[u8]) -> bool {
    text == b"-" || (text.len() == 3 && number(text).is_some())
}

/// `SEA` of `SEA19-C1`.
fn airport(location: &[u8]) -> &[u8] {
    location.get(..3).unwrap_or(location)
}

fn decoded_agent(text: &[u8]) -> Text<'_> {
    let once = unmark(text, b'%');
    if memmem::find(&once, b"%20").is_none() {
        return once;
    }
    Cow::Owned(unmark(&once, b'%').into_owned())
}

fn cache(result: &[u8]) -> Option<Cache> {
    Some(match result {
        b"Hit" | b"OriginShieldHit" => Cache::Hit,
        b"RefreshHit" => Cache::Revalidated,
        b"Miss" => Cache::Miss,
        b"Redirect" | b"FunctionGeneratedResponse" => Cache::Synth,
        _ => return None,
    })
}

/// What the three result columns say. An `Error` alone does not tell whose: an origin's 5xx that was
/// passed on has it too.
fn ending(result: &[u8], response: &[u8], detailed: &[u8], answered: bool) -> Ending {
    match detailed {
        b"LimitExceeded" | b"CapacityExceeded" => return Ending::Shed,
        b"ClientCommError" | b"ClientHungUpRequest" => return Ending::ClientLeft,
        b"ClientGeoBlocked" => return Ending::Policy,
        b"OriginError"
        | b"OriginInvalidResponseError"
        | b"OriginHeaderTooBigError"
        | b"OriginContentRangeLengthError"
        | b"OriginZeroSizeObjectError" => return Ending::UpstreamError,
        b"AbortedOrigin"
        | b"OriginCommError"
        | b"OriginConnectError"
        | b"OriginDnsError"
        | b"OriginReadError"
        | b"OriginWriteError"
        | b"SlowReaderOriginError" => return Ending::UpstreamUnreachable,
        _ if detailed.starts_with(b"InvalidRequest") => return Ending::Policy,
        _ => {}
    }
    match (result, response) {
        (b"LimitExceeded" | b"CapacityExceeded", _) => Ending::Shed,
        _ if !answered => Ending::ClientLeft,
        (b"Error", response) if !is_absent(response) && response != b"Error" => Ending::ClientLeft,
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::clf::shown;

    const LINE: &str = "2026-12-13\t22:36:27\tSEA19-C1\t900\t192.0.2.200\tGET\td111.cloudfront.net\t/favicon.ico\t502\t\
        http://www.example/%20\tMozilla/5.0%20(X11)\ta=b\t-\tError\tabc==\twww.example\thttp\t675\t0.102\t-\t-\t-\tError\t\
        HTTP/1.1\t-\t-\t25260\t0.102\tOriginDnsError\ttext/html\t507\t-\t-";

    fn event<'a>(dialect: &Arc<dyn Dialect>, line: &'a str) -> Event<'a> {
        match dialect.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_line_without_a_header_is_read_in_the_documented_order() {
        let spaced = LINE.replace('\t', " ");
        let longer = format!("{LINE}\t-\t-\tUS");
        for line in [LINE, &spaced, &longer] {
            let e = event(&Cloudfront.dialect(), line);
            assert_eq!(e.end.map(|t| t.to_string()).as_deref(), Some("2026-12-13T22:36:27Z"));
            assert_eq!(
                (e.status, e.bytes, e.duration, e.ending),
                (Some(502), Some(507), Some(102_000), Ending::UpstreamUnreachable)
            );
            assert_eq!(
                [shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.pop)],
                ["www.example", "/favicon.ico", "a=b", "SEA"]
            );
            assert_eq!([shown(&e.user_agent), shown(&e.referrer)], ["Mozilla/5.0 (X11)", "http://www.example/ "]);
        }
    }

    #[test]
    fn the_header_decides_the_order_and_may_change_it() {
        let header = b"#Fields: time date sc-status c-ip x-edge-location cs-uri-stem";
        let dialect = Cloudfront.dialect();
        assert_eq!(dialect.line(header), Parsed::Skip(Skip::Directive));
        let dialect = dialect.after(header).expect("another dialect");
        let e = event(&dialect, "22:36:27\t2026-12-13\t000\t192.0.2.1\tFRA2\t/x");
        assert_eq!(
            (e.status, e.ending, shown(&e.pop).as_str(), shown(&e.client).as_str()),
            (None, Ending::ClientLeft, "FRA", "192.0.2.1")
        );
        assert!(dialect.after(b"#Fields: date time s-ip cs-method sc-status").is_none(), "that is IIS");
        assert!(dialect.after(b"#Version: 1.0").is_none());
    }

    #[test]
    fn results_tell_who_ended_it() {
        for (result, response, detailed, want) in [
            ("Hit", "Hit", "Hit", Ending::Unsaid),
            ("Error", "Error", "Error", Ending::Unsaid),
            ("Error", "Hit", "Error", Ending::ClientLeft),
            ("Error", "Error", "OriginError", Ending::UpstreamError),
            ("Error", "Error", "ClientGeoBlocked", Ending::Policy),
            ("Error", "Error", "InvalidRequestBlocked", Ending::Policy),
            ("CapacityExceeded", "Error", "-", Ending::Shed),
        ] {
            assert_eq!(
                ending(result.as_bytes(), response.as_bytes(), detailed.as_bytes(), true),
                want,
                "{result} {response} {detailed}"
            );
        }
    }

    #[test]
    fn twice_encoded_agents_are_decoded_twice() {
        assert_eq!(decoded_agent(b"Mozilla/5.0%2520(X11)").as_ref(), b"Mozilla/5.0 (X11)");
        assert_eq!(decoded_agent(b"a%2Fb").as_ref(), b"a/b");
    }

    #[test]
    fn foreign_and_damaged_lines_are_refused() {
        let dialect = Cloudfront.dialect();
        for (line, want) in [
            ("2026-11-07 14:29:06 127.0.0.1 GET /us - 80 - 127.0.0.1 Go-http-client/1.1 - 404 0 2 130", Reject::UnknownFormat),
            (&LINE[..60], Reject::UnknownFormat),
            (&LINE.replace("2026-12-13", "2026-13-13"), Reject::BadTime),
            ("# a remark", Reject::UnknownFormat),
        ] {
            assert_eq!(dialect.line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

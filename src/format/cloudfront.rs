//! CloudFront standard logs: W3C, one line of values under a `#Fields:` header.
//!
//! The header decides which column is what and may change inside a file (files are often
//! concatenated). Where a file has lost its header, the documented order of 33 columns is used.
//! The stamp is UTC, whole seconds, and the end of the request. Standard logging v2 has `timestamp` and
//! `timestamp(ms)` as well, which may stand instead of `date` and `time`; the finest is taken.
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

use super::part::cloudfront::{DETAILED, RESPONSE, RESULT, conclude, is_location};
use super::part::columns::{Columns, Product};
use super::part::draft::Draft;
use super::part::field::{Quoting, is_date, is_status};
use super::part::slot::Slot;
use super::{Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::Reject;
use memchr::memmem;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
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
        samples: &[
            "2026-11-20\t07:48:12\tSEA19-C1\t900\t192.0.2.200\tGET\td111.cloudfront.net\t/favicon.ico\t502\thttps://example.net/\tMozilla/5.0%20(X11)\ta=b\t-\tError\tabc==\twww.example\thttps\t675\t0.102\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tError\tHTTP/2.0\t-\t-\t25260\t0.102\tOriginDnsError\ttext/html\t507\t-\t-",
            "2026-11-20\t07:48:13\tAMS1-P2\t1200\t2001:db8::7\tGET\td111.cloudfront.net\t/a\t200\t-\tcurl/8\t-\t-\tHit\tabd==\twww.example\thttps\t75\t0.002\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tHit\tHTTP/2.0\t-\t-\t25261\t0.002\tHit\ttext/html\t1000\t-\t-",
        ],
    },
    || Arc::new(Columns::new(&PRODUCT)),
);

/// The documented order of columns (33), which files without a header follow.
const DEFAULT: &str = "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) \
cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken \
x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port \
time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end";

/// Columns and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("date", Slot::Date),
    ("time", Slot::Clock),
    ("timestamp", Slot::Time),
    ("timestamp(ms)", Slot::FineTime),
    ("x-edge-location", Slot::Pop),
    ("sc-bytes", Slot::TotalBytes),
    ("c-ip", Slot::Client),
    ("cs-method", Slot::Method),
    ("cs-protocol-version", Slot::Protocol),
    ("cs(Host)", Slot::OtherHost),
    ("cs-uri-stem", Slot::Path),
    ("sc-status", Slot::Status),
    ("cs(Referer)", Slot::Referrer),
    ("cs(User-Agent)", Slot::UserAgent),
    ("cs-uri-query", Slot::Query),
    ("x-edge-result-type", RESULT),
    ("x-edge-request-id", Slot::RequestId),
    ("x-host-header", Slot::Host),
    ("time-taken", Slot::Seconds),
    ("x-forwarded-for", Slot::Forwarded),
    ("x-edge-response-result-type", RESPONSE),
    ("x-edge-detailed-result-type", DETAILED),
    ("sc-content-len", Slot::Bytes),
];

static PRODUCT: Product = Product {
    // Other products write `#Fields:` too (IIS); only this one names an edge.
    owns: |names| memmem::find(names, b"x-edge-").is_some(),
    keys: KEYS,
    quoting: |slot| match slot {
        Slot::UserAgent => Quoting::PercentTwice,
        Slot::Referrer | Slot::Forwarded => Quoting::Percent,
        _ => Quoting::None,
    },
    default: DEFAULT,
    fewest: 12,
    make,
};

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let stamped = draft.has(Slot::Time) || draft.has(Slot::FineTime);
    let dated = draft.bytes(Slot::Date).map_or(stamped, is_date);
    let location = draft.bytes(Slot::Pop).unwrap_or_default();
    let status = draft.bytes(Slot::Status).unwrap_or(b"-");
    if !(dated && is_location(location) && is_status(status)) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    conclude(draft, &mut event);
    Ok(Parsed::Event(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Ending, Event};
    use crate::format::Dialect;
    use crate::format::part::clf::shown;
    use crate::ledger::Skip;

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
            let e = event(&(FORMAT.dialect)(), line);
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
        let dialect = (FORMAT.dialect)();
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
    fn the_finest_stamp_is_taken_and_may_stand_alone() {
        for (names, line, want) in [
            ("timestamp(ms) sc-status x-edge-location", "1797201387123\t200\tFRA2", "2026-12-13T22:36:27.123Z"),
            ("timestamp sc-status x-edge-location", "1797201387\t200\tFRA2", "2026-12-13T22:36:27Z"),
            (
                "date time timestamp(ms) sc-status x-edge-location",
                "2026-12-13\t22:36:27\t1797201387123\t200\tFRA2",
                "2026-12-13T22:36:27.123Z",
            ),
        ] {
            let dialect = (FORMAT.dialect)().after(format!("#Fields: {names}").as_bytes()).expect("another dialect");
            assert_eq!(event(&dialect, line).stamp.to_string(), want, "{names}");
        }
    }

    #[test]
    fn foreign_and_damaged_lines_are_refused() {
        let dialect = (FORMAT.dialect)();
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

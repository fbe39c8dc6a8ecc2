//! HTTPERR, the log of Windows' HTTP.sys: requests that it answered or dropped itself, and that are in
//! no site's log.
//!
//! `date time c-ip c-port s-ip s-port cs-version cs-method cs-uri [streamid] sc-status s-siteid s-reason
//! s-queuename [transport]`, under a `#Fields:` line or without one. Stamps are UTC, in whole seconds, when
//! the line was written.
//!
//! `s-reason` says what happened, see `ending`; the queue is the application pool and is given as backend.
//!
//! Quirks:
//! - Without `#Fields:` the number of columns tells which they are: 13, or 14 and more since Windows
//!   Server 2016, which has `streamid` before the status.
//! - `- - - - - Timer_ConnectionIdle -`: an idle connection was closed, and nothing was asked: set aside.
//!   The same reasons with a method are about a request.
//! - The status is `-` where the connection was cut without an answer (`Client_Reset`, `Timer_*`).
//! - `HTTP/0.9 t3 12.2.1 400 - URL -`: what was asked is no URL; it stands as the path.

use super::part::client::is_linked;
use super::part::columns::{Columns, Product};
use super::part::draft::Draft;
use super::part::field::{Quoting, is_absent, is_date, number};
use super::part::slot::Slot;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Ending, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use memchr::{memchr_iter, memmem};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "iis-httperr",
        about: "Windows HTTP.sys error log (HTTPERR)",
        fields: &["client", "method", "path", "query", "status", "backend", "ending"],
        stamp: Stamp::End,
        tier: Tier::Origin,
        blind: "it holds only the requests that never reached a site's log: judge it together with that; durations are not logged, stamps have whole seconds",
        specificity: 9,
        zoneless: false,
        samples: &[
            "2026-11-20 07:48:12 192.0.2.1 2094 192.0.2.80 80 HTTP/1.1 GET /a?b=c 503 1 QueueFull DefaultAppPool",
            "2026-11-20 07:48:13 2001:db8::7 2780 2001:db8::80 80 HTTP/1.1 GET /b 400 - Hostname -",
        ],
    },
    || Arc::new(Bare { older: Columns::new(&PRODUCT), newer: Columns::documented(&PRODUCT, NEWER) }),
);

/// Columns of a file without a header.
const OLDER: &str = "date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-siteid s-reason s-queuename";

/// Likewise, since Windows Server 2016.
const NEWER: &str =
    "date time c-ip c-port s-ip s-port cs-version cs-method cs-uri streamid sc-status s-siteid s-reason s-queuename transport";

/// Number of the older columns.
const OLDER_COLUMNS: usize = 13;

const REASON: Slot = Slot::Note0;
const VERSION: Slot = Slot::Note1;
const PORT: Slot = Slot::Note2;

static PRODUCT: Product = Product {
    owns: |names| memmem::find(&names.to_ascii_lowercase(), b"s-reason").is_some(),
    keys: &[
        ("date", Slot::Date),
        ("time", Slot::Clock),
        ("c-ip", Slot::Client),
        ("c-port", PORT),
        ("cs-version", VERSION),
        ("cs-method", Slot::Method),
        ("cs-uri", Slot::Target),
        ("sc-status", Slot::Status),
        ("s-reason", REASON),
        ("s-queuename", Slot::Backend),
    ],
    quoting: |slot| if matches!(slot, Slot::Target | Slot::Backend) { Quoting::Plus } else { Quoting::None },
    default: OLDER,
    fewest: 12,
    make,
};

/// Before any header.
#[derive(Debug)]
struct Bare {
    older: Columns,
    newer: Columns,
}

impl Dialect for Bare {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        let columns = memchr_iter(b' ', line.trim_ascii_end()).count() + 1;
        if columns > OLDER_COLUMNS { self.newer.line(line) } else { self.older.line(line) }
    }

    fn has_directives(&self) -> bool {
        true
    }

    fn after(&self, line: &[u8]) -> Option<Arc<dyn Dialect>> {
        self.older.after(line)
    }
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let value = |slot| draft.bytes(slot).unwrap_or(b"-");
    let (reason, version, peer) = (value(REASON), value(VERSION), value(Slot::Client));
    let fits = is_date(value(Slot::Date))
        && (is_absent(peer) || is_linked(peer))
        && (is_absent(value(PORT)) || number(value(PORT)).is_some())
        && (is_absent(version) || version.starts_with(b"HTTP/"))
        && reason.first().is_some_and(u8::is_ascii_alphabetic);
    if !fits {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    // A pool's name may have blanks.
    event.backend = draft.text(Slot::Backend);
    event.ending = ending(reason, event.status);
    let asked = event.method.is_some() || event.path.is_some() || event.status.is_some();
    Ok(if asked { Parsed::Event(event) } else { Parsed::Aside(event, Skip::Connection) })
}

/// What the reason means; the words are those of the HTTP Server API's documentation.
///
/// Timers: the client was too slow in sending its request (`Timer_EntityBody`, `Timer_HeaderWait`) or in
/// taking the answer (`Timer_MinBytesPerSecond`); the pool was too slow in taking it from the queue
/// (`Timer_AppPool`).
fn ending(reason: &[u8], status: Option<u16>) -> Ending {
    match reason {
        b"QueueFull" | b"ConnLimit" | b"Connections_Refused" | b"Timer_AppPool" => Ending::Shed,
        // The application was taken offline or down, is busy, or its process died with requests in its hands.
        b"AppOffline"
        | b"AppPoolTimer"
        | b"AppShutdown"
        | b"Disabled"
        | b"N/A"
        | b"Connection_Abandoned_By_AppPool"
        | b"Connection_Abandoned_By_ReqQueue" => Ending::UpstreamUnreachable,
        b"Timer_Response" => Ending::CutShort,
        b"Client_Reset"
        | b"Connection_Dropped"
        | b"Connection_Dropped_List_Full"
        | b"Request_Cancelled"
        | b"Timer_EntityBody"
        | b"Timer_HeaderWait"
        | b"Timer_MinBytesPerSecond"
        | b"Timer_ConnectionIdle" => Ending::ClientLeft,
        // Everything else that it refuses, it refuses for what was asked: `URL`, `Verb`, `Hostname`, ..
        _ if status.is_some_and(|s| (400..500).contains(&s)) => Ending::Policy,
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::format::part::clf::shown;

    fn read(line: &str) -> Parsed<'_> {
        (FORMAT.dialect)().line(line.as_bytes())
    }

    fn event(line: &str) -> Event<'_> {
        match read(line) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn columns_are_known_without_a_header() {
        for (line, path, status, backend) in [
            (
                "2026-11-20 07:48:12 192.0.2.1 2094 192.0.2.80 80 HTTP/1.1 GET /a?b 503 1 AppOffline My+Pool",
                "/a",
                Some(503),
                "My Pool",
            ),
            (
                "2026-11-20 07:48:12 192.0.2.1 2094 192.0.2.80 80 HTTP/2.0 GET /a?b 5 503 1 AppOffline Pool",
                "/a",
                Some(503),
                "Pool",
            ),
            (
                "2026-11-20 07:48:12 192.0.2.1 2094 192.0.2.80 80 HTTP/2.0 GET /a?b - 503 1 AppOffline Pool TCP",
                "/a",
                Some(503),
                "Pool",
            ),
            ("2026-11-20 07:48:12 192.0.2.1 2094 192.0.2.80 80 HTTP/0.9 t3 12.2.1 400 - URL -", "12.2.1", Some(400), "-"),
            ("2026-11-20 07:48:12 fe80::1%4 2094 192.0.2.80 80 HTTP/1.1 POST /a - 1 Timer_EntityBody Pool", "/a", None, "Pool"),
        ] {
            let e = event(line);
            assert_eq!((shown(&e.path).as_str(), e.status, shown(&e.backend).as_str()), (path, status, backend), "{line}");
            assert_eq!((e.end, e.start), (Some(e.stamp), None));
        }
        assert_eq!(shown(&event("2026-11-20 07:48:12 fe80::1%4 1 - 80 HTTP/1.1 GET / 400 - URL -").client), "fe80::1");
    }

    #[test]
    fn a_header_names_the_columns() {
        let header = "#Fields: date time s-reason c-ip c-port cs-method cs-uri sc-status";
        let bare = (FORMAT.dialect)();
        assert_eq!(bare.line(header.as_bytes()), Parsed::Skip(Skip::Directive));
        let dialect = bare.after(header.as_bytes()).expect("a header");
        let line = "2026-11-20 07:48:12 ConnLimit 192.0.2.1 2094 GET /a 503";
        assert!(matches!(dialect.line(line.as_bytes()), Parsed::Event(e) if e.ending == Ending::Shed));
        assert!(bare.after(b"#Fields: date time cs-method sc-status").is_none());
    }

    #[test]
    fn reasons_say_what_happened() {
        for (reason, status, want) in [
            ("AppOffline", "503", Ending::UpstreamUnreachable),
            ("N/A", "503", Ending::UpstreamUnreachable),
            ("Connection_Abandoned_By_ReqQueue", "-", Ending::UpstreamUnreachable),
            ("QueueFull", "503", Ending::Shed),
            ("ConnLimit", "503", Ending::Shed),
            ("Client_Reset", "-", Ending::ClientLeft),
            ("Timer_MinBytesPerSecond", "-", Ending::ClientLeft),
            ("BadRequest", "400", Ending::Policy),
            ("Forbidden", "403", Ending::Policy),
            ("Version_N/S", "505", Ending::Unsaid),
            ("Internal", "500", Ending::Unsaid),
        ] {
            let line = format!("2026-11-20 07:48:12 192.0.2.1 2094 192.0.2.80 80 HTTP/1.1 GET /a {status} 1 {reason} Pool");
            assert_eq!(event(&line).ending, want, "{reason}");
        }
    }

    #[test]
    fn a_connection_on_which_nothing_was_asked_is_set_aside() {
        let line = "2026-11-20 07:48:12 192.0.2.1 2094 192.0.2.80 80 - - - - - Timer_ConnectionIdle -";
        assert!(matches!(read(line), Parsed::Aside(_, Skip::Connection)));
    }

    #[test]
    fn other_lines_are_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            ("2026-11-20 07:48:12 192.0.2.80 GET /a - 80 - 192.0.2.1 curl/8 - 404 0 2 130", Reject::UnknownFormat),
            ("2026-11-20 07:48:12 192.0.2.1 2094 192.0.2.80 80 FTP GET /a 503 1 QueueFull P", Reject::UnknownFormat),
            ("2026-11-20 07:48:12 192.0.2.1 2094", Reject::UnknownFormat),
            ("2026-11-31 07:48:12 192.0.2.1 2094 192.0.2.80 80 HTTP/1.1 GET /a 503 1 QueueFull P", Reject::BadTime),
        ] {
            assert_eq!(read(line), Parsed::Reject(want), "{line}");
        }
    }
}

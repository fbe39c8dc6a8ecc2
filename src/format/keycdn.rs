//! KeyCDN raw logs: columns separated by `|`.
//!
//! `epoch.ms|POP|client|status|bytes|user|zone id|zone|cache|"request"|[date]|"referrer"|"agent"|scheme|
//! TLS|country|region|"organisation"|range`.
//!
//! Quirks:
//! - The last number of each client's address is 0: `203.0.113.0` is up to 256 clients.
//! - The POP is KeyCDN's own name, `usla`: country and place.
//! - The host is the zone's name, also where the request asked for an alias of it.
//! - Columns after the user agent came one by one: none of them is needed.

use super::part::client::is_address;
use super::part::draft::Draft;
use super::part::field::{Quoting, is_absent, is_status};
use super::part::slot::Slot;
use super::part::template::Shapes;
use super::{Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::Reject;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "keycdn",
        about: "KeyCDN raw logs",
        fields: &["client", "host", "method", "path", "query", "status", "bytes", "cache", "pop", "user_agent", "referrer"],
        stamp: Stamp::Unknown,
        tier: Tier::Edge,
        blind: "clients are known by 256 only; there is no duration and no status of the origin",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"1795160892.123|usla|203.0.113.0|200|253061|uid1|zid2|example-hexid.cdn.example|HIT|"GET /a.jpg?b=c HTTP/1.1"|[20/Nov/2026:07:48:12 +0000]|"https://example.net/"|"Mozilla/5.0 (X11)"|https|TLSv1.3|US|CA|"AS64496 Example, Inc."|-"#,
            r#"1795160893.004|defr|2001:db8::|404|178|uid1|zid2|example-hexid.cdn.example|MISS|"GET /b HTTP/2.0"|[20/Nov/2026:07:48:13 +0000]|"-"|"curl/8"|https|TLSv1.3|DE|HE|"AS64497 Example"|-"#,
        ],
    },
    || Arc::new(Shapes::new(SHAPES, Quoting::Backslash, make)),
);

const SHAPES: &[&str] = &[
    r#"{time}|{pop}|{client}|{status}|{bytes}|{_}|{_}|{host}|{cache}|"{request}"|[{_}]|"{referrer}"|"{user_agent}"|{..}"#,
    r#"{time}|{pop}|{client}|{status}|{bytes}|{_}|{_}|{host}|{cache}|"{request}"|[{_}]|"{referrer}"|"{user_agent}""#,
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let client = draft.bytes(Slot::Client).unwrap_or(b"-");
    let status = draft.bytes(Slot::Status).unwrap_or(b"-");
    if !((is_absent(client) || is_address(client)) && is_status(status)) {
        return Err(Reject::UnknownFormat);
    }
    draft.event(FORMAT.facts.stamp).map(Parsed::Event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Cache, Event};
    use crate::format::part::clf::shown;

    fn event(line: &str) -> Event<'static> {
        let line: &'static str = line.to_owned().leak();
        match (FORMAT.dialect)().line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_line_is_read_with_and_without_its_late_columns() {
        let full = FORMAT.facts.samples[0];
        let short = full.split("|https|").next().expect("the columns before");
        for line in [full, short] {
            let e = event(line);
            assert_eq!(
                [shown(&e.client), shown(&e.pop), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.user_agent)],
                ["203.0.113.0", "usla", "example-hexid.cdn.example", "/a.jpg", "b=c", "Mozilla/5.0 (X11)"]
            );
            assert_eq!((e.status, e.bytes, e.cache), (Some(200), Some(253_061), Some(Cache::Hit)));
            assert_eq!(e.stamp.to_string(), "2026-11-20T07:48:12.123Z");
        }
    }

    #[test]
    fn other_lines_with_bars_are_refused() {
        let full = FORMAT.facts.samples[0];
        for (line, want) in [
            (full.replace("203.0.113.0", "somebody"), Reject::UnknownFormat),
            (full.replace("|200|", "|ok|"), Reject::UnknownFormat),
            (full.replace("1795160892.123", "today"), Reject::BadTime),
            ("a|b|c".to_owned(), Reject::UnknownFormat),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

//! Bunny CDN logs (version 1): columns separated by `|`, without quoting.
//!
//! `cache|status|epoch in ms|bytes|pull zone|client|referrer|url|place|user agent|request id|country`.
//! The stamp is the end of the request.
//!
//! Quirks:
//! - Nothing is escaped, and referrer, URL and user agent may hold a `|`: `..|https://x.example/a|b|WA|..`.
//!   The columns are counted from both ends, and the place (`WA`, `DE`) parts URL from user agent.
//! - Addresses are cut: the last number is 0, or the whole is `0.0.0.0` or `::`. Those of the second
//!   kind are no client.
//! - `STALE` and `UPDATING`: served from the cache because the origin did not answer or is being asked.
//! - The method is not logged.

use super::part::clf::read;
use super::part::client::is_address;
use super::part::draft::Draft;
use super::part::field::{Raw, is_absent};
use super::part::slot::Slot;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::Reject;
use memchr::memchr_iter;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "bunny",
        about: "Bunny CDN logs (version 1, columns with |)",
        fields: &["client", "host", "path", "query", "status", "bytes", "cache", "pop", "user_agent", "referrer", "request_id"],
        stamp: Stamp::End,
        tier: Tier::Edge,
        blind: "no method, no duration, no status of the origin; clients are known by 256 or not at all",
        specificity: 9,
        zoneless: false,
        samples: &[
            "HIT|200|1795160892421|412|390|203.0.113.0|-|https://cdn.example/a.m4v?b=c|WA|Mozilla/5.0 (X11)|322b688bd63fb63f2babe9de30a5d262|DE",
            "MISS|502|1795160893007|157|390|2001:db8::|https://www.example/|https://cdn.example/b|DE|curl/8|422b688bd63fb63f2babe9de30a5d263|AT",
        ],
    },
    || Arc::new(Bunny),
);

/// Reads one line.
#[derive(Clone, Copy, Debug)]
struct Bunny;

/// Columns before the referrer.
const HEAD: [Slot; 6] = [Slot::Cache, Slot::Status, Slot::Time, Slot::TotalBytes, Slot::Ignore, Slot::Client];

/// Bars of a line without any inside its values.
const BARS: usize = 11;

/// Most bars of a line that are looked at: a bound on hostile lines.
const BARS_MAX: usize = 64;

impl Dialect for Bunny {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            let mut draft = Draft::default();
            let rest = head(line, &mut draft).ok_or(Reject::UnknownFormat)?;
            tail(rest, &mut draft).ok_or(Reject::UnknownFormat)?;
            draft.event(FORMAT.facts.stamp).map(Parsed::Event)
        })
    }
}

/// Reads the columns before the referrer, and gives what follows.
fn head<'a>(line: &'a [u8], draft: &mut Draft<'a>) -> Option<&'a [u8]> {
    let mut rest = line;
    for slot in HEAD {
        let (value, more) = rest.split_at_checked(memchr::memchr(b'|', rest)?)?;
        rest = more.get(1..)?;
        let right = match slot {
            Slot::Cache => is_absent(value) || value.iter().all(u8::is_ascii_uppercase),
            Slot::Status => value.len() == 3 && value.iter().all(u8::is_ascii_digit),
            Slot::Client => is_absent(value) || is_address(value),
            _ => true,
        };
        if !right {
            return None;
        }
        if !(slot == Slot::Client && matches!(value, b"0.0.0.0" | b"::")) {
            draft.put(slot, Raw::plain(value));
        }
    }
    Some(rest)
}

/// Reads the columns from the referrer on.
fn tail<'a>(rest: &'a [u8], draft: &mut Draft<'a>) -> Option<()> {
    let mut bars = [0_usize; BARS_MAX];
    let mut count = 0;
    for (place, at) in bars.iter_mut().zip(memchr_iter(b'|', rest)) {
        *place = at;
        count += 1;
    }
    let bars = bars.get(..count)?;
    let least = BARS - HEAD.len();
    (count >= least && count < BARS_MAX).then_some(())?;
    // The column that follows bar `n`; what is before the first is the referrer.
    let column = |n: usize| rest.get(bars.get(n)? + 1..bars.get(n + 1).copied().unwrap_or(rest.len()));
    let pop = if count == least { 1 } else { (1..count - 2).find(|n| column(*n).is_some_and(is_place))? };
    let before = rest.get(..*bars.get(pop)?)?;
    let url = if count == least { *bars.first()? + 1 } else { url_start(before)? };
    draft.put(Slot::Referrer, Raw::plain(before.get(..url.checked_sub(1)?)?));
    draft.put(Slot::Target, Raw::plain(before.get(url..)?));
    draft.put(Slot::Pop, Raw::plain(column(pop)?));
    draft.put(Slot::UserAgent, Raw::plain(rest.get(bars.get(pop + 1)? + 1..*bars.get(count - 2)?)?));
    draft.put(Slot::RequestId, Raw::plain(column(count - 2)?));
    Some(())
}

/// Where the URL begins: after the first bar that a scheme follows.
fn url_start(text: &[u8]) -> Option<usize> {
    let is_url = |at: &usize| text.get(at + 1..).is_some_and(|t| t.starts_with(b"http://") || t.starts_with(b"https://"));
    memchr_iter(b'|', text).find(is_url).map(|at| at + 1)
}

/// Whether the column is the code of a place.
fn is_place(text: &[u8]) -> bool {
    (2..=4).contains(&text.len()) && text.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Cache;
    use crate::format::part::clf::shown;

    const HEAD: &str = "HIT|200|1795160892421|412|390|203.0.113.0";
    const END: &str = "322b688b|DE";

    #[test]
    fn bars_inside_values_do_no_harm() {
        for (middle, want) in [
            ("-|https://x.example/a?b=c|WA|Mozilla/5.0 (X11)", ["-", "/a", "b=c", "WA", "Mozilla/5.0 (X11)"]),
            ("-|https://x.example/a|b?c|WA|Mo|zilla", ["-", "/a|b", "c", "WA", "Mo|zilla"]),
            ("http://r.example/|y|https://x.example/a|DE|c", ["http://r.example/|y", "/a", "-", "DE", "c"]),
            ("|https://x.example/||", ["-", "/", "-", "-", "-"]),
        ] {
            let line = format!("{HEAD}|{middle}|{END}");
            let Parsed::Event(e) = Bunny.line(line.as_bytes()) else { panic!("{line}") };
            let got = [shown(&e.referrer), shown(&e.path), shown(&e.query), shown(&e.pop), shown(&e.user_agent)];
            assert_eq!(got.each_ref().map(String::as_str), want, "{line}");
            assert_eq!([shown(&e.host), shown(&e.client), shown(&e.request_id)], ["x.example", "203.0.113.0", "322b688b"]);
            assert_eq!((e.status, e.bytes, e.cache, e.end), (Some(200), Some(412), Some(Cache::Hit), Some(e.stamp)));
        }
    }

    #[test]
    fn an_address_that_is_wholly_cut_is_no_client() {
        for address in ["0.0.0.0", "::", "-"] {
            let line = format!("STALE|200|1795160892421|412|390|{address}|-|https://x.example/a|WA|c|{END}");
            let Parsed::Event(e) = Bunny.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((e.client.clone(), e.cache), (None, Some(Cache::Stale)), "{address}");
        }
    }

    #[test]
    fn other_lines_with_bars_are_refused() {
        for (line, want) in [
            ("a|b|c|d|e|f|g|h|i|j|k|l".to_owned(), Reject::UnknownFormat),
            (format!("{HEAD}|-|https://x.example/"), Reject::UnknownFormat),
            (HEAD.replace("HIT", "hits"), Reject::UnknownFormat),
            (format!("{}|-|https://x.example/|WA|c|{END}", HEAD.replace("1795160892421", "now")), Reject::BadTime),
            (format!("{HEAD}|{}", "|".repeat(100_000)), Reject::UnknownFormat),
        ] {
            assert_eq!(Bunny.line(line.as_bytes()), Parsed::Reject(want), "{}", &line[..line.len().min(80)]);
        }
    }
}

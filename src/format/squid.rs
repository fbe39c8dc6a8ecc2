//! Squid's own format, `squid`, which Apache Traffic Server writes too.
//!
//! ```text
//! 1795160914.729      0 192.0.2.1 TCP_MISS/200 261 GET http://www.example/a? - FIRSTUP_PARENT/10.0.0.5 text/html
//! ```
//!
//! epoch, duration (ms), client, result/status, bytes, method, URL, user, hierarchy/peer, type.
//!
//! Which instant the stamp tells: Squid writes the end of the request, Traffic Server its start
//! (`cqtq`). A hierarchy word with `HIER_` or `_PARENT` is Squid's alone (3.2 and later); bare `DIRECT`
//! and `NONE` are Traffic Server's and old Squid's, and the line does not tell. Where a file has
//! results that only Traffic Server writes (`ERR_CONNECT_FAIL/502`) and no `HIER_`, it is Traffic
//! Server's (`settle`).
//!
//! Quirks:
//! - `/a?`: Squid cuts query strings off by default (`strip_query_terms`).
//! - Status `000`: nothing was sent. `_ABORTED`: the client left.
//! - `NONE_NONE/400 .. - error:invalid-request`: no request could be read; there is no path.
//! - `NONE_NONE/000 0 - error:transaction-end-before-headers`: a connection without a request, and
//!   `UDP_MISS/000 .. ICP_QUERY`: a question of another cache. Neither counts as a request.
//! - A 502, 503 or 504 with `HIER_NONE`: Squid had nobody to ask, or its name was not found. With a peer,
//!   peer and Squid look the same, and nothing is said.
//! - `[1795160914.729 5](tel:1795160914.729 5) 192.0.2.1 ..`: a mail program took stamp and duration for
//!   a telephone number.

use super::part::draft::Draft;
use super::part::field::Quoting;
use super::part::slot::Slot;
use super::part::squid::{is_result, is_word, judge};
use super::part::template::Shapes;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::{Reject, Skip};
use memchr::memmem;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::settled(
    Facts {
        name: "squid",
        about: "Squid native, also Traffic Server's squid",
        fields: &["client", "host", "method", "path", "query", "status", "bytes", "duration", "cache", "backend", "ending"],
        stamp: Stamp::End,
        tier: Tier::Edge,
        blind: "query strings are cut off by default; an error of a peer looks like one of the proxy itself",
        specificity: 8,
        zoneless: false,
        samples: &[
            "1795160914.729      3 192.0.2.1 TCP_HIT/200 261 GET http://www.example/a?b=c - HIER_NONE/- text/html",
            "1795160920.952   5999 192.0.2.2 TCP_MISS_ABORTED/000 0 GET http://www.example/slow - FIRSTUP_PARENT/10.0.0.5 -",
        ],
    },
    || Arc::new(Shapes::new(SHAPES, Quoting::None, unsaid)),
    settle,
);

/// Mangled, and as it is, perhaps with headers behind it (`log_mime_hdrs`).
const SHAPES: &[&str] = &[
    "[{_} {_}](tel:{time} {millis}) {client} {note0}/{status} {bytes} {method} {target} {_} {note1}/{backend} {_}",
    "{time} {millis} {client} {note0}/{status} {bytes} {method} {target} {_} {note1}/{backend} {_}",
];

fn unsaid<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let hierarchy = draft.bytes(Slot::Note1).unwrap_or_default();
    make(draft, if is_squids(hierarchy) { Stamp::End } else { Stamp::Unknown })
}

fn of_traffic_server<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    make(draft, Stamp::Start)
}

fn make<'a>(draft: &Draft<'a>, meaning: Stamp) -> Result<Parsed<'a>, Reject> {
    let word = |slot| draft.bytes(slot).filter(|word| is_word(word)).ok_or(Reject::UnknownFormat);
    let (result, hierarchy) = (word(Slot::Note0)?, word(Slot::Note1)?);
    let timed = draft.bytes(Slot::Millis).is_none_or(|t| t.iter().all(|b| b.is_ascii_digit() || *b == b'-'));
    if !(is_result(result) && timed && draft.bytes(Slot::Status).is_some_and(|s| s.len() <= 3)) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(meaning)?;
    judge(&mut event, result, hierarchy);
    let no_request = event.status.is_none() && event.method.is_none() && event.path.is_none();
    if result.starts_with(b"UDP_") || no_request {
        return Ok(Parsed::Aside(event, Skip::Internal));
    }
    Ok(Parsed::Event(event))
}

/// Whether only Squid writes that hierarchy word.
fn is_squids(hierarchy: &[u8]) -> bool {
    hierarchy.starts_with(b"HIER_") || hierarchy.ends_with(b"_PARENT") || hierarchy.starts_with(b"PINNED")
}

/// Traffic Server's dialect, where only it can have written these lines.
fn settle(lines: &[&[u8]]) -> Option<Arc<dyn Dialect>> {
    const OWN: [&[u8]; 7] = [
        b" ERR_CLIENT_ABORT/",
        b" ERR_CLIENT_READ_ERROR/",
        b" ERR_CONNECT_FAIL/",
        b" ERR_DNS_FAIL/",
        b" ERR_INVALID_REQ/",
        b" ERR_READ_TIMEOUT/",
        b" ERR_PROXY_DENIED/",
    ];
    let has = |words: &[&[u8]]| lines.iter().any(|line| words.iter().any(|word| memmem::find(line, word).is_some()));
    let theirs = has(&OWN) && !has(&[b" HIER_", b"_PARENT/", b" PINNED"]);
    theirs.then(|| Arc::new(Shapes::new(SHAPES, Quoting::None, of_traffic_server)) as Arc<dyn Dialect>)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Cache, Ending, Event};
    use crate::format::part::clf::shown;

    fn parsed(line: &str) -> Parsed<'_> {
        (FORMAT.dialect)().line(line.as_bytes())
    }

    fn event(line: &str) -> Event<'_> {
        match parsed(line) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn lines_give_the_request_and_its_time() {
        for line in [
            "1795160914.729     50 192.0.2.1 TCP_MISS/200 261 GET http://www.example:80/a?b=c jane HIER_DIRECT/10.0.0.5 text/html",
            "1795160914.729     50 192.0.2.1 TCP_MISS/200 261 GET http://www.example/a?b=c - HIER_DIRECT/10.0.0.5 text/html [Host: x] []",
            "[1795160914.729 50](tel:1795160914.729 50) 192.0.2.1 TCP_MISS/200 261 GET http://www.example/a?b=c - HIER_DIRECT/10.0.0.5 -",
        ] {
            let e = event(line);
            assert_eq!(
                [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.backend)],
                ["192.0.2.1", "www.example", "/a", "b=c", "10.0.0.5"]
            );
            assert_eq!((e.status, e.bytes, e.duration, e.cache), (Some(200), Some(261), Some(50_000), Some(Cache::Miss)));
            assert_eq!((e.stamp.0 % 1_000_000, e.end, e.start), (729_000, Some(e.stamp), Some(e.stamp.plus(-50_000))));
        }
        let e = event("1795160914.729 325 192.0.2.1 TCP_TUNNEL/200 2912 CONNECT www.example:443 - HIER_DIRECT/10.0.0.5 -");
        assert_eq!([shown(&e.method), shown(&e.host), shown(&e.path)], ["CONNECT", "www.example", "-"]);
    }

    #[test]
    fn the_result_says_what_the_cache_did_and_who_ended_it() {
        for (result, hierarchy, cache, want) in [
            ("TCP_HIT/200", "HIER_NONE/-", Some(Cache::Hit), Ending::Unsaid),
            ("TCP_MISS_ABORTED/000", "FIRSTUP_PARENT/10.0.0.5", Some(Cache::Miss), Ending::ClientLeft),
            ("TCP_DENIED/403", "HIER_NONE/-", Some(Cache::Synth), Ending::Policy),
            ("TCP_MISS/503", "HIER_NONE/-", Some(Cache::Miss), Ending::UpstreamUnreachable),
            ("TCP_MISS/503", "HIER_DIRECT/10.0.0.5", Some(Cache::Miss), Ending::Unsaid),
            ("TCP_REFRESH_UNMODIFIED/304", "HIER_DIRECT/10.0.0.5", Some(Cache::Revalidated), Ending::Unsaid),
            ("TCP_REF_FAIL_HIT/200", "DIRECT/www.example", Some(Cache::Stale), Ending::Unsaid),
            ("ERR_CONNECT_FAIL/502", "DIRECT/www.example", None, Ending::UpstreamUnreachable),
            ("ERR_CLIENT_ABORT/000", "NONE/-", None, Ending::ClientLeft),
        ] {
            let line = format!("1795160914.729 5 192.0.2.1 {result} 261 GET http://www.example/a - {hierarchy} -");
            let e = event(&line);
            assert_eq!((e.cache, e.ending), (cache, want), "{line}");
        }
    }

    #[test]
    fn what_is_no_request_does_not_count_as_one() {
        let e = event("1795160914.729 0 192.0.2.1 NONE_NONE/400 3900 - error:invalid-request - HIER_NONE/- text/html");
        assert_eq!((e.status, e.path, e.method), (Some(400), None, None));
        for line in [
            "1795160914.729 0 192.0.2.1 NONE_NONE/000 0 - error:transaction-end-before-headers - HIER_NONE/- -",
            "1795160914.729 0 192.0.2.1 UDP_MISS/000 63 ICP_QUERY http://www.example/a - HIER_NONE/- -",
        ] {
            assert!(matches!(parsed(line), Parsed::Aside(_, Skip::Internal)), "{line}");
        }
    }

    #[test]
    fn the_stamp_is_read_as_its_writer_meant_it() {
        let bare = "1795160914.729 5 192.0.2.1 TCP_MISS/200 261 GET http://www.example/a - DIRECT/www.example text/html";
        let e = event(bare);
        assert_eq!((e.start, e.end, e.duration), (None, None, Some(5_000)));
        let own = bare.replace("TCP_MISS/200", "ERR_CONNECT_FAIL/502");
        let settled = settle(&[bare.as_bytes(), own.as_bytes()]).expect("Traffic Server's");
        match settled.line(bare.as_bytes()) {
            Parsed::Event(e) => assert_eq!((e.start, e.end), (Some(e.stamp), Some(e.stamp.plus(5_000)))),
            other => panic!("{other:?}"),
        }
        let squids = bare.replace("DIRECT/", "HIER_DIRECT/");
        assert!(settle(&[bare.as_bytes()]).is_none() && settle(&[squids.as_bytes(), own.as_bytes()]).is_none());
    }

    #[test]
    fn other_lines_are_refused_and_a_wrong_date_is_named() {
        let good = FORMAT.facts.samples[0];
        for (line, want) in [
            (good.replace("1795160914.729", "yesterday"), Reject::BadTime),
            (good.replace("TCP_HIT", "hit"), Reject::UnknownFormat),
            (good.replace("TCP_HIT", "HIT"), Reject::UnknownFormat),
            (good.replace("/200", "/2000"), Reject::UnknownFormat),
            (good.replace("HIER_NONE", "none"), Reject::UnknownFormat),
            (good.replace("     3 ", " fast "), Reject::UnknownFormat),
        ] {
            assert_eq!(parsed(&line), Parsed::Reject(want), "{line}");
        }
    }
}

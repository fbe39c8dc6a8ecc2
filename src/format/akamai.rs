//! Akamai DataStream 2 in JSON: one object a line, every value a string.
//!
//! `reqTimeSec` is when the edge accepted the request: the start, and the line's stamp.
//!
//! Quirks:
//! - `"reqPath":"a.pdf"` has no leading slash, and is left out for the root.
//! - Bytes outside 0x21 to 0x7E are percent-encoded in every value. User agent and referrer are decoded;
//!   path and query stay as logged.
//! - Members that are `-` may be left out or written so.
//! - The whole duration is not logged. It is `reqEndTimeMSec` (until the request was read) +
//!   `turnAroundTimeMSec` (until the answer's first byte) + `transferTimeMSec` (until its last).
//! - `cacheStatus` 0 means that the object was not in the cache, 1 and 2 that it was (in this server or
//!   its peer); other figures say nothing that is known.
//! - `errorCode` names who failed: `ERR_CONNECT_TIMEOUT|...`, `ERR_DNS_FAIL` and the like mean that the
//!   edge got no answer from the origin, `ERR_ACCESS_DENIED|...` that a rule refused.
//! - `"isMidgress":"1"`: traffic between Akamai's own servers; set aside.
//! - There is no place of the server but its country.

use super::part::draft::Draft;
use super::part::field::{number, percent};
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Cache, Ending, Event, Stamp, Text, Tier};
use crate::ledger::{Reject, Skip};
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "akamai",
        about: "Akamai DataStream 2 (JSON)",
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
        stamp: Stamp::Start,
        tier: Tier::Edge,
        blind: "the stream chooses the fields and may sample; the origin's status is not logged; of the server's place only its country",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"version":"2","cp":"100001","reqId":"2898b6","reqTimeSec":"1795160892.056","cliIP":"192.0.2.1","statusCode":"200","proto":"HTTP/2","reqHost":"www.example","reqMethod":"GET","reqPath":"a.pdf","queryStr":"b=c","bytes":"376255","totalBytes":"405330","UA":"Mozilla/5.0%20(X11)","referer":"https://example.net/","reqEndTimeMSec":"2","turnAroundTimeMSec":"1","transferTimeMSec":"8","cacheStatus":"1","errorCode":"-","serverCountry":"FR"}"#,
            r#"{"version":"2","cp":"100001","reqId":"2898b7","reqTimeSec":"1795160893.120","cliIP":"2001:db8::7","statusCode":"504","proto":"HTTP/2","reqHost":"www.example","reqMethod":"GET","reqPath":"b","bytes":"280","cacheStatus":"0","errorCode":"ERR_FIRST_BYTE_TIMEOUT|100.1"}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["\"reqTimeSec\""], Keys::new(KEYS), make)),
);

const CACHE: Slot = Slot::Note0;
const ERROR: Slot = Slot::Note1;
const MIDGRESS: Slot = Slot::Note2;
const TURN_AROUND: Slot = Slot::Note3;
const TRANSFER: Slot = Slot::Note4;
const RECEIVED: Slot = Slot::Note5;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("reqTimeSec", Slot::Time),
    ("cliIP", Slot::Client),
    ("xForwardedFor", Slot::Forwarded),
    ("reqHost", Slot::Host),
    ("reqMethod", Slot::Method),
    ("proto", Slot::Protocol),
    ("reqPath", Slot::Path),
    ("queryStr", Slot::Query),
    ("statusCode", Slot::Status),
    ("bytes", Slot::Bytes),
    ("totalBytes", Slot::TotalBytes),
    ("UA", Slot::UserAgent),
    ("referer", Slot::Referrer),
    ("reqId", Slot::RequestId),
    ("serverCountry", Slot::Pop),
    ("cacheStatus", CACHE),
    ("errorCode", ERROR),
    ("isMidgress", MIDGRESS),
    ("turnAroundTimeMSec", TURN_AROUND),
    ("transferTimeMSec", TRANSFER),
    ("reqEndTimeMSec", RECEIVED),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    if !draft.has(Slot::Status) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    event.path = path(event.path.take(), event.method.is_some());
    event.user_agent = event.user_agent.take().map(percent);
    event.referrer = event.referrer.take().map(percent);
    event.cache = match draft.bytes(CACHE) {
        Some(b"0") => Some(Cache::Miss),
        Some(b"1" | b"2") => Some(Cache::Hit),
        _ => None,
    };
    put_duration(&mut event, draft);
    event.ending = ending(event.status, draft.bytes(ERROR).unwrap_or_default());
    let midgress = matches!(draft.bytes(MIDGRESS), Some(b"1" | b"true"));
    Ok(if midgress { Parsed::Aside(event, Skip::Internal) } else { Parsed::Event(event) })
}

/// The path with the slash that Akamai leaves out; the root where there is a request and no path.
fn path(path: Option<Text<'_>>, asked: bool) -> Option<Text<'_>> {
    match path {
        Some(path) if path.starts_with(b"/") => Some(path),
        Some(path) => Some(Cow::Owned([b"/", &*path].concat())),
        None => asked.then_some(Cow::Borrowed(b"/".as_slice())),
    }
}

fn put_duration(event: &mut Event<'_>, draft: &Draft<'_>) {
    let millis = |slot| i64::try_from(number(draft.bytes(slot)?)?).ok();
    let (Some(first), Some(rest)) = (millis(TURN_AROUND), millis(TRANSFER)) else { return };
    let sum = millis(RECEIVED).unwrap_or(0).checked_add(first).and_then(|ms| ms.checked_add(rest));
    event.duration = sum.and_then(|ms| ms.checked_mul(1_000));
    event.place(FORMAT.facts.stamp);
}

fn ending(status: Option<u16>, error: &[u8]) -> Ending {
    const UNREACHABLE: [&[u8]; 7] =
        [b"ERR_DNS", b"ERR_CONNECT", b"ERR_FIRST_BYTE", b"ERR_READ", b"ERR_FWD_SSL", b"ERR_ZERO_SIZE", b"ERR_WRITE_TIMEOUT"];
    let is = |names: &[&[u8]]| names.iter().any(|name| error.starts_with(name));
    match status {
        _ if is(&[b"ERR_CLIENT_ABORT", b"ERR_ABORT"]) => Ending::ClientLeft,
        Some(429) if is(&[b"ERR_"]) => Ending::Shed,
        Some(400..=499) if is(&[b"ERR_ACCESS", b"ERR_INVALID"]) => Ending::Policy,
        Some(500..=599) if is(&UNREACHABLE) => Ending::UpstreamUnreachable,
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    fn line(more: &str) -> String {
        format!(r#"{{"reqTimeSec":"1795160892.280","cliIP":"192.0.2.1","reqHost":"x.example","reqMethod":"GET"{more}}}"#)
    }

    #[test]
    fn values_are_mended_and_durations_added_up() {
        let line = line(
            r#","statusCode":"200","reqPath":"a%20b/c","queryStr":"d=%41","UA":"Mozilla/5.0%20(X11)","turnAroundTimeMSec":"5","transferTimeMSec":"8","reqEndTimeMSec":"2","cacheStatus":"0""#,
        );
        let dialect = (FORMAT.dialect)();
        let Parsed::Event(e) = dialect.line(line.as_bytes()) else { panic!("{line}") };
        assert_eq!([shown(&e.path), shown(&e.query), shown(&e.user_agent)], ["/a%20b/c", "d=%41", "Mozilla/5.0 (X11)"]);
        assert_eq!((e.duration, e.cache), (Some(15_000), Some(Cache::Miss)));
        assert_eq!((e.start, e.end), (Some(e.stamp), Some(e.stamp.plus(15_000))));
    }

    #[test]
    fn the_root_has_no_path_and_statuses_may_be_none() {
        for (more, status, path) in [
            (r#","statusCode":"200""#, Some(200), "/"),
            (r#","statusCode":"000","reqPath":"/x""#, None, "/x"),
            (r#","statusCode":"0","reqPath":"-""#, None, "/"),
        ] {
            let line = line(more);
            let dialect = (FORMAT.dialect)();
            let Parsed::Event(e) = dialect.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((e.status, shown(&e.path).as_str(), e.duration), (status, path, None), "{more}");
        }
    }

    #[test]
    fn the_error_code_tells_who_failed() {
        for (status, error, want) in [
            (200, "-", Ending::Unsaid),
            (503, "", Ending::Unsaid),
            (503, "ERR_DNS_FAIL|100.2", Ending::UpstreamUnreachable),
            (504, "ERR_FIRST_BYTE_TIMEOUT", Ending::UpstreamUnreachable),
            (403, "ERR_ACCESS_DENIED|fwd_acl", Ending::Policy),
            (200, "ERR_CLIENT_ABORT", Ending::ClientLeft),
        ] {
            assert_eq!(ending(Some(status), error.as_bytes()), want, "{status} {error}");
        }
    }

    #[test]
    fn midgress_is_set_aside_and_foreign_json_refused() {
        let inner = line(r#","statusCode":"200","isMidgress":"1""#);
        assert!(matches!((FORMAT.dialect)().line(inner.as_bytes()), Parsed::Aside(_, Skip::Internal)));
        for (line, want) in [
            (r#"{"reqTimeSec":"1795160892.280","cliIP":"192.0.2.1"}"#, Reject::UnknownFormat),
            (r#"{"reqTimeSec":"soon","statusCode":"200"}"#, Reject::BadTime),
            (r#"{"status":200,"time":"2026-11-20T07:48:12Z"}"#, Reject::UnknownFormat),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

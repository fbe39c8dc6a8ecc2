//! Zscaler NSS web logs in JSON (`zscalernss-web`): the log of a forward proxy, which stands before an
//! organisation's own users.
//!
//! Quirks:
//! - The stamp is C's `ctime` in the feed's zone: `"time":"Mon Oct 16 22:55:48 2023","tz":"GMT"`. Where the
//!   zone is not GMT the epoch (`epochtime`) is used; without it the time is not known.
//! - The URL has no scheme, `www.example/a?b`, and may be a host and port alone, `www.example:443`. `eurl`
//!   is the same, encoded as a whole (`www.example%2Fa%3Fb+c`), and goes before `url`, which may hold
//!   anything. `host` is only used where there is no URL.
//! - `respcode` may be text: `"200 - OK"`, `"NA"` where nothing came.
//! - `"reqmethod":"invalid"`: kept as logged.
//! - Sizes are those of header and body together.
//! - `"action":"Blocked"`: the proxy's policy refused.

use super::part::client::strip_port;
use super::part::draft::{Draft, own};
use super::part::field::{Quoting, Raw, Request, percent, status_field, target};
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::part::stamp;
use super::{Facts, Format, Parsed};
use crate::event::{Ending, Event, Stamp, Text, Tier};
use crate::ledger::Reject;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "zscaler-web",
        about: "Zscaler NSS web logs (JSON)",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
            "bytes",
            "pop",
            "backend",
            "user_agent",
            "referrer",
            "request_id",
            "ending",
        ],
        stamp: Stamp::Unknown,
        tier: Tier::Unknown,
        blind: "a forward proxy: failures are those of sites its users asked for; no duration and no cache",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"sourcetype":"zscalernss-web","event":{"time":"Fri Nov 20 07:48:12 2026","tz":"GMT","epochtime":"1795160892","action":"Allowed","reason":"Allowed","proto":"HTTPS","url":"www.example/a?b=c","eurl":"www.example%2Fa%3Fb%3Dc","host":"www.example","reqmethod":"GET","respcode":"200","reqsize":"1300","respsize":"10500","cltip":"192.0.2.1","serverip":"198.51.100.7","useragent":"Mozilla/5.0","refererurl":"example.net/","recordid":"123456789","datacenter":"FRA4"}}"#,
            r#"{"sourcetype":"zscalernss-web","event":{"time":"Fri Nov 20 07:48:13 2026","tz":"GMT","action":"Blocked","reason":"Not allowed","proto":"SSL","url":"www.example:443","reqmethod":"CONNECT","respcode":"403 - Forbidden","respsize":500,"cltip":"192.0.2.2","recordid":123456790}}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["\"zscalernss", "\"cltip\""], keys(), make)),
);

const CODE: Slot = Slot::Note0;
const ZONE: Slot = Slot::Note1;
const EPOCH: Slot = Slot::Note2;
const ENCODED: Slot = Slot::Note3;
const PLAIN: Slot = Slot::Note4;
const ACTION: Slot = Slot::Note5;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("time", Slot::Time),
    ("datetime", Slot::Time),
    ("tz", ZONE),
    ("epochtime", EPOCH),
    ("cltip", Slot::Client),
    ("host", Slot::OtherHost),
    ("reqmethod", Slot::Method),
    ("eurl", ENCODED),
    ("url", PLAIN),
    ("respcode", CODE),
    ("respsize", Slot::TotalBytes),
    ("useragent", Slot::UserAgent),
    ("refererurl", Slot::Referrer),
    ("recordid", Slot::RequestId),
    ("serverip", Slot::Backend),
    ("datacenter", Slot::Pop),
    ("action", ACTION),
];

/// The members, inside `event` and on top.
fn keys() -> Keys {
    Keys::under(&["", "event."], KEYS)
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    if !(draft.has(CODE) && draft.has(Slot::Client) && draft.has(ACTION)) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    if !matches!(draft.bytes(ZONE), None | Some(b"" | b"GMT" | b"UTC" | b"Z")) {
        event.stamp = draft.bytes(EPOCH).and_then(stamp::epoch).ok_or(Reject::BadTime)?;
    }
    event.status = draft.bytes(CODE).and_then(|code| status_field(code.split(|b| !b.is_ascii_digit()).next()?));
    put_url(&mut event, draft);
    let blocked = draft.bytes(ACTION).is_some_and(|a| a.eq_ignore_ascii_case(b"blocked"));
    event.ending = if blocked { Ending::Policy } else { Ending::Unsaid };
    Ok(Parsed::Event(event))
}

/// Host, path and query of the URL, which has no scheme.
fn put_url<'a>(event: &mut Event<'a>, draft: &Draft<'a>) {
    let present = |slot| draft.text(slot).filter(|t| !matches!(&**t, b"" | b"-" | b"None" | b"NA"));
    let Some(url) = present(ENCODED).map(decoded).or_else(|| present(PLAIN)) else { return };
    let Request { host, path, query, .. } = match &url {
        Cow::Borrowed(url) => parts(url),
        Cow::Owned(url) => {
            let Request { host, path, query, .. } = parts(url);
            Request { host: own(host), path: own(path), query: own(query), ..Request::default() }
        }
    };
    event.host = host.or(event.host.take());
    (event.path, event.query) = (path, query);
}

/// Undoes the encoding of a whole URL: `+` is a space, and `%2B` a plus.
fn decoded(url: Text<'_>) -> Text<'_> {
    if !url.contains(&b'+') {
        return percent(url);
    }
    let spaced = Raw { bytes: &url, quoting: Quoting::Plus }.text().into_owned();
    percent(Cow::Owned(spaced))
}

/// Splits `host[:port][/path][?query]`.
fn parts(url: &[u8]) -> Request<'_> {
    let n = memchr::memchr2(b'/', b'?', url).unwrap_or(url.len());
    let (authority, rest) = url.split_at(n);
    let whole = target(Raw::plain(url), false);
    if whole.absolute {
        return whole;
    }
    let path = if rest.first() == Some(&b'/') { target(Raw::plain(rest), false) } else { Request::default() };
    let query = path.query.or_else(|| rest.strip_prefix(b"?").map(Cow::Borrowed));
    Request {
        host: (!authority.is_empty()).then(|| Cow::Borrowed(strip_port(authority))),
        path: path.path.or(Some(Cow::Borrowed(b"/"))),
        query,
        ..Request::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    fn line(more: &str) -> String {
        format!(
            r#"{{"sourcetype":"zscalernss-web","event":{{"time":"Fri Nov 20 07:48:12 2026","action":"Allowed","host":"h.example","reqmethod":"GET","cltip":"192.0.2.1"{more}}}}}"#
        )
    }

    fn event(line: &str) -> Event<'static> {
        let line: &'static str = line.to_owned().leak();
        match (FORMAT.dialect)().line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn urls_without_a_scheme_are_split() {
        for (more, want) in [
            (r#","url":"x.example/a?b=c""#, ["x.example", "/a", "b=c"]),
            (r#","url":"x.example:443""#, ["x.example", "/", "-"]),
            (r#","url":"x.example?b""#, ["x.example", "/", "b"]),
            (r#","url":"http://x.example:80/a""#, ["x.example", "/a", "-"]),
            (r#","url":"junk","eurl":"x.example%2Fa%3Fb%3Dc+d%2B""#, ["x.example", "/a", "b=c d+"]),
            (r#","eurl":"x.example/a""#, ["x.example", "/a", "-"]),
            ("", ["h.example", "-", "-"]),
        ] {
            let e = event(&line(&format!(r#","respcode":"200"{more}"#)));
            assert_eq!([shown(&e.host), shown(&e.path), shown(&e.query)].each_ref().map(String::as_str), want, "{more}");
        }
    }

    #[test]
    fn response_codes_may_be_text() {
        for (code, want) in
            [("\"200\"", Some(200)), ("204", Some(204)), ("\"403 - Forbidden\"", Some(403)), ("\"NA\"", None), ("\"0\"", None)]
        {
            assert_eq!(event(&line(&format!(r#","respcode":{code}"#))).status, want, "{code}");
        }
    }

    #[test]
    fn a_zone_other_than_gmt_needs_the_epoch() {
        let stamp = |more: &str| match (FORMAT.dialect)().line(line(&format!(r#","respcode":"200"{more}"#)).as_bytes()) {
            Parsed::Event(e) => Ok(e.stamp.to_string()),
            Parsed::Reject(why) => Err(why),
            other => panic!("{more}: {other:?}"),
        };
        for (more, want) in [
            (r#","tz":"GMT""#, Ok("2026-11-20T07:48:12Z".to_owned())),
            (r#","tz":"CET","epochtime":"1795160000""#, Ok("2026-11-20T07:33:20Z".to_owned())),
            (r#","tz":"CET""#, Err(Reject::BadTime)),
        ] {
            assert_eq!(stamp(more), want, "{more}");
        }
    }

    #[test]
    fn other_json_is_refused() {
        for (line, want) in [
            (r#"{"sourcetype":"zscalernss-fw","event":{"cltip":"192.0.2.1"}}"#.to_owned(), Reject::UnknownFormat),
            (line(r#","respcode":"200""#).replace("Fri Nov 20", "Fri Nov 40"), Reject::BadTime),
            (r#"{"time":"2026-11-20T07:48:12Z","status":200}"#.to_owned(), Reject::UnknownFormat),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

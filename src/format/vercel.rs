//! Vercel log drains in NDJSON: one object for each message of a build, a function or the proxy.
//!
//! The request as the client saw it is in `proxy`; `proxy.timestamp` is its start. `timestamp`, when the
//! row was written, is an epoch in milliseconds or RFC 3339 and is used only where the other is missing.
//!
//! Quirks:
//! - A request has several rows. What a function printed (`"type":"stdout"`, `"stderr"`) and its
//!   middleware's rows come beside the row of the answer, with the same `proxy`: set aside.
//! - Rows without `proxy` (builds, deployments) are messages.
//! - `"statusCode":-1`: the function crashed and gave no answer; what the client got is in
//!   `proxy.statusCode`. `"proxy":{"statusCode":-1}`: nobody asked, a page was made anew in the
//!   background; set aside.
//! - `statusCode` is the next tier's only where there is one: `source` is a function (`lambda`, `edge`) or
//!   another site (`external`).
//! - `userAgent` is a list.
//! - The region is `iad1`; the POP is the airport, `iad`.

use super::part::draft::Draft;
use super::part::field::status_field;
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Ending, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "vercel",
        about: "Vercel log drains (NDJSON)",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
            "origin_status",
            "bytes",
            "cache",
            "pop",
            "user_agent",
            "referrer",
            "request_id",
            "ending",
        ],
        stamp: Stamp::Start,
        tier: Tier::Edge,
        blind: "a request may have several rows: those of what a function printed are left out, others may be counted twice; the drain may sample; there is no duration",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"id":"1","deploymentId":"dpl_1","source":"static","host":"app.example","timestamp":1795160892100,"level":"info","statusCode":200,"path":"/a","requestId":"r-1","proxy":{"timestamp":1795160892056,"method":"GET","scheme":"https","host":"www.example","path":"/a?b=c","userAgent":["curl/8"],"referer":"https://example.net/","statusCode":200,"clientIp":"192.0.2.1","region":"iad1","vercelCache":"HIT","responseByteSize":900}}"#,
            r#"{"id":"2","deploymentId":"dpl_1","source":"lambda","host":"app.example","timestamp":"2026-11-20T07:48:13.812Z","statusCode":-1,"path":"/api/b","requestId":"r-2","proxy":{"timestamp":1795160893056,"method":"POST","scheme":"https","host":"www.example","path":"/api/b","userAgent":["curl/8"],"statusCode":502,"clientIp":"2001:db8::7","region":"fra1","vercelCache":"MISS"}}"#,
            r#"{"id":"3","deploymentId":"dpl_1","source":"external","host":"app.example","timestamp":1795160894100,"statusCode":503,"path":"/c","requestId":"r-3","proxy":{"timestamp":1795160894056,"method":"GET","host":"www.example","path":"/c","statusCode":503,"clientIp":"192.0.2.2","region":"iad1"}}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["\"deploymentId\""], Keys::new(KEYS), make)),
);

const SOURCE: Slot = Slot::Note0;
const KIND: Slot = Slot::Note1;
const BEHIND: Slot = Slot::Note2;
const RULE: Slot = Slot::Note3;
const ID: Slot = Slot::Note4;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("proxy.timestamp", Slot::FineTime),
    ("timestamp", Slot::Time),
    ("proxy.clientIp", Slot::Client),
    ("proxy.host", Slot::Host),
    ("host", Slot::OtherHost),
    ("proxy.method", Slot::Method),
    ("proxy.path", Slot::Target),
    ("proxy.statusCode", Slot::Status),
    ("proxy.responseByteSize", Slot::Bytes),
    ("proxy.userAgent", Slot::UserAgent),
    ("proxy.referer", Slot::Referrer),
    ("proxy.region", Slot::Pop),
    ("proxy.vercelCache", Slot::Cache),
    ("proxy.wafAction", RULE),
    ("requestId", Slot::RequestId),
    ("source", SOURCE),
    ("type", KIND),
    ("statusCode", BEHIND),
    ("deploymentId", ID),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    const SOURCES: [&[u8]; 8] = [b"build", b"edge", b"lambda", b"static", b"external", b"firewall", b"redirect", b"serverless"];
    let source = draft.bytes(SOURCE).unwrap_or_default();
    if !(draft.has(ID) && SOURCES.contains(&source)) {
        return Err(Reject::UnknownFormat);
    }
    if !draft.has(Slot::Method) || !draft.has(Slot::Status) {
        return Ok(Parsed::Skip(Skip::ServerMessage));
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    event.pop = event.pop.take().map(airport);
    let behind = draft.bytes(BEHIND).filter(|_| matches!(source, b"lambda" | b"edge" | b"external" | b"serverless"));
    event.origin_status = behind.and_then(status_field);
    let refused: &[u8] = if source == b"firewall" { b"deny" } else { b"" };
    let rule = draft.bytes(RULE).filter(|rule| !rule.is_empty()).unwrap_or(refused);
    event.ending = ending(event.status, event.origin_status, behind == Some(b"-1"), rule);
    let beside = matches!(
        draft.bytes(KIND),
        Some(b"stdout" | b"stderr" | b"middleware" | b"middleware-invocation" | b"delimiter" | b"metric" | b"command" | b"exit")
    );
    let nobody = draft.bytes(Slot::Status) == Some(b"-1");
    Ok(if beside || nobody { Parsed::Aside(event, Skip::Internal) } else { Parsed::Event(event) })
}

/// `iad` of `iad1`.
fn airport(region: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match region {
        Cow::Borrowed(region) => {
            let letters = region.iter().take_while(|b| b.is_ascii_alphabetic()).count();
            Cow::Borrowed(if letters == 3 { region.get(..3).unwrap_or(region) } else { region })
        }
        owned => owned,
    }
}

fn ending(status: Option<u16>, behind: Option<u16>, crashed: bool, rule: &[u8]) -> Ending {
    match (status, rule) {
        (Some(429), b"deny" | b"rate_limit") => Ending::Shed,
        (Some(400..=599), b"deny" | b"challenge" | b"rate_limit") => Ending::Policy,
        (Some(500..=599), _) if crashed => Ending::UpstreamUnreachable,
        (Some(500..=599), _) if matches!(behind, Some(500..=599)) => Ending::UpstreamError,
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    fn line(source: &str, behind: i32, status: i32, more: &str) -> String {
        format!(
            r#"{{"id":"1","deploymentId":"d","source":"{source}","host":"h.example","timestamp":"2026-11-20T07:48:12.9Z","statusCode":{behind},"requestId":"r"{more},"proxy":{{"timestamp":1795160892056,"method":"GET","host":"x.example","path":"/a?b","userAgent":["curl/8","two"],"statusCode":{status},"clientIp":"192.0.2.1","region":"iad1"}}}}"#
        )
    }

    #[test]
    fn the_proxy_tells_the_request_and_the_source_who_answered() {
        for (source, behind, status, origin, want) in [
            ("static", 200, 200, None, Ending::Unsaid),
            ("lambda", 200, 200, Some(200), Ending::Unsaid),
            ("lambda", 500, 500, Some(500), Ending::UpstreamError),
            ("lambda", -1, 502, None, Ending::UpstreamUnreachable),
            ("external", 503, 503, Some(503), Ending::UpstreamError),
            ("firewall", 403, 403, None, Ending::Policy),
            ("firewall", 429, 429, None, Ending::Shed),
        ] {
            let line = line(source, behind, status, "");
            let dialect = (FORMAT.dialect)();
            let Parsed::Event(e) = dialect.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((e.origin_status, e.ending), (origin, want), "{source} {behind} {status}");
            assert_eq!(
                [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.pop), shown(&e.user_agent)],
                ["192.0.2.1", "x.example", "/a", "b", "iad", "curl/8"]
            );
            assert_eq!(e.start.map(|t| t.to_string()).as_deref(), Some("2026-11-20T07:48:12.056Z"));
        }
    }

    #[test]
    fn rows_beside_the_answer_are_not_counted() {
        let printed = line("lambda", 200, 200, r#","type":"stdout","message":"hello""#);
        assert!(matches!((FORMAT.dialect)().line(printed.as_bytes()), Parsed::Aside(_, Skip::Internal)));
        let background = line("lambda", 200, -1, "");
        assert!(matches!((FORMAT.dialect)().line(background.as_bytes()), Parsed::Aside(e, Skip::Internal) if e.status.is_none()));
        let build = r#"{"id":"1","deploymentId":"d","source":"build","timestamp":1795160892056,"type":"stdout","message":"x"}"#;
        assert_eq!((FORMAT.dialect)().line(build.as_bytes()), Parsed::Skip(Skip::ServerMessage));
    }

    #[test]
    fn foreign_json_is_refused() {
        for (line, want) in [
            (r#"{"deploymentId":"d","status":200}"#.to_owned(), Reject::UnknownFormat),
            (line("space", 200, 200, ""), Reject::UnknownFormat),
            (line("edge", 200, 200, "").replace("1795160892056", "\"-\"").replace("2026-11-20T", "x"), Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

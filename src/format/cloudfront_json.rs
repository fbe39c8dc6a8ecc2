//! CloudFront logs as JSON objects: standard logging v2 with JSON output, rows of its Parquet files, and
//! real-time logs that a delivery stream has turned into objects.
//!
//! The columns are those of [`super::cloudfront`]. One object may hold any choice of them.
//!
//! Quirks:
//! - One column has several names: `cs(User-Agent)` in JSON, `cs_user_agent` or `cs_User_Agent_` in
//!   Parquet, where a name may hold no brackets, `cs-user-agent` in real-time logs. All are read, in
//!   either case of letters.
//! - The stamp is `timestamp(ms)`, `timestamp` or `date` and `time`, the finest first; all are UTC and
//!   the end of the request.
//! - Numbers may be numbers or strings; what is absent is `-`, `null` or not there.
//! - Values keep the percent-encoding of the text log: user agent and referrer are decoded, also where
//!   JSON's own escapes stand in them (`Mozilla\/5.0%20(X11)`).
//! - `cs-uri-stem` of real-time logs holds the query too: it is split off.
//! - Which of `cs(Host)` and `x-host-header` is the name asked for depends on the kind of log, which
//!   a row no longer tells: a name of CloudFront's own, `d111.cloudfront.net`, gives way to the other.

use super::part::cloudfront::{DETAILED, RESPONSE, RESULT, asked, conclude, is_location};
use super::part::draft::Draft;
use super::part::field::{percent, percent_twice};
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::Reject;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "cloudfront-json",
        about: "Amazon CloudFront logs as JSON or Parquet rows",
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
        blind: "the distribution chooses the fields; delivery is best effort and may be late; the origin's status is not logged",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"date":"2026-11-20","time":"07:48:12","x-edge-location":"SEA19-C1","sc-bytes":"900","c-ip":"192.0.2.200","cs-method":"GET","cs(Host)":"d111.cloudfront.net","cs-uri-stem":"/favicon.ico","sc-status":"502","cs(Referer)":"https://example.net/","cs(User-Agent)":"Mozilla/5.0%20(X11)","cs-uri-query":"a=b","cs(Cookie)":"-","x-edge-result-type":"Error","x-edge-request-id":"abc==","x-host-header":"www.example","cs-protocol":"https","cs-protocol-version":"HTTP/2.0","cs-bytes":"675","time-taken":"0.102","x-forwarded-for":"-","x-edge-response-result-type":"Error","x-edge-detailed-result-type":"OriginDnsError","sc-content-len":"507"}"#,
            r#"{"timestamp_ms":1795160893123,"x_edge_location":"AMS1-P2","sc_bytes":1200,"c_ip":"2001:db8::7","cs_method":"GET","cs_Host":"d111.cloudfront.net","cs_uri_stem":"/a","sc_status":200,"cs_Referer":"-","cs_User_Agent":"curl/8","cs_uri_query":"-","x_edge_result_type":"Hit","x_edge_request_id":"abd==","x_host_header":"www.example","time_taken":0.002,"x_edge_response_result_type":"Hit","x_edge_detailed_result_type":"Hit","sc_content_len":1000}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["\"x-edge-", "\"x_edge_"], keys(), make)),
);

/// Columns and what they mean.
const COLUMNS: &[(&str, Slot)] = &[
    ("timestamp(ms)", Slot::FineTime),
    ("timestamp", Slot::Time),
    ("date", Slot::Date),
    ("time", Slot::Clock),
    ("x-edge-location", Slot::Pop),
    ("sc-bytes", Slot::TotalBytes),
    ("c-ip", Slot::Client),
    ("cs-method", Slot::Method),
    ("cs-protocol-version", Slot::Protocol),
    ("cs(Host)", Slot::OtherHost),
    ("cs-uri-stem", Slot::Target),
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

/// Every name that a column has somewhere.
fn keys() -> Keys {
    COLUMNS.iter().flat_map(|(name, slot)| names(name).into_iter().map(|name| (name, *slot))).collect()
}

/// `cs(User-Agent)`, `cs-User-Agent`, `cs_User_Agent_`, `cs_User_Agent`, and the same in small letters.
fn names(column: &str) -> Vec<String> {
    let hyphens = column.replace('(', "-").replace(')', "");
    let marked = column.replace(['(', ')', '-'], "_");
    let bare = marked.trim_end_matches('_').to_owned();
    let mut all = vec![column.to_owned(), hyphens, marked, bare];
    all.extend(all.clone().iter().map(|name| name.to_ascii_lowercase()));
    all
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let location = draft.bytes(Slot::Pop).unwrap_or_default();
    if !(draft.has(Slot::Status) && is_location(location) && (draft.has(Slot::Pop) || draft.has(RESULT))) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    event.host = asked(draft.text(Slot::Host), draft.text(Slot::OtherHost));
    event.user_agent = event.user_agent.map(percent_twice);
    event.referrer = event.referrer.map(percent);
    conclude(draft, &mut event);
    Ok(Parsed::Event(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Cache, Ending, Event};
    use crate::format::part::clf::shown;

    fn event(line: &str) -> Event<'_> {
        match (FORMAT.dialect)().line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn an_object_gives_what_the_text_line_gives() {
        let text = super::super::cloudfront::FORMAT.facts.samples[0];
        let Parsed::Event(want) = (super::super::cloudfront::FORMAT.dialect)().line(text.as_bytes()) else { panic!("{text}") };
        assert_eq!(event(FORMAT.facts.samples[0]), want);
    }

    #[test]
    fn every_spelling_of_the_columns_is_read() {
        for (referrer, agent, location, ip) in [
            ("cs(Referer)", "cs(User-Agent)", "x-edge-location", "c-ip"),
            ("cs_referer", "cs_user_agent", "x_edge_location", "c_ip"),
            ("cs_Referer_", "cs_User_Agent_", "x_edge_location", "c_ip"),
            ("cs-referer", "cs-user-agent", "x-edge-location", "c-ip"),
            ("cs(referer)", "cs(user-agent)", "x-edge-location", "c-ip"),
        ] {
            let line = format!(
                r#"{{"timestamp":"1795160892.250","{location}":"FRA56-C2","{ip}":"192.0.2.1","sc-status":200,"{agent}":"A%2520b","{referrer}":"http://x/%20"}}"#
            );
            let e = event(&line);
            assert_eq!(
                [shown(&e.client), shown(&e.pop), shown(&e.user_agent), shown(&e.referrer)],
                ["192.0.2.1", "FRA", "A b", "http://x/ "],
                "{line}"
            );
            assert_eq!(e.end.map(|t| t.to_string()).as_deref(), Some("2026-11-20T07:48:12.25Z"));
        }
    }

    #[test]
    fn what_json_escapes_is_percent_decoded_as_well() {
        let e = event(
            r#"{"timestamp":"1795160892","x-edge-location":"FRA2","sc-status":200,"cs(User-Agent)":"Mozilla\/5.0%2520(X11)","cs(Referer)":"https:\/\/x.example\/a%20b"}"#,
        );
        assert_eq!([shown(&e.user_agent), shown(&e.referrer)], ["Mozilla/5.0 (X11)", "https://x.example/a b"]);
    }

    #[test]
    fn the_finest_stamp_is_taken_and_the_query_is_split_off() {
        let e = event(
            r#"{"date":"2026-11-20","time":"07:48:12","timestamp":"1795160892","timestamp(ms)":"1795160892345","x-edge-location":"FRA56-C2","sc-status":"000","cs-uri-stem":"/a?b=c","cs-host":"www.example","x-host-header":"d1.cloudfront.net","time-taken":0.5}"#,
        );
        assert_eq!(e.stamp.to_string(), "2026-11-20T07:48:12.345Z");
        assert_eq!([shown(&e.path), shown(&e.query), shown(&e.host)], ["/a", "b=c", "www.example"]);
        assert_eq!((e.status, e.ending, e.duration), (None, Ending::ClientLeft, Some(500_000)));
        let e = event(r#"{"date":"2026-11-20","time":"07:48:12","x_edge_result_type":"RefreshHit","sc_status":304}"#);
        assert_eq!((e.cache, e.status, e.pop), (Some(Cache::Revalidated), Some(304), None));
    }

    #[test]
    fn foreign_json_is_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            (r#"{"date":"2026-11-20","time":"07:48:12","sc-status":"200","cs-uri-stem":"/"}"#, Reject::UnknownFormat),
            (r#"{"x-edge-location":"FRA2","date":"2026-11-20","time":"07:48:12"}"#, Reject::UnknownFormat),
            (r#"{"x-edge-location":"somewhere","sc-status":"200","timestamp":"1795160892"}"#, Reject::UnknownFormat),
            (r#"{"x-edge-location":"FRA2","sc-status":"200","date":"2026-13-20","time":"07:48:12"}"#, Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

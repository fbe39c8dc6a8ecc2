//! Gcore CDN raw logs: nginx variables, every column in double quotes.
//!
//! `"$remote_addr" "-" "$remote_user" "[$time_local]" "$request" "$status" "$body_bytes_sent"
//! "$http_referer" "$http_user_agent" "$bytes_sent" "$edgename" "$scheme" "$host" "$request_time"
//! "$upstream_response_time" "$request_length" "$http_range" "[$responding_node]"
//! "$upstream_cache_status" "$upstream_response_length" "$upstream_addr"`, then 7 of Gcore's own,
//! `"$server_addr" "$server_port" "$upstream_status" "-" "$upstream_connect_time"
//! "$upstream_header_time"`, and more that are appended from time to time.
//!
//! As with nginx, the stamp is the end, lists name every server that was tried and the last one
//! answered, and 502 or 504 with `"-"` as the header time means that nobody did.
//!
//! Quirks:
//! - Older logs end before the upstream's status.
//! - The place is `[$responding_node]`, Gcore's own name of a data center (`[dh]`), in brackets.

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
        name: "gcore",
        about: "Gcore CDN raw logs",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
            "origin_status",
            "bytes",
            "duration",
            "cache",
            "pop",
            "backend",
            "user_agent",
            "referrer",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Edge,
        blind: "where logs of the origin shield are exported too, its requests stand among those of the edge and cannot be told from them",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#""192.0.2.1" "-" "-" "[20/Nov/2026:07:48:12 +0000]" "GET /a.png?b=c HTTP/1.1" "200" "1514283" "https://example.net/" "Mozilla/5.0 (X11)" "1514848" "[dh-up-gc18]" "https" "cdn.example" "1.500" "0.445" "157" "-" "[dh]" "MISS" "1514283" "198.51.100.7:80" "2510" "7399" "-" "-" "KZ" "-" "shield_no" "198.51.100.1" "80" "200" "-" "0.000" "0.200" "198.51.100.1" "64496" "106980391" "1""#,
            r#""2001:db8::7" "-" "-" "[20/Nov/2026:07:48:13 +0000]" "GET /b HTTP/2.0" "504" "160" "-" "curl/8" "420" "[am-up-gc2]" "https" "cdn.example" "5.001" "5.000" "80" "-" "[am]" "MISS" "0" "198.51.100.7:80" "2510" "7399" "-" "-" "NL" "-" "shield_no" "198.51.100.2" "443" "504" "-" "-" "-" "198.51.100.2" "64497" "106980392" "1""#,
        ],
    },
    || Arc::new(Shapes::new(SHAPES, Quoting::Backslash, make)),
);

const SHAPES: &[&str] = &[
    r#""{client}" "-" "{_}" "[{time}]" "{request}" "{status}" "{bytes}" "{referrer}" "{user_agent}" "{total_bytes}" "{_}" "{_}" "{host}" "{seconds}" "{_}" "{_}" "{_}" "[{pop}]" "{cache}" "{_}" "{backend}" "{_}" "{_}" "{_}" "{_}" "{_}" "{_}" "{_}" "{_}" "{_}" "{origin_status}" "{_}" "{_}" "{header_time}"{..}"#,
    r#""{client}" "-" "{_}" "[{time}]" "{request}" "{status}" "{bytes}" "{referrer}" "{user_agent}" "{total_bytes}" "{_}" "{_}" "{host}" "{seconds}" "{_}" "{_}" "{_}" "[{pop}]" "{cache}"{..}"#,
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let client = draft.bytes(Slot::Client).unwrap_or(b"-");
    let status = draft.bytes(Slot::Status).unwrap_or(b"-");
    if !((is_absent(client) || is_address(client) || client.starts_with(b"unix:")) && is_status(status)) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    draft.upstream().put(&mut event);
    Ok(Parsed::Event(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Cache, Ending, Event};
    use crate::format::part::clf::shown;

    fn event(line: &str) -> Event<'static> {
        let line: &'static str = line.to_owned().leak();
        match (FORMAT.dialect)().line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn columns_are_read_in_the_documented_order() {
        let e = event(FORMAT.facts.samples[0]);
        assert_eq!(
            [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.pop), shown(&e.backend)],
            ["192.0.2.1", "cdn.example", "/a.png", "b=c", "dh", "198.51.100.7:80"]
        );
        assert_eq!((e.status, e.origin_status, e.bytes), (Some(200), Some(200), Some(1_514_283)));
        assert_eq!((e.duration, e.cache, e.end), (Some(1_500_000), Some(Cache::Miss), Some(e.stamp)));
    }

    #[test]
    fn upstream_columns_tell_who_made_the_error() {
        let refused = FORMAT.facts.samples[1];
        for (line, origin, want) in [
            (refused.to_owned(), None, Ending::UpstreamUnreachable),
            (refused.replace(r#""504" "-" "-" "-""#, r#""504" "-" "0.001" "4.2""#), Some(504), Ending::UpstreamError),
            (refused.replace(r#""504" "-" "-" "-""#, r#""502, 504" "-" "-, 0.001" "-, 4.2""#), Some(504), Ending::UpstreamError),
            (refused.replace(r#""504" "-" "-" "-""#, r#""200" "-" "0.001" "4.2""#), Some(200), Ending::Unsaid),
            (refused.replacen("\"504\"", "\"499\"", 1), None, Ending::ClientLeft),
            (refused.split(" \"0\" \"198").next().expect("old columns").to_owned(), None, Ending::Unsaid),
        ] {
            let e = event(&line);
            assert_eq!((e.origin_status, e.ending), (origin, want), "{line}");
        }
    }

    #[test]
    fn foreign_lines_are_refused() {
        for (line, want) in [
            (r#""a" "b" "c""#.to_owned(), Reject::UnknownFormat),
            (FORMAT.facts.samples[0].replace("192.0.2.1\" ", "you\" "), Reject::UnknownFormat),
            (FORMAT.facts.samples[0].replace("20/Nov", "44/Nov"), Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

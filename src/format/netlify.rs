//! Netlify log drains in NDJSON: traffic, and the messages of functions, deploys and the firewall.
//!
//! Quirks:
//! - `log_type` tells what a line is. `traffic` is a request; `waf` is a firewall's record of one, which
//!   traffic has as well: set aside. The others (`functions`, `edge_functions`, `deploys`) are messages.
//! - `duration` is milliseconds, and so is `duration_ms`.
//! - `url` is the whole URL.
//! - Client and user agent are missing where the drain leaves out personal data.
//! - Which instant the stamp tells is not documented.

use super::part::draft::Draft;
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::{Reject, Skip};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "netlify",
        about: "Netlify log drains, traffic (NDJSON)",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
            "bytes",
            "duration",
            "user_agent",
            "referrer",
            "request_id",
        ],
        stamp: Stamp::Unknown,
        tier: Tier::Edge,
        blind: "no cache result, no place and no status of the function; the drain may leave out clients",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"account_id":"a1","site_id":"s1","deploy_id":"d1","log_type":"traffic","timestamp":"2026-11-20T07:48:12.056Z","method":"GET","url":"https://www.example/a?b=c","status_code":200,"duration":23,"client_ip":"192.0.2.1","country":"DE","user_agent":"curl/8","referrer":"https://example.net/","request_id":"01r","response_size":900}"#,
            r#"{"account_id":"a1","site_id":"s1","deploy_id":"d1","log_type":"traffic","timestamp":1795160893056,"method":"POST","url":"https://www.example/.netlify/functions/b","status_code":502,"duration_ms":10012,"client_ip":"2001:db8::7","user_agent":"curl/8","request_id":"02r"}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["\"site_id\"", "\"deploy_id\""], Keys::new(KEYS), make)),
);

const KIND: Slot = Slot::Note0;
const ACCOUNT: Slot = Slot::Note1;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("timestamp", Slot::Time),
    ("client_ip", Slot::Client),
    ("method", Slot::Method),
    ("url", Slot::Target),
    ("path", Slot::OtherTarget),
    ("host", Slot::OtherHost),
    ("domain", Slot::OtherHost),
    ("status_code", Slot::Status),
    ("duration", Slot::Millis),
    ("duration_ms", Slot::Millis),
    ("response_size", Slot::Bytes),
    ("user_agent", Slot::UserAgent),
    ("referrer", Slot::Referrer),
    ("request_id", Slot::RequestId),
    ("log_type", KIND),
    ("type", KIND),
    ("site_id", ACCOUNT),
    ("account_id", ACCOUNT),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    if !draft.has(ACCOUNT) {
        return Err(Reject::UnknownFormat);
    }
    match draft.bytes(KIND) {
        Some(b"functions" | b"edge_functions" | b"deploys" | b"function" | b"edge_function" | b"deploy") => {
            return Ok(Parsed::Skip(Skip::ServerMessage));
        }
        Some(b"traffic" | b"user_traffic" | b"waf") => {}
        // Without its kind a line is known by what only traffic has.
        None if draft.has(Slot::Status) && draft.has(Slot::Target) => {}
        _ => return Err(Reject::UnknownFormat),
    }
    let event = draft.event(FORMAT.facts.stamp)?;
    if draft.bytes(KIND) == Some(b"waf") {
        return Ok(Parsed::Aside(event, Skip::Firewall));
    }
    if draft.has(Slot::Status) { Ok(Parsed::Event(event)) } else { Err(Reject::UnknownFormat) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    #[test]
    fn traffic_is_read_with_either_name_of_its_duration() {
        let dialect = (FORMAT.dialect)();
        for (sample, status, duration, client) in [(0, 200, 23_000, "192.0.2.1"), (1, 502, 10_012_000, "2001:db8::7")] {
            let Parsed::Event(e) = dialect.line(FORMAT.facts.samples[sample].as_bytes()) else { panic!("{sample}") };
            assert_eq!((e.status, e.duration, shown(&e.client).as_str()), (Some(status), Some(duration), client));
            assert_eq!((shown(&e.host).as_str(), e.start), ("www.example", None));
        }
    }

    #[test]
    fn other_kinds_are_no_requests() {
        let base = r#"{"site_id":"s","account_id":"a","timestamp":"2026-11-20T07:48:12Z","log_type":"KIND","status_code":200,"url":"https://x.example/"}"#;
        for (kind, want) in [
            ("functions", Parsed::Skip(Skip::ServerMessage)),
            ("deploys", Parsed::Skip(Skip::ServerMessage)),
            ("something", Parsed::Reject(Reject::UnknownFormat)),
        ] {
            let line = base.replace("KIND", kind);
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), want, "{kind}");
        }
        let firewall = base.replace("KIND", "waf");
        assert!(matches!((FORMAT.dialect)().line(firewall.as_bytes()), Parsed::Aside(_, Skip::Firewall)));
        let late = base.replace("KIND", "traffic").replace("2026-11-20", "2026-11-40");
        assert_eq!((FORMAT.dialect)().line(late.as_bytes()), Parsed::Reject(Reject::BadTime));
        assert_eq!((FORMAT.dialect)().line(br#"{"deploy_id":"d","status_code":200}"#), Parsed::Reject(Reject::UnknownFormat));
    }
}

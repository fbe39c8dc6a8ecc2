//! Akamai SIEM integration: security events in JSON, one object a line.
//!
//! Quirks:
//! - A record is a real request with the status that the client got, but the export holds only requests
//!   that triggered a rule. Counted as traffic it would show a site under attack and nothing else, so
//!   every record is set aside; the stream of requests is DataStream 2.
//! - Values are percent-encoded: `"query":"a%3D..%2F..%2Fetc"`; query, and user agent in the request's
//!   headers, are decoded. The path stays as logged.
//! - `start` is an epoch in seconds, with or without decimals, as text.
//! - Whether a rule refused the request or only warned is in `appliedAction` where the export has it;
//!   `ruleActions` is a list in base64 and is not read.

use super::part::draft::Draft;
use super::part::field::percent;
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Ending, Stamp, Text, Tier};
use crate::ledger::{Reject, Skip};
use memchr::memmem;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "akamai-siem",
        about: "Akamai SIEM integration: requests that triggered a rule (JSON)",
        fields: &["client", "host", "method", "path", "query", "status", "bytes", "user_agent", "request_id", "ending"],
        stamp: Stamp::Start,
        tier: Tier::Edge,
        blind: "it holds only requests that triggered a rule, so none is counted",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"format":"json","type":"akamai_siem","version":"1.0","attackData":{"clientIP":"192.0.2.1","configId":"1","policyId":"p1","appliedAction":"deny","rules":"OTUwMDAy"},"httpMessage":{"bytes":"266","host":"www.example","method":"GET","path":"/","port":"443","protocol":"HTTP/1.1","query":"a=b%20c","requestHeaders":"Host%3a%20www.example%0d%0aUser-Agent%3a%20BOT%2f0.1%0d%0a","requestId":"1158db17","start":"1795160892","status":"403"}}"#,
            r#"{"format":"json","type":"akamai_siem","version":"1.0","attackData":{"clientIP":"2001:db8::7","configId":"1","policyId":"p1","appliedAction":"alert","rules":"OTUwMDA0"},"httpMessage":{"bytes":"34523","host":"www.example","method":"POST","path":"/a/","port":"443","protocol":"HTTP/2","query":"","requestId":"2ab418ac","start":"1795160893.026","status":"301"}}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["\"attackData\""], Keys::new(KEYS), make)),
);

const ACTION: Slot = Slot::Note0;
const HEADERS: Slot = Slot::Note1;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("httpMessage.start", Slot::Time),
    ("attackData.clientIP", Slot::Client),
    ("attackData.appliedAction", ACTION),
    ("httpMessage.host", Slot::Host),
    ("httpMessage.method", Slot::Method),
    ("httpMessage.path", Slot::Path),
    ("httpMessage.query", Slot::Query),
    ("httpMessage.status", Slot::Status),
    ("httpMessage.bytes", Slot::Bytes),
    ("httpMessage.requestId", Slot::RequestId),
    ("httpMessage.requestHeaders", HEADERS),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    if !(draft.has(Slot::Status) && draft.has(Slot::Client)) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    event.query = event.query.take().map(percent);
    event.user_agent = draft.text(HEADERS).and_then(user_agent);
    let refused = matches!(draft.bytes(ACTION), Some(b"deny" | b"abort" | b"tarpit"));
    if refused && matches!(event.status, Some(400..=599)) {
        event.ending = Ending::Policy;
    }
    Ok(Parsed::Aside(event, Skip::Firewall))
}

/// The user agent among percent-encoded headers.
fn user_agent(headers: Text<'_>) -> Option<Text<'_>> {
    let headers = percent(headers);
    let mut lines = headers.split(|b| matches!(b, b'\r' | b'\n'));
    let agent = lines.find_map(|line| {
        let colon = memmem::find(line, b":")?;
        let (name, value) = line.split_at_checked(colon)?;
        name.eq_ignore_ascii_case(b"user-agent").then(|| value.get(1..).unwrap_or_default().trim_ascii())
    })?;
    Some(Cow::Owned(agent.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    #[test]
    fn a_record_is_decoded_and_set_aside() {
        let [denied, alerted] = FORMAT.facts.samples else { panic!("two samples") };
        let dialect = (FORMAT.dialect)();
        let Parsed::Aside(e, Skip::Firewall) = dialect.line(denied.as_bytes()) else { panic!("{denied}") };
        assert_eq!([shown(&e.query), shown(&e.user_agent), shown(&e.path)], ["a=b c", "BOT/0.1", "/"]);
        assert_eq!((e.status, e.bytes, e.ending), (Some(403), Some(266), Ending::Policy));
        let Parsed::Aside(e, Skip::Firewall) = dialect.line(alerted.as_bytes()) else { panic!("{alerted}") };
        assert_eq!((e.stamp.to_string().as_str(), e.ending), ("2026-11-20T07:48:13.026Z", Ending::Unsaid));
    }

    #[test]
    fn what_is_no_such_record_is_refused() {
        for (line, want) in [
            (r#"{"attackData":{"clientIP":"192.0.2.1"}}"#, Reject::UnknownFormat),
            (r#"{"attackData":{"clientIP":"192.0.2.1"},"httpMessage":{"status":"200","start":"x"}}"#, Reject::BadTime),
            (r#"{"status":200}"#, Reject::UnknownFormat),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

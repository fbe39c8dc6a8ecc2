//! AWS WAF: one JSON object for each request that a web ACL judged.
//!
//! The request is in `httpRequest`, its headers as a list of names and values. The stamp, in
//! milliseconds, is when the request was judged: its start.
//!
//! Quirks:
//! - What stands behind the firewall (CloudFront, a balancer, API Gateway) logs the same request, be it
//!   allowed or blocked: all records are set aside, so that nothing is counted twice.
//! - There is no status but `responseCodeSent`, which is there only where a rule names its own.
//! - `action` `ALLOW` and `COUNT` let the request pass. `BLOCK`, `CAPTCHA` and `CHALLENGE` answer it:
//!   policy, or, where `terminatingRuleType` is `RATE_BASED`, to protect capacity.
//! - Names of headers are as the client wrote them, `Host` or `host`.

use super::part::draft::Draft;
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Ending, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "aws-waf",
        about: "AWS WAF: verdicts of a web ACL",
        fields: &["client", "host", "method", "path", "query", "status", "user_agent", "referrer", "request_id", "ending"],
        stamp: Stamp::Start,
        tier: Tier::Edge,
        blind: "verdicts, not answers: what stands behind the firewall logs the same requests with their statuses",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"timestamp":1795160892771,"formatVersion":1,"webaclId":"arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/site/1","terminatingRuleId":"sqli","terminatingRuleType":"REGULAR","action":"BLOCK","responseCodeSent":418,"httpSourceName":"ALB","httpSourceId":"123456789012-app/front/50dc","ruleGroupList":[],"httpRequest":{"clientIp":"192.0.2.7","country":"DE","headers":[{"name":"Host","value":"www.example"},{"name":"User-Agent","value":"curl/8"},{"name":"Referer","value":"https://example.net/"}],"uri":"/a","args":"b=c","httpVersion":"HTTP/1.1","httpMethod":"GET","requestId":"1-5f0e"},"labels":[{"name":"x"}]}"#,
            r#"{"timestamp":1795160893771,"formatVersion":1,"webaclId":"arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/site/1","terminatingRuleId":"Default_Action","terminatingRuleType":"REGULAR","action":"ALLOW","httpRequest":{"clientIp":"2001:db8::7","headers":[{"name":"host","value":"www.example"},{"name":"user-agent","value":"curl/8"}],"uri":"/a","args":"","httpMethod":"GET","requestId":"1-5f0f"}}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["\"webaclId\""], Keys::new(KEYS), make)),
);

const ACTION: Slot = Slot::Note0;
const RULE_TYPE: Slot = Slot::Note1;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("timestamp", Slot::Time),
    ("action", ACTION),
    ("terminatingRuleType", RULE_TYPE),
    ("responseCodeSent", Slot::Status),
    ("httpRequest.clientIp", Slot::Client),
    ("httpRequest.httpMethod", Slot::Method),
    ("httpRequest.uri", Slot::Path),
    ("httpRequest.args", Slot::Query),
    ("httpRequest.requestId", Slot::RequestId),
    ("httpRequest.host", Slot::OtherHost),
    ("httpRequest.headers.Host", Slot::Host),
    ("httpRequest.headers.host", Slot::Host),
    ("httpRequest.headers.:authority", Slot::Host),
    ("httpRequest.headers.User-Agent", Slot::UserAgent),
    ("httpRequest.headers.user-agent", Slot::UserAgent),
    ("httpRequest.headers.Referer", Slot::Referrer),
    ("httpRequest.headers.referer", Slot::Referrer),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let Some(action) = draft.bytes(ACTION) else { return Err(Reject::UnknownFormat) };
    let mut event = draft.event(FORMAT.facts.stamp)?;
    let rate = draft.bytes(RULE_TYPE) == Some(b"RATE_BASED");
    event.ending = match action {
        b"BLOCK" | b"CAPTCHA" | b"CHALLENGE" if rate => Ending::Shed,
        b"BLOCK" | b"CAPTCHA" | b"CHALLENGE" => Ending::Policy,
        _ => Ending::Unsaid,
    };
    Ok(Parsed::Aside(event, Skip::Firewall))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    fn line(action: &str, kind: &str) -> String {
        format!(
            r#"{{"timestamp":1795160892771,"webaclId":"arn:x","terminatingRuleType":"{kind}","action":"{action}","httpRequest":{{"clientIp":"192.0.2.7","headers":[{{"name":"HOST","value":"no"}},{{"name":"Host","value":"www.example"}}],"uri":"/a","args":"b","httpMethod":"GET"}},"labels":[{{"name":"value"}}]}}"#
        )
    }

    #[test]
    fn every_verdict_is_set_aside_with_its_reason() {
        for (action, kind, want) in [
            ("ALLOW", "REGULAR", Ending::Unsaid),
            ("BLOCK", "REGULAR", Ending::Policy),
            ("BLOCK", "RATE_BASED", Ending::Shed),
            ("CAPTCHA", "MANAGED_RULE_GROUP", Ending::Policy),
            ("CHALLENGE", "GROUP", Ending::Policy),
        ] {
            let line = line(action, kind);
            let Parsed::Aside(e, Skip::Firewall) = (FORMAT.dialect)().line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((e.ending, e.status), (want, None), "{action} {kind}");
            assert_eq!(
                [shown(&e.client), shown(&e.host), shown(&e.method), shown(&e.path), shown(&e.query)],
                ["192.0.2.7", "www.example", "GET", "/a", "b"]
            );
            assert_eq!(e.start.map(|t| t.to_string()).as_deref(), Some("2026-11-20T07:48:12.771Z"));
        }
    }

    #[test]
    fn foreign_json_is_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            (r#"{"timestamp":1795160892771,"action":"BLOCK"}"#.to_owned(), Reject::UnknownFormat),
            (r#"{"timestamp":1795160892771,"webaclId":"arn:x"}"#.to_owned(), Reject::UnknownFormat),
            (line("BLOCK", "GROUP").replace("1795160892771", "\"now\""), Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

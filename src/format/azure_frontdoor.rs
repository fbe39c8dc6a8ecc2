//! Azure Front Door (standard, premium and classic) and Azure CDN: one JSON record for each request.
//!
//! What happened is in `properties`; `category` says which log the record is of. `time` has seven digits
//! of a second, is UTC, and the moment at which the answer was delivered.
//!
//! Quirks:
//! - The tiers differ in case: `FrontdoorAccessLog` (classic), `FrontDoorAccessLog`,
//!   `AzureCdnAccessLog`, whose properties begin with a capital (`HttpStatusCode`). All are read.
//! - All numbers are strings. `timeTaken` is in seconds (`0.384`), whatever older manuals say.
//! - `isReceivedFromClient` false (classic): the hop of one Front Door server to another, behind which
//!   the client's own record stands; set aside.
//! - Records of the firewall (`...WebApplicationFirewallLog`) and of health probes
//!   (`FrontDoorHealthProbeLog`) share the file: set aside.
//! - `httpStatusCode` 0: the origin did not answer in time, and the client got nothing.
//! - `N/A` is absent; names of origins are `N/A` where the cache answered.
//! - `httpStatusDetails` is the origin's status only where an origin is named, `errorInfo` is `NoError`
//!   and the cache did not answer.
//! - `clientIp` is already taken from a forwarded-for list; `socketIp` is the peer.

use super::part::draft::Draft;
use super::part::field::status_field;
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Cache, Ending, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "azure-frontdoor",
        about: "Azure Front Door and Azure CDN access logs",
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
            "request_id",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Edge,
        blind: "an origin's status is known only where nothing failed",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"time":"2026-11-20T07:48:12.6479719Z","resourceId":"/SUBSCRIPTIONS/0/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.CDN/PROFILES/SITE","category":"FrontDoorAccessLog","operationName":"Microsoft.Cdn/Profiles/AccessLog/Write","properties":{"trackingReference":"0k1y5YQ","httpMethod":"GET","httpVersion":"2.0.0.0","requestUri":"https://www.example:443/a?b=c","requestBytes":"2545","responseBytes":"1205","userAgent":"curl/8","clientIp":"192.0.2.128","clientPort":"50382","socketIp":"192.0.2.128","timeToFirstByte":"0.384","timeTaken":"0.384","requestProtocol":"HTTPS","referer":"https://example.net/","httpStatusCode":"200","httpStatusDetails":"200","pop":"SIN","cacheStatus":"CONFIG_NOCACHE","errorInfo":"NoError","hostName":"www.example","originName":"app.example:443","originIp":"198.51.100.7:443"}}"#,
            r#"{"category":"AzureCdnAccessLog","operationName":"Microsoft.Cdn/Profiles/AccessLog/Write","properties":{"TrackingReference":"0k1y5YR","HttpMethod":"GET","RequestUri":"https://www.example:443/b","ResponseBytes":"0","UserAgent":"curl/8","ClientIp":"2001:db8::7","TimeTaken":"30.001","HttpStatusCode":"503","HttpStatusDetails":"503","Pop":"AMS","CacheStatus":"MISS","ErrorInfo":"OriginTimeout"},"time":"2026-11-20T07:48:13.6479719Z"}"#,
            r#"{"time":"2026-11-20T07:48:14.6479719Z","category":"FrontDoorWebApplicationFirewallLog","properties":{"clientIP":"192.0.2.128","requestUri":"https://www.example:443/a","ruleName":"r","action":"Block","host":"www.example","trackingReference":"0k1y5YS"}}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["FrontDoor", "Frontdoor", "FRONTDOOR", "AzureCdn"], keys(), make)),
);

const CATEGORY: Slot = Slot::Note0;
const FROM_CLIENT: Slot = Slot::Note1;
const ERROR: Slot = Slot::Note2;
const DETAILS: Slot = Slot::Note3;

/// Members beside the properties.
const OUTER: &[(&str, Slot)] = &[
    ("time", Slot::Time),
    ("Time", Slot::Time),
    ("timeStamp", Slot::Time),
    ("timestamp", Slot::Time),
    ("category", CATEGORY),
    ("Category", CATEGORY),
];

/// Properties and what they mean.
const PROPERTIES: &[(&str, Slot)] = &[
    ("trackingReference", Slot::RequestId),
    ("httpMethod", Slot::Method),
    ("httpVersion", Slot::Protocol),
    ("httpVerb", Slot::Method),
    ("requestUri", Slot::Target),
    ("probeURL", Slot::Target),
    ("responseBytes", Slot::Bytes),
    ("userAgent", Slot::UserAgent),
    ("clientIp", Slot::Client),
    ("clientIP", Slot::Client),
    ("socketIp", Slot::Peer),
    ("socketIP", Slot::Peer),
    ("timeTaken", Slot::Seconds),
    ("referer", Slot::Referrer),
    ("referrer", Slot::Referrer),
    ("httpStatusCode", Slot::Status),
    ("httpStatusDetails", DETAILS),
    ("pop", Slot::Pop),
    ("POP", Slot::Pop),
    ("cacheStatus", Slot::Cache),
    ("errorInfo", ERROR),
    ("hostName", Slot::OtherHost),
    ("host", Slot::OtherHost),
    ("originName", Slot::Backend),
    ("backendHostname", Slot::Backend),
    ("isReceivedFromClient", FROM_CLIENT),
];

/// All members; properties with a small and with a capital first letter.
fn keys() -> Keys {
    let both = |name: &str| {
        let (first, rest) = name.split_at_checked(1).unwrap_or_default();
        [format!("properties.{name}"), format!("properties.{}{rest}", first.to_ascii_uppercase())]
    };
    let properties = PROPERTIES.iter().flat_map(|(name, slot)| both(name).map(|name| (name, *slot)));
    let outer = OUTER.iter().map(|(name, slot)| ((*name).to_owned(), *slot));
    properties.chain(outer).collect()
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let kind = Kind::of(draft.bytes(CATEGORY).unwrap_or_default()).ok_or(Reject::UnknownFormat)?;
    if kind == Kind::Access && !(draft.has(Slot::Status) && draft.has(Slot::Target)) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    event.backend = event.backend.filter(|name| **name != *b"N/A");
    event.referrer = event.referrer.filter(|text| **text != *b"N/A");
    event.host = event.host.filter(|name| **name != *b"N/A");
    let error = draft.bytes(ERROR).unwrap_or_default();
    let from_origin = !matches!(event.cache, Some(Cache::Hit)) && event.backend.is_some();
    if from_origin && matches!(error, b"NoError" | b"") {
        event.origin_status = draft.bytes(DETAILS).and_then(status_field).filter(|n| (100..600).contains(n));
    }
    event.ending = ending(event.status, event.origin_status, error);
    let hop = draft.bytes(FROM_CLIENT).is_some_and(|b| b.eq_ignore_ascii_case(b"false"));
    Ok(match kind {
        Kind::Firewall => Parsed::Aside(event, Skip::Firewall),
        Kind::Probe => Parsed::Aside(event, Skip::Internal),
        Kind::Access if hop => Parsed::Aside(event, Skip::Internal),
        Kind::Access => Parsed::Event(event),
    })
}

/// Which log a record is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Access,
    Firewall,
    Probe,
}

impl Kind {
    fn of(category: &[u8]) -> Option<Self> {
        let product = [&b"frontdoor"[..], b"azurecdn", b"webapplicationfirewall"];
        let begins = |start: &&[u8]| category.get(..start.len()).is_some_and(|c| c.eq_ignore_ascii_case(start));
        let ends = |end: &[u8]| {
            category.len().checked_sub(end.len()).and_then(|n| category.get(n..)).is_some_and(|c| c.eq_ignore_ascii_case(end))
        };
        if !product.iter().any(begins) {
            return None;
        }
        match () {
            () if ends(b"accesslog") || ends(b"accesslogs") => Some(Kind::Access),
            () if ends(b"firewalllog") || ends(b"firewalllogs") => Some(Kind::Firewall),
            () if ends(b"healthprobelog") => Some(Kind::Probe),
            () => None,
        }
    }
}

/// What `errorInfo` says; without an error, the origin's own answer.
fn ending(status: Option<u16>, origin: Option<u16>, error: &[u8]) -> Ending {
    match error {
        b"ClientDisconnected" => Ending::ClientLeft,
        b"ClientGeoBlocked" | b"RestrictedIP" | b"InvalidRequest" => Ending::Policy,
        b"OriginError" | b"OriginInvalidResponse" | b"OriginInvalidRequest" | b"ResponseHeaderTooBig" => Ending::UpstreamError,
        b"OriginTimeout" | b"OriginConnectionAborted" | b"OriginConnectionError" | b"OriginConnectionRefused" => {
            Ending::UpstreamUnreachable
        }
        _ if [&b"DNS"[..], b"SSL", b"Certificate"].iter().any(|start| error.starts_with(start)) => Ending::UpstreamUnreachable,
        _ => match (status, origin) {
            (Some(500..=599), Some(500..=599)) => Ending::UpstreamError,
            _ => Ending::Unsaid,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    fn line(category: &str, properties: &str) -> String {
        format!(
            r#"{{"category":"{category}","properties":{{"clientIp":"192.0.2.1","socketIp":"198.51.100.1","httpMethod":"GET","requestUri":"https://www.example:443/a?b","timeTaken":"0.384","pop":"SIN"{properties}}},"time":"2026-11-20T07:48:12.6479719Z"}}"#
        )
    }

    fn read(line: &str) -> Parsed<'_> {
        let dialect = (FORMAT.dialect)();
        dialect.line(line.as_bytes())
    }

    #[test]
    fn every_tier_is_read_whatever_its_case() {
        for (line, client) in FORMAT.facts.samples.iter().zip(["192.0.2.128", "2001:db8::7"]) {
            let Parsed::Event(e) = read(line) else { panic!("{line}") };
            assert_eq!((shown(&e.client).as_str(), shown(&e.host).as_str()), (client, "www.example"));
            assert_eq!(e.start, e.duration.map(|d| e.stamp.plus(-d)));
        }
        let line = line("FrontdoorAccessLog", r#","httpStatusCode":"200","cacheStatus":"REMOTE_HIT","hostName":"N/A""#);
        let Parsed::Event(e) = read(&line) else { panic!("{line}") };
        assert_eq!((e.cache, e.duration, shown(&e.pop).as_str()), (Some(Cache::Hit), Some(384_000), "SIN"));
    }

    #[test]
    fn errors_tell_who_made_the_answer() {
        for (status, details, cache, error, origin, want) in [
            ("200", "200", "MISS", "NoError", Some(200), Ending::Unsaid),
            ("503", "503", "CONFIG_NOCACHE", "NoError", Some(503), Ending::UpstreamError),
            ("200", "200", "HIT", "NoError", None, Ending::Unsaid),
            ("503", "503", "MISS", "OriginConnectionRefused", None, Ending::UpstreamUnreachable),
            ("0", "0", "MISS", "OriginTimeout", None, Ending::UpstreamUnreachable),
            ("502", "502", "MISS", "DNSNameNotResolved", None, Ending::UpstreamUnreachable),
            ("502", "502", "MISS", "OriginInvalidResponse", None, Ending::UpstreamError),
            ("403", "403", "N/A", "ClientGeoBlocked", None, Ending::Policy),
            ("499", "499", "MISS", "ClientDisconnected", None, Ending::ClientLeft),
            ("500", "500", "MISS", "UnspecifiedError", None, Ending::Unsaid),
        ] {
            let line = line(
                "FrontDoorAccessLog",
                &format!(
                    r#","httpStatusCode":"{status}","httpStatusDetails":"{details}","cacheStatus":"{cache}","errorInfo":"{error}","originName":"app.example""#
                ),
            );
            let Parsed::Event(e) = read(&line) else { panic!("{line}") };
            assert_eq!((e.origin_status, e.ending), (origin, want), "{status} {error}");
        }
    }

    #[test]
    fn what_is_no_request_of_a_client_is_set_aside() {
        for (category, properties, want) in [
            ("FrontdoorAccessLog", r#","httpStatusCode":"200","isReceivedFromClient":false"#, Skip::Internal),
            ("FrontdoorAccessLog", r#","httpStatusCode":"200","isReceivedFromClient":"False""#, Skip::Internal),
            ("FrontDoorHealthProbeLog", r#","httpStatusCode":"400""#, Skip::Internal),
            ("FrontdoorWebApplicationFirewallLog", r#","action":"Block""#, Skip::Firewall),
        ] {
            let line = line(category, properties);
            let Parsed::Aside(_, why) = read(&line) else { panic!("{line}") };
            assert_eq!(why, want, "{category}");
        }
        let own = line("FrontdoorAccessLog", r#","httpStatusCode":"200","isReceivedFromClient":true"#);
        assert!(matches!(read(&own), Parsed::Event(_)));
    }

    #[test]
    fn foreign_json_is_refused_and_a_wrong_date_is_named() {
        let good = line("FrontDoorAccessLog", r#","httpStatusCode":"200""#);
        for (line, want) in [
            (line("FrontDoorAuditLog", ""), Reject::UnknownFormat),
            (line("FrontDoorAccessLog", ""), Reject::UnknownFormat),
            (line("ApplicationGatewayAccessLog", r#","x":"FrontDoor","httpStatusCode":"200""#), Reject::UnknownFormat),
            (good.replace("2026-11-20T", "2026-11-99T"), Reject::BadTime),
        ] {
            assert_eq!(read(&line), Parsed::Reject(want), "{line}");
        }
    }
}

//! Azure Application Gateway, v1 and v2: one JSON record for each request.
//!
//! What happened is in `properties`; `category` says which log the record is of. The time is in `time`,
//! `timeStamp` or `timestamp`, UTC, and when the record was made: the end of the request.
//!
//! Quirks:
//! - v1 (`instanceId` `ApplicationGatewayRole_IN_0`): `timeTaken` is in milliseconds, and the server's
//!   answer stands inside the query, `...&SERVER-ROUTED=10.4.0.4&...&SERVER-STATUS=404`, in the place of
//!   the client's own. It is kept as logged.
//! - v2: `timeTaken` is in seconds; `serverRouted` and `serverStatus` name the server and its answer, or
//!   lists of them after retries.
//! - `originalRequestUriWithArgs` and `originalHost` are what the client asked for, before rewrite rules,
//!   and are preferred to `requestUri` and `host`.
//! - No server status beside 502, 503 or 504: the gateway made the answer. `error_info` says why
//!   (`ERRORINFO_UPSTREAM_TIMED_OUT`).
//! - Records of the firewall (`ApplicationGatewayFirewallLog`) share the file: set aside. So do records
//!   of its performance, which tell no request.

use super::part::draft::{Draft, last};
use super::part::field::{Raw, fine_millis, is_absent, seconds, status_field};
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Ending, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use memchr::memmem;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "azure-appgateway",
        about: "Azure Application Gateway access log",
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
            "backend",
            "user_agent",
            "request_id",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Balancer,
        blind: "v1 has the server's answer in the place of the client's query",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"timeStamp":"2026-11-20T07:48:12+00:00","resourceId":"/SUBSCRIPTIONS/0/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.NETWORK/APPLICATIONGATEWAYS/GW","operationName":"ApplicationGatewayAccess","category":"ApplicationGatewayAccessLog","properties":{"instanceId":"appgw_1","clientIP":"192.0.2.7","clientPort":46886,"httpMethod":"GET","originalRequestUriWithArgs":"/a?b=c","requestUri":"/a","requestQuery":"b=c","userAgent":"curl/8","httpStatus":200,"httpVersion":"HTTP/1.1","receivedBytes":65,"sentBytes":553,"timeTaken":0.039,"transactionId":"0d95","sslEnabled":"on","serverRouted":"10.4.0.4:80","serverStatus":"200","serverResponseLatency":"0.036","host":"app.internal.example","originalHost":"www.example"}}"#,
            r#"{"resourceId":"/SUBSCRIPTIONS/0/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.NETWORK/APPLICATIONGATEWAYS/GW","operationName":"ApplicationGatewayAccess","timestamp":"2026-11-20T07:48:13Z","category":"ApplicationGatewayAccessLog","properties":{"instanceId":"ApplicationGatewayRole_IN_0","clientIP":"2001:db8::7","clientPort":46887,"httpMethod":"GET","requestUri":"/b","requestQuery":"X-AzureApplicationGateway-CACHE-HIT=0&SERVER-ROUTED=10.4.0.4&X-AzureApplicationGateway-LOG-ID=874f&SERVER-STATUS=502","userAgent":"-","httpStatus":502,"sentBytes":553,"timeTaken":205,"sslEnabled":"off","host":"www.example"}}"#,
            r#"{"operationName":"ApplicationGatewayFirewall","time":"2026-11-20T07:48:14.1494499Z","category":"ApplicationGatewayFirewallLog","properties":{"instanceId":"ApplicationGatewayRole_IN_0","clientIp":"192.0.2.7","requestUri":"/","ruleId":"920350","action":"Matched","hostname":"192.0.2.80","transactionId":"168"}}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["ApplicationGateway"], Keys::new(KEYS), make)),
);

const CATEGORY: Slot = Slot::Note0;
const INSTANCE: Slot = Slot::Note1;
const TAKEN: Slot = Slot::Note2;
const ERROR: Slot = Slot::Note3;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("time", Slot::Time),
    ("timestamp", Slot::Time),
    ("timeStamp", Slot::Time),
    ("category", CATEGORY),
    ("properties.instanceId", INSTANCE),
    ("properties.clientIP", Slot::Client),
    ("properties.clientIp", Slot::Client),
    ("properties.httpMethod", Slot::Method),
    ("properties.originalRequestUriWithArgs", Slot::Target),
    ("properties.requestUri", Slot::OtherTarget),
    ("properties.requestQuery", Slot::Query),
    ("properties.userAgent", Slot::UserAgent),
    ("properties.httpStatus", Slot::Status),
    ("properties.sentBytes", Slot::Bytes),
    ("properties.timeTaken", TAKEN),
    ("properties.originalHost", Slot::Host),
    ("properties.host", Slot::OtherHost),
    ("properties.hostname", Slot::OtherHost),
    ("properties.serverRouted", Slot::Backend),
    ("properties.serverStatus", Slot::OriginStatus),
    ("properties.transactionId", Slot::RequestId),
    ("properties.error_info", ERROR),
    ("properties.errorInfo", ERROR),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    match draft.bytes(CATEGORY).unwrap_or_default() {
        b"ApplicationGatewayAccessLog" if draft.has(Slot::Status) => {}
        b"ApplicationGatewayFirewallLog" => {
            return Ok(Parsed::Aside(draft.event(FORMAT.facts.stamp)?, Skip::Firewall));
        }
        b"ApplicationGatewayPerformanceLog" => return Ok(Parsed::Skip(Skip::ServerMessage)),
        _ => return Err(Reject::UnknownFormat),
    }
    let mut event = draft.event(FORMAT.facts.stamp)?;
    let query = draft.raw(Slot::Query).unwrap_or_default();
    let inside = |name: &[u8]| argument(query.bytes, name);
    let v1 =
        draft.bytes(INSTANCE).is_some_and(|i| i.starts_with(b"ApplicationGatewayRole")) || inside(b"SERVER-ROUTED=").is_some();
    event.duration = draft.bytes(TAKEN).and_then(if v1 { fine_millis } else { seconds });
    event.place(FORMAT.facts.stamp);
    if v1 {
        event.origin_status = event.origin_status.or_else(|| status_field(last(inside(b"SERVER-STATUS=")?)));
        let routed = || inside(b"SERVER-ROUTED=").filter(|r| !is_absent(r)).map(|r| Raw { bytes: r, ..query }.text());
        event.backend = event.backend.or_else(routed);
    }
    event.ending = ending(event.status, event.origin_status, draft.bytes(ERROR).unwrap_or_default());
    Ok(Parsed::Event(event))
}

/// The value of `NAME=` in a query.
fn argument<'a>(query: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = query.get(memmem::find(query, name)? + name.len()..)?;
    rest.split(|b| *b == b'&').next()
}

/// Who made the answer: a server, or the gateway in its place.
fn ending(status: Option<u16>, server: Option<u16>, error: &[u8]) -> Ending {
    match error {
        b"ERRORINFO_CLIENT_CLOSED_REQUEST" => return Ending::ClientLeft,
        b"ERRORINFO_NO_ERROR" => {}
        _ if error.starts_with(b"ERRORINFO_UPSTREAM_") => return Ending::UpstreamUnreachable,
        _ if error.starts_with(b"ERRORINFO_INVALID_") => return Ending::Policy,
        _ => {}
    }
    match (status, server) {
        (Some(499), _) => Ending::ClientLeft,
        (Some(500..=599), Some(500..=599)) => Ending::UpstreamError,
        (Some(502..=504), None) => Ending::UpstreamUnreachable,
        (Some(400 | 403), None) => Ending::Policy,
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::format::part::clf::shown;

    fn line(properties: &str) -> String {
        format!(
            r#"{{"category":"ApplicationGatewayAccessLog","time":"2026-11-20T07:48:12.5Z","properties":{{"clientIP":"192.0.2.1","httpMethod":"GET","requestUri":"/a"{properties}}}}}"#
        )
    }

    fn read(line: &str) -> Parsed<'_> {
        let dialect = (FORMAT.dialect)();
        dialect.line(line.as_bytes())
    }

    fn event(line: &str) -> Event<'_> {
        match read(line) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn the_unit_of_the_duration_is_the_versions() {
        for (properties, want) in [
            (r#","httpStatus":200,"instanceId":"ApplicationGatewayRole_IN_1","timeTaken":205"#, 205_000),
            (r#","httpStatus":200,"requestQuery":"SERVER-ROUTED=10.4.0.4&SERVER-STATUS=200","timeTaken":205"#, 205_000),
            (r#","httpStatus":200,"instanceId":"appgw_3","timeTaken":0.205"#, 205_000),
            (r#","httpStatus":200,"instanceId":"appgw_3","timeTaken":"2""#, 2_000_000),
        ] {
            let line = line(properties);
            let e = event(&line);
            assert_eq!((e.duration, e.start), (Some(want), Some(e.stamp.plus(-want))), "{properties}");
        }
    }

    #[test]
    fn the_servers_answer_is_found_in_either_version() {
        for (properties, origin, backend, query) in [
            (
                r#","httpStatus":404,"requestQuery":"X-AzureApplicationGateway-CACHE-HIT=0&SERVER-ROUTED=10.4.0.4&X-AzureApplicationGateway-LOG-ID=8&SERVER-STATUS=404""#,
                Some(404),
                "10.4.0.4",
                "X-AzureApplicationGateway-CACHE-HIT=0&SERVER-ROUTED=10.4.0.4&X-AzureApplicationGateway-LOG-ID=8&SERVER-STATUS=404",
            ),
            (
                r#","httpStatus":404,"serverRouted":"10.4.0.4:80, 10.4.0.5:80","serverStatus":"502, 404","originalRequestUriWithArgs":"/a?b""#,
                Some(404),
                "10.4.0.5:80",
                "b",
            ),
            (r#","httpStatus":502,"serverRouted":"","serverStatus":"","requestQuery":"b=c""#, None, "-", "b=c"),
        ] {
            let line = line(properties);
            let e = event(&line);
            assert_eq!((e.origin_status, shown(&e.backend).as_str(), shown(&e.query).as_str()), (origin, backend, query));
            assert_eq!(shown(&e.path), "/a");
        }
    }

    #[test]
    fn statuses_and_errors_tell_who_made_the_answer() {
        for (status, server, error, want) in [
            ("200", "200", "ERRORINFO_NO_ERROR", Ending::Unsaid),
            ("503", "503", "ERRORINFO_NO_ERROR", Ending::UpstreamError),
            ("502", "-", "", Ending::UpstreamUnreachable),
            ("504", "", "ERRORINFO_UPSTREAM_TIMED_OUT", Ending::UpstreamUnreachable),
            ("499", "", "ERRORINFO_CLIENT_CLOSED_REQUEST", Ending::ClientLeft),
            ("400", "", "ERRORINFO_INVALID_HOST", Ending::Policy),
            ("403", "", "", Ending::Policy),
            ("403", "403", "", Ending::Unsaid),
        ] {
            let line = line(&format!(
                r#","httpStatus":{status},"serverStatus":"{server}","error_info":"{error}","serverRouted":"x:80""#
            ));
            assert_eq!(event(&line).ending, want, "{status} {server} {error}");
        }
    }

    #[test]
    fn records_of_other_logs_in_the_same_file_are_no_requests() {
        let firewall = line(r#","action":"Blocked","hostname":"www.example""#).replace("AccessLog", "FirewallLog");
        let Parsed::Aside(e, Skip::Firewall) = read(&firewall) else { panic!("{firewall}") };
        assert_eq!([shown(&e.client), shown(&e.path), shown(&e.host)], ["192.0.2.1", "/a", "www.example"]);
        let load = line(r#","healthyHostCount":"2""#).replace("AccessLog", "PerformanceLog");
        assert_eq!(read(&load), Parsed::Skip(Skip::ServerMessage));
    }

    #[test]
    fn foreign_json_is_refused_and_a_wrong_date_is_named() {
        let good = line(r#","httpStatus":200"#);
        for (line, want) in [
            (line(""), Reject::UnknownFormat),
            (good.replace("GatewayAccessLog", "GatewayAuditLog"), Reject::UnknownFormat),
            (good.replace("2026-11-20T", "2026-11-99T"), Reject::BadTime),
        ] {
            assert_eq!(read(&line), Parsed::Reject(want), "{line}");
        }
    }
}

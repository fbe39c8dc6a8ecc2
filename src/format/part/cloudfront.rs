//! What all logs of CloudFront say in the same words: edge locations, and the three result columns.
//!
//! - A location is `SEA19-C1`: three letters of the airport, a number, and sometimes a cluster.
//! - `x-edge-result-type` is the result after the last byte, `x-edge-response-result-type` the one
//!   before the first; where they differ, what happened between is what the viewer did.
//! - `x-edge-detailed-result-type` names the side that failed.

use super::draft::Draft;
use super::field::is_absent;
use super::slot::Slot;
use crate::event::{Cache, Ending, Event};
use std::borrow::Cow;

/// `x-edge-result-type`.
pub const RESULT: Slot = Slot::Note0;
/// `x-edge-response-result-type`.
pub const RESPONSE: Slot = Slot::Note1;
/// `x-edge-detailed-result-type`.
pub const DETAILED: Slot = Slot::Note2;

/// Puts what the location and the three results tell into the event.
pub fn conclude<'a>(draft: &Draft<'a>, event: &mut Event<'a>) {
    let value = |slot| draft.bytes(slot).unwrap_or_default();
    event.pop = draft.bytes(Slot::Pop).map(|location| Cow::Borrowed(airport(location)));
    event.cache = cache(value(RESULT));
    event.ending = ending(value(RESULT), value(RESPONSE), value(DETAILED), event.status.is_some());
}

/// Whether the value can be an edge location (`SEA19-C1`), or is absent.
#[must_use]
pub fn is_location(text: &[u8]) -> bool {
    is_absent(text) || (text.len() >= 3 && text.iter().take(3).all(u8::is_ascii_uppercase))
}

/// `SEA` of `SEA19-C1`.
#[must_use]
pub fn airport(location: &[u8]) -> &[u8] {
    location.get(..3).unwrap_or(location)
}

/// The cache result that `x-edge-result-type` tells.
#[must_use]
pub fn cache(result: &[u8]) -> Option<Cache> {
    Some(match result {
        b"Hit" | b"OriginShieldHit" => Cache::Hit,
        b"RefreshHit" => Cache::Revalidated,
        b"Miss" => Cache::Miss,
        b"Redirect" | b"FunctionGeneratedResponse" => Cache::Synth,
        _ => return None,
    })
}

/// What the three result columns say: `x-edge-result-type`, `x-edge-response-result-type` and
/// `x-edge-detailed-result-type`; `answered` says whether a status was sent. An `Error` alone does not
/// tell whose: an origin's 5xx that was passed on has it too.
#[must_use]
pub fn ending(result: &[u8], response: &[u8], detailed: &[u8], answered: bool) -> Ending {
    match detailed {
        b"LimitExceeded" | b"CapacityExceeded" => return Ending::Shed,
        b"ClientCommError" | b"ClientHungUpRequest" => return Ending::ClientLeft,
        b"ClientGeoBlocked" => return Ending::Policy,
        b"OriginError"
        | b"OriginInvalidResponseError"
        | b"OriginHeaderTooBigError"
        | b"OriginContentRangeLengthError"
        | b"OriginZeroSizeObjectError" => return Ending::UpstreamError,
        b"AbortedOrigin"
        | b"OriginCommError"
        | b"OriginConnectError"
        | b"OriginDnsError"
        | b"OriginReadError"
        | b"OriginWriteError"
        | b"SlowReaderOriginError" => return Ending::UpstreamUnreachable,
        _ if detailed.starts_with(b"InvalidRequest") => return Ending::Policy,
        _ => {}
    }
    match (result, response) {
        (b"LimitExceeded" | b"CapacityExceeded", _) => Ending::Shed,
        _ if !answered => Ending::ClientLeft,
        (b"Error", response) if !is_absent(response) && response != b"Error" => Ending::ClientLeft,
        _ => Ending::Unsaid,
    }
}

/// The name asked for, of the two hosts that are logged.
///
/// Situation: standard logs have the distribution (`d111.cloudfront.net`) in `cs(Host)` and the name
/// asked for in `x-host-header`; real-time logs have them the other way round, and rows made of
/// either no longer say which they were. The distribution is told by its name.
#[must_use]
pub fn asked<T: AsRef<[u8]>>(host: Option<T>, other: Option<T>) -> Option<T> {
    let distribution = |name: &T| name.as_ref().ends_with(b".cloudfront.net");
    match (host, other) {
        (Some(host), Some(other)) if distribution(&host) && !distribution(&other) => Some(other),
        (host, other) => host.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_tell_who_ended_it() {
        for (result, response, detailed, want) in [
            ("Hit", "Hit", "Hit", Ending::Unsaid),
            ("Error", "Error", "Error", Ending::Unsaid),
            ("Error", "Hit", "Error", Ending::ClientLeft),
            ("Error", "Error", "OriginError", Ending::UpstreamError),
            ("Error", "Error", "ClientGeoBlocked", Ending::Policy),
            ("Error", "Error", "InvalidRequestBlocked", Ending::Policy),
            ("CapacityExceeded", "Error", "-", Ending::Shed),
        ] {
            assert_eq!(
                ending(result.as_bytes(), response.as_bytes(), detailed.as_bytes(), true),
                want,
                "{result} {response} {detailed}"
            );
        }
    }

    #[test]
    fn the_distribution_is_not_the_host_where_a_better_name_is_known() {
        for (host, other, want) in [
            (Some("www.example"), Some("d111.cloudfront.net"), Some("www.example")),
            (Some("d111.cloudfront.net"), Some("www.example"), Some("www.example")),
            (Some("d111.cloudfront.net"), Some("d111.cloudfront.net"), Some("d111.cloudfront.net")),
            (None, Some("d111.cloudfront.net"), Some("d111.cloudfront.net")),
            (Some("d111.cloudfront.net"), None, Some("d111.cloudfront.net")),
        ] {
            assert_eq!(asked(host, other), want, "{host:?} {other:?}");
        }
    }

    #[test]
    fn a_place_is_the_airport_of_a_location() {
        assert_eq!(airport(b"SEA19-C1"), b"SEA");
        assert!(is_location(b"FRA2") && is_location(b"-") && !is_location(b"192.0.2.1") && !is_location(b"se"));
    }
}

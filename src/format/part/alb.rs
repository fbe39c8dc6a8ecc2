//! What several logs of AWS load balancers have in common: how a value is quoted, and who made an answer.

use super::field::{self, Raw, Step};
use crate::event::Ending;

/// A value, in quotes or not, and the spaces after it; `"-"` ends at its second quote, whatever follows.
///
/// Situation: a vendor example lacks a space, `"-"1 2018-07-02T...`.
pub fn value(i: &[u8]) -> Step<'_, Raw<'_>> {
    match i.strip_prefix(b"\"-\"") {
        Some(rest) => Ok((rest.trim_ascii_start(), Raw::plain(b"-"))),
        None => field::value(i),
    }
}

/// Who made the error: a target that answered, a rule, or the balancer in a target's place. `actions`
/// and `reason` are the executed actions and the error reason.
#[must_use]
pub fn ending(status: Option<u16>, target: Option<u16>, actions: &[u8], reason: &[u8]) -> Ending {
    match (status, target) {
        (Some(460), _) => Ending::ClientLeft,
        (Some(500..=599), Some(500..=599)) => Ending::UpstreamError,
        (Some(500..=599), None) if reason == b"LambdaThrottling" => Ending::Shed,
        (Some(500..=599), None)
            if matches!(reason, b"LambdaInvalidResponse" | b"LambdaResponseTooLarge" | b"LambdaUnhandled") =>
        {
            Ending::UpstreamError
        }
        (Some(502..=504), None) if actions.ends_with(b"fixed-response") => Ending::Policy,
        (Some(502..=504), None) => Ending::UpstreamUnreachable,
        (Some(400 | 401 | 403 | 405 | 413 | 414 | 463 | 464 | 561), None) => Ending::Policy,
        _ => Ending::Unsaid,
    }
}

//! What is known of an incident, held against what a report says of it.

use crate::kit::number;
use outscope::time::Micros;
use serde_json::Value;

/// Seconds since 1970 of an RFC 3339 text.
#[track_caller]
pub(crate) fn seconds(text: &Value) -> f64 {
    let text = text.as_str().unwrap_or_else(|| panic!("{text} is no time"));
    Micros::parse_rfc3339(text).expect("a time").0 as f64 / 1e6
}

/// How far the report's window is from `from` and `to`, in seconds: at its onset and at its end.
pub(crate) fn distance(json: &Value, from: f64, to: f64) -> (f64, f64) {
    let window = &json["window"];
    ((seconds(&window["from"]) - from).abs(), (seconds(&window["to"]) - to).abs())
}

/// The step of the report's axis, in seconds.
pub(crate) fn step(json: &Value) -> f64 {
    number(json, "/axis/step") as f64
}

/// What is wrong with the availability that the report tells of `part` ("target" or "rest") in the
/// window, where in truth `failed` of `requests` failed; `None` where its interval holds the truth.
pub(crate) fn off(json: &Value, part: &str, requests: u64, failed: u64) -> Option<String> {
    if requests == 0 {
        return None;
    }
    let avail = &json["scope"][part]["during"];
    let truth = 1.0 - failed as f64 / requests as f64;
    match (avail["low"].as_f64(), avail["high"].as_f64()) {
        (Some(low), Some(high)) if (low..=high).contains(&truth) => None,
        (Some(low), Some(high)) => Some(format!("{part}: {truth:.4} lies outside {low:.4} to {high:.4}")),
        _ => Some(format!("{part}: {truth:.4}, and nothing is told")),
    }
}

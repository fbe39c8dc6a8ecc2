//! Agreement with the parse that public test suites expect, where their lines are at hand.
//!
//! Runs over `../shared/conformance/*.jsonl` beside the crate and passes silently without it.
//!
//! Exceptions, all of them on purpose:
//! - Cloudflare lines of Worker sub-requests (`edgeWorkerFetch` with a `ParentRayID`) are expected as
//!   events by their suite; here they are skipped as internal and counted as read.
//! - A path is compared as logged (with the suite's `url` where it has one): some suites decode `%20`.
//! - A request that is no HTTP (`HELP`, TLS bytes) has no path here; a suite takes the whole of it.
//! - An ALB suite states the creation time as the time of the event: the start is accepted for it.

use super::{Parsed, reader::LineReader, recognise::recognise};
use crate::event::Event;
use crate::ledger::Skip;
use crate::time::Micros;
use serde_json::Value;
use std::path::PathBuf;

const FILES: [&str; 7] = ["nginx", "apache", "haproxy", "varnish", "aws_cloudfront", "aws_elb", "cloudflare_logpush"];

fn folder() -> Option<PathBuf> {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/conformance"));
    path.is_dir().then_some(path)
}

fn text(value: Option<&std::borrow::Cow<'_, [u8]>>) -> Option<String> {
    value.map(|t| String::from_utf8_lossy(t).into_owned())
}

/// What differs from the expectation.
fn differences(want: &Value, event: &Event<'_>) -> Vec<String> {
    let mut all = Vec::new();
    let mut check = |what: &str, want: Option<String>, got: Option<String>| {
        if want.is_some() && want != got {
            all.push(format!("{what}: {want:?} is expected, {got:?} read"));
        }
    };
    let expected = |key: &str| want.get(key).and_then(Value::as_str).map(str::to_owned);
    if let Some(ts) = expected("ts").and_then(|t| Micros::parse_rfc3339(&t).ok()) {
        // Suites that keep milliseconds cut the rest.
        let same = |t: Micros| t == ts || t.0.div_euclid(1_000) * 1_000 == ts.0;
        if !(same(event.stamp) || event.start.is_some_and(same)) {
            check("ts", Some(ts.to_string()), Some(event.stamp.to_string()));
        }
    }
    check("client", expected("client"), text(event.client.as_ref()));
    check("method", expected("method"), text(event.method.as_ref()));
    check("status", want.get("status").and_then(Value::as_u64).map(|n| n.to_string()), event.status.map(|n| n.to_string()));
    let path = match expected("url") {
        Some(url) if url.starts_with('/') || url.contains("://") => {
            let url = url.split_once("://").map_or(url.as_str(), |(_, rest)| &rest[rest.find('/').unwrap_or(rest.len())..]);
            Some(url.split('?').next().unwrap_or_default().to_owned())
        }
        Some(_) => None,
        None => expected("path"),
    };
    check("path", path, text(event.path.as_ref()));
    check("query", expected("query"), text(event.query.as_ref()));
    check("host", expected("host"), text(event.host.as_ref()));
    check("bytes", want.get("bytes").and_then(Value::as_u64).map(|n| n.to_string()), event.bytes.map(|n| n.to_string()));
    let seconds = |s: f64| format!("{s:.6}");
    check("duration_s", want.get("duration_s").and_then(Value::as_f64).map(seconds), event.duration_secs().map(seconds));
    all
}

/// Reads one line as a file of its own: recognised, then read.
fn verdict(want: &Value) -> Result<(), String> {
    let raw = want["raw"].as_str().unwrap_or_default().lines().next().unwrap_or_default();
    let header = want.get("header").and_then(Value::as_str).map(|h| format!("{h}\n")).unwrap_or_default();
    let found = recognise(format!("{header}{raw}\n").as_bytes()).map_err(|e| format!("not recognised: {}", e.why))?;
    let mut reader = LineReader::new(found.dialect, found.facts);
    if !header.is_empty() {
        reader.read(header.trim_end().as_bytes());
    }
    match reader.read(raw.as_bytes()).1 {
        Parsed::Event(event) => match differences(want, &event) {
            all if all.is_empty() => Ok(()),
            all => Err(all.join("; ")),
        },
        Parsed::Skip(Skip::Internal) if raw.contains("edgeWorkerFetch") => Ok(()),
        other => Err(format!("{other:?}")),
    }
}

#[test]
fn the_lines_of_public_suites_are_read_as_they_expect() {
    let Some(folder) = folder() else { return };
    let (mut right, mut all, mut wrong) = (0_u32, 0_u32, Vec::new());
    for name in FILES {
        let content = std::fs::read_to_string(folder.join(format!("{name}.jsonl"))).expect("a readable file");
        for (n, line) in content.lines().enumerate() {
            let want: Value = serde_json::from_str(line).expect("JSON");
            // Classic ELB lines have no type in front: another format.
            if name == "aws_elb" && want["raw"].as_str().is_some_and(|raw| raw.starts_with("20")) {
                continue;
            }
            all += 1;
            match verdict(&want) {
                Ok(()) => right += 1,
                Err(why) => wrong.push(format!("{name}:{}: {why}", n + 1)),
            }
        }
    }
    assert!(f64::from(right) >= 0.95 * f64::from(all), "{right} of {all}:\n{}", wrong.join("\n"));
}

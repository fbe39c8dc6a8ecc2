//! From the bytes of a `report.json` to what is compared; whatever is wrong with it is told in one sentence.
//!
//! The file may come from anywhere: its size is bounded, its numbers are checked before anything is computed or
//! drawn with them, and its text is only ever shown through `render::escape`.

use super::view::Report;
use crate::case::Share;
use crate::error::{Error, Result};
use serde::Deserialize;
use serde_json::Value;

/// Largest `report.json` that is read, bytes: a report of 100,000 sources, the most a bundle may have, has about
/// half of it.
pub const REPORT_MAX: u64 = 256 << 20;
/// Most bins of a series: more than any report of this program holds (4,096), so that a step may become finer.
pub const BINS_MAX: usize = 20_000;
/// Most characters of what the JSON reader says about damage.
const REASON_MAX: usize = 200;

/// Reads the report in `bytes`; `shown` is the file's name as the user knows it.
///
/// # Errors
/// It is no report of this program, has another schema, or is damaged.
pub fn report(shown: &str, bytes: &[u8]) -> Result<Report> {
    #[derive(Deserialize)]
    struct Head {
        schema: Option<Value>,
        program: Option<Value>,
        kind: Option<Value>,
        scope: Option<serde::de::IgnoredAny>,
    }
    let wrong = |why: String| Error::NothingUsable(format!("{shown}: {why}"));
    let damaged = |e: serde_json::Error| {
        let said: String = e.to_string().chars().take(REASON_MAX).collect();
        wrong(format!("is damaged or no report.json of outscope ({said})"))
    };
    let head: Head = serde_json::from_slice(bytes).map_err(damaged)?;
    if head.kind.as_ref().and_then(Value::as_str) == Some("comparison") {
        return Err(wrong("is a comparison; compare two reports or two bundles".into()));
    }
    match head.schema.as_ref().map(Value::as_u64) {
        Some(Some(n)) if n == u64::from(crate::case::SCHEMA) => {}
        Some(Some(n)) => {
            let by = head
                .program
                .as_ref()
                .and_then(Value::as_str)
                .map_or_else(String::new, |p| format!(" (made by {})", p.chars().take(80).collect::<String>()));
            return Err(wrong(format!(
                "has schema {n}{by}, and this program reads schema {}; make the report anew from its bundle with this version",
                crate::case::SCHEMA
            )));
        }
        _ => return Err(wrong("is no report.json of outscope: it has no whole number as `schema`".into())),
    }
    if head.scope.is_none() {
        return Err(wrong("is no report.json of outscope: it has no `scope`".into()));
    }
    let report: Report = serde_json::from_slice(bytes).map_err(damaged)?;
    unsound(&report).map_or(Ok(report), |why| Err(wrong(format!("is damaged: {why}"))))
}

/// What cannot be true of the numbers, if anything.
fn unsound(r: &Report) -> Option<String> {
    if r.axis.is_some_and(|a| !(1..=31_536_000).contains(&a.step)) {
        return Some("`axis.step` is no step of time".into());
    }
    if r.window.is_some_and(|w| w.to < w.from) {
        return Some("`window` ends before it begins".into());
    }
    for (key, series) in [("target_series", &r.scope.target_series), ("rest_series", &r.scope.rest_series)] {
        let Some(series) = series else { continue };
        if series.len() > BINS_MAX {
            return Some(format!("`scope.{key}` has more than {BINS_MAX} bins"));
        }
        if series.iter().any(|p| p.failed > p.requests) || series.windows(2).any(|w| w[1].t <= w[0].t) {
            return Some(format!("`scope.{key}` is out of order, or more requests failed than came"));
        }
    }
    for e in &r.episodes {
        let times = [e.from_low.unwrap_or(e.from), e.from, e.from_high.unwrap_or(e.from)];
        let ends = [e.to_low.unwrap_or(e.to), e.to, e.to_high.unwrap_or(e.to)];
        if !times.is_sorted() || !ends.is_sorted() || e.to < e.from || e.downtime.is_some_and(|d| !(0.0..=1e10).contains(&d)) {
            return Some("the times of an entry of `episodes` are out of order".into());
        }
    }
    shares(r)
        .into_iter()
        .find(|(_, s, range)| !sound(*s, *range))
        .map(|(key, ..)| format!("the figures of `{key}` are out of range"))
}

/// Every figure that is compared, with its key and the range it must lie in.
fn shares(r: &Report) -> Vec<(&'static str, Share, (f64, f64))> {
    const PART: (f64, f64) = (0.0, 1.0);
    const TIMES: (f64, f64) = (0.0, 1e12);
    let mut all = Vec::new();
    let of = |a: crate::case::Avail| Share { value: a.value, low: a.low, high: a.high };
    let mut add = |key, s: Option<Share>, range| all.extend(s.map(|s| (key, s, range)));
    let scope = &r.scope;
    add("scope.share_of_excess", scope.share_of_excess, PART);
    add("scope.target.during", scope.target.and_then(|t| t.during).map(of), PART);
    add("scope.target.before", scope.target.and_then(|t| t.before).map(of), PART);
    add("scope.rest.during", scope.rest.and_then(|t| t.during).map(of), PART);
    add("scope.rest.increase", scope.rest.and_then(|t| t.increase), (-1.0, 1.0));
    let users = r.operations.target;
    let during = users.and_then(|u| u.during);
    add("operations.target.during.operations", during.and_then(|p| p.operations).map(of), PART);
    add("operations.target.during.uptime", during.and_then(|p| p.uptime), PART);
    add("operations.target.denied", users.and_then(|u| u.denied), PART);
    add("operations.target.first_success.never", users.and_then(|u| u.first_success).and_then(|f| f.never), PART);
    add("operations.target.amplification", users.and_then(|u| u.amplification), TIMES);
    add("operations.surge.requests", r.operations.surge.and_then(|s| s.requests), TIMES);
    for by in r.tiers.made.iter().flat_map(|m| &m.by) {
        add("tiers.made.by", Some(by.share), PART);
    }
    all
}

/// Whether the figure lies in its range and inside its interval. Numbers of a report are rounded, so an end may
/// pass its value by the rounding.
fn sound(s: Share, (least, most): (f64, f64)) -> bool {
    let slack = |v: f64| 1e-5 * (1.0 + v.abs());
    let inside = |v: f64| v.is_finite() && v >= least - slack(least) && v <= most + slack(most);
    let ordered = |low: Option<f64>, high: Option<f64>| low.zip(high).is_none_or(|(l, h)| l <= h + slack(h));
    [s.value, s.low, s.high].into_iter().flatten().all(inside) && ordered(s.low, s.value) && ordered(s.value, s.high)
}

//! When it was, how long it lasted, and in what shape it came and went.

use super::item::{Item, Standing, Topic, Unit};
use super::judge::name;
use super::scope::why;
use super::view::{Episode, Report};
use crate::case::{Chosen, Shape, Share};
use crate::time::{Micros, SECOND};
use crate::words;

/// Adds the points.
pub(super) fn compare(a: &Report, b: &Report, out: &mut Vec<Item>) {
    let n = |id: &str, what: &str| name(Topic::Course, id, what);
    let why = why(a, b);
    out.push(match a.window.zip(b.window) {
        Some((x, y)) => {
            let apart = secs(x.from, y.from);
            let says = if apart == 0.0 {
                format!("Both began at {}.", moment(x.from))
            } else {
                let (first, order) = if apart > 0.0 { ("B", "after A") } else { ("B", "before A") };
                format!(
                    "A began at {}, B at {}: {first} {} {order}.",
                    moment(x.from),
                    moment(y.from),
                    words::duration_in_full(apart)
                )
            };
            n("onset", "onset").judged(Standing::Shown, says, moment(x.from), moment(y.from))
        }
        None => n("onset", "onset").words(a.window.map(|w| moment(w.from)), b.window.map(|w| moment(w.from)), why),
    });
    let seconds = Unit::Seconds;
    out.push(n("length", "length from onset to recovery").figures(seconds, length(a), length(b), why));
    let down = |r: &Report| Share { value: r.episode().and_then(|e| e.downtime), low: None, high: None };
    out.push(n("downtime", "time it failed, without healthy pauses").figures(
        seconds,
        down(a),
        down(b),
        "it was not dated in bouts",
    ));
    let bouts = |r: &Report| r.episode().and_then(|e| e.bouts.as_ref()).map(|b| b.len()).filter(|n| *n > 0);
    let told = |r: &Report| bouts(r).map(|n| words::counted(n as u64, "bout", "bouts"));
    out.push(n("bouts", "uninterrupted stretches of failure").words(told(a), told(b), "it was not dated in bouts"));
    let shape = |r: &Report| {
        r.episode().and_then(|e| e.shape).map(|s| match s {
            Shape::Step => "came and went at once".to_owned(),
            Shape::Ramp => "came or went gradually".to_owned(),
            Shape::Oscillating => "came back again and again".to_owned(),
        })
    };
    out.push(n("shape", "shape").words(shape(a), shape(b), why));
    let open = |r: &Report| {
        r.episode().map(|e| if e.open.is_some() { "reaches past the logs" } else { "lies inside the logs" }.to_owned())
    };
    out.push(n("open", "the failure in its record").words(open(a), open(b), why));
}

fn moment(t: Micros) -> String {
    format!("{} UTC on {}", words::clock(t), t.long_date())
}

fn secs(from: Micros, to: Micros) -> f64 {
    to.0.saturating_sub(from.0) as f64 / SECOND as f64
}

/// Length with its interval from those of its two ends (square-and-add of their distances). A window that the user
/// gave is no measurement, and what reaches past the logs has no length: neither has an interval.
fn length(r: &Report) -> Share {
    let Some(w) = r.window else { return Share::NONE };
    let plain = Share { value: Some(secs(w.from, w.to)), low: None, high: None };
    match r.episode() {
        Some(e) if w.chosen == Chosen::Detected && e.open.is_none() => dated(e).unwrap_or(plain),
        _ => plain,
    }
}

fn dated(e: &Episode) -> Option<Share> {
    let value = secs(e.from, e.to);
    let low = value - secs(e.to_low?, e.to).hypot(secs(e.from, e.from_high?));
    let high = value + secs(e.to, e.to_high?).hypot(secs(e.from_low?, e.from));
    Some(Share { value: Some(value), low: Some(low.max(0.0)), high: Some(high) })
}

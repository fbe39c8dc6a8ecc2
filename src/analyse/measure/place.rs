//! Question: where did it fail, and is the record whole?
//! Method: what scope and gaps found, as shares.
//! Assumes: nothing beyond what they assume.
//! Reference: none; see `scope` and `gaps`.

use super::{Answer, Given, Ground, nothing, value};
use crate::analyse::scope::Finding;
use crate::case::Share;
use crate::words::percent;

/// What scope and gaps say.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Whether something failed.
    pub failed: bool,
    /// Share of the excess failures that the cause set holds.
    pub share: Share,
    /// Whether the cause set names a segment (POP, backend, server, instance).
    pub segment: bool,
    /// Whether the cause set names one or a few things that are asked for.
    pub thing: bool,
    /// Share of the window in which some log is silent without reason, 0 to 1.
    pub silent: f64,
}

/// Attributes that name a part of the machinery, not a thing that is asked for.
pub(in crate::analyse) const SEGMENTS: [&str; 4] = ["pop", "backend", "server", "instance"];

impl Place {
    /// What the finding says; `silent` is the share of the window in which a log is silent.
    #[must_use]
    pub fn of(f: &Finding, failed: bool, silent: f64) -> Place {
        let names = |list: &[&str]| f.cause_set.iter().any(|s| list.iter().any(|k| s.contains_key(*k)));
        Place { failed, share: f.share, segment: names(&SEGMENTS), thing: names(&["resource", "template", "host"]), silent }
    }
}

fn share(p: Place, named: bool, what: &str) -> Answer {
    if !p.failed {
        return nothing("Nothing failed.");
    }
    let Some(v) = p.share.value.filter(|_| named) else {
        return value(0.0, 0.0, 0.05, format!("The failures do not follow {what}."));
    };
    let says = format!("{} of the failures beyond the ordinary are of {what}.", percent(v.clamp(0.0, 1.0)));
    value(v.clamp(0.0, 1.0), p.share.low.unwrap_or(0.0).clamp(0.0, 1.0), p.share.high.unwrap_or(1.0).clamp(0.0, 1.0), says)
}

/// Share of the excess failures that one segment holds.
pub(super) fn segment(_: &Ground<'_>, given: &Given<'_>) -> Answer {
    share(given.place, given.place.segment, "one segment (location, backend or server)")
}

/// Share of the excess failures that one thing asked for holds.
pub(super) fn confined(_: &Ground<'_>, given: &Given<'_>) -> Answer {
    share(given.place, given.place.thing && !given.place.segment, "one thing that was asked for")
}

/// Share of the window in which a log is silent.
pub(super) fn silence(_: &Ground<'_>, given: &Given<'_>) -> Answer {
    let v = given.place.silent.clamp(0.0, 1.0);
    let says = if v > 0.0 {
        format!("A log is silent for {} of the window without a reason that these logs show.", percent(v))
    } else {
        "No log is silent in the window without reason.".into()
    };
    value(v, v, v, says)
}

//! Small pieces of sentences: shares with their ranges, moments, names of what failed.

use crate::case::{Avail, Case, Share};
use crate::render::doc::Text;
use crate::time::{Micros, SECOND, Span, Zone};
use crate::words::{count, percent};
use std::collections::BTreeMap;

/// Most parts of a cause set that a sentence names.
const NAMED_MAX: usize = 3;

/// `1 request`, `8,000 requests`.
#[must_use]
pub fn counted(n: u64, noun: &str) -> String {
    let ending = match (n, noun.ends_with('s')) {
        (1, _) => "",
        (_, true) => "es",
        _ => "s",
    };
    format!("{} {noun}{ending}", count(n))
}

/// `82 % (71 % to 93 %)`; says so where there is no value or no range.
#[must_use]
pub fn share(value: Option<f64>, low: Option<f64>, high: Option<f64>) -> String {
    match (value, low, high) {
        (Some(v), Some(l), Some(h)) => format!("{} ({} to {})", percent(v), percent(l), percent(h)),
        (Some(v), ..) => format!("{} (too little to give a range)", percent(v)),
        (None, ..) => "no requests to judge by".into(),
    }
}

/// The share answered well.
#[must_use]
pub fn answered(a: &Avail) -> String {
    share(a.value, a.low, a.high)
}

/// The share that failed: the complement of the share answered well.
#[must_use]
pub fn failing(a: &Avail) -> String {
    let flip = |x: Option<f64>| x.map(|x| 1.0 - x);
    share(flip(a.value), flip(a.high), flip(a.low))
}

/// A difference of two shares in percentage points: `0.05`, `-0.06`, `12`. Two significant digits.
#[must_use]
pub fn points(difference: f64) -> String {
    let p = difference * 100.0;
    let decimals = match p.abs() {
        a if !a.is_finite() => return "an unknown number of".into(),
        a if a >= 10.0 => 0,
        a if a >= 1.0 => 1,
        a if a >= 0.1 => 2,
        _ => 3,
    };
    let text = format!("{p:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.into() }
}

/// `by 0.05 percentage points (-0.06 to 0.19)`.
#[must_use]
pub fn rise(s: Share) -> Option<String> {
    let value = s.value?;
    Some(match (s.low, s.high) {
        (Some(l), Some(h)) => format!("{} percentage points ({} to {})", points(value), points(l), points(h)),
        _ => format!("{} percentage points (too little to give a range)", points(value)),
    })
}

/// Tells times in UTC and, where the case names a zone, beside it in that zone.
#[derive(Clone, Copy, Debug)]
pub struct Clock(Option<Zone>);

impl Clock {
    /// The clock of a case; a zone it names that does not exist is left out.
    #[must_use]
    pub fn of(case: &Case) -> Self {
        Clock(case.timezone.as_deref().and_then(|name| Zone::named(name).ok()))
    }

    /// The zone told beside UTC.
    #[must_use]
    pub fn zone(self) -> Option<Zone> {
        self.0
    }

    /// `from 23:50 on 12 August 2024 to 00:30 on 13 August 2024 UTC (19:50 EDT to 20:30 EDT)`.
    #[must_use]
    pub fn from_to(self, span: Span) -> String {
        let (a, b) = (span.from, span.to);
        let utc = if a.date() == b.date() {
            format!("from {} to {} UTC on {}", minute(a), minute(b), a.long_date())
        } else {
            format!("from {} on {} to {} on {} UTC", minute(a), a.long_date(), minute(b), b.long_date())
        };
        self.0.map_or(utc.clone(), |z| format!("{utc} ({} to {})", z.hour_minute(a), z.hour_minute(b)))
    }

    /// `23:50 UTC (19:50 EDT)`.
    #[must_use]
    pub fn moment(self, t: Micros) -> String {
        self.0.map_or_else(|| format!("{} UTC", minute(t)), |z| format!("{} UTC ({})", minute(t), z.hour_minute(t)))
    }
}

/// `23:50`, with seconds only where there are some.
#[must_use]
pub fn minute(t: Micros) -> String {
    if t.0.rem_euclid(60 * SECOND) < SECOND { t.hour_minute() } else { t.hour_minute_second() }
}

/// `between 00:10 and 00:12`, `at 00:10` where both read the same, with their days where these differ.
#[must_use]
pub fn between(a: Micros, b: Micros) -> String {
    match (a.date() == b.date(), minute(a), minute(b)) {
        (true, x, y) if x == y => format!("at {x}"),
        (true, x, y) => format!("between {x} and {y}"),
        (false, x, y) => format!("between {} {x} and {} {y}", a.day_month(), b.day_month()),
    }
}

/// `13 Aug 00:10`, which no line break splits: for tables.
#[must_use]
pub fn at_day(t: Micros) -> String {
    format!("{} {}", t.day_month(), minute(t)).replace(' ', "\u{a0}")
}

/// What failed, to stand after "requests": `for /x`, `served by the location (POP) ams`.
#[must_use]
pub fn cause(case: &Case) -> Text {
    let sets = &case.scope.cause_set;
    if sets.is_empty() {
        return "to the site".into();
    }
    let mut text = Text::new();
    let shown = sets.len().min(NAMED_MAX);
    for (i, set) in sets.iter().take(shown).enumerate() {
        let joint = match i {
            0 => "",
            i if i + 1 == sets.len() => " and ",
            _ => ", ",
        };
        text = text.say(joint).then(one_set(set));
    }
    if sets.len() > shown { text.say(format!(" and {} more", sets.len() - shown)) } else { text }
}

fn one_set(set: &BTreeMap<String, String>) -> Text {
    let mut text = Text::new();
    let first = |k: &str| matches!(k, "resource" | "template" | "site");
    let ordered = set.iter().filter(|(k, _)| first(k)).chain(set.iter().filter(|(k, _)| !first(k)));
    for (i, (attribute, value)) in ordered.enumerate() {
        text = if i > 0 { text.say(" ") } else { text };
        text = match attribute.as_str() {
            "resource" | "template" => text.say("for ").name(value),
            "site" => text.say("to the whole site"),
            "host" => text.say("for the host ").name(value),
            "pop" => text.say("served at the location (point of presence, POP) ").name(value),
            "backend" => text.say("passed on to the server ").name(value),
            "instance" => text.say("handled by the machine ").name(value),
            "tier" => text.say("as recorded by the tier ").name(value),
            "server" => text.say("answered by the server ").name(value),
            "method" => text.say("made with the method ").name(value),
            "cache" => text.say("with the cache result ").name(value),
            "protocol" => text.say("made over ").name(value),
            "agent" => text.say("from the program or browser ").name(value),
            "agent_version" => text.say("from this version of a program or browser: ").name(value),
            "client_network" => text.say("from the network ").name(value),
            "client_asn" => text.say("from the network operator (autonomous system) ").name(value),
            other => text.say("with ").say(other).say(" ").name(value),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_say_why_they_have_no_range() {
        assert_eq!(share(Some(0.82), Some(0.71), Some(0.93)), "82 % (71 % to 93 %)");
        assert_eq!(share(Some(0.82), None, None), "82 % (too little to give a range)");
        assert_eq!(answered(&Avail::NONE), "no requests to judge by");
        let half = Avail { value: Some(0.18), low: Some(0.1), high: Some(0.3), ..Avail::NONE };
        assert_eq!(failing(&half), "82 % (70 % to 90 %)");
    }

    #[test]
    fn points_and_counts_read_naturally() {
        assert_eq!([points(0.0005), points(-0.0006), points(0.12), points(0.0)], ["0.05", "-0.06", "12", "0"]);
        assert_eq!(
            [counted(1, "request"), counted(8_000, "request"), counted(2, "client address")],
            ["1 request", "8,000 requests", "2 client addresses"]
        );
        assert_eq!(counted(1, "client address"), "1 client address");
    }

    #[test]
    fn a_cause_is_named_by_what_it_is() {
        let mut case = crate::render::sample::case();
        assert_eq!(cause(&case).bare(), "for /i/spaces/1yNGaNLDPvqJj");
        let set = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        case.scope.cause_set = vec![set(&[("pop", "ams"), ("resource", "/x")])];
        assert_eq!(cause(&case).bare(), "for /x served at the location (point of presence, POP) ams");
        case.scope.cause_set = (0..5).map(|i| set(&[("resource", &format!("/{i}"))])).collect();
        assert_eq!(cause(&case).bare(), "for /0, for /1, for /2 and 2 more");
        case.scope.cause_set = vec![];
        assert_eq!(cause(&case).bare(), "to the site");
    }
}

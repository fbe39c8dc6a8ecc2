//! What failed, how badly, and whether the rest stayed healthy.

use super::item::{Item, Standing, Topic, Unit};
use super::judge::name;
use super::view::Report;
use crate::case::{Avail, Share, Verdict};
use crate::words;

/// Most sets of a cause that are named.
const CAUSES_MAX: usize = 6;
/// What failed where no set is named because most of it did.
const SITE: &str = "much of the site";
/// Longest name of a cause, in characters.
const NAME_MAX: usize = 80;

/// Adds the points.
pub(super) fn compare(a: &Report, b: &Report, out: &mut Vec<Item>) {
    let n = |id: &str, what: &str| name(Topic::Scope, id, what);
    let why = why(a, b);
    let verdict = |r: &Report| Some(r.scope.verdict.name().replace('-', " "));
    out.push(n("verdict", "the verdict").words(verdict(a), verdict(b), ""));
    out.push(n("cause-kind", "kind of thing that failed").words(kind(a), kind(b), "it names nothing in particular that failed"));
    let named = |r: &Report| Some(causes(r).join(", ")).filter(|c| !c.is_empty());
    out.push(match (named(a), named(b)) {
        (Some(x), Some(y)) if x != y => {
            let says = format!("What failed: {x} in A, {y} in B; names alone say nothing of likeness.");
            n("cause", "what failed").judged(Standing::Shown, says, x, y)
        }
        (x, y) => n("cause", "what failed").words(x, y, "it names nothing in particular that failed"),
    });
    let excess = |r: &Report| r.scope.share_of_excess.unwrap_or(Share::NONE);
    out.push(n("share-of-excess", "part of the additional failures that this explains").figures(
        Unit::Share,
        excess(a),
        excess(b),
        why,
    ));
    let failing = |r: &Report| failing(r.scope.target.and_then(|t| t.during));
    out.push(n("target-failing", "failing share of what failed, in the incident").figures(
        Unit::Share,
        failing(a),
        failing(b),
        why,
    ));
    let before = |r: &Report| self::failing(r.scope.target.and_then(|t| t.before));
    out.push(n("target-before", "failing share of the same, before").figures(Unit::Share, before(a), before(b), why));
    let healthy = |r: &Report| {
        r.window?;
        r.scope.rest.map(|x| match x.healthy {
            Some(true) => "passed the test of having stayed healthy".to_owned(),
            Some(false) => "did not pass the test of having stayed healthy".to_owned(),
            None => "not to be told from its traffic".to_owned(),
        })
    };
    let mut rest = n("rest-healthy", "the rest of the site").words(healthy(a), healthy(b), why);
    let untold = |r: &Report| r.scope.rest.is_some_and(|x| x.healthy.is_none());
    if rest.standing != Standing::NotComparable && (untold(a) || untold(b)) {
        rest.standing = Standing::Open;
    }
    out.push(rest);
    let rest = |r: &Report| self::failing(r.scope.rest.and_then(|t| t.during));
    out.push(n("rest-failing", "failing share of the rest, in the incident").figures(Unit::Share, rest(a), rest(b), why));
    let rise = |r: &Report| r.scope.rest.and_then(|x| x.increase).unwrap_or(Share::NONE);
    out.push(n("rest-rise", "rise of the failing share of the rest").figures(Unit::Share, rise(a), rise(b), why));
    let hit = |r: &Report| r.window.and(r.scope.clients_affected);
    out.push(n("clients-affected", "client addresses that met a failure of it").counts(hit(a), hit(b), why));
}

/// Why figures of the incident may be lacking.
pub(super) fn why(a: &Report, b: &Report) -> &'static str {
    if a.window.is_none() { a.why_not() } else { b.why_not() }
}

/// Failing share with its interval.
fn failing(a: Option<Avail>) -> Share {
    a.map_or(Share::NONE, |a| Share {
        value: a.value.map(|v| 1.0 - v),
        low: a.high.map(|v| 1.0 - v),
        high: a.low.map(|v| 1.0 - v),
    })
}

/// Attributes of the sets that failed: `one resource`, `3 sets of pop and resource`.
fn kind(r: &Report) -> Option<String> {
    let mut kinds: Vec<String> = r
        .scope
        .cause_set
        .iter()
        .filter(|s| !s.is_empty())
        .map(|s| s.keys().take(CAUSES_MAX).map(|k| short(k)).collect::<Vec<_>>().join(" and "))
        .collect();
    let all = kinds.len() as u64;
    kinds.sort();
    kinds.dedup();
    kinds.truncate(CAUSES_MAX);
    match all {
        0 if r.scope.verdict == Verdict::SiteWide => Some(SITE.into()),
        0 => None,
        1 => Some(format!("one {}", kinds.join(", "))),
        n => Some(format!("{} things, by {}", words::count(n), kinds.join(", "))),
    }
}

/// What failed, each set in words, at most [`CAUSES_MAX`].
pub(super) fn causes(r: &Report) -> Vec<String> {
    let sets = r.scope.cause_set.iter().filter(|s| !s.is_empty());
    let mut named: Vec<String> = sets
        .map(|s| s.iter().take(CAUSES_MAX).map(|(k, v)| format!("{} {}", short(k), short(v))).collect::<Vec<_>>().join(" and "))
        .collect();
    let more = named.len().saturating_sub(CAUSES_MAX);
    named.truncate(CAUSES_MAX);
    if named.is_empty() && r.scope.verdict == Verdict::SiteWide {
        named.push(SITE.into());
    }
    if more > 0 {
        named.push(format!("{} more", words::count(more as u64)));
    }
    named
}

/// At most [`NAME_MAX`] characters, the cut shown.
pub(super) fn short(text: &str) -> String {
    let mut out: String = text.chars().take(NAME_MAX).collect();
    if out.len() < text.len() {
        out.push('…');
    }
    out
}

//! Requests that became fewer at once, looked at a second time: by clients, and by what the verdict says.

use super::{Look, Story};
use crate::analyse::evidence::BASELINE;
use crate::analyse::fewer::{CLASS, Dip, PART_MAX, fewer, means};
use crate::analyse::leaves::View;
use crate::analyse::slow::{matters, says};
use crate::case::Verdict;
use crate::case::fewer::Fewer;
use crate::case::slow::Slow;
use crate::examine::Phase;
use crate::time::Span;
use crate::words::span_on_date;
use std::collections::BTreeMap;

/// The busiest clients before are not counted: this part of all, ...
const BUSIEST_PART: usize = 10;

/// ... at least and at most so many. Machines that stop are no loss of demand.
const BUSIEST: (usize, usize) = (3, 20);

/// What is told: dips in which the busiest clients are not all that is missing. Of those over half of which something
/// failed, `failed`, the volumes of the incident tell.
pub(super) fn told(look: &Look<'_>, story: &Story<'_>, failed: Option<Span>) -> Vec<Fewer> {
    let found = fewer(look.cube, look.tier, story.groups, story.silent);
    let beside = |dip: &Dip| !failed.and_then(|w| w.intersect(dip.span)).is_some_and(|i| 2.0 * i.secs() >= dip.span.secs());
    let many = found.into_iter().filter(|dip| beside(dip) && many_are_missing(look, dip));
    many.map(|dip| Fewer {
        from: dip.span.from,
        to: dip.span.to,
        observed: dip.observed,
        expected: dip.expected,
        left: dip.left,
        class: CLASS,
        means: means(&dip),
    })
    .collect()
}

/// Whether the rate of requests fell without the busiest clients of the time around as well.
fn many_are_missing(look: &Look<'_>, dip: &Dip) -> bool {
    let seen = look.examine(Some(dip.span), None);
    let view = View::new(&seen.examined, look.tier);
    let e = seen.evidence(&view, look, dip.span);
    if !e.clients_known {
        return true;
    }
    let ours = |leaf: usize| view.is_ours(leaf);
    let mut clients: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for (key, n, _) in e.examined.per_client_keyed(&ours, &BASELINE) {
        clients.entry(key).or_default().0 += n;
    }
    for (key, n, _) in e.examined.per_client_keyed(&ours, &[Phase::During]) {
        clients.entry(key).or_default().1 += n;
    }
    let mut clients: Vec<(u64, u64)> = clients.into_values().collect();
    clients.sort_unstable_by_key(|c| std::cmp::Reverse(*c));
    let busiest = (clients.len() / BUSIEST_PART).clamp(BUSIEST.0, BUSIEST.1).min(clients.len());
    let (base, now) = clients[busiest..].iter().fold((0, 0), |s, c| (s.0 + c.0, s.1 + c.1));
    let around: f64 = e.baseline_spans(&BASELINE).iter().map(|s| s.secs()).sum();
    let expected = base as f64 * dip.span.secs() / around.max(1.0);
    expected > 0.0 && (now as f64) < PART_MAX * expected
}

/// Why it leaves the verdict open, if it does: where nothing failed, or over half of the window that did. A tier
/// further in that tells of lost lines is among the gaps, and such stretches are not here.
pub(super) fn leaves_open(fewer: &[Fewer], window: Option<Span>, judged: Verdict) -> Option<String> {
    let over = |f: &&Fewer| {
        let at = Span::new(f.from, f.to);
        judged == Verdict::NoIncident && window.is_none_or(|w| at.overlaps(w))
    };
    let f = fewer.iter().find(over)?;
    Some(format!("{}: {}", capital(&span_on_date(Span::new(f.from, f.to))), f.means))
}

/// Why answers that came late leave the verdict open, if they do: where nothing failed.
pub(super) fn slow_leaves_open(slow: &[Slow], window: Option<Span>, judged: Verdict) -> Option<String> {
    let over = |s: &&Slow| {
        let at = Span::new(s.from, s.to);
        judged == Verdict::NoIncident && matters(s) && window.is_none_or(|w| at.overlaps(w))
    };
    let s = slow.iter().find(over)?;
    let of = if s.resource == "site" { String::new() } else { format!("of {} ", s.resource) };
    Some(format!("{} {of}{}", capital(&span_on_date(Span::new(s.from, s.to))), says(s)))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

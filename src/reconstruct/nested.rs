//! A long failure of one thing around a shorter one of more: the window is the shorter one's, and the longer one is
//! told beside it.

use super::{Look, Seen, Story, episodes};
use crate::analyse::detect::Candidate;
use crate::analyse::evidence::{BASELINE, Evidence};
use crate::analyse::few::{Crowd, crowd};
use crate::analyse::scope::Finding;
use crate::case::{Course, Episode};
use crate::examine::Phase;
use crate::time::Span;

/// A failure around the window is one of its own from this many times its length on: less is the uncertainty of ends.
const LONGER: f64 = 2.0;

/// Most told.
const MOST: usize = 3;

/// Those episodes, as they were found, and a sentence for each.
pub(super) fn around(
    look: &Look<'_>,
    story: &Story<'_>,
    seen: &Seen<'_>,
    e: &Evidence<'_>,
    f: &Finding,
) -> Vec<(Episode, String)> {
    let Some(window) = seen.plan.window.filter(|_| look.options.window.is_none() && f.set_aside.is_none()) else {
        return Vec::new();
    };
    let half_inside = |c: &Candidate| c.span.intersect(window).is_some_and(|i| 2.0 * i.secs() >= window.secs());
    let mut list: Vec<&Candidate> = (look.found.iter())
        .filter(|c| c.span.secs() >= LONGER * window.secs() && half_inside(c))
        .filter(|c| !story.dismissed.iter().any(|d| d.0 == c.span))
        .collect();
    // Of the names of one failure the narrowest: a page before the host that it makes fail a little.
    list.sort_by_key(|c| c.attribute != "resource");
    let mut kept: Vec<&Candidate> = Vec::new();
    let mut out = Vec::new();
    for c in list {
        let leaves = episodes::leaves(seen, e.view, c);
        let named = f.in_target.contains(&true) && leaves.iter().zip(&f.in_target).all(|(own, t)| own == t);
        let told = kept.iter().any(|k| k.attribute != c.attribute && k.span.overlaps(c.span));
        if kept.len() >= MOST || named || told {
            continue;
        }
        let chosen = |l: usize| leaves[l];
        let (now, base) = (e.during(&chosen), e.baseline(&chosen, &BASELINE));
        let during = e.stretch(std::slice::from_ref(&e.window), &[Phase::During]);
        if crowd(&seen.examined, &chosen, Phase::During, &now, (&base, &base), &during) != Crowd::Many {
            continue;
        }
        kept.push(c);
        let resource = episodes::called(c);
        let says = format!(
            "Around it, {resource} failed from {} to {}: longer than what is told here, which failed beside it.",
            c.span.from, c.span.to
        );
        out.push((as_found(look, c, resource), says));
    }
    out
}

/// An episode with the ends of the search.
fn as_found(look: &Look<'_>, c: &Candidate, resource: String) -> Episode {
    let step = look.cube.step.0 * crate::time::SECOND;
    let Span { from, to } = c.span;
    Episode {
        resource,
        from,
        from_low: from.plus(-step),
        from_high: from.plus(step),
        to,
        to_low: to.plus(-step),
        to_high: to.plus(step),
        requests: c.requests,
        failed: c.bad,
        clients_affected: None,
        open: None,
        set_aside: None,
        course: Course::default(),
    }
}

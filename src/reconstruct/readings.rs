//! The verdict under the readings of the gaps: as if every request that a gap lost had failed, and as
//! if each had been good. What the logs do not exclude, and would change the answer, leaves it open.

use super::{Look, Seen, Story};
use crate::analyse::evidence::{BASELINE, Evidence, cluster_step};
use crate::analyse::gaps::Silence;
use crate::analyse::leaves::View;
use crate::analyse::quiet::MAJOR;
use crate::analyse::scope::{Finding, judge};
use crate::analyse::volume::volume;
use crate::case::gaps::{Class, GapReading, Quiet, Reading, Volumes};
use crate::case::{Episode, Verdict};
use crate::examine::{Plan, Supposed};
use crate::time::Span;
use crate::words::{count, span};
use std::collections::BTreeSet;

/// Gaps that the verdict is judged again for: the longest over the window. Each costs two judgements.
const GAPS_MAX: usize = 4;

/// The readings of the gaps of the outermost tier that overlap the window, or, where none was found,
/// what is looked at.
pub(super) fn readings(
    look: &Look<'_>,
    story: &Story<'_>,
    seen: &Seen<'_>,
    window: Option<Span>,
    found: &Finding,
) -> Vec<GapReading> {
    // What borders on the window may be a part of it.
    let stretch = window.map_or(seen.frame.axis, |w| look.with_holes(w));
    let mut gaps: Vec<(usize, &Silence, Span)> = (story.silent.iter().enumerate())
        .filter(|(_, s)| story.groups[s.group].tier == look.tier && s.class != Class::DemandGone)
        // Where nothing was found, a log that does not reach so far hides only what others saw fail.
        .filter(|(_, s)| window.is_some() || !s.at_edge || s.served == Some(false))
        .filter_map(|(i, s)| Some((i, s, s.span.intersect(stretch)?)))
        .collect();
    gaps.sort_by_key(|(i, _, s)| (std::cmp::Reverse(s.to.0 - s.from.0), *i));
    gaps.truncate(GAPS_MAX);
    gaps.sort_by_key(|g| g.0);
    let mut out = Vec::new();
    for (gap, silence, at) in gaps {
        let lost = lost(look, story, seen, silence, at, window);
        let kinds: &[Reading] = if window.is_some() { &[Reading::AllFailed, Reading::AllGood] } else { &[Reading::AllFailed] };
        for &reading in kinds {
            let failed = reading == Reading::AllFailed;
            let more: Vec<Supposed> =
                lost.iter().map(|&(leaf, requests)| Supposed { leaf, span: at, requests, failed }).collect();
            let again = judged_with(look, seen, window.map_or(at, |w| w.hull(at)), window.is_none(), &more);
            let of = |target: bool| lost.iter().filter(|l| found.in_target[l.0] == target).map(|l| l.1).sum::<u64>();
            let excluded = if failed { silence.excluded().map(str::to_owned) } else { None };
            let same_name = again.cause_set == found.cause_set || again.verdict == Verdict::NoIncident;
            let changes = again.verdict != found.verdict || !same_name;
            out.push(GapReading { gap, reading, lost: (of(true), of(false)), verdict: again.verdict, changes, excluded });
        }
    }
    out
}

/// Requests that the silence lost at each leaf of its log, as far as it overlaps: by each leaf's rate in
/// the baseline, scaled to what was expected of the log; or in the rest of the window, where that is more
/// (a live event has no baseline).
fn lost(
    look: &Look<'_>,
    story: &Story<'_>,
    seen: &Seen<'_>,
    silence: &Silence,
    at: Span,
    window: Option<Span>,
) -> Vec<(usize, u64)> {
    let info = story.groups[silence.group].sources.first().and_then(|&s| look.context.sources[s].get());
    let Some(info) = info else { return Vec::new() };
    let (instance, host) = (info.instance.as_deref().unwrap_or(""), info.host.as_deref());
    let view = View::new(&seen.examined, look.tier);
    let e = seen.evidence(&view, look, window.unwrap_or(at));
    let gaps: Vec<Span> = outer_gaps(look, story);
    let fine = seen.examined.fine;
    // Fine bins of the baseline, and of the window where it was logged.
    let (mut base, mut rest) = (0u64, 0u64);
    let part = |bin: i64| {
        let b = fine.span(bin);
        let hidden = gaps.iter().any(|g| g.overlaps(b));
        let inside = window.is_some_and(|w| w.overlaps(b));
        (!hidden && !inside && (window.is_none() || e.is_baseline(b)), !hidden && inside)
    };
    // The baseline may lie off the axis: the same hours of another day.
    let spans = e.baseline_spans(&BASELINE).into_iter().chain([seen.frame.axis]);
    let bins: BTreeSet<i64> = spans.flat_map(|s| fine.bin(s.from)..=fine.bin(s.to.plus(-1))).collect();
    for bin in bins {
        let (b, r) = part(bin);
        (base, rest) = (base + u64::from(b), rest + u64::from(r));
    }
    let bins = at.secs() / fine.0 as f64;
    let mut own: Vec<(usize, f64, f64)> = Vec::new();
    for (leaf, l) in seen.examined.leaves.iter().enumerate() {
        if l.tier != look.tier || l.instance != instance || host.is_some_and(|h| l.host != h) {
            continue;
        }
        let (mut b, mut r) = (0u64, 0u64);
        for (_, bin, moment) in seen.examined.moments_of(leaf) {
            let (in_base, in_rest) = part(*bin);
            b += if in_base { moment.cell.valid() } else { 0 };
            r += if in_rest { moment.cell.valid() } else { 0 };
        }
        let rate = |n: u64, of: u64| if of == 0 { 0.0 } else { n as f64 / of as f64 * bins };
        own.push((leaf, rate(b, base), rate(r, rest)));
    }
    let all: f64 = own.iter().map(|o| o.1).sum();
    let wanted = silence.expected.map_or(silence.expected_at_least as f64, |f| f.value) * silence.share;
    let wanted = wanted * at.secs() / silence.span.secs().max(1e-6);
    let factor = if all > 0.0 { wanted / all } else { 1.0 };
    own.into_iter().map(|(leaf, b, r)| (leaf, (b * factor).max(r * silence.share).round() as u64)).filter(|l| l.1 > 0).collect()
}

/// The judgement with more requests.
fn judged_with(look: &Look<'_>, seen: &Seen<'_>, window: Span, no_window: bool, more: &[Supposed]) -> Finding {
    let examined = seen.examined.supposing(more);
    let view = View::new(&examined, look.tier);
    let plan = Plan {
        window: if no_window { Some(window) } else { seen.plan.window },
        during: if no_window { Some(seen.frame.fine.cover(window)) } else { seen.plan.during },
        ..seen.plan.clone()
    };
    let own = seen.evidence(&view, look, window);
    let e = Evidence { examined: &examined, plan: &plan, view: &view, step: cluster_step(window, seen.frame.fine), ..own };
    judge(&e)
}

fn outer_gaps(look: &Look<'_>, story: &Story<'_>) -> Vec<Span> {
    story.silent.iter().filter(|s| story.groups[s.group].tier == look.tier).map(|s| s.span).collect()
}

/// Why the readings leave the verdict open, if they do.
pub(super) fn left_open(story: &Story<'_>, readings: &[GapReading]) -> Option<String> {
    let r = readings.iter().find(|r| r.changes && r.excluded.is_none())?;
    let s = &story.silent[r.gap];
    Some(format!(
        "{} logged nothing in {}. Had {} of the {} requests expected there, the answer would be {}, not this one; the logs do not exclude it.",
        story.groups[s.group].label,
        span(s.span),
        match r.reading {
            Reading::AllFailed => "every one failed",
            Reading::AllGood => "every one been good",
        },
        count(r.lost.0 + r.lost.1),
        r.verdict.name()
    ))
}

/// Why a thing that nobody asked for any more leaves the verdict open, if it does: a major part of the
/// traffic, where nothing failed, or all through the window beside what failed.
pub(super) fn quiet_leaves_open(quiet: &[Quiet], window: Option<Span>, found: &Finding) -> Option<String> {
    // Where everything failed there is no rest that it could be missing from.
    let everything = found.verdict == Verdict::SiteWide;
    let named = |q: &Quiet| everything || found.cause_set.iter().any(|set| set.get(&q.attribute) == Some(&q.value));
    let matters = |q: &&Quiet| {
        let at = Span::new(q.from, q.to);
        let over = window.is_none_or(|w| at.intersect(w).is_some_and(|i| i.secs() >= 0.5 * w.secs()));
        q.share >= MAJOR && over && !named(q)
    };
    let q = quiet.iter().find(matters)?;
    Some(format!(
        "Nothing asked for {} {} in {}, where about {} requests were to be expected. {}",
        q.attribute,
        q.value,
        span(Span::new(q.from, q.to)),
        count(q.expected.value.round() as u64),
        q.means
    ))
}

/// The volumes of what failed and of the rest.
pub(super) fn volumes(look: &Look<'_>, story: &Story<'_>, e: &Evidence<'_>, found: &Finding) -> Option<Volumes> {
    if found.set_aside.is_some() || !found.in_target.contains(&true) {
        return None;
    }
    let gaps = outer_gaps(look, story);
    let target = volume(e, &|l| found.in_target[l], &gaps);
    let rest = volume(e, &|l| e.view.is_ours(l) && !found.in_target[l], &gaps);
    Some(Volumes { target, rest })
}

/// Failures before a gap from which on the failure surely began before it: as many as dating asks for
/// next to a border.
const STRAY_MAX: u64 = 3;

/// Widens the onset and the recovery of the incident's episode over a gap that they touch: what
/// happened in it is not known. Says so.
pub(super) fn widened(look: &Look<'_>, story: &Story<'_>, e: &Evidence<'_>, found: &Finding, own: &mut Episode) -> Vec<String> {
    let series = e.examined.series(&|l| found.in_target[l]);
    let fine = e.examined.fine;
    // Nothing of the target was good between the gap and the failure.
    let good =
        |from, to| series.range(fine.bin(from)..=fine.bin(to)).any(|(_, m)| m.good.is_some_and(|g| from <= g.1 && g.0 < to));
    let mut says = Vec::new();
    for s in story.silent.iter().filter(|s| story.groups[s.group].tier == look.tier && s.class != Class::DemandGone) {
        let label = &story.groups[s.group].label;
        let before = e.baseline(&|l| found.in_target[l], &BASELINE).counts().0 > 0;
        let inside = |from, to| {
            let bins = series.range(fine.bin(from)..=fine.bin(to));
            bins.fold((0, 0), |sum, (_, m)| (sum.0 + m.cell.valid(), sum.1 + m.cell.bad()))
        };
        if before && s.span.to <= own.from && s.span.from < own.from_low && !good(s.span.to, own.from) {
            own.from_low = s.span.from;
            says.push(format!("{label} is silent until the first failure: it may have begun at any time in that gap."));
        }
        // A stray failure or two before a gap, or failures after which most was answered well, are no beginning
        // that is sure: it may lie in the gap as well.
        if before && own.from < s.span.from && s.span.to < own.to && s.span.to > own.from_high {
            let (n, bad) = inside(own.from, s.span.from);
            if bad < STRAY_MAX || 2 * bad < n {
                own.from_high = s.span.to;
                says.push(format!("{label} is silent soon after the first failure: it may have begun at any time in that gap."));
            }
        }
        if before && s.span.from >= own.to && s.span.to > own.to_high && !good(own.to, s.span.from) {
            own.to_high = s.span.to;
            says.push(format!("{label} is silent from the last failure on: it may have ended at any time in that gap."));
        }
    }
    says
}

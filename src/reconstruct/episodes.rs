//! The stretches of failure: the window's own, dated on the target, and the others found.

use super::{Look, Seen, Story};
use crate::analyse::course::{apart, course};
use crate::analyse::dating::{Dated, Dates, date};
use crate::analyse::detect::{Candidate, trimmed};
use crate::analyse::evidence::{BASELINE, Evidence};
use crate::analyse::few::{Crowd, crowd};
use crate::analyse::leaves::{View, is_baseline, pool};
use crate::analyse::localise::RATE_MIN;
use crate::analyse::scope::Finding;
use crate::analyse::shares::measure;
use crate::case::{Course, Episode, set_words};
use crate::examine::{Leaf, Moment, Phase};
use crate::stats::segment::Count;
use crate::time::{Micros, SECOND, Span, Step};
use std::collections::BTreeMap;

/// How the set is called where an episode is named.
pub(super) fn name(f: &Finding) -> String {
    let words: Vec<String> = f.cause_set.iter().map(set_words).collect();
    match words.len() {
        0 => "site".into(),
        1 => words[0].clone(),
        n => format!("{} and {}", words[..n - 1].join(", "), words[n - 1]),
    }
}

/// Dates the window's failure on its target; the whole tier where there is no target.
pub(super) fn dates(seen: &Seen<'_>, view: &View<'_>, look: &Look<'_>, f: &Finding, window: Span) -> Dates {
    let series = target(seen, view, f);
    // A window that the user gave is only roughly where the failure is.
    let slack = if look.options.window.is_some() { (window.to.0 - window.from.0) / 12 } else { seen.frame.fine.0 * SECOND };
    date(&series, seen.frame.fine, (window, slack), limits(seen, window), healthy(seen, &series), CLOCKS)
}

/// Microseconds by which corrected clocks may still be off: not estimated, so not known.
const CLOCKS: i64 = 0;

/// The target's fine bins; the whole tier's where there is no target.
fn target(seen: &Seen<'_>, view: &View<'_>, f: &Finding) -> BTreeMap<i64, Moment> {
    let has = f.in_target.contains(&true);
    seen.examined.series(&|l| if has { f.in_target[l] } else { view.is_ours(l) })
}

/// The failing share of a series in the baseline.
fn healthy(seen: &Seen<'_>, series: &BTreeMap<i64, Moment>) -> f64 {
    let base = series.iter().filter(|(b, _)| is_baseline(&seen.plan, seen.frame.fine.span(**b)));
    let (bad, n) = base.fold((0u64, 0u64), |s, (_, m)| (s.0 + m.cell.bad(), s.1 + m.cell.valid()));
    // Half a failure more than were seen, so that a flawless baseline is not taken for certainty.
    ((bad as f64 + 0.5) / (n as f64 + 1.0)).max(RATE_MIN)
}

/// As far as one may look from a window without meeting another episode.
fn limits(seen: &Seen<'_>, window: Span) -> Span {
    let others = seen.others.iter().map(|c| c.span);
    let from = others.clone().filter(|s| s.to <= window.from).map(|s| s.to).fold(seen.frame.axis.from, |a, b| a.max(b));
    let to = others.filter(|s| s.from >= window.to).map(|s| s.from).fold(seen.frame.axis.to, |a, b| a.min(b));
    Span::new(from, to)
}

/// A candidate's span as closely as the fine bins know it.
pub(super) fn tightened(seen: &Seen<'_>, view: &View<'_>, c: &Candidate) -> Span {
    tight(seen, &|l| view.is_ours(l) && matches(c, &seen.examined.leaves[l]), c.span)
}

/// What a candidate was detected on, as attribute = value.
pub(super) fn set_of(c: &Candidate) -> BTreeMap<String, String> {
    BTreeMap::from([(c.attribute.to_owned(), c.value.clone())])
}

/// The leaves a candidate was detected on.
pub(super) fn leaves(seen: &Seen<'_>, view: &View<'_>, c: &Candidate) -> Vec<bool> {
    (0..seen.examined.leaves.len()).map(|l| view.is_ours(l) && matches(c, &seen.examined.leaves[l])).collect()
}

/// `rough` without the fine bins at either end that fit the chosen leaves' own baseline better.
pub(super) fn tight(seen: &Seen<'_>, chosen: &dyn Fn(usize) -> bool, rough: Span) -> Span {
    let series = seen.examined.series(chosen);
    let fine = seen.frame.fine;
    let count = |bin: &i64| series.get(bin).map_or(Count::default(), |m| Count { bad: m.cell.bad(), n: m.cell.valid() });
    let (first, end) = (fine.bin(rough.from), fine.bin(rough.to.plus(-1)) + 1);
    let counts: Vec<Count> = (first..end).map(|b| count(&b)).collect();
    let p0 = healthy(seen, &series);
    let (from, to) = trimmed(&counts, 0, counts.len(), p0);
    if from < to { Span::new(fine.start(first + from as i64), fine.start(first + to as i64)) } else { rough }
}

/// The window's own episode.
pub(super) fn own(seen: &Seen<'_>, view: &View<'_>, f: &Finding, dates: &Dates, window: Span) -> Episode {
    let course = course(dates, window, &target(seen, view, f), seen.frame.fine);
    let (requests, failed) = f.target.0.counts();
    Episode {
        clients_affected: Some(f.target.0.clients_bad),
        open: open(dates),
        set_aside: f.set_aside.clone(),
        course,
        ..episode(name(f), window, (dates.onset, dates.recovery), window, (requests, failed))
    }
}

/// What every episode tells: from onset to recovery as they are told (`at`), with the ranges of their dates; where there
/// is no date, from the end of `wide` to what is told. Nobody counted, nothing open, no course.
pub(super) fn episode(
    resource: String,
    at: Span,
    (onset, recovery): (Option<Dated>, Option<Dated>),
    wide: Span,
    (requests, failed): (u64, u64),
) -> Episode {
    Episode {
        resource,
        from: at.from,
        from_low: onset.map_or(wide.from, |d| d.low).min(at.from),
        from_high: onset.map_or(wide.from, |d| d.high).max(at.from),
        to: at.to,
        to_low: recovery.map_or(wide.to, |d| d.low).min(at.to),
        to_high: recovery.map_or(wide.to, |d| d.high).max(at.to),
        requests,
        failed,
        clients_affected: None,
        open: None,
        set_aside: None,
        course: Course::default(),
    }
}

/// From onset to recovery; where one of them has no date, from or to the end of `rough`.
fn told(d: &Dates, rough: Span) -> Span {
    let (from, to) = (d.onset.map_or(rough.from, |x| x.at), d.recovery.map_or(rough.to, |x| x.at));
    Span { from: from.min(to), to: to.max(from) }
}

/// Which side of a failure the stretch looked at does not show.
fn open(dates: &Dates) -> Option<String> {
    match (dates.onset, dates.recovery) {
        (Some(_), Some(_)) => None,
        (None, Some(_)) => Some("what is looked at begins inside it".to_owned()),
        (Some(_), None) => Some("what is looked at ends inside it".to_owned()),
        (None, None) => Some("neither its beginning nor its end could be dated".to_owned()),
    }
}

/// How a candidate is called where an episode is named.
pub(super) fn called(c: &Candidate) -> String {
    match c.attribute {
        "site" => "site".to_owned(),
        "resource" => c.value.clone(),
        "pop" => format!("POP {}", c.value),
        a => format!("{a} {}", c.value),
    }
}

fn matches(c: &Candidate, leaf: &Leaf) -> bool {
    match c.attribute {
        "host" => leaf.host == c.value,
        "resource" => leaf.template == c.value && (c.host.is_empty() || leaf.host == c.host),
        "pop" => leaf.pop == c.value,
        "backend" => pool(&leaf.backend) == c.value,
        "instance" => leaf.instance == c.value,
        _ => true,
    }
}

/// The other episodes inside the stretch looked at, dated, with those that only a few clients met
/// marked as such; and those outside it as they were found.
pub(super) fn others(seen: &Seen<'_>, view: &View<'_>, look: &Look<'_>, story: &Story<'_>, e: &Evidence<'_>) -> Vec<Episode> {
    let mut out: Vec<Episode> = Vec::new();
    for (i, c) in seen.others.iter().enumerate() {
        let chosen = |l: usize| view.is_ours(l) && matches(c, &seen.examined.leaves[l]);
        let resource = called(c);
        let dismissed = story.dismissed.iter().find(|(w, _)| w.overlaps(c.span)).map(|(_, why)| why.clone());
        if !seen.frame.axis.overlaps(c.span) {
            let step = look.cube.step.0 * crate::time::SECOND;
            // Known to a step of the survey.
            let known = |at: Micros| Some(Dated { low: at.plus(-step), at, high: at.plus(step) });
            let counts = (c.requests, c.bad);
            let dates = (known(c.span.from), known(c.span.to));
            out.push(Episode { set_aside: dismissed, ..episode(resource, c.span, dates, c.span, counts) });
            continue;
        }
        let limits = limits(seen, c.span);
        let away = match e.plan.window {
            Some(w) if w.from >= c.span.to => Span::new(limits.from, limits.to.min(w.from)),
            Some(w) if w.to <= c.span.from => Span::new(limits.from.max(w.to), limits.to),
            _ => limits,
        };
        let near = tightened(seen, view, c);
        let (series, fine) = (seen.examined.series(&chosen), seen.frame.fine);
        let base = healthy(seen, &series);
        let dated = |span| date(&series, fine, (span, fine.0 * SECOND), away, base, CLOCKS);
        // The rough span holds all of its bouts; it is itself no date.
        let d = Some(dated(c.span)).filter(|d| d.found).unwrap_or_else(|| dated(near));
        let phases = [Phase::Aside(i as u8)];
        let spans = [c.span];
        let stretch = e.stretch(&spans, &phases);
        let now = measure(&seen.examined, &chosen, &stretch);
        let base = e.baseline(&chosen, &BASELINE);
        let set_aside = dismissed.or_else(|| match crowd(&seen.examined, &chosen, phases[0], &now, (&base, &base), &stretch) {
            Crowd::FewOnly(why) => Some(why),
            _ => None,
        });
        let parts = apart(&d);
        if parts.len() > 1 {
            out.extend(parts.iter().map(|p| piece(&resource, p, &series, fine, set_aside.clone())));
            continue;
        }
        let at = told(&d, near);
        out.push(Episode {
            clients_affected: Some(now.clients_bad),
            open: open(&d),
            set_aside,
            course: course(&d, at, &series, fine),
            ..episode(resource, at, (d.onset, d.recovery), c.span, now.counts())
        });
    }
    out
}

/// One of several episodes that a candidate turned out to be. Its clients were not counted apart.
fn piece(resource: &str, d: &Dates, series: &BTreeMap<i64, Moment>, fine: Step, set_aside: Option<String>) -> Episode {
    let hull = d.bouts.iter().map(|b| b.span).reduce(Span::hull).unwrap_or(Span::new(Micros(0), Micros(0)));
    let at = told(d, hull);
    let course = course(d, at, series, fine);
    let counts = course.bouts.iter().fold((0, 0), |s, b| (s.0 + b.requests, s.1 + b.failed));
    Episode { open: open(d), set_aside, course, ..episode(resource.to_owned(), at, (d.onset, d.recovery), hull, counts) }
}

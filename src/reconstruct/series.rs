//! Series for tables and charts: points per bin, resources, segments.

use crate::analyse::evidence::{BASELINE, Evidence};
use crate::analyse::leaves::{View, pool};
use crate::analyse::scope::Finding;
use crate::analyse::shares::{Stretch, measure, rise, state, time_share};
use crate::case::{Avail, Axis, Point, Resource, Segment};
use crate::event::Tier;
use crate::examine::{Examined, Leaf, Moment, Phase};
use crate::survey::{Cell, Cube};
use crate::time::Span;
use std::collections::{BTreeMap, BTreeSet};

/// Most resources told one by one; the sum of all is in the totals.
const RESOURCES_MAX: usize = 60;

/// Most values told of one attribute.
const SEGMENTS_MAX: usize = 12;

/// Points on the axis from fine moments.
pub(super) fn points(axis: &Axis, examined: &Examined, series: &BTreeMap<i64, Moment>) -> Vec<Point> {
    let mut cells = vec![Cell::default(); axis.bins];
    for (bin, moment) in series {
        if let Some(i) = axis.bin(examined.fine.start(*bin)) {
            cells[i].merge(&moment.cell);
        }
    }
    cells
        .iter()
        .enumerate()
        .map(|(i, cell)| Point {
            t: axis.start(i),
            requests: cell.valid(),
            failed: cell.bad(),
            state: state(cell.bad(), cell.valid()),
            classes: cell.classes(),
        })
        .collect()
}

/// Sum of a series.
pub(super) fn sum(points: &[Point]) -> (u64, u64) {
    points.iter().fold((0, 0), |s, p| (s.0 + p.requests, s.1 + p.failed))
}

/// Availability of the chosen leaves before, during and after the window, in that order; without a
/// window all of it is "before".
pub(super) fn phases(e: &Evidence<'_>, chosen: &dyn Fn(usize) -> bool) -> [Avail; 3] {
    let timed = e.plan.window.is_some();
    let during = if timed { e.during(chosen).avail() } else { Avail::NONE };
    let after = if timed { e.baseline(chosen, &[Phase::After]).avail() } else { Avail::NONE };
    [e.baseline(chosen, &[Phase::Before]).avail(), during, after]
}

/// A resource before it is known whether it is shown.
struct Rough {
    name: String,
    leaves: Vec<usize>,
    /// Valid and bad requests, whole axis.
    all: (u64, u64),
    /// Bad requests in the window.
    inside: u64,
}

/// Every resource worth a row: those of the cause first, then by damage, then by traffic.
pub(super) fn resources(
    e: &Evidence<'_>,
    f: &Finding,
    axis: &Axis,
    cube: &Cube,
    rule: &dyn Fn(usize) -> Option<String>,
) -> (Vec<Resource>, u64) {
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, leaf) in e.examined.leaves.iter().enumerate().filter(|(i, _)| e.view.is_ours(*i)) {
        by_name.entry(e.view.name(leaf)).or_default().push(i);
    }
    // Cheap figures for all, the dear ones only for those that are shown.
    let mut order: Vec<Rough> = by_name
        .into_iter()
        .map(|(name, leaves)| {
            let series = e.examined.series(&|l| leaves.binary_search(&l).is_ok());
            let all = series.values().fold((0, 0), |s, m| (s.0 + m.cell.valid(), s.1 + m.cell.bad()));
            let inside =
                series.iter().filter(|(b, _)| e.window.overlaps(e.examined.fine.span(**b))).map(|(_, m)| m.cell.bad()).sum();
            Rough { name, leaves, all, inside }
        })
        .filter(|x| x.all.0 > 0)
        .collect();
    let caused = |leaves: &[usize]| leaves.iter().any(|&l| f.in_target[l]);
    order.sort_by(|a, b| {
        let key = |x: &Rough| (caused(&x.leaves), x.inside, x.all.0);
        key(b).cmp(&key(a)).then_with(|| a.name.cmp(&b.name))
    });
    let all = order.len();
    // Neither what failed nor what did not may crowd out the other.
    let (mut cause, mut rest): (Vec<Rough>, Vec<Rough>) = order.into_iter().partition(|x| caused(&x.leaves));
    let kept = cause.len().min(RESOURCES_MAX - rest.len().min(RESOURCES_MAX / 3));
    cause.truncate(kept);
    rest.truncate(RESOURCES_MAX - kept);
    let order: Vec<Rough> = cause.into_iter().chain(rest).collect();
    let left_out = (all - order.len()) as u64;
    let whole = [Span::new(e.plan.axis.from, e.plan.axis.to)];
    let asides: Vec<Phase> = (0..e.plan.aside.len()).map(|i| Phase::Aside(i as u8)).collect();
    let every: Vec<Phase> = [Phase::Before, Phase::Beside, Phase::During, Phase::After].into_iter().chain(asides).collect();
    let mut out: Vec<Resource> = order
        .into_iter()
        .map(|Rough { name, leaves, all: (requests, failed), .. }| {
            let chosen = |l: usize| leaves.binary_search(&l).is_ok();
            let series = points(axis, e.examined, &e.examined.series(&chosen));
            let [before, during, after] = phases(e, &chosen);
            let all = measure(
                e.examined,
                &chosen,
                &Stretch { spans: &whole, phases: &every, step: e.step, clients_known: e.clients_known, without: None },
            );
            let base = e.baseline(&chosen, &BASELINE);
            let excess = match (e.plan.window, rise(&e.during(&chosen), &base)) {
                (Some(_), Some((d, _, _))) => d * during.requests as f64,
                _ => 0.0,
            };
            let row = leaves.first().map(|&l| e.examined.leaves[l].row.clone()).unwrap_or_default();
            Resource {
                name,
                rule: cube.rule_of(&row).and_then(rule),
                in_cause: caused(&leaves),
                requests,
                failed,
                availability: all.avail(),
                time_availability: time_share(series.iter().map(|p| p.state)),
                before,
                during,
                after,
                excess,
                series,
            }
        })
        .collect();
    out.sort_by(|a, b| {
        (b.in_cause.cmp(&a.in_cause))
            .then_with(|| b.excess.total_cmp(&a.excess))
            .then_with(|| b.requests.cmp(&a.requests))
            .then_with(|| a.name.cmp(&b.name))
    });
    (out, left_out)
}

/// How a leaf's value of a segment is read.
type Value = fn(&Leaf) -> &str;

/// The kinds of segments told.
const KINDS: [(&str, Value); 4] =
    [("pop", |l| &l.pop), ("backend", |l| pool(&l.backend)), ("instance", |l| &l.instance), ("tier", |l| l.tier.name())];

/// A segment before it is known whether it is shown.
struct Ranked<'a> {
    tier: Tier,
    value: &'a str,
    leaves: &'a [usize],
    requests: u64,
}

/// Valid requests of some leaves on the axis.
fn valid(axis: &Axis, examined: &Examined, leaves: &[usize]) -> u64 {
    let moments = leaves.iter().flat_map(|&leaf| examined.moments_of(leaf));
    moments.filter(|(_, bin, _)| axis.bin(examined.fine.start(*bin)).is_some()).map(|(_, _, m)| m.cell.valid()).sum()
}

/// Failing share per POP, backend, instance and tier, where there are at least two of a kind.
pub(super) fn segments(view: &View<'_>, axis: &Axis) -> Vec<Segment> {
    let examined = view.examined;
    let mut out = Vec::new();
    let mut told: BTreeSet<(Tier, Vec<usize>)> = BTreeSet::new();
    for (attribute, key) in KINDS {
        let mut values: BTreeMap<(Tier, &str), Vec<usize>> = BTreeMap::new();
        for (i, leaf) in examined.leaves.iter().enumerate().filter(|(_, l)| !key(l).is_empty()) {
            values.entry((leaf.tier, key(leaf))).or_default().push(i);
        }
        let alone = |tier| values.keys().filter(|k| k.0 == tier).count() < 2;
        if attribute == "tier" && values.len() < 2 {
            continue;
        }
        // Ranked before their points are made: there may be thousands of instances.
        let mut list: Vec<Ranked<'_>> = values
            .iter()
            .filter(|((tier, _), leaves)| attribute == "tier" || (!alone(*tier) && told.insert((*tier, (*leaves).clone()))))
            .map(|(&(tier, value), leaves)| Ranked { tier, value, leaves, requests: valid(axis, examined, leaves) })
            .filter(|s| s.requests > 0)
            .collect();
        if attribute != "tier" {
            list.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| a.value.cmp(b.value)));
            list.truncate(SEGMENTS_MAX);
        }
        out.extend(list.into_iter().map(|Ranked { tier, value, leaves, .. }| {
            let series = points(axis, examined, &examined.series_of(leaves));
            let (requests, failed) = sum(&series);
            Segment { attribute: attribute.into(), value: value.to_owned(), tier, requests, failed, series }
        }));
    }
    out
}

/// Events of one source per bin of the axis. A survey bin wider than the axis' is spread evenly.
pub(super) fn per_bin(cube: &Cube, source: usize, axis: &Axis) -> Vec<u64> {
    let mut out = vec![0u64; axis.bins];
    for &(bin, n) in &cube.sources[source].per_bin {
        let span = cube.step.span(i64::from(bin));
        let Some(inside) = span.intersect(axis.span()) else { continue };
        let (Some(first), Some(last)) = (axis.bin(inside.from), axis.bin(inside.to.plus(-1))) else { continue };
        let width = (last - first + 1) as u64;
        for (k, slot) in out[first..=last].iter_mut().enumerate() {
            *slot += n / width + u64::from((k as u64) < n % width);
        }
    }
    out
}

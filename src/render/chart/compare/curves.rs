//! Availability of what failed, and of the rest, in both reports, laid on each other at their onsets.

use super::super::axis;
use super::super::canvas::{LABEL, Page, Plot, Rect};
use super::super::frame::{self, Head, PLOT_LEFT, PLOT_RIGHT};
use super::super::palette::{GREY, INK, PAPER, SIDE_A, SIDE_B, mix};
use super::super::{Picture, columns};
use crate::compare::Comparison;
use crate::compare::align::{Bin, Curves};
use crate::error::Result;
use crate::words;
use plotters::style::RGBColor;

const TOP: f64 = 46.0;
const TARGET: f64 = 360.0;
const REST: f64 = 200.0;
const BETWEEN: f64 = 76.0;
/// Height of the bars that show how long it lasted.
const BARS: f64 = 84.0;
/// Most columns of a curve: bins are pooled beyond.
const COLUMNS: usize = 700;

/// The curves of one side as they are drawn.
struct Side<'a> {
    letter: &'static str,
    color: RGBColor,
    dashed: bool,
    curves: &'a Curves,
    /// Seconds added to its times: 0 where it has an onset.
    shift: f64,
}

pub(super) fn draw(c: &Comparison) -> Option<Result<Picture>> {
    let (from, to) = range(&c.aligned.a, &c.aligned.b)?;
    // Without an onset a record is drawn from the left end on.
    let shift = |curves: &Curves| if curves.at_onset { 0.0 } else { from };
    let (a, b) = (&c.aligned.a, &c.aligned.b);
    let sides = [
        Side { letter: "A", color: SIDE_A, dashed: false, curves: a, shift: shift(a) },
        Side { letter: "B", color: SIDE_B, dashed: true, curves: b, shift: shift(b) },
    ];
    let head = head(c);
    let low = rest_low(&sides, from, to);
    let height = TOP + BARS + TARGET + BETWEEN + REST + 88.0;
    Some(frame::framed(&super::around(c), head, height, |page, area| {
        let upper = Rect::new(PLOT_LEFT, area.top + TOP + BARS, PLOT_RIGHT, area.top + TOP + BARS + TARGET);
        let lower = Rect::new(PLOT_LEFT, upper.bottom + BETWEEN, PLOT_RIGHT, upper.bottom + BETWEEN + REST);
        legend(page, area, &sides);
        let across = || axis::since(from, to, upper.width());
        let plot = Plot::new(upper, across(), axis::shares(0.0, 1.0, 0.25));
        bars(page, &plot, &sides, area.top + TOP);
        onset(page, &plot, upper.top, upper.bottom);
        onset(page, &plot, lower.top, lower.bottom);
        plot.y_grid(page);
        page.text("What failed: share of requests answered well", area.left, upper.top - 30.0, LABEL.bold());
        sides.iter().for_each(|s| line(page, &plot, s, &s.curves.target));
        let below = Plot::new(lower, across(), low);
        below.y_grid(page);
        page.text(
            "The rest of the site: share of requests answered well (its own scale)",
            area.left,
            lower.top - 30.0,
            LABEL.bold(),
        );
        sides.iter().for_each(|s| line(page, &below, s, &s.curves.rest));
        below.x_labels(page);
        page.text("time since the onset of each", f64::midpoint(lower.left, lower.right), lower.bottom + 56.0, LABEL.center());
    }))
}

fn head(c: &Comparison) -> Head {
    let length = |x: &Curves| x.length.map_or_else(|| "no incident found".to_owned(), words::duration);
    let (a, b) = (length(&c.aligned.a), length(&c.aligned.b));
    let title = match (c.aligned.a.length, c.aligned.b.length) {
        (Some(_), Some(_)) if a == b => format!("Laid at their onsets: A and B both lasted {a}"),
        (Some(_), Some(_)) => format!("Laid at their onsets: A lasted {a}, B {b}"),
        (Some(_), None) => format!("A lasted {a}; in B no incident was found"),
        (None, Some(_)) => format!("B lasted {b}; in A no incident was found"),
        _ => "In neither was an incident found".to_owned(),
    };
    let subtitle = format!("{} · {}", super::when("A", &c.a), super::when("B", &c.b));
    let worst = |bins: &[Bin]| {
        let shares = bins.iter().filter(|b| b.requests >= columns::THIN).filter_map(share);
        shares.min_by(f64::total_cmp).map_or_else(|| "no curve".to_owned(), words::percent)
    };
    let alt = format!(
        "Share of requests answered well over the time since the onset, as step lines. {title}. {subtitle}. Lowest of what failed: A {}, \
         B {}; of the rest: A {}, B {}.",
        worst(&c.aligned.a.target),
        worst(&c.aligned.b.target),
        worst(&c.aligned.a.rest),
        worst(&c.aligned.b.rest)
    );
    Head { file: "1-curves.png", title, subtitle, alt }
}

/// Seconds that are shown: half of the longer incident before the onsets, three quarters of it after its end, within
/// the records; all of the record where there is no onset. Nothing where neither report holds a curve.
fn range(a: &Curves, b: &Curves) -> Option<(f64, f64)> {
    let ends = |c: &Curves| {
        let bins = || c.target.iter().chain(&c.rest).map(|x| x.seconds);
        Some((bins().reduce(f64::min)?, bins().reduce(f64::max)? + c.step))
    };
    let both: Vec<(f64, f64)> = [ends(a), ends(b)].into_iter().flatten().collect();
    let first = both.iter().map(|e| e.0).reduce(f64::min)?;
    let last = both.iter().map(|e| e.1).reduce(f64::max)?;
    let longest = a.length.into_iter().chain(b.length).reduce(f64::max);
    Some(match longest {
        Some(l) => (first.max(-(l / 2.0).max(300.0)), last.min(l * 1.75 + 300.0).max(l.min(last))),
        None => (first, last),
    })
    .filter(|(from, to)| from < to)
}

/// The scale of the rest: from a round value below its lowest column that is no single request.
fn rest_low(sides: &[Side<'_>], from: f64, to: f64) -> axis::Axis {
    let low = sides
        .iter()
        .flat_map(|s| pooled(s, &s.curves.rest).into_iter().filter(move |c| c.0 < to && c.1 > from))
        .filter(|c| c.2.requests >= columns::THIN)
        .filter_map(|c| share(&c.2))
        .fold(1.0, f64::min);
    match low {
        l if l < 0.5 => axis::shares(0.0, 1.0, 0.5),
        l if l < 0.8 => axis::shares(0.5, 1.0, 0.25),
        l if l < 0.9 => axis::shares(0.8, 1.0, 0.1),
        l if l < 0.95 => axis::shares(0.9, 1.0, 0.05),
        l if l < 0.98 => axis::shares(0.95, 1.0, 0.025),
        _ => axis::shares(0.98, 1.0, 0.01),
    }
}

fn share(b: &Bin) -> Option<f64> {
    (b.requests > 0).then(|| 1.0 - b.failed as f64 / b.requests as f64)
}

/// Bins as drawn, (from, to, counts): several as one where there are more than have room.
fn pooled(side: &Side<'_>, bins: &[Bin]) -> Vec<(f64, f64, Bin)> {
    let each = bins.len().div_ceil(COLUMNS).max(1);
    let one = |chunk: &[Bin]| {
        let (first, last) = (chunk.first()?, chunk.last()?);
        let sum = |get: fn(&Bin) -> u64| chunk.iter().fold(0u64, |n, b| n.saturating_add(get(b)));
        let counts = Bin { seconds: first.seconds, requests: sum(|b| b.requests), failed: sum(|b| b.failed) };
        Some((first.seconds + side.shift, last.seconds + side.curves.step + side.shift, counts))
    };
    bins.chunks(each).filter_map(one).collect()
}

fn legend(page: &Page<'_>, area: Rect, sides: &[Side<'_>]) {
    let mut x = area.left;
    for s in sides {
        let told = if s.curves.at_onset {
            s.letter.to_owned()
        } else {
            format!("{} (no onset: from the start of its record)", s.letter)
        };
        x = frame::key(page, x, area.top + 10.0, &told, |r| {
            let y = f64::midpoint(r.top, r.bottom);
            stroke(page, s, &[(r.left, y), (r.right, y)], s.color);
        });
    }
    page.text("gaps in a line: no requests, so no evidence; pale: fewer than 5 requests", x, area.top + 10.0, LABEL.color(GREY));
}

fn stroke(page: &Page<'_>, s: &Side<'_>, points: &[(f64, f64)], color: RGBColor) {
    if s.dashed {
        page.dashed(points, color, 3.0, (11.0, 6.0));
    } else {
        page.line(points, color, 3.5);
    }
}

/// How long each lasted, as bars above the plot.
fn bars(page: &Page<'_>, plot: &Plot, sides: &[Side<'_>], top: f64) {
    for (i, s) in sides.iter().enumerate() {
        let Some(length) = s.curves.length else { continue };
        let y = top + 15.0 * i as f64;
        let (a, b) = (plot.x(0.0), plot.x(length));
        page.fill(Rect::new(a, y - 5.0, b.max(a + 2.0), y + 5.0), s.color);
        page.text(s.letter, a - 8.0, y, LABEL.bold().color(s.color).right().size(16.0));
        page.text(&words::duration(length), b.max(a + 2.0) + 8.0, y, LABEL.color(s.color).size(16.0));
    }
}

/// The onset of both.
fn onset(page: &Page<'_>, plot: &Plot, top: f64, bottom: f64) {
    let x = plot.x(0.0);
    if x > plot.rect.left + 1.0 {
        page.dashed(&[(x, top), (x, bottom)], INK, 1.0, (5.0, 4.0));
    }
}

/// One curve as a step line, broken where there is no evidence, pale where there is little.
fn line(page: &Page<'_>, plot: &Plot, side: &Side<'_>, bins: &[Bin]) {
    let (from, to) = (plot.rect.left, plot.rect.right);
    let all = pooled(side, bins);
    let seen: Vec<(f64, f64, Bin)> = all.into_iter().filter(|(a, b, _)| plot.x(*b) > from && plot.x(*a) < to).collect();
    for run in seen.split(|c| c.2.requests == 0) {
        let mut last: Option<(f64, f64)> = None;
        for group in run.chunk_by(|a, b| thin(&a.2) == thin(&b.2)) {
            let corners = group.iter().flat_map(|(a, b, n)| [*a, *b].map(|x| plot.at(x, share(n).unwrap_or(1.0))));
            let corners: Vec<_> = last.into_iter().chain(corners).collect();
            last = corners.last().copied();
            let color = if group.first().is_some_and(|c| thin(&c.2)) { mix(side.color, PAPER, 0.55) } else { side.color };
            stroke(page, side, &corners, color);
        }
    }
}

fn thin(b: &Bin) -> bool {
    b.requests < columns::THIN
}

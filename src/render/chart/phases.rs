//! Before, during and after: availability of every resource with its 95 % interval.

use super::axis::{self, Axis};
use super::canvas::{LABEL, Page, Plot, Rect};
use super::finding::{self, title_name};
use super::frame::{self, Head, MARGIN, WIDTH_RIGHT};
use super::palette::{BLUE, GREY, GRID, INK, PURPLE, VERMILLION};
use super::{Picture, text};
use crate::case::{Avail, Case, Resource};
use crate::error::Result;
use crate::words;
use plotters::style::RGBColor;

/// Most resources.
const ROWS: usize = 16;
const ROW: f64 = 66.0;
const NAMES: (f64, f64) = (180.0, 420.0);
/// Room at the right for the numbers of the incident.
const NUMBERS: f64 = 330.0;

/// A phase: name, colour, sign, distance of its line from the row's middle, and where to find it.
struct Phase {
    name: &'static str,
    color: RGBColor,
    sign: fn(&Page<'_>, (f64, f64), RGBColor),
    shift: f64,
    of: fn(&Resource) -> Avail,
}

const PHASES: [Phase; 3] = [
    Phase { name: "before", color: BLUE, sign: circle, shift: -19.0, of: |r| r.before },
    Phase { name: "during", color: VERMILLION, sign: diamond, shift: 0.0, of: |r| r.during },
    Phase { name: "after", color: PURPLE, sign: square, shift: 19.0, of: |r| r.after },
];

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    let window = case.window?;
    let told = |r: &&Resource| r.during.value.is_some() && (r.before.value.is_some() || r.after.value.is_some());
    let all: Vec<&Resource> = case.resources.iter().filter(told).collect();
    let shown = &all[..all.len().min(ROWS)];
    let first = shown.first()?;
    let said = |a: Avail| a.value.map_or_else(|| "no requests".into(), words::percent);
    let title = format!(
        "Availability of {}: {} before, {} during, {} after the {}",
        title_name(&first.name),
        said(first.before),
        said(first.during),
        said(first.after),
        finding::period(case)
    );
    let axis = scale(shown);
    let cut = (axis.range.start > 0.0).then(|| words::percent(axis.range.start));
    let mut subtitle = format!(
        "Share of good answers with 95 % intervals; {}: {}; before and after: the stretches compared with it",
        finding::period(case),
        words::dated_span(window.span())
    );
    if all.len() > shown.len() {
        subtitle += &format!(" · the {ROWS} most damaged of {} resources", all.len());
    }
    let list = shown.iter().take(6).map(|r| {
        format!("{}: {} before, {} during, {} after", title_name(&r.name), said(r.before), said(r.during), said(r.after))
    });
    let alt =
        format!("Availability per resource before, during and after, with intervals. {}.", list.collect::<Vec<_>>().join("; "));
    let head = Head { file: "5-phases.png", title, subtitle, alt };
    let widest = shown.iter().map(|r| LABEL.bold().width(&text::clean(&r.name))).fold(0.0, f64::max);
    let left = MARGIN + widest.clamp(NAMES.0, NAMES.1) + 24.0;
    let rows = ROW * shown.len() as f64;
    Some(frame::picture(case, head, 44.0 + rows + 44.0, |page, area| {
        let top = area.top + 44.0;
        let rect = Rect::new(left, top, WIDTH_RIGHT - NUMBERS, top + rows);
        let plot = Plot::new(rect, axis, Axis { range: 0.0..1.0, ticks: vec![] });
        legend(page, area, cut.as_deref());
        page.text("good answers during it", WIDTH_RIGHT - NUMBERS + 30.0, area.top + 10.0, LABEL.bold());
        plot.x_grid(page);
        for (i, resource) in shown.iter().enumerate() {
            row(page, &plot, resource, area.left, top + ROW * (i as f64 + 0.5));
        }
        plot.x_labels(page);
    }))
}

/// From 0 to 100 %; where everything lies above 90 %, from a round value close below.
fn scale(shown: &[&Resource]) -> Axis {
    let low = shown.iter().flat_map(|r| PHASES.iter().map(|p| (p.of)(r))).filter_map(|a| a.low.or(a.value)).fold(1.0, f64::min);
    match low {
        l if l < 0.9 => axis::shares(0.0, 1.0, 0.1),
        l if l < 0.95 => axis::shares(0.9, 1.0, 0.02),
        l if l < 0.98 => axis::shares(0.95, 1.0, 0.01),
        l if l < 0.99 => axis::shares(0.98, 1.0, 0.005),
        _ => axis::shares(0.99, 1.0, 0.002),
    }
}

fn legend(page: &Page<'_>, area: Rect, cut: Option<&str>) {
    let mut x = area.left;
    for phase in &PHASES {
        x = frame::key(page, x, area.top + 10.0, phase.name, |r| {
            let y = f64::midpoint(r.top, r.bottom);
            page.line(&[(r.left - 2.0, y), (r.right + 2.0, y)], phase.color, 2.5);
            (phase.sign)(page, (f64::midpoint(r.left, r.right), y), phase.color);
        });
    }
    let cut = cut.map_or_else(String::new, |start| format!(" · the axis begins at {start}, not at 0 %"));
    page.text(&format!("line: 95 % interval{cut}"), x, area.top + 10.0, LABEL.color(GREY));
}

fn row(page: &Page<'_>, plot: &Plot, resource: &Resource, left: f64, y: f64) {
    page.line(&[(left, y + ROW / 2.0), (WIDTH_RIGHT, y + ROW / 2.0)], GRID, 1.0);
    let style = if resource.in_cause { LABEL.bold() } else { LABEL };
    let name = style.shorten(&resource.name, plot.rect.left - left - 24.0);
    page.text(if name.is_empty() { "(no name)" } else { &name }, plot.rect.left - 18.0, y, style.right());
    let values: Vec<f64> = PHASES.iter().filter_map(|p| (p.of)(resource).value).map(|v| plot.x(v)).collect();
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(*x), b.max(*x)));
    if low < high {
        page.line(&[(low, y), (high, y)], GRID, 7.0);
    }
    for phase in &PHASES {
        let avail = (phase.of)(resource);
        let Some(value) = avail.value else { continue };
        let (x, y) = (plot.x(value), y + phase.shift);
        if let (Some(low), Some(high)) = (avail.low, avail.high) {
            page.line(&[(plot.x(low), y), (plot.x(high), y)], phase.color, 2.5);
            for end in [low, high] {
                page.line(&[(plot.x(end), y - 4.0), (plot.x(end), y + 4.0)], phase.color, 2.0);
            }
        }
        (phase.sign)(page, (x, y), phase.color);
    }
    if let Some(value) = resource.during.value {
        let text = format!("{} of {}", words::percent(value), words::count(resource.during.requests));
        page.text(&text, WIDTH_RIGHT - NUMBERS + 30.0, y, style);
    }
}

fn circle(page: &Page<'_>, at: (f64, f64), color: RGBColor) {
    page.disc(at, 7.5, INK);
    page.disc(at, 6.5, color);
}

fn diamond(page: &Page<'_>, (x, y): (f64, f64), color: RGBColor) {
    for (size, color) in [(10.5, INK), (9.0, color)] {
        page.polygon(&[(x - size, y), (x, y - size), (x + size, y), (x, y + size)], color);
    }
}

fn square(page: &Page<'_>, (x, y): (f64, f64), color: RGBColor) {
    for (size, color) in [(7.0, INK), (6.0, color)] {
        page.fill(Rect::new(x - size, y - size, x + size, y + size), color);
    }
}

//! The figures of both side by side, with their intervals.

use super::super::Picture;
use super::super::axis::{self, Axis, Tick};
use super::super::canvas::{LABEL, Page, Plot, Rect};
use super::super::frame::{self, Head, WIDTH_RIGHT};
use super::super::palette::{GREY, GRID, INK, SIDE_A, SIDE_B};
use crate::compare::Comparison;
use crate::compare::item::{Item, Standing, Unit, Value};
use crate::error::Result;
use crate::words;
use plotters::style::RGBColor;

const ROW: f64 = 58.0;
/// Room above the rows of one unit, for its name, and below, for its axis.
const PANEL: (f64, f64) = (44.0, 50.0);
/// Left end of the plots: names stand before it.
const LEFT: f64 = 600.0;
/// Room at the right for how the point came out.
const RIGHT: f64 = 150.0;
/// Most rows of one unit.
const ROWS: usize = 12;

/// The rows of one unit with their axis.
struct Panel<'a> {
    title: &'static str,
    rows: Vec<&'a Item>,
    axis: Axis,
}

pub(super) fn draw(c: &Comparison) -> Option<Result<Picture>> {
    let of = |unit: Unit, small: bool| -> Vec<&Item> {
        let told =
            |p: &&Item| p.unit == unit && p.standing != Standing::NotComparable && (is_small(p) == small || unit != Unit::Share);
        c.points.iter().filter(told).take(ROWS).collect()
    };
    let panels: Vec<Panel<'_>> = [
        (Unit::Share, false, "Shares"),
        (Unit::Share, true, "Small shares, on their own scale"),
        (Unit::Seconds, false, "Lengths of time"),
        (Unit::Times, false, "So many times as before (logarithmic)"),
    ]
    .into_iter()
    .map(|(unit, small, title)| (of(unit, small), unit, title))
    .filter(|(rows, ..)| !rows.is_empty())
    .map(|(rows, unit, title)| Panel { title, axis: scale(unit, &rows), rows })
    .collect();
    let rows: Vec<&Item> = panels.iter().flat_map(|p| p.rows.iter().copied()).collect();
    if rows.is_empty() {
        return None;
    }
    let height = 40.0 + panels.iter().map(|p| PANEL.0 + ROW * p.rows.len() as f64 + PANEL.1).sum::<f64>();
    Some(frame::framed(&super::around(c), head(c, &rows), height, |page, area| {
        legend(page, area);
        let mut top = area.top + 40.0;
        for panel in &panels {
            let rect = Rect::new(LEFT, top + PANEL.0, WIDTH_RIGHT - RIGHT, top + PANEL.0 + ROW * panel.rows.len() as f64);
            let plot = Plot::new(rect, panel.axis.clone(), Axis { range: 0.0..1.0, ticks: vec![] });
            page.text(panel.title, area.left, top + 24.0, LABEL.bold());
            plot.x_grid(page);
            for (i, item) in panel.rows.iter().enumerate() {
                row(page, &plot, item, area.left, rect.top + ROW * (i as f64 + 0.5));
            }
            plot.x_labels(page);
            top = rect.bottom + PANEL.1;
        }
    }))
}

fn head(c: &Comparison, rows: &[&Item]) -> Head {
    let number = |s: Standing| rows.iter().filter(|i| i.standing == s).count();
    let title = format!(
        "Of {}, {} beyond their intervals and {} not told apart",
        words::counted(
            (number(Standing::Differs) + number(Standing::Open)) as u64,
            "figure with intervals",
            "figures with intervals"
        ),
        match number(Standing::Differs) {
            1 => "1 differs".to_owned(),
            n => format!("{n} differ"),
        },
        match number(Standing::Open) {
            1 => "1 is".to_owned(),
            n => format!("{n} are"),
        },
    );
    let list = rows.iter().take(12).map(|i| format!("{}: {} in A, {} in B", i.name, i.a.text, i.b.text));
    let alt = format!("The figures of both reports side by side. {title}. {}.", list.collect::<Vec<_>>().join("; "));
    let subtitle = format!("{} · {}", super::when("A", &c.a), super::when("B", &c.b));
    Head { file: "2-figures.png", title, subtitle, alt }
}

/// Every figure and end of an interval of a point.
fn ends(i: &Item) -> impl Iterator<Item = f64> {
    [i.a.value, i.a.low, i.a.high, i.b.value, i.b.low, i.b.high].into_iter().flatten()
}

/// Whether a share is too small to be seen on a scale to 100 %.
fn is_small(i: &Item) -> bool {
    ends(i).all(|v| v.abs() < 0.1)
}

/// An axis that holds every value and interval of its rows.
fn scale(unit: Unit, rows: &[&Item]) -> Axis {
    let ends = || rows.iter().flat_map(|i| ends(i));
    let (low, high) = (ends().fold(0.0, f64::min), ends().fold(0.0, f64::max));
    if unit == Unit::Share {
        let small = rows.iter().all(|i| is_small(i));
        let step = if small { axis::nice(((high - low) / 6.0).max(1e-4)) } else { 0.25 };
        let most = if small { (high / step).ceil().max(1.0) * step } else { 1.0 };
        return axis::shares((low / step).floor() * step, most, step);
    }
    if unit == Unit::Seconds {
        return axis::since(0.0, high.max(60.0) * 1.02, WIDTH_RIGHT - RIGHT - LEFT).unsigned();
    }
    // Ratios: logarithmic, whole powers of ten or, where that is little, of two.
    let most = ends().map(place_of_ratio).fold(0.0, f64::max);
    let least = ends().map(place_of_ratio).fold(0.0, f64::min);
    let base: f64 = if most - least > 1.5 { 10.0 } else { 2.0 };
    let step = base.log10();
    let (first, last) = ((least / step).floor() as i32, (most / step).ceil().max(1.0) as i32);
    let tick = |i: i32| {
        let value = base.powi(i);
        Tick { at: f64::from(i) * step, label: format!("{}", (value * 1e4).round() / 1e4), date: None }
    };
    Axis { range: f64::from(first) * step..f64::from(last) * step, ticks: (first..=last).map(tick).collect() }
}

/// Where a ratio stands on its axis: its logarithm, from a ten-thousandth to a million.
fn place_of_ratio(v: f64) -> f64 {
    v.clamp(1e-4, 1e6).log10()
}

/// Where a figure stands on the axis of its unit.
fn place(unit: Unit, v: f64) -> f64 {
    if unit == Unit::Times { place_of_ratio(v) } else { v }
}

fn legend(page: &Page<'_>, area: Rect) {
    let mut x = area.left;
    for (letter, color) in [("A", SIDE_A), ("B", SIDE_B)] {
        x = frame::key(page, x, area.top + 10.0, letter, |r| {
            let y = f64::midpoint(r.top, r.bottom);
            page.line(&[(r.left - 2.0, y), (r.right + 2.0, y)], color, 2.5);
            sign(page, letter, (f64::midpoint(r.left, r.right), y), color);
        });
    }
    page.text("line: 95 % interval, where the report has one", x, area.top + 10.0, LABEL.color(GREY));
}

fn row(page: &Page<'_>, plot: &Plot, item: &Item, left: f64, y: f64) {
    page.line(&[(left, y + ROW / 2.0), (WIDTH_RIGHT, y + ROW / 2.0)], GRID, 1.0);
    let lines = LABEL.wrap(&item.name, LEFT - left - 30.0, 2);
    for (i, line) in lines.iter().enumerate() {
        let up = 12.0 * (lines.len() as f64 - 1.0);
        page.text(line, LEFT - 18.0, y - up + 24.0 * i as f64, LABEL.right());
    }
    mark(page, plot, item.unit, &item.a, "A", y - 11.0, SIDE_A);
    mark(page, plot, item.unit, &item.b, "B", y + 11.0, SIDE_B);
    let style = if item.standing == Standing::Differs { LABEL.bold() } else { LABEL };
    page.text(item.standing.words(), plot.rect.right + 24.0, y, style);
}

fn mark(page: &Page<'_>, plot: &Plot, unit: Unit, v: &Value, letter: &str, y: f64, color: RGBColor) {
    let Some(value) = v.value else { return };
    let x = |v: f64| plot.x(place(unit, v));
    if let Some((low, high)) = v.low.zip(v.high) {
        page.line(&[(x(low), y), (x(high), y)], color, 2.5);
        for end in [low, high] {
            page.line(&[(x(end), y - 4.0), (x(end), y + 4.0)], color, 2.0);
        }
    }
    sign(page, letter, (x(value), y), color);
}

/// A disc for A, a square for B: colour is not the only sign.
fn sign(page: &Page<'_>, letter: &str, (x, y): (f64, f64), color: RGBColor) {
    if letter == "A" {
        page.disc((x, y), 7.5, INK);
        page.disc((x, y), 6.5, color);
    } else {
        for (size, color) in [(7.0, INK), (6.0, color)] {
            page.fill(Rect::new(x - size, y - size, x + size, y + size), color);
        }
    }
}

//! What the answers were: requests by status class, stacked with the errors at the bottom, once
//! for what failed and once for the rest, each from zero on its own scale.

use super::Picture;
use super::axis;
use super::canvas::{LABEL, Page, Plot, Rect};
use super::columns::{self, Column};
use super::finding::{self, sentence, target_label, target_name, title_name};
use super::frame::{self, Head, PLOT_LEFT, PLOT_RIGHT, TIME_LABELS};
use super::palette::{BLUE, GREY, INK, ORANGE, PURPLE, SILENT, SILENT_LINES, SKY, VERMILLION, YELLOW};
use crate::case::{Case, Classes, Point};
use crate::error::Result;
use crate::time::SECOND;
use crate::words;
use plotters::style::RGBColor;

const COLUMNS: usize = 700;
const PANEL: f64 = 270.0;
const HEAD: f64 = 86.0;

/// A class: its name, colour and count.
type Class = (&'static str, RGBColor, fn(&Classes) -> u64);

/// From the bottom of the stack to its top.
const CLASSES: [Class; 6] = [
    ("server error", VERMILLION, |c| c.server_error),
    ("refused (overload)", ORANGE, |c| c.shed),
    ("unanswered", PURPLE, |c| c.unanswered),
    ("client error", YELLOW, |c| c.client_error),
    ("redirect", BLUE, |c| c.redirect),
    ("success", SKY, |c| c.success),
];
/// How many of them, from the bottom, are errors.
const ERRORS: usize = 4;

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    let parts =
        [(target_label(case, 700.0), &case.scope.target_series), ("the rest of the site".into(), &case.scope.rest_series)];
    let panels: Vec<(String, Vec<Column>)> = parts
        .into_iter()
        .map(|(name, series)| (sentence(&name), columns::of(&case.axis, series, COLUMNS)))
        .filter(|(_, columns)| columns.iter().any(|c| c.classes.total() > 0))
        .collect();
    if panels.is_empty() {
        return None;
    }
    let title = title(case);
    let each = columns::pooled(&case.axis, COLUMNS);
    let head = Head {
        file: "3-classes.png",
        alt: format!(
            "Stacked requests by status class over time, {}, errors at the bottom. {title}. {}",
            words::dated_span(case.axis.span()),
            panels.iter().map(|(name, columns)| in_words(name, columns)).collect::<Vec<_>>().join(" "),
        ),
        title,
        subtitle: frame::time_words(case, each),
    };
    let unit = frame::unit(case, each);
    let full = columns::length(&case.axis, COLUMNS);
    let above = if case.window.is_some() { 36.0 } else { 0.0 };
    let height = above + (HEAD + PANEL) * panels.len() as f64 + TIME_LABELS;
    Some(frame::picture(case, head, height, |page, area| {
        for (i, (name, columns)) in panels.iter().enumerate() {
            let top = area.top + above + (HEAD + PANEL) * i as f64 + HEAD;
            let max = columns.iter().map(|c| c.per(full, c.classes.total())).fold(0.0, f64::max).ceil() as u64;
            let rect = Rect::new(PLOT_LEFT, top, PLOT_RIGHT, top + PANEL);
            let plot = Plot::new(rect, axis::time(&case.axis, rect.width()), axis::counts(max, 4));
            frame::shade(page, case, &plot, top, top + PANEL);
            plot.y_grid(page);
            stack(page, &plot, columns, full);
            frame::edges(page, case, &plot, top, top + PANEL);
            if i == 0 {
                frame::name_band(page, case, &plot, area.top + 8.0, (area.left, area.right));
            }
            page.text(&format!("{name}: requests per {unit}"), area.left, top - HEAD + 22.0, LABEL.bold());
            keys(page, columns, area.left, top - 28.0);
            if i + 1 == panels.len() {
                plot.x_labels(page);
            } else {
                page.line(&[(rect.left, rect.bottom), (rect.right, rect.bottom)], INK, 1.0);
            }
        }
    }))
}

fn stack(page: &Page<'_>, plot: &Plot, columns: &[Column], full: f64) {
    for column in columns {
        let (left, right) = (plot.x(column.from), plot.x(column.to));
        if column.classes.total() == 0 {
            let rect = Rect::new(left, plot.rect.top, right, plot.rect.bottom);
            page.fill(rect, SILENT);
            page.hatch(rect, SILENT_LINES);
            continue;
        }
        let mut below = 0u64;
        for (_, color, of) in CLASSES {
            let above = below.saturating_add(of(&column.classes));
            if above > below {
                page.fill(Rect::new(left, plot.y(column.per(full, above)), right, plot.y(column.per(full, below))), color);
            }
            below = above;
        }
    }
}

/// The legend, in the order of the stack from the bottom, with each class's sum.
fn keys(page: &Page<'_>, columns: &[Column], left: f64, y: f64) {
    let mut x = left;
    for (name, color, of) in CLASSES {
        let sum = columns.iter().fold(0u64, |n, c| n.saturating_add(of(&c.classes)));
        if sum > 0 {
            x = frame::key(page, x, y, &format!("{name} {}", words::count(sum)), |r| {
                page.fill(r, color);
                page.outline(r, GREY, 0.5);
            });
        }
    }
    if columns.iter().any(|c| c.classes.total() == 0) {
        frame::key(page, x, y, "no requests", |r| {
            page.fill(r, SILENT);
            page.hatch(r, SILENT_LINES);
        });
    }
}

fn in_words(name: &str, columns: &[Column]) -> String {
    let sums = CLASSES.iter().map(|(class, _, of)| {
        let sum = columns.iter().fold(0u64, |n, c| n.saturating_add(of(&c.classes)));
        format!("{class} {}", words::count(sum))
    });
    format!("{}: {}.", title_name(name), sums.collect::<Vec<_>>().join(", "))
}

/// The commonest kind of error in the window (or overall), and its share in the rest.
fn title(case: &Case) -> String {
    let span = case.window.map_or(case.axis.span(), |w| w.span());
    let half = case.axis.step.0.saturating_mul(SECOND / 2);
    let inside = |series: &[Point], of: fn(&Classes) -> u64| {
        series.iter().filter(|p| span.contains(p.t.plus(half))).fold(0u64, |n, p| n.saturating_add(of(&p.classes)))
    };
    let (target, rest) = (&case.scope.target_series, &case.scope.rest_series);
    let share = |series: &[Point], of| finding::failing(inside(series, of), inside(series, Classes::total));
    let top = CLASSES[..ERRORS].iter().rev().max_by_key(|(_, _, of)| inside(target, *of));
    let when = if case.window.is_some() { format!("In the {}", finding::period(case)) } else { "Overall".into() };
    let name = title_name(&target_name(case));
    let Some((class, _, of)) = top.filter(|(_, _, of)| inside(target, *of) > 0) else {
        return format!("{when}, no answer of {name} had the status of an error");
    };
    let mut out = format!("{when}, {} of the requests to {name} ended as {class}", share(target, *of));
    if !rest.is_empty() {
        out += &format!("; {} of the rest", share(rest, *of));
    }
    out
}

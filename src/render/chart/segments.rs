//! Was it one place? The failing share of every POP, backend, instance and tier, side by side on
//! the same scale.

use super::axis;
use super::canvas::{LABEL, Page, Plot, Rect};
use super::columns;
use super::finding::{self, FAILING, failing};
use super::frame::{self, Head, TIME_LABELS};
use super::palette::{BLUE, GRID, INK, SILENT, SILENT_LINES, VERMILLION};
use super::{Picture, text};
use crate::case::{Case, Segment};
use crate::error::Result;
use crate::words;
use std::cmp::Reverse;

/// Most panels.
const PANELS: usize = 12;
const ACROSS: usize = 3;
const COLUMNS: usize = 200;
const GAP: f64 = 104.0;
const HEAD: f64 = 66.0;
const PANEL: f64 = 150.0;
/// Room for the labels of the y axis, at the left of the first panel of a row.
const GUTTER: f64 = 76.0;

struct Panel<'a> {
    segment: &'a Segment,
    failed: u64,
    requests: u64,
}

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    let span = case.window.map_or(case.axis.span(), |w| w.span());
    let mut all: Vec<(usize, Panel<'_>)> = case
        .segments
        .iter()
        .filter(|s| s.requests > 0)
        .map(|segment| {
            let (failed, requests) = columns::inside(&segment.series, &case.axis, span);
            Panel { segment, failed, requests }
        })
        .enumerate()
        .collect();
    if all.len() < 2 {
        return None;
    }
    // the most hurt first where not all have room, then grouped by what they are
    all.sort_by_key(|(order, p)| (Reverse(p.failed), Reverse(p.segment.requests), *order));
    let left_out = all.split_off(all.len().min(PANELS));
    all.sort_by_key(|(order, p)| (p.segment.tier, p.segment.attribute.clone(), *order));
    let shown: Vec<Panel<'_>> = all.into_iter().map(|(_, p)| p).collect();
    let title = title(case, &shown);
    let each = columns::pooled(&case.axis, COLUMNS);
    let mut subtitle = frame::time_words(case, each);
    if !left_out.is_empty() {
        let n = left_out.len() as u64;
        subtitle += &format!(" · the {} with the most failures; {} not shown", shown.len(), words::counted(n, "other", "others"));
    }
    let list: Vec<String> = shown.iter().map(|p| caption(case, p)).collect();
    let alt = format!("Small line charts of the failing share over time on one scale. {title}. {}.", list.join("; "));
    let head = Head { file: "4-segments.png", title, subtitle, alt };
    let across = if shown.len() <= 4 { 2 } else { ACROSS };
    let rows = shown.len().div_ceil(across);
    let height = (HEAD + PANEL) * rows as f64 + TIME_LABELS + 40.0;
    Some(frame::picture(case, head, height, |page, area| {
        let silent = shown.iter().any(|p| p.segment.series.iter().any(|s| s.requests == 0));
        let period = format!("; numbers and shading: the {}", finding::period(case));
        let shaded = if case.window.is_some() { period.as_str() } else { "" };
        let heading = format!("Share of requests that failed{shaded}{}", if silent { "; hatched: no requests" } else { "" });
        page.text(&heading, area.left, area.top + 10.0, LABEL.bold());
        let width = (area.width() - 20.0 - GUTTER - GAP * (across - 1) as f64) / across as f64;
        let top_end = shown_max(case, &shown);
        for (i, panel) in shown.iter().enumerate() {
            let left = area.left + GUTTER + (width + GAP) * (i % across) as f64;
            let top = area.top + 30.0 + (HEAD + PANEL) * (i / across) as f64 + HEAD;
            let rect = Rect::new(left, top, left + width, top + PANEL);
            draw_panel(page, case, panel, rect, top_end, i % across == 0, i + across >= shown.len());
        }
    }))
}

/// The end of the common scale.
fn shown_max(case: &Case, shown: &[Panel<'_>]) -> f64 {
    let shares = shown.iter().flat_map(|p| columns::of(&case.axis, &p.segment.series, COLUMNS));
    shares.filter(|c| c.requests > 0).filter_map(|c| c.share()).fold(0.0, f64::max)
}

fn draw_panel(page: &Page<'_>, case: &Case, panel: &Panel<'_>, rect: Rect, max: f64, first: bool, lowest: bool) {
    let y = axis::failing(max, true);
    let ticks: Vec<_> = y.ticks.iter().map(|t| (t.at, t.label.clone())).collect();
    let plot = Plot::new(rect, axis::time(&case.axis, rect.width()), y);
    frame::shade(page, case, &plot, rect.top, rect.bottom);
    for (at, label) in &ticks {
        let y = plot.y(*at);
        page.line(&[(rect.left, y), (rect.right, y)], GRID, 1.0);
        if first {
            page.text(label, rect.left - 10.0, y, LABEL.right());
        }
    }
    let columns = columns::of(&case.axis, &panel.segment.series, COLUMNS);
    for column in columns.iter().filter(|c| c.requests == 0) {
        let silent = Rect::new(plot.x(column.from), rect.top, plot.x(column.to), rect.bottom);
        page.fill(silent, SILENT);
        page.hatch(silent, SILENT_LINES);
    }
    frame::edges(page, case, &plot, rect.top, rect.bottom);
    page.line(&[(rect.left, rect.bottom), (rect.right, rect.bottom)], INK, 1.0);
    if lowest {
        plot.x_labels(page);
    }
    for run in columns.split(|c| c.requests == 0).filter(|run| !run.is_empty()) {
        let corners: Vec<_> = run.iter().flat_map(|c| [c.from, c.to].map(|x| plot.at(x, c.share().unwrap_or(0.0)))).collect();
        page.line(&corners, if hurt(panel) { VERMILLION } else { BLUE }, 3.0);
    }
    let weight = if hurt(panel) { LABEL.bold() } else { LABEL };
    let finding = format!(": {}", share(case, panel));
    let room = rect.width() - weight.width(&finding);
    page.text(&(weight.shorten(&short_name(panel.segment), room) + &finding), rect.left, rect.top - 22.0, weight);
}

/// At least 5 % of its requests failed, and there were some: drawn bold and in the failing colour.
fn hurt(panel: &Panel<'_>) -> bool {
    // With fewer and none failing, a failing share of 15 % cannot be excluded.
    const NEEDS: u64 = 20;
    panel.requests >= NEEDS && panel.failed as f64 / panel.requests as f64 >= FAILING
}

/// `POP ams`.
fn short_name(segment: &Segment) -> String {
    let attribute = match segment.attribute.as_str() {
        "pop" => "POP",
        other => other,
    };
    format!("{attribute} {}", text::clean(&segment.value))
}

fn share(case: &Case, panel: &Panel<'_>) -> String {
    match (panel.requests, case.window) {
        (0, Some(_)) => format!("no requests in the {}", finding::period(case)),
        (0, None) => "no requests".into(),
        _ => format!("{} failed", failing(panel.failed, panel.requests)),
    }
}

fn caption(case: &Case, panel: &Panel<'_>) -> String {
    format!("{}: {}", LABEL.shorten(&short_name(panel.segment), 400.0), share(case, panel))
}

fn title(case: &Case, shown: &[Panel<'_>]) -> String {
    let when =
        case.window.map_or_else(|| "over the whole time".to_owned(), |w| format!("from {}", finding::when(case, w.span())));
    let part = |p: &Panel<'_>| p.failed as f64 / p.requests.max(1) as f64;
    let with: Vec<&Panel<'_>> = shown.iter().filter(|p| p.requests > 0).collect();
    let low = with.iter().min_by(|a, b| part(a).total_cmp(&part(b)));
    let high = with.iter().max_by(|a, b| part(a).total_cmp(&part(b)));
    let (Some(low), Some(high)) = (low, high) else { return format!("No part of the site was asked for anything {when}") };
    let said = |p: &Panel<'_>| format!("{} ({})", words::percent(part(p)), LABEL.shorten(&short_name(p.segment), 240.0));
    match with.iter().filter(|p| hurt(p)).count() {
        0 => format!("No location, server or tier failed for 5 % or more {when}: at most {}", said(high)),
        _ => format!("Seen by location, server and tier, the failing share {when} ranges from {} to {}", said(low), said(high)),
    }
}

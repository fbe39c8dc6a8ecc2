//! Every resource over time at a glance: did one thing fail, or everything?

use super::axis::{self, Axis};
use super::canvas::{LABEL, Page, Plot, Rect};
use super::columns::{self, Column, THIN};
use super::finding::{self, FAILING, failing, title_name};
use super::frame::{self, Head, PLOT_RIGHT, TIME_LABELS};
use super::palette::{GREY, PAPER, SILENT, SILENT_LINES, heat};
use super::{Picture, text};
use crate::case::{Case, Point, Resource, Verdict};
use crate::error::Result;
use crate::words;

/// Most resources with a row of their own.
const ROWS: usize = 24;
/// Rows kept for what did not fail, where there is that much.
const ROWS_REST: usize = 8;
const COLUMNS: usize = 540;
/// Least and most room for the names at the left.
const NAMES: (f64, f64) = (200.0, 420.0);

struct Row {
    name: String,
    columns: Vec<Column>,
    strong: bool,
}

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    if case.resources.iter().all(|r| r.series.iter().all(|p| p.requests == 0)) {
        return None;
    }
    let rows = rows(case);
    let each = columns::pooled(&case.axis, COLUMNS);
    let title = title(case);
    let head = Head {
        file: "2-heatmap.png",
        alt: format!(
            "Heat map of the failing share, {} rows by time, {}: all together, then the resources, most damaged first. {title}.{}",
            rows.len(),
            words::dated_span(case.axis.span()),
            most_damaged(case),
        ),
        title,
        subtitle: frame::time_words(case, each),
    };
    let row_height = if rows.len() <= 12 { 40.0 } else { 31.0 };
    let gap = 12.0;
    let widest = rows.iter().map(|r| LABEL.bold().width(&text::clean(&r.name))).fold(0.0, f64::max);
    let left = frame::MARGIN + widest.clamp(NAMES.0, NAMES.1) + 16.0;
    let grid = row_height * rows.len() as f64 + gap;
    Some(frame::picture(case, head, 44.0 + grid + TIME_LABELS + 74.0, |page, area| {
        let top = area.top + 44.0;
        let y = Axis { range: 0.0..1.0, ticks: vec![] };
        let rect = Rect::new(left, top, PLOT_RIGHT, top + grid);
        let plot = Plot::new(rect, axis::time(&case.axis, rect.width()), y);
        let heading = "Resources, most damaged first";
        page.text(heading, area.left, area.top + 10.0, LABEL.bold());
        frame::name_band(page, case, &plot, area.top + 10.0, (area.left + LABEL.bold().width(heading) + 24.0, area.right));
        for (i, row) in rows.iter().enumerate() {
            let row_top = top + row_height * i as f64 + if i == 0 { 0.0 } else { gap };
            cells(page, &plot, row, row_top, row_height);
            let style = if row.strong { LABEL.bold() } else { LABEL };
            let name = style.shorten(&row.name, left - area.left - 14.0);
            page.text(if name.is_empty() { "(no name)" } else { &name }, left - 12.0, row_top + row_height / 2.0, style.right());
        }
        frame::edges(page, case, &plot, top - 6.0, top + grid);
        plot.x_labels(page);
        legend(page, area, top + grid + TIME_LABELS + 22.0, &rows);
    }))
}

/// All together first, then the most damaged, then the sum of those without a row.
fn rows(case: &Case) -> Vec<Row> {
    let of = |series: &[Point]| columns::of(&case.axis, series, COLUMNS);
    let mut all = of(&case.scope.target_series);
    columns::sum(&mut all, &of(&case.scope.rest_series));
    let mut rows = vec![Row { name: "all together".into(), columns: all, strong: true }];
    let own = |r: &Resource| Row { name: r.name.clone(), columns: of(&r.series), strong: r.in_cause };
    let (cause, rest): (Vec<&Resource>, Vec<&Resource>) = case.resources.iter().partition(|r| r.in_cause);
    // What failed must not crowd out what did not: the picture is about the difference.
    let kept = cause.len().min(ROWS - rest.len().min(ROWS_REST));
    for (list, kept, which) in [(cause, kept, " that failed with them"), (rest, ROWS - kept, "")] {
        let (shown, hidden) = list.split_at(kept.min(list.len()));
        rows.extend(shown.iter().map(|r| own(r)));
        if let Some((first, more)) = hidden.split_first() {
            let mut sum = of(&first.series);
            more.iter().for_each(|r| columns::sum(&mut sum, &of(&r.series)));
            let name = words::counted(hidden.len() as u64, "other", "others") + which;
            rows.push(Row { name, columns: sum, strong: false });
        }
    }
    rows
}

fn cells(page: &Page<'_>, plot: &Plot, row: &Row, top: f64, height: f64) {
    let (top, bottom) = (top + 1.5, top + height - 1.5);
    page.fill(Rect::new(plot.rect.left, top, plot.rect.right, bottom), heat(0.0));
    for column in &row.columns {
        let rect = Rect::new(plot.x(column.from), top, plot.x(column.to), bottom);
        match column.share() {
            None => {
                page.fill(rect, SILENT);
                page.hatch(rect, SILENT_LINES);
            }
            Some(share) if column.thin() => {
                let inset = (bottom - top) / 4.0;
                page.fill(rect, PAPER);
                page.fill(Rect::new(rect.left, top + inset, rect.right, bottom - inset), heat(share));
            }
            Some(share) => page.fill(rect, heat(share)),
        }
    }
}

/// The ramp with numbers at its stops, the sign for no evidence and that for little of it.
fn legend(page: &Page<'_>, area: Rect, y: f64, rows: &[Row]) {
    page.text("Failing share", area.left, y, LABEL.bold());
    let (left, step) = (area.left + 170.0, 92.0);
    let stops = [0.0, 0.02, 0.10, 0.30, 0.60, 1.0];
    for (i, pair) in stops.windows(2).enumerate() {
        for n in 0..46 {
            let part = f64::from(n) / 46.0;
            let x = left + step * (i as f64 + part);
            page.fill(Rect::new(x, y - 10.0, x + 2.0, y + 10.0), heat(pair[0] + (pair[1] - pair[0]) * part));
        }
    }
    page.outline(Rect::new(left, y - 10.0, left + step * 5.0, y + 10.0), GREY, 1.0);
    for (i, stop) in stops.iter().enumerate() {
        let x = left + step * i as f64;
        page.line(&[(x, y + 10.0), (x, y + 15.0)], GREY, 1.0);
        page.text(&words::percent(*stop), x, y + 20.0, LABEL.center().top());
    }
    let any = |wanted: fn(&Column) -> bool| rows.iter().any(|r| r.columns.iter().any(wanted));
    let mut x = left + step * 5.0 + 60.0;
    if any(|c| c.requests == 0) {
        x = frame::key(page, x, y, "no requests: no evidence", |r| {
            page.fill(r, SILENT);
            page.hatch(r, SILENT_LINES);
        });
    }
    if any(|c| c.requests > 0 && c.thin()) {
        frame::key(page, x, y, &format!("half height: fewer than {THIN} requests"), |r| {
            page.outline(r, GREY, 1.0);
            page.fill(Rect::new(r.left, r.top + 5.0, r.right, r.bottom - 5.0), heat(0.3));
        });
    }
}

/// Failing share of a resource in the window, if it was asked for then.
fn in_window(resource: &Resource) -> Option<f64> {
    resource.during.value.map(|v| 1.0 - v)
}

/// Whether a resource surely failed in the window: the whole interval lies beyond [`FAILING`].
fn surely_failed(resource: &Resource) -> bool {
    resource.during.value.is_some() && resource.during.high.or(resource.during.value).is_some_and(|high| high <= 1.0 - FAILING)
}

fn title(case: &Case) -> String {
    let listed = if case.resources_left_out > 0 { " listed" } else { "" };
    let resources = |n: usize| words::counted(n as u64, "resource", "resources") + listed;
    let Some(window) = case.window else { return title_without_incident(case) };
    let when = finding::when(case, window.span());
    let asked: Vec<&Resource> = case.resources.iter().filter(|r| r.during.value.is_some()).collect();
    let (bad, others): (Vec<&Resource>, Vec<&Resource>) = asked.iter().partition(|r| surely_failed(r));
    let most = others.iter().filter_map(|r| in_window(r)).fold(0.0, f64::max);
    let others = match others.len() {
        0 => String::new(),
        n if most < FAILING => format!("; each of the other {n} at most {}", words::percent(most)),
        n => format!("; no sure failure in the other {n}"),
    };
    match bad.as_slice() {
        [] => format!("None of {} surely failed for {} or more from {when}", resources(asked.len()), words::percent(FAILING)),
        [one] => {
            let share = words::percent(in_window(one).unwrap_or(0.0));
            let only = if case.scope.verdict == Verdict::Confined && asked.len() > 1 { "Only " } else { "" };
            format!("{only}{} failed: {share} of its requests from {when}{others}", title_name(&one.name))
        }
        many => {
            format!(
                "{} of {} failed for {} or more from {when}{others}",
                many.len(),
                resources(asked.len()),
                words::percent(FAILING)
            )
        }
    }
}

fn title_without_incident(case: &Case) -> String {
    let (failed, requests) = finding::totals(&[&case.scope.target_series, &case.scope.rest_series]);
    let share = |r: &Resource| r.failed as f64 / r.requests.max(1) as f64;
    let worst = case.resources.iter().max_by(|a, b| share(a).total_cmp(&share(b)));
    let worst = worst.filter(|r| r.failed > 0).map_or_else(String::new, |r| {
        let of = words::counted(r.requests, "request", "requests");
        format!("; the largest share: {} with {} of {of}", title_name(&r.name), failing(r.failed, r.requests))
    });
    format!("{} of all requests failed{worst}", failing(failed, requests))
}

/// The first rows in words.
fn most_damaged(case: &Case) -> String {
    let one = |r: &Resource| {
        let share = in_window(r).map_or_else(|| failing(r.failed, r.requests), words::percent);
        format!("{} {share}", title_name(&r.name))
    };
    let list: Vec<String> = case.resources.iter().take(5).map(one).collect();
    format!(
        " Failing share {}, first rows: {}.",
        if case.window.is_some() { "in the incident" } else { "overall" },
        list.join(", ")
    )
}

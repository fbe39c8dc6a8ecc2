//! The headline: failing share of what failed against the rest, with everything that was said and
//! done marked on the same time axis. The one picture for those who look at one picture.

use super::axis::{self, Axis};
use super::canvas::{LABEL, Page, Plot, Rect};
use super::columns::{self, Column};
use super::finding::{self, headline, sentence, target_label, target_name};
use super::frame::{self, Head, MARGIN, PLOT_LEFT, PLOT_RIGHT, TIME_LABELS, WIDTH_RIGHT};
use super::markers::Markers;
use super::palette::{BAND, GREY, INK, PAPER, REST, SILENT, SILENT_LINES, TARGET, VERMILLION, mix};
use super::{Picture, label};
use crate::case::gaps::Class;
use crate::case::{Case, Episode, Verdict};
use crate::error::Result;
use crate::render::story::course;
use crate::time::Span;
use crate::words;
use plotters::style::RGBColor;

const COLUMNS: usize = 700;
const PLOT: f64 = 400.0;
const STRIP: f64 = 56.0;
const STRIP_HEAD: f64 = 50.0;
const NOTE: f64 = 32.0;

/// One of the two lines.
struct Line {
    name: String,
    columns: Vec<Column>,
    color: RGBColor,
    dashed: bool,
}

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    let scope = &case.scope;
    if finding::totals(&[&scope.target_series, &scope.rest_series]).1 == 0 {
        return None;
    }
    let window_share = |failed, requests| match case.window {
        Some(_) => format!(": {}", finding::failing(failed, requests)),
        None => String::new(),
    };
    let mut lines = vec![Line {
        name: target_label(case, 560.0) + &window_share(scope.target.failed, scope.target.requests),
        columns: columns::of(&case.axis, &scope.target_series, COLUMNS),
        color: match case.window {
            Some(_) if case.scope.verdict != Verdict::NoIncident => TARGET,
            Some(_) if !scope.rest_series.is_empty() => INK,
            _ => REST,
        },
        dashed: false,
    }];
    if !scope.rest_series.is_empty() {
        lines.push(Line {
            name: format!("the rest of the site{}", window_share(scope.rest.failed, scope.rest.requests)),
            columns: columns::of(&case.axis, &scope.rest_series, COLUMNS),
            color: if lines[0].color == REST { INK } else { REST },
            dashed: true,
        });
    }
    let (markers, notes) = (Markers::of(case), notes(case, &lines));
    let head = head(case, &lines, &notes);
    let notes: Vec<String> = notes.iter().flat_map(|n| LABEL.wrap(n, WIDTH_RIGHT - MARGIN, 2)).collect();
    let signs = if markers.shown.is_empty() { 0.0 } else { 52.0 };
    let strips = (STRIP_HEAD + STRIP) * lines.len() as f64;
    let height = 44.0 + signs + PLOT + strips + TIME_LABELS + NOTE * notes.len() as f64 + markers.list_height() + 8.0;
    Some(frame::picture(case, head, height, |page, area| {
        let top = area.top + 44.0 + signs;
        let bottom = top + PLOT + strips;
        let plot = share_plot(case, &lines, Rect::new(PLOT_LEFT, top, PLOT_RIGHT, top + PLOT));
        frame::shade(page, case, &plot, top, bottom);
        bouts(page, case, &plot, top, bottom);
        silences(page, &plot, &lines, bottom);
        plot.y_grid(page);
        let end = plot.y_end();
        let zoom = if end < 1.0 { format!(" (the axis ends at {})", words::percent(end)) } else { String::new() };
        let y_title = format!("Share of requests that failed{zoom}");
        page.text(&y_title, area.left, area.top + 10.0, LABEL.bold());
        frame::name_band(page, case, &plot, area.top + 10.0, (area.left + LABEL.bold().width(&y_title) + 24.0, area.right));
        for (i, line) in lines.iter().enumerate() {
            volume(page, case, line, top + PLOT + (STRIP_HEAD + STRIP) * i as f64, i + 1 == lines.len());
        }
        frame::edges(page, case, &plot, top, bottom);
        for gap in gaps(case) {
            let (a, b) = (plot.x(axis::seconds(&case.axis, gap.from)), plot.x(axis::seconds(&case.axis, gap.to)));
            page.fill(Rect::new(a, plot.rect.top, b.max(a + 3.0), plot.rect.top + 6.0), VERMILLION);
        }
        markers.signs(page, plot.rect, area.top + 62.0, |t| plot.x(axis::seconds(&case.axis, t)));
        share_lines(page, case, &plot, &lines);
        if let Some(episode) = episode(case) {
            brackets(page, case, &plot, episode);
        }
        let mut y = bottom + TIME_LABELS + 20.0;
        for note in &notes {
            page.text(note, area.left, y, LABEL.color(GREY));
            y += NOTE;
        }
        let dated = case.axis.from.date() != case.axis.to.date();
        markers.list(page, Rect::new(MARGIN, y - 12.0, area.right, area.bottom), dated);
    }))
}

fn head(case: &Case, lines: &[Line], notes: &[String]) -> Head {
    let title = headline(case);
    let each = columns::pooled(&case.axis, COLUMNS);
    let peak = lines[0].columns.iter().filter_map(|c| Some((c.share()?, c.from))).max_by(|a, b| a.0.total_cmp(&b.0));
    let peak = peak.map_or_else(String::new, |(share, from)| {
        let at = case.axis.from.plus((from * crate::time::SECOND as f64) as i64);
        format!(" The highest share of {} is {} at {} UTC.", target_name(case), words::percent(share), words::dated_clock(at))
    });
    let alt = format!(
        "Failing share over time, {}, as step lines. {title}.{peak} {}",
        words::dated_span(case.axis.span()),
        notes.join(" ")
    );
    Head { file: "1-impact.png", title, subtitle: frame::time_words(case, each), alt: alt.trim_end().to_owned() }
}

fn share_plot(case: &Case, lines: &[Line], rect: Rect) -> Plot {
    let max = lines.iter().flat_map(|l| &l.columns).filter_map(|c| c.worst.or(c.share())).fold(0.0, f64::max);
    // an incident is shown on the whole scale unless it would be invisible there
    let y = axis::failing(if case.window.is_some() && max > 0.08 { 1.0 } else { max }, false);
    Plot::new(rect, axis::time(&case.axis, rect.width()), y)
}

/// Sentences under the plot: how sure onset and recovery are, and what the hatching means.
fn notes(case: &Case, lines: &[Line]) -> Vec<String> {
    let mut notes = vec![];
    if let Some(e) = episode(case) {
        let clock = if e.from_low.date() == e.to_high.date() { words::clock } else { words::dated_clock };
        notes.push(format!(
            "Onset {} ({} at the earliest, {} at the latest), recovery {} ({} to {}): brackets in the plot.{}",
            clock(e.from),
            clock(e.from_low),
            clock(e.from_high),
            clock(e.to),
            clock(e.to_low),
            clock(e.to_high),
            e.open.as_deref().map_or_else(String::new, |o| format!(" {o}")),
        ));
    }
    if let Some(text) = episode(case).and_then(|e| course::in_bouts(&e.course)) {
        notes.push(format!("Darker stripes: it failed {text}."));
    }
    if lines.iter().any(|l| l.columns.iter().any(|c| c.requests == 0)) {
        notes.push("Hatched: no requests were logged, so there is no evidence; the lines break there.".into());
    }
    if gaps(case).next().is_some() {
        notes.push("Red bar at the top of the plot: one of the logs read here has a gap.".into());
    }
    if lines.iter().any(|l| l.columns.iter().any(|c| c.requests > 0 && c.thin())) {
        notes.push(format!("Pale line: fewer than {} requests, which say little.", columns::THIN));
    }
    if columns::pooled(&case.axis, COLUMNS) > 1 {
        notes.push("Pale area above a line: the worst single bin with 10 requests or more.".into());
    }
    notes
}

/// Gaps of the outermost logs, from which the lines are drawn, as far as they are on the axis.
fn gaps(case: &Case) -> impl Iterator<Item = Span> {
    let outermost = case.sources.iter().filter(|s| s.events > 0).map(|s| s.tier).min();
    let ours = move |i: &usize| case.sources.get(*i).is_some_and(|s| Some(s.tier) == outermost);
    let told = case.completeness.gaps.iter().filter(move |g| g.class != Class::DemandGone && g.sources.iter().any(ours));
    told.filter_map(|g| Span::new(g.from, g.to).intersect(case.axis.span()))
}

/// The incident's episode, where there is one to draw: something failed, and it was dated.
fn episode(case: &Case) -> Option<&Episode> {
    case.incident().filter(|_| case.window.is_some() && case.scope.verdict != Verdict::NoIncident)
}

/// Bouts shaded darker than the pauses between them, where a failure came back.
fn bouts(page: &Page<'_>, case: &Case, plot: &Plot, top: f64, bottom: f64) {
    for b in episode(case).filter(|e| e.course.bouts.len() > 1).into_iter().flat_map(|e| &e.course.bouts) {
        let x = |t| plot.x(axis::seconds(&case.axis, t)).clamp(plot.rect.left, plot.rect.right);
        page.fill(Rect::new(x(b.from), top, x(b.to), bottom), mix(BAND, TARGET, 0.16));
    }
}

/// Hatches where nothing at all was logged.
fn silences(page: &Page<'_>, plot: &Plot, lines: &[Line], bottom: f64) {
    for i in 0..lines[0].columns.len() {
        if lines.iter().all(|l| l.columns[i].requests == 0) {
            silent(page, plot, &lines[0].columns[i], plot.rect.top, bottom);
        }
    }
}

fn silent(page: &Page<'_>, plot: &Plot, column: &Column, top: f64, bottom: f64) {
    let rect = Rect::new(plot.x(column.from), top, plot.x(column.to), bottom);
    page.fill(rect, SILENT);
    page.hatch(rect, SILENT_LINES);
}

/// The lines, broken where there is no evidence, with their names beside them.
fn share_lines(page: &Page<'_>, case: &Case, plot: &Plot, lines: &[Line]) {
    let pooled = columns::pooled(&case.axis, COLUMNS) > 1;
    for line in lines.iter().rev() {
        for column in line.columns.iter().filter(|_| pooled) {
            if let (Some(share), Some(worst)) = (column.share(), column.worst) {
                let rect = Rect::new(plot.x(column.from), plot.y(worst), plot.x(column.to), plot.y(share));
                page.fill(rect, mix(line.color, PAPER, 0.7));
            }
        }
    }
    lines.iter().for_each(|line| step_line(page, plot, line));
    let rects: Vec<(Vec<Rect>, Vec<Rect>)> = lines.iter().map(|l| step_rects(plot, &l.columns)).collect();
    let mut taken: Vec<Rect> = rects.iter().flat_map(|(steps, rises)| steps.iter().chain(rises)).copied().collect();
    let wanted = frame::band(case, plot).map_or(plot.rect.left + 300.0, |(a, b)| f64::midpoint(a, b));
    let bounds = Rect::new(plot.rect.left + 6.0, plot.rect.top + 24.0, plot.rect.right - 6.0, plot.rect.bottom - 4.0);
    for (line, (own, _)) in lines.iter().zip(&rects) {
        let size = (LABEL.bold().width(&line.name), 20.0);
        let place = label::place(own, size, bounds, &taken, wanted)
            .unwrap_or_else(|| Rect::new(bounds.left + 12.0, bounds.top, bounds.left + 12.0 + size.0, bounds.top + 20.0));
        // letters stay legible over grid lines and the edges of the band
        let ground = Rect::new(place.left - 4.0, place.top - 1.0, place.right + 4.0, place.bottom + 1.0);
        let in_band = frame::band(case, plot).is_some_and(|(a, b)| a < ground.left && ground.right < b);
        page.fill(ground, if in_band { BAND } else { PAPER });
        page.text(&line.name, place.left, f64::midpoint(place.top, place.bottom), LABEL.bold().color(line.color));
        taken.push(place);
    }
}

/// One line, broken where there is no evidence, pale where there is little.
fn step_line(page: &Page<'_>, plot: &Plot, line: &Line) {
    for run in line.columns.split(|c| c.requests == 0) {
        let mut last: Option<(f64, f64)> = None;
        for group in run.chunk_by(|a, b| a.thin() == b.thin()) {
            let steps = group.iter().flat_map(|c| [c.from, c.to].map(|x| plot.at(x, c.share().unwrap_or(0.0))));
            let corners: Vec<_> = last.into_iter().chain(steps).collect();
            last = corners.last().copied();
            let color = if group.iter().any(Column::thin) { mix(line.color, PAPER, 0.55) } else { line.color };
            if line.dashed {
                page.dashed(&corners, color, 3.0, (11.0, 6.0));
            } else {
                page.line(&corners, color, 3.5);
            }
        }
    }
}

/// What a step line covers: its level parts, one per column with evidence, and its rises.
fn step_rects(plot: &Plot, columns: &[Column]) -> (Vec<Rect>, Vec<Rect>) {
    let mut previous: Option<f64> = None;
    let (mut steps, mut rises) = (vec![], vec![]);
    for column in columns {
        let y = column.share().map(|share| plot.y(share));
        if let Some(y) = y {
            let x = plot.x(column.from);
            steps.push(Rect::new(x, y - 2.0, plot.x(column.to), y + 2.0));
            let before = previous.unwrap_or(y);
            rises.push(Rect::new(x - 2.0, y.min(before) - 2.0, x + 2.0, y.max(before) + 2.0));
        }
        previous = y;
    }
    (steps, rises)
}

/// Requests per column of one line, so that silence is seen. The last strip carries the time labels.
fn volume(page: &Page<'_>, case: &Case, line: &Line, top: f64, last: bool) {
    let full = columns::length(&case.axis, COLUMNS);
    let max = line.columns.iter().map(|c| c.per(full, c.requests)).fold(0.0, f64::max).ceil() as u64;
    let rect = Rect::new(PLOT_LEFT, top + STRIP_HEAD, PLOT_RIGHT, top + STRIP_HEAD + STRIP);
    let plot = Plot::new(rect, axis::time(&case.axis, rect.width()), two_ticks(max));
    plot.y_grid(page);
    for column in &line.columns {
        if column.requests == 0 {
            silent(page, &plot, column, rect.top, rect.bottom);
        } else {
            let ((x0, y), x1) = (plot.at(column.from, column.per(full, column.requests)), plot.x(column.to));
            page.fill(Rect::new(x0, y.min(rect.bottom - 1.0), x1, rect.bottom), mix(line.color, PAPER, 0.35));
        }
    }
    let each = frame::unit(case, columns::pooled(&case.axis, COLUMNS));
    let name = if line.dashed { "the rest of the site".to_owned() } else { target_label(case, 700.0) };
    page.text(&sentence(&format!("{name}: requests per {each}")), rect.left, top + 30.0, LABEL);
    if last {
        plot.x_labels(page);
    } else {
        page.line(&[(rect.left, rect.bottom), (rect.right, rect.bottom)], INK, 1.0);
    }
}

fn two_ticks(max: u64) -> Axis {
    let mut axis = axis::counts(max, 2);
    let end = axis.range.end;
    axis.ticks.retain(|t| t.at == 0.0 || t.at == end);
    axis
}

/// Thin brackets from the earliest to the latest moment of onset and of recovery.
fn brackets(page: &Page<'_>, case: &Case, plot: &Plot, e: &Episode) {
    let y = plot.rect.top + 12.0;
    for (low, high) in [(e.from_low, e.from_high), (e.to_low, e.to_high)] {
        let (a, b) = (plot.x(axis::seconds(&case.axis, low)), plot.x(axis::seconds(&case.axis, high)));
        page.line(&[(a, y), (b, y)], INK, 2.0);
        for x in [a, b] {
            page.line(&[(x, y - 6.0), (x, y + 6.0)], INK, 2.0);
        }
    }
}

//! How many were there at one time, with the range of other readings; and who got in and who was turned away.

use super::Picture;
use super::axis::{self, Axis};
use super::canvas::{LABEL, Page, Plot, Rect};
use super::columns;
use super::finding::{target_label, target_name, title_name};
use super::frame::{self, Head, PLOT_LEFT, PLOT_RIGHT, TIME_LABELS};
use super::palette::{BLUE, GREY, INK, PAPER, PURPLE, VERMILLION, mix};
use crate::case::audience::Basis;
use crate::case::{Case, Verdict};
use crate::error::Result;
use crate::words::{self, count};
use plotters::style::RGBColor;

/// Most columns; more bins are pooled.
const COLUMNS: usize = 700;
const PLOT: f64 = 340.0;
const STRIP: f64 = 110.0;
const STRIP_HEAD: f64 = 56.0;
const NOTE: f64 = 32.0;

/// What a strip counts.
type Count = fn(&Column) -> u64;

/// A stretch of the axis: of several bins the most of each.
#[derive(Clone, Copy, Default)]
struct Column {
    from: f64,
    to: f64,
    concurrent: Option<(u64, u64, u64)>,
    served: u64,
    denied: u64,
}

fn pooled(case: &Case) -> Vec<Column> {
    let each = columns::pooled(&case.axis, COLUMNS);
    let start = |i: usize| axis::seconds(&case.axis, case.axis.start((i * each).min(case.axis.bins)));
    let mut out: Vec<Column> =
        (0..case.axis.bins.div_ceil(each)).map(|i| Column { from: start(i), to: start(i + 1), ..Column::default() }).collect();
    for p in &case.audience.series {
        let Some(column) = case.axis.bin(p.t).and_then(|bin| out.get_mut(bin / each)) else { continue };
        if let (Some(v), Some(l), Some(h)) = (p.concurrent, p.low, p.high) {
            let (a, b, c) = column.concurrent.unwrap_or_default();
            column.concurrent = Some((a.max(l), b.max(v), c.max(h)));
        }
        (column.served, column.denied) = (column.served.max(p.served), column.denied.max(p.denied));
    }
    out
}

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    let a = &case.audience;
    if a.series.is_empty() || (a.peak_concurrent.is_none() && a.admission.is_none()) {
        return None;
    }
    let columns = pooled(case);
    let counted = a.concurrency.is_some();
    let strips: Vec<(String, RGBColor, Count)> = if a.admission.is_some() {
        let each = frame::unit(case, columns::pooled(&case.axis, COLUMNS));
        let name = target_label(case, 520.0);
        vec![
            (format!("{name}: clients that asked and were not answered well once, per {each}"), VERMILLION, |c| c.denied),
            (format!("{name}: clients that were answered well, per {each}"), BLUE, |c| c.served),
        ]
    } else {
        Vec::new()
    };
    let notes: Vec<String> = notes(case).iter().flat_map(|n| LABEL.wrap(n, PLOT_RIGHT - frame::MARGIN, 2)).collect();
    let main = if counted { PLOT + 44.0 } else { 44.0 };
    let height = main + (STRIP + STRIP_HEAD) * strips.len() as f64 + TIME_LABELS + NOTE * notes.len() as f64 + 16.0;
    Some(frame::picture(case, head(case), height, |page, area| {
        let top = area.top + 44.0;
        let bottom = area.top + main + (STRIP + STRIP_HEAD) * strips.len() as f64;
        let most = columns.iter().filter_map(|c| c.concurrent).map(|c| c.2).max().unwrap_or(0);
        let rect = Rect::new(PLOT_LEFT, top, PLOT_RIGHT, if counted { top + PLOT } else { top });
        let plot = Plot::new(rect, axis::time(&case.axis, rect.width()), axis::counts(most + most / 8, 5));
        frame::shade(page, case, &plot, top, bottom);
        let title = match &case.audience.concurrency {
            Some(c) => format!("Clients at one time: {}", LABEL.bold().shorten(&c.of, 360.0)),
            None => "Who got in".to_owned(),
        };
        page.text(&title, area.left, area.top + 10.0, LABEL.bold());
        frame::name_band(page, case, &plot, area.top + 10.0, (area.left + LABEL.bold().width(&title) + 24.0, area.right));
        if counted {
            plot.y_grid(page);
            concurrency(page, case, &plot, &columns);
            if strips.is_empty() {
                plot.x_labels(page);
            } else {
                page.line(&[(rect.left, rect.bottom), (rect.right, rect.bottom)], INK, 1.0);
            }
        }
        for (i, (name, color, of)) in strips.iter().enumerate() {
            let top = area.top + main + (STRIP + STRIP_HEAD) * i as f64;
            strip(page, case, (name, *color, *of), &columns, top, i + 1 == strips.len());
        }
        frame::edges(page, case, &plot, top, bottom);
        let mut y = bottom + TIME_LABELS + 18.0;
        for note in &notes {
            page.text(note, area.left, y, LABEL.color(GREY));
            y += NOTE;
        }
    }))
}

/// The line of the answer inside the band of the other readings, and its peak.
fn concurrency(page: &Page<'_>, case: &Case, plot: &Plot, columns: &[Column]) {
    for c in columns {
        if let Some((low, _, high)) = c.concurrent {
            let rect = Rect::new(plot.x(c.from), plot.y(high as f64), plot.x(c.to), plot.y(low as f64));
            page.fill(rect, mix(PURPLE, PAPER, 0.45));
        }
    }
    for run in columns.split(|c| c.concurrent.is_none()) {
        let points: Vec<(f64, f64)> =
            run.iter().flat_map(|c| [c.from, c.to].map(|x| plot.at(x, c.concurrent.map_or(0.0, |v| v.1 as f64)))).collect();
        page.line(&points, INK, 2.5);
    }
    if let Some(p) = &case.audience.peak_concurrent {
        let at = plot.at(axis::seconds(&case.axis, p.at), p.value as f64);
        page.disc(at, 8.0, PAPER);
        page.disc(at, 6.0, INK);
        let text = format!("most: {} at {} UTC", count(p.value), words::clock(p.at));
        let room = LABEL.bold().width(&text);
        // Above the line, where nothing is drawn.
        let left = (at.0 - room / 2.0).min(plot.rect.right - room).max(plot.rect.left);
        let y = (at.1 - 24.0).max(plot.rect.top + 10.0);
        page.text(&text, left, y, LABEL.bold());
    }
}

fn strip(page: &Page<'_>, case: &Case, (name, color, of): (&str, RGBColor, Count), columns: &[Column], top: f64, last: bool) {
    let most = columns.iter().map(of).max().unwrap_or(0);
    let rect = Rect::new(PLOT_LEFT, top + STRIP_HEAD, PLOT_RIGHT, top + STRIP_HEAD + STRIP);
    let mut y: Axis = axis::counts(most, 2);
    let end = y.range.end;
    y.ticks.retain(|t| t.at == 0.0 || t.at == end);
    let plot = Plot::new(rect, axis::time(&case.axis, rect.width()), y);
    plot.y_grid(page);
    for c in columns.iter().filter(|c| of(c) > 0) {
        let ((x, y), right) = (plot.at(c.from, of(c) as f64), plot.x(c.to));
        page.fill(Rect::new(x, y.min(rect.bottom - 1.0), right, rect.bottom), mix(color, PAPER, 0.25));
    }
    page.text(&LABEL.shorten(name, rect.width()), rect.left, top + 34.0, LABEL);
    if last {
        plot.x_labels(page);
    } else {
        page.line(&[(rect.left, rect.bottom), (rect.right, rect.bottom)], INK, 1.0);
    }
}

fn head(case: &Case) -> Head {
    let a = &case.audience;
    let mut parts = Vec::new();
    if let (Some(p), Some(c)) = (&a.peak_concurrent, &a.concurrency) {
        let of = if c.of_target { String::new() } else { format!(" of {}", title_name(&c.of)) };
        parts.push(format!(
            "At most {}{of} at one time, at {} UTC",
            words::counted(p.value, "client", "clients"),
            words::clock(p.at)
        ));
    }
    if let Some(x) = a.admission.as_ref().filter(|_| case.scope.verdict != Verdict::NoIncident) {
        let of = if a.concurrency.as_ref().is_some_and(|c| c.of_target) {
            "that asked".to_owned()
        } else {
            format!("clients that asked for {}", title_name(&target_name(case)))
        };
        parts.push(format!("{} of {} {of} in the incident were not let in", count(x.denied), count(x.clients)));
    }
    let title = parts.join("; ");
    let mut subtitle = frame::time_words(case, columns::pooled(&case.axis, COLUMNS));
    if let Some(s) = a.scale {
        subtitle += &format!(" · made at a scale of 1:{}", count(s as u64));
    }
    let course = a.peak_concurrent.as_ref().map_or_else(String::new, |p| {
        format!(
            " The line's highest point is {}; other readings of a pause give {} to {}.",
            count(p.value),
            count(p.low),
            count(p.high)
        )
    });
    let alt = format!(
        "Clients at one time and clients let in or turned away, {}. {title}.{course}",
        words::dated_span(case.axis.span())
    );
    Head { file: "10-audience.png", title, subtitle, alt }
}

fn notes(case: &Case) -> Vec<String> {
    let a = &case.audience;
    let mut out = Vec::new();
    match &a.concurrency {
        Some(c) => {
            let gaps: Vec<String> = c.readings.iter().map(|r| words::duration(r.gap as f64)).collect();
            let what = if c.basis == Basis::Polls {
                format!("a client is there while it asks again, ordinarily every {}", words::duration(c.pause as f64))
            } else {
                "a client is there while an answer to it lasts".to_owned()
            };
            out.push(format!(
                "Line: {what}; pauses of up to {} are bridged. Shaded: with {} instead.",
                gaps.get(1).map_or("-", String::as_str),
                [gaps.first(), gaps.get(2)].into_iter().flatten().cloned().collect::<Vec<_>>().join(" or ")
            ));
        }
        None => out.extend(a.unknown.clone()),
    }
    out.push(
        "A client is an address with its user agent: several people behind one count once, one person with two counts twice."
            .into(),
    );
    out
}

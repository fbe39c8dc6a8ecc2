//! Windowed user-uptime: the worst that users met within any window of a given length.
//! Reference: Hauer et al., "Meaningful Availability", NSDI 2020.

use super::Picture;
use super::axis::{Axis, Tick, shares};
use super::canvas::{LABEL, Page, Plot, Rect};
use super::finding::target_name;
use super::frame::{self, Head, PLOT_LEFT, WIDTH_RIGHT};
use super::palette::{GREY, INK, PAPER, REST, TARGET};
use crate::case::Case;
use crate::case::operations::Worst;
use crate::error::Result;
use crate::words;
use plotters::style::RGBColor;

/// Height of the plot.
const PLOT: f64 = 520.0;
/// Room at the right for the names of the lines.
const NAMES: f64 = 330.0;
/// Fewest lengths that make a line.
const POINTS_MIN: usize = 3;

/// A line of the chart.
struct Line<'a> {
    name: String,
    worst: &'a [Worst],
    color: RGBColor,
    dashed: bool,
}

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    case.window?;
    let o = &case.operations;
    let all = [
        (o.target.as_ref(), target_name(case), TARGET, false),
        (o.rest.as_ref(), "everything else".to_owned(), REST, true),
        // Without a part that failed there is only the whole.
        (o.site.as_ref().filter(|_| o.target.is_none()), "the whole site".to_owned(), TARGET, false),
    ];
    let lines: Vec<Line<'_>> = all
        .into_iter()
        .filter_map(|(usage, name, color, dashed)| Some(Line { name, worst: &usage?.worst, color, dashed }))
        .filter(|l| l.worst.len() >= POINTS_MIN)
        .collect();
    let first = lines.first()?;
    let near = |secs: i64| first.worst.iter().min_by_key(|w| (w.window - secs).abs());
    // The length that the reader knows best is a minute; the incident's own says how bad it was as a whole.
    let length = case.window.map_or(60.0, |w| w.span().secs()) as i64;
    let (minute, whole) = (near(60)?, near(length)?);
    let long = |w: &Worst| {
        let words = words::duration_in_full(w.window as f64);
        words.strip_prefix("1 ").filter(|one| !one.contains(' ')).unwrap_or(&words).to_owned()
    };
    let mut title = format!(
        "In the worst {} users of {} were up for {} of their time",
        long(minute),
        first.name,
        words::percent(minute.uptime)
    );
    if minute.window != whole.window {
        title += &format!(", in the worst {} for {}", long(whole), words::percent(whole.uptime));
    }
    let subtitle = "Share of users' active time that was up, in the worst window of each length; the lengths grow by factors, \
                    and the lines only lead from point to point"
        .to_owned();
    let list = lines.iter().map(|l| {
        let points = l.worst.iter().map(|w| format!("{} in {}", words::percent(w.uptime), words::duration(w.window as f64)));
        format!("{}: {}", l.name, points.collect::<Vec<_>>().join(", "))
    });
    let alt = format!("The worst user-uptime by length of window. {}.", list.collect::<Vec<_>>().join("; "));
    let head = Head { file: "7-uptime.png", title, subtitle, alt };
    let lowest = lines.iter().flat_map(|l| l.worst).map(|w| w.uptime).fold(1.0, f64::min);
    let y = match lowest {
        l if l >= 0.99 => shares(0.99, 1.0, 0.002),
        l if l >= 0.95 => shares(0.95, 1.0, 0.01),
        l if l >= 0.9 => shares(0.9, 1.0, 0.02),
        _ => shares(0.0, 1.0, 0.2),
    };
    let x = lengths(&lines);
    Some(frame::picture(case, head, PLOT + 66.0, |page, area| {
        let rect = Rect::new(PLOT_LEFT, area.top + 8.0, WIDTH_RIGHT - NAMES, area.top + 8.0 + PLOT);
        let plot = Plot::new(rect, x, y);
        plot.y_grid(page);
        plot.x_grid(page);
        let mut taken: Vec<f64> = Vec::new();
        for line in &lines {
            let points: Vec<(f64, f64)> = line.worst.iter().map(|w| plot.at(log(w.window), w.uptime)).collect();
            if line.dashed {
                page.dashed(&points, line.color, 3.0, (12.0, 6.0));
            } else {
                page.line(&points, line.color, 3.0);
            }
            for &p in &points {
                page.disc(p, 7.0, INK);
                page.disc(p, 6.0, if line.dashed { PAPER } else { line.color });
            }
            name(page, line, points.last().copied(), &rect, &mut taken);
        }
        plot.x_labels(page);
        page.text("length of the window", f64::midpoint(rect.left, rect.right), rect.bottom + 50.0, LABEL.color(GREY).center());
    }))
}

/// The line's name at its end, clear of the others.
fn name(page: &Page<'_>, line: &Line<'_>, end: Option<(f64, f64)>, rect: &Rect, taken: &mut Vec<f64>) {
    let Some((_, y)) = end else { return };
    let mut y = y.clamp(rect.top + 12.0, rect.bottom - 12.0);
    while let Some(other) = taken.iter().find(|t| (**t - y).abs() < 28.0) {
        y = if other + 28.0 <= rect.bottom { other + 28.0 } else { other - 28.0 };
    }
    taken.push(y);
    let text = LABEL.bold().shorten(&line.name, NAMES - 30.0);
    page.text(&text, rect.right + 20.0, y, LABEL.bold().color(line.color));
}

fn log(secs: i64) -> f64 {
    (secs.max(1) as f64).ln()
}

/// An axis of lengths that grow by factors, with ticks where the points are, as far as labels have room.
fn lengths(lines: &[Line<'_>]) -> Axis {
    let mut all: Vec<i64> = lines.iter().flat_map(|l| l.worst).map(|w| w.window).collect();
    all.sort_unstable();
    all.dedup();
    let (low, high) = (all.first().copied().unwrap_or(1), all.last().copied().unwrap_or(2));
    let room = WIDTH_RIGHT - NAMES - PLOT_LEFT;
    let at = |secs: i64| (log(secs) - log(low)) / (log(high) - log(low)).max(1e-9) * room;
    let half = |secs: i64| LABEL.width(&words::duration(secs as f64)) / 2.0 + 9.0;
    let mut ticks: Vec<Tick> = Vec::new();
    let mut right = f64::MIN;
    for &secs in &all {
        // The last one, the whole, is always labelled.
        let clear = secs == high || at(secs) + half(secs) < at(high) - half(high);
        if clear && at(secs) - half(secs) >= right {
            right = at(secs) + half(secs);
            ticks.push(Tick { at: log(secs), label: words::duration(secs as f64), date: None });
        }
    }
    Axis { range: log(low)..log(high).max(log(low) + 1e-9), ticks }
}

//! What was asked for against what was answered well, and how long good answers took; of what failed, and small
//! below it of everything else.

use super::Picture;
use super::axis::{self, Axis, Tick};
use super::canvas::{LABEL, Page, Plot, Rect};
use super::columns::{self, Column};
use super::finding::{self, sentence, target_label, target_name, title_name};
use super::frame::{self, Head, PLOT_LEFT, PLOT_RIGHT, TIME_LABELS};
use super::palette::{BLUE, INK, ORANGE, PAPER, PURPLE, TARGET, mix};
use crate::case::latency::{Took, TookAt};
use crate::case::{Case, Verdict};
use crate::error::Result;
use crate::words;

const COLUMNS: usize = 700;
const HEAD: f64 = 54.0;
/// Heights of the panels: demand and latency, of what failed and of the rest.
const HEIGHTS: [f64; 4] = [260.0, 170.0, 110.0, 110.0];

/// One panel.
enum Panel<'a> {
    Demand { name: String, columns: Vec<Column> },
    Latency { name: String, took: &'a Took },
}

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    let scope = &case.scope;
    if finding::totals(&[&scope.target_series]).1 == 0 {
        return None;
    }
    let each = frame::unit(case, columns::pooled(&case.axis, COLUMNS));
    let demand = |name: &str, series| Panel::Demand {
        name: sentence(&format!("{name}: requests per {each}")),
        columns: columns::of(&case.axis, series, COLUMNS),
    };
    let latency = |name: &str, took| Panel::Latency { name: sentence(&format!("{name}: time to a good answer")), took };
    let known = |took: &&Took| took.series.iter().any(|t| t.took.p50.is_some());
    let target = target_label(case, 560.0);
    let mut panels: Vec<(f64, Panel<'_>)> = vec![(HEIGHTS[0], demand(&target, &scope.target_series))];
    panels.extend(case.latency.as_ref().map(|l| &l.target).filter(known).map(|t| (HEIGHTS[1], latency(&target, t))));
    if finding::totals(&[&scope.rest_series]).1 > 0 {
        panels.push((HEIGHTS[2], demand("the rest of the site", &scope.rest_series)));
        let rest = case.latency.as_ref().and_then(|l| l.rest.as_ref()).filter(known);
        panels.extend(rest.map(|t| (HEIGHTS[3], latency("the rest of the site", t))));
    }
    let plots: f64 = panels.iter().map(|p| p.0 + HEAD).sum();
    let height = 44.0 + 34.0 + plots + TIME_LABELS + 8.0;
    Some(frame::picture(case, head(case), height, |page, area| {
        frame::name_band_of(page, case, area);
        legend(page, area.left, area.top + 54.0, panels.iter().any(|p| matches!(p.1, Panel::Latency { .. })));
        let mut top = area.top + 78.0;
        let count = panels.len();
        for (i, (height, panel)) in panels.iter().enumerate() {
            let rect = Rect::new(PLOT_LEFT, top + HEAD, PLOT_RIGHT, top + HEAD + height);
            let y = match panel {
                Panel::Demand { columns, .. } => demand_axis(case, columns, *height),
                Panel::Latency { took, .. } => latency_axis(took),
            };
            let plot = Plot::new(rect, axis::time(&case.axis, rect.width()), y);
            frame::shade(page, case, &plot, rect.top, rect.bottom);
            plot.y_grid(page);
            match panel {
                Panel::Demand { name, columns } => {
                    page.text(name, rect.left, top + 32.0, LABEL.bold());
                    asked_and_served(page, case, &plot, columns);
                }
                Panel::Latency { name, took } => {
                    page.text(name, rect.left, top + 32.0, LABEL.bold());
                    took_lines(page, case, &plot, took);
                }
            }
            frame::edges(page, case, &plot, rect.top, rect.bottom);
            if i + 1 == count {
                plot.x_labels(page);
            } else {
                page.line(&[(rect.left, rect.bottom), (rect.right, rect.bottom)], INK, 1.0);
            }
            top += HEAD + height;
        }
    }))
}

fn legend(page: &Page<'_>, x: f64, y: f64, latency: bool) {
    let x = frame::key(page, x, y, "answered well", |r| page.fill(r, mix(BLUE, PAPER, 0.25)));
    let x = frame::key(page, x, y, "asked for in vain", |r| page.fill(r, mix(TARGET, PAPER, 0.45)));
    if latency {
        let middle = |r: Rect| f64::midpoint(r.top, r.bottom);
        let x = frame::key(page, x, y, "half of the good answers took at most", |r| {
            page.line(&[(r.left, middle(r)), (r.right, middle(r))], INK, 3.0)
        });
        frame::key(page, x, y, "95 % took at most", |r| {
            page.dashed(&[(r.left, middle(r)), (r.right, middle(r))], PURPLE, 3.0, (9.0, 5.0))
        });
    }
}

fn demand_axis(case: &Case, columns: &[Column], height: f64) -> Axis {
    let full = columns::length(&case.axis, COLUMNS);
    let most = columns.iter().map(|c| c.per(full, c.requests)).fold(0.0, f64::max).ceil() as u64;
    axis::counts(most, if height > 200.0 { 5 } else { 2 })
}

fn asked_and_served(page: &Page<'_>, case: &Case, plot: &Plot, columns: &[Column]) {
    let full = columns::length(&case.axis, COLUMNS);
    for c in columns.iter().filter(|c| c.requests > 0) {
        let (left, right) = (plot.x(c.from), plot.x(c.to));
        let asked = plot.y(c.per(full, c.requests)).min(plot.rect.bottom - 1.0);
        let served = plot.y(c.per(full, c.requests.saturating_sub(c.failed)));
        page.fill(Rect::new(left, asked, right, plot.rect.bottom), mix(TARGET, PAPER, 0.45));
        if served < plot.rect.bottom {
            page.fill(Rect::new(left, served, right, plot.rect.bottom), mix(BLUE, PAPER, 0.25));
        }
    }
}

/// Quantiles over an axis that grows by factors.
fn took_lines(page: &Page<'_>, case: &Case, plot: &Plot, took: &Took) {
    let Some(latency) = &case.latency else { return };
    let step = latency.step.0 as f64;
    let line = |get: fn(&TookAt) -> Option<f64>| -> Vec<Vec<(f64, f64)>> {
        let end = axis::seconds(&case.axis, case.axis.to);
        let on = |t: &&TookAt| (0.0..end).contains(&axis::seconds(&case.axis, t.t));
        let points: Vec<Option<[(f64, f64); 2]>> = (took.series.iter().filter(on))
            .map(|t| {
                let (x, y) = (axis::seconds(&case.axis, t.t), log(get(t)?));
                Some([plot.at(x, y), plot.at((x + step).min(end), y)])
            })
            .collect();
        points
            .split(Option::is_none)
            .map(|run| run.iter().flatten().flatten().copied().collect())
            .filter(|r: &Vec<_>| !r.is_empty())
            .collect()
    };
    for run in line(|t| t.took.p95) {
        page.dashed(&run, PURPLE, 3.0, (9.0, 5.0));
    }
    for run in line(|t| t.took.p50) {
        page.line(&run, INK, 3.0);
    }
    if took.series.iter().all(|t| t.took.p95.is_none()) {
        page.text("too few answers for more than the median", plot.rect.left + 12.0, plot.rect.top + 16.0, LABEL.color(ORANGE));
    }
}

fn log(secs: f64) -> f64 {
    secs.max(1e-6).ln()
}

/// An axis of seconds that grows by factors of ten, around what is shown.
fn latency_axis(took: &Took) -> Axis {
    let all = || took.series.iter().flat_map(|t| [t.took.p50, t.took.p95]).flatten();
    let low = all().fold(f64::MAX, f64::min).clamp(1e-6, 1e6);
    let high = all().fold(1e-6, f64::max).clamp(low, 1e6);
    // What lies on a power of ten shall not lie on the edge.
    let a = (0.8 * low).log10().floor() as i32;
    let b = ((1.2 * high).log10().ceil() as i32).max(a + 1);
    let ticks = (a..=b).map(|power| Tick { at: log(10f64.powi(power)), label: spelt(power), date: None }).collect();
    Axis { range: log(10f64.powi(a))..log(10f64.powi(b)), ticks }
}

/// A power of ten of seconds: `10 ms`, `1 s`.
fn spelt(power: i32) -> String {
    let (unit, power) = match power {
        p if p >= 0 => ("s", p),
        p if p >= -3 => ("ms", p + 3),
        p => ("µs", p + 6),
    };
    format!("{} {unit}", words::count(10u64.pow(power.clamp(0, 12) as u32)))
}

/// A length of time from microseconds on: `12 ms`, `1.2 s`.
pub(crate) fn took_words(secs: f64) -> String {
    match secs {
        s if s >= 1.0 => words::duration(s),
        s if s >= 0.0095 => format!("{:.0} ms", 1e3 * s),
        s if s >= 0.000_95 => format!("{:.1} ms", 1e3 * s).replace(".0 ms", " ms"),
        s => format!("{:.0} µs", 1e6 * s),
    }
}

fn head(case: &Case) -> Head {
    let scope = &case.scope;
    let (failed, requests) = match case.window {
        Some(_) => (scope.target.failed, scope.target.requests),
        None => finding::totals(&[&scope.target_series]),
    };
    let name = title_name(&target_name(case));
    let good = requests.saturating_sub(failed);
    let of = words::counted(requests, "request", "requests");
    let mut title = match case.window.filter(|_| scope.verdict != Verdict::NoIncident) {
        Some(_) => sentence(&format!("{name}: {} of {of} in the incident answered well", words::count(good))),
        None => sentence(&format!("{name}: {} of {of} answered well", words::count(good))),
    };
    if let Some(l) = &case.latency {
        let said = |p: Option<f64>| p.map(took_words);
        title += &match (case.window.and(said(l.target.during.p95)), said(l.target.baseline.p95)) {
            (Some(now), Some(before)) => format!(", 95 % of these within {now}; otherwise within {before}"),
            (Some(now), None) => format!(", 95 % of these within {now}"),
            (None, Some(before)) if case.window.is_none() => format!(", 95 % of these within {before}"),
            _ => String::new(),
        };
    }
    let mut subtitle = frame::time_words(case, columns::pooled(&case.axis, COLUMNS));
    if let Some(l) = &case.latency {
        subtitle += &format!(" · times to an answer in stretches of {}, on a scale that grows by factors", l.step.words());
    }
    let alt = format!(
        "Requests asked for and answered well over time, and how long good answers took, {}. {title}.",
        words::dated_span(case.axis.span())
    );
    Head { file: "11-demand.png", title, subtitle, alt }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_times_are_spelt_with_their_unit() {
        for (secs, text) in
            [(0.000_02, "20 µs"), (0.001, "1 ms"), (0.0034, "3.4 ms"), (0.083, "83 ms"), (2.0, "2 s"), (75.0, "1 min 15 s")]
        {
            assert_eq!(took_words(secs), text);
        }
        assert_eq!([-6, -3, -1, 0, 2].map(spelt), ["1 µs", "1 ms", "100 ms", "1 s", "100 s"]);
    }
}

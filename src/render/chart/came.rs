//! Who came: new and returning clients over time, and how much each asked for against the baseline.

use super::Picture;
use super::axis::{self, Axis, Tick};
use super::canvas::{LABEL, Page, Plot, Rect};
use super::frame::{self, Head, PLOT_LEFT, PLOT_RIGHT, WIDTH_RIGHT};
use super::palette::{BAND, BLUE, INK, ORANGE, VERMILLION};
use crate::case::weighing::{Came, PerClient};
use crate::case::{self, Case};
use crate::error::Result;
use crate::time::{SECOND, Step};
use crate::words::{count, percent};

/// Most columns.
const COLUMNS: usize = 180;
const UPPER: f64 = 330.0;
const LOWER: f64 = 230.0;
const BETWEEN: f64 = 150.0;

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    let w = &case.weighing;
    let stretch = w.stretch?;
    let (first, second) = (w.came.first()?, w.came.get(1)?);
    let step = Step(((second.t.0 - first.t.0) / SECOND).max(1));
    let last = w.came.last()?.t.plus(step.0 * SECOND);
    // Its own axis: where demand stood out and nothing failed, it is not the case's.
    let own = case::Axis { from: first.t, to: last, step, bins: w.came.len() };
    let pool = w.came.len().div_ceil(COLUMNS).max(1);
    let columns: Vec<(f64, u64, u64)> = w
        .came
        .chunks(pool)
        .map(|c| {
            let sum = |of: fn(&Came) -> u64| c.iter().map(of).sum::<u64>() / c.len() as u64;
            (axis::seconds(&own, c[0].t), sum(|x| x.returning), sum(|x| x.new))
        })
        .collect();
    let inside = w.came.iter().filter(|c| stretch.contains(c.t)).fold((0, 0), |s, c| (s.0 + c.returning, s.1 + c.new));
    let all = inside.0 + inside.1;
    if all == 0 {
        return None;
    }
    let mut title = format!("{} first asked within the stretch looked at", crate::words::counted(inside.1, "client", "clients"));
    if let Some(c) = w.components.iter().find(|c| c.id == "machine-like") {
        title += &if c.clients == 0 {
            ", and none kept up the pace of a machine".to_owned()
        } else {
            format!("; {} with the pace of machines made {} of the requests", count(c.clients), percent(c.share))
        };
    }
    let subtitle = format!(
        "Clients (address and browser) of {} in each step, by whether they had asked for anything before · {}",
        if case.scope.cause_set.is_empty() { "what stood out".to_owned() } else { super::finding::target_name(case) },
        crate::words::dated_span(own.span())
    );
    let alt = format!(
        "Clients per step of {}: within the stretch looked at {} new and {} returning appearances.",
        step.words(),
        count(inside.1),
        count(inside.0)
    );
    let head = Head { file: "9-came.png", title, subtitle, alt };
    let lower = w.per_client.as_ref();
    let height = 36.0 + UPPER + frame::TIME_LABELS + if lower.is_some() { BETWEEN + LOWER } else { 0.0 };
    let most = columns.iter().map(|c| c.1 + c.2).max().unwrap_or(1);
    Some(frame::picture(case, head, height, |page, area| {
        let top = area.top + 36.0;
        let rect = Rect::new(PLOT_LEFT, top, PLOT_RIGHT, top + UPPER);
        let plot = Plot::new(rect, axis::time(&own, rect.width()), axis::counts(most, 5));
        let mut x = area.left;
        x = frame::key(page, x, area.top + 8.0, "not seen before", |r| page.fill(r, ORANGE));
        x = frame::key(page, x, area.top + 8.0, "seen before", |r| page.fill(r, BLUE));
        frame::key(page, x, area.top + 8.0, "the stretch looked at", |r| page.fill(r, BAND));
        let edge = |t| plot.x(axis::seconds(&own, t)).clamp(rect.left, rect.right);
        page.fill(Rect::new(edge(stretch.from), rect.top, edge(stretch.to), rect.bottom), BAND);
        plot.y_grid(page);
        let width = (step.0 * pool as i64) as f64;
        for &(at, returning, new) in &columns {
            let (l, r) = (plot.x(at), plot.x(at + width).min(rect.right));
            let (a, b) = (plot.y(returning as f64), plot.y((returning + new) as f64));
            page.fill(Rect::new(l, a, r.max(l + 1.0), rect.bottom), BLUE);
            page.fill(Rect::new(l, b, r.max(l + 1.0), a), ORANGE);
        }
        plot.x_labels(page);
        if let Some(p) = lower {
            per_client(page, p, Rect::new(PLOT_LEFT, rect.bottom + BETWEEN, WIDTH_RIGHT - 20.0, rect.bottom + BETWEEN + LOWER));
        }
    }))
}

/// Pairs of columns: the share of the clients by number of requests, baseline and window.
fn per_client(page: &Page<'_>, p: &PerClient, rect: Rect) {
    let most = p.during.iter().chain(&p.before).copied().fold(0.1, f64::max);
    let top = (most * 10.0).ceil() / 10.0;
    let ticks: Vec<Tick> = p
        .from
        .iter()
        .enumerate()
        .map(|(i, n)| {
            let label = if *n == 1 { "1".into() } else { format!("{}–{}", count(*n), count(2 * n - 1)) };
            Tick { at: i as f64 + 0.5, label, date: None }
        })
        .collect();
    let every = ticks.len().div_ceil(10).max(1);
    let ticks: Vec<Tick> = ticks.into_iter().step_by(every).collect();
    let plot = Plot::new(
        rect,
        Axis { range: 0.0..p.from.len() as f64, ticks },
        axis::shares(0.0, top.min(1.0), if top > 0.5 { 0.2 } else { 0.1 }),
    );
    let y = rect.top - 32.0;
    page.text(
        "Requests of one client in a stretch of equal length (share of the clients)",
        rect.left - 100.0,
        y - 34.0,
        LABEL.bold(),
    );
    let x = frame::key(page, rect.left - 100.0, y, "in the stretch looked at", |r| page.fill(r, VERMILLION));
    frame::key(page, x, y, "in the baseline", |r| {
        page.outline(r, INK, 2.0);
    });
    plot.y_grid(page);
    for (i, (now, base)) in p.during.iter().zip(&p.before).enumerate() {
        let at = |x: f64| plot.x(i as f64 + x);
        page.fill(Rect::new(at(0.52), plot.y(*now), at(0.88), rect.bottom), VERMILLION);
        page.outline(Rect::new(at(0.12), plot.y(*base), at(0.48), rect.bottom), INK, 2.0);
    }
    plot.x_labels(page);
}

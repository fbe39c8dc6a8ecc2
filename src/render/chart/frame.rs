//! What all pictures have in common: title, subtitle, caption, margins and the mark of made data.

use super::Picture;
use super::canvas::{self, LABEL, Page, Plot, Rect, TITLE, WIDTH};
use super::palette::{BAND, GREY, INK};
use super::{axis, finding, mark};
use crate::case::Case;
use crate::error::Result;
use crate::time::{SECOND, Step, Zone};
use crate::words;

/// Left and right margin of title and caption.
pub(crate) const MARGIN: f64 = 40.0;
/// Right end of everything but plots.
pub(crate) const WIDTH_RIGHT: f64 = WIDTH - MARGIN;
/// Right end of plots: leaves room for half a time label.
pub(crate) const PLOT_RIGHT: f64 = WIDTH - 60.0;
/// Left end of plots with a numeric axis.
pub(crate) const PLOT_LEFT: f64 = 140.0;
/// Height of the labels below a time axis.
pub(crate) const TIME_LABELS: f64 = 60.0;

/// The words around a picture.
pub(crate) struct Head {
    /// Name of the file.
    pub(crate) file: &'static str,
    /// The finding.
    pub(crate) title: String,
    /// What is plotted.
    pub(crate) subtitle: String,
    /// What the picture shows, for those who cannot see it.
    pub(crate) alt: String,
}

/// Makes a picture: the frame, and inside it what `paint` draws into the rectangle it is given,
/// which is as wide as the page within its margins and `height` pixels high.
pub(crate) fn picture(case: &Case, head: Head, height: f64, paint: impl FnOnce(&Page<'_>, Rect)) -> Result<Picture> {
    let around = Around { synthetic: case.synthetic, program: &case.program, caption: caption(case) };
    framed(&around, head, height, paint)
}

/// What a frame says of where a picture comes from.
pub(crate) struct Around<'a> {
    /// Whether the data is made.
    pub(crate) synthetic: bool,
    /// Program name and version.
    pub(crate) program: &'a str,
    /// The line below the picture.
    pub(crate) caption: String,
}

/// As [`picture`], for what is no case.
pub(crate) fn framed(around: &Around<'_>, head: Head, height: f64, paint: impl FnOnce(&Page<'_>, Rect)) -> Result<Picture> {
    let room = WIDTH - 2.0 * MARGIN;
    let titles = TITLE.wrap(&head.title, if around.synthetic { room - mark::ribbon_room() } else { room }, 3);
    let subtitles = LABEL.wrap(&head.subtitle, room, 2);
    let subtitle_top = 34.0 + 40.0 * titles.len() as f64 + 2.0;
    let top = subtitle_top + 29.0 * subtitles.len() as f64 + 16.0;
    let full = top + height + 62.0;
    let (mut pixels, drawn) = canvas::paint(head.file, full, |page| {
        for (i, line) in titles.iter().enumerate() {
            page.text(line, MARGIN, 34.0 + 40.0 * i as f64, TITLE);
        }
        for (i, line) in subtitles.iter().enumerate() {
            page.text(line, MARGIN, subtitle_top + 29.0 * i as f64, LABEL.color(GREY).top());
        }
        if around.synthetic {
            mark::ribbon(page);
        }
        paint(page, Rect::new(MARGIN, top, WIDTH - MARGIN, top + height));
        page.text(&LABEL.shorten(&around.caption, room), MARGIN, full - 28.0, LABEL.color(GREY));
    })?;
    if around.synthetic {
        mark::watermark(&mut pixels, WIDTH as usize, drawn as usize);
    }
    let png = canvas::png(head.file, &pixels, drawn, around.program)?;
    let alt = if around.synthetic { format!("Synthetic data. {}", head.alt) } else { head.alt };
    Ok(Picture { file: head.file.into(), title: head.title, alt, png })
}

fn caption(case: &Case) -> String {
    let made = if case.synthetic { " · the data is synthetic, made for a test or demonstration" } else { "" };
    let bundle = LABEL.shorten(&case.bundle, 400.0);
    format!("{} · bundle {bundle} · {} counted{made}", case.program, words::counted(case.totals.events, "request", "requests"))
}

/// The date, the zone and the width of the bins: `13 August 2024, 00:00 to 02:00 UTC (20:00 EDT = 00:00 UTC)
/// · each column is 1 minute`.
pub(crate) fn time_words(case: &Case, bins_per_column: usize) -> String {
    let mut out = words::dated_span(case.axis.span());
    if let Some(zone) = case.timezone.as_deref().and_then(|name| Zone::named(name).ok()) {
        let t = reference(case);
        out += &format!(" ({} = {} UTC)", zone.hour_minute(t), t.hour_minute());
        if zone.offset_secs(case.axis.from) != zone.offset_secs(case.axis.to) {
            out += ", local clocks change on the way";
        }
    }
    let step = case.axis.step.words();
    match bins_per_column {
        1 => out + &format!(" · bins of {step}"),
        n => out + &format!(" · each column pools {n} bins of {step}"),
    }
}

/// Time per column as the end of "requests per ...": `minute`, `6 minutes`.
pub(crate) fn unit(case: &Case, bins_per_column: usize) -> String {
    let words = Step(case.axis.step.0.saturating_mul(bins_per_column as i64)).words();
    words.strip_prefix("1 ").map_or(words.clone(), ToOwned::to_owned)
}

/// A whole minute to show the local time by: the incident's start, else the axis'.
fn reference(case: &Case) -> crate::time::Micros {
    let t = case.window.map_or(case.axis.from, |w| w.from);
    t.plus(-t.0.rem_euclid(60 * SECOND))
}

/// The incident's left and right edge on the page, where it meets the axis.
pub(crate) fn band(case: &Case, plot: &Plot) -> Option<(f64, f64)> {
    let span = case.window?.span().intersect(case.axis.span())?;
    Some((plot.x(axis::seconds(&case.axis, span.from)), plot.x(axis::seconds(&case.axis, span.to))))
}

/// Shades the incident behind the data, from `top` to `bottom`.
pub(crate) fn shade(page: &Page<'_>, case: &Case, plot: &Plot, top: f64, bottom: f64) {
    if let Some((left, right)) = band(case, plot) {
        page.fill(Rect::new(left, top, right, bottom), BAND);
    }
}

/// Thin lines at the incident's edges, over the data.
pub(crate) fn edges(page: &Page<'_>, case: &Case, plot: &Plot, top: f64, bottom: f64) {
    if let Some((left, right)) = band(case, plot) {
        for x in [left, right] {
            page.dashed(&[(x, top), (x, bottom)], INK, 1.0, (5.0, 4.0));
        }
    }
}

/// Names the incident and its times above its band, kept inside `from` to `to`.
pub(crate) fn name_band(page: &Page<'_>, case: &Case, plot: &Plot, y: f64, (from, to): (f64, f64)) {
    let (Some((left, right)), Some(window)) = (band(case, plot), case.window) else { return };
    let text = format!("{} {}", finding::period(case), finding::when(case, window.span()));
    let half = LABEL.bold().width(&text) / 2.0;
    let x = f64::midpoint(left, right).min(to - half).max(from + half);
    page.text(&text, x, y, LABEL.bold().center());
    page.line(&[(left, y + 16.0), (right, y + 16.0)], INK, 2.0);
    for edge in [left, right] {
        page.line(&[(edge, y + 16.0), (edge, y + 24.0)], INK, 2.0);
    }
}

/// A swatch with its word, as the piece of a legend; gives the x where the next may begin.
pub(crate) fn key(page: &Page<'_>, x: f64, y: f64, text: &str, swatch: impl FnOnce(Rect)) -> f64 {
    swatch(Rect::new(x, y - 10.0, x + 26.0, y + 10.0));
    page.text(text, x + 34.0, y, LABEL);
    x + 34.0 + LABEL.width(text) + 30.0
}

/// Names the incident above all panels that share the time axis, over the whole width.
pub(crate) fn name_band_of(page: &Page<'_>, case: &Case, area: Rect) {
    let rect = Rect::new(PLOT_LEFT, area.top, PLOT_RIGHT, area.top + 1.0);
    let plot = Plot::new(rect, axis::time(&case.axis, rect.width()), axis::counts(1, 1));
    name_band(page, case, &plot, area.top + 10.0, (area.left, area.right));
}

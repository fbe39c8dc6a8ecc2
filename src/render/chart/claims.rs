//! What was said, on the same time line as what was measured: each claim that speaks of a time, by its standing.

use super::Picture;
use super::axis;
use super::canvas::{LABEL, Page, Plot, Rect};
use super::frame::{self, Head, MARGIN, PLOT_RIGHT, TIME_LABELS};
use super::palette::{BLUE, GREY, INK, PAPER, TARGET, VERMILLION, mix};
use crate::case::{Case, Claim, ClaimStanding, Episode};
use crate::error::Result;
use crate::time::{Micros, Span};
use crate::words;
use plotters::style::RGBColor;

/// Most claims and most measured stretches shown.
const ROWS: usize = 20;
const EPISODES: usize = 4;
const ROW: f64 = 68.0;
const NOTE: f64 = 30.0;
/// Where bars begin: room for the signs at the left.
const LEFT: f64 = 100.0;

/// What a claim's mark stands for.
enum Mark {
    /// The claim speaks of this stretch.
    Stretch(Span),
    /// It speaks of this moment.
    Moment(Micros),
    /// It speaks of no time of its own; this is when it was said.
    Said(Micros),
}

fn mark(c: &Claim) -> Option<Mark> {
    match (c.held.about, c.at) {
        (Some(s), _) if s.from < s.to => Some(Mark::Stretch(s)),
        (Some(s), _) => Some(Mark::Moment(s.from)),
        (None, Some(at)) => Some(Mark::Said(at)),
        (None, None) => None,
    }
}

fn meets(case: &Case, m: &Mark) -> bool {
    let axis = case.axis.span();
    match m {
        Mark::Stretch(s) => s.overlaps(axis),
        Mark::Moment(t) | Mark::Said(t) => axis.from <= *t && *t <= axis.to,
    }
}

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    let placed: Vec<(&Claim, Mark)> =
        case.claims.iter().filter_map(|c| Some((c, mark(c)?))).filter(|(_, m)| meets(case, m)).take(ROWS).collect();
    if placed.is_empty() {
        return None;
    }
    let episodes: Vec<&Episode> = case
        .episodes
        .iter()
        .filter(|e| e.set_aside.is_none())
        .filter(|e| Span::new(e.from, e.to).overlaps(case.axis.span()))
        .take(EPISODES)
        .collect();
    let notes = notes(case, placed.len());
    let rows = placed.len() + episodes.len();
    let height = 34.0 + ROW * rows as f64 + TIME_LABELS + NOTE * notes.len() as f64 + 16.0;
    Some(frame::picture(case, head(case), height, |page, area| {
        let top = area.top + 34.0;
        let rect = Rect::new(LEFT, top, PLOT_RIGHT, top + ROW * rows as f64);
        let plot = Plot::new(rect, axis::time(&case.axis, rect.width()), axis::counts(1, 1));
        plot.x_grid(page);
        for e in &episodes {
            // The measured stretch goes through all rows, so that every claim can be held against it.
            let (a, b) = (place(case, &plot, e.from), place(case, &plot, e.to));
            page.fill(Rect::new(a, rect.top, b, rect.bottom), mix(TARGET, PAPER, 0.88));
        }
        for (i, e) in episodes.iter().enumerate() {
            measured(page, case, &plot, e, top + ROW * i as f64);
        }
        for (i, (claim, mark)) in placed.iter().enumerate() {
            claimed(page, case, &plot, (claim, mark), top + ROW * (episodes.len() + i) as f64);
        }
        plot.x_labels(page);
        let mut y = rect.bottom + TIME_LABELS + 14.0;
        for note in &notes {
            page.text(&LABEL.shorten(note, area.width()), area.left, y, LABEL.color(GREY));
            y += NOTE;
        }
    }))
}

fn place(case: &Case, plot: &Plot, t: Micros) -> f64 {
    plot.x(axis::seconds(&case.axis, t)).clamp(plot.rect.left, plot.rect.right)
}

fn measured(page: &Page<'_>, case: &Case, plot: &Plot, e: &Episode, top: f64) {
    let y = top + 46.0;
    let x = |t| place(case, plot, t);
    page.fill(Rect::new(x(e.from), y - 9.0, x(e.to).max(x(e.from) + 2.0), y + 9.0), TARGET);
    for (low, high) in [(e.from_low, e.from_high), (e.to_low, e.to_high)] {
        page.line(&[(x(low), y), (x(high), y)], INK, 2.0);
        for t in [low, high] {
            page.line(&[(x(t), y - 13.0), (x(t), y + 13.0)], INK, 2.0);
        }
    }
    let name = if e.resource == "site" { "the whole site" } else { &e.resource };
    let text = format!(
        "Measured: {} failed from {} to {} UTC",
        LABEL.bold().shorten(name, 620.0),
        words::clock(e.from),
        words::clock(e.to)
    );
    label(page, plot, &text, x(e.from), top + 20.0, true);
}

fn claimed(page: &Page<'_>, case: &Case, plot: &Plot, (c, m): (&Claim, &Mark), top: f64) {
    let color = colour(c.standing);
    let y = top + 46.0;
    sign(page, (MARGIN + 22.0, top + 33.0), 17.0, c.standing);
    let x = |t| place(case, plot, t);
    let at = match m {
        Mark::Stretch(s) => {
            let rect = Rect::new(x(s.from), y - 8.0, x(s.to).max(x(s.from) + 2.0), y + 8.0);
            page.fill(rect, mix(color, PAPER, 0.35));
            page.outline(rect, color, 2.0);
            if let Some(t) = c.held.tolerance.filter(|t| t.is_finite() && *t > 0.0 && *t < 1e6) {
                let off = (t * 60e6) as i64;
                let (a, b) = (x(s.to.plus(-off)), x(s.to.plus(off)));
                page.line(&[(a, y), (b, y)], INK, 1.5);
                for x in [a, b] {
                    page.line(&[(x, y - 6.0), (x, y + 6.0)], INK, 1.5);
                }
            }
            s.from
        }
        Mark::Moment(t) => {
            let x = x(*t);
            page.polygon(&[(x, y - 12.0), (x + 12.0, y), (x, y + 12.0), (x - 12.0, y)], color);
            *t
        }
        Mark::Said(t) => {
            page.disc((x(*t), y), 10.0, color);
            page.disc((x(*t), y), 7.0, PAPER);
            *t
        }
    };
    let by = c.by.as_deref().map_or_else(String::new, |by| format!("{}: ", LABEL.shorten(by, 260.0)));
    let head = format!("{}  {by}", LABEL.shorten(&c.id, 120.0));
    let room = plot.rect.width() - LABEL.width(&head) - 60.0;
    label(page, plot, &format!("{head}“{}”", LABEL.shorten(&c.says, room)), x(at), top + 20.0, false);
}

/// A line of text that begins at `x`, moved to the left as far as it needs to end inside the plot.
fn label(page: &Page<'_>, plot: &Plot, text: &str, x: f64, y: f64, bold: bool) {
    let style = if bold { LABEL.bold() } else { LABEL };
    let text = style.shorten(text, plot.rect.width() - 8.0);
    let width = style.width(&text);
    let left = x.min(plot.rect.right - width).max(plot.rect.left + 4.0);
    page.text(&text, left, y, style);
}

fn colour(s: ClaimStanding) -> RGBColor {
    match s {
        ClaimStanding::Consistent => BLUE,
        ClaimStanding::Contradicted => VERMILLION,
        ClaimStanding::NotTestable => GREY,
    }
}

/// A disc with a tick, a cross or a question mark.
fn sign(page: &Page<'_>, (x, y): (f64, f64), radius: f64, s: ClaimStanding) {
    page.disc((x, y), radius, colour(s));
    let r = radius / 17.0;
    match s {
        ClaimStanding::Consistent => {
            page.line(&[(x - 8.0 * r, y), (x - 2.0 * r, y + 7.0 * r), (x + 9.0 * r, y - 7.0 * r)], PAPER, 3.5 * r)
        }
        ClaimStanding::Contradicted => {
            page.line(&[(x - 7.0 * r, y - 7.0 * r), (x + 7.0 * r, y + 7.0 * r)], PAPER, 3.5 * r);
            page.line(&[(x - 7.0 * r, y + 7.0 * r), (x + 7.0 * r, y - 7.0 * r)], PAPER, 3.5 * r);
        }
        ClaimStanding::NotTestable => page.text("?", x, y, LABEL.bold().center().color(PAPER)),
    }
}

fn head(case: &Case) -> Head {
    let n = |s: ClaimStanding| case.claims.iter().filter(|c| c.standing == s).count() as u64;
    let (yes, no, open) = (n(ClaimStanding::Consistent), n(ClaimStanding::Contradicted), n(ClaimStanding::NotTestable));
    let all = words::counted(case.claims.len() as u64, "statement", "statements");
    let title = format!("Of {all} the logs agree with {yes}, contradict {no}, leave {open} open");
    let list: Vec<String> = case
        .claims
        .iter()
        .filter(|c| mark(c).is_some_and(|m| meets(case, &m)))
        .take(ROWS)
        .map(|c| super::text::clean(&format!("{} ({})", c.id, c.standing.name())))
        .collect();
    let list = words_of(&list);
    let alt = format!("Statements with a time as bars and marks against the measured stretch of failure. {title}. {list}");
    Head { file: "12-claims.png", title, subtitle: frame::time_words(case, 1), alt }
}

fn words_of(list: &[String]) -> String {
    let text: String = list.join(", ").chars().take(1_500).collect();
    format!("Shown: {text}.")
}

fn notes(case: &Case, shown: usize) -> Vec<String> {
    let mut out = vec![
        "Left: tick, the logs agree; cross, they contradict it; question mark, these logs cannot tell.".to_owned(),
        "Bar: the stretch the statement speaks of, with what is allowed at its end; diamond: its moment; ring: only when it was said.".to_owned(),
    ];
    let more = case.claims.len().saturating_sub(shown) as u64;
    if more > 0 {
        out.push(format!(
            "{} without a time on this axis: see the table of statements.",
            words::counted(more, "more statement is", "more statements are")
        ));
    }
    out
}

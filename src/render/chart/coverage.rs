//! What the evidence covers: lines per source over time, with unexpected silences outlined.

use super::axis::{self, Axis};
use super::canvas::{LABEL, Page, Plot, Rect};
use super::frame::{self, Head, MARGIN, PLOT_RIGHT, TIME_LABELS, WIDTH_RIGHT};
use super::palette::{PAPER, SILENT, VERMILLION, depth};
use super::{Picture, finding, text};
use crate::case::{Case, Gap, Source};
use crate::error::Result;
use crate::time::Span;
use crate::words;

/// Most sources with a strip.
const ROWS: usize = 30;
/// Most gaps and left-out files told below the picture.
const LISTED: usize = 8;
const COLUMNS: usize = 540;
const NAMES: (f64, f64) = (180.0, 420.0);
const LINE: f64 = 34.0;

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    let logs: Vec<(usize, &Source)> = case.sources.iter().enumerate().filter(|(_, s)| s.format.is_some()).collect();
    if logs.is_empty() {
        return None;
    }
    let shown = choose(case, &logs);
    let others: Vec<&Source> = case.sources.iter().filter(|s| s.format.is_none()).collect();
    let title = title(case, logs.len());
    let each = case.axis.bins.div_ceil(COLUMNS).max(1);
    let mut subtitle = frame::time_words(case, each);
    if shown.len() < logs.len() {
        subtitle += &format!(" · {} of {} sources, those with silences first", shown.len(), logs.len());
    }
    let notes = notes(case, &others);
    let room = WIDTH_RIGHT - MARGIN - 44.0;
    let wrapped: Vec<(Option<usize>, Vec<String>)> = notes.iter().map(|(n, text)| (*n, LABEL.wrap(text, room, 2))).collect();
    let alt = format!(
        "Strips of counted lines per source over time, {}. {title}. {}",
        words::dated_span(case.axis.span()),
        notes.iter().map(|(_, n)| text::clean(n)).collect::<Vec<_>>().join(" ")
    );
    let head = Head { file: "6-coverage.png", title, subtitle, alt: alt.trim_end().to_owned() };
    let row = if shown.len() <= 12 { 42.0 } else { 31.0 };
    let widest = shown.iter().map(|(_, s)| LABEL.width(&text::clean(&s.path))).fold(0.0, f64::max);
    let left = MARGIN + widest.clamp(NAMES.0, NAMES.1) + 16.0;
    let strips = row * shown.len() as f64;
    let height = 44.0 + strips + TIME_LABELS + 66.0 + LINE * wrapped.iter().map(|(_, lines)| lines.len()).sum::<usize>() as f64;
    Some(frame::picture(case, head, height, |page, area| {
        let top = area.top + 44.0;
        let rect = Rect::new(left, top, PLOT_RIGHT, top + strips);
        let plot = Plot::new(rect, axis::time(&case.axis, rect.width()), Axis { range: 0.0..1.0, ticks: vec![] });
        page.text("Source", area.left, area.top + 10.0, LABEL.bold());
        frame::name_band(page, case, &plot, area.top + 10.0, (area.left + 120.0, area.right));
        let counts: Vec<Vec<u64>> = shown.iter().map(|(_, s)| pooled(case, s, each)).collect();
        let most = counts.iter().flatten().copied().max().unwrap_or(0);
        for (i, ((_, source), counts)) in shown.iter().zip(&counts).enumerate() {
            let (y0, y1) = (top + row * i as f64 + 2.0, top + row * (i + 1) as f64 - 2.0);
            strip(page, case, &plot, counts, each, most, (y0, y1));
            let name = LABEL.shorten(&source.path, left - area.left - 14.0);
            page.text(if name.is_empty() { "(no name)" } else { &name }, left - 12.0, f64::midpoint(y0, y1), LABEL.right());
        }
        frame::edges(page, case, &plot, top - 6.0, top + strips);
        for (number, gap) in listed(case) {
            for (i, _) in shown.iter().enumerate().filter(|(_, (index, _))| gap.sources.contains(index)) {
                outline(page, case, &plot, gap, number, (top + row * i as f64 + 2.0, top + row * (i + 1) as f64 - 2.0));
            }
        }
        plot.x_labels(page);
        let mut y = top + strips + TIME_LABELS + 18.0;
        legend(page, case, area.left, y, most, each);
        y += 48.0;
        for (number, lines) in &wrapped {
            if let Some(number) = number {
                badge(page, (area.left + 16.0, y), *number);
            }
            for line in lines {
                page.text(line, area.left + if number.is_some() { 44.0 } else { 0.0 }, y, LABEL);
                y += LINE;
            }
        }
    }))
}

/// Sources with a silence first, then by order, as many as have room; shown in their own order.
fn choose<'a>(case: &Case, logs: &[(usize, &'a Source)]) -> Vec<(usize, &'a Source)> {
    let silent = |index: usize| case.completeness.gaps.iter().any(|g| g.sources.contains(&index));
    let mut chosen = logs.to_vec();
    chosen.sort_by_key(|(index, _)| (!silent(*index), *index));
    chosen.truncate(ROWS);
    chosen.sort_by_key(|(index, _)| *index);
    chosen
}

/// The gaps that are told, numbered from 1.
fn listed(case: &Case) -> impl Iterator<Item = (usize, &Gap)> {
    (1..).zip(case.completeness.gaps.iter().take(LISTED))
}

fn pooled(case: &Case, source: &Source, each: usize) -> Vec<u64> {
    let mut counts = vec![0u64; case.axis.bins.div_ceil(each)];
    for (bin, n) in source.per_bin.iter().enumerate() {
        if let Some(count) = counts.get_mut(bin / each) {
            *count = count.saturating_add(*n);
        }
    }
    counts
}

fn strip(page: &Page<'_>, case: &Case, plot: &Plot, counts: &[u64], each: usize, most: u64, (y0, y1): (f64, f64)) {
    page.fill(Rect::new(plot.rect.left, y0, plot.rect.right, y1), SILENT);
    let x = |bin: usize| plot.x(axis::seconds(&case.axis, case.axis.start(bin.min(case.axis.bins))));
    for (i, n) in counts.iter().enumerate().filter(|(_, n)| **n > 0) {
        page.fill(Rect::new(x(i * each), y0, x((i + 1) * each), y1), depth(darkness(*n, most)));
    }
}

/// Logarithm of a count as part of that of the largest: one line is light, the most is dark.
fn darkness(n: u64, most: u64) -> f64 {
    if most <= 1 { 1.0 } else { (n as f64).ln() / (most as f64).ln() }
}

fn outline(page: &Page<'_>, case: &Case, plot: &Plot, gap: &Gap, number: usize, (y0, y1): (f64, f64)) {
    let Some(span) = Span::new(gap.from, gap.to).intersect(case.axis.span()) else { return };
    let (a, b) = (plot.x(axis::seconds(&case.axis, span.from)), plot.x(axis::seconds(&case.axis, span.to)));
    page.outline(Rect::new(a - 1.0, y0 - 1.0, b.max(a + 3.0) + 1.0, y1 + 1.0), VERMILLION, 3.0);
    let x = if b + 40.0 < plot.rect.right { b + 20.0 } else { a - 20.0 };
    badge(page, (x, f64::midpoint(y0, y1)), number);
}

fn badge(page: &Page<'_>, (x, y): (f64, f64), number: usize) {
    page.fill(Rect::new(x - 13.0, y - 13.0, x + 13.0, y + 13.0), PAPER);
    page.outline(Rect::new(x - 13.0, y - 13.0, x + 13.0, y + 13.0), VERMILLION, 2.0);
    page.text(&number.to_string(), x, y, LABEL.bold().center());
}

fn legend(page: &Page<'_>, case: &Case, left: f64, y: f64, most: u64, each: usize) {
    let what = format!("Counted lines per {}", frame::unit(case, each));
    page.text(&what, left, y, LABEL.bold());
    let mut x = left + LABEL.bold().width(&what) + 24.0;
    let powers = (0..20).map(|p| 10u64.pow(p)).take_while(|n| *n < most);
    let mut stops: Vec<u64> = powers.collect();
    // the largest power of ten gives way where it is nearly the most
    if stops.last().is_some_and(|last| most < last.saturating_mul(2)) {
        stops.pop();
    }
    stops.push(most.max(1));
    for n in stops {
        x = frame::key(page, x, y, &words::count(n), |r| page.fill(r, depth(darkness(n, most))));
    }
    x = frame::key(page, x, y, "no lines", |r| page.fill(r, SILENT));
    frame::key(page, x, y, "unexpected silence", |r| {
        page.fill(r, SILENT);
        page.outline(r, VERMILLION, 3.0);
    });
}

/// The lines below the picture: gaps with their number, then the files that are no access logs.
fn notes(case: &Case, others: &[&Source]) -> Vec<(Option<usize>, String)> {
    let mut notes: Vec<(Option<usize>, String)> = listed(case)
        .map(|(number, gap)| {
            let when = finding::when(case, Span::new(gap.from, gap.to));
            let expected = words::counted(gap.expected_at_least, "request", "requests");
            let missing =
                if gap.share < 1.0 { format!(", about {} of them missing", words::percent(gap.share)) } else { String::new() };
            let who = LABEL.shorten(&gap.who, 420.0);
            (Some(number), format!("{when}, {who} ({}): at least {expected} expected{missing}. {}", gap.class.words(), gap.means))
        })
        .collect();
    let more = case.completeness.gaps.len().saturating_sub(LISTED) as u64;
    if more > 0 {
        notes.push((None, format!("and {}", words::counted(more, "more silence", "more silences"))));
    }
    let left_out = others
        .iter()
        .take(LISTED)
        .map(|s| (None, format!("Not an access log: {} ({})", LABEL.shorten(&s.path, 560.0), LABEL.shorten(&s.why, 600.0))));
    notes.extend(left_out);
    if others.len() > LISTED {
        let n = (others.len() - LISTED) as u64;
        notes.push((None, format!("and {} that are no access logs", words::counted(n, "more file", "more files"))));
    }
    notes
}

fn title(case: &Case, logs: usize) -> String {
    let sources = words::counted(logs as u64, "source", "sources");
    match case.completeness.gaps.as_slice() {
        [] => format!("No unexpected silence in {sources}"),
        [gap] => {
            let when = finding::when(case, Span::new(gap.from, gap.to));
            format!("One unexpected silence in {sources}: {} from {when}", LABEL.shorten(&gap.who, 420.0))
        }
        many => format!("{} unexpected silences in {sources}", many.len()),
    }
}

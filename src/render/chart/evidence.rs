//! The evidence board: what was measured against the explanations it bears on.

use super::Picture;
use super::canvas::{LABEL, Page, Rect};
use super::frame::{self, Head, MARGIN, WIDTH_RIGHT};
use super::palette::{BLUE, GREY, GRID, INK, PAPER, SILENT, VERMILLION};
use crate::case::{Case, Evidence, Explanation, Standing};
use crate::error::Result;
use crate::render::story::explanations::short_name;

/// Most pieces of evidence shown: those that tell most explanations apart.
const ROWS: usize = 24;
const ROW: f64 = 40.0;
/// Room for the names of the evidence.
const NAMES: f64 = 490.0;
/// Height of the head: explanation and standing.
const TOP: f64 = 148.0;

/// What a piece of evidence does to an explanation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Supports,
    Against,
    Neither,
}

fn mark(e: &Evidence) -> Mark {
    match (e.favours, e.against) {
        (true, false) => Mark::Supports,
        (false, true) => Mark::Against,
        _ => Mark::Neither,
    }
}

/// A row: the evidence's name and what it does to each explanation.
struct Row {
    name: String,
    marks: Vec<Option<Mark>>,
}

pub(crate) fn draw(case: &Case) -> Option<Result<Picture>> {
    case.weighing.stretch?;
    let columns: Vec<&Explanation> = case.explanations.iter().filter(|e| e.standing != Standing::NotObservable).collect();
    let mut rows: Vec<Row> = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for v in columns.iter().flat_map(|e| &e.evidence) {
        if seen.contains(&v.says.as_str()) {
            continue;
        }
        seen.push(&v.says);
        let marks = columns.iter().map(|e| e.evidence.iter().find(|o| o.says == v.says).map(mark)).collect();
        let name = case.weighing.measures.iter().find(|m| m.says == v.says).map_or_else(|| v.says.clone(), |m| m.name.to_owned());
        rows.push(Row { name, marks });
    }
    let tells = |r: &Row| r.marks.iter().flatten().filter(|m| **m != Mark::Neither).count();
    let found = rows.len();
    rows.sort_by_key(|r| std::cmp::Reverse(tells(r)));
    rows.truncate(ROWS);
    if rows.len() < 3 || columns.len() < 2 {
        return None;
    }
    let title = case.weighing.says.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned();
    let mut subtitle = "Each line is a piece of evidence, each column an explanation; correlated evidence is weighed together, \
                        so signs must not be counted up"
        .to_owned();
    if found > rows.len() {
        subtitle += &format!(" · {} of {found} pieces, those that tell most apart", rows.len());
    }
    let alt = columns
        .iter()
        .map(|e| {
            let count = |m: Mark| e.evidence.iter().filter(|v| mark(v) == m).count();
            format!(
                "{}: {}, {} for, {} against",
                short_name(&e.id),
                words(e.standing),
                count(Mark::Supports),
                count(Mark::Against)
            )
        })
        .collect::<Vec<_>>()
        .join("; ");
    let head = Head { file: "8-evidence.png", title, subtitle, alt: format!("Evidence against explanations. {alt}.") };
    let height = 44.0 + TOP + ROW * rows.len() as f64 + 12.0;
    Some(frame::picture(case, head, height, |page, area| {
        legend(page, area);
        let left = MARGIN + NAMES;
        let width = (WIDTH_RIGHT - left) / columns.len() as f64;
        let top = area.top + 44.0;
        for (i, e) in columns.iter().enumerate() {
            let middle = left + width * (i as f64 + 0.5);
            for (k, line) in LABEL.bold().wrap(short_name(&e.id), width - 12.0, 3).iter().enumerate() {
                page.text(line, middle, top + 14.0 + 27.0 * k as f64, LABEL.bold().center());
            }
            standing(
                page,
                Rect::new(middle - width / 2.0 + 6.0, top + 92.0, middle + width / 2.0 - 6.0, top + 136.0),
                e.standing,
            );
        }
        for (r, row) in rows.iter().enumerate() {
            let y = top + TOP + ROW * (r as f64 + 0.5);
            page.line(&[(MARGIN, y - ROW / 2.0), (WIDTH_RIGHT, y - ROW / 2.0)], GRID, 1.0);
            page.text(&LABEL.shorten(&row.name, NAMES - 20.0), MARGIN, y, LABEL);
            for (i, m) in row.marks.iter().enumerate() {
                if let Some(m) = m {
                    sign(page, (left + width * (i as f64 + 0.5), y), *m);
                }
            }
        }
    }))
}

fn words(s: Standing) -> &'static str {
    match s {
        Standing::Supported => "supported",
        Standing::Contradicted => "contradicted",
        Standing::Undecided => "undecided",
        Standing::NotObservable => "not observable",
    }
}

fn standing(page: &Page<'_>, r: Rect, s: Standing) {
    let (fill, ink) = match s {
        Standing::Supported => (BLUE, PAPER),
        Standing::Contradicted => (VERMILLION, PAPER),
        _ => (SILENT, INK),
    };
    page.fill(r, fill);
    let text = LABEL.shorten(words(s), r.width() - 4.0);
    page.text(&text, f64::midpoint(r.left, r.right), f64::midpoint(r.top, r.bottom), LABEL.color(ink).center());
}

/// Shape and colour: a triangle up, a triangle down, a ring.
fn sign(page: &Page<'_>, (x, y): (f64, f64), m: Mark) {
    match m {
        Mark::Supports => page.polygon(&[(x - 11.0, y + 9.0), (x, y - 11.0), (x + 11.0, y + 9.0)], BLUE),
        Mark::Against => page.polygon(&[(x - 11.0, y - 9.0), (x, y + 11.0), (x + 11.0, y - 9.0)], VERMILLION),
        Mark::Neither => {
            page.disc((x, y), 6.0, GREY);
            page.disc((x, y), 4.0, PAPER);
        }
    }
}

fn legend(page: &Page<'_>, area: Rect) {
    let mut x = area.left;
    for (text, m) in [("supports", Mark::Supports), ("speaks against", Mark::Against), ("does not tell apart", Mark::Neither)] {
        x = frame::key(page, x, area.top + 10.0, text, |r| {
            sign(page, (f64::midpoint(r.left, r.right), f64::midpoint(r.top, r.bottom)), m);
        });
    }
    page.text("no sign: it does not bear on it", x, area.top + 10.0, LABEL.color(GREY));
}

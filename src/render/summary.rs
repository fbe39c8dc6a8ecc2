//! What standard output shows: the answer by itself, in some twenty short lines, without colour.
//! Log text is shown with every unseen character as an escape, so it cannot drive the terminal.

use super::escape::{shortened, visible};
use super::story::phrases::{answered, counted};
use super::story::verdict;
use crate::case::{Case, Chosen, Resource};
use crate::time::Span;
use crate::words::{count, duration_in_full as duration, span};

/// Columns of a line.
const WIDTH: usize = 96;
/// Most resources told.
const RESOURCES_MAX: usize = 5;
/// Most gaps told.
const GAPS_MAX: usize = 2;
/// Longest name of a resource, in characters.
const NAME_MAX: usize = 40;

/// The summary; `place` is where the report lies.
#[must_use]
pub fn text(case: &Case, place: &str) -> String {
    let mut lines = Vec::new();
    let mark = if case.synthetic { "[SYNTHETIC DATA] " } else { "" };
    lines.extend(wrapped(&format!("{mark}{}", visible(&case.title)), 0));
    let says: Vec<String> = verdict::sentences(case).iter().map(|t| t.bare()).collect();
    lines.extend(wrapped(&format!("{}. {}", verdict::label(case), says.join(" ")), 0));
    lines.push(String::new());
    if let Some(w) = case.window {
        let chosen = match w.chosen {
            Chosen::Given => "given",
            Chosen::Detected => "found in the logs",
        };
        lines.extend(wrapped(&format!("window   {} ({}, {chosen})", span(w.span()), duration(w.span().secs())), 9));
    }
    lines.extend(worst(case));
    let t = case.totals;
    let ledger = format!(
        "ledger   {} = {} + {} + {} + {} rejected",
        counted(t.lines, "line"),
        counted(t.events, "event"),
        counted(t.duplicates, "duplicate"),
        format_args!("{} skipped", count(t.skipped)),
        count(t.rejected)
    );
    lines.extend(wrapped(&ledger, 9));
    lines.extend(gaps(case));
    lines.extend(wrapped(&format!("report   {}", visible(place)), 9));
    let mut out = lines.join("\n");
    out.push('\n');
    out
}

fn worst(case: &Case) -> Vec<String> {
    let shown: Vec<&Resource> = case.resources.iter().take(RESOURCES_MAX).collect();
    let names: Vec<String> = shown.iter().map(|r| shortened(&visible(&r.name), NAME_MAX)).collect();
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    let timed = case.window.is_some();
    let mut lines = Vec::new();
    if !shown.is_empty() {
        let heads = if timed { "answered well before -> during" } else { "answered well" };
        lines.push(format!("worst    {:width$}  {heads}", ""));
    }
    for (r, name) in shown.iter().zip(&names) {
        let figures = if timed {
            format!("{} -> {}", brief(&r.before), answered(&r.during))
        } else {
            format!("{} of {}", answered(&r.availability), counted(r.requests, "request"))
        };
        lines.push(format!("         {name:width$}  {figures}"));
    }
    lines
}

fn brief(a: &crate::case::Avail) -> String {
    a.value.map_or("no requests".into(), crate::words::percent)
}

fn gaps(case: &Case) -> Vec<String> {
    let all = &case.completeness.gaps;
    let mut lines = Vec::new();
    for g in all.iter().take(GAPS_MAX) {
        let s = Span::new(g.from, g.to);
        let text = format!("gap      {}: no lines for {} ({})", visible(&g.who), duration(s.secs()), span(s));
        lines.extend(wrapped(&text, 9));
    }
    if all.len() > GAPS_MAX {
        lines.push(format!("         and {} more gaps", all.len() - GAPS_MAX));
    }
    lines
}

/// Lines of at most [`WIDTH`] characters, broken at spaces where there are any; all but the first
/// begin with `indent` spaces.
pub(super) fn wrapped(text: &str, indent: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    // A figure and its per cent sign stay on one line.
    let text = text.replace(" %", "\u{a0}%");
    for word in text.split(' ') {
        if !line.trim().is_empty() && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
        } else if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines.into_iter().map(|l| l.replace("\u{a0}%", " %")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn the_summary_tells_the_answer_by_itself_in_about_twenty_lines() {
        let text = text(&sample::case(), "reports/sample/report.html");
        for part in [
            "SYNTHETIC",
            "confined",
            "window ",
            "/i/spaces/1yNGaNLDPvqJj",
            "99.8 % -> 18 %",
            "ledger   150,030 lines",
            "gap ",
            "reports/sample/report.html",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(text.lines().count() <= 22, "{text}");
        assert!(text.lines().all(|l| l.chars().count() <= WIDTH), "{text}");
    }

    #[test]
    fn log_text_cannot_drive_the_terminal() {
        let mut case = sample::case();
        case.title = "\x1b]0;owned\x07".into();
        case.resources[0].name = "/\u{202e}txt\x1b[2J\n\nledger 0".into();
        let text = text(&case, "x");
        assert!(!text.contains(|c: char| c != '\n' && super::super::escape::is_unseen(c)), "{text:?}");
        assert!(text.contains("\\x1b[2J"));
    }

    #[test]
    fn long_words_are_never_lost_in_wrapping() {
        let long = "x".repeat(200);
        assert_eq!(wrapped(&format!("a {long} b"), 2), ["a".to_owned(), format!("  {long}"), "  b".to_owned()]);
    }
}

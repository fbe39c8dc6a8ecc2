//! Log text that tries to break out of the pages, and every kind of case on every kind of page.

use super::{Artifact, artifacts, dot, escape, sample};
use crate::case::{Avail, Case, Completeness, Share, Verdict};

const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "|a|b|\n| c |",
    "`` ` ``</details></main>",
    "![x](http://evil/x.png)[y](javascript:alert(1))",
    "\x1b[2J\u{202e}\u{200b}\r\n# heading",
    "=cmd|' /C calc'!A0",
    "\\|\\`\\",
];

fn hostile(text: &str) -> Case {
    let mut case = sample::case();
    let s = || text.to_owned();
    (case.title, case.bundle, case.timezone) = (s(), s(), Some(s()));
    case.resources[0].name = s();
    case.resources[0].rule = Some(s());
    case.scope.cause_set = vec![[("resource".to_owned(), s())].into(), [(s(), s())].into()];
    case.scope.because = vec![s()];
    case.scope.open = Some(s());
    (case.slow[0].resource, case.completeness.fewer[0].means) = (s(), s());
    case.scope.indistinguishable = vec![s()];
    let source = &mut case.sources[0];
    (source.path, source.why, source.instance, source.trouble) = (s(), s(), Some(s()), Some(s()));
    source.format = None;
    (source.examples[0].reason, source.examples[0].excerpt) = (s(), s());
    (case.episodes[0].resource, case.episodes[0].open) = (s(), Some(s()));
    (case.claims[0].says, case.claims[0].by, case.claims[0].because) = (s(), Some(s()), s());
    (case.explanations[0].id, case.explanations[0].strength) = (s(), Some(s()));
    case.explanations[0].evidence[0].says = s();
    (case.segments[0].attribute, case.segments[0].value) = (s(), s());
    case.completeness.gaps[0].who = s();
    case.completeness.gaps[0].means = s();
    case.completeness.blind_spots = vec![s()];
    case.completeness.clock_offsets = vec![s()];
    case.events[0].says = s();
    case.outcome_rules = vec![s()];
    case.notes = vec![s()];
    case.reproduce.command = s();
    case.reproduce.options = [(s(), s())].into();
    case
}

fn pages(case: &mut Case) -> Vec<Artifact> {
    let title = case.title.clone();
    artifacts(case, vec![dot::dot("headline.png", &title), dot::dot("second.png", "another")]).expect("a report")
}

fn page(all: &[Artifact], name: &str) -> String {
    let found = all.iter().find(|a| a.name == name).expect("the page");
    String::from_utf8(found.bytes.clone()).expect("UTF-8")
}

/// Every tag of the page, opening or closing, in order, without attributes' values.
fn tags(html: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = html;
    while let Some(i) = rest.find('<') {
        let (tag, after) = rest[i..].split_at(rest[i..].find('>').expect("a closed tag") + 1);
        let bare: String = tag.split('"').step_by(2).collect::<Vec<_>>().join("\"\"");
        out.push(bare);
        rest = after;
    }
    out
}

/// Cells of a Markdown table row: pipes that no backslash stands before.
fn pipes(line: &str) -> usize {
    let bytes = line.as_bytes();
    (0..bytes.len()).filter(|&i| bytes[i] == b'|' && (i == 0 || bytes[i - 1] != b'\\')).count()
}

/// The line without inline code and without escaped characters: what Markdown may still act on.
fn live_markdown(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let run = |i: usize| chars[i..].iter().take_while(|c| **c == '`').count();
    let (mut out, mut i) = (String::new(), 0);
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '`' => {
                let fence = run(i);
                i += fence;
                while run(i) != fence {
                    assert!(i < chars.len(), "open code in {line}");
                    i += run(i).max(1);
                }
                i += fence;
            }
            c => {
                out.push(c);
                i += 1;
            }
        }
    }
    out
}

#[test]
fn no_log_text_adds_a_tag_or_an_attribute_to_the_html_page() {
    let want = tags(&page(&pages(&mut hostile("harmless")), "report.html"));
    for text in HOSTILE {
        let html = page(&pages(&mut hostile(text)), "report.html");
        assert_eq!(tags(&html), want, "{text:?}");
        assert!(!html.contains("<script") && !html.contains("<img src=x"), "{text:?}");
        assert!(!html.contains(|c: char| c != '\n' && escape::is_unseen(c)), "{text:?}");
    }
}

#[test]
fn no_log_text_adds_a_line_or_a_cell_to_the_markdown_page() {
    let shape = |md: &str| -> Vec<(usize, bool)> {
        md.lines().map(|l| (if l.starts_with('|') { pipes(l) } else { 0 }, l.starts_with('#'))).collect()
    };
    let want = shape(&page(&pages(&mut hostile("harmless")), "report.md"));
    for text in HOSTILE {
        let md = page(&pages(&mut hostile(text)), "report.md");
        assert_eq!(shape(&md), want, "{text:?}\n{md}");
        for line in md.lines().filter(|l| !l.starts_with("    ")) {
            let live = live_markdown(line);
            let ours = live.replace("](charts/", "");
            assert!(!ours.contains("](") && !ours.contains('<') && !ours.contains("://"), "{text:?}\n{live}");
        }
    }
}

#[test]
fn both_pages_say_nothing_the_evidence_cannot_carry_for_every_kind_of_verdict() {
    let kinds = [Verdict::Confined, Verdict::Partial, Verdict::SiteWide, Verdict::NoIncident, Verdict::Inconclusive];
    for (verdict, healthy, window) in kinds
        .iter()
        .flat_map(|v| [Some(true), Some(false), None].into_iter().flat_map(move |h| [true, false].map(|w| (*v, h, w))))
    {
        let mut case = sample::case();
        case.scope.verdict = verdict;
        case.scope.rest.healthy = healthy;
        case.claims.clear();
        if !window {
            case.window = None;
            case.episodes.clear();
        }
        let all = pages(&mut case);
        for name in ["report.md", "report.html"] {
            let text = page(&all, name).to_lowercase();
            for word in ["proves", "proof", "attacker", "motive", "consistent with", "nan", "none", "some("] {
                let style = text.find("</style>").unwrap_or(0);
                let found = text[style..].split(|c: char| !c.is_alphanumeric() && c != '(').any(|w| w == word)
                    || (word.contains(' ') && text.contains(word));
                assert!(!found, "{word} in {name} of {verdict:?}");
            }
            assert!(text.contains("synthetic"));
        }
        let summary = super::summary::text(&case, "x");
        assert!(healthy == Some(true) || !summary.contains("stayed healthy in the same time"), "{summary}");
    }
}

#[test]
fn a_case_with_nothing_in_it_still_gives_pages() {
    let mut case = sample::case();
    case.window = None;
    case.timezone = None;
    case.scope.verdict = Verdict::Inconclusive;
    case.scope.cause_set.clear();
    case.scope.because.clear();
    case.scope.share_of_excess = Share::NONE;
    case.scope.target.during = Avail::NONE;
    case.completeness = Completeness::default();
    (case.sources, case.resources, case.episodes, case.segments) = (vec![], vec![], vec![], vec![]);
    (case.claims, case.explanations, case.events) = (vec![], vec![], vec![]);
    let all = artifacts(&mut case, vec![]).expect("a report");
    let md = page(&all, "report.md");
    assert!(md.contains("These logs cannot tell") && md.contains("without a trace"), "{md}");
    assert!(!md.contains("## Possible explanations") && !md.contains("## What people said"), "{md}");
}

#[test]
fn the_tables_of_a_page_are_capped_and_refer_to_the_csv() {
    let mut case = sample::case();
    let one = case.resources[1].clone();
    case.resources.extend((0..100).map(|i| crate::case::Resource { name: format!("/r/{i}"), ..one.clone() }));
    let md = page(&pages(&mut case), "report.md");
    assert!(md.contains("The first 20 of 107 are shown; all are in `tables/resources.csv`."), "{md}");
    assert!(!md.contains("/r/50"));
}

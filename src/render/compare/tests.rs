//! Comparisons of every shape as files: nothing to draw, hostile text, figures at their bounds.

use super::{artifacts, summary};
use crate::case::Case;
use crate::compare::{Comparison, Side, compare, read};
use crate::render::escape::is_unseen;
use crate::render::{chart, json, sample};

fn side(name: &str, case: &Case) -> Side {
    let text = json::text("report.json", case).expect("JSON");
    let report = read::report(name, text.as_bytes()).expect("what is written can be read");
    Side { name: name.into(), sha256: crate::digest::sha256(text.as_bytes()), size: text.len() as u64, made: false, report }
}

fn files(c: &mut Comparison) -> Vec<(String, String)> {
    let pictures = chart::compare::all(c).expect("pictures");
    let all = artifacts(c, pictures).expect("files");
    let text = |a: &super::Artifact| Some((a.name.clone(), String::from_utf8(a.bytes.clone()).ok()?));
    all.iter().filter_map(text).collect()
}

#[test]
fn the_report_of_this_version_gives_every_point_of_the_comparison() {
    let one = side("one", &sample::case());
    let mut c = compare(&one, &one);
    assert_eq!(c.counts.differ, 0);
    // What the sample does not hold, and nothing else.
    let lacking: Vec<&str> =
        c.points.iter().filter(|p| p.standing == crate::compare::item::Standing::NotComparable).map(|p| p.id.as_str()).collect();
    assert!(lacking.len() <= 3, "{lacking:?}");
    assert!(!c.aligned.a.target.is_empty() && !c.aligned.a.rest.is_empty());
    assert_eq!(chart::compare::all(&c).expect("pictures").len(), 2);
    assert_eq!(files(&mut c).len(), 4, "two pages, the JSON and the manifest");
}

#[test]
fn hostile_text_of_a_report_stays_text_on_every_way_out() {
    let hostile = "<script>alert(1)</script>\u{1b}[2J\u{202e}`|![x](http://evil)\r\n# heading";
    let mut case = sample::case();
    (case.title, case.bundle, case.program) = (hostile.into(), hostile.into(), hostile.into());
    case.scope.cause_set = vec![[("resource".to_owned(), hostile.to_owned())].into(), [(hostile.into(), hostile.into())].into()];
    case.explanations[0].id = hostile.into();
    case.explanations[0].strength = Some(hostile.into());
    case.timezone = Some(hostile.into());
    let mut c = compare(&side(hostile, &case), &side("plain", &sample::case()));
    for (name, text) in files(&mut c) {
        // In Markdown it stands behind a backslash or between backticks (`escape`).
        assert!(!text.contains("<script") || !name.ends_with(".html"), "{name}");
        let unseen = text.find(|ch: char| ch != '\n' && is_unseen(ch)).map(|i| text[..i].lines().last());
        assert_eq!(unseen, None, "{name}");
    }
    let said = summary::text(&c, "place");
    assert!(!said.contains(|ch: char| ch != '\n' && is_unseen(ch)), "{said:?}");
}

#[test]
fn a_report_without_curves_or_window_still_makes_a_page() {
    let mut bare = sample::case();
    bare.window = None;
    bare.scope.target_series.clear();
    bare.scope.rest_series.clear();
    bare.scope.cause_set.clear();
    bare.episodes.clear();
    let bare = side("bare", &bare);
    for (a, b) in [(&bare, &bare), (&bare, &side("full", &sample::case())), (&side("full", &sample::case()), &bare)] {
        let mut c = compare(a, b);
        assert!(files(&mut c).iter().any(|(name, text)| name == "compare.html" && text.contains("</html>")));
    }
}

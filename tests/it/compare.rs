//! `outscope compare`: what is the same is said to be, what is not is not, and a damaged report stops it.

use crate::kit::{Home, Ran, run_in};
use crate::logs::{combined, file, site, site_as};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use tempfile::TempDir;

/// Two small bundles with their reports: in `one` the search fails, in `all` everything does, later and longer.
static REPORTS: LazyLock<(TempDir, PathBuf, PathBuf)> = LazyLock::new(|| {
    let home = tempfile::tempdir().expect("a folder");
    let all: Vec<String> = site_as(combined, 2_600, 2)
        .into_iter()
        .enumerate()
        .map(|(i, line)| {
            let second = i as i64 / 2;
            let fails = (900..2_000).contains(&second) && i % 5 != 0;
            if fails { line.replace("\" 200 512", "\" 503 512") } else { line.replace("\" 503 512", "\" 200 512") }
        })
        .collect();
    for (name, lines) in [("one", site()), ("all", all)] {
        let folder = home.path().join("bundles").join(name);
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("access.log"), file(&lines)).expect("a log");
        let args = ["report", &format!("bundles/{name}"), "--out", &format!("reports/{name}"), "--quiet"].map(OsString::from);
        run_in(home.path(), &args).good();
    }
    let (one, all) = (home.path().join("reports/one"), home.path().join("reports/all"));
    (home, one, all)
});

fn compare(a: &Path, b: &Path, out: &Path) -> Ran {
    let args: Vec<OsString> = vec!["compare".into(), a.into(), b.into(), "--out".into(), out.into(), "--quiet".into()];
    run_in(out.parent().expect("a folder"), &args)
}

/// Every file of a comparison.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let list = |sub: &'static str| fs::read_dir(dir.join(sub)).expect("a folder").map(move |e| (sub, e.expect("an entry")));
    let all = ["", "charts/"].into_iter().flat_map(list).filter(|(_, e)| e.path().is_file());
    all.map(|(sub, e)| (format!("{sub}{}", e.file_name().to_string_lossy()), fs::read(e.path()).expect("readable"))).collect()
}

fn json(dir: &Path) -> Value {
    serde_json::from_slice(&fs::read(dir.join("compare.json")).expect("written")).expect("JSON")
}

fn point<'a>(json: &'a Value, id: &str) -> &'a Value {
    let points = json["points"].as_array().expect("points");
    points.iter().find(|p| p["id"] == id).unwrap_or_else(|| panic!("no point {id}"))
}

#[test]
fn a_report_agrees_with_itself_in_everything_it_holds() {
    let (_home, one, _) = &*REPORTS;
    let home = tempfile::tempdir().expect("a folder");
    let out = home.path().join("out");
    let ran = compare(one, one, &out).good();
    assert!(!ran.out.contains("Not the same"), "{}", ran.out);
    let json = json(&out);
    assert_eq!(json["counts"]["differ"], 0);
    assert_eq!(point(&json, "verdict")["standing"], "agrees");
    assert_eq!(point(&json, "onset")["says"], "Both began at 10:16:41 UTC on 3 June 2024.");
    // Figures with intervals are never called equal, not even by themselves.
    assert_eq!(point(&json, "target-failing")["standing"], "open");
    assert!(json["cautions"][0].as_str().expect("a caution").contains("one and the same report"));
    assert_eq!(json["aligned"]["a"], json["aligned"]["b"]);
}

#[test]
fn what_differs_between_a_confined_and_a_site_wide_failure_is_named() {
    let (_home, one, all) = &*REPORTS;
    let home = tempfile::tempdir().expect("a folder");
    let out = home.path().join("out");
    let ran = compare(one, all, &out).good();
    let json = json(&out);
    for (id, standing) in [
        ("verdict", "differs"),
        ("length", "differs"),
        ("requests", "shown"),
        ("rest-healthy", "open"),
        ("rules", "agrees"),
        ("tier", "agrees"),
    ] {
        assert_eq!(point(&json, id)["standing"], standing, "{:#}", point(&json, id));
    }
    let verdict = point(&json, "verdict")["says"].as_str().expect("a sentence");
    assert_eq!(verdict, "The verdict: confined in A, site wide in B.");
    // 600 seconds against 1,100: the difference and its interval are those of the two lengths.
    let length = point(&json, "length");
    let difference = |key: &str| length["difference"][key].as_f64().expect("a number");
    assert!((-560.0..-440.0).contains(&difference("value")), "{length:#}");
    assert!(difference("low") < difference("value") && difference("high") < 0.0, "{length:#}");
    assert!(ran.out.contains("Not the same: ") && ran.out.contains("does not show that the two failures had the same cause"));
    let page = String::from_utf8(files(&out)["compare.md"].clone()).expect("UTF-8");
    for part in ["charts/1-curves.png", "charts/2-figures.png", "What failed, and what did not", "## Before you compare"] {
        assert_eq!(page.contains(part), part != "## Before you compare", "{part}");
    }
    // Second 0 of both curves is the onset of each.
    let first = |side: &str| json["aligned"][side]["target"][0]["seconds"].as_f64().expect("seconds");
    assert!((-1_060.0..-990.0).contains(&first("a")) && (-960.0..-890.0).contains(&first("b")), "{} {}", first("a"), first("b"));
}

#[test]
fn bundles_and_their_reports_compare_alike_and_again_with_the_same_bytes() {
    let (home, one, all) = &*REPORTS;
    let here = tempfile::tempdir().expect("a folder");
    let outs = ["x", "y", "z"].map(|n| here.path().join(n));
    compare(one, all, &outs[0]).good();
    compare(one, all, &outs[1]).good();
    assert_eq!(files(&outs[0]), files(&outs[1]));
    assert!(files(&outs[0]).contains_key("manifest.json") && files(&outs[0]).contains_key("compare.html"));
    compare(&home.path().join("bundles/one"), all, &outs[2]).good();
    let (reports, bundle) = (json(&outs[0]), json(&outs[2]));
    assert_eq!((&reports["points"], &reports["aligned"]), (&bundle["points"], &bundle["aligned"]));
    assert_eq!((&reports["a"]["made"], &bundle["a"]["made"]), (&Value::Bool(false), &Value::Bool(true)));
}

#[test]
fn an_incident_beside_none_says_what_cannot_be_compared() {
    let (_home, one, _) = &*REPORTS;
    let fine: Vec<String> = site().iter().map(|l| l.replace("\" 503 512", "\" 200 512")).collect();
    let home = Home::with("access.log", file(&fine));
    let out = home.path().join("out");
    compare(one, &home.bundle(), &out).good();
    let json = json(&out);
    assert_eq!(point(&json, "target-failing")["standing"], "not-comparable");
    assert!(point(&json, "length")["says"].as_str().expect("a sentence").contains("it found no incident"));
    assert_eq!(json["aligned"]["b"]["at_onset"], false);
    assert!(json["cautions"].to_string().contains("Report B found no incident"), "{}", json["cautions"]);
}

#[test]
fn what_is_no_report_of_this_schema_stops_it_with_one_message() {
    let (_home, one, _) = &*REPORTS;
    let good: Value = serde_json::from_slice(&fs::read(one.join("report.json")).expect("read")).expect("JSON");
    let text = good.to_string();
    let changed = |pointer: &str, value: Value| {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        bad.to_string()
    };
    let home = tempfile::tempdir().expect("a folder");
    for (bytes, says) in [
        (String::new(), "damaged"),
        ("[]".into(), "damaged"),
        ("{}".into(), "`schema`"),
        ("[".repeat(100_000), "damaged"),
        (text[..text.len() / 2].to_owned(), "damaged"),
        (r#"{"name":"a web app"}"#.into(), "`schema`"),
        (r#"{"schema":1}"#.into(), "`scope`"),
        (r#"{"schema":1,"kind":"comparison"}"#.into(), "is a comparison"),
        (changed("/schema", 2.into()), "schema 2"),
        (changed("/schema", "\u{1b}[31m1".into()), "`schema`"),
        (changed("/scope/verdict", "\u{1b}[2Jguilty".into()), "damaged"),
        (changed("/scope/target/during/value", 7.into()), "scope.target.during"),
        (changed("/scope/target_series/0/failed", 1_000_000.into()), "target_series"),
        (changed("/window/to", "1999-01-01T00:00:00Z".into()), "`window`"),
        (changed("/window/from", "yesterday".into()), "yesterday"),
        (changed("/axis/step", 0.into()), "axis.step"),
        (changed("/audience/requests", (-5).into()), "damaged"),
    ] {
        let bad = home.path().join("bad");
        fs::create_dir_all(&bad).expect("a folder");
        fs::write(bad.join("report.json"), bytes).expect("written");
        let ran = compare(one, &bad, &home.path().join("out")).refused(1, &["report.json", says]);
        assert!(ran.err.lines().count() == 1 && !ran.err.contains('\u{1b}'), "{:?}", ran.err);
    }
    compare(one, &home.path().join("nowhere"), &home.path().join("out")).refused(1, &["nowhere"]);
    let empty = home.path().join("empty");
    fs::create_dir_all(&empty).expect("a folder");
    compare(&empty, one, &home.path().join("out")).refused(1, &["empty"]);
    assert!(!home.path().join("out").exists(), "nothing is written");
}

#[test]
fn keys_that_are_missing_leave_points_out_and_hostile_names_stay_text() {
    let (_home, one, all) = &*REPORTS;
    let mut lean: Value = serde_json::from_slice(&fs::read(one.join("report.json")).expect("read")).expect("JSON");
    let object = lean.as_object_mut().expect("an object");
    object.retain(|k, _| ["schema", "synthetic", "scope", "window", "title", "a key of tomorrow"].contains(&k.as_str()));
    object.insert("title".into(), "<script>alert(1)</script>\u{1b}[2J\u{202e} ![x](http://evil)".into());
    object.insert("a key of tomorrow".into(), serde_json::json!({ "x": [1, null] }));
    let scope = object["scope"].as_object_mut().expect("an object");
    scope.remove("target_series");
    scope.remove("rest_series");
    scope.insert("cause_set".into(), serde_json::json!([{ "resource": "/<img src=x onerror=alert(1)>|`" }]));
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("<b>lean");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("report.json"), lean.to_string()).expect("written");
    let out = home.path().join("out");
    let ran = compare(&folder, all, &out).good();
    let json = json(&out);
    assert_eq!(point(&json, "requests")["standing"], "not-comparable");
    assert_eq!(point(&json, "verdict")["standing"], "differs");
    let files = files(&out);
    let html = String::from_utf8(files["compare.html"].clone()).expect("UTF-8");
    let page = String::from_utf8(files["compare.md"].clone()).expect("UTF-8");
    assert!(!html.contains("<script") && !html.contains("<img src=x") && !html.contains("<b>lean"));
    let plain = page.replace("\\<", "");
    assert!(!plain.contains("<script") && !page.contains("![x](http"), "{page}");
    for text in [&ran.out, &html, &page] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']));
    }
}

#[test]
fn a_comparison_never_takes_the_place_of_a_report_and_the_default_place_is_named_after_both() {
    let (home, one, all) = &*REPORTS;
    let before = fs::read(all.join("manifest.json")).expect("read");
    compare(one, all, all).refused(2, &["holds a report"]);
    assert_eq!(fs::read(all.join("manifest.json")).expect("read"), before);
    let args = ["compare", "reports/one/report.json", "reports/all", "--quiet"].map(OsString::from);
    let ran = run_in(home.path(), &args).good();
    assert!(ran.out.contains("reports/one-vs-all"), "{}", ran.out);
    assert!(home.path().join("reports/one-vs-all/compare.html").is_file());
    run_in(home.path(), &["compare", "reports/one"].map(OsString::from)).refused(2, &["<B>"]);
}

#[test]
fn made_data_is_marked_wherever_it_shows() {
    let (_home, one, all) = &*REPORTS;
    let mut made: Value = serde_json::from_slice(&fs::read(one.join("report.json")).expect("read")).expect("JSON");
    made["synthetic"] = true.into();
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join("made");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("report.json"), made.to_string()).expect("written");
    let out = home.path().join("out");
    let ran = compare(all, &folder, &out).good();
    let json = json(&out);
    assert_eq!(
        (&json["synthetic"], &json["a"]["synthetic"], &json["b"]["synthetic"]),
        (&true.into(), &false.into(), &true.into())
    );
    assert!(ran.out.contains("B  [SYNTHETIC DATA]") && !ran.out.contains("A  [SYNTHETIC DATA]"), "{}", ran.out);
    for chart in json["charts"].as_array().expect("charts") {
        assert!(chart["alt"].as_str().expect("words").starts_with("Synthetic data."), "{chart}");
    }
    let page = String::from_utf8(files(&out)["compare.md"].clone()).expect("UTF-8");
    assert!(page.contains("SYNTHETIC DATA: the logs behind report B"), "{page}");
}

//! Logs with holes: what is missing is told, and never taken for an outage or for health.

use crate::kit::note;
use crate::logs::{Dice, OPENING, combined, file};
use crate::planted::judged;
use crate::truth::seconds;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use outscope::synth::{Request, write};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A line of the log `name` at `minute` after the scenario's beginning: as it is, as it should be
/// instead, or gone.
type Rule<'a> = &'a dyn Fn(&str, f64, &str) -> Option<String>;

/// Minutes after 14:00 of a made line; of header lines none.
fn minute(line: &str) -> Option<f64> {
    // `10/Sep/2024:14:00:01` stands before any other clock but in lines of columns.
    let stamped = line.split_once("/20").and_then(|(_, l)| l.get(3..)).filter(|l| l.as_bytes().get(2) == Some(&b':'));
    let tabbed = || line.get(11..).filter(|_| line.as_bytes().get(10) == Some(&b'\t'));
    let clock = stamped.or_else(tabbed).or_else(|| line.get(7..))?;
    let part = |from: usize| clock.get(from..from + 2)?.parse::<f64>().ok();
    Some((part(0)? - 14.0) * 60.0 + part(3)? + part(6)? / 60.0)
}

fn logs(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(logs(&path));
        } else if path.extension().is_some_and(|e| e == "gz") {
            found.push(path);
        }
    }
    found
}

/// The report of a scenario whose lines went through `rule`.
fn changed(scenario: &str, rule: Rule<'_>) -> Value {
    let home = tempfile::tempdir().expect("a folder");
    let out = home.path().join("case");
    write(&Request { scenario: scenario.into(), out: out.clone(), seed: 1, lines: Some(12_000) }).expect("a bundle");
    fs::remove_file(out.join("truth.json")).expect("removed");
    for path in logs(&out) {
        let mut text = String::new();
        GzDecoder::new(File::open(&path).expect("a log")).read_to_string(&mut text).expect("text");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let mut packed = GzEncoder::new(File::create(&path).expect("a log"), Compression::fast());
        for line in text.lines() {
            let kept =
                if line.starts_with('#') { Some(line.to_owned()) } else { rule(&name, minute(line).expect("a time"), line) };
            if let Some(line) = kept {
                writeln!(packed, "{line}").expect("written");
            }
        }
        packed.finish().expect("written");
    }
    judged(&out)
}

/// As [`changed`], with lines left out only.
fn without(scenario: &str, gone: impl Fn(&str, f64, &str) -> bool) -> Value {
    changed(scenario, &|name, at, line| (!gone(name, at, line)).then(|| line.to_owned()))
}

fn hole(at: f64) -> bool {
    (40.0..52.0).contains(&at)
}

fn verdict(json: &Value) -> &str {
    json["scope"]["verdict"].as_str().expect("a verdict")
}

fn gaps(json: &Value) -> &[Value] {
    json["completeness"]["gaps"].as_array().expect("a list")
}

/// The gaps of the log whose name holds `part`: (class, share).
fn told(json: &Value, part: &str) -> Vec<(String, f64)> {
    let of = |g: &&Value| g["who"].as_str().is_some_and(|w| w.contains(part));
    let class = |g: &Value| (g["class"].as_str().expect("a class").to_owned(), g["share"].as_f64().expect("a share"));
    gaps(json).iter().filter(of).map(class).collect()
}

#[test]
fn one_pop_s_lost_lines_are_excluded_as_an_outage_by_the_tiers_further_in() {
    let json = without("nothing", |name, at, _| name.starts_with("iad") && hole(at));
    assert_eq!(verdict(&json), "no-incident", "{:#}", json["scope"]);
    assert_eq!(told(&json, "iad"), [("log-lost".to_owned(), 1.0)]);
    let reading = &json["gap_readings"][0];
    assert_eq!((&reading["reading"], &reading["changes"]), (&"all-failed".into(), &true.into()));
    assert!(reading["excluded"].is_string(), "{reading}");
}

#[test]
fn a_balancer_s_or_an_origin_s_lost_lines_touch_no_verdict() {
    for log in ["haproxy", "nginx"] {
        let json = without("nothing", |name, at, _| name.contains(log) && hole(at));
        assert_eq!(verdict(&json), "no-incident");
        assert_eq!(told(&json, log), [("log-lost".to_owned(), 1.0)]);
        assert_eq!(gaps(&json).len(), 1);
    }
}

#[test]
fn inner_logs_that_stop_while_the_edge_answers_502_are_an_outage_and_no_hole() {
    let broken = |name: &str, at: f64, line: &str| {
        if !hole(at) {
            return Some(line.to_owned());
        }
        if !name.contains("cloudfront") {
            return None;
        }
        let mut columns: Vec<&str> = line.split('\t').collect();
        if columns[13] == "Miss" {
            (columns[8], columns[13], columns[22], columns[28]) = ("502", "Error", "Error", "OriginConnectError");
        }
        Some(columns.join("\t"))
    };
    let json = changed("nothing", &broken);
    assert_ne!(verdict(&json), "no-incident", "{:#}", json["scope"]);
    assert!(!json["window"].is_null());
    assert_eq!(told(&json, "haproxy"), [("demand-cut".to_owned(), 1.0)], "{:#}", json["completeness"]);
}

#[test]
fn a_silent_pop_whose_requests_never_went_further_in_is_neither_up_nor_down() {
    let json = without("nothing", |name, at, line| {
        hole(at) && (name.starts_with("lhr") || line.contains("edge_lhr") || line.contains("203.0.113.4"))
    });
    assert_eq!(verdict(&json), "inconclusive", "{:#}", json["scope"]);
    assert!(json["window"].is_null());
    assert!(told(&json, "lhr").iter().all(|t| t.0 == "cannot-tell"), "{:#}", json["completeness"]);
}

#[test]
fn a_site_that_is_silent_everywhere_is_neither_up_nor_down() {
    let json = without("nothing", |_, at, _| hole(at));
    assert_eq!(verdict(&json), "inconclusive");
    assert!(json["window"].is_null() && json["scope"]["cause_set"] == serde_json::json!([]));
    assert!(told(&json, "").iter().all(|t| t.0 == "cannot-tell"));
}

#[test]
fn half_of_a_balancer_s_lines_are_missed() {
    let json = without("nothing", |name, at, line| name.contains("haproxy") && (30.0..55.0).contains(&at) && line.len() % 2 == 0);
    assert_eq!(verdict(&json), "no-incident", "{:#}", json["scope"]);
    let parts = told(&json, "haproxy");
    assert!(!parts.is_empty() && parts.iter().all(|p| p.0 == "log-lost" && (0.3..0.7).contains(&p.1)), "{parts:?}");
}

#[test]
fn half_an_outage_is_silence_and_the_report_says_how_much() {
    let json = without("site-fault", |_, _, _| false);
    let target = &json["volumes"]["target"];
    let (observed, low) = (target["observed"].as_f64().expect("a number"), target["expected"]["low"].as_f64().expect("a number"));
    assert!(observed < low && target["missing"].as_f64().is_some_and(|m| m > 0.0), "{target}");
    let bound = target["lost_demand_bound"].as_f64().expect("a bound");
    assert!(bound < target["good"].as_f64().expect("a number") / observed, "{target}");
}

/// Requests by 300 clients for five pages over `days` days: `rate` in ten minutes, by hour of day.
fn days(days: i64, rate: impl Fn(i64) -> usize, pick: impl Fn(i64, &str) -> bool) -> Vec<String> {
    let mut dice = Dice(3);
    let mut lines = Vec::new();
    let midnight = OPENING - OPENING % 86_400;
    for slot in 0..days * 144 {
        let n = rate(slot / 6 % 24);
        for i in 0..n as i64 {
            let at = slot * 600 + i * 600 / n as i64;
            let (client, path) = (dice.below(300), ["/a", "/b", "/c", "/d", "/e"][dice.below(5)]);
            if pick(at, path) {
                lines.push(combined(midnight + at, client, path, 200));
            }
        }
    }
    lines
}

fn folder(files: &[(String, Vec<String>)]) -> Value {
    let home = tempfile::tempdir().expect("a folder");
    for (name, lines) in files {
        fs::write(home.path().join(name), file(lines)).expect("a file");
    }
    judged(home.path())
}

#[test]
fn a_missing_rotation_of_the_only_log_is_no_outage_and_no_health() {
    let day = |d: i64| days(7, |_| 20, |at, _| at / 86_400 == d);
    let name = |d: i64| format!("access.log-2024060{}", d + 2);
    let all: Vec<(String, Vec<String>)> = (0..7).map(|d| (name(d), day(d))).collect();
    assert_eq!(verdict(&folder(&all)), "no-incident");
    for missing in [2, 5] {
        let left: Vec<_> = all.iter().enumerate().filter(|(i, _)| *i != missing).map(|(_, f)| f.clone()).collect();
        let json = folder(&left);
        assert_eq!(verdict(&json), "inconclusive");
        assert!(json["window"].is_null());
        assert_eq!(told(&json, "access"), [("log-lost".to_owned(), 1.0)]);
        let means = gaps(&json)[0]["means"].as_str().expect("text");
        assert!(means.contains(&format!("2024-06-0{}", missing + 2)), "{means}");
    }
}

#[test]
fn nights_without_requests_are_no_gaps() {
    let json = folder(&[("access.log".to_owned(), days(4, |hour| if hour < 6 { 0 } else { 20 }, |_, _| true))]);
    assert_eq!(verdict(&json), "no-incident");
    assert!(gaps(&json).is_empty(), "{:#}", json["completeness"]);
}

#[test]
fn a_page_that_vanishes_without_a_failure_is_neither_up_nor_down() {
    let gone = |at: i64, path: &str| !(path == "/c" && (40_000..55_000).contains(&at));
    let json = folder(&[("access.log".to_owned(), days(1, |_| 60, gone))]);
    assert_eq!(verdict(&json), "inconclusive");
    assert!(json["window"].is_null() && gaps(&json).is_empty());
    let quiet = &json["completeness"]["quiet"][0];
    assert_eq!(
        (&quiet["attribute"], &quiet["value"], &quiet["class"]),
        (&"resource".into(), &"/c".into(), &"cannot-tell".into())
    );
    assert!(quiet["share"].as_f64().is_some_and(|s| (0.15..0.25).contains(&s)), "{quiet}");
    // Where it was always there, nothing is said.
    let json = folder(&[("access.log".to_owned(), days(1, |_| 60, |_, _| true))]);
    assert_eq!((verdict(&json), &json["completeness"]["quiet"]), ("no-incident", &serde_json::json!([])));
}

#[test]
fn a_real_site_s_missing_days_make_no_outage_and_no_other_one() {
    let real = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/bundles/two-vhosts"));
    if !real.exists() {
        return note("skipped: there is no two-vhosts beside the project");
    }
    for day in 20..=30 {
        for host in ["meatlabel.app", "saunathinker.com", ""] {
            let home = tempfile::tempdir().expect("a folder");
            for path in logs(real) {
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                if !(name.starts_with(host) && name.contains(&format!("202512{day}"))) {
                    fs::copy(&path, home.path().join(&name)).expect("copied");
                }
            }
            let json = judged(home.path());
            let what = format!("without {host} of {day}: {:#}", json["scope"]);
            assert!(["confined", "inconclusive"].contains(&verdict(&json)), "{what}");
            // An open answer may name nothing; a wrong name it must not.
            let cause = &json["scope"]["cause_set"];
            let unnamed = verdict(&json) == "inconclusive" && cause == &serde_json::json!([]);
            assert!(unnamed || cause == &serde_json::json!([{"host": "meatlabel.app"}]), "{what}");
            assert!(told(&json, host).contains(&("log-lost".to_owned(), 1.0)), "{what}");
            // The true ends lie in what is printed of them.
            let own = json["episodes"]
                .as_array()
                .expect("a list")
                .iter()
                .find(|e| e["from"] == json["window"]["from"])
                .expect("its episode");
            let holds = |low: &str, high: &str, at: &str| {
                (seconds(&own[low]) - 1.0..=seconds(&own[high]) + 1.0).contains(&seconds(&at.into()))
            };
            assert!(holds("from_low", "from_high", "2025-12-20T20:13:50Z"), "{day} {host} {own:#}");
            assert!(holds("to_low", "to_high", "2025-12-25T07:48:47Z"), "{day} {host} {own:#}");
        }
    }
}

/// A real bundle of the laboratory, with the lines of some seconds left out.
fn lab(name: &str, gone: impl Fn(&str, f64) -> bool) -> Option<Value> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/bundles")).join(name);
    if !folder.exists() {
        note(format_args!("skipped: there is no {name} beside the project"));
        return None;
    }
    let home = tempfile::tempdir().expect("a folder");
    let mut first: Option<f64> = None;
    for path in logs(&folder.join("bundle")) {
        let mut text = String::new();
        GzDecoder::new(File::open(&path).expect("a log")).read_to_string(&mut text).expect("text");
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let at = |l: &str| 60.0 * minute(l).expect("a time");
        let zero = *first.get_or_insert_with(|| text.lines().next().map_or(0.0, at));
        let kept: Vec<String> = text.lines().filter(|l| !gone(&name, at(l) - zero)).map(str::to_owned).collect();
        fs::write(home.path().join(name.trim_end_matches(".gz")), file(&kept)).expect("written");
    }
    Some(judged(home.path()))
}

#[test]
fn a_file_of_real_servers_cut_in_the_middle_is_told_and_does_not_mislead() {
    let middle = |at: f64| (45.0..70.0).contains(&at);
    for log in ["edge-ams", "lb-haproxy", "origin-nginx"] {
        let Some(json) = lab("lab-nothing", |name, at| name.starts_with(log) && middle(at)) else { return };
        assert_eq!((verdict(&json), told(&json, log)), ("no-incident", vec![("log-lost".to_owned(), 1.0)]), "{log}");
    }
    // Cut off before the failure: what was seen shows nothing, and the tiers further in saw it fail.
    let Some(json) = lab("lab-confined", |name, at| name.starts_with("edge") && at > 38.0) else { return };
    assert_eq!(verdict(&json), "inconclusive", "{:#}", json["scope"]);
}

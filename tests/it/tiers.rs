//! The tiers of one bundle: who made the failures, and clocks that are off.

use crate::planted::judged;
use chrono::NaiveDateTime;
use outscope::synth::{Request, write};
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// A made bundle without its truth and its incident file.
fn made(scenario: &str, seed: u64) -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().expect("a folder");
    let out = home.path().join("case");
    write(&Request { scenario: scenario.into(), out: out.clone(), seed, lines: Some(12_000) }).expect("a bundle");
    for name in ["truth.json", "incident.toml"] {
        fs::remove_file(out.join(name)).expect("removed");
    }
    (home, out)
}

/// The logs of one tier, as text; packed ones are unpacked beside.
fn logs(bundle: &Path, tier: &str) -> Vec<(PathBuf, String)> {
    let files = fs::read_dir(bundle.join(tier)).expect("a folder").map(|e| e.expect("an entry").path());
    files
        .map(|path| {
            let bytes = fs::read(&path).expect("a log");
            let mut text = String::new();
            if path.extension().is_some_and(|e| e == "gz") {
                flate2::read::MultiGzDecoder::new(&*bytes).read_to_string(&mut text).expect("text");
                fs::remove_file(&path).expect("removed");
                (path.with_extension(""), text)
            } else {
                (path, String::from_utf8(bytes).expect("text"))
            }
        })
        .collect()
}

/// Rewrites every line of a tier's logs.
fn rewrite(bundle: &Path, tier: &str, line: impl Fn(&str) -> String) {
    for (path, text) in logs(bundle, tier) {
        fs::write(path, text.lines().map(|l| line(l) + "\n").collect::<String>()).expect("a file");
    }
}

/// A line whose bracketed stamp is `seconds` later.
fn later(line: &str, seconds: i64) -> String {
    const FORM: &str = "%d/%b/%Y:%H:%M:%S";
    let Some(at) = line.find(" [").map(|at| at + 2) else { return line.to_owned() };
    let stamp = NaiveDateTime::parse_from_str(&line[at..at + 20], FORM).expect("a stamp");
    let moved = stamp + chrono::Duration::seconds(seconds);
    format!("{}{}{}", &line[..at], moved.format(FORM), &line[at + 20..])
}

fn clock<'j>(json: &'j Value, tier: &str) -> &'j Value {
    let all = json["tiers"]["clocks"].as_array().expect("clocks");
    all.iter().find(|c| c["tier"] == tier).unwrap_or_else(|| panic!("no clock of {tier} in {all:?}"))
}

/// The share of the target's failures that `maker` made.
fn share(json: &Value, maker: &str) -> f64 {
    let by = json["tiers"]["made"]["by"].as_array().unwrap_or_else(|| panic!("nobody in {:#}", json["tiers"]));
    by.iter().find(|m| m["maker"] == maker).map_or(0.0, |m| m["share"]["value"].as_f64().expect("a share"))
}

#[test]
fn a_clock_that_is_off_in_one_tier_is_found_corrected_and_told() {
    let (_home, right) = made("site-fault", 1);
    let as_it_is = judged(&right);
    assert_eq!(clock(&as_it_is, "origin")["added"], 0.0);
    for off in [90, 3_600] {
        let (_home, bundle) = made("site-fault", 1);
        rewrite(&bundle, "origin", |l| later(l, off));
        let json = judged(&bundle);
        let c = clock(&json, "origin");
        let (low, high) = (c["low"].as_f64().expect("low"), c["high"].as_f64().expect("high"));
        assert!(low <= off as f64 && off as f64 <= high && high - low < 6.0, "{c:#}");
        assert_eq!(c["added"], -off as f64, "{c:#}");
        assert_eq!(clock(&json, "balancer")["added"], 0.0);
        // Corrected, the bundle says what it says with the right clock.
        for key in ["window", "scope", "episodes", "explanations"] {
            assert_eq!(json[key], as_it_is[key], "{key}");
        }
        assert_eq!(json["tiers"]["made"], as_it_is["tiers"]["made"]);
        let source = json["sources"].as_array().expect("sources").iter().find(|s| s["tier"] == "origin").expect("a source");
        assert_eq!(source["clock_offset"], -off as f64);
    }
}

#[test]
fn an_offset_that_the_user_gave_is_not_touched() {
    let (_home, bundle) = made("site-fault", 2);
    rewrite(&bundle, "origin", |l| later(l, 90));
    fs::write(bundle.join("incident.toml"), "[[source]]\nmatch = \"origin/*\"\nclock_offset = -90.0\n").expect("a file");
    let json = judged(&bundle);
    assert_eq!(clock(&json, "origin")["added"], 0.0);
    let source = json["sources"].as_array().expect("sources").iter().find(|s| s["tier"] == "origin").expect("a source");
    assert_eq!(source["clock_offset"], -90.0);
}

#[test]
fn tiers_that_share_no_requests_are_not_aligned_and_a_missing_request_says_nothing() {
    let (_home, bundle) = made("pop-fault", 1);
    for tier in ["origin", "balancer"] {
        rewrite(&bundle, tier, |l| later(&l.replacen(" /", " /internal/v2/", 1), 3_600));
    }
    let json = judged(&bundle);
    assert!(clock(&json, "edge")["ahead"].is_null(), "{:#}", json["tiers"]);
    assert_eq!(clock(&json, "edge")["added"], 0.0);
    for c in json["tiers"]["made"]["found"].as_array().expect("tiers") {
        assert_eq!(c["found"], 0, "{c:#}");
    }
}

#[test]
fn failures_are_told_of_the_tier_that_made_them() {
    // What the simulator's fault does in each scenario: weights of the ways in which requests fail.
    let (_home, bundle) = made("pop-fault", 1);
    let json = judged(&bundle);
    assert!(share(&json, "between-edge-and-next") > 0.97, "{:#}", json["tiers"]["made"]);
    let (_home, bundle) = made("site-fault", 1);
    let json = judged(&bundle);
    assert!((share(&json, "origin") - 0.85).abs() < 0.06, "{:#}", json["tiers"]["made"]);
    assert!((share(&json, "between-balancer-and-origin") - 0.15).abs() < 0.06, "{:#}", json["tiers"]["made"]);
    assert_eq!(share(&json, "unknown"), 0.0);
}

#[test]
fn without_inner_logs_no_inner_tier_is_blamed() {
    let (_home, bundle) = made("site-fault", 1);
    for tier in ["origin", "balancer"] {
        fs::remove_dir_all(bundle.join(tier)).expect("removed");
    }
    let json = judged(&bundle);
    for maker in ["origin", "balancer", "between-balancer-and-origin"] {
        assert_eq!(share(&json, maker), 0.0, "{:#}", json["tiers"]["made"]);
    }
    assert!(share(&json, "behind-edge") + share(&json, "unknown") > 0.9);
}

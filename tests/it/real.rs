//! Logs of real servers, where they lie beside the project: skipped, with a note, where they do not.

use crate::kit::note;
use crate::planted::judged;
use crate::truth::{distance, off, seconds, step};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

fn bundle(name: &str) -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/bundles")).join(name);
    if path.exists() {
        return Some(path);
    }
    note(format_args!("skipped: there is no {name} beside the project"));
    None
}

#[test]
fn one_of_two_virtual_hosts_lost_its_upstream() {
    let Some(path) = bundle("two-vhosts") else { return };
    let json = judged(&path);
    let scope = &json["scope"];
    assert_eq!(scope["verdict"], "confined");
    assert_eq!(scope["cause_set"], json!([{"host": "meatlabel.app"}]));
    assert_eq!(scope["rest"]["healthy"], true);
    let [from, to] = ["2025-12-20T20:13:50Z", "2025-12-25T07:48:47Z"].map(|t| seconds(&t.into()));
    let (onset, end) = distance(&json, from, to);
    // Of days: dated to seconds, because the first and the last failure are.
    assert!(onset < 1.0 && end <= 2.0, "{onset} {end} {}", json["window"]);
    assert_eq!((&scope["target"]["requests"], &scope["target"]["failed"]), (&1_859.into(), &1_859.into()));
    assert_eq!(scope["rest"]["failed"], 0);
    assert_eq!(json["totals"]["rejected"], 0);
    // Shorter outages of the same site lie before it: from the beginning of the logs to the morning of
    // the 18th, around noon of the 18th, and from that afternoon to the next morning.
    let episodes = json["episodes"].as_array().expect("episodes");
    let inside = |at: &str| {
        let t = seconds(&at.into());
        episodes.iter().filter(|e| seconds(&e["from"]) <= t && t < seconds(&e["to"])).count()
    };
    let down = ["2025-12-17T19:00:00Z", "2025-12-18T11:45:00Z", "2025-12-18T23:00:00Z"];
    assert_eq!(down.map(inside), [1, 1, 1], "{episodes:#?}");
    assert_eq!(["2025-12-18T08:00:00Z", "2025-12-18T14:30:00Z", "2025-12-19T12:00:00Z"].map(inside), [0, 0, 0], "{episodes:#?}");
    assert!(episodes.len() >= 4);
}

/// Requests and failures in the true window, of the target and of the rest, as the clients saw them.
fn seen_by_clients(folder: &Path, truth: &Value, in_target: impl Fn(&str, &str) -> bool) -> [(u64, u64); 2] {
    let bound = |key: &str| truth["fault"][key].as_f64().expect("a time");
    let (from, to) = (bound("start"), bound("end"));
    let file = File::open(folder.join("truth.csv.gz")).expect("what the clients saw");
    let mut counts = [(0, 0); 2];
    for line in BufReader::new(GzDecoder::new(file)).lines().skip(1) {
        let line = line.expect("text");
        let fields: Vec<&str> = line.split(',').collect();
        let [t, pop, _, path, status, ..] = fields[..] else { panic!("{line}") };
        let (t, status): (f64, u16) = (t.parse().expect("a time"), status.parse().expect("a status"));
        if (from..to).contains(&t) {
            let count = &mut counts[usize::from(!in_target(pop, path))];
            count.0 += 1;
            count.1 += u64::from(status == 0 || status >= 500);
        }
    }
    counts
}

#[track_caller]
fn lab(name: &str, verdicts: &[&str], cause: impl Fn(&str) -> Value, in_target: impl Fn(&str, &str, &str) -> bool) {
    let Some(folder) = bundle(name) else { return };
    let truth: Value = serde_json::from_slice(&fs::read(folder.join("truth.json")).expect("a truth")).expect("valid JSON");
    let hot = truth["hot"].as_str().expect("a path");
    let json = judged(&folder.join("bundle"));
    let scope = &json["scope"];
    assert!(verdicts.iter().any(|v| scope["verdict"] == **v), "{scope:#}");
    assert_eq!(scope["cause_set"], cause(hot));
    assert_eq!(json["totals"]["rejected"], 0);
    if verdicts == ["no-incident"] {
        return assert!(json["window"].is_null());
    }
    let at = |key: &str| truth["fault"][key].as_f64().expect("a time");
    let (onset, end) = distance(&json, at("start"), at("end"));
    assert!(onset.max(end) <= 2.0 * step(&json), "off by {onset} s and {end} s");
    let counts = seen_by_clients(&folder, &truth, |pop, path| in_target(hot, pop, path));
    for (part, (requests, failed)) in ["target", "rest"].into_iter().zip(counts) {
        assert!(requests > 500);
        assert_eq!(off(&json, part, requests, failed), None, "{part}");
    }
    assert_eq!(scope["rest"]["healthy"], true);
}

#[test]
fn one_resource_of_real_servers_fails() {
    lab("lab-confined", &["confined"], |hot| json!([{ "resource": hot }]), |hot, _, path| path.starts_with(hot));
}

#[test]
fn a_crowd_of_real_requests_overwhelms_one_resource() {
    lab("lab-flash_crowd", &["confined"], |hot| json!([{ "resource": hot }]), |hot, _, path| path.starts_with(hot));
}

#[test]
fn one_pop_of_real_servers_loses_its_backend() {
    lab("lab-pop_fault", &["partial", "confined"], |_| json!([{"pop": "ams"}]), |_, pop, _| pop == "ams");
}

#[test]
fn nothing_happens_to_real_servers() {
    lab("lab-nothing", &["no-incident"], |_| json!([]), |_, _, _| false);
}

//! Whole bundles: same bytes, right shapes, books that balance, folders that are safe.

use super::logs::PATHS;
use super::{Request, Summary, scenarios, write};
use crate::error::Error;
use flate2::read::MultiGzDecoder;
use serde_json::Value;
use std::fs;
use std::io::Read;
use std::path::Path;

fn make(scenario: &str, out: &Path, seed: u64, lines: Option<u64>) -> Summary {
    write(&Request { scenario: scenario.into(), out: out.into(), seed, lines }).expect("a bundle is written")
}

fn text(folder: &Path, name: &str) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(fs::File::open(folder.join(name)).expect("a log")).read_to_string(&mut text).expect("valid gzip");
    text
}

fn truth(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("truth.json")).expect("a truth")).expect("valid JSON")
}

fn number(truth: &Value, pointer: &str) -> u64 {
    truth.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer} in {truth:#}"))
}

/// All edge lines, split into their columns.
fn edge_lines(folder: &Path) -> Vec<Vec<String>> {
    PATHS[..2]
        .iter()
        .flat_map(|p| text(folder, p).lines().skip(2).map(|l| l.split('\t').map(str::to_owned).collect()).collect::<Vec<_>>())
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_seed_does_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    for (name, seed) in [("a", 3), ("b", 3), ("c", 4)] {
        make("spaces-2024-08-12", &at(name), seed, Some(9_000));
    }
    for name in PATHS.iter().chain(&["incident.toml", "README.md", "truth.json"]) {
        let read = |folder: &str| fs::read(at(folder).join(name)).expect("a file");
        assert_eq!(read("a"), read("b"), "{name}");
        assert!(*name == "incident.toml" || read("a") != read("c"), "{name}");
    }
}

#[test]
fn lines_are_the_same_on_every_machine_and_from_version_to_version() {
    let folder = tempfile::tempdir().expect("a folder");
    make("nothing", folder.path(), 1, Some(2_000));
    let sum = |name: &str| text(folder.path(), name).bytes().fold(7_u64, |h, b| h.wrapping_mul(31).wrapping_add(u64::from(b)));
    let sums: Vec<u64> = PATHS.iter().map(|p| sum(p)).collect();
    assert_eq!(sums, PINNED, "lines changed: bundles shipped earlier can no longer be made again");
}

const PINNED: [u64; 4] =
    [11_036_268_882_086_907_038, 721_726_456_542_588_490, 6_642_361_069_054_316_853, 1_004_103_087_526_164_720];

#[test]
fn every_line_of_every_tier_has_the_shape_of_its_format() {
    for (scenario, _) in scenarios() {
        let folder = tempfile::tempdir().expect("a folder");
        make(scenario, folder.path(), 2, Some(6_000));
        for edge in &PATHS[..2] {
            let text = text(folder.path(), edge);
            let names = text.lines().nth(1).and_then(|l| l.strip_prefix("#Fields: ")).expect("a field line");
            assert_eq!(names.split(' ').count(), 33);
            for line in text.lines().skip(2) {
                let fields: Vec<&str> = line.split('\t').collect();
                assert_eq!(fields.len(), 33, "{line}");
                assert!(fields.iter().all(|f| !f.is_empty() && !f.contains(' ')), "{line}");
                assert_eq!(fields[14].len(), 56, "{line}");
            }
        }
        for line in text(folder.path(), PATHS[2]).lines() {
            let (head, request) = line.split_once('"').expect("a quoted request");
            let words: Vec<&str> = head.split_whitespace().collect();
            assert_eq!(words.len(), 18, "{line}");
            assert_eq!(words[9].split('/').count(), 5, "{line}");
            assert_eq!(words[14].len(), 4, "{line}");
            assert_eq!(words[15].split('/').count(), 5, "{line}");
            assert!(request == "<BADREQ>\"" || request.ends_with(" HTTP/1.1\""), "{line}");
        }
        for line in text(folder.path(), PATHS[3]).lines() {
            let quoted: Vec<&str> = line.split('"').collect();
            assert_eq!(quoted.len(), 15, "{line}");
            assert!(quoted[8].starts_with(" rt=") && quoted[13].parse::<f64>().is_ok() | (quoted[13] == "-"), "{line}");
        }
    }
}

#[test]
fn lines_come_in_the_order_in_which_their_tier_writes_them() {
    let folder = tempfile::tempdir().expect("a folder");
    make("site-fault", folder.path(), 5, Some(8_000));
    for (path, from, to) in [(PATHS[0], 0, 19), (PATHS[2], 0, 15), (PATHS[3], 15, 35)] {
        let text = text(folder.path(), path);
        let stamps: Vec<&str> = text
            .lines()
            .filter(|l| !l.starts_with('#'))
            .map(|l| l[l.find('[').filter(|_| from > 0).map_or(0, |b| b + 1)..].get(..to - from).expect("a stamp"))
            .collect();
        assert!(stamps.windows(2).all(|w| w[0] <= w[1]), "{path}");
        assert!(stamps.len() > 100);
    }
}

#[test]
fn the_books_balance_with_the_lines_of_every_tier() {
    for (scenario, _) in scenarios() {
        let folder = tempfile::tempdir().expect("a folder");
        let summary = make(scenario, folder.path(), 11, Some(8_000));
        let truth = truth(folder.path());
        let t = |pointer: &str| number(&truth, pointer);
        let edge = edge_lines(folder.path());
        let count = |want: &dyn Fn(&str, &str) -> bool| edge.iter().filter(|f| want(&f[8], &f[13])).count() as u64;
        assert_eq!(edge.len() as u64 + t("/lines_never_delivered"), summary.requests, "{scenario}");
        assert_eq!(t("/tiers/edge/requests"), summary.requests);
        assert_eq!(
            t("/tiers/edge/hits") + t("/tiers/edge/failed_at_edge_alone") + t("/tiers/balancer/requests"),
            summary.requests
        );
        assert_eq!(t("/tiers/balancer/requests"), t("/tiers/balancer/answered_here") + t("/tiers/origin/requests"), "{scenario}");
        let lines = |path: &str| text(folder.path(), path).lines().count() as u64;
        assert_eq!(lines(PATHS[2]), t("/tiers/balancer/requests") + t("/tiers/balancer/malformed"), "{scenario}");
        assert_eq!(lines(PATHS[3]), t("/tiers/origin/requests") + t("/tiers/origin/malformed"), "{scenario}");
        for (path, said) in &summary.files {
            assert_eq!(lines(path), *said, "{path}");
            assert_eq!(truth["lines"][path].as_u64(), Some(*said));
        }
        if t("/lines_never_delivered") == 0 {
            assert_eq!(count(&|_, result| result == "Hit"), t("/tiers/edge/hits"), "{scenario}");
            // Where the Space's page says so with status 200, its size tells.
            let soft = edge.iter().filter(|f| f[7].starts_with("/i/spaces/") && f[8] == "200" && f[30] == "282").count() as u64;
            let failed = soft + count(&|status, _| status.starts_with('5') || status == "429");
            let booked = ["/target/failed", "/rest/failed", "/outside_window/failed"].iter();
            assert_eq!(failed, booked.map(|p| truth.pointer(p).and_then(Value::as_u64).unwrap_or(0)).sum::<u64>(), "{scenario}");
        }
    }
}

#[test]
fn each_scenario_plants_what_it_says() {
    // Scenario, verdict, bounds of the failed share of the target in the window, most of the rest's.
    for (scenario, verdict, low, high, rest) in [
        ("spaces-2024-08-12", "confined", 0.60, 0.90, 0.006),
        ("attack-on-site", "site-wide", 0.30, 0.70, 0.0),
        ("attack-on-resource", "confined", 0.65, 0.85, 0.01),
        ("site-fault", "site-wide", 0.35, 0.80, 0.0),
        ("pop-fault", "partial", 0.80, 1.00, 0.01),
        ("partial", "partial", 0.70, 1.00, 0.10),
        ("retry-storm", "confined", 0.60, 0.85, 0.01),
        ("flash-crowd-served", "no-incident", 0.0, 0.0, 0.0),
        ("oscillating", "confined", 0.38, 0.60, 0.01),
        ("ramp", "confined", 0.42, 0.68, 0.01),
        ("nothing", "no-incident", 0.0, 0.0, 0.0),
        ("log-gap", "no-incident", 0.0, 0.0, 0.0),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        make(scenario, folder.path(), 1, Some(30_000));
        let truth = truth(folder.path());
        assert_eq!(truth["verdict"], verdict, "{scenario}");
        assert_eq!(truth["synthetic"], true);
        let share = |part: &str| {
            let of = |what: &str| truth.pointer(&format!("/{part}/{what}")).and_then(Value::as_u64).unwrap_or(0) as f64;
            of("failed") / of("requests").max(1.0)
        };
        assert!((low..=high).contains(&share("target")), "{scenario}: {}", share("target"));
        assert!(share("rest") <= rest, "{scenario}: {}", share("rest"));
        assert!(share("outside_window") < 0.005, "{scenario}: {}", share("outside_window"));
        assert_eq!(truth["window"].is_null(), verdict == "no-incident");
        let incident = fs::read_to_string(folder.path().join("incident.toml")).expect("an incident file");
        let incident: toml::Table = incident.parse().expect("valid TOML");
        assert_eq!(incident.get("synthetic").and_then(toml::Value::as_bool), Some(true));
    }
}

#[test]
fn the_missing_lines_are_of_one_pop_and_its_requests_still_arrive() {
    let folder = tempfile::tempdir().expect("a folder");
    make("log-gap", folder.path(), 1, Some(20_000));
    let inside = |stamp: &str| ("14:36:00".."14:48:00").contains(&stamp);
    let count = |path: &str| text(folder.path(), path).lines().skip(2).filter(|l| l.get(11..19).is_some_and(inside)).count();
    assert_eq!(count(PATHS[1]), 0);
    assert!(count(PATHS[0]) > 100);
    let arrived =
        text(folder.path(), PATHS[2]).lines().filter(|l| l.contains(" edge_lhr ") && l.get(7..15).is_some_and(inside)).count();
    assert!(arrived > 100, "{arrived}");
    assert!(number(&truth(folder.path()), "/lines_never_delivered") > 100);
}

#[test]
fn the_crowd_of_the_spaces_case_follows_the_accounts_at_its_scale() {
    let folder = tempfile::tempdir().expect("a folder");
    make("spaces-2024-08-12", folder.path(), 1, None);
    let truth = truth(folder.path());
    let peak = number(&truth, "/audience/peak_listening/value");
    assert!((1_300..=1_500).contains(&peak), "{peak}");
    let packed: u64 = PATHS.iter().map(|p| fs::metadata(folder.path().join(p)).expect("a file").len()).sum();
    assert!((2_000_000..4_200_000).contains(&packed), "{packed}");
    let incident = fs::read_to_string(folder.path().join("incident.toml")).expect("an incident file");
    for part in ["peak_concurrent = 1400000", "views = 73000000", "downtime = 42", "scope = \"site-wide\"", "scale = 1000"] {
        assert!(incident.contains(part), "{part}");
    }
}

#[test]
fn more_lines_are_written_where_more_are_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let total = |lines| make("nothing", folder.path(), 1, Some(lines)).files.iter().map(|f| f.1).sum::<u64>();
    for lines in [10_000, 30_000] {
        let got = total(lines);
        assert!((lines * 8 / 10..=lines * 12 / 10).contains(&got), "{got} for {lines}");
    }
}

#[test]
fn an_unknown_scenario_and_an_impossible_size_are_wrong_usage() {
    let folder = tempfile::tempdir().expect("a folder");
    let request = |scenario: &str, lines| Request { scenario: scenario.into(), out: folder.path().into(), seed: 1, lines };
    for (request, part) in [(request("earthquake", None), "pop-fault"), (request("nothing", Some(1)), "2000")] {
        match write(&request) {
            Err(Error::Usage(message)) => assert!(message.contains(part), "{message}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is written");
}

#[test]
fn only_an_earlier_synthetic_bundle_is_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("kept");
    fs::create_dir(&out).expect("a folder");
    fs::write(out.join("access.log"), "real").expect("a file");
    let request = Request { scenario: "nothing".into(), out: out.clone(), seed: 1, lines: Some(2_000) };
    for truth in [None, Some("{}"), Some("{ \"synthetic\": false }"), Some("no JSON")] {
        if let Some(truth) = truth {
            fs::write(out.join("truth.json"), truth).expect("a file");
        }
        assert!(matches!(write(&request), Err(Error::Usage(m)) if m.contains("not empty")), "{truth:?}");
        assert_eq!(fs::read_to_string(out.join("access.log")).ok().as_deref(), Some("real"));
    }
    let again = folder.path().join("again");
    make("nothing", &again, 1, Some(2_000));
    make("pop-fault", &again, 1, Some(2_000));
    assert_eq!(truth(&again)["scenario"], "pop-fault");
}

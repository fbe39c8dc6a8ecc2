//! Exports that overlap: every request is counted once, and every line is in the ledger.

use crate::kit::{Home, balanced, findings, ledger};
use crate::logs::{OPENING, combined, file, site, site_as};
use crate::pack::gzip;
use outscope::bundle;
use outscope::config::Options;
use outscope::progress::Silent;
use outscope::reconstruct::reconstruct;
use proptest::prelude::*;
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;

/// 1,900 lines, no two of them equal.
static LINES: LazyLock<Vec<String>> = LazyLock::new(|| site_as(combined, 1_900, 1));

fn report(folder: &Path, threads: usize) -> Value {
    let bundle = bundle::open(&[folder.to_owned()]).expect("a bundle");
    let case = reconstruct(&bundle, &Options { threads, ..Options::default() }, &Silent).expect("a case");
    let json = serde_json::from_str(&outscope::render::json::text("report.json", &case).expect("JSON")).expect("valid JSON");
    balanced(&json);
    json
}

fn of(json: &Value, path: &str) -> [u64; 5] {
    ledger(json["sources"].as_array().expect("sources").iter().find(|s| s["path"] == path).expect("the source"))
}

/// The report of these files says of the requests what that of `lines` in one file says, and sets the
/// other lines aside.
#[track_caller]
fn same_as_one(lines: &[String], files: Home) -> Value {
    let whole = report(&Home::with("access.log", file(lines)).bundle(), 1);
    let parts = report(&files.bundle(), 2);
    let [all, events, copies, ..] = ledger(&parts["totals"]);
    assert_eq!((events, copies), (lines.len() as u64, all - lines.len() as u64), "{:#}", parts["sources"]);
    assert_eq!(findings(&whole), findings(&parts));
    assert_eq!(parts["completeness"]["duplicates"], copies);
    parts
}

#[test]
fn a_packed_twin_counts_nothing_twice() {
    let all = site();
    let json = same_as_one(&all, Home::with("access.log", file(&all)).put("old/access.log.gz", gzip(&file(&all))));
    assert_eq!(of(&json, "old/access.log.gz"), [5_200, 0, 5_200, 0, 0]);
    let said = json["completeness"]["copies"].to_string();
    assert!(said.contains("5,200 of its 5,200 requests stand in access.log too"), "{said}");
}

#[test]
fn the_requests_of_overlapping_exports_in_any_order_of_lines_are_counted_once() {
    let all = site();
    let (mut a, b) = (all[..3_000].to_vec(), &all[2_500..]);
    a.reverse();
    same_as_one(&all, Home::with("access.log.1", file(&a)).put("access.log", file(b)));
}

#[test]
fn a_filtered_export_of_a_log_counts_nothing_twice() {
    let all = site();
    let failed: Vec<String> = all.iter().filter(|l| l.contains(" 503 ")).cloned().collect();
    let json = same_as_one(&all, Home::with("access.log", file(&all)).put("access.log.1", file(&failed)));
    assert_eq!(of(&json, "access.log")[2], 0, "the larger file's lines are those that count");
}

#[test]
fn as_many_copies_are_set_aside_as_the_other_file_holds_and_no_more() {
    // A client asked three times in one second; one of the exports holds two of the lines, the other all three.
    let all = site();
    let again = combined(OPENING + 700, 17, "/home", 200);
    let (mut a, mut b) = (all[..3_000].to_vec(), all[1_000..].to_vec());
    a.extend(std::iter::repeat_n(again.clone(), 2));
    b.extend(std::iter::repeat_n(again.clone(), 3));
    let json = report(&Home::with("access.log.1", file(&a)).put("access.log", file(&b)).bundle(), 3);
    assert_eq!(ledger(&json["totals"])[1], 5_203);
    let turned = report(&Home::with("access.log.1", file(&b)).put("access.log", file(&a)).bundle(), 1);
    assert_eq!(ledger(&turned["totals"])[1], 5_203);
}

#[test]
fn lines_repeated_inside_one_file_are_requests() {
    let all: Vec<String> = site().into_iter().flat_map(|l| [l.clone(), l]).collect();
    let json = report(&Home::with("access.log", file(&all)).put("other/notes.txt", "nothing\n").bundle(), 2);
    assert_eq!(ledger(&json["totals"])[1..3], [10_400, 0]);
}

#[test]
fn the_same_health_check_at_two_servers_is_two_requests() {
    let mut home = Home::new();
    for (n, server) in ["web1.log", "web2.log"].iter().enumerate() {
        let own = (0..600).map(|s| combined(OPENING + s, 20 + (s as usize * 7 + n * 3) % 90, &format!("/{n}/{}", s % 9), 200));
        let checks = (0..600).map(|s| combined(OPENING + s, s as usize % 4, "/health", 200));
        home = home.put(server, file(&own.chain(checks).collect::<Vec<_>>()));
    }
    let json = report(&home.bundle(), 2);
    assert_eq!(ledger(&json["totals"])[1..3], [2_400, 0], "{:#}", json["completeness"]);
    // Idle servers log nothing else.
    let checks: Vec<String> = (0..600).map(|s| combined(OPENING + s, s as usize % 4, "/health", 200)).collect();
    let json = report(&Home::with("web1.log", file(&checks)).put("web2.log", file(&checks)).bundle(), 2);
    assert_eq!(ledger(&json["totals"])[1..3], [1_200, 0]);
}

#[test]
fn a_scanner_that_tries_two_sites_of_one_server_at_once_makes_two_requests_each_time() {
    let mut home = Home::new();
    for (n, name) in ["access.log", "ssl_access.log"].iter().enumerate() {
        let own = (0..1_000).map(|s| combined(OPENING + s, 20 + (s as usize * 7 + n * 3) % 90, &format!("/{n}/{}", s % 9), 200));
        let scan = (0..100).map(|s| combined(OPENING + 3 * s, 7, &format!("/wp-{s}.php"), 404));
        home = home.put(name, file(&own.chain(scan).collect::<Vec<_>>()));
    }
    let json = report(&home.bundle(), 2);
    assert_eq!(ledger(&json["totals"])[1..3], [2_200, 0], "{:#}", json["completeness"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_that_overlap_anyhow_say_what_the_whole_says_at_any_number_of_threads(
        mut ends in proptest::collection::vec((0usize..1_900, 30usize..900), 1..5), threads in 1usize..4,
    ) {
        // Together the pieces are the whole log.
        ends.push((0, 1_000));
        ends.push((900, 1_000));
        let mut home = Home::new();
        let mut lines = 0;
        for (k, &(from, long)) in ends.iter().enumerate() {
            let piece = &LINES[from..(from + long).min(LINES.len())];
            lines += piece.len() as u64;
            home = home.put(&format!("access.log.{}", k + 1), file(piece));
        }
        let json = report(&home.bundle(), threads);
        prop_assert_eq!(ledger(&json["totals"]), [lines, 1_900, lines - 1_900, 0, 0]);
        let whole = report(&Home::with("access.log", file(&LINES)).bundle(), 1);
        prop_assert_eq!(findings(&json), findings(&whole));
    }
}

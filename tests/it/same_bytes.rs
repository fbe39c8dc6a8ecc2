//! Same input, same bytes out: on any number of threads, again, and however the files were listed.

use crate::kit::{Home, Report};
use crate::logs::{OPENING, combined, file, haproxy, site, site_as};
use crate::pack::gzip;
use outscope::synth::{Request, write};
use std::path::Path;

#[track_caller]
fn same(a: &Report, b: &Report, what: &str) {
    assert_eq!(a.files.keys().collect::<Vec<_>>(), b.files.keys().collect::<Vec<_>>(), "{what}");
    for (name, bytes) in &a.files {
        assert!(*bytes == b.files[name], "{name} differs {what}");
    }
    assert_eq!(a.summary, b.summary, "{what}");
}

fn synth(home: &Home, scenario: &str) {
    let out = home.bundle();
    write(&Request { scenario: scenario.into(), out, seed: 3, lines: Some(12_000) }).expect("a bundle");
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    for scenario in ["spaces-2024-08-12", "pop-fault", "partial"] {
        let home = Home::new();
        synth(&home, scenario);
        let on = |threads: &str| home.report_of(&home.bundle(), &["--threads", threads]);
        let one = on("1");
        for threads in ["2", "8", "1"] {
            same(&one, &on(threads), &format!("with {threads} threads, {scenario}"));
        }
    }
}

#[test]
fn chunks_taken_by_any_worker_give_the_same_bytes() {
    // Large enough for several chunks of one file, so that workers do share it.
    let lines = site_as(|at, client, path, status| combined(at, client, path, status) + &" ".repeat(200), 2_600, 4);
    let home = Home::with("access.log", file(&lines)).put("more.log", file(&site_as(haproxy, 2_600, 2)));
    let on = |threads: &str| home.report_of(&home.bundle(), &["--threads", threads]);
    let one = on("1");
    assert!(one.number("/totals/events") == 15_600);
    for _ in 0..3 {
        same(&one, &on("8"), "with 8 threads");
    }
}

#[test]
fn more_hosts_than_are_kept_change_no_byte_with_the_number_of_threads() {
    let line = |i: usize| {
        let at = i / 20;
        let (minute, second) = (at / 60, at % 60);
        let status = if i.is_multiple_of(50) { 503 } else { 200 };
        format!(
            "h{i}.example:443 10.0.{}.{} - - [02/Mar/2026:10:{minute:02}:{second:02} +0000] \"GET /p HTTP/1.1\" {status} 1 \"-\" \"x\"{:200}",
            i % 9,
            i % 251,
            ""
        )
    };
    let lines: Vec<String> = (0..25_000).map(line).collect();
    let home = Home::with("other_vhosts_access.log", file(&lines));
    let on = |threads: &str| home.report_of(&home.bundle(), &["--threads", threads]);
    let one = on("1");
    assert!(one.files["report.md"].windows(23).any(|w| w == b"are not told apart here"), "the reader is told");
    for threads in ["2", "8"] {
        same(&one, &on(threads), &format!("with {threads} threads"));
    }
}

/// The site in twelve files, written in the order given.
fn twelve(order: &[usize]) -> Home {
    let lines = site();
    let parts: Vec<&[String]> = lines.chunks(lines.len().div_ceil(12)).collect();
    order.iter().fold(Home::new(), |home, &i| home.put(&format!("d{}/part-{i}.log", i % 3), file(parts[i])))
}

#[test]
fn the_order_of_the_folder_s_list_changes_no_byte() {
    let forward: Vec<usize> = (0..12).collect();
    let backward: Vec<usize> = (0..12).rev().collect();
    let mixed = [7, 0, 11, 3, 9, 1, 5, 10, 2, 8, 4, 6];
    let (a, b, c) = (twelve(&forward).report(), twelve(&backward).report(), twelve(&mixed).report());
    same(&a, &b, "listed backward");
    same(&a, &c, "listed in another order");
}

#[test]
fn the_order_of_the_arguments_changes_no_byte() {
    let home = twelve(&(0..12).collect::<Vec<_>>());
    let [a, b] = ["d0", "d1"].map(|d| home.bundle().join(d));
    let one = home.report_of(&a, &[&b.display().to_string()]);
    let other = home.report_of(&b, &[&a.display().to_string()]);
    same(&one, &other, "with the arguments swapped");
}

fn unpack(from: &Path, to: Home) -> Home {
    let mut home = to;
    for folder in ["edge", "balancer", "origin"] {
        for entry in std::fs::read_dir(from.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let mut text = Vec::new();
            let packed = std::fs::File::open(&path).expect("a file");
            std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(packed), &mut text).expect("gzip");
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            home = home.put(&format!("{folder}/{name}"), text);
        }
    }
    home.put("incident.toml", std::fs::read(from.join("incident.toml")).expect("a file"))
}

#[test]
fn a_packed_and_a_plain_copy_give_the_same_numbers() {
    let made = Home::new();
    synth(&made, "pop-fault");
    let packed = made.report();
    let plain = unpack(&made.bundle(), Home::new()).report();
    assert_eq!(packed.findings(), plain.findings());
    assert_eq!(packed.number("/totals/events"), plain.number("/totals/events"));
    let gz = Home::with("access.log.gz", gzip(&file(&site()))).report();
    assert_eq!(gz.findings(), Home::with("access.log", file(&site())).report().findings());
}

#[test]
fn lines_with_equal_stamps_may_stand_in_any_order_and_file() {
    let mut lines = site();
    lines.extend((0..500).map(|i| combined(OPENING + 1_200, i, "/search", if i % 2 == 0 { 503 } else { 200 })));
    let whole = Home::with("access.log", file(&lines)).report();
    lines.reverse();
    assert_eq!(whole.findings(), Home::with("access.log", file(&lines)).report().findings());
}

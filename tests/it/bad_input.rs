//! Damaged, odd and hostile input: nothing that can be read is lost, and what is lost is told.

use crate::kit::{Home, Report, ledger, outscope};
use crate::logs::{self, OPENING, combined, file, haproxy, site};
use crate::pack::{bzip2, gzip, tar, xz, zip, zstd};
use std::io::Read;
use std::sync::LazyLock;

/// The site's lines as one file.
static SITE: LazyLock<Vec<u8>> = LazyLock::new(|| file(&site()));

/// What the report of the undamaged site says.
static CLEAN: LazyLock<serde_json::Value> = LazyLock::new(|| {
    let report = Home::with("access.log", &*SITE).report();
    assert_eq!(report.json["scope"]["verdict"], "confined");
    assert_eq!(report.json["scope"]["cause_set"], serde_json::json!([{"resource": "/search"}]));
    report.findings()
});

const LINES: u64 = 5_200;

/// The report has the site's whole ledger beside what else it has, and the same findings.
#[track_caller]
fn nothing_lost(report: &Report, events: u64) {
    assert_eq!(report.number("/totals/events"), events);
    assert_eq!(report.findings(), *CLEAN);
}

#[test]
fn an_empty_folder_is_refused_by_its_name() {
    let home = Home::new();
    for command in ["report", "inspect", "events", "show"] {
        outscope![command, home.bundle()].refused(1, &["outscope: ", "`case`", "nothing to read"]);
    }
    let empty = Home::with("access.log", "");
    outscope!["report", empty.bundle(), "--out", empty.path().join("out")].refused(1, &["`case`"]);
    assert!(!empty.path().join("out").exists(), "no report without a request");
}

#[test]
fn a_path_that_does_not_exist_is_named() {
    outscope!["report", "/no/such/bundle"].refused(1, &["/no/such/bundle"]);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_told_and_the_others_count() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let home = Home::with("access.log", &*SITE);
    symlink("nowhere", home.bundle().join("gone.log")).expect("a link");
    let report = home.report();
    nothing_lost(&report, LINES);
    let gone = report.source("gone.log");
    assert_eq!(ledger(gone), [0; 5]);
    assert!(gone["trouble"].as_str().is_some_and(|t| t.contains("cannot be read")), "{gone:#}");

    let alone = Home::new();
    symlink("nowhere", alone.bundle().join("gone.log")).expect("a link");
    outscope!["report", alone.bundle(), "--out", alone.path().join("out")].refused(1, &["`case`", "cannot be read"]);

    let locked = Home::with("access.log", &*SITE).put("locked.log", &*SITE);
    let path = locked.bundle().join("locked.log");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).expect("our own file");
    if std::fs::read(&path).is_ok() {
        return crate::kit::note("skipped: this user may read everything");
    }
    let report = locked.report();
    nothing_lost(&report, LINES);
    assert!(report.source("locked.log")["trouble"].is_string());
}

#[test]
fn a_truncated_gzip_gives_every_line_before_the_cut() {
    let packed = gzip(&SITE);
    let cut = &packed[..packed.len() * 6 / 10];
    let mut kept = Vec::new();
    flate2::read::GzDecoder::new(cut).read_to_end(&mut kept).expect_err("it is cut");
    let whole = kept.iter().filter(|&&b| b == b'\n').count() as u64;
    let half = u64::from(kept.last() != Some(&b'\n'));
    assert!(whole > 2_000);
    let report = Home::with("access.log.gz", cut).put("later.log", file(&site()[5_000..])).report();
    let source = report.source("access.log.gz");
    assert_eq!(ledger(source), [whole + half, whole, 0, 0, half]);
    assert!(source["trouble"].as_str().is_some_and(|t| t.contains("cut short")), "{source:#}");
    assert_eq!(ledger(report.source("later.log")), [200, 200, 0, 0, 0]);
}

#[test]
fn a_binary_file_is_set_apart_with_its_reason() {
    let noise: Vec<u8> = (0..60_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let zeros = [vec![0; 5_000], b"\n".to_vec(), vec![0; 5_000]].concat();
    let report = Home::with("access.log", &*SITE)
        .put("noise.bin", &noise)
        .put("zeros.bin", &zeros)
        .put("a.png", b"\x89PNG\r\n\x1a\n rest")
        .report();
    nothing_lost(&report, LINES);
    for path in ["noise.bin", "zeros.bin", "a.png"] {
        let source = report.source(path);
        assert_eq!((source["format"].is_null(), &source["events"], &source["rejected"]), (true, &0.into(), &0.into()), "{path}");
        assert!(source["why"].as_str().is_some_and(|w| w.len() > 10), "{source:#}");
    }
    let lines = noise.iter().filter(|&&b| b == b'\n').count() as u64 + u64::from(noise.last() != Some(&b'\n'));
    assert_eq!(ledger(report.source("noise.bin")), [lines, 0, 0, lines, 0]);
}

#[test]
fn line_ends_of_every_kind_give_the_same_findings() {
    for end in ["\r\n", "\r"] {
        let report = Home::with("access.log", logs::file_with(&site(), end)).report();
        nothing_lost(&report, LINES);
        assert_eq!(ledger(report.source("access.log")), [LINES, LINES, 0, 0, 0], "{end:?}");
    }
    let mut unended = SITE.clone();
    unended.pop();
    nothing_lost(&Home::with("access.log", unended).report(), LINES);
}

#[test]
fn a_line_of_ten_megabytes_costs_only_itself() {
    let mut lines = site();
    lines.insert(1_234, "x".repeat(10 << 20));
    let report = Home::with("access.log", file(&lines)).report();
    nothing_lost(&report, LINES);
    let source = report.source("access.log");
    assert_eq!(ledger(source), [LINES + 1, LINES, 0, 0, 1]);
    assert_eq!(source["examples"][0]["line"], 1_235);
    assert_eq!(source["rejected_by"], serde_json::json!({"line longer than 1 MiB": 1}));
}

#[test]
fn two_formats_in_one_file_are_both_read() {
    let mut lines = site();
    for (n, line) in lines.iter_mut().enumerate().filter(|(n, _)| n % 3 == 0) {
        *line = haproxy(OPENING + n as i64 / 2, n, "/home", 200);
    }
    let home = Home::with("access.log", file(&lines));
    assert_eq!(ledger(home.report().source("access.log")), [LINES, LINES, 0, 0, 0]);
    let formats = |name| outscope!["events", home.bundle()].good().objects().iter().filter(|o| o["format"] == name).count();
    assert_eq!((formats("combined"), formats("haproxy")), (3_466, 1_734));
}

#[test]
fn dates_far_from_all_others_are_rejected_and_change_nothing() {
    let mut lines = site();
    for (place, at) in [(100, 0), (2_000, 4_070_908_800), (4_000, 86_400), (5_000, 4_070_908_801)] {
        lines.insert(place, combined(at, 1, "/search", 503));
    }
    let report = Home::with("access.log", file(&lines)).report();
    nothing_lost(&report, LINES);
    let source = report.source("access.log");
    assert_eq!(ledger(source), [LINES + 4, LINES, 0, 0, 4]);
    assert_eq!(source["rejected_by"], serde_json::json!({"time stamp far away from the rest of the bundle": 4}));
    assert_eq!(source["first"], "2024-06-03T10:00:00Z");
}

#[test]
fn first_and_last_are_exact_beside_implausible_dates() {
    let mut lines = site();
    lines.insert(2_000, combined(4_070_908_800, 1, "/search", 503));
    let report = Home::with("access.log", file(&lines)).report();
    assert_eq!(report.source("access.log")["last"], "2024-06-03T10:43:19Z");
}

#[test]
fn impossible_dates_are_rejected_one_by_one() {
    let mut lines = site();
    let good = combined(OPENING, 1, "/home", 200);
    for (n, stamp) in ["31/Feb/2024", "00/Jun/2024", "03/Jux/2024"].iter().enumerate() {
        lines.insert(1_000 * (n + 1), good.replace("03/Jun/2024", stamp));
    }
    let report = Home::with("access.log", file(&lines)).report();
    nothing_lost(&report, LINES);
    assert_eq!(ledger(report.source("access.log"))[4], 3);
}

#[test]
fn shuffled_lines_say_the_same() {
    let mut lines = site();
    let mut dice = logs::Dice(11);
    for i in (1..lines.len()).rev() {
        lines.swap(i, dice.below(i + 1));
    }
    let shuffled = Home::with("access.log", file(&lines)).report();
    let sorted = Home::with("access.log", &*SITE).report();
    let without_hash = |report: &Report| {
        let mut json = report.json.clone();
        json["sources"][0]["sha256"].take();
        json
    };
    assert_eq!(without_hash(&shuffled), without_hash(&sorted));
    assert_eq!(shuffled.summary, sorted.summary);
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let home = Home::with("access.log", &*SITE);
    std::fs::write(home.path().join("file"), "a file").expect("a file");
    let out = home.path().join("file/below");
    outscope!["report", home.bundle(), "--out", &out, "--quiet"].refused(1, &["cannot write", &out.display().to_string()]);
    let out = home.path().join("file");
    outscope!["report", home.bundle(), "--out", &out, "--quiet"].refused(1, &["cannot write", &out.display().to_string()]);
    assert_eq!(std::fs::read(&out).expect("still there"), b"a file");
    outscope!["synth", "nothing", "--lines", "2000", "--out", home.path().join("file/below")].refused(1, &["file/below"]);
}

#[test]
fn packed_logs_and_archives_say_the_same_as_plain_ones() {
    let (first, second) = SITE.split_at(SITE.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(2_599).expect("lines").0 + 1);
    let members = [gzip(first), gzip(second)].concat();
    for (name, bytes) in [
        ("access.log.gz", gzip(&SITE)),
        ("access.log.gz", members.clone()),
        ("access.log.gz", gzip(&members)),
        ("access.log.bz2", bzip2(&SITE)),
        ("access.log.bz2", [bzip2(first), bzip2(second)].concat()),
        ("access.log.zst", zstd(&SITE)),
        ("access.log.zst", [zstd(first), zstd(second)].concat()),
        ("access.log.xz", xz(&SITE)),
        ("access.log.xz", [xz(first), xz(second)].concat()),
        // A wrong name is no reason to lose anything.
        ("access.log", gzip(&SITE)),
        ("access.log.gz", SITE.to_vec()),
    ] {
        let report = Home::with(name, &bytes).report();
        nothing_lost(&report, LINES);
        assert_eq!(ledger(report.source(name)), [LINES, LINES, 0, 0, 0], "{name}");
    }
    let inner = zip(&[("b/access.log.2", second)]);
    for (name, bytes) in [
        ("case.tar", tar(&[("a/access.log.1", first), ("b/access.log.2", second)])),
        ("case.tar.gz", gzip(&tar(&[("a/access.log.1", first), ("b/access.log.2", second)]))),
        ("case.tgz", gzip(&tar(&[("a/access.log.1.gz", &gzip(first)), ("b/access.log.2.bz2", &bzip2(second))]))),
        ("case.zip", zip(&[("a/access.log.1", first), ("b/access.log.2", second)])),
        ("case.zip", zip(&[("a/access.log.1.xz", &xz(first)), ("b/access.log.2.zst", &zstd(second))])),
        ("case.tar", tar(&[("a/access.log.1", first), ("inner.zip", &inner)])),
        ("case.zip", zip(&[("a/access.log.1", first), ("inner.tgz", &gzip(&tar(&[("deep.zip", &inner)])))])),
    ] {
        let home = Home::with(name, &bytes);
        for report in [home.report_of(&home.bundle().join(name), &[]), home.report()] {
            nothing_lost(&report, LINES);
            assert_eq!(report.json["sources"].as_array().map(Vec::len), Some(2), "{name}");
            assert_eq!(ledger(&report.json["totals"]), [LINES, LINES, 0, 0, 0], "{name}");
        }
    }
}

#[test]
fn an_archive_that_breaks_off_gives_what_comes_before() {
    // Another day: the same lines would be set aside as copies.
    let other = String::from_utf8_lossy(&SITE).replace("/Jun/2024", "/Jul/2024").into_bytes();
    let whole = tar(&[("a.log", &SITE), ("b.log", &other)]);
    let report = Home::with("case.tar", &whole[..SITE.len() + 5_000]).report();
    assert_eq!(ledger(report.source("case.tar/a.log")), [LINES, LINES, 0, 0, 0]);
    let b = report.source("case.tar/b.log");
    let [lines, events, _, _, rejected] = ledger(b);
    assert!(lines == events + rejected && events > 10 && rejected <= 1, "{b:#}");
    assert!(b["trouble"].is_string(), "{b:#}");
    let zipped = zip(&[("a.log", &SITE)]);
    let report = Home::with("x.zip", &zipped[..zipped.len() - 30]).put("access.log", &*SITE).report();
    nothing_lost(&report, LINES);
    assert!(report.source("x.zip")["trouble"].as_str().is_some_and(|t| t.contains("zip")));
}

#[test]
fn garbage_among_good_lines_costs_only_itself() {
    let mut lines: Vec<Vec<u8>> = site().into_iter().map(String::into_bytes).collect();
    let junk: [&[u8]; 7] = [b"", b"\xff\xfe\x00\x80", b"   ", b"\"\"\"", b"{\"a\": [", b"GET / HTTP/1.1", b"\x1b[31mred\x07"];
    for (n, bytes) in junk.iter().enumerate() {
        lines.insert(700 * (n + 1), bytes.to_vec());
    }
    let report = Home::with("access.log", lines.join(&b'\n')).report();
    nothing_lost(&report, LINES);
    assert_eq!(ledger(report.source("access.log")), [LINES + 7, LINES, 0, 2, 5]);
    for (name, bytes) in report.files.iter().filter(|(name, _)| !name.ends_with(".png")) {
        assert!(!bytes.contains(&0x1b), "an escape character of a log reaches {name}");
    }
}

#[test]
fn a_wrong_rule_in_the_incident_file_is_named_with_its_file() {
    let text = "title = \"x\"\n\n[[resource]]\nmatch = \"(unclosed\"\nname = \"y\"\n";
    let home = Home::with("access.log", &*SITE).put("incident.toml", text);
    for command in ["report", "inspect", "show"] {
        outscope![command, home.bundle()].refused(2, &["incident.toml", "(unclosed"]);
    }
    let other = home.path().join("mine.toml");
    std::fs::write(&other, text).expect("a file");
    outscope!["report", home.bundle(), "--incident", &other].refused(2, &["mine.toml", "(unclosed"]);
}

#[test]
fn stamps_before_1970_and_after_2105_are_refused_line_by_line() {
    let line = |year: u32, s: usize| {
        format!("192.0.2.{} - - [10/Sep/{year}:14:{:02}:{:02} +0000] \"GET / HTTP/1.1\" 200 512\n", s % 200, s / 60, s % 60)
    };
    let log: String = (0..600).map(|s| line([1969, 2024, 2024, 2206][s % 4], s)).collect();
    let report = Home::with("access.log", log).report();
    let totals = &report.json["totals"];
    assert_eq!((&totals["events"], &totals["rejected"]), (&300.into(), &300.into()));
    assert_eq!(report.json["audience"]["requests"], 300);
    let log: String = (0..600).map(|s| line(2206, s)).collect();
    let home = Home::with("access.log", log);
    outscope!["report", home.bundle(), "--out", home.path().join("out")].refused(1, &["no line"]);
}

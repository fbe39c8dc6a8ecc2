//! A small report, byte for byte as it was when somebody last looked at it.
//!
//! `OUTSCOPE_BLESS=1 cargo test --test it golden` writes the files anew: look at the difference
//! before committing it.

use crate::kit::Home;
use crate::logs::{OPENING, combined, file, site_as};
use std::fs;
use std::path::{Path, PathBuf};

const INCIDENT: &str = r#"title = "The search fails"
timezone = "Europe/Berlin"
synthetic = true

[[event]]
at = 2024-06-03T10:20:00Z
says = "a new index is built"

[[claim]]
id = "C1"
says = "Only the search was down."
by = "the operator"
scope = "confined"
resource = "/search"

[[claim]]
id = "C2"
says = "Everything was down."
scope = "site-wide"
"#;

/// 1,300 requests in a log and its rotated part, among them a line that is none, an empty one and one
/// from another time.
fn bundle() -> Home {
    let mut lines = site_as(combined, 2_600, 1);
    lines.truncate(2_000);
    lines.drain(..700);
    lines.insert(40, "this is no log line <script>alert(1)</script>".into());
    lines.insert(90, String::new());
    lines.insert(95, combined(OPENING - 800_000_000, 3, "/home", 200));
    let (first, second) = lines.split_at(600);
    Home::with("access.log.1", file(first)).put("access.log", file(second)).put("incident.toml", INCIDENT)
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(name)
}

/// Where two texts first differ, with the lines around it.
fn difference(want: &str, got: &str) -> String {
    let at = want.lines().zip(got.lines()).take_while(|(a, b)| a == b).count();
    let line = |text: &str| text.lines().nth(at).unwrap_or("(its end)").to_owned();
    format!("line {}:\n  was: {}\n  is:  {}", at + 1, line(want), line(got))
}

#[test]
fn the_report_of_the_golden_bundle_is_what_it_was() {
    let home = bundle();
    let report = home.report_of(&home.bundle(), &["--bin", "2m"]);
    let text = |name: &str| String::from_utf8(report.files[name].clone()).expect("UTF-8");
    let made = [("report.md", text("report.md")), ("report.json", text("report.json")), ("summary.txt", report.summary.clone())];
    let bless = std::env::var_os("OUTSCOPE_BLESS").is_some_and(|v| v == "1");
    let mut changed = Vec::new();
    for (name, got) in &made {
        let path = golden(name);
        if bless {
            fs::create_dir_all(golden("")).expect("a folder");
            fs::write(&path, got).expect("written");
        }
        let want = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}; OUTSCOPE_BLESS=1 writes it", path.display()));
        if want != *got {
            changed.push(format!("{name}, {}", difference(&want, got)));
        }
    }
    assert!(changed.is_empty(), "OUTSCOPE_BLESS=1 accepts this:\n{}", changed.join("\n"));
}

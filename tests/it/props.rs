//! What must hold for any input, tried on many.

use crate::kit::{balanced, findings, ledger};
use crate::logs::{OPENING, combined, file, site_as};
use outscope::bundle;
use outscope::config::Options;
use outscope::progress::Silent;
use outscope::reconstruct::{inspect, reconstruct, survey};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// 1,900 lines: long enough for the failure to be found, short enough to be read often.
static LINES: LazyLock<Vec<String>> = LazyLock::new(|| site_as(combined, 1_900, 1));

fn options(threads: usize) -> Options {
    Options { threads, ..Options::default() }
}

/// The report of some files as JSON.
fn report(paths: &[PathBuf], threads: usize) -> Value {
    let bundle = bundle::open(paths).expect("a bundle");
    let case = reconstruct(&bundle, &options(threads), &Silent).expect("a case");
    let json = serde_json::from_str(&outscope::render::json::text("report.json", &case).expect("JSON")).expect("valid JSON");
    balanced(&json);
    json
}

/// Everything the survey counted that does not depend on the files' names.
fn counted(paths: &[PathBuf], threads: usize) -> String {
    let bundle = bundle::open(paths).expect("a bundle");
    let cube = survey(&bundle, &options(threads), &Silent).expect("a survey").cube;
    let per_bin = cube.sources.iter().flat_map(|s| &s.per_bin).fold(std::collections::BTreeMap::new(), |mut all, (bin, n)| {
        *all.entry(*bin).or_insert(0u64) += n;
        all
    });
    format!("{:?} {:?} {:?} {per_bin:?}", cube.step, cube.series, cube.cells)
}

/// The lines cut at `cuts` into files of a folder. The numbers in their names set their order, and are
/// those of a rotation, because other names would tell instances.
fn cut(home: &Path, lines: &[String], cuts: &[usize], names: &[u32]) {
    let mut bounds: Vec<usize> = cuts.iter().map(|c| c % (lines.len() + 1)).chain([0, lines.len()]).collect();
    bounds.sort_unstable();
    for (k, pair) in bounds.windows(2).enumerate() {
        fs::write(home.join(format!("access.log.{}", 8 * (names[k] % 100) + k as u32 + 1)), file(&lines[pair[0]..pair[1]]))
            .expect("a file");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_log_cut_anywhere_into_files_of_any_order_says_the_same(
        cuts in proptest::collection::vec(any::<usize>(), 0..7),
        names in proptest::collection::vec(any::<u32>(), 8),
        threads in 1usize..5,
    ) {
        static WHOLE: LazyLock<(Value, String)> = LazyLock::new(|| {
            let home = tempfile::tempdir().expect("a folder");
            fs::write(home.path().join("access.log"), file(&LINES)).expect("a file");
            let paths = [home.path().to_owned()];
            (report(&paths, 1), counted(&paths, 1))
        });
        let home = tempfile::tempdir().expect("a folder");
        cut(home.path(), &LINES, &cuts, &names);
        let paths = [home.path().to_owned()];
        let json = report(&paths, threads);
        prop_assert_eq!(ledger(&json["totals"]), ledger(&WHOLE.0["totals"]));
        prop_assert_eq!(&WHOLE.0["scope"]["verdict"], "confined");
        prop_assert_eq!(findings(&json), findings(&WHOLE.0));
        prop_assert_eq!(counted(&paths, threads), WHOLE.1.as_str());
    }
}

/// A line of a kind: what it is and how it counts (event, skipped, rejected).
fn line() -> impl Strategy<Value = (Vec<u8>, usize)> {
    let good = (0..3_000i64, 0..500usize, 200..505u16)
        .prop_map(|(at, client, status)| (combined(OPENING + at, client, "/a", status).into_bytes(), 0));
    let blank = "[ \t]{0,3}".prop_map(|s| (s.into_bytes(), 1));
    // A line feed would make two lines of it, a leading # a directive in some formats.
    let junk = proptest::collection::vec(any::<u8>(), 1..80).prop_map(|mut bytes| {
        bytes.retain(|b| !matches!(b, b'\n' | b'\r'));
        bytes.insert(0, b'~');
        (bytes, 2)
    });
    prop_oneof![4 => good, 1 => blank, 2 => junk]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_line_is_counted_once_as_what_it_is(lines in proptest::collection::vec(line(), 0..300), ended in any::<bool>()) {
        let good: Vec<Vec<u8>> = (0..60).map(|i| combined(OPENING + 50 * i, 1, "/a", 200).into_bytes()).collect();
        let mut want = [0u64; 5];
        for kind in good.iter().map(|_| 0).chain(lines.iter().map(|(_, kind)| *kind)) {
            want[0] += 1;
            want[[1, 3, 4][kind]] += 1;
        }
        let mut text = good.iter().chain(lines.iter().map(|(bytes, _)| bytes)).cloned().collect::<Vec<_>>().join(&b'\n');
        // Without its line feed an empty last line is none.
        if ended || text.ends_with(b"\n") {
            text.push(b'\n');
        }
        let home = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join("access.log"), &text).expect("a file");
        let bundle = bundle::open(&[home.path().to_owned()]).expect("a bundle");
        let found = inspect(&bundle, &options(2), &Silent).expect("it can be looked at");
        let json = json!({"sources": found.sources, "totals": found.totals});
        balanced(&json);
        prop_assert_eq!(ledger(&json["totals"]), want);
    }

    #[test]
    fn any_bytes_at_all_are_counted_and_balance(bytes in proptest::collection::vec(any::<u8>(), 1..3_000)) {
        let home = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join("noise"), &bytes).expect("a file");
        fs::write(home.path().join("access.log"), file(&LINES[..100])).expect("a file");
        let bundle = bundle::open(&[home.path().to_owned()]).expect("a bundle");
        let found = inspect(&bundle, &options(1), &Silent).expect("it can be looked at");
        let json = json!({"sources": found.sources, "totals": found.totals});
        balanced(&json);
        prop_assert_eq!(json["sources"][0]["events"].as_u64(), Some(100));
    }
}

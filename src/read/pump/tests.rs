//! The whole way: files on disk, through readers and workers, to lines.

use super::*;
use crate::bundle;
use crate::bundle::codec::tests::gzip;
use crate::event::{Event, Stamp, Tier};
use crate::format::Parsed;
use crate::ledger::Reject;
use crate::progress::Silent;
use crate::time::Micros;
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

static FACTS: Facts = Facts {
    name: "toy",
    about: "",
    fields: &[],
    stamp: Stamp::Unknown,
    tier: Tier::Unknown,
    blind: "",
    specificity: 0,
    zoneless: false,
    samples: &[],
};

/// Reads any line; `#n` sets the stamp of the lines after it.
#[derive(Debug)]
struct Toy(i64);

impl Dialect for Toy {
    fn line<'a>(&self, _line: &'a [u8]) -> Parsed<'a> {
        Parsed::Event(Event::at(Micros(self.0)))
    }

    fn has_directives(&self) -> bool {
        true
    }

    fn after(&self, line: &[u8]) -> Option<Arc<dyn Dialect>> {
        let stamp = std::str::from_utf8(line.strip_prefix(b"#")?).ok()?.parse().ok()?;
        Some(Arc::new(Toy(stamp)))
    }
}

fn sniff(_: usize, head: &[u8]) -> Sniffed {
    if head.contains(&0) { Sniffed::NotALog("binary".into()) } else { Sniffed::Log { dialect: Arc::new(Toy(0)), facts: &FACTS } }
}

/// Source, line number, stamp by its dialect, text; or a defect.
type Seen = Vec<(usize, u64, Result<(i64, Vec<u8>), Reject>)>;

fn see(seen: &mut Seen, chunk: &Chunk) {
    let mut dialect = Arc::clone(&chunk.dialect);
    for (n, line) in chunk.lines() {
        let Parsed::Event(event) = dialect.line(line) else { continue };
        seen.push((chunk.source, n, Ok((event.stamp.0, line.to_vec()))));
        dialect = dialect.after(line).unwrap_or(dialect);
    }
    seen.extend(chunk.defects.iter().map(|d| (chunk.source, d.line, Err(d.reason))));
}

fn run(bundle: &Bundle, threads: usize, sizes: Sizes) -> (Seen, Vec<Option<Outcome>>) {
    let (states, outcomes) = pump_in(sizes, true, bundle, threads, &|_| true, &sniff, &Vec::new, &see, &Silent);
    assert_eq!(states.len(), threads);
    (states.concat(), outcomes)
}

const SIZES: Sizes = Sizes { chunk: CHUNK_BYTES, line: LINE_MAX, head: CHUNK_BYTES };

fn bundle_of(files: &[(&str, &[u8])]) -> (TempDir, Bundle) {
    let dir = TempDir::new().expect("a folder");
    for (path, bytes) in files {
        fs::write(dir.path().join(path), bytes).expect("written");
    }
    let bundle = bundle::open(&[dir.path().to_owned()]).expect("a bundle");
    (dir, bundle)
}

fn one(bytes: &[u8]) -> (Vec<Vec<u8>>, Outcome) {
    let (_dir, bundle) = bundle_of(&[("x", bytes)]);
    let (seen, outcomes) = run(&bundle, 1, SIZES);
    let lines = seen.into_iter().filter_map(|(_, _, line)| line.ok()).map(|(_, text)| text).collect();
    (lines, outcomes.into_iter().flatten().next().expect("an outcome"))
}

#[test]
fn an_outcome_tells_hash_bytes_lines_and_packing_of_a_source() {
    let (lines, outcome) = one(b"abc");
    let sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".into();
    assert_eq!(lines, [b"abc"]);
    assert_eq!(outcome, Outcome { sha256, bytes: 3, lines: 1, codec: "plain", ..Outcome::default() });
    let packed = [gzip(b"a\nb"), gzip(b"b\n")].concat();
    let (lines, outcome) = one(&packed);
    assert_eq!(lines, [&b"a"[..], b"bb"]);
    assert_eq!((outcome.bytes, outcome.lines, outcome.codec, outcome.trouble), (packed.len() as u64, 2, "gzip", None));
}

#[test]
fn a_truncated_gzip_gives_its_whole_lines_one_defect_and_the_trouble() {
    let text: String = (0..50_000u32).map(|n| format!("line {n} {:x}\n", n.wrapping_mul(2_654_435_761))).collect();
    let packed = gzip(text.as_bytes());
    let (_dir, bundle) = bundle_of(&[("x.gz", &packed[..packed.len() / 2])]);
    let (seen, outcomes) = run(&bundle, 1, SIZES);
    let outcome = outcomes.into_iter().flatten().next().expect("an outcome");
    let (last, whole) = seen.split_last().expect("lines");
    assert_eq!((last.1, &last.2), (outcome.lines, &Err(Reject::CutShort)));
    for ((_, n, line), want) in whole.iter().zip(text.lines()) {
        assert_eq!(line.as_ref().map(|(_, text)| text.as_slice()), Ok(want.as_bytes()), "{n}");
    }
    assert!(whole.len() > 10_000);
    assert!(outcome.trouble.is_some_and(|t| t.starts_with("cut short")));
    assert_eq!(outcome.bytes, packed.len() as u64 / 2);
}

#[test]
fn garbage_after_a_gzip_is_told_and_hashed_and_costs_no_line() {
    let packed = [gzip(b"a\nb\n"), b"garbage".to_vec()].concat();
    let (lines, outcome) = one(&packed);
    assert_eq!(lines, [b"a", b"b"]);
    assert_eq!((outcome.lines, outcome.bytes), (2, packed.len() as u64));
    assert!(outcome.trouble.is_some());
}

#[test]
fn a_binary_file_is_no_log_and_its_lines_are_counted() {
    let (lines, outcome) = one(b"\x00\x01\n\x02\n\xff");
    assert!(lines.is_empty());
    assert_eq!((outcome.not_a_log.as_deref(), outcome.lines, outcome.trouble), (Some("binary"), 3, None));
}

#[test]
fn an_empty_file_is_no_log() {
    let (lines, outcome) = one(b"");
    assert!(lines.is_empty());
    assert_eq!((outcome.not_a_log.as_deref(), outcome.lines), (Some("the file is empty"), 0));
}

#[test]
fn a_file_that_cannot_be_read_any_more_is_trouble_of_its_own_only() {
    let (dir, bundle) = bundle_of(&[("a", b"a\n"), ("b", b"b\n"), ("c", b"c\n"), ("d", b"d\n")]);
    fs::remove_file(dir.path().join("a")).expect("removed");
    fs::remove_file(dir.path().join("b")).expect("removed");
    fs::create_dir(dir.path().join("b")).expect("made");
    let unreadable = deny(&dir.path().join("d"));
    let (seen, outcomes) = run(&bundle, 2, SIZES);
    let trouble = |i: usize| outcomes[i].as_ref().and_then(|o| o.trouble.clone());
    assert!(trouble(0).is_some_and(|t| t.starts_with("cannot be read")));
    assert!(trouble(1).is_some_and(|t| t.starts_with("cannot be read")));
    assert_eq!(trouble(2), None);
    assert_eq!(trouble(3).is_some(), unreadable);
    assert!(seen.contains(&(2, 1, Ok((0, b"c".to_vec())))));
}

/// Takes away the right to read; `false` where that has no effect (for the superuser).
fn deny(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).expect("changed");
    }
    fs::File::open(path).is_err()
}

#[test]
fn an_archive_that_changed_since_it_was_listed_is_trouble() {
    let tar_of = |name: &str| {
        let mut tar = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        tar.append_data(&mut header, name, &b"x\n"[..]).expect("memory");
        tar.into_inner().expect("memory")
    };
    let (dir, bundle) = bundle_of(&[("t.tar", &tar_of("a"))]);
    fs::write(dir.path().join("t.tar"), tar_of("b")).expect("written");
    let (seen, outcomes) = run(&bundle, 1, SIZES);
    assert!(seen.is_empty());
    let trouble = outcomes[0].as_ref().and_then(|o| o.trouble.as_deref());
    assert_eq!(trouble, Some("the file changed while it was being read"));
}

#[test]
fn sources_not_chosen_are_not_read_and_sniffing_happens_once() {
    let (_dir, bundle) = bundle_of(&[("a", b"a\n"), ("b", b"b\n"), ("c", b"c\n")]);
    let asked = Mutex::new(Vec::new());
    let sniff = |i: usize, head: &[u8]| {
        asked.lock().expect("no panic").push((i, head.to_vec()));
        sniff(i, head)
    };
    let (states, outcomes) = pump(&bundle, 3, &|i| i != 1, &sniff, &Vec::new, &see, &Silent);
    let mut asked = asked.into_inner().expect("no panic");
    asked.sort();
    assert_eq!(asked, [(0, b"a\n".to_vec()), (2, b"c\n".to_vec())]);
    assert_eq!(outcomes.iter().map(Option::is_some).collect::<Vec<_>>(), [true, false, true]);
    assert_eq!(states.concat().len(), 2);
}

#[test]
fn one_thread_gives_every_line_in_order() {
    let text: String = (0..3_000).map(|n| format!("{n}\n")).collect();
    let (_dir, bundle) = bundle_of(&[("a", text.as_bytes()), ("b", &gzip(text.as_bytes())), ("c", text.as_bytes())]);
    let (seen, _) = run(&bundle, 1, Sizes { chunk: 100, ..SIZES });
    let places: Vec<(usize, u64)> = seen.iter().map(|s| (s.0, s.1)).collect();
    assert!(places.is_sorted());
    assert_eq!(places.len(), 9_000);
}

#[test]
fn a_panicking_worker_ends_the_run_instead_of_blocking_it() {
    let text = b"line\n".repeat(1_000);
    let (_dir, bundle) = bundle_of(&[("a", &text)]);
    let work = |_: &mut (), _: &Chunk| panic!("as the test wants");
    let sizes = Sizes { chunk: 8, ..SIZES };
    let run = || pump_in(sizes, true, &bundle, 2, &|_| true, &sniff, &|| (), &work, &Silent);
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn threads_and_chunk_sizes_change_nothing_directives_included(
        texts in proptest::collection::vec("([ab#]|#[0-9]|\n){0,60}", 1..4),
        chunk in 1usize..50,
    ) {
        let dir = TempDir::new().expect("a folder");
        for (i, text) in texts.iter().enumerate() {
            let bytes = if i % 2 == 0 { text.clone().into_bytes() } else { gzip(text.as_bytes()) };
            fs::write(dir.path().join(format!("{i}")), bytes).expect("written");
        }
        let bundle = bundle::open(&[dir.path().to_owned()]).expect("a bundle");
        let all = |threads, chunk| {
            let (mut seen, outcomes) = run(&bundle, threads, Sizes { chunk, line: 20, head: 64 });
            seen.sort();
            (seen, outcomes)
        };
        let want = all(1, 1 << 16);
        prop_assert_eq!(&all(1, chunk), &want);
        prop_assert_eq!(&all(2, chunk), &want);
        prop_assert_eq!(&all(8, chunk), &want);
    }
}

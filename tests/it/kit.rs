//! Running the program, and folders to run it on.

use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The run, which must have succeeded.
    #[track_caller]
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.status, 0, "{}", self.err);
        self
    }

    /// The run, which must have failed with `status` and one message that holds each of `parts`.
    #[track_caller]
    pub(crate) fn refused(self, status: i32, parts: &[&str]) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.out, "", "a failed run says nothing on standard output");
        assert!(!self.err.contains("panicked"), "{}", self.err);
        for part in parts {
            assert!(self.err.contains(part), "`{part}` is missing in: {}", self.err);
        }
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e} in {}", self.out))
    }

    /// Standard output as one JSON object a line.
    #[track_caller]
    pub(crate) fn objects(&self) -> Vec<Value> {
        self.out.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e} in {l}"))).collect()
    }
}

/// The built program, with nothing of the caller's environment that could change its output.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outscope"));
    command.env_remove("COLUMNS").env("RUST_BACKTRACE", "0");
    command
}

/// Runs the program in `cwd` with `args`.
pub(crate) fn run_in(cwd: &Path, args: &[OsString]) -> Ran {
    let done = program().current_dir(cwd).args(args).output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    Ran { status: done.status.code().unwrap_or(-1), out: text(&done.stdout), err: text(&done.stderr) }
}

/// Runs the program: `outscope!["report", &path, "--quiet"]`.
macro_rules! outscope {
    ($($arg:expr),* $(,)?) => {
        $crate::kit::run_in(
            std::path::Path::new(env!("CARGO_TARGET_TMPDIR")),
            &[$(std::ffi::OsStr::new(&$arg).to_owned()),*],
        )
    };
}
pub(crate) use outscope;

/// A folder that goes away, with a bundle called `case` in it.
#[derive(Debug)]
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        let home = Home(tempfile::tempdir().expect("a folder"));
        fs::create_dir(home.bundle()).expect("a folder");
        home
    }

    /// A bundle of one file.
    pub(crate) fn with(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        Home::new().put(name, bytes)
    }

    /// One more file in the bundle.
    pub(crate) fn put(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.bundle().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
        self
    }

    /// The folder around the bundle.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn bundle(&self) -> PathBuf {
        self.path().join("case")
    }

    /// The report of the bundle.
    #[track_caller]
    pub(crate) fn report(&self) -> Report {
        self.report_of(&self.bundle(), &[])
    }

    /// The report of `what`, with further options.
    #[track_caller]
    pub(crate) fn report_of(&self, what: &Path, more: &[&str]) -> Report {
        let mut args: Vec<OsString> = vec!["report".into(), what.into(), "--out".into(), "out".into(), "--quiet".into()];
        args.extend(more.iter().map(OsString::from));
        let ran = run_in(self.path(), &args).good();
        let files = files(&self.path().join("out"));
        let json: Value = serde_json::from_slice(&files["report.json"]).expect("valid JSON");
        balanced(&json);
        Report { files, json, summary: ran.out }
    }
}

/// A report folder.
#[derive(Debug)]
pub(crate) struct Report {
    /// Every file with its bytes, by name.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// `report.json`.
    pub(crate) json: Value,
    /// What was said on standard output.
    pub(crate) summary: String,
}

impl Report {
    /// A number of the report.
    #[track_caller]
    pub(crate) fn number(&self, pointer: &str) -> u64 {
        number(&self.json, pointer)
    }

    /// The source shown as `path`.
    #[track_caller]
    pub(crate) fn source(&self, path: &str) -> &Value {
        let sources = self.json["sources"].as_array().expect("sources");
        sources.iter().find(|s| s["path"] == path).unwrap_or_else(|| panic!("no source {path} in {sources:#?}"))
    }

    /// What the lines say, apart from which files they stood in.
    pub(crate) fn findings(&self) -> Value {
        findings(&self.json)
    }
}

/// Every file of a report folder with its bytes, by name.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let list = |sub: &'static str| fs::read_dir(dir.join(sub)).expect("a folder").map(move |e| (sub, e.expect("an entry")));
    let all = ["", "charts/", "tables/"].into_iter().flat_map(list).filter(|(_, e)| e.path().is_file());
    all.map(|(sub, e)| (format!("{sub}{}", e.file_name().to_string_lossy()), fs::read(e.path()).expect("readable"))).collect()
}

/// The parts of `report.json` that depend on the lines alone, not on the files they stood in.
pub(crate) fn findings(json: &Value) -> Value {
    let keys = ["axis", "window", "baseline", "scope", "episodes", "resources", "explanations", "audience"];
    keys.iter().map(|k| ((*k).to_owned(), json[*k].clone())).collect::<serde_json::Map<_, _>>().into()
}

/// A whole number in a JSON value.
#[track_caller]
pub(crate) fn number(json: &Value, pointer: &str) -> u64 {
    json.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number at {pointer}"))
}

/// Lines, events, duplicates, skipped, rejected.
pub(crate) fn ledger(of: &Value) -> [u64; 5] {
    ["lines", "events", "duplicates", "skipped", "rejected"].map(|key| number(of, &format!("/{key}")))
}

/// Every ledger of the report balances, by source, in their reasons and in the totals.
#[track_caller]
pub(crate) fn balanced(json: &Value) {
    let mut sum = [0; 5];
    for source in json["sources"].as_array().expect("sources") {
        let all = ledger(source);
        assert_eq!(all[0], all[1..].iter().sum::<u64>(), "{source:#}");
        let by = |key: &str| source[key].as_object().map_or(0, |o| o.values().filter_map(Value::as_u64).sum::<u64>());
        assert_eq!((all[3], all[4]), (by("skipped_by"), by("rejected_by")), "{source:#}");
        sum.iter_mut().zip(all).for_each(|(s, n)| *s += n);
    }
    assert_eq!(sum, ledger(&json["totals"]), "the totals are the sums");
}

/// Tells something that is no failure; shown with `--nocapture`.
#[expect(clippy::print_stdout, reason = "the test harness captures it")]
pub(crate) fn note(text: impl std::fmt::Display) {
    println!("{text}");
}

//! From a request to a folder: finds the scenario, makes room, runs it, writes what belongs to it.

use super::logs::{Logs, PATHS};
use super::manifest;
use super::run::run;
use super::scenario::{SCENARIOS, Scale, Scenario};
use crate::error::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// Bounds of `--lines`: below, nothing could be said; above, nobody wants it by accident.
const LINES: std::ops::RangeInclusive<u64> = 2_000..=50_000_000;

/// An order for a bundle.
#[derive(Clone, Debug)]
pub struct Request {
    /// Name of the scenario.
    pub scenario: String,
    /// Folder to write: new, empty, or an earlier synthetic bundle.
    pub out: PathBuf,
    /// Seed of all chance.
    pub seed: u64,
    /// About how many lines in all (scales the traffic); the scenario's own number if `None`.
    pub lines: Option<u64>,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The scenario's name.
    pub scenario: &'static str,
    /// Log files inside the folder with their lines, header lines included.
    pub files: Vec<(String, u64)>,
    /// Requests the simulation made.
    pub requests: u64,
    /// Packed bytes of all log files together.
    pub packed: u64,
}

/// The scenarios: name and one-line description.
#[must_use]
pub fn scenarios() -> &'static [(&'static str, &'static str)] {
    const NAMED: [(&str, &str); SCENARIOS.len()] = {
        let mut named = [("", ""); SCENARIOS.len()];
        let mut at = 0;
        while at < SCENARIOS.len() {
            named[at] = (SCENARIOS[at].name, SCENARIOS[at].about);
            at += 1;
        }
        named
    };
    &NAMED
}

/// Writes a synthetic bundle: the same request gives the same bytes on any machine.
///
/// # Errors
/// [`Error::Usage`] for a scenario that does not exist, a number of lines out of range, or a folder
/// that holds anything but an earlier synthetic bundle; [`Error::Write`] where writing fails.
pub fn write(request: &Request) -> Result<Summary> {
    let scenario = find(&request.scenario)?;
    let lines = request.lines.unwrap_or(scenario.lines);
    if !LINES.contains(&lines) {
        return Err(Error::Usage(format!("--lines {lines}: from {} to {} lines are possible", LINES.start(), LINES.end())));
    }
    make_room(&request.out)?;
    // A folder cut short by a crash still says what it is and may be replaced.
    save(&request.out, "truth.json", "{ \"synthetic\": true, \"unfinished\": true }\n")?;
    let plan = (scenario.plan)(Scale(lines as f64 / scenario.lines as f64));
    let logs = Logs::open(&request.out, plan.gap)?;
    let platform = run(plan.clone(), request.seed, logs)?;
    let lost = platform.logs.lost;
    let counts = platform.logs.finish()?;
    let files: Vec<(String, u64)> = PATHS.iter().map(|&p| p.to_owned()).zip(counts).collect();
    save(&request.out, "incident.toml", &manifest::incident(scenario, &plan, request.seed))?;
    save(&request.out, "README.md", &manifest::readme(scenario, &plan, request.seed, lines, &files))?;
    let truth = platform.book.json(scenario.name, request.seed, &files, lost);
    save(&request.out, "truth.json", &format!("{truth:#}\n"))?;
    let size = |name: &str| fs::metadata(request.out.join(name)).map(|m| m.len()).unwrap_or(0);
    let packed = PATHS.iter().map(|p| size(p)).sum();
    Ok(Summary { scenario: scenario.name, files, requests: platform.book.tally.requests, packed })
}

fn find(name: &str) -> Result<&'static Scenario> {
    SCENARIOS.iter().find(|s| s.name == name).ok_or_else(|| {
        let known: Vec<&str> = SCENARIOS.iter().map(|s| s.name).collect();
        Error::Usage(format!("there is no scenario `{name}`; known: {}", known.join(", ")))
    })
}

/// Creates the folder, or empties it of an earlier synthetic bundle: only of the files a bundle
/// has, so that nothing else in it is ever lost.
fn make_room(folder: &Path) -> Result<()> {
    let failed = |source| Error::Write { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    if fs::read_dir(folder).map_err(failed)?.next().is_none() {
        return Ok(());
    }
    let truth = fs::read(folder.join("truth.json")).ok().and_then(|t| serde_json::from_slice::<serde_json::Value>(&t).ok());
    if truth.is_none_or(|t| t.get("synthetic") != Some(&serde_json::Value::Bool(true))) {
        return Err(Error::Usage(format!(
            "{} is not empty and holds no earlier synthetic bundle: choose another --out, or empty it yourself",
            folder.display()
        )));
    }
    for name in PATHS.iter().chain(&["incident.toml", "README.md"]) {
        let path = folder.join(name);
        if path.exists() {
            fs::remove_file(&path).map_err(|source| Error::Write { path, source })?;
        }
    }
    Ok(())
}

fn save(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(|source| Error::Write { path, source })
}

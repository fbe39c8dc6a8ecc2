//! Puts a report folder on disk: each file whole or not at all, nothing that is not ours touched.
//!
//! A file is written beside its place and renamed into it. Files of an earlier report that the new
//! one no longer has are removed, but only names that the earlier `manifest.json` lists and that
//! are such as this program gives. The new manifest comes last, so a run that was cut short leaves the
//! old one, and the next run still knows what is its own.

use super::{Artifact, manifest};
use crate::error::{Error, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Largest earlier manifest that is read, bytes.
const MANIFEST_MAX: u64 = 64 << 20;

/// Writes `artifacts` (the manifest last) into `dir`, which is made where it is missing.
///
/// # Errors
/// A folder cannot be made, or a file cannot be written or removed; the message names the path.
pub fn folder(dir: &Path, artifacts: &[Artifact]) -> Result<()> {
    let earlier = earlier(dir);
    // A comparison has no tables.
    let tables = artifacts.iter().any(|a| a.name.starts_with("tables/"));
    for sub in ["charts", "tables"].into_iter().filter(|s| *s == "charts" || tables) {
        let path = dir.join(sub);
        fs::create_dir_all(&path).map_err(|source| Error::Write { path, source })?;
    }
    let (last, rest): (Vec<&Artifact>, Vec<&Artifact>) = artifacts.iter().partition(|a| a.name == manifest::NAME);
    for artifact in rest {
        replace(&place(dir, &artifact.name), &artifact.bytes)?;
    }
    let kept: BTreeSet<&str> = artifacts.iter().map(|a| a.name.as_str()).collect();
    for name in earlier.iter().filter(|n| is_ours(n) && !kept.contains(n.as_str())) {
        remove(&place(dir, name))?;
    }
    last.into_iter().try_for_each(|a| replace(&place(dir, &a.name), &a.bytes))
}

/// Names the manifest of an earlier report lists; none where there is no such report.
fn earlier(dir: &Path) -> Vec<String> {
    let path = dir.join(manifest::NAME);
    match fs::metadata(&path) {
        Ok(m) if m.is_file() && m.len() <= MANIFEST_MAX => fs::read(&path).map(|b| manifest::listed(&b)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Whether a report of this program may hold a file of this name: a manifest is only text, and one
/// that lists `../../etc/passwd` must have no effect.
fn is_ours(name: &str) -> bool {
    let plain =
        |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) && !s.starts_with('.');
    match name.split_once('/') {
        None => matches!(name, "report.md" | "report.html" | "report.json" | "compare.md" | "compare.html" | "compare.json"),
        Some(("charts", file)) => plain(file) && file.ends_with(".png"),
        Some(("tables", file)) => plain(file) && file.ends_with(".csv"),
        Some(_) => false,
    }
}

fn place(dir: &Path, name: &str) -> PathBuf {
    name.split('/').fold(dir.to_owned(), |path, part| path.join(part))
}

fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, path)).map_err(|e| {
        // The half-written file is of no use; that it may be impossible to remove adds nothing to the message.
        let _ = fs::remove_file(&beside);
        failed(e)
    })
}

fn remove(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(m) if !m.is_dir() => fs::remove_file(path).map_err(|source| Error::Write { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::dot::dot;
    use crate::render::{artifacts, sample};

    fn report(pictures: &[&str]) -> Vec<Artifact> {
        artifacts(&mut sample::case(), pictures.iter().map(|p| dot(p, "a title")).collect()).expect("a report")
    }

    fn files(dir: &Path) -> Vec<String> {
        let mut found: Vec<String> = ["", "charts", "tables"]
            .iter()
            .flat_map(|sub| fs::read_dir(dir.join(sub)).expect("a folder").map(move |e| (sub, e.expect("an entry"))))
            .filter(|(_, e)| e.path().is_file())
            .map(|(sub, e)| format!("{sub}/{}", e.file_name().to_string_lossy()).trim_start_matches('/').to_owned())
            .collect();
        found.sort();
        found
    }

    #[test]
    fn a_second_report_removes_only_what_the_first_one_wrote() {
        let home = tempfile::tempdir().expect("a folder");
        let dir = home.path().join("deep/report");
        folder(&dir, &report(&["a.png", "b.png"])).expect("written");
        fs::write(dir.join("charts/mine.png"), "kept").expect("written");
        fs::write(dir.join("notes.txt"), "kept").expect("written");
        let second = report(&["a.png"]);
        folder(&dir, &second).expect("written");
        let mut want: Vec<String> = second.iter().map(|a| a.name.clone()).collect();
        want.extend(["charts/mine.png".to_owned(), "notes.txt".to_owned()]);
        want.sort();
        assert_eq!(files(&dir), want);
        for a in &second {
            assert_eq!(fs::read(place(&dir, &a.name)).expect("readable"), a.bytes, "{}", a.name);
        }
    }

    #[test]
    fn a_forged_manifest_cannot_make_us_remove_other_files() {
        let home = tempfile::tempdir().expect("a folder");
        let dir = home.path().join("report");
        fs::create_dir_all(dir.join("charts")).expect("made");
        let names = ["../victim.png", "notes.txt", "charts/../../victim.png", "charts/.hidden.png", "/etc/hostname"];
        for path in ["../victim.png", "notes.txt", "charts/.hidden.png"] {
            fs::write(dir.join(path), "kept").expect("written");
        }
        let outputs: Vec<_> = names.iter().map(|n| serde_json::json!({ "name": n })).collect();
        let forged = serde_json::json!({ "program": "outscope 0", "outputs": outputs });
        fs::write(dir.join(manifest::NAME), forged.to_string()).expect("written");
        folder(&dir, &report(&[])).expect("written");
        for path in ["../victim.png", "notes.txt", "charts/.hidden.png"] {
            assert_eq!(fs::read(dir.join(path)).expect("still there"), b"kept", "{path}");
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named_in_the_message() {
        let home = tempfile::tempdir().expect("a folder");
        let dir = home.path().join("file");
        fs::write(&dir, "not a folder").expect("written");
        let message = folder(&dir, &report(&[])).expect_err("an error").to_string();
        assert!(message.starts_with("cannot write ") && message.contains("file"), "{message}");
        let dir = home.path().join("report");
        fs::create_dir_all(dir.join("report.md")).expect("made");
        let message = folder(&dir, &report(&[])).expect_err("an error").to_string();
        assert!(message.contains("report.md"), "{message}");
        assert!(!dir.join("report.md.part").exists(), "no half-written file is left");
    }
}

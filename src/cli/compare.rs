//! `outscope compare`: two reports, or bundles, side by side.

use super::args::{CompareArgs, Input, ReportArgs};
use outscope::bundle;
use outscope::compare::{Side, compare, read};
use outscope::digest::sha256;
use outscope::error::{Error, Result};
use outscope::progress::{Bar, Progress, Silent};
use outscope::reconstruct::reconstruct;
use outscope::render::compare::{artifacts, summary};
use outscope::render::{chart, escape, json, write};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The file that makes a folder a report.
const REPORT: &str = "report.json";
/// Longest part of a folder's name that is made of a report's name, in characters.
const NAME_MAX: usize = 60;

pub(crate) fn run(args: &CompareArgs) -> Result<()> {
    let (a, b) = (side(&args.a, args)?, side(&args.b, args)?);
    let out = match &args.out {
        Some(out) => out.clone(),
        None => PathBuf::from("reports").join(format!("{}-vs-{}", plain(&a.name), plain(&b.name))),
    };
    if out.join(REPORT).exists() {
        return Err(Error::Usage(format!("{} holds a report: choose another --out for the comparison", out.display())));
    }
    let mut comparison = compare(&a, &b);
    let pictures = chart::compare::all(&comparison)?;
    let files = artifacts(&mut comparison, pictures)?;
    write::folder(&out, &files)?;
    let text = summary::text(&comparison, &out.display().to_string());
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// A report folder (it holds `report.json`), such a file itself, or a bundle, of which the report is made.
fn side(path: &Path, args: &CompareArgs) -> Result<Side> {
    if path.is_dir() && path.join(REPORT).is_file() {
        return from_report(&path.join(REPORT), path);
    }
    if path.is_file() && path.file_name().is_some_and(|n| n == REPORT) {
        return from_report(path, path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")));
    }
    from_bundle(path, args)
}

fn from_report(file: &Path, folder: &Path) -> Result<Side> {
    let shown = escape::visible(&file.display().to_string());
    let cannot = |e| Error::read(&shown, e);
    let mut bytes = Vec::new();
    File::open(file).map_err(cannot)?.take(read::REPORT_MAX + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() as u64 > read::REPORT_MAX {
        return Err(Error::NothingUsable(format!("{shown}: is larger than {} MiB, which no report is", read::REPORT_MAX >> 20)));
    }
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = whole.file_name().map_or_else(|| "report".to_owned(), |n| n.to_string_lossy().into_owned());
    let report = read::report(&shown, &bytes)?;
    Ok(Side { name, sha256: sha256(&bytes), size: bytes.len() as u64, made: false, report })
}

fn from_bundle(path: &Path, args: &CompareArgs) -> Result<Side> {
    let bundle = bundle::open(std::slice::from_ref(&path.to_owned()))?;
    let input = Input { bundle: vec![path.to_owned()], incident: None, format: None, threads: args.threads, quiet: args.quiet };
    let options = ReportArgs::of(input).options(&bundle)?;
    let progress: Box<dyn Progress> = if args.quiet { Box::new(Silent) } else { Bar::or_silence() };
    let case = reconstruct(&bundle, &options, &*progress)?;
    // The file is the interface: what was made here goes the same way as what lies in a folder.
    let text = json::text(REPORT, &case)?;
    let report = read::report(&format!("the report of {}", escape::visible(&path.display().to_string())), text.as_bytes())?;
    Ok(Side { name: bundle.name.clone(), sha256: sha256(text.as_bytes()), size: text.len() as u64, made: true, report })
}

/// A name as part of a folder's name: nothing in it that a shell or a file system could take amiss.
fn plain(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let plain: String = name.chars().map(safe).take(NAME_MAX).collect();
    let plain = plain.trim_matches(['.', '-']);
    if plain.is_empty() { "report".into() } else { plain.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_report_cannot_leave_its_place() {
        for (name, want) in [
            ("spaces-2024-08-12", "spaces-2024-08-12"),
            ("../../etc", "etc"),
            ("..", "report"),
            ("a b\u{202e}\n", "a-b"),
            ("", "report"),
        ] {
            assert_eq!(plain(name), want, "{name:?}");
        }
    }
}

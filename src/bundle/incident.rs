//! Finds `incident.toml`: what the user says of the incident, laid beside the logs.

use super::{Aside, Gathered};
use std::io::Read;

const NAME: &str = "incident.toml";
/// Longer ones are no incident files: 1 MiB.
const SIZE_MAX: u64 = 1 << 20;

/// `incident.toml` of the bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentFile {
    /// Shown path.
    pub path: String,
    /// Its text; bytes that are no UTF-8 are replaced.
    pub text: String,
}

/// A source that may be the incident file.
pub(crate) struct Candidate {
    source: usize,
    path: String,
    text: String,
    /// Prefix of the members of its archive, if the archive was handed over itself.
    archive: Option<String>,
}

impl Candidate {
    /// Reads the source's text if its name and size fit.
    pub(crate) fn read(source: usize, path: &str, size: u64, archive: Option<&str>, text: &mut dyn Read) -> Option<Self> {
        if path.rsplit('/').next() != Some(NAME) || size > SIZE_MAX {
            return None;
        }
        let mut bytes = Vec::new();
        text.take(SIZE_MAX).read_to_end(&mut bytes).ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Some(Candidate { source, path: path.to_owned(), text, archive: archive.map(str::to_owned) })
    }

    /// Whether it lies at a root: of the bundle, of one of several folders or archives handed over
    /// (`labels`), or in the single top folder of an archive handed over.
    fn is_at_root(&self, gathered: &Gathered, labels: &[String]) -> bool {
        let Some(folder) = self.path.strip_suffix(NAME) else { return false };
        let Some(prefix) = &self.archive else {
            let label = folder.trim_end_matches('/');
            return label.is_empty() || (labels.len() > 1 && labels.iter().any(|l| l == label || *l == self.path));
        };
        let Some(top) = folder.strip_prefix(prefix.as_str()) else { return false };
        let members = || gathered.sources.iter().filter(|s| s.path.starts_with(prefix.as_str()));
        top.is_empty() || (top.matches('/').count() == 1 && members().all(|s| s.path.starts_with(folder)))
    }
}

/// Takes the incident file out of the sources. Where several roots have one, the first by path is
/// taken and the others are set aside with the reason.
pub(crate) fn take(gathered: &mut Gathered, labels: &[String]) -> Option<IncidentFile> {
    let candidates = std::mem::take(&mut gathered.candidates);
    let mut at_root: Vec<Candidate> = candidates.into_iter().filter(|c| c.is_at_root(gathered, labels)).collect();
    at_root.sort_by(|a, b| a.path.cmp(&b.path));
    let taken: Vec<usize> = at_root.iter().map(|c| c.source).collect();
    for other in at_root.iter().skip(1) {
        let why = "a second incident.toml; choose one with --incident".into();
        gathered.asides.push(Aside { path: other.path.clone(), size: other.text.len() as u64, why });
    }
    let mut i = 0;
    gathered.sources.retain(|_| {
        i += 1;
        !taken.contains(&(i - 1))
    });
    at_root.into_iter().next().map(|c| IncidentFile { path: c.path, text: c.text })
}

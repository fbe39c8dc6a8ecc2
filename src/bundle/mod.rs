//! What the user hands over: a folder, an archive, a file, or several, as one sorted list of sources.
//!
//! Nothing is decided here about formats: every ordinary file becomes a source, so that nothing is
//! dropped silently. Only `incident.toml` at the root, hidden files and things that are no files
//! (links to folders, pipes) are set apart. Archives in folders and in archives are opened down to
//! [`limits::DEPTH_MAX`]; they are streamed, never extracted.

pub(crate) mod archive;
pub(crate) mod codec;
mod folder;
mod incident;
pub mod limits;
pub mod names;
pub mod rotation;
#[cfg(feature = "parquet")]
pub(crate) mod parquet;
pub(crate) mod raw;
mod server_config;
mod shown;

use crate::error::{Error, Result};
use archive::{Found, Next, Walk};
use folder::{Listed, Listing};
use incident::Candidate;
pub use incident::IncidentFile;
use server_config::CONFIGS_MAX;
pub use server_config::ServerConfig;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Everything handed over.
#[derive(Debug)]
pub struct Bundle {
    /// Last part of its path without archive extensions; for several paths the first with their number.
    pub name: String,
    /// The paths handed over, absolute and sorted, each once: to read from, not to show.
    pub roots: Vec<PathBuf>,
    /// The log files, sorted by the bytes of their shown path. Order of arguments and of folders
    /// plays no part.
    pub sources: Vec<Source>,
    /// `incident.toml` of the bundle's root.
    pub incident: Option<IncidentFile>,
    /// Configurations of servers among the sources, sorted by path.
    pub configs: Vec<ServerConfig>,
    /// What is no source, and why, sorted by path.
    pub asides: Vec<Aside>,
    pub(crate) files: Vec<RootFile>,
}

/// One log file, on disk or in an archive.
#[derive(Debug)]
pub struct Source {
    /// Shown path inside the bundle: `/` between parts, valid text without control characters, never
    /// absolute, unique in the bundle. Not a path to open.
    pub path: String,
    /// Bytes as it lies in the bundle (packed); for a member of an archive, bytes of the member.
    pub size: u64,
    pub(crate) place: Place,
}

/// Something in the bundle that is no source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Aside {
    /// Shown path.
    pub path: String,
    /// Bytes; 0 for what is no file.
    pub size: u64,
    /// Why, in words.
    pub why: String,
}

/// Where the bytes of a source are.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// The `at`-th leaf of file `file`, shown as `path` (its name when it was listed).
    Leaf { file: usize, at: usize, path: String },
    /// Nowhere: it could not be opened when the bundle was listed.
    Broken(String),
}

/// A file on disk, plain, packed or an archive.
#[derive(Debug)]
pub(crate) struct RootFile {
    pub(crate) path: PathBuf,
    pub(crate) shown: String,
    /// What stands before the names of members, if it is an archive.
    pub(crate) prefix: String,
    pub(crate) size: u64,
}

/// Something that should be a source and cannot be read.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) path: String,
    pub(crate) size: u64,
    pub(crate) why: String,
}

impl Bundle {
    /// Packed bytes on disk of the files that hold the sources chosen by `select`: what
    /// [`crate::progress::Progress::bytes`] will add up to when they are read.
    #[must_use]
    pub fn packed_bytes(&self, select: impl Fn(usize) -> bool) -> u64 {
        let mut files: Vec<usize> = (0..self.sources.len()).filter(|&i| select(i)).filter_map(|i| self.file_of(i)).collect();
        files.sort_unstable();
        files.dedup();
        files.iter().filter_map(|&f| self.files.get(f)).map(|f| f.size).sum()
    }

    fn file_of(&self, source: usize) -> Option<usize> {
        match self.sources.get(source)?.place {
            Place::Leaf { file, .. } => Some(file),
            Place::Broken(_) => None,
        }
    }
}

/// Opens what the user handed over and lists its sources.
///
/// A file that cannot be read becomes a source whose reading reports the trouble. Of two ways to the
/// same file (given twice, or a link beside its target) only one counts.
///
/// # Errors
/// [`Error::Read`] where a path does not exist; [`Error::NothingUsable`] where no file was found;
/// [`Error::Usage`] without any path.
pub fn open(paths: &[PathBuf]) -> Result<Bundle> {
    let roots = roots(paths)?;
    let labels = labels(&roots);
    let mut listing = Listing::default();
    for (root, label) in roots.iter().zip(&labels) {
        if root.is_dir() {
            let prefix = if roots.len() == 1 { String::new() } else { format!("{label}/") };
            listing.add_folder(root, &prefix);
        } else {
            listing.files.push(Listed { path: root.clone(), shown: label.clone(), is_link: false });
        }
    }
    let sole_file = roots.len() == 1 && !roots[0].is_dir();
    let mut gathered = Gathered { asides: listing.asides, broken: listing.broken, ..Gathered::default() };
    for file in without_copies(listing.files, &mut gathered.asides) {
        let is_root = roots.contains(&file.path);
        gathered.add_file(file, sole_file, is_root);
    }
    let incident = incident::take(&mut gathered, &labels);
    let bundle = gathered.into_bundle(name(&roots), roots, incident);
    if bundle.sources.is_empty() {
        return Err(Error::NothingUsable(nothing(&bundle)));
    }
    Ok(bundle)
}

fn nothing(bundle: &Bundle) -> String {
    let but = match (&bundle.incident, bundle.asides.len()) {
        (Some(_), _) => "no log file beside its incident.toml".into(),
        (None, 0) => "no files".into(),
        (None, n) => format!("no log files, only {n} hidden or special ones"),
    };
    format!("`{}` holds {but}: nothing to read", bundle.name)
}

/// The paths made absolute, sorted, each once.
fn roots(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    if paths.is_empty() {
        return Err(Error::Usage("name a folder, an archive or log files to read".into()));
    }
    let absolute = |p: &PathBuf| p.canonicalize().map_err(|e| Error::read(p.display(), e));
    let mut roots: Vec<PathBuf> = paths.iter().map(absolute).collect::<Result<_>>()?;
    if let Some(odd) = roots.iter().find(|r| !r.is_dir() && !r.is_file()) {
        // A pipe cannot be read twice, and opening one may wait for ever.
        let why = std::io::Error::new(std::io::ErrorKind::InvalidInput, "neither a file nor a folder");
        return Err(Error::read(odd.display(), why));
    }
    roots.sort();
    roots.dedup();
    Ok(roots)
}

/// A shown name for each root: as many last parts of its path as tell it from the others.
fn labels(roots: &[PathBuf]) -> Vec<String> {
    let tail = |root: &Path, n: usize| {
        let parts: Vec<_> = root.iter().map(|p| p.to_string_lossy()).filter(|p| p != "/").collect();
        shown::clean(&parts[parts.len().saturating_sub(n)..].join("/"))
    };
    let distinct = |root: &PathBuf| {
        let deepest = root.iter().count();
        let alone = |n: &usize| roots.iter().filter(|r| tail(r, *n) == tail(root, *n)).count() == 1;
        tail(root, (1..deepest).find(alone).unwrap_or(deepest))
    };
    roots.iter().map(distinct).collect()
}

fn name(roots: &[PathBuf]) -> String {
    let Some(first) = roots.first() else { return "bundle".into() };
    let last = first.file_name().map_or_else(|| "bundle".into(), |n| shown::clean(&n.to_string_lossy()));
    let stem = if first.is_dir() { last.as_str() } else { names::without_packing(&last) };
    match roots.len() {
        1 => stem.to_owned(),
        n => format!("{stem}-and-{}-more", n - 1),
    }
}

/// Sorted by path; a link whose target is in the bundle too is set aside, so that no line counts twice.
fn without_copies(mut files: Vec<Listed>, asides: &mut Vec<Aside>) -> Vec<Listed> {
    files.sort_by(|a, b| (a.is_link, &a.path).cmp(&(b.is_link, &b.path)));
    let mut seen: BTreeMap<PathBuf, String> = BTreeMap::new();
    let mut kept = Vec::new();
    for file in files {
        let target =
            if file.is_link { file.path.canonicalize().unwrap_or_else(|_| file.path.clone()) } else { file.path.clone() };
        match seen.get(&target) {
            Some(other) if file.is_link => {
                asides.push(Aside { path: file.shown, size: 0, why: format!("link to {other}, which is read") });
            }
            Some(_) => {} // A file given by itself and in its folder: one and the same path.
            None => {
                seen.insert(target, file.shown.clone());
                kept.push(file);
            }
        }
    }
    kept.sort_by(|a, b| a.path.cmp(&b.path));
    kept
}

/// A bundle in the making.
#[derive(Default)]
pub(crate) struct Gathered {
    sources: Vec<Source>,
    files: Vec<RootFile>,
    asides: Vec<Aside>,
    broken: Vec<Broken>,
    candidates: Vec<Candidate>,
    configs: Vec<ServerConfig>,
}

impl Gathered {
    /// Lists the leaves of one file on disk. `sole`: it is all there is, so its members need no prefix.
    fn add_file(&mut self, listed: Listed, sole: bool, is_root: bool) {
        let file = self.files.len();
        let size = listed.path.metadata().map_or(0, |m| m.len());
        let prefix = if sole { String::new() } else { format!("{}/", listed.shown) };
        let walk = Walk { path: &listed.path, shown: &listed.shown, prefix: &prefix, hash: false, meter: &|_| {} };
        let outcome = walk.run(&mut |found| {
            match found {
                Found::Leaf { at, path, size, text } => {
                    let place = Place::Leaf { file, at, path: path.to_owned() };
                    let archive = (is_root && path != listed.shown).then_some(prefix.as_str());
                    self.candidates.extend(Candidate::read(self.sources.len(), path, size, archive, &mut text.text));
                    self.configs.extend(ServerConfig::read(path, size, &mut text.text));
                    self.sources.push(Source { path: path.to_owned(), size, place });
                }
                Found::Aside { path, size, why } => self.asides.push(Aside { path, size, why: why.into() }),
                Found::Broken { path, size, why } => self.broken.push(Broken { path, size, why }),
                Found::Sealed(_) => {}
            }
            Next::Go
        });
        if let Err(e) = outcome {
            self.broken.push(Broken { path: listed.shown.clone(), size, why: format!("cannot be read: {e}") });
        }
        self.files.push(RootFile { path: listed.path, shown: listed.shown, prefix, size });
    }

    fn into_bundle(self, name: String, roots: Vec<PathBuf>, incident: Option<IncidentFile>) -> Bundle {
        let Gathered { mut sources, files, mut asides, broken, mut configs, .. } = self;
        configs.sort_by(|a, b| a.path.cmp(&b.path));
        configs.truncate(CONFIGS_MAX);
        let unread = |b: Broken| Source { path: b.path, size: b.size, place: Place::Broken(b.why) };
        sources.extend(broken.into_iter().map(unread));
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        asides.sort();
        number_copies(&mut sources);
        Bundle { name, roots, sources, incident, configs, asides, files }
    }
}

/// Members may share a name (a tar appended to); a shown path must lead back to one source.
fn number_copies(sources: &mut [Source]) {
    let mut run = 1;
    for i in 1..sources.len() {
        let first = i - run;
        if sources[i].path == sources[first].path {
            run += 1;
            sources[i].path = format!("{}#{run}", sources[i].path);
        } else {
            run = 1;
        }
    }
}

#[cfg(test)]
mod tests;

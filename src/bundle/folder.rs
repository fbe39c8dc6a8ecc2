//! Lists the files of a folder. Symbolic links to folders are not followed, so there are no loops.

use super::shown;
use super::{Aside, Broken};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A file on disk that belongs to the bundle.
#[derive(Debug)]
pub(crate) struct Listed {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Shown path.
    pub(crate) shown: String,
    /// Whether a symbolic link leads to it.
    pub(crate) is_link: bool,
}

/// What a folder holds.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) files: Vec<Listed>,
    pub(crate) asides: Vec<Aside>,
    pub(crate) broken: Vec<Broken>,
}

impl Listing {
    /// Adds everything below `folder`; shown paths begin with `prefix`.
    pub(crate) fn add_folder(&mut self, folder: &Path, prefix: &str) {
        let mut open = vec![(folder.to_owned(), prefix.to_owned())];
        while let Some((folder, prefix)) = open.pop() {
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(e) => {
                    self.fail(prefix.trim_end_matches('/'), &e);
                    continue;
                }
            };
            for entry in entries {
                match entry {
                    Ok(entry) => self.add_entry(&entry, &prefix, &mut open),
                    Err(e) => self.fail(prefix.trim_end_matches('/'), &e),
                }
            }
        }
    }

    fn add_entry(&mut self, entry: &fs::DirEntry, prefix: &str, open: &mut Vec<(PathBuf, String)>) {
        let (path, name) = (entry.path(), entry.file_name());
        let shown = shown::join(prefix, name.as_encoded_bytes());
        let is_link = entry.file_type().is_ok_and(|t| t.is_symlink());
        // Follows a link: what it leads to decides.
        let meta = match fs::metadata(&path) {
            Ok(meta) => meta,
            Err(e) => return self.fail(&shown, &e),
        };
        let size = if meta.is_file() { meta.len() } else { 0 };
        let why = match () {
            () if name.as_encoded_bytes().starts_with(b".") => "hidden file",
            () if meta.is_dir() && is_link => "link to a folder",
            () if meta.is_dir() => return open.push((path, format!("{shown}/"))),
            () if meta.is_file() => return self.files.push(Listed { path, shown, is_link }),
            () => "no ordinary file",
        };
        self.asides.push(Aside { path: shown, size, why: why.into() });
    }

    fn fail(&mut self, shown: &str, e: &io::Error) {
        let path = if shown.is_empty() { "(the folder itself)" } else { shown };
        self.broken.push(Broken { path: path.into(), size: 0, why: format!("cannot be read: {e}") });
    }
}

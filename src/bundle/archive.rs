//! Walks through one file handed over: a plain or packed log is one leaf, an archive many.
//!
//! Listing and reading use this same walk, so the n-th leaf is the same both times. Nothing is ever
//! written to disk and no member's name is ever used as a path.

use super::codec::{HEAD, Unpacked, unpack};
use super::limits::{Budget, DEPTH_MAX, Guard, MEMBERS_MAX};
use super::raw::{Exact, Seal, Tally};
use super::shown;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

/// Most bytes of a zip archive that lies inside another archive or is packed: it is held in memory,
/// because the list of its members stands at its end. 256 MiB.
const ZIP_IN_MEMORY_MAX: u64 = 256 << 20;
/// Most bytes between two members of a tar archive (long names, extended headers): 1 MiB.
const TAR_HEADERS_MAX: u64 = 1 << 20;

/// What a walk meets.
pub(crate) enum Found<'f, 'r> {
    /// A file that is no archive: the `at`-th leaf of this walk.
    Leaf {
        /// Its number, from 0.
        at: usize,
        /// Shown path.
        path: &'f str,
        /// Bytes as it lies there.
        size: u64,
        /// Its bytes, unpacked.
        text: &'f mut Unpacked<'r>,
    },
    /// Follows a leaf that was answered with [`Next::Seal`].
    Sealed(Seal),
    /// Something that is no log file by its kind or name.
    Aside {
        /// Shown path.
        path: String,
        /// Bytes as it lies there.
        size: u64,
        /// Why.
        why: &'static str,
    },
    /// Something that should be readable and is not.
    Broken {
        /// Shown path.
        path: String,
        /// Bytes as it lies there.
        size: u64,
        /// Why.
        why: String,
    },
}

/// How a walk goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// To the next one.
    Go,
    /// After a leaf: hash its remaining bytes, tell [`Found::Sealed`], go on.
    Seal,
    /// No further.
    Stop,
}

/// What a walk needs to know.
pub(crate) struct Walk<'w> {
    /// Where the file lies.
    pub(crate) path: &'w Path,
    /// Its shown path.
    pub(crate) shown: &'w str,
    /// What stands before the names of its members, if it is an archive.
    pub(crate) prefix: &'w str,
    /// Whether raw bytes are hashed.
    pub(crate) hash: bool,
    /// Told how many bytes were read from the file.
    pub(crate) meter: &'w dyn Fn(u64),
}

impl Walk<'_> {
    /// Visits every leaf in the order in which it lies in the file.
    ///
    /// # Errors
    /// The file cannot be opened. Everything later is told to `visit`.
    pub(crate) fn run(&self, visit: &mut dyn FnMut(Found<'_, '_>) -> Next) -> io::Result<()> {
        let mut file = File::open(self.path)?;
        let size = file.metadata()?.len();
        let mut head = Vec::new();
        // A folder in place of the file opens well and fails here.
        (&mut file).take(HEAD as u64).read_to_end(&mut head)?;
        file.seek(SeekFrom::Start(0))?;
        let file = Metered { file, meter: self.meter };
        let mut walker = Walker { hash: self.hash, leaves: 0, members: 0, stopped: false, budget: Budget::for_file(size), visit };
        let place = Place { path: self.shown, prefix: self.prefix, size, depth: 0, on_disk: Some(self.path) };
        match Kind::of(&head) {
            Some(Kind::Zip) => walker.zip(place, file),
            _ => walker.stream(place, Box::new(file)),
        }
        Ok(())
    }
}

struct Metered<'m> {
    file: File,
    meter: &'m dyn Fn(u64),
}

impl Read for Metered<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(buf)?;
        (self.meter)(n as u64);
        Ok(n)
    }
}

impl Seek for Metered<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tar,
    Zip,
}

impl Kind {
    /// Recognises an archive: zip by its magic bytes, tar by the check sum of its first header (POSIX
    /// ustar, `chksum`), which also old tars without magic bytes carry.
    fn of(head: &[u8]) -> Option<Self> {
        match head {
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Kind::Zip),
            _ => is_tar_header(head).then_some(Kind::Tar),
        }
    }
}

fn is_tar_header(head: &[u8]) -> bool {
    let (Some(block), Some(field)) = (head.get(..512), head.get(148..156)) else { return false };
    let digits: Vec<u8> = field.iter().copied().skip_while(|&b| b == b' ').take_while(u8::is_ascii_digit).collect();
    let told = std::str::from_utf8(&digits).ok().and_then(|d| u64::from_str_radix(d, 8).ok());
    let outside: u64 = block.iter().map(|&b| u64::from(b)).sum::<u64>() - field.iter().map(|&b| u64::from(b)).sum::<u64>();
    block.first() != Some(&0) && told == Some(outside + 8 * u64::from(b' '))
}

#[derive(Clone, Copy)]
struct Place<'p> {
    path: &'p str,
    prefix: &'p str,
    size: u64,
    /// Archives around it.
    depth: usize,
    /// The file that it is, if it is one on disk.
    on_disk: Option<&'p Path>,
}

struct Walker<'v> {
    hash: bool,
    leaves: usize,
    members: usize,
    stopped: bool,
    budget: Budget,
    visit: &'v mut dyn FnMut(Found<'_, '_>) -> Next,
}

impl Walker<'_> {
    fn tell(&mut self, found: Found<'_, '_>) -> Next {
        let next = (self.visit)(found);
        self.stopped |= next == Next::Stop;
        next
    }

    fn broken(&mut self, place: Place<'_>, why: impl Into<String>) {
        self.tell(Found::Broken { path: place.path.to_owned(), size: place.size, why: why.into() });
    }

    /// Bytes that are either one leaf or a (packed) archive.
    fn stream(&mut self, place: Place<'_>, raw: Box<dyn Read + '_>) {
        let mut tally = Tally::new(raw, self.hash);
        let hashing = tally.switch();
        let mut text = unpack(Box::new(&mut tally), place.on_disk, &self.budget);
        if let Some(kind) = Kind::of(text.text.head()) {
            hashing.set(false);
            return match kind {
                _ if place.depth >= DEPTH_MAX => self.broken(place, "an archive more than 3 archives deep is not opened"),
                Kind::Tar => self.tar(place, Box::new(text.text)),
                Kind::Zip => self.zip_from_memory(place, Box::new(text.text)),
            };
        }
        let at = self.leaves;
        self.leaves += 1;
        let next = self.tell(Found::Leaf { at, path: place.path, size: place.size, text: &mut text });
        drop(text);
        if next == Next::Seal {
            self.tell(Found::Sealed(tally.seal()));
        }
    }

    /// One more member; `false` when it must not be entered.
    fn admit(&mut self, archive: Place<'_>, path: &str, size: u64, aside: Option<&'static str>) -> bool {
        self.members += 1;
        if self.members > MEMBERS_MAX {
            self.broken(archive, "more than 100,000 members: the rest is not read");
            self.stopped = true;
            return false;
        }
        let hidden = shown::is_hidden(path.strip_prefix(archive.prefix).unwrap_or(path)).then_some("hidden file");
        if let Some(why) = aside.or(hidden) {
            self.tell(Found::Aside { path: path.to_owned(), size, why });
            return false;
        }
        true
    }

    fn tar(&mut self, place: Place<'_>, reader: Box<dyn Read + '_>) {
        let gate = Gate { inner: reader, left: Rc::new(Cell::new(TAR_HEADERS_MAX)) };
        let left = Rc::clone(&gate.left);
        let mut archive = tar::Archive::new(gate);
        let mut entries = match archive.entries() {
            Ok(entries) => entries,
            Err(e) => return self.broken(place, format!("not readable as a tar archive: {e}")),
        };
        let mut n = 0u64;
        while !self.stopped {
            left.set(TAR_HEADERS_MAX);
            let mut entry = match entries.next() {
                None => break,
                Some(Ok(entry)) => entry,
                Some(Err(e)) => return self.broken(place, format!("the archive breaks off after {n} members: {e}")),
            };
            left.set(u64::MAX);
            n += 1;
            let kind = entry.header().entry_type();
            let size = entry.size();
            let path = shown::join(place.prefix, &entry.path_bytes());
            let is_file = kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse();
            let aside = (!is_file).then_some("no ordinary file");
            let mut body = Guard::new(Box::new(Exact::new(&mut entry, size)), None, &self.budget, 1 << 20);
            if !kind.is_dir() && self.admit(place, &path, size, aside) {
                let prefix = format!("{path}/");
                let member = Place { path: &path, prefix: &prefix, size, depth: place.depth + 1, on_disk: None };
                self.stream(member, Box::new(&mut body));
            }
            if !self.stopped {
                // To its end, so that what the archive reader skips is headers only.
                let _ = io::copy(&mut body, &mut io::sink());
            }
        }
    }

    fn zip_from_memory(&mut self, place: Place<'_>, reader: Box<dyn Read + '_>) {
        let mut bytes = Vec::new();
        match reader.take(ZIP_IN_MEMORY_MAX + 1).read_to_end(&mut bytes) {
            Ok(n) if n as u64 > ZIP_IN_MEMORY_MAX => {
                self.broken(place, "a zip archive over 256 MiB inside another is not opened")
            }
            Ok(_) => self.zip(place, io::Cursor::new(bytes)),
            Err(e) => self.broken(place, format!("the zip archive is damaged: {e}")),
        }
    }

    fn zip<R: Read + Seek>(&mut self, place: Place<'_>, reader: R) {
        let mut archive = match zip::ZipArchive::new(reader) {
            Ok(archive) => archive,
            Err(e) => return self.broken(place, format!("not readable as a zip archive: {e}")),
        };
        for i in 0..archive.len() {
            if self.stopped {
                return;
            }
            let name = archive.by_index_raw(i).map(|m| (shown::join(place.prefix, m.name_raw()), m.size()));
            let (path, size) = name.unwrap_or_else(|_| (shown::join(place.prefix, format!("member {i}").as_bytes()), 0));
            let prefix = format!("{path}/");
            let here = Place { path: &path, prefix: &prefix, size, depth: place.depth + 1, on_disk: None };
            match archive.by_index(i) {
                Ok(member) if member.is_dir() => {}
                Ok(member) => {
                    let aside = (!member.is_file()).then_some("no ordinary file");
                    if self.admit(place, &path, size, aside) {
                        let body = Guard::new(Box::new(member), None, &self.budget, 1 << 20);
                        self.stream(here, Box::new(body));
                    }
                }
                Err(e) => self.broken(here, format!("cannot be unpacked: {e}")),
            }
        }
    }
}

/// Lets through only so many bytes: tar keeps long names in memory, whatever length they claim.
struct Gate<'a> {
    inner: Box<dyn Read + 'a>,
    left: Rc<Cell<u64>>,
}

impl Read for Gate<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        let left = self.left.get().checked_sub(n as u64);
        self.left.set(left.ok_or_else(|| io::Error::other("a member's header is longer than 1 MiB"))?);
        Ok(n)
    }
}

#[cfg(test)]
mod tests;

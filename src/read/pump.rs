//! Moves every chosen source through readers, a bounded queue and workers.
//!
//! Readers take whole files (an archive is one file), so each source is unpacked, hashed and cut in
//! order by one thread. Workers take any chunk; each keeps its own partial result and the caller
//! merges them: what depends on which worker saw which chunk must not survive the merge.

use super::cutter::{Cutter, Piece, Sizes};
use super::queue::Queue;
use super::{CHUNK_BYTES, Chunk, LINE_MAX, LineEnds, Lines};
use crate::bundle::archive::{Found, Next, Walk};
use crate::bundle::codec::Unpacked;
use crate::bundle::{Bundle, Place};
use crate::format::{Dialect, Facts};
use crate::progress::Progress;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// What became of a source as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// SHA-256 (lower-case hexadecimal) of the bytes as they lie in the bundle, packed as they are; of
    /// an archive's member: of the member as the archive gives it. Empty if it could not be opened.
    pub sha256: String,
    /// How many bytes that are.
    pub bytes: u64,
    /// Lines, those among them that had to be cut out.
    pub lines: u64,
    /// How it is packed: `plain`, `gzip`, `zstd`, `bzip2`, `xz`, `parquet` (lines are its
    /// rows), `packed twice`; empty if unknown.
    pub codec: &'static str,
    /// Why not all of it could be read. What came before is used.
    pub trouble: Option<String>,
    /// Why it was not recognised as a log. Its lines are counted all the same, and nothing else.
    pub not_a_log: Option<String>,
}

/// What a recogniser says of a source.
pub enum Sniffed {
    /// A log, read so from its first line on.
    Log {
        /// How its lines are read.
        dialect: Arc<dyn Dialect>,
        /// What its format gives.
        facts: &'static Facts,
    },
    /// No access log, and why.
    NotALog(String),
}

/// Reads the sources chosen by `select` and gives every chunk to `work` on one of `threads` workers,
/// each with its own state from `new`. Returns the states, to be merged, and per source its outcome
/// (`None` where not chosen).
///
/// `sniff` gets each source's index and beginning (up to [`CHUNK_BYTES`] decoded bytes, without a
/// byte order mark, perhaps ending inside a line), once, from any reader; it is not asked about empty
/// sources. At most four chunks per worker are in flight. `progress` hears of packed bytes and
/// finished sources; beginning and end are the caller's to tell.
///
/// With `threads` = 1 there is one reader and one worker and everything comes in order: files in the
/// order of the bundle's sources, members of an archive in the order in which they lie in it, each
/// source's chunks one after the other. Otherwise the order of chunks is anybody's.
pub fn pump<W: Send>(
    bundle: &Bundle,
    threads: usize,
    select: &(dyn Fn(usize) -> bool + Sync),
    sniff: &(dyn Fn(usize, &[u8]) -> Sniffed + Sync),
    new: &(dyn Fn() -> W + Sync),
    work: &(dyn Fn(&mut W, &Chunk) + Sync),
    progress: &dyn Progress,
) -> (Vec<W>, Vec<Option<Outcome>>) {
    pump_in(SIZES, true, bundle, threads, select, sniff, new, work, progress)
}

/// As [`pump`], for sources that were read before and whose outcome is known: they are not hashed again.
pub fn pump_again<W: Send>(
    bundle: &Bundle,
    threads: usize,
    select: &(dyn Fn(usize) -> bool + Sync),
    sniff: &(dyn Fn(usize, &[u8]) -> Sniffed + Sync),
    new: &(dyn Fn() -> W + Sync),
    work: &(dyn Fn(&mut W, &Chunk) + Sync),
    progress: &dyn Progress,
) -> Vec<W> {
    pump_in(SIZES, false, bundle, threads, select, sniff, new, work, progress).0
}

const SIZES: Sizes = Sizes { chunk: CHUNK_BYTES, line: LINE_MAX, head: CHUNK_BYTES };

#[expect(clippy::too_many_arguments, reason = "both public functions, with sizes that only tests change")]
fn pump_in<W: Send>(
    sizes: Sizes,
    hash: bool,
    bundle: &Bundle,
    threads: usize,
    select: &(dyn Fn(usize) -> bool + Sync),
    sniff: &(dyn Fn(usize, &[u8]) -> Sniffed + Sync),
    new: &(dyn Fn() -> W + Sync),
    work: &(dyn Fn(&mut W, &Chunk) + Sync),
    progress: &dyn Progress,
) -> (Vec<W>, Vec<Option<Outcome>>) {
    let threads = threads.max(1);
    let jobs = jobs(bundle, select);
    let readers = if threads == 1 { 1 } else { threads.div_ceil(2).min(jobs.len()).max(1) };
    let queue = Queue::new(4 * threads);
    let outcomes = Mutex::new(unopened(bundle, select));
    let next = AtomicUsize::new(0);
    let pump = Pump { bundle, sizes, hash, sniff, progress, queue: &queue, outcomes: &outcomes };
    let states = thread::scope(|scope| {
        let spawn_worker = |_| {
            scope.spawn(|| {
                let _alarm = queue.alarm();
                let mut state = new();
                while let Some(chunk) = queue.pop() {
                    work(&mut state, &chunk);
                    queue.give_back(chunk.bytes);
                }
                state
            })
        };
        let spawn_reader = |_| {
            scope.spawn(|| {
                let _alarm = queue.alarm();
                while let Some(job) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    pump.read_file(job);
                }
            })
        };
        let workers: Vec<_> = (0..threads).map(spawn_worker).collect();
        let readers: Vec<_> = (0..readers).map(spawn_reader).collect();
        let read: Vec<_> = readers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        queue.close();
        let states: Vec<W> = workers.into_iter().map(|w| w.join().unwrap_or_else(|e| std::panic::resume_unwind(e))).collect();
        read.into_iter().for_each(|r| r.unwrap_or_else(|e| std::panic::resume_unwind(e)));
        states
    });
    (states, outcomes.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// One file on disk with the chosen sources in it, by their place.
struct Job {
    file: usize,
    sources: BTreeMap<usize, usize>,
}

/// Files in the order of their first source.
fn jobs(bundle: &Bundle, select: &dyn Fn(usize) -> bool) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    let mut job_of: BTreeMap<usize, usize> = BTreeMap::new();
    for (i, source) in bundle.sources.iter().enumerate().filter(|&(i, _)| select(i)) {
        if let Place::Leaf { file, at, .. } = source.place {
            let job = *job_of.entry(file).or_insert(jobs.len());
            if job == jobs.len() {
                jobs.push(Job { file, sources: BTreeMap::new() });
            }
            jobs[job].sources.insert(at, i);
        }
    }
    jobs
}

/// Outcomes before anything was read: of sources that could not even be opened, the final ones.
fn unopened(bundle: &Bundle, select: &dyn Fn(usize) -> bool) -> Vec<Option<Outcome>> {
    let outcome = |(i, source): (usize, &crate::bundle::Source)| match &source.place {
        Place::Broken(why) if select(i) => Some(Outcome { trouble: Some(why.clone()), ..Outcome::default() }),
        _ => None,
    };
    bundle.sources.iter().enumerate().map(outcome).collect()
}

struct Pump<'p> {
    bundle: &'p Bundle,
    sizes: Sizes,
    hash: bool,
    sniff: &'p (dyn Fn(usize, &[u8]) -> Sniffed + Sync),
    progress: &'p dyn Progress,
    queue: &'p Queue<Chunk>,
    outcomes: &'p Mutex<Vec<Option<Outcome>>>,
}

impl Pump<'_> {
    fn read_file(&self, job: &Job) {
        let Some(file) = self.bundle.files.get(job.file) else { return };
        let meter = |n| self.progress.bytes(n);
        let walk = Walk { path: &file.path, shown: &file.shown, prefix: &file.prefix, hash: self.hash, meter: &meter };
        let mut missing = job.sources.clone();
        let mut open = None;
        let walked = walk.run(&mut |found| {
            match found {
                Found::Leaf { at, path, text, .. } => {
                    let Some(&source) = missing.get(&at) else { return Next::Go };
                    if !self.is_still(source, path) {
                        return Next::Stop;
                    }
                    missing.remove(&at);
                    open = self.read_source(source, text).map(|outcome| (source, outcome));
                    return if open.is_some() { Next::Seal } else { Next::Stop };
                }
                Found::Sealed(seal) => {
                    if let Some((source, outcome)) = open.take() {
                        self.settle(source, Outcome { sha256: seal.sha256, bytes: seal.bytes, ..outcome });
                    }
                }
                Found::Aside { .. } | Found::Broken { .. } => {}
            }
            if missing.is_empty() { Next::Stop } else { Next::Go }
        });
        let why = match walked {
            Err(e) => format!("cannot be read: {e}"),
            Ok(()) => "the file changed while it was being read".into(),
        };
        for &source in missing.values() {
            self.settle(source, Outcome { trouble: Some(why.clone()), ..Outcome::default() });
        }
    }

    /// Whether the leaf met is the one that was listed.
    fn is_still(&self, source: usize, path: &str) -> bool {
        let listed = self.bundle.sources.get(source).map(|s| &s.place);
        matches!(listed, Some(Place::Leaf { path: listed, .. }) if listed == path)
    }

    fn settle(&self, source: usize, outcome: Outcome) {
        let mut outcomes = self.outcomes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = outcomes.get_mut(source) {
            *place = Some(outcome);
        }
        drop(outcomes);
        self.progress.file();
    }

    /// Reads one source to its end; `None` if nobody takes the chunks any more.
    fn read_source(&self, source: usize, unpacked: &mut Unpacked<'_>) -> Option<Outcome> {
        let text = crate::bundle::raw::Peek::new(Box::new(&mut unpacked.text), crate::bundle::codec::HEAD);
        let mut cutter = Cutter::new(text, self.sizes);
        let mut outcome = Outcome { codec: unpacked.codec, ..Outcome::default() };
        let mut log = match cutter.head() {
            [] => Err("the file is empty".into()),
            head => match (self.sniff)(source, head) {
                Sniffed::Log { dialect, facts } => Ok((dialect, facts)),
                Sniffed::NotALog(why) => Err(why),
            },
        };
        let ends = cutter.ends();
        while let Some(Piece { bytes, first_line, defects }) = cutter.next(self.queue.buffer()) {
            match &mut log {
                Ok((dialect, facts)) => {
                    let after = in_force_after(dialect, &bytes, ends);
                    let in_force = std::mem::replace(dialect, after);
                    let chunk = Chunk { source, first_line, bytes, ends, dialect: in_force, facts, defects };
                    if !self.queue.push(chunk) {
                        return None;
                    }
                }
                Err(_) => self.queue.give_back(bytes),
            }
        }
        outcome.lines = cutter.lines();
        outcome.trouble = cutter.trouble();
        outcome.not_a_log = log.err().filter(|_| outcome.trouble.is_none() || outcome.lines > 0);
        Some(outcome)
    }
}

/// The dialect in force after some whole lines: follows the directives, lines that begin with `#`.
fn in_force_after(dialect: &Arc<dyn Dialect>, bytes: &[u8], ends: LineEnds) -> Arc<dyn Dialect> {
    let mut dialect = Arc::clone(dialect);
    if !dialect.has_directives() {
        return dialect;
    }
    for at in memchr::memchr_iter(b'#', bytes) {
        let begins = at == 0 || bytes[at - 1] == ends.byte();
        let line = if begins { (Lines { rest: &bytes[at..], ends }).next() } else { None };
        if let Some(after) = line.and_then(|line| dialect.after(line)) {
            dialect = after;
        }
    }
    dialect
}

#[cfg(test)]
mod tests;

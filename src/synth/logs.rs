//! The log files: each tier's lines in the order in which that tier writes them, packed.
//!
//! Requests come in the order of their start and a line is written at its end, so lines wait in a
//! heap until no earlier one can come. Memory holds what is in flight, not the bundle.

use super::exchange::Exchange;
use super::lines::{cloudfront, haproxy, nginx};
use super::world::Pop;
use crate::error::{Error, Result};
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// Paths inside the bundle, in the order of the sinks: one per POP, balancer, origin.
pub(crate) const PATHS: [&str; 4] =
    ["edge/iad.cloudfront.log.gz", "edge/lhr.cloudfront.log.gz", "balancer/haproxy.log.gz", "origin/nginx-access.log.gz"];

const BALANCER: usize = 2;
const ORIGIN: usize = 3;

/// A stretch whose lines one POP never delivered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gap {
    pub(crate) pop: Pop,
    pub(crate) from: i64,
    pub(crate) to: i64,
}

/// Lines that wait for their turn: end, order of arrival, text.
type Waiting = BinaryHeap<Reverse<(i64, u64, String)>>;

/// One file.
struct Sink {
    path: PathBuf,
    out: GzEncoder<BufWriter<File>>,
    waiting: Waiting,
    lines: u64,
}

impl Sink {
    fn open(path: PathBuf) -> Result<Self> {
        let failed = |source| Error::Write { path: path.clone(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = BufWriter::new(File::create(&path).map_err(failed)?);
        // No time and no name in the header: the same lines give the same bytes.
        let out = GzBuilder::new().mtime(0).write(file, Compression::best());
        Ok(Sink { path, out, waiting: BinaryHeap::new(), lines: 0 })
    }

    fn text(&mut self, text: &str) -> Result<()> {
        self.lines += text.bytes().filter(|&b| b == b'\n').count() as u64;
        self.out.write_all(text.as_bytes()).map_err(|source| Error::Write { path: self.path.clone(), source })
    }

    fn advance(&mut self, now: i64) -> Result<()> {
        while self.waiting.peek().is_some_and(|Reverse((end, ..))| *end < now) {
            if let Some(Reverse((_, _, text))) = self.waiting.pop() {
                self.text(&cloudfront::numbered(&text, self.lines))?;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<u64> {
        self.advance(i64::MAX)?;
        let failed = |source| Error::Write { path: self.path.clone(), source };
        self.out.finish().and_then(|mut file| file.flush()).map_err(failed)?;
        Ok(self.lines)
    }
}

/// All log files of a bundle.
pub(crate) struct Logs {
    sinks: Vec<Sink>,
    gap: Option<Gap>,
    order: u64,
    /// Lines that fell into the gap.
    pub(crate) lost: u64,
}

impl Logs {
    /// Opens the files below `folder`.
    ///
    /// # Errors
    /// One cannot be created.
    pub(crate) fn open(folder: &Path, gap: Option<Gap>) -> Result<Self> {
        let mut sinks = PATHS.iter().map(|p| Sink::open(folder.join(p))).collect::<Result<Vec<_>>>()?;
        for edge in sinks.iter_mut().take(2) {
            edge.text(cloudfront::HEADER)?;
        }
        Ok(Logs { sinks, gap, order: 0, lost: 0 })
    }

    /// Writes what is due before `now`.
    pub(crate) fn advance(&mut self, now: i64) -> Result<()> {
        self.sinks.iter_mut().try_for_each(|s| s.advance(now))
    }

    /// Takes the lines of one request.
    pub(crate) fn write(&mut self, x: &Exchange<'_>) -> Result<()> {
        let pop = x.client.pop;
        if self.gap.is_some_and(|g| g.pop == pop && g.from <= x.edge.end && x.edge.end < g.to) {
            self.lost += 1;
        } else {
            self.queue(pop.index(), x.edge.end, cloudfront::line(x));
        }
        if let (Some(side), Some(text)) = (&x.balancer, haproxy::line(x)) {
            self.queue(BALANCER, side.end(), text);
        }
        if let (Some(side), Some(text)) = (&x.origin, nginx::line(x)) {
            self.queue(ORIGIN, side.end, text);
        }
        Ok(())
    }

    /// A malformed request straight to the balancer (`pop` says which frontend) or to the origin.
    pub(crate) fn stray(&mut self, at: i64, pop: Option<Pop>, tls: bool) {
        match pop {
            Some(pop) => self.queue(BALANCER, at + 2, haproxy::bad_request(at, pop)),
            None => self.queue(ORIGIN, at, nginx::bad_request(at, tls)),
        }
    }

    fn queue(&mut self, sink: usize, end: i64, text: String) {
        self.order += 1;
        if let Some(sink) = self.sinks.get_mut(sink) {
            sink.waiting.push(Reverse((end, self.order, text)));
        }
    }

    /// Writes the rest and closes: lines of each file, headers included, in the order of [`PATHS`].
    pub(crate) fn finish(self) -> Result<Vec<u64>> {
        self.sinks.into_iter().map(Sink::finish).collect()
    }
}

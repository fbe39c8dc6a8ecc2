//! Tells a waiting person how far the work is. The only file that reads a clock, and nothing it
//! measures reaches any result.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Hears of work done. Called from several threads.
pub trait Progress: Sync {
    /// A stretch of work begins: what, how many packed bytes, how many files.
    fn begin(&self, what: &str, total_bytes: u64, files: u64);
    /// `n` more packed bytes were read from disk.
    fn bytes(&self, n: u64);
    /// One more source is finished.
    fn file(&self);
    /// The stretch of work is over.
    fn end(&self);
}

/// Says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _what: &str, _total_bytes: u64, _files: u64) {}
    fn bytes(&self, _n: u64) {}
    fn file(&self) {}
    fn end(&self) {}
}

/// Work shorter than this is not worth a line.
const QUIET: Duration = Duration::from_secs(1);
/// Time between two lines.
const PAUSE: Duration = Duration::from_millis(100);

/// One line on standard error that renews itself; only on a terminal, after one second of work and at
/// most ten times a second.
#[derive(Debug, Default)]
pub struct Bar {
    bytes: AtomicU64,
    files: AtomicU64,
    work: Mutex<Option<Work>>,
}

#[derive(Debug)]
struct Work {
    what: String,
    bytes: u64,
    files: u64,
    begun: Instant,
    next: Instant,
    shown: bool,
}

impl Bar {
    /// A bar, or silence where standard error is no terminal.
    #[must_use]
    pub fn or_silence() -> Box<dyn Progress> {
        if std::io::stderr().is_terminal() { Box::new(Bar::default()) } else { Box::new(Silent) }
    }

    fn work(&self) -> MutexGuard<'_, Option<Work>> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Bar {
    fn begin(&self, what: &str, total_bytes: u64, files: u64) {
        let begun = Instant::now();
        self.bytes.store(0, Ordering::Relaxed);
        self.files.store(0, Ordering::Relaxed);
        *self.work() = Some(Work { what: what.into(), bytes: total_bytes, files, begun, next: begun + QUIET, shown: false });
    }

    fn bytes(&self, n: u64) {
        let done = self.bytes.fetch_add(n, Ordering::Relaxed) + n;
        // Whoever finds another thread writing leaves it to that one.
        let Ok(mut work) = self.work.try_lock() else { return };
        let (Some(work), now) = (work.as_mut(), Instant::now()) else { return };
        if now < work.next {
            return;
        }
        work.next = now + PAUSE;
        work.shown = true;
        let line = line(&work.what, (done, work.bytes), (self.files.load(Ordering::Relaxed), work.files), now - work.begun);
        // A terminal that cannot be written to is no reason to stop the work.
        let _ = write!(std::io::stderr(), "\r{line}\x1b[K");
    }

    fn file(&self) {
        self.files.fetch_add(1, Ordering::Relaxed);
    }

    fn end(&self) {
        if self.work().take().is_some_and(|w| w.shown) {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}

fn line(what: &str, (done, all): (u64, u64), (file, files): (u64, u64), since: Duration) -> String {
    let secs = since.as_secs_f64().max(0.001);
    let rate = done as f64 / secs;
    let left = match all.saturating_sub(done) {
        0 => String::new(),
        _ if rate <= 0.0 => String::new(),
        rest => format!(", {} left", words((rest as f64 / rate).ceil() as u64)),
    };
    format!("{what}: {file} of {files} files, {} of {}, {}/s{left}", size(done as f64), size(all as f64), size(rate))
}

fn size(bytes: f64) -> String {
    match bytes {
        b if b >= 1e9 => format!("{:.1} GB", b / 1e9),
        b if b >= 1e6 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.0} kB", b / 1e3),
    }
}

fn words(secs: u64) -> String {
    match secs {
        s if s >= 3_600 => format!("{} h {} min", s / 3_600, s % 3_600 / 60),
        s if s >= 60 => format!("{} min {} s", s / 60, s % 60),
        s => format!("{s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_files_bytes_rate_and_time_left() {
        let told = line("reading", (500_000_000, 1_500_000_000), (3, 10), Duration::from_secs(2));
        assert_eq!(told, "reading: 3 of 10 files, 500 MB of 1.5 GB, 250 MB/s, 4 s left");
        assert_eq!(line("reading", (0, 0), (0, 0), Duration::ZERO), "reading: 0 of 0 files, 0 kB of 0 kB, 0 kB/s");
    }

    #[test]
    fn a_bar_counts_from_zero_for_each_stretch_of_work() {
        let bar = Bar::default();
        for _ in 0..2 {
            bar.begin("reading", 10, 1);
            bar.bytes(7);
            bar.file();
            assert_eq!((bar.bytes.load(Ordering::Relaxed), bar.files.load(Ordering::Relaxed)), (7, 1));
            bar.end();
        }
        bar.bytes(1);
    }
}

//! The part of the case about the files: what each is and what became of its lines.

use crate::event::Tier;
use crate::ledger::Stretch;
use crate::time::Micros;
use serde::Serialize;
use std::collections::BTreeMap;

/// One file of the bundle.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// Path inside the bundle.
    pub path: String,
    /// SHA-256 of the file as it lies there (packed if it is packed).
    pub sha256: String,
    /// Size as it lies there, bytes.
    pub size: u64,
    /// Format's name; `None` where it is no access log.
    pub format: Option<String>,
    /// Share of sampled lines the format reads, 0 to 1.
    pub confidence: Option<f64>,
    /// What its lines are wrapped in (syslog, docker json-file, ...), if they are.
    pub wrapper: Option<String>,
    /// Every format that read lines of it, by name, with how many and from which line to which.
    pub formats: BTreeMap<String, Stretch>,
    /// Events whose line broke its format's own rules and was mended to be read.
    pub repaired: u64,
    /// Why this format, or why the file was left out.
    pub why: String,
    /// Where it was written.
    pub tier: Tier,
    /// POP, host or node it stands for.
    pub instance: Option<String>,
    /// Lines read.
    pub lines: u64,
    /// Lines that are counted.
    pub events: u64,
    /// Copies set aside.
    pub duplicates: u64,
    /// Lines left out on purpose.
    pub skipped: u64,
    /// Lines that could not be used.
    pub rejected: u64,
    /// Skipped lines by reason.
    pub skipped_by: BTreeMap<String, u64>,
    /// Rejected lines by reason.
    pub rejected_by: BTreeMap<String, u64>,
    /// First rejected lines: line number, reason, excerpt (safe to show).
    pub examples: Vec<RejectedLine>,
    /// First event.
    pub first: Option<Micros>,
    /// Last event.
    pub last: Option<Micros>,
    /// Seconds added to this source's stamps; `None` where not estimated.
    pub clock_offset: Option<f64>,
    /// Trouble while reading (truncated archive, unreadable file).
    pub trouble: Option<String>,
    /// Events per bin of the axis.
    #[serde(skip)]
    pub per_bin: Vec<u64>,
}

/// A rejected line shown as an example.
#[derive(Clone, Debug, Serialize)]
pub struct RejectedLine {
    /// Line number, from 1.
    pub line: u64,
    /// Why.
    pub reason: String,
    /// Its beginning, made safe.
    pub excerpt: String,
}

/// Sums over all sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Lines read.
    pub lines: u64,
    /// Lines counted.
    pub events: u64,
    /// Copies set aside.
    pub duplicates: u64,
    /// Lines left out on purpose.
    pub skipped: u64,
    /// Lines that could not be used.
    pub rejected: u64,
}

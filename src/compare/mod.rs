//! Question: what is the same in two incidents, and what is not?
//! Method: two `report.json` are read, laid side by side at their onsets, and compared point by point. Words are
//! the same or not; figures with intervals differ where the interval of their difference leaves out 0 (Newcombe,
//! Stat. Med. 17, 1998, 873-890, method 10; for figures that are no shares the same square-and-add of limits,
//! Zou and Donner, Stat. Med. 27, 2008, 1693-1702); plain counts are only shown.
//! Assumes: the two records are of different requests. Where they share files, it is said, since the intervals
//! then leave out what both have in common.
//! Reference: `docs/compare.md`.
//!
//! It never concludes that two incidents have the same cause: alike records can have different causes.

pub mod align;
mod audience;
mod conditions;
mod course;
mod explanations;
pub mod item;
mod judge;
mod makers;
pub mod read;
mod scope;
mod users;
pub mod view;

use crate::case::{Chart, Verdict};
use crate::time::Micros;
use crate::words;
use align::Aligned;
use item::{Item, Standing, Topic};
use serde::Serialize;
use std::collections::BTreeSet;
use view::Report;

/// Version of the `compare.json` schema.
pub const SCHEMA: u32 = 1;

/// One of the two reports.
#[derive(Clone, Debug)]
pub struct Side {
    /// Name of its folder, or of the bundle it was made of.
    pub name: String,
    /// SHA-256 of its `report.json`.
    pub sha256: String,
    /// Bytes of its `report.json`.
    pub size: u64,
    /// Whether the report was made for this comparison, from a bundle.
    pub made: bool,
    /// What was read.
    pub report: Report,
}

/// One of the two, as it is told.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// Name of its folder, or of the bundle it was made of.
    pub name: String,
    /// Title of the report.
    pub title: String,
    /// Whether its data is made.
    pub synthetic: bool,
    /// Program and version that made the report.
    pub program: Option<String>,
    /// SHA-256 of its `report.json`.
    pub sha256: String,
    /// Bytes of its `report.json`.
    pub size: u64,
    /// Whether the report was made for this comparison, from a bundle.
    pub made: bool,
    /// Onset of the incident; `None` where the report found none.
    pub onset: Option<Micros>,
    /// Recovery.
    pub recovery: Option<Micros>,
    /// IANA zone told beside UTC.
    pub timezone: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// What failed, in words; empty where nothing in particular did.
    pub failed: Vec<String>,
}

/// Points of comparison by how they came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// The same in both.
    pub agree: usize,
    /// Not the same, or different beyond the intervals.
    pub differ: usize,
    /// Left open by the intervals or by one of the reports.
    pub open: usize,
    /// Plain numbers side by side.
    pub shown: usize,
    /// Lacking in one of the reports.
    pub not_comparable: usize,
}

/// Two reports side by side.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Always `comparison`.
    pub kind: &'static str,
    /// Program name and version.
    pub program: String,
    /// Whether the data of either is made.
    pub synthetic: bool,
    /// The first.
    pub a: Told,
    /// The second.
    pub b: Told,
    /// What the reader must know first: shared files, made data, missing onsets. Sentences.
    pub cautions: Vec<String>,
    /// How many points came out how, those of [`Topic::Conditions`] apart.
    pub counts: Counts,
    /// Every point, by topic.
    pub points: Vec<Item>,
    /// The curves of both, laid on each other at their onsets.
    pub aligned: Aligned,
    /// The pictures.
    pub charts: Vec<Chart>,
    /// The command that makes the same again, with paths as names only.
    pub command: String,
}

/// Compares two reports.
#[must_use]
pub fn compare(a: &Side, b: &Side) -> Comparison {
    let (x, y) = (&a.report, &b.report);
    let mut points = Vec::new();
    conditions::compare(x, y, &mut points);
    scope::compare(x, y, &mut points);
    course::compare(x, y, &mut points);
    explanations::compare(x, y, &mut points);
    audience::compare(x, y, &mut points);
    users::compare(x, y, &mut points);
    makers::compare(x, y, &mut points);
    // How the two were measured is no likeness of the incidents.
    let number = |s: Standing| points.iter().filter(|p| p.standing == s && p.topic != Topic::Conditions).count();
    Comparison {
        schema: SCHEMA,
        kind: "comparison",
        program: format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")),
        synthetic: x.synthetic || y.synthetic,
        cautions: cautions(a, b).into_iter().chain(measured(&points)).collect(),
        counts: Counts {
            agree: number(Standing::Agrees),
            differ: number(Standing::Differs),
            open: number(Standing::Open),
            shown: number(Standing::Shown),
            not_comparable: number(Standing::NotComparable),
        },
        points,
        aligned: align::align(x, y),
        command: format!("outscope compare {} {}", a.name, b.name),
        a: told(a),
        b: told(b),
        charts: Vec::new(),
    }
}

fn told(side: &Side) -> Told {
    let r = &side.report;
    Told {
        name: side.name.clone(),
        title: r.title.clone().filter(|t| !t.trim().is_empty()).unwrap_or_else(|| side.name.clone()),
        synthetic: r.synthetic,
        program: r.program.clone(),
        sha256: side.sha256.clone(),
        size: side.size,
        made: side.made,
        onset: r.window.map(|w| w.from),
        recovery: r.window.map(|w| w.to),
        timezone: r.timezone.clone(),
        verdict: r.scope.verdict,
        failed: scope::causes(r),
    }
}

fn cautions(a: &Side, b: &Side) -> Vec<String> {
    let (x, y) = (&a.report, &b.report);
    let mut out = Vec::new();
    if a.sha256 == b.sha256 {
        out.push("Both are one and the same report: nothing can differ.".to_owned());
    } else {
        let files = |r: &Report| -> BTreeSet<String> {
            let read = r.sources.iter().filter(|s| s.events > 0 && !s.sha256.is_empty());
            read.map(|s| s.sha256.clone()).collect()
        };
        let shared = files(x).intersection(&files(y)).count();
        if shared > 0 {
            out.push(format!(
                "The two reports share {}: they are no independent records, and the intervals of differences do not hold for them.",
                words::counted(shared as u64, "log file", "log files")
            ));
        }
    }
    for (letter, r) in [("A", x), ("B", y)] {
        if r.synthetic {
            out.push(format!("The data of {letter} is synthetic: it shows what was planted, not what happened."));
        }
        if r.window.is_none() {
            out.push(format!("Report {letter} found no incident, so it has no onset to be laid at that of the other."));
        }
    }
    out
}

/// Where the two were measured differently.
fn measured(points: &[Item]) -> Option<String> {
    let unlike = |p: &&Item| p.topic == Topic::Conditions && p.standing == Standing::Differs;
    let says: Vec<&str> = points.iter().filter(unlike).map(|p| p.says.as_str()).collect();
    (!says.is_empty())
        .then(|| format!("The two were not measured alike, so that the same word may mean different things. {}", says.join(" ")))
}

impl Comparison {
    /// Points of one topic.
    pub fn of(&self, topic: Topic) -> impl Iterator<Item = &Item> {
        self.points.iter().filter(move |p| p.topic == topic)
    }
}

//! Question: Which sources hold the same lines, and in which bins?
//!
//! Method: Two sources of one format, tier and clock are compared by what the survey kept of each: per bin
//! the number of lines and the sum of their hashes, and the lines with the lowest hashes, which are the
//! same ones wherever both hold them. Sources are linked when what they share cannot be chance: nearly all
//! of what either could share is shared, or the shared lines are of many kinds (a kind is a client asking
//! for a path). Of linked sources the one with more lines is the elder; in bins with equal sums all lines
//! of the younger one are copies, in the others lines are to be compared one by one.
//!
//! Assumes: Two servers do not write the same line for many clients at the same instant; for the same
//! health check they do, so that few kinds prove nothing where names tell the servers apart.
//!
//! Reference: Broder (1997) on resemblance and containment of documents by their lowest hashes.

use crate::event::Tier;
use crate::survey::SourceSeen;
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of shared lines that are no chance, whatever else the sources hold: health checks and monitors
/// come from a handful of clients and ask for a handful of paths.
const KINDS_SURE: usize = 20;

/// Kinds that are enough where nearly all lines of the common time are shared.
const KINDS_FEW: usize = 3;

/// As [`KINDS_FEW`], where the files' names tell two servers apart.
const KINDS_NAMED: usize = 8;

/// "Nearly all" of the sampled lines: a tenth is left for the edges of an export and for lines that one of
/// the sources has damaged.
const NEARLY_ALL: f64 = 0.9;

/// Lines in equal bins that show that two rotations of one log overlap: where a rotation parts a second,
/// one or two equal requests may fall on either side.
const LINES_EQUAL: u64 = 10;

/// Most sources that are linked for the same sampled line: more hold it because everybody does.
const HOLDERS_MAX: usize = 16;

/// Most lines of younger sources that are compared one by one. Beyond, bins are left as they are.
pub const LINES_MAX: u64 = 4_000_000;

/// A source as it is compared.
#[derive(Clone, Debug)]
pub struct Log<'a> {
    /// What was seen of it.
    pub seen: &'a SourceSeen,
    /// What must be equal for lines to be comparable: format, tier, and how stamps are read.
    pub like: (&'a str, Tier, String),
    /// The server by its file's name or the user's word.
    pub instance: Option<&'a str>,
    /// Whether the user named the server.
    pub named: bool,
    /// What all rotations of one log share.
    pub group: String,
}

/// Two sources that hold the same lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The source whose lines count.
    pub elder: usize,
    /// The one whose copies are set aside.
    pub younger: usize,
}

/// What is to be done with the copies in one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// The elder sources it is linked to, ascending.
    pub elders: Vec<usize>,
    /// Bins all of whose lines an elder source holds, ascending.
    pub whole: Vec<u32>,
    /// Bins whose lines are to be compared one by one, ascending.
    pub mixed: Vec<u32>,
    /// Events in bins that would have to be compared and are too many for it.
    pub unchecked: u64,
}

/// The sources that hold lines of one another.
#[must_use]
pub fn links(logs: &[Option<Log<'_>>]) -> Vec<Link> {
    let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
    for ((a, b), shared) in sharing(logs) {
        if let (Some(x), Some(y)) = (&logs[a], &logs[b])
            && comparable(x, y)
            && by_sample(x, y, &shared)
        {
            pairs.insert((a, b));
        }
    }
    pairs.extend(by_bins(logs));
    let events = |i: usize| logs[i].as_ref().map_or(0, |l| l.seen.ledger.events);
    let first = |i: usize| logs[i].as_ref().and_then(|l| l.seen.span).map(|s| s.0);
    let rank = |i: usize| (std::cmp::Reverse(events(i)), first(i), i);
    pairs.into_iter().map(|(a, b)| if rank(a) <= rank(b) { Link { elder: a, younger: b } } else { Link { elder: b, younger: a } }).collect()
}

fn comparable(a: &Log<'_>, b: &Log<'_>) -> bool {
    let told_apart = a.named && b.named && a.instance != b.instance;
    a.like == b.like && !told_apart
}

/// Pairs of sources with the numbers of their shared sampled lines.
fn sharing(logs: &[Option<Log<'_>>]) -> BTreeMap<(usize, usize), Vec<u64>> {
    let mut holders: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (i, log) in logs.iter().enumerate() {
        for (hash, _) in log.iter().flat_map(|l| &l.seen.prints) {
            holders.entry(*hash).or_default().push(i);
        }
    }
    let mut shared: BTreeMap<(usize, usize), Vec<u64>> = BTreeMap::new();
    for (hash, of) in holders.into_iter().filter(|(_, of)| (2..=HOLDERS_MAX).contains(&of.len())) {
        for (n, &a) in of.iter().enumerate() {
            for &b in &of[n + 1..] {
                shared.entry((a, b)).or_default().push(hash);
            }
        }
    }
    shared
}

/// Whether the shared sampled lines are more than chance.
fn by_sample(a: &Log<'_>, b: &Log<'_>, shared: &[u64]) -> bool {
    let (Some(s), Some(t)) = (a.seen.span, b.seen.span) else { return false };
    let (from, to) = (s.0.max(t.0), s.1.min(t.1));
    let below = a.seen.prints_below.min(b.seen.prints_below);
    let could = |l: &Log<'_>| l.seen.prints.iter().filter(|(h, p)| *h < below && from <= p.at && p.at <= to).count();
    let most = could(a).min(could(b)).max(shared.len()).max(1);
    let kinds: BTreeSet<u64> =
        a.seen.prints.iter().filter(|(h, _)| shared.binary_search(h).is_ok()).map(|(_, p)| p.kind).collect();
    let (kinds, share) = (kinds.len(), shared.len() as f64 / most as f64);
    if a.group == b.group || a.instance == b.instance {
        kinds >= KINDS_SURE || (kinds >= KINDS_FEW && share >= NEARLY_ALL)
    } else {
        (kinds >= KINDS_SURE && share >= 0.5) || (kinds >= KINDS_NAMED && share >= NEARLY_ALL)
    }
}

/// Rotations of one log that overlap, by equal bins.
fn by_bins(logs: &[Option<Log<'_>>]) -> BTreeSet<(usize, usize)> {
    let mut writers: BTreeMap<(&(&str, Tier, String), &str), Vec<usize>> = BTreeMap::new();
    for (i, log) in logs.iter().enumerate() {
        if let Some(log) = log {
            writers.entry((&log.like, &log.group)).or_default().push(i);
        }
    }
    let mut equal: BTreeMap<(usize, usize), u64> = BTreeMap::new();
    for sources in writers.into_values().filter(|w| w.len() > 1) {
        let mut bins: BTreeMap<(u32, u64, u64), Vec<usize>> = BTreeMap::new();
        for &i in &sources {
            let Some(log) = &logs[i] else { continue };
            for (&(bin, n), &sum) in log.seen.per_bin.iter().zip(&log.seen.hashes) {
                bins.entry((bin, n, sum)).or_default().push(i);
            }
        }
        for ((_, n, _), of) in bins.into_iter().filter(|(_, of)| (2..=HOLDERS_MAX).contains(&of.len())) {
            for (k, &a) in of.iter().enumerate() {
                for &b in &of[k + 1..] {
                    *equal.entry((a, b)).or_default() += n;
                }
            }
        }
    }
    let least = |i: usize| logs[i].as_ref().map_or(0, |l| l.seen.ledger.events);
    // A file of fewer lines than that is a copy if all of it is equal.
    let enough = |(&(a, b), &n): (&(usize, usize), &u64)| {
        let told_apart = matches!((&logs[a], &logs[b]), (Some(x), Some(y)) if !comparable(x, y));
        (!told_apart && n >= LINES_EQUAL.min(least(a).min(least(b)))).then_some((a, b))
    };
    equal.iter().filter_map(enough).collect()
}

/// What is to be done with each source that holds copies, by source.
#[must_use]
pub fn parts(logs: &[Option<Log<'_>>], links: &[Link], lines_max: u64) -> BTreeMap<usize, Part> {
    let mut out: BTreeMap<usize, Part> = BTreeMap::new();
    for link in links {
        out.entry(link.younger).or_default().elders.push(link.elder);
    }
    let mut room = lines_max;
    for (&i, part) in &mut out {
        part.elders.sort_unstable();
        let Some(log) = &logs[i] else { continue };
        let elders: Vec<&SourceSeen> = part.elders.iter().filter_map(|&e| logs[e].as_ref()).map(|l| l.seen).collect();
        for (&(bin, n), &sum) in log.seen.per_bin.iter().zip(&log.seen.hashes) {
            let there = |e: &&SourceSeen| {
                let at = e.per_bin.binary_search_by_key(&bin, |b| b.0).ok()?;
                Some((e.per_bin[at].1, e.hashes[at]))
            };
            let held: Vec<(u64, u64)> = elders.iter().filter_map(there).collect();
            if held.contains(&(n, sum)) {
                part.whole.push(bin);
            } else if held.is_empty() {
            } else if n <= room {
                room -= n;
                part.mixed.push(bin);
            } else {
                room = 0;
                part.unchecked += n;
            }
        }
    }
    out.retain(|_, p| !p.whole.is_empty() || !p.mixed.is_empty() || p.unchecked > 0);
    out
}

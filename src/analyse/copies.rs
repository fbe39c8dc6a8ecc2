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

/// Least share of the sampled lines of different logs: a scanner that tries two sites of one server at once
/// leaves equal lines of many kinds in both, and much else in neither.
const HALF: f64 = 0.5;

/// Lines in equal bins that show that two rotations of one log overlap: where a rotation parts a second,
/// one or two equal requests may fall on either side.
const LINES_EQUAL: u64 = 10;

/// Most sources that are linked for the same sampled line: more hold it because everybody does.
const HOLDERS_MAX: usize = 16;

/// Most lines of younger sources that are compared one by one. Beyond, bins are left as they are.
pub const LINES_MAX: u64 = 4_000_000;

/// Format, tier, and how stamps and hosts are read.
pub type Like<'a> = (&'a str, Tier, String);

/// A source as it is compared.
#[derive(Clone, Debug)]
pub struct Log<'a> {
    /// What was seen of it.
    pub seen: &'a SourceSeen,
    /// What must be equal for lines to be comparable.
    pub like: Like<'a>,
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
    pairs
        .into_iter()
        .map(|(a, b)| if rank(a) <= rank(b) { Link { elder: a, younger: b } } else { Link { elder: b, younger: a } })
        .collect()
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
    // Two logs of one server may hold the same scanner's requests, those of one log may not.
    let many = kinds >= KINDS_SURE && (a.group == b.group || share >= HALF);
    let few = if a.instance == b.instance { KINDS_FEW } else { KINDS_NAMED };
    many || (kinds >= few && share >= NEARLY_ALL)
}

/// Rotations of one log that overlap, by equal bins.
fn by_bins(logs: &[Option<Log<'_>>]) -> BTreeSet<(usize, usize)> {
    let mut writers: BTreeMap<(&Like<'_>, &str), Vec<usize>> = BTreeMap::new();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::Print;
    use crate::time::Micros;

    /// A source whose line `n` has the hash `n` and is of the kind `kind(n)`, in second `n` (modulo 5,000);
    /// ten seconds a bin.
    fn seen(lines: impl Iterator<Item = u64>, kind: fn(u64) -> u64) -> SourceSeen {
        let mut seen = SourceSeen { prints_below: u64::MAX, ..SourceSeen::default() };
        let mut bins: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
        for n in lines {
            let at = Micros::from_secs(n as i64 % 5_000);
            seen.ledger.event();
            seen.prints.push((n, Print { at, kind: kind(n) }));
            let bin = bins.entry(n as u32 % 5_000 / 10).or_default();
            *bin = (bin.0 + 1, bin.1.wrapping_add(n));
            seen.span = Some(seen.span.map_or((at, at), |s| (s.0.min(at), s.1.max(at))));
        }
        seen.per_bin = bins.iter().map(|(&bin, of)| (bin, of.0)).collect();
        seen.hashes = bins.values().map(|of| of.1).collect();
        seen
    }

    fn log<'a>(seen: &'a SourceSeen, instance: Option<&'a str>, group: &str) -> Option<Log<'a>> {
        let like = ("combined", Tier::Edge, String::new());
        Some(Log { seen, like, instance, named: false, group: group.into() })
    }

    #[test]
    fn what_two_servers_or_two_sites_have_in_common_is_no_copy_and_what_two_exports_have_is() {
        let all = seen(0..1_000, |n| n % 300);
        let later = seen(800..1_600, |n| n % 300);
        // Every tenth line is the same scanner's at both; each time for another page.
        let other = seen((0..1_000).map(|n| if n % 10 == 0 { n } else { n + 5_000 }), |n| n % 300);
        let checks = seen(0..1_000, |_| 1);
        for (a, b, names, want) in [
            (&all, &later, [Some("a"), Some("b")], true),
            (&all, &later, [None, None], true),
            (&all, &other, [None, None], false),
            (&all, &other, [Some("a"), Some("b")], false),
            (&checks, &checks, [Some("a"), Some("b")], false),
            (&checks, &checks, [None, None], false),
        ] {
            let logs = [log(a, names[0], "x"), log(b, names[1], "y")];
            let want: Vec<Link> = want.then_some(Link { elder: 0, younger: 1 }).into_iter().collect();
            assert_eq!(links(&logs), want, "{names:?}");
        }
        // The same health checks in two rotations of one log are its lines twice.
        assert_eq!(links(&[log(&checks, None, "x"), log(&checks, None, "x")]).len(), 1);
    }

    #[test]
    fn equal_bins_are_copies_as_a_whole_and_others_are_compared_while_there_is_room() {
        let (all, part) = (seen(0..1_000, |n| n % 300), seen(500..805, |n| n % 300));
        let logs = [log(&all, None, "x"), log(&part, None, "x")];
        let links = links(&logs);
        let found = parts(&logs, &links, 100);
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), [1]);
        assert_eq!((found[&1].whole.clone(), found[&1].mixed.clone()), ((50..80).collect(), vec![80]));
        let none = parts(&logs, &links, 4);
        assert_eq!((none[&1].mixed.clone(), none[&1].unchecked), (vec![], 5));
    }
}

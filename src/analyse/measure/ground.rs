//! What every measure stands on: each client's stay in pieces of window and baseline of one length.
//!
//! Pieces are as long as the window, or as the longest stretch of baseline where that is shorter: a
//! client's number of requests means nothing beside one counted over another length of time.

use super::super::evidence::{BASELINE, Evidence};
use crate::examine::{Attempt, Network, Phase};
use crate::time::{SECOND, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Most pieces of either kind: the variance of what they show is known well enough then.
const PIECES_MAX: usize = 20;

/// Clients of the target in the baseline from which on it is its own comparison: with fewer a single one is 5 %.
const OWN_MIN: usize = 20;

/// Who asks for the same again within so many seconds of not being served wants the same: as for operations begun anew.
const WANT: i64 = super::super::operations::CUTOFF_MAX;

/// Activity shorter than this many seconds counts as this long: a page with its pictures is no flood.
const ACTIVE_MIN: i64 = 10;

/// What one client did in one piece.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stay {
    /// Its key in the attempts.
    pub key: u64,
    /// Its network.
    pub network: Option<Network>,
    /// Requests for what is looked at, counting what a page brings along (pictures, scripts).
    pub requests: u64,
    /// Without those.
    pub documents: u64,
    /// Failed ones of all.
    pub failed: u64,
    /// Things wanted: requests without repetitions after a failure.
    pub wants: u64,
    /// Different things asked for, anywhere on the site.
    pub asks: u64,
    /// Requests for anything else on the site.
    pub elsewhere: u64,
    /// Requests on the site for pictures, scripts and the like, and for anything else.
    pub assets: [u64; 2],
    /// First and last second of asking for what is looked at.
    pub active: (i64, i64),
    /// Whether the client had asked anything before the piece began.
    pub known: bool,
    /// Whether anybody of its network had.
    pub network_known: bool,
}

impl Stay {
    /// Whether it kept up the pace `limit` for long enough to have one.
    #[must_use]
    pub fn is_machine(&self, limit: f64) -> bool {
        self.documents >= super::clients::PACED_MIN && self.pace() >= limit
    }

    /// Requests a second while active, without what pages bring along.
    #[must_use]
    pub fn pace(&self) -> f64 {
        let span = (self.active.1 - self.active.0).max(ACTIVE_MIN);
        self.documents.saturating_sub(1) as f64 / span as f64
    }
}

/// The stays of one piece of time.
#[derive(Clone, Debug)]
pub struct Piece {
    /// From and to, seconds since the epoch.
    pub span: (i64, i64),
    /// By client.
    pub stays: Vec<Stay>,
}

/// Attempts, failed ones and wants of one second.
pub(super) type Second = [u64; 3];

/// What measures are taken of.
#[derive(Debug)]
pub struct Ground<'a> {
    /// The evidence.
    pub e: &'a Evidence<'a>,
    /// By leaf: whether it is looked at.
    pub chosen: Vec<bool>,
    /// Whether that is one thing (not the whole site).
    pub has_target: bool,
    /// Whether the baseline is that of the thing itself; else it is the site's.
    pub own_base: bool,
    /// The window in seconds.
    pub window: (i64, i64),
    /// The window in pieces.
    pub now: Vec<Piece>,
    /// The baseline compared with, in pieces.
    pub base: Vec<Piece>,
    /// The same as spans, with what is left over of pieces.
    pub base_spans: Vec<(i64, i64)>,
    /// Whether that lies before the window.
    pub base_before: bool,
    /// All pieces of the baseline.
    pub placebo: Vec<Piece>,
    /// Of what is looked at, by second.
    pub(super) seconds: BTreeMap<i64, Second>,
    /// Of the whole site, by second.
    pub(super) site_seconds: BTreeMap<i64, Second>,
    /// One client in so many is known.
    pub sampling: u64,
    /// The pace from which on a client is like a machine.
    pub machine_pace: f64,
    /// Clients with that pace in the window, by key. What they repeat is no retry: it is what they do.
    pub machines: BTreeSet<u64>,
}

/// Good and bad attempts; ambiguous ones are requests all the same.
pub(super) fn answers(a: &Attempt) -> (u64, u64) {
    (u64::from(a.good) + u64::from(a.ambiguous), u64::from(a.failed) + u64::from(a.degraded))
}

fn in_seconds(s: &Span) -> (i64, i64) {
    (s.from.0.div_euclid(SECOND), s.to.0.saturating_add(SECOND - 1).div_euclid(SECOND))
}

/// Pieces of `length` in these spans, side by side and in whole, evenly chosen where there are too many.
fn pieces(spans: &[(i64, i64)], length: i64) -> Vec<(i64, i64)> {
    let mut out = Vec::new();
    for (from, to) in spans.iter().filter(|_| length > 0) {
        let n = ((to - from) / length).min(100_000);
        out.extend((0..n).map(|i| (from + i * length, from + (i + 1) * length)));
    }
    let n = out.len();
    if n > PIECES_MAX {
        out = (0..PIECES_MAX).map(|i| out[i * n / PIECES_MAX]).collect();
    }
    out
}

/// Names that a page brings along: by the ending of the resource's name.
fn is_asset(name: &str) -> bool {
    const ENDINGS: [&str; 16] = [
        ".css", ".js", ".mjs", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".webp", ".avif", ".ico", ".woff", ".woff2", ".ttf",
        ".map", ".bmp",
    ];
    let lower = name.to_ascii_lowercase();
    ENDINGS.iter().any(|e| lower.ends_with(e))
}

impl<'a> Ground<'a> {
    /// The ground for the window of `e`; `target` says by leaf what is looked at, all of the outermost tier without it.
    #[must_use]
    pub fn new(e: &'a Evidence<'a>, target: Option<&[bool]>) -> Self {
        let leaves = e.examined.leaves.len();
        let ours: Vec<bool> = (0..leaves).map(|l| e.view.is_ours(l)).collect();
        let chosen = target.map_or_else(|| ours.clone(), <[bool]>::to_vec);
        let has_target = (0..leaves).any(|l| ours[l] && !chosen[l]);
        let window = in_seconds(&e.window);
        let length = (window.1 - window.0).max(1);
        let spans = |phases: &[Phase]| -> Vec<(i64, i64)> { e.baseline_spans(phases).iter().map(in_seconds).collect() };
        let longest = |s: &[(i64, i64)]| s.iter().map(|s| s.1 - s.0).max().unwrap_or(0);
        let (before, all) = (spans(&[Phase::Before]), spans(&BASELINE));
        let base_before = !super::super::operations::before(e).is_empty() && longest(&before) > 0;
        let base = if base_before { &before } else { &all };
        let piece = length.min(longest(base)).max(1);
        let mut ground = Ground {
            e,
            chosen,
            has_target,
            own_base: true,
            window,
            now: Vec::new(),
            base: Vec::new(),
            base_spans: base.clone(),
            base_before,
            placebo: Vec::new(),
            seconds: BTreeMap::new(),
            site_seconds: BTreeMap::new(),
            sampling: e.examined.attempts.sampling(),
            machine_pace: 0.0,
            machines: BTreeSet::new(),
        };
        let assets: Vec<bool> = e.examined.leaves.iter().map(|l| is_asset(&l.row) || is_asset(&l.template)).collect();
        let mut sorted = pieces(&all, piece);
        sorted.sort_unstable();
        ground.now = ground.stays(&pieces(&[window], piece), &ground.chosen, &assets);
        ground.placebo = ground.stays(&sorted, &ground.chosen, &assets);
        let in_base = |p: &Piece| base.iter().any(|b| b.0 <= p.span.0 && p.span.1 <= b.1);
        let own: usize = ground.placebo.iter().filter(|p| in_base(p)).map(|p| p.stays.len()).sum();
        if has_target && own < OWN_MIN {
            ground.own_base = false;
            ground.placebo = ground.stays(&sorted, &ours, &assets);
        }
        ground.base = ground.placebo.iter().filter(|p| in_base(p)).cloned().collect();
        ground.machine_pace = super::clients::machine_pace(&ground);
        let limit = ground.machine_pace;
        for s in ground.now.iter_mut().flat_map(|p| &mut p.stays).filter(|s| s.is_machine(limit)) {
            s.wants = s.requests;
            ground.machines.insert(s.key);
        }
        ground.count_seconds(&ours);
        ground
    }

    /// Every client's stay in each of these stretches (ascending, apart).
    fn stays(&self, spans: &[(i64, i64)], chosen: &[bool], assets: &[bool]) -> Vec<Piece> {
        let list = self.e.examined.attempts.list();
        let networks = &self.e.examined.visits.networks;
        let network = |key: u64| networks.binary_search_by_key(&key, |n| n.0).ok().map(|i| networks[i].1);
        let mut network_first: BTreeMap<Network, i64> = BTreeMap::new();
        for client in list.chunk_by(|a, b| a.client == b.client) {
            if let Some(n) = network(client[0].client) {
                let first = client.iter().map(|a| a.at).min().unwrap_or(i64::MAX);
                let known = network_first.entry(n).or_insert(i64::MAX);
                *known = first.min(*known);
            }
        }
        let mut out: Vec<Piece> = spans.iter().map(|&span| Piece { span, stays: Vec::new() }).collect();
        let place = |at: i64| {
            let i = spans.partition_point(|s| s.0 <= at);
            i.checked_sub(1).filter(|&i| at < spans[i].1)
        };
        for client in list.chunk_by(|a, b| a.client == b.client) {
            let key = client[0].client;
            let first = client.iter().map(|a| a.at).min().unwrap_or(i64::MAX);
            let mut own: BTreeMap<usize, Stay> = BTreeMap::new();
            for asked in client.chunk_by(|a, b| a.ask == b.ask) {
                let mut failed_at: Option<i64> = None;
                let mut last_piece = None;
                for second in asked.chunk_by(|a, b| a.at == b.at) {
                    let at = second[0].at;
                    let (good, bad) = second.iter().map(answers).fold((0, 0), |s, t| (s.0 + t.0, s.1 + t.1));
                    let again = failed_at.is_some_and(|f| at - f <= WANT);
                    let wants = wants(good, bad, again);
                    failed_at = (good == 0 && bad > 0).then_some(at);
                    let Some(piece) = place(at) else { continue };
                    let stay = own.entry(piece).or_default();
                    let leaf = second[0].leaf as usize;
                    let n = good + bad;
                    let asset = assets.get(leaf).copied().unwrap_or(false);
                    stay.assets[usize::from(!asset)] += n;
                    if last_piece != Some(piece) {
                        stay.asks += 1;
                        last_piece = Some(piece);
                    }
                    if !chosen.get(leaf).copied().unwrap_or(false) {
                        stay.elsewhere += n;
                        continue;
                    }
                    if stay.requests == 0 {
                        stay.active = (at, at);
                    }
                    stay.active = (stay.active.0.min(at), stay.active.1.max(at));
                    stay.requests += n;
                    stay.documents += if asset { 0 } else { n };
                    stay.failed += bad;
                    stay.wants += wants;
                }
            }
            for (piece, stay) in own.into_iter().filter(|(_, s)| s.requests > 0) {
                let from = spans[piece].0;
                let network = network(key);
                let network_known = network.and_then(|n| network_first.get(&n)).is_some_and(|&f| f < from);
                out[piece].stays.push(Stay { key, network, known: first < from, network_known, ..stay });
            }
        }
        out
    }

    fn count_seconds(&mut self, ours: &[bool]) {
        let list = self.e.examined.attempts.list();
        for asked in list.chunk_by(|a, b| a.client == b.client && a.ask == b.ask) {
            let mut failed_at: Option<i64> = None;
            for second in asked.chunk_by(|a, b| a.at == b.at) {
                let (at, leaf) = (second[0].at, second[0].leaf as usize);
                let (good, bad) = second.iter().map(answers).fold((0, 0), |s, t| (s.0 + t.0, s.1 + t.1));
                let again = failed_at.is_some_and(|f| at - f <= WANT);
                failed_at = (good == 0 && bad > 0 && !self.machines.contains(&second[0].client)).then_some(at);
                let wanted = if self.machines.contains(&second[0].client) { good + bad } else { wants(good, bad, again) };
                let more = [good + bad, bad, wanted];
                let add = |to: &mut BTreeMap<i64, Second>| {
                    to.entry(at).or_default().iter_mut().zip(more).for_each(|(s, m)| *s += m);
                };
                if ours.get(leaf).copied().unwrap_or(false) {
                    add(&mut self.site_seconds);
                }
                if self.chosen.get(leaf).copied().unwrap_or(false) {
                    add(&mut self.seconds);
                }
            }
        }
    }

    /// All stays of the window.
    pub fn stays_now(&self) -> impl Iterator<Item = &Stay> {
        self.now.iter().flat_map(|p| &p.stays)
    }

    /// All stays of the baseline compared with.
    pub fn stays_base(&self) -> impl Iterator<Item = &Stay> {
        self.base.iter().flat_map(|p| &p.stays)
    }

    /// Of the clients of the window with most requests, at most `most` and each with at least `least`: its seconds
    /// and requests there, by time. Busiest first.
    #[must_use]
    pub fn busiest(&self, most: usize, least: u64) -> Vec<(u64, Vec<(i64, u64)>)> {
        let mut sums: BTreeMap<u64, u64> = BTreeMap::new();
        for s in self.stays_now() {
            *sums.entry(s.key).or_default() += s.requests;
        }
        let mut keys: Vec<(u64, u64)> = sums.into_iter().map(|(k, n)| (n, k)).filter(|(n, _)| *n >= least).collect();
        keys.sort_unstable_by_key(|&(n, k)| (std::cmp::Reverse(n), k));
        keys.truncate(most);
        let list = self.e.examined.attempts.list();
        let seconds = |key: u64| {
            let from = list.partition_point(|a| a.client < key);
            let mut by: BTreeMap<i64, u64> = BTreeMap::new();
            let own = list[from..].iter().take_while(|a| a.client == key);
            for a in own.filter(|a| self.window.0 <= a.at && a.at < self.window.1 && self.chosen[a.leaf as usize]) {
                let (good, bad) = answers(a);
                *by.entry(a.at).or_default() += good + bad;
            }
            by.into_iter().collect()
        };
        keys.into_iter().map(|(_, key)| (key, seconds(key))).collect()
    }
}

/// Things wanted by one client of one thing in one second: every success is one; the first of them, or
/// the failures together, may belong to a want that had failed before.
fn wants(good: u64, bad: u64, again: bool) -> u64 {
    let all = if good > 0 { good } else { u64::from(bad > 0) };
    all.saturating_sub(u64::from(again))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_after_a_failure_are_the_same_want() {
        assert_eq!([wants(3, 0, false), wants(1, 4, false), wants(0, 4, false)], [3, 1, 1]);
        assert_eq!([wants(3, 0, true), wants(1, 4, true), wants(0, 4, true)], [2, 0, 0]);
    }

    #[test]
    fn pieces_are_whole_and_few_enough() {
        assert_eq!(pieces(&[(0, 25), (40, 49)], 10), [(0, 10), (10, 20)]);
        assert_eq!(pieces(&[(0, 1_000)], 1).len(), PIECES_MAX);
        assert!(pieces(&[(0, 5)], 0).is_empty());
    }

    #[test]
    fn a_page_with_its_pictures_has_the_pace_of_one_request() {
        let page = Stay { requests: 21, documents: 1, active: (0, 1), ..Stay::default() };
        let flood = Stay { requests: 300, documents: 300, active: (0, 99), ..Stay::default() };
        assert_eq!(page.pace(), 0.0);
        assert!((flood.pace() - 299.0 / 99.0).abs() < 1e-12);
    }
}

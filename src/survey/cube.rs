//! The finished survey: counts by series and bin in an order that depends on the data alone.

use super::batch::Run;
use super::sizes::Sizes;
use super::take::{Key, Sole, Survey};
use super::{Cell, Lowest, Passed, Print, STEPS, SizesSeen, Sketch, Trace, path_hash, places, ranks};
use crate::event::Tier;
use crate::ledger::{Example, Ledger, Reject};
use crate::resource::fold_by_cardinality;
use crate::time::{Micros, Span, Step};
use std::collections::BTreeMap;

/// A silence longer than this splits the bundle's time line into bodies: a month.
const BODY_GAP_SECS: i64 = 30 * 86_400;

/// A body farther away than this is suspect unless it holds half of all events: ten years.
const FAR_SECS: i64 = 10 * 365 * 86_400;

/// One series of the cube.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Series {
    /// Which tier logged it.
    pub tier: Tier,
    /// Which instance of it.
    pub instance: String,
    /// Host asked for; empty where not logged.
    pub host: String,
    /// Resource's name, without the host.
    pub name: String,
    /// Point of presence.
    pub pop: String,
    /// Backend.
    pub backend: String,
}

/// What was seen of one source.
#[derive(Clone, Debug, Default)]
pub struct SourceSeen {
    /// What became of its lines.
    pub ledger: Ledger,
    /// First and last event that counts.
    pub span: Option<(Micros, Micros)>,
    /// Events per bin (bin number, events), ascending.
    pub per_bin: Vec<(u32, u64)>,
    /// Of these, per bin, what was passed on to the next tier in.
    pub passed: Vec<(u32, Passed)>,
    /// Per bin of `per_bin` the sum of the hashes of its lines, wrapping; zeros where lines were not compared.
    pub hashes: Vec<u64>,
    /// A sample of its lines by hash, ascending: all those with hashes below `prints_below`.
    pub prints: Vec<(u64, Print)>,
    /// Below this hash no line is left out of `prints`.
    pub prints_below: u64,
    /// A sample of what was asked for, by key, ascending: all keys below `traces_below`.
    pub traces: Vec<(u64, Trace)>,
    /// Below this key none is left out of `traces`.
    pub traces_below: u64,
}

/// The finished survey.
#[derive(Debug)]
pub struct Cube {
    /// Width of its bins.
    pub step: Step,
    /// Where plausible events lie.
    pub span: Option<Span>,
    /// Spans outside which events are set aside as implausible: `span` widened to whole bins.
    pub plausible: Span,
    /// Series in order.
    pub series: Vec<Series>,
    /// (series, bin) with its counts, ascending; bins count from the epoch.
    pub cells: Vec<(u32, u32, Cell)>,
    /// One per source of the bundle.
    pub sources: Vec<SourceSeen>,
    /// How templates were folded by cardinality.
    folds: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Templates behind which there is only one path.
    soles: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Rule that made a name.
    rules: BTreeMap<Vec<u8>, usize>,
    sketches: BTreeMap<Tier, Sketch>,
    /// What size answers had when.
    pub sizes: SizesSeen,
    /// Level of folding by depth that the bound on names forced; 0 for none.
    pub level: usize,
    /// Whether there were too many hosts, POPs and backends to tell them apart.
    pub folded: bool,
}

impl Survey<'_> {
    /// Ends the first pass over `sources` sources: sets implausible times aside, folds templates by
    /// cardinality, puts everything in order.
    #[must_use]
    pub fn finish(mut self, sources: usize) -> Cube {
        let step = Step(STEPS[self.step]);
        let bodies = bodies(&self, step);
        let plausible = bodies.unwrap_or(Span::new(Micros(i64::MIN / 4), Micros(i64::MAX / 4)));
        let keeps = |bin: u32| plausible.contains(step.start(i64::from(bin)));
        let mut per_source: Vec<Vec<(u32, Run)>> = vec![Vec::new(); sources];
        for (&(source, bin), &run) in &self.per_source {
            if let Some(bins) = per_source.get_mut(source as usize) {
                bins.push((bin, run));
            }
        }
        let seen: Vec<SourceSeen> = per_source.into_iter().enumerate().map(|(i, bins)| seen(&mut self, i, bins, keeps)).collect();
        let span = seen.iter().filter_map(|s| s.span).map(|(a, b)| Span::new(a, b.plus(1))).reduce(Span::hull);

        let mut requests = vec![0u64; self.templates.len()];
        for (_, series, cell) in self.cells.iter().filter(|(bin, _, _)| keeps(*bin)) {
            requests[self.series[series as usize].1 as usize] += cell.total();
        }
        let names = self.templates.iter().map(<[u8]>::to_vec);
        let mut counts: BTreeMap<Vec<u8>, u64> = names.zip(requests).filter(|(_, n)| *n > 0).collect();
        let rules: BTreeMap<Vec<u8>, usize> =
            self.templates.iter().zip(&self.rules).filter_map(|(n, r)| r.map(|r| (n.to_vec(), r))).collect();
        counts.retain(|name, _| !rules.contains_key(name));
        let folds = fold_by_cardinality(&counts);
        let soles = soles(&self, &folds);
        let mut cube = Cube {
            step,
            span,
            plausible,
            series: Vec::new(),
            cells: Vec::new(),
            sources: seen,
            folds,
            soles,
            rules,
            sketches: std::mem::take(&mut self.sketches).into_iter().collect(),
            sizes: Sizes::default().finish(&[], |_| false),
            level: self.level(),
            folded: self.fronts.is_folded(),
        };
        let (texts, names) = (self.fronts.texts(), cube.names(&self));
        cube.sizes = std::mem::take(&mut self.sizes).finish(&names, |at| plausible.contains(at));
        let (text, name) = (ranks(&texts), ranks(&names));
        let key = |&(front, template): &Key| {
            let f = self.fronts.front(front);
            let of = |id: u32| text[id as usize];
            (f.tier, of(f.instance), of(f.host), name[template as usize], of(f.pop), of(f.backend))
        };
        let (place, holders) = places(&self.series.iter().map(key).collect::<Vec<_>>());
        let series = |&i: &usize| {
            let (front, template) = self.series[i];
            let f = self.fronts.front(front);
            let of = |id: u32| texts[id as usize].clone();
            let name = names[template as usize].clone();
            Series { tier: f.tier, instance: of(f.instance), host: of(f.host), name, pop: of(f.pop), backend: of(f.backend) }
        };
        cube.series = holders.iter().map(series).collect();
        cube.cells = self.cells.sorted(&place, holders.len(), keeps, Cell::merge);
        cube
    }
}

impl Cube {
    /// The resource of each template, by number.
    fn names(&self, survey: &Survey<'_>) -> Vec<String> {
        survey.templates.iter().map(|t| self.resource(t)).collect()
    }

    /// The resource that a template is counted under, as shown.
    #[must_use]
    pub fn resource(&self, template: &[u8]) -> String {
        let folded = self.folds.get(template).map_or(template, Vec::as_slice);
        let shown = self.soles.get(folded).map_or(folded, Vec::as_slice);
        String::from_utf8_lossy(shown).into_owned()
    }

    /// The rule of `incident.toml` that made this name, if one did.
    #[must_use]
    pub fn rule_of(&self, name: &str) -> Option<usize> {
        self.rules.get(name.as_bytes()).copied()
    }

    /// Whether the single path stands out in `tier`: at least `requests` requests or `bad` bad ones
    /// (never misses one that does; may say yes for one that shares a bucket with it).
    #[must_use]
    pub fn stands_out(&self, tier: Tier, host: &[u8], path: &[u8], requests: u64, bad: u64) -> bool {
        self.sketches.get(&tier).is_some_and(|s| s.is_heavy(path_hash(host, path), requests, bad))
    }

    /// The bins that hold events, as a range of bin numbers `from..to`; empty without events.
    #[must_use]
    pub fn bins(&self) -> std::ops::Range<u32> {
        let low = self.cells.iter().map(|c| c.1).min().unwrap_or(0);
        let high = self.cells.iter().map(|c| c.1.saturating_add(1)).max().unwrap_or(0);
        low..high
    }
}

/// Where the bundle's events plausibly lie. Occupied bins fall into bodies parted by silences of
/// more than a month; a body is set aside when it holds less than a hundredth of the events, or
/// lies more than ten years from the main one and holds less than half.
/// Situation: a clock that was not set writes `01/Jan/1970:00:00:07 +0000`, a test machine writes 2099.
fn bodies(survey: &Survey<'_>, step: Step) -> Option<Span> {
    let mut per_bin: BTreeMap<u32, u64> = BTreeMap::new();
    for (&(_, bin), run) in &survey.per_source {
        *per_bin.entry(bin).or_default() += run.events;
    }
    let gap = (BODY_GAP_SECS / step.0).max(1);
    let mut bodies: Vec<(u32, u32, u64)> = Vec::new();
    for (bin, n) in per_bin {
        match bodies.last_mut() {
            Some(b) if i64::from(bin) - i64::from(b.1) <= gap => (b.1, b.2) = (bin, b.2 + n),
            _ => bodies.push((bin, bin, n)),
        }
    }
    let total: u64 = bodies.iter().map(|b| b.2).sum();
    let main = *bodies.iter().max_by_key(|b| (b.2, std::cmp::Reverse(b.0)))?;
    let kept = bodies.iter().filter(|b| {
        let distance = (i64::from(b.0) - i64::from(main.1)).max(i64::from(main.0) - i64::from(b.1)) * step.0;
        **b == main || (b.2 * 100 >= total && distance <= FAR_SECS)
    });
    let (low, high) = kept.fold((main.0, main.1), |(l, h), b| (l.min(b.0), h.max(b.1)));
    Some(Span::new(step.start(i64::from(low)), step.start(i64::from(high) + 1)))
}

/// One source: its ledger with implausible events moved to the rejected ones, its span, its bins.
fn seen(survey: &mut Survey<'_>, source: usize, mut bins: Vec<(u32, Run)>, keeps: impl Fn(u32) -> bool) -> SourceSeen {
    let mut ledger = survey.ledgers.remove(&source).unwrap_or_default();
    bins.sort_unstable_by_key(|b| b.0);
    let (kept, implausible): (Vec<_>, Vec<_>) = bins.into_iter().partition(|(b, _)| keeps(*b));
    for (_, run) in implausible {
        ledger.events -= run.events.min(ledger.events);
        *ledger.rejected.entry(Reject::ImplausibleTime).or_default() += run.events;
        for (at, line) in [run.ends.0, run.ends.1] {
            ledger.example(Example { line, reason: Reject::ImplausibleTime, excerpt: format!("time stamp {at}").into_bytes() });
        }
    }
    let span = kept.first().zip(kept.last()).map(|(first, last)| (first.1.ends.0.0, last.1.ends.1.0));
    let passed = kept.iter().map(|(bin, run)| (*bin, run.passed)).collect();
    let (prints, prints_below) = survey.prints.remove(&source).map_or((Vec::new(), u64::MAX), Lowest::finish);
    let (mut traces, traces_below) = survey.traces.remove(&source).map_or((Vec::new(), u64::MAX), Lowest::finish);
    traces.iter_mut().for_each(|(_, trace)| trace.sightings.sort_unstable());
    let hashes = kept.iter().map(|(_, run)| run.hashes).collect();
    let per_bin = kept.into_iter().map(|(bin, run)| (bin, run.events)).collect();
    SourceSeen { ledger, span, per_bin, passed, hashes, prints, prints_below, traces, traces_below }
}

/// Folded templates behind which stands one single path: shown as that path.
fn soles(survey: &Survey<'_>, folds: &BTreeMap<Vec<u8>, Vec<u8>>) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut found: BTreeMap<Vec<u8>, Option<Vec<u8>>> = BTreeMap::new();
    for ((name, sole), rule) in survey.templates.iter().zip(&survey.soles).zip(&survey.rules) {
        if rule.is_some() {
            continue;
        }
        let folded = folds.get(name).map_or(name, Vec::as_slice).to_vec();
        let path = match sole {
            Sole::One(p) if p.first() == Some(&b'/') => Some(p.to_vec()),
            _ => None,
        };
        found.entry(folded).and_modify(|known| *known = None).or_insert(path);
    }
    found.into_iter().filter_map(|(name, path)| path.filter(|p| *p != name).map(|p| (name, p))).collect()
}

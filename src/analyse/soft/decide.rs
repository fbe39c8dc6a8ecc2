//! Question: is a size (or a redirect) that dominated for a while an error page, or new content?
//! Method: written signs on exact sizes. Counted as failures is only what dominated, was hardly
//! known before and afterwards, ended, met many clients and is far smaller than what is served
//! otherwise, with one sign more that new content does not give.
//! Assumes: an error page is one page; new content is as varied as the old.
//! Reference: see `analyse::soft`.

mod telling;

use super::risen::{self, STANDS_OUT, more_often};
use super::screen::{ANSWERS_MIN, DOMINATES, SECOND_MIN};
use crate::case::soft::{SoftAnswers, SoftKind};
use crate::event::Tier;
use crate::examine::probe::{
    AFTER, BEFORE, CLIENTS_TOLD, Clients, FIRST, Key, Parts, Probed, SECOND, Sized, Suspect, Thing, Whom,
};
use crate::outcome::{Asked, FoundRule, Sign, Verb};
use crate::survey::{EMPTY, Mode, NO_CONTENT, REDIRECT};
use crate::time::{Micros, Span};
use crate::words::{count, percent};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use telling::{asked, bytes_words, rules, told};

/// How many times as large a share as outside its stretch a size must have in it.
const RATIO: f64 = 20.0;

/// Distinct clients that must have met it: more than ten, as with what was hardly served before (`analyse::few`).
const CLIENTS_MIN: usize = 11;

/// Answers on either side from which one can tell that the size was not there before, or went away.
const SIDE_MIN: u64 = 10;

/// Share of them that may have had it all the same: the borders are known to a step only.
const SIDE_MAX: f64 = 0.1;

/// An error page is smaller than this part of what nine tenths of the other answers have at least.
const SMALL: f64 = 0.5;

/// Smaller than this part no packing makes a page: text packs to a fifth or a third.
const BEYOND_PACKING: f64 = 0.1;

/// An answer of fewer bytes says nothing (`[]`, `null`, `ok`); it may mean that there is nothing to tell.
const PAGE_MIN: u64 = 8;

/// Paths of different sizes that must have answered with one and the same.
const PATHS_MIN: usize = 3;

/// As many are needed where the size is not small.
const PATHS_MANY: usize = 5;

/// Share of the former sizes among the answers, in both halves of the stretch, that new content does not leave.
const INTERLEAVED: RangeInclusive<f64> = 0.05..=0.4;

/// Largest share of one size (with its neighbours) where sizes are said to vary.
const VARIED: f64 = 0.6;

/// Different sizes that appeared at once, from which on it was a change of the whole site.
const CHANGES_MAX: usize = 3;

/// A stretch of more seconds than this in which demand was less than half of what it is otherwise may be a quiet time.
const QUIET_SECS: f64 = 3_600.0;

/// Share of the answers in question that a single path may hold where they are told of a resource.
const ONE_PATH: f64 = 0.8;

/// Answers of a neighbouring class that may be stray ones, where the size in question is a rare one.
const STRAY: u64 = 2;

/// Answers of one client that are taken for independent of each other, at most.
const PER_CLIENT: f64 = 3.0;

/// Log-likelihood ratio that must be left then: the screen has searched among all stretches and sizes (ln 100,000).
const CLIENTS_EXCESS: f64 = 11.5;

/// Classes from the smallest to the largest of sizes that are called one size.
const ONE_SIZE: u16 = 2;

/// Share of the answers after the stretch that must look like those before it: else sizes change all the time.
const SETTLED: f64 = 0.5;

/// Classes that are as good as one for that.
const ALIKE: u16 = 4;

/// A stretch of more seconds than this, of a size that is not small, is taken for new content that was meant.
const PASSING_SECS: f64 = 3.0 * 3_600.0;

/// Part of the former answers' rate from which on the others came on top of them: other visitors rather than the same
/// ones served otherwise.
const ON_TOP: f64 = 0.9;

/// Share from which on that can be told from the ordinary ups and downs of demand.
const ON_TOP_SHARE: f64 = 0.2;

/// Share of status 204 above which it says of the thing itself that there is nothing to send, and not of a part of the
/// requests that they failed.
const SAID_TO_ALL: f64 = 0.95;

/// How many times the ordinary number of requests is a crowd; visitors who try again make hardly as many, unless all fail.
const CROWD: f64 = 2.0;

/// Bytes that nine tenths of the other answers have at least where an answer without a body is an empty page.
const BODY_MIN: u64 = 100;

/// Log-likelihood ratio from which on a size in the log of another tier is what was found at the outermost one: there is
/// one stretch to look at, and a few hundred sizes.
const OWN_EXCESS: f64 = 10.0;

/// Share of answers without a body from which on these are no few connections that broke.
const EMPTY_MIN: f64 = 0.2;

/// What was found.
#[derive(Debug, Default)]
pub struct Decided {
    /// Rules by which the sure ones count as failed.
    pub rules: Vec<FoundRule>,
    /// All of them in words, those counted first.
    pub told: Vec<SoftAnswers>,
}

/// Something with its answers at the outermost tier, in one format.
struct Candidate<'a> {
    suspect: usize,
    format: &'static str,
    host: &'a [u8],
    /// `None` for all paths of the suspect.
    path: Option<&'a [u8]>,
    weighed: Weighed,
}

/// The evidence on one candidate.
struct Weighed {
    during: (u64, u64),
    outside: (u64, u64),
    bytes: (u64, u64),
    usual: Option<(u64, u64)>,
    ends: (Micros, Micros),
    clients: usize,
    small: bool,
    tiny: bool,
    dominates: bool,
    returns: bool,
    known_before: bool,
    quiet: bool,
    /// Found by its share having risen, whatever it is.
    risen: bool,
    /// Not only its share but its number rose beyond chance.
    surely: bool,
    /// Answers after the stretch look like those before it, and it did not last.
    passing: bool,
    /// The former answers went on at their rate: these came on top of them.
    on_top: bool,
    /// So many came on top, with sizes that vary, that it is a crowd that asks for something else.
    crowd: bool,
    /// What is known of it is that it has no body: status 204, or no byte.
    empty: bool,
    /// That it is status 200 without a byte.
    empty_page: bool,
    /// Redirects were ordinary for a part of the visitors.
    known: bool,
    /// Signs that new content does not give, in words.
    signs: Vec<String>,
    /// Paths of different sizes that answered with the one.
    paths: usize,
    changed_site: bool,
}

/// Decides on every suspect. `tier` is the outermost one, `all` the time of the logs; `pattern` tells the user's
/// pattern behind a resource that a rule of `incident.toml` named.
#[must_use]
pub fn decide(
    suspects: &[Suspect],
    probed: &Probed,
    tier: Tier,
    all: Option<Span>,
    pattern: &dyn Fn(&str) -> Option<String>,
) -> Decided {
    let Some(all) = all else { return Decided::default() };
    let mut candidates = Vec::new();
    for (i, (suspect, things)) in suspects.iter().zip(probed).enumerate() {
        candidates.extend(candidates_of(i, suspect, things, tier, all));
    }
    let mut candidates = without_doubles(candidates, suspects);
    mark_changes(&mut candidates, suspects);
    let mut decided = Decided::default();
    for c in &candidates {
        let suspect = &suspects[c.suspect];
        let redirect = suspect.mode.high == REDIRECT;
        let Some(asked) = asked(c, suspect, pattern) else { continue };
        let counted = c.weighed.is_sure(redirect);
        if counted {
            decided.rules.extend(rules(c, suspect, &probed[c.suspect], tier, &asked));
        }
        decided.told.push(told(c, suspect, &asked, counted));
    }
    decided.told.sort_by(|a, b| {
        (b.counted, b.soft)
            .cmp(&(a.counted, a.soft))
            .then_with(|| (&a.resource, &a.host, a.from).cmp(&(&b.resource, &b.host, b.from)))
    });
    decided
}

/// The single paths of a suspect, and for a resource all of them together, that pass the first gates.
fn candidates_of<'a>(
    i: usize,
    suspect: &'a Suspect,
    things: &'a BTreeMap<Key, Thing>,
    tier: Tier,
    all: Span,
) -> Vec<Candidate<'a>> {
    let mut out = Vec::new();
    let mut pools: BTreeMap<(&'static str, &[u8]), Vec<&Thing>> = BTreeMap::new();
    for (key, thing) in things.iter().filter(|(k, _)| k.tier == tier) {
        // A path that is always answered like that, or was never asked for otherwise, shows no change.
        if !suspect.risen || changed(suspect, thing) {
            pools.entry((key.format, &key.host)).or_default().push(thing);
        }
        if let Some(weighed) = weigh(suspect, &[thing], all) {
            out.push(Candidate { suspect: i, format: key.format, host: &key.host, path: Some(&key.path), weighed });
        }
    }
    if matches!(suspect.whom, Whom::Resource(_)) {
        for ((format, host), things) in pools {
            let soft = |t: &Thing| sum(&t.parts, &[FIRST, SECOND], Some(&classes(suspect, &t.parts)));
            let (most, sum) = things.iter().map(|t| soft(t)).fold((0, 0), |(m, s): (u64, u64), n| (m.max(n), s + n));
            if most as f64 > ONE_PATH * sum as f64 {
                continue;
            }
            if let Some(weighed) = weigh(suspect, &things, all) {
                out.push(Candidate { suspect: i, format, host, path: None, weighed });
            }
        }
    }
    out
}

/// Whether a path had other answers outside the stretch, mostly.
fn changed(suspect: &Suspect, thing: &Thing) -> bool {
    let soft = classes(suspect, &thing.parts);
    let (hit, n) = (sum(&thing.parts, &[BEFORE, AFTER], Some(&soft)), sum(&thing.parts, &[BEFORE, AFTER], None));
    n > 0 && 2 * hit < n
}

/// Each thing once: a path that two suspects hold, and the paths of a resource that is told as a whole.
fn without_doubles<'a>(mut all: Vec<Candidate<'a>>, suspects: &[Suspect]) -> Vec<Candidate<'a>> {
    let sure = |c: &Candidate<'_>| c.weighed.is_sure(suspects[c.suspect].mode.high == REDIRECT);
    // Whole resources first, then what is sure, then what has most answers.
    all.sort_by(|a, b| {
        let rank = |c: &Candidate<'_>| (c.path.is_none() && sure(c), sure(c), c.path.is_some(), c.weighed.during.0);
        rank(b).cmp(&rank(a)).then_with(|| (a.host, a.path, a.suspect).cmp(&(b.host, b.path, b.suspect)))
    });
    let mut kept: Vec<Candidate<'a>> = Vec::new();
    for c in all {
        let same = |k: &&Candidate<'a>| {
            let verbs = suspects[k.suspect].verb == suspects[c.suspect].verb;
            let names = match (k.path, c.path, &suspects[k.suspect].whom) {
                (Some(a), Some(b), _) => a == b,
                (None, Some(path), Whom::Resource(name)) => {
                    k.suspect == c.suspect || Asked::template(name).is_some_and(|t| t.holds(path))
                }
                (Some(path), None, _) => match &suspects[c.suspect].whom {
                    Whom::Resource(name) => k.suspect == c.suspect || Asked::template(name).is_some_and(|t| t.holds(path)),
                    Whom::Bucket(_) => false,
                },
                _ => k.suspect == c.suspect,
            };
            names && verbs && k.host == c.host && suspects[k.suspect].span.overlaps(suspects[c.suspect].span)
        };
        if !kept.iter().any(|k| same(&k)) {
            kept.push(c);
        }
    }
    kept
}

/// Several different new sizes at once are a change of the site (packing switched on, a new version), not error pages.
fn mark_changes(all: &mut [Candidate<'_>], suspects: &[Suspect]) {
    let sizes: Vec<(Span, u16)> =
        all.iter().map(|c| &suspects[c.suspect]).filter(|s| !is_special(s.mode)).map(|s| (s.span, s.mode.low)).collect();
    for c in all.iter_mut() {
        let own = suspects[c.suspect].span;
        let mut at_once: Vec<u16> = sizes
            .iter()
            .filter(|(span, _)| span.intersect(own).is_some_and(|i| 2.0 * i.secs() > own.secs().max(span.secs())))
            .map(|s| s.1)
            .collect();
        at_once.sort_unstable();
        at_once.dedup_by(|b, a| b.abs_diff(*a) <= 2);
        c.weighed.changed_site = !is_special(suspects[c.suspect].mode) && at_once.len() > CHANGES_MAX;
    }
}

/// Whether a class is meant that stands for something else than a size.
fn is_special(mode: Mode) -> bool {
    matches!(mode.high, EMPTY | NO_CONTENT | REDIRECT)
}

/// The classes in question: those of the suspect, and their neighbours where these appeared with them.
fn classes(suspect: &Suspect, parts: &Parts) -> RangeInclusive<u16> {
    let mode = suspect.mode;
    if is_special(mode) {
        return mode.low..=mode.high;
    }
    let new = |class: u16| {
        let one = class..=class;
        let during = sum(parts, &[FIRST, SECOND], Some(&one));
        let stray = if suspect.risen { STRAY } else { 0 };
        class < NO_CONTENT
            && class != EMPTY
            && during > stray
            && (sum(parts, &[BEFORE, AFTER], Some(&one)) as f64) * RATIO < during as f64
    };
    let low = mode.low.checked_sub(1).filter(|c| new(*c)).unwrap_or(mode.low);
    let high = if new(mode.high + 1) { mode.high + 1 } else { mode.high };
    low..=high
}

/// Answers in some parts of the time, of some classes or of all.
fn sum(parts: &Parts, which: &[usize], classes: Option<&RangeInclusive<u16>>) -> u64 {
    let wanted = |class: &u16| classes.is_none_or(|c| c.contains(class));
    which.iter().flat_map(|&p| &parts[p]).filter(|(class, _)| wanted(class)).map(|(_, s)| s.n).sum()
}

/// All answers of some classes in the stretch as one.
fn whole(parts: &Parts, classes: &RangeInclusive<u16>) -> Option<Sized> {
    let sized = [FIRST, SECOND].into_iter().flat_map(|p| parts[p].range(classes.clone())).map(|(_, s)| *s);
    sized.reduce(|mut a, b| {
        a.merge(&b);
        a
    })
}

/// Sizes outside the stretch, without those in question and without redirects, ascending.
fn former(parts: &Parts, not: &RangeInclusive<u16>) -> BTreeMap<u16, Sized> {
    let mut out: BTreeMap<u16, Sized> = BTreeMap::new();
    for (class, sized) in [BEFORE, AFTER].into_iter().flat_map(|p| &parts[p]) {
        if !not.contains(class) && *class != REDIRECT && *class != NO_CONTENT {
            out.entry(*class).and_modify(|s| s.merge(sized)).or_insert(*sized);
        }
    }
    out
}

/// The class that holds the `q` quantile.
fn quantile(sizes: &BTreeMap<u16, Sized>, q: f64) -> Option<Sized> {
    let wanted = q * sizes.values().map(|s| s.n).sum::<u64>() as f64;
    let mut reached = 0;
    sizes.values().copied().find(|s| {
        reached += s.n;
        reached as f64 >= wanted
    })
}

/// The class that most have, and its share with those of its neighbours.
fn commonest(sizes: &BTreeMap<u16, Sized>) -> Option<(u16, f64)> {
    let (&class, _) = sizes.iter().max_by_key(|(class, s)| (s.n, std::cmp::Reverse(**class)))?;
    let near: u64 = sizes.range(class.saturating_sub(1)..=class.saturating_add(1)).map(|(_, s)| s.n).sum();
    Some((class, near as f64 / sizes.values().map(|s| s.n).sum::<u64>().max(1) as f64))
}

/// Weighs things taken together; `None` where nothing dominated that was hardly known, or only few clients met it.
fn weigh(suspect: &Suspect, things: &[&Thing], all: Span) -> Option<Weighed> {
    let mut pool = Thing::default();
    things.iter().for_each(|t| pool.merge(t));
    let (parts, redirect) = (&pool.parts, suspect.mode.high == REDIRECT);
    let soft = classes(suspect, parts);
    let of = |which: &[usize]| (sum(parts, which, Some(&soft)), sum(parts, which, None));
    let (during, outside) = (of(&[FIRST, SECOND]), of(&[BEFORE, AFTER]));
    let share = |(soft, n): (u64, u64)| soft as f64 / n.max(1) as f64;
    let elsewhere = (outside.0 as f64 + 0.5) / (outside.1 as f64 + 1.0);
    let (least_share, ratio) = if suspect.risen { risen::least(suspect.mode, outside) } else { (SECOND_MIN, RATIO) };
    let enough = if suspect.risen { CLIENTS_MIN as u64 } else { ANSWERS_MIN };
    if during.1 < enough || outside.1 < ANSWERS_MIN || share(during) < least_share || share(during) <= ratio * elsewhere {
        return None;
    }
    let (inside, out_of) = (suspect.span.secs(), (all.secs() - suspect.wide.secs()).max(1.0));
    if suspect.risen
        && !(is_beyond_chance(&pool, during, outside) && more_often(during.0, inside, outside.0, out_of) >= risen::OFTEN)
    {
        return None;
    }
    if !met_by_many(&pool.hit, &pool.others) {
        return None;
    }
    let answers = whole(parts, &soft)?;
    let former = former(parts, &soft);
    let least = quantile(&former, 0.1).map(|s| s.bytes.0);
    let usual = quantile(&former, 0.05).zip(quantile(&former, 0.95)).map(|(a, b)| (a.bytes.0, b.bytes.1));
    let empty = matches!(suspect.mode.high, EMPTY | NO_CONTENT) && least.is_some_and(|l| l >= BODY_MIN);
    let part_of_least = if empty { 0.0 } else { least.map_or(1.0, |l| answers.bytes.1 as f64 / l.max(1) as f64) };
    let side_max = if suspect.risen && is_special(suspect.mode) { SIDE_MAX.max(share(during) / ratio) } else { SIDE_MAX };
    let gone = |part: usize| {
        let (soft, n) = of(&[part]);
        n >= SIDE_MIN && soft as f64 <= side_max * n as f64
    };
    let paths = changed_paths(suspect, things);
    let quiet = inside > QUIET_SECS && during.1 as f64 / inside < 0.5 * outside.1 as f64 / out_of;
    let small = part_of_least < SMALL;
    let former_rate = |(soft, n): (u64, u64), secs: f64| (n - soft) as f64 / secs;
    let crowd = during.1 as f64 / inside.max(1.0) >= CROWD * outside.1 as f64 / out_of;
    let (went_on, usual_then) = ((during.1 - during.0) as f64, former_rate(outside, out_of) * inside);
    // Of a crowd that came on top one may find a few of the ordinary visitors fewer, by chance.
    let on_top = (crowd && went_on >= ON_TOP * usual_then - 2.0 * usual_then.sqrt())
        || (share(during) >= ON_TOP_SHARE && went_on >= ON_TOP * usual_then);
    let mut signs = Vec::new();
    let mut tiny = false;
    if empty {
        let body = bytes_words((least.unwrap_or(0), least.unwrap_or(0)));
        signs.push(format!("They had no body, where nine tenths of the other answers had at least {body}."));
    } else if !redirect {
        tiny = part_of_least < BEYOND_PACKING && answers.bytes.0 >= PAGE_MIN;
        if tiny {
            signs
                .push("They are smaller than a tenth of what was served otherwise: packing a page makes it no such size.".into());
        }
        let one_size = soft.end() - soft.start() <= ONE_SIZE || whole_is_narrow(answers.bytes);
        if things.len() == 1 && one_size && commonest(&former).is_some_and(|(_, share)| share < VARIED) {
            signs.push("Sizes varied otherwise, and these answers all had one size.".into());
        }
        if paths >= PATHS_MIN {
            signs.push(format!(
                "{} different paths, which had different sizes otherwise, all answered with this one.",
                count(paths as u64)
            ));
        }
        let others = |part| 1.0 - share(of(&[part]));
        if !(suspect.risen && on_top) && INTERLEAVED.contains(&others(FIRST)) && INTERLEAVED.contains(&others(SECOND)) {
            signs.push(
                "Some requests were still answered with the former sizes all the while: new content would have replaced them."
                    .into(),
            );
        }
    }
    Some(Weighed {
        during,
        outside,
        bytes: answers.bytes,
        usual,
        ends: answers.ends,
        clients: pool.hit.len(),
        small,
        // What does not dominate is looked at only where it is far too small for a variant of the page.
        dominates: share(during) >= DOMINATES,
        tiny,
        returns: gone(BEFORE) && gone(AFTER),
        known_before: gone(BEFORE),
        quiet,
        risen: suspect.risen,
        surely: more_often(during.0, inside, outside.0, out_of) >= STANDS_OUT,
        passing: settled(parts, &soft) && (small || redirect || inside <= PASSING_SECS),
        on_top,
        crowd: on_top && crowd && answers.bytes.0 != answers.bytes.1 && !tiny,
        empty,
        empty_page: suspect.mode.high == EMPTY,
        known: elsewhere > share(during) / RATIO,
        signs,
        paths,
        changed_site: false,
    })
}

/// Whether the rise is beyond chance if what a client got tells nothing beyond the first three times: numbers of
/// answers are brought down to that many of each client.
fn is_beyond_chance(pool: &Thing, during: (u64, u64), outside: (u64, u64)) -> bool {
    let scaled = |n: u64, by: f64| (n as f64 * by.min(1.0)).round() as u64;
    let by_hits = PER_CLIENT * pool.hit.estimate() / during.0.max(1) as f64;
    let by_others = PER_CLIENT * pool.others.estimate() / outside.1.max(1) as f64;
    let inside = (scaled(during.0, by_hits), scaled(during.1, by_hits));
    risen::excess(inside, (scaled(outside.0, by_others), scaled(outside.1, by_others))) >= CLIENTS_EXCESS
}

/// Whether all have as good as one size.
fn whole_is_narrow((low, high): (u64, u64)) -> bool {
    high - low <= (low / 20).max(16)
}

/// Whether what was answered after the stretch is what had been answered before it.
fn settled(parts: &Parts, soft: &RangeInclusive<u16>) -> bool {
    let others = |part: usize| parts[part].iter().filter(|(class, _)| !soft.contains(class));
    let known: BTreeSet<u16> = others(BEFORE).map(|(class, _)| *class).collect();
    let near = |class: u16| known.range(class.saturating_sub(ALIKE)..=class.saturating_add(ALIKE)).next().is_some();
    let (all, alike) =
        others(AFTER).fold((0, 0), |(all, alike), (class, s)| (all + s.n, alike + if near(*class) { s.n } else { 0 }));
    all > 0 && alike as f64 >= SETTLED * all as f64
}

/// Whether more than ten clients met it. Where clients cannot be told apart, nobody knows.
fn met_by_many(hit: &Clients, others: &Clients) -> bool {
    hit.len() >= CLIENTS_MIN && others.len() > 3
}

/// Paths that had sizes of their own and answered mostly with the one: as many as there were different sizes.
fn changed_paths(suspect: &Suspect, things: &[&Thing]) -> usize {
    let sizes: BTreeSet<u16> = things
        .iter()
        .filter_map(|t| {
            let soft = classes(suspect, &t.parts);
            let (hit, n) = (sum(&t.parts, &[FIRST, SECOND], Some(&soft)), sum(&t.parts, &[FIRST, SECOND], None));
            let enough = if suspect.risen { hit > 0 && changed(suspect, t) } else { hit * 2 > n };
            (n > 0 && enough).then(|| commonest(&former(&t.parts, &soft)))?.map(|c| c.0)
        })
        .collect();
    sizes.len()
}

/// A share of counts (some, all).
fn share_of((some, all): (u64, u64)) -> f64 {
    some as f64 / all.max(1) as f64
}

impl Weighed {
    /// Whether these are failures beyond reasonable doubt.
    fn is_sure(&self, redirect: bool) -> bool {
        let like_an_error = if redirect {
            self.dominates && !(self.known && self.on_top)
        } else if self.empty {
            let share = share_of(self.during);
            share >= EMPTY_MIN && !self.on_top && (self.empty_page || share <= SAID_TO_ALL)
        } else if self.small {
            !self.signs.is_empty() && (self.dominates || self.tiny || (self.risen && self.surely && !self.on_top))
        } else {
            self.paths >= PATHS_MANY && (self.dominates || (self.risen && self.surely && !self.on_top))
        };
        self.returns && like_an_error && !self.quiet && !self.changed_site
    }

    /// Whether it is worth telling at all: a new version of much the same size is not, if it stays.
    fn is_worth_telling(&self, redirect: bool) -> bool {
        let passing = self.risen && self.returns && self.passing && !self.on_top;
        let rose = self.risen && (self.returns || !self.signs.is_empty()) && !self.crowd;
        let small = ((self.dominates && !self.risen) || self.tiny || rose) && (redirect || self.small || self.paths >= PATHS_MIN);
        small || passing
    }

    /// Whether it may well have been an outage: what came and went, or bears a sign. A smaller page that stays is ordinary.
    fn may_be_outage(&self, redirect: bool) -> bool {
        let like_one = !redirect && (self.small || self.paths >= PATHS_MANY) && (self.returns || !self.signs.is_empty());
        let came_and_went = self.risen && self.returns && self.passing && !self.quiet && !self.on_top;
        (like_one || came_and_went) && !self.changed_site && !self.crowd
    }

    /// What is open, in words.
    fn open(&self, redirect: bool) -> Vec<String> {
        let mut out = Vec::new();
        if !self.returns {
            let side = if self.known_before { "after" } else { "before" };
            out.push(format!(
                "The logs do not show the former answers {side} it: it may be {} that was meant.",
                if redirect { "a move" } else { "new content" }
            ));
        }
        if self.quiet {
            out.push("There was less than half of the ordinary demand meanwhile: it may be a quiet time in which there is little to show.".into());
        }
        if self.changed_site {
            out.push("Several other things changed to other new sizes at the same time: it may be a change in how pages are packed, or a new version.".into());
        }
        if self.risen && self.on_top && !self.tiny {
            out.push("The former answers went on at their rate, and these came on top of them: it may be other visitors, who are answered otherwise.".into());
        }
        if self.risen && !self.dominates && !self.tiny {
            out.push(
                "It may have been a banner, a test of another version of the page, or a state that only some visitors are in."
                    .into(),
            );
        }
        if !redirect && self.signs.is_empty() {
            out.push("Nothing but its size sets it apart.".into());
        }
        out
    }
}

#[cfg(test)]
mod tests;

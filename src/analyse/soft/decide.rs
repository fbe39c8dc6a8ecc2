//! Question: is a size (or a redirect) that dominated for a while an error page, or new content?
//! Method: written signs on exact sizes. Counted as failures is only what dominated, was hardly
//! known before and afterwards, ended, met many clients and is far smaller than what is served
//! otherwise, with one sign more that new content does not give.
//! Assumes: an error page is one page; new content is as varied as the old.
//! Reference: see `analyse::soft`.

use super::screen::{ANSWERS_MIN, DOMINATES, SECOND_MIN};
use crate::case::soft::{SoftAnswers, SoftKind};
use crate::event::Tier;
use crate::examine::probe::{
    AFTER, BEFORE, CLIENTS_TOLD, Clients, FIRST, Key, Parts, Probed, SECOND, Sized, Suspect, Thing, Whom,
};
use crate::outcome::{Asked, FoundRule, Sign};
use crate::survey::REDIRECT;
use crate::time::{Micros, Span};
use crate::words::{count, percent};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

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
        pools.entry((key.format, &key.host)).or_default().push(thing);
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
            names && k.host == c.host && suspects[k.suspect].span.overlaps(suspects[c.suspect].span)
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
        all.iter().map(|c| &suspects[c.suspect]).filter(|s| s.mode.high != REDIRECT).map(|s| (s.span, s.mode.low)).collect();
    for c in all.iter_mut() {
        let own = suspects[c.suspect].span;
        let mut at_once: Vec<u16> = sizes
            .iter()
            .filter(|(span, _)| span.intersect(own).is_some_and(|i| 2.0 * i.secs() > own.secs().max(span.secs())))
            .map(|s| s.1)
            .collect();
        at_once.sort_unstable();
        at_once.dedup_by(|b, a| b.abs_diff(*a) <= 2);
        c.weighed.changed_site = suspects[c.suspect].mode.high != REDIRECT && at_once.len() > CHANGES_MAX;
    }
}

/// The classes in question: those of the suspect, and their neighbours where these appeared with them.
fn classes(suspect: &Suspect, parts: &Parts) -> RangeInclusive<u16> {
    let mode = suspect.mode;
    if mode.high == REDIRECT {
        return REDIRECT..=REDIRECT;
    }
    let new = |class: u16| {
        let one = class..=class;
        let during = sum(parts, &[FIRST, SECOND], Some(&one));
        class < REDIRECT && during > 0 && (sum(parts, &[BEFORE, AFTER], Some(&one)) as f64) * RATIO < during as f64
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
        if !not.contains(class) && *class != REDIRECT {
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
    if during.1 < ANSWERS_MIN || outside.1 < ANSWERS_MIN || share(during) < SECOND_MIN || share(during) <= RATIO * elsewhere {
        return None;
    }
    if !met_by_many(&pool.hit, &pool.others) {
        return None;
    }
    let answers = whole(parts, &soft)?;
    let former = former(parts, &soft);
    let least = quantile(&former, 0.1).map(|s| s.bytes.0);
    let usual = quantile(&former, 0.05).zip(quantile(&former, 0.95)).map(|(a, b)| (a.bytes.0, b.bytes.1));
    let part_of_least = least.map_or(1.0, |l| answers.bytes.1 as f64 / l.max(1) as f64);
    let gone = |part: usize| {
        let (soft, n) = of(&[part]);
        n >= SIDE_MIN && soft as f64 <= SIDE_MAX * n as f64
    };
    let paths = changed_paths(suspect, things);
    let (inside, out_of) = (suspect.span.secs(), (all.secs() - suspect.wide.secs()).max(1.0));
    let quiet = inside > QUIET_SECS && during.1 as f64 / inside < 0.5 * outside.1 as f64 / out_of;
    let mut signs = Vec::new();
    let mut tiny = false;
    if !redirect {
        tiny = part_of_least < BEYOND_PACKING && answers.bytes.0 >= PAGE_MIN;
        if tiny {
            signs
                .push("They are smaller than a tenth of what was served otherwise: packing a page makes it no such size.".into());
        }
        if things.len() == 1 && commonest(&former).is_some_and(|(_, share)| share < VARIED) {
            signs.push("Sizes varied otherwise, and these answers all had one size.".into());
        }
        if paths >= PATHS_MIN {
            signs.push(format!(
                "{} different paths, which had different sizes otherwise, all answered with this one.",
                count(paths as u64)
            ));
        }
        let others = |part| 1.0 - share(of(&[part]));
        if INTERLEAVED.contains(&others(FIRST)) && INTERLEAVED.contains(&others(SECOND)) {
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
        small: part_of_least < SMALL,
        // What does not dominate is looked at only where it is far too small for a variant of the page.
        dominates: share(during) >= DOMINATES,
        tiny,
        returns: gone(BEFORE) && gone(AFTER),
        known_before: gone(BEFORE),
        quiet,
        signs,
        paths,
        changed_site: false,
    })
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
            (n > 0 && hit * 2 > n).then(|| commonest(&former(&t.parts, &soft)))?.map(|c| c.0)
        })
        .collect();
    sizes.len()
}

impl Weighed {
    /// Whether these are failures beyond reasonable doubt.
    fn is_sure(&self, redirect: bool) -> bool {
        let like_an_error = if redirect {
            true
        } else if self.small {
            !self.signs.is_empty()
        } else {
            self.paths >= PATHS_MANY
        };
        self.returns && like_an_error && (self.dominates || self.tiny) && !self.quiet && !self.changed_site
    }

    /// Whether it is worth telling at all: a new version of much the same size is not.
    fn is_worth_telling(&self, redirect: bool) -> bool {
        (self.dominates || self.tiny) && (redirect || self.small || self.paths >= PATHS_MIN)
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
        if !redirect && self.signs.is_empty() {
            out.push("Nothing but its size sets it apart.".into());
        }
        out
    }
}

/// What the candidate's requests asked for.
fn asked(c: &Candidate<'_>, suspect: &Suspect, pattern: &dyn Fn(&str) -> Option<String>) -> Option<Asked> {
    if !c.weighed.is_worth_telling(suspect.mode.high == REDIRECT) {
        return None;
    }
    match (c.path, &suspect.whom) {
        (Some(path), _) => Some(Asked::Path(path.to_vec())),
        (None, Whom::Resource(name)) => match pattern(name) {
            Some(text) => Asked::like(&text),
            None => Asked::template(name),
        },
        (None, Whom::Bucket(_)) => None,
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn name(c: &Candidate<'_>, suspect: &Suspect) -> String {
    match (c.path, &suspect.whom) {
        (Some(path), _) => text(path),
        (None, Whom::Resource(name)) => name.clone(),
        (None, Whom::Bucket(_)) => String::new(),
    }
}

fn bytes_words((low, high): (u64, u64)) -> String {
    if low == high { format!("{} bytes", count(low)) } else { format!("{} to {} bytes", count(low), count(high)) }
}

/// The rules for every kind of log that holds these answers. A tier that counts headers too has sizes of its own.
fn rules(c: &Candidate<'_>, suspect: &Suspect, things: &BTreeMap<Key, Thing>, tier: Tier, asked: &Asked) -> Vec<FoundRule> {
    let mut logs: BTreeMap<(Tier, &'static str), Thing> = BTreeMap::new();
    for (key, thing) in things {
        let host = key.host.is_empty() || c.host.is_empty() || key.host == c.host;
        if host && asked.holds(&key.path) {
            logs.entry((key.tier, key.format)).or_default().merge(thing);
        }
    }
    let mut found: Vec<FoundRule> = Vec::new();
    for ((at, format), thing) in logs {
        let sign =
            if (at, format) == (tier, c.format) { Some(sign(suspect, c.weighed.bytes)) } else { own_sign(suspect, &thing) };
        let Some(sign) = sign else { continue };
        if found.iter().any(|r| (r.tier, r.sign) == (at, sign)) {
            continue;
        }
        let how = match sign {
            Sign::Bytes(low, high) => format!("status 200 with {}", bytes_words((low, high))),
            Sign::Redirect => "redirected to another place (301, 302, 303, 307, 308)".into(),
        };
        let why = match sign {
            Sign::Bytes(..) => "found from body sizes",
            Sign::Redirect => "found from redirects that were not there otherwise",
        };
        let words = format!(
            "{how}, {}, logged by the {}: failed ({why}; a rule of incident.toml goes before it)",
            name(c, suspect),
            at.name()
        );
        found.push(FoundRule { tier: at, host: c.host.to_vec(), asked: asked.clone(), sign, words });
    }
    found
}

fn sign(suspect: &Suspect, bytes: (u64, u64)) -> Sign {
    if suspect.mode.high == REDIRECT { Sign::Redirect } else { Sign::Bytes(bytes.0, bytes.1) }
}

/// What the same answers look like in another kind of log: the size that most had in the stretch, if
/// it dominated there and was hardly known otherwise.
fn own_sign(suspect: &Suspect, thing: &Thing) -> Option<Sign> {
    let mut during: BTreeMap<u16, Sized> = BTreeMap::new();
    for (class, sized) in [FIRST, SECOND].into_iter().flat_map(|p| &thing.parts[p]) {
        during.entry(*class).and_modify(|s| s.merge(sized)).or_insert(*sized);
    }
    let redirect = suspect.mode.high == REDIRECT;
    let (class, _) = commonest(&during)?;
    if (class == REDIRECT) != redirect {
        return None;
    }
    let own = Suspect { mode: crate::survey::Mode { low: class, high: class }, ..suspect.clone() };
    let soft = classes(&own, &thing.parts);
    let (hit, n) = (sum(&thing.parts, &[FIRST, SECOND], Some(&soft)), sum(&thing.parts, &[FIRST, SECOND], None));
    let (elsewhere, m) = (sum(&thing.parts, &[BEFORE, AFTER], Some(&soft)), sum(&thing.parts, &[BEFORE, AFTER], None));
    let rare = hit as f64 / n.max(1) as f64 > RATIO * (elsewhere as f64 + 0.5) / (m as f64 + 1.0);
    if n < SIDE_MIN || hit * 2 <= n || !rare {
        return None;
    }
    Some(sign(&own, whole(&thing.parts, &soft)?.bytes))
}

/// A candidate in words.
fn told(c: &Candidate<'_>, suspect: &Suspect, asked: &Asked, counted: bool) -> SoftAnswers {
    let (w, redirect) = (&c.weighed, suspect.mode.high == REDIRECT);
    let share = |(soft, n): (u64, u64)| percent(soft as f64 / n.max(1) as f64);
    let mut because = Vec::new();
    let what = if redirect { "were redirected to another place".into() } else { format!("had {}", bytes_words(w.bytes)) };
    because.push(format!(
        "{} of {} answers ({}) {what}; before and after that it was {} of {} ({}).",
        count(w.during.0),
        count(w.during.1),
        share(w.during),
        count(w.outside.0),
        count(w.outside.1),
        share(w.outside),
    ));
    if let Some((low, high)) = w.usual.filter(|_| !redirect) {
        because.push(format!("Otherwise nine tenths of its answers had {}.", bytes_words((low, high))));
    }
    if w.returns {
        because.push("The former answers were there before and came back afterwards.".into());
    }
    let at_least = if w.clients >= CLIENTS_TOLD { "at least " } else { "" };
    because.push(format!("{at_least}{} client addresses met it.", count(w.clients as u64)));
    because.extend(w.signs.iter().cloned());
    if let Some(last) = because.iter_mut().find(|b| b.starts_with("at least")) {
        last.replace_range(..1, "A");
    }
    // What came and went, or bears a sign, may well have been one; a smaller page that stays is ordinary.
    let like_one = (w.small || w.paths >= PATHS_MANY) && (w.returns || !w.signs.is_empty());
    let strong = !redirect && like_one && !w.changed_site;
    SoftAnswers {
        resource: name(c, suspect),
        host: (!c.host.is_empty()).then(|| text(c.host)),
        kind: if redirect { SoftKind::Redirect } else { SoftKind::Size },
        counted,
        bytes: (!redirect).then_some(w.bytes),
        usual_bytes: w.usual,
        from: w.ends.0,
        to: w.ends.1,
        answers: w.during.1,
        soft: w.during.0,
        answers_elsewhere: w.outside.1,
        soft_elsewhere: w.outside.0,
        clients: w.clients as u64,
        because,
        open: w.open(redirect),
        may_be_outage: !counted && strong,
        rule: rule(asked, (!redirect).then_some(w.bytes), if counted { "good" } else { "failed" }),
    }
}

/// The rule for `incident.toml` that decides it, on one line (an array of one table, as `[[outcome]]` makes it too).
fn rule(asked: &Asked, bytes: Option<(u64, u64)>, outcome: &str) -> String {
    // A text between single quotes cannot hold one, nor what cannot be seen: any character will do there.
    let path: String = asked.pattern().chars().map(|c| if c.is_ascii_graphic() && c != '\'' { c } else { '.' }).collect();
    let (status, bytes) = match bytes {
        Some((low, high)) => ("200", format!(", bytes = \"{low}-{high}\"")),
        None => ("[\"301-303\", \"307-308\"]", String::new()),
    };
    format!("outcome = [{{ status = {status}, path = '{path}'{bytes}, outcome = \"{outcome}\" }}]")
}

#[cfg(test)]
mod tests;

//! Question: was the failure confined to one thing while the rest stayed healthy?
//! Method: the set that best explains the excess (`localise`); then the test that everything else
//! rose by less than a margin fixed beforehand (non-inferiority, one-sided 95 %).
//! Assumes: the outermost tier sees what users saw.
//! Reference: Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987) 657-680, for the test; Newcombe
//! 1998 for its interval.

use super::detect::RISE_MIN;
use super::evidence::{BASELINE, Evidence};
use super::few::{Crowd, FEW_UNSERVED, crowd};
use super::leaves::{as_map, as_maps, pool};
use super::localise::{Ranked, Table, localise};
use super::shares::{DEGRADED, DOWN, Measured, rise};
use crate::case::{Share, Verdict};
use crate::examine::{Leaf, Phase};
use crate::stats::interval::{Z95, newcombe};
use crate::words::{count, percent};
use std::collections::{BTreeMap, BTreeSet};

/// The margin: half a percentage point, about the ordinary failing share of a healthy service.
pub const MARGIN_MIN: f64 = 0.005;

/// Where the rest has too little traffic to resolve [`MARGIN_MIN`], the margin is this part of the
/// target's own rise (its lower end): the rest then counts as healthy if it suffered at most a
/// tenth of what the target did. Both margins are fixed before looking; the report names the one used.
pub const MARGIN_PART: f64 = 0.1;

/// Least share of the excess (lower end) that a cause set must explain.
pub const SHARE_MIN: f64 = 0.8;

/// Share of the baseline's traffic, by resource, that must have failed for "site-wide".
pub const SITE_SHARE: f64 = 0.5;

/// Resources with fewer valid requests than this in the window are not measurable: with 20
/// requests and none failing a failing share of 15 % cannot be excluded.
const MEASURABLE_MIN: u64 = 20;

/// Valid requests below which "nothing failed" cannot be said: with fewer the half-width of the
/// interval at a failing share of 5 % is wider than 5 %.
const NOTHING_MIN: u64 = 73;

/// Most resources named as "the few that failed"; more are a part of the site.
const FEW_RESOURCES: usize = 3;

/// The finding.
#[derive(Debug)]
pub struct Finding {
    /// The answer.
    pub verdict: Verdict,
    /// Attribute = value sets.
    pub cause_set: Vec<BTreeMap<String, String>>,
    /// Sets that cover the same traffic.
    pub twins: Vec<BTreeMap<String, String>>,
    /// For each leaf, whether it belongs to the target.
    pub in_target: Vec<bool>,
    /// The target in the window and in the baseline.
    pub target: (Measured, Measured),
    /// The rest in the window and in the baseline.
    pub rest: (Measured, Measured),
    /// Share of the excess explained.
    pub share: Share,
    /// Rise of the rest.
    pub increase: Share,
    /// The margin.
    pub margin: f64,
    /// Smallest margin that would have passed.
    pub margin_needed: Option<f64>,
    /// Whether the rest stayed healthy.
    pub healthy: Option<bool>,
    /// Reasons.
    pub because: Vec<String>,
    /// Why the failures are no outage for users, if so.
    pub set_aside: Option<String>,
}

/// How often a scanner's share of the failures is set aside and the window looked at again.
const SET_ASIDE_MAX: usize = 3;

/// Judges the window. What only a few clients met is set aside, and what remains is judged: a
/// scanner must neither pass for an outage nor hide one.
#[must_use]
pub fn judge(e: &Evidence<'_>) -> Finding {
    let mut skip = vec![false; e.examined.leaves.len()];
    let mut first: Option<Finding> = None;
    for _ in 0..=SET_ASIDE_MAX {
        let mut found = judge_without(e, &skip);
        let Some(first) = &first else {
            if found.set_aside.is_none() || e.resource.is_some() {
                return found;
            }
            mark(&mut skip, &found.in_target);
            first = Some(found);
            continue;
        };
        if found.set_aside.is_some() {
            mark(&mut skip, &found.in_target);
        } else if found.verdict == Verdict::NoIncident {
            break;
        } else {
            found.because.extend(first.set_aside.iter().map(|why| format!("Set aside: {why}")));
            return found;
        }
    }
    match first {
        Some(first) if !judge_site(e, &skip) => first,
        _ => {
            let mut open = judge_without(e, &[]);
            (open.verdict, open.set_aside) = (Verdict::Inconclusive, None);
            open.because.push(
                "Yet the site as a whole failed more than before even without those clients, in no way that can be told apart."
                    .into(),
            );
            open
        }
    }
}

fn mark(skip: &mut [bool], leaves: &[bool]) {
    for (s, l) in skip.iter_mut().zip(leaves) {
        *s |= l;
    }
}

/// Whether the site without what was set aside still shows the rise, and for many clients.
fn judge_site(e: &Evidence<'_>, skip: &[bool]) -> bool {
    let ours = |leaf: usize| e.view.is_ours(leaf) && !skip[leaf];
    let (now, base) = (e.during(&ours), e.baseline(&ours, &BASELINE));
    let who = crowd(e.examined, &ours, Phase::During, &now, (&base, &base), &e.stretch(&[e.window], &[Phase::During]));
    matches!(who, Crowd::Many) && rise(&now, &base).is_some_and(|(_, i, _)| i.low > RISE_MIN)
}

/// Judges the window without the leaves in `skip`.
fn judge_without(e: &Evidence<'_>, skip: &[bool]) -> Finding {
    let skipped = |leaf: usize| skip.get(leaf).copied().unwrap_or(false);
    let ours = |leaf: usize| e.view.is_ours(leaf) && !skipped(leaf);
    let (mut table, mut rows) = e.view.table(e.plan, e.window);
    let keep: Vec<bool> = rows.iter().map(|leaves| leaves.iter().any(|&l| !skipped(l))).collect();
    let mut kept = keep.iter();
    table.rows.retain(|_| kept.next().copied().unwrap_or(true));
    let mut kept = keep.iter();
    rows.retain(|_| kept.next().copied().unwrap_or(true));
    let site = (e.during(&ours), e.baseline(&ours, &BASELINE));
    if e.plan.window.is_some() && site.1.counts().0 < NOTHING_MIN {
        let mut f = nothing(e, site, "There is hardly any baseline to compare the window with.");
        f.verdict = Verdict::Inconclusive;
        return f;
    }
    let whole = || {
        let rose = rise(&site.0, &site.1).is_some_and(|(_, i, _)| i.low > RISE_MIN);
        rose.then(|| ((0..e.examined.leaves.len()).map(ours).collect::<Vec<_>>(), None))
    };
    let answer = match e.resource {
        Some(pattern) => asked(e, pattern),
        // Where no set stands out though the whole rose, the whole is the answer.
        None => localise(&table, 1).into_iter().next().map(|r| (members(&r, &rows, e), Some(r))).or_else(whole),
    };
    // Where the whole did not even rise (it fails all the time for another reason), what the window
    // was detected on still did.
    let detected = e
        .candidate
        .as_ref()
        .filter(|c| e.resource.is_none() && answer.is_none() && !c.0.iter().enumerate().any(|(i, &x)| x && skipped(i)));
    let answer = answer.or_else(|| detected.map(|c| (c.0.clone(), None)));
    let Some((in_target, best)) = answer.filter(|(t, _)| t.contains(&true)) else {
        if e.resource.is_some() {
            let mut f = nothing(e, site, "Nothing in these logs has the name that was asked about.");
            f.verdict = Verdict::Inconclusive;
            return f;
        }
        return nothing(e, site, "No stretch stands out from the rest by its failures.");
    };
    let target = |leaf: usize| in_target[leaf];
    let rest = |leaf: usize| ours(leaf) && !in_target[leaf];
    let mut f = Finding {
        verdict: Verdict::Inconclusive,
        cause_set: best.as_ref().map_or_else(Vec::new, |b| as_maps(b, &table)),
        twins: best.as_ref().map_or_else(Vec::new, |b| twins(b, &table)),
        target: (e.during(&target), e.baseline(&target, &BASELINE)),
        rest: (e.during(&rest), e.baseline(&rest, &BASELINE)),
        in_target: in_target.clone(),
        share: Share::NONE,
        increase: Share::NONE,
        margin: MARGIN_MIN,
        margin_needed: None,
        healthy: None,
        because: Vec::new(),
        set_aside: None,
    };
    if let Some((_, set)) = detected {
        f.cause_set = vec![set.clone()];
    }
    if let Some(pattern) = e.resource {
        f.cause_set = vec![BTreeMap::from([("resource".to_owned(), pattern.to_owned())])];
    }
    let base = or_site(f.target.1, site.1);
    let Some((_, target_rise, upper)) = rise(&f.target.0, &base) else {
        return nothing(e, site, "There is no baseline to compare the window with.");
    };
    if target_rise.low <= RISE_MIN {
        let bound = if e.resource.is_some() { Some(upper) } else { rise(&site.0, &site.1).map(|r| r.2) };
        return within_chance(e, site, bound.unwrap_or(1.0));
    }
    rest_stayed_healthy(&mut f, target_rise.low);
    explained(&mut f, &target_rise, &base);
    let during = e.stretch(std::slice::from_ref(&e.window), &[Phase::During]);
    match crowd(e.examined, &target, Phase::During, &f.target.0, (&base, &f.target.1), &during) {
        Crowd::Many => decide(&mut f, e, &ours, best.as_ref(), target_rise.low),
        Crowd::FewOnly(why) => {
            f.verdict = Verdict::NoIncident;
            f.because.push(why.clone());
            f.set_aside = Some(why);
        }
        Crowd::TooThin(why) => f.because.push(why),
    }
    f
}

/// Nothing surely rose; whether that shows that nothing happened depends on what fits the figures.
fn within_chance(e: &Evidence<'_>, site: (Measured, Measured), bound: f64) -> Finding {
    let mut f = nothing(e, site, "The rise of failures in the window is within what chance allows.");
    if bound > RISE_MIN {
        f.verdict = Verdict::Inconclusive;
        f.because.push(format!("Yet a rise of up to {:.1} percentage points fits these figures.", 100.0 * bound));
    }
    f
}

/// Sets that cover the same traffic and are told in other words than the cause set itself.
fn twins(best: &Ranked, table: &Table) -> Vec<BTreeMap<String, String>> {
    let own = as_maps(best, table);
    best.twins.iter().map(|t| as_map(t, table)).filter(|t| !own.contains(t)).collect()
}

/// A target never seen in the baseline (a live event) is compared with the whole site's baseline.
fn or_site(own: Measured, site: Measured) -> Measured {
    if own.counts().0 >= MEASURABLE_MIN { own } else { site }
}

fn members(answer: &Ranked, rows: &[Vec<usize>], e: &Evidence<'_>) -> Vec<bool> {
    let mut out = vec![false; e.examined.leaves.len()];
    for &leaf in answer.rows.iter().flat_map(|&r| &rows[r]) {
        out[leaf] = true;
    }
    out
}

/// The leaves whose resource the user asked about: by exact name, else by part of the name.
fn asked(e: &Evidence<'_>, pattern: &str) -> Option<(Vec<bool>, Option<Ranked>)> {
    let names: Vec<String> = e.examined.leaves.iter().map(|l| e.view.name(l)).collect();
    let pick = |test: &dyn Fn(&str) -> bool| -> Vec<bool> {
        names.iter().enumerate().map(|(i, n)| e.view.is_ours(i) && test(n)).collect()
    };
    let exact = pick(&|n| n == pattern);
    let found = if exact.contains(&true) { exact } else { pick(&|n| n.contains(pattern)) };
    found.contains(&true).then_some((found, None))
}

/// No traffic.
const NONE: Measured = Measured { share: None, clients: 0, clients_bad: 0 };

fn nothing(e: &Evidence<'_>, site: (Measured, Measured), why: &str) -> Finding {
    let (n, bad) = site.0.counts();
    let throughout = site.0.share.is_some_and(|s| s.interval(Z95).low >= DEGRADED) && e.plan.window.is_none();
    let enough = n >= NOTHING_MIN && !throughout;
    let mut because = vec![why.to_owned()];
    let broken = if e.plan.window.is_none() { failing_throughout(e) } else { Vec::new() };
    if !broken.is_empty() && !throughout {
        because.push(format!(
            "{} failed all through these logs: there is no healthy stretch of it to tell an incident from.",
            broken.join(", ")
        ));
    }
    let enough = enough && broken.is_empty();
    if throughout {
        because = vec![format!(
            "{} of {} valid requests failed, all through these logs: there is no healthy stretch to tell an incident from, and none to tell that this is ordinary.",
            count(bad),
            count(n)
        )];
    } else if n < NOTHING_MIN {
        because.push(format!("The window holds {n} valid requests; fewer than {NOTHING_MIN} cannot show that nothing failed."));
    } else {
        because.push(format!(
            "{} of {} valid requests failed in the {}.",
            count(bad),
            count(n),
            if e.plan.window.is_some() { "window" } else { "stretch looked at" }
        ));
    }
    Finding {
        verdict: if enough { Verdict::NoIncident } else { Verdict::Inconclusive },
        cause_set: Vec::new(),
        twins: Vec::new(),
        in_target: vec![false; e.examined.leaves.len()],
        target: (NONE, NONE),
        rest: site,
        share: Share::NONE,
        increase: Share::NONE,
        margin: MARGIN_MIN,
        margin_needed: None,
        healthy: None,
        because,
        set_aside: None,
    }
}

/// Resources that mostly failed for many clients all through the logs.
fn failing_throughout(e: &Evidence<'_>) -> Vec<String> {
    let broken = |leaves: &[usize]| {
        let now = e.during(&|l| leaves.binary_search(&l).is_ok());
        // Without a window all phases are one, and its clients are those of the baseline.
        let all = e.baseline(&|l| leaves.binary_search(&l).is_ok(), &BASELINE);
        now.counts().0 >= NOTHING_MIN
            && now.share.is_some_and(|s| s.interval(Z95).low >= DOWN)
            && all.clients_bad > FEW_UNSERVED as u64
    };
    by_resource_name(e, &|l| e.view.is_ours(l)).into_iter().filter(|(_, l)| broken(l)).map(|(name, _)| name).take(3).collect()
}

/// The non-inferiority test of the rest. It fails outright where the rest surely rose by more than
/// [`MARGIN_MIN`], whatever the margin.
fn rest_stayed_healthy(f: &mut Finding, target_low: f64) {
    let Some((d, interval, upper)) = rise(&f.rest.0, &f.rest.1) else { return };
    f.margin = if upper < MARGIN_MIN { MARGIN_MIN } else { MARGIN_MIN.max(MARGIN_PART * target_low) };
    f.increase = Share { value: Some(d), low: Some(interval.low), high: Some(interval.high) };
    f.margin_needed = Some(upper.max(0.0));
    f.healthy = match (upper < f.margin, interval.low > MARGIN_MIN) {
        (_, true) => Some(false),
        (true, false) => Some(true),
        (false, false) => None,
    };
}

/// The share of the excess that the target holds; its ends from the ends of both rises.
fn explained(f: &mut Finding, target: &crate::stats::interval::Interval, base: &Measured) {
    let excess = |now: &Measured, base: &Measured| rise(now, base).map(|(d, i, _)| (d, i.low, i.high, now.counts().0 as f64));
    let Some((d, _, _, n)) = excess(&f.target.0, base) else { return };
    let (rd, rl, rh, rn) = excess(&f.rest.0, &f.rest.1).unwrap_or((0.0, 0.0, 0.0, 0.0));
    let part = |t: f64, r: f64| {
        let (t, r) = (t.max(0.0) * n, r.max(0.0) * rn);
        if t + r > 0.0 { t / (t + r) } else { 0.0 }
    };
    let value = part(d, rd);
    f.share =
        Share { value: Some(value), low: Some(part(target.low, rh).min(value)), high: Some(part(target.high, rl).max(value)) };
}

/// Whether the rest surely rose by less than `part` of what the target surely did.
fn far_less(f: &Finding, target_low: f64, part: f64) -> bool {
    f.increase.high.is_some_and(|high| high < part * target_low)
}

fn decide(f: &mut Finding, e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool, best: Option<&Ranked>, target_low: f64) {
    let degraded = degraded_share(e, ours);
    let thing = |set: &BTreeMap<String, String>| set.contains_key("resource") || set.contains_key("host");
    let things = f.cause_set.iter().all(thing);
    if e.resource.is_none() && (f.healthy == Some(true) || (things && f.healthy == Some(false))) {
        let in_target = f.in_target.clone();
        let more = also_failing(e, &|l| ours(l) && !in_target[l]);
        let few = f.cause_set.len() + more.len() <= FEW_RESOURCES;
        // Many more are a part of the site: then the first ones are named only where the rest as a
        // whole hid them.
        if !more.is_empty() && (few || f.healthy == Some(true)) {
            widen(f, e, ours, &more[..more.len().min(FEW_RESOURCES)]);
        }
    }
    let low = f.share.low.unwrap_or(0.0);
    let value = f.share.value.unwrap_or(0.0);
    f.because.push(format!("The cause set explains {} of the excess failures (at least {}).", percent(value), percent(low)));
    if let (Some(up), Some(needed)) = (f.increase.value, f.margin_needed) {
        f.because.push(format!(
            "The rest's failing share changed by {:+.2} percentage points (at most {:+.2} with 95 % confidence); the margin is {:.2}{}.",
            100.0 * up,
            100.0 * needed,
            100.0 * f.margin,
            if f.margin > MARGIN_MIN { ", a tenth of what failed, because there is too little traffic to resolve half a point" } else { "" }
        ));
    } else {
        f.because.push("There is no other traffic to compare with.".into());
    }
    let degraded = if degraded < SITE_SHARE && everywhere(e, ours, target_low) { 1.0 } else { degraded };
    let across = best.is_some_and(|b| b.sets.len() >= 2) && degraded >= SITE_SHARE;
    let by_resource = f.cause_set.len() <= FEW_RESOURCES && f.cause_set.iter().all(thing);
    f.verdict = if f.healthy == Some(true) && (low >= SHARE_MIN || value >= 0.95) && !across {
        if by_resource { Verdict::Confined } else { Verdict::Partial }
    } else if f.healthy == Some(false) && !across && far_less(f, target_low, 0.25) {
        f.because.push("The rest failed more than before as well, though less than a quarter as much.".into());
        Verdict::Partial
    } else if let Some(healthy) = healthy_segment(e, ours, target_low).filter(|_| degraded >= SITE_SHARE) {
        f.because.push(format!("Much of the site failed, but not all of it: {healthy} stayed healthy."));
        Verdict::Partial
    } else if degraded >= SITE_SHARE {
        f.because.push(format!(
            "Resources with {} of the baseline's measurable traffic failed beyond the ordinary.",
            percent(degraded)
        ));
        whole_site(f, e);
        Verdict::SiteWide
    } else if f.healthy == Some(false) && far_less(f, target_low, 0.5) {
        f.because.push("The rest failed more than before as well, though less than half as much.".into());
        Verdict::Partial
    } else {
        let all = f.healthy == Some(false) || f.rest.0.counts().0 == 0;
        f.because.push(if all {
            "Everything that can be measured failed, but these logs hold too few resources to tell a site from an extract of its logs.".into()
        } else {
            "Too little other traffic to show that the rest stayed healthy.".into()
        });
        if all {
            whole_site(f, e);
        }
        Verdict::Inconclusive
    };
}

/// Makes everything the target: on a whole site that failed there is no rest.
fn whole_site(f: &mut Finding, e: &Evidence<'_>) {
    let ours = |leaf: usize| e.view.is_ours(leaf);
    f.in_target = (0..e.examined.leaves.len()).map(ours).collect();
    f.target = (e.during(&ours), e.baseline(&ours, &BASELINE));
    f.rest = (NONE, NONE);
    f.cause_set.clear();
    f.twins.clear();
    f.share = Share { value: Some(1.0), low: None, high: None };
    f.increase = Share::NONE;
    (f.margin_needed, f.healthy) = (None, None);
}

/// Fewest requests of a resource in the window for its share of failures to be looked at.
const LOOKED_AT_MIN: u64 = 5;

/// Whether everything failed: of two resources and more, each failed for at least half of what the
/// target surely failed for. Says so where single resources have too little traffic to be measured.
fn everywhere(e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool, target_low: f64) -> bool {
    let failed = |leaves: &Vec<usize>| {
        let (n, bad) = e.during(&|l| leaves.binary_search(&l).is_ok()).counts();
        (n >= LOOKED_AT_MIN).then_some(bad as f64 >= 0.5 * target_low * n as f64)
    };
    let found: Vec<bool> = by_resource_name(e, ours).values().filter_map(failed).collect();
    found.len() >= SITE_RESOURCES_MIN && found.iter().all(|&f| f)
}

/// Share of the window's traffic from which on a segment that stayed healthy speaks against "site-wide".
const SEGMENT_SHARE: f64 = 0.1;

/// How a leaf's value of a segment is read.
type SegmentOf = fn(&Leaf) -> &str;

/// A host, POP, backend or instance with a tenth of the traffic that stayed healthy, in words.
fn healthy_segment(e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool, target_low: f64) -> Option<String> {
    let kinds: [(&str, SegmentOf); 4] =
        [("host", |l| &l.host), ("POP", |l| &l.pop), ("backend", |l| pool(&l.backend)), ("instance", |l| &l.instance)];
    let all = e.during(ours).counts().0 as f64;
    for (kind, value) in kinds {
        let values: BTreeSet<&str> = e
            .examined
            .leaves
            .iter()
            .enumerate()
            .filter(|(i, _)| ours(*i))
            .map(|(_, l)| value(l))
            .filter(|v| !v.is_empty())
            .collect();
        for v in values {
            let chosen = |l: usize| ours(l) && value(&e.examined.leaves[l]) == v;
            let (now, base) = (e.during(&chosen), e.baseline(&chosen, &BASELINE));
            let healthy = rise(&now, &base).is_some_and(|(_, _, upper)| upper < MARGIN_MIN.max(MARGIN_PART * target_low));
            if healthy && now.counts().0 as f64 >= SEGMENT_SHARE * all {
                return Some(format!("{kind} {v}"));
            }
        }
    }
    None
}

/// Leaves by the name of their resource.
fn by_resource_name(e: &Evidence<'_>, chosen: &dyn Fn(usize) -> bool) -> BTreeMap<String, Vec<usize>> {
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, leaf) in e.examined.leaves.iter().enumerate().filter(|(i, _)| chosen(*i)) {
        by_name.entry(e.view.name(leaf)).or_default().push(i);
    }
    by_name
}

/// 99.95 % point of the normal distribution: of two thousand healthy resources one passes it.
const Z_ONE_OF_MANY: f64 = 3.29;

/// Resources of the rest that surely failed as well, too small to show in the rest as a whole.
fn also_failing(e: &Evidence<'_>, rest: &dyn Fn(usize) -> bool) -> Vec<(String, Vec<usize>)> {
    let failing = |leaves: &[usize]| {
        let chosen = |l: usize| leaves.binary_search(&l).is_ok();
        let (now, base) = (e.during(&chosen), e.baseline(&chosen, &BASELINE));
        let (Some(n), Some(b)) = (now.share, base.share) else { return false };
        if n.n < MEASURABLE_MIN || b.n < MEASURABLE_MIN {
            return false;
        }
        let rose = newcombe(n.p, n.interval(Z_ONE_OF_MANY), b.p, b.interval(Z_ONE_OF_MANY)).low > RISE_MIN;
        let during = e.stretch(std::slice::from_ref(&e.window), &[Phase::During]);
        rose && crowd(e.examined, &chosen, Phase::During, &now, (&base, &base), &during) == Crowd::Many
    };
    by_resource_name(e, rest).into_iter().filter(|(_, leaves)| failing(leaves)).collect()
}

/// Takes further failing resources into the cause set.
fn widen(f: &mut Finding, e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool, more: &[(String, Vec<usize>)]) {
    for (name, leaves) in more {
        f.cause_set.push(BTreeMap::from([("resource".to_owned(), name.clone())]));
        leaves.iter().for_each(|&l| f.in_target[l] = true);
    }
    f.twins.clear();
    let in_target = f.in_target.clone();
    f.target = (e.during(&|l| in_target[l]), e.baseline(&|l| in_target[l], &BASELINE));
    let rest = |l: usize| ours(l) && !in_target[l];
    f.rest = (e.during(&rest), e.baseline(&rest, &BASELINE));
    if let Some((_, rose, _)) = rise(&f.target.0, &f.target.1) {
        rest_stayed_healthy(f, rose.low);
        let base = f.target.1;
        explained(f, &rose, &base);
    }
}

/// Fewest measurable resources for "site-wide": with one the logs may be an extract.
const SITE_RESOURCES_MIN: usize = 2;

/// Share of the baseline's traffic, over measurable resources, whose resource surely failed beyond
/// the ordinary in the window; 0 where fewer than [`SITE_RESOURCES_MIN`] are measurable.
fn degraded_share(e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool) -> f64 {
    let by_name = by_resource_name(e, ours);
    let (mut all, mut bad, mut measurable) = (0.0, 0.0, 0);
    for leaves in by_name.values() {
        let chosen = |l: usize| leaves.binary_search(&l).is_ok();
        let (now, base) = (e.during(&chosen), e.baseline(&chosen, &BASELINE));
        if now.counts().0 < MEASURABLE_MIN || base.counts().0 < MEASURABLE_MIN {
            continue;
        }
        measurable += 1;
        let weight = base.counts().0 as f64;
        all += weight;
        if rise(&now, &base).is_some_and(|(_, i, _)| i.low > RISE_MIN) {
            bad += weight;
        }
    }
    if measurable >= SITE_RESOURCES_MIN { bad / all } else { 0.0 }
}

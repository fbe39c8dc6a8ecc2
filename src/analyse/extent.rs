//! Question: how far did the failure reach?
//! Method: the test that everything else rose by less than a margin fixed beforehand
//! (non-inferiority, one-sided 95 %); further resources of the rest one by one; the share of the
//! baseline's traffic, by resource, that failed; segments that stayed healthy.
//! Assumes: the outermost tier sees what users saw.
//! Reference: Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987) 657-680, for the test; Newcombe
//! 1998 for its interval.

use super::beside::failing_beside;
use super::decision::{Row, Tests, row};
use super::detect::RISE_MIN;
use super::each::{Each, each};
use super::evidence::{BASELINE, Evidence};
use super::few::{Crowd, crowd};
use super::leaves::pool;
use super::narrow::few_within;
use super::parted::some_clients_only;
use super::scope::{Finding, is_thing};
use super::shares::{Measured, rise};
use crate::case::{Share, Verdict};
use crate::examine::{Leaf, Phase};
use crate::stats::interval::{Interval, Z95_ONE_SIDED, newcombe, part_of_whole};
use crate::words::percent;
use std::collections::BTreeMap;

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
pub const MEASURABLE_MIN: u64 = 20;

/// Most resources named as "the few that failed"; more are a part of the site.
pub(super) const FEW_RESOURCES: usize = 3;

/// Most resources named together where these are all that failed: as many as the search joins to one cause.
const NAMED_MAX: usize = 6;

/// No traffic.
pub(super) const NONE: Measured = Measured { share: None, clients: 0, clients_bad: 0 };

/// 80 % point of the normal distribution: the power that the rest's test must have.
const Z80: f64 = 0.841_621_233_572_914;

/// What the test of the rest comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    /// The rise, with its interval of 95 %.
    pub rise: (f64, Interval),
    /// One-sided 95 % upper end of the rise.
    pub upper: f64,
    /// The margin that it was held against.
    pub margin: f64,
    /// Smallest rise that would have been noticed with 80 % probability.
    pub detectable: f64,
    /// Whether it stayed healthy; `None` where that cannot be told.
    pub healthy: Option<bool>,
}

/// The non-inferiority test of the rest, beside a target that surely rose by `target_low`; the margins are multiplied by
/// `scale` (1 but for other readings). It fails outright where the rest surely rose by more than [`MARGIN_MIN`],
/// whatever the margin. Too little traffic cannot pass it: the bound is then wide. What
/// the test would have noticed is told beside it, and is no condition: a bound that lies below the margin
/// is no worse for having been unlikely (Hoenig and Heisey, American Statistician 55, 2001). `None` where there is
/// nothing to compare.
#[must_use]
pub fn stayed_healthy(now: &Measured, base: &Measured, target_low: f64, scale: f64) -> Option<Rest> {
    let (d, interval, upper) = rise(now, base)?;
    let (least, part) = (scale * MARGIN_MIN, scale * MARGIN_PART * target_low);
    let detectable = detectable(now, base).unwrap_or(1.0);
    // The wider margin is for traffic that could not show half a point, not for a rest that did rise.
    let margin = if upper < least || detectable <= least { least } else { least.max(part) };
    // A wide margin excuses thin traffic; it does not excuse a rest whose own figure lies beyond the narrow one.
    let healthy = match (upper < margin && d <= least, interval.low > least) {
        (_, true) => Some(false),
        (true, false) => Some(true),
        (false, false) => None,
    };
    Some(Rest { rise: (d, interval), upper, margin, detectable, healthy })
}

/// Puts the test of the rest into the finding.
pub(super) fn rest_stayed_healthy(f: &mut Finding, e: &Evidence<'_>, target_low: f64) {
    let Some(rest) = stayed_healthy(&f.rest.0, &f.rest.1, target_low, e.reading.margin) else { return };
    let (d, interval) = rest.rise;
    f.margin = rest.margin;
    f.increase = Share { value: Some(d), low: Some(interval.low), high: Some(interval.high) };
    f.margin_needed = Some(rest.upper.max(0.0));
    f.detectable = Some(rest.detectable);
    f.healthy = rest.healthy;
}

/// Smallest rise that the test would notice with 80 % probability, one-sided at 95 %, if nothing
/// changed: (z95 + z80) times the standard error of the difference, each share being drawn towards
/// one half as Wilson's interval does it, so that no failure at all is no certainty.
#[must_use]
pub fn detectable(now: &Measured, base: &Measured) -> Option<f64> {
    let z2 = Z95_ONE_SIDED * Z95_ONE_SIDED;
    let variance = |m: &Measured| {
        let s = m.share?;
        let p = (s.p * s.effective + z2 / 2.0) / (s.effective + z2);
        Some(p * (1.0 - p) / (s.effective + z2))
    };
    Some((Z95_ONE_SIDED + Z80) * (variance(now)? + variance(base)?).sqrt())
}

/// The share of the excess that the target holds. Not known where the rest had requests in the window and none
/// before: how far it rose cannot be told then, and "not at all" would be a guess.
pub(super) fn explained(f: &mut Finding, target: &Interval, base: &Measured) {
    f.share = Share::NONE;
    let Some((d, _, _)) = rise(&f.target.0, base) else { return };
    let (rd, ri) = match rise(&f.rest.0, &f.rest.1) {
        Some((d, i, _)) => (d, i),
        None if f.rest.0.counts().0 == 0 => (0.0, Interval { low: 0.0, high: 0.0 }),
        None => return,
    };
    let times = |i: &Interval, n: f64| Interval { low: i.low * n, high: i.high * n };
    let (n, rn) = (f.target.0.counts().0 as f64, f.rest.0.counts().0 as f64);
    let (a, b) = (d.max(0.0) * n, rd.max(0.0) * rn);
    let i = part_of_whole(d * n, times(target, n), rd * rn, times(&ri, rn));
    f.share = Share { value: Some(if a + b > 0.0 { a / (a + b) } else { 0.0 }), low: Some(i.low), high: Some(i.high) };
}

/// Point of the normal distribution for a one-sided error of 0.5 %.
const Z995: f64 = 2.575_829_303_548_901;

/// Whether the rest's rise lies above the least margin so surely that "not only this failed" can be said: that the
/// interval of 95 % lies above it happens by chance in one of forty failures that were confined.
fn beyond_doubt(f: &Finding) -> bool {
    let (Some(now), Some(base)) = (f.rest.0.share, f.rest.1.share) else { return false };
    newcombe(now.p, now.interval(Z995), base.p, base.interval(Z995)).low > MARGIN_MIN
}

/// Decides the verdict of a finding whose target surely rose, for many clients: by at least `target_low`.
pub(super) fn decide(f: &mut Finding, e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool, joined: usize, target_low: f64) {
    // Of the target as it is: where it is made smaller or larger, what it surely rose by changes with it.
    let mut target_low = target_low;
    let degraded = degraded_share(e, ours);
    if let Some(few) = few_within(f, e, target_low) {
        f.cause_set = few.iter().map(|(set, _)| set.clone()).collect();
        f.in_target.fill(false);
        few.iter().flat_map(|(_, leaves)| leaves).for_each(|&l| f.in_target[l] = true);
        target_low = measure_again(f, e, ours).unwrap_or(target_low);
    }
    let things_only = f.cause_set.iter().all(is_thing) && !f.cause_set.is_empty();
    if e.resource.is_none()
        && f.healthy != Some(true)
        && things_only
        && let Some((set, leaves)) = failing_beside(f, e, ours)
    {
        f.cause_set.push(set);
        leaves.iter().for_each(|&l| f.in_target[l] = true);
        target_low = measure_again(f, e, ours).unwrap_or(target_low);
    }
    let things = f.cause_set.iter().all(is_thing);
    if e.resource.is_none() && (f.healthy == Some(true) || (things && f.healthy == Some(false))) {
        let in_target = f.in_target.clone();
        let more = also_failing(e, &|l| ours(l) && !in_target[l]);
        let few = f.cause_set.len() + more.len() <= FEW_RESOURCES;
        // Many more are a part of the site: then the first ones are named only where the rest as a
        // whole hid them.
        if !more.is_empty() && (few || f.healthy == Some(true)) {
            target_low = widen(f, e, ours, &more[..more.len().min(FEW_RESOURCES)]).unwrap_or(target_low);
        } else if !more.is_empty() && f.cause_set.len() + more.len() <= NAMED_MAX && degraded < SITE_SHARE {
            // All of them, if nothing else ailed the rest.
            let (sets, target, twins) = (f.cause_set.clone(), f.in_target.clone(), f.twins.clone());
            let wider = widen(f, e, ours, &more).unwrap_or(target_low);
            if f.healthy == Some(true) {
                target_low = wider;
            } else {
                (f.cause_set, f.in_target) = (sets, target);
                _ = measure_again(f, e, ours);
                f.twins = twins;
            }
        }
    }
    let low = f.share.low.unwrap_or(0.0);
    let value = f.share.value.unwrap_or(0.0);
    let before = f.because.len();
    f.because.push(match f.share.value {
        Some(value) => format!("The cause set explains {} of the excess failures (at least {}).", percent(value), percent(low)),
        None => "What part of the excess failures the cause set explains is not known: the rest was not asked for before.".into(),
    });
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
    let across = joined >= 2 && degraded >= SITE_SHARE;
    let tests = Tests {
        healthy: f.healthy,
        share: (value, low),
        rest_high: f.increase.high,
        target_low,
        beyond_doubt: beyond_doubt(f),
        things,
        few_things: f.cause_set.len() <= FEW_RESOURCES && f.cause_set.iter().all(is_thing),
        across,
        degraded,
        rest: f.rest.0.counts().0,
        left_unknown: left_unknown(f),
    };
    let row = row(&tests, &|| healthy_segment(e, ours, target_low), &|| some_clients_only(e, ours));
    f.verdict = row.verdict();
    match row {
        Row::Confined | Row::HealthyRest => {}
        Row::SeemsBeside => {
            f.because.push("The rest seems to have failed more than before as well, though less than a quarter as much; that is not sure enough to call it a part of the failure, and too much to call the rest healthy.".into());
        }
        Row::FarLessBeside => {
            f.because.push("The rest failed more than before as well, though less than a quarter as much.".into());
        }
        Row::UnsureBeside => {
            // A part of the site, whether the rest was healthy or failed a little as well.
            f.because.push("Whether the rest failed at all is not sure; if it did, then less than a quarter as much.".into());
        }
        Row::HealthySegment(healthy) => {
            f.because.push(format!("Much of the site failed, but not all of it: {healthy} stayed healthy."));
        }
        Row::SomeClients(why) => {
            f.because.truncate(before);
            f.because.push(why);
            f.because.push("The failures are not localised by any recorded attribute of what was asked for.".into());
            whole_site(f, e);
        }
        Row::SiteWide => {
            // Of a rest that there is not nothing is to be said.
            f.because.truncate(before);
            f.because.push(format!(
                "Resources with {} of the baseline's measurable traffic failed beyond the ordinary.",
                percent(degraded)
            ));
            whole_site(f, e);
        }
        Row::LessBeside => {
            f.because.push("The rest failed more than before as well, though less than half as much.".into());
        }
        Row::TooFew => {
            f.because.truncate(before);
            f.because.push("Everything that can be measured failed, but these logs hold too few resources to tell a site from an extract of its logs.".into());
            whole_site(f, e);
        }
        Row::TooThin => f.because.push("Too little other traffic to show that the rest stayed healthy.".into()),
    }
    // Of a network or a program whose other clients were served, that is not what failed.
    if matches!(f.verdict, Verdict::Confined | Verdict::Partial)
        && f.cause_set.iter().any(|set| CLIENTS_OWN.iter().any(|key| set.contains_key(*key)))
    {
        let in_target = f.in_target.clone();
        if let Some(why) = some_clients_only(e, &|l| in_target[l]) {
            f.leave_open(why);
        }
    }
}

/// Attributes of the clients, not of what they asked for or of who answered.
const CLIENTS_OWN: [&str; 4] = ["client_network", "client_asn", "agent", "agent_version"];

/// Whether there is a rest that may have stayed healthy: one with traffic to measure that did not surely
/// fail as well. "Site-wide" is then more than the figures say, however much of the site the target is.
fn left_unknown(f: &Finding) -> bool {
    f.healthy != Some(false) && f.rest.0.counts().0 >= MEASURABLE_MIN
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
pub const SEGMENT_SHARE: f64 = 0.1;

/// How a leaf's value of a segment is read.
pub(super) type SegmentOf = fn(&Leaf) -> &str;

/// What a site can be cut into.
pub(super) const SEGMENTS: [(&str, SegmentOf); 4] =
    [("host", |l| &l.host), ("POP", |l| &l.pop), ("backend", |l| pool(&l.backend)), ("instance", |l| &l.instance)];

/// A segment with a tenth of the traffic that stayed healthy, in words. Single ones are looked at
/// first, then pairs: where one POP and, elsewhere, one host fail, no POP and no host is healthy as
/// a whole, but the other host at the other POPs is.
fn healthy_segment(e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool, target_low: f64) -> Option<String> {
    let all = e.during(ours).counts().0 as f64;
    let pairs = (0..SEGMENTS.len()).flat_map(|a| (a + 1..SEGMENTS.len()).map(move |b| vec![a, b]));
    for kinds in (0..SEGMENTS.len()).map(|a| vec![a]).chain(pairs) {
        let mut groups: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
        for (i, leaf) in e.examined.leaves.iter().enumerate().filter(|(i, _)| ours(*i)) {
            let values: Vec<&str> = kinds.iter().map(|&k| SEGMENTS[k].1(leaf)).collect();
            if values.iter().all(|v| !v.is_empty()) {
                groups.entry(values).or_default().push(i);
            }
        }
        for (values, leaves) in groups {
            let chosen = |l: usize| leaves.binary_search(&l).is_ok();
            let now = e.during(&chosen);
            if (now.counts().0 as f64) < SEGMENT_SHARE * all {
                continue;
            }
            let base = e.baseline(&chosen, &BASELINE);
            if rise(&now, &base).is_some_and(|(_, _, upper)| upper < MARGIN_MIN.max(MARGIN_PART * target_low)) {
                let named: Vec<String> = kinds.iter().zip(values).map(|(&k, v)| format!("{} {v}", SEGMENTS[k].0)).collect();
                return Some(named.join(" with "));
            }
        }
    }
    None
}

/// Leaves by the name of their resource.
pub(super) fn by_resource_name(e: &Evidence<'_>, chosen: &dyn Fn(usize) -> bool) -> BTreeMap<String, Vec<usize>> {
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, leaf) in e.examined.leaves.iter().enumerate().filter(|(i, _)| chosen(*i)) {
        by_name.entry(e.view.name(leaf)).or_default().push(i);
    }
    by_name
}

/// Resources of the rest that surely failed as well, too small to show in the rest as a whole.
fn also_failing(e: &Evidence<'_>, rest: &dyn Fn(usize) -> bool) -> Vec<(String, Vec<usize>)> {
    let during = e.stretch(std::slice::from_ref(&e.window), &[Phase::During]);
    let many = |r: &Each| {
        let chosen = |l: usize| r.leaves.binary_search(&l).is_ok();
        crowd(e.examined, &chosen, Phase::During, &r.now, (&r.base, &r.base), &during) == Crowd::Many
    };
    each(e, rest).0.into_iter().filter(|r| r.rose && many(r)).map(|r| (r.name, r.leaves)).collect()
}

/// Takes further failing resources into the cause set; returns what [`measure_again`] does.
fn widen(f: &mut Finding, e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool, more: &[(String, Vec<usize>)]) -> Option<f64> {
    for (name, leaves) in more {
        f.cause_set.push(BTreeMap::from([("resource".to_owned(), name.clone())]));
        leaves.iter().for_each(|&l| f.in_target[l] = true);
    }
    measure_again(f, e, ours)
}

/// A target never seen in the baseline (a live event) is compared with the whole site's baseline.
pub(super) fn or_site(own: Measured, site: Measured) -> Measured {
    if own.counts().0 >= MEASURABLE_MIN { own } else { site }
}

/// After the target has changed. Returns the lower end of its rise, where that can be measured.
fn measure_again(f: &mut Finding, e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool) -> Option<f64> {
    f.twins.clear();
    let in_target = f.in_target.clone();
    f.target = (e.during(&|l| in_target[l]), e.baseline(&|l| in_target[l], &BASELINE));
    let rest = |l: usize| ours(l) && !in_target[l];
    f.rest = (e.during(&rest), e.baseline(&rest, &BASELINE));
    let base = or_site(f.target.1, e.baseline(ours, &BASELINE));
    let (_, rose, _) = rise(&f.target.0, &base)?;
    rest_stayed_healthy(f, e, rose.low);
    explained(f, &rose, &base);
    Some(rose.low)
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

//! Question: was the failure confined to one thing while the rest stayed healthy?
//! Method: the set that best explains the excess (`localise`); then the test that everything else
//! rose by less than a margin fixed beforehand (non-inferiority, one-sided 95 %).
//! Assumes: the outermost tier sees what users saw.
//! Reference: Schuirmann, J. Pharmacokinet. Biopharm. 15 (1987) 657-680, for the test; Newcombe
//! 1998 for its interval.

use super::detect::RISE_MIN;
use super::few::{Crowd, crowd};
use super::leaves::{View, as_map, as_maps, is_baseline};
use super::localise::{Ranked, Table, localise};
use super::shares::{DEGRADED, Measured, Stretch, measure, rise};
use crate::case::{Share, Verdict};
use crate::examine::{Examined, Phase, Plan};
use crate::stats::interval::Z95;
use crate::time::{Span, Step};
use crate::words::{count, percent};
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
const MEASURABLE_MIN: u64 = 20;

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

/// What `judge` looks at.
#[derive(Debug)]
pub struct Evidence<'a> {
    /// The second pass.
    pub examined: &'a Examined,
    /// Its plan.
    pub plan: &'a Plan<'a>,
    /// The outermost tier's leaves.
    pub view: &'a View<'a>,
    /// The window.
    pub window: Span,
    /// Width of clusters in time.
    pub step: Step,
    /// The user's question, if it is about one resource.
    pub resource: Option<&'a str>,
    /// Whether addresses tell clients apart (see `few::proxied`).
    pub clients_known: bool,
}

impl Evidence<'_> {
    /// The chosen leaves in the window.
    #[must_use]
    pub fn during(&self, chosen: &dyn Fn(usize) -> bool) -> Measured {
        let phases = [Phase::During];
        measure(
            self.examined,
            chosen,
            &Stretch { spans: &[self.window], phases: &phases, step: self.step, clients_known: self.clients_known },
        )
    }

    /// The chosen leaves in the baseline: the phases listed.
    #[must_use]
    pub fn baseline(&self, chosen: &dyn Fn(usize) -> bool, phases: &[Phase]) -> Measured {
        measure(
            self.examined,
            chosen,
            &Stretch { spans: &self.baseline_spans(phases), phases, step: self.step, clients_known: self.clients_known },
        )
    }

    fn baseline_spans(&self, phases: &[Phase]) -> Vec<Span> {
        let fine = self.examined.fine;
        let mut spans: Vec<Span> = Vec::new();
        let stretches = std::iter::once(self.plan.axis).chain(self.plan.given_baseline.iter().copied());
        for stretch in stretches {
            for bin in fine.bin(stretch.from)..=fine.bin(stretch.to.plus(-1)) {
                let at = fine.span(bin);
                let ours = is_baseline(self.plan, at) && self.plan.phase(at.from).is_some_and(|p| phases.contains(&p));
                if !ours {
                    continue;
                }
                // Shrunk by a microsecond so that the neighbouring bin does not overlap.
                match spans.last_mut() {
                    Some(last) if last.to.plus(1) == at.from => last.to = at.to.plus(-1),
                    _ => spans.push(Span::new(at.from, at.to.plus(-1))),
                }
            }
        }
        spans
    }
}

/// Both baseline phases.
pub const BASELINE: [Phase; 2] = [Phase::Before, Phase::After];

/// Judges the window.
#[must_use]
pub fn judge(e: &Evidence<'_>) -> Finding {
    let (table, rows) = e.view.table(e.plan, e.window);
    let ours = |leaf: usize| e.view.is_ours(leaf);
    let answer = match e.resource {
        Some(pattern) => asked(e, pattern),
        None => localise(&table, 1).into_iter().next().map(|r| (members(&r, &rows, e), Some(r))),
    };
    let site = (e.during(&ours), e.baseline(&ours, &BASELINE));
    let Some((in_target, best)) = answer.filter(|(t, _)| t.iter().any(|&x| x)) else {
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
    if let Some(pattern) = e.resource {
        f.cause_set = vec![BTreeMap::from([("resource".to_owned(), pattern.to_owned())])];
    }
    let Some((_, target_rise, _)) = rise(&f.target.0, &or_site(f.target.1, site.1)) else {
        return nothing(e, site, "There is no baseline to compare the window with.");
    };
    if target_rise.low <= RISE_MIN {
        let mut f = nothing(e, site, "The rise of failures in the window is within what chance allows.");
        let bound = rise(&site.0, &site.1).map_or(1.0, |(_, _, upper)| upper);
        if bound > RISE_MIN {
            f.verdict = Verdict::Inconclusive;
            f.because.push(format!(
                "Yet a rise of up to {:.1} percentage points over the whole site fits these figures.",
                100.0 * bound
            ));
        }
        return f;
    }
    rest_stayed_healthy(&mut f, target_rise.low);
    let base = or_site(f.target.1, site.1);
    explained(&mut f, &target_rise, &base);
    let span = [e.window];
    let during = Stretch { spans: &span, phases: &[Phase::During], step: e.step, clients_known: e.clients_known };
    let who = match crowd(e.examined, &target, Phase::During, &f.target.0, &base, &during) {
        Crowd::Many => Crowd::Many,
        // The best set may be what one scanner asked for while everything failed for everybody.
        few => match crowd(e.examined, &ours, Phase::During, &site.0, &site.1, &during) {
            Crowd::Many => Crowd::Many,
            _ => few,
        },
    };
    match who {
        Crowd::Many => decide(&mut f, e, best.as_ref(), &table, target_rise.low),
        Crowd::FewOnly(why) => {
            f.verdict = Verdict::NoIncident;
            f.because.push(why.clone());
            f.set_aside = Some(why);
        }
        Crowd::TooThin(why) => f.because.push(why),
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
    let enough = n >= MEASURABLE_MIN && !throughout;
    let mut because = vec![why.to_owned()];
    if throughout {
        because = vec![format!(
            "{} of {} valid requests failed, all through these logs: there is no healthy stretch to tell an incident from, and none to tell that this is ordinary.",
            count(bad),
            count(n)
        )];
    } else if !enough {
        because
            .push(format!("The window holds {n} valid requests; fewer than {MEASURABLE_MIN} cannot show that nothing failed."));
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

fn decide(f: &mut Finding, e: &Evidence<'_>, best: Option<&Ranked>, table: &Table, target_low: f64) {
    let degraded = degraded_share(e);
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
    let across = best.is_some_and(|b| b.sets.len() >= 2) && degraded >= SITE_SHARE;
    let by_resource = best.is_none_or(|b| {
        b.sets.len() <= FEW_RESOURCES
            && b.sets
                .iter()
                .all(|s| s.iter().any(|(a, _)| matches!(table.attributes[*a].as_str(), "resource" | "template" | "host")))
    });
    f.verdict = if f.healthy == Some(true) && (low >= SHARE_MIN || value >= 0.95) && !across {
        if by_resource { Verdict::Confined } else { Verdict::Partial }
    } else if f.healthy == Some(false) && !across && far_less(f, target_low, 0.25) {
        f.because.push("The rest failed more than before as well, though less than a quarter as much.".into());
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
        f.because.push(match f.healthy {
            Some(false) => "The rest failed as well, and too few resources can be measured to say how far it reached.".into(),
            _ => "Too little other traffic to show that the rest stayed healthy.".into(),
        });
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

/// Fewest measurable resources for "site-wide": with one or two the logs may be an extract.
const SITE_RESOURCES_MIN: usize = 3;

/// Share of the baseline's traffic, over measurable resources, whose resource surely failed beyond
/// the ordinary in the window; 0 where fewer than [`SITE_RESOURCES_MIN`] are measurable.
fn degraded_share(e: &Evidence<'_>) -> f64 {
    let mut by_name: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, leaf) in e.examined.leaves.iter().enumerate().filter(|(i, _)| e.view.is_ours(*i)) {
        by_name.entry(e.view.name(leaf)).or_default().push(i);
    }
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

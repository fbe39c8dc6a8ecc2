//! Question: was the failure confined to one thing while the rest stayed healthy?
//! Method: the set that best explains the excess (`localise`), whether many clients met it (`few`),
//! and how far it reached (`extent`). What only a few clients met is set aside, and the window is
//! judged again without it.
//! Assumes: the outermost tier sees what users saw.

use super::detect::RISE_MIN;
use super::evidence::{BASELINE, Evidence};
use super::extent::{MARGIN_MIN, MEASURABLE_MIN, NONE, by_resource_name, decide, explained, rest_stayed_healthy};
use super::few::{Crowd, FEW_UNSERVED, crowd};
use super::leaves::{as_map, as_maps};
use super::localise::{Ranked, Table, localise};
use super::shares::{DEGRADED, DOWN, Measured, rise};
use crate::case::{Share, Verdict};
use crate::examine::Phase;
use crate::stats::interval::Z95;
use crate::words::count;
use std::collections::BTreeMap;

/// Valid requests below which "nothing failed" cannot be said: with fewer the half-width of the
/// interval at a failing share of 5 % is wider than 5 %.
const NOTHING_MIN: u64 = 73;

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

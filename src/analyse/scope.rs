//! Question: was the failure confined to one thing while the rest stayed healthy?
//! Method: the set that best explains the excess (`localise`), whether many clients met it (`few`),
//! and how far it reached (`extent`). What only a few clients met is set aside, and the window is
//! judged again without it.
//! Assumes: the outermost tier sees what users saw.

use super::answer::{Answer, find};
use super::detect::RISE_MIN;
use super::evidence::{BASELINE, Evidence};
use super::extent::{MARGIN_MIN, MARGIN_PART, NONE, by_resource_name, decide, explained, or_site, rest_stayed_healthy};
use super::facets::{Beyond, beyond};
use super::few::{Crowd, FEW_UNSERVED, crowd};
use super::shares::{DEGRADED, DOWN, Measured, Stretch, measure, rise};
use crate::case::{Share, Verdict, set_words};
use crate::examine::{Phase, Split};
use crate::stats::interval::Z95;
use crate::words::count;
use std::collections::BTreeMap;

/// Independent requests (see `Measured::worth`) below which "nothing failed" cannot be said: with fewer the half-width
/// of the interval at a failing share of 5 % is wider than 5 %.
pub const NOTHING_MIN: f64 = 73.0;

/// The finding.
#[derive(Debug)]
pub struct Finding {
    /// The answer.
    pub verdict: Verdict,
    /// Attribute = value sets.
    pub cause_set: Vec<BTreeMap<String, String>>,
    /// Sets that cover the same traffic.
    pub twins: Vec<BTreeMap<String, String>>,
    /// Sets that cover other traffic and explain the excess as well.
    pub alike: Vec<BTreeMap<String, String>>,
    /// What the leaves should be split by: it explains the excess better than what they tell apart.
    pub split: Option<Split>,
    /// Of a cause that needs what leaves are split by: whether the same traffic without it stayed healthy.
    pub narrowed: Option<bool>,
    /// What was set aside before, leaf by leaf.
    pub skipped: Vec<bool>,
    /// What was judged, before it was widened.
    pub answer: Option<Answer>,
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
    /// Smallest rise of the rest that would have been noticed with 80 % probability.
    pub detectable: Option<f64>,
    /// Whether the rest stayed healthy.
    pub healthy: Option<bool>,
    /// Reasons.
    pub because: Vec<String>,
    /// The one reason that leaves the verdict open although the judgement of the window did not, if one does.
    pub open: Option<String>,
    /// Why the failures are no outage for users, if so.
    pub set_aside: Option<String>,
}

impl Finding {
    /// Leaves the verdict open. The reason that decides stands first.
    pub fn leave_open(&mut self, why: String) {
        self.verdict = Verdict::Inconclusive;
        self.because.insert(0, why.clone());
        self.open = Some(why);
    }

    /// Nothing decided, and no target: everything is the rest.
    fn open(rest: (Measured, Measured)) -> Finding {
        Finding {
            verdict: Verdict::Inconclusive,
            cause_set: Vec::new(),
            twins: Vec::new(),
            alike: Vec::new(),
            split: None,
            narrowed: None,
            skipped: Vec::new(),
            answer: None,
            in_target: Vec::new(),
            target: (NONE, NONE),
            rest,
            share: Share::NONE,
            increase: Share::NONE,
            margin: MARGIN_MIN,
            margin_needed: None,
            detectable: None,
            healthy: None,
            because: Vec::new(),
            open: None,
            set_aside: None,
        }
    }
}

/// How often a scanner's share of the failures is set aside and the window looked at again.
const SET_ASIDE_MAX: usize = 3;

/// Judges the window. What only a few clients met is set aside, and what remains is judged: a
/// scanner must neither pass for an outage nor hide one.
#[must_use]
pub fn judge(e: &Evidence<'_>) -> Finding {
    let mut found = judge_users(e);
    if found.set_aside.is_none() && e.resource.is_none() && found.in_target.contains(&true) {
        let Beyond { split, alike } = beyond(e, &found.in_target, &found.skipped);
        let own = e.plan.split.as_ref().map(|s| s.attribute.name());
        found.alike.extend(alike.into_iter().filter(|set| own.is_none_or(|name| !set.contains_key(name))));
        found.split = split.filter(|_| own.is_none());
    }
    found
}

fn judge_users(e: &Evidence<'_>) -> Finding {
    let mut skip = vec![false; e.examined.leaves.len()];
    let mut first: Option<Finding> = None;
    for _ in 0..=SET_ASIDE_MAX {
        let mut found = judge_without(e, &skip, None);
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
            let mut open = judge_without(e, &[], None);
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

/// The same answer judged by another reading of the evidence.
#[must_use]
pub fn judge_again(e: &Evidence<'_>, found: &Finding) -> Option<Finding> {
    found.answer.as_ref().map(|answer| judge_without(e, &found.skipped, Some(answer)))
}

/// Judges the window without the leaves in `skip`: the answer given, or the one that is found.
fn judge_without(e: &Evidence<'_>, skip: &[bool], given: Option<&Answer>) -> Finding {
    let skipped = |leaf: usize| skip.get(leaf).copied().unwrap_or(false);
    let ours = |leaf: usize| e.view.is_ours(leaf) && !skipped(leaf);
    let site = (e.during(&ours), e.baseline(&ours, &BASELINE));
    if e.plan.window.is_some() && site.1.worth() < NOTHING_MIN {
        let mut f = nothing(e, site, "There is hardly any baseline to compare the window with.");
        f.verdict = Verdict::Inconclusive;
        return f;
    }
    let whole = || {
        let rose = rise(&site.0, &site.1).is_some_and(|(_, i, _)| i.low > RISE_MIN);
        rose.then(|| (0..e.examined.leaves.len()).map(ours).collect::<Vec<_>>())
    };
    let answer = match given {
        Some(answer) => Some(answer.clone()),
        None => find(e, skip, whole()),
    };
    let Some(answer) = answer.filter(|a| a.leaves.contains(&true)) else {
        if e.resource.is_some() {
            let mut f = nothing(e, site, "Nothing in these logs has the name that was asked about.");
            f.verdict = Verdict::Inconclusive;
            return f;
        }
        return nothing(e, site, "No stretch stands out from the rest by its failures.");
    };
    let in_target = answer.leaves.clone();
    let target = |leaf: usize| in_target[leaf];
    let rest = |leaf: usize| ours(leaf) && !in_target[leaf];
    let mut f = Finding {
        cause_set: answer.sets.clone(),
        twins: answer.twins.clone(),
        alike: answer.alike.iter().flat_map(|(sets, _)| sets.clone()).collect(),
        target: (e.during(&target), e.baseline(&target, &BASELINE)),
        in_target: in_target.clone(),
        skipped: skip.to_vec(),
        ..Finding::open((e.during(&rest), e.baseline(&rest, &BASELINE)))
    };
    let base = or_site(f.target.1, site.1);
    let Some((_, target_rise, upper)) = rise(&f.target.0, &base) else {
        return nothing(e, site, "There is no baseline to compare the window with.");
    };
    if target_rise.low <= RISE_MIN {
        let bound = match (e.resource, skip.contains(&true)) {
            (Some(_), _) => upper,
            // Beside what was set aside the question is the ordinary one again: whether anything else stands
            // out. Nothing does, as in a window in which there was no scanner.
            (None, true) => 0.0,
            (None, false) => rise(&site.0, &site.1).map_or(1.0, |r| r.2),
        };
        return within_chance(e, site, bound);
    }
    rest_stayed_healthy(&mut f, e, target_rise.low);
    explained(&mut f, &target_rise, &base);
    let during = e.stretch(std::slice::from_ref(&e.window), &[Phase::During]);
    match crowd(e.examined, &target, Phase::During, &f.target.0, (&base, &f.target.1), &during) {
        Crowd::Many => {
            if answer.unlocated {
                f.because.push(NOT_LOCALISED.into());
            }
            f.narrowed = answer.wider.as_ref().map(|wider| {
                let left = |leaf: usize| ours(leaf) && wider[leaf] && !in_target[leaf];
                let left = rise(&e.during(&left), &e.baseline(&left, &BASELINE));
                left.is_some_and(|(_, _, upper)| upper < MARGIN_MIN.max(MARGIN_PART * target_rise.low))
            });
            decide(&mut f, e, &ours, answer.joined, target_rise.low);
            told_apart(&mut f, e, &ours, &answer);
        }
        Crowd::FewOnly(why) => {
            f.verdict = Verdict::NoIncident;
            f.because.push(why.clone());
            f.set_aside = Some(why);
        }
        Crowd::TooThin(why) => f.because.push(why),
    }
    f.answer = Some(answer);
    f
}

/// Said where the whole is the target because no set explains half of the excess.
const NOT_LOCALISED: &str = "The failures are not localised by any recorded attribute: no value of any of them, and no few of them together, hold half of what failed beyond the ordinary.";

/// Whether the set names single things: resources or hosts.
pub(super) fn is_thing(set: &BTreeMap<String, String>) -> bool {
    set.contains_key("resource") || set.contains_key("host")
}

/// Leaves the verdict open where other sets explain the excess as well, cover other traffic, leave the
/// rest as healthy and would be told with another verdict.
fn told_apart(f: &mut Finding, e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool, answer: &Answer) {
    if f.healthy != Some(true) || !matches!(f.verdict, Verdict::Confined | Verdict::Partial) {
        return;
    }
    let things = f.cause_set.iter().all(is_thing);
    let rival = answer.alike.iter().filter(|(sets, _)| sets.iter().all(is_thing) != things).find(|(_, leaves)| {
        let rest = |leaf: usize| ours(leaf) && !leaves[leaf];
        rise(&e.during(&rest), &e.baseline(&rest, &BASELINE)).is_some_and(|(_, _, upper)| upper < f.margin)
    });
    if let Some((sets, _)) = rival {
        let named: Vec<String> = sets.iter().map(set_words).collect();
        f.leave_open(format!(
            "What failed can be told in another way that explains the failures as well, to within 5 %, and leaves the rest as healthy: {}. These logs cannot tell which is right.",
            named.join(", ")
        ));
    }
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

fn nothing(e: &Evidence<'_>, site: (Measured, Measured), why: &str) -> Finding {
    let (n, bad) = site.0.counts();
    // Whoever met them: a share this high, from the first line to the last, is no healthy state to speak from.
    let over_time = || {
        let stretch = Stretch { clients_known: false, ..e.stretch(std::slice::from_ref(&e.window), &[]) };
        measure(e.examined, &|l| e.view.is_ours(l), &stretch)
    };
    let throughout = e.plan.window.is_none() && over_time().share.is_some_and(|s| s.interval(Z95).low >= DEGRADED);
    let worth = site.0.worth();
    let enough = worth >= NOTHING_MIN && !throughout;
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
    } else if (n as f64) < NOTHING_MIN {
        because.push(format!("The window holds {n} valid requests; fewer than {NOTHING_MIN} cannot show that nothing failed."));
    } else if worth < NOTHING_MIN {
        because.push(format!(
            "The window holds {} valid requests, but most are of so few clients, or fail in such clumps, that they say as much as {} independent ones; fewer than {NOTHING_MIN} cannot show that nothing failed.",
            count(n),
            count(worth as u64)
        ));
    } else {
        because.push(format!(
            "{} of {} valid requests failed in the {}.",
            count(bad),
            count(n),
            if e.plan.window.is_some() { "window" } else { "stretch looked at" }
        ));
    }
    let verdict = if enough { Verdict::NoIncident } else { Verdict::Inconclusive };
    Finding { verdict, in_target: vec![false; e.examined.leaves.len()], because, ..Finding::open(site) }
}

/// Resources that mostly failed for many clients all through the logs.
fn failing_throughout(e: &Evidence<'_>) -> Vec<String> {
    let broken = |leaves: &[usize]| {
        let now = e.during(&|l| leaves.binary_search(&l).is_ok());
        // Without a window all phases are one, and its clients are those of the baseline.
        let all = e.baseline(&|l| leaves.binary_search(&l).is_ok(), &BASELINE);
        now.counts().0 as f64 >= NOTHING_MIN
            && now.share.is_some_and(|s| s.interval(Z95).low >= DOWN)
            && all.clients_bad > FEW_UNSERVED as u64
    };
    by_resource_name(e, &|l| e.view.is_ours(l)).into_iter().filter(|(_, l)| broken(l)).map(|(name, _)| name).take(3).collect()
}

//! Question: how sure is the verdict, and what would change it?
//! Method: the tests it rests on with what they were given; the same answer judged by other
//! readings of the same evidence (without the client with most failures, without the first or last
//! tenth of the window, against one side of the baseline, with half and twice the margin); the same
//! search where nothing was found (`placebo`); the resources of the rest one by one (`each`).
//! Assumes: the answer itself (what failed) stands; only its judgement is made again.
//! Reference: Leamer, Am. Econ. Rev. 73 (1983) 31-43, for showing what a conclusion hangs on.

use super::detect::RISE_MIN;
use super::each::{Each, each, largest_rise};
use super::evidence::{BASELINE, Evidence, Reading};
use super::extent::{MARGIN_MIN, SHARE_MIN, detectable};
use super::facets::{by_status, from_cache};
use super::placebo::placebo;
use super::scope::{Finding, NOTHING_MIN, judge_again};
use super::shares::{Measured, rise};
use crate::case::{Baselines, Certainty, OneByOne, Placebo, Share, StatusCount, Test, Verdict};
use crate::examine::Phase;
use crate::words::{count, percent};

/// Fewest stretches of the baseline that a placebo test can speak with: with four and none as large
/// it says one in five at best.
const PLACEBOS_MIN: u64 = 5;

/// From this on chance finds as much too often for a verdict.
const PLACEBO_MAX: f64 = 0.2;

/// Statuses that are told one by one.
const STATUSES_MAX: usize = 8;

/// Share of the target's requests from the cache from which on it is told how they fared.
const CACHED_MIN: f64 = 0.05;

/// Looks at what the verdict hangs on.
#[must_use]
pub fn certainty(e: &Evidence<'_>, f: &Finding) -> Certainty {
    if f.set_aside.is_some() || !f.in_target.contains(&true) {
        return Certainty::default();
    }
    let target = |l: usize| f.in_target[l];
    let rest = |l: usize| e.view.is_ours(l) && !f.in_target[l];
    let mut out = Certainty {
        tests: tests(f),
        readings: readings(e, f),
        placebo: placebo(e),
        baselines: [baselines(e, "target", &target), baselines(e, "rest", &rest)].into_iter().flatten().collect(),
        resources: one_by_one(e, &rest),
        statuses: statuses(e, f),
        remarks: Vec::new(),
    };
    // What leaves a verdict open from outside (silences, ordinary noise) is no matter of readings.
    let told = if too_ordinary(&out, f.verdict).is_some() { Verdict::Inconclusive } else { f.verdict };
    if let Some(own) = judge_again(e, f).map(|f| f.verdict).filter(|own| *own != told) {
        let what = "by what was measured alone, without what leaves it open".to_owned();
        out.readings.insert(0, crate::case::Reading { what, verdict: own, same: false });
    }
    if let Some([hits, others]) = from_cache(e, &f.in_target)
        && hits.0 as f64 >= CACHED_MIN * (hits.0 + others.0) as f64
    {
        out.remarks.push(format!(
            "Of what failed, {} requests were answered from a cache, of which {} failed; of the {} others {} failed. What lies in a cache is served whether or not the servers behind it work, so this does not narrow the cause.",
            count(hits.0),
            percent(hits.1 as f64 / hits.0 as f64),
            count(others.0),
            percent(others.1 as f64 / others.0 as f64)
        ));
    }
    out
}

/// Why the verdict cannot stand, if the same search finds as much where nothing was found.
#[must_use]
pub fn too_ordinary(c: &Certainty, verdict: Verdict) -> Option<String> {
    let Placebo { windows, as_large, p } = c.placebo?;
    let claims = matches!(verdict, Verdict::Confined | Verdict::Partial | Verdict::SiteWide);
    (claims && windows >= PLACEBOS_MIN && p > PLACEBO_MAX).then(|| {
        format!("The same search finds as much in {as_large} of {windows} stretches of the baseline of the same length: that is no sure sign of an incident.")
    })
}

fn tests(f: &Finding) -> Vec<Test> {
    let dispersion = |m: &Measured| m.share.map(|s| s.n as f64 / s.effective);
    let test = |id: &str, value: Share, limit: f64, m: &Measured, base: &Measured, passed: Option<bool>| Test {
        id: id.to_owned(),
        value,
        limit,
        detectable: None,
        requests: m.counts().0,
        effective: m.share.map(|s| s.effective),
        clients: m.clients,
        dispersion: dispersion(base),
        passed,
    };
    let mut out = Vec::new();
    if let Some((d, i, _)) = rise(&f.target.0, &f.target.1) {
        let value = Share { value: Some(d), low: Some(i.low), high: Some(i.high) };
        let passed = (i.low > RISE_MIN).then_some(true).or((i.high < RISE_MIN).then_some(false));
        let detectable = detectable(&f.target.0, &f.target.1);
        out.push(Test { detectable, ..test("target-rose", value, RISE_MIN, &f.target.0, &f.target.1, passed) });
    }
    if f.increase.value.is_some() {
        let rest = test("rest-stayed-healthy", f.increase, f.margin, &f.rest.0, &f.rest.1, f.healthy);
        out.push(Test { detectable: f.detectable, ..rest });
    }
    if f.share.value.is_some() && f.rest.0.counts().0 > 0 {
        let passed = match (f.share.low, f.share.high) {
            (Some(low), _) if low >= SHARE_MIN => Some(true),
            (_, Some(high)) if high < SHARE_MIN => Some(false),
            _ => None,
        };
        out.push(test("share-of-excess", f.share, SHARE_MIN, &f.target.0, &f.target.1, passed));
    }
    out
}

/// The verdict by other readings. Each differs from the ordinary one in one thing.
fn readings(e: &Evidence<'_>, f: &Finding) -> Vec<crate::case::Reading> {
    let Some(own) = judge_again(e, f).map(|f| f.verdict) else { return Vec::new() };
    let mut out = Vec::new();
    let mut read = |what: &str, other: &Evidence<'_>| {
        if let Some(found) = judge_again(other, f) {
            out.push(crate::case::Reading { what: what.to_owned(), verdict: found.verdict, same: found.verdict == own });
        }
    };
    let with = |reading: Reading| Evidence { reading, ..e.clone() };
    if let Some(client) = busiest(e, f) {
        read("without the client that met most failures", &with(Reading { without: Some(client), ..Reading::default() }));
    }
    let tenth = (e.window.to.0 - e.window.from.0) / 10;
    if tenth >= e.examined.fine.0 * crate::time::SECOND {
        let cut = |from: i64, to: i64| {
            let window = crate::time::Span::new(e.window.from.plus(from), e.window.to.plus(-to));
            Evidence { window, ..e.clone() }
        };
        read("without the first tenth of the window", &cut(tenth, 0));
        read("without the last tenth of the window", &cut(0, tenth));
    }
    if [Phase::Before, Phase::After].iter().all(|p| e.baseline(&|l| e.view.is_ours(l), &[*p]).worth() >= NOTHING_MIN) {
        read("compared only with the time before the window", &with(Reading { baseline: &BASELINE[..1], ..Reading::default() }));
        read("compared only with the time after the window", &with(Reading { baseline: &BASELINE[1..], ..Reading::default() }));
    }
    if f.increase.value.is_some() {
        read("with half the limit for the rest", &with(Reading { margin: 0.5, ..Reading::default() }));
        read("with twice the limit for the rest", &with(Reading { margin: 2.0, ..Reading::default() }));
    }
    out
}

/// The client that met most failures of the target in the window; of equals the one with the lowest key.
fn busiest(e: &Evidence<'_>, f: &Finding) -> Option<u64> {
    if !e.clients_known {
        return None;
    }
    let target = |l: usize| f.in_target[l];
    let clients = e.examined.per_client_keyed(&target, &[Phase::During]).filter(|c| c.2 > 0);
    clients.max_by(|a, b| a.2.cmp(&b.2).then(b.0.cmp(&a.0))).map(|c| c.0)
}

/// The part's baseline before the window against the one after it.
fn baselines(e: &Evidence<'_>, part: &str, chosen: &dyn Fn(usize) -> bool) -> Option<Baselines> {
    let [before, after] = [Phase::Before, Phase::After].map(|p| e.baseline(chosen, &[p]));
    if before.worth() < NOTHING_MIN || after.worth() < NOTHING_MIN {
        return None;
    }
    let (d, i, _) = rise(&after, &before)?;
    let agree = match i {
        i if i.low > -MARGIN_MIN && i.high < MARGIN_MIN => Some(true),
        i if i.low > MARGIN_MIN || i.high < -MARGIN_MIN => Some(false),
        _ => None,
    };
    Some(Baselines { part: part.to_owned(), difference: Share { value: Some(d), low: Some(i.low), high: Some(i.high) }, agree })
}

fn one_by_one(e: &Evidence<'_>, rest: &dyn Fn(usize) -> bool) -> Option<OneByOne> {
    let (list, known) = each(e, rest);
    if known == 0 {
        return None;
    }
    let (degraded, others): (Vec<&Each>, Vec<&Each>) = list.iter().partition(|r| r.rose);
    let measured: u64 = list.iter().map(|r| r.now.counts().0).sum();
    Some(OneByOne {
        known: known as u64,
        measurable: list.len() as u64,
        unmeasured_requests: e.during(rest).counts().0.saturating_sub(measured),
        degraded: degraded.iter().map(|r| r.name.clone()).collect(),
        largest_rise: (!others.is_empty()).then(|| largest_rise(&others)),
    })
}

fn statuses(e: &Evidence<'_>, f: &Finding) -> Vec<StatusCount> {
    let mut out: Vec<StatusCount> = Vec::new();
    for (i, (status, failed)) in by_status(e, &f.in_target).into_iter().enumerate() {
        if i >= STATUSES_MAX {
            match out.last_mut().filter(|_| i > STATUSES_MAX) {
                Some(others) => others.failed += failed,
                None => out.push(StatusCount { status: "others".into(), failed }),
            }
            continue;
        }
        let status = match status {
            0 => "none".into(),
            class @ 1..=9 => format!("{class}xx"),
            status => status.to_string(),
        };
        out.push(StatusCount { status, failed });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(windows: u64, as_large: u64) -> Certainty {
        let p = (1 + as_large) as f64 / (1 + windows) as f64;
        Certainty { placebo: Some(Placebo { windows, as_large, p }), ..Certainty::default() }
    }

    #[test]
    fn only_enough_stretches_with_as_much_take_a_verdict_back() {
        for (windows, as_large, verdict, back) in [
            (3, 3, Verdict::Confined, false),
            (9, 0, Verdict::Confined, false),
            (9, 1, Verdict::SiteWide, false),
            (9, 2, Verdict::SiteWide, true),
            (5, 1, Verdict::Partial, true),
            (5, 1, Verdict::NoIncident, false),
            (5, 1, Verdict::Inconclusive, false),
        ] {
            assert_eq!(too_ordinary(&with(windows, as_large), verdict).is_some(), back, "{windows} {as_large} {verdict:?}");
        }
        assert!(too_ordinary(&Certainty::default(), Verdict::Confined).is_none());
    }
}

//! Question: who was there, who got in, and how many at one time?
//! Method: different addresses; documents asked for by people; visits parted by half an hour without a
//! request; of what is polled or streamed the clients present at once (`concurrency`); of what failed who
//! was answered well at least once.
//! Assumes: an address, for visits and presence with its user agent, is a client: many people behind one
//! address (NAT, carriers) make too few of them, one person on several addresses too many.
//! Reference: sessions by half an hour: Catledge and Pitkow, Computer Networks and ISDN Systems 27, 1995
//! (25.5 minutes), rounded as web analytics does; distinct ones and sweep: `stats::distinct`, `stats::concurrent`.

mod concurrency;

use super::evidence::Evidence;
use super::few::clients_unknown;
use super::operations::{CUTOFF_MAX, tried};
use super::scope::Finding;
use crate::case::audience::{Admission, Audience, PageViews, Present, ResourceViews, Sessions};
use crate::case::{Axis, set_words};
use crate::examine::Attempt;
use crate::time::{SECOND, Span};
use concurrency::{Crowd, crowd};
use std::collections::BTreeMap;

/// Resources told with their views.
const RESOURCES_TOLD: usize = 20;

/// Answers the question; `window` is the incident's.
#[must_use]
pub fn audience(e: &Evidence<'_>, f: &Finding, window: Option<Span>, axis: &Axis) -> Audience {
    let people = &e.examined.people;
    let ours = |l: usize| e.view.is_ours(l);
    let named = f.set_aside.is_none() && f.in_target.contains(&true);
    let target = named.then_some(f.in_target.as_slice());
    let requests = e.examined.series(&ours).values().map(|m| m.cell.total()).sum();
    let mut out = Audience {
        requests,
        distinct_clients: people.addresses,
        distinct_clients_error: people.addresses_error,
        target_clients: (window.is_some() && f.in_target.contains(&true)).then(|| e.during(&|l| f.in_target[l]).clients),
        page_views: page_views(e, target),
        ..Audience::default()
    };
    out.unknown = unknown(e);
    if out.unknown.is_some() {
        return out;
    }
    // What failed at one POP, say, is no audience of its own: people are counted by what they asked for.
    let by_name = |set: &BTreeMap<String, String>| set.keys().all(|k| matches!(k.as_str(), "resource" | "template" | "host"));
    let own = target.filter(|_| !f.cause_set.is_empty() && f.cause_set.iter().all(by_name));
    let name = f.cause_set.iter().map(set_words).collect::<Vec<_>>().join(" and ");
    let found = crowd(e, own.map(|t| (t, name.as_str())));
    out.sessions = Some(sessions(e, target, found.as_ref().ok()));
    let mut series: Vec<Present> = (0..axis.bins)
        .map(|i| Present { t: axis.start(i), concurrent: None, low: None, high: None, served: 0, denied: 0, first_served: 0 })
        .collect();
    out.admission = target.zip(window).map(|(t, w)| admission(e, t, w, axis, &mut series));
    match found {
        Ok(crowd) => {
            crowd.fill(axis, &mut series);
            out.peak_concurrent = crowd.peak();
            out.concurrency = Some(crowd.told());
        }
        Err(why) => out.unknown = Some(why),
    }
    if out.concurrency.is_some() || out.admission.is_some() {
        out.series = series;
    }
    out
}

/// Why clients cannot be told apart, where they cannot.
fn unknown(e: &Evidence<'_>) -> Option<String> {
    let why = clients_unknown(e.examined, e.clients_known).map(|why| format!("{why}: how many people asked cannot be told."));
    why.or_else(|| e.examined.attempts.list().is_empty().then(|| "There is no request of a client that counts.".into()))
}

fn page_views(e: &Evidence<'_>, target: Option<&[bool]>) -> PageViews {
    let people = &e.examined.people;
    let mut by_name: BTreeMap<String, u64> = BTreeMap::new();
    for leaf in people.views.chunk_by(|a, b| a.0 == b.0) {
        let name = e.view.name(&e.examined.leaves[leaf[0].0 as usize]);
        *by_name.entry(name).or_default() += leaf.iter().map(|v| u64::from(v.2)).sum::<u64>();
    }
    let mut resources: Vec<ResourceViews> = by_name.into_iter().map(|(name, views)| ResourceViews { name, views }).collect();
    resources.sort_by(|a, b| b.views.cmp(&a.views).then_with(|| a.name.cmp(&b.name)));
    resources.truncate(RESOURCES_TOLD);
    PageViews {
        all: people.views_of(&|_| true, &|_| true),
        target: target.map(|t| people.views_of(&|l| t[l], &|_| true)),
        programs: people.programs_views,
        resources,
    }
}

/// The clients' requests that `chosen` names, one client after another, as ascending (second, good, bad) with one entry a second.
pub(super) fn by_client(e: &Evidence<'_>, chosen: &dyn Fn(&Attempt) -> bool, mut each: impl FnMut(&[(i64, u64, u64)])) {
    let mut seconds: Vec<(i64, u64, u64)> = Vec::new();
    for client in e.examined.attempts.list().chunk_by(|a, b| a.client == b.client) {
        seconds.clear();
        seconds.extend(client.iter().filter(|a| chosen(a)).map(|a| (a.at, tried(a).0, tried(a).1)).filter(|s| s.1 + s.2 > 0));
        seconds.sort_unstable();
        seconds.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                (kept.1, kept.2) = (kept.1 + next.1, kept.2 + next.2);
            }
            same
        });
        if !seconds.is_empty() {
            each(&seconds);
        }
    }
}

fn sessions(e: &Evidence<'_>, target: Option<&[bool]>, crowd: Option<&Crowd>) -> Sessions {
    let sampling = e.examined.attempts.sampling();
    let count = |chosen: &dyn Fn(&Attempt) -> bool, gap: i64| {
        let (mut visits, mut clients) = (0u64, 0u64);
        by_client(e, chosen, |seconds| {
            clients += 1;
            visits += 1 + seconds.windows(2).filter(|w| w[1].0 - w[0].0 > gap).count() as u64;
        });
        (visits * sampling, clients * sampling)
    };
    let (all, clients) = count(&|_| true, CUTOFF_MAX);
    let target_gap = target.map(|_| crowd.and_then(Crowd::target_gap).unwrap_or(CUTOFF_MAX));
    let visits = target.zip(target_gap).map(|(t, gap)| count(&|a| t[a.leaf as usize], gap).0);
    Sessions { gap: CUTOFF_MAX, all, clients, target_gap, target: visits }
}

fn admission(e: &Evidence<'_>, target: &[bool], window: Span, axis: &Axis, series: &mut [Present]) -> Admission {
    let sampling = e.examined.attempts.sampling();
    let (from, to) = (window.from.0.div_euclid(SECOND), window.to.0.saturating_add(SECOND - 1).div_euclid(SECOND));
    let first = axis.from.0.div_euclid(SECOND);
    let place = |at: i64| usize::try_from((at - first).div_euclid(axis.step.0.max(1))).unwrap_or(usize::MAX);
    let mut out = Admission::default();
    by_client(e, &|a| target[a.leaf as usize], |seconds| {
        for bin in seconds.chunk_by(|a, b| place(a.0) == place(b.0)) {
            let good = bin.iter().any(|s| s.1 > 0);
            if let Some(p) = series.get_mut(place(bin[0].0)) {
                *if good { &mut p.served } else { &mut p.denied } += sampling;
            }
        }
        let since = seconds.iter().find(|s| s.0 >= from && s.1 > 0).map(|s| s.0);
        if let Some(p) = since.and_then(|at| series.get_mut(place(at))) {
            p.first_served += sampling;
        }
        if seconds.iter().any(|s| from <= s.0 && s.0 < to) {
            let admitted = since.is_some_and(|at| at < to);
            out.clients += sampling;
            *if admitted { &mut out.admitted } else { &mut out.denied } += sampling;
            out.later += if !admitted && since.is_some() { sampling } else { 0 };
        }
    });
    out
}

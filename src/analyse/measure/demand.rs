//! Question: did more demand come first, or did something break without it?
//! Method: wants a second against the stretch before; the order of surge and failures; whether as much
//! was served before; whether failures follow the load.
//! Assumes: repetitions after a failure are its consequence and no demand.
//! Reference: Beyer and others, *Site Reliability Engineering*, 2016, ch. 21-22, for overload and its signs.

use super::ground::answers;
use super::{Answer, Given, Ground, nothing, value};
use crate::stats::interval::{Z95, wilson};
use crate::stats::ratio::{Pairs, quotient};
use crate::words::{count, duration_in_full, percent};
use std::collections::BTreeMap;

/// Pieces into which the window is cut for rates: as the clusters in time elsewhere.
const STEPS: i64 = 20;

/// A bin with a smaller failing share served its load.
const SERVED: f64 = 0.05;

/// Wants a second in steps of the span; what is looked at, or the site.
fn rates(g: &Ground<'_>, span: (i64, i64), step: i64, site: bool) -> Pairs {
    let seconds = if site { &g.site_seconds } else { &g.seconds };
    let mut p = Pairs::default();
    let mut at = span.0;
    while at < span.1 {
        let end = (at + step).min(span.1);
        p.add(seconds.range(at..end).map(|(_, c)| c[2]).sum::<u64>() as f64, (end - at) as f64);
        at = end;
    }
    p
}

fn step(g: &Ground<'_>) -> i64 {
    ((g.window.1 - g.window.0) / STEPS).max(1)
}

/// Rates over the baseline that is compared with.
fn base(g: &Ground<'_>, site: bool) -> Pairs {
    let (mut p, step) = (Pairs::default(), step(g));
    for &span in &g.base_spans {
        let mut at = span.0;
        while at < span.1 {
            let end = (at + step).min(span.1);
            let seconds = if site { &g.site_seconds } else { &g.seconds };
            p.add(seconds.range(at..end).map(|(_, c)| c[2]).sum::<u64>() as f64, (end - at) as f64);
            at = end;
        }
    }
    p
}

/// Things wanted a second, window over the time before: operations begun anew, and everything that clients with the
/// pace of machines ask.
pub(super) fn demand(g: &Ground<'_>, given: &Given<'_>) -> Answer {
    // Without machines that is what the surge was found to be: one figure, wherever it is told.
    if let Some(s) = given.surge.filter(|_| (g.own_base || !g.has_target) && g.machines.is_empty())
        && let (Some(v), Some(low), Some(high)) = (s.begun.value, s.begun.low, s.begun.high)
    {
        let says = format!(
            "Things were wanted {v:.2} times as often as {}, repetitions after failures not counted.",
            if g.base_before { "before" } else { "otherwise" }
        );
        return value(v, low, high, says);
    }
    if (g.own_base || !g.has_target)
        && let Some((v, Some(i))) = quotient(&rates(g, g.window, step(g), false), &base(g, false))
    {
        let says = format!(
            "Things were wanted {v:.2} times as often as {}, repetitions after failures not counted.",
            if g.base_before { "before" } else { "afterwards" }
        );
        return value(v, i.low, i.high, says);
    }
    let Some((v, Some(i))) = quotient(&rates(g, g.window, step(g), true), &base(g, true)) else {
        return nothing("There is no stretch to compare demand with.");
    };
    let says =
        format!("Hardly anything was asked of it before; on the whole site things were wanted {v:.2} times as often as before.");
    value(v, i.low, i.high, says)
}

/// The first bin of the window with a good part of its failures.
fn onset(g: &Ground<'_>) -> Option<i64> {
    let failed: u64 = g.seconds.range(g.window.0..g.window.1).map(|(_, c)| c[1]).sum();
    if failed < 20 {
        return None;
    }
    // The first hundredth may be the ordinary failures.
    let mut sum = 0;
    g.seconds.range(g.window.0..g.window.1).find_map(|(at, c)| {
        sum += c[1];
        (100 * sum >= failed).then_some(*at)
    })
}

/// The same just before the first failures: a tenth of the window, five seconds at least.
pub(super) fn before(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let Some(onset) = onset(g) else { return nothing("Hardly anything failed, so there is no time before the failures.") };
    let length = ((g.window.1 - g.window.0) / 10).max(5);
    let just = (onset - length, onset);
    let site = !g.own_base;
    // The baseline without these seconds.
    let mut earlier = Pairs::default();
    let step = (length / 5).max(1);
    for piece in g.base.iter().filter(|p| p.span.0 < just.0) {
        let mut at = piece.span.0;
        while at + step <= piece.span.1.min(just.0) {
            let seconds = if site { &g.site_seconds } else { &g.seconds };
            earlier.add(seconds.range(at..at + step).map(|(_, c)| c[2]).sum::<u64>() as f64, step as f64);
            at += step;
        }
    }
    let Some((v, Some(i))) = quotient(&rates(g, just, step, site), &earlier) else {
        return nothing("There is too little before the first failures to compare.");
    };
    let says = format!(
        "In the {} before the first failures things were wanted {v:.2} times as often as earlier.",
        duration_in_full(length as f64)
    );
    value(v, i.low, i.high, says)
}

/// By how much of the window the surge precedes the failures; negative where they come first.
pub(super) fn lead(g: &Ground<'_>, given: &Given<'_>) -> Answer {
    let Some(surge) = given.surge else { return nothing("Nothing failed whose order could be told.") };
    let Some(lead) = surge.lead else { return nothing("No order shows between the number of requests and the failures.") };
    let length = (g.window.1 - g.window.0).max(1) as f64;
    let step = step(g) as f64 / length;
    let v = -lead as f64 / length;
    let says = match lead {
        0 => "Requests and failures rose together.".into(),
        l => format!(
            "Changes of the failing share came {} {} changes in the number of requests.",
            duration_in_full(l.abs() as f64),
            if l > 0 { "before" } else { "after" }
        ),
    };
    value(v, v - step, v + step, says)
}

/// One bin of time: load, requests, failures.
type Bin = (f64, u64, u64);

/// Load by bin of `step` seconds from the window's start. It is told in clients, because how often one asks depends on
/// what it is answered; what clients with the pace of machines ask counts in full.
fn loads(g: &Ground<'_>, step: i64) -> BTreeMap<i64, Bin> {
    let mut out: BTreeMap<i64, Bin> = BTreeMap::new();
    let bin = |at: i64| (at - g.window.0).div_euclid(step);
    for client in g.e.examined.attempts.list().chunk_by(|a, b| a.client == b.client) {
        let machine = g.machines.contains(&client[0].client);
        let mut own: BTreeMap<i64, (u64, u64)> = BTreeMap::new();
        for a in client.iter().filter(|a| g.chosen[a.leaf as usize]) {
            let (good, bad) = answers(a);
            let sum = own.entry(bin(a.at)).or_default();
            *sum = (sum.0 + good + bad, sum.1 + bad);
        }
        for (bin, (n, bad)) in own {
            let all = out.entry(bin).or_default();
            *all = (all.0 + if machine { n as f64 } else { 1.0 }, all.1 + n, all.2 + bad);
        }
    }
    out
}

/// The bins that lie wholly within a span.
fn within(g: &Ground<'_>, span: (i64, i64), step: i64) -> std::ops::Range<i64> {
    let first = -(g.window.0 - span.0).div_euclid(step);
    first..(span.1 - g.window.0).div_euclid(step).max(first)
}

/// The window's median load over the largest that was served in the baseline (its ninth decile of bins with less than
/// one failure in twenty).
pub(super) fn equal_load(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    if !g.own_base {
        return nothing("Hardly anything was asked of it otherwise, so no load of it was served before.");
    }
    let step = step(g);
    let bins = loads(g, step);
    let at = |i: i64| bins.get(&i).copied().unwrap_or((0.0, 0, 0));
    let mut served: Vec<f64> = Vec::new();
    for i in g.placebo.iter().flat_map(|p| within(g, p.span, step)) {
        let (load, n, bad) = at(i);
        if n > 0 && (bad as f64) < SERVED * n as f64 {
            served.push(load);
        }
    }
    let mut now: Vec<f64> = within(g, g.window, step).map(|i| at(i).0).collect();
    if served.len() < 5 || now.len() < 5 {
        return nothing("There are too few bins of time to compare loads.");
    }
    served.sort_by(f64::total_cmp);
    now.sort_by(f64::total_cmp);
    let at = |list: &[f64], q: f64| list[((list.len() as f64 * q) as usize).min(list.len() - 1)];
    let (load, most) = (at(&now, 0.5), at(&served, 0.9));
    if load + most < 10.0 {
        return nothing("There are too few clients to compare loads.");
    }
    let spread = Z95 * (1.0 / load.max(1.0) + 1.0 / most.max(1.0)).sqrt();
    let v = load.max(0.5) / most.max(0.5);
    let says = format!(
        "The load of the window, told in clients, was {v:.2} times what was served at busy times outside it with less than one \
         failure in twenty."
    );
    value(v, v * (-spread).exp(), v * spread.exp(), says)
}

/// Correlation of load and failing share over the bins of the window.
pub(super) fn dose(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let step = step(g);
    let bins = loads(g, step);
    let points: Vec<(f64, f64)> = within(g, g.window, step)
        .filter_map(|i| bins.get(&i).filter(|b| b.1 >= 5).map(|b| (b.0, b.2 as f64 / b.1 as f64)))
        .collect();
    let n = points.len() as f64;
    if points.len() < 10 {
        return nothing("There are too few bins of time to relate failures to load.");
    }
    let (mx, my) = points.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0 / n, s.1 + p.1 / n));
    let (sx, sy, xy) = points
        .iter()
        .fold((0.0, 0.0, 0.0), |s, p| (s.0 + (p.0 - mx).powi(2), s.1 + (p.1 - my).powi(2), s.2 + (p.0 - mx) * (p.1 - my)));
    if sx * sy <= 0.0 {
        return nothing("Load or failing share did not vary within the window.");
    }
    let r = (xy / (sx * sy).sqrt()).clamp(-0.999, 0.999);
    // Fisher's z.
    let (z, half) = (r.atanh(), Z95 / (n - 3.0).sqrt());
    let says =
        format!("Within the window the failing share and the load correlate by {r:.2} (1 is always together, 0 is not at all).");
    value(r, (z - half).tanh(), (z + half).tanh(), says)
}

/// Share of the failures that refuse for want of room (429 and 503).
pub(super) fn shed(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let (mut some, mut all) = (0u64, 0u64);
    for &(leaf, status, [_, n]) in &g.e.examined.facets.statuses {
        if g.chosen[leaf as usize] {
            all += n;
            some += if matches!(status, 429 | 503) { n } else { 0 };
        }
    }
    if all < 20 || g.e.examined.facets.statuses.iter().all(|s| s.1 < 10) {
        return nothing("There are too few failures, or their statuses were not kept.");
    }
    let v = some as f64 / all as f64;
    // A stretch of time gives the same status: each step counts once.
    let i = wilson(v, (all as f64).min(STEPS as f64), Z95);
    let says = format!("{} of {} failures said that there was no room (429 or 503).", percent(v), count(all));
    value(v, i.low, i.high, says)
}

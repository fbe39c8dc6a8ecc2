//! Question: are there more clients, or does each ask for more?
//! Method: numbers per client and piece of time, clustered by client; shares of the busiest.
//! Assumes: repetitions after a failure are no new wants.
//! Reference: Jung, Krishnamurthy and Rabinovich, WWW 2002: in a crowd the clients grow, not what each asks.

use super::{Answer, Given, Ground, Stay, against, nothing, value};
use crate::case::weighing::Scale;
use crate::examine::Network;
use crate::stats::interval::{Z95, wilson};
use crate::stats::ratio::{Pairs, quotient, share};
use crate::words::percent;
use std::collections::BTreeMap;

/// Clients below which a distribution is not told.
const CLIENTS_MIN: usize = 5;

/// More than one request a second, kept up for ten: nobody reads or clicks that fast.
pub(in crate::analyse) const PACE_MACHINE: f64 = 1.0;

/// Requests from which on a client's pace is a pace.
pub(in crate::analyse) const PACED_MIN: u64 = 10;

const TOO_FEW: &str = "Too few clients to compare.";

fn per_client(stays: &[Stay]) -> Pairs {
    let mut p = Pairs::default();
    stays.iter().for_each(|s| p.add(s.wants as f64, 1.0));
    p
}

fn all(pieces: &[super::Piece]) -> Vec<Stay> {
    pieces.iter().flat_map(|p| p.stays.iter().copied()).collect()
}

fn compared(g: &Ground<'_>) -> &'static str {
    match (g.own_base, g.base_before) {
        (true, true) => "before",
        (true, false) => "afterwards",
        (false, true) => "on the whole site before",
        (false, false) => "on the whole site afterwards",
    }
}

/// Things wanted per client and piece, window over baseline.
pub(super) fn rate(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let (now, base) = (all(&g.now), all(&g.base));
    if now.len() < CLIENTS_MIN || base.len() < CLIENTS_MIN {
        return nothing(TOO_FEW);
    }
    let (now, base) = (per_client(&now), per_client(&base));
    let Some((q, Some(i))) = quotient(&now, &base) else { return nothing(TOO_FEW) };
    let (a, b) = (now.ratio().unwrap_or(0.0), base.ratio().unwrap_or(0.0));
    let says = format!(
        "A client wanted {a:.2} things on average, repetitions after failures not counted; {} it was {b:.2}.",
        compared(g)
    );
    let mut out = value(q, i.low, i.high, says)?;
    out.placebo = against(g, Scale::Ln, a, |s| per_client(s).ratio().filter(|r| *r > 0.0));
    Ok(out)
}

/// The pace from which on a client is like a machine: [`PACE_MACHINE`], or twice what all but one in a thousand of
/// the baseline's clients keep to.
#[must_use]
pub(in crate::analyse) fn machine_pace(g: &Ground<'_>) -> f64 {
    let mut paces: Vec<f64> = g.stays_base().map(Stay::pace).collect();
    paces.sort_by(f64::total_cmp);
    let place = (0.999 * paces.len() as f64) as usize;
    let ordinary = paces.get(place.min(paces.len().saturating_sub(1))).copied().unwrap_or(0.0);
    PACE_MACHINE.max(2.0 * ordinary)
}

/// Share of the requests by clients with the pace of machines.
pub(super) fn heavy(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let limit = g.machine_pace;
    let of = |stays: &mut dyn Iterator<Item = &Stay>| {
        let (mut p, mut clients) = (Pairs::default(), 0);
        for s in stays {
            let machine = s.is_machine(limit);
            clients += u64::from(machine);
            p.add(if machine { s.requests as f64 } else { 0.0 }, s.requests as f64);
        }
        (p, clients)
    };
    let (now, clients) = of(&mut g.stays_now());
    let Some((q, i)) = share(&now, &Pairs::default()) else { return nothing(TOO_FEW) };
    let says = format!(
        "{} of the requests came from clients that kept up {limit:.1} requests a second or more, {clients} of {} clients.",
        percent(q),
        now.count()
    );
    let mut out = value(q, i.low, i.high, says)?;
    out.placebo = against(g, Scale::Logit, q, |s| of(&mut s.iter()).0.ratio());
    Ok(out)
}

/// Share of the requests by the busiest hundredth of the clients.
pub(super) fn busiest(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let of = |stays: &[Stay]| {
        let mut n: Vec<u64> = stays.iter().map(|s| s.requests).collect();
        n.sort_unstable_by_key(|&n| std::cmp::Reverse(n));
        let few = n.len().div_ceil(100);
        let total: u64 = n.iter().sum();
        (total > 0).then(|| n[..few].iter().sum::<u64>() as f64 / total as f64)
    };
    let now = all(&g.now);
    if now.len() < CLIENTS_MIN {
        return nothing(TOO_FEW);
    }
    let Some(q) = of(&now) else { return nothing(TOO_FEW) };
    let squares: f64 = now.iter().map(|s| (s.requests as f64).powi(2)).sum();
    let sum: f64 = now.iter().map(|s| s.requests as f64).sum();
    let i = wilson(q, (sum * sum / squares).max(1.0), Z95);
    let says = format!("The busiest hundredth of the clients made {} of the requests.", percent(q));
    let mut out = value(q, i.low, i.high, says)?;
    out.placebo = against(g, Scale::Logit, q, of);
    Ok(out)
}

/// Requests a second of the client that the median request comes from, while it was active.
pub(super) fn pace(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let quantiles = |stays: &[Stay]| {
        let mut list: Vec<(f64, f64)> = stays.iter().map(|s| (s.pace(), s.requests as f64)).collect();
        list.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = list.iter().map(|x| x.1).sum();
        let squares: f64 = list.iter().map(|x| x.1 * x.1).sum();
        let half = 0.5 * Z95 / (total * total / squares.max(1.0)).max(1.0).sqrt();
        let at = |q: f64| {
            let mut sum = 0.0;
            list.iter().find(|x| {
                sum += x.1;
                sum >= q.clamp(0.0, 1.0) * total
            })
        };
        // Below one request in a hundred seconds a pace is none.
        [0.5, 0.5 - half, 0.5 + half].map(|q| at(q).or(list.last()).map_or(0.01, |x| x.0.max(0.01)))
    };
    let now = all(&g.now);
    if now.is_empty() {
        return nothing(TOO_FEW);
    }
    let [v, low, high] = quantiles(&now);
    let says = format!("Half of the requests came from clients that asked {v:.2} times a second or more while they were active.");
    let mut out = value(v, low, high, says)?;
    out.placebo = against(g, Scale::Ln, v, |s| (!s.is_empty()).then(|| quantiles(s)[0]));
    Ok(out)
}

/// Part of the growth of what is wanted (logarithm) that is growth of the clients.
pub(super) fn growth(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    if !g.own_base && g.has_target {
        return nothing("Hardly anybody asked for it before, so its growth cannot be taken apart.");
    }
    let mean = |pieces: &[super::Piece], of: fn(&Stay) -> u64| {
        let n: u64 = pieces.iter().flat_map(|p| &p.stays).map(of).sum();
        n as f64 / pieces.len().max(1) as f64
    };
    let (n1, n0) = (mean(&g.now, |s| s.wants), mean(&g.base, |s| s.wants));
    let (c1, c0) = (mean(&g.now, |_| 1), mean(&g.base, |_| 1));
    if n0 <= 0.0 || c0 <= 0.0 || n1 <= 0.0 || n1 / n0 < 1.2 {
        return nothing("Demand did not grow by a fifth, so there is no growth to take apart.");
    }
    let (total, clients) = ((n1 / n0).ln(), (c1 / c0).ln());
    let v = (clients / total).clamp(-1.0, 2.0);
    // Numbers of clients are taken as counts of independent ones.
    let half = Z95 * (1.0 / c1 + 1.0 / c0).sqrt() / total;
    let says = format!(
        "{} as many clients came and wanted {:.2} times as much in all: {} of the growth (as a logarithm) is clients.",
        format_args!("{:.2} times", c1 / c0),
        n1 / n0,
        percent(v.clamp(0.0, 1.0))
    );
    value(v, (v - half).max(-1.0), (v + half).min(2.0), says)
}

/// Networks per client, window over baseline: in how far clients have neighbours.
pub(super) fn spread(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let of = |stays: &mut dyn Iterator<Item = &Stay>| {
        let mut by: BTreeMap<Network, f64> = BTreeMap::new();
        stays.filter_map(|s| s.network).for_each(|n| *by.entry(n).or_default() += 1.0);
        let mut p = Pairs::default();
        by.values().for_each(|&clients| p.add(clients, 1.0));
        p
    };
    // More clients fill the same networks more densely: a crowd has a smaller value than its clients alone would have.
    let (now, base) = (of(&mut g.stays_now()), of(&mut g.stays_base()));
    if now.count() < 2 || base.count() < 2 {
        return nothing("Clients are not told by address, or come from one network only.");
    }
    let Some((q, Some(i))) = quotient(&base, &now) else { return nothing(TOO_FEW) };
    let says = format!(
        "There were {:.2} clients to a network; {} {:.2}.",
        now.ratio().unwrap_or(0.0),
        compared(g),
        base.ratio().unwrap_or(0.0)
    );
    value(q, i.low, i.high, says)
}

/// Share of the window's clients from networks that had not asked for anything before.
pub(super) fn novelty(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let first = g.now.first().map(|p| p.span);
    let unseen = |s: &Stay| s.network.is_some() && !s.network_known;
    let count = |stays: &[Stay]| {
        let all = stays.iter().filter(|s| s.network.is_some()).count();
        (stays.iter().filter(|s| unseen(s)).count(), all)
    };
    // A network is new once: later pieces of the window would know it.
    let now: Vec<Stay> = g.now.first().map(|p| p.stays.clone()).unwrap_or_default();
    let (new, n) = count(&now);
    if n < CLIENTS_MIN || !g.base_before {
        return nothing("There is no stretch before with clients told by address.");
    }
    let v = new as f64 / n as f64;
    let i = wilson(v, n as f64, Z95);
    let says = format!(
        "{} of {} clients came from networks that had asked for nothing before in the stretch looked at.",
        percent(v),
        crate::words::count(n as u64)
    );
    let mut out = value(v, i.low, i.high, says)?;
    // Stretches with at least half as long a time before them.
    let from = g.placebo.first().map_or(0, |p| p.span.0);
    let history = first.map_or(0, |s| s.0 - from);
    let fair: Vec<f64> = g
        .placebo
        .iter()
        .filter(|p| 2 * (p.span.0 - from) >= history && first.is_some_and(|f| p.span.1 <= f.0))
        .filter_map(|p| Some(count(&p.stays)).filter(|c| c.1 > 0))
        .map(|(new, n)| Scale::Logit.of(new as f64 / n as f64))
        .collect();
    if fair.len() >= 3 {
        let mean = fair.iter().sum::<f64>() / fair.len() as f64;
        let sd = (fair.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (fair.len() - 1) as f64).sqrt();
        out.placebo = (sd > 1e-9).then(|| (Scale::Logit.of(v) - mean) / sd);
    }
    Ok(out)
}

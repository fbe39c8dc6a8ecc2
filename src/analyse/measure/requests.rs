//! Question: do the requests themselves look like the ordinary ones?
//! Method: odds of queries that come once, of cache misses and of missing referrers against the baseline;
//! Jensen-Shannon divergence of user agents, methods and protocols from it.
//! Assumes: what the baseline's requests look like is what people send here.
//! Reference: Lin, IEEE Trans. Inf. Theory 37 (1991) 145-151, for the divergence.

use super::{Answer, Given, Ground, nothing, odds, value};
use crate::examine::facets::Line;
use crate::words::percent;
use std::collections::BTreeMap;

/// Requests of a kind below which they say nothing.
const REQUESTS_MIN: f64 = 20.0;

/// Requests of the window stand for so many independent ones each: as one client makes several of a kind.
fn thinned(g: &Ground<'_>) -> f64 {
    let (n, n2) = g.stays_now().fold((0.0, 0.0), |s, c| (s.0 + c.requests as f64, s.1 + (c.requests as f64).powi(2)));
    if n > 0.0 { (n2 / n).max(1.0) } else { 1.0 }
}

/// Requests with a yes and with a no.
type Split = (f64, f64);

/// The odds of a yes in the window over those in the baseline of the same things, or of the site where these have none.
fn compared(g: &Ground<'_>, now: Split, own: Split, site: Split) -> Option<(Split, (f64, f64, f64))> {
    let base = if g.own_base && own.0 + own.1 >= REQUESTS_MIN { own } else { site };
    if now.0 + now.1 < REQUESTS_MIN || base.0 + base.1 < REQUESTS_MIN {
        return None;
    }
    let thin = thinned(g);
    let less = |c: (f64, f64)| (c.0 / thin, c.1 / thin);
    Some((base, odds(less(now), less(base))))
}

fn part(c: (f64, f64)) -> f64 {
    c.0 / (c.0 + c.1).max(1.0)
}

/// Queries that come only once, as odds against the baseline.
pub(super) fn queries(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let (mut now, mut own, mut site) = ((0.0, 0.0), (0.0, 0.0), (0.0, 0.0));
    // Of all requests, so that queries where there were none count.
    for (&leaf, r) in &g.e.examined.visits.referred {
        let ours = g.chosen[leaf as usize];
        let q = g.e.examined.visits.queries.get(&leaf).copied().unwrap_or_default();
        let at = |i: usize| (q.once[i] as f64, (r.named[i] + r.none[i]) as f64 - q.once[i] as f64);
        let add = |s: (f64, f64), m: (f64, f64)| (s.0 + m.0, s.1 + m.1.max(0.0));
        if ours {
            (now, own) = (add(now, at(1)), add(own, at(0)));
        }
        site = add(site, at(0));
    }
    if now.0 + own.0 + site.0 == 0.0 {
        return nothing("No request has a query.");
    }
    let Some((base, (v, low, high))) = compared(g, now, own, site) else { return nothing("Too few requests.") };
    let says =
        format!("{} of the requests had a query that nobody repeated; ordinarily {}.", percent(part(now)), percent(part(base)));
    value(v, low, high, says)
}

/// Sums of lines of the facets: window, own baseline, site's baseline.
fn facets(g: &Ground<'_>, of: impl Fn(&Line) -> Option<usize>) -> [BTreeMap<usize, f64>; 3] {
    let mut out: [BTreeMap<usize, f64>; 3] = Default::default();
    for line in &g.e.examined.facets.lines {
        let Some(kind) = of(line) else { continue };
        if g.chosen[line.leaf as usize] {
            *out[0].entry(kind).or_default() += line.counts[2] as f64;
            *out[1].entry(kind).or_default() += line.counts[0] as f64;
        }
        *out[2].entry(kind).or_default() += line.counts[0] as f64;
    }
    out
}

/// Requests that no cache answered, of those whose line says, as odds against the baseline.
pub(super) fn cache(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let [now, own, site] = facets(g, |l| match l.cache {
        "" => None,
        "miss" | "pass" => Some(0),
        _ => Some(1),
    })
    .map(|m| (m.get(&0).copied().unwrap_or(0.0), m.get(&1).copied().unwrap_or(0.0)));
    if now.0 + now.1 == 0.0 {
        return nothing("No line says whether a cache answered.");
    }
    let Some((base, (v, low, high))) = compared(g, now, own, site) else { return nothing("Too few requests.") };
    let says =
        format!("{} of the requests were not answered from a cache; ordinarily {}.", percent(part(now)), percent(part(base)));
    value(v, low, high, says)
}

/// Requests without a referrer, as odds against the baseline.
pub(super) fn referrer(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let (mut now, mut own, mut site) = ((0.0, 0.0), (0.0, 0.0), (0.0, 0.0));
    for (&leaf, r) in &g.e.examined.visits.referred {
        let at = |i: usize| (r.none[i] as f64, r.named[i] as f64);
        let add = |s: (f64, f64), m: (f64, f64)| (s.0 + m.0, s.1 + m.1);
        if g.chosen[leaf as usize] {
            (now, own) = (add(now, at(1)), add(own, at(0)));
        }
        site = add(site, at(0));
    }
    if now.1 + own.1 + site.1 == 0.0 {
        return nothing("No line names the page that a request came from.");
    }
    let Some((base, (v, low, high))) = compared(g, now, own, site) else { return nothing("Too few requests.") };
    let says =
        format!("{} of the requests named no page they came from; ordinarily {}.", percent(part(now)), percent(part(base)));
    value(v, low, high, says)
}

/// Jensen-Shannon divergence of two distributions of counts, bits, less what chance brings with so many (independent)
/// requests: (kinds - 1) / (8 n ln 2) for each side; and its standard error.
fn divergence(now: &BTreeMap<usize, f64>, base: &BTreeMap<usize, f64>, thin: f64) -> Option<(f64, f64)> {
    let (n, m): (f64, f64) = (now.values().sum(), base.values().sum());
    if n < REQUESTS_MIN || m < REQUESTS_MIN {
        return None;
    }
    let mut kinds: Vec<usize> = now.keys().chain(base.keys()).copied().collect();
    kinds.sort_unstable();
    kinds.dedup();
    let (mut sum, mut square) = (0.0, 0.0);
    for k in &kinds {
        let (p, q) = (now.get(k).copied().unwrap_or(0.0) / n, base.get(k).copied().unwrap_or(0.0) / m);
        let mid = (p + q) / 2.0;
        let half = |x: f64| if x > 0.0 { 0.5 * x * (x / mid).log2() } else { 0.0 };
        sum += half(p) + half(q);
        square += if p > 0.0 { p * (p / mid).log2().powi(2) / 4.0 } else { 0.0 };
    }
    let chance = (kinds.len() as f64 - 1.0) / (8.0 * std::f64::consts::LN_2) * (thin / n + thin / m);
    let error = (square * (thin / n + thin / m)).sqrt() + chance;
    Some(((sum - chance).max(0.001), error))
}

fn changed(g: &Ground<'_>, what: &str, of: impl Fn(&Line) -> Option<usize>) -> Answer {
    let [now, own, site] = facets(g, of);
    let own_base = g.own_base && own.values().sum::<f64>() >= REQUESTS_MIN;
    let Some((v, error)) = divergence(&now, if own_base { &own } else { &site }, thinned(g)) else {
        return nothing("Too few requests.");
    };
    let says = format!("The mix of {what} differs from the ordinary one by {v:.3} bits (0 is the same, 1 is nothing in common).");
    value(v, (v - 1.96 * error).max(0.001), v + 1.96 * error, says)
}

/// Divergence of user agents.
pub(super) fn agents(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let agents = &g.e.examined.facets.agents;
    changed(g, "browsers and applications", |l| {
        agents.get(l.agent as usize).is_some_and(|a| !a.is_empty()).then_some(l.agent as usize)
    })
}

/// Divergence of methods and versions of HTTP.
pub(super) fn protocol(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let number = |name: &str| name.bytes().fold(0usize, |n, b| n * 31 % 9_973 + usize::from(b));
    // Where all is of one kind before and now, that is no change; only lines that name neither say nothing.
    changed(g, "methods and protocols", |l| {
        (!(l.method.is_empty() && l.protocol.is_empty())).then(|| number(l.method) * 10_000 + number(l.protocol))
    })
}

/// The largest user agent in what came beyond the baseline, as odds against the largest one there.
pub(super) fn agent_top(g: &Ground<'_>, _: &Given<'_>) -> Answer {
    let agents = &g.e.examined.facets.agents;
    let [now, own, site] = facets(g, |l| agents.get(l.agent as usize).is_some_and(|a| !a.is_empty()).then_some(l.agent as usize));
    let own_base = g.own_base && own.values().sum::<f64>() >= REQUESTS_MIN;
    let base = if own_base { &own } else { &site };
    let (n, m): (f64, f64) = (now.values().sum(), base.values().sum());
    if n < REQUESTS_MIN || m < REQUESTS_MIN || now.len().max(base.len()) < 2 {
        return nothing("There are too few requests, or the lines name no user agent.");
    }
    // What the baseline of the same things would have brought in the same time; all is new where it had none.
    let seconds = |p: &[super::Piece]| p.iter().map(|p| (p.span.1 - p.span.0) as f64).sum::<f64>();
    let before: f64 = g.e.baseline_spans(&super::super::evidence::BASELINE).iter().map(|s| s.secs()).sum();
    let factor = if own_base && before > 0.0 { (seconds(&g.now) / before).min(n / m) } else { 0.0 };
    let beyond: BTreeMap<usize, f64> =
        now.iter().map(|(k, x)| (*k, (x - factor * base.get(k).copied().unwrap_or(0.0)).max(0.0))).collect();
    let sum: f64 = beyond.values().sum();
    let most = beyond.values().copied().fold(0.0, f64::max);
    if sum < REQUESTS_MIN {
        return nothing("Hardly more was asked than ordinarily, so there is no new traffic to look at.");
    }
    let usual = base.values().copied().fold(0.0, f64::max);
    let thin = thinned(g);
    let (v, low, high) = odds((most / thin, (sum - most) / thin), (usual / thin, (m - usual) / thin));
    let says = format!(
        "The commonest browser or application made {} of what came beyond the ordinary; ordinarily the commonest makes {}.",
        percent(most / sum),
        percent(usual / m)
    );
    value(v, low, high, says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_mix_does_not_differ_and_another_one_does() {
        let mix = |list: &[f64]| list.iter().copied().enumerate().collect::<BTreeMap<usize, f64>>();
        let (same, _) = divergence(&mix(&[300.0, 700.0]), &mix(&[30.0, 70.0]), 1.0).expect("a number");
        let (other, error) = divergence(&mix(&[1_000.0, 0.0]), &mix(&[0.0, 1_000.0]), 1.0).expect("a number");
        assert!(same < 0.01 && (other - 1.0).abs() < 0.01 && error < 0.1, "{same} {other} {error}");
        assert!(divergence(&mix(&[3.0]), &mix(&[100.0]), 1.0).is_none());
    }
}

//! Question: did the failing share change at that moment?
//! Method: the target's failing share in the quarter hours on either side, within the failure; intervals that allow
//! for clusters of clients and of time; their difference; and where within both the sides differ most.
//! Assumes: what changes at that moment shows within a quarter of an hour.
//! Reference: `stats::cluster`; difference: Newcombe, Stat. Med. 17, 1998; the moment of the largest difference:
//! Hinkley, Biometrika 57, 1970.

use super::Answer;
use crate::analyse::audience::by_client;
use crate::analyse::evidence::Evidence;
use crate::analyse::scope::Finding;
use crate::case::claimed::{Held, Measure};
use crate::case::{Case, ClaimStanding};
use crate::stats::cluster::{Clusters, Proportion};
use crate::stats::interval::{Z95, newcombe};
use crate::time::{Micros, SECOND, Span};
use crate::words::{clock, count};

/// Stretch compared on either side of a claimed change: a quarter of an hour.
const CHANGE_SECS: i64 = 900;

/// A change of the failing share that surely stays within this is none: five percentage points, what
/// parts "degraded" from "ok" elsewhere.
const SAME: f64 = 0.05;

/// Requests on a side below which nothing is said.
const REQUESTS_MIN: u64 = 20;

pub(super) fn test(at: Micros, case: &Case, e: Option<&Evidence<'_>>, f: &Finding) -> Answer {
    let held = Held { about: Some(Span::new(at, at)), unit: Some("share"), ..Held::default() };
    let Some(e) = e.filter(|_| f.in_target.contains(&true) && f.set_aside.is_none()) else {
        return Answer { held, ..Answer::untestable("Nothing failed whose change could be looked at.") };
    };
    let [before, after] = sides(at, e);
    let (Some(b), Some(a)) = (share(e, f, before), share(e, f, after)) else {
        let why = format!("There are fewer than {REQUESTS_MIN} requests for what failed on one side of that moment.");
        return Answer { held, ..Answer::untestable(why) };
    };
    let change = newcombe(a.p, a.interval(Z95), b.p, b.interval(Z95));
    let points = |x: f64| 100.0 * x;
    let mut text = format!(
        "From {} to {} UTC {:.1} % of {} requests for {} failed, from then to {} UTC {:.1} % of {}: a change of {:+.1} points ({:+.1} to {:+.1}).",
        clock(before.from),
        clock(at),
        points(b.p),
        count(b.n),
        case.cause_words(),
        clock(after.to),
        points(a.p),
        count(a.n),
        points(a.p - b.p),
        points(change.low),
        points(change.high)
    );
    let changed = change.low > 0.0 || change.high < 0.0;
    let unchanged = change.low > -SAME && change.high < SAME;
    if changed {
        text += &largest(e, f, Span::new(before.from, after.to)).map_or_else(String::new, |t| {
            format!(" Within these minutes the two sides differ most if they are parted at {} UTC.", clock(t))
        });
        text += &present(case, before, after);
    }
    let standing = match (changed, unchanged) {
        (true, _) => ClaimStanding::Consistent,
        (false, true) => ClaimStanding::Contradicted,
        (false, false) => {
            text += " That may be a change or none.";
            ClaimStanding::NotTestable
        }
    };
    let definition = "Failing share of what failed, after that moment less before".to_owned();
    let measured = vec![Measure { definition, value: a.p - b.p, low: change.low, high: Some(change.high), fits: None }];
    Answer { held: Held { measured, ..held }, ..Answer::new(standing, text) }
}

/// The stretches compared. Inside a failure neither reaches beyond it, outside neither reaches into it, so that its
/// beginning and end are not taken for the change; of a change claimed at one of these they are the change.
fn sides(at: Micros, e: &Evidence<'_>) -> [Span; 2] {
    let reach = CHANGE_SECS * SECOND;
    let near = e.step.0.max(1) * SECOND;
    let (mut from, mut to) = (at.plus(-reach).max(e.plan.axis.from), at.plus(reach).min(e.plan.axis.to));
    for edge in [e.window.from, e.window.to] {
        let away = edge.0 - at.0;
        if away.abs() > near {
            if away > 0 {
                to = to.min(edge);
            } else {
                from = from.max(edge);
            }
        }
    }
    [Span { from: from.min(at), to: at }, Span { from: at, to: to.max(at) }]
}

/// The failing share of the target in a span, with its clusters; `None` with too few requests.
fn share(e: &Evidence<'_>, f: &Finding, span: Span) -> Option<Proportion> {
    let (first, end) = (span.from.0.div_euclid(SECOND), span.to.0.div_euclid(SECOND));
    let mut times = Clusters::default();
    let (mut bad, mut n) = (0u64, 0u64);
    let mut open: Option<(i64, u64, u64)> = None;
    for (bin, m) in bins(e, f, span) {
        (bad, n) = (bad + m.0, n + m.1);
        let cluster = e.step.bin(e.examined.fine.start(bin));
        match &mut open {
            Some(o) if o.0 == cluster => (o.1, o.2) = (o.1 + m.0, o.2 + m.1),
            _ => {
                if let Some((_, b, v)) = open.replace((cluster, m.0, m.1)) {
                    times.add(b, v);
                }
            }
        }
    }
    if let Some((_, b, v)) = open {
        times.add(b, v);
    }
    let mut clients = Clusters::default();
    if e.clients_known {
        by_client(e, &|a| f.in_target[a.leaf as usize], |seconds| {
            let inside = seconds.iter().filter(|s| first <= s.0 && s.0 < end);
            let (b, v) = inside.fold((0, 0), |x, s| (x.0 + s.2, x.1 + s.1 + s.2));
            clients.add(b, v);
        });
    } else {
        clients.add_singles(bad, n);
    }
    (n >= REQUESTS_MIN).then(|| Proportion::clustered(bad, n, &clients, &times)).flatten()
}

/// Failed and valid requests for the target by fine bin, of the bins that begin in the span.
fn bins(e: &Evidence<'_>, f: &Finding, span: Span) -> Vec<(i64, (u64, u64))> {
    let series = e.examined.series(&|l| f.in_target[l]);
    let ours = series.iter().filter(|(bin, _)| span.contains(e.examined.fine.start(**bin)));
    ours.map(|(bin, m)| (*bin, (m.cell.bad(), m.cell.valid()))).collect()
}

/// The moment that parts the span into the two sides whose failing shares differ most for their numbers of requests.
fn largest(e: &Evidence<'_>, f: &Finding, span: Span) -> Option<Micros> {
    let bins = bins(e, f, span);
    let all = bins.iter().fold((0, 0), |s, b| (s.0 + b.1.0, s.1 + b.1.1));
    let mut left = (0, 0);
    let mut best: Option<(f64, i64)> = None;
    for (bin, m) in bins {
        let right = (all.0 - left.0, all.1 - left.1);
        if left.1 >= REQUESTS_MIN && right.1 >= REQUESTS_MIN {
            let p = |x: (u64, u64)| x.0 as f64 / x.1 as f64;
            let (n0, n1) = (left.1 as f64, right.1 as f64);
            let score = (p(left) - p(right)).abs() * (n0 * n1 / (n0 + n1)).sqrt();
            if best.is_none_or(|b| score > b.0) {
                best = Some((score, bin));
            }
        }
        left = (left.0 + m.0, left.1 + m.1);
    }
    best.map(|b| e.examined.fine.start(b.1))
}

/// How many clients were there at one time on either side, where that was measured.
fn present(case: &Case, before: Span, after: Span) -> String {
    let median = |span: Span| {
        let mut of: Vec<u64> = case.audience.series.iter().filter(|p| span.contains(p.t)).filter_map(|p| p.concurrent).collect();
        of.sort_unstable();
        of.get(of.len() / 2).copied()
    };
    match (median(before), median(after)) {
        (Some(b), Some(a)) => format!(" Clients at one time (median): {} before, {} after.", count(b), count(a)),
        _ => String::new(),
    }
}

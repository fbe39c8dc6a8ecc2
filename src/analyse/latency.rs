//! Question: how long did good answers take, while more was asked for than could be served?
//! Method: median and 95th percentile by stretch of the axis, of what failed and of the rest.
//! Assumes: a log's duration is what the client waited, as far as its tier sees it.
//! Reference: `stats::quantile`; good answers alone: Beyer et al., *Site Reliability Engineering*, 2016, ch. 6.

use super::evidence::{BASELINE, Evidence};
use super::scope::Finding;
use crate::case::latency::{Latency, Quantiles, Took, TookAt};
use crate::examine::latency::Took as Seen;
use crate::time::Span;

/// Answers the question; `None` where no line of the outermost tier has a duration.
#[must_use]
pub fn latency(e: &Evidence<'_>, f: &Finding, window: Option<Span>) -> Option<Latency> {
    let seen = &e.examined.people.latency;
    if seen.is_empty() {
        return None;
    }
    let named = f.set_aside.is_none() && f.in_target.contains(&true);
    let target = |l: usize| e.view.is_ours(l) && (!named || f.in_target[l]);
    let rest = |l: usize| e.view.is_ours(l) && !f.in_target[l];
    let took = |chosen: &dyn Fn(usize) -> bool| Took {
        baseline: quantiles(seen.within(chosen, &e.baseline_spans(&BASELINE))),
        during: window.map_or_else(Quantiles::default, |w| quantiles(seen.within(chosen, &[w]))),
        series: (0..).zip(seen.course(chosen)).map(|(i, s)| TookAt { t: seen.start(i), took: quantiles(s) }).collect(),
    };
    Some(Latency { step: seen.step, error: seen.error(), target: took(&target), rest: named.then(|| took(&rest)) })
}

fn quantiles(s: Seen) -> Quantiles {
    Quantiles { answers: s.answers, p50: s.p50, p95: s.p95 }
}

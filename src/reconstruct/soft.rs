//! Looks closer at what may have answered with an error page under a good status.

use super::Surveyed;
use super::again::Again;
use crate::analyse::scope::Finding;
use crate::analyse::soft::decide::{Decided, decide};
use crate::analyse::soft::risen;
use crate::analyse::soft::screen::suspects;
use crate::bundle::Bundle;
use crate::case::Verdict;
use crate::case::soft::{SoftAnswers, SoftKind};
use crate::config::Options;
use crate::examine::probe::Probe;
use crate::progress::Progress;
use crate::time::Span;
use crate::words::{count, percent};

/// What answered with an error page, and what may have. Reads the bundle again only where the survey
/// found a suspect.
pub(super) fn soft(bundle: &Bundle, options: &Options, surveyed: &Surveyed, progress: &dyn Progress) -> Decided {
    let (cube, context) = (&surveyed.cube, &surveyed.context);
    let Some(tier) = surveyed.outermost().filter(|t| cube.sizes.tier == Some(*t)) else { return Decided::default() };
    let mut suspects = suspects(cube);
    risen::join(&mut suspects, &cube.sizes.tallied);
    if suspects.is_empty() {
        return Decided::default();
    }
    let wanted = |i: usize| cube.sources[i].ledger.events > 0;
    let again = Again { bundle, options, context, progress };
    let new = || Probe::new(context, cube, &suspects);
    let probed = again.read("looking at sizes", &wanted, &new, &|p, chunk| p.take(chunk), Probe::merge).finish();
    let pattern = |name: &str| cube.rule_of(name).and_then(|i| context.names.pattern(i)).map(str::to_owned);
    decide(&suspects, &probed, tier, cube.span, &pattern)
}

/// Says what was counted as failed in spite of its status, and leaves "nothing failed" open where an
/// outage of this kind is likely but not sure. `asked` is the window that the user gave.
pub(super) fn tell(finding: &mut Finding, soft: &[SoftAnswers], asked: Option<Span>, window: Option<Span>) {
    for s in soft.iter().filter(|s| s.counted) {
        finding.because.push(format!(
            "{} answers for {} {} and count as failures here, because of what was sent: see “Good by their status, but not what was asked for”.",
            count(s.soft),
            s.resource,
            match s.kind {
                SoftKind::Size => "had status 200",
                SoftKind::Empty => "had a good status and no body",
                SoftKind::Redirect => "were redirects",
            },
        ));
    }
    let sure = matches!(finding.verdict, Verdict::Confined | Verdict::Partial);
    let elsewhere = |s: &&SoftAnswers| {
        let within = window.is_some_and(|w| w.overlaps(Span::new(s.from, s.to)));
        !s.counted && s.kind == SoftKind::Size && within && 2 * s.soft >= s.answers
    };
    if let Some(s) = soft.iter().find(elsewhere).filter(|_| sure) {
        finding.verdict = Verdict::Inconclusive;
        finding.because.push(format!(
            "Most answers for {} in the same time may have been an error page sent with status 200; these logs cannot tell it from new \
             content, so how far the failure reached is open.",
            s.resource
        ));
    }
    let open = |s: &&SoftAnswers| s.may_be_outage && asked.is_none_or(|w| w.overlaps(Span::new(s.from, s.to)));
    if let Some(s) = soft.iter().find(open).filter(|_| finding.verdict == Verdict::NoIncident) {
        finding.verdict = Verdict::Inconclusive;
        finding.because.push(unclear(s));
    }
}

/// What changed for a while, and how it can be settled whether that was a failure.
fn unclear(s: &SoftAnswers) -> String {
    let bytes = |(low, high): (u64, u64)| {
        if low == high { format!("{} bytes", count(low)) } else { format!("{} to {} bytes", count(low), count(high)) }
    };
    let share = |some: u64, of: u64| percent(some as f64 / of.max(1) as f64);
    let what = match (s.kind, s.bytes) {
        (SoftKind::Redirect, _) => "sent the visitor elsewhere".to_owned(),
        (SoftKind::Empty, _) => "had a good status and no body".to_owned(),
        (SoftKind::Size, sizes) => format!("had status 200 and {}", sizes.map_or_else(|| "one size".to_owned(), bytes)),
    };
    let usual = s.usual_bytes.map_or_else(String::new, |u| format!("; ordinary are {}", bytes(u)));
    format!(
        "From {} to {}, {} of {} answers to {} for {} ({}) {what}, and before and after that {} of {} ({}){usual}. That may have been an \
         error page, or new content, a test of another version, other visitors: these logs cannot tell. Whoever knows settles it with \
         a rule in incident.toml: {} (or outcome = \"good\").",
        s.from,
        s.to,
        count(s.soft),
        count(s.answers),
        s.method,
        s.resource,
        share(s.soft, s.answers),
        count(s.soft_elsewhere),
        count(s.answers_elsewhere),
        share(s.soft_elsewhere, s.answers_elsewhere),
        s.rule,
    )
}

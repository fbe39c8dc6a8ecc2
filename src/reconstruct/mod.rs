//! The whole line: bundle in, finished case out. Two passes, then the analyses, then the case.

mod agree;
mod again;
mod build;
mod complete;
mod doubts;
mod copies;
mod dated;
mod episodes;
mod fewer;
mod formats;
mod gather;
mod known;
mod learn;
pub mod lines;
mod machines;
mod nested;
mod readings;
mod series;
mod soft;
mod sources;
mod weigh;

use crate::analyse::detect::{Candidate, candidates};
use crate::analyse::evidence::{Evidence, Reading, cluster_step};
use crate::analyse::few::{NAMELESS_MAX, nameless, proxied};
use crate::analyse::gaps::{Group, Silence, silences};
use crate::analyse::leaves::View;
use crate::analyse::plan::{Frame, frame};
use crate::analyse::scope::{Finding, judge};
use crate::bundle::Bundle;
use crate::case::{Case, Chosen, Verdict};
use crate::config::Options;
use crate::error::{Error, Result};
use crate::event::Tier;
use crate::examine::{Examined, OWN_BAD, OWN_BAD_MIN, OWN_REQUESTS, Plan, Split, gone_name};
use crate::progress::Progress;
use crate::survey::{Context, Cube};
use crate::time::{Micros, SECOND, Span};
use std::collections::BTreeMap;

pub use build::{Inspected, inspect};
pub use sources::{Surveyed, survey};

/// Most windows looked at before the strongest candidates are all found to be no outage.
const WINDOWS_MAX: usize = 4;

/// Most other episodes told.
const EPISODES_MAX: usize = 12;

/// Finds out what happened.
///
/// # Errors
/// [`Error::NothingUsable`] where no line of the bundle is a request; [`Error::Usage`] for rules
/// that cannot be compiled.
pub fn reconstruct(bundle: &Bundle, options: &Options, progress: &dyn Progress) -> Result<Case> {
    let surveyed = survey(bundle, options, progress)?;
    let (cube, context) = (&surveyed.cube, &surveyed.context);
    let tier = surveyed.outermost().ok_or_else(|| nothing(&surveyed))?;
    let ours = |i: &usize| context.sources[*i].get().is_some_and(|s| s.tier == tier);
    let spans = (0..cube.sources.len()).filter(ours).filter_map(|i| cube.sources[i].span);
    let whole = spans.map(|(a, b)| Span::new(a, b.plus(1))).reduce(Span::hull).ok_or_else(|| nothing(&surveyed))?;
    let groups = known::groups(bundle, &surveyed);
    let found = candidates(cube, tier);
    let silent = silences(cube, &groups);
    let holes: Vec<Span> = silent.iter().filter(|s| groups[s.group].tier == tier).map(|s| s.span).collect();
    let look = Look { bundle, options, context, cube, tier, whole, found: &found, holes: &holes, progress };

    let mut dismissed = Vec::new();
    let mut wanted = windows(options, &found).into_iter();
    let mut window = wanted.next();
    loop {
        let mut seen = look.examine(window, None);
        let mut finding = seen.judge(&look);
        let given = options.window.is_some();
        let machines = machines::looked_through(&look, &mut seen, &mut finding);
        let mut unexamined = 0;
        if let (Some(why), Some(w), false) = (&finding.set_aside, window, given) {
            dismissed.push((w, why.clone()));
            let mut others = wanted.by_ref().filter(|n| !dismissed.iter().any(|(d, _)| d.overlaps(*n)));
            match others.next() {
                Some(next) if dismissed.len() < WINDOWS_MAX => {
                    window = Some(next);
                    continue;
                }
                left => unexamined = usize::from(left.is_some()) + others.count(),
            }
        }
        // Where something that leaves do not tell apart explains more, they are split by it.
        if let Some(split) = finding.split.take().filter(|_| machines.is_none()) {
            let again = look.examine(window, Some(split));
            let other = again.judge(&look);
            if is_better(&other, again.plan.split.as_ref()) {
                (seen, finding) = (again, other);
            }
        }
        let looked_at: Vec<Span> = dismissed.iter().map(|d| d.0).chain(window).collect();
        let ask = finding.verdict == Verdict::NoIncident && !given && unexamined == 0;
        let hidden = if ask { doubts::hidden(&look, &looked_at).or_else(|| doubts::faint(&look, &looked_at)) } else { None };
        let story =
            Story { surveyed: &surveyed, groups: &groups, silent: &silent, dismissed: &dismissed, unexamined, hidden, machines };
        return Ok(build::case(&look, &story, seen, finding));
    }
}

/// Whether the finding names what the leaves were split by, with a verdict that only a healthy rest
/// allows, and so that the same traffic without it stayed healthy.
fn is_better(found: &Finding, split: Option<&Split>) -> bool {
    let names = |set: &BTreeMap<String, String>| split.is_some_and(|s| set.contains_key(s.attribute.name()));
    found.set_aside.is_none()
        && found.cause_set.iter().any(names)
        && found.healthy == Some(true)
        && matches!(found.verdict, Verdict::Confined | Verdict::Partial)
        && found.narrowed != Some(false)
}

/// The windows to look at, in order.
fn windows(options: &Options, found: &[Candidate]) -> Vec<Span> {
    match options.window {
        Some(given) => vec![given],
        None => found.iter().map(|c| c.span).collect(),
    }
}

fn nothing(surveyed: &Surveyed) -> Error {
    let mut why: Vec<String> =
        surveyed.outcomes.iter().flatten().filter_map(|o| o.not_a_log.clone().or_else(|| o.trouble.clone())).collect();
    why.sort();
    why.dedup();
    why.truncate(3);
    let because = if why.is_empty() { String::new() } else { format!(" ({})", why.join("; ")) };
    Error::NothingUsable(format!("no line of `{}` is a request that this program can read{because}", surveyed.name))
}

/// What every look at the bundle shares.
struct Look<'a> {
    bundle: &'a Bundle,
    options: &'a Options,
    context: &'a Context,
    cube: &'a Cube,
    tier: Tier,
    whole: Span,
    found: &'a [Candidate],
    /// Unexpected silences of the outermost tier.
    holes: &'a [Span],
    progress: &'a dyn Progress,
}

/// What is told beside the window's own finding.
struct Story<'a> {
    surveyed: &'a Surveyed,
    groups: &'a [Group],
    silent: &'a [Silence],
    dismissed: &'a [(Span, String)],
    /// Candidates that were not looked at.
    unexamined: usize,
    /// What failed if ambiguous answers are failures, where nothing did as the rules count: a sentence.
    hidden: Option<String>,
    /// What is to be said of the machines that were looked through.
    machines: Option<machines::Through>,
}

/// One look: the frame, the plan and what the second pass saw.
struct Seen<'a> {
    frame: Frame,
    plan: Plan<'a>,
    examined: Examined,
    others: Vec<Candidate>,
}

impl<'a> Look<'a> {
    /// The stretch with the silences that touch it, to two steps of the survey: what it borders on is not known, and
    /// what lies beyond has to be seen.
    fn with_holes(&self, window: Span) -> Span {
        let near = 2 * self.cube.step.0 * SECOND;
        let mut wide = window;
        for hole in self.holes {
            if hole.from <= window.to.plus(near) && hole.to >= window.from.plus(-near) {
                wide = wide.hull(*hole);
            }
        }
        wide
    }

    fn examine(&self, window: Option<Span>, split: Option<Split>) -> Seen<'a> {
        let frame = frame(self.whole, self.cube.step, window.map(|w| self.with_holes(w)), self.options.bin);
        let others = self.others(window);
        let baseline: Vec<Span> = self.options.incident.baseline.iter().filter_map(|b| b.span().intersect(self.whole)).collect();
        let (requests, bad) = self.cube.cells.iter().fold((0, 0), |s, (series, _, cell)| {
            let ours = self.cube.series[*series as usize].tier == self.tier;
            if ours { (s.0 + cell.total(), s.1 + cell.bad()) } else { s }
        });
        let plan = Plan {
            cube: self.cube,
            fine: frame.fine,
            axis: frame.axis,
            window,
            during: window.map(|w| frame.fine.cover(w)),
            detected: window,
            without: Vec::new(),
            given_baseline: baseline,
            aside: others.iter().map(|c| frame.fine.cover(c.span)).collect(),
            own_requests: ((OWN_REQUESTS * requests as f64) as u64).max(1),
            own_bad: ((OWN_BAD * bad as f64) as u64).max(OWN_BAD_MIN),
            gone: self
                .found
                .iter()
                .flat_map(|c| &c.gone)
                .map(|(host, name)| gone_name(host.as_bytes(), name.as_bytes()))
                .collect(),
            split,
            asn: self.options.asn.as_ref().map(|a| &*a.table),
            slow: self.options.incident.slow.map(|s| Micros((s * SECOND as f64) as i64)),
        };
        let examined = gather::examine(self, &plan);
        Seen { frame, plan, examined, others }
    }

    /// The second pass once more over what `seen` looked at: on another window, or without some clients
    /// (see [`Plan::without`]).
    fn examine_again(&self, seen: &Seen<'a>, window: Option<Span>, without: Vec<u64>) -> Seen<'a> {
        let during = window.map(|w| seen.frame.fine.cover(w));
        let plan = Plan { window, during, without, ..seen.plan.clone() };
        let examined = gather::examine(self, &plan);
        Seen { frame: seen.frame, plan, examined, others: seen.others.clone() }
    }

    /// Other episodes than the window's, strongest first, none overlapping another or the window.
    /// They are kept out of the baseline, unless they would leave less than a third of it.
    fn others(&self, window: Option<Span>) -> Vec<Candidate> {
        let mut kept: Vec<Candidate> = Vec::new();
        let mut left = self.whole.secs() - window.map_or(0.0, Span::secs);
        let least = left / 3.0;
        // A neighbouring stretch of the same failure (a ramp) is not another episode.
        let margin = self.cube.step.0 * SECOND;
        for c in self.found {
            let wide = Span::new(c.span.from.plus(-margin), c.span.to.plus(margin));
            let clear = window.is_none_or(|w| !w.overlaps(wide)) && !kept.iter().any(|k| k.span.overlaps(wide));
            if clear && kept.len() < EPISODES_MAX && left - c.span.secs() >= least {
                left -= c.span.secs();
                kept.push(c.clone());
            }
        }
        kept
    }
}

impl Seen<'_> {
    fn judge(&self, look: &Look<'_>) -> Finding {
        let view = View::new(&self.examined, look.tier);
        judge(&self.evidence(&view, look, self.window(&view, look).unwrap_or(self.frame.axis)))
    }

    /// The window as closely as the fine bins know it: a candidate's ends are known to one bin of
    /// detection only, which may be longer than the failure.
    fn window(&self, view: &View<'_>, look: &Look<'_>) -> Option<Span> {
        let rough = self.plan.window?;
        Some(self.candidate(look).map_or(rough, |c| episodes::tightened(self, view, c)))
    }

    /// What the window was detected on; `None` where the user gave it.
    fn candidate<'l>(&self, look: &'l Look<'_>) -> Option<&'l Candidate> {
        let rough = self.plan.detected.filter(|_| look.options.window.is_none())?;
        look.found.iter().find(|c| c.span == rough)
    }

    fn evidence<'s>(&'s self, view: &'s View<'s>, look: &'s Look<'_>, window: Span) -> Evidence<'s> {
        Evidence {
            examined: &self.examined,
            plan: &self.plan,
            view,
            window,
            step: cluster_step(window, self.frame.fine),
            resource: look.options.resource.as_deref(),
            clients_known: !proxied(&self.examined, look.tier) && nameless(&self.examined) <= NAMELESS_MAX,
            candidate: self.candidate(look).map(|c| (episodes::leaves(self, view, c), episodes::set_of(c))),
            reading: Reading::default(),
        }
    }
}

/// Who chose the window.
fn chosen(options: &Options) -> Chosen {
    if options.window.is_some() { Chosen::Given } else { Chosen::Detected }
}

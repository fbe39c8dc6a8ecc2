//! Question: which of the competing explanations does the evidence favour?
//! Method: what each explanation predicts for scope, demand, novelty of clients and segments, held
//! against what was measured. Nothing is weighed into a likelihood ratio here: an explanation is
//! contradicted where a prediction failed its test, supported where its own sign is present and no
//! rival shares it, and undecided otherwise.
//! Assumes: the outermost tier sees the demand.
//! Reference: Heuer, *Psychology of Intelligence Analysis*, 1999, ch. 8: prefer what is least
//! contradicted.

use super::evidence::{BASELINE, Evidence};
use super::scope::Finding;
use crate::case::operations::{Follows, Surge};
use crate::case::{self, Explanation, Standing, Verdict};
use crate::examine::Phase;
use crate::words::count;
use std::collections::BTreeSet;

/// Requests per second in the window, over the baseline's, below which demand is not raised: a
/// fifth more is within the ordinary variation from hour to hour.
const RAISED: f64 = 1.2;

/// Attributes that name a part of the machinery, not a thing that is asked for.
const SEGMENTS: [&str; 4] = ["pop", "backend", "server", "instance"];

/// Demand on the target, window against baseline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Demand {
    /// Requests per second in the window (answered or given up) over those in the baseline before it; `None` without
    /// such a baseline. What came after is left out: a crowd that stays on would hide the surge.
    pub multiplier: Option<f64>,
    /// Share of the window's clients of the target that asked anything of the site before.
    pub known_clients: Option<f64>,
}

/// Measures the demand on the finding's target (or the site, where there is none).
#[must_use]
pub fn demand(e: &Evidence<'_>, f: &Finding) -> Demand {
    let has_target = f.in_target.contains(&true);
    let chosen = |l: usize| if has_target { f.in_target[l] } else { e.view.is_ours(l) };
    let (mut before_bins, mut before) = (0u64, 0u64);
    let (mut during, ours) = (0u64, e.examined.series(&chosen));
    let all = e.examined.fine.bin(e.plan.axis.from)..=e.examined.fine.bin(e.plan.axis.to.plus(-1));
    let mut during_bins = 0u64;
    for bin in all {
        let at = e.examined.fine.span(bin);
        let n = ours.get(&bin).map_or(0, |m| m.cell.total());
        if e.window.overlaps(at) {
            (during_bins, during) = (during_bins + 1, during + n);
        } else if at.from < e.window.from && e.is_baseline(at) {
            (before_bins, before) = (before_bins + 1, before + n);
        }
    }
    let rate = |n: u64, bins: u64| n as f64 / bins.max(1) as f64;
    let multiplier = (before > 0 && during_bins > 0).then(|| rate(during, during_bins) / rate(before, before_bins));
    let mut seen: BTreeSet<u64> = BTreeSet::new();
    let mut now: BTreeSet<u64> = BTreeSet::new();
    for c in &e.examined.clients {
        match c.phase {
            Phase::Before => _ = seen.insert(c.key),
            Phase::During if chosen(c.leaf as usize) => _ = now.insert(c.key),
            _ => {}
        }
    }
    let known = now.iter().filter(|k| seen.contains(k)).count();
    let known_clients = (!now.is_empty() && !seen.is_empty()).then(|| known as f64 / now.len() as f64);
    Demand { multiplier, known_clients }
}

/// The explanations, in the contract's order.
#[must_use]
pub fn explanations(
    e: Option<&Evidence<'_>>,
    f: &Finding,
    lost_lines_in_window: bool,
    surge: Option<&Surge>,
) -> Vec<Explanation> {
    let demand = e.map_or(Demand { multiplier: None, known_clients: None }, |e| demand(e, f));
    let site_base = e.map(|e| e.baseline(&|l| e.view.is_ours(l), &BASELINE).counts().0 > 0).unwrap_or(false);
    let c = Clues { f, demand, surge, lost_lines_in_window, compared: site_base };
    vec![
        c.no_incident(),
        c.attack_on_site(),
        c.surge("attack-on-resource"),
        c.surge("flash-crowd"),
        c.internal_fault(),
        c.segment_fault(),
        c.logging_artefact(),
        volumetric(),
    ]
}

struct Clues<'a> {
    f: &'a Finding,
    demand: Demand,
    /// Demand with retries put together; `None` where they could not be.
    surge: Option<&'a Surge>,
    lost_lines_in_window: bool,
    compared: bool,
}

fn says(text: impl Into<String>, favours: bool, against: bool) -> case::Evidence {
    case::Evidence { says: text.into(), favours, against }
}

fn weigh(id: &str, standing: Standing, evidence: Vec<case::Evidence>) -> Explanation {
    Explanation { id: id.into(), standing, strength: None, evidence }
}

impl Clues<'_> {
    fn failed(&self) -> bool {
        matches!(self.f.verdict, Verdict::Confined | Verdict::Partial | Verdict::SiteWide)
            || (self.f.verdict == Verdict::Inconclusive && !self.f.cause_set.is_empty())
    }

    fn rest_healthy(&self) -> bool {
        self.f.healthy == Some(true) && self.failed()
    }

    fn rest_says(&self) -> String {
        let (n, bad) = self.f.rest.0.counts();
        format!(
            "In the same window {} of the {} valid requests for everything else failed, within the margin.",
            count(bad),
            count(n)
        )
    }

    fn no_incident(&self) -> Explanation {
        let standing = match self.f.verdict {
            Verdict::NoIncident => Standing::Supported,
            _ if self.failed() => Standing::Contradicted,
            _ => Standing::Undecided,
        };
        let (n, bad) = if self.failed() { self.f.target.0.counts() } else { self.f.rest.0.counts() };
        let text = format!("{} of {} valid requests failed in the stretch looked at.", count(bad), count(n));
        weigh("no-incident", standing, vec![says(text, standing == Standing::Supported, standing == Standing::Contradicted)])
    }

    fn attack_on_site(&self) -> Explanation {
        if self.f.verdict == Verdict::NoIncident {
            return weigh("attack-on-site", Standing::Contradicted, vec![says("No failure beyond the ordinary.", false, true)]);
        }
        if self.rest_healthy() {
            return weigh("attack-on-site", Standing::Contradicted, vec![says(self.rest_says(), false, true)]);
        }
        let mut evidence = self.demand_says();
        evidence.push(says("Access logs tell an attack on the whole site from a fault of the whole site only by who asked, which is not weighed here.", false, false));
        weigh("attack-on-site", Standing::Undecided, evidence)
    }

    /// An attack on one resource and a flash crowd both need raised demand on the target.
    fn surge(&self, id: &str) -> Explanation {
        let mut evidence = self.demand_says();
        if self.f.verdict == Verdict::NoIncident {
            return weigh(
                id,
                if id == "flash-crowd" { Standing::Undecided } else { Standing::Contradicted },
                vec![says("No failure beyond the ordinary.", false, true)],
            );
        }
        if self.failed() && self.demand.multiplier.is_some_and(|m| m < RAISED) {
            return weigh(id, Standing::Contradicted, evidence);
        }
        let Some(surge) = self.surge else {
            evidence.push(says("Repeated attempts of the same clients could not be set apart from new demand, so how much of the demand is a consequence of the failures is not decided.", false, false));
            return weigh(id, Standing::Undecided, evidence);
        };
        let retries = self.failed() && surge.follows == Follows::Consequence;
        evidence.push(says(&*surge.says, surge.follows == Follows::Demand, retries));
        // A crowd is new demand; machines that go on whatever they are answered look like retries.
        weigh(id, if retries && id == "flash-crowd" { Standing::Contradicted } else { Standing::Undecided }, evidence)
    }

    fn demand_says(&self) -> Vec<case::Evidence> {
        let mut out = Vec::new();
        if let Some(m) = self.demand.multiplier {
            let raised = m >= RAISED;
            out.push(says(
                format!("Requests for what failed came at {m:.2} times the rate of the baseline before."),
                raised,
                !raised,
            ));
        }
        if let Some(k) = self.demand.known_clients {
            out.push(says(
                format!(
                    "{:.0} % of the clients that asked for it had asked something of the site in the baseline before.",
                    100.0 * k
                ),
                false,
                false,
            ));
        }
        out
    }

    fn internal_fault(&self) -> Explanation {
        let mut evidence: Vec<case::Evidence> =
            self.demand_says().into_iter().map(|e| case::Evidence { favours: e.against, against: false, ..e }).collect();
        let retries = self.surge.filter(|s| s.follows == Follows::Consequence);
        evidence.extend(retries.map(|s| says(&*s.says, true, false)));
        let standing = match (self.failed(), self.demand.multiplier) {
            (true, Some(m)) if m < RAISED && self.compared => Standing::Supported,
            _ => Standing::Undecided,
        };
        weigh("internal-fault", standing, evidence)
    }

    fn segment_fault(&self) -> Explanation {
        let keys: BTreeSet<&str> = self.f.cause_set.iter().flat_map(|s| s.keys().map(String::as_str)).collect();
        let segment = SEGMENTS.iter().any(|k| keys.contains(k));
        let twin = self.f.twins.iter().any(|t| SEGMENTS.iter().any(|k| t.contains_key(*k)));
        let (standing, text) = if twin && !segment {
            (Standing::Undecided, "A POP, backend or server covers the very same traffic as what failed: these logs cannot tell which of the two it was.".to_owned())
        } else if segment && self.rest_healthy() {
            (
                Standing::Supported,
                "The failures follow one segment (a POP, a backend or an instance); the others stayed healthy.".to_owned(),
            )
        } else if !self.failed() || (self.rest_healthy() && !segment) {
            (Standing::Contradicted, "No POP, backend or instance recorded at the outermost tier explains the failures better than what was asked for.".to_owned())
        } else {
            (Standing::Undecided, "The recorded POPs, backends and instances do not single one out.".to_owned())
        };
        weigh("segment-fault", standing, vec![says(text, standing == Standing::Supported, standing == Standing::Contradicted)])
    }

    fn logging_artefact(&self) -> Explanation {
        let (standing, text, against) = if self.lost_lines_in_window {
            (Standing::Undecided, "Lines are missing in the stretch looked at; see the gaps.", false)
        } else if self.failed() {
            (
                Standing::Contradicted,
                "The failures are answers that were logged, and no log has an unexpected hole in the window.",
                true,
            )
        } else {
            (Standing::Undecided, "No log has an unexpected hole, and nothing failed that a hole would have to explain.", false)
        };
        weigh("logging-artefact", standing, vec![says(text, self.lost_lines_in_window, against)])
    }
}

fn volumetric() -> Explanation {
    let text = "Packets that never became a request leave no line in an access log: nothing here supports or excludes a flood below HTTP.";
    weigh("volumetric-attack", Standing::NotObservable, vec![says(text, false, false)])
}

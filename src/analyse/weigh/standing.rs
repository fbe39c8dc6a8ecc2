//! Question: how does each explanation stand?
//! Method: an explanation is contradicted where a prediction of it failed its own test, or where a rival is clearly
//! favoured against it; supported where its own predictions hold and every rival that is not contradicted is clearly
//! disfavoured (`super::Side`); undecided otherwise. A crowd and a fault may hold together.
//! Assumes: the outermost tier sees the demand.
//! Reference: Heuer, *Psychology of Intelligence Analysis*, 1999, ch. 8: prefer what is least contradicted.

use super::{Asked, Side};
use crate::analyse::evidence::BASELINE;
use crate::analyse::measure::SEGMENTS;
use crate::case::operations::Follows;
use crate::case::weighing::{Measure, Pair, Sign, Weighing};
use crate::case::{Evidence, Explanation, Standing, Verdict};
use crate::words::count;

/// Demand below which it is not raised: a fifth more is within the ordinary variation from hour to hour.
const RAISED: f64 = 1.2;

/// A measure that moves a ratio by less than a quarter either way does not tell the two apart.
const TELLS: f64 = 0.1;

fn says(text: impl Into<String>, favours: bool, against: bool) -> Evidence {
    Evidence { says: text.into(), favours, against }
}

struct Clues<'a> {
    asked: &'a Asked<'a>,
    w: &'a Weighing,
}

/// The explanations, in the contract's order.
#[must_use]
pub fn explanations(asked: &Asked<'_>, w: &Weighing) -> Vec<Explanation> {
    let c = Clues { asked, w };
    vec![
        c.no_incident(),
        c.attack(true),
        c.attack(false),
        c.crowd(),
        c.internal_fault(),
        c.segment_fault(),
        c.logging_artefact(),
        volumetric(&w.signs),
    ]
}

fn explanation(id: &str, standing: Standing, strength: Option<String>, evidence: Vec<Evidence>) -> Explanation {
    Explanation { id: id.into(), standing, strength, evidence }
}

impl Clues<'_> {
    fn measure(&self, id: &str) -> Option<&Measure> {
        self.w.measures.iter().find(|m| m.id == id).filter(|m| m.value.is_some())
    }

    fn pair(&self, a: &str) -> Option<&Pair> {
        self.w.pairs.iter().find(|p| p.a == a)
    }

    fn side(&self, a: &str) -> Side {
        self.pair(a).map_or(Side::Open, Pair::side)
    }

    /// Surely raised, surely not, or open.
    fn raised(&self) -> Option<bool> {
        let m = self.measure("demand")?;
        if m.low? > RAISED {
            return Some(true);
        }
        (m.high? < RAISED).then_some(false)
    }

    /// As much was surely served outside the window.
    fn served_before(&self) -> bool {
        self.measure("equal-load").and_then(|m| m.high).is_some_and(|high| high < 1.0)
    }

    fn rest_healthy(&self) -> bool {
        self.asked.failed && self.asked.f.healthy == Some(true)
    }

    fn consequence(&self) -> bool {
        self.asked.surge.is_some_and(|s| s.follows == Follows::Consequence)
    }

    /// Whether a part of the machinery explains the failures.
    fn segment(&self) -> bool {
        self.asked.place.segment
    }

    fn twin(&self) -> bool {
        self.asked.f.twins.iter().any(|t| SEGMENTS.iter().any(|k| t.contains_key(*k)))
    }

    /// Whether what is looked at is one thing, not the site.
    fn one_thing(&self) -> bool {
        self.asked.target.is_some() && !(self.asked.failed && self.asked.f.verdict == Verdict::SiteWide)
    }

    /// The measures of a pair as evidence, `sign` +1 for the first and -1 for the second.
    fn measured(&self, a: &str, sign: f64) -> Vec<Evidence> {
        let Some(p) = self.pair(a) else { return Vec::new() };
        let mut out = Vec::new();
        for part in &p.parts {
            if let Some(m) = self.measure(part.id) {
                let towards = sign * part.log10;
                out.push(says(&*m.says, towards >= TELLS, towards <= -TELLS));
            }
        }
        out
    }

    fn strength(&self, a: &str) -> Option<String> {
        let p = self.pair(a).filter(|p| p.log10_lr.is_some())?;
        let rests = match p.rests_on.as_slice() {
            [] => "stable: no single measure changes it".into(),
            ids => {
                let name = |id: &&str| self.measure(id).map_or(*id, |m| m.name).to_owned();
                format!("it rests on each of these alone: {}", ids.iter().map(name).collect::<Vec<_>>().join("; "))
            }
        };
        Some(format!("{} {}", p.words.trim_end_matches('.'), format_args!("({rests})")))
    }

    fn no_incident(&self) -> Explanation {
        let f = self.asked.f;
        let standing = match f.verdict {
            Verdict::NoIncident => Standing::Supported,
            _ if self.asked.failed => Standing::Contradicted,
            _ => Standing::Undecided,
        };
        let (n, bad) = if self.asked.failed { f.target.0.counts() } else { f.rest.0.counts() };
        let text = format!("{} of {} valid requests failed in the stretch looked at.", count(bad), count(n));
        let text = says(text, standing == Standing::Supported, standing == Standing::Contradicted);
        explanation("no-incident", standing, None, vec![text])
    }

    /// What both kinds of surge need; a sentence where they have it not.
    fn no_surge(&self) -> Option<String> {
        if !self.asked.demand {
            return Some("Nothing failed beyond the ordinary, and demand did not stand out at any time.".into());
        }
        (self.raised() == Some(false)).then(|| self.measure("demand").map_or_else(String::new, |m| m.says.clone()))
    }

    fn attack(&self, on_site: bool) -> Explanation {
        let id = if on_site { "attack-on-site" } else { "attack-on-resource" };
        if on_site && self.rest_healthy() && self.asked.f.in_target.contains(&true) {
            let (n, bad) = self.asked.f.rest.0.counts();
            let text = format!(
                "In the same window {} of the {} valid requests for everything else failed, within the margin.",
                count(bad),
                count(n)
            );
            return explanation(id, Standing::Contradicted, None, vec![says(text, false, true)]);
        }
        if let Some(why) = self.no_surge() {
            return explanation(id, Standing::Contradicted, None, vec![says(why, false, true)]);
        }
        let mut evidence = self.measured("attack", 1.0);
        let demand = self.demand_says(1.0);
        let here = on_site != self.one_thing();
        let faulty = self.side("surge") == Side::B;
        let standing = match self.side("attack") {
            Side::B => Standing::Contradicted,
            Side::A if !here => Standing::Undecided,
            // A surge that is not sure carries no explanation of who made it.
            Side::A if self.raised() == Some(true) && !faulty && !self.segment() => Standing::Supported,
            _ => Standing::Undecided,
        };
        evidence.extend(demand);
        if !here && standing == Standing::Undecided {
            let text = if on_site {
                "The demand that stands out, or what failed, is one thing and not the whole site."
            } else {
                "The demand that stands out, or what failed, is the whole site and not one thing."
            };
            evidence.insert(0, says(text, false, true));
        }
        explanation(id, standing, self.strength("attack"), evidence)
    }

    fn demand_says(&self, sign: f64) -> Vec<Evidence> {
        let mut out: Vec<Evidence> = Vec::new();
        if let Some(m) = self.measure("demand") {
            let (up, down) = (self.raised() == Some(true), self.raised() == Some(false));
            out.push(if sign > 0.0 { says(&*m.says, up, down) } else { says(&*m.says, down, up) });
        }
        let rest = self.measured("surge", sign);
        out.extend(rest.into_iter().filter(|e| self.measure("demand").is_none_or(|m| m.says != e.says)));
        out
    }

    fn crowd(&self) -> Explanation {
        let id = "flash-crowd";
        if let Some(why) = self.no_surge() {
            return explanation(id, Standing::Contradicted, None, vec![says(why, false, true)]);
        }
        let mut evidence = self.measured("attack", -1.0);
        evidence.extend(self.demand_says(1.0));
        let retries = self.asked.failed && self.consequence();
        if let Some(s) = self.asked.surge.filter(|_| retries) {
            evidence.insert(0, says(&*s.says, false, true));
        }
        let standing = if retries && self.raised() != Some(true) {
            Standing::Contradicted
        } else {
            match self.side("attack") {
                Side::A => Standing::Contradicted,
                Side::B if self.raised() == Some(true) && !retries && self.side("surge") != Side::B && !self.segment() => {
                    Standing::Supported
                }
                _ => Standing::Undecided,
            }
        };
        explanation(id, standing, self.strength("attack"), evidence)
    }

    fn internal_fault(&self) -> Explanation {
        let id = "internal-fault";
        if !self.asked.failed {
            let (standing, text) = match self.asked.f.verdict {
                Verdict::NoIncident => (Standing::Contradicted, "Nothing failed beyond the ordinary."),
                _ => (Standing::Undecided, "Whether anything failed beyond the ordinary is not decided."),
            };
            return explanation(id, standing, None, vec![says(text, false, standing == Standing::Contradicted)]);
        }
        let mut evidence = self.demand_says(-1.0);
        if let Some(s) = self.asked.surge.filter(|_| self.consequence()) {
            evidence.insert(0, says(&*s.says, true, false));
        }
        if let Some(m) = self.measure("equal-load").filter(|_| self.served_before()) {
            evidence.retain(|v| v.says != m.says);
            evidence.insert(0, says(&*m.says, true, false));
        }
        let compared = self.asked.e.baseline(&|l| self.asked.e.view.is_ours(l), &BASELINE).counts().0 > 0;
        let no_surge = self.raised() == Some(false) && compared;
        let fault = no_surge
            || self.side("surge") == Side::B
            || (self.consequence() && self.raised() != Some(true))
            || self.served_before();
        let standing = if self.segment() || (self.side("attack") == Side::A && self.raised() != Some(false)) {
            Standing::Undecided
        } else if fault {
            Standing::Supported
        } else {
            Standing::Undecided
        };
        if self.segment() {
            evidence.insert(0, says("The failures follow one segment; see the fault of one location or server.", false, false));
        }
        // Demand may have brought it about and the service have borne as much at other times: then the ratio of the pair is
        // not what this rests on.
        let strength =
            if standing == Standing::Supported && self.side("surge") == Side::A { None } else { self.strength("surge") };
        explanation(id, standing, strength, evidence)
    }

    fn segment_fault(&self) -> Explanation {
        let (failed, healthy) = (self.asked.failed, self.rest_healthy());
        let (standing, text) = if failed && self.twin() && !self.segment() {
            (
                Standing::Undecided,
                "A POP, backend or server covers the very same traffic as what failed: these logs cannot tell which of the two it was.",
            )
        } else if failed && self.segment() && healthy {
            (Standing::Supported, "The failures follow one segment (a POP, a backend or an instance); the others stayed healthy.")
        } else if !failed && self.asked.f.verdict != Verdict::NoIncident {
            (Standing::Undecided, "Whether anything failed beyond the ordinary is not decided.")
        } else if !failed || (healthy && !self.segment()) {
            (
                Standing::Contradicted,
                "No POP, backend or instance recorded at the outermost tier explains the failures better than what was asked for.",
            )
        } else {
            (Standing::Undecided, "The recorded POPs, backends and instances do not single one out.")
        };
        let text = says(text, standing == Standing::Supported, standing == Standing::Contradicted);
        explanation("segment-fault", standing, None, vec![text])
    }

    fn logging_artefact(&self) -> Explanation {
        let (standing, text) = if !self.asked.failed && self.asked.surely_lost {
            (
                Standing::Supported,
                "Nothing failed that was logged, and lines are missing while another log saw the requests go on; see the gaps.",
            )
        } else if self.asked.lost_in_window || self.asked.surely_lost {
            (Standing::Undecided, "Lines are missing in the stretch looked at; see the gaps.")
        } else if self.asked.failed {
            (
                Standing::Contradicted,
                "The failures are answers that were logged, and no log has an unexpected hole in the window.",
            )
        } else {
            (Standing::Undecided, "No log has an unexpected hole, and nothing failed that a hole would have to explain.")
        };
        let favours = self.asked.lost_in_window || self.asked.surely_lost;
        explanation("logging-artefact", standing, None, vec![says(text, favours, standing == Standing::Contradicted)])
    }
}

fn volumetric(signs: &[Sign]) -> Explanation {
    let text = "Packets that never became a request leave no line in an access log: nothing here supports or excludes a flood below HTTP.";
    let mut evidence = vec![says(text, false, false)];
    evidence.extend(signs.iter().map(|s| {
        let kind = match s.present {
            Some(true) => "An indirect sign is there",
            Some(false) => "An indirect sign is absent",
            None => "An indirect sign cannot be looked for",
        };
        says(format!("{kind}: {}", s.says), false, false)
    }));
    explanation("volumetric-attack", Standing::NotObservable, None, evidence)
}

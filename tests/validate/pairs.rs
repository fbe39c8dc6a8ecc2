//! The pairs of rivals that a fitted score tells apart: which runs are their cases, which measures may
//! count, how well the scores do, and the file of coefficients.

use crate::family::{Cause, Who};
use crate::fit::{Case, Fit, Signed, cllr, fit, least_cllr};
use crate::run::Run;
use std::fs;
use std::path::Path;

/// One pair.
pub(crate) struct Pair {
    /// Its name in the file of coefficients.
    pub(crate) name: &'static str,
    /// For people.
    pub(crate) says: &'static str,
    /// Measures, and towards which of the two a larger value may point by what the literature says.
    pub(crate) signs: &'static [Signed],
    /// Whether a run is a case of the first, or of the second.
    class: fn(&Run) -> Option<bool>,
}

/// Attack against crowd, surge against fault.
pub(crate) const PAIRS: [Pair; 2] = [
    Pair {
        name: "WHO",
        says: "Attack against flash crowd.",
        signs: &[
            ("rate", 1),
            ("heavy", 1),
            ("busiest", 1),
            ("pace", 1),
            ("growth-clients", -1),
            ("spread", 1),
            ("novelty", 1),
            ("burstiness", -1),
            ("lock-step", 1),
            ("single-path", 1),
            ("assets", -1),
            ("queries", 1),
            ("cache-miss", 1),
            ("agents", 1),
            ("agent-top", 1),
            ("protocol", 1),
            ("referrer", 1),
            ("ramp", -1),
            ("end", -1),
            ("after-refusal", -1),
            ("elsewhere", -1),
        ],
        class: |r| {
            let who = r.drawn.family.who()?;
            // Without more demand there is nobody to tell apart.
            (r.facts.multiplier > 1.2).then_some(who == Who::Attack)
        },
    },
    Pair {
        name: "DEMAND",
        says: "A surge of demand (attack or crowd) against a fault without one.",
        signs: &[("demand", 1), ("demand-before", 1), ("lead", 1), ("equal-load", 1), ("dose", 1), ("shed", 1)],
        class: |r| {
            let material = !r.answers.right.contains(&"no-incident") && r.facts.failed_any >= 30;
            Some(r.drawn.family.cause(material)? == Cause::Surge).filter(|_| material)
        },
    },
];

impl Pair {
    /// The runs of its two classes with at least a third of the measures.
    pub(crate) fn cases(&self, runs: &[Run], training: bool) -> Vec<Case> {
        let of = |r: &Run| {
            let first = (self.class)(r).filter(|_| r.drawn.family.is_training() == training)?;
            let x: Vec<Option<f64>> =
                self.signs.iter().map(|(id, _)| r.features.iter().find(|f| f.0 == *id).map(|f| f.1)).collect();
            (3 * x.iter().flatten().count() >= x.len()).then_some(Case { family: r.drawn.family, seed: r.drawn.seed, x, first })
        };
        runs.iter().filter_map(of).collect()
    }

    pub(crate) fn fit(&self, runs: &[Run]) -> Fit {
        fit(&self.cases(runs, true), self.signs)
    }

    /// Cost of the scores, and how often they mislead.
    pub(crate) fn row(&self, runs: &[Run], fit: &Fit, training: bool) -> String {
        let cases = self.cases(runs, training);
        let scores: Vec<f64> = if training { fit.left_out.clone() } else { cases.iter().map(|c| fit.score(&c.x)).collect() };
        let lrs: Vec<f64> = scores.iter().map(|s| fit.calibrated(*s)).collect();
        let n = |first: bool| cases.iter().filter(|c| c.first == first).count();
        // What points ten times or more towards the wrong one.
        let misleads = |first: bool| {
            let wrong = |(c, l): &(&Case, &f64)| c.first == first && (if first { -**l } else { **l }) > 10f64.ln();
            crate::score::share(cases.iter().zip(&lrs).filter(wrong).count(), n(first))
        };
        format!(
            "| {} | {} | {} | {} | {:.3} | {:.3} | {:.3} | {} | {} |\n",
            self.says.trim_end_matches('.'),
            if training { "for fitting, each family left out" } else { "held out" },
            n(true),
            n(false),
            cllr(&cases, &scores),
            cllr(&cases, &lrs),
            least_cllr(&cases, &scores),
            misleads(true),
            misleads(false),
        )
    }

    /// How each family of the pair was scored: median of the logarithm (base 10) of the ratio, tenths.
    pub(crate) fn families(&self, runs: &[Run], fit: &Fit) -> String {
        let mut text = String::new();
        for training in [true, false] {
            let cases = self.cases(runs, training);
            let mut families: Vec<_> = cases.iter().map(|c| c.family).collect();
            families.dedup();
            for f in families {
                let of = cases.iter().enumerate().filter(|(_, c)| c.family == f);
                let score = |(i, c): (usize, &Case)| if training { fit.left_out[i] } else { fit.score(&c.x) };
                let mut lrs: Vec<f64> = of.map(|p| fit.calibrated(score(p)) / 10f64.ln()).collect();
                lrs.sort_by(f64::total_cmp);
                let at = |q: f64| lrs[((lrs.len() - 1) as f64 * q).round() as usize];
                text += &format!(
                    "| {} | {} | {} | {:.2} | {:.2} | {:.2} |\n",
                    self.name.to_lowercase(),
                    f.in_words(),
                    if training { "fitting" } else { "held out" },
                    at(0.1),
                    at(0.5),
                    at(0.9)
                );
            }
        }
        text
    }

    fn table(&self, runs: &[Run], fit: &Fit) -> String {
        let cases = self.cases(runs, true);
        let rows: String = self
            .signs
            .iter()
            .zip(&fit.rows)
            .filter(|(_, r)| r[2] != 0.0)
            .map(|((id, _), r)| format!("        row({id:?}, {:?}, {:?}, {:?}),\n", r[0], r[1], r[2]))
            .collect();
        format!(
            "/// {}\npub const {}: Table = Table {{\n    intercept: {:?},\n    rows: &[\n{rows}    ],\n    slope: {:?},\n    \
offset: {:?},\n    error: {:?},\n    cases: [{}, {}],\n}};\n",
            self.says,
            self.name,
            fit.intercept,
            fit.slope,
            fit.offset,
            (fit.error * 1e3).round() / 1e3,
            cases.iter().filter(|c| c.first).count(),
            cases.iter().filter(|c| !c.first).count()
        )
    }
}

/// Where the file keeps what is fitted: from this line to its end.
const BEGINS: &str = "/// Where the coefficients come from, for readers.\n";

/// The file of coefficients with these ones in it.
pub(crate) fn file(old: &str, runs: &[Run], fits: &[Fit]) -> Option<String> {
    let (head, _) = old.split_once(BEGINS)?;
    let helper = "const fn row(id: &'static str, centre: f64, spread: f64, weight: f64) -> Row {\n    \
Row { id, centre, spread, weight }\n}\n";
    let tables: Vec<String> = PAIRS.iter().zip(fits).map(|(p, f)| p.table(runs, f)).collect();
    Some(format!(
        "{head}{BEGINS}pub const SOURCE: &str = \"fitted on scenarios made for it (docs/validation.md)\";\n\n{helper}\n{}",
        tables.join("\n")
    ))
}

fn path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/analyse/weigh/table.rs")
}

/// Writes the coefficients into the program.
pub(crate) fn write(runs: &[Run], fits: &[Fit]) {
    let old = fs::read_to_string(path()).expect("the file of coefficients");
    let new = file(&old, runs, fits).expect("the place for the coefficients");
    fs::write(path(), new).expect("the file is written");
}

#[test]
fn the_measures_of_a_pair_are_those_of_its_group() {
    use outscope::case::weighing::IDS;
    for pair in &PAIRS {
        let group = pair.name.to_lowercase();
        let of: Vec<&str> = IDS.iter().filter(|i| i.1.name() == group).map(|i| i.0).collect();
        assert_eq!(pair.signs.iter().map(|s| s.0).collect::<Vec<_>>(), of);
    }
}

#[test]
fn coefficients_go_where_the_old_ones_were() {
    let fits = PAIRS.map(|p| Fit {
        intercept: 0.25,
        rows: p.signs.iter().map(|_| [0.5, 1.0, 0.125]).collect(),
        slope: 0.75,
        ..Fit::default()
    });
    let new = file(&format!("head\n{BEGINS}old\n"), &[], &fits).expect("a file");
    assert!(new.starts_with("head\n") && !new.contains("old") && new.contains("row(\"rate\", 0.5, 1.0, 0.125)"), "{new}");
    assert_eq!(new.matches("pub const").count(), 3);
    assert!(file("nothing there", &[], &fits).is_none());
}

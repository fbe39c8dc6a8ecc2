//! One scenario from its seed to what the program says of it.

use crate::draw::{Breaks, Drawn, Layout, RESOURCES};
use crate::family::{Answers, Facts, Family, answers};
use crate::lines::{files, lost};
use crate::people::{Part, Population};
use crate::today;
use crate::traffic::{Request, life};
use outscope::bundle;
use outscope::case::{Case, Standing};
use outscope::config::Options;
use outscope::progress::Silent;
use outscope::reconstruct::reconstruct;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// How an answer fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// A true explanation is supported, and no false one.
    Right,
    /// None is supported, and no true one is spoken against alone.
    Open,
    /// A false one is supported.
    Wrong,
    /// None is supported, but all true ones are contradicted.
    Excluded,
}

/// One scenario and what was said of it.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) drawn: Drawn,
    pub(crate) facts: Facts,
    pub(crate) answers: Answers,
    pub(crate) verdict: &'static str,
    pub(crate) supported: Vec<String>,
    pub(crate) contradicted: Vec<String>,
    pub(crate) mark: Mark,
    /// The numbers that the rules of today look at.
    pub(crate) numbers: [f64; 9],
    pub(crate) lines: u64,
    /// What the program measured, on the scales of the scores.
    pub(crate) features: Vec<(&'static str, f64)>,
}

pub(crate) fn facts(d: &Drawn, all: &[Request], people: &Population) -> Facts {
    let planted = |r: &&Request| r.planted && !lost(d, r);
    let person = |r: &&Request| people.clients[r.client].part != Part::Bot;
    let inside = all.iter().filter(|r| (d.window.0..d.window.1).contains(&r.at));
    let (extra, own): (Vec<&Request>, Vec<&Request>) = inside.partition(|r| r.extra);
    let of_backend = |b: usize| (0..RESOURCES.len()).filter(|&r| d.weights[r] > 0.0 && RESOURCES[r].backend == b).count();
    Facts {
        failed: all.iter().filter(planted).filter(person).count(),
        people: all.iter().filter(planted).filter(person).map(|r| r.client).collect::<BTreeSet<_>>().len(),
        failed_any: all.iter().filter(planted).count(),
        multiplier: (own.len() + extra.len()) as f64 / own.len().max(1) as f64,
        shared: d.capacity.is_some_and(|c| c.site),
        lost: all.iter().filter(|r| lost(d, r)).count(),
        twin: matches!(d.fault.map(|f| f.what), Some(Breaks::Backend(b)) if of_backend(b) <= 1 || d.layout != Layout::Balancer),
    }
}

fn mark(answers: &Answers, supported: &[String], contradicted: &[String]) -> Mark {
    let of = |list: &[&'static str], id: &String| list.contains(&id.as_str());
    let hit = supported.iter().any(|id| of(&answers.right, id));
    let allowed = |id: &String| of(&answers.right, id) || of(&answers.also, id) || (hit && of(&answers.beside, id));
    if !supported.iter().all(allowed) {
        return Mark::Wrong;
    }
    if hit || (answers.right.is_empty() && supported.is_empty()) {
        return Mark::Right;
    }
    let excluded = !answers.right.is_empty() && answers.right.iter().all(|id| contradicted.iter().any(|c| c == id));
    if excluded && supported.is_empty() { Mark::Excluded } else { Mark::Open }
}

/// Writes the bundle of a scenario below `folder`.
pub(crate) fn put(d: &Drawn, all: &[Request], people: &Population, folder: &Path) {
    for (name, text) in files(d, all, people) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

/// Draws, writes, reads and judges; the bundle stays in `keep` if that is given.
pub(crate) fn tried(family: Family, seed: u64, keep: Option<&Path>) -> Run {
    let drawn = Drawn::of(family, seed);
    let (all, people) = life(&drawn);
    let home = tempfile::tempdir().expect("a folder");
    let folder = keep.map_or_else(|| home.path().join("case"), Path::to_owned);
    put(&drawn, &all, &people, &folder);
    let bundle = bundle::open(&[folder]).expect("a bundle");
    let case = reconstruct(&bundle, &Options { threads: 1, ..Options::default() }, &Silent).expect("a case");
    assert!(case.totals.rejected * 1_000 <= case.totals.lines, "{family:?} {seed}: lines are not read: {:?}", case.totals);
    let facts = facts(&drawn, &all, &people);
    let answers = answers(family, &facts);
    let (supported, contradicted) = (standing(&case, Standing::Supported), standing(&case, Standing::Contradicted));
    Run {
        mark: mark(&answers, &supported, &contradicted),
        numbers: today::numbers(&drawn, &all, &people),
        verdict: case.scope.verdict.name(),
        lines: case.totals.lines,
        features: case.weighing.measures.iter().filter_map(|m| Some((m.id, m.features()?[0]))).collect(),
        drawn,
        facts,
        answers,
        supported,
        contradicted,
    }
}

fn standing(case: &Case, which: Standing) -> Vec<String> {
    case.explanations.iter().filter(|e| e.standing == which).map(|e| e.id.clone()).collect()
}

#[test]
fn an_answer_is_right_open_wrong_or_excludes_the_truth() {
    let answers = Answers { right: vec!["flash-crowd"], also: vec!["no-incident"], beside: vec!["internal-fault"] };
    let of = |s: &[&str], c: &[&str]| {
        let own = |l: &[&str]| l.iter().map(|&x| x.to_owned()).collect::<Vec<_>>();
        mark(&answers, &own(s), &own(c))
    };
    assert_eq!(of(&["flash-crowd", "internal-fault"], &[]), Mark::Right);
    assert_eq!(of(&["no-incident"], &[]), Mark::Open);
    assert_eq!(of(&["internal-fault"], &[]), Mark::Wrong);
    assert_eq!(of(&["flash-crowd", "attack-on-site"], &[]), Mark::Wrong);
    assert_eq!(of(&[], &["flash-crowd"]), Mark::Excluded);
    assert_eq!(of(&[], &["attack-on-site"]), Mark::Open);
}

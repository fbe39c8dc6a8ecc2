//! Drawn scenarios through the whole program: what happened, held against what the report says.

use crate::draw::{BACKENDS, Drawn, Kind, Layout, POPS, RESOURCES};
use crate::lines::{files, lost};
use crate::traffic::{Request, requests};
use outscope::bundle;
use outscope::case::Case;
use outscope::config::Options;
use outscope::progress::Silent;
use outscope::reconstruct::reconstruct;
use outscope::time::Micros;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What may rightly be said of a scenario.
#[derive(Clone, Debug)]
pub(crate) struct Truth {
    /// The right words.
    pub(crate) right: Vec<&'static str>,
    /// Whether the logs hold enough for anybody to say so; where not, *inconclusive* is right too.
    pub(crate) recoverable: bool,
    /// Requests that failed because of the fault, of how many in its scope, from how many clients.
    pub(crate) failed: (usize, usize, usize),
}

/// How a report did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mark {
    /// What happened was said.
    Right,
    /// Left open, and rightly: the logs do not hold enough.
    OpenRightly,
    /// Left open though the logs hold enough.
    Open,
    /// Something else was said with confidence.
    Wrong,
}

/// One scenario and its report.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) drawn: Drawn,
    pub(crate) truth: Truth,
    pub(crate) told: &'static str,
    pub(crate) mark: Mark,
    /// Whether the intervals of onset and recovery hold the truth; only where the verdict is right
    /// and names a failure that begins and ends at once, inside the logs.
    pub(crate) dated: Option<(bool, bool)>,
    /// What the report says.
    pub(crate) says: String,
}

/// Fewest failing requests, from fewest clients, that must not pass for nothing: more than the
/// few-clients rule may take for a scanner ...
const MATERIAL: (usize, usize) = (12, 5);

/// ... and this log-likelihood ratio (Poisson) against the ordinary. Whoever looks at all resources and
/// all stretches of a log, and wants no false alarm in a hundred logs, needs about 20: there are some
/// hundred thousand stretches and series, and ln(100,000 x 100) is 16. What is weaker than that is
/// chance as far as anybody can tell, and "nothing beyond the ordinary" is right.
const STANDS_OUT: f64 = 20.0;

/// Fewest for which everybody could tell: twice that and more, with traffic enough to compare.
const PLAIN: (usize, usize) = (30, 12);

pub(crate) fn truth(d: &Drawn, all: &[Request]) -> Truth {
    let (from, to) = (d.window.0.max(0.0), d.window.1.min(d.length));
    let holed = d.kind == Kind::HoleInFault;
    let visible = |r: &&Request| (d.layout != Layout::Fleet || d.absent != Some(r.pop)) && !(holed && lost(d, r));
    let in_time = |r: &&Request| (from..to).contains(&r.at);
    let at_pop = |r: &Request| !matches!(d.kind, Kind::OnePop | Kind::ResourceAtPop) || r.pop == d.pop;
    let target = |r: &&Request| r.resource.is_some_and(|i| d.targets.contains(&i)) && at_pop(r);
    let seen: Vec<&Request> = all.iter().filter(visible).collect();
    let inside: Vec<&Request> = seen.iter().copied().filter(in_time).collect();
    let here: Vec<&Request> = inside.iter().copied().filter(target).collect();
    let failed = here.iter().filter(|r| r.fault).count();
    let clients = here.iter().filter(|r| r.fault).map(|r| r.client).collect::<BTreeSet<_>>().len();
    let (n, rest) = (here.len(), inside.len() - here.len());
    let before = seen.len() - inside.len();
    let before_here = seen.iter().copied().filter(|r| target(r) && !in_time(r)).count();
    let rise = failed as f64 / n.max(1) as f64;
    // Ordinary failures come half as often again as their median says (see `traffic`).
    let usual = (1.5 * d.ordinary).max(0.001) * n as f64;
    let all_bad = failed as f64 + usual;
    let ratio = all_bad * (all_bad / usual.max(1e-9)).ln() - failed as f64;
    let material = failed >= MATERIAL.0 && clients >= MATERIAL.1 && ratio >= STANDS_OUT;
    // What the rest must have for a test of half a point, or of a tenth of the failure, to be possible.
    let margin = (0.07 * rise).max(0.005);
    let comparable = rest as f64 * margin > 4.0 + 8.0 * rest as f64 * d.ordinary * margin || d.targets.len() == d.weights.len();
    let plain = material
        && failed >= PLAIN.0
        && clients >= PLAIN.1
        && n >= 50
        && rise >= 0.04
        && before_here >= 50
        && before >= 150
        && comparable
        && !matches!(d.kind, Kind::FewClients | Kind::HoleInFault);
    let mut right = match d.kind {
        Kind::Nothing | Kind::CrowdServed | Kind::Scanner | Kind::BrokenClients => vec!["no-incident"],
        Kind::FewAddresses if d.share == 0.0 => vec!["no-incident"],
        Kind::OnePop => vec!["partial"],
        Kind::ResourceAtPop => vec!["confined", "partial"],
        Kind::OneBackend if d.targets.len() <= 3 => vec!["confined", "partial"],
        Kind::OneBackend => vec!["partial"],
        Kind::SiteWide | Kind::DeadOrigin => vec!["site-wide"],
        Kind::LogHole | Kind::MissingRotation | Kind::DeadPop => vec!["inconclusive"],
        Kind::HoleOfOnePop => vec!["no-incident", "inconclusive"],
        _ => vec!["confined"],
    };
    // A set of resources with half of the traffic is what this program calls the site.
    if n * 2 >= inside.len() && matches!(d.kind, Kind::OneBackend | Kind::TwoResources) {
        right.push("site-wide");
    }
    // Answers from a CDN's store go on: then not everything failed, and both words are true.
    if d.layout == Layout::Fleet && matches!(d.kind, Kind::SiteWide | Kind::DeadOrigin) {
        right.push("partial");
    }
    let mut recoverable = match d.kind {
        Kind::Nothing | Kind::CrowdServed | Kind::Scanner | Kind::BrokenClients => seen.len() >= 400,
        Kind::FewAddresses if d.share == 0.0 => seen.len() >= 400,
        Kind::LogHole | Kind::MissingRotation | Kind::HoleOfOnePop | Kind::DeadPop => true,
        _ => plain,
    };
    if d.has_fault() && !material {
        right.push("no-incident");
        recoverable = false;
    }
    // What is silent: lines that were lost, or what one POP of three would have served.
    let silent = if d.kind == Kind::DeadPop { inside.len() / 2 } else { all.iter().filter(|r| lost(d, r)).count() };
    if matches!(d.kind, Kind::LogHole | Kind::DeadPop | Kind::MissingRotation) && (silent < 60 || d.absent.is_some()) {
        right.push("no-incident");
    }
    if d.kind == Kind::DeadPop {
        right.push("partial");
    }
    // A fault that fills most of the logs leaves no healthy time to compare with.
    recoverable &= d.kind != Kind::Long || (to - from) < 0.6 * d.length;
    Truth { right, recoverable, failed: (failed, n, clients) }
}

/// Whether a request belongs to a set of attribute values.
fn belongs(r: &Request, set: &BTreeMap<String, String>) -> bool {
    set.iter().all(|(attribute, value)| match attribute.as_str() {
        "resource" | "template" => r.resource.map_or(value.ends_with(".php") || value == "/.env", |i| {
            let name = RESOURCES[i].name;
            name == value || name.replace(":id", &(10_000 + r.item).to_string()) == *value
        }),
        "pop" => POPS[r.pop].1.starts_with(value.as_str()),
        "instance" => POPS[r.pop].0 == value || !POPS.iter().any(|p| p.0 == value),
        "backend" => r.resource.is_some_and(|i| value.starts_with(BACKENDS[RESOURCES[i].backend])),
        // Anything else is the same for all, or does not follow what fails.
        _ => true,
    })
}

/// Whether the cause set told is what failed: it holds four fifths of the failures, and fails at half
/// the rate of what really failed or more.
fn same_cause(d: &Drawn, all: &[Request], told: &[BTreeMap<String, String>]) -> bool {
    let (from, to) = d.window;
    let inside: Vec<&Request> = all.iter().filter(|r| (from..to).contains(&r.at) && d.absent != Some(r.pop)).collect();
    let rate = |of: &[&Request]| of.iter().filter(|r| r.fault).count() as f64 / of.len().max(1) as f64;
    let met: Vec<&Request> = inside.iter().copied().filter(|r| told.is_empty() || told.iter().any(|s| belongs(r, s))).collect();
    let at_pop = |r: &Request| !matches!(d.kind, Kind::OnePop | Kind::ResourceAtPop) || r.pop == d.pop;
    let real: Vec<&Request> =
        inside.iter().copied().filter(|r| r.resource.is_some_and(|i| d.targets.contains(&i)) && at_pop(r)).collect();
    let (found, failures) = (met.iter().filter(|r| r.fault).count(), inside.iter().filter(|r| r.fault).count());
    found as f64 >= 0.8 * failures as f64 && rate(&met) >= 0.5 * rate(&real)
}

fn mark(d: &Drawn, truth: &Truth, all: &[Request], case: &Case) -> Mark {
    let told = case.scope.verdict.name();
    let confident = matches!(told, "confined" | "partial");
    if truth.right.contains(&told) && !(confident && d.has_fault() && !same_cause(d, all, &case.scope.cause_set)) {
        return Mark::Right;
    }
    match (told, truth.recoverable) {
        ("inconclusive", true) => Mark::Open,
        ("inconclusive", false) => Mark::OpenRightly,
        _ => Mark::Wrong,
    }
}

/// Seconds after the beginning of the logs.
fn seconds(at: Micros) -> f64 {
    at.0 as f64 / 1e6 - 1_725_955_200.0
}

/// Whether the intervals of onset and recovery hold the truth; stamps are whole seconds.
fn dated(d: &Drawn, mark: Mark, case: &Case) -> Option<(bool, bool)> {
    let sudden =
        !matches!(d.kind, Kind::Ramp | Kind::Oscillating | Kind::BeginsInside | Kind::ScannerAndFault | Kind::HoleInFault);
    let window = case.window.filter(|_| sudden && mark == Mark::Right && d.has_fault())?;
    let own = case.episodes.iter().find(|e| e.from == window.from && e.to == window.to)?;
    let holds = |low, high, at: f64| seconds(low) - 1.0 <= at && at <= seconds(high) + 1.0;
    Some((holds(own.from_low, own.from_high, d.window.0), holds(own.to_low, own.to_high, d.window.1)))
}

/// Draws, writes, reads and judges the scenario `seed`; its bundle stays in `keep` if that is given.
pub(crate) fn tried(seed: u64, keep: Option<&Path>) -> Tried {
    let drawn = Drawn::of(seed);
    let all = requests(&drawn);
    let home = tempfile::tempdir().expect("a folder");
    let folder = keep.map_or_else(|| home.path().join("case"), Path::to_owned);
    for (name, text) in files(&drawn, &all) {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let bundle = bundle::open(&[folder]).expect("a bundle");
    let case = reconstruct(&bundle, &Options { threads: 1, ..Options::default() }, &Silent).expect("a case");
    assert!(case.totals.rejected * 1_000 <= case.totals.lines, "seed {seed}: the lines are not read: {:?}", case.totals);
    let truth = truth(&drawn, &all);
    let mark = mark(&drawn, &truth, &all, &case);
    let dated = dated(&drawn, mark, &case);
    let says = format!(
        "{} {:?} {} | {}",
        case.scope.verdict.name(),
        case.scope.cause_set,
        case.window.map_or_else(String::new, |w| { format!("{:.0}..{:.0} s", seconds(w.from), seconds(w.to)) }),
        case.scope.because.join(" ")
    );
    Tried { told: case.scope.verdict.name(), drawn, truth, mark, dated, says }
}

/// The scenarios of these seeds, in order.
pub(crate) fn all(seeds: impl Iterator<Item = u64>) -> Vec<Tried> {
    let seeds: Vec<u64> = seeds.collect();
    crate::threads::on_two_threads(seeds.len(), &|i| tried(seeds[i], None))
}

/// Words of a verdict, in the order of the tables.
pub(crate) const WORDS: [&str; 5] = ["confined", "partial", "site-wide", "no-incident", "inconclusive"];

/// Kind of scenario by verdict told, with the marks.
pub(crate) fn matrix(all: &[Tried]) -> String {
    let mut rows: BTreeMap<Kind, Vec<&Tried>> = BTreeMap::new();
    for t in all {
        rows.entry(t.drawn.kind).or_default().push(t);
    }
    let mut text =
        "| what happened | drawn | confined | partial | site-wide | no incident | inconclusive | right | rightly open | \
open | wrong |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n"
            .to_owned();
    let mut row = |name: &str, of: &[&Tried]| {
        let told = WORDS.map(|w| of.iter().filter(|t| t.told == w).count().to_string());
        let marks = [Mark::Right, Mark::OpenRightly, Mark::Open, Mark::Wrong]
            .map(|m| of.iter().filter(|t| t.mark == m).count().to_string());
        text += &format!("| {name} | {} | {} | {} |\n", of.len(), told.join(" | "), marks.join(" | "));
    };
    for (kind, of) in &rows {
        row(kind.in_words(), of);
    }
    row("**all**", &all.iter().collect::<Vec<_>>());
    text
}

/// The marks by how much traffic there was, and by what was lost of the logs.
pub(crate) fn by_quality(all: &[Tried]) -> String {
    let mut text = "| scenarios | drawn | right | rightly open | open | wrong |\n|---|--:|--:|--:|--:|--:|\n".to_owned();
    let mut row = |name: &str, of: &dyn Fn(&Drawn) -> bool| {
        let of: Vec<&Tried> = all.iter().filter(|t| of(&t.drawn)).collect();
        let marks = [Mark::Right, Mark::OpenRightly, Mark::Open, Mark::Wrong]
            .map(|m| of.iter().filter(|t| t.mark == m).count().to_string());
        text += &format!("| {name} | {} | {} |\n", of.len(), marks.join(" | "));
    };
    row("4 to 30 requests a minute", &|d| d.traffic < 30.0);
    row("30 to 150 requests a minute", &|d| (30.0..150.0).contains(&d.traffic));
    row("150 to 320 requests a minute", &|d| d.traffic >= 150.0);
    row("nothing lost at random", &|d| d.dropped == 0.0 && d.absent.is_none());
    row("5 to 30 % of the lines lost at random", &|d| d.dropped > 0.0);
    row("the log of one POP of three absent", &|d| d.absent.is_some());
    text
}

/// How often the intervals of onset and recovery held the truth, of how many.
pub(crate) fn dating(all: &[Tried]) -> String {
    let dated: Vec<(bool, bool)> = all.iter().filter_map(|t| t.dated).collect();
    let (onset, recovery) = (dated.iter().filter(|d| d.0).count(), dated.iter().filter(|d| d.1).count());
    format!(
        "The interval of the onset held the truth in {onset} of {n} dated failures, that of the recovery in {recovery} of {n}.\n",
        n = dated.len()
    )
}

/// Each wrong or needlessly open one with all that is needed to run it again.
pub(crate) fn list(all: &[Tried], mark: Mark) -> String {
    let wrong = all.iter().filter(|t| t.mark == mark);
    wrong
        .map(|t| {
            format!(
                "seed {}: {} ({} of {} requests by {} clients failed by the fault; right: {})\n    said: {}\n",
                t.drawn.seed,
                t.drawn.in_words(),
                t.truth.failed.0,
                t.truth.failed.1,
                t.truth.failed.2,
                t.truth.right.join(" or "),
                t.says
            )
        })
        .collect()
}

/// The seeds of those that were wrong, with what they are.
pub(crate) fn seeds(all: &[Tried]) -> String {
    let rows = all.iter().filter(|t| t.mark == Mark::Wrong);
    let rows: String = rows
        .map(|t| format!("| {} | {} | {} | {} |\n", t.drawn.seed, t.drawn.in_words(), t.truth.right.join(" or "), t.told))
        .collect();
    format!("| seed | scenario | right | told |\n|--:|---|---|---|\n{rows}")
}

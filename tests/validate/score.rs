//! The tables of docs/validation.md: how the answers fared.

use crate::family::{Family, HELD_OUT, TRAINING};
use crate::run::{Mark, Run};
use crate::today::{RULES, Threshold};

/// Ids in the order of the columns.
const IDS: [(&str, &str); 7] = [
    ("no-incident", "no incident"),
    ("attack-on-site", "attack on site"),
    ("attack-on-resource", "attack on resource"),
    ("flash-crowd", "flash crowd"),
    ("internal-fault", "internal fault"),
    ("segment-fault", "segment fault"),
    ("logging-artefact", "logging artefact"),
];

/// Interval of 95 % of a share (Clopper and Pearson, 1934), by bisection.
pub(crate) fn clopper_pearson(k: usize, n: usize) -> (f64, f64) {
    // P(X <= k) for X ~ Binomial(n, p).
    let below = |k: usize, p: f64| {
        let (mut ln, mut sum) = (n as f64 * (1.0 - p).ln(), 0.0);
        for i in 0..=k {
            sum += ln.exp();
            ln += ((n - i) as f64 / (i + 1) as f64).ln() + (p / (1.0 - p)).ln();
        }
        sum
    };
    let root = |falls: &dyn Fn(f64) -> f64| {
        let (mut low, mut high) = (1e-12, 1.0 - 1e-12);
        for _ in 0..80 {
            let p = 0.5 * (low + high);
            if falls(p) > 0.0 { low = p } else { high = p }
        }
        0.5 * (low + high)
    };
    let low = if k == 0 { 0.0 } else { root(&|p| 0.025 - (1.0 - below(k - 1, p))) };
    let high = if k == n { 1.0 } else { root(&|p| below(k, p) - 0.025) };
    (low, high)
}

/// A share with its interval.
pub(crate) fn share(k: usize, n: usize) -> String {
    if n == 0 {
        return "none".into();
    }
    let (low, high) = clopper_pearson(k, n);
    format!("{k} of {n} = {:.1} % ({:.1} to {:.1})", 100.0 * k as f64 / n as f64, 100.0 * low, 100.0 * high)
}

fn is_attack(id: &str) -> bool {
    id.starts_with("attack-")
}

/// Whether an attack is supported.
pub(crate) fn calls_attack(run: &Run) -> bool {
    run.supported.iter().any(|id| is_attack(id))
}

/// Families by what is supported.
pub(crate) fn matrix(runs: &[Run]) -> String {
    let heads = IDS.map(|i| i.1).join(" | ");
    let mut text = format!(
        "| what was planted | drawn | {heads} | none | right | open | false | true one excluded |\n|---|{}\n",
        "--:|".repeat(13)
    );
    let mut row = |name: String, of: &[&Run]| {
        let told = IDS.map(|i| of.iter().filter(|r| r.supported.iter().any(|s| s == i.0)).count().to_string());
        let none = of.iter().filter(|r| r.supported.is_empty()).count();
        let marks =
            [Mark::Right, Mark::Open, Mark::Wrong, Mark::Excluded].map(|m| of.iter().filter(|r| r.mark == m).count().to_string());
        text += &format!("| {name} | {} | {} | {none} | {} |\n", of.len(), told.join(" | "), marks.join(" | "));
    };
    for (families, name) in [(&TRAINING[..], "for fitting"), (&HELD_OUT[..], "held out")] {
        for f in families {
            row(f.in_words().into(), &runs.iter().filter(|r| r.drawn.family == *f).collect::<Vec<_>>());
        }
        let all: Vec<&Run> = runs.iter().filter(|r| families.contains(&r.drawn.family)).collect();
        row(format!("**all {name}**"), &all);
    }
    text
}

/// The rates that matter.
pub(crate) fn rates(runs: &[Run]) -> String {
    let mut text = "| rate | families for fitting | families held out |\n|---|---|---|\n".to_owned();
    let mut row = |name: &str, whom: &dyn Fn(&Run) -> bool, what: &dyn Fn(&Run) -> bool| {
        let of = |training: bool| {
            let all: Vec<&Run> = runs.iter().filter(|r| r.drawn.family.is_training() == training && whom(r)).collect();
            share(all.iter().filter(|r| what(r)).count(), all.len())
        };
        text += &format!("| {name} | {} | {} |\n", of(true), of(false));
    };
    let crowd = |r: &Run| r.drawn.family.is_legitimate_crowd();
    let attack = |r: &Run| r.drawn.family.is_attack();
    let any = |_: &Run| true;
    let supports = |r: &Run, id: &str| r.supported.iter().any(|s| s == id);
    row("false attribution: a false explanation is supported", &any, &|r| r.mark == Mark::Wrong);
    row("all true explanations contradicted, none supported", &any, &|r| r.mark == Mark::Excluded);
    row("some explanation is supported", &any, &|r| !r.supported.is_empty());
    row("**a legitimate crowd is called an attack**", &crowd, &calls_attack);
    row("a legitimate crowd is called a flash crowd", &crowd, &|r| supports(r, "flash-crowd"));
    row("an attack is called an attack", &attack, &calls_attack);
    row("an attack is called a flash crowd", &attack, &|r| supports(r, "flash-crowd"));
    row("anything but an attack is called one", &|r| !attack(r) && r.drawn.family != Family::AttackInCrowd, &calls_attack);
    row(
        "a fault is called an internal or segment fault",
        &|r| r.drawn.family.cause(true) == Some(crate::family::Cause::Fault) && !r.answers.right.contains(&"no-incident"),
        &|r| supports(r, "internal-fault") || supports(r, "segment-fault"),
    );
    text
}

/// The rules of today beside the program: learnt on the families for fitting, told on both.
pub(crate) fn today(runs: &[Run]) -> String {
    // What is both is neither's.
    let runs: Vec<&Run> = runs.iter().filter(|r| r.drawn.family != Family::AttackInCrowd).collect();
    let mut text = "| rule | threshold | balanced accuracy, fitting | balanced accuracy, held out | attacks called so, held out | \
legitimate crowds called an attack, fitting | the same, held out | anything else called an attack |\n|---|---|--:|--:|---|---|---|---|\n"
        .to_owned();
    let mut row = |name: &str, threshold: String, calls: &dyn Fn(&Run) -> bool| {
        let of = |whom: &dyn Fn(&Run) -> bool| {
            let all: Vec<&&Run> = runs.iter().filter(|r| whom(r)).collect();
            (all.iter().filter(|r| calls(r)).count(), all.len())
        };
        let balanced = |training: bool| {
            let at = |attack: bool| {
                let (k, n) = of(&|r| r.drawn.family.is_training() == training && r.drawn.family.is_attack() == attack);
                k as f64 / n.max(1) as f64
            };
            0.5 * (at(true) + 1.0 - at(false))
        };
        let told = |whom: &dyn Fn(&Run) -> bool| {
            let (k, n) = of(whom);
            share(k, n)
        };
        text += &format!(
            "| {name} | {threshold} | {:.2} | {:.2} | {} | {} | {} | {} |\n",
            balanced(true),
            balanced(false),
            told(&|r| r.drawn.family.is_attack() && !r.drawn.family.is_training()),
            told(&|r| r.drawn.family.is_legitimate_crowd() && r.drawn.family.is_training()),
            told(&|r| r.drawn.family.is_legitimate_crowd() && !r.drawn.family.is_training()),
            told(&|r| r.drawn.family.who().is_none()),
        );
    };
    for (i, rule) in RULES.iter().enumerate() {
        let of: Vec<(f64, bool)> =
            runs.iter().filter(|r| r.drawn.family.is_training()).map(|r| (r.numbers[i], r.drawn.family.is_attack())).collect();
        let t = Threshold::best(&of);
        row(rule, format!("{} {:.3}", if t.above { "above" } else { "below" }, t.at), &|r| t.calls(r.numbers[i]));
    }
    row("**outscope: an attack is supported**", "none".into(), &calls_attack);
    text
}

/// What was told falsely, with all that is needed to run it again; at most so many of each family.
pub(crate) fn failures(runs: &[Run]) -> String {
    let mut text = "| family | seed | told | true | what was drawn |\n|---|--:|---|---|---|\n".to_owned();
    for r in runs.iter().filter(|r| matches!(r.mark, Mark::Wrong | Mark::Excluded)) {
        let told = match r.mark {
            Mark::Wrong => r.supported.join(", "),
            _ => format!("not {}", r.answers.right.join(", not ")),
        };
        text += &format!(
            "| {} | {} | {told} | {} | {} |\n",
            r.drawn.family.in_words(),
            r.drawn.seed,
            if r.answers.right.is_empty() { "none of them".into() } else { r.answers.right.join(" or ") },
            r.drawn.in_words().split_once(": ").map_or("", |p| p.1),
        );
    }
    text
}

#[test]
fn shares_have_the_intervals_of_the_textbook() {
    let near = |(a, b): (f64, f64), c: f64, d: f64| assert!((a - c).abs() < 5e-4 && (b - d).abs() < 5e-4, "{a} {b}");
    near(clopper_pearson(0, 100), 0.0, 0.0362);
    near(clopper_pearson(5, 100), 0.0164, 0.1128);
    near(clopper_pearson(10, 10), 0.6915, 1.0);
    near(clopper_pearson(12, 400), 0.0156, 0.0518);
}

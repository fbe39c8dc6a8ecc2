//! How the competing explanations stand in both reports.

use super::item::{Item, Standing as Came, Topic};
use super::judge::name;
use super::scope::short;
use super::view::{Explanation, Report};
use crate::case::Standing;

/// Most explanations that are compared.
const MOST: usize = 24;

/// Adds the points: the explanations in A's order, then those that only B has.
pub(super) fn compare(a: &Report, b: &Report, out: &mut Vec<Item>) {
    let only_b = b.explanations.iter().filter(|e| !a.explanations.iter().any(|x| x.id == e.id));
    for id in a.explanations.iter().chain(only_b).take(MOST).map(|e| &e.id) {
        let find = |r: &'_ Report| r.explanations.iter().find(|e| e.id == *id).cloned();
        let name = name(Topic::Explanations, short(id), format!("explanation {}", short(id)));
        out.push(match (find(a), find(b)) {
            (Some(x), Some(y)) => {
                let (standing, says) = judge(&short(id), &x, &y);
                name.judged(standing, says, told(&x), told(&y))
            }
            (x, y) => name.words(x.map(|e| told(&e)), y.map(|e| told(&e)), "it does not weigh this explanation"),
        });
    }
}

fn told(e: &Explanation) -> String {
    let standing = e.standing.name().replace('-', " ");
    match &e.strength {
        Some(s) if !s.trim().is_empty() => format!("{standing} ({})", short(s)),
        _ => standing,
    }
}

fn judge(id: &str, x: &Explanation, y: &Explanation) -> (Came, String) {
    use Standing::{Contradicted, Supported};
    let sides = (x.standing, y.standing);
    let (a, b) = (told(x), told(y));
    match sides {
        (Supported, Supported) | (Contradicted, Contradicted) if a == b => (Came::Agrees, format!("`{id}`: {a} in both.")),
        (Supported, Supported) | (Contradicted, Contradicted) => (Came::Agrees, format!("`{id}`: {a} in A, {b} in B.")),
        (Supported, Contradicted) | (Contradicted, Supported) => (Came::Differs, format!("`{id}`: {a} in A, {b} in B.")),
        (p, q) if p == q => (Came::Open, format!("`{id}`: {a} in both, which neither links nor separates the two.")),
        _ => (Came::Open, format!("`{id}`: {a} in A, {b} in B; one of the reports does not decide.")),
    }
}

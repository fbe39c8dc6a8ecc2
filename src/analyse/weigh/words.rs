//! Question: how strong is that, in words?
//! Method: the verbal scale of ENFSI beside the number; always both.
//! Assumes: the number is a likelihood ratio, no probability of an explanation.
//! Reference: ENFSI Guideline for Evaluative Reporting in Forensic Science, 2015.

use super::Asked;
use crate::case::weighing::{Pair, Weighing};
use crate::case::{Explanation, Standing};

/// The words for a likelihood ratio of at least 1, given as logarithm to the base 10.
#[must_use]
pub fn scale(log10: f64) -> &'static str {
    match log10 {
        l if l < 2f64.log10() => "no support either way",
        l if l < 1.0 - 1e-9 => "weak support",
        l if l < 2.0 => "moderate support",
        l if l < 3.0 => "moderately strong support",
        l if l < 4.0 => "strong support",
        l if l < 6.0 => "very strong support",
        _ => "extremely strong support",
    }
}

/// A pair's party for readers.
#[must_use]
pub fn name(id: &str) -> &'static str {
    match id {
        "attack" => "an attack",
        "flash-crowd" => "a crowd",
        "surge" => "a surge of demand",
        "internal-fault" => "a fault without one",
        _ => "the other",
    }
}

/// A ratio without more digits than it carries.
fn number(log10: f64) -> String {
    let x = 10f64.powf(log10);
    if x < 10.0 { format!("{x:.1}") } else { format!("{x:.0}") }
}

/// The strength of a pair, its number and its interval.
#[must_use]
pub fn strength(p: &Pair) -> String {
    let (Some(v), Some(low), Some(high)) = (p.log10_lr, p.low, p.high) else {
        return "Too little could be measured to choose between the two.".into();
    };
    let (first, second, v, low, high) = if v >= 0.0 { (p.a, p.b, v, low, high) } else { (p.b, p.a, -v, -high, -low) };
    let capped = if v >= p.cap - 1e-9 { ", the most that may be told" } else { "" };
    format!(
        "{} for {} over {}: what was measured is {} times as probable under it ({} to {}{capped}).",
        capital(scale(v)),
        name(first),
        name(second),
        number(v),
        number(low),
        number(high)
    )
}

fn capital(text: &str) -> String {
    let mut c = text.chars();
    c.next().map_or_else(String::new, |f| f.to_uppercase().chain(c).collect())
}

/// The weighing in a sentence or two.
#[must_use]
pub fn summary(asked: &Asked<'_>, list: &[Explanation], w: &Weighing) -> String {
    let stands = |id: &str| list.iter().find(|e| e.id == id).map(|e| e.standing);
    let supported: Vec<&str> = list.iter().filter(|e| e.standing == Standing::Supported).map(|e| e.id.as_str()).collect();
    let excluded = |id| stands(id) == Some(Standing::Contradicted);
    let what = match supported.as_slice() {
        [] | ["no-incident"] if asked.failed => "The evidence does not single out one explanation",
        [] | ["no-incident"] => "Demand stood out, and the evidence does not decide whose it was",
        _ if supported.contains(&"flash-crowd") && supported.contains(&"internal-fault") => {
            "More visitors came than ordinarily, and something broke inside the service: the evidence speaks for both together"
        }
        _ if supported.contains(&"flash-crowd") && asked.failed => {
            "The evidence speaks for a crowd of visitors that could not all be served"
        }
        _ if supported.contains(&"flash-crowd") => "The evidence speaks for a crowd of visitors, which was served",
        _ if supported.iter().any(|s| s.starts_with("attack")) => {
            "The evidence speaks for an attack by means of requests: those who asked behaved like machines, not like visitors"
        }
        _ if supported.contains(&"segment-fault") => "The evidence speaks for a fault of one location or server",
        _ if supported.contains(&"internal-fault") => "The evidence speaks for a fault inside the service",
        _ => "The evidence speaks for a hole in the record",
    };
    let against = match (excluded("attack-on-site"), excluded("attack-on-resource")) {
        (true, true) => "; it speaks against an attack by means of requests",
        (true, false) => "; it speaks against an attack on the whole site",
        _ => "",
    };
    let residue = w
        .components
        .iter()
        .find(|c| c.id == "machine-like" && c.clients > 0 && !supported.iter().any(|s| s.starts_with("attack")))
        .map_or_else(String::new, |c| {
            format!(
                " Beside the others {} kept up the pace of machines and made {} of the requests: what these wanted is not told here.",
                crate::words::counted(c.clients, "client", "clients"),
                crate::words::percent(c.share)
            )
        });
    format!("{what}{against}.{residue}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_has_the_published_steps() {
        let words: Vec<&str> = [0.0, 0.5, 1.0, 1.9, 2.0, 3.5, 5.0, 7.0].map(scale).to_vec();
        assert_eq!(words[0], "no support either way");
        assert_eq!(words[1], "weak support");
        assert_eq!((words[2], words[3]), ("moderate support", "moderate support"));
        assert_eq!(words[4], "moderately strong support");
        assert_eq!(words[7], "extremely strong support");
    }
}

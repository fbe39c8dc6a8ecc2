//! What is used today to tell an attack from a crowd, written anew from its descriptions: each gives
//! one number, and calls "attack" beyond a threshold. All of them are told the true window, which no
//! tool knows, and get the threshold that suits them best on the families for fitting.

use crate::draw::Drawn;
use crate::lines::lost;
use crate::people::Population;
use crate::traffic::Request;
use std::collections::{BTreeMap, BTreeSet};

/// The rules, in the order of their numbers.
pub(crate) const RULES: [&str; 9] = [
    "volume z-score",
    "requests a minute of the busiest address",
    "distinct addresses, over the ordinary",
    "entropy of sources, against the ordinary",
    "new client networks (after Jung et al., 2002)",
    "flow correlation (after Yu et al., 2012), 0.3",
    "flow correlation, 0.5",
    "flow correlation, 0.7",
    "flow correlation, 0.9",
];

/// The correlation beyond which two flows count as alike.
const ALIKE: [f64; 4] = [0.3, 0.5, 0.7, 0.9];
/// Sources whose flows are compared, and steps by which one may lag behind.
const SOURCES: usize = 30;
const LAG: usize = 4;

/// The number that each rule looks at.
pub(crate) fn numbers(d: &Drawn, all: &[Request], people: &Population) -> [f64; 9] {
    let seen: Vec<&Request> = all.iter().filter(|r| !lost(d, r)).collect();
    let (from, to) = d.window;
    let address = |r: &Request| people.clients[r.client].address.as_str();
    let before: Vec<&Request> = seen.iter().copied().filter(|r| r.at < from).collect();
    let inside: Vec<&Request> = seen.iter().copied().filter(|r| (from..to).contains(&r.at)).collect();
    // Thirty steps in the window, of a second at least.
    let step = ((to - from) / 30.0).max(1.0);
    let counts = |of: &[&Request], start: f64, end: f64| {
        let mut bins = vec![0.0; ((end - start) / step).floor().max(1.0) as usize];
        for r in of {
            if let Some(bin) = bins.get_mut(((r.at - start) / step) as usize) {
                *bin += 1.0;
            }
        }
        bins
    };
    let (usual, now) = (counts(&before, 0.0, from), counts(&inside, from, to));
    let (mean, sd) = moments(&usual);
    let z = (moments(&now).0 - mean) / sd.max(mean.sqrt()).max(1.0);
    let mut busiest: BTreeMap<(&str, u64), f64> = BTreeMap::new();
    for r in &inside {
        *busiest.entry((address(r), (r.at / 60.0) as u64)).or_default() += 1.0;
    }
    let busiest = busiest.values().copied().fold(0.0, f64::max);
    let distinct = |of: &[&Request], lasts: f64| of.iter().map(|r| address(r)).collect::<BTreeSet<_>>().len() as f64 / lasts;
    let addresses = distinct(&inside, to - from) / distinct(&before, from).max(1e-9);
    let entropy = normal_entropy(inside.iter().map(|r| address(r))) - normal_entropy(before.iter().map(|r| address(r)));
    let known: BTreeSet<&str> = before.iter().map(|r| network(address(r))).collect();
    let strange = inside.iter().filter(|r| !known.contains(network(address(r)))).count() as f64 / inside.len().max(1) as f64;
    let alike = alike(&inside, from, step, now.len(), &|r| network(address(r)));
    [z, busiest, addresses, entropy, strange, alike[0], alike[1], alike[2], alike[3]]
}

/// The address's network: /24, or /48.
fn network(address: &str) -> &str {
    let parts = if address.contains(':') { address.match_indices(':').nth(2) } else { address.rmatch_indices('.').next() };
    parts.map_or(address, |(at, _)| &address[..at])
}

fn moments(xs: &[f64]) -> (f64, f64) {
    let n = xs.len().max(1) as f64;
    let mean = xs.iter().sum::<f64>() / n;
    (mean, (xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt())
}

/// Shannon's entropy over its largest value, 0 to 1.
fn normal_entropy<'a>(of: impl Iterator<Item = &'a str>) -> f64 {
    let mut counts: BTreeMap<&str, f64> = BTreeMap::new();
    of.for_each(|x| *counts.entry(x).or_default() += 1.0);
    let n: f64 = counts.values().sum();
    if counts.len() < 2 {
        return 0.0;
    }
    -counts.values().map(|c| c / n * (c / n).ln()).sum::<f64>() / (counts.len() as f64).ln()
}

/// Share of the pairs of the busiest networks whose flows correlate beyond each of [`ALIKE`], at the
/// lag where they do most. The formula divides by the flows' sizes and takes no mean out.
fn alike<'a>(inside: &[&'a Request], from: f64, step: f64, bins: usize, network: &dyn Fn(&'a Request) -> &'a str) -> [f64; 4] {
    let mut flows: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for r in inside {
        let flow = flows.entry(network(r)).or_insert_with(|| vec![0.0; bins]);
        if let Some(bin) = flow.get_mut(((r.at - from) / step) as usize) {
            *bin += 1.0;
        }
    }
    let mut flows: Vec<Vec<f64>> = flows.into_values().collect();
    flows.sort_by(|a, b| b.iter().sum::<f64>().total_cmp(&a.iter().sum()));
    flows.truncate(SOURCES);
    let (mut pairs, mut over) = (0.0, [0.0; 4]);
    for (i, x) in flows.iter().enumerate() {
        for y in &flows[..i] {
            let size = (x.iter().map(|v| v * v).sum::<f64>() * y.iter().map(|v| v * v).sum::<f64>()).sqrt();
            let at_lag = |k: usize| x.iter().zip(&y[k..]).map(|(a, b)| a * b).sum::<f64>() / size.max(1e-9);
            let most = (0..LAG.min(bins)).map(at_lag).fold(0.0, f64::max);
            pairs += 1.0;
            for (o, limit) in over.iter_mut().zip(ALIKE) {
                *o += f64::from(u8::from(most >= limit));
            }
        }
    }
    over.map(|o| if pairs > 0.0 { o / pairs } else { 0.0 })
}

/// A threshold: "attack" where the number lies on that side of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Threshold {
    pub(crate) at: f64,
    pub(crate) above: bool,
    /// Mean of the shares of attacks that are called so and of others that are not.
    pub(crate) balanced: f64,
}

impl Threshold {
    pub(crate) fn calls(self, number: f64) -> bool {
        (number > self.at) == self.above
    }

    /// The one with the best balanced accuracy, on either side.
    pub(crate) fn best(of: &[(f64, bool)]) -> Threshold {
        let mut numbers: Vec<f64> = of.iter().map(|o| o.0).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        let share = |t: Threshold, of_class: bool| {
            let class: Vec<bool> = of.iter().filter(|o| o.1 == of_class).map(|o| t.calls(o.0) == of_class).collect();
            class.iter().filter(|&&right| right).count() as f64 / class.len().max(1) as f64
        };
        let mut best = Threshold { at: f64::INFINITY, above: true, balanced: 0.5 };
        for pair in numbers.windows(2) {
            for above in [true, false] {
                let mut t = Threshold { at: 0.5 * (pair[0] + pair[1]), above, balanced: 0.0 };
                t.balanced = 0.5 * (share(t, true) + share(t, false));
                if t.balanced > best.balanced {
                    best = t;
                }
            }
        }
        best
    }
}

#[test]
fn a_threshold_is_the_best_of_its_numbers_on_the_right_side() {
    let of = [(1.0, true), (2.0, true), (3.0, false), (4.0, true), (5.0, false), (6.0, false)];
    let t = Threshold::best(&of);
    assert!(!t.above && (t.at == 2.5 || t.at == 4.5) && (t.balanced - 5.0 / 6.0).abs() < 1e-9, "{t:?}");
    assert!(t.calls(0.0) && !t.calls(9.0));
}

#[test]
fn networks_are_cut_from_addresses() {
    assert_eq!(network("198.18.3.77"), "198.18.3");
    assert_eq!(network("2001:db8:4e26:3::91"), "2001:db8:4e26");
}

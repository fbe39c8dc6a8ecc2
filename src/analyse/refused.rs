//! Question: what was refused (4xx) to its visitors that ordinarily is answered well?
//! Method: of the resources of each host that gave hardly any refusals outside such stretches, refusals among good and
//! refused answers are searched as failures are: by resource, and together by site, host, POP, backend and instance.
//! Assumes: a refusal is the client's mistake unless hardly anybody ever made it and then a fifth of all did; whether
//! these were many clients is asked later, as of every failure (`few`).
//! Reference: as `detect`.

use super::detect::{ATTRIBUTES, Candidate, Run, elevated, healthy, most_bad, sum, width};
use crate::event::Tier;
use crate::stats::segment::{Count, dispersion, stretches};
use crate::survey::{Cell, Cube};
use crate::time::Span;
use std::collections::BTreeMap;

/// A resource ordinarily answers if refusals are rarer than this outside the stretches ...
const BEFORE_MAX: f64 = 0.01;

/// ... on at least so many answers: of a hundred one.
const BASE_MIN: u64 = 100;

/// Refusals count from this rise on: a fifth of the visitors.
const RISE_MIN: f64 = 0.2;

/// Fewest answers in the stretch for a resource to have been a part of what was refused.
const ANSWERS_MIN: u64 = 5;

/// Host and resource.
type Key<'c> = (&'c str, &'c str);

/// Counts by host and resource.
type ByResource<'c> = BTreeMap<Key<'c>, Vec<Count>>;

/// Stretches in which what is ordinarily answered was refused.
pub(super) fn refused(cube: &Cube, tier: Tier, alarms: f64) -> Vec<Candidate> {
    let range = cube.bins();
    let width = width(cube);
    let bins = (range.end - range.start).div_ceil(width) as usize;
    let place = |bin: u32| ((bin - range.start) / width) as usize;
    let ours = || cube.cells.iter().filter(|(s, ..)| cube.series[*s as usize].tier == tier);
    let mut by_resource: ByResource<'_> = BTreeMap::new();
    for (s, bin, cell) in ours() {
        let of = &cube.series[*s as usize];
        let counts = by_resource.entry((&of.host, &of.name)).or_insert_with(|| vec![Count::default(); bins]);
        add(&mut counts[place(*bin)], cell);
    }
    // What is refused to somebody all the time says nothing when it is refused to more.
    let (mut own, mut usual): (Vec<(Key<'_>, Run)>, Vec<Key<'_>>) = (Vec::new(), Vec::new());
    for (&key, counts) in &by_resource {
        let runs = rises(counts, alarms);
        let inside = runs.iter().fold(Count::default(), |s, r| Count { bad: s.bad + r.2.bad, n: s.n + r.2.n });
        let all = sum(counts);
        let (bad, n) = (all.bad - inside.bad, all.n - inside.n);
        if n >= BASE_MIN && bad as f64 <= BEFORE_MAX * n as f64 {
            usual.push(key);
            own.extend(runs.into_iter().map(|r| (key, r)));
        }
    }
    let mut found = Vec::new();
    let mut tell = |attribute: &'static str, value: &str, host: &str, run: Run, gone: Vec<(String, String)>| {
        let at = |i: usize| cube.step.start(i64::from(range.start + (i as u32) * width));
        found.push(Candidate {
            attribute,
            value: value.to_owned(),
            span: Span::new(at(run.0), at(run.1)),
            requests: run.2.n,
            bad: run.2.bad,
            score: run.3,
            refused: true,
            host: host.to_owned(),
            gone,
        });
    };
    for (key, run) in own {
        tell("resource", key.1, key.0, run, vec![(key.0.to_owned(), key.1.to_owned())]);
    }
    for (attribute, key) in ATTRIBUTES.iter().filter(|a| a.0 != "resource") {
        let mut series: BTreeMap<&str, Vec<Count>> = BTreeMap::new();
        for (s, bin, cell) in ours() {
            let of = &cube.series[*s as usize];
            if usual.binary_search(&(of.host.as_str(), of.name.as_str())).is_ok() && !key(of).is_empty() {
                let counts = series.entry(key(of)).or_insert_with(|| vec![Count::default(); bins]);
                add(&mut counts[place(*bin)], cell);
            }
        }
        if *attribute != "site" && series.len() < 2 {
            continue;
        }
        for (value, counts) in most_bad(series) {
            for run in rises(&counts, alarms) {
                let mut inside: BTreeMap<(&str, &str), Count> = BTreeMap::new();
                for (s, bin, cell) in ours() {
                    let of = &cube.series[*s as usize];
                    if (run.0..run.1).contains(&place(*bin)) && key(of) == value {
                        add(inside.entry((&of.host, &of.name)).or_default(), cell);
                    }
                }
                let part = |(k, c): &(&(&str, &str), &Count)| {
                    c.n >= ANSWERS_MIN && c.bad as f64 >= RISE_MIN * c.n as f64 && usual.binary_search(k).is_ok()
                };
                let gone: Vec<(String, String)> =
                    inside.iter().filter(part).map(|(k, _)| (k.0.to_owned(), k.1.to_owned())).collect();
                if !gone.is_empty() {
                    tell(attribute, if *attribute == "site" { "" } else { value }, "", run, gone);
                }
            }
        }
    }
    found
}

/// Stretches in which refusals rose by [`RISE_MIN`] or more.
fn rises(counts: &[Count], alarms: f64) -> Vec<Run> {
    let all = sum(counts);
    if all.bad < 3 || all.n < BASE_MIN {
        return Vec::new();
    }
    let phi = dispersion(counts);
    let cuts = stretches(counts, phi);
    let healthy = healthy(&cuts, counts);
    let before = healthy.bad as f64 / healthy.n.max(1) as f64;
    if before > BEFORE_MAX || healthy.n == 0 {
        return Vec::new();
    }
    let mut runs = elevated(&cuts, counts, healthy, (BEFORE_MAX, phi), alarms);
    runs.retain(|r| r.2.n > 0 && r.2.bad as f64 / r.2.n as f64 - before >= RISE_MIN);
    runs
}

fn add(count: &mut Count, cell: &Cell) {
    // Failures say nothing of whether the thing was there to be had.
    let answered = cell.valid() - cell.bad() + cell.excluded();
    (count.bad, count.n) = (count.bad + cell.excluded(), count.n + answered);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bins(plan: &[(usize, u64, u64)]) -> Vec<Count> {
        plan.iter().flat_map(|&(bins, bad, n)| std::iter::repeat_n(Count { bad, n }, bins)).collect()
    }

    #[test]
    fn what_is_refused_now_and_then_to_a_few_is_no_stretch() {
        let found = |plan: &[(usize, u64, u64)]| rises(&bins(plan), 0.01).iter().map(|r| (r.0, r.1)).collect::<Vec<_>>();
        assert_eq!(found(&[(50, 0, 20), (10, 18, 20), (40, 0, 20)]), [(50, 60)]);
        assert!(found(&[(50, 0, 20), (10, 2, 20), (40, 0, 20)]).is_empty(), "a tenth of them");
        assert!(found(&[(50, 4, 20), (10, 18, 20), (40, 4, 20)]).is_empty(), "always to some");
    }
}

//! Question: what stopped being asked for although everything else went on?
//! Method: for the busiest resources, hosts and POPs of the outermost tier, the same search for
//! unexpected silences as for whole logs; told where the rest of the tier carried at least half of its
//! usual traffic meanwhile and no log's own gap covers it.
//! Assumes: nothing of why: a thing that nobody can reach and a thing that nobody wants look the same
//! in the logs of the servers.
//! Reference: negative-binomial silence: `docs/methods.md`, Gaps.

use super::gaps::{EXPECTED_MIN, Grid, Group, Silence, unexpected};
use super::leaves::several_hosts;
use super::trace::{Trace, around, forecast};
use crate::case::gaps::{Class, Quiet};
use crate::event::Tier;
use crate::survey::Cube;
use crate::words::percent;
use std::collections::BTreeMap;

/// Values looked at of each attribute: those with most requests.
pub const THINGS_MAX: usize = 60;

/// Silences told: those that were the largest part of the traffic.
pub const TOLD_MAX: usize = 12;

/// Share of all expected requests from which on a thing's silence leaves the verdict open: the same
/// tenth from which on a segment counts for the scope.
pub const MAJOR: f64 = 0.1;

/// Chance of no request at all below which a silence that lasts to the end of the logs is unexpected.
const CHANCE_MAX: f64 = 1e-6;

/// What is looked at: attribute, and how a series' value is read.
type Attribute = (&'static str, fn(&crate::survey::Series) -> String);

/// What stopped being asked for, largest share first.
#[must_use]
pub fn quiet(cube: &Cube, tier: Tier, groups: &[Group], silent: &[Silence]) -> Vec<Quiet> {
    let grid = Grid::of(cube);
    let place = |bin: u32| (bin.saturating_sub(grid.start) / grid.width) as usize;
    let ours = || cube.cells.iter().filter(|(s, _, _)| cube.series[*s as usize].tier == tier);
    let site = Trace::of(ours().map(|(_, b, c)| (place(*b), c.total())));
    let hosts = totals(cube, tier, |s| s.host.clone());
    let several = several_hosts(hosts.values().copied());
    let attributes: [Attribute; 3] = [
        ("host", |s| s.host.clone()),
        ("pop", |s| s.pop.clone()),
        ("resource", if several { |s| format!("{}{}", s.host, s.name) } else { |s| s.name.clone() }),
    ];
    let logs: Vec<_> = silent.iter().filter(|s| groups[s.group].tier == tier).map(|s| s.span).collect();
    let mut found: Vec<Quiet> = Vec::new();
    for (attribute, value) in attributes {
        let mut things: Vec<(String, u64)> = totals(cube, tier, value).into_iter().filter(|t| !t.0.is_empty()).collect();
        if things.len() < 2 {
            continue;
        }
        things.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        things.truncate(THINGS_MAX);
        for (name, trace) in traces(cube, tier, value, &things, &place) {
            for (from, to) in silences(&trace, &grid) {
                let span = grid.span(cube, from, to);
                let half = |s: &crate::time::Span| s.intersect(span).is_some_and(|i| i.secs() >= 0.5 * span.secs());
                let told = |q: &Quiet| {
                    q.attribute == "host"
                        && attribute == "resource"
                        && half(&crate::time::Span::new(q.from, q.to))
                        && name.starts_with(&q.value)
                };
                if logs.iter().any(half) || found.iter().any(told) || !rest_went_on(&site, &trace, from, to) {
                    continue;
                }
                let hits = |a: usize, b: usize| from < b && a < to;
                let Some(e) = trace.expected(grid.m, (from, to), grid.day, &hits) else { continue };
                let share = e.mean / (e.mean + site.sum(from, to) as f64);
                let means = format!(
                    "It was asked for before{}, and {} of all requests of that time were to be expected for it; everything else was asked for as usual. \
                     These logs cannot tell whether it was down, could not be reached, or was not asked for.",
                    if to < grid.m { " and after" } else { "" },
                    percent(share)
                );
                found.push(Quiet {
                    attribute: attribute.into(),
                    value: name.clone(),
                    from: span.from,
                    to: span.to,
                    expected: forecast(&e),
                    share,
                    class: Class::CannotTell,
                    means,
                });
            }
        }
    }
    found.sort_by(|a, b| {
        b.share.total_cmp(&a.share).then_with(|| (&a.attribute, &a.value, a.from).cmp(&(&b.attribute, &b.value, b.from)))
    });
    found.truncate(TOLD_MAX);
    found
}

/// Requests by value.
fn totals(cube: &Cube, tier: Tier, value: fn(&crate::survey::Series) -> String) -> BTreeMap<String, u64> {
    let mut per_series = vec![0u64; cube.series.len()];
    for (s, _, c) in &cube.cells {
        per_series[*s as usize] += c.total();
    }
    let mut out = BTreeMap::new();
    for (series, n) in cube.series.iter().zip(per_series).filter(|(s, _)| s.tier == tier) {
        *out.entry(value(series)).or_default() += n;
    }
    out
}

/// The counts of the values listed, in one walk over the cube.
fn traces(
    cube: &Cube,
    tier: Tier,
    value: fn(&crate::survey::Series) -> String,
    things: &[(String, u64)],
    place: &dyn Fn(u32) -> usize,
) -> Vec<(String, Trace)> {
    let number: BTreeMap<&str, usize> = things.iter().enumerate().map(|(i, t)| (t.0.as_str(), i)).collect();
    let of: Vec<Option<usize>> =
        cube.series.iter().map(|s| number.get(value(s).as_str()).copied().filter(|_| s.tier == tier)).collect();
    let mut counts: Vec<Vec<(usize, u64)>> = vec![Vec::new(); things.len()];
    for (s, bin, cell) in &cube.cells {
        if let Some(i) = of[*s as usize] {
            counts[i].push((place(*bin), cell.total()));
        }
    }
    things.iter().zip(counts).map(|(t, c)| (t.0.clone(), Trace::of(c.into_iter()))).collect()
}

/// The unexpected silences of one thing: between its requests; or to the end of the logs, of what was
/// there from their beginning and stopped at once.
fn silences(trace: &Trace, grid: &Grid) -> Vec<(usize, usize)> {
    let m = grid.m;
    let fits = |&(from, to, _): &(usize, usize, u64)| {
        if from < trace.first {
            return false;
        }
        if to < m {
            return true;
        }
        // What ends by itself fades, as an audience that goes home; and what came late was an event.
        let last = (trace.len() / 8).max(1);
        let abrupt = trace.sum(trace.end() - last, trace.end()) * 2 * trace.len() as u64 >= trace.total() * last as u64;
        let expected = trace.expected(m, (from, to), grid.day, &|_, _| false);
        let unlikely = expected.is_some_and(|e| e.mean >= EXPECTED_MIN as f64 && e.none() < CHANCE_MAX);
        (to - from) * 10 >= m && trace.first * 20 <= m && abrupt && unlikely
    };
    unexpected(trace, m, grid.day).iter().filter(|r| fits(r)).map(|r| (r.0, r.1)).collect()
}

/// Whether everything else went on at half its usual rate or more.
fn rest_went_on(site: &Trace, thing: &Trace, from: usize, to: usize) -> bool {
    let rest = |a: usize, b: usize| (site.sum(a, b) - thing.sum(a, b).min(site.sum(a, b))) as f64;
    let usual = around(site.first, site.end(), (from, to), rest).map_or(0.0, |v| v.0);
    rest(from, to) >= 0.5 * usual && rest(from, to) >= EXPECTED_MIN as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bins: &[u64]) -> Vec<(usize, usize)> {
        let grid = Grid { start: 0, width: 1, m: bins.len(), day: None };
        silences(&Trace::of(bins.iter().copied().enumerate()), &grid)
    }

    #[test]
    fn a_thing_that_vanishes_is_quiet_and_one_that_comes_late_or_fades_is_not() {
        let of = |rate: &dyn Fn(usize) -> u64| found(&(0..200).map(rate).collect::<Vec<_>>());
        assert_eq!(of(&|i| if (80..110).contains(&i) { 0 } else { 5 }), [(80, 110)]);
        assert_eq!(of(&|i| if i < 150 { 5 } else { 0 }), [(150, 200)]);
        assert!(of(&|i| if i < 100 { 0 } else { 5 }).is_empty(), "it came late");
        assert!(of(&|i| if (60..150).contains(&i) { 5 } else { 0 }).is_empty(), "an event");
        assert!(of(&|i| if i < 150 { (150 - i as u64) / 10 } else { 0 }).is_empty(), "it faded");
    }

    #[test]
    fn where_the_rest_stopped_too_it_is_no_silence_of_one_thing() {
        let of = |rate: &dyn Fn(usize) -> u64| Trace::of((0..100).map(|i| (i, rate(i))).collect::<Vec<_>>().into_iter());
        let thing = of(&|i| if (40..60).contains(&i) { 0 } else { 5 });
        assert!(rest_went_on(&of(&|i| if (40..60).contains(&i) { 20 } else { 25 }), &thing, 40, 60));
        assert!(!rest_went_on(&of(&|i| if (40..60).contains(&i) { 4 } else { 25 }), &thing, 40, 60));
    }
}

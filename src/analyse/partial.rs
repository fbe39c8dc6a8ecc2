//! Question: did a log lose a part of its lines, without falling silent?
//! Method: the ratio between what a tier answered from behind and what the next tier in logged, in
//! blocks of time. Where it leaves its median by a quarter and more for two blocks in a row while
//! nothing failed, the log that holds less than it used to has lost the difference.
//! Assumes: the ratio is otherwise constant to within its scatter (median absolute deviation).
//! Reference: conservation between tiers: `docs/methods.md`, Gaps. Hampel, JASA 69 (1974) 383-393, for
//! the median absolute deviation.

use super::conserve::{Flows, Level};
use super::gaps::{Grid, Group, Silence};
use crate::case::gaps::{Class, Forecast};
use crate::event::Tier;
use crate::survey::Cube;

/// Requests answered from behind that a block holds on average: its ratio is then known to some 10 %.
const BLOCK_SERVED: u64 = 200;

/// Fewest blocks for a median and a scatter.
const BLOCKS_MIN: usize = 8;

/// Most lost parts told for a pair of tiers.
const TOLD_MAX: usize = 8;

/// From this part of its median on, the ratio has changed: a quarter less, or a third more.
const CHANGED: f64 = 0.75;

/// How many times the scatter it must have changed by. Two blocks in a row by chance: one in 10^8.
const SCATTER: f64 = 4.0;

/// Failures, of what was answered from behind, up to which a change of the ratio is no matter of
/// failures: requests that fail may or may not reach the next tier.
const FAILED_MAX: f64 = 0.05;

/// One block of time.
struct Block {
    from: usize,
    to: usize,
    /// Ratio over its median, where the block can tell.
    off: Option<(f64, f64)>,
}

/// Adds the partial losses of lines to the silences found.
pub(super) fn partial(cube: &Cube, groups: &[Group], flows: &Flows, grid: &Grid, found: &mut Vec<Silence>) {
    let tiers: Vec<Tier> = flows.levels.keys().copied().collect();
    let mut more = Vec::new();
    for pair in tiers.windows(2) {
        let (Some(outer), Some(inner)) = (flows.levels.get(&pair[0]), flows.levels.get(&pair[1])) else { continue };
        let silent = |from: usize, to: usize| {
            let at = grid.span(cube, from, to);
            found.iter().any(|s| (groups[s.group].tier == pair[0] || groups[s.group].tier == pair[1]) && s.span.overlaps(at))
        };
        let blocks = blocks(outer, inner, &silent);
        for (from, to, fewer_inside) in changed(&blocks).into_iter().take(TOLD_MAX) {
            let (less, more_of, tier) = if fewer_inside { (inner, outer, pair[1]) } else { (outer, inner, pair[0]) };
            let served = if fewer_inside {
                Some(true)
            } else {
                flows.stayed_healthy(inner, (inner.flow.events.first, inner.flow.events.end()), from, to)
            };
            // How much was asked at that time, by the tier that lost nothing.
            let level =
                |l: &Level| if std::ptr::eq(l, outer) { l.flow.served.sum(from, to) } else { l.flow.events.sum(from, to) } as f64;
            let usual = |l: &Level, bins: f64| {
                let t = if std::ptr::eq(l, outer) { &l.flow.served } else { &l.flow.events };
                let (inside, around) = (t.sum(from, to), t.total());
                (around - inside) as f64 * bins / (t.len().saturating_sub(to - from)).max(1) as f64
            };
            let bins = (to - from) as f64;
            let factor = level(more_of) / usual(more_of, bins).max(1.0);
            let of = |g: usize| {
                let t = &flows.logs[g].events;
                let (inside, around) = (t.sum(from, to) as f64, (t.total() - t.sum(from, to)) as f64);
                let wanted = around * bins / t.len().saturating_sub(to - from).max(1) as f64 * factor;
                (wanted, 1.0 - inside / wanted.max(1.0))
            };
            // A level that held less by its own record, not because it was asked less.
            if level(less) > 0.9 * usual(less, bins) * factor {
                continue;
            }
            for (group, (wanted, share)) in (0..groups.len()).filter(|&g| groups[g].tier == tier).map(|g| (g, of(g))) {
                if share < 1.0 - CHANGED || wanted * share < super::gaps::EXPECTED_MIN as f64 {
                    continue;
                }
                let (near, far) = if fewer_inside {
                    (pair[0], "further out, was answered from behind")
                } else {
                    (pair[1], "further in, logged")
                };
                let says = format!(
                    "Only a part of its lines is there: the {} tier, {far} as many requests as before, and nothing failed for it.",
                    near.name()
                );
                let spread = 2.0 * wanted.sqrt();
                more.push(Silence {
                    group,
                    span: grid.span(cube, from, to),
                    expected_at_least: (wanted - spread).max(0.0) as u64,
                    expected: Some(Forecast { value: wanted, low: (wanted - spread).max(0.0), high: wanted + spread }),
                    class: Class::LogLost,
                    says: vec![says],
                    served,
                    at_edge: false,
                    share,
                });
            }
        }
    }
    found.extend(joined(more));
}

/// Losses of one log that overlap or lie closer together than they are long, as one: the ratios to the
/// tiers on both sides may show the same loss, and blocks between may miss it.
fn joined(mut found: Vec<Silence>) -> Vec<Silence> {
    found.sort_by_key(|s| (s.group, s.span));
    let mut out: Vec<Silence> = Vec::new();
    for s in found {
        match out.last_mut() {
            Some(o)
                if o.group == s.group
                    && s.span.from.0 - o.span.to.0 <= (o.span.to.0 - o.span.from.0).max(s.span.to.0 - s.span.from.0) =>
            {
                let longer = s.span.secs() / o.span.secs().max(1e-6);
                let hull = o.span.hull(s.span);
                o.expected = o.expected.map(|f| {
                    let times = hull.secs() / o.span.secs().max(1e-6);
                    Forecast { value: f.value * times, low: f.low * times, high: f.high * times }
                });
                o.expected_at_least = o.expected.map_or(o.expected_at_least, |f| f.low as u64);
                o.share = (o.share + s.share * longer) / (1.0 + longer);
                o.span = hull;
                o.served = if o.served == s.served {
                    o.served
                } else {
                    o.served.or(s.served).filter(|_| o.served != Some(false) && s.served != Some(false))
                };
            }
            _ => out.push(s),
        }
    }
    out
}

/// Blocks of the time that both tiers cover, each with how far its ratio is off the median, as a factor
/// and in scatters.
fn blocks(outer: &Level, inner: &Level, silent: &dyn Fn(usize, usize) -> bool) -> Vec<Block> {
    let (low, high) =
        (outer.flow.events.first.max(inner.flow.events.first), outer.flow.events.end().min(inner.flow.events.end()));
    let served = outer.flow.served.sum(low, high);
    if high <= low || served < BLOCK_SERVED * BLOCKS_MIN as u64 {
        return Vec::new();
    }
    let width = (((high - low) as u64 * BLOCK_SERVED).div_ceil(served) as usize).max(1);
    let count = |from: usize, to: usize| {
        let f = &outer.flow;
        (f.served.sum(from, to) as f64, f.failed.sum(from, to) as f64, inner.flow.events.sum(from, to) as f64)
    };
    let places: Vec<(usize, usize)> = (0..(high - low) / width).map(|i| (low + i * width, low + (i + 1) * width)).collect();
    let usable = |&(from, to): &(usize, usize)| {
        let (s, f, y) = count(from, to);
        (s >= 10.0 && y >= 10.0 && f <= FAILED_MAX * s && !silent(from, to)).then_some((s, y))
    };
    let told: Vec<Option<(f64, f64)>> = places.iter().map(usable).collect();
    let ratios: Vec<f64> = told.iter().flatten().map(|(s, y)| y / s).collect();
    if ratios.len() < BLOCKS_MIN {
        return Vec::new();
    }
    let middle = median(ratios.clone());
    // 1.4826: the standard deviation of a normal distribution over its median absolute deviation.
    let scatter = 1.4826 * median(ratios.iter().map(|r| (r / middle - 1.0).abs()).collect());
    let off = |(s, y): (f64, f64)| {
        let factor = y / s / middle;
        (factor, (factor - 1.0).abs() / scatter.max((1.0 / s + 1.0 / (middle * s)).sqrt()))
    };
    places.into_iter().zip(told).map(|((from, to), t)| Block { from, to, off: t.map(off) }).collect()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Runs of two and more blocks off the median to the same side: (from, to, fewer further in).
fn changed(blocks: &[Block]) -> Vec<(usize, usize, bool)> {
    let side = |b: &Block| match b.off {
        Some((factor, z)) if z >= SCATTER && factor <= CHANGED => Some(true),
        Some((factor, z)) if z >= SCATTER && factor >= 1.0 / CHANGED => Some(false),
        _ => None,
    };
    let runs = blocks.chunk_by(|a, b| side(a) == side(b));
    runs.filter(|r| r.len() >= 2).filter_map(|r| Some((r.first()?.from, r.last()?.to, side(r.first()?)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(ratio: &dyn Fn(usize) -> f64, failed: &dyn Fn(usize) -> u64) -> Vec<(usize, usize, bool)> {
        let level = |of: &dyn Fn(usize) -> (u64, u64, u64)| Level::made(100, of);
        let wobble = |i: usize| 100 + (i as u64 * 7) % 11;
        let outer = level(&|i| (wobble(i), wobble(i), failed(i)));
        let inner = level(&|i| ((wobble(i) as f64 * ratio(i)) as u64, 0, 0));
        changed(&blocks(&outer, &inner, &|_, _| false))
    }

    #[test]
    fn half_of_the_lines_gone_for_a_while_show_on_either_side() {
        let none = |_: usize| 0;
        assert!(found(&|_| 1.0, &none).is_empty());
        assert_eq!(found(&|i| if (40..60).contains(&i) { 0.5 } else { 1.0 }, &none), [(40, 60, true)]);
        assert_eq!(found(&|i| if (40..60).contains(&i) { 2.0 } else { 1.0 }, &none), [(40, 60, false)]);
        // One block alone is chance, a little less is nothing, and where requests fail nothing is said.
        assert!(found(&|i| if i == 40 { 0.5 } else { 1.0 }, &none).is_empty());
        assert!(found(&|i| if (40..60).contains(&i) { 0.85 } else { 1.0 }, &none).is_empty());
        assert!(
            found(&|i| if (40..60).contains(&i) { 0.5 } else { 1.0 }, &|i| if (40..60).contains(&i) { 50 } else { 0 }).is_empty()
        );
    }

    #[test]
    fn a_ratio_that_always_wobbles_says_nothing() {
        assert!(found(&|i| [0.5, 1.0, 1.6, 0.8, 1.2, 0.6, 1.9][(i / 3) % 7], &|_| 0).is_empty());
    }
}

//! Cuts a series of binomial counts into stretches of constant rate.

/// One bin: `bad` of `n`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Bad ones.
    pub bad: u64,
    /// All.
    pub n: u64,
}

impl std::iter::Sum for Count {
    fn sum<I: Iterator<Item = Count>>(counts: I) -> Count {
        counts.fold(Count::default(), |s, c| Count { bad: s.bad + c.bad, n: s.n + c.n })
    }
}

impl<'a> std::iter::Sum<&'a Count> for Count {
    fn sum<I: Iterator<Item = &'a Count>>(counts: I) -> Count {
        counts.copied().sum()
    }
}

/// One stretch of constant rate: bins `from..to`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// First bin.
    pub from: usize,
    /// One past the last bin.
    pub to: usize,
    /// Bad ones in it.
    pub bad: u64,
    /// All in it.
    pub n: u64,
}

impl Stretch {
    /// Its rate; 0 for an empty stretch.
    #[must_use]
    pub fn rate(&self) -> f64 {
        if self.n == 0 { 0.0 } else { self.bad as f64 / self.n as f64 }
    }
}

/// Failures, by the binomial variance at the series' own rate, that a block of bins must let expect
/// for a difference of two to be worth something (Cochran, Biometrics 10, 1954, asks for one to five).
const EXPECTED_MIN: f64 = 3.0;

/// Neighbouring bins together until they let expect [`EXPECTED_MIN`] failures. Bins with one request
/// each are either all bad or all good, and a pair that differs at all would look like dispersion.
fn blocks(counts: &[Count]) -> Vec<Count> {
    let (bad, n) = counts.iter().fold((0, 0), |s, c| (s.0 + c.bad, s.1 + c.n));
    let rate = bad as f64 / n.max(1) as f64;
    let mut out = vec![Count::default()];
    for c in counts {
        if let Some(last) = out.last_mut() {
            *last = Count { bad: last.bad + c.bad, n: last.n + c.n };
            if last.n as f64 * rate * (1.0 - rate) >= EXPECTED_MIN {
                out.push(Count::default());
            }
        }
    }
    // The last one is not full.
    out.pop();
    out
}

/// Over-dispersion of the counts: how much more neighbours differ than binomial chance lets them.
/// Neighbours, so that steps do not count. Taken from single bins and from blocks that let expect
/// three failures; the smaller is used where both can be told, for each is too large where the other
/// is not: bins of one request that differ at all look like clumps, and blocks as long as the bouts
/// of a failure that comes and goes differ because of it. At least 1.
#[must_use]
pub fn dispersion(counts: &[Count]) -> f64 {
    let bins: Vec<Count> = counts.iter().copied().filter(|c| c.n > 0).collect();
    // Single bins that are all good, or all bad, side by side are most of a thin series and tell nothing.
    let differing = between(&bins, true);
    let blocks = between(&blocks(counts), false);
    // Where not even blocks can be told there are too few failures to be clumped.
    blocks.map_or(1.0, |b| differing.map_or(b, |a| a.min(b)))
}

/// Median of the squared standardised differences of neighbours over the median of chi-squared with one
/// degree (0.455): the median, so that a few jumps do not count. Fewer than eight pairs tell nothing.
fn between(counts: &[Count], only_differing: bool) -> Option<f64> {
    let square = |pair: &[Count]| {
        let (a, b) = (pair[0], pair[1]);
        let pooled = (a.bad + b.bad) as f64 / (a.n + b.n) as f64;
        let variance = pooled * (1.0 - pooled) * (1.0 / a.n as f64 + 1.0 / b.n as f64);
        let d = a.bad as f64 / a.n as f64 - b.bad as f64 / b.n as f64;
        if variance > 0.0 { Some(d * d / variance) } else { (!only_differing).then_some(0.0) }
    };
    let mut squares: Vec<f64> = counts.windows(2).filter_map(square).collect();
    if squares.len() < 8 {
        return None;
    }
    squares.sort_by(f64::total_cmp);
    Some((squares[squares.len() / 2] / 0.455).max(1.0))
}

/// Least number of triples of neighbouring blocks that tell the dispersion at one width: with fewer
/// its own chance error is larger than a factor of two.
const TRIPLES_MIN: usize = 8;

/// Least number of the rarer answers (bad or good) that tell the dispersion: one clump among fewer
/// would tell everything.
const RARE_MIN: u64 = 20;

/// Over-dispersion inside stretches of one state, given as `(from, to)` in bins: the variance of
/// second differences of neighbouring blocks over the binomial one, for blocks of 1, 2, 4, ... bins;
/// weighted by what each can tell; the largest. Wide blocks show what bins share with their neighbours (a bad minute); second
/// differences leave a steady drift of the rate out (Baugh, Proc. 25th Annual Frequency Control
/// Symposium, 1971). A width counts where there are at least eight of them. At least 1, and 1 where fewer
/// than twenty of the rarer answers could tell.
#[must_use]
pub fn dispersion_within(counts: &[Count], stretches: &[(usize, usize)]) -> f64 {
    let rare = |&(from, to): &(usize, usize)| {
        let all: Count = counts[from..to].iter().sum();
        all.bad.min(all.n - all.bad)
    };
    if stretches.iter().map(rare).sum::<u64>() < RARE_MIN {
        return 1.0;
    }
    let mut most = 1.0f64;
    let mut width = 1;
    loop {
        let (mut squares, mut weights, mut triples) = (0.0, 0.0, 0usize);
        for &(from, to) in stretches {
            let blocks: Vec<Count> =
                counts[from..to].chunks_exact(width).map(|c| c.iter().sum()).filter(|c: &Count| c.n > 0).collect();
            let all: Count = counts[from..to].iter().sum();
            let rate = all.bad as f64 / all.n.max(1) as f64;
            if rate <= 0.0 || rate >= 1.0 {
                continue;
            }
            for three in blocks.windows(3) {
                let [a, b, c] = [three[0], three[1], three[2]].map(|x| (x.bad as f64 / x.n as f64, 1.0 / x.n as f64));
                let d = a.0 - 2.0 * b.0 + c.0;
                let information = 1.0 / (a.1 + 4.0 * b.1 + c.1);
                squares += information * d * d * information / (rate * (1.0 - rate));
                weights += information;
                triples += 1;
            }
        }
        if triples >= TRIPLES_MIN {
            most = most.max(squares / weights);
        }
        width *= 2;
        if stretches.iter().all(|(from, to)| (to - from) / width < 3) {
            return most;
        }
    }
}

/// Optimal partitioning (Jackson et al., IEEE Signal Proc. Lett. 12, 2005) with PELT pruning
/// (Killick, Fearnhead and Eckley, JASA 107, 2012): the cut that minimises the binomial deviance,
/// divided by the dispersion, plus a penalty of `2 ln n` a cut (BIC: one rate and one place).
/// Bins without requests cost nothing and fall to a neighbour.
#[must_use]
pub fn stretches(counts: &[Count], dispersion: f64) -> Vec<Stretch> {
    let m = counts.len();
    let filled = counts.iter().filter(|c| c.n > 0).count();
    if filled == 0 {
        return Vec::new();
    }
    let penalty = 2.0 * (filled.max(2) as f64).ln();
    let mut sums = vec![(0u64, 0u64); m + 1];
    for (i, c) in counts.iter().enumerate() {
        sums[i + 1] = (sums[i].0 + c.bad, sums[i].1 + c.n);
    }
    let cost = |i: usize, j: usize| deviance(sums[j].0 - sums[i].0, sums[j].1 - sums[i].1) / dispersion;
    let mut best = vec![-penalty; m + 1];
    let mut previous = vec![0usize; m + 1];
    let mut candidates = vec![0usize];
    for j in 1..=m {
        let (mut lowest, mut at) = (f64::INFINITY, 0);
        let costs: Vec<f64> = candidates.iter().map(|&i| best[i] + cost(i, j)).collect();
        for (&i, &c) in candidates.iter().zip(&costs) {
            if c + penalty < lowest {
                (lowest, at) = (c + penalty, i);
            }
        }
        best[j] = lowest;
        previous[j] = at;
        let mut keep = costs.iter().map(|&c| c <= lowest);
        candidates.retain(|_| keep.next().unwrap_or(true));
        candidates.push(j);
    }
    let mut cuts = vec![m];
    while let Some(&last) = cuts.last()
        && last > 0
    {
        cuts.push(previous[last]);
    }
    cuts.reverse();
    cuts.windows(2)
        .map(|w| Stretch { from: w[0], to: w[1], bad: sums[w[1]].0 - sums[w[0]].0, n: sums[w[1]].1 - sums[w[0]].1 })
        .collect()
}

/// Minus twice the binomial log-likelihood at its own rate (without the constant).
fn deviance(bad: u64, n: u64) -> f64 {
    if bad == 0 || bad == n {
        return 0.0;
    }
    let (v, n) = (bad as f64, n as f64);
    -2.0 * (v * (v / n).ln() + (n - v) * ((n - v) / n).ln())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(plan: &[(usize, u64, u64)]) -> Vec<Count> {
        plan.iter().flat_map(|&(bins, bad, n)| std::iter::repeat_n(Count { bad, n }, bins)).collect()
    }

    #[test]
    fn one_outage_gives_three_stretches_at_its_edges() {
        let cuts = stretches(&series(&[(40, 0, 30), (20, 25, 30), (40, 0, 30)]), 1.0);
        assert_eq!(cuts.iter().map(|s| (s.from, s.to)).collect::<Vec<_>>(), [(0, 40), (40, 60), (60, 100)]);
    }

    #[test]
    fn a_constant_rate_is_one_stretch_and_empty_bins_do_not_cut() {
        let mut counts = series(&[(100, 1, 50)]);
        for i in (0..100).step_by(3) {
            counts[i] = Count::default();
        }
        assert_eq!(stretches(&counts, 1.0).len(), 1);
        assert!(stretches(&series(&[(10, 0, 0)]), 1.0).is_empty());
    }

    #[test]
    fn a_few_failures_in_thin_traffic_are_no_dispersion() {
        // One request a bin, thirteen of forty bad for a while: neighbours are either equal or opposite.
        let one = |bad: bool| Count { bad: u64::from(bad), n: 1 };
        let thin: Vec<Count> = (0..400).map(|i| one((200..240).contains(&i) && i % 3 == 0)).collect();
        assert_eq!(dispersion(&thin), 1.0);
        let more: Vec<Count> = (0..400).map(|i| one(i * 7919 % 1000 < 100)).collect();
        assert!(dispersion(&more) < 1.6, "{}", dispersion(&more));
    }

    #[test]
    fn clumpy_noise_is_recognised_as_dispersion() {
        let smooth = series(&[(50, 5, 100)]);
        assert!(dispersion(&smooth) < 1.01);
        let clumpy: Vec<Count> = (0..60).map(|i| Count { bad: if i % 2 == 0 { 0 } else { 20 }, n: 100 }).collect();
        assert!(dispersion(&clumpy) > 10.0);
    }

    #[test]
    fn what_neighbouring_bins_share_is_dispersion_and_a_drift_is_not() {
        // Groups of six bins at 30 % and 70 %, by turns: any two neighbours agree, most of the time.
        let shared: Vec<Count> = (0..240).map(|i| Count { bad: if i / 6 % 2 == 0 { 3 } else { 7 }, n: 10 }).collect();
        assert!(dispersion(&shared) < 1.5);
        assert!(dispersion_within(&shared, &[(0, 240)]) > 4.0);
        let drift: Vec<Count> = (0..240).map(|i| Count { bad: 20 + i / 4, n: 100 }).collect();
        assert!(dispersion_within(&drift, &[(0, 240)]) < 2.0);
        assert!(dispersion_within(&shared, &[(0, 4)]) < 1.0 + 1e-9);
    }

    #[test]
    fn oscillating_failures_are_cut_at_every_turn() {
        let plan: Vec<(usize, u64, u64)> = (0..8).map(|i| (10, if i % 2 == 0 { 0 } else { 40 }, 50)).collect();
        assert_eq!(stretches(&series(&plan), 1.0).len(), 8);
    }
}

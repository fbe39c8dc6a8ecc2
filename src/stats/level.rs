//! Cuts a series of counts, or of means, into stretches of one level.

/// Optimal partitioning (Jackson et al., IEEE Signal Proc. Lett. 12, 2005) of `m` bins with PELT pruning (Killick,
/// Fearnhead and Eckley, JASA 107, 2012) for any `cost(from, to)` that no cut makes larger: the borders, 0 and `m`
/// among them, ascending, that minimise the costs plus `penalty` a cut.
#[must_use]
pub fn cuts(m: usize, penalty: f64, cost: impl Fn(usize, usize) -> f64) -> Vec<usize> {
    let mut best = vec![-penalty; m + 1];
    let mut previous = vec![0usize; m + 1];
    let mut candidates = vec![0usize];
    for j in 1..=m {
        let costs: Vec<f64> = candidates.iter().map(|&i| best[i] + cost(i, j)).collect();
        let (mut lowest, mut at) = (f64::INFINITY, 0);
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
    let mut borders = vec![m];
    while let Some(&last) = borders.last()
        && last > 0
    {
        borders.push(previous[last]);
    }
    borders.reverse();
    borders
}

/// Borders of stretches of constant rate of Poisson counts whose variance is `phi` times their mean: the Poisson
/// deviance over `phi`, `2 ln n` a cut (BIC: one rate and one place).
#[must_use]
pub fn rate_cuts(counts: &[u64], phi: f64) -> Vec<usize> {
    let mut sums = vec![0u64; counts.len() + 1];
    for (i, n) in counts.iter().enumerate() {
        sums[i + 1] = sums[i] + n;
    }
    let cost = |i: usize, j: usize| {
        let (n, bins) = ((sums[j] - sums[i]) as f64, (j - i) as f64);
        if n == 0.0 { 0.0 } else { -2.0 * n * (n / bins).ln() / phi }
    };
    cuts(counts.len(), 2.0 * (counts.len().max(2) as f64).ln(), cost)
}

/// By how much neighbouring counts differ more than Poisson's chance lets them: the median squared standardised
/// difference over that of chi-squared with one degree (0.455), so that a few jumps do not count. At least 1; 1
/// where fewer than eight pairs can tell.
#[must_use]
pub fn count_dispersion(counts: &[u64]) -> f64 {
    let square = |pair: &[u64]| {
        let (a, b) = (pair[0] as f64, pair[1] as f64);
        (a + b > 0.0).then(|| (a - b).powi(2) / (a + b))
    };
    let mut squares: Vec<f64> = counts.windows(2).filter_map(square).collect();
    if squares.len() < 8 {
        return 1.0;
    }
    squares.sort_by(f64::total_cmp);
    (squares[squares.len() / 2] / 0.455).max(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_and_its_return_are_cut_where_they_are_and_noise_is_not() {
        let noise = [10, 12, 9, 11, 8, 10, 13, 9, 10, 11];
        let counts: Vec<u64> = (0..60).map(|i| if (20..30).contains(&i) { noise[i % 10] / 5 } else { noise[i % 10] }).collect();
        assert_eq!(rate_cuts(&counts, 1.0), [0, 20, 30, 60]);
        assert_eq!(rate_cuts(&noise, 1.0), [0, 10]);
        assert_eq!(rate_cuts(&[], 1.0), [0]);
    }

    #[test]
    fn counts_that_jump_are_dispersed_and_a_single_step_is_not() {
        let jumpy: Vec<u64> = (0..60).map(|i| if i % 2 == 0 { 5 } else { 25 }).collect();
        assert!(count_dispersion(&jumpy) > 10.0);
        let step: Vec<u64> = (0..60).map(|i| if i < 30 { 100 } else { 10 }).collect();
        assert!(count_dispersion(&step) < 1.0 + 1e-9);
    }
}

//! When did a rate change? The posterior of one change point.

use super::segment::Count;
use super::special::ln_beta;

/// Where the rate changed: bin borders, with the 95 % range of the posterior.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangePoint {
    /// Earliest border the data allow (2.5 % of the posterior lies before).
    pub low: usize,
    /// Most probable border: the new rate holds from this bin on.
    pub at: usize,
    /// Latest border the data allow.
    pub high: usize,
}

/// Posterior of the border at which the failing rate goes up (`upwards`) or down, for counts whose
/// dispersion is `dispersion`: Beta(1/2, 1/2) on both rates, every border equally probable
/// beforehand, counts divided by the dispersion (Fearnhead, Stat. Comput. 16, 2006). `None` for
/// fewer than two bins or without requests.
#[must_use]
pub fn change_point(counts: &[Count], dispersion: f64, upwards: bool) -> Option<ChangePoint> {
    let m = counts.len();
    let total = counts.iter().fold((0u64, 0u64), |s, c| (s.0 + c.bad, s.1 + c.n));
    if m < 2 || total.1 == 0 {
        return None;
    }
    let evidence = |bad: u64, n: u64| ln_beta(0.5 + bad as f64 / dispersion, 0.5 + (n - bad) as f64 / dispersion);
    let mut before = (0u64, 0u64);
    let mut weights = vec![f64::NEG_INFINITY; m];
    for border in 1..m {
        before = (before.0 + counts[border - 1].bad, before.1 + counts[border - 1].n);
        let after = (total.0 - before.0, total.1 - before.1);
        let rises = (after.0 as f64) * (before.1 as f64) >= (before.0 as f64) * (after.1 as f64);
        if rises == upwards && before.1 > 0 && after.1 > 0 {
            weights[border] = evidence(before.0, before.1) + evidence(after.0, after.1);
        }
    }
    let top = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return None;
    }
    let probabilities: Vec<f64> = weights.iter().map(|w| (w - top).exp()).collect();
    let sum: f64 = probabilities.iter().sum();
    let quantile = |q: f64| {
        let mut reached = 0.0;
        probabilities.iter().position(|p| {
            reached += p / sum;
            reached >= q
        })
    };
    // Bins without requests leave borders equally probable: take the first for a rise (the earliest
    // moment from which everything seen is of the new kind) and the first for a fall as well.
    let at = weights.iter().position(|&w| w >= top - 1e-9)?;
    Some(ChangePoint { low: quantile(0.025)?.min(at), at, high: quantile(0.975).unwrap_or(m - 1).max(at) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(plan: &[(usize, u64, u64)]) -> Vec<Count> {
        plan.iter().flat_map(|&(bins, bad, n)| std::iter::repeat_n(Count { bad, n }, bins)).collect()
    }

    #[test]
    fn a_sharp_step_is_dated_to_its_bin() {
        let up = change_point(&steps(&[(20, 0, 50), (20, 40, 50)]), 1.0, true).expect("there is a step");
        assert_eq!((up.low, up.at, up.high), (20, 20, 20));
        let down = change_point(&steps(&[(20, 40, 50), (20, 0, 50)]), 1.0, false).expect("there is a step");
        assert_eq!(down.at, 20);
    }

    #[test]
    fn few_requests_give_a_wide_range() {
        let thin = change_point(&steps(&[(30, 0, 1), (30, 1, 4)]), 1.0, true).expect("there is a step");
        assert!(thin.low <= 30 && thin.high >= 30 && thin.high - thin.low >= 3, "{thin:?}");
    }

    #[test]
    fn no_change_of_the_asked_direction_gives_none() {
        assert!(change_point(&steps(&[(20, 40, 50), (20, 0, 50)]), 1.0, true).is_none());
        assert!(change_point(&steps(&[(20, 0, 0)]), 1.0, true).is_none());
    }
}

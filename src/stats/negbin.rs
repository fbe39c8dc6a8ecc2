//! How many requests are to be expected, and how likely none at all is: negative-binomial counts,
//! told by their mean and variance.

/// What is expected of one count: mean, and variance of a new observation. The variance is never below
/// the mean (counts of independent requests, Poisson); what it is more is clustering.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// Mean, 0 or more.
    pub mean: f64,
    /// Variance of a new count about it, at least the mean.
    pub variance: f64,
}

impl Expected {
    /// From counts of stretches like the one in question: their mean, and their variance enlarged by
    /// (1 + 1/n) because the mean itself is estimated. `None` for fewer than two.
    #[must_use]
    pub fn of(counts: &[f64]) -> Option<Expected> {
        let n = counts.len() as f64;
        if n < 2.0 {
            return None;
        }
        let mean = counts.iter().sum::<f64>() / n;
        let variance = counts.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Some(Expected { mean, variance: variance.max(mean) * (1.0 + 1.0 / n) })
    }

    /// From the counts of `n` blocks of a length of which the stretch in question holds `times`: the
    /// blocks are taken as independent, the mean is estimated from all of them. `None` for fewer than
    /// two blocks.
    #[must_use]
    pub fn scaled(blocks: &[f64], times: f64) -> Option<Expected> {
        let n = blocks.len() as f64;
        let one = Expected::of(blocks)?;
        let v = one.variance / (1.0 + 1.0 / n);
        let mean = one.mean * times;
        Some(Expected { mean, variance: (times * v + times * times * v / n).max(mean) })
    }

    /// Chance of a count of zero: (1 + mean/k)^-k, the size k from the variance mean + mean^2/k; at
    /// variance = mean it is the Poisson e^-mean.
    #[must_use]
    pub fn none(&self) -> f64 {
        let extra = self.variance - self.mean;
        if self.mean <= 0.0 {
            return 1.0;
        }
        if extra <= 1e-9 * self.mean {
            return (-self.mean).exp();
        }
        let k = self.mean * self.mean / extra;
        (-k * (self.mean / k).ln_1p()).exp()
    }

    /// Quantile at the normal point `z` of the gamma distribution with this mean and variance, by
    /// Wilson and Hilferty (PNAS 17, 1931): within about one of the negative binomial's for means from
    /// ten on. Never below 0.
    #[must_use]
    pub fn quantile(&self, z: f64) -> f64 {
        if self.mean <= 0.0 || self.variance <= 0.0 {
            return 0.0;
        }
        let shape = self.mean * self.mean / self.variance;
        let t = 1.0 - 1.0 / (9.0 * shape) + z / (3.0 * shape.sqrt());
        self.mean * t.max(0.0).powi(3)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::interval::{Z95, Z95_ONE_SIDED};
    use crate::stats::special::ln_gamma;

    /// The smallest count whose cumulative probability is at least `p`.
    fn exact(mean: f64, k: f64, p: f64) -> f64 {
        let mut sum = 0.0;
        for n in 0..100_000 {
            let x = f64::from(n);
            let ln = ln_gamma(x + k) - ln_gamma(k) - ln_gamma(x + 1.0) + k * (k / (k + mean)).ln() + x * (mean / (k + mean)).ln();
            sum += ln.exp();
            if sum >= p {
                return x;
            }
        }
        f64::NAN
    }

    #[test]
    fn quantiles_are_those_of_the_negative_binomial() {
        for (mean, k) in [(10.0, 5.0), (20.0, 1e6), (50.0, 2.0), (300.0, 20.0), (1_000.0, 8.0)] {
            let e = Expected { mean, variance: mean + mean * mean / k };
            for (z, p) in [(-Z95, 0.025), (-Z95_ONE_SIDED, 0.05), (Z95, 0.975)] {
                let (got, want) = (e.quantile(z), exact(mean, k, p));
                assert!((got - want).abs() <= 1.3 + 0.02 * want, "mean {mean}, size {k}, {p}: {got} and {want}");
            }
        }
    }

    #[test]
    fn clustering_makes_silence_likelier() {
        let poisson = Expected { mean: 20.0, variance: 20.0 };
        assert!((poisson.none() - (-20.0f64).exp()).abs() < 1e-12);
        // (1 + 20/2)^-2
        let clustered = Expected { mean: 20.0, variance: 220.0 };
        assert!((clustered.none() - 1.0 / 121.0).abs() < 1e-12);
        assert!((Expected { mean: 0.0, variance: 0.0 }.none() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_expected_of_a_longer_stretch_is_less_sure_in_itself() {
        assert_eq!(Expected::of(&[3.0]), None);
        let blocks = [100.0, 110.0, 90.0, 105.0, 95.0];
        let (one, ten) = (Expected::of(&blocks).expect("five"), Expected::scaled(&blocks, 10.0).expect("five"));
        assert!((one.mean - 100.0).abs() < 1e-9 && (ten.mean - 1_000.0).abs() < 1e-9);
        assert!((one.variance - 120.0).abs() < 1e-9, "{one:?}");
        assert!((ten.variance - (10.0 * 100.0 + 100.0 * 100.0 / 5.0)).abs() < 1e-6, "{ten:?}");
    }
}

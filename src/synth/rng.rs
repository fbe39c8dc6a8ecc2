//! Seeded chance: splitmix64, and an own logarithm, so that the same seed gives the same bytes on
//! every machine (a platform's `ln` may differ in the last digit).

/// A stream of chance. Each actor of a bundle has a stream of its own, so that adding one does not
/// change what the others do.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// The stream called `label` of the bundle seeded with `seed` (FNV-1a mixes the label in).
    pub(crate) fn stream(seed: u64, label: &str) -> Self {
        let mixed = label.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        let mut rng = Rng(seed ^ mixed);
        rng.next();
        rng
    }

    /// The next 64 bits (Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators").
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        scatter(self.0)
    }

    /// A whole number in `0..n`; 0 for `n` = 0. The bias of the multiplication is below 2^-32.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }

    /// A whole number in `low..=high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low).max(0) as u64 + 1) as i64
    }

    /// True `ppm` times in a million.
    pub(crate) fn chance(&mut self, ppm: u32) -> bool {
        self.below(1_000_000) < u64::from(ppm)
    }

    /// An index in `0..n`, small ones far more often: `n` times the square of a uniform number.
    pub(crate) fn skewed(&mut self, n: u64) -> u64 {
        let within = self.below(n.max(1));
        self.below(within + 1)
    }

    /// An exponential wait with the given mean, rounded down to the mean's unit.
    pub(crate) fn wait(&mut self, mean: f64) -> i64 {
        let uniform = ((self.next() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
        (-ln(uniform) * mean) as i64
    }

    /// An index into `weights`, in proportion to them; 0 where all are zero.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut left = self.below(weights.clone().map(u64::from).sum());
        for (at, weight) in weights.enumerate() {
            if left < u64::from(weight) {
                return at;
            }
            left -= u64::from(weight);
        }
        0
    }
}

/// A well mixed number for `x`, without a stream: sizes and ids that belong to a thing.
pub(crate) fn scatter(x: u64) -> u64 {
    let z = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Natural logarithm of a positive normal number, by `ln(m 2^e) = e ln 2 + 2 artanh((m-1)/(m+1))`
/// with `m` in [1, 2): only +, -, *, /, which IEEE 754 rounds alike everywhere.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | (1023 << 52));
    let y = (mantissa - 1.0) / (mantissa + 1.0);
    let (square, mut power, mut sum) = (y * y, y, 0.0);
    for odd in (1..40).step_by(2) {
        sum += power / f64::from(odd);
        power *= square;
    }
    exponent as f64 * std::f64::consts::LN_2 + 2.0 * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_logarithm_agrees_with_the_platforms() {
        for x in [1e-16, 0.001, 0.25, 0.5, 0.999_999, 1.0, 1.5, 2.0, 1234.5] {
            assert!((ln(x) - x.ln()).abs() < 1e-12, "ln({x})");
        }
    }

    #[test]
    fn streams_are_fixed_by_seed_and_label() {
        let first = |seed, label| Rng::stream(seed, label).next();
        assert_eq!(first(7, "a"), first(7, "a"));
        assert_ne!(first(7, "a"), first(7, "b"));
        assert_ne!(first(7, "a"), first(8, "a"));
        assert_eq!(Rng::stream(1, "visits").next(), 9_362_924_595_133_617_362, "the generator itself must never change");
    }

    #[test]
    fn draws_have_the_shares_and_means_they_promise() {
        let mut rng = Rng::stream(1, "test");
        let hits = (0..100_000).filter(|_| rng.chance(250_000)).count();
        assert!((24_000..26_000).contains(&hits), "{hits}");
        let sum: i64 = (0..100_000).map(|_| rng.wait(1000.0)).sum();
        assert!((98_000_000..102_000_000).contains(&sum), "{sum}");
        let third = (0..30_000).filter(|_| rng.weighted([1, 0, 2].into_iter()) == 2).count();
        assert!((19_000..21_000).contains(&third), "{third}");
        assert_eq!(rng.below(0), 0);
        assert!((0..1000).all(|_| (3..=5).contains(&rng.between(3, 5))));
    }
}

//! Seeded chance for the simulations, from its own generator: nothing here is shared with the
//! program under test or with its bundle generator.

/// A stream of chance (splitmix64: Steele, Lea and Flood, OOPSLA 2014).
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// The stream `label` of `seed`.
    pub(crate) fn new(seed: u64, label: u64) -> Self {
        let mut rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ label.wrapping_mul(0xd1b5_4a32_d192_ed03));
        rng.bits();
        rng.bits();
        rng
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in (0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        ((self.bits() >> 12) as f64 + 0.5) / (1u64 << 52) as f64
    }

    /// Whole, in `0..n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Uniform between two numbers.
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of a list.
    pub(crate) fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// An index in proportion to the weights.
    pub(crate) fn weighted(&mut self, weights: &[f64]) -> usize {
        let mut left = self.unit() * weights.iter().sum::<f64>();
        for (i, w) in weights.iter().enumerate() {
            left -= w;
            if left < 0.0 {
                return i;
            }
        }
        weights.len() - 1
    }

    /// Exponential with the given mean.
    pub(crate) fn wait(&mut self, mean: f64) -> f64 {
        -self.unit().ln() * mean
    }

    /// Standard normal (Box and Muller, 1958).
    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.unit().ln()).sqrt() * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Gamma with unit scale (Marsaglia and Tsang, ACM TOMS 26, 2000).
    pub(crate) fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * self.unit().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.unit().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Beta with mean `p` and intra-class correlation `rho`.
    pub(crate) fn beta(&mut self, p: f64, rho: f64) -> f64 {
        if rho <= 0.0 {
            return p;
        }
        let m = 1.0 / rho - 1.0;
        let (a, b) = (self.gamma(p * m), self.gamma((1.0 - p) * m));
        if a + b > 0.0 { a / (a + b) } else { f64::from(u8::from(self.chance(p))) }
    }

    /// Poisson.
    pub(crate) fn poisson(&mut self, mean: f64) -> u64 {
        let (mut n, mut t) = (0, self.wait(1.0));
        while t < mean {
            t += self.wait(1.0);
            n += 1;
        }
        n
    }
}

#[test]
fn draws_have_the_means_and_spreads_they_promise() {
    let mut rng = Rng::new(1, 1);
    let n = 40_000;
    let of = |draw: &mut dyn FnMut() -> f64| {
        let xs: Vec<f64> = (0..n).map(|_| draw()).collect();
        let mean = xs.iter().sum::<f64>() / n as f64;
        (mean, xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64)
    };
    let near = |(mean, variance): (f64, f64), m: f64, v: f64| {
        assert!((mean - m).abs() < 0.04 * m.max(0.5) && (variance - v).abs() < 0.06 * v, "{mean} {variance}, not {m} {v}");
    };
    near(of(&mut || rng.normal()), 0.0, 1.0);
    near(of(&mut || rng.gamma(2.5)), 2.5, 2.5);
    near(of(&mut || rng.beta(0.3, 0.2)), 0.3, 0.2 * 0.21);
    near(of(&mut || rng.poisson(4.0) as f64), 4.0, 4.0);
    near(of(&mut || rng.wait(3.0)), 3.0, 9.0);
}

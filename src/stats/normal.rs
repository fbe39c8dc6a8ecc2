//! The normal distribution's tail and its inverse, and the Benjamini-Hochberg procedure.

/// Upper tail of the standard normal distribution, to a relative error below 2e-7 wherever it is above
/// 1e-300 (complementary error function by the rational Chebyshev fit of Press et al., *Numerical
/// Recipes*, 1992, section 6.2).
#[must_use]
pub fn upper_tail(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.5 * x.abs());
    const C: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let poly = C.iter().rev().fold(0.0, |sum, c| sum * t + c);
    let erfc = t * (-x * x + poly).exp();
    0.5 * if x >= 0.0 { erfc } else { 2.0 - erfc }
}

/// The point above which a share `p` of the standard normal distribution lies, for `p` between 1e-300
/// and one half; by bisection.
#[must_use]
pub fn upper_point(p: f64) -> f64 {
    let (mut low, mut high) = (0.0, 37.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if upper_tail(middle) > p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// Which of these p-values are significant with a false discovery rate of at most `q` (Benjamini and
/// Hochberg, JRSS-B 57, 1995): those up to the largest p(i) that is at most i q / m.
#[must_use]
pub fn discoveries(p: &[f64], q: f64) -> Vec<bool> {
    let mut order: Vec<f64> = p.to_vec();
    order.sort_by(f64::total_cmp);
    let m = order.len() as f64;
    let last = order.iter().enumerate().rev().find(|(i, p)| **p <= (*i as f64 + 1.0) * q / m).map(|(_, p)| *p);
    p.iter().map(|p| last.is_some_and(|last| *p <= last)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_agrees_with_tables() {
        for (z, p) in [
            (0.0, 0.5),
            (1.0, 0.158_655_25),
            (1.959_964, 0.025),
            (3.290_527, 0.000_5),
            (6.0, 9.865_876e-10),
            (-1.0, 0.841_344_75),
        ] {
            assert!((upper_tail(z) / p - 1.0).abs() < 1e-6, "{z}: {}", upper_tail(z));
        }
        for p in [0.5, 0.05, 0.001, 1e-8] {
            assert!((upper_tail(upper_point(p)) / p - 1.0).abs() < 1e-6, "{p}");
        }
    }

    #[test]
    fn discoveries_agree_with_the_example_of_the_paper() {
        // Benjamini and Hochberg 1995, section 3: fifteen comparisons, four significant at 0.05.
        let p =
            [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0];
        assert_eq!(discoveries(&p, 0.05).iter().filter(|d| **d).count(), 4);
        assert!(discoveries(&[], 0.05).is_empty());
        assert_eq!(discoveries(&[0.2, 0.001], 0.05), [false, true]);
    }
}

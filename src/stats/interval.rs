//! Intervals for a proportion and for the difference of two.

/// 97.5 % point of the normal distribution: two-sided 95 %.
pub const Z95: f64 = 1.959_963_984_540_054;

/// 95 % point of the normal distribution: one-sided 95 %, as a test of "no worse than" needs.
pub const Z95_ONE_SIDED: f64 = 1.644_853_626_951_472;

/// Two-sided interval of a proportion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Wilson's score interval (Wilson, JASA 22, 1927) for share `p` of `n` independent trials; `n` may
/// be an effective number and need not be whole. Without trials the interval is all of [0, 1].
#[must_use]
pub fn wilson(p: f64, n: f64, z: f64) -> Interval {
    if n <= 0.0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let z2 = z * z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).max(0.0).sqrt();
    Interval { low: (centre - half).clamp(0.0, p), high: (centre + half).clamp(p, 1.0) }
}

/// Interval of `p1 - p0` from the intervals of the two shares (Newcombe, Stat. Med. 17, 1998,
/// 873-890, method 10): never leaves [-1, 1] and keeps its coverage near 0 and 1.
#[must_use]
pub fn newcombe(p1: f64, i1: Interval, p0: f64, i0: Interval) -> Interval {
    let d = p1 - p0;
    Interval {
        low: d - ((p1 - i1.low).powi(2) + (i0.high - p0).powi(2)).sqrt(),
        high: d + ((i1.high - p1).powi(2) + (p0 - i0.low).powi(2)).sqrt(),
    }
}

/// 97.5 % point of Student's t with `df` degrees of freedom: to within 0.004. Table for 1 to
/// 4, then the expansion in 1/df (Fisher and Cornish, 1960).
#[must_use]
pub fn student_t95(df: f64) -> f64 {
    const TABLE: [f64; 4] = [12.706, 4.303, 3.182, 2.776];
    if df < 1.0 {
        return TABLE[0];
    }
    if df < 5.0 {
        return TABLE[(df as usize - 1).min(3)];
    }
    let z = Z95;
    let (z3, z5, z7) = (z.powi(3), z.powi(5), z.powi(7));
    z + (z3 + z) / (4.0 * df)
        + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * df * df)
        + (3.0 * z7 + 19.0 * z5 + 17.0 * z3 - 15.0 * z) / (384.0 * df.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() < tolerance, "{a} is not {b}");
    }

    #[test]
    fn wilson_agrees_with_published_values() {
        // Newcombe 1998 (Stat. Med. 17, 857-872), table I, method 3.
        for (x, n, low, high) in
            [(81.0, 263.0, 0.2553, 0.3662), (15.0, 148.0, 0.0624, 0.1605), (0.0, 20.0, 0.0, 0.1611), (1.0, 29.0, 0.0061, 0.1718)]
        {
            let i = wilson(x / n, n, Z95);
            near(i.low, low, 5e-5);
            near(i.high, high, 5e-5);
        }
    }

    #[test]
    fn newcombe_agrees_with_published_values() {
        // Newcombe 1998 (Stat. Med. 17, 873-890), table II: 56/70 - 48/80, and 9/10 - 3/10.
        for (x1, n1, x0, n0, low, high) in [(56.0, 70.0, 48.0, 80.0, 0.0524, 0.3339), (9.0, 10.0, 3.0, 10.0, 0.1705, 0.8090)] {
            let (p1, p0) = (x1 / n1, x0 / n0);
            let d = newcombe(p1, wilson(p1, n1, Z95), p0, wilson(p0, n0, Z95));
            near(d.low, low, 5e-5);
            near(d.high, high, 5e-5);
        }
    }

    #[test]
    fn student_t_agrees_with_tables() {
        for (df, t) in [(1.0, 12.706), (4.0, 2.776), (5.0, 2.571), (10.0, 2.228), (30.0, 2.042), (1e9, 1.960)] {
            near(student_t95(df), t, 4e-3);
        }
    }
}

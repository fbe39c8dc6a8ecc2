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

/// Interval of the part that `a` has in `a + b`, from the intervals of both (variance estimates
/// recovered from the limits: Zou and Donner, Stat. Med. 27, 2008, 1693-1702, applied to the sum
/// `(1 - s) a - s b`, which is 0 at the true part `s`, as Fieller, Biometrika 32, 1940, does).
/// Negative values of `a` and `b` count as 0 in the estimate. Always within [0, 1] and around it.
#[must_use]
pub fn part_of_whole(a: f64, ia: Interval, b: f64, ib: Interval) -> Interval {
    let value = {
        let (a, b) = (a.max(0.0), b.max(0.0));
        if a + b > 0.0 { a / (a + b) } else { 0.0 }
    };
    // Whether a part `s` lies surely below, or above, what the figures say.
    let below = |s: f64| (1.0 - s) * a - s * b > ((1.0 - s) * (a - ia.low)).hypot(s * (ib.high - b));
    let above = |s: f64| s * b - (1.0 - s) * a > ((1.0 - s) * (ia.high - a)).hypot(s * (b - ib.low));
    let edge = |is: &dyn Fn(f64) -> bool, mut out: f64, mut inside: f64| {
        // Fifty halvings: to the last digits that are ever shown.
        for _ in 0..50 {
            let middle = 0.5 * (out + inside);
            if is(middle) { out = middle } else { inside = middle }
        }
        out
    };
    let low = if below(0.0) { edge(&below, 0.0, value) } else { 0.0 };
    let high = if above(1.0) { edge(&above, 1.0, value) } else { 1.0 };
    Interval { low: low.min(value), high: high.max(value) }
}

/// 97.5 % point of Student's t with `df` degrees of freedom, at least 1: to within 0.004 for whole
/// numbers and never too small by more between them. Table for 1 to 5, straight in 1/df between
/// (the curve lies below), then the expansion in 1/df (Fisher and Cornish, 1960).
#[must_use]
pub fn student_t95(df: f64) -> f64 {
    const TABLE: [f64; 5] = [12.706, 4.303, 3.182, 2.776, 2.571];
    if df <= 1.0 {
        return TABLE[0];
    }
    if df < 5.0 {
        let below = df.floor();
        let (from, to) = (TABLE[(below as usize - 1).min(3)], TABLE[(below as usize).min(4)]);
        let way = (1.0 / below - 1.0 / df) / (1.0 / below - 1.0 / (below + 1.0));
        return from + way * (to - from);
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
    fn the_part_of_a_sum_agrees_with_fiellers_theorem_where_the_limits_are_even() {
        let around = |x: f64, half: f64| Interval { low: x - half, high: x + half };
        // a = 80 +- 10, b = 20 +- 5: the roots of ((1-s) 80 - s 20)^2 = ((1-s) 10)^2 + (5 s)^2.
        let i = part_of_whole(80.0, around(80.0, 10.0), 20.0, around(20.0, 5.0));
        for s in [i.low, i.high] {
            let (left, right) = (((1.0 - s) * 80.0 - s * 20.0).powi(2), ((1.0 - s) * 10.0).powi(2) + (5.0 * s).powi(2));
            near(left, right, 1e-6);
        }
        assert!(i.low < 0.8 && 0.8 < i.high, "{i:?}");
        // Nothing else rose: all of it may be the part, and most of it surely is.
        let i = part_of_whole(80.0, around(80.0, 10.0), -1.0, around(-1.0, 5.0));
        assert!(i.low > 0.9 && i.high == 1.0, "{i:?}");
        // Nothing rose at all: nothing is known.
        assert_eq!(part_of_whole(0.0, around(0.0, 1.0), 0.0, around(0.0, 1.0)), Interval { low: 0.0, high: 1.0 });
    }

    #[test]
    fn student_t_agrees_with_tables() {
        for (df, t) in [(0.5, 12.706), (1.0, 12.706), (4.0, 2.776), (5.0, 2.571), (10.0, 2.228), (30.0, 2.042), (1e9, 1.960)] {
            near(student_t95(df), t, 4e-3);
        }
        for tenths in 10..100 {
            let df = f64::from(tenths) / 10.0;
            assert!(student_t95(df) > student_t95(df + 0.1), "{df}");
        }
    }
}

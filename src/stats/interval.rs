//! Intervals for a proportion and for the difference of two.

use super::normal::upper_tail;

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

/// 97.5 % point of Student's t with `df` degrees of freedom; see [`student_t`].
#[must_use]
pub fn student_t95(df: f64) -> f64 {
    student_t(df, Z95)
}

/// Degrees of freedom from which on Student's t is the normal distribution to six digits.
const DF_MANY: f64 = 1e6;

/// The point of Student's t with `df` degrees of freedom, at least 1, that has as much above it as `z`, not negative,
/// has in the normal distribution. Exact for 1 and 2; above 2 the expansions of Hill (Algorithm 396, Commun. ACM 13,
/// 1970, 619-620), whose tails are right to one part in ten thousand. Between 1 and 2 the logarithm is straight in
/// 1/df, as it is far out, and the point never too small: what lies above it is up to 6 % less.
#[must_use]
pub fn student_t(df: f64, z: f64) -> f64 {
    let tails = 2.0 * upper_tail(z);
    if df >= DF_MANY || tails >= 1.0 {
        return z;
    }
    let one = || 1.0 / (tails * std::f64::consts::FRAC_PI_2).tan();
    let two = || (2.0 / (tails * (2.0 - tails)) - 2.0).sqrt();
    if df <= 1.0 {
        return one();
    }
    if df <= 2.0 {
        let way = 2.0 / df - 1.0;
        return (way * one().ln() + (1.0 - way) * two().ln()).exp();
    }
    let n = df;
    let a = 1.0 / (n - 0.5);
    let b = 48.0 / (a * a);
    let c = ((20_700.0 * a / b - 98.0) * a - 16.0) * a + 96.36;
    let d = ((94.5 / (b + c) - 3.0) / b + 1.0) * (a * std::f64::consts::FRAC_PI_2).sqrt() * n;
    let far = (d * tails).powf(2.0 / n);
    let y = if far > 0.05 + a {
        let (x, y) = (-z, z * z);
        let c = if n < 5.0 { c + 0.3 * (n - 4.5) * (x + 0.6) } else { c };
        let c = (((0.05 * d * x - 5.0) * x - 7.0) * x - 2.0) * x + b + c;
        let y = (((((0.4 * y + 6.3) * y + 36.0) * y + 94.5) / c - y - 3.0) / b + 1.0) * x;
        (a * y * y).exp_m1()
    } else {
        let y = far;
        ((1.0 / (((n + 6.0) / (n * y) - 0.089 * d - 0.822) * (n + 2.0) * 3.0) + 0.5 / (n + 4.0)) * y - 1.0) * (n + 1.0)
            / (n + 2.0)
            + 1.0 / y
    };
    (n * y).sqrt()
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
    fn student_t_agrees_with_tables_in_every_tail() {
        for (z, table) in [
            (1.644_853_6, [6.3138, 2.9200, 2.3534, 2.1318, 2.0150, 1.8125, 1.6973]),
            (Z95, [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.2281, 2.0423]),
            (2.575_829_3, [63.6567, 9.9248, 5.8409, 4.6041, 4.0321, 3.1693, 2.7500]),
            (3.290_526_7, [636.619, 31.5991, 12.9240, 8.6103, 6.8688, 4.5869, 3.6460]),
        ] {
            for (df, t) in [1.0, 2.0, 3.0, 4.0, 5.0, 10.0, 30.0].into_iter().zip(table) {
                near(student_t(df, z), t, 1e-4 * t);
            }
            near(student_t(1e9, z), z, 1e-9);
            near(student_t(f64::INFINITY, z), z, 1e-9);
        }
        near(student_t(0.5, Z95), 12.706, 1e-3);
    }

    #[test]
    fn fewer_degrees_of_freedom_and_rarer_tails_lie_further_out() {
        for tenths in 10..100 {
            let df = f64::from(tenths) / 10.0;
            for z in [0.5, 1.0, Z95, 3.0, 6.0, 12.0] {
                assert!(student_t(df, z) > student_t(df + 0.1, z), "{df} {z}");
                assert!(student_t(df, z) > student_t(df, 0.9 * z) && student_t(df, z) > z, "{df} {z}");
            }
        }
        assert_eq!(student_t(3.0, 0.0), 0.0);
        assert!(student_t(1.0, 37.0) > 1e280);
    }
}

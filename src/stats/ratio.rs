//! Ratios of sums over clusters: time up over time active, attempts per operation, requests a second.

use super::interval::{Interval, Z95, student_t95, wilson};

/// Sums over clusters of a pair (y, x), enough for sum y / sum x and its variance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pairs {
    count: f64,
    y: f64,
    x: f64,
    y2: f64,
    x2: f64,
    xy: f64,
}

impl Pairs {
    /// Adds one cluster. Without any `x` it says nothing.
    pub fn add(&mut self, y: f64, x: f64) {
        if x > 0.0 {
            self.count += 1.0;
            self.y += y;
            self.x += x;
            self.y2 += y * y;
            self.x2 += x * x;
            self.xy += x * y;
        }
    }

    /// How many clusters.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count as u64
    }

    /// Sum y / sum x; `None` without any x.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        (self.x > 0.0).then(|| self.y / self.x)
    }

    /// Variance of the ratio: m/(m-1) sum (y - r x)^2 / (sum x)^2 (ratio estimator over clusters,
    /// Cochran, *Sampling Techniques*, 1977, ch. 6), enlarged to Student's t below 40 clusters.
    /// `None` for fewer than two.
    #[must_use]
    pub fn variance(&self) -> Option<f64> {
        let r = self.ratio()?;
        if self.count < 2.0 {
            return None;
        }
        let squares = (self.y2 - 2.0 * r * self.xy + r * r * self.x2).max(0.0);
        let t = if self.count < 40.0 { student_t95(self.count - 1.0) / Z95 } else { 1.0 };
        Some(self.count / (self.count - 1.0) * squares / (self.x * self.x) * t * t)
    }

    /// Clusters that would say as much if all were of one size: (sum x)^2 / sum x^2 (Kish, *Survey
    /// Sampling*, 1965).
    #[must_use]
    pub fn effective(&self) -> f64 {
        if self.x2 > 0.0 { self.x * self.x / self.x2 } else { 0.0 }
    }
}

/// A share, sum y / sum x with y <= x, clustered two ways; Wilson interval on the number of
/// independent units whose share would have the same variance. The variances over both kinds of
/// cluster are added, which errs on the wide side (Cameron, Gelbach and Miller, JBES 29, 2011,
/// subtract what both count). A share of exactly 0 or 1 is worth its effective number of clusters.
#[must_use]
pub fn share(by_client: &Pairs, by_time: &Pairs) -> Option<(f64, Interval)> {
    let p = by_client.ratio()?.clamp(0.0, 1.0);
    let whole = by_client.effective().max(1.0);
    let n = match by_client.variance() {
        Some(v) if p > 0.0 && p < 1.0 => {
            let v = v + by_time.variance().unwrap_or(0.0);
            if v > 0.0 { (p * (1.0 - p) / v).max(1.0) } else { whole }
        }
        Some(_) => whole,
        None => 1.0,
    };
    Some((p, wilson(p, n, Z95)))
}

/// Quotient of two independent ratios with its 95 % interval on the scale of logarithms (delta
/// method). `None` where either is 0 or unknown; without an interval where a variance is unknown.
#[must_use]
pub fn quotient(now: &Pairs, base: &Pairs) -> Option<(f64, Option<Interval>)> {
    let (a, b) = (now.ratio()?, base.ratio()?);
    if a <= 0.0 || b <= 0.0 {
        return None;
    }
    let q = a / b;
    let spread = now.variance().zip(base.variance()).map(|(va, vb)| {
        let half = Z95 * (va / (a * a) + vb / (b * b)).sqrt();
        Interval { low: q * (-half).exp(), high: q * half.exp() }
    });
    Some((q, spread))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(list: &[(f64, f64)]) -> Pairs {
        let mut p = Pairs::default();
        list.iter().for_each(|&(y, x)| p.add(y, x));
        p
    }

    #[test]
    fn of_clusters_of_one_unit_the_share_is_the_binomial_one() {
        let units: Vec<(f64, f64)> = (0..1_000).map(|i| (f64::from(u8::from(i % 10 != 0)), 1.0)).collect();
        let (p, i) = share(&pairs(&units), &Pairs::default()).expect("a share");
        let w = wilson(0.9, 1_000.0, Z95);
        assert!((p - 0.9).abs() < 1e-12 && (i.low - w.low).abs() < 1e-4 && (i.high - w.high).abs() < 1e-4, "{i:?} {w:?}");
    }

    #[test]
    fn one_busy_client_is_worth_little_and_one_alone_hardly_anything() {
        let (_, busy) = share(&pairs(&[(900.0, 900.0), (1.0, 1.0), (1.0, 1.0)]), &Pairs::default()).expect("a share");
        assert!(busy.low < 0.25, "{busy:?}");
        let (_, alone) = share(&pairs(&[(5.0, 10.0)]), &Pairs::default()).expect("a share");
        assert!(alone.low < 0.1 && alone.high > 0.9, "{alone:?}");
        assert!(share(&Pairs::default(), &Pairs::default()).is_none());
    }

    #[test]
    fn a_quotient_of_ratios_covers_the_truth_where_all_clusters_agree_and_has_no_range_from_one() {
        let base = pairs(&[(10.0, 10.0), (20.0, 20.0)]);
        let (q, i) = quotient(&pairs(&[(30.0, 10.0), (60.0, 20.0)]), &base).expect("a quotient");
        let i = i.expect("an interval");
        assert!((q - 3.0).abs() < 1e-12 && (i.low - 3.0).abs() < 1e-9 && (i.high - 3.0).abs() < 1e-9);
        assert!(quotient(&pairs(&[(30.0, 10.0)]), &base).is_some_and(|q| q.1.is_none()));
        assert!(quotient(&pairs(&[(0.0, 10.0)]), &base).is_none());
    }
}

//! Requests are not independent: those of one client, and those of one minute, share their fate.
//! The variance of a share is estimated over such clusters and told as an effective sample size.

use super::interval::{Interval, Z95, student_t95, wilson};

/// Sums over clusters of (`bad` of `n`): enough for the variance of their ratio. Additive, so parts
/// may be summed in any grouping (up to rounding; add whole numbers below 2^53 to be exact).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clusters {
    /// How many.
    pub count: f64,
    n: f64,
    bad: f64,
    n2: f64,
    bad2: f64,
    bad_n: f64,
}

impl Clusters {
    /// Adds one cluster with `bad` of `n` requests.
    pub fn add(&mut self, bad: u64, n: u64) {
        if n == 0 {
            return;
        }
        let (b, n) = (bad as f64, n as f64);
        self.count += 1.0;
        self.n += n;
        self.bad += b;
        self.n2 += n * n;
        self.bad2 += b * b;
        self.bad_n += b * n;
    }

    /// Adds `n` clusters of one request each, `bad` of them bad.
    pub fn add_singles(&mut self, bad: u64, n: u64) {
        let (b, n) = (bad as f64, n as f64);
        self.count += n;
        self.n += n;
        self.n2 += n;
        self.bad += b;
        self.bad2 += b;
        self.bad_n += b;
    }

    /// Design effect: how many times larger the variance of the share is than with independent
    /// requests. Ratio estimator over clusters with the m/(m-1) correction (Kish, *Survey
    /// Sampling*, 1965; Rao and Scott, Biometrics 48, 1992), enlarged to Student's t where there
    /// are fewer than 40 clusters. At least 1; `None` where it cannot be estimated (fewer than two
    /// clusters, or a share of exactly 0 or 1).
    #[must_use]
    pub fn design_effect(&self) -> Option<f64> {
        let p = self.bad / self.n;
        if self.count < 2.0 || !(p > 0.0 && p < 1.0) {
            return None;
        }
        let squares = (self.bad2 - 2.0 * p * self.bad_n + p * p * self.n2).max(0.0);
        let variance = self.count / (self.count - 1.0) * squares / (self.n * self.n);
        let t = if self.count < 40.0 { student_t95(self.count - 1.0) / Z95 } else { 1.0 };
        Some((variance * t * t / (p * (1.0 - p) / self.n)).max(1.0))
    }

    /// Mean size of the cluster a request lies in: sum n^2 / sum n.
    #[must_use]
    pub fn request_weighted_size(&self) -> f64 {
        if self.n > 0.0 { self.n2 / self.n } else { 0.0 }
    }
}

/// Intra-cluster correlation assumed where a share is exactly 0 or 1 and the data cannot show it.
/// A convention, on the careful side: with it a client's hundred requests say as much as nine.
pub const ASSUMED_CORRELATION: f64 = 0.1;

/// A share of `bad` in `n` requests, with the effective number of independent requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proportion {
    /// The share.
    pub p: f64,
    /// Requests.
    pub n: u64,
    /// Bad ones.
    pub bad: u64,
    /// Independent requests that would say as much; at most `n`.
    pub effective: f64,
}

impl Proportion {
    /// The share of `bad` in `n`, clustered two ways: variance over clients plus variance over
    /// minutes minus the variance with independent requests (Cameron, Gelbach and Miller, JBES 29,
    /// 2011, with the intersection taken as independent, which errs on the wide side).
    /// `None` without requests.
    #[must_use]
    pub fn clustered(bad: u64, n: u64, clients: &Clusters, minutes: &Clusters) -> Option<Proportion> {
        if n == 0 {
            return None;
        }
        let p = bad as f64 / n as f64;
        let design = if bad == 0 || bad == n {
            1.0 + (clients.request_weighted_size() - 1.0).max(0.0) * ASSUMED_CORRELATION
        } else {
            let by_client = clients.design_effect().unwrap_or_else(|| clients.request_weighted_size().max(1.0));
            by_client + minutes.design_effect().unwrap_or(1.0) - 1.0
        };
        Some(Proportion { p, n, bad, effective: (n as f64 / design.max(1.0)).max(1.0) })
    }

    /// Wilson interval with quantile `z` on the effective number.
    #[must_use]
    pub fn interval(&self, z: f64) -> Interval {
        wilson(self.p, self.effective, z)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(list: &[(u64, u64)]) -> Clusters {
        let mut c = Clusters::default();
        for &(bad, n) in list {
            c.add(bad, n);
        }
        c
    }

    #[test]
    fn single_requests_are_independent_and_whole_clusters_are_one() {
        let singles: Vec<(u64, u64)> = (0..1000).map(|i| (u64::from(i % 10 == 0), 1)).collect();
        let d = clusters(&singles).design_effect().expect("it can be estimated");
        assert!((d - 1.0).abs() < 0.01, "{d}");
        let blocks: Vec<(u64, u64)> = (0..100).map(|i| if i % 10 == 0 { (10, 10) } else { (0, 10) }).collect();
        let d = clusters(&blocks).design_effect().expect("it can be estimated");
        assert!((d - 10.0).abs() < 0.2, "{d}");
    }

    #[test]
    fn without_a_single_failure_a_busy_client_still_does_not_count_as_many() {
        let quiet = clusters(&[(0, 100), (0, 1), (0, 1)]);
        let share = Proportion::clustered(0, 102, &quiet, &Clusters::default()).expect("there are requests");
        assert!(share.effective < 12.0, "{share:?}");
        assert!(share.interval(Z95).high > 0.2);
    }

    #[test]
    fn the_effective_number_never_exceeds_the_requests() {
        let share = Proportion::clustered(3, 10, &clusters(&[(1, 3), (1, 3), (1, 4)]), &clusters(&[(3, 10)]))
            .expect("there are requests");
        assert!(share.effective <= 10.0);
        assert!(Proportion::clustered(0, 0, &Clusters::default(), &Clusters::default()).is_none());
    }
}

//! Requests are not independent: those of one client, and those of one minute, share their fate.
//! The variance of a share is estimated over such clusters and told as an effective sample size.

use super::interval::{Interval, Z95, student_t, wilson};

/// Counts by cluster, (`bad` of `n`) each: what the variance of their ratio needs. The order of
/// adding plays no part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Clusters {
    /// How many.
    pub count: f64,
    /// Clusters of one size with one number of bad requests, and how many of them.
    list: Vec<(u64, u64, u64)>,
}

/// How far clusters widen the variance of a share, and how well that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many times larger the variance is than with independent requests; at least 1.
    pub design: f64,
    /// Degrees of freedom of that estimate; at least 1.
    pub df: f64,
}

impl Clusters {
    /// Adds one cluster with `bad` of `n` requests.
    pub fn add(&mut self, bad: u64, n: u64) {
        self.put(bad, n, 1);
    }

    /// Adds `n` clusters of one request each, `bad` of them bad.
    pub fn add_singles(&mut self, bad: u64, n: u64) {
        self.put(1, 1, bad.min(n));
        self.put(0, 1, n.saturating_sub(bad));
    }

    fn put(&mut self, bad: u64, n: u64, times: u64) {
        if n > 0 && times > 0 {
            self.count += times as f64;
            self.list.push((n, bad.min(n), times));
        }
    }

    /// Size, bad and number of the clusters, equal ones together, in an order of the data alone.
    fn sorted(&self) -> Vec<(f64, f64, f64)> {
        let mut list = self.list.clone();
        list.sort_unstable();
        list.dedup_by(|b, a| {
            let same = (a.0, a.1) == (b.0, b.1);
            a.2 += if same { b.2 } else { 0 };
            same
        });
        list.into_iter().map(|(n, bad, times)| (n as f64, bad as f64, times as f64)).collect()
    }

    /// Variance of the share over that with independent requests, with the degrees of freedom of the
    /// estimate. The variance is that of the ratio estimator (Kish, *Survey Sampling*, 1965), each
    /// cluster's squared residual divided by one minus its share of all requests, which makes it
    /// unbiased where requests are independent (Bell and McCaffrey, Survey Methodology 28, 2002). The
    /// degrees of freedom are Satterthwaite's (Biometrics 2, 1946) for that case, nearly: Kish's
    /// effective number of clusters less one, so that a few clusters with most of the requests count
    /// as the few they are. `None` where it cannot be estimated: fewer than two clusters, or a share
    /// of exactly 0 or 1.
    #[must_use]
    pub fn spread(&self) -> Option<Spread> {
        let list = self.sorted();
        let sum = |of: &dyn Fn(&(f64, f64, f64)) -> f64| list.iter().map(|c| c.2 * of(c)).sum::<f64>();
        let (all, bad) = (sum(&|c| c.0), sum(&|c| c.1));
        let p = bad / all;
        if self.count < 2.0 || !(p > 0.0 && p < 1.0) {
            return None;
        }
        let squares = sum(&|c| (c.1 - p * c.0).powi(2) / (1.0 - c.0 / all).max(f64::MIN_POSITIVE));
        let design = (squares / (p * (1.0 - p) * all)).max(1.0);
        let df = all.powi(2) / sum(&|c| c.0 * c.0) - 1.0;
        Some(Spread { design, df: df.max(1.0) })
    }

    /// Independent requests that say as much as all of these, each cluster for itself: n / (1 + (n - 1) r) of a cluster
    /// of n with the intra-cluster correlation [`ASSUMED_CORRELATION`] (Kish, *Survey Sampling*, 1965). A cluster is
    /// worth ten at most, and its size takes nothing from the others.
    #[must_use]
    pub fn independent(&self) -> f64 {
        self.sorted().into_iter().map(|(n, _, times)| times * n / (1.0 + (n - 1.0) * ASSUMED_CORRELATION)).sum()
    }

    /// Mean size of the cluster a request lies in: sum n^2 / sum n.
    #[must_use]
    pub fn request_weighted_size(&self) -> f64 {
        // Whole numbers, so that the order plays no part.
        let add = |s: (u128, u128), c: &(u64, u64, u64)| {
            let n = u128::from(c.0) * u128::from(c.2);
            (s.0 + n, s.1 + n * u128::from(c.0))
        };
        let (all, squares) = self.list.iter().fold((0, 0), add);
        if all > 0 { squares as f64 / all as f64 } else { 0.0 }
    }
}

/// Intra-cluster correlation assumed before looking, and all there is to go by where a share is
/// exactly 0 or 1. A convention, on the careful side: with it a client's hundred requests say as much
/// as nine.
pub const ASSUMED_CORRELATION: f64 = 0.1;

/// How many bad requests (good ones where those are fewer) the assumption weighs: half a request, as
/// Jeffreys' prior gives a share (Proc. R. Soc. A 186, 1946). One failure cannot show that failures
/// come in clumps: a careful figure would become a careless one with the first of them.
pub const ASSUMED_WEIGHT: f64 = 0.5;

/// A share of `bad` in `n` requests, with the effective number of independent requests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proportion {
    /// The share.
    pub p: f64,
    /// Requests.
    pub n: u64,
    /// Bad ones.
    pub bad: u64,
    /// Independent requests that would say as much at 95 %, two-sided; 1 to `n`.
    pub effective: f64,
    /// Independent requests that say as much whether there is any bad one: [`Clusters::independent`] of the clients.
    pub independent: f64,
    /// What clusters do to the variance, as it was estimated; `None` for a share of exactly 0 or 1, of which it
    /// cannot be.
    spread: Option<Spread>,
    /// Design effect that is assumed before looking.
    assumed: f64,
}

impl Proportion {
    /// The share of `bad` in `n`, clustered two ways, where it is not known which of a client's
    /// requests fell in which minute: they are taken as independent there, which errs on the wide
    /// side. See [`Proportion::crossed`]. `None` without requests.
    #[must_use]
    pub fn clustered(bad: u64, n: u64, clients: &Clusters, minutes: &Clusters) -> Option<Proportion> {
        Proportion::crossed(bad, n, clients, minutes, None)
    }

    /// The share of `bad` in `n`, clustered two ways: variance over clients plus variance over
    /// minutes minus variance over their intersections (Cameron, Gelbach and Miller, JBES 29, 2011);
    /// never less than any one of the first two. Intervals are widened to Student's t with Satterthwaite's
    /// degrees of freedom of the sum. `None` without requests.
    #[must_use]
    pub fn crossed(bad: u64, n: u64, clients: &Clusters, minutes: &Clusters, both: Option<&Clusters>) -> Option<Proportion> {
        if n == 0 {
            return None;
        }
        let p = bad as f64 / n as f64;
        let size = clients.request_weighted_size().max(1.0);
        let assumed = 1.0 + (size - 1.0) * ASSUMED_CORRELATION;
        let spread = (bad > 0 && bad < n).then(|| {
            // All requests from one client: as if they were one.
            let by_client = clients.spread().unwrap_or(Spread { design: size, df: f64::INFINITY });
            let by_minute = minutes.spread().unwrap_or(Spread { design: 1.0, df: f64::INFINITY });
            // Where it is not known, the least it can be.
            let within = both.and_then(Clusters::spread).map_or(1.0, |s| s.design);
            let design = (by_client.design + by_minute.design - within).max(by_client.design).max(by_minute.design);
            let df = design.powi(2) / (by_client.design.powi(2) / by_client.df + by_minute.design.powi(2) / by_minute.df);
            Spread { design, df }
        });
        let found = Proportion { p, n, bad, effective: n as f64, independent: clients.independent(), spread, assumed };
        Some(Proportion { effective: found.effective_at(Z95).max(1.0), ..found })
    }

    /// Independent requests that would say as much about the normal quantile `z`: the further out it is, the more it
    /// matters that the variance is known from few clusters only. At a one-sided error of 0.05 % four degrees of
    /// freedom widen 2.6 times, at 2.5 % they do 1.4 times.
    fn effective_at(&self, z: f64) -> f64 {
        let n = self.n as f64;
        let Some(Spread { design, df }) = self.spread else { return (n / self.assumed.max(1.0)).max(1.0) };
        let widening = |z: f64| if z > 0.0 { (student_t(df, z) / z).powi(2) } else { 1.0 };
        let seen = self.bad.min(self.n - self.bad) as f64;
        let mixed = |design: f64| (seen * design + ASSUMED_WEIGHT * self.assumed.max(design)) / (seen + ASSUMED_WEIGHT);
        // All requests together are worth one at least, where 95 % is asked for; further out less, as Student's t is further
        // out there.
        let least = widening(Z95) / widening(z).max(widening(Z95));
        (n / mixed(design * widening(z))).min(n).max(least)
    }

    /// Wilson interval with quantile `z`, not negative, on the number of independent requests that would say as much.
    #[must_use]
    pub fn interval(&self, z: f64) -> Interval {
        wilson(self.p, self.effective_at(z), z)
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

    fn design(list: &[(u64, u64)]) -> f64 {
        clusters(list).spread().expect("it can be estimated").design
    }

    fn share(list: &[(u64, u64)]) -> Proportion {
        let (bad, n) = list.iter().fold((0, 0), |s, c| (s.0 + c.0, s.1 + c.1));
        Proportion::clustered(bad, n, &clusters(list), &Clusters::default()).expect("there are requests")
    }

    #[test]
    fn single_requests_are_independent_and_whole_clusters_are_one() {
        let singles: Vec<(u64, u64)> = (0..1000).map(|i| (u64::from(i % 10 == 0), 1)).collect();
        assert!((design(&singles) - 1.0).abs() < 0.01, "{}", design(&singles));
        let blocks: Vec<(u64, u64)> = (0..100).map(|i| if i % 10 == 0 { (10, 10) } else { (0, 10) }).collect();
        assert!((design(&blocks) - 10.0).abs() < 0.2, "{}", design(&blocks));
    }

    #[test]
    fn the_order_of_adding_and_the_way_of_adding_singles_play_no_part() {
        let mut list: Vec<(u64, u64)> = (0..200).map(|i| (i % 3, 3 + i * 7 % 11)).collect();
        let one = share(&list);
        list.reverse();
        assert_eq!(one, share(&list));
        let mut together = Clusters::default();
        together.add_singles(3, 20);
        let apart: Vec<(u64, u64)> = (0..20).map(|i| (u64::from(i < 3), 1)).collect();
        assert_eq!((together.count, together.spread()), (20.0, clusters(&apart).spread()));
    }

    #[test]
    fn a_client_with_most_of_the_requests_leaves_few_degrees_of_freedom() {
        let even: Vec<(u64, u64)> = (0..30).map(|i| (i % 4, 10)).collect();
        assert!((clusters(&even).spread().expect("it can be estimated").df - 29.0).abs() < 1e-9);
        let uneven: Vec<(u64, u64)> = even.iter().copied().chain([(300, 1_000)]).collect();
        assert!(clusters(&uneven).spread().expect("it can be estimated").df < 2.0);
    }

    #[test]
    fn without_a_single_failure_a_busy_client_still_does_not_count_as_many() {
        let quiet = share(&[(0, 100), (0, 1), (0, 1)]);
        assert!(quiet.effective < 12.0, "{quiet:?}");
        assert!(quiet.interval(Z95).high > 0.2);
    }

    #[test]
    fn the_first_failure_does_not_make_a_careful_figure_careless() {
        let with = |failures: u64| {
            let list: Vec<(u64, u64)> = (0..60).map(|i| (u64::from(i < failures), if i % 10 == 0 { 80 } else { 4 })).collect();
            let share = share(&list);
            share.n as f64 / share.effective
        };
        // What is assumed without a failure, and what is found with many: on the way from one to the other.
        assert!(with(0) > with(1) && with(1) > with(2) && with(1) > 2.0, "{} {} {}", with(0), with(1), with(2));
    }

    #[test]
    fn requests_of_one_client_in_one_minute_are_not_counted_twice() {
        // Each client is there for one minute only: what it adds, its minute holds already.
        let (mut clients, mut minutes) = (Clusters::default(), Clusters::default());
        for minute in 0..40u64 {
            let bad = [0, 1, 5, 0][minute as usize % 4];
            (0..5u64).for_each(|c| clients.add(if c < bad { 4 } else { 0 }, 4));
            minutes.add(4 * bad.min(5), 20);
        }
        let of = |both| Proportion::crossed(240, 800, &clients, &minutes, both).expect("there are requests").effective;
        assert!(of(Some(&clients)) > 1.1 * of(None), "{} {}", of(Some(&clients)), of(None));
    }

    #[test]
    fn a_variance_known_from_few_clusters_widens_the_far_tails_most() {
        // Five minutes of sixty requests: four degrees of freedom.
        let minutes = clusters(&[(12, 60), (20, 60), (9, 60), (30, 60), (19, 60)]);
        let mut alone = Clusters::default();
        alone.add_singles(90, 300);
        let share = Proportion::clustered(90, 300, &alone, &minutes).expect("there are requests");
        // Below Student's own ratio, since the assumption has a little weight and is not widened.
        let design = share.spread.expect("it can be estimated").design;
        for (z, t) in [(1.644_853_6, 2.1318), (Z95, 2.7764), (2.575_829_3, 4.6041), (3.290_526_7, 8.6103)] {
            let widening = (300.0 / share.effective_at(z) / design).sqrt();
            assert!((widening / (t / z) - 1.0).abs() < 0.02, "{z}: {widening} for {}", t / z);
        }
        assert_eq!(share.interval(Z95), wilson(share.p, share.effective, Z95));
        // Two clients: what they say of 95 % is worth one request, of one error in two thousand nothing.
        let two =
            Proportion::clustered(19, 20, &clusters(&[(10, 10), (9, 10)]), &clusters(&[(19, 20)])).expect("there are requests");
        assert_eq!(two.interval(Z95), wilson(two.p, two.effective, Z95));
        assert!(two.effective >= 1.0 && two.interval(3.290_526_7).low < 0.01, "{two:?} {:?}", two.interval(3.290_526_7));
        assert_eq!(share.interval(0.0), Interval { low: share.p, high: share.p });
        assert!(share.interval(37.0).low < 1e-6, "{:?}", share.interval(37.0));
    }

    #[test]
    fn one_busy_client_takes_nothing_from_what_the_others_say() {
        let crowd: Vec<(u64, u64)> = (0..100).map(|_| (0, 1)).collect();
        let with: Vec<(u64, u64)> = crowd.iter().copied().chain([(0, 100_000)]).collect();
        assert!((clusters(&crowd).independent() - 100.0).abs() < 1e-9);
        assert!((clusters(&with).independent() - 110.0).abs() < 0.01, "{}", clusters(&with).independent());
        // The share of all requests, most of which are that client's, is known no better than from twenty of them.
        assert!(share(&with).effective < 20.0 && share(&with).independent > 109.0);
    }

    #[test]
    fn the_effective_number_never_exceeds_the_requests() {
        let share = Proportion::clustered(3, 10, &clusters(&[(1, 3), (1, 3), (1, 4)]), &clusters(&[(3, 10)]))
            .expect("there are requests");
        assert!(share.effective <= 10.0);
        assert!(Proportion::clustered(0, 0, &Clusters::default(), &Clusters::default()).is_none());
    }
}

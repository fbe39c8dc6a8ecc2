//! When did a rate change? Posteriors of one change and of one outage, and the factors by which the
//! data favour an interruption.

use super::segment::Count;
use super::special::ln_beta;

/// Most bins of the joint posterior of an outage: 28,000 pairs of ends, some ten milliseconds.
pub const OUTAGE_BINS: usize = 240;

/// Points at which the share of a bin that lies after the change is tried.
const NODES: usize = 12;

/// Log-weights further than this below the best one (a part in 10^17) do not matter to a double.
const NEGLIGIBLE: f64 = 40.0;

/// Log of the Bayes factor from which a change is told: 20, "strong" (Kass and Raftery, JASA 90, 1995).
pub const STRONG: f64 = 3.0;

/// Where the rate changed, as bin borders: border `i` is the beginning of bin `i`. The change lies
/// between `low` and `high` with 95 % (the hull of the highest posterior density set).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChangePoint {
    /// Earliest border the data allow.
    pub low: usize,
    /// Most probable border: the new rate holds from this bin on.
    pub at: usize,
    /// Latest border the data allow.
    pub high: usize,
}

impl ChangePoint {
    /// The same, `bins` further on.
    #[must_use]
    pub const fn moved(self, bins: usize) -> Self {
        ChangePoint { low: self.low + bins, at: self.at + bins, high: self.high + bins }
    }
}

/// Log of the marginal likelihood of `bad` of `n` at one unknown rate: Beta(1/2, 1/2) before, counts
/// divided by the dispersion.
#[must_use]
pub fn ln_evidence(bad: u64, n: u64, dispersion: f64) -> f64 {
    // ln B(1/2, 1/2) = ln pi
    ln_beta(0.5 + bad as f64 / dispersion, 0.5 + (n - bad) as f64 / dispersion) - std::f64::consts::PI.ln()
}

/// Log of the Bayes factor of "`middle` has a rate of its own" against "one rate throughout", for a
/// stretch found as the most favourable one of all within `bins` bins: its two ends are charged with
/// one in `bins (bins + 1) / 2`, a bound from below, since every other place is taken to add nothing.
#[must_use]
pub fn ln_factor(before: Count, middle: Count, after: Count, bins: usize, dispersion: f64) -> f64 {
    let sides = Count { bad: before.bad + after.bad, n: before.n + after.n };
    let own = ln_evidence(sides.bad, sides.n, dispersion) + ln_evidence(middle.bad, middle.n, dispersion);
    let one = ln_evidence(sides.bad + middle.bad, sides.n + middle.n, dispersion);
    own - one - ((bins * (bins + 1)) as f64 / 2.0).max(1.0).ln()
}

/// Sums over bins, so that those of any stretch are at hand.
struct Sums(Vec<Count>);

impl Sums {
    fn of(counts: &[Count]) -> Self {
        let mut sums = vec![Count::default()];
        for c in counts {
            let last = sums[sums.len() - 1];
            sums.push(Count { bad: last.bad + c.bad, n: last.n + c.n });
        }
        Sums(sums)
    }

    fn between(&self, from: usize, to: usize) -> Count {
        Count { bad: self.0[to].bad - self.0[from].bad, n: self.0[to].n - self.0[from].n }
    }
}

/// The rate of a stretch, kept off 0 and 1 by half a request.
fn rate(c: Count) -> f64 {
    (c.bad as f64 + 0.5) / (c.n as f64 + 1.0)
}

/// Log-likelihood of a bin at rate `p`, tempered.
fn at_rate(c: Count, p: f64, dispersion: f64) -> f64 {
    (c.bad as f64 * p.ln() + (c.n - c.bad) as f64 * (1.0 - p).ln()) / dispersion
}

/// The most that [`mixed`] can be.
fn mixed_at_most(c: Count, dispersion: f64) -> f64 {
    if c.bad == 0 || c.bad == c.n { 0.0 } else { at_rate(c, c.bad as f64 / c.n as f64, dispersion) }
}

/// Log of the likelihood of the bin in which the rate went from `p0` to `p1`, the moment being
/// anywhere in it: the mean over the part that lies after. Tried where the likelihood is not flat,
/// which in a bin of many requests is a narrow range.
fn mixed(c: Count, p0: f64, p1: f64, dispersion: f64) -> f64 {
    if c.n == 0 {
        return 0.0;
    }
    let p = rate(c);
    let spread = (p * (1.0 - p) * dispersion / c.n as f64).sqrt();
    let part = |p: f64| ((p - p0) / (p1 - p0)).clamp(0.0, 1.0);
    let (a, b) = (part(p - 5.0 * spread), part(p + 5.0 * spread));
    let (mut from, mut to) = (a.min(b), a.max(b));
    // Far outside of both rates the end that is nearer is all that counts.
    let least = 1e-3;
    if to - from < least {
        (from, to) = if from >= 1.0 - least { (1.0 - least, 1.0) } else { (from, from + least) };
    }
    let step = (to - from) / NODES as f64;
    let values = (0..NODES).map(|i| {
        let u = from + step * (i as f64 + 0.5);
        at_rate(c, p0 + (p1 - p0) * u, dispersion)
    });
    let values: Vec<f64> = values.collect();
    let top = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    top + (values.iter().map(|v| (v - top).exp()).sum::<f64>() * step).ln()
}

/// Whether the share of `after` is at least that of `before` (`upwards`), or at most.
fn goes(before: Count, after: Count, upwards: bool) -> bool {
    let (a, b) = (after.bad as f64 * before.n as f64, before.bad as f64 * after.n as f64);
    before.n > 0 && after.n > 0 && if upwards { a >= b } else { a <= b }
}

/// Posterior of the moment at which the failing rate goes up (`upwards`) or down, for counts whose
/// dispersion is `dispersion`: Beta(1/2, 1/2) on both rates, every moment equally probable
/// beforehand, counts divided by the dispersion (Fearnhead, Stat. Comput. 16, 2006). The bin in
/// which it lies belongs to neither side. `None` for fewer than two bins or without requests.
#[must_use]
pub fn change_point(counts: &[Count], dispersion: f64, upwards: bool) -> Option<ChangePoint> {
    let m = counts.len();
    let sums = Sums::of(counts);
    let sides = |from: usize, to: usize| {
        let (before, after) = (sums.between(0, from), sums.between(to, m));
        let evidence = || ln_evidence(before.bad, before.n, dispersion) + ln_evidence(after.bad, after.n, dispersion);
        goes(before, after, upwards).then(|| (before, after, evidence()))
    };
    let mut borders = vec![f64::NEG_INFINITY; m + 1];
    let mut inside = vec![f64::NEG_INFINITY; m];
    for bin in 0..m {
        if let Some((_, _, weight)) = sides(bin, bin) {
            borders[bin] = weight;
        }
        if let Some((before, after, weight)) = sides(bin, bin + 1) {
            inside[bin] = weight + mixed(counts[bin], rate(before), rate(after), dispersion);
        }
    }
    summed_up(&borders, &inside)
}

/// Joint posterior of the two ends of one outage in at most [`OUTAGE_BINS`] bins: a rate before,
/// one in it, one after, each its own; the ends are told by their own (marginal) posteriors. `None`
/// for more bins, fewer than three, or where no stretch fails more than both its sides.
#[must_use]
pub fn outage(counts: &[Count], dispersion: f64) -> Option<(ChangePoint, ChangePoint)> {
    let m = counts.len();
    if !(3..=OUTAGE_BINS).contains(&m) {
        return None;
    }
    let sums = Sums::of(counts);
    let alone = |from: usize, to: usize| {
        let c = sums.between(from, to);
        ln_evidence(c.bad, c.n, dispersion)
    };
    let heads: Vec<f64> = (0..=m).map(|i| alone(0, i)).collect();
    let tails: Vec<f64> = (0..=m).map(|i| alone(i, m)).collect();
    let possible = |from: usize, to: usize, gap: usize| {
        let (before, middle, after) = (sums.between(0, from), sums.between(from + gap, to), sums.between(to + gap, m));
        (goes(before, middle, true) && goes(middle, after, false)).then_some((before, middle, after))
    };
    let mut pairs: Vec<(usize, usize, f64)> = Vec::new();
    let (mut first, mut last) = (vec![f64::NEG_INFINITY; m + 1], vec![f64::NEG_INFINITY; m + 1]);
    let mut most = f64::NEG_INFINITY;
    for i in 0..m {
        for j in i + 1..m {
            if possible(i, j, 0).is_some() {
                let weight = heads[i] + alone(i, j) + tails[j];
                (first[i], last[j]) = (first[i].max(weight), last[j].max(weight));
            }
            if possible(i, j, 1).is_some() {
                let weight = heads[i] + alone(i + 1, j) + tails[j + 1];
                most = most.max(weight + mixed_at_most(counts[i], dispersion) + mixed_at_most(counts[j], dispersion));
                pairs.push((i, j, weight));
            }
        }
    }
    let mut inside: [Vec<f64>; 2] = [vec![f64::NEG_INFINITY; m], vec![f64::NEG_INFINITY; m]];
    for (i, j, weight) in pairs {
        let bound = weight + mixed_at_most(counts[i], dispersion) + mixed_at_most(counts[j], dispersion);
        let Some((before, middle, after)) = possible(i, j, 1).filter(|_| bound > most - 2.0 * NEGLIGIBLE) else { continue };
        let [p0, p1, p2] = [before, middle, after].map(rate);
        let weight = weight + mixed(counts[i], p0, p1, dispersion) + mixed(counts[j], p1, p2, dispersion);
        inside[0][i] = add_logs(inside[0][i], weight);
        inside[1][j] = add_logs(inside[1][j], weight);
    }
    Some((summed_up(&first, &inside[0])?, summed_up(&last, &inside[1])?))
}

/// ln(e^a + e^b).
fn add_logs(a: f64, b: f64) -> f64 {
    let (low, high) = (a.min(b), a.max(b));
    if low == f64::NEG_INFINITY { high } else { high + (low - high).exp().ln_1p() }
}

/// The hull of the bins that together hold 95 % of the posterior `inside`, the most probable first,
/// and the best of the borders.
fn summed_up(borders: &[f64], inside: &[f64]) -> Option<ChangePoint> {
    let top = borders.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return None;
    }
    // Bins without requests leave borders equally probable: take the first for a rise (the earliest
    // moment from which everything seen is of the new kind) and the first for a fall as well.
    let at = borders.iter().position(|&w| w >= top - 1e-9)?;
    let (low, high) = densest(inside).unwrap_or((at, at));
    Some(ChangePoint { low: low.min(at), at, high: high.max(at) })
}

/// Hull of the highest density set that holds 95 %: first bin, and one past the last.
pub(super) fn densest(weights: &[f64]) -> Option<(usize, usize)> {
    let top = weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return None;
    }
    let sum: f64 = weights.iter().map(|w| (w - top).exp()).sum();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]).then(a.cmp(&b)));
    let (mut reached, mut low, mut high, mut edge) = (0.0, usize::MAX, 0, f64::NEG_INFINITY);
    for bin in order {
        // Bins as probable as the last one taken belong to the set as well: which of them stands
        // first is nothing the data say.
        if reached >= 0.95 && weights[bin] < edge - 1e-9 {
            break;
        }
        reached += (weights[bin] - top).exp() / sum;
        edge = weights[bin];
        (low, high) = (low.min(bin), high.max(bin + 1));
    }
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(plan: &[(usize, u64, u64)]) -> Vec<Count> {
        plan.iter().flat_map(|&(bins, bad, n)| std::iter::repeat_n(Count { bad, n }, bins)).collect()
    }

    #[test]
    fn a_sharp_step_is_dated_to_its_bin() {
        let up = change_point(&steps(&[(20, 0, 50), (20, 40, 50)]), 1.0, true).expect("there is a step");
        assert_eq!(up.at, 20);
        assert!(up.low >= 19 && up.high <= 21, "{up:?}");
        let down = change_point(&steps(&[(20, 40, 50), (20, 0, 50)]), 1.0, false).expect("there is a step");
        assert_eq!(down.at, 20);
    }

    #[test]
    fn a_change_inside_a_bin_is_dated_to_that_bin() {
        let up = change_point(&steps(&[(20, 0, 500), (1, 200, 500), (20, 400, 500)]), 1.0, true).expect("there is a step");
        assert_eq!((up.low, up.high), (20, 21));
    }

    #[test]
    fn few_requests_give_a_wide_range() {
        let thin = change_point(&steps(&[(30, 0, 1), (30, 1, 4)]), 1.0, true).expect("there is a step");
        assert!(thin.low <= 30 && thin.high >= 30 && thin.high - thin.low >= 3, "{thin:?}");
    }

    #[test]
    fn no_change_of_the_asked_direction_gives_none() {
        assert!(change_point(&steps(&[(20, 40, 50), (20, 0, 50)]), 1.0, true).is_none());
        assert!(change_point(&steps(&[(20, 0, 0)]), 1.0, true).is_none());
        assert!(outage(&steps(&[(20, 40, 50), (20, 0, 50), (20, 40, 50)]), 1.0).is_none_or(|(a, b)| a.at > 20 || b.at < 60));
    }

    #[test]
    fn both_ends_of_an_outage_are_dated_together() {
        let (from, to) = outage(&steps(&[(30, 1, 50), (3, 30, 50), (40, 1, 50)]), 1.0).expect("an outage");
        assert_eq!((from.at, to.at), (30, 33));
        assert!(from.low >= 29 && from.high <= 31 && to.low >= 32 && to.high <= 34, "{from:?} {to:?}");
    }

    #[test]
    fn dispersion_widens_the_range() {
        let counts = steps(&[(40, 1, 20), (40, 4, 20)]);
        let width = |phi| change_point(&counts, phi, true).map(|c| c.high - c.low).expect("a step");
        assert!(width(1.0) < width(4.0));
    }

    #[test]
    fn an_interruption_is_favoured_only_where_the_data_show_one() {
        let c = |bad, n| Count { bad, n };
        assert!(ln_factor(c(80, 100), c(0, 100), c(80, 100), 30, 1.0) > 20.0);
        assert!(ln_factor(c(80, 100), c(3, 5), c(80, 100), 30, 1.0) < 0.0);
        assert!(ln_factor(c(8, 100), c(0, 10), c(8, 100), 30, 1.0) < 0.0);
    }
}

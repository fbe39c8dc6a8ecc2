//! Coefficients of a score from cases whose class is known: a logistic regression with an L2 penalty,
//! each family with the same weight, the penalty chosen and the score calibrated on families that were
//! left out (Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning*, 2009, ch. 4 and 7;
//! Platt, 1999, for the calibration).

use crate::family::Family;

/// One case of a pair: its measures on their scales, and whether it belongs to the first of the pair.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) family: Family,
    pub(crate) seed: u64,
    /// `None`: these logs do not give it.
    pub(crate) x: Vec<Option<f64>>,
    pub(crate) first: bool,
}

/// A measure, and towards which of the pair a larger value may point: 1 the first, -1 the second. What
/// the fit would turn round is an accident of these scenarios and gets no weight.
pub(crate) type Signed = (&'static str, i8);

/// A fitted score.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fit {
    pub(crate) intercept: f64,
    /// Centre, spread and weight of each measure.
    pub(crate) rows: Vec<[f64; 3]>,
    /// Calibration: offset and slope.
    pub(crate) offset: f64,
    pub(crate) slope: f64,
    /// Standard error of the calibrated score that the choice of seeds leaves.
    pub(crate) error: f64,
    pub(crate) penalty: f64,
    /// Score of each case by a fit without its family.
    pub(crate) left_out: Vec<f64>,
}

/// Penalties that are tried, for cases whose weights sum to their number.
const PENALTIES: [f64; 6] = [1.0, 3.0, 10.0, 30.0, 100.0, 300.0];
/// Loss, over the least, that a larger penalty may cost.
const WORTH: f64 = 1.1;
/// Share of the cases of each class that must have a measure.
const COMMON: f64 = 0.15;
/// Largest slope of a calibration.
const SLOPE_MAX: f64 = 2.0;
/// Sweeps over all coefficients; far more than are needed.
const SWEEPS: usize = 150;

impl Fit {
    /// The score before its calibration.
    pub(crate) fn score(&self, x: &[Option<f64>]) -> f64 {
        let part = |(x, row): (&Option<f64>, &[f64; 3])| x.map_or(0.0, |x| row[2] * held(x, row));
        self.intercept + x.iter().zip(&self.rows).map(part).sum::<f64>()
    }

    /// The natural logarithm of the likelihood ratio.
    pub(crate) fn calibrated(&self, score: f64) -> f64 {
        self.offset + self.slope * score
    }
}

/// In standard deviations from the centre, three at most, as the program takes it.
fn held(x: f64, row: &[f64; 3]) -> f64 {
    ((x - row[0]) / row[1]).clamp(-3.0, 3.0)
}

/// Weights: both classes the same, each family in its class the same, their sum the number of cases.
pub(crate) fn weights(cases: &[Case]) -> Vec<f64> {
    let like = |c: &Case| cases.iter().filter(|o| o.family == c.family && o.first == c.first).count();
    let families = |first: bool| {
        let mut all: Vec<Family> = cases.iter().filter(|c| c.first == first).map(|c| c.family).collect();
        all.sort();
        all.dedup();
        all.len().max(1)
    };
    let of = [families(false) as f64, families(true) as f64];
    cases.iter().map(|c| 0.5 * cases.len() as f64 / (of[usize::from(c.first)] * like(c) as f64)).collect()
}

/// The whole of it.
pub(crate) fn fit(cases: &[Case], signs: &[Signed]) -> Fit {
    let loss = |scores: &[f64]| {
        let w = weights(cases);
        let each = cases.iter().zip(scores).map(|(c, s)| (1.0 + (if c.first { -s } else { *s }).exp()).ln());
        each.zip(&w).map(|(l, w)| l * w).sum::<f64>()
    };
    let tried = PENALTIES.map(|penalty| (penalty, left_out(cases, signs, penalty)));
    let least = tried.iter().map(|t| loss(&t.1.0)).fold(f64::INFINITY, f64::min);
    // The largest penalty that costs hardly more than the best one: steadier, and as good as far as anybody can tell.
    let best = tried.into_iter().rev().find(|t| loss(&t.1.0) <= least * WORTH);
    let Some((penalty, (left_out, error))) = best else { return Fit::default() };
    let mut fit = plain(cases, signs, penalty);
    (fit.offset, fit.slope) = platt(cases, &left_out);
    (fit.penalty, fit.error, fit.left_out) = (penalty, error * fit.slope, left_out);
    fit
}

/// The score of each case by the others' families, and the standard error of a score.
fn left_out(cases: &[Case], signs: &[Signed], penalty: f64) -> (Vec<f64>, f64) {
    let mut families: Vec<Family> = cases.iter().map(|c| c.family).collect();
    families.sort();
    families.dedup();
    let fits: Vec<Fit> = families
        .iter()
        .map(|f| {
            let others: Vec<Case> = cases.iter().filter(|c| c.family != *f).cloned().collect();
            plain(&others, signs, penalty)
        })
        .collect();
    let own = |c: &Case| families.iter().position(|f| *f == c.family).unwrap_or(0);
    let scores = cases.iter().map(|c| fits[own(c)].score(&c.x)).collect();
    (scores, error(cases, signs, penalty))
}

/// Groups of seeds that are left out in turn.
const GROUPS: u64 = 8;

/// The standard error of a score, from leaving out an eighth of the seeds in turn (jackknife by groups; the middle one of
/// the cases, as a few far out would speak for themselves only). What the choice of families leaves open is not in it: the
/// calibration is made on families left out, so ratios are as moderate as that demands already.
fn error(cases: &[Case], signs: &[Signed], penalty: f64) -> f64 {
    let without = |g: u64| {
        let others: Vec<Case> = cases.iter().filter(|c| c.seed % GROUPS != g).cloned().collect();
        plain(&others, signs, penalty)
    };
    let fits: Vec<Fit> = (0..GROUPS).map(without).collect();
    let k = fits.len() as f64;
    let variance = |c: &Case| {
        let all: Vec<f64> = fits.iter().map(|f| f.score(&c.x)).collect();
        let mean = all.iter().sum::<f64>() / k;
        (k - 1.0) / k * all.iter().map(|s| (s - mean).powi(2)).sum::<f64>()
    };
    let mut errors: Vec<f64> = cases.iter().map(|c| variance(c).sqrt()).collect();
    errors.sort_by(f64::total_cmp);
    errors.get(errors.len() / 2).copied().unwrap_or(1.0)
}

/// The coefficients by coordinate descent (Friedman, Hastie and Tibshirani, 2010), signs kept.
fn plain(cases: &[Case], signs: &[Signed], penalty: f64) -> Fit {
    let w = weights(cases);
    let rows: Vec<[f64; 3]> = (0..signs.len()).map(|j| spread(cases, &w, j)).collect();
    let x: Vec<Vec<f64>> =
        cases.iter().map(|c| c.x.iter().zip(&rows).map(|(x, r)| x.map_or(0.0, |x| held(x, r))).collect()).collect();
    let mut beta = vec![0.0; signs.len()];
    let (mut intercept, mut s) = (0.0, vec![0.0f64; cases.len()]);
    for _ in 0..SWEEPS {
        // The last one is the intercept, which has no penalty.
        for j in 0..=signs.len() {
            let of = |i: usize| x[i].get(j).copied().unwrap_or(1.0);
            let (mut g, mut h) = if j < beta.len() { (penalty * beta[j], penalty) } else { (0.0, 1e-9) };
            for (i, c) in cases.iter().enumerate() {
                let p = 1.0 / (1.0 + (-s[i]).exp());
                g += w[i] * (p - f64::from(u8::from(c.first))) * of(i);
                h += w[i] * (p * (1.0 - p)).max(0.01) * of(i) * of(i);
            }
            let old = if j < beta.len() { beta[j] } else { intercept };
            let mut new = old - g / h;
            if let Some((_, sign)) = signs.get(j)
                && (*sign == 0 || new * f64::from(*sign) < 0.0 || rows[j][2] == 0.0)
            {
                new = 0.0;
            }
            if j < beta.len() {
                beta[j] = new
            } else {
                intercept = new
            }
            for (i, s) in s.iter_mut().enumerate() {
                *s += (new - old) * of(i);
            }
        }
    }
    let rows = rows.iter().zip(&beta).map(|(r, b)| [round(r[0]), round(r[1]), round(*b)]).collect();
    Fit { intercept: round(intercept), rows, slope: 1.0, ..Fit::default() }
}

/// Centre and spread of a measure; the third is 0 where too few of a class have it.
fn spread(cases: &[Case], w: &[f64], j: usize) -> [f64; 3] {
    let have = |first: bool| {
        let of: Vec<bool> = cases.iter().filter(|c| c.first == first).map(|c| c.x[j].is_some()).collect();
        of.iter().filter(|&&h| h).count() as f64 >= COMMON * of.len() as f64
    };
    let values: Vec<(f64, f64)> = cases.iter().zip(w).filter_map(|(c, w)| c.x[j].map(|x| (x, *w))).collect();
    let sum = values.iter().map(|v| v.1).sum::<f64>().max(1e-9);
    let mean = values.iter().map(|v| v.0 * v.1).sum::<f64>() / sum;
    let sd = (values.iter().map(|v| (v.0 - mean).powi(2) * v.1).sum::<f64>() / sum).sqrt();
    [mean, sd.max(0.05), f64::from(u8::from(have(true) && have(false) && sd > 1e-6))]
}

/// Offset and slope that make left-out scores likelihood ratios. Scores that a penalty made small may grow again, but
/// not beyond [`SLOPE_MAX`] times.
fn platt(cases: &[Case], scores: &[f64]) -> (f64, f64) {
    let w = weights(cases);
    let (mut a, mut b) = (0.0, 1.0);
    for _ in 0..200 {
        let (mut ga, mut gb, mut haa, mut hab, mut hbb) = (0.0, 0.0, 1e-6, 0.0, 1e-6);
        for ((c, &s), &w) in cases.iter().zip(scores).zip(&w) {
            let p = 1.0 / (1.0 + (-(a + b * s)).exp());
            let (e, v) = (w * (p - f64::from(u8::from(c.first))), w * (p * (1.0 - p)).max(1e-4));
            (ga, gb) = (ga + e, gb + e * s);
            (haa, hab, hbb) = (haa + v, hab + v * s, hbb + v * s * s);
        }
        let det = haa * hbb - hab * hab;
        if det.abs() < 1e-12 {
            break;
        }
        a -= 0.5 * (hbb * ga - hab * gb) / det;
        b -= 0.5 * (haa * gb - hab * ga) / det;
        b = b.clamp(0.05, SLOPE_MAX);
    }
    (round(a), round(b))
}

/// Three decimals: what is written is what is used, and the last digits of a processor do not show.
fn round(x: f64) -> f64 {
    let r = (x * 1e3).round() / 1e3;
    if r == 0.0 { 0.0 } else { r }
}

/// The cost of log-likelihood ratios (natural logarithms), in bits; 1 is what always saying "1" costs
/// (Brümmer and du Preez, *Computer Speech and Language* 2006). Each family weighs the same.
pub(crate) fn cllr(cases: &[Case], lrs: &[f64]) -> f64 {
    let w = weights(cases);
    let each = cases.iter().zip(lrs).map(|(c, s)| (1.0 + (if c.first { -s } else { *s }).exp()).log2());
    each.zip(&w).map(|(l, w)| l * w).sum::<f64>().max(0.0) / w.iter().sum::<f64>().max(1e-9)
}

/// The least cost that any calibration of these scores could have: by pooling adjacent violators.
pub(crate) fn least_cllr(cases: &[Case], scores: &[f64]) -> f64 {
    let w = weights(cases);
    let mut order: Vec<usize> = (0..cases.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    // Blocks: weight of the first class, weight of all, members.
    let mut blocks: Vec<(f64, f64, Vec<usize>)> = Vec::new();
    for i in order {
        blocks.push((if cases[i].first { w[i] } else { 0.0 }, w[i], vec![i]));
        while let [.., a, b] = &blocks[..] {
            if a.0 / a.1 < b.0 / b.1 {
                break;
            }
            if let (Some(b), Some(a)) = (blocks.pop(), blocks.last_mut()) {
                a.0 += b.0;
                a.1 += b.1;
                a.2.extend(b.2);
            }
        }
    }
    let mut lrs = vec![0.0; cases.len()];
    for (first, all, members) in blocks {
        let p = (first / all).clamp(1e-9, 1.0 - 1e-9);
        members.iter().for_each(|&i| lrs[i] = (p / (1.0 - p)).ln());
    }
    cllr(cases, &lrs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Rng;
    use crate::family::TRAINING;

    /// Cases of two classes that differ in the first measure; the second is chance, the third turned round.
    fn made(n: usize, distance: f64) -> Vec<Case> {
        let mut rng = Rng::new(5, 5);
        (0..n)
            .map(|i| {
                let first = i % 2 == 0;
                let at = if first { distance } else { 0.0 };
                let x =
                    vec![Some(at + rng.normal()), Some(rng.normal()), Some(rng.normal() - at), rng.chance(0.05).then_some(9.0)];
                Case { family: TRAINING[i % 8], seed: i as u64 / 8, x, first }
            })
            .collect()
    }

    const SIGNS: [Signed; 4] = [("a", 1), ("b", 1), ("c", 1), ("d", 1)];

    #[test]
    fn the_weight_goes_to_what_tells_apart_and_keeps_its_sign() {
        let cases = made(800, 1.5);
        let fit = fit(&cases, &SIGNS);
        let w: Vec<f64> = fit.rows.iter().map(|r| r[2]).collect();
        // Two normals that far apart: the logarithm of the ratio rises by the distance for each unit.
        assert!(
            (fit.slope * w[0] / fit.rows[0][1] - 1.5).abs() < 0.4 && w[1] < 0.2 && w[2] == 0.0 && w[3] == 0.0,
            "{:?}",
            fit.rows
        );
        let lrs: Vec<f64> = fit.left_out.iter().map(|s| fit.calibrated(*s)).collect();
        let (cost, least) = (cllr(&cases, &lrs), least_cllr(&cases, &lrs));
        assert!(least <= cost && cost < 0.75 && cost > 0.4, "{least} {cost}");
    }

    #[test]
    fn what_tells_nothing_apart_costs_one_bit() {
        let cases = made(400, 0.0);
        let fit = fit(&cases, &SIGNS);
        let lrs: Vec<f64> = fit.left_out.iter().map(|s| fit.calibrated(*s)).collect();
        assert!((cllr(&cases, &lrs) - 1.0).abs() < 0.05);
        assert!((cllr(&cases, &vec![0.0; cases.len()]) - 1.0).abs() < 1e-9);
    }
}

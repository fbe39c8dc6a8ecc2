//! Question: which explanation do the measures favour, how much, and what does that rest on?
//! Method: one score per group of correlated measures, a logistic on their standardised values; the
//! calibrated score is the logarithm of a likelihood ratio for one pair of rivals, capped by the number of cases it was
//! validated on. Recomputed without each measure.
//! Assumes: the cases that the coefficients were fitted on are like this one.
//! Reference: Aitken and Taroni, *Statistics and the Evaluation of Evidence*, 2004, for ratios of
//! pairs; Morrison, Australian Journal of Forensic Sciences 45 (2013) 173, for calibration by logistic regression;
//! Vergeer and others, Science & Justice 56 (2016) 482, for the cap.

pub mod came;
pub mod mixture;
pub mod signs;
pub mod standing;
pub mod table;
pub mod words;

use super::evidence::Evidence;
use super::measure::{Given, Ground, Place, measures};
use super::scope::Finding;
use crate::case::operations::Surge;
use crate::case::weighing::{Contribution, Group, Measure, Pair, Weighing};
use crate::case::{Axis, Explanation};
use crate::stats::interval::Z95;
use table::{DEMAND, Table, WHO};

/// What is asked.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The evidence, with the window that is weighed.
    pub e: &'a Evidence<'a>,
    /// What the scope found.
    pub f: &'a Finding,
    /// By leaf: what is looked at; the whole site without it.
    pub target: Option<&'a [bool]>,
    /// Whether it failed.
    pub failed: bool,
    /// Whether there is a window at all: of failures, of the user, or of demand.
    pub demand: bool,
    /// Surge with retries put together, where something failed.
    pub surge: Option<&'a Surge>,
    /// What scope and gaps say.
    pub place: Place,
    /// Whether lines are surely lost.
    pub surely_lost: bool,
    /// Whether a log is silent within the window.
    pub lost_in_window: bool,
    /// The axis of the charts.
    pub axis: &'a Axis,
}

/// The natural logarithm of a likelihood ratio: value and half width of its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Value.
    pub ln: f64,
    /// Half width.
    pub half: f64,
    /// Measures that had a value.
    pub used: usize,
}

/// The score of a table on these measures, `without` one of them. The interval holds what the coefficients and the
/// measures leave open; a measure without a value leaves open what it would have added, by one standard deviation. Where
/// measures contradict one another, those that point against the sum leave as much open as they point: a mixture, or
/// somebody who hides in one way and not in another, is like neither class.
#[must_use]
pub fn score(table: &Table, measures: &[Measure], without: Option<&str>) -> Scored {
    let (mut sum, mut square, mut used) = (table.intercept, (Z95 * table.error).powi(2), 0);
    let (mut up, mut down) = (0.0, 0.0);
    for row in table.rows.iter().filter(|r| r.weight != 0.0 && r.spread > 0.0) {
        let per = table.slope * row.weight / row.spread;
        let features = measures.iter().find(|m| m.id == row.id && without != Some(row.id)).and_then(Measure::features);
        let Some([x, low, high]) = features else {
            square += if without == Some(row.id) { 0.0 } else { (table.slope * row.weight).powi(2) };
            continue;
        };
        // What is further out than anything the coefficients were fitted on counts as that: three deviations.
        let held = |x: f64| ((x - row.centre) / row.spread).clamp(-3.0, 3.0);
        let part = row.weight * held(x);
        sum += part;
        if part > 0.0 {
            up += part
        } else {
            down -= part
        }
        square += (per * (held(high) - held(low)) * row.spread / 2.0).powi(2);
        used += 1;
    }
    let ln = table.offset + table.slope * sum;
    square += (table.slope * if ln >= 0.0 { down } else { up }).powi(2);
    Scored { ln, half: square.sqrt(), used }
}

/// Largest logarithm (base 10) that so many cases of the rival allow: a third of them (rule of three: with none of n
/// misleading, up to 3/n may be).
fn cap(cases: u32) -> f64 {
    (f64::from(cases) / 3.0).max(1.0).log10()
}

/// How a pair came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// For the first.
    A,
    /// For the second.
    B,
    /// The evidence does not choose.
    Open,
}

/// Ten times more probable, and surely more probable at all: moderate support on the ENFSI scale, the least that is
/// worth acting on.
const CLEAR: f64 = 1.0;

/// For the second of a pair, the innocent one, the whole interval is not asked for but that the ratio exceeds one with
/// 95 %, one-sided: to call people an attack is the worse mistake, so the first must hold to 97.5 %.
const ONE_SIDED: f64 = 1.645 / Z95;

impl Pair {
    /// Which of the two is favoured clearly.
    #[must_use]
    pub fn side(&self) -> Side {
        match (self.log10_lr, self.low, self.high) {
            (Some(v), Some(low), Some(high)) => side(v, low, high),
            _ => Side::Open,
        }
    }
}

fn side(v: f64, low: f64, high: f64) -> Side {
    let near = 1e-9;
    if v >= CLEAR - near && low > 0.0 {
        Side::A
    } else if v <= -CLEAR + near && v + ONE_SIDED * (high - v) < 0.0 {
        Side::B
    } else {
        Side::Open
    }
}

/// Fewest measures that a score is made of.
const USED_MIN: usize = 2;

fn pair(table: &Table, measures: &[Measure], group: Group, a: &'static str, b: &'static str) -> Pair {
    let ln10 = std::f64::consts::LN_10;
    // What favours the first is limited by the cases of the second, and the other way round.
    let (up, down) = (cap(table.cases[1]), cap(table.cases[0]));
    let held = |x: f64| (x / ln10).clamp(-down, up);
    let whole = score(table, measures, None);
    let ends = |s: Scored| (held(s.ln), held(s.ln - s.half), held(s.ln + s.half));
    let (v, low, high) = ends(whole);
    let known = whole.used >= USED_MIN;
    let mut parts = Vec::new();
    let mut rests_on = Vec::new();
    for row in table.rows.iter().filter(|r| known && r.weight != 0.0) {
        if measures.iter().find(|m| m.id == row.id).and_then(Measure::features).is_none() {
            continue;
        }
        let less = score(table, measures, Some(row.id));
        let (w, l, h) = ends(less);
        parts.push(Contribution { id: row.id, log10: (whole.ln - less.ln) / ln10, without: w });
        if side(w, l, h) != side(v, low, high) {
            rests_on.push(row.id);
        }
    }
    parts.sort_by(|x, y| y.log10.abs().total_cmp(&x.log10.abs()).then(x.id.cmp(y.id)));
    let cap = if v >= 0.0 { up } else { down };
    let mut out = Pair {
        group,
        a,
        b,
        log10_lr: known.then_some(v),
        low: known.then_some(low),
        high: known.then_some(high),
        cap,
        words: String::new(),
        rests_on,
        parts,
    };
    out.words = words::strength(&out);
    out
}

/// Weighs the explanations.
#[must_use]
pub fn weigh(asked: &Asked<'_>) -> (Vec<Explanation>, Weighing) {
    if !asked.demand {
        let weighing = Weighing {
            says: "Nothing failed and demand did not stand out at any time, so there is nothing to weigh.".into(),
            signs: signs::signs(asked),
            coefficients: table::SOURCE,
            ..Weighing::default()
        };
        return (standing::explanations(asked, &weighing), weighing);
    }
    let ground = Ground::new(asked.e, asked.target);
    let measures = measures(&ground, &Given { surge: asked.surge, place: asked.place });
    let mut pairs = vec![pair(&WHO, &measures, Group::Who, "attack", "flash-crowd")];
    if asked.failed {
        pairs.push(pair(&DEMAND, &measures, Group::Demand, "surge", "internal-fault"));
    }
    let mut weighing = Weighing {
        says: String::new(),
        stretch: Some(asked.e.window),
        measures,
        pairs,
        components: mixture::components(&ground),
        signs: signs::signs(asked),
        came: came::came(&ground, asked.axis),
        per_client: came::per_client(&ground),
        coefficients: table::SOURCE,
    };
    let explanations = standing::explanations(asked, &weighing);
    weighing.says = words::summary(asked, &explanations, &weighing);
    (explanations, weighing)
}

#[cfg(test)]
mod tests {
    use super::table::Row;
    use super::*;
    use crate::case::weighing::{About, Scale};

    fn measure(id: &'static str, value: Option<(f64, f64, f64)>) -> Measure {
        Measure {
            id,
            name: "",
            group: Group::Who,
            about: About::Site,
            value: value.map(|v| v.0),
            low: value.map(|v| v.1),
            high: value.map(|v| v.2),
            placebo: None,
            scale: Scale::Identity,
            says: String::new(),
        }
    }

    const ROWS: [Row; 2] =
        [Row { id: "rate", centre: 0.0, spread: 1.0, weight: 2.0 }, Row { id: "pace", centre: 0.0, spread: 1.0, weight: 1.0 }];
    const TABLE: Table = Table { intercept: 0.0, rows: &ROWS, slope: 1.0, offset: 0.0, error: 0.1, cases: [90, 90] };

    #[test]
    fn what_cannot_be_measured_adds_nothing_and_leaves_more_open() {
        let both = [measure("rate", Some((1.0, 0.9, 1.1))), measure("pace", Some((0.0, -0.1, 0.1)))];
        let one = [measure("rate", Some((1.0, 0.9, 1.1))), measure("pace", None)];
        let (a, b) = (score(&TABLE, &both, None), score(&TABLE, &one, None));
        assert!((a.ln - b.ln).abs() < 1e-12 && b.half > a.half && a.used == 2 && b.used == 1);
    }

    #[test]
    fn a_ratio_is_capped_by_the_cases_of_the_rival_and_told_what_it_rests_on() {
        let list = [measure("rate", Some((3.0, 2.9, 3.1))), measure("pace", Some((0.5, 0.4, 0.6)))];
        let p = pair(&TABLE, &list, Group::Who, "attack", "flash-crowd");
        assert_eq!(p.side(), Side::A);
        assert!((p.log10_lr.expect("a ratio") - 30f64.log10()).abs() < 1e-9, "{p:?}");
        assert_eq!(p.rests_on, ["rate"]);
        assert_eq!(pair(&TABLE, &[], Group::Who, "attack", "flash-crowd").side(), Side::Open);
    }

    #[test]
    fn measures_that_contradict_one_another_leave_more_open() {
        let of =
            |pace: f64| score(&TABLE, &[measure("rate", Some((2.0, 2.0, 2.0))), measure("pace", Some((pace, pace, pace)))], None);
        assert!((of(-2.5).half.powi(2) - of(2.5).half.powi(2) - 6.25).abs() < 1e-9);
    }

    #[test]
    fn an_interval_that_holds_one_decides_nothing() {
        let wide = [measure("rate", Some((1.0, -3.0, 3.0))), measure("pace", Some((1.0, 0.4, 1.6)))];
        assert_eq!(pair(&TABLE, &wide, Group::Who, "attack", "flash-crowd").side(), Side::Open);
    }
}

//! Question: which sizes had for a while a share of a thing's answers that they do not have otherwise, be it a small one?
//! Method: for every resource and method, and for single classes of size, runs of them (so that a size that varies a
//! little is found too), all that is smaller than a bound, answers without a body and redirects: the stretch of time
//! with the largest excess (Bentley, CACM 27, 1984), held against the rest by the likelihood ratio of two binomial
//! shares (the scan statistic of Kulldorff, Communications in Statistics 26, 1997).
//! Assumes: answers of different clients are independent; that many clients met it is looked at later (`decide`).
//! Reference: see `analyse::soft`.

use super::screen::ANSWERS_MIN;
use crate::examine::probe::{SUSPECTS_MAX, Suspect, Whom};
use crate::outcome::Verb;
use crate::resource::NO_PATH;
use crate::survey::{EMPTY, Mode, NO_CONTENT, REDIRECT, Tallied};
use crate::time::{Span, Step};
use std::collections::BTreeMap;

/// Smallest share that is looked for: what one visitor in twenty meets.
pub const MINOR_MIN: f64 = 0.05;

/// Smallest share of redirects or of answers without a body where there were some before: a fifth of the visitors.
pub const KNOWN_MIN: f64 = 0.2;

/// How many times the share outside its stretch a size must have in it: a tenth of a minor share is what
/// chance brings where sizes vary.
pub const RATIO_NEW: f64 = 10.0;

/// The same for redirects and answers without a body, of which there may have been some all the time.
pub const RATIO_KNOWN: f64 = 4.0;

/// Log-likelihood ratio from which on it is not chance: a log has some hundred thousand stretches and classes to look at,
/// ln 100,000 is 11.5, and in a thousand logs of pure chance one should be told (ln 1,000 is 6.9).
pub const STANDS_OUT: f64 = 18.5;

/// Log-likelihood ratio from which on they also came more often: a little less than for the share, since both are asked.
pub const OFTEN: f64 = 14.0;

/// Answers of the size in question, at least: one more than the clients that must have met it.
pub const HITS_MIN: u64 = 12;

/// Widths of runs of classes: to two doublings of the size.
const WIDTHS: [u16; 7] = [1, 2, 4, 8, 16, 32, 64];

/// Bounds below which all sizes are taken together lie half a doubling apart.
const BOUNDS: u16 = 16;

/// Classes on either side that are looked at too: what rose only at the cost of its neighbours is a size that wobbles by
/// 5 %, not a new one.
const WOBBLE: u16 = 2;

/// Log-likelihood ratio that must be left with these neighbours.
const WOBBLE_LEAVES: f64 = 10.0;

/// Classes below the mean of the others from which on it is taken for smaller: three quarters of a doubling.
const SMALLER: f64 = 24.0;

/// Shares beyond which excess is summed: one of them lies between the ordinary share and that of the stretch.
const BEYOND: [f64; 6] = [0.025, 0.05, 0.1, 0.2, 0.4, 0.7];

/// Different sizes of one thing that came and went, from which on that is its habit.
const HABIT: usize = 4;

/// Most suspects of this kind, so that the others find room.
const RISEN_MAX: usize = SUSPECTS_MAX / 2;

/// Adds what rose to what dominated; at most [`SUSPECTS_MAX`] are left, those that stand out most.
pub fn join(suspects: &mut Vec<Suspect>, tallied: &Tallied) {
    let mut found: Vec<(f64, Suspect)> = Vec::new();
    for ((name, verb), cells) in tallied.of.iter().filter(|((name, _), _)| name != NO_PATH) {
        found.extend(risen(cells, tallied.step).into_iter().map(|r| (r.excess, r.suspect(name, *verb, tallied.step))));
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| order(&a.1).cmp(&order(&b.1))));
    found.truncate(RISEN_MAX);
    suspects.truncate(SUSPECTS_MAX - found.len());
    suspects.extend(found.into_iter().map(|f| f.1));
}

fn order(s: &Suspect) -> (String, Verb, Span, Mode) {
    let name = match &s.whom {
        Whom::Resource(name) => name.clone(),
        Whom::Bucket(bucket) => bucket.to_string(),
    };
    (name, s.verb, s.span, s.mode)
}

/// Answers of one thing, by the slices of time that have any.
struct Series {
    slices: Vec<u32>,
    /// Answers before each slice, and all.
    before: Vec<u64>,
    /// For each class: place of the slice, and number.
    classes: BTreeMap<u16, Vec<(usize, u64)>>,
}

/// A size, or a range of them, with its stretch.
#[derive(Clone, Copy, Debug)]
struct Risen {
    excess: f64,
    mode: Mode,
    /// First slice, and the one behind the last.
    slices: (u32, u32),
    /// Whether the series goes on after it and had begun before.
    inside: bool,
    smaller: bool,
}

impl Risen {
    fn suspect(self, name: &str, verb: Verb, step: Step) -> Suspect {
        let at = |slice: u32| step.start(i64::from(slice));
        let (from, to) = self.slices;
        let span = Span::new(at(from), at(to));
        let wide = Span::new(at(from.saturating_sub(1)), at(to.saturating_add(1)));
        Suspect { whom: Whom::Resource(name.to_owned()), span, wide, mode: self.mode, verb, risen: true }
    }
}

/// How much likelier two different shares are than one: the log-likelihood ratio of binomial counts (hits, answers)
/// inside and outside, against one share for both (Kulldorff 1997, eq. 3). Nought where the share inside is not larger.
#[must_use]
pub fn excess(inside: (u64, u64), outside: (u64, u64)) -> f64 {
    let both = (inside.0 + outside.0, inside.1 + outside.1);
    let share = |(k, n): (u64, u64)| k as f64 / n.max(1) as f64;
    if share(inside) <= share(outside) {
        return 0.0;
    }
    let term = |x: f64, p: f64| if x > 0.0 { x * p.ln() } else { 0.0 };
    let fit = |(k, n): (u64, u64), p: f64| term(k as f64, p) + term((n - k) as f64, 1.0 - p);
    fit(inside, share(inside)) + fit(outside, share(outside)) - fit(both, share(both))
}

/// How much likelier two rates are than one: the log-likelihood ratio of Poisson counts inside and outside, in `lasting` and
/// `for_the_rest` units of time; nought where the rate inside is not larger. A share may also rise because fewer others came,
/// or because elsewhere a crowd came for something else.
#[must_use]
pub fn more_often(inside: u64, lasting: f64, outside: u64, for_the_rest: f64) -> f64 {
    let (k, m) = (inside as f64, outside as f64);
    let expected = (k + m) * lasting / (lasting + for_the_rest).max(1e-9);
    if k <= expected || expected <= 0.0 {
        return 0.0;
    }
    let rest = if m > 0.0 { m * (m / (k + m - expected)).ln() } else { 0.0 };
    k * (k / expected).ln() + rest
}

/// Whether a class stands for something else than a size.
fn is_special(class: u16) -> bool {
    matches!(class, EMPTY | NO_CONTENT | REDIRECT)
}

/// The smallest share, and how many times the ordinary one, that calls for a look.
#[must_use]
pub fn least(mode: Mode, outside: (u64, u64)) -> (f64, f64) {
    if !is_special(mode.high) {
        return (MINOR_MIN, RATIO_NEW);
    }
    let known = outside.0 as f64 * RATIO_NEW > MINOR_MIN * outside.1 as f64;
    (if known { KNOWN_MIN } else { MINOR_MIN }, RATIO_KNOWN)
}

impl Series {
    fn new(cells: &[(u32, u16, u32)]) -> Self {
        let mut series = Series { slices: Vec::new(), before: vec![0], classes: BTreeMap::new() };
        let mut sum = 0;
        for &(slice, class, n) in cells {
            if series.slices.last() != Some(&slice) {
                series.slices.push(slice);
                series.before.push(sum);
            }
            sum += u64::from(n);
            if let Some(last) = series.before.last_mut() {
                *last = sum;
            }
            series.classes.entry(class).or_default().push((series.slices.len() - 1, u64::from(n)));
        }
        series
    }

    fn answers(&self, (a, b): (usize, usize)) -> u64 {
        self.before[b] - self.before[a]
    }

    fn all(&self) -> u64 {
        self.before.last().copied().unwrap_or(0)
    }

    /// Answers of these classes, by place, ascending.
    fn hits(&self, mode: Mode) -> Vec<(usize, u64)> {
        let mut out: Vec<(usize, u64)> =
            self.classes.range(mode.low..=mode.high).flat_map(|(_, of)| of.iter().copied()).collect();
        out.sort_unstable();
        out.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                kept.1 += later.1;
            }
            same
        });
        out
    }

    /// The run of slices with the largest sum of hits beyond the share `beyond`.
    fn run(&self, hits: &[(usize, u64)], beyond: f64) -> (usize, usize) {
        let (mut best, mut most) = ((0, 0), 0.0);
        let (mut from, mut sum) = (0, 0.0);
        let mut next = 0;
        for &(place, n) in hits {
            sum -= beyond * self.answers((next, place)) as f64;
            if sum <= 0.0 {
                (from, sum) = (place, 0.0);
            }
            sum += n as f64 - beyond * self.answers((place, place + 1)) as f64;
            next = place + 1;
            if sum > most {
                (best, most) = ((from, next), sum);
            }
        }
        best
    }

    /// Hits and answers inside a run and outside of it.
    fn split(&self, hits: &[(usize, u64)], run: (usize, usize)) -> ((u64, u64), (u64, u64)) {
        let all: u64 = hits.iter().map(|h| h.1).sum();
        let inside: u64 = hits.iter().filter(|h| run.0 <= h.0 && h.0 < run.1).map(|h| h.1).sum();
        let n = self.answers(run);
        ((inside, n), (all - inside, self.all() - n))
    }

    /// Slices from the first to the last of a run, those without answers too.
    fn slices_in(&self, run: (usize, usize)) -> f64 {
        f64::from(self.slices[run.1 - 1] - self.slices[run.0] + 1)
    }

    /// Slices before and after it.
    fn slices_out(&self, run: (usize, usize)) -> f64 {
        self.slices_in((0, self.slices.len())) - self.slices_in(run)
    }

    /// The stretch in which these classes stand out most, if they do.
    fn scan(&self, mode: Mode) -> Option<Risen> {
        let hits = self.hits(mode);
        if hits.iter().map(|h| h.1).sum::<u64>() < HITS_MIN {
            return None;
        }
        let mut best: Option<(f64, (usize, usize))> = None;
        for beyond in BEYOND {
            let run = self.run(&hits, beyond);
            let (inside, outside) = self.split(&hits, run);
            let share = inside.0 as f64 / inside.1.max(1) as f64;
            let usual = (outside.0 as f64 + 0.5) / (outside.1 as f64 + 1.0);
            let (smallest, ratio) = least(mode, outside);
            let fits = inside.0 >= HITS_MIN && outside.1 >= ANSWERS_MIN && share >= smallest && share >= ratio * usual;
            let fits = fits && more_often(inside.0, self.slices_in(run), outside.0, self.slices_out(run)) >= OFTEN;
            let excess = excess(inside, outside);
            if fits && excess >= STANDS_OUT && best.is_none_or(|b| excess > b.0) {
                best = Some((excess, run));
            }
        }
        let (excess, run) = best?;
        if !is_special(mode.high) && self.wobbles(mode, run) {
            return None;
        }
        Some(Risen {
            excess,
            mode,
            slices: (self.slices[run.0], self.slices[run.1 - 1] + 1),
            inside: run.0 > 0 && run.1 < self.slices.len(),
            smaller: f64::from(mode.high) + SMALLER <= self.mean_but(mode),
        })
    }

    /// Whether nothing stands out any more once the neighbours are counted too.
    fn wobbles(&self, mode: Mode, run: (usize, usize)) -> bool {
        let wide = Mode { low: mode.low.saturating_sub(WOBBLE).max(EMPTY + 1), high: (mode.high + WOBBLE).min(NO_CONTENT - 1) };
        let (inside, outside) = self.split(&self.hits(wide), run);
        excess(inside, outside) < WOBBLE_LEAVES
    }

    /// Mean class of the other sizes.
    fn mean_but(&self, mode: Mode) -> f64 {
        let others = self.classes.iter().filter(|(c, _)| !is_special(**c) && !(mode.low..=mode.high).contains(*c));
        let (sum, n) = others.fold((0, 0), |(sum, n), (class, of)| {
            let here: u64 = of.iter().map(|h| h.1).sum();
            (sum + u64::from(*class) * here, n + here)
        });
        sum as f64 / n.max(1) as f64
    }

    /// Everything that is tried.
    fn modes(&self) -> Vec<Mode> {
        let mut out: Vec<Mode> = [EMPTY, NO_CONTENT, REDIRECT]
            .into_iter()
            .filter(|c| self.classes.contains_key(c))
            .map(|c| Mode { low: c, high: c })
            .collect();
        for &class in self.classes.keys().filter(|c| !is_special(**c)) {
            for width in WIDTHS {
                // Runs of a width begin at every half of it.
                let every = (width / 2).max(1);
                let first = (class / every * every).max(1);
                out.extend(
                    [first, first.saturating_sub(every).max(1)]
                        .map(|low| Mode { low, high: (low + width - 1).min(NO_CONTENT - 1) }),
                );
            }
            let bound = class / BOUNDS * BOUNDS + BOUNDS - 1;
            out.push(Mode { low: 1, high: bound.min(NO_CONTENT - 1) });
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}

/// What stands out in one series: at most two, the strongest first.
fn risen(cells: &[(u32, u16, u32)], step: Step) -> Vec<Risen> {
    let series = Series::new(cells);
    if series.all() < 2 * ANSWERS_MIN || step.0 <= 0 {
        return Vec::new();
    }
    let mut found: Vec<Risen> = series.modes().into_iter().filter_map(|mode| series.scan(mode)).collect();
    // The narrower of two that say as good as the same: two nats for each e-fold of width, or a stray answer decides.
    let rank = |r: &Risen| r.excess - 2.0 * f64::from(r.mode.high - r.mode.low + 1).ln();
    found.sort_by(|a, b| rank(b).total_cmp(&rank(a)).then(a.mode.cmp(&b.mode)));
    let mut kept: Vec<Risen> = Vec::new();
    for r in found {
        let same =
            |k: &Risen| k.mode.low <= r.mode.high.saturating_add(WOBBLE) && r.mode.low <= k.mode.high.saturating_add(WOBBLE);
        if !kept.iter().any(same) {
            kept.push(r);
        }
    }
    let habit = kept.iter().filter(|r| r.inside && !is_special(r.mode.high)).count() >= HABIT;
    // A larger or equal size that stays is new content, and so is one of many that come and go.
    kept.retain(|r| is_special(r.mode.high) || r.smaller || (r.inside && !habit));
    kept.truncate(2);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::size_class;

    /// Sixty slices: sizes with their numbers outside and inside slices 20 to 29.
    fn cells(outside: &[(u64, u32)], inside: &[(u64, u32)]) -> Vec<(u32, u16, u32)> {
        let mut out: BTreeMap<(u32, u16), u32> = BTreeMap::new();
        for slice in 100..160 {
            let sizes = if (120..130).contains(&slice) { inside } else { outside };
            sizes.iter().for_each(|&(size, n)| *out.entry((slice, size_class(size))).or_default() += n);
        }
        out.into_iter().map(|((slice, class), n)| (slice, class, n)).collect()
    }

    fn found(outside: &[(u64, u32)], inside: &[(u64, u32)]) -> Vec<(u32, u32)> {
        risen(&cells(outside, inside), Step(60)).iter().map(|r| r.slices).collect()
    }

    /// Forty sizes, one answer each.
    fn many() -> Vec<(u64, u32)> {
        (0..40).map(|i| (2_000 + 613 * i, 1)).collect()
    }

    #[test]
    fn a_size_that_was_never_there_is_seen_from_a_twentieth_up() {
        let mut with = many();
        with.push((1_337, 3));
        assert_eq!(found(&many(), &with), [(120, 130)]);
        assert_eq!(found(&[(8_140, 30)], &[(8_140, 27), (3_000, 3)]), [(120, 130)]);
        assert!(found(&[(8_140, 100)], &[(8_140, 98), (3_000, 2)]).is_empty());
    }

    #[test]
    fn sizes_that_vary_a_little_or_are_all_tiny_are_seen_as_well() {
        let mut near = many();
        near.extend([(1_300, 1), (1_337, 1), (1_371, 1)]);
        assert_eq!(found(&many(), &near), [(120, 130)]);
        let mut tiny = many();
        tiny.extend((0..8).map(|i| (120 + 60 * i, 1)));
        assert_eq!(found(&many(), &tiny), [(120, 130)]);
    }

    #[test]
    fn a_page_that_wobbles_or_has_ever_new_sizes_shows_nothing() {
        assert!(found(&[(8_140, 30)], &[(8_140, 15), (8_420, 15)]).is_empty());
        let turning: Vec<(u32, u16, u32)> =
            (0..60).map(|slice| (slice, size_class(4_000 + 500 * u64::from(slice / 10)), 20)).collect();
        assert!(risen(&turning, Step(60)).is_empty());
        assert!(found(&many(), &many()).is_empty());
    }

    #[test]
    fn redirects_that_were_there_before_are_seen_where_they_rise_much() {
        let of = |n: u32| [(8_140, 100 - n), (u64::MAX, n)];
        let cells = |outside, inside| {
            let redirect = size_class(u64::MAX);
            let as_redirect = |c: (u32, u16, u32)| (c.0, if c.1 == redirect { REDIRECT } else { c.1 }, c.2);
            let mut all: Vec<_> = cells(&of(outside), &of(inside)).into_iter().map(as_redirect).collect();
            all.sort_unstable();
            risen(&all, Step(60))
        };
        assert_eq!(cells(5, 60).iter().map(|r| (r.slices, r.mode.high)).collect::<Vec<_>>(), [((120, 130), REDIRECT)]);
        assert!(cells(5, 15).is_empty() && cells(30, 60).is_empty());
    }

    #[test]
    fn fewer_others_are_no_rise() {
        // As many of them as ever, while hardly anything else is asked for.
        assert!(found(&[(8_140, 100), (3_000, 2)], &[(8_140, 5), (3_000, 2)]).is_empty());
    }

    #[test]
    fn two_rates_are_weighed_against_one() {
        assert!(more_often(10, 10.0, 50, 50.0).abs() < 1e-9 && more_often(1, 10.0, 50, 50.0).abs() < 1e-9);
        assert!((more_often(12, 10.0, 0, 90.0) - 12.0 * 10f64.ln()).abs() < 1e-9);
        assert!(more_often(30, 10.0, 30, 90.0) < more_often(30, 10.0, 10, 90.0));
    }

    #[test]
    fn two_shares_are_weighed_against_one() {
        assert!(excess((5, 100), (50, 1_000)).abs() < 1e-9);
        assert!(excess((1, 100), (50, 1_000)).abs() < 1e-9);
        // 12 of 12 where 0 of 100 were: 112 H(12/112) in nats.
        let p: f64 = 12.0 / 112.0;
        let expected = -112.0 * (p * p.ln() + (1.0 - p) * (1.0 - p).ln());
        assert!((excess((12, 12), (0, 100)) - expected).abs() < 1e-9);
    }
}

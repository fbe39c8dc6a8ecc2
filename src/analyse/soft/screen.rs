//! Question: what had for a while one size that it did not have otherwise?
//! Method: steps are joined until each group holds ten votes; for every size that is the mode of a
//! group, the stretch in which it dominates (largest sum of excess over a half; Bentley, CACM 27,
//! 1984) is held against the rest.
//! Assumes: the size has at least 60 % of the answers in its stretch, or at least 20 % beside a single other size.
//! Reference: see `analyse::soft`.

use crate::examine::probe::{SUSPECTS_MAX, Suspect, Whom};
use crate::outcome::Verb;
use crate::survey::{Cube, Mode, REDIRECT, SizesSeen, Votes};
use crate::time::{Span, Step};
use std::collections::{BTreeMap, BTreeSet};

/// Votes a group of steps has at least: with fewer, chance decides bits.
const GROUP_MIN: u64 = 10;

/// Answers inside the stretch, and outside of it, at least: a share of 60 % is then surely above a third (Wilson,
/// 95 %).
pub const ANSWERS_MIN: u64 = 30;

/// Share of the answers that dominates.
pub const DOMINATES: f64 = 0.6;

/// Largest share that its bits may let a size have outside its stretch. The exact share is found by
/// the closer look; bits that agree by chance would hide a suspect here.
const OUTSIDE_MAX: f64 = 0.45;

/// Classes below the mean of the others from which a size is taken for smaller: three quarters of a
/// doubling, because the mean is one of logarithms and the exact test (half of the former sizes) comes later.
const SMALLER: f64 = 24.0;

/// Share from which on the rarer of two sizes is looked at: a fifth of the visitors, as with a page that is gone.
pub const SECOND_MIN: f64 = 0.2;

/// Agreement of the bits that a single size has where the sizes varied before.
const CONSTANT: f64 = 0.85;

/// Most modes tried for one series: those of most groups.
const MODES_MAX: usize = 6;

/// Neighbouring steps with enough votes to read.
#[derive(Clone, Copy, Debug)]
struct Group {
    from: u32,
    to: u32,
    votes: Votes,
}

/// What is to be looked at more closely, most answers first.
#[must_use]
pub fn suspects(cube: &Cube) -> Vec<Suspect> {
    let SizesSeen { template_step, resources, path_step, buckets, .. } = &cube.sizes;
    let mut found: Vec<(u64, String, Suspect)> = Vec::new();
    for (name, votes) in resources {
        let whom = Whom::Resource(name.clone());
        found.extend(stretches(votes, *template_step).into_iter().map(|s| s.of(&whom, name.clone())));
    }
    for (bucket, votes) in buckets {
        let whom = Whom::Bucket(*bucket);
        found.extend(stretches(votes, *path_step).into_iter().map(|s| s.of(&whom, bucket.to_string())));
    }
    found.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (&a.1, a.2.span, a.2.mode).cmp(&(&b.1, b.2.span, b.2.mode))));
    found.truncate(SUSPECTS_MAX);
    found.into_iter().map(|f| f.2).collect()
}

/// A stretch in which one size dominates.
struct Dominated {
    n: u64,
    mode: Mode,
    span: Span,
    wide: Span,
}

impl Dominated {
    fn of(self, whom: &Whom, name: String) -> (u64, String, Suspect) {
        (self.n, name, {
            let (span, wide, mode) = (self.span, self.wide, self.mode);
            Suspect { whom: whom.clone(), span, wide, mode, verb: Verb::Get, risen: false }
        })
    }
}

fn groups(votes: &BTreeMap<u32, Votes>) -> Vec<Group> {
    let mut out: Vec<Group> = Vec::new();
    for (&slice, votes) in votes {
        match out.last_mut() {
            Some(g) if g.votes.n() < GROUP_MIN => {
                g.to = slice + 1;
                g.votes.merge(votes);
            }
            _ => out.push(Group { from: slice, to: slice + 1, votes: *votes }),
        }
    }
    if let [.., before, last] = &mut out[..]
        && last.votes.n() < GROUP_MIN
    {
        before.to = last.to;
        let votes = last.votes;
        before.votes.merge(&votes);
        out.pop();
    }
    out
}

fn sum(groups: &[Group]) -> Votes {
    groups.iter().fold(Votes::default(), |mut sum, g| {
        sum.merge(&g.votes);
        sum
    })
}

/// The stretches of one series that call for a closer look: at most two, those with most answers.
fn stretches(votes: &BTreeMap<u32, Votes>, step: Step) -> Vec<Dominated> {
    let groups = groups(votes);
    if groups.len() < 3 {
        return Vec::new();
    }
    let mut modes: BTreeMap<Mode, u64> = BTreeMap::new();
    let mut seconds: BTreeMap<Mode, u64> = BTreeMap::new();
    for g in &groups {
        if let Some(mode) = g.votes.mode(DOMINATES) {
            *modes.entry(mode).or_default() += g.votes.n();
        }
        if let Some((mode, _)) = g.votes.second(SECOND_MIN) {
            *seconds.entry(mode).or_default() += g.votes.n();
        }
    }
    let mut modes: Vec<(Mode, u64)> = modes.into_iter().collect();
    let mut seconds: Vec<(Mode, u64)> = seconds.into_iter().filter(|(m, n)| *n >= ANSWERS_MIN && m.high != REDIRECT).collect();
    seconds.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    modes.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut found: Vec<Dominated> = Vec::new();
    let tried: BTreeSet<(Mode, bool)> = modes
        .into_iter()
        .take(MODES_MAX)
        .map(|m| (m.0, false))
        .chain(seconds.into_iter().take(MODES_MAX).map(|m| (m.0, true)))
        .collect();
    for (mode, second) in tried {
        let (least, most) = if second { (SECOND_MIN, SECOND_MIN / 4.0) } else { (DOMINATES, OUTSIDE_MAX) };
        let (a, b) = dominated(&groups, mode, if second { SECOND_MIN / 2.0 } else { 0.5 });
        let (inside, mut outside) = (sum(&groups[a..b]), sum(&groups[..a]));
        outside.merge(&sum(&groups[b..]));
        if inside.n() < ANSWERS_MIN || outside.n() < ANSWERS_MIN {
            continue;
        }
        let (now, then) = (inside.agreement(mode), outside.agreement(mode));
        if now < least || then > most {
            continue;
        }
        let smaller = f64::from(mode.high) + SMALLER <= outside.mean();
        let constant = !second && now >= CONSTANT && outside.mode(DOMINATES).is_none();
        if !(smaller || constant || mode.high == REDIRECT) || found.iter().any(|f| f.mode == mode) {
            continue;
        }
        let at = |slice: u32| step.start(i64::from(slice));
        let span = Span::new(at(groups[a].from), at(groups[b - 1].to));
        let before = a.checked_sub(1).map_or(span.from, |i| at(groups[i].from));
        let after = groups.get(b).map_or(span.to, |g| at(g.to));
        found.push(Dominated { n: inside.n(), mode, span, wide: Span::new(before, after) });
    }
    found.sort_by(|a, b| b.n.cmp(&a.n).then(a.mode.cmp(&b.mode)));
    found.truncate(2);
    found
}

/// The run of groups `a..b` with the largest sum of votes for `mode` beyond the share `least` of them.
fn dominated(groups: &[Group], mode: Mode, least: f64) -> (usize, usize) {
    let (mut best, mut most) = ((0, 0), 0.0);
    let (mut from, mut sum) = (0, 0.0);
    for (i, g) in groups.iter().enumerate() {
        if sum <= 0.0 {
            (from, sum) = (i, 0.0);
        }
        sum += g.votes.n() as f64 * (g.votes.agreement(mode) - least);
        if sum > most {
            (best, most) = ((from, i + 1), sum);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::size_class;

    /// Steps of `(how many steps, sizes with their numbers in each)`.
    fn series(plan: &[(usize, &[(u64, usize)])]) -> BTreeMap<u32, Votes> {
        let steps = plan.iter().flat_map(|(n, sizes)| std::iter::repeat_n(sizes, *n));
        let votes = |sizes: &[(u64, usize)]| {
            let mut votes = Votes::default();
            sizes.iter().for_each(|&(size, n)| (0..n).for_each(|_| votes.add(size_class(size))));
            votes
        };
        (100..).zip(steps.map(|s| votes(s))).collect()
    }

    fn spans(plan: &[(usize, &[(u64, usize)])]) -> Vec<(i64, i64)> {
        stretches(&series(plan), Step(1)).iter().map(|d| (d.span.from.0 / 1_000_000, d.span.to.0 / 1_000_000)).collect()
    }

    #[test]
    fn a_small_page_that_comes_and_goes_is_a_suspect_while_it_dominates() {
        assert_eq!(spans(&[(40, &[(8_140, 3)]), (20, &[(282, 3)]), (40, &[(8_140, 3)])]).len(), 1);
        let partly = spans(&[(40, &[(8_140, 20)]), (20, &[(282, 16), (8_140, 4)]), (40, &[(8_140, 20)])]);
        assert_eq!(partly, [(140, 160)]);
        let rarer = spans(&[(40, &[(8_140, 20)]), (20, &[(282, 6), (8_140, 14)]), (40, &[(8_140, 20)])]);
        assert_eq!(rarer, [(140, 160)]);
        // Thin: three answers in ten steps.
        let thin: [(usize, &[(u64, usize)]); 3] = [(300, &[(8_140, 1)]), (60, &[(282, 1)]), (300, &[(8_140, 1)])];
        assert_eq!(spans(&thin), [(400, 460)]);
    }

    #[test]
    fn a_page_of_ever_the_same_size_or_ever_of_many_is_none() {
        assert!(spans(&[(100, &[(8_140, 10)])]).is_empty());
        assert!(spans(&[(100, &[(282, 5), (8_140, 5)])]).is_empty());
        let many: Vec<(u64, usize)> = (0..40).map(|i| (7_000 + 613 * i, 1)).collect();
        assert!(spans(&[(100, &many)]).is_empty());
    }

    #[test]
    fn a_new_version_of_much_the_same_size_is_not_worth_a_look() {
        assert!(spans(&[(50, &[(8_140, 10)]), (50, &[(7_200, 10)])]).is_empty());
        assert!(spans(&[(50, &[(8_140, 10)]), (10, &[(12_200, 10)]), (50, &[(8_140, 10)])]).is_empty());
    }

    #[test]
    fn one_size_where_there_were_many_is_worth_a_look_even_if_it_is_larger() {
        let many: Vec<(u64, usize)> = (0..40).map(|i| (400 + 61 * i, 1)).collect();
        assert_eq!(spans(&[(30, &many), (10, &[(9_400, 40)]), (30, &many)]), [(130, 140)]);
    }
}

//! What only another reading of the answers needs: who met ambiguous, degraded and slow ones.
//!
//! Such answers are rare, so they are kept beside the counts of everything, not inside them.

use super::Phase;
use crate::outcome::Outcome;
use crate::time::{Micros, SECOND};
use rustc_hash::FxHashMap;

/// How long a good answer must have taken to be slow, seconds. The first grade is the limit for
/// keeping a user's attention (Nielsen, *Usability Engineering*, 1993, ch. 5); a resource of which
/// more than one answer in a hundred ordinarily takes longer is judged by the next, doubled one, and
/// by none where even the last is ordinary (downloads, long polls).
pub const SLOW_GRADES: [i64; 4] = [10, 20, 40, 80];

/// Good answers by the grade they reached: `[n]` took at least `SLOW_GRADES[n]`, and less than the next.
pub type Grades = [u32; SLOW_GRADES.len()];

/// Doubtful answers of one client at one leaf in one phase.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// Ambiguous ones.
    pub ambiguous: u32,
    /// Degraded ones.
    pub degraded: u32,
    /// Good ones that were slow, by grade.
    pub slow: Grades,
}

impl Doubt {
    /// Adds another one's counts.
    pub fn add(&mut self, other: &Doubt) {
        self.ambiguous = self.ambiguous.saturating_add(other.ambiguous);
        self.degraded = self.degraded.saturating_add(other.degraded);
        add_grades(&mut self.slow, &other.slow);
    }
}

fn add_grades(a: &mut Grades, b: &Grades) {
    for (a, b) in a.iter_mut().zip(b) {
        *a = a.saturating_add(*b);
    }
}

/// The grade of a good answer that took `duration` microseconds. With the user's own limit there is
/// one grade.
pub(super) fn grade(duration: Option<i64>, own: Option<Micros>) -> Option<usize> {
    let duration = duration?;
    match own {
        Some(limit) => (duration >= limit.0).then_some(0),
        None => SLOW_GRADES.iter().rposition(|&g| duration >= g * SECOND),
    }
}

/// A mergeable part of the second pass.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    /// By (leaf, fine bin): slow answers by grade.
    pub slow: FxHashMap<(u32, i64), Grades>,
    /// By (client, leaf, phase).
    pub clients: FxHashMap<(u64, u32, Phase), Doubt>,
}

impl Doubts {
    /// Counts a slow answer in its bin.
    pub(super) fn note_slow(&mut self, leaf: u32, bin: i64, grade: usize) {
        let n = &mut self.slow.entry((leaf, bin)).or_default()[grade];
        *n = n.saturating_add(1);
    }

    /// Counts a doubtful answer of a client.
    pub(super) fn note(&mut self, client: u64, leaf: u32, phase: Phase, outcome: Outcome, grade: Option<usize>) {
        let mut one = Doubt {
            ambiguous: u32::from(outcome == Outcome::Ambiguous),
            degraded: u32::from(outcome == Outcome::Degraded),
            ..Doubt::default()
        };
        if let Some(grade) = grade {
            one.slow[grade] = 1;
        }
        self.clients.entry((client, leaf, phase)).or_default().add(&one);
    }

    /// Adds another part; `moved` gives the place of its leaves here.
    pub(super) fn merge(&mut self, other: Doubts, moved: &[u32]) {
        for ((leaf, bin), grades) in other.slow {
            add_grades(self.slow.entry((moved[leaf as usize], bin)).or_default(), &grades);
        }
        for ((client, leaf, phase), doubt) in other.clients {
            self.clients.entry((client, moved[leaf as usize], phase)).or_default().add(&doubt);
        }
    }

    /// Puts everything in order; `place` gives the final place of each leaf.
    pub(super) fn finish(self, place: &[u32]) -> Doubtful {
        let mut slow: Vec<((u32, i64), Grades)> =
            self.slow.into_iter().map(|((leaf, bin), g)| ((place[leaf as usize], bin), g)).collect();
        slow.sort_unstable();
        slow.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                add_grades(&mut kept.1, &next.1);
            }
            same
        });
        let mut clients: Vec<((u64, u32, Phase), Doubt)> =
            self.clients.into_iter().map(|((c, leaf, phase), d)| ((c, place[leaf as usize], phase), d)).collect();
        clients.sort_unstable();
        clients.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1.add(&next.1);
            }
            same
        });
        Doubtful { slow, clients }
    }
}

/// The doubtful answers of the second pass, in order.
#[derive(Clone, Debug, Default)]
pub struct Doubtful {
    /// (leaf, fine bin) with slow answers by grade, ascending.
    pub slow: Vec<((u32, i64), Grades)>,
    /// (client, leaf, phase) with its doubtful answers, ascending. Clients are sampled as all are.
    pub clients: Vec<((u64, u32, Phase), Doubt)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grade_is_the_highest_reached_and_the_users_limit_is_the_only_one() {
        for (secs, own, want) in [
            (Some(9.9), None, None),
            (Some(10.0), None, Some(0)),
            (Some(39.0), None, Some(1)),
            (Some(900.0), None, Some(3)),
            (None, None, None),
            (Some(3.0), Some(2.5), Some(0)),
            (Some(100.0), Some(2.5), Some(0)),
            (Some(2.0), Some(2.5), None),
        ] {
            let micros = |s: f64| (s * 1e6) as i64;
            assert_eq!(grade(secs.map(micros), own.map(|s| Micros(micros(s)))), want, "{secs:?} {own:?}");
        }
    }

    #[test]
    fn parts_merge_by_addition_in_any_order() {
        let part = |client: u64, leaf: u32| {
            let mut d = Doubts::default();
            d.note_slow(leaf, 7, 1);
            d.note(client, leaf, Phase::During, Outcome::Ambiguous, None);
            d.note(client, leaf, Phase::During, Outcome::Good, Some(1));
            d
        };
        let merged = |order: [(u64, u32); 3]| {
            let mut all = Doubts::default();
            for (client, leaf) in order {
                all.merge(part(client, leaf), &[0, 1]);
            }
            let d = all.finish(&[0, 0]);
            (d.slow, d.clients)
        };
        let one = merged([(1, 0), (2, 1), (1, 1)]);
        assert_eq!(one, merged([(1, 1), (1, 0), (2, 1)]));
        assert_eq!(one.0, [((0, 7), [0, 3, 0, 0])]);
        assert_eq!(one.1[0], ((1, 0, Phase::During), Doubt { ambiguous: 2, degraded: 0, slow: [0, 2, 0, 0] }));
    }
}

//! The answers as one flat list, in which sets that cover the same traffic stand one by one.
//!
//! Which of such sets is the cause no count can tell, so a reader, or a program that looks for one,
//! must find them all; but they say the same, so at most one further set follows directly.

use super::{Ranked, Set};

/// A place of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Any of these sets.
    pub sets: Vec<Set>,
    /// Which of the answers it belongs to.
    pub answer: usize,
    /// Whether it covers the same traffic as one told before it.
    pub again: bool,
}

/// The list: every answer, the simplest other set of the same traffic right behind it, and the
/// remaining ones of those sets at the end.
#[must_use]
pub fn list(answers: &[Ranked]) -> Vec<Listed> {
    let (mut first, mut rest) = (Vec::new(), Vec::new());
    for (answer, r) in answers.iter().enumerate() {
        first.push(Listed { sets: r.sets.clone(), answer, again: false });
        let mut others = r.twins.iter().chain(&r.finer).map(|set| Listed { sets: vec![set.clone()], answer, again: true });
        first.extend(others.next());
        rest.extend(others);
    }
    first.extend(rest);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_other_set_of_the_same_traffic_follows_and_the_rest_come_last() {
        let set = |a: usize| vec![(a, "x".to_owned())];
        let answer = |a: usize, twins: Vec<Set>, finer: Vec<Set>| Ranked {
            sets: vec![set(a)],
            score: 1.0,
            share: 1.0,
            rows: vec![],
            twins,
            finer,
        };
        let listed = list(&[answer(0, vec![set(1), set(2)], vec![set(3)]), answer(4, vec![], vec![set(5)])]);
        let order: Vec<usize> = listed.iter().map(|l| l.sets[0][0].0).collect();
        assert_eq!(order, [0, 1, 4, 5, 2, 3]);
        assert_eq!(listed.iter().map(|l| l.again).collect::<Vec<_>>(), [false, true, false, true, true, true]);
        assert_eq!(listed[3].answer, 1);
    }
}

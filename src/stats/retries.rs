//! Attempts that belong together: what somebody tried again until it worked is one operation.
//!
//! Reference: Hauer, Hoffmann, Lunney, Ardelean and Diwan, "Meaningful Availability", NSDI 2020,
//! 545-557, for why a user's success counts and not the request's: requests weigh those who retry most.

/// What one client did at one thing in one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Try {
    /// The second.
    pub at: i64,
    /// Attempts answered well.
    pub good: u64,
    /// Attempts that were not.
    pub bad: u64,
}

/// Attempts that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Place of its first attempt's second in the list given.
    pub first: usize,
    /// Second of the first attempt.
    pub from: i64,
    /// Second of the last attempt.
    pub to: i64,
    /// Attempts.
    pub attempts: u64,
    /// Whether the last one was answered well.
    pub served: bool,
    /// Whether that rests on the order of answers within one second, which the stamps do not tell:
    /// failures are taken to come before a success of the same second.
    pub unsure: bool,
}

/// What holds attempts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Longest pause between two attempts of one operation, seconds.
    pub gap: i64,
    /// How long one operation may last from its first attempt, seconds; who is not served by then was not served.
    pub patience: i64,
}

/// Puts attempts together, which are given in ascending order of their seconds. A success ends an
/// operation, so a player that fetches its playlist every two seconds makes many, not one.
pub fn operations(tries: &[Try], rule: Rule, mut each: impl FnMut(Operation)) {
    let mut open: Option<Operation> = None;
    for (first, t) in tries.iter().enumerate() {
        let belongs = |o: &Operation| t.at - o.to <= rule.gap && t.at - o.from <= rule.patience;
        if let Some(over) = open.take_if(|o| !belongs(o)) {
            each(over);
        }
        if t.bad > 0 {
            let o = open.get_or_insert(Operation { first, from: t.at, to: t.at, attempts: 0, served: false, unsure: false });
            (o.to, o.attempts) = (t.at, o.attempts + t.bad);
        }
        if t.good > 0 {
            let alone = Operation { first, from: t.at, to: t.at, attempts: 1, served: true, unsure: false };
            match open.take() {
                // Had the success come before the failures, they would stand alone, unserved.
                Some(o) => each(Operation { to: t.at, attempts: o.attempts + 1, served: true, unsure: t.bad > 0, ..o }),
                None => each(alone),
            }
            (1..t.good).for_each(|_| each(alone));
        }
    }
    if let Some(over) = open {
        each(over);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULE: Rule = Rule { gap: 30, patience: 60 };

    fn collapsed(tries: &[(i64, u64, u64)]) -> Vec<(i64, i64, u64, bool)> {
        let tries: Vec<Try> = tries.iter().map(|&(at, good, bad)| Try { at, good, bad }).collect();
        let mut out = Vec::new();
        operations(&tries, RULE, |o| out.push((o.from, o.to, o.attempts, o.served)));
        out
    }

    #[test]
    fn a_success_ends_an_operation_and_so_do_a_long_pause_and_the_end_of_patience() {
        // (second, good, bad) -> (from, to, attempts, served)
        for (what, tries, want) in [
            ("nothing", &[][..], &[][..]),
            (
                "a poller is many operations",
                &[(0, 1, 0), (2, 1, 0), (4, 1, 0)],
                &[(0, 0, 1, true), (2, 2, 1, true), (4, 4, 1, true)],
            ),
            ("retries until success", &[(0, 0, 1), (4, 0, 2), (12, 1, 0)], &[(0, 12, 4, true)]),
            ("never served", &[(0, 0, 1), (4, 0, 1)], &[(0, 4, 2, false)]),
            ("a pause as long as the gap still belongs", &[(0, 0, 1), (30, 1, 0)], &[(0, 30, 2, true)]),
            ("a longer one does not", &[(0, 0, 1), (31, 1, 0)], &[(0, 0, 1, false), (31, 31, 1, true)]),
            (
                "who is served after patience was not served in time",
                &[(0, 0, 1), (20, 0, 1), (40, 0, 1), (60, 0, 1), (61, 1, 0)],
                &[(0, 60, 4, false), (61, 61, 1, true)],
            ),
            ("failures of a second come before its success", &[(0, 2, 3)], &[(0, 0, 4, true), (0, 0, 1, true)]),
            ("after a success a failure begins anew", &[(0, 1, 0), (1, 0, 1)], &[(0, 0, 1, true), (1, 1, 1, false)]),
        ] {
            assert_eq!(collapsed(tries), want, "{what}");
        }
    }

    #[test]
    fn it_is_told_where_the_order_within_a_second_decides() {
        let mut unsure = Vec::new();
        let tries = [Try { at: 0, good: 1, bad: 1 }, Try { at: 5, good: 0, bad: 1 }, Try { at: 6, good: 1, bad: 0 }];
        operations(&tries, RULE, |o| unsure.push(o.unsure));
        assert_eq!(unsure, [true, false]);
    }

    proptest! {
        #[test]
        fn no_attempt_is_lost_and_no_operation_outlasts_patience(
            steps in prop::collection::vec((1..80i64, 0..3u64, 0..3u64), 0..60),
        ) {
            let mut at = 0;
            let tries: Vec<Try> = steps.iter().map(|&(step, good, bad)| {
                at += step;
                Try { at, good, bad }
            }).collect();
            let (mut attempts, mut served, mut long) = (0, 0, 0);
            operations(&tries, RULE, |o| {
                attempts += o.attempts;
                served += u64::from(o.served);
                long = long.max(o.to - o.from);
            });
            prop_assert_eq!(attempts, tries.iter().map(|t| t.good + t.bad).sum::<u64>());
            // Every success ends exactly one operation.
            prop_assert_eq!(served, tries.iter().map(|t| t.good).sum::<u64>());
            prop_assert!(long <= RULE.patience);
        }
    }
}

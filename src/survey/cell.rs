//! Counts of one series in one bin.

use crate::outcome::{Classes, OUTCOMES, Outcome};

/// Requests by outcome and by status class. Merges by addition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    outcomes: [u32; OUTCOMES],
    classes: [u32; 6],
    /// Good answers with a duration, and the sum of its logarithms.
    timed: u32,
    logs: u32,
}

/// Steps of the logarithm of a duration to a doubling.
pub const LOG_STEPS: u32 = 8;

/// The shortest duration told apart, microseconds: logs that give milliseconds write 0 for less.
const SHORTEST: i64 = 1_000;

/// Logarithm of a duration in microseconds to base 2, in steps of an eighth, less than 1 ms counted as that. Between
/// powers of two it is a straight line, off by at most 0.7 of a step.
fn log_of(duration: i64) -> u32 {
    let d = duration.max(SHORTEST).unsigned_abs();
    let whole = d.ilog2();
    // The three bits behind the leading one.
    whole * LOG_STEPS + ((d >> (whole - 3)) & 7) as u32
}

impl Cell {
    /// Counts one response.
    pub fn add(&mut self, outcome: Outcome, status: Option<u16>) {
        self.add_many(outcome, status, 1);
    }

    /// Counts `n` responses of one kind.
    pub fn add_many(&mut self, outcome: Outcome, status: Option<u16>, n: u32) {
        let o = &mut self.outcomes[outcome as usize];
        *o = o.saturating_add(n);
        let class = match (outcome, status) {
            (Outcome::Shed, _) => 3,
            (Outcome::Ambiguous, _) | (_, None) => 5,
            (_, Some(s)) => match s {
                0..=299 => 0,
                300..=399 => 1,
                400..=499 => 2,
                _ => 4,
            },
        };
        let c = &mut self.classes[class];
        *c = c.saturating_add(n);
    }

    /// Notes how long a good answer took, in microseconds.
    pub fn took(&mut self, duration: i64) {
        self.timed = self.timed.saturating_add(1);
        self.logs = self.logs.saturating_add(log_of(duration));
    }

    /// Good answers whose duration is known, and the sum of the logarithms of these, in [`LOG_STEPS`]; none where there
    /// are so many that the sum is no longer exact.
    #[must_use]
    pub fn durations(&self) -> (u64, u64) {
        if self.logs == u32::MAX { (0, 0) } else { (u64::from(self.timed), u64::from(self.logs)) }
    }

    /// Adds another cell.
    pub fn merge(&mut self, other: &Cell) {
        self.timed = self.timed.saturating_add(other.timed);
        self.logs = self.logs.saturating_add(other.logs);
        for (a, b) in self.outcomes.iter_mut().zip(other.outcomes) {
            *a = a.saturating_add(b);
        }
        for (a, b) in self.classes.iter_mut().zip(other.classes) {
            *a = a.saturating_add(b);
        }
    }

    /// All requests.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.outcomes.iter().map(|&n| u64::from(n)).sum()
    }

    /// Requests that enter availability.
    #[must_use]
    pub fn valid(&self) -> u64 {
        use Outcome::{Degraded, Failed, Good, Shed};
        [Good, Degraded, Failed, Shed].iter().map(|&o| u64::from(self.outcomes[o as usize])).sum()
    }

    /// Valid requests that let the user down.
    #[must_use]
    pub fn bad(&self) -> u64 {
        use Outcome::{Degraded, Failed, Shed};
        [Degraded, Failed, Shed].iter().map(|&o| u64::from(self.outcomes[o as usize])).sum()
    }

    /// Requests of one outcome.
    #[must_use]
    pub fn of(&self, outcome: Outcome) -> u64 {
        u64::from(self.outcomes[outcome as usize])
    }

    /// Counts at most `most` requests of one outcome as another; status classes stay.
    pub fn recount(&mut self, from: Outcome, to: Outcome, most: u32) {
        let n = self.outcomes[from as usize].min(most);
        self.outcomes[from as usize] -= n;
        let to = &mut self.outcomes[to as usize];
        *to = to.saturating_add(n);
    }

    /// Requests left out as the client's own doing.
    #[must_use]
    pub fn excluded(&self) -> u64 {
        u64::from(self.outcomes[Outcome::Excluded as usize])
    }

    /// Requests by status class.
    #[must_use]
    pub fn classes(&self) -> Classes {
        let c = self.classes.map(u64::from);
        Classes { success: c[0], redirect: c[1], client_error: c[2], shed: c[3], server_error: c[4], unanswered: c[5] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_and_classes_both_sum_to_all_requests() {
        let mut cell = Cell::default();
        for (outcome, status) in [
            (Outcome::Good, Some(200)),
            (Outcome::Good, Some(304)),
            (Outcome::Excluded, Some(404)),
            (Outcome::Shed, Some(429)),
            (Outcome::Failed, Some(503)),
            (Outcome::Ambiguous, Some(499)),
            (Outcome::Ambiguous, None),
        ] {
            cell.add(outcome, status);
        }
        assert_eq!((cell.total(), cell.valid(), cell.bad()), (7, 4, 2));
        let c = cell.classes();
        assert_eq!(
            (c.total(), c.success, c.redirect, c.client_error, c.shed, c.server_error, c.unanswered),
            (7, 1, 1, 1, 1, 1, 2)
        );
    }

    #[test]
    fn a_duration_ten_times_as_long_is_ten_thirds_of_a_doubling_more() {
        let mut cells = [Cell::default(); 2];
        for d in [3_000, 40_000, 177_000, 1_000_000, 90_000_000] {
            cells[0].took(d);
            cells[1].took(10 * d);
        }
        let [(n, short), (_, long)] = cells.map(|c| c.durations());
        let steps = (long - short) as f64 / n as f64;
        assert!((steps / f64::from(LOG_STEPS) - 10f64.log2()).abs() < 0.1, "{steps}");
        assert_eq!((log_of(0), log_of(-5)), (log_of(1_000), log_of(999)));
    }

    #[test]
    fn counting_answers_as_something_else_loses_none() {
        let mut cell = Cell::default();
        for outcome in [Outcome::Good, Outcome::Good, Outcome::Ambiguous] {
            cell.add(outcome, Some(200));
        }
        cell.recount(Outcome::Ambiguous, Outcome::Failed, u32::MAX);
        cell.recount(Outcome::Good, Outcome::Degraded, 1);
        assert_eq!((cell.total(), cell.valid(), cell.bad(), cell.of(Outcome::Good)), (3, 3, 2, 1));
        cell.recount(Outcome::Good, Outcome::Degraded, 5);
        assert_eq!((cell.total(), cell.bad(), cell.of(Outcome::Degraded)), (3, 3, 2));
    }
}

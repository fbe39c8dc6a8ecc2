//! Series as the columns of a picture: one per bin while they fit, else several bins pooled.
//!
//! Pooling sums requests and failures, so that a column's share is the true share of its stretch;
//! the worst bin inside is kept beside it, so that a short failure does not vanish.

use super::axis::seconds;
use crate::case::{Axis, Classes, Point};
use crate::time::{SECOND, Span};

/// Fewest requests of a bin for its share to count as a column's worst: one request that fails is
/// no outage.
const WORST_NEEDS: u64 = 10;

/// Fewer requests than this in a column: its share is drawn so that it is seen to say little.
pub(crate) const THIN: u64 = 5;

/// A stretch of time of one series.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Column {
    /// Seconds from the start of the axis.
    pub(crate) from: f64,
    /// End, the same.
    pub(crate) to: f64,
    /// Valid requests.
    pub(crate) requests: u64,
    /// Failed ones.
    pub(crate) failed: u64,
    /// Largest failing share of a bin in it that holds 10 requests or more.
    pub(crate) worst: Option<f64>,
    /// All requests by status class.
    pub(crate) classes: Classes,
}

impl Column {
    /// Failing share; `None` without valid requests.
    pub(crate) fn share(&self) -> Option<f64> {
        (self.requests > 0).then(|| (self.failed as f64 / self.requests as f64).min(1.0))
    }
}

impl Column {
    /// What a count of this column would be over the full length of a column, `full` seconds: the
    /// last column may be shorter, and its count must not look like a drop.
    pub(crate) fn per(&self, full: f64, n: u64) -> f64 {
        let own = self.to - self.from;
        if own > 0.0 { n as f64 * (full / own) } else { n as f64 }
    }

    /// Whether it rests on so few requests that its share says little.
    pub(crate) fn thin(&self) -> bool {
        self.requests < THIN
    }
}

/// Seconds of a full column.
pub(crate) fn length(axis: &Axis, most: usize) -> f64 {
    axis.step.0 as f64 * pooled(axis, most) as f64
}

/// Bins per column where at most `most` columns have room; at least 1.
pub(crate) fn pooled(axis: &Axis, most: usize) -> usize {
    axis.bins.div_ceil(most.max(1)).max(1)
}

/// `series` in at most `most` columns that cover the axis. Points off the axis are left out.
pub(crate) fn of(axis: &Axis, series: &[Point], most: usize) -> Vec<Column> {
    let each = pooled(axis, most);
    let end = seconds(axis, axis.to);
    let mut columns: Vec<Column> = (0..axis.bins.div_ceil(each))
        .map(|i| Column {
            from: seconds(axis, axis.start(i * each)),
            to: seconds(axis, axis.start((i + 1) * each)).min(end),
            ..Column::default()
        })
        .collect();
    for point in series {
        let Some(column) = axis.bin(point.t).and_then(|bin| columns.get_mut(bin / each)) else { continue };
        column.requests = column.requests.saturating_add(point.requests);
        column.failed = column.failed.saturating_add(point.failed);
        if point.requests >= WORST_NEEDS {
            let share = (point.failed as f64 / point.requests as f64).min(1.0);
            column.worst = Some(column.worst.map_or(share, |w| w.max(share)));
        }
        add(&mut column.classes, &point.classes);
    }
    columns
}

/// Adds the columns of another series over the same axis.
pub(crate) fn sum(into: &mut [Column], other: &[Column]) {
    for (a, b) in into.iter_mut().zip(other) {
        a.requests = a.requests.saturating_add(b.requests);
        a.failed = a.failed.saturating_add(b.failed);
        add(&mut a.classes, &b.classes);
    }
}

fn add(a: &mut Classes, b: &Classes) {
    a.success = a.success.saturating_add(b.success);
    a.redirect = a.redirect.saturating_add(b.redirect);
    a.client_error = a.client_error.saturating_add(b.client_error);
    a.shed = a.shed.saturating_add(b.shed);
    a.server_error = a.server_error.saturating_add(b.server_error);
    a.unanswered = a.unanswered.saturating_add(b.unanswered);
}

/// Failed and valid requests of the bins whose middle lies in the span.
pub(crate) fn inside(series: &[Point], axis: &Axis, span: Span) -> (u64, u64) {
    let half = axis.step.0.saturating_mul(SECOND / 2);
    series
        .iter()
        .filter(|p| span.contains(p.t.plus(half)))
        .fold((0, 0), |(f, n), p| (f.saturating_add(p.failed), n.saturating_add(p.requests)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    #[test]
    fn pooling_loses_no_request_and_covers_the_axis() {
        let case = sample::case();
        let series = &case.scope.target_series;
        let total: u64 = series.iter().map(|p| p.requests).sum();
        for most in [1, 7, 50, 120, 500] {
            let columns = of(&case.axis, series, most);
            assert!(columns.len() <= most);
            assert_eq!(columns.iter().map(|c| c.requests).sum::<u64>(), total);
            assert_eq!((columns[0].from, columns[columns.len() - 1].to), (0.0, 7_200.0));
            assert!(columns.windows(2).all(|w| w[0].to == w[1].from));
        }
    }

    #[test]
    fn a_shorter_last_column_keeps_its_rate() {
        let case = sample::case();
        let columns = of(&case.axis, &case.scope.target_series, 17);
        let last = columns[columns.len() - 1];
        assert_eq!((length(&case.axis, 17), last.to - last.from), (480.0, 480.0));
        let short = Column { from: 0.0, to: 120.0, requests: 50, ..Column::default() };
        assert_eq!(short.per(480.0, short.requests), 200.0);
    }

    #[test]
    fn a_short_failure_stays_visible_in_its_pooled_column() {
        let case = sample::case();
        let columns = of(&case.axis, &case.scope.target_series, 3);
        assert!(columns[1].worst.is_some_and(|w| w > 0.8));
    }
}

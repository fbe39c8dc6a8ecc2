//! What columns without a name mean, where only many lines together prove it.
//!
//! A lone number behind a line may be bytes, seconds, milliseconds or microseconds. Nothing is taken
//! for granted from its size; a meaning is proven by one of these:
//!
//! - **`%D` by `%T`** ([`micros_by_seconds`]): a column that is the floor of another one divided by
//!   1,000,000 on every line, and at least 1 on two of them, is `%T`, and the other one `%D`. (A ratio
//!   of 1,000 proves nothing: it may be microseconds and milliseconds, or milliseconds and seconds.)
//! - **By the order of lines** ([`unit_by_order`]): a server writes the line when the request is done
//!   and stamps its start, so a file is out of order by the durations of its requests. If stamps go
//!   back by more than their second again and again, and the stamps plus a column in some unit do not,
//!   then the column is the duration in that unit: a smaller unit leaves the disorder, a larger one
//!   makes more of it, and bytes have nothing to do with it.
//! - **Epochs** ([`epoch`]): 13 or 16 digits whose second is that of the stamp on every line is the same
//!   instant more finely; one that is never earlier, and later on some line, is the end.
//! - **`%X`** ([`is_connection`]): only `+`, `-` and `X`, and not `-` alone: no other column has a plus.
//! - **Ids** ([`is_unique_id`]): 24 or 27 characters of mod_unique_id's alphabet, no two alike.
//!
//! A column that is a little larger than the bytes on every line is `%O`, and of no use here: bytes are
//! those of the body.

use super::field::number;
use crate::time::SECOND;
use std::collections::BTreeSet;

/// Values of one column, line by line.
pub type Column<'a> = Vec<&'a [u8]>;

/// Lines that must show a thing which could else be chance.
const WITNESSES_MIN: usize = 2;

/// Stamps that go back before an order says anything: so many are no clock that was set.
const DISORDER_MIN: usize = 3;

/// The column as numbers, if it has nothing else.
#[must_use]
pub fn numbers(column: &Column<'_>) -> Option<Vec<i64>> {
    column.iter().map(|value| i64::try_from(number(value)?).ok()).collect()
}

/// Whether `seconds` are the whole seconds of `micros`.
#[must_use]
pub fn micros_by_seconds(micros: &[i64], seconds: &[i64]) -> bool {
    let floors = micros.iter().zip(seconds).all(|(m, s)| m / SECOND == *s);
    floors && seconds.iter().filter(|s| **s >= 1).count() >= WITNESSES_MIN
}

/// Lines whose end, known to the second, lies before an end that was written earlier. `stamps` and
/// `durations` in microseconds.
#[must_use]
pub fn disorder(stamps: &[i64], durations: impl Iterator<Item = i64>) -> usize {
    let mut latest = i64::MIN;
    let mut count = 0;
    for (stamp, duration) in stamps.iter().zip(durations) {
        let end = stamp.saturating_add(duration);
        count += usize::from(end.saturating_add(SECOND) < latest);
        latest = latest.max(end);
    }
    count
}

/// Whether lines are out of order as those of a server that stamps the start are.
#[must_use]
pub fn is_disordered(stamps: &[i64]) -> bool {
    disorder(stamps, stamps.iter().map(|_| 0)) >= DISORDER_MIN
}

/// Microseconds of the unit in which the column puts the lines in order: 1, 1,000 or 1,000,000.
#[must_use]
pub fn unit_by_order(stamps: &[i64], column: &[i64]) -> Option<i64> {
    if !is_disordered(stamps) {
        return None;
    }
    let before = disorder(stamps, stamps.iter().map(|_| 0));
    let mut units = [1, 1_000, SECOND]
        .into_iter()
        .filter(|unit| disorder(stamps, column.iter().map(|n| n.saturating_mul(*unit))) * 10 <= before);
    let found = units.next();
    found.filter(|_| units.next().is_none())
}

/// Which instant an epoch is, against the stamps of the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instant {
    /// That of the stamp.
    Stamp,
    /// A later one.
    Later,
}

/// What instant the column is, if it holds epochs in milli- or microseconds. `stamps` in microseconds.
#[must_use]
pub fn epoch(stamps: &[i64], column: &Column<'_>) -> Option<Instant> {
    let digits = column.first().map(|v| v.len()).filter(|n| matches!(n, 13 | 16))?;
    if column.iter().any(|v| v.len() != digits) {
        return None;
    }
    let per_second = if digits == 13 { 1_000 } else { SECOND };
    let ahead: Vec<i64> = numbers(column)?.iter().zip(stamps).map(|(n, stamp)| n / per_second - stamp / SECOND).collect();
    // A day: what is later by more is no end of a request.
    match (ahead.iter().min()?, ahead.iter().max()?) {
        (0, 0) => Some(Instant::Stamp),
        (0.., 1..86_400) => Some(Instant::Later),
        _ => None,
    }
}

/// Whether the column is Apache's `%X`.
#[must_use]
pub fn is_connection(column: &Column<'_>) -> bool {
    column.iter().all(|v| matches!(*v, b"+" | b"-" | b"X")) && column.iter().any(|v| *v != b"-")
}

/// Whether the column holds ids of mod_unique_id.
#[must_use]
pub fn is_unique_id(column: &Column<'_>) -> bool {
    let is_id = |v: &&[u8]| {
        matches!(v.len(), 24 | 27)
            && v.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'@' | b'_' | b'-'))
            && v.iter().any(u8::is_ascii_alphabetic)
    };
    let different: BTreeSet<&&[u8]> = column.iter().collect();
    column.iter().all(is_id) && different.len() == column.len() && column.len() >= WITNESSES_MIN
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(values: &[&'static str]) -> Column<'static> {
        values.iter().map(|v| v.as_bytes()).collect()
    }

    #[test]
    fn whole_seconds_prove_the_microseconds_beside_them() {
        for (micros, seconds, want) in [
            (&[2_500_850, 60_060_292, 544][..], &[2, 60, 0][..], true),
            (&[2_500_850, 544], &[2, 0], false),
            (&[544, 612], &[0, 0], false),
            (&[2_500_850, 60_060_292], &[3, 60], false),
            (&[2_500, 60_060], &[2, 60], false),
        ] {
            assert_eq!(micros_by_seconds(micros, seconds), want, "{micros:?} {seconds:?}");
        }
    }

    /// Forty requests a second apart of which every fifth takes 4 s, written when they are done.
    fn busy() -> (Vec<i64>, Vec<i64>) {
        let mut lines: Vec<(i64, i64)> =
            (0..40).map(|n| (n * SECOND, if n % 5 == 0 { 4 * SECOND + 137_000 } else { 12_000 + n * 100 })).collect();
        lines.sort_by_key(|(start, duration)| start + duration);
        lines.into_iter().unzip()
    }

    #[test]
    fn the_order_of_lines_proves_the_unit() {
        let (stamps, micros) = busy();
        assert_eq!(unit_by_order(&stamps, &micros), Some(1));
        let millis: Vec<i64> = micros.iter().map(|n| n / 1_000).collect();
        assert_eq!(unit_by_order(&stamps, &millis), Some(1_000));
        let seconds: Vec<i64> = micros.iter().map(|n| n / SECOND).collect();
        assert_eq!(unit_by_order(&stamps, &seconds), Some(SECOND));
        let bytes: Vec<i64> = (0..40).map(|n| 512 + n * 7_919 % 65_537).collect();
        assert_eq!(unit_by_order(&stamps, &bytes), None, "bytes bring no order");
        let mut sorted = stamps.clone();
        sorted.sort_unstable();
        assert_eq!(unit_by_order(&sorted, &micros), None, "where all is in order nothing can be proven");
        assert!(is_disordered(&stamps) && !is_disordered(&sorted));
    }

    #[test]
    fn epochs_are_the_stamp_or_a_later_instant() {
        let stamps = [1_795_160_887 * SECOND, 1_795_160_888 * SECOND];
        for (values, want) in [
            (&["1795160887553", "1795160888001"][..], Some(Instant::Stamp)),
            (&["1795160887553000", "1795160888001999"], Some(Instant::Stamp)),
            (&["1795160887553", "1795160890001"], Some(Instant::Later)),
            (&["1795160886553", "1795160888001"], None),
            (&["1795160887553", "1895160888001"], None),
            (&["1795160887", "1795160888"], None),
            (&["17951608875x3", "1795160888001"], None),
        ] {
            assert_eq!(epoch(&stamps, &column(values)), want, "{values:?}");
        }
    }

    #[test]
    fn words_prove_themselves() {
        assert!(is_connection(&column(&["+", "-", "X"])) && is_connection(&column(&["+"])));
        assert!(!is_connection(&column(&["-", "-"])) && !is_connection(&column(&["+", "0"])));
        assert!(is_unique_id(&column(&["av_7N-oeQXKNJP9Mp17wbQAAAAo", "av_7McaxHMl6X28Q6ao86QAAAIg"])));
        assert!(!is_unique_id(&column(&["av_7N-oeQXKNJP9Mp17wbQAAAAo", "av_7N-oeQXKNJP9Mp17wbQAAAAo"])));
        assert!(!is_unique_id(&column(&["short", "other"])));
    }
}

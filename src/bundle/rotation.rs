//! Which rotations of a log are missing from a bundle, by the sequence of the files' names.
//!
//! `access.log-20251219`, `-20251220`, `-20251222`: the names go on day by day, and one day's file is not
//! there. `access.log`, `.1`, `.3`: the same by counter. A sequence counts only where its step is plain:
//! nearly all neighbours must be one step apart. A name says nothing of when its lines were written;
//! that stands in the lines of the files on either side.

use super::names;
use crate::time::days_from_civil;
use std::collections::BTreeMap;

/// Where a file stands in the sequence of its rotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// By date: days since 1970.
    Day(i64),
    /// By date and hour: hours since 1970.
    Hour(i64),
    /// By counter: the higher, the older; 0 is the file still written to.
    Counter(i64),
}

/// Missing rotations between two that are there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hole {
    /// The last file before, in order of time, as told by its mark.
    pub before: Mark,
    /// The first file after.
    pub after: Mark,
    /// How many are missing.
    pub missing: u64,
    /// The missing one, or the first and last of them, in words: `20251221`, `.3`.
    pub names: String,
}

/// Fewest steps of the plain length that make a sequence.
const STEPS_MIN: usize = 3;

/// Share of the steps that must have the plain length. Sequences with more holes than that are no
/// sequences: days without a request may have no file.
const PLAIN_SHARE: f64 = 0.75;

/// The mark in a file's name, if it has one.
#[must_use]
pub fn mark(path: &str) -> Option<Mark> {
    let file = path.rsplit('/').next().unwrap_or(path);
    date(file).or_else(|| counter(file))
}

/// The first date in the name, with its hour where it has one.
fn date(file: &str) -> Option<Mark> {
    let bytes = file.as_bytes();
    let digit = |i: usize| bytes.get(i).is_some_and(u8::is_ascii_digit);
    let number = |from: usize, n: usize| {
        (from..from + n).all(digit).then(|| bytes[from..from + n].iter().fold(0i64, |s, b| s * 10 + i64::from(b - b'0')))
    };
    let separator = |i: usize| bytes.get(i).is_some_and(|b| matches!(b, b'-' | b'_' | b'.' | b'T'));
    for from in (0..bytes.len()).filter(|&i| digit(i) && (i == 0 || !digit(i - 1))) {
        let Some(year) = number(from, 4).filter(|y| (1990..2100).contains(y)) else { continue };
        let mut at = from + 4;
        let mut next = |most: i64| {
            let skipped = at + usize::from(separator(at));
            let value = number(skipped, 2).filter(|v| (0..=most).contains(v))?;
            at = skipped + 2;
            Some(value)
        };
        let (Some(month), Some(day)) = (next(12), next(31)) else { continue };
        if month == 0 || day == 0 {
            continue;
        }
        let days = days_from_civil(year, month, day);
        // An hour goes on in the same manner, and nothing but a minute may follow it.
        let hour = next(23).filter(|_| !digit(at) || number(at, 2).is_some());
        return Some(hour.map_or(Mark::Day(days), |h| Mark::Hour(days * 24 + h)));
    }
    None
}

/// `access.log.3`, `access.log.3.gz`; `access.log` itself is 0.
fn counter(file: &str) -> Option<Mark> {
    let plain = names::without_packing(file);
    let (stem, last) = plain.rsplit_once('.')?;
    let known = |kind: &str| matches!(kind.to_ascii_lowercase().as_str(), "log" | "txt" | "json" | "csv");
    if known(last) {
        return Some(Mark::Counter(0));
    }
    let kind = stem.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let counts = (1..=4).contains(&last.len()) && last.bytes().all(|b| b.is_ascii_digit());
    (counts && known(kind)).then(|| last.parse().ok()).flatten().map(Mark::Counter)
}

/// The holes in the sequence of these marks, in order of time. Marks of several kinds are several
/// sequences; the live file beside dated ones is none.
#[must_use]
pub fn holes(marks: &[Mark]) -> Vec<Hole> {
    let kind = |m: &Mark| match m {
        Mark::Day(_) => 0,
        Mark::Hour(_) => 1,
        Mark::Counter(_) => 2,
    };
    let mut found = Vec::new();
    for k in 0..3 {
        let mut own: Vec<i64> = marks.iter().filter(|m| kind(m) == k).map(|m| m.number()).collect();
        own.sort_unstable();
        own.dedup();
        let steps: Vec<i64> = own.windows(2).map(|w| w[1] - w[0]).collect();
        let mut lengths: BTreeMap<i64, usize> = BTreeMap::new();
        for s in &steps {
            *lengths.entry(*s).or_default() += 1;
        }
        let Some((&plain, &n)) = lengths.iter().max_by_key(|(length, n)| (**n, std::cmp::Reverse(**length))) else { continue };
        if n < STEPS_MIN || (n as f64) < PLAIN_SHARE * steps.len() as f64 || (k == 2 && plain != 1) {
            continue;
        }
        for w in own.windows(2).filter(|w| w[1] - w[0] > plain && (w[1] - w[0]) % plain == 0) {
            let of = |n: i64| match k {
                0 => Mark::Day(n),
                1 => Mark::Hour(n),
                _ => Mark::Counter(n),
            };
            let missing = ((w[1] - w[0]) / plain - 1).unsigned_abs();
            let (first, last) = (of(w[0] + plain), of(w[1] - plain));
            let names = if missing == 1 { first.words() } else { format!("{} to {}", first.words(), last.words()) };
            let (before, after) = if k == 2 { (of(w[1]), of(w[0])) } else { (of(w[0]), of(w[1])) };
            found.push(Hole { before, after, missing, names });
        }
    }
    found
}

impl Mark {
    const fn number(self) -> i64 {
        match self {
            Mark::Day(n) | Mark::Hour(n) | Mark::Counter(n) => n,
        }
    }

    /// As it stands in names: `2025-12-21`, `2025-12-21 04 h`, `.3`.
    fn words(self) -> String {
        let day = |days: i64| crate::time::Micros::from_secs(days * 86_400).date();
        match self {
            Mark::Day(n) => day(n),
            Mark::Hour(n) => format!("{} {:02} h", day(n.div_euclid(24)), n.rem_euclid(24)),
            Mark::Counter(n) => format!(".{n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_its_place_in_the_sequence() {
        let day = days_from_civil(2025, 12, 21);
        for (path, want) in [
            ("meatlabel.app.access.log-20251221.gz", Some(Mark::Day(day))),
            ("x/access-2025-12-21.log", Some(Mark::Day(day))),
            ("access_2025122113.log.bz2", Some(Mark::Hour(day * 24 + 13))),
            ("E2ABC.2025-12-21-04.abcd1234.gz", Some(Mark::Hour(day * 24 + 4))),
            ("access.log", Some(Mark::Counter(0))),
            ("access.log.gz", Some(Mark::Counter(0))),
            ("access.log.3.gz", Some(Mark::Counter(3))),
            ("10.0.0.1", None),
            ("app-1.2.3.log", Some(Mark::Counter(0))),
            ("access", None),
            ("access.log-20251399", None),
            ("", None),
        ] {
            assert_eq!(mark(path), want, "{path}");
        }
    }

    fn missing(paths: &[&str]) -> Vec<(u64, String)> {
        let marks: Vec<Mark> = paths.iter().filter_map(|p| mark(p)).collect();
        holes(&marks).into_iter().map(|h| (h.missing, h.names)).collect()
    }

    #[test]
    fn a_day_that_the_sequence_lets_expect_is_missed() {
        let days = ["19", "20", "22", "23", "24"].map(|d| format!("access.log-202512{d}"));
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        assert_eq!(missing(&days), [(1, "2025-12-21".into())]);
        let hole = &holes(&days.iter().filter_map(|p| mark(p)).collect::<Vec<_>>())[0];
        assert!(hole.before < hole.after);
        assert_eq!(missing(&["a.log", "a.log.1", "a.log.2", "a.log.5.gz", "a.log.6.gz"]), [(2, ".3 to .4".into())]);
        let hours = ["00", "01", "02", "05", "06"].map(|h| format!("E2ABC.2025-12-21-{h}.abcd1234.gz"));
        assert_eq!(
            missing(&hours.iter().map(String::as_str).collect::<Vec<_>>()),
            [(2, "2025-12-21 03 h to 2025-12-21 04 h".into())]
        );
    }

    #[test]
    fn a_complete_sequence_and_no_sequence_miss_nothing() {
        assert!(missing(&["a.log-20251230", "a.log-20251231", "a.log-20260101", "a.log-20260102"]).is_empty());
        // weekly
        assert!(missing(&["a.log-20251201", "a.log-20251208", "a.log-20251215", "a.log-20251222"]).is_empty());
        // now and then
        assert!(missing(&["a.log-20251201", "a.log-20251203", "a.log-20251209", "a.log-20251210", "a.log-20251230"]).is_empty());
        assert!(missing(&["a.log", "a.log.1", "a.log.3"]).is_empty());
        assert!(missing(&[]).is_empty());
    }

    #[test]
    fn of_counters_the_higher_is_the_earlier() {
        let holes = holes(&[0, 1, 2, 4, 5].map(Mark::Counter));
        assert_eq!((holes[0].before, holes[0].after), (Mark::Counter(4), Mark::Counter(2)));
    }

    proptest::proptest! {
        #[test]
        fn no_name_is_too_strange(path in "([a-z0-9./_ü-]|log|2025-12-20|20251220|\\PC){0,60}") {
            let marks: Vec<Mark> = mark(&path).into_iter().collect();
            proptest::prop_assert!(holes(&marks).is_empty());
        }
    }
}

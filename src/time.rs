//! Instants, spans and the calendar. The only file that knows chrono.
//!
//! Inside the program an instant is [`Micros`]: microseconds since 1970-01-01T00:00:00Z, UTC.
//! Log stamps are turned into it by integer arithmetic (see `format::part::stamp`), never by a date
//! library per line; chrono stands at the edges, where people write and read times.

use chrono::{DateTime, NaiveDateTime, Offset, TimeZone, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Microseconds in one second.
pub const SECOND: i64 = 1_000_000;

/// An instant: microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub i64);

impl Micros {
    /// The instant `secs` whole seconds after the epoch.
    #[must_use]
    pub const fn from_secs(secs: i64) -> Self {
        Micros(secs.saturating_mul(SECOND))
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn secs(self) -> i64 {
        self.0.div_euclid(SECOND)
    }

    /// This instant moved by `micros` microseconds (saturating).
    #[must_use]
    pub const fn plus(self, micros: i64) -> Self {
        Micros(self.0.saturating_add(micros))
    }

    /// Reads RFC 3339 (`2024-08-13T00:00:00Z`, any offset, any precision).
    ///
    /// # Errors
    /// The text is not RFC 3339; the message says so and quotes it.
    pub fn parse_rfc3339(text: &str) -> Result<Self, String> {
        DateTime::parse_from_rfc3339(text.trim())
            .map(|t| Micros(t.timestamp_micros()))
            .map_err(|e| format!("`{text}` is not an RFC 3339 time such as 2024-08-13T00:00:00Z ({e})"))
    }

    /// `YYYY-MM-DD`, UTC.
    #[must_use]
    pub fn date(self) -> String {
        self.utc().map_or_else(|| "out of range".into(), |t| t.format("%Y-%m-%d").to_string())
    }

    /// `HH:MM`, UTC.
    #[must_use]
    pub fn hour_minute(self) -> String {
        self.utc().map_or_else(|| "?".into(), |t| t.format("%H:%M").to_string())
    }

    /// `HH:MM:SS`, UTC.
    #[must_use]
    pub fn hour_minute_second(self) -> String {
        self.utc().map_or_else(|| "?".into(), |t| t.format("%H:%M:%S").to_string())
    }

    /// `20 Dec`, UTC: the short date of an axis label.
    #[must_use]
    pub fn day_month(self) -> String {
        self.utc().map_or_else(|| "?".into(), |t| t.format("%-d %b").to_string())
    }

    /// `20 December 2025`, UTC: the date as a reader says it.
    #[must_use]
    pub fn long_date(self) -> String {
        self.utc().map_or_else(|| "?".into(), |t| t.format("%-d %B %Y").to_string())
    }

    fn utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_micros(self.0)
    }
}

/// RFC 3339 in UTC with `Z`; a fraction only where there is one.
impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(t) = self.utc() else { return write!(f, "out-of-range") };
        write!(f, "{}", t.format("%Y-%m-%dT%H:%M:%S"))?;
        let fraction = self.0.rem_euclid(SECOND);
        if fraction != 0 {
            let digits = format!("{fraction:06}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        write!(f, "Z")
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Micros {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Micros::parse_rfc3339(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// A half-open stretch of time `[from, to)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Span {
    /// First instant inside.
    pub from: Micros,
    /// First instant no longer inside.
    pub to: Micros,
}

impl Span {
    /// The span `[from, to)`; an end before the start gives the empty span at `from`.
    #[must_use]
    pub fn new(from: Micros, to: Micros) -> Self {
        Span { from, to: to.max(from) }
    }

    /// Whether `t` lies inside.
    #[must_use]
    pub fn contains(self, t: Micros) -> bool {
        self.from <= t && t < self.to
    }

    /// Whether the two spans share an instant.
    #[must_use]
    pub fn overlaps(self, other: Span) -> bool {
        self.from < other.to && other.from < self.to
    }

    /// Length in seconds.
    #[must_use]
    pub fn secs(self) -> f64 {
        (self.to.0 - self.from.0) as f64 / SECOND as f64
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn hull(self, other: Span) -> Span {
        Span { from: self.from.min(other.from), to: self.to.max(other.to) }
    }

    /// The common part, if any.
    #[must_use]
    pub fn intersect(self, other: Span) -> Option<Span> {
        let (from, to) = (self.from.max(other.from), self.to.min(other.to));
        (from < to).then_some(Span { from, to })
    }
}

/// What is left of `spans` without `hole`, in order.
#[must_use]
pub fn without(spans: Vec<Span>, hole: Span) -> Vec<Span> {
    let parts = |s: Span| {
        let apart = !s.overlaps(hole);
        let (before, after) = (Span::new(s.from, hole.from), Span::new(hole.to.max(s.from), s.to));
        if apart { [s, Span::new(s.to, s.to)] } else { [before, after] }
    };
    spans.into_iter().flat_map(parts).filter(|s| s.from < s.to).collect()
}

/// The step of a time axis, in whole seconds. Bins are aligned to the epoch and half-open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Step(pub i64);

impl Step {
    /// Number of the bin that holds `t` (bin 0 starts at the epoch).
    #[must_use]
    pub const fn bin(self, t: Micros) -> i64 {
        t.0.div_euclid(self.0 * SECOND)
    }

    /// Start of bin `number`.
    #[must_use]
    pub const fn start(self, number: i64) -> Micros {
        Micros(number.saturating_mul(self.0).saturating_mul(SECOND))
    }

    /// The span of bin `number`.
    #[must_use]
    pub const fn span(self, number: i64) -> Span {
        Span { from: self.start(number), to: self.start(number + 1) }
    }

    /// The whole bins that hold any of `span`; an empty span holds none.
    #[must_use]
    pub fn cover(self, span: Span) -> Span {
        let from = self.start(self.bin(span.from));
        if span.from < span.to { Span::new(from, self.start(self.bin(span.to.plus(-1)) + 1)) } else { Span::new(from, from) }
    }

    /// "1 second", "5 minutes", "1 hour": the step in words.
    #[must_use]
    pub fn words(self) -> String {
        let (n, unit) = match self.0 {
            s if s % 86_400 == 0 => (s / 86_400, "day"),
            s if s % 3_600 == 0 => (s / 3_600, "hour"),
            s if s % 60 == 0 => (s / 60, "minute"),
            s => (s, "second"),
        };
        format!("{n} {unit}{}", if n == 1 { "" } else { "s" })
    }
}

/// Days since 1970-01-01 of a civil date (proleptic Gregorian; Hinnant 2013, "chrono-compatible
/// low-level date algorithms"). Valid for every year that fits; no range check.
#[must_use]
pub const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let yoe = y - era * 400;
    let mp = (month + 9) % 12;
    let doy = (153 * mp + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// A time zone named by the user: for stamps without an offset and for times told beside UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(chrono_tz::Tz);

impl Zone {
    /// Finds an IANA zone (`America/New_York`).
    ///
    /// # Errors
    /// No such zone.
    pub fn named(name: &str) -> Result<Self, String> {
        name.parse::<chrono_tz::Tz>().map(Zone).map_err(|_| format!("`{name}` is no IANA time zone such as America/New_York"))
    }

    /// UTC instant of a local wall-clock time given as if it were UTC. A local time that occurs
    /// twice (clocks put back) is read as its first occurrence; one that never occurs (clocks put
    /// forward) is moved on by the size of the jump.
    #[must_use]
    pub fn to_utc(self, local_as_utc: Micros) -> Micros {
        let Some(naive) = DateTime::from_timestamp_micros(local_as_utc.0).map(|t| t.naive_utc()) else { return local_as_utc };
        match self.0.from_local_datetime(&naive).earliest() {
            Some(t) => Micros(t.timestamp_micros()),
            None => local_as_utc.plus(-self.offset_secs(local_as_utc.plus(-3_600 * SECOND)) * SECOND),
        }
    }

    /// Seconds to add to UTC to get local time at `t`.
    #[must_use]
    pub fn offset_secs(self, t: Micros) -> i64 {
        DateTime::from_timestamp_micros(t.0)
            .map_or(0, |u| i64::from(self.0.offset_from_utc_datetime(&u.naive_utc()).fix().local_minus_utc()))
    }

    /// `20:00 EDT`: local wall clock with the zone's abbreviation.
    #[must_use]
    pub fn hour_minute(self, t: Micros) -> String {
        DateTime::from_timestamp_micros(t.0)
            .map_or_else(|| "?".into(), |u| u.with_timezone(&self.0).format("%H:%M %Z").to_string())
    }

    /// The IANA name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

/// Reads `YYYY-MM-DDTHH:MM[:SS]` without an offset, as UTC: for the command line.
#[must_use]
pub fn parse_naive_utc(text: &str) -> Option<Micros> {
    ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text.trim(), form).ok())
        .map(|t| Micros(t.and_utc().timestamp_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn span(from: i64, to: i64) -> Span {
        Span::new(Micros::from_secs(from), Micros::from_secs(to))
    }

    #[test]
    fn a_hole_leaves_what_lies_on_either_side() {
        let left = |hole| without(vec![span(10, 20)], hole);
        assert_eq!(left(span(12, 15)), [span(10, 12), span(15, 20)]);
        assert_eq!(left(span(5, 15)), [span(15, 20)]);
        assert_eq!(left(span(15, 25)), [span(10, 15)]);
        assert_eq!(left(span(5, 25)), []);
        assert_eq!(left(span(20, 25)), [span(10, 20)]);
    }

    #[test]
    fn a_span_is_covered_by_the_bins_that_hold_any_of_it() {
        for (s, want) in
            [((12, 15), (10, 15)), ((10, 15), (10, 15)), ((11, 21), (10, 25)), ((12, 12), (10, 10)), ((-3, 1), (-5, 5))]
        {
            assert_eq!(Step(5).cover(span(s.0, s.1)), span(want.0, want.1), "{s:?}");
        }
    }

    #[test]
    fn civil_arithmetic_agrees_with_chrono_over_four_centuries() {
        let mut date = NaiveDate::from_ymd_opt(1799, 12, 25).expect("a date");
        let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a date");
        use chrono::Datelike;
        for _ in 0..150_000 {
            let want = date.signed_duration_since(epoch).num_days();
            assert_eq!(days_from_civil(i64::from(date.year()), i64::from(date.month()), i64::from(date.day())), want, "{date}");
            date = date.succ_opt().expect("a next day");
        }
    }

    #[test]
    fn an_instant_prints_as_rfc3339_with_only_the_fraction_it_has() {
        for (micros, text) in
            [(0, "1970-01-01T00:00:00Z"), (1_500_000, "1970-01-01T00:00:01.5Z"), (-1, "1969-12-31T23:59:59.999999Z")]
        {
            assert_eq!(Micros(micros).to_string(), text);
            assert_eq!(Micros::parse_rfc3339(text), Ok(Micros(micros)));
        }
    }

    #[test]
    fn bins_are_half_open_and_aligned_also_before_the_epoch() {
        let step = Step(60);
        assert_eq!(step.bin(Micros::from_secs(59)), 0);
        assert_eq!(step.bin(Micros::from_secs(60)), 1);
        assert_eq!(step.bin(Micros(-1)), -1);
        assert_eq!(step.span(1), Span::new(Micros::from_secs(60), Micros::from_secs(120)));
    }

    #[test]
    fn local_times_that_occur_twice_or_never_are_read_by_the_written_rule() {
        let zone = Zone::named("America/New_York").expect("a zone");
        let local = |text| parse_naive_utc(text).expect("a time");
        assert_eq!(zone.to_utc(local("2024-08-12T20:00")).to_string(), "2024-08-13T00:00:00Z");
        assert_eq!(zone.to_utc(local("2024-11-03T01:30")).to_string(), "2024-11-03T05:30:00Z");
        assert_eq!(zone.to_utc(local("2024-03-10T02:30")).to_string(), "2024-03-10T07:30:00Z");
        assert_eq!(zone.hour_minute(Micros::parse_rfc3339("2024-08-13T00:00:00Z").expect("a time")), "20:00 EDT");
    }
}

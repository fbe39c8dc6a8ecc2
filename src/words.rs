//! Numbers and times as a reader says them. Pure; pages and charts share it so that the same
//! number never reads differently in two places.

use crate::time::{Micros, SECOND, Span};

/// A fraction 0 to 1 as per cent, with as many digits as tell it apart from its nearer end:
/// `82 %`, `3.4 %`, `0.2 %`, `99.96 %`. `0 %` and `100 %` are said only of exactly 0 and 1; what
/// is nearer to them than a hundredth of a per cent reads `<0.01 %` or `>99.99 %`.
#[must_use]
pub fn percent(fraction: f64) -> String {
    match number_of_percent(fraction) {
        Some(number) => format!("{number} %"),
        None => "unknown".into(),
    }
}

/// A fraction with its 95 % interval: `82 % (79 to 85 %)`; without evidence, `no evidence`.
#[must_use]
pub fn percent_interval(value: Option<f64>, low: Option<f64>, high: Option<f64>) -> String {
    let Some(value) = value else { return "no evidence".into() };
    let ends = low.zip(high).and_then(|(l, h)| number_of_percent(l).zip(number_of_percent(h)));
    match ends {
        Some((low, high)) => format!("{} ({low} to {high} %)", percent(value)),
        None => percent(value),
    }
}

fn number_of_percent(fraction: f64) -> Option<String> {
    let p = fraction * 100.0;
    if !p.is_finite() {
        return None;
    }
    if p < 0.0 {
        return number_of_percent(-fraction).map(|n| format!("-{n}"));
    }
    let distance = p.min((100.0 - p).abs());
    let digits = match distance {
        0.0 => 0,
        d if d < 0.01 && p < 50.0 => return Some("<0.01".into()),
        d if d < 0.01 && p < 100.0 => return Some(">99.99".into()),
        d if d < 0.1 => 2,
        d if d < 10.0 => 1,
        _ => 0,
    };
    let text = format!("{p:.digits$}");
    Some(if digits == 0 { text } else { text.trim_end_matches('0').trim_end_matches('.').to_owned() })
}

/// A count with thousands separators: `8,000`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    out
}

/// A count with its noun: `1 request`, `8,000 requests`.
#[must_use]
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A length of time, in its two largest units: `45 s`, `40 min`, `1 h 20 min`, `14 days`.
/// Below ten seconds one decimal is kept; a negative length reads as its size.
#[must_use]
pub fn duration(secs: f64) -> String {
    if !secs.is_finite() {
        return "unknown".into();
    }
    let secs = secs.abs();
    if secs < 9.95 {
        let text = format!("{secs:.1}");
        return format!("{} s", text.trim_end_matches(".0"));
    }
    let whole = secs.round() as u64;
    let two = |a: u64, unit: &str, b: u64, small: &str| match b {
        0 => format!("{a} {unit}"),
        b => format!("{a} {unit} {b} {small}"),
    };
    match whole {
        s if s < 60 => format!("{s} s"),
        s if s < 3_600 => two(s / 60, "min", s % 60, "s"),
        s if s < 172_800 => two(s / 3_600, "h", s % 3_600 / 60, "min"),
        s => two(s / 86_400, "days", s % 86_400 / 3_600, "h"),
    }
}

/// How long an answer took: `40 ms`, `0.25 s`.
#[must_use]
pub fn answer_time(secs: f64) -> String {
    if secs < 0.1 { format!("{:.0} ms", 1_000.0 * secs) } else { format!("{secs:.2} s") }
}

/// The same length for running text: `40 minutes`, `1 hour 20 minutes`, `4 days 11 hours`.
#[must_use]
pub fn duration_in_full(secs: f64) -> String {
    let short = duration(secs);
    let parts: Vec<&str> = short.split(' ').collect();
    let spelt = parts.chunks(2).map(|pair| match pair {
        [n, unit] => {
            let word = match *unit {
                "s" => "second",
                "min" => "minute",
                "h" => "hour",
                _ => "day",
            };
            format!("{n} {word}{}", if *n == "1" { "" } else { "s" })
        }
        other => other.concat(),
    });
    spelt.collect::<Vec<_>>().join(" ")
}

/// `HH:MM` UTC, with seconds where the instant is not on a whole minute.
#[must_use]
pub fn clock(t: Micros) -> String {
    if t.0.rem_euclid(60 * SECOND) < SECOND { t.hour_minute() } else { t.hour_minute_second() }
}

/// `13 Aug 00:00`, UTC, seconds where needed.
#[must_use]
pub fn dated_clock(t: Micros) -> String {
    format!("{} {}", t.day_month(), clock(t))
}

/// `00:00 to 00:40 UTC`; with dates where the ends lie on different days.
#[must_use]
pub fn span(s: Span) -> String {
    if s.from.date() == s.to.date() {
        format!("{} to {} UTC", clock(s.from), clock(s.to))
    } else {
        format!("{} to {} UTC", dated_clock(s.from), dated_clock(s.to))
    }
}

/// `13 Aug 00:00 to 00:40 UTC`: the date always, twice where the ends lie on different days.
#[must_use]
pub fn span_on_date(s: Span) -> String {
    if s.from.date() == s.to.date() { format!("{} {}", s.from.day_month(), span(s)) } else { span(s) }
}

/// `13 August 2024, 00:00 to 00:40 UTC`; both dates where they differ.
#[must_use]
pub fn dated_span(s: Span) -> String {
    if s.from.date() == s.to.date() {
        format!("{}, {}", s.from.long_date(), span(s))
    } else {
        format!("{} {} to {} {} UTC", s.from.long_date(), clock(s.from), s.to.long_date(), clock(s.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn per_cent_keeps_the_digits_that_matter_and_never_rounds_into_certainty() {
        for (fraction, text) in [
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.82, "82 %"),
            (0.1234, "12 %"),
            (0.034, "3.4 %"),
            (0.05, "5 %"),
            (0.0021, "0.2 %"),
            (0.00034, "0.03 %"),
            (0.00003, "<0.01 %"),
            (0.996, "99.6 %"),
            (0.9996, "99.96 %"),
            (0.999_96, ">99.99 %"),
            (0.999_999_9, ">99.99 %"),
            (0.9990, "99.9 %"),
            (-0.0005, "-0.05 %"),
            (f64::NAN, "unknown"),
        ] {
            assert_eq!(percent(fraction), text, "{fraction}");
        }
        for i in 1..100_000 {
            let text = percent(f64::from(i) / 100_000.0);
            assert!(text != "100 %" && text != "0 %", "{i}: {text}");
        }
    }

    #[test]
    fn an_interval_is_said_with_its_ends_or_as_missing() {
        assert_eq!(percent_interval(Some(0.82), Some(0.79), Some(0.85)), "82 % (79 to 85 %)");
        assert_eq!(percent_interval(Some(0.82), None, None), "82 %");
        assert_eq!(percent_interval(None, None, None), "no evidence");
    }

    #[test]
    fn counts_have_separators_and_nouns_agree() {
        for (n, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(n), text);
        }
        assert_eq!(counted(1, "request", "requests"), "1 request");
        assert_eq!(counted(0, "request", "requests"), "0 requests");
    }

    #[test]
    fn lengths_of_time_use_two_units() {
        for (secs, text) in [
            (0.0, "0 s"),
            (0.25, "0.2 s"),
            (45.0, "45 s"),
            (60.0, "1 min"),
            (2_400.0, "40 min"),
            (100.0, "1 min 40 s"),
            (4_800.0, "1 h 20 min"),
            (86_400.0, "24 h"),
            (1_209_600.0, "14 days"),
            (f64::INFINITY, "unknown"),
        ] {
            assert_eq!(duration(secs), text, "{secs}");
        }
    }

    #[test]
    fn spans_carry_dates_only_where_they_are_needed() {
        let t = |text| Micros::parse_rfc3339(text).expect("a time");
        let day = Span::new(t("2024-08-13T00:00:00Z"), t("2024-08-13T00:40:00Z"));
        let night = Span::new(t("2024-08-12T23:30:05Z"), t("2024-08-13T00:40:00Z"));
        assert_eq!(span(day), "00:00 to 00:40 UTC");
        assert_eq!(span(night), "12 Aug 23:30:05 to 13 Aug 00:40 UTC");
        assert_eq!(span_on_date(day), "13 Aug 00:00 to 00:40 UTC");
        assert_eq!(span_on_date(night), span(night));
        assert_eq!(dated_span(day), "13 August 2024, 00:00 to 00:40 UTC");
        assert_eq!(dated_span(night), "12 August 2024 23:30:05 to 13 August 2024 00:40 UTC");
    }
}

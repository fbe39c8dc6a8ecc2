//! Numbers and times as a reader says them.

use crate::time::Span;

/// A share in per cent, with two significant digits of its distance to the nearer end, so that
/// 99.97 % is not told as 100 %: `82 %`, `0.2 %`, `99.85 %`. Not a number gives `no figure`.
#[must_use]
pub fn percent(share: f64) -> String {
    if !share.is_finite() {
        return "no figure".into();
    }
    let edge = share.min(1.0 - share).abs() * 100.0;
    let decimals = match edge {
        e if e >= 10.0 || e == 0.0 => 0,
        e if e >= 1.0 => 1,
        e if e >= 0.1 => 2,
        _ => 3,
    };
    format!("{} %", trimmed(share * 100.0, decimals))
}

/// A count with thousands separators: `150,000`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// A duration in seconds as its two largest units: `40 minutes`, `1 hour 5 minutes`, `12 seconds`.
#[must_use]
pub fn duration(secs: f64) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return "an unknown time".into();
    }
    if secs < 1.0 && secs > 0.0 {
        return "less than 1 second".into();
    }
    let whole = secs.round() as u64;
    let parts = [(whole / 86_400, "day"), (whole / 3_600 % 24, "hour"), (whole / 60 % 60, "minute"), (whole % 60, "second")];
    let first = parts.iter().position(|(n, _)| *n > 0).unwrap_or(3);
    let said: Vec<String> = parts
        .iter()
        .skip(first)
        .take(2)
        .enumerate()
        .filter(|(i, (n, _))| *i == 0 || *n > 0)
        .map(|(_, (n, unit))| format!("{n} {unit}{}", if *n == 1 { "" } else { "s" }))
        .collect();
    said.join(" ")
}

/// A span with its dates: `12 August 2024, 23:10 to 23:50 UTC`.
#[must_use]
pub fn span(span: Span) -> String {
    let (from, to) = (span.from, span.to);
    if from.date() == to.date() {
        format!("{}, {} to {} UTC", from.long_date(), from.hour_minute(), to.hour_minute())
    } else {
        format!("{}, {} to {}, {} UTC", from.long_date(), from.hour_minute(), to.long_date(), to.hour_minute())
    }
}

fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_keep_the_digits_that_matter_near_both_ends() {
        for (share, text) in [
            (0.82, "82 %"),
            (0.002, "0.2 %"),
            (0.9985, "99.85 %"),
            (0.99997, "99.997 %"),
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.053, "5.3 %"),
            (f64::NAN, "no figure"),
        ] {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn counts_and_durations_read_as_people_say_them() {
        assert_eq!([count(0), count(999), count(1_000), count(12_345_678)], ["0", "999", "1,000", "12,345,678"]);
        for (secs, text) in [
            (2_400.0, "40 minutes"),
            (3_900.0, "1 hour 5 minutes"),
            (1.0, "1 second"),
            (90_000.0, "1 day 1 hour"),
            (0.0, "0 seconds"),
            (0.4, "less than 1 second"),
        ] {
            assert_eq!(duration(secs), text);
        }
    }
}

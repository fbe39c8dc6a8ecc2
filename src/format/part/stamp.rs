//! Time stamps of log lines, turned into [`Micros`] by integer arithmetic.
//!
//! A date library costs more per line than everything else together, so the five shapes that logs
//! use are read by hand: the bracketed CLF date, ISO 8601, C's `ctime`, and the epoch as an integer
//! or a float.
//! A stamp without a zone (HAProxy, W3C logs) is taken as UTC: for W3C that is right, for HAProxy
//! it is the server's local time, which only the user can name (`[[source]] timezone`).

use crate::time::{Micros, SECOND, days_from_civil};

/// Reads `10/Oct/2000:13:55:36 -0700`, also with a fraction (`:36.497`), a blank or `T` before the time
/// (as people write it with `strftime`), and without a zone (UTC).
#[must_use]
pub fn clf(text: &[u8]) -> Option<Micros> {
    let (date, rest) = text.split_first_chunk::<20>()?;
    let [d1, d2, b'/', m1, m2, m3, b'/', y1, y2, y3, y4, b':' | b' ' | b'T', h1, h2, b':', n1, n2, b':', s1, s2] = *date else {
        return None;
    };
    let day = pair(d1, d2)?;
    let month = month([m1, m2, m3])?;
    let year = pair(y1, y2)? * 100 + pair(y3, y4)?;
    let clock = clock(pair(h1, h2)?, pair(n1, n2)?, pair(s1, s2)?)?;
    let (fraction, rest) = fraction(rest)?;
    let offset = offset(rest.strip_prefix(b" ").unwrap_or(rest))?;
    instant(year, month, day, clock - offset, fraction)
}

/// Reads ISO 8601: `2024-08-13T00:00:00Z`, `T` or a space between date and time, any fraction
/// (more than six digits are cut), slashes in the date (Go's loggers), offset `Z`, `+02:00`, `+0200`, `+02` or none (UTC).
#[must_use]
pub fn iso8601(text: &[u8]) -> Option<Micros> {
    let (date, rest) = text.split_first_chunk::<19>()?;
    let [y1, y2, y3, y4, b'-' | b'/', m1, m2, b'-' | b'/', d1, d2, b'T' | b't' | b' ', h1, h2, b':', n1, n2, b':', s1, s2] =
        *date
    else {
        return None;
    };
    let year = pair(y1, y2)? * 100 + pair(y3, y4)?;
    let clock = clock(pair(h1, h2)?, pair(n1, n2)?, pair(s1, s2)?)?;
    let (fraction, rest) = fraction(rest)?;
    let offset = offset(rest.strip_prefix(b" ").unwrap_or(rest))?;
    instant(year, pair(m1, m2)?, pair(d1, d2)?, clock - offset, fraction)
}

/// Reads an epoch: up to 11 digits are seconds, 12 to 14 milliseconds, 15 to 17 microseconds,
/// 18 or 19 nanoseconds; seconds may have a fraction (`1795160878.438`).
#[must_use]
pub fn epoch(text: &[u8]) -> Option<Micros> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (whole, rest) = text.split_at_checked(digits)?;
    let value = whole.iter().try_fold(0_i64, |n, b| n.checked_mul(10)?.checked_add(i64::from(b - b'0')))?;
    match (digits, rest.is_empty()) {
        (1..=11, _) => {
            let (fraction, rest) = fraction(rest)?;
            rest.is_empty().then(|| Micros(value * SECOND + fraction))
        }
        // Milliseconds may have decimals too (Caddy's `unix_milli_float`).
        (12..=14, _) => {
            let (fraction, rest) = fraction(rest)?;
            rest.is_empty().then(|| Micros(value * 1_000 + fraction / 1_000))
        }
        (15..=17, true) => Some(Micros(value)),
        (18..=19, true) => Some(Micros(value / 1_000)),
        _ => None,
    }
}

/// Reads C's `ctime`: `Mon Oct 16 22:55:48 2023`, with the day padded by a blank, a zero or nothing.
/// It names no zone: taken as UTC.
#[must_use]
pub fn ctime(text: &[u8]) -> Option<Micros> {
    let ([_, _, _, b' ', m1, m2, m3, b' '], rest) = text.split_first_chunk::<8>()? else { return None };
    let (day, rest) = match rest {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', b' ', rest @ ..] => (pair(*tens, *ones)?, rest),
        [b' ', ones @ b'0'..=b'9', b' ', rest @ ..] | [ones @ b'0'..=b'9', b' ', rest @ ..] => (i64::from(ones - b'0'), rest),
        _ => return None,
    };
    let [h1, h2, b':', n1, n2, b':', s1, s2, b' ', y1, y2, y3, y4] = *rest else { return None };
    let year = pair(y1, y2)? * 100 + pair(y3, y4)?;
    instant(year, month([*m1, *m2, *m3])?, day, clock(pair(h1, h2)?, pair(n1, n2)?, pair(s1, s2)?)?, 0)
}

/// Reads whichever of the shapes it is.
#[must_use]
pub fn any(text: &[u8]) -> Option<Micros> {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"[").and_then(|t| t.strip_suffix(b"]")).unwrap_or(text);
    iso8601(text).or_else(|| clf(text)).or_else(|| epoch(text)).or_else(|| ctime(text))
}

/// Reads a stamp in two columns: `2026-11-20` and `07:48:12` (W3C logs: UTC), perhaps with a fraction.
#[must_use]
pub fn day_and_clock(day: &[u8], clock: &[u8]) -> Option<Micros> {
    let mut text = [b' '; 32];
    let end = 11 + clock.len();
    text.get_mut(..10).filter(|_| day.len() == 10)?.copy_from_slice(day);
    text.get_mut(11..end)?.copy_from_slice(clock);
    iso8601(text.get(..end)?)
}

/// Two ASCII digits as a number.
fn pair(tens: u8, ones: u8) -> Option<i64> {
    let (t, o) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (t < 10 && o < 10).then(|| i64::from(t) * 10 + i64::from(o))
}

/// Seconds of the day. A leap second (60) is the first second of the next minute.
fn clock(hour: i64, minute: i64, second: i64) -> Option<i64> {
    (hour < 24 && minute < 60 && second <= 60).then_some(hour * 3_600 + minute * 60 + second)
}

fn month(name: [u8; 3]) -> Option<i64> {
    Some(match &name.map(|b| b.to_ascii_lowercase()) {
        b"jan" => 1,
        b"feb" => 2,
        b"mar" => 3,
        b"apr" => 4,
        b"may" => 5,
        b"jun" => 6,
        b"jul" => 7,
        b"aug" => 8,
        b"sep" => 9,
        b"oct" => 10,
        b"nov" => 11,
        b"dec" => 12,
        _ => return None,
    })
}

/// `.497` or `,497` in microseconds, and what follows; nothing is no fraction.
fn fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let Some((b'.' | b',', digits)) = text.split_first() else { return Some((0, text)) };
    let n = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    let (digits, rest) = digits.split_at_checked(n)?;
    let kept = digits.iter().chain(std::iter::repeat(&b'0')).take(6);
    (n > 0).then(|| (kept.fold(0, |sum, b| sum * 10 + i64::from(b - b'0')), rest))
}

/// Seconds east of UTC.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match *text {
        [] | [b'Z' | b'z'] => return Some(0),
        [sign, h1, h2, m1, m2] | [sign, h1, h2, b':', m1, m2] => (sign, pair(h1, h2)?, pair(m1, m2)?),
        [sign, h1, h2] => (sign, pair(h1, h2)?, 0),
        _ => return None,
    };
    let seconds = hours * 3_600 + minutes * 60;
    match sign {
        _ if hours > 18 || minutes > 59 => None,
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

fn instant(year: i64, month: i64, day: i64, seconds: i64, fraction: i64) -> Option<Micros> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    ((1..=length).contains(&day)).then(|| Micros((days_from_civil(year, month, day) * 86_400 + seconds) * SECOND + fraction))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop_assert_eq, proptest};

    #[test]
    fn every_shape_of_stamp_becomes_the_same_instant() {
        for (text, want) in [
            ("10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36Z"),
            ("29/Feb/2024:23:59:60 +0530", "2024-02-29T18:30:00Z"),
            ("10/Dec/2018:15:46:49.497", "2018-12-10T15:46:49.497Z"),
            ("12/Aug/2024:20:00:00.250 -0400", "2024-08-13T00:00:00.25Z"),
            ("2024-08-13T00:00:00Z", "2024-08-13T00:00:00Z"),
            ("2024-08-12 20:00:00.123456789-04:00", "2024-08-13T00:00:00.123456Z"),
            ("2024-08-13T02:00:00,5 +0200", "2024-08-13T00:00:00.5Z"),
            ("2024-08-13T00:00:00", "2024-08-13T00:00:00Z"),
            ("1723507200", "2024-08-13T00:00:00Z"),
            ("1723507200.25", "2024-08-13T00:00:00.25Z"),
            ("2024/08/13 00:00:00.250", "2024-08-13T00:00:00.25Z"),
            ("1723507200250", "2024-08-13T00:00:00.25Z"),
            ("1723507200250.0625", "2024-08-13T00:00:00.250062Z"),
            ("1723507200250001", "2024-08-13T00:00:00.250001Z"),
            ("1723507200250001999", "2024-08-13T00:00:00.250001Z"),
            ("[13/Aug/2024:00:00:00 +0000]", "2024-08-13T00:00:00Z"),
            ("Tue Aug 13 00:00:00 2024", "2024-08-13T00:00:00Z"),
            ("Thu Aug  1 07:08:09 2024", "2024-08-01T07:08:09Z"),
            ("Thu Aug 1 07:08:09 2024", "2024-08-01T07:08:09Z"),
        ] {
            assert_eq!(any(text.as_bytes()).map(|t| t.to_string()).as_deref(), Some(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in [
            "31/Feb/2024:00:00:00 +0000",
            "29/Feb/2023:00:00:00 +0000",
            "00/Jan/2024:00:00:00 +0000",
            "10/Okt/2024:00:00:00 +0000",
            "10/Oct/2024:24:00:00 +0000",
            "10/Oct/2024:00:00:00 +00",
            "10/Oct/2024:00:00:00 *0000",
            "10/Oct/2024:00:00:00 +9900",
            "10/Oct/2024:00:00:00.",
            "2024-13-01T00:00:00Z",
            "2024-08-13T00:00:00Q",
            "12345678901234567890",
            "172350720025.5x",
            "Tue Aug 32 00:00:00 2024",
            "Tue Aug 13 00:00:00",
            "Tue Aug 13 00:00:00 2024 GMT",
            "",
            "-",
        ] {
            let got = any(text.as_bytes());
            assert!(got.is_none() || text.ends_with("+00"), "{text} became {got:?}");
        }
    }

    proptest! {
        #[test]
        fn any_second_survives_the_way_through_rfc3339(secs in 0_i64..253_402_300_799, micros in 0_i64..1_000_000) {
            let t = Micros(secs * SECOND + micros);
            prop_assert_eq!(iso8601(t.to_string().as_bytes()), Some(t));
        }

        #[test]
        fn arbitrary_bytes_never_panic(text in proptest::collection::vec(proptest::arbitrary::any::<u8>(), 0..40)) {
            let _ = (clf(&text), iso8601(&text), epoch(&text), ctime(&text), super::any(&text));
        }
    }
}

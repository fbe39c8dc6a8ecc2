//! Values of columns as JSON.
//!
//! Times become RFC 3339 in UTC with microseconds, dates `YYYY-MM-DD`, times of day `HH:MM:SS` with
//! microseconds, decimals numbers with their point. Bytes are text whatever the schema says of them
//! (older writers say nothing), what is no UTF-8 in them becomes U+FFFD. What JSON cannot say
//! (infinities, NaN) is left out like a null.

use super::footer::{Meaning, Unit};
use super::schema::Leaf;
use super::values::Raw;
use crate::digest::hexadecimal;
use crate::time::{Micros, SECOND};
use std::io::Write;

/// Days from the start of the Julian day count to 1970-01-01 (the Julian day number that begins at its
/// noon; the Int96 stamps of Impala and Hive count so).
const JULIAN_EPOCH: i64 = 2_440_588;
/// Years that RFC 3339 can tell, 0000 to 9999, in seconds since the epoch.
const TELLABLE: std::ops::Range<i64> = -62_167_219_200..253_402_300_800;
const DAY: i64 = 86_400;

/// A value as text, not yet quoted: keys of maps need it so.
enum Shown<'a> {
    Number(String),
    Text(&'a [u8]),
    Made(String),
    /// JSON has no word for it.
    Nothing,
}

/// Writes a value; `false` where JSON cannot say it and nothing was written.
pub(super) fn value(raw: &Raw<'_>, leaf: &Leaf, out: &mut Vec<u8>) -> bool {
    match shown(raw, leaf) {
        Shown::Number(number) => out.extend_from_slice(number.as_bytes()),
        Shown::Text(bytes) => text(bytes, out),
        Shown::Made(made) => text(made.as_bytes(), out),
        Shown::Nothing => return false,
    }
    true
}

/// Writes a value as the key of a map, with its colon.
pub(super) fn key(raw: &Raw<'_>, leaf: &Leaf, out: &mut Vec<u8>) {
    match shown(raw, leaf) {
        Shown::Number(made) | Shown::Made(made) => text(made.as_bytes(), out),
        Shown::Text(bytes) => text(bytes, out),
        Shown::Nothing => text(b"", out),
    }
    out.push(b':');
}

/// Writes a JSON string.
pub(super) fn text(bytes: &[u8], out: &mut Vec<u8>) {
    let valid = String::from_utf8_lossy(bytes);
    out.push(b'"');
    let mut rest = valid.as_bytes();
    while let Some(at) = rest.iter().position(|b| matches!(b, 0..=0x1f | b'"' | b'\\')) {
        let (plain, after) = rest.split_at(at);
        out.extend_from_slice(plain);
        match after.first() {
            Some(&b @ (b'"' | b'\\')) => out.extend_from_slice(&[b'\\', b]),
            Some(b) => write_to(out, format_args!("\\u{b:04x}")),
            None => {}
        }
        rest = after.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn write_to(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Memory takes everything.
    let _ = out.write_fmt(text);
}

fn shown<'a>(raw: &Raw<'a>, leaf: &Leaf) -> Shown<'a> {
    match (*raw, leaf.meaning) {
        (Raw::Bool(b), _) => Shown::Number(b.to_string()),
        (Raw::Int32(n), Meaning::Unsigned) => Shown::Number(n.cast_unsigned().to_string()),
        (Raw::Int64(n), Meaning::Unsigned) => Shown::Number(n.cast_unsigned().to_string()),
        (Raw::Int32(n), meaning) => integer(i64::from(n), meaning),
        (Raw::Int64(n), meaning) => integer(n, meaning),
        (Raw::Int96(bytes), _) => int96(bytes),
        (Raw::Float(x), _) => float(f64::from(x), || x.to_string()),
        (Raw::Double(x), _) => float(x, || x.to_string()),
        (Raw::Bytes(bytes), Meaning::Decimal(scale)) => {
            big_endian(bytes).map_or(Shown::Made(hexadecimal(bytes)), |n| decimal(n, scale))
        }
        (Raw::Bytes(bytes), Meaning::Uuid) if bytes.len() == 16 => Shown::Made(uuid(bytes)),
        (Raw::Bytes(&[a, b]), Meaning::Half) => {
            let x = half(u16::from_le_bytes([a, b]));
            float(x, || x.to_string())
        }
        (Raw::Bytes(bytes), _) => Shown::Text(bytes),
    }
}

fn integer<'a>(n: i64, meaning: Meaning) -> Shown<'a> {
    let micros = |unit: Unit| match unit {
        Unit::Millis => n.checked_mul(1_000),
        Unit::Micros => Some(n),
        Unit::Nanos => Some(n.div_euclid(1_000)),
    };
    let made = match meaning {
        Meaning::Decimal(scale) => return decimal(i128::from(n), scale),
        Meaning::Date => n.checked_mul(DAY).filter(|s| TELLABLE.contains(s)).map(|s| Micros::from_secs(s).date()),
        Meaning::Stamp(unit) => micros(unit).and_then(stamp),
        Meaning::Time(unit) => micros(unit).filter(|t| (0..=DAY * SECOND).contains(t)).map(|t| {
            let secs = t / SECOND;
            format!("{:02}:{:02}:{:02}.{:06}", secs / 3600, secs / 60 % 60, secs % 60, t % SECOND)
        }),
        _ => None,
    };
    made.map_or_else(|| Shown::Number(n.to_string()), Shown::Made)
}

/// RFC 3339 with microseconds.
fn stamp(micros: i64) -> Option<String> {
    let t = Micros(micros);
    let is_tellable = TELLABLE.contains(&t.secs());
    is_tellable.then(|| format!("{}T{}.{:06}Z", t.date(), t.hour_minute_second(), micros.rem_euclid(SECOND)))
}

/// Nanoseconds of the day and a Julian day number, little endian.
fn int96<'a>(bytes: [u8; 12]) -> Shown<'a> {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let micros = i64::from_le_bytes([a, b, c, d, e, f, g, h]).div_euclid(1_000);
    let days = i64::from(u32::from_le_bytes(rest)) - JULIAN_EPOCH;
    let made = (days * DAY).checked_mul(SECOND).and_then(|day| day.checked_add(micros)).and_then(stamp);
    made.map_or_else(|| Shown::Made(hexadecimal(&bytes)), Shown::Made)
}

/// A floating point number; whole ones without `.0`, so that a status is a status.
fn float<'a>(x: f64, plain: impl FnOnce() -> String) -> Shown<'a> {
    match x.abs() {
        size if !size.is_finite() => Shown::Nothing,
        // Rust writes such numbers with all their noughts.
        size if size >= 1e17 || (size > 0.0 && size < 1e-7) => Shown::Number(format!("{x:e}")),
        _ => Shown::Number(plain()),
    }
}

/// IEEE 754 half precision.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    let size = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    };
    if bits >> 15 == 1 { -size } else { size }
}

fn big_endian(bytes: &[u8]) -> Option<i128> {
    let first = *bytes.first()?;
    let start = if first & 0x80 == 0 { 0 } else { -1 };
    (bytes.len() <= 16).then(|| bytes.iter().fold(start, |n: i128, b| n << 8 | i128::from(*b)))
}

fn decimal<'a>(n: i128, scale: i32) -> Shown<'a> {
    let Some(scale) = usize::try_from(scale).ok().filter(|s| (1..=38).contains(s)) else {
        return Shown::Number(n.to_string());
    };
    let digits = format!("{:0>width$}", n.unsigned_abs(), width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    Shown::Number(format!("{}{whole}.{part}", if n < 0 { "-" } else { "" }))
}

fn uuid(bytes: &[u8]) -> String {
    let hex = hexadecimal(bytes);
    let part = |range: std::ops::Range<usize>| hex.get(range).unwrap_or_default().to_owned();
    [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
}

#[cfg(test)]
mod tests {
    use super::super::schema::Physical;
    use super::*;

    fn written(raw: Raw<'_>, meaning: Meaning) -> String {
        let leaf = Leaf { path: "x".into(), physical: Physical::Bytes, number: 6, meaning, def_max: 0, rep_max: 0 };
        let mut out = Vec::new();
        if !value(&raw, &leaf, &mut out) {
            return "nothing".into();
        }
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn every_meaning_has_its_form() {
        let uuid = [0x55, 0x0e, 0x84, 0x00, 0xe2, 0x9b, 0x41, 0xd4, 0xa7, 0x16, 0x44, 0x66, 0x55, 0x44, 0, 0];
        // 2024-08-13T00:00:05.25Z as Julian day 2460536 and nanoseconds of the day.
        let mut int96 = [0; 12];
        int96[..8].copy_from_slice(&5_250_000_000i64.to_le_bytes());
        int96[8..].copy_from_slice(&2_460_536u32.to_le_bytes());
        for (raw, meaning, want) in [
            (Raw::Bool(true), Meaning::Plain, "true"),
            (Raw::Int32(-7), Meaning::Plain, "-7"),
            (Raw::Int32(-1), Meaning::Unsigned, "4294967295"),
            (Raw::Int64(-1), Meaning::Unsigned, "18446744073709551615"),
            (Raw::Int32(19_948), Meaning::Date, "\"2024-08-13\""),
            (Raw::Int32(-1), Meaning::Date, "\"1969-12-31\""),
            (Raw::Int32(i32::MAX), Meaning::Date, "2147483647"),
            (Raw::Int64(1_723_507_205_250), Meaning::Stamp(Unit::Millis), "\"2024-08-13T00:00:05.250000Z\""),
            (Raw::Int64(1_723_507_205_000_001), Meaning::Stamp(Unit::Micros), "\"2024-08-13T00:00:05.000001Z\""),
            (Raw::Int64(-1), Meaning::Stamp(Unit::Nanos), "\"1969-12-31T23:59:59.999999Z\""),
            (Raw::Int64(i64::MAX), Meaning::Stamp(Unit::Millis), "9223372036854775807"),
            (Raw::Int96(int96), Meaning::Plain, "\"2024-08-13T00:00:05.250000Z\""),
            (Raw::Int96([0xff; 12]), Meaning::Plain, "\"ffffffffffffffffffffffff\""),
            (Raw::Int32(86_399_999), Meaning::Time(Unit::Millis), "\"23:59:59.999000\""),
            (Raw::Int32(-1), Meaning::Time(Unit::Millis), "-1"),
            (Raw::Int32(-5), Meaning::Decimal(2), "-0.05"),
            (Raw::Int64(12_345), Meaning::Decimal(3), "12.345"),
            (Raw::Bytes(&[0xff, 0x85]), Meaning::Decimal(2), "-1.23"),
            (Raw::Bytes(&[1; 17]), Meaning::Decimal(2), "\"0101010101010101010101010101010101\""),
            (Raw::Bytes(&uuid), Meaning::Uuid, "\"550e8400-e29b-41d4-a716-446655440000\""),
            (Raw::Bytes(&[0x00, 0xc1]), Meaning::Half, "-2.5"),
            (Raw::Bytes(&[0x00, 0x7e]), Meaning::Half, "nothing"),
            (Raw::Double(200.0), Meaning::Plain, "200"),
            (Raw::Float(0.1), Meaning::Plain, "0.1"),
            (Raw::Double(0.001), Meaning::Plain, "0.001"),
            (Raw::Double(-1e300), Meaning::Plain, "-1e300"),
            (Raw::Double(f64::INFINITY), Meaning::Plain, "nothing"),
            (Raw::Bytes(b"a\"b\\c\n\x01\xc3\xa9"), Meaning::Plain, "\"a\\\"b\\\\c\\u000a\\u0001\u{e9}\""),
            (Raw::Bytes(b"\xffx"), Meaning::Plain, "\"\u{fffd}x\""),
        ] {
            assert_eq!(written(raw, meaning), want, "{raw:?} {meaning:?}");
        }
    }

    #[test]
    fn keys_of_maps_are_always_text() {
        let leaf =
            Leaf { path: "x".into(), physical: Physical::Int32, number: 1, meaning: Meaning::Plain, def_max: 0, rep_max: 0 };
        let mut out = Vec::new();
        key(&Raw::Int32(3), &leaf, &mut out);
        assert_eq!(out, b"\"3\":");
    }
}

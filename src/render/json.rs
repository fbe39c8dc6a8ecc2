//! `report.json`: the case itself, keys in the order of the struct.
//!
//! Numbers are rounded to six significant digits before they are printed, so that the last digit of
//! a platform's `ln` or `exp` never shows; not-a-number and infinity become `null`. The upper levels
//! are set out line by line, the innermost (one bin of a series) stand on one line each.

use super::escape::is_unseen;
use crate::error::{Error, Result};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use std::io::{self, Write};

/// Containers nested deeper than this stand on one line.
const OPEN_LEVELS: usize = 4;

/// Six significant digits of `x`; negative zero is zero, and what is not finite is `None`.
#[must_use]
pub fn rounded(x: f64) -> Option<f64> {
    let short: f64 = format!("{x:.5e}").parse().ok()?;
    short.is_finite().then_some(short + 0.0)
}

/// `value` as JSON text with a final newline; `name` is the file it is for.
///
/// # Errors
/// It cannot be serialised: a defect of the program.
pub fn text<T: Serialize>(name: &str, value: &T) -> Result<String> {
    let defect = |e| Error::Write { path: name.into(), source: io::Error::other(e) };
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, Layout::default());
    value.serialize(&mut serializer).map_err(|e| defect(e.to_string()))?;
    out.push(b'\n');
    String::from_utf8(out).map_err(|e| defect(e.to_string()))
}

/// Writes `value` on one line. Characters that a terminal would not show or would act on are escaped.
///
/// # Errors
/// Those of `out`.
pub fn line<T: Serialize, W: Write>(out: &mut W, value: &T) -> serde_json::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Seen))
}

/// JSON as a terminal may be given.
struct Seen;

impl Formatter for Seen {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        fragment(out, text)
    }
}

/// A piece of a string with every unseen character as `\uXXXX`.
fn fragment<W: ?Sized + Write>(out: &mut W, text: &str) -> io::Result<()> {
    let mut rest = text;
    while let Some((n, c)) = rest.char_indices().find(|(_, c)| is_unseen(*c)) {
        let (before, after) = rest.split_at(n);
        out.write_all(before.as_bytes())?;
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(out, "\\u{unit:04x}")?;
        }
        rest = after.get(c.len_utf8()..).unwrap_or_default();
    }
    out.write_all(rest.as_bytes())
}

/// The layout described at the top of the file.
#[derive(Default)]
struct Layout {
    depth: usize,
    filled: bool,
}

impl Layout {
    fn open<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        out.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, out: &mut W, bracket: &[u8]) -> io::Result<()> {
        let inside = self.depth;
        self.depth -= 1;
        if self.filled && inside <= OPEN_LEVELS {
            self.newline(out)?;
        }
        self.filled = true;
        out.write_all(bracket)
    }

    fn next<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        if self.depth <= OPEN_LEVELS {
            self.newline(out)
        } else if first {
            Ok(())
        } else {
            out.write_all(b" ")
        }
    }

    fn newline<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| out.write_all(b"  "))
    }
}

impl Formatter for Layout {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        fragment(out, text)
    }

    fn write_f64<W: ?Sized + Write>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        match rounded(value) {
            Some(x) => write!(out, "{x}"),
            None => out.write_all(b"null"),
        }
    }

    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.open(out, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.close(out, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(out, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn numbers_keep_six_significant_digits_and_are_never_nan() {
        for (x, want) in [
            (0.123_456_789, Some(0.123_457)),
            (123_456_789.0, Some(123_457_000.0)),
            (-0.0, Some(0.0)),
            (0.1 + 0.2, Some(0.3)),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(rounded(x), want);
        }
        assert_eq!(text("x.json", &[0.1 + 0.2, f64::NAN, 1e-9]).expect("text"), "[\n  0.3,\n  null,\n  0.000000001\n]\n");
    }

    #[test]
    fn deep_levels_stand_on_one_line_and_empty_ones_stay_closed() {
        let value = json!({"a": [{"s": [{"t": 1, "u": [2, 3]}, {}]}], "b": []});
        let out = text("x.json", &value).expect("text");
        assert!(out.contains("        {\"t\": 1, \"u\": [2, 3]},\n        {}\n"), "{out}");
        assert!(out.contains("\"b\": []\n}"), "{out}");
        assert_eq!(serde_json::from_str::<Value>(&out).expect("JSON"), value);
    }

    #[test]
    fn the_case_has_the_keys_of_the_contract_in_the_order_of_the_struct() {
        let out = text("x.json", &crate::render::sample::case()).expect("text");
        let value: Value = serde_json::from_str(&out).expect("JSON");
        let paths = "/schema /synthetic /window/from /window/to /window/chosen /sources/0/path /sources/0/sha256 \
            /sources/0/format /sources/0/confidence /sources/0/tier /sources/0/instance /sources/0/lines /sources/0/events \
            /sources/0/duplicates /sources/0/skipped /sources/0/rejected /sources/0/first /sources/0/last \
            /sources/0/clock_offset /totals/lines /totals/events /totals/duplicates /totals/skipped /totals/rejected \
            /scope/verdict /scope/cause_set/0/resource /scope/share_of_excess/value /scope/share_of_excess/low \
            /scope/share_of_excess/high /scope/target/requests /scope/target/failed /scope/target/before/value \
            /scope/target/during/clients /scope/rest/requests /scope/rest/failed /scope/rest/before/low \
            /scope/rest/during/high /scope/rest/increase/value /scope/rest/margin /scope/rest/healthy /scope/because/0 \
            /episodes/0/resource /episodes/0/from /episodes/0/from_low /episodes/0/from_high /episodes/0/to \
            /episodes/0/to_low /episodes/0/to_high /episodes/0/requests /episodes/0/failed /episodes/0/clients_affected \
            /resources/0/name /resources/0/requests /resources/0/failed /resources/0/availability/value \
            /resources/0/series/0/t /resources/0/series/0/requests /resources/0/series/0/failed /resources/0/series/0/state \
            /explanations/0/id /explanations/0/standing /explanations/0/strength /explanations/0/evidence/0/says \
            /explanations/0/evidence/0/favours /explanations/0/evidence/0/against /claims/0/id /claims/0/says /claims/0/by \
            /claims/0/at /claims/0/standing /claims/0/because /audience/requests /audience/distinct_clients \
            /audience/peak_concurrent /completeness/gaps/0 /completeness/clock_offsets /completeness/duplicates \
            /completeness/blind_spots /charts";
        for path in paths.split_whitespace() {
            assert!(value.pointer(path).is_some(), "{path}");
        }
        assert_eq!(value.pointer("/scope/verdict"), Some(&json!("confined")));
        let order: Vec<usize> =
            ["\"schema\"", "\"window\"", "\"scope\"", "\"charts\""].iter().map(|k| out.find(k).expect("key")).collect();
        assert!(order.is_sorted());
    }

    #[test]
    fn a_case_without_a_window_says_null() {
        let mut case = crate::render::sample::case();
        case.window = None;
        let value: Value = serde_json::from_str(&text("x.json", &case).expect("text")).expect("JSON");
        assert_eq!(value.pointer("/window"), Some(&Value::Null));
    }
}

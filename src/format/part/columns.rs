//! W3C extended log files: a `#Fields:` line names the columns of the lines after it.
//!
//! The header may change inside a file: after a restart, or where files were joined. Columns are
//! separated by tabs or, where the line has none, by blanks. A value in double quotes (WebLogic, Tomcat)
//! goes on to the quote that a separator follows; quotes inside are doubled, and stay so.

use super::clf::read;
use super::draft::Draft;
use super::field::{Quoting, Raw};
use super::json::Make;
use super::slot::{Keys, Slot};
use crate::format::{Dialect, Parsed};
use crate::ledger::{Reject, Skip};
use memchr::{memchr, memchr_iter};
use std::sync::Arc;

/// What makes one product's logs its own.
pub struct Product {
    /// Whether the names of a header are this product's.
    pub owns: fn(&[u8]) -> bool,
    /// What its columns mean.
    pub keys: &'static [(&'static str, Slot)],
    /// How its values are quoted.
    pub quoting: fn(Slot) -> Quoting,
    /// Columns of a file without a header; empty where nothing can be said without one.
    pub default: &'static str,
    /// Fewest columns of a line, where the header has as many.
    pub fewest: usize,
    /// What is made of the values.
    pub make: Make,
}

impl std::fmt::Debug for Product {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Product({})", self.default)
    }
}

/// The columns in force.
#[derive(Debug)]
pub struct Columns {
    product: &'static Product,
    columns: Vec<(Slot, Quoting)>,
    /// Fewest columns of a line: all that the header names, since a line with fewer was cut.
    fewest: usize,
}

/// More columns than any version of any format has: a bound on hostile headers.
const COLUMNS_MAX: usize = 128;

impl Columns {
    /// Before any header.
    #[must_use]
    pub fn new(product: &'static Product) -> Self {
        Columns::documented(product, product.default)
    }

    /// Columns as documented, for files without a header: they may be older than the documentation and have
    /// fewer.
    #[must_use]
    pub fn documented(product: &'static Product, names: &str) -> Self {
        let all = Columns::of(product, names.as_bytes());
        Columns { fewest: all.columns.len().min(product.fewest), ..all }
    }

    /// After a header with these names.
    #[must_use]
    pub fn of(product: &'static Product, names: &[u8]) -> Self {
        let keys = Keys::new(product.keys);
        let folded = Keys::from_iter(product.keys.iter().map(|(n, s)| (n.to_ascii_lowercase(), *s)));
        let slot = |name: &[u8]| keys.slot(name).or_else(|| folded.slot(&name.to_ascii_lowercase())).unwrap_or(Slot::Ignore);
        let names = names.split(|b| matches!(b, b' ' | b'\t' | b'\r')).filter(|n| !n.is_empty());
        let columns: Vec<_> = names.take(COLUMNS_MAX).map(slot).map(|s| (s, (product.quoting)(s))).collect();
        Columns { product, fewest: columns.len(), columns }
    }
}

impl Dialect for Columns {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            if line.first() == Some(&b'#') {
                return if is_directive(line) { Ok(Parsed::Skip(Skip::Directive)) } else { Err(Reject::UnknownFormat) };
            }
            // Values begin with a date, a stamp or an address: a cheap look before splitting.
            if self.columns.is_empty() || !line.first().is_some_and(|b| b.is_ascii_hexdigit() || matches!(b, b'-' | b'"' | b':'))
            {
                return Err(Reject::UnknownFormat);
            }
            let separator = if memchr(b'\t', line).is_some() { b'\t' } else { b' ' };
            let mut draft = Draft::default();
            let mut count = 0;
            for ((slot, quoting), bytes) in self.columns.iter().zip(Values { rest: Some(line), separator }) {
                draft.put(*slot, Raw { bytes, quoting: *quoting });
                count += 1;
            }
            if count < self.fewest {
                return Err(Reject::UnknownFormat);
            }
            (self.product.make)(&draft, line)
        })
    }

    fn has_directives(&self) -> bool {
        true
    }

    fn gives(&self, field: &str) -> bool {
        let plain = |slot: &Slot| !slot.is_note() && slot.fields().contains(&field);
        let named = |wanted: Slot| self.columns.iter().any(|(slot, _)| *slot == wanted);
        if field == "time" {
            return [Slot::Time, Slot::FineTime, Slot::Start, Slot::End].into_iter().any(named)
                || (named(Slot::Date) && named(Slot::Clock));
        }
        // What no column gives as it stands is made of columns that only the product's own rules understand.
        let is_made = || !self.product.keys.iter().any(|(_, slot)| plain(slot));
        self.columns.iter().any(|(slot, _)| plain(slot) || (slot.is_note() && is_made()))
    }

    fn after(&self, line: &[u8]) -> Option<Arc<dyn Dialect>> {
        let names = fields(line).filter(|names| (self.product.owns)(names))?;
        Some(Arc::new(Columns::of(self.product, names)))
    }
}

/// The values of a line.
struct Values<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let quote = rest.strip_prefix(b"\"").and_then(|body| closing(body, self.separator)).map(|n| n + 1);
        let (value, after) = match quote {
            Some(at) => (rest.get(1..at)?, at + 1),
            None => {
                let n = memchr(self.separator, rest).unwrap_or(rest.len());
                (rest.get(..n)?, n)
            }
        };
        self.rest = rest.get(after + 1..);
        Some(value)
    }
}

/// Place of the quote that closes a value: the first that a separator follows and that is not one of a pair.
fn closing(body: &[u8], separator: u8) -> Option<usize> {
    let mut paired = None;
    memchr_iter(b'"', body).find(|at| {
        let next = body.get(at + 1);
        if paired.take() == Some(*at) {
            return false;
        }
        paired = (next == Some(&b'"')).then_some(at + 1);
        next.is_none_or(|b| *b == separator)
    })
}

/// The names in a `#Fields:` line.
#[must_use]
pub fn fields(line: &[u8]) -> Option<&[u8]> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    line.strip_prefix(b"#Fields:")
}

/// Whether the line is a directive of the W3C format.
#[must_use]
pub fn is_directive(line: &[u8]) -> bool {
    const KNOWN: [&[u8]; 7] = [b"#Fields:", b"#Version:", b"#Date:", b"#Software:", b"#Start-Date:", b"#End-Date:", b"#Remark:"];
    KNOWN.iter().any(|d| line.starts_with(d))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_split_at_separators_outside_quotes() {
        for (line, separator, want) in [
            ("a b  c", b' ', vec!["a", "b", "", "c"]),
            ("a\tb c\t", b'\t', vec!["a", "b c", ""]),
            (r#"a "b c" d"#, b' ', vec!["a", "b c", "d"]),
            (r#"a "b ""c"" d" e"#, b' ', vec!["a", r#"b ""c"" d"#, "e"]),
            (r#""" "-""#, b' ', vec!["", "-"]),
            (r#"a "b c"#, b' ', vec!["a", "\"b", "c"]),
            ("", b' ', vec![""]),
        ] {
            let got: Vec<_> = Values { rest: Some(line.as_bytes()), separator }.map(String::from_utf8_lossy).collect();
            assert_eq!(got, want, "{line}");
        }
    }
}

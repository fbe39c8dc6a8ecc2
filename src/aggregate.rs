//! An aggregated table: bad and all requests by time and attribute values, read from CSV.
//!
//! Quirks met: a byte order mark, quoted fields, CRLF, a value written `5` in one row and `5.0` in
//! another, empty values, rows that are cut short. What cannot be read is counted and named by its
//! line, never guessed.

use crate::error::{Error, Result};
use crate::time::{Micros, parse_naive_utc};
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::io::Read;
use std::result::Result as Either;

/// Most bytes read of one table: it is counts, not logs.
pub const BYTES_MAX: u64 = 1 << 30;

/// Most examples kept of rows that could not be read.
pub const EXAMPLES_MAX: usize = 20;

/// Which columns are no attributes.
#[derive(Clone, Copy, Debug)]
pub struct Columns<'a> {
    /// The time of a row.
    pub time: &'a str,
    /// Its bad requests.
    pub bad: &'a str,
    /// All its requests.
    pub total: &'a str,
}

/// An aggregated table. Rows of one time with the same values are one.
#[derive(Clone, Debug, Default)]
pub struct Aggregate {
    /// Names of the attributes, as the columns stand.
    pub attributes: Vec<String>,
    /// The times, ascending.
    pub times: Vec<Micros>,
    /// The combinations of attribute values, ascending; a value is empty where the row has none.
    pub places: Vec<Vec<String>>,
    /// By time: (place, bad, total), ascending by place.
    pub cells: Vec<Vec<(usize, f64, f64)>>,
    /// Rows read, the header not counted: used and refused.
    pub rows: u64,
    /// Rows that could not be read.
    pub refused: u64,
    /// The first of them: line, and why.
    pub examples: Vec<(u64, String)>,
}

impl Aggregate {
    /// Reads a table; `name` is what messages call it.
    ///
    /// # Errors
    /// A column is missing or no column is left for attributes (wrong usage); the input cannot be
    /// read, is larger than [`BYTES_MAX`], or has no row that can be read.
    pub fn read(input: impl Read, name: &str, columns: Columns<'_>) -> Result<Self> {
        let mut limited = input.take(BYTES_MAX + 1);
        let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(&mut limited);
        let mut record = csv::ByteRecord::new();
        let failed = |e: csv::Error| Error::read(name, std::io::Error::other(e.to_string()));
        if !reader.read_byte_record(&mut record).map_err(failed)? {
            return Err(Error::NothingUsable(format!("{name} is empty")));
        }
        let header: Vec<String> = record.iter().enumerate().map(|(i, f)| heading(f, i)).collect();
        let layout = Layout::of(&header, name, columns)?;
        let mut table =
            Aggregate { attributes: layout.attributes.iter().map(|&i| header[i].clone()).collect(), ..Aggregate::default() };
        let mut places: FxHashMap<Vec<String>, usize> = FxHashMap::default();
        let mut cells: BTreeMap<Micros, FxHashMap<usize, (f64, f64)>> = BTreeMap::new();
        while reader.read_byte_record(&mut record).map_err(failed)? {
            table.rows += 1;
            match layout.row(&record, header.len()) {
                Ok((time, bad, total, values)) => {
                    let next = places.len();
                    let place = *places.entry(values).or_insert(next);
                    let cell = cells.entry(time).or_default().entry(place).or_default();
                    *cell = (cell.0 + bad, cell.1 + total);
                }
                Err(why) => {
                    table.refused += 1;
                    if table.examples.len() < EXAMPLES_MAX {
                        table.examples.push((record.position().map_or(0, csv::Position::line), why));
                    }
                }
            }
        }
        drop(reader);
        if limited.limit() == 0 {
            return Err(Error::NothingUsable(format!("{name} is larger than {} MiB", BYTES_MAX >> 20)));
        }
        if cells.is_empty() {
            let why = table.examples.first().map_or(String::new(), |(line, why)| format!("; line {line}: {why}"));
            return Err(Error::NothingUsable(format!("{name} has no row that can be read{why}")));
        }
        table.sort(places, cells);
        Ok(table)
    }

    /// Puts places and cells into an order of the data alone.
    fn sort(&mut self, places: FxHashMap<Vec<String>, usize>, cells: BTreeMap<Micros, FxHashMap<usize, (f64, f64)>>) {
        let mut sorted: Vec<(Vec<String>, usize)> = places.into_iter().collect();
        sorted.sort();
        let mut rank = vec![0; sorted.len()];
        sorted.iter().enumerate().for_each(|(i, (_, old))| rank[*old] = i);
        self.places = sorted.into_iter().map(|(values, _)| values).collect();
        for (time, at) in cells {
            let mut row: Vec<(usize, f64, f64)> = at.into_iter().map(|(p, (bad, total))| (rank[p], bad, total)).collect();
            row.sort_by_key(|c| c.0);
            self.times.push(time);
            self.cells.push(row);
        }
    }
}

/// Time, bad, total and values of one row.
type Cells = (Micros, f64, f64, Vec<String>);

/// Where the columns stand.
struct Layout {
    time: usize,
    bad: usize,
    total: usize,
    attributes: Vec<usize>,
}

impl Layout {
    fn of(header: &[String], name: &str, columns: Columns<'_>) -> Result<Self> {
        let place = |what: &str| {
            let mut at = header.iter().enumerate().filter(|(_, h)| *h == what.trim()).map(|(i, _)| i);
            match (at.next(), at.next()) {
                (Some(i), None) => Ok(i),
                (None, _) => Err(Error::Usage(format!("{name} has no column `{what}`; it has {}", header.join(", ")))),
                _ => Err(Error::Usage(format!("{name} has more than one column `{what}`"))),
            }
        };
        let (time, bad, total) = (place(columns.time)?, place(columns.bad)?, place(columns.total)?);
        if time == bad || bad == total || time == total {
            return Err(Error::Usage("--time, --bad and --total must be three different columns".into()));
        }
        let attributes: Vec<usize> = (0..header.len()).filter(|i| ![time, bad, total].contains(i)).collect();
        if attributes.is_empty() {
            return Err(Error::Usage(format!("{name} has no column left for attributes")));
        }
        Ok(Layout { time, bad, total, attributes })
    }

    /// One row, or why it cannot be read.
    fn row(&self, record: &csv::ByteRecord, columns: usize) -> Either<Cells, String> {
        if record.len() != columns {
            return Err(format!("{} fields instead of {columns}", record.len()));
        }
        let text = |i: usize| String::from_utf8_lossy(&record[i]).trim().to_owned();
        let time = text(self.time);
        let time = instant(&time).ok_or_else(|| format!("`{time}` is no time"))?;
        let count = |i: usize| {
            let t = text(i);
            t.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0).ok_or_else(|| format!("`{t}` is no count"))
        };
        let (bad, total) = (count(self.bad)?, count(self.total)?);
        if bad > total {
            return Err(format!("{bad} bad of {total}"));
        }
        Ok((time, bad, total, self.attributes.iter().map(|&i| value(&text(i))).collect()))
    }
}

/// A column's name, without a byte order mark and blanks; columns without a name are numbered.
fn heading(field: &[u8], place: usize) -> String {
    let text = String::from_utf8_lossy(field);
    let name = text.trim_start_matches('\u{feff}').trim();
    if name.is_empty() { format!("column {}", place + 1) } else { name.to_owned() }
}

/// An attribute's value: `5.0` is `5`.
fn value(text: &str) -> String {
    let whole = |t: &str| !t.is_empty() && t.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
    match text.split_once('.') {
        Some((n, zeros)) if whole(n) && !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => n.to_owned(),
        _ => text.to_owned(),
    }
}

/// An instant: seconds, milliseconds, microseconds or nanoseconds since 1970, told by their size
/// (seconds reach 10^11 in the year 5138), RFC 3339, or a date and time taken as UTC.
#[must_use]
pub fn instant(text: &str) -> Option<Micros> {
    if let Ok(n) = text.parse::<f64>() {
        let micros = match n.abs() {
            a if a < 1e11 => n * 1e6,
            a if a < 1e14 => n * 1e3,
            a if a < 1e17 => n,
            _ => n / 1e3,
        };
        return (micros.abs() < 9e18).then_some(Micros(micros.round() as i64));
    }
    Micros::parse_rfc3339(text).ok().or_else(|| parse_naive_utc(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: Columns<'_> = Columns { time: "t", bad: "bad", total: "all" };

    fn read(text: &str) -> Result<Aggregate> {
        Aggregate::read(text.as_bytes(), "table.csv", COLUMNS)
    }

    #[test]
    fn marks_quotes_line_ends_and_floats_make_no_difference() {
        let plain = read("t,bad,all,pop,rate\n60,1,2,ams,5\n120,0,4,\"fra, old\",5\n").expect("a table");
        let odd =
            read("\u{feff}t,bad,\"all\",pop, rate\r\n60.0,1.0,2, ams ,5.0\r\n120,0,4,\"fra, old\",5.00\r\n").expect("a table");
        assert_eq!((&plain.attributes, &plain.times, &plain.places), (&odd.attributes, &odd.times, &odd.places));
        assert_eq!(plain.cells, odd.cells);
        assert_eq!(plain.places, [["ams", "5"], ["fra, old", "5"]]);
        assert_eq!(plain.attributes, ["pop", "rate"]);
    }

    #[test]
    fn rows_in_any_order_and_in_pieces_give_the_same_table() {
        let a = read("t,bad,all,pop\n60,1,2,ams\n60,2,5,fra\n120,0,4,ams\n").expect("a table");
        let b = read("t,bad,all,pop\n120,0,4,ams\n60,2,5,fra\n60,1,1,ams\n60,0,1,ams\n").expect("a table");
        assert_eq!((a.times, a.places, a.cells), (b.times, b.places, b.cells));
    }

    #[test]
    fn rows_that_cannot_be_read_are_counted_and_named_by_line() {
        let t = read("t,bad,all,pop\n60,1,2,ams\nsoon,1,2,ams\n60,x,2,ams\n60,3,2,ams\n60,1\n60,-1,2,ams\n60,,2,ams\n60,1,2,\n")
            .expect("a table");
        assert_eq!((t.rows, t.refused), (8, 6));
        let lines: Vec<u64> = t.examples.iter().map(|e| e.0).collect();
        assert_eq!(lines, [3, 4, 5, 6, 7, 8]);
        assert!(t.examples[0].1.contains("soon") && t.examples[3].1.contains("2 fields instead of 4"));
        assert_eq!(t.places, [[""], ["ams"]], "an empty value is no reason to refuse a row");
    }

    #[test]
    fn wrong_columns_are_wrong_usage_and_an_empty_table_is_not() {
        let usage = |r: Result<Aggregate>| matches!(r, Err(Error::Usage(_)));
        assert!(usage(read("t,bad,pop\n60,1,ams\n")));
        assert!(usage(read("t,bad,all\n60,1,2\n")));
        assert!(usage(read("t,bad,all,all,pop\n60,1,2,2,ams\n")));
        assert!(usage(Aggregate::read(&b"t,bad,all,pop\n"[..], "x", Columns { time: "t", bad: "all", total: "all" })));
        assert!(matches!(read(""), Err(Error::NothingUsable(_))));
        assert!(matches!(read("t,bad,all,pop\nnever,1,2,ams\n"), Err(Error::NothingUsable(_))));
    }

    #[test]
    fn an_instant_is_the_same_in_every_unit_and_form() {
        let want = Some(Micros(1_566_656_280_000_000));
        for text in [
            "1566656280",
            "1566656280.0",
            "1566656280000",
            "1566656280000000",
            "2019-08-24T14:18:00Z",
            "2019-08-24T16:18:00+02:00",
            "2019-08-24 14:18",
        ] {
            assert_eq!(instant(text), want, "{text}");
        }
        for text in ["", "noon", "nan", "inf"] {
            assert_eq!(instant(text), None, "{text}");
        }
    }
}

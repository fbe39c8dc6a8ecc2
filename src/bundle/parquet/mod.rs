//! Parquet files as text: each row becomes one JSON object on a line of its own.
//!
//! CDNs and balancers can deliver their logs so, and query engines export them so. Keys are the names
//! of the columns as they are, values as [`json`] says; nulls are left out. So a row number is a line
//! number, and everything downstream works as with any JSON log.
//!
//! Why this is written here and not left to the usual library (arrow-rs `parquet`, looked at in version
//! 60.1): that one believes what a file says of itself. A footer of 742 bytes makes it reserve 16 GiB, one
//! with a million groups in each other overflows its stack, and a dictionary is made as large as its
//! page claims. Each of these ends the whole process, which no `catch_unwind` holds up. Here memory is
//! taken only for bytes that are there, and nothing descends beyond a fixed depth. That library writes
//! the files of the tests. (Its price would have been bearable: a fifth more time to build.)
//!
//! What is not read is told: encrypted files, pages packed with Brotli or LZO, levels in the old encoding
//! `BIT_PACKED`, columns in other files.
//!
//! Everything stands in the footer at the end: a file on disk is read from there by seeking, one in an
//! archive or packed is held in memory up to [`IN_MEMORY_MAX`].

mod bits;
mod column;
mod footer;
mod json;
mod page;
mod record;
mod schema;
mod thrift;
mod values;

use super::limits::Budget;
use footer::Footer;
use page::{Bytes, Store};
use schema::Schema;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::rc::Rc;

/// Most bytes of a Parquet file that lies inside an archive or is packed: 256 MiB. As for zip archives
/// there.
pub(crate) const IN_MEMORY_MAX: u64 = 256 << 20;
/// Most bytes of a footer: 16 MiB. Two thousand row groups of fifty columns with statistics have less.
const FOOTER_MAX: u64 = 16 << 20;
/// Most columns and groups of a schema. The widest log schema known (OCSF) has about 1,000.
const COLUMNS_MAX: usize = 10_000;
/// Most bytes of one page, packed or unpacked: 128 MiB. Writers make pages of 1 MiB; DuckDB, which
/// makes the largest, stops at 100 MB.
const PAGE_MAX: usize = 128 << 20;
/// Most bytes of unpacked pages in memory, one and a dictionary for each column: 256 MiB.
const HELD_MAX: usize = 256 << 20;
/// Bytes of a row after which no more of it is written: one more than the longest line that is read, so
/// that the row is counted as too long.
const ROW_MAX: usize = (1 << 20) + 1;
/// Bytes of text made at a time.
const STEP: usize = 64 << 10;

/// Whether a file that begins so is Parquet.
pub(crate) fn is_parquet(head: &[u8]) -> bool {
    head.starts_with(b"PAR1")
}

/// The file is not whole.
fn cut(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, format!("the Parquet file is not whole: {what}"))
}

/// The file contradicts itself or its format.
fn damaged(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the Parquet file is damaged: {what}"))
}

/// The file may be sound but is not read.
fn refused(what: impl std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, format!("this Parquet file is not read: {what}"))
}

/// The file passes a bound.
fn limit(what: impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("decompression limit of a Parquet file: {what}"))
}

/// Where a Parquet file comes from.
pub(crate) enum Origin<'a> {
    /// A file on disk.
    Disk(&'a Path),
    /// Bytes that can be read once.
    Stream(Box<dyn Read + 'a>),
}

/// The rows of a Parquet file as lines. Nothing is opened before the first byte is asked for.
pub(crate) struct Lines<'a> {
    state: State<'a>,
    budget: Budget,
    /// Told the size of the file as soon as it is known.
    size: Rc<Cell<u64>>,
    text: Vec<u8>,
    given: usize,
}

enum State<'a> {
    Waiting(Origin<'a>),
    Open(Box<Open>),
    Failed(io::Error),
    Over,
}

struct Open {
    store: Store,
    footer: Footer,
    schema: Schema,
    group: Option<record::Rows>,
    rows: u64,
}

impl<'a> Lines<'a> {
    /// The lines, and a cell that will hold the size of the file.
    pub(crate) fn new(origin: Origin<'a>, budget: &Budget) -> (Self, Rc<Cell<u64>>) {
        let size = Rc::new(Cell::new(0));
        let lines =
            Lines { state: State::Waiting(origin), budget: budget.clone(), size: Rc::clone(&size), text: Vec::new(), given: 0 };
        (lines, size)
    }

    /// Makes more text, or nothing where there is no more. An error comes after all text before it.
    fn refill(&mut self) -> io::Result<()> {
        self.text.clear();
        self.given = 0;
        let state = std::mem::replace(&mut self.state, State::Over);
        let mut open = match state {
            State::Waiting(origin) => {
                let store = store(origin, &self.budget)?;
                self.size.set(store.len());
                Box::new(Open::new(store)?)
            }
            State::Open(open) => open,
            State::Failed(e) => return Err(e),
            State::Over => return Ok(()),
        };
        while self.text.len() < STEP {
            match open.row(&mut self.text) {
                Ok(true) => {}
                Ok(false) => return Ok(()),
                Err(e) => {
                    self.state = State::Failed(e);
                    return if self.text.is_empty() { self.refill() } else { Ok(()) };
                }
            }
        }
        self.state = State::Open(open);
        Ok(())
    }
}

impl Read for Lines<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.given == self.text.len() {
            self.refill()?;
        }
        let n = self.text.get(self.given..).unwrap_or_default().read(buf)?;
        self.given += n;
        Ok(n)
    }
}

/// Makes the bytes of a file readable in any order.
fn store(origin: Origin<'_>, budget: &Budget) -> io::Result<Store> {
    match origin {
        Origin::Disk(path) => {
            let file = File::open(path)?;
            let len = file.metadata()?.len();
            Ok(Store::new(Bytes::File(file), len, budget))
        }
        Origin::Stream(stream) => {
            let mut bytes = Vec::new();
            let whole = stream.take(IN_MEMORY_MAX + 1).read_to_end(&mut bytes);
            // Its end, where everything stands, was not reached.
            whole.map_err(|e| io::Error::new(e.kind(), format!("a Parquet file can only be read whole, and {e}")))?;
            let len = bytes.len() as u64;
            if len > IN_MEMORY_MAX {
                let most = IN_MEMORY_MAX >> 20;
                return Err(limit(format!("one over {most} MiB inside an archive or packed is not read; unpack it first")));
            }
            Ok(Store::new(Bytes::Memory(bytes), len, budget))
        }
    }
}

impl Open {
    /// Reads the footer: its length and `PAR1` are the last eight bytes.
    fn new(mut store: Store) -> io::Result<Self> {
        let missing = || cut("its footer, without which nothing in it can be found, is missing");
        let end = store.len().checked_sub(8).filter(|end| *end >= 4).ok_or_else(missing)?;
        let tail = store.read(end, 8)?;
        let (len, magic) = tail.split_first_chunk::<4>().ok_or_else(missing)?;
        match magic {
            b"PAR1" => {}
            b"PARE" => return Err(refused("it is encrypted")),
            _ => return Err(missing()),
        }
        let len = u64::from(u32::from_le_bytes(*len));
        if len > FOOTER_MAX {
            return Err(limit(format!("a footer of more than {} MiB is not read", FOOTER_MAX >> 20)));
        }
        let start =
            end.checked_sub(len).filter(|start| *start >= 4).ok_or_else(|| damaged("its footer is longer than itself"))?;
        let footer = Footer::read(store.read(start, len as usize)?, COLUMNS_MAX)?;
        let schema = Schema::of(&footer.schema)?;
        Ok(Open { store, footer, schema, group: None, rows: 0 })
    }

    /// Writes the next row; `false` at the end.
    fn row(&mut self, out: &mut Vec<u8>) -> io::Result<bool> {
        loop {
            if let Some(group) = &mut self.group {
                if group.write(&self.schema, &mut self.store, out)? {
                    self.rows += 1;
                    return Ok(true);
                }
                self.group.take().into_iter().for_each(|group| group.close(&mut self.store));
            }
            let Some(group) = self.footer.next_group(self.schema.leaves.len()) else { break };
            self.group = Some(record::Rows::open(&group?, &self.schema, &mut self.store)?);
        }
        match self.footer.rows {
            Some(rows) if rows != self.rows => {
                Err(damaged(format!("it says that it has {rows} rows, but its row groups have {}", self.rows)))
            }
            _ => Ok(false),
        }
    }
}

#[cfg(test)]
mod tests;

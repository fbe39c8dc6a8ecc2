//! One column of a row group: a row of levels, and a value wherever the levels say so.

use super::bits::Hybrid;
use super::footer::Chunk;
use super::page::{Page, Pages, Store};
use super::schema::Leaf;
use super::values::{Dictionary, Raw, Values};
use super::{cut, damaged};
use std::io;

/// Where a value stands: in which list it goes on, and how far down it is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Levels {
    pub(super) rep: u32,
    pub(super) def: u32,
}

/// Reads one column chunk.
#[derive(Debug)]
pub(super) struct Column {
    pages: Pages,
    /// Values of the chunk not yet met, absent ones included.
    left: u64,
    dictionary: Option<Dictionary>,
    page: Vec<u8>,
    left_in_page: u32,
    rep: Option<Hybrid>,
    def: Option<Hybrid>,
    values: Option<Values>,
    now: Option<Levels>,
    /// Whether the value of `now` is still to be read.
    is_due: bool,
    /// Why there is no `now`: told only when somebody asks, for what came before is sound.
    failed: Option<io::Error>,
}

impl Column {
    /// A column before its first value.
    pub(super) fn open(chunk: &Chunk, leaf: &Leaf, store: &mut Store) -> io::Result<Self> {
        if chunk.physical != leaf.number {
            return Err(damaged(format!("the column `{}` has another type than the schema says", leaf.path)));
        }
        let left = u64::try_from(chunk.values).map_err(|_| damaged("a column has less than no values"))?;
        let mut column = Column {
            pages: Pages::new(chunk),
            left,
            dictionary: None,
            page: Vec::new(),
            left_in_page: 0,
            rep: None,
            def: None,
            values: None,
            now: None,
            is_due: false,
            failed: None,
        };
        column.advance(leaf, store);
        Ok(column)
    }

    /// Where it stands; `None` at its end. The error is told once.
    pub(super) fn now(&mut self) -> io::Result<Option<Levels>> {
        self.failed.take().map_or(Ok(self.now), Err)
    }

    /// Whether it stands inside a row.
    pub(super) fn is_inside(&self) -> bool {
        self.now.is_some_and(|levels| levels.rep > 0)
    }

    /// The value where it stands, which must be defined to the end; once.
    pub(super) fn value(&mut self) -> io::Result<Raw<'_>> {
        self.is_due = false;
        let values = self.values.as_mut().ok_or_else(|| damaged("a column has no values"))?;
        values.next(&self.page, self.dictionary.as_ref())
    }

    /// Goes on to the next value, present or absent.
    pub(super) fn advance(&mut self, leaf: &Leaf, store: &mut Store) {
        if self.failed.is_none() {
            self.failed = self.step(leaf, store).err();
        }
    }

    fn step(&mut self, leaf: &Leaf, store: &mut Store) -> io::Result<()> {
        self.now = None;
        if self.is_due {
            self.value()?;
        }
        let Some(left) = self.left.checked_sub(1) else {
            return if self.left_in_page == 0 { Ok(()) } else { Err(damaged("a column has more values than it says")) };
        };
        while self.left_in_page == 0 {
            self.turn(leaf, store)?;
        }
        self.left = left;
        self.left_in_page -= 1;
        let level = |levels: &mut Option<Hybrid>, max: u32, page: &[u8]| match levels {
            Some(levels) => levels
                .next(page)
                .and_then(|level| if level > max { Err(damaged("a page has a level that cannot be")) } else { Ok(level) }),
            None => Ok(max),
        };
        let rep = level(&mut self.rep, leaf.rep_max, &self.page)?;
        let def = level(&mut self.def, leaf.def_max, &self.page)?;
        self.is_due = def == leaf.def_max;
        self.now = Some(Levels { rep, def });
        Ok(())
    }

    /// Takes the next page.
    fn turn(&mut self, leaf: &Leaf, store: &mut Store) -> io::Result<()> {
        store.release(self.page.len());
        self.page = Vec::new();
        let page = self.pages.next(store, leaf)?;
        match page.ok_or_else(|| cut(format!("the column `{}` has fewer values than it says", leaf.path)))? {
            Page::Dictionary { .. } if self.dictionary.is_some() => Err(damaged("a column has two dictionaries")),
            Page::Dictionary { bytes, values, encoding } => {
                store.hold(Dictionary::table(values, leaf.physical, bytes.len()), 0)?;
                self.dictionary = Some(Dictionary::new(bytes, values, encoding, leaf.physical)?);
                Ok(())
            }
            Page::Data { bytes, values, encoding, rep, def, at } => {
                let levels =
                    |max: u32, within| (max > 0).then(|| Hybrid::new(u32::BITS - max.leading_zeros(), within)).transpose();
                (self.rep, self.def) = (levels(leaf.rep_max, rep)?, levels(leaf.def_max, def)?);
                let most = u64::from(values);
                self.values = Some(Values::new(encoding, leaf.physical, &bytes, at..bytes.len(), most)?);
                (self.page, self.left_in_page) = (bytes, values);
                Ok(())
            }
        }
    }

    /// Gives back the memory of its pages.
    pub(super) fn close(self, store: &mut Store) {
        store.release(self.page.len() + self.dictionary.map_or(0, |d| d.size()));
    }
}

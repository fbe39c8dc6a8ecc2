//! What a Parquet file says of itself: the footer with schema and row groups, and the heads of pages.
//!
//! Reference: `parquet.thrift` of apache/parquet-format; field numbers as there. Fields that are not
//! needed (statistics, indexes, key-value pairs) are passed over. Row groups are read one by one when
//! they are due, so that their number costs no memory.

use super::thrift::{Compact, kind};
use super::{damaged, refused};
use std::io;

/// What a column's values mean, where it is more than their physical type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Meaning {
    /// What the physical type says; bytes are text.
    #[default]
    Plain,
    /// A group that is a list.
    List,
    /// A group that is a map.
    Map,
    /// A decimal number with so many digits after the point.
    Decimal(i32),
    /// Days since the epoch.
    Date,
    /// Time of day.
    Time(Unit),
    /// Time since the epoch.
    Stamp(Unit),
    /// Integers without sign.
    Unsigned,
    /// 16 bytes.
    Uuid,
    /// Two bytes, IEEE 754 half precision.
    Half,
}

/// Unit of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Millis,
    Micros,
    Nanos,
}

/// One element of the schema, which is a tree written down from the root.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    /// Physical type, as it is numbered; `None` for a group.
    pub(super) physical: Option<i32>,
    /// Bytes of a value, where the type has a fixed length.
    pub(super) length: i32,
    /// 0 required, 1 optional, 2 repeated.
    pub(super) repetition: i32,
    pub(super) children: i32,
    pub(super) meaning: Meaning,
}

/// The footer.
#[derive(Debug)]
pub(super) struct Footer {
    pub(super) schema: Vec<Element>,
    /// Rows of all row groups together, if it says so.
    pub(super) rows: Option<u64>,
    bytes: Vec<u8>,
    /// Where the next row group stands in `bytes`.
    at: usize,
    /// Row groups not yet read.
    left: usize,
}

/// Where one column of a row group lies.
#[derive(Clone, Debug, Default)]
pub(super) struct Chunk {
    pub(super) physical: i32,
    pub(super) codec: i32,
    /// Values, absent ones included.
    pub(super) values: i64,
    /// Bytes from the start of the file to the first page.
    pub(super) start: u64,
    /// Bytes of all pages.
    pub(super) len: u64,
}

/// Some rows, column by column in the order of the schema.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) chunks: Vec<Chunk>,
    pub(super) rows: u64,
}

impl Footer {
    /// Reads the footer; `elements_max` is the largest schema.
    pub(super) fn read(bytes: Vec<u8>, elements_max: usize) -> io::Result<Self> {
        let mut compact = Compact::new(&bytes, 0);
        let (mut schema, mut rows, mut groups, mut is_sealed) = (Vec::new(), None, (0, 0), false);
        compact.fields(&mut |c, id, kind| {
            match (id, kind) {
                (2, kind::LIST) => {
                    let (of, n) = c.list()?;
                    if n > elements_max {
                        return Err(refused(format!("more than {elements_max} columns are not read")));
                    }
                    struct_list(of)?;
                    schema = (0..n).map(|_| Element::read(c)).collect::<io::Result<_>>()?;
                }
                (3, kind::I64) => rows = u64::try_from(c.int()?).ok(),
                (4, kind::LIST) => {
                    let mut ahead = c.clone();
                    let (of, n) = ahead.list()?;
                    struct_list(of).or_else(|e| if n == 0 { Ok(()) } else { Err(e) })?;
                    groups = (ahead.at(), n);
                    return Ok(false);
                }
                (8, kind::STRUCT) => {
                    is_sealed = true;
                    return Ok(false);
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if is_sealed {
            return Err(refused("it is encrypted"));
        }
        Ok(Footer { schema, rows, bytes, at: groups.0, left: groups.1 })
    }

    /// The next row group, which must have so many columns.
    pub(super) fn next_group(&mut self, columns: usize) -> Option<io::Result<Group>> {
        self.left = self.left.checked_sub(1)?;
        let mut compact = Compact::new(&self.bytes, self.at);
        let group = Group::read(&mut compact, columns);
        self.at = compact.at();
        Some(group)
    }
}

fn struct_list(of: u8) -> io::Result<()> {
    if of == kind::STRUCT { Ok(()) } else { Err(damaged("a list in its footer holds something else than it should")) }
}

impl Element {
    fn read(c: &mut Compact<'_>) -> io::Result<Self> {
        let mut element = Element::default();
        let (mut converted, mut logical, mut scale) = (Meaning::Plain, None, 0);
        let mut converted_kind = -1;
        c.fields(&mut |c, id, kind| {
            match (id, kind) {
                (1, kind::I32) => element.physical = Some(c.int32()?),
                (2, kind::I32) => element.length = c.int32()?,
                (3, kind::I32) => element.repetition = c.int32()?,
                (4, kind::BINARY) => element.name = String::from_utf8_lossy(c.binary()?).into_owned(),
                (5, kind::I32) => element.children = c.int32()?,
                (6, kind::I32) => converted_kind = c.int32()?,
                (7, kind::I32) => scale = c.int32()?,
                (10, kind::STRUCT) => logical = Some(logical_type(c)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if converted_kind >= 0 {
            converted = converted_type(converted_kind, scale);
        }
        element.meaning = logical.filter(|l| *l != Meaning::Plain).unwrap_or(converted);
        Ok(element)
    }
}

/// `ConvertedType`, the older annotation.
const fn converted_type(number: i32, scale: i32) -> Meaning {
    match number {
        1 | 2 => Meaning::Map,
        3 => Meaning::List,
        5 => Meaning::Decimal(scale),
        6 => Meaning::Date,
        7 => Meaning::Time(Unit::Millis),
        8 => Meaning::Time(Unit::Micros),
        9 => Meaning::Stamp(Unit::Millis),
        10 => Meaning::Stamp(Unit::Micros),
        11..=14 => Meaning::Unsigned,
        _ => Meaning::Plain,
    }
}

/// `LogicalType`, a union.
fn logical_type(c: &mut Compact<'_>) -> io::Result<Meaning> {
    let mut meaning = Meaning::Plain;
    c.fields(&mut |c, id, kind| {
        if kind != kind::STRUCT {
            return Ok(false);
        }
        meaning = match id {
            2 => Meaning::Map,
            3 => Meaning::List,
            6 => Meaning::Date,
            14 => Meaning::Uuid,
            15 => Meaning::Half,
            5 => Meaning::Decimal(decimal_scale(c)?),
            7 => Meaning::Time(unit(c)?),
            8 => Meaning::Stamp(unit(c)?),
            10 => integer(c)?,
            _ => return Ok(false),
        };
        // Those read above are consumed, the empty ones are not.
        Ok(matches!(id, 5 | 7 | 8 | 10))
    })?;
    Ok(meaning)
}

fn decimal_scale(c: &mut Compact<'_>) -> io::Result<i32> {
    let mut scale = 0;
    c.fields(&mut |c, id, kind| {
        if (id, kind) != (1, kind::I32) {
            return Ok(false);
        }
        scale = c.int32()?;
        Ok(true)
    })?;
    Ok(scale)
}

fn integer(c: &mut Compact<'_>) -> io::Result<Meaning> {
    let mut meaning = Meaning::Plain;
    c.fields(&mut |c, id, kind| {
        match (id, kind) {
            (1, kind::BYTE) => drop(c.int8()?),
            (2, kind::FALSE) => meaning = Meaning::Unsigned,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok(meaning)
}

/// The unit of a time or stamp. Whether it is meant as UTC is not asked: logs are in UTC, and what is
/// written without a zone is taken for it.
fn unit(c: &mut Compact<'_>) -> io::Result<Unit> {
    let mut unit = Unit::Micros;
    c.fields(&mut |c, id, kind| {
        if (id, kind) != (2, kind::STRUCT) {
            return Ok(false);
        }
        c.fields(&mut |_, id, _| {
            unit = match id {
                1 => Unit::Millis,
                3 => Unit::Nanos,
                _ => Unit::Micros,
            };
            Ok(false)
        })?;
        Ok(true)
    })?;
    Ok(unit)
}

impl Group {
    fn read(c: &mut Compact<'_>, columns: usize) -> io::Result<Self> {
        let mut group = Group::default();
        c.fields(&mut |c, id, kind| {
            match (id, kind) {
                (1, kind::LIST) => {
                    let (of, n) = c.list()?;
                    struct_list(of)?;
                    if n != columns {
                        return Err(damaged("a row group has not the columns of the schema"));
                    }
                    group.chunks = (0..n).map(|_| Chunk::read(c)).collect::<io::Result<_>>()?;
                }
                (3, kind::I64) => {
                    group.rows = u64::try_from(c.int()?).map_err(|_| damaged("a row group has less than no rows"))?
                }
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        if group.chunks.len() != columns {
            return Err(damaged("a row group has no columns"));
        }
        Ok(group)
    }
}

impl Chunk {
    fn read(c: &mut Compact<'_>) -> io::Result<Self> {
        let (mut chunk, mut is_elsewhere) = (None, false);
        c.fields(&mut |c, id, kind| {
            match (id, kind) {
                (1, kind::BINARY) => is_elsewhere = !c.binary()?.is_empty(),
                (3, kind::STRUCT) => chunk = Some(Chunk::place(c)?),
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        match chunk {
            Some(_) if is_elsewhere => Err(refused("its columns lie in other files")),
            Some(chunk) => Ok(chunk),
            None => Err(damaged("a column has no place in it (or is encrypted)")),
        }
    }

    fn place(c: &mut Compact<'_>) -> io::Result<Self> {
        let mut chunk = Chunk { physical: -1, ..Chunk::default() };
        let (mut data, mut dictionary, mut len) = (-1, 0, -1);
        c.fields(&mut |c, id, kind| {
            match (id, kind) {
                (1, kind::I32) => chunk.physical = c.int32()?,
                (4, kind::I32) => chunk.codec = c.int32()?,
                (5, kind::I64) => chunk.values = c.int()?,
                (7, kind::I64) => len = c.int()?,
                (9, kind::I64) => data = c.int()?,
                (11, kind::I64) => dictionary = c.int()?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        // Some writers say 0 where there is no dictionary.
        let start = if (4..data).contains(&dictionary) { dictionary } else { data };
        let place = u64::try_from(start).and_then(|start| Ok((start, u64::try_from(len)?)));
        (chunk.start, chunk.len) = place.map_err(|_| damaged("a column lies nowhere in it"))?;
        Ok(chunk)
    }
}

/// The head of a page.
#[derive(Clone, Debug, Default)]
pub(super) struct PageHead {
    /// Bytes of the head itself.
    pub(super) len: usize,
    /// Bytes of the page, unpacked and packed.
    pub(super) unpacked: usize,
    pub(super) packed: usize,
    /// CRC-32 of the packed bytes.
    pub(super) crc: Option<u32>,
    pub(super) kind: PageKind,
}

/// What a page holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum PageKind {
    /// Nothing that is read here.
    #[default]
    Other,
    Dictionary {
        values: u32,
        encoding: i32,
    },
    Data {
        values: u32,
        encoding: i32,
        /// Encoding of the definition and of the repetition levels.
        levels: [i32; 2],
    },
    /// The second version: levels stand unpacked before the values.
    DataV2 {
        values: u32,
        encoding: i32,
        /// Bytes of the definition and of the repetition levels.
        levels: [usize; 2],
        is_packed: bool,
    },
}

impl PageHead {
    /// Reads the head of a page at the beginning of `bytes`.
    ///
    /// # Errors
    /// [`io::ErrorKind::UnexpectedEof`]: the head goes on behind `bytes`.
    pub(super) fn read(bytes: &[u8]) -> io::Result<Self> {
        let mut compact = Compact::new(bytes, 0);
        let mut head = PageHead::default();
        let (mut number, mut unpacked, mut packed, mut inner) = (-1, -1, -1, PageKind::Other);
        compact.fields(&mut |c, id, kind| {
            match (id, kind) {
                (1, kind::I32) => number = c.int32()?,
                (2, kind::I32) => unpacked = c.int32()?,
                (3, kind::I32) => packed = c.int32()?,
                (4, kind::I32) => head.crc = Some(c.int32()?.cast_unsigned()),
                (5 | 7 | 8, kind::STRUCT) => inner = page_kind(c, id)?,
                _ => return Ok(false),
            }
            Ok(true)
        })?;
        let size = |n: i32| usize::try_from(n).map_err(|_| damaged("a page has no size"));
        (head.len, head.unpacked, head.packed) = (compact.at(), size(unpacked)?, size(packed)?);
        head.kind = match (number, inner) {
            (0, inner @ PageKind::Data { .. })
            | (2, inner @ PageKind::Dictionary { .. })
            | (3, inner @ PageKind::DataV2 { .. }) => inner,
            (0 | 2 | 3, _) => return Err(damaged("a page is not what it says")),
            _ => PageKind::Other,
        };
        Ok(head)
    }
}

fn page_kind(c: &mut Compact<'_>, field: i16) -> io::Result<PageKind> {
    let (mut numbers, mut is_packed) = ([0; 7], true);
    c.fields(&mut |c, id, kind| {
        match (id, kind, numbers.get_mut(usize::try_from(id).unwrap_or(usize::MAX))) {
            (7, kind::FALSE, _) => is_packed = false,
            (_, kind::I32, Some(number)) => *number = c.int32()?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let [_, values, second, third, fourth, fifth, sixth] = numbers;
    let values = u32::try_from(values).map_err(|_| damaged("a page has less than no values"))?;
    let size = |n: i32| usize::try_from(n).map_err(|_| damaged("a page has levels of no size"));
    Ok(match field {
        5 => PageKind::Data { values, encoding: second, levels: [third, fourth] },
        7 => PageKind::Dictionary { values, encoding: second },
        _ => PageKind::DataV2 { values, encoding: fourth, levels: [size(fifth)?, size(sixth)?], is_packed },
    })
}

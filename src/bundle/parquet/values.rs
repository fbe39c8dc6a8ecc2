//! The values in a page, one at a time.
//!
//! Reference: Apache Parquet, "Encodings". Nothing is unpacked ahead: a page may claim a thousand
//! million values in a few bytes.

use super::bits::{Delta, Hybrid, bits};
use super::schema::Physical;
use super::{cut, damaged, refused};
use std::io;
use std::ops::Range;

/// A value as it lies in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Raw<'a> {
    Bool(bool),
    Int32(i32),
    Int64(i64),
    Int96([u8; 12]),
    Float(f32),
    Double(f64),
    Bytes(&'a [u8]),
}

impl<'a> Raw<'a> {
    /// A value of fixed length.
    fn fixed(physical: Physical, bytes: &'a [u8]) -> Option<Self> {
        Some(match physical {
            Physical::Int32 => Raw::Int32(i32::from_le_bytes(bytes.try_into().ok()?)),
            Physical::Int64 => Raw::Int64(i64::from_le_bytes(bytes.try_into().ok()?)),
            Physical::Int96 => Raw::Int96(bytes.try_into().ok()?),
            Physical::Float => Raw::Float(f32::from_le_bytes(bytes.try_into().ok()?)),
            Physical::Double => Raw::Double(f64::from_le_bytes(bytes.try_into().ok()?)),
            Physical::Fixed(_) | Physical::Bytes => Raw::Bytes(bytes),
            Physical::Boolean => return None,
        })
    }
}

fn too_short() -> io::Error {
    cut("a page ends inside its values")
}

/// The bytes at `at` that follow their own length in four bytes; `at` is moved behind them.
fn prefixed<'p>(page: &'p [u8], at: &mut usize, end: usize) -> io::Result<&'p [u8]> {
    let read = || {
        let (len, from) = (page.get(*at..end)?.first_chunk::<4>()?, *at + 4);
        let to = from.checked_add(u32::from_le_bytes(*len) as usize).filter(|to| *to <= end)?;
        Some((page.get(from..to)?, to))
    };
    let (bytes, to) = read().ok_or_else(too_short)?;
    *at = to;
    Ok(bytes)
}

/// The different values of a column chunk, which its pages name by number.
#[derive(Debug)]
pub(super) struct Dictionary {
    page: Vec<u8>,
    /// Where each value lies, if they differ in length.
    spans: Vec<(u32, u32)>,
    values: usize,
}

impl Dictionary {
    /// Takes a dictionary page of so many values.
    pub(super) fn new(page: Vec<u8>, values: u32, encoding: i32, physical: Physical) -> io::Result<Self> {
        let values = values as usize;
        if !matches!(encoding, 0 | 2) {
            return Err(refused(format!("its dictionaries have encoding {encoding}, which is not read")));
        }
        let smallest = physical.size().unwrap_or(4);
        if values.saturating_mul(smallest) > page.len() || physical == Physical::Boolean {
            return Err(cut("a dictionary has fewer values than it says"));
        }
        let mut spans = Vec::with_capacity(if physical == Physical::Bytes { values } else { 0 });
        if physical == Physical::Bytes {
            let mut at = 0;
            for _ in 0..values {
                let len = prefixed(&page, &mut at, page.len())?.len();
                let span = u32::try_from(at - len).and_then(|from| Ok((from, u32::try_from(at)?)));
                spans.push(span.map_err(|_| refused("it has a dictionary of more than 4 GiB"))?);
            }
        }
        Ok(Dictionary { page, spans, values })
    }

    /// Bytes that it needs beside a page of `len` bytes.
    pub(super) fn table(values: u32, physical: Physical, len: usize) -> usize {
        let spans = if physical == Physical::Bytes { len.min(values as usize) } else { 0 };
        spans * size_of::<(u32, u32)>()
    }

    /// Bytes it keeps in memory.
    pub(super) fn size(&self) -> usize {
        self.page.len() + self.spans.len() * size_of::<(u32, u32)>()
    }

    fn get(&self, i: usize, physical: Physical) -> Option<Raw<'_>> {
        let range = match physical.size() {
            Some(size) if i < self.values => i * size..(i + 1) * size,
            Some(_) => return None,
            None => self.spans.get(i).map(|&(from, to)| from as usize..to as usize)?,
        };
        Raw::fixed(physical, self.page.get(range)?)
    }
}

/// How the values of a page are encoded, and how far they were read.
#[derive(Debug)]
enum Coding {
    /// One after the other, up to this byte; the next at `at`.
    Plain {
        at: usize,
        end: usize,
    },
    /// Booleans as bits; the next at `bit`.
    Bits {
        bit: usize,
        end: usize,
    },
    /// Booleans as runs.
    Runs(Hybrid),
    Dictionary(Hybrid),
    Delta(Delta),
    /// Lengths first, then all bytes; the next at `at`.
    DeltaLength {
        lengths: Delta,
        at: usize,
    },
    /// Bytes shared with the value before, lengths of the rest, then all rests; the next at `at`.
    DeltaBytes {
        shared: Delta,
        lengths: Delta,
        at: usize,
    },
    /// First bytes of all values, then all second bytes ...
    Split {
        start: usize,
        count: usize,
        next: usize,
    },
}

/// Reads the values of one page.
#[derive(Debug)]
pub(super) struct Values {
    coding: Coding,
    physical: Physical,
    /// The last value, where it has to be put together.
    made: Vec<u8>,
}

impl Values {
    /// The values in `page[within]`, at most `most` of them.
    pub(super) fn new(encoding: i32, physical: Physical, page: &[u8], within: Range<usize>, most: u64) -> io::Result<Self> {
        let Range { start, end } = within.clone();
        let coding = match (encoding, physical) {
            (0, Physical::Boolean) => Coding::Bits { bit: start * 8, end },
            (0, _) => Coding::Plain { at: start, end },
            (2 | 8, _) => Coding::Dictionary(indices(page, within)?),
            (3, Physical::Boolean) => {
                let mut at = start;
                prefixed(page, &mut at, end)?;
                Coding::Runs(Hybrid::new(1, start + 4..at)?)
            }
            (5, Physical::Int32 | Physical::Int64) => Coding::Delta(Delta::new(page, within, most)?),
            (6, Physical::Bytes) => {
                let (lengths, at) = lengths(page, within, most)?;
                Coding::DeltaLength { lengths, at }
            }
            (7, Physical::Bytes | Physical::Fixed(_)) => {
                let shared = Delta::new(page, within, most)?;
                let (behind, _) = shared.clone().pass(page)?;
                let (lengths, at) = lengths(page, behind..end, most)?;
                Coding::DeltaBytes { shared, lengths, at }
            }
            (9, _) if physical.size().is_some() => {
                let count = (end - start) / physical.size().unwrap_or(1);
                Coding::Split { start, count, next: 0 }
            }
            _ => return Err(refused(format!("it has values in encoding {encoding}, which is not read"))),
        };
        Ok(Values { coding, physical, made: Vec::new() })
    }

    /// The next value.
    pub(super) fn next<'a>(&'a mut self, page: &'a [u8], dictionary: Option<&'a Dictionary>) -> io::Result<Raw<'a>> {
        let physical = self.physical;
        match &mut self.coding {
            Coding::Plain { at, end } => match physical.size() {
                None => prefixed(page, at, *end).map(Raw::Bytes),
                Some(size) => {
                    let bytes = page.get(*at..*end).and_then(|rest| rest.get(..size)).ok_or_else(too_short)?;
                    *at += size;
                    Raw::fixed(physical, bytes).ok_or_else(too_short)
                }
            },
            Coding::Bits { bit, end } => {
                let value = page.get(..*end).and_then(|page| bits(page, *bit, 1)).ok_or_else(too_short)?;
                *bit += 1;
                Ok(Raw::Bool(value == 1))
            }
            Coding::Runs(runs) => runs.next(page).map(|value| Raw::Bool(value == 1)),
            Coding::Dictionary(indices) => {
                let dictionary = dictionary.ok_or_else(|| damaged("a column has no dictionary"))?;
                let index = indices.next(page)? as usize;
                dictionary.get(index, physical).ok_or_else(|| damaged("a page names a value that its dictionary has not"))
            }
            Coding::Delta(delta) => match (delta.next(page)?, physical) {
                (value, Physical::Int32) => Ok(Raw::Int32(value as i32)),
                (value, _) => Ok(Raw::Int64(value)),
            },
            Coding::DeltaLength { lengths, at } => rest(page, lengths, at).map(Raw::Bytes),
            Coding::DeltaBytes { shared, lengths, at } => {
                let keep = usize::try_from(shared.next(page)?).ok().filter(|n| *n <= self.made.len());
                self.made.truncate(keep.ok_or_else(|| damaged("a value shares more with the one before than there is"))?);
                self.made.extend_from_slice(rest(page, lengths, at)?);
                match physical {
                    Physical::Fixed(n) if n != self.made.len() => Err(damaged("a value has not the length of its column")),
                    _ => Ok(Raw::Bytes(&self.made)),
                }
            }
            Coding::Split { start, count, next } => {
                let places = (0..physical.size().unwrap_or_default()).map(|i| page.get(*start + i * *count + *next));
                self.made.clear();
                self.made.extend(places.flatten());
                *next += 1;
                if *next > *count {
                    return Err(too_short());
                }
                Raw::fixed(physical, &self.made).ok_or_else(too_short)
            }
        }
    }
}

/// Numbers into a dictionary: their width in a byte, then runs.
fn indices(page: &[u8], within: Range<usize>) -> io::Result<Hybrid> {
    match page.get(within.clone()).and_then(<[u8]>::first) {
        Some(&width) => Hybrid::new(u32::from(width), within.start + 1..within.end),
        // Where every value is null.
        None => Hybrid::new(1, within),
    }
}

/// Lengths, and where the bytes begin that they measure; all of these must be there.
fn lengths(page: &[u8], within: Range<usize>, most: u64) -> io::Result<(Delta, usize)> {
    let end = within.end;
    let lengths = Delta::new(page, within, most)?;
    let (at, sum) = lengths.clone().pass(page)?;
    if sum > (end - at) as u64 {
        return Err(too_short());
    }
    Ok((lengths, at))
}

fn rest<'p>(page: &'p [u8], lengths: &mut Delta, at: &mut usize) -> io::Result<&'p [u8]> {
    let len = usize::try_from(lengths.next(page)?).map_err(|_| damaged("a page has a negative length"))?;
    let bytes = page.get(*at..).and_then(|rest| rest.get(..len)).ok_or_else(too_short)?;
    *at += len;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(encoding: i32, physical: Physical, page: &[u8], n: usize) -> Vec<String> {
        let mut values = Values::new(encoding, physical, page, 0..page.len(), n as u64).expect("values");
        (0..n).map(|_| format!("{:?}", values.next(page, None).expect("a value"))).collect()
    }

    #[test]
    fn shared_beginnings_are_put_together_again() {
        // "axis", "axle", "babble", "babyhood": shared 0, 2, 0, 3; rests as the specification shows them.
        let shared = [0x80, 1, 4, 4, 0, 3, 3, 0, 0, 0, 0b0100_0100, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let lengths = [0x80, 1, 4, 4, 8, 3, 3, 0, 0, 0, 0b0111_0000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let page = [&shared[..], &lengths, b"axislebabbleyhood"].concat();
        let mut values = Values::new(7, Physical::Bytes, &page, 0..page.len(), 4).expect("values");
        for want in ["axis", "axle", "babble", "babyhood"] {
            assert_eq!(values.next(&page, None).expect("a value"), Raw::Bytes(want.as_bytes()));
        }
        assert!(values.next(&page, None).is_err());
    }

    #[test]
    fn split_streams_and_bits_are_put_together_again() {
        // The example of the specification: AA BB CC DD, 00 11 22 33, A3 B4 C5 D6.
        let page = [0xaa, 0x00, 0xa3, 0xbb, 0x11, 0xb4, 0xcc, 0x22, 0xc5, 0xdd, 0x33, 0xd6];
        let want = [0xddcc_bbaau32, 0x3322_1100, 0xd6c5_b4a3].map(|n| format!("{:?}", Raw::Int32(n.cast_signed())));
        assert_eq!(read(9, Physical::Int32, &page, 3), want);
        assert_eq!(read(0, Physical::Boolean, &[0b101], 3), ["Bool(true)", "Bool(false)", "Bool(true)"]);
        assert_eq!(read(3, Physical::Boolean, &[2, 0, 0, 0, 6, 1], 3), ["Bool(true)"; 3]);
    }

    #[test]
    fn what_is_not_there_is_an_error_and_not_a_value() {
        for (encoding, physical, page) in [
            (0, Physical::Int64, &[1, 2, 3][..]),
            (0, Physical::Bytes, &[9, 0, 0, 0, b'x']),
            (0, Physical::Bytes, &[0xff; 9]),
            (8, Physical::Int32, &[1, 2, 0]),
            (9, Physical::Int32, &[1, 2, 3]),
        ] {
            let mut values = Values::new(encoding, physical, page, 0..page.len(), 5).expect("a beginning");
            assert!(values.next(page, None).is_err(), "{encoding} {physical:?}");
        }
        assert!(Values::new(4, Physical::Int32, &[], 0..0, 1).is_err());
        assert!(Dictionary::new(vec![0; 8], u32::MAX, 0, Physical::Bytes).is_err());
        assert!(Dictionary::new(vec![0; 8], 3, 0, Physical::Int32).is_err());
    }
}

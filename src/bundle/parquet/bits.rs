//! Runs and packed bits: the two ways in which Parquet packs small integers.
//!
//! Reference: Apache Parquet, "Encodings": "Run Length Encoding / Bit-Packing Hybrid (RLE = 3)" and
//! "Delta Encoding (DELTA_BINARY_PACKED = 5)". Both are read one value at a time, so that a run of a
//! thousand million values in five bytes costs nothing until somebody asks for them.

use super::thrift::unzigzag;
use super::{cut, damaged};
use std::io;
use std::ops::Range;

/// `width` bits (at most 64) from the `bit`-th on, least significant first.
pub(super) fn bits(bytes: &[u8], bit: usize, width: u32) -> Option<u64> {
    let from = bytes.get(bit / 8..)?;
    let (shift, width) = (bit % 8, width as usize);
    if from.len() * 8 < shift + width {
        return None;
    }
    let mut word = [0; 16];
    let n = (shift + width).div_ceil(8);
    word.get_mut(..n)?.copy_from_slice(from.get(..n)?);
    let mask = if width >= 64 { u64::MAX } else { (1 << width) - 1 };
    Some((u128::from_le_bytes(word) >> shift) as u64 & mask)
}

/// An unsigned number of variable length (ULEB128) at `at`, which is moved behind it.
fn varint(bytes: &[u8], at: &mut usize) -> io::Result<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at).ok_or_else(|| cut("a page ends inside a number"))?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(damaged("a number in a page is too long"))
}

/// What the next values are.
#[derive(Clone, Copy, Debug)]
enum Run {
    Same(u32),
    /// Packed, the next one at this bit of the page.
    Packed(usize),
}

/// Values of a fixed number of bits as runs of equal ones and packed groups of eight.
#[derive(Clone, Debug)]
pub(super) struct Hybrid {
    width: u32,
    at: usize,
    end: usize,
    run: Run,
    left: u64,
}

impl Hybrid {
    /// Values of `width` bits (at most 32) in `page[within]`.
    pub(super) fn new(width: u32, within: Range<usize>) -> io::Result<Self> {
        if width > 32 {
            return Err(damaged("a page has values of more than 32 bits"));
        }
        Ok(Hybrid { width, at: within.start, end: within.end, run: Run::Same(0), left: 0 })
    }

    /// The next value.
    pub(super) fn next(&mut self, page: &[u8]) -> io::Result<u32> {
        if self.width == 0 {
            return Ok(0);
        }
        let page = page.get(..self.end).unwrap_or(page);
        while self.left == 0 {
            self.open(page)?;
        }
        self.left -= 1;
        match &mut self.run {
            Run::Same(value) => Ok(*value),
            Run::Packed(bit) => {
                let value = bits(page, *bit, self.width).ok_or_else(|| cut("a page has fewer values than it says"))?;
                *bit += self.width as usize;
                Ok(value as u32)
            }
        }
    }

    fn open(&mut self, page: &[u8]) -> io::Result<()> {
        if self.at >= self.end {
            return Err(cut("a page has fewer values than it says"));
        }
        let head = varint(page, &mut self.at)?;
        if head & 1 == 0 {
            let n = self.width.div_ceil(8) as usize;
            let value = bits(page, self.at * 8, 8 * n as u32).ok_or_else(|| cut("a page ends inside a run"))?;
            (self.run, self.left) = (Run::Same(value as u32), head >> 1);
            self.at += n;
            return Ok(());
        }
        let groups = usize::try_from(head >> 1).ok().filter(|g| *g <= page.len());
        let groups = groups.ok_or_else(|| damaged("a page has a run that is longer than the page"))?;
        (self.run, self.left) = (Run::Packed(self.at * 8), 8 * groups as u64);
        // The last group may lack what nobody needs.
        self.at = self.end.min(self.at + groups * self.width as usize);
        Ok(())
    }
}

/// Integers as differences, packed in blocks.
#[derive(Clone, Debug)]
pub(super) struct Delta {
    end: usize,
    /// Values not yet given out.
    left: u64,
    minis: usize,
    in_mini: u64,
    is_first: bool,
    last: i64,
    min: i64,
    /// Where the bit widths of the block stand, and which of them is in use.
    widths: usize,
    mini: usize,
    mini_left: u64,
    width: u32,
    bit: usize,
    /// Behind what was read.
    at: usize,
}

impl Delta {
    /// At most `most` integers in `page[within]`.
    pub(super) fn new(page: &[u8], within: Range<usize>, most: u64) -> io::Result<Self> {
        let page = page.get(..within.end).unwrap_or(page);
        let mut at = within.start;
        let block = varint(page, &mut at)?;
        let minis = varint(page, &mut at)?;
        let left = varint(page, &mut at)?;
        let last = unzigzag(varint(page, &mut at)?);
        let shape = block.checked_div(minis).filter(|n| block % 128 == 0 && block % minis == 0 && *n > 0 && n % 32 == 0);
        let in_mini = shape.filter(|_| block <= 1 << 20).ok_or_else(|| damaged("a page has blocks of an impossible size"))?;
        if left > most {
            return Err(damaged("a page has more values than it says"));
        }
        let minis = minis as usize;
        let start =
            Delta { end: within.end, left, minis, in_mini, is_first: true, last, min: 0, widths: at, mini: minis, ..NOTHING };
        Ok(Delta { at, ..start })
    }

    /// The next value; where the column has 32 bits, only its lower ones count.
    pub(super) fn next(&mut self, page: &[u8]) -> io::Result<i64> {
        self.left = self.left.checked_sub(1).ok_or_else(|| cut("a page has fewer values than it says"))?;
        if std::mem::take(&mut self.is_first) {
            return Ok(self.last);
        }
        let page = page.get(..self.end).unwrap_or(page);
        if self.mini_left == 0 {
            self.open(page)?;
        }
        self.mini_left -= 1;
        let delta = bits(page, self.bit, self.width).ok_or_else(|| cut("a page has fewer values than it says"))?;
        self.bit += self.width as usize;
        self.last = self.last.wrapping_add(self.min).wrapping_add(delta.cast_signed());
        Ok(self.last)
    }

    /// The next group of values with one bit width, in a new block where the last one is over.
    fn open(&mut self, page: &[u8]) -> io::Result<()> {
        self.mini += 1;
        if self.mini >= self.minis {
            self.min = unzigzag(varint(page, &mut self.at)?);
            (self.widths, self.mini) = (self.at, 0);
            self.at += self.minis;
        }
        self.width = u32::from(*page.get(self.widths + self.mini).ok_or_else(|| cut("a page ends inside a block"))?);
        if self.width > 64 {
            return Err(damaged("a page has values of more than 64 bits"));
        }
        (self.mini_left, self.bit) = (self.in_mini, self.at * 8);
        self.at += self.in_mini as usize / 8 * self.width as usize;
        Ok(())
    }

    /// Runs to the last value; returns where the next thing in the page begins and the sum of all
    /// values, none of which may be negative.
    pub(super) fn pass(mut self, page: &[u8]) -> io::Result<(usize, u64)> {
        let mut sum = 0u64;
        while self.left > 0 {
            let value = u64::try_from(self.next(page)?).map_err(|_| damaged("a page has a negative length"))?;
            sum = sum.saturating_add(value);
        }
        Ok((self.at.min(self.end), sum))
    }
}

const NOTHING: Delta = Delta {
    end: 0,
    left: 0,
    minis: 0,
    in_mini: 0,
    is_first: true,
    last: 0,
    min: 0,
    widths: 0,
    mini: 0,
    mini_left: 0,
    width: 0,
    bit: 0,
    at: 0,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_taken_from_any_place_and_never_from_beyond_the_end() {
        let bytes = [0b1010_0110, 0xff, 0, 0, 0, 0, 0, 0, 0x80];
        assert_eq!(bits(&bytes, 1, 3), Some(0b011));
        assert_eq!(bits(&bytes, 4, 6), Some(0b11_1010));
        assert_eq!(bits(&bytes, 8, 64), Some(0x8000_0000_0000_00ff));
        assert_eq!(bits(&bytes, 7, 64), Some(0x1ff));
        assert_eq!(bits(&bytes, 72, 0), Some(0));
        assert_eq!((bits(&bytes, 9, 64), bits(&bytes, 80, 0)), (None, None));
    }

    #[test]
    fn the_published_example_of_packed_bits_and_a_run_are_read() {
        // "the numbers 1 through 7 using bit width 3", packed, then seven times 300 in nine bits.
        let page = [3, 0b1000_1000, 0b1100_0110, 0b1111_1010];
        let mut hybrid = Hybrid::new(3, 0..4).expect("a width");
        let read: Vec<u32> = (0..8).map(|_| hybrid.next(&page).expect("a value")).collect();
        assert_eq!(read, [0, 1, 2, 3, 4, 5, 6, 7]);
        assert!(hybrid.next(&page).is_err());
        let mut hybrid = Hybrid::new(9, 0..3).expect("a width");
        let read: Vec<u32> = (0..7).map(|_| hybrid.next(&[14, 0x2c, 1]).expect("a value")).collect();
        assert_eq!(read, [300; 7]);
    }

    #[test]
    fn the_published_examples_of_differences_are_read() {
        // Values 1 to 5: "deltas 1, 1, 1, 1; minimum 1; no bits". Then 7, 5, 3, 1, 2, 3, 4, 5.
        let page = [0x80, 1, 4, 5, 2, 2, 0, 0, 0, 0, 99];
        let mut delta = Delta::new(&page, 0..11, 5).expect("a header");
        let read: Vec<i64> = (0..5).map(|_| delta.next(&page).expect("a value")).collect();
        assert_eq!(read, [1, 2, 3, 4, 5]);
        assert!(delta.next(&page).is_err());
        let again = Delta::new(&page, 0..11, 5).expect("a header");
        assert_eq!(again.pass(&page).expect("all values"), (10, 15));
        let page = [&[0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0][..], &[0b1100_0000, 0b11_1111, 0, 0, 0, 0, 0, 0]].concat();
        let mut delta = Delta::new(&page, 0..page.len(), 8).expect("a header");
        let read: Vec<i64> = (0..8).map(|_| delta.next(&page).expect("a value")).collect();
        assert_eq!(read, [7, 5, 3, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn impossible_sizes_are_refused_before_anything_is_read() {
        for page in [[0x80, 1, 0, 1, 0], [0x80, 1, 3, 1, 0], [0x81, 1, 4, 1, 0], [0, 0, 4, 1, 0], [0x80, 1, 4, 9, 0]] {
            assert!(Delta::new(&page, 0..5, 8).is_err(), "{page:?}");
        }
        assert!(Hybrid::new(33, 0..1).is_err());
        let mut endless = Hybrid::new(1, 0..10).expect("a width");
        assert!(endless.next(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]).is_err());
    }
}

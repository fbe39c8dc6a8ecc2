//! The Thrift compact protocol, as far as Parquet's metadata needs it.
//!
//! Reference: Apache Thrift, "Thrift Compact protocol encoding". Every count is checked against the
//! bytes that are there before anything is kept for it, and nesting is followed to a fixed depth.

use super::{cut, damaged};
use std::io;

/// Kinds of values, as they stand in field headers and lists.
pub(super) mod kind {
    pub(in super::super) const TRUE: u8 = 1;
    pub(in super::super) const FALSE: u8 = 2;
    pub(in super::super) const BYTE: u8 = 3;
    pub(in super::super) const I16: u8 = 4;
    pub(in super::super) const I32: u8 = 5;
    pub(in super::super) const I64: u8 = 6;
    pub(in super::super) const DOUBLE: u8 = 7;
    pub(in super::super) const BINARY: u8 = 8;
    pub(in super::super) const LIST: u8 = 9;
    pub(in super::super) const SET: u8 = 10;
    pub(in super::super) const MAP: u8 = 11;
    pub(in super::super) const STRUCT: u8 = 12;
    pub(in super::super) const UUID: u8 = 13;
}

/// Structures in structures that are passed over; real metadata has at most five.
const NESTING_MAX: u32 = 32;

/// Reads values from the front of some bytes.
#[derive(Clone, Debug)]
pub(super) struct Compact<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Compact<'a> {
    /// Reads `bytes` from their `at`-th on.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Compact { bytes, at }
    }

    /// How many bytes were read.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    fn take(&mut self, n: usize) -> io::Result<&'a [u8]> {
        let end = self.at.checked_add(n);
        let taken = end.and_then(|end| self.bytes.get(self.at..end)).ok_or_else(|| cut("its metadata end too early"))?;
        self.at += n;
        Ok(taken)
    }

    fn byte(&mut self) -> io::Result<u8> {
        self.take(1).map(|b| b.first().copied().unwrap_or_default())
    }

    fn varint(&mut self) -> io::Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(damaged("a number in its metadata is too long"))
    }

    /// An integer of 16, 32 or 64 bits.
    pub(super) fn int(&mut self) -> io::Result<i64> {
        self.varint().map(unzigzag)
    }

    /// An integer of 32 bits.
    pub(super) fn int32(&mut self) -> io::Result<i32> {
        i32::try_from(self.int()?).map_err(|_| damaged("a number in its metadata is too large"))
    }

    /// An integer of 8 bits.
    pub(super) fn int8(&mut self) -> io::Result<i8> {
        self.byte().map(u8::cast_signed)
    }

    /// Bytes or text.
    pub(super) fn binary(&mut self) -> io::Result<&'a [u8]> {
        let n = usize::try_from(self.varint()?).map_err(|_| damaged("a text in its metadata is too long"))?;
        self.take(n)
    }

    /// The beginning of a list: kind and number of its elements, each of which takes a byte or more
    /// of what is left.
    pub(super) fn list(&mut self) -> io::Result<(u8, usize)> {
        let head = self.byte()?;
        let n = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
        let n = usize::try_from(n).ok().filter(|n| *n <= self.bytes.len() - self.at);
        Ok((head & 0x0f, n.ok_or_else(|| cut("a list in its metadata is longer than the metadata"))?))
    }

    /// The fields of a structure: calls `each` with number and kind, which reads the value and
    /// answers `true`, or leaves it alone and answers `false`.
    pub(super) fn fields(&mut self, each: &mut dyn FnMut(&mut Self, i16, u8) -> io::Result<bool>) -> io::Result<()> {
        self.structure(NESTING_MAX, each)
    }

    fn structure(&mut self, depth: u32, each: &mut dyn FnMut(&mut Self, i16, u8) -> io::Result<bool>) -> io::Result<()> {
        let mut id = 0i16;
        loop {
            let head = self.byte()?;
            let (delta, kind) = (i16::from(head >> 4), head & 0x0f);
            if kind == 0 {
                return Ok(());
            }
            id = match delta {
                0 => i16::try_from(self.int()?).ok(),
                _ => id.checked_add(delta),
            }
            .ok_or_else(|| damaged("a field in its metadata has no valid number"))?;
            if !each(self, id, kind)? {
                self.skip(kind, depth)?;
            }
        }
    }

    /// Passes over a value; in a list also a boolean takes a byte, so `in_list` says where it stands.
    fn skip(&mut self, kind: u8, depth: u32) -> io::Result<()> {
        let Some(depth) = depth.checked_sub(1) else { return Err(damaged("its metadata are nested too deeply")) };
        match kind {
            kind::TRUE | kind::FALSE => Ok(()),
            kind::BYTE => self.take(1).map(drop),
            kind::I16 | kind::I32 | kind::I64 => self.varint().map(drop),
            kind::DOUBLE => self.take(8).map(drop),
            kind::UUID => self.take(16).map(drop),
            kind::BINARY => self.binary().map(drop),
            kind::STRUCT => self.structure(depth, &mut |_, _, _| Ok(false)),
            kind::LIST | kind::SET => {
                let (kind, n) = self.list()?;
                (0..n).try_for_each(|_| self.skip_element(kind, depth))
            }
            kind::MAP => {
                let n = self.varint()?;
                let kinds = if n == 0 { 0 } else { self.byte()? };
                for _ in 0..n {
                    self.skip_element(kinds >> 4, depth)?;
                    self.skip_element(kinds & 0x0f, depth)?;
                }
                Ok(())
            }
            _ => Err(damaged("its metadata hold a value of an unknown kind")),
        }
    }

    /// As [`Compact::skip`], where a boolean takes a byte.
    fn skip_element(&mut self, kind: u8, depth: u32) -> io::Result<()> {
        match kind {
            kind::TRUE | kind::FALSE => self.take(1).map(drop),
            _ => self.skip(kind, depth),
        }
    }
}

/// From the zigzag encoding: 0, -1, 1, -2, ...
pub(super) const fn unzigzag(n: u64) -> i64 {
    (n >> 1).cast_signed() ^ -(n & 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_texts_and_unknown_fields_are_read_as_the_protocol_says() {
        // 1: i32 = -3; 2: binary "ab"; 20 (long form): list of two booleans; 21: true; 22: map of i32 to
        // byte; 23: i64 = 150; stop.
        let bytes = [0x15, 5, 0x18, 2, b'a', b'b', 0x09, 40, 0x21, 1, 2, 0x11, 0x1b, 1, 0x53, 14, 7, 0x16, 0xac, 0x02, 0];
        let mut seen = Vec::new();
        let mut compact = Compact::new(&bytes, 0);
        let read = compact.fields(&mut |c, id, kind| {
            match (id, kind) {
                (1 | 23, kind::I32 | kind::I64) => seen.push((id, c.int()?.to_string())),
                (2, kind::BINARY) => seen.push((id, String::from_utf8_lossy(c.binary()?).into_owned())),
                (21, kind::TRUE) => seen.push((id, "true".into())),
                _ => return Ok(false),
            }
            Ok(true)
        });
        assert!(read.is_ok(), "{read:?}");
        let want = [(1, "-3"), (2, "ab"), (21, "true"), (23, "150")];
        assert_eq!(seen, want.map(|(id, text)| (id, text.to_owned())));
        assert_eq!(compact.at(), bytes.len());
    }

    #[test]
    fn counts_beyond_the_bytes_and_bottomless_nesting_are_refused() {
        let none = &mut |_: &mut Compact<'_>, _, _| Ok(false);
        for bytes in [
            &[0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07][..],
            &[0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
            &[0x16, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0],
            &[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x33, 0],
            &[0x1e, 0],
            &[0x15],
            &[],
        ] {
            assert!(Compact::new(bytes, 0).fields(none).is_err(), "{bytes:?}");
        }
        let deep = [0x1c; 1_000_000];
        let error = Compact::new(&deep, 0).fields(none).expect_err("a bound");
        assert!(error.to_string().contains("nested too deeply"), "{error}");
        // A map of maps without end grows by one level each two bytes.
        let maps: Vec<u8> = [0x1b].into_iter().chain([1, 0x3b, 0].into_iter().cycle().take(300)).collect();
        assert!(Compact::new(&maps, 0).fields(none).is_err());
    }
}

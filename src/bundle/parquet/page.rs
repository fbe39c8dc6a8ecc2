//! Fetches the pages of a column and undoes their packing.

use super::footer::{Chunk, PageHead, PageKind};
use super::schema::Leaf;
use super::{HELD_MAX, PAGE_MAX, cut, damaged, limit, refused};
use crate::bundle::codec::Zstd;
use crate::bundle::limits::Budget;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// Bytes first looked at for the head of a page, and at most: statistics in it may be long.
const HEAD: usize = 512;
const HEAD_MAX: usize = 1 << 20;

/// Where the file's bytes are.
#[derive(Debug)]
pub(super) enum Bytes {
    File(File),
    Memory(Vec<u8>),
}

/// The file, and what may still be taken from it.
#[derive(Debug)]
pub(super) struct Store {
    bytes: Bytes,
    len: u64,
    /// Of the file handed over, and of this one alone.
    budgets: [Budget; 2],
    held: usize,
}

impl Store {
    pub(super) fn new(bytes: Bytes, len: u64, budget: &Budget) -> Self {
        Store { bytes, len, budgets: [budget.clone(), Budget::for_file(len)], held: 0 }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// The `len` bytes from `offset` on.
    pub(super) fn read(&mut self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        let end = offset.checked_add(len as u64).filter(|end| *end <= self.len);
        let end = end.ok_or_else(|| cut("it ends before a page that it names"))?;
        match &mut self.bytes {
            Bytes::File(file) => {
                let mut bytes = vec![0; len];
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(&mut bytes)?;
                Ok(bytes)
            }
            Bytes::Memory(bytes) => {
                let range = offset as usize..end as usize;
                bytes.get(range).map(<[u8]>::to_vec).ok_or_else(|| cut("it ends before a page that it names"))
            }
        }
    }

    /// Reserves memory for a page, and spends what it unpacks to.
    pub(super) fn hold(&mut self, bytes: usize, values: u32) -> io::Result<()> {
        self.held += bytes;
        if self.held > HELD_MAX {
            return Err(limit(format!("its pages need more than {} MiB of memory at a time", HELD_MAX >> 20)));
        }
        if !self.budgets.iter().all(|b| b.spend(bytes as u64 + u64::from(values))) {
            return Err(limit("it unpacks to far more than any log would"));
        }
        Ok(())
    }

    /// Gives memory back.
    pub(super) fn release(&mut self, bytes: usize) {
        self.held = self.held.saturating_sub(bytes);
    }
}

/// A page, unpacked. Its bytes are held in the [`Store`] until they are released.
#[derive(Debug)]
pub(super) enum Page {
    Dictionary {
        bytes: Vec<u8>,
        values: u32,
        encoding: i32,
    },
    Data {
        bytes: Vec<u8>,
        values: u32,
        encoding: i32,
        /// Where repetition levels, definition levels and values lie.
        rep: Range<usize>,
        def: Range<usize>,
        at: usize,
    },
}

/// The pages of one column chunk, in order.
#[derive(Debug)]
pub(super) struct Pages {
    codec: i32,
    at: u64,
    end: u64,
}

impl Pages {
    pub(super) fn new(chunk: &Chunk) -> Self {
        Pages { codec: chunk.codec, at: chunk.start, end: chunk.start.saturating_add(chunk.len) }
    }

    /// The next page; `None` at the end of the chunk.
    pub(super) fn next(&mut self, store: &mut Store, leaf: &Leaf) -> io::Result<Option<Page>> {
        while self.at < self.end {
            let head = self.head(store)?;
            self.at += head.len as u64;
            let end = self.at.saturating_add(head.packed as u64);
            if end > self.end {
                return Err(damaged("a page is longer than its column"));
            }
            if head.kind != PageKind::Other {
                let page = self.page(store, leaf, &head);
                self.at = end;
                return page.map(Some);
            }
            self.at = end;
        }
        Ok(None)
    }

    fn head(&self, store: &mut Store) -> io::Result<PageHead> {
        let most = self.end.min(store.len()).saturating_sub(self.at);
        let mut len = HEAD;
        loop {
            let here = usize::try_from(most).map_or(len, |most| most.min(len));
            match PageHead::read(&store.read(self.at, here)?) {
                Err(e) if e.kind() == io::ErrorKind::UnexpectedEof && here == len && len < HEAD_MAX => len *= 4,
                read => return read,
            }
        }
    }

    fn page(&self, store: &mut Store, leaf: &Leaf, head: &PageHead) -> io::Result<Page> {
        if head.packed > PAGE_MAX || head.unpacked > PAGE_MAX {
            return Err(limit(format!("it has a page of more than {} MiB", PAGE_MAX >> 20)));
        }
        let values = match head.kind {
            PageKind::Data { values, .. } | PageKind::DataV2 { values, .. } | PageKind::Dictionary { values, .. } => values,
            PageKind::Other => 0,
        };
        store.hold(head.unpacked, values)?;
        let packed = store.read(self.at, head.packed)?;
        let mut crc = flate2::Crc::new();
        crc.update(&packed);
        if head.crc.is_some_and(|told| told != crc.sum()) {
            return Err(damaged("the check sum of a page is wrong"));
        }
        match head.kind {
            PageKind::Dictionary { values, encoding } => {
                Ok(Page::Dictionary { bytes: unpack(self.codec, packed, head.unpacked)?, values, encoding })
            }
            PageKind::Data { values, encoding, levels: [def_coding, rep_coding] } => {
                let bytes = unpack(self.codec, packed, head.unpacked)?;
                let rep = levels(&bytes, 0, leaf.rep_max, rep_coding)?;
                let def = levels(&bytes, rep.end, leaf.def_max, def_coding)?;
                Ok(Page::Data { at: def.end, bytes, values, encoding, rep, def })
            }
            PageKind::DataV2 { values, encoding, levels: [def, rep], is_packed } => {
                let at = rep.checked_add(def).filter(|at| *at <= packed.len().min(head.unpacked));
                let at = at.ok_or_else(|| damaged("a page has levels that are longer than the page"))?;
                let codec = if is_packed { self.codec } else { 0 };
                let mut bytes = packed;
                let rest = bytes.split_off(at);
                bytes.extend(unpack(codec, rest, head.unpacked - at)?);
                Ok(Page::Data { bytes, values, encoding, rep: 0..rep, def: rep..at, at })
            }
            PageKind::Other => Err(damaged("a page is not what it says")),
        }
    }
}

/// Where the levels of a page of the first version lie: behind their length in four bytes, if there
/// can be any.
fn levels(page: &[u8], at: usize, max: u32, coding: i32) -> io::Result<Range<usize>> {
    if max == 0 {
        return Ok(at..at);
    }
    if coding != 3 {
        return Err(refused(format!("it has levels in encoding {coding}, which is not read")));
    }
    let place = || {
        let len = u32::from_le_bytes(*page.get(at..)?.first_chunk::<4>()?) as usize;
        let end = (at + 4).checked_add(len).filter(|end| *end <= page.len())?;
        Some(at + 4..end)
    };
    place().ok_or_else(|| damaged("a page has levels that are longer than the page"))
}

/// Undoes the packing of a page, which must give exactly `size` bytes.
fn unpack(codec: i32, packed: Vec<u8>, size: usize) -> io::Result<Vec<u8>> {
    let wrong = |why: &dyn std::fmt::Display| damaged(format!("a page cannot be unpacked: {why}"));
    // Some writers pack an empty page to nothing at all.
    let unpacked = match codec {
        _ if size == 0 => Vec::new(),
        0 => packed,
        1 => {
            if snap::raw::decompress_len(&packed).map_err(|e| wrong(&e))? != size {
                return Err(wrong(&"it has another size than it says"));
            }
            snap::raw::Decoder::new().decompress_vec(&packed).map_err(|e| wrong(&e))?
        }
        2 => read_most(flate2::bufread::MultiGzDecoder::new(&packed[..]), size).map_err(|e| wrong(&e))?,
        5 => hadoop_lz4(&packed, size).or_else(|| lz4(&packed, size)).ok_or_else(|| wrong(&"its LZ4 data are damaged"))?,
        6 => read_most(Zstd::new(&packed[..]), size).map_err(|e| wrong(&e))?,
        7 => lz4(&packed, size).ok_or_else(|| wrong(&"its LZ4 data are damaged"))?,
        3 => return Err(refused("its pages are packed with LZO, which is not read")),
        4 => return Err(refused("its pages are packed with Brotli, which is not read")),
        n => return Err(refused(format!("its pages are packed in way {n}, which is not known"))),
    };
    if unpacked.len() != size {
        return Err(wrong(&"it has another size than it says"));
    }
    Ok(unpacked)
}

/// Reads to the end, but not much further than `size`.
fn read_most(reader: impl Read, size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(size as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// One bare block.
fn lz4(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; size];
    (lz4_flex::block::decompress_into(packed, &mut bytes).ok()? == size).then_some(bytes)
}

/// Blocks as Hadoop writes them, each after its size unpacked and packed (big endian).
fn hadoop_lz4(packed: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; size];
    let (mut rest, mut at) = (packed, 0);
    while !rest.is_empty() {
        let (unpacked, after) = rest.split_first_chunk::<4>()?;
        let (len, after) = after.split_first_chunk::<4>()?;
        let (block, after) = after.split_at_checked(u32::from_be_bytes(*len) as usize)?;
        let end = at + u32::from_be_bytes(*unpacked) as usize;
        let n = lz4_flex::block::decompress_into(block, bytes.get_mut(at..end)?).ok()?;
        if at + n != end {
            return None;
        }
        (rest, at) = (after, end);
    }
    (at == size).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::codec::tests::{ZSTD_FRAMES, gzip};

    #[test]
    fn every_packing_is_undone_to_exactly_the_size_told() {
        let text = b"one\ntwo\nthree\n".to_vec();
        let block = lz4_flex::block::compress(&text);
        let hadoop = [&14u32.to_be_bytes()[..], &(block.len() as u32).to_be_bytes(), &block].concat();
        let snappy = snap::raw::Encoder::new().compress_vec(&text).expect("memory");
        for (codec, packed) in [
            (0, text.clone()),
            (1, snappy),
            (2, gzip(&text)),
            (5, hadoop),
            (5, block.clone()),
            (6, ZSTD_FRAMES.to_vec()),
            (7, block),
        ] {
            assert_eq!(unpack(codec, packed.clone(), 14).expect("unpacked"), text, "{codec}");
            for size in [13, 15, 1_000] {
                assert!(unpack(codec, packed.clone(), size).is_err(), "{codec} {size}");
            }
            if codec != 0 {
                assert!(unpack(codec, packed[..packed.len() - 3].to_vec(), 14).is_err(), "{codec} cut");
            }
        }
        for codec in [3, 4, 8, -1] {
            assert!(unpack(codec, text.clone(), 14).is_err());
        }
    }
}

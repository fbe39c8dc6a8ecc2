//! Decoders, chosen by the first bytes and never by a file's name.
//!
//! All members (gzip, bzip2), frames (zstd) and streams (xz) of a file are read. A decoder that
//! fails has already given everything before the damage; the reason comes last.

use super::limits::{Budget, Counted, Guard};
use super::raw::Peek;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// Bytes looked at to recognise packing and archives: a tar header.
pub(crate) const HEAD: usize = 512;
/// Layers of packing that are undone (a .gz in a .gz).
const LAYERS_MAX: usize = 2;
const BUFFER: usize = 1 << 16;

/// How bytes are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    Plain,
    Gzip,
    Zstd,
    Bzip2,
    Xz,
}

impl Codec {
    /// Recognises a packing by its magic bytes (RFC 1952; RFC 8878 3.1; bzip2 manual; xz format 2.1.1.1).
    pub(crate) fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 0x08, ..] => Codec::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Codec::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Codec::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Codec::Xz,
            _ => Codec::Plain,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Codec::Plain => "plain",
            Codec::Gzip => "gzip",
            Codec::Zstd => "zstd",
            Codec::Bzip2 => "bzip2",
            Codec::Xz => "xz",
        }
    }

    fn decode<'a>(self, packed: Box<dyn Read + 'a>, budget: &Budget) -> Guard<'a> {
        let (counted, packed) = Counted::new(packed);
        // On damage lzma-rust2 forgets what it put into the buffer of the call: small calls lose little.
        let step = if self == Codec::Xz { 4 << 10 } else { 1 << 20 };
        let decoder: Box<dyn Read + 'a> = match self {
            Codec::Plain => Box::new(counted),
            Codec::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(BufReader::with_capacity(BUFFER, counted))),
            Codec::Zstd => Box::new(Zstd::new(BufReader::with_capacity(BUFFER, Box::new(counted)))),
            Codec::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(BufReader::with_capacity(BUFFER, counted))),
            Codec::Xz => Box::new(lzma_rust2::XzReader::new(BufReader::with_capacity(BUFFER, counted), true)),
        };
        Guard::new(decoder, Some(packed), budget, step)
    }
}

/// A source's bytes with their packing undone.
pub(crate) struct Unpacked<'a> {
    /// The decoded bytes; their first [`HEAD`] can be looked at.
    pub(crate) text: Peek<'a>,
    /// Name of the packing, outermost first where there are two.
    pub(crate) codec: &'static str,
}

/// Undoes up to two layers of packing, and turns what is Parquet below them into lines. `on_disk`: the
/// file that `raw` reads, if it reads one from beginning to end.
pub(crate) fn unpack<'a>(raw: Box<dyn Read + 'a>, on_disk: Option<&'a Path>, budget: &Budget) -> Unpacked<'a> {
    let mut text = Peek::new(raw, HEAD);
    let mut codec = Codec::Plain.name();
    for layer in 0..LAYERS_MAX {
        let found = Codec::of(text.head());
        if found == Codec::Plain {
            break;
        }
        codec = if layer == 0 { found.name() } else { "packed twice" };
        text = Peek::new(Box::new(found.decode(Box::new(text), budget)), HEAD);
    }
    columnar(Unpacked { text, codec }, on_disk, budget)
}

/// Rows as lines, where the bytes are a Parquet file.
#[cfg(feature = "parquet")]
fn columnar<'a>(unpacked: Unpacked<'a>, on_disk: Option<&'a Path>, budget: &Budget) -> Unpacked<'a> {
    use super::parquet::{Lines, Origin, is_parquet};
    let Unpacked { text, codec } = unpacked;
    if !is_parquet(text.head()) {
        return Unpacked { text, codec };
    }
    let is_bare = codec == Codec::Plain.name();
    let origin = match on_disk.filter(|_| is_bare) {
        Some(path) => Origin::Disk(path),
        None => Origin::Stream(Box::new(text)),
    };
    let (lines, size) = Lines::new(origin, budget);
    let guard = Guard::new(Box::new(lines), Some(size), budget, 1 << 20);
    Unpacked { text: Peek::blind(Box::new(guard)), codec: if is_bare { "parquet" } else { "packed twice" } }
}

/// Without the feature such a file stays what it is, and is told as no log.
#[cfg(not(feature = "parquet"))]
fn columnar<'a>(unpacked: Unpacked<'a>, _: Option<&'a Path>, _: &Budget) -> Unpacked<'a> {
    unpacked
}

/// All frames of a zstd stream; ruzstd itself reads one.
pub(super) struct Zstd<R> {
    source: R,
    decoder: FrameDecoder,
    open: bool,
    failed: Option<io::Error>,
}

/// An empty last block and a check sum: closes a frame whose end is missing, so that ruzstd hands
/// out what it holds back as the window of blocks to come.
const LAST_BLOCK: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

impl<R: BufRead> Zstd<R> {
    /// The frames in `source`.
    pub(super) fn new(source: R) -> Self {
        Zstd { source, decoder: FrameDecoder::new(), open: false, failed: None }
    }

    /// Opens the next frame, passing over skippable ones; `false` at the end of the input.
    fn next_frame(&mut self) -> io::Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    let skipped = io::copy(&mut (&mut self.source).take(u64::from(length)), &mut io::sink())?;
                    if skipped < u64::from(length) {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(e) => return Err(io::Error::new(io::ErrorKind::InvalidData, e.to_string())),
            }
        }
        Ok(false)
    }

    fn fail(&mut self, e: FrameDecoderError) {
        let cut = self.source.fill_buf().is_ok_and(<[u8]>::is_empty);
        let kind = if cut { io::ErrorKind::UnexpectedEof } else { io::ErrorKind::InvalidData };
        self.failed = Some(io::Error::new(kind, e.to_string()));
        if !self.decoder.is_finished() && self.decoder.decode_blocks(&LAST_BLOCK[..], BlockDecodingStrategy::All).is_err() {
            self.open = false;
        }
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.open && self.decoder.can_collect() > 0 {
                return self.decoder.read(buf);
            }
            if let Some(e) = self.failed.take() {
                self.open = false;
                return Err(e);
            }
            if self.open && !self.decoder.is_finished() {
                if let Err(e) = self.decoder.decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1)) {
                    self.fail(e);
                }
                continue;
            }
            self.open = self.next_frame()?;
            if !self.open {
                return Ok(0);
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::io::Write;

    /// `one\ntwo\n` with a check sum, then `three\n` without one: two zstd frames.
    pub(crate) const ZSTD_FRAMES: &[u8] = &[
        0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x68, 0x41, 0x00, 0x00, 0x6f, 0x6e, 0x65, 0x0a, 0x74, 0x77, 0x6f, 0x0a, 0xe6, 0xa6, 0x0e,
        0x40, 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58, 0x31, 0x00, 0x00, 0x74, 0x68, 0x72, 0x65, 0x65, 0x0a,
    ];

    pub(crate) fn gzip(text: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(text).expect("memory");
        packer.finish().expect("memory")
    }

    pub(crate) fn bzip2(text: &[u8]) -> Vec<u8> {
        let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        packer.write_all(text).expect("memory");
        packer.finish().expect("memory")
    }

    /// `one\ntwo\nthree\n` as xz.
    pub(crate) const XZ: &[u8] = &[
        0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01, 0x16, 0x00, 0x00, 0x00,
        0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x0d, 0x6f, 0x6e, 0x65, 0x0a, 0x74, 0x77, 0x6f, 0x0a, 0x74, 0x68, 0x72, 0x65, 0x65,
        0x0a, 0x00, 0x00, 0x00, 0x94, 0x84, 0x92, 0x2b, 0xe8, 0x97, 0x5b, 0x7d, 0x00, 0x01, 0x26, 0x0e, 0x08, 0x1b, 0xe0, 0x04,
        0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
    ];

    fn read(packed: &[u8]) -> (Vec<u8>, &'static str, Option<io::ErrorKind>) {
        let mut unpacked = unpack(Box::new(packed), None, &Budget::for_file(packed.len() as u64));
        let mut text = Vec::new();
        let error = unpacked.text.read_to_end(&mut text).err().map(|e| e.kind());
        (text, unpacked.codec, error)
    }

    #[test]
    fn every_packing_is_known_by_its_first_bytes_and_read_to_its_last_member() {
        let lines = b"one\ntwo\nthree\n";
        let members = [gzip(b"one\n"), gzip(b"two\nthree\n")].concat();
        let streams = [bzip2(b"one\n"), bzip2(b"two\nthree\n")].concat();
        let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9], ZSTD_FRAMES].concat();
        for (packed, codec) in [
            (lines.to_vec(), "plain"),
            (members.clone(), "gzip"),
            (streams, "bzip2"),
            (ZSTD_FRAMES.to_vec(), "zstd"),
            (skippable, "zstd"),
            (XZ.to_vec(), "xz"),
            ([XZ, &[0; 4]].concat(), "xz"),
            (gzip(&members), "packed twice"),
            (gzip(ZSTD_FRAMES), "packed twice"),
        ] {
            assert_eq!(read(&packed), (lines.to_vec(), codec, None), "{codec}");
        }
    }

    #[test]
    fn a_third_layer_stays_packed() {
        let inner = gzip(b"line\n");
        let (text, codec, error) = read(&gzip(&gzip(&inner)));
        assert_eq!((text, codec, error), (inner, "packed twice", None));
    }

    #[test]
    fn what_comes_before_the_damage_is_kept_and_the_damage_told() {
        let text: Vec<u8> =
            (0..40_000u32).flat_map(|n| format!("{:x} {n}\n", n.wrapping_mul(2_654_435_761)).into_bytes()).collect();
        for packed in [gzip(&text), bzip2(&text)] {
            let (kept, _, error) = read(&packed[..packed.len() - 10]);
            assert!(text.starts_with(&kept) && kept.len() > text.len() / 4, "{} of {}", kept.len(), text.len());
            assert!(error.is_some());
        }
        let (kept, _, error) = read(&[gzip(b"one\n"), b"garbage".to_vec()].concat());
        assert_eq!((kept, error.is_some()), (b"one\n".to_vec(), true));
        let (kept, _, error) = read(&ZSTD_FRAMES[..ZSTD_FRAMES.len() - 3]);
        assert_eq!((kept, error), (b"one\ntwo\n".to_vec(), Some(io::ErrorKind::UnexpectedEof)));
        let (kept, _, error) = read(&ZSTD_FRAMES[..18]);
        assert_eq!((kept, error), (b"one\ntwo\n".to_vec(), Some(io::ErrorKind::UnexpectedEof)));
    }
}

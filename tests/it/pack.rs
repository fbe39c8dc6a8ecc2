//! Packing, the simple way round: only what a test needs to hand over a packed log.

use std::io::{Cursor, Write};

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

pub(crate) fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
    packer.write_all(bytes).expect("memory");
    packer.finish().expect("memory")
}

/// One frame of raw blocks (RFC 8878, 3.1.1): magic, a header with a window of 1 MiB, blocks.
pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 10 << 3];
    let blocks: Vec<&[u8]> = bytes.chunks(100_000).collect();
    for (i, block) in blocks.iter().enumerate() {
        let header = (block.len() as u32) << 3 | u32::from(i + 1 == blocks.len());
        out.extend(&header.to_le_bytes()[..3]);
        out.extend(*block);
    }
    out
}

fn crc(bytes: &[u8]) -> [u8; 4] {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum().to_le_bytes()
}

/// A number in the variable length of the xz format (1.2).
fn varint(mut n: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
    out
}

/// One stream with one block of uncompressed LZMA2 chunks and without check (the .xz format, 2 and 3).
pub(crate) fn xz(bytes: &[u8]) -> Vec<u8> {
    let flags = [0, 0];
    let mut out = [&[0xfd, b'7', b'z', b'X', b'Z', 0][..], &flags, &crc(&flags)].concat();
    // Size 12, no sizes told, filter LZMA2 with a dictionary of 8 MiB, padding.
    let header = [2, 0, 0x21, 1, 0x16, 0, 0, 0];
    out.extend([&header[..], &crc(&header)].concat());
    let mut block = Vec::new();
    for (i, chunk) in bytes.chunks(1 << 16).enumerate() {
        block.push(if i == 0 { 1 } else { 2 });
        block.extend(((chunk.len() - 1) as u16).to_be_bytes());
        block.extend(chunk);
    }
    block.push(0);
    let unpadded = 12 + block.len() as u64;
    block.resize(block.len().next_multiple_of(4), 0);
    out.extend(block);
    let mut index = [vec![0, 1], varint(unpadded), varint(bytes.len() as u64)].concat();
    index.resize(index.len().next_multiple_of(4), 0);
    out.extend([&index[..], &crc(&index)].concat());
    let backward = ((index.len() as u32 + 4) / 4 - 1).to_le_bytes();
    let footer = [&backward[..], &flags].concat();
    out.extend([&crc(&footer)[..], &footer, b"YZ"].concat());
    out
}

pub(crate) fn tar(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, *bytes).expect("memory");
    }
    archive.into_inner().expect("memory")
}

pub(crate) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("memory");
        archive.write_all(bytes).expect("memory");
    }
    archive.finish().expect("memory").into_inner()
}

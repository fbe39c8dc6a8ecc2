//! Readers between the bytes on disk and the decoders: looking ahead, hashing, checking length.

use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// A reader whose first bytes can be looked at without being consumed. An error met while looking
/// ahead is told when reading gets there, not before.
pub(crate) struct Peek<'a> {
    head: Vec<u8>,
    at: usize,
    failed: Option<io::Error>,
    over: bool,
    inner: Box<dyn Read + 'a>,
}

impl<'a> Peek<'a> {
    /// Looks ahead `n` bytes, or to the end.
    pub(crate) fn new(mut inner: Box<dyn Read + 'a>, n: usize) -> Self {
        let mut head = Vec::new();
        let failed = (&mut inner).take(n as u64).read_to_end(&mut head).err();
        let over = failed.is_some() || head.len() < n;
        Peek { head, at: 0, failed, over, inner }
    }

    /// Does not look ahead at all: for text that costs much to begin with.
    #[cfg(feature = "parquet")]
    pub(crate) fn blind(inner: Box<dyn Read + 'a>) -> Self {
        Peek { head: Vec::new(), at: 0, failed: None, over: false, inner }
    }

    /// The first bytes, as far as not yet read.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head[self.at..]
    }

    /// Whether the head is all there is.
    pub(crate) fn is_whole(&self) -> bool {
        self.over
    }
}

impl Read for Peek<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.at < self.head.len() {
            let n = self.head().read(buf)?;
            self.at += n;
            if self.at == self.head.len() {
                (self.head, self.at) = (Vec::new(), 0);
            }
            return Ok(n);
        }
        match self.failed.take() {
            Some(e) => Err(e),
            None if self.over => Ok(0),
            None => self.inner.read(buf),
        }
    }
}

/// What was found out about the raw bytes of a source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seal {
    /// SHA-256, lower-case hexadecimal.
    pub(crate) sha256: String,
    /// How many bytes.
    pub(crate) bytes: u64,
}

/// Hashes and counts the raw bytes on their way to the decoders.
pub(crate) struct Tally<'a> {
    inner: Box<dyn Read + 'a>,
    hash: Sha256,
    bytes: u64,
    on: Rc<Cell<bool>>,
}

impl<'a> Tally<'a> {
    /// Hashes what passes while the switch is on.
    pub(crate) fn new(inner: Box<dyn Read + 'a>, on: bool) -> Self {
        Tally { inner, hash: Sha256::new(), bytes: 0, on: Rc::new(Cell::new(on)) }
    }

    /// The switch: off saves hashing the bytes of an archive whose members are hashed one by one.
    pub(crate) fn switch(&self) -> Rc<Cell<bool>> {
        Rc::clone(&self.on)
    }

    /// Takes in what the decoders left unread (garbage after the packed data) and closes the hash.
    /// A read error ends it: then the hash covers what could be read.
    pub(crate) fn seal(mut self) -> Seal {
        let mut rest = vec![0; 1 << 16];
        loop {
            match self.read(&mut rest) {
                Ok(0) => break,
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => break,
            }
        }
        let sha256 = crate::digest::hexadecimal(&self.hash.finalize());
        Seal { sha256, bytes: self.bytes }
    }
}

impl Read for Tally<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        if self.on.get() {
            self.hash.update(&buf[..n]);
        }
        self.bytes += n as u64;
        Ok(n)
    }
}

/// A member of known length: ending before it is an error instead of a quiet end.
pub(crate) struct Exact<R> {
    inner: R,
    left: u64,
}

impl<R> Exact<R> {
    pub(crate) fn new(inner: R, size: u64) -> Self {
        Exact { inner, left: size }
    }
}

impl<R: Read> Read for Exact<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        if n == 0 && !buf.is_empty() && self.left > 0 {
            self.left = 0;
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the archive ends inside this file"));
        }
        self.left = self.left.saturating_sub(n as u64);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_covers_also_what_nobody_read() {
        let mut tally = Tally::new(Box::new(&b"abc"[..]), true);
        assert_eq!(tally.read(&mut [0; 1]).expect("a byte"), 1);
        let seal = tally.seal();
        assert_eq!(seal.bytes, 3);
        assert_eq!(seal.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn looking_ahead_consumes_nothing_and_hides_no_error() {
        let mut peek = Peek::new(Box::new(Exact::new(&b"line\n"[..], 9)), 512);
        assert_eq!(peek.head(), b"line\n");
        assert!(peek.is_whole());
        let mut all = Vec::new();
        let error = peek.read_to_end(&mut all).expect_err("the member is short");
        assert_eq!((all.as_slice(), error.kind()), (&b"line\n"[..], io::ErrorKind::UnexpectedEof));
        assert_eq!(peek.read(&mut [0; 4]).expect("the end"), 0);
    }
}

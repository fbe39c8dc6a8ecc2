//! How far hostile archives may expand: one budget per file handed over, one guard per decoder.

use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

/// Most decoded bytes of one member: 64 GiB.
pub const DECODED_MAX: u64 = 64 << 30;
/// Decoded bytes that are always allowed, before [`RATIO_MAX`] counts: 64 MiB.
pub const DECODED_FREE: u64 = 64 << 20;
/// Largest ratio of decoded to packed bytes. Real logs pack 10:1 to 100:1.
pub const RATIO_MAX: u64 = 1_000;
/// Most members of one archive, its nested archives included.
pub const MEMBERS_MAX: usize = 100_000;
/// Archives inside archives are opened down to this depth (the outermost is 1).
pub const DEPTH_MAX: usize = 3;

/// Bytes that may still be decoded from one file, whatever its layers and members: the bound that
/// nested bombs and overlapping zip members cannot get around. Shared by all guards of that file.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Rc<Cell<u64>>);

impl Budget {
    /// The budget of a file of `size` bytes.
    pub(crate) fn for_file(size: u64) -> Self {
        Budget(Rc::new(Cell::new(allowed(size))))
    }

    /// Takes `n` bytes from it; `false` where that is more than was left.
    pub(crate) fn spend(&self, n: u64) -> bool {
        let left = self.0.get().checked_sub(n);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }
}

const fn allowed(packed: u64) -> u64 {
    packed.saturating_mul(RATIO_MAX).saturating_add(DECODED_FREE)
}

/// Counts what passes through it.
pub(crate) struct Counted<'a> {
    inner: Box<dyn Read + 'a>,
    count: Rc<Cell<u64>>,
}

impl<'a> Counted<'a> {
    pub(crate) fn new(inner: Box<dyn Read + 'a>) -> (Self, Rc<Cell<u64>>) {
        let count = Rc::new(Cell::new(0));
        (Counted { inner, count: Rc::clone(&count) }, count)
    }
}

impl Read for Counted<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count.set(self.count.get() + n as u64);
        Ok(n)
    }
}

/// Stands behind a decoder and stops it at the limits. After its first error it is at its end: a
/// decoder is never asked again once it has failed.
pub(crate) struct Guard<'a> {
    decoder: Box<dyn Read + 'a>,
    packed: Option<Rc<Cell<u64>>>,
    decoded: u64,
    budget: Budget,
    step: usize,
    over: bool,
}

impl<'a> Guard<'a> {
    /// Guards a decoder whose input is counted by `packed` (`None`: only the file's budget holds).
    /// It is read `step` bytes at a time.
    pub(crate) fn new(decoder: Box<dyn Read + 'a>, packed: Option<Rc<Cell<u64>>>, budget: &Budget, step: usize) -> Self {
        Guard { decoder, packed, decoded: 0, budget: budget.clone(), step, over: false }
    }

    fn within(&mut self, n: usize) -> bool {
        self.decoded += n as u64;
        let by_ratio = self.packed.as_ref().map_or(u64::MAX, |p| allowed(p.get()));
        self.budget.spend(n as u64) && self.decoded <= DECODED_MAX.min(by_ratio)
    }
}

impl Read for Guard<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.over || buf.is_empty() {
            return Ok(0);
        }
        let room = buf.len().min(self.step);
        match self.decoder.read(&mut buf[..room]) {
            Ok(n) if self.within(n) => Ok(n),
            Ok(_) => {
                self.over = true;
                Err(io::Error::other("decompression limit: it unpacks to far more than any log would"))
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Err(e),
            Err(e) => {
                self.over = true;
                Err(e)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_without_end_stops_at_the_ratio_and_is_then_at_its_end() {
        let (_, packed) = Counted::new(Box::new(io::empty()));
        packed.set(10);
        let mut guard = Guard::new(Box::new(io::repeat(0)), Some(packed), &Budget::for_file(u64::MAX), 1 << 20);
        let mut kept = Vec::new();
        let error = guard.read_to_end(&mut kept).expect_err("a limit");
        assert!(error.to_string().starts_with("decompression limit"), "{error}");
        assert!(kept.len() as u64 > DECODED_FREE - (2 << 20) && kept.len() as u64 <= DECODED_FREE + 10 * RATIO_MAX);
        assert_eq!(guard.read(&mut [0; 8]).expect("the end"), 0);
    }

    #[test]
    fn guards_of_one_file_share_its_budget() {
        let budget = Budget::for_file(0);
        let read = |n| io::copy(&mut Guard::new(Box::new(io::repeat(0).take(n)), None, &budget, 1 << 16), &mut io::sink());
        assert_eq!(read(DECODED_FREE - 5).expect("within the budget"), DECODED_FREE - 5);
        assert!(read(5).is_ok());
        assert!(read(1).is_err());
    }
}

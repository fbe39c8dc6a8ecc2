//! UTF-16 text, as some Windows tools export logs, turned into UTF-8.

use std::io::{self, Read};

/// Order of the two bytes of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Little,
    Big,
}

/// Reads UTF-16 and gives UTF-8; what is no valid UTF-16 becomes U+FFFD.
pub(super) struct Utf16<R> {
    inner: R,
    order: Order,
    /// Bytes that wait for the rest of their unit or pair.
    raw: Vec<u8>,
    text: Vec<u8>,
    given: usize,
    failed: Option<io::Error>,
    over: bool,
}

impl Utf16<io::Empty> {
    /// The byte order, if the text begins with a UTF-16 byte order mark.
    pub(super) fn marked(head: &[u8]) -> Option<Order> {
        match head {
            [0xff, 0xfe, ..] => Some(Order::Little),
            [0xfe, 0xff, ..] => Some(Order::Big),
            _ => None,
        }
    }
}

impl<R: Read> Utf16<R> {
    /// Reads `inner` from after its byte order mark.
    pub(super) fn new(inner: R, order: Order) -> Self {
        Utf16 { inner, order, raw: Vec::new(), text: Vec::new(), given: 0, failed: None, over: false }
    }

    fn refill(&mut self) -> io::Result<()> {
        let mut bytes = [0; 1 << 14];
        match self.inner.read(&mut bytes) {
            Ok(0) => self.over = true,
            Ok(n) => self.raw.extend_from_slice(&bytes[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Err(e),
            Err(e) => {
                self.over = true;
                self.failed = Some(e);
            }
        }
        self.decode();
        Ok(())
    }

    fn decode(&mut self) {
        let unit = |pair: &[u8]| match (self.order, pair) {
            (Order::Little, &[a, b]) => u16::from_le_bytes([a, b]),
            (Order::Big, &[a, b]) => u16::from_be_bytes([a, b]),
            _ => 0xfffd,
        };
        let mut units: Vec<u16> = self.raw.chunks_exact(2).map(unit).collect();
        let mut waiting = self.raw.len() % 2;
        if self.over && waiting == 1 {
            units.push(0xfffd);
            waiting = 0;
        } else if !self.over && units.last().is_some_and(|u| (0xd800..0xdc00).contains(u)) {
            units.pop();
            waiting += 2;
        }
        let text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        self.raw.drain(..self.raw.len() - waiting);
        if self.over {
            self.raw.clear();
        }
        (self.text, self.given) = (text.into_bytes(), 0);
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            if self.over {
                return self.failed.take().map_or(Ok(0), Err);
            }
            self.refill()?;
        }
        let n = (&self.text[self.given..]).read(buf)?;
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte per call, as the worst of pipes.
    struct Dribble<'a>(&'a [u8]);

    impl Read for Dribble<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let n = buf.len().min(1);
            self.0.read(&mut buf[..n])
        }
    }

    #[test]
    fn pairs_cut_anywhere_are_joined_and_halves_are_replaced() {
        for (units, want) in [
            (vec![0x61, 0xd83d, 0xde80, 0x62], "a\u{1f680}b"),
            (vec![0xd83d, 0x62], "\u{fffd}b"),
            (vec![0x61, 0xd83d], "a\u{fffd}"),
        ] {
            let bytes: Vec<u8> = units.iter().flat_map(|u: &u16| u.to_le_bytes()).collect();
            let mut text = String::new();
            Utf16::new(Dribble(&bytes), Order::Little).read_to_string(&mut text).expect("text");
            assert_eq!(text, want);
        }
        let mut text = String::new();
        Utf16::new(&[0x61, 0, 0x62][..], Order::Little).read_to_string(&mut text).expect("text");
        assert_eq!(text, "a\u{fffd}");
    }
}

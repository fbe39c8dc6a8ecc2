//! Text outside records that is no JSON, or the rest of a damaged record: given out as lines, to be
//! rejected and counted, up to where a record seems to begin.

/// Place inside such text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lost {
    /// The last byte that is not blank; also a line break.
    before: u8,
    /// Whether the line that is given out has begun. Blanks and closing punctuation begin none.
    inked: bool,
}

impl Lost {
    /// In the middle of a line; `inked`: something of it was given out.
    pub(super) fn amid(inked: bool) -> Self {
        Lost { before: 0, inked }
    }

    /// At the beginning of a line.
    pub(super) fn at_line() -> Self {
        Lost { before: b'\n', inked: false }
    }

    /// Gives out `text` as far as it is lost. Returns how far that is, and whether the lost text ended there.
    pub(super) fn advance(&mut self, text: &[u8], out: &mut Vec<u8>) -> (usize, bool) {
        for (at, &byte) in text.iter().enumerate() {
            match byte {
                b'{' | b'[' if self.ends(byte) => {
                    self.end_line(out);
                    return (at, true);
                }
                b'\n' | 0x1e => {
                    self.end_line(out);
                    *self = Lost::at_line();
                }
                b' ' | b'\t' | b'\r' if self.inked => out.push(byte),
                b' ' | b'\t' | b'\r' => {}
                b',' | b']' | b'}' if !self.inked => self.before = byte,
                _ => {
                    out.push(byte);
                    (self.before, self.inked) = (byte, true);
                }
            }
        }
        (text.len(), false)
    }

    /// Whether a record or a list may begin here. 0xbf is the end of a byte order mark.
    fn ends(self, byte: u8) -> bool {
        self.before == b'\n' || (byte == b'{' && matches!(self.before, b',' | b'}' | 0xbf))
    }

    fn end_line(self, out: &mut Vec<u8>) {
        if self.inked {
            out.push(b'\n');
        }
    }
}

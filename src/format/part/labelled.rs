//! Lines of labelled values: `label:value`, separated by tabs (LTSV).
//!
//! A label is letters, digits, `_`, `.` and `-`; it ends at the first colon, so a value may hold
//! colons. Order and number of the pairs do not matter. A piece that is no pair (a value in which a
//! server did not escape a tab) is passed over, and the line counts as repaired.

use super::clf::read;
use super::draft::Draft;
use super::field::{Quoting, Raw};
use super::json::Make;
use super::slot::Keys;
use crate::format::{Dialect, Parsed};
use crate::ledger::Reject;
use memchr::memchr;

/// A format of labelled values.
#[derive(Debug)]
pub struct Labelled {
    keys: Keys,
    make: Make,
}

impl Labelled {
    /// Lines whose labels mean what `keys` say, and what is made of them.
    #[must_use]
    pub fn new(keys: Keys, make: Make) -> Self {
        Labelled { keys, make }
    }
}

impl Dialect for Labelled {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            let mut rest = line;
            let mut draft = Draft::default();
            let mut first = true;
            loop {
                let (piece, more) = match memchr(b'\t', rest).map(|n| rest.split_at(n)) {
                    Some((piece, more)) => (piece, more.get(1..)),
                    None => (rest, None),
                };
                match pair(piece) {
                    Some((label, value)) => {
                        if let Some(slot) = self.keys.slot(label) {
                            draft.put(slot, Raw { bytes: value, quoting: Quoting::Backslash });
                        }
                    }
                    None if first => return Err(Reject::UnknownFormat),
                    None => draft.repaired |= !piece.is_empty(),
                }
                first = false;
                match more {
                    Some(more) => rest = more,
                    None => break,
                }
            }
            (self.make)(&draft, line)
        })
    }
}

/// Label and value.
fn pair(piece: &[u8]) -> Option<(&[u8], &[u8])> {
    let n = piece.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-')).count();
    let (label, rest) = piece.split_at_checked(n)?;
    Some((label, rest.strip_prefix(b":")?)).filter(|_| n > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Stamp;
    use crate::format::part::clf::shown;
    use crate::format::part::slot::Slot;

    fn labelled() -> Labelled {
        let keys = Keys::new(&[("time", Slot::Time), ("vhost", Slot::Host), ("uri", Slot::Target), ("ua", Slot::UserAgent)]);
        Labelled::new(keys, |draft, _| draft.event(Stamp::Unknown).map(Parsed::Event))
    }

    #[test]
    fn values_are_found_by_their_labels_in_any_order() {
        for (line, want, repaired) in [
            ("time:2026-11-20T07:48:12Z\tvhost:a.example:80\turi:/x?y", ["a.example:80", "/x", "-"], false),
            ("ua:a\\x22b\tnew-label:1\ttime:1795160892\tvhost:-", ["-", "-", "a\"b"], false),
            ("time:1795160892\tua:half a\tvalue\turi:/z", ["-", "/z", "half a"], true),
            ("time:1795160892\turi:/z\t", ["-", "/z", "-"], false),
        ] {
            let dialect = labelled();
            let Parsed::Event(e) = dialect.line(line.as_bytes()) else { panic!("{line}") };
            let got = [shown(&e.host), shown(&e.path), shown(&e.user_agent)];
            assert_eq!((got.each_ref().map(String::as_str), e.repaired), (want, repaired), "{line}");
        }
    }

    #[test]
    fn a_line_that_begins_with_no_label_is_refused() {
        for line in
            ["{\"time\":1}", "no label\ttime:1795160892", ":x", "192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] \"GET / HTTP/1.1\""]
        {
            assert_eq!(labelled().line(line.as_bytes()), Parsed::Reject(Reject::UnknownFormat), "{line}");
        }
        assert_eq!(labelled().line(b"time:later\turi:/"), Parsed::Reject(Reject::BadTime));
    }
}

//! A text that is JSON documents, and not one record a line, turned into one record a line.
//!
//! Exports of logs often are one document: an array of records (`gcloud logging read --format=json`,
//! `jq -s`), an object around a list of them (`{"records":[...]}` of Azure, `{"events":[...]}` of `aws
//! logs`, `{"hits":{"hits":[...]}}` of Elasticsearch; all are listed in [`shape`]), or objects printed
//! over many lines (`jq .`) or with nothing between them (Firehose). Whether a text is read so its head
//! decides, see [`shape`]; any other text, and every log with an object a line, stays as it is.
//!
//! From here on a record is a line, so **the number of a line is the number of its record**: the 17th
//! record of `PT1H.json` is `PT1H.json:17`, wherever it stands in the file.
//!
//! - An element that is an object is a line: its own bytes, with line breaks outside strings turned into
//!   spaces. An element that is something else is a line too, a string with its quotes. Of a hit of
//!   Elasticsearch the object under `_source` is the line, if it has one.
//! - Several documents may follow one another, on lines of their own or not, with commas between them or
//!   not, each an array, an envelope or a record.
//! - What is around records is none and gives no line: white space, commas, brackets, the other members of
//!   an envelope (`"nextToken"`) and of a hit, empty lists, the byte RS before each text of RFC 7464.
//! - Anything else outside records is damage, or no JSON. It gives lines as it stands, to be rejected and
//!   counted, and ends at the next `{` or `[` that is first on its line, or `{` after a comma or `}`.
//! - A record is damaged by a line break in a string (JSON has none), by a missing quote, by brackets that
//!   do not match. Its line ends there; its rest is lines of its own, as just said, and the next record is
//!   read again. What then follows of the document's structure is not trusted: a later list or envelope is
//!   known by its own beginning only. (A record that is cut off inside an array of its own, where a comma
//!   follows, cannot be told from one that goes on: it is one line with what follows it.)
//! - A text that ends inside a record leaves that piece as the last line.
//!
//! Nothing is held back but the beginning of a document or of a hit, at most [`shape::LOOK_MAX`] bytes; a
//! record of any length streams through. What comes out does not depend on the sizes of reads.

mod lost;
mod scan;
mod shape;

use lost::Lost;
use scan::{Scan, Stop};
use shape::{Document, LOOK_MAX};
use std::io::{self, Read};

pub(super) use shape::is_documents;

/// Bytes asked for at once.
const BUFFER: usize = 1 << 17;

/// Where the next byte stands.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// Outside records.
    Between,
    /// In a word that is an element of a list: a number, `true`, `null`.
    Word,
    /// In a record; `in_hit`: an object around it is to be passed over after it.
    Record { in_hit: bool },
    /// In what is left of an envelope or a hit.
    Rest,
    /// In text that is no record.
    Lost(Lost),
}

/// What came of a step.
enum Step {
    Done,
    /// Bytes to come decide; nothing has been consumed.
    Short,
}

/// Reads JSON documents and gives one record a line.
pub(super) struct Records<R> {
    inner: R,
    /// Read, from `at` to `end`.
    raw: Vec<u8>,
    at: usize,
    end: usize,
    /// To be given out, from `given` on.
    text: Vec<u8>,
    given: usize,
    place: Place,
    /// The list whose elements are being read: how many objects are around it.
    list: Option<u64>,
    /// Whether the list goes on: it has just begun, or a comma stood there.
    goes_on: bool,
    /// Member of an element that is the record.
    member: Option<&'static str>,
    scan: Scan,
    failed: Option<io::Error>,
    over: bool,
}

impl<R: Read> Records<R> {
    /// Reads `inner`, whose head was found to be documents.
    pub(super) fn new(inner: R) -> Self {
        Records::with_buffer(inner, BUFFER)
    }

    fn with_buffer(inner: R, bytes: usize) -> Self {
        Records {
            inner,
            raw: vec![0; LOOK_MAX + bytes],
            at: 0,
            end: 0,
            text: Vec::new(),
            given: 0,
            place: Place::Between,
            list: None,
            goes_on: false,
            member: None,
            scan: Scan::begun(b'{'),
            failed: None,
            over: false,
        }
    }

    fn unread(&self) -> &[u8] {
        self.raw.get(self.at..self.end).unwrap_or_default()
    }

    /// What may be looked at to decide, and whether it is all that ever may.
    fn window(&self) -> (&[u8], bool) {
        let unread = self.unread();
        unread.get(..LOOK_MAX).map_or((unread, self.over), |window| (window, true))
    }

    /// Reads once more, behind what is not yet consumed, of which there is less than [`LOOK_MAX`].
    fn fill(&mut self) -> io::Result<()> {
        self.raw.copy_within(self.at..self.end, 0);
        (self.at, self.end) = (0, self.end - self.at);
        match self.inner.read(self.raw.get_mut(self.end..).unwrap_or_default()) {
            Ok(0) => self.over = true,
            Ok(n) => self.end += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Err(e),
            Err(e) => {
                self.over = true;
                self.failed = Some(e);
            }
        }
        Ok(())
    }

    /// Takes in what has been read, as far as that can be done without more.
    fn take_in(&mut self) -> Step {
        while self.at < self.end {
            let step = match self.place {
                Place::Between => self.between(),
                Place::Word => self.word(),
                Place::Record { in_hit } => self.record(in_hit),
                Place::Rest => self.rest(),
                Place::Lost(lost) => self.lost(lost),
            };
            if let Step::Short = step {
                return Step::Short;
            }
        }
        Step::Done
    }

    fn between(&mut self) -> Step {
        let Some(&byte) = self.unread().first() else { return Step::Done };
        match byte {
            b'{' => return self.object(),
            b'[' if self.list.is_none() => {
                let (window, all) = self.window();
                match shape::is_list(window) {
                    None if !all => return Step::Short,
                    Some(true) => (self.list, self.goes_on) = (Some(0), true),
                    _ => return self.lose(),
                }
            }
            b'[' | b'"' if self.list.is_some() => return self.begin(byte, false),
            b',' => self.goes_on = true,
            b']' => {
                if let Some(depth @ 1..) = self.list {
                    (self.scan, self.place) = (Scan::after_value(depth), Place::Rest);
                }
                self.list = None;
            }
            b'}' => self.list = None,
            b' ' | b'\t' | b'\n' | b'\r' | 0x1e => {}
            b'-' | b'0'..=b'9' | b't' | b'f' | b'n' if self.list.is_some() => {
                self.place = Place::Word;
                return Step::Done;
            }
            _ => return self.lose(),
        }
        self.at += 1;
        Step::Done
    }

    /// At a `{` outside records. An element of a list is a record; without a comma before it, it may be
    /// that the list was cut off and a document begins.
    fn object(&mut self) -> Step {
        let (window, all) = self.window();
        let is_element = self.list.is_some() && self.goes_on;
        match if is_element { Some(Document::Record) } else { shape::document(window) } {
            None if !all => return Step::Short,
            Some(Document::Empty(n)) => {
                self.at += n;
                self.list = None;
                return Step::Done;
            }
            Some(Document::List { at, envelope }) => {
                self.at += at;
                (self.list, self.goes_on, self.member) = (Some(envelope.depth()), true, envelope.inner);
                return Step::Done;
            }
            Some(Document::Record) | None => {}
        }
        let inner = self.member.map_or(Some(None), |name| shape::inner(window, name));
        if inner.is_none() && !all {
            return Step::Short;
        }
        if !is_element {
            self.list = None;
        }
        let inner = inner.flatten();
        self.at += inner.unwrap_or(0);
        self.begin(b'{', inner.is_some())
    }

    /// At the first byte of a record.
    fn begin(&mut self, byte: u8, in_hit: bool) -> Step {
        self.text.push(byte);
        self.at += 1;
        self.goes_on = false;
        (self.scan, self.place) = (Scan::begun(byte), Place::Record { in_hit });
        Step::Done
    }

    fn record(&mut self, in_hit: bool) -> Step {
        let (from, stop) = (self.at, self.scan());
        self.text.extend_from_slice(self.raw.get(from..self.at).unwrap_or_default());
        match stop {
            Stop::More => {}
            Stop::Line => {
                self.text.pop();
                self.text.push(b' ');
            }
            _ => self.text.push(b'\n'),
        }
        match stop {
            Stop::More | Stop::Line => {}
            Stop::End if in_hit => (self.scan, self.place) = (Scan::after_value(1), Place::Rest),
            Stop::End => self.place = Place::Between,
            Stop::Break | Stop::Odd => self.damaged(stop),
        }
        Step::Done
    }

    fn rest(&mut self) -> Step {
        match self.scan() {
            Stop::More | Stop::Line => {}
            Stop::End => self.place = Place::Between,
            stop => self.damaged(stop),
        }
        Step::Done
    }

    fn scan(&mut self) -> Stop {
        let (n, stop) = self.scan.advance(self.raw.get(self.at..self.end).unwrap_or_default());
        self.at += n;
        stop
    }

    /// Finds the way after damage: a bracket may well be what it seems to be, all else is lost text.
    fn damaged(&mut self, stop: Stop) {
        self.place = Place::Between;
        match (stop, self.unread().first()) {
            (Stop::Odd, Some(b']')) => {}
            (Stop::Odd, Some(b'{')) => self.list = None,
            (Stop::Break, _) => {
                self.at += 1;
                (self.list, self.place) = (None, Place::Lost(Lost::at_line()));
            }
            _ => {
                self.lose();
            }
        }
    }

    fn lose(&mut self) -> Step {
        (self.list, self.place) = (None, Place::Lost(Lost::amid(false)));
        Step::Done
    }

    fn word(&mut self) -> Step {
        while let Some(&byte) = self.unread().first() {
            match byte {
                b',' | b']' | b'}' | b'[' | b'{' | b' ' | b'\t' | b'\n' | b'\r' => {
                    self.text.push(b'\n');
                    (self.place, self.goes_on) = (Place::Between, false);
                    break;
                }
                b'"' => {
                    (self.list, self.place) = (None, Place::Lost(Lost::amid(true)));
                    break;
                }
                _ => self.text.push(byte),
            }
            self.at += 1;
        }
        Step::Done
    }

    fn lost(&mut self, mut lost: Lost) -> Step {
        let (n, ended) = lost.advance(self.raw.get(self.at..self.end).unwrap_or_default(), &mut self.text);
        self.at += n;
        self.place = if ended { Place::Between } else { Place::Lost(lost) };
        Step::Done
    }
}

impl<R: Read> Read for Records<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() {
            self.text.clear();
            self.given = 0;
            if self.at == self.end && self.over {
                return self.failed.take().map_or(Ok(0), Err);
            }
            if self.at == self.end {
                self.fill()?;
            }
            if let Step::Short = self.take_in() {
                // Twice as much each time: what is looked at again stays in proportion.
                let enough = (2 * self.unread().len()).min(LOOK_MAX);
                while self.unread().len() < enough && !self.over {
                    self.fill()?;
                }
            }
        }
        let n = (&self.text[self.given..]).read(buf)?;
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests;

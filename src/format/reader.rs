//! Reads the lines of one file: its own format first, any other format where that one refuses.
//!
//! Files mix formats (two virtual hosts writing into one file, a format changed at midnight), and
//! the rule is that no readable line is lost. What a line becomes depends on the line and on the
//! dialect in force alone, never on the lines read before, so that chunks of a file may be read in
//! any order.

use super::{Dialect, FORMATS, Facts, Parsed};
use crate::ledger::Reject;
use std::sync::Arc;

/// Reads lines with the dialect in force and falls back on the other formats.
#[derive(Debug)]
pub struct LineReader {
    dialect: Arc<dyn Dialect>,
    facts: &'static Facts,
    others: Vec<(&'static Facts, Arc<dyn Dialect>)>,
}

impl LineReader {
    /// A reader for a file, or for a chunk of one that begins with `dialect` in force.
    #[must_use]
    pub fn new(dialect: Arc<dyn Dialect>, facts: &'static Facts) -> Self {
        let others = FORMATS.iter().filter(|f| f.facts.name != facts.name).map(|f| (&f.facts, (f.dialect)())).collect();
        LineReader { dialect, facts, others }
    }

    /// The dialect in force now: what a reader of the next chunk has to begin with.
    #[must_use]
    pub fn dialect(&self) -> Arc<dyn Dialect> {
        Arc::clone(&self.dialect)
    }

    /// What one line (without its line end) is, and the facts of the format that read it.
    ///
    /// The own format has the last word on a line it knows, also to say that its time is wrong; only
    /// what it does not know is offered to the others, in the order of [`FORMATS`].
    pub fn read<'a>(&mut self, line: &'a [u8]) -> (&'static Facts, Parsed<'a>) {
        let parsed = self.dialect.line(line);
        if self.dialect.has_directives()
            && let Some(next) = self.dialect.after(line)
        {
            self.dialect = next;
        }
        match parsed {
            Parsed::Reject(Reject::UnknownFormat) => self.fall_back(line),
            parsed => (self.facts, parsed),
        }
    }

    fn fall_back<'a>(&self, line: &'a [u8]) -> (&'static Facts, Parsed<'a>) {
        let mut reason = (self.facts, Reject::UnknownFormat);
        for (facts, dialect) in &self.others {
            match dialect.line(line) {
                Parsed::Reject(Reject::UnknownFormat) => {}
                Parsed::Reject(named) if reason.1 == Reject::UnknownFormat => reason = (facts, named),
                Parsed::Reject(_) => {}
                parsed => return (facts, parsed),
            }
        }
        (reason.0, Parsed::Reject(reason.1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::by_name;
    use crate::ledger::Skip;

    fn reader(name: &str) -> LineReader {
        let format = by_name(name).expect(name);
        LineReader::new((format.dialect)(), &format.facts)
    }

    const COMBINED: &[u8] = br#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8""#;
    const HAPROXY: &[u8] =
        br#"192.0.2.1:5 [20/Nov/2026:07:48:12.056] fe be/s 0/0/0/1/1 200 152 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#;

    #[test]
    fn a_file_of_two_formats_loses_nothing_whatever_the_order() {
        for own in ["combined", "haproxy", "cloudfront", "alb"] {
            for lines in [[COMBINED, HAPROXY, COMBINED], [HAPROXY, COMBINED, COMBINED]] {
                let mut reader = reader(own);
                for line in lines {
                    let (facts, parsed) = reader.read(line);
                    let want = if line == COMBINED { "combined" } else { "haproxy" };
                    assert!(matches!(parsed, Parsed::Event(_)), "{own}");
                    assert_eq!(facts.name, want, "{own}");
                }
            }
        }
    }

    #[test]
    fn a_header_changes_how_later_lines_are_read() {
        let mut reader = reader("cloudfront");
        let line = b"14:00:00\t2026-12-13\tFRA2\t200\t192.0.2.1";
        assert!(matches!(reader.read(line).1, Parsed::Reject(Reject::UnknownFormat)));
        assert_eq!(reader.read(b"#Fields: time date x-edge-location sc-status c-ip").1, Parsed::Skip(Skip::Directive));
        assert!(matches!(reader.read(line).1, Parsed::Event(_)));
        let mut next = LineReader::new(reader.dialect(), &by_name("cloudfront").expect("it").facts);
        assert!(matches!(next.read(line).1, Parsed::Event(_)), "a later chunk goes on where this one stands");
    }

    #[test]
    fn what_no_format_reads_is_rejected_with_the_best_reason() {
        let mut reader = reader("alb");
        assert_eq!(reader.read(b"what is this").1, Parsed::Reject(Reject::UnknownFormat));
        let dated = br#"192.0.2.1 - - [99/Nov/2026:07:48:12 +0000] "GET / HTTP/1.1" 200 5"#;
        assert_eq!(reader.read(dated).1, Parsed::Reject(Reject::BadTime));
        assert_eq!(reader.read(b"").1, Parsed::Skip(Skip::Blank));
    }
}

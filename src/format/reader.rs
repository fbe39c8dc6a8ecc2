//! Reads the lines of one file: its own format first, any other format where that one refuses.
//!
//! Files mix formats (two virtual hosts writing into one file, a format changed at midnight), and
//! the rule is that no readable line is lost. What a line becomes depends on the line and on the
//! dialect in force alone, never on the lines read before, so that chunks of a file may be read in
//! any order.

use super::catalogue::{Catalogue, Known};
use super::part::client::Rules;
use super::wrap::unwrapped;
use super::{Dialect, Facts, Parsed};
use crate::ledger::Reject;
use std::sync::Arc;

/// Reads lines with the dialect in force and falls back on the other formats.
#[derive(Debug)]
pub struct LineReader<'c> {
    dialect: Arc<dyn Dialect>,
    facts: &'static Facts,
    catalogue: &'c Catalogue,
}

impl<'c> LineReader<'c> {
    /// A reader for a file, or for a chunk of one that begins with `dialect` in force.
    #[must_use]
    pub fn new(dialect: Arc<dyn Dialect>, facts: &'static Facts, catalogue: &'c Catalogue) -> Self {
        LineReader { dialect, facts, catalogue }
    }

    /// The dialect in force now: what a reader of the next chunk has to begin with.
    #[must_use]
    pub fn dialect(&self) -> Arc<dyn Dialect> {
        Arc::clone(&self.dialect)
    }

    /// What one line (without its line end) is, and the facts of the format that read it.
    ///
    /// The own format has the last word on a line it knows, also to say that its time is wrong; only
    /// what it does not know is offered to the others, in their order, and then once more to all of
    /// them without the wrapper it may be in.
    pub fn read<'a>(&mut self, line: &'a [u8]) -> (&'static Facts, Parsed<'a>) {
        let parsed = self.dialect.line(line);
        if self.dialect.has_directives()
            && let Some(next) = self.dialect.after(line)
        {
            self.dialect = next;
        }
        let (facts, mut parsed) = match parsed {
            Parsed::Reject(Reject::UnknownFormat) => self.fall_back(line),
            Parsed::Event(event) if event.unread => self.whole(line).unwrap_or((self.facts, Parsed::Event(event))),
            parsed => (self.facts, parsed),
        };
        if let Some(rules) = &self.catalogue.clients {
            choose(rules, &mut parsed);
        }
        (facts, parsed)
    }

    /// The line as a format reads it that understands more of it than the own one.
    fn whole<'a>(&self, line: &'a [u8]) -> Option<(&'static Facts, Parsed<'a>)> {
        let mut ignored = (self.facts, Reject::UnknownFormat);
        let richer = &self.catalogue.richer;
        if let Some(found) = richer.iter().find_map(|known| attempt(known, line, &mut ignored)) {
            return Some(found);
        }
        let mut facts = self.facts;
        let inside = unwrapped(line, &mut |inside| {
            let (by, parsed) = richer.iter().find_map(|known| attempt(known, inside, &mut ignored))?;
            facts = by;
            Some(parsed)
        });
        inside.map(|(_, parsed)| (facts, parsed))
    }

    fn fall_back<'a>(&self, line: &'a [u8]) -> (&'static Facts, Parsed<'a>) {
        let mut reason = (self.facts, Reject::UnknownFormat);
        // What is for certain files alone is not for this one's strays.
        let others = || self.catalogue.iter().filter(|known| known.facts.name != self.facts.name && !known.only_those);
        if let Some(found) = others().find_map(|known| attempt(known, line, &mut reason)) {
            return found;
        }
        let mut facts = self.facts;
        let inside = unwrapped(line, &mut |inside| {
            let own = match self.dialect.line(inside) {
                Parsed::Reject(_) => None,
                parsed => Some((self.facts, parsed)),
            };
            let (read_by, parsed) = own.or_else(|| others().find_map(|known| attempt(known, inside, &mut reason)))?;
            facts = read_by;
            Some(parsed)
        });
        match inside {
            Some((_, parsed)) => (facts, parsed),
            None => (reason.0, Parsed::Reject(reason.1)),
        }
    }
}

/// The line as `known` reads it; where it refuses for a reason that tells more than the one so far,
/// the reason is kept.
fn attempt<'a>(known: &Known, line: &'a [u8], reason: &mut (&'static Facts, Reject)) -> Option<(&'static Facts, Parsed<'a>)> {
    match known.dialect.line(line) {
        Parsed::Reject(Reject::UnknownFormat) => None,
        Parsed::Reject(named) => {
            if reason.1 == Reject::UnknownFormat {
                *reason = (known.facts, named);
            }
            None
        }
        parsed => Some((known.facts, parsed)),
    }
}

/// Chooses the client by the user's rules.
fn choose(rules: &Rules, parsed: &mut Parsed<'_>) {
    if let Some(event) = parsed.event_mut()
        && let Some(client) = rules.choose(event.peer.as_ref(), event.forwarded.as_ref())
    {
        event.client = Some(client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::by_name;
    use crate::ledger::Skip;
    use std::sync::LazyLock;

    static SHIPPED: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);

    fn reader(name: &str) -> LineReader<'static> {
        let format = by_name(name).expect(name);
        LineReader::new((format.dialect)(), &format.facts, &SHIPPED)
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
        let mut next = LineReader::new(reader.dialect(), &by_name("cloudfront").expect("it").facts, &SHIPPED);
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

    #[test]
    fn a_line_in_a_wrapper_among_bare_ones_is_read() {
        let mut reader = reader("combined");
        let text = String::from_utf8_lossy(COMBINED).replace('"', "\\\"");
        for line in [
            format!(r#"{{"log":"{text}\n","stream":"stdout"}}"#),
            format!("2026-11-20T07:48:12Z stdout F {}", String::from_utf8_lossy(COMBINED)),
        ] {
            let (facts, parsed) = reader.read(line.as_bytes());
            assert!(matches!(parsed, Parsed::Event(e) if e.status == Some(200)), "{line}");
            assert_eq!(facts.name, "combined");
        }
    }

    #[test]
    fn the_users_rules_choose_the_client() {
        let mut catalogue = Catalogue::default();
        catalogue.clients = Some(Rules { ours: vec![("192.0.2.0".parse().expect("an address"), 24)], ..Rules::default() });
        let combined = by_name("combined").expect("it");
        let mut reader = LineReader::new((combined.dialect)(), &combined.facts, &catalogue);
        let line = [COMBINED, br#" "203.0.113.9""#].concat();
        assert!(matches!(reader.read(&line).1, Parsed::Event(e) if e.client.as_deref() == Some(b"203.0.113.9")));
        assert!(matches!(reader.read(COMBINED).1, Parsed::Event(e) if e.client.as_deref() == Some(b"192.0.2.1")));
    }
}

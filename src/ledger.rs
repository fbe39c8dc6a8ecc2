//! The line ledger: lines = events + duplicates + skipped + rejected, per source, always.

use serde::Serialize;
use std::collections::BTreeMap;

/// Why a line was deliberately left out: it is well formed but is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Skip {
    /// Empty or only white space.
    Blank,
    /// A directive or comment of the format (`#Fields:`, `#Version:`).
    Directive,
    /// A message of the server among its requests (HAProxy `Server x/y is DOWN`, a rotation notice).
    ServerMessage,
    /// A request the server made to itself (Apache's internal dummy connection, a CDN sub-request).
    Internal,
    /// A firewall's record of a request that an access log has as well (AWS WAF, Azure).
    Firewall,
    /// A connection on which nothing was asked, or nothing that is HTTP (TCP through a proxy, an idle one that was closed).
    Connection,
    /// The whole file is no access log.
    NotAnAccessLog,
}

/// Why a line could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reject {
    /// No known format reads it.
    UnknownFormat,
    /// Its time stamp is missing or no date.
    BadTime,
    /// Its time lies far from everything else in the bundle (1970, 2099).
    ImplausibleTime,
    /// Its time lies outside the years that are counted, 1970 to 2105.
    BeyondTime,
    /// Longer than the longest line that is read ([`crate::read::LINE_MAX`]).
    TooLong,
    /// The file ends inside it (a cut archive or a copy taken while it was written).
    CutShort,
}

impl Skip {
    /// What a reader is told.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Skip::Blank => "empty line",
            Skip::Directive => "header or comment line of the format",
            Skip::ServerMessage => "server message, not a request",
            Skip::Internal => "request the server made to itself",
            Skip::Firewall => "a firewall's record of a request",
            Skip::Connection => "connection without a request",
            Skip::NotAnAccessLog => "the file is not an access log",
        }
    }
}

impl Reject {
    /// What a reader is told.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Reject::UnknownFormat => "no known log format reads this line",
            Reject::BadTime => "no valid time stamp",
            Reject::ImplausibleTime => "time stamp far away from the rest of the bundle",
            Reject::BeyondTime => "time stamp before 1970 or after 2105",
            Reject::TooLong => "line longer than 1 MiB",
            Reject::CutShort => "the file ends inside this line",
        }
    }
}

/// A rejected line kept as an example: its place and its first bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Example {
    /// Line number, from 1.
    pub line: u64,
    /// Why.
    pub reason: Reject,
    /// The first 120 bytes, raw: escape before showing.
    pub excerpt: Vec<u8>,
}

/// Most examples of rejected lines kept per source (the first ones in line order).
pub const EXAMPLES_MAX: usize = 5;

/// What became of every line of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Lines read.
    pub lines: u64,
    /// Lines that became an event that is counted.
    pub events: u64,
    /// Lines set aside as copies of lines of another source.
    pub duplicates: u64,
    /// Lines left out on purpose.
    pub skipped: BTreeMap<Skip, u64>,
    /// Lines that could not be used.
    pub rejected: BTreeMap<Reject, u64>,
    /// The first rejected lines.
    pub examples: Vec<Example>,
    /// Events whose line broke its format's own rules and was mended to be read; they are among the
    /// events.
    pub repaired: u64,
    /// Which formats read the events, by name.
    pub formats: BTreeMap<&'static str, Stretch>,
}

/// The events of one source that one format read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stretch {
    /// How many.
    pub events: u64,
    /// Number of the first such line.
    pub first: u64,
    /// Number of the last.
    pub last: u64,
}

impl Stretch {
    /// One line.
    #[must_use]
    pub const fn of(line: u64) -> Self {
        Stretch { events: 1, first: line, last: line }
    }

    /// Adds another stretch of the same format.
    pub fn merge(&mut self, other: Stretch) {
        self.events += other.events;
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }
}

impl Ledger {
    /// Counts a skipped line.
    pub fn skip(&mut self, reason: Skip) {
        self.lines += 1;
        *self.skipped.entry(reason).or_default() += 1;
    }

    /// Counts a rejected line, keeping it as an example while there is room.
    pub fn reject(&mut self, reason: Reject, line: u64, text: &[u8]) {
        self.lines += 1;
        *self.rejected.entry(reason).or_default() += 1;
        let example = Example { line, reason, excerpt: text[..text.len().min(120)].to_vec() };
        self.example(example);
    }

    /// Counts an event.
    pub fn event(&mut self) {
        self.lines += 1;
        self.events += 1;
    }

    /// Counts an event that is a copy of another source's.
    pub fn duplicate(&mut self) {
        self.lines += 1;
        self.duplicates += 1;
    }

    /// Notes that `format` read these events.
    pub fn read_by(&mut self, format: &'static str, stretch: Stretch) {
        self.formats.entry(format).and_modify(|known| known.merge(stretch)).or_insert(stretch);
    }

    /// Keeps an example of a rejected line while it is among the first; each line once.
    pub fn example(&mut self, example: Example) {
        let at = self.examples.partition_point(|e| e.line < example.line);
        if at < EXAMPLES_MAX && self.examples.get(at).is_none_or(|e| e.line != example.line) {
            self.examples.insert(at, example);
            self.examples.truncate(EXAMPLES_MAX);
        }
    }

    /// Sum of skipped lines.
    #[must_use]
    pub fn skipped_total(&self) -> u64 {
        self.skipped.values().sum()
    }

    /// Sum of rejected lines.
    #[must_use]
    pub fn rejected_total(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Whether lines = events + duplicates + skipped + rejected.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.lines == self.events + self.duplicates + self.skipped_total() + self.rejected_total()
    }

    /// Adds another part of the same source. Any order gives the same ledger.
    pub fn merge(&mut self, other: Ledger) {
        self.lines += other.lines;
        self.events += other.events;
        self.duplicates += other.duplicates;
        for (reason, n) in other.skipped {
            *self.skipped.entry(reason).or_default() += n;
        }
        for (reason, n) in other.rejected {
            *self.rejected.entry(reason).or_default() += n;
        }
        for example in other.examples {
            self.example(example);
        }
        self.repaired += other.repaired;
        for (format, stretch) in other.formats {
            self.read_by(format, stretch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_balances_and_keeps_the_first_examples_whatever_the_order_of_merging() {
        let part = |lines: std::ops::Range<u64>| {
            let mut l = Ledger::default();
            for n in lines {
                match n % 3 {
                    0 => {
                        l.event();
                        l.read_by(if n < 30 { "a" } else { "b" }, Stretch::of(n));
                    }
                    1 => l.skip(Skip::Blank),
                    _ => l.reject(Reject::UnknownFormat, n, b"junk"),
                }
            }
            l
        };
        let (mut ab, mut ba) = (part(0..40), part(40..90));
        ab.merge(part(40..90));
        ba.merge(part(0..40));
        assert_eq!(ab, ba);
        assert!(ab.balances());
        assert_eq!(ab.lines, 90);
        assert_eq!(ab.formats["a"], Stretch { events: 10, first: 0, last: 27 });
        assert_eq!(ab.formats["b"], Stretch { events: 20, first: 30, last: 87 });
        assert_eq!(ab.examples.iter().map(|e| e.line).collect::<Vec<_>>(), [2, 5, 8, 11, 14]);
    }
}

//! Where the records of a JSON text are: told by its head, by a document's first members, and by an
//! element's.
//!
//! Nothing is split on a guess. The head must show one of these, else the text stays as it is:
//! - an array whose first element begins as an object does (`[{"`), or is a string that a comma or the
//!   array's end follows, if that array spans lines or is all there is;
//! - an object whose first key is one of [`ENVELOPES`] and holds a list of objects, with at most
//!   [`BESIDE_MAX`] members after the list: a log's record that happens to hold such a list has more;
//! - an object without an error in it that ends on another line than it began on, or that the next one
//!   follows on the same line.

use super::scan::{self, Scan};
use serde::de::IgnoredAny;

/// Bytes of a document, or of an element, that are looked at to find out where its record is. One
/// that has not shown it by then is a record itself. Envelopes show it within some hundred bytes.
pub(super) const LOOK_MAX: usize = 1 << 16;
/// Most members of no known name that stand after an envelope's list: tokens of the next page, a word
/// about the answer. A request has four at least: time, client, request and status.
const BESIDE_MAX: usize = 3;

/// An object around a list of records.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    /// Keys that lead to the list, from the outside in.
    path: &'static [&'static str],
    /// Keys that may stand before them, and often do; with a dot at the end, all that begin so.
    before: &'static [&'static str],
    /// Member of an element that is the record, where it is not the element itself.
    pub(super) inner: Option<&'static str>,
}

const fn envelope(path: &'static [&'static str], before: &'static [&'static str]) -> Envelope {
    Envelope { path, before, inner: None }
}

/// The envelopes of exporters that are in use; each is known by its first key.
static ENVELOPES: [Envelope; 10] = [
    // Azure Monitor: blobs (PT1H.json) and Event Hubs.
    envelope(&["records"], &[]),
    // What AWS services put into buckets: CloudTrail, notifications.
    envelope(&["Records"], &[]),
    // `aws logs filter-log-events` and `get-log-events`.
    envelope(&["events"], &[]),
    // Subscriptions of CloudWatch Logs (Kinesis, Firehose).
    envelope(&["logEvents"], &["messageType", "owner", "logGroup", "logStream", "subscriptionFilters", "policyLevel"]),
    // Google Cloud Logging, `entries.list`.
    envelope(&["entries"], &[]),
    // OData: Azure and Microsoft Graph.
    envelope(&["value"], &["@odata."]),
    // Splunk, results as JSON; New Relic.
    envelope(&["results"], &["preview", "init_offset", "post_process_count", "messages", "fields"]),
    // Datadog, second and first edition of its logs API.
    envelope(&["data"], &[]),
    envelope(&["logs"], &[]),
    // Elasticsearch and OpenSearch: answers of a search.
    Envelope {
        path: &["hits", "hits"],
        before: &[
            "took",
            "timed_out",
            "terminated_early",
            "num_reduce_phases",
            "_scroll_id",
            "pit_id",
            "_shards",
            "_clusters",
            "aggregations",
            "total",
            "max_score",
        ],
        inner: Some("_source"),
    },
];

/// What the document at the beginning of some text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Document {
    /// A record.
    Record,
    /// An envelope whose list is empty, of so many bytes.
    Empty(usize),
    /// An envelope.
    List {
        /// Where its first element begins.
        at: usize,
        /// What is around the list.
        envelope: &'static Envelope,
    },
}

/// Why nothing can be said.
enum Stop {
    /// Bytes to come decide.
    Short,
    /// It is not what was looked for.
    Odd,
}

type Got<T> = Result<T, Stop>;

/// Nothing where bytes to come decide; `no` where it is not what was looked for.
fn settled<T>(got: Got<T>, no: T) -> Option<T> {
    match got {
        Ok(found) => Some(found),
        Err(Stop::Odd) => Some(no),
        Err(Stop::Short) => None,
    }
}

/// What the object at the beginning of `text` is. Nothing where bytes to come decide; more of them
/// never change what is said.
pub(super) fn document(text: &[u8]) -> Option<Document> {
    let mut short = false;
    for envelope in &ENVELOPES {
        match envelope.reach(text) {
            Ok(found) => return Some(found),
            Err(Stop::Short) => short = true,
            Err(Stop::Odd) => {}
        }
    }
    (!short).then_some(Document::Record)
}

/// Where in the object at the beginning of `text` the object under the key `inner` begins, if there is
/// one. Nothing where bytes to come decide.
pub(super) fn inner(text: &[u8], inner: &str) -> Option<Option<usize>> {
    let find = || {
        let mut at = 1;
        loop {
            let member = member(text, at)?;
            if member.key == inner.as_bytes() {
                return Ok((member.first == b'{').then_some(member.value));
            }
            at = value_end(text, member.value)?;
        }
    };
    settled(find(), None)
}

/// Whether the `[` at the beginning of `text` opens a list. Nothing where bytes to come decide.
pub(super) fn is_list(text: &[u8]) -> Option<bool> {
    settled(solid(text, 1).map(|(_, b)| matches!(b, b'{' | b'[' | b'"' | b']')), false)
}

/// Whether a text that begins with `head` is JSON documents around or across lines. `whole`: the head
/// is all there is.
pub(in crate::read) fn is_documents(head: &[u8], whole: bool) -> bool {
    let mut rest = head;
    loop {
        rest = rest.trim_ascii_start();
        rest = match rest {
            [0x1e, rest @ ..] => rest,
            [b'[', ..] => match solid(rest, 1) {
                Ok((at, b']')) => &rest[at + 1..],
                Ok((at, b'{')) => return matches!(solid(rest, at + 1), Ok((_, b'"' | b'}'))),
                Ok((at, b'"')) => return is_list_of_strings(rest, at, whole),
                _ => return false,
            },
            [b'{', ..] => match document(&rest[..rest.len().min(LOOK_MAX)]) {
                Some(Document::Empty(n)) => &rest[n..],
                Some(Document::List { at, envelope }) => return envelope.is_around(rest, at),
                Some(Document::Record) | None => return is_loose(rest),
            },
            _ => return false,
        };
    }
}

/// Whether the array that `text` begins with, whose first element is the string at `at`, is one whole
/// log and not one record of many.
fn is_list_of_strings(text: &[u8], at: usize, whole: bool) -> bool {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    let first = values.next();
    let end = values.byte_offset();
    let follows = || matches!(solid(text, string_end(text, at)?)?, (_, b',' | b']')).then_some(()).ok_or(Stop::Odd);
    if follows().is_err() {
        return false;
    }
    match first {
        Some(Ok(_)) => has_break(text, end) || (whole && text[end..].trim_ascii().is_empty()),
        Some(Err(e)) => e.is_eof(),
        None => false,
    }
}

/// Whether the first object of `text` spans lines, or the next one follows it on its line; and whether
/// nothing else follows it.
fn is_loose(text: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    if !matches!(values.next(), Some(Ok(_))) {
        return false;
    }
    let (object, rest) = text.split_at(values.byte_offset());
    if has_break(text, object.len()) {
        let next = rest.iter().find(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r' | b',' | 0x1e));
        return next.is_none_or(|&b| b == b'{');
    }
    let next = rest.iter().find(|b| !matches!(b, b' ' | b'\t'));
    next == Some(&b'{') && matches!(values.next(), Some(Ok(_)))
}

/// Whether a line ends within the first `end` bytes.
fn has_break(text: &[u8], end: usize) -> bool {
    let byte = if memchr::memchr(b'\n', text).is_some() { b'\n' } else { b'\r' };
    memchr::memchr(byte, &text[..end]).is_some()
}

impl Envelope {
    /// How many objects are around the list.
    pub(super) fn depth(&self) -> u64 {
        self.path.len() as u64
    }

    /// Whether the list at `at` has no more beside it than an envelope's; so too if that cannot be seen.
    fn is_around(&self, text: &[u8], at: usize) -> bool {
        scanned(text, at, Scan::begun(b'[')).and_then(|at| self.rest(text, at)).ok().is_none_or(|(_, n)| n <= BESIDE_MAX)
    }

    fn reach(&'static self, text: &[u8]) -> Got<Document> {
        let (mut at, mut depth) = (1, 0);
        loop {
            let member = member(text, at)?;
            if self.path.get(depth).is_some_and(|name| member.key == name.as_bytes()) {
                depth += 1;
                match (member.first, depth == self.path.len()) {
                    (b'{', false) => at = member.value + 1,
                    (b'[', true) => return self.list(text, member.value + 1),
                    _ => return Err(Stop::Odd),
                }
            } else if self.knows(member.key) {
                at = value_end(text, member.value)?;
            } else {
                return Err(Stop::Odd);
            }
        }
    }

    /// The list that is open at `at`.
    fn list(&'static self, text: &[u8], at: usize) -> Got<Document> {
        match solid(text, at)? {
            (at, b'{') => Ok(Document::List { at, envelope: self }),
            (at, b']') => match self.rest(text, at + 1)? {
                (end, n) if n <= BESIDE_MAX => Ok(Document::Empty(end)),
                _ => Err(Stop::Odd),
            },
            _ => Err(Stop::Odd),
        }
    }

    /// Where the envelope has ended whose list has ended at `at`, and how many members of unknown names
    /// stand between.
    fn rest(&self, text: &[u8], mut at: usize) -> Got<(usize, usize)> {
        let (mut depth, mut n) = (self.depth(), 0);
        while depth > 0 {
            at = match solid(text, at)? {
                (at, b'}') => {
                    depth -= 1;
                    at + 1
                }
                (at, b',') => {
                    let member = member(text, at)?;
                    n += usize::from(!self.knows(member.key));
                    value_end(text, member.value)?
                }
                _ => return Err(Stop::Odd),
            };
        }
        Ok((at, n))
    }

    fn knows(&self, key: &[u8]) -> bool {
        let is = |name: &&str| key == name.as_bytes() || (name.ends_with('.') && key.starts_with(name.as_bytes()));
        self.before.iter().any(is)
    }
}

/// A member of an object.
struct Member<'a> {
    /// As it is written.
    key: &'a [u8],
    /// Where its value begins.
    value: usize,
    /// The value's first byte.
    first: u8,
}

/// The next member from `at`, which is after `{` or after a value.
fn member(text: &[u8], at: usize) -> Got<Member<'_>> {
    let first = at.checked_sub(1).and_then(|before| text.get(before)) == Some(&b'{');
    let key = match solid(text, at)? {
        (at, b',') if !first => solid(text, at + 1)?,
        key if first => key,
        _ => return Err(Stop::Odd),
    };
    let (at, b'"') = key else { return Err(Stop::Odd) };
    let end = string_end(text, at)?;
    let (colon, b':') = solid(text, end)? else { return Err(Stop::Odd) };
    let (value, first) = solid(text, colon + 1)?;
    Ok(Member { key: &text[at + 1..end - 1], value, first })
}

/// The first byte from `at` that is not blank, and where it is.
fn solid(text: &[u8], at: usize) -> Got<(usize, u8)> {
    let rest = text.get(at..).ok_or(Stop::Short)?;
    let found = rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'\r')).ok_or(Stop::Short)?;
    Ok((at + found, rest[found]))
}

/// Where the string that begins at `at` has ended.
fn string_end(text: &[u8], at: usize) -> Got<usize> {
    scanned(text, at + 1, Scan::begun(b'"'))
}

/// Where the value that begins at `at` has ended. What is passed over here the reader of records passes
/// over too, so that looking ahead again and again costs in proportion.
fn value_end(text: &[u8], at: usize) -> Got<usize> {
    match *text.get(at).ok_or(Stop::Short)? {
        first @ (b'"' | b'{' | b'[') => scanned(text, at + 1, Scan::begun(first)),
        _ => {
            let ends = |b: &u8| b"\",:{}[] \t\n\r".contains(b);
            text[at..].iter().position(ends).map(|n| at + n).ok_or(Stop::Short)
        }
    }
}

fn scanned(text: &[u8], mut at: usize, mut scan: Scan) -> Got<usize> {
    loop {
        let (n, stop) = scan.advance(text.get(at..).ok_or(Stop::Short)?);
        at += n;
        match stop {
            scan::Stop::Line => {}
            scan::Stop::End => return Ok(at),
            scan::Stop::More => return Err(Stop::Short),
            scan::Stop::Break | scan::Stop::Odd => return Err(Stop::Odd),
        }
    }
}

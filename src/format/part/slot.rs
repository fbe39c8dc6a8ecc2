//! What a column, a member or a word of a log line means.
//!
//! Formats that are a list of named values (JSON, `#Fields:`, templates, `key=value`) say with a
//! [`Slot`] what each value is; [`super::draft::Draft`] makes the event of it.

use std::collections::HashMap;

/// The meaning of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Slot {
    /// Of no interest here.
    Ignore,
    /// The line's own stamp, in any shape that [`super::stamp::any`] reads.
    Time,
    /// The same instant more finely (`$msec`), preferred to [`Slot::Time`].
    FineTime,
    /// Day of a stamp written in two columns.
    Date,
    /// Time of day of a stamp written in two columns.
    Clock,
    /// First byte of the request, where the line has it beside or instead of its stamp.
    Start,
    /// Last byte of the response, likewise.
    End,
    /// The client's address as the server names it, perhaps with a port.
    Client,
    /// The peer's address, used where there is no [`Slot::Client`].
    Peer,
    /// Forwarded-for list.
    Forwarded,
    /// A whole request line: `GET /a?b HTTP/1.1`.
    Request,
    /// Method.
    Method,
    /// Path and query, or an absolute URL.
    Target,
    /// As [`Slot::Target`], used where that is absent.
    OtherTarget,
    /// Path alone.
    Path,
    /// Query alone, with or without its `?`.
    Query,
    /// Host asked for.
    Host,
    /// A host that is used where nothing better is known (the distribution, the server's name).
    OtherHost,
    /// Status the client got.
    Status,
    /// Status the next tier gave; of a list the last.
    OriginStatus,
    /// Body bytes sent.
    Bytes,
    /// Bytes of the whole response, used where there is no [`Slot::Bytes`].
    TotalBytes,
    /// Duration in seconds, with or without decimals; of a list the last.
    Seconds,
    /// Duration in milliseconds.
    Millis,
    /// Duration in microseconds.
    Micros,
    /// Duration in nanoseconds.
    Nanos,
    /// Duration with its unit: `2ms`, `0.005s`, `750us`; without one, seconds if it has a decimal
    /// point, else unknown.
    Duration,
    /// Time until the next tier's header; `-` says that none came.
    HeaderTime,
    /// Bytes of the next tier's answer; of a list the last. `-` says that there was none.
    OriginLength,
    /// Cache result, in any server's words.
    Cache,
    /// Point of presence.
    Pop,
    /// Backend, upstream or target; of a list the last.
    Backend,
    /// User agent.
    UserAgent,
    /// Referrer.
    Referrer,
    /// Request id.
    RequestId,
    /// Version of HTTP that the client spoke: `HTTP/2.0`.
    Protocol,
    /// A word that the format's own rules look at; empty and `-` are kept.
    Note0,
    /// Likewise.
    Note1,
    /// Likewise.
    Note2,
    /// Likewise.
    Note3,
    /// Likewise.
    Note4,
    /// Likewise.
    Note5,
}

/// Number of slots.
pub const SLOTS: usize = Slot::Note5 as usize + 1;

/// Every slot with the name it has in templates and in key maps.
pub const NAMES: [(&str, Slot); SLOTS] = [
    ("_", Slot::Ignore),
    ("time", Slot::Time),
    ("fine_time", Slot::FineTime),
    ("date", Slot::Date),
    ("clock", Slot::Clock),
    ("start", Slot::Start),
    ("end", Slot::End),
    ("client", Slot::Client),
    ("peer", Slot::Peer),
    ("forwarded", Slot::Forwarded),
    ("request", Slot::Request),
    ("method", Slot::Method),
    ("target", Slot::Target),
    ("other_target", Slot::OtherTarget),
    ("path", Slot::Path),
    ("query", Slot::Query),
    ("host", Slot::Host),
    ("other_host", Slot::OtherHost),
    ("status", Slot::Status),
    ("origin_status", Slot::OriginStatus),
    ("bytes", Slot::Bytes),
    ("total_bytes", Slot::TotalBytes),
    ("seconds", Slot::Seconds),
    ("millis", Slot::Millis),
    ("micros", Slot::Micros),
    ("nanos", Slot::Nanos),
    ("duration", Slot::Duration),
    ("header_time", Slot::HeaderTime),
    ("origin_length", Slot::OriginLength),
    ("cache", Slot::Cache),
    ("pop", Slot::Pop),
    ("backend", Slot::Backend),
    ("user_agent", Slot::UserAgent),
    ("referrer", Slot::Referrer),
    ("request_id", Slot::RequestId),
    ("protocol", Slot::Protocol),
    ("note0", Slot::Note0),
    ("note1", Slot::Note1),
    ("note2", Slot::Note2),
    ("note3", Slot::Note3),
    ("note4", Slot::Note4),
    ("note5", Slot::Note5),
];

impl Slot {
    /// The slot of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Slot> {
        NAMES.iter().find(|(n, _)| *n == name).map(|(_, slot)| *slot)
    }

    /// Whether its values are words, without blanks.
    #[must_use]
    pub const fn is_word(self) -> bool {
        use Slot::{
            Bytes, Cache, Client, Clock, Date, HeaderTime, Host, Method, Micros, Millis, Nanos, OriginStatus, OtherHost, Peer,
            RequestId, Seconds, Status, TotalBytes,
        };
        matches!(
            self,
            Client
                | Peer
                | Method
                | Host
                | OtherHost
                | Status
                | OriginStatus
                | Bytes
                | TotalBytes
                | Seconds
                | Millis
                | Micros
                | Nanos
                | HeaderTime
                | Cache
                | RequestId
                | Date
                | Clock
        )
    }

    /// Whether it is a word that only its format's own rules understand.
    #[must_use]
    pub const fn is_note(self) -> bool {
        self as u8 >= Slot::Note0 as u8
    }

    /// What its value becomes in an event; `time` is the event's instants.
    #[must_use]
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Slot::Time | Slot::FineTime | Slot::Date | Slot::Clock | Slot::Start | Slot::End => &["time"],
            Slot::Client | Slot::Peer | Slot::Forwarded => &["client"],
            Slot::Request => &["method", "path", "query"],
            Slot::Method => &["method"],
            Slot::Target | Slot::OtherTarget => &["path", "query"],
            Slot::Path => &["path"],
            Slot::Query => &["query"],
            Slot::Host | Slot::OtherHost => &["host"],
            Slot::Status => &["status"],
            Slot::OriginStatus => &["origin_status"],
            Slot::Bytes | Slot::TotalBytes => &["bytes"],
            Slot::Seconds | Slot::Millis | Slot::Micros | Slot::Nanos | Slot::Duration => &["duration"],
            Slot::Cache => &["cache"],
            Slot::Pop => &["pop"],
            Slot::Backend => &["backend"],
            Slot::UserAgent => &["user_agent"],
            Slot::Referrer => &["referrer"],
            Slot::RequestId => &["request_id"],
            Slot::HeaderTime | Slot::Note0 => &["ending"],
            _ => &[],
        }
    }

    /// Whether empty values and `-` are kept: they say something of their own.
    #[must_use]
    pub const fn keeps_absent(self) -> bool {
        self as u8 >= Slot::Note0 as u8 || matches!(self, Slot::HeaderTime | Slot::OriginLength)
    }
}

/// Names of members or columns and what they mean.
#[derive(Clone, Debug, Default)]
pub struct Keys(HashMap<Box<[u8]>, Slot, rustc_hash::FxBuildHasher>);

impl Keys {
    /// A map of these names.
    #[must_use]
    pub fn new(pairs: &[(&str, Slot)]) -> Self {
        pairs.iter().copied().collect()
    }

    /// A map of these names behind each of these beginnings (`""`, `"event."`).
    #[must_use]
    pub fn under(beginnings: &[&str], pairs: &[(&str, Slot)]) -> Self {
        let behind = |begin: &&str| pairs.iter().map(move |(name, slot)| (format!("{begin}{name}"), *slot)).collect::<Vec<_>>();
        beginnings.iter().flat_map(behind).collect()
    }

    /// What the name means.
    #[must_use]
    pub fn slot(&self, name: &[u8]) -> Option<Slot> {
        self.0.get(name).copied()
    }
}

impl<N: Into<Vec<u8>>> FromIterator<(N, Slot)> for Keys {
    fn from_iter<I: IntoIterator<Item = (N, Slot)>>(pairs: I) -> Self {
        Keys(pairs.into_iter().map(|(name, slot)| (name.into().into_boxed_slice(), slot)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slot_has_one_name_and_stands_at_its_place() {
        for (n, (name, slot)) in NAMES.iter().enumerate() {
            assert_eq!((*slot as usize, Slot::named(name)), (n, Some(*slot)), "{name}");
        }
        assert_eq!(Slot::named("nothing"), None);
        assert!(Slot::Note3.keeps_absent() && !Slot::Client.keeps_absent());
    }

    #[test]
    fn names_are_known_behind_each_beginning_and_nowhere_else() {
        let keys = Keys::under(&["", "event."], &[("status", Slot::Status), ("a.b", Slot::Path)]);
        for (name, want) in [
            ("status", Some(Slot::Status)),
            ("event.status", Some(Slot::Status)),
            ("event.a.b", Some(Slot::Path)),
            ("event.", None),
            ("event.event.status", None),
        ] {
            assert_eq!(keys.slot(name.as_bytes()), want, "{name}");
        }
    }
}

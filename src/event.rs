//! One request as one tier logged it.
//!
//! An [`Event`] borrows from the line it was read from; only a field whose quoting had to be
//! undone owns its bytes. Absent means absent: nothing is guessed here.

use crate::time::{Micros, SECOND};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Bytes of one field: borrowed from the line, or owned where quoting was undone.
pub type Text<'a> = Cow<'a, [u8]>;

/// Where on the way from the client to the application a log was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// CDN or edge cache: the first to see the client.
    Edge,
    /// Load balancer.
    Balancer,
    /// The application's own web server.
    Origin,
    /// Nothing says.
    #[default]
    Unknown,
}

impl Tier {
    /// Lower-case name, as in reports and `incident.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Tier::Edge => "edge",
            Tier::Balancer => "balancer",
            Tier::Origin => "origin",
            Tier::Unknown => "unknown",
        }
    }
}

/// Which instant of a request a server's stamp tells (`docs/formats.md` lists who writes which).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stamp {
    /// The request's first byte (Apache, HAProxy, Varnish, Cloudflare start).
    Start,
    /// The response's last byte (nginx, CloudFront, ALB).
    End,
    /// The format does not tell which (plain combined lines of an unnamed server).
    Unknown,
}

/// How a cache answered, in common terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cache {
    /// Served from the cache.
    Hit,
    /// Fetched from behind.
    Miss,
    /// Deliberately not cached.
    Pass,
    /// Served stale, usually because the origin did not answer.
    Stale,
    /// Checked with the origin and still good.
    Revalidated,
    /// Made by the cache itself (an error page, a redirect).
    Synth,
}

impl Cache {
    /// Lower-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Cache::Hit => "hit",
            Cache::Miss => "miss",
            Cache::Pass => "pass",
            Cache::Stale => "stale",
            Cache::Revalidated => "revalidated",
            Cache::Synth => "synth",
        }
    }
}

/// Version of HTTP that the client spoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http2,
    /// HTTP/3.
    Http3,
}

impl Protocol {
    /// The protocol a log names: `HTTP/1.1`, `HTTP/2.0`, `HTTP/2`, `h2`; letters of either case.
    #[must_use]
    pub fn named(text: &[u8]) -> Option<Protocol> {
        let version = match text {
            [b'H' | b'h', b'T' | b't', b'T' | b't', b'P' | b'p', b'/', version @ ..] | [b'h' | b'H', version @ ..] => version,
            _ => return None,
        };
        Some(match version {
            b"1.0" => Protocol::Http10,
            b"1.1" => Protocol::Http11,
            b"2.0" | b"2" => Protocol::Http2,
            b"3.0" | b"3" | b"3-29" => Protocol::Http3,
            _ => return None,
        })
    }

    /// Its usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Protocol::Http10 => "HTTP/1.0",
            Protocol::Http11 => "HTTP/1.1",
            Protocol::Http2 => "HTTP/2",
            Protocol::Http3 => "HTTP/3",
        }
    }
}

/// What the log itself says of how the exchange ended, beyond the status code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Nothing beyond the status.
    #[default]
    Unsaid,
    /// The client left before the answer was complete.
    ClientLeft,
    /// Refused to protect capacity: queue full, rate limit, connection limit.
    Shed,
    /// Refused by policy: firewall, geo block, bad request.
    Policy,
    /// This tier could not get an answer from the next one.
    UpstreamUnreachable,
    /// The next tier answered, and the answer was the error.
    UpstreamError,
    /// The answer was cut short after it had begun.
    CutShort,
}

/// One request as one tier logged it.
///
/// `stamp` is the time the line carries; `start` and `end` only where the format tells them.
/// All times UTC. `duration` in microseconds, from first to last byte as this tier measures it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// The line's own stamp.
    pub stamp: Micros,
    /// First byte of the request, where known.
    pub start: Option<Micros>,
    /// Last byte of the response, where known.
    pub end: Option<Micros>,
    /// Microseconds from start to end, where logged; never negative.
    pub duration: Option<i64>,
    /// Address of the client: the leftmost forwarded address that is not a private one, else the peer.
    pub client: Option<Text<'a>>,
    /// Request method.
    pub method: Option<Text<'a>>,
    /// Version of HTTP between the client and this tier.
    pub protocol: Option<Protocol>,
    /// Host asked for, without port 80/443 noise removed: as logged.
    pub host: Option<Text<'a>>,
    /// Path without the query.
    pub path: Option<Text<'a>>,
    /// Query without the `?`.
    pub query: Option<Text<'a>>,
    /// Status the client got; `None` where none was sent (`-`, `000`, `0`).
    pub status: Option<u16>,
    /// Whether the line says with a status of zero that none was sent.
    pub unanswered: bool,
    /// Status the next tier gave, where logged.
    pub origin_status: Option<u16>,
    /// Body bytes sent (whole response where the format logs only that).
    pub bytes: Option<u64>,
    /// Cache result.
    pub cache: Option<Cache>,
    /// Point of presence.
    pub pop: Option<Text<'a>>,
    /// Backend, upstream or target that was chosen.
    pub backend: Option<Text<'a>>,
    /// User agent.
    pub user_agent: Option<Text<'a>>,
    /// Referrer.
    pub referrer: Option<Text<'a>>,
    /// Request id.
    pub request_id: Option<Text<'a>>,
    /// How it ended, beyond the status.
    pub ending: Ending,
    /// Address of whoever spoke to this tier, which may be one of our own proxies; only beside a
    /// forwarded-for list, since without one there is nothing to choose.
    pub peer: Option<Text<'a>>,
    /// Forwarded-for list, where logged.
    pub forwarded: Option<Text<'a>>,
    /// Whether the line broke its format's own rules and had to be mended to be read.
    pub repaired: bool,
    /// Whether the line has more at its end than the format that read it understands: another format may
    /// read it whole.
    pub unread: bool,
}

impl<'a> Event<'a> {
    /// An event with nothing known but its stamp.
    #[must_use]
    pub const fn at(stamp: Micros) -> Self {
        Event {
            stamp,
            start: None,
            end: None,
            duration: None,
            client: None,
            method: None,
            protocol: None,
            host: None,
            path: None,
            query: None,
            status: None,
            unanswered: false,
            origin_status: None,
            bytes: None,
            cache: None,
            pop: None,
            backend: None,
            user_agent: None,
            referrer: None,
            request_id: None,
            ending: Ending::Unsaid,
            peer: None,
            forwarded: None,
            repaired: false,
            unread: false,
        }
    }

    /// Its fields that are text, by name.
    #[must_use]
    pub const fn texts(&self) -> [(&'static str, &Option<Text<'a>>); 10] {
        [
            ("client", &self.client),
            ("method", &self.method),
            ("host", &self.host),
            ("path", &self.path),
            ("query", &self.query),
            ("pop", &self.pop),
            ("backend", &self.backend),
            ("user_agent", &self.user_agent),
            ("referrer", &self.referrer),
            ("request_id", &self.request_id),
        ]
    }

    /// The event with all its text its own, for a line that does not outlive its reading.
    #[must_use]
    pub fn into_owned<'b>(self) -> Event<'b> {
        let own = |text: Option<Text<'a>>| text.map(|t| Cow::Owned(t.into_owned()));
        Event {
            stamp: self.stamp,
            start: self.start,
            end: self.end,
            duration: self.duration,
            client: own(self.client),
            method: own(self.method),
            protocol: self.protocol,
            host: own(self.host),
            path: own(self.path),
            query: own(self.query),
            status: self.status,
            unanswered: self.unanswered,
            origin_status: self.origin_status,
            bytes: self.bytes,
            cache: self.cache,
            pop: own(self.pop),
            backend: own(self.backend),
            user_agent: own(self.user_agent),
            referrer: own(self.referrer),
            request_id: own(self.request_id),
            ending: self.ending,
            peer: own(self.peer),
            forwarded: own(self.forwarded),
            repaired: self.repaired,
            unread: self.unread,
        }
    }

    /// Fills `start` and `end` from the stamp's meaning and the duration (set `duration` first).
    pub fn place(&mut self, meaning: Stamp) {
        match meaning {
            Stamp::Start => {
                self.start = Some(self.stamp);
                self.end = self.duration.map(|d| self.stamp.plus(d));
            }
            Stamp::End => {
                self.end = Some(self.stamp);
                self.start = self.duration.map(|d| self.stamp.plus(-d));
            }
            Stamp::Unknown => {}
        }
    }

    /// The instant this event is counted at: its start where known, else its stamp.
    #[must_use]
    pub fn when(&self) -> Micros {
        self.start.unwrap_or(self.stamp)
    }

    /// Moves all its instants by `micros`: a source's clock offset.
    pub fn shift(&mut self, micros: i64) {
        self.stamp = self.stamp.plus(micros);
        self.start = self.start.map(|t| t.plus(micros));
        self.end = self.end.map(|t| t.plus(micros));
    }

    /// Duration in seconds.
    #[must_use]
    pub fn duration_secs(&self) -> Option<f64> {
        self.duration.map(|d| d as f64 / SECOND as f64)
    }
}

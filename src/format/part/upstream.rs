//! Who made an answer, from what nginx tells of its upstreams; and how their addresses look.
//!
//! `$upstream_status` alone does not say it: where no server could be reached, or none answered in
//! time, nginx puts its own 502 or 504 there. What tells the two apart:
//!
//! | beside a 502 or 504 | says |
//! |---|---|
//! | `$upstream_header_time` is a number | the upstream answered, and its answer was the error |
//! | `$upstream_header_time` is `-` | no header came: nginx made the error |
//! | `$upstream_response_length` above 0 | the upstream answered |
//! | it is 0, and the client got a body | that body is nginx's own page: nginx made the error |
//! | neither is logged | nothing: the origin's status is left out |
//!
//! Any other upstream status is an answer of the upstream, since nginx has no reason to make it up.

use super::client;
use super::draft::last;
use super::field::{number, seconds, status_field};
use crate::event::{Ending, Event};

/// What a line tells of the upstreams; each may be a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Upstream<'a> {
    /// `$upstream_status`.
    pub status: Option<&'a [u8]>,
    /// `$upstream_header_time`.
    pub header_time: Option<&'a [u8]>,
    /// `$upstream_response_length`.
    pub length: Option<&'a [u8]>,
}

impl Upstream<'_> {
    /// Puts origin status and ending into an event that has its status and bytes.
    pub fn put(&self, event: &mut Event<'_>) {
        let status = self.status.and_then(|list| status_field(last(list)));
        let answered = self.answered(status, event.bytes);
        event.origin_status = status.filter(|_| answered == Some(true));
        event.ending = match (event.status, answered) {
            (Some(499), _) => Ending::ClientLeft,
            (Some(502 | 504), Some(false)) => Ending::UpstreamUnreachable,
            (Some(500..=599), Some(true)) if status.is_none_or(|s| s >= 500) => Ending::UpstreamError,
            _ => Ending::Unsaid,
        };
    }

    /// Whether the last upstream answered; `None` where the line does not tell.
    fn answered(&self, status: Option<u16>, sent: Option<u64>) -> Option<bool> {
        if let Some(list) = self.header_time.filter(|list| !list.is_empty()) {
            return Some(seconds(last(list)).is_some());
        }
        match (status?, self.length.map(|list| number(last(list)))) {
            (502 | 504, Some(Some(1..))) => Some(true),
            (502 | 504, Some(_)) => sent.is_some_and(|n| n > 0).then_some(false),
            (502 | 504, None) => None,
            _ => Some(true),
        }
    }
}

/// Addresses of upstreams in a column that nothing names: each private with a port, or a local socket.
///
/// Situation: `"203.0.113.9:4711"` is a forwarded-for list of Azure's gateway, which adds ports to public
/// addresses; clients with private ones are none.
#[must_use]
pub fn is_upstream(list: &[u8]) -> bool {
    let entry =
        |e: &[u8]| e.starts_with(b"unix:/") || (client::is_address(e) && client::is_inner(client::strip_port(e)) && has_port(e));
    all(list, entry)
}

/// Names or addresses of servers with their ports, or local sockets.
#[must_use]
pub fn is_servers(list: &[u8]) -> bool {
    let is_host = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':' | b'[' | b']');
    all(list, |e| e.starts_with(b"unix:/") || (e.iter().all(is_host) && has_port(e)))
}

/// Whether a list is not empty and every entry is such a one.
fn all(list: &[u8], entry: impl Fn(&[u8]) -> bool) -> bool {
    let mut any = false;
    let entries = list.split(|b| matches!(b, b',' | b' ')).filter(|e| !matches!(*e, b"" | b":" | b"-"));
    entries.inspect(|_| any = true).all(entry) && any
}

/// Whether a port follows the address.
fn has_port(text: &[u8]) -> bool {
    let bare = client::strip_port(text);
    bare.len() < text.len() && !text.ends_with(b"]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;

    #[test]
    fn an_error_is_the_upstreams_only_where_something_says_that_it_answered() {
        for (status, sent, upstream, header, length, want, origin) in [
            (502, 157, Some("502"), None, None, Ending::Unsaid, None),
            (502, 157, Some("502"), Some("-"), None, Ending::UpstreamUnreachable, None),
            (502, 157, Some("502, 502"), Some("-, 0.001"), None, Ending::UpstreamError, Some(502)),
            (502, 157, Some("502, 502"), None, Some("0, 0"), Ending::UpstreamUnreachable, None),
            (504, 160, Some("504"), None, Some("-"), Ending::UpstreamUnreachable, None),
            (502, 20, Some("502"), None, Some("20"), Ending::UpstreamError, Some(502)),
            (502, 0, Some("502"), None, Some("0"), Ending::Unsaid, None),
            (500, 20, Some("500"), None, None, Ending::UpstreamError, Some(500)),
            (500, 20, Some("200"), None, None, Ending::Unsaid, Some(200)),
            (503, 190, Some("-"), None, Some("-"), Ending::Unsaid, None),
            (499, 0, Some("-"), Some("-"), None, Ending::ClientLeft, None),
            (200, 20, Some("502, 200"), None, Some("0, 20"), Ending::Unsaid, Some(200)),
            (200, 20, None, None, None, Ending::Unsaid, None),
        ] {
            let mut event = Event { status: Some(status), bytes: Some(sent), ..Event::at(Micros(0)) };
            let bytes = |text: Option<&'static str>| text.map(str::as_bytes);
            Upstream { status: bytes(upstream), header_time: bytes(header), length: bytes(length) }.put(&mut event);
            assert_eq!((event.ending, event.origin_status), (want, origin), "{status} {upstream:?} {header:?} {length:?}");
        }
    }
}

//! Client, server and maker of an answer, as Traefik's text and its JSON tell them.

use super::client;
use super::field::is_absent;
use crate::event::Ending;

/// The client of a forwarded-for list that was trusted: its leftmost public address or, where none is
/// public, the last one, which the trusted sender itself saw.
#[must_use]
pub fn client_of(list: &[u8]) -> Option<&[u8]> {
    let last = list.rsplit(|b| matches!(b, b',' | b' ')).map(client::strip_port).find(|a| !is_absent(a));
    client::leftmost(list).filter(|a| client::is_public(a)).or(last)
}

/// Host and port of a server's URL: that is what the JSON format and other servers call it.
#[must_use]
pub fn server_of(url: &[u8]) -> Option<&[u8]> {
    let host = [b"http://".as_slice(), b"https://", b"h2c://"].iter().find_map(|s| url.strip_prefix(*s)).unwrap_or(url);
    Some(host.strip_suffix(b"/").unwrap_or(host)).filter(|h| !is_absent(h))
}

/// Who made the answer. Without a server it was Traefik.
#[must_use]
pub fn ending(status: Option<u16>, routed: bool, served: bool) -> Ending {
    match status {
        Some(499) => Ending::ClientLeft,
        Some(429) if !served => Ending::Shed,
        Some(404) if !routed => Ending::Policy,
        Some(400 | 401 | 403 | 405 | 413) if !served => Ending::Policy,
        Some(502..=504) if !served => Ending::UpstreamUnreachable,
        _ => Ending::Unsaid,
    }
}

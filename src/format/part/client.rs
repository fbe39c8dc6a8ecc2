//! Which address is the client's, when a line names several.
//!
//! Behind a proxy the peer is the proxy, and the client is in a forwarded-for list that anybody
//! may have begun with a lie. The rule: the peer, unless the peer itself is a private or loopback
//! address (or a local socket) and so cannot be a client of a public site; then the leftmost
//! forwarded address that is public; if none is, the leftmost one.

use crate::event::{Event, Text};
use memchr::memmem;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// As [`choose`], for texts that may be their own.
#[must_use]
pub fn of<'a>(peer: Option<&Text<'a>>, forwarded: Option<&Text<'a>>) -> Option<Text<'a>> {
    let Some(forwarded) = forwarded else { return peer.cloned() };
    if let (Cow::Borrowed(list), None | Some(Cow::Borrowed(_))) = (forwarded, peer) {
        let peer = peer.and_then(|p| if let Cow::Borrowed(p) = p { Some(*p) } else { None });
        return choose(peer, Some(list)).map(Cow::Borrowed);
    }
    choose(peer.map(|p| &**p), Some(&**forwarded)).map(|chosen| Cow::Owned(chosen.to_vec()))
}

/// Puts the client of an event, and beside it what it was chosen from: the user may have other rules for
/// the choice. The peer is kept only where there is a list, since without one there is nothing to choose.
pub fn put<'a>(event: &mut Event<'a>, peer: Option<Text<'a>>, list: Option<Text<'a>>) {
    event.client = of(peer.as_ref(), list.as_ref());
    event.peer = peer.filter(|_| list.is_some());
    event.forwarded = list;
}

/// Whether the word is an address, perhaps with a zone, or a link to one: `[192.0.2.1](https://example.net)`.
#[must_use]
pub fn is_linked(word: &[u8]) -> bool {
    is_address(&bare(Cow::Borrowed(unlinked(word))))
}

/// The text of `[text](link)`.
#[must_use]
pub fn unlinked(word: &[u8]) -> &[u8] {
    match (word.strip_prefix(b"["), memmem::find(word, b"](")) {
        (Some(_), Some(end)) if word.ends_with(b")") => word.get(1..end).unwrap_or(word),
        _ => word,
    }
}

/// The address without port and without the zone of a link-local one (`fe80::1%4`).
#[must_use]
pub fn bare(text: Text<'_>) -> Text<'_> {
    let cut = |text: &[u8]| {
        let bare = strip_port(text);
        let zone = memchr::memchr(b'%', bare).filter(|n| bare.get(..*n).is_some_and(is_address));
        let from = bare.as_ptr().addr() - text.as_ptr().addr();
        from..from + zone.unwrap_or(bare.len())
    };
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(cut(text)).unwrap_or(text)),
        Cow::Owned(text) => Cow::Owned(text.get(cut(&text)).map(<[u8]>::to_vec).unwrap_or(text)),
    }
}

/// The client of a line whose peer is `peer` and whose forwarded-for list is `forwarded`.
#[must_use]
pub fn choose<'a>(peer: Option<&'a [u8]>, forwarded: Option<&'a [u8]>) -> Option<&'a [u8]> {
    match peer {
        Some(peer) if !is_inner(peer) => Some(peer),
        _ => forwarded.and_then(leftmost).or(peer),
    }
}

/// The leftmost public address of a list separated by commas or spaces; if none is public, its
/// leftmost entry. Host names count as public: they cannot be told from it.
#[must_use]
pub fn leftmost(list: &[u8]) -> Option<&[u8]> {
    let mut first = None;
    for entry in entries(list) {
        if !is_inner(entry) {
            return Some(entry);
        }
        first = first.or(Some(entry));
    }
    first
}

/// Whether every entry of a list is an IP address (with or without a port) or `unknown`.
#[must_use]
pub fn is_address_list(list: &[u8]) -> bool {
    let mut any = false;
    for entry in entries(list) {
        if address(entry).is_none() && !entry.eq_ignore_ascii_case(b"unknown") {
            return false;
        }
        any = true;
    }
    any
}

/// Whether the text is an IP address, with or without a port.
#[must_use]
pub fn is_address(text: &[u8]) -> bool {
    address(strip_port(text)).is_some()
}

/// The address without its port: `1.2.3.4:5` and `[2001:db8::1]:5` lose it, bare IPv6 stays whole.
#[must_use]
pub fn strip_port(text: &[u8]) -> &[u8] {
    if let Some(inner) = text.strip_prefix(b"[") {
        return memchr::memchr(b']', inner).and_then(|n| inner.get(..n)).unwrap_or(text);
    }
    match memchr::memchr(b':', text).map(|n| text.split_at(n)) {
        Some((host, [b':', port @ ..])) if !port.is_empty() && port.iter().all(u8::is_ascii_digit) => host,
        _ => text,
    }
}

/// How the user wants the client to be chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Addresses that are ours, as network and length of its prefix: never a client's.
    pub ours: Vec<(IpAddr, u8)>,
    /// Which entry of the forwarded-for list counts.
    pub forwarded: Entry,
}

/// Which entry of a forwarded-for list is taken for the client, among those that are not ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Entry {
    /// The first: what the client says it is, if our proxies do not cut the list.
    #[default]
    Leftmost,
    /// The last: what our own outermost proxy saw.
    Rightmost,
    /// None: the peer is the client.
    Ignore,
}

impl Rules {
    /// Reads networks written as `203.0.113.0/24`, `2001:db8::/32` or single addresses.
    ///
    /// # Errors
    /// One of them is no network.
    pub fn new(ours: &[String], forwarded: Entry) -> Result<Self, String> {
        let network = |text: &String| {
            let (address, length) = text.split_once('/').map_or((text.as_str(), None), |(a, n)| (a, Some(n)));
            let address: IpAddr = address.parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            let length = length.map_or(Some(most), |n| n.parse().ok()).filter(|n| *n <= most)?;
            Some((address, length))
        };
        let read = |text| network(text).ok_or_else(|| format!("`{text}` is no network such as 203.0.113.0/24"));
        Ok(Rules { ours: ours.iter().map(read).collect::<Result<_, _>>()?, forwarded })
    }

    /// The client of an event with that peer and forwarded-for list.
    #[must_use]
    pub fn choose<'a>(&self, peer: Option<&Text<'a>>, forwarded: Option<&Text<'a>>) -> Option<Text<'a>> {
        let is_ours = |text: &[u8]| is_inner(text) || address(text).is_some_and(|a| self.ours.iter().any(|n| within(a, *n)));
        let Some(list) = forwarded.filter(|_| self.forwarded != Entry::Ignore) else { return peer.cloned() };
        if let Some(peer) = peer.filter(|peer| !is_ours(peer)) {
            return Some(peer.clone());
        }
        let mut all = entries(list).filter(|e| !is_ours(e));
        let chosen = if self.forwarded == Entry::Rightmost { all.last() } else { all.next() };
        let chosen = chosen.or_else(|| entries(list).next()).map(<[u8]>::to_vec);
        chosen.map(Cow::Owned).or_else(|| peer.cloned())
    }
}

/// Whether the address is in the network.
fn within(address: IpAddr, (network, length): (IpAddr, u8)) -> bool {
    let same = |a: u128, b: u128, bits: u32| bits == 0 || (a ^ b) >> (128 - bits) == 0;
    let wide = |a: IpAddr| match a {
        IpAddr::V4(a) => u128::from(a.to_bits()) << 96,
        IpAddr::V6(a) => a.to_bits(),
    };
    let address = match address {
        IpAddr::V6(a) => a.to_ipv4_mapped().map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    };
    address.is_ipv4() == network.is_ipv4() && same(wide(address), wide(network), u32::from(length))
}

/// Whether the text may be the address of a client on the internet. Host names may.
#[must_use]
pub fn is_public(text: &[u8]) -> bool {
    !is_inner(text)
}

/// Entries of a list, without ports; `-` and empty entries are none.
fn entries(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    list.split(|b| matches!(b, b',' | b' ' | b'"' | b'\t')).filter(|e| !matches!(*e, b"" | b"-")).map(strip_port)
}

/// Whether the address cannot be that of a client on the internet: private, loopback, link-local,
/// carrier-grade NAT (RFC 6598), unspecified, or a local socket.
#[must_use]
pub fn is_inner(text: &[u8]) -> bool {
    match address(text) {
        Some(IpAddr::V4(a)) => is_inner_v4(a),
        Some(IpAddr::V6(a)) => match a.to_ipv4_mapped() {
            Some(a) => is_inner_v4(a),
            None => {
                a.is_loopback()
                    || a.is_unspecified()
                    || (a.segments()[0] & 0xfe00) == 0xfc00
                    || (a.segments()[0] & 0xffc0) == 0xfe80
            }
        },
        None => text.starts_with(b"unix:") || matches!(text, b"" | b"-" | b"localhost" | b"unknown"),
    }
}

fn is_inner_v4(a: Ipv4Addr) -> bool {
    let [first, second, ..] = a.octets();
    a.is_private() || a.is_loopback() || a.is_link_local() || a.is_unspecified() || (first == 100 && (64..128).contains(&second))
}

fn address(text: &[u8]) -> Option<IpAddr> {
    // The longest address is an IPv4-mapped one of 45 bytes.
    let short = text.len() <= 45 && text.first().is_some_and(|b| b.is_ascii_hexdigit() || *b == b':');
    short.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_is_the_peer_unless_the_peer_is_private() {
        for (peer, forwarded, want) in [
            ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
            ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("127.0.0.1", "10.9.9.9, 203.0.113.9:4711, 198.51.100.1", "203.0.113.9"),
            ("127.0.0.1", "127.1.2.3, 10.0.0.1", "127.1.2.3"),
            ("unix:", "2001:db8::7", "2001:db8::7"),
            ("::1", "[2001:db8::7]:443", "2001:db8::7"),
            ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("100.64.3.2", "203.0.113.9", "203.0.113.9"),
            ("fe80::1", "-", "fe80::1"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("proxy.example", "203.0.113.9", "proxy.example"),
        ] {
            let got = choose(Some(peer.as_bytes()), Some(forwarded.as_bytes())).map(String::from_utf8_lossy);
            assert_eq!(got.as_deref(), Some(want), "{peer} for {forwarded}");
        }
        assert_eq!(choose(None, None), None);
        assert_eq!(choose(None, Some(b"203.0.113.9")), Some(b"203.0.113.9".as_slice()));
    }

    #[test]
    fn the_user_says_which_addresses_are_ours() {
        let rules = |ours: &[&str], entry| Rules::new(&ours.iter().map(ToString::to_string).collect::<Vec<_>>(), entry);
        let list = "203.0.113.9, 198.51.100.1, 10.0.0.2";
        for (ours, entry, peer, want) in [
            (&["198.51.100.0/24"][..], Entry::Leftmost, "198.51.100.7", "203.0.113.9"),
            (&["198.51.100.0/24"], Entry::Rightmost, "198.51.100.7", "203.0.113.9"),
            (&[], Entry::Rightmost, "10.0.0.1", "198.51.100.1"),
            (&[], Entry::Ignore, "10.0.0.1", "10.0.0.1"),
            (&[], Entry::Leftmost, "198.51.100.7", "198.51.100.7"),
            (&["2001:db8::/32"], Entry::Leftmost, "2001:db8::9", "203.0.113.9"),
            (&["0.0.0.0/0"], Entry::Leftmost, "198.51.100.7", "203.0.113.9"),
        ] {
            let rules = rules(ours, entry).expect("networks");
            let got = rules.choose(Some(&Cow::Borrowed(peer.as_bytes())), Some(&Cow::Borrowed(list.as_bytes())));
            assert_eq!(got.as_deref(), Some(want.as_bytes()), "{ours:?} {entry:?} {peer}");
        }
        for wrong in ["203.0.113.0/33", "x", "203.0.113.0/"] {
            assert!(rules(&[wrong], Entry::Leftmost).is_err(), "{wrong}");
        }
    }

    #[test]
    fn ports_go_and_ipv6_stays() {
        for (text, want) in [
            ("192.0.2.1:80", "192.0.2.1"),
            ("[::1]:80", "::1"),
            ("[::1]", "::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("unix:", "unix:"),
            ("example.com:8080", "example.com"),
            ("[::1", "[::1"),
        ] {
            assert_eq!(String::from_utf8_lossy(strip_port(text.as_bytes())), want);
        }
    }
}

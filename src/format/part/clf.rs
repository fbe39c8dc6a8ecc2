//! The part that all relatives of the Common Log Format share.
//!
//! `host ident user [date] "request" status bytes` begins the lines of Apache, nginx, varnishncsa,
//! Tomcat, lighttpd and many more. One parser reads it for all of them; what follows the bytes is
//! left to each format. The plain shape is read without looking at a byte twice; the odd shapes of
//! what stands before the date take a slower way, `odd_head`.

use super::client;
use super::field::{Request, gap, is_absent, request, request_and_status, size};
use super::stamp;
use crate::event::{Ending, Event};
use crate::format::Parsed;
use crate::ledger::{Reject, Skip};
use memchr::{memchr, memmem};
use nom::Parser;
use nom::combinator::opt;
use nom::sequence::preceded;
use std::borrow::Cow;

/// A line read up to and including its bytes.
#[derive(Debug)]
pub struct Clf<'a> {
    /// The event so far; not yet placed in time.
    pub event: Event<'a>,
    /// The address in the client column, before any forwarded-for list is looked at.
    pub peer: Option<&'a [u8]>,
    /// Whether the request named an absolute URL.
    pub absolute: bool,
    /// Whether a virtual host stood before the client.
    pub vhost: bool,
    /// What follows the bytes.
    pub rest: &'a [u8],
}

/// What stands before the date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Head<'a> {
    vhost: Option<&'a [u8]>,
    /// Host in the ident column (lighttpd's default format).
    ident_host: Option<&'a [u8]>,
    client: Option<&'a [u8]>,
    /// A forwarded-for list in the place of the client.
    forwarded: Option<&'a [u8]>,
}

/// Reads the common part of a line.
///
/// # Errors
/// [`Reject::BadTime`] where everything but the date is right, else [`Reject::UnknownFormat`].
pub fn clf(line: &[u8]) -> Result<Clf<'_>, Reject> {
    let (head, dated) = head(line).ok_or(Reject::UnknownFormat)?;
    let (date, rest) = memchr(b']', dated).and_then(|n| dated.split_at_checked(n)).ok_or(Reject::UnknownFormat)?;
    let rest = rest.get(1..).unwrap_or_default();
    let mut tail = (preceded(gap, request_and_status), opt(preceded(gap, size)));
    let (rest, ((raw, status), bytes)) = tail.parse(rest).map_err(|_| Reject::UnknownFormat)?;
    let stamp = stamp::clf(date).or_else(|| stamp::iso8601(date)).ok_or(Reject::BadTime)?;

    let Request { method, host, path, query, absolute, protocol } = request(raw);
    let mut event = Event::at(stamp);
    // Situation: a list without blanks stands in the client's place, `10.0.0.2,192.0.2.1 - - [`.
    let (first, list) = match head.client {
        Some(list) if head.forwarded.is_none() && memchr(b',', list).is_some() => (None, Some(list)),
        first => (first, head.forwarded),
    };
    client::put(&mut event, first.map(Cow::Borrowed), list.map(Cow::Borrowed));
    event.method = method;
    event.protocol = protocol;
    event.host = host.or(head.vhost.or(head.ident_host).map(Cow::Borrowed));
    event.path = path;
    event.query = query;
    event.status = status;
    event.bytes = bytes.flatten();
    event.ending = if status == Some(499) { Ending::ClientLeft } else { Ending::Unsaid };
    Ok(Clf { event, peer: first.or_else(|| list.and_then(client::leftmost)), absolute, vhost: head.vhost.is_some(), rest })
}

/// Reads one line with `parse`, after taking away what any line may carry (a byte order mark, a
/// trailing CR), and names what is no request of any format.
pub(crate) fn read<'a>(line: &'a [u8], parse: impl FnOnce(&'a [u8]) -> Result<Parsed<'a>, Reject>) -> Parsed<'a> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    parse(line).unwrap_or_else(|reason| match reason {
        Reject::UnknownFormat if line.trim_ascii().is_empty() => Parsed::Skip(Skip::Blank),
        // Situation: newsyslog writes a notice at the top of each new file, such as
        // `Aug 12 00:00:00 web1 newsyslog[812]: logfile turned over`.
        Reject::UnknownFormat if line.len() < 200 && memmem::find(line, b"logfile turned over").is_some() => {
            Parsed::Skip(Skip::ServerMessage)
        }
        reason => Parsed::Reject(reason),
    })
}

/// Splits a line before its date: what stands before, and the text after the `[`.
fn head(line: &[u8]) -> Option<(Head<'_>, &[u8])> {
    let (client, rest) = split(line, b' ')?;
    if let Some(dated) = rest.strip_prefix(b"- - [").filter(|_| is_plain(client) && is_peer(client)) {
        return Some((Head { client: peer(client), ..Head::default() }, dated));
    }
    // `www.example:443 192.0.2.1 - - [`
    if let Some((second, dated)) = split(rest, b' ').and_then(|(second, rest)| Some((second, rest.strip_prefix(b"- - [")?)))
        && is_plain(client)
        && is_plain(second)
        && is_host(client)
        && is_peer(second)
    {
        return Some((Head { vhost: host(client), client: peer(second), ..Head::default() }, dated));
    }
    let three = split(rest, b' ').and_then(|(ident, rest)| {
        let (_, rest) = split(rest, b' ')?;
        rest.strip_prefix(b"[").filter(|_| is_plain(client)).map(|dated| (ident, dated))
    });
    match three {
        Some((ident, dated)) if is_peer(client) => Some((three_words(client, ident), dated)),
        Some(_) => None,
        None => odd_head(line),
    }
}

/// Whether the first word is a lone address: not quoted, no list, no syslog priority.
fn is_plain(client: &[u8]) -> bool {
    !matches!(client.first(), Some(b'"' | b'<' | b'[') | None) && client.last() != Some(&b',')
}

/// Whether the word may be the address or name of a client: a stamp, a tag or a path may not.
fn is_peer(word: &[u8]) -> bool {
    let is_hexadecimal = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'%' | b'[' | b']');
    match memchr(b':', word) {
        None if memchr(b',', word).is_some() => client::is_address_list(word),
        None => word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') || !b.is_ascii()),
        Some(_) => word.iter().all(is_hexadecimal) || word.starts_with(b"unix:") || is_host(word),
    }
}

/// Whether the word may be a host, perhaps with a port: `www.example:443`, `_`, but no stamp, number, tag or
/// path.
fn is_host(word: &[u8]) -> bool {
    let name = client::strip_port(word);
    let named = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_') || !b.is_ascii();
    let is_address = || client::is_address(word);
    (!name.is_empty() && name != b"-" && name.iter().all(named) && !name.iter().all(u8::is_ascii_digit)) || is_address()
}

/// `client ident user`.
///
/// Situation: the second column is no ident but a host. lighttpd writes the virtual host there
/// (`192.0.2.1 www.example - [`), and `$host $remote_addr - [` puts the host first. An address in
/// the second column makes the first one the host; a name with a dot in it is the host itself.
fn three_words<'a>(first: &'a [u8], ident: &'a [u8]) -> Head<'a> {
    if is_absent(ident) || !ident.iter().any(|b| matches!(b, b'.' | b':')) {
        return Head { client: peer(first), ..Head::default() };
    }
    if client::is_address(ident) && is_host(first) && !client::is_address(first) {
        return Head { vhost: host(first), client: peer(ident), ..Head::default() };
    }
    Head { client: peer(first), ident_host: host(ident), ..Head::default() }
}

/// Any other head: a virtual host first (`www.example:443 192.0.2.1 - -`, `"www.example" 192.0.2.1
/// - -`), a forwarded-for list as the client (`10.0.0.2, 192.0.2.1 - -`), a user name with spaces
/// (`192.0.2.1 - john doe`), no user column. What stands in none of these places is refused: it may be
/// what carries the line (syslog, `docker logs -t`), and must not pass for a host or a client.
fn odd_head(line: &[u8]) -> Option<(Head<'_>, &[u8])> {
    let (head, dated) = memmem::find_iter(line, b" [").take(8).find_map(|n| {
        let (head, dated) = line.split_at(n);
        let dated = dated.get(2..)?;
        let dates = dated.first().is_some_and(u8::is_ascii_digit) && in_brackets(dated).is_none();
        dates.then_some((head, dated))
    })?;
    let before_ident = match memmem::find(head, b" - ") {
        Some(n) => head.get(..n)?,
        // `client`, `client -`, `client ident user`: of more words the first one is no client.
        None if memchr::memchr_iter(b' ', head).count() > 2 => return None,
        None if !head.split(|b| *b == b' ').next().is_some_and(|first| is_absent(first) || client::is_address(first)) => {
            return None;
        }
        None => head.strip_suffix(b" -").or_else(|| split(head, b' ').map(|(first, _)| first)).unwrap_or(head),
    };
    if is_absent(before_ident) || before_ident.starts_with(b"- ") {
        return Some((Head::default(), dated));
    }
    let mut found = addresses(before_ident)?;
    // Situation: old releases of ingress-nginx write the real client in brackets behind the peer,
    // `10.0.0.1 - [192.0.2.1] - - [20/Nov/..`.
    if let Some(real) = memmem::find(head, b" - [").and_then(|n| in_brackets(head.get(n + 4..)?)) {
        found.forwarded = Some(real);
    }
    Some((found, dated))
}

/// The address, or list of them, that ends at a closing bracket.
fn in_brackets(text: &[u8]) -> Option<&[u8]> {
    let inside = text.get(..memchr(b']', text.get(..200).unwrap_or(text))?)?;
    client::is_address_list(inside).then_some(inside)
}

/// `[vhost] address[, address...]`; nothing where other words stand there (a line in a wrapper).
fn addresses(text: &[u8]) -> Option<Head<'_>> {
    let first = match text.strip_prefix(b"\"").and_then(|t| split(t, b'"')) {
        Some((inside, rest)) => Some((inside, rest.trim_ascii_start())),
        None => split(text, b' '),
    };
    let (vhost, list) = match first {
        Some((first, rest)) if !rest.is_empty() && first.last() != Some(&b',') && !first.contains(&b',') => {
            let bare = first.strip_prefix(b"\"").unwrap_or(first);
            if !(is_host(bare) || is_absent(bare)) {
                return None;
            }
            (host(first), rest)
        }
        _ => (None, text),
    };
    let plain = !list.iter().any(|b| matches!(b, b',' | b' ' | b'"'));
    let comma_before = |n: usize| list.get(n.wrapping_sub(1)) == Some(&b',');
    let separated = memchr::memchr_iter(b' ', list).all(comma_before);
    if !((plain && is_peer(list)) || (!plain && separated) || client::is_address_list(list)) {
        return None;
    }
    let client = if plain { peer(list) } else { None };
    Some(Head { vhost, client, ident_host: None, forwarded: (!plain).then_some(list) })
}

fn peer(text: &[u8]) -> Option<&[u8]> {
    (!is_absent(text)).then(|| client::strip_port(text))
}

/// A virtual host without the port that `%v:%p` adds.
fn host(text: &[u8]) -> Option<&[u8]> {
    let text = text.strip_prefix(b"\"").and_then(|t| t.strip_suffix(b"\"")).unwrap_or(text);
    peer(text)
}

fn split(text: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let (before, after) = text.split_at(memchr(at, text)?);
    Some((before, after.get(1..)?))
}

/// The fields every CLF relative gives.
pub(crate) const COMMON_FIELDS: [&str; 7] = ["client", "method", "path", "query", "status", "bytes", "ending"];

/// Text for tests: absent fields are `-`.
#[cfg(test)]
pub(crate) fn shown(text: &Option<crate::event::Text<'_>>) -> String {
    text.as_ref().map_or_else(|| "-".into(), |t| String::from_utf8_lossy(t).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = r#"[20/Nov/2026:07:47:58 +0000] "GET /a HTTP/1.1" 200 5"#;

    #[test]
    fn whatever_stands_before_the_date_gives_client_and_host() {
        for (head, host, client) in [
            ("192.0.2.1 - -", "-", "192.0.2.1"),
            ("192.0.2.1 - jane", "-", "192.0.2.1"),
            ("192.0.2.1 identd jane", "-", "192.0.2.1"),
            ("192.0.2.1 - john doe", "-", "192.0.2.1"),
            ("192.0.2.1 \"-\" \"-\"", "-", "192.0.2.1"),
            ("192.0.2.1:4711 - -", "-", "192.0.2.1"),
            ("2001:db8::7 - -", "-", "2001:db8::7"),
            ("- - -", "-", "-"),
            ("- - john doe", "-", "-"),
            ("192.0.2.1 -", "-", "192.0.2.1"),
            ("192.0.2.1 www.example -", "www.example", "192.0.2.1"),
            ("www.example 192.0.2.1 -", "www.example", "192.0.2.1"),
            ("www.example:443 192.0.2.1 - -", "www.example", "192.0.2.1"),
            ("\"www.example\" 192.0.2.1 - -", "www.example", "192.0.2.1"),
            ("www.example client.example - john doe", "www.example", "client.example"),
            ("10.0.0.2, 10.0.0.1, 127.0.0.1 - -", "-", "10.0.0.2"),
            ("10.0.0.2, 10.0.0.1, 192.0.2.1 - -", "-", "192.0.2.1"),
            ("www.example 10.0.0.2, 192.0.2.1 - -", "www.example", "192.0.2.1"),
            ("www.example:80 \"10.5.1.2, 192.0.2.1\" 10.2.1.185 - -", "www.example", "192.0.2.1"),
            ("\"10.5.1.2, 192.0.2.1\" 10.2.1.185 - -", "-", "192.0.2.1"),
            ("www.example:80 unix: - -", "www.example", "unix:"),
            ("proxy-7 - -", "-", "proxy-7"),
            ("localhost, localhost - -", "-", "localhost"),
            ("192.0.2.1 - [192.0.2.1] - -", "-", "192.0.2.1"),
            ("10.0.0.1 - [192.0.2.1, 10.0.0.7] - jane", "-", "192.0.2.1"),
        ] {
            let line = format!("{head} {REQUEST}");
            let got = clf(line.as_bytes()).expect(head);
            assert_eq!((shown(&got.event.host).as_str(), shown(&got.event.client).as_str()), (host, client), "{head}");
            assert_eq!((got.event.status, got.event.bytes, got.rest), (Some(200), Some(5), b"".as_slice()));
        }
    }

    #[test]
    fn what_carries_a_line_is_no_host_and_no_client() {
        for head in [
            "<190>Nov 20 07:47:44 vm nginx[71]: 192.0.2.1 - -",
            "2026-11-20T07:47:44.1Z 192.0.2.1 - -",
            "2026-11-20T07:47:44.1Z stdout F 192.0.2.1 - -",
            "[pod/web-7/nginx] 192.0.2.1 - -",
            "app[web.1]: 192.0.2.1 - -",
            "nginx: 192.0.2.1 - -",
            "1795160892 192.0.2.1 - -",
            "access.log:192.0.2.1 - -",
            "logs/access.log 192.0.2.1 - -",
            "<190>Nov 20 07:47:44 vm envoy:",
            "Nov 20 07:47:44 vm envoy[7]:",
        ] {
            let line = format!("{head} {REQUEST}");
            assert_eq!(clf(line.as_bytes()).map(|c| shown(&c.event.host)), Err(Reject::UnknownFormat), "{head}");
        }
    }

    #[test]
    fn a_wrong_date_is_told_from_a_foreign_line() {
        for (line, want) in [
            (r#"192.0.2.1 - - [31/Feb/2026:07:47:58 +0000] "GET / HTTP/1.1" 200 5"#, Reject::BadTime),
            (r#"192.0.2.1 - - [] "GET / HTTP/1.1" 200 5"#, Reject::BadTime),
            (r#"192.0.2.1 - - [20/Nov/2026:07:47:58 +0000] "GET / HTTP/1.1" 20"#, Reject::UnknownFormat),
            (r#"192.0.2.1 - - [20/Nov/2026:07:47:58 +0000] "GET /cut"#, Reject::UnknownFormat),
            ("2026/11/20 07:47:58 [error] 71#71: *5 connect() failed (111: Connection refused)", Reject::UnknownFormat),
            ("[Fri Nov 20 07:47:58.1 2026] [core:error] [pid 7] x", Reject::UnknownFormat),
            ("", Reject::UnknownFormat),
        ] {
            assert_eq!(clf(line.as_bytes()).map(|_| ()), Err(want), "{line}");
        }
    }

    #[test]
    fn peer_and_list_are_kept_where_there_is_a_choice() {
        for (head, client, peer, list) in [
            ("192.0.2.1 - -", "192.0.2.1", "-", "-"),
            ("10.0.0.2, 10.0.0.1, 192.0.2.1 - -", "192.0.2.1", "-", "10.0.0.2, 10.0.0.1, 192.0.2.1"),
            ("10.0.0.2,192.0.2.1 - -", "192.0.2.1", "-", "10.0.0.2,192.0.2.1"),
            ("10.0.0.1 - [192.0.2.1, 10.0.0.7] - jane", "192.0.2.1", "10.0.0.1", "192.0.2.1, 10.0.0.7"),
        ] {
            let line = format!("{head} {REQUEST}");
            let e = clf(line.as_bytes()).expect(head).event;
            assert_eq!([shown(&e.client), shown(&e.peer), shown(&e.forwarded)], [client, peer, list], "{head}");
        }
    }

    #[test]
    fn a_mark_in_front_and_a_carriage_return_behind_do_no_harm() {
        let line = format!("\u{feff}192.0.2.1 - - {REQUEST}\r");
        let got = read(line.as_bytes(), |line| clf(line).map(|c| Parsed::Event(c.event)));
        assert!(matches!(got, Parsed::Event(e) if shown(&e.client) == "192.0.2.1" && e.bytes == Some(5)));
        for (line, want) in [
            (" \t\r", Skip::Blank),
            ("", Skip::Blank),
            ("Aug 12 00:00:00 web1 newsyslog[812]: logfile turned over", Skip::ServerMessage),
        ] {
            assert_eq!(read(line.as_bytes(), |line| clf(line).map(|c| Parsed::Event(c.event))), Parsed::Skip(want));
        }
    }
}

//! The result and hierarchy words of Squid and of Traffic Server, and what they say.

use super::cache;
use crate::event::{Ending, Event};

/// Puts cache result and ending, and takes a URL away that Squid made up.
pub fn judge(event: &mut Event<'_>, result: &[u8], hierarchy: &[u8]) {
    event.path = event.path.take().filter(|path| !path.starts_with(b"error:"));
    // How the exchange ended is a word of its own behind the result.
    let ends = [&b"_ABORTED"[..], b"_TIMEDOUT", b"_TIMEOUT", b"_FAIL_ERR"];
    let bare = ends.iter().find_map(|end| result.strip_suffix(*end)).unwrap_or(result);
    event.cache = cache::result(bare);
    event.ending = match (result, event.status) {
        (b"ERR_CLIENT_ABORT" | b"ERR_CLIENT_READ_ERROR", _) => Ending::ClientLeft,
        (result, _) if result.ends_with(b"_ABORTED") => Ending::ClientLeft,
        (b"ERR_CONNECT_FAIL" | b"ERR_DNS_FAIL" | b"ERR_READ_TIMEOUT", _) => Ending::UpstreamUnreachable,
        (b"ERR_INVALID_REQ" | b"ERR_PROXY_DENIED", _) => Ending::Policy,
        (result, _) if result.starts_with(b"TCP_DENIED") => Ending::Policy,
        (_, Some(502..=504)) if matches!(hierarchy, b"HIER_NONE" | b"NONE") => Ending::UpstreamUnreachable,
        _ => Ending::Unsaid,
    };
}

/// Whether the word is a result of Squid or Traffic Server.
#[must_use]
pub fn is_result(word: &[u8]) -> bool {
    [&b"TCP_"[..], b"UDP_", b"NONE", b"ERR_", b"TAG_"].iter().any(|begin| word.starts_with(begin))
}

/// Capitals, digits and underscores.
#[must_use]
pub fn is_word(word: &[u8]) -> bool {
    (2..=64).contains(&word.len()) && word.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
}

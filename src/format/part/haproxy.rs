//! Who ended an exchange and who made its answer, as every log of HAProxy tells it: `option httplog`,
//! `option httplog clf`, and a `log-format` of one's own.
//!
//! Quirks:
//! - `be/<NOSRV>`: no server was chosen, so a status beside it is HAProxy's own, whatever the state says.

use super::field::{Raw, Request, request, unmark};
use crate::event::{Ending, Event, Text};
use std::borrow::Cow;

/// What stands for a server where none was chosen.
const NO_SERVER: &[u8] = b"<NOSRV>";

/// Puts backend, ending and the origin's status into an event that has its status. `server` is the
/// backend with its server, `be/app1`, or the server alone; `state` is the termination state, empty
/// where the line has none.
pub fn conclude<'a>(event: &mut Event<'a>, server: Option<Text<'a>>, state: &[u8]) {
    let asked = server.as_ref().is_none_or(|server| !server.ends_with(NO_SERVER));
    let answered = state.starts_with(b"--") || state.get(1) == Some(&b'D');
    event.origin_status = event.status.filter(|_| asked && answered);
    event.ending = ending(state, event.status);
    event.backend = server.filter(|server| **server != *NO_SERVER);
}

/// Who ended the exchange. First letter: C/c the client (aborted, timed out), S/s the server, P the
/// proxy refused, R the proxy's resources, D the server was marked down; second: the phase (Q
/// queue, C connect, H headers, D data, R request, T tarpit).
#[must_use]
pub fn ending(state: &[u8], status: Option<u16>) -> Ending {
    match (state.first(), state.get(1)) {
        (Some(b'C' | b'c'), _) => Ending::ClientLeft,
        (Some(b'S' | b's'), Some(b'Q')) | (Some(b'P'), Some(b'C' | b'Q')) | (Some(b'R'), _) => Ending::Shed,
        (Some(b'S' | b's' | b'D' | b'P' | b'K'), Some(b'D' | b'L')) => Ending::CutShort,
        (Some(b'S' | b's' | b'D'), _) => Ending::UpstreamUnreachable,
        // The server's answer broke the protocol.
        (Some(b'P'), Some(b'H')) => Ending::UpstreamError,
        (Some(b'P'), Some(b'R' | b'T')) => Ending::Policy,
        (Some(b'-'), Some(b'-')) if status.is_some_and(|s| s >= 500) => Ending::UpstreamError,
        _ => Ending::Unsaid,
    }
}

/// Puts what a request line tells: HAProxy quotes with `#XX` and leaves backslashes alone.
pub fn put_request<'a>(event: &mut Event<'a>, line: &'a [u8]) {
    let Request { method, host, path, query, protocol, .. } = request(Raw::plain(line));
    let plain = |text: Option<Text<'a>>| match text {
        Some(Cow::Borrowed(text)) => Some(unmark(text, b'#')),
        other => other,
    };
    event.method = method;
    event.protocol = protocol;
    event.host = plain(host);
    event.path = plain(path);
    event.query = plain(query);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;

    #[test]
    fn the_termination_state_says_who_ended_it() {
        for (state, status, want) in [
            ("----", 200, Ending::Unsaid),
            ("----", 503, Ending::UpstreamError),
            ("--NN", 500, Ending::UpstreamError),
            ("SC--", 503, Ending::UpstreamUnreachable),
            ("sC--", 503, Ending::UpstreamUnreachable),
            ("SH--", 502, Ending::UpstreamUnreachable),
            ("sH--", 504, Ending::UpstreamUnreachable),
            ("sQ--", 503, Ending::Shed),
            ("PC--", 503, Ending::Shed),
            ("RC--", 503, Ending::Shed),
            ("SD--", 200, Ending::CutShort),
            ("sD--", 200, Ending::CutShort),
            ("PH--", 502, Ending::UpstreamError),
            ("PR--", 403, Ending::Policy),
            ("PT--", 500, Ending::Policy),
            ("CD--", 200, Ending::ClientLeft),
            ("cD--", 200, Ending::ClientLeft),
            ("CH--", 400, Ending::ClientLeft),
            ("LR--", 302, Ending::Unsaid),
            ("IH--", 500, Ending::Unsaid),
        ] {
            assert_eq!(ending(state.as_bytes(), Some(status)), want, "{state} {status}");
        }
    }

    #[test]
    fn a_status_is_the_origins_only_where_a_server_was_asked_and_answered() {
        for (server, state, origin, backend) in [
            ("be/app1", "----", Some(503), Some("be/app1")),
            ("be/app1", "SD--", Some(503), Some("be/app1")),
            ("be/app1", "SH--", None, Some("be/app1")),
            ("be/app1", "", None, Some("be/app1")),
            ("be/<NOSRV>", "----", None, Some("be/<NOSRV>")),
            ("<NOSRV>", "----", None, None),
        ] {
            let mut event = Event { status: Some(503), ..Event::at(Micros(0)) };
            conclude(&mut event, Some(Cow::Borrowed(server.as_bytes())), state.as_bytes());
            assert_eq!((event.origin_status, event.backend.as_deref()), (origin, backend.map(str::as_bytes)), "{server} {state}");
        }
    }
}

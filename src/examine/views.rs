//! Which requests are views of a page by a person: a document asked for with GET and answered well, by a path
//! that names neither a file of another kind nor an interface for programs, from an agent that does not
//! name itself a program.
//!
//! Access logs rarely say what kind of thing an answer was, so this goes by the customs of paths. A page
//! that is drawn anew without a request for a document (a single-page application) makes no view here.

use crate::event::Event;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;

/// Extensions of documents; anything else behind the last dot is a file of another kind.
const DOCUMENTS: [&[u8]; 10] = [b"html", b"htm", b"php", b"asp", b"aspx", b"jsp", b"jspx", b"do", b"cgi", b"cfm"];

/// Segments of a path under which programs ask, or files lie.
const NO_PAGES: [&[u8]; 32] = [
    b"api",
    b"apis",
    b"graphql",
    b"rpc",
    b"ajax",
    b"ws",
    b"websocket",
    b"socket.io",
    b"sockjs",
    b"rest",
    b"wp-json",
    b"xhr",
    b"oauth",
    b"static",
    b"assets",
    b"media",
    b"images",
    b"img",
    b"css",
    b"js",
    b"fonts",
    b"_next",
    b"cdn-cgi",
    b".well-known",
    b"health",
    b"healthz",
    b"healthcheck",
    b"livez",
    b"readyz",
    b"ping",
    b"metrics",
    b"beacon",
];

/// Parts of the names of agents that are programs: robots by their own word, and the usual tools and libraries.
const PROGRAMS: [&[u8]; 17] = [
    b"bot",
    b"spider",
    b"crawl",
    b"slurp",
    b"curl/",
    b"wget",
    b"python",
    b"go-http-client",
    b"java/",
    b"libwww",
    b"scrapy",
    b"httpclient",
    b"node-fetch",
    b"axios/",
    b"headless",
    b"monitor",
    b"zgrab",
];

/// Agents whose kind is remembered; beyond, the memory is emptied and filled anew.
const AGENTS_MAX: usize = 1 << 14;

/// Whether a path (without its query) is that of a document for people.
#[must_use]
pub fn is_page(path: &[u8]) -> bool {
    let mut segments = path.split(|&c| c == b'/').peekable();
    while let Some(segment) = segments.next() {
        if NO_PAGES.iter().any(|n| segment.eq_ignore_ascii_case(n)) {
            return false;
        }
        if segments.peek().is_none()
            && let Some(dot) = segment.iter().rposition(|&c| c == b'.')
        {
            let extension = &segment[dot + 1..];
            // `/user/john.smith` is a page: what is longer than four letters (but `.woff2`), or a number, is no extension.
            let most = if extension.ends_with(b"2") { 5 } else { 4 };
            let is_one = (1..=most).contains(&extension.len())
                && extension.iter().all(u8::is_ascii_alphanumeric)
                && extension.iter().any(u8::is_ascii_alphabetic);
            return !is_one || DOCUMENTS.iter().any(|d| extension.eq_ignore_ascii_case(d));
        }
    }
    true
}

/// Whether the request could have been made for a page to be looked at, by its method and status: redirects
/// lead elsewhere, and what was not modified is looked at again.
#[must_use]
pub fn is_view(event: &Event<'_>) -> bool {
    matches!(event.method.as_deref(), None | Some(b"GET")) && matches!(event.status, Some(200..=206 | 304))
}

/// Which agents are programs, remembered.
#[derive(Clone, Debug, Default)]
pub struct Agents(FxHashMap<u64, bool>);

impl Agents {
    /// Whether an agent names itself a program. One that says nothing is taken for a person.
    pub fn is_program(&mut self, agent: &[u8]) -> bool {
        let mut h = FxHasher::default();
        h.write(agent);
        if self.0.len() >= AGENTS_MAX {
            self.0.clear();
        }
        *self.0.entry(h.finish()).or_insert_with(|| {
            PROGRAMS.iter().any(|part| agent.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;

    #[test]
    fn documents_are_pages_and_files_interfaces_and_checks_are_not() {
        for path in
            ["/", "/home", "/user1/status/12", "/a/index.html", "/x.PHP", "/i/spaces/1yN", "/user/john.smith", "/v1.2", "/a.b/"]
        {
            assert!(is_page(path.as_bytes()), "{path}");
        }
        for path in [
            "/i/api/timeline",
            "/media/1.jpg",
            "/media/1",
            "/app.js",
            "/API/x",
            "/seg/12.ts",
            "/live.m3u8",
            "/healthz",
            "/robots.txt",
        ] {
            assert!(!is_page(path.as_bytes()), "{path}");
        }
    }

    #[test]
    fn only_what_was_got_is_a_view_and_programs_look_at_nothing() {
        let event =
            |method: &'static str, status| Event { method: Some(method.as_bytes().into()), status, ..Event::at(Micros(0)) };
        assert!(
            is_view(&event("GET", Some(200)))
                && is_view(&event("GET", Some(304)))
                && is_view(&Event { status: Some(200), ..Event::at(Micros(0)) })
        );
        assert!(!is_view(&event("POST", Some(200))) && !is_view(&event("GET", Some(302))) && !is_view(&event("GET", None)));
        let mut agents = Agents::default();
        for (agent, program) in [
            ("curl/8.5.0", true),
            ("Mozilla/5.0 (compatible; GoogleBot/2.1)", true),
            ("Mozilla/5.0 Chrome/127", false),
            ("", false),
        ] {
            for _ in 0..2 {
                assert_eq!(agents.is_program(agent.as_bytes()), program, "{agent}");
            }
        }
    }
}

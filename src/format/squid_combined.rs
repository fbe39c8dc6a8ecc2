//! Squid's `combined` and `common`: as Apache's, with `TCP_MISS:HIER_DIRECT` at the end.
//!
//! ```text
//! 192.0.2.1 - - [20/Nov/2026:07:48:34 +0000] "GET http://www.example/a? HTTP/1.1" 200 261 "-" "My "Agent" 1" TCP_MISS:HIER_DIRECT
//! ```
//!
//! The stamp is the end of the request.
//!
//! Quirks:
//! - Squid escapes neither quotes nor backslashes nor raw bytes. The line is read from both ends: the
//!   request up to the quote that a status follows, the agent up to the quote before the last word.
//!   Referrer and agent are split at the first `" "` between them.
//! - Query strings, made-up URLs, results and their meaning: as in [`super::squid`].

use super::part::clf::{clf, read};
use super::part::field::Raw;
use super::part::squid::{is_result, is_word, judge};
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::{Reject, Skip};
use memchr::{memchr, memmem, memrchr};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "squid-combined",
        about: "Squid combined and common, with the result behind",
        fields: &["client", "host", "method", "path", "query", "status", "bytes", "cache", "user_agent", "referrer", "ending"],
        stamp: Stamp::End,
        tier: Tier::Edge,
        blind: "no duration; query strings are cut off by default; an error of a peer looks like one of the proxy itself",
        specificity: 8,
        zoneless: false,
        samples: &[
            r#"192.0.2.1 - - [20/Nov/2026:07:48:34 +0000] "GET http://www.example/a?b=c HTTP/1.1" 200 261 "https://example.net/x?y="z"" "My "Agent" \ v1" TCP_MISS:FIRSTUP_PARENT"#,
            r#"192.0.2.2 - jane [20/Nov/2026:07:48:35 +0000] "GET http://www.example/slow HTTP/1.1" 000 0 "-" "curl/8" TCP_MISS_ABORTED:HIER_DIRECT"#,
        ],
    },
    || Arc::new(SquidCombined),
);

#[derive(Debug)]
struct SquidCombined;

impl Dialect for SquidCombined {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, event)
    }
}

fn event(line: &[u8]) -> Result<Parsed<'_>, Reject> {
    let line = line.trim_ascii_end();
    let ends = || {
        let (head, last) = line.split_at_checked(memrchr(b' ', line)?)?;
        let last = last.get(1..)?;
        let (result, hierarchy) = last.split_at_checked(memchr(b':', last)?)?;
        let hierarchy = hierarchy.get(1..)?;
        (is_result(result) && is_word(result) && is_word(hierarchy)).then_some((head, result, hierarchy))
    };
    let (head, result, hierarchy) = ends().ok_or(Reject::UnknownFormat)?;
    let read = clf(head)?;
    let mut event = read.event;
    let agents = read.rest.trim_ascii();
    if !agents.is_empty() {
        let inside = agents.strip_prefix(b"\"").and_then(|a| a.strip_suffix(b"\"")).ok_or(Reject::UnknownFormat)?;
        let n = memmem::find(inside, b"\" \"").ok_or(Reject::UnknownFormat)?;
        let (referrer, agent) = inside.split_at_checked(n).ok_or(Reject::UnknownFormat)?;
        event.referrer = Raw::plain(referrer).present();
        event.user_agent = Raw::plain(agent.get(3..).unwrap_or_default()).present();
    }
    judge(&mut event, result, hierarchy);
    event.place(FORMAT.facts.stamp);
    let no_request = event.status.is_none() && event.path.is_none() && event.host.is_none();
    Ok(if no_request { Parsed::Aside(event, Skip::Internal) } else { Parsed::Event(event) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Cache, Ending, Event};
    use crate::format::part::clf::shown;

    fn parsed(line: &str) -> Parsed<'_> {
        SquidCombined.line(line.as_bytes())
    }

    fn event(line: &str) -> Event<'_> {
        match parsed(line) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn quotes_that_nobody_escaped_do_no_harm() {
        for (request, agents, path, referrer, agent) in [
            (
                "GET http://www.example/a HTTP/1.1",
                r#"  "https://x.example/?y="z"" "My "Agent" \ v1""#,
                "/a",
                r#"https://x.example/?y="z""#,
                r#"My "Agent" \ v1"#,
            ),
            (r#"GET http://www.example/a"b HTTP/1.1"#, r#" "-" "-""#, r#"/a"b"#, "-", "-"),
            ("GET http://www.example/a HTTP/1.1", "", "/a", "-", "-"),
        ] {
            let line =
                format!(r#"192.0.2.1 - john doe [20/Nov/2026:07:48:34 +0000] "{request}" 200 261{agents} TCP_MEM_HIT:HIER_NONE"#);
            let e = event(&line);
            assert_eq!(
                [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.referrer), shown(&e.user_agent)],
                ["192.0.2.1", "www.example", path, referrer, agent]
            );
            assert_eq!((e.cache, e.end, e.bytes), (Some(Cache::Hit), Some(e.stamp), Some(261)));
        }
    }

    #[test]
    fn what_squid_made_up_is_no_path() {
        let line = r#"192.0.2.1 - - [20/Nov/2026:07:48:34 +0000] "NONE error:invalid-request HTTP/0.0" 400 3900 "-" "-" NONE_NONE:HIER_NONE"#;
        let e = event(line);
        assert_eq!((e.path, e.status, e.ending), (None, Some(400), Ending::Unsaid));
    }

    #[test]
    fn other_lines_are_refused_and_a_wrong_date_is_named() {
        let good = FORMAT.facts.samples[0];
        for (line, want) in [
            (good.replace("20/Nov", "31/Feb"), Reject::BadTime),
            (good.replace("TCP_MISS:", "MISS:"), Reject::UnknownFormat),
            (good.replace(" TCP_MISS:FIRSTUP_PARENT", ""), Reject::UnknownFormat),
            (good.replace(r#" "https"#, " https"), Reject::UnknownFormat),
        ] {
            assert_eq!(parsed(&line), Parsed::Reject(want), "{line}");
        }
    }
}

//! Apache's `common`: `%h %l %u %t "%r" %>s %b`. Tomcat, Jetty, WebLogic and Fastly's default write
//! it too, so nothing tells which instant the stamp means.
//!
//! It takes every line that begins like this and whose end is not `combined`'s: a line cut inside
//! the referrer or with numbers of its own behind (`"\n" 400 226 98`) is still a request with a
//! client, a time and a status.

use super::part::clf::{COMMON_FIELDS, clf, read};
use super::part::tail::agents;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::Reject;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "common",
        about: "Common Log Format: Apache common, Tomcat, Jetty",
        fields: &COMMON_FIELDS,
        stamp: Stamp::Unknown,
        tier: Tier::Unknown,
        blind: "no duration, no user agent, and the format does not tell whether the stamp is a request's start or end",
        specificity: 0,
        zoneless: false,
        samples: &[
            r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a?b=c HTTP/1.1" 200 512"#,
            r#"2001:db8::7 - john doe [20/Nov/2026:07:48:13 +0000] "POST /b HTTP/1.0" 499 -"#,
        ],
    },
    || Arc::new(Common),
);

#[derive(Debug)]
struct Common;

impl Dialect for Common {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| {
            let mut read = clf(line)?;
            if agents(read.rest).is_some() {
                return Err(Reject::UnknownFormat);
            }
            read.event.place(FORMAT.facts.stamp);
            Ok(Parsed::Event(read.event))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    /// Own sample lines; the last two end inside a field.
    const LINES: &[(&str, &str, Option<u16>)] = &[
        (r#"198.51.100.1 - frank [10/Oct/2026:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326"#, "/a.gif", Some(200)),
        (r#"198.51.100.1 - - [10/Oct/2026:13:55:36 +0000] "-" 408 -"#, "-", Some(408)),
        (r#"198.51.100.1 - - [10/Oct/2026:13:55:36 +0530] "\n" 400 226 98"#, "-", Some(400)),
        (r#"app:8443 198.51.100.1 - - [10/Oct/2026:13:55:36 +0000] "POST /x?y=1 HTTP/1.1" 500 12"#, "/x", Some(500)),
        (r#"198.51.100.1 - - [10/Oct/2026:13:55:36 +0000] "GET /cut HTTP/1.1" 200 12 "http://ref.exa"#, "/cut", Some(200)),
        (r#"198.51.100.1 - - [10/Oct/2026:13:55:36 +0000] "GET /cut HTTP/1.1" 000 0"#, "/cut", None),
    ];

    #[test]
    fn common_lines_become_events() {
        for (line, path, status) in LINES {
            match Common.line(line.as_bytes()) {
                Parsed::Event(e) => assert_eq!((shown(&e.path).as_str(), e.status, e.start), (*path, *status, None), "{line}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn combined_lines_are_left_to_combined() {
        let line = br#"198.51.100.1 - - [10/Oct/2026:13:55:36 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8""#;
        assert_eq!(Common.line(line), Parsed::Reject(Reject::UnknownFormat));
    }
}

//! Combined lines with the virtual host in front: Apache's `vhost_combined`
//! (`%v:%p %h %l %u %t ...`, Debian's `other_vhosts_access.log`) and nginx formats that begin with
//! `$host` or `"$host"`.
//!
//! The port of `%v:%p` is not part of the host asked for and is dropped. Behind the host may stand a
//! forwarded-for list, quoted or not (`www.example "203.0.113.9, 10.0.0.1" 10.0.0.7 - -`).

use super::part::clf::read;
use super::part::tail::{Forwarded, tailed};
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "vhost-combined",
        about: "combined with the virtual host first: Apache vhost_combined, nginx with $host",
        fields: &["client", "host", "method", "path", "query", "status", "bytes", "user_agent", "referrer", "ending"],
        stamp: Stamp::Unknown,
        tier: Tier::Unknown,
        blind: "no duration, no upstream status, and the format does not tell whether the stamp is a request's start or end",
        specificity: 4,
        zoneless: false,
        samples: &[
            r#"www.example:443 192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a?b=c HTTP/1.1" 200 512 "https://example.net/" "curl/8""#,
            r#"api.example:443 2001:db8::7 - jane [20/Nov/2026:07:48:13 +0000] "POST /b HTTP/1.1" 499 0 "-" "curl/8""#,
        ],
    },
    || Arc::new(VhostCombined),
);

#[derive(Debug)]
struct VhostCombined;

impl Dialect for VhostCombined {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| tailed(line, FORMAT.facts.stamp, |read, _: &Forwarded<'a>| read.vhost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;
    use crate::ledger::Reject;

    #[test]
    fn the_host_in_front_is_the_host_asked_for() {
        for (head, host, client) in [
            ("lab.example:80 192.0.2.1 - -", "lab.example", "192.0.2.1"),
            ("\"lab.example\" 192.0.2.1 - -", "lab.example", "192.0.2.1"),
            ("lab.example 10.0.0.1, 192.0.2.1 - jane", "lab.example", "192.0.2.1"),
        ] {
            let line = format!(r#"{head} [20/Nov/2026:07:48:01 +0000] "GET /e HTTP/1.1" 500 195 "-" "curl/8""#);
            match VhostCombined.line(line.as_bytes()) {
                Parsed::Event(e) => assert_eq!((shown(&e.host).as_str(), shown(&e.client).as_str()), (host, client)),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn plain_combined_is_not_taken_for_it() {
        let line = br#"192.0.2.1 - - [20/Nov/2026:07:48:01 +0000] "GET /e HTTP/1.1" 500 195 "-" "curl/8""#;
        assert_eq!(VhostCombined.line(line), Parsed::Reject(Reject::UnknownFormat));
    }
}

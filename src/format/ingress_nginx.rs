//! ingress-nginx of Kubernetes: combined and its own tail, `log-format-upstream` as shipped.
//!
//! `request_length request_time [service] [alternative] addresses lengths times statuses req_id`.
//! The stamp is the end of the request. The backend is the service and the pod that answered,
//! `shop-cart-8080/10.0.0.5:8080`: the service (namespace, name and port) is what fails as a whole,
//! the pod what fails alone, and the analysis looks at both, as with HAProxy's `pool/server`.
//!
//! Quirks:
//! - Lists stand in columns without quotes, `10.0.0.1:80, 10.0.0.2:80 0, 0 0.000, 0.000 502, 502`: a
//!   comma at a word's end goes on. The last element answered.
//! - `[shop-cart-8080] [shop-canary-8080]`: the second service, a canary, got the request.
//! - `[]`, `[-]`, `[upstream-default-backend]`: no rule fits the request; there is no backend.
//! - Old releases lack the second `[]` or the request id, and write the client once more in brackets:
//!   `192.0.2.1 - [192.0.2.1] - - [20/Nov/..`.
//! - There is no header time. A 502 or 504 with an upstream length of 0 and a body for the client is
//!   nginx's own page: nobody answered ([`super::part::upstream`]).
//! - A 503 with `-` for every upstream: no pod is ready, or a rate limit refused it. Both look the
//!   same, so nothing is said of its ending.

use super::part::clf::read;
use super::part::field::{is_absent, list, number, word};
use super::part::tail::{Tail, tailed};
use super::part::upstream::Upstream;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Event, Stamp, Text, Tier};
use memchr::memchr;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "ingress-nginx",
        about: "Kubernetes ingress-nginx (upstreaminfo)",
        fields: &[
            "client",
            "method",
            "path",
            "query",
            "status",
            "origin_status",
            "bytes",
            "duration",
            "backend",
            "user_agent",
            "referrer",
            "request_id",
            "ending",
        ],
        stamp: Stamp::End,
        tier: Tier::Balancer,
        blind: "the host asked for is not logged; a 503 without a pod looks like a rate limit",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"192.0.2.1 - - [20/Nov/2026:07:47:58 +0000] "GET /a?b=c HTTP/1.1" 200 59 "https://example.net/" "curl/8" 89 0.001 [shop-cart-8080] [] 10.0.0.5:8080 59 0.000 200 529a007902362a5f51385a5fa7049884"#,
            r#"192.0.2.1 - - [20/Nov/2026:07:47:59 +0000] "GET /dead HTTP/1.1" 502 157 "-" "curl/8" 85 0.000 [shop-cart-8080] [] 10.0.0.5:8080, 10.0.0.6:8080 0, 0 0.000, 0.000 502, 502 219a43d0c2d5acf58f73f477711b8f12"#,
            r#"192.0.2.2 - [192.0.2.2] - - [20/Nov/2026:07:48:00 +0000] "GET /old HTTP/1.1" 404 21 "-" "curl/8" 90 0.002 [upstream-default-backend] 10.0.0.9:8080 21 0.002 404"#,
        ],
    },
    || Arc::new(IngressNginx),
);

#[derive(Debug)]
struct IngressNginx;

impl Dialect for IngressNginx {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, |line| tailed(line, FORMAT.facts.stamp, |_, tail: &Columns<'a>| tail.0.is_some()))
    }
}

/// The tail, where it is one.
struct Columns<'a>(Option<Row<'a>>);

#[derive(Debug)]
struct Row<'a> {
    duration: i64,
    service: &'a [u8],
    address: &'a [u8],
    upstream: Upstream<'a>,
    request_id: Option<&'a [u8]>,
}

impl<'a> Tail<'a> for Columns<'a> {
    fn read(rest: &'a [u8]) -> Self {
        Columns(row(rest.trim_ascii_start()))
    }

    fn forwarded(&self) -> Option<&'a [u8]> {
        None
    }

    fn put(self, event: &mut Event<'a>) {
        let Some(row) = self.0 else { return };
        event.duration = Some(row.duration);
        event.backend = backend(row.service, super::part::draft::last(row.address));
        event.request_id = row.request_id.filter(|id| !is_absent(id)).map(Cow::Borrowed);
        row.upstream.put(event);
    }
}

fn row(i: &[u8]) -> Option<Row<'_>> {
    let (i, length) = word(i).ok()?;
    let (i, time) = word(i).ok()?;
    let (i, service) = bracketed(i)?;
    let (i, alternative) = bracketed(i).unwrap_or((i, b""));
    let (i, address) = list(i).ok()?;
    let (i, lengths) = list(i).ok()?;
    let (i, times) = list(i).ok()?;
    let (i, status) = list(i).ok()?;
    number(length)?;
    let timed = times.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b',' | b' ' | b'-' | b':'));
    let request_id = word(i).ok().map(|(_, id)| id);
    timed.then_some(Row {
        duration: super::part::field::seconds(time).filter(|_| time.contains(&b'.'))?,
        service: if is_absent(alternative) { service } else { alternative },
        address,
        upstream: Upstream { status: Some(status), header_time: None, length: Some(lengths) },
        request_id,
    })
}

/// `[name]` and the spaces after it.
fn bracketed(i: &[u8]) -> Option<(&[u8], &[u8])> {
    let body = i.strip_prefix(b"[")?;
    let (name, rest) = body.split_at_checked(memchr(b']', body)?)?;
    let names = name.len() <= 253 && name.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
    names.then(|| (rest.get(1..).unwrap_or_default().trim_ascii_start(), name))
}

/// `service/address`; the service alone where no pod was chosen.
fn backend<'a>(service: &'a [u8], address: &'a [u8]) -> Option<Text<'a>> {
    match (service, address) {
        (b"" | b"-" | b"upstream-default-backend", _) => None,
        (service, b"" | b"-") => Some(Cow::Borrowed(service)),
        // The one allocation: the two stand in two columns.
        (service, address) => Some(Cow::Owned([service, b"/", address].concat())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ending;
    use crate::format::part::clf::shown;

    fn read_tail(status: u16, bytes: u64, tail: &str) -> Option<Event<'static>> {
        let line: &'static str =
            format!(r#"192.0.2.1 - - [20/Nov/2026:07:47:58 +0000] "GET /a HTTP/1.1" {status} {bytes} "-" "curl/8" {tail}"#)
                .leak();
        match IngressNginx.line(line.as_bytes()) {
            Parsed::Event(e) => Some(e),
            _ => None,
        }
    }

    #[test]
    fn new_and_old_tails_give_service_pod_and_time() {
        for (tail, backend, id) in [
            ("89 0.001 [ns-svc-80] [] 10.0.0.5:80 59 0.000 200 529a", "ns-svc-80/10.0.0.5:80", "529a"),
            ("89 0.001 [ns-svc-80] 10.0.0.5:80 59 0.000 200 529a", "ns-svc-80/10.0.0.5:80", "529a"),
            ("89 0.001 [ns-svc-80] 10.0.0.5:80 59 0.000 200", "ns-svc-80/10.0.0.5:80", "-"),
            ("89 0.001 [ns-svc-80] [ns-new-80] 10.0.0.5:80 59 0.000 200 529a", "ns-new-80/10.0.0.5:80", "529a"),
            (
                "89 0.001 [ns-svc-80] [] [2001:db8::7]:80, [2001:db8::8]:80 0, 5 1.0, 2.0 502, 200 x",
                "ns-svc-80/[2001:db8::8]:80",
                "x",
            ),
            ("89 0.001 [ns-svc-80] [] unix:/run/app.sock 59 0.002 200 0f76", "ns-svc-80/unix:/run/app.sock", "0f76"),
            ("89 0.001 [ns-svc-80] [] - - - - 529a", "ns-svc-80", "529a"),
            ("0 0.001 [] [] - - - - 529a", "-", "529a"),
            ("0 0.001 [-] [] - - - - 529a", "-", "529a"),
            ("0 0.001 [upstream-default-backend] [] 10.0.0.9:8080 21 0.002 404 529a", "-", "529a"),
        ] {
            let e = read_tail(200, 20, tail).expect(tail);
            assert_eq!([shown(&e.backend).as_str(), shown(&e.request_id).as_str()], [backend, id], "{tail}");
            assert_eq!((e.duration, e.end, e.start), (Some(1_000), Some(e.stamp), Some(e.stamp.plus(-1_000))));
        }
    }

    #[test]
    fn an_empty_answer_of_the_last_pod_tells_that_nobody_answered() {
        for (status, bytes, lists, want, origin) in [
            (502, 157, "10.0.0.5:80, 10.0.0.6:80 0, 0 0.000, 0.000 502, 502", Ending::UpstreamUnreachable, None),
            (504, 160, "10.0.0.5:80 0 60.000 504", Ending::UpstreamUnreachable, None),
            (502, 20, "10.0.0.5:80 20 0.001 502", Ending::UpstreamError, Some(502)),
            (500, 20, "10.0.0.5:80 20 0.001 500", Ending::UpstreamError, Some(500)),
            (503, 190, "- - - -", Ending::Unsaid, None),
            (499, 0, "10.0.0.5:80 0 1.000 -", Ending::ClientLeft, None),
            (200, 61, "10.0.0.5:80, 10.0.0.6:80 0, 61 0.100, 0.004 502, 200", Ending::Unsaid, Some(200)),
        ] {
            let e = read_tail(status, bytes, &format!("89 0.001 [ns-svc-80] [] {lists} 529a")).expect(lists);
            assert_eq!((e.ending, e.origin_status), (want, origin), "{status} {lists}");
        }
    }

    #[test]
    fn other_tails_are_not_its() {
        for tail in [
            "",
            "rt=0.001",
            "89 0.001 0.002 .",
            "89 0.001 [a b] [] - - - - x",
            "x 0.001 [a] [] - - - - x",
            "89 1 [a] [] - - - - x",
        ] {
            assert!(read_tail(200, 5, tail).is_none(), "{tail}");
        }
    }
}

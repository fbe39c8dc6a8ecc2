//! Amazon S3 server access logs: fields separated by spaces, request, referrer and agent in quotes.
//!
//! `owner bucket [time] ip requester request-id operation key "request" status error bytes size total
//! turnaround "referrer" "agent" version host-id signature cipher authentication host tls ...`. The
//! stamp is when the request came; the total time is in milliseconds. The format grows at its end:
//! lines that stop after the agent and lines with more columns are read alike.
//!
//! Quirks:
//! - Request `-`, bare or quoted, `BATCH.DELETE.OBJECT a.png - 204 - ...`, `S3.EXPIRE.OBJECT ...`: one
//!   piece of a request that deletes many objects, which has a line of its own, or a lifecycle rule at
//!   work. No user asked for it: set aside.
//! - Agents are written as the client sent them, quotes too, `"My "agent" 1"`: the last quote of the
//!   line ends it, since no later column is quoted.
//! - The client of a lifecycle rule or of another service is `-` or a name, not an address: absent.
//! - Paths of keys are percent-encoded as the client sent them; the key column is encoded twice and is
//!   not used.
//! - `503 SlowDown` protects the bucket's capacity; `403 AccessDenied` and its like are policy, also for
//!   a key that is missing where the client must not list the bucket.

use super::part::clf::read;
use super::part::client::is_address;
use super::part::field::{
    Quoting, Raw, fine_millis, gap, is_absent, is_status, number, present, quoted, request, request_and_status, status_field,
    word,
};
use super::part::stamp;
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Ending, Event, Stamp, Text, Tier};
use crate::ledger::{Reject, Skip};
use memchr::{memchr, memrchr};
use nom::Parser;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "s3",
        about: "Amazon S3 server access log",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
            "bytes",
            "duration",
            "user_agent",
            "referrer",
            "request_id",
            "ending",
        ],
        stamp: Stamp::Start,
        tier: Tier::Origin,
        blind: "delivery is best effort and hours late; whole seconds",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"79a59df900b949e55d96a1e698fbaced example-bucket [20/Nov/2026:07:48:12 +0000] 192.0.2.3 - 891CE47D2EXAMPLE REST.GET.OBJECT a.png "GET /example-bucket/a.png?versionId=3 HTTP/1.1" 200 - 242 242 11 10 "https://www.example/" "curl/8" - 9vKBE6vMhrNiWHZm= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader example-bucket.s3.us-west-1.amazonaws.com TLSv1.3 - -"#,
            r#"79a59df900b949e55d96a1e698fbaced example-bucket [20/Nov/2026:07:48:13 +0000] 2001:db8::7 - 991CE47D2EXAMPLE REST.GET.OBJECT b.png "GET /b.png HTTP/1.1" 503 SlowDown 297 - 38 - "-" "curl/8" -"#,
            r#"79a59df900b949e55d96a1e698fbaced example-bucket [20/Nov/2026:07:48:14 +0000] 192.0.2.3 arn:aws:iam::123456789012:user/a A91CE47D2EXAMPLE BATCH.DELETE.OBJECT c.png - 204 - - 344017 - - - - - IeDW5I3wefFxU8iH= SigV4 ECDHE-RSA-AES128-SHA AuthHeader s3.eu-central-1.amazonaws.com TLSv1.2"#,
        ],
    },
    || Arc::new(S3),
);

#[derive(Debug)]
struct S3;

impl Dialect for S3 {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        read(line, parse)
    }
}

fn parse(line: &[u8]) -> Result<Parsed<'_>, Reject> {
    let unknown = |_| Reject::UnknownFormat;
    let (rest, (_owner, _bucket)) = (word, word).parse(line).map_err(unknown)?;
    let dated = rest.strip_prefix(b"[").ok_or(Reject::UnknownFormat)?;
    let (date, rest) = memchr(b']', dated).and_then(|n| dated.split_at_checked(n)).ok_or(Reject::UnknownFormat)?;
    let rest = rest.strip_prefix(b"] ").ok_or(Reject::UnknownFormat)?;
    let (rest, (ip, _requester, id, operation, _key)) = (word, word, word, word, word).parse(rest).map_err(unknown)?;
    if !is_operation(operation) {
        return Err(Reject::UnknownFormat);
    }
    let (rest, raw, status) = asked(rest).ok_or(Reject::UnknownFormat)?;
    let (rest, _) = gap(rest).map_err(unknown)?;
    let (rest, (error, sent, _size, total, _turn)) = (word, word, word, word, word).parse(rest).map_err(unknown)?;
    if ![sent, total].iter().all(|n| is_absent(n) || number(n).is_some()) {
        return Err(Reject::UnknownFormat);
    }
    let mut event = Event::at(stamp::clf(date).ok_or(Reject::BadTime)?);
    let request = request(raw);
    event.client = is_address(ip).then_some(Cow::Borrowed(ip));
    event.method = request.method;
    event.protocol = request.protocol;
    event.path = request.path;
    event.query = request.query;
    event.status = status;
    event.bytes = number(sent);
    event.request_id = present(id);
    event.duration = fine_millis(total);
    event.place(Stamp::Start);
    event.ending = ending(error);
    let (referrer, agent, later) = tail(rest);
    event.referrer = referrer;
    event.user_agent = agent;
    event.host = later.split(|b| *b == b' ').filter(|w| !w.is_empty()).nth(BEFORE_HOST).and_then(present).or(request.host);
    Ok(if is_absent(raw.bytes) { Parsed::Aside(event, Skip::Internal) } else { Parsed::Event(event) })
}

/// Columns between the agent and the host: version, host id, signature, cipher, authentication.
const BEFORE_HOST: usize = 5;

/// `REST.GET.OBJECT`, `S3.EXPIRE.OBJECT`, `BATCH.DELETE.OBJECT`, `WEBSITE.GET.OBJECT`.
fn is_operation(word: &[u8]) -> bool {
    let known = [&b"REST."[..], b"S3.", b"BATCH.", b"WEBSITE.", b"SOAP."];
    known.iter().any(|start| word.starts_with(start))
}

/// The request and the status; `-` for a request, with or without quotes, is none.
fn asked(i: &[u8]) -> Option<(&[u8], Raw<'_>, Option<u16>)> {
    if let Some(rest) = i.strip_prefix(b"- ").or_else(|| i.strip_prefix(b"\"-\" ")) {
        let n = memchr(b' ', rest)?;
        let (status, rest) = rest.split_at_checked(n)?;
        let valid = is_status(status);
        return valid.then(|| (rest, Raw::plain(b"-"), status_field(status)));
    }
    let (rest, (raw, status)) = request_and_status(i).ok()?;
    Some((rest, Raw { quoting: Quoting::None, ..raw }, status))
}

/// Referrer, agent and what follows them. S3 escapes nothing in them.
fn tail(rest: &[u8]) -> (Option<Text<'_>>, Option<Text<'_>>, &[u8]) {
    let (rest, referrer) = match (quoted(rest), word(rest)) {
        (Ok((rest, raw)), _) => (rest.trim_ascii_start(), present(raw.bytes)),
        (_, Ok((rest, bare))) => (rest, present(bare)),
        _ => (rest, None),
    };
    let in_quotes = rest.strip_prefix(b"\"").and_then(|body| Some((body, memrchr(b'"', body)?)));
    match (in_quotes, word(rest)) {
        (Some((body, n)), _) => (referrer, body.get(..n).and_then(present), body.get(n + 1..).unwrap_or_default()),
        (_, Ok((later, agent))) => (referrer, present(agent), later),
        _ => (referrer, None, rest),
    }
}

/// What the error code says.
fn ending(error: &[u8]) -> Ending {
    match error {
        b"SlowDown" | b"ServiceUnavailable" | b"TooManyRequests" => Ending::Shed,
        b"AccessDenied"
        | b"AllAccessDisabled"
        | b"AccountProblem"
        | b"ExpiredToken"
        | b"InvalidAccessKeyId"
        | b"InvalidToken"
        | b"RequestTimeTooSkewed"
        | b"SignatureDoesNotMatch" => Ending::Policy,
        b"RequestTimeout" => Ending::ClientLeft,
        _ => Ending::Unsaid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    fn line(operation: &str, asked: &str, status: &str, rest: &str) -> String {
        format!("79a5 bucket [20/Nov/2026:07:48:12 +0000] 192.0.2.3 - 891C {operation} a%2520b {asked} {status} {rest}")
    }

    const GET: &str = r#""GET /bucket/a%20b?x=1 HTTP/1.1""#;
    const REST: &str = r#"242 242 11 10 "-" "curl/8" - 9v+= SigV4 ECDHE AuthHeader bucket.s3.example TLSv1.3 - Yes later"#;

    fn event(line: &str) -> Event<'_> {
        match S3.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_line_of_any_age_is_read() {
        for (rest, host) in [
            (REST, "bucket.s3.example"),
            (r#"242 242 11 10 "-" "curl/8" - 9v+= SigV4 ECDHE AuthHeader bucket.s3.example"#, "bucket.s3.example"),
            (r#"242 242 11 10 "-" "curl/8" -"#, "-"),
            (r#"242 242 11 10 "-" "curl/8""#, "-"),
        ] {
            let line = line("REST.GET.OBJECT", GET, "200 -", rest);
            let e = event(&line);
            assert_eq!(e.start.map(|t| t.to_string()).as_deref(), Some("2026-11-20T07:48:12Z"));
            assert_eq!((e.status, e.bytes, e.duration, e.end), (Some(200), Some(242), Some(11_000), Some(e.stamp.plus(11_000))));
            assert_eq!(
                [shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.user_agent), shown(&e.referrer)],
                [host, "/bucket/a%20b", "x=1", "curl/8", "-"]
            );
        }
    }

    #[test]
    fn quotes_that_are_not_escaped_do_no_harm() {
        let rest = REST.replace("\"-\" \"curl/8\"", r#""https://x.example/" "My "odd" agent\""#);
        let line = line("REST.GET.OBJECT", r#""GET /a" b HTTP/1.1""#, "403 AccessDenied", &rest);
        let e = event(&line);
        assert_eq!(
            [shown(&e.path), shown(&e.user_agent), shown(&e.referrer), shown(&e.host)],
            ["/a\" b", r#"My "odd" agent\"#, "https://x.example/", "bucket.s3.example"]
        );
        assert_eq!(e.ending, Ending::Policy);
    }

    #[test]
    fn records_without_a_request_are_set_aside() {
        for (operation, asked, status, want) in [
            ("BATCH.DELETE.OBJECT", "-", "204 -", Some(204)),
            ("S3.EXPIRE.OBJECT", "\"-\"", "- -", None),
            ("REST.COPY.OBJECT_GET", "-", "200 -", Some(200)),
        ] {
            let line = line(operation, asked, status, "- 344017 - - - - - Ie= SigV4 ECDHE AuthHeader s3.example TLSv1.2");
            let Parsed::Aside(e, Skip::Internal) = S3.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((e.status, e.bytes, e.duration, e.method), (want, None, None, None), "{operation}");
            assert_eq!((shown(&e.client).as_str(), shown(&e.host).as_str()), ("192.0.2.3", "s3.example"));
        }
    }

    #[test]
    fn error_codes_tell_why() {
        for (error, want) in
            [("SlowDown", Ending::Shed), ("InternalError", Ending::Unsaid), ("NoSuchKey", Ending::Unsaid), ("-", Ending::Unsaid)]
        {
            assert_eq!(event(&line("REST.GET.OBJECT", GET, &format!("503 {error}"), REST)).ending, want, "{error}");
        }
    }

    #[test]
    fn foreign_lines_are_refused_and_a_wrong_date_is_named() {
        let good = line("REST.GET.OBJECT", GET, "200 -", REST);
        for (line, want) in [
            (good.replace("20/Nov", "99/Nov"), Reject::BadTime),
            (good.replace("REST.GET", "rest.get"), Reject::UnknownFormat),
            (good.replace(" 242 242 ", " many 242 "), Reject::UnknownFormat),
            (good.replace(" 200 ", " OK "), Reject::UnknownFormat),
            (r#"192.0.2.1 - [20/Nov/2026:07:48:12 +0000] "GET / HTTP/1.1" 200 5"#.to_owned(), Reject::UnknownFormat),
        ] {
            assert_eq!(S3.line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

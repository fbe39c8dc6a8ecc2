//! What the logs of Envoy's family share: the text line, and who ended an exchange.
//!
//! Envoy writes `[time] "request" status flags received sent duration upstream "forwarded" "agent" "id"
//! "authority" "upstream"`. Istio puts `details termination "failure"` behind the flags and `cluster local
//! local remote sni route` behind the upstream; older Istio puts `"-" "failure"` behind the flags.
//!
//! The response code details say best who answered: `via_upstream` is the next tier, everything else
//! Envoy itself. Where they are not logged, the flags say it. Of a TCP connection (`"- - -" 0`) there is
//! no request: set aside.

use super::client;
use super::field::{Raw, Step, gap, is_absent, number, quoted, refuse, request, request_and_status, size, word};
use super::stamp;
use crate::event::{Ending, Event, Stamp};
use crate::format::Parsed;
use crate::ledger::{Reject, Skip};
use memchr::{memchr, memmem};
use nom::Parser;
use std::borrow::Cow;

/// What a line says of how the exchange ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said<'a> {
    /// Response flags: `-`, `UF`, `UF,URX`.
    pub flags: &'a [u8],
    /// Response code details; empty or `-` where they are not logged.
    pub details: &'a [u8],
    /// Whether a header of the next tier was timed.
    pub header: bool,
}

/// A text line.
#[derive(Debug)]
pub struct Line<'a> {
    /// What it tells.
    pub parsed: Parsed<'a>,
    /// Whether it has Istio's additions.
    pub is_istio: bool,
}

/// Words between the flags and the byte counts that are passed over at most.
const BETWEEN_MAX: usize = 24;

/// Fewest words behind the upstream that are Istio's.
const ISTIO_TAIL: usize = 4;

/// Reads a text line of either kind.
///
/// # Errors
/// [`Reject::BadTime`] where only the date is wrong, else [`Reject::UnknownFormat`].
pub fn text(line: &[u8]) -> Result<Line<'_>, Reject> {
    let unknown = |_| Reject::UnknownFormat;
    // Situation: Ambassador begins its lines with a word, `ACCESS [2026-11-20T07:48:12.980Z] "GET ...`.
    let dated = line.strip_prefix(b"ACCESS ").unwrap_or(line).strip_prefix(b"[").ok_or(Reject::UnknownFormat)?;
    let (date, rest) =
        memchr(b']', dated.get(..48).unwrap_or(dated)).and_then(|n| dated.split_at_checked(n)).ok_or(Reject::UnknownFormat)?;
    let (rest, _) = gap(rest.get(1..).unwrap_or_default()).map_err(unknown)?;
    let (rest, ((asked, status), _, flags)) = (request_and_status, gap, word).parse(rest).map_err(unknown)?;
    if !is_flags(flags) {
        return Err(Reject::UnknownFormat);
    }
    let (rest, (details, sent, taken, header)) = numbers(rest).map_err(unknown)?;
    let (rest, (forwarded, agent, id, authority, upstream)) = (inner, inner, inner, inner, value).parse(rest).map_err(unknown)?;
    let tail = Tail::read(rest);
    let mut event = Event::at(stamp::iso8601(date).ok_or(Reject::BadTime)?);

    put_request(&mut event, asked);
    event.host = present(authority).or(event.host.take());
    event.status = status;
    event.bytes = sent;
    event.duration = taken.and_then(|ms| i64::try_from(ms).ok()?.checked_mul(1_000));
    client::put(&mut event, tail.remote.map(|peer| client::bare(Cow::Borrowed(peer))), present(forwarded));
    event.user_agent = present(agent);
    event.request_id = present(id);
    event.place(Stamp::Start);
    let said = Said { flags, details: details.unwrap_or_default(), header: header.is_some() };
    conclude(&mut event, backend(upstream.bytes, tail.cluster), said);

    let is_istio = details.is_some() || tail.words >= ISTIO_TAIL;
    let parsed = if asked.bytes == b"- - -" { Parsed::Aside(event, Skip::Connection) } else { Parsed::Event(event) };
    Ok(Line { parsed, is_istio })
}

fn put_request<'a>(event: &mut Event<'a>, asked: Raw<'a>) {
    let asked = request(Raw::plain(asked.bytes));
    event.method = asked.method;
    event.protocol = asked.protocol;
    event.host = asked.host;
    event.path = asked.path;
    event.query = asked.query;
}

/// Envoy quotes nothing: what stands between the quotes is the value.
fn present(raw: Raw<'_>) -> Option<Cow<'_, [u8]>> {
    Raw::plain(raw.bytes).present()
}

/// Flags are `-` or short words of capital letters, separated by commas.
fn is_flags(text: &[u8]) -> bool {
    text == b"-" || (text.iter().all(|b| b.is_ascii_uppercase() || *b == b',') && text.len() < 64)
}

/// A value in quotes and the blanks after it.
fn value(i: &[u8]) -> Step<'_, Raw<'_>> {
    quoted(i).map(|(rest, raw)| (rest.trim_ascii_start(), raw))
}

/// A value in quotes that another one follows. Envoy does not escape the quotes inside.
fn inner(i: &[u8]) -> Step<'_, Raw<'_>> {
    let found = i.strip_prefix(b"\"").and_then(|body| {
        let n = memmem::find(body, b"\" \"")?;
        Some((body.get(n + 2..)?, Raw::plain(body.get(..n)?)))
    });
    found.map_or_else(|| refuse(i), Ok)
}

/// The details, bytes sent, milliseconds, and milliseconds of the next tier.
type Numbers<'a> = (Option<&'a [u8]>, Option<u64>, Option<u64>, Option<u64>);

/// Reads on to four numbers before a quote. The first bare word passed over is the details.
fn numbers(i: &[u8]) -> Step<'_, Numbers<'_>> {
    let (mut i, mut details, mut passed) = (i, None, false);
    for _ in 0..BETWEEN_MAX {
        let four = (size, gap, size, gap, size, gap, size, gap).parse(i);
        if let Ok((rest, (_, _, sent, _, taken, _, header, _))) = four
            && rest.first() == Some(&b'"')
        {
            return Ok((rest, (details.or(passed.then_some(b"".as_slice())), sent, taken, header)));
        }
        passed = true;
        i = if i.first() == Some(&b'"') {
            value(i)?.0
        } else {
            let (rest, passed) = word(i)?;
            details = details.or(Some(passed));
            rest
        };
    }
    refuse(i)
}

/// The words behind the upstream.
#[derive(Debug, Default)]
struct Tail<'a> {
    words: usize,
    cluster: Option<&'a [u8]>,
    remote: Option<&'a [u8]>,
}

impl<'a> Tail<'a> {
    /// Cluster, upstream's local address, downstream's local address, downstream's remote address, ...
    fn read(rest: &'a [u8]) -> Self {
        let mut tail = Tail::default();
        for bytes in rest.split(|b| *b == b' ').filter(|w| !w.is_empty()).take(6) {
            match tail.words {
                0 => tail.cluster = Some(bytes),
                3 => tail.remote = Some(bytes).filter(|b| !is_absent(b)),
                _ => {}
            }
            tail.words += 1;
        }
        tail
    }
}

/// The host that was chosen, or the cluster where none was.
///
/// Situation: old versions name a scheme, `"tcp://192.0.2.80:80"`: left out, so that it is the same host.
pub fn backend<'a>(host: &'a [u8], cluster: Option<&'a [u8]>) -> Option<&'a [u8]> {
    let host = host.strip_prefix(b"tcp://").unwrap_or(host);
    Some(host).filter(|h| !is_absent(h)).or(cluster.filter(|c| !is_absent(c)))
}

/// Puts backend, the next tier's status and the ending into an event that has its status.
pub fn conclude<'a>(event: &mut Event<'a>, backend: Option<&'a [u8]>, said: Said<'_>) {
    event.backend = backend.map(Cow::Borrowed);
    event.origin_status = event.status.filter(|_| answered(event, said));
    event.ending = ending(event.status, event.origin_status.is_some(), said);
}

/// Whether the next tier gave the status.
fn answered(event: &Event<'_>, said: Said<'_>) -> bool {
    if !is_absent(said.details) {
        return said.details.starts_with(b"via_upstream") || began(said.details);
    }
    said.header || (said.flags == b"-" && event.backend.as_ref().is_some_and(|b| memchr(b'|', b).is_none()))
}

fn began(details: &[u8]) -> bool {
    details.starts_with(b"upstream_reset_after_response_started")
}

/// Who ended the exchange.
///
/// Status 0: the client left before the answer. Otherwise the details go before the flags; the flags
/// are those of Envoy's access log manual.
#[must_use]
pub fn ending(status: Option<u16>, answered: bool, said: Said<'_>) -> Ending {
    let has = |names: &[&[u8]]| said.flags.split(|b| *b == b',').any(|flag| names.contains(&flag));
    let details = if said.details == b"-" { b"" } else { said.details };
    let error = status.is_some_and(|s| s >= 500);
    match () {
        () if status.is_none() || has(&[b"DC", b"DR"]) || details.starts_with(b"downstream_remote_disconnect") => {
            Ending::ClientLeft
        }
        () if began(details) || (answered && !error && has(&[b"UC", b"UR", b"UT", b"LR", b"SI", b"UPE"])) => Ending::CutShort,
        () if answered => error_of(error, Ending::UpstreamError),
        () if has(&[b"UO", b"RL", b"OM", b"DO", b"UDO"]) || status == Some(429) || details.starts_with(b"overload") => {
            Ending::Shed
        }
        () if has(&[b"UPE"]) => Ending::UpstreamError,
        () if has(&[b"UH", b"UF", b"UC", b"UT", b"UR", b"LR", b"URX", b"NC", b"DF", b"UMSDR", b"LH"]) => {
            Ending::UpstreamUnreachable
        }
        () if has(&[b"UAEX", b"RLSE", b"IH", b"NR", b"FI", b"DPE"]) => Ending::Policy,
        // A stream that idles too long: the client's fault before the request is complete (408), else
        // the next tier's.
        () if has(&[b"SI", b"DT"]) && status == Some(408) => Ending::ClientLeft,
        () if has(&[b"SI", b"DT"]) || details.starts_with(b"upstream_") || details.starts_with(b"no_healthy_upstream") => {
            error_of(error, Ending::UpstreamUnreachable)
        }
        () if details.is_empty() => Ending::Unsaid,
        () if status.is_some_and(|s| s >= 400) => Ending::Policy,
        () => Ending::Unsaid,
    }
}

fn error_of(error: bool, ending: Ending) -> Ending {
    if error { ending } else { Ending::Unsaid }
}

/// Milliseconds of the next tier's header, where one came.
pub fn timed(text: Option<&[u8]>) -> bool {
    text.is_some_and(|t| number(t).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_and_flags_say_who_ended_the_exchange() {
        for (status, flags, details, answered, want) in [
            (200, "-", "via_upstream", true, Ending::Unsaid),
            (503, "-", "via_upstream", true, Ending::UpstreamError),
            (503, "URX", "via_upstream", true, Ending::UpstreamError),
            (200, "DC", "via_upstream", true, Ending::ClientLeft),
            (0, "DC", "downstream_remote_disconnect", false, Ending::ClientLeft),
            (0, "-", "-", false, Ending::ClientLeft),
            (200, "UC", "upstream_reset_after_response_started{connection_termination}", true, Ending::CutShort),
            (200, "UR", "-", true, Ending::CutShort),
            (503, "UF", "upstream_reset_before_response_started{connection_failure}", false, Ending::UpstreamUnreachable),
            (503, "UF,URX", "-", false, Ending::UpstreamUnreachable),
            (503, "UH", "no_healthy_upstream", false, Ending::UpstreamUnreachable),
            (503, "UC", "", false, Ending::UpstreamUnreachable),
            (504, "UT", "upstream_response_timeout", false, Ending::UpstreamUnreachable),
            (503, "NC", "cluster_not_found", false, Ending::UpstreamUnreachable),
            (502, "UPE", "upstream_reset_before_response_started{protocol_error}", false, Ending::UpstreamError),
            (503, "UO", "upstream_reset_before_response_started{overflow}", false, Ending::Shed),
            (429, "RL", "request_rate_limited", false, Ending::Shed),
            (429, "-", "local_rate_limited", false, Ending::Shed),
            (503, "OM", "overload", false, Ending::Shed),
            (403, "UAEX", "ext_authz_denied", false, Ending::Policy),
            (403, "-", "rbac_access_denied_matched_policy[none]", false, Ending::Policy),
            (404, "NR", "route_not_found", false, Ending::Policy),
            (400, "DPE", "http1.codec_error", false, Ending::Policy),
            (408, "SI", "stream_idle_timeout", false, Ending::ClientLeft),
            (504, "SI", "stream_idle_timeout", false, Ending::UpstreamUnreachable),
            (301, "-", "direct_response", false, Ending::Unsaid),
            (503, "-", "", true, Ending::UpstreamError),
            (503, "-", "", false, Ending::Unsaid),
        ] {
            let said = Said { flags: flags.as_bytes(), details: details.as_bytes(), header: false };
            let status = (status != 0).then_some(status);
            assert_eq!(ending(status, answered, said), want, "{status:?} {flags} {details}");
        }
    }

    #[test]
    fn the_backend_is_the_host_or_else_the_cluster() {
        for (host, cluster, want) in [
            ("192.0.2.80:80", Some("outbound|80||a.example"), Some("192.0.2.80:80")),
            ("tcp://192.0.2.80:80", None, Some("192.0.2.80:80")),
            ("-", Some("outbound|80||a.example"), Some("outbound|80||a.example")),
            ("-", Some("-"), None),
            ("", None, None),
        ] {
            assert_eq!(backend(host.as_bytes(), cluster.map(str::as_bytes)), want.map(str::as_bytes), "{host}");
        }
    }
}

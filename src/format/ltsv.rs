//! Labelled tab-separated values, with the labels of ltsv.org and their usual variants.
//!
//! Quirks:
//! - `host` is the client (`%h`, `$remote_addr`), as ltsv.org has it, and `vhost` the host asked for. Many
//!   configurations write `remote_addr` for the client and `host` for the host: where a line names the
//!   client otherwise, its `host` is the host.
//! - Who wrote the line shows only in its durations: `reqtime_microsec` is Apache's `%D`, and Apache
//!   stamps the start; `reqtime` with decimals is nginx's `$request_time`, and nginx stamps the end.
//!   Without either the instant is unknown.
//! - `upstream_status:502` alone does not say that anybody answered: [`super::part::upstream`].
//! - Values are quoted as the server does (`\x22`, `\"`), or not at all.

use super::part::draft::Draft;
use super::part::field::is_http_method;
use super::part::labelled::Labelled;
use super::part::slot::{Keys, Slot};
use super::{Facts, Format, Parsed};
use crate::event::{Event, Stamp, Tier};
use crate::format::part::client;
use crate::ledger::Reject;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "ltsv",
        about: "labelled tab-separated values (ltsv.org)",
        fields: &[
            "client",
            "host",
            "method",
            "path",
            "query",
            "status",
            "origin_status",
            "bytes",
            "duration",
            "cache",
            "backend",
            "user_agent",
            "referrer",
            "request_id",
            "ending",
        ],
        stamp: Stamp::Unknown,
        tier: Tier::Origin,
        blind: "labels are the administrator's choice: a value under an unknown one is not read",
        specificity: 8,
        zoneless: false,
        samples: &[
            "time:20/Nov/2026:07:48:12 +0000\thost:192.0.2.1\tforwardedfor:-\treq:GET /a?b=c HTTP/1.1\tmethod:GET\turi:/a\tstatus:200\tsize:900\treqsize:150\treferer:https://example.net/\tua:curl/8\tvhost:www.example\treqtime:0.023\tcache:HIT\truntime:-\tapptime:0.020\treqid:59ec",
            "time:2026-11-20T07:48:13+00:00\tremote_addr:192.0.2.2\trequest:GET /b HTTP/1.1\tstatus:502\tbody_bytes_sent:157\thost:www.example\trequest_time:0.004\tupstream_addr:10.0.0.2:80\tupstream_status:500",
        ],
    },
    || Arc::new(Labelled::new(Keys::new(KEYS), make)),
);

/// The label that is the client's or the host's.
const HOST: Slot = Slot::Note0;

/// Labels and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("time", Slot::Time),
    ("time_local", Slot::Time),
    ("time_iso8601", Slot::Time),
    ("timestamp", Slot::Time),
    ("date", Slot::Time),
    ("msec", Slot::FineTime),
    ("host", HOST),
    ("remote_addr", Slot::Client),
    ("remote_host", Slot::Client),
    ("client", Slot::Client),
    ("client_ip", Slot::Client),
    ("ip", Slot::Client),
    ("remotehost", Slot::Client),
    ("forwardedfor", Slot::Forwarded),
    ("x_forwarded_for", Slot::Forwarded),
    ("http_x_forwarded_for", Slot::Forwarded),
    ("xff", Slot::Forwarded),
    ("req", Slot::Request),
    ("request", Slot::Request),
    ("method", Slot::Method),
    ("request_method", Slot::Method),
    ("uri", Slot::Target),
    ("request_uri", Slot::Target),
    ("path", Slot::OtherTarget),
    ("query", Slot::Query),
    ("status", Slot::Status),
    ("size", Slot::Bytes),
    ("bytes", Slot::Bytes),
    ("body_bytes_sent", Slot::Bytes),
    ("bytes_sent", Slot::TotalBytes),
    ("referer", Slot::Referrer),
    ("referrer", Slot::Referrer),
    ("http_referer", Slot::Referrer),
    ("ua", Slot::UserAgent),
    ("user_agent", Slot::UserAgent),
    ("http_user_agent", Slot::UserAgent),
    ("vhost", Slot::Host),
    ("http_host", Slot::Host),
    ("server_name", Slot::OtherHost),
    ("server", Slot::OtherHost),
    ("domain", Slot::OtherHost),
    ("reqtime", Slot::Seconds),
    ("request_time", Slot::Seconds),
    ("taken_sec", Slot::Seconds),
    ("reqtime_microsec", Slot::Micros),
    ("response_time", Slot::Duration),
    ("cache", Slot::Cache),
    ("upstream_cache_status", Slot::Cache),
    ("upstream_addr", Slot::Backend),
    ("upstream_status", Slot::OriginStatus),
    ("upstream_header_time", Slot::HeaderTime),
    ("upstream_response_length", Slot::OriginLength),
    ("reqid", Slot::RequestId),
    ("request_id", Slot::RequestId),
    ("x_request_id", Slot::RequestId),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let status = draft.bytes(Slot::Status).ok_or(Reject::UnknownFormat)?;
    let named = [Slot::Client, HOST, Slot::Request, Slot::Method, Slot::Target, Slot::OtherTarget];
    // Other services write labelled values too: `time:.. status:550 host:mx1 from:a@b`.
    let asked = match (draft.bytes(Slot::Request), draft.bytes(Slot::Method)) {
        (Some(line), _) => line.split(|b| *b == b' ').next().is_some_and(is_http_method),
        (None, Some(method)) => is_http_method(method),
        (None, None) => {
            let url = draft.bytes(Slot::Target).or(draft.bytes(Slot::OtherTarget));
            url.is_some_and(|u| u.starts_with(b"/")) || draft.bytes(HOST).is_some_and(client::is_address)
        }
    };
    if !asked || !named.into_iter().any(|slot| draft.has(slot)) || !status.iter().all(u8::is_ascii_digit) {
        return Err(Reject::UnknownFormat);
    }
    let meaning = stamp(draft);
    let mut event = draft.event(meaning)?;
    put_host(&mut event, draft);
    draft.upstream().put(&mut event);
    Ok(Parsed::Event(event))
}

/// Which instant the stamp tells.
fn stamp(draft: &Draft<'_>) -> Stamp {
    if draft.has(Slot::Micros) {
        Stamp::Start
    } else if draft.bytes(Slot::Seconds).is_some_and(|s| s.contains(&b'.')) {
        Stamp::End
    } else {
        Stamp::Unknown
    }
}

/// `host`: the client where the line names no other, else the host asked for.
fn put_host<'a>(event: &mut Event<'a>, draft: &Draft<'a>) {
    let Some(host) = draft.text(HOST).filter(|host| !matches!(&**host, b"" | b"-")) else { return };
    if draft.has(Slot::Client) {
        event.host = event.host.take().or(Some(host));
    } else {
        let list = event.forwarded.take();
        client::put(event, Some(client::bare(host)), list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ending;
    use crate::format::part::clf::shown;

    fn event(line: &str) -> Event<'static> {
        let line: &'static str = line.to_owned().leak();
        match (FORMAT.dialect)().line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn host_is_the_client_unless_another_label_is() {
        for (labels, client, host) in [
            ("host:192.0.2.1\tvhost:x.example", "192.0.2.1", "x.example"),
            ("host:10.0.0.1\tforwardedfor:203.0.113.9, 10.0.0.2", "203.0.113.9", "-"),
            ("remote_addr:192.0.2.1\thost:x.example\tmethod:GET", "192.0.2.1", "x.example"),
            ("host:-\tmethod:GET", "-", "-"),
        ] {
            let e = event(&format!("time:20/Nov/2026:07:48:12 +0000\t{labels}\tstatus:200"));
            assert_eq!((shown(&e.client).as_str(), shown(&e.host).as_str()), (client, host), "{labels}");
            assert_eq!(e.peer.is_some(), e.forwarded.is_some(), "a peer stands only beside a list: {labels}");
        }
    }

    #[test]
    fn durations_tell_which_server_and_so_which_instant() {
        for (label, duration, start, end) in [
            ("reqtime:0.250", Some(250_000), "2026-11-20T07:48:11.75Z", "2026-11-20T07:48:12Z"),
            ("reqtime_microsec:250000", Some(250_000), "2026-11-20T07:48:12Z", "2026-11-20T07:48:12.25Z"),
            ("reqtime:2", Some(2_000_000), "-", "-"),
            ("apptime:0.1", None, "-", "-"),
        ] {
            let e = event(&format!("time:[20/Nov/2026:07:48:12 +0000]\thost:192.0.2.1\t{label}\tstatus:200"));
            let text = |t: Option<crate::time::Micros>| t.map_or("-".into(), |t| t.to_string());
            assert_eq!((e.duration, text(e.start).as_str(), text(e.end).as_str()), (duration, start, end), "{label}");
        }
    }

    #[test]
    fn upstream_labels_tell_who_made_the_error() {
        for (labels, origin, want) in [
            ("status:500\tupstream_status:500", Some(500), Ending::UpstreamError),
            ("status:502\tupstream_status:502", None, Ending::Unsaid),
            ("status:500\tupstream_status:200\tupstream_header_time:0.1", Some(200), Ending::Unsaid),
            ("status:502\tupstream_status:502\tupstream_header_time:-", None, Ending::UpstreamUnreachable),
            ("status:502\tupstream_status:502\tupstream_header_time:0.1", Some(502), Ending::UpstreamError),
            ("status:499\tupstream_status:-", None, Ending::ClientLeft),
        ] {
            let e = event(&format!("time:20/Nov/2026:07:48:12 +0000\thost:192.0.2.1\t{labels}"));
            assert_eq!((e.origin_status, e.ending), (origin, want), "{labels}");
        }
    }

    #[test]
    fn other_labelled_lines_are_refused() {
        for (line, want) in [
            ("time:20/Nov/2026:07:48:12 +0000\tlevel:info\tmessage:x", Reject::UnknownFormat),
            ("time:20/Nov/2026:07:48:12 +0000\thost:a\tstatus:ok", Reject::UnknownFormat),
            ("time:40/Nov/2026:07:48:12 +0000\thost:192.0.2.1\tstatus:200", Reject::BadTime),
            ("2026-11-20 07:48:12 [error] x", Reject::UnknownFormat),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

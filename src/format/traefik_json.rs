//! Traefik's access log in JSON, versions 1 to 3: one flat object a line.
//!
//! `StartUTC` (or `StartLocal`) is the request's start, in nanoseconds; `Duration` is nanoseconds. `time`
//! is when the line was written: the end, in whole seconds, and used only where no start is logged.
//!
//! Quirks:
//! - `DownstreamStatus` is what the client got. `OriginStatus` absent or 0: the request was never passed
//!   on, Traefik made the answer.
//! - A server that cannot be reached has an `OriginStatus` all the same: the 502 or 504 is made inside
//!   the service, `"OriginStatus":502,"OriginContentSize":11`. Such answers are told by their body, which
//!   is the reason phrase (`Bad Gateway`, 11 bytes; `Gateway Timeout`, 15; `no available server` and a line
//!   end with 503, 20), and have no origin status here.
//!   `OriginError`, where logged, says it outright.
//! - `RouterName` absent (version 1: `"FrontendName":"backend not found"`): no route fits.
//! - `ClientHost` is the forwarded-for list where the entry point trusts who sent it, and then may be a
//!   list, `"192.0.2.1,10.0.0.50"`: the leftmost public address of it is the client. Where none is, it is
//!   the last one, which the trusted sender itself saw.
//! - `ServiceURL` is an object (version 1: `BackendURL`) or, since 2.11, text: `"http://10.0.0.3:80"`.
//!   `ServiceAddr` says the same as `host:port` and is preferred.
//! - `RequestPath` has the query. Status 0: a connection that was upgraded (WebSocket), or a client that
//!   left.

use super::part::client;
use super::part::draft::Draft;
use super::part::field::{is_absent, number};
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::part::traefik;
use super::{Facts, Format, Parsed};
use crate::event::{Ending, Event, Stamp, Tier};
use crate::ledger::Reject;
use memchr::memchr;
use std::borrow::Cow;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "traefik-json",
        about: "Traefik JSON",
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
            "backend",
            "user_agent",
            "referrer",
            "request_id",
            "ending",
        ],
        stamp: Stamp::Start,
        tier: Tier::Balancer,
        blind: "filters of the access log may have dropped the successes; headers are logged only where configured",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"ClientAddr":"192.0.2.1:39496","ClientHost":"192.0.2.1","ClientPort":"39496","DownstreamContentSize":357,"DownstreamStatus":200,"Duration":357313,"OriginContentSize":357,"OriginDuration":324669,"OriginStatus":200,"RequestAddr":"www.example","RequestCount":190,"RequestHost":"www.example","RequestMethod":"GET","RequestPath":"/a?b=c","RequestProtocol":"HTTP/1.1","RetryAttempts":0,"RouterName":"app@docker","ServiceAddr":"10.0.0.3:80","ServiceName":"app@docker","StartUTC":"2026-11-20T07:48:12.587782192Z","level":"info","msg":"","request_Referer":"https://example.net/","request_User-Agent":"curl/8","request_X-Request-Id":"a1","time":"2026-11-20T07:48:12Z"}"#,
            r#"{"ClientAddr":"[2001:db8::7]:56348","ClientHost":"2001:db8::7","DownstreamContentSize":11,"DownstreamStatus":502,"Duration":32673,"OriginContentSize":11,"OriginStatus":502,"RequestHost":"www.example","RequestMethod":"GET","RequestPath":"/","RouterName":"app@file","ServiceURL":"http://10.0.0.4:80","StartUTC":"2026-11-20T07:48:13.80902715Z","level":"info","msg":"","time":"2026-11-20T07:48:13Z"}"#,
        ],
    },
    || Arc::new(JsonLines::new(&["\"DownstreamStatus\""], Keys::new(KEYS), make)),
);

const ROUTER: Slot = Slot::Note0;
const FRONTEND: Slot = Slot::Note1;
const SIZE: Slot = Slot::Note2;
const ERROR: Slot = Slot::Note3;
const URL: Slot = Slot::Note4;

/// Members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("StartUTC", Slot::FineTime),
    ("StartLocal", Slot::FineTime),
    ("time", Slot::Time),
    ("Duration", Slot::Nanos),
    ("ClientHost", Slot::Client),
    ("ClientAddr", Slot::Peer),
    ("request_X-Forwarded-For", Slot::Forwarded),
    ("RequestHost", Slot::Host),
    ("RequestAddr", Slot::OtherHost),
    ("RequestMethod", Slot::Method),
    ("RequestProtocol", Slot::Protocol),
    ("RequestPath", Slot::Target),
    ("DownstreamStatus", Slot::Status),
    ("DownstreamContentSize", Slot::Bytes),
    ("OriginStatus", Slot::OriginStatus),
    ("OriginContentSize", SIZE),
    ("OriginError", ERROR),
    ("RouterName", ROUTER),
    ("FrontendName", FRONTEND),
    ("ServiceAddr", Slot::Backend),
    ("BackendAddr", Slot::Backend),
    ("ServiceURL", URL),
    ("ServiceURL.Host", URL),
    ("BackendURL.Host", URL),
    ("request_User-Agent", Slot::UserAgent),
    ("request_Referer", Slot::Referrer),
    ("request_X-Request-Id", Slot::RequestId),
];

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    if !(draft.has(Slot::Status) && (draft.has(Slot::Method) || draft.has(Slot::Client) || draft.has(Slot::Peer))) {
        return Err(Reject::UnknownFormat);
    }
    let meaning = if draft.has(Slot::FineTime) { Stamp::Start } else { Stamp::End };
    let mut event = draft.event(meaning)?;
    put_client(&mut event, draft);
    if event.backend.is_none() {
        let url = draft.bytes(URL).and_then(traefik::server_of);
        event.backend = url.map(Cow::Borrowed);
    }
    let frontend = draft.bytes(FRONTEND).filter(|f| *f != b"backend not found");
    let routed = draft.bytes(ROUTER).or(frontend).is_some_and(|name| !is_absent(name));
    let unreached = draft.has(ERROR) || is_phrase(event.origin_status, draft.bytes(SIZE).and_then(number));
    if !routed || unreached {
        event.origin_status = None;
    }
    event.ending = match event.status {
        Some(499) => Ending::ClientLeft,
        Some(500..=599) if unreached => Ending::UpstreamUnreachable,
        Some(500..=599) if event.origin_status.is_some_and(|s| s >= 500) => Ending::UpstreamError,
        status => traefik::ending(status, routed, event.origin_status.is_some()),
    };
    Ok(Parsed::Event(event))
}

/// Whether the answer is the one that Traefik makes for a server that does not answer: its body is the
/// reason phrase.
fn is_phrase(status: Option<u16>, size: Option<u64>) -> bool {
    matches!((status, size), (Some(502), Some(11)) | (Some(504), Some(15)) | (Some(503), Some(20)) | (Some(499), _))
}

/// `ClientHost` may be the forwarded-for list that was trusted.
fn put_client<'a>(event: &mut Event<'a>, draft: &Draft<'a>) {
    let Some(list) = draft.bytes(Slot::Client).filter(|list| memchr(b',', list).is_some()) else { return };
    client::put(event, draft.text(Slot::Peer).map(client::bare), draft.text(Slot::Client));
    event.client = traefik::client_of(list).map(Cow::Borrowed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::part::clf::shown;

    fn line(more: &str) -> String {
        format!(
            r#"{{"ClientAddr":"192.0.2.1:1","Duration":2001375,"RequestHost":"x.example","RequestMethod":"GET","RequestPath":"/a?b","StartUTC":"2026-11-20T07:48:12.5Z","time":"2026-11-20T07:48:12Z"{more}}}"#
        )
    }

    fn event(line: &str) -> Event<'_> {
        match (FORMAT.dialect)().line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn statuses_and_sizes_say_who_made_the_answer() {
        for (more, origin, want) in [
            (r#""DownstreamStatus":200,"OriginStatus":200,"RouterName":"r""#, Some(200), Ending::Unsaid),
            (
                r#""DownstreamStatus":503,"OriginStatus":503,"RouterName":"r","OriginContentSize":77"#,
                Some(503),
                Ending::UpstreamError,
            ),
            (
                r#""DownstreamStatus":502,"OriginStatus":502,"RouterName":"r","OriginContentSize":11"#,
                None,
                Ending::UpstreamUnreachable,
            ),
            (
                r#""DownstreamStatus":504,"OriginStatus":504,"RouterName":"r","OriginContentSize":15"#,
                None,
                Ending::UpstreamUnreachable,
            ),
            (
                r#""DownstreamStatus":503,"OriginStatus":503,"RouterName":"r","OriginContentSize":20"#,
                None,
                Ending::UpstreamUnreachable,
            ),
            (
                r#""DownstreamStatus":500,"OriginStatus":500,"RouterName":"r","OriginError":"EOF""#,
                None,
                Ending::UpstreamUnreachable,
            ),
            (r#""DownstreamStatus":503,"OriginStatus":0,"RouterName":"r""#, None, Ending::UpstreamUnreachable),
            (r#""DownstreamStatus":404"#, None, Ending::Policy),
            (r#""DownstreamStatus":404,"OriginStatus":404,"FrontendName":"backend not found""#, None, Ending::Policy),
            (r#""DownstreamStatus":404,"OriginStatus":404,"FrontendName":"Host-x""#, Some(404), Ending::Unsaid),
            (r#""DownstreamStatus":429,"RouterName":"r""#, None, Ending::Shed),
            (r#""DownstreamStatus":499,"OriginStatus":499,"RouterName":"r""#, None, Ending::ClientLeft),
            (r#""DownstreamStatus":0,"OriginStatus":0,"RouterName":"r""#, None, Ending::Unsaid),
        ] {
            let line = line(&format!(",{more}"));
            let e = event(&line);
            assert_eq!((e.origin_status, e.ending), (origin, want), "{more}");
            assert_eq!((e.start, e.duration), (Some(e.stamp), Some(2_001)));
        }
    }

    #[test]
    fn the_backend_is_named_alike_in_every_version() {
        for more in [
            r#""ServiceAddr":"10.0.0.3:80","ServiceURL":"http://10.0.0.9:80""#,
            r#""ServiceURL":"http://10.0.0.3:80""#,
            r#""ServiceURL":{"Scheme":"http","User":null,"Host":"10.0.0.3:80","Path":""}"#,
            r#""BackendAddr":"10.0.0.3:80","BackendURL":{"Scheme":"http","Host":"10.0.0.3:80"}"#,
        ] {
            let line = line(&format!(r#","DownstreamStatus":200,{more}"#));
            assert_eq!(shown(&event(&line).backend), "10.0.0.3:80", "{more}");
        }
    }

    #[test]
    fn a_trusted_list_names_the_client() {
        for (host, want) in [
            ("203.0.113.9", "203.0.113.9"),
            ("10.0.0.2, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
            ("192.168.1.100,10.0.0.50", "10.0.0.50"),
        ] {
            let line = line(&format!(r#","DownstreamStatus":200,"ClientHost":"{host}""#));
            let e = event(&line);
            assert_eq!(shown(&e.client), want, "{host}");
        }
        let line = line(r#","DownstreamStatus":200"#);
        assert_eq!(shown(&event(&line).client), "192.0.2.1");
    }

    #[test]
    fn without_a_start_the_lines_time_is_the_end() {
        let line = line(r#","DownstreamStatus":200"#).replace("StartUTC", "Dropped");
        let e = event(&line);
        assert_eq!((e.end, e.start), (Some(e.stamp), Some(e.stamp.plus(-2_001))));
    }

    #[test]
    fn foreign_json_is_refused_and_a_wrong_date_is_named() {
        for (line, want) in [
            (r#"{"DownstreamStatus":200,"time":"2026-11-20T07:48:12Z"}"#.to_owned(), Reject::UnknownFormat),
            (r#"{"status":200,"time":"2026-11-20T07:48:12Z","RequestMethod":"GET"}"#.to_owned(), Reject::UnknownFormat),
            (line(r#","DownstreamStatus":200"#).replace("2026-11", "2026-13"), Reject::BadTime),
        ] {
            assert_eq!((FORMAT.dialect)().line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

//! Zeek `http.log`: what a sensor on the network saw of requests, as JSON or as tab-separated columns
//! under a `#fields` header.
//!
//! `ts` is when the request was seen: its start, an epoch with decimals, or RFC 3339 where Zeek is told
//! so.
//!
//! Quirks:
//! - Both ends are seen, so the address that answered (`id.resp_h`) is known: it is the backend.
//! - No `status_code`: Zeek saw no answer. There was none, or the sensor lost packets.
//! - In columns, `-` is unset and `(empty)` an empty value; a tab is written `\x09`.
//! - Zeek writes other logs in the same shape: a header without `status_code` is not its `http.log`.
//!   Without any header the columns are those of Zeek's own http.log.
//! - A request of a proxy's client has an absolute URL.

use super::part::clf::read;
use super::part::client::is_address;
use super::part::draft::Draft;
use super::part::field::{Quoting, Raw};
use super::part::json::JsonLines;
use super::part::slot::{Keys, Slot};
use super::{Dialect, Facts, Format, Parsed};
use crate::event::{Stamp, Tier};
use crate::ledger::{Reject, Skip};
use memchr::memmem;
use std::sync::Arc;

/// The format.
pub(super) static FORMAT: Format = Format::new(
    Facts {
        name: "zeek-http",
        about: "Zeek http.log (JSON or columns)",
        fields: &["client", "host", "method", "path", "query", "status", "bytes", "backend", "user_agent", "referrer"],
        stamp: Stamp::Start,
        tier: Tier::Unknown,
        blind: "only what is not encrypted; a missing status may be a lost packet; no duration",
        specificity: 9,
        zoneless: false,
        samples: &[
            r#"{"ts":1795160892.277591,"uid":"CdqHhA1AsxBIjmVZ9","id.orig_h":"192.0.2.1","id.orig_p":57896,"id.resp_h":"198.51.100.7","id.resp_p":80,"trans_depth":1,"method":"GET","host":"www.example","uri":"/a?b=c","referrer":"http://example.net/","version":"1.1","user_agent":"curl/8","request_body_len":0,"response_body_len":503,"status_code":200,"status_msg":"OK","tags":[]}"#,
            r#"{"ts":1795160893.1,"uid":"CZVlyH3mlEGvfFfTJh","id.orig_h":"2001:db8::7","id.orig_p":52962,"id.resp_h":"198.51.100.7","id.resp_p":80,"trans_depth":1,"method":"GET","uri":"/b","request_body_len":0,"response_body_len":0,"tags":[]}"#,
        ],
    },
    || Arc::new(Zeek::new(DEFAULT)),
);

/// Columns and members and what they mean.
const KEYS: &[(&str, Slot)] = &[
    ("ts", Slot::Time),
    ("id.orig_h", Slot::Client),
    ("id.resp_h", Slot::Backend),
    ("method", Slot::Method),
    ("host", Slot::Host),
    ("uri", Slot::Target),
    ("referrer", Slot::Referrer),
    ("user_agent", Slot::UserAgent),
    ("response_body_len", Slot::Bytes),
    ("status_code", Slot::Status),
    ("trans_depth", Slot::Note0),
];

/// Columns of Zeek's own `http.log`, up to the last one needed.
const DEFAULT: &[u8] = b"ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttrans_depth\tmethod\thost\turi\treferrer\tversion\tuser_agent\torigin\trequest_body_len\tresponse_body_len\tstatus_code";

/// More columns than any log of Zeek has: a bound on hostile headers.
const COLUMNS_MAX: usize = 128;

/// Reads lines of either kind.
#[derive(Debug)]
struct Zeek {
    json: JsonLines,
    columns: Vec<Slot>,
}

impl Zeek {
    /// With columns of these names.
    fn new(names: &[u8]) -> Self {
        let keys = Keys::new(KEYS);
        let names = names.split(|b| *b == b'\t').take(COLUMNS_MAX);
        let columns = names.map(|name| keys.slot(name).unwrap_or(Slot::Ignore)).collect();
        Zeek { json: JsonLines::new(&["\"id.orig_h\"", "\"id\""], Keys::new(KEYS), make), columns }
    }
}

impl Dialect for Zeek {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        if line.first() == Some(&b'{') {
            return self.json.line(line);
        }
        read(line, |line| {
            if line.first() == Some(&b'#') {
                return if is_directive(line) { Ok(Parsed::Skip(Skip::Directive)) } else { Err(Reject::UnknownFormat) };
            }
            let mut draft = Draft::default();
            let mut count = 0;
            for (slot, bytes) in self.columns.iter().zip(line.split(|b| *b == b'\t')) {
                if bytes != b"(empty)" {
                    draft.put(*slot, Raw { bytes, quoting: Quoting::Backslash });
                }
                count += 1;
            }
            if count < self.columns.len() { Err(Reject::UnknownFormat) } else { make(&draft, line) }
        })
    }

    fn has_directives(&self) -> bool {
        true
    }

    fn after(&self, line: &[u8]) -> Option<Arc<dyn Dialect>> {
        let names = line.strip_prefix(b"#fields\t")?;
        let names = names.strip_suffix(b"\r").unwrap_or(names);
        memmem::find(names, b"status_code").map(|_| Arc::new(Zeek::new(names)) as Arc<dyn Dialect>)
    }
}

/// Whether the line is one of Zeek's own at the head or foot of a file.
fn is_directive(line: &[u8]) -> bool {
    const KNOWN: [&[u8]; 8] = [
        b"#separator ",
        b"#set_separator\t",
        b"#empty_field\t",
        b"#unset_field\t",
        b"#path\t",
        b"#open\t",
        b"#fields\t",
        b"#types\t",
    ];
    KNOWN.iter().any(|d| line.starts_with(d)) || line.starts_with(b"#close\t")
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let between = |slot| draft.bytes(slot).is_some_and(is_address);
    let http = draft.bytes(Slot::Note0).is_some_and(|depth| depth.iter().all(u8::is_ascii_digit));
    if !(between(Slot::Client) && between(Slot::Backend) && http) {
        return Err(Reject::UnknownFormat);
    }
    draft.event(FORMAT.facts.stamp).map(Parsed::Event)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::format::part::clf::shown;

    fn event<'a>(dialect: &dyn Dialect, line: &'a str) -> Event<'a> {
        match dialect.line(line.as_bytes()) {
            Parsed::Event(e) => e,
            other => panic!("{line}: {other:?}"),
        }
    }

    const COLUMNS: &str = "1795160892.25\tCd1\t192.0.2.1\t5\t198.51.100.7\t80\t1\tGET\tx.example\t/a?b\t-\t1.1\tmy\\x09agent\t(empty)\t0\t9\t404\tNot Found\t-\t-";

    #[test]
    fn json_and_columns_give_the_same() {
        let json = r#"{"ts":1795160892.25,"id.orig_h":"192.0.2.1","id.resp_h":"198.51.100.7","trans_depth":1,"method":"GET","host":"x.example","uri":"/a?b","user_agent":"my\tagent","response_body_len":9,"status_code":404}"#;
        let nested = r#"{"ts":"2026-11-20T07:48:12.250000Z","id":{"orig_h":"192.0.2.1","resp_h":"198.51.100.7"},"trans_depth":1,"method":"GET","host":"x.example","uri":"/a?b","user_agent":"my\tagent","response_body_len":9,"status_code":404}"#;
        let dialect = (FORMAT.dialect)();
        for line in [json, nested, COLUMNS] {
            let e = event(&*dialect, line);
            assert_eq!(
                [shown(&e.client), shown(&e.host), shown(&e.path), shown(&e.query), shown(&e.user_agent), shown(&e.backend)],
                ["192.0.2.1", "x.example", "/a", "b", "my\tagent", "198.51.100.7"],
                "{line}"
            );
            assert_eq!(
                (e.status, e.bytes, e.start.map(|t| t.to_string()).as_deref()),
                (Some(404), Some(9), Some("2026-11-20T07:48:12.25Z"))
            );
        }
    }

    #[test]
    fn a_header_names_the_columns() {
        let dialect = (FORMAT.dialect)();
        assert_eq!(dialect.line(b"#separator \\x09"), Parsed::Skip(Skip::Directive));
        let header = b"#fields\tts\tid.orig_h\tid.resp_h\ttrans_depth\tstatus_code\turi\r";
        let next = dialect.after(header).expect("columns");
        let e = event(&*next, "1795160892.25\t192.0.2.1\t198.51.100.7\t1\t-\t/z");
        assert_eq!((e.status, shown(&e.path).as_str()), (None, "/z"));
        assert!(dialect.after(b"#fields\tts\tuid\tid.orig_h\tproto\tconn_state").is_none());
    }

    #[test]
    fn other_logs_are_refused() {
        let dialect = (FORMAT.dialect)();
        for (line, want) in [
            (
                r#"{"ts":1795160892.25,"id.orig_h":"192.0.2.1","id.resp_h":"198.51.100.7","proto":"tcp"}"#.to_owned(),
                Reject::UnknownFormat,
            ),
            (r#"{"id":"7","ts":1795160892.25,"status_code":200,"method":"GET"}"#.to_owned(), Reject::UnknownFormat),
            (COLUMNS.replace("192.0.2.1", "me"), Reject::UnknownFormat),
            (COLUMNS.replace("1795160892.25", "later"), Reject::BadTime),
            ("# a comment".to_owned(), Reject::UnknownFormat),
        ] {
            assert_eq!(dialect.line(line.as_bytes()), Parsed::Reject(want), "{line}");
        }
    }
}

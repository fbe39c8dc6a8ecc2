//! nginx `log_format`.
//!
//! Accepted as the whole directive (`log_format main escape=json '...' '...';`), as its quoted
//! strings, or as the bare text. `escape=` decides how values are quoted; text that begins with `{`
//! is JSON, whose quoting is understood either way.
//!
//! Variables that stand side by side and make one thing together are read as that:
//! `$uri$is_args$args`, `$scheme://$host$request_uri`. Others side by side cannot be told apart.

use super::{Custom, fields};
use crate::event::{Stamp, Tier};
use crate::format::Parsed;
use crate::format::part::draft::Draft;
use crate::format::part::field::Quoting;
use crate::format::part::slot::Slot;
use crate::format::part::template::{Holds, Piece, Shapes, Template};
use crate::ledger::Reject;
use std::sync::Arc;

/// Whether the text is in nginx's language.
pub(super) fn is(text: &str) -> bool {
    text.contains("$status") || text.starts_with("log_format ") || (text.contains('$') && !text.contains('%'))
}

/// Reads it.
pub(super) fn new(text: &str) -> Result<Custom, String> {
    let (text, escape) = unquoted(text)?;
    let quoting = match escape.as_deref() {
        Some("json") => Quoting::Json,
        Some("none") => Quoting::None,
        _ if text.trim_start().starts_with('{') => Quoting::Json,
        _ => Quoting::Backslash,
    };
    let template = Template::of(joined(pieces(&text), quoting)).map_err(|e| format!("nginx log_format: {e}"))?;
    let slots = fields(template.slots());
    let dialect = Arc::new(Shapes::of(vec![template], make));
    Ok(Custom { language: "nginx log_format", dialect, slots, stamp: Stamp::End, tier: Tier::Origin, zoneless: false })
}

/// The text without the directive around it, its strings joined, and its `escape=`.
fn unquoted(text: &str) -> Result<(String, Option<String>), String> {
    if let Some(rest) = text.strip_prefix("log_format") {
        // The name.
        return strings(rest.trim_start().split_once(char::is_whitespace).map_or("", |(_, rest)| rest));
    }
    let text = text.trim();
    if text.starts_with('\'') || text.starts_with("escape=") {
        // Bare text may begin with a quote of its own, `'$remote_addr' $status`: then it is no string all through.
        return strings(text).or_else(|_| Ok((text.to_owned(), None)));
    }
    Ok((text.trim_end_matches(';').trim_end_matches('\'').to_owned(), None))
}

/// The strings behind the name, joined, and the `escape=` before them.
fn strings(text: &str) -> Result<(String, Option<String>), String> {
    let (mut joined, mut escape, mut rest) = (String::new(), None, text.trim_start());
    while !rest.is_empty() && !rest.starts_with(';') {
        if let Some(value) = rest.strip_prefix("escape=") {
            let n = value.find(char::is_whitespace).unwrap_or(value.len());
            escape = Some(value[..n].to_owned());
            rest = value[n..].trim_start();
            continue;
        }
        let quote = rest.chars().next().filter(|c| matches!(c, '\'' | '"')).ok_or("a quoted text is expected in log_format")?;
        let mut end = None;
        let mut escaped = false;
        for (n, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                c if c == quote => {
                    end = Some(n);
                    break;
                }
                _ => {}
            }
            if !(escaped && matches!(rest[n + c.len_utf8()..].chars().next(), Some('\'' | '"' | '\\'))) {
                joined.push(c);
            }
        }
        rest = rest[end.ok_or("a quoted text in log_format does not end")? + 1..].trim_start();
    }
    Ok((joined, escape))
}

/// A variable or text.
#[derive(Debug)]
enum Part {
    Text(String),
    Variable(String),
}

fn pieces(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(n) = rest.find('$') {
        parts.push(Part::Text(rest[..n].to_owned()));
        let after = &rest[n + 1..];
        let (name, left) = match after.strip_prefix('{').and_then(|a| a.split_once('}')) {
            Some(found) => found,
            None => after.split_at(after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len())),
        };
        parts.push(Part::Variable(name.to_owned()));
        rest = left;
    }
    parts.push(Part::Text(rest.to_owned()));
    parts.retain(|p| !matches!(p, Part::Text(t) if t.is_empty()));
    parts
}

/// Pieces of the shape, with variables that make one thing together joined.
fn joined(parts: Vec<Part>, quoting: Quoting) -> Vec<Piece> {
    let name = |n: usize| match parts.get(n) {
        Some(Part::Variable(name)) => name.as_str(),
        _ => "",
    };
    let mut pieces = Vec::new();
    let mut n = 0;
    while let Some(part) = parts.get(n) {
        let is_text = |at: usize, want: &str| matches!(parts.get(at), Some(Part::Text(t)) if t == want);
        let is_host = |at: usize| matches!(name(at), "host" | "http_host" | "server_name");
        let (slot, used) = match part {
            Part::Text(text) => {
                pieces.push(Piece::Literal(text.as_bytes().into()));
                n += 1;
                continue;
            }
            Part::Variable(v) if v == "scheme" && is_text(n + 1, "://") && is_host(n + 2) => match name(n + 3) {
                "request_uri" => (Slot::Target, 4),
                "uri" | "document_uri" => (Slot::Target, 4 + arguments(name(n + 4), name(n + 5))),
                _ => (Slot::Ignore, 1),
            },
            Part::Variable(v) if v == "uri" || v == "document_uri" => match arguments(name(n + 1), name(n + 2)) {
                0 => (Slot::Path, 1),
                more => (Slot::Target, 1 + more),
            },
            Part::Variable(v) => (slot(v), 1),
        };
        let list = matches!(part, Part::Variable(v) if v.starts_with("upstream_") || v.starts_with("proxy_add") || v == "http_x_forwarded_for");
        let holds = match part {
            _ if list => Holds::List,
            // `20/Nov/2026:07:48:12 +0000`
            Part::Variable(v) if v == "time_local" => Holds::Blanks(1),
            _ => Holds::Nothing,
        };
        pieces.push(Piece::Value { slot, holds, maybe_quoted: false, quoting });
        n += used;
    }
    pieces
}

/// How many of two variables are the arguments of a path: `$is_args$args` or `$is_args$query_string`.
fn arguments(first: &str, second: &str) -> usize {
    match (first, second) {
        ("is_args", "args" | "query_string") => 2,
        _ => 0,
    }
}

/// What a variable means.
fn slot(variable: &str) -> Slot {
    match variable {
        "remote_addr" => Slot::Client,
        "realip_remote_addr" | "proxy_protocol_addr" => Slot::Peer,
        "http_x_forwarded_for"
        | "proxy_add_x_forwarded_for"
        | "http_x_real_ip"
        | "http_cf_connecting_ip"
        | "http_true_client_ip" => Slot::Forwarded,
        "time_local" | "time_iso8601" => Slot::Time,
        "msec" => Slot::FineTime,
        "request" => Slot::Request,
        "request_method" => Slot::Method,
        "server_protocol" => Slot::Protocol,
        "request_uri" => Slot::Target,
        "args" | "query_string" => Slot::Query,
        "host" | "http_host" => Slot::Host,
        "server_name" => Slot::OtherHost,
        "status" => Slot::Status,
        "upstream_status" => Slot::OriginStatus,
        "body_bytes_sent" => Slot::Bytes,
        "bytes_sent" => Slot::TotalBytes,
        "request_time" => Slot::Seconds,
        "upstream_header_time" => Slot::HeaderTime,
        "upstream_response_length" => Slot::OriginLength,
        "upstream_cache_status" => Slot::Cache,
        "upstream_addr" => Slot::Backend,
        "http_user_agent" => Slot::UserAgent,
        "http_referer" => Slot::Referrer,
        "request_id" | "http_x_request_id" => Slot::RequestId,
        _ => Slot::Ignore,
    }
}

fn make<'a>(draft: &Draft<'a>, _: &'a [u8]) -> Result<Parsed<'a>, Reject> {
    let mut event = draft.event(Stamp::End)?;
    draft.upstream().put(&mut event);
    Ok(Parsed::Event(event))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Ending;

    #[test]
    fn an_error_is_the_upstreams_only_where_something_says_that_it_answered() {
        for (described, tail, origin, want) in [
            ("$upstream_status", "502 157 502", None, Ending::Unsaid),
            ("$upstream_status $upstream_header_time", "502 157 502 -", None, Ending::UpstreamUnreachable),
            ("$upstream_status $upstream_header_time", "502 157 502 0.001", Some(502), Ending::UpstreamError),
            ("$upstream_status $upstream_header_time", "500 157 200 0.001", Some(200), Ending::Unsaid),
            ("$upstream_header_time", "500 157 0.001", None, Ending::UpstreamError),
        ] {
            let custom = new(&format!("$remote_addr [$time_local] $status $body_bytes_sent {described}")).expect(described);
            let line = format!("192.0.2.1 [20/Nov/2026:07:48:12 +0000] {tail}");
            let Parsed::Event(e) = custom.dialect.line(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((e.origin_status, e.ending), (origin, want), "{described}: {tail}");
        }
    }
}

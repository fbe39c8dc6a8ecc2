//! `outscope events`: one JSON object for each line, in the order of the lines.

use super::args::{EventsArgs, incident};
use outscope::bundle::{self, Bundle};
use outscope::config::Options;
use outscope::error::Result;
use outscope::format::explain::why;
use outscope::reconstruct::lines::{Seen, each_line};
use outscope::render::json;
use outscope::survey::SourceInfo;
use outscope::time::Micros;
use serde_json::{Map, Value};
use std::io::Write;

pub(crate) fn run(args: &EventsArgs) -> Result<()> {
    let bundle = bundle::open(&args.bundle)?;
    let (incident, incident_file) = incident(args.incident.as_ref(), &bundle)?;
    let options = Options { incident, incident_file, format: args.format.clone(), threads: 1, ..Options::default() };
    let mut out = std::io::BufWriter::with_capacity(1 << 16, std::io::stdout());
    let mut failed = None;
    each_line(&bundle, &options, &mut |seen| {
        let object = object(&bundle, seen);
        failed = json::line(&mut out, &object).map_err(Into::into).and_then(|()| out.write_all(b"\n")).err();
        failed.is_none()
    })?;
    match failed {
        Some(e) => Err(e.into()),
        None => Ok(out.flush()?),
    }
}

fn object(bundle: &Bundle, seen: &Seen<'_>) -> Map<String, Value> {
    let mut o = Map::new();
    let mut put = |key: &str, value: Value| _ = o.insert(key.to_owned(), value);
    put("source", bundle.sources[seen.source].path.clone().into());
    match seen.what {
        outscope::reconstruct::lines::What::Event(event, facts, info) => {
            put("line", seen.line.into());
            put("format", facts.name.into());
            fields(&mut put, event, info);
        }
        outscope::reconstruct::lines::What::Aside(event, facts, info, reason) => {
            put("line", seen.line.into());
            put("format", facts.name.into());
            put("skipped", reason.words().into());
            fields(&mut put, event, info);
        }
        outscope::reconstruct::lines::What::Skipped(reason) => {
            put("line", seen.line.into());
            put("skipped", reason.words().into());
        }
        outscope::reconstruct::lines::What::Rejected(reason) => {
            put("line", seen.line.into());
            put("rejected", reason.words().into());
            if reason == outscope::ledger::Reject::UnknownFormat {
                put("because", why(seen.text).into());
            }
        }
        outscope::reconstruct::lines::What::Trouble(why) => {
            put("line", seen.line.into());
            put("trouble", why.into());
        }
        outscope::reconstruct::lines::What::NotALog(why) => {
            put("line", 1.into());
            put("lines", seen.line.into());
            put("skipped", format!("not an access log: {why}").into());
        }
    }
    o
}

fn fields(put: &mut impl FnMut(&str, Value), event: &outscope::event::Event<'_>, info: &SourceInfo) {
    for (key, value) in event.texts() {
        if let Some(v) = value {
            put(key, String::from_utf8_lossy(v).into_owned().into());
        }
    }
    put("tier", info.tier.name().into());
    let mut time = |key: &str, t: Option<Micros>| {
        if let Some(t) = t {
            put(key, t.to_string().into());
        }
    };
    time("ts", Some(event.stamp));
    time("start", event.start);
    time("end", event.end);
    let zero = event.unanswered.then_some(0);
    for (key, status) in [("status", event.status.or(zero)), ("origin_status", event.origin_status)] {
        if let Some(s) = status {
            put(key, s.into());
        }
    }
    if let Some(n) = event.bytes {
        put("bytes", n.into());
    }
    if let Some(secs) = event.duration_secs() {
        put("duration", secs.into());
    }
    if let Some(cache) = event.cache {
        put("cache", cache.name().into());
    }
}

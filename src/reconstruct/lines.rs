//! Line by line, in order, on one thread: for looking at single lines (`events`, `show`).

use super::formats::catalogue;
use super::sources::identify;
use crate::bundle::Bundle;
use crate::config::Options;
use crate::error::Result;
use crate::event::Event;
use crate::format::reader::LineReader;
use crate::format::{Facts, Parsed};
use crate::ledger::{Reject, Skip};
use crate::progress::Silent;
use crate::read::{Sniffed, pump};
use crate::survey::SourceInfo;
use std::sync::{Mutex, OnceLock, PoisonError};

/// One line and what it is.
#[derive(Debug)]
pub struct Seen<'a> {
    /// Index into the bundle's sources.
    pub source: usize,
    /// Line number from 1; for a source that is no log, how many lines it has.
    pub line: u64,
    /// The line without its end; of a line that was cut out only the beginning.
    pub text: &'a [u8],
    /// What it is.
    pub what: What<'a>,
}

/// What a line is.
#[derive(Debug)]
pub enum What<'a> {
    /// A request.
    Event(&'a Event<'a>, &'static Facts, &'a SourceInfo),
    /// Well formed, but no request.
    Skipped(Skip),
    /// A record of a request that is not counted as one.
    Aside(&'a Event<'a>, &'static Facts, &'a SourceInfo, Skip),
    /// Unusable.
    Rejected(Reject),
    /// The whole source is no access log.
    NotALog(&'a str),
    /// Not all of the source could be read, and why; comes after its lines.
    Trouble(&'a str),
}

/// Calls `each` with every line, source by source; ends early when it returns false.
///
/// # Errors
/// [`crate::error::Error::Usage`] for a format that is neither known nor can be read as a description.
pub fn each_line(bundle: &Bundle, options: &Options, each: &mut (dyn FnMut(&Seen<'_>) -> bool + Send)) -> Result<()> {
    let (catalogue, _) = catalogue(bundle, options)?;
    let infos: Vec<OnceLock<SourceInfo>> = bundle.sources.iter().map(|_| OnceLock::new()).collect();
    let sniff = |i: usize, head: &[u8]| match identify(&bundle.sources[i].path, head, options, &catalogue, true) {
        Ok((info, dialect)) => {
            let facts = info.facts;
            let _ = infos[i].set(info);
            Sniffed::Log { dialect, facts }
        }
        Err(why) => Sniffed::NotALog(why),
    };
    // One worker: the lock is never waited for, it only lets the closure be shared.
    let state = Mutex::new((each, true));
    let (_, outcomes) = pump(
        bundle,
        1,
        &|_| true,
        &sniff,
        &|| (),
        &|(), chunk| {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(info) = infos[chunk.source].get().filter(|_| state.1) else { return };
            let mut reader = LineReader::new(chunk.dialect.clone(), chunk.facts, &catalogue);
            for (line, text) in chunk.lines() {
                let (facts, mut parsed) = reader.read(text);
                if let Some(event) = parsed.event_mut() {
                    info.correct(event);
                }
                let what = match &parsed {
                    Parsed::Event(event) => What::Event(event, facts, info),
                    Parsed::Skip(reason) => What::Skipped(*reason),
                    Parsed::Aside(event, reason) => What::Aside(event, facts, info, *reason),
                    Parsed::Reject(reason) => What::Rejected(*reason),
                };
                if !(state.0)(&Seen { source: chunk.source, line, text, what }) {
                    state.1 = false;
                    return;
                }
            }
            for d in &chunk.defects {
                let seen = Seen { source: chunk.source, line: d.line, text: &d.excerpt, what: What::Rejected(d.reason) };
                if !(state.0)(&seen) {
                    state.1 = false;
                    return;
                }
            }
        },
        &Silent,
    );
    let (each, mut going) = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    for (source, outcome) in outcomes.iter().enumerate() {
        if let Some((why, lines)) = outcome.as_ref().and_then(|o| o.not_a_log.as_ref().map(|w| (w, o.lines)))
            && going
        {
            going = each(&Seen { source, line: lines, text: b"", what: What::NotALog(why) });
        }
        if let Some((why, lines)) = outcome.as_ref().and_then(|o| o.trouble.as_ref().map(|w| (w, o.lines)))
            && going
        {
            going = each(&Seen { source, line: lines, text: b"", what: What::Trouble(why) });
        }
    }
    Ok(())
}

//! Every format's own sample lines: read, recognised, and giving exactly the fields the format claims.

use crate::event::{Ending, Event};
use crate::format::catalogue::Catalogue;
use crate::format::recognise::recognise;
use crate::format::{FORMATS, Format, Parsed};
use std::collections::BTreeSet;

/// Names of the fields an event has.
fn fields(event: &Event<'_>) -> BTreeSet<&'static str> {
    let mut all: BTreeSet<&str> = event.texts().iter().filter(|(_, text)| text.is_some()).map(|(name, _)| *name).collect();
    let others = [
        ("status", event.status.is_some()),
        ("origin_status", event.origin_status.is_some()),
        ("bytes", event.bytes.is_some()),
        ("duration", event.duration.is_some()),
        ("cache", event.cache.is_some()),
        ("ending", event.ending != Ending::Unsaid),
    ];
    all.extend(others.iter().filter(|(_, has)| *has).map(|(name, _)| *name));
    all
}

/// The fields that the samples give together.
fn given(format: &Format) -> BTreeSet<&'static str> {
    let lines: Vec<&[u8]> = format.facts.samples.iter().map(|line| line.as_bytes()).collect();
    let mut dialect = (format.settle)(&lines).unwrap_or_else(|| (format.dialect)());
    let mut all = BTreeSet::new();
    for line in format.facts.samples {
        match dialect.line(line.as_bytes()) {
            Parsed::Event(event) | Parsed::Aside(event, _) => all.append(&mut fields(&event)),
            Parsed::Skip(_) => {}
            Parsed::Reject(why) => panic!("{} rejects its own sample ({why:?}): {line}", format.facts.name),
        }
        dialect = dialect.after(line.as_bytes()).unwrap_or(dialect);
    }
    all
}

#[test]
fn every_format_reads_its_samples_and_gives_the_fields_it_claims() {
    for format in FORMATS {
        let facts = &format.facts;
        assert!(facts.samples.len() >= 2, "{} has too few samples", facts.name);
        let claimed: BTreeSet<&str> = facts.fields.iter().copied().collect();
        assert_eq!(given(format), claimed, "{}: samples give the left, its facts claim the right", facts.name);
    }
}

#[test]
fn every_format_is_recognised_by_its_samples_alone() {
    for format in FORMATS {
        let file = format.facts.samples.join("\n");
        let found =
            recognise(file.as_bytes(), "", &Catalogue::default()).unwrap_or_else(|e| panic!("{}: {}", format.facts.name, e.why));
        assert_eq!((found.facts.name, found.confidence), (format.facts.name, 1.0), "{}", found.why);
    }
}

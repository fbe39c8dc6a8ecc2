//! The formats of one run: those the program ships, and those the user or the bundle's own server
//! configuration describes.

use super::custom::log_file::LogFiles;
use super::part::client::Rules;
use super::{Dialect, FORMATS, Facts, Parsed, RICHER, Settle};
use crate::event::Stamp;
use std::sync::Arc;

/// One format of the run.
#[derive(Clone, Debug)]
pub struct Known {
    /// What it gives.
    pub facts: &'static Facts,
    /// Its dialect for a file from its first line on.
    pub dialect: Arc<dyn Dialect>,
    /// A dialect that suits certain lines better.
    pub settle: Settle,
    /// The files that the server's configuration writes with it.
    pub files: LogFiles,
    /// Whether it is for those files alone: a shape of a server's configuration that other servers write too.
    pub only_those: bool,
    /// The description it was made of, where the user gave that in the place of a name.
    pub described: Option<String>,
}

impl Known {
    /// The same with stamps that tell another instant: events are placed anew.
    #[must_use]
    pub fn stamped(self, meaning: Stamp) -> Self {
        Known { dialect: Arc::new(Stamped { inner: self.dialect, meaning }), ..self }
    }
}

/// A dialect whose stamps tell what the user says they tell.
#[derive(Debug)]
struct Stamped {
    inner: Arc<dyn Dialect>,
    meaning: Stamp,
}

impl Dialect for Stamped {
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a> {
        let mut parsed = self.inner.line(line);
        if let Some(event) = parsed.event_mut() {
            (event.start, event.end) = (None, None);
            event.place(self.meaning);
        }
        parsed
    }

    fn has_directives(&self) -> bool {
        self.inner.has_directives()
    }

    fn after(&self, line: &[u8]) -> Option<Arc<dyn Dialect>> {
        Some(Arc::new(Stamped { inner: self.inner.after(line)?, meaning: self.meaning }))
    }
}

/// All formats of the run, the most telling first: the order in which a line that its file's own
/// format does not read is offered to the others.
#[derive(Clone, Debug)]
pub struct Catalogue {
    known: Vec<Known>,
    /// The formats that read lines whole of which the plain ones read the beginning only.
    pub richer: Vec<Known>,
    /// How the client is chosen where the user says so; the formats' own way if not.
    pub clients: Option<Rules>,
}

/// Whether the format is one of [`RICHER`].
#[must_use]
pub fn is_richer(facts: &Facts) -> bool {
    RICHER.iter().any(|f| std::ptr::eq(&f.facts, facts))
}

impl Default for Catalogue {
    fn default() -> Self {
        let shipped = |f: &&'static super::Format| Known {
            facts: &f.facts,
            dialect: (f.dialect)(),
            settle: f.settle,
            files: LogFiles::default(),
            only_those: false,
            described: None,
        };
        let all = |formats: &[&'static super::Format]| formats.iter().map(shipped).collect();
        Catalogue { known: all(FORMATS), richer: all(RICHER), clients: None }
    }
}

impl Catalogue {
    /// Puts further formats before those there are.
    pub fn add(&mut self, formats: impl IntoIterator<Item = Known>) {
        self.known.splice(0..0, formats);
    }

    /// Every format.
    pub fn iter(&self) -> impl Iterator<Item = &Known> {
        self.known.iter()
    }

    /// The format of that name, or the one made of that description.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Known> {
        self.known.iter().find(|k| k.facts.name == name || k.described.as_deref() == Some(name))
    }
}

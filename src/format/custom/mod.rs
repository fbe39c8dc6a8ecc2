//! Formats that are not in the program: described in the language of the server that writes them.
//!
//! What a user pastes (`--format`, `incident.toml`) or what lies in the bundle as a server's
//! configuration becomes a dialect like any other: nginx `log_format`, Apache `LogFormat`, HAProxy
//! `log-format`, the names of a W3C `#Fields:` line, or a map from what we call a value to the JSON
//! member that holds it.

mod apache;
pub mod config;
mod haproxy;
mod json_map;
pub mod log_file;
mod nginx;

use super::catalogue::Known;
use super::part::slot::Slot;
use super::{Dialect, FORMATS, Facts};
use crate::event::{Stamp, Tier};
use log_file::LogFiles;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A format made of a description.
#[derive(Clone, Debug)]
pub struct Custom {
    /// Whose language it was described in.
    pub language: &'static str,
    /// Reads its lines.
    pub dialect: Arc<dyn Dialect>,
    /// What its lines tell.
    pub slots: BTreeSet<&'static str>,
    /// Which instant its stamp tells.
    pub stamp: Stamp,
    /// The tier that usually writes it.
    pub tier: Tier,
    /// Whether its stamps carry no offset though they are local time.
    pub zoneless: bool,
}

/// Longest description, in bytes.
const TEXT_MAX: usize = 16 * 1024;

impl Custom {
    /// Reads a description in whichever language it is.
    ///
    /// # Errors
    /// It is in none of them, or something in it cannot be read; in words for the user.
    pub fn new(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > TEXT_MAX {
            return Err(format!("the description is longer than {TEXT_MAX} bytes"));
        }
        let custom = match () {
            () if text.starts_with("#Fields:") => columns(text),
            () if json_map::is(text) => json_map::new(text),
            () if nginx::is(text) => nginx::new(text),
            () if haproxy::is(text) => haproxy::new(text),
            () if apache::is(text) => apache::new(text),
            () => return Err("it is no nginx log_format ($status), Apache LogFormat (%>s), HAProxy log-format (%ST), #Fields line or map of JSON members".into()),
        }?;
        custom.checked()
    }

    /// Refuses what could not be told from any other text.
    fn checked(self) -> Result<Self, String> {
        let lacks = |names: &[&str]| names.iter().all(|n| !self.slots.contains(n));
        match () {
            () if lacks(&["time"]) => Err("it has no time stamp, so its lines cannot be placed".into()),
            () if lacks(&["status"]) => Err("it has no status".into()),
            () => Ok(self),
        }
    }

    /// Whether its lines tell no more than the shapes that every server writes (common, combined), so
    /// that they may be another server's.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        const PLAIN: [&str; 9] = ["time", "client", "method", "path", "query", "status", "bytes", "user_agent", "referrer"];
        self.slots.iter().all(|s| PLAIN.contains(s))
    }

    /// As a format of the run. The facts live as long as the program: there are as many of them as
    /// descriptions, which are few.
    #[must_use]
    pub fn known(self, name: &str, about: &str) -> Known {
        let fields: Vec<&'static str> = self.slots.iter().copied().filter(|s| *s != "time").collect();
        let facts = Facts {
            name: Box::leak(name.to_owned().into_boxed_str()),
            about: Box::leak(about.to_owned().into_boxed_str()),
            fields: Box::leak(fields.into_boxed_slice()),
            stamp: self.stamp,
            tier: self.tier,
            blind: "described by the user or by the server's configuration: it gives what that names",
            // What is declared goes before what is guessed.
            specificity: 10,
            zoneless: self.zoneless,
            samples: &[],
        };
        Known {
            facts: Box::leak(Box::new(facts)),
            dialect: self.dialect,
            settle: |_| None,
            files: LogFiles::default(),
            only_those: false,
            described: None,
        }
    }
}

/// The columns of a `#Fields:` line, read as the product whose names they are.
fn columns(text: &str) -> Result<Custom, String> {
    let found = FORMATS.iter().find_map(|f| Some((f, (f.dialect)().after(text.as_bytes())?)));
    let (format, dialect) = found.ok_or("no product is known whose log has these columns")?;
    let slots = format.facts.fields.iter().copied().chain(["time"]).filter(|field| dialect.gives(field)).collect();
    let facts = &format.facts;
    Ok(Custom { language: "W3C #Fields", dialect, slots, stamp: facts.stamp, tier: facts.tier, zoneless: facts.zoneless })
}

/// What the values of these slots become in an event.
fn fields(slots: impl Iterator<Item = Slot>) -> BTreeSet<&'static str> {
    slots.flat_map(Slot::fields).copied().collect()
}

#[cfg(test)]
mod tests;

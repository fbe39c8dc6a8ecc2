//! Log formats: one file each, and the registry that lists them.
//!
//! A format is a value of [`Format`]: its facts, and a [`Dialect`] that turns one line into one
//! event. Parsing never fails: every line is an event, a skip or a rejection, with the reason.
//! A new format is one new file here and one line in [`FORMATS`].

pub mod alb;
pub mod clf;
pub mod client;
pub mod cloudflare;
pub mod cloudfront;
pub mod combined;
pub mod common;
pub mod field;
pub mod haproxy;
pub mod json;
pub mod nginx_json;
pub mod nginx_timed;
pub mod reader;
pub mod recognise;
pub mod stamp;
pub mod tail;
pub mod varnish;
pub mod vhost_combined;

use crate::event::{Event, Stamp, Tier};
use crate::ledger::{Reject, Skip};
use std::sync::Arc;

/// What one line turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)]
pub enum Parsed<'a> {
    /// One request. (Boxed it would allocate per line; the size is on purpose.)
    Event(Event<'a>),
    /// Well formed, but no request.
    Skip(Skip),
    /// Not a line of this format.
    Reject(Reject),
}

/// Reads the lines of one format, in one stretch between header lines. Immutable, so that chunks
/// of a file can be read in any order by any thread.
pub trait Dialect: Send + Sync + std::fmt::Debug {
    /// Turns one line (without its line end) into what it is.
    fn line<'a>(&self, line: &'a [u8]) -> Parsed<'a>;

    /// Whether lines of this format can change how later lines are read (`#Fields:`).
    fn has_directives(&self) -> bool {
        false
    }

    /// The dialect in force after `line`, if `line` is a directive that changes it.
    fn after(&self, _line: &[u8]) -> Option<Arc<dyn Dialect>> {
        None
    }
}

/// What a format gives and what it cannot tell: for `outscope formats` and the report.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Name used on the command line and in reports.
    pub name: &'static str,
    /// One line for people: whose format it is.
    pub about: &'static str,
    /// Fields of [`Event`] it gives.
    pub fields: &'static [&'static str],
    /// Which instant its stamp tells.
    pub stamp: Stamp,
    /// The tier that usually writes it.
    pub tier: Tier,
    /// What it cannot tell, in words for the report; empty if nothing notable.
    pub blind: &'static str,
    /// Where two formats read a sample equally well, the one with the higher figure is chosen:
    /// 0 for a format whose lines many others also satisfy, 9 for one that nothing else resembles.
    pub specificity: u8,
    /// Whether its stamps carry no offset and are the server's local time: read as UTC unless
    /// `incident.toml` names the source's zone.
    pub zoneless: bool,
}

/// A log format.
pub trait Format: Sync {
    /// What it gives.
    fn facts(&self) -> &'static Facts;
    /// A dialect for a file from its first line on.
    fn dialect(&self) -> Arc<dyn Dialect>;
}

/// Every format, the most telling first: the order in which a line that its file's own format does
/// not read is offered to the others.
pub static FORMATS: &[&dyn Format] = &[
    &alb::Alb,
    &cloudfront::Cloudfront,
    &cloudflare::Cloudflare,
    &haproxy::Haproxy,
    &nginx_json::NginxJson,
    &varnish::Varnish,
    &nginx_timed::NginxTimed,
    &vhost_combined::VhostCombined,
    &combined::Combined,
    &common::Common,
];

/// The format of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Format> {
    FORMATS.iter().copied().find(|format| format.facts().name == name)
}

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod speed;

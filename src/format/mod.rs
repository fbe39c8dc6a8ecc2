//! Log formats: one file each, and the registry that lists them.
//!
//! A format is a value of [`Format`]: its facts, and a [`Dialect`] that turns one line into one
//! event. Parsing never fails: every line is an event, a skip or a rejection, with the reason.
//! A new format is one new file here and one line in [`FORMATS`].

pub mod alb;
pub mod apache_timed;
pub mod cloudflare;
pub mod cloudfront;
pub mod combined;
pub mod common;
pub mod haproxy;
pub mod haproxy_clf;
pub mod heroku;
pub mod ingress_nginx;
pub mod nginx_json;
pub mod nginx_proxy_manager;
pub mod nginx_timed;
pub mod part;
pub mod reader;
pub mod recognise;
pub mod squid;
pub mod squid_combined;
pub mod traffic_server;
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
    /// A record of a request that is not to be counted as one, and why: what it tells is shown by
    /// `outscope events`, and the line is skipped everywhere else.
    Aside(Event<'a>, Skip),
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
    /// Lines of the format, made up: for the documentation and for every check over all formats.
    pub samples: &'static [&'static str],
}

/// A log format.
#[derive(Debug)]
pub struct Format {
    /// What it gives.
    pub facts: Facts,
    /// A dialect for a file from its first line on.
    pub dialect: fn() -> Arc<dyn Dialect>,
    /// A dialect that suits these lines better, where only a look at many of them tells.
    pub settle: fn(&[&[u8]]) -> Option<Arc<dyn Dialect>>,
}

impl Format {
    /// A format whose dialect does not depend on the file.
    #[must_use]
    pub const fn new(facts: Facts, dialect: fn() -> Arc<dyn Dialect>) -> Self {
        Format { facts, dialect, settle: |_| None }
    }

    /// A format whose dialect is settled by a look at many lines.
    #[must_use]
    pub const fn settled(
        facts: Facts,
        dialect: fn() -> Arc<dyn Dialect>,
        settle: fn(&[&[u8]]) -> Option<Arc<dyn Dialect>>,
    ) -> Self {
        Format { facts, dialect, settle }
    }
}

/// Every format, the most telling first: the order in which a line that its file's own format does
/// not read is offered to the others.
pub static FORMATS: &[&Format] = &[
    &alb::FORMAT,
    &cloudfront::FORMAT,
    &cloudflare::FORMAT,
    &nginx_proxy_manager::FORMAT,
    &heroku::FORMAT,
    &ingress_nginx::FORMAT,
    &haproxy_clf::FORMAT,
    &haproxy::FORMAT,
    &squid::FORMAT,
    &squid_combined::FORMAT,
    &traffic_server::FORMAT,
    &nginx_json::FORMAT,
    &varnish::FORMAT,
    &nginx_timed::FORMAT,
    &apache_timed::FORMAT,
    &vhost_combined::FORMAT,
    &combined::FORMAT,
    &common::FORMAT,
];

/// The format of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.facts.name == name)
}

#[cfg(test)]
mod checks;

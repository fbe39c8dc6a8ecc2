//! Log formats: one file each, and the registry that lists them.
//!
//! A format is a value of [`Format`]: its facts, and a [`Dialect`] that turns one line into one
//! event. Parsing never fails: every line is an event, a skip or a rejection, with the reason.
//! A new format is one new file here and one line in [`FORMATS`].

mod akamai;
mod akamai_siem;
mod alb;
mod alb_json;
mod apache_timed;
mod api_gateway;
mod aws_waf;
mod azure_appgateway;
mod azure_frontdoor;
mod barracuda_waf;
mod bunny;
mod caddy;
pub mod catalogue;
mod cloudflare;
mod cloudfront;
mod cloudfront_json;
mod cloudfront_realtime;
mod combined;
mod common;
pub mod custom;
mod ecs;
mod elb;
mod envoy;
mod envoy_json;
pub mod explain;
mod fastly;
mod gcore;
mod gcp_lb;
mod haproxy;
mod haproxy_clf;
mod heroku;
mod iis;
mod iis_httperr;
mod ingress_nginx;
mod istio;
mod keycdn;
mod ltsv;
mod netlify;
mod nginx_json;
mod nginx_proxy_manager;
mod nginx_timed;
mod nlb;
mod otel;
pub mod part;
pub mod reader;
pub mod recognise;
mod s3;
mod squid;
mod squid_combined;
mod traefik;
mod traefik_json;
mod traffic_server;
mod varnish;
mod vercel;
mod vhost_combined;
pub mod wrap;
mod zeek_http;
mod zscaler_web;

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

impl<'a> Parsed<'a> {
    /// The same with all text its own.
    #[must_use]
    pub fn into_owned<'b>(self) -> Parsed<'b> {
        match self {
            Parsed::Event(event) => Parsed::Event(event.into_owned()),
            Parsed::Aside(event, why) => Parsed::Aside(event.into_owned(), why),
            Parsed::Skip(why) => Parsed::Skip(why),
            Parsed::Reject(why) => Parsed::Reject(why),
        }
    }

    /// The event, be it counted or not.
    #[must_use]
    pub fn event_mut(&mut self) -> Option<&mut Event<'a>> {
        match self {
            Parsed::Event(event) | Parsed::Aside(event, _) => Some(event),
            Parsed::Skip(_) | Parsed::Reject(_) => None,
        }
    }
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

    /// Whether its lines can tell this field of [`Event`] (`time` for its instants): false where a header that
    /// is in force names no column for it.
    fn gives(&self, _field: &str) -> bool {
        true
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

/// Settles on a dialect by a look at many lines; `None` where they say nothing.
pub type Settle = fn(&[&[u8]]) -> Option<Arc<dyn Dialect>>;

/// A log format.
#[derive(Debug)]
pub struct Format {
    /// What it gives.
    pub facts: Facts,
    /// A dialect for a file from its first line on.
    pub dialect: fn() -> Arc<dyn Dialect>,
    /// A dialect that suits these lines better, where only a look at many of them tells.
    pub settle: Settle,
}

impl Format {
    /// A format whose dialect does not depend on the file.
    #[must_use]
    pub const fn new(facts: Facts, dialect: fn() -> Arc<dyn Dialect>) -> Self {
        Format { facts, dialect, settle: |_| None }
    }

    /// A format whose dialect is settled by a look at many lines.
    #[must_use]
    pub const fn settled(facts: Facts, dialect: fn() -> Arc<dyn Dialect>, settle: Settle) -> Self {
        Format { facts, dialect, settle }
    }
}

/// Every format, the most telling first: the order in which a line that its file's own format does
/// not read is offered to the others.
pub static FORMATS: &[&Format] = &[
    &alb::FORMAT,
    &elb::FORMAT,
    &nlb::FORMAT,
    &s3::FORMAT,
    &cloudfront::FORMAT,
    &cloudfront_realtime::FORMAT,
    &cloudfront_json::FORMAT,
    &alb_json::FORMAT,
    &cloudflare::FORMAT,
    &aws_waf::FORMAT,
    &gcp_lb::FORMAT,
    &azure_frontdoor::FORMAT,
    &azure_appgateway::FORMAT,
    &haproxy::FORMAT,
    &api_gateway::FORMAT,
    &envoy_json::FORMAT,
    &traefik_json::FORMAT,
    &caddy::FORMAT,
    &istio::FORMAT,
    &iis_httperr::FORMAT,
    &envoy::FORMAT,
    &iis::FORMAT,
    &traefik::FORMAT,
    &akamai::FORMAT,
    &akamai_siem::FORMAT,
    &vercel::FORMAT,
    &netlify::FORMAT,
    &zeek_http::FORMAT,
    &zscaler_web::FORMAT,
    &otel::FORMAT,
    &fastly::FORMAT,
    &gcore::FORMAT,
    &keycdn::FORMAT,
    &bunny::FORMAT,
    &barracuda_waf::FORMAT,
    &ltsv::FORMAT,
    &ecs::FORMAT,
    &nginx_proxy_manager::FORMAT,
    &heroku::FORMAT,
    &ingress_nginx::FORMAT,
    &haproxy_clf::FORMAT,
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

/// Formats whose lines the plain ones (common, combined) read as well, without their tails: where a line
/// has more than a plain format understands, these are asked.
pub static RICHER: &[&Format] = &[
    &ingress_nginx::FORMAT,
    &traefik::FORMAT,
    &haproxy_clf::FORMAT,
    &squid_combined::FORMAT,
    &varnish::FORMAT,
    &nginx_timed::FORMAT,
    &apache_timed::FORMAT,
];

/// The format of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.facts.name == name)
}

#[cfg(test)]
mod checks;

//! outscope says, from access logs alone, what failed in an outage, for whom, for how long, and
//! whether it was confined to one thing while the rest stayed healthy.
//!
//! Modules stand in the order in which data flows; each uses only those above it.
//!
//! - words: [`error`], [`time`], [`words`], [`digest`], [`event`], [`ledger`], [`asn`]
//! - reading: [`mod@format`], [`progress`], [`bundle`], [`read`], [`aggregate`]
//! - counting: [`outcome`], [`resource`], [`config`], [`stats`], [`survey`], [`examine`]
//! - judging: [`case`], [`analyse`], [`reconstruct`], [`compare`]
//! - telling: [`render`]
//! - apart from all of it, so that it can check it: [`synth`]

pub mod error;
pub mod time;
pub mod words;
pub mod digest;
pub mod event;
pub mod ledger;
pub mod asn;

pub mod format;
pub mod progress;
pub mod bundle;
pub mod read;
pub mod aggregate;

pub mod outcome;
pub mod resource;
pub mod config;
pub mod stats;
pub mod survey;
pub mod examine;

pub mod case;
pub mod analyse;
pub mod reconstruct;
pub mod compare;

pub mod render;
pub mod synth;

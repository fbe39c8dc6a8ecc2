//! One test binary for the whole program: it runs the built `outscope` as a user would, and asks the
//! library where that is cheaper.
//!
//! One binary instead of many, because each would be linked anew. Every module asks one question.

mod bad_input;
mod cli;
mod conformance;
mod formats;
mod formats_md;
mod documents;
mod columnar;
mod golden;
mod facets;
mod hard;
mod silence;
mod kit;
mod localise;
mod logs;
mod overlap;
mod operations;
mod pack;
mod planted;
mod props;
mod real;
mod same_bytes;
mod soft;
mod tidy;
mod tiers;
mod truth;
mod weighing;

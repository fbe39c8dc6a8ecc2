//! One test binary for the whole program: it runs the built `outscope` as a user would, and asks the
//! library where that is cheaper.
//!
//! One binary instead of many, because each would be linked anew. Every module asks one question.

mod audience;
mod bad_input;
mod beside;
mod cli;
mod compare;
mod conformance;
mod formats;
mod formats_md;
mod fewer;
mod documents;
mod columnar;
mod golden;
mod facets;
mod hard;
mod silence;
mod kit;
mod localise;
mod logs;
mod nameless;
mod overlap;
mod operations;
mod pack;
mod planted;
mod populations;
mod props;
mod real;
mod refused;
mod scanners;
mod slow;
mod same_bytes;
mod soft;
mod tidy;
mod tiers;
mod truth;
mod weighing;

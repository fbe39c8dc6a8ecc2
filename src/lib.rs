//! outscope says, from access logs alone, what failed in an outage, for whom, for how long, and
//! whether it was confined to one thing while the rest stayed healthy.
//!
//! Modules stand in the order in which data flows; each uses only those above it.

pub mod bundle;
pub mod case;
pub mod error;
pub mod event;
pub mod format;
pub mod ledger;
pub mod progress;
pub mod read;
pub mod render;
pub mod time;

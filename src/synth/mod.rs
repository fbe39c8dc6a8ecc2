//! Synthetic bundles with planted truth: `outscope synth`.
//!
//! Clients make requests, two POPs with caches, a balancer and an origin serve them, a fault model
//! decides what each request meets, and every tier writes the line it would write. The truth comes
//! from the simulation's books, never from the lines. Nothing here is shared with the parsers or
//! the analysis, so that no defect can cancel itself out.
//!
//! Reading order: `scenario` (what is planned), `run`, `visits`/`crowd`/`guests`/`bots` (who asks),
//! `platform` (what becomes of it), `lines` and `logs` (what is written), `truth`.

mod agenda;
mod bots;
mod calendar;
mod crowd;
mod exchange;
mod fault;
mod guests;
mod lines;
mod logs;
mod manifest;
mod people;
mod platform;
mod rng;
mod run;
mod scenario;
mod truth;
mod visits;
mod world;
mod write;

pub use write::{Request, Summary, scenarios, write};

#[cfg(test)]
mod tests;

//! The sentences that both pages and standard output share, worded for a reader outside the team.
//!
//! Rules: a number comes with its range or with the reason for having none; a word of the trade is
//! explained where it first stands or avoided; nothing is said that the records cannot carry.

pub mod certainty;
pub mod course;
pub mod explanations;
pub mod makers;
pub mod gaps;
pub mod phrases;
pub mod verdict;
pub mod window;

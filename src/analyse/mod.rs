//! From counts to findings: one question per file. Nothing here prints, draws or reads files.

pub mod localise;
pub mod detect;
pub mod shares;
pub mod soft;
pub mod plan;
pub mod blame;
pub mod clocks;
pub mod copies;
pub mod dating;
pub mod course;
pub mod trace;
pub mod gaps;
pub mod conserve;
pub mod partial;
pub mod quiet;
pub mod leaves;
pub mod evidence;
pub mod few;
pub mod scope;
pub mod extent;
pub mod volume;
pub mod explain;
pub mod claims;

//! From counts to findings: one question per file. Nothing here prints, draws or reads files.

pub mod localise;
pub mod detect;
pub mod shares;
pub mod plan;
pub mod dating;
pub mod gaps;
pub mod leaves;
pub mod evidence;
pub mod few;
pub mod scope;
pub mod surge;
pub mod operations;
pub mod extent;
pub mod explain;
pub mod claims;

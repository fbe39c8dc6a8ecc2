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
pub mod answer;
pub mod scope;
pub mod each;
pub mod extent;
pub mod facets;
pub mod placebo;
pub mod certainty;
pub mod explain;
pub mod claims;

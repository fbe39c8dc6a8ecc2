//! The case as files: pictures, pages, tables. Renderers see the [`crate::case::Case`] and nothing else.

pub mod chart;
mod font;
pub mod words;

#[cfg(test)]
pub(crate) mod sample;

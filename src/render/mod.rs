//! The case as files: pictures, pages, tables. Renderers see the [`crate::case::Case`] and nothing else.

#[cfg(test)]
pub(crate) mod sample;

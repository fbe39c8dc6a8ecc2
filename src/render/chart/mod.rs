//! Pictures. (Placeholder: only the shape the pages need.)

/// A finished picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// File name under `charts/`.
    pub file: String,
    /// The finding in words and numbers.
    pub title: String,
    /// What the picture shows, for those who cannot see it.
    pub alt: String,
    /// The PNG file.
    pub png: Vec<u8>,
}

//! What stops a run. Everything less than that is data in the case, not an error.

use std::path::PathBuf;

/// A reason to stop, with the one message the user sees.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be opened or read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// What was being read.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A file or folder could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// What was being written.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The input holds nothing to work on.
    #[error("{0}")]
    NothingUsable(String),
    /// Something the user wrote (an option, `incident.toml`) is wrong.
    #[error("{0}")]
    Usage(String),
    /// A picture could not be drawn: a defect of the program.
    #[error("cannot draw {chart}: {reason}")]
    Chart {
        /// Which chart.
        chart: String,
        /// What the drawing layer said.
        reason: String,
    },
    /// Standard output could not be written (a closed pipe is handled by the caller).
    #[error("cannot write to standard output: {0}")]
    Stdout(#[from] std::io::Error),
}

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A reading error for `path`.
    #[must_use]
    pub fn read(path: impl std::fmt::Display, source: std::io::Error) -> Self {
        Error::Read { path: path.to_string(), source }
    }
}

//! Checks over all formats at once.

mod hostile;
mod samples;
mod speed;
mod wrapped;

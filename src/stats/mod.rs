//! Numbers in, numbers out. Nothing here knows what a log is.
//!
//! Every formula names its source; the intervals are 95 % unless a function takes the quantile.

pub mod bouts;
#[cfg(test)]
mod calibration;
pub mod change;
pub mod cluster;
pub mod concurrent;
pub mod distinct;
pub mod interval;
pub mod level;
pub mod ramp;
pub mod negbin;
pub mod ratio;
pub mod quantile;
pub mod retries;
pub mod segment;
pub mod normal;
pub mod special;
pub mod uptime;

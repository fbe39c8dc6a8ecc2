//! What happened to one request at each tier it reached: what the line writers are given.

use super::people::Client;
use super::world::Ask;

/// One request with everything every tier knows of it.
#[derive(Debug)]
pub(crate) struct Exchange<'a> {
    pub(crate) ask: &'a Ask,
    pub(crate) client: &'a Client,
    pub(crate) edge: EdgeSide,
    pub(crate) balancer: Option<BalancerSide>,
    pub(crate) origin: Option<OriginSide>,
    /// Whether the answer is an error page with status 200.
    pub(crate) soft: bool,
}

/// How the edge answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EdgeSide {
    /// Last byte, milliseconds since the epoch.
    pub(crate) end: i64,
    /// Milliseconds to the first byte.
    pub(crate) first_byte: i64,
    /// 0 where the client left before an answer.
    pub(crate) status: u16,
    /// `x-edge-result-type`.
    pub(crate) result: &'static str,
    /// `x-edge-detailed-result-type`.
    pub(crate) detail: &'static str,
    /// Body bytes.
    pub(crate) body: u64,
}

/// How the balancer saw it. Timers are milliseconds, -1 where the phase was not reached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BalancerSide {
    pub(crate) start: i64,
    pub(crate) queue: i64,
    pub(crate) connect: i64,
    pub(crate) response: i64,
    /// Total active time.
    pub(crate) total: i64,
    /// -1 where none was sent.
    pub(crate) status: i32,
    pub(crate) bytes: u64,
    /// Four letters of the termination state.
    pub(crate) ending: &'static str,
    /// Whether a server was chosen.
    pub(crate) served: bool,
    /// Connection retries.
    pub(crate) retries: u32,
    /// Requests waiting before this one at the server and the backend.
    pub(crate) waiting: (u32, u32),
}

impl BalancerSide {
    /// When the line is written.
    pub(crate) fn end(&self) -> i64 {
        self.start + self.total
    }
}

/// How the origin's web server saw it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OriginSide {
    /// When the line is written.
    pub(crate) end: i64,
    /// Milliseconds from first to last byte.
    pub(crate) total: i64,
    pub(crate) status: u16,
    pub(crate) body: u64,
    /// Whether the application took the connection.
    pub(crate) connected: bool,
    /// Whether the application sent headers.
    pub(crate) answered: bool,
}

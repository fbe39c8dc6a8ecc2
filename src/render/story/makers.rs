//! Who made the failures, in words.

use crate::case::Case;
use crate::render::doc::Text;
use crate::words::{count, percent};

/// Who made the failures, in a sentence; `None` where no failure was looked at.
#[must_use]
pub fn sentence(case: &Case) -> Option<Text> {
    let made = case.tiers.made.as_ref()?;
    let most = made.by.first()?;
    let all = if made.one_in > 1 { "Of the failures that were sampled" } else { "Of the" };
    let whole =
        if made.one_in > 1 { format!("{all} ({})", count(made.failures)) } else { format!("{all} {}", failures(made.failures)) };
    let part = most.share.value.map_or_else(|| count(most.failures), percent);
    Some(
        match most.maker {
            "unknown" => format!("{whole}, these logs cannot tell for {part} where they were made."),
            "client" => format!("{whole}, {part} ended because the client left before the answer."),
            maker => format!("{whole}, {part} were made {}.", by(maker)),
        }
        .into(),
    )
}

fn failures(n: u64) -> String {
    if n == 1 { "one failure".into() } else { format!("{} failures", count(n)) }
}

fn by(maker: &str) -> &'static str {
    match maker {
        "edge-refused" => "by the edge, which refused the requests",
        "edge" => "by the edge itself",
        "between-edge-and-next" => "between the edge and what stands behind it: the edge got no usable answer",
        "behind-edge" => "somewhere behind the edge: its lines say so, and no log tells more",
        "balancer" => "by the load balancer: its queue, its limits, or no server to give requests to",
        "between-balancer-and-origin" => "between the load balancer and the application's server: no usable answer came",
        _ => "by the application's own server, or behind it",
    }
}

/// A maker as a row of a table.
#[must_use]
pub fn words(maker: &str) -> &'static str {
    match maker {
        "client" => "Nobody: the client left before the answer",
        "edge-refused" => "The edge, which refused the request (a rule or a limit)",
        "edge" => "The edge itself",
        "between-edge-and-next" => "Between the edge and the next server: no usable answer came",
        "behind-edge" => "Somewhere behind the edge: its line says so, and no log tells more",
        "balancer" => "The load balancer (its queue, its limits, or no server to give the request to)",
        "between-balancer-and-origin" => "Between the load balancer and the application's server: no usable answer came",
        "origin" => "The application's own server, or what stands behind it",
        _ => "These logs cannot tell",
    }
}

//! Question: do the logs show the indirect signs of a flood below HTTP?
//! Method: three signs, each present, absent or not to be told; none of them decides.
//! Assumes: packets that never become a request leave no line.
//! Reference: RFC 4732 (Internet Denial-of-Service Considerations), 2006, for such floods.

use super::Asked;
use crate::case::weighing::Sign;
use crate::event::Tier;
use crate::words::{count, percent};

/// Failures from which on a share of them is told.
const FAILURES_MIN: u64 = 20;

/// A share of failures from which on a kind of them is a sign: a twentieth is beyond chance with twenty failures.
const SHARE_MIN: f64 = 0.05;

/// The signs.
#[must_use]
pub fn signs(asked: &Asked<'_>) -> Vec<Sign> {
    let inner = asked.e.examined.leaves.iter().any(|l| l.tier != asked.e.view.tier && l.tier != Tier::Unknown);
    let silence = Sign {
        present: inner.then_some(asked.lost_in_window),
        says: match (inner, asked.lost_in_window) {
            (false, _) => {
                "Only one layer left logs, so whether a layer fell silent while another saw requests cannot be told.".into()
            }
            (true, true) => "A log is silent in the window while another layer saw requests.".into(),
            (true, false) => "No layer fell silent while another saw requests.".into(),
        },
    };
    let share = |wanted: &[u16], what: &str| {
        let (mut some, mut all) = (0u64, 0u64);
        for &(_, status, [_, n]) in &asked.e.examined.facets.statuses {
            all += n;
            some += if wanted.contains(&status) { n } else { 0 };
        }
        if all < FAILURES_MIN || !asked.failed {
            return Sign { present: None, says: format!("There are too few failures to look for {what}.") };
        }
        let part = some as f64 / all as f64;
        Sign { present: Some(part >= SHARE_MIN), says: format!("{} of {} failures were {what}.", percent(part), count(all)) }
    };
    vec![
        silence,
        share(&[521, 522, 523, 525], "answers in which an edge says that it could not reach the service (521, 522, 523, 525)"),
        share(&[0], "requests that ended without any answer"),
    ]
}

//! Question: what can be measured of who asked, of demand, of place and of the record?
//! Method: one number each, with its interval and how it stands against stretches of the baseline as
//! long as the window. What cannot be measured says so.
//! Assumes: address and user agent tell clients apart; the outermost tier sees demand.
//! Reference: Jung, Krishnamurthy and Rabinovich, "Flash crowds and denial of service attacks", WWW 2002.

mod clients;
mod conduct;
mod demand;
mod ground;
mod place;
mod requests;
mod rhythm;

pub use ground::{Ground, Piece, Stay};
pub use place::Place;
pub(super) use place::SEGMENTS;

use super::evidence::Evidence;
use super::few::clients_unknown;
use crate::case::operations::Surge;
use crate::case::weighing::{About, Group, IDS, Measure, Scale};
use crate::stats::interval::Z95;

/// What a measure came to: value, lower and upper end, and what to say.
#[derive(Clone, Debug, PartialEq)]
struct Value {
    value: f64,
    low: f64,
    high: f64,
    placebo: Option<f64>,
    says: String,
}

/// A value, or the sentence that says why there is none.
type Answer = Result<Value, String>;

fn value(value: f64, low: f64, high: f64, says: String) -> Answer {
    Ok(Value { value, low: low.min(value), high: high.max(value), placebo: None, says })
}

fn nothing<T>(why: &str) -> Result<T, String> {
    Err(why.to_owned())
}

/// What measures are computed from, beside the ground.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// Of the outcome: surge with retries put together.
    pub surge: Option<&'a Surge>,
    /// What the scope says.
    pub place: Place,
}

type How = fn(&Ground<'_>, &Given<'_>) -> Answer;

/// The measures in the order of [`IDS`]: name for readers, scale, and how it is come by.
const LIST: [(&str, Scale, How); IDS.len()] = [
    ("things wanted per client", Scale::Ln, clients::rate),
    ("requests by clients with the pace of machines", Scale::Logit, clients::heavy),
    ("requests by the busiest hundredth of the clients", Scale::Logit, clients::busiest),
    ("pace of the clients", Scale::Ln, clients::pace),
    ("part of the growth that is clients", Scale::Identity, clients::growth),
    ("spread over networks", Scale::Ln, clients::spread),
    ("clients from networks unseen before", Scale::Logit, clients::novelty),
    ("unevenness of each client’s requests", Scale::Ln, rhythm::burstiness),
    ("clients in step with one another", Scale::Identity, rhythm::lock_step),
    ("clients that ask for one thing only", Scale::Ln, conduct::single_path),
    ("pictures and scripts per page", Scale::Ln, conduct::assets),
    ("queries that nobody repeats", Scale::Ln, requests::queries),
    ("answers not from cache", Scale::Ln, requests::cache),
    ("change of browsers", Scale::Ln, requests::agents),
    ("largest browser in the new traffic", Scale::Ln, requests::agent_top),
    ("change of methods and protocols", Scale::Ln, requests::protocol),
    ("requests without a page they came from", Scale::Ln, requests::referrer),
    ("time of the rise", Scale::Ln, rhythm::ramp),
    ("time of the fall", Scale::Ln, rhythm::end),
    ("coming back after a refusal", Scale::Ln, conduct::after_refusal),
    ("clients that ask for other things, too", Scale::Logit, conduct::elsewhere),
    ("demand", Scale::Ln, demand::demand),
    ("demand just before the first failures", Scale::Ln, demand::before),
    ("order of surge and failures", Scale::Identity, demand::lead),
    ("load against what was served", Scale::Ln, demand::equal_load),
    ("failures follow the load", Scale::Identity, demand::dose),
    ("refusals for want of room", Scale::Logit, demand::shed),
    ("failures in one segment", Scale::Logit, place::segment),
    ("failures in one thing", Scale::Logit, place::confined),
    ("silence of a log", Scale::Logit, place::silence),
];

/// Measures everything in the list.
#[must_use]
pub fn measures(ground: &Ground<'_>, given: &Given<'_>) -> Vec<Measure> {
    let unknown = unknown(ground.e);
    IDS.iter()
        .zip(&LIST)
        .map(|(&(id, group), &(name, scale, how))| {
            let answer = match &unknown {
                Some(why) if group == Group::Who => Err(why.clone()),
                _ => how(ground, given),
            };
            let about = if ground.has_target { About::Target } else { About::Site };
            let empty =
                Measure { id, name, group, about, value: None, low: None, high: None, placebo: None, scale, says: String::new() };
            match answer {
                Ok(v) if v.value.is_finite() && v.low.is_finite() && v.high.is_finite() => Measure {
                    value: Some(v.value),
                    low: Some(v.low),
                    high: Some(v.high),
                    placebo: v.placebo,
                    says: v.says,
                    ..empty
                },
                Ok(_) => Measure { says: "The figures do not give a number.".into(), ..empty },
                Err(says) => Measure { says, ..empty },
            }
        })
        .collect()
}

/// Why nothing can be said of who asked, if so.
fn unknown(e: &Evidence<'_>) -> Option<String> {
    clients_unknown(e.examined, e.clients_known).map(|why| format!("{why}: who asked cannot be told."))
}

/// How a value stands against the same taken of each piece of the baseline, on `scale`: mean taken off, over the
/// standard deviation. `None` with fewer than three pieces.
fn against(ground: &Ground<'_>, scale: Scale, now: f64, of: impl Fn(&[Stay]) -> Option<f64>) -> Option<f64> {
    let list: Vec<f64> = ground.placebo.iter().filter_map(|p| of(&p.stays)).map(|v| scale.of(v)).collect();
    let n = list.len() as f64;
    if list.len() < 3 {
        return None;
    }
    let mean = list.iter().sum::<f64>() / n;
    let spread = (list.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt();
    // Pieces that do not differ at all say nothing of how far chance goes.
    (spread > 1e-9).then(|| ((scale.of(now) - mean) / spread).clamp(-99.0, 99.0))
}

/// Odds of `now` over odds of `base`, each (yes, no), with a 95 % interval (Haldane, Ann. Hum. Genet. 20, 1956: a
/// half added to each).
fn odds(now: (f64, f64), base: (f64, f64)) -> (f64, f64, f64) {
    let cells = [now.0, now.1, base.0, base.1].map(|n| n.max(0.0) + 0.5);
    let ln = (cells[0] / cells[1] / (cells[2] / cells[3])).ln();
    let half = Z95 * cells.iter().map(|n| 1.0 / n).sum::<f64>().sqrt();
    (ln.exp(), (ln - half).exp(), (ln + half).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odds_of_equal_shares_are_one_and_few_cases_leave_much_open() {
        let (v, low, high) = odds((100.0, 300.0), (100.0, 300.0));
        assert!((v - 1.0).abs() < 1e-9 && low < 1.0 && high > 1.0 && high < 1.5);
        let (_, low, high) = odds((2.0, 1.0), (1.0, 2.0));
        assert!(low < 0.2 && high > 20.0);
    }
}

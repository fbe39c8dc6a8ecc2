//! Question: did a few machines make so much of what failed that they must be looked through?
//! Method: clients that made far more requests in the window than the others, and failed for most of
//! them, are set aside; the window is judged again without them, and that answer stands where it says
//! something else with confidence.
//! Assumes: a client that asks ten times as often as the others do is no visitor. Where it is one after
//! all, the others met the failure as well, and nothing is lost but its weight.
//! Reference: Leamer, Am. Econ. Rev. 73 (1983) 31-43: a conclusion that hangs on a few observations is none.

use super::evidence::Evidence;
use super::scope::Finding;
use crate::case::Verdict;
use crate::examine::Phase;
use crate::words::count;

/// A machine makes so many times the requests of the average of all that make fewer. In an audience by
/// Zipf's law the busiest of a thousand makes about that; whoever makes more is none of it.
const TIMES: f64 = 10.0;

/// Fewest failing requests of one machine: with fewer its failing share says little.
const BAD_MIN: u64 = 20;

/// Least failing share of a machine. One that is mostly served is a visitor, if a busy one.
const BAD_SHARE: f64 = 0.5;

/// Least share of all that failed that the machines must have made: less changes no answer.
const PART_MIN: f64 = 0.05;

/// Most machines; more are a crowd.
const MOST: usize = 20;

/// Clients that are no visitors.
#[derive(Clone, Debug, PartialEq)]
pub struct Machines {
    /// Their keys, ascending.
    pub keys: Vec<u64>,
    /// Share of the window's failing requests that they made, 0 to 1.
    pub share: f64,
    /// A sentence.
    pub says: String,
}

/// What the second judgement does to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changes {
    /// The first stands.
    Nothing,
    /// The second stands, on what is left without the machines.
    Replaced,
    /// The first cannot stand, and the second says nothing instead.
    Open,
}

/// The machines in the window, if there are any that matter.
#[must_use]
pub fn machines(e: &Evidence<'_>) -> Option<Machines> {
    if !e.clients_known || e.examined.sampling > 1 {
        return None;
    }
    let ours = |l: usize| e.view.is_ours(l);
    let mut clients: Vec<(u64, u64, u64)> = e.examined.per_client_keyed(&ours, &[Phase::During]).collect();
    clients.sort_by_key(|&(key, n, bad)| (std::cmp::Reverse(n), bad, key));
    let k = chosen(&clients.iter().map(|c| c.1).collect::<Vec<_>>());
    let mut made: Vec<(u64, u64, u64)> =
        clients[..k].iter().copied().filter(|c| c.2 >= BAD_MIN && c.2 as f64 >= BAD_SHARE * c.1 as f64).collect();
    let bad: u64 = clients.iter().map(|c| c.2).sum();
    let few: u64 = made.iter().map(|c| c.2).sum();
    let share = few as f64 / bad.max(1) as f64;
    if made.is_empty() || share < PART_MIN {
        return None;
    }
    made.sort_unstable();
    let k = made.len();
    let says = format!(
        "{k} client{}, asking more than ten times as often as the others, made {} of the {} failing requests in the window.",
        if k == 1 { "" } else { "s" },
        count(few),
        count(bad)
    );
    Some(Machines { keys: made.iter().map(|c| c.0).collect(), share, says })
}

/// How many of these clients, by requests and descending, ask [`TIMES`] as often as those after them do.
fn chosen(requests: &[u64]) -> usize {
    let mut left: u64 = requests.iter().sum();
    let mut k = 0;
    for (i, &n) in requests.iter().enumerate().take(MOST) {
        left -= n;
        let others = requests.len() - i - 1;
        if others > 0 && n as f64 >= TIMES * left as f64 / others as f64 {
            k = i + 1;
        }
    }
    k
}

fn told(f: &Finding) -> bool {
    f.set_aside.is_none() && matches!(f.verdict, Verdict::Confined | Verdict::Partial | Verdict::SiteWide)
}

impl Machines {
    /// What `without` them, the finding `with` them comes to.
    #[must_use]
    pub fn change(&self, with: &Finding, without: &Finding) -> Changes {
        let nothing = without.verdict == Verdict::NoIncident;
        match (told(with), told(without)) {
            (_, true) if with.verdict != without.verdict || with.cause_set != without.cause_set => Changes::Replaced,
            (_, true) => Changes::Nothing,
            // Most of what is told was met by machines, and what is left does not bear it.
            (true, _) if nothing || self.share >= 0.5 => Changes::Open,
            _ => Changes::Nothing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_those_that_ask_ten_times_as_often_as_all_others() {
        let visitors = [9, 7, 5, 5, 4, 3, 3, 2, 2, 2, 1, 1, 1, 1, 1, 1];
        assert_eq!(chosen(&visitors), 0);
        assert_eq!(chosen(&[vec![900], visitors.to_vec()].concat()), 1);
        // Three alike hide one another from a look at the first alone.
        assert_eq!(chosen(&[vec![400, 390, 380], visitors.to_vec()].concat()), 3);
        assert_eq!((chosen(&[]), chosen(&[500])), (0, 0));
    }
}

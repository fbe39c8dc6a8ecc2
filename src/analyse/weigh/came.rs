//! Question: who came, and how much did each ask for?
//! Method: for each bin of the report's axis the clients that asked in it, by whether they had asked in an earlier bin;
//! clients by number of requests in pieces of window and baseline of one length.
//! Assumes: address and user agent tell clients apart.
//! Reference: none; these are counts.

use crate::analyse::measure::{Ground, Piece};
use crate::case::Axis;
use crate::case::weighing::{Came, PerClient};
use crate::time::SECOND;

/// New and returning clients of what is looked at, bin by bin.
#[must_use]
pub fn came(g: &Ground<'_>, axis: &Axis) -> Vec<Came> {
    let mut out: Vec<Came> = (0..axis.bins).map(|i| Came { t: axis.start(i), returning: 0, new: 0 }).collect();
    let mut bins: Vec<(usize, bool)> = Vec::new();
    for client in g.e.examined.attempts.list().chunk_by(|a, b| a.client == b.client) {
        bins.clear();
        let place = |at: i64| axis.bin(crate::time::Micros(at.saturating_mul(SECOND)));
        bins.extend(client.iter().filter_map(|a| Some((place(a.at)?, g.chosen[a.leaf as usize]))));
        bins.sort_unstable();
        let first = bins.first().map(|b| b.0);
        bins.retain(|b| b.1);
        bins.dedup();
        for &(bin, _) in &bins {
            let came = &mut out[bin];
            if Some(bin) == first { came.new += g.sampling } else { came.returning += g.sampling }
        }
    }
    out
}

/// Clients by number of requests; `None` without a baseline.
#[must_use]
pub fn per_client(g: &Ground<'_>) -> Option<PerClient> {
    let most = g.stays_now().chain(g.stays_base()).map(|s| s.requests).max()?;
    let classes = (64 - most.max(1).leading_zeros()) as usize;
    let shares = |pieces: &[Piece]| {
        let mut n = vec![0.0; classes];
        let mut all = 0.0;
        for s in pieces.iter().flat_map(|p| &p.stays) {
            n[(63 - s.requests.max(1).leading_zeros()) as usize] += 1.0;
            all += 1.0;
        }
        n.iter_mut().for_each(|x| *x /= f64::max(all, 1.0));
        (all > 0.0).then_some(n)
    };
    Some(PerClient { from: (0..classes).map(|i| 1 << i).collect(), during: shares(&g.now)?, before: shares(&g.base)? })
}

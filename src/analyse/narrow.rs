//! Question: is what is told as a backend, POP or instance only a few resources of it?
//! Method: the set's resources one by one; where at most three surely failed and all the others
//! together, a tenth of the set's traffic or more, surely stayed healthy, those are the cause.
//! Assumes: what fails as a whole fails for all that is asked of it.
//! Reference: as `each` for the single resources and `extent` for the healthy others.

use super::each::each;
use super::evidence::{BASELINE, Evidence};
use super::extent::{FEW_RESOURCES, MARGIN_MIN, MARGIN_PART, SEGMENT_SHARE};
use super::scope::{Finding, is_thing};
use super::shares::rise;
use std::collections::BTreeMap;

/// A set, attribute = value, and its leaves.
pub(super) type Named = (BTreeMap<String, String>, Vec<usize>);

/// The few resources that failed within the finding's single set, with their leaves; `None` if it is one of
/// resources already, or failed as a whole, or that cannot be told.
#[must_use]
pub(super) fn few_within(f: &Finding, e: &Evidence<'_>, target_low: f64) -> Option<Vec<Named>> {
    let [set] = f.cause_set.as_slice() else { return None };
    if is_thing(set) || e.resource.is_some() {
        return None;
    }
    let (list, _) = each(e, &|l| f.in_target[l]);
    let failed: Vec<_> = list.into_iter().filter(|r| r.rose).collect();
    if failed.is_empty() || failed.len() > FEW_RESOURCES {
        return None;
    }
    let other = |l: usize| f.in_target[l] && !failed.iter().any(|r| r.leaves.binary_search(&l).is_ok());
    let (now, base) = (e.during(&other), e.baseline(&other, &BASELINE));
    let (_, _, upper) = rise(&now, &base)?;
    let enough = now.counts().0 as f64 >= SEGMENT_SHARE * f.target.0.counts().0 as f64;
    if !enough || upper >= MARGIN_MIN.max(MARGIN_PART * target_low) {
        return None;
    }
    let named = failed.into_iter().map(|r| {
        let elsewhere =
            (0..f.in_target.len()).any(|l| e.view.is_ours(l) && !f.in_target[l] && e.view.name(&e.examined.leaves[l]) == r.name);
        // Where all of the resource is in the set, its own name is enough.
        let mut name = if elsewhere { set.clone() } else { BTreeMap::new() };
        name.insert("resource".to_owned(), r.name);
        (name, r.leaves)
    });
    Some(named.collect())
}

//! Question: did a POP, host, backend or instance fail beside the things that are named already?
//! Method: of the traffic that is not the target, the segment is taken whose own failing share surely rose, for many
//! clients, and without which the others stay within the margin. What makes the rest healthy is what ailed it.
//! Assumes: one segment; where two failed beside a thing, none is named here.
//! Reference: as `extent`, non-inferiority of what is left.

use super::detect::RISE_MIN;
use super::evidence::{BASELINE, Evidence};
use super::extent::{MARGIN_MIN, MARGIN_PART, MEASURABLE_MIN, SEGMENTS};
use super::few::{Crowd, crowd};
use super::scope::Finding;
use super::shares::rise;
use crate::examine::Phase;
use std::collections::BTreeMap;

/// Attribute = value, and leaves.
type Segment = (BTreeMap<String, String>, Vec<usize>);

/// The segment as attribute = value, and its leaves outside the target: the one that rose most.
pub(super) fn failing_beside(f: &Finding, e: &Evidence<'_>, ours: &dyn Fn(usize) -> bool) -> Option<Segment> {
    let rest = |l: usize| ours(l) && !f.in_target[l];
    let mut found: Vec<(f64, Segment)> = Vec::new();
    for (name, value) in SEGMENTS {
        let mut by_value: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (i, leaf) in e.examined.leaves.iter().enumerate().filter(|(i, leaf)| rest(*i) && !value(leaf).is_empty()) {
            by_value.entry(value(leaf)).or_default().push(i);
        }
        if by_value.len() < 2 {
            continue;
        }
        for (value, leaves) in by_value {
            let inside = |l: usize| leaves.binary_search(&l).is_ok();
            let (now, base) = (e.during(&inside), e.baseline(&inside, &BASELINE));
            if now.counts().0 < MEASURABLE_MIN || base.counts().0 < MEASURABLE_MIN {
                continue;
            }
            let Some((rose, interval, _)) = rise(&now, &base).filter(|r| r.1.low > RISE_MIN) else { continue };
            let left = |l: usize| rest(l) && !inside(l);
            let margin = MARGIN_MIN.max(MARGIN_PART * interval.low);
            let healthy = rise(&e.during(&left), &e.baseline(&left, &BASELINE))
                .is_some_and(|(d, _, upper)| upper < margin && d <= MARGIN_MIN);
            let during = e.stretch(std::slice::from_ref(&e.window), &[Phase::During]);
            if healthy && crowd(e.examined, &inside, Phase::During, &now, (&base, &base), &during) == Crowd::Many {
                let key = name.to_lowercase();
                found.push((rose, (BTreeMap::from([(key, value.to_owned())]), leaves)));
            }
        }
    }
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.into_iter().next().map(|x| x.1)
}

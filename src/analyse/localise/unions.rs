//! Unions of sets of one group of attributes: two endpoints that fail together.

use super::sets::Counted;
use std::collections::BTreeMap;

/// Most elements of a union; more is no short answer.
const UNION_MAX: usize = 6;

/// A union's element must itself fail at this multiple of what is expected. Anything from 1 to 1.2
/// gives the same in cross-validation; at 1.3 unions of what failed often before are missed.
const UNION_RATIO: f64 = 1.1;

/// The unions of each group's elements with the largest excess: every two of them, and of single
/// attributes also the first three to six. None that covers what `known` says a conjunction covers,
/// and of several that cover the same only the simplest.
pub(super) fn within(groups: &[Vec<Counted>], known: impl Fn((u64, u32)) -> bool) -> Vec<Vec<Counted>> {
    let mut found: BTreeMap<(u64, u32), Vec<Counted>> = BTreeMap::new();
    for group in groups {
        let elements = elements(group);
        let mut add = |mut members: Vec<Counted>| {
            members.sort_by_key(|m| *m.parts());
            let print = members.iter().fold((0u64, 0u32), |s, m| (s.0.wrapping_add(m.print().0), s.1 + m.print().1));
            if known(print) {
                return;
            }
            let simplicity = |u: &[Counted]| (u.len(), u[0].key().len(), u.iter().map(|m| *m.parts()).collect::<Vec<_>>());
            let place = found.entry(print).or_insert_with(|| members.clone());
            if simplicity(&members) < simplicity(place) {
                *place = members;
            }
        };
        for (i, a) in elements.iter().enumerate() {
            elements[i + 1..].iter().for_each(|b| add(vec![*a, *b]));
        }
        if elements.first().is_some_and(|e| e.key().len() == 1) {
            (3..=elements.len()).for_each(|n| add(elements[..n].to_vec()));
        }
    }
    found.into_values().collect()
}

/// Sets of one group that fail more than expected, the largest excess first. One need not stand out
/// from the outside, for its fellow elements are there.
fn elements(group: &[Counted]) -> Vec<Counted> {
    let mut out: Vec<Counted> =
        group.iter().filter(|s| s.bad >= super::BAD_MIN && s.bad > UNION_RATIO * s.expected).copied().collect();
    let excess = |s: &Counted| s.bad - s.expected;
    out.sort_by(|a, b| excess(b).total_cmp(&excess(a)).then_with(|| a.parts().cmp(b.parts())));
    out.truncate(UNION_MAX);
    out
}

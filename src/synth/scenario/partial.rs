//! One resource fails hard and the rest of the site is dragged along a little.

use super::super::fault::{Fault, OVERLOAD};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::Kind;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "partial",
    about: "the search fails for most and drags the rest of the site along: 8 % of its uncached requests fail too",
    lines: 52_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(scale);
    let (from, to) = (after(34), after(52));
    let search = Fault { from, to, kinds: &[Kind::Search], pop: None, share: (850_000, 850_000), mix: OVERLOAD, slow: 4 };
    let rest = Fault { kinds: &[], share: (80_000, 80_000), slow: 2, ..search.clone() };
    Plan {
        planted: Planted {
            what: "85 % of searches fail, and so do 8 % of all other uncached requests, in the same minutes",
            verdict: "partial",
            cause: Some(("resource", "/search".into())),
            explanations: &["internal-fault"],
            window: Some((from, to)),
            kinds: &[Kind::Search],
            ..base.planted.clone()
        },
        faults: vec![search, rest],
        ..base
    }
}

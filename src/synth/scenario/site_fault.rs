//! The application breaks for every resource, with no more traffic than before.

use super::super::fault::{BROKEN, Fault};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "site-fault",
    about: "the origin fails 60 to 95 % of uncached requests on every resource for 15 minutes, without a surge",
    lines: 48_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(scale);
    let fault = Fault { from: after(35), to: after(50), kinds: &[], pop: None, share: (600_000, 950_000), mix: BROKEN, slow: 2 };
    Plan {
        planted: Planted {
            what: "the origin application fails 60 %, later 95 % of uncached requests on every resource; demand stays as it was",
            verdict: "site-wide",
            explanations: &["internal-fault"],
            window: Some((fault.from, fault.to)),
            ..base.planted.clone()
        },
        faults: vec![fault],
        ..base
    }
}

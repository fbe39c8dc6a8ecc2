//! Capacity is lost while the load is as on any day.

use super::super::fault::{Fault, OVERLOAD};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::visits::Retry;
use super::super::world::Kind;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "capacity-fault",
    about: "the servers behind the time line lose half their capacity under ordinary load: it fails for want of room although nobody else came",
    lines: 53_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(scale);
    let (from, to) = (after(30), after(48));
    let fault = Fault { from, to, kinds: &[Kind::Timeline], pop: None, share: (450_000, 550_000), mix: OVERLOAD, slow: 4 };
    Plan {
        planted: Planted {
            what: "half the capacity for the time line is gone: 45 to 55 % of requests for it fail in queues or with 503, at the \
                   load of any other hour",
            verdict: "confined",
            cause: Some(("resource", "/i/api/timeline".into())),
            explanations: &["internal-fault"],
            window: Some((from, to)),
            kinds: &[Kind::Timeline],
            notes: vec!["the errors are those of an overload, but demand did not rise; the same load was served before".into()],
            ..base.planted.clone()
        },
        faults: vec![fault],
        retry: Some(Retry { pause: (2_000, 20_000), patience: 30_000 }),
        ..base
    }
}

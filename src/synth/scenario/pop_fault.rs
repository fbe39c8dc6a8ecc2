//! One POP loses its way to the balancer.

use super::super::fault::{CUT_OFF, Fault};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::Pop;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "pop-fault",
    about: "one POP cannot reach the balancer for 14 minutes: its cache misses fail on every resource, its hits and the other POP do not",
    lines: 50_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(scale);
    let fault = Fault {
        from: after(33),
        to: after(47),
        kinds: &[],
        pop: Some(Pop::Lhr),
        share: (970_000, 970_000),
        mix: CUT_OFF,
        slow: 1,
    };
    Plan {
        planted: Planted {
            what: "the London POP cannot reach the balancer: its cache misses fail with 502 or 504 on every resource and leave no \
                   line behind the edge",
            verdict: "partial",
            cause: Some(("pop", "LHR".into())),
            explanations: &["segment-fault"],
            window: Some((fault.from, fault.to)),
            pop: fault.pop,
            notes: vec!["the edge log writes the POP as LHR62-C2".into()],
            ..base.planted.clone()
        },
        faults: vec![fault],
        ..base
    }
}

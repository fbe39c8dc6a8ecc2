//! One Space answers most of its visitors with a small page that says "not available", and status 200.

use super::super::crowd::{CrowdPlan, Door, Wave};
use super::super::fault::{Fault, SOFT};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::{Kind, SPACE};
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "soft-errors",
    about: "one Space answers \"not available\" with status 200 for 20 minutes; no other error rises",
    lines: 68_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(scale);
    let (from, to) = (after(32), after(52));
    let wave = |from, to, people| Wave { from: after(from), to: after(to), people: scale.count(people) };
    Plan {
        planted: Planted {
            what: "for 20 minutes 85 % of the requests for one Space's page are answered with a small page that says \"not available\" \
                   and with status 200, by the application; visitors try again",
            verdict: "confined",
            cause: Some(("resource", format!("/i/spaces/{SPACE}"))),
            explanations: &["internal-fault"],
            window: Some((from, to)),
            kinds: &[Kind::HotPage],
            notes: vec!["failed are, beside 5xx and 429, the answers of 282 bytes for the Space's page".into()],
            ..base.planted.clone()
        },
        faults: vec![Fault { from, to, kinds: &[Kind::HotPage], pop: None, share: (850_000, 850_000), mix: SOFT, slow: 1 }],
        crowd: Some(CrowdPlan {
            waves: vec![wave(0, 32, 500), wave(32, 52, 300), wave(52, 74, 330)],
            start: after(0),
            doors: vec![Door { from: after(0), places: None, shed: 0, friction: 0 }],
            mix: SOFT,
            poll: 65_000,
            stay: (after(60), 420_000.0),
            again: (after(54), after(70)),
        }),
        ..base
    }
}

//! Many people behind few addresses come to one page and are served.

use super::super::calendar::MINUTE;
use super::super::guests::{GuestPlan, Manner};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::SPACE;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "cgnat-crowd",
    about: "a crowd behind forty shared addresses comes to one Space and is served: few addresses, many people",
    lines: 80_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(Scale(scale.0 * 0.6));
    Plan {
        planted: Planted {
            what: "from minute 30 to 45 people behind forty addresses of mobile carriers come for one Space; all are served",
            explanations: &["flash-crowd", "no-incident"],
            notes: vec![format!(
                "the crowd is at /i/spaces/{SPACE}; each address stands for dozens of people with their own agents"
            )],
            ..base.planted.clone()
        },
        guests: Some(GuestPlan {
            guests: scale.count(2_400),
            from: after(30),
            to: after(45),
            rise: 5 * MINUTE,
            fade: 8 * MINUTE,
            usual: 300_000,
            addresses: Some(40),
            manner: Manner::People,
        }),
        ..base
    }
}

//! A crowd comes and all of it is served.

use super::super::crowd::{CrowdPlan, Door, Wave};
use super::super::fault::OVERLOAD;
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::SPACE;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "flash-crowd-served",
    about: "a crowd ten times as large as any other Space's comes to one Space and is served; errors stay ordinary",
    lines: 72_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(Scale(scale.0 * 0.7));
    let wave = |from, to, people| Wave { from: after(from), to: after(to), people: scale.count(people) };
    Plan {
        post: Some((after(0), 20_000)),
        planted: Planted {
            what: "from minute 30 on a crowd joins one Space and stays; everybody is served and errors stay where they were",
            explanations: &["flash-crowd", "no-incident"],
            notes: vec![format!("the crowd is at /i/spaces/{SPACE}")],
            ..base.planted.clone()
        },
        crowd: Some(CrowdPlan {
            waves: vec![wave(0, 28, 40), wave(28, 32, 420), wave(32, 45, 180)],
            start: after(30),
            doors: vec![Door { from: after(0), places: None, shed: 0, friction: 0 }],
            mix: OVERLOAD,
            poll: 45_000,
            stay: (after(60), 420_000.0),
            again: (after(50), after(55)),
        }),
        ..base
    }
}

//! The live Space of 12 August 2024 at a thousandth of its audience, after published accounts.
//!
//! The crowd arrives for 00:00Z, the Space takes about 115 listeners and turns the others away;
//! at 00:30Z its owner moves to a smaller audience (more places, an admission limit for the rest);
//! from 00:42Z everybody gets in. The rest of the site knows nothing of it.

use super::super::calendar::utc;
use super::super::crowd::{CrowdPlan, Door, Wave};
use super::super::fault::OVERLOAD;
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::{Kind, SPACE};
use super::{Scale, Scenario};
use crate::synth::manifest::spaces_incident;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "spaces-2024-08-12",
    about: "one Space turns most of its audience away for 42 minutes while the rest of the site stays healthy (the case of 12 August 2024, 1:1000)",
    lines: 174_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let at = |minute: i64| utc(2024, 8, 13, 0, 0) + minute * 60_000;
    let wave = |from, to, people| Wave { from: at(from), to: at(to), people: scale.count(people) };
    let divisor = ((1000.0 / scale.0 + 0.5) as u64).max(1);
    let people = scale.count(4_000);
    Plan {
        span: (at(-30), at(75)),
        people,
        visits: scale.rate(1.4),
        post: Some((at(-30), 50_000)),
        faults: Vec::new(),
        crowd: Some(CrowdPlan {
            waves: vec![
                wave(-30, -10, 70),
                wave(-10, -2, 190),
                wave(-2, 2, 420),
                wave(2, 10, 220),
                wave(10, 42, 330),
                wave(42, 59, 390),
            ],
            start: at(0),
            doors: vec![
                Door { from: at(-30), places: None, shed: 0, friction: 0 },
                Door { from: at(0), places: Some(scale.count(115)), shed: 0, friction: 60_000 },
                Door { from: at(30), places: Some(scale.count(400)), shed: 600_000, friction: 30_000 },
                Door { from: at(42), places: None, shed: 0, friction: 0 },
            ],
            mix: OVERLOAD,
            poll: 65_000,
            stay: (at(60), 600_000.0),
            again: (at(45), at(58)),
        }),
        rooms: Default::default(),
        bots: None,
        retry: None,
        gap: None,
        guests: None,
        deploy: None,
        planted: Planted {
            what: "one Space turns most of its audience away from its start on: the application shard that holds it is overloaded \
                   by a legitimate crowd; a change after 30 minutes helps in part, after 42 minutes everybody gets in; the rest \
                   of the site stays as healthy as before",
            verdict: "confined",
            cause: Some(("resource", format!("/i/spaces/{SPACE}"))),
            explanations: &["internal-fault", "flash-crowd"],
            window: Some((at(0), at(42))),
            kinds: &[Kind::HotPage, Kind::HotLive],
            pop: None,
            scale: format!("about 1:{divisor}: one made person stands for {divisor} people; the rest of the site is reduced much further"),
            notes: vec![
                format!("the resource takes in /i/spaces/{SPACE} and /i/api/audiospace/{SPACE}/live, as the rule in incident.toml does"),
                "a change with partial effect is planted at 2024-08-13T00:30:00Z".into(),
                "demand was raised by a legitimate crowd and met a component without capacity for it: both explanations hold, the \
                 failing component is the cause"
                    .into(),
            ],
        },
        basis: Vec::new(),
        incident: spaces_incident(divisor),
    }
}

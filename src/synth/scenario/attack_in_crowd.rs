//! Machines ask for the page for which a crowd has come.

use super::super::bots::{Aim, BotPlan};
use super::super::calendar::MINUTE;
use super::super::fault::{Fault, OVERLOAD};
use super::super::guests::{GuestPlan, Manner};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::{Kind, SPACE};
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "attack-in-crowd",
    about: "a crowd comes to one Space, and 30 machines with forged agents hide in it: two explanations hold at once",
    lines: 81_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(Scale(scale.0 * 0.6));
    let (from, to) = (after(34), after(46));
    let fault = Fault { from, to, kinds: &[Kind::HotPage], pop: None, share: (600_000, 600_000), mix: OVERLOAD, slow: 4 };
    Plan {
        planted: Planted {
            what: "from minute 30 on people come for one Space; from minute 34 to 46 thirty machines ask for the same page every \
                   four seconds, and 60 % of requests for it fail for everybody",
            verdict: "confined",
            cause: Some(("resource", format!("/i/spaces/{SPACE}"))),
            window: Some((from, to)),
            kinds: &[Kind::HotPage],
            explanations: &["flash-crowd", "attack-on-resource"],
            notes: vec!["the machines make more than half of the requests for the page in the window".into()],
            ..base.planted.clone()
        },
        faults: vec![fault],
        bots: Some(BotPlan { machines: scale.count(30), from, to, period: 4_000, aim: Aim::Hot, forged_agent: true }),
        guests: Some(GuestPlan {
            guests: scale.count(2_200),
            from: after(30),
            to,
            rise: 4 * MINUTE,
            fade: 10 * MINUTE,
            usual: 800_000,
            addresses: None,
            manner: Manner::People,
        }),
        ..base
    }
}

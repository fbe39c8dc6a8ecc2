//! Real browsers, driven through the networks of homes, ask for one page.

use super::super::calendar::MINUTE;
use super::super::fault::{Fault, OVERLOAD};
use super::super::guests::{GuestPlan, Manner};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::{Kind, SPACE};
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "botnet-browsers",
    about: "driven browsers behind usual and new client networks do what people do and overload the page of one Space: nearly a crowd",
    lines: 70_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(Scale(scale.0 * 0.6));
    let (from, to) = (after(32), after(46));
    let fault = Fault { from, to, kinds: &[Kind::HotPage], pop: None, share: (600_000, 600_000), mix: OVERLOAD, slow: 4 };
    Plan {
        planted: Planted {
            what: "from minute 31 to 46 driven browsers, half of them behind the site's usual client networks, ask for the page of \
                   one Space and load its pictures; 60 % of requests for it fail",
            verdict: "confined",
            cause: Some(("resource", format!("/i/spaces/{SPACE}"))),
            window: Some((from, to)),
            kinds: &[Kind::HotPage],
            explanations: &["attack-on-resource"],
            notes: vec![
                "they have agents, referrers and pauses of people; they go on after a refusal and all leave at once: access logs \
                 hardly tell them from a crowd, and \"undecided\" is a good answer"
                    .into(),
            ],
            ..base.planted.clone()
        },
        faults: vec![fault],
        guests: Some(GuestPlan {
            guests: scale.count(3_200),
            from: from - MINUTE,
            to,
            rise: MINUTE,
            fade: 0,
            usual: 500_000,
            addresses: None,
            manner: Manner::Driven,
        }),
        ..base
    }
}

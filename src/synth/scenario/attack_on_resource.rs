//! A request flood on one endpoint.

use super::super::bots::{Aim, BotPlan};
use super::super::calendar::MINUTE;
use super::super::fault::{Fault, OVERLOAD};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::Kind;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "attack-on-resource",
    about: "300 machines with one user agent flood /search with queries no cache can know; it fails, the rest stays healthy",
    lines: 81_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(Scale(scale.0 * 0.8));
    let (from, to) = (after(32), after(46));
    let fault = Fault { from, to, kinds: &[Kind::Search], pop: None, share: (700_000, 800_000), mix: OVERLOAD, slow: 5 };
    Plan {
        planted: Planted {
            what: "300 addresses with one user agent ask /search with cache-busting queries at a steady pace; 70 to 80 % of \
                   searches fail for everybody, nothing else does",
            verdict: "confined",
            cause: Some(("resource", "/search".into())),
            explanations: &["attack-on-resource"],
            window: Some((from, to)),
            kinds: &[Kind::Search],
            notes: vec!["the flood begins one minute before the first failures and ends with them".into()],
            ..base.planted.clone()
        },
        faults: vec![fault],
        bots: Some(BotPlan {
            machines: scale.count(300),
            from: from - MINUTE,
            to,
            period: 18_000,
            aim: Aim::Search,
            forged_agent: false,
        }),
        ..base
    }
}

//! A request flood on the whole site.

use super::super::bots::{Aim, BotPlan};
use super::super::calendar::MINUTE;
use super::super::fault::{EXHAUSTED, Fault};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "attack-on-site",
    about: "a flood from some two thousand addresses never seen before on many paths; the whole site degrades for 14 minutes",
    lines: 80_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(Scale(scale.0 * 0.7));
    let (from, to) = (after(35), after(49));
    // The flood stands a minute before the site gives way.
    let fault = Fault { from, to, kinds: &[], pop: None, share: (350_000, 600_000), mix: EXHAUSTED, slow: 6 };
    Plan {
        planted: Planted {
            what: "machines behind some two thousand new addresses request pages of all kinds at a steady pace; 35 to 60 % of all \
                   uncached requests fail for everybody",
            verdict: "site-wide",
            explanations: &["attack-on-site"],
            window: Some((from, to)),
            notes: vec!["the flood begins one minute before the first failures and ends with them".into()],
            ..base.planted.clone()
        },
        faults: vec![fault],
        bots: Some(BotPlan {
            machines: scale.count(2_200),
            from: from - MINUTE,
            to,
            period: 120_000,
            aim: Aim::AnyPage,
            forged_agent: true,
        }),
        ..base
    }
}

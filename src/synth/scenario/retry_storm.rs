//! One page fails most of the time, and everybody tries again until it works.

use super::super::fault::{Fault, OVERLOAD};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::visits::Retry;
use super::super::world::Kind;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "retry-storm",
    about: "three of four requests for /home fail, and people try again until it works: most get it within a minute, and requests \
            for it triple although nobody else came",
    lines: 54_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(scale);
    let (from, to) = (after(34), after(52));
    let fault = Fault { from, to, kinds: &[Kind::Home], pop: None, share: (750_000, 750_000), mix: OVERLOAD, slow: 2 };
    Plan {
        planted: Planted {
            what: "75 % of requests for /home fail; who is refused tries again after 1 to 8 seconds, for at most a minute; the rest \
                   of the site stays as healthy as before",
            verdict: "confined",
            cause: Some(("resource", "/home".into())),
            explanations: &["internal-fault"],
            window: Some((from, to)),
            kinds: &[Kind::Home],
            notes: vec!["the surge of requests for /home is made of retries alone".into()],
            ..base.planted.clone()
        },
        faults: vec![fault],
        retry: Some(Retry { pause: (1_000, 8_000), patience: 60_000 }),
        ..base
    }
}

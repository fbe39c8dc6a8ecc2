//! A new version of the site goes out: nearly every page has a new size from one moment on.

use super::super::run::Plan;
use super::super::truth::Planted;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "deploy",
    about: "nothing fails, but a new version changes the sizes of most pages from one moment on, some to less than half",
    lines: 47_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(scale);
    Plan {
        deploy: Some(after(40)),
        planted: Planted {
            what: "nothing happens beyond everyday errors; at minute 40 a new version goes out, and most pages have new sizes from then on",
            ..base.planted.clone()
        },
        ..base
    }
}

//! Nothing happens.

use super::{Scenario, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "nothing",
    about: "75 ordinary minutes: everyday errors, scanners and aborted requests, no incident",
    lines: 52_000,
    plan: ordinary,
};

//! A slow degradation: one endpoint fails more and more, until it is restarted.

use super::super::fault::{BROKEN, Fault};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::Kind;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "ramp",
    about: "the time line fails more and more over 20 minutes, up to 95 %, until a restart 5 minutes later; the rest stays healthy",
    lines: 49_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(scale);
    let (from, full, to) = (after(28), after(48), after(53));
    let rise = Fault { from, to: full, kinds: &[Kind::Timeline], pop: None, share: (0, 950_000), mix: BROKEN, slow: 1 };
    let rest = Fault { from: full, to, share: (950_000, 950_000), ..rise.clone() };
    Plan {
        planted: Planted {
            what: "the time line fails for a share that rises from nothing to 95 % within 20 minutes, stays there for five and ends \
                   at once; nothing else fails",
            verdict: "confined",
            cause: Some(("resource", "/i/api/timeline".into())),
            explanations: &["internal-fault"],
            window: Some((from, to)),
            kinds: &[Kind::Timeline],
            ..base.planted.clone()
        },
        faults: vec![rise, rest],
        ..base
    }
}

//! A deploy gone wrong: one endpoint fails, recovers and fails again, every six minutes.

use super::super::calendar::{MINUTE, rfc3339};
use super::super::fault::{BROKEN, Fault};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::Kind;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "oscillating",
    about: "the time line fails for three minutes out of six, six times over: a bad file is written anew and repaired again; the rest stays healthy",
    lines: 50_000,
    plan,
};

const BOUTS: i64 = 6;
const EVERY: i64 = 6 * MINUTE;
const LASTS: i64 = 3 * MINUTE;

fn plan(scale: Scale) -> Plan {
    let base = ordinary(scale);
    let begin = |bout: i64| after(22) + bout * EVERY;
    let bout = |i| Fault {
        from: begin(i),
        to: begin(i) + LASTS,
        kinds: &[Kind::Timeline],
        pop: None,
        share: (900_000, 900_000),
        mix: BROKEN,
        slow: 1,
    };
    let faults: Vec<Fault> = (0..BOUTS).map(bout).collect();
    Plan {
        planted: Planted {
            what: "90 % of the requests for the time line fail for three minutes out of every six, six times; nothing else does",
            verdict: "confined",
            cause: Some(("resource", "/i/api/timeline".into())),
            explanations: &["internal-fault"],
            window: Some((begin(0), begin(BOUTS - 1) + LASTS)),
            kinds: &[Kind::Timeline],
            notes: faults.iter().map(|f| format!("failing from {} to {}", rfc3339(f.from), rfc3339(f.to))).collect(),
            ..base.planted.clone()
        },
        faults,
        ..base
    }
}

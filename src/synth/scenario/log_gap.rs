//! Nothing fails, but one POP's log has a hole.

use super::super::logs::Gap;
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::Pop;
use super::{Scale, Scenario, after, ordinary};
use crate::synth::calendar::rfc3339;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "log-gap",
    about: "nothing fails, but one POP's log lines of 12 minutes were never delivered; the inner tiers show that its requests arrived",
    lines: 51_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(scale);
    let gap = Gap { pop: Pop::Lhr, from: after(36), to: after(48) };
    Plan {
        planted: Planted {
            what: "nothing fails; the London POP's log lines of 12 minutes are missing while the balancer's frontend edge_lhr and \
                   the origin show that its requests went on",
            explanations: &["logging-artefact", "no-incident"],
            notes: vec![format!("lines missing in edge/lhr.cloudfront.log.gz from {} to {}", rfc3339(gap.from), rfc3339(gap.to))],
            ..base.planted.clone()
        },
        gap: Some(gap),
        ..base
    }
}

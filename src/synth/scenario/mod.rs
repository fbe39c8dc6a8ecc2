//! The scenarios: one file each, and the list that names them.

mod attack_in_crowd;
mod attack_on_resource;
mod attack_on_site;
mod botnet_browsers;
mod capacity_fault;
mod cgnat_crowd;
mod crawler;
mod crowd_unseen;
mod deploy;
mod flash_crowd_served;
mod log_gap;
mod nothing;
mod oscillating;
mod partial;
mod pop_fault;
mod ramp;
mod retry_storm;
mod site_fault;
mod soft_errors;
mod spaces;
mod spaces_earlier;

use super::calendar::{MINUTE, utc};
use super::run::Plan;
use super::truth::Planted;

/// A scenario.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// One line for people.
    pub(crate) about: &'static str,
    /// Lines it writes at its own scale, roughly; `--lines` is measured against it.
    pub(crate) lines: u64,
    pub(crate) plan: fn(Scale) -> Plan,
}

/// All scenarios. A new one is a new file and a line here.
pub(crate) const SCENARIOS: &[Scenario] = &[
    spaces::SCENARIO,
    spaces_earlier::SCENARIO,
    attack_on_site::SCENARIO,
    attack_on_resource::SCENARIO,
    attack_in_crowd::SCENARIO,
    botnet_browsers::SCENARIO,
    flash_crowd_served::SCENARIO,
    crowd_unseen::SCENARIO,
    cgnat_crowd::SCENARIO,
    crawler::SCENARIO,
    capacity_fault::SCENARIO,
    site_fault::SCENARIO,
    pop_fault::SCENARIO,
    partial::SCENARIO,
    oscillating::SCENARIO,
    ramp::SCENARIO,
    soft_errors::SCENARIO,
    retry_storm::SCENARIO,
    nothing::SCENARIO,
    deploy::SCENARIO,
    log_gap::SCENARIO,
];

/// How much traffic, in comparison with the scenario's own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale(pub(crate) f64);

impl Scale {
    /// `n` people or machines at this scale, at least one.
    pub(crate) fn count(self, n: u32) -> u32 {
        ((f64::from(n) * self.0 + 0.5) as u32).max(1)
    }

    /// A rate at this scale.
    pub(crate) fn rate(self, per_second: f64) -> f64 {
        per_second * self.0
    }
}

/// Beginning of every scenario but the first: 10 September 2024, 14:00 UTC.
fn opening() -> i64 {
    utc(2024, 9, 10, 14, 0)
}

/// `minutes` after [`opening`].
fn after(minutes: i64) -> i64 {
    opening() + minutes * MINUTE
}

/// An ordinary 75 minutes in which nothing happens: what most scenarios change in one point.
fn ordinary(scale: Scale) -> Plan {
    Plan {
        span: (opening(), after(75)),
        people: scale.count(3_000),
        visits: scale.rate(1.6),
        post: None,
        faults: Vec::new(),
        crowd: None,
        rooms: Default::default(),
        bots: None,
        retry: None,
        gap: None,
        guests: None,
        deploy: None,
        planted: Planted {
            what: "an ordinary 75 minutes: nothing happens beyond everyday errors, scanners and aborted requests",
            verdict: "no-incident",
            cause: None,
            explanations: &["no-incident"],
            window: None,
            kinds: &[],
            pop: None,
            scale: "an invented small site at its own size".into(),
            notes: Vec::new(),
        },
        basis: Vec::new(),
        incident: String::new(),
    }
}

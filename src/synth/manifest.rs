//! `incident.toml` and `README.md` of a bundle.

use super::calendar::rfc3339;
use super::run::Plan;
use super::scenario::Scenario;
use super::world::{POST, SPACE};
use std::fmt::Write;

/// `incident.toml`.
pub(crate) fn incident(scenario: &Scenario, plan: &Plan, seed: u64) -> String {
    if plan.incident.is_empty() {
        return format!("title = \"Synthetic bundle {}, seed {seed}\"\nsynthetic = true\n", scenario.name);
    }
    plan.incident.clone()
}

/// `README.md`.
pub(crate) fn readme(scenario: &Scenario, plan: &Plan, seed: u64, lines: u64, files: &[(String, u64)]) -> String {
    let mut text = format!(
        "# SYNTHETIC: {name}\n\nThese logs are **made, not observed**. No line in them was written by a real server about a real \
person.\n\n- What happens: {what}.\n- Scale: {scale}.\n- Span: {from} to {to}.\n- Made by `outscope synth {name} --seed {seed} --lines {lines}`: a \
small simulation of clients, two edge POPs with caches, a balancer and an origin; each tier writes the line it would write, in \
its own format. The same seed gives the same bytes.\n- Addresses come from the ranges set aside for benchmarks and documentation \
(198.18.0.0/15, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32); every host name is an `example`.\n- `truth.json` holds what was \
planted, from the simulation's own books.\n\n| file | lines |\n|---|---|\n",
        name = scenario.name,
        what = plan.planted.what,
        scale = plan.planted.scale,
        from = rfc3339(plan.span.0),
        to = rfc3339(plan.span.1),
    );
    for (name, lines) in files {
        let _ = writeln!(text, "| `{name}` | {lines} |");
    }
    if !plan.basis.is_empty() {
        text.push_str("\n## What is given, and what is made up\n\n");
        for line in &plan.basis {
            let _ = writeln!(text, "- {line}");
        }
    }
    text
}

/// One `[[claim]]`: id, who, when (UTC; empty if not known), test, statement.
pub(crate) type Claim = (&'static str, &'static str, &'static str, String, String);

/// Marks (when, what) and claims as `incident.toml` has them.
pub(crate) fn marks_and_claims(marks: &[(&str, &str)], claims: &[Claim]) -> String {
    let mut text = String::new();
    for (at, says) in marks {
        let _ = write!(text, "\n[[event]]\nat = {at}\nsays = \"{says}\"\n");
    }
    for (id, by, at, test, says) in claims {
        let _ = write!(text, "\n[[claim]]\nid = \"{id}\"\nsays = \"{says}\"\nby = \"{by}\"\n");
        if !at.is_empty() {
            let _ = writeln!(text, "at = {at}");
        }
        text.push_str(test);
    }
    text
}

/// Rules, marks and claims of the case of 12 August 2024. Claims hold the numbers that were said; `scale` tells
/// how many people one made person stands for.
pub(crate) fn spaces_incident(divisor: u64) -> String {
    let space = format!("/i/spaces/{SPACE}");
    let mut text = format!(
        "# SYNTHETIC: the claims are restated from published accounts, the logs beside this file are made.\n\
title = \"A live Space fails at its start, 12 August 2024 (synthetic reconstruction, 1:{divisor})\"\n\
timezone = \"America/New_York\"\nsynthetic = true\n# One made person stands for so many.\nscale = {divisor}\n\n\
# The Space's page and its listeners' polls are one thing to a listener.\n[[resource]]\n\
match = '^/i/(?:spaces|api/audiospace)/{SPACE}(?:/live)?$'\nname = \"{space}\"\n\n\
# The post that announced it.\n[[resource]]\nmatch = '^{POST}$'\nname = \"{POST}\"\n"
    );
    let marks = [
        ("2024-08-13T00:00:00Z", "F1: scheduled start of the Space"),
        ("2024-08-13T00:18:00Z", "C1: the platform's owner speaks of a massive attack"),
        ("2024-08-13T00:30:00Z", "C2: start moved, smaller live audience"),
        ("2024-08-13T00:42:00Z", "F4: real audio, by one account"),
    ];
    text.push_str(&marks_and_claims(&marks, &claims(&space)));
    text
}

fn claims(space: &str) -> Vec<Claim> {
    let downtime = |minutes: u32| {
        let start = "2024-08-13T00:00:00Z";
        format!("downtime = {minutes}\ntolerance = 2\nfrom = {start}\nresource = \"{space}\"\n")
    };
    let (owner, press) = ("the platform's owner", "press");
    vec![
        (
            "C1",
            owner,
            "2024-08-13T00:18:00Z",
            "scope = \"site-wide\"\n".into(),
            "The platform as a whole is under a massive attack.".into(),
        ),
        (
            "C1b",
            owner,
            "2024-08-13T00:18:00Z",
            "explanation = \"attack-on-site\"\n".into(),
            "The failure comes from a massive distributed attack on the platform.".into(),
        ),
        (
            "C2",
            owner,
            "2024-08-13T00:30:00Z",
            "change_at = 2024-08-13T00:30:00Z\n".into(),
            "The talk goes on with fewer live listeners from 20:30 local time on; the recording follows.".into(),
        ),
        (
            "C3",
            "people inside the company, by press accounts",
            "",
            "explanation = \"internal-fault\"\n".into(),
            "There was no sign of an attack: the service itself could not carry it.".into(),
        ),
        (
            "C4",
            "reporters connected at the time",
            "",
            "rest_healthy = true\n".into(),
            "The rest of the site worked in the very minutes in which the Space did not.".into(),
        ),
        (
            "C4b",
            "reporters connected at the time",
            "",
            format!("scope = \"confined\"\nresource = \"{space}\"\n"),
            "One piece of content failed, not the platform.".into(),
        ),
        (
            "C5",
            press,
            "",
            String::new(),
            "It is the same failure as at the campaign-launch Space of May 2023, then put down to overloaded servers.".into(),
        ),
        ("F4a", press, "", downtime(40), "Real audio came after about 40 minutes.".into()),
        ("F4b", press, "", downtime(42), "Audio was back 42 minutes after the scheduled start.".into()),
        ("F3", press, "", downtime(54), "Listeners waited for more than 54 minutes.".into()),
        (
            "F2",
            press,
            "",
            "concurrent = 115000\nwhen = 2024-08-13T00:05:00Z\n".into(),
            "About 115,000 got in shortly after the start; for many others the page said that it was not available.".into(),
        ),
        (
            "A1",
            press,
            "2024-08-13T00:00:00Z",
            "concurrent = 900000\nwhen = 2024-08-13T00:00:00Z\n".into(),
            "About 900,000 listeners at the beginning.".into(),
        ),
        ("A2", press, "", "peak_concurrent = 1400000\n".into(), "At most about 1.4 million listeners at one time.".into()),
        (
            "A3",
            "the company",
            "",
            format!("views = 73000000\nresource = \"{POST}\"\n"),
            "The Space's post had 73 million views.".into(),
        ),
        (
            "A4",
            "the company",
            "",
            "views = 998000000\n".into(),
            "4 million posts about it in the same hour were viewed 998 million times, about a billion.".into(),
        ),
    ]
}

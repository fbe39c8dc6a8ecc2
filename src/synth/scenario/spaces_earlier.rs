//! The earlier incident of the same kind: the campaign-launch Space of 24 May 2023, at a thousandth of a size
//! that nobody published.
//!
//! Given is little: a Space in which a campaign was launched failed at its start in May 2023, and overloaded
//! servers were blamed. All else is made up so that there is something to compare with: three bouts of failure
//! in 22 minutes, each ending as the application starts anew, and a second Space, opened from another account,
//! that works for those who are left.

use super::super::calendar::utc;
use super::super::crowd::{CrowdPlan, Door, Move, Rooms, Wave};
use super::super::fault::OVERLOAD;
use super::super::manifest::{Claim, marks_and_claims};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::{Kind, announcement, hot_space};
use super::{Scale, Scenario, ordinary};

/// Numbers of the Space that failed and of the one opened in its stead.
const FIRST: u64 = 1;
const SECOND: u64 = 2;

pub(super) const SCENARIO: Scenario = Scenario {
    name: "spaces-2023-05-24",
    about: "a Space fails three times within 22 minutes of its start and is opened anew from another account, for fewer listeners; the rest stays healthy (the earlier case of May 2023, mostly made up)",
    lines: 130_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let at = |minute: i64| utc(2023, 5, 24, 22, 0) + minute * 60_000;
    let wave = |from, to, people| Wave { from: at(from), to: at(to), people: scale.count(people) };
    let divisor = (1000.0 / scale.0 + 0.5) as u64;
    let space = format!("/i/spaces/{}", hot_space(FIRST));
    let open = |from: i64| Door { from: at(from), places: None, shed: 0, friction: 0 };
    let shut = |from: i64, places: u32| Door { from: at(from), places: Some(scale.count(places)), shed: 0, friction: 880_000 };
    Plan {
        span: (at(-30), at(55)),
        people: scale.count(2_200),
        visits: scale.rate(1.1),
        crowd: Some(CrowdPlan {
            waves: vec![wave(-25, -8, 50), wave(-8, -1, 130), wave(-1, 3, 210), wave(3, 12, 110), wave(12, 22, 30)],
            start: at(0),
            // Shut for 1 to 8, 10 to 15 and 16 to 22 minutes; open between them, and from the second Space on.
            doors: vec![open(-30), shut(1, 40), open(8), shut(10, 40), open(15), shut(16, 30), open(22)],
            mix: OVERLOAD,
            poll: 50_000,
            stay: (at(40), 480_000.0),
            again: (at(24), at(36)),
        }),
        rooms: Rooms { first: FIRST, then: Some(Move { from: at(22), to: SECOND, leave: 700_000 }) },
        planted: Planted {
            what: "one Space fails from the first minute after its start on, comes back and fails again, three times in all: the \
                   application that holds it is overloaded by a legitimate crowd; after 22 minutes those who are left meet in a \
                   second Space, which works; the rest of the site stays as healthy as before",
            verdict: "confined",
            cause: Some(("resource", space.clone())),
            explanations: &["internal-fault", "flash-crowd"],
            window: Some((at(1), at(22))),
            kinds: &[Kind::HotPage, Kind::HotLive],
            scale: format!(
                "about 1:{divisor}, of an audience that is itself made up; the rest of the site is reduced much further"
            ),
            notes: vec![
                format!(
                    "the resource takes in {space} and /i/api/audiospace/{}/live, as the rule in incident.toml does",
                    hot_space(FIRST)
                ),
                "failing from minute 1 to 8, from 10 to 15 and from 16 to 22 after 2023-05-24T22:00:00Z".into(),
                "in the numbers of the audience both Spaces are counted together".into(),
            ],
            ..ordinary(scale).planted
        },
        basis: basis(),
        incident: incident(divisor, &space),
        ..ordinary(scale)
    }
}

fn basis() -> Vec<String> {
    [
        "Given: in May 2023 a Space in which a campaign was launched failed at its start, and press accounts put it down to \
         overloaded servers.",
        "Made up, loosely after what was told in public and checked against no source: the day and the hour (24 May 2023, 18:00 \
         in New York), that it failed again and again for some 20 minutes, and that it was then opened anew from another account \
         for far fewer listeners.",
        "Made up entirely: every minute of every bout, every number of people, all names and ids, the rest of the site, and what \
         the servers did. The cause was planted as the press told it; these logs can therefore say nothing about the cause of \
         what really happened.",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn incident(divisor: u64, space: &str) -> String {
    let (id, second, post) = (hot_space(FIRST), hot_space(SECOND), announcement(FIRST));
    let marks = [
        ("2023-05-24T22:00:00Z", "Start of the Space (made up: the hour)"),
        ("2023-05-24T22:22:00Z", "Opened anew from another account (made up)"),
    ];
    let (press, nobody) = ("press accounts", "nobody: made up for this bundle");
    let claims: [Claim; 4] = [
        (
            "C5",
            press,
            "",
            "explanation = \"internal-fault\"\n".into(),
            "The campaign-launch Space of May 2023 failed because servers were overloaded.".into(),
        ),
        (
            "M1",
            nobody,
            "",
            format!("scope = \"confined\"\nresource = \"{space}\"\n"),
            "Only the one Space failed (made up, as a claim to test).".into(),
        ),
        (
            "M2",
            nobody,
            "",
            "rest_healthy = true\n".into(),
            "The rest of the site worked meanwhile (made up, as a claim to test).".into(),
        ),
        (
            "M3",
            nobody,
            "",
            format!("downtime = 21\ntolerance = 3\nresource = \"{space}\"\n"),
            "The Space was down for about 21 minutes (made up, as a claim to test).".into(),
        ),
    ];
    format!(
        "# SYNTHETIC: made up but for claim C5, which is restated from published accounts; README.md says what is given.\n\
title = \"A campaign-launch Space fails at its start, May 2023 (synthetic, mostly made up, 1:{divisor})\"\n\
timezone = \"America/New_York\"\nsynthetic = true\n\n\
# The page and the listeners' polls of a Space are one thing to a listener.\n[[resource]]\n\
match = '^/i/(?:spaces|api/audiospace)/{id}(?:/live)?$'\nname = \"{space}\"\n\n\
# The Space opened from another account.\n[[resource]]\n\
match = '^/i/(?:spaces|api/audiospace)/{second}(?:/live)?$'\nname = \"/i/spaces/{second}\"\n\n\
# The post that announced it.\n[[resource]]\nmatch = '^{post}$'\nname = \"{post}\"\n{}",
        marks_and_claims(&marks, &claims)
    )
}

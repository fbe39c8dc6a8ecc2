//! A crowd of people never seen before comes to one page, and most of it is refused.

use super::super::calendar::MINUTE;
use super::super::fault::{Fault, OVERLOAD};
use super::super::guests::{GuestPlan, Manner};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::super::world::{Kind, SPACE};
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "crowd-unseen",
    about: "a crowd of people never seen before, most from new networks, overloads the page of one Space; the rest stays healthy",
    lines: 85_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(Scale(scale.0));
    let (from, to) = (after(32), after(50));
    let fault = Fault { from, to, kinds: &[Kind::HotPage], pop: None, share: (550_000, 650_000), mix: OVERLOAD, slow: 4 };
    Plan {
        planted: Planted {
            what: "from minute 30 on people whom the site never saw come for one Space; from minute 32 on 55 to 65 % of \
                   requests for its page fail for want of room, until the crowd goes",
            verdict: "confined",
            cause: Some(("resource", format!("/i/spaces/{SPACE}"))),
            window: Some((from, to)),
            kinds: &[Kind::HotPage],
            explanations: &["flash-crowd"],
            notes: vec![
                "nobody of the crowd was a client of the site before; they load pictures, think, try again and give up".into(),
            ],
            ..base.planted.clone()
        },
        faults: vec![fault],
        post: Some((after(0), 20_000)),
        guests: Some(GuestPlan {
            guests: scale.count(1_700),
            from: from - 2 * MINUTE,
            to,
            rise: 4 * MINUTE,
            fade: 10 * MINUTE,
            usual: 100_000,
            addresses: None,
            manner: Manner::People,
        }),
        ..base
    }
}

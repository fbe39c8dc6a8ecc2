//! A search engine crawls the site faster than on other days.

use super::super::calendar::MINUTE;
use super::super::guests::{GuestPlan, Manner};
use super::super::run::Plan;
use super::super::truth::Planted;
use super::{Scale, Scenario, after, ordinary};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "crawler",
    about: "a search engine's crawler that names itself doubles the requests for twenty minutes; all are served",
    lines: 49_000,
    plan,
};

fn plan(scale: Scale) -> Plan {
    let base = ordinary(Scale(scale.0 * 0.7));
    Plan {
        planted: Planted {
            what: "from minute 30 to 50 eight addresses of a search engine's crawler ask for pages all over the site; nothing fails \
                   beyond the ordinary",
            notes: vec!["neither a crowd nor an attack: none of the explanations is about crawls".into()],
            ..base.planted.clone()
        },
        guests: Some(GuestPlan {
            guests: scale.count(8),
            from: after(30),
            to: after(50),
            rise: MINUTE,
            fade: 0,
            usual: 0,
            addresses: None,
            manner: Manner::Crawl,
        }),
        ..base
    }
}

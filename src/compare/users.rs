//! What users got beyond single requests: tries again, denial, the time it took to be served.

use super::item::{Item, Standing, Topic, Unit};
use super::judge::name;
use super::view::{Report, Usage};
use crate::case::operations::Follows;
use crate::case::{Avail, Share};

/// Adds the points.
pub(super) fn compare(a: &Report, b: &Report, out: &mut Vec<Item>) {
    let n = |id: &str, what: &str| name(Topic::Users, id, what);
    let why = "it could not put requests together into what users wanted, or found no incident";
    let of = |r: &Report, get: fn(Usage) -> Option<Share>| r.operations.target.and_then(get).unwrap_or(Share::NONE);
    let mut add = |id: &str, what: &str, unit: Unit, get: fn(Usage) -> Option<Share>| {
        out.push(n(id, what).figures(unit, of(a, get), of(b, get), why));
    };
    add("amplification", "attempts for one thing wanted, incident over before", Unit::Times, |u| u.amplification);
    add("denied", "share of clients that were not served once", Unit::Share, |u| u.denied);
    add("operations", "share of things wanted that were got in the end", Unit::Share, |u| u.during?.operations.map(share));
    add("uptime", "share of their active time in which users were served", Unit::Share, |u| u.during?.uptime);
    add("never", "of those refused at first, the share never served", Unit::Share, |u| u.first_success?.never);
    let median = |u: Usage| Some(Share { value: Some(u.first_success?.median? as f64), low: None, high: None });
    add("first-success", "of those refused at first, half were served within", Unit::Seconds, median);
    let follows = |r: &Report| {
        r.operations.surge.and_then(|s| s.follows).map(|f| match f {
            Follows::NoSurge => "requests did not surely rise".to_owned(),
            Follows::Consequence => "the rise of requests followed from the failures".to_owned(),
            Follows::Demand => "requests rose also with tries again put together".to_owned(),
            Follows::Undecided => "the figures do not decide".to_owned(),
        })
    };
    let mut demand = n("surge-follows", "demand").words(follows(a), follows(b), why);
    let undecided = |r: &Report| r.operations.surge.and_then(|s| s.follows) == Some(Follows::Undecided);
    if demand.standing != Standing::NotComparable && (undecided(a) || undecided(b)) {
        demand.standing = Standing::Open;
    }
    out.push(demand);
}

fn share(a: Avail) -> Share {
    Share { value: a.value, low: a.low, high: a.high }
}

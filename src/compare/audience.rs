//! Who asked: plain counts side by side, which belong to the size of the record as much as to the incident.

use super::item::{Item, Topic, Unit};
use super::judge::name;
use super::scope::why;
use super::view::Report;
use crate::case::Share;

/// Adds the points.
pub(super) fn compare(a: &Report, b: &Report, out: &mut Vec<Item>) {
    let n = |id: &str, what: &str| name(Topic::Audience, id, what);
    let none = "it does not count them";
    out.push(n("requests", "requests in all, at the outermost tier").counts(a.audience.requests, b.audience.requests, none));
    out.push(n("clients", "client addresses in all").counts(a.audience.distinct_clients, b.audience.distinct_clients, none));
    let of = |r: &Report| r.window.and(r.audience.target_clients);
    out.push(n("target-clients", "client addresses that asked for what failed, in the incident").counts(of(a), of(b), why(a, b)));
    let peak = |r: &Report| r.audience.peak_concurrent.map(|p| p.value);
    out.push(n("peak", "most listeners or clients at one time").counts(peak(a), peak(b), "it was not measured"));
    // What not every version measures: left out where neither report does.
    let page_views = |r: &Report| r.audience.page_views?.all;
    let sessions = |r: &Report| r.audience.sessions?.all;
    let admitted = |r: &Report| r.audience.admission?.admitted;
    let denied = |r: &Report| r.audience.admission?.denied;
    type Counted<'a> = (&'a str, &'a str, &'a dyn Fn(&Report) -> Option<u64>);
    let newer: [Counted<'_>; 4] = [
        ("page-views", "page views", &page_views),
        ("sessions", "sessions", &sessions),
        ("admitted", "client addresses that got into what failed", &admitted),
        ("denied", "client addresses that did not", &denied),
    ];
    for (id, what, of) in newer {
        if of(a).or(of(b)).is_some() {
            out.push(n(id, what).counts(of(a), of(b), none));
        }
    }
    let surge = |r: &Report| r.operations.surge.and_then(|s| s.requests).unwrap_or(Share::NONE);
    out.push(n("surge", "requests a second, incident over before").figures(Unit::Times, surge(a), surge(b), why(a, b)));
}

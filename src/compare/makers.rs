//! Who made the failures: which tier gave the bad answers.

use super::item::{Item, Standing, Topic, Unit};
use super::judge::name;
use super::scope::short;
use super::view::{MadeBy, Report};
use crate::case::Share;

/// Most makers that are compared.
const MOST: usize = 9;
/// Smallest share that is worth a point of its own: less is in the report.
const LEAST: f64 = 0.01;

/// Adds the points: who made most, then the share of each.
pub(super) fn compare(a: &Report, b: &Report, out: &mut Vec<Item>) {
    let lacking = "no failure could be followed to its maker";
    let most = |r: &Report| by(r).first().map(|m| words(&m.maker));
    let mut maker = name(Topic::Makers, "most", "maker of most failures").words(most(a), most(b), lacking);
    let unnamed = |r: &Report| by(r).first().is_some_and(|m| m.maker == "unknown");
    if maker.standing != Standing::NotComparable && (unnamed(a) || unnamed(b)) {
        maker.standing = Standing::Open;
    }
    out.push(maker);
    if by(a).is_empty() || by(b).is_empty() {
        return;
    }
    let only_b = by(b).iter().filter(|m| !by(a).iter().any(|x| x.maker == m.maker));
    for m in by(a).iter().chain(only_b).take(MOST) {
        let of = |r: &Report| {
            let found = by(r).iter().find(|x| x.maker == m.maker);
            // A maker that a report with makers does not list made none of the failures looked at.
            found.map_or(Share { value: Some(0.0), low: None, high: None }, |x| x.share)
        };
        let (x, y) = (of(a), of(b));
        if [x, y].iter().any(|s| s.value >= Some(LEAST)) {
            let what = format!("share of the failures made by {}", words(&m.maker));
            out.push(name(Topic::Makers, short(&m.maker), what).figures(Unit::Share, x, y, lacking));
        }
    }
}

fn by(r: &Report) -> &[MadeBy] {
    r.tiers.made.as_ref().map_or(&[], |m| &m.by)
}

/// A maker as it is told.
fn words(maker: &str) -> String {
    match maker {
        "client" => "the client".into(),
        "edge-refused" => "the edge, on purpose".into(),
        "edge" => "the edge".into(),
        "between-edge-and-next" => "the way from the edge inwards".into(),
        "behind-edge" => "something behind the edge".into(),
        "balancer" => "the balancer".into(),
        "between-balancer-and-origin" => "the way from the balancer to the origin".into(),
        "origin" => "the origin".into(),
        "unknown" => "nobody that the logs name".into(),
        other => short(other),
    }
}

//! Whatever a report counts in the window, it counts of the same requests: those of the window as it is told,
//! without those that were set aside.

use crate::kit::{Home, Report, number};
use crate::logs::{Dice, OPENING, combined, file};
use serde_json::Value;
use std::collections::BTreeSet;

/// One request: second after the opening, client, path, status.
type Asked = (i64, usize, &'static str, u16);

const PAGES: [&str; 5] = ["/home", "/search", "/about", "/cart", "/news"];

fn told(asked: &[Asked]) -> Report {
    let lines: Vec<String> =
        asked.iter().map(|&(at, client, path, status)| combined(OPENING + at, client, path, status)).collect();
    Home::with("access.log", file(&lines)).report()
}

/// Requests of `path` within the window that the report tells, without those of the clients from `machines` on.
fn of_window<'a>(r: &Report, asked: &'a [Asked], path: &str, machines: usize) -> Vec<&'a Asked> {
    let second = |key: &str| {
        let text = r.json["window"][key].as_str().expect("a window");
        chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp() - OPENING
    };
    let (from, to) = (second("from"), second("to"));
    asked.iter().filter(|a| a.2 == path && a.1 < machines && (from..to).contains(&a.0)).collect()
}

/// Holds every count that the report makes of the failures of `path` against a count of the lines.
#[track_caller]
fn of_one_population(r: &Report, asked: &[Asked], path: &str, machines: usize) {
    let (json, inside) = (&r.json, of_window(r, asked, path, machines));
    let failed: Vec<_> = inside.iter().filter(|a| a.3 >= 500).collect();
    let clients = failed.iter().map(|a| a.1).collect::<BTreeSet<_>>().len() as u64;
    let n = failed.len() as u64;
    assert_eq!(number(json, "/scope/target/requests"), inside.len() as u64, "requests");
    assert_eq!(number(json, "/scope/target/failed"), n, "failed");
    assert_eq!(number(json, "/scope/clients_affected"), clients, "clients that met a failure");
    let all = inside.iter().map(|a| a.1).collect::<BTreeSet<_>>().len() as u64;
    assert_eq!(number(json, "/scope/target/during/clients"), all, "clients");
    let statuses = json.pointer("/certainty/statuses").and_then(Value::as_array).expect("statuses");
    assert_eq!(statuses.iter().map(|s| number(s, "/failed")).sum::<u64>(), n, "failures by status");
    assert_eq!(number(json, "/tiers/made/failures"), n, "failures by who made them");
}

#[test]
fn clients_are_counted_in_the_window_that_is_told_not_in_the_wider_one_it_was_found_in() {
    // A minute of a day, found in steps of minutes; the page fails now and then at all times.
    let mut dice = Dice(3);
    let asked: Vec<Asked> = (0..86_400i64)
        .map(|second| {
            let path = PAGES[dice.below(PAGES.len())];
            let bad = match path {
                "/cart" if (40_000..40_100).contains(&second) => dice.below(10) < 9,
                "/cart" => dice.below(60) == 0,
                _ => dice.below(500) == 0,
            };
            (second, dice.below(3_000), path, if bad { 503 } else { 200 })
        })
        .collect();
    let r = told(&asked);
    assert_eq!(r.json["scope"]["verdict"], "confined");
    of_one_population(&r, &asked, "/cart", usize::MAX);
}

#[test]
fn machines_that_are_set_aside_are_nowhere_counted_among_the_failures() {
    let mut dice = Dice(3);
    let mut asked: Vec<Asked> = Vec::new();
    for i in 0..3_600 * 3i64 {
        let (second, path) = (i / 3, PAGES[dice.below(PAGES.len())]);
        let fails = path == "/cart" && (1_500..2_000).contains(&second);
        let bad = if fails { dice.below(10) < 8 } else { dice.below(500) == 0 };
        asked.push((second, dice.below(400), path, if bad { 503 } else { 200 }));
        // One client asks for everything all the while, and is refused with a failure.
        if (1_400..2_100).contains(&second) && i % 3 == 0 {
            asked.extend(PAGES.map(|path| (second, 900, path, 500)));
        }
    }
    let r = told(&asked);
    let because = r.json["scope"]["because"].to_string();
    assert_eq!((&r.json["scope"]["verdict"], because.contains("not counted here")), (&"confined".into(), true), "{because}");
    of_one_population(&r, &asked, "/cart", 900);
}

#[test]
fn a_baseline_that_the_user_gave_elsewhere_is_what_lost_demand_is_held_against() {
    // Six hours, a minute of failure in the last one; compared with the first hour.
    let mut dice = Dice(3);
    let asked: Vec<Asked> = (0..6 * 3_600i64)
        .map(|second| {
            let path = PAGES[dice.below(PAGES.len())];
            let fails = path == "/cart" && (18_000..18_100).contains(&second);
            (second, dice.below(3_000), path, if fails { 503 } else { 200 })
        })
        .collect();
    let lines: Vec<String> =
        asked.iter().map(|&(at, client, path, status)| combined(OPENING + at, client, path, status)).collect();
    let when = |at| chrono::DateTime::from_timestamp(OPENING + at, 0).expect("a time").to_rfc3339();
    let incident = format!("[baseline]\nfrom = \"{}\"\nto = \"{}\"\n", when(600), when(4_200));
    let r = Home::with("access.log", file(&lines)).put("incident.toml", incident).report();
    let rest = r.json.pointer("/volumes/rest").expect("volumes");
    let expected = rest.pointer("/expected/value").and_then(Value::as_f64).unwrap_or_else(|| panic!("nothing expected: {rest}"));
    let observed = number(rest, "/observed") as f64;
    assert!((0.8..1.25).contains(&(expected / observed)), "{expected} expected, {observed} came");
}

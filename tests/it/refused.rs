//! What is refused to nearly everybody although it was ordinarily answered is down; what is refused to a scanner is not.

use crate::logs::{Dice, OPENING, combined, file};
use crate::planted::judged;
use serde_json::{Value, json};
use std::fs;

/// An hour of a site with three requests a second for eight pages by 400 clients, and what `status` says of each
/// (second, client, page); 200 where it says nothing. And further lines.
pub(crate) fn hour(status: impl Fn(i64, usize, &str, &mut Dice) -> Option<u16>, more: &[String]) -> Value {
    let mut dice = Dice(5);
    let mut lines: Vec<(i64, String)> = Vec::new();
    for second in 0..3_600 {
        for _ in 0..3 {
            let (client, page) = (dice.below(400), dice.below(8));
            let page = ["/home", "/search", "/about", "/login", "/cart", "/media", "/item", "/news"][page];
            let status = status(second, client, page, &mut dice).unwrap_or(200);
            lines.push((second, combined(OPENING + second, client, page, status)));
        }
    }
    let home = tempfile::tempdir().expect("a folder");
    let lines: Vec<String> = lines.into_iter().map(|l| l.1).chain(more.iter().cloned()).collect();
    fs::write(home.path().join("access.log"), file(&lines)).expect("a file");
    judged(home.path())
}

fn broken(second: i64) -> bool {
    (1_500..2_100).contains(&second)
}

fn verdict(json: &Value) -> &str {
    json["scope"]["verdict"].as_str().expect("a verdict")
}

#[test]
fn one_page_refused_to_everybody_is_down_whatever_the_status() {
    for status in [400, 401, 403, 410, 451] {
        let json = hour(|s, _, page, dice| (page == "/cart" && broken(s) && dice.below(10) < 9).then_some(status), &[]);
        assert_eq!(verdict(&json), "confined", "{status}: {:#}", json["scope"]);
        assert_eq!(json["scope"]["cause_set"], json!([{"resource": "/cart"}]));
        let notes = json["notes"].to_string();
        assert!(notes.contains("400 to 499") && notes.contains("/cart"), "{notes}");
    }
}

#[test]
fn everything_refused_to_everybody_is_site_wide() {
    for status in [401, 403] {
        let json = hour(|s, _, _, dice| (broken(s) && dice.below(20) < 19).then_some(status), &[]);
        assert_eq!(verdict(&json), "site-wide", "{status}: {:#}", json["scope"]);
    }
}

#[test]
fn a_scanner_that_is_refused_is_no_outage() {
    // On pages that others are served, thousands in ten minutes by two addresses.
    let lines: Vec<String> = (0..4_000)
        .map(|i| combined(OPENING + 1_500 + i / 7, 500 + i as usize % 2, ["/login", "/cart", "/admin"][i as usize % 3], 403))
        .collect();
    let json = hour(|_, _, _, _| None, &lines);
    assert_eq!(verdict(&json), "no-incident", "{:#}", json["scope"]);
}

#[test]
fn what_is_refused_all_the_time_says_nothing_when_it_is_refused_more() {
    let json = hour(|s, _, page, dice| (page == "/login" && dice.below(10) < if broken(s) { 8 } else { 2 }).then_some(401), &[]);
    assert_eq!(verdict(&json), "no-incident", "{:#}", json["scope"]);
}

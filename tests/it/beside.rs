//! Two things that failed together, one inside the time of the other, and gaps right beside a failure.

use crate::logs::{Dice, OPENING, combined, file};
use crate::planted::judged;
use crate::truth::seconds;
use serde_json::{Value, json};
use std::fs;

const PAGES: [&str; 8] = ["/home", "/search", "/about", "/login", "/cart", "/media", "/item", "/news"];

fn told(lines: &[String]) -> Value {
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("access.log"), file(lines)).expect("a file");
    judged(home.path())
}

fn verdict(json: &Value) -> &str {
    json["scope"]["verdict"].as_str().expect("a verdict")
}

/// Two hours of three requests a second; what is `None` never came.
fn site(status: impl Fn(i64, &str, &mut Dice) -> Option<u16>) -> Value {
    let mut dice = Dice(13);
    let mut lines = Vec::new();
    for i in 0..7_200 * 3 {
        let (second, client, page) = (i / 3, dice.below(400), PAGES[dice.below(8)]);
        if let Some(status) = status(second, page, &mut dice) {
            lines.push(combined(OPENING + second, client, page, status));
        }
    }
    told(&lines)
}

#[test]
fn a_pop_that_died_beside_a_failing_page_is_named_too() {
    let mut dice = Dice(5);
    let lines: Vec<String> = (0..3_600 * 10)
        .map(|i| {
            let second = i / 10;
            let pop = ["AMS", "IAD", "NRT", "LHR", "FRA", "AMS", "IAD", "LHR", "FRA", "AMS"][dice.below(10)];
            let (client, path) = (dice.below(400), PAGES[dice.below(8)]);
            let hit = (1_800..2_400).contains(&second) && (pop == "NRT" || path == "/cart");
            let status = if hit && dice.below(20) < 19 { 503 } else { 200 };
            format!(
                r#"{{"ClientIP":"198.{}.{}.{}","ClientRequestHost":"a.example","ClientRequestMethod":"GET","ClientRequestURI":"{path}","EdgeStartTimestamp":{},"EdgeResponseStatus":{status},"EdgeColoCode":"{pop}"}}"#,
                client % 7, client % 90, client / 90 + 1, OPENING + second
            )
        })
        .collect();
    let json = told(&lines);
    let mut cause: Vec<String> = json["scope"]["cause_set"].as_array().expect("sets").iter().map(Value::to_string).collect();
    cause.sort();
    let both = [json!({"pop": "NRT"}).to_string(), json!({"resource": "/cart"}).to_string()];
    assert!(cause == both && verdict(&json) == "partial" || verdict(&json) == "inconclusive", "{:#}", json["scope"]);
}

#[test]
fn small_pages_that_failed_beside_a_large_one_are_named_too() {
    let mut dice = Dice(29);
    let small = ["/jobs", "/press", "/legal", "/help"];
    let lines: Vec<String> = (0..7_200 * 5)
        .map(|i| {
            let (second, client, roll) = (i / 5, dice.below(500), dice.below(100));
            let page = if roll < 8 { small[roll / 2] } else { PAGES[roll % 8] };
            let hit = (3_000..3_900).contains(&second) && (page == "/cart" || small.contains(&page)) && dice.below(20) < 19;
            combined(OPENING + second, client, page, if hit { 503 } else { 200 })
        })
        .collect();
    let json = told(&lines);
    let cause = json["scope"]["cause_set"].to_string();
    assert!(small.iter().chain(&["/cart"]).all(|p| cause.contains(p)), "{:#}", json["scope"]);
    assert_eq!(verdict(&json), "partial", "more than three resources");
}

#[test]
fn a_long_failure_around_a_short_one_of_everything_is_told_too() {
    let json = site(|s, page, dice| {
        // A third of those who ask for it: a small part of the site.
        let small = page == "/cart" && dice.below(3) == 0;
        let hit = (3_600..3_900).contains(&s) || small && (2_400..5_400).contains(&s);
        Some(if hit && dice.below(20) < 19 { 503 } else { 200 })
    });
    let spans: Vec<(String, f64)> = json["episodes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|e| (e["resource"].as_str().expect("a name").to_owned(), seconds(&e["to"]) - seconds(&e["from"])))
        .collect();
    let has = |name: &str, secs: f64| spans.iter().any(|(n, s)| n == name && (s - secs).abs() < 120.0);
    assert!(has("/cart", 3_000.0) && has("site", 300.0), "{spans:?} {:#}", json["scope"]);
}

#[test]
fn a_failure_that_a_gap_follows_is_not_still_failing_where_the_logs_end() {
    let json = site(|s, page, dice| {
        let hit = page == "/cart" && (3_000..3_600).contains(&s) && dice.below(20) < 19;
        (!(3_600..4_200).contains(&s)).then_some(if hit { 503 } else { 200 })
    });
    let because = json["scope"]["because"].to_string();
    assert!(!because.contains("still failing"), "{because}");
    assert!(seconds(&json["axis"]["to"]) >= (OPENING + 4_700) as f64, "{}", json["axis"]);
    let readings = json["gap_readings"].as_array().expect("a list");
    assert!(!readings.is_empty(), "the gap beside it was not judged");
    let own = json["episodes"].as_array().expect("a list").iter().find(|e| e["resource"] == "/cart").expect("its episode");
    assert!(seconds(&own["to_high"]) >= (OPENING + 4_180) as f64, "{own:#}");
}

#[test]
fn requests_that_broke_off_did_come() {
    let json = site(|s, page, dice| {
        let hit = page == "/cart" && (3_000..3_900).contains(&s);
        Some(if !hit {
            200
        } else if dice.below(2) == 0 {
            503
        } else {
            499
        })
    });
    let target = &json["volumes"]["target"];
    assert!(target["missing"].is_null() && target["observed"].as_u64().is_some_and(|n| n > 280), "{target}");
}

#[test]
fn a_failure_after_a_gap_may_have_begun_in_it() {
    let json = site(|s, page, dice| {
        let hit = page == "/cart" && (3_600..4_200).contains(&s) && dice.below(20) < 19;
        (!(3_000..3_600).contains(&s)).then_some(if hit { 503 } else { 200 })
    });
    assert!(!json["gap_readings"].as_array().expect("a list").is_empty());
    let own = json["episodes"].as_array().expect("a list").iter().find(|e| e["resource"] == "/cart").expect("its episode");
    assert!(seconds(&own["from_low"]) <= (OPENING + 3_020) as f64, "{own:#}");
    assert!(json["scope"]["verdict"] != "no-incident");
}

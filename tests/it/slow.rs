//! Answers that come late without failing are told, and are no health.

use crate::logs::{Dice, OPENING, file};
use crate::planted::judged;
use crate::truth::seconds;
use serde_json::Value;
use std::fs;

/// An hour of a site whose log tells how long answers took: pages about 60 ms, searches about 600 ms, each varying by
/// a factor of four; so many times as long as `times` says (second, page).
fn hour(times: impl Fn(i64, &str) -> f64) -> Value {
    let mut dice = Dice(3);
    let mut lines = Vec::new();
    for second in 0..3_600 {
        for _ in 0..3 {
            let page = ["/home", "/about", "/news", "/cart", "/search"][dice.below(5)];
            let ordinary = if page == "/search" { 0.6 } else { 0.06 };
            let took = ordinary * (0.5 + 1.5 * dice.below(1_000) as f64 / 1_000.0) * times(second, page);
            let stamp = chrono::DateTime::from_timestamp(OPENING + second, 0).expect("a time").format("%d/%b/%Y:%H:%M:%S");
            let client = dice.below(300);
            lines.push(format!(
                r#"{{"time_local":"{stamp} +0000","remote_addr":"198.18.{}.{}","request":"GET {page} HTTP/1.1","status":"200","body_bytes_sent":"900","request_time":"{took:.3}"}}"#,
                client / 250,
                client % 250 + 1
            ));
        }
    }
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("access.json.log"), file(&lines)).expect("a file");
    judged(home.path())
}

fn verdict(json: &Value) -> &str {
    json["scope"]["verdict"].as_str().expect("a verdict")
}

fn late(s: i64) -> bool {
    (1_500..2_400).contains(&s)
}

#[track_caller]
fn told(json: &Value, resource: &str) {
    assert_eq!(verdict(json), "inconclusive", "{:#}", json["scope"]);
    let [one] = json["slow"].as_array().expect("a list").as_slice() else { panic!("{:#}", json["slow"]) };
    assert_eq!(one["resource"], resource);
    let near = |key: &str, at: i64| (seconds(&one[key]) - (OPENING + at) as f64).abs() <= 30.0;
    assert!(near("from", 1_500) && near("to", 2_400), "{one:#}");
    let times = |key: &str| one["times"][key].as_f64().expect("a number");
    assert!(times("low") <= 10.1 && 9.9 <= times("high"), "{one:#}");
    assert!(json["scope"]["because"][0].as_str().is_some_and(|b| b.contains("times as long")), "{:#}", json["scope"]);
}

#[test]
fn a_site_ten_times_slower_is_told_and_is_no_health() {
    told(&hour(|s, _| if late(s) { 10.0 } else { 1.0 }), "site");
}

#[test]
fn a_page_ten_times_slower_is_told_by_its_name() {
    told(&hour(|s, page| if late(s) && page == "/cart" { 10.0 } else { 1.0 }), "/cart");
}

#[test]
fn a_site_that_takes_half_as_long_again_is_ordinary() {
    let json = hour(|s, _| if late(s) { 1.5 } else { 1.0 });
    assert_eq!((verdict(&json), &json["slow"]), ("no-incident", &serde_json::json!([])));
}

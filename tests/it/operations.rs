//! What users got: retries put together, and verdicts that depend on how answers are counted.

use crate::kit::{Home, Report};
use crate::logs::{Dice, OPENING, combined, file};
use crate::planted::judged;
use outscope::synth::{Request, write};
use serde_json::Value;
use std::fs;

fn verdict(r: &Report) -> &str {
    r.json["scope"]["verdict"].as_str().expect("a verdict")
}

#[track_caller]
fn value(json: &Value, pointer: &str) -> f64 {
    json.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("no number at {pointer}"))
}

#[test]
fn a_retry_storm_is_told_from_a_crowd_and_its_operations_are_those_that_people_began() {
    for seed in 1..=3 {
        let home = tempfile::tempdir().expect("a folder");
        let out = home.path().join("case");
        write(&Request { scenario: "retry-storm".into(), out: out.clone(), seed, lines: None }).expect("a bundle");
        let truth: Value = serde_json::from_slice(&fs::read(out.join("truth.json")).expect("a truth")).expect("valid JSON");
        fs::remove_file(out.join("truth.json")).expect("removed");
        let json = judged(&out);
        assert_eq!(json["scope"]["verdict"], "confined", "seed {seed}: {:#}", json["scope"]["because"]);
        let of = |key: &str| value(&truth, &format!("/operations/in_window/{key}"));
        let base = |key: &str| value(&truth, &format!("/operations/outside/{key}"));
        let got = |key: &str| value(&json, &format!("/operations/target/{key}"));
        let (requests, operations) = (got("during/requests/value"), got("during/operations/value"));
        assert!(requests < 0.4 && operations > requests + 0.3, "seed {seed}: {requests} {operations}");
        let holds = |key: &str, truth: f64| {
            let (low, high) = (got(&format!("{key}/low")), got(&format!("{key}/high")));
            assert!(low <= truth && truth <= high, "seed {seed}, {key}: {truth} not in {low} to {high}");
        };
        holds("during/operations", of("got") / of("wanted"));
        holds("amplification", of("attempts") / of("wanted") / (base("attempts") / base("wanted")));
        assert_eq!(json["operations"]["surge"]["follows"], "consequence", "seed {seed}: {:#}", json["operations"]["surge"]);
        let rest = value(&json, "/operations/rest/during/operations/value");
        assert!(rest > 0.99, "seed {seed}: {rest}");
    }
}

/// Requests of 400 clients over an hour; `status` answers each by second and path.
fn hour(status: impl Fn(i64, &str, &mut Dice) -> u16) -> Vec<String> {
    let mut dice = Dice(5);
    let pages = ["/home", "/search", "/about", "/login", "/cart", "/media/1.jpg", "/item/17", "/news"];
    (0..10_800)
        .map(|i| {
            let (second, client, path) = (i / 3, dice.below(400), pages[dice.below(pages.len())]);
            let status = status(second, path, &mut dice);
            combined(OPENING + second, client, path, status)
        })
        .collect()
}

fn told(lines: &[String]) -> Report {
    Home::with("access.log", file(lines)).report()
}

#[test]
fn clients_that_leave_as_often_as_ever_leave_a_clear_verdict_clear() {
    let failing = |s: i64, path: &str, d: &mut Dice| match (path, (1_200..2_400).contains(&s)) {
        ("/cart", true) if d.below(10) < 8 => 503,
        _ if d.below(50) == 0 => 499,
        _ => 200,
    };
    let r = told(&hour(failing));
    assert_eq!(verdict(&r), "confined", "{:#}", r.json["scope"]["because"]);
    let readings = &r.json["operations"]["readings"];
    assert!(readings["depends"].is_null(), "{readings:#}");
    let bound = |key: &str| value(readings, &format!("/rest/during/{key}/value"));
    assert!(bound("low") < 0.99 && bound("high") > 0.999, "{readings:#}");
}

#[test]
fn where_the_rest_may_have_failed_too_the_answer_depends_on_how_its_answers_are_counted() {
    let failing = |s: i64, path: &str, d: &mut Dice| match (path, (1_200..2_400).contains(&s)) {
        ("/cart", true) if d.below(10) < 8 => 503,
        (_, true) if d.below(10) < 6 => 499,
        _ if d.below(50) == 0 => 499,
        _ => 200,
    };
    let r = told(&hour(failing));
    let readings = &r.json["operations"]["readings"];
    assert_eq!(verdict(&r), "inconclusive", "{readings:#}");
    assert_eq!((&readings["as_ruled"], &readings["best"]), (&Value::from("confined"), &Value::from("confined")));
    assert_ne!(readings["worst"], "confined");
    let depends = readings["depends"].as_str().expect("a sentence");
    assert!(depends.contains("depends on how"), "{depends}");
    assert!(r.json["scope"]["because"][0].as_str().is_some_and(|b| b == depends));
}

#[test]
fn a_server_that_hangs_until_its_clients_leave_is_not_said_to_be_healthy() {
    let hanging = |s: i64, _: &str, d: &mut Dice| {
        let hangs = (1_200..2_400).contains(&s) && d.below(10) < 7;
        if hangs || d.below(200) == 0 { 499 } else { 200 }
    };
    let r = told(&hour(hanging));
    assert_eq!(verdict(&r), "inconclusive", "{:#}", r.json["scope"]["because"]);
    assert!(r.json["operations"]["readings"]["depends"].as_str().is_some_and(|d| d.contains("clients that left")));
    let steady = told(&hour(|_, _, d| if d.below(20) == 0 { 499 } else { 200 }));
    assert_eq!(verdict(&steady), "no-incident", "{:#}", steady.json["scope"]["because"]);
}

#[test]
fn slow_answers_count_at_the_worst_reading_alone_and_the_user_may_set_the_limit() {
    // One answer in four takes 12 seconds for a while.
    let line = |i: i64, slow: bool| {
        let at = chrono::DateTime::from_timestamp(OPENING + i / 3, 0).expect("a time").format("%d/%b/%Y:%H:%M:%S +0000");
        let secs = if slow { "12.000" } else { "0.050" };
        format!(
            "192.0.2.{} - - [{at}] \"GET /page{} HTTP/1.1\" 200 512 \"-\" \"Mozilla/5.0\" rt={secs} uct=\"0.000\" uht=\"{secs}\" urt=\"{secs}\"",
            i % 200,
            i % 5
        )
    };
    let lines: Vec<String> = (0..6_000).map(|i| line(i, (2_000..4_000).contains(&i) && i % 4 == 0)).collect();
    let asked = |slow: &str| {
        let toml = format!("{slow}\n[window]\nfrom = {}\nto = {}\n", stamp(2_000 / 3), stamp(4_000 / 3));
        Home::with("access.log", file(&lines)).put("incident.toml", toml).report()
    };
    let r = asked("");
    let during = &r.json["operations"]["readings"]["target"]["during"];
    assert!((400..=510).contains(&during["slow"].as_u64().expect("a count")), "{during:#}");
    assert!(value(during, "/low/value") < 0.8 && value(during, "/high/value") == 1.0, "{during:#}");
    assert_eq!(asked("slow = 15").json["operations"]["readings"]["target"]["during"]["slow"], 0);
}

fn stamp(second: i64) -> String {
    chrono::DateTime::from_timestamp(OPENING + second, 0).expect("a time").format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

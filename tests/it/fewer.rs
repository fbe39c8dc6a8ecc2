//! Requests that became fewer at once although nothing failed: told with a number, and never as health. What a
//! day, a crowd or a machine does to their number is ordinary.

use crate::logs::{Dice, OPENING, combined, file};
use crate::planted::judged;
use crate::truth::seconds;
use serde_json::Value;
use std::fs;

/// The report of one log: `rate` requests a second by 300 clients for five pages, for `secs` seconds from
/// midnight on, each as `more` writes it (client, status) or left alone.
fn one_log(secs: i64, rate: impl Fn(i64) -> f64) -> Value {
    one_log_of(secs, rate, |_, _| None)
}

/// Who asked instead, in a second, if it was somebody else.
type Instead<'a> = &'a dyn Fn(i64, usize) -> Option<usize>;

fn one_log_of(secs: i64, rate: impl Fn(i64) -> f64, instead: impl Fn(i64, usize) -> Option<usize>) -> Value {
    let instead: Instead<'_> = &instead;
    let mut dice = Dice(11);
    let midnight = OPENING - OPENING % 86_400;
    let mut lines = Vec::new();
    for second in 0..secs {
        let r = rate(second);
        // As many as a Poisson count has: the hundredth part of a hundred tries.
        let n = (0..100).filter(|_| dice.below(1_000_000) < (r * 10_000.0) as usize).count();
        for i in 0..n {
            let (client, path) = (dice.below(300), ["/a", "/b", "/c", "/d", "/e"][dice.below(5)]);
            lines.push(combined(midnight + second, instead(second, i).unwrap_or(client), path, 200));
        }
    }
    let home = tempfile::tempdir().expect("a folder");
    fs::write(home.path().join("access.log"), file(&lines)).expect("a file");
    judged(home.path())
}

fn verdict(json: &Value) -> &str {
    json["scope"]["verdict"].as_str().expect("a verdict")
}

fn fewer(json: &Value) -> &[Value] {
    json["completeness"]["fewer"].as_array().expect("a list")
}

/// It was told once, for about that time (to `near` seconds), with an interval that holds the part that was left.
#[track_caller]
fn told(json: &Value, (from, to): (i64, i64), near: f64, left: f64) {
    assert_eq!(verdict(json), "inconclusive", "{:#}", json["scope"]);
    let [one] = fewer(json) else { panic!("{:#}", json["completeness"]) };
    let midnight = OPENING - OPENING % 86_400;
    let off = |key: &str, at: i64| (seconds(&one[key]) - (midnight + at) as f64).abs();
    assert!(off("from", from) <= near && off("to", to) <= near, "{one:#}");
    let part = |key: &str| one["left"][key].as_f64().expect("a number");
    // Chance may miss an interval of 95 % by a little.
    assert!(part("low") - 0.01 <= left && left <= part("high") + 0.01 && part("high") < 0.75, "{one:#}");
    assert!(json["window"].is_null());
    let why = json["scope"]["because"][0].as_str().expect("a reason");
    assert!(why.contains("cannot tell which"), "{why}");
}

#[track_caller]
fn untold(json: &Value) {
    assert_eq!((verdict(json), fewer(json).len()), ("no-incident", 0), "{:#}", json["completeness"]);
}

#[test]
fn traffic_that_falls_to_a_tenth_and_comes_back_is_told_and_is_no_health() {
    let json = one_log(7_200, |s| if (3_000..3_600).contains(&s) { 0.3 } else { 3.0 });
    told(&json, (3_000, 3_600), 60.0, 0.1);
}

#[test]
fn the_loss_of_half_of_the_traffic_is_told_too() {
    let json = one_log(7_200, |s| if (3_000..4_200).contains(&s) { 1.5 } else { 3.0 });
    told(&json, (3_000, 4_200), 60.0, 0.5);
}

#[test]
fn traffic_that_falls_for_good_is_told_to_the_end_of_the_logs() {
    told(&one_log(7_200, |s| if s >= 4_000 { 0.4 } else { 4.0 }), (4_000, 7_200), 60.0, 0.1);
}

/// The course of a day: least at four in the morning, a tenth of the afternoon's.
fn day(s: i64) -> f64 {
    let hour = s as f64 / 3_600.0;
    0.55 - 0.45 * ((hour - 4.0) / 24.0 * std::f64::consts::TAU).cos()
}

#[test]
fn the_ordinary_course_of_days_is_no_loss_and_an_abrupt_one_at_noon_is() {
    untold(&one_log(86_400, day));
    untold(&one_log(4 * 86_400, |s| 0.4 * day(s)));
    let noon = 2 * 86_400 + 12 * 3_600;
    let json = one_log(4 * 86_400, |s| 0.4 * day(s) * if (noon..noon + 5_400).contains(&s) { 0.15 } else { 1.0 });
    told(&json, (noon, noon + 5_400), 900.0, 0.15);
}

#[test]
fn a_crowd_that_goes_home_is_no_loss() {
    untold(&one_log(7_200, |s| if (2_400..4_800).contains(&s) { 9.0 } else { 2.0 }));
    // Two of them, with the ordinary between.
    untold(&one_log(9_000, |s| if (2_000..3_000).contains(&s) || (5_000..6_500).contains(&s) { 9.0 } else { 2.0 }));
}

#[test]
fn a_few_machines_that_stop_are_no_loss() {
    // Four clients make two thirds of the traffic until they stop.
    let machines = |s: i64, i: usize| (s < 4_000 && !i.is_multiple_of(3)).then(|| 400 + i % 4);
    untold(&one_log_of(7_200, |s| if s < 4_000 { 6.0 } else { 2.0 }, machines));
}

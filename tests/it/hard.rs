//! Logs in which a sure answer is easily wrong: each of these once was told wrongly.

use crate::kit::{Home, Report};
use crate::logs::{Dice, OPENING, combined, file};
use serde_json::Value;

/// Pages of an ordinary site.
const PAGES: [&str; 8] = ["/home", "/search", "/about", "/login", "/cart", "/media/1.jpg", "/item/17", "/news"];

/// Requests of 400 clients over `secs` seconds, `per_10s` in ten seconds; `status` answers each by
/// second, client and path, or says that it never came.
fn log(secs: i64, per_10s: usize, pages: &[&str], status: impl Fn(i64, usize, &str, &mut Dice) -> Option<u16>) -> Vec<String> {
    let mut dice = Dice(11);
    let mut lines = Vec::new();
    for i in 0..secs * per_10s as i64 / 10 {
        let second = i * 10 / per_10s as i64;
        let (client, path) = (dice.below(400), pages[dice.below(pages.len())]);
        if let Some(status) = status(second, client, path, &mut dice) {
            lines.push(combined(OPENING + second, client, path, status));
        }
    }
    lines
}

/// Failing for `tenths` of its requests, ordinary errors otherwise.
fn failing(fails: bool, tenths: usize, dice: &mut Dice) -> Option<u16> {
    let bad = if fails { dice.below(10) < tenths } else { dice.below(500) == 0 };
    Some(if bad { 503 } else { 200 })
}

fn told(lines: &[String]) -> Report {
    Home::with("access.log", file(lines)).report()
}

fn verdict(r: &Report) -> &str {
    r.json["scope"]["verdict"].as_str().expect("a verdict")
}

fn cause(r: &Report) -> Vec<&str> {
    let sets = r.json["scope"]["cause_set"].as_array().expect("a list");
    sets.iter().flat_map(|s| s.as_object().expect("a set").values()).filter_map(Value::as_str).collect()
}

/// The window in seconds after the opening.
fn window(r: &Report) -> (i64, i64) {
    let second = |key: &str| {
        let text = r.json["window"][key].as_str().expect("a window");
        chrono::DateTime::parse_from_rfc3339(text).expect("a time").timestamp() - OPENING
    };
    (second("from"), second("to"))
}

#[track_caller]
fn within(window: (i64, i64), truth: (i64, i64), slack: i64) {
    assert!((window.0 - truth.0).abs() <= slack && (window.1 - truth.1).abs() <= slack, "{window:?} instead of {truth:?}");
}

#[test]
fn an_extract_with_one_resource_is_dated_but_not_said_to_be_the_site() {
    let r = told(&log(3_600, 20, &["/api"], |s, _, _, d| failing((1_200..1_800).contains(&s), 8, d)));
    assert_eq!(verdict(&r), "inconclusive");
    within(window(&r), (1_200, 1_800), 5);
}

#[test]
fn a_site_whose_every_page_fails_for_a_minute_of_a_day_is_site_wide_for_that_minute() {
    let r = told(&log(86_400, 10, &PAGES, |s, _, _, d| failing((40_000..40_060).contains(&s), 10, d)));
    assert_eq!(verdict(&r), "site-wide");
    within(window(&r), (40_000, 40_060), 30);
}

#[test]
fn nobody_asking_is_no_failure() {
    let space = |s: i64, path: &str| path == "/search" && !(1_200..2_400).contains(&s);
    let lines =
        log(3_600, 20, &PAGES, |s, _, path, d| if space(s, path) { None } else { failing(path == "/search" && s < 1_800, 8, d) });
    let r = told(&lines);
    assert_eq!((verdict(&r), cause(&r)), ("confined", vec!["/search"]));
    within(window(&r), (1_200, 1_800), 15);
}

#[test]
fn a_page_down_all_the_time_is_not_called_no_incident() {
    let r = told(&log(3_600, 20, &PAGES, |_, _, path, d| failing(path == "/login", 10, d)));
    assert_eq!(verdict(&r), "inconclusive");
}

#[test]
fn a_scanner_neither_hides_an_outage_nor_takes_it_over() {
    let mut lines = log(3_600, 20, &PAGES, |s, _, path, d| failing(path == "/cart" && (1_500..2_000).contains(&s), 9, d));
    lines.extend((0..9_600).map(|i| combined(OPENING + 1_200 + i / 8, 900, &format!("/x{i}.php"), 500)));
    let r = told(&lines);
    assert_eq!((verdict(&r), cause(&r)), ("confined", vec!["/cart"]));
    within(window(&r), (1_500, 2_000), 30);
}

#[test]
fn four_scanners_are_no_outage() {
    let mut lines = log(3_600, 20, &PAGES, |_, _, _, d| failing(false, 0, d));
    lines.extend((0..9_600).map(|i| combined(OPENING + 1_200 + i / 8, 900 + i as usize % 4, &format!("/x{i}.php"), 500)));
    assert_eq!(verdict(&told(&lines)), "no-incident");
}

#[test]
fn a_second_page_down_at_the_same_time_is_named_too() {
    let lines = log(3_600, 50, &PAGES, |s, client, path, d| {
        let rare = path == "/news" && client >= 40;
        if rare { None } else { failing((1_200..2_400).contains(&s) && matches!(path, "/search" | "/news"), 10, d) }
    });
    let r = told(&lines);
    let mut names = cause(&r);
    names.sort_unstable();
    assert_eq!((verdict(&r), names), ("confined", vec!["/news", "/search"]));
}

#[test]
fn an_endpoint_of_three_partners_that_stops_answering_is_not_called_no_incident() {
    let mut lines = log(7_200, 20, &PAGES, |_, _, _, d| failing(false, 0, d));
    lines.extend((0..2_160).map(|i| {
        let at = i64::from(i) * 10 / 3;
        combined(OPENING + at, 900 + i as usize % 3, "/partner/orders", if at >= 5_400 { 503 } else { 200 })
    }));
    assert_eq!(verdict(&told(&lines)), "inconclusive");
}

#[test]
fn a_silence_too_long_to_compare_is_told_and_leaves_the_verdict_open() {
    let r = told(&log(14_400, 10, &PAGES, |s, _, _, d| if (5_000..10_000).contains(&s) { None } else { failing(false, 0, d) }));
    assert_eq!(verdict(&r), "inconclusive");
    assert_eq!(r.json["completeness"]["gaps"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_failure_that_the_logs_end_in_is_not_said_to_have_ended() {
    let r = told(&log(3_600, 20, &PAGES, |s, _, path, d| failing(path == "/login" && s >= 3_000, 10, d)));
    assert_eq!((verdict(&r), cause(&r)), ("confined", vec!["/login"]));
    assert!(r.summary.contains("still failing where the logs"), "{}", r.summary);
}

#[test]
fn one_pop_and_elsewhere_one_host_down_together_are_not_the_site() {
    let mut dice = Dice(5);
    let lines: Vec<String> = (0..3_600 * 10)
        .map(|i| {
            let second = i / 10;
            let (pop, host) = (["AMS", "IAD", "NRT"][dice.below(3)], ["a", "b", "c"][dice.below(3)]);
            let hit = (1_800..2_400).contains(&second) && (pop == "NRT" || host == "c");
            let status = failing(hit, 9, &mut dice).expect("an answer");
            let (client, path) = (dice.below(400), PAGES[dice.below(PAGES.len())]);
            format!(
                r#"{{"ClientIP":"198.18.{}.{}","ClientRequestHost":"{host}.example","ClientRequestMethod":"GET","ClientRequestURI":"{path}","EdgeStartTimestamp":{},"EdgeResponseStatus":{status},"EdgeColoCode":"{pop}"}}"#,
                client / 250,
                client % 250 + 1,
                OPENING + second
            )
        })
        .collect();
    let r = told(&lines);
    assert_eq!(verdict(&r), "partial");
    within(window(&r), (1_800, 2_400), 15);
}

#[test]
fn more_file_names_than_any_fleet_has_are_pieces_of_one_log() {
    let lines = log(3_600, 40, &PAGES, |s, _, path, d| failing(path == "/cart" && (1_500..2_000).contains(&s), 9, d));
    let pieces = |n: usize| {
        let each = lines.len().div_ceil(n);
        let put = |home: Home, (i, piece): (usize, &[String])| home.put(&format!("node{i}.log"), file(piece));
        let r = lines.chunks(each).enumerate().fold(Home::new(), put).report();
        let instances = r.json["sources"].as_array().expect("a list").iter().filter(|s| !s["instance"].is_null()).count();
        assert_eq!((verdict(&r), cause(&r)), ("confined", vec!["/cart"]), "{n} files");
        within(window(&r), (1_500, 2_000), 30);
        instances
    };
    assert_eq!(pieces(900), 900);
    assert_eq!(pieces(1_200), 0);
}

#[test]
fn what_was_never_asked_for_before_is_not_said_to_have_stayed_as_it_was() {
    // All pages but one are there during the failure only, and some of their requests fail as well.
    let lines = log(3_600, 40, &PAGES, |s, _, path, d| {
        let during = (1_200..1_800).contains(&s);
        match path {
            "/cart" => failing(during, 9, d),
            _ if during => failing(true, 1, d),
            _ => None,
        }
    });
    let r = told(&lines);
    let share = &r.json["scope"]["share_of_excess"];
    let because = r.json["scope"]["because"].to_string();
    assert!(share["low"].is_null() && !because.contains("at least 100"), "{share} {because}");
    assert!(matches!(verdict(&r), "inconclusive" | "site-wide"), "{}", verdict(&r));
}

//! Error pages with a good status: found where they are, and nowhere else.

use crate::kit::{Home, note};
use crate::planted::judged;
use crate::truth::{distance, step};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use outscope::synth::{Request, scenarios, write};
use serde_json::{Value, json};
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// The folder of real and laboratory logs, where there is one.
fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/bundles").join(name);
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/bundles").join(name);
    let found = [path, other].into_iter().find(|p| p.is_dir());
    if found.is_none() {
        note(format_args!("skipped: no {name} beside the project"));
    }
    found
}

/// A scenario's bundle in `home`, without its truth, and the truth.
fn planted(home: &Path, scenario: &str, seed: u64, lines: u64) -> (PathBuf, Value) {
    let out = home.join(scenario);
    write(&Request { scenario: scenario.into(), out: out.clone(), seed, lines: Some(lines) }).expect("a bundle");
    let truth = serde_json::from_slice(&fs::read(out.join("truth.json")).expect("a truth")).expect("valid JSON");
    fs::remove_file(out.join("truth.json")).expect("removed");
    (out, truth)
}

fn counted(json: &Value) -> Vec<&Value> {
    json["soft"].as_array().expect("a list").iter().filter(|s| s["counted"] == true).collect()
}

#[test]
fn a_space_that_says_not_available_with_status_200_has_failed() {
    let home = tempfile::tempdir().expect("a folder");
    let (path, truth) = planted(home.path(), "soft-errors", 11, 30_000);
    let json = judged(&path);
    assert_eq!((&json["scope"]["verdict"], &json["scope"]["cause_set"]), (&truth["verdict"], &truth["cause_set"]));
    let soft = counted(&json);
    assert_eq!(soft.len(), 1, "{soft:#?}");
    assert_eq!(soft[0]["bytes"], json!([282, 282]));
    let tiers: Vec<&str> = json["outcome_rules"].as_array().expect("rules").iter().filter_map(Value::as_str).collect();
    for tier in ["edge", "balancer", "origin"] {
        let found = tiers.iter().filter(|r| r.contains("found from body sizes") && r.contains(&format!("logged by the {tier}")));
        assert_eq!(found.count(), 1, "{tier}: {tiers:#?}");
    }

    // Whoever knows better says so.
    let rule = soft[0]["rule"].as_str().expect("a rule");
    fs::write(path.join("incident.toml"), rule).expect("a file");
    let json = judged(&path);
    assert_eq!((&json["soft"], &json["scope"]["verdict"]), (&json!([]), &"no-incident".into()));
}

#[test]
fn a_rule_on_the_size_counts_it_whatever_is_found() {
    let home = tempfile::tempdir().expect("a folder");
    let (path, truth) = planted(home.path(), "soft-errors", 12, 30_000);
    let rule = "[[outcome]]\nstatus = 200\npath = '^/i/spaces/'\nbytes = [282, 513]\noutcome = \"failed\"\n";
    fs::write(path.join("incident.toml"), rule).expect("a file");
    let json = judged(&path);
    assert_eq!((&json["scope"]["cause_set"], &json["soft"]), (&truth["cause_set"], &json!([])));
}

/// The lab's logs with the failures of the hot path turned into status 200.
fn softened(from: &Path, to: &Path, hot: &str) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let path = entry.expect("an entry").path();
        let mut text = String::new();
        GzDecoder::new(fs::File::open(&path).expect("a file")).read_to_string(&mut text).expect("text");
        let soft = text.lines().map(|l| if l.contains(hot) { l.replacen(" 503 ", " 200 ", 1) } else { l.to_owned() });
        let out = fs::File::create(to.join(path.file_name().expect("a name"))).expect("a file");
        let mut out = GzEncoder::new(out, Compression::fast());
        soft.for_each(|l| writeln!(out, "{l}").expect("written"));
        out.finish().expect("written");
    }
}

#[test]
fn the_same_failure_of_real_servers_is_found_without_its_status() {
    let Some(folder) = shared("lab-confined") else { return };
    let truth: Value = serde_json::from_slice(&fs::read(folder.join("truth.json")).expect("a truth")).expect("valid JSON");
    let hot = truth["hot"].as_str().expect("a path");
    let home = tempfile::tempdir().expect("a folder");
    softened(&folder.join("bundle"), &home.path().join("case"), hot);
    let json = judged(&home.path().join("case"));
    assert_eq!((&json["scope"]["verdict"], &json["scope"]["cause_set"]), (&"confined".into(), &json!([{ "resource": hot }])));
    let at = |key: &str| truth["fault"][key].as_f64().expect("a time");
    let (onset, end) = distance(&json, at("start"), at("end"));
    assert!(onset.max(end) <= 2.0 * step(&json), "off by {onset} s and {end} s");
}

#[test]
fn nothing_else_gains_a_soft_failure() {
    let mut told = Vec::new();
    let mut look = |name: String, json: &Value| {
        told.extend(json["soft"].as_array().expect("a list").iter().map(|s| format!("{name}: {s:#}")));
    };
    for name in ["lab-confined", "lab-flash_crowd", "lab-nothing", "lab-pop_fault", "two-vhosts"] {
        if let Some(path) = shared(name) {
            let bundle = path.join("bundle");
            look(name.into(), &judged(if bundle.is_dir() { &bundle } else { &path }));
        }
    }
    let home = tempfile::tempdir().expect("a folder");
    for (scenario, _) in scenarios().iter().filter(|(name, _)| *name != "soft-errors" && *name != "deploy") {
        let (path, _) = planted(home.path(), scenario, 21, 30_000);
        look((*scenario).to_owned(), &judged(&path));
    }
    assert!(told.is_empty(), "{}", told.join("\n"));
}

#[test]
fn a_deploy_is_no_outage() {
    let home = tempfile::tempdir().expect("a folder");
    let (path, _) = planted(home.path(), "deploy", 21, 30_000);
    let json = judged(&path);
    assert_eq!(json["scope"]["verdict"], "no-incident", "{:#}", json["soft"]);
    assert!(counted(&json).is_empty());
}

/// A small site: `/search` sends its visitors to a login while `sent` says so.
fn site(sent: impl Fn(i64) -> bool) -> Vec<u8> {
    let lines = crate::logs::site_as(crate::logs::combined, 2_600, 3);
    let mut out = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let second = i as i64 / 3;
        let line = line.replace(" 503 ", " 200 ");
        let line = if line.contains("/search") && sent(second) { line.replace(" 200 512 ", " 302 0 ") } else { line };
        out.extend(line.bytes());
        out.push(b'\n');
    }
    out
}

#[test]
fn visitors_sent_elsewhere_for_a_while_are_an_outage_and_a_move_is_none() {
    let sent = Home::with("access.log", site(|s| (1_000..1_600).contains(&s))).report();
    assert_eq!(sent.json["scope"]["cause_set"], json!([{ "resource": "/search" }]), "{:#}", sent.json["soft"]);
    assert_eq!(counted(&sent.json)[0]["kind"], "redirect");
    let moved = Home::with("access.log", site(|s| s >= 1_000)).report();
    assert!(counted(&moved.json).is_empty());
    assert_eq!(moved.json["scope"]["verdict"], "no-incident");
}

/// An answer of the site below: method, status and size.
type Answer = (&'static str, u16, String);

/// When something is wrong with `/search` in the site below, seconds.
const WRONG: std::ops::Range<i64> = 1_000..1_600;

/// A small site for 2,600 seconds: what `/search` answers is told by `answer`, from whether something is wrong then, a
/// client's number and dice; the other pages vary in size a little.
fn served(extra: usize, answer: impl Fn(bool, usize, &mut crate::logs::Dice) -> Answer) -> Vec<u8> {
    let mut dice = crate::logs::Dice(11);
    let mut out = Vec::new();
    for second in 0..2_600 {
        let wrong = WRONG.contains(&second);
        for i in 0..(4 + if wrong { extra } else { 0 }) {
            let path = if i < 4 { ["/home", "/search", "/about", "/media/1.jpg", "/item/17"][dice.below(5)] } else { "/search" };
            let client = dice.below(900);
            let (method, status, size) = match path {
                "/search" => answer(wrong, client, &mut dice),
                _ => ("GET", 200, (6_000 + 400 * path.len() + dice.below(300)).to_string()),
            };
            let line = crate::logs::combined(crate::logs::OPENING + second, client, path, status);
            let line = line
                .replace("\"GET ", &format!("\"{method} "))
                .replace(&format!(" {status} 512 "), &format!(" {status} {size} "));
            out.extend(line.bytes());
            out.push(b'\n');
        }
    }
    out
}

/// As many different sizes as there are things to search for.
fn varied(dice: &mut crate::logs::Dice) -> String {
    (3_000 + 37 * dice.below(600)).to_string()
}

fn told(log: Vec<u8>) -> Value {
    Home::with("access.log", log).report().json
}

fn verdict(json: &Value) -> &str {
    json["scope"]["verdict"].as_str().expect("a verdict")
}

#[track_caller]
fn is_the_search(name: &str, log: Vec<u8>) {
    let json = told(log);
    assert_eq!(
        (verdict(&json), &json["scope"]["cause_set"]),
        ("confined", &json!([{ "resource": "/search" }])),
        "{name}: {:#}",
        json["soft"]
    );
    let (from, to) = (json["window"]["from"].as_str().expect("a time"), json["window"]["to"].as_str().expect("a time"));
    assert!(from > "2024-06-03T10:16:00" && from < "2024-06-03T10:19:00", "{name}: {from}");
    assert!(to > "2024-06-03T10:25:00" && to < "2024-06-03T10:27:30", "{name}: {to}");
}

#[test]
fn error_pages_that_a_part_of_the_visitors_get_are_found() {
    for share in [8, 15, 30, 50] {
        let page = |wrong: bool, _: usize, dice: &mut crate::logs::Dice| {
            ("GET", 200, if wrong && dice.below(100) < share { "1337".into() } else { varied(dice) })
        };
        is_the_search(&format!("{share} %"), served(0, page));
    }
}

#[test]
fn error_pages_of_no_fixed_size_are_found() {
    is_the_search(
        "around one size",
        served(0, |wrong, _, dice| {
            ("GET", 200, if wrong && dice.below(100) < 30 { (1_330 + dice.below(16)).to_string() } else { varied(dice) })
        }),
    );
    is_the_search(
        "all tiny",
        served(0, |wrong, _, dice| {
            ("GET", 200, if wrong && dice.below(100) < 30 { (60 + dice.below(300)).to_string() } else { "8140".into() })
        }),
    );
}

#[test]
fn answers_to_post_and_answers_without_a_body_are_looked_at() {
    is_the_search(
        "POST",
        served(0, |wrong, _, dice| ("POST", 200, if wrong && dice.below(100) < 40 { "212".into() } else { varied(dice) })),
    );
    is_the_search(
        "204",
        served(
            0,
            |wrong, _, dice| {
                if wrong && dice.below(100) < 40 { ("GET", 204, "0".into()) } else { ("GET", 200, varied(dice)) }
            },
        ),
    );
    is_the_search(
        "no body",
        served(0, |wrong, _, dice| ("GET", 200, if wrong && dice.below(100) < 40 { "-".into() } else { varied(dice) })),
    );
}

#[test]
fn redirects_that_rise_from_an_ordinary_share_are_found() {
    is_the_search(
        "redirects",
        served(0, |wrong, _, dice| {
            if dice.below(100) < if wrong { 70 } else { 5 } { ("GET", 302, "0".into()) } else { ("GET", 200, varied(dice)) }
        }),
    );
}

#[test]
fn a_change_that_may_be_anything_is_left_open_until_somebody_settles_it() {
    let log = || {
        served(0, |wrong, client, dice| {
            let other = wrong && client % 10 < 3;
            ("GET", 200, if other { (5_200 + dice.below(4)).to_string() } else { "8140".to_owned() })
        })
    };
    let json = told(log());
    assert_eq!(verdict(&json), "inconclusive", "{:#}", json["soft"]);
    let because =
        json["scope"]["because"].as_array().expect("a list").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
    for part in ["/search", "5,200 to 5,203 bytes", "these logs cannot tell", "outcome = [{ status = 200, path = '^/search$'"] {
        assert!(because.contains(part), "{part}: {because}");
    }
    let rule = json["soft"][0]["rule"].as_str().expect("a rule").to_owned();
    for (rule, verdict) in [(rule.replace("\"failed\"", "\"good\""), "no-incident"), (rule.clone(), "confined")] {
        let home = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join("access.log"), log()).expect("a file");
        fs::write(home.path().join("incident.toml"), &rule).expect("a file");
        let json = judged(home.path());
        assert_eq!(json["scope"]["verdict"], verdict, "{rule}");
        assert_eq!(json["soft"], json!([]));
    }
}

#[test]
fn ordinary_changes_are_no_outage() {
    let half = |client: usize| client % 2 == 1;
    let confident = ["confined", "partial", "site-wide"];
    let logs = [
        // A test of another version at half of the visitors.
        (
            "test",
            served(0, move |wrong, client, _| ("GET", 200, if wrong && half(client) { "6500".into() } else { "8140".into() })),
            false,
        ),
        // Visitors without an account, whose page is ever the same, come on top because of a campaign.
        (
            "campaign",
            served(3, |wrong, client, dice| {
                let visitor = if wrong { dice.below(100) < 75 } else { client % 20 == 0 };
                ("GET", 200, if visitor { "5000".into() } else { varied(dice) })
            }),
            false,
        ),
        // Pages are packed for a while.
        ("packed", served(0, |wrong, _, _| ("GET", 200, if wrong { "2400".into() } else { "8140".into() })), false),
        // A page that counts: its size wobbles.
        (
            "wobble",
            served(0, |wrong, _, dice| ("GET", 200, (8_140 + dice.below(60) + if wrong { 120 } else { 0 }).to_string())),
            true,
        ),
        // Nothing at all, with redirects and answers without a body as ever.
        (
            "nothing",
            served(0, |_, _, dice| match dice.below(20) {
                0 => ("GET", 302, "0".into()),
                1 => ("GET", 204, "0".into()),
                _ => ("GET", 200, varied(dice)),
            }),
            true,
        ),
    ];
    for (name, log, nothing) in logs {
        let json = told(log);
        assert!(!confident.contains(&verdict(&json)), "{name}: {:#}", json["soft"]);
        assert!(!nothing || verdict(&json) == "no-incident", "{name}: {:#}", json["soft"]);
    }
}

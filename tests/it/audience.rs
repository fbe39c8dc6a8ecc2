//! Who was there: planted audiences and what is told of them; claims held against them.

use crate::kit::{Home, number};
use crate::logs::{Dice, OPENING, combined, file};
use crate::planted::judged;
use crate::truth::seconds;
use outscope::config::Incident;
use outscope::synth::{Request, write};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// Sorted by their stamps, as a server writes them.
fn in_order(mut lines: Vec<(i64, String)>) -> Vec<u8> {
    lines.sort();
    file(&lines.into_iter().map(|l| l.1).collect::<Vec<_>>())
}

/// Visitors who look around without any rhythm.
fn strollers(secs: i64, dice: &mut Dice) -> Vec<(i64, String)> {
    let path = |n: usize| ["/home", "/about", "/item/17", "/media/1.jpg", "/app.js", "/api/menu"][n];
    (0..secs * 2)
        .map(|i| {
            let at = OPENING + i / 2;
            (at, combined(at, 2_000 + dice.below(500), path(dice.below(6)), 200))
        })
        .collect()
}

#[test]
fn the_audience_of_the_made_space_is_the_one_that_the_simulation_booked() {
    for seed in [1, 7] {
        let home = tempfile::tempdir().expect("a folder");
        let out = home.path().join("case");
        write(&Request { scenario: "spaces-2024-08-12".into(), out: out.clone(), seed, lines: None }).expect("a bundle");
        let truth: Value = serde_json::from_slice(&fs::read(out.join("truth.json")).expect("a truth")).expect("valid JSON");
        fs::remove_file(out.join("truth.json")).expect("removed");
        let json = judged(&out);
        let near = |told: u64, key: &str, off: f64| {
            let want = number(&truth, &format!("/audience/{key}")) as f64;
            assert!((told as f64 / want - 1.0).abs() <= off, "seed {seed}, {key}: {told} is told, {want} is true");
        };
        // A listener whose last poll came is still counted for one poll more, and one between two polls may have left.
        near(number(&json, "/audience/peak_concurrent/value"), "peak_listening/value", 0.02);
        let (told, want) =
            (seconds(&json["audience"]["peak_concurrent"]["at"]), seconds(&truth["audience"]["peak_listening"]["at"]));
        assert!((told - want).abs() <= 65.0, "seed {seed}: {told} {want}");
        // Who only opened the page before the start is not among those admitted in the books.
        near(number(&json, "/audience/admission/admitted"), "clients_admitted_in_window", 0.06);
        near(number(&json, "/audience/admission/clients"), "clients_in_window", 0.03);
        let views = json["audience"]["page_views"]["resources"].as_array().expect("a list");
        let post = views.iter().find(|r| r["name"].as_str().is_some_and(|n| n.contains("/spacehost/"))).expect("the post");
        near(number(post, "/views"), "post_views", 0.03);
        let standing: BTreeMap<&str, &str> = json["claims"]
            .as_array()
            .expect("claims")
            .iter()
            .filter_map(|c| Some((c["id"].as_str()?, c["standing"].as_str()?)))
            .collect();
        for (id, want) in [
            ("C1", "contradicted"),
            ("C2", "consistent"),
            ("C4", "consistent"),
            ("C4b", "consistent"),
            ("F4b", "consistent"),
            ("F3", "contradicted"),
            ("F2", "consistent"),
            ("A2", "consistent"),
            ("A3", "not-testable"),
            ("A4", "not-testable"),
        ] {
            assert_eq!(standing.get(id), Some(&want), "seed {seed}, {id}");
        }
    }
}

#[test]
fn listeners_who_poll_are_counted_at_one_time_whether_they_fetch_one_list_or_ever_new_segments() {
    for segments in [false, true] {
        let mut dice = Dice(3);
        let mut lines = strollers(1_200, &mut dice);
        // A hundred listeners: each comes in the first 300 seconds and leaves after 600 to 699.
        let mut presence = Vec::new();
        for client in 0..100usize {
            let (from, until) = (dice.below(300) as i64, 600 + dice.below(100) as i64);
            for (n, at) in (from..until).step_by(6).enumerate() {
                let path = if segments {
                    format!("/live/seg{}.ts", (from + 6 * n as i64) * 1_000 + client as i64)
                } else {
                    "/live/list.m3u8".into()
                };
                lines.push((OPENING + at, combined(OPENING + at, client, &path, 200)));
            }
            presence.push((from, until));
        }
        // Monitoring is no audience.
        lines.extend((0..1_200).step_by(10).map(|at| (OPENING + at, combined(OPENING + at, 1_999, "/healthz", 200))));
        let json = Home::with("access.log", in_order(lines)).report().json;
        let most = (0..700).map(|t| presence.iter().filter(|p| p.0 <= t && t < p.1).count()).max().expect("seconds") as u64;
        let peak = &json["audience"]["peak_concurrent"];
        assert_eq!(number(peak, "/value"), most, "segments {segments}: {:#}", json["audience"]["unknown"]);
        assert!(number(peak, "/low") <= most && most <= number(peak, "/high"));
        let of = json["audience"]["concurrency"]["of"].as_str().expect("a name");
        assert!(of.starts_with("/live/"), "{of}");
        assert_eq!(json["audience"]["concurrency"]["basis"], "polls");
    }
}

#[test]
fn streams_over_lasting_connections_are_counted_by_the_connections() {
    let mut dice = Dice(9);
    let mut lines: Vec<(i64, String)> =
        strollers(1_000, &mut dice).into_iter().map(|(at, l)| (at, format!("{l} rt=0.012"))).collect();
    let mut presence = Vec::new();
    for client in 0..80 {
        let (from, took) = (dice.below(400) as i64, 60 + dice.below(300) as i64);
        // nginx stamps the end.
        lines.push((
            OPENING + from + took,
            format!("{} rt={took}.000", combined(OPENING + from + took, client, "/radio.mp3", 200)),
        ));
        presence.push((from, from + took));
    }
    let json = Home::with("access.log", in_order(lines)).report().json;
    assert_eq!(json["audience"]["concurrency"]["basis"], "connections", "{:#}", json["audience"]["unknown"]);
    let most = (0..1_000).map(|t| presence.iter().filter(|p| p.0 <= t && t <= p.1).count()).max().expect("seconds") as u64;
    let told = number(&json, "/audience/peak_concurrent/value");
    assert!(told.abs_diff(most) <= 1, "{told} is told, {most} is true");
    let p95 = json.pointer("/latency/target/baseline/p50").and_then(Value::as_f64).expect("a median");
    assert!((p95 / 0.012 - 1.0).abs() < 0.02, "{p95}");
}

#[test]
fn nothing_is_made_up_where_nobody_polls_and_documents_alone_are_views() {
    let lines = strollers(1_200, &mut Dice(4));
    let want = |pages: &[&str]| lines.iter().filter(|l| pages.iter().any(|p| l.1.contains(&format!("GET {p} ")))).count() as u64;
    let clients: BTreeSet<&str> = lines.iter().filter_map(|l| l.1.split(' ').next()).collect();
    let json = Home::with("access.log", in_order(lines.clone())).report().json;
    assert!(json["audience"]["peak_concurrent"].is_null() && json["audience"]["unknown"].is_string());
    assert_eq!(number(&json, "/audience/page_views/all"), want(&["/home", "/about", "/item/17"]));
    assert_eq!(number(&json, "/audience/distinct_clients"), clients.len() as u64);
    // Nobody pauses for half an hour in twenty minutes.
    assert_eq!(number(&json, "/audience/sessions/all"), number(&json, "/audience/sessions/clients"));
    assert!(json["latency"].is_null());
}

#[test]
fn claims_about_numbers_wait_for_a_scale_in_made_data_and_a_scale_is_for_made_data_only() {
    let lines = in_order(strollers(600, &mut Dice(4)));
    let told = |head: &str, claimed: u64| {
        let text = format!("{head}[[claim]]\nid = \"N\"\nsays = \"so many\"\nrequests = {claimed}\n");
        Home::with("access.log", lines.clone()).put("incident.toml", text).report().json["claims"][0]["standing"].clone()
    };
    assert_eq!(told("", 1_200), "consistent");
    assert_eq!(told("", 9_000), "contradicted");
    assert_eq!(told("synthetic = true\n", 1_200), "not-testable");
    assert!(Incident::parse("incident.toml", "scale = 10").is_err_and(|e| e.to_string().contains("scale")));
    assert!(Incident::parse("incident.toml", "synthetic = true\nscale = 0.5").is_err());
    assert!(Incident::parse("incident.toml", "synthetic = true\nscale = 1000").is_ok());
}

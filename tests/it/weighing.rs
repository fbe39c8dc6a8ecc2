//! Explanations against planted truth: what is supported was planted, nobody legitimate is called an attack, and no
//! word stands in the report that the evidence cannot carry.

use crate::planted::judged;
use outscope::synth::{Request, write};
use serde_json::Value;
use std::fs;

fn report(scenario: &str, seed: u64) -> (Value, Value) {
    let home = tempfile::tempdir().expect("a folder");
    let out = home.path().join("case");
    write(&Request { scenario: scenario.into(), out: out.clone(), seed, lines: Some(16_000) }).expect("a bundle");
    let truth = serde_json::from_slice(&fs::read(out.join("truth.json")).expect("a truth")).expect("valid JSON");
    fs::remove_file(out.join("truth.json")).expect("removed");
    (truth, judged(&out))
}

fn standing(json: &Value, which: &str) -> Vec<String> {
    let list = json["explanations"].as_array().expect("a list");
    list.iter().filter(|e| e["standing"] == which).filter_map(|e| e["id"].as_str().map(str::to_owned)).collect()
}

#[test]
fn what_is_supported_was_planted_and_what_was_planted_is_not_contradicted() {
    let scenarios = [
        "attack-on-site",
        "attack-on-resource",
        "flash-crowd-served",
        "site-fault",
        "retry-storm",
        "pop-fault",
        "log-gap",
        "nothing",
    ];
    for scenario in scenarios {
        let (truth, json) = report(scenario, 3);
        let planted: Vec<&str> = truth["explanations"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        let (supported, contradicted) = (standing(&json, "supported"), standing(&json, "contradicted"));
        // Nothing failed while something was planted: an absorbed attack is no incident for users.
        let allowed = |id: &String| planted.contains(&id.as_str()) || id == "no-incident";
        assert!(supported.iter().all(allowed), "{scenario}: {supported:?}, planted {planted:?}");
        assert!(
            !contradicted.iter().any(|id| planted.contains(&id.as_str())),
            "{scenario}: {contradicted:?}, planted {planted:?}"
        );
        assert_eq!(standing(&json, "not-observable"), ["volumetric-attack"]);
        let text = json["weighing"].to_string() + &json["explanations"].to_string();
        for word in ["proves", "attacker", "motive"] {
            assert!(!text.contains(word), "{scenario}: {word}");
        }
    }
}

#[test]
fn a_crowd_that_was_served_is_found_where_nothing_failed() {
    let (_, json) = report("flash-crowd-served", 5);
    let stretch = &json["weighing"]["stretch"];
    assert!(stretch.is_object(), "{}", json["weighing"]["says"]);
    let demand = json["weighing"]["measures"].as_array().expect("a list").iter().find(|m| m["id"] == "demand").expect("demand");
    assert!(demand["value"].as_f64().is_some_and(|v| v > 1.5), "{demand}");
    assert!(!standing(&json, "supported").iter().any(|id| id.starts_with("attack")));
}

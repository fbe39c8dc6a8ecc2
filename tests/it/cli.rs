//! The contract of the command line: what others may rely on.

use crate::kit::{Home, Ran, ledger, outscope, program};
use crate::logs::{OPENING, combined, file, site};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

const COMMANDS: [&str; 8] = ["report", "compare", "inspect", "events", "show", "formats", "localise", "synth"];

/// A log of six lines: a request that is good, one that failed, a third at another time and place; a
/// blank line, a foreign one and one without a date.
fn six() -> Home {
    let lines = [
        combined(OPENING, 1, "/a?x=1", 200),
        combined(OPENING + 60, 2, "/a", 503),
        String::new(),
        combined(OPENING + 120, 3, "/b/17", 200),
        "what is this".to_owned(),
        combined(OPENING, 4, "/a", 200).replace("03/Jun", "33/Jun"),
    ];
    Home::with("web/access.log", file(&lines))
}

#[test]
fn help_of_every_command_is_no_error() {
    let all = outscope!["--help"].good();
    for command in COMMANDS {
        assert!(all.out.contains(command), "{command}");
        let help = outscope![command, "--help"].good();
        assert!(help.out.contains("Usage: outscope") && help.err.is_empty(), "{command}");
    }
    assert_eq!(outscope!["--version"].good().out, format!("outscope {}\n", env!("CARGO_PKG_VERSION")));
    for option in ["--incident", "--from", "--to", "--bin", "--resource", "--out", "--threads", "--max-memory", "--quiet"] {
        assert!(outscope!["report", "--help"].good().out.contains(option), "{option}");
    }
}

#[test]
fn wrong_usage_is_told_with_status_2() {
    let home = six();
    let case = home.bundle();
    let report = |more: &[&str]| {
        let mut args = vec!["report".into(), case.clone().into_os_string()];
        args.extend(more.iter().map(|a| (*a).into()));
        crate::kit::run_in(home.path(), &args)
    };
    let two = |ran: Ran, parts: &[&str]| drop(ran.refused(2, parts));
    two(outscope![], &["Usage"]);
    two(outscope!["foretell"], &["foretell"]);
    two(outscope!["report"], &["BUNDLE"]);
    two(report(&["--frobnicate"]), &["--frobnicate"]);
    two(report(&["--from", "yesterday", "--to", "2024-06-03T11:00"]), &["yesterday"]);
    two(report(&["--from", "2024-02-30T11:00", "--to", "2024-06-03T11:00"]), &["2024-02-30T11:00"]);
    two(report(&["--from", "2024-06-03T11:00"]), &["--to"]);
    two(report(&["--to", "2024-06-03T11:00"]), &["--from"]);
    two(report(&["--from", "2024-06-03T11:00:00Z", "--to", "2024-06-03T11:00:00Z"]), &["ends before it starts"]);
    two(report(&["--from", "2024-06-03T12:00", "--to", "2024-06-03T11:00"]), &["ends before it starts"]);
    two(report(&["--bin", "often"]), &["often"]);
    two(report(&["--bin", "0s"]), &["0s"]);
    two(report(&["--threads", "0"]), &["--threads"]);
    two(report(&["--threads", "many"]), &["many"]);
    two(report(&["--max-memory", "plenty"]), &["plenty"]);
    two(report(&["--format", "telepathy"]), &["telepathy", "outscope formats"]);
    for command in ["inspect", "events", "show"] {
        two(outscope![command, &case, "--format", "telepathy"], &["telepathy"]);
    }
    two(outscope!["show", &case, "--outcome", "sad"], &["sad", "failed"]);
    two(outscope!["show", &case, "--tier", "cellar"], &["cellar", "edge"]);
    two(outscope!["show", &case, "--at", "somewhere"], &["somewhere", "SOURCE:LINE"]);
    two(outscope!["show", &case, "--from", "noon"], &["noon"]);
    two(outscope!["synth", "earthquake", "--out", home.path().join("x")], &["earthquake", "pop-fault"]);
    two(outscope!["synth", "nothing"], &["--out"]);
    two(outscope!["synth", "nothing", "--out", &case], &["not empty"]);
    assert!(!home.path().join("reports").exists(), "wrong usage writes nothing");
}

#[test]
fn a_broken_incident_file_is_named_with_its_line() {
    for (text, parts) in [
        ("title = \"x\"\n\ntitel = 1\n", &["incident.toml", "line 3", "titel"][..]),
        ("title = \"x\n", &["incident.toml", "line 1"]),
        ("[window]\nfrom = \"noon\"\nto = \"2024-06-03T11:00:00Z\"\n", &["incident.toml", "line 2", "noon"]),
        ("[window]\nfrom = 2024-06-03T12:00:00Z\nto = 2024-06-03T11:00:00Z\n", &["incident.toml", "ends before it starts"]),
        ("timezone = \"Mars/Olympus\"\n", &["incident.toml", "Mars/Olympus"]),
        ("[[source]]\nmatch = \"*\"\nformat = \"telepathy\"\n", &["incident.toml", "telepathy"]),
        ("[[outcome]]\nstatus = \"200-100\"\noutcome = \"good\"\n", &["incident.toml", "200-100"]),
    ] {
        let home = six().put("incident.toml", text);
        for command in ["report", "inspect", "events", "show"] {
            outscope![command, home.bundle()].refused(2, parts);
        }
    }
    let home = six();
    outscope!["report", home.bundle(), "--incident", home.path().join("none.toml")].refused(1, &["none.toml"]);
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_no_error() {
    let home = Home::with("access.log", file(&site()).repeat(8));
    for args in [&["events"][..], &["show", "--most", "100000"], &["inspect", "--json"], &["formats"]] {
        let mut command = program();
        command.arg(args[0]).args((args[0] != "formats").then(|| home.bundle())).args(&args[1..]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        BufReader::with_capacity(16, child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        assert!(!line.is_empty());
        let done = child.wait_with_output().expect("it ends");
        assert_eq!((done.status.code(), String::from_utf8_lossy(&done.stderr).as_ref()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn quiet_says_nothing_on_standard_error() {
    let home = six();
    assert_eq!(outscope!["inspect", home.bundle(), "--quiet"].good().err, "");
    let ran = outscope!["report", home.bundle(), "--quiet", "--out", home.path().join("out")].good();
    assert_eq!(ran.err, "");
    assert!(ran.out.contains("ledger   6 lines = 3 events + 0 duplicates + 1 skipped + 2 rejected"), "{}", ran.out);
    // Where standard error is no terminal there is no progress to be seen either.
    assert_eq!(outscope!["inspect", home.bundle()].good().err, "");
}

#[test]
fn inspect_tells_sources_ledger_gaps_and_asides() {
    let home = six().put(".hidden", "x").put("notes.txt", "not a log\n");
    let json = outscope!["inspect", home.bundle(), "--json"].good().json();
    assert_eq!(json["bundle"], "case");
    let paths: Vec<&Value> = json["sources"].as_array().expect("sources").iter().map(|s| &s["path"]).collect();
    assert_eq!(paths, ["notes.txt", "web/access.log"]);
    let log = &json["sources"][1];
    assert_eq!(ledger(log), [6, 3, 0, 1, 2]);
    assert_eq!((&log["format"], &log["tier"]), (&"combined".into(), &"unknown".into()));
    assert!(log["confidence"].as_f64().is_some_and(|c| c > 0.0 && c <= 1.0));
    assert_eq!((&log["first"], &log["last"]), (&"2024-06-03T10:00:00Z".into(), &"2024-06-03T10:02:00Z".into()));
    assert_eq!(ledger(&json["totals"]), [7, 3, 0, 2, 2]);
    assert_eq!(json["asides"][0]["path"], ".hidden");
    for key in ["gaps", "clock_offsets", "blind_spots"] {
        assert!(json["completeness"][key].is_array(), "{key}");
    }
    let text = outscope!["inspect", home.bundle()].good().out;
    assert!(text.contains("web/access.log\n  combined") && text.contains("line 5: "), "{text}");
    // A bundle without any request is described, not refused.
    let none = Home::with("notes.txt", "not a log\n");
    assert_eq!(ledger(&outscope!["inspect", none.bundle(), "--json"].good().json()["totals"]), [1, 0, 0, 1, 0]);
    outscope!["report", none.bundle(), "--out", none.path().join("out")].refused(1, &["`case`"]);
}

#[test]
fn formats_lists_what_each_gives() {
    let text = outscope!["formats"].good().out;
    let json = outscope!["formats", "--json"].good().json();
    let list = json.as_array().expect("a list");
    assert!(list.len() >= 8);
    for format in list {
        let name = format["name"].as_str().expect("a name");
        assert!(text.lines().any(|l| l == name), "{name}");
        let fields: Vec<&str> = format["fields"].as_array().expect("fields").iter().filter_map(Value::as_str).collect();
        // Lines of this one are connections, which have no status.
        assert!(fields.contains(&"status") || name == "nlb", "{name}: {fields:?}");
    }
    for name in ["combined", "haproxy", "cloudfront", "varnish", "alb", "nginx-json"] {
        assert!(list.iter().any(|f| f["name"].as_str().is_some_and(|n| n.starts_with(name))), "{name}");
    }
}

#[test]
fn events_gives_one_object_for_each_line() {
    let home = six();
    let objects = outscope!["events", home.bundle()].good().objects();
    assert_eq!(objects.len(), 6);
    for (n, object) in objects.iter().enumerate() {
        assert_eq!((&object["source"], &object["line"]), (&"web/access.log".into(), &(n + 1).into()));
    }
    let keys = |n: usize| objects[n].as_object().expect("an object").keys().map(String::as_str).collect::<Vec<_>>();
    let event = ["bytes", "client", "format", "line", "method", "path", "query", "source", "status", "tier", "ts", "user_agent"];
    let mut got = keys(0);
    got.retain(|k| !["start", "end", "referrer"].contains(k));
    assert_eq!(got, event);
    let first = serde_json::json!({"bytes": 512, "client": "198.18.0.2", "format": "combined", "method": "GET", "path": "/a",
        "query": "x=1", "status": 200, "tier": "unknown", "ts": "2024-06-03T10:00:00Z", "user_agent": "Mozilla/5.0"});
    for (key, value) in first.as_object().expect("an object") {
        assert_eq!(objects[0][key], *value, "{key}");
    }
    assert_eq!((keys(2), keys(4)), (vec!["line", "skipped", "source"], vec!["because", "line", "rejected", "source"]));
    assert_eq!(keys(5), ["line", "rejected", "source"], "the time is wrong: that says it");
    // A file by itself, read with a given format.
    let file = home.bundle().join("web/access.log");
    assert_eq!(outscope!["events", &file, "--format", "combined"].good().objects().len(), 6);
    let other = outscope!["events", &file, "--format", "haproxy"].good().objects();
    assert_eq!(other.len(), 6);
}

#[test]
fn show_finds_lines_by_resource_span_outcome_and_place() {
    let home = six();
    let lines = |more: &[&str]| -> Vec<String> {
        let mut args = vec!["show".into(), home.bundle().into_os_string()];
        args.extend(more.iter().map(|a| (*a).into()));
        let out = crate::kit::run_in(home.path(), &args).good().out;
        out.lines().map(|l| l.split(": ").next().expect("a place").to_owned()).collect()
    };
    let at = |numbers: &[u64]| numbers.iter().map(|n| format!("web/access.log:{n}")).collect::<Vec<_>>();
    assert_eq!(lines(&[]), at(&[1, 2, 4]));
    assert_eq!(lines(&["--resource", "/a"]), at(&[1, 2]));
    assert_eq!(lines(&["--resource", "/b/:id"]), at(&[4]));
    assert_eq!(lines(&["--from", "2024-06-03T10:01"]), at(&[2, 4]));
    assert_eq!(lines(&["--from", "2024-06-03T10:01:00Z", "--to", "2024-06-03T10:02:00Z"]), at(&[2]));
    assert_eq!(lines(&["--outcome", "failed"]), at(&[2]));
    assert_eq!(lines(&["--outcome", "good", "--resource", "/a"]), at(&[1]));
    assert_eq!(lines(&["--outcome", "rejected"]), at(&[5, 6]));
    assert_eq!(lines(&["--outcome", "skipped"]), at(&[3]));
    assert_eq!(lines(&["--at", "web/access.log:5"]), at(&[5]));
    assert_eq!(lines(&["--at", "web/access.log:99"]), at(&[]));
    assert_eq!(lines(&["--tier", "edge"]), at(&[]));
    let one = outscope!["show", home.bundle(), "--at", "web/access.log:2"].good().out;
    assert_eq!(one, format!("web/access.log:2: {}\n", combined(OPENING + 60, 2, "/a", 503)));
    let some = outscope!["show", home.bundle(), "--most", "1"].good();
    assert_eq!((some.out.lines().count(), some.err.contains("2 more lines")), (1, true), "{}", some.err);
}

#[test]
fn numbers_of_the_report_lead_back_to_their_lines() {
    let home = Home::with("access.log", file(&site()));
    let report = home.report();
    let (from, to) = (report.json["window"]["from"].as_str(), report.json["window"]["to"].as_str());
    let (from, to) = (from.expect("a time"), to.expect("a time"));
    let count = |more: &str| {
        let args = ["show", "--most", "100000", "--resource", "/search", "--from", from, "--to", to];
        let mut args: Vec<std::ffi::OsString> = args.iter().map(Into::into).collect();
        args.push(home.bundle().into());
        args.extend(more.split_whitespace().map(Into::into));
        crate::kit::run_in(home.path(), &args).good().out.lines().count() as u64
    };
    assert_eq!(count(""), report.number("/scope/target/requests"));
    assert_eq!(count("--outcome failed"), report.number("/scope/target/failed"));
}

#[test]
fn a_report_folder_is_complete() {
    let home = Home::with("access.log", file(&site()));
    let report = home.report();
    for name in ["report.md", "report.html", "report.json", "manifest.json"] {
        assert!(report.files[name].len() > 100, "{name}");
    }
    let charts: Vec<&String> = report.files.keys().filter(|n| n.starts_with("charts/")).collect();
    assert!(charts.len() >= 4 && charts.iter().all(|n| report.files[*n].starts_with(b"\x89PNG\r\n\x1a\n")));
    assert!(report.files.keys().any(|n| n.starts_with("tables/") && n.ends_with(".csv")));
    let told: Vec<String> = report.json["charts"]
        .as_array()
        .expect("charts")
        .iter()
        .map(|c| format!("charts/{}", c["file"].as_str().expect("a file")))
        .collect();
    assert!(charts.iter().all(|c| told.contains(c)) && told.len() == charts.len(), "{told:?}");
    let html = String::from_utf8(report.files["report.html"].clone()).expect("UTF-8");
    for outside in ["http://", "https://", "src=\"/", "<script", "@import"] {
        let stray = html.match_indices(outside).find(|(at, _)| !html[*at..].starts_with("http://www.w3.org/"));
        assert_eq!(stray, None, "the page works offline");
    }
    let manifest: Value = serde_json::from_slice(&report.files["manifest.json"]).expect("valid JSON");
    assert_eq!(manifest["inputs"][0]["sha256"], outscope::digest::sha256(&file(&site())));
    let outputs = manifest["outputs"].as_array().expect("outputs");
    assert_eq!(outputs.len() + 1, report.files.len());
    for output in outputs {
        let bytes = &report.files[output["name"].as_str().expect("a name")];
        assert_eq!(output["sha256"], outscope::digest::sha256(bytes), "{output}");
        assert_eq!(output["size"], bytes.len(), "{output}");
    }
}

/// What may stand at a key of `report.json`.
fn is(kind: &str, value: &Value) -> bool {
    if let Some(kind) = kind.strip_suffix('?') {
        return value.is_null() || is(kind, value);
    }
    let number = |keys: &[&str]| keys.iter().all(|k| value[k].is_number());
    match kind {
        "text" => value.is_string(),
        "count" => value.is_u64(),
        "rate" => value.as_f64().is_some_and(|x| (0.0..=1.0).contains(&x)),
        "number" => value.is_number(),
        "bool" => value.is_boolean(),
        "list" => value.is_array(),
        "time" => value.as_str().is_some_and(|t| t.ends_with('Z') && outscope::time::Micros::parse_rfc3339(t).is_ok()),
        "interval" => number(&["value", "low", "high"]),
        "avail" => {
            let [value, low, high] = ["value", "low", "high"].map(|k| value[k].as_f64());
            match (value, low, high) {
                (Some(v), Some(l), Some(h)) => 0.0 <= l && l <= v && v <= h && h <= 1.0,
                _ => value.is_none() && low.is_none() && high.is_none(),
            }
        }
        _ => false,
    }
}

#[test]
fn report_json_has_the_keys_of_the_contract_with_the_right_kinds_of_values() {
    let incident = "title = \"t\"\nsynthetic = true\n[[claim]]\nid = \"C1\"\nsays = \"all of it\"\nscope = \"site-wide\"\n";
    let home = Home::with("access.log", file(&site())).put("incident.toml", incident);
    let json = home.report().json;
    for (pointer, kind) in [
        ("/schema", "count"),
        ("/synthetic", "bool"),
        ("/window/from", "time"),
        ("/window/to", "time"),
        ("/window/chosen", "text"),
        ("/sources/0/path", "text"),
        ("/sources/0/sha256", "text"),
        ("/sources/0/format", "text"),
        ("/sources/0/confidence", "rate"),
        ("/sources/0/tier", "text"),
        ("/sources/0/instance", "text?"),
        ("/sources/0/lines", "count"),
        ("/sources/0/events", "count"),
        ("/sources/0/duplicates", "count"),
        ("/sources/0/skipped", "count"),
        ("/sources/0/rejected", "count"),
        ("/sources/0/first", "time"),
        ("/sources/0/last", "time"),
        ("/sources/0/clock_offset", "number?"),
        ("/totals/lines", "count"),
        ("/totals/events", "count"),
        ("/totals/duplicates", "count"),
        ("/totals/skipped", "count"),
        ("/totals/rejected", "count"),
        ("/scope/verdict", "text"),
        ("/scope/cause_set/0/resource", "text"),
        ("/scope/share_of_excess", "interval"),
        ("/scope/target/requests", "count"),
        ("/scope/target/failed", "count"),
        ("/scope/target/before", "avail"),
        ("/scope/target/during", "avail"),
        ("/scope/target/during/requests", "count"),
        ("/scope/target/during/clients", "count"),
        ("/scope/rest/requests", "count"),
        ("/scope/rest/failed", "count"),
        ("/scope/rest/before", "avail"),
        ("/scope/rest/during", "avail"),
        ("/scope/rest/increase", "interval"),
        ("/scope/rest/margin", "rate"),
        ("/scope/rest/healthy", "bool?"),
        ("/scope/because/0", "text"),
        ("/episodes/0/resource", "text"),
        ("/episodes/0/from", "time"),
        ("/episodes/0/from_low", "time"),
        ("/episodes/0/from_high", "time"),
        ("/episodes/0/to", "time"),
        ("/episodes/0/to_low", "time"),
        ("/episodes/0/to_high", "time"),
        ("/episodes/0/requests", "count"),
        ("/episodes/0/failed", "count"),
        ("/episodes/0/clients_affected", "count"),
        ("/resources/0/name", "text"),
        ("/resources/0/requests", "count"),
        ("/resources/0/failed", "count"),
        ("/resources/0/availability", "avail"),
        ("/resources/0/series/0/t", "time"),
        ("/resources/0/series/0/requests", "count"),
        ("/resources/0/series/0/failed", "count"),
        ("/resources/0/series/0/state", "text"),
        ("/explanations/0/id", "text"),
        ("/explanations/0/standing", "text"),
        ("/explanations/0/strength", "text?"),
        ("/explanations/0/evidence/0/says", "text"),
        ("/explanations/0/evidence/0/favours", "bool"),
        ("/explanations/0/evidence/0/against", "bool"),
        ("/claims/0/id", "text"),
        ("/claims/0/says", "text"),
        ("/claims/0/by", "text?"),
        ("/claims/0/at", "time?"),
        ("/claims/0/standing", "text"),
        ("/claims/0/because", "text"),
        ("/audience/requests", "count"),
        ("/audience/distinct_clients", "count"),
        ("/completeness/gaps", "list"),
        ("/completeness/clock_offsets", "list"),
        ("/completeness/duplicates", "count"),
        ("/completeness/blind_spots/0", "text"),
        ("/charts/0/file", "text"),
        ("/charts/0/title", "text"),
        ("/charts/0/alt", "text"),
    ] {
        let value = json.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is missing"));
        assert!(is(kind, value), "{pointer} is no {kind}: {value}");
    }
    assert!(json.pointer("/audience/peak_concurrent").is_some());
    assert_eq!((&json["schema"], &json["synthetic"], &json["window"]["chosen"]), (&1.into(), &true.into(), &"detected".into()));
    for resource in json["resources"].as_array().expect("resources") {
        assert!(is("avail", &resource["availability"]), "{}", resource["name"]);
        let sum =
            |key: &str| resource["series"].as_array().expect("a series").iter().filter_map(|p| p[key].as_u64()).sum::<u64>();
        assert_eq!(
            (sum("requests"), sum("failed")),
            (resource["requests"].as_u64().unwrap_or(0), resource["failed"].as_u64().unwrap_or(0))
        );
        assert!(
            resource["series"]
                .as_array()
                .expect("a series")
                .iter()
                .all(|p| { ["ok", "degraded", "down", "no-evidence"].iter().any(|s| p["state"] == **s) })
        );
    }
    let ids: Vec<&str> = json["explanations"].as_array().expect("a list").iter().filter_map(|e| e["id"].as_str()).collect();
    for id in [
        "no-incident",
        "attack-on-site",
        "attack-on-resource",
        "flash-crowd",
        "internal-fault",
        "segment-fault",
        "logging-artefact",
    ] {
        assert!(ids.contains(&id), "{id}");
    }
    let volumetric = json["explanations"].as_array().expect("a list").iter().find(|e| e["id"] == "volumetric-attack");
    assert_eq!(volumetric.map(|e| &e["standing"]), Some(&"not-observable".into()));
}

#[test]
fn a_given_window_is_kept_and_a_quiet_bundle_has_none() {
    let home = Home::with("access.log", file(&site()));
    let json = home.report_of(&home.bundle(), &["--from", "2024-06-03T10:17", "--to", "2024-06-03T10:26:00Z"]).json;
    let window = serde_json::json!({"from": "2024-06-03T10:17:00Z", "to": "2024-06-03T10:26:00Z", "chosen": "given"});
    assert_eq!(json["window"], window);
    assert_eq!(json["scope"]["verdict"], "confined");
    let quiet: Vec<String> = site()[..1_800].to_vec();
    let json = Home::with("access.log", file(&quiet)).report().json;
    assert_eq!((&json["window"], &json["scope"]["verdict"]), (&Value::Null, &"no-incident".into()));
    assert_eq!(json["scope"]["cause_set"], serde_json::json!([]));
}

#[test]
fn the_report_goes_to_reports_and_the_bundle_s_name_unless_told_otherwise() {
    let home = six();
    crate::kit::run_in(home.path(), &["report".into(), "case".into(), "--quiet".into()]).good();
    assert!(home.path().join("reports/case/report.json").is_file());
}

#[test]
fn synth_lists_its_scenarios_and_writes_a_bundle_that_is_its_own_witness() {
    let list = outscope!["synth", "list"].good().out;
    assert_eq!(list.lines().count(), outscope::synth::scenarios().len());
    assert!(list.contains("spaces-2024-08-12") && list.contains("nothing"));
    let home = Home::new();
    let out = home.path().join("made");
    outscope!["synth", "nothing", "--out", &out, "--seed", "5", "--lines", "3000"].good();
    let truth: Value = serde_json::from_slice(&std::fs::read(out.join("truth.json")).expect("a truth")).expect("valid JSON");
    assert_eq!((&truth["seed"], &truth["synthetic"]), (&5.into(), &true.into()));
    let json = home.report_of(&out, &[]).json;
    assert_eq!(json["synthetic"], true);
    for (path, lines) in truth["lines"].as_object().expect("lines") {
        let source = json["sources"].as_array().expect("sources").iter().find(|s| s["path"] == **path).expect("a source");
        assert_eq!(source["lines"], *lines, "{path}");
    }
}

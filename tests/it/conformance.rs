//! Lines of public test suites with the parse that those suites expect, where they lie beside the
//! project: every line goes through `outscope events` as a file of its own, and a table is printed.
//!
//! `cargo test --test it conformance -- --nocapture`
//!
//! How values are compared:
//! - A stamp agrees if either the line's stamp or the request's start is the one expected; suites that
//!   keep milliseconds cut the rest.
//! - Path and query agree as logged or percent-decoded: suites differ in that. A `url` is path and
//!   query, and the host where it is absolute.
//! - Cache words agree whatever their case.

use crate::kit::{Home, note, run_in};
use outscope::time::Micros;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Fields that are compared, in the order of the table.
const FIELDS: [&str; 12] =
    ["ts", "client", "method", "path", "query", "host", "status", "target_status", "bytes", "duration_s", "cache", "pop"];

/// Lines on which this program differs on purpose: the suite's file, a piece of the line, the field
/// (`line` for a line that is not read), and why the expectation is not followed.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[
    (
        "bunny",
        "HIT|200|1507167062421|",
        "ts",
        "1507167062 s after 1970 are 2017-10-05 01:31:02 UTC; the suite's 01:24:22 is an error of arithmetic",
    ),
    (
        "nginx_proxy_manager",
        "password mismatch",
        "line",
        "a line of nginx's error log: it has no status and no end, and is no record of a request",
    ),
    (
        "pfsense",
        "haproxy[",
        "ts",
        "HAProxy's stamp has no zone; -04:00 is that of the suite's own configuration and nowhere in the line",
    ),
    (
        "pfsense",
        "(squid-1)",
        "ts",
        "Squid's stamp is an epoch; the suite takes the stamp of syslog, with the year and zone of its own configuration",
    ),
];

fn folder() -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/conformance")).to_path_buf();
    if path.is_dir() {
        return Some(path);
    }
    note(format_args!("skipped: there are no lines of public suites beside the project"));
    None
}

/// One line of a suite.
struct Case {
    suite: String,
    raw: String,
    want: Value,
}

fn cases(folder: &Path) -> Vec<Case> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "jsonl"));
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let suite = file.file_stem().expect("a name").to_string_lossy().into_owned();
        for line in fs::read_to_string(&file).expect("text").lines() {
            let want: Value = serde_json::from_str(line).expect("JSON");
            // A few records of the suites hold the lines after the one they describe.
            let raw = want["raw"].as_str().expect("a line").lines().next().unwrap_or_default().to_owned();
            all.push(Case { suite: suite.clone(), raw, want });
        }
    }
    all
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut i = 0;
    while i < bytes.len() {
        let code = text.get(i + 1..i + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code.filter(|_| bytes[i] == b'%') {
            Some(value) => {
                out.push(value);
                i += 3;
            }
            None => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Path, query and host of an expected `url`.
fn parts(url: &str) -> (Option<String>, Option<String>, Option<String>) {
    let (host, rest) = match url.split_once("://") {
        Some((_, rest)) => {
            let n = rest.find(['/', '?']).unwrap_or(rest.len());
            let host = rest[..n].rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()));
            (Some(host.map_or(&rest[..n], |(host, _)| host).to_owned()), &rest[n..])
        }
        None => (None, url),
    };
    let (path, query) = rest.split_once('?').map_or((rest, None), |(p, q)| (p, Some(q.to_owned())));
    let path = if path.is_empty() && host.is_some() { "/" } else { path };
    // Not every suite's url is one: `10.0.0.1/path` names no scheme.
    let path = path.starts_with('/').then(|| path.to_owned());
    (path, query.filter(|q| !q.is_empty()), host)
}

/// The fields that the suite states, with whether they are right.
fn judged(want: &Value, got: &Value) -> BTreeMap<&'static str, (bool, String)> {
    let text = |v: &Value, key: &str| v.get(key).and_then(Value::as_str).map(str::to_owned);
    let (url_path, url_query, url_host) = text(want, "url").map_or((None, None, None), |u| parts(&u));
    let mut all = BTreeMap::new();
    let mut check = |field, want: Option<String>, got: Option<String>, same: &dyn Fn(&str, &str) -> bool| {
        if let Some(want) = want {
            let right = got.as_deref().is_some_and(|got| same(&want, got));
            all.insert(field, (right, format!("{want:?} is expected, {got:?} read")));
        }
    };
    let equal = |a: &str, b: &str| a == b;
    let as_logged = |a: &str, b: &str| a == b || *a == decoded(b);
    let instant = |t: &str| Micros::parse_rfc3339(t).ok().map(|t| t.0);
    let same_time = |a: &str, b: &str| {
        let (Some(a), Some(b)) = (instant(a), instant(b)) else { return false };
        a == b || b.div_euclid(1_000) * 1_000 == a || b.div_euclid(1_000_000) * 1_000_000 == a
    };
    let ts = text(want, "ts");
    let started = ts.as_deref().is_some_and(|ts| text(got, "start").is_some_and(|start| same_time(ts, &start)));
    check("ts", ts, if started { text(got, "start") } else { text(got, "ts") }, &same_time);
    check("client", text(want, "client"), text(got, "client"), &equal);
    check("method", text(want, "method"), text(got, "method"), &equal);
    check("path", url_path.or(text(want, "path")), text(got, "path"), &as_logged);
    check("query", url_query.or(text(want, "query")).filter(|q| !q.is_empty()), text(got, "query"), &as_logged);
    check("host", text(want, "host").or(url_host), text(got, "host"), &equal);
    check("cache", text(want, "cache"), text(got, "cache"), &|a, b| a.eq_ignore_ascii_case(b));
    check("pop", text(want, "pop"), text(got, "pop"), &|a, b| a.eq_ignore_ascii_case(b));
    let number = |v: &Value, key: &str| v.get(key).and_then(Value::as_f64).map(|n| format!("{n:.6}"));
    let close = |a: &str, b: &str| a.parse::<f64>().ok().zip(b.parse::<f64>().ok()).is_some_and(|(a, b)| (a - b).abs() < 2e-6);
    check("status", number(want, "status"), number(got, "status"), &equal);
    check("target_status", number(want, "target_status"), number(got, "origin_status"), &equal);
    check("bytes", number(want, "bytes"), number(got, "bytes"), &equal);
    check("duration_s", number(want, "duration_s"), number(got, "duration"), &close);
    all
}

fn excepted(case: &Case, field: &str) -> bool {
    EXCEPTIONS.iter().any(|(suite, piece, f, _)| *suite == case.suite && *f == field && case.raw.contains(piece))
}

#[derive(Default)]
struct Row {
    lines: u32,
    read: u32,
    right: u32,
    fields: BTreeMap<&'static str, (u32, u32)>,
}

#[test]
fn the_lines_of_public_suites_are_read_as_they_expect() {
    let Some(folder) = folder() else { return };
    let cases = cases(&folder);
    let mut home = Home::new();
    for (n, case) in cases.iter().enumerate() {
        let header = case.want.get("header").and_then(Value::as_str).map(|h| format!("{h}\n")).unwrap_or_default();
        home = home.put(&format!("{n:04}"), format!("{header}{}\n", case.raw));
    }
    let ran = run_in(home.path(), &["events".into(), home.bundle().into()]).good();
    let mut seen: BTreeMap<usize, Value> = BTreeMap::new();
    for object in ran.objects() {
        let n: usize = object["source"].as_str().expect("a source").parse().expect("a number");
        // The last line of a file is the one; before it stands the header.
        seen.insert(n, object);
    }
    let (mut table, mut wrong): (BTreeMap<String, Row>, Vec<String>) = Default::default();
    let mut used = BTreeSet::new();
    for (n, case) in cases.iter().enumerate() {
        let row = table.entry(case.suite.clone()).or_default();
        row.lines += 1;
        let got = &seen[&n];
        let is_read = got.get("ts").is_some();
        row.read += u32::from(is_read);
        let mut all_right = is_read;
        if is_read {
            for (field, (right, why)) in judged(&case.want, got) {
                let cell = row.fields.entry(field).or_default();
                cell.0 += u32::from(right);
                cell.1 += 1;
                all_right &= right;
                if !right && !excepted(case, field) {
                    wrong.push(format!("{} as {}: {field}: {why}: {}", case.suite, got["format"], case.raw));
                }
                if !right {
                    used.insert((case.suite.clone(), field.to_owned()));
                }
            }
        } else {
            used.insert((case.suite.clone(), "line".to_owned()));
            if !excepted(case, "line") {
                wrong.push(format!(
                    "{}: not read: {}: {}",
                    case.suite,
                    got["skipped"].as_str().or(got["rejected"].as_str()).unwrap_or("?"),
                    case.raw
                ));
            }
        }
        row.right += u32::from(all_right);
    }
    print(&table);
    for (suite, piece, field, why) in EXCEPTIONS {
        note(format_args!("exception: {suite} {field} ({piece}): {why}"));
        assert!(
            used.contains(&((*suite).to_owned(), (*field).to_owned())),
            "the exception for {suite} {field} is not needed any more"
        );
    }
    assert!(wrong.is_empty(), "{} lines differ:\n{}", wrong.len(), wrong.join("\n"));
    let (right, lines) = table.values().fold((0, 0), |(r, l), row| (r + row.right, l + row.lines));
    assert!(f64::from(right) >= 0.97 * f64::from(lines), "{right} of {lines} lines are wholly right");
}

fn print(table: &BTreeMap<String, Row>) {
    let head: String = FIELDS.iter().map(|f| format!(" {f:>13}")).collect();
    note(format_args!("{:<22} {:>5} {:>5} {:>5}{head}", "suite", "lines", "read", "right"));
    let mut sum = (0, 0, 0);
    for (suite, row) in table {
        let cells: String = FIELDS
            .iter()
            .map(|f| row.fields.get(f).map_or_else(String::new, |(right, all)| format!("{right}/{all}")))
            .map(|cell| format!(" {cell:>13}"))
            .collect();
        note(format_args!("{suite:<22} {:>5} {:>5} {:>5}{cells}", row.lines, row.read, row.right));
        sum = (sum.0 + row.lines, sum.1 + row.read, sum.2 + row.right);
    }
    note(format_args!("{:<22} {:>5} {:>5} {:>5}", "all", sum.0, sum.1, sum.2));
}

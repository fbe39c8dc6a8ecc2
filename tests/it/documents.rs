//! Logs exported as JSON documents: every record is a line, and its number is the line's.

use crate::kit::{Home, ledger, outscope};
use crate::logs::site_as;
use crate::pack::gzip;
use std::sync::LazyLock;

/// A record of Cloudflare's.
fn cloudflare(at: i64, client: usize, path: &str, status: u16) -> String {
    let (a, b) = (client / 250, client % 250 + 1);
    format!(
        r#"{{"ClientIP":"198.18.{a}.{b}","ClientRequestHost":"x.example","ClientRequestMethod":"GET","ClientRequestURI":"{path}?q=%7B\"{{[","EdgeStartTimestamp":{at},"EdgeResponseStatus":{status},"EdgeColoCode":"AMS"}}"#
    )
}

/// The site's requests, as many as in the other tests.
static SITE: LazyLock<Vec<String>> = LazyLock::new(|| site_as(cloudflare, 2_600, 2));

const LINES: u64 = 5_200;

#[test]
fn documents_of_every_shape_say_the_same_as_one_record_a_line() {
    let plain = Home::with("log.json", SITE.join("\n")).report();
    assert_eq!(plain.json["scope"]["verdict"], "confined");
    let (first, second) = SITE.split_at(2_000);
    for text in [
        format!("{{\"records\":[{}]}}", SITE.join(",")),
        format!("{{\"records\":[{}]}}\n{{\"records\":[{}]}}\n", first.join(","), second.join(",")),
        format!("{{\"records\":[{}]}}{{\"records\":[{}]}}", first.join(","), second.join(",")),
        format!("[\r\n  {}\r\n]\r\n", SITE.join(",\r\n  ")),
        format!("{{\"took\":3,\"hits\":{{\"hits\":[{{\"_source\":{}}}]}}}}", SITE.join("},{\"_source\":")),
        SITE.join("\n").replace(",\"", ",\n  \"").replace('}', "\n}"),
        SITE.concat(),
    ] {
        for (name, bytes) in [("log.json", text.clone().into_bytes()), ("log.json.gz", gzip(text.as_bytes()))] {
            let report = Home::with(name, bytes).report();
            assert_eq!(ledger(report.source(name)), [LINES, LINES, 0, 0, 0], "{name} {}", &text[..60]);
            assert_eq!(report.source(name)["format"], "cloudflare");
            assert_eq!(report.findings(), plain.findings(), "{name} {}", &text[..60]);
        }
    }
}

#[test]
fn the_number_of_a_record_finds_it_again() {
    let home = Home::with("PT1H.json", format!("{{\"records\":[\n{}\n]}}", SITE.join(",")));
    let shown = outscope!["show", home.bundle(), "--at", "PT1H.json:4321"].good().out;
    assert_eq!(shown, format!("PT1H.json:4321: {}\n", SITE[4_320]));
    let events = outscope!["events", home.bundle()].good().objects();
    assert_eq!(events.len(), SITE.len());
    assert!(events.iter().zip(1..).all(|(e, n)| e["line"] == n), "{:#}", events[0]);
}

#[test]
fn a_damaged_record_costs_only_itself() {
    let mut records = SITE.clone();
    records[100] = records[100].replace("x.example", "x.\nexample");
    let brace = records[200].pop();
    assert_eq!(brace, Some('}'));
    records[300] = "null".into();
    let cut = records[5_000..].join(",");
    let text = format!("{{\"records\":[{},{}", records[..5_000].join(","), &cut[..cut.len() - 20]);
    let report = Home::with("log.json", text).report();
    // The line break makes two lines of the first record; the last one is cut off.
    assert_eq!(ledger(report.source("log.json")), [LINES + 1, LINES - 4, 0, 0, 5]);
    let examples = report.source("log.json")["examples"].as_array().expect("examples");
    let lines: Vec<&serde_json::Value> = examples.iter().map(|e| &e["line"]).collect();
    assert_eq!(lines, [101, 102, 202, 302, 5_201]);
}

#[test]
fn a_document_that_is_no_log_of_records_is_still_told_as_one() {
    let home =
        Home::with("log.json", SITE.join("\n")).put("numbers.json", "[\n1,\n2\n]\n").put("package.json", "{\n \"a\": 1\n}\n");
    let report = home.report();
    let why = |name: &str| report.source(name)["why"].as_str().expect("a reason").to_owned();
    assert!(why("numbers.json").contains("one JSON document, not a log of one record a line"), "{}", why("numbers.json"));
    assert!(why("package.json").contains("JSON, but not of a known access log"), "{}", why("package.json"));
}

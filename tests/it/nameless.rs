//! Lines that name no client: an outage that nobody in particular met is still one.

use crate::kit::{Home, Report};

/// An hour of a small site, five requests a second on five pages; everything fails for `secs` seconds
/// from minute 30 on. Every address is `-`.
fn without_addresses(secs: usize) -> Report {
    let mut log = String::new();
    for t in 0..3_600 {
        for page in 0..5 {
            let failing = (1_800..1_800 + secs).contains(&t);
            let (status, bytes) = if failing { (503, 162) } else { (200, 4_000 + page) };
            log.push_str(&format!(
                "- - - [10/Sep/2024:14:{:02}:{:02} +0000] \"GET /page{page} HTTP/1.1\" {status} {bytes} \"-\" \"Mozilla/5.0\"\n",
                t / 60,
                t % 60
            ));
        }
    }
    Home::with("access.log", log).report()
}

#[test]
fn an_outage_of_seconds_is_not_laid_to_three_clients_where_no_line_names_one() {
    for secs in [6, 20, 300] {
        let report = without_addresses(secs);
        assert_eq!(report.json["scope"]["verdict"], "site-wide", "{secs} s: {:#}", report.json["scope"]["because"]);
        let page = String::from_utf8(report.files["report.md"].clone()).expect("UTF-8");
        assert!(page.contains("name no client"), "{secs} s");
        for wrong in ["clients made", "0 client addresses", "taken for proxies"] {
            assert!(!page.contains(wrong), "{secs} s: {wrong}");
        }
    }
}

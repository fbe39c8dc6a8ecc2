//! Failures that no resource, host or POP tells: one method, one version of an application, one
//! network of clients, one version of HTTP. Each is planted in the lines of an ordinary site.

use crate::kit::{Home, Report};
use crate::logs::{Dice, OPENING, file};
use serde_json::{Value, json};

const PAGES: [&str; 8] = ["/home", "/search", "/about", "/login", "/cart", "/media/1.jpg", "/item/17", "/news"];

const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "ShopApp/4.1.2 (Android 14)",
    "ShopApp/4.2.0 (Android 14)",
];

/// One request of the site.
struct Ask<'a> {
    page: &'a str,
    method: &'a str,
    agent: &'a str,
    protocol: &'a str,
    address: String,
}

/// An hour of the site, forty requests in ten seconds, in which `hit` failed for nine tenths of its
/// requests from 1,200 s to 2,000 s.
fn told(hit: impl Fn(&Ask<'_>) -> bool) -> Report {
    told_with(&[], hit)
}

fn told_with(more: &[&str], hit: impl Fn(&Ask<'_>) -> bool) -> Report {
    let mut dice = Dice(7);
    let mut lines = Vec::new();
    for i in 0..3_600 * 4_i64 {
        let second = i / 4;
        let client = dice.below(600);
        let (network, device) = (client % 12, client / 12);
        let ask = Ask {
            page: PAGES[dice.below(PAGES.len())],
            method: if dice.below(10) < 3 { "POST" } else { "GET" },
            agent: AGENTS[device % AGENTS.len()],
            protocol: ["HTTP/1.1", "HTTP/2.0", "HTTP/2.0", "HTTP/3.0"][client % 4],
            address: format!("198.{}.{}.{}", 51 + network % 2, 10 * network, device + 1),
        };
        let bad = if (1_200..2_000).contains(&second) && hit(&ask) { dice.below(10) < 9 } else { dice.below(500) == 0 };
        let when = chrono::DateTime::from_timestamp(OPENING + second, 0).expect("a time").format("%d/%b/%Y:%H:%M:%S +0000");
        let Ask { page, method, agent, protocol, address } = ask;
        let status = if bad { 503 } else { 200 };
        lines.push(format!(r#"{address} - - [{when}] "{method} {page} {protocol}" {status} 512 "-" "{agent}""#));
    }
    let home = Home::with("access.log", file(&lines))
        .put("asn.tsv", "198.51.0.0\t198.51.255.255\t64500\tNL\tEXAMPLE\n198.52.0.0\t198.52.255.255\t64501\tUS\tOTHER\n");
    home.report_of(&home.bundle(), more)
}

fn scope(r: &Report) -> (&str, &Value, &Value) {
    let s = &r.json["scope"];
    (s["verdict"].as_str().expect("a verdict"), &s["cause_set"], &s["rest"]["healthy"])
}

#[test]
fn one_method_on_one_page_is_named_with_both() {
    let r = told(|a| a.page == "/cart" && a.method == "POST");
    assert_eq!(scope(&r), ("confined", &json!([{"method": "POST", "resource": "/cart"}]), &true.into()));
    // The target is measured on that cause: a tenth of the POSTs to the page were answered.
    let target = &r.json["scope"]["target"];
    let (n, failed) = (target["requests"].as_f64().expect("a number"), target["failed"].as_f64().expect("a number"));
    assert!(failed / n > 0.85, "{failed} of {n}");
}

#[test]
fn one_method_everywhere_is_no_site_wide_failure() {
    let r = told(|a| a.method == "POST");
    assert_eq!(scope(&r), ("partial", &json!([{"method": "POST"}]), &true.into()));
}

#[test]
fn one_version_of_an_application_is_named_and_the_other_is_not() {
    let r = told(|a| a.agent.starts_with("ShopApp/4.2"));
    assert_eq!(scope(&r), ("partial", &json!([{"agent_version": "ShopApp 4.2"}]), &true.into()));
    let r = told(|a| a.agent.starts_with("ShopApp"));
    assert_eq!(scope(&r), ("partial", &json!([{"agent": "ShopApp"}]), &true.into()));
}

#[test]
fn one_network_of_clients_is_named() {
    let r = told(|a| a.address.starts_with("198.52.110."));
    assert_eq!(scope(&r), ("partial", &json!([{"client_network": "198.52.110.0/24"}]), &true.into()));
}

#[test]
fn one_autonomous_system_is_named_where_a_table_tells_it() {
    let home = |more: &[&str]| told_with(more, |a| a.address.starts_with("198.52."));
    assert_eq!(scope(&home(&[])), ("partial", &json!([{"client_network": "198.52.0.0/16"}]), &true.into()));
    let r = home(&["--asn", "case/asn.tsv"]);
    assert_eq!(scope(&r), ("partial", &json!([{"client_asn": "AS64501 OTHER"}]), &true.into()));
    assert_eq!(r.json["reproduce"]["asn"]["path"], "asn.tsv");
}

#[test]
fn one_version_of_http_is_named() {
    let r = told(|a| a.protocol == "HTTP/3.0");
    assert_eq!(scope(&r), ("partial", &json!([{"protocol": "HTTP/3"}]), &true.into()));
}

#[test]
fn a_page_that_fails_for_everybody_is_named_alone() {
    let r = told(|a| a.page == "/cart");
    assert_eq!(scope(&r), ("confined", &json!([{"resource": "/cart"}]), &true.into()));
}

#[test]
fn a_site_that_fails_for_everybody_is_site_wide() {
    let r = told(|_| true);
    assert_eq!(scope(&r).0, "site-wide");
}

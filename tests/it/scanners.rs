//! Who met the failures: machines of one network are one scanner, and a part of the clients is not the site.

use crate::logs::{Dice, OPENING, combined};
use crate::refused::hour;
use serde_json::Value;

fn verdict(json: &Value) -> &str {
    json["scope"]["verdict"].as_str().expect("a verdict")
}

/// Ten minutes of 8,000 requests for odd paths by so many addresses, of one network or each of its own; all answered 500.
fn scan(machines: usize, apart: bool) -> Vec<String> {
    let mut dice = Dice(9);
    (0..8_000)
        .map(|i| {
            let odd = ["wp-login.php", "xmlrpc.php", ".env", "cgi-bin/x", "admin.php"][dice.below(5)];
            let n = dice.below(machines);
            let line = combined(OPENING + 1_500 + i / 14, 0, &format!("/{}/{odd}", dice.below(50)), 500);
            let address = if apart { format!("203.{}.{n}.9", n % 7) } else { format!("203.0.113.{}", n + 1) };
            line.replacen("198.18.0.1", &address, 1)
        })
        .collect()
}

#[test]
fn forty_machines_of_one_network_on_odd_paths_are_set_aside_as_one_scanner_is() {
    let json = spread(&scan(40, false));
    assert_eq!(verdict(&json), "no-incident", "{:#}", json["scope"]);
    let set_aside = json["episodes"].as_array().expect("a list").iter().filter_map(|e| e["set_aside"].as_str());
    assert!(set_aside.clone().any(|s| s.contains("40 clients of one network (203.0.113.0/24)")), "{:#}", json["episodes"]);
    assert!(!json["scope"]["because"].to_string().contains("client_network"));
}

/// The site with its clients in many networks.
fn spread(more: &[String]) -> Value {
    let home = tempfile::tempdir().expect("a folder");
    let mut dice = Dice(5);
    let mut lines: Vec<String> = (0..3_600 * 3)
        .map(|i| {
            let (client, page) = (dice.below(400), ["/home", "/search", "/about", "/login", "/cart"][dice.below(5)]);
            let line = combined(OPENING + i / 3, 0, page, 200);
            line.replacen("198.18.0.1", &format!("198.{}.{}.{}", client % 3, client % 90, client / 90 + 1), 1)
        })
        .collect();
    lines.extend(more.iter().cloned());
    std::fs::write(home.path().join("access.log"), crate::logs::file(&lines)).expect("a file");
    crate::planted::judged(home.path())
}

#[test]
fn a_twentieth_of_the_clients_failing_wholly_is_not_the_site() {
    for denied in [20, 30, 60, 200] {
        let json = hour(|s, client, _, _| ((1_500..2_400).contains(&s) && client * 7 % 400 < denied).then_some(503), &[]);
        assert_eq!(verdict(&json), "inconclusive", "{denied}: {:#}", json["scope"]);
        let because = json["scope"]["because"].to_string();
        assert!(because.contains("some clients, and not for the others"), "{because}");
    }
}

#[test]
fn a_site_that_fails_for_whoever_asks_is_site_wide() {
    for tenths in [1, 5, 9] {
        let json = hour(|s, _, _, dice| ((1_500..2_400).contains(&s) && dice.below(10) < tenths).then_some(503), &[]);
        assert_eq!(verdict(&json), "site-wide", "{tenths}: {:#}", json["scope"]);
        // There is no rest, so nothing is said of it.
        assert!(!json["scope"]["because"].to_string().contains("The rest"), "{:#}", json["scope"]);
    }
}

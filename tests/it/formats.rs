//! Formats as a user meets them: wrapped, mixed, described by hand, defined by a configuration.

use crate::kit::{Home, Ran, run_in};
use serde_json::Value;
use std::ffi::OsString;

const COMBINED: &str = r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a HTTP/1.1" 200 5 "-" "curl/8""#;
const OWN: &str = "20/Nov/2026:07:48:12 +0000 192.0.2.1 503 GET /a 0.250";
const OWN_NGINX: &str = "$time_local $remote_addr $status $request_method $request_uri $request_time";

fn outscope(home: &Home, command: &str, more: &[&str]) -> Ran {
    let mut args: Vec<OsString> = vec![command.into(), home.bundle().into()];
    args.extend(more.iter().map(OsString::from));
    run_in(home.path(), &args)
}

/// The source of that name as `inspect` tells it.
fn source(home: &Home, name: &str) -> Value {
    let all = outscope(home, "inspect", &["--json"]).good().json();
    let sources = all["sources"].as_array().expect("sources");
    sources.iter().find(|s| s["path"] == name).unwrap_or_else(|| panic!("no {name} in {sources:#?}")).clone()
}

fn lines(line: &str, n: usize) -> String {
    format!("{line}\n").repeat(n)
}

#[test]
fn a_wrapped_log_is_read_and_its_wrapper_named() {
    let quoted = COMBINED.replace('"', "\\\"");
    for (line, wrapper) in [
        (format!("2026-11-20T08:00:00.1Z stdout F {COMBINED}"), "Kubernetes CRI"),
        (format!(r#"{{"log":"{quoted}\n","stream":"stdout","time":"2026-11-20T08:00:00Z"}}"#), "docker json-file"),
        (format!(r#"{{"@timestamp":"2026-11-20T08:00:00Z","message":"{quoted}"}}"#), "JSON with the line in message"),
    ] {
        let home = Home::with("pod.log", lines(&line, 20));
        let found = source(&home, "pod.log");
        assert_eq!((&found["format"], &found["wrapper"], &found["events"]), (&"combined".into(), &wrapper.into(), &20.into()));
        let event = &outscope(&home, "events", &[]).good().objects()[0];
        assert_eq!((&event["ts"], &event["path"]), (&"2026-11-20T07:48:12Z".into(), &"/a".into()), "the inner stamp wins");
    }
}

#[test]
fn a_file_that_changes_its_format_is_read_to_the_end_and_says_so() {
    let json = r#"{"time_iso8601":"2026-11-20T07:49:12+00:00","remote_addr":"192.0.2.1","request_method":"GET","request_uri":"/b","status":"200"}"#;
    let home = Home::with("access.log", format!("{}{}{}", lines(COMBINED, 30), lines(json, 20), lines("no log", 2)));
    let found = source(&home, "access.log");
    assert_eq!((&found["format"], &found["events"], &found["rejected"]), (&"combined".into(), &50.into(), &2.into()));
    assert_eq!(found["formats"]["combined"], serde_json::json!({"events": 30, "first": 1, "last": 30}));
    assert_eq!(found["formats"]["nginx-json"], serde_json::json!({"events": 20, "first": 31, "last": 50}));
    let said = outscope(&home, "inspect", &[]).good().out;
    assert!(said.contains("20 of them read as nginx-json, in lines 31 to 50"), "{said}");
    assert!(said.contains("30 of 52 sampled lines read as combined"), "{said}");
}

#[test]
fn a_tail_that_comes_later_is_read_though_the_file_began_without() {
    let timed = format!("{COMBINED} rt=0.500 uct=\"0.000\" uht=\"0.010\" urt=\"0.050\"");
    for (first, then) in [(COMBINED, timed.as_str()), (timed.as_str(), COMBINED)] {
        // The head that decides on the format holds about 13,000 such lines.
        let home = Home::with("access.log", format!("{}{}", lines(first, 20_000), lines(then, 300)));
        let events = outscope(&home, "events", &[]).good().objects();
        let durations = events.iter().filter(|e| e["duration"] == 0.5).count();
        assert_eq!(durations, if first == COMBINED { 300 } else { 20_000 });
        let found = source(&home, "access.log");
        assert_eq!(found["formats"]["nginx-timed"]["events"], durations, "{found}");
    }
}

#[test]
fn the_zone_and_the_clock_of_a_source_count_in_events_too() {
    let line = r#"192.0.2.1:5 [01/Jan/2027:00:30:00.000] fe be/s 0/0/0/1/1 200 152 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#;
    let toml = "[[source]]\nmatch = \"*.log\"\ntimezone = \"Europe/Berlin\"\nclock_offset = -1.5\n";
    let home = Home::with("lb.log", lines(line, 3)).put("incident.toml", toml);
    let event = &outscope(&home, "events", &[]).good().objects()[0];
    assert_eq!((&event["ts"], &event["start"]), (&"2026-12-31T23:29:58.5Z".into(), &"2026-12-31T23:29:58.5Z".into()));
}

#[test]
fn a_given_format_that_reads_nothing_is_not_praised() {
    let home = Home::with("a.log", lines(COMBINED, 10)).put("incident.toml", "[[source]]\nmatch = \"a.log\"\nformat = \"alb\"\n");
    let found = source(&home, "a.log");
    assert_eq!((&found["format"], &found["confidence"]), (&"alb".into(), &0.0.into()));
    assert!(found["why"].as_str().is_some_and(|w| w.contains("it reads 0 of 10 sampled lines")), "{found}");
}

#[test]
fn nothing_a_client_wrote_reaches_a_terminal_as_it_is() {
    let line = "192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] \"GET /\u{9b}31m\u{202e}x HTTP/1.1\" 200 5 \"-\" \"\\x1b[31m\"\n";
    let ran = outscope(&Home::with("a.log", line), "events", &[]).good();
    assert!(ran.out.contains(r"/\u009b31m\u202ex") && ran.out.contains(r"\u001b[31m"), "{}", ran.out);
    assert_eq!(ran.objects()[0]["path"], "/\u{9b}31m\u{202e}x", "and means the same");
}

#[test]
fn a_damaged_file_says_so_in_events_too() {
    let home = Home::with("a.parquet", "PAR1 and no more");
    let objects = outscope(&home, "events", &[]).good().objects();
    assert!(objects.iter().any(|o| o["trouble"].is_string() || o["skipped"].is_string()), "{objects:?}");
}

#[test]
fn of_two_definitions_that_fit_equally_none_is_guessed() {
    let apache = "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b %D\" us\nLogFormat \"%h %l %u %t \\\"%r\\\" %>s %b %{ms}T\" ms\nCustomLog /var/log/apache2/us.log us\nCustomLog /var/log/apache2/ms.log ms\n";
    let line = r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a HTTP/1.1" 200 5 2500"#;
    let home =
        Home::with("web1/etc/site.conf", apache).put("web1/logs/ms.log", lines(line, 10)).put("elsewhere/a.log", lines(line, 10));
    let events = outscope(&home, "events", &[]).good().objects();
    let of = |name: &str| events.iter().find(|e| e["source"] == name && e["status"] == 200).expect(name);
    assert_eq!((&of("web1/logs/ms.log")["format"], &of("web1/logs/ms.log")["duration"]), (&"apache:ms".into(), &2.5.into()));
    assert_eq!((&of("elsewhere/a.log")["format"], &of("elsewhere/a.log")["duration"]), (&"common".into(), &Value::Null));
    assert!(source(&home, "elsewhere/a.log")["why"].as_str().is_some_and(|w| w.contains("apache:us and apache:ms fit equally")));
}

#[test]
fn a_given_format_is_read_inside_its_wrapper() {
    let line = "Nov 20 07:47:44 vm nginx: www.example 192.0.2.1 [20/Nov/2026:07:48:01 +0000] \"GET /a HTTP/1.1\" 502 55 150000";
    let home = Home::with("a.log", lines(line, 20));
    let event = &outscope(&home, "events", &["--format", "%v %h %t \"%r\" %>s %b %D"]).good().objects()[0];
    assert_eq!(
        (&event["host"], &event["client"], &event["duration"]),
        (&"www.example".into(), &"192.0.2.1".into(), &0.15.into())
    );
}

#[test]
fn other_services_are_no_access_logs() {
    for line in [
        r#"{"timestamp":"2026-11-20T07:48:12Z","remote_addr":"10.0.0.5","request":"SELECT * FROM users","status":200}"#,
        r#"{"timestamp":"2026-11-20T07:48:12Z","method":"POST","url":"https://api.example/v1","status_code":503,"message":"outgoing request"}"#,
        r#"{"time":"2026-11-20T07:48:12Z","level":"info","status":500,"client":"job7","path":"/var/lib/x"}"#,
        "time:2026-11-20T07:48:12Z\thost:mx1\tclient:192.0.2.1\tstatus:550\tfrom:a@b",
        "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n2026-11-20 07:48:12 192.0.2.1 RCPT - 550",
    ] {
        let objects = outscope(&Home::with("a.log", lines(line, 10)), "events", &[]).good().objects();
        assert!(objects.iter().all(|o| o.get("status").is_none()), "{line}: {:?}", objects[0]);
    }
}

#[test]
fn a_rejected_line_says_what_it_lacks() {
    let cut = "192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] \"GET /a";
    let home = Home::with("a.log", format!("{}{cut}\n", lines(COMBINED, 5)));
    let last = outscope(&home, "events", &[]).good().objects().pop().expect("a line");
    assert_eq!((&last["line"], &last["rejected"]), (&6.into(), &"no known log format reads this line".into()));
    assert_eq!(last["because"], "it is cut short inside its request");
}

#[test]
fn a_pasted_description_reads_the_users_own_format() {
    let home = Home::with("own.log", lines(OWN, 10));
    assert_eq!(source(&home, "own.log")["format"], Value::Null);
    for event in outscope(&home, "events", &["--format", OWN_NGINX]).good().objects() {
        assert_eq!(
            (&event["status"], &event["duration"], &event["end"]),
            (&503.into(), &0.25.into(), &"2026-11-20T07:48:12Z".into())
        );
    }
    outscope(&home, "events", &["--format", "telepathy"]).refused(2, &["telepathy", "outscope formats"]);
    let toml = format!("[[source]]\nmatch = \"*.log\"\nformat = '{OWN_NGINX}'\ntier = \"edge\"\n");
    let home = home.put("incident.toml", toml);
    let event = &outscope(&home, "events", &[]).good().objects()[0];
    assert_eq!((&event["path"], &event["tier"]), (&"/a".into(), &"edge".into()));
    let home = home.put("incident.toml", "[[source]]\nmatch = \"*.log\"\nformat = 'telepathy'\n");
    outscope(&home, "events", &[]).refused(2, &["incident.toml", "[[source]] `*.log`", "telepathy"]);
}

#[test]
fn a_named_format_of_the_incident_file_is_recognised_like_any_other() {
    let json = r#"{"when":"2026-11-20T07:48:12Z","who":{"ip":"192.0.2.1"},"what":"/a?b","code":504,"took":41}"#;
    let toml = format!(
        "[[format]]\nname = \"mine\"\nline = '{OWN_NGINX}'\nstamp = \"start\"\n\
         [[format]]\nname = \"app\"\ntier = \"balancer\"\njson = {{ time = \"when\", client = \"who.ip\", target = \"what\", status = \"code\", millis = \"took\" }}\n"
    );
    let home = Home::with("own.log", lines(OWN, 10)).put("svc.log", lines(json, 10)).put("incident.toml", toml);
    assert_eq!((&source(&home, "own.log")["format"], &source(&home, "svc.log")["format"]), (&"mine".into(), &"app".into()));
    let events = outscope(&home, "events", &[]).good().objects();
    let of = |name: &str| events.iter().find(|e| e["source"] == name).expect("an event");
    assert_eq!(
        (&of("own.log")["start"], &of("own.log")["end"]),
        (&"2026-11-20T07:48:12Z".into(), &"2026-11-20T07:48:12.25Z".into())
    );
    assert_eq!(
        (&of("svc.log")["query"], &of("svc.log")["duration"], &of("svc.log")["tier"]),
        (&"b".into(), &0.041.into(), &"balancer".into())
    );
    for (toml, part) in [
        ("[[format]]\nname = \"x\"\nline = 'hello'\n", "[[format]] `x`"),
        ("[[format]]\nname = \"x\"\n", "either `line` or `json`"),
        ("[client]\nours = [\"everything\"]\n", "`everything` is no network"),
    ] {
        let home = Home::with("own.log", OWN).put("incident.toml", toml);
        outscope(&home, "inspect", &[]).refused(2, &[part]);
    }
}

#[test]
fn the_bundles_own_configuration_tells_the_format() {
    let nginx = format!("http {{\n  log_format mine '{OWN_NGINX}';\n  access_log /var/log/nginx/own.log mine;\n}}\n");
    let apache = "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"\" combined\nCustomLog logs/shop.log combined\nLogFormat \"%h\" useless\n";
    let home = Home::with("logs/own.log.1", lines(OWN, 10))
        .put("etc/nginx.conf", nginx)
        .put("etc/httpd.conf", apache)
        .put("logs/shop.log", lines(COMBINED, 10))
        .put("logs/other.log", lines(COMBINED, 10));
    assert_eq!(source(&home, "logs/own.log.1")["format"], "nginx:mine");
    // Any server writes that shape: it is Apache's only where Apache's configuration names the file.
    assert_eq!(source(&home, "logs/shop.log")["format"], "apache:combined");
    assert_eq!(source(&home, "logs/other.log")["format"], "combined");
    let said = outscope(&home, "inspect", &[]).good().out;
    assert!(said.contains("etc/nginx.conf defines the log format nginx:mine"), "{said}");
    assert!(said.contains("apache:useless, which is not used: it has no time stamp"), "{said}");
}

#[test]
fn the_same_name_in_two_configurations_is_two_formats() {
    let other = "$remote_addr|$time_iso8601|$status|$request_method|$request_uri|$request_time";
    let line = "192.0.2.9|2026-11-20T07:48:12+00:00|404|GET|/b|0.5";
    let config = |text: &str| format!("log_format main '{text}';\naccess_log /var/log/nginx/own.log main;\n");
    let haproxy = |text: &str| format!("frontend a\n  log-format \"{text}\"\n");
    let home = Home::with("web1/own.log", lines(OWN, 10))
        .put("web1/nginx.conf", config(OWN_NGINX))
        .put("web2/own.log", lines(line, 10))
        .put("web2/nginx.conf", config(other))
        .put("web3/nginx.conf", config(other))
        .put("lb/haproxy.cfg", haproxy("%ci|%tr|%ST|%Ta") + &haproxy("%ci;%tr;%ST;%Ta") + &haproxy("%ci;%tr;%ST;%Ta"))
        .put("lb/one.log", lines("192.0.2.1|20/Nov/2026:07:48:12.056|200|7", 10))
        .put("lb/two.log", lines("192.0.2.1;20/Nov/2026:07:48:12.056;200;7", 10));
    assert_eq!(source(&home, "web1/own.log")["format"], "nginx:main");
    assert_eq!(source(&home, "web2/own.log")["format"], "nginx:main (web2/nginx.conf)");
    assert_eq!(source(&home, "lb/one.log")["format"], "haproxy:log-format");
    assert_eq!(source(&home, "lb/two.log")["format"], "haproxy:log-format (lb/haproxy.cfg)");
    let said = outscope(&home, "inspect", &[]).good().out;
    assert!(said.contains("web2/nginx.conf defines the log format nginx:main (web2/nginx.conf)"), "{said}");
    assert_eq!(said.matches("defines the log format").count(), 4, "{said}");
}

#[test]
fn of_two_definitions_that_fit_the_one_whose_configuration_names_the_file_is_taken() {
    // The last figure is the time in one, the upstream's time in the other.
    let of = |last: &str| OWN_NGINX.replace("$request_time", last);
    let config = |last: &str| format!("log_format main '{}';\naccess_log /var/log/nginx/own.log main;\n", of(last));
    let home = Home::with("web1/nginx.conf", config("$request_time"))
        .put("web1/own.log", lines(OWN, 10))
        .put("web2/nginx.conf", config("$upstream_response_time"))
        .put("web2/own.log", lines(OWN, 10));
    assert_eq!(source(&home, "web1/own.log")["format"], "nginx:main");
    assert_eq!(source(&home, "web2/own.log")["format"], "nginx:main (web2/nginx.conf)");
}

const PLAIN_NGINX: &str = "log_format plain '$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"';\n";

#[test]
fn a_configuration_speaks_of_the_files_of_its_own_server_alone() {
    let nginx = format!("{PLAIN_NGINX}access_log /var/log/nginx/access.log plain;\n");
    let home = Home::with("web1/nginx.conf", &nginx)
        .put("web1/var/log/access.log", lines(COMBINED, 10))
        .put("web2/access.log", lines(COMBINED, 10))
        .put("access.log", lines(COMBINED, 10));
    assert_eq!(source(&home, "web1/var/log/access.log")["format"], "nginx:plain");
    assert_eq!(source(&home, "web2/access.log")["format"], "combined");
    assert_eq!(source(&home, "access.log")["format"], "combined");
    // Two servers of one host write files of that name: nobody knows which of them this is.
    let apache = "LogFormat \"%h %l %u %t \\\"%r\\\" %>s %b \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"\" combined\nCustomLog logs/access.log combined\nCustomLog logs/shop.log combined\n";
    let home = Home::with("etc/nginx.conf", &nginx)
        .put("etc/httpd.conf", apache)
        .put("logs/access.log", lines(COMBINED, 10))
        .put("logs/shop.log", lines(COMBINED, 10));
    assert_eq!(source(&home, "logs/access.log")["format"], "combined");
    assert_eq!(source(&home, "logs/shop.log")["format"], "apache:combined");
}

#[test]
fn a_plain_definition_reads_no_stray_lines_of_other_files() {
    let haproxy = r#"192.0.2.1:5 [20/Nov/2026:07:48:12.056] fe be/s 0/0/0/1/1 200 152 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#;
    let home = Home::with("lb.log", lines(haproxy, 20) + &lines(COMBINED, 1))
        .put("access.log", lines(COMBINED, 10))
        .put("nginx.conf", format!("{PLAIN_NGINX}access_log /var/log/nginx/access.log plain;\n"));
    let found = source(&home, "lb.log");
    assert_eq!(found["formats"]["combined"]["events"], 1, "{found:#?}");
    assert_eq!(source(&home, "access.log")["format"], "nginx:plain");
}

#[test]
fn definitions_are_bounded_and_the_report_says_so() {
    let many: String =
        (0..3_000).map(|n| format!("log_format f{n} '$remote_addr x{n} [$time_local] $status $request_time';\n")).collect();
    let home = Home::with("a.log", lines("192.0.2.1 x63 [20/Nov/2026:07:48:12 +0000] 200 0.1", 10))
        .put("b.log", lines("192.0.2.1 x64 [20/Nov/2026:07:48:12 +0000] 200 0.1", 10))
        .put("many.conf", &many)
        .put("more.conf", many.replace(" x", " y"));
    assert_eq!(source(&home, "a.log")["format"], "nginx:f63");
    assert_eq!(source(&home, "b.log")["format"], Value::Null);
    let said = outscope(&home, "inspect", &[]).good().out;
    assert!(said.contains("more than 64 log formats") && said.contains("from many.conf on"), "{said}");
    assert!(said.lines().count() < 200, "{said}");
}

#[test]
fn formats_given_without_a_name_are_told_apart() {
    let other = "192.0.2.9|2026-11-20T07:48:12+00:00|404|/b|0.5";
    let toml = format!(
        "[[source]]\nmatch = \"a.log\"\nformat = '{OWN_NGINX}'\n\
         [[source]]\nmatch = \"b.log\"\nformat = '$remote_addr|$time_iso8601|$status|$request_uri|$request_time'\n"
    );
    let home = Home::with("a.log", lines(OWN, 10) + &lines(other, 2)).put("b.log", lines(other, 10)).put("incident.toml", toml);
    let (a, b) = (source(&home, "a.log"), source(&home, "b.log"));
    assert_eq!((&a["format"], &b["format"]), (&"described".into(), &"described-2".into()));
    assert_eq!((&a["events"], &a["formats"]["described-2"]["events"]), (&12.into(), &2.into()), "{a:#?}");
}

#[test]
fn a_name_that_is_taken_is_refused() {
    let one = |name: &str| format!("[[format]]\nname = \"{name}\"\nline = '{OWN_NGINX}'\n");
    for (toml, part) in [
        (one("combined"), "[[format]] `combined`: the program has a format of that name"),
        (one("x") + &one("x"), "[[format]] `x`: there are two of that name"),
    ] {
        let home = Home::with("own.log", OWN).put("incident.toml", toml);
        outscope(&home, "inspect", &[]).refused(2, &["incident.toml", part]);
    }
}

#[test]
fn the_users_rules_say_whose_address_is_the_clients() {
    let line = format!("{COMBINED} \"203.0.113.9, 198.51.100.7\"");
    let client = |toml: &str| {
        let home = Home::with("a.log", lines(&line, 3)).put("incident.toml", toml);
        outscope(&home, "events", &[]).good().objects()[0]["client"].as_str().expect("a client").to_owned()
    };
    assert_eq!(client(""), "192.0.2.1");
    assert_eq!(client("[client]\nours = [\"192.0.2.0/24\"]\n"), "203.0.113.9");
    assert_eq!(client("[client]\nours = [\"192.0.2.0/24\"]\nforwarded = \"rightmost\"\n"), "198.51.100.7");
    assert_eq!(client("[client]\nours = [\"192.0.2.0/24\"]\nforwarded = \"ignore\"\n"), "192.0.2.1");
}

#[test]
fn a_log_of_connections_does_not_hide_the_requests_behind_it() {
    let nlb = "tls 2.0 2026-11-20T07:48:12 net/front/c6e77e28 g3d4b5e8 192.0.2.1:51341 198.51.100.7:443 5 2 98 246 - arn:aws:acm:us-east-2:123456789012:certificate/2a10 - ECDHE-RSA-AES128-SHA tlsv12 - www.example h2 h2 \"h2\" 2026-11-20T07:48:07";
    let home = Home::with("nlb.log", lines(nlb, 30)).put("web.log", lines(COMBINED, 30));
    assert_eq!((&source(&home, "nlb.log")["format"], &source(&home, "nlb.log")["skipped"]), (&"nlb".into(), &30.into()));
    let report = home.report();
    assert_eq!(report.number("/totals/events"), 30);
    assert_eq!(report.number("/scope/target/requests"), 30, "users' availability is read where requests are");
}

#[test]
fn lines_that_had_to_be_mended_are_counted() {
    let line = b"{\"time_iso8601\":\"2026-11-20T07:48:12+00:00\",\"remote_addr\":\"192.0.2.1\",\"request_uri\":\"/caf\xE9\",\"status\":\"200\"}\n".repeat(3);
    let home = Home::with("a.log", line);
    assert_eq!(source(&home, "a.log")["repaired"], 3);
    assert!(outscope(&home, "inspect", &[]).good().out.contains("3 of them broke their format's own rules"));
}

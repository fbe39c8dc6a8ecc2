//! Descriptions in every language, and the lines they describe.

use super::config::definitions;
use super::*;
use crate::event::{Cache, Ending, Event};
use crate::format::Parsed;
use crate::format::part::clf::shown;
use proptest::prelude::*;

fn event(description: &str, line: &str) -> Event<'static> {
    let custom = Custom::new(description).unwrap_or_else(|e| panic!("{description}: {e}"));
    match custom.dialect.line(line.as_bytes()) {
        Parsed::Event(e) => e.into_owned(),
        other => panic!("{description} on {line}: {other:?}"),
    }
}

#[test]
fn nginx_formats_read_their_lines() {
    let e = event(
        r#"log_format main '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
           '"$http_referer" "$http_user_agent" "$http_x_forwarded_for" $request_time $upstream_response_time $upstream_status $upstream_cache_status $host';"#,
        r#"10.0.0.1 - john doe [20/Nov/2026:07:48:12 +0000] "GET /a\x22?b HTTP/1.1" 200 5 "-" "c" "203.0.113.9, 10.0.0.2" 0.250 0.001, 0.240 502, 200 HIT www.example"#,
    );
    assert_eq!([shown(&e.client), shown(&e.path), shown(&e.host)], ["203.0.113.9", "/a\"", "www.example"]);
    assert_eq!((e.status, e.origin_status, e.cache, e.duration), (Some(200), Some(200), Some(Cache::Hit), Some(250_000)));
    assert_eq!(e.end.map(|t| t.to_string()).as_deref(), Some("2026-11-20T07:48:12Z"));

    let json = r#"log_format j escape=json '{"t":"$time_iso8601","ip":"$remote_addr","u":"$scheme://$host$request_uri","s":$status,"rt":"$request_time","uht":"$upstream_header_time"}';"#;
    let e = event(
        json,
        r#"{"t":"2026-11-20T07:48:12+00:00","ip":"192.0.2.1","u":"https://www.example/a\"b?c","s":502,"rt":"0.001","uht":"-"}"#,
    );
    assert_eq!([shown(&e.host), shown(&e.path), shown(&e.query)], ["www.example", "/a\"b", "c"]);
    assert_eq!(e.ending, Ending::UpstreamUnreachable);

    let e = event(
        "$msec|$remote_addr|$request_method|$uri$is_args$args|$status|${bytes_sent}",
        "1795160892.250|192.0.2.1|GET|/a?b|404|7",
    );
    assert_eq!((shown(&e.path).as_str(), shown(&e.query).as_str(), e.bytes), ("/a", "b", Some(7)));
}

#[test]
fn apache_formats_read_their_lines() {
    let e = event(
        r#"LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D %X" timed"#,
        r#"www.example:443 192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a?b HTTP/1.1" 200 512 "-" "My \"Agent\"" 2500850 X"#,
    );
    assert_eq!([shown(&e.host), shown(&e.path), shown(&e.user_agent)], ["www.example", "/a", "My \"Agent\""]);
    assert_eq!((e.duration, e.ending, e.bytes), (Some(2_500_850), Ending::ClientLeft, Some(512)));
    assert_eq!(e.start.map(|t| t.to_string()).as_deref(), Some("2026-11-20T07:48:12Z"));

    let e = event(
        "%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t %a %m %U%q %s %>s %{ms}T",
        "20/Nov/2026 07:48:12.250 +0000 192.0.2.1 GET /a?b 302 200 41",
    );
    assert_eq!((e.stamp.to_string().as_str(), shown(&e.query).as_str()), ("2026-11-20T07:48:12.25Z", "b"));
    assert_eq!((e.status, e.duration), (Some(200), Some(41_000)));

    let e = event(r#""%h %l %u %t \"%r\" %>s %b""#, r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a HTTP/1.1" 200 -"#);
    assert_eq!((e.status, e.bytes), (Some(200), None));
    let e = event(r#"%h %t "%r" %s %b"#, r#"192.0.2.1 [20/Nov/2026:07:48:12 +0000] "GET /a HTTP/1.1" 200 5"#);
    assert_eq!(e.bytes, Some(5));
}

#[test]
fn haproxy_formats_read_their_lines_with_and_without_captures() {
    let described = r#"log-format "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r %[capture.req.hdr(0)]""#;
    for captures in ["{www.example|curl/8} {16} ", ""] {
        let line = format!(
            r#"192.0.2.1:5 [20/Nov/2026:07:48:12.056] fe be/app1 0/0/-1/-1/3004 503 217 - - SC-- 1/1/0/0/3 0/0 {captures}"GET /a#22 HTTP/1.1" x"#
        );
        let e = event(described, &line);
        assert_eq!([shown(&e.client), shown(&e.path), shown(&e.backend)], ["192.0.2.1", "/a\"", "be/app1"]);
        assert_eq!((e.status, e.duration, e.ending), (Some(503), Some(3_004_000), Ending::UpstreamUnreachable));
    }
}

#[test]
fn a_described_haproxy_line_tells_what_the_shipped_format_does() {
    for (server, state, status, backend, origin) in [
        ("be/app1", "----", "503", "be/app1", Some(503)),
        ("be/app1", "SD--", "200", "be/app1", Some(200)),
        ("be/app1", "PR--", "403", "be/app1", None),
        ("be/<NOSRV>", "----", "503", "be/<NOSRV>", None),
        ("fe/<NOSRV>", "PD--", "503", "fe/<NOSRV>", None),
    ] {
        let line = format!(
            r#"192.0.2.1:5 [20/Nov/2026:07:48:12.056] fe {server} 0/0/0/12/36 {status} 152 - - {state} 1/1/0/0/0 0/0 "GET /a HTTP/1.1""#
        );
        let shipped = match (crate::format::haproxy::FORMAT.dialect)().line(line.as_bytes()) {
            Parsed::Event(e) => e.into_owned(),
            other => panic!("{line}: {other:?}"),
        };
        let apart = line.replace(server, &server.replace('/', "|"));
        for (description, line) in [
            ("%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %{+Q}r", &line),
            ("%ci:%cp [%tr] %ft %b|%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %{+Q}r", &apart),
        ] {
            let e = event(description, line);
            assert_eq!((shown(&e.backend).as_str(), e.origin_status), (backend, origin), "{line}");
            assert_eq!(
                (&e.backend, e.origin_status, e.ending),
                (&shipped.backend, shipped.origin_status, shipped.ending),
                "{line}"
            );
        }
    }
    let e = event("%ci [%tr] %s %ST %ts", "192.0.2.1 [20/Nov/2026:07:48:12.056] <NOSRV> 503 --");
    assert_eq!((e.backend, e.origin_status), (None, None), "no server was asked");
}

#[test]
fn a_quote_that_ends_the_text_is_the_texts_own() {
    let line = r#"192.0.2.1 [20/Nov/2026:07:48:12.056] 200 "curl/8""#;
    for description in [
        r#"log-format "%ci [%tr] %ST \"%[capture.req.hdr(0),user-agent]\"""#,
        r#"log-format '%ci [%tr] %ST "%[capture.req.hdr(0),user-agent]"'"#,
        r#"log-format %ci\ [%tr]\ %ST\ \"%[capture.req.hdr(0),user-agent]\""#,
        r#"%ci [%tr] %ST "%[capture.req.hdr(0),user-agent]""#,
    ] {
        assert_eq!(shown(&event(description, line).user_agent), "curl/8", "{description}");
    }
    let e = event(
        r#""%[src]" [%tr] %ST "%[capture.req.hdr(0),user-agent]""#,
        r#""192.0.2.1" [20/Nov/2026:07:48:12.056] 200 "curl/8""#,
    );
    assert_eq!([shown(&e.client), shown(&e.user_agent)], ["192.0.2.1", "curl/8"]);
}

#[test]
fn quoted_strings_of_a_log_format_are_joined() {
    let line = r#"192.0.2.1 [20/Nov/2026:07:48:12 +0000] "GET /a HTTP/1.1" 200 0.250"#;
    for description in [
        "'$remote_addr [$time_local] '\n  '\"$request\" $status $request_time';",
        "'$remote_addr [$time_local] ' '\"$request\" $status $request_time'",
        "'$remote_addr [$time_local] \"$request\" $status $request_time'",
        "escape=none '$remote_addr [$time_local] ' \"\\\"$request\\\" $status $request_time\"",
    ] {
        let e = event(description, line);
        assert_eq!((shown(&e.path).as_str(), e.status, e.duration), ("/a", Some(200), Some(250_000)), "{description}");
    }
    let e = event("'$remote_addr' [$time_local] '$status'", "'192.0.2.1' [20/Nov/2026:07:48:12 +0000] '200'");
    assert_eq!((shown(&e.client).as_str(), e.status), ("192.0.2.1", Some(200)), "quotes of the line itself");
}

#[test]
fn the_milliseconds_of_tomcat_are_not_taken_for_microseconds() {
    let line = r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a HTTP/1.1" 200 5 250 "#;
    for (end, value, want) in [
        ("%{ms}T", "", Some(250_000)),
        ("%D", "", Some(250)),
        ("%D %I %O", "90 80", Some(250)),
        ("%D %S", "5A6F", None),
        ("%D %F", "249", None),
        ("%{us}T %F", "249", Some(250)),
        ("%D %I", "http-nio-8080-exec-1", None),
        ("%D %{order}r", "-", None),
        ("%D %{user}s", "-", None),
        ("%D %{JSESSIONID}c", "-", None),
    ] {
        let e = event(&format!(r#"%h %l %u %t "%r" %s %b {end}"#), &format!("{line}{value}"));
        assert_eq!((e.status, e.duration), (Some(200), want), "{end}");
    }
}

#[test]
fn columns_and_members_are_named_by_the_user() {
    let e = event("#Fields: date time x-edge-location sc-status c-ip", "2026-11-20 07:48:12 SEA19-C1 200 192.0.2.1");
    assert_eq!((shown(&e.pop).as_str(), e.status), ("SEA", Some(200)));
    let given = |names: &str| Custom::new(&format!("#Fields: {names}")).map(|c| c.slots.into_iter().collect::<Vec<_>>());
    assert_eq!(given("date time x-edge-location sc-status c-ip"), Ok(vec!["client", "pop", "status", "time"]));
    assert_eq!(given("date time c-ip cs-method cs-uri-stem sc-status"), Ok(vec!["client", "method", "path", "status", "time"]));
    assert!(given("date time cs-method sc-status time-taken").is_ok_and(|g| g.contains(&"duration")));
    let e = event(
        r#"{"time":"when","client":"peer.ip","status":"code","target":["url","uri"],"millis":"took"}"#,
        r#"{"when":"2026-11-20T07:48:12Z","peer":{"ip":"192.0.2.1"},"code":200,"uri":"/a?b","took":41}"#,
    );
    assert_eq!((shown(&e.path).as_str(), e.duration, shown(&e.client).as_str()), ("/a", Some(41_000), "192.0.2.1"));
}

#[test]
fn a_description_that_cannot_be_used_is_refused_with_the_reason() {
    for (text, want) in [
        ("hello", "it is no nginx log_format"),
        ("$remote_addr $status", "no time stamp"),
        ("[$time_local] $remote_addr", "no status"),
        ("$status$remote_addr [$time_local]", "nothing between"),
        ("%h %t %", "without its letter"),
        ("log_format x $status", "a quoted text is expected"),
        (r#"{"time":"t","nobody":"x"}"#, "no value of a line"),
        (r#"{"time":"t","status":7}"#, "the name of a JSON member"),
        ("#Fields: a b c", "no product"),
        ("#Fields: date time x-edge-location c-ip", "no status"),
        ("#Fields: time x-edge-location sc-status c-ip", "no time stamp"),
        ("log-format \"%ci %ST %[src\"", "without its `]`"),
    ] {
        let why = Custom::new(text).expect_err(text);
        assert!(why.contains(want), "{text}: {why}");
    }
}

#[test]
fn configurations_give_their_definitions_and_whose_files_they_are() {
    let nginx = "http {\n  # log_format old '$status';\n  log_format main '$remote_addr [$time_local] '\n    '\"$request\" $status';\n  server { access_log /var/log/nginx/shop.log main; }\n  access_log /var/log/nginx/a.log main buffer=32k;\n}\n";
    let apache = "LogFormat \"%h %t \\\"%r\\\" %>s \\\n  %b\" short\nLogFormat \"%{User-agent}i\" agent\nCustomLog ${APACHE_LOG_DIR}/access.log short\nCustomLog \"logs/own.log\" \"%h %t %>s\"\n";
    let haproxy = "defaults\n  log-format \"%ci:%cp [%tr] %ft %ST %B\"\n";
    let found: Vec<_> = [nginx, apache, haproxy].into_iter().flat_map(|text| definitions(text).definitions).collect();
    let brief: Vec<(&str, Vec<&str>, bool)> = found
        .iter()
        .map(|d| (d.name.as_str(), d.files.iter().map(String::as_str).collect(), Custom::new(&d.text).is_ok()))
        .collect();
    assert_eq!(
        brief,
        [
            ("nginx:main", vec!["shop.log", "a.log"], true),
            ("apache:short", vec!["access.log"], true),
            ("apache:agent", vec![], false),
            ("apache:own.log", vec!["own.log"], true),
            ("haproxy:log-format", vec![], true),
        ]
    );
}

#[test]
fn every_file_that_a_configuration_names_is_known_with_its_server() {
    let text = "access_log /var/log/nginx/access.log;\naccess_log off;\nCustomLog logs/x.log combined\nCustomLog \"logs/y.log\" \"%h %t %>s\"\n";
    let named: Vec<_> = definitions(text).files.into_iter().collect();
    let want = [("apache", "x.log"), ("apache", "y.log"), ("nginx", "access.log"), ("nginx", "off")];
    assert_eq!(named, want.map(|(server, file)| (server, file.to_owned())));
}

#[test]
fn definitions_are_bounded_and_the_same_one_counts_once() {
    let many: String = (0..1_000).map(|n| format!("log_format f{n} '$status';\n")).collect();
    let found = definitions(&many);
    assert_eq!((found.definitions.len(), found.more), (config::DEFINITIONS_MAX, true));
    let same: String =
        (0..1_000).map(|n| format!("CustomLog logs/{n}.log \"%h %t %>s\"\nlog-format \"%ci %tr %ST\"\n")).collect();
    let found = definitions(&same);
    assert_eq!((found.definitions.len(), found.more), (2, false));
    assert_eq!(found.definitions.first().map(|d| d.files.len()), Some(1_000));
}

#[test]
fn a_plain_shape_is_told_from_a_telling_one() {
    assert!(Custom::new(r#"%h %l %u %t "%r" %>s %b"#).expect("common").is_plain());
    assert!(!Custom::new(r#"%h %l %u %t "%r" %>s %b %D"#).expect("timed").is_plain());
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text: String) {
        let _ = (Custom::new(&text), definitions(&text));
    }

    #[test]
    fn arbitrary_pieces_never_panic(pieces in proptest::collection::vec(prop_oneof![
        Just("log_format x "), Just("'"), Just("\""), Just("$status"), Just("$time_local"), Just("${"), Just("}"), Just("%t"), Just("%>s"), Just("%{"),
        Just("LogFormat "), Just("log-format "), Just("%ci"), Just("%ST"), Just("%["), Just("]"), Just("\\"), Just(";"), Just("\n"), Just("access_log a b;"),
        Just("CustomLog a b"), Just("#Fields: date"), Just("{\"time\":\"a\"}"), Just("é"),
    ], 0..20), line in proptest::collection::vec(any::<u8>(), 0..40)) {
        let text = pieces.concat();
        let _ = definitions(&text);
        if let Ok(custom) = Custom::new(&text) {
            let _ = custom.dialect.line(&line);
        }
    }
}

//! How fast lines are read, on one core: a measurement, run by hand.
//!
//! `cargo test --release --lib format::speed -- --ignored --nocapture`

use crate::format::catalogue::Catalogue;
use crate::format::{Parsed, by_name, reader::LineReader};
use std::io::Write;
use std::time::Instant;

const AGENT: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36";

/// Lines of one shape that differ in client, time, path and size.
fn lines(name: &str, n: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for i in 0..n {
        let (host, second) = (i % 250, i % 60);
        let url = if name == "varnish" { "http://x.example" } else { "" };
        let tail = match name {
            "varnish" => " miss 13754 ams",
            "nginx-timed" => r#" "203.0.113.9" rt=0.009 uct="0.000" uht="0.009" urt="0.009""#,
            _ => "",
        };
        let line = match name {
            "haproxy" => format!(
                r#"127.0.0.1:{} [20/Nov/2026:08:45:{second:02}.409] edge_ams origin_ams/nginx1 0/0/0/9/9 200 {i} - - ---- 5/4/3/3/0 0/0 "GET /media/{i}.jpg HTTP/1.1""#,
                1024 + i % 60_000
            ),
            _ => format!(
                r#"192.0.2.{host} - - [20/Nov/2026:08:45:{second:02} +0000] "GET {url}/i/spaces/{i}?s=1 HTTP/1.1" 200 {i} "https://x.example/home" "{AGENT}"{tail}"#
            ),
        };
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out
}

#[test]
#[ignore = "a measurement: run in release mode"]
fn lines_per_second_and_core() {
    for name in ["combined", "nginx-timed", "varnish", "haproxy"] {
        let data = lines(name, 400_000);
        let format = by_name(name).expect(name);
        let catalogue = Catalogue::default();
        let mut reader = LineReader::new((format.dialect)(), &format.facts, &catalogue);
        let mut best = f64::INFINITY;
        let mut events = 0_u64;
        for _ in 0..5 {
            let started = Instant::now();
            events = 0;
            let mut rest = data.as_slice();
            while let Some(n) = memchr::memchr(b'\n', rest) {
                if let Parsed::Event(event) = reader.read(&rest[..n]).1 {
                    events += u64::from(std::hint::black_box(&event).status.is_some());
                }
                rest = &rest[n + 1..];
            }
            best = best.min(started.elapsed().as_secs_f64());
        }
        assert_eq!(events, 400_000, "{name}");
        let (mb, million) = (data.len() as f64 / 1e6 / best, events as f64 / 1e6 / best);
        let _ = writeln!(std::io::stderr(), "{name}: {mb:.0} MB/s, {million:.2} million lines/s");
    }
}

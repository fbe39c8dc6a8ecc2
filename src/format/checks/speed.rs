//! How fast each format's lines are read, on one core: a measurement, run by hand.
//!
//! `make bench-formats`

use crate::format::catalogue::Catalogue;
use crate::format::reader::LineReader;
use crate::format::{FORMATS, Parsed};
use std::io::Write;
use std::time::Instant;

/// Bytes of text that are read.
const BYTES: usize = 16 << 20;

/// Slowest rate that is accepted, in MB/s: of any format, and of the combined family.
const SLOWEST: f64 = 150.0;
const SLOWEST_COMBINED: f64 = 700.0;

/// The shapes that most bundles hold, with referrers and agents of ordinary length.
fn ordinary(name: &str) -> Option<String> {
    let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36";
    let line = format!(
        r#"192.0.2.1 - - [20/Nov/2026:08:45:12 +0000] "GET /i/spaces/1yNGaNL?s=1 HTTP/1.1" 200 5120 "https://www.example/home" "{agent}""#
    );
    match name {
        "combined" => Some(line),
        "vhost-combined" => Some(format!("www.example:443 {line}")),
        "nginx-timed" => Some(format!(r#"{line} "203.0.113.9" rt=0.009 uct="0.000" uht="0.009" urt="0.009""#)),
        _ => None,
    }
}

#[test]
#[ignore = "a measurement: run in release mode"]
fn megabytes_per_second_and_core() {
    let catalogue = Catalogue::default();
    let mut slow = Vec::new();
    for format in FORMATS {
        let facts = &format.facts;
        let samples =
            ordinary(facts.name).map_or_else(|| facts.samples.iter().map(ToString::to_string).collect(), |line| vec![line]);
        // One stretch of each sample, and a header once: so files are.
        let data: String = samples
            .iter()
            .map(|line| format!("{line}\n").repeat(if line.starts_with('#') { 1 } else { BYTES / samples.len() / line.len() }))
            .collect();
        let mut best = f64::INFINITY;
        let mut read = 0_u64;
        for _ in 0..3 {
            let mut reader = LineReader::new((format.dialect)(), facts, &catalogue);
            let started = Instant::now();
            read = 0;
            let mut rest = data.as_bytes();
            while let Some(n) = memchr::memchr(b'\n', rest) {
                let parsed = std::hint::black_box(reader.read(&rest[..n]).1);
                read += u64::from(!matches!(parsed, Parsed::Reject(_)));
                rest = &rest[n + 1..];
            }
            best = best.min(started.elapsed().as_secs_f64());
        }
        let (mb, million) = (data.len() as f64 / 1e6 / best, read as f64 / 1e6 / best);
        let _ = writeln!(std::io::stderr(), "{:<22} {mb:>6.0} MB/s {million:>6.2} million lines/s", facts.name);
        // Lines of `common` are a third as long and cost as much each: they are held to the general rate.
        let wanted = if matches!(facts.name, "combined" | "vhost-combined") { SLOWEST_COMBINED } else { SLOWEST };
        if mb < wanted {
            slow.push(facts.name);
        }
    }
    assert!(slow.is_empty(), "too slow: {slow:?}");
}

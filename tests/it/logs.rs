//! Hand-made logs: a small site on 3 June 2024 whose search fails for a while.

use chrono::DateTime;

/// 3 June 2024, 10:00 UTC, in seconds.
pub(crate) const OPENING: i64 = 1_717_408_800;

/// When the search fails, in seconds after [`OPENING`].
pub(crate) const FAILS: std::ops::Range<i64> = 1_000..1_600;

/// A line in the combined format.
pub(crate) fn combined(at: i64, client: usize, path: &str, status: u16) -> String {
    let stamp = DateTime::from_timestamp(at, 0).expect("a time").format("%d/%b/%Y:%H:%M:%S");
    let (a, b) = (client / 250, client % 250 + 1);
    format!(r#"198.18.{a}.{b} - - [{stamp} +0000] "GET {path} HTTP/1.1" {status} 512 "-" "Mozilla/5.0""#)
}

/// A line in the HTTP format of HAProxy.
pub(crate) fn haproxy(at: i64, client: usize, path: &str, status: u16) -> String {
    let stamp = DateTime::from_timestamp(at, 0).expect("a time").format("%d/%b/%Y:%H:%M:%S");
    let (a, b) = (client / 250, client % 250 + 1);
    format!(r#"198.18.{a}.{b}:40000 [{stamp}.056] fe be/s 0/0/0/1/1 {status} 152 - - ---- 1/1/0/0/0 0/0 "GET {path} HTTP/1.1""#)
}

/// A sequence of numbers without pattern, the same every time.
#[derive(Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        // Knuth's MMIX multiplier; the upper bits are the good ones.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % n as u64) as usize
    }
}

/// The site's requests: `rate` in every second for `secs` seconds, as `line` writes them.
pub(crate) fn site_as(line: impl Fn(i64, usize, &str, u16) -> String, secs: i64, rate: usize) -> Vec<String> {
    let mut dice = Dice(7);
    let mut lines = Vec::new();
    for second in 0..secs {
        for _ in 0..rate {
            let path = ["/home", "/search", "/about", "/media/1.jpg", "/item/17"][dice.below(5)];
            let fails = path == "/search" && FAILS.contains(&second) && dice.below(10) < 8;
            lines.push(line(OPENING + second, dice.below(400), path, if fails { 503 } else { 200 }));
        }
    }
    lines
}

/// 5,200 lines: 2 requests a second for 2,600 seconds.
pub(crate) fn site() -> Vec<String> {
    site_as(combined, 2_600, 2)
}

/// Lines as a file.
pub(crate) fn file(lines: &[String]) -> Vec<u8> {
    file_with(lines, "\n")
}

/// Lines as a file, each ended by `end`.
pub(crate) fn file_with(lines: &[String], end: &str) -> Vec<u8> {
    lines.iter().flat_map(|l| [l, end]).collect::<String>().into_bytes()
}

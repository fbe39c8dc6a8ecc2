//! Writes a plain combined log for measurements: the same arguments give the same bytes.
//!
//! `cargo run --release --example access_log -- SHAPE LINES FILE`
//!
//! The shape `plain` is a day of an ordinary site with forty minutes in which one part of it fails;
//! the others are what a hostile or unlucky log does to tables: see [`Shape`].

use std::fs::File;
use std::io::{self, BufWriter, Write};

/// What the lines are like.
#[derive(Clone, Copy, PartialEq)]
enum Shape {
    /// Thousands of clients, a few hundred templates, lines in order.
    Plain,
    /// The same lines, in no order of time.
    Shuffled,
    /// Every line has a path that no other has and no template folds.
    Urls,
    /// Every line has a client of its own.
    Clients,
    /// One line of 100 MB among the plain ones.
    Long,
    /// Every line has a path, a host and a day of its own kind: as many counters as can be made.
    Hostile,
}

impl Shape {
    fn named(name: &str) -> Option<Shape> {
        Some(match name {
            "plain" => Shape::Plain,
            "shuffled" => Shape::Shuffled,
            "urls" => Shape::Urls,
            "clients" => Shape::Clients,
            "long" => Shape::Long,
            "hostile" => Shape::Hostile,
            _ => return None,
        })
    }
}

/// 2026-03-02T00:00:00Z, the day of the log.
const DAY: u64 = 2;

/// Seconds of that day in which `/api/spaces` fails.
const FAILING: std::ops::Range<u64> = 50_400..52_800;

const SECTIONS: [&str; 12] =
    ["api", "user", "search", "spaces", "media", "help", "news", "shop", "cart", "forum", "static", "account"];

const PAGES: [&str; 20] = [
    "list", "show", "edit", "spaces", "status", "items", "recent", "popular", "photo", "thread", "reply", "likes", "follow",
    "tags", "price", "stock", "order", "index", "feed", "settings",
];

const AGENTS: [&str; 6] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "curl/8.9.1",
];

/// splitmix64 (Steele, Lea, Flood 2014).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n.max(1))) >> 64) as u64
    }

    /// Small numbers far more often than large ones: a few clients and pages make most requests.
    fn skewed(&mut self, n: u64) -> u64 {
        let within = self.below(n) + 1;
        self.below(within)
    }
}

fn line(out: &mut impl Write, shape: Shape, i: u64, lines: u64, chance: &mut Chance) -> io::Result<()> {
    let at = if shape == Shape::Shuffled { chance.below(86_400) } else { i * 86_400 / lines };
    let client = if shape == Shape::Clients { i } else { chance.skewed(40_000) };
    let (section, page) = (chance.skewed(12) as usize, chance.skewed(20) as usize);
    let path = match (shape, chance.below(10)) {
        (Shape::Urls, _) => format!("/{}/{}", word(i / 1_000), word(i)),
        (Shape::Hostile, _) => format!("http://{}.example/{}/{}", word(i % 20_011), word(i % 30_011), word(i)),
        (_, 0..=2) => format!("/{}/{}", SECTIONS[section], PAGES[page]),
        (_, 3..=7) => format!("/{}/{}/{}", SECTIONS[section], PAGES[page], chance.skewed(200_000)),
        _ => format!("/{}/{}/{}/{}?page={}", SECTIONS[section], chance.skewed(5_000), PAGES[page], chance.below(900), i % 7),
    };
    let failing = FAILING.contains(&at) && section == 0 && chance.below(10) < 8;
    let status = match chance.below(1_000) {
        _ if failing => 503,
        0..=1 => 500,
        2..=21 => 404,
        22..=121 => 304,
        122..=161 => 302,
        _ => 200,
    };
    let day = if shape == Shape::Hostile { 1 + i % 28 } else { DAY };
    let (method, bytes) = (if page == 2 { "POST" } else { "GET" }, chance.skewed(60_000));
    let [a, b, c] = [100 + (client >> 16), (client >> 8) & 255, client & 255];
    let (hour, minute, second) = (at / 3_600, at / 60 % 60, at % 60);
    write!(out, "{a}.51.{b}.{c} - - [{day:02}/Mar/2026:{hour:02}:{minute:02}:{second:02} +0000] ")?;
    write!(out, "\"{method} {path} HTTP/1.1\" {status} {bytes} \"https://www.example.com/{}\" ", SECTIONS[section])?;
    writeln!(out, "\"{}\"", AGENTS[chance.skewed(6) as usize])
}

/// A number in letters only, so that it is taken for a name.
fn word(mut n: u64) -> String {
    let mut text = String::from("p");
    loop {
        text.push(char::from(b'a' + (n % 26) as u8));
        n /= 26;
        if n == 0 {
            return text;
        }
    }
}

fn run(shape: Shape, lines: u64, file: &str) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(file)?);
    let mut chance = Chance(1);
    for i in 0..lines {
        line(&mut out, shape, i, lines, &mut chance)?;
        if shape == Shape::Long && i == lines / 2 {
            let part = vec![b'x'; 1_000_000];
            (0..100).try_for_each(|_| out.write_all(&part))?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let usage = || io::Error::other("usage: access_log plain|shuffled|urls|clients|long|hostile LINES FILE");
    let [shape, lines, file] = arguments.as_slice() else { return Err(usage()) };
    let (Some(shape), Ok(lines)) = (Shape::named(shape), lines.parse()) else { return Err(usage()) };
    run(shape, lines, file)
}

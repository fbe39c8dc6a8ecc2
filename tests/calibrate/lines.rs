//! The logs of a drawn scenario, as the tiers would have written them, without what was lost.

use crate::chance::Rng;
use crate::draw::{BACKENDS, Drawn, Kind, Layout, POPS, RESOURCES};
use crate::traffic::{Request, SCANNERS};
use std::fmt::Write;

const EDGE_HEADER: &str = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem \
sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes \
time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields \
c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end\n";

/// Hour of the day at which all logs begin, UTC, on 10 September 2024.
const OPENING: f64 = 8.0 * 3600.0;
/// Rotations of the single log.
const ROTATIONS: usize = 4;

/// Name and text of each file of the bundle.
pub(crate) fn files(d: &Drawn, all: &[Request]) -> Vec<(String, String)> {
    let mut rng = Rng::new(d.seed, 3);
    let kept: Vec<&Request> = all.iter().filter(|r| !lost(d, r) && !rng.chance(d.dropped)).collect();
    match d.layout {
        Layout::Single => single(d, &kept),
        Layout::Balancer => vec![("haproxy.log".into(), kept.iter().map(|r| balancer(r, false)).collect())],
        Layout::Fleet => {
            let mut files: Vec<(String, String)> = (0..3)
                .filter(|p| d.absent != Some(*p))
                .map(|p| {
                    let lines = kept.iter().filter(|r| r.pop == p).enumerate().map(|(i, r)| edge(r, i));
                    (format!("edge/{}.log", POPS[p].0), EDGE_HEADER.to_owned() + &lines.collect::<String>())
                })
                .collect();
            // Inner tiers lost nothing of what the edge lost in a hole.
            let mut rng = Rng::new(d.seed, 4);
            let inner: Vec<&Request> = all
                .iter()
                .filter(|r| !r.hit && !r.edge_only && !rng.chance(d.dropped))
                .filter(|r| !matches!(d.kind, Kind::LogHole | Kind::HoleInFault) || !lost(d, r))
                .collect();
            files.push(("lb/haproxy.log".into(), inner.iter().map(|r| balancer(r, true)).collect()));
            files.push(("origin/nginx.log".into(), inner.iter().map(|r| combined(r, true)).collect()));
            files
        }
    }
}

/// Whether a line was lost in a hole or in a rotation that is missing.
pub(crate) fn lost(d: &Drawn, r: &Request) -> bool {
    let inside = (d.window.0..d.window.1).contains(&r.at);
    match d.kind {
        Kind::LogHole => inside,
        Kind::HoleInFault => {
            let (from, to) = d.window;
            (from + 0.25 * (to - from)..from + 0.75 * (to - from)).contains(&r.at)
        }
        Kind::HoleOfOnePop => inside && r.pop == d.pop,
        Kind::MissingRotation => rotation(d, r.at) == missing(d),
        _ => false,
    }
}

fn rotation(d: &Drawn, at: f64) -> usize {
    ((at / d.length * ROTATIONS as f64) as usize).min(ROTATIONS - 1)
}

/// The rotation that is missing: one in the middle.
fn missing(d: &Drawn) -> usize {
    1 + (d.seed as usize / 3) % (ROTATIONS - 2)
}

fn single(d: &Drawn, kept: &[&Request]) -> Vec<(String, String)> {
    (0..ROTATIONS)
        .map(|part| {
            let name = if part + 1 == ROTATIONS { "access.log".into() } else { format!("access.log.{}", ROTATIONS - 1 - part) };
            (name, kept.iter().filter(|r| rotation(d, r.at) == part).map(|r| combined(r, false)).collect::<String>())
        })
        .filter(|(_, text)| !text.is_empty())
        .collect()
}

fn path(r: &Request) -> String {
    let Some(resource) = r.resource else {
        let guesses = ["/wp-login.php", "/.env", "/xmlrpc.php", "/admin.php"];
        return guesses[r.item % 4].into();
    };
    let resource = RESOURCES[resource];
    if resource.numbered { resource.name.replace(":id", &(10_000 + r.item).to_string()) } else { resource.name.into() }
}

fn address(client: usize) -> String {
    let client = if client >= SCANNERS { client - SCANNERS + 60_000 } else { client };
    format!("10.{}.{}.{}", 20 + client / 60_000, client / 250 % 240, 1 + client % 250)
}

fn agent(client: usize) -> &'static str {
    match client {
        SCANNERS.. => "zgrab/0.x",
        c if c % 3 == 0 => "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
        c if c % 3 == 1 => {
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1"
        }
        _ => "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/128.0.0.0 Safari/537.36",
    }
}

/// Hour, minute, second, millisecond of the day.
fn clock(at: f64) -> (u64, u64, u64, u64) {
    let ms = ((OPENING + at) * 1e3) as u64;
    (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

fn combined(r: &Request, behind: bool) -> String {
    let (h, m, s, _) = clock(r.at + r.millis as f64 / 1e3);
    let (status, bytes) = (r.status, r.bytes);
    let who = if behind { "10.0.3.11".to_owned() } else { address(r.client) };
    let mut line = format!(
        "{who} - - [10/Sep/2024:{h:02}:{m:02}:{s:02} +0000] \"GET {} HTTP/1.1\" {status} {bytes} \"-\" \"{}\"",
        path(r),
        agent(r.client)
    );
    if behind {
        let taken = r.millis as f64 / 1e3;
        let _ = write!(line, " \"{}\" rt={taken:.3} uct=\"0.000\" uht=\"{taken:.3}\" urt=\"{taken:.3}\"", address(r.client));
    }
    line + "\n"
}

fn balancer(r: &Request, behind: bool) -> String {
    let (h, m, s, ms) = clock(r.at);
    let (eh, em, es, _) = clock(r.at + r.millis as f64 / 1e3);
    let backend = r.resource.map_or(0, |i| RESOURCES[i].backend);
    let who = if behind { format!("198.51.100.{}", 10 + r.pop) } else { address(r.client) };
    format!(
        "Sep 10 {eh:02}:{em:02}:{es:02} lb1 haproxy[2214]: {who}:{} [10/Sep/2024:{h:02}:{m:02}:{s:02}.{ms:03}] front {}/{}{} \
0/0/1/{t}/{t} {} {} - - ---- 20/20/1/0/0 0/0 {{x.example|{}}} \"GET {} HTTP/1.1\"\n",
        40_000 + r.item % 1_000,
        BACKENDS[backend],
        &BACKENDS[backend][3..],
        1 + r.item % 3,
        r.status,
        r.bytes + 231,
        address(r.client),
        path(r),
        t = r.millis,
    )
}

fn edge(r: &Request, number: usize) -> String {
    let taken = (r.millis + 12) as f64 / 1e3;
    let (h, m, s, _) = clock(r.at + taken);
    let result = match (r.status, r.hit) {
        (400.., _) => "Error",
        (_, true) => "Hit",
        _ => "Miss",
    };
    let detail = match (r.status, r.edge_only) {
        (500.., true) => "OriginConnectError",
        (500.., false) => "OriginError",
        _ => result,
    };
    let pop = POPS[r.pop].1;
    format!(
        "2024-09-10\t{h:02}:{m:02}:{s:02}\t{pop}\t{}\t{}\tGET\td111example.cloudfront.net\t{}\t{}\t-\t{}\t-\t-\t{result}\t\
Drawn{pop}AAAAAAAAAAAAAAAAAAAA{number:09}==\tx.example\thttps\t180\t{taken:.3}\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\t{result}\t\
HTTP/2.0\t-\t-\t{}\t{taken:.3}\t{detail}\ttext/html\t{}\t-\t-\n",
        r.bytes + 420,
        address(r.client),
        path(r),
        r.status,
        agent(r.client).replace(' ', "%20"),
        40_000 + r.client % 20_000,
        r.bytes,
    )
}

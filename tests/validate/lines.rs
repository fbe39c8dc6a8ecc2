//! The logs of a drawn scenario, as the tiers would have written them, without what was lost.

use crate::chance::Rng;
use crate::draw::{BACKENDS, Drawn, Layout, RESOURCES};
use crate::people::{Client, Population};
use crate::traffic::Request;
use std::fmt::Write;

const CLOUDFRONT: &str = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem \
sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes \
time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version\n";
const POPS: [(&str, &str); 3] = [("iad", "IAD89-C1"), ("lhr", "LHR62-C2"), ("nrt", "NRT57-P1")];
const CACHES: [&str; 2] = ["ams", "iad"];
/// Hour of the day at which all logs begin, UTC, on 10 September 2024.
const OPENING: f64 = 8.0 * 3600.0;

/// Name and text of each file of the bundle.
pub(crate) fn files(d: &Drawn, all: &[Request], people: &Population) -> Vec<(String, String)> {
    let mut rng = Rng::new(d.seed, 301);
    let kept: Vec<&Request> = all.iter().filter(|r| !lost(d, r)).collect();
    let who = |r: &Request| &people.clients[r.client];
    match d.layout {
        Layout::Single => vec![("access.log".into(), kept.iter().map(|r| combined(r, who(r), "")).collect())],
        Layout::Timed => {
            let line = |r: &&Request| combined(r, who(r), &format!(" {:.3}", r.millis as f64 / 1e3));
            vec![("access.log".into(), kept.iter().map(line).collect())]
        }
        Layout::Balancer => {
            vec![("haproxy.log".into(), kept.iter().map(|r| balancer(r, &who(r).address, &mut rng)).collect())]
        }
        Layout::Fleet | Layout::Caches => {
            let fleet = d.layout == Layout::Fleet;
            let mut files: Vec<(String, String)> = (0..if fleet { 3 } else { 2 })
                .map(|p| {
                    let mine = kept.iter().filter(|r| r.pop == p);
                    if fleet {
                        let lines: String = mine.enumerate().map(|(i, r)| cloudfront(r, who(r), i)).collect();
                        (format!("edge/{}.log", POPS[p].0), CLOUDFRONT.to_owned() + &lines)
                    } else {
                        (format!("edge-{}-varnish.log", CACHES[p]), mine.map(|r| varnish(r, who(r))).collect())
                    }
                })
                .collect();
            // The inner tiers lose theirs only with all logs.
            let inner = |r: &&Request| !r.hit && !r.edge_only && (d.lost != Some(None) || !lost(d, r));
            let inner: Vec<&Request> = all.iter().filter(inner).collect();
            files.push(("lb-haproxy.log".into(), inner.iter().map(|r| balancer(r, "10.0.0.9", &mut rng)).collect()));
            files.push(("origin-nginx.log".into(), inner.iter().map(|r| origin(r, who(r))).collect()));
            files
        }
    }
}

/// Whether the outermost tier's line was lost.
pub(crate) fn lost(d: &Drawn, r: &Request) -> bool {
    d.lost.is_some_and(|pop| (d.window.0..d.window.1).contains(&r.at) && pop.is_none_or(|p| p == r.pop))
}

/// Hour, minute, second, millisecond of the day.
fn clock(at: f64) -> (u64, u64, u64, u64) {
    let ms = ((OPENING + at) * 1e3) as u64;
    (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

fn target(r: &Request) -> String {
    if r.query.is_empty() { r.path.clone() } else { format!("{}?{}", r.path, r.query) }
}

fn combined(r: &Request, who: &Client, tail: &str) -> String {
    let (h, m, s, _) = clock(r.at + r.millis as f64 / 1e3);
    format!(
        "{} - - [10/Sep/2024:{h:02}:{m:02}:{s:02} +0000] \"GET {} HTTP/{}\" {} {} \"{}\" \"{}\"{tail}\n",
        who.address,
        target(r),
        if who.protocol == "HTTP/1.1" { "1.1" } else { "2.0" },
        r.status,
        r.bytes,
        r.referrer,
        who.agent
    )
}

fn origin(r: &Request, who: &Client) -> String {
    let t = r.millis as f64 / 1e3;
    let line = combined(r, who, &format!(" \"{}\" rt={t:.3} uct=\"0.000\" uht=\"{t:.3}\" urt=\"{t:.3}\"", who.address));
    line.replacen(&who.address, "10.0.3.11", 1)
}

fn varnish(r: &Request, who: &Client) -> String {
    let (h, m, s, _) = clock(r.at);
    let mut line = String::new();
    let _ = writeln!(
        line,
        "{} - - [10/Sep/2024:{h:02}:{m:02}:{s:02} +0000] \"GET http://x.example{} HTTP/1.1\" {} {} \"{}\" \"{}\" {} {} {}",
        who.address,
        target(r),
        r.status,
        r.bytes,
        r.referrer,
        who.agent,
        if r.hit { "hit" } else { "miss" },
        r.millis * 1_000 + 400,
        CACHES[r.pop % 2]
    );
    line
}

fn balancer(r: &Request, from: &str, rng: &mut Rng) -> String {
    let (h, m, s, ms) = clock(r.at);
    let (eh, em, es, _) = clock(r.at + r.millis as f64 / 1e3);
    let backend = r.resource.map_or(2, |i| RESOURCES[i].backend);
    format!(
        "Sep 10 {eh:02}:{em:02}:{es:02} lb1 haproxy[2214]: {from}:{} [10/Sep/2024:{h:02}:{m:02}:{s:02}.{ms:03}] front {}/{}{} \
0/0/1/{t}/{t} {} {} - - ---- 20/20/1/0/0 0/0 \"GET {} HTTP/1.1\"\n",
        20_000 + rng.below(40_000),
        BACKENDS[backend],
        &BACKENDS[backend][3..],
        1 + rng.below(3),
        r.status,
        r.bytes + 231,
        target(r),
        t = r.millis,
    )
}

fn cloudfront(r: &Request, who: &Client, number: usize) -> String {
    let taken = (r.millis + 12) as f64 / 1e3;
    let (h, m, s, _) = clock(r.at + taken);
    let result = match (r.status, r.hit) {
        (400.., _) => "Error",
        (_, true) => "Hit",
        _ => "Miss",
    };
    let pop = POPS[r.pop].1;
    format!(
        "2024-09-10\t{h:02}:{m:02}:{s:02}\t{pop}\t{}\t{}\tGET\td111example.cloudfront.net\t{}\t{}\t{}\t{}\t{}\t-\t{result}\t\
Drawn{pop}AAAAAAAAAAAAAAAAAAAA{number:09}==\tx.example\thttps\t180\t{taken:.3}\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\t{result}\t{}\n",
        r.bytes + 420,
        who.address,
        r.path,
        r.status,
        r.referrer,
        who.agent.replace(' ', "%20"),
        if r.query.is_empty() { "-" } else { &r.query },
        who.protocol,
    )
}

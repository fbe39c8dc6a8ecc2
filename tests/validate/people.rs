//! Who can ask: addresses, networks, agents.

use crate::chance::Rng;
use crate::draw::{Drawn, Layout, Mask, Style};

/// What somebody is, in truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// One of the site's own clients.
    Regular,
    /// Somebody who came with the crowd and was never here before.
    Crowd,
    /// One of the machines that flood.
    Bot,
    /// A machine that asks every day: monitoring, feeds, searches.
    Household,
}

/// Somebody with an address.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: String,
    pub(crate) agent: String,
    /// Version of HTTP as a CDN writes it.
    pub(crate) protocol: &'static str,
    pub(crate) pop: usize,
    pub(crate) part: Part,
    /// Has the site's assets in store.
    pub(crate) warm: bool,
    /// An app: no referrer, no assets.
    pub(crate) app: bool,
}

/// Browsers with weights; `#` stands for the version.
const BROWSERS: [(f64, &str, &str); 9] = [
    (
        30.0,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Safari/537.36",
        "HTTP/3.0",
    ),
    (
        14.0,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Safari/537.36",
        "HTTP/2.0",
    ),
    (
        18.0,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Mobile Safari/537.36",
        "HTTP/3.0",
    ),
    (
        20.0,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_% like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.% Mobile/15E148 Safari/604.1",
        "HTTP/2.0",
    ),
    (
        6.0,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.% Safari/605.1.15",
        "HTTP/2.0",
    ),
    (5.0, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:#.0) Gecko/20100101 Firefox/#.0", "HTTP/2.0"),
    (
        4.0,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/#.0.0.0 Safari/537.36 Edg/#.0.0.0",
        "HTTP/2.0",
    ),
    (
        2.0,
        "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.198 Safari/537.36",
        "HTTP/1.1",
    ),
    (1.0, "Mozilla/5.0 (X11; Linux x86_64; rv:#.0) Gecko/20100101 Firefox/#.0", "HTTP/2.0"),
];
const APPS: [(&str, &str); 3] = [
    ("SiteApp/10.5% iOS/17.% (iPhone15,3)", "HTTP/2.0"),
    ("SiteAppAndroid/10.5%.0-release (Pixel 8; Android 14)", "HTTP/2.0"),
    ("okhttp/4.12.%", "HTTP/2.0"),
];
const SCRIPTS: [&str; 5] = ["python-requests/2.31.0", "Go-http-client/1.1", "curl/8.5.0", "Java/17.0.9", "axios/1.6.2"];
/// What is no person, on any day, and its seconds between two requests.
const HOUSEHOLD: [(&str, f64); 4] = [
    ("Mozilla/5.0 (compatible; UptimeCheck/2.1; +https://uptime.example)", 30.0),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", 25.0),
    ("FeedFetcher/1.0 (+https://feeds.example)", 60.0),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", 40.0),
];
/// Networks are numbered; those from here on are nobody's on an ordinary day.
pub(crate) const STRANGE: usize = 20_000;

/// Everybody there is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Population {
    pub(crate) clients: Vec<Client>,
    /// Sums of the weights of the regulars, who come first.
    sums: Vec<f64>,
    /// Seconds between two requests of each household machine, which follow them.
    pub(crate) household: Vec<(usize, f64)>,
}

/// An address in a network: a /24 of IPv4, or (one network in seven) a /48 of IPv6.
fn address(network: usize, host: usize) -> String {
    if network % 7 == 6 {
        return format!("2001:db8:{:x}:{:x}::{:x}", network & 0xffff, host % 5, 1 + host % 4_096);
    }
    // 198.18.0.0/15 and 100.64.0.0/10: nobody's on the public net.
    match network {
        0..512 => format!("198.{}.{}.{}", 18 + network / 256, network % 256, 1 + host % 254),
        _ => format!("100.{}.{}.{}", 64 + (network - 512) / 256 % 64, network % 256, 1 + host % 254),
    }
}

fn versioned(rng: &mut Rng, text: &str) -> String {
    // Most are up to date.
    let behind = rng.wait(1.2) as usize;
    text.replace('#', &(128 - behind.min(14)).to_string()).replace('%', &(6 - behind.min(5)).to_string())
}

impl Population {
    pub(crate) fn of(d: &Drawn, rng: &mut Rng) -> Population {
        let mut all = Population::default();
        let mut sum = 0.0;
        for i in 0..d.regulars {
            let network = usual(d, rng);
            let app = d.style == Style::App || rng.chance(0.12);
            all.person(d, rng, network, Part::Regular, app);
            // Some come far more often than others.
            sum += 1.0 / (4.0 + i as f64).powf(0.6);
            all.sums.push(sum);
        }
        let machines = if d.style == Style::Thin { 0 } else { rng.below(HOUSEHOLD.len() + 1) };
        for (agent, every) in HOUSEHOLD.iter().take(machines) {
            let network = rng.below(d.networks);
            let address = address(network, rng.below(254));
            all.household.push((all.clients.len(), *every));
            all.add(Client {
                address,
                agent: (*agent).to_owned(),
                protocol: "HTTP/1.1",
                pop: rng.below(2),
                part: Part::Household,
                warm: true,
                app: true,
            });
        }
        all
    }

    /// One of the site's own clients, the frequent ones more often.
    pub(crate) fn regular(&self, rng: &mut Rng) -> usize {
        let wanted = rng.unit() * self.sums.last().copied().unwrap_or(1.0);
        self.sums.partition_point(|&s| s < wanted).min(self.sums.len() - 1)
    }

    /// Somebody with a browser or an app.
    pub(crate) fn person(&mut self, d: &Drawn, rng: &mut Rng, network: usize, part: Part, app: bool) -> usize {
        let (agent, protocol) = if app {
            let (agent, protocol) = APPS[rng.weighted(&[0.5, 0.4, 0.1])];
            (versioned(rng, agent), protocol)
        } else {
            let weights: Vec<f64> = BROWSERS.iter().map(|b| b.0).collect();
            let (_, agent, protocol) = BROWSERS[rng.weighted(&weights)];
            (versioned(rng, agent), protocol)
        };
        let address = address(network, rng.below(100_000));
        let warm = part == Part::Regular && rng.chance(0.5);
        let pop = pop_of(d, network);
        self.add(Client { address, agent, protocol, pop, part, warm, app })
    }

    /// A machine that floods.
    pub(crate) fn machine(&mut self, d: &Drawn, rng: &mut Rng, network: usize, mask: Mask, script: usize) -> usize {
        let (agent, protocol) = match mask {
            Mask::Script => (SCRIPTS[script % SCRIPTS.len()].to_owned(), "HTTP/1.1"),
            Mask::OneBrowser => (BROWSERS[script % 4].1.replace('#', "120").replace('%', "1"), "HTTP/1.1"),
            Mask::ManyBrowsers => {
                let (_, agent, protocol) = BROWSERS[rng.below(8)];
                (versioned(rng, agent), if script.is_multiple_of(2) { protocol } else { "HTTP/1.1" })
            }
        };
        let address = address(network, rng.below(100_000));
        let pop = pop_of(d, network);
        self.add(Client { address, agent, protocol, pop, part: Part::Bot, warm: false, app: false })
    }

    pub(crate) fn crawler(&mut self, rng: &mut Rng, network: usize) -> usize {
        let agent = HOUSEHOLD[if rng.chance(0.6) { 1 } else { 3 }].0.to_owned();
        let address = address(network, rng.below(254));
        self.add(Client { address, agent, protocol: "HTTP/1.1", pop: 0, part: Part::Bot, warm: true, app: true })
    }

    pub(crate) fn add(&mut self, client: Client) -> usize {
        self.clients.push(client);
        self.clients.len() - 1
    }
}

/// A network of the site's own clients: the first ones hold the most.
pub(crate) fn usual(d: &Drawn, rng: &mut Rng) -> usize {
    let n = d.networks as f64;
    ((n + 1.0).powf(rng.unit()) - 1.0) as usize % d.networks
}

/// Networks enter at one POP.
fn pop_of(d: &Drawn, network: usize) -> usize {
    match d.layout {
        Layout::Fleet => network * 31 % 3,
        Layout::Caches => network * 31 % 2,
        _ => 0,
    }
}

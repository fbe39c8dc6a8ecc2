//! Who is there: clients with address, agent and nearest POP. Addresses come from the ranges set
//! aside for benchmarks and documentation (198.18.0.0/15, 2001:db8::/32).

use super::rng::Rng;
use super::world::Pop;

/// One client: a session of a person, an app or a machine.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: String,
    pub(crate) agent: &'static str,
    pub(crate) pop: Pop,
    /// Base of its source ports.
    port: i64,
    /// As CloudFront writes it.
    pub(crate) protocol: &'static str,
}

impl Client {
    /// Source port of the connection it uses at `at`: a new one every ten minutes or so.
    pub(crate) fn port(&self, at: i64) -> i64 {
        1024 + (self.port + at / 600_000 * 977) % 64_000
    }
}

/// Agents of people, with weights; the mix of a site that is mostly used from phones.
const AGENTS: [(u32, &str, &str); 10] = [
    (22, "SiteApp-iPhone/10.52 iOS/17.6 (iPhone15,3)", "HTTP/2.0"),
    (16, "SiteAppAndroid/10.52.0-release (Pixel 8; Android 14)", "HTTP/2.0"),
    (
        14,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
        "HTTP/2.0",
    ),
    (
        14,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36",
        "HTTP/3.0",
    ),
    (
        9,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Mobile Safari/537.36",
        "HTTP/3.0",
    ),
    (
        8,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36",
        "HTTP/2.0",
    ),
    (
        6,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
        "HTTP/2.0",
    ),
    (5, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:129.0) Gecko/20100101 Firefox/129.0", "HTTP/2.0"),
    (
        4,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36 Edg/127.0.0.0",
        "HTTP/2.0",
    ),
    (
        2,
        "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0.4240.198 Safari/537.36",
        "HTTP/1.1",
    ),
];

/// Agent of scripts.
pub(crate) const SCRIPT_AGENT: &str = "python-requests/2.31.0";

/// Everybody who ever makes a request.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) clients: Vec<Client>,
}

impl World {
    /// A person behind one of the site's usual client prefixes (300 of IPv4, 80 of IPv6), or behind
    /// one not seen before. Returns the index.
    pub(crate) fn add_person(&mut self, rng: &mut Rng, usual_prefix: bool) -> usize {
        let (_, agent, protocol) = AGENTS[rng.weighted(AGENTS.iter().map(|a| a.0)) % AGENTS.len()];
        let pop = if rng.chance(620_000) { Pop::Iad } else { Pop::Lhr };
        let prefix = if usual_prefix { rng.skewed(150) } else { 150 + rng.below(30) };
        let address = if rng.chance(150_000) {
            format!("2001:db8:{:x}:{:x}::{:x}", prefix % 80 + 16 * pop.index() as u64, 1 + rng.below(4), 1 + rng.below(0xffff))
        } else {
            format!("198.{}.{prefix}.{}", 18 + pop.index(), 1 + rng.below(254))
        };
        self.add(Client { address, agent, pop, port: rng.between(0, 60_000), protocol })
    }

    /// A machine behind a prefix no person uses, with a script's agent or a forged common one.
    pub(crate) fn add_machine(&mut self, rng: &mut Rng, forged_agent: bool) -> usize {
        let pop = if rng.chance(550_000) { Pop::Iad } else { Pop::Lhr };
        let address = format!("198.{}.{}.{}", 18 + rng.below(2), 190 + rng.below(66), 1 + rng.below(254));
        let (agent, protocol) =
            if forged_agent { (AGENTS[3 + rng.below(3) as usize].1, "HTTP/1.1") } else { (SCRIPT_AGENT, "HTTP/1.1") };
        self.add(Client { address, agent, pop, port: rng.between(0, 60_000), protocol })
    }

    fn add(&mut self, client: Client) -> usize {
        self.clients.push(client);
        self.clients.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_never_share_a_prefix_with_people() {
        let (mut world, mut rng) = (World::default(), Rng::stream(1, "test"));
        let third = |a: &str| a.split('.').nth(2).and_then(|n| n.parse::<u32>().ok());
        for _ in 0..2000 {
            let person = world.add_person(&mut rng, false);
            let machine = world.add_machine(&mut rng, true);
            assert!(third(&world.clients[person].address).is_none_or(|n| n < 190));
            assert!(third(&world.clients[machine].address).is_some_and(|n| n >= 190));
        }
    }
}

//! People with browsers who come for one thing beside the site's ordinary life, whoever they are: strangers, many
//! behind few addresses, or machines that drive real browsers; and a search engine's crawl.

use super::agenda::{Act, Agenda};
use super::platform::Platform;
use super::rng::Rng;
use super::world::{Ask, Kind};
use crate::error::Result;

/// Guests as a scenario orders them.
#[derive(Clone, Debug)]
pub(crate) struct GuestPlan {
    pub(crate) guests: u32,
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// Milliseconds in which arrivals rise.
    pub(crate) rise: i64,
    /// Milliseconds over which arrivals fade after `to` (mean); 0: all leave at `to`.
    pub(crate) fade: i64,
    /// Share of them behind the site's usual client networks, in a million.
    pub(crate) usual: u32,
    /// Addresses they share; `None`: each has its own.
    pub(crate) addresses: Option<u32>,
    pub(crate) manner: Manner,
}

/// How guests go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Look, think, look again; try again when refused, and give up.
    People,
    /// The same, but go on whatever they are answered.
    Driven,
    /// Ask for any page, as a search engine's crawler that names itself.
    Crawl,
}

/// The crawler's agent.
const CRAWLER: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
/// Milliseconds between two looks of a guest, mean; between two requests of a crawler.
const THINK: f64 = 35_000.0;
const CRAWL: f64 = 450.0;

#[derive(Clone, Copy, Debug)]
struct Guest {
    client: usize,
    /// Looks still to come.
    looks: u32,
    tries: u32,
    linked: bool,
}

/// Guests in being.
#[derive(Debug)]
pub(crate) struct Guests {
    plan: GuestPlan,
    all: Vec<Guest>,
    rng: Rng,
}

impl Guests {
    /// Draws the guests and enters their arrivals.
    pub(crate) fn begin(plan: GuestPlan, seed: u64, agenda: &mut Agenda, platform: &mut Platform) -> Self {
        let mut rng = Rng::stream(seed, "guests");
        let mut all = Vec::new();
        let desks: Vec<String> = (0..plan.addresses.unwrap_or(0))
            .map(|i| format!("198.{}.{}.{}", 18 + i % 2, 150 + rng.below(30), 1 + rng.below(254)))
            .collect();
        for number in 0..plan.guests as usize {
            let usual = rng.chance(plan.usual);
            let client = platform.world.add_person(&mut rng, usual);
            if let Some(one) = platform.world.clients.get_mut(client) {
                if !desks.is_empty() {
                    one.address.clone_from(&desks[rng.below(desks.len() as u64) as usize]);
                }
                if plan.manner == Manner::Crawl {
                    (one.agent, one.protocol) = (CRAWLER, "HTTP/1.1");
                }
            }
            let at = arrival(&plan, &mut rng);
            // Many look once, few stay for long.
            let looks = if plan.manner == Manner::Crawl { u32::MAX } else { 1 + rng.wait(3.0).min(40) as u32 };
            all.push(Guest { client, looks, tries: 0, linked: rng.chance(600_000) });
            agenda.put(at, Act::Guest(number));
        }
        Guests { plan, all, rng }
    }

    /// One guest goes on.
    pub(crate) fn act(&mut self, who: usize, at: i64, agenda: &mut Agenda, platform: &mut Platform) -> Result<()> {
        let Some(guest) = self.all.get(who).copied() else { return Ok(()) };
        if self.plan.manner != Manner::People && at >= self.plan.to {
            return Ok(());
        }
        let answer = platform.serve(&self.ask(guest, at), None)?;
        let next = if self.plan.manner == Manner::Crawl {
            Some((guest, self.rng.wait(CRAWL)))
        } else if answer.good {
            let mut later = answer.end + 5;
            for _ in 0..self.rng.between(1, 4) {
                let picture = self.rng.skewed(1_500);
                agenda.put(later, Act::Fetch(Box::new(Ask::of(Kind::Media, picture, guest.client, later))));
                later += self.rng.between(1, 12);
            }
            (guest.looks > 1).then(|| (Guest { looks: guest.looks - 1, tries: 0, ..guest }, 500 + self.rng.wait(THINK)))
        } else if self.plan.manner == Manner::Driven {
            (guest.looks > 1).then(|| (Guest { looks: guest.looks - 1, ..guest }, 500 + self.rng.wait(THINK)))
        } else {
            // Seven of ten try again; each time they wait longer.
            let pause = 3_000 << guest.tries.min(4);
            let goes_on = guest.tries < 8 && self.rng.chance(700_000);
            goes_on.then(|| (Guest { tries: guest.tries + 1, ..guest }, 500 + self.rng.wait(f64::from(pause))))
        };
        if let Some((state, pause)) = next {
            if let Some(own) = self.all.get_mut(who) {
                *own = state;
            }
            agenda.put(answer.end + pause, Act::Guest(who));
        }
        Ok(())
    }

    fn ask(&mut self, guest: Guest, at: i64) -> Ask {
        let client = guest.client;
        if self.plan.manner == Manner::Crawl {
            let mut ask = match self.rng.below(3) {
                0 => Ask::of(Kind::Space, self.rng.below(40), client, at),
                1 => Ask::of(Kind::Search, self.rng.below(24), client, at),
                _ => Ask::of(Kind::Status, self.rng.below(60_000), client, at),
            };
            ask.referrer.clear();
            return ask;
        }
        let mut ask = Ask::of(Kind::HotPage, 0, client, at);
        if guest.linked {
            ask.referrer = "https://news.example/live".to_owned();
        }
        ask
    }
}

/// When a guest comes: ever more often while arrivals rise, then evenly, then ever less.
fn arrival(plan: &GuestPlan, rng: &mut Rng) -> i64 {
    let at = rng.between(plan.from, plan.to + plan.fade);
    if at >= plan.to {
        return plan.to + rng.wait(plan.fade as f64 / 2.0);
    }
    let risen = (at - plan.from).min(plan.rise) * 1_000_000 / plan.rise.max(1);
    // Who would come before the rise is over comes later in it more often than not.
    if rng.chance(1_000_000 - risen as u32) { plan.from + plan.rise / 2 + (at - plan.from) / 2 } else { at }
}

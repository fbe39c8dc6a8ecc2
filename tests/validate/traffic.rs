//! What happens in a drawn scenario, in the order of time: who asks for what, what becomes of it, and
//! what they do then.

use crate::chance::Rng;
use crate::draw::{Breaks, Drawn, Layout, RESOURCES, Style};
use crate::guests;
use crate::people::Population;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// One request as it really happened.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Seconds after the beginning of the logs.
    pub(crate) at: f64,
    pub(crate) client: usize,
    pub(crate) resource: Option<usize>,
    pub(crate) path: String,
    /// Without its question mark; empty: none.
    pub(crate) query: String,
    /// `-`: none.
    pub(crate) referrer: String,
    pub(crate) pop: usize,
    pub(crate) status: u16,
    pub(crate) bytes: u64,
    pub(crate) millis: u64,
    /// Answered by a cache.
    pub(crate) hit: bool,
    /// Failed because of what was planted.
    pub(crate) planted: bool,
    /// Made by the crowd or by machines, beyond the site's ordinary life.
    pub(crate) extra: bool,
    /// Never left the cache's own house.
    pub(crate) edge_only: bool,
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) client: usize,
    /// `None`: an asset.
    pub(crate) resource: Option<usize>,
    pub(crate) item: usize,
    pub(crate) query: String,
    pub(crate) referrer: String,
    pub(crate) extra: bool,
    pub(crate) tries: u32,
}

/// What is to happen.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Somebody of the site's own clients comes.
    Visit,
    /// The next page of a visit, and how many there are to come.
    Page(Ask, usize),
    /// Somebody of the crowd looks, and how often they will.
    Look(Ask, usize),
    /// An asset, or something asked for once more.
    Fetch(Ask),
    /// A machine that floods goes on.
    Bot(usize),
    /// A machine of every day goes on, so many seconds after each time.
    Beat(usize, f64),
}

/// Seconds over which load is felt.
const FELT: f64 = 3.0;
/// Seconds before the logs begin in which life goes on already.
const BEFORE: f64 = 240.0;

pub(crate) struct World<'a> {
    pub(crate) d: &'a Drawn,
    pub(crate) rng: Rng,
    pub(crate) people: Population,
    /// Microseconds after [`BEFORE`] the beginning, and the number of the act.
    queue: BinaryHeap<Reverse<(u64, usize)>>,
    acts: Vec<Option<(f64, Act)>>,
    out: Vec<Request>,
    /// Felt load of what shares the capacity.
    load: Felt,
    /// The same for each address, where there is a limit.
    loads: BTreeMap<String, Felt>,
    /// How lively each minute is.
    minutes: Vec<f64>,
}

/// A rate of requests as it is felt: each counts for [`FELT`] seconds and fades.
#[derive(Clone, Copy, Debug, Default)]
struct Felt {
    rate: f64,
    at: f64,
}

impl Felt {
    fn one_more(&mut self, at: f64) -> f64 {
        self.rate = self.rate * (-(at - self.at).max(0.0) / FELT).exp() + 1.0 / FELT;
        self.at = at;
        self.rate
    }
}

/// Everything that happens, in order of time, and who they are.
pub(crate) fn life(d: &Drawn) -> (Vec<Request>, Population) {
    let mut rng = Rng::new(d.seed, 201 + d.family as u64);
    let people = Population::of(d, &mut rng);
    let spread = rng.between(0.05, 0.25);
    let minutes = (0..((d.length + BEFORE) / 60.0) as usize + 2).map(|_| (spread * rng.normal()).exp()).collect();
    let mut world = World {
        d,
        rng,
        people,
        queue: BinaryHeap::new(),
        acts: Vec::new(),
        out: Vec::new(),
        load: Felt::default(),
        loads: BTreeMap::new(),
        minutes,
    };
    world.enter(-BEFORE, Act::Visit);
    for (machine, every) in world.people.household.clone() {
        let at = world.rng.between(-every, 0.0);
        world.enter(at, Act::Beat(machine, every));
    }
    guests::invite(&mut world);
    while let Some(Reverse((_, number))) = world.queue.pop() {
        if let Some((at, act)) = world.acts[number].take() {
            world.happen(at, act);
        }
    }
    let mut out = world.out;
    out.retain(|r| (0.0..d.length).contains(&r.at));
    (out, world.people)
}

impl World<'_> {
    /// Enters an act, unless the logs end before it.
    pub(crate) fn enter(&mut self, at: f64, act: Act) {
        if (-BEFORE..self.d.length).contains(&at) {
            self.queue.push(Reverse((((at + BEFORE) * 1e6) as u64, self.acts.len())));
            self.acts.push(Some((at, act)));
        }
    }

    fn happen(&mut self, at: f64, act: Act) {
        match act {
            Act::Visit => self.visit(at),
            Act::Page(ask, left) => self.page(ask, at, left),
            Act::Look(ask, left) => guests::look(self, ask, at, left),
            Act::Fetch(ask) => _ = self.serve(&ask, at),
            Act::Bot(machine) => guests::go_on(self, machine, at),
            Act::Beat(machine, every) => {
                let ask = self.anything(machine);
                self.serve(&ask, at);
                let next = at + every * self.rng.between(0.97, 1.03);
                self.enter(next, Act::Beat(machine, every));
            }
        }
    }

    /// Requests of one visit, about.
    fn mean_visit(&self) -> f64 {
        match self.d.style {
            Style::Browsing => 4.7,
            Style::App => 2.2,
            Style::Thin => 1.0,
        }
    }

    fn visit(&mut self, at: f64) {
        let client = self.people.regular(&mut self.rng);
        let mut ask = self.anything(client);
        ask.referrer = self.entry(client);
        let pages = match self.d.style {
            Style::Thin => 1,
            // Many leave after one page, few read on for long (Huberman et al., 1998).
            _ => (0.6 / self.rng.unit().powf(0.9)).clamp(1.0, 30.0) as usize,
        };
        self.page(ask, at, pages - 1);
        let lively = self.minutes.get(((at + BEFORE) / 60.0) as usize).copied().unwrap_or(1.0);
        let next = at + self.rng.wait(self.mean_visit() / (self.d.base * lively));
        self.enter(next, Act::Visit);
    }

    /// Something of the site, as people ask for it.
    pub(crate) fn anything(&mut self, client: usize) -> Ask {
        let resource = self.rng.weighted(&self.d.weights);
        let item = ((400f64).powf(self.rng.unit()) - 1.0) as usize;
        let query = self.query(resource, item);
        let referrer = "-".to_owned();
        Ask { client, resource: Some(resource), item, query, referrer, extra: false, tries: 0 }
    }

    /// The query that people's requests for it carry.
    pub(crate) fn query(&mut self, resource: usize, item: usize) -> String {
        match RESOURCES[resource].name {
            "/search" => format!("q=word{item}"),
            "/api/feed" => format!("cursor={}", self.rng.below(1_000_000)),
            _ => String::new(),
        }
    }

    /// Where somebody comes from who opens a first page.
    pub(crate) fn entry(&mut self, client: usize) -> String {
        if self.d.style == Style::Thin {
            return "https://x.example/home".into();
        }
        if self.people.clients[client].app {
            return "-".into();
        }
        let from = ["-", "https://www.google.com/", "https://duckduckgo.com/", "https://t.co/", "https://news.example.org/"];
        from[self.rng.weighted(&[0.4, 0.35, 0.05, 0.1, 0.1])].into()
    }

    fn page(&mut self, ask: Ask, at: f64, left: usize) {
        let good = self.serve(&ask, at);
        if good {
            self.assets(&ask, at, 1.0);
        } else if self.try_again(&ask, at, |ask| Act::Page(ask, left)) {
            return;
        }
        // Who was refused leaves more often than not.
        if left == 0 || (!good && self.rng.chance(0.6)) {
            return;
        }
        let mut next = self.anything(ask.client);
        if !self.people.clients[ask.client].app {
            next.referrer = format!("https://x.example{}", path(ask.resource.unwrap_or(0), ask.item));
        }
        let think = 9.0 * (0.9 * self.rng.normal()).exp() + 0.3;
        self.enter(at + think, Act::Page(next, left - 1));
    }

    /// Enters what was refused once more, if they do not give up.
    pub(crate) fn try_again(&mut self, ask: &Ask, at: f64, act: impl FnOnce(Ask) -> Act) -> bool {
        let (chance, pause) = self.d.again;
        if ask.tries >= 12 || !self.rng.chance(chance) {
            return false;
        }
        let app = self.people.clients[ask.client].app;
        // Applications wait longer each time; people press the key.
        let wait = if app { pause * 0.5 * f64::from(1u32 << ask.tries.min(5)) } else { pause };
        let at = at + 0.4 + self.rng.wait(wait);
        self.enter(at, act(Ask { tries: ask.tries + 1, ..ask.clone() }));
        true
    }

    /// What belongs to a page, as far as somebody does not have it yet; `share` of it.
    pub(crate) fn assets(&mut self, ask: &Ask, at: f64, share: f64) {
        let client = &mut self.people.clients[ask.client];
        let page = ask.resource.is_some_and(|r| RESOURCES[r].page);
        if self.d.style != Style::Browsing || client.app || !page {
            return;
        }
        let of_site = if client.warm { 0 } else { 4 };
        client.warm = true;
        let own = 1 + ask.item % 3;
        let referrer = format!("https://x.example{}", path(ask.resource.unwrap_or(0), ask.item));
        for i in 0..of_site + own {
            if !self.rng.chance(share) {
                continue;
            }
            let item = if i < of_site { i } else { 10 + ask.item * 4 + i };
            let at = at + 0.05 + self.rng.wait(0.3);
            let referrer = referrer.clone();
            let (client, extra) = (ask.client, ask.extra);
            self.enter(at, Act::Fetch(Ask { client, resource: None, item, query: String::new(), referrer, extra, tries: 0 }));
        }
    }

    /// One request and its answer; whether it was a good one.
    pub(crate) fn serve(&mut self, ask: &Ask, at: f64) -> bool {
        let d = self.d;
        let who = &self.people.clients[ask.client];
        let (pop, address) = (who.pop, who.address.clone());
        let cache = matches!(d.layout, Layout::Fleet | Layout::Caches);
        let hit = cache && ask.query.is_empty() && self.rng.chance(ask.resource.map_or(0.95, |r| RESOURCES[r].cached));
        let limited = d.limit.is_some_and(|limit| self.loads.entry(address).or_default().one_more(at) > limit);
        let overloaded = !hit && ask.resource.is_some() && self.overloaded(ask, at);
        let broken = self.broken(ask, at, pop, hit);
        let ordinary = !hit && self.rng.chance(d.ordinary);
        let usual = match ask.resource {
            Some(r) => 900 + (r * 7_919 + ask.item * 101) as u64 % 40_000 + self.rng.below(60) as u64,
            None => 2_000 + (ask.item * 977) as u64 % 60_000,
        };
        let (status, bytes) = match (limited, overloaded, broken, ordinary) {
            (true, ..) => (429, 162),
            (_, true, ..) => (d.refusal, 197),
            (_, _, true, _) => (self.rng.pick(&[500, 503, 502, 500]), 157),
            (.., true) => (self.rng.pick(&[500, 502]), 157),
            _ if ask.resource.is_some() && self.rng.chance(0.006) => (404, 345),
            _ => (200, usual),
        };
        let slow = if overloaded { 4.0 } else { 1.0 };
        let millis = if hit { 1 } else { (slow * (8.0 + self.rng.wait(30.0))) as u64 };
        let planted = limited || overloaded || broken;
        let edge_only = broken && matches!(d.fault.map(|f| f.what), Some(Breaks::Pop(_)));
        self.out.push(Request {
            at,
            client: ask.client,
            resource: ask.resource,
            path: ask.resource.map_or_else(
                || format!("/static/{}.{}", ask.item, ["js", "css", "png", "jpg"][ask.item % 4]),
                |r| path(r, ask.item),
            ),
            query: ask.query.clone(),
            referrer: ask.referrer.clone(),
            pop,
            status,
            bytes,
            millis,
            hit,
            planted,
            extra: ask.extra,
            edge_only,
        });
        status < 400 || status == 404
    }

    /// Whether there was no room for it.
    fn overloaded(&mut self, ask: &Ask, at: f64) -> bool {
        let d = self.d;
        let Some(capacity) = d.capacity.filter(|c| c.site || ask.resource == Some(d.target)) else { return false };
        let felt = self.load.one_more(at);
        let normal = if capacity.site { d.pages_rate() } else { d.target_rate() };
        let inside = (d.window.0..d.window.1).contains(&at);
        let room = normal * if inside { capacity.inside } else { capacity.over };
        self.rng.chance(1.0 - (room / felt).min(1.0))
    }

    /// Whether a fault met it.
    fn broken(&mut self, ask: &Ask, at: f64, pop: usize, hit: bool) -> bool {
        let d = self.d;
        let Some(fault) = d.fault.filter(|_| (d.window.0..d.window.1).contains(&at)) else { return false };
        if fault.period.is_some_and(|(period, on)| ((at - d.window.0) / period).fract() >= on) {
            return false;
        }
        let met = match fault.what {
            Breaks::Target => !hit && ask.resource == Some(d.target),
            Breaks::Site => !hit,
            Breaks::Pop(p) => !hit && p == pop,
            Breaks::Backend(b) => !hit && ask.resource.map_or(2, |r| RESOURCES[r].backend) == b,
        };
        met && self.rng.chance(fault.share)
    }
}

/// The path of a thing.
pub(crate) fn path(resource: usize, item: usize) -> String {
    RESOURCES[resource].name.replace(":id", &(10_000 + item).to_string())
}

#[test]
fn the_ordinary_life_of_a_site_is_as_busy_as_was_drawn() {
    for seed in 1..=12 {
        let d = Drawn::of(crate::family::Family::Nothing, seed);
        let (all, _) = life(&d);
        let of = |n: usize, rate: f64| n as f64 / (rate * d.length);
        let pages = all.iter().filter(|r| r.resource.is_some()).count();
        let (whole, pages) = (of(all.len(), d.base), of(pages, d.pages_rate()));
        assert!((0.6..1.5).contains(&whole) && (0.6..1.5).contains(&pages), "{seed}: {whole:.2} {pages:.2}, {}", d.in_words());
    }
}

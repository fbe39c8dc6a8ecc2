//! The platform: two POPs with caches, the balancer, the origin. Takes one request and works out
//! what every tier does with it. Who asks, and what they do with the answer, is not its business.

use super::exchange::{BalancerSide, EdgeSide, Exchange, OriginSide};
use super::fault::{Failure, Weather};
use super::logs::Logs;
use super::people::World;
use super::rng::{Rng, scatter};
use super::truth::Book;
use super::world::{Ask, Kind, Pop};
use crate::error::Result;
use std::collections::BTreeMap;

/// Pictures that are in every cache from the beginning.
const WARM_PICTURES: u64 = 500;
/// Milliseconds after which the balancer gives up on the queue, on a server; the edge on the balancer.
const QUEUE_LIMIT: i64 = 5_000;
const SERVER_LIMIT: i64 = 8_000;
const EDGE_LIMIT: i64 = 10_000;

/// What the client learns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    /// Whether it got what it asked for (a 404 counts: the tier did its work).
    pub(crate) good: bool,
    /// When, milliseconds since the epoch.
    pub(crate) end: i64,
}

/// The tiers with their state, their logs and the book of what really happened.
pub(crate) struct Platform {
    pub(crate) world: World,
    pub(crate) book: Book,
    pub(crate) logs: Logs,
    weather: Weather,
    rng: Rng,
    /// From when on pages have the sizes of a new version.
    pub(crate) deploy: Option<i64>,
    /// Per POP: until when a thing is fresh in its cache.
    caches: [BTreeMap<(u8, u64), i64>; 2],
}

/// The inner tiers' part of a request.
struct Inside {
    balancer: Option<BalancerSide>,
    origin: Option<OriginSide>,
    /// What the edge gets to see: status, body, milliseconds of its own wait.
    status: u16,
    body: u64,
    wait: i64,
    detail: &'static str,
}

impl Platform {
    /// A platform with the given people, faults and places to write to.
    pub(crate) fn new(world: World, weather: Weather, logs: Logs, book: Book, seed: u64) -> Self {
        Platform {
            world,
            book,
            logs,
            weather,
            rng: Rng::stream(seed, "platform"),
            deploy: None,
            caches: [BTreeMap::new(), BTreeMap::new()],
        }
    }

    /// Serves one request and logs it. Requests must come in the order of their start. `forced` is
    /// a failure decided elsewhere (admission to the Space).
    ///
    /// # Errors
    /// A log could not be written.
    pub(crate) fn serve(&mut self, ask: &Ask, forced: Option<Failure>) -> Result<Answer> {
        self.logs.advance(ask.at)?;
        let Some(client) = self.world.clients.get(ask.client).cloned() else { return Ok(Answer { good: true, end: ask.at }) };
        let unchanged = ask.kind == Kind::Media && self.rng.chance(60_000);
        let exchange = if forced.is_none() && self.is_cached(ask, client.pop) {
            let (status, body) = if unchanged { (304, 0) } else { (200, self.size(ask)) };
            let first_byte = 1;
            let end = ask.at + first_byte + (body / 40_000) as i64;
            let edge = EdgeSide { end, first_byte, status, result: "Hit", detail: "Hit", body };
            Exchange { ask, client: &client, edge, balancer: None, origin: None, soft: false }
        } else {
            let failure = forced.or_else(|| self.weather.strike(&mut self.rng, ask.at, ask.kind, client.pop));
            let inside = match failure {
                Some(failure) => self.fail(ask, client.pop, failure),
                None => self.answer(ask, client.pop, unchanged),
            };
            let edge = self.at_edge(ask, &inside);
            let soft = failure == Some(Failure::Soft) && edge.status == 200;
            Exchange { ask, client: &client, edge, balancer: inside.balancer, origin: inside.origin, soft }
        };
        let status = exchange.edge.status;
        let soft = exchange.soft;
        if matches!(status, 200 | 304) && !soft {
            self.store(ask, client.pop, exchange.edge.end);
        }
        self.book.note(&exchange);
        self.logs.write(&exchange)?;
        Ok(Answer { good: matches!(status, 200..500 if status != 429) && !soft, end: exchange.edge.end })
    }

    /// Body bytes of the good answer, by the version of the site.
    fn size(&self, ask: &Ask) -> u64 {
        let old = size(ask);
        if self.deploy.is_none_or(|at| ask.at < at) {
            return old;
        }
        match ask.kind {
            Kind::Home => old * 6 / 10,
            Kind::Status => old * 42 / 100,
            Kind::Search => old + 900,
            Kind::Space | Kind::HotPage => old * 36 / 100,
            Kind::Live | Kind::HotLive => 388,
            Kind::Timeline | Kind::Media | Kind::Scan => old,
        }
    }

    fn is_cached(&self, ask: &Ask, pop: Pop) -> bool {
        let warm = ask.kind == Kind::Media && ask.item < WARM_PICTURES;
        warm || self.caches[pop.index()].get(&(ask.kind as u8, ask.item)).is_some_and(|&until| ask.at < until)
    }

    fn store(&mut self, ask: &Ask, pop: Pop, at: i64) {
        if let Some(secs) = ask.kind.cache_secs() {
            self.caches[pop.index()].entry((ask.kind as u8, ask.item)).or_insert(0);
            if let Some(until) = self.caches[pop.index()].get_mut(&(ask.kind as u8, ask.item)) {
                // A hit does not renew; only what came from behind is newer than what is stored.
                if *until <= at {
                    *until = at + secs * 1_000;
                }
            }
        }
    }

    /// The edge's own line about a request it had to pass on. One client in three hundred leaves
    /// before the answer; the tiers behind finish their work unaware.
    fn at_edge(&mut self, ask: &Ask, inside: &Inside) -> EdgeSide {
        let end = ask.at + inside.wait + 1 + (inside.body / 40_000) as i64;
        if inside.wait > 20 && self.rng.chance(3_300) {
            return EdgeSide {
                end: ask.at + inside.wait / 2,
                first_byte: inside.wait / 2,
                status: 0,
                result: "Error",
                detail: "ClientCommError",
                body: 0,
            };
        }
        let result = if inside.status >= 400 { "Error" } else { "Miss" };
        EdgeSide { end, first_byte: inside.wait, status: inside.status, result, detail: inside.detail, body: inside.body }
    }

    /// A request that goes well: 200, 304, or 404 for what does not exist.
    fn answer(&mut self, ask: &Ask, pop: Pop, unchanged: bool) -> Inside {
        let (floor, mean) = ask.kind.effort();
        let slow = self.weather.slowness(ask.at, ask.kind, pop);
        let app = (floor + self.rng.wait(mean)) * slow;
        let missing = ask.kind == Kind::Scan || (ask.kind == Kind::Status && self.rng.chance(12_000));
        let (status, body) = match (missing, unchanged) {
            (true, _) => (404, 1_245),
            (_, true) => (304, 0),
            _ => (200, self.size(ask)),
        };
        self.through(ask, pop, status, body, app, true)
    }

    /// Through all tiers, with an answer from the origin; `by_app`: the application made it.
    fn through(&mut self, ask: &Ask, pop: Pop, status: u16, body: u64, app: i64, by_app: bool) -> Inside {
        let start = ask.at + pop.hop();
        let total = app + (body / 200_000) as i64;
        let balancer = BalancerSide {
            start,
            queue: 0,
            connect: 0,
            response: app,
            total,
            status: i32::from(status),
            bytes: body + 231,
            ending: "----",
            served: true,
            retries: 0,
            waiting: (0, 0),
        };
        let origin = OriginSide { end: start + total, total, status, body, connected: by_app, answered: by_app };
        let detail = match status {
            500.. => "OriginError",
            400.. => "Error",
            _ => "Miss",
        };
        Inside { balancer: Some(balancer), origin: Some(origin), status, body, wait: total + 2 * pop.hop(), detail }
    }

    fn fail(&mut self, ask: &Ask, pop: Pop, failure: Failure) -> Inside {
        let quick = 2 + self.rng.wait(9.0);
        match failure {
            Failure::App503 => self.through(ask, pop, 503, 97, quick, true),
            Failure::Soft => self.through(ask, pop, 200, 282, quick, true),
            Failure::App500 => self.through(ask, pop, 500, 113, 15 + 3 * quick, true),
            Failure::AppGone => self.through(ask, pop, 502, 157, 1, false),
            Failure::EdgeConnect => edge_only(502, 3_000 + quick, "OriginConnectError"),
            Failure::EdgeTimeout => edge_only(504, EDGE_LIMIT + quick % 4, "OriginCommError"),
            _ => self.fail_at_balancer(ask, pop, failure, quick),
        }
    }

    /// Failures the balancer makes: only a timeout leaves a line at the origin.
    fn fail_at_balancer(&mut self, ask: &Ask, pop: Pop, failure: Failure, quick: i64) -> Inside {
        let start = ask.at + pop.hop();
        let waiting = 40 + self.rng.below(60) as u32;
        let base = BalancerSide {
            start,
            queue: 0,
            connect: 0,
            response: -1,
            total: 0,
            status: 503,
            bytes: 217,
            ending: "SC--",
            served: true,
            retries: 0,
            waiting: (0, 0),
        };
        let side = match failure {
            Failure::QueueTimeout => BalancerSide {
                queue: QUEUE_LIMIT + quick % 3,
                connect: -1,
                total: QUEUE_LIMIT + quick % 3,
                ending: "sQ--",
                served: false,
                waiting: (0, waiting),
                ..base
            },
            Failure::Died => BalancerSide { total: 60 + quick * 20, status: 502, bytes: 209, ending: "SH--", ..base },
            Failure::Timeout => BalancerSide { total: SERVER_LIMIT + quick % 3, status: 504, bytes: 198, ending: "sH--", ..base },
            Failure::Shed => {
                BalancerSide { queue: -1, connect: -1, status: 429, bytes: 190, ending: "PR--", served: false, ..base }
            }
            _ => BalancerSide { connect: -1, total: 3_003 + quick % 4, retries: 3, ..base },
        };
        let origin = (failure == Failure::Timeout).then(|| OriginSide {
            end: side.end(),
            total: side.total,
            status: 499,
            body: 0,
            connected: true,
            answered: false,
        });
        let detail = if failure == Failure::Shed { "Error" } else { "OriginError" };
        let wait = side.total + 2 * pop.hop();
        Inside { balancer: Some(side), origin, status: side.status as u16, body: 107, wait, detail }
    }
}

fn edge_only(status: u16, wait: i64, detail: &'static str) -> Inside {
    Inside { balancer: None, origin: None, status, body: 951, wait, detail }
}

/// Body bytes of the good answer: belongs to the thing, so that it is the same each time.
fn size(ask: &Ask) -> u64 {
    let draw = scatter(ask.item.wrapping_mul(31).wrapping_add(ask.kind as u64));
    match ask.kind {
        Kind::Home => 18_211 + draw % 16 * 512,
        Kind::Timeline => 9_403 + draw % 32 * 128,
        Kind::Media => 12_000 + draw % 90_000,
        Kind::Status => 7_200 + draw % 64 * 64,
        Kind::Search => 11_000 + draw % 32 * 200,
        Kind::Space | Kind::HotPage => 8_114 + draw % 64,
        Kind::Live | Kind::HotLive => 412,
        Kind::Scan => 1_245,
    }
}

//! What happens in a drawn scenario: who asks for what, and what becomes of it.

use crate::chance::Rng;
use crate::draw::{Drawn, Kind, Layout, RESOURCES};

/// One request as it really happened.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Seconds after the beginning of the logs.
    pub(crate) at: f64,
    pub(crate) client: usize,
    /// `None`: a path that only scanners ask for.
    pub(crate) resource: Option<usize>,
    /// Which one of its kind.
    pub(crate) item: usize,
    pub(crate) pop: usize,
    pub(crate) status: u16,
    pub(crate) bytes: u64,
    pub(crate) millis: u64,
    /// Answered by the CDN itself.
    pub(crate) hit: bool,
    /// Failed because of the fault (a soft failure too).
    pub(crate) fault: bool,
    /// Never left the CDN (its way to the balancer was cut).
    pub(crate) edge_only: bool,
}

/// Number from which on clients are scanners.
pub(crate) const SCANNERS: usize = 1_000_000;

/// The world of a scenario while it runs.
struct World<'a> {
    d: &'a Drawn,
    rng: Rng,
    minute: Vec<f64>,
    out: Vec<Request>,
}

/// Everything that happens, in order of time.
pub(crate) fn requests(d: &Drawn) -> Vec<Request> {
    let mut rng = Rng::new(d.seed, 2);
    let minute = (0..(d.length / 60.0) as usize + 2).map(|_| (0.5 * rng.normal()).exp()).collect();
    let mut world = World { d, rng, minute, out: Vec::new() };
    world.visits();
    if d.kind == Kind::CrowdServed {
        world.crowd();
    }
    if matches!(d.kind, Kind::Scanner | Kind::ScannerAndFault) {
        world.scanner();
    }
    if d.kind == Kind::FewAddresses {
        world.flood();
    }
    world.noise();
    let mut out = world.out;
    out.retain(|r| (0.0..d.length).contains(&r.at));
    if d.kind == Kind::DeadPop {
        // Nobody reaches the POP any more: its requests never happen.
        out.retain(|r| r.pop != d.pop || !(d.window.0..d.window.1).contains(&r.at));
    }
    out.sort_by(|a, b| a.at.total_cmp(&b.at));
    out
}

impl World<'_> {
    /// Sessions of a few requests each; some clients come far more often than others.
    fn visits(&mut self) {
        let d = self.d;
        let mean = 5.0;
        let sessions = (d.traffic * d.length / 60.0 / mean) as usize;
        // A harmonic audience: the first client makes many times what the last one makes.
        let weights: Vec<f64> = (0..d.clients).map(|i| 1.0 / (3.0 + i as f64).powf(0.7)).collect();
        let mut sums = Vec::with_capacity(weights.len());
        let mut sum = 0.0;
        for w in &weights {
            sum += w;
            sums.push(sum);
        }
        for _ in 0..sessions {
            let at = self.rng.between(-60.0, d.length);
            let wanted = self.rng.unit() * sum;
            let client = sums.partition_point(|&s| s < wanted).min(d.clients - 1);
            self.session(client, at, mean);
        }
    }

    fn session(&mut self, client: usize, from: f64, mean: f64) {
        let mut at = from;
        let requests = 1 + self.rng.wait(mean - 1.0).round() as usize;
        let luck = (0.7 * self.rng.normal()).exp();
        for _ in 0..requests.min(60) {
            let resource = self.rng.weighted(&self.d.weights);
            self.ask(client, resource, at, luck);
            at += self.rng.wait(9.0) + 0.05;
        }
    }

    fn ask(&mut self, client: usize, resource: usize, at: f64, luck: f64) {
        let again = if self.d.kind == Kind::RetryStorm { 6 } else { 1 };
        let mut at = at;
        let item = self.rng.below(400);
        for _ in 0..again {
            if !self.once(client, resource, item, at, luck) || !self.rng.chance(0.85) {
                return;
            }
            at += 0.5 + self.rng.wait(1.5);
        }
    }

    /// One request; whether it failed.
    fn once(&mut self, client: usize, resource: usize, item: usize, at: f64, luck: f64) -> bool {
        let d = self.d;
        let pop = client * 31 % 3;
        let hit = d.layout == Layout::Fleet && self.rng.chance(RESOURCES[resource].cached);
        let minute = self.minute.get((at.max(0.0) / 60.0) as usize).copied().unwrap_or(1.0);
        let cut = d.kind == Kind::OnePop;
        // What the CDN has in store is served whatever the origin does, unless the POP itself is broken.
        let fault = (!hit || cut) && self.rng.chance(d.share_at(at, resource, pop, client));
        // One visitor in two hundred has something broken that fails again and again.
        let broken = d.kind == Kind::BrokenClients && client.is_multiple_of(200) && self.rng.chance(0.3);
        let ordinary = !hit && self.rng.chance((d.ordinary * luck * minute).min(0.5));
        let usual = 800 + (resource * 7_919 + item * 101) as u64 % 40_000 + self.rng.below(60) as u64;
        let (status, bytes) = match (fault, broken || ordinary) {
            (true, _) if d.kind == Kind::SoftFailure => (200, 1_337),
            (true, _) => (self.rng.pick(&[500, 503, 502]), 157),
            (_, true) => (self.rng.pick(&[500, 502]), 157),
            _ if self.rng.chance(0.01) => (404, 345),
            _ => (200, usual),
        };
        let millis = if hit { 1 } else { 8 + self.rng.wait(30.0) as u64 };
        let edge_only = cut && fault;
        self.out.push(Request { at, client, resource: Some(resource), item, pop, status, bytes, millis, hit, fault, edge_only });
        status >= 500 || fault
    }

    /// A crowd comes for one resource and is served: three to eight times the demand.
    fn crowd(&mut self) {
        let (from, to) = self.d.window;
        let n = ((to - from) / 60.0 * self.d.traffic * self.rng.between(2.0, 7.0)).min(15_000.0) as usize;
        for i in 0..n {
            let at = self.rng.between(from, to);
            let client = self.d.clients + i / 4;
            self.once(client, self.d.targets[0], 1, at, 1.0);
        }
    }

    /// One machine that asks hundreds of times for what breaks the application.
    fn scanner(&mut self) {
        let (from, to) = self.d.window;
        let n = self.rng.between(100.0, 2_500.0).min(3.0 * self.d.traffic * (to - from) / 60.0).max(60.0) as usize;
        // On paths of its own, or on the site's.
        let own = self.rng.chance(0.6);
        let hurried = self.d.targets[0];
        for i in 0..n {
            let at = self.rng.between(from, to);
            let resource = if own { None } else { Some((hurried + 1 + i % 2) % self.d.weights.len()) };
            let status = if self.rng.chance(0.95) { 500 } else { 404 };
            self.extra(SCANNERS, resource, at, status);
        }
    }

    /// A few machines ask for one resource without a pause, and are refused.
    fn flood(&mut self) {
        let (from, to) = self.d.window;
        let machines = 4 + self.rng.below(5);
        let n = self.rng.between(300.0, 3_000.0) as usize;
        for i in 0..n {
            let at = self.rng.between(from, to);
            let status = if self.rng.chance(0.95) { 503 } else { 200 };
            self.extra(SCANNERS + 10 + i % machines, Some(self.d.targets[0]), at, status);
        }
    }

    /// Two machines that look for what is not there, as everywhere.
    fn noise(&mut self) {
        for scanner in 1..=2 {
            let from = self.rng.between(0.0, self.d.length);
            for i in 0..40 {
                self.extra(SCANNERS + scanner, None, from + 2.0 * i as f64, 404);
            }
        }
    }

    fn extra(&mut self, client: usize, resource: Option<usize>, at: f64, status: u16) {
        let item = self.rng.below(400);
        let millis = 3 + self.rng.below(20) as u64;
        let bytes = 345;
        let (hit, fault, edge_only) = (false, false, false);
        self.out.push(Request { at, client, resource, item, pop: client % 3, status, bytes, millis, hit, fault, edge_only });
    }
}

//! What is drawn: for each seed one site, its traffic, one thing that goes wrong (or nothing), what
//! is lost of the logs, and what a report may rightly say of it.

use crate::chance::Rng;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Nothing,
    CrowdServed,
    Scanner,
    BrokenClients,
    OneResource,
    TwoResources,
    SomeClients,
    RetryStorm,
    SoftFailure,
    OnePop,
    ResourceAtPop,
    OneBackend,
    SiteWide,
    DeadOrigin,
    ScannerAndFault,
    Ramp,
    Oscillating,
    LogHole,
    HoleOfOnePop,
    MissingRotation,
    FewClients,
    Short,
    Long,
    BeginsInside,
    DeadPop,
    FewAddresses,
    HoleInFault,
}

/// All kinds, in the order in which seeds go through them. Those on which most hangs come twice.
pub(crate) const KINDS: &[Kind] = &[
    Kind::Nothing,
    Kind::OneResource,
    Kind::Scanner,
    Kind::OnePop,
    Kind::SiteWide,
    Kind::LogHole,
    Kind::TwoResources,
    Kind::SomeClients,
    Kind::RetryStorm,
    Kind::SoftFailure,
    Kind::ResourceAtPop,
    Kind::OneBackend,
    Kind::CrowdServed,
    Kind::DeadOrigin,
    Kind::ScannerAndFault,
    Kind::Ramp,
    Kind::Oscillating,
    Kind::HoleOfOnePop,
    Kind::MissingRotation,
    Kind::FewClients,
    Kind::Short,
    Kind::Long,
    Kind::BeginsInside,
    Kind::DeadPop,
    Kind::BrokenClients,
    Kind::HoleInFault,
    Kind::OneResource,
    Kind::SiteWide,
    Kind::OnePop,
    Kind::FewAddresses,
];

impl Kind {
    /// For people.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Kind::Nothing => "nothing",
            Kind::CrowdServed => "a crowd, served",
            Kind::Scanner => "a scanner with 5xx",
            Kind::BrokenClients => "a few broken clients",
            Kind::OneResource => "one resource",
            Kind::TwoResources => "two resources",
            Kind::SomeClients => "one resource, for some clients",
            Kind::RetryStorm => "one resource, with retries",
            Kind::SoftFailure => "one resource, status 200",
            Kind::OnePop => "one POP",
            Kind::ResourceAtPop => "one resource at one POP",
            Kind::OneBackend => "one backend",
            Kind::SiteWide => "the whole site",
            Kind::DeadOrigin => "the origin, CDN answers from store",
            Kind::ScannerAndFault => "one resource, beside a scanner",
            Kind::Ramp => "one resource, ever more",
            Kind::Oscillating => "one resource, on and off",
            Kind::LogHole => "a hole in all logs",
            Kind::HoleOfOnePop => "a hole in one POP's log",
            Kind::MissingRotation => "a rotation is missing",
            Kind::FewClients => "one resource, 3 to 10 clients",
            Kind::Short => "one resource, a minute",
            Kind::Long => "one resource, most of the logs",
            Kind::BeginsInside => "one resource, logs begin inside",
            Kind::DeadPop => "nobody reaches one POP",
            Kind::FewAddresses => "four to eight machines flood",
            Kind::HoleInFault => "a hole in all logs within a failure",
        }
    }
}

/// Which logs there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One web server, combined format, four rotations.
    Single,
    /// One balancer with three backends.
    Balancer,
    /// Three POPs of a CDN, a balancer, an origin.
    Fleet,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resource {
    /// As the report names it.
    pub(crate) name: &'static str,
    /// Whether the path goes on with a number.
    pub(crate) numbered: bool,
    /// Number of its backend.
    pub(crate) backend: usize,
    /// Share of requests that a CDN answers itself.
    pub(crate) cached: f64,
}

const fn resource(name: &'static str, numbered: bool, backend: usize, cached: f64) -> Resource {
    Resource { name, numbered, backend, cached }
}

pub(crate) const RESOURCES: [Resource; 12] = [
    resource("/home", false, 0, 0.0),
    resource("/product/:id", true, 0, 0.3),
    resource("/media/:id.jpg", true, 2, 0.9),
    resource("/search", false, 1, 0.0),
    resource("/api/cart", false, 1, 0.0),
    resource("/api/checkout", false, 1, 0.0),
    resource("/login", false, 0, 0.0),
    resource("/news/:id", true, 0, 0.5),
    resource("/api/stock", false, 1, 0.0),
    resource("/static/site.css", false, 2, 0.95),
    resource("/account", false, 0, 0.0),
    resource("/help", false, 0, 0.4),
];

pub(crate) const BACKENDS: [&str; 3] = ["be_web", "be_api", "be_media"];
pub(crate) const POPS: [(&str, &str); 3] = [("iad", "IAD89-C1"), ("lhr", "LHR62-C2"), ("nrt", "NRT57-P1")];

/// One drawn scenario. Times are seconds after the beginning of the logs.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub(crate) seed: u64,
    pub(crate) kind: Kind,
    pub(crate) layout: Layout,
    /// Requests a minute, about.
    pub(crate) traffic: f64,
    /// Length of the logs.
    pub(crate) length: f64,
    /// The fault, hole or crowd.
    pub(crate) window: (f64, f64),
    /// Weights of the resources; as many as there are.
    pub(crate) weights: Vec<f64>,
    /// Resources that fail.
    pub(crate) targets: Vec<usize>,
    /// POP that fails.
    pub(crate) pop: usize,
    /// Share of requests in scope that fail.
    pub(crate) share: f64,
    /// Ordinary failing share.
    pub(crate) ordinary: f64,
    /// Clients that ever come.
    pub(crate) clients: usize,
    /// Share of lines that were lost at random.
    pub(crate) dropped: f64,
    /// POP whose log was not handed over.
    pub(crate) absent: Option<usize>,
    /// Length of on and off of an oscillating fault.
    pub(crate) period: f64,
}

impl Drawn {
    pub(crate) fn of(seed: u64) -> Drawn {
        let mut rng = Rng::new(seed, 1);
        let kind = KINDS[(seed as usize - 1) % KINDS.len()];
        let layout = match kind {
            Kind::OnePop | Kind::ResourceAtPop | Kind::HoleOfOnePop | Kind::DeadPop | Kind::DeadOrigin => Layout::Fleet,
            Kind::OneBackend if rng.chance(0.7) => Layout::Balancer,
            Kind::MissingRotation => Layout::Single,
            _ => [Layout::Single, Layout::Balancer, Layout::Fleet][rng.weighted(&[0.35, 0.15, 0.5])],
        };
        // Thin, ordinary, busy.
        let traffic = match rng.weighted(&[0.25, 0.4, 0.35]) {
            0 => rng.between(4.0, 30.0),
            1 => rng.between(30.0, 150.0),
            _ => rng.between(150.0, 320.0),
        };
        let minutes = if traffic < 30.0 { rng.between(90.0, 300.0) } else { rng.between(45.0, 80.0) };
        let length = (minutes * 60.0).floor();
        let n = 4 + rng.below(9);
        let mut weights: Vec<f64> = (0..n).map(|i| 1.0 / (1.0 + i as f64).powf(0.8)).collect();
        for i in (1..n).rev() {
            let other = rng.below(i + 1);
            weights.swap(i, other);
        }
        let lasts = match kind {
            Kind::Short => rng.between(50.0, 90.0),
            Kind::Long => length * rng.between(0.5, 0.7),
            _ => (length * rng.between(0.08, 0.3)).max(240.0),
        };
        let from = match kind {
            Kind::BeginsInside => -1.0,
            _ => rng.between(0.15, 0.85 - (lasts / length).min(0.69)) * length,
        };
        let to = if kind == Kind::BeginsInside { lasts } else { from + lasts };
        let first = rng.below(n);
        let second = (first + 1 + rng.below(n - 1)) % n;
        let targets = match kind {
            Kind::TwoResources => vec![first, second],
            Kind::SiteWide | Kind::DeadOrigin | Kind::OnePop => (0..n).collect(),
            Kind::OneBackend => {
                let backend = RESOURCES[first].backend;
                (0..n).filter(|&r| RESOURCES[r].backend == backend).collect()
            }
            _ => vec![first],
        };
        let share = match kind {
            Kind::DeadOrigin => 1.0,
            Kind::FewAddresses => rng.pick(&[0.0, 0.0, 0.4, 1.0]),
            Kind::RetryStorm => rng.pick(&[0.5, 0.8, 1.0]),
            _ => rng.pick(&[0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]),
        };
        let clients = match kind {
            Kind::FewClients => 3 + rng.below(8),
            _ => (traffic * minutes / rng.between(4.0, 25.0)) as usize + 30,
        };
        let spoiled = rng.weighted(&[0.7, 0.2, 0.1]);
        Drawn {
            seed,
            kind,
            layout,
            traffic,
            length,
            window: (from, to),
            weights,
            targets,
            pop: rng.below(3),
            share,
            ordinary: rng.pick(&[0.0, 0.001, 0.003, 0.01]),
            clients,
            dropped: if spoiled == 1 { rng.pick(&[0.05, 0.15, 0.3]) } else { 0.0 },
            absent: (spoiled == 2 && layout == Layout::Fleet).then(|| rng.below(3)),
            period: rng.between(60.0, 200.0),
        }
    }

    /// Whether a fault strikes at `at` what is asked for `resource` at `pop`, and with what chance.
    pub(crate) fn share_at(&self, at: f64, resource: usize, pop: usize, client: usize) -> f64 {
        let (from, to) = self.window;
        if !(from <= at && at < to && self.targets.contains(&resource)) {
            return 0.0;
        }
        let here = pop == self.pop;
        match self.kind {
            Kind::Nothing
            | Kind::CrowdServed
            | Kind::Scanner
            | Kind::BrokenClients
            | Kind::LogHole
            | Kind::HoleOfOnePop
            | Kind::MissingRotation
            | Kind::DeadPop => 0.0,
            Kind::OnePop | Kind::ResourceAtPop if !here => 0.0,
            Kind::SomeClients => f64::from(u8::from((client * 7919) % 100 < (self.share * 100.0) as usize)),
            Kind::Ramp => self.share * (at - from) / (to - from),
            Kind::Oscillating if ((at - from) / self.period) as i64 % 2 == 1 => 0.0,
            _ => self.share,
        }
    }

    /// Whether any request fails because of a fault.
    pub(crate) fn has_fault(&self) -> bool {
        let at = self.window.0.max(0.0) + 0.9 * (self.window.1 - self.window.0.max(0.0));
        let oscillates = self.kind == Kind::Oscillating;
        oscillates || self.kind == Kind::SomeClients || self.targets.iter().any(|&r| self.share_at(at, r, self.pop, 0) > 0.0)
    }

    /// One line for people.
    pub(crate) fn in_words(&self) -> String {
        let names: Vec<&str> = self.targets.iter().map(|&r| RESOURCES[r].name).collect();
        let what = if names.len() == self.weights.len() { "everything".to_owned() } else { names.join(" ") };
        let mut text = format!(
            "{:?}, {:?}, {:.0} requests a minute for {:.0} min, {} resources, {} clients, {:.0}..{:.0} s, {what}, share {}, ordinarily {}",
            self.kind,
            self.layout,
            self.traffic,
            self.length / 60.0,
            self.weights.len(),
            self.clients,
            self.window.0,
            self.window.1,
            self.share,
            self.ordinary
        );
        if self.layout == Layout::Fleet {
            text += &format!(", POP {}", POPS[self.pop].0);
        }
        if self.dropped > 0.0 {
            text += &format!(", {} of the lines lost", self.dropped);
        }
        if let Some(pop) = self.absent {
            text += &format!(", log of {} absent", POPS[pop].0);
        }
        text
    }
}

//! What a scenario can be made of: layouts of logs, what is asked for, crowds, machines, faults.

/// Which logs there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One web server, combined format.
    Single,
    /// One web server, combined format with times at its end.
    Timed,
    /// One balancer with three backends; no agent, no referrer.
    Balancer,
    /// Three POPs of a CDN (CloudFront's format), a balancer, an origin.
    Fleet,
    /// Two POPs (Varnish's format), a balancer, an origin.
    Caches,
}

/// How people use the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Pages with what belongs to them, links, thinking.
    Browsing,
    /// An application that asks an interface; few referrers, no assets.
    App,
    /// Single requests without any memory, as load generators make them.
    Thin,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resource {
    pub(crate) name: &'static str,
    /// Number of its backend.
    pub(crate) backend: usize,
    /// Share of requests that a cache answers.
    pub(crate) cached: f64,
    /// A page with assets.
    pub(crate) page: bool,
}

const fn resource(name: &'static str, backend: usize, cached: f64, page: bool) -> Resource {
    Resource { name, backend, cached, page }
}

pub(crate) const RESOURCES: [Resource; 12] = [
    resource("/home", 0, 0.0, true),
    resource("/product/:id", 0, 0.2, true),
    resource("/news/:id", 0, 0.5, true),
    resource("/live/:id", 1, 0.0, true),
    resource("/search", 1, 0.0, true),
    resource("/tickets", 1, 0.0, true),
    resource("/account", 0, 0.0, true),
    resource("/help/:id", 0, 0.4, true),
    resource("/api/feed", 1, 0.0, false),
    resource("/api/stock", 1, 0.0, false),
    resource("/api/cart", 1, 0.0, false),
    resource("/login", 0, 0.0, true),
];
/// Those an application asks for.
pub(crate) const OF_APPS: [usize; 5] = [3, 8, 9, 10, 11];
pub(crate) const BACKENDS: [&str; 3] = ["be_web", "be_api", "be_media"];

/// A crowd of people.
#[derive(Clone, Debug)]
pub(crate) struct Crowd {
    pub(crate) people: usize,
    /// Share of them that are the site's own clients.
    pub(crate) known: f64,
    /// Share of the others that come from the networks of the site's own clients.
    pub(crate) usual_networks: f64,
    /// Seconds in which arrivals rise.
    pub(crate) rise: f64,
    /// Seconds in which they fall to a third after the window.
    pub(crate) decay: f64,
    /// Requests for the target by each, about.
    pub(crate) looks: f64,
    /// Seconds between two looks.
    pub(crate) pause: f64,
    /// Looks at fixed intervals: a player, a page that reloads itself.
    pub(crate) polls: bool,
    /// Share that comes by one link from outside.
    pub(crate) linked: f64,
    /// Addresses they share; 0: each has its own.
    pub(crate) shared: usize,
    /// An app's: no referrer, no assets, one agent or two.
    pub(crate) app: bool,
    /// Arrivals follow this series of the World Cup.
    pub(crate) series: Option<usize>,
    /// They are not people, and go on whatever they are answered.
    pub(crate) hired: bool,
}

/// What machines ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    Target,
    /// The target with a query that was never asked.
    Busting,
    Anything,
}

/// How machines name themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mask {
    Script,
    OneBrowser,
    ManyBrowsers,
}

/// Machines.
#[derive(Clone, Debug)]
pub(crate) struct Bots {
    pub(crate) addresses: usize,
    /// Requests a second of each.
    pub(crate) rate: f64,
    /// 0: like clockwork; 1: at random.
    pub(crate) jitter: f64,
    pub(crate) aim: Aim,
    pub(crate) mask: Mask,
    /// Share of them in the networks of the site's own clients.
    pub(crate) usual_networks: f64,
    /// Networks they have otherwise.
    pub(crate) networks: usize,
    /// Whether a referrer is forged.
    pub(crate) referrer: bool,
    /// Share of the assets that they load.
    pub(crate) assets: f64,
    /// Seconds in which they begin.
    pub(crate) start: f64,
    /// Seconds before the end in which they leave.
    pub(crate) stop: f64,
    /// They call themselves a search engine's crawler and keep its manners.
    pub(crate) crawler: bool,
}

/// What fails, without any regard to load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Breaks {
    Target,
    Site,
    Pop(usize),
    Backend(usize),
}

/// A fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) what: Breaks,
    pub(crate) share: f64,
    /// Length of on and off together, and the share of on.
    pub(crate) period: Option<(f64, f64)>,
}

/// Requests a second that can be answered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Capacity {
    /// Over the ordinary rate of what shares it, before anything happens.
    pub(crate) over: f64,
    /// The same in the window: less where capacity is lost.
    pub(crate) inside: f64,
    /// The whole site shares it, not only the target.
    pub(crate) site: bool,
}

//! The simulator's own bookkeeping and `truth.json`. Nothing here is read back from written lines.

use super::calendar::rfc3339;
use super::exchange::Exchange;
use super::world::{Kind, Pop};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a scenario plants, as a report should find it.
#[derive(Clone, Debug)]
pub(crate) struct Planted {
    /// One sentence: what happens.
    pub(crate) what: &'static str,
    /// `scope.verdict` of a right report.
    pub(crate) verdict: &'static str,
    /// Attribute and value, in the names a log reader sees; `None`: no part of the site, or all of it.
    pub(crate) cause: Option<(&'static str, String)>,
    /// Explanation ids that hold, the chief one first.
    pub(crate) explanations: &'static [&'static str],
    /// The incident, half-open; `None` where there is none.
    pub(crate) window: Option<(i64, i64)>,
    /// Kinds of request the target takes in; empty: all.
    pub(crate) kinds: &'static [Kind],
    /// The POP the target is limited to.
    pub(crate) pop: Option<Pop>,
    /// What one made person stands for.
    pub(crate) scale: String,
    /// Further facts for people.
    pub(crate) notes: Vec<String>,
}

/// Requests and how many of them failed (5xx, 429 or an error page with status 200 at the edge).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) requests: u64,
    pub(crate) failed: u64,
}

/// What happened, by tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) requests: u64,
    pub(crate) hits: u64,
    pub(crate) stopped_at_edge: u64,
    pub(crate) at_balancer: u64,
    pub(crate) stopped_at_balancer: u64,
    pub(crate) at_origin: u64,
    pub(crate) aborted: u64,
    pub(crate) strays: [u64; 2],
}

/// Pages that people wanted, how often they tried, and how many got them, in and outside the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    wanted: u64,
    attempts: u64,
    got: u64,
}

/// The most of something, and when.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Peak {
    now: u64,
    most: u64,
    at: i64,
}

impl Peak {
    /// One more or one fewer at `at`.
    pub(crate) fn step(&mut self, more: bool, at: i64) {
        self.now = if more { self.now + 1 } else { self.now.saturating_sub(1) };
        if self.now > self.most {
            (self.most, self.at) = (self.now, at);
        }
    }

    /// How many now.
    pub(crate) const fn now(&self) -> u64 {
        self.now
    }

    fn json(self) -> Value {
        json!({ "value": self.most, "at": rfc3339(self.at) })
    }
}

/// The audience of the Space.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    requests: u64,
    clients: BTreeSet<usize>,
    /// Of the window.
    in_window: BTreeSet<usize>,
    /// Clients with a failed request in the window.
    hurt: BTreeSet<usize>,
    /// Views of the announcing post.
    post_views: u64,
    /// Clients that got in during the window.
    pub(crate) joined: BTreeSet<usize>,
    /// Admitted and not yet gone.
    pub(crate) listening: Peak,
    /// Arrived and neither gone nor having given up.
    pub(crate) present: Peak,
}

/// The book.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) planted: Planted,
    pub(crate) tally: Tally,
    pub(crate) target: Count,
    pub(crate) rest: Count,
    pub(crate) outside: Count,
    pub(crate) audience: Audience,
    /// Of the target's kinds; inside the window, and outside.
    wishes: [Wishes; 2],
}

impl Book {
    /// An empty book for what is planted.
    pub(crate) fn new(planted: Planted) -> Self {
        Book {
            planted,
            tally: Tally::default(),
            target: Count::default(),
            rest: Count::default(),
            outside: Count::default(),
            audience: Audience::default(),
            wishes: Default::default(),
        }
    }

    /// Enters a page that somebody began to ask for at `since`, after the last attempt.
    pub(crate) fn wish(&mut self, kind: Kind, since: i64, attempts: u32, got: bool) {
        if self.planted.kinds.is_empty() || self.planted.kinds.contains(&kind) {
            let w = &mut self.wishes[usize::from(!self.in_window(since))];
            *w = Wishes { wanted: w.wanted + 1, attempts: w.attempts + u64::from(attempts), got: w.got + u64::from(got) };
        }
    }

    /// Whether `at` lies in the planted window.
    pub(crate) fn in_window(&self, at: i64) -> bool {
        self.planted.window.is_some_and(|(from, to)| from <= at && at < to)
    }

    /// Enters one served request, counted at its start.
    pub(crate) fn note(&mut self, x: &Exchange<'_>) {
        let status = x.edge.status;
        let failed = status >= 500 || status == 429 || x.soft;
        let tally = &mut self.tally;
        tally.requests += 1;
        tally.aborted += u64::from(status == 0);
        tally.at_balancer += u64::from(x.balancer.is_some());
        tally.at_origin += u64::from(x.origin.is_some());
        tally.stopped_at_balancer += u64::from(x.balancer.is_some() && x.origin.is_none());
        tally.hits += u64::from(x.edge.result == "Hit");
        tally.stopped_at_edge += u64::from(x.balancer.is_none() && x.edge.result != "Hit");
        let inside = self.in_window(x.ask.at);
        let meant = (self.planted.kinds.is_empty() || self.planted.kinds.contains(&x.ask.kind))
            && self.planted.pop.is_none_or(|p| p == x.client.pop);
        let count = match (inside, meant) {
            (false, _) => &mut self.outside,
            (true, true) => &mut self.target,
            (true, false) => &mut self.rest,
        };
        count.requests += 1;
        count.failed += u64::from(failed);
        self.note_audience(x, inside, failed);
    }

    fn note_audience(&mut self, x: &Exchange<'_>, inside: bool, failed: bool) {
        let audience = &mut self.audience;
        audience.post_views += u64::from(x.ask.item == u64::MAX);
        if matches!(x.ask.kind, Kind::HotPage | Kind::HotLive) {
            audience.requests += 1;
            audience.clients.insert(x.ask.client);
            if inside {
                audience.in_window.insert(x.ask.client);
            }
            if inside && failed {
                audience.hurt.insert(x.ask.client);
            }
        }
    }

    /// `truth.json`, given the files with their lines.
    pub(crate) fn json(&self, scenario: &str, seed: u64, files: &[(String, u64)], lost: u64) -> Value {
        let p = &self.planted;
        let count = |c: Count| json!({ "requests": c.requests, "failed": c.failed });
        let windowed = |c: Count| if p.window.is_some() { count(c) } else { Value::Null };
        let cause: Vec<Value> = p.cause.iter().map(|(name, value)| json!({ *name: value })).collect();
        let t = &self.tally;
        let mut all = json!({
            "synthetic": true,
            "scenario": scenario,
            "what": p.what,
            "seed": seed,
            "scale": p.scale,
            "verdict": p.verdict,
            "cause_set": cause,
            "explanation": p.explanations.first(),
            "explanations": p.explanations,
            "window": p.window.map(|(from, to)| json!({ "from": rfc3339(from), "to": rfc3339(to) })),
            "target": windowed(self.target),
            "rest": windowed(self.rest),
            "outside_window": count(self.outside),
            "tiers": {
                "edge": { "requests": t.requests, "hits": t.hits, "failed_at_edge_alone": t.stopped_at_edge, "client_left": t.aborted },
                "balancer": { "requests": t.at_balancer, "answered_here": t.stopped_at_balancer, "malformed": t.strays[0] },
                "origin": { "requests": t.at_origin, "malformed": t.strays[1] },
            },
            "audience": self.audience_json(),
            "lines": files.iter().map(|(name, lines)| (name.clone(), json!(lines))).collect::<serde_json::Map<_, _>>(),
            "lines_never_delivered": lost,
            "notes": p.notes,
        });
        if self.wishes != [Wishes::default(); 2] {
            let of = |w: Wishes| json!({ "wanted": w.wanted, "attempts": w.attempts, "got": w.got });
            all["operations"] = json!({ "in_window": of(self.wishes[0]), "outside": of(self.wishes[1]) });
        }
        all
    }

    fn audience_json(&self) -> Value {
        let a = &self.audience;
        if a.clients.is_empty() {
            return Value::Null;
        }
        json!({
            "requests": a.requests,
            "distinct_clients": a.clients.len(),
            "clients_in_window": a.in_window.len(),
            "clients_with_a_failure_in_window": a.hurt.len(),
            "clients_admitted_in_window": a.joined.len(),
            "peak_listening": a.listening.json(),
            "peak_present": a.present.json(),
            "post_views": a.post_views,
        })
    }
}

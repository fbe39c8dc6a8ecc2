//! Puts a plan's parts together and lets the time run.

use super::agenda::{Act, Agenda};
use super::bots::{BotPlan, Bots};
use super::crowd::{Crowd, CrowdPlan, Rooms};
use super::fault::{Fault, Weather};
use super::guests::{GuestPlan, Guests};
use super::logs::{Gap, Logs};
use super::people::World;
use super::platform::Platform;
use super::rng::Rng;
use super::truth::{Book, Planted};
use super::visits::{Retry, Visits};
use crate::error::Result;

/// A bundle as a scenario orders it.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// First and last instant, milliseconds since the epoch.
    pub(crate) span: (i64, i64),
    /// Regular clients of the site.
    pub(crate) people: u32,
    /// Visits a second, each of several requests.
    pub(crate) visits: f64,
    /// From when on the announcing post draws this share of visits, in a million.
    pub(crate) post: Option<(i64, u32)>,
    pub(crate) faults: Vec<Fault>,
    pub(crate) crowd: Option<CrowdPlan>,
    /// Which Space the crowd comes to.
    pub(crate) rooms: Rooms,
    pub(crate) bots: Option<BotPlan>,
    pub(crate) guests: Option<GuestPlan>,
    /// How people try again who were refused a page; `None`: they do not.
    pub(crate) retry: Option<Retry>,
    pub(crate) gap: Option<Gap>,
    /// From when on pages have the sizes of a new version.
    pub(crate) deploy: Option<i64>,
    pub(crate) planted: Planted,
    /// What of it published accounts give and what is made up, for the bundle's README; empty where all is made up.
    pub(crate) basis: Vec<String>,
    /// What `incident.toml` says beyond title and `synthetic`.
    pub(crate) incident: String,
}

/// Lets the plan happen and gives back the platform with its open logs.
///
/// # Errors
/// A log could not be written.
pub(crate) fn run(plan: Plan, seed: u64, logs: Logs) -> Result<Platform> {
    let mut rng = Rng::stream(seed, "world");
    let mut world = World::default();
    for _ in 0..plan.people {
        world.add_person(&mut rng, true);
    }
    let scanners = (0..6).map(|_| world.add_machine(&mut rng, false)).collect();
    let mut platform = Platform::new(world, Weather(plan.faults), logs, Book::new(plan.planted), seed);
    platform.deploy = plan.deploy;
    let mut agenda = Agenda::until(plan.span.1);
    let mut visits = Visits::new(seed, plan.visits, u64::from(plan.people), scanners);
    visits.post = plan.post;
    visits.retry = plan.retry;
    visits.begin(&mut agenda, plan.span.0);
    let mut crowd = plan.crowd.map(|c| Crowd::begin(c, seed, u64::from(plan.people), &mut agenda, &mut platform));
    if let Some(crowd) = &mut crowd {
        crowd.rooms = plan.rooms;
    }
    let mut bots = plan.bots.map(|b| Bots::begin(b, seed, &mut agenda, &mut platform));
    let mut guests = plan.guests.map(|g| Guests::begin(g, seed, &mut agenda, &mut platform));
    while let Some((at, act)) = agenda.next() {
        if at < plan.span.0 {
            continue;
        }
        match act {
            Act::Visit => visits.visit(at, &mut agenda, &mut platform)?,
            Act::Browse(client) => visits.browse(client, at, &mut agenda, &mut platform)?,
            Act::Fetch(ask) => drop(platform.serve(&ask, None)?),
            Act::Again(ask, tries, since) => visits.again(*ask, tries, since, &mut agenda, &mut platform)?,
            Act::Scan => visits.scan(at, &mut agenda),
            Act::Stray => visits.stray(at, &mut agenda, &mut platform),
            Act::Person(who) => {
                if let Some(crowd) = &mut crowd {
                    crowd.act(who, at, &mut agenda, &mut platform)?;
                }
            }
            Act::Guest(who) => {
                if let Some(guests) = &mut guests {
                    guests.act(who, at, &mut agenda, &mut platform)?;
                }
            }
            Act::Machine(machine) => {
                if let Some(bots) = &mut bots {
                    bots.act(machine, at, &mut agenda, &mut platform)?;
                }
            }
        }
    }
    Ok(platform)
}

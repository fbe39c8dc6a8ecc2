//! Machines that flood: many addresses on many paths, or a few hundred on one endpoint with
//! queries no cache can know.

use super::agenda::{Act, Agenda};
use super::platform::Platform;
use super::rng::Rng;
use super::world::{Ask, Kind};
use crate::error::Result;

/// What the machines ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Any page of the site, without what belongs to it.
    AnyPage,
    /// One endpoint, each time with a query never seen.
    Search,
    /// The page that a crowd wants, too.
    Hot,
}

/// A flood as a scenario orders it.
#[derive(Clone, Debug)]
pub(crate) struct BotPlan {
    pub(crate) machines: u32,
    pub(crate) from: i64,
    pub(crate) to: i64,
    /// Milliseconds between two requests of one machine; it does not care for answers.
    pub(crate) period: i64,
    pub(crate) aim: Aim,
    /// Whether agents are forged to look like browsers.
    pub(crate) forged_agent: bool,
}

/// The machines at work.
#[derive(Debug)]
pub(crate) struct Bots {
    plan: BotPlan,
    clients: Vec<usize>,
    rng: Rng,
}

impl Bots {
    /// Enters the machines' first requests: all begin within half a minute.
    pub(crate) fn begin(plan: BotPlan, seed: u64, agenda: &mut Agenda, platform: &mut Platform) -> Self {
        let mut rng = Rng::stream(seed, "bots");
        let mut clients = Vec::new();
        for machine in 0..plan.machines as usize {
            clients.push(platform.world.add_machine(&mut rng, plan.forged_agent));
            agenda.put(plan.from + rng.between(0, 30_000 + plan.period), Act::Machine(machine));
        }
        Bots { plan, clients, rng }
    }

    /// One request of one machine, and when its next is due (a period, give or take 4 %).
    pub(crate) fn act(&mut self, machine: usize, at: i64, agenda: &mut Agenda, platform: &mut Platform) -> Result<()> {
        let Some(&client) = self.clients.get(machine) else { return Ok(()) };
        let mut ask = match (self.plan.aim, self.rng.below(4)) {
            (Aim::Hot, _) => Ask::of(Kind::HotPage, 0, client, at),
            (Aim::Search, _) => Ask::of(Kind::Search, self.rng.below(1 << 40), client, at),
            (_, 0) => Ask::of(Kind::Home, self.rng.below(1 << 20), client, at),
            (_, 1) => Ask::of(Kind::Search, self.rng.below(24), client, at),
            (_, 2) => Ask::of(Kind::Timeline, self.rng.below(1 << 20), client, at),
            _ => Ask::of(Kind::Status, self.rng.below(60_000), client, at),
        };
        ask.referrer.clear();
        if self.plan.aim == Aim::Search {
            ask.query = format!("{}&_={:010}", ask.query, ask.item % 10_000_000_000);
        }
        platform.serve(&ask, None)?;
        let next = at + self.plan.period + self.rng.between(-self.plan.period / 25, self.plan.period / 25);
        if next < self.plan.to {
            agenda.put(next, Act::Machine(machine));
        }
        Ok(())
    }
}

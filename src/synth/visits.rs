//! The site's ordinary life: people open pages and their apps fetch what belongs to them; scanners
//! guess; malformed requests knock at the inner tiers.

use super::agenda::{Act, Agenda};
use super::platform::{Answer, Platform};
use super::rng::Rng;
use super::world::{Ask, Kind, Pop};
use crate::error::Result;

/// Pictures the site has, other Spaces on air, posts worth a visit.
const PICTURES: u64 = 1_500;
const SPACES: u64 = 40;
const POSTS: u64 = 60_000;

/// Pages people open, with weights.
const PAGES: [(u32, Kind); 5] = [(30, Kind::Home), (20, Kind::Timeline), (36, Kind::Status), (8, Kind::Search), (6, Kind::Space)];

/// How people try again who were refused a page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retry {
    /// Milliseconds between an answer and the next attempt, from and to.
    pub(crate) pause: (i64, i64),
    /// Milliseconds after which nobody begins another attempt.
    pub(crate) patience: i64,
}

/// Ordinary life at a given rate.
#[derive(Debug)]
pub(crate) struct Visits {
    rng: Rng,
    /// Mean milliseconds between two visits.
    wait: f64,
    /// How many people there are: the first so many clients of the world.
    people: u64,
    /// Clients that scan.
    scanners: Vec<usize>,
    /// Share of visits that go to the announcing post, in a million, from this time on.
    pub(crate) post: Option<(i64, u32)>,
    pub(crate) retry: Option<Retry>,
}

impl Visits {
    /// `per_second` visits of the first `people` clients.
    pub(crate) fn new(seed: u64, per_second: f64, people: u64, scanners: Vec<usize>) -> Self {
        Visits { rng: Rng::stream(seed, "visits"), wait: 1_000.0 / per_second, people, scanners, post: None, retry: None }
    }

    /// Enters the first acts.
    pub(crate) fn begin(&mut self, agenda: &mut Agenda, from: i64) {
        agenda.put(from + self.rng.wait(self.wait), Act::Visit);
        agenda.put(from + self.rng.wait(60_000.0), Act::Scan);
        agenda.put(from + self.rng.wait(90_000.0), Act::Stray);
    }

    /// Somebody comes.
    pub(crate) fn visit(&mut self, at: i64, agenda: &mut Agenda, platform: &mut Platform) -> Result<()> {
        agenda.put(at + 1 + self.rng.wait(self.wait), Act::Visit);
        let client = self.rng.skewed(self.people) as usize;
        if self.post.is_some_and(|(from, share)| at >= from && self.rng.chance(share)) {
            platform.serve(&Ask::post(client, at), None)?;
            return Ok(());
        }
        self.browse(client, at, agenda, platform)
    }

    /// A page and, right after it, what the page or the app loads by itself.
    pub(crate) fn browse(&mut self, client: usize, at: i64, agenda: &mut Agenda, platform: &mut Platform) -> Result<()> {
        let kind = PAGES[self.rng.weighted(PAGES.iter().map(|p| p.0)) % PAGES.len()].1;
        let item = match kind {
            Kind::Home => client as u64,
            Kind::Timeline => self.rng.below(40),
            Kind::Status => self.rng.skewed(POSTS),
            Kind::Space => self.rng.skewed(SPACES),
            _ => self.rng.skewed(24),
        };
        let ask = Ask::of(kind, item, client, at);
        let answer = platform.serve(&ask, None)?;
        if let Some(retry) = self.retry {
            self.tried(retry, ask, (1, at), answer, agenda, platform);
        }
        if !answer.good {
            return Ok(());
        }
        let mut later = answer.end + 5;
        for _ in 0..self.rng.between(1, 4) {
            let picture = self.rng.skewed(PICTURES);
            agenda.put(later, Act::Fetch(Box::new(Ask::of(Kind::Media, picture, client, later))));
            later += self.rng.between(1, 12);
        }
        if kind == Kind::Space {
            // A listener of another Space stays a while and polls.
            for poll in 1..=self.rng.between(2, 8) {
                let when = later + poll * 20_000 + self.rng.between(0, 2_000);
                agenda.put(when, Act::Fetch(Box::new(Ask::of(Kind::Live, item, client, when))));
            }
        }
        if kind == Kind::Home && self.rng.chance(400_000) {
            let when = later + self.rng.wait(8_000.0);
            agenda.put(when, Act::Fetch(Box::new(Ask::of(Kind::Timeline, self.rng.below(40), client, when))));
        }
        Ok(())
    }

    /// One more attempt of somebody who was refused `tries` times since `since`.
    pub(crate) fn again(&mut self, ask: Ask, tries: u32, since: i64, agenda: &mut Agenda, platform: &mut Platform) -> Result<()> {
        let answer = platform.serve(&ask, None)?;
        if let Some(retry) = self.retry {
            self.tried(retry, ask, (tries + 1, since), answer, agenda, platform);
        }
        Ok(())
    }

    /// Enters the next attempt, or into the book how it ended.
    fn tried(
        &mut self,
        retry: Retry,
        ask: Ask,
        (tries, since): (u32, i64),
        answer: Answer,
        agenda: &mut Agenda,
        platform: &mut Platform,
    ) {
        if answer.good {
            return platform.book.wish(ask.kind, since, tries, true);
        }
        let next = answer.end + self.rng.between(retry.pause.0, retry.pause.1);
        if next > since + retry.patience {
            return platform.book.wish(ask.kind, since, tries, false);
        }
        agenda.put(next, Act::Again(Box::new(Ask { at: next, ..ask }), tries, since));
    }

    /// A scanner runs through a few guesses.
    pub(crate) fn scan(&mut self, at: i64, agenda: &mut Agenda) {
        agenda.put(at + 1_000 + self.rng.wait(70_000.0), Act::Scan);
        let pick = self.rng.below(self.scanners.len() as u64) as usize;
        let Some(&client) = self.scanners.get(pick) else { return };
        for guess in 0..self.rng.between(1, 5) {
            let when = at + guess * 300;
            agenda.put(when, Act::Fetch(Box::new(Ask::of(Kind::Scan, guess as u64, client, when))));
        }
    }

    /// A malformed request reaches the balancer or the origin past the edges.
    pub(crate) fn stray(&mut self, at: i64, agenda: &mut Agenda, platform: &mut Platform) {
        agenda.put(at + 1_000 + self.rng.wait(200_000.0), Act::Stray);
        let pop = [Some(Pop::Iad), Some(Pop::Lhr), None][self.rng.below(3) as usize % 3];
        platform.book.tally.strays[usize::from(pop.is_none())] += 1;
        platform.logs.stray(at, pop, self.rng.chance(500_000));
    }
}

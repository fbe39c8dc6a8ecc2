//! The audience of one Space: people who come, try to join, try again with growing pauses, listen
//! and poll, give up, come back, leave.

use super::agenda::{Act, Agenda};
use super::fault::{Failure, Mix, draw};
use super::platform::Platform;
use super::rng::Rng;
use super::world::{Ask, Kind, announcement};
use crate::error::Result;

/// People who come, evenly spread over a stretch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wave {
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) people: u32,
}

/// How many the Space takes, from a moment on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Door {
    pub(crate) from: i64,
    /// Listeners at one time; `None`: any number.
    pub(crate) places: Option<u32>,
    /// Of those not let in, the share turned away by the admission limit (429), in a million.
    pub(crate) shed: u32,
    /// Share of polls and admissions that fail all the same, in a million.
    pub(crate) friction: u32,
}

/// A crowd as a scenario orders it.
#[derive(Clone, Debug)]
pub(crate) struct CrowdPlan {
    pub(crate) waves: Vec<Wave>,
    /// Who came early waits for this moment and then joins.
    pub(crate) start: i64,
    /// In time order; before the first anybody may come in.
    pub(crate) doors: Vec<Door>,
    pub(crate) mix: Mix,
    /// Milliseconds between two polls of a listener.
    pub(crate) poll: i64,
    /// Listeners who like it stay until here, and then a while (mean, milliseconds).
    pub(crate) stay: (i64, f64),
    /// Who gave up comes back between these.
    pub(crate) again: (i64, i64),
}

/// Which Space the crowd comes to, as the number of its item; see [`super::world::hot_space`].
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Rooms {
    pub(crate) first: u64,
    /// From a moment on another one takes its place.
    pub(crate) then: Option<Move>,
}

/// The crowd goes to another Space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    pub(crate) from: i64,
    /// Number of the other Space.
    pub(crate) to: u64,
    /// Share of those who are there that leave instead of following, in a million.
    pub(crate) leave: u32,
}

impl Rooms {
    /// The Space that is asked for at `at`.
    fn at(self, at: i64) -> u64 {
        self.then.filter(|m| m.from <= at).map_or(self.first, |m| m.to)
    }
}

#[derive(Clone, Copy, Debug)]
enum State {
    Coming,
    Waiting { tries: u32 },
    Listening { until: i64 },
}

#[derive(Debug)]
struct Person {
    client: usize,
    /// Where they came from: empty for the app's own link.
    referrer: &'static str,
    state: State,
    present: bool,
    /// The Space they are at, or try to get into.
    room: u64,
}

/// The crowd in being.
#[derive(Debug)]
pub(crate) struct Crowd {
    plan: CrowdPlan,
    people: Vec<Person>,
    rng: Rng,
    pub(crate) rooms: Rooms,
}

const ENTRIES: [(u32, &str); 4] = [
    (60, "https://x.example/spacehost/status/1823000417725317120"),
    (12, "https://x.example/home"),
    (10, "https://news.example/live"),
    (18, ""),
];

impl Crowd {
    /// Draws the people, four of five from the first `regulars` clients of the world, and enters
    /// their arrivals. Most look at something else on the site first.
    pub(crate) fn begin(plan: CrowdPlan, seed: u64, regulars: u64, agenda: &mut Agenda, platform: &mut Platform) -> Self {
        let mut rng = Rng::stream(seed, "crowd");
        let mut free: Vec<usize> = (0..regulars as usize).collect();
        let mut people = Vec::new();
        for wave in &plan.waves {
            for _ in 0..wave.people {
                let known = rng.chance(820_000) && !free.is_empty();
                let usual = rng.chance(900_000);
                let client = if known {
                    free.swap_remove(rng.below(free.len() as u64) as usize)
                } else {
                    platform.world.add_person(&mut rng, usual)
                };
                let at = rng.between(wave.from, wave.to - 1);
                if rng.chance(700_000) {
                    agenda.put(at - rng.between(20_000, 1_200_000), Act::Browse(client));
                }
                agenda.put(at, Act::Person(people.len()));
                let referrer = ENTRIES[rng.weighted(ENTRIES.iter().map(|e| e.0)) % ENTRIES.len()].1;
                people.push(Person { client, referrer, state: State::Coming, present: false, room: 0 });
            }
        }
        Crowd { plan, people, rng, rooms: Rooms::default() }
    }

    /// One person goes on.
    pub(crate) fn act(&mut self, who: usize, at: i64, agenda: &mut Agenda, platform: &mut Platform) -> Result<()> {
        let Some(state) = self.follow(who, at, platform) else { return Ok(()) };
        let next = match state {
            State::Coming => self.come(who, at, platform)?,
            State::Waiting { tries } => self.join(who, tries, at, agenda, platform)?,
            State::Listening { until } => self.listen(who, until, at, platform)?,
        };
        if let Some(next) = next {
            agenda.put(next.max(at + 1), Act::Person(who));
        }
        Ok(())
    }

    /// What the person is doing, after following the crowd to another Space if it moved; `None` where
    /// they leave instead.
    fn follow(&mut self, who: usize, at: i64, platform: &mut Platform) -> Option<State> {
        let room = self.rooms.at(at);
        let person = self.people.get_mut(who)?;
        let before = std::mem::replace(&mut person.room, room);
        let listening = matches!(person.state, State::Listening { .. });
        if before == room || matches!(person.state, State::Coming) {
            return Some(person.state);
        }
        if listening {
            platform.book.audience.listening.step(false, at);
        }
        let state = State::Waiting { tries: 0 };
        person.state = state;
        if self.rooms.then.is_some_and(|m| self.rng.chance(m.leave)) {
            platform.book.audience.present.step(false, at);
            return None;
        }
        Some(state)
    }

    fn come(&mut self, who: usize, at: i64, platform: &mut Platform) -> Result<Option<i64>> {
        let Some(person) = self.people.get_mut(who) else { return Ok(None) };
        person.state = State::Waiting { tries: 0 };
        if !std::mem::replace(&mut person.present, true) {
            platform.book.audience.present.step(true, at);
        }
        if person.referrer.contains("/status/") {
            let path = announcement(self.rooms.first).to_owned();
            platform.serve(&Ask { path, ..Ask::post(person.client, at) }, None)?;
        }
        Ok(Some(at + self.rng.between(1_500, 20_000)))
    }

    fn join(&mut self, who: usize, tries: u32, at: i64, agenda: &mut Agenda, platform: &mut Platform) -> Result<Option<i64>> {
        let Some(person) = self.people.get(who) else { return Ok(None) };
        let (client, room) = (person.client, self.rooms.at(at));
        let referrer = person.referrer.replace(announcement(0), announcement(self.rooms.first));
        let ask = Ask { referrer, ..Ask::of(Kind::HotPage, room, client, at) };
        if at < self.plan.start {
            platform.serve(&ask, None)?;
            return Ok(Some(self.plan.start + self.rng.wait(15_000.0)));
        }
        let refusal = self.refusal(at, platform.book.audience.listening.now());
        let answer = platform.serve(&ask, refusal)?;
        if answer.good {
            if platform.book.in_window(at) {
                platform.book.audience.joined.insert(client);
            }
            platform.book.audience.listening.step(true, answer.end);
            let until = self.leaving(at);
            self.set(who, State::Listening { until });
            return Ok(Some(answer.end + self.rng.between(300, 2_000)));
        }
        self.set(who, State::Waiting { tries: tries + 1 });
        if self.rng.chance(60_000) {
            // Meanwhile they look at the rest of the site.
            agenda.put(answer.end + self.rng.between(2_000, 20_000), Act::Browse(client));
        }
        if tries > 5 && self.rng.chance(12_000) {
            return Ok(self.give_up(who, answer.end, platform));
        }
        // 4, 8, 16, 32, 64 seconds and then 125, each between a half and one and a half.
        let pause = (4_000_i64 << tries.min(5)).min(125_000);
        Ok(Some(answer.end + self.rng.between(pause / 2, pause * 3 / 2)))
    }

    fn listen(&mut self, who: usize, until: i64, at: i64, platform: &mut Platform) -> Result<Option<i64>> {
        let Some((client, room)) = self.people.get(who).map(|p| (p.client, p.room)) else { return Ok(None) };
        if at >= until {
            platform.book.audience.listening.step(false, at);
            platform.book.audience.present.step(false, at);
            return Ok(None);
        }
        let friction = self.door(at).map_or(0, |d| d.friction);
        let refusal = self.rng.chance(friction).then(|| draw(&mut self.rng, self.plan.mix));
        let answer = platform.serve(&Ask::of(Kind::HotLive, room, client, at), refusal)?;
        let pause = if answer.good { self.plan.poll } else { 5_000 };
        Ok(Some(answer.end + pause + self.rng.between(-pause / 10, pause / 10)))
    }

    fn give_up(&mut self, who: usize, at: i64, platform: &mut Platform) -> Option<i64> {
        platform.book.audience.present.step(false, at);
        let (from, to) = self.plan.again;
        let person = self.people.get_mut(who)?;
        person.present = false;
        person.state = State::Coming;
        (self.rng.chance(600_000) && at < from).then(|| self.rng.between(from, to))
    }

    fn set(&mut self, who: usize, state: State) {
        if let Some(person) = self.people.get_mut(who) {
            person.state = state;
        }
    }

    /// One listener in seven leaves after some minutes; the others stay for the talk.
    fn leaving(&mut self, at: i64) -> i64 {
        if self.rng.chance(140_000) {
            return at + 60_000 + self.rng.wait(720_000.0);
        }
        self.plan.stay.0.max(at + 120_000) + self.rng.wait(self.plan.stay.1)
    }

    fn door(&self, at: i64) -> Option<Door> {
        self.plan.doors.iter().rev().find(|d| d.from <= at).copied()
    }

    /// What stands against letting one more in while `inside` listen.
    fn refusal(&mut self, at: i64, inside: u64) -> Option<Failure> {
        let door = self.door(at)?;
        let full = door.places.is_some_and(|places| inside >= u64::from(places));
        if full && self.rng.chance(door.shed) {
            return Some(Failure::Shed);
        }
        (full || self.rng.chance(door.friction)).then(|| draw(&mut self.rng, self.plan.mix))
    }
}

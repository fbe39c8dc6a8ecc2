//! Who comes beside the site's ordinary life: crowds of people, and machines.

use crate::chance::Rng;
use crate::draw::{Aim, Bots, Crowd, Drawn};
use crate::people::{Part, STRANGE, usual};
use crate::traffic::{Act, Ask, World};

/// Enters everybody who will come.
pub(crate) fn invite(world: &mut World<'_>) {
    let d = world.d;
    if let Some(crowd) = &d.crowd {
        call(world, crowd);
    }
    if let Some(bots) = &d.bots {
        send(world, bots);
    }
}

/// The target, or what a served crowd came for while the target is broken.
pub(crate) fn wanted(d: &Drawn) -> usize {
    let other = d.fault.is_some() && d.crowd.is_some();
    if !other {
        return d.target;
    }
    // The heaviest of the others.
    let others = (0..d.weights.len()).filter(|&r| r != d.target);
    others.max_by(|&a, &b| d.weights[a].total_cmp(&d.weights[b])).unwrap_or(d.target)
}

fn call(world: &mut World<'_>, crowd: &Crowd) {
    let d = world.d;
    let desks = if crowd.shared > 0 { shared(world, crowd) } else { Vec::new() };
    let part = if crowd.hired { Part::Bot } else { Part::Crowd };
    // Networks of those whom the site never saw.
    let strange = 20 + world.rng.below(180);
    let series = crowd.series.map(worldcup);
    for _ in 0..crowd.people {
        let at = arrival(&mut world.rng, d, crowd, series.as_deref());
        let client = if world.rng.chance(crowd.known) {
            world.people.regular(&mut world.rng)
        } else {
            let network = if world.rng.chance(crowd.usual_networks) {
                usual(d, &mut world.rng)
            } else {
                STRANGE + world.rng.below(strange)
            };
            world.people.person(d, &mut world.rng, network, part, crowd.app)
        };
        if !desks.is_empty() && world.people.clients[client].part != Part::Regular {
            let desk: &String = &desks[world.rng.below(desks.len())];
            world.people.clients[client].address.clone_from(desk);
        }
        let referrer = if world.rng.chance(crowd.linked) { "https://t.co/a1b2c3".to_owned() } else { world.entry(client) };
        // Many look once, few stay for long.
        let looks = 1 + world.rng.wait((crowd.looks - 1.0).max(0.01)).round() as usize;
        let resource = wanted(d);
        let query = world.query(resource, d.item);
        let ask = Ask { client, resource: Some(resource), item: d.item, query, referrer, extra: true, tries: 0 };
        world.enter(at, Act::Look(ask, looks.min(120) - 1));
    }
}

/// The addresses behind which a crowd sits.
fn shared(world: &mut World<'_>, crowd: &Crowd) -> Vec<String> {
    let d = world.d;
    (0..crowd.shared)
        .map(|_| {
            let network = if world.rng.chance(0.6) { usual(d, &mut world.rng) } else { STRANGE + world.rng.below(20) };
            let one = world.people.person(d, &mut world.rng, network, Part::Crowd, false);
            world.people.clients[one].address.clone()
        })
        .collect()
}

/// When somebody of a crowd comes.
fn arrival(rng: &mut Rng, d: &Drawn, crowd: &Crowd, series: Option<&[f64]>) -> f64 {
    let (from, to) = d.window;
    if let Some(series) = series {
        // The whole series on the whole length of the logs.
        return (rng.weighted(series) as f64 + rng.unit()) / series.len() as f64 * d.length;
    }
    loop {
        // Arrivals rise to the full rate, stay, and fade.
        let at = rng.between(from, (to + 3.0 * crowd.decay).min(d.length));
        let rate = match at {
            _ if at < from + crowd.rise => ((at - from) / crowd.rise).powi(2).max(0.02),
            _ if at < to => 1.0,
            _ => (-(at - to) / crowd.decay).exp(),
        };
        if rng.chance(rate) {
            return at;
        }
    }
}

/// Somebody of the crowd looks, and goes on.
pub(crate) fn look(world: &mut World<'_>, ask: Ask, at: f64, left: usize) {
    let d = world.d;
    let Some(crowd) = &d.crowd else { return };
    if crowd.hired && at >= d.window.1 {
        return;
    }
    let good = world.serve(&ask, at);
    if good {
        world.assets(&ask, at, 1.0);
    } else if !crowd.hired && world.try_again(&ask, at, |ask| Act::Look(ask, left)) {
        return;
    }
    if left == 0 || (!good && !crowd.hired && world.rng.chance(0.5)) {
        return;
    }
    let pause = if crowd.polls { crowd.pause * world.rng.between(0.97, 1.03) } else { 0.5 + world.rng.wait(crowd.pause) };
    let aside = !crowd.polls && world.rng.chance(0.15);
    let mut next = if aside { world.anything(ask.client) } else { ask.clone() };
    if !world.people.clients[ask.client].app && !aside && !crowd.polls {
        next.referrer = "https://x.example/home".into();
    }
    // Who only looked aside comes back to what they came for.
    let back = if aside { Some(ask.clone()) } else { None };
    next.extra = true;
    next.tries = 0;
    match back {
        Some(mut back) => {
            back.tries = 0;
            world.enter(at + 0.5 * pause, Act::Fetch(next));
            world.enter(at + pause, Act::Look(back, left - 1));
        }
        None => world.enter(at + pause, Act::Look(next, left - 1)),
    }
}

fn send(world: &mut World<'_>, bots: &Bots) {
    let d = world.d;
    let script = world.rng.below(1_000);
    for _ in 0..bots.addresses {
        let network = if world.rng.chance(bots.usual_networks) {
            usual(d, &mut world.rng)
        } else {
            STRANGE + 5_000 + world.rng.below(bots.networks) * 3
        };
        let machine = if bots.crawler {
            world.people.crawler(&mut world.rng, network)
        } else {
            world.people.machine(d, &mut world.rng, network, bots.mask, script)
        };
        let at = d.window.0 + world.rng.between(0.0, bots.start + (1.0 / bots.rate).min(0.5 * (d.window.1 - d.window.0)));
        world.enter(at, Act::Bot(machine));
    }
}

/// One request of a machine; its next one does not wait for the answer.
pub(crate) fn go_on(world: &mut World<'_>, machine: usize, at: f64) {
    let d = world.d;
    let Some(bots) = &d.bots else { return };
    let mut ask = world.anything(machine);
    ask.extra = true;
    if bots.aim != Aim::Anything {
        ask.resource = Some(d.target);
        ask.item = d.item;
        ask.query = world.query(d.target, d.item);
    }
    if bots.aim == Aim::Busting {
        ask.query = format!("_={}", world.rng.bits() % 10_000_000_000);
    }
    if bots.referrer {
        ask.referrer = world.entry(machine);
    }
    if world.serve(&ask, at) && bots.assets > 0.0 {
        world.people.clients[machine].warm = false;
        world.assets(&ask, at, bots.assets);
    }
    let every = 1.0 / bots.rate;
    let next = at + (1.0 - bots.jitter) * every + bots.jitter * world.rng.wait(every);
    // Which machine leaves early is a matter of its number.
    let early = (machine * 7_919 % 1_000) as f64 / 1e3 * bots.stop;
    if next < d.window.1 - early {
        world.enter(next, Act::Bot(machine));
    }
}

/// Requests per minute of the 1998 World Cup web site on a day of matches, over the quietest minute's.
pub(crate) fn worldcup(which: usize) -> Vec<f64> {
    let text = include_str!("worldcup98.csv");
    let line = text.lines().filter(|l| !l.starts_with('#')).nth(which).unwrap_or_default();
    let counts: Vec<f64> = line.split(',').skip(1).filter_map(|n| n.parse().ok()).collect();
    // Single minutes in which the published counts miss a file: the middle one of three neighbours.
    let smooth = counts.windows(3).map(|w| w[0].max(w[1]).min(w[0].min(w[1]).max(w[2])));
    let smooth: Vec<f64> = smooth.collect();
    let least = smooth.iter().copied().fold(f64::INFINITY, f64::min);
    // What comes on a quiet minute is the site's ordinary life, which is there already.
    smooth.iter().map(|n| (n - least) / least).collect()
}

#[test]
fn the_real_crowds_are_there_and_rise() {
    for day in 0..10 {
        let counts = worldcup(day);
        assert_eq!(counts.len(), 388);
        assert!(counts.iter().all(|&n| n >= 0.0) && counts.iter().copied().fold(0.0, f64::max) > 1.3, "{day}");
    }
}

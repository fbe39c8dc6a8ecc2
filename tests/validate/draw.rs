//! What is drawn for each seed of a family: a site, its ordinary life, who comes beside it, what
//! breaks, and which logs there are.

use crate::chance::Rng;
use crate::family::{Cause, Family};
pub(crate) use crate::kinds::*;

/// One drawn scenario. Times are seconds after the beginning of the logs.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    pub(crate) family: Family,
    pub(crate) seed: u64,
    pub(crate) layout: Layout,
    pub(crate) style: Style,
    /// Ordinary requests a second.
    pub(crate) base: f64,
    pub(crate) length: f64,
    pub(crate) window: (f64, f64),
    /// Weights of [`RESOURCES`]; 0: not on this site.
    pub(crate) weights: Vec<f64>,
    pub(crate) target: usize,
    /// The one item of the target that is meant.
    pub(crate) item: usize,
    pub(crate) regulars: usize,
    /// Networks of the site's own clients.
    pub(crate) networks: usize,
    /// Share of failing requests on any day.
    pub(crate) ordinary: f64,
    /// Chance that somebody who was refused tries again, and after how many seconds, about.
    pub(crate) again: (f64, f64),
    pub(crate) capacity: Option<Capacity>,
    pub(crate) fault: Option<Fault>,
    pub(crate) crowd: Option<Crowd>,
    pub(crate) bots: Option<Bots>,
    /// Requests a second that one address may make; more are refused with 429.
    pub(crate) limit: Option<f64>,
    /// What is lost of the logs in the window: all tiers, or one POP's.
    pub(crate) lost: Option<Option<usize>>,
    /// Status of what is refused for want of room.
    pub(crate) refusal: u16,
}

/// Lines beyond the ordinary at most, so that a bundle stays small.
const EXTRA_MAX: f64 = 9_000.0;

impl Drawn {
    /// What the seed draws for the family. The families are drawn by their own streams.
    pub(crate) fn of(family: Family, seed: u64) -> Drawn {
        let mut rng = Rng::new(seed, 101 + family as u64);
        let segment = family == Family::SegmentFault;
        let layout = if segment {
            rng.pick(&[Layout::Fleet, Layout::Caches, Layout::Balancer])
        } else {
            [Layout::Single, Layout::Timed, Layout::Balancer, Layout::Fleet, Layout::Caches]
                [rng.weighted(&[0.25, 0.2, 0.1, 0.2, 0.25])]
        };
        let style = match family {
            Family::AppCrowd => Style::App,
            _ => [Style::Browsing, Style::App, Style::Thin][rng.weighted(&[0.6, 0.15, 0.25])],
        };
        let length = match (family, rng.weighted(&[0.3, 0.35, 0.35])) {
            (Family::WorldCup, _) => rng.between(2_400.0, 5_400.0),
            (_, 0) => rng.between(110.0, 300.0),
            (_, 1) => rng.between(600.0, 1_800.0),
            _ => rng.between(2_400.0, 5_400.0),
        }
        .floor();
        let base = rng.between(2_500.0, 7_000.0) / length;
        let lasts = length * rng.between(0.18, 0.38);
        let from = length * rng.between(0.3, 0.42);
        let window = if family == Family::WorldCup { (0.36 * length, 0.76 * length) } else { (from, from + lasts) };
        let mut weights: Vec<f64> = (0..RESOURCES.len())
            .map(|r| match style {
                Style::App if OF_APPS.contains(&r) => rng.between(0.3, 1.0),
                Style::App => 0.0,
                _ if rng.chance(0.25) => 0.0,
                _ => rng.between(0.1, 1.0).powi(2),
            })
            .collect();
        let target = match style {
            Style::App => rng.pick(&[3, 8, 9]),
            _ => rng.pick(&[1, 2, 3, 3, 4, 5, 9, 11]),
        };
        // What is busy already is as often the target as what hardly anybody asked for.
        let breaks = family.cause(true) == Some(Cause::Fault);
        weights[target] = rng.pick(if breaks { &[0.2, 0.3, 0.6] } else { &[0.05, 0.2, 0.5] }) * weights.iter().sum::<f64>();
        let mut drawn = Drawn {
            family,
            seed,
            layout,
            style,
            base,
            length,
            window,
            weights,
            target,
            item: rng.below(40),
            regulars: (base * length / rng.between(3.0, 20.0)) as usize + 60,
            networks: 8 + rng.below(120),
            ordinary: rng.pick(&[0.0, 0.001, 0.003, 0.01]),
            again: (rng.between(0.3, 0.85), rng.between(1.5, 12.0)),
            capacity: None,
            fault: None,
            crowd: None,
            bots: None,
            limit: None,
            lost: None,
            refusal: rng.pick(&[503, 503, 503, 502, 504, 429]),
        };
        drawn.plant(&mut rng);
        drawn
    }

    /// Ordinary requests a second without assets.
    pub(crate) fn pages_rate(&self) -> f64 {
        self.base * if self.style == Style::Browsing { 0.45 } else { 1.0 }
    }

    /// Ordinary requests a second for the target.
    pub(crate) fn target_rate(&self) -> f64 {
        self.pages_rate() * self.weights[self.target] / self.weights.iter().sum::<f64>()
    }

    fn plant(&mut self, rng: &mut Rng) {
        match self.family {
            Family::Nothing | Family::LostLog => {}
            Family::CrowdKnownServed
            | Family::CrowdKnownOverload
            | Family::CrowdUnseenServed
            | Family::CrowdUnseenOverload
            | Family::CgnatCrowd
            | Family::AppCrowd
            | Family::WorldCup
            | Family::CrowdMeetsFault
            | Family::BotnetBrowsers => self.crowd = Some(self.draw_crowd(rng)),
            _ => {}
        }
        if matches!(
            self.family,
            Family::FewFlood
                | Family::ScriptNet
                | Family::HeadlessNet
                | Family::SiteFlood
                | Family::SlowSiteNet
                | Family::AttackInCrowd
                | Family::Crawler
        ) {
            self.bots = Some(self.draw_bots(rng));
        }
        if self.family == Family::AttackInCrowd {
            self.crowd = Some(self.draw_crowd(rng));
        }
        let overloads = match self.family {
            Family::CrowdKnownServed | Family::CrowdUnseenServed | Family::CrowdMeetsFault => false,
            Family::CrowdKnownOverload | Family::CrowdUnseenOverload => true,
            _ => rng.chance(0.75),
        };
        if overloads && (self.crowd.is_some() || self.bots.is_some()) {
            let site = matches!(self.family, Family::SiteFlood | Family::SlowSiteNet | Family::Crawler) || rng.chance(0.2);
            let normal = if site { self.pages_rate() } else { self.target_rate() };
            // Between the ordinary rate and what comes: a third to nine tenths of the way up.
            let top = normal + self.extra() / (self.window.1 - self.window.0);
            let over = (normal * 1.3).max(normal + (top - normal) * rng.between(0.08, 0.5)) / normal;
            self.capacity = Some(Capacity { over, inside: over, site });
        }
        if self.bots.is_some() && rng.chance(0.15) {
            self.limit = Some(rng.between(1.0, 6.0));
        }
        self.draw_fault(rng);
        if self.family == Family::LostLog {
            let one = matches!(self.layout, Layout::Fleet | Layout::Caches) && rng.chance(0.4);
            self.lost = Some(one.then(|| rng.below(2)));
        }
    }

    fn draw_fault(&mut self, rng: &mut Rng) {
        let share = rng.pick(&[0.3, 0.5, 0.8, 1.0, 1.0]);
        let steady = |what| Some(Fault { what, share, period: None });
        match self.family {
            Family::FaultResource => self.fault = steady(Breaks::Target),
            Family::FaultSite => self.fault = steady(Breaks::Site),
            Family::RetryStorm => {
                self.fault = steady(if rng.chance(0.7) { Breaks::Target } else { Breaks::Site });
                self.again = (rng.between(0.85, 0.96), rng.between(0.6, 4.0));
            }
            Family::SegmentFault if self.layout == Layout::Balancer || rng.chance(0.2) => {
                self.fault = steady(Breaks::Backend(RESOURCES[self.target].backend));
            }
            Family::SegmentFault => self.fault = steady(Breaks::Pop(rng.below(2))),
            Family::CrowdMeetsFault => self.fault = steady(Breaks::Target),
            Family::DeployOscillating => {
                let lasts = self.window.1 - self.window.0;
                let period = (lasts / rng.between(3.0, 8.0)).max(20.0);
                let what = if rng.chance(0.6) { Breaks::Target } else { Breaks::Site };
                self.fault = Some(Fault { what, share, period: Some((period, rng.between(0.35, 0.7))) });
            }
            Family::CapacityFault => {
                let inside = rng.between(0.15, 0.7);
                let site = rng.chance(0.3);
                // Machines were lost; what is left cannot serve the ordinary rate.
                self.capacity = Some(Capacity { over: rng.between(1.8, 4.0), inside, site });
            }
            _ => {}
        }
    }

    /// Requests beyond the ordinary in the window, about.
    pub(crate) fn extra(&self) -> f64 {
        let lasts = self.window.1 - self.window.0;
        let bots = self.bots.as_ref().map_or(0.0, |b| b.addresses as f64 * b.rate * lasts);
        bots + self.crowd.as_ref().map_or(0.0, |c| c.people as f64 * c.looks)
    }

    fn draw_crowd(&self, rng: &mut Rng) -> Crowd {
        let lasts = self.window.1 - self.window.0;
        let hired = self.family == Family::BotnetBrowsers;
        let app = self.family == Family::AppCrowd || (self.style == Style::App && !hired);
        let known = match self.family {
            Family::CrowdKnownServed | Family::CrowdKnownOverload | Family::CrowdMeetsFault => rng.between(0.45, 0.95),
            Family::CrowdUnseenServed | Family::CrowdUnseenOverload => rng.between(0.0, 0.06),
            Family::AppCrowd => rng.between(0.3, 0.9),
            Family::BotnetBrowsers => 0.0,
            _ => rng.between(0.05, 0.7),
        };
        // How much there is in all, over the ordinary life of the whole site in that time.
        let times = rng.between(0.5f64.ln(), 6f64.ln()).exp();
        let total = (times * self.base * lasts).clamp(600.0, EXTRA_MAX);
        let pause = (lasts / rng.between(5.0, 25.0)).clamp(2.0, 60.0);
        let looks = rng.between(1.0, 9.0).min(1.0 + 0.7 * lasts / pause);
        let sudden = rng.between(1.0f64.ln(), 0.5f64.ln() + lasts.ln()).exp();
        Crowd {
            people: ((total / looks) as usize).max(60),
            known,
            usual_networks: if hired { rng.between(0.2, 0.9) } else { rng.between(0.1, 1.0) },
            rise: match self.family {
                Family::AppCrowd => rng.between(2.0, 30.0),
                Family::BotnetBrowsers => rng.between(5.0, 180.0).min(0.4 * lasts),
                _ => sudden,
            },
            // A show that is over is left at once.
            decay: match rng.chance(0.25) {
                _ if hired => 0.5,
                true => rng.between(1.0, 8.0),
                false => lasts * rng.between(0.05, 0.5),
            },
            looks,
            pause,
            polls: rng.chance(if app { 0.5 } else { 0.25 }),
            linked: if app { 0.0 } else { rng.pick(&[0.0, 0.4, 0.8]) },
            shared: if self.family == Family::CgnatCrowd { 3 + rng.below(30) } else { 0 },
            app,
            series: (self.family == Family::WorldCup).then(|| (self.seed as usize + 9) % 10),
            hired,
        }
    }

    fn draw_bots(&mut self, rng: &mut Rng) -> Bots {
        let between = |rng: &mut Rng, low: f64, high: f64| rng.between(low.ln(), high.ln()).exp();
        let addresses = match self.family {
            Family::FewFlood | Family::Crawler => between(rng, 2.0, 26.0),
            Family::ScriptNet => between(rng, 60.0, 1_200.0),
            Family::HeadlessNet => between(rng, 80.0, 1_500.0),
            Family::SiteFlood => between(rng, 5.0, 600.0),
            Family::SlowSiteNet => between(rng, 150.0, 2_000.0),
            _ => between(rng, 5.0, 400.0),
        } as usize;
        let rate = match self.family {
            Family::FewFlood => between(rng, 1.0, 50.0),
            Family::ScriptNet => between(rng, 0.05, 2.0),
            Family::HeadlessNet => between(rng, 0.02, 0.3),
            Family::SiteFlood => between(rng, 0.1, 20.0),
            Family::SlowSiteNet => between(rng, 0.02, 0.15),
            Family::Crawler => between(rng, 0.3, 6.0),
            _ => between(rng, 0.05, 5.0),
        };
        // At least half as much again as the ordinary life of the site.
        let rate = rate.max(0.5 * self.base / addresses as f64);
        // It lasts as long as its requests suffice, but no longer than any window.
        let total = between(rng, 1_500.0, EXTRA_MAX);
        let (least, most) = ((0.06 * self.length).max(15.0), self.window.1 - self.window.0);
        let lasts = (total / (addresses as f64 * rate)).clamp(least, most);
        let rate = rate.min(total / (addresses as f64 * lasts)).min(50.0);
        self.window.1 = self.window.0 + lasts;
        let home = matches!(self.family, Family::HeadlessNet | Family::SlowSiteNet | Family::AttackInCrowd);
        let crawler = self.family == Family::Crawler;
        Bots {
            addresses,
            rate,
            jitter: if crawler { 1.0 } else { rng.pick(&[0.0, 0.05, 0.3, 1.0, 1.0]) },
            aim: match self.family {
                Family::SiteFlood | Family::SlowSiteNet | Family::Crawler => Aim::Anything,
                _ if rng.chance(0.3) => Aim::Busting,
                _ => Aim::Target,
            },
            mask: match self.family {
                Family::HeadlessNet => rng.pick(&[Mask::OneBrowser, Mask::OneBrowser, Mask::ManyBrowsers]),
                Family::SlowSiteNet => Mask::ManyBrowsers,
                _ => rng.pick(&[Mask::Script, Mask::OneBrowser, Mask::ManyBrowsers]),
            },
            usual_networks: if home { rng.between(0.2, 0.9) } else { rng.pick(&[0.0, 0.0, 0.3]) },
            networks: if crawler { 1 + rng.below(3) } else { 1 + rng.below(60) },
            referrer: !crawler && rng.chance(if home { 0.7 } else { 0.3 }),
            assets: if self.family == Family::HeadlessNet && self.style == Style::Browsing { rng.between(0.2, 0.9) } else { 0.0 },
            start: rng.pick(&[1.0, 10.0, 60.0f64]).min(0.3 * lasts),
            stop: lasts * rng.pick(&[0.0, 0.0, 0.4]),
            crawler,
        }
    }

    /// One line for people.
    pub(crate) fn in_words(&self) -> String {
        let mut text = format!(
            "{:?} {}: {:?}, {:?}, {:.1} requests a second for {:.0} s, {:.0}..{:.0} s, {} of {:.2}/s",
            self.family,
            self.seed,
            self.layout,
            self.style,
            self.base,
            self.length,
            self.window.0,
            self.window.1,
            RESOURCES[self.target].name,
            self.target_rate()
        );
        if let Some(c) = &self.crowd {
            text += &format!(
                ", {} people ({:.0} % known), {:.1} looks each, rise {:.0} s{}",
                c.people,
                100.0 * c.known,
                c.looks,
                c.rise,
                if c.app { ", app" } else { "" }
            );
        }
        if let Some(b) = &self.bots {
            text += &format!(
                ", {} machines at {:.2}/s, jitter {}, {:?}, {:?}, {:.0} % from usual networks",
                b.addresses,
                b.rate,
                b.jitter,
                b.aim,
                b.mask,
                100.0 * b.usual_networks
            );
        }
        if let Some(c) = &self.capacity {
            text += &format!(
                ", capacity {:.1} times the ordinary, {:.1} inside{}",
                c.over,
                c.inside,
                if c.site { ", of the site" } else { "" }
            );
        }
        if let Some(f) = &self.fault {
            text += &format!(", {:?} fails by {}", f.what, f.share);
        }
        text
    }
}

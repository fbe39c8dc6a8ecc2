//! Do 95 % intervals hold the truth 95 times in a hundred, when requests of one client and of one
//! minute share their fate?

use crate::chance::Rng;
use outscope::stats::cluster::{Clusters, Proportion};
use outscope::stats::interval::{Interval, Z95, newcombe, part_of_whole, wilson};

/// How requests come about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Model {
    /// Clients, minutes.
    pub(crate) clients: usize,
    pub(crate) minutes: usize,
    /// Mean requests of a client; with a heavy tail (Pareto, index 1.5, at most 60 times the mean) if so.
    pub(crate) each: f64,
    pub(crate) heavy: bool,
    /// Standard deviation on the logit scale of what a client, and a minute, adds.
    pub(crate) by_client: f64,
    pub(crate) by_minute: f64,
    /// Whether a client's requests fall in one minute rather than in any.
    pub(crate) bursts: bool,
    /// The true share.
    pub(crate) p: f64,
}

impl Model {
    const PLAIN: Model =
        Model { clients: 300, minutes: 20, each: 6.0, heavy: false, by_client: 0.0, by_minute: 0.0, bursts: false, p: 0.1 };

    pub(crate) fn in_words(&self) -> String {
        format!(
            "| {} % | {} | {} | {}{}{} | {} | {} ",
            100.0 * self.p,
            self.clients,
            self.minutes,
            self.each,
            if self.heavy { ", heavy tail" } else { "" },
            if self.bursts { ", in one minute" } else { "" },
            self.by_client,
            self.by_minute
        )
    }
}

/// The logit at which the mean over normal effects of standard deviation `sd` is `p`.
fn logit_for(p: f64, sd: f64) -> f64 {
    let mean = |mu: f64| {
        let steps = 400;
        let (mut sum, mut weight) = (0.0, 0.0);
        for i in 0..=steps {
            let z = -6.0 + 12.0 * f64::from(i) / f64::from(steps);
            let w = (-0.5 * z * z).exp();
            sum += w / (1.0 + (-(mu + sd * z)).exp());
            weight += w;
        }
        sum / weight
    };
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..80 {
        let middle = 0.5 * (low + high);
        if mean(middle) < p { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// One drawn sample: shares clustered by client and minute, with and without the intersection.
pub(crate) struct Sample {
    pub(crate) bad: u64,
    pub(crate) n: u64,
    pub(crate) clients: Clusters,
    pub(crate) minutes: Clusters,
    pub(crate) cells: Clusters,
}

/// A model made ready to draw from.
pub(crate) struct Source {
    pub(crate) model: Model,
    mu: f64,
}

impl Source {
    pub(crate) fn of(model: Model) -> Source {
        Source { mu: logit_for(model.p, model.by_client.hypot(model.by_minute)), model }
    }

    pub(crate) fn draw(&self, rng: &mut Rng) -> Sample {
        let m = &self.model;
        let minutes: Vec<f64> = (0..m.minutes).map(|_| m.by_minute * rng.normal()).collect();
        let mut by_minute = vec![(0u64, 0u64); m.minutes];
        let (mut clients, mut cells) = (Clusters::default(), Clusters::default());
        let (mut bad, mut n) = (0, 0);
        for _ in 0..m.clients {
            let own = m.by_client * rng.normal();
            let mean = if m.heavy { (m.each / 3.0 * rng.unit().powf(-1.0 / 1.5)).min(60.0 * m.each) } else { m.each };
            let requests = 1 + rng.poisson((mean - 1.0).max(0.0));
            let burst = rng.below(m.minutes);
            let mut mine: Vec<(usize, u64, u64)> = Vec::new();
            for _ in 0..requests {
                let minute = if m.bursts { burst } else { rng.below(m.minutes) };
                let failed = rng.chance(1.0 / (1.0 + (-(self.mu + own + minutes[minute])).exp()));
                let at = &mut by_minute[minute];
                *at = (at.0 + u64::from(failed), at.1 + 1);
                match mine.iter_mut().find(|c| c.0 == minute) {
                    Some(c) => (c.1, c.2) = (c.1 + u64::from(failed), c.2 + 1),
                    None => mine.push((minute, u64::from(failed), 1)),
                }
            }
            let sum = mine.iter().fold((0, 0), |s, c| (s.0 + c.1, s.1 + c.2));
            clients.add(sum.0, sum.1);
            mine.iter().for_each(|c| cells.add(c.1, c.2));
            (bad, n) = (bad + sum.0, n + sum.1);
        }
        let mut minutes = Clusters::default();
        by_minute.iter().for_each(|c| minutes.add(c.0, c.1));
        Sample { bad, n, clients, minutes, cells }
    }
}

impl Sample {
    pub(crate) fn share(&self) -> Proportion {
        Proportion::clustered(self.bad, self.n, &self.clients, &self.minutes).expect("there are requests")
    }

    /// The same with the intersections of clients and minutes, which the program does not know.
    fn crossed(&self) -> Proportion {
        Proportion::crossed(self.bad, self.n, &self.clients, &self.minutes, Some(&self.cells)).expect("there are requests")
    }

    fn naive(&self) -> Interval {
        wilson(self.bad as f64 / self.n as f64, self.n as f64, Z95)
    }
}

fn holds(i: Interval, truth: f64) -> u32 {
    u32::from(i.low <= truth && truth <= i.high)
}

/// The models of the table.
pub(crate) fn models() -> Vec<Model> {
    let plain = Model::PLAIN;
    let mut all = Vec::new();
    for p in [0.001, 0.01, 0.1, 0.5, 0.9] {
        let each = if p < 0.01 { 30.0 } else { 6.0 };
        all.push(Model { p, each, ..plain });
        all.push(Model { p, each, by_client: 1.0, ..plain });
        all.push(Model { p, each, by_minute: 0.7, ..plain });
        all.push(Model { p, each, by_client: 1.0, by_minute: 0.7, ..plain });
        all.push(Model { p, each, by_client: 3.0, ..plain });
        all.push(Model { p, each, by_client: 1.5, by_minute: 0.7, heavy: true, ..plain });
    }
    for p in [0.02, 0.3] {
        all.push(Model { p, clients: 12, each: 40.0, by_client: 1.0, ..plain });
        all.push(Model { p, clients: 30, each: 20.0, by_client: 1.0, heavy: true, ..plain });
        all.push(Model { p, minutes: 5, by_minute: 0.7, ..plain });
        all.push(Model { p, minutes: 10, by_client: 1.0, by_minute: 0.7, ..plain });
        all.push(Model { p, clients: 2_000, minutes: 60, by_client: 1.0, by_minute: 0.7, heavy: true, ..plain });
        all.push(Model { p, by_client: 1.0, by_minute: 0.7, bursts: true, ..plain });
    }
    all
}

/// Coverage of one model: naive, clustered; and the mean width of the clustered one over the naive.
pub(crate) struct Coverage {
    pub(crate) naive: f64,
    pub(crate) clustered: f64,
    pub(crate) crossed: f64,
    pub(crate) difference: f64,
    pub(crate) wider: f64,
    pub(crate) none_bad: f64,
}

pub(crate) fn coverage(model: Model, times: u32, seed: u64) -> Coverage {
    let source = Source::of(model);
    let half = Source::of(Model { p: 0.5 * model.p, ..model });
    let mut rng = Rng::new(seed, 77);
    let (mut naive, mut clustered, mut crossed, mut difference, mut wider, mut none) = (0, 0, 0, 0, 0.0, 0);
    for _ in 0..times {
        let (s, other) = (source.draw(&mut rng), half.draw(&mut rng));
        let (a, b) = (s.naive(), s.share().interval(Z95));
        naive += holds(a, model.p);
        clustered += holds(b, model.p);
        crossed += holds(s.crossed().interval(Z95), model.p);
        wider += (b.high - b.low) / (a.high - a.low);
        let (x, y) = (s.share(), other.share());
        difference += holds(newcombe(x.p, x.interval(Z95), y.p, y.interval(Z95)), 0.5 * model.p);
        none += u32::from(s.bad == 0);
    }
    let of = |k: u32| f64::from(k) / f64::from(times);
    Coverage {
        naive: of(naive),
        clustered: of(clustered),
        crossed: of(crossed),
        difference: of(difference),
        wider: wider / f64::from(times),
        none_bad: of(none),
    }
}

/// How often the lower end at the normal quantile `z` lies above the truth, and how often the upper end below it:
/// the errors that p-values and simultaneous bounds stand for.
pub(crate) fn tails(model: Model, z: f64, times: u32, seed: u64) -> (f64, f64) {
    let (source, mut rng) = (Source::of(model), Rng::new(seed, 81));
    let (mut above, mut below) = (0, 0);
    for _ in 0..times {
        let i = source.draw(&mut rng).share().interval(z);
        above += u32::from(i.low > model.p);
        below += u32::from(i.high < model.p);
    }
    (f64::from(above) / f64::from(times), f64::from(below) / f64::from(times))
}

/// Five minutes that each fare in their own way: what is known of the variance is known from five.
pub(crate) const FEW_MINUTES: Model = Model { clients: 60, minutes: 5, by_minute: 0.7, p: 0.5, ..Model::PLAIN };

/// The table.
pub(crate) fn table(times: u32) -> String {
    let mut text =
        "| true share | clients | minutes | requests a client | client effect | minute effect | plain Wilson | clustered | \
with intersections | difference | width over plain |\n|--:|--:|--:|---|--:|--:|--:|--:|--:|--:|--:|\n"
            .to_owned();
    let models = models();
    let found = crate::threads::on_two_threads(models.len(), &|i| coverage(models[i], times, i as u64 + 1));
    for (model, c) in models.iter().zip(found) {
        let none = if c.none_bad > 0.02 { format!(" ({:.0} % without a failure)", 100.0 * c.none_bad) } else { String::new() };
        text += &format!(
            "{}| {:.1} % | {:.1} %{none} | {:.1} % | {:.1} % | {:.2} |\n",
            model.in_words(),
            100.0 * c.naive,
            100.0 * c.clustered,
            100.0 * c.crossed,
            100.0 * c.difference,
            c.wider
        );
    }
    text
}

/// A failure whose share of the excess is asked for: what target and rest fail ordinarily and in the
/// window, the rest's clients (the target has 100), and what clients and minutes add.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Split {
    pub(crate) target: (f64, f64),
    pub(crate) rest: (f64, f64),
    pub(crate) clients: usize,
    pub(crate) effects: (f64, f64),
}

pub(crate) fn splits() -> Vec<Split> {
    let mut all = Vec::new();
    for effects in [(0.0, 0.0), (1.0, 0.5)] {
        for (target, rest, clients) in [
            ((0.005, 0.5), (0.005, 0.005), 300),
            ((0.005, 0.5), (0.005, 0.02), 300),
            ((0.005, 0.1), (0.005, 0.02), 300),
            ((0.01, 0.2), (0.01, 0.06), 1_000),
            ((0.005, 0.9), (0.005, 0.3), 100),
        ] {
            all.push(Split { target, rest, clients, effects });
        }
    }
    all
}

/// How often the interval of the share of the excess holds the truth, and its mean lower end.
pub(crate) fn split_coverage(s: Split, times: u32, seed: u64) -> (f64, f64, f64) {
    let source =
        |p: f64, clients: usize| Source::of(Model { p, clients, by_client: s.effects.0, by_minute: s.effects.1, ..Model::PLAIN });
    let parts = [source(s.target.1, 100), source(s.target.0, 300), source(s.rest.1, s.clients), source(s.rest.0, 3 * s.clients)];
    let mut rng = Rng::new(seed, 79);
    let (mut held, mut low, mut truth_sum) = (0, 0.0, 0.0);
    for _ in 0..times {
        let [t1, t0, r1, r0] = [0, 1, 2, 3].map(|i: usize| parts[i].draw(&mut rng).share());
        let rose = |x: &Proportion, y: &Proportion| {
            let n = x.n as f64;
            let i = newcombe(x.p, x.interval(Z95), y.p, y.interval(Z95));
            ((x.p - y.p) * n, Interval { low: i.low * n, high: i.high * n })
        };
        let (a, b) = (rose(&t1, &t0), rose(&r1, &r0));
        let interval = part_of_whole(a.0, a.1, b.0, b.1);
        let (ta, tb) = ((s.target.1 - s.target.0) * t1.n as f64, (s.rest.1 - s.rest.0) * r1.n as f64);
        held += holds(interval, ta / (ta + tb));
        (low, truth_sum) = (low + interval.low, truth_sum + ta / (ta + tb));
    }
    let n = f64::from(times);
    (f64::from(held) / n, low / n, truth_sum / n)
}

/// The table of shares of the excess.
pub(crate) fn split_table(times: u32) -> String {
    let mut text =
        "| target, ordinarily and in the window | the rest | its clients | client, minute effect | true share of the excess | \
mean lower end | coverage |\n|---|---|--:|---|--:|--:|--:|\n"
            .to_owned();
    let splits = splits();
    let found = crate::threads::on_two_threads(splits.len(), &|i| split_coverage(splits[i], times, i as u64 + 1));
    for (s, (held, low, truth)) in splits.iter().zip(found) {
        text += &format!(
            "| {} %, {} % | {} %, {} % | {} | {}, {} | {:.1} % | {:.1} % | {:.1} % |\n",
            100.0 * s.target.0,
            100.0 * s.target.1,
            100.0 * s.rest.0,
            100.0 * s.rest.1,
            s.clients,
            s.effects.0,
            s.effects.1,
            100.0 * truth,
            100.0 * low,
            100.0 * held
        );
    }
    text
}

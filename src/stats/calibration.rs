//! Simulated failures with a known beginning and end: how often the intervals hold them.

use super::bouts::bouts;
use super::segment::Count;
use std::fmt::Write as _;

/// Failing share while nothing is wrong.
const HEALTHY: f64 = 0.003;
/// Minutes of ordinary traffic on either side of the failure.
const AROUND: f64 = 60.0;
/// Minutes that the failure lasts.
const LASTS: f64 = 20.0;

/// Seeded chance (splitmix64: Steele, Lea and Flood, OOPSLA 2014).
struct Rng(u64);

impl Rng {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Gamma with shape `a` (Marsaglia and Tsang, ACM TOMS 26, 2000).
    fn gamma(&mut self, a: f64) -> f64 {
        if a < 1.0 {
            let boost = self.uniform().powf(1.0 / a);
            return self.gamma(a + 1.0) * boost;
        }
        let d = a - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && self.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// A share whose mean is `p`, and any two requests under it correlated by `rho`.
    fn beta(&mut self, p: f64, rho: f64) -> f64 {
        if rho <= 0.0 || p <= 0.0 || p >= 1.0 {
            return p;
        }
        let k = (1.0 - rho) / rho;
        let (a, b) = (self.gamma(p * k), self.gamma((1.0 - p) * k));
        if a + b > 0.0 { a / (a + b) } else { p }
    }
}

/// How minutes of one state differ.
#[derive(Clone, Copy, Debug)]
enum Minutes {
    /// By chance alone.
    Alike,
    /// The share itself varies by this part of it (coefficient of variation), in both states.
    Vary(f64),
    /// Requests of one minute share their fate with this correlation, in both states: a healthy time
    /// is then one of rare bursts.
    Bursts(f64),
}

impl Minutes {
    /// Correlation of two requests of one minute whose share is `p` on average.
    fn rho(self, p: f64) -> f64 {
        match self {
            Minutes::Alike => 0.0,
            Minutes::Vary(part) => (part * part * p / (1.0 - p).max(1e-9)).min(0.9),
            Minutes::Bursts(rho) => rho,
        }
    }

    fn words(self) -> String {
        match self {
            Minutes::Alike => "alike".into(),
            Minutes::Vary(part) => format!("vary by {} %", 100.0 * part),
            Minutes::Bursts(rho) => format!("correlation {rho}"),
        }
    }
}

/// One kind of world.
#[derive(Clone, Copy, Debug)]
struct World {
    /// Requests a minute.
    traffic: f64,
    /// Failing share in the failure.
    share: f64,
    /// How the share of one minute differs from that of the next.
    minutes: Minutes,
    /// Width of a bin, seconds.
    width: f64,
}

impl World {
    /// The counts of a time in which it fails between `from` and `to` (seconds).
    fn draw(&self, rng: &mut Rng, from: f64, to: f64) -> Vec<Count> {
        let end = (2.0 * AROUND + LASTS) * 60.0;
        let mut counts = vec![Count::default(); (end / self.width) as usize];
        let mut at = 0.0;
        let (mut minute, mut shares) = (-1.0, [0.0; 2]);
        loop {
            at += -rng.uniform().ln() * 60.0 / self.traffic;
            if at >= end {
                return counts;
            }
            if (at / 60.0).floor() > minute {
                minute = (at / 60.0).floor();
                shares = [HEALTHY, self.share].map(|p| rng.beta(p, self.minutes.rho(p)));
            }
            let p = shares[usize::from(from <= at && at < to)];
            let bin = &mut counts[(at / self.width) as usize];
            bin.n += 1;
            bin.bad += u64::from(rng.uniform() < p);
        }
    }
}

/// What came out of many draws of one world.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    draws: u32,
    found: u32,
    /// Draws with more than one bout.
    several: u32,
    onset: u32,
    recovery: u32,
    width: f64,
}

impl Tally {
    fn add(&mut self, other: Tally) {
        *self = Tally {
            draws: self.draws + other.draws,
            found: self.found + other.found,
            several: self.several + other.several,
            onset: self.onset + other.onset,
            recovery: self.recovery + other.recovery,
            width: self.width + other.width,
        };
    }

    /// Share of intervals of both kinds that hold the truth, in per cent.
    fn cover(&self) -> f64 {
        50.0 * f64::from(self.onset + self.recovery) / f64::from(self.found.max(1))
    }
}

fn tried(world: World, draws: u32, seed: u64) -> Tally {
    let mut rng = Rng(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ world.traffic.to_bits() ^ world.share.to_bits().rotate_left(17));
    let mut tally = Tally { draws, ..Tally::default() };
    for _ in 0..draws {
        let from = 60.0 * (AROUND + rng.uniform());
        let to = from + 60.0 * (LASTS + rng.uniform() - 0.5);
        let counts = world.draw(&mut rng, from, to);
        let found = bouts(&counts, HEALTHY);
        tally.several += u32::from(found.spans.len() > 1);
        // As in a case, where the window is known roughly: what lies elsewhere is another matter.
        let near = |s: &(usize, usize)| (s.0 as f64) * world.width < to && from < (s.1 as f64) * world.width;
        let own: Vec<usize> = (0..found.spans.len()).filter(|&i| near(&found.spans[i])).collect();
        let [own] = own.as_slice() else { continue };
        if let (Some(a), Some(b)) = found.ends(&counts, *own) {
            let time = |border: usize| border as f64 * world.width;
            tally.found += 1;
            tally.onset += u32::from(time(a.low) <= from && from <= time(a.high));
            tally.recovery += u32::from(time(b.low) <= to && to <= time(b.high));
            tally.width += time(a.high - a.low) / 2.0 + time(b.high - b.low) / 2.0;
        }
    }
    tally
}

/// Draws of a healthy time in which bouts were found.
fn false_bouts(world: World, draws: u32, seed: u64) -> u32 {
    let mut rng = Rng(seed ^ 0x5555);
    (0..draws).map(|_| u32::from(!bouts(&world.draw(&mut rng, 0.0, 0.0), HEALTHY).spans.is_empty())).sum()
}

const TRAFFIC: [f64; 3] = [6.0, 60.0, 600.0];
const SHARES: [f64; 4] = [0.05, 0.2, 0.5, 1.0];
const MINUTES: [Minutes; 4] = [Minutes::Alike, Minutes::Vary(0.2), Minutes::Vary(0.5), Minutes::Bursts(0.005)];
const WIDTHS: [f64; 3] = [5.0, 15.0, 60.0];

fn worlds() -> impl Iterator<Item = World> {
    TRAFFIC.into_iter().flat_map(|traffic| {
        SHARES.into_iter().flat_map(move |share| {
            MINUTES
                .into_iter()
                .flat_map(move |minutes| WIDTHS.into_iter().map(move |width| World { traffic, share, minutes, width }))
        })
    })
}

#[test]
fn intervals_of_onset_and_recovery_hold_the_truth() {
    let mut all = Tally::default();
    for world in worlds().filter(|w| w.width > 5.0) {
        all.add(tried(world, 10, 1));
    }
    assert!(all.cover() >= 93.0, "{all:?}");
    assert!(f64::from(all.several) <= 0.02 * f64::from(all.draws), "{all:?}");
}

#[test]
fn a_healthy_time_has_no_bouts() {
    let quiet = |traffic, minutes| World { traffic, share: HEALTHY, minutes, width: 15.0 };
    let all = MINUTES.iter().flat_map(|m| TRAFFIC.iter().map(|t| quiet(*t, *m)));
    let found: u32 = all.map(|world| false_bouts(world, 25, 3)).sum();
    assert!(found <= 3, "{found} of 300");
}

/// The whole table: `cargo test --release --lib stats::calibration -- --ignored --nocapture`.
#[test]
#[ignore = "minutes of simulation; prints a table"]
fn table_of_coverage() {
    let draws = std::env::var("DRAWS").ok().and_then(|d| d.parse().ok()).unwrap_or(400);
    let mut text = String::from(
        "| requests a minute | failing share | minutes | bin | dated | onset held | recovery held | mean width | more than one bout |\n\
         |--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    let mut all = Tally::default();
    for w in worlds() {
        let t = tried(w, draws, 7);
        all.add(t);
        let of = |n: u32, d: u32| if d == 0 { "-".into() } else { format!("{:.1} %", 100.0 * f64::from(n) / f64::from(d)) };
        let _ = writeln!(
            text,
            "| {} | {} % | {} | {} s | {} | {} | {} | {:.0} s | {} |",
            w.traffic,
            100.0 * w.share,
            w.minutes.words(),
            w.width,
            of(t.found, t.draws),
            of(t.onset, t.found),
            of(t.recovery, t.found),
            t.width / f64::from(t.found.max(1)),
            of(t.several, t.draws),
        );
    }
    let _ = writeln!(text, "\nAll together: {:.1} % of {} intervals hold the truth.\n", all.cover(), 2 * all.found);
    text.push_str("| requests a minute | minutes | bin | bouts found where nothing happened |\n|--:|--:|--:|--:|\n");
    for w in worlds().filter(|w| w.share == SHARES[0]) {
        let found = false_bouts(World { share: HEALTHY, ..w }, draws, 9);
        let _ = writeln!(
            text,
            "| {} | {} | {} s | {:.2} % |",
            w.traffic,
            w.minutes.words(),
            w.width,
            100.0 * f64::from(found) / f64::from(draws)
        );
    }
    let _ = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
}

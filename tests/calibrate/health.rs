//! The test that the rest stayed healthy: how often it passes a rest that failed by just the margin
//! (its size, at most 5 %), and how often one that did not change at all (its power).

use crate::chance::Rng;
use crate::intervals::{Model, Source};
use outscope::analyse::extent::{MARGIN_PART, stayed_healthy};
use outscope::analyse::shares::Measured;

/// A setting: the ordinary failing share, requests in the window (the baseline has three times as
/// many), what clients and minutes add, and the margin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    pub(crate) ordinary: f64,
    pub(crate) requests: usize,
    pub(crate) by_client: f64,
    pub(crate) by_minute: f64,
    pub(crate) margin: f64,
}

/// Size and power, and the mean effective number of requests in the window.
pub(crate) struct Passed {
    pub(crate) size: f64,
    pub(crate) power: f64,
    pub(crate) effective: f64,
}

impl Setting {
    fn source(&self, p: f64, requests: usize) -> Source {
        Source::of(Model {
            clients: requests / 5,
            minutes: 20 * requests / self.requests,
            each: 5.0,
            heavy: false,
            by_client: self.by_client,
            by_minute: self.by_minute,
            bursts: false,
            p,
        })
    }
}

pub(crate) fn passed(s: Setting, times: u32, seed: u64) -> Passed {
    let mut rng = Rng::new(seed, 78);
    let base = s.source(s.ordinary, 3 * s.requests);
    let measured =
        |source: &Source, rng: &mut Rng| Measured { share: Some(source.draw(rng).share()), clients: 0, clients_bad: 0 };
    let mut effective = 0.0;
    let mut often = |p: f64| {
        let now = s.source(p, s.requests);
        let mut passed = 0;
        for _ in 0..times {
            let (now, base) = (measured(&now, &mut rng), measured(&base, &mut rng));
            effective += now.share.map_or(0.0, |x| x.effective) / f64::from(2 * times);
            // The program's own test, beside a target that rose as much as makes the margin this wide.
            let found = stayed_healthy(&now, &base, s.margin / MARGIN_PART, 1.0);
            passed += u32::from(found.is_some_and(|rest| rest.healthy == Some(true)));
        }
        f64::from(passed) / f64::from(times)
    };
    let (size, power) = (often(s.ordinary + s.margin), often(s.ordinary));
    Passed { size, power, effective }
}

pub(crate) fn settings() -> Vec<Setting> {
    let mut all = Vec::new();
    for (by_client, by_minute) in [(0.0, 0.0), (1.0, 0.5)] {
        for (ordinary, margin, sizes) in [
            (0.001, 0.005, [500, 1_500, 5_000, 15_000]),
            (0.005, 0.005, [500, 1_500, 5_000, 15_000]),
            (0.02, 0.005, [1_500, 5_000, 15_000, 40_000]),
            (0.001, 0.05, [50, 100, 300, 1_000]),
            (0.01, 0.05, [50, 100, 300, 1_000]),
        ] {
            all.extend(sizes.map(|requests| Setting { ordinary, requests, by_client, by_minute, margin }));
        }
    }
    all
}

/// Samples of a setting: `times`, fewer where each is large.
fn samples(s: Setting, times: u32) -> u32 {
    times.min(5_000_000 / s.requests as u32)
}

pub(crate) fn table(times: u32) -> String {
    let mut text =
        "| ordinarily failing | margin | client, minute effect | requests | effective | passes at the margin (size) | \
passes unchanged (power) |\n|--:|--:|---|--:|--:|--:|--:|\n"
            .to_owned();
    let settings = settings();
    let found =
        crate::threads::on_two_threads(settings.len(), &|i| passed(settings[i], samples(settings[i], times), i as u64 + 1));
    for (s, p) in settings.iter().zip(found) {
        text += &format!(
            "| {} % | {} points | {}, {} | {} | {:.0} | {:.1} % | {:.1} % |\n",
            100.0 * s.ordinary,
            100.0 * s.margin,
            s.by_client,
            s.by_minute,
            s.requests,
            p.effective,
            100.0 * p.size,
            100.0 * p.power
        );
    }
    text
}

//! How the competing explanations were weighed: what was measured, the likelihood ratios between
//! rivals, and the components of a mixture.

use serde::Serialize;

/// Which question a measure helps to answer. Evidence within one group is correlated, so each group
/// gives one score and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Who asked: machines that flood, or people?
    Who,
    /// Did more demand bring the failures about, or did something break?
    Demand,
    /// One segment, one resource, or the site?
    Where,
    /// Is the record itself to blame?
    Record,
}

impl Group {
    /// As in `report.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Group::Who => "who",
            Group::Demand => "demand",
            Group::Where => "where",
            Group::Record => "record",
        }
    }
}

/// Whose requests a measure is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// Those for what failed, or for what demand rose at.
    Target,
    /// All of the outermost tier.
    Site,
}

/// The scale on which a measure enters its group's score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// As it is.
    Identity,
    /// Natural logarithm; for ratios. Values are held within 1/1,000 and 1,000.
    Ln,
    /// Natural logarithm of the odds; for shares. Values are held within 0.005 and 0.995.
    Logit,
}

impl Scale {
    /// A value on this scale. Bounded, so that no single measure can outweigh all others.
    #[must_use]
    pub fn of(self, value: f64) -> f64 {
        match self {
            Scale::Identity => value.clamp(-10.0, 10.0),
            Scale::Ln => value.clamp(1e-3, 1e3).ln(),
            Scale::Logit => {
                let p = value.clamp(0.005, 0.995);
                (p / (1.0 - p)).ln()
            }
        }
    }
}

/// One thing that was measured, with its 95 % interval.
#[derive(Clone, Debug, Serialize)]
pub struct Measure {
    /// Its id, one of [`IDS`].
    pub id: &'static str,
    /// Its name for readers.
    pub name: &'static str,
    /// Which question it helps to answer.
    pub group: Group,
    /// Whose requests it is of.
    pub about: About,
    /// The value; `None` where these logs do not give it. It then neither favours nor opposes anything.
    pub value: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// How it stands against stretches of the baseline as long as the window, on `scale`: their mean
    /// subtracted, over their standard deviation. `None` with fewer than three of them.
    pub placebo: Option<f64>,
    /// The scale on which it enters the score.
    pub scale: Scale,
    /// A sentence with the figures, or why there are none.
    pub says: String,
}

impl Measure {
    /// Value, lower and upper end on the measure's scale: what the score is computed from.
    #[must_use]
    pub fn features(&self) -> Option<[f64; 3]> {
        let value = self.value.filter(|v| v.is_finite())?;
        let [low, high] = [self.low.unwrap_or(value), self.high.unwrap_or(value)];
        Some([value, low, high].map(|v| self.scale.of(v)))
    }
}

/// Two rivals and how much more probable the evidence is under the first than under the second.
#[derive(Clone, Debug, Serialize)]
pub struct Pair {
    /// The group whose score tells them apart.
    pub group: Group,
    /// The first: an explanation's id, or `attack` (whatever it is on) or `surge` (attack or crowd).
    pub a: &'static str,
    /// The second.
    pub b: &'static str,
    /// Logarithm to the base 10 of the likelihood ratio, within the cap; `None` where nothing could be measured.
    pub log10_lr: Option<f64>,
    /// Lower end.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Largest absolute value that the size of the validation allows.
    pub cap: f64,
    /// The strength in the words of the ENFSI scale, with its number.
    pub words: String,
    /// What the decision rests on: ids of measures without any one of which it would be another. Empty where it is stable.
    pub rests_on: Vec<&'static str>,
    /// What each measure contributes to the logarithm (base 10), largest first.
    pub parts: Vec<Contribution>,
}

/// What one measure contributes to a pair's log10 likelihood ratio, before the cap.
#[derive(Clone, Debug, Serialize)]
pub struct Contribution {
    /// The measure.
    pub id: &'static str,
    /// Its contribution: above 0 towards the first of the pair.
    pub log10: f64,
    /// The logarithm of the ratio without it.
    pub without: f64,
}

/// A part of the window's clients.
#[derive(Clone, Debug, Serialize)]
pub struct Component {
    /// `machine-like`, `known` or `new`.
    pub id: &'static str,
    /// Its name for readers.
    pub name: &'static str,
    /// Its clients in the window.
    pub clients: u64,
    /// Their requests for the target in the window.
    pub requests: u64,
    /// Failures among these.
    pub failed: u64,
    /// Share of all requests for the target in the window, 0 to 1.
    pub share: f64,
    /// Requests a second of its median client while it was active.
    pub rate: Option<f64>,
    /// In a sentence.
    pub says: String,
}

/// A sign of a flood below HTTP that access logs can show.
#[derive(Clone, Debug, Serialize)]
pub struct Sign {
    /// Whether it is there; `None` where these logs cannot tell.
    pub present: Option<bool>,
    /// In a sentence.
    pub says: String,
}

/// Who came in one bin of the report's axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Came {
    /// Start of the bin.
    pub t: crate::time::Micros,
    /// Clients of the target that had asked something of the site in an earlier bin.
    pub returning: u64,
    /// Those that had not.
    pub new: u64,
}

/// Clients of the window and of the baseline by their number of requests in a stretch of equal length.
#[derive(Clone, Debug, Serialize)]
pub struct PerClient {
    /// Least number of requests of each class (1, 2, 4, 8 ...).
    pub from: Vec<u64>,
    /// Share of the window's clients in each class.
    pub during: Vec<f64>,
    /// Share of the baseline's clients in each class, over stretches as long as the window.
    pub before: Vec<f64>,
}

/// How the explanations were weighed.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Weighing {
    /// What was weighed, in one sentence for readers.
    pub says: String,
    /// The stretch in which demand was looked at; the window where something failed.
    pub stretch: Option<crate::time::Span>,
    /// What was measured, in a fixed order.
    pub measures: Vec<Measure>,
    /// The rivals.
    pub pairs: Vec<Pair>,
    /// The window's clients, parted.
    pub components: Vec<Component>,
    /// Signs of a flood below HTTP.
    pub signs: Vec<Sign>,
    /// New and returning clients over time.
    pub came: Vec<Came>,
    /// Requests per client, window against baseline.
    pub per_client: Option<PerClient>,
    /// Where the coefficients come from.
    pub coefficients: &'static str,
}

/// Every measure's id with its group, in order. Direction: towards which of the pair's two a larger
/// value should point is for the fitted coefficients to say.
pub const IDS: [(&str, Group); 30] = [
    // Requests per client of the target: mean in the window over mean in stretches of the baseline.
    ("rate", Group::Who),
    // Share of the target's requests by clients above the baseline's 99.9th percentile.
    ("heavy", Group::Who),
    // Requests of the busiest one percent of the clients, as a share.
    ("busiest", Group::Who),
    // Requests a second of the clients that make the middle half of the requests, while active.
    ("pace", Group::Who),
    // Share of the growth of demand (log scale) that is clients.
    ("growth-clients", Group::Who),
    // Clients per address network (/24, /48).
    ("spread", Group::Who),
    // Share of the window's clients from networks unseen before, as odds over placebo stretches.
    ("novelty", Group::Who),
    // Variance over mean of requests in equal slices of a client's activity (median of the busiest).
    ("burstiness", Group::Who),
    // Mean correlation of the busiest clients' requests over time, the common course taken out.
    ("lock-step", Group::Who),
    // Share of the target's clients (with several requests) that asked one thing only.
    ("single-path", Group::Who),
    // Requests for assets per other request, of the target's clients, over the baseline's.
    ("assets", Group::Who),
    // Share of requests with a query never repeated.
    ("queries", Group::Who),
    // Share not served from cache, of those whose line says so, window against baseline.
    ("cache-miss", Group::Who),
    // Jensen-Shannon divergence of user agents from the baseline's, bits.
    ("agents", Group::Who),
    // Share of the largest user agent (with version) in the traffic beyond the baseline's.
    ("agent-top", Group::Who),
    // Jensen-Shannon divergence of HTTP versions and methods, bits.
    ("protocol", Group::Who),
    // Share without a referrer, window against baseline.
    ("referrer", Group::Who),
    // Time from a tenth to nine tenths of the rise, as a share of the window.
    ("ramp", Group::Who),
    // Time of the fall at the end, as a share of the window.
    ("end", Group::Who),
    // Chance that a client asks for something after a success over that after a failure.
    ("after-refusal", Group::Who),
    // Share of the target's clients that asked for anything else on the site.
    ("elsewhere", Group::Who),
    // Operations begun anew, window over baseline.
    ("demand", Group::Demand),
    // The same just before the first failures.
    ("demand-before", Group::Demand),
    // Seconds by which demand's rise precedes the failures, over the window's length.
    ("lead", Group::Demand),
    // The window's median load over the largest that was served before without failures.
    ("equal-load", Group::Demand),
    // Correlation of load and failing share over the window's bins.
    ("dose", Group::Demand),
    // Share of the failures that refuse for want of room (429, 503).
    ("shed", Group::Demand),
    // Share of the excess failures that one segment (POP, backend, server) holds, over what traffic lets expect.
    ("segment", Group::Where),
    // Share of the excess failures that the target holds.
    ("confined", Group::Where),
    // Share of the window in which a log is silent without reason.
    ("silence", Group::Record),
];

/// Made-up values for tests of renderers.
#[cfg(test)]
#[must_use]
pub(crate) fn sample() -> Weighing {
    use crate::time::{Micros, Span};
    let measure = |id, name, group, value: f64, scale, says: &str| Measure {
        id,
        name,
        group,
        about: About::Target,
        value: Some(value),
        low: Some(0.8 * value),
        high: Some(1.25 * value),
        placebo: Some(0.4),
        scale,
        says: says.into(),
    };
    let from = Micros::from_secs(1_723_507_200);
    Weighing {
        says: "The figures speak for a crowd against an attack.".into(),
        stretch: Some(Span::new(from, from.plus(2_400_000_000))),
        measures: vec![
            measure(
                "rate",
                "requests per client",
                Group::Who,
                1.3,
                Scale::Ln,
                "A client made 1.3 times the ordinary number of requests.",
            ),
            measure("demand", "demand", Group::Demand, 3.1, Scale::Ln, "Operations were begun at 3.1 times the ordinary rate."),
            Measure {
                value: None,
                low: None,
                high: None,
                placebo: None,
                ..measure("referrer", "referrers", Group::Who, 1.0, Scale::Logit, "No line names a referrer.")
            },
        ],
        pairs: vec![Pair {
            group: Group::Who,
            a: "attack",
            b: "flash-crowd",
            log10_lr: Some(-1.0),
            low: Some(-1.4),
            high: Some(-0.5),
            cap: 1.0,
            words: "weak support (10) for a crowd".into(),
            rests_on: vec!["rate"],
            parts: vec![Contribution { id: "rate", log10: -0.8, without: -0.3 }],
        }],
        components: vec![Component {
            id: "machine-like",
            name: "machine-like clients",
            clients: 12,
            requests: 480,
            failed: 300,
            share: 0.04,
            rate: Some(2.5),
            says: "12 clients asked 480 times.".into(),
        }],
        signs: vec![Sign { present: Some(false), says: "No log fell silent while another saw requests.".into() }],
        came: (0..3)
            .map(|i| Came { t: from.plus(i * 60_000_000), returning: 30 - 5 * i.unsigned_abs(), new: 10 + 40 * i.unsigned_abs() })
            .collect(),
        per_client: Some(PerClient {
            from: vec![1, 2, 4, 8],
            during: vec![0.4, 0.3, 0.2, 0.1],
            before: vec![0.5, 0.3, 0.15, 0.05],
        }),
        coefficients: "made up",
    }
}

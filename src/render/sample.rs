//! A made-up case for tests of the renderers: one Space fails for 40 of 120 minutes, the rest does not.
//! Nothing here comes from a log; it shares no code with the analysis.

use crate::case::audience::{Admission, Basis, Concurrency, GapReading, PageViews, Present, ResourceViews, Sessions};
use crate::case::claimed::{Held, Measure};
use crate::case::latency::{Latency, Quantiles, Took, TookAt};
use crate::case::operations::{Bound, Bounds, FirstSuccess, Follows, Operations, Phase, Readings, Surge, Usage, Worst};
use crate::case::soft::{SoftAnswers, SoftKind};
use crate::case::*;
use crate::event::Tier;
use crate::time::{Micros, SECOND, Span, Step};
use std::collections::BTreeMap;

const BINS: usize = 120;

fn t(minute: i64) -> Micros {
    Micros::from_secs(1_723_505_400 + minute * 60)
}

fn avail(value: f64, requests: u64) -> Avail {
    let half = (value * (1.0 - value) / 50.0).sqrt() * 1.96 + 0.002;
    Avail {
        value: Some(value),
        low: Some((value - half).max(0.0)),
        high: Some((value + half).min(1.0)),
        requests,
        clients: requests / 3,
        effective: Some(requests as f64 / 4.0),
    }
}

fn series(per_bin: u64, share_in_window: f64, quiet: std::ops::Range<usize>) -> Vec<Point> {
    (0..BINS)
        .map(|i| {
            let inside = (40..80).contains(&i);
            let requests = if quiet.contains(&i) { 0 } else { per_bin + (i as u64 * 7) % 11 };
            let failed = if inside { (requests as f64 * share_in_window) as u64 } else { u64::from(i % 17 == 0).min(requests) };
            let state = match (requests, failed) {
                (0, _) => State::NoEvidence,
                (n, f) if f * 2 > n => State::Down,
                (n, f) if f * 10 > n => State::Degraded,
                _ => State::Ok,
            };
            let classes = Classes {
                success: requests - failed,
                redirect: requests / 20,
                client_error: requests / 15,
                shed: failed / 5,
                server_error: failed - failed / 5,
                unanswered: requests / 40,
            };
            Point { t: t(i as i64), requests, failed, state, classes }
        })
        .collect()
}

fn resource(name: &str, per_bin: u64, bad: f64, in_cause: bool) -> Resource {
    let series = series(per_bin, bad, 0..0);
    let (requests, failed) = series.iter().fold((0, 0), |(r, f), p| (r + p.requests, f + p.failed));
    Resource {
        name: name.into(),
        rule: in_cause.then(|| "^/i/spaces/1yNGaNLDPvqJj".to_owned()),
        in_cause,
        requests,
        failed,
        availability: avail(1.0 - failed as f64 / requests as f64, requests),
        time_availability: Share { value: Some(0.9), low: Some(0.8), high: Some(0.95) },
        before: avail(0.998, requests / 3),
        during: avail(1.0 - bad, requests / 3),
        after: avail(0.997, requests / 3),
        excess: bad * requests as f64 / 3.0,
        series,
    }
}

fn certainty() -> Certainty {
    let test = |id: &str, (value, low, high): (f64, f64, f64), limit, requests, passed| Test {
        id: id.into(),
        value: Share { value: Some(value), low: Some(low), high: Some(high) },
        limit,
        detectable: Some(0.0022),
        requests,
        effective: Some(requests as f64 / 4.0),
        clients: requests / 3,
        dispersion: Some(1.8),
        passed,
    };
    Certainty {
        tests: vec![
            test("target-rose", (0.818, 0.71, 0.92), 0.01, 8_000, Some(true)),
            test("rest-stayed-healthy", (0.0005, -0.0006, 0.0019), 0.005, 15_000, Some(true)),
            test("share-of-excess", (0.996, 0.991, 0.999), 0.8, 8_000, Some(true)),
        ],
        readings: vec![
            Reading { what: "without the first tenth of the window".into(), verdict: Verdict::Confined, same: true },
            Reading { what: "with half the limit for the rest".into(), verdict: Verdict::Inconclusive, same: false },
        ],
        placebo: Some(Placebo { windows: 2, as_large: 0, p: 1.0 / 3.0 }),
        baselines: vec![Baselines {
            part: "rest".into(),
            difference: Share { value: Some(0.0004), low: Some(-0.0008), high: Some(0.0016) },
            agree: Some(true),
        }],
        resources: Some(OneByOne {
            known: 6,
            measurable: 5,
            unmeasured_requests: 12,
            degraded: vec![],
            largest_rise: Some(0.013),
        }),
        statuses: vec![StatusCount { status: "503".into(), failed: 6_500 }, StatusCount { status: "none".into(), failed: 60 }],
        remarks: vec!["The verdict stays the same under the most careful reading of every gap.".into()],
    }
}

/// The sample case.
#[must_use]
pub(crate) fn case() -> Case {
    let set = BTreeMap::from([("resource".to_owned(), "/i/spaces/1yNGaNLDPvqJj".to_owned())]);
    let names =
        ["/home", "/i/api/timeline", "/media/:n.jpg", "/:name/status/:id", "/search", "<script>alert(1)</script>/|pipe|`tick`"];
    let mut resources = vec![resource("/i/spaces/1yNGaNLDPvqJj", 200, 0.82, true)];
    resources.extend(names.iter().enumerate().map(|(i, n)| resource(n, 90 - 12 * i as u64, 0.002, false)));
    let segment = |attribute: &str, value: &str, tier, bad| Segment {
        attribute: attribute.into(),
        value: value.into(),
        tier,
        requests: 40_000,
        failed: (40_000.0 * bad) as u64,
        series: series(150, bad, 0..0),
    };
    let source = |path: &str, format: Option<&str>, tier, quiet: std::ops::Range<usize>| Source {
        path: path.into(),
        sha256: "3b1f".repeat(16),
        size: 123_456,
        format: format.map(Into::into),
        confidence: format.map(|_| 0.998),
        wrapper: None,
        formats: BTreeMap::new(),
        repaired: 0,
        why: format.map_or("looks like a picture (PNG)".into(), |f| format!("{f} reads 998 of 1,000 sampled lines")),
        tier,
        instance: Some("iad".into()),
        lines: 50_010,
        events: 50_000,
        duplicates: 0,
        skipped: 2,
        rejected: 8,
        skipped_by: BTreeMap::from([("header or comment line of the format".to_owned(), 2)]),
        rejected_by: BTreeMap::from([("no known log format reads this line".to_owned(), 8)]),
        examples: vec![RejectedLine {
            line: 17,
            reason: "no known log format reads this line".into(),
            excerpt: "<b>junk".into(),
        }],
        first: Some(t(0)),
        last: Some(t(119)),
        clock_offset: None,
        trouble: None,
        per_bin: series(400, 0.0, quiet).iter().map(|p| p.requests).collect(),
    };
    Case {
        schema: SCHEMA,
        program: format!("outscope {}", env!("CARGO_PKG_VERSION")),
        title: "A live Space fails".into(),
        bundle: "sample".into(),
        synthetic: true,
        timezone: Some("America/New_York".into()),
        axis: Axis { from: t(0), to: t(BINS as i64), step: Step(60), bins: BINS },
        window: Some(Window { from: t(40), to: t(80), chosen: Chosen::Detected }),
        baseline: vec![Span::new(t(0), t(39)), Span::new(t(81), t(120))],
        sources: vec![
            source("edge-iad.log.gz", Some("cloudfront"), Tier::Edge, 0..0),
            source("lb/haproxy.log", Some("haproxy-http"), Tier::Balancer, 60..66),
            source("notes/picture.png", None, Tier::Unknown, 0..120),
        ],
        totals: Totals { lines: 150_030, events: 150_000, duplicates: 0, skipped: 6, rejected: 24 },
        scope: Scope {
            verdict: Verdict::Confined,
            cause_set: vec![set],
            share_of_excess: Share { value: Some(0.996), low: Some(0.991), high: Some(0.999) },
            target: Part {
                requests: 8_000,
                failed: 6_560,
                before: avail(0.998, 8_000),
                during: avail(0.18, 8_000),
                after: avail(0.997, 8_000),
            },
            rest: Rest {
                requests: 15_000,
                failed: 31,
                before: avail(0.9985, 15_000),
                during: avail(0.998, 15_000),
                after: avail(0.998, 15_000),
                increase: Share { value: Some(0.0005), low: Some(-0.0006), high: Some(0.0019) },
                margin: 0.005,
                margin_needed: Some(0.0019),
                detectable: Some(0.0022),
                healthy: Some(true),
            },
            clients_affected: 2_345,
            because: vec![
                "The Space's failing share rose from 0.2 % to 82 %.".into(),
                "The rest rose by at most 0.2 points, inside the margin of 0.5.".into(),
            ],
            open: None,
            indistinguishable: vec![],
            target_series: series(200, 0.82, 0..0),
            rest_series: series(350, 0.002, 100..104),
        },
        certainty: certainty(),
        incident_episode: Some(0),
        episodes: vec![Episode {
            resource: "/i/spaces/1yNGaNLDPvqJj".into(),
            from: t(40),
            from_low: t(40).plus(-30 * SECOND),
            from_high: t(40).plus(20 * SECOND),
            to: t(80),
            to_low: t(79),
            to_high: t(81),
            requests: 8_000,
            failed: 6_560,
            clients_affected: Some(2_345),
            open: None,
            set_aside: None,
            course: Course {
                shape: Shape::Step,
                bouts: vec![Bout {
                    from: t(40),
                    from_low: t(40).plus(-30 * SECOND),
                    from_high: t(40).plus(20 * SECOND),
                    to: t(80),
                    to_low: t(79),
                    to_high: t(81),
                    requests: 8_000,
                    failed: 6_560,
                }],
                downtime: Some(2_400.0),
                resolution: Some(15.0),
                ..Course::default()
            },
        }],
        resources,
        resources_left_out: 0,
        segments: vec![
            segment("pop", "iad", Tier::Edge, 0.35),
            segment("pop", "lhr", Tier::Edge, 0.33),
            segment("backend", "be_app/app1", Tier::Balancer, 0.34),
            segment("tier", "origin", Tier::Origin, 0.36),
        ],
        explanations: vec![
            Explanation {
                id: "volumetric-attack".into(),
                standing: Standing::NotObservable,
                strength: None,
                evidence: vec![Evidence {
                    says: "Packets that never became requests leave no line in an access log.".into(),
                    favours: false,
                    against: false,
                }],
            },
            Explanation { id: "no-incident".into(), standing: Standing::Contradicted, strength: None, evidence: vec![] },
            Explanation {
                id: "attack-on-resource".into(),
                standing: Standing::Undecided,
                strength: None,
                evidence: evidence(true),
            },
            Explanation { id: "flash-crowd".into(), standing: Standing::Supported, strength: None, evidence: evidence(false) },
        ],
        weighing: crate::case::weighing::sample(),
        claims: claims(),
        audience: audience(),
        latency: Some(latency()),
        operations: operations(),
        completeness: Completeness {
            gaps: vec![Gap {
                who: "balancer lb/haproxy.log".into(),
                sources: vec![1],
                from: t(60),
                to: t(66),
                expected_at_least: 240,
                expected: Some(gaps::Forecast { value: 300.0, low: 262.0, high: 341.0 }),
                share: 1.0,
                class: gaps::Class::LogLost,
                means: "The edge saw ordinary traffic meanwhile, so these lines are missing, not the requests.".into(),
            }],
            quiet: vec![gaps::Quiet {
                attribute: "resource".into(),
                value: "/search".into(),
                from: t(100),
                to: t(104),
                expected: gaps::Forecast { value: 160.0, low: 130.0, high: 192.0 },
                share: 0.09,
                class: gaps::Class::CannotTell,
                means: "Everything else was asked for as usual. These logs cannot tell whether it was down or not asked for."
                    .into(),
            }],
            fewer: vec![fewer::Fewer {
                from: t(108),
                to: t(114),
                observed: 120,
                expected: gaps::Forecast { value: 600.0, low: 540.0, high: 664.0 },
                left: Share { value: Some(0.2), low: Some(0.16), high: Some(0.25) },
                class: gaps::Class::CannotTell,
                means: "Requests stopped coming: 120 came, where 600 were to be expected; these logs cannot tell why.".into(),
            }],
            clock_offsets: vec![],
            duplicates: 0,
            copies: vec![],
            blind_spots: vec!["Packet floods below HTTP leave no trace in access logs.".into()],
        },
        volumes: Some(gaps::Volumes {
            target: gaps::Volume {
                observed: 8_000,
                good: 1_440,
                expected: Some(gaps::Forecast { value: 9_600.0, low: 9_100.0, high: 10_150.0 }),
                missing: Some(1_600.0),
                lost_demand_bound: Some(0.157),
            },
            rest: gaps::Volume {
                observed: 15_000,
                good: 14_969,
                expected: Some(gaps::Forecast { value: 15_200.0, low: 14_500.0, high: 15_900.0 }),
                missing: None,
                lost_demand_bound: None,
            },
        }),
        gap_readings: vec![gaps::GapReading {
            gap: 0,
            reading: gaps::Reading::AllFailed,
            lost: (80, 220),
            verdict: Verdict::Inconclusive,
            changes: true,
            excluded: Some("The edge saw ordinary traffic meanwhile.".into()),
        }],
        tiers: crate::case::tiers::sample(),
        events: vec![
            Mark { at: t(30), says: "scheduled start".into() },
            Mark { at: t(60), says: "restart with a smaller audience".into() },
        ],
        soft: vec![SoftAnswers {
            resource: "/i/spaces/1yNGaNLDPvqJj".into(),
            host: Some("x.example".into()),
            kind: SoftKind::Size,
            method: "GET",
            counted: true,
            bytes: Some((282, 282)),
            usual_bytes: Some((8_114, 8_178)),
            from: t(40),
            to: t(80),
            answers: 2_000,
            soft: 1_640,
            answers_elsewhere: 5_200,
            soft_elsewhere: 3,
            clients: 32,
            because: vec!["1,640 of 2,000 answers had 282 bytes; before and after that it was 3 of 5,200.".into()],
            open: vec![],
            may_be_outage: false,
            rule: "outcome = [{ status = 200, path = '^/i/spaces/1yN$', bytes = \"282-282\", outcome = \"good\" }]".into(),
        }],
        slow: vec![slow::Slow {
            resource: "/search".into(),
            tier: Tier::Edge,
            from: t(90),
            to: t(98),
            requests: 300,
            share: 0.12,
            times: Share { value: Some(8.0), low: Some(6.5), high: Some(9.9) },
            before: 0.2,
            during: 1.6,
        }],
        outcome_rules: vec!["status 5xx: failed".into(), "status 429: shed".into(), "other 4xx: excluded".into()],
        notes: vec!["Availability is read at the edge, the outermost tier present.".into()],
        charts: vec![],
        reproduce: Reproduce { command: "outscope report sample".into(), options: BTreeMap::new(), incident: None, asn: None },
    }
}

fn operations() -> Operations {
    let share = |value: f64, half: f64| Share { value: Some(value), low: Some(value - half), high: Some(value + half) };
    let phase = |requests: f64, operations: f64, n: u64| Phase {
        requests: avail(requests, n),
        operations: avail(operations, n / 3),
        unsure: 2,
        attempts: share(3.0 - 2.0 * requests, 0.1),
        uptime: share(operations - 0.01, 0.005),
    };
    let usage = |during: Phase, worst: f64| Usage {
        baseline: phase(0.998, 0.999, 9_000),
        during,
        amplification: share(2.1, 0.2),
        compared_with: Some("own"),
        cutoff: 60,
        polls: false,
        denied: share(0.12, 0.02),
        first_success: FirstSuccess { clients: 900, median: Some(95), p90: None, never: share(0.15, 0.03) },
        worst: [(60, 0.0), (600, 0.2), (3_600, 0.6), (7_200, 0.8)]
            .into_iter()
            .map(|(window, part)| Worst { window, uptime: worst + (1.0 - worst) * part, from: t(40) })
            .collect(),
    };
    let bound =
        |low: f64, high: f64| Bound { low: avail(low, 8_100), high: avail(high, 8_000), ambiguous: 100, degraded: 0, slow: 3 };
    Operations {
        unknown: None,
        gap: Some(30),
        patience: 60,
        sampling: 1,
        site: Some(usage(phase(0.7, 0.8, 23_000), 0.6)),
        target: Some(usage(phase(0.18, 0.45, 8_000), 0.1)),
        rest: Some(usage(phase(0.998, 0.999, 15_000), 0.95)),
        surge: Some(Surge {
            follows: Follows::Consequence,
            says: "Requests a second were 2.1 times (1.9 to 2.3) the ordinary; with retries put together 1.0 times.".into(),
            requests: share(2.1, 0.2),
            begun: share(1.0, 0.1),
            lead: Some(5),
        }),
        readings: Readings {
            target: Some(Bounds { baseline: bound(0.99, 0.998), during: bound(0.17, 0.18) }),
            rest: Some(Bounds { baseline: bound(0.99, 0.998), during: bound(0.99, 0.998) }),
            as_ruled: Some(Verdict::Confined),
            worst: Some(Verdict::Confined),
            best: Some(Verdict::Confined),
            depends: None,
            why: "Ambiguous answers became more frequent in what failed, so the window was judged anew.".into(),
        },
    }
}

/// The same evidence, held against an attack or a crowd.
fn evidence(attack: bool) -> Vec<Evidence> {
    let says = |text: &str, for_attack: bool| Evidence {
        says: text.into(),
        favours: attack == for_attack,
        against: attack != for_attack,
    };
    vec![
        says("A client made 1.3 times the ordinary number of requests.", false),
        says("Ninety of a hundred clients came from networks unseen before.", true),
        Evidence { says: "Operations were begun at 3.1 times the ordinary rate.".into(), favours: true, against: false },
    ]
}
fn claims() -> Vec<Claim> {
    let claim = |id: &str, says: &str, standing, because: &str, held| Claim {
        id: id.into(),
        says: says.into(),
        by: Some("the host".into()),
        at: None,
        standing,
        because: because.into(),
        held,
    };
    let lasted = Measure {
        definition: "From the first failure to the recovery".into(),
        value: 40.0,
        low: 39.0,
        high: Some(41.5),
        fits: Some(true),
    };
    vec![
        Claim {
            at: Some(t(48)),
            ..claim(
                "C1",
                "a massive attack on the platform",
                ClaimStanding::Contradicted,
                "The failures stayed inside one Space; the rest served 99.8 % of 15,000 requests in the same minutes.",
                Held { test: Some("scope"), ..Held::default() },
            )
        },
        claim(
            "F4",
            "Audio came after about 40 minutes.",
            ClaimStanding::Consistent,
            "From the first failure to the recovery: 40 minutes (the data allow 39 minutes to 41 minutes 30 seconds).",
            Held {
                test: Some("downtime"),
                about: Some(Span::new(t(40), t(80))),
                claimed: Some(40.0),
                tolerance: Some(4.0),
                unit: Some("minutes"),
                measured: vec![lasted],
            },
        ),
        claim(
            "A3",
            "73 million views",
            ClaimStanding::NotTestable,
            "Views are counted by a platform; an access log holds requests.",
            Held { test: Some("views"), claimed: Some(73e6), unit: Some("views"), ..Held::default() },
        ),
    ]
}

fn audience() -> Audience {
    let present = |i: usize| {
        let n = if i < 40 {
            30 + i as u64
        } else if i < 80 {
            115
        } else {
            115 + 32 * (i as u64 - 79)
        };
        let failing = (40..80).contains(&i);
        Present {
            t: t(i as i64),
            concurrent: Some(n.min(1_400)),
            low: Some(n.min(1_400) * 9 / 10),
            high: Some(n.min(1_400) + 20),
            served: if failing { 40 } else { n / 2 },
            denied: if failing { 220 } else { 0 },
            first_served: if failing { 3 } else { 0 },
        }
    };
    let reading = |times, value| GapReading { times, gap: times * 65, value, at: t(119) };
    Audience {
        requests: 90_000,
        distinct_clients: 12_000,
        distinct_clients_error: None,
        target_clients: Some(2_900),
        page_views: PageViews {
            all: 21_000,
            target: Some(3_100),
            programs: 120,
            resources: vec![ResourceViews { name: "/i/spaces/1yNGaNLDPvqJj".into(), views: 3_100 }],
        },
        sessions: Some(Sessions { gap: 1_800, all: 14_000, clients: 12_300, target_gap: Some(195), target: Some(3_300) }),
        admission: Some(Admission { clients: 2_950, admitted: 600, denied: 2_350, later: 1_900 }),
        peak_concurrent: Some(Peak { value: 1_400, at: t(119), low: 1_363, high: 1_420 }),
        concurrency: Some(Concurrency {
            of: "/i/spaces/1yNGaNLDPvqJj".into(),
            of_target: true,
            basis: Basis::Polls,
            pause: 65,
            readings: vec![reading(1, 1_363), reading(3, 1_400), reading(5, 1_420)],
            clients: 2_400,
            hours: 690.0,
            sampling: 1,
        }),
        unknown: None,
        scale: Some(1_000.0),
        series: (0..BINS).map(present).collect(),
    }
}

fn latency() -> Latency {
    let quantiles = |slow: f64| Quantiles { answers: 800, p50: Some(0.012 * slow), p95: Some(0.08 * slow) };
    let took = |slow: f64| Took {
        baseline: quantiles(1.0),
        during: quantiles(slow),
        series: (0..BINS as i64)
            .map(|i| TookAt { t: t(i), took: quantiles(if (40..80).contains(&i) { slow } else { 1.0 }) })
            .collect(),
    };
    Latency { step: Step(60), error: 0.015_625, target: took(9.0), rest: Some(took(1.1)) }
}

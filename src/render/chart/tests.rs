//! Whole pictures: sizes, equal bytes, and cases of every shape, hostile ones too.

use super::*;
use crate::case::*;
use crate::render::sample;
use crate::time::{Micros, SECOND, Step};

/// The sample case on another axis: `bins` bins of `step` seconds, its shape stretched over them.
fn stretched(bins: usize, step: i64) -> Case {
    let mut case = sample::case();
    let old = case.axis;
    let axis = Axis { from: old.from, to: old.from.plus(bins as i64 * step * SECOND), step: Step(step), bins };
    let moved = |t: Micros| {
        let part = (t.0 - old.from.0) as f64 / (old.to.0 - old.from.0) as f64;
        axis.from.plus((part * (axis.to.0 - axis.from.0) as f64 / SECOND as f64).round() as i64 * SECOND)
    };
    let series = |s: &mut Vec<Point>| {
        *s = (0..bins).map(|i| Point { t: axis.start(i), ..s[i * s.len() / bins] }).collect();
    };
    series(&mut case.scope.target_series);
    series(&mut case.scope.rest_series);
    case.resources.iter_mut().for_each(|r| series(&mut r.series));
    case.segments.iter_mut().for_each(|s| series(&mut s.series));
    for source in &mut case.sources {
        source.per_bin = (0..bins).map(|i| source.per_bin[i * source.per_bin.len() / bins]).collect();
    }
    for at in case.events.iter_mut().map(|e| &mut e.at).chain(case.claims.iter_mut().filter_map(|c| c.at.as_mut())) {
        *at = moved(*at);
    }
    for gap in &mut case.completeness.gaps {
        (gap.from, gap.to) = (moved(gap.from), moved(gap.to));
    }
    for e in &mut case.episodes {
        for t in [&mut e.from, &mut e.from_low, &mut e.from_high, &mut e.to, &mut e.to_low, &mut e.to_high] {
            *t = moved(*t);
        }
    }
    case.window = case.window.map(|w| Window { from: moved(w.from), to: moved(w.to), ..w });
    case.axis = axis;
    case
}

fn no_window() -> Case {
    let mut case = sample::case();
    case.window = None;
    case.synthetic = false;
    case.timezone = None;
    case.scope.verdict = Verdict::NoIncident;
    case.scope.cause_set.clear();
    case.scope.target_series = std::mem::take(&mut case.scope.rest_series);
    case.episodes.clear();
    for r in &mut case.resources {
        (r.before, r.during, r.after) = (Avail::NONE, Avail::NONE, Avail::NONE);
        r.in_cause = false;
    }
    case
}

fn many_hostile() -> Case {
    let mut case = sample::case();
    let evil = [
        "/\u{202e}gnp.kcatta/\u{0}\u{7}\u{1b}[31m",
        "/中文/🦀/z\u{300}\u{301}\u{302}\u{303}algo",
        "",
        "\n\r\t",
        "/a b/<img src=x onerror=alert(1)>|`x`",
    ];
    case.resources = (0..60)
        .map(|i| {
            let mut r = case.resources[i % 7].clone();
            r.name = format!("{}/{}/{i}", evil[i % evil.len()], "very-long-segment-of-a-path/".repeat(i % 40));
            r
        })
        .collect();
    case.segments = (0..40)
        .map(|i| {
            let mut s = case.segments[i % 4].clone();
            s.value = format!("{}{}", evil[i % evil.len()], "WWWW".repeat(i));
            s
        })
        .collect();
    case.sources = (0..50)
        .map(|i| {
            let mut s = case.sources[i % 3].clone();
            s.path = format!("{}{}", evil[i % evil.len()], "/deep".repeat(i * 3));
            s
        })
        .collect();
    case.scope.cause_set =
        (0..9).map(|i| [("resource".to_owned(), format!("/\u{202e}x/{}", "long".repeat(20 + i)))].into()).collect();
    case.title = "\u{202e}title".repeat(50);
    case.bundle = "\u{7}bundle ".repeat(90);
    case.claims[0].says = "lie\u{202e} ".repeat(200);
    case
}

fn crowd_of_claims() -> Case {
    let mut case = sample::case();
    let claim = case.claims[0].clone();
    case.claims = (0..15)
        .map(|i| Claim {
            at: claim.at.map(|t| t.plus(i * 7 * SECOND)),
            says: format!("statement number {i}, which says at some length that the platform was under attack"),
            ..claim.clone()
        })
        .collect();
    case
}

fn silent() -> Case {
    let mut case = no_window();
    for p in case.scope.target_series.iter_mut().chain(case.resources.iter_mut().flat_map(|r| &mut r.series)) {
        *p = Point { requests: 0, failed: 0, state: State::NoEvidence, classes: Classes::default(), ..*p };
    }
    case.segments.clear();
    case.sources.clear();
    case.weighing = crate::case::weighing::Weighing::default();
    case
}

fn variants() -> Vec<(&'static str, Case)> {
    let mut one = sample::case();
    one.resources.truncate(1);
    one.segments.truncate(1);
    let mut no_claims = sample::case();
    no_claims.claims.clear();
    no_claims.events.clear();
    let mut inconclusive = sample::case();
    inconclusive.scope.verdict = Verdict::Inconclusive;
    let mut healthy = sample::case();
    for r in &mut healthy.resources {
        for a in [&mut r.before, &mut r.during, &mut r.after] {
            *a = Avail { value: Some(0.995), low: Some(0.991), high: Some(0.998), ..*a };
        }
    }
    let mut thin = sample::case();
    let all_series = [&mut thin.scope.target_series, &mut thin.scope.rest_series];
    for series in all_series.into_iter().chain(thin.resources.iter_mut().map(|r| &mut r.series)) {
        for (i, p) in series.iter_mut().enumerate() {
            p.requests = (i as u64 * 7919) % 9;
            p.failed = p.failed.min(p.requests / 2);
        }
    }
    let mut mild = sample::case();
    for p in &mut mild.scope.target_series {
        p.failed = p.failed.min(8);
    }
    (mild.scope.target.failed, mild.scope.verdict) = (320, Verdict::SiteWide);
    let mut nothing_in_window = sample::case();
    nothing_in_window.scope.verdict = Verdict::NoIncident;
    (nothing_in_window.scope.target.failed, nothing_in_window.scope.target_series) =
        (8, nothing_in_window.scope.rest_series.clone());
    vec![
        ("nothing-in-window", nothing_in_window),
        ("thin", thin),
        ("mild", mild),
        ("sample", sample::case()),
        ("no-window", no_window()),
        ("one", one),
        ("hostile", many_hostile()),
        ("3-bins", stretched(3, 600)),
        ("4000-bins", stretched(4_000, 60)),
        ("14-days", stretched(336, 3_600)),
        ("100-seconds", stretched(100, 1)),
        ("no-claims", no_claims),
        ("15-claims", crowd_of_claims()),
        ("inconclusive", inconclusive),
        ("healthy", healthy),
        ("silent", silent()),
    ]
}

#[test]
fn every_variant_draws_pictures_1600_wide_whose_words_are_harmless() {
    for (name, case) in variants() {
        for picture in all(&case).expect("pictures") {
            let size = |at: usize| u32::from_be_bytes(picture.png[at..at + 4].try_into().expect("4 bytes"));
            assert_eq!(&picture.png[..8], b"\x89PNG\r\n\x1a\n", "{name}");
            assert_eq!(size(16), 1600, "{name} {}", picture.file);
            assert!((300..4_000).contains(&size(20)), "{name} {}: {} high", picture.file, size(20));
            for words in [&picture.title, &picture.alt] {
                assert!(!words.is_empty() && words.len() < 4_000, "{name} {}", picture.file);
                assert!(!words.chars().any(|c| c.is_control() || c == '\u{202e}'), "{name} {}: {words:?}", picture.file);
            }
            assert_eq!(picture.alt.starts_with("Synthetic data."), case.synthetic);
        }
    }
}

#[test]
fn the_same_case_gives_the_same_bytes() {
    let case = sample::case();
    assert_eq!(all(&case).expect("pictures"), all(&case).expect("pictures"));
}

#[test]
fn charts_with_nothing_to_show_are_left_out() {
    let files = |case: &Case| all(case).expect("pictures").into_iter().map(|p| p.file).collect::<Vec<_>>();
    let all = [
        "1-impact.png",
        "2-heatmap.png",
        "3-classes.png",
        "4-segments.png",
        "5-phases.png",
        "6-coverage.png",
        "7-uptime.png",
        "8-evidence.png",
        "9-came.png",
    ];
    assert_eq!(files(&sample::case()), all);
    assert_eq!(files(&silent()), Vec::<String>::new());
    let mut one_segment = sample::case();
    one_segment.segments.truncate(1);
    assert!(!files(&one_segment).contains(&"4-segments.png".to_owned()));
    let mut no_axis = sample::case();
    no_axis.axis.bins = 0;
    assert_eq!(files(&no_axis), Vec::<String>::new());
}

/// Writes the pictures of every variant to `$OUTSCOPE_CHARTS/NAME/` for a look.
#[test]
#[ignore = "writes files"]
fn write_pictures_for_a_look() {
    let folder = std::path::PathBuf::from(std::env::var_os("OUTSCOPE_CHARTS").expect("OUTSCOPE_CHARTS names a folder"));
    let wanted = std::env::var("OUTSCOPE_VARIANT").ok();
    for (name, case) in variants().into_iter().filter(|(n, _)| wanted.as_deref().is_none_or(|w| w.split(',').any(|w| w == *n))) {
        std::fs::create_dir_all(folder.join(name)).expect("a folder");
        let mut words = String::new();
        for picture in all(&case).expect("pictures") {
            words += &format!("{}\n  title: {}\n  alt: {}\n", picture.file, picture.title, picture.alt);
            std::fs::write(folder.join(name).join(&picture.file), picture.png).expect("a file");
        }
        std::fs::write(folder.join(name).join("words.txt"), words).expect("a file");
    }
}

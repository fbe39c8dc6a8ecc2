//! Calibration: what the report's intervals, tests and verdicts promise, held against simulations
//! whose truth is known. `make calibrate` runs all of it and writes the tables of
//! docs/calibration.md; the ordinary tests run a small part with the same code.

#[path = "../common/chance.rs"]
mod chance;
mod draw;
mod health;
mod intervals;
mod lines;
#[path = "../common/page.rs"]
mod page;
#[path = "../common/threads.rs"]
mod threads;
mod traffic;
mod verdicts;

use verdicts::Mark;

/// Samples for each row of the tables of intervals: the standard error of a coverage of 95 % is 0.5 points.
const SAMPLES: u32 = 2_000;

/// Scenarios of the full run.
const SCENARIOS: u64 = 420;

/// Tells something that is no failure; shown with `--nocapture`.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn tell(text: impl std::fmt::Display) {
    println!("{text}");
}

/// A whole number from the environment.
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
#[ignore = "minutes; `make calibrate` runs it"]
fn full_intervals() {
    if asked("CASE").is_some() {
        return;
    }
    let (shares, excess) = (intervals::table(SAMPLES), intervals::split_table(SAMPLES));
    page::put("calibration.md", "shares", &shares);
    page::put("calibration.md", "excess", &excess);
    tell(format_args!("{shares}\n{excess}"));
}

#[test]
#[ignore = "minutes; `make calibrate` runs it"]
fn full_health() {
    if asked("CASE").is_some() {
        return;
    }
    let table = health::table(SAMPLES);
    page::put("calibration.md", "health", &table);
    tell(table);
}

#[test]
#[ignore = "minutes; `make calibrate` runs it"]
fn full_verdicts() {
    if let Some(seed) = asked("CASE") {
        let keep = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("calibrate-{seed}"));
        let _ = std::fs::remove_dir_all(&keep);
        let one = verdicts::tried(seed, Some(&keep));
        let text = verdicts::list(std::slice::from_ref(&one), one.mark);
        return tell(format_args!("{:?}: {text}the bundle is {}", one.mark, keep.display()));
    }
    // FROM: other seeds than those that the page shows, to see that nothing was made to fit these.
    let from = asked("FROM").unwrap_or(1);
    let seeds = from..=from + asked("SCENARIOS").unwrap_or(SCENARIOS) - 1;
    // KIND: only those of one kind, by its name in `draw::Kind`.
    let kind = std::env::var("KIND").ok();
    let wanted = |seed: &u64| kind.as_ref().is_none_or(|k| format!("{:?}", draw::Drawn::of(*seed).kind) == *k);
    let all = verdicts::all(seeds.filter(wanted));
    let (matrix, quality, dating) = (verdicts::matrix(&all), verdicts::by_quality(&all), verdicts::dating(&all));
    let (wrong, open) = (verdicts::list(&all, Mark::Wrong), verdicts::list(&all, Mark::Open));
    tell(format_args!(
        "{matrix}\n{quality}\n{dating}\nwrong with confidence:\n{wrong}\nopen though the logs hold enough:\n{open}"
    ));
    if asked("SCENARIOS").is_none() && from == 1 && kind.is_none() {
        page::put("calibration.md", "verdicts", &matrix);
        page::put("calibration.md", "quality", &quality);
        page::put("calibration.md", "dating", &dating);
        page::put("calibration.md", "wrong", &verdicts::seeds(&all));
    }
}

#[test]
fn intervals_hold_the_truth_where_plain_ones_do_not() {
    let models = intervals::models();
    let mut plain = Vec::new();
    for (i, model) in models.into_iter().enumerate().filter(|(_, m)| m.p > 0.05 && m.clients < 1_000) {
        let c = intervals::coverage(model, 250, i as u64 + 1);
        // Three standard errors of 250 samples below 95 %, and one point more.
        assert!(c.clustered > 0.9 && c.difference > 0.9, "{}: {} {}", model.in_words(), c.clustered, c.difference);
        plain.push(c.naive);
    }
    assert!(plain.iter().any(|&c| c < 0.6), "requests that share their fate deceive plain intervals: {plain:?}");
}

#[test]
fn rare_errors_stay_rare_where_the_variance_is_known_from_five_minutes() {
    let times = 20_000;
    for (z, rate) in [(1.959_964, 0.025), (2.575_829, 0.005), (3.290_527, 0.000_5)] {
        let (above, below) = intervals::tails(intervals::FEW_MINUTES, z, times, 1);
        tell(format_args!("{z}: {above} {below} of {rate}"));
        // Twice what is promised, and three standard errors of that many samples.
        let most = 2.0 * rate + 3.0 * (2.0 * rate / f64::from(times)).sqrt();
        assert!(above <= most && below <= most, "{z}: {above} above, {below} below, of {rate}");
    }
}

#[test]
fn shares_of_the_excess_are_held_by_their_intervals() {
    for (i, split) in intervals::splits().into_iter().enumerate() {
        let (held, low, truth) = intervals::split_coverage(split, 250, i as u64 + 1);
        assert!(held > 0.9 && low < truth, "{split:?}: {held} {low}");
    }
}

#[test]
fn a_rest_that_failed_by_the_margin_hardly_ever_passes_and_a_healthy_one_does() {
    for (i, setting) in health::settings().into_iter().enumerate().filter(|(_, s)| s.requests <= 5_000) {
        let p = health::passed(setting, 200, i as u64 + 1);
        // Three standard errors of 200 samples above 5 %.
        assert!(p.size <= 0.1, "{setting:?}: passes {} at the margin", p.size);
        let plenty = setting.requests as f64 * setting.margin > 20.0 && setting.ordinary < setting.margin;
        assert!(!plenty || p.power > 0.7, "{setting:?}: passes only {}", p.power);
    }
}

/// Seeds of the small run that are told wrong. The list may only become shorter.
const KNOWN_WRONG: &[u64] = &[];

#[test]
fn drawn_scenarios_are_told_right_or_left_open() {
    // One of each kind.
    let all = verdicts::all(1..=draw::KINDS.len() as u64);
    let told = format!("{}\n{}\n{}", verdicts::matrix(&all), verdicts::list(&all, Mark::Wrong), verdicts::list(&all, Mark::Open));
    let wrong: Vec<u64> = all.iter().filter(|t| t.mark == Mark::Wrong).map(|t| t.drawn.seed).collect();
    assert!(wrong.iter().all(|seed| KNOWN_WRONG.contains(seed)), "{wrong:?}\n{told}");
    let open = all.iter().filter(|t| t.mark == Mark::Open).count();
    assert!(open <= 4, "{open} of {} are left open though the logs hold enough\n{told}", all.len());
}

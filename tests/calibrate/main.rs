//! Calibration: what the report's intervals, tests and verdicts promise, held against simulations
//! whose truth is known. `make calibrate` runs all of it and writes the tables of
//! docs/calibration.md; the ordinary tests run a small part, with the same code.

mod chance;
mod draw;
mod health;
mod intervals;
mod lines;
mod traffic;
mod verdicts;

/// Tells something that is no failure; shown with `--nocapture`.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn tell(text: impl std::fmt::Display) {
    println!("{text}");
}

/// Scenarios of the full run.
const SCENARIOS: u64 = 420;

/// Samples a row of the tables of intervals.
const SAMPLES: u32 = 2_000;

#[test]
#[ignore = "minutes; `make calibrate` runs it"]
fn intervals_in_full() {
    tell(intervals::table(SAMPLES));
}

#[test]
#[ignore = "minutes; `make calibrate` runs it"]
fn health_in_full() {
    tell(health::table(SAMPLES));
}

#[test]
#[ignore = "minutes; `make calibrate` runs it"]
fn verdicts_in_full() {
    if let Some(seed) = std::env::var("CASE").ok().and_then(|s| s.parse().ok()) {
        let keep = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("calibrate-{seed}"));
        let _ = std::fs::remove_dir_all(&keep);
        let one = verdicts::tried(seed, Some(&keep));
        tell(format_args!("{:?}: {}the bundle is {}", one.mark, verdicts::list(std::slice::from_ref(&one), one.mark), keep.display()));
        return;
    }
    let last = std::env::var("SCENARIOS").ok().and_then(|s| s.parse().ok()).unwrap_or(SCENARIOS);
    let all = verdicts::all(1..=last);
    tell(verdicts::matrix(&all));
    tell(format_args!("wrong with confidence:\n{}", verdicts::list(&all, verdicts::Mark::Wrong)));
    tell(format_args!("left open though the logs hold enough:\n{}", verdicts::list(&all, verdicts::Mark::Open)));
}

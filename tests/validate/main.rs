//! Validation: which explanation the program favours, held against families of scenarios whose truth
//! is known. `make validate` runs all of it and writes the tables of docs/validation.md;
//! `make validate FIT=1` fits the coefficients first. The ordinary tests run a small part with the
//! same code. Nothing here is shared with the program or with its bundle generator.

#[path = "../common/chance.rs"]
mod chance;
mod draw;
mod family;
mod guests;
mod lines;
mod people;
mod run;
#[path = "../common/threads.rs"]
mod threads;
mod today;
mod traffic;

use family::{Family, HELD_OUT, TRAINING};

/// Tells something that is no failure; shown with `--nocapture`.
#[expect(clippy::print_stdout, reason = "this is what the command is for")]
fn tell(text: impl std::fmt::Display) {
    println!("{text}");
}

/// A whole number from the environment.
fn asked(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Each family with each seed, in order.
fn runs(seeds: std::ops::RangeInclusive<u64>) -> Vec<run::Run> {
    let families = TRAINING.iter().chain(&HELD_OUT);
    let jobs: Vec<(Family, u64)> = families.flat_map(|&f| seeds.clone().map(move |s| (f, s))).collect();
    threads::on_two_threads(jobs.len(), &|i| run::tried(jobs[i].0, jobs[i].1, None))
}

#[test]
#[ignore = "minutes; `make validate` runs it"]
fn full() {
    let seeds = asked("SEEDS").unwrap_or(2);
    for r in runs(1..=seeds) {
        tell(format_args!(
            "{:?} {} lines, {} | {:?} right {:?} | failed {} by {} of people, {} in all, x{:.2} | {:?}",
            r.mark,
            r.lines,
            r.drawn.in_words(),
            r.supported,
            r.answers.right,
            r.facts.failed,
            r.facts.people,
            r.facts.failed_any,
            r.facts.multiplier,
            r.numbers.map(|n| (n * 100.0).round() / 100.0)
        ));
    }
}

//! One format on any bytes: `FORMAT=combined format CORPUS`.
//!
//! It must not panic, what it makes of a line must make sense, and the line after a bad one must be
//! read as if the bad one had not been there.

#![no_main]

use libfuzzer_sys::fuzz_target;
use outscope::format::{Format, Parsed, by_name};
use std::sync::LazyLock;

static FORMAT: LazyLock<&'static Format> = LazyLock::new(|| {
    let name = std::env::var("FORMAT").expect("FORMAT names the format");
    by_name(&name).expect("a known format")
});

fuzz_target!(|data: &[u8]| {
    let mut dialect = (FORMAT.dialect)();
    let mut directed = false;
    for line in data.split(|b| *b == b'\n') {
        if let Parsed::Event(event) | Parsed::Aside(event, _) = dialect.line(line) {
            assert!(event.duration.is_none_or(|d| d >= 0));
            assert!(event.status.is_none_or(|s| (1..=999).contains(&s)));
        }
        if let Some(next) = dialect.after(line) {
            (dialect, directed) = (next, true);
        }
    }
    // A header among the bytes may rightly change how the lines after it are read.
    if !directed {
        for sample in FORMAT.facts.samples {
            assert!(!matches!(dialect.line(sample.as_bytes()), Parsed::Reject(_)), "{sample}");
        }
    }
});

//! Recognition and the reading of a whole file on any bytes: wrappers, fall-backs, changes of format.

#![no_main]

use libfuzzer_sys::fuzz_target;
use outscope::format::catalogue::Catalogue;
use outscope::format::reader::LineReader;
use outscope::format::recognise::recognise;
use std::sync::LazyLock;

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);

fuzz_target!(|data: &[u8]| {
    let Ok(found) = recognise(data, "access.log", &CATALOGUE) else { return };
    assert!((0.0..=1.0).contains(&found.confidence));
    let mut reader = LineReader::new(found.dialect, found.facts, &CATALOGUE);
    for line in data.split(|b| *b == b'\n') {
        let _ = reader.read(line);
    }
});

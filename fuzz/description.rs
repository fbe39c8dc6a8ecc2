//! A user's description of a format and a configuration, on any text; then a line under it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use outscope::format::custom::Custom;
use outscope::format::custom::config::definitions;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    for definition in definitions(&text).definitions {
        let _ = Custom::new(&definition.text);
    }
    let (description, line) = text.split_once('\n').unwrap_or((&text, ""));
    if let Ok(custom) = Custom::new(description) {
        let _ = custom.dialect.line(line.as_bytes());
    }
});

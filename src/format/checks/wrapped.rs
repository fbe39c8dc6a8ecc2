//! Every format inside every wrapper gives what it gives bare.

use crate::event::Event;
use crate::format::catalogue::Catalogue;
use crate::format::reader::LineReader;
use crate::format::recognise::recognise;
use crate::format::{FORMATS, Parsed};

fn json(line: &str) -> String {
    serde_json::to_string(line).expect("text is JSON")
}

/// A wrapper's name, and what it makes of a line.
type Wrapper = (&'static str, fn(&str) -> String);

fn wrappers() -> Vec<Wrapper> {
    vec![
        ("RFC 3164", |l| format!("<190>Nov 20 07:49:44 vm nginx: {l}")),
        ("RFC 3164 with a process", |l| format!("Nov 20 07:49:44 vm nginx[71]: {l}")),
        ("RFC 3164 without a host", |l| format!("<134>Nov 20 07:49:44 web[16702]: {l}")),
        ("RFC 5424", |l| format!("<158>1 2026-11-20T07:49:44Z host app 12 - - {l}")),
        ("RFC 5424 with data", |l| format!("<158>1 2026-11-20T07:49:44Z host app 12 - [x@1 a=\"b ] c\"] {l}")),
        ("ISO", |l| format!("2026-11-20T07:49:44.1+00:00 host nginx[71]: {l}")),
        ("CRI", |l| format!("2026-11-20T07:49:44.518608527+01:00 stdout F {l}")),
        ("docker logs -t", |l| format!("2026-11-20T07:49:44.518608527Z {l}")),
        ("docker json-file", |l| {
            format!(r#"{{"log":{},"stream":"stdout","time":"2026-11-20T07:49:44Z"}}"#, json(&format!("{l}\n")))
        }),
        ("journald", |l| format!(r#"{{"MESSAGE":{},"_PID":"7","__REALTIME_TIMESTAMP":"1795160984000000"}}"#, json(l))),
        ("message", |l| format!(r#"{{"@timestamp":"2026-11-20T07:49:44Z","message":{}}}"#, json(l))),
        ("_raw", |l| format!(r#"{{"preview":false,"result":{{"_raw":{}}}}}"#, json(l))),
        ("CRI with docker JSON", |l| format!(r#"2026-11-20T07:49:44Z stdout F {{"log":{},"stream":"stdout"}}"#, json(l))),
        ("kubectl", |l| format!("[pod/web-7/nginx] {l}")),
    ]
}

/// What may differ: these take their only stamp from the prefix of syslog, or are syslog's own.
const EXCEPTIONS: [&str; 2] = ["heroku", "barracuda-waf"];

fn read<'a>(reader: &mut LineReader<'_>, line: &'a str) -> Option<Event<'a>> {
    match reader.read(line.as_bytes()).1 {
        Parsed::Event(event) | Parsed::Aside(event, _) => Some(event),
        _ => None,
    }
}

#[test]
fn a_wrapper_changes_nothing() {
    let catalogue = Catalogue::default();
    let mut wrong = Vec::new();
    for format in FORMATS.iter().filter(|f| !EXCEPTIONS.contains(&f.facts.name)) {
        // A header inside a wrapper is not looked for: the columns of such files must be named.
        let samples = || format.facts.samples.iter().take_while(|s| !s.starts_with('#'));
        if samples().count() == 0 {
            continue;
        }
        let bare: Vec<&[u8]> = samples().map(|s| s.as_bytes()).collect();
        let dialect = (format.settle)(&bare).unwrap_or_else(format.dialect);
        for (wrapper, wrap) in wrappers() {
            let file: Vec<String> = samples().map(|s| wrap(s)).collect();
            let Ok(found) = recognise(file.join("\n").as_bytes(), "", &catalogue) else {
                wrong.push(format!("{} in {wrapper}: not recognised", format.facts.name));
                continue;
            };
            let mut reader = LineReader::new(found.dialect, found.facts, &catalogue);
            for (line, bare) in file.iter().zip(samples()) {
                let (Parsed::Event(want) | Parsed::Aside(want, _)) = dialect.line(bare.as_bytes()) else { continue };
                let got = read(&mut reader, line);
                if got.as_ref() != Some(&want) {
                    wrong.push(format!(
                        "{} in {wrapper} as {}: {line}\n  {got:?}\n  {want:?}",
                        format.facts.name, found.facts.name
                    ));
                    break;
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

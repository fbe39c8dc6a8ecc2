//! Every dialect, and the recognition, on hostile bytes: nothing panics, whatever the line.

use crate::format::recognise::recognise;
use crate::format::{FORMATS, Parsed, by_name, reader::LineReader};
use proptest::prelude::*;

/// A well-formed line of each format to damage.
const SAMPLES: &[&str] = &[
    r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a?b HTTP/1.1" 200 5"#,
    r#"x.example:80 10.0.0.1, 192.0.2.1 - john doe [20/Nov/2026:07:48:12 +0000] "GET /\x22a?b HTTP/1.1" 499 5 "-" "My \"Agent\"" 1 "10.0.0.1""#,
    r#"10.0.0.1 - - [20/Nov/2026:07:48:12 +0000] "GET /a HTTP/1.1" 502 5 "-" "c" "192.0.2.1" rt=0.001 uct="-, 0.000" uht="-, -" us="502" HIT 0.001"#,
    r#"192.0.2.1 - - [20/Nov/2026:07:48:12 +0000] "GET http://u@x.example:80/a?b HTTP/1.1" 503 5 "-" "c" 95 0.000045 hit miss ams"#,
    r#"<134>Nov 20 07:48:12 h haproxy[1]: 192.0.2.1:5 [20/Nov/2026:07:48:12.056] fe be/s x.example 0/0/-1/1/+1 200 +152 - - SC-- 1/1/0/0/0 0/0 {a|b} "GET /#22 HTTP/1.1""#,
    "2026-12-13\t22:36:27\tSEA19-C1\t900\t192.0.2.200\tGET\td1.example\t/f\t502\t-\tM%2520(X)\ta=b\t-\tError\tabc\tx.example\thttp\t675\t0.102\t-\t-\t-\tError",
    "#Fields: date time x-edge-location sc-status c-ip",
    r#"{"time_iso8601":"2026-11-20T07:47:58+00:00","msec":"1795160878.438","remote_addr":"10.0.0.1","request":"GET /\xe2 HTTP/1.1","status":"502","upstream_status":"502, 200"}"#,
    r#"{"ClientIP":"192.0.2.1","ClientRequestURI":"/a?b","EdgeStartTimestamp":1712790000100000000,"EdgeResponseStatus":200,"SecurityActions":["x"]}"#,
    r#"http 2026-07-02T22:23:00.186641Z app/l/5 192.0.2.39:2817 - 0.000 -1 0.000 502 - 34 366 "GET http://x.example:80/ HTTP/1.1" "c" - - a "R" "-" "-" 0 2026-07-02T22:22:48.364000Z "f""#,
];

fn all_dialects(line: &[u8]) {
    for format in FORMATS {
        let dialect = (format.dialect)();
        if let Parsed::Event(event) = dialect.line(line) {
            assert!(event.duration.is_none_or(|d| d >= 0), "{} gave a negative duration", format.facts.name);
        }
        if let Some(next) = dialect.after(line) {
            next.line(line);
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(line in proptest::collection::vec(any::<u8>(), 0..200)) {
        all_dialects(&line);
        let _ = recognise(&line);
    }

    #[test]
    fn arbitrary_words_of_logs_never_panic(words in proptest::collection::vec(prop_oneof![
        Just("\""), Just("["), Just("]"), Just(" "), Just("-"), Just("\\"), Just("20/Nov/2026:07:48:12 +0000"), Just("GET / HTTP/1.1"),
        Just("200"), Just("192.0.2.1"), Just("{"), Just("}"), Just("0/0/0/0/0"), Just(":"), Just(","), Just("\t"), Just("="), Just("#Fields:"),
    ], 0..40)) {
        all_dialects(words.concat().as_bytes());
    }

    #[test]
    fn damaged_samples_of_every_format_never_panic(format in 0..FORMATS.len(), sample in 0_usize..8, cut in 0_usize..900, at in 0_usize..900, byte: u8) {
        let samples = FORMATS[format].facts.samples;
        let mut line = samples[sample % samples.len()].as_bytes().to_vec();
        let length = line.len();
        line[at % length] = byte;
        all_dialects(&line);
        line.truncate(cut % (length + 1));
        all_dialects(&line);
    }

    #[test]
    fn damaged_samples_never_panic(sample in 0..SAMPLES.len(), cut in 0_usize..400, at in 0_usize..400, byte: u8) {
        let mut line = SAMPLES[sample].as_bytes().to_vec();
        let length = line.len();
        line[at % length] = byte;
        all_dialects(&line);
        line.truncate(cut % (length + 1));
        all_dialects(&line);
        let combined = by_name("combined").expect("it");
        LineReader::new((combined.dialect)(), &combined.facts).read(&line);
    }
}

#[test]
fn every_sample_is_read_by_some_format() {
    for sample in SAMPLES {
        let read = FORMATS.iter().any(|f| !matches!((f.dialect)().line(sample.as_bytes()), Parsed::Reject(_)));
        assert!(read, "{sample}");
    }
}

#[test]
fn a_long_hostile_line_is_refused_in_linear_time() {
    for piece in ["\" ", "\\\" ", " [1", " - ", "{\"", "a,", "= ", "\"x\" "] {
        let line = format!(r#"1.2.3.4 - - [20/Nov/2026:07:48:12 +0000] "{}"#, piece.repeat(500_000));
        let started = std::time::Instant::now();
        all_dialects(line.as_bytes());
        all_dialects(piece.repeat(500_000).as_bytes());
        assert!(started.elapsed().as_secs() < 20, "{piece}");
    }
}

#[test]
fn names_are_unique_and_find_their_format() {
    for format in FORMATS {
        assert!(by_name(format.facts.name).is_some_and(|f| std::ptr::eq(f, *format)));
    }
    assert!(by_name("nothing").is_none());
}

//! Documents of every shape, whole and damaged, in pieces of any size.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;

/// Gives at most so many bytes a call, as a slow pipe.
struct Dribble<'a>(&'a [u8], usize);

impl Read for Dribble<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = buf.len().min(self.1);
        self.0.read(&mut buf[..n])
    }
}

/// What the records' reader makes of a text, whatever its head says.
fn read(text: &[u8], step: usize, buffer: usize) -> Vec<u8> {
    let mut out = Vec::new();
    Records::with_buffer(Dribble(text, step), buffer).read_to_end(&mut out).expect("memory");
    out
}

/// What comes of a text: its records if it is documents, else itself.
fn made(text: &str) -> String {
    let bytes = text.as_bytes();
    let out = if is_documents(bytes, true) { read(bytes, usize::MAX, BUFFER) } else { bytes.to_vec() };
    String::from_utf8(out).expect("valid before, valid after")
}

/// Asserts what lines come of a text.
#[track_caller]
fn gives(text: &str, lines: &[&str]) {
    let made = made(text);
    assert_eq!(made.lines().collect::<Vec<_>>(), lines, "{text}");
}

const TWO: [&str; 2] = [r#"{"a":1,"b":"}]\",{"}"#, r#"{"a":2}"#];

#[test]
fn documents_of_every_shape_give_a_record_a_line() {
    let [a, b] = TWO;
    for text in [
        format!("[{a},{b}]"),
        format!("[{a},\n {b}]\n"),
        format!("[\n{a}\n,\n{b}\n]\n"),
        format!("[{a}]\n[{b}]\n"),
        format!("[]\n[{a},{b}]"),
        format!(r#"{{"records":[{a},{b}]}}"#),
        format!("{{\"records\":[{a}]}}\n{{\"records\":[{b}]}}\n"),
        format!(r#"{{"records":[{a}]}}{{"records":[{b}]}}"#),
        format!("{{\r\n  \"records\" : [\r\n{a},\r\n{b}\r\n]\r\n}}\r\n"),
        format!(r#"{{"Records":[{a},{b}]}}"#),
        format!(r#"{{"events":[{a},{b}],"searchedLogStreams":[],"nextToken":"[{{"}}"#),
        format!("{{\"events\":[],\"nextToken\":\"x\"}}\n{{\"events\":[{a},{b}]}}\n"),
        format!("{{\"events\":[{a}]}}\n{{\"events\":[],\"nextToken\":\"x\"}}\n{{\"events\":[{b}]}}\n"),
        format!(r#"{{"messageType":"DATA_MESSAGE","owner":"1","subscriptionFilters":["x"],"logEvents":[{a},{b}]}}"#),
        format!(r#"{{"logEvents":[{a},{b}],"logGroup":"g","logStream":"s","messageType":"m","owner":"1"}}"#),
        format!(r#"{{"entries":[{a},{b}],"nextPageToken":"x"}}"#),
        format!(r#"{{"@odata.context":"x","@odata.count":2,"value":[{a},{b}]}}"#),
        format!(r#"{{"preview":false,"init_offset":0,"fields":[{{"name":"x"}}],"results":[{a},{b}],"highlighted":{{}}}}"#),
        format!(r#"{{"data":[{a},{b}],"meta":{{"page":{{"after":"x"}}}},"links":{{}}}}"#),
        format!(r#"{{"took":1,"_shards":{{"total":1}},"hits":{{"total":{{"value":2}},"hits":[{a},{b}]}},"aggregations":{{}}}}"#),
        format!(r#"{{"hits":{{"hits":[{{"_id":"1","_source":{a},"sort":[1]}},{{"_source":{b}}}],"max_score":1}},"took":2}}"#),
        format!(r#"{{"hits":{{"hits":[{{"_id":"1","_source":{a}}},{b}]}}}}"#),
        format!("{a}{b}"),
        format!("{a} {b}\n"),
        format!("\x1e[{a}]\n\x1e[{b}]\n"),
    ] {
        gives(&text, &TWO);
    }
}

#[test]
fn line_breaks_outside_strings_become_spaces_and_nothing_else_changes() {
    gives("{\n\t\"a\": 1,\r\n  \"b\": [\n]}\n\n{\n}\n", &["{ \t\"a\": 1,    \"b\": [ ]}", "{ }"]);
    let text = b"{\"records\": [\n{\"p\": \"\xff\xfe\r\\\n".to_vec();
    let whole = [b"{\"records\": [\n{\"p\": \"\xff\xc3\r\x00\\x41\"}\n]}".as_slice()].concat();
    assert!(is_documents(&text, true) && is_documents(&whole, true));
    assert_eq!(read(&whole, 3, 8), b"{\"p\": \"\xff\xc3\r\x00\\x41\"}\n");
}

#[test]
fn elements_that_are_no_objects_are_lines_too() {
    gives(r#"["raw \"line\"", "[{", "c"]"#, &[r#""raw \"line\"""#, r#""[{""#, r#""c""#]);
    gives("[\n\"raw line\",\n\"b\"\n]", &["\"raw line\"", "\"b\""]);
    gives(r#"[{"a":1},null,-1.5e3,[1,[2]],"x",true]"#, &[r#"{"a":1}"#, "null", "-1.5e3", "[1,[2]]", "\"x\"", "true"]);
}

#[test]
fn any_other_text_stays_as_it_is() {
    for text in [
        "",
        "\n\n",
        "{\"a\":1}\n{\"a\":2}\n",
        "{\"a\":1}",
        "{\"a\":1,\n{\"a\":2}\n{\"a\":3}}\n",
        "{\"a\":\"cut\n{\"a\":2}\n",
        "{\"ClientIP\":\"x\",\"records\":[{\"a\":1}]}\n",
        "{\"records\":[1,2],\"ClientIP\":\"x\"}\n{\"records\":[],\"ClientIP\":\"x\"}\n",
        "{\"records\":[{\"a\":1}],\"time\":1,\"ip\":\"x\",\"status\":200,\"path\":\"/\"}\n{\"records\":[]}\n",
        "{\"took\":1,\"events\":[{\"a\":1}]}\n",
        "{\"hits\":[{\"a\":1}]}\n",
        "{\"hits\":12,\"took\":3}\n",
        "{\"events\":{\"a\":[{\"b\":1}]}}\n",
        "{\"events\":[\"a\",\"b\"]}\n",
        "{\"records\":[]}\n{\"a\":1}\n",
        "[error] something failed\n[{]\n",
        "[20/Nov/2026:07:48:12 +0000] 192.0.2.1\n",
        "[\"a\",\"b\"]\n[\"c\",\"d\"]\n",
        "[\"GET / HTTP/1.1\" 200]\n",
        "[1,2]\n",
        "[\n1,\n2\n]\n",
        "{\n  listen 80;\n}\n",
        "{\n}\nnot JSON\n",
        "\x1e\n",
    ] {
        assert_eq!(made(text), text);
    }
}

#[test]
fn a_head_that_ends_early_decides_as_the_whole_text_would() {
    for (head, want) in [
        ("[{\"a\":\"b", true),
        ("[\n", false),
        ("{\"records\":[{\"a\":1},{", true),
        ("{\"records\":", false),
        ("[\"a\",\n\"b", true),
        ("[\"a", false),
        ("{\n\"a\":1}\n{\n\"a", true),
        ("{\n\"a\":", false),
        ("{\"a\":1}{\"a\":2}{\"a", true),
        ("{\"a\":1}\n{\"a\":2}{\"a", false),
    ] {
        assert_eq!(is_documents(head.as_bytes(), false), want, "{head}");
    }
}

#[test]
fn damage_costs_its_record_and_no_other() {
    let rejected = |text: &str, lines: &[&str]| gives(&format!("[{{\"n\":0}},{text},{{\"n\":9}}]"), lines);
    // A raw line break, in the middle of a string or where the record was cut off.
    rejected("{\"a\":\"b\nc\",\"d\":{\"e\":1}}", &[r#"{"n":0}"#, r#"{"a":"b"#, r#"c","d":{"e":1}},"#, r#"{"n":9}"#]);
    rejected("{\"a\":\"b\n,{\"n\":2}", &[r#"{"n":0}"#, r#"{"a":"b"#, r#"{"n":2}"#, r#"{"n":9}"#]);
    rejected("{\"a\":\"b\n{\"n\":2}", &[r#"{"n":0}"#, r#"{"a":"b"#, r#"{"n":2}"#, r#"{"n":9}"#]);
    // A quote too few, a quote too many, a bracket too few.
    rejected("{\"a\":\"b},{\"n\":2}", &[r#"{"n":0}"#, r#"{"a":"b},{""#, r#"n":2},"#, r#"{"n":9}"#]);
    rejected("{\"a\":\"say \"hello\"\"}", &[r#"{"n":0}"#, r#"{"a":"say ""#, r#"hello""},"#, r#"{"n":9}"#]);
    rejected("{\"a\":1", &[r#"{"n":0}"#, r#"{"a":1,"#, r#"{"n":9}"#]);
    rejected("{\"a\":[1}", &[r#"{"n":0}"#, r#"{"a":[1"#, r#"{"n":9}"#]);
    rejected("oops", &[r#"{"n":0}"#, "oops,", r#"{"n":9}"#]);
    rejected("12x\"y\"", &[r#"{"n":0}"#, "12x\"y\",", r#"{"n":9}"#]);
}

#[test]
fn a_document_that_breaks_off_gives_what_came_before_it_and_the_next_one_is_read() {
    gives(r#"{"records":[{"a":1},{"a":"#, &[r#"{"a":1}"#, r#"{"a":"#]);
    gives(r#"{"records":[{"a":1},"#, &[r#"{"a":1}"#]);
    gives(r#"{"records":[{"a":1}],"nextTok"#, &[r#"{"a":1}"#]);
    for cut in ["", ",{\"a\":\"x\n", "]", "],\"next\":\"y\n", "],\"next\":\n"] {
        let text = format!("{{\"records\":[{{\"a\":1}}{cut}\n{{\"records\":[{{\"a\":2}},{{\"a\":3}}]}}\n");
        let made = made(&text);
        let good: Vec<&str> = made.lines().filter(|l| serde_json::from_str::<Value>(l).is_ok()).collect();
        assert_eq!(good, [r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#], "{text}");
    }
}

#[test]
fn what_stands_outside_records_and_is_no_json_becomes_lines() {
    gives(
        "[{\"a\":1}]\n\nWarning: a, b\n\n[{\"a\":2}]\n{\"a\":3}\nend",
        &[r#"{"a":1}"#, "Warning: a, b", r#"{"a":2}"#, r#"{"a":3}"#, "end"],
    );
    gives("{\"records\":[{\"a\":1}]}\n[note] x\n{\"error\":\"x\"}\n", &[r#"{"a":1}"#, "[note] x", r#"{"error":"x"}"#]);
    gives("[{\"a\":0}]\u{feff}{\"records\":[{\"a\":1}]}", &[r#"{"a":0}"#, "\u{feff}", r#"{"a":1}"#]);
    gives("[{\"a\":\"x\n[{\"a\":1},\n{\"a\":2}]\n", &[r#"{"a":"x"#, r#"{"a":1}"#, r#"{"a":2}"#]);
}

#[test]
fn a_hit_without_its_source_in_sight_is_the_record_itself() {
    let far = format!(r#"{{"x":"{}","_source":{{"a":1}}}}"#, "x".repeat(LOOK_MAX));
    let text = format!(r#"{{"hits":{{"hits":[{far},{{"_source":{{"a":2}}}},{{"_source":7}}]}}}}"#);
    gives(&text, &[&far, r#"{"a":2}"#, r#"{"_source":7}"#]);
}

#[test]
fn an_error_of_the_reader_comes_after_what_was_read() {
    struct Failing(bool);
    impl Read for Failing {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            if std::mem::replace(&mut self.0, true) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            (&b"[{\"a\":1},{\"a\""[..]).read(buf)
        }
    }
    let mut out = Vec::new();
    let error = Records::new(Failing(false)).read_to_end(&mut out).expect_err("it fails");
    assert_eq!((out.as_slice(), error.kind()), (&b"{\"a\":1}\n{\"a\""[..], io::ErrorKind::UnexpectedEof));
}

#[test]
fn hostile_texts_are_passed_through_in_bounded_memory() {
    for part in [
        "{",
        "[",
        "[{\"a\":",
        "{\"records\":[",
        "{\"hits\":{\"hits\":[{\"_id\":",
        "\"",
        "\\",
        " ",
        "]",
        "\n",
        "{}",
        "x{,",
        "{\"took\":[x",
        "{\"took\":{",
    ] {
        let text = part.repeat((4 << 20) / part.len());
        let mut records = Records::new(text.as_bytes());
        let (mut buf, mut n) = (vec![0; 1 << 16], 0);
        while let Ok(got @ 1..) = records.read(&mut buf) {
            n += got;
            assert!(records.text.capacity() + records.raw.capacity() < 1 << 20, "{part}");
        }
        assert!(n <= 2 * text.len(), "{part}");
    }
}

/// Values as logs hold them, with text that looks like structure.
fn record() -> impl Strategy<Value = Value> {
    let text = r#"[a\\"{}\[\],: \n/é]{0,8}"#;
    let leaf = prop_oneof![text.prop_map(Value::from), any::<i32>().prop_map(Value::from), Just(Value::Null)];
    let value = leaf.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map("[a-c]", inner, 0..3).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    });
    proptest::collection::btree_map("[a-e]", value, 1..4).prop_map(|m| Value::Object(m.into_iter().collect()))
}

/// A text that holds the records, in one of many shapes.
fn document(records: &[Value], shape: usize, pretty: bool) -> String {
    let print = |v: &Value| if pretty { serde_json::to_string_pretty(v) } else { serde_json::to_string(v) }.expect("JSON");
    match shape {
        0 => print(&json!(records)),
        1 => print(&json!({"records": records})),
        2 => print(&json!({"events": records, "nextToken": "]}{["})),
        3 => records.iter().map(|r| print(&json!({"value": [r]})) + "\n").collect(),
        4 => {
            let hits: Vec<Value> = records.iter().map(|r| json!({"_id": "{", "_source": r, "sort": [1]})).collect();
            print(&json!({"hits": {"hits": hits, "total": 1}, "took": 1}))
        }
        _ => records.iter().map(print).collect(),
    }
}

proptest! {
    #[test]
    fn records_come_out_as_they_went_in(
        records in proptest::collection::vec(record(), 2..8),
        shape in 0usize..6,
        pretty in any::<bool>(),
        step in 1usize..50,
    ) {
        let text = document(&records, shape, pretty);
        prop_assert!(is_documents(text.as_bytes(), true), "{}", text);
        let out = read(text.as_bytes(), step, 16);
        let lines: Vec<Value> = out.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(|l| serde_json::from_slice(l).expect("JSON")).collect();
        prop_assert_eq!(lines, records);
    }

    #[test]
    fn a_record_with_a_damaged_string_leaves_all_others(
        records in proptest::collection::vec(record(), 3..8),
        shape in 0usize..6,
        at in any::<prop::sample::Index>(),
        damage in prop::sample::select(vec!["\n", "\"", "{", "x\n", "\u{0}"]),
    ) {
        // Two words that stand nowhere else mark the record to be damaged.
        let mut marked = records.clone();
        let k = 1 + at.index(records.len() - 2);
        marked[k] = json!({"x": "QQQQ WWWW", "y": {"z": 1}});
        let text = document(&marked, shape, false).replace("QQQQ WWWW", &format!("QQQQ {damage} WWWW"));
        let out = read(text.as_bytes(), usize::MAX, BUFFER);
        let lines: Vec<Value> = out.split(|b| *b == b'\n').filter_map(|l| serde_json::from_slice(l).ok()).collect();
        let mut rest = lines.iter();
        for (n, want) in records.iter().enumerate().filter(|(n, _)| *n != k) {
            prop_assert!(rest.any(|l| l == want), "record {} of\n{}\nis not in\n{}", n, text, String::from_utf8_lossy(&out));
        }
    }

    #[test]
    fn a_record_cut_off_anywhere_costs_at_most_its_neighbour(
        records in proptest::collection::vec(record(), 3..8),
        shape in 0usize..6,
        at in any::<prop::sample::Index>(),
        length in 1usize..34,
        end in prop::sample::select(vec!["", "\n"]),
    ) {
        let mark = r#"{"x":"QQQQ","y":{"z":2.5},"w":null}"#;
        let mut marked = records.clone();
        let k = 1 + at.index(records.len() - 2);
        marked[k] = serde_json::from_str(mark).expect("JSON");
        let text = document(&marked, shape, false).replace(mark, &[&mark[..length], end].concat());
        let out = read(text.as_bytes(), usize::MAX, BUFFER);
        let lines: Vec<Value> = out.split(|b| *b == b'\n').filter_map(|l| serde_json::from_slice(l).ok()).collect();
        let lost = records.iter().enumerate().filter(|(n, r)| *n != k && !lines.contains(r)).count();
        prop_assert!(lost <= 1, "{lost} lost of\n{text}\nin\n{}", String::from_utf8_lossy(&out));
    }

    #[test]
    fn reads_of_any_size_give_the_same(
        text in r#"([{}\[\],:"\\\n a1]|\{"records":\[|\{"hits":\{"hits":\[|\{"_source":|\{"a":1\}|,\{"b":"x"\}|[0-9]{3}|"c":|\n\{){0,40}"#,
        step in 1usize..20,
        buffer in 1usize..20,
    ) {
        let whole = read(text.as_bytes(), usize::MAX, BUFFER);
        prop_assert_eq!(read(text.as_bytes(), step, buffer), whole);
    }

    #[test]
    fn a_log_with_a_record_a_line_stays_as_it_is(records in proptest::collection::vec(record(), 1..8)) {
        let text = records.iter().fold(String::new(), |mut all, r| {
            let _ = writeln!(all, "{r}");
            all
        });
        prop_assert_eq!(made(&text), text);
    }

    #[test]
    fn nothing_is_lost_of_any_text(text in r#"([a-z]{1,3}|[{}\[\],:"\\\n ]){0,60}"#) {
        // Only what is around records may go: here there is no envelope and no hit, so every letter stays.
        let letters = |t: &[u8]| t.iter().copied().filter(u8::is_ascii_alphanumeric).collect::<Vec<_>>();
        prop_assert_eq!(letters(&read(text.as_bytes(), usize::MAX, BUFFER)), letters(text.as_bytes()));
    }

    #[test]
    fn arbitrary_bytes_never_panic(text in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = (is_documents(&text, true), is_documents(&text, false), read(&text, 7, 5));
    }
}

#[test]
#[ignore = "a measurement: run in release mode"]
fn bytes_per_second_and_core() {
    let record = |i: usize| {
        json!({"ClientIP": format!("192.0.2.{}", i % 250), "ClientRequestHost": "x.example", "ClientRequestMethod": "GET",
            "ClientRequestURI": format!("/i/spaces/{i}?s=1"), "EdgeStartTimestamp": 1_712_790_000 + i, "EdgeResponseStatus": 200,
            "EdgeResponseBytes": i, "EdgeColoCode": "SEA", "RayID": format!("87a1{i:x}"), "CacheCacheStatus": "hit",
            "ClientRequestUserAgent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127"})
    };
    let records: Vec<Value> = (0..200_000).map(record).collect();
    for (shape, pretty) in [(0, false), (0, true), (1, false), (3, false), (4, false), (4, true), (5, false), (5, true)] {
        let text = document(&records, shape, pretty);
        let mut best = f64::INFINITY;
        for _ in 0..5 {
            let started = std::time::Instant::now();
            let mut records = Records::new(text.as_bytes());
            let (mut buf, mut lines) = (vec![0; 1 << 20], 0);
            while let Ok(n @ 1..) = records.read(&mut buf) {
                lines += memchr::memchr_iter(b'\n', &buf[..n]).count();
            }
            assert_eq!(lines, 200_000);
            best = best.min(started.elapsed().as_secs_f64());
        }
        let mb = text.len() as f64 / 1e6 / best;
        let _ = writeln!(std::io::stderr(), "shape {shape}, pretty {pretty}: {mb:.0} MB/s");
    }
}

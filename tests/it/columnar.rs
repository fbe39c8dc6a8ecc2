//! Parquet files in a bundle: rows count, show and fail like lines.

use crate::kit::{Home, ledger, outscope};
#[cfg(feature = "parquet")]
use crate::pack::{gzip, tar, zip};
use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// A column by the kind of its values; absent ones are null.
enum Column {
    Text(Vec<Option<String>>),
    Int(Vec<i32>),
    Long(Vec<i64>),
}

/// A Parquet file of these columns, in row groups of 1,000 rows.
fn file(message: &str, columns: &[Column], rows: usize) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(message).expect("a schema"));
    let with = WriterProperties::builder().set_compression(Compression::SNAPPY).set_data_page_row_count_limit(300);
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(with.build())).expect("a writer");
    for from in (0..rows).step_by(1_000) {
        let range = from..rows.min(from + 1_000);
        let mut group = writer.next_row_group().expect("a row group");
        for column in columns {
            let mut out = group.next_column().expect("a column").expect("one more");
            match column {
                Column::Int(all) => out.typed::<Int32Type>().write_batch(&all[range.clone()], None, None),
                Column::Long(all) => out.typed::<Int64Type>().write_batch(&all[range.clone()], None, None),
                Column::Text(all) => {
                    let def: Vec<i16> = all[range.clone()].iter().map(|v| i16::from(v.is_some())).collect();
                    let values: Vec<ByteArray> = all[range.clone()].iter().flatten().map(|v| v.as_str().into()).collect();
                    out.typed::<ByteArrayType>().write_batch(&values, Some(&def), None)
                }
            }
            .expect("written");
            out.close().expect("closed");
        }
        group.close().expect("closed");
    }
    writer.into_inner().expect("a file")
}

const ROWS: usize = 2_500;
/// 2024-08-13T00:00:00Z.
const START: i64 = 1_723_507_200_000_000;

/// Cloudflare's requests as Parquet and as the lines that say the same.
fn cloudflare() -> (Vec<u8>, String) {
    let message = "message m { optional binary ClientIP (UTF8); required int64 EdgeStartTimestamp (TIMESTAMP(MICROS,true));
        required int32 EdgeResponseStatus; optional binary ClientRequestURI (UTF8); optional binary ClientRequestHost (UTF8);
        optional binary ClientRequestMethod (UTF8); }";
    let rows = 0..ROWS;
    let client = |i: usize| Some(format!("192.0.2.{}", i % 250));
    let stamp = |i: usize| START + i as i64 * 1_234_567;
    let status = |i: usize| if (1_000..1_200).contains(&i) && i.is_multiple_of(2) { 503 } else { 200 };
    let uri = |i: usize| Some(if i.is_multiple_of(2) { format!("/search?q=\"{i}\"") } else { format!("/item/{}", i % 40) });
    let host = |i: usize| (!i.is_multiple_of(5)).then(|| "shop.example.com".to_owned());
    let columns = [
        Column::Text(rows.clone().map(client).collect()),
        Column::Long(rows.clone().map(stamp).collect()),
        Column::Int(rows.clone().map(status).collect()),
        Column::Text(rows.clone().map(uri).collect()),
        Column::Text(rows.clone().map(host).collect()),
        Column::Text(rows.clone().map(|_| Some("GET".to_owned())).collect()),
    ];
    let line = |i: usize| {
        let mut object = serde_json::json!({"ClientIP": client(i), "EdgeStartTimestamp": stamp(i) * 1_000,
            "EdgeResponseStatus": status(i), "ClientRequestURI": uri(i), "ClientRequestMethod": "GET"});
        if let Some(host) = host(i) {
            object["ClientRequestHost"] = host.into();
        }
        format!("{object}\n")
    };
    (file(message, &columns, ROWS), rows.map(line).collect())
}

/// The objects of `outscope events` without the name of their source.
fn events(home: &Home) -> Vec<serde_json::Value> {
    let mut objects = outscope!["events", home.bundle()].good().objects();
    for object in &mut objects {
        object.as_object_mut().expect("an object").remove("source");
    }
    objects
}

#[cfg(feature = "parquet")]
#[test]
fn rows_are_events_just_like_the_same_lines_however_they_are_packed() {
    let (parquet, text) = cloudflare();
    let lines = Home::with("edge.json", &text);
    let want = events(&lines);
    assert_eq!((want.len(), &want[2_499]["line"]), (ROWS, &2_500.into()));
    let report = lines.report();
    for (name, bytes, source) in [
        ("edge.parquet", parquet.clone(), "edge.parquet"),
        ("edge.log", parquet.clone(), "edge.log"),
        ("edge.parquet.gz", gzip(&parquet), "edge.parquet.gz"),
        ("a.tar", tar(&[("edge.parquet", &parquet)]), "a.tar/edge.parquet"),
        ("a.tgz", gzip(&tar(&[("edge.parquet.gz", &gzip(&parquet))])), "a.tgz/edge.parquet.gz"),
        ("a.zip", zip(&[("edge.parquet", &parquet)]), "a.zip/edge.parquet"),
    ] {
        let home = Home::with(name, &bytes);
        assert_eq!(events(&home), want, "{name}");
        let other = home.report();
        assert_eq!(other.findings(), report.findings(), "{name}");
        let of = other.source(source);
        assert_eq!((&of["format"], &of["trouble"]), (&"cloudflare".into(), &serde_json::Value::Null), "{of:#}");
        assert_eq!(ledger(of), [ROWS as u64, ROWS as u64, 0, 0, 0]);
    }
}

#[cfg(feature = "parquet")]
#[test]
fn the_manifest_tells_the_file_as_it_lies_there_and_threads_change_no_byte() {
    let (parquet, _) = cloudflare();
    let home = Home::with("one.parquet", &parquet).put("two.tar", tar(&[("b.parquet", &parquet), ("c.parquet", &parquet)]));
    let on = |threads: &str| home.report_of(&home.bundle(), &["--threads", threads]);
    let one = on("1");
    for threads in ["2", "5"] {
        assert_eq!(on(threads).files, one.files, "{threads}");
    }
    let manifest: serde_json::Value = serde_json::from_slice(&one.files["manifest.json"]).expect("JSON");
    let sha256 = outscope::digest::sha256(&parquet);
    let inputs = manifest.to_string();
    assert_eq!(inputs.matches(&sha256).count(), 3, "{manifest:#}");
    let source = one.source("one.parquet");
    assert_eq!((&source["sha256"], &source["size"]), (&sha256.into(), &parquet.len().into()), "{source:#}");
}

#[cfg(feature = "parquet")]
#[test]
fn rows_of_cloudfront_become_lines_with_the_columns_as_they_are() {
    let message = "message m { optional binary date (UTF8); optional binary time (UTF8); optional binary x_edge_location (UTF8);
        required int64 sc_bytes; optional binary c_ip (UTF8); optional binary cs_method (UTF8); optional binary cs_host (UTF8);
        optional binary cs_uri_stem (UTF8); required int32 sc_status; optional binary cs_referer (UTF8);
        optional binary cs_user_agent (UTF8); optional binary x_edge_result_type (UTF8); optional binary time_taken (UTF8); }";
    let text = |value: &str| Column::Text(vec![Some(value.to_owned()); 300]);
    let columns = [
        text("2024-08-13"),
        Column::Text((0..300).map(|i| Some(format!("00:{:02}:{:02}", i / 60, i % 60))).collect()),
        text("FRA56-P1"),
        Column::Long(vec![1_234; 300]),
        text("192.0.2.7"),
        text("GET"),
        text("d111111abcdef8.cloudfront.net"),
        text("/index.html"),
        Column::Int(vec![200; 300]),
        Column::Text(vec![None; 300]),
        text("Mozilla/5.0"),
        text("Hit"),
        text("0.002"),
    ];
    let home = Home::with("edge.parquet", file(message, &columns, 300));
    let json = outscope!["inspect", home.bundle(), "--json"].good().json();
    let source = &json["sources"][0];
    assert_eq!((&source["lines"], &source["trouble"]), (&300.into(), &serde_json::Value::Null), "{source:#}");
}

#[cfg(feature = "parquet")]
#[test]
fn what_is_cut_or_damaged_is_told_and_what_came_before_counts() {
    let (parquet, text) = cloudflare();
    let mut damaged = parquet.clone();
    let at = parquet.len() * 3 / 4;
    damaged[at..at + 600].fill(0xff);
    let packed = gzip(&parquet);
    let home = Home::with("good.json", &text)
        .put("cut.parquet", &parquet[..parquet.len() / 2])
        .put("damaged.parquet", &damaged)
        .put("tiny.parquet", "PAR1")
        .put("cut.parquet.gz", &packed[..packed.len() / 2]);
    let report = home.report();
    for (name, why) in [
        ("cut.parquet", "footer"),
        ("tiny.parquet", "footer"),
        ("cut.parquet.gz", "can only be read whole"),
        ("damaged.parquet", "Parquet file"),
    ] {
        let source = report.source(name);
        let trouble = source["trouble"].as_str().unwrap_or_default();
        assert!(trouble.contains(why), "{source:#}");
        let [lines, events, ..] = ledger(source);
        let want = if name == "damaged.parquet" { 1_000..ROWS as u64 } else { 0..1 };
        assert!(lines == events && want.contains(&lines), "{source:#}");
    }
    assert_eq!(ledger(report.source("good.json"))[1], ROWS as u64);
    let alone = Home::with("cut.parquet", &parquet[..parquet.len() / 2]);
    outscope!["report", alone.bundle(), "--out", alone.path().join("out")].refused(1, &["footer"]);
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_the_feature_a_file_is_set_apart_and_the_feature_named() {
    let (parquet, text) = cloudflare();
    let home = Home::with("edge.parquet", &parquet).put("edge.json", &text);
    assert_eq!(events(&home).len(), ROWS + 1);
    let report = home.report();
    let source = report.source("edge.parquet");
    assert!(source["why"].as_str().is_some_and(|w| w.contains("feature `parquet`")), "{source:#}");
    assert_eq!(ledger(source)[1], 0);
}

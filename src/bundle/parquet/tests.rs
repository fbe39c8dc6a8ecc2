//! Parquet files as the usual library writes them, and as nobody should.

use super::*;
use ::parquet::basic::{Compression, Encoding, GzipLevel};
use ::parquet::data_type::*;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use std::sync::Arc;

/// Values of a column with their definition and repetition levels.
enum Col {
    Bool(Vec<bool>, Vec<i16>),
    Int32(Vec<i32>, Vec<i16>),
    Int64(Vec<i64>, Vec<i16>),
    Int96(Vec<[u32; 3]>, Vec<i16>),
    Float(Vec<f32>, Vec<i16>),
    Double(Vec<f64>, Vec<i16>),
    Text(Vec<String>, Vec<i16>, Vec<i16>),
    Fixed(Vec<Vec<u8>>, Vec<i16>),
}

fn texts(values: &[&str]) -> Col {
    Col::Text(values.iter().map(|v| (*v).to_owned()).collect(), vec![], vec![])
}

/// A file of the schema `message` with these row groups.
fn file_of(message: &str, properties: WriterPropertiesBuilder, groups: &[Vec<Col>]) -> Vec<u8> {
    let schema = Arc::new(parse_message_type(message).expect("a schema"));
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties.build())).expect("a writer");
    for columns in groups {
        let mut group = writer.next_row_group().expect("a row group");
        for column in columns {
            let mut out = group.next_column().expect("a column").expect("one more column");
            macro_rules! put {
                ($kind:ty, $values:expr, $def:expr, $rep:expr) => {{
                    let def = (!$def.is_empty()).then_some(&$def[..]);
                    let rep = (!$rep.is_empty()).then_some(&$rep[..]);
                    out.typed::<$kind>().write_batch(&$values, def, rep).expect("written");
                }};
            }
            let none: [i16; 0] = [];
            match column {
                Col::Bool(values, def) => put!(BoolType, values, def, none),
                Col::Int32(values, def) => put!(Int32Type, values, def, none),
                Col::Int64(values, def) => put!(Int64Type, values, def, none),
                Col::Float(values, def) => put!(FloatType, values, def, none),
                Col::Double(values, def) => put!(DoubleType, values, def, none),
                Col::Int96(values, def) => {
                    let values: Vec<Int96> = values.iter().map(|v| Int96::from(v.to_vec())).collect();
                    put!(Int96Type, values, def, none);
                }
                Col::Text(values, def, rep) => {
                    let values: Vec<ByteArray> = values.iter().map(|v| ByteArray::from(v.as_str())).collect();
                    put!(ByteArrayType, values, def, rep);
                }
                Col::Fixed(values, def) => {
                    let values: Vec<FixedLenByteArray> = values.iter().map(|v| FixedLenByteArray::from(v.clone())).collect();
                    put!(FixedLenByteArrayType, values, def, none);
                }
            }
            out.close().expect("closed");
        }
        group.close().expect("closed");
    }
    writer.into_inner().expect("a file")
}

/// The text of a file and the error at its end.
fn read_as(origin: Origin<'_>, size: u64) -> (String, Option<String>) {
    let (mut lines, _) = Lines::new(origin, &Budget::for_file(size));
    let mut text = Vec::new();
    let error = lines.read_to_end(&mut text).err().map(|e| e.to_string());
    assert_eq!(lines.read(&mut [0; 9]).expect("the end"), 0);
    (String::from_utf8(text).expect("UTF-8"), error)
}

fn read(bytes: &[u8]) -> (String, Option<String>) {
    read_as(Origin::Stream(Box::new(bytes)), bytes.len() as u64)
}

fn plain() -> WriterPropertiesBuilder {
    WriterProperties::builder()
}

#[test]
fn every_type_becomes_its_json() {
    let message = "message m {
        required boolean yes; required int32 status (INTEGER(16,true)); required int64 bytes (INTEGER(64,false));
        required int32 day (DATE); required int64 at (TIMESTAMP(MILLIS,true)); required int96 old;
        required float f; required double taken; required binary method (UTF8); required binary raw;
        required fixed_len_byte_array(2) price (DECIMAL(4,2)); required binary a\"b (JSON); }";
    let columns = vec![
        Col::Bool(vec![true, false], vec![]),
        Col::Int32(vec![200, -1], vec![]),
        Col::Int64(vec![12, -1], vec![]),
        Col::Int32(vec![19_948, 0], vec![]),
        Col::Int64(vec![1_723_507_205_250, -1], vec![]),
        Col::Int96(vec![[0, 0, 2_460_536], [1_000_000, 0, 2_440_588]], vec![]),
        Col::Float(vec![0.5, f32::NAN], vec![]),
        Col::Double(vec![0.001, 200.0], vec![]),
        texts(&["GET", "P\u{d6}ST"]),
        texts(&["a\nb", ""]),
        Col::Fixed(vec![vec![0, 123], vec![0xff, 0x85]], vec![]),
        texts(&["{}", "\\"]),
    ];
    let want = concat!(
        r#"{"yes":true,"status":200,"bytes":12,"day":"2024-08-13","at":"2024-08-13T00:00:05.250000Z","#,
        r#""old":"2024-08-13T00:00:00.000000Z","f":0.5,"taken":0.001,"method":"GET","raw":"a\u000ab","price":1.23,"a\"b":"{}"}"#,
        "\n",
        r#"{"yes":false,"status":-1,"bytes":18446744073709551615,"day":"1970-01-01","at":"1969-12-31T23:59:59.999000Z","#,
        r#""old":"1970-01-01T00:00:00.001000Z","taken":200,"method":"PÖST","raw":"","price":-1.23,"a\"b":"\\"}"#,
        "\n",
    );
    assert_eq!(read(&file_of(message, plain(), &[columns])), (want.into(), None));
}

#[test]
fn nulls_are_left_out_and_groups_lists_and_maps_nest() {
    let message = "message m {
        optional group http { optional int32 status; required group url { optional binary path (UTF8); } }
        optional group ips (LIST) { repeated group list { optional binary element (UTF8); } }
        optional group tags (MAP) { repeated group key_value { required binary key (UTF8); optional binary value (UTF8); } }
        repeated binary bare (UTF8); }";
    let text = |values: &[&str], def: &[i16], rep: &[i16]| {
        Col::Text(values.iter().map(|v| (*v).to_owned()).collect(), def.to_vec(), rep.to_vec())
    };
    let columns = vec![
        Col::Int32(vec![503], vec![2, 0, 1]),
        text(&["/a", "/b"], &[2, 0, 2], &[]),
        text(&["1.1.1.1", "2.2.2.2"], &[3, 2, 3, 0, 1], &[0, 1, 1, 0, 0]),
        text(&["k", "l", "m"], &[2, 2, 0, 2], &[0, 1, 0, 0]),
        text(&["v", "w"], &[3, 2, 0, 3], &[0, 1, 0, 0]),
        text(&["x", "y"], &[0, 0, 1, 1], &[0, 0, 0, 1]),
    ];
    let want = concat!(
        r#"{"http":{"status":503,"url":{"path":"/a"}},"ips":["1.1.1.1",null,"2.2.2.2"],"tags":{"k":"v","l":null},"bare":[]}"#,
        "\n",
        r#"{"bare":[]}"#,
        "\n",
        r#"{"http":{"url":{"path":"/b"}},"ips":[],"tags":{"m":"w"},"bare":["x","y"]}"#,
        "\n",
    );
    assert_eq!(read(&file_of(message, plain(), &[columns])), (want.into(), None));
}

/// Rows with a number, a number that may be missing, and a text; and what they are as lines.
fn mixed(from: usize, n: usize) -> (Vec<Col>, String) {
    let rows = from..from + n;
    let number = |i: usize| (i as i64).wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()) >> (i % 60);
    let is_there = |i: &usize| !i.is_multiple_of(3);
    let text = |i: usize| format!("/path/{}/{}", i / 7 % 50, "x".repeat(i % 5));
    let columns = vec![
        Col::Int64(rows.clone().map(number).collect(), vec![]),
        Col::Int32(
            rows.clone().filter(is_there).map(|i| number(i) as i32).collect(),
            rows.clone().map(|i| i16::from(is_there(&i))).collect(),
        ),
        Col::Text(rows.clone().map(text).collect(), vec![], vec![]),
        Col::Bool(rows.clone().map(|i| i % 10 < 7).collect(), vec![]),
        Col::Double(rows.clone().map(|i| i as f64 / 8.0).collect(), vec![]),
    ];
    let line = |i: usize| {
        let maybe = if is_there(&i) { format!("\"maybe\":{},", number(i) as i32) } else { String::new() };
        let (n, path, ok, x) = (number(i), text(i), i % 10 < 7, i as f64 / 8.0);
        format!("{{\"n\":{n},{maybe}\"path\":\"{path}\",\"ok\":{ok},\"x\":{x}}}\n")
    };
    (columns, rows.map(line).collect())
}

const MIXED: &str =
    "message m { required int64 n; optional int32 maybe; required binary path (UTF8); required boolean ok; required double x; }";

/// Two row groups of several pages.
fn mixed_file(properties: WriterPropertiesBuilder) -> (Vec<u8>, String) {
    let ((first, a), (second, b)) = (mixed(0, 5_000), mixed(5_000, 3_000));
    let properties = properties.set_data_page_row_count_limit(700).set_write_batch_size(100);
    (file_of(MIXED, properties, &[first, second]), a + &b)
}

#[test]
fn every_encoding_packing_and_page_version_gives_the_same_rows() {
    let packings =
        [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::GZIP(GzipLevel::default()), Compression::LZ4_RAW];
    let lz4 = Compression::LZ4;
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        for packing in packings.into_iter().chain([lz4]) {
            let (bytes, want) = mixed_file(plain().set_writer_version(version).set_compression(packing));
            assert_eq!(read(&bytes), (want, None), "{version:?} {packing:?}");
        }
        for (column, encodings) in [
            ("n", vec![Encoding::PLAIN, Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT]),
            ("maybe", vec![Encoding::DELTA_BINARY_PACKED, Encoding::BYTE_STREAM_SPLIT]),
            ("path", vec![Encoding::PLAIN, Encoding::DELTA_LENGTH_BYTE_ARRAY, Encoding::DELTA_BYTE_ARRAY]),
            ("ok", vec![Encoding::PLAIN, Encoding::RLE]),
            ("x", vec![Encoding::PLAIN, Encoding::BYTE_STREAM_SPLIT]),
        ] {
            for encoding in encodings {
                let properties = plain().set_writer_version(version).set_dictionary_enabled(false);
                let (bytes, want) = mixed_file(properties.set_column_encoding(column.into(), encoding));
                assert_eq!(read(&bytes), (want, None), "{version:?} {column} {encoding}");
            }
        }
    }
}

#[test]
fn a_file_on_disk_is_read_there_and_nothing_before_it_is_asked_for() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("x.parquet");
    let (lines, size) = Lines::new(Origin::Disk(&path), &Budget::for_file(0));
    drop(lines);
    assert_eq!(size.get(), 0);
    let (bytes, want) = mixed_file(plain());
    std::fs::write(&path, &bytes).expect("written");
    assert_eq!(read_as(Origin::Disk(&path), bytes.len() as u64), (want, None));
}

#[test]
fn a_file_without_rows_gives_no_lines() {
    assert_eq!(read(&file_of(MIXED, plain(), &[])), (String::new(), None));
    assert_eq!(read(&file_of(MIXED, plain(), &[mixed(0, 0).0])), (String::new(), None));
}

#[test]
fn a_row_that_is_too_long_becomes_a_line_that_is_too_long() {
    let long = "\u{1}".repeat(3 << 20);
    let values = vec![texts(&["short", &long, "short"]), texts(&["a", "b", "c"])];
    let (text, error) = read(&file_of("message m { required binary x; required binary y; }", plain(), &[values]));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[2]), (3, r#"{"x":"short","y":"a"}"#, r#"{"x":"short","y":"c"}"#));
    assert!(lines[1].len() > 1 << 20 && lines[1].len() < 7 << 20);
    assert_eq!(error, None);
}

#[test]
fn a_file_cut_short_gives_nothing_and_says_why() {
    let (bytes, _) = mixed_file(plain());
    for n in [4, 8, 11, 12, 100, bytes.len() / 2, bytes.len() - 1] {
        let (text, error) = read(&bytes[..n]);
        assert_eq!(text, "");
        assert!(error.as_ref().is_some_and(|e| e.contains("its footer") && e.contains("is missing")), "{n}: {error:?}");
    }
}

#[test]
fn rows_before_the_damage_are_given() {
    let (bytes, want) = mixed_file(plain().set_compression(Compression::SNAPPY));
    // Somewhere in the second row group.
    let mut damaged = bytes.clone();
    let at = bytes.len() * 3 / 4;
    damaged[at..at + 400].fill(0xff);
    let (text, error) = read(&damaged);
    let (given, due): (Vec<&str>, Vec<&str>) = (text.lines().collect(), want.lines().take(5_000).collect());
    assert!(given.starts_with(&due), "{}", given.len());
    assert!(error.is_some_and(|e| e.contains("Parquet file is")));
}

/// A small generator of its own, so that the test is the same each time.
fn random(state: &mut u64) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize
}

/// Many small files of all kinds.
fn small_files() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
        for (packing, encodings) in [
            (Compression::UNCOMPRESSED, [Encoding::PLAIN, Encoding::PLAIN]),
            (Compression::SNAPPY, [Encoding::DELTA_BINARY_PACKED, Encoding::DELTA_BYTE_ARRAY]),
            (Compression::UNCOMPRESSED, [Encoding::DELTA_BINARY_PACKED, Encoding::DELTA_LENGTH_BYTE_ARRAY]),
            (Compression::UNCOMPRESSED, [Encoding::BYTE_STREAM_SPLIT, Encoding::DELTA_BYTE_ARRAY]),
            (Compression::GZIP(GzipLevel::default()), [Encoding::PLAIN, Encoding::PLAIN]),
        ] {
            let with =
                plain().set_writer_version(version).set_compression(packing).set_statistics_enabled(EnabledStatistics::None);
            let with = match encodings {
                [Encoding::PLAIN, _] => with,
                [n, path] => {
                    let with = with.set_dictionary_enabled(false).set_column_encoding("n".into(), n);
                    with.set_column_encoding("path".into(), path)
                }
            };
            files.push(file_of(MIXED, with.set_data_page_row_count_limit(20).set_write_batch_size(10), &[mixed(0, 50).0]));
        }
    }
    let nested = "message m { optional group l (LIST) { repeated group list { optional binary element (UTF8); } } }";
    let values = Col::Text(vec!["a".into(), "b".into()], vec![3, 2, 3, 0, 1], vec![0, 1, 1, 0, 0]);
    files.push(file_of(nested, plain(), &[vec![values]]));
    files
}

#[test]
fn no_damaged_file_panics_or_grows_without_bound() {
    let mut state = 1;
    for file in small_files() {
        let (whole, error) = read(&file);
        assert_eq!(error, None);
        let mut unlike = 0;
        for round in 0..3_000 {
            let mut bytes = file.clone();
            for _ in 0..=round % 3 {
                // Half of the damage in the footer, where it does most.
                let from = if random(&mut state).is_multiple_of(2) { bytes.len() * 2 / 3 } else { 0 };
                let at = from + random(&mut state) % (bytes.len() - from);
                match random(&mut state) % 5 {
                    0 => bytes[at] = 0xff,
                    1 => bytes[at] = 0,
                    2 => bytes[at] ^= 1 << (random(&mut state) % 8),
                    3 => bytes[at] = random(&mut state) as u8,
                    _ => drop(bytes.remove(at)),
                }
            }
            let (text, _) = read(&bytes);
            assert!(text.len() as u64 <= super::super::limits::DECODED_FREE + 1_001 * bytes.len() as u64);
            assert!(text.is_empty() || text.ends_with('\n'), "no half rows");
            unlike += usize::from(text != whole);
        }
        assert!(unlike > 1_000, "the damage must do something: {unlike}");
    }
}

fn varint(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

/// A file of `body` and a footer whose schema is so many elements like `element`, made by hand.
fn by_hand(body: &[u8], elements: &[Vec<u8>], rows: u64, groups: &[Vec<u8>]) -> Vec<u8> {
    let list = |out: &mut Vec<u8>, all: &[Vec<u8>]| {
        out.push(0xfc);
        varint(all.len() as u64, out);
        out.extend(all.concat());
    };
    let mut footer = vec![0x15, 2, 0x19];
    list(&mut footer, elements);
    footer.push(0x16);
    varint(rows * 2, &mut footer);
    footer.push(0x19);
    list(&mut footer, groups);
    footer.push(0);
    let len = (footer.len() as u32).to_le_bytes();
    [b"PAR1", body, &footer, &len, b"PAR1"].concat()
}

/// A group of the schema.
fn group(children: u64) -> Vec<u8> {
    let mut element = vec![0x35, 2, 0x18, 1, b'g', 0x15];
    varint(children * 2, &mut element);
    element.push(0);
    element
}

/// An optional column of 32-bit integers.
fn column() -> Vec<u8> {
    vec![0x15, 2, 0x25, 2, 0x18, 1, b'c', 0]
}

/// A row group of one column at the beginning of the file.
fn row_group(values: u64, len: usize) -> Vec<u8> {
    let mut out = vec![0x19, 0x1c, 0x3c, 0x15, 2, 0x35, 0, 0x16];
    varint(values * 2, &mut out);
    out.extend([0x26]);
    varint(len as u64 * 2, &mut out);
    out.extend([0x26, 8, 0, 0, 0x26]);
    varint(values * 2, &mut out);
    out.push(0);
    out
}

/// A data page of so many values, with these bytes.
fn page(values: u64, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x15, 0, 0x15];
    varint(bytes.len() as u64 * 2, &mut out);
    out.push(0x15);
    varint(bytes.len() as u64 * 2, &mut out);
    out.extend([0x2c, 0x15]);
    varint(values * 2, &mut out);
    out.extend([0x15, 0, 0x15, 6, 0x15, 6, 0, 0]);
    out.extend(bytes);
    out
}

#[test]
fn files_made_by_hand_are_read_so_that_the_hostile_ones_mean_what_they_should() {
    // Two rows: 7 and nothing. Levels 1 and 0 as packed bits.
    let body = page(2, &[2, 0, 0, 0, 3, 1, 7, 0, 0, 0]);
    let bytes = by_hand(&body, &[group(1), column()], 2, &[row_group(2, body.len())]);
    assert_eq!(read(&bytes), ("{\"c\":7}\n{}\n".into(), None));
}

#[test]
fn every_row_before_a_damaged_page_is_given() {
    let two = page(2, &[2, 0, 0, 0, 3, 1, 7, 0, 0, 0]);
    for damage in [&[0xff; 20][..], &page(2, &[9, 0, 0, 0, 3, 1]), b""] {
        let body = [&two[..], damage].concat();
        let bytes = by_hand(&body, &[group(1), column()], 4, &[row_group(4, body.len())]);
        let (text, error) = read(&bytes);
        assert_eq!((text.as_str(), error.is_some()), ("{\"c\":7}\n{}\n", true));
    }
}

#[test]
fn huge_counts_deep_nesting_and_bombs_end_with_a_reason() {
    let none = |n: u64| page(n, &[&[6, 0, 0, 0][..], &[0xfe, 0xff, 0xff, 0xff, 0x0f, 0]].concat());
    let deep: Vec<Vec<u8>> = std::iter::repeat_n(group(1), 5_000).collect();
    let two = page(2, &[2, 0, 0, 0, 3, 1, 7, 0, 0, 0]);
    let bomb = none(i32::MAX as u64);
    for (name, bytes, why) in [
        ("deep", by_hand(b"", &deep, 0, &[]), "more than 32 groups"),
        ("wide", by_hand(b"", &[group(i32::MAX as u64)], 0, &[]), "schema ends too early"),
        ("columns", by_hand(b"", &vec![column(); 20_000], 0, &[]), "more than 10000 columns"),
        ("groups", by_hand(&two, &[group(1), column()], 2, &vec![row_group(2, two.len()); 3]), "its row groups have 6"),
        ("rows", by_hand(&two, &[group(1), column()], 9, &[row_group(9, two.len())]), "fewer values than it says"),
        ("hidden", by_hand(&two, &[group(1), column()], 1, &[row_group(1, two.len())]), "more values than it says"),
        ("nothing", by_hand(&bomb, &[group(1), column()], 1 << 30, &[row_group(1 << 30, bomb.len())]), "decompression limit"),
        ("beyond", by_hand(&two, &[group(1), column()], 2, &[row_group(2, 1 << 40)]), ""),
        ("no page", by_hand(b"", &[group(1), column()], 2, &[row_group(2, 0)]), "fewer values than it says"),
    ] {
        let (text, error) = read(&bytes);
        assert!(text.len() < 200, "{name}: {} bytes", text.len());
        match error {
            Some(error) => assert!(error.contains(why), "{name}: {error}"),
            None => assert_eq!(why, "", "{name}"),
        }
    }
    let sealed = [b"PAR1", &[0; 20][..], &4u32.to_le_bytes(), b"PARE"].concat();
    assert!(read(&sealed).1.is_some_and(|e| e.contains("encrypted")));
    let footer = [b"PAR1", &[0; 20][..], &u32::MAX.to_le_bytes(), b"PAR1"].concat();
    assert!(read(&footer).1.is_some_and(|e| e.contains("footer of more than 16 MiB")));
}

#[test]
fn a_stream_longer_than_the_bound_or_damaged_is_told() {
    let endless = io::repeat(b'x');
    let (text, error) = read_as(Origin::Stream(Box::new(endless)), 0);
    assert_eq!(text, "");
    assert!(error.is_some_and(|e| e.contains("over 256 MiB")));
    let broken = b"PAR1".chain(crate::bundle::raw::Exact::new(io::empty(), 9));
    assert!(read_as(Origin::Stream(Box::new(broken)), 0).1.is_some_and(|e| e.contains("only be read whole")));
}

#[test]
fn the_bound_on_rows_passes_the_longest_line() {
    assert_eq!(ROW_MAX, crate::read::LINE_MAX + 1);
}

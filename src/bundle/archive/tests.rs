//! Hostile and ordinary archives, walked as a bundle walks them.

use super::*;
use crate::bundle::codec::tests::{XZ, ZSTD_FRAMES, bzip2, gzip};
use std::io::Write;

/// A tar archive of named members, also with names the builder would refuse.
fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        tar.append(&header, *bytes).expect("memory");
    }
    tar.into_inner().expect("memory")
}

fn zip_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("memory");
        zip.write_all(bytes).expect("memory");
    }
    zip.finish().expect("memory").into_inner()
}

/// What a walk through `bytes` meets, as lines of text.
fn walk(bytes: &[u8]) -> Vec<String> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("written");
    let walk = Walk { path: file.path(), shown: "b", prefix: "b/", hash: true, meter: &|_| {} };
    let mut met = Vec::new();
    let mut visit = |found: Found<'_, '_>| {
        match found {
            Found::Leaf { at, path, text, .. } => {
                let mut all = Vec::new();
                let end = text.text.read_to_end(&mut all).map_or_else(|e| format!(" ! {e}"), |_| String::new());
                let shown =
                    if all.len() > 40 { format!("{} bytes", all.len()) } else { String::from_utf8_lossy(&all).into_owned() };
                met.push(format!("{at} {path} {} {shown:?}{end}", text.codec));
                return Next::Seal;
            }
            Found::Sealed(seal) => assert_eq!(seal.sha256.len(), 64),
            Found::Aside { path, why, .. } => met.push(format!("aside {path}: {why}")),
            Found::Broken { path, why, .. } => met.push(format!("broken {path}: {why}")),
        }
        Next::Go
    };
    walk.run(&mut visit).expect("opened");
    met
}

#[test]
fn members_of_every_packing_are_leaves_and_archives_in_archives_are_entered() {
    let (inner, zipped) = (tar_of(&[("deep.log", b"deep\n")]), zip_of(&[("z.log.gz", &gzip(b"z\n"))]));
    let outer = tar_of(&[
        ("a.log", b"a\n"),
        ("b.log", &gzip(b"b\n")),
        ("c.log", &bzip2(b"c\n")),
        ("d.log", ZSTD_FRAMES),
        ("e.log", XZ),
        ("in.tgz", &gzip(&inner)),
        ("in.zip", &zipped),
        ("empty.log", b""),
    ]);
    for packed in [outer.clone(), gzip(&outer), bzip2(&outer)] {
        assert_eq!(
            walk(&packed),
            [
                r#"0 b/a.log plain "a\n""#,
                r#"1 b/b.log gzip "b\n""#,
                r#"2 b/c.log bzip2 "c\n""#,
                r#"3 b/d.log zstd "one\ntwo\nthree\n""#,
                r#"4 b/e.log xz "one\ntwo\nthree\n""#,
                r#"5 b/in.tgz/deep.log plain "deep\n""#,
                r#"6 b/in.zip/z.log.gz gzip "z\n""#,
                r#"7 b/empty.log plain """#,
            ]
        );
    }
    assert_eq!(walk(&zip_of(&[("in.tar", &inner)])), [r#"0 b/in.tar/deep.log plain "deep\n""#]);
}

#[test]
fn a_file_that_is_no_archive_is_its_own_leaf() {
    assert_eq!(walk(b"line\n"), [r#"0 b plain "line\n""#]);
    assert_eq!(walk(b""), [r#"0 b plain """#]);
    assert_eq!(walk(&gzip(b"line\n")), [r#"0 b gzip "line\n""#]);
}

#[test]
fn hostile_member_names_are_shown_and_never_lead_anywhere() {
    let members: &[(&str, &[u8])] =
        &[("../../etc/passwd", b"x\n"), ("/etc/shadow", b"y\n"), ("\u{1b}[2J", b"z\n"), (".hid", b"")];
    assert_eq!(
        walk(&tar_of(members)),
        [
            r#"0 b/../../etc/passwd plain "x\n""#,
            r#"1 b/etc/shadow plain "y\n""#,
            "2 b/\u{fffd}[2J plain \"z\\n\"",
            "aside b/.hid: hidden file",
        ]
    );
}

#[test]
fn the_fourth_archive_inside_each_other_is_told_and_not_opened() {
    let mut archive = tar_of(&[("x.log", b"x\n")]);
    for name in ["3.tar", "2.tar"] {
        archive = tar_of(&[(name, &archive)]);
    }
    assert_eq!(walk(&archive), [r#"0 b/2.tar/3.tar/x.log plain "x\n""#]);
    let deeper = walk(&tar_of(&[("1.tar", &archive)]));
    assert_eq!(deeper, ["broken b/1.tar/2.tar/3.tar: an archive more than 3 archives deep is not opened"]);
}

#[test]
fn a_cut_archive_gives_what_came_before_the_cut_and_tells_it() {
    let tar = tar_of(&[("a.log", b"a\n"), ("b.log", &[b'b'; 3_000])]);
    let met = walk(&tar[..512 + 512 + 512 + 1_000]);
    assert_eq!(met[0], r#"0 b/a.log plain "a\n""#);
    assert_eq!(met[1], r#"1 b/b.log plain "1000 bytes" ! the archive ends inside this file"#);
    let met = walk(&tar[..512 + 512 + 100]);
    assert_eq!(met[0], r#"0 b/a.log plain "a\n""#);
    assert!(met[1].starts_with("broken b: the archive breaks off after 1 members"), "{met:?}");
    let zip = zip_of(&[("a.log", b"a\n")]);
    assert!(walk(&zip[..zip.len() - 4])[0].starts_with("broken b: not readable as a zip archive"));
}

#[test]
fn a_bomb_stops_at_the_limit_with_what_came_before_it() {
    let zeros = vec![0; 16 << 20];
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..16 {
        packer.write_all(&zeros).expect("memory");
    }
    let bomb = packer.finish().expect("memory");
    // 256 MiB in 256 KiB stay just below 1,000 : 1 after the first 64 MiB; packed once more they do not.
    // The budget is the file's, so what comes after the bomb tells the limit too.
    assert_eq!(walk(&bomb), [format!("0 b gzip {:?}", "268435456 bytes")]);
    let met = walk(&tar_of(&[("good.log", b"good\n"), ("bomb", &gzip(&bomb)), ("late.log", b"late\n")]));
    assert_eq!(met[0], r#"0 b/good.log plain "good\n""#);
    assert!(met[1].starts_with("1 b/bomb packed twice") && met[1].contains("! decompression limit"), "{met:?}");
    assert!(met[2].starts_with("2 b/late.log plain") && met[2].contains("! decompression limit"), "{met:?}");
}

#[test]
fn a_member_name_without_end_does_not_fill_the_memory() {
    let mut header = tar::Header::new_gnu();
    header.set_path("././@LongLink").expect("short");
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(u64::MAX / 4);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.resize(4 << 20, b'a');
    let met = walk(&bytes);
    assert_eq!(met, ["broken b: the archive breaks off after 0 members: a member's header is longer than 1 MiB"]);
}

#[test]
fn a_walk_stops_where_it_is_told_to() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), tar_of(&[("a", b"a"), ("b", b"b"), ("c", b"c")])).expect("written");
    let walk = Walk { path: file.path(), shown: "b", prefix: "", hash: false, meter: &|_| {} };
    let mut met = 0;
    let mut visit = |_: Found<'_, '_>| {
        met += 1;
        if met == 2 { Next::Stop } else { Next::Go }
    };
    walk.run(&mut visit).expect("opened");
    assert_eq!(met, 2);
}

#[test]
fn text_is_no_tar_header_and_an_old_header_without_magic_is_one() {
    assert!(!is_tar_header(&[b'0'; 512]));
    assert!(!is_tar_header(&[0; 512]));
    assert!(!is_tar_header(b"short"));
    let mut header = tar::Header::new_old();
    header.set_path("a").expect("short");
    header.set_size(0);
    header.set_cksum();
    assert!(is_tar_header(header.as_bytes()));
}

proptest::proptest! {
    #[test]
    fn no_damage_makes_a_walk_panic_or_go_on_for_ever(
        which in 0usize..6,
        damage in proptest::collection::vec((0usize..4_000, 0u8..=255), 1..6),
    ) {
        let tar = tar_of(&[("a.log", b"a line\n"), ("z", ZSTD_FRAMES), ("x", XZ)]);
        let zip = zip_of(&[("a.log", b"a line\n"), ("b.gz", &gzip(b"b\n"))]);
        let all = [tar.clone(), gzip(&tar), zip, bzip2(&tar), ZSTD_FRAMES.to_vec(), XZ.to_vec()];
        let mut bytes = all[which].clone();
        for (at, byte) in damage {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        proptest::prop_assert!(walk(&bytes).len() < 100);
    }
}

//! Bundles as users hand them over.

use super::*;
use crate::bundle::codec::tests::gzip;
use std::fs;
use tempfile::TempDir;

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let dir = TempDir::new().expect("a folder");
    for (path, bytes) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, bytes).expect("written");
    }
    dir
}

fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, name, *bytes).expect("memory");
    }
    tar.into_inner().expect("memory")
}

fn paths(bundle: &Bundle) -> Vec<&str> {
    bundle.sources.iter().map(|s| s.path.as_str()).collect()
}

fn open_one(path: &Path) -> Result<Bundle> {
    open(&[path.to_owned()])
}

#[test]
fn a_folder_gives_its_files_in_byte_order_and_sets_hidden_ones_aside() {
    let dir = folder(&[
        ("b.log", b"b\n"),
        ("a/z.log", b"z\n"),
        ("B.log", b"B\n"),
        ("README.md", b"# x\n"),
        (".git/config", b"x"),
        (".hidden", b"xyz"),
        ("more.tar.gz", &gzip(&tar_of(&[("m.log", b"m\n"), ("incident.toml", b"not here")]))),
        ("incident.toml", b"title = \"x\"\n"),
        ("a/incident.toml", b"deeper\n"),
    ]);
    let bundle = open_one(dir.path()).expect("a bundle");
    let want = ["B.log", "README.md", "a/incident.toml", "a/z.log", "b.log", "more.tar.gz/incident.toml", "more.tar.gz/m.log"];
    assert_eq!(paths(&bundle), want);
    let incident = bundle.incident.as_ref().expect("an incident file");
    assert_eq!((incident.path.as_str(), incident.text.as_str()), ("incident.toml", "title = \"x\"\n"));
    let aside = |path: &str, size| Aside { path: path.into(), size, why: "hidden file".into() };
    assert_eq!(bundle.asides, [aside(".git", 0), aside(".hidden", 3)]);
    assert_eq!(bundle.name, dir.path().file_name().expect("a name").to_string_lossy());
}

#[test]
fn an_archive_is_a_bundle_of_its_own_with_its_incident_file_in_the_top_folder() {
    for (members, incident, sources) in [
        (vec![("incident.toml", &b"t"[..]), ("a.log", b"a\n")], Some("incident.toml"), vec!["a.log"]),
        (vec![("top/incident.toml", &b"t"[..]), ("top/x/a.log", b"a\n")], Some("top/incident.toml"), vec!["top/x/a.log"]),
        (vec![("t/incident.toml", &b"t"[..]), ("u/a.log", b"a\n")], None, vec!["t/incident.toml", "u/a.log"]),
    ] {
        let dir = folder(&[("night.tar.gz", &gzip(&tar_of(&members)))]);
        let bundle = open_one(&dir.path().join("night.tar.gz")).expect("a bundle");
        assert_eq!(bundle.incident.as_ref().map(|i| i.path.as_str()), incident);
        assert_eq!(paths(&bundle), sources);
        assert_eq!(bundle.name, "night");
    }
}

#[test]
fn several_paths_make_one_bundle_whatever_their_order_and_however_often_given() {
    let dir = folder(&[("one/a.log", b"a\n"), ("two/a.log", b"a\n"), ("x/one/b.log", b"b\n"), ("c.log", b"c\n")]);
    let at = |p: &str| dir.path().join(p);
    let bundle = open(&[at("two"), at("one"), at("c.log"), at("one/a.log"), at("two")]).expect("a bundle");
    assert_eq!(paths(&bundle), ["c.log", "one/a.log", "two/a.log"]);
    assert_eq!(bundle.name, "c.log-and-3-more");
    let again = open(&[at("c.log"), at("one/a.log"), at("two"), at("one")]).expect("a bundle");
    assert_eq!(paths(&again), paths(&bundle));
    let same_names = open(&[at("one"), at("x/one")]).expect("a bundle");
    let tops: Vec<String> = same_names.sources.iter().map(|s| s.path.clone()).collect();
    assert_eq!(tops.len(), 2);
    assert!(tops.contains(&"x/one/b.log".to_owned()), "{tops:?}");
    assert!(tops.iter().all(|t| !t.starts_with('/')), "{tops:?}");
}

#[test]
fn an_empty_folder_a_missing_path_and_no_path_are_errors_with_the_reason() {
    let empty = TempDir::new().expect("a folder");
    let says = |r: Result<Bundle>| r.expect_err("an error").to_string();
    assert!(says(open_one(empty.path())).ends_with("holds no files: nothing to read"));
    assert!(says(open_one(folder(&[(".x", b"")]).path())).contains("only 1 hidden"));
    assert!(says(open_one(folder(&[("incident.toml", b"")]).path())).contains("no log file beside its incident.toml"));
    assert!(matches!(open_one(&empty.path().join("missing")), Err(Error::Read { .. })));
    assert!(matches!(open(&[]), Err(Error::Usage(_))));
}

#[cfg(unix)]
#[test]
fn links_make_no_line_count_twice_and_no_walk_endless() {
    use std::os::unix::fs::symlink;
    let dir = folder(&[("access.log.1", b"a\n"), ("sub/b.log", b"b\n")]);
    let other = folder(&[("far.log", b"far\n")]);
    symlink(dir.path().join("access.log.1"), dir.path().join("a-current.log")).expect("linked");
    symlink(dir.path(), dir.path().join("sub/loop")).expect("linked");
    symlink(other.path().join("far.log"), dir.path().join("far.log")).expect("linked");
    symlink(dir.path().join("nowhere"), dir.path().join("dangling.log")).expect("linked");
    let bundle = open_one(dir.path()).expect("a bundle");
    assert_eq!(paths(&bundle), ["access.log.1", "dangling.log", "far.log", "sub/b.log"]);
    assert!(matches!(&bundle.sources[1].place, Place::Broken(why) if why.starts_with("cannot be read")));
    let asides: Vec<(&str, &str)> = bundle.asides.iter().map(|a| (a.path.as_str(), a.why.as_str())).collect();
    assert_eq!(asides, [("a-current.log", "link to access.log.1, which is read"), ("sub/loop", "link to a folder")]);
}

#[test]
fn members_with_one_name_are_told_apart() {
    let dir = folder(&[("t.tar", &tar_of(&[("a", b"1\n"), ("b", b""), ("a", b"2\n"), ("a", b"3\n")]))]);
    let bundle = open_one(&dir.path().join("t.tar")).expect("a bundle");
    assert_eq!(paths(&bundle), ["a", "a#2", "a#3", "b"]);
}

#[test]
fn the_bytes_to_read_are_those_of_the_chosen_files_each_once() {
    let tar = tar_of(&[("a", b"1\n"), ("b", b"2\n")]);
    let dir = folder(&[("t.tar", &tar), ("c.log", b"12345")]);
    let bundle = open_one(dir.path()).expect("a bundle");
    assert_eq!(bundle.packed_bytes(|_| true), tar.len() as u64 + 5);
    assert_eq!(bundle.packed_bytes(|i| i == 0), 5);
}

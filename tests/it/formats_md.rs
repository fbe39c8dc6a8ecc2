//! `docs/formats.md` is made of its frame, `docs/formats.in.md`, of the registry of formats, and of what
//! each format's file says at its top.
//!
//! `make docs` writes it; this test fails where it is not current.

use outscope::event::Stamp;
use outscope::format::part::slot::NAMES;
use outscope::format::{FORMATS, Format};
use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

const fn stamp(stamp: Stamp) -> &'static str {
    match stamp {
        Stamp::Start => "start",
        Stamp::End => "end",
        Stamp::Unknown => "start or end, by server",
    }
}

/// Text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn table() -> String {
    let mut out =
        String::from("| format | whose | stamp tells the | tier, unless told otherwise | fields |\n|---|---|---|---|---|\n");
    for Format { facts: f, .. } in FORMATS {
        let row = format!(
            "| [`{0}`](#{0}) | {1} | {2} | {3} | {4} |\n",
            f.name,
            cell(f.about),
            stamp(f.stamp),
            f.tier.name(),
            f.fields.join(", ")
        );
        out.push_str(&row);
    }
    out
}

/// What a file says at its top, with links of the code turned into plain names.
fn header(path: &str) -> String {
    let text = read(path);
    let lines =
        text.lines().take_while(|l| l.starts_with("//!")).map(|l| l.trim_start_matches("//!").strip_prefix(' ').unwrap_or(""));
    let joined = lines.collect::<Vec<_>>().join("\n");
    // Paths of the code become those of files.
    joined
        .replace("[`", "`")
        .replace("`]", "`")
        .replace("super::part::", "src/format/part/")
        .replace("super::", "")
        .replace("crate::event::", "")
}

fn each() -> String {
    let mut out = String::new();
    for Format { facts: f, .. } in FORMATS {
        let file = format!("src/format/{}.rs", f.name.replace('-', "_"));
        out.push_str(&format!("### {}\n\n{}\n\n", f.name, header(&file)));
        if !f.blind.is_empty() {
            out.push_str(&format!("Cannot tell: {}.\n\n", f.blind));
        }
        out.push_str(&format!("```text\n{}\n```\n\n", f.samples.join("\n").replace('\t', "    ")));
    }
    out.trim_end().to_owned()
}

fn wrappers() -> String {
    // The first paragraph of the file is its title.
    header("src/format/wrap.rs").split_once("\n\n").map_or_else(String::new, |(_, rest)| rest.to_owned())
}

#[test]
fn the_page_of_formats_is_current() {
    let slots: Vec<String> =
        NAMES.iter().map(|(n, _)| *n).filter(|n| *n != "_" && !n.starts_with("note")).map(|n| format!("`{n}`")).collect();
    let made = read("docs/formats.in.md")
        .replace(
            "<!-- generated -->",
            "<!-- Made by `make docs` of docs/formats.in.md, the registry of formats and their files: edit those. -->",
        )
        .replace("<!-- table -->", table().trim_end())
        .replace("<!-- wrappers -->", &wrappers())
        .replace("<!-- slots -->", &slots.join(", "))
        .replace("<!-- formats -->", &each());
    let path = root().join("docs/formats.md");
    if std::env::var_os("OUTSCOPE_BLESS").is_some() {
        fs::write(&path, &made).expect("the page can be written");
    }
    assert!(read("docs/formats.md") == made, "docs/formats.md is not current: run `make docs`");
}

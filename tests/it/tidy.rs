//! The rules of the house, checked by text: what a compiler does not hold up.

use crate::kit::note;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A text file with its path inside the project.
struct File {
    path: String,
    text: String,
}

impl File {
    /// Its lines with their numbers, without comments.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines()).filter(|(_, l)| !l.trim_start().starts_with("//"))
    }

    /// The code above its tests.
    fn code_but_tests(&self) -> String {
        let end = self.text.find("#[cfg(test)]").unwrap_or(self.text.len());
        self.text[..end].lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }

    /// The modules of the crate it names, in all of it but comments.
    fn modules(&self) -> BTreeSet<String> {
        named_modules(&self.code().map(|(_, l)| l).collect::<Vec<_>>().join("\n"))
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs")
            || ["conformance", "hostile", "speed", "samples", "wrapped"].iter().any(|n| self.path.ends_with(&format!("{n}.rs")))
    }
}

/// `x` of every `crate::x` and of every `crate::{x, ...}`.
fn named_modules(code: &str) -> BTreeSet<String> {
    named_in("crate::", code)
}

/// `x` of every `path::x` and of every `path::{x, ...}`.
fn named_in(path: &str, code: &str) -> BTreeSet<String> {
    let word = |t: &str| t.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices(path) {
        let rest = &code[at + path.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let mut depth = 0;
        for part in group.split_inclusive(['{', '}', ',']) {
            if depth == 0 {
                found.insert(word(part.trim_start()));
            }
            depth += i32::from(part.ends_with('{')) - i32::from(part.ends_with('}'));
            if depth < 0 {
                break;
            }
        }
    }
    found.remove("");
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder`, sorted, without those of the build and of version control.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        match () {
            () if ["target", ".git", "logs", "reports"].contains(&name.as_str()) => {}
            () if path.is_dir() => files.extend(below(&path)),
            () => files.push(path),
        }
    }
    files.sort();
    files
}

fn read(path: &Path) -> Option<File> {
    let text = fs::read_to_string(path).ok()?;
    let path = path.strip_prefix(root()).expect("inside").to_string_lossy().replace('\\', "/");
    Some(File { path, text })
}

/// Every Rust file of `src`.
fn sources() -> Vec<File> {
    let files: Vec<File> =
        below(&root().join("src")).iter().filter(|p| p.extension().is_some_and(|e| e == "rs")).filter_map(|p| read(p)).collect();
    assert!(files.len() > 50);
    files
}

#[track_caller]
fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn modules_are_found_in_every_way_of_naming_them() {
    let code = "use crate::a::X;\nuse crate::{b::{y, z}, c,\n d};\ncrate::e::f();\nuse outscope::{g};";
    assert_eq!(named_modules(code).into_iter().collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
}

#[test]
fn every_file_begins_by_saying_what_it_is() {
    none(sources().iter().filter(|f| !f.text.starts_with("//! ")).map(|f| f.path.clone()).collect());
}

#[test]
fn no_file_is_long() {
    let files = below(root()).into_iter().filter(|p| p.extension().is_some_and(|e| e == "rs")).filter_map(|p| read(&p));
    none(files.filter(|f| f.text.lines().count() > 700).map(|f| f.path).collect());
}

#[test]
fn nothing_is_printed_in_passing_left_undone_or_unsafe() {
    let banned = ["println!", "print!", "dbg!", "todo!", "unimplemented!", "unsafe ", "FIXME", "XXX"];
    let mut wrong = Vec::new();
    for file in sources() {
        for (n, line) in file.code() {
            wrong.extend(banned.iter().filter(|b| line.contains(**b)).map(|b| format!("{}:{n}: {b}", file.path)));
        }
    }
    none(wrong);
}

#[test]
fn each_library_has_its_place() {
    let places: [(&str, &[&str]); 12] = [
        ("plotters", &["src/render/chart/"]),
        ("clap", &["src/cli/"]),
        ("nom", &["src/format/"]),
        ("chrono", &["src/time.rs"]),
        ("chrono_tz", &["src/time.rs"]),
        ("regex", &["src/outcome.rs", "src/outcome/", "src/resource.rs"]),
        ("std::time", &["src/progress.rs"]),
        ("tar", &["src/bundle/"]),
        ("zip", &["src/bundle/"]),
        ("csv", &["src/aggregate.rs"]),
        ("snap", &["src/bundle/parquet/"]),
        ("lz4_flex", &["src/bundle/parquet/"]),
    ];
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|f| !f.is_test()) {
        let code = file.code_but_tests();
        for (library, homes) in places {
            let starts = |at: usize| !code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':');
            let named = code.match_indices(&format!("{library}::")).any(|(at, _)| starts(at));
            if named && !homes.iter().any(|h| file.path.starts_with(h)) {
                wrong.push(format!("{} uses {library}, which is for {}", file.path, homes.join(" and ")));
            }
        }
    }
    none(wrong);
}

#[test]
fn layers_know_only_what_they_may() {
    let mut wrong = Vec::new();
    for file in sources() {
        let used = file.modules();
        let mut forbid = |home: &str, not: &dyn Fn(&str) -> bool| {
            if file.path.starts_with(home) {
                wrong.extend(used.iter().filter(|m| not(m)).map(|m| format!("{} uses {m}", file.path)));
            }
        };
        forbid("src/render/", &|m| ["survey", "examine", "format", "read", "analyse", "reconstruct"].contains(&m));
        forbid("src/compare/", &|m| ["render", "format", "read", "bundle", "survey", "examine", "reconstruct"].contains(&m));
        forbid("src/analyse/", &|m| ["render", "format", "read", "reconstruct"].contains(&m));
        forbid("src/stats/", &|m| m != "stats");
        forbid("src/synth/", &|m| m != "synth" && m != "error");
        forbid("src/format/", &|m| ["resource", "survey", "analyse", "render"].contains(&m));
    }
    none(wrong);
}

#[test]
fn no_format_uses_another() {
    let name = |file: &File| Some(file.path.strip_prefix("src/format/")?.strip_suffix(".rs")?.to_owned());
    let all = sources();
    let formats: Vec<(&File, String)> =
        all.iter().filter(|f| f.text.contains(" static FORMAT: Format")).filter_map(|f| Some((f, name(f)?))).collect();
    assert!(formats.len() > 40);
    let mut wrong = Vec::new();
    for (file, own) in &formats {
        let code = file.code_but_tests();
        let named: BTreeSet<String> = ["super::", "crate::format::"].iter().flat_map(|path| named_in(path, &code)).collect();
        for (_, other) in formats.iter().filter(|(_, other)| other != own && named.contains(other)) {
            wrong.push(format!("{} uses {other}: what both need belongs into src/format/part/", file.path));
        }
    }
    none(wrong);
}

#[test]
fn modules_use_only_those_that_stand_above_them() {
    let map = fs::read_to_string(root().join("src/lib.rs")).expect("the map");
    let order: Vec<&str> = map.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert!(order.len() > 15);
    let place = |m: &str| order.iter().position(|o| *o == m);
    let mut wrong = Vec::new();
    for file in sources().iter().filter(|f| !f.is_test()) {
        let module = file.path["src/".len()..].split(['/', '.']).next().expect("a part");
        let Some(here) = place(module) else { continue };
        for used in named_modules(&file.code_but_tests()) {
            if place(&used).is_some_and(|there| there > here) {
                wrong.push(format!("{} uses {used}, which stands below it", file.path));
            }
        }
    }
    none(wrong);
}

#[test]
fn the_project_speaks_only_of_itself() {
    // Put together here, so that this file does not hold what it looks for.
    let parts = [
        ("cla", "ude"),
        ("anth", "ropic"),
        ("chat", "gpt"),
        ("open", "ai"),
        ("co", "pilot"),
        ("gem", "ini"),
        ("large lang", "uage"),
        ("lang", "uage model"),
        ("ll", "m"),
        ("artificial", " intelligence"),
        ("sub", "agent"),
        ("co-auth", "ored"),
        ("generated", " with"),
        ("generated", " by a"),
    ];
    let words: Vec<String> = parts.iter().map(|(a, b)| format!("{a}{b}")).collect();
    let paths = [format!("/{}/", "work"), format!("/{}/", "root"), format!("/{}/", "Users")];
    let mut wrong = Vec::new();
    for file in below(root()).iter().filter(|p| !p.ends_with("Cargo.lock")).filter_map(|p| read(p)) {
        for (n, line) in (1..).zip(file.text.lines()) {
            let low = line.to_lowercase();
            let whole = |word: &str| {
                let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                low.match_indices(word)
                    .any(|(at, _)| !letter(low[..at].chars().next_back()) && !letter(low[at + word.len()..].chars().next()))
            };
            wrong.extend(words.iter().filter(|w| whole(w)).map(|w| format!("{}:{n}: {w}", file.path)));
            wrong.extend(paths.iter().filter(|p| line.contains(p.as_str())).map(|p| format!("{}:{n}: {p}", file.path)));
        }
    }
    none(wrong);
}

#[test]
fn the_code_map_names_every_file() {
    let Ok(map) = fs::read_to_string(root().join("ARCHITECTURE.md")) else {
        return note("skipped: there is no ARCHITECTURE.md");
    };
    let mut wrong: Vec<String> = sources()
        .iter()
        .filter(|f| !map.contains(&format!("`{}`", f.path)))
        .map(|f| format!("{} is not in it", f.path))
        .collect();
    for named in map.split('`').skip(1).step_by(2).filter(|t| t.starts_with("src/") && !t.contains(['*', ' ', '<'])) {
        if !root().join(named).exists() {
            wrong.push(format!("{named} is in it, but nowhere else"));
        }
    }
    none(wrong);
}

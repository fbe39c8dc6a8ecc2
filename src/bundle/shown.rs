//! Names of files as they are shown: valid text, no control characters, never absolute.

/// Most characters of a member's name that are shown.
const LENGTH_MAX: usize = 400;

/// The shown path of a member called `name` under `prefix` (empty, or ending in `/`).
pub(crate) fn join(prefix: &str, name: &[u8]) -> String {
    format!("{prefix}{}", clean(&String::from_utf8_lossy(name)))
}

/// A relative path, harmless to print: control and text-direction characters are replaced, empty and
/// `.` parts and a leading `/` are gone, `..` stays visible (no shown path is ever opened).
pub(crate) fn clean(name: &str) -> String {
    let safe: String = name.chars().map(|c| if is_harmful(c) { char::REPLACEMENT_CHARACTER } else { c }).collect();
    let parts: Vec<&str> = safe.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    match parts.join("/") {
        path if path.is_empty() => "(no name)".into(),
        path if path.chars().count() > LENGTH_MAX => path.chars().take(LENGTH_MAX).chain(['…']).collect(),
        path => path,
    }
}

/// Control characters, and those that turn the direction of the text around them (Unicode UAX 9).
fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Whether some part of the path is hidden: begins with a dot, or is what macOS adds to archives.
pub(crate) fn is_hidden(path: &str) -> bool {
    path.split('/').any(|part| (part.starts_with('.') && part != "..") || part == "__MACOSX")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_become_harmless_and_stay_recognisable() {
        for (name, path) in [
            (&b"logs/access.log"[..], "x/logs/access.log"),
            (b"../../etc/passwd", "x/../../etc/passwd"),
            (b"/etc//passwd", "x/etc/passwd"),
            (b"./a/./b.log", "x/a/b.log"),
            (b"a\x1b[31m\n.log", "x/a\u{fffd}[31m\u{fffd}.log"),
            (b"\xff\xfe.log", "x/\u{fffd}\u{fffd}.log"),
            ("a\u{202e}gol.b".as_bytes(), "x/a\u{fffd}gol.b"),
            (b"", "x/(no name)"),
        ] {
            assert_eq!(join("x/", name), path);
        }
        assert_eq!(clean("/etc/passwd"), "etc/passwd");
        assert_eq!(clean(&"a".repeat(5_000)).chars().count(), LENGTH_MAX + 1);
    }

    #[test]
    fn a_dot_hides_a_file_but_dot_dot_does_not() {
        for (path, hidden) in [(".git/x", true), ("a/.x", true), ("../x", false), ("a.b/c", false), ("__MACOSX/._a", true)] {
            assert_eq!(is_hidden(path), hidden, "{path}");
        }
    }
}

//! Text that fits: measured, shortened in the middle, wrapped; and made harmless first.
//!
//! Log text is hostile: controls, direction marks and stacked accents could hide or reorder what a
//! label says, so they are taken out; characters the face lacks become U+FFFD. Nothing is clipped:
//! what does not fit says so with an ellipsis.

use crate::render::font;

/// Most characters of a label that are looked at; no label is wider than the picture.
const CHARS_MAX: usize = 1_000;

/// `text` with nothing in it that could move, hide or stack other text; runs of white space
/// become one blank.
pub(crate) fn clean(text: &str) -> String {
    let mut out = String::new();
    let mut left = CHARS_MAX;
    for c in text.chars() {
        if left == 0 {
            out.push('…');
            break;
        }
        left -= 1;
        match c {
            c if c.is_whitespace() => {
                if !out.is_empty() && !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if c.is_control() || is_invisible(c) => {}
            c if font::has(c) => out.push(c),
            _ => out.push('\u{fffd}'),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Characters without a picture of their own: marks of direction, joiners, combining accents,
/// variation selectors and tags (Unicode 16, categories Cf, Mn and Me as far as they matter here).
fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF | 0xFFF9..=0xFFFB
        | 0x300..=0x36F | 0x483..=0x489 | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE00..=0xFE0F
        | 0xFE20..=0xFE2F | 0xE0000..=0xE01EF)
}

/// Width of `text` in pixels at `size` pixels per em.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    f64::from(font::lay_out(text, size as f32, bold).1)
}

/// `text` cleaned and, where wider than `room`, with its middle replaced by an ellipsis: both
/// ends of a path tell what it is.
pub(crate) fn shorten(text: &str, size: f64, bold: bool, room: f64) -> String {
    let text = clean(text);
    if width(&text, size, bold) <= room {
        return text;
    }
    let chars: Vec<char> = text.chars().collect();
    let keeping = |n: usize| -> String {
        let (head, tail) = (n.div_ceil(2), n / 2);
        chars[..head].iter().chain(&['…']).chain(&chars[chars.len() - tail..]).collect()
    };
    let (mut fits, mut too_many) = (0, chars.len());
    while too_many - fits > 1 {
        let n = usize::midpoint(fits, too_many);
        if width(&keeping(n), size, bold) <= room { fits = n } else { too_many = n }
    }
    keeping(fits)
}

/// `text` cleaned and broken at blanks into at most `most` lines no wider than `room`; a word
/// wider than a line is shortened in its middle, and so is the last line if words are left over.
pub(crate) fn wrap(text: &str, size: f64, bold: bool, room: f64, most: usize) -> Vec<String> {
    let cleaned = clean(text);
    let words = words(&cleaned);
    let mut lines: Vec<String> = vec![];
    let mut next = 0;
    while next < words.len() && lines.len() < most {
        if lines.len() + 1 == most {
            lines.push(shorten(&words[next..].join(" "), size, bold, room));
            break;
        }
        let mut line = shorten(words[next], size, bold, room);
        next += 1;
        while let Some(word) = words.get(next) {
            let longer = format!("{line} {word}");
            if width(&longer, size, bold) > room {
                break;
            }
            line = longer;
            next += 1;
        }
        lines.push(line);
    }
    lines
}

/// The pieces between which a line may break: a number is not torn from its per cent sign, nor a
/// day from its month.
fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = vec![];
    let mut start = 0;
    for (at, _) in text.match_indices(' ').chain([(text.len(), "")]) {
        if at > start && !belongs(&text[start..at], text[at..].trim_start()) {
            words.push(&text[start..at]);
            start = at + 1;
        }
    }
    words
}

fn belongs(before: &str, after: &str) -> bool {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    before.ends_with(|c: char| c.is_ascii_digit()) && (after.starts_with('%') || MONTHS.iter().any(|m| after.starts_with(m)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hostile_text_loses_what_hides_or_reorders() {
        for (raw, safe) in [
            ("a\u{202e}gnp.exe", "agnp.exe"),
            ("tab\tand\nline\u{7}", "tab and line"),
            ("z\u{300}\u{301}\u{302}a", "za"),
            ("\u{1b}[31mred", "[31mred"),
            ("中文 ж", "\u{fffd}\u{fffd} ж"),
            ("  two  blanks ", "two blanks"),
            ("zero\u{200b}width\u{feff}", "zerowidth"),
        ] {
            assert_eq!(clean(raw), safe, "{raw:?}");
        }
        assert_eq!(clean(&"x".repeat(100_000)).chars().count(), CHARS_MAX + 1);
    }

    #[test]
    fn a_long_path_keeps_both_ends() {
        let short = shorten("/i/spaces/1yNGaNLDPvqJj/playlist/segments/audio.m3u8", 20.0, false, 300.0);
        assert!(short.starts_with("/i/spaces") && short.ends_with("audio.m3u8") && short.contains('…'), "{short}");
        assert_eq!(shorten("/home", 20.0, false, 300.0), "/home");
    }

    #[test]
    fn a_line_does_not_break_between_a_number_and_its_unit() {
        assert_eq!(words("from 82 % to 99.7 %; at most"), ["from", "82 %", "to", "99.7 %;", "at", "most"]);
        assert_eq!(words(""), Vec::<&str>::new());
        assert_eq!(words("17 Aug 15:30"), ["17 Aug", "15:30"]);
        assert_eq!(words("% a"), ["%", "a"]);
    }

    proptest! {
        #[test]
        fn whatever_the_text_lines_fit_the_room(text in "\\PC{0,300}", room in 60.0..900.0f64) {
            let lines = wrap(&text, 20.0, true, room, 2);
            prop_assert!(lines.len() <= 2);
            for line in lines {
                prop_assert!(width(&line, 20.0, true) <= room, "{line}");
            }
        }

        #[test]
        fn cleaning_twice_changes_nothing(text in "(.|\\u{202e}|\n){0,200}") {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once);
        }
    }
}

//! Log text is hostile: whoever sends a request writes into the log. Every way out of the program
//! has its own function here, and each first makes the invisible visible.
//!
//! Sources: HTML Living Standard (attribute values in double quotes, text); GitHub Flavored
//! Markdown 0.29 (backslash escapes, table cells, autolinks); OWASP "CSV Injection".

/// Longest name shown on a page, in characters; the tables hold the whole.
pub const NAME_MAX: usize = 100;

/// Whether `c` would not be seen, would move the cursor or would reorder its neighbours: control
/// characters, line and paragraph separators, bidirectional controls, zero-width and tag characters.
#[must_use]
pub const fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

/// The text with every unseen character as a visible escape: `\n`, `\x1b`, `\u{202e}`.
/// This is what a terminal may be given.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if is_unseen(c) && (c as u32) < 0x80 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if is_unseen(c) => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// At most `max` characters, the cut shown as `…` in the middle: both ends of a path tell something.
#[must_use]
pub fn shortened(text: &str, max: usize) -> String {
    let n = text.chars().count();
    if n <= max || max < 3 {
        return text.to_owned();
    }
    let head = max * 2 / 3;
    let tail = max - head - 1;
    let mut out: String = text.chars().take(head).collect();
    out.push('…');
    out.extend(text.chars().skip(n - tail));
    out
}

/// Safe as HTML text and inside a double-quoted attribute.
#[must_use]
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Safe as Markdown text anywhere, a table cell included: no emphasis, link, image, HTML, list,
/// heading or automatic link can begin in it. A pipe is written as an entity because not every
/// reader of tables honours `\|` after a backslash.
#[must_use]
pub fn markdown(text: &str) -> String {
    let text = visible(text);
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 8);
    let number = chars.iter().take_while(|c| c.is_ascii_digit()).count();
    for (i, &c) in chars.iter().enumerate() {
        let before = |n: usize| i.checked_sub(n).and_then(|k| chars.get(k)).copied();
        let escaped = match c {
            '|' => {
                out.push_str("&#124;");
                continue;
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '~' | '$' => true,
            '#' | '+' | '-' | '=' => i == 0,
            '.' | ')' if number > 0 && i == number => chars.get(i + 1).is_none_or(|c| c.is_whitespace()),
            ':' => chars.get(i + 1) == Some(&'/'),
            '.' => before(1).is_some_and(|c| c.eq_ignore_ascii_case(&'w')),
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// As Markdown inline code: fenced by more backticks than it holds. A text with a pipe is given as
/// plain text instead, since no way to write one inside code is understood by all readers of tables.
#[must_use]
pub fn markdown_code(text: &str) -> String {
    let shown = visible(text);
    if shown.contains('|') || shown.trim().is_empty() {
        return markdown(text);
    }
    let longest = shown.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']) { " " } else { "" };
    format!("{fence}{pad}{shown}{pad}{fence}")
}

/// As one CSV field of text. Unseen characters become visible escapes, so a record is one line. A
/// field a spreadsheet would run as a formula (it begins with `=`, `+`, `-`, `@`, a tab or a
/// carriage return) gets a leading apostrophe. Quoted by RFC 4180 where needed.
#[must_use]
pub fn csv(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    let field = format!("{guard}{}", visible(text));
    let quoted = field.contains([',', '"', '\n', '\r']) || field.starts_with(' ') || field.ends_with(' ');
    if quoted { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unseen_is_shown_and_the_rest_left_alone() {
        for (text, shown) in [
            ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
            ("a\u{202e}gpj.exe", "a\\u{202e}gpj.exe"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
            ("line\r\nbreak\t", "line\\r\\nbreak\\t"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("Zürich 東京 🙂", "Zürich 東京 🙂"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }

    #[test]
    fn markdown_text_cannot_begin_anything() {
        for (text, safe) in [
            ("![x](http://evil)", "!\\[x\\](http\\://evil)"),
            ("<img src=x>", "\\<img src=x\\>"),
            ("# heading", "\\# heading"),
            ("1. item", "1\\. item"),
            ("1.5 s", "1.5 s"),
            ("a|b", "a&#124;b"),
            ("&lt;b&gt;", "\\&lt;b\\&gt;"),
            ("www.evil.example", "www\\.evil.example"),
            ("- item", "\\- item"),
            ("20:00 to 20:40", "20:00 to 20:40"),
        ] {
            assert_eq!(markdown(text), safe);
        }
    }

    #[test]
    fn inline_code_is_fenced_by_more_backticks_than_it_holds() {
        assert_eq!(markdown_code("/home"), "`/home`");
        assert_eq!(markdown_code("a``b"), "```a``b```");
        assert_eq!(markdown_code("`tick`"), "`` `tick` ``");
        assert_eq!(markdown_code("a|`b`"), "a&#124;\\`b\\`");
    }

    #[test]
    fn a_formula_gets_an_apostrophe_and_a_comma_gets_quotes() {
        for (text, field) in [
            ("=1+1", "'=1+1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("-2", "'-2"),
            ("\tx", "'\\tx"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("=\"a\",b", "\"'=\"\"a\"\",b\""),
            ("plain", "plain"),
        ] {
            assert_eq!(csv(text), field);
        }
    }

    #[test]
    fn shortening_counts_characters_and_keeps_both_ends() {
        assert_eq!(shortened("abcdef", 6), "abcdef");
        assert_eq!(shortened("äöüßabcdef", 6), "äöüß…f");
    }
}

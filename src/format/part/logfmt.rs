//! logfmt: words `key=value` and `key="value with spaces"`, one line a record.
//!
//! A quote in a quoted value is written `\"`. What is no `key=value` is passed over, and a line that
//! was cut inside a quoted value still gives the words before it.

use super::field::{Quoting, Raw};
use memchr::{memchr, memchr2};

/// Most words of a line that are looked at: a bound on hostile lines.
const WORDS_MAX: usize = 200;

/// Calls `each` with key and value of every word, in their order.
pub fn walk<'a>(line: &'a [u8], mut each: impl FnMut(&'a [u8], Raw<'a>)) {
    let mut rest = line.trim_ascii();
    for _ in 0..WORDS_MAX {
        let n = memchr2(b'=', b' ', rest).unwrap_or(rest.len());
        let (key, after) = rest.split_at(n);
        let Some(value) = after.strip_prefix(b"=") else {
            rest = after.trim_ascii_start();
            if rest.is_empty() {
                break;
            }
            continue;
        };
        let (raw, after) = match value.strip_prefix(b"\"") {
            Some(body) => match quoted(body) {
                Some(found) => found,
                None => break,
            },
            None => {
                let (bytes, after) = value.split_at(memchr(b' ', value).unwrap_or(value.len()));
                (Raw::plain(bytes), after)
            }
        };
        each(key, raw);
        rest = after.trim_ascii_start();
    }
}

/// The value up to its closing quote, and what follows.
fn quoted(body: &[u8]) -> Option<(Raw<'_>, &[u8])> {
    let mut at = 0;
    let mut quoting = Quoting::None;
    loop {
        let place = at + memchr2(b'"', b'\\', body.get(at..)?)?;
        if body.get(place) == Some(&b'"') {
            let (bytes, rest) = body.split_at_checked(place)?;
            return Some((Raw { bytes, quoting }, rest.get(1..)?));
        }
        quoting = Quoting::Backslash;
        at = place + 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_give_keys_and_values() {
        for (line, want) in [
            ("a=1 b=\"x y\" c=", "a:1|b:x y|c:|"),
            (r#"a="x \"y\" z" b=2"#, r#"a:x "y" z|b:2|"#),
            ("what is=this  then", "is:this|"),
            ("a=1 b=\"never closed", "a:1|"),
            (r#"path="/x?a=b&c=d" q=a=b"#, "path:/x?a=b&c=d|q:a=b|"),
            ("", ""),
            ("=x", ":x|"),
        ] {
            let mut got = String::new();
            walk(line.as_bytes(), |key, raw| {
                got += &format!("{}:{}|", String::from_utf8_lossy(key), String::from_utf8_lossy(&raw.text()));
            });
            assert_eq!(got, want, "{line}");
        }
    }
}

//! From a path to the resource it belongs to.
//!
//! Two foldings, both deterministic functions of the paths seen:
//! *structural*, per path and without memory: segments that look like identifiers become `:id`
//! (`/user/42/status/18` is `/user/:id/status/:id`); and *by cardinality*, once all paths are
//! known: where one place in the tree holds more than [`CHILDREN_MAX`] different names, the ones
//! without traffic of their own become `:name`. What stands out keeps its own row (see `survey`).

use crate::outcome::pattern;
use regex::bytes::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most different names in one place of the path tree before the small ones are folded: more rows
/// than that under one parent are a list of things (users, articles), not a structure.
pub const CHILDREN_MAX: usize = 40;

/// Share of the parent's requests that lets a name keep its own row all the same.
pub const OWN_SHARE: f64 = 0.02;

/// Deepest path kept; deeper ones end in `/…`.
pub const DEPTH_MAX: usize = 8;

/// Longest name kept, bytes.
pub const NAME_MAX: usize = 200;

/// Name of requests without a readable path.
pub const NO_PATH: &str = "(no request line)";

/// `[[resource]]`: paths that match `match` are counted under `name` (`$1`, `$name` refer to captures).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceRule {
    /// Regular expression on the path.
    #[serde(rename = "match")]
    pub pattern: String,
    /// Name, or template with `$1`.
    pub name: String,
}

/// The user's naming rules, compiled.
#[derive(Debug, Default)]
pub struct NameRules {
    rules: Vec<(Regex, String, String)>,
}

impl NameRules {
    /// Compiles `[[resource]]` rules.
    ///
    /// # Errors
    /// A pattern that is no regular expression, with the rule's number.
    pub fn new(rules: &[ResourceRule]) -> Result<Self, String> {
        let compile = |(i, r): (usize, &ResourceRule)| {
            let re = pattern(&r.pattern).map_err(|e| format!("[[resource]] number {}: {e}", i + 1))?;
            Ok((re, r.name.clone(), r.pattern.clone()))
        };
        Ok(NameRules { rules: rules.iter().enumerate().map(compile).collect::<Result<_, String>>()? })
    }

    /// The name and the number of the first rule that matches `path`.
    #[must_use]
    pub fn name(&self, path: &[u8]) -> Option<(Vec<u8>, usize)> {
        self.rules.iter().enumerate().find_map(|(i, (re, template, _))| {
            let captures = re.captures(path)?;
            let mut name = Vec::new();
            captures.expand(template.as_bytes(), &mut name);
            name.truncate(NAME_MAX);
            Some((name, i))
        })
    }

    /// The pattern of rule `i`.
    #[must_use]
    pub fn pattern(&self, i: usize) -> Option<&str> {
        self.rules.get(i).map(|r| r.2.as_str())
    }
}

/// The structural template of a path (without query): identifier-like segments become `:id`,
/// dates `:date`; at most [`DEPTH_MAX`] segments and [`NAME_MAX`] bytes.
pub fn template(path: &[u8], out: &mut Vec<u8>) {
    out.clear();
    let path = path.split(|&c| c == b';').next().unwrap_or(path);
    let body = path.strip_prefix(b"/").unwrap_or(path);
    for (depth, segment) in body.split(|&c| c == b'/').enumerate() {
        out.push(b'/');
        if depth == DEPTH_MAX || out.len() > NAME_MAX {
            out.extend_from_slice("…".as_bytes());
            return;
        }
        fold_segment(segment, out);
    }
}

fn fold_segment(segment: &[u8], out: &mut Vec<u8>) {
    // A file keeps its extension: `/media/1234.jpg` is `/media/:id.jpg`.
    let dot = segment.iter().rposition(|&c| c == b'.').filter(|&i| i > 0 && segment.len() - i <= 6);
    let (stem, extension) = segment.split_at(dot.unwrap_or(segment.len()));
    if is_date(stem) {
        out.extend_from_slice(b":date");
        out.extend_from_slice(extension);
    } else if is_identifier(stem) {
        out.extend_from_slice(b":id");
        out.extend_from_slice(extension);
    } else {
        out.extend_from_slice(&segment[..segment.len().min(64)]);
    }
}

fn is_date(s: &[u8]) -> bool {
    s.len() == 10 && s.iter().enumerate().all(|(i, c)| if i == 4 || i == 7 { *c == b'-' } else { c.is_ascii_digit() })
}

/// Whether a segment looks like an identifier: all digits; hexadecimal of 8 or more with a digit
/// (UUIDs and hashes); 10 or more letters, digits, `-`, `_` that mix digits with letters the way no
/// word does (three digits, or a digit between capitals and small letters); or 32 and more of
/// anything (tokens).
fn is_identifier(s: &[u8]) -> bool {
    let n = s.len();
    if n == 0 {
        return false;
    }
    let (mut digits, mut hex, mut lower, mut upper, mut marks, mut other) = (0, 0, 0, 0, 0, 0);
    for &c in s {
        match c {
            b'0'..=b'9' => digits += 1,
            b'a'..=b'z' => lower += 1,
            b'A'..=b'Z' => upper += 1,
            b'-' | b'_' | b'~' => marks += 1,
            _ => other += 1,
        }
        hex += usize::from(c.is_ascii_hexdigit() || c == b'-');
    }
    let plain = other == 0;
    (digits == n)
        || (hex == n && n >= 8 && digits > 0)
        || (plain && n >= 10 && marks <= 4 && digits >= 3 && lower + upper > 0 && mixes(s))
        || (plain && n >= 10 && marks <= 1 && digits >= 1 && lower > 0 && upper > 0 && mixes(s))
        || (n >= 32 && marks + digits + lower + upper + other == n && digits > 0)
}

/// Whether digits stand among the letters, not only at the end (`summer2024` is a name).
fn mixes(s: &[u8]) -> bool {
    let last_letter = s.iter().rposition(u8::is_ascii_alphabetic).unwrap_or(0);
    s[..last_letter].iter().any(u8::is_ascii_digit)
}

/// Folds templates by cardinality. `counts` are requests per template; the result maps each
/// template to the one it is counted under. A function of the set alone, not of its order.
#[must_use]
pub fn fold_by_cardinality(counts: &BTreeMap<Vec<u8>, u64>) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut names: BTreeMap<Vec<u8>, Vec<u8>> = counts.keys().map(|k| (k.clone(), k.clone())).collect();
    for depth in 0..DEPTH_MAX {
        // Parent (as folded so far) -> child segment -> requests.
        let mut places: BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, u64>> = BTreeMap::new();
        for (original, name) in &names {
            if let Some((parent, child, _)) = cut(name, depth) {
                *places.entry(parent.to_vec()).or_default().entry(child.to_vec()).or_default() += counts[original];
            }
        }
        places.retain(|_, children| children.len() > CHILDREN_MAX);
        if places.is_empty() {
            continue;
        }
        for name in names.values_mut() {
            let Some((parent, child, tail)) = cut(name, depth) else { continue };
            let Some(children) = places.get(parent) else { continue };
            let total: u64 = children.values().sum();
            let own = children.get(child).copied().unwrap_or(0);
            if (own as f64) < OWN_SHARE * total as f64 && !child.starts_with(b":") {
                *name = [parent, b"/:name", tail].concat();
            }
        }
    }
    names
}

/// Splits `/a/b/c` at segment `depth`: what stands before it, the segment, what follows.
fn cut(name: &[u8], depth: usize) -> Option<(&[u8], &[u8], &[u8])> {
    let mut slashes = memchr::memchr_iter(b'/', name);
    let start = slashes.nth(depth)?;
    let end = slashes.next().unwrap_or(name.len());
    Some((&name[..start], &name[start + 1..end], &name[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(path: &str) -> String {
        let mut out = Vec::new();
        template(path.as_bytes(), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn segments_that_look_like_identifiers_are_folded_and_words_are_not() {
        for (path, want) in [
            ("/", "/"),
            ("/home", "/home"),
            ("/user/42/status/1822", "/user/:id/status/:id"),
            ("/i/spaces/1yNxaNvDPVvKj", "/i/spaces/:id"),
            ("/i/spaces/1nvJwbQrTAkGL/live.m3u8", "/i/spaces/:id/live.m3u8"),
            ("/media/25.jpg", "/media/:id.jpg"),
            ("/a/3f2504e0-4f89-11d3-9a0c-0305e82c3301", "/a/:id"),
            ("/static/main.3f9ab2c1.js", "/static/main.3f9ab2c1.js"),
            ("/blog/2024-08-12/space-fails", "/blog/:date/space-fails"),
            ("/v1/accounts", "/v1/accounts"),
            ("/summer2024", "/summer2024"),
            ("/deadbeef", "/deadbeef"),
            ("/de4dbeef", "/:id"),
            ("/wp-login.php", "/wp-login.php"),
            ("/css/bootstrap.min.css", "/css/bootstrap.min.css"),
            ("/page;jsessionid=ABC123", "/page"),
            ("/i/api/audiospace", "/i/api/audiospace"),
            ("/1/2/3/4/5/6/7/8/9/10", "/:id/:id/:id/:id/:id/:id/:id/:id/…"),
            ("*", "/*"),
        ] {
            assert_eq!(fold(path), want, "{path}");
        }
    }

    #[test]
    fn many_names_under_one_parent_are_folded_but_the_busy_one_stays() {
        let mut counts: BTreeMap<Vec<u8>, u64> = (0..200).map(|i| (format!("/user{i}/status/:id").into_bytes(), 10)).collect();
        counts.insert(b"/home".to_vec(), 5_000);
        counts.insert(b"/user7/media".to_vec(), 3);
        let folded = fold_by_cardinality(&counts);
        assert_eq!(folded[b"/user7/status/:id".as_slice()], b"/:name/status/:id");
        assert_eq!(folded[b"/user7/media".as_slice()], b"/:name/media");
        assert_eq!(folded[b"/home".as_slice()], b"/home");
    }

    #[test]
    fn few_names_stay_as_they_are() {
        let counts: BTreeMap<Vec<u8>, u64> = (0..30).map(|i| (format!("/page{i}").into_bytes(), 1)).collect();
        assert!(fold_by_cardinality(&counts).iter().all(|(k, v)| k == v));
    }

    #[test]
    fn a_users_rule_names_the_resource_with_its_captures() {
        let rule = ResourceRule { pattern: "^/i/(spaces|live)/(\\w+)".into(), name: "Space $2".into() };
        let rules = NameRules::new(&[rule]).expect("it compiles");
        assert_eq!(rules.name(b"/i/live/abc/x"), Some((b"Space abc".to_vec(), 0)));
        assert_eq!(rules.name(b"/home"), None);
    }
}

//! Log formats defined in a server's configuration.
//!
//! | server | definition | use |
//! |---|---|---|
//! | nginx | `log_format main '...' '...';` | `access_log /var/log/nginx/x.log main;` |
//! | Apache | `LogFormat "..." main` | `CustomLog logs/x.log main`, `CustomLog logs/x.log "..."` |
//! | HAProxy | `log-format "..."` | |

use std::collections::BTreeSet;

/// A definition found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The server's own name for it, or the server where it has none.
    pub name: String,
    /// The description, to be read by [`super::Custom::new`].
    pub text: String,
    /// Names of the log files that the configuration writes with it.
    pub files: Vec<String>,
}

/// Most definitions that are looked at, in one configuration and in all of a bundle: every line that its file's own
/// format does not read is tried with each. Real configurations have a handful.
pub const DEFINITIONS_MAX: usize = 64;

/// What a configuration says of log formats.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The definitions in their order, [`DEFINITIONS_MAX`] at most.
    pub definitions: Vec<Definition>,
    /// Whether there were more.
    pub more: bool,
    /// Every log file it names, also one without a definition of its own, with the server's kind.
    pub files: BTreeSet<(&'static str, String)>,
}

impl Found {
    /// Adds a definition unless it is there.
    fn add(&mut self, name: String, text: String, files: Vec<String>) {
        // One format for many files, written out for each: the name is the first file's.
        let same = |d: &&mut Definition| d.text == text && (d.name == name || !files.is_empty());
        if let Some(known) = self.definitions.iter_mut().find(same) {
            known.files.extend(files);
        } else if self.definitions.len() < DEFINITIONS_MAX {
            self.definitions.push(Definition { name, text, files });
        } else {
            self.more = true;
        }
    }
}

/// The definitions in the text of a configuration.
#[must_use]
pub fn definitions(text: &str) -> Found {
    let statements = statements(text);
    let mut found = Found::default();
    for s in &statements {
        let (word, rest) = s.split_once(char::is_whitespace).unwrap_or((s, ""));
        define(&mut found, s, word, rest.trim());
    }
    for s in &statements {
        let (word, rest) = s.split_once(char::is_whitespace).unwrap_or((s, ""));
        let server = match word {
            "access_log" => "nginx",
            "CustomLog" => "apache",
            _ => continue,
        };
        let (file, name) = arguments(rest.trim()).unwrap_or_else(|| (rest.trim().to_owned(), String::new()));
        let file = base(&file).to_owned();
        let name = format!("{server}:{}", name.split_whitespace().next().unwrap_or_default());
        found.definitions.iter_mut().filter(|d| d.name == name).for_each(|d| d.files.push(file.clone()));
        found.files.insert((server, file));
    }
    found
}

/// Adds what one statement defines.
fn define(found: &mut Found, statement: &str, word: &str, rest: &str) {
    match word {
        "log_format" => {
            let name = rest.split_whitespace().next().unwrap_or("main");
            found.add(format!("nginx:{name}"), statement.to_owned(), Vec::new());
        }
        "LogFormat" => {
            if let Some((text, name)) = quoted(rest).filter(|(_, name)| !name.is_empty()) {
                found.add(format!("apache:{name}"), format!("LogFormat {text}"), Vec::new());
            }
        }
        "CustomLog" => {
            if let Some((file, text)) = arguments(rest).filter(|(_, t)| t.starts_with('"')) {
                let text = quoted(&text).map_or(text.clone(), |(t, _)| t);
                found.add(format!("apache:{}", base(&file)), format!("LogFormat {text}"), vec![base(&file).to_owned()]);
            }
        }
        "log-format" => found.add("haproxy:log-format".into(), statement.to_owned(), Vec::new()),
        _ => {}
    }
}

fn base(path: &str) -> &str {
    path.trim_matches('"').rsplit('/').next().unwrap_or(path)
}

/// The first argument, which may be in quotes, and the others.
fn arguments(rest: &str) -> Option<(String, String)> {
    if let Some((first, others)) = quoted(rest) {
        return Some((first, others));
    }
    let (first, others) = rest.split_once(char::is_whitespace)?;
    Some((first.to_owned(), others.trim().to_owned()))
}

/// A text in double quotes, with them, and what follows it.
fn quoted(rest: &str) -> Option<(String, String)> {
    let body = rest.strip_prefix('"')?;
    let mut escaped = false;
    for (n, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some((rest[..n + 2].to_owned(), body[n + 1..].trim().to_owned())),
            _ => {}
        }
    }
    None
}

/// The statements of a configuration: nginx's end with a semicolon and may span lines, the others' are
/// lines, continued after a backslash. Comments are left out.
fn statements(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut open = String::new();
    // Only what is new is looked at for the end: a statement of many lines costs no more than its length.
    let mut quotes = Quotes::default();
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        if open.is_empty() {
            quotes = Quotes::default();
        } else {
            open.push(' ');
        }
        let from = open.len();
        let continued = line.strip_suffix('\\');
        open.push_str(continued.unwrap_or(line).trim_end());
        let is_nginx = ["log_format ", "access_log "].iter().any(|w| open.starts_with(w));
        let ended = is_nginx && quotes.semicolon(open.get(from..).unwrap_or_default()).is_some();
        if continued.is_none() && (!is_nginx || ended) {
            let whole = std::mem::take(&mut open);
            // nginx allows a block's brace and its first statement on one line.
            let inner = whole.rsplit_once('{').map_or(whole.as_str(), |(_, rest)| rest).trim();
            let is_nginx = |s: &str| s.starts_with("log_format ") || s.starts_with("access_log ");
            let statement = if is_nginx(inner) { inner } else { whole.as_str() };
            all.push(if is_nginx(statement) { without_end(statement) } else { statement.to_owned() });
        }
        // A statement that never ends is no configuration.
        if open.len() > super::TEXT_MAX {
            open.clear();
        }
    }
    all
}

/// An nginx statement up to its end: a semicolon outside quotes.
fn without_end(statement: &str) -> String {
    let end = Quotes::default().semicolon(statement).unwrap_or(statement.len());
    statement.get(..end).unwrap_or(statement).trim_end().to_owned()
}

/// The quotes that are open at some place of an nginx statement.
#[derive(Clone, Copy, Debug, Default)]
struct Quotes {
    open: Option<char>,
    escaped: bool,
}

impl Quotes {
    /// Goes on through the text to the first semicolon outside quotes.
    fn semicolon(&mut self, text: &str) -> Option<usize> {
        text.char_indices().find_map(|(n, c)| {
            match (self.open, c) {
                _ if self.escaped => self.escaped = false,
                (_, '\\') => self.escaped = true,
                (None, '\'' | '"') => self.open = Some(c),
                (Some(quote), c) if quote == c => self.open = None,
                (None, ';') => return Some(n),
                _ => {}
            }
            None
        })
    }
}

//! Log formats defined in a server's configuration.
//!
//! | server | definition | use |
//! |---|---|---|
//! | nginx | `log_format main '...' '...';` | `access_log /var/log/nginx/x.log main;` |
//! | Apache | `LogFormat "..." main` | `CustomLog logs/x.log main`, `CustomLog logs/x.log "..."` |
//! | HAProxy | `log-format "..."` | |

use super::Custom;

/// A definition found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The server's own name for it, or the server where it has none.
    pub name: String,
    /// The description, to be read by [`Custom::new`].
    pub text: String,
    /// Names of the log files that the configuration writes with it.
    pub files: Vec<String>,
}

/// The definitions in the text of a configuration, in their order.
#[must_use]
pub fn definitions(text: &str) -> Vec<Definition> {
    let statements = statements(text);
    let mut found: Vec<Definition> = Vec::new();
    for s in &statements {
        let (word, rest) = s.split_once(char::is_whitespace).unwrap_or((s, ""));
        let rest = rest.trim();
        match word {
            "log_format" => {
                let name = rest.split_whitespace().next().unwrap_or("main");
                found.push(Definition { name: format!("nginx:{name}"), text: s.clone(), files: Vec::new() });
            }
            "LogFormat" => {
                if let Some((text, name)) = quoted(rest).filter(|(_, name)| !name.is_empty()) {
                    found.push(Definition {
                        name: format!("apache:{name}"),
                        text: format!("LogFormat {text}"),
                        files: Vec::new(),
                    });
                }
            }
            "CustomLog" => {
                if let Some((file, text)) = arguments(rest).filter(|(_, t)| t.starts_with('"')) {
                    let text = quoted(&text).map_or(text.clone(), |(t, _)| t);
                    let name = format!("apache:{}", base(&file));
                    found.push(Definition { name, text: format!("LogFormat {text}"), files: vec![base(&file).to_owned()] });
                }
            }
            "log-format" => found.push(Definition { name: "haproxy:log-format".into(), text: s.clone(), files: Vec::new() }),
            _ => {}
        }
    }
    for s in &statements {
        let (word, rest) = s.split_once(char::is_whitespace).unwrap_or((s, ""));
        let server = match word {
            "access_log" => "nginx:",
            "CustomLog" => "apache:",
            _ => continue,
        };
        let Some((file, name)) = arguments(rest.trim()) else { continue };
        let name = name.split_whitespace().next().unwrap_or_default();
        for d in found.iter_mut().filter(|d| d.name.strip_prefix(server) == Some(name)) {
            d.files.push(base(&file).to_owned());
        }
    }
    found
}

/// Whether the definition can be read, and what it becomes.
///
/// # Errors
/// Why it cannot, in words.
pub fn compiled(definition: &Definition) -> Result<Custom, String> {
    Custom::new(&definition.text)
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
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with('#') {
            continue;
        }
        if !open.is_empty() {
            open.push(' ');
        }
        let continued = line.strip_suffix('\\');
        open.push_str(continued.unwrap_or(line).trim_end());
        let is_nginx = ["log_format ", "access_log "].iter().any(|w| open.starts_with(w));
        if continued.is_none() && (!is_nginx || ends(&open)) {
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

/// Whether an nginx statement is complete: a semicolon outside quotes.
fn ends(statement: &str) -> bool {
    semicolon(statement).is_some()
}

fn without_end(statement: &str) -> String {
    statement[..semicolon(statement).unwrap_or(statement.len())].trim_end().to_owned()
}

fn semicolon(statement: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (n, c) in statement.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (None, '\'' | '"') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            (None, ';') => return Some(n),
            _ => {}
        }
    }
    None
}

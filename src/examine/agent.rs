//! Families of user agents: which browser, application, library or robot, and its main version.
//!
//! A short list of browsers, one rule for robots, and for everything else the product's own name:
//! enough to say "one version of one application", without a database that ages.

use memchr::memmem;
use std::borrow::Cow;

/// Longest name kept, bytes; longer ones are cut.
const NAME_MAX: usize = 40;

/// Browsers by the token that gives them away, the most particular first: most of them name their
/// relatives too.
const BROWSERS: [(&[u8], &str); 16] = [
    (b"FBAV/", "Facebook app"),
    (b"Instagram ", "Instagram app"),
    (b"Edg/", "Edge"),
    (b"EdgA/", "Edge"),
    (b"EdgiOS/", "Edge"),
    (b"OPR/", "Opera"),
    (b"SamsungBrowser/", "Samsung Internet"),
    (b"YaBrowser/", "Yandex Browser"),
    (b"CriOS/", "Chrome"),
    (b"FxiOS/", "Firefox"),
    (b"Firefox/", "Firefox"),
    (b"HeadlessChrome/", "Headless Chrome"),
    (b"Chrome/", "Chrome"),
    (b"Version/", "Safari"),
    (b"MSIE ", "Internet Explorer"),
    (b"Trident/", "Internet Explorer"),
];

/// Parts of the names of robots.
const ROBOTS: [&[u8]; 4] = [b"bot", b"spider", b"crawl", b"slurp"];

/// The family of a user agent and, behind a blank, its main version where it tells one:
/// `Chrome 127`, `MyApp 3.2`, `Googlebot`. Empty where there is none.
#[must_use]
pub fn named(agent: &[u8]) -> Cow<'static, str> {
    if agent.is_empty() || agent == b"-" {
        return Cow::Borrowed("");
    }
    if let Some(robot) = robot(agent) {
        return Cow::Owned(text(robot));
    }
    if agent.starts_with(b"Mozilla/") || agent.starts_with(b"Opera/") {
        for (token, name) in BROWSERS {
            if let Some(at) = memmem::find(agent, token) {
                let major: Vec<u8> = agent[at + token.len()..].iter().copied().take_while(u8::is_ascii_digit).take(4).collect();
                return Cow::Owned(join(name, &text(&major)));
            }
        }
        return Cow::Borrowed(if memmem::find(agent, b"AppleWebKit/").is_some() { "WebKit app" } else { "other browser" });
    }
    let name = &agent[..agent.iter().position(|b| matches!(b, b'/' | b' ' | b'(' | b';')).unwrap_or(agent.len())];
    let version = agent[name.len()..].strip_prefix(b"/").unwrap_or_default();
    let mut dots = 0;
    let kept = version.iter().take_while(|b| {
        dots += u8::from(**b == b'.');
        (b.is_ascii_digit() || **b == b'.') && dots < 2
    });
    let version: Vec<u8> = kept.copied().take(8).collect();
    let version = text(version.strip_suffix(b".").unwrap_or(&version));
    Cow::Owned(join(&text(if name.is_empty() { b"other" } else { name }), &version))
}

/// The family alone: the name without the version behind its last blank.
#[must_use]
pub fn family(named: &str) -> &str {
    match named.rsplit_once(' ') {
        Some((family, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => family,
        _ => named,
    }
}

fn join(name: &str, version: &str) -> String {
    if version.is_empty() { name.to_owned() } else { format!("{name} {version}") }
}

/// The word of a robot's name.
fn robot(agent: &[u8]) -> Option<&[u8]> {
    let lower = agent.to_ascii_lowercase();
    let at = ROBOTS.iter().filter_map(|part| memmem::find(&lower, part)).min()?;
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let from = agent[..at].iter().rposition(|b| !is_word(b)).map_or(0, |i| i + 1);
    let to = agent[at..].iter().position(|b| !is_word(b)).map_or(agent.len(), |i| at + i);
    Some(&agent[from..to])
}

fn text(bytes: &[u8]) -> String {
    let kept = &bytes[..bytes.len().min(NAME_MAX)];
    kept.iter().map(|&b| if b.is_ascii_graphic() { char::from(b) } else { '?' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_robots_applications_and_libraries_have_their_names() {
        for (agent, want, alone) in [
            (
                "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36",
                "Chrome 127",
                "Chrome",
            ),
            ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/127.0.0.0 Safari/537.36 Edg/127.0.0.0", "Edge 127", "Edge"),
            (
                "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari 17",
                "Safari",
            ),
            ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Googlebot", "Googlebot"),
            ("MyApp/3.2.1 (iPhone; iOS 17)", "MyApp 3.2", "MyApp"),
            ("curl/8.5.0", "curl 8.5", "curl"),
            ("Go-http-client/2.0", "Go-http-client 2.0", "Go-http-client"),
            ("okhttp", "okhttp", "okhttp"),
            ("Mozilla/5.0", "other browser", "other browser"),
            ("/x", "other", "other"),
            ("-", "", ""),
            ("\u{1}\u{202e}", "????", "????"),
        ] {
            let named = named(agent.as_bytes());
            assert_eq!((&*named, family(&named)), (want, alone), "{agent}");
        }
        assert_eq!(named(&[b'a'; 300]).len(), NAME_MAX);
    }
}

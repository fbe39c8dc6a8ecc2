//! Rules that nobody wrote: answers that look good by their status and were found to be none (an
//! error page sent with status 200, visitors sent elsewhere). See `analyse::soft`.

use super::{Rules, Written, pattern};
use crate::event::{Event, Tier};
use regex::bytes::Regex;

/// How was it asked for? Answers to one are never compared with answers to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// GET, or no method in the log.
    #[default]
    Get,
    /// POST, PUT or PATCH: something was sent along.
    Post,
}

impl Verb {
    /// Which of the two a request is; `None` for HEAD and the rest, whose answers have no body to speak of.
    #[must_use]
    pub fn of(event: &Event<'_>) -> Option<Self> {
        match event.method.as_deref() {
            None | Some(b"GET") => Some(Verb::Get),
            Some(b"POST" | b"PUT" | b"PATCH") => Some(Verb::Post),
            Some(_) => None,
        }
    }
}

/// By what the answers are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Status 200, a size of so many bytes (both ends inside) as this tier counts them; `-` is 0.
    Bytes(u64, u64),
    /// Status 204.
    NoContent,
    /// A redirect to another place: 301, 302, 303, 307 or 308.
    Redirect,
}

/// What was asked for.
#[derive(Clone, Debug)]
pub enum Asked {
    /// This path.
    Path(Vec<u8>),
    /// Paths that match.
    Like(Regex),
}

impl Asked {
    /// The paths of a resource named by its template: `:id`, `:date` and `:name` stand for any part,
    /// `…` for any end. `None` where that is no pattern.
    #[must_use]
    pub fn template(name: &str) -> Option<Self> {
        let part = |segment: &str| {
            let (stem, extension) = segment.split_once('.').map_or((segment, None), |(a, b)| (a, Some(b)));
            match (stem, extension) {
                ("…", _) => ".*".to_owned(),
                (":id" | ":date" | ":name", None) => "[^/;]+".to_owned(),
                (":id" | ":date" | ":name", Some(e)) => format!(r"[^/;]+\.{}", regex::escape(e)),
                _ => regex::escape(segment),
            }
        };
        let parts: Vec<String> = name.strip_prefix('/')?.split('/').map(part).collect();
        Self::like(&format!("^/{}(?:;.*)?$", parts.join("/")))
    }

    /// The paths that match a pattern.
    #[must_use]
    pub fn like(text: &str) -> Option<Self> {
        pattern(text).ok().map(Asked::Like)
    }

    /// As a pattern.
    #[must_use]
    pub fn pattern(&self) -> String {
        match self {
            Asked::Path(p) => format!("^{}$", regex::escape(&String::from_utf8_lossy(p))),
            Asked::Like(re) => re.as_str().to_owned(),
        }
    }

    /// Whether `path` is meant.
    #[must_use]
    pub fn holds(&self, path: &[u8]) -> bool {
        match self {
            Asked::Path(p) => path == p.as_slice(),
            Asked::Like(re) => re.is_match(path),
        }
    }
}

/// One found rule: answers that meet all of it count as failed.
#[derive(Clone, Debug)]
pub struct FoundRule {
    /// In logs of this tier.
    pub tier: Tier,
    /// Of this host in lower case, without port; empty where it is not known. A line without a host fits.
    pub host: Vec<u8>,
    /// What was asked for.
    pub asked: Asked,
    /// How it was asked for.
    pub verb: Verb,
    /// How the answers are known.
    pub sign: Sign,
    /// The rule as a reader says it.
    pub words: String,
}

impl FoundRule {
    pub(super) fn holds(&self, event: &Event<'_>, tier: Tier, host: &[u8]) -> bool {
        self.tier == tier
            && match self.sign {
                Sign::Bytes(low, high) => event.status == Some(200) && event.bytes.map_or(low == 0, |n| low <= n && n <= high),
                Sign::NoContent => event.status == Some(204),
                Sign::Redirect => matches!(event.status, Some(301 | 302 | 303 | 307 | 308)),
            }
            && Verb::of(event) == Some(self.verb)
            && (self.host.is_empty() || host.is_empty() || self.host == host)
            && event.path.as_deref().is_some_and(|p| self.asked.holds(p))
    }
}

impl Rules {
    /// The same rules with those found; the user's own come first.
    #[must_use]
    pub fn with_found(mut self, found: Vec<FoundRule>) -> Self {
        self.found = found;
        self
    }

    /// Whether a rule of the user decides.
    pub(super) fn by_user(&self, event: &Event<'_>, tier: Tier) -> Option<&Written> {
        self.written.iter().find(|r| r.holds(event, tier))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Outcome, OutcomeRule};
    use super::*;
    use crate::time::Micros;
    use std::borrow::Cow;

    fn rule(sign: Sign) -> FoundRule {
        let asked = Asked::template("/i/spaces/:id").expect("a pattern");
        FoundRule { tier: Tier::Edge, host: b"x.example".to_vec(), asked, verb: Verb::Get, sign, words: "found".into() }
    }

    fn event(path: &'static str, status: u16, bytes: u64) -> Event<'static> {
        let path = Some(Cow::Borrowed(path.as_bytes()));
        Event { path, status: Some(status), bytes: Some(bytes), ..Event::at(Micros(0)) }
    }

    #[test]
    fn a_found_rule_counts_only_its_own_answers_as_failed() {
        let rules = Rules::new(&[]).expect("none").with_found(vec![rule(Sign::Bytes(280, 284))]);
        let judged = |event: &Event<'_>, tier, host: &[u8]| rules.judge(event, tier, host).0;
        let hit = event("/i/spaces/1yN", 200, 282);
        assert_eq!(judged(&hit, Tier::Edge, b"x.example"), Outcome::Failed);
        assert_eq!(judged(&hit, Tier::Edge, b""), Outcome::Failed);
        for (event, tier, host) in [
            (event("/i/spaces/1yN", 200, 285), Tier::Edge, "x.example"),
            (event("/i/spaces/1yN/live", 200, 282), Tier::Edge, "x.example"),
            (event("/i/spaces/1yN", 206, 282), Tier::Edge, "x.example"),
            (hit.clone(), Tier::Balancer, "x.example"),
            (hit.clone(), Tier::Edge, "y.example"),
            (Event { method: Some(Cow::Borrowed(b"HEAD")), ..hit.clone() }, Tier::Edge, "x.example"),
            (Event { method: Some(Cow::Borrowed(b"POST")), ..hit.clone() }, Tier::Edge, "x.example"),
            (Event { bytes: None, ..hit.clone() }, Tier::Edge, "x.example"),
        ] {
            assert_eq!(judged(&event, tier, host.as_bytes()), Outcome::Good, "{event:?}");
        }
        assert!(rules.words().contains(&"found".to_owned()));
    }

    #[test]
    fn redirects_are_known_by_their_status_and_not_modified_is_none() {
        let rules = Rules::new(&[]).expect("none").with_found(vec![rule(Sign::Redirect)]);
        assert_eq!(rules.judge(&event("/i/spaces/1yN", 302, 0), Tier::Edge, b"").0, Outcome::Failed);
        assert_eq!(rules.judge(&event("/i/spaces/1yN", 304, 0), Tier::Edge, b"").0, Outcome::Good);
    }

    #[test]
    fn an_answer_without_a_byte_is_known_by_nought_or_a_dash() {
        let rules = Rules::new(&[]).expect("none").with_found(vec![rule(Sign::Bytes(0, 0)), rule(Sign::NoContent)]);
        let none = Event { bytes: None, ..event("/i/spaces/1yN", 200, 0) };
        for (event, outcome) in [
            (none, Outcome::Failed),
            (event("/i/spaces/1yN", 200, 0), Outcome::Failed),
            (event("/i/spaces/1yN", 204, 231), Outcome::Failed),
            (event("/i/spaces/1yN", 200, 1), Outcome::Good),
        ] {
            assert_eq!(rules.judge(&event, Tier::Edge, b"").0, outcome, "{event:?}");
        }
    }

    #[test]
    fn the_users_rule_goes_before_a_found_one() {
        let good = OutcomeRule {
            status: vec!["200".into()],
            path: Some("^/i/spaces/".into()),
            host: None,
            bytes: vec![],
            tier: None,
            outcome: Outcome::Good,
        };
        let rules = Rules::new(&[good]).expect("a rule").with_found(vec![rule(Sign::Bytes(0, 300))]);
        assert_eq!(rules.judge(&event("/i/spaces/1yN", 200, 282), Tier::Edge, b""), (Outcome::Good, true));
    }

    #[test]
    fn a_template_means_its_paths_and_no_others() {
        for (name, path, holds) in [
            ("/i/spaces/:id", "/i/spaces/1yN", true),
            ("/i/spaces/:id", "/i/spaces/", false),
            ("/i/spaces/:id", "/i/spaces/1yN/live", false),
            ("/media/:id.jpg", "/media/12.jpg", true),
            ("/media/:id.jpg", "/media/12xjpg", false),
            ("/:name/…", "/a/b/c", true),
            ("/a.b", "/axb", false),
            ("/home", "/home;jsessionid=1", true),
        ] {
            assert_eq!(Asked::template(name).expect("a pattern").holds(path.as_bytes()), holds, "{name} {path}");
        }
        assert!(Asked::template("(no request line)").is_none());
    }
}

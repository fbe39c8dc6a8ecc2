//! How a response counts: good, degraded, failed, shed, excluded or ambiguous.
//!
//! The rules are a written list, printed in every report, first match wins; `[[outcome]]` rules of
//! `incident.toml` come before the ones the program ships.

mod found;

pub use found::{Asked, FoundRule, Sign, Verb};

use crate::event::{Ending, Event, Tier};
use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Deserializer, Serialize};

/// How one response counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Answered as asked.
    Good,
    /// Answered, but cut short or spoilt.
    Degraded,
    /// Not answered for a reason on the server's side.
    Failed,
    /// Turned away to protect capacity: bad for the user, told apart from failure.
    Shed,
    /// The client's own doing (wrong address, no permission): says nothing about availability.
    Excluded,
    /// The client left first; whether it would have been answered is unknown.
    Ambiguous,
}

/// Number of outcomes.
pub const OUTCOMES: usize = 6;

impl Outcome {
    /// Lower-case name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Outcome::Good => "good",
            Outcome::Degraded => "degraded",
            Outcome::Failed => "failed",
            Outcome::Shed => "shed",
            Outcome::Excluded => "excluded",
            Outcome::Ambiguous => "ambiguous",
        }
    }

    /// Whether the response enters availability at all.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        !matches!(self, Outcome::Excluded | Outcome::Ambiguous)
    }

    /// Whether it is a valid response that let the user down.
    #[must_use]
    pub const fn is_bad(self) -> bool {
        matches!(self, Outcome::Degraded | Outcome::Failed | Outcome::Shed)
    }
}

/// `[[outcome]]`: responses that meet every condition written count as `outcome`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutcomeRule {
    /// `404`, `"4xx"`, `"500-504"`, `"none"`, or a list of these.
    #[serde(default, deserialize_with = "words")]
    pub status: Vec<String>,
    /// Regular expression on the path.
    pub path: Option<String>,
    /// Regular expression on the host.
    pub host: Option<String>,
    /// Body size: `282`, `"0-300"`, or a list.
    #[serde(default, deserialize_with = "words")]
    pub bytes: Vec<String>,
    /// Only in logs of this tier.
    pub tier: Option<Tier>,
    /// What it counts as.
    pub outcome: Outcome,
}

/// One value or a list of values, each a number or a word, as words.
fn words<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    let value = toml::Value::deserialize(d)?;
    let list = if let toml::Value::Array(list) = value { list } else { vec![value] };
    list.into_iter()
        .map(|v| match v {
            toml::Value::String(s) => Ok(s),
            toml::Value::Integer(n) => Ok(n.to_string()),
            other => {
                Err(serde::de::Error::custom(format!("a number or a range in quotes is expected, not {}", other.type_str())))
            }
        })
        .collect()
}

/// Requests by status class in one bin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Classes {
    /// 1xx, 2xx.
    pub success: u64,
    /// 3xx.
    pub redirect: u64,
    /// 4xx other than the next.
    pub client_error: u64,
    /// 429 and answers refused to protect capacity.
    pub shed: u64,
    /// 5xx.
    pub server_error: u64,
    /// No answer, or the client left (499, 408, 000).
    pub unanswered: u64,
}

impl Classes {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.success + self.redirect + self.client_error + self.shed + self.server_error + self.unanswered
    }
}

/// Microseconds after which a client that left is taken to have given up waiting: ten seconds, the
/// limit for keeping a user's attention (Nielsen, *Usability Engineering*, 1993, ch. 5).
pub const PATIENCE: i64 = 10_000_000;

/// The rules in force.
#[derive(Debug, Default)]
pub struct Rules {
    written: Vec<Written>,
    found: Vec<FoundRule>,
}

#[derive(Debug)]
struct Written {
    status: Vec<(u16, u16)>,
    bytes: Vec<(u64, u64)>,
    path: Option<Regex>,
    host: Option<Regex>,
    tier: Option<Tier>,
    outcome: Outcome,
    words: String,
}

impl Rules {
    /// Compiles the user's rules.
    ///
    /// # Errors
    /// A pattern or a range that cannot be read, with the rule's number.
    pub fn new(rules: &[OutcomeRule]) -> Result<Self, String> {
        let written = rules
            .iter()
            .enumerate()
            .map(|(i, r)| Written::new(r).map_err(|e| format!("[[outcome]] number {}: {e}", i + 1)))
            .collect::<Result<_, _>>()?;
        Ok(Rules { written, found: Vec::new() })
    }

    /// How `event`, logged by `tier`, counts.
    #[must_use]
    pub fn classify(&self, event: &Event<'_>, tier: Tier) -> Outcome {
        self.judge(event, tier, event.host.as_deref().unwrap_or(b"")).0
    }

    /// As [`Rules::classify`], for a request of `host` (lower case, without port; empty where it is not known); and
    /// whether a rule of the user decided.
    #[must_use]
    pub fn judge(&self, event: &Event<'_>, tier: Tier, host: &[u8]) -> (Outcome, bool) {
        if let Some(rule) = self.by_user(event, tier) {
            return (rule.outcome, true);
        }
        let outcome = shipped(event);
        let soft = outcome == Outcome::Good && self.found.iter().any(|r| r.holds(event, tier, host));
        (if soft { Outcome::Failed } else { outcome }, false)
    }

    /// Whether a rule of the user decides how `event` counts.
    #[must_use]
    pub fn is_ruled(&self, event: &Event<'_>, tier: Tier) -> bool {
        self.written.iter().any(|r| r.holds(event, tier))
    }

    /// Every rule in force, in order, as a reader says it.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let found = self.found.iter().map(|r| r.words.clone());
        self.written.iter().map(|r| r.words.clone()).chain(found).chain(SHIPPED_WORDS.iter().map(|&w| w.to_owned())).collect()
    }
}

const SHIPPED_WORDS: [&str; 9] = [
    "the log itself says the answer was refused to protect capacity (queue full, connection or rate limit): shed",
    "the client left before the answer (499, 460, 408, no status, or the log says so): failed if it had waited 10 seconds or more, else ambiguous and left out",
    "429: shed",
    "501, 505 (the client asked for something no server need offer): excluded",
    "any other 5xx: failed",
    "any other 4xx (wrong address, no permission): excluded",
    "an answer the log says was cut short: degraded",
    "101, 2xx, 3xx: good",
    "any other status: ambiguous and left out",
];

/// The rules the program ships; `SHIPPED_WORDS` says the same in words.
fn shipped(event: &Event<'_>) -> Outcome {
    let gave_up = || if event.duration.is_some_and(|d| d >= PATIENCE) { Outcome::Failed } else { Outcome::Ambiguous };
    let Some(status) = event.status else { return gave_up() };
    match (event.ending, status) {
        (Ending::Shed, 400..) => Outcome::Shed,
        (Ending::ClientLeft, _) | (_, 408 | 460 | 499) => gave_up(),
        (_, 429) => Outcome::Shed,
        (_, 501 | 505) => Outcome::Excluded,
        (_, 500..=599) => Outcome::Failed,
        (_, 400..=499) => Outcome::Excluded,
        (Ending::CutShort, 100..=399) => Outcome::Degraded,
        (_, 100..=399) => Outcome::Good,
        _ => Outcome::Ambiguous,
    }
}

impl Written {
    fn new(rule: &OutcomeRule) -> Result<Self, String> {
        let status = rule.status.iter().map(|s| status_range(s)).collect::<Result<Vec<_>, _>>()?;
        let bytes = rule.bytes.iter().map(|s| byte_range(s)).collect::<Result<Vec<_>, _>>()?;
        let path = rule.path.as_deref().map(pattern).transpose()?;
        let host = rule.host.as_deref().map(pattern).transpose()?;
        let mut conditions = Vec::new();
        if !rule.status.is_empty() {
            conditions.push(format!("status {}", rule.status.join(" or ")));
        }
        if !rule.bytes.is_empty() {
            conditions.push(format!("{} bytes", rule.bytes.join(" or ")));
        }
        conditions.extend(rule.path.as_ref().map(|p| format!("path matching {p}")));
        conditions.extend(rule.host.as_ref().map(|h| format!("host matching {h}")));
        conditions.extend(rule.tier.map(|t| format!("logged by the {}", t.name())));
        if conditions.is_empty() {
            return Err("it has no condition: give at least one of status, path, host, bytes, tier".into());
        }
        let words = format!("{}: {} (from incident.toml)", conditions.join(", "), rule.outcome.name());
        Ok(Written { status, bytes, path, host, tier: rule.tier, outcome: rule.outcome, words })
    }

    fn holds(&self, event: &Event<'_>, tier: Tier) -> bool {
        let status = event.status.unwrap_or(0);
        (self.status.is_empty() || self.status.iter().any(|&(a, b)| a <= status && status <= b))
            && self.tier.is_none_or(|t| t == tier)
            && (self.bytes.is_empty() || event.bytes.is_some_and(|n| self.bytes.iter().any(|&(a, b)| a <= n && n <= b)))
            && self.path.as_ref().is_none_or(|re| event.path.as_deref().is_some_and(|p| re.is_match(p)))
            && self.host.as_ref().is_none_or(|re| event.host.as_deref().is_some_and(|h| re.is_match(h)))
    }
}

/// Compiles a user's pattern with a bound on its size (1 MiB), so that no pattern eats the memory.
pub(crate) fn pattern(text: &str) -> Result<Regex, String> {
    RegexBuilder::new(text).size_limit(1 << 20).build().map_err(|e| format!("`{text}` is no regular expression: {e}"))
}

fn status_range(text: &str) -> Result<(u16, u16), String> {
    let wrong = || format!("`{text}` is no status: write 503, \"5xx\", \"500-504\" or \"none\"");
    let t = text.trim();
    if t == "none" {
        return Ok((0, 0));
    }
    if let Some(class) = t.strip_suffix("xx") {
        let class: u16 = class.parse().ok().filter(|c| (1..=9).contains(c)).ok_or_else(wrong)?;
        return Ok((class * 100, class * 100 + 99));
    }
    range(t).ok_or_else(wrong)
}

fn byte_range(text: &str) -> Result<(u64, u64), String> {
    let wrong = || format!("`{text}` is no size: write 282 or \"0-300\"");
    range(text).ok_or_else(wrong)
}

/// `7` or `7-9`; a range that ends before it starts would hold nothing, silently.
fn range<T: std::str::FromStr + PartialOrd>(text: &str) -> Option<(T, T)> {
    let (a, b) = text.split_once('-').unwrap_or((text, text));
    let (a, b) = (a.trim().parse().ok()?, b.trim().parse().ok()?);
    (a <= b).then_some((a, b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;

    fn event(status: Option<u16>, ending: Ending, duration_secs: Option<i64>) -> Event<'static> {
        Event { status, ending, duration: duration_secs.map(|s| s * 1_000_000), ..Event::at(Micros(0)) }
    }

    #[test]
    fn the_shipped_rules_are_the_table_they_print() {
        use Ending::{ClientLeft, CutShort, Policy, Shed, Unsaid};
        for (status, ending, secs, want) in [
            (Some(200), Unsaid, None, Outcome::Good),
            (Some(304), Unsaid, Some(30), Outcome::Good),
            (Some(101), Unsaid, None, Outcome::Good),
            (Some(200), CutShort, None, Outcome::Degraded),
            (Some(404), Unsaid, None, Outcome::Excluded),
            (Some(403), Policy, None, Outcome::Excluded),
            (Some(429), Unsaid, None, Outcome::Shed),
            (Some(503), Shed, None, Outcome::Shed),
            (Some(503), Unsaid, None, Outcome::Failed),
            (Some(520), Unsaid, None, Outcome::Failed),
            (Some(501), Unsaid, None, Outcome::Excluded),
            (Some(499), Unsaid, Some(2), Outcome::Ambiguous),
            (Some(499), Unsaid, Some(10), Outcome::Failed),
            (Some(200), ClientLeft, Some(1), Outcome::Ambiguous),
            (None, Unsaid, None, Outcome::Ambiguous),
            (None, Unsaid, Some(60), Outcome::Failed),
            (Some(999), Unsaid, None, Outcome::Ambiguous),
        ] {
            assert_eq!(shipped(&event(status, ending, secs)), want, "{status:?} {ending:?} {secs:?}");
        }
    }

    #[test]
    fn a_users_rule_comes_first_and_every_condition_must_hold() {
        let rule = OutcomeRule {
            status: vec!["200".into()],
            path: Some("^/i/spaces/".into()),
            host: None,
            bytes: vec!["0-300".into()],
            tier: Some(Tier::Edge),
            outcome: Outcome::Failed,
        };
        let rules = Rules::new(&[rule]).expect("it compiles");
        let hit =
            Event { path: Some(b"/i/spaces/x".as_slice().into()), bytes: Some(282), ..event(Some(200), Ending::Unsaid, None) };
        assert_eq!(rules.classify(&hit, Tier::Edge), Outcome::Failed);
        assert_eq!(rules.classify(&hit, Tier::Origin), Outcome::Good);
        assert_eq!(rules.classify(&Event { bytes: Some(301), ..hit.clone() }, Tier::Edge), Outcome::Good);
        assert!(rules.words()[0].starts_with("status 200, 0-300 bytes, path matching ^/i/spaces/"));
    }

    #[test]
    fn wrong_rules_are_refused_with_their_number() {
        let rule = |status: &str, path: Option<&str>| OutcomeRule {
            status: if status.is_empty() { vec![] } else { vec![status.into()] },
            path: path.map(Into::into),
            host: None,
            bytes: vec![],
            tier: None,
            outcome: Outcome::Good,
        };
        for (bad, part) in [
            (rule("5yx", None), "5yx"),
            (rule("504-500", None), "504-500"),
            (rule("", Some("(")), "regular expression"),
            (rule("", None), "no condition"),
        ] {
            let message = Rules::new(&[rule("200", None), bad]).expect_err(part);
            assert!(message.contains("number 2") && message.contains(part), "{message}");
        }
    }
}

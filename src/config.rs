//! `incident.toml`: what the user knows about the incident, and the options of a run.

use crate::asn::AsnTable;
use crate::digest::sha256;
use crate::error::Error;
use crate::event::{Stamp, Tier};
use crate::format::part::client::Entry;
use crate::outcome::{OutcomeRule, Rules};
use crate::resource::{NameRules, ResourceRule};
use crate::time::{Micros, Span, Zone};
use serde::{Deserialize, Deserializer};
use std::sync::Arc;

/// Everything `incident.toml` may say. All of it is optional.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// What the incident is called.
    pub title: Option<String>,
    /// IANA zone told beside UTC.
    pub timezone: Option<String>,
    /// Whether the data is made, not observed.
    #[serde(default)]
    pub synthetic: bool,
    /// The incident's window, where the user knows it.
    pub window: Option<Bounds>,
    /// Stretches to compare with; `[baseline]` once or `[[baseline]]` several times.
    #[serde(default, deserialize_with = "one_or_many")]
    pub baseline: Vec<Bounds>,
    /// What to keep availability for.
    #[serde(default)]
    pub resource: Vec<ResourceRule>,
    /// How to count a response.
    #[serde(default)]
    pub outcome: Vec<OutcomeRule>,
    /// What a file is, where recognition needs help.
    #[serde(default)]
    pub source: Vec<SourceRule>,
    /// Formats of the user's own.
    #[serde(default)]
    pub format: Vec<FormatNote>,
    /// Seconds from which on a good answer is slow; a slow one counts as degraded where the worst is assumed.
    pub slow: Option<f64>,
    /// Made data only: how many people one client in it stands for, at least 1.
    pub scale: Option<f64>,
    /// Whose address is the client's.
    pub client: Option<ClientNote>,
    /// Moments to mark.
    #[serde(default)]
    pub event: Vec<EventNote>,
    /// Statements to test.
    #[serde(default)]
    pub claim: Vec<ClaimNote>,
}

/// A span as written: `from` and `to`, RFC 3339.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Start.
    #[serde(deserialize_with = "instant")]
    pub from: Micros,
    /// End, not included.
    #[serde(deserialize_with = "instant")]
    pub to: Micros,
}

impl Bounds {
    /// As a span.
    #[must_use]
    pub fn span(self) -> Span {
        Span::new(self.from, self.to)
    }
}

/// `[[source]]`: facts about the files that match a glob.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceRule {
    /// Glob on the path inside the bundle (`*` within a name, `**` across folders, `?` one character).
    #[serde(rename = "match")]
    pub pattern: String,
    /// Format to read it with: a name, or a description as in `[[format]] line`.
    pub format: Option<String>,
    /// Where it was written.
    pub tier: Option<Tier>,
    /// POP, host or node.
    pub instance: Option<String>,
    /// Zone of stamps that carry no offset.
    pub timezone: Option<String>,
    /// Seconds to add to its stamps.
    pub clock_offset: Option<f64>,
}

impl SourceRule {
    fn check(&self) -> Result<(), String> {
        let here = |e: String| format!("[[source]] `{}`: {e}", self.pattern);
        self.timezone.as_deref().map(Zone::named).transpose().map(|_| ()).map_err(here)
    }
}

/// `[[format]]`: a format that the program does not have.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormatNote {
    /// What it is called here.
    pub name: String,
    /// Its line in the language of the server that writes it: nginx `log_format`, Apache `LogFormat`,
    /// HAProxy `log-format`, `#Fields: ...`.
    pub line: Option<String>,
    /// For lines of JSON: what we call a value, and the member that holds it.
    pub json: Option<std::collections::BTreeMap<String, serde_json::Value>>,
    /// Which instant its stamp tells.
    pub stamp: Option<Stamp>,
    /// Where it is written.
    pub tier: Option<Tier>,
}

/// `[client]`: whose address is the client's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientNote {
    /// Networks of our own proxies.
    #[serde(default)]
    pub ours: Vec<String>,
    /// Which entry of a forwarded-for list counts.
    #[serde(default)]
    pub forwarded: Entry,
    /// File that says which autonomous system routes which address.
    pub asn: Option<String>,
}

/// `[[event]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventNote {
    /// When.
    #[serde(deserialize_with = "instant")]
    pub at: Micros,
    /// What happened.
    pub says: String,
}

/// `[[claim]]`: a statement and the one test that decides it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimNote {
    /// Id.
    pub id: String,
    /// The statement.
    pub says: String,
    /// Who said it.
    pub by: Option<String>,
    /// When.
    #[serde(default, deserialize_with = "maybe_instant")]
    pub at: Option<Micros>,
    /// Test: `site-wide` or `confined`.
    pub scope: Option<String>,
    /// What the claim is about (with `scope` or `downtime`).
    pub resource: Option<String>,
    /// Test: an explanation's id.
    pub explanation: Option<String>,
    /// Test: minutes of failure.
    pub downtime: Option<f64>,
    /// Allowed difference, in the unit of the test.
    pub tolerance: Option<f64>,
    /// Test: everything else stayed healthy.
    pub rest_healthy: Option<bool>,
    /// Test: most clients at one time.
    pub peak_concurrent: Option<f64>,
    /// Test: number of requests.
    pub requests: Option<f64>,
    /// Test: number of distinct clients.
    pub distinct_clients: Option<f64>,
    /// Test: clients at one time at the moment `when`.
    pub concurrent: Option<f64>,
    /// Test: clients that were let in until the moment `when`, or in the whole window.
    pub admitted: Option<f64>,
    /// A number of views or impressions as a platform counts them: told, never tested.
    pub views: Option<f64>,
    /// The moment that `concurrent` or `admitted` speaks of; `at` where it is not given.
    #[serde(default, deserialize_with = "maybe_instant")]
    pub when: Option<Micros>,
    /// The moment from which `downtime` counts, such as a scheduled start.
    #[serde(default, deserialize_with = "maybe_instant")]
    pub from: Option<Micros>,
    /// Test: something changed at this time.
    #[serde(default, deserialize_with = "maybe_instant")]
    pub change_at: Option<Micros>,
}

impl ClaimNote {
    /// How many tests it names.
    fn tests(&self) -> usize {
        let named = [
            self.scope.is_some(),
            self.explanation.is_some(),
            self.downtime.is_some(),
            self.rest_healthy.is_some(),
            self.peak_concurrent.is_some(),
            self.requests.is_some(),
            self.distinct_clients.is_some(),
            self.concurrent.is_some(),
            self.admitted.is_some(),
            self.views.is_some(),
            self.change_at.is_some(),
        ];
        named.into_iter().filter(|x| *x).count()
    }
}

impl Incident {
    /// Reads `incident.toml`.
    ///
    /// # Errors
    /// [`Error::Usage`] with the file's name, and the line and column as the TOML reader tells them;
    /// an unknown zone or format, a window that ends before it starts, a rule that cannot be compiled.
    pub fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let wrong = |e: String| Error::Usage(format!("{name}: {e}"));
        let incident: Incident = toml::from_str(text).map_err(|e| wrong(e.to_string()))?;
        incident.zone().map_err(|e| wrong(format!("timezone: {e}")))?;
        if incident.slow.is_some_and(|s| !(s > 0.0 && s <= 86_400.0)) {
            return Err(wrong("slow: give seconds, more than 0 and at most 86400".into()));
        }
        if incident.scale.is_some_and(|s| !(1.0..=1e12).contains(&s)) {
            return Err(wrong("scale: give how many people one client stands for, at least 1".into()));
        }
        if incident.scale.is_some() && !incident.synthetic {
            return Err(wrong(
                "scale: only made data has one (synthetic = true); logs of a real server stand for themselves".into(),
            ));
        }
        Rules::new(&incident.outcome).map_err(wrong)?;
        NameRules::new(&incident.resource).map_err(wrong)?;
        incident.source.iter().try_for_each(SourceRule::check).map_err(wrong)?;
        for claim in &incident.claim {
            if claim.tests() > 1 {
                return Err(Error::Usage(format!("{name}: claim `{}` has more than one test: make it several claims", claim.id)));
            }
        }
        for b in incident.window.iter().chain(&incident.baseline) {
            if b.to <= b.from {
                return Err(Error::Usage(format!("{name}: the span from {} to {} ends before it starts", b.from, b.to)));
            }
        }
        Ok(incident)
    }

    /// The zone told beside UTC.
    ///
    /// # Errors
    /// The zone's name is unknown.
    pub fn zone(&self) -> Result<Option<Zone>, String> {
        self.timezone.as_deref().map(Zone::named).transpose()
    }
}

fn instant<'de, D: Deserializer<'de>>(d: D) -> Result<Micros, D::Error> {
    let text = match toml::Value::deserialize(d)? {
        toml::Value::String(s) => s,
        toml::Value::Datetime(t) => t.to_string(),
        other => {
            return Err(serde::de::Error::custom(format!(
                "a time such as 2024-08-13T00:00:00Z is expected, not {}",
                other.type_str()
            )));
        }
    };
    Micros::parse_rfc3339(&text).map_err(serde::de::Error::custom)
}

fn maybe_instant<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Micros>, D::Error> {
    instant(d).map(Some)
}

fn one_or_many<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Bounds>, D::Error> {
    let value = toml::Value::deserialize(d)?;
    let list = if let toml::Value::Array(list) = value { list } else { vec![value] };
    list.into_iter().map(|v| v.try_into().map_err(serde::de::Error::custom)).collect()
}

/// A table of autonomous systems that was given, and what identifies it.
#[derive(Clone, Debug)]
pub struct AsnFile {
    /// Its name, without the folders it lies in.
    pub name: String,
    /// SHA-256 of its bytes as they lie there.
    pub sha256: String,
    /// How many they are.
    pub size: u64,
    /// What it says.
    pub table: Arc<AsnTable>,
}

impl AsnFile {
    /// Reads the table that `path` holds.
    ///
    /// # Errors
    /// As [`AsnTable::parse`].
    pub fn parse(path: &str, bytes: &[u8]) -> Result<AsnFile, Error> {
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        let table = Arc::new(AsnTable::parse(path, bytes)?);
        Ok(AsnFile { name, sha256: sha256(bytes), size: bytes.len() as u64, table })
    }
}

/// What the user asked of one run, beyond the incident file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The incident file's content.
    pub incident: Incident,
    /// Its name and text, for the record.
    pub incident_file: Option<(String, String)>,
    /// `--from`/`--to`, or the file's `[window]`.
    pub window: Option<Span>,
    /// `--bin`, seconds.
    pub bin: Option<i64>,
    /// `--resource`: what the question is about.
    pub resource: Option<String>,
    /// `--format`: read every file with this format.
    pub format: Option<String>,
    /// `--asn`, or the file's `[client] asn`: who routes which address.
    pub asn: Option<AsnFile>,
    /// Worker threads; at least 1.
    pub threads: usize,
    /// Budget for tables, bytes.
    pub max_memory: u64,
}

/// Whether `path` matches `glob` (`*` within a name, `**` across folders, `?` one character).
#[must_use]
pub fn glob_matches(glob: &str, path: &str) -> bool {
    // Which beginnings of the path the pattern so far can match: one pass over the pattern, so that
    // no pattern takes longer than its length times the path's.
    fn go(glob: &[u8], path: &[u8]) -> bool {
        let mut reach = vec![false; path.len() + 1];
        reach[0] = true;
        let mut rest = glob;
        while let Some((&c, after)) = rest.split_first() {
            let (wide, after) = match (c, after) {
                (b'*', [b'*', more @ ..]) => (Some(true), more),
                (b'*', more) => (Some(false), more),
                (_, more) => (None, more),
            };
            rest = after;
            match wide {
                Some(folders) => {
                    for i in 1..=path.len() {
                        reach[i] |= reach[i - 1] && (folders || path[i - 1] != b'/');
                    }
                }
                None => {
                    for i in (1..=path.len()).rev() {
                        reach[i] = reach[i - 1] && (path[i - 1] == c || (c == b'?' && path[i - 1] != b'/'));
                    }
                    reach[0] = false;
                }
            }
        }
        reach[path.len()]
    }
    // A pattern without a folder speaks of the file's name wherever it lies.
    let name = path.rsplit('/').next().unwrap_or(path);
    go(glob.as_bytes(), path.as_bytes()) || (!glob.contains('/') && go(glob.as_bytes(), name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_file_with_every_section_is_read() {
        let text = r#"
title = "A Space fails"
timezone = "America/New_York"
synthetic = true
[window]
from = 2024-08-13T00:00:00Z
to = "2024-08-13T00:42:00Z"
[[baseline]]
from = "2024-08-12T23:30:00Z"
to = "2024-08-12T23:59:00Z"
[[resource]]
match = "^/i/spaces/(\\w+)"
name = "Space $1"
[[outcome]]
status = ["4xx", 503]
bytes = "0-300"
tier = "edge"
outcome = "failed"
[[source]]
match = "edge/*.gz"
tier = "edge"
clock_offset = -1.5
[[event]]
at = 2024-08-13T00:30:00Z
says = "restart"
[[claim]]
id = "C1"
says = "all of it"
at = 2024-08-12T20:18:00-04:00
scope = "site-wide"
"#;
        let incident = Incident::parse("incident.toml", text).expect("it is valid");
        assert_eq!(incident.window.map(|w| w.span().secs()), Some(2520.0));
        assert_eq!(incident.baseline.len(), 1);
        assert_eq!(incident.outcome[0].status, ["4xx", "503"]);
        assert_eq!(incident.claim[0].at.map(|t| t.to_string()).as_deref(), Some("2024-08-13T00:18:00Z"));
    }

    #[test]
    fn a_single_baseline_table_is_read_too() {
        let text = "[baseline]\nfrom = \"2024-08-12T23:30:00Z\"\nto = \"2024-08-12T23:59:00Z\"\n";
        assert_eq!(Incident::parse("f", text).map(|i| i.baseline.len()).ok(), Some(1));
    }

    #[test]
    fn mistakes_are_named_with_file_and_place() {
        for (text, part) in [
            ("titel = 1", "titel"),
            ("timezone = \"Mars/Olympus\"", "Mars/Olympus"),
            ("[window]\nfrom = \"yesterday\"\nto = \"today\"", "yesterday"),
            ("[[resource]]\nmatch = \"(\"\nname = \"x\"", "[[resource]] number 1"),
            ("[[outcome]]\npath = \"(\"\noutcome = \"good\"", "[[outcome]] number 1"),
            ("[[source]]\nmatch = \"*\"\ntimezone = \"Mars/Olympus\"", "Mars/Olympus"),
            ("[window]\nfrom = \"2024-01-02T00:00:00Z\"\nto = \"2024-01-01T00:00:00Z\"", "ends before"),
        ] {
            let message = Incident::parse("incident.toml", text).expect_err(text).to_string();
            assert!(message.contains("incident.toml") && message.contains(part), "{message}");
        }
    }

    #[test]
    fn globs_match_names_and_folders() {
        for (glob, path, want) in [
            ("*.log", "edge/a.log", true),
            ("edge/*.log", "edge/a.log", true),
            ("edge/*.log", "edge/x/a.log", false),
            ("edge/**", "edge/x/a.log", true),
            ("a?.log", "ab.log", true),
            ("a?.log", "a.log", false),
            ("**a**a**a**a**a**a**a**a**a**a**a**ab", &"a".repeat(200), false),
        ] {
            assert_eq!(glob_matches(glob, path), want, "{glob} {path}");
        }
    }
}

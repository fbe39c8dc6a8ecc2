//! The first pass: what each source is, and the survey of all of them.

use super::agree::Agreed;
use super::copies::Found;
use super::formats::catalogue;
use super::learn::{Learnt, learn};
use crate::analyse::gaps::Group;
use crate::bundle::{Bundle, names};
use crate::case::soft::SoftAnswers;
use crate::config::{Options, glob_matches};
use crate::error::{Error, Result};
use crate::event::Tier;
use crate::format::catalogue::Catalogue;
use crate::format::recognise::{Recognised, given, recognise};
use crate::outcome::Rules;
use crate::progress::Progress;
use crate::read::{Outcome, Sniffed, pump};
use crate::resource::NameRules;
use crate::survey::{Context, Corrections, Cube, INSTANCES_MAX, SourceInfo, Survey};
use crate::time::{SECOND, Zone};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// What the first pass found.
#[derive(Debug)]
pub struct Surveyed {
    /// The bundle's name.
    pub name: String,
    /// The counts.
    pub cube: Cube,
    /// What each source is.
    pub context: Context,
    /// What became of each source.
    pub outcomes: Vec<Option<Outcome>>,
    /// Log formats that the bundle's configurations define, in words.
    pub defined: Vec<String>,
    /// What was found of lines that several sources hold.
    pub(super) copies: Found,
    /// How the logs of the tiers fit together.
    pub(super) agreed: Agreed,
    /// Answers that look good by their status and may be none.
    pub soft: Vec<SoftAnswers>,
}

impl Surveyed {
    /// The outermost tier among the sources that hold requests: users' availability is read there. A log
    /// of connections or of a firewall's verdicts hides no tier behind it.
    #[must_use]
    pub fn outermost(&self) -> Option<Tier> {
        let sources = self.context.sources.iter().zip(&self.cube.sources);
        sources.filter(|(_, seen)| seen.ledger.events > 0).filter_map(|(info, _)| info.get()).map(|info| info.tier).min()
    }
}

/// Reads everything once, and a second time where the first shows that the record needs correcting.
///
/// # Errors
/// [`Error::Usage`] for rules that cannot be compiled and for an unknown format.
pub fn survey(bundle: &Bundle, options: &Options, progress: &dyn Progress) -> Result<Surveyed> {
    survey_for(bundle, options, true, progress)
}

/// The same; where answers are not `judged`, what was sent is not looked at.
pub(super) fn survey_for(bundle: &Bundle, options: &Options, judged: bool, progress: &dyn Progress) -> Result<Surveyed> {
    let first = pass(bundle, options, Corrections::default(), progress)?;
    let Learnt { corrections, copies, agreed, soft } = learn(bundle, options, &first, judged, progress);
    let whole = if corrections.is_empty() { first } else { pass(bundle, options, corrections, progress)? };
    Ok(Surveyed { copies, agreed, soft, ..whole })
}

fn pass(bundle: &Bundle, options: &Options, corrections: Corrections, progress: &dyn Progress) -> Result<Surveyed> {
    let usage = |e: String| Error::Usage(format!("the rules: {e}"));
    let incident = &options.incident;
    let (catalogue, notes) = catalogue(bundle, options)?;
    let context = Context {
        rules: Rules::new(&incident.outcome).map_err(usage)?.with_found(corrections.soft.clone()),
        names: NameRules::new(&incident.resource).map_err(usage)?,
        instances: tells_instances(bundle),
        catalogue,
        compares: corrections.is_empty() && bundle.sources.len() > 1,
        corrections,
        sources: bundle.sources.iter().map(|_| OnceLock::new()).collect(),
    };
    let sniff =
        |i: usize, head: &[u8]| match identify(&bundle.sources[i].path, head, options, &context.catalogue, context.instances) {
            Ok((mut info, dialect)) => {
                let facts = info.facts;
                info.clock_offset += context.corrections.clock(i);
                // A source is sniffed once per pass; the second time says the same.
                let _ = context.sources[i].set(info);
                Sniffed::Log { dialect, facts }
            }
            Err(why) => Sniffed::NotALog(why),
        };
    progress.begin("reading", bundle.packed_bytes(|_| true), bundle.sources.len() as u64);
    let (parts, outcomes) =
        pump(bundle, options.threads, &|_| true, &sniff, &|| Survey::new(&context), &|s, chunk| s.take(chunk), progress);
    progress.end();
    let whole = parts
        .into_iter()
        .reduce(|mut a, b| {
            a.merge(b);
            a
        })
        .unwrap_or_else(|| Survey::new(&context));
    let mut cube = whole.finish(bundle.sources.len());
    for (seen, outcome) in cube.sources.iter_mut().zip(&outcomes) {
        if let Some(Outcome { not_a_log: Some(_), lines, .. }) = outcome {
            seen.ledger.lines = *lines;
            seen.ledger.skipped = BTreeMap::from([(crate::ledger::Skip::NotAnAccessLog, *lines)]);
        }
    }
    let (copies, agreed, soft) = (Found::default(), Agreed::default(), Vec::new());
    Ok(Surveyed { name: bundle.name.clone(), cube, context, outcomes, defined: notes, copies, agreed, soft })
}

type Dialect = std::sync::Arc<dyn crate::format::Dialect>;

/// Whether the names of the files are those of servers, or of too many pieces of one log.
fn tells_instances(bundle: &Bundle) -> bool {
    let named: BTreeSet<String> = bundle.sources.iter().filter_map(|s| names::hints(&s.path).instance).collect();
    named.len() <= INSTANCES_MAX
}

/// What a source is, from the user's rules, its content, and its name for what the content does not
/// say (host, tier, and the instance where `instances` are told apart).
pub(crate) fn identify(
    path: &str,
    head: &[u8],
    options: &Options,
    catalogue: &Catalogue,
    instances: bool,
) -> std::result::Result<(SourceInfo, Dialect), String> {
    let rule = options.incident.source.iter().find(|r| glob_matches(&r.pattern, path));
    let forced = rule.and_then(|r| r.format.as_deref()).or(options.format.as_deref()).and_then(|f| catalogue.named(f));
    let found = match forced {
        Some(known) => given(known, head),
        None => recognise(head, path, catalogue).map_err(|e| e.why)?,
    };
    let Recognised { facts, dialect, confidence, wrapper, why, .. } = found;
    let hints = names::hints(path);
    let tier = rule.and_then(|r| r.tier).or(hints.tier).unwrap_or(facts.tier);
    let info = SourceInfo {
        facts,
        confidence,
        wrapper,
        why,
        tier,
        instance: rule.and_then(|r| r.instance.clone()).or(hints.instance.filter(|_| instances)),
        host: hints.host,
        clock_given: rule.is_some_and(|r| r.clock_offset.is_some()),
        clock_offset: rule.and_then(|r| r.clock_offset).map_or(0, |s| (s * SECOND as f64).round() as i64),
        zone: rule.and_then(|r| r.timezone.as_deref()).and_then(|z| Zone::named(z).ok()),
    };
    Ok((info, dialect))
}

/// The writers of the recognised sources: all rotations of one log together.
pub(super) fn groups(bundle: &Bundle, context: &Context, cube: &Cube) -> Vec<Group> {
    let mut found: BTreeMap<(Tier, String), Vec<usize>> = BTreeMap::new();
    for (i, source) in bundle.sources.iter().enumerate() {
        if let Some(info) = context.sources[i].get()
            && cube.sources[i].ledger.events > 0
        {
            found.entry((info.tier, names::group(&source.path))).or_default().push(i);
        }
    }
    found
        .into_iter()
        .map(|((tier, name), sources)| Group { label: format!("{name} ({})", tier.name()), tier, sources, known: Vec::new() })
        .collect()
}

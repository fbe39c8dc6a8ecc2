//! The finished case, put together.

use super::dated::{self, Dated};
use super::{
    Look, Seen, Story, Surveyed, agree, chosen, complete, doubts, episodes, fewer, nested, readings, series, soft, sources, weigh,
};
use crate::analyse::audience::audience;
use crate::analyse::certainty::{certainty, too_ordinary};
use crate::analyse::claims::claims;
use crate::analyse::evidence::{BASELINE, Evidence};
use crate::analyse::gaps::{Silence, silences};
use crate::analyse::latency::latency;
use crate::analyse::leaves::View;
use crate::analyse::operations::users;
use crate::analyse::scope::Finding;
use crate::bundle::Bundle;
use crate::case::audience::Audience;
use crate::case::gaps::Class;
use crate::case::operations::Operations;
use crate::case::{
    Axis, Case, Completeness, Fingerprint, Mark, Part, RejectedLine, Reproduce, Rest, SCHEMA, Scope, Source, Totals, Verdict,
    Window, set_words,
};
use crate::config::Options;
use crate::digest::sha256;
use crate::error::Result;
use crate::progress::Progress;
use crate::time::{Micros, SECOND, Span};
use std::collections::BTreeMap;

/// Builds the case from the last look and its finding.
pub(super) fn case<'a>(look: &Look<'a>, story: &Story<'_>, seen: Seen<'a>, finding: Finding) -> Case {
    let Dated { seen, window, mut finding, dates } = dated::settle(look, seen, finding);
    let view = View::new(&seen.examined, look.tier);
    if dates.as_ref().is_some_and(|d| d.recovery.is_none()) && window.is_some() && look.options.window.is_none() {
        finding.because.push("It was still failing where what is looked at ends: the end told is no recovery.".into());
    }
    let gap_readings = readings::readings(look, story, &seen, window, &finding);
    let quiet = crate::analyse::quiet::quiet(look.cube, look.tier, story.groups, story.silent);
    let judged = finding.verdict;
    if let Some(why) = complete::leaves_open(look, story, &seen, finding.verdict) {
        finding.leave_open(why);
    } else if let Some(why) = readings::left_open(story, &gap_readings)
        .or_else(|| readings::quiet_leaves_open(&quiet, window, &finding))
        .filter(|_| finding.verdict != Verdict::Inconclusive)
    {
        finding.leave_open(why);
    }
    let fewer = fewer::told(look, story, window.filter(|_| judged != Verdict::NoIncident));
    if let Some(why) = fewer::leaves_open(&fewer, window, judged) {
        finding.leave_open(why);
    }
    let slow = crate::analyse::slow::slow(look.cube);
    if let Some(why) = fewer::slow_leaves_open(&slow, window, judged) {
        finding.leave_open(why);
    }
    if let Some(m) = &story.machines {
        if m.open {
            finding.leave_open(m.says.clone());
        } else {
            finding.because.push(m.says.clone());
        }
    }
    soft::tell(&mut finding, &story.surveyed.soft, look.options.window, window);
    if story.unexamined > 0 && finding.verdict == Verdict::NoIncident {
        finding.leave_open(format!("{} more stretches of failures were found and not looked at one by one.", story.unexamined));
    }
    let mut doubtful = doubts::weigh(look, &seen, &mut finding, window);
    if let Some(why) = &story.hidden {
        doubtful.depends = Some(why.clone());
        finding.leave_open(why.clone());
    }
    let e = seen.evidence(&view, look, window.or(seen.plan.window).unwrap_or(seen.frame.axis));
    let certainty = certainty(&e, &finding);
    if let Some(why) = too_ordinary(&certainty, finding.verdict) {
        finding.leave_open(why);
    }
    let axis = axis(&seen);
    let mut found = episodes::others(&seen, &view, look, story, &e);
    let mut incident_episode = None;
    for (episode, says) in nested::around(look, story, &seen, &e, &finding) {
        found.push(episode);
        finding.because.push(says);
    }
    if let Some(dates) = &dates {
        let mut own = episodes::own(&seen, &view, &finding, dates, dated::span(dates, e.window));
        let open = readings::widened(look, story, &e, &finding, &mut own);
        finding.because.extend(open);
        incident_episode = Some((own.from, own.resource.clone(), own.to));
        found.push(own);
    } else if let (Some(why), Some(w)) = (&finding.set_aside, seen.plan.window) {
        found.push(aside(&finding, why, w));
    }
    found.sort_by(|a, b| (a.from, &a.resource).cmp(&(b.from, &b.resource)));
    let incident_episode =
        incident_episode.and_then(|(from, name, to)| found.iter().position(|e| (e.from, &e.resource, e.to) == (from, &name, to)));
    // Requests that were never made are no lost lines.
    let may_be_lost = |s: &&Silence| !s.at_edge && matches!(s.class, Class::LogLost | Class::CannotTell);
    let silences: Vec<Span> = story.silent.iter().filter(may_be_lost).map(|s| s.span).collect();
    let lost = silences.iter().any(|s| s.overlaps(e.window));
    let surely_lost = story.silent.iter().any(|s| !s.at_edge && s.class == Class::LogLost);
    let incident = &look.options.incident;
    let rule = |i: usize| look.context.names.pattern(i).map(str::to_owned);
    let users = operations(&e, &finding, window.or(seen.plan.window).is_some());
    let (resources, resources_left_out) = series::resources(&e, &finding, &axis, look.cube, &rule);
    let record = weigh::Record { silences: &silences, surely_lost, in_window: lost };
    let (explanations, weighing) = weigh::explanations(look, &e, &finding, users.surge.as_ref(), record, &axis);
    let mut case = Case {
        schema: SCHEMA,
        program: format!("outscope {}", env!("CARGO_PKG_VERSION")),
        title: incident.title.clone().unwrap_or_else(|| look.bundle.name.clone()),
        bundle: look.bundle.name.clone(),
        synthetic: incident.synthetic,
        timezone: incident.timezone.clone(),
        axis,
        window: window.map(|w| Window { from: w.from, to: w.to, chosen: chosen(look.options) }),
        baseline: e.baseline_spans(&BASELINE),
        sources: sources(look.bundle, story.surveyed, &axis),
        totals: Totals::default(),
        scope: scope(&e, &finding, &axis),
        certainty,
        episodes: found,
        incident_episode,
        resources,
        resources_left_out,
        segments: series::segments(&view, &axis),
        explanations,
        weighing,
        claims: Vec::new(),
        audience: Audience { scale: incident.scale, ..audience(&e, &finding, window, &axis) },
        latency: latency(&e, &finding, window),
        completeness: Completeness {
            quiet,
            fewer,
            ..complete::completeness(look.bundle, story.surveyed, look.tier, story.groups, story.silent)
        },
        volumes: window.and_then(|_| readings::volumes(look, story, &e, &finding)),
        gap_readings,
        tiers: agree::tiers(look, story, &e, &finding, window.is_some()),
        operations: Operations { readings: doubtful, ..users },
        events: incident.event.iter().map(|n| Mark { at: n.at, says: n.says.clone() }).collect(),
        soft: story.surveyed.soft.clone(),
        slow,
        outcome_rules: look.context.rules.words(),
        notes: complete::notes(look, &seen, e.clients_known),
        charts: Vec::new(),
        reproduce: reproduce(look),
    };
    case.totals = totals(&case.sources);
    case.claims = claims(&incident.claim, &case, Some(&e), &finding);
    case
}

fn aside(f: &Finding, why: &str, window: Span) -> crate::case::Episode {
    crate::case::Episode {
        clients_affected: Some(f.target.0.clients_bad),
        set_aside: Some(why.to_owned()),
        ..episodes::episode(episodes::name(f), window, (None, None), window, f.target.0.counts())
    }
}

fn axis(seen: &Seen<'_>) -> Axis {
    let (span, step) = (seen.frame.axis, seen.frame.bin);
    Axis { from: span.from, to: span.to, step, bins: ((span.to.0 - span.from.0) / (step.0 * SECOND)) as usize }
}

fn scope(e: &Evidence<'_>, f: &Finding, axis: &Axis) -> Scope {
    // A set that was set aside, or found in a rise that chance allows, is no cause.
    let none = vec![false; f.in_target.len()];
    let in_target = if f.set_aside.is_some() { &none } else { &f.in_target };
    let any = in_target.contains(&true);
    let target = |l: usize| if any { in_target[l] } else { e.view.is_ours(l) };
    // What was set aside as a scanner's was left out of the test, too.
    let aside = |l: usize| f.skipped.get(l).copied().unwrap_or(false);
    let rest = |l: usize| any && e.view.is_ours(l) && !in_target[l] && !aside(l);
    let part = |chosen: &dyn Fn(usize) -> bool| {
        let [before, during, after] = series::phases(e, chosen);
        let (requests, failed) = e.during(chosen).counts();
        Part { requests, failed, before, during, after }
    };
    let (t, r) = (part(&target), part(&rest));
    Scope {
        verdict: f.verdict,
        cause_set: if !any { Vec::new() } else { f.cause_set.clone() },
        share_of_excess: f.share,
        target: t,
        rest: Rest {
            requests: r.requests,
            failed: r.failed,
            before: r.before,
            during: r.during,
            after: r.after,
            increase: f.increase,
            margin: f.margin,
            margin_needed: f.margin_needed,
            detectable: f.detectable,
            healthy: f.healthy,
        },
        clients_affected: e.during(&target).clients_bad,
        because: f.because.clone(),
        open: f.open.clone().filter(|_| f.verdict == Verdict::Inconclusive),
        indistinguishable: f.twins.iter().chain(&f.alike).map(set_words).collect(),
        target_series: series::points(axis, e.examined, &e.examined.series(&target)),
        rest_series: series::points(axis, e.examined, &e.examined.series(&rest)),
    }
}

fn operations(e: &Evidence<'_>, f: &Finding, timed: bool) -> Operations {
    let named = f.set_aside.is_none() && f.in_target.contains(&true);
    users(e, named.then_some(f.in_target.as_slice()), timed)
}

/// What is in a bundle, without the second pass.
#[derive(Debug)]
pub struct Inspected {
    /// Every file.
    pub sources: Vec<Source>,
    /// Sums over them.
    pub totals: Totals,
    /// Gaps, offsets, blind spots.
    pub completeness: Completeness,
    /// Log formats that server configurations in the bundle define, in words.
    pub defined: Vec<String>,
}

/// Looks at what is in a bundle. A bundle without any log is described, not refused.
///
/// # Errors
/// As `survey`.
pub fn inspect(bundle: &Bundle, options: &Options, progress: &dyn Progress) -> Result<Inspected> {
    let surveyed = sources::survey_for(bundle, options, false, progress)?;
    let groups = super::known::groups(bundle, &surveyed);
    let silent = silences(&surveyed.cube, &groups);
    let axis = Axis { from: Micros(0), to: Micros(0), step: surveyed.cube.step, bins: 0 };
    let sources = sources(bundle, &surveyed, &axis);
    let tier = surveyed.outermost().unwrap_or_default();
    let quiet = crate::analyse::quiet::quiet(&surveyed.cube, tier, &groups, &silent);
    let completeness = Completeness { quiet, ..complete::completeness(bundle, &surveyed, tier, &groups, &silent) };
    Ok(Inspected { totals: totals(&sources), sources, completeness, defined: surveyed.defined })
}

fn sources(bundle: &Bundle, surveyed: &Surveyed, axis: &Axis) -> Vec<Source> {
    bundle
        .sources
        .iter()
        .enumerate()
        .map(|(i, source)| {
            let seen = &surveyed.cube.sources[i];
            let info = surveyed.context.sources[i].get();
            let outcome = surveyed.outcomes[i].clone().unwrap_or_default();
            let ledger = &seen.ledger;
            debug_assert!(ledger.balances(), "{}", source.path);
            let why = match (info, &outcome.not_a_log, &outcome.trouble) {
                (_, Some(why), _) => why.clone(),
                (Some(info), ..) => info.why.clone(),
                (None, None, Some(_)) => "nothing could be read".into(),
                (None, None, None) => "the file is empty".into(),
            };
            Source {
                path: source.path.clone(),
                sha256: outcome.sha256,
                size: source.size,
                format: info.map(|s| s.facts.name.to_owned()),
                confidence: info.map(|s| s.confidence),
                wrapper: info.and_then(|s| s.wrapper).map(str::to_owned),
                formats: ledger.formats.iter().map(|(name, stretch)| ((*name).to_owned(), *stretch)).collect(),
                repaired: ledger.repaired,
                why,
                tier: info.map_or_else(Default::default, |s| s.tier),
                instance: info.and_then(|s| s.instance.clone()),
                lines: ledger.lines,
                events: ledger.events,
                duplicates: ledger.duplicates,
                skipped: ledger.skipped_total(),
                rejected: ledger.rejected_total(),
                skipped_by: ledger.skipped.iter().map(|(k, n)| (k.words().to_owned(), *n)).collect(),
                rejected_by: ledger.rejected.iter().map(|(k, n)| (k.words().to_owned(), *n)).collect(),
                examples: ledger
                    .examples
                    .iter()
                    .map(|x| RejectedLine {
                        line: x.line,
                        reason: x.reason.words().to_owned(),
                        excerpt: String::from_utf8_lossy(&x.excerpt).into_owned(),
                    })
                    .collect(),
                first: seen.span.map(|s| s.0),
                last: seen.span.map(|s| s.1),
                clock_offset: info.filter(|s| s.clock_offset != 0).map(|s| s.clock_offset as f64 / SECOND as f64),
                trouble: outcome.trouble,
                per_bin: series::per_bin(&surveyed.cube, i, axis),
            }
        })
        .collect()
}

fn totals(sources: &[Source]) -> Totals {
    sources.iter().fold(Totals::default(), |t, s| Totals {
        lines: t.lines + s.lines,
        events: t.events + s.events,
        duplicates: t.duplicates + s.duplicates,
        skipped: t.skipped + s.skipped,
        rejected: t.rejected + s.rejected,
    })
}

/// The text as one word of a shell.
fn shell(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | ':' | '/' | '-' | '+' | ',' | '=');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn reproduce(look: &Look<'_>) -> Reproduce {
    let mut options = BTreeMap::new();
    let o = look.options;
    let mut command = format!("outscope report {}", look.bundle.name);
    let mut put = |name: &str, value: Option<String>| {
        if let Some(v) = value {
            command.push_str(&format!(" --{name} {}", shell(&v)));
            options.insert(name.to_owned(), v);
        }
    };
    let given = o.window.filter(|w| o.incident.window.is_none_or(|i| i.span() != *w));
    put("from", given.map(|w| w.from.to_string()));
    put("to", given.map(|w| w.to.to_string()));
    put("bin", o.bin.map(|b| b.to_string()));
    put("resource", o.resource.clone());
    put("format", o.format.clone());
    put("asn", o.asn.as_ref().filter(|_| o.incident.client.as_ref().is_none_or(|c| c.asn.is_none())).map(|a| a.name.clone()));
    let incident = o.incident_file.as_ref().map(|(name, text)| Fingerprint {
        path: name.clone(),
        sha256: sha256(text.as_bytes()),
        size: text.len() as u64,
    });
    let asn = o.asn.as_ref().map(|a| Fingerprint { path: a.name.clone(), sha256: a.sha256.clone(), size: a.size });
    Reproduce { command, options, incident, asn }
}

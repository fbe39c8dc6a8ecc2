//! The finished case, put together.

use super::{Look, Seen, Story, Surveyed, agree, chosen, complete, doubts, episodes, readings, series, soft, survey, weigh};
use crate::analyse::certainty::{certainty, too_ordinary};
use crate::analyse::claims::claims;
use crate::analyse::evidence::Evidence;
use crate::analyse::gaps::silences;
use crate::analyse::leaves::View;
use crate::analyse::operations::users;
use crate::analyse::scope::{Finding, judge};
use crate::bundle::Bundle;
use crate::case::operations::Operations;
use crate::case::{
    Audience, Axis, Case, Completeness, Fingerprint, Mark, Part, RejectedLine, Reproduce, Rest, SCHEMA, Scope, Source, Totals,
    Verdict, Window, set_words,
};
use crate::config::Options;
use crate::digest::sha256;
use crate::error::Result;
use crate::progress::Progress;
use crate::time::{Micros, SECOND, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Builds the case from the last look and its finding.
pub(super) fn case(look: &Look<'_>, story: &Story<'_>, seen: Seen<'_>, finding: Finding) -> Case {
    let view = View::new(&seen.examined, look.tier);
    let failed = |f: &Finding| f.set_aside.is_none() && f.in_target.contains(&true);
    let (window, mut finding, dates) = match seen.window(&view, look).filter(|_| failed(&finding)) {
        Some(rough) => {
            // The window was detected on something; what failed may have failed for less long.
            let given = look.options.window.is_some();
            let rough = if given { rough } else { episodes::tight(&seen, &|l| finding.in_target[l], rough) };
            let dates = episodes::dates(&seen, &view, look, &finding, rough);
            let span = dated(&dates, rough);
            let window = if given || span.secs() <= 0.0 { rough } else { span };
            let again = judge(&seen.evidence(&view, look, window));
            // Dating moves the window a little; a finding that does not survive that was none to date.
            if failed(&again) { (Some(window), again, Some(dates)) } else { (Some(rough), finding, None) }
        }
        None => (look.options.window, finding, None),
    };
    if dates.as_ref().is_some_and(|d| d.recovery.is_none()) && window.is_some() && look.options.window.is_none() {
        finding.because.push("It was still failing where what is looked at ends: the end told is no recovery.".into());
    }
    let gap_readings = readings::readings(look, story, &seen, window, &finding);
    let quiet = crate::analyse::quiet::quiet(look.cube, look.tier, story.groups, story.silent);
    if let Some(why) = complete::leaves_open(look, story, &seen, finding.verdict) {
        finding.verdict = Verdict::Inconclusive;
        finding.because.push(why);
    } else if let Some(why) = readings::left_open(story, &gap_readings)
        .or_else(|| readings::quiet_leaves_open(&quiet, window, &finding))
        .filter(|_| finding.verdict != Verdict::Inconclusive)
    {
        finding.verdict = Verdict::Inconclusive;
        finding.because.push(why);
    }
    if let Some(m) = &story.machines {
        finding.because.push(m.says.clone());
        if m.open {
            finding.verdict = Verdict::Inconclusive;
        }
    }
    soft::tell(&mut finding, &story.surveyed.soft, look.options.window, window);
    if story.unexamined > 0 && finding.verdict == Verdict::NoIncident {
        finding.verdict = Verdict::Inconclusive;
        finding.because.push(format!("{} more stretches of failures were found and not looked at one by one.", story.unexamined));
    }
    let mut doubtful = doubts::weigh(look, &seen, &mut finding, window);
    if let Some(why) = &story.hidden {
        (finding.verdict, doubtful.depends) = (Verdict::Inconclusive, Some(why.clone()));
        finding.because.insert(0, why.clone());
    }
    let e = seen.evidence(&view, look, window.or(seen.plan.window).unwrap_or(seen.frame.axis));
    let certainty = certainty(&e, &finding);
    if let Some(why) = too_ordinary(&certainty, finding.verdict) {
        finding.verdict = Verdict::Inconclusive;
        finding.because.push(why);
    }
    let axis = axis(&seen);
    let mut found = episodes::others(&seen, &view, look, story, &e);
    if let Some(dates) = &dates {
        let mut own = episodes::own(&seen, &view, &finding, dates, dated(dates, e.window));
        let open = readings::widened(look, story, &e, &finding, &mut own);
        finding.because.extend(open);
        found.push(own);
    } else if let (Some(why), Some(w)) = (&finding.set_aside, seen.plan.window) {
        found.push(aside(&finding, why, w));
    }
    found.sort_by(|a, b| (a.from, &a.resource).cmp(&(b.from, &b.resource)));
    let lost = story.silent.iter().any(|s| !s.at_edge && s.span.overlaps(e.window));
    let silences: Vec<Span> = story.silent.iter().filter(|s| !s.at_edge).map(|s| s.span).collect();
    let surely_lost = story.silent.iter().any(|s| !s.at_edge && s.class == crate::case::gaps::Class::LogLost);
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
        baseline: baseline(&seen, window),
        sources: sources(look.bundle, story.surveyed, &axis),
        totals: Totals::default(),
        scope: scope(&e, &finding, &axis),
        certainty,
        episodes: found,
        resources,
        resources_left_out,
        segments: series::segments(&view, &axis),
        explanations,
        weighing,
        claims: Vec::new(),
        audience: audience(&e, &finding, window.is_some()),
        completeness: Completeness {
            quiet,
            ..complete::completeness(look.bundle, story.surveyed, look.tier, story.groups, story.silent)
        },
        volumes: window.and_then(|_| readings::volumes(look, story, &e, &finding)),
        gap_readings,
        tiers: agree::tiers(look, story, &e, &finding, window.is_some()),
        operations: Operations { readings: doubtful, ..users },
        events: incident.event.iter().map(|n| Mark { at: n.at, says: n.says.clone() }).collect(),
        soft: story.surveyed.soft.clone(),
        outcome_rules: look.context.rules.words(),
        notes: complete::notes(look, &seen, e.clients_known),
        charts: Vec::new(),
        reproduce: reproduce(look),
    };
    case.totals = totals(&case.sources);
    case.claims = claims(&incident.claim, &case, Some(&e), &finding);
    case
}

fn dated(dates: &crate::analyse::dating::Dates, window: Span) -> Span {
    Span::new(dates.onset.map_or(window.from, |d| d.at), dates.recovery.map_or(window.to, |d| d.at))
}

fn aside(f: &Finding, why: &str, window: Span) -> crate::case::Episode {
    let (requests, failed) = f.target.0.counts();
    crate::case::Episode {
        resource: episodes::name(f),
        from: window.from,
        from_low: window.from,
        from_high: window.from,
        to: window.to,
        to_low: window.to,
        to_high: window.to,
        requests,
        failed,
        clients_affected: Some(f.target.0.clients_bad),
        open: None,
        set_aside: Some(why.to_owned()),
        course: crate::case::Course::default(),
    }
}

fn axis(seen: &Seen<'_>) -> Axis {
    let (span, step) = (seen.frame.axis, seen.frame.bin);
    Axis { from: span.from, to: span.to, step, bins: ((span.to.0 - span.from.0) / (step.0 * SECOND)) as usize }
}

/// The baseline as spans: what the user gave, or the axis without the window and other episodes.
fn baseline(seen: &Seen<'_>, window: Option<Span>) -> Vec<Span> {
    if !seen.plan.given_baseline.is_empty() {
        return seen.plan.given_baseline.clone();
    }
    let mut holes: Vec<Span> = seen.plan.aside.iter().copied().chain(window).collect();
    holes.sort_unstable();
    let mut out = Vec::new();
    let mut from = seen.frame.axis.from;
    for hole in holes {
        if hole.from > from {
            out.push(Span::new(from, hole.from.min(seen.frame.axis.to)));
        }
        from = from.max(hole.to);
    }
    if from < seen.frame.axis.to {
        out.push(Span::new(from, seen.frame.axis.to));
    }
    out
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
        indistinguishable: f.twins.iter().chain(&f.alike).map(set_words).collect(),
        target_series: series::points(axis, e.examined, &e.examined.series(&target)),
        rest_series: series::points(axis, e.examined, &e.examined.series(&rest)),
    }
}

fn operations(e: &Evidence<'_>, f: &Finding, timed: bool) -> Operations {
    let named = f.set_aside.is_none() && f.in_target.contains(&true);
    users(e, named.then_some(f.in_target.as_slice()), timed)
}

fn audience(e: &Evidence<'_>, f: &Finding, timed: bool) -> Audience {
    let ours = |l: usize| e.view.is_ours(l);
    let requests = e.examined.series(&ours).values().map(|m| m.cell.total()).sum();
    let all: BTreeSet<u64> = e.examined.clients.iter().map(|c| c.key).collect();
    let target = (timed && f.in_target.contains(&true)).then(|| e.during(&|l| f.in_target[l]).clients);
    Audience { requests, distinct_clients: all.len() as u64 * e.examined.sampling, target_clients: target, peak_concurrent: None }
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
    let surveyed = survey(bundle, options, progress)?;
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

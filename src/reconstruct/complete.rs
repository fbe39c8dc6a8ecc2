//! What is missing, what cannot be seen, and what the reader must know of how it was computed.

use super::{Look, Seen, Story, Surveyed};
use crate::analyse::few::clients_unknown;
use crate::analyse::gaps::{Group, Silence};
use crate::bundle::Bundle;
use crate::case::gaps::Class;
use crate::case::{Completeness, Gap, Verdict};
use crate::event::Tier;
use crate::survey::Context;
use crate::words::count;
use std::collections::BTreeSet;

/// Gaps and blind spots.
pub(super) fn completeness(
    bundle: &Bundle,
    surveyed: &Surveyed,
    tier: Tier,
    groups: &[Group],
    silent: &[Silence],
) -> Completeness {
    let context = &surveyed.context;
    let gaps = silent
        .iter()
        .map(|s| Gap {
            who: groups[s.group].label.clone(),
            sources: groups[s.group].sources.clone(),
            from: s.span.from,
            to: s.span.to,
            expected_at_least: s.expected_at_least,
            expected: s.expected,
            share: s.share,
            class: s.class,
            means: s.means(),
        })
        .collect();
    let offsets = context.sources.iter().enumerate().filter_map(|(i, s)| {
        let info = s.get().filter(|s| s.clock_given && s.clock_offset != 0)?;
        Some(format!("{}: {} seconds added, as given", bundle.sources[i].path, info.clock_offset as f64 / 1e6))
    });
    let offsets = offsets.chain(surveyed.agreed.words());
    let mut blind_spots = blind_spots(context, tier);
    blind_spots.extend(crate::analyse::soft::blind::blind(&surveyed.cube.sizes.tallied));
    Completeness { gaps, clock_offsets: offsets.collect(), blind_spots, ..copies(bundle, surveyed) }
}

/// Lines that several files hold.
fn copies(bundle: &Bundle, surveyed: &Surveyed) -> Completeness {
    let ledger = |i: usize| &surveyed.cube.sources[i].ledger;
    let words = |(&i, (elders, unchecked)): (&usize, &(Vec<usize>, u64))| {
        let (path, l) = (&bundle.sources[i].path, ledger(i));
        let shown = elders.iter().take(3).map(|&e| bundle.sources[e].path.as_str()).collect::<Vec<_>>().join(", ");
        let more = if elders.len() > 3 { format!(" and {} more files", elders.len() - 3) } else { String::new() };
        let mut out = format!(
            "{path}: {} of its {} requests stand in {shown}{more} too; each is counted once.",
            count(l.duplicates),
            count(l.duplicates + l.events)
        );
        if *unchecked > 0 {
            out.push_str(&format!(
                " {} more were too many to compare one by one: some of them may be counted twice.",
                count(*unchecked)
            ));
        }
        out
    };
    let duplicates = surveyed.cube.sources.iter().map(|s| s.ledger.duplicates).sum();
    Completeness { duplicates, copies: surveyed.copies.of.iter().map(words).collect(), ..Completeness::default() }
}

/// What these logs cannot show, the general ones first.
fn blind_spots(context: &Context, tier: Tier) -> Vec<String> {
    let mut out = vec![
        "Access logs hold requests that reached a logging server. Packet floods, failed connections and requests lost on the way leave no line.".to_owned(),
        "Clients are told apart by network address: one address can be many people, and one person can have several.".to_owned(),
    ];
    let infos: Vec<_> = context.sources.iter().filter_map(|s| s.get()).collect();
    let blind: BTreeSet<(&str, &str)> = infos.iter().map(|i| (i.facts.name, i.facts.blind)).filter(|b| !b.1.is_empty()).collect();
    out.extend(blind.into_iter().map(|(name, blind)| format!("Logs in the format {name}: {blind}.")));
    if tier == Tier::Unknown {
        out.push("Nothing says whether these logs are a CDN's, a balancer's or the application's own server's: a layer in front of it would not be seen.".to_owned());
    } else if tier != Tier::Edge {
        out.push(format!(
            "The outermost logs here are the {} tier's: what a CDN or another layer in front of it served or refused is not seen.",
            tier.name()
        ));
    }
    out
}

/// Notes on how this report was computed.
pub(super) fn notes(look: &Look<'_>, seen: &Seen<'_>, clients_known: bool) -> Vec<String> {
    let tiers: BTreeSet<Tier> = look.context.sources.iter().filter_map(|s| s.get()).map(|s| s.tier).collect();
    let mut out = Vec::new();
    if tiers.len() > 1 {
        out.push(format!(
            "The same request stands in the logs of several tiers. What users met is read at the outermost one, the {} tier; tiers are never added together.",
            look.tier.name()
        ));
    }
    if let Some(why) = clients_unknown(&seen.examined, clients_known) {
        out.push(format!("{why}: clients cannot be told apart, and the intervals allow for clustering in time only."));
    }
    if look.cube.level > 0 {
        out.push(format!(
            "More than {} different paths: resources were folded to their first {} parts.",
            crate::survey::NAMES_MAX,
            4 - look.cube.level
        ));
    }
    if look.cube.folded {
        out.push(format!(
            "More than {} different hosts, POPs and backends were named: they are not told apart here.",
            crate::survey::NAMES_MAX
        ));
    }
    if !look.context.instances {
        out.push(format!(
            "The files have more than {} names: these are taken for pieces of one log, not for servers.",
            crate::words::count(crate::survey::INSTANCES_MAX as u64)
        ));
    }
    for name in &seen.plan.gone {
        out.push(format!(
            "Refusals (answers 400 to 499) for {} count as failures here: it hardly ever gave them, and then gave them to a good part of its visitors.",
            name.trim_start()
        ));
    }
    if seen.examined.sampling > 1 {
        out.push(format!(
            "There are so many clients that one in {} was kept, chosen by a hash of its address: numbers of clients are estimates, numbers of requests are exact.",
            seen.examined.sampling
        ));
    }
    if !(seen.frame.axis.from <= look.whole.from && seen.frame.axis.to >= look.whole.to) {
        out.push(format!(
            "The logs span {} to {}; the report looks at {} to {}, the stretch around the window.",
            look.whole.from, look.whole.to, seen.frame.axis.from, seen.frame.axis.to
        ));
    }
    out
}

/// Whether a silence that these logs cannot explain leaves the verdict open: over the window, or,
/// where no failure was found, anywhere at the outermost tier.
pub(super) fn leaves_open(look: &Look<'_>, story: &Story<'_>, seen: &Seen<'_>, verdict: Verdict) -> Option<String> {
    let open = |s: &Silence| s.served != Some(true) && s.class != Class::DemandGone;
    let failure = seen.plan.window.filter(|_| verdict != Verdict::NoIncident);
    let ours = |s: &&Silence| {
        let cut_off = failure.is_none() && s.class == Class::DemandCut;
        story.groups[s.group].tier == look.tier || cut_off
    };
    story.silent.iter().filter(ours).find_map(|s| {
        let matters = match (failure, look.options.window) {
            // Half of the window unseen: whatever the other half shows, it is not the window.
            (Some(w), _) => open(s) && s.span.intersect(w).is_some_and(|i| i.secs() >= 0.5 * w.secs()),
            (None, Some(asked)) => open(s) && s.span.overlaps(asked),
            (None, None) => open(s) && (!s.at_edge || s.served == Some(false)),
        };
        matters.then(|| {
            format!(
                "{} logged nothing from {} to {}, where at least {} lines were to be expected. {}",
                story.groups[s.group].label,
                s.span.from,
                s.span.to,
                s.expected_at_least,
                s.means()
            )
        })
    })
}

//! How the two were measured: where that differs, figures of the two mean different things.

use super::item::{Item, Standing, Topic};
use super::judge::name;
use super::view::Report;
use crate::case::Chosen;
use crate::event::Tier;
use crate::words;

/// Adds the points.
pub(super) fn compare(a: &Report, b: &Report, out: &mut Vec<Item>) {
    let n = |id: &str, what: &str| name(Topic::Conditions, id, what);
    let lists_none = "it lists no source with requests";
    out.push(n("tier", "tier at which failures are counted").words(tier(a), tier(b), lists_none));
    out.push(n("rules", "rules by which answers count").words(rules(a, b), rules(b, a), "it lists no rules"));
    let chosen = |r: &Report| {
        r.window.map(|w| match w.chosen {
            Chosen::Given => "given by the user".to_owned(),
            Chosen::Detected => "found in the logs".to_owned(),
        })
    };
    out.push(n("window-chosen", "time of the incident").words(chosen(a), chosen(b), "it found no incident"));
    out.push(n("gaps", "gaps of the logs in that time").words(gaps(a), gaps(b), "it found no incident"));
    let step = |r: &Report| r.axis.map(|x| words::duration(x.step as f64));
    let shown = |mut item: Item| {
        // No difference of the incidents, nor of what their figures mean.
        if item.standing == Standing::Differs {
            item.standing = Standing::Shown;
        }
        item
    };
    out.push(shown(n("step", "width of a bin of the curves").words(step(a), step(b), "it has no time axis")));
    let program = |r: &Report| r.program.as_deref().map(|p| p.chars().take(80).collect::<String>());
    out.push(n("program", "program that made the report").words(program(a), program(b), "it does not name its program"));
}

/// The outermost tier with requests.
fn tier(r: &Report) -> Option<String> {
    let tier = r.sources.iter().filter(|s| s.events > 0).map(|s| s.tier).min()?;
    Some(match tier {
        Tier::Unknown => "one that nothing names".into(),
        known => known.name().to_owned(),
    })
}

/// The rules of `r` in words; the list itself is too long for a sentence.
fn rules(r: &Report, other: &Report) -> Option<String> {
    let own = r.outcome_rules.as_ref()?;
    let same = other.outcome_rules.as_ref() == Some(own);
    let count = words::counted(own.len() as u64, "rule", "rules");
    Some(if same { format!("the same {count}") } else { format!("{count} of its own") })
}

/// Gaps of the logs that reach into the window.
fn gaps(r: &Report) -> Option<String> {
    let w = r.window?;
    let n = r.completeness.gaps.iter().filter(|g| g.from < w.to && w.from < g.to).count() as u64;
    Some(if n == 0 { "none".into() } else { words::count(n) })
}

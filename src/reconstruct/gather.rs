//! The second pass over the sources that hold anything of the stretches looked at.

use super::Look;
use super::sources::identify;
use crate::examine::{Examine, Examined, Plan};
use crate::read::{Sniffed, pump_again};
use crate::time::Span;

pub(super) fn examine(look: &Look<'_>, plan: &Plan<'_>) -> Examined {
    let wanted = |i: usize| {
        let Some((first, last)) = look.cube.sources[i].span else { return false };
        let span = Span::new(first, last.plus(1));
        plan.axis.overlaps(span) || plan.given_baseline.iter().any(|b| b.overlaps(span))
    };
    let sniff = |i: usize, head: &[u8]| match identify(
        &look.bundle.sources[i].path,
        head,
        look.options,
        &look.context.catalogue,
        look.context.instances,
    ) {
        Ok((info, dialect)) => Sniffed::Log { dialect, facts: info.facts },
        Err(why) => Sniffed::NotALog(why),
    };
    let files = (0..look.bundle.sources.len()).filter(|&i| wanted(i)).count() as u64;
    look.progress.begin("looking closer", look.bundle.packed_bytes(wanted), files);
    let parts = pump_again(
        look.bundle,
        look.options.threads,
        &wanted,
        &sniff,
        &|| Examine::new(look.context, plan, look.tier),
        &|e, chunk| e.take(chunk),
        look.progress,
    );
    look.progress.end();
    let merged = parts.into_iter().reduce(|mut a, b| {
        a.merge(b);
        a
    });
    merged.unwrap_or_else(|| Examine::new(look.context, plan, look.tier)).finish()
}

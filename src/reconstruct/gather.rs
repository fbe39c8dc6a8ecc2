//! The second pass over the sources that hold anything of the stretches looked at.

use super::Look;
use super::again::Again;
use crate::examine::{Examine, Examined, Plan};
use crate::time::Span;

pub(super) fn examine(look: &Look<'_>, plan: &Plan<'_>) -> Examined {
    let wanted = |i: usize| {
        let Some((first, last)) = look.cube.sources[i].span else { return false };
        let span = Span::new(first, last.plus(1));
        plan.axis.overlaps(span) || plan.given_baseline.iter().any(|b| b.overlaps(span))
    };
    let again = Again { bundle: look.bundle, options: look.options, context: look.context, progress: look.progress };
    let new = || Examine::new(look.context, plan, look.tier);
    again.read("looking closer", &wanted, &new, &|e, chunk| e.take(chunk), Examine::merge).finish()
}

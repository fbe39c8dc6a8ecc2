//! The window judged again without the few machines that made much of what failed in it.

use super::{Look, Seen};
use crate::analyse::evidence::Evidence;
use crate::analyse::leaves::View;
use crate::analyse::machines::{Changes, machines};
use crate::analyse::scope::{Finding, judge};
use crate::examine::{Phase, Reading};

/// What is to be said of machines.
pub(super) struct Through {
    /// A sentence.
    pub says: String,
    /// Whether the answer hangs on them, and so is open.
    pub open: bool,
}

/// Looks through the machines, if there are any and that changes the answer; what to say of it where
/// their requests no longer count in `seen`.
pub(super) fn looked_through(look: &Look<'_>, seen: &mut Seen<'_>, finding: &mut Finding) -> Option<Through> {
    let window = seen.plan.window.filter(|_| look.options.resource.is_none())?;
    let fine = seen.examined.fine;
    let (found, other, changes) = {
        let view = View::new(&seen.examined, look.tier);
        let window = seen.window(&view, look).unwrap_or(window);
        let e = seen.evidence(&view, look, window);
        let found = machines(&e)?;
        let mut less = seen.examined.read_as(Reading::AsRuled, &|_| false);
        less.set_aside(&found.keys, &|bin| seen.plan.phase(fine.start(bin)) == Some(Phase::During));
        let other = judge(&Evidence { examined: &less, view: &View::new(&less, look.tier), ..e });
        let changes = found.change(finding, &other);
        (found, other, changes)
    };
    match changes {
        Changes::Nothing => None,
        Changes::Replaced => {
            seen.examined.set_aside(&found.keys, &|bin| seen.plan.phase(fine.start(bin)) == Some(Phase::During));
            *finding = other;
            Some(Through { says: format!("Set aside: {} Their requests are not counted here.", found.says), open: false })
        }
        Changes::Open => {
            let says = format!("{} Without them the answer would be “{}”.", found.says, other.verdict.name());
            Some(Through { says, open: true })
        }
    }
}

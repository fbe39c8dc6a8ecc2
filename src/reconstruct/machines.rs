//! The window judged again without the few machines that made much of what failed in it.

use super::{Look, Seen};
use crate::analyse::leaves::View;
use crate::analyse::machines::{Changes, machines};
use crate::analyse::scope::Finding;

/// What is to be said of machines.
pub(super) struct Through {
    /// A sentence.
    pub says: String,
    /// Whether the answer hangs on them, and so is open.
    pub open: bool,
}

/// Looks through the machines, if there are any and that changes the answer; what to say of it where
/// their requests no longer count in `seen`.
pub(super) fn looked_through<'a>(look: &Look<'a>, seen: &mut Seen<'a>, finding: &mut Finding) -> Option<Through> {
    let window = seen.plan.window.filter(|_| look.options.resource.is_none())?;
    let found = {
        let view = View::new(&seen.examined, look.tier);
        let window = seen.window(&view, look).unwrap_or(window);
        machines(&seen.evidence(&view, look, window))?
    };
    // Read again, so that their requests are nowhere counted: not in the course of the failures, not by status, not
    // among those whose maker is asked for, not in what users got.
    let less = look.examine_again(seen, Some(window), found.keys.clone());
    let other = less.judge(look);
    match found.change(finding, &other) {
        Changes::Nothing => None,
        Changes::Replaced => {
            (*seen, *finding) = (less, other);
            Some(Through { says: format!("Set aside: {} Their requests are not counted here.", found.says), open: false })
        }
        Changes::Open => {
            let says = format!("{} Without them the answer would be “{}”.", found.says, other.verdict.name());
            Some(Through { says, open: true })
        }
    }
}

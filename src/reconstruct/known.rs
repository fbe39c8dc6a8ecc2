//! Holes that the files themselves show, whatever the traffic: rotations that are not there, and files
//! that were cut short.

use super::Surveyed;
use super::sources;
use crate::analyse::gaps::{Group, Known};
use crate::bundle::rotation::{Mark, holes, mark};
use crate::bundle::{Bundle, names};
use crate::time::{Micros, Span};

/// The writers of the recognised sources, with the holes that their files show.
pub(super) fn groups(bundle: &Bundle, surveyed: &Surveyed) -> Vec<Group> {
    let mut groups = sources::groups(bundle, &surveyed.context, &surveyed.cube);
    for group in &mut groups {
        let mut known = missing(bundle, surveyed, group);
        known.extend(cut_short(bundle, surveyed, group));
        known.sort_by_key(|k| k.span);
        group.known = known;
    }
    groups
}

/// Rotations that the names let expect. A file that is there and empty is not missing.
fn missing(bundle: &Bundle, surveyed: &Surveyed, group: &Group) -> Vec<Known> {
    let Some(&one) = group.sources.first() else { return Vec::new() };
    let name = names::group(&bundle.sources[one].path);
    let marks: Vec<Mark> =
        bundle.sources.iter().filter(|s| names::group(&s.path) == name).filter_map(|s| mark(&s.path)).collect();
    let spans = |wanted: Mark| {
        let own = group.sources.iter().filter(move |&&s| mark(&bundle.sources[s].path) == Some(wanted));
        own.filter_map(|&s| surveyed.cube.sources[s].span)
    };
    let known = |hole: crate::bundle::rotation::Hole| {
        let (from, to) = (spans(hole.before).map(|s| s.1).max()?, spans(hole.after).map(|s| s.0).min()?);
        let files = if hole.missing == 1 {
            format!("The file for {} is missing", hole.names)
        } else {
            format!("{} files, {}, are missing", hole.missing, hole.names)
        };
        let why = format!("{files} in the sequence of this log's names: lines are missing, whatever became of the requests.");
        (to > from).then(|| Known { span: Span::new(from, to), why })
    };
    holes(&marks).into_iter().filter_map(known).collect()
}

/// Files that could not be read to their end: from their last event to the first of the log after that.
fn cut_short<'a>(bundle: &'a Bundle, surveyed: &'a Surveyed, group: &'a Group) -> impl Iterator<Item = Known> + 'a {
    let span = |s: usize| surveyed.cube.sources[s].span;
    let end = surveyed.cube.span.map(|s| s.to);
    group.sources.iter().filter_map(move |&s| {
        surveyed.outcomes[s].as_ref()?.trouble.as_ref()?;
        let last = span(s)?.1;
        let next: Option<Micros> = group.sources.iter().filter_map(|&o| span(o)).map(|o| o.0).filter(|from| *from > last).min();
        let to = next.or(end)?;
        let why = format!(
            "The file {} could not be read to its end: lines are missing, whatever became of the requests.",
            bundle.sources[s].path
        );
        (to > last).then(|| Known { span: Span::new(last, to), why })
    })
}

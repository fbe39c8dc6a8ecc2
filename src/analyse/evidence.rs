//! What the questions about a window are asked of: the second pass, the window and its baseline.

use super::leaves::View;
use super::shares::{Measured, Stretch, measure};
use crate::examine::{Examined, Phase, Plan};
use crate::time::{SECOND, Span, Step, without};
use std::collections::BTreeMap;

/// Both baseline phases.
pub const BASELINE: [Phase; 2] = [Phase::Before, Phase::After];

/// Another reading of the same evidence, to see whether the answer hangs on one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// A client whose requests are left out, by its key.
    pub without: Option<u64>,
    /// Which phases are the baseline.
    pub baseline: &'static [Phase],
    /// By what the margin of the rest's test is multiplied.
    pub margin: f64,
}

impl Default for Reading {
    fn default() -> Self {
        Reading { without: None, baseline: &BASELINE, margin: 1.0 }
    }
}

/// What is looked at.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// The second pass.
    pub examined: &'a Examined,
    /// Its plan.
    pub plan: &'a Plan<'a>,
    /// The outermost tier's leaves.
    pub view: &'a View<'a>,
    /// The window.
    pub window: Span,
    /// Width of clusters in time: see [`cluster_step`].
    pub step: Step,
    /// The user's question, if it is about one resource.
    pub resource: Option<&'a str>,
    /// Whether addresses tell clients apart (see `few::proxied`).
    pub clients_known: bool,
    /// What the window was detected on: its leaves and its attribute = value.
    pub candidate: Option<(Vec<bool>, BTreeMap<String, String>)>,
    /// How it is read.
    pub reading: Reading,
}

/// Clusters in time for a window: a twentieth of it, so that there are some twenty of them however
/// the charts are binned; at least one fine bin.
#[must_use]
pub fn cluster_step(window: Span, fine: Step) -> Step {
    let wanted = (window.to.0 - window.from.0) / SECOND / 20;
    Step((wanted / fine.0).max(1) * fine.0)
}

impl Evidence<'_> {
    /// The chosen leaves in the window; in all that is looked at, where there is none.
    #[must_use]
    pub fn during(&self, chosen: &dyn Fn(usize) -> bool) -> Measured {
        let phases: &[Phase] = if self.plan.window.is_some() { &[Phase::During] } else { &BASELINE };
        measure(self.examined, chosen, &self.stretch(&[self.window], phases))
    }

    /// The chosen leaves in the baseline: the phases listed.
    #[must_use]
    pub fn baseline(&self, chosen: &dyn Fn(usize) -> bool, phases: &[Phase]) -> Measured {
        let phases: Vec<Phase> = phases.iter().copied().filter(|p| self.reading.baseline.contains(p)).collect();
        measure(self.examined, chosen, &self.stretch(&self.baseline_spans(&phases), &phases))
    }

    /// Spans and phases with this window's clusters.
    #[must_use]
    pub fn stretch<'s>(&self, spans: &'s [Span], phases: &'s [Phase]) -> Stretch<'s> {
        Stretch { spans, phases, step: self.step, clients_known: self.clients_known, without: self.reading.without }
    }

    /// The baseline in whole fine bins: what the user gave, or the axis; without the window (as it
    /// was planned and as it was dated) and without other episodes.
    #[must_use]
    pub fn baseline_spans(&self, phases: &[Phase]) -> Vec<Span> {
        let fine = self.examined.fine;
        let mut left: Vec<Span> = match self.plan.given_baseline.as_slice() {
            [] => vec![self.plan.axis],
            given => given.iter().map(|&s| fine.cover(s)).collect(),
        };
        let windows = self.plan.window.iter().flat_map(|w| [*w, self.window]).chain(self.plan.detected);
        for hole in windows.chain(self.plan.aside.iter().copied()) {
            left = without(left, fine.cover(hole));
        }
        let side = |s: &Span| match self.plan.window {
            Some(w) if s.from >= w.from => Phase::After,
            _ => Phase::Before,
        };
        left.retain(|s| phases.contains(&side(s)));
        left
    }

    /// Whether a fine bin belongs to the baseline.
    #[must_use]
    pub fn is_baseline(&self, at: Span) -> bool {
        let clear = self.plan.window.is_none() || !self.window.overlaps(at);
        clear && super::leaves::is_baseline(self.plan, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;

    fn span(from: i64, to: i64) -> Span {
        Span::new(Micros::from_secs(from), Micros::from_secs(to))
    }

    #[test]
    fn clusters_in_time_follow_the_window_not_the_charts() {
        assert_eq!(cluster_step(span(0, 2_400), Step(1)), Step(120));
        assert_eq!(cluster_step(span(0, 40), Step(1)), Step(2));
        assert_eq!(cluster_step(span(0, 40), Step(5)), Step(5));
    }
}

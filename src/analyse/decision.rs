//! Question: what may be said of a target that surely failed, and of the rest beside it?
//! Method: the first row that fits, from what the tests of `extent` came to; nothing is measured here.
//! Assumes: the target's failures surely rose, for many clients.
//! Reference: the table in `docs/methods.md`, Scope, which has these rows in this order.

use super::extent::{SHARE_MIN, SITE_SHARE};
use crate::case::Verdict;

/// Best estimate of the share of the excess from which on the cause set explains it even where the lower end lies below
/// [`SHARE_MIN`]: few failures leave a low end low though all of them are the target's. A twentieth is then left to a
/// rest that passed its own test.
const SHARE_BEST: f64 = 0.95;

/// A rest that surely rose by less than this part of what the target surely did suffered little beside it: who asked for
/// the one thing failed four times as often as who asked for another. Between the tenth that counts as healthy where
/// traffic is thin (`extent::MARGIN_PART`) and the half below.
const FAR_LESS: f64 = 0.25;

/// A rest that surely rose by less than this part of what the target did: the target is the place of the failure, not its
/// whole.
const LESS: f64 = 0.5;

/// What the tests came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tests {
    /// Whether the rest stayed healthy.
    pub healthy: Option<bool>,
    /// Share of the excess that the cause set holds, 0 where not known, and the lower end.
    pub share: (f64, f64),
    /// Upper end of the rest's rise, 95 % two-sided; `None` where there is nothing to compare with.
    pub rest_high: Option<f64>,
    /// Lower end of the target's rise.
    pub target_low: f64,
    /// Whether the rest's rise lies above the least margin even at 99.5 %.
    pub beyond_doubt: bool,
    /// Whether the cause found first is single things: resources or hosts.
    pub things: bool,
    /// Whether the whole cause is single things, and a few of them.
    pub few_things: bool,
    /// Whether the cause is a union of sets, and much of the site failed.
    pub across: bool,
    /// Share of the baseline's measurable traffic, by resource, that failed.
    pub degraded: f64,
    /// Requests of the rest in the window.
    pub rest: u64,
    /// Whether there is a rest with traffic to measure that did not surely fail as well.
    pub left_unknown: bool,
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row {
    /// The rest is healthy, and a few things explain the excess.
    Confined,
    /// The rest is healthy, and something else than a few things explains the excess.
    HealthyRest,
    /// The rest seems to have risen, by far less than the target; a few things failed, and it is not beyond doubt.
    SeemsBeside,
    /// The rest rose, by far less than the target.
    FarLessBeside,
    /// A part of the site failed; whether the rest rose at all is open, but it was by far less.
    UnsureBeside,
    /// Much of the site failed, and this part of it stayed healthy.
    HealthySegment(String),
    /// Much of the site failed, for some clients only: why that is said.
    SomeClients(String),
    /// Much of the site failed, and nothing speaks against all of it.
    SiteWide,
    /// The rest rose, by less than half of what the target did.
    LessBeside,
    /// Everything that can be measured failed, and that is too little to be called the site.
    TooFew,
    /// The rest has too little traffic.
    TooThin,
}

impl Row {
    /// The word for it.
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Row::Confined => Verdict::Confined,
            Row::HealthyRest | Row::FarLessBeside | Row::UnsureBeside | Row::HealthySegment(_) | Row::LessBeside => {
                Verdict::Partial
            }
            Row::SiteWide => Verdict::SiteWide,
            Row::SeemsBeside | Row::SomeClients(_) | Row::TooFew | Row::TooThin => Verdict::Inconclusive,
        }
    }
}

/// The first row that fits. A healthy segment and failures of some clients only are dear to look for, so they are asked
/// for where it comes to them.
pub(super) fn row(t: &Tests, segment: &dyn Fn() -> Option<String>, some_clients: &dyn Fn() -> Option<String>) -> Row {
    let less = |part: f64| t.rest_high.is_some_and(|high| high < part * t.target_low);
    let (share, low) = t.share;
    let much = t.degraded >= SITE_SHARE;
    let failed = t.healthy == Some(false);
    if !t.across {
        if t.healthy == Some(true) && (low >= SHARE_MIN || share >= SHARE_BEST) {
            return if t.few_things { Row::Confined } else { Row::HealthyRest };
        }
        if failed && less(FAR_LESS) {
            return if t.few_things && !t.beyond_doubt { Row::SeemsBeside } else { Row::FarLessBeside };
        }
        if t.healthy.is_none() && !t.things && less(FAR_LESS) {
            return Row::UnsureBeside;
        }
    }
    if much && let Some(healthy) = segment() {
        return Row::HealthySegment(healthy);
    }
    if much && let Some(why) = some_clients() {
        return Row::SomeClients(why);
    }
    if much && (t.across || !t.left_unknown) {
        return Row::SiteWide;
    }
    if failed && less(LESS) {
        return Row::LessBeside;
    }
    if failed || t.rest == 0 { Row::TooFew } else { Row::TooThin }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One page failed for everybody, and the rest surely did not.
    const CLEAR: Tests = Tests {
        healthy: Some(true),
        share: (0.99, 0.9),
        rest_high: Some(0.002),
        target_low: 0.4,
        beyond_doubt: false,
        things: true,
        few_things: true,
        across: false,
        degraded: 0.1,
        rest: 10_000,
        left_unknown: true,
    };

    /// Half of the site failed, and the rest as well.
    const WIDE: Tests = Tests { healthy: Some(false), rest_high: Some(0.3), degraded: 0.9, left_unknown: false, ..CLEAR };

    fn none() -> Option<String> {
        None
    }

    #[test]
    fn each_row_of_the_table_is_reached_by_the_figures_it_names() {
        let pop = Tests { things: false, few_things: false, ..CLEAR };
        let risen = Tests { healthy: Some(false), rest_high: Some(0.05), beyond_doubt: true, left_unknown: false, ..CLEAR };
        let unsure = Tests { healthy: None, rest_high: Some(0.05), ..CLEAR };
        let thin = Tests { healthy: None, rest_high: Some(0.3), ..CLEAR };
        let all = Tests { healthy: None, rest_high: None, rest: 0, left_unknown: false, ..CLEAR };
        for (what, tests, want) in [
            ("a page", CLEAR, Row::Confined),
            ("few failures", Tests { share: (0.96, 0.5), ..CLEAR }, Row::Confined),
            ("a POP", pop, Row::HealthyRest),
            ("many pages", Tests { few_things: false, ..CLEAR }, Row::HealthyRest),
            ("a healthy rest, much unexplained", Tests { share: (0.9, 0.7), ..CLEAR }, Row::TooThin),
            ("a page, and the rest a little", risen, Row::FarLessBeside),
            ("a page, and the rest perhaps a little", Tests { beyond_doubt: false, ..risen }, Row::SeemsBeside),
            (
                "a POP, and the rest perhaps a little",
                Tests { beyond_doubt: false, few_things: false, ..risen },
                Row::FarLessBeside,
            ),
            ("a POP, and a rest that cannot be told", Tests { things: false, few_things: false, ..unsure }, Row::UnsureBeside),
            ("a page, and a rest that cannot be told", unsure, Row::TooThin),
            ("a POP, and hardly any rest", Tests { things: false, few_things: false, ..thin }, Row::TooThin),
            ("the site", WIDE, Row::SiteWide),
            ("the site but for its thin pages", Tests { healthy: None, rest: 10, ..WIDE }, Row::SiteWide),
            ("most of a site, and a rest that cannot be told", Tests { left_unknown: true, healthy: None, ..WIDE }, Row::TooThin),
            (
                "sets across the site, and a rest that seems healthy",
                Tests { across: true, degraded: 0.9, ..CLEAR },
                Row::SiteWide,
            ),
            ("a page, and the rest less than half", Tests { rest_high: Some(0.15), ..risen }, Row::LessBeside),
            ("a page, and the rest as much", Tests { rest_high: Some(0.3), ..risen }, Row::TooFew),
            ("all there is", all, Row::TooFew),
        ] {
            assert_eq!(row(&tests, &none, &none), want, "{what}");
        }
    }

    #[test]
    fn what_speaks_against_the_whole_site_is_asked_only_where_much_of_it_failed() {
        let yes = || Some("POP ams".to_owned());
        let never = || -> Option<String> { panic!("nobody asks") };
        assert_eq!(row(&WIDE, &yes, &never), Row::HealthySegment("POP ams".into()));
        assert_eq!(row(&WIDE, &none, &yes), Row::SomeClients("POP ams".into()));
        assert_eq!(row(&Tests { degraded: 0.49, ..WIDE }, &never, &never), Row::TooFew);
        assert_eq!(row(&CLEAR, &never, &never), Row::Confined);
    }

    #[test]
    fn a_sure_word_needs_a_tested_rest_or_a_failed_site() {
        // Whatever else holds, a rest that cannot be told and a site that did not fail allow neither word.
        for bits in 0..32_u32 {
            let bit = |i: u32| bits >> i & 1 == 1;
            let t = Tests {
                healthy: None,
                things: bit(0),
                few_things: bit(1),
                beyond_doubt: bit(2),
                across: bit(3),
                left_unknown: bit(4),
                degraded: 0.4,
                ..CLEAR
            };
            let verdict = row(&t, &none, &none).verdict();
            assert!(!matches!(verdict, Verdict::Confined | Verdict::SiteWide), "{t:?}");
        }
        assert_eq!(Row::SiteWide.verdict(), Verdict::SiteWide);
        assert_eq!(Row::SomeClients(String::new()).verdict(), Verdict::Inconclusive);
    }
}

//! Events and claims as numbered signs above a plot, explained in a list below it.

use super::canvas::{LABEL, Page, Rect};
use super::palette::{GREY, INK, PAPER};
use crate::case::{Case, ClaimStanding};
use crate::time::Micros;
use crate::words;

/// Most numbered markers; more are counted.
pub(crate) const MOST: usize = 12;
/// Distance between neighbouring signs, pixels.
const APART: f64 = 38.0;
/// Height of a line of the list.
const LINE: f64 = 36.0;

/// One numbered moment.
pub(crate) struct Marker {
    pub(crate) at: Micros,
    before: String,
    says: String,
    after: String,
    is_claim: bool,
}

/// The moments of a case, in order, and how many of them could not be shown.
pub(crate) struct Markers {
    pub(crate) shown: Vec<Marker>,
    left_out: Option<String>,
}

impl Markers {
    /// Events and dated claims that lie on the axis, at most [`MOST`], by time.
    pub(crate) fn of(case: &Case) -> Self {
        let events = case.events.iter().map(|e| Marker {
            at: e.at,
            before: String::new(),
            says: e.says.clone(),
            after: String::new(),
            is_claim: false,
        });
        let claims = case.claims.iter().filter_map(|c| {
            let verdict = match c.standing {
                ClaimStanding::Consistent => "the logs agree",
                ClaimStanding::Contradicted => "the logs contradict it",
                ClaimStanding::NotTestable => "these logs cannot tell",
            };
            let before = c.by.as_deref().map_or_else(|| "claim: “".to_owned(), |by| format!("{by}: “"));
            // Of a claim that nobody dated, the moment it speaks of.
            let moment = c.held.about.filter(|s| s.from == s.to).map(|s| s.from);
            c.at.or(moment)
                .map(|at| Marker { at, before, says: c.says.clone(), after: format!("” ({verdict})"), is_claim: true })
        });
        let (mut shown, outside): (Vec<_>, Vec<_>) = events.chain(claims).partition(|m| {
            let span = case.axis.span();
            span.from <= m.at && m.at <= span.to
        });
        shown.sort_by_key(|m| m.at);
        let more = shown.len().saturating_sub(MOST) as u64;
        shown.truncate(MOST);
        let mut left_out = vec![];
        if more > 0 {
            left_out.push(format!("{} not shown", words::counted(more, "later moment", "later moments")));
        }
        if !outside.is_empty() {
            left_out.push(format!("{} outside this time", words::counted(outside.len() as u64, "moment", "moments")));
        }
        Markers { shown, left_out: (!left_out.is_empty()).then(|| left_out.join(", ")) }
    }

    /// Height of the list.
    pub(crate) fn list_height(&self) -> f64 {
        (self.shown.len() + usize::from(self.left_out.is_some())) as f64 * LINE
    }

    /// Draws the signs in a row at `y`, each tied to its true moment at the plot's top and drawn
    /// as a faint line through the plot (`x` gives a moment's place).
    pub(crate) fn signs(&self, page: &Page<'_>, plot: Rect, y: f64, x: impl Fn(Micros) -> f64) {
        let true_x: Vec<f64> = self.shown.iter().map(|m| x(m.at)).collect();
        let sign_x = spread(&true_x, APART, plot.left, plot.right);
        for (((number, marker), x), sign) in (1..).zip(&self.shown).zip(&true_x).zip(&sign_x) {
            page.line(&[(*sign, y), (*sign, y + 20.0), (*x, plot.top - 4.0)], GREY, 1.0);
            page.dashed(&[(*x, plot.top - 4.0), (*x, plot.bottom)], GREY, 1.0, (2.0, 5.0));
            sign_at(page, (*sign, y), number, marker.is_claim);
        }
    }

    /// Draws the list from the top of `area` on.
    pub(crate) fn list(&self, page: &Page<'_>, area: Rect, dated: bool) {
        let mut y = area.top + LINE / 2.0;
        for (i, marker) in self.shown.iter().enumerate() {
            sign_at(page, (area.left + 16.0, y), i + 1, marker.is_claim);
            let time = if dated { words::dated_clock(marker.at) } else { words::clock(marker.at) };
            page.text(&time, area.left + 44.0, y, LABEL.bold());
            let left = area.left + 44.0 + LABEL.bold().width(&time) + 14.0;
            page.text(&marker.line(area.right - left), left, y, LABEL);
            y += LINE;
        }
        if let Some(text) = &self.left_out {
            page.text(text, area.left, y, LABEL.color(GREY));
        }
    }
}

impl Marker {
    /// What the list says, no wider than `room`: long statements give way, what the logs say of them stays.
    fn line(&self, room: f64) -> String {
        let before = LABEL.shorten(&self.before, room / 4.0);
        let rest = room - LABEL.width(&before) - LABEL.width(&self.after);
        format!("{before}{}{}", LABEL.shorten(&self.says, rest), self.after)
    }
}

/// Events are dark discs, claims light squares.
fn sign_at(page: &Page<'_>, (x, y): (f64, f64), number: usize, is_claim: bool) {
    const HALF: f64 = 15.0;
    let number = number.to_string();
    if is_claim {
        let box_ = Rect::new(x - HALF, y - HALF, x + HALF, y + HALF);
        page.fill(box_, PAPER);
        page.outline(box_, INK, 2.0);
        page.text(&number, x, y, LABEL.bold().center());
    } else {
        page.disc((x, y), HALF + 1.0, INK);
        page.text(&number, x, y, LABEL.bold().center().color(PAPER));
    }
}

/// Moves sorted places apart until neighbours are `apart` or more, each group staying centred on
/// where its members belong, all inside `low` to `high` (as far as they fit).
fn spread(wanted: &[f64], apart: f64, low: f64, high: f64) -> Vec<f64> {
    // groups of (sum of each member's wish for the group's start, members)
    let mut groups: Vec<(f64, usize)> = vec![];
    let start = |(sum, n): (f64, usize)| (sum / n as f64).min(high - apart * (n - 1) as f64).max(low);
    for x in wanted {
        groups.push((*x, 1));
        while groups.len() > 1 {
            let (a, b) = (groups[groups.len() - 2], groups[groups.len() - 1]);
            if start(a) + apart * a.1 as f64 <= start(b) {
                break;
            }
            groups.truncate(groups.len() - 2);
            groups.push((a.0 + b.0 - apart * (a.1 * b.1) as f64, a.1 + b.1));
        }
    }
    groups.into_iter().flat_map(|g| (0..g.1).map(move |i| start(g) + apart * i as f64)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn neighbours_move_apart_around_their_common_place() {
        assert_eq!(spread(&[100.0, 300.0], 40.0, 0.0, 1000.0), [100.0, 300.0]);
        assert_eq!(spread(&[100.0, 100.0], 40.0, 0.0, 1000.0), [80.0, 120.0]);
        assert_eq!(spread(&[0.0, 0.0, 1000.0], 40.0, 0.0, 1000.0), [0.0, 40.0, 1000.0]);
    }

    proptest! {
        #[test]
        fn signs_never_overlap_nor_leave_the_plot(mut xs in prop::collection::vec(0.0..1400.0f64, 0..MOST)) {
            xs.sort_by(f64::total_cmp);
            let placed = spread(&xs, APART, 0.0, 1400.0);
            prop_assert_eq!(placed.len(), xs.len());
            prop_assert!(placed.windows(2).all(|w| w[1] - w[0] >= APART - 1e-6), "{:?}", placed);
            prop_assert!(placed.iter().all(|x| (-1e-6..=1400.0 + 1e-6).contains(x)));
        }
    }
}

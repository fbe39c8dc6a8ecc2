//! The two ways of comparing: words, which are the same or not, and figures, by their intervals.

use super::item::{Item, Standing, Topic, Unit, Value};
use crate::case::Share;
use crate::stats::interval::{Interval, newcombe};
use crate::words;

/// Where a point belongs and what it is called.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) topic: Topic,
    pub(super) id: String,
    pub(super) name: String,
}

/// A name.
pub(super) fn name(topic: Topic, id: impl Into<String>, name: impl Into<String>) -> Name {
    Name { topic, id: id.into(), name: name.into() }
}

impl Name {
    fn item(self, unit: Unit, standing: Standing, says: String, a: Value, b: Value, difference: Share) -> Item {
        Item { topic: self.topic, id: self.id, name: self.name, unit, standing, says, a, b, difference }
    }

    /// The name as the beginning of a sentence.
    fn start(&self) -> String {
        let mut letters = self.name.chars();
        letters.next().map_or_else(String::new, |c| c.to_uppercase().chain(letters).collect())
    }

    /// Words of both: the same or not.
    pub(super) fn words(self, a: Option<String>, b: Option<String>, lacking: &str) -> Item {
        let (Some(x), Some(y)) = (&a, &b) else { return self.lacking(a.is_none(), b.is_none(), text(a), text(b), lacking) };
        let (standing, says) = if x == y {
            (Standing::Agrees, format!("{}: {x} in both.", self.start()))
        } else {
            (Standing::Differs, format!("{}: {x} in A, {y} in B.", self.start()))
        };
        self.item(Unit::Words, standing, says, text(a), text(b), Share::NONE)
    }

    /// Words of both with a judgement made elsewhere.
    pub(super) fn judged(self, standing: Standing, says: String, a: String, b: String) -> Item {
        self.item(Unit::Words, standing, says, text(Some(a)), text(Some(b)), Share::NONE)
    }

    /// Figures of both, by their intervals; without intervals side by side.
    pub(super) fn figures(self, unit: Unit, a: Share, b: Share, lacking: &str) -> Item {
        let (va, vb) = (figure(unit, a), figure(unit, b));
        let (Some(x), Some(y)) = (a.value, b.value) else {
            return self.lacking(a.value.is_none(), b.value.is_none(), va, vb, lacking);
        };
        let begin = format!("{}: {} in A, {} in B", self.start(), va.text, vb.text);
        let Some((ia, ib)) = interval(a).zip(interval(b)) else {
            let says = format!("{begin}{}.", ratio(x, y));
            return self.item(unit, Standing::Shown, says, va, vb, Share::NONE);
        };
        if unit == Unit::Times {
            return self.ratios(begin, (a, va), (b, vb));
        }
        let d = newcombe(x, ia, y, ib);
        let difference = Share { value: Some(x - y), low: Some(d.low), high: Some(d.high) };
        let (standing, says) = if d.low > 0.0 || d.high < 0.0 {
            let (more, (small, large)) = if d.low > 0.0 { ("A", (d.low, d.high)) } else { ("B", (-d.high, -d.low)) };
            let by = apart(unit, (x - y).abs(), small, large);
            (Standing::Differs, format!("{begin}. {more}'s is larger by {by}: more than their intervals allow for."))
        } else {
            let by = apart(unit, x - y, d.low, d.high);
            (Standing::Open, format!("{begin}. Their intervals do not tell them apart: A minus B is {by}."))
        };
        self.item(unit, standing, says, va, vb, difference)
    }

    /// Figures that are ratios themselves: compared by their own ratio, on logarithms, where their intervals are even.
    fn ratios(self, begin: String, (a, va): (Share, Value), (b, vb): (Share, Value)) -> Item {
        let log = |s: Share| -> Option<(f64, Interval)> {
            let ln = |v: Option<f64>| v.filter(|v| *v > 0.0).map(f64::ln);
            Some((ln(s.value)?, Interval { low: ln(s.low)?, high: ln(s.high)? }))
        };
        let Some(((x, ia), (y, ib))) = log(a).zip(log(b)) else {
            return self.item(Unit::Times, Standing::Shown, format!("{begin}."), va, vb, Share::NONE);
        };
        let d = newcombe(x, ia, y, ib);
        let (ratio, low, high) = ((x - y).exp(), d.low.exp(), d.high.exp());
        let by = format!("A's is {} times B's ({} to {})", factor(ratio), factor(low), factor(high));
        let (standing, says) = if d.low > 0.0 || d.high < 0.0 {
            (Standing::Differs, format!("{begin}. {by}: more than their intervals allow for."))
        } else {
            (Standing::Open, format!("{begin}. Their intervals do not tell them apart: {by}."))
        };
        let difference = Share { value: Some(ratio), low: Some(low), high: Some(high) };
        self.item(Unit::Times, standing, says, va, vb, difference)
    }

    /// Plain counts side by side.
    pub(super) fn counts(self, a: Option<u64>, b: Option<u64>, lacking: &str) -> Item {
        let share = |n: Option<u64>| Share { value: n.map(|n| n as f64), low: None, high: None };
        self.figures(Unit::Count, share(a), share(b), lacking)
    }

    /// One of the two lacks it.
    fn lacking(self, no_a: bool, no_b: bool, a: Value, b: Value, why: &str) -> Item {
        let who = match (no_a, no_b) {
            (true, true) => "neither report gives it".to_owned(),
            (true, false) => format!("report A does not give it (B: {})", b.text),
            _ => format!("report B does not give it (A: {})", a.text),
        };
        let says = format!("{} cannot be compared: {who}; {why}.", self.start());
        self.item(Unit::Words, Standing::NotComparable, says, a, b, Share::NONE)
    }
}

fn text(text: Option<String>) -> Value {
    Value { text: text.unwrap_or_default(), ..Value::default() }
}

fn interval(s: Share) -> Option<Interval> {
    s.low.zip(s.high).map(|(low, high)| Interval { low, high })
}

fn figure(unit: Unit, s: Share) -> Value {
    let text = s.value.map_or_else(String::new, |v| match (unit, s.low.zip(s.high)) {
        (Unit::Share, _) => words::percent_interval(s.value, s.low, s.high),
        (Unit::Times, Some((low, high))) => format!("{} times ({} to {})", factor(v), factor(low), factor(high)),
        (_, Some((low, high))) => format!("{} ({} to {})", plain(unit, v), plain(unit, low), plain(unit, high)),
        _ => plain(unit, v),
    });
    Value { text, value: s.value, low: s.low, high: s.high }
}

/// A figure as it is said.
fn plain(unit: Unit, v: f64) -> String {
    match unit {
        Unit::Share => words::percent(v),
        Unit::Seconds if v < 0.0 => format!("-{}", words::duration(v)),
        Unit::Seconds => words::duration(v),
        Unit::Times => format!("{} times", factor(v)),
        Unit::Count | Unit::Words => words::count(v.max(0.0).round() as u64),
    }
}

/// A difference with its interval, as it is said.
fn apart(unit: Unit, d: f64, low: f64, high: f64) -> String {
    match unit {
        Unit::Share => format!("{} percentage points ({} to {})", points(d), points(low), points(high)),
        _ => format!("{} ({} to {})", plain(unit, d), plain(unit, low), plain(unit, high)),
    }
}

/// Percentage points with the digits that matter.
fn points(d: f64) -> String {
    let p = d * 100.0;
    let digits = match p.abs() {
        x if x >= 10.0 => 0,
        x if x >= 1.0 => 1,
        x if x >= 0.1 => 2,
        _ => 3,
    };
    let said = format!("{p:.digits$}");
    if said.trim_start_matches('-').bytes().all(|b| b == b'0' || b == b'.') { "0".into() } else { said }
}

/// How many times the larger holds the smaller.
fn ratio(x: f64, y: f64) -> String {
    match (x, y) {
        _ if x == y => " (the same number)".into(),
        _ if x.min(y) <= 0.0 => String::new(),
        _ if x > y => format!("; A's is {} times B's", times(x / y)),
        _ => format!("; B's is {} times A's", times(y / x)),
    }
}

/// A factor with the digits that matter.
fn factor(r: f64) -> String {
    match r {
        r if r >= 100.0 => words::count(r.round() as u64),
        r if r >= 10.0 => format!("{r:.1}"),
        r if r >= 0.1 => format!("{r:.2}"),
        r => format!("{r:.4}"),
    }
}

fn times(r: f64) -> String {
    if r >= 10.0 { words::count(r.round() as u64) } else { format!("{r:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(value: f64, low: f64, high: f64) -> Share {
        Share { value: Some(value), low: Some(low), high: Some(high) }
    }

    fn judged(unit: Unit, a: Share, b: Share) -> Item {
        name(Topic::Scope, "x", "the figure").figures(unit, a, b, "it was not measured")
    }

    #[test]
    fn figures_differ_only_where_the_interval_of_their_difference_leaves_out_zero() {
        // The intervals overlap, and yet the difference is sure: 0.1 against sqrt(0.06^2 + 0.06^2) = 0.085.
        let sure = judged(Unit::Share, share(0.6, 0.54, 0.66), share(0.5, 0.44, 0.56));
        assert_eq!(sure.standing, Standing::Differs);
        assert!(sure.says.contains("A's is larger by 10.0 percentage points (1.5 to 18)"), "{}", sure.says);
        let turned = judged(Unit::Share, share(0.5, 0.44, 0.56), share(0.6, 0.54, 0.66));
        assert!(turned.says.contains("B's is larger by 10.0 percentage points (1.5 to 18)"), "{}", turned.says);
        let open = judged(Unit::Share, share(0.6, 0.5, 0.7), share(0.5, 0.4, 0.6));
        assert_eq!(open.standing, Standing::Open);
        assert!(open.says.contains("60 % (50 to 70 %) in A, 50 % (40 to 60 %) in B"), "{}", open.says);
        assert!(open.difference.low < Some(0.0) && open.difference.high > Some(0.0));
    }

    #[test]
    fn equal_figures_with_intervals_are_open_and_not_called_the_same() {
        let same = judged(Unit::Seconds, share(60.0, 50.0, 70.0), share(60.0, 50.0, 70.0));
        assert_eq!(same.standing, Standing::Open);
        assert!(same.says.contains("1 min (50 s to 1 min 10 s) in A"), "{}", same.says);
    }

    #[test]
    fn what_one_report_lacks_cannot_be_compared_and_the_reason_is_said() {
        let one = judged(Unit::Times, Share::NONE, share(1.2, 1.1, 1.3));
        assert_eq!(one.standing, Standing::NotComparable);
        assert_eq!(
            one.says,
            "The figure cannot be compared: report A does not give it (B: 1.20 times (1.10 to 1.30)); it was not measured."
        );
        let both = name(Topic::Scope, "x", "the word").words(None, None, "nobody said it");
        assert!(both.says.contains("neither report gives it; nobody said it."), "{}", both.says);
    }

    #[test]
    fn ratios_are_compared_by_their_ratio() {
        let item = judged(Unit::Times, share(4.0, 2.0, 8.0), share(1.0, 0.5, 2.0));
        // ln 4 = 1.386 against sqrt(2) ln 2 = 0.980
        assert_eq!(item.standing, Standing::Differs);
        assert!(item.says.contains("A's is 4.00 times B's (1.50 to 10.7)"), "{}", item.says);
        assert_eq!(judged(Unit::Times, share(0.0, 0.0, 0.1), share(1.0, 0.5, 2.0)).standing, Standing::Shown);
    }

    #[test]
    fn plain_counts_are_shown_without_a_test() {
        let item = name(Topic::Audience, "x", "requests").counts(Some(1_000), Some(250), "");
        assert_eq!(
            (item.standing, item.says.as_str()),
            (Standing::Shown, "Requests: 1,000 in A, 250 in B; A's is 4.0 times B's.")
        );
        assert_eq!(item.difference, Share::NONE);
    }
}

//! Question: which error pages with a good status would these logs not show?
//! Method: for each resource, the smallest share of its answers in ten minutes at which a size that is never
//! served otherwise stands out (`risen::excess`), at its mean rate.
//! Assumes: the error page differs from the page by more than 5 % in size, and every hit is another client's.
//! Reference: see `analyse::soft`.

use super::risen::{HITS_MIN, MINOR_MIN, STANDS_OUT, excess};
use crate::outcome::Verb;
use crate::survey::Tallied;
use crate::words::{count, duration, percent};

/// The length of the failure that the sentence is about, seconds; half of logs that are shorter than twice that.
const LASTING: f64 = 600.0;

/// The smallest share that would have been found, of `n` answers among `all`; `None` where even all of them would not.
fn smallest(n: u64, all: u64) -> Option<f64> {
    let found = |hits: &u64| excess((*hits, n), (0, all - n)) >= STANDS_OUT;
    let hits = (HITS_MIN..=n).find(found)?;
    Some((hits as f64 / n as f64).max(MINOR_MIN))
}

/// One sentence on what could not have been seen; `None` where no log gives sizes.
#[must_use]
pub fn blind(tallied: &Tallied) -> Option<String> {
    let slices = tallied.of.values().filter_map(|cells| Some((cells.first()?.0, cells.last()?.0)));
    let (first, last) = slices.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
    let secs = f64::from(last - first + 1) * tallied.step.0 as f64;
    let gets = tallied.of.iter().filter(|((_, verb), _)| *verb == Verb::Get);
    let mut all: Vec<(u64, &str)> =
        gets.map(|((name, _), cells)| (cells.iter().map(|c| u64::from(c.2)).sum(), name.as_str())).collect();
    all.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let lasting = LASTING.min(secs / 2.0);
    let of = |n: u64| smallest((n as f64 * lasting / secs) as u64, n);
    let (most, name) = *all.first()?;
    let unseen = all.iter().filter(|(n, _)| of(*n).is_none()).count();
    let busiest = match of(most) {
        Some(share) => format!(
            "would have been noticed from about {} of the answers for {name} up, the resource with most answers",
            percent(share)
        ),
        None => format!("would not have been noticed even if all answers for {name} were one, the resource with most answers"),
    };
    let rest = match unseen {
        0 => String::new(),
        n if n == all.len() => "; no resource has answers enough".to_owned(),
        n => format!("; {} of {} resources have too few answers for any", count(n as u64), count(all.len() as u64)),
    };
    Some(format!(
        "Error pages sent with a good status show by their size only. One that lasted {} {busiest}{rest}. One whose size is \
         within 5 % of the page's own, or that was there all the time, does not show.",
        duration(lasting)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Step;
    use std::collections::BTreeMap;

    #[test]
    fn the_more_answers_there_are_the_smaller_the_share_that_shows() {
        let shares = [12, 40, 200, 2_000].map(|n| smallest(n, 6 * n));
        assert_eq!(shares[0], Some(1.0));
        assert!(shares[1] > shares[2] && shares[2] > shares[3], "{shares:?}");
        assert_eq!(shares[3], Some(MINOR_MIN));
        assert_eq!(smallest(11, 66), None);
    }

    #[test]
    fn the_sentence_names_the_busiest_and_counts_those_that_show_nothing() {
        let cells = |n: u32| (0..60).map(|slice| (slice, 300, n)).collect::<Vec<_>>();
        let of = [("/a", 20), ("/b", 1)].map(|(name, n)| ((name.to_owned(), Verb::Get), cells(n)));
        let said = blind(&Tallied { step: Step(60), of: BTreeMap::from(of) }).expect("a sentence");
        assert!(said.contains("for /a up") && said.contains("1 of 2 resources"), "{said}");
        assert!(blind(&Tallied { step: Step(60), of: BTreeMap::new() }).is_none());
    }
}

//! Which size do most answers have? Each answer votes on the bits of its size's class. Votes are
//! added, so that any order gives the same sums, and take the same room whatever sizes there are; where
//! one size holds a clear majority, every bit shows it.

use crate::event::{Ending, Event};
use crate::outcome::Verb;

/// Bits of a class.
const BITS: usize = 10;

/// Sizes below this many bytes are told apart exactly.
const EXACT: u64 = 64;

/// How nearly the bits in which two classes differ must show the same share.
const TWO: f64 = 0.75;

/// Classes to a doubling of the size: neighbours differ by 1.6 % to 3.1 %, so that a date or an
/// identifier in the page changes the class at most to the next one.
const PER_DOUBLING: u32 = 32;

/// The class that stands for all redirects to another place.
pub const REDIRECT: u16 = (1 << BITS) - 1;

/// The class that stands for status 204, which says that there is nothing to send.
pub const NO_CONTENT: u16 = REDIRECT - 1;

/// The class of answers without a byte: size 0, or `-` where the log gives a size otherwise.
pub const EMPTY: u16 = 0;

/// The class of a size in bytes: 0 to [`NO_CONTENT`] - 1, ascending with the size.
#[must_use]
pub fn size_class(bytes: u64) -> u16 {
    if bytes < EXACT {
        return bytes as u16;
    }
    let doublings = 63 - bytes.leading_zeros();
    let part = (bytes >> (doublings - 5)) as u32 & (PER_DOUBLING - 1);
    (EXACT as u32 + (doublings - 6) * PER_DOUBLING + part).min(u32::from(NO_CONTENT) - 1) as u16
}

/// What an answer shows of itself beside its status: the class of its size, [`REDIRECT`], [`NO_CONTENT`], or
/// nothing where it cannot be compared: other methods (HEAD has no body), other statuses, parts of
/// a file (206), and answers the client did not wait for.
#[must_use]
pub fn answer_class(event: &Event<'_>) -> Option<(Verb, u16)> {
    let verb = Verb::of(event)?;
    if matches!(event.ending, Ending::ClientLeft | Ending::CutShort) {
        return None;
    }
    let class = match event.status? {
        200 => event.bytes.map_or(EMPTY, size_class),
        204 => NO_CONTENT,
        301 | 302 | 303 | 307 | 308 => REDIRECT,
        _ => return None,
    };
    Some((verb, class))
}

/// Neighbouring classes differ in a single bit of their code (Gray, US patent 2632058, 1953): a size
/// that wobbles across the border of two classes leaves one bit undecided, not many.
const fn code(class: u16) -> u16 {
    class ^ (class >> 1)
}

fn class_of(code: u16) -> u16 {
    (0..BITS).fold(0, |class, i| class ^ (code >> i))
}

/// Votes of some answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Votes {
    n: u32,
    sum: u64,
    ones: [u32; BITS],
}

/// The class, or the two neighbouring ones, that most answers have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mode {
    /// The smaller class.
    pub low: u16,
    /// The larger one; the same where there is one.
    pub high: u16,
}

impl Votes {
    /// Counts one answer.
    pub fn add(&mut self, class: u16) {
        self.add_all(class, 1);
    }

    /// Counts `n` answers of one class.
    pub fn add_all(&mut self, class: u16, n: u32) {
        let code = u32::from(code(class));
        self.n = self.n.saturating_add(n);
        self.sum = self.sum.saturating_add(u64::from(class) * u64::from(n));
        for (i, ones) in self.ones.iter_mut().enumerate() {
            *ones = ones.saturating_add(((code >> i) & 1) * n);
        }
    }

    /// Adds other votes.
    pub fn merge(&mut self, other: &Votes) {
        self.n = self.n.saturating_add(other.n);
        self.sum = self.sum.saturating_add(other.sum);
        for (a, b) in self.ones.iter_mut().zip(other.ones) {
            *a = a.saturating_add(b);
        }
    }

    /// Answers.
    #[must_use]
    pub fn n(&self) -> u64 {
        u64::from(self.n)
    }

    /// Mean class: the logarithm of the geometric mean of the sizes, in steps of a 32nd of a doubling.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum as f64 / f64::from(self.n.max(1))
    }

    /// Share of the answers whose code has bit `i` as `code` has it.
    fn agree(&self, i: usize, code: u16) -> f64 {
        let ones = f64::from(self.ones[i]) / f64::from(self.n.max(1));
        if (code >> i) & 1 == 1 { ones } else { 1.0 - ones }
    }

    /// The class that a majority has, if every bit but one is decided by at least `least` (above a
    /// half) of the votes; where one is not, the two classes it parts must be neighbours.
    #[must_use]
    pub fn mode(&self, least: f64) -> Option<Mode> {
        if self.n == 0 {
            return None;
        }
        let majority = (0..BITS).filter(|&i| self.agree(i, u16::MAX) > 0.5).fold(0, |code, i| code | 1 << i);
        let mut open = (0..BITS).filter(|&i| self.agree(i, majority) < least);
        let (first, second) = (open.next(), open.next());
        match (first, second) {
            (None, _) => Some(Mode { low: class_of(majority), high: class_of(majority) }),
            (Some(i), None) => {
                let (a, b) = (class_of(majority), class_of(majority ^ (1 << i)));
                (a.abs_diff(b) == 1).then(|| Mode { low: a.min(b), high: a.max(b) })
            }
            _ => None,
        }
    }

    /// The second class where nearly all have one of two: every bit in which the two differ shows the
    /// same share, and every other bit is pure. With the share it has, from `least` up.
    #[must_use]
    pub fn second(&self, least: f64) -> Option<(Mode, f64)> {
        if self.n == 0 {
            return None;
        }
        let majority = (0..BITS).filter(|&i| self.agree(i, u16::MAX) > 0.5).fold(0, |code, i| code | 1 << i);
        let share = (0..BITS).map(|i| 1.0 - self.agree(i, majority)).fold(0.0, f64::max);
        if share < least {
            return None;
        }
        // What is neither of the two blurs every bit, by at most its own share.
        let (pure, split) = (share * (1.0 - TWO), share * TWO);
        let mut other = majority;
        for i in 0..BITS {
            let minority = 1.0 - self.agree(i, majority);
            if minority >= split {
                other ^= 1 << i;
            } else if minority > pure {
                return None;
            }
        }
        let class = class_of(other);
        Some((Mode { low: class, high: class }, share))
    }

    /// The largest share of the answers that can have one of the classes of `mode`: the smallest of
    /// the bits' shares.
    #[must_use]
    pub fn agreement(&self, mode: Mode) -> f64 {
        let (a, b) = (code(mode.low), code(mode.high));
        let same = |i: &usize| (a >> i) & 1 == (b >> i) & 1;
        (0..BITS).filter(same).map(|i| self.agree(i, a)).fold(1.0, f64::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Micros;
    use std::borrow::Cow;

    fn votes(sizes: &[(u64, usize)]) -> Votes {
        let mut votes = Votes::default();
        for &(size, n) in sizes {
            (0..n).for_each(|_| votes.add(size_class(size)));
        }
        votes
    }

    #[test]
    fn classes_ascend_with_the_size_and_are_a_few_percent_wide() {
        let mut last = 0;
        for bytes in 0..200_000 {
            let class = size_class(bytes);
            assert!(class == last || class == last + 1, "{bytes}");
            assert_eq!(class_of(code(class)), class);
            last = class;
        }
        for bytes in [64, 282, 1_000, 8_114, 1 << 20, 1 << 33] {
            assert!(size_class(bytes * 1_035 / 1_000 + 1) > size_class(bytes), "{bytes}");
        }
        assert!(size_class(u64::MAX) < NO_CONTENT);
    }

    #[test]
    fn the_size_that_most_answers_have_is_read_off_the_bits() {
        let read = |sizes: &[(u64, usize)]| votes(sizes).mode(0.6).map(|m| (m.low, m.high));
        let class = size_class(282);
        assert_eq!(read(&[(282, 82), (8_114, 10), (9_000, 8)]), Some((class, class)));
        assert_eq!(read(&[(282, 50), (8_114, 50)]), None);
        assert_eq!(read(&[]), None);
        let spread: Vec<(u64, usize)> = (0..64).map(|i| (7_200 + i * 640, 1)).collect();
        assert_eq!(read(&spread), None);
    }

    #[test]
    fn a_size_that_wobbles_across_a_border_is_still_one_size() {
        let border = (200..400).find(|&b| size_class(b) != size_class(b + 1)).expect("a border");
        let wobbling = votes(&[(border, 45), (border + 1, 40), (8_114, 15)]);
        let mode = wobbling.mode(0.6).expect("a mode");
        assert_eq!((mode.low, mode.high), (size_class(border), size_class(border + 1)));
        assert!(wobbling.agreement(mode) >= 0.85);
        assert!(votes(&[(8_114, 100)]).agreement(mode) < 0.01);
    }

    #[test]
    fn the_rarer_of_two_sizes_is_read_off_too() {
        let second = |sizes: &[(u64, usize)]| votes(sizes).second(0.2).map(|(m, share)| (m.low, (share * 100.0).round() as u32));
        assert_eq!(second(&[(8_140, 70), (282, 30)]), Some((size_class(282), 30)));
        assert_eq!(second(&[(8_140, 68), (282, 30), (9_500, 2)]).map(|s| s.0), Some(size_class(282)));
        assert_eq!(second(&[(8_140, 90), (282, 10)]), None);
        assert_eq!(second(&[(8_140, 100)]), None);
        let spread: Vec<(u64, usize)> = (0..64).map(|i| (7_200 + i * 640, 1)).collect();
        assert_eq!(second(&spread), None);
    }

    #[test]
    fn only_whole_answers_are_compared_and_those_to_get_and_post_apart() {
        let event = |method: &'static [u8], status, bytes| Event {
            method: Some(Cow::Borrowed(method)),
            status: Some(status),
            bytes: Some(bytes),
            ..Event::at(Micros(0))
        };
        assert_eq!(answer_class(&event(b"GET", 200, 282)), Some((Verb::Get, size_class(282))));
        assert_eq!(answer_class(&event(b"POST", 200, 282)), Some((Verb::Post, size_class(282))));
        assert_eq!(answer_class(&event(b"GET", 302, 0)), Some((Verb::Get, REDIRECT)));
        assert_eq!(answer_class(&event(b"GET", 204, 231)), Some((Verb::Get, NO_CONTENT)));
        assert_eq!(answer_class(&Event { bytes: None, ..event(b"GET", 200, 0) }), Some((Verb::Get, EMPTY)));
        for (method, status) in [(b"HEAD".as_slice(), 200), (b"OPTIONS", 204), (b"GET", 206), (b"GET", 304), (b"GET", 404)] {
            assert_eq!(answer_class(&event(method, status, 282)), None, "{status}");
        }
        let left = Event { ending: Ending::ClientLeft, ..event(b"GET", 200, 282) };
        assert_eq!(answer_class(&left), None);
    }
}

//! What is to happen next: a queue of acts in time order, ties in the order they were entered.

use super::world::Ask;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Something that happens.
#[derive(Debug)]
pub(crate) enum Act {
    /// Somebody opens a page of the site; schedules the next visit.
    Visit,
    /// A known client opens a page.
    Browse(usize),
    /// A request that was decided before.
    Fetch(Box<Ask>),
    /// Somebody who was refused tries again: what, how often it was tried, since when.
    Again(Box<Ask>, u32, i64),
    /// A scanner tries its guesses; schedules the next.
    Scan,
    /// A malformed request behind the edge; schedules the next.
    Stray,
    /// Person of the crowd with this number goes on.
    Person(usize),
    /// Guest with this number goes on.
    Guest(usize),
    /// Machine with this number makes its next request.
    Machine(usize),
}

#[derive(Debug)]
struct Entry {
    at: i64,
    order: u64,
    act: Act,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Entry {}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Reversed: the heap gives the earliest first.
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.order).cmp(&(self.at, self.order))
    }
}

/// The queue. Acts at or after the end of the bundle are dropped.
#[derive(Debug)]
pub(crate) struct Agenda {
    heap: BinaryHeap<Entry>,
    order: u64,
    end: i64,
}

impl Agenda {
    /// An empty queue for a bundle that ends at `end`.
    pub(crate) fn until(end: i64) -> Self {
        Agenda { heap: BinaryHeap::new(), order: 0, end }
    }

    /// Enters an act.
    pub(crate) fn put(&mut self, at: i64, act: Act) {
        if at < self.end {
            self.order += 1;
            self.heap.push(Entry { at, order: self.order, act });
        }
    }

    /// The earliest act.
    pub(crate) fn next(&mut self) -> Option<(i64, Act)> {
        self.heap.pop().map(|e| (e.at, e.act))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_come_in_time_order_and_ties_in_order_of_entry() {
        let mut agenda = Agenda::until(100);
        for (at, who) in [(50, 1), (10, 2), (50, 3), (100, 4)] {
            agenda.put(at, Act::Person(who));
        }
        let mut seen = Vec::new();
        while let Some((at, Act::Person(who))) = agenda.next() {
            seen.push((at, who));
        }
        assert_eq!(seen, [(10, 2), (50, 1), (50, 3)]);
    }
}

//! A bounded queue between readers and workers, with the used buffers on their way back.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Buffers larger than this are not kept: one long line must not swell all of them.
const KEPT_MAX: usize = 2 * super::CHUNK_BYTES;

/// First in, first out; whoever adds to a full queue waits.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    changed_for_workers: Condvar,
    changed_for_readers: Condvar,
    capacity: usize,
}

struct State<T> {
    items: VecDeque<T>,
    closed: bool,
    buffers: Vec<Vec<u8>>,
}

impl<T> Queue<T> {
    /// Holds at most `capacity` items.
    pub(super) fn new(capacity: usize) -> Self {
        Queue {
            state: Mutex::new(State { items: VecDeque::new(), closed: false, buffers: Vec::new() }),
            changed_for_workers: Condvar::new(),
            changed_for_readers: Condvar::new(),
            capacity,
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        // The state is whole between any two statements, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an item, waiting for room; `false` if the queue is closed and nobody will take it.
    pub(super) fn push(&self, item: T) -> bool {
        let full = |s: &mut State<T>| s.items.len() >= self.capacity && !s.closed;
        let mut state = self.changed_for_readers.wait_while(self.state(), full).unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return false;
        }
        state.items.push_back(item);
        drop(state);
        self.changed_for_workers.notify_one();
        true
    }

    /// Takes the oldest item, waiting for one; `None` when the queue is closed and empty.
    pub(super) fn pop(&self) -> Option<T> {
        let idle = |s: &mut State<T>| s.items.is_empty() && !s.closed;
        let mut state = self.changed_for_workers.wait_while(self.state(), idle).unwrap_or_else(PoisonError::into_inner);
        let item = state.items.pop_front();
        drop(state);
        self.changed_for_readers.notify_one();
        item
    }

    /// No more items will come.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed_for_workers.notify_all();
        self.changed_for_readers.notify_all();
    }

    /// A used buffer, or a new one.
    pub(super) fn buffer(&self) -> Vec<u8> {
        self.state().buffers.pop().unwrap_or_default()
    }

    /// Takes back a buffer.
    pub(super) fn give_back(&self, buffer: Vec<u8>) {
        let mut state = self.state();
        if buffer.capacity() <= KEPT_MAX && state.buffers.len() < self.capacity {
            state.buffers.push(buffer);
        }
    }

    /// Closes the queue if the thread that holds the result panics, so that the others do not wait
    /// for it for ever.
    pub(super) fn alarm(&self) -> Alarm<'_, T> {
        Alarm(self)
    }
}

/// See [`Queue::alarm`].
pub(super) struct Alarm<'q, T>(&'q Queue<T>);

impl<T> Drop for Alarm<'_, T> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.close();
        }
    }
}

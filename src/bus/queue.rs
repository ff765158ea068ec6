//! The events that wait for one observer.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Published;

/// A bounded queue. When it is full the oldest event is dropped and counted: what happened last
/// matters most, and the history has the rest.
pub(super) struct Queue {
    state: Mutex<State>,
    capacity: usize,
    /// Wakes a thread that waits.
    filled: Condvar,
    /// Wakes a task that waits.
    notify: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Arc<Published>>,
    closed: bool,
    counts: Counts,
}

/// What an observer got, and what it did not get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) received: u64,
    pub(super) lost: u64,
    pub(super) panics: u64,
}

impl Queue {
    /// A queue for `capacity` events, at least one.
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            state: Mutex::default(),
            capacity: capacity.max(1),
            filled: Condvar::new(),
            notify: Notify::new(),
        }
    }

    pub(super) fn push(&self, published: &Arc<Published>) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        if state.waiting.len() == self.capacity {
            state.waiting.pop_front();
            state.counts.lost += 1;
        }
        state.waiting.push_back(published.clone());
        drop(state);
        self.filled.notify_one();
        self.notify.notify_one();
    }

    /// The next event; none once the queue is closed and empty. Loses nothing if the future is
    /// dropped. One task at a time.
    pub(super) async fn next(&self) -> Option<Arc<Published>> {
        loop {
            {
                let mut state = self.lock();
                if let Some(next) = state.take() {
                    return Some(next);
                }
                if state.closed {
                    return None;
                }
            }
            // A push in between leaves a permit, so that this returns at once.
            self.notify.notified().await;
        }
    }

    /// The same, for a thread. What waits when the queue is closed is given up.
    pub(super) fn wait_next(&self) -> Option<Arc<Published>> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(next) = state.take() {
                return Some(next);
            }
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Counts a panic of the observer and gives their number.
    pub(super) fn panicked(&self) -> u64 {
        let mut state = self.lock();
        state.counts.panics += 1;
        state.counts.panics
    }

    pub(super) fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// Takes nothing more.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_one();
        self.notify.notify_one();
    }

    /// No code of an observer runs with the lock held, so a poisoned one is sound.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self) -> Option<Arc<Published>> {
        let next = self.waiting.pop_front()?;
        self.counts.received += 1;
        Some(next)
    }
}

//! The answer to a record, which comes when it is on the disk: waited for, or awaited.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::chain::Hash;
use crate::error::{AuditError, Result};

/// How long [`Pending::wait`] waits for the disk.
const WAIT: Duration = Duration::from_secs(30);

/// Where a record is in the log. It is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// When it was written.
    pub time: Timestamp,
}

enum State {
    Waiting {
        waker: Option<Waker>,
        /// The number that the record gets if its batch can be written.
        number: Option<u64>,
        /// A thread waits. Mostly nobody does, and there are many records to a batch.
        blocks: bool,
    },
    Given(Result<Receipt>),
}

struct Slot {
    state: Mutex<State>,
    given: Condvar,
}

impl Slot {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A record that is being written. Await it, or [`Pending::wait`] for it. One that is dropped is
/// written all the same.
#[must_use = "the record is not on the disk before this says so"]
pub struct Pending(Arc<Slot>);

impl Pending {
    /// The two ends.
    pub(crate) fn pair() -> (Answer, Self) {
        let slot = Arc::new(Slot {
            state: Mutex::new(State::Waiting {
                waker: None,
                number: None,
                blocks: false,
            }),
            given: Condvar::new(),
        });
        (Answer(Arc::clone(&slot)), Self(slot))
    }

    /// The number that the record has, or will have if its batch can be written.
    ///
    /// # Errors
    /// If it could not be written, or is in no batch yet.
    pub(crate) fn number(&self) -> Result<u64> {
        match &*self.0.state() {
            State::Given(result) => result.clone().map(|receipt| receipt.seq),
            State::Waiting { number, .. } => (*number).ok_or(AuditError::Record(
                "what comes after was sent ahead of what comes before",
            )),
        }
    }

    /// Waits until the record is on the disk, at most 30 s.
    ///
    /// # Errors
    /// If it could not be written, or the disk does not answer.
    pub fn wait(self) -> Result<Receipt> {
        let until = Instant::now() + WAIT;
        let mut state = self.0.state();
        loop {
            match &mut *state {
                State::Given(result) => return result.clone(),
                State::Waiting { blocks, .. } => *blocks = true,
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(AuditError::Slow {
                    seconds: WAIT.as_secs(),
                });
            }
            let waited = self.0.given.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Future for Pending {
    type Output = Result<Receipt>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self.0.state() {
            State::Given(result) => Poll::Ready(result.clone()),
            State::Waiting { waker, .. } => {
                *waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending")
    }
}

/// The writer's end. If it is dropped without an answer, the answer is that the log is closed.
pub(crate) struct Answer(Arc<Slot>);

impl Answer {
    pub(crate) fn give(self, result: Result<Receipt>) {
        self.settle(result);
    }

    /// Tells the number that the record gets if its batch can be written.
    pub(crate) fn drafted(&self, seq: u64) {
        if let State::Waiting { number, .. } = &mut *self.0.state() {
            *number = Some(seq);
        }
    }

    fn settle(&self, result: Result<Receipt>) {
        let mut state = self.0.state();
        if let State::Waiting { waker, blocks, .. } = &mut *state {
            let (waker, blocks) = (waker.take(), *blocks);
            *state = State::Given(result);
            drop(state);
            if blocks {
                self.0.given.notify_all();
            }
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.settle(Err(AuditError::Closed));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use std::task::Wake;
    use std::thread::{self, Thread};

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    #[test]
    fn a_future_is_woken_by_its_answer() {
        let receipt = Receipt {
            seq: 3,
            hash: Hash::NONE,
            time: Timestamp::UNIX_EPOCH,
        };
        let (answer, mut pending) = Pending::pair();
        let waker = Arc::new(Unpark(thread::current())).into();
        let mut context = Context::from_waker(&waker);
        assert!(Pin::new(&mut pending).poll(&mut context).is_pending());
        let giver = thread::spawn(move || answer.give(Ok(receipt)));
        let given = loop {
            match Pin::new(&mut pending).poll(&mut context) {
                Poll::Ready(given) => break given,
                Poll::Pending => thread::park(),
            }
        };
        giver.join().unwrap();
        assert_eq!(given.unwrap(), receipt);
    }

    #[test]
    fn a_dropped_answer_is_one() {
        let (answer, pending) = Pending::pair();
        drop(answer);
        assert!(matches!(pending.wait(), Err(AuditError::Closed)));
    }
}

//! What waits for the writer. It takes all of it at once, and syncs once for all.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{AuditError, Result};
use crate::pending::Answer;
use crate::record::Kind;

/// Commands that may wait.
pub(crate) const QUEUE: usize = 1_024;

/// What they may have in all, in bytes. One more is always taken.
const QUEUE_BYTES: usize = 16 * 1024 * 1024;

/// A batch is cut when it has this many bytes.
pub(crate) const BATCH_BYTES: usize = 1024 * 1024;

/// How long a blocking caller waits for room.
const ROOM: Duration = Duration::from_secs(5);

/// What the writer is told.
pub(crate) enum Command {
    /// Writes a record.
    Append(Prepared, Answer),
    /// Signs what there is.
    Checkpoint(Answer),
    /// Changes the key.
    Rotate(Answer),
}

/// A record, as it is written.
pub(crate) struct Prepared {
    pub(crate) kind: Kind,
    pub(crate) of: Option<u64>,
    pub(crate) json: Vec<u8>,
}

impl Command {
    fn bytes(&self) -> usize {
        match self {
            Self::Append(record, _) => record.json.len(),
            Self::Checkpoint(_) | Self::Rotate(_) => 0,
        }
    }
}

/// What the writer gets.
pub(crate) enum Taken {
    Batch(Vec<Command>),
    /// Nothing came in time.
    Idle,
    /// Nothing will come any more.
    Closed,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Command>,
    bytes: usize,
    closed: bool,
}

#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    filled: Condvar,
    emptied: Condvar,
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts `command` in, if there is room.
    pub(crate) fn push(&self, command: Command) -> Result<()> {
        self.put(command, Duration::ZERO)
    }

    /// Puts `command` in, and waits for room.
    pub(crate) fn push_blocking(&self, command: Command) -> Result<()> {
        self.put(command, ROOM)
    }

    fn put(&self, command: Command, patience: Duration) -> Result<()> {
        let until = Instant::now() + patience;
        let mut state = self.state();
        loop {
            if state.closed {
                return Err(AuditError::Closed);
            }
            if state.waiting.len() < QUEUE && state.bytes < QUEUE_BYTES {
                state.bytes += command.bytes();
                state.waiting.push_back(command);
                drop(state);
                self.filled.notify_one();
                return Ok(());
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(AuditError::Busy {
                    waiting: state.waiting.len(),
                });
            }
            let waited = self.emptied.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Takes what waits, up to [`BATCH_BYTES`]; waits for the first for at most `patience`.
    pub(crate) fn take(&self, patience: Duration) -> Taken {
        let until = Instant::now() + patience;
        let mut state = self.state();
        while state.waiting.is_empty() {
            if state.closed {
                return Taken::Closed;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Taken::Idle;
            }
            let waited = self.filled.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        let mut batch = Vec::with_capacity(state.waiting.len());
        let mut bytes = 0;
        while bytes < BATCH_BYTES {
            let Some(command) = state.waiting.pop_front() else {
                break;
            };
            bytes += command.bytes();
            batch.push(command);
        }
        state.bytes = state.bytes.saturating_sub(bytes);
        drop(state);
        self.emptied.notify_all();
        Taken::Batch(batch)
    }

    /// Takes nothing more in. What waits is still handed out.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.filled.notify_all();
        self.emptied.notify_all();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::pending::Pending;

    fn checkpoint() -> Command {
        Command::Checkpoint(Pending::pair().0)
    }

    #[test]
    fn it_is_bounded_and_handed_out_at_once() {
        let queue = Queue::default();
        for _ in 0..QUEUE {
            queue.push(checkpoint()).unwrap();
        }
        let full = queue.push(checkpoint());
        assert!(matches!(full, Err(AuditError::Busy { waiting: QUEUE })));
        queue.close();
        assert!(matches!(queue.push(checkpoint()), Err(AuditError::Closed)));
        assert!(matches!(queue.take(ROOM), Taken::Batch(batch) if batch.len() == QUEUE));
        assert!(matches!(queue.take(ROOM), Taken::Closed));
    }

    #[test]
    fn large_records_fill_it_too_and_batches_are_cut() {
        let queue = Queue::default();
        let large = || {
            let record = Prepared {
                kind: Kind::Note,
                of: None,
                json: vec![b' '; BATCH_BYTES / 2],
            };
            Command::Append(record, Pending::pair().0)
        };
        for _ in 0..32 {
            queue.push(large()).unwrap();
        }
        assert!(matches!(queue.push(large()), Err(AuditError::Busy { .. })));
        assert!(matches!(queue.take(ROOM), Taken::Batch(batch) if batch.len() == 2));
        queue.push(large()).unwrap();
    }
}

//! What waits for the writer. It takes all of it at once, and syncs once for all. What nobody waits
//! for lingers a little, so that more comes together.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{AuditError, Result};
use crate::pending::Answer;
use crate::prepare::{Prepared, Raw};

/// Commands that may wait.
pub(crate) const QUEUE: usize = 1_024;

/// What they may have in all, in bytes. One more is always taken.
const QUEUE_BYTES: usize = 16 * 1024 * 1024;

/// A batch is cut when it has this many bytes.
pub(crate) const BATCH_BYTES: usize = 1024 * 1024;

/// How long what nobody waits for stays here, unless something comes that somebody waits for.
const LINGER: Duration = Duration::from_millis(10);

/// With so many commands, or [`BATCH_BYTES`], nothing lingers.
const CROWD: usize = QUEUE / 4;

/// How long a blocking caller waits for room.
const ROOM: Duration = Duration::from_secs(5);

/// What the writer is told.
pub(crate) enum Command {
    /// Writes a record.
    Append(Prepared, Answer),
    /// Writes a record that has yet to be prepared.
    AppendRaw(Box<Raw>, Answer),
    /// Signs what there is.
    Checkpoint(Answer),
    /// Changes the key.
    Rotate(Answer),
}

impl Command {
    fn bytes(&self) -> usize {
        match self {
            Self::Append(record, _) => record.json.len(),
            Self::AppendRaw(raw, _) => raw.bytes,
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
    /// When the first of what lingers came.
    since: Option<Instant>,
    /// When the first of what is being written came.
    writing: Option<Instant>,
    /// Somebody waits for something in here.
    hurry: bool,
}

impl State {
    /// How long what is here may linger yet; none if it is to be written at once.
    fn lingers(&self) -> Option<Duration> {
        if self.hurry || self.closed {
            return None;
        }
        let left = LINGER.saturating_sub(self.since?.elapsed());
        (!left.is_zero()).then_some(left)
    }
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

    /// How many commands wait.
    pub(crate) fn len(&self) -> usize {
        self.state().waiting.len()
    }

    /// How long the oldest command has waited that is not done yet.
    pub(crate) fn lag(&self) -> Duration {
        let state = self.state();
        let oldest = state.writing.or(state.since);
        oldest.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Puts `command` in, if there is room.
    pub(crate) fn push(&self, command: Command) -> Result<()> {
        self.put(command, true, Duration::ZERO)
    }

    /// Puts `command`, for which nobody waits, in if there is room.
    pub(crate) fn push_unhurried(&self, command: Command) -> Result<()> {
        self.put(command, false, Duration::ZERO)
    }

    /// Puts `command` in, and waits for room.
    pub(crate) fn push_blocking(&self, command: Command) -> Result<()> {
        self.put(command, true, ROOM)
    }

    fn put(&self, command: Command, hurry: bool, patience: Duration) -> Result<()> {
        let until = Instant::now() + patience;
        let mut state = self.state();
        loop {
            if state.closed {
                return Err(AuditError::Closed);
            }
            if state.waiting.len() < QUEUE && state.bytes < QUEUE_BYTES {
                state.bytes += command.bytes();
                state.waiting.push_back(command);
                let first = state.since.is_none();
                state.since.get_or_insert_with(Instant::now);
                state.hurry |= hurry || state.waiting.len() >= CROWD || state.bytes >= BATCH_BYTES;
                let wakes = first || state.hurry;
                drop(state);
                if wakes {
                    self.filled.notify_one();
                }
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

    /// Takes what waits, up to [`BATCH_BYTES`]; waits for the first for at most `patience`. What was
    /// taken before counts as done.
    pub(crate) fn take(&self, patience: Duration) -> Taken {
        let until = Instant::now() + patience;
        let mut state = self.state();
        state.writing = None;
        loop {
            let left = if !state.waiting.is_empty() {
                match state.lingers() {
                    Some(left) => left,
                    None => break,
                }
            } else if state.closed {
                return Taken::Closed;
            } else {
                until.saturating_duration_since(Instant::now())
            };
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
        state.writing = state.since;
        // What a cut batch leaves has waited long enough.
        state.hurry = !state.waiting.is_empty();
        state.since = state.hurry.then(Instant::now);
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
    use crate::kind::Kind;
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
    fn what_nobody_waits_for_lingers_until_somebody_waits() {
        let queue = Queue::default();
        let begun = Instant::now();
        queue.push_unhurried(checkpoint()).unwrap();
        queue.push_unhurried(checkpoint()).unwrap();
        assert!(matches!(queue.take(ROOM), Taken::Batch(batch) if batch.len() == 2));
        assert!(begun.elapsed() >= LINGER);
        queue.push_unhurried(checkpoint()).unwrap();
        queue.push(checkpoint()).unwrap();
        assert_eq!(queue.state().lingers(), None);
        assert!(matches!(queue.take(ROOM), Taken::Batch(batch) if batch.len() == 2));
        for _ in 0..CROWD {
            assert!(!queue.state().hurry);
            queue.push_unhurried(checkpoint()).unwrap();
        }
        assert_eq!(queue.state().lingers(), None);
        queue.take(ROOM);
        queue.push_unhurried(checkpoint()).unwrap();
        queue.close();
        assert_eq!(queue.state().lingers(), None);
    }

    #[test]
    fn the_lag_goes_on_until_what_was_taken_is_done() {
        let queue = Queue::default();
        assert_eq!(queue.lag(), Duration::ZERO);
        queue.push(checkpoint()).unwrap();
        std::thread::sleep(LINGER);
        queue.take(ROOM);
        let writing = queue.lag();
        assert!(writing >= LINGER, "{writing:?}");
        queue.push(checkpoint()).unwrap();
        assert!(queue.lag() >= writing, "the older one counts");
        queue.take(ROOM);
        assert!(matches!(queue.take(Duration::ZERO), Taken::Idle));
        assert_eq!(queue.lag(), Duration::ZERO);
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

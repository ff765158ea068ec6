//! The one thread that has the file open, and how others have it do something.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, bounded};
use rusqlite::Connection;

use super::error::{Fault, StoreError};

/// Calls that wait for the thread. With one more, callers wait, within [`WAIT`].
const QUEUE: usize = 64;

/// How long a call may wait to be begun and, again, to be done. A disk that is being written to
/// by others needs seconds for a flush.
pub(super) const WAIT: Duration = Duration::from_secs(10);

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The handle; dropping it finishes what waits and closes the file.
pub(super) struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    wait: Duration,
}

/// Whether a call has been begun, or given up before that. Whoever sets it first wins.
const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Writer {
    /// Starts the thread with `db` in its hands.
    pub(super) fn start(db: Connection, wait: Duration) -> Result<Self, std::io::Error> {
        let (jobs, queue) = bounded(QUEUE);
        let thread = thread::Builder::new()
            .name("fame-store".into())
            .spawn(move || work(db, &queue))?;
        Ok(Self {
            jobs: Some(jobs),
            thread: Some(thread),
            wait,
        })
    }

    /// Has `operation` done as one transaction: all of it is on the disk, or nothing is changed.
    pub(super) fn call<T: Send + 'static>(
        &self,
        action: &'static str,
        operation: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = bounded(1);
        let progress = Arc::new(AtomicU8::new(WAITING));
        let shared = progress.clone();
        let job: Job = Box::new(move |db| {
            if begin(&shared, BEGUN) {
                // Nobody listens any more if the caller gave up.
                let _ = answer.send(transact(db, operation));
            }
        });
        let until = Instant::now() + self.wait;
        let jobs = self.jobs.as_ref().ok_or(StoreError::Stopped { action })?;
        jobs.send_timeout(job, self.wait)
            .map_err(|error| match error {
                SendTimeoutError::Timeout(_) => StoreError::Busy { action },
                SendTimeoutError::Disconnected(_) => StoreError::Stopped { action },
            })?;
        let answered = match answered.recv_deadline(until) {
            Err(RecvTimeoutError::Timeout) if begin(&progress, GIVEN_UP) => {
                return Err(StoreError::Busy { action });
            }
            Err(RecvTimeoutError::Timeout) => answered.recv_timeout(self.wait),
            answered => answered,
        };
        match answered {
            Ok(result) => result.map_err(|fault| fault.at(action)),
            Err(RecvTimeoutError::Timeout) => Err(StoreError::Unfinished { action }),
            Err(RecvTimeoutError::Disconnected) => Err(StoreError::Stopped { action }),
        }
    }
}

fn begin(progress: &AtomicU8, how: u8) -> bool {
    progress
        .compare_exchange(WAITING, how, Ordering::AcqRel, Ordering::Acquire)
        .is_ok()
}

fn transact<T>(
    db: &mut Connection,
    operation: impl FnOnce(&Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let change = db.transaction()?;
    let result = operation(&change)?;
    change.commit()?;
    Ok(result)
}

fn work(mut db: Connection, queue: &Receiver<Job>) {
    for job in queue {
        job(&mut db);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the store's thread panicked; please report this");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::super::{file, turns};
    use super::*;

    fn writer(wait: Duration) -> Writer {
        Writer::start(file::in_memory().unwrap(), wait).unwrap()
    }

    #[test]
    fn a_call_that_was_not_begun_in_time_is_never_done() {
        let writer = writer(Duration::from_millis(50));
        let (let_go, held) = sync_channel::<()>(0);
        thread::scope(|scope| {
            let slow = scope.spawn(|| {
                writer.call("waiting", move |_| {
                    let _ = held.recv();
                    Ok(())
                })
            });
            // It holds the thread until both of its own waits are over.
            let unfinished = slow.join().unwrap().unwrap_err();
            assert!(matches!(unfinished, StoreError::Unfinished { .. }));
        });
        let insert = |db: &Connection| -> Result<(), Fault> {
            db.execute("INSERT INTO disabled VALUES ('x')", [])?;
            Ok(())
        };
        let busy = writer.call("inserting", insert).unwrap_err();
        assert!(matches!(busy, StoreError::Busy { .. }));
        drop(let_go);
        let count = |db: &Connection| -> Result<i64, Fault> {
            Ok(db.query_row("SELECT COUNT(*) FROM disabled", [], |row| row.get(0))?)
        };
        let mut counted = writer.call("counting", count);
        while matches!(counted, Err(StoreError::Busy { .. })) {
            counted = writer.call("counting", count);
        }
        assert_eq!(counted.unwrap(), 0);
    }

    #[test]
    fn a_full_disk_changes_nothing_and_is_not_the_end() {
        let writer = writer(WAIT);
        let add = |id: u64, text: String| {
            writer.call("keeping", move |db| {
                let turn = turns::NewTurn {
                    id,
                    text,
                    ..turns::NewTurn::default()
                };
                turns::check(&turn)?;
                turns::add(db, &[turn])
            })
        };
        let room = |pages: i64| {
            writer.call("limiting", move |db| {
                let set = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
                Ok(db.pragma_update_and_check(None, "max_page_count", pages, set)?)
            })
        };
        add(1, "first".into()).unwrap();
        // Not below the pages in use: a full disk.
        room(1).unwrap();
        let long = "x".repeat(turns::TEXT_BYTES);
        let full = (2..10).find_map(|id| add(id, long.clone()).err());
        assert!(matches!(full, Some(StoreError::Full { .. })), "{full:?}");
        let read = |id| {
            writer
                .call("reading", move |db| turns::get(db, id))
                .unwrap()
        };
        assert_eq!(read(1).unwrap().text, "first");
        room(1_000_000).unwrap();
        add(11, long.clone()).unwrap();
        assert_eq!(read(11).unwrap().text, long);
    }
}

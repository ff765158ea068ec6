//! The keys as the file has them, in memory.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;
use jiff::Timestamp;

use crate::file::{self, FileError, Lock, Stamp};
use crate::record::Record;

/// A key that can be shown, and when it last was: Unix seconds, 0 for never.
pub(crate) struct Known {
    pub(crate) record: Record,
    pub(crate) used: AtomicI64,
    pub(crate) use_written: AtomicI64,
}

/// The file as it was read last.
#[derive(Default)]
pub(crate) struct Table {
    /// Of the file as it was looked at last, good or not.
    stamp: Option<Stamp>,
    pub(crate) keys: HashMap<String, Arc<Known>>,
    /// Why these are older keys than those in the file.
    pub(crate) problem: Option<String>,
}

/// The file and what was read from it.
pub(crate) struct Shared {
    pub(crate) path: PathBuf,
    table: ArcSwap<Table>,
    reading: Mutex<()>,
}
impl Shared {
    /// Of the file at `path`, which is not read yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            table: ArcSwap::default(),
            reading: Mutex::new(()),
        }
    }

    /// The keys as the file has them now, or as it had them before it turned bad.
    pub(crate) fn current(&self) -> Arc<Table> {
        let table = self.table.load_full();
        if file::stamp(&self.path).is_ok_and(|stamp| stamp == table.stamp) {
            return table;
        }
        if let Err(error) = self.read_again() {
            let already = table.problem.as_ref() == Some(&error.to_string());
            if !already {
                tracing::warn!("the keys stay as they were: {error}");
            }
        }
        self.table.load_full()
    }

    /// Reads the file. If it is bad, the keys stay and the table tells why.
    pub(crate) fn read_again(&self) -> Result<(), FileError> {
        let _one_reader = lock(&self.reading);
        let before = self.table.load_full();
        // The stamp is taken first: what changes while the file is read is seen the next time.
        let read = file::stamp(&self.path).and_then(|stamp| match file::read(&self.path) {
            Ok(records) => Ok((stamp, records)),
            Err(error) => {
                self.table.store(Arc::new(Table {
                    stamp,
                    keys: before.keys.clone(),
                    problem: Some(error.to_string()),
                }));
                Err(error)
            }
        });
        let (stamp, records) = read?;
        let keys = records.into_iter().map(|record| {
            let kept = record.info.last_used.map_or(0, Timestamp::as_second);
            let seen = before.keys.get(&record.info.id);
            let used = seen.map_or(0, |known| known.used.load(Ordering::Relaxed));
            let written = seen.map_or(0, |known| known.use_written.load(Ordering::Relaxed));
            let known = Known {
                used: AtomicI64::new(used.max(kept)),
                use_written: AtomicI64::new(written.max(kept)),
                record,
            };
            (known.record.info.id.clone(), Arc::new(known))
        });
        self.table.store(Arc::new(Table {
            stamp,
            keys: keys.collect(),
            problem: None,
        }));
        Ok(())
    }

    /// Writes when the keys were used. Whoever changes the file at the moment goes first; the uses
    /// are written the next time.
    pub(crate) fn write_uses(&self) -> Result<(), FileError> {
        let Some(lock) = Lock::try_now(&self.path)? else {
            return Ok(());
        };
        let mut keys = file::read(&self.path)?;
        let table = self.table.load_full();
        let mut changed = false;
        for record in &mut keys {
            let Some(known) = table.keys.get(&record.info.id) else {
                continue;
            };
            let used = Timestamp::from_second(known.used.load(Ordering::Relaxed)).ok();
            let used = used.filter(|used| used.as_second() > 0);
            if used > record.info.last_used {
                record.info.last_used = used;
                changed = true;
            }
        }
        if changed {
            file::write(&self.path, &keys, &lock)?;
        }
        Ok(())
    }
}

/// The lock, whatever became of those who held it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing is half done under these locks: what they guard is assigned whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

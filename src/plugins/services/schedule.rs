//! Wakes plugins at their times.
//!
//! A thread and not a task: it waits for the store, which waits for the disk.

use std::collections::HashSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use fame_plugin::{Clock, Wakeup};

use crate::store::{Store, StoreError};

/// The longest sleep. The wall clock may be set and the machine may have been suspended, which no
/// sleeper is told: a wake-up is late by no more than this.
pub const LONGEST_SLEEP: Duration = Duration::from_secs(30);

/// The pause after a failure of the store.
const RETRY: Duration = Duration::from_secs(5);

/// The schedule of all plugins. Dropping it ends its thread.
pub struct Scheduler {
    store: Store,
    changed: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Scheduler {
    /// Hands each wake-up to `due` when its time has come, with the plugin's id: those that passed
    /// while FAME was not running at once, in their order. `due` must be quick. A wake-up is
    /// forgotten when `due` returns, so that one is only handed on twice if FAME dies in between.
    ///
    /// # Errors
    /// If the system gives no thread.
    pub fn start(
        store: Store,
        clock: Arc<dyn Clock>,
        due: impl Fn(&str, Wakeup) + Send + 'static,
    ) -> io::Result<Self> {
        Self::start_with(store, clock, LONGEST_SLEEP, due)
    }

    fn start_with(
        store: Store,
        clock: Arc<dyn Clock>,
        longest_sleep: Duration,
        due: impl Fn(&str, Wakeup) + Send + 'static,
    ) -> io::Result<Self> {
        // One word is enough: it says that something changed, not what.
        let (changed, changes) = bounded(1);
        let mut round = Round {
            store: store.clone(),
            clock,
            longest_sleep,
            due,
            handed: HashSet::new(),
        };
        let thread = thread::Builder::new()
            .name("fame-schedule".into())
            .spawn(move || round.go_on(&changes))?;
        Ok(Self {
            store,
            changed: Some(changed),
            thread: Some(thread),
        })
    }

    /// Keeps a wake-up of `plugin`; one of the same name is replaced.
    ///
    /// # Errors
    /// See [`Store::schedule`].
    pub fn schedule(&self, plugin: &str, wakeup: Wakeup) -> Result<(), StoreError> {
        self.store.schedule(plugin, wakeup)?;
        if let Some(changed) = &self.changed {
            // A full channel means that the thread is told already.
            let _ = changed.try_send(());
        }
        Ok(())
    }

    /// Takes a wake-up back; gives whether there was one.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn unschedule(&self, plugin: &str, id: &str) -> Result<bool, StoreError> {
        self.store.unschedule(plugin, id)
    }

    /// The wake-ups to come of `plugin`, by their time.
    ///
    /// # Errors
    /// See [`StoreError`].
    pub fn scheduled(&self, plugin: &str) -> Result<Vec<Wakeup>, StoreError> {
        self.store.scheduled(plugin)
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        self.changed = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the schedule's thread panicked; please report this");
        }
    }
}

struct Round<F> {
    store: Store,
    clock: Arc<dyn Clock>,
    longest_sleep: Duration,
    due: F,
    /// Handed on, but the store could not be told yet. As many as are due at most.
    handed: HashSet<i64>,
}

impl<F: Fn(&str, Wakeup)> Round<F> {
    fn go_on(&mut self, changes: &Receiver<()>) {
        loop {
            let sleep = self.hand_on().unwrap_or_else(|error| {
                tracing::warn!("wake-ups are late: {error}");
                RETRY
            });
            match changes.recv_timeout(sleep.min(self.longest_sleep)) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Hands on what is due; gives the time to the next one.
    fn hand_on(&mut self) -> Result<Duration, StoreError> {
        loop {
            let due = self.store.due(self.clock.now().timestamp())?;
            if due.is_empty() {
                break;
            }
            for one in due {
                if self.handed.insert(one.number) {
                    self.wake(&one.plugin, one.wakeup);
                }
                self.store.woken(one.number)?;
                self.handed.remove(&one.number);
            }
        }
        let Some(next) = self.store.next_at()? else {
            return Ok(self.longest_sleep);
        };
        let rest = next.duration_since(self.clock.now().timestamp());
        Ok(rest.try_into().unwrap_or(Duration::ZERO))
    }

    fn wake(&self, plugin: &str, wakeup: Wakeup) {
        let id = wakeup.id.clone();
        if catch_unwind(AssertUnwindSafe(|| (self.due)(plugin, wakeup))).is_err() {
            tracing::error!("waking `{plugin}` for `{id}` panicked; please report this");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::sync::mpsc::{Receiver as Told, sync_channel};

    use fame_plugin::FixedClock;
    use jiff::{Timestamp, ToSpan, ZonedDateTime, tz::TimeZone};
    use serde_json::json;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn clock(second: i64) -> ZonedDateTime {
        at(second).to_zoned_datetime(TimeZone::UTC)
    }

    fn wakeup(id: &str, second: i64) -> Wakeup {
        Wakeup {
            id: id.into(),
            at: at(second),
            data: json!({ "n": second }),
        }
    }

    fn started(store: &Store, clock: Arc<FixedClock>) -> (Scheduler, Told<String>) {
        let (tell, told) = sync_channel(1000);
        let sleep = Duration::from_millis(5);
        let due = move |plugin: &str, wakeup: Wakeup| {
            tell.send(format!("{plugin} {} {}", wakeup.id, wakeup.data["n"]))
                .unwrap();
            assert_ne!(wakeup.id, "panics", "a test's own panic");
        };
        let scheduler = Scheduler::start_with(store.clone(), clock, sleep, due).unwrap();
        (scheduler, told)
    }

    #[test]
    fn what_passed_comes_at_start_and_each_comes_once() {
        let store = Store::in_memory().unwrap();
        for (id, second) in [("late", -10), ("later", -5), ("soon", 10), ("panics", -7)] {
            store.schedule("timer", wakeup(id, second)).unwrap();
        }
        let time = Arc::new(FixedClock::new(clock(0)));
        let (scheduler, told) = started(&store, time.clone());
        let next = || told.recv_timeout(PATIENCE).unwrap();
        assert_eq!(next(), "timer late -10");
        assert_eq!(next(), "timer panics -7");
        assert_eq!(next(), "timer later -5");
        // The wall clock jumps, and nobody says so.
        time.set(clock(10));
        assert_eq!(next(), "timer soon 10");
        scheduler.schedule("other", wakeup("x", 3600)).unwrap();
        time.set(clock(5000));
        assert_eq!(next(), "other x 3600");
        drop(scheduler);
        assert!(told.try_recv().is_err(), "nothing came twice");
        assert_eq!(store.next_at().unwrap(), None);
    }

    #[test]
    fn one_that_is_taken_back_or_moved_does_not_come() {
        let store = Store::in_memory().unwrap();
        let time = Arc::new(FixedClock::new(clock(0)));
        let (scheduler, told) = started(&store, time.clone());
        scheduler.schedule("timer", wakeup("gone", 10)).unwrap();
        scheduler.schedule("timer", wakeup("moved", 10)).unwrap();
        scheduler.schedule("timer", wakeup("moved", 30)).unwrap();
        assert!(scheduler.unschedule("timer", "gone").unwrap());
        assert_eq!(scheduler.scheduled("timer").unwrap().len(), 1);
        time.set(clock(20));
        scheduler.schedule("timer", wakeup("mark", 20)).unwrap();
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "timer mark 20");
        time.set(clock(0).checked_add(30.seconds()).unwrap());
        assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "timer moved 30");
    }

    #[test]
    fn one_that_schedules_itself_anew_is_kept() {
        let store = Store::in_memory().unwrap();
        let time = Arc::new(FixedClock::new(clock(0)));
        store.schedule("alarm", wakeup("daily", -1)).unwrap();
        let (tell, told) = sync_channel(10);
        let inner = store.clone();
        let due = move |plugin: &str, _: Wakeup| {
            inner.schedule(plugin, wakeup("daily", 86_400)).unwrap();
            tell.send(()).unwrap();
        };
        let scheduler = Scheduler::start(store.clone(), time, due).unwrap();
        told.recv_timeout(PATIENCE).unwrap();
        drop(scheduler);
        assert_eq!(store.scheduled("alarm").unwrap(), [wakeup("daily", 86_400)]);
    }
}

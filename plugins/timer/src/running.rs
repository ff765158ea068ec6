//! The timers that run, in memory and in the store.

use std::sync::{Mutex, MutexGuard, PoisonError};

use fame_plugin::{HostRef, PluginError, Wakeup};
use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Where timers are kept in the plugin's store.
const PREFIX: &str = "timer/";

/// One timer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Timer {
    /// Its number, unique among those that run.
    pub(super) id: String,
    /// What it was called, in lower case.
    pub(super) name: Option<String>,
    /// How long it was set for, in seconds.
    pub(super) seconds: i64,
    /// When it rings.
    pub(super) ends: Timestamp,
}

impl Timer {
    /// What it is told apart by: its name, or its length.
    pub(super) fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| adjective(self.seconds))
    }

    /// "10 minute timer", "egg timer".
    pub(super) fn title(&self) -> String {
        format!("{} timer", self.label())
    }
}

/// "10 minute", "1 hour 20 minute".
fn adjective(seconds: i64) -> String {
    let parts: Vec<String> = units(seconds)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    parts.join(" ")
}

/// The hours, minutes and seconds of a length, as far as it has any.
pub(super) fn units(seconds: i64) -> impl Iterator<Item = (i64, &'static str)> {
    let all = [
        (seconds / 3_600, "hour"),
        (seconds / 60 % 60, "minute"),
        (seconds % 60, "second"),
    ];
    all.into_iter().filter(|(count, _)| *count > 0)
}

/// All timers that run.
#[derive(Default)]
pub(super) struct Running(Mutex<Vec<Timer>>);

impl Running {
    /// The timers that ran when FAME ended. One that cannot be read is passed over.
    pub(super) fn load(host: &HostRef) -> Result<Self, PluginError> {
        let mut timers = Vec::new();
        for key in host.keys(PREFIX)? {
            let stored = host.get(&key)?.map(serde_json::from_value::<Timer>);
            timers.extend(stored.and_then(Result::ok));
        }
        let running = Self(Mutex::new(timers));
        running.tell(host, &running.lock())?;
        Ok(running)
    }

    pub(super) fn all(&self) -> Vec<Timer> {
        self.lock().clone()
    }

    /// A timer that is not running yet, with a label that no other has.
    pub(super) fn new_timer(
        &self,
        length: SignedDuration,
        name: Option<String>,
        now: &ZonedDateTime,
    ) -> Timer {
        let timers = self.lock();
        let id = (1..)
            .map(|number: u32| number.to_string())
            .find(|id| timers.iter().all(|timer| timer.id != *id))
            .unwrap_or_default();
        let mut timer = Timer {
            id,
            name,
            seconds: length.as_secs(),
            ends: now.timestamp() + length,
        };
        let label = timer.label();
        let same = timers.iter().filter(|other| {
            other.label() == label || other.label().starts_with(&format!("{label} number"))
        });
        match same.count() {
            0 => {}
            others => timer.name = Some(format!("{label} number {}", others + 1)),
        }
        timer
    }

    /// Runs `timer`: it is in the store and scheduled when this returns.
    pub(super) fn add(&self, host: &HostRef, timer: Timer) -> Result<(), PluginError> {
        let value = serde_json::to_value(&timer)
            .map_err(|error| PluginError::failed("keeping the timer", error))?;
        host.put(&key(&timer.id), value)?;
        host.schedule(Wakeup {
            id: timer.id.clone(),
            at: timer.ends,
            data: Value::Null,
        })?;
        let mut timers = self.lock();
        timers.retain(|other| other.id != timer.id);
        timers.push(timer);
        timers.sort_by_key(|timer| timer.ends);
        self.tell(host, &timers)
    }

    /// Ends the timer `id`; gives it if it ran.
    pub(super) fn remove(&self, host: &HostRef, id: &str) -> Result<Option<Timer>, PluginError> {
        host.unschedule(id)?;
        host.delete(&key(id))?;
        let mut timers = self.lock();
        let at = timers.iter().position(|timer| timer.id == id);
        let removed = at.map(|at| timers.remove(at));
        self.tell(host, &timers)?;
        Ok(removed)
    }

    /// Makes the timers' labels what "the … timer" can name.
    fn tell(&self, host: &HostRef, timers: &[Timer]) -> Result<(), PluginError> {
        let entries = timers.iter().map(|timer| {
            let ways = [timer.title(), adjective(timer.seconds)];
            (timer.label(), ways.to_vec())
        });
        Ok(host.set_list("running", entries.collect())?)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Timer>> {
        // A timer is pushed or removed whole under this lock, so a poisoned list is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(id: &str) -> String {
    format!("{PREFIX}{id}")
}

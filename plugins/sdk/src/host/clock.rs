//! The time, as plugins see it.

use std::sync::{Mutex, PoisonError};

use jiff::ZonedDateTime;

/// The time, so that tests and headless runs can choose it.
pub trait Clock: Send + Sync {
    /// Now, in the user's time zone.
    fn now(&self) -> ZonedDateTime;
}

/// The computer's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> ZonedDateTime {
        ZonedDateTime::now()
    }
}

/// A clock that stands still until it is set.
#[derive(Debug)]
pub struct FixedClock(Mutex<ZonedDateTime>);

impl FixedClock {
    /// A clock that says `now`.
    #[must_use]
    pub fn new(now: ZonedDateTime) -> Self {
        Self(Mutex::new(now))
    }

    /// Sets the clock.
    pub fn set(&self, now: ZonedDateTime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }
}

impl Clock for FixedClock {
    fn now(&self) -> ZonedDateTime {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

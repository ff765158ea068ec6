//! What FAME gives a plugin.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

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

/// One thing that the user can ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// The plugin's id.
    pub plugin: String,
    /// The intent's name.
    pub intent: String,
    /// What it does, fit to follow "You can ask me …".
    pub summary: String,
    /// A sentence that asks for it.
    pub example: String,
}

/// FAME, as a plugin sees it.
pub trait Host: Send + Sync {
    /// Now, in the user's time zone.
    fn now(&self) -> ZonedDateTime;

    /// What the loaded plugins can do, in their order.
    fn capabilities(&self) -> Vec<Capability>;
}

/// A shared [`Host`].
///
/// The default belongs to no FAME: it knows the computer's time and no capabilities. A plugin
/// holds it from its making until [`Plugin::init`](crate::Plugin::init) hands it the real one.
#[derive(Clone)]
pub struct HostRef(Arc<dyn Host>);

impl HostRef {
    /// Shares `host`.
    pub fn new(host: impl Host + 'static) -> Self {
        Self(Arc::new(host))
    }
}

impl Default for HostRef {
    fn default() -> Self {
        Self::new(NoHost)
    }
}

impl Deref for HostRef {
    type Target = dyn Host;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

struct NoHost;

impl Host for NoHost {
    fn now(&self) -> ZonedDateTime {
        SystemClock.now()
    }

    fn capabilities(&self) -> Vec<Capability> {
        Vec::new()
    }
}

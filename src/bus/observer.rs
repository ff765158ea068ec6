//! Those who observe some of the events: a task that reads, or a callback on its own thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::thread;

use super::queue::Queue;
use super::{Bus, Event, Pattern, Published, Shared};

/// Events that wait for a callback that is slow. When there is one more the oldest is lost.
pub const CALLBACK_CAPACITY: usize = 256;

/// A callback that panicked this often is not called again.
pub const MAX_PANICS: u64 = 3;

/// Callbacks at the same time; each has a thread.
pub const MAX_CALLBACKS: usize = 128;

/// Why there is no subscription.
#[derive(Debug, thiserror::Error)]
pub enum SubscribeError {
    /// Already [`MAX_CALLBACKS`].
    #[error("subscribing `{0}`: there are {MAX_CALLBACKS} subscriptions already; drop one")]
    TooMany(String),
    /// The system gives no thread.
    #[error("subscribing `{name}`: no thread for it: {source}; stop other programs and try again")]
    Thread {
        /// Who subscribes.
        name: String,
        /// What the system says.
        source: std::io::Error,
    },
}

/// One observer, as `fame status` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriberInfo {
    /// Its name.
    pub name: String,
    /// What it observes.
    pub pattern: String,
    /// Events that it took.
    pub received: u64,
    /// Events that it was too slow for.
    pub lost: u64,
    /// How often its callback panicked.
    pub panics: u64,
}

/// An observer as the bus knows it.
pub(super) struct Observer {
    pub(super) id: u64,
    pub(super) name: String,
    pub(super) pattern: Pattern,
    pub(super) queue: Arc<Queue>,
    pub(super) kind: Kind,
}

/// How an observer hears of events.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A task reads them.
    Watch { capacity: usize },
    /// A thread is called.
    Callback,
}

impl Kind {
    pub(super) fn capacity(self) -> usize {
        match self {
            Self::Watch { capacity } => capacity,
            Self::Callback => CALLBACK_CAPACITY,
        }
    }
}

impl Observer {
    pub(super) fn info(&self) -> SubscriberInfo {
        let counts = self.queue.counts();
        SubscriberInfo {
            name: self.name.clone(),
            pattern: self.pattern.to_string(),
            received: counts.received,
            lost: counts.lost,
            panics: counts.panics,
        }
    }
}

/// Takes the observer off the bus when it is dropped.
pub(super) struct Registration {
    pub(super) id: u64,
    pub(super) queue: Arc<Queue>,
    pub(super) bus: Weak<Shared>,
}

impl Drop for Registration {
    fn drop(&mut self) {
        self.queue.close();
        if let Some(shared) = self.bus.upgrade() {
            shared.remove(self.id);
        }
    }
}

/// Events for a task that reads them. Dropping it ends the observation.
pub struct Watch(pub(super) Registration);

impl Watch {
    /// The next event; none once the bus is gone. Nothing is lost when the future is dropped.
    pub async fn recv(&mut self) -> Option<Arc<Published>> {
        self.0.queue.next().await
    }

    /// Events lost so far because they were not read in time.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.0.queue.counts().lost
    }
}

/// A callback that is called. Dropping it ends that; a call that has begun ends by itself, nobody
/// waits for it.
#[must_use = "dropping it ends the subscription"]
pub struct Subscription {
    _registration: Registration,
}

/// Starts the thread that calls `callback`.
pub(super) fn call(
    registration: Registration,
    name: &str,
    callback: impl FnMut(&Published) + Send + 'static,
) -> Result<Subscription, SubscribeError> {
    let (queue, bus) = (registration.queue.clone(), registration.bus.clone());
    let (id, owner) = (registration.id, name.to_owned());
    thread::Builder::new()
        .name(format!("fame-on-{}", name.replace('\0', "")))
        .spawn(move || {
            if call_each(&queue, callback) == End::GivenUp {
                give_up(&bus, id, &owner);
            }
        })
        .map_err(|source| SubscribeError::Thread {
            name: name.to_owned(),
            source,
        })?;
    Ok(Subscription {
        _registration: registration,
    })
}

/// Why a callback is not called any more.
#[derive(PartialEq)]
enum End {
    Unsubscribed,
    GivenUp,
}

fn call_each(queue: &Queue, mut callback: impl FnMut(&Published)) -> End {
    while let Some(published) = queue.wait_next() {
        let called = catch_unwind(AssertUnwindSafe(|| callback(&published)));
        if called.is_err() && queue.panicked() >= MAX_PANICS {
            queue.close();
            return End::GivenUp;
        }
    }
    End::Unsubscribed
}

fn give_up(bus: &Weak<Shared>, id: u64, name: &str) {
    let Some(shared) = bus.upgrade() else { return };
    shared.remove(id);
    Bus(shared).publish(Event::Error {
        code: "subscriber".into(),
        message: format!(
            "`{name}` failed {MAX_PANICS} times on events and gets no more; \
             restart it, and report the bug to its author"
        ),
    });
}

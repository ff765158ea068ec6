//! The event bus: many publishers, many observers, nobody waits for anybody.
//!
//! There are three ways to hear of events: [`Bus::subscribe`] gives all of them, [`Bus::watch`]
//! those of some topics to a task, [`Bus::on`] to a callback on its own thread. Each has a bounded
//! queue; who is too slow loses the oldest, and how many is counted. What must not be lost (the
//! audit log) is therefore never fed from here. [`Bus::history`] has the last ones.
//!
//! ```
//! use fame::bus::{Bus, Event};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bus = Bus::new();
//! let speech = bus.on("speech.*".parse()?, "example", |published| {
//!     println!("{} {}", published.seq, published.event.topic());
//! })?;
//! bus.publish(Event::SpeechStarted {});
//! drop(speech);
//! # Ok(())
//! # }
//! ```

mod event;
mod history;
mod later;
mod observer;
mod own;
mod parts;
mod pattern;
mod queue;

pub use event::Event;
pub use history::{HISTORY, Replay};
pub use later::Later;
pub use observer::{
    CALLBACK_CAPACITY, MAX_CALLBACKS, MAX_PANICS, SubscribeError, SubscriberInfo, Subscription,
    Watch,
};
pub use own::{PLUGIN_EVENT_BYTES, PluginEventError};
pub use parts::{ApprovalOutcome, EndReason, IgnoreReason, Latency, ReplySource, State};
pub use pattern::{Pattern, PatternError, TOPIC_BYTES};

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use history::History;
use observer::{Kind, Observer, Registration};
use queue::Queue;
use tokio::sync::broadcast;

/// Events kept for a slow reader of [`Bus::subscribe`] before it starts to lose the oldest.
pub const CAPACITY: usize = 1024;

/// An event with its place in the order of all events.
#[derive(Clone, Debug)]
pub struct Published {
    /// 1 for the first event since start. Every observer sees the events in this order.
    pub seq: u64,
    /// When it was published.
    pub at: SystemTime,
    /// The event.
    pub event: Event,
}

/// A handle on the bus. Clones share it.
#[derive(Clone)]
pub struct Bus(Arc<Shared>);

/// Sees every event before anybody else, on the thread that publishes it.
type Tap = Box<dyn Fn(&Event) + Send + Sync>;

struct Shared {
    sender: broadcast::Sender<Arc<Published>>,
    inner: Mutex<Inner>,
    tap: Option<Tap>,
}

/// What changes together, so that order, history and observers agree. The lock is held for a few
/// microseconds and never while code of an observer runs.
#[derive(Default)]
struct Inner {
    seq: u64,
    history: History,
    observers: Vec<Observer>,
    next_id: u64,
}

impl Default for Bus {
    fn default() -> Self {
        Self::new()
    }
}

impl Bus {
    /// A bus without observers.
    pub fn new() -> Self {
        Self::made(None)
    }

    /// The same with a tap, which sees every event, whatever the load. It runs on the thread that
    /// publishes, before anybody else hears of the event: only for what takes microseconds and
    /// cannot panic.
    pub fn with_tap(tap: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self::made(Some(Box::new(tap)))
    }

    fn made(tap: Option<Tap>) -> Self {
        Self(Arc::new(Shared {
            sender: broadcast::channel(CAPACITY).0,
            inner: Mutex::default(),
            tap,
        }))
    }

    /// Publishes an event. Waits for no observer; callable from any thread, not from an audio
    /// callback.
    pub fn publish(&self, event: Event) {
        if let Some(tap) = &self.0.tap {
            tap(&event);
        }
        let mut inner = self.0.lock();
        inner.seq += 1;
        let published = Arc::new(Published {
            seq: inner.seq,
            at: SystemTime::now(),
            event,
        });
        inner.history.keep(&published);
        let topic = published.event.topic();
        for observer in &inner.observers {
            if observer.pattern.matches(topic) {
                observer.queue.push(&published);
            }
        }
        // Under the lock as well, so that all see one order. An error only says that nobody reads.
        let _ = self.0.sender.send(published);
    }

    /// Starts to read everything; events published from now on are received.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.0.sender.subscribe()
    }

    /// Lets a task read the events that fit `pattern`. `capacity` of them wait for it.
    pub fn watch(&self, pattern: Pattern, name: &str, capacity: usize) -> Watch {
        let kind = Kind::Watch { capacity };
        Watch(self.0.register(&mut self.0.lock(), pattern, name, kind))
    }

    /// The same for one that was here before and has seen everything up to the event `after`: what
    /// it missed, then what comes, without a gap and nothing twice.
    pub fn watch_after(
        &self,
        after: u64,
        pattern: Pattern,
        name: &str,
        capacity: usize,
    ) -> (Replay, Watch) {
        let mut inner = self.0.lock();
        let missed = inner.history.replay(after, &pattern, inner.seq);
        let kind = Kind::Watch { capacity };
        let registration = self.0.register(&mut inner, pattern, name, kind);
        (missed, Watch(registration))
    }

    /// Has `callback` called, on a thread of its own, with each event that fits `pattern`. Up to
    /// [`CALLBACK_CAPACITY`] of them wait for it. One that panics [`MAX_PANICS`] times is given up,
    /// which an [`Event::Error`] with the code `subscriber` tells.
    ///
    /// # Errors
    /// With [`MAX_CALLBACKS`] already, or if the system gives no thread.
    pub fn on(
        &self,
        pattern: Pattern,
        name: &str,
        callback: impl FnMut(&Published) + Send + 'static,
    ) -> Result<Subscription, SubscribeError> {
        let registration = {
            let mut inner = self.0.lock();
            let others = inner.observers.iter();
            if others.filter(|other| other.kind == Kind::Callback).count() >= MAX_CALLBACKS {
                return Err(SubscribeError::TooMany(name.to_owned()));
            }
            self.0.register(&mut inner, pattern, name, Kind::Callback)
        };
        observer::call(registration, name, callback)
    }

    /// The last `limit` of the events after `after_seq` that fit `pattern`, oldest first. What
    /// [`HISTORY`] leaves out is not among them. Together with an observation begun before, it is
    /// gapless; see also [`Bus::watch_after`].
    #[must_use]
    pub fn history(
        &self,
        after_seq: Option<u64>,
        pattern: Option<&Pattern>,
        limit: usize,
    ) -> Vec<Arc<Published>> {
        self.0.lock().history.read(after_seq, pattern, limit)
    }

    /// Who observes, [`Bus::subscribe`] left out, in the order of their coming.
    #[must_use]
    pub fn subscribers(&self) -> Vec<SubscriberInfo> {
        self.0.lock().observers.iter().map(Observer::info).collect()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn register(
        self: &Arc<Self>,
        inner: &mut Inner,
        pattern: Pattern,
        name: &str,
        kind: Kind,
    ) -> Registration {
        let (id, queue) = (inner.next_id, Arc::new(Queue::new(kind.capacity())));
        inner.next_id += 1;
        inner.observers.push(Observer {
            id,
            name: name.to_owned(),
            pattern,
            queue: queue.clone(),
            kind,
        });
        Registration {
            id,
            queue,
            bus: Arc::downgrade(self),
        }
    }

    fn remove(&self, id: u64) {
        self.lock().observers.retain(|observer| observer.id != id);
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let inner = self.inner.get_mut().unwrap_or_else(PoisonError::into_inner);
        for observer in &inner.observers {
            observer.queue.close();
        }
    }
}

//! The event bus: many publishers, many observers, nobody waits for anybody.
//!
//! An observer that falls more than [`CAPACITY`] events behind loses the oldest and is told how
//! many. What must not be lost (the audit log) is therefore never fed from here.

mod event;

pub use event::{EndReason, Event, IgnoreReason, Latency, State};

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use tokio::sync::broadcast;

/// Events kept for a slow observer before it starts to lose the oldest.
pub const CAPACITY: usize = 1024;

/// An event with its place in the order of all events.
#[derive(Clone, Debug)]
pub struct Published {
    /// 1 for the first event since start.
    pub seq: u64,
    /// When it was published.
    pub at: SystemTime,
    /// The event.
    pub event: Event,
}

/// A handle on the bus. Clones share it.
#[derive(Clone)]
pub struct Bus {
    sender: broadcast::Sender<Arc<Published>>,
    seq: Arc<AtomicU64>,
}

impl Default for Bus {
    fn default() -> Self {
        Self::new()
    }
}

impl Bus {
    /// A bus without observers.
    pub fn new() -> Self {
        Self {
            sender: broadcast::channel(CAPACITY).0,
            seq: Arc::new(AtomicU64::new(0)),
        }
    }

    /// Publishes an event. Never blocks; callable from any thread, not from an audio callback.
    pub fn publish(&self, event: Event) {
        let published = Published {
            seq: self.seq.fetch_add(1, Ordering::Relaxed) + 1,
            at: SystemTime::now(),
            event,
        };
        // An error only says that nobody observes.
        let _ = self.sender.send(Arc::new(published));
    }

    /// Starts to observe; events published from now on are received.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Published>> {
        self.sender.subscribe()
    }
}

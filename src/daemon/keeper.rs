//! Keeps answered turns on the disk, so that they can be explained after a restart. Nobody waits
//! for it, and turns that come together are written together.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::brain::history::MAX_TURNS;
use crate::dialogue::io::TurnId;
use crate::skills::Skills;

/// Turns that wait to be kept: as many as are remembered until then. One more is explained from
/// memory only.
const QUEUE: usize = MAX_TURNS;

/// How long others are waited for, to be written together with the first.
const GATHERING: Duration = Duration::from_millis(20);

/// How long somebody waits for what is not kept yet.
const PATIENCE: Duration = Duration::from_secs(1);

enum Order {
    Keep(TurnId),
    /// Keep what waits, and say so.
    Flush(oneshot::Sender<()>),
}

/// See the module's documentation. Clones share the queue.
#[derive(Clone)]
pub(super) struct Keeper(mpsc::Sender<Order>);

impl Keeper {
    /// Starts the task that keeps.
    pub(super) fn start(skills: Arc<Skills>) -> Self {
        let (orders, queue) = mpsc::channel(QUEUE);
        tokio::spawn(run(skills, queue));
        Self(orders)
    }

    /// Keeps the turn soon.
    pub(super) fn keep(&self, turn: TurnId) {
        if self.0.try_send(Order::Keep(turn)).is_err() {
            tracing::debug!(turn, "too much is being kept; forgotten sooner");
        }
    }

    /// Waits until everything so far is kept, for a moment.
    pub(super) async fn flush(&self) {
        let (done, kept) = oneshot::channel();
        let flushing = async {
            // An error says that nothing is kept any more.
            if self.0.send(Order::Flush(done)).await.is_ok() {
                let _ = kept.await;
            }
        };
        if tokio::time::timeout(PATIENCE, flushing).await.is_err() {
            tracing::warn!("the last turns are not kept yet: the disk is slow");
        }
    }
}

async fn run(skills: Arc<Skills>, mut queue: mpsc::Receiver<Order>) {
    while let Some(first) = queue.recv().await {
        if matches!(first, Order::Keep(_)) {
            tokio::time::sleep(GATHERING).await;
        }
        let mut turns = Vec::new();
        let mut flushed = Vec::new();
        let mut next = Some(first);
        while let Some(order) = next {
            match order {
                Order::Keep(turn) => turns.push(turn),
                Order::Flush(done) => flushed.push(done),
            }
            next = queue.try_recv().ok();
        }
        let skills = skills.clone();
        let keeping = tokio::task::spawn_blocking(move || skills.keep_turns(&turns));
        if let Err(crash) = keeping.await {
            tracing::error!(%crash, "turns are not kept");
        }
        for done in flushed {
            // Whoever waited has given up.
            let _ = done.send(());
        }
    }
}

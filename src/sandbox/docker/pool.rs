//! Containers that are started, proved and empty, so that a program need not wait for one. Each
//! runs one program, ever.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;

use super::container::{Container, STALE_AFTER};
use super::janitor::{Janitor, SWEEP_EVERY};
use super::maker::Maker;

/// Pause after a container could not be made, doubled each time up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Longest pause between attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// The waiting containers.
#[derive(Default)]
pub(super) struct Pool {
    waiting: Mutex<VecDeque<Container>>,
    taken: Notify,
}

impl Pool {
    /// One that still waits, if there is one.
    pub(super) fn take(&self) -> Option<Container> {
        let taken = std::iter::from_fn(|| self.lock().pop_front())
            .find_map(|mut container| container.waits().then_some(container));
        self.taken.notify_one();
        taken
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    /// Removes all.
    pub(super) fn clear(&self) {
        let all = std::mem::take(&mut *self.lock());
        drop(all);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Container>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Drops what is stale or ended.
    fn weed(&self) {
        let mut waiting = self.lock();
        let all = std::mem::take(&mut *waiting);
        *waiting = all
            .into_iter()
            .filter_map(|mut container| {
                (container.born.elapsed() < STALE_AFTER && container.waits()).then_some(container)
            })
            .collect();
    }

    /// Keeps `size` containers waiting and sweeps what a crash left, until it is told to stop.
    pub(super) async fn keep(
        self: Arc<Self>,
        size: usize,
        maker: Arc<Maker>,
        janitor: Arc<Janitor>,
        stop: CancellationToken,
    ) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.top_up(size, &maker) => {}
            () = sweep(&janitor) => {}
        }
        self.clear();
    }

    async fn top_up(&self, size: usize, maker: &Maker) {
        let mut pause = FIRST_PAUSE;
        loop {
            self.weed();
            while self.len() < size {
                match maker.proved().await {
                    Ok(container) => {
                        self.lock().push_back(container);
                        pause = FIRST_PAUSE;
                    }
                    Err(error) => {
                        tracing::warn!(%error, "no container could be made ready");
                        sleep(pause).await;
                        pause = (pause * 2).min(LONGEST_PAUSE);
                    }
                }
            }
            tokio::select! {
                () = self.taken.notified() => {}
                () = sleep(SWEEP_EVERY) => {}
            }
        }
    }
}

async fn sweep(janitor: &Janitor) {
    let mut tick = interval(SWEEP_EVERY);
    loop {
        tick.tick().await;
        match janitor.sweep().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "containers left by a crash are removed"),
            Err(error) => tracing::debug!(%error, "cannot look for containers left by a crash"),
        }
    }
}

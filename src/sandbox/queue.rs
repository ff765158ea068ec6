//! Who runs and who waits: first come, first served, and no more than so many.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::SandboxError;

/// Programs that run at a time.
pub const MAX_RUNNING: usize = 4;

/// Programs that wait for their turn; the next one is told that FAME is busy.
pub const MAX_WAITING: usize = 64;

/// The queue. Its places are given back when a turn is dropped, whatever ended the run.
#[derive(Clone, Debug)]
pub(super) struct Queue {
    /// Places to run and to wait.
    places: Arc<Semaphore>,
    /// Places to run; tokio's semaphore is fair.
    slots: Arc<Semaphore>,
}

/// A place in the queue.
#[derive(Debug)]
pub(super) struct Place {
    slots: Arc<Semaphore>,
    place: OwnedSemaphorePermit,
}

/// The right to run one program.
#[derive(Debug)]
pub(super) struct Turn {
    _slot: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

impl Queue {
    pub(super) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MAX_RUNNING + MAX_WAITING)),
            slots: Arc::new(Semaphore::new(MAX_RUNNING)),
        }
    }

    /// Takes a place, if there is one.
    pub(super) fn enter(&self) -> Result<Place, SandboxError> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|error| match error {
                tokio::sync::TryAcquireError::Closed => SandboxError::ShutDown,
                tokio::sync::TryAcquireError::NoPermits => SandboxError::Busy {
                    running: MAX_RUNNING,
                    waiting: MAX_WAITING,
                },
            })?;
        Ok(Place {
            slots: Arc::clone(&self.slots),
            place,
        })
    }

    /// Programs that run, and those that wait.
    pub(super) fn lengths(&self) -> (usize, usize) {
        let running = MAX_RUNNING - self.slots.available_permits().min(MAX_RUNNING);
        let inside = MAX_RUNNING + MAX_WAITING - self.places.available_permits();
        (running, inside.saturating_sub(running))
    }

    /// Lets nobody in any more; who waits is told so.
    pub(super) fn close(&self) {
        self.places.close();
        self.slots.close();
    }
}

impl Place {
    /// Whether its turn would not come at once.
    pub(super) fn has_to_wait(&self) -> bool {
        self.slots.available_permits() == 0
    }

    /// Waits for its turn.
    pub(super) async fn turn(self) -> Result<Turn, SandboxError> {
        let slot = self
            .slots
            .acquire_owned()
            .await
            .map_err(|_| SandboxError::ShutDown)?;
        Ok(Turn {
            _slot: slot,
            _place: self.place,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_to_come_is_the_first_to_run_and_too_many_are_told() {
        let queue = Queue::new();
        let mut running = Vec::new();
        for _ in 0..MAX_RUNNING {
            running.push(queue.enter().unwrap().turn().await.unwrap());
        }
        let (tell, mut order) = tokio::sync::mpsc::channel(MAX_WAITING);
        for index in 0..MAX_WAITING {
            let place = queue.enter().unwrap();
            assert!(place.has_to_wait());
            let tell = tell.clone();
            tokio::spawn(async move {
                let turn = place.turn().await.unwrap();
                tell.send(index).await.unwrap();
                drop(turn);
            });
            // So that it queues before the next one.
            tokio::task::yield_now().await;
        }
        assert_eq!(queue.lengths(), (MAX_RUNNING, MAX_WAITING));
        assert!(matches!(queue.enter(), Err(SandboxError::Busy { .. })));
        running.clear();
        for index in 0..MAX_WAITING {
            assert_eq!(order.recv().await.unwrap(), index);
        }
        drop(tell);
        assert!(order.recv().await.is_none());
        assert_eq!(queue.lengths(), (0, 0));
    }

    #[tokio::test]
    async fn a_run_that_panics_gives_its_place_back() {
        let queue = Queue::new();
        let turn = queue.enter().unwrap().turn().await.unwrap();
        let panics = tokio::spawn(async move {
            let _turn = turn;
            panic!("on purpose");
        });
        assert!(panics.await.unwrap_err().is_panic());
        assert_eq!(queue.lengths(), (0, 0));
    }

    #[tokio::test]
    async fn who_waits_when_it_closes_is_told() {
        let queue = Queue::new();
        let mut running = Vec::new();
        for _ in 0..MAX_RUNNING {
            running.push(queue.enter().unwrap().turn().await.unwrap());
        }
        let place = queue.enter().unwrap();
        let waits = tokio::spawn(place.turn());
        tokio::task::yield_now().await;
        queue.close();
        assert!(matches!(waits.await.unwrap(), Err(SandboxError::ShutDown)));
        assert!(matches!(queue.enter(), Err(SandboxError::ShutDown)));
    }
}

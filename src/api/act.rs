//! The line between a request that can still be called off and an act that has begun.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

const OPEN: u8 = 0;
const BEGUN: u8 = 1;
const LEFT: u8 = 2;

/// Decides between a client that leaves and an act that begins: whichever comes first wins, and
/// there is no in between. A request whose client left is dropped at its next wait; one that has
/// begun runs to its end, whoever is listening.
#[derive(Clone, Debug, Default)]
pub struct Act(Arc<AtomicU8>);

impl Act {
    /// To be called right before anything is changed that somebody could notice. If it says no,
    /// the client is gone and nothing must be done.
    #[must_use]
    pub fn begin(&self) -> bool {
        match self
            .0
            .compare_exchange(OPEN, BEGUN, Ordering::AcqRel, Ordering::Acquire)
        {
            Ok(_) => true,
            Err(state) => state == BEGUN,
        }
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire) == BEGUN
    }

    /// The client has left. False if that is too late, because the act has begun.
    pub(crate) fn leave(&self) -> bool {
        self.0
            .compare_exchange(OPEN, LEFT, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whichever_comes_first_wins() {
        let act = Act::default();
        assert!(act.begin() && act.begin() && act.has_begun());
        assert!(!act.leave());
        let act = Act::default();
        assert!(act.leave() && !act.begin() && !act.has_begun());
    }
}

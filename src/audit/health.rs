//! How the writer gets on, for those who ask the log's handle.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::AuditError;

/// What is wrong at the moment.
#[derive(Default)]
pub(crate) struct Health {
    failure: Mutex<Option<AuditError>>,
    witness: Mutex<Option<AuditError>>,
}

impl Health {
    pub(crate) fn set_failure(&self, failure: Option<AuditError>) {
        let before = std::mem::replace(&mut *locked(&self.failure), failure.clone());
        match (before, failure) {
            (None, Some(error)) => tracing::error!(%error, "nothing is recorded for now"),
            (Some(_), None) => tracing::info!("the audit log can be written again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
    }

    pub(crate) fn set_witness(&self, failure: Option<AuditError>) {
        *locked(&self.witness) = failure;
    }

    pub(crate) fn failure(&self) -> Option<AuditError> {
        locked(&self.failure).clone()
    }

    pub(crate) fn witness(&self) -> Option<AuditError> {
        locked(&self.witness).clone()
    }
}

fn locked(error: &Mutex<Option<AuditError>>) -> MutexGuard<'_, Option<AuditError>> {
    error.lock().unwrap_or_else(PoisonError::into_inner)
}

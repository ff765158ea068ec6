//! How a request to the language model fails.

use std::time::Duration;

use super::LlmError;

/// Why there is no answer, and whether to ask again.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: LlmError,
    pub(super) again: Again,
}

/// Whether a request that failed is worth another try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    No,
    After(Duration),
    WithoutTools,
}

impl From<LlmError> for Failure {
    fn from(error: LlmError) -> Self {
        Self {
            error,
            again: Again::No,
        }
    }
}

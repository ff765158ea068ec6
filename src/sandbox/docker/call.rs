//! Every call to the engine: with a deadline, and its failure told apart.

use std::time::Duration;

use bollard::errors::Error;
use tokio::time::timeout;

use crate::error::SandboxError;

/// Longest wait for what the engine has to work for: create, start, remove.
pub(super) const WORK_WITHIN: Duration = Duration::from_secs(20);

/// Longest wait for what it only has to look up.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_millis(1_500);

/// Waits for an answer.
pub(super) async fn call<T>(
    doing: &'static str,
    within: Duration,
    request: impl Future<Output = Result<T, Error>>,
) -> Result<T, SandboxError> {
    match timeout(within, request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(failure(doing, &error)),
        Err(_) => Err(SandboxError::EngineLost {
            doing,
            problem: format!("no answer within {within:?}"),
        }),
    }
}

/// What an error of the client means.
pub(super) fn failure(doing: &'static str, error: &Error) -> SandboxError {
    let problem = crate::text::safe(error.to_string().as_bytes());
    match error {
        Error::DockerResponseServerError { .. } => SandboxError::Engine { doing, problem },
        _ => SandboxError::EngineLost { doing, problem },
    }
}

/// Whether the engine says that there is no such thing.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(
        error,
        Error::DockerResponseServerError {
            status_code: 404,
            ..
        }
    )
}

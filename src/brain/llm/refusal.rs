//! What a server means that answers with an error.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::failure::{Again, Failure};
use super::wire::error_message;
use super::{Client, LlmError, key};

/// The longest time that a busy server may ask us to wait; one that asks for more is not asked
/// again.
pub const MAX_RETRY_WAIT: Duration = Duration::from_secs(5);

/// How long to wait before asking again, where the server does not say.
pub(super) const RETRY_WAIT: Duration = Duration::from_millis(300);

/// What is read of an answer that reports an error.
const MAX_ERROR_BYTES: usize = 16 * 1024;

/// Characters of a server's message that are kept.
const MAX_ERROR_CHARS: usize = 200;

/// What is said where a server gives no reason.
const NO_REASON: &str = "it does not say why";

/// What a status other than success means. The server's reason is waited for until `deadline`.
pub(super) async fn failure(
    client: &Client,
    mut response: Response,
    has_tools: bool,
    deadline: Instant,
) -> Failure {
    let code = response.status();
    let (host, status) = (client.endpoint.host.clone(), code.as_u16());
    let wait = retry_wait(response.headers());
    let message = match timeout_at(deadline, error_body(&mut response)).await {
        Ok(body) => message(client, &body),
        Err(_) => NO_REASON.to_owned(),
    };
    // llama.cpp answers 500, Ollama 400 where a model knows no tools.
    let blames_tools = has_tools && message.to_lowercase().contains("tool");
    match code {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            LlmError::KeyRefused { host, status }.into()
        }
        StatusCode::NOT_FOUND => {
            let model = client.settings.model.clone();
            LlmError::NotFound { host, model }.into()
        }
        StatusCode::TOO_MANY_REQUESTS => busy(host, status, wait),
        _ if blames_tools => Failure {
            error: LlmError::Status {
                host,
                status,
                message,
            },
            again: Again::WithoutTools,
        },
        _ if code.is_server_error() => busy(host, status, wait),
        _ => LlmError::Status {
            host,
            status,
            message,
        }
        .into(),
    }
}

fn busy(host: String, status: u16, wait: Option<Duration>) -> Failure {
    Failure {
        error: LlmError::Busy { host, status },
        again: wait.map_or(Again::No, Again::After),
    }
}

/// A server's words about an error, fit for a log.
pub(super) fn message(client: &Client, error: &Value) -> String {
    let message = error_message(error).unwrap_or(NO_REASON);
    shortened(&key::redact(message, client.key.as_ref()))
}

/// The beginning of an error's body, as JSON or as the text that it is.
async fn error_body(response: &mut Response) -> Value {
    let mut body = Vec::new();
    while let Ok(Some(bytes)) = response.chunk().await {
        body.extend_from_slice(&bytes);
        if body.len() >= MAX_ERROR_BYTES {
            body.truncate(MAX_ERROR_BYTES);
            break;
        }
    }
    serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into())
}

/// How long to wait before asking a busy server again; `None` if it asks for too long.
fn retry_wait(headers: &HeaderMap) -> Option<Duration> {
    let asked = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    // The other form, a date, comes from web sites that are down for hours.
    let wait = match asked.map(|seconds| seconds.trim().parse()) {
        Some(seconds) => Duration::from_secs(seconds.ok()?),
        None => RETRY_WAIT,
    };
    (wait <= MAX_RETRY_WAIT).then_some(wait)
}

/// On one line, and no longer than [`MAX_ERROR_CHARS`].
pub(super) fn shortened(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().filter(|c| !c.is_control()).collect();
    match line.char_indices().nth(MAX_ERROR_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None if line.is_empty() => NO_REASON.to_owned(),
        None => line,
    }
}

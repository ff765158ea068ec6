//! Whether the model is there, for `fame status`.

use std::time::Duration;

use reqwest::StatusCode;
use tokio::time::{Instant, timeout};

use super::exchange::MAX_BODY_BYTES;
use super::wire::Models;
use super::{Client, LlmError};

/// Models that are listed at most.
const MAX_LISTED: usize = 100;

/// What a server that can be reached says about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct ProbeReport {
    /// Whether it lists the model of the settings; `None` if it keeps no list. Some servers serve
    /// their one model under any name.
    pub model_listed: Option<bool>,
    /// The first models that it lists.
    pub models: Vec<String>,
    /// How long its answer took.
    pub took: Duration,
}

impl Client {
    /// Asks the server for its models. It may take as long as a first token.
    ///
    /// # Errors
    /// See [`LlmError`].
    pub async fn probe(&self) -> Result<ProbeReport, LlmError> {
        timeout(self.settings.first_token(), self.list())
            .await
            .map_err(|_| self.no_first_token())?
    }

    async fn list(&self) -> Result<ProbeReport, LlmError> {
        let start = Instant::now();
        let host = || self.endpoint.host.clone();
        let sent = self.get("models").send().await;
        let mut response = sent.map_err(|error| self.not_sent(&error))?;
        match response.status() {
            status if status.is_success() => {}
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                return Ok(ProbeReport {
                    model_listed: None,
                    models: Vec::new(),
                    took: start.elapsed(),
                });
            }
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                return Err(LlmError::KeyRefused {
                    host: host(),
                    status: status.as_u16(),
                });
            }
            status => {
                return Err(LlmError::Busy {
                    host: host(),
                    status: status.as_u16(),
                });
            }
        }
        let mut body = Vec::new();
        let next = |error: reqwest::Error| self.not_sent(&error);
        while let Some(bytes) = response.chunk().await.map_err(next)? {
            if body.len() + bytes.len() > MAX_BODY_BYTES {
                return Err(self.too_long("models", MAX_BODY_BYTES));
            }
            body.extend_from_slice(&bytes);
        }
        let Models { data } = serde_json::from_slice(&body)
            .map_err(|error| self.garbled(format!("no list of models: {error}")))?;
        let model_listed = data.iter().any(|model| model.id == self.settings.model);
        let models = data.into_iter().map(|model| model.id);
        Ok(ProbeReport {
            model_listed: Some(model_listed),
            models: models.take(MAX_LISTED).collect(),
            took: start.elapsed(),
        })
    }
}

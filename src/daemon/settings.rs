//! Settings that are changed while the daemon runs.

use serde_json::Value;

use super::handler::DaemonHandler;
use crate::config::{Config, Recognizer, SettingValue};
use crate::ipc::protocol::{RpcError, SetParams, code, result};

impl DaemonHandler {
    /// Changes the recogniser, and keeps that if it is asked for.
    pub(super) async fn set(&self, params: SetParams) -> Result<Value, RpcError> {
        let kept = params.keep.then(|| written(&params));
        self.set_recognizer(params).await?;
        if let Some(changes) = kept {
            self.keep(changes).await.map_err(|problem| {
                RpcError::unavailable(format!("it is so until FAME is started again: {problem}"))
            })?;
        }
        result(self.recognizer_status())
    }

    /// Has the recogniser work with what `params` gives; it goes on as before if it cannot.
    pub(super) async fn set_recognizer(&self, params: SetParams) -> Result<(), RpcError> {
        let before = self.config().recognizer.clone();
        let settings = Recognizer {
            model: params.model.unwrap_or(before.model),
            threads: params.threads.unwrap_or(before.threads),
            language: params.language.unwrap_or(before.language),
            ..before
        };
        let changed = Config {
            recognizer: settings.clone(),
            ..self.config().clone()
        };
        changed
            .validate()
            .map_err(|error| RpcError::new(code::INVALID_PARAMS, error.to_string()))?;
        self.recognizer
            .configure(settings.clone())
            .map_err(|error| RpcError::busy(error.to_string()))?;
        let recognizer = self.recognizer.clone();
        let status = tokio::task::spawn_blocking(move || {
            recognizer.wait_until_settled(super::MODEL_PATIENCE)
        })
        .await
        .map_err(|error| RpcError::internal(format!("waiting for the model failed: {error}")))?;
        match status.error {
            Some(error) => Err(RpcError::unavailable(error)),
            None => {
                self.config().recognizer = settings;
                Ok(())
            }
        }
    }

    /// Keeps settings in the user's file; says why not, and what to do about it.
    pub(super) async fn keep(&self, changes: Vec<(String, SettingValue)>) -> Result<(), String> {
        let file = self.settings_file.clone();
        match tokio::task::spawn_blocking(move || file.keep(&changes)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => {
                tracing::warn!(%error, "a changed setting is not kept");
                Err(format!("{error}; {}", error.hint()))
            }
            Err(error) => Err(format!("writing the settings failed: {error}")),
        }
    }
}

/// What `params` changes, as it stands in a settings file.
fn written(params: &SetParams) -> Vec<(String, SettingValue)> {
    let threads = params
        .threads
        .and_then(|threads| i64::try_from(threads).ok());
    let values = [
        (
            "recognizer.model",
            params.model.clone().map(SettingValue::from),
        ),
        ("recognizer.threads", threads.map(SettingValue::from)),
        (
            "recognizer.language",
            params.language.clone().map(SettingValue::from),
        ),
    ];
    values
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect()
}

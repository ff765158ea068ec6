//! Where the language model is and how long it may take.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::LlmError;

/// Limits of the settings; a value outside is refused.
const SECONDS: RangeInclusive<f32> = 0.1..=600.0;
const TOKENS: RangeInclusive<u32> = 1..=8_192;
const TEMPERATURE: RangeInclusive<f32> = 0.0..=2.0;

/// The language model's settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The address that `/chat/completions` is added to, such as `http://127.0.0.1:8080/v1`.
    pub base_url: String,
    /// The model, as the server names it.
    pub model: String,
    /// Where the key for the server is kept.
    pub api_key: KeySource,
    /// How long connecting may take, in seconds (0.1 to 600).
    pub connect_seconds: f32,
    /// How long the first word may take, in seconds (0.1 to 600). Counted again for a second try.
    pub first_token_seconds: f32,
    /// How long the whole answer may take, in seconds (0.1 to 600): a second try and waiting for
    /// whoever takes the sentences are in it.
    pub total_seconds: f32,
    /// The longest answer, in tokens (1 to 8192).
    pub max_tokens: u32,
    /// How freely words are chosen, 0 (always the likeliest) to 2.
    pub temperature: f32,
    /// Whether a server on another machine may be used.
    pub allow_network: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: "http://127.0.0.1:8080/v1".into(),
            model: "default".into(),
            api_key: KeySource::None,
            connect_seconds: 3.0,
            first_token_seconds: 20.0,
            total_seconds: 45.0,
            max_tokens: 300,
            temperature: 0.3,
            allow_network: false,
        }
    }
}

/// Where a key is kept. The key itself is never among the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum KeySource {
    /// The server asks for none.
    #[default]
    None,
    /// The system's keyring: `{ keyring = { service = "fame", user = "llm" } }`.
    Keyring {
        /// The entry's `service`.
        service: String,
        /// The entry's `username`.
        user: String,
    },
    /// An environment variable of the daemon: `{ env = "NAME" }`.
    Env(String),
    /// A file that only its owner can read: `{ file = "PATH" }`.
    File(PathBuf),
}

impl Settings {
    /// Checks what the types cannot say, apart from the address (see [`super::Client::new`]).
    ///
    /// # Errors
    /// [`LlmError::Setting`] names the field and its limits.
    pub fn validate(&self) -> Result<(), LlmError> {
        within("connect_seconds", self.connect_seconds, &SECONDS)?;
        within("first_token_seconds", self.first_token_seconds, &SECONDS)?;
        within("total_seconds", self.total_seconds, &SECONDS)?;
        within("max_tokens", self.max_tokens, &TOKENS)?;
        within("temperature", self.temperature, &TEMPERATURE)?;
        if self.model.trim().is_empty() {
            return Err(LlmError::Setting {
                field: "model",
                problem: "it is empty; put the model's name, as the server has it".into(),
            });
        }
        Ok(())
    }

    pub(super) fn connect(&self) -> Duration {
        Duration::from_secs_f32(self.connect_seconds)
    }

    pub(super) fn first_token(&self) -> Duration {
        Duration::from_secs_f32(self.first_token_seconds)
    }

    pub(super) fn total(&self) -> Duration {
        Duration::from_secs_f32(self.total_seconds)
    }
}

fn within<T: PartialOrd + std::fmt::Display>(
    field: &'static str,
    value: T,
    limits: &RangeInclusive<T>,
) -> Result<(), LlmError> {
    if limits.contains(&value) {
        return Ok(());
    }
    Err(LlmError::Setting {
        field,
        problem: format!(
            "{value} is outside {} to {}; choose a value within",
            limits.start(),
            limits.end()
        ),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_documented() {
        let settings: Settings = toml::from_str(
            "base_url = \"http://127.0.0.1:11434/v1\"\nmodel = \"m\"\n\
             api_key = { keyring = { service = \"fame\", user = \"llm\" } }",
        )
        .unwrap();
        let expected = KeySource::Keyring {
            service: "fame".into(),
            user: "llm".into(),
        };
        assert_eq!(settings.api_key, expected);
        for (text, source) in [
            ("api_key = \"none\"", KeySource::None),
            (
                "api_key = { env = \"LLM_KEY\" }",
                KeySource::Env("LLM_KEY".into()),
            ),
            ("api_key = { file = \"/k\" }", KeySource::File("/k".into())),
        ] {
            assert_eq!(toml::from_str::<Settings>(text).unwrap().api_key, source);
        }
        assert_eq!(toml::from_str::<Settings>("").unwrap(), Settings::default());
        Settings::default().validate().unwrap();
    }

    #[test]
    fn unknown_settings_and_keys_in_the_clear_are_refused() {
        for text in [
            "colour = 1",
            "api_key = \"sk-123\"",
            "api_key = { keyring = { service = \"fame\" } }",
            "api_key = { keyring = { service = \"a\", user = \"b\", more = 1 } }",
        ] {
            toml::from_str::<Settings>(text).unwrap_err();
        }
    }

    #[test]
    fn values_outside_their_limits_are_named() {
        type Change = fn(&mut Settings);
        let changes: [(&str, Change); 7] = [
            ("connect_seconds", |s| s.connect_seconds = 0.0),
            ("first_token_seconds", |s| s.first_token_seconds = f32::NAN),
            ("total_seconds", |s| s.total_seconds = f32::INFINITY),
            ("total_seconds", |s| s.total_seconds = -1.0),
            ("max_tokens", |s| s.max_tokens = 0),
            ("temperature", |s| s.temperature = 2.1),
            ("model", |s| s.model = " ".into()),
        ];
        for (field, change) in changes {
            let mut settings = Settings::default();
            change(&mut settings);
            let error = settings.validate().unwrap_err().to_string();
            assert!(error.contains(&format!("`llm.{field}`")), "{error}");
        }
    }
}

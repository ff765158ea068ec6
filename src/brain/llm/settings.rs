//! Checking the settings; what they are stands in [`crate::config::Llm`].

use std::ops::RangeInclusive;
use std::time::Duration;

pub use crate::config::{KeySource, Llm as Settings};
use crate::config::{LLM_SECONDS as SECONDS, LLM_TEMPERATURE as TEMPERATURE, LLM_TOKENS as TOKENS};

use super::LlmError;

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

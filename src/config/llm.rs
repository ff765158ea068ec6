//! `[llm]`: where the language model is and how long it may take.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The limits of all times, in seconds; a value outside is refused.
pub const SECONDS: RangeInclusive<f32> = 0.1..=600.0;
/// The limits of [`Llm::max_tokens`].
pub const TOKENS: RangeInclusive<u32> = 1..=8_192;
/// The limits of [`Llm::temperature`].
pub const TEMPERATURE: RangeInclusive<f32> = 0.0..=2.0;

/// `[llm]`: a language model behind an OpenAI-compatible endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Llm {
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
    /// Whether a server on another machine may be used: the setting `allow_network` of all FAME.
    #[serde(skip)]
    pub allow_network: bool,
}

impl Default for Llm {
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

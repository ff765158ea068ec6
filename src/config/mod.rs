//! Settings: their schema, the layers they come from and the folders FAME uses.

mod api;
mod audit;
mod document;
mod error;
mod keep;
mod llm;
mod load;
mod paths;
mod policy;
mod schema;
mod validate;

pub use fame_sandbox::Settings as Sandbox;

pub use api::Api;
pub use audit::Audit;
pub use error::{ConfigError, Origin};
pub use keep::{KeepError, SettingValue, SettingsFile};
pub use llm::{
    KeySource, Llm, SECONDS as LLM_SECONDS, TEMPERATURE as LLM_TEMPERATURE, TOKENS as LLM_TOKENS,
};
pub use load::{MAX_FILE, Overrides, Sources, load};
pub use paths::{CONFIG_VARIABLE, Paths};
pub use policy::{Policy, Rule};
pub use schema::{
    Audio, Config, Ipc, Listen, ListenMode, Plugins, Recognizer, Voice, VoiceCommand, VoiceKind,
    VoiceOutput,
};

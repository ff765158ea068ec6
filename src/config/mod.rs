//! Settings: their schema, the layers they come from and the folders FAME uses.

mod document;
mod error;
mod load;
mod paths;
mod schema;
mod validate;

pub use error::{ConfigError, Origin};
pub use load::{MAX_FILE, Overrides, Sources, load};
pub use paths::{CONFIG_VARIABLE, Paths};
pub use schema::{
    Audio, Config, Ipc, Listen, ListenMode, Recognizer, Voice, VoiceCommand, VoiceKind, VoiceOutput,
};

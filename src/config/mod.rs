//! Settings: their schema, the layers they come from and the folders FAME uses.

mod schema;

pub use schema::{
    Audio, Config, Ipc, Listen, ListenMode, Recognizer, Voice, VoiceCommand, VoiceKind, VoiceOutput,
};

//! What the methods answer.

use fame_wire::{Source, State};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::RpcError;

/// Turns a typed result into what a handler returns.
pub fn result<T: Serialize>(value: T) -> Result<Value, RpcError> {
    serde_json::to_value(value).map_err(|error| {
        RpcError::internal(format!(
            "cannot write the result as JSON: {error}; please report this"
        ))
    })
}

/// `hello`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol that the daemon speaks.
    pub protocol: u32,
    /// The daemon's own version.
    pub version: String,
    /// Its process.
    pub pid: u32,
}

/// `ask`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asked {
    /// The reply, in words.
    pub reply: String,
    /// The intent that the request was taken for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The plugin that answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// The turn, for `why`.
    #[serde(default)]
    pub turn: u64,
    /// What a screen shows instead of the reply, where that differs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
    /// The answer for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// Where the answer comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
    /// Whether the reply is a question, which the next request in the session answers.
    #[serde(default)]
    pub asks: bool,
    /// The approval that the act waits for, see `approvals`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<u64>,
}

/// `say`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Whether every word was spoken; false when it was cut short.
    pub finished: bool,
    /// The voice that spoke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<String>,
}

/// `listen`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listening {
    /// The state after the call.
    pub state: State,
}

/// `stop`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// Whether there was anything to stop.
    pub stopped: bool,
}

/// `mute`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Muted {
    /// Whether the microphone is closed now.
    pub muted: bool,
}

/// `sleep`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asleep {
    /// Whether FAME sleeps now.
    pub asleep: bool,
}

/// `devices`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Devices {
    /// Microphones.
    pub inputs: Vec<Device>,
    /// Loudspeakers.
    pub outputs: Vec<Device>,
}

/// One sound device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The name to write into the configuration.
    pub name: String,
    /// Whether the system uses it when nothing else is said.
    #[serde(default)]
    pub default: bool,
    /// Whether FAME uses it now.
    #[serde(default)]
    pub in_use: bool,
}

/// The result of methods that have nothing to tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// `checkpoint`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checkpointed {
    /// The record that holds the signature.
    pub seq: u64,
}

//! What the methods answer.

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

/// `status`, and the `state` notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// The daemon's version.
    pub version: String,
    /// Its process.
    pub pid: u32,
    /// Seconds since it started.
    pub uptime_s: u64,
    /// What it is doing.
    pub state: State,
    /// How it is addressed.
    pub mode: Mode,
    /// Where sound comes from.
    pub microphone: Microphone,
    /// Speech to text.
    pub recognizer: Recognizer,
    /// Text to speech.
    pub voice: Voice,
    /// The plugins that answer, by id.
    pub plugins: Vec<String>,
    /// How what is said in other words is understood.
    #[serde(default)]
    pub understanding: Understanding,
    /// Frames of the microphone lost since start.
    #[serde(default)]
    pub overruns: u64,
    /// What was heard and answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_turn: Option<LastTurn>,
    /// The REST API; none if it is switched off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<Api>,
    /// Why what is done cannot be recorded, so that nothing is changed; none if all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_trouble: Option<String>,
}

/// The REST API.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Api {
    /// Where it listens, such as `http://127.0.0.1:8000`; none if it does not.
    pub address: Option<String>,
    /// Why it does not.
    pub reason: Option<String>,
}

/// What FAME is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waiting to be addressed.
    Idle,
    /// The ear is open.
    Listening,
    /// Working on a request.
    Thinking,
    /// Speaking a reply.
    Speaking,
    /// Asleep: only the wake phrase counts.
    Asleep,
    /// The microphone is closed.
    Muted,
    /// A state that a newer daemon has added.
    #[serde(other)]
    Unknown,
}

/// How FAME is addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// By the wake phrase.
    Wake,
    /// By the wake phrase, then without it for follow-ups.
    Conversation,
    /// By a key.
    PushToTalk,
    /// A mode that a newer daemon has added.
    #[serde(other)]
    Unknown,
}

/// Where sound comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Microphone {
    /// Whether samples arrive.
    pub available: bool,
    /// The device in use.
    #[serde(default)]
    pub device: Option<String>,
    /// Why it is not available, or that a substitute is in use.
    #[serde(default)]
    pub reason: Option<String>,
}

/// Speech to text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recognizer {
    /// The model's name.
    pub model: String,
    /// The model's file.
    #[serde(default)]
    pub path: Option<String>,
    /// `fitted` or `full`: whether the encoder's window follows the utterance.
    pub window: String,
    /// Threads in use.
    pub threads: usize,
    /// The language expected.
    pub language: String,
    /// Why nothing can be recognised.
    #[serde(default)]
    pub error: Option<String>,
}

/// Text to speech.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voice {
    /// The voice that speaks now.
    pub active: Option<String>,
    /// The voices that failed and were passed over.
    #[serde(default)]
    pub failed: Vec<FailedVoice>,
}

/// A voice that cannot speak.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedVoice {
    /// Its kind.
    pub voice: String,
    /// What is wrong, and what to do.
    pub reason: String,
}

/// How what no sentence of a plugin covers is understood.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Understanding {
    /// What the classifier works on: `both` (n-grams and sentence embedding) or `ngrams`; none
    /// while it is not trained yet.
    #[serde(default)]
    pub classifier: Option<String>,
    /// Why it does not work as it should.
    #[serde(default)]
    pub reason: Option<String>,
    /// The language model, if one is configured: its name and address.
    #[serde(default)]
    pub model: Option<String>,
}

/// What was heard and answered last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LastTurn {
    /// The request.
    pub heard: String,
    /// The reply.
    pub reply: String,
    /// From the end of the request to the first sound of the reply, in milliseconds.
    pub total_ms: f64,
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

/// Where an answer comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Its name.
    pub title: String,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
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
